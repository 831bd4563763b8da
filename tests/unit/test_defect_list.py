# SPDX-License-Identifier: Apache-2.0
"""Defect lists (BSI TR-03129): read, built, hostile, and a test bed's real one."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipid.crypto import asn1
from chipid.errors import CertificateError, MalformedData
from chipid.issuing.pki import DocumentSigner, KeyOptions, TestCsca
from chipid.pki import defect_list
from chipid.pki.certificate import Certificate
from chipid.pki.cms import IssuerAndSerialNumber, SignedData, SubjectKeyIdentifier
from chipid.pki.defect_list import (
    DEFECT_LIST,
    Defect,
    DefectList,
    KnownDefect,
    StatusCode,
    data_group_parameters,
    status_parameters,
)

AT = datetime(2026, 6, 1, tzinfo=UTC)
KEY = KeyOptions("secp256r1")
SHA_256, SHA_512, NONE = "2.16.840.1.101.3.4.2.1", "2.16.840.1.101.3.4.2.3", "1.2.3.4"
REVOKED = KnownDefect(f"{DEFECT_LIST}.1.1", status_parameters(StatusCode.TESTING))
MALFORMED = KnownDefect(f"{DEFECT_LIST}.2.1", data_group_parameters(frozenset({3, 11})))
STRANGER = SubjectKeyIdentifier(bytes(20))


@pytest.fixture(scope="module")
def signers() -> tuple[DocumentSigner, DocumentSigner]:
    csca = TestCsca.create(at=AT, key=KEY)
    first, second = (csca.issue_document_signer(at=AT, key=KEY) for _ in range(2))
    return first, second


def by_serial(certificate: Certificate) -> IssuerAndSerialNumber:
    return IssuerAndSerialNumber(certificate.issuer, certificate.serial_octets)


def by_key(certificate: Certificate) -> SubjectKeyIdentifier:
    assert certificate.subject_key_id is not None
    return SubjectKeyIdentifier(certificate.subject_key_id)


def test_every_field_stands_where_the_guideline_has_it() -> None:
    """Written out by hand (TR-03129, DefectList)."""
    known = asn1.set_of(
        asn1.sequence(asn1.oid("0.4.0.127.0.7.3.1.5.1.1"), b"\x0a\x01\x02"),
        asn1.sequence(asn1.oid("0.4.0.127.0.7.3.1.5.2.1"), asn1.set_of(asn1.integer(3), asn1.integer(11))),
    )
    defect = asn1.sequence(asn1.encode(0x80, bytes(20)), asn1.octet_string(b"hash"), known)
    raw = asn1.sequence(asn1.integer(0), asn1.oid(SHA_256), asn1.set_of(defect))
    expected = DefectList((Defect(STRANGER, (REVOKED, MALFORMED), b"hash"),))
    assert DefectList.parse(raw) == expected
    assert expected.build() == raw


@pytest.mark.parametrize(
    ("known", "status", "groups"),
    [
        (REVOKED, StatusCode.TESTING, frozenset()),
        (KnownDefect(REVOKED.defect_type, status_parameters(40)), 40, frozenset()),
        (KnownDefect(REVOKED.defect_type, status_parameters(200)), 200, frozenset()),
        (KnownDefect(REVOKED.defect_type), None, frozenset()),
        (MALFORMED, None, {3, 11}),
        (KnownDefect(MALFORMED.defect_type, asn1.set_of(asn1.null(), asn1.oid("1.2"))), None, frozenset()),
    ],
)
def test_parameters(known: KnownDefect, status: int | None, groups: set[int]) -> None:
    assert (known.status, known.data_groups) == (status, groups)


@pytest.mark.parametrize("identify", [by_serial, by_key])
def test_a_signer_is_found_by_its_identifier_alone(identify, signers: tuple[DocumentSigner, DocumentSigner]) -> None:  # type: ignore[no-untyped-def]
    listed, other = (signer.parsed for signer in signers)
    found = DefectList.parse(DefectList((Defect(STRANGER, (MALFORMED,)), Defect(identify(listed), (REVOKED,)))).build())
    assert (found.defects_of(listed), found.defects_of(other)) == ((REVOKED,), ())


@pytest.mark.parametrize("identify", [by_serial, by_key])
def test_another_hash_clears_nobody_whom_an_identifier_names(identify, signers: tuple[DocumentSigner, DocumentSigner]) -> None:  # type: ignore[no-untyped-def]
    """It covers octets that the issuer did not sign."""
    listed, other = (signer.parsed for signer in signers)
    found = DefectList((Defect(identify(listed), (REVOKED,), hashlib.sha256(other.raw).digest()),))
    assert (found.defects_of(listed), found.defects_of(other)) == ((REVOKED,), ())


def test_several_entries_for_one_signer_add_up(signers: tuple[DocumentSigner, DocumentSigner]) -> None:
    certificate = signers[0].parsed
    both = DefectList((Defect(by_serial(certificate), (REVOKED,)), Defect(by_key(certificate), (MALFORMED,))))
    assert both.defects_of(certificate) == (REVOKED, MALFORMED)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        asn1.sequence(asn1.integer(0), asn1.set_of()),
        asn1.sequence(asn1.integer(0), asn1.oid(SHA_256), asn1.set_of(), asn1.null()),
        asn1.sequence(asn1.integer(0), asn1.oid(SHA_256), asn1.set_of(asn1.null())),
        asn1.sequence(asn1.integer(0), asn1.oid(SHA_256), asn1.set_of(b"\x31" + Defect(STRANGER, (REVOKED,)).build()[1:])),
        asn1.sequence(asn1.integer(0), asn1.oid(SHA_256), asn1.set_of(asn1.sequence(asn1.encode(0x80, b"k")))),
        DefectList((Defect(STRANGER, (KnownDefect("1.2", asn1.null() * 2),)),)).build(),
        DefectList(()).build() + b"\0",
    ],
)
def test_what_is_no_list_is_refused(raw: bytes) -> None:
    with pytest.raises(CertificateError):
        DefectList.parse(raw)


def test_a_list_has_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DEFECT_LIMIT", "KNOWN_DEFECT_LIMIT", "DATA_GROUP_LIMIT"):
        monkeypatch.setattr(defect_list, name, 2)
    assert len(DefectList.parse(DefectList((Defect(STRANGER, (REVOKED,) * 2),) * 2).build()).defects) == 2
    for hostile in (DefectList((Defect(STRANGER, ()),) * 3), DefectList((Defect(STRANGER, (REVOKED,) * 3),))):
        with pytest.raises(CertificateError, match="more than 2"):
            DefectList.parse(hostile.build())
    assert len(KnownDefect("1.2", data_group_parameters(frozenset(range(5)))).data_groups) == 2


parameters = st.one_of(st.none(), st.integers(0, 99).map(status_parameters), st.binary(max_size=9).map(asn1.octet_string))
known_defects = st.builds(KnownDefect, st.sampled_from([f"{DEFECT_LIST}.{each}" for each in ("1.1", "2.3", "9.1")]), parameters)
defects = st.builds(
    Defect,
    st.binary(max_size=32).map(SubjectKeyIdentifier),
    st.lists(known_defects, max_size=3).map(tuple),
    st.none() | st.binary(max_size=64),
)
lists = st.lists(defects, max_size=3).map(lambda each: DefectList(tuple(each)))


@given(lists)
def test_round_trip(listed: DefectList) -> None:
    built = listed.build()
    found = DefectList.parse(built)
    assert found.build() == built
    assert sorted(map(Defect.build, found.defects)) == sorted(map(Defect.build, listed.defects))


@given(lists, st.data())
def test_hostile_octets_are_malformed_or_a_list(listed: DefectList, data: st.DataObject) -> None:
    raw = bytearray(listed.build())
    for _ in range(data.draw(st.integers(1, 3))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = DefectList.parse(bytes(raw))
    except MalformedData:
        return
    for known in (known for defect in found.defects for known in defect.known_defects):
        assert known.status is None or not known.data_groups


@pytest.mark.real_data
def test_the_list_of_a_test_bed(real_data: Path) -> None:
    """One document signer, revoked without a reason; the list's octets are DER."""
    folder = real_data / "07_pki/lists_eid_testbed"
    signed = SignedData.parse((folder / "BLACKLIST_ECARD_DS_1.DER").read_bytes())
    assert signed.content_type == DEFECT_LIST
    assert signed.content is not None
    found = DefectList.parse(signed.content)
    assert found.build() == signed.content
    ((defect,), version, algorithm) = (found.defects, found.version, found.hash_algorithm)
    assert (version, algorithm, defect.certificate_hash) == (0, SHA_256, None)
    ((known,), authority) = (defect.known_defects, Certificate.parse((folder / "CERT_ECARD_CSCA_1.DER").read_bytes()))
    assert (known.defect_type, known.status) == (f"{DEFECT_LIST}.1.1", StatusCode.NO_INDICATION)
    assert isinstance(defect.signer, IssuerAndSerialNumber)
    assert defect.signer.issuer.raw == authority.subject.raw
    assert found.defects_of(authority) == ()
