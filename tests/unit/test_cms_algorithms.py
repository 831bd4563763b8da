# SPDX-License-Identifier: Apache-2.0
"""What a SignerInfo may be signed with: hashes, keys and parameters, each departure told."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from cms_forge import AT, CONTENT, KEY, TYPE_ATTRIBUTE, Forge, attribute, sound_attributes
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from chipid.crypto import asn1
from chipid.crypto.algorithms import build_algorithm_identifier, build_hash_identifier
from chipid.crypto.signature import DsaScheme, EcdsaScheme, Pkcs1Scheme, PssScheme, PublicKey, RsaPublicKey, Scheme
from chipid.crypto.spki import build_spki
from chipid.issuing.certificates import Departures
from chipid.issuing.pki import DocumentSigner, KeyOptions, TestCsca
from chipid.issuing.signing_keys import SigningKey
from chipid.pki.cms import MESSAGE_DIGEST, SignedData
from chipid.pki.extensions import SUBJECT_KEY_IDENTIFIER
from chipid.pki.signed_data import verify_signers

RSA = KeyOptions("rsa-2048")
SHA256, SHA384, SHA512 = (build_hash_identifier(name) for name in ("sha256", "sha384", "sha512"))


@pytest.fixture(scope="module")
def csca() -> TestCsca:
    return TestCsca.create(at=AT, key=KEY)


@pytest.fixture(scope="module")
def signer(csca: TestCsca) -> DocumentSigner:
    return csca.issue_document_signer(at=AT, key=KEY)


@pytest.fixture(scope="module")
def rsa_signer(csca: TestCsca) -> DocumentSigner:
    return csca.issue_document_signer(at=AT, key=RSA)


def by(signer: DocumentSigner, scheme: Scheme) -> DocumentSigner:
    """*signer*, signing by *scheme*."""
    return replace(signer, key=SigningKey(signer.key.private, scheme))


def named(oid: str, *parameters: bytes) -> bytes:
    return asn1.sequence(asn1.oid(oid), *parameters)


EC_PUBLIC_KEY, ECDSA_SPECIFIED, ECDSA_SHA256, ECDSA_SHA384 = (
    f"1.2.840.10045.{rest}" for rest in ("2.1", "4.3", "4.3.2", "4.3.3")
)
WITHOUT_HASH, OTHER_HASH = "signature-algorithm-without-hash", "digest-algorithm-differs"


@pytest.mark.parametrize(
    ("algorithm", "deviations"),
    [
        (named(ECDSA_SHA256), ()),
        (named(ECDSA_SHA256, asn1.null()), ("algorithm-parameters",)),
        (named(ECDSA_SPECIFIED, SHA256), ("algorithm-parameters",)),
        (named(ECDSA_SPECIFIED), (WITHOUT_HASH,)),
        (named(EC_PUBLIC_KEY), (WITHOUT_HASH,)),
        (named(EC_PUBLIC_KEY, asn1.oid("1.2.840.10045.3.1.7")), (WITHOUT_HASH, "algorithm-parameters")),
    ],
)
def test_ecdsa_by_all_its_names(signer: DocumentSigner, algorithm: bytes, deviations: tuple[str, ...]) -> None:
    finding = Forge(signer, algorithm=algorithm).finding()
    assert (finding.ok, finding.deviations) == (True, deviations)


@pytest.mark.parametrize(("parameters", "deviations"), [(asn1.null(), ()), (b"", ("algorithm-parameters",))])
def test_rsa_by_its_keys_name_takes_the_hash_of_the_digest_algorithm(
    rsa_signer: DocumentSigner, parameters: bytes, deviations: tuple[str, ...]
) -> None:
    """So AU, ES, NZ and US sign (RFC 3370 §3.2)."""
    algorithm = named("1.2.840.113549.1.1.1", parameters)
    finding = Forge(rsa_signer, algorithm=algorithm).finding()
    assert (finding.ok, finding.deviations) == (True, deviations)
    other = Forge(by(rsa_signer, Pkcs1Scheme("sha512")), algorithm=algorithm).finding()
    assert (other.ok, other.reason) == (False, "signature-invalid")


@pytest.mark.parametrize("algorithm", [named(ECDSA_SHA256, asn1.integer(1)), named(ECDSA_SPECIFIED, asn1.null())])
def test_parameters_that_mean_nothing_are_refused(signer: DocumentSigner, algorithm: bytes) -> None:
    finding = Forge(signer, algorithm=algorithm).finding()
    assert (finding.ok, finding.reason) == (False, "signer-key-malformed")


@pytest.mark.parametrize(
    ("made_with", "algorithm", "deviations"),
    [
        (EcdsaScheme("sha384"), named(ECDSA_SHA384), (OTHER_HASH,)),
        (EcdsaScheme("sha256"), named(ECDSA_SHA384), ("signature-hash-differs",)),
        (EcdsaScheme("sha384", plain=True), named(ECDSA_SHA384), ("ecdsa-signature-encoding", OTHER_HASH)),
        (EcdsaScheme("sha256", plain=True), named(ECDSA_SHA384), ("ecdsa-signature-encoding", "signature-hash-differs")),
    ],
    ids=str,
)
def test_two_hashes_are_told(
    signer: DocumentSigner, made_with: EcdsaScheme, algorithm: bytes, deviations: tuple[str, ...]
) -> None:
    """The digestAlgorithm is SHA-256: the signature is made with it, or with the one that its own algorithm names."""
    finding = Forge(by(signer, made_with), algorithm=algorithm).finding()
    assert (finding.ok, finding.deviations) == (True, deviations)
    neither = Forge(by(signer, EcdsaScheme("sha512")), algorithm=algorithm).finding()
    assert (neither.ok, neither.reason) == (False, "signature-invalid")


@pytest.mark.parametrize(
    ("scheme", "digest", "deviations"),
    [
        (PssScheme("sha256", "sha256", 32), SHA256, ()),
        (PssScheme("sha256", "sha1", 0), SHA256, ()),
        (PssScheme("sha512", "sha384", 256 - 64 - 2), SHA512, ()),
        (PssScheme("sha512", "sha512", 64), SHA256, (OTHER_HASH,)),
    ],
    ids=str,
)
def test_the_parameters_of_pss_are_the_signer_infos(
    rsa_signer: DocumentSigner, scheme: PssScheme, digest: bytes, deviations: tuple[str, ...]
) -> None:
    """Whatever the certificate was signed with; without parameters they are SHA-1 and 20 (RFC 4055 §3.1)."""
    content_hash = hashlib.new("sha512" if digest == SHA512 else "sha256", CONTENT).digest()
    attributes = (TYPE_ATTRIBUTE, attribute(MESSAGE_DIGEST, asn1.octet_string(content_hash)))
    forge = Forge(by(rsa_signer, scheme), digest=digest, attributes=attributes)
    finding = forge.finding()
    assert (finding.ok, finding.deviations) == (True, deviations)
    longer = build_algorithm_identifier(replace(scheme, salt_length=scheme.salt_length + 1))
    for algorithm in (named("1.2.840.113549.1.1.10"), longer):
        other = replace(forge, algorithm=algorithm).finding()
        assert (other.ok, other.reason) == (False, "signature-invalid")


@pytest.mark.parametrize(
    ("scheme", "ok"),
    [(PssScheme("sha256", "sha256", 32), True), (PssScheme("sha512", "sha256", 32), False), (Pkcs1Scheme("sha256"), False)],
    ids=str,
)
def test_a_pss_keys_own_parameters_bind_the_signature(csca: TestCsca, scheme: Scheme, ok: bool) -> None:
    def restricted(key: PublicKey) -> bytes:
        assert isinstance(key, RsaPublicKey)
        return build_spki(replace(key, pss_only=True, pss_parameters=PssScheme("sha256", "sha256", 20)))

    signer = csca.issue_document_signer(at=AT, key=RSA, departures=Departures(spki=restricted))
    finding = Forge(by(signer, scheme)).finding()
    assert (finding.ok, "key-restriction" in finding.deviations) == (ok, not ok)


def test_dsa_is_verified(csca: TestCsca) -> None:
    private = dsa.generate_private_key(1024)
    spki = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    signer = csca.issue_document_signer(at=AT, key=KEY, departures=Departures(spki=lambda _key: spki))
    signature = private.sign(asn1.set_of(*sound_attributes()), hashes.SHA256())
    forge = Forge(signer, algorithm=build_algorithm_identifier(DsaScheme("sha256")), signature=signature)
    assert (forge.finding().ok, forge.finding().deviations) == (True, ("short-key",))
    assert replace(forge, content=b"other", attributes=sound_attributes(b"other")).finding().reason == "signature-invalid"


def test_several_signers_are_judged_each_by_its_own_certificate(
    csca: TestCsca, signer: DocumentSigner, rsa_signer: DocumentSigner
) -> None:
    """One signature is good, one is another's, one is by a certificate that is not there."""
    infos = [
        Forge(signer).signer_info(),
        Forge(rsa_signer, signature=bytes(256)).signer_info(),
        Forge(csca.issue_document_signer(at=AT, key=KEY)).signer_info(),
    ]
    built = with_signers(Forge(signer, certificates=(signer.certificate, rsa_signer.certificate)), infos)
    findings = verify_signers(SignedData.parse(built))
    assert [(finding.ok, finding.reason) for finding in findings] == [
        (True, "ok"),
        (False, "signature-invalid"),
        (False, "signer-certificate-missing"),
    ]
    assert [finding.certificate for finding in findings] == [signer.parsed, rsa_signer.parsed, None]


def with_signers(forge: Forge, infos: list[bytes]) -> bytes:
    """The object of *forge* with *infos* for its SignerInfos."""
    content_info = asn1.parse(forge.build(), asn1.SEQUENCE).children()
    oid = content_info.read().raw
    fields = [element.raw for element in content_info.expect(0xA0).only_child(asn1.SEQUENCE).children()]
    return asn1.sequence(oid, asn1.encode(0xA0, asn1.sequence(*fields[:-1], asn1.encode(asn1.SET, *infos))))


def test_a_key_identifier_that_the_certificate_lacks_is_that_of_its_key(csca: TestCsca) -> None:
    """RFC 5280 §4.2.1.2: the SHA-1 of the key; told, since no certificate says so."""
    bare = csca.issue_document_signer(at=AT, key=KEY, departures=Departures(extensions={SUBJECT_KEY_IDENTIFIER: None}))
    (key_id,) = bare.parsed.key_identifiers
    forge = Forge(bare, sid=asn1.encode(0x80, key_id), signer_version=3, certificates=(csca.certificate, bare.certificate))
    assert (forge.finding().ok, forge.finding().deviations) == (True, ("signer-identifier",))


def test_attributes_nested_beyond_der_are_hashed_as_they_stand(signer: DocumentSigner) -> None:
    deep = asn1.null()
    for _ in range(40):
        deep = asn1.sequence(deep)
    finding = Forge(signer, attributes=(*sound_attributes(), attribute("1.2.3.4", deep))).finding()
    assert (finding.ok, finding.deviations) == (True, ("signed-attributes-not-der",))
