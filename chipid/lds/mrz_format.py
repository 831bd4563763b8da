# SPDX-License-Identifier: Apache-2.0
"""Sizes of machine readable zones, and where each element stands (ICAO 9303 parts 4, 5, 6 §4.2.2; 9303-7 §4.2.2, §7.2.2)."""

from __future__ import annotations

import re
from enum import Enum
from itertools import accumulate, pairwise

FILLER = "<"
VISA = "V"

# Every element with its size, in order through all lines.
_UPPER = "document_code:2 issuing_state:3"
_HOLDER = "birth_date:6 birth_date_check:1 sex:1 expiry_date:6 expiry_date_check:1"
_NUMBER = "document_number:9 document_number_check:1"
_LAYOUTS = {
    "TD1": f"{_UPPER} {_NUMBER} optional_data:15 {_HOLDER} nationality:3 optional_data_2:11 composite_check:1 name:30",
    "TD2": f"{_UPPER} name:31 {_NUMBER} nationality:3 {_HOLDER} optional_data:7 composite_check:1",
    "TD3": f"{_UPPER} name:39 {_NUMBER} nationality:3 {_HOLDER} optional_data:14 optional_data_check:1 composite_check:1",
    "MRV-A": f"{_UPPER} name:39 {_NUMBER} nationality:3 {_HOLDER} optional_data:16",
    "MRV-B": f"{_UPPER} name:31 {_NUMBER} nationality:3 {_HOLDER} optional_data:8",
}
_OUTSIDE_COMPOSITE = {"document_code", "issuing_state", "name", "nationality", "sex", "composite_check"}


def _places(layout: str) -> dict[str, slice]:
    names, sizes = zip(*(element.split(":") for element in layout.split()), strict=True)
    return {name: slice(*place) for name, place in zip(names, pairwise(accumulate(map(int, sizes), initial=0)), strict=True)}


class MrzFormat(Enum):
    """Sizes of machine readable travel documents, visas among them.

    :ivar title: as Doc 9303 calls it. :ivar rows: lines of the zone. :ivar width: characters in each.
    :ivar places: of each element, counted through all lines, in their order.
    """

    TD1 = ("TD1", 3, 30)
    TD2 = ("TD2", 2, 36)
    TD3 = ("TD3", 2, 44)
    MRV_A = ("MRV-A", 2, 44)
    MRV_B = ("MRV-B", 2, 36)

    def __init__(self, title: str, rows: int, width: int) -> None:
        self.title = title
        self.rows = rows
        self.width = width
        self.places = _places(_LAYOUTS[title])

    @property
    def size(self) -> int:
        """Characters in the whole zone."""
        return self.rows * self.width

    @property
    def name_width(self) -> int:
        """Characters of the name field."""
        place = self.places["name"]
        return place.stop - place.start  # type: ignore[no-any-return]

    @property
    def is_visa(self) -> bool:
        """Whether it is a visa's: in two lines the first character alone tells it from TD2 or TD3."""
        return self.title.startswith("MRV")

    @property
    def has_long_numbers(self) -> bool:
        """Whether a document number of more than nine characters goes on in the optional data (9303-5 and 9303-6, note j)."""
        return self in (MrzFormat.TD1, MrzFormat.TD2)

    def raw(self, text: str) -> dict[str, str]:
        """What stands in each place of *text*, which is of this size."""
        return {name: text[place] for name, place in self.places.items()}

    def composite(self, text: str) -> str:
        """What the composite check digit covers: every number and date with its check digit, and the optional data."""
        return "".join(text[place] for name, place in self.places.items() if name not in _OUTSIDE_COMPOSITE)


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


def characters_of(name: str) -> tuple[re.Pattern[str], str]:
    """What one character of that element must match, and how to call it."""
    return _DIGITS if name.endswith("_check") else _CHARACTERS.get(name, _ANY)
