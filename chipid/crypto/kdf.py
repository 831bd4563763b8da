# SPDX-License-Identifier: Apache-2.0
"""Key derivation (ICAO 9303-11 §9.7)."""

from __future__ import annotations

from dataclasses import dataclass

from chipid._native import Cipher, Secret, kdf

ENC_COUNTER = 1
MAC_COUNTER = 2
PASSWORD_COUNTER = 3


@dataclass(frozen=True)
class SessionKeys:
    """The pair that secure messaging runs on.

    :ivar cipher: ``3DES`` (16-octet keys), ``AES-128``, ``AES-192`` or ``AES-256``.
    """

    cipher: Cipher
    ks_enc: Secret
    ks_mac: Secret


def derive_session_keys(cipher: Cipher, shared_secret: Secret | bytes, nonce: bytes = b"") -> SessionKeys:
    """KS_Enc and KS_MAC from a shared secret or key seed (ICAO 9303-11 §9.7.1).

    :param nonce: the chip's, in Chip Authentication version 2 (BSI TR-03110-3 §A.2.3.2).
    """
    return SessionKeys(cipher, kdf(cipher, shared_secret, ENC_COUNTER, nonce), kdf(cipher, shared_secret, MAC_COUNTER, nonce))


def derive_password_key(cipher: Cipher, password: Secret | bytes) -> Secret:
    """K_π, the key that encrypts PACE's nonce (ICAO 9303-11 §9.7.3); *password* is already f(π)."""
    return kdf(cipher, password, PASSWORD_COUNTER)
