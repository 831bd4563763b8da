# SPDX-License-Identifier: Apache-2.0
"""The bare RSA public operation, for signatures with message recovery (ISO 9796-2)."""

from __future__ import annotations

from chipid._native import NativeError, rsa_recover
from chipid.crypto.asn1 import unsigned

__all__ = ["recover"]


def recover(modulus: int, exponent: int, signature: bytes) -> bytes | None:
    """signature^exponent mod modulus, as long as the modulus; ``None`` where the signature or the key is out of range."""
    try:
        return rsa_recover(unsigned(modulus), unsigned(exponent), signature)
    except NativeError:
        return None
