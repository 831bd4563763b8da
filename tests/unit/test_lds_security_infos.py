# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from chipid.errors import LdsError, MalformedData, TlvError
from chipid.iso7816.tlv import build_tlv, parse_tlv
from chipid.lds.card_access import CardAccess
from chipid.lds.der import build_integer, build_oid, build_printable, read_integer, read_oid
from chipid.lds.dg14 import Dg14
from chipid.lds.dg15 import Dg15
from chipid.lds.security_infos import (
    ID_AA,
    ID_CA,
    ID_PACE,
    ID_PK,
    ID_TA,
    ActiveAuthenticationInfo,
    ChipAuthenticationInfo,
    ChipAuthenticationPublicKeyInfo,
    EfCvca,
    PaceDomainParameterInfo,
    PaceInfo,
    SecurityInfo,
    SecurityInfos,
    TerminalAuthenticationInfo,
    UnknownSecurityInfo,
)

# EF.CardAccess of a CCCD.
CCCD = bytes.fromhex("3134300D060804007F0007020202020101300F060A04007F000702020302020201013012060A04007F0007020204020202010202010D")
SPKI = bytes.fromhex("300A300506032B0601030100")
PARAMETERS = bytes.fromhex("300C060704007F0007010202010D")
ALL: tuple[SecurityInfo, ...] = (
    PaceInfo(f"{ID_PACE}.2.2", 2, 13),
    PaceInfo(f"{ID_PACE}.2.4", 2),
    PaceDomainParameterInfo(f"{ID_PACE}.2", PARAMETERS, 40),
    ChipAuthenticationInfo(f"{ID_CA}.2.1", 1, 0xC3),
    ChipAuthenticationInfo(f"{ID_CA}.2.2", 2),
    ChipAuthenticationPublicKeyInfo(f"{ID_PK}.2", SPKI, 0xC3),
    ChipAuthenticationPublicKeyInfo(f"{ID_PK}.1", SPKI),
    ActiveAuthenticationInfo(ID_AA, 1, "0.4.0.127.0.7.1.1.4.1.3"),
    TerminalAuthenticationInfo(ID_TA, 1),
    TerminalAuthenticationInfo(ID_TA, 1, EfCvca(0x011C)),
    TerminalAuthenticationInfo(ID_TA, 1, EfCvca(0x011C, 0x1C)),
    UnknownSecurityInfo("1.2.3", bytes.fromhex("300406022A03")),
)


def info(oid: str, *parts: bytes) -> bytes:
    return build_tlv(0x30, build_oid(oid), *parts)


def the_only(raw: bytes) -> SecurityInfo:
    (found,) = SecurityInfos.parse(build_tlv(0x31, raw)).infos
    return found


def test_cccd() -> None:
    infos = CardAccess.parse(CCCD).infos
    assert infos.terminal_authentication == (TerminalAuthenticationInfo(ID_TA, 1),)
    assert infos.chip_authentication == (ChipAuthenticationInfo(f"{ID_CA}.2.2", 1),)
    assert infos.pace == (PaceInfo(f"{ID_PACE}.2.2", 2, 13),)
    assert infos.unknown == ()
    assert CardAccess.parse(CCCD).build() == CCCD
    assert SecurityInfos.of(infos.infos).build() == CCCD


def test_every_kind_in_its_place() -> None:
    infos = SecurityInfos.of(ALL)
    assert infos.pace == ALL[0:2]
    assert infos.pace_domain_parameters == ALL[2:3]
    assert infos.chip_authentication == ALL[3:5]
    assert infos.chip_authentication_public_keys == ALL[5:7]
    assert infos.active_authentication == ALL[7:8]
    assert infos.terminal_authentication == ALL[8:11]
    assert infos.unknown == ALL[11:]
    assert SecurityInfos.parse(infos.build()).infos == ALL


def test_order_is_the_chips() -> None:
    for infos in (SecurityInfos.of(ALL), SecurityInfos.of(reversed(ALL))):
        dg14 = Dg14.parse(Dg14(infos).build())
        assert dg14.infos.raw_infos == infos.raw_infos
        assert dg14.infos == infos
    assert SecurityInfos.of(ALL) != SecurityInfos.of(reversed(ALL))


def test_encodings_that_are_not_der_stay_as_they_are() -> None:
    """A long-form length and an INTEGER with a leading zero: the hash is over these octets."""
    raw = bytes.fromhex("6E8119 318116 308113 060A04007F00070202040202 02020002 02010D")
    dg14 = Dg14.parse(raw)
    assert dg14.infos.pace == (PaceInfo(f"{ID_PACE}.2.2", 2, 13),)
    assert dg14.infos.raw_infos == (raw[6:],)


@pytest.mark.parametrize(
    "raw",
    [
        info(f"{ID_PACE}.2.2"),
        info(f"{ID_PACE}.2.2", b"\x0c\x012"),
        info(f"{ID_PACE}.2.2", build_integer(2), build_integer(13), build_integer(1)),
        info(f"{ID_PACE}.2.2", build_integer(2), b"\x0c\x012"),
        info(f"{ID_PACE}.2.2", build_integer(1 << 64)),
        info(f"{ID_PACE}.2", build_integer(2)),
        info(f"{ID_CA}.2.2", PARAMETERS),
        info(f"{ID_PK}.2", build_integer(1)),
        info(f"{ID_PK}.2", SPKI, SPKI),
        info(ID_AA, build_integer(1)),
        info(ID_AA, build_integer(1), build_integer(1)),
        info(ID_TA),
        info(ID_TA, build_integer(1), build_tlv(0x30, build_tlv(0x04, b"\x01"))),
        info(ID_TA, build_integer(1), build_tlv(0x30, build_tlv(0x04, b"\x01\x1c"), build_tlv(0x04, b""))),
        info(ID_TA, build_integer(1), build_tlv(0x30)),
        info(ID_TA, build_integer(1), build_tlv(0x30, build_tlv(0x04, b"\x01\x1c"), build_tlv(0x04, b"\x1c"), b"\x05\x00")),
        info(f"{ID_PACE}.2.2", build_integer(2), b"\x02\x05\x01"),
    ],
)
def test_an_odd_element_costs_no_other(raw: bytes) -> None:
    found = SecurityInfos.parse(build_tlv(0x31, SecurityInfos.parse(CCCD).raw_infos[2], raw))
    assert found.pace == (PaceInfo(f"{ID_PACE}.2.2", 2, 13),)
    assert [(odd.raw, odd.malformed) for odd in found.unknown] == [(raw, True)]
    assert SecurityInfos.of(found.infos) == found


@pytest.mark.parametrize(
    "oid",
    [
        "0.4.0.127.0.7.2.2.3",
        f"{ID_PACE}.2.2.1",
        ID_PACE,
        "0.4.0.127.0.7.2.2.40.2.2",
        "0.4.0.127.0.7.2.2.6",
        f"{ID_AA}.1",
        f"{ID_TA}.1",
        "2.999",
    ],
)
def test_other_protocols_are_unknown(oid: str) -> None:
    raw = info(oid, b"\x16\x01x")
    assert the_only(raw) == UnknownSecurityInfo(oid, raw)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x30\x00",
        build_tlv(0x31) + b"\x00",
        CCCD[:-1],
        CCCD + b"\x00",
        b"\x31\x35" + CCCD[2:],
        build_tlv(0x31, b"\x31\x00"),
        build_tlv(0x31, b"\x31" + ALL[0].build()[1:]),
        build_tlv(0x31, b"\x30\x00"),
        build_tlv(0x31, b"\x30\x03\x02\x01\x02"),
        build_tlv(0x31, b"\x30\x03\x06\x01\x80"),
    ],
)
def test_damage(raw: bytes) -> None:
    with pytest.raises(TlvError):
        CardAccess.parse(raw)
    with pytest.raises(TlvError):
        Dg14.parse(build_tlv(0x6E, raw))


def test_an_empty_set_says_nothing() -> None:
    assert SecurityInfos.parse(b"\x31\x00").infos == ()


def test_elements_are_bounded() -> None:
    SecurityInfos.parse(SecurityInfos.of(ALL[:1] * 64).build())
    with pytest.raises(LdsError, match="64"):
        SecurityInfos.parse(build_tlv(0x31, ALL[0].build() * 65))
    with pytest.raises(LdsError, match="64"):
        SecurityInfos.of(ALL[:1] * 65)


def test_dg14_holds_one_set() -> None:
    for raw in (build_tlv(0x6E), build_tlv(0x6E, CCCD, CCCD), build_tlv(0x6F, CCCD), CCCD):
        with pytest.raises(TlvError):
            Dg14.parse(raw)


def test_dg15() -> None:
    raw = build_tlv(0x6F, SPKI)
    assert Dg15.parse(raw).spki == SPKI
    assert Dg15.parse(raw).build() == raw


@pytest.mark.parametrize(
    "raw", [b"", SPKI, build_tlv(0x70, SPKI), build_tlv(0x6F, SPKI, SPKI), build_tlv(0x6F, b"\x31\x00"), build_tlv(0x6F, SPKI)[:-1]]
)
def test_dg15_damage(raw: bytes) -> None:
    with pytest.raises(TlvError):
        Dg15.parse(raw)


def test_keys_are_in_no_repr() -> None:
    """A chip's static key tells one card from all others."""
    shown = repr(Dg14(SecurityInfos.of(ALL))) + repr(Dg15(SPKI))
    assert repr(SPKI)[2:-1] not in shown
    assert repr(PARAMETERS)[2:-1] not in shown


@pytest.mark.parametrize("value", [0, 1, 127, 128, 255, 256, -1, -128, -129, (1 << 63) - 1, -(1 << 63)])
def test_integers(value: int) -> None:
    raw = build_integer(value)
    assert read_integer(parse_tlv(raw)) == value
    assert len(raw) == 3 or raw[2:4] not in (b"\x00\x00", b"\xff\xff")


def test_minus_128_takes_one_octet() -> None:
    assert build_integer(-128) == b"\x02\x01\x80"


@pytest.mark.parametrize(
    ("oid", "octets"), [("2.999", "06028837"), ("0.0", "060100"), ("1.39", "06014F"), ("2.23.136.1.1.5", "06066781080101 05")]
)
def test_object_identifiers(oid: str, octets: str) -> None:
    assert build_oid(oid) == bytes.fromhex(octets)
    assert read_oid(parse_tlv(bytes.fromhex(octets))) == oid


@pytest.mark.parametrize("oid", ["", "1", "3.1", "0.40", "1.2.", "1.-2", "1.\u0662", "a.b"])
def test_what_is_no_object_identifier(oid: str) -> None:
    with pytest.raises(LdsError):
        build_oid(oid)


@pytest.mark.parametrize("text", ["_", "\u00e9", "0" * 65])
def test_what_is_no_printable_string(text: str) -> None:
    with pytest.raises(MalformedData):
        build_printable(text)
