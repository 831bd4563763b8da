# SPDX-License-Identifier: Apache-2.0
"""Roles and rights of terminals (ICAO 9303-12 §7.2.2.4, 9303-11 §7.1.4.3.6)."""

from __future__ import annotations

import itertools

import pytest

from chipid.crypto import asn1
from chipid.errors import CertificateError, MalformedData, UnsupportedFeature
from chipid.iso7816.tlv import build_tlv, parse_tlv
from chipid.pki.cv_authorisation import DISCRETIONARY_DATA, HOLDER_AUTHORISATION, HolderAuthorisation, Role, TerminalType

IS, AT, ST = TerminalType.INSPECTION_SYSTEM, TerminalType.AUTHENTICATION_TERMINAL, TerminalType.SIGNATURE_TERMINAL


def template(oid: str, octets: bytes, *more: bytes) -> bytes:
    return build_tlv(HOLDER_AUTHORISATION, asn1.oid(oid), build_tlv(DISCRETIONARY_DATA, octets), *more)


def parse(raw: bytes) -> HolderAuthorisation:
    return HolderAuthorisation.parse(parse_tlv(raw, HOLDER_AUTHORISATION))


@pytest.mark.parametrize(
    ("octet", "role", "data_groups"),
    [
        (0xC3, Role.CVCA, ("DG3", "DG4")),
        (0x83, Role.DOMESTIC_DV, ("DG3", "DG4")),
        (0x43, Role.FOREIGN_DV, ("DG3", "DG4")),
        (0x03, Role.TERMINAL, ("DG3", "DG4")),
        (0x01, Role.TERMINAL, ("DG3",)),
        (0x02, Role.TERMINAL, ("DG4",)),
        (0x3C, Role.TERMINAL, ()),
        (0xE1, Role.CVCA, ("DG3",)),
    ],
)
def test_an_inspection_system(octet, role, data_groups):
    raw = bytes.fromhex("7F4C0E060904007F0007030102015301") + bytes((octet,))
    authorisation = parse(raw)
    assert (authorisation.terminal_type, authorisation.role, authorisation.data_groups) == (IS, role, data_groups)
    assert authorisation.build() == raw


@pytest.mark.parametrize(("kind", "octets"), [(AT, bytes.fromhex("FE1FFFFFF7")), (ST, b"\xc2")])
def test_other_terminals_read_no_data_groups_of_ours(kind, octets):
    authorisation = parse(template(kind.value, octets))
    assert (authorisation.terminal_type, authorisation.role, authorisation.data_groups) == (kind, Role.CVCA, ())
    assert authorisation.octets == octets


@pytest.mark.parametrize(("kind", "size"), [(IS, 0), (IS, 2), (AT, 1), (AT, 4), (AT, 6), (ST, 2)])
def test_another_length_is_refused(kind, size):
    with pytest.raises(CertificateError):
        parse(template(kind.value, bytes(size)))


def test_an_unknown_type_is_not_supported():
    with pytest.raises(UnsupportedFeature, match=r"3\.1\.2\.4"):
        parse(template("0.4.0.127.0.7.3.1.2.4", b"\3"))


@pytest.mark.parametrize(
    "raw",
    [
        build_tlv(HOLDER_AUTHORISATION),
        build_tlv(HOLDER_AUTHORISATION, asn1.oid(IS.value)),
        build_tlv(HOLDER_AUTHORISATION, build_tlv(DISCRETIONARY_DATA, b"\3")),
        template(IS.value, b"\3", build_tlv(0x80)),
        build_tlv(HOLDER_AUTHORISATION, build_tlv(0x06, b"\x80"), build_tlv(DISCRETIONARY_DATA, b"\3")),
        build_tlv(HOLDER_AUTHORISATION, build_tlv(0x06), build_tlv(DISCRETIONARY_DATA, b"\3")),
    ],
)
def test_other_content_is_refused(raw):
    with pytest.raises(MalformedData):
        parse(raw)


@pytest.mark.parametrize(("authority", "verifier", "terminal"), list(itertools.product(range(4), repeat=3)))
def test_rights_are_anded_along_the_chain(authority, verifier, terminal):
    cvca = HolderAuthorisation(IS, bytes((0xC0 | authority,)))
    dv = HolderAuthorisation(IS, bytes((0x80 | verifier,))).confined_to(cvca)
    effective = HolderAuthorisation(IS, bytes((terminal,))).confined_to(dv)
    assert effective.role is Role.TERMINAL
    assert dv.role is Role.DOMESTIC_DV
    assert effective.octets == bytes((authority & verifier & terminal,))


def test_all_octets_are_anded():
    cvca = HolderAuthorisation(AT, bytes.fromhex("FE0F0F0F0F"))
    assert HolderAuthorisation(AT, bytes.fromhex("3FFFFFFFF1")).confined_to(cvca).octets == bytes.fromhex("3E0F0F0F01")


def test_types_do_not_mix():
    with pytest.raises(CertificateError):
        HolderAuthorisation(IS, b"\3").confined_to(HolderAuthorisation(ST, b"\xc3"))


def test_an_inspection_system_is_written_by_its_data_groups():
    assert HolderAuthorisation.inspection_system(Role.FOREIGN_DV, 4).octets == b"\x42"
    assert HolderAuthorisation.inspection_system(Role.CVCA, 3, 4).octets == b"\xc3"
    assert HolderAuthorisation.inspection_system(Role.TERMINAL).octets == b"\x00"
