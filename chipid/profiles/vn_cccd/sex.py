# SPDX-License-Identifier: Apache-2.0
"""The holder's sex: a letter in the machine readable zone, a word in DG13 and the QR code."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from chipid.profiles.vn_cccd.names import is_word


class Sex(StrEnum):
    """By its letter in the zone (ICAO 9303-5 §4.2.2)."""

    MALE = "M"
    FEMALE = "F"
    UNSPECIFIED = "X"

    @classmethod
    def from_zone(cls, letter: str) -> Self | None:
        """``M``, ``F``, ``X`` or ``<``; ``None`` for anything else."""
        return next((sex for sex in cls if sex.value == letter.replace("<", cls.UNSPECIFIED.value)), None)

    @classmethod
    def from_word(cls, word: str) -> Self | None:
        """``Nam`` or ``Nữ`` alone, in capitals or without marks too; ``None`` for anything else."""
        return next((sex for sex in cls if is_word(word, sex.word)), None)

    @property
    def word(self) -> str:
        """As cards have it; empty where it is not specified."""
        return _WORDS.get(self, "")


_WORDS = {Sex.MALE: "Nam", Sex.FEMALE: "Nữ"}
