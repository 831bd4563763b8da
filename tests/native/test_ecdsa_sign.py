# SPDX-License-Identifier: Apache-2.0
"""Signatures that the core makes: others verify them, and no two are alike."""

from __future__ import annotations

import hashlib

import oracle
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature
from curves import CURVES, Curve
from hypothesis import given, settings
from hypothesis import strategies as st

from chipid import _native
from chipid._native import EcDomain, Secret

EVERY_CURVE = pytest.mark.parametrize("curve", CURVES.values(), ids=CURVES.keys())


def _octets(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8 or 1, "big")


def _valid(curve: Curve, public: tuple[int, int], digest: bytes, signature: bytes) -> bool:
    """ECDSA by the book (BSI TR-03111 §4.2.1), on affine arithmetic."""
    size = len(_octets(curve.n))
    assert len(signature) == 2 * size
    r, s = int.from_bytes(signature[:size], "big"), int.from_bytes(signature[size:], "big")
    assert 0 < r < curve.n
    assert 0 < s < curve.n
    e = int.from_bytes(digest, "big") >> max(0, 8 * len(digest) - curve.n.bit_length())
    w = pow(s, -1, curve.n)
    point = curve.add(curve.multiply(e * w % curve.n, curve.g), curve.multiply(r * w % curve.n, public))
    return point is not None and point[0] % curve.n == r


@EVERY_CURVE
@given(st.data())
@settings(max_examples=6)
def test_signatures(curve: Curve, data: st.DataObject) -> None:
    domain = EcDomain.named(curve.name)
    private = data.draw(st.integers(1, curve.n - 1) | st.sampled_from((1, curve.n - 1)))
    digest = data.draw(st.binary(min_size=1, max_size=64))
    signature = _native.ecdsa_sign(domain, Secret(_octets(private)), digest)
    public = curve.multiply(private, curve.g)
    assert public is not None
    assert _valid(curve, public, digest, signature)
    size = len(signature) // 2
    assert _native.ecdsa_verify(domain, curve.encode(public), digest, signature[:size], signature[size:])


@pytest.mark.parametrize("name", ["secp256r1", "secp521r1", "brainpoolP384r1"])
def test_signatures_against_cryptography(name: str) -> None:
    theirs = {"secp256r1": ec.SECP256R1(), "secp521r1": ec.SECP521R1(), "brainpoolP384r1": ec.BrainpoolP384R1()}[name]
    digest = hashlib.sha384(b"certificate body").digest()
    signature = _native.ecdsa_sign(EcDomain.named(name), b"\x29" * 32, digest)
    size = len(signature) // 2
    r, s = int.from_bytes(signature[:size], "big"), int.from_bytes(signature[size:], "big")
    public = ec.derive_private_key(int.from_bytes(b"\x29" * 32, "big"), theirs).public_key()
    public.verify(encode_dss_signature(r, s), digest, ec.ECDSA(Prehashed(hashes.SHA384())))


@EVERY_CURVE
def test_each_signature_has_a_random_number_of_its_own(curve: Curve) -> None:
    """Two signatures with one k would give the private key away."""
    domain = EcDomain.named(curve.name)
    made = {_native.ecdsa_sign(domain, b"\x05", bytes(32)) for _ in range(20)}
    assert len({signature[: len(signature) // 2] for signature in made}) == 20


@EVERY_CURVE
def test_private_keys_out_of_range(curve: Curve) -> None:
    domain = EcDomain.named(curve.name)
    for private in (b"", b"\x00", bytes(70), _octets(curve.n), _octets(curve.n + 1), b"\xff" * 70, b"\x01" * 5000):
        assert oracle.answer(_native.ecdsa_sign, domain, private, bytes(32)) == "<ec-private>"


def test_signing_refuses() -> None:
    domain = EcDomain.named("secp256r1")
    for size in (0, 65, 5000):
        assert oracle.answer(_native.ecdsa_sign, domain, b"\x05", bytes(size)) == "<hash-length>"
    mapped = domain.map_generic(b"\x05", domain.generator)
    assert oracle.answer(_native.ecdsa_sign, mapped, b"\x05", bytes(32)) == "<ec-mapped>"
