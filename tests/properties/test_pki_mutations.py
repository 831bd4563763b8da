# SPDX-License-Identifier: Apache-2.0
"""Whatever the octets are, a parser reads them or says MalformedData or UnsupportedFeature; and no mutation is ever accepted."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta

from asn1crypto import core
from asn1crypto import x509 as asn1crypto_x509
from hypothesis import given
from hypothesis import strategies as st

from chipid.crypto import asn1
from chipid.crypto.algorithms import build_algorithm_identifier, hash_from_algorithm_identifier, scheme_from_algorithm_identifier
from chipid.crypto.domain import EcDomain
from chipid.crypto.signature import DsaScheme, EcdsaScheme, EcPublicKey, Pkcs1Scheme, PssScheme, RsaPublicKey, Scheme
from chipid.crypto.spki import CURVE_OIDS, build_ec_parameters, build_spki, parse_ec_parameters, parse_public_key
from chipid.errors import MalformedData, UnsupportedFeature
from chipid.evidence import Evidence
from chipid.iso7816.file_ids import FileId
from chipid.issuing.pki import KeyOptions, TestCsca
from chipid.issuing.signed_data import SignatureOptions
from chipid.pki.certificate import Certificate
from chipid.pki.chain import validate_chain
from chipid.pki.cms import SignedData
from chipid.pki.crl import CertificateRevocationList
from chipid.pki.revocation import revocation_status
from chipid.pki.signed_data import verify_signers
from chipid.pki.trust_store import TrustStore, read_certificates
from chipid.verification.passive_auth import passive_authentication
from chipid.verification.verdict import CheckName, Outcome

AT = datetime(2026, 6, 1, tzinfo=UTC)
CSCA = TestCsca.create(at=AT, key=KeyOptions("secp256r1"))
SIGNER = CSCA.issue_document_signer(at=AT, key=KeyOptions("secp256r1"))
TRUST = TrustStore([CSCA.parsed])
GROUPS = {1: b"\x61\x01\x00", 2: b"\x75\x01\x00"}
SOD = SIGNER.sign_sod(GROUPS, options=SignatureOptions(signing_time=AT))
CMS = SIGNER.sign("1.2.3", b"content")
CERTIFICATE = SIGNER.certificate
CRL = CSCA.issue_revocation_list([SIGNER.parsed.serial], at=AT)


@st.composite
def mutated(draw: st.DrawFn, original: bytes) -> bytes:
    """*original* with a few octets changed, cut out, repeated or put in."""
    data = bytearray(original)
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(data)))
        kind = draw(st.sampled_from(("change", "cut", "insert", "repeat", "end")))
        if kind == "change" and place < len(data):
            data[place] = draw(st.integers(0, 255))
        elif kind == "cut":
            del data[place : place + draw(st.integers(1, 40))]
        elif kind == "insert":
            data[place:place] = draw(st.binary(min_size=1, max_size=8))
        elif kind == "repeat":
            data[place:place] = data[place : place + draw(st.integers(1, 40))]
        else:
            del data[place:]
    return bytes(data)


def read_all_of(certificate: Certificate) -> None:
    str(certificate.subject), repr(certificate), certificate.unknown_critical, certificate.fingerprint
    certificate.alternative_state("2.5.29.17")
    assert certificate.raw.find(certificate.tbs) > 0
    with contextlib.suppress(MalformedData, UnsupportedFeature):
        certificate.public_key  # noqa: B018
    with contextlib.suppress(MalformedData):
        certificate.key_identifiers  # noqa: B018
    assert isinstance(certificate.is_self_signed, bool)


@given(st.binary(max_size=200) | mutated(CERTIFICATE))
def test_certificates(data: bytes) -> None:
    with contextlib.suppress(MalformedData):
        read_all_of(Certificate.parse(data))
    with contextlib.suppress(MalformedData):
        read_certificates(data)


@given(mutated(CERTIFICATE))
def test_no_mutated_certificate_is_trusted(data: bytes) -> None:
    try:
        certificate = Certificate.parse(data)
    except MalformedData:
        return
    finding = validate_chain(certificate, TRUST, AT)
    # Outside the signed part anything may change that is not looked at, the outer algorithm for one.
    assert finding.trust.ok is not True or certificate.tbs == SIGNER.parsed.tbs


@given(mutated(CRL))
def test_no_mutated_revocation_list_counts(data: bytes) -> None:
    try:
        crl = CertificateRevocationList.parse(data)
    except MalformedData:
        return
    path = (SIGNER.parsed, CSCA.parsed)
    answer = revocation_status(path, TrustStore([CSCA.parsed], [crl]), AT).answer
    assert answer.ok is None or (crl.tbs == CertificateRevocationList.parse(CRL).tbs and answer.reason == "dsc-revoked")


@given(st.binary(max_size=200) | mutated(CMS))
def test_signed_data(data: bytes) -> None:
    try:
        signed = SignedData.parse(data)
    except MalformedData:
        return
    repr(signed)
    for certificate in signed.certificates:
        read_all_of(certificate)
    for finding in verify_signers(signed, lambda _sid: [SIGNER.parsed]):
        mine = finding.certificate is not None and finding.certificate.spki == SIGNER.parsed.spki
        # What SIGNER's key signed is the content, its type and nothing else.
        assert not (finding.ok and mine) or (signed.content, signed.content_type) == (b"content", "1.2.3")


@given(st.binary(max_size=200) | mutated(SOD))
def test_no_mutated_sod_vouches_for_anything_else(data: bytes) -> None:
    files = {FileId.SOD: data, **{FileId.from_data_group(number): raw for number, raw in GROUPS.items()}}
    result = passive_authentication(Evidence(read_at=AT, files=files), TRUST, AT + timedelta(days=1))
    outcome = {check.name: check.outcome for check in result.checks}
    assert set(outcome) == {name for name in CheckName if name in outcome}
    good = {outcome[CheckName.SOD_SIGNATURE], outcome[CheckName.TRUST_STATUS]} == {Outcome.SUCCESSFUL}
    if good:
        assert outcome[CheckName.DATA_GROUP_INTEGRITY] is Outcome.SUCCESSFUL
        assert result.listed_groups == frozenset(GROUPS)
    else:
        assert result.signed_groups == frozenset() or outcome[CheckName.SOD_SIGNATURE] is Outcome.SUCCESSFUL


@given(st.dictionaries(st.sampled_from(sorted(GROUPS)), st.binary(max_size=8), min_size=1))
def test_only_the_files_that_were_signed_match(groups: dict[int, bytes]) -> None:
    files = {FileId.SOD: SOD, **{FileId.from_data_group(number): raw for number, raw in groups.items()}}
    result = passive_authentication(Evidence(read_at=AT, files=files), TRUST, AT)
    integrity = next(check for check in result.checks if check.name is CheckName.DATA_GROUP_INTEGRITY)
    same = {number for number, raw in groups.items() if raw == GROUPS[number]}
    assert result.signed_groups == same
    assert (integrity.outcome is Outcome.SUCCESSFUL) == (same == set(groups))


SPKIS = [
    build_spki(EcPublicKey(EcDomain.named("brainpoolP256r1"), EcDomain.named("brainpoolP256r1").generator, explicit=True)),
    build_spki(EcPublicKey(EcDomain.named("secp256r1"), EcDomain.named("secp256r1").generator)),
    build_spki(RsaPublicKey((1 << 1023) + 1, 65537)),
    build_spki(RsaPublicKey((1 << 1023) + 1, 3, pss_only=True, pss_parameters=PssScheme("sha256", "sha384", 20))),
]


@given(st.binary(max_size=200) | st.sampled_from(SPKIS).flatmap(mutated))
def test_public_keys(data: bytes) -> None:
    with contextlib.suppress(MalformedData, UnsupportedFeature):
        key = parse_public_key(data)
        if isinstance(key, EcPublicKey):
            assert key.domain.check_point(key.point) == key.point
        assert parse_public_key(build_spki(key)) == key


@given(mutated(build_ec_parameters(EcDomain.named("secp256r1"), explicit=True)))
def test_explicit_parameters_are_those_of_a_known_curve_or_none(data: bytes) -> None:
    with contextlib.suppress(MalformedData, UnsupportedFeature):
        domain, _ = parse_ec_parameters(data)
        assert domain.name in CURVE_OIDS.values()


HASHES = st.sampled_from(["sha1", "sha224", "sha256", "sha384", "sha512"])
SCHEMES = st.one_of(
    st.builds(Pkcs1Scheme, HASHES),
    st.builds(EcdsaScheme, HASHES, st.booleans()),
    st.builds(PssScheme, HASHES, HASHES, st.integers(0, 128)),
    st.builds(DsaScheme, HASHES),
)


@given(SCHEMES)
def test_schemes_go_both_ways(scheme: Scheme) -> None:
    assert scheme_from_algorithm_identifier(build_algorithm_identifier(scheme)) == scheme


@given(st.binary(max_size=80) | SCHEMES.map(build_algorithm_identifier).flatmap(mutated))
def test_algorithm_identifiers(data: bytes) -> None:
    for read in (scheme_from_algorithm_identifier, hash_from_algorithm_identifier):
        with contextlib.suppress(MalformedData, UnsupportedFeature):
            read(data)


# ASN.1 ---------------------------------------------------------------------------------------------------------------


@given(st.integers(-(1 << 200), 1 << 200))
def test_integers_go_both_ways_and_agree_with_another_library(value: int) -> None:
    assert asn1.integer(value) == core.Integer(value).dump()
    assert asn1.parse(asn1.integer(value), asn1.INTEGER).integer() == value


@given(st.integers(0, 2), st.integers(0, 39), st.lists(st.integers(0, 1 << 40), max_size=6))
def test_object_identifiers_agree_with_another_library(first: int, second: int, rest: list[int]) -> None:
    dotted = ".".join(map(str, (first, second, *rest)))
    assert asn1.oid(dotted) == core.ObjectIdentifier(dotted).dump()
    assert asn1.parse(asn1.oid(dotted), asn1.OBJECT_IDENTIFIER).oid() == dotted


@given(st.datetimes(datetime(1950, 1, 1), datetime(9999, 12, 31, 23, 59, 59)))
def test_times_go_both_ways(moment: datetime) -> None:
    moment = moment.replace(tzinfo=UTC, microsecond=0)
    assert asn1.Reader(asn1.time(moment)).read().time() == moment


BER = st.recursive(
    st.binary(max_size=6).map(asn1.octet_string) | st.integers(-300, 300).map(asn1.integer),
    lambda inner: st.tuples(st.sampled_from((0x30, 0x31, 0xA0)), st.lists(inner, max_size=4), st.booleans()).map(
        lambda parts: (
            bytes((parts[0], 0x80)) + b"".join(parts[1]) + b"\0\0" if parts[2] else asn1.encode(parts[0], b"".join(parts[1]))
        )
    ),
    max_leaves=12,
)


@given(BER)
def test_der_of_ber_is_der_and_stays(data: bytes) -> None:
    for sort_sets in (False, True):
        der = asn1.to_der(asn1.Reader(data).read(), sort_sets=sort_sets)
        again = asn1.Reader(der).read()
        assert asn1.is_der(again)
        assert asn1.to_der(again, sort_sets=sort_sets) == der
    assert asn1.is_der(asn1.Reader(data).read()) == (asn1.to_der(asn1.Reader(data).read(), sort_sets=False) == data)


@given(st.binary(max_size=60))
def test_reading_never_goes_beyond_the_octets(data: bytes) -> None:
    with contextlib.suppress(MalformedData):
        for element in asn1.Reader(data):
            assert element.offset < element.value_start <= element.value_end <= element.end <= len(data)
            asn1.is_der(element)
            for decode in (element.integer, element.oid, element.octets, element.bits, element.boolean, element.time):
                with contextlib.suppress(MalformedData):
                    decode()


@given(st.sampled_from([CSCA.certificate, SIGNER.certificate]))
def test_certificates_are_read_as_another_library_reads_them(der: bytes) -> None:
    ours, theirs = Certificate.parse(der), asn1crypto_x509.Certificate.load(der)
    assert ours.tbs == theirs["tbs_certificate"].dump()
    assert ours.serial == theirs.serial_number
    assert ours.issuer.raw == theirs.issuer.dump()
    assert ours.spki == theirs.public_key.dump()
    assert ours.not_after == theirs.not_valid_after
    assert ours.subject_key_id == theirs.key_identifier
    assert set(ours.extensions) == {extension["extn_id"].dotted for extension in theirs["tbs_certificate"]["extensions"]}
