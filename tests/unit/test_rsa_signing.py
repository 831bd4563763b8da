# SPDX-License-Identifier: Apache-2.0
"""RSA signatures: what is made is what is verified, and what cannot be made is refused."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from chipid.crypto.rsa_signing import HASH_ALGORITHMS, rsa_sign
from chipid.crypto.signature import Pkcs1Scheme, PssScheme, RsaPublicKey, verify
from chipid.errors import UnsupportedFeature


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 1024)


@pytest.mark.parametrize("name", HASH_ALGORITHMS)
def test_what_is_signed_verifies(key, name) -> None:
    numbers = key.public_key().public_numbers()
    for scheme in (Pkcs1Scheme(name), PssScheme(name, "sha1", 0), PssScheme(name, name, 20)):
        assert verify(RsaPublicKey(numbers.n, numbers.e), scheme, b"message", rsa_sign(key, scheme, b"message"))


@pytest.mark.parametrize("salt_length", [-1, -(1 << 70), 63, 1 << 40])
def test_a_salt_that_cannot_be(key, salt_length) -> None:
    with pytest.raises(UnsupportedFeature):
        rsa_sign(key, PssScheme("sha512", "sha512", salt_length), b"message")
