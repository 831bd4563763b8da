# SPDX-License-Identifier: Apache-2.0
"""The text of the QR code on the card. It carries no signature and proves nothing; it does give what the keys are made of.

The card of 2021 has seven fields: number, old number or nothing, name, birth, sex, residence, issue date; a variant has six,
without the old number. Of the card of 2024 the fields are known and their order is not: each is recognised by its shape, and what
is left over is kept as it is.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from chipid.errors import MalformedData
from chipid.profiles.vn_cccd.dates import PartialDate, parse_packed_date, parse_written_date
from chipid.profiles.vn_cccd.names import transliterate_name

SIZE_LIMIT = 8_192
"""Characters; the largest QR code holds 7,089 digits or 4,296 letters."""

SEPARATOR = "|"
_SEXES = {"NAM": "M", "NU": "F"}


class QrFormat(Enum):
    """Which layout the text was recognised as."""

    CCCD7 = "cccd7"
    CCCD6 = "cccd6"
    CANCUOC2024 = "cancuoc2024"
    UNKNOWN = "unknown"


@dataclass(frozen=True, repr=False)
class QrText:
    """What a QR code says; ``None`` where it does not, or where it could not be recognised.

    :ivar number: twelve digits. *old_number*: nine.
    :ivar sex: ``M`` or ``F``.
    :ivar birth_date: possibly partial; *issue_date* never.
    :ivar extras: the fields that were not recognised and are not empty, in order.
    :ivar fields: every field, in order.
    """

    format: QrFormat
    fields: tuple[str, ...]
    number: str | None = None
    old_number: str | None = None
    full_name: str | None = None
    birth_date: PartialDate | None = None
    sex: str | None = None
    residence: str | None = None
    issue_date: PartialDate | None = None
    extras: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"<QrText {self.format.value}, {len(self.fields)} fields>"


def parse_qr(text: str) -> QrText:
    """Recognise the text of a QR code; a text of another kind gives :attr:`QrFormat.UNKNOWN` with its fields.

    :raises MalformedData: more characters than a QR code holds.
    """
    if len(text) > SIZE_LIMIT:
        raise MalformedData(f"the text of a QR code has at most {SIZE_LIMIT} characters")
    fields = tuple(field.strip() for field in unicodedata.normalize("NFC", text).strip("\ufeff \t\r\n\0").split(SEPARATOR))
    layout = next((name for name, shapes in _LAYOUTS.items() if _fits(fields, shapes)), None)
    if layout is QrFormat.CCCD7:
        number, old, name, birth, sex, residence, issued = fields
    elif layout is QrFormat.CCCD6:
        number, name, birth, sex, residence, issued = fields
        old = ""
    else:
        return _by_shape(fields)
    return QrText(
        layout, fields, number, old or None, name, _date(birth), _sex(sex), residence or None, _date(issued)
    )


# Shapes ------------------------------------------------------------------------------------------------------------


def _is_number(field: str) -> bool:
    return re.fullmatch(r"[0-9]{12}", field) is not None


def _is_old_number(field: str) -> bool:
    return re.fullmatch(r"[0-9]{9}", field) is not None


def _is_old_number_or_nothing(field: str) -> bool:
    return not field or _is_old_number(field)


def _date(field: str) -> PartialDate | None:
    return parse_packed_date(field) or (parse_written_date(field) if "/" in field else None)


def _is_date(field: str) -> bool:
    return _date(field) is not None


def _is_complete_date(field: str) -> bool:
    found = _date(field)
    return found is not None and found.complete is not None


def _sex(field: str) -> str | None:
    return _SEXES.get(transliterate_name(field))


def _is_sex(field: str) -> bool:
    return _sex(field) is not None and field.isalpha()


def _is_words(field: str) -> bool:
    return any(character.isalpha() for character in field)


def _is_name(field: str) -> bool:
    """Letters, spaces and the few marks of names in other tongues; two words at least, and no place's commas or digits."""
    allowed = all(c.isalpha() or c in " '’.-" or unicodedata.category(c) == "Mn" for c in field)
    return allowed and len(field.split()) > 1


def _is_anything(_field: str) -> bool:
    return True


_Shape = Callable[[str], bool]
_TAIL: tuple[_Shape, ...] = (_is_words, _is_date, _is_sex, _is_anything, _is_complete_date)
_LAYOUTS: dict[QrFormat, tuple[_Shape, ...]] = {
    QrFormat.CCCD7: (_is_number, _is_old_number_or_nothing, *_TAIL),
    QrFormat.CCCD6: (_is_number, *_TAIL),
}


def _fits(fields: tuple[str, ...], shapes: tuple[_Shape, ...]) -> bool:
    return len(fields) == len(shapes) and all(fits(field) for fits, field in zip(shapes, fields, strict=True))


# The card of 2024 ------------------------------------------------------------------------------------------------------


def _by_shape(fields: tuple[str, ...]) -> QrText:
    """Take each kind of field where it stands first; the two dates are told apart by which comes earlier."""
    left = dict(enumerate(fields))

    def take(fits: _Shape) -> str | None:
        place = next((place for place, field in left.items() if fits(field)), None)
        return None if place is None else left.pop(place)

    number, old, sex = take(_is_number), take(_is_old_number), take(_is_sex)
    birth, issued = _two_dates(take(_is_date), take(_is_date))
    name = take(_is_name)
    residence = take(lambda field: _is_words(field) and "," in field)
    extras = tuple(field for field in left.values() if field)
    recognised = number and name and sex and birth and issued
    return QrText(
        QrFormat.CANCUOC2024 if recognised else QrFormat.UNKNOWN,
        fields,
        number,
        old,
        name,
        birth,
        _sex(sex) if sex else None,
        residence,
        issued,
        extras,
    )


def _two_dates(first: str | None, second: str | None) -> tuple[PartialDate | None, PartialDate | None]:
    """(birth, issue): nobody is issued a card before birth. One date alone could be either, and is taken for neither."""
    dates = [found for found in (_date(first or ""), _date(second or "")) if found is not None]
    if len(dates) < 2:
        return None, None
    birth, issued = sorted(dates, key=lambda day: (day.year or 0, day.month or 0, day.day or 0))
    return birth, issued if issued.complete is not None else None
