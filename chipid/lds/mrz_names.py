# SPDX-License-Identifier: Apache-2.0
"""Names on their way into the machine readable zone: transliteration and truncation (ICAO 9303-3 §4.6, §6; 9303-4 §4.2.3)."""

from __future__ import annotations

import unicodedata

from chipid.errors import LdsError

FILLER = "<"
SEPARATOR = FILLER * 2

# ICAO 9303-3 §6 A, where it says more than "drop the diacritic"; of its alternatives the first one.
_LETTERS = {
    "Ä": "AE",
    "Å": "AA",
    "Æ": "AE",
    "Ð": "D",
    "Đ": "D",
    "Ɖ": "D",
    "Ħ": "H",
    "Ĳ": "IJ",
    "Ŀ": "L",
    "Ł": "L",
    "Ŋ": "N",
    "Ö": "OE",
    "Ø": "OE",
    "Œ": "OE",
    "ẞ": "SS",
    "Þ": "TH",
    "Ŧ": "T",
    "Ü": "UE",
}
# ICAO 9303-3 §4.6: a hyphen or comma separates components, an apostrophe and every other mark vanishes.
_SEPARATORS = frozenset(",-\u00ad\u2010\u2011\u2012\u2013\u2014\u2015\u2212")
_LETTER_APOSTROPHES = frozenset("\u02b9\u02bb\u02bc\u02be\u02bf")
_MARK_CATEGORIES = frozenset(("Mn", "Pc", "Pd", "Pe", "Pf", "Pi", "Po", "Ps", "Sk"))

_KEPT_LETTERS = (2, 1)  # how many letters of a component truncation leaves, in its first and its second attempt


def mrz_identifier(name: str) -> str:
    """*name*, in Latin letters, as an identifier of the zone: A–Z, components separated by one space.

    Diacritics go, Vietnamese ones included (``Đ`` becomes ``D``); ``Ä Å Ø ß …`` become two letters as 9303-3 §6 recommends.

    :raises LdsError: a digit (9303-3 §4.6 has Roman numerals instead), or a letter of another script; ``offset`` counts characters.
    """
    composed = unicodedata.normalize("NFC", name)
    return " ".join("".join(_transliterate(character, place) for place, character in enumerate(composed)).split())


def name_field(primary: str, secondary: str, width: int) -> str:
    """The name field of *width* characters for two identifiers that fit.

    :raises LdsError: they do not: see :func:`truncate_identifiers`.
    """
    text = _join(primary, secondary)
    if len(text) > width:
        raise LdsError(f"the name has more than {width} characters")
    return text.ljust(width, FILLER)


def truncate_identifiers(primary: str, secondary: str, width: int) -> tuple[str, str]:
    """The two identifiers, shortened where they do not fit into *width* characters (9303-4 §4.2.3.2).

    The field is cut off where every component then still begins in it; otherwise components lose letters from the last one on, down
    to two, then to one; then the last ones go. An issuer may well choose differently: see :func:`abbreviates`.
    """
    text = _join(primary, secondary)
    if len(text) <= width:
        return primary, secondary
    components, given = primary.split(), secondary.split()
    last = len((given or components)[-1])
    if len(text) - last < width:
        cut = width - (len(text) - last)
        return (primary, secondary[: len(secondary) - last + cut]) if given else (primary[:width], "")
    _shorten(components, given, width)
    return " ".join(components), " ".join(given)


def abbreviates(identifiers: tuple[str, str], full: tuple[str, str], width: int) -> bool:
    """Whether (primary, secondary) *identifiers* of a name field of *width* characters can stand for the *full* ones.

    Either they are equal, or the field is full and each component is the beginning of its counterpart; only the last components of
    an identifier may be missing, and the primary one's first never (9303-4 §4.2.3.2 leaves issuers that much choice).
    """
    if identifiers == full:
        return True
    if len(_join(*identifiers)) < width:
        return False
    pairs = zip(identifiers, full, strict=True)
    return bool(identifiers[0]) and all(_begins(short.split(), whole.split()) for short, whole in pairs)


def _transliterate(character: str, place: int) -> str:
    """One character of a name: letters A–Z, a space, or nothing."""
    result = ""
    for letter in character.upper():
        parts = letter if letter in _LETTERS else unicodedata.normalize("NFD", letter)
        result += "".join(_plain(part, place) for part in parts)
    return result


def _plain(character: str, place: int) -> str:
    if "A" <= character <= "Z":
        return character
    if character in _LETTERS:
        return _LETTERS[character]
    if character in _SEPARATORS or character.isspace():
        return " "
    if character in _LETTER_APOSTROPHES or unicodedata.category(character) in _MARK_CATEGORIES:
        return ""
    raise LdsError("a character of the name has no place in a machine readable zone", offset=place)


def _join(primary: str, secondary: str) -> str:
    parts = (primary, secondary) if secondary else (primary,)
    return SEPARATOR.join(part.replace(" ", FILLER) for part in parts)


def _shorten(components: list[str], given: list[str], width: int) -> None:
    """In place, until both fit into *width*."""
    for kept in _KEPT_LETTERS:
        for names in (given, components):
            for index in reversed(range(len(names))):
                excess = len(_join(" ".join(components), " ".join(given))) - width
                names[index] = names[index][: max(kept, len(names[index]) - max(0, excess))]
    while len(_join(" ".join(components), " ".join(given))) > width and len(components) + len(given) > 1:
        (given if len(given) >= len(components) else components).pop()


def _begins(short: list[str], long: list[str]) -> bool:
    return len(short) <= len(long) and all(whole.startswith(part) for part, whole in zip(short, long, strict=False))
