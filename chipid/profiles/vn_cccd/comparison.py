# SPDX-License-Identifier: Apache-2.0
"""DG1 against DG13: the two places where a CCCD holds the same person."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from chipid.lds.mrz import Mrz
from chipid.lds.mrz_names import abbreviates
from chipid.profiles.vn_cccd.dates import BIRTH_YEARS, PartialDate, parse_written_date
from chipid.profiles.vn_cccd.dg13 import Dg13
from chipid.profiles.vn_cccd.expiry import NO_EXPIRY
from chipid.profiles.vn_cccd.mrz_rules import birth_date, citizen_number, expiry_date
from chipid.profiles.vn_cccd.names import is_name, is_word, transliterate_name
from chipid.profiles.vn_cccd.sex import Sex

NO_EXPIRY_TEXT = "Không thời hạn"
_NAME_WIDTH = 30


@dataclass(frozen=True)
class Comparison:
    """Names of the fields of DG13 that were compared (``citizen_number``, ``birth_date``, ``sex``, ``expiry_date``, ``full_name``),
    never values.

    :ivar differences: the two say different things.
    :ivar not_compared: one of the two is silent, or says it in a form that is not known.
    :ivar partly_compared: they agree as far as they go: a partial birth date, a name cut off in the MRZ.
    """

    differences: tuple[str, ...] = ()
    not_compared: tuple[str, ...] = ()
    partly_compared: tuple[str, ...] = ()


def compare(mrz: Mrz, dg13: Dg13) -> Comparison:
    """Compare what both hold.

    A field that DG13 holds several times has to agree each time; one of them that is not understood leaves it open.
    """

    def outcome(number: int, judge: Callable[[Mrz, str], _Outcome]) -> _Outcome:
        hidden = (_Outcome.NOT_COMPARED,) if dg13.hides(number) else ()
        return max((*hidden, *(judge(mrz, text) for text in dg13.texts(number))), default=_Outcome.NOT_COMPARED)

    found = {
        "citizen_number": outcome(1, _number),
        "birth_date": outcome(3, _birth_date),
        "sex": outcome(4, _sex),
        "expiry_date": outcome(12, _expiry),
        "full_name": outcome(2, _name),
    }
    return Comparison(
        differences=tuple(name for name, outcome in found.items() if outcome is _Outcome.DIFFERENT),
        not_compared=tuple(name for name, outcome in found.items() if outcome is _Outcome.NOT_COMPARED),
        partly_compared=tuple(name for name, outcome in found.items() if outcome is _Outcome.PARTLY),
    )


def differences(mrz: Mrz, dg13: Dg13) -> tuple[str, ...]:
    """:attr:`Comparison.differences`: empty where nothing contradicts, which is not yet agreement: see :func:`compare`."""
    return compare(mrz, dg13).differences


class _Outcome(IntEnum):
    EQUAL = 0
    PARTLY = 1
    NOT_COMPARED = 2
    DIFFERENT = 3


def _judge(equal: bool) -> _Outcome:
    return _Outcome.EQUAL if equal else _Outcome.DIFFERENT


def _number(mrz: Mrz, text: str) -> _Outcome:
    number = citizen_number(mrz)
    return _Outcome.NOT_COMPARED if number is None else _judge(number.digits == text.strip())


def _birth_date(mrz: Mrz, text: str) -> _Outcome:
    zone, written = birth_date(mrz), parse_written_date(text)
    outcome = _dates(zone, written)
    beyond = written is not None and written.year not in BIRTH_YEARS
    return _Outcome.DIFFERENT if beyond and outcome is not _Outcome.NOT_COMPARED else outcome


def _expiry(mrz: Mrz, text: str) -> _Outcome:
    """``991231`` says what ``Không thời hạn`` says, and nothing about the year 1999 or 2099."""
    zone, written = expiry_date(mrz), parse_written_date(text)
    if zone is None or not any(zone.known):
        return _Outcome.NOT_COMPARED
    if is_word(text, NO_EXPIRY_TEXT):
        return _judge(mrz.expiry_date == NO_EXPIRY)
    if written is not None and mrz.expiry_date == NO_EXPIRY:
        return _Outcome.DIFFERENT
    return _dates(zone, written)


def _dates(zone: PartialDate | None, written: PartialDate | None) -> _Outcome:
    if zone is None or written is None:
        return _Outcome.NOT_COMPARED
    if zone.contradicts(written):
        return _Outcome.DIFFERENT
    if not any(one and two for one, two in zip(zone.known, written.known, strict=True)):
        return _Outcome.NOT_COMPARED
    return _Outcome.EQUAL if zone.known == written.known else _Outcome.PARTLY


def _sex(mrz: Mrz, text: str) -> _Outcome:
    zone, written = Sex.from_zone(mrz.sex), Sex.from_word(text)
    return _Outcome.NOT_COMPARED if written is None or zone in (None, Sex.UNSPECIFIED) else _judge(written is zone)


def _name(mrz: Mrz, text: str) -> _Outcome:
    """The MRZ may cut a name off at its end, or shorten its parts (ICAO 9303-4 §4.2.3.2); it adds nothing to it.

    What the plain letters leave out of a text, a reader of it might well see: such a name never agrees.
    """
    outcome = _letters(mrz, text)
    return outcome if is_name(text) else max(outcome, _Outcome.NOT_COMPARED)


def _letters(mrz: Mrz, text: str) -> _Outcome:
    zone = (mrz.primary_identifier, mrz.secondary_identifier)
    letters, whole = transliterate_name("".join(zone)), transliterate_name(text)
    if not letters or not whole:
        return _Outcome.NOT_COMPARED
    if letters == whole:
        return _Outcome.EQUAL
    family, *given = filter(None, map(transliterate_name, text.split()))
    shortened = abbreviates(zone, (family, " ".join(given)), _NAME_WIDTH)
    return _Outcome.PARTLY if whole.startswith(letters) or shortened else _Outcome.DIFFERENT
