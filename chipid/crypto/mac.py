# SPDX-License-Identifier: Apache-2.0
"""Message authentication codes of ICAO 9303-11 §9.8.6: always 8 octets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chipid._native import Cipher, cmac, equal, retail_mac

if TYPE_CHECKING:
    from typing_extensions import Buffer

MAC_SIZE = 8

__all__ = ["MAC_SIZE", "equal", "mac"]


def mac(cipher: Cipher, key: Buffer, data: Buffer) -> bytes:
    """ISO 9797-1 MAC algorithm 3 with padding method 2 for ``3DES``, AES-CMAC cut to 8 octets otherwise."""
    if cipher == "3DES":
        return retail_mac(key, data)
    return cmac(key, data)[:MAC_SIZE]
