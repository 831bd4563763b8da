# SPDX-License-Identifier: Apache-2.0
"""Expiry dates by the rule of renewal ages (laws of 2014 and 2023)."""

from __future__ import annotations

from datetime import date

import pytest

from chipid.profiles.vn_cccd import expiry_candidates, renewal_ages

TODAY = date(2026, 11, 24)
BIRTH = date(1999, 9, 17)
NONE = None


def turning(age: int, birth: date = BIRTH) -> date:
    return birth.replace(year=birth.year + age)


@pytest.mark.parametrize(
    ("issued", "ages"), [(date(2021, 1, 1), (25, 40, 60)), (date(2024, 6, 30), (25, 40, 60)), (date(2024, 7, 1), (14, 25, 40, 60))]
)
def test_the_law_in_force_decides(issued: date, ages: tuple[int, ...]) -> None:
    assert renewal_ages(issued) == ages


@pytest.mark.parametrize(
    ("birth", "issued", "expected"),
    [
        # Outside of two years before an age: that age, then the next.
        (date(1999, 9, 17), date(2021, 5, 10), (date(2024, 9, 17), date(2039, 9, 17))),
        (date(1999, 9, 17), date(2022, 9, 16), (date(2024, 9, 17), date(2039, 9, 17))),
        # Within: the next age, then the one passed over.
        (date(1999, 9, 17), date(2022, 9, 17), (date(2039, 9, 17), date(2024, 9, 17))),
        (date(1999, 9, 17), date(2024, 9, 16), (date(2039, 9, 17), date(2024, 9, 17))),
        # On the birthday a new term begins.
        (date(1999, 9, 17), date(2024, 9, 17), (date(2039, 9, 17), date(2059, 9, 17))),
        (date(1984, 3, 1), date(2021, 5, 10), (date(2024, 3, 1), date(2044, 3, 1))),
        (date(1984, 3, 1), date(2022, 3, 1), (date(2044, 3, 1), date(2024, 3, 1))),
        (date(1970, 3, 1), date(2021, 5, 10), (date(2030, 3, 1), NONE)),
        (date(1970, 3, 1), date(2028, 3, 1), (NONE, date(2030, 3, 1))),
        (date(1961, 5, 10), date(2021, 5, 9), (NONE, date(2021, 5, 10))),
        (date(1961, 5, 10), date(2021, 5, 10), (NONE,)),
        (date(1940, 1, 1), date(2021, 5, 10), (NONE,)),
        # Children: 14 counts since the law of 2023 alone.
        (date(2015, 1, 1), date(2024, 6, 30), (date(2040, 1, 1), date(2055, 1, 1))),
        (date(2015, 1, 1), date(2024, 7, 1), (date(2029, 1, 1), date(2040, 1, 1))),
        (date(2015, 1, 1), date(2027, 1, 1), (date(2040, 1, 1), date(2029, 1, 1))),
        (date(2026, 1, 1), date(2026, 1, 1), (date(2040, 1, 1), date(2051, 1, 1))),
        # Born on 29 February: both ways of turning an age in a common year.
        (
            date(2000, 2, 29),
            date(2021, 5, 10),
            (date(2025, 2, 28), date(2025, 3, 1), date(2040, 2, 29)),
        ),
    ],
)
def test_candidates_with_the_issue_date(birth: date, issued: date, expected: tuple[date | None, ...]) -> None:
    assert expiry_candidates(birth, issued, TODAY) == expected


@pytest.mark.parametrize(
    ("birth", "expected"),
    [
        # 21 when the first chip cards came, 27 today: 40 for most, 25 for an early card that has run out.
        (date(1999, 9, 17), (date(2039, 9, 17), date(2024, 9, 17), date(2059, 9, 17))),
        (date(1990, 1, 1), (date(2030, 1, 1), date(2050, 1, 1))),
        (date(1968, 6, 1), (date(2028, 6, 1), NONE)),
        (date(1950, 1, 1), (NONE,)),
        (date(1962, 1, 1), (NONE, date(2022, 1, 1))),
        (date(2012, 1, 1), (date(2037, 1, 1), date(2052, 1, 1), date(2026, 1, 1))),
        (date(2024, 1, 1), (date(2038, 1, 1), date(2049, 1, 1))),
    ],
)
def test_candidates_without_the_issue_date(birth: date, expected: tuple[date | None, ...]) -> None:
    assert expiry_candidates(birth, None, TODAY) == expected


def test_the_last_day_is_still_to_come() -> None:
    birth = date(2001, 11, 24)  # 25 today: a card of 2021 is in its last day, one of 2026 lasts to 40
    assert expiry_candidates(birth, None, TODAY) == (date(2026, 11, 24), date(2041, 11, 24), date(2061, 11, 24))


@pytest.mark.parametrize("issued", [date(2021, 5, 10), date(2024, 8, 1), None])
@pytest.mark.parametrize("birth", [date(1930, 2, 1), date(1962, 7, 4), date(1986, 1, 1), date(2004, 2, 29), date(2020, 12, 31)])
def test_no_candidate_twice(birth: date, issued: date | None) -> None:
    candidates = expiry_candidates(birth, issued, TODAY)
    assert len(set(candidates)) == len(candidates) > 0


@pytest.mark.parametrize("issued", [date.min, date(2024, 1, 1), date.max, None])
@pytest.mark.parametrize("birth", [date.min, date(9990, 1, 1), date.max])
def test_no_date_is_too_far_off(birth: date, issued: date | None) -> None:
    for today in (date.min, TODAY, date.max):
        assert expiry_candidates(birth, issued, today)
