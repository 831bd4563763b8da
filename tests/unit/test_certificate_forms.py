# SPDX-License-Identifier: Apache-2.0
"""Hashes of a certificate: those of all octets that are as good as the ones its issuer made, and of no others."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from certificate_variants import variants
from hypothesis import given
from hypothesis import strategies as st

from chipid.issuing.pki import DocumentSigner, KeyOptions, TestCsca
from chipid.pki.certificate import Certificate
from chipid.pki.certificate_forms import certificate_digests

AT = datetime(2026, 6, 1, tzinfo=UTC)
CSCA = TestCsca.create(at=AT, key=KeyOptions("secp256r1"))
RSA = TestCsca.create(at=AT, key=KeyOptions("rsa-2048"))
SIGNER, OTHER = (CSCA.issue_document_signer(at=AT) for _ in range(2))
VARIANTS = variants(SIGNER.certificate)
HASHES = ("sha1", "sha224", "sha256", "sha384", "sha512")


def digests(certificate: bytes, issuer: TestCsca | None = CSCA) -> frozenset[bytes]:
    return certificate_digests(Certificate.parse(certificate), None if issuer is None else issuer.parsed, HASHES)


@pytest.mark.parametrize("name", HASHES)
def test_a_certificate_has_its_own_hashes(name: str) -> None:
    own = hashlib.new(name, SIGNER.certificate).digest()
    assert own in digests(SIGNER.certificate)
    assert own in digests(SIGNER.certificate, None)
    assert own not in digests(OTHER.certificate)


@pytest.mark.parametrize("variant", VARIANTS.values(), ids=VARIANTS.keys())
def test_other_octets_are_the_same_certificate(variant: bytes) -> None:
    """Each is good, and has the hash of the one that was issued."""
    assert Certificate.parse(variant).verified_by(CSCA.parsed).valid
    assert {hashlib.sha256(each).digest() for each in (SIGNER.certificate, variant)} <= digests(variant)


@pytest.mark.parametrize("issued", ["n-s", "plain"])
def test_the_other_way_round_too(issued: str) -> None:
    assert hashlib.sha256(VARIANTS[issued]).digest() in digests(SIGNER.certificate)


def test_without_an_issuers_ecdsa_key_the_signature_is_taken_as_it_stands() -> None:
    signer: DocumentSigner = RSA.issue_document_signer(at=AT)
    for certificate, issuer in ((SIGNER.certificate, None), (SIGNER.certificate, RSA), (signer.certificate, RSA)):
        assert digests(certificate, issuer) == {hashlib.new(name, certificate).digest() for name in HASHES}
    assert hashlib.sha256(SIGNER.certificate).digest() in digests(VARIANTS["outer-algorithm"], None)


@given(st.binary(max_size=80) | st.binary(min_size=64, max_size=64))
def test_a_hostile_signature_is_no_error(signature: bytes) -> None:
    hostile = replace(SIGNER.parsed, signature=signature)
    assert len(certificate_digests(hostile, CSCA.parsed, ("sha256",))) <= 1 + 2 * 5
