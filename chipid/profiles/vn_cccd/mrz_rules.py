# SPDX-License-Identifier: Apache-2.0
"""The machine readable zone of the CCCD: TD1, the citizen's number in the optional data."""

from __future__ import annotations

import re
from dataclasses import replace

from chipid.lds.mrz import Mrz, MrzFormat, check_digit
from chipid.profiles.vn_cccd.citizen_number import SIZE, CitizenNumber
from chipid.profiles.vn_cccd.dates import CARD_YEARS, PartialDate, parse_zone_date

STATE = "VNM"
DOCUMENT_CODE = "ID"
_FILLERS = "<<"


def optional_data(number: CitizenNumber) -> str:
    """Line 1's optional data: the number, two fillers, and a check digit over the number."""
    return number.digits + _FILLERS + check_digit(number.digits)


def citizen_number(mrz: Mrz) -> CitizenNumber | None:
    """The number in the optional data; ``None`` where its first twelve characters are none."""
    digits = mrz.optional_data[:SIZE]
    return CitizenNumber(digits) if re.fullmatch(r"[0-9]{12}", digits) else None


def birth_date(mrz: Mrz) -> PartialDate | None:
    """With the century of the citizen number where both have the same year in it; otherwise the year has two digits.

    :returns: ``None`` for what is no date.
    """
    number, zone = citizen_number(mrz), parse_zone_date(mrz.birth_date)
    if number is not None and zone is not None and zone.year == number.birth_year % 100:
        return replace(zone, year=number.birth_year)
    return zone


def expiry_date(mrz: Mrz) -> PartialDate | None:
    """With the century of all cards; ``None`` for what is no date. Whether it stands for "no expiry" the caller has to look."""
    zone = parse_zone_date(mrz.expiry_date)
    return zone if zone is None or zone.year is None else replace(zone, year=CARD_YEARS.start + zone.year)


def is_cccd(mrz: Mrz) -> bool:
    """Whether this is the zone of a CCCD: Vietnam, TD1, an identity card whose document number ends the citizen's."""
    number = citizen_number(mrz)
    return (
        mrz.format is MrzFormat.TD1
        and mrz.issuing_state == STATE
        and mrz.document_code.startswith(DOCUMENT_CODE[0])
        and number is not None
        and number.document_number == mrz.document_number
    )
