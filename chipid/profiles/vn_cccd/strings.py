# SPDX-License-Identifier: Apache-2.0
"""The strings in DG13: of several ASN.1 types (X.680 §41), in a file that calls itself UTF-8."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from chipid.errors import LdsError
from chipid.iso7816.tlv import Tlv, build_tlv
from chipid.lds.der import PRINTABLE_STRING, UTF8_STRING, VISIBLE, VISIBLE_STRING
from chipid.normalisation import is_normalised

NUMERIC_STRING, IA5_STRING, BMP_STRING = 0x12, 0x16, 0x1E
_UTF_8, _UTF_16 = "utf-8", "utf-16-be"
_PRINTABLE = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 '()+,-./:=?")
_ASCII = frozenset(map(chr, range(0x80)))

STRING_TYPES: Mapping[int, tuple[str, frozenset[str] | None]] = {
    UTF8_STRING: (_UTF_8, None),
    PRINTABLE_STRING: (_UTF_8, _PRINTABLE),
    NUMERIC_STRING: (_UTF_8, frozenset("0123456789 ")),
    IA5_STRING: (_UTF_8, _ASCII),
    VISIBLE_STRING: (_UTF_8, VISIBLE),
    BMP_STRING: (_UTF_16, None),
}
"""By tag: the encoding, and the characters that the type has, ``None`` for all. UTF-8 is read in each that can hold it.

What the octets of a TeletexString stand for depends on whom one asks: it is not here, and stays raw.
"""

# Text that would steer a terminal, or turn around how the text beside it is shown, is none that a register holds.
_LINE_BREAKS = frozenset("\t\n\r")
_STEERING = frozenset("\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def read_string(tlv: Tlv) -> tuple[str, tuple[str, ...]]:
    """The text of a string as it is written, and what is odd about it.

    :param tlv: of a tag in :data:`STRING_TYPES`.
    :returns: with the text, ``characters`` where its type has not all of them, ``not-composed`` where it is not in form NFC.
    :raises TlvError: octets that are no text, or characters that steer a screen.
    """
    codec, alphabet = STRING_TYPES[tlv.tag]
    try:
        text = tlv.value.decode(codec)
    except UnicodeDecodeError:
        raise tlv.error(f"not {codec.upper()}") from None
    if not _is_text(text):
        raise tlv.error("characters that are no text")
    found = {
        "characters": alphabet is not None and not alphabet.issuperset(text),
        "not-composed": not is_normalised("NFC", text),
    }
    return text, tuple(word for word, is_so in found.items() if is_so)


def build_string(tag: int, text: str, name: str) -> bytes:
    """The inverse of :func:`read_string`.

    :param name: of the field, for the message.
    :raises LdsError: characters that the type has not, or that are no text.
    """
    codec, alphabet = STRING_TYPES[tag]
    if alphabet is not None and not alphabet.issuperset(text):
        raise LdsError(f"{name} holds characters that its string type has not")
    if not _is_text(text) or re.search("[\ud800-\udfff]", text):
        raise LdsError(f"{name} holds characters that no text has")
    return build_tlv(tag, text.encode(codec))


def _is_text(text: str) -> bool:
    return not any((unicodedata.category(c) == "Cc" and c not in _LINE_BREAKS) or c in _STEERING for c in text)
