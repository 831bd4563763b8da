# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from datetime import date

import pytest

from chipid.lds.dates import PartialDate, full_birth_date, full_expiry_date, parse_zone_date

TODAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("yymmdd", "born"),
    [
        ("740812", PartialDate(1974, 8, 12)),
        ("261124", PartialDate(2026, 11, 24)),
        ("261125", PartialDate(1926, 11, 25)),
        ("000229", PartialDate(2000, 2, 29)),
        ("270101", PartialDate(1927, 1, 1)),
        ("26<<<<", PartialDate(2026, None, None)),
        ("2612<<", PartialDate(1926, 12, None)),
        ("270000", PartialDate(1927, None, None)),
        ("<<0812", PartialDate(None, 8, 12)),
        ("<<<<<<", PartialDate(None, None, None)),
        ("290229", None),  # 2029 is to come, and 1929 had no such day
        ("740231", None),
        ("741301", None),
        ("74081", None),
        ("7408AB", None),
    ],
)
def test_nobody_was_born_after_the_day_of_reading(yymmdd: str, born: PartialDate | None) -> None:
    assert full_birth_date(yymmdd, TODAY) == born


@pytest.mark.parametrize(
    ("yymmdd", "ahead", "expires"),
    [
        ("261123", 15, date(2026, 11, 23)),
        ("411231", 15, date(2041, 12, 31)),
        ("420101", 15, date(1942, 1, 1)),
        ("420101", 16, date(2042, 1, 1)),
        ("991231", 15, date(1999, 12, 31)),
        ("991231", 75, date(2099, 12, 31)),
        ("010101", 75, date(2101, 1, 1)),
        ("260230", 15, None),
        ("27<<<<", 15, None),
    ],
)
def test_a_document_expires_within_some_years(yymmdd: str, ahead: int, expires: date | None) -> None:
    full = full_expiry_date(yymmdd, TODAY, ahead)
    assert (full.complete if full is not None else None) == expires


def test_at_the_turn_of_a_century() -> None:
    assert full_expiry_date("030101", date(2095, 1, 1)) == PartialDate(2103, 1, 1)
    assert full_birth_date("990101", date(2101, 1, 1)) == PartialDate(2099, 1, 1)
    assert full_birth_date("990101", date(50, 1, 1)) is None


@pytest.mark.parametrize(
    ("day", "earliest"),
    [
        (PartialDate(1974, 8, 12), date(1974, 8, 12)),
        (PartialDate(1974, 8, None), date(1974, 8, 1)),
        (PartialDate(1974, None, None), date(1974, 1, 1)),
        (PartialDate(None, 8, 12), None),
        (PartialDate(1974, 2, 30), None),
    ],
)
def test_the_earliest_day(day: PartialDate, earliest: date | None) -> None:
    assert day.earliest == earliest


def test_a_zone_tells_no_century() -> None:
    assert parse_zone_date("740812") == PartialDate(74, 8, 12)
    assert repr(parse_zone_date("740812")) == "<PartialDate>"
