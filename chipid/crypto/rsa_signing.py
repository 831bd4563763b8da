# SPDX-License-Identifier: Apache-2.0
"""RSA signatures with libcrypto's own constant-time code (RFC 8017 §8): PKCS#1 v1.5, and PSS with libcrypto's salt."""

from __future__ import annotations

import hashlib
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from chipid.crypto.signature import Hash, Pkcs1Scheme, PssScheme
from chipid.errors import UnsupportedFeature

KEY_BITS: Final = range(1024, 8193)
"""Lengths of a modulus that signs here."""
HASH_ALGORITHMS: Final[dict[Hash, hashes.HashAlgorithm]] = {
    "sha1": hashes.SHA1(),  # noqa: S303  documents and chips of the first years know nothing else (ICAO 9303-11 §7.1.5)
    "sha224": hashes.SHA224(),
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}


def rsa_sign(key: rsa.RSAPrivateKey, scheme: Pkcs1Scheme | PssScheme, message: bytes) -> bytes:
    """The signature over *message*, as long as the modulus.

    :raises UnsupportedFeature: the key is too short for the scheme, or the scheme's salt is of no length.
    """
    digest = hashlib.new(scheme.hash, message, usedforsecurity=False).digest()
    try:
        return key.sign(digest, _padding(scheme), Prehashed(HASH_ALGORITHMS[scheme.hash]))
    except (ValueError, OverflowError):
        raise UnsupportedFeature(f"{scheme.hash} in a signature of an RSA key too short for it") from None


def _padding(scheme: Pkcs1Scheme | PssScheme) -> padding.AsymmetricPadding:
    if isinstance(scheme, Pkcs1Scheme):
        return padding.PKCS1v15()
    if scheme.salt_length < 0:
        raise UnsupportedFeature("RSASSA-PSS with a negative length of salt")
    return padding.PSS(padding.MGF1(HASH_ALGORITHMS[scheme.mgf_hash]), scheme.salt_length)
