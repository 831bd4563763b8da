# SPDX-License-Identifier: Apache-2.0
"""Text from a chip on a terminal: what a hostile card writes must not steer the screen."""

from __future__ import annotations

import unicodedata

_KEPT = frozenset(" \n")
_STEERING = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Controls (escape sequences), formats (bidirectional overrides, zero-width characters), surrogates, separators of lines."""


def printable(text: str, *, one_line: bool = True) -> str:
    """*text* with every character that could steer a terminal, or hide, spelled out as ``\\u{…}``.

    :param one_line: spell out line breaks as well.
    """
    return "".join(_spelled(character, one_line) for character in text)


def _spelled(character: str, one_line: bool) -> str:
    if character in _KEPT:
        return f"\\u{{{ord(character):x}}}" if one_line and character == "\n" else character
    return f"\\u{{{ord(character):x}}}" if unicodedata.category(character) in _STEERING else character
