# SPDX-License-Identifier: Apache-2.0
"""Names on their way into the machine readable zone: identifiers and their truncation (ICAO 9303-3 §4.6, 9303-4 §4.2.3)."""

from __future__ import annotations

from chipid.lds.mrz_format import FILLER
from chipid.lds.transliteration import Spellings, transliterate

SEPARATOR = FILLER * 2

_KEPT_LETTERS = (2, 1)  # how many letters of a component truncation leaves, in its first and its second attempt


def mrz_identifier(name: str, language: str = "") -> str:
    """*name* as an identifier of the zone: A–Z, components separated by one space.

    Diacritics go, Vietnamese ones included (``Đ`` becomes ``D``); ``Ä Å Ø ß …`` become two letters, Cyrillic and Arabic letters one
    or more, as 9303-3 §6 recommends.

    :param language: ISO 639-1 code where a language writes Cyrillic in its own way: ``be``, ``bg``, ``mk``, ``sr``, ``uk``.
    :raises LdsError: a digit (9303-3 §4.6 has Roman numerals instead), or a letter of another script; ``offset`` counts characters.
    """
    return " ".join("".join(letter[0] for letter in component) for component in transliterate(name, language))


def name_field(primary: str, secondary: str) -> str:
    """The name field for two identifiers, without the fillers behind them."""
    parts = (primary, secondary) if secondary else (primary,)
    return SEPARATOR.join(part.replace(" ", FILLER) for part in parts)


def truncate_identifiers(primary: str, secondary: str, width: int) -> tuple[str, str]:
    """The two identifiers, shortened where they do not fit into *width* characters (9303-4 §4.2.3.2).

    The field is cut off where every component then still begins in it; otherwise components lose letters from the last one on, down
    to two, then to one; then the last ones go. An issuer may well choose differently: see :func:`abbreviates`.
    """
    text = name_field(primary, secondary)
    if len(text) <= width:
        return primary, secondary
    components, given = primary.split(), secondary.split()
    last = len((given or components)[-1])
    if len(text) - last < width:
        cut = width - (len(text) - last)
        return (primary, secondary[: len(secondary) - last + cut]) if given else (primary[:width], "")
    _shorten(components, given, width)
    return " ".join(components), " ".join(given)


def abbreviates(identifiers: tuple[str, str], names: tuple[str, str], width: int) -> bool:
    """Whether (primary, secondary) *identifiers* of a name field of *width* characters can stand for the *names*.

    Either they are equal, or the field is full and each component is the beginning of its counterpart; only the last components of
    an identifier may be missing, and the primary one's first never (9303-4 §4.2.3.2 leaves issuers that much choice).

    :param names: as written, or as identifiers. Each transliteration that 9303-3 §6 allows is accepted: ``MUELLER``, ``MUXXLLER``
        and ``MULLER`` stand for ``Müller``.
    :raises LdsError: a name that no zone can hold, as in :func:`mrz_identifier`.
    """
    pairs = [(short.split(), transliterate(name)) for short, name in zip(identifiers, names, strict=True)]
    if all(_begins(short, whole, cut=False) for short, whole in pairs):
        return True
    return len(name_field(*identifiers)) >= width and bool(identifiers[0]) and all(_begins(*pair, cut=True) for pair in pairs)


def _shorten(components: list[str], given: list[str], width: int) -> None:
    """In place, until both fit into *width*."""
    for kept in _KEPT_LETTERS:
        for names in (given, components):
            for index in reversed(range(len(names))):
                excess = len(name_field(" ".join(components), " ".join(given))) - width
                names[index] = names[index][: max(kept, len(names[index]) - max(0, excess))]
    while len(name_field(" ".join(components), " ".join(given))) > width and len(components) + len(given) > 1:
        (given if len(given) >= len(components) else components).pop()


def _begins(short: list[str], whole: list[list[Spellings]], *, cut: bool) -> bool:
    """Whether *short* spells the components of *whole*; where it was *cut*, their beginnings, and perhaps not the last ones."""
    if len(short) > len(whole) or (len(short) < len(whole) and not cut):
        return False
    return all(_spells(text, letters, cut=cut) for text, letters in zip(short, whole, strict=False))


def _spells(text: str, letters: list[Spellings], *, cut: bool) -> bool:
    """All ways at once: how far into *text* the letters so far can have come."""
    reached = {0}
    for letter in letters:
        if cut and any(way.startswith(text[place:]) for place in reached for way in letter):
            return True
        reached = {place + len(way) for place in reached for way in letter if text.startswith(way, place)}
    return len(text) in reached
