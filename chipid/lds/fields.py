# SPDX-License-Identifier: Apache-2.0
"""Texts, dates and images under a tag: the fields of DG11, DG12 and DG16 (ICAO 9303-10 §4.7.11, §4.7.12, §4.7.16)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from enum import Enum, auto
from typing import Any, NamedTuple

from chipid.errors import LdsError
from chipid.iso7816.tlv import Tlv, build_tlv
from chipid.lds.dates import DAYS, MONTHS, PartialDate, read_part

COUNT = 0x02
"""The data object that says how many of something follow."""
LENGTH_LIMIT = 99
"""Octets in a text, unless its field says otherwise."""

UTF_8, LATIN_1, BCD = "utf-8", "latin-1", "bcd"


class Kind(Enum):
    """What a field holds."""

    TEXT = auto()
    LINES = auto()  # texts with "<" between them
    NAMES = auto()
    DATE = auto()
    DATE_TIME = auto()
    IMAGE = auto()


class Field(NamedTuple):
    """One field: its tag, the attribute that holds it, and how it is encoded.

    :ivar limit: how many octets a text may have.
    """

    tag: int
    attribute: str
    kind: Kind = Kind.TEXT
    limit: int = LENGTH_LIMIT


def decode(each: Field, octets: list[bytes]) -> tuple[str, list[str]]:
    """The encoding of a field, and its texts in it: one, or those of all names, which have one encoding."""
    if each.kind in _BCD_SIZES and len(octets[0]) == _BCD_SIZES[each.kind] and octets[0].hex().isdecimal():
        return BCD, [octets[0].hex()]
    try:
        return UTF_8, [text.decode(UTF_8) for text in octets]
    except UnicodeDecodeError:
        return LATIN_1, [text.decode(LATIN_1) for text in octets]


def read_value(each: Field, octets: list[bytes]) -> tuple[str, Any, set[str]]:
    """The encoding and the value of a field, and what is odd about it.

    :returns: of the oddities ``encoding`` (not UTF-8; read as Latin-1), ``date-encoding`` (in BCD), ``length`` (above the limit)
        and ``date`` (no day of the calendar, or in another form than the standard's).
    """
    if each.kind is Kind.IMAGE:
        return UTF_8, octets[0], set()
    encoding, texts = decode(each, octets)
    odd = {
        "encoding": encoding == LATIN_1,
        "date-encoding": encoding == BCD,
        "length": any(len(text) > each.limit for text in octets),
        "date": each.kind in _FORMS and not _FORMS[each.kind](texts[0]),
    }
    values = {Kind.NAMES: tuple(texts), Kind.LINES: tuple(texts[0].split("<")) if texts else ()}
    return encoding, values[each.kind] if each.kind in values else texts[0], {name for name, is_so in odd.items() if is_so}


def encode(each: Field, value: str | bytes | tuple[str, ...] | None, encoding: str = UTF_8) -> list[bytes]:
    """The octet strings of a field: of each name, otherwise one, which is empty for what is absent.

    :raises ValueError: a text that has no such encoding.
    :raises LookupError: an encoding that is none.
    """
    if isinstance(value, tuple):
        texts = value if each.kind is Kind.NAMES else ("<".join(value),)
        return [text.encode(encoding) for text in texts]
    if isinstance(value, str):
        return [bytes.fromhex(value) if encoding == BCD else value.encode(encoding)]
    return [value or b""]


def require(each: Field, value: object, tolerated: tuple[str, ...] = ()) -> None:
    """Refuse a value that its field cannot hold.

    :param tolerated: deviations that are meant, such as those of the file that the value was read from: with ``date`` among them
        any text may stand for a date.
    :raises LdsError: another type, an empty text, or a date that is none; the message names the field, never its content.
    """
    kind, wanted = _WANTED[each.kind]
    if value == (() if kind is tuple else None):
        return
    parts = value if isinstance(value, tuple) else ()
    good = isinstance(value, kind) and bool(value) and all(isinstance(part, str) for part in parts)
    if good and isinstance(value, str) and each.kind in _FORMS and "date" not in tolerated:
        good = _FORMS[each.kind](value)
    if not good:
        raise LdsError(f"{each.attribute} must be {wanted}, or left out")


def parse_date(yyyymmdd: str) -> PartialDate | None:
    """A date of eight digits, with zeros, blanks or fillers for parts that are unknown; ``None`` for what is no date."""
    if not re.fullmatch(r"([0-9]{4}|[ <]{4})([0-9]{2}|[ <]{2}){2}", yyyymmdd):
        return None
    year, month, day = yyyymmdd[:4], read_part(yyyymmdd[4:6], MONTHS), read_part(yyyymmdd[6:], DAYS)
    parsed = PartialDate(int(year) if year.isdigit() and int(year) else None, month, day)
    # A day that the calendar does not have is none; 29 February is one as long as the year is unknown.
    return parsed if PartialDate(parsed.year or 2000, month or 1, day or 1).complete is not None else None


def parse_date_time(yyyymmddhhmmss: str) -> datetime | None:
    """A date and time of fourteen digits, in a time zone that is not told; ``None`` for what is none."""
    if not re.fullmatch(r"[0-9]{14}", yyyymmddhhmmss):
        return None
    try:
        return datetime.strptime(yyyymmddhhmmss, "%Y%m%d%H%M%S")
    except ValueError:
        return None


_TEXTS = (tuple, 'a tuple of texts, such as ("…",)')
_WANTED: dict[Kind, tuple[type, str]] = {
    Kind.TEXT: (str, "a text"),
    Kind.LINES: _TEXTS,
    Kind.NAMES: _TEXTS,
    Kind.DATE: (str, "a date YYYYMMDD"),
    Kind.DATE_TIME: (str, "a time YYYYMMDDhhmmss"),
    Kind.IMAGE: (bytes, "the octets of an image"),
}
_FORMS: dict[Kind, Callable[[str], bool]] = {
    Kind.DATE: lambda text: text.isdigit() and parse_date(text) is not None,
    Kind.DATE_TIME: lambda text: parse_date_time(text) is not None,
}
_BCD_SIZES = {Kind.DATE: 4, Kind.DATE_TIME: 7}


def split_count(objects: list[Tlv]) -> tuple[int | None, list[Tlv]]:
    """The number of one octet that the first of *objects* is, and those behind it; ``None`` and all of them where it is none."""
    if not objects or objects[0].tag != COUNT or len(objects[0].value) != 1:
        return None, objects
    return objects[0].value[0], objects[1:]


def build_count(number: int) -> bytes:
    """The data object that says how many follow.

    :raises LdsError: more than 255.
    """
    if number > 0xFF:
        raise LdsError("at most 255 of something can follow")
    return build_tlv(COUNT, bytes((number,)))
