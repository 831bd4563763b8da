# SPDX-License-Identifier: Apache-2.0
"""Card verifiable certificates (ICAO 9303-12 §7.2.2): what is read, what is refused, and what is built."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from chipid.errors import CertificateError, MalformedData, UnsupportedFeature
from chipid.iso7816.tlv import build_tlv, parse_tlv
from chipid.issuing.cv_defects import CONTENT_DEFECTS, WIRE_DEFECTS, day_32
from chipid.issuing.cv_pki import CvProfile, TestCvca, TestDocumentVerifier
from chipid.pki.cv_authorisation import HOLDER_AUTHORISATION, Role
from chipid.pki.cv_public_key import PUBLIC_KEY
from chipid.pki.cvc import (
    AUTHORITY_REFERENCE,
    CERTIFICATE_BODY,
    COUNT_LIMIT,
    CV_CERTIFICATE,
    EFFECTIVE_DATE,
    EXPIRATION_DATE,
    EXTENSIONS,
    HOLDER_REFERENCE,
    PROFILE_IDENTIFIER,
    SIGNATURE,
    SIZE_LIMIT,
    CvCertificate,
    body_objects,
    build_body,
    date_octets,
    parse_certificates,
    parse_date,
    reference_octets,
    reference_text,
)

DAY = date(2026, 1, 10)
LAST = date(2026, 2, 10)
EXTENSION = build_tlv(EXTENSIONS, build_tlv(0x73, bytes.fromhex("060904007F00070301030101"), build_tlv(0x80, b"x")))


@pytest.fixture(scope="module")
def cvca() -> TestCvca:
    return TestCvca.create(profile=CvProfile(DAY))


@pytest.fixture(scope="module")
def verifier(cvca) -> TestDocumentVerifier:
    return cvca.issue_verifier(profile=CvProfile(DAY, LAST))


def amended(cvca: TestCvca, amend) -> bytes:
    return cvca.issue_verifier(profile=CvProfile(DAY, LAST, amend=amend)).raw


def test_every_field_is_read(cvca, verifier):
    certificate = verifier.certificate
    assert (certificate.authority, certificate.holder) == ("DETESTCVCA00001", "DETESTDVDE00001")
    assert (certificate.effective, certificate.expiration) == (DAY, LAST)
    assert certificate.authorisation.role is Role.DOMESTIC_DV
    assert certificate.authorisation.data_groups == ("DG3", "DG4")
    assert certificate.extensions == b""
    assert not certificate.is_self_signed
    assert cvca.certificate.is_self_signed
    assert cvca.certificate.public_key.domain.name == "brainpoolP256r1"
    assert certificate.public_key.domain is None


def test_octets_are_kept_as_they_stand(verifier):
    certificate = verifier.certificate
    assert certificate.raw == verifier.raw
    assert certificate.bare == certificate.body + build_tlv(SIGNATURE, certificate.signature)
    assert CvCertificate.parse_bare(certificate.bare) == certificate


def test_a_body_is_built_again_from_what_was_read(verifier):
    certificate = verifier.certificate
    objects = body_objects(
        authority=certificate.authority,
        holder=certificate.holder,
        public_key=certificate.public_key,
        authorisation=certificate.authorisation,
        effective=certificate.effective,
        expiration=certificate.expiration,
    )
    assert build_body(objects.values()) == certificate.body


def test_extensions_are_kept_whole(cvca):
    issued = cvca.issue_verifier(profile=CvProfile(DAY, extensions=EXTENSION))
    assert issued.certificate.extensions == EXTENSION
    assert issued.certificate.is_signed_by(cvca.certificate.public_key.resolve())


def test_the_signature_covers_the_body(cvca, verifier):
    key = cvca.certificate.public_key.resolve()
    certificate = verifier.certificate
    assert certificate.is_signed_by(key)
    altered = bytearray(certificate.body)
    altered[-1] ^= 1
    assert not replace(certificate, body=bytes(altered)).is_signed_by(key)
    other = TestCvca.create(profile=CvProfile(DAY)).certificate.public_key.resolve()
    assert not certificate.is_signed_by(other)


UNREADABLE = {
    **{name: defect for name, defect in CONTENT_DEFECTS.items() if not name.startswith("key-without-") and "other" not in name},
    "key-without-mechanism": CONTENT_DEFECTS["key-without-mechanism"],
    "key-without-point": CONTENT_DEFECTS["key-without-point"],
    "effective-day-32": day_32(EFFECTIVE_DATE, DAY),
    "expiration-day-32": day_32(EXPIRATION_DATE, DAY),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_defective_body_is_refused(cvca, name):
    expected = UnsupportedFeature if name == "unknown-mechanism" else MalformedData
    with pytest.raises(expected):
        CvCertificate.parse(amended(cvca, UNREADABLE[name]))


@pytest.mark.parametrize("name", sorted(set(WIRE_DEFECTS) - {"signature-altered", "signature-cut"}))
def test_a_defect_of_body_and_signature_is_refused(verifier, name):
    with pytest.raises(MalformedData):
        CvCertificate.parse_bare(WIRE_DEFECTS[name](verifier.certificate.bare))


@pytest.mark.parametrize("name", ["signature-altered", "signature-cut"])
def test_a_wrong_signature_is_read_and_does_not_verify(cvca, verifier, name):
    certificate = CvCertificate.parse_bare(WIRE_DEFECTS[name](verifier.certificate.bare))
    assert not certificate.is_signed_by(cvca.certificate.public_key.resolve())


@pytest.mark.parametrize(
    "amend",
    [
        lambda objects: dict(reversed(objects.items())),
        lambda objects: {**objects, 0x5F01: build_tlv(0x5F01, b"x")},
        lambda objects: {0x5F01: build_tlv(0x5F01, b"x"), **objects},
        lambda objects: {tag: value for tag, value in objects.items() if tag != PROFILE_IDENTIFIER},
        lambda objects: {tag: value for tag, value in objects.items() if tag != AUTHORITY_REFERENCE},
        lambda objects: {tag: value for tag, value in objects.items() if tag != HOLDER_REFERENCE},
    ],
)
def test_objects_out_of_place_are_refused(cvca, amend):
    with pytest.raises(MalformedData):
        CvCertificate.parse(amended(cvca, amend))


def test_another_profile_is_not_supported(cvca):
    with pytest.raises(UnsupportedFeature, match="profile"):
        CvCertificate.parse(amended(cvca, lambda objects: {**objects, PROFILE_IDENTIFIER: build_tlv(PROFILE_IDENTIFIER, b"\1")}))


def test_octets_behind_a_certificate_are_refused(verifier):
    with pytest.raises(MalformedData):
        CvCertificate.parse(verifier.raw + b"\0")
    with pytest.raises(MalformedData):
        CvCertificate.parse_bare(verifier.certificate.bare + b"\x5f\x37\x01\0")


def test_an_empty_signature_is_refused(verifier):
    with pytest.raises(MalformedData, match="signature"):
        CvCertificate.parse_bare(verifier.certificate.body + build_tlv(SIGNATURE))


def indefinite(tag: int, value: bytes) -> bytes:
    return tag.to_bytes(2, "big") + b"\x80" + value + b"\0\0"


def test_indefinite_lengths_are_refused(verifier):
    certificate = verifier.certificate
    body_value = certificate.body[4:] if certificate.body[2] & 0x80 else certificate.body[3:]
    with pytest.raises(MalformedData, match="indefinite"):
        CvCertificate.parse(indefinite(CV_CERTIFICATE, certificate.bare))
    with pytest.raises(MalformedData, match="indefinite"):
        CvCertificate.parse_bare(indefinite(CERTIFICATE_BODY, body_value) + build_tlv(SIGNATURE, certificate.signature))


@pytest.mark.parametrize("tag", [PUBLIC_KEY, HOLDER_AUTHORISATION])
def test_indefinite_lengths_inside_are_refused(cvca, tag):
    raw = amended(cvca, lambda objects: {**objects, tag: indefinite(tag, parse_tlv(objects[tag], tag).value)})
    with pytest.raises(MalformedData, match="indefinite"):
        CvCertificate.parse(raw)


def test_extensions_of_indefinite_length_are_refused(cvca):
    with pytest.raises(MalformedData, match="indefinite"):
        CvCertificate.parse(amended(cvca, lambda objects: {**objects, EXTENSIONS: b"\x65\x80" + EXTENSION[2:] + b"\0\0"}))


def test_an_overlong_certificate_is_refused(verifier):
    body, signature = verifier.certificate.body, bytes(SIZE_LIMIT)
    with pytest.raises(MalformedData, match=f"{SIZE_LIMIT} octets"):
        CvCertificate.parse(build_tlv(CV_CERTIFICATE, body, build_tlv(SIGNATURE, signature)))
    with pytest.raises(MalformedData, match=f"{SIZE_LIMIT} octets"):
        CvCertificate.parse_bare(body + build_tlv(SIGNATURE, signature))


class TestRequests:
    """A request is refused for what it is (BSI TR-03110-3 §C.2)."""

    @pytest.fixture
    def request_certificate(self, cvca) -> bytes:
        keep = {PROFILE_IDENTIFIER, AUTHORITY_REFERENCE, 0x7F49, HOLDER_REFERENCE}
        return amended(cvca, lambda objects: {tag: value for tag, value in objects.items() if tag in keep})

    def test_without_outer_signature(self, request_certificate):
        with pytest.raises(UnsupportedFeature, match="request"):
            CvCertificate.parse(request_certificate)

    def test_with_outer_signature(self, request_certificate):
        outer = build_tlv(0x67, request_certificate, build_tlv(AUTHORITY_REFERENCE, b"DETESTCVCA00001"), build_tlv(SIGNATURE, b"x"))
        with pytest.raises(UnsupportedFeature, match="request"):
            CvCertificate.parse(outer)

    def test_a_certificate_that_lacks_something_is_none(self, cvca):
        with pytest.raises(MalformedData):
            CvCertificate.parse(amended(cvca, CONTENT_DEFECTS["no-authorisation"]))


class TestFiles:
    def test_certificates_one_after_another(self, cvca, verifier):
        assert parse_certificates(cvca.raw + verifier.raw) == (cvca.certificate, verifier.certificate)

    def test_an_empty_file(self):
        with pytest.raises(CertificateError, match="without"):
            parse_certificates(b"")

    def test_a_stranger_behind_them(self, verifier):
        with pytest.raises(MalformedData):
            parse_certificates(verifier.raw + b"\x30\x00")

    def test_no_more_than_the_limit(self, verifier):
        assert len(parse_certificates(verifier.raw * COUNT_LIMIT)) == COUNT_LIMIT
        with pytest.raises(MalformedData, match=str(COUNT_LIMIT)):
            parse_certificates(verifier.raw * (COUNT_LIMIT + 1))


class TestReferences:
    @pytest.mark.parametrize("name", ["DEX00001", "DETESTCVCA00001", "DETEST_LINKDE007", "ZZDKB20000R", "FRÀÉ00001"])
    def test_there_and_back(self, name):
        assert reference_text(reference_octets(name)) == name

    @pytest.mark.parametrize(
        "name", ["", "DE00001", "deX00001", "D1X00001", "DETEST_LINKXDE007", "DEX0000\n", "DE\0\0\0\0\0\0", "DEX0000\x7f"]
    )
    def test_others_are_refused(self, name):
        with pytest.raises(CertificateError):
            reference_text(name.encode("latin-1"))
        with pytest.raises(CertificateError):
            reference_octets(name)

    def test_a_refused_name_is_located_and_not_told(self, cvca):
        raw = amended(cvca, lambda objects: {**objects, HOLDER_REFERENCE: build_tlv(HOLDER_REFERENCE, b"deSECRET1")})
        with pytest.raises(CertificateError) as caught:
            CvCertificate.parse(raw)
        assert caught.value.path == (CV_CERTIFICATE, CERTIFICATE_BODY, HOLDER_REFERENCE)
        assert raw[caught.value.offset :].startswith(b"\x5f\x20")
        assert "SECRET" not in str(caught.value)

    def test_characters_outside_latin_1(self):
        with pytest.raises(CertificateError):
            reference_octets("DEĐĐĐ00001")


class TestDates:
    @pytest.mark.parametrize("day", [date(2000, 1, 1), date(2024, 2, 29), date(2099, 12, 31)])
    def test_there_and_back(self, day):
        assert parse_date(date_octets(day)) == day

    @pytest.mark.parametrize(
        "octets",
        ["0A0B0C0D0E0F", "020600000001", "020601030001", "020600020209", "0206000103", "02060001010203", "", "02060001000A"],
    )
    def test_others_are_none(self, octets):
        assert parse_date(bytes.fromhex(octets)) is None

    @pytest.mark.parametrize("day", [date(1999, 12, 31), date(2100, 1, 1)])
    def test_a_date_of_another_century_is_not_written(self, day):
        with pytest.raises(CertificateError):
            date_octets(day)

    def test_a_leap_day_that_is_none(self):
        assert parse_date(bytes((2, 5, 0, 2, 2, 9))) is None
        assert parse_date(bytes((2, 4, 0, 2, 2, 9))) == date(2024, 2, 29)

    def test_a_refused_date_is_located(self, cvca):
        with pytest.raises(CertificateError) as caught:
            CvCertificate.parse(amended(cvca, CONTENT_DEFECTS["expiration-date-not-bcd"]))
        assert caught.value.path[-1] == EXPIRATION_DATE
