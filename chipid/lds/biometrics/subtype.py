# SPDX-License-Identifier: Apache-2.0
"""Biometric sub-types: which finger, which eye (ICAO 9303-10 §4.7.3.2.1 and §4.7.4.2.1, CBEFF)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Self


class Side(IntEnum):
    """Bits 1 and 2."""

    NOT_GIVEN = 0
    RIGHT = 1
    LEFT = 2


class Finger(IntEnum):
    """Bits 3 to 5."""

    NOT_GIVEN = 0
    THUMB = 1
    POINTER = 2
    MIDDLE = 3
    RING = 4
    LITTLE = 5


@dataclass(frozen=True)
class BiometricSubtype:
    """A side of the body, and a finger; an eye has a side alone."""

    side: Side = Side.NOT_GIVEN
    finger: Finger = Finger.NOT_GIVEN

    @classmethod
    def decode(cls, octet: int) -> Self | None:
        """What *octet* of header element 82 means, ``None`` for what is reserved."""
        try:
            return cls(Side(octet & 3), Finger(octet >> 2))
        except ValueError:
            return None

    def encode(self) -> int:
        """The octet of header element 82."""
        return self.finger << 2 | self.side

    @classmethod
    def of_position(cls, position: int | None) -> Self:
        """Of a finger position of ISO/IEC 19794-4 and 39794-4: 1–5 right, 6–10 left, thumb to little finger; 13 and 14 are the
        four fingers of the right and left hand. No information for any other.
        """
        if position in (13, 14):
            return cls(Side(position - 12))
        if position is None or not 1 <= position <= 10:
            return cls()
        hand, finger = divmod(position - 1, 5)
        return cls(Side(hand + 1), Finger(finger + 1))

    @classmethod
    def of_eye(cls, eye: int | None) -> Self:
        """Of an eye of ISO/IEC 19794-6 and 39794-6: 1 right, 2 left."""
        return cls(Side(eye)) if eye in (1, 2) else cls()
