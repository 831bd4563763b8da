# SPDX-License-Identifier: Apache-2.0
"""What an answer to reset tells (ISO 7816-3 §8.2), and card capabilities, which EF.ATR/INFO tells too (ISO 7816-4 §12.1.1.9)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

_CARD_CAPABILITIES = 0x7
_CHAINING, _EXTENDED_LENGTH, _LENGTHS_IN_FILE = 0x80, 0x40, 0x20


@dataclass(frozen=True)
class CardCapabilities:
    """The three software function tables; the third may be missing, and then says nothing.

    :ivar octets: selection methods, data coding, and what the link can do.
    """

    octets: bytes = b""

    @property
    def command_chaining(self) -> bool:
        """Whether the card puts commands together from pieces."""
        return self._says(_CHAINING)

    @property
    def extended_length(self) -> bool:
        """Whether it takes extended Lc and Le fields."""
        return self._says(_EXTENDED_LENGTH)

    @property
    def lengths_in_file(self) -> bool:
        """Whether EF.ATR/INFO holds extended length information."""
        return self._says(_LENGTHS_IN_FILE)

    def _says(self, bit: int) -> bool:
        return len(self.octets) >= 3 and bool(self.octets[2] & bit)


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
    def capabilities(self) -> CardCapabilities:
        """The card capabilities (compact-TLV 73); empty where the ATR has none."""
        if not self.historical or self.historical[0] not in (0x00, 0x80):
            return CardCapabilities()
        objects = self.historical[1:] if self.historical[0] == 0x80 else self.historical[1:-3]
        while objects:
            tag, size = objects[0] >> 4, objects[0] & 0x0F
            value, objects = objects[1 : 1 + size], objects[1 + size :]
            if tag == _CARD_CAPABILITIES and len(value) == 3:
                return CardCapabilities(value)
        return CardCapabilities()


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
