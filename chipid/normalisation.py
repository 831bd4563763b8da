# SPDX-License-Identifier: Apache-2.0
"""Unicode normalisation in linear time (UAX #15): the one place where texts of cards are normalised.

Putting combining marks into their order is quadratic in the length of a run of them, and a hostile text is one long run. Longer
runs than any language has are broken first, as the Stream-Safe Text Format breaks them (UAX #15 §13).
"""

from __future__ import annotations

import unicodedata
from typing import Literal

Form = Literal["NFC", "NFD", "NFKC", "NFKD"]

COMBINING_GRAPHEME_JOINER = "\u034f"
"""A starter that shows nothing: marks are never sorted across it."""
NON_STARTER_LIMIT = 30
"""UAX #15 §13: so many in a row; no known text of any language comes near."""


def normalised(form: Form, text: str) -> str:
    """*text* in a normalisation form.

    It is what :func:`unicodedata.normalize` gives, unless more than :data:`NON_STARTER_LIMIT` non-starters stand in a row: then
    U+034F stands in each such run, and two texts that differ in the order of its marks may stay different.

    :param form: ``NFC``, ``NFD``, ``NFKC`` or ``NFKD``.
    """
    return unicodedata.normalize(form, text if text.isascii() else _stream_safe(text))


def is_normalised(form: Form, text: str) -> bool:
    """Whether :func:`normalised` would change nothing.

    :param form: as there.
    """
    return normalised(form, text) == text


def _stream_safe(text: str) -> str:
    """*text* with a joiner wherever its compatibility decomposition would have more than 30 non-starters in a row."""
    parts: list[str] = []
    run = 0
    for character in text:
        leading, trailing, all_non_starters = _non_starters(character)
        if run + leading > NON_STARTER_LIMIT:
            parts.append(COMBINING_GRAPHEME_JOINER)
            run = 0
        parts.append(character)
        run = run + leading if all_non_starters else trailing
    return "".join(parts)


def _non_starters(character: str) -> tuple[int, int, bool]:
    """How many non-starters lead and trail in its compatibility decomposition, and whether there is nothing else in it."""
    if character < "\u00a0":
        return 0, 0, False
    classes = [unicodedata.combining(part) for part in unicodedata.normalize("NFKD", character)]
    leading = next((place for place, kind in enumerate(classes) if kind == 0), len(classes))
    trailing = next((place for place, kind in enumerate(reversed(classes)) if kind == 0), len(classes))
    return leading, trailing, leading == len(classes)
