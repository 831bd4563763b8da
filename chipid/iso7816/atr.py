# SPDX-License-Identifier: Apache-2.0
"""What an answer to reset tells (ISO 7816-3 §8.2, ISO 7816-4 §12.1.1.9)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

_CARD_CAPABILITIES = 0x7
_EXTENDED_LENGTH, _COMMAND_CHAINING = 0x40, 0x80


@dataclass(frozen=True)
class Atr:
    """An answer to reset, as far as a reader needs it.

    :ivar historical: the historical octets; for a contactless card, what PC/SC part 3 makes of its ATS.
    """

    raw: bytes
    historical: bytes

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Parse; octets that are no ATR have no historical octets, since nothing depends on them but a hint."""
        return cls(raw, _historical(raw))

    @property
    def takes_extended_length(self) -> bool:
        """Whether the card capabilities (compact-TLV 73, third octet) announce extended Lc and Le fields."""
        return bool(self._capabilities & _EXTENDED_LENGTH)

    @property
    def takes_command_chaining(self) -> bool:
        """Whether they announce command chaining."""
        return bool(self._capabilities & _COMMAND_CHAINING)

    @property
    def _capabilities(self) -> int:
        if not self.historical or self.historical[0] not in (0x00, 0x80):
            return 0
        objects = self.historical[1:] if self.historical[0] == 0x80 else self.historical[1:-3]
        while objects:
            tag, size = objects[0] >> 4, objects[0] & 0x0F
            value, objects = objects[1 : 1 + size], objects[1 + size :]
            if tag == _CARD_CAPABILITIES and len(value) == 3:
                return value[2]
        return 0


def _historical(raw: bytes) -> bytes:
    if len(raw) < 2 or raw[0] not in (0x3B, 0x3F):
        return b""
    count, indicator, position = raw[1] & 0x0F, raw[1] >> 4, 2
    while indicator:
        position += (indicator & 0x7).bit_count()
        if not indicator & 0x8:
            break
        if position >= len(raw):
            return b""
        indicator, position = raw[position] >> 4, position + 1
    historical = raw[position : position + count]
    return historical if len(historical) == count else b""
