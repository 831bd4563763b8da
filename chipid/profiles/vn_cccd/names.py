# SPDX-License-Identifier: Apache-2.0
"""Vietnamese names and words on their way to plain letters, for comparison alone (the zone itself: ``chipid.lds.mrz_names``)."""

from __future__ import annotations

import re

from chipid.normalisation import normalised

# These letters carry a stroke that no decomposition takes off. Eth and African D are what some keyboards give for Đ; several of
# the country's languages have Ƀ.
_STROKED = str.maketrans("đĐðÐɖƉƀɃ", "dDdDdDbB")

# Decomposed, in capitals: letters with a few marks each, and what stands between them in the names of any of these languages.
_NAME = re.compile(r"(?:[A-Z][\u0300-\u0338]{0,4}+|[ \u00a0'‘’ʻʼ`´.\-‐‑–])*+")


def transliterate_name(name: str) -> str:
    """The letters A–Z of *name*: decomposed, marks stripped, ``đ`` as ``d``, in capitals, without spaces or anything else."""
    return "".join(character for character in _decomposed(name) if "A" <= character <= "Z")


def is_name(text: str) -> bool:
    """Whether there is nothing in *text* but Latin letters, their marks, apostrophes, hyphens, full stops and spaces.

    Of such a text :func:`transliterate_name` drops nothing that a reader would take for a part of the name.
    """
    return _NAME.fullmatch(_decomposed(text)) is not None


def is_word(text: str, word: str) -> bool:
    """Whether *text* is *word* and nothing more: in any case, composed or not, with all marks or none, white space aside."""
    plain = " ".join(map(transliterate_name, word.split()))
    return bool(word) and _folded(text) in (_folded(word), _folded(plain))


def _decomposed(text: str) -> str:
    return normalised("NFD", text.translate(_STROKED)).upper()


def _folded(text: str) -> str:
    return " ".join(normalised("NFC", text).casefold().split())
