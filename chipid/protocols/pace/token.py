# SPDX-License-Identifier: Apache-2.0
"""The nonce's encryption and PACE's authentication tokens (ICAO 9303-11 §4.4.3.3, §4.4.3.4)."""

from __future__ import annotations

from chipid._native import Cipher, Secret
from chipid.crypto.cipher import BLOCK_SIZE, cbc_decrypt, cbc_encrypt, zero_iv
from chipid.crypto.domain import Domain
from chipid.crypto.kdf import SessionKeys, derive_password_key
from chipid.crypto.mac import mac
from chipid.protocols.key_agreement import public_key_object
from chipid.protocols.pace.suite import MappingKind, Suite
from chipid.protocols.password import Password

NONCE_SIZE = 16
"""What our chip draws: a whole number of blocks of every cipher."""
INTEGRATED_NONCE_SIZE: dict[Cipher, int] = {"3DES": 16, "AES-128": 16, "AES-192": 32, "AES-256": 32}
"""The integrated mapping makes keys of the nonce, so that it must not be shorter than one (ICAO 9303-11 §4.4.3.3.2)."""
NONCE_SIZE_MAX = 64


def encrypt_nonce(suite: Suite, password: Password, nonce: bytes) -> bytes:
    """z = E(K_π, s), CBC with a zero IV (ICAO 9303-11 §4.4.3.3)."""
    k_pi = derive_password_key(suite.cipher, password.encoded)
    return cbc_encrypt(suite.cipher, k_pi, zero_iv(suite.cipher), nonce)


def decrypt_nonce(suite: Suite, password: Password, encrypted: bytes) -> Secret:
    """s = D(K_π, z); *encrypted* is a whole number of blocks, see :func:`is_nonce_size`."""
    k_pi = derive_password_key(suite.cipher, password.encoded)
    return Secret(cbc_decrypt(suite.cipher, k_pi, zero_iv(suite.cipher), encrypted))


def nonce_size(suite: Suite) -> int:
    """How many octets our chip draws for the nonce."""
    return INTEGRATED_NONCE_SIZE[suite.cipher] if suite.mapping is MappingKind.INTEGRATED else NONCE_SIZE


def is_nonce_size(suite: Suite, size: int) -> bool:
    """Whether an encrypted nonce may have *size* octets: a multiple of the block, as the chip likes (§4.4.3.3), but in the
    integrated mapping, which fixes it."""
    if suite.mapping is MappingKind.INTEGRATED:
        return size == INTEGRATED_NONCE_SIZE[suite.cipher]
    return 0 < size <= NONCE_SIZE_MAX and size % BLOCK_SIZE[suite.cipher] == 0


def authentication_token(suite: Suite, domain: Domain, keys: SessionKeys, peer_public_key: bytes) -> bytes:
    """T = MAC(KS_MAC, the other end's public key as a data object), 8 octets (ICAO 9303-11 §4.4.3.4, §9.4.5)."""
    return mac(keys.cipher, keys.ks_mac, public_key_object(suite.oid, domain, peer_public_key))
