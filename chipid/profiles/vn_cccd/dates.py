# SPDX-License-Identifier: Apache-2.0
"""Dates as Vietnamese documents have them: ``dd/MM/yyyy`` in the chip, ``ddMMyyyy`` in the QR code, ``YYMMDD`` in the zone.

Birth dates may be partial: the births of older citizens were registered by year alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

_UNKNOWN = re.compile(r"[\s0xX?._<-]*")  # 00, --, blanks: the ways of writing that a part is not known
_MONTHS = range(1, 13)
_DAYS = range(1, 32)
_YEARS = range(1850, 2400)  # of anyone who may hold a card; the citizen number ends in 2399


@dataclass(frozen=True, repr=False)
class PartialDate:
    """A date of which day, or day and month, may be unknown (``None``).

    :ivar year: with century; two digits where it comes from a machine readable zone.
    """

    year: int | None
    month: int | None
    day: int | None

    @property
    def complete(self) -> date | None:
        """The day, where all of it is known and the calendar has it."""
        if self.year is None or self.month is None or self.day is None:
            return None
        try:
            return date(self.year, self.month, self.day)
        except ValueError:
            return None

    @property
    def yymmdd(self) -> str | None:
        """As the machine readable zone has it, where all of it is known."""
        return self.complete.strftime("%y%m%d") if self.complete is not None else None

    @property
    def known(self) -> tuple[bool, bool, bool]:
        """Which of year, month and day are."""
        return self.year is not None, self.month is not None, self.day is not None

    def contradicts(self, other: PartialDate) -> bool:
        """Whether a part that both know differs; of years, the last two digits count."""
        years = [None if year is None else year % 100 for year in (self.year, other.year)]
        pairs = (years, (self.month, other.month), (self.day, other.day))
        return any(one is not None and two is not None and one != two for one, two in pairs)

    def __repr__(self) -> str:
        return "<PartialDate>"


def parse_written_date(text: str) -> PartialDate | None:
    """``dd/MM/yyyy``, ``MM/yyyy`` or ``yyyy``, parts but the year possibly unknown; ``None`` for anything else."""
    parts = [part.strip() for part in text.split("/")]
    if len(parts) > 3:
        return None
    *rest, year = parts
    return _partial(year, *reversed(rest))


def parse_packed_date(text: str) -> PartialDate | None:
    """``ddMMyyyy``, day or day and month possibly ``00``; ``None`` for anything else."""
    if not re.fullmatch(r"[0-9]{8}", text):
        return None
    return _partial(text[4:], text[2:4], text[:2])


def parse_zone_date(yymmdd: str) -> PartialDate | None:
    """``YYMMDD`` with fillers or zeros for what is unknown; ``None`` for what is no date at all."""
    if not re.fullmatch(r"[0-9<]{6}", yymmdd):
        return None
    year, month, day = (yymmdd[place : place + 2] for place in (0, 2, 4))
    numbers = (int(year) if year.isdigit() else None, _number(month, _MONTHS), _number(day, _DAYS))
    return None if -1 in numbers else PartialDate(*numbers)


def _partial(year: str, month: str = "", day: str = "") -> PartialDate | None:
    if not re.fullmatch(r"[0-9]{4}", year) or int(year) not in _YEARS:
        return None
    month_number, day_number = _number(month, _MONTHS), _number(day, _DAYS)
    if -1 in (month_number, day_number):
        return None
    partial = PartialDate(int(year), month_number, day_number)
    return None if day_number is not None and partial.complete is None else partial


def _number(text: str, allowed: range) -> int | None:
    """The number, ``None`` for unknown, -1 for neither."""
    if _UNKNOWN.fullmatch(text):
        return None
    return int(text) if re.fullmatch(r"[0-9]{1,2}", text) and int(text) in allowed else -1
