# SPDX-License-Identifier: Apache-2.0
"""Dates as Vietnamese documents have them: ``dd/MM/yyyy`` in the chip, ``ddMMyyyy`` in the QR code, ``YYMMDD`` in the zone.

Birth dates may be partial: the births of older citizens were registered by year alone.
"""

from __future__ import annotations

import re

from chipid.lds.dates import DAYS, MONTHS, PartialDate, parse_zone_date, read_part

__all__ = ["BIRTH_YEARS", "CARD_YEARS", "PartialDate", "parse_packed_date", "parse_written_date", "parse_zone_date"]

BIRTH_YEARS = range(1900, 2100)
"""Of a holder: citizen numbers begin with the century of 1900, and cards are of this one."""
CARD_YEARS = range(2000, 2100)
"""No chip card was issued in another century, nor expires in another one."""

_YEARS = range(1850, 2400)  # of anyone who may hold a card; the citizen number ends in 2399


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


def _partial(year: str, month: str = "", day: str = "") -> PartialDate | None:
    if not re.fullmatch(r"[0-9]{4}", year) or int(year) not in _YEARS:
        return None
    month_number, day_number = read_part(month, MONTHS), read_part(day, DAYS)
    if -1 in (month_number, day_number):
        return None
    partial = PartialDate(int(year), month_number, day_number)
    return None if day_number is not None and partial.complete is None else partial
