# SPDX-License-Identifier: Apache-2.0
"""Text from a chip on a terminal: what a hostile card writes must not steer the screen."""

from __future__ import annotations

import unicodedata

_STEERING = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"})
"""Controls (escape sequences), formats (bidirectional overrides, zero-width characters), surrogates, separators of lines, and
spaces that are not the space."""
_INVISIBLE = frozenset(
    map(chr, (0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0, *range(0x180B, 0x1810)))
) | frozenset(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
"""Letters and marks that show nothing: Unicode's default ignorable ones (DerivedCoreProperties), and the empty Braille pattern."""
_MARKS_MAX = 4
"""Marks on one letter; Vietnamese has two, no script needs more than these, and a tower of them covers the lines above."""


def printable(text: str, *, one_line: bool = True) -> str:
    """*text* with every character that could steer a terminal, or hide, spelled out as ``\\u{…}``.

    :param one_line: spell out line breaks as well.
    """
    kept = " " if one_line else " \n"
    marks, spelled = 0, []
    for character in text:
        category = unicodedata.category(character)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        hides = category in _STEERING or character in _INVISIBLE or marks > _MARKS_MAX
        spelled.append(f"\\u{{{ord(character):x}}}" if hides and character not in kept else character)
    return "".join(spelled)
