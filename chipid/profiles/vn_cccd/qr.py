# SPDX-License-Identifier: Apache-2.0
"""The text of the QR code on the card. It carries no signature and proves nothing; it does give what the keys are made of.

The card of 2021 has seven fields: number, old number or nothing, name, birth, sex, residence, issue date; a variant has six,
without the old number. Of the card of 2024 the fields are known and their order is not: each is recognised by its shape, and what
is left over is kept as it is. Texts for test cards are built in each form; of 2024 in an order of our own (:data:`ORDER_2024`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from enum import Enum

from chipid.errors import MalformedData
from chipid.normalisation import normalised
from chipid.profiles.vn_cccd.dates import PartialDate, parse_packed_date, parse_written_date
from chipid.profiles.vn_cccd.expiry import CHILD_AGE
from chipid.profiles.vn_cccd.sex import Sex

SIZE_LIMIT = 8_192
"""Characters; the largest QR code holds 7,089 digits or 4,296 letters."""
BUILT_LIMIT = 2_329
"""Octets in the largest QR code that :func:`chipid.pictures.draw_qr` draws."""

SEPARATOR = "|"
FIELD_LIMIT = 64
"""A card's code has seven fields, or a few more; what has more than these is no card's, and none of them is looked into."""


class QrFormat(Enum):
    """Which layout the text was recognised as."""

    CCCD7 = "cccd7"
    CCCD6 = "cccd6"
    CANCUOC2024 = "cancuoc2024"
    UNKNOWN = "unknown"


_ORDER_7 = ("number", "old_number", "full_name", "birth_date", "sex", "residence", "issue_date")
ORDER_2024 = ("number", "full_name", "birth_date", "sex", "residence", "issue_date", "old_number", "cancelled_number", "parents")
"""The order in which :func:`build_qr` lays out a card of 2024: that of the circular's list. Real cards may have another."""
_ORDERS = {
    QrFormat.CCCD7: _ORDER_7,
    QrFormat.CCCD6: tuple(name for name in _ORDER_7 if name != "old_number"),
    QrFormat.CANCUOC2024: ORDER_2024,
}
_REQUIRED = ("number", "full_name", "birth_date", "sex", "issue_date")


@dataclass(frozen=True, repr=False)
class QrText:
    """What a QR code says; ``None`` where it does not, or where it could not be recognised.

    :ivar number: twelve digits. *old_number*: nine.
    :ivar birth_date: possibly partial; *issue_date* never.
    :ivar cancelled_number: a second one of twelve digits. Nothing but its place tells which of the two is which.
    :ivar parents: the names besides the holder's, where the card was issued to a child under 14.
    :ivar extras: the fields that were not recognised and are not empty, in order.
    :ivar fields: every field, in order.
    """

    format: QrFormat
    number: str | None = None
    old_number: str | None = None
    full_name: str | None = None
    birth_date: PartialDate | None = None
    sex: Sex | None = None
    residence: str | None = None
    issue_date: PartialDate | None = None
    cancelled_number: str | None = None
    parents: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    fields: tuple[str, ...] = field(default=(), compare=False)

    def __repr__(self) -> str:
        return f"<QrText {self.format.value}, {len(self.fields)} fields>"


def parse_qr(text: str) -> QrText:
    """Recognise the text of a QR code; a text of another kind gives :attr:`QrFormat.UNKNOWN` with its fields.

    Of more than :data:`FIELD_LIMIT` fields none is recognised; all of them are in ``extras`` and ``fields``.

    :raises MalformedData: more characters than a QR code holds.
    """
    if len(text) > SIZE_LIMIT:
        raise MalformedData(f"the text of a QR code has at most {SIZE_LIMIT} characters")
    parts = tuple(_trimmed(part) for part in normalised("NFC", text).split(SEPARATOR))
    if len(parts) > FIELD_LIMIT:
        return QrText(QrFormat.UNKNOWN, extras=tuple(filter(None, parts)), fields=parts)
    layout = next((name for name, shapes in _LAYOUTS.items() if _fits(parts, shapes)), None)
    if layout is None:
        return _by_shape(parts)
    values = dict(zip(_ORDERS[layout], parts, strict=True))
    return QrText(
        layout,
        number=values["number"],
        old_number=values.get("old_number") or None,
        full_name=values["full_name"],
        birth_date=_date(values["birth_date"]),
        sex=Sex.from_word(values["sex"]),
        residence=values["residence"] or None,
        issue_date=_date(values["issue_date"]),
        fields=parts,
    )


def _trimmed(part: str) -> str:
    """Without white space, NUL and byte order marks around it, in whatever order they stand."""
    while (shorter := part.strip().strip("\ufeff\0")) != part:
        part = shorter
    return part


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


def _is_sex(field: str) -> bool:
    return Sex.from_word(field) is not None


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


def _fits(parts: tuple[str, ...], shapes: tuple[_Shape, ...]) -> bool:
    return len(parts) == len(shapes) and all(fits(part) for fits, part in zip(shapes, parts, strict=True))


# The card of 2024 ------------------------------------------------------------------------------------------------------


def _by_shape(parts: tuple[str, ...]) -> QrText:
    """Take each kind of field where it stands first; the two dates are told apart by which comes earlier."""
    left = dict(enumerate(parts))

    def take(fits: _Shape) -> str | None:
        place = next((place for place, part in left.items() if fits(part)), None)
        return None if place is None else left.pop(place)

    number, old, sex, name, cancelled = map(take, (_is_number, _is_old_number, _is_sex, _is_name, _is_number))
    birth, issued = _take_dates(left)
    residence = take(lambda part: _is_words(part) and "," in part)
    parents = tuple(iter(lambda: take(_is_name), None)) if is_child(birth, issued) else ()
    recognised = number and name and sex and issued  # which has a birth date before it
    return QrText(
        QrFormat.CANCUOC2024 if recognised else QrFormat.UNKNOWN,
        number=number,
        old_number=old,
        full_name=name,
        birth_date=birth,
        sex=Sex.from_word(sex) if sex else None,
        residence=residence,
        issue_date=issued,
        cancelled_number=cancelled,
        parents=tuple(filter(None, parents)),
        extras=tuple(part for part in left.values() if part),
        fields=parts,
    )


def _take_dates(left: dict[int, str]) -> tuple[PartialDate | None, PartialDate | None]:
    """(birth, issue): nobody is issued a card before birth. One date alone could be either, and stays."""
    dates = [(found, place) for place, part in left.items() if (found := _date(part)) is not None][:2]
    if len(dates) < 2:
        return None, None
    (birth, born_at), (issued, issued_at) = sorted(dates, key=lambda each: _in_order(each[0]))
    del left[born_at]
    if issued.complete is None:
        return birth, None
    del left[issued_at]
    return birth, issued


def _in_order(day: PartialDate) -> tuple[int, int, int]:
    return day.year or 0, day.month or 0, day.day or 0


def is_child(birth: PartialDate | None, issued: PartialDate | None) -> bool:
    """Whether somebody was under 14 on the day of issue, as far as both dates go."""
    if birth is None or issued is None or birth.year is None or issued.year is None:
        return False
    age = issued.year - birth.year - (_in_order(issued)[1:] < _in_order(birth)[1:])
    return age < CHILD_AGE


# Building ----------------------------------------------------------------------------------------------------------


def build_qr(qr: QrText) -> str:
    """The text of a test card's QR code, which :func:`parse_qr` understands as the same.

    :param qr: of any format but :attr:`QrFormat.UNKNOWN`, which decides the order of the fields; for a card of 2024 it is
        :data:`ORDER_2024`, empty fields included. What :attr:`QrText.fields` holds does not matter.
    :raises MalformedData: a value that would not be understood where it stands, or that this format has no place for; more than a
        QR code holds. The message names the field.
    """
    if qr.format not in _ORDERS:
        raise MalformedData("the format of a QR code must be a known one")
    missing = [name for name in _REQUIRED if getattr(qr, name) is None]
    if missing:
        raise MalformedData(f"a QR code must have a {missing[0]}")
    text = SEPARATOR.join(written for name in _ORDERS[qr.format] for written in _written(getattr(qr, name)))
    if re.search("[\ud800-\udfff]", text) or len(text.encode()) > BUILT_LIMIT:
        raise MalformedData(f"a QR code holds at most {BUILT_LIMIT} octets of text")
    found = parse_qr(text)
    lost = [each.name for each in fields(qr) if each.compare and getattr(qr, each.name) != getattr(found, each.name)]
    if lost:
        # A format is lost because of another field.
        named = next((name for name in lost if name != "format"), "format")
        raise MalformedData(f"a QR code of the format {qr.format.value} cannot hold this {named}")
    return text


def _written(value: object) -> tuple[str, ...]:
    """One value as the fields that hold it."""
    if isinstance(value, tuple):
        return value
    if isinstance(value, PartialDate):
        return (f"{value.day or 0:02}{value.month or 0:02}{value.year or 0:04}",)
    return (value.word if isinstance(value, Sex) else str(value or ""),)
