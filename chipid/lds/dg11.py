# SPDX-License-Identifier: Apache-2.0
"""Data group 11, additional personal details (ICAO 9303-10 §4.7.11)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from chipid.lds.dates import PartialDate
from chipid.lds.details import NAMES, Details
from chipid.lds.fields import Field, Kind, parse_date


@dataclass(frozen=True, kw_only=True, repr=False)
class Dg11(Details):
    """DG11. What is absent is ``None``, or an empty tuple; names have ``<<`` and ``<`` in them where the file has.

    :ivar full_name: in national characters, the primary identifier first.
    :ivar full_date_of_birth: eight digits ``YYYYMMDD``, parts that are unknown as zeros.
    :ivar place_of_birth: its parts, which the file separates by ``<``; *permanent_address* and *other_valid_td_numbers* likewise.
    :ivar proof_of_citizenship: an image.
    """

    TAG: ClassVar[int] = 0x6B
    NAME_TAG: ClassVar[int] = 0x5F0F
    FIELDS: ClassVar[tuple[Field, ...]] = (
        Field(0x5F0E, "full_name"),
        Field(NAMES, "other_names", Kind.NAMES),
        Field(0x5F10, "personal_number"),
        Field(0x5F2B, "full_date_of_birth", Kind.DATE),
        Field(0x5F11, "place_of_birth", Kind.LINES),
        Field(0x5F42, "permanent_address", Kind.LINES),
        Field(0x5F12, "telephone"),
        Field(0x5F13, "profession"),
        Field(0x5F14, "title"),
        Field(0x5F15, "personal_summary"),
        Field(0x5F16, "proof_of_citizenship", Kind.IMAGE),
        Field(0x5F17, "other_valid_td_numbers", Kind.LINES),
        Field(0x5F18, "custody_information", limit=999),
    )

    full_name: str | None = None
    other_names: tuple[str, ...] = ()
    personal_number: str | None = None
    full_date_of_birth: str | None = None
    place_of_birth: tuple[str, ...] = ()
    permanent_address: tuple[str, ...] = ()
    telephone: str | None = None
    profession: str | None = None
    title: str | None = None
    personal_summary: str | None = None
    proof_of_citizenship: bytes | None = None
    other_valid_td_numbers: tuple[str, ...] = ()
    custody_information: str | None = None

    @property
    def birth_date(self) -> PartialDate | None:
        """:attr:`full_date_of_birth`, read; ``None`` where there is none, or none that is a date."""
        return parse_date(self.full_date_of_birth or "")
