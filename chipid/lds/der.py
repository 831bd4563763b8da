# SPDX-License-Identifier: Apache-2.0
"""The few ASN.1 types of ICAO 9303's files (X.690 §8), read from data objects and built in DER."""

from __future__ import annotations

from chipid.errors import LdsError
from chipid.iso7816.tlv import Tlv, build_tlv

INTEGER = 0x02
OCTET_STRING = 0x04
NULL = 0x05
OBJECT_IDENTIFIER = 0x06
UTF8_STRING = 0x0C
PRINTABLE_STRING = 0x13
VISIBLE_STRING = 0x1A
SEQUENCE = 0x30
SET = 0x31

VISIBLE = frozenset(map(chr, range(0x20, 0x7F)))
"""The characters of a VisibleString (X.680 §41.1)."""

INTEGER_SIZE_LIMIT = 8
OID_SIZE_LIMIT = 64
STRING_SIZE_LIMIT = 64

_PRINTABLE = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 '()+,-./:=?")


def read_integer(tlv: Tlv) -> int:
    """The value of an INTEGER of at most 8 octets; leading zeros are tolerated.

    :raises TlvError: *tlv* is none.
    """
    value = tlv.value
    if tlv.tag != INTEGER or not 1 <= len(value) <= INTEGER_SIZE_LIMIT:
        raise tlv.error("not an INTEGER of 1 to 8 octets")
    return int.from_bytes(value, "big", signed=True)


def read_oid(tlv: Tlv) -> str:
    """The dotted form of an OBJECT IDENTIFIER (X.690 §8.19).

    :raises TlvError: *tlv* is none.
    """
    value = tlv.value
    if tlv.tag != OBJECT_IDENTIFIER or not 1 <= len(value) <= OID_SIZE_LIMIT or value[-1] & 0x80:
        raise tlv.error("not an OBJECT IDENTIFIER")
    arcs: list[int] = []
    arc, first = 0, True
    for octet in value:
        if first and octet == 0x80:
            raise tlv.error("not an OBJECT IDENTIFIER")
        arc, first = arc << 7 | octet & 0x7F, not octet & 0x80
        if first:
            arcs.append(arc)
            arc = 0
    root = min(arcs[0] // 40, 2)
    return ".".join(str(number) for number in (root, arcs[0] - 40 * root, *arcs[1:]))


def read_printable(tlv: Tlv) -> str:
    """The text of a PrintableString of at most 64 characters.

    :raises TlvError: *tlv* is none.
    """
    value = tlv.value
    if tlv.tag != PRINTABLE_STRING or len(value) > STRING_SIZE_LIMIT or not _PRINTABLE.issuperset(value):
        raise tlv.error("not a PrintableString")
    return value.decode("ascii")


def build_integer(value: int) -> bytes:
    """An INTEGER in DER."""
    return build_tlv(INTEGER, integer_octets(value))


def integer_octets(value: int) -> bytes:
    """The value field of an INTEGER in DER, for those with a tag of their own."""
    # One bit more than the magnitude, for the sign; -128 is the odd one that needs none.
    magnitude = value if value >= 0 else ~value
    return value.to_bytes(magnitude.bit_length() // 8 + 1, "big", signed=True)


def build_oid(oid: str) -> bytes:
    """An OBJECT IDENTIFIER in DER from its dotted form.

    :raises LdsError: *oid* is none.
    """
    parts = oid.split(".")
    if len(parts) < 2 or not all(part.isascii() and part.isdigit() for part in parts):
        raise LdsError("not a dotted object identifier")
    root, second, *arcs = (int(part) for part in parts)
    if root > 2 or (root < 2 and second > 39):
        raise LdsError("not a dotted object identifier")
    return build_tlv(OBJECT_IDENTIFIER, b"".join(_base128(arc) for arc in (40 * root + second, *arcs)))


def build_printable(text: str) -> bytes:
    """A PrintableString.

    :raises LdsError: *text* has other characters, or more than 64.
    """
    if len(text) > STRING_SIZE_LIMIT or not text.isascii() or not _PRINTABLE.issuperset(text.encode("ascii")):
        raise LdsError("not a PrintableString")
    return build_tlv(PRINTABLE_STRING, text.encode("ascii"))


def _base128(arc: int) -> bytes:
    octets = [arc & 0x7F]
    while arc := arc >> 7:
        octets.append(0x80 | arc & 0x7F)
    return bytes(reversed(octets))
