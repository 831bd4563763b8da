# SPDX-License-Identifier: Apache-2.0
"""Block ciphers in CBC mode (ICAO 9303-11 §9.8.6)."""

from __future__ import annotations

from chipid._native import Cipher, cbc_decrypt, cbc_encrypt

__all__ = ["BLOCK_SIZE", "KEY_SIZE", "Cipher", "cbc_decrypt", "cbc_encrypt", "zero_iv"]

BLOCK_SIZE: dict[Cipher, int] = {"3DES": 8, "AES-128": 16, "AES-192": 16, "AES-256": 16}
KEY_SIZE: dict[Cipher, int] = {"3DES": 16, "AES-128": 16, "AES-192": 24, "AES-256": 32}


def zero_iv(cipher: Cipher) -> bytes:
    """The all-zero initialisation vector of BAC, of 3DES secure messaging and of PACE's nonce."""
    return bytes(BLOCK_SIZE[cipher])
