# SPDX-License-Identifier: Apache-2.0
"""Certificates: by the profile, and the way the field has them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from chipid.crypto import asn1
from chipid.crypto.algorithms import build_algorithm_identifier
from chipid.crypto.random import system_random
from chipid.crypto.spki import build_spki
from chipid.errors import CertificateError, MalformedData, UnsupportedFeature
from chipid.issuing.certificates import Subject, extension, key_usage
from chipid.issuing.pki import KeyOptions, SignerProfile, TestCsca
from chipid.issuing.signing_keys import SigningKey
from chipid.pki import extensions as ext
from chipid.pki.certificate import Certificate, describe_key
from chipid.pki.extensions import KeyUsage
from chipid.pki.names import NAME_LIMIT, TEXT_LIMIT, Name

AT = datetime(2026, 6, 1, tzinfo=UTC)
KEY = SigningKey.generate("secp256r1", system_random)
NAME = Subject("VN", "Someone", "Some organization").build()
WITH_NULL = asn1.sequence(asn1.oid("1.2.840.10045.4.3.2"), asn1.null())
SPELT_OUT = asn1.sequence(asn1.oid("1.2.3.4"), asn1.encode(asn1.BOOLEAN, b"\0"), asn1.octet_string(b""))
VALIDITY = asn1.sequence(asn1.time(AT), asn1.time(AT + timedelta(days=365)))


def certificate(
    *,
    serial: bytes = asn1.integer(1),
    version: bytes = asn1.encode(0xA0, asn1.integer(2)),
    issuer: bytes = NAME,
    validity: bytes = VALIDITY,
    spki: bytes = build_spki(KEY.public),
    inner_algorithm: bytes | None = None,
    behind_key: bytes = b"",
    extensions: Sequence[bytes] = (),
    behind: bytes = b"",
) -> bytes:
    """A certificate signed by KEY, of any content."""
    algorithm = build_algorithm_identifier(KEY.scheme)
    listed = asn1.encode(0xA3, asn1.sequence(*extensions)) if extensions else b""
    tbs = asn1.sequence(version, serial, inner_algorithm or algorithm, issuer, validity, NAME, spki, behind_key, listed, behind)
    return asn1.sequence(tbs, algorithm, asn1.bit_string(KEY.sign(tbs)))


def rdn(oid: str, tag: int, text: bytes) -> bytes:
    return asn1.encode(asn1.SET, asn1.sequence(asn1.oid(oid), asn1.encode(tag, text)))


@pytest.fixture(scope="module")
def csca() -> TestCsca:
    return TestCsca.create(at=AT)


def test_a_document_signers_certificate_is_read(csca: TestCsca) -> None:
    signer = csca.issue_document_signer(at=AT, common_name="Signer 7").parsed
    assert (signer.issuer.country, str(signer.subject)) == ("VN", "C=VN, O=chipid test PKI, CN=Signer 7")
    assert (signer.not_before, signer.version, signer.serial > 0) == (AT, 3, True)
    assert signer.key_usage == {KeyUsage.DIGITAL_SIGNATURE}
    assert signer.authority_key_id == csca.parsed.subject_key_id
    assert signer.usage_period is not None
    assert signer.usage_period.covers(AT)
    assert not signer.usage_period.covers(AT + timedelta(days=92))
    assert signer.document_types == {"ID", "P"}
    assert signer.alternative_state(ext.SUBJECT_ALT_NAME) == "VNM"
    assert (signer.basic_constraints, signer.extended_key_usage, signer.deviations) == (None, None, ())
    assert describe_key(signer.public_key) == "brainpoolP384r1"
    assert signer.verified_by(csca.parsed).valid
    assert not signer.is_self_issued


def test_a_csca_is_read(csca: TestCsca) -> None:
    parsed = csca.parsed
    assert parsed.key_usage == {KeyUsage.KEY_CERT_SIGN, KeyUsage.CRL_SIGN}
    assert (parsed.is_ca, parsed.is_self_issued, parsed.is_self_signed) == (True, True, True)
    assert parsed.basic_constraints is not None
    assert parsed.basic_constraints.path_length == 0


def test_it_is_read_as_another_library_reads_it() -> None:
    """With a named curve: explicit parameters of brainpool curves are beyond that library."""
    signer = TestCsca.create(at=AT).issue_document_signer(at=AT, key=KeyOptions("secp256r1", explicit_parameters=False))
    ours, theirs = signer.parsed, x509.load_der_x509_certificate(signer.certificate)
    assert ours.tbs == theirs.tbs_certificate_bytes
    assert ours.signature == theirs.signature
    assert ours.serial == theirs.serial_number
    assert (ours.not_before, ours.not_after) == (theirs.not_valid_before_utc, theirs.not_valid_after_utc)
    assert ours.issuer.raw == theirs.issuer.public_bytes()
    assert ours.subject_key_id == theirs.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    names = theirs.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DirectoryName)[0].rfc4514_string() == "L=VNM"
    assert theirs.extensions.get_extension_for_class(x509.KeyUsage).critical
    assert theirs.public_bytes(Encoding.DER) == ours.raw


# The field --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "deviation"),
    [
        pytest.param({"serial": asn1.integer(0)}, "serial-not-positive", id="serial zero"),
        pytest.param({"serial": asn1.integer(-7)}, "serial-not-positive", id="serial negative"),
        pytest.param({"serial": asn1.integer(1 << 200)}, "serial-too-long", id="serial long"),
        pytest.param({"serial": bytes.fromhex("02020001")}, "serial-encoding", id="serial with a zero in front"),
        pytest.param({"behind_key": asn1.encode(0x81, b"\0\1")}, "unique-identifier-present", id="issuer's unique identifier"),
        pytest.param({"behind_key": asn1.encode(0x82, b"\0\1")}, "unique-identifier-present", id="subject's unique identifier"),
        pytest.param({"version": b""}, "version-not-3", id="version 1"),
        pytest.param({"behind": asn1.null()}, "tbs-extra-data", id="extra data"),
        pytest.param({"inner_algorithm": WITH_NULL}, "inner-algorithm-differs", id="inner algorithm"),
        pytest.param({"validity": asn1.sequence(asn1.encode(0x18, b"20260601000000Z"), asn1.time(AT))}, "validity-encoding",
                     id="four-digit year before 2050"),
        pytest.param({"validity": asn1.sequence(asn1.encode(0x17, b"2606010000Z"), asn1.time(AT))}, "validity-encoding",
                     id="no seconds"),
        pytest.param({"extensions": [extension(ext.BASIC_CONSTRAINTS, bytes.fromhex("3006010101020100"))]},
                     "basic-constraints-encoding", id="true is not FF"),
        pytest.param({"extensions": [SPELT_OUT]}, "default-value-encoded", id="critical FALSE"),
        pytest.param({"extensions": [extension(ext.BASIC_CONSTRAINTS, bytes.fromhex("3003010100"))]},
                     "default-value-encoded", id="explicit default"),
        pytest.param({"extensions": [extension(ext.BASIC_CONSTRAINTS, b"\x30\x05\x01")]}, "basic-constraints-malformed",
                     id="basic constraints malformed"),
        pytest.param({"extensions": [extension(ext.KEY_USAGE, b"\x04\x00")]}, "key-usage-malformed", id="key usage malformed"),
        pytest.param({"extensions": [extension(ext.SUBJECT_KEY_IDENTIFIER, bytes(20))]}, "subject-key-identifier-malformed",
                     id="bare key identifier"),
        pytest.param({"extensions": [extension(ext.AUTHORITY_KEY_IDENTIFIER, b"")]}, "authority-key-identifier-malformed",
                     id="issuer's key identifier"),
        pytest.param({"extensions": [extension(ext.PRIVATE_KEY_USAGE_PERIOD, b"\x30\x02\x80\x00")]}, "usage-period-malformed",
                     id="usage period"),
        pytest.param({"extensions": [extension(ext.EXTENDED_KEY_USAGE, b"\x05\x00")]}, "extended-key-usage-malformed",
                     id="purposes"),
        pytest.param({"extensions": [extension(ext.DOCUMENT_TYPE_LIST, bytes.fromhex("130150"))]}, "document-types-malformed",
                     id="document types"),
    ],
)  # fmt: skip
def test_what_departs_from_the_profile_is_read_and_told(given: dict[str, bytes], deviation: str) -> None:
    parsed = Certificate.parse(certificate(**given))  # type: ignore[arg-type]
    assert parsed.deviations == (deviation,)
    assert parsed.verified_by(parsed).valid


def test_a_sound_certificate_has_no_deviations() -> None:
    assert Certificate.parse(certificate()).deviations == ()


def test_ber_is_told() -> None:
    der = certificate()
    body = asn1.parse(der, asn1.SEQUENCE).value
    parsed = Certificate.parse(b"\x30\x80" + body + b"\0\0")
    assert parsed.deviations == ("not-der",)
    assert parsed.verified_by(parsed).valid


def test_the_signed_algorithm_counts() -> None:
    """The outer one is unsigned: whoever passes the certificate on can write anything there."""
    der = certificate(inner_algorithm=build_algorithm_identifier(SigningKey.of(KEY.private, hash_name="sha512").scheme))
    parsed = Certificate.parse(der)
    assert parsed.algorithm != parsed.tbs_algorithm
    assert not parsed.verified_by(parsed).valid


def test_an_unknown_key_does_not_stop_the_parsing() -> None:
    dsa = asn1.sequence(asn1.sequence(asn1.oid("1.2.840.10040.4.1")), asn1.bit_string(b"\1"))
    parsed = Certificate.parse(certificate(spki=dsa))
    with pytest.raises(UnsupportedFeature):
        parsed.public_key  # noqa: B018
    assert not parsed.is_self_signed


def test_critical_extensions_that_are_unknown_are_listed() -> None:
    unknown = extension("1.2.3.4", b"", critical=True), extension("1.2.3.5", b""), key_usage([KeyUsage.DIGITAL_SIGNATURE])
    assert Certificate.parse(certificate(extensions=unknown)).unknown_critical == ("1.2.3.4",)


def test_key_usage_bits_are_read_one_by_one() -> None:
    for usage in KeyUsage:
        assert Certificate.parse(certificate(extensions=[key_usage([usage])])).key_usage == {usage}


@pytest.mark.parametrize(
    "der",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(certificate()[:-1], id="cut"),
        pytest.param(certificate() + b"\0", id="something behind"),
        pytest.param(asn1.sequence(), id="empty"),
        pytest.param(certificate(behind=asn1.octet_string(bytes(1 << 16))), id="larger than any"),
        pytest.param(certificate(spki=b""), id="without a key"),
        pytest.param(certificate(issuer=b""), id="without an issuer"),
        pytest.param(certificate(serial=b"\x02\x00"), id="serial without octets"),
        pytest.param(certificate(validity=asn1.sequence(asn1.time(AT))), id="without an end"),
        pytest.param(certificate(validity=asn1.sequence(asn1.encode(0x17, b"991399000000Z"), asn1.time(AT))), id="no date"),
        pytest.param(certificate(extensions=[extension("1.2.3", b"")] * 2), id="extension twice"),
        pytest.param(certificate(extensions=[extension(f"1.2.{n}", b"") for n in range(100)]), id="too many extensions"),
        pytest.param(certificate(issuer=asn1.sequence(*[asn1.parse(NAME, 0x30).value] * 50)), id="endless name"),
        pytest.param(certificate(issuer=asn1.sequence(*[asn1.set_of()] * 100)), id="endless name of nothing"),
        pytest.param(certificate(issuer=asn1.sequence(asn1.set_of(*[rdn("2.5.4.3", 0x13, b"")[2:]] * 100))), id="endless part"),
    ],
)
def test_what_is_no_certificate_is_refused(der: bytes) -> None:
    with pytest.raises(CertificateError):
        Certificate.parse(der)


def test_a_cms_object_is_named_as_such() -> None:
    with pytest.raises(CertificateError, match="a CMS object, and no certificate"):
        Certificate.parse(asn1.sequence(asn1.oid("1.2.840.113549.1.7.2"), asn1.encode(0xA0)))


def test_equality_is_of_octets(csca: TestCsca) -> None:
    assert csca.parsed == csca.parsed
    assert csca.parsed != TestCsca.create(at=AT).parsed
    assert len({csca.parsed, csca.parsed}) == 1


def test_a_link_is_self_issued_and_not_self_signed(csca: TestCsca) -> None:
    link = Certificate.parse(csca.issue_link(TestCsca.create(at=AT)))
    assert (link.is_self_issued, link.is_self_signed) == (True, False)
    assert link.verified_by(csca.parsed).valid


def test_validity_includes_both_ends(csca: TestCsca) -> None:
    parsed, second = csca.parsed, timedelta(seconds=1)
    assert parsed.is_valid_at(parsed.not_before)
    assert parsed.is_valid_at(parsed.not_after)
    assert not parsed.is_valid_at(parsed.not_before - second)
    assert not parsed.is_valid_at(parsed.not_after + second)


def test_a_missing_or_malformed_alternative_name_names_no_state() -> None:
    assert Certificate.parse(certificate()).alternative_state(ext.SUBJECT_ALT_NAME) is None
    parsed = Certificate.parse(certificate(extensions=[extension(ext.SUBJECT_ALT_NAME, b"\x05")]))
    assert parsed.alternative_state(ext.SUBJECT_ALT_NAME) is None


def test_a_key_that_signs_itself_under_two_names_is_no_anchor() -> None:
    other = Certificate.parse(certificate(issuer=Subject("VN", "Somebody else", "Some organization").build()))
    assert other.verified_by(other).valid
    assert not other.is_self_signed


def test_a_key_is_described_in_a_few_words() -> None:
    assert describe_key(SigningKey.generate("rsa-1024", system_random).public) == "RSA-1024"
    assert describe_key(KEY.public) == "secp256r1"


def test_a_key_may_bear_any_identifier() -> None:
    bare = Certificate.parse(certificate())
    named = Certificate.parse(certificate(extensions=[extension(ext.SUBJECT_KEY_IDENTIFIER, asn1.octet_string(b"any"))]))
    assert named.key_identifiers == bare.key_identifiers | {b"any"}


def test_a_key_has_an_identifier_without_the_extension() -> None:
    plain, named = Certificate.parse(certificate()), TestCsca.create(at=AT).parsed
    assert len(plain.key_identifiers) == 1
    assert named.subject_key_id in named.key_identifiers


def test_a_profile_without_extensions_is_issued(csca: TestCsca) -> None:
    signer = csca.issue_document_signer(at=AT, profile=SignerProfile(key_usage=None, document_types=None)).parsed
    assert (signer.key_usage, signer.document_types) == (None, None)


# Names --------------------------------------------------------------------------------------------------------------


def name(*rdns: bytes) -> Name:
    return Name.parse(asn1.Reader(asn1.sequence(*rdns), CertificateError).read())


COUNTRY, CN = "2.5.4.6", "2.5.4.3"


@pytest.mark.parametrize(
    "other",
    [
        pytest.param((rdn(COUNTRY, 0x13, b"vn"), rdn(CN, 0x13, b"Test CSCA")), id="case of the country"),
        pytest.param((rdn(COUNTRY, 0x0C, b"VN"), rdn(CN, 0x0C, b"Test CSCA")), id="UTF8String"),
        pytest.param((rdn(COUNTRY, 0x13, b"VN"), rdn(CN, 0x1E, "Test CSCA".encode("utf-16-be"))), id="BMPString"),
        pytest.param((rdn(COUNTRY, 0x13, b"VN"), rdn(CN, 0x13, b"  Test   CSCA ")), id="spaces"),
        pytest.param((rdn(CN, 0x13, b"Test CSCA"), rdn(COUNTRY, 0x13, b"VN")), id="order"),
    ],
)
def test_names_that_mean_the_same_compare_equal(other: tuple[bytes, ...]) -> None:
    ours, theirs = name(rdn(COUNTRY, 0x13, b"VN"), rdn(CN, 0x13, b"Test CSCA")), name(*other)
    assert ours.normalised == theirs.normalised
    assert ours.raw != theirs.raw


def test_the_order_still_shows() -> None:
    one, two = rdn(COUNTRY, 0x13, b"VN"), rdn(CN, 0x13, b"Test CSCA")
    assert name(one, two).in_order != name(two, one).in_order


@pytest.mark.parametrize("other", [b"Test CSCA 2", b"TestCSCA", b"Test-CSCA", b""])
def test_other_names_differ(other: bytes) -> None:
    assert name(rdn(CN, 0x13, b"Test CSCA")).normalised != name(rdn(CN, 0x13, other)).normalised


def test_octets_that_their_type_forbids_still_compare() -> None:
    assert name(rdn(CN, 0x0C, b"\xff\xfe")).first(CN) == "ÿþ"
    assert name(rdn(CN, 0x1E, b"\0T\0")).normalised == name(rdn(CN, 0x1E, b"\0T\0")).normalised


def test_a_name_prints_no_control_characters() -> None:
    assert str(name(rdn(CN, 0x0C, b"Test\x1b[2J\nCSCA"))) == "CN=Test[2JCSCA"


def test_a_long_name_is_refused_and_a_long_value_cut() -> None:
    assert str(name(rdn(CN, 0x0C, b"x" * 1000))) == f"CN={'x' * TEXT_LIMIT}…"
    assert str(name(rdn(CN, 0x0C, b"x" * TEXT_LIMIT))) == f"CN={'x' * TEXT_LIMIT}"
    filled = NAME_LIMIT - len(name(rdn(CN, 0x0C, b"x" * 1000)).raw) + 1000
    assert len(name(rdn(CN, 0x0C, b"x" * filled)).raw) == NAME_LIMIT
    with pytest.raises(CertificateError, match="octets"):
        name(rdn(CN, 0x0C, b"x" * (filled + 1)))


@pytest.mark.parametrize(
    "broken", [asn1.sequence(), asn1.encode(asn1.SET, asn1.null()), asn1.encode(asn1.SET, asn1.sequence(asn1.oid(CN)))]
)
def test_what_is_no_name_is_refused(broken: bytes) -> None:
    with pytest.raises(MalformedData):
        name(broken)
