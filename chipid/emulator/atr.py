# SPDX-License-Identifier: Apache-2.0
"""The answer to reset that a PC/SC reader makes up for a contactless chip (PC/SC part 3 §3.1.3.2.3.1)."""

from __future__ import annotations

from functools import reduce
from operator import xor

HISTORICAL_BYTES_MAX = 15

# ISO 7816-4 §12.1.1: category 80, then card capabilities (tag 7, length 3): selection by full DF name, file identifier and
# short EF identifier; data units of one octet; then what the link can do.
_CAPABILITIES = bytes.fromhex("80739421")
_COMMAND_CHAINING, _EXTENDED_LENGTH, _LENGTHS_IN_FILE = 0x80, 0x40, 0x20


def capabilities(*, extended_length: bool = True, command_chaining: bool = False, lengths_in_file: bool = False) -> bytes:
    """Historical bytes that announce what the chip's link can do."""
    link = _EXTENDED_LENGTH * extended_length | _COMMAND_CHAINING * command_chaining | _LENGTHS_IN_FILE * lengths_in_file
    return _CAPABILITIES + bytes((link,))


def contactless_atr(historical_bytes: bytes) -> bytes:
    """The ATR for an ISO 14443-4 type A chip whose ATS carries *historical_bytes* (0–15 octets).

    TS 3B direct convention; T0 8n: TD1 follows, n historical bytes; TD1 80: T=0, TD2 follows; TD2 01: T=1; TCK closes.
    """
    if len(historical_bytes) > HISTORICAL_BYTES_MAX:
        raise ValueError(f"an ATS carries at most {HISTORICAL_BYTES_MAX} historical bytes, not {len(historical_bytes)}")
    checked = bytes((0x80 | len(historical_bytes), 0x80, 0x01)) + historical_bytes
    return b"\x3b" + checked + bytes((reduce(xor, checked),))
