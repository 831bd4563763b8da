# SPDX-License-Identifier: Apache-2.0
"""The machine readable zone of TD1, TD2 and TD3 documents and of visas (ICAO 9303-3 §4; parts 4, 5, 6 §4.2; 9303-7 §4.2, §7.2)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from itertools import cycle
from typing import Self

from chipid.errors import LdsError
from chipid.lds.dates import is_zone_date
from chipid.lds.mrz_format import FILLER, VISA, MrzFormat, characters_of
from chipid.lds.mrz_names import name_field

__all__ = ["DOCUMENT_NUMBER_SIZE", "FILLER", "Mrz", "MrzFormat", "check_digit", "mrz_information"]

DOCUMENT_NUMBER_SIZE = 9
TEXT_LIMIT = 1_000

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_VALUES = {character: value for value, character in enumerate(_ALPHABET)} | {FILLER: 0}
_WEIGHTS = (7, 3, 1)

_DOCUMENT_CODES = {MrzFormat.TD3: "P", MrzFormat.MRV_A: VISA, MrzFormat.MRV_B: VISA}
"""How a document code begins; in all other formats with A, C or I, or P in some that were issued."""


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
    :ivar birth_date: ``YYMMDD`` as it stands, unknown parts ``<``; *expiry_date* likewise. Six digits that are no day of the
        calendar are built as they are, since there are documents with such: :attr:`deviations` tells them.
    :ivar sex: ``M``, ``F``, ``X`` or ``<``.
    :ivar optional_data: of the line with the document number, or TD3's personal number. *optional_data_2*: TD1's second line alone.
    :ivar primary_identifier: name components separated by a space; *secondary_identifier* likewise.
    :ivar lines: as they stand, check digits included; computed where not given.
    :raises LdsError: an element that its place cannot hold, or a visa's document code (V) in another format; the message names the
        element, never its content.
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
        if self.format.rows == 2 and self.document_code.startswith(VISA) is not self.format.is_visa:
            raise LdsError("document_code begins with V in a visa, and nowhere else")
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

        ``document-code`` (A, C, I or P must come first; P for TD3, V for a visa), ``issuing-state``, ``nationality`` (fillers
        within or nothing there), ``birth-date``, ``expiry-date`` (no date), ``name`` (none).
        """
        checks = {
            "document-code": not re.match(_DOCUMENT_CODES.get(self.format, "[ACIP]"), self.document_code),
            "issuing-state": not re.fullmatch("[A-Z]{1,3}", self.issuing_state),
            "nationality": not re.fullmatch("[A-Z]{1,3}", self.nationality),
            "birth-date": not is_zone_date(self.birth_date),
            "expiry-date": not is_zone_date(self.expiry_date),
            "name": not self.primary_identifier,
        }
        return tuple(name for name, found in checks.items() if found)

    def _elements(self) -> dict[str, str]:
        return {item.name: getattr(self, item.name) for item in fields(self) if item.name not in ("format", "lines")}

    def __repr__(self) -> str:
        return f"<Mrz {self.format.title}>"


# Reading -----------------------------------------------------------------------------------------------------------


def _recognise(text: str) -> tuple[MrzFormat, str]:
    """Format and characters, without the white space that no zone holds."""
    if len(text) > TEXT_LIMIT:
        raise LdsError("far too long for a machine readable zone")
    lines = tuple(line for line in ("".join(row.split()) for row in text.splitlines()) if line)
    joined = "".join(lines)
    visa = joined.startswith(VISA)
    formats = [candidate for candidate in MrzFormat if candidate.rows != 2 or candidate.is_visa is visa]
    if len(lines) > 1:
        mrz_format = _format_of_lines(formats, lines)
        _require_lines(mrz_format, lines)
        return mrz_format, joined
    for mrz_format in formats:
        if len(joined) == mrz_format.size:
            return mrz_format, joined
    raise LdsError(f"a machine readable zone has 90, 72 or 88 characters, not {len(joined)}")


def _format_of_lines(formats: list[MrzFormat], lines: tuple[str, ...]) -> MrzFormat:
    """By the number of lines, and between the two with two lines by whose width they come nearer to."""
    candidates = [candidate for candidate in formats if candidate.rows == len(lines)]
    if not candidates:
        raise LdsError(f"a machine readable zone has 2 or 3 lines, not {len(lines)}")
    return min(candidates, key=lambda candidate: sum(abs(len(line) - candidate.width) for line in lines))


def _require_lines(mrz_format: MrzFormat, lines: tuple[str, ...]) -> None:
    for number, line in enumerate(lines, 1):
        if len(line) != mrz_format.width:
            raise LdsError(f"line {number} of the machine readable zone has {mrz_format.width} characters, not {len(line)}")
    if len(lines) != mrz_format.rows:
        raise LdsError(f"this machine readable zone has {mrz_format.rows} lines, not {len(lines)}")


def _require_characters(mrz_format: MrzFormat, text: str) -> None:
    for name, place in mrz_format.places.items():
        pattern, expected = characters_of(name)
        for offset, character in enumerate(text[place], place.start):
            if not pattern.fullmatch(character):
                line, before = divmod(offset, mrz_format.width)
                message = f"character {before + 1} in line {line + 1} of the machine readable zone must be {expected}"
                raise LdsError(message, offset=offset)


def _split(mrz_format: MrzFormat, text: str) -> tuple[str, ...]:
    return tuple(text[start : start + mrz_format.width] for start in range(0, len(text), mrz_format.width))


def _extract(mrz_format: MrzFormat, text: str) -> dict[str, str]:
    """The elements, by the names that :class:`Mrz` gives them."""
    raw = mrz_format.raw(text)
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
    (9303-5 §4.2.2, note j; 9303-6 likewise). TD3 and visas have no such rule.
    """
    number, check, optional = raw["document_number"], raw["document_number_check"], raw["optional_data"]
    head, _, behind = optional.partition(FILLER)
    if check == FILLER and mrz_format.has_long_numbers and FILLER not in number and re.fullmatch(r"[A-Z0-9]+[0-9]", head):
        return number + head[:-1], head[-1], behind.rstrip(FILLER)
    return number.rstrip(FILLER), check, optional.rstrip(FILLER)


def _checks(mrz_format: MrzFormat, text: str) -> dict[str, tuple[str, str]]:
    """What each check digit covers, and the digit that stands there."""
    raw = mrz_format.raw(text)
    number, number_check, _ = _long_number(mrz_format, raw)
    checks = {"document_number": (number.ljust(DOCUMENT_NUMBER_SIZE, FILLER), number_check)}
    for name in ("birth_date", "expiry_date", "optional_data"):
        if f"{name}_check" in raw:
            checks[name] = (raw[name], raw[f"{name}_check"])
    if "composite_check" in raw:
        checks["composite"] = (mrz_format.composite(text), raw["composite_check"])
    return checks


# Composing ---------------------------------------------------------------------------------------------------------


def _compose(mrz_format: MrzFormat, elements: Mapping[str, str]) -> str:
    """All lines, with check digits, from the elements."""
    places = mrz_format.places
    number, check, optional = _place_number(mrz_format, elements["document_number"], elements["optional_data"])
    primary, secondary = elements["primary_identifier"], elements["secondary_identifier"]
    if FILLER in primary + secondary:
        raise LdsError("primary_identifier and secondary_identifier separate their components with a space")
    raw = {
        **elements,
        "document_number": number,
        "document_number_check": check,
        "optional_data": optional,
        "name": name_field(primary, secondary),
    }
    if "optional_data_2" not in places and elements["optional_data_2"]:
        raise LdsError(f"{mrz_format.title} has no optional_data_2")
    text = [FILLER] * mrz_format.size
    for name, place in places.items():
        if name in raw:
            text[place] = _fill(name, raw[name], place.stop - place.start)
    for name, place in places.items():
        covered = name.removesuffix("_check")
        if covered in places and covered != name and name not in raw:
            text[place] = check_digit("".join(text[places[covered]]))
    if "composite_check" in places:
        text[places["composite_check"]] = check_digit(mrz_format.composite("".join(text)))
    return "".join(text)


def _fill(name: str, value: str, size: int) -> str:
    pattern, expected = characters_of(name)
    if len(value) > size:
        raise LdsError(f"{name} must be {expected}" if size == 1 else f"{name} has at most {size} characters")
    if not all(pattern.fullmatch(character) for character in value):
        raise LdsError(f"{name} holds another character than {expected}")
    return value.ljust(size, FILLER)


def _place_number(mrz_format: MrzFormat, number: str, optional: str) -> tuple[str, str, str]:
    """(document number's place, its check digit's place, optional data's place): the inverse of :func:`_long_number`."""
    if not set(number) <= _VALUES.keys():
        raise LdsError(f"document_number holds another character than {characters_of('document_number')[1]}")
    digit = check_digit(number.ljust(DOCUMENT_NUMBER_SIZE, FILLER))
    if len(number) <= DOCUMENT_NUMBER_SIZE:
        return number, digit, optional
    if not mrz_format.has_long_numbers:
        raise LdsError(f"document_number has at most {DOCUMENT_NUMBER_SIZE} characters in {mrz_format.title}")
    rest = number[DOCUMENT_NUMBER_SIZE:] + digit
    return number[:DOCUMENT_NUMBER_SIZE], FILLER, f"{rest}{FILLER}{optional}" if optional else rest
