# SPDX-License-Identifier: Apache-2.0
"""The chip's authentication token in Chip Authentication version 2 (BSI TR-03110-3 §A.2.4)."""

from __future__ import annotations

from chipid.crypto.kdf import SessionKeys
from chipid.crypto.mac import mac
from chipid.protocols.chip_auth.selection import ChipAuthenticationChoice
from chipid.protocols.key_agreement import public_key_object


def authentication_token(choice: ChipAuthenticationChoice, keys: SessionKeys, terminal_key: bytes) -> bytes:
    """T_PICC = MAC(KS_MAC, the terminal's ephemeral public key as a data object), 8 octets."""
    return mac(keys.cipher, keys.ks_mac, public_key_object(choice.oid, choice.domain, terminal_key))
