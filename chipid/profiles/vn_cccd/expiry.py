# SPDX-License-Identifier: Apache-2.0
"""When a card expires, inferred from its holder's age: the QR code leaves the date out, and the MRZ's keys need it.

A card is renewed at certain ages; one issued within two years before such an age lasts to the next; after the last one it does not
expire (Law on Citizen Identification 2014 art. 21, Law on Identification 2023 art. 21).
"""

from __future__ import annotations

from datetime import MAXYEAR, date
from enum import Enum

NO_EXPIRY = "991231"
"""The expiry date in the MRZ of a card that does not expire. It is neither in 1999 nor in 2099."""


class Expiry(Enum):
    """What stands for a date where there is none."""

    NEVER = "never"
    """The card does not expire: ``Không thời hạn``, in the zone :data:`NO_EXPIRY`."""


LAW_OF_2023_IN_FORCE = date(2024, 7, 1)
FIRST_ISSUE = date(2021, 1, 1)
"""No chip card is older."""

GRACE_YEARS = 2
_AGES_2014 = (25, 40, 60)
_AGES_2023 = (14, 25, 40, 60)
CHILD_AGE = 14
"""Until the law of 2023 nobody younger had a card; the QR codes of some that do name the parents."""


def renewal_ages(issued: date) -> tuple[int, ...]:
    """The ages at which a card issued on that day is renewed."""
    return _AGES_2023 if issued >= LAW_OF_2023_IN_FORCE else _AGES_2014


def expiry_candidates(birth: date, issued: date | None, today: date) -> tuple[date | None, ...]:
    """The dates on which the card may expire, the likeliest first; ``None`` stands for no expiry.

    With the issue date the rule gives one. Its neighbour follows: the age that the two years' grace passes over, or else the next.
    What is printed is the issuer's choice, and nothing but a try tells. Without the issue date it is everything that the rule gives
    for some day from the first chip cards until *today*, the dates to come first; then the neighbours likewise.

    :param birth: all of it known, not after *issued* or *today*.
    """
    ages = _ages(birth, issued) if issued is not None else _ages_of_unknown_issue(birth, today)
    return tuple(day for age in ages for day in (_birthdays(birth, age) if age is not None else (None,)))


def _ages(birth: date, issued: date) -> tuple[int | None, ...]:
    """The age that the rule gives (``None``: no expiry), then its neighbour where there is one."""
    ahead: list[int | None] = [age for age in renewal_ages(issued) if _birthdays(birth, age)[0] > issued]
    ahead.append(None)
    first = ahead[0]
    if first is not None and _birthdays(birth, first - GRACE_YEARS)[0] <= issued:
        return ahead[1], first
    return tuple(ahead[:2])


def _ages_of_unknown_issue(birth: date, today: date) -> tuple[int | None, ...]:
    ages = sorted({*_AGES_2014, *_AGES_2023})
    turns = [_birthdays(birth, age - years)[0] for age in ages for years in (0, GRACE_YEARS)]
    first = _first_issue(birth)
    days = (day for day in (first, LAW_OF_2023_IN_FORCE, *turns) if first <= day <= today)
    to_come = [age for age in ages if _birthdays(birth, age)[0] >= today]
    past = [age for age in reversed(ages) if age not in to_come]
    by_day = [_ages(birth, day) for day in (*days, today)]
    by_rule, neighbours = {each[0] for each in by_day}, {age for each in by_day for age in each[1:]}
    order = (*to_come, None, *past)
    return (*(age for age in order if age in by_rule), *(age for age in order if age in neighbours - by_rule))


def _first_issue(birth: date) -> date:
    """The first day on which this person could be given a chip card: until the law of 2023 nobody under 14 was."""
    of_age = max(FIRST_ISSUE, _birthdays(birth, CHILD_AGE)[0])
    return of_age if of_age < LAW_OF_2023_IN_FORCE else max(LAW_OF_2023_IN_FORCE, birth)


def _birthdays(birth: date, age: int) -> tuple[date, ...]:
    """The day on which that age is reached; born on 29 February, it is the last of the month or the day after."""
    year = min(birth.year + age, MAXYEAR)
    try:
        return (birth.replace(year=year),)
    except ValueError:
        return date(year, 2, 28), date(year, 3, 1)
