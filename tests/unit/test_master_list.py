# SPDX-License-Identifier: Apache-2.0
"""CSCA master lists: splitting them, and what is refused of them."""

from __future__ import annotations

import base64
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipid.crypto import asn1
from chipid.errors import CertificateError, MalformedData
from chipid.issuing.pki import KeyOptions, TestCsca
from chipid.pki import master_list as lists
from chipid.pki.cms import CERTIFICATE_LIMIT, LIST_CERTIFICATE_LIMIT, SignedData
from chipid.pki.master_list import CSCA_MASTER_LIST, CscaMasterList, SignedMasterList

AT = datetime(2026, 6, 1, tzinfo=UTC)
CSCAS = tuple(TestCsca.create(at=AT, key=KeyOptions("secp256r1"), common_name=f"Test CSCA {i}") for i in range(2))
RAW = tuple(sorted(csca.certificate for csca in CSCAS))
VERSION = asn1.integer(0)


def test_a_list_holds_the_certificates_that_it_was_made_of() -> None:
    made = CscaMasterList.of(reversed(RAW))
    assert made == CscaMasterList.parse(made.content)
    assert (made.version, made.certificate_octets, made.deviations, made.refused) == (0, RAW, (), ())
    assert {certificate.raw for certificate in made.certificates} == set(RAW)


def test_a_malformed_certificate_is_refused_alone() -> None:
    broken = asn1.sequence(asn1.null())
    made = CscaMasterList.of((*RAW, broken))
    assert {certificate.raw for certificate in made.certificates} == set(RAW)
    (refused,) = made.refused
    assert (refused.octets, made.certificate_octets[refused.number]) == (broken, broken)
    assert isinstance(refused.error, CertificateError)


@pytest.mark.parametrize(
    ("content", "deviations"),
    [
        (asn1.sequence(asn1.integer(1), asn1.set_of(*RAW)), {"master-list-version"}),
        (asn1.sequence(VERSION, asn1.encode(asn1.SET, *reversed(RAW))), {"master-list-order"}),
        (asn1.sequence(VERSION, asn1.set_of(RAW[0], RAW[0])), {"master-list-repetition"}),
        (asn1.sequence(VERSION, asn1.set_of()), {"master-list-empty"}),
        (b"\x30\x80" + VERSION + asn1.set_of(*RAW) + b"\0\0", {"master-list-not-der"}),
        (asn1.sequence(VERSION, b"\x31\x80" + RAW[0] + b"\0\0"), {"master-list-not-der"}),
        (asn1.sequence(b"\x02\x81\x01\x00", asn1.set_of(*RAW)), {"master-list-not-der"}),
    ],
)
def test_departures_from_the_profile_are_named(content: bytes, deviations: set[str]) -> None:
    assert set(CscaMasterList.parse(content).deviations) == deviations


@pytest.mark.parametrize(
    "content",
    [b"", asn1.sequence(), asn1.sequence(VERSION, asn1.sequence()), asn1.sequence(VERSION, asn1.set_of(), asn1.null()), RAW[0]],
)
def test_anything_else_is_refused(content: bytes) -> None:
    with pytest.raises(CertificateError):
        CscaMasterList.parse(content)


def test_limits_are_held(monkeypatch: pytest.MonkeyPatch) -> None:
    content = CscaMasterList.of(RAW).content
    monkeypatch.setattr(lists, "CERTIFICATE_LIMIT", 1)
    with pytest.raises(CertificateError, match="too many"):
        CscaMasterList.parse(content)
    monkeypatch.setattr(lists, "SIZE_LIMIT", len(content))
    with pytest.raises(CertificateError, match="more than"):
        SignedMasterList.parse(SIGNED)
    monkeypatch.setattr(lists, "SIZE_LIMIT", len(content) - 1)
    for parse in (CscaMasterList.parse, SignedMasterList.parse):
        with pytest.raises(CertificateError, match="more than"):
            parse(content)


def test_a_large_list_is_split_in_proportion() -> None:
    def spent(count: int) -> float:
        content = CscaMasterList.of(asn1.sequence(asn1.octet_string(bytes(1000)), asn1.integer(i)) for i in range(count)).content
        begin = time.process_time()
        assert len(CscaMasterList.parse(content).certificate_octets) == count
        return time.process_time() - begin

    assert spent(4000) < 60 * max(spent(400), 0.001)


# The file around it ----------------------------------------------------------------------------------------------------


def signed(content_type: str, content: bytes) -> bytes:
    return CSCAS[0].issue_list_signer("2.23.136.1.1.3", at=AT).sign(content_type, content)


def test_signed_bare_and_armoured_lists_are_read() -> None:
    content = CscaMasterList.of(RAW).content
    bare = SignedMasterList.parse(content)
    assert (bare.signed_data, bare.master_list.content) == (None, content)
    raw = signed(CSCA_MASTER_LIST, content)
    for label in ("CMS", "PKCS7"):
        text = f"-----BEGIN {label}-----\n{base64.encodebytes(raw).decode()}-----END {label}-----\n".encode()
        assert SignedMasterList.parse(text) == SignedMasterList.parse(raw)
        with pytest.raises(CertificateError, match="several"):
            SignedMasterList.parse(text * 2)
    parsed = SignedMasterList.parse(raw)
    assert parsed.signed_data is not None
    assert parsed.master_list == bare.master_list


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (signed("2.23.136.1.1.7", CscaMasterList.of(RAW).content), "another type than a master list: 2.23.136.1.1.7"),
        (signed(CSCA_MASTER_LIST, b"\x04\0"), "30 is expected"),
        (RAW[0], "06 is expected"),
    ],
)
def test_other_files_are_refused(raw: bytes, message: str) -> None:
    with pytest.raises(CertificateError, match=message):
        SignedMasterList.parse(raw)


def test_a_list_may_carry_more_certificates_than_a_document() -> None:
    beside = asn1.encode(0xA0, *(asn1.sequence(asn1.integer(i)) for i in range(CERTIFICATE_LIMIT + 1)))
    octets = asn1.octet_string(CscaMasterList.of(RAW).content)
    content = asn1.sequence(asn1.oid(CSCA_MASTER_LIST), asn1.encode(0xA0, octets))
    fields = asn1.sequence(asn1.integer(3), asn1.set_of(), content, beside, asn1.set_of())
    raw = asn1.sequence(asn1.oid("1.2.840.113549.1.7.2"), asn1.encode(0xA0, fields))
    assert SignedMasterList.parse(raw).signed_data is not None
    with pytest.raises(CertificateError, match="too many"):
        SignedData.parse(raw)
    assert CERTIFICATE_LIMIT < LIST_CERTIFICATE_LIMIT
    detached = asn1.sequence(asn1.integer(3), asn1.set_of(), asn1.sequence(asn1.oid(CSCA_MASTER_LIST)), asn1.set_of())
    with pytest.raises(CertificateError, match="without its content"):
        SignedMasterList.parse(asn1.sequence(asn1.oid("1.2.840.113549.1.7.2"), asn1.encode(0xA0, detached)))


@given(st.sets(st.binary(max_size=40).map(asn1.sequence), max_size=20))
def test_octets_come_back_as_they_were_given(certificates: set[bytes]) -> None:
    assert set(CscaMasterList.of(certificates).certificate_octets) == certificates


@given(st.data())
def test_hostile_octets_are_read_or_refused(data: st.DataObject) -> None:
    raw = bytearray(data.draw(st.sampled_from((CscaMasterList.of(RAW).content, SIGNED))))
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = SignedMasterList.parse(bytes(raw)).master_list
    except MalformedData:
        return
    assert len(found.certificates) + len(found.refused) == len(found.certificate_octets)


SIGNED = signed(CSCA_MASTER_LIST, CscaMasterList.of(RAW).content)
