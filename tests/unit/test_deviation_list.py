# SPDX-License-Identifier: Apache-2.0
"""Deviation lists (ICAO 9303-12 §10): read, built, and hostile."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipid.crypto import asn1
from chipid.errors import CertificateError, MalformedData
from chipid.issuing.pki import DocumentSigner, KeyOptions, TestCsca
from chipid.pki import deviation_list as dl
from chipid.pki.cms import IssuerAndSerialNumber, SubjectKeyIdentifier
from chipid.pki.deviation_list import (
    DEVIATION_LIST,
    CertificateDigest,
    Deviation,
    DeviationDescription,
    DeviationDocuments,
    DeviationList,
    DocumentNumbers,
    IssuancePeriod,
)

AT = datetime(2026, 6, 1, tzinfo=UTC)
SHA_256 = asn1.sequence(asn1.oid("2.16.840.1.101.3.4.2.1"))
HASHES = ("sha1", "sha224", "sha256", "sha384", "sha512")
PERIOD = IssuancePeriod(datetime(2017, 10, 1, tzinfo=UTC), datetime(2018, 2, 5, 23, 59, 59, tzinfo=UTC))
NUMBERS = DocumentNumbers.of(["AA00001", "AA00002", "L898902C"])
WRONG_HASH = DeviationDescription(f"{DEVIATION_LIST}.2.2", asn1.integer(12), "HASH OF DG12", asn1.octet_string(b"inner"))


@pytest.fixture(scope="module")
def signer() -> DocumentSigner:
    return TestCsca.create(at=AT, key=KeyOptions("secp256r1")).issue_document_signer(at=AT, key=KeyOptions("secp256r1"))


def one(documents: DeviationDocuments, *descriptions: DeviationDescription) -> DeviationList:
    return DeviationList((Deviation(documents, descriptions or (WRONG_HASH,)),))


def test_every_field_stands_where_the_standard_has_it() -> None:
    """Written out by hand: implicit tags, except around the type ANY (9303-12 §10.2)."""
    documents = asn1.sequence(
        asn1.encode(0x80, b"P<"),
        asn1.encode(0x82, bytes(20)),
        asn1.encode(0xA4, asn1.encode(0x18, b"20171001000000Z"), asn1.encode(0x18, b"20180205235959Z")),
        asn1.encode(0xA5, asn1.encode(0x13, b"AA00001"), asn1.encode(0x13, b"AA00002"), asn1.encode(0x13, b"L898902C")),
    )
    description = asn1.sequence(
        asn1.encode(0x13, b"HASH OF DG12"),
        asn1.oid("2.23.136.1.1.7.2.2"),
        asn1.encode(0xA0, asn1.integer(12)),
        asn1.encode(0xA1, asn1.octet_string(b"inner")),
    )
    raw = asn1.sequence(asn1.integer(0), SHA_256, asn1.set_of(asn1.sequence(documents, asn1.set_of(description))))
    (deviation,) = (found := DeviationList.parse(raw)).deviations
    assert (found.version, found.digest_algorithm, found.country) == (0, SHA_256, None)
    assert deviation.documents == DeviationDocuments("P<", SubjectKeyIdentifier(bytes(20)), PERIOD, NUMBERS)
    assert deviation.descriptions == (WRONG_HASH,)
    assert found.build() == raw


@pytest.mark.parametrize("written", [b"20171001000000.000Z UTC", b"20171001000000Z  UTC", b"20171001000000.999Z UTC"])
def test_times_as_italy_writes_them_are_read_as_they_are_meant(written: bytes) -> None:
    period = asn1.encode(0xA4, asn1.encode(0x18, written), asn1.encode(0x18, b"20180205235959Z"))
    found = DeviationDocuments.parse(asn1.parse(asn1.sequence(period), asn1.SEQUENCE, CertificateError)).issued
    assert found == PERIOD
    assert not found.encoding_ok


@pytest.mark.parametrize("written", [b"20171301000000.000Z UTC", b"20171001000000.000Z CET", b"20171001000000.Z UTC"])
def test_other_times_are_none(written: bytes) -> None:
    period = asn1.encode(0xA4, asn1.encode(0x18, written), asn1.encode(0x18, b"20180205235959Z"))
    with pytest.raises(CertificateError, match="not a time") as caught:
        DeviationDocuments.parse(asn1.parse(asn1.sequence(period), asn1.SEQUENCE, CertificateError))
    assert caught.value.offset is not None


def test_a_description_may_hold_what_its_type_does_not() -> None:
    """Italy puts UTF-8 into a PrintableString; what is no UTF-8 either is read as Latin-1."""
    for octets, text in (("‘x’".encode(), "‘x’"), (b"x\xe9", "xé")):
        raw = asn1.sequence(asn1.encode(0x13, octets), asn1.oid(f"{DEVIATION_LIST}.4"))
        assert DeviationDescription.parse(asn1.parse(raw, asn1.SEQUENCE, CertificateError)).description == text


def test_what_is_optional_may_be_absent() -> None:
    bare = one(DeviationDocuments(), DeviationDescription(f"{DEVIATION_LIST}.4"))
    assert DeviationList.parse(bare.build()) == bare


def test_a_signer_is_named_in_three_ways(signer: DocumentSigner) -> None:
    certificate = signer.parsed
    assert certificate.subject_key_id is not None
    for identifier in (
        IssuerAndSerialNumber(certificate.issuer, certificate.serial_octets),
        SubjectKeyIdentifier(certificate.subject_key_id),
        *(CertificateDigest(hashlib.new(name, certificate.raw).digest()) for name in HASHES),
    ):
        listed = one(DeviationDocuments(signer=identifier))
        (deviation,) = DeviationList.parse(listed.build()).deviations
        assert deviation.documents.signer == identifier


@pytest.mark.parametrize(
    ("parameters", "number", "extension"),
    [(asn1.integer(12), 12, None), (asn1.oid("2.5.29.15"), None, "2.5.29.15"), (None, None, None), (b"\x02\x00", None, None)],
)
def test_parameters(parameters: bytes | None, number: int | None, extension: str | None) -> None:
    description = DeviationDescription(f"{DEVIATION_LIST}.1.2", parameters)
    assert (description.number, description.extension) == (number, extension)


@pytest.mark.parametrize(
    ("number", "listed"), [("L898902C", True), ("L898902C<", True), ("l898902c", True), ("L898902", False), ("00001", False)]
)
def test_document_numbers(number: str, listed: bool) -> None:
    assert (number in NUMBERS) is listed


@pytest.mark.parametrize("raw", [b"\x13\x04A10<", b"\x0c\x03a10", b"\x13\x81\x03A10", b"\x16\x04A10 "])
def test_document_numbers_in_other_words(raw: bytes) -> None:
    numbers = DocumentNumbers(b"\x13\x03B10" + raw)
    assert "A10" in numbers
    assert not any(other in numbers for other in ("A1", "Ä10", ""))
    assert "10" not in numbers


def test_numbers_are_read_when_they_are_looked_for() -> None:
    broken = DocumentNumbers(b"\x13\x07AA00001\x04\x01A\x13\xff")
    listed = one(DeviationDocuments(numbers=broken))
    assert DeviationList.parse(listed.build()) == listed
    assert "BB00001" not in broken
    assert "AA00001" in broken
    with pytest.raises(CertificateError):
        list(broken)
    with pytest.raises(ValueError, match="ASCII"):
        DocumentNumbers.of(["Ä1"])


@pytest.mark.parametrize("text", ["plain", "‘quoted’", ""])
def test_text_of_any_alphabet(text: str) -> None:
    listed = one(DeviationDocuments(), DeviationDescription(f"{DEVIATION_LIST}.5", description=text))
    assert DeviationList.parse(listed.build()) == listed


def test_the_state_that_signed_is_not_in_the_list() -> None:
    listed = one(DeviationDocuments()).of_country("UT")
    assert DeviationList.parse(listed.build(), country="UT") == listed
    assert DeviationList.parse(listed.build()).country is None


ENTRY = one(DeviationDocuments()).deviations[0].build()


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        asn1.sequence(asn1.integer(0)),
        asn1.sequence(asn1.set_of(ENTRY)),
        asn1.sequence(asn1.integer(0), asn1.set_of(ENTRY), asn1.null()),
        asn1.sequence(asn1.integer(0), asn1.set_of(asn1.null())),
        asn1.sequence(asn1.integer(0), asn1.set_of(b"\x31" + ENTRY[1:])),
        asn1.sequence(asn1.integer(0), asn1.set_of(asn1.sequence(asn1.encode(0x80, b"P")))),
        asn1.sequence(asn1.integer(0), asn1.set_of(ENTRY)) + b"\0",
        one(DeviationDocuments(), DeviationDescription("1.2", asn1.integer(1) * 2)).build(),
        asn1.sequence(asn1.integer(0), asn1.set_of(asn1.sequence(asn1.sequence(asn1.encode(0x80, b"\xff")), asn1.set_of()))),
    ],
)
def test_what_is_no_list_is_refused(raw: bytes) -> None:
    with pytest.raises(CertificateError):
        DeviationList.parse(raw)


def test_a_list_has_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dl, "DEVIATION_LIMIT", 2)
    monkeypatch.setattr(dl, "DESCRIPTION_LIMIT", 2)
    deviation = Deviation(DeviationDocuments(), (WRONG_HASH, WRONG_HASH))
    assert len(DeviationList.parse(DeviationList((deviation,) * 2).build()).deviations) == 2
    for hostile in (DeviationList((deviation,) * 3), DeviationList((Deviation(DeviationDocuments(), (WRONG_HASH,) * 3),))):
        with pytest.raises(CertificateError, match="more than 2"):
            DeviationList.parse(hostile.build())


oids = st.sampled_from([f"{DEVIATION_LIST}.{rest}" for rest in ("1", "1.4", "2.2", "3.1", "4", "9.9")] + ["1.2.3"])
texts = st.text(st.characters(codec="utf-8"), max_size=20)
values = st.one_of(st.none(), st.integers(-300, 300).map(asn1.integer), st.binary(max_size=9).map(asn1.octet_string))
moments = st.datetimes(datetime(1950, 1, 1), datetime(2100, 1, 1)).map(lambda at: at.replace(microsecond=0, tzinfo=UTC))
signers = st.one_of(
    st.none(), st.binary(max_size=32).map(SubjectKeyIdentifier), st.binary(max_size=64).map(CertificateDigest)
)
documents = st.builds(
    DeviationDocuments,
    st.none() | st.text("PIAC<", min_size=2, max_size=2),
    signers,
    st.none() | st.builds(IssuancePeriod, moments, moments),
    st.none() | st.lists(st.text("AB019<", min_size=1, max_size=9), max_size=4).map(DocumentNumbers.of),
)
descriptions = st.builds(DeviationDescription, oids, values, st.none() | texts, values)
lists = st.lists(st.builds(Deviation, documents, st.lists(descriptions, max_size=3).map(tuple)), max_size=3).map(
    lambda deviations: DeviationList(tuple(deviations), digest_algorithm=SHA_256)
)


@given(lists)
def test_round_trip(listed: DeviationList) -> None:
    built = listed.build()
    found = DeviationList.parse(built)
    assert found.build() == built
    assert sorted(map(Deviation.build, found.deviations)) == sorted(map(Deviation.build, listed.deviations))


@given(lists, st.data())
def test_hostile_octets_are_malformed_or_a_list(listed: DeviationList, data: st.DataObject) -> None:
    raw = bytearray(listed.build())
    for _ in range(data.draw(st.integers(1, 3))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = DeviationList.parse(bytes(raw))
        numbers = [set(each.documents.numbers or ()) for each in found.deviations]
    except MalformedData:
        return
    assert len(numbers) == len(found.deviations)
    assert all(each.number is None or each.extension is None for one in found.deviations for each in one.descriptions)
