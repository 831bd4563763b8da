# SPDX-License-Identifier: Apache-2.0
"""The description of a synthetic citizen and a test card, as JSON has it, read strictly.

Every message names the entry at fault and never repeats what stands in it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, TypeVar

from chipid.errors import MalformedData
from chipid.profiles.vn_cccd.dates import PartialDate, parse_written_date

TEXT_LIMIT = 1000
LIST_LIMIT = 16
SECTION_LIMIT = 8

_PARTIAL_DATE = "a date YYYY-MM-DD, YYYY-MM or YYYY"
_Word = TypeVar("_Word", bound=str)


class Description:
    """Takes the entries out of one JSON object, each with the type that it must have.

    Every method raises :class:`chipid.errors.MalformedData` for an entry that is missing or something else.

    :param where: what the object is, for messages; empty for the whole.
    """

    def __init__(self, content: object, where: str = "") -> None:
        self._where = where
        if not isinstance(content, Mapping) or not all(isinstance(key, str) for key in content):
            raise MalformedData(f"description: {where or 'the whole'} must be an object")
        self._left: dict[str, Any] = dict(content)

    def error(self, key: str, expected: str) -> MalformedData:
        """An error that names the entry."""
        return MalformedData(f"description: {self._path(key)} must be {expected}")

    def missing(self, key: str) -> MalformedData:
        """An error for an entry that must be there and is not."""
        return MalformedData(f"description: {self._path(key)} is missing")

    def optional_text(self, key: str, pattern: str = r"(?s).+", expected: str = "a text") -> str | None:
        """A text, ``None`` where it is absent or null."""
        value = self._left.pop(key, None)
        if value is None:
            return None
        if isinstance(value, str) and len(value) > TEXT_LIMIT:
            raise self.error(key, f"{expected}, of at most {TEXT_LIMIT} characters")
        if not _is_text(value) or not re.fullmatch(pattern, value):
            raise self.error(key, expected)
        return str(value)

    def text(self, key: str, pattern: str = r"(?s).+", expected: str = "a text") -> str:
        """A text that must be there."""
        value = self.optional_text(key, pattern, expected)
        if value is None:
            raise self.missing(key)
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts, empty where it is absent or null."""
        value = self._left.pop(key, None)
        if value is None:
            return ()
        if not isinstance(value, list | tuple) or len(value) > LIST_LIMIT:
            raise self.error(key, f"a list of at most {LIST_LIMIT} texts")
        if not all(text and _is_text(text) for text in value):
            raise self.error(key, f"a list of texts, of 1 to {TEXT_LIMIT} characters each")
        return tuple(value)

    def numbered_texts(self, key: str, numbers: range) -> dict[int, str]:
        """An object with texts by number, those of *numbers*; empty where it is absent or null."""
        inside = self.section(key)
        if inside is None:
            return {}
        found = {number: text for number in numbers if (text := inside.optional_text(str(number))) is not None}
        inside.finish()
        if len(found) > LIST_LIMIT:
            raise self.error(key, f"an object of at most {LIST_LIMIT} texts")
        return found

    def choice(self, key: str, choices: Sequence[_Word], default: _Word) -> _Word:
        """One of several words."""
        value = self._left.pop(key, default)
        if value not in choices:
            raise self.error(key, _one_of(choices))
        return next(choice for choice in choices if choice == value)

    def optional_choice(self, key: str, choices: Sequence[_Word]) -> _Word | None:
        """One of several words, ``None`` where it is absent or null."""
        return None if self._is_null(key) else self.choice(key, choices, choices[0])

    def number(self, key: str, choices: Sequence[int], default: int) -> int:
        """One of several numbers."""
        value = self._left.pop(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or value not in choices:
            raise self.error(key, _one_of(choices))
        return value

    def optional_number(self, key: str, choices: Sequence[int]) -> int | None:
        """One of several numbers, ``None`` where it is absent or null."""
        return None if self._is_null(key) else self.number(key, choices, choices[0])

    def flag(self, key: str, default: bool) -> bool:
        """True or false."""
        value = self._left.pop(key, default)
        if not isinstance(value, bool):
            raise self.error(key, "true or false")
        return value

    def flag_or_section(self, key: str, default: bool) -> bool | Description:
        """True or false, or an object that says more."""
        if isinstance(self._left.get(key), Mapping):
            return Description(self._left.pop(key), self._path(key))
        return self.flag(key, default)

    def choices(self, key: str, choices: Sequence[_Word], default: Sequence[_Word]) -> tuple[_Word, ...]:
        """Some of several words, each once; *default* where the entry is absent."""
        if key not in self:
            return tuple(default)
        words = self.texts(key)
        found = tuple(dict.fromkeys(choice for word in words for choice in choices if choice == word))
        if not words or len(found) != len(words):
            raise self.error(key, f"a list of some of {', '.join(choices)}")
        return found

    def optional_date(self, key: str) -> date | None:
        """``YYYY-MM-DD``, ``None`` where it is absent or null."""
        text = self.optional_text(key, r"[0-9]{4}-[0-9]{2}-[0-9]{2}", "a date YYYY-MM-DD")
        try:
            return date.fromisoformat(text) if text is not None else None
        except ValueError:
            raise self.error(key, "a day of the calendar") from None

    def date(self, key: str) -> date:
        """A date that must be there."""
        value = self.optional_date(key)
        if value is None:
            raise self.missing(key)
        return value

    def partial_date(self, key: str) -> PartialDate:
        """``YYYY-MM-DD``, or of it ``YYYY-MM`` or ``YYYY`` alone; it must be there."""
        found = self.optional_partial_date(key)
        if found is None:
            raise self.missing(key)
        return found

    def optional_partial_date(self, key: str) -> PartialDate | None:
        """As :meth:`partial_date`, ``None`` where it is absent or null."""
        text = self.optional_text(key, r"[0-9]{4}(-[0-9]{2}){0,2}", _PARTIAL_DATE)
        if text is None:
            return None
        found = parse_written_date("/".join(reversed(text.split("-"))))
        if found is None or None in (found.month, found.day)[: text.count("-")]:
            raise self.error(key, "a day of the calendar")
        return found

    def section(self, key: str) -> Description | None:
        """An object inside; empty where it is absent, ``None`` where it is null."""
        value = self._left.pop(key, {})
        return None if value is None else Description(value, self._path(key))

    def sections(self, key: str) -> tuple[Description, ...]:
        """One object or a list of some; a single empty one where it is absent, none where it is null."""
        value = self._left.get(key)
        if not isinstance(value, list | tuple):
            single = self.section(key)
            return () if single is None else (single,)
        del self._left[key]
        if not 1 <= len(value) <= SECTION_LIMIT:
            raise self.error(key, f"an object, or a list of 1 to {SECTION_LIMIT} objects")
        return tuple(Description(content, f"{self._path(key)}[{index}]") for index, content in enumerate(value))

    def __contains__(self, key: str) -> bool:
        return key in self._left

    def _is_null(self, key: str) -> bool:
        """Whether the entry is absent or null; null is taken out."""
        if self._left.get(key) is not None:
            return False
        self._left.pop(key, None)
        return True

    def _path(self, key: str) -> str:
        return f"{self._where}.{key}" if self._where else key

    def finish(self) -> None:
        """Raise where entries are left: a misspelt one would otherwise be passed over in silence."""
        if self._left:
            names = ", ".join(sorted(self._left)[:5])
            raise MalformedData(f"description: unknown entries{' in ' + self._where if self._where else ''}: {names}")


def _one_of(choices: Sequence[str] | Sequence[int]) -> str:
    if isinstance(choices, range):
        return f"a number from {choices[0]} to {choices[-1]}"
    return f"one of {', '.join(map(str, choices))}"


def _is_text(value: object) -> bool:
    """A text of bounded length; JSON can also spell halves of characters, which no file can hold."""
    return isinstance(value, str) and len(value) <= TEXT_LIMIT and not re.search("[\ud800-\udfff]", value)
