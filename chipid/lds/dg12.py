# SPDX-License-Identifier: Apache-2.0
"""Data group 12, additional document details (ICAO 9303-10 §4.7.12)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from chipid.lds.dates import PartialDate
from chipid.lds.details import NAMES, Details
from chipid.lds.fields import Field, Kind, parse_date, parse_date_time


@dataclass(frozen=True, kw_only=True, repr=False)
class Dg12(Details):
    """DG12. What is absent is ``None``, or an empty tuple.

    :ivar issue_date: eight digits ``YYYYMMDD``.
    :ivar other_persons: names of others on the document.
    :ivar front_image: of the document, as *rear_image*.
    :ivar personalization_time: fourteen digits ``YYYYMMDDhhmmss``.
    :ivar personalization_system: its serial number.
    """

    TAG: ClassVar[int] = 0x6C
    NAME_TAG: ClassVar[int] = 0x5F1A
    FIELDS: ClassVar[tuple[Field, ...]] = (
        Field(0x5F19, "issuing_authority"),
        Field(0x5F26, "issue_date", Kind.DATE),
        Field(NAMES, "other_persons", Kind.NAMES),
        Field(0x5F1B, "endorsements"),
        Field(0x5F1C, "tax_exit_requirements"),
        Field(0x5F1D, "front_image", Kind.IMAGE),
        Field(0x5F1E, "rear_image", Kind.IMAGE),
        Field(0x5F55, "personalization_time", Kind.DATE_TIME),
        Field(0x5F56, "personalization_system"),
    )

    issuing_authority: str | None = None
    issue_date: str | None = None
    other_persons: tuple[str, ...] = ()
    endorsements: str | None = None
    tax_exit_requirements: str | None = None
    front_image: bytes | None = None
    rear_image: bytes | None = None
    personalization_time: str | None = None
    personalization_system: str | None = None

    @property
    def issued(self) -> PartialDate | None:
        """:attr:`issue_date`, read; ``None`` where there is none, or none that is a date."""
        return parse_date(self.issue_date or "")

    @property
    def personalized(self) -> datetime | None:
        """:attr:`personalization_time`, read, in the issuer's own time; ``None`` where there is none, or none that is a time."""
        return parse_date_time(self.personalization_time or "")
