# SPDX-License-Identifier: Apache-2.0
"""What a file looks like that is nothing a trust store keeps, and what its owner may do about it."""

from __future__ import annotations

import re
from typing import Final

from chipid.crypto import asn1
from chipid.errors import ChipIdError
from chipid.pki.cms import LIST_CERTIFICATE_LIMIT, SignedData

_PACKED: Final = "It is a packed archive: unpack it, and name the folder."
_BEGINNINGS: Final[dict[bytes, str]] = {
    b"\x1f\x8b": _PACKED, b"BZh": _PACKED, b"\xfd7zXZ": _PACKED, b"7z\xbc\xaf": _PACKED, b"Rar!": _PACKED,
    b"%pdf": "It is a PDF document.",
    b"<!doctype html": "It is a web page: download the file itself, not the page that leads to it.",
    b"<html": "It is a web page: download the file itself, not the page that leads to it.",
    b"<": "It is XML or a web page: download the file itself, not the page that leads to it.",
}  # fmt: skip
_HEAD: Final = 512
_TAR: Final = slice(257, 262)
_BASE64: Final = re.compile(rb"MI[A-Za-z0-9+/\s]+[=\s]*")
_UNKNOWN: Final = "It is nothing that a trust store keeps."
_OTHER_OBJECT: Final = "It is DER or BER, and neither a certificate, nor a revocation list, nor a list of ICAO's."
_LONG_FORM: Final = 0x80
_LENGTH_OCTETS: Final = range(1, 8)


def described(raw: bytes) -> str:
    """A sentence on what *raw* looks like, and what to do about it where that is plain."""
    if not raw:
        return "It is empty."
    if raw[0] == asn1.SEQUENCE:
        return _announced(raw) or _OTHER_OBJECT
    if raw[_TAR] == b"ustar":
        return _PACKED
    head = raw[:_HEAD].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    for beginning, sentence in _BEGINNINGS.items():
        if head.startswith(beginning):
            return sentence
    if _BASE64.fullmatch(raw[:_HEAD].strip()):
        return "It is base64 without the lines BEGIN and END of PEM: decode it (base64 -d), and import that."
    return _UNKNOWN


def _announced(raw: bytes) -> str | None:
    """That an element is cut off, ``None`` where it is whole, or does not say how long it is."""
    first = raw[1] if len(raw) > 1 else 0
    count = first - _LONG_FORM if first >= _LONG_FORM else 0
    if len(raw) < 2 + count:
        return f"It is cut off: there are {len(raw)} octets. Fetch the file again."
    if count and count not in _LENGTH_OCTETS:
        return None
    if first == _LONG_FORM:
        return None
    whole = 2 + count + (int.from_bytes(raw[2 : 2 + count]) if count else first)
    return f"It is cut off: {whole} octets announced, {len(raw)} there. Fetch the file again." if len(raw) < whole else None


def bundled_certificates(raw: bytes) -> tuple[bytes, ...]:
    """The certificates of a CMS object that nobody signed and that holds nothing else (``.p7b``, RFC 5652 §5.1); none of another.

    It is one more wrapping, as PEM is: on whose word its certificates are trusted does not change by it.
    """
    try:
        signed = SignedData.parse(raw, certificate_limit=LIST_CERTIFICATE_LIMIT)
    except ChipIdError:
        return ()
    bare = not signed.signers and signed.content is None and not signed.has_revocation_lists
    return signed.certificate_octets if bare else ()
