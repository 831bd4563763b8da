# SPDX-License-Identifier: Apache-2.0
"""The machine readable zone of TD1, TD2 and TD3 documents (ICAO 9303-3 §4, 9303-4 §4.2, 9303-5 §4.2, 9303-6 §4.2)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import Enum
from itertools import cycle
from typing import Self

from chipid.errors import LdsError

FILLER = "<"
DOCUMENT_NUMBER_SIZE = 9
TEXT_LIMIT = 1_000

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_VALUES = {character: value for value, character in enumerate(_ALPHABET)} | {FILLER: 0}
_WEIGHTS = (7, 3, 1)

_MONTH_LENGTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


class MrzFormat(Enum):
    """Sizes of machine readable travel documents.

    :ivar rows: lines of the zone. :ivar width: characters in each.
    """

    TD1 = (3, 30)
    TD2 = (2, 36)
    TD3 = (2, 44)

    def __init__(self, rows: int, width: int) -> None:
        self.rows = rows
        self.width = width

    @property
    def size(self) -> int:
        """Characters in the whole zone."""
        return self.rows * self.width

    @property
    def name_width(self) -> int:
        """Characters of the name field."""
        start, end = _PLACES[self]["name"]
        return end - start


# Where each element stands, counted through all lines.
_PLACES: dict[MrzFormat, dict[str, tuple[int, int]]] = {
    MrzFormat.TD1: {
        "document_code": (0, 2),
        "issuing_state": (2, 5),
        "document_number": (5, 14),
        "document_number_check": (14, 15),
        "optional_data": (15, 30),
        "birth_date": (30, 36),
        "birth_date_check": (36, 37),
        "sex": (37, 38),
        "expiry_date": (38, 44),
        "expiry_date_check": (44, 45),
        "nationality": (45, 48),
        "optional_data_2": (48, 59),
        "composite_check": (59, 60),
        "name": (60, 90),
    },
    MrzFormat.TD2: {
        "document_code": (0, 2),
        "issuing_state": (2, 5),
        "name": (5, 36),
        "document_number": (36, 45),
        "document_number_check": (45, 46),
        "nationality": (46, 49),
        "birth_date": (49, 55),
        "birth_date_check": (55, 56),
        "sex": (56, 57),
        "expiry_date": (57, 63),
        "expiry_date_check": (63, 64),
        "optional_data": (64, 71),
        "composite_check": (71, 72),
    },
    MrzFormat.TD3: {
        "document_code": (0, 2),
        "issuing_state": (2, 5),
        "name": (5, 44),
        "document_number": (44, 53),
        "document_number_check": (53, 54),
        "nationality": (54, 57),
        "birth_date": (57, 63),
        "birth_date_check": (63, 64),
        "sex": (64, 65),
        "expiry_date": (65, 71),
        "expiry_date_check": (71, 72),
        "optional_data": (72, 86),
        "optional_data_check": (86, 87),
        "composite_check": (87, 88),
    },
}
# What the composite check digit covers.
_COMPOSITE = {
    MrzFormat.TD1: ((5, 30), (30, 37), (38, 45), (48, 59)),
    MrzFormat.TD2: ((36, 46), (49, 56), (57, 71)),
    MrzFormat.TD3: ((44, 54), (57, 64), (65, 87)),
}
# Elements that hold less than the whole alphabet, and how a message calls what they hold.
_DIGITS = (re.compile(r"[0-9<]"), "a digit or <")
_LETTERS = (re.compile(r"[A-Z<]"), "a letter A-Z or <")
_ANY = (re.compile(r"[A-Z0-9<]"), "a letter A-Z, a digit or <")
_CHARACTERS = {
    "issuing_state": _LETTERS,
    "nationality": _LETTERS,
    "birth_date": _DIGITS,
    "expiry_date": _DIGITS,
    "sex": (re.compile(r"[MFX<]"), "M, F, X or <"),
}


def check_digit(text: str) -> str:
    """The 7-3-1 check digit over *text* (ICAO 9303-3 §4.9).

    :raises LdsError: a character that is no letter A–Z, no digit and no ``<``.
    """
    if not _VALUES.keys() >= set(text):
        raise LdsError("a check digit is over letters A-Z, digits and <")
    return str(sum(_VALUES[character] * weight for character, weight in zip(text, cycle(_WEIGHTS), strict=False)) % 10)


def mrz_information(document_number: str, birth_date: str, expiry_date: str) -> str:
    """What BAC and PACE derive keys from: number, birth and expiry, each with its check digit (ICAO 9303-11 §9.7.2, §9.7.3).

    :param document_number: without check digit; filled up to nine characters, taken whole where it is longer.
    :param birth_date: ``YYMMDD``, unknown parts ``<``; *expiry_date* likewise.
    :raises LdsError: a date of other length, characters that no zone has, or no number at all.
    """
    number = document_number.ljust(DOCUMENT_NUMBER_SIZE, FILLER)
    if not document_number.strip(FILLER):
        raise LdsError("a document number is missing")
    for date in (birth_date, expiry_date):
        if not re.fullmatch(r"[0-9<]{6}", date):
            raise LdsError("a date has six digits, YYMMDD")
    return "".join(part + check_digit(part) for part in (number, birth_date, expiry_date))


@dataclass(frozen=True, repr=False)
class Mrz:
    """A machine readable zone, its elements without fillers.

    Made from its elements, or by :meth:`parse`. With :func:`dataclasses.replace`, pass ``lines=()`` along.

    :ivar document_number: whole, with what a long one leaves in the optional data (9303-5 note j).
    :ivar birth_date: ``YYMMDD`` as it stands, unknown parts ``<``; *expiry_date* likewise.
    :ivar sex: ``M``, ``F``, ``X`` or ``<``.
    :ivar optional_data: of the line with the document number, or TD3's personal number. *optional_data_2*: TD1's second line alone.
    :ivar primary_identifier: name components separated by a space; *secondary_identifier* likewise.
    :ivar lines: as they stand, check digits included; computed where not given.
    :raises LdsError: an element that its place cannot hold; the message names it, never its content.
    """

    format: MrzFormat
    document_code: str
    issuing_state: str
    document_number: str
    birth_date: str
    sex: str
    expiry_date: str
    nationality: str
    optional_data: str = ""
    optional_data_2: str = ""
    primary_identifier: str = ""
    secondary_identifier: str = ""
    lines: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        lines = self.lines or _split(self.format, _compose(self.format, self._elements()))
        if self.lines:
            _require_lines(self.format, self.lines)
        standing = _extract(self.format, "".join(lines))
        for name, value in self._elements().items():
            if standing[name] != value:
                raise LdsError(f"{name} cannot stand in the machine readable zone as given")
        object.__setattr__(self, "lines", lines)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse what was read or typed, with or without line breaks, spaces around lines or anywhere else.

        Wrong check digits do not raise: see :attr:`check_digit_errors`.

        :raises LdsError: no length of a zone, or a character that its place cannot hold; the message tells line and character, and
            ``offset`` counts through all lines.
        """
        mrz_format, joined = _recognise(text)
        _require_characters(mrz_format, joined)
        return cls(format=mrz_format, lines=_split(mrz_format, joined), **_extract(mrz_format, joined))

    def build(self) -> str:
        """The lines, without breaks between them."""
        return "".join(self.lines)

    @property
    def information(self) -> str:
        """:func:`mrz_information` of this document, with the check digits as they ought to be."""
        return mrz_information(self.document_number, self.birth_date, self.expiry_date)

    @property
    def check_digit_errors(self) -> tuple[str, ...]:
        """Whose check digits are wrong: ``document_number``, ``birth_date``, ``expiry_date``, ``optional_data``, ``composite``.

        The check digit of an element that is empty may be ``<`` (9303-4 §4.2.2.2).
        """
        text = self.build()
        stated = _checks(self.format, text)
        return tuple(
            name
            for name, (covered, digit) in stated.items()
            if digit != check_digit(covered) and (digit != FILLER or covered.strip(FILLER) or name == "composite")
        )

    @property
    def deviations(self) -> tuple[str, ...]:
        """What the standard does not foresee, beside check digits.

        ``document-code`` (A, C, I, P or V must come first; P for TD3), ``issuing-state``, ``nationality`` (fillers
        within or nothing there), ``birth-date``, ``expiry-date`` (no date), ``name`` (none).
        """
        checks = {
            "document-code": not re.match("P" if self.format is MrzFormat.TD3 else "[ACIP]", self.document_code),
            "issuing-state": not re.fullmatch("[A-Z]{1,3}", self.issuing_state),
            "nationality": not re.fullmatch("[A-Z]{1,3}", self.nationality),
            "birth-date": not _is_date(self.birth_date),
            "expiry-date": not _is_date(self.expiry_date),
            "name": not self.primary_identifier,
        }
        return tuple(name for name, found in checks.items() if found)

    def _elements(self) -> dict[str, str]:
        return {item.name: getattr(self, item.name) for item in fields(self) if item.name not in ("format", "lines")}

    def __repr__(self) -> str:
        return f"<Mrz {self.format.name}>"


# Reading -----------------------------------------------------------------------------------------------------------


def _recognise(text: str) -> tuple[MrzFormat, str]:
    """Format and characters, without the white space that no zone holds."""
    if len(text) > TEXT_LIMIT:
        raise LdsError("far too long for a machine readable zone")
    lines = tuple(line for line in ("".join(row.split()) for row in text.splitlines()) if line)
    joined = "".join(lines)
    if len(lines) > 1:
        mrz_format = _format_of_lines(lines)
        _require_lines(mrz_format, lines)
        return mrz_format, joined
    for mrz_format in MrzFormat:
        if len(joined) == mrz_format.size:
            return mrz_format, joined
    raise LdsError(f"a machine readable zone has 90, 72 or 88 characters, not {len(joined)}")


def _format_of_lines(lines: tuple[str, ...]) -> MrzFormat:
    """By the number of lines, and between the two with two lines by whose width they come nearer to."""
    formats = [candidate for candidate in MrzFormat if candidate.rows == len(lines)]
    if not formats:
        raise LdsError(f"a machine readable zone has 2 or 3 lines, not {len(lines)}")
    return min(formats, key=lambda candidate: sum(abs(len(line) - candidate.width) for line in lines))


def _require_lines(mrz_format: MrzFormat, lines: tuple[str, ...]) -> None:
    for number, line in enumerate(lines, 1):
        if len(line) != mrz_format.width:
            raise LdsError(f"line {number} of the machine readable zone has {mrz_format.width} characters, not {len(line)}")
    if len(lines) != mrz_format.rows:
        raise LdsError(f"this machine readable zone has {mrz_format.rows} lines, not {len(lines)}")


def _require_characters(mrz_format: MrzFormat, text: str) -> None:
    for name, (start, end) in sorted(_PLACES[mrz_format].items(), key=lambda place: place[1]):
        pattern, expected = _DIGITS if name.endswith("_check") else _CHARACTERS.get(name, _ANY)
        for place in range(start, end):
            if not pattern.fullmatch(text[place]):
                line, character = divmod(place, mrz_format.width)
                message = f"character {character + 1} in line {line + 1} of the machine readable zone must be {expected}"
                raise LdsError(message, offset=place)
    if mrz_format.rows == 2 and text.startswith("V"):
        raise LdsError("the machine readable zone of a visa, which no chip has", offset=0)


def _split(mrz_format: MrzFormat, text: str) -> tuple[str, ...]:
    return tuple(text[start : start + mrz_format.width] for start in range(0, len(text), mrz_format.width))


def _raw(mrz_format: MrzFormat, text: str) -> dict[str, str]:
    return {name: text[start:end] for name, (start, end) in _PLACES[mrz_format].items()}


def _extract(mrz_format: MrzFormat, text: str) -> dict[str, str]:
    """The elements, by the names that :class:`Mrz` gives them."""
    raw = _raw(mrz_format, text)
    number, _, optional = _long_number(mrz_format, raw)
    primary, _, secondary = raw["name"].rstrip(FILLER).partition(FILLER * 2)
    return {
        "document_code": raw["document_code"].rstrip(FILLER),
        "issuing_state": raw["issuing_state"].rstrip(FILLER),
        "document_number": number,
        "birth_date": raw["birth_date"],
        "sex": raw["sex"],
        "expiry_date": raw["expiry_date"],
        "nationality": raw["nationality"].rstrip(FILLER),
        "optional_data": optional,
        "optional_data_2": raw.get("optional_data_2", "").rstrip(FILLER),
        "primary_identifier": primary.strip(FILLER).replace(FILLER, " "),
        "secondary_identifier": secondary.strip(FILLER).replace(FILLER, " "),
    }


def _long_number(mrz_format: MrzFormat, raw: Mapping[str, str]) -> tuple[str, str, str]:
    """(document number, its check digit, optional data).

    A filler in the check digit's place says that the number goes on in the optional data: the rest, the check digit, a filler
    (9303-5 §4.2.2, note j; 9303-6 likewise). TD3 has no such rule.
    """
    number, check, optional = raw["document_number"], raw["document_number_check"], raw["optional_data"]
    head, _, behind = optional.partition(FILLER)
    if check == FILLER and mrz_format is not MrzFormat.TD3 and FILLER not in number and re.fullmatch(r"[A-Z0-9]+[0-9]", head):
        return number + head[:-1], head[-1], behind.rstrip(FILLER)
    return number.rstrip(FILLER), check, optional.rstrip(FILLER)


def _checks(mrz_format: MrzFormat, text: str) -> dict[str, tuple[str, str]]:
    """What each check digit covers, and the digit that stands there."""
    raw = _raw(mrz_format, text)
    number, number_check, _ = _long_number(mrz_format, raw)
    checks = {"document_number": (number.ljust(DOCUMENT_NUMBER_SIZE, FILLER), number_check)}
    for name in ("birth_date", "expiry_date", "optional_data"):
        if f"{name}_check" in raw:
            checks[name] = (raw[name], raw[f"{name}_check"])
    checks["composite"] = (_composite(mrz_format, text), raw["composite_check"])
    return checks


def _composite(mrz_format: MrzFormat, text: str) -> str:
    return "".join(text[start:end] for start, end in _COMPOSITE[mrz_format])


def _is_date(date: str) -> bool:
    """Whether YYMMDD can be a day; unknown parts are fillers. 29 February passes in every year: the century is unknown."""
    month, day = date[2:4], date[4:6]
    if not all(part == FILLER * 2 or part.isdigit() for part in (date[:2], month, day)):
        return False
    if month != FILLER * 2 and not 1 <= int(month) <= 12:
        return False
    longest = 31 if month == FILLER * 2 else _MONTH_LENGTHS[int(month) - 1]
    return day == FILLER * 2 or 1 <= int(day) <= longest


# Composing ---------------------------------------------------------------------------------------------------------


def _compose(mrz_format: MrzFormat, elements: Mapping[str, str]) -> str:
    """All lines, with check digits, from the elements."""
    places = _PLACES[mrz_format]
    number, check, optional = _place_number(mrz_format, elements["document_number"], elements["optional_data"])
    raw = {
        **elements,
        "document_number": number,
        "document_number_check": check,
        "optional_data": optional,
        "name": _name(elements["primary_identifier"], elements["secondary_identifier"]),
    }
    if "optional_data_2" not in places and elements["optional_data_2"]:
        raise LdsError(f"{mrz_format.name} has no optional_data_2")
    text = [FILLER] * mrz_format.size
    for name, (start, end) in places.items():
        if name in raw:
            text[start:end] = _fill(name, raw[name], end - start)
    for name, (start, end) in places.items():
        covered = name.removesuffix("_check")
        if name.endswith("_check") and name not in raw and covered != "composite":
            text[start:end] = check_digit("".join(text[slice(*places[covered])]))
    text[places["composite_check"][0]] = check_digit(_composite(mrz_format, "".join(text)))
    return "".join(text)


def _fill(name: str, value: str, size: int) -> str:
    pattern, expected = _CHARACTERS.get(name, _ANY)
    if len(value) > size:
        raise LdsError(f"{name} has at most {size} characters")
    if not all(pattern.fullmatch(character) for character in value):
        raise LdsError(f"{name} holds another character than {expected}")
    return value.ljust(size, FILLER)


def _place_number(mrz_format: MrzFormat, number: str, optional: str) -> tuple[str, str, str]:
    """(document number's place, its check digit's place, optional data's place): the inverse of :func:`_long_number`."""
    if not set(number) <= _VALUES.keys():
        raise LdsError(f"document_number holds another character than {_ANY[1]}")
    digit = check_digit(number.ljust(DOCUMENT_NUMBER_SIZE, FILLER))
    if len(number) <= DOCUMENT_NUMBER_SIZE:
        return number, digit, optional
    if mrz_format is MrzFormat.TD3:
        raise LdsError(f"document_number has at most {DOCUMENT_NUMBER_SIZE} characters in TD3")
    rest = number[DOCUMENT_NUMBER_SIZE:] + digit
    return number[:DOCUMENT_NUMBER_SIZE], FILLER, f"{rest}{FILLER}{optional}" if optional else rest


def _name(primary: str, secondary: str) -> str:
    if FILLER in primary + secondary:
        raise LdsError("primary_identifier and secondary_identifier separate their components with a space")
    parts = [part.replace(" ", FILLER) for part in ((primary, secondary) if secondary else (primary,))]
    return (FILLER * 2).join(parts)
