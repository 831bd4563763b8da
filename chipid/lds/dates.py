# SPDX-License-Identifier: Apache-2.0
"""Dates of the machine readable zone, ``YYMMDD``, and the centuries that it leaves out (ICAO 9303-3 §4.8)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import MAXYEAR, date, datetime, tzinfo
from itertools import dropwhile

MONTHS = range(1, 13)
DAYS = range(1, 32)
YEARS_AHEAD = 15
"""BSI TR-03135-1 §5.7.1: a two-digit year of expiry within now … now+15 is in the future, any other in the past."""

_UNKNOWN = re.compile(r"[\s0xX?._<-]*")  # 00, --, blanks: the ways of writing that a part is not known
_NOT_KNOWN = "--"
_CENTURY = 100
_MONTH_LENGTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


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
    def earliest(self) -> date | None:
        """The first day that it can be; ``None`` where the year is unknown or the calendar has no such day."""
        return PartialDate(self.year, self.month or 1, self.day or 1).complete

    @property
    def yymmdd(self) -> str | None:
        """As the machine readable zone has it, where all of it is known."""
        return self.complete.strftime("%y%m%d") if self.complete is not None else None

    @property
    def known(self) -> tuple[bool, bool, bool]:
        """Which of year, month and day are."""
        return self.year is not None, self.month is not None, self.day is not None

    def contradicts(self, other: PartialDate) -> bool:
        """Whether a part that both know differs; where one has no century, the last two digits of the years count."""
        years = (self.year, other.year)
        if any(year is not None and year < _CENTURY for year in years):
            years = (self.year and self.year % _CENTURY, other.year and other.year % _CENTURY)
        pairs = (years, (self.month, other.month), (self.day, other.day))
        return any(one is not None and two is not None and one != two for one, two in pairs)

    def __str__(self) -> str:
        """As cards have it: ``17/09/1999``, ``09/1999``, ``1999``; ``--`` for what is unknown behind the first known part."""
        parts = [f"{part:02}" if part is not None else _NOT_KNOWN for part in (self.day, self.month, self.year)]
        return "/".join([*dropwhile(_NOT_KNOWN.__eq__, parts)] or parts[-1:])

    def __repr__(self) -> str:
        return "<PartialDate>"


def parse_zone_date(yymmdd: str) -> PartialDate | None:
    """``YYMMDD`` with fillers or zeros for what is unknown; ``None`` for what is no date at all."""
    if not re.fullmatch(r"[0-9<]{6}", yymmdd):
        return None
    year, month, day = (yymmdd[place : place + 2] for place in (0, 2, 4))
    numbers = (int(year) if year.isdigit() else None, read_part(month, MONTHS), read_part(day, DAYS))
    return None if -1 in numbers else PartialDate(*numbers)


def is_zone_date(yymmdd: str) -> bool:
    """Whether ``YYMMDD`` is as the standard has it: a day of the calendar, whole parts that are unknown as fillers.

    29 February passes in every year: the century is unknown.
    """
    zone = parse_zone_date(yymmdd)
    if zone is None or not re.fullmatch(r"([0-9]{2}|<<){3}", yymmdd) or "00" in (yymmdd[2:4], yymmdd[4:]):
        return False
    return zone.day is None or zone.month is None or zone.day <= _MONTH_LENGTHS[zone.month - 1]


def full_birth_date(yymmdd: str, today: date) -> PartialDate | None:
    """A birth date with its century: the latest one in which nobody was born after *today*.

    A holder of more than a hundred years comes out a hundred years too young: the zone does not tell.

    :param today: the day of reading.
    :returns: unknown parts ``None``; ``None`` for what is no date, or no day of either century's calendar.
    """
    century = today.year // 100 * 100
    return _full(yymmdd, (century, century - 100), lambda day: day <= today)


def full_expiry_date(yymmdd: str, today: date, years_ahead: int = YEARS_AHEAD) -> PartialDate | None:
    """An expiry date with its century: the latest one that is not more than *years_ahead* years (0 to 99) after that of *today*.

    What stands for "no expiry" in some documents is the profile's affair: it has to look before it asks.

    :returns: as :func:`full_birth_date`.
    """
    century = today.year // 100 * 100
    return _full(yymmdd, (century + 100, century, century - 100), lambda day: day.year - today.year <= years_ahead)


def in_zone(moment: datetime, zone: tzinfo) -> datetime:
    """*moment*, which is aware, by the clocks of *zone*; the last or first moment of the calendar, where it ends before."""
    try:
        return moment.astimezone(zone)
    except OverflowError:
        return (datetime.max if moment.year == MAXYEAR else datetime.min).replace(tzinfo=zone)


def read_part(text: str, allowed: range) -> int | None:
    """Month or day as a number, ``None`` for unknown (``00``, ``<<``, ``XX``, blanks), -1 for neither."""
    if _UNKNOWN.fullmatch(text):
        return None
    return int(text) if re.fullmatch(r"[0-9]{1,2}", text) and int(text) in allowed else -1


def _full(yymmdd: str, centuries: Iterable[int], fits: Callable[[date], bool]) -> PartialDate | None:
    zone = parse_zone_date(yymmdd)
    if zone is None or zone.year is None:
        return zone
    candidates = (replace(zone, year=century + zone.year) for century in centuries)
    return next((each for each in candidates if each.earliest is not None and fits(each.earliest)), None)
