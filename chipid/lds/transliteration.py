# SPDX-License-Identifier: Apache-2.0
"""Letters of the Latin, Cyrillic and Arabic scripts on their way into the machine readable zone (ICAO 9303-3 §6 A, B, C).

A letter may be written in several ways: the first is the one that is recommended for a new document, the others are accepted in
comparison.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from chipid.errors import LdsError
from chipid.normalisation import normalised

Spellings = tuple[str, ...]
"""The ways of writing one letter in the zone, the recommended one first; ``""`` where it may be left out."""

# A, where it says more than "drop the diacritic". Eth and African D are what some keyboards give for Đ.
_LATIN = {
    "Ä": "AE A", "Å": "AA A", "Æ": "AE", "Ð": "D", "Đ": "D", "Ɖ": "D", "Ħ": "H", "Ĳ": "IJ", "Ŀ": "L", "Ł": "L", "Ñ": "N NXX",
    "Ŋ": "N", "Ö": "OE O", "Ø": "OE", "Œ": "OE", "ẞ": "SS", "Þ": "TH", "Ŧ": "T", "Ü": "UE UXX U",
}  # fmt: skip

# B. It prints Ћ and Ѓ under the numbers of letters that look like them (0402, 04BA, 0492): both are here. It says nothing of Ь,
# which documents leave out.
_CYRILLIC = {
    "Ё": "E IO", "Ђ": "D", "Є": "IE YE", "Ѕ": "DZ", "І": "I", "Ї": "I YI", "Ј": "J", "Љ": "LJ", "Њ": "NJ", "Ћ": "C D",
    "Ќ": "K KJ", "Ў": "U", "Џ": "DZ DJ", "А": "A", "Б": "B", "В": "V", "Г": "G H", "Ѓ": "G GJ", "Д": "D", "Е": "E", "Ж": "ZH Z",
    "З": "Z", "И": "I Y", "Й": "I Y", "К": "K", "Л": "L", "М": "M", "Н": "N", "О": "O", "П": "P", "Р": "R", "С": "S", "Т": "T",
    "У": "U", "Ф": "F", "Х": "KH H", "Ц": "TS C", "Ч": "CH C", "Ш": "SH S", "Щ": "SHCH SHT", "Ъ": "IE", "Ы": "Y", "Ь": "-",
    "Э": "E", "Ю": "IU YU", "Я": "IA YA", "Ѫ": "U", "Ѵ": "Y", "Ґ": "G", "Ғ": "G GJ", "Һ": "C",
}  # fmt: skip
_BY_LANGUAGE = {
    "be": {"Ё": "IO", "Г": "H"},
    "bg": {"Щ": "SHT"},
    "mk": {"Ќ": "KJ", "Џ": "DJ", "Ѓ": "GJ", "Ғ": "GJ", "Х": "H", "Ц": "C"},
    "sr": {"Г": "H", "Ж": "Z", "Х": "H", "Ц": "C", "Ч": "C", "Ш": "S"},
    "uk": {"Г": "H", "И": "Y"},
}
_BY_LANGUAGE_FIRST = {"uk": {"Є": "YE", "Ї": "YI", "Й": "Y", "Ю": "YU", "Я": "YA"}}

# C, and appendix B §B.5.6 for 06A4 and 06A5. Farsi yeh looks like alef maksura and is read as yeh.
_ARABIC = {
    0x0621: "XE", 0x0622: "XAA", 0x0623: "XAE", 0x0624: "U", 0x0625: "I", 0x0626: "XI", 0x0627: "A", 0x0628: "B", 0x0629: "XTA XAH",
    0x062A: "T", 0x062B: "XTH", 0x062C: "J", 0x062D: "XH", 0x062E: "XKH", 0x062F: "D", 0x0630: "XDH", 0x0631: "R", 0x0632: "Z",
    0x0633: "S", 0x0634: "XSH", 0x0635: "XSS", 0x0636: "XDZ", 0x0637: "XTT", 0x0638: "XZZ", 0x0639: "E", 0x063A: "G", 0x0640: "-",
    0x0641: "F", 0x0642: "Q", 0x0643: "K", 0x0644: "L", 0x0645: "M", 0x0646: "N", 0x0647: "H", 0x0648: "W", 0x0649: "XAY",
    0x064A: "Y", 0x0671: "XXA", 0x0679: "XXT", 0x067C: "XRT", 0x067E: "P", 0x0681: "XKE", 0x0685: "XXH", 0x0686: "XC",
    0x0688: "XXD", 0x0689: "XDR", 0x0691: "XXR", 0x0693: "XRR", 0x0696: "XRX", 0x0698: "XJ", 0x069A: "XXS", 0x069C: "-",
    0x06A2: "-", 0x06A4: "XV", 0x06A5: "XF", 0x06A7: "-", 0x06A8: "-", 0x06A9: "XKK", 0x06AB: "XXK", 0x06AD: "XNG", 0x06AF: "XGG",
    0x06BA: "XNN", 0x06BC: "XXN", 0x06BE: "XDO", 0x06C0: "XYH", 0x06C1: "XXG", 0x06C2: "XGE", 0x06C3: "XTG", 0x06CC: "XYA Y XAY",
    0x06CD: "XXY", 0x06D0: "Y", 0x06D2: "XYB", 0x06D3: "XBE",
}  # fmt: skip
_TEH_MARBUTA = ("XTA", "XAH")
_SHADDA = "\u0651"

# ICAO 9303-3 §4.6: a hyphen or comma separates components, an apostrophe and every other mark vanishes.
_SEPARATORS = frozenset(",-\u00ad\u2010\u2011\u2012\u2013\u2014\u2015\u2212")
_LETTER_APOSTROPHES = frozenset("\u02b9\u02bb\u02bc\u02be\u02bf")
_MARK_CATEGORIES = frozenset(("Mn", "Pc", "Pd", "Pe", "Pf", "Pi", "Po", "Ps", "Sk"))


def _spellings(entry: str) -> Spellings:
    return tuple("" if way == "-" else way for way in entry.split())


_LETTERS = {
    letter: _spellings(entry)
    for letter, entry in (_LATIN | _CYRILLIC | {chr(code): entry for code, entry in _ARABIC.items()}).items()
}


def transliterate(name: str, language: str = "") -> list[list[Spellings]]:
    """The components of *name*, each as its letters in order, each letter in all its spellings.

    :param language: ISO 639-1 code where a language writes Cyrillic in its own way: ``be``, ``bg``, ``mk``, ``sr``, ``uk``.
    :raises LdsError: a digit (9303-3 §4.6 has Roman numerals instead), or a letter of another script than Latin, Cyrillic and
        Arabic; ``offset`` counts characters.
    """
    components: list[list[Spellings]] = [[]]
    for place, character in enumerate(normalised("NFC", name)):
        if character in _SEPARATORS or character.isspace():
            components.append([])
        elif character == _SHADDA:
            components[-1] += [(letter[0], "") for letter in components[-1][-1:]]
        else:
            components[-1] += _letter(character, language, first=not components[-1], place=place)
    return [_last_teh_marbuta(component) for component in components if component]


def _letter(character: str, language: str, *, first: bool, place: int) -> Iterable[Spellings]:
    """The letters A–Z for one character of a name; none for a mark."""
    for letter in character.upper():
        own = _BY_LANGUAGE.get(language, {}) | (_BY_LANGUAGE_FIRST.get(language, {}) if first else {})
        if letter in own:
            # What the language has comes first, what others have is still accepted.
            yield tuple(dict.fromkeys((own[letter], *_LETTERS[letter])))
        elif letter in _LETTERS:
            yield from ([_LETTERS[letter]] if _LETTERS[letter] != ("",) else [])
        else:
            yield from _decomposed(letter, place)


def _decomposed(letter: str, place: int) -> Iterable[Spellings]:
    for part in normalised("NFD", letter):
        if "A" <= part <= "Z":
            yield (part,)
        elif part in _LETTERS:
            yield _LETTERS[part]
        elif part not in _LETTER_APOSTROPHES and unicodedata.category(part) not in _MARK_CATEGORIES:
            message = "a character of the name is no Latin, Cyrillic or Arabic letter that has a place in a machine readable zone"
            raise LdsError(message, offset=place)


def _last_teh_marbuta(component: list[Spellings]) -> list[Spellings]:
    """At the end of a component it is written the other way (footnote 2 of §6 C)."""
    return [*component[:-1], component[-1][::-1]] if component[-1] == _TEH_MARBUTA else component
