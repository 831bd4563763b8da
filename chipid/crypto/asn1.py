# SPDX-License-Identifier: Apache-2.0
"""ASN.1 in BER (X.690): values are read from the octets as they stand and never re-encoded behind the caller's back.

A signature covers octets, so a reader that keeps them serves better here than a tree of decoded objects: every element knows where
it starts and ends in its source, decoding is on demand, and nothing raises anything but :class:`chipid.errors.MalformedData`.
Indefinite lengths and constructed strings are read, since real documents hold them; :func:`is_der` tells them apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache

from chipid._native import NativeError, tlv_read
from chipid.errors import MalformedData

BOOLEAN, INTEGER, BIT_STRING, OCTET_STRING, NULL, OBJECT_IDENTIFIER = 0x01, 0x02, 0x03, 0x04, 0x05, 0x06
SEQUENCE, SET = 0x30, 0x31
UTC_TIME, GENERALIZED_TIME = 0x17, 0x18
CONSTRUCTED = 0x20

INTEGER_SIZE_MAX = 1280
"""Octets of an INTEGER that is taken for a number: more than any key's, and few enough to be written in decimal."""
_DEPTH_LIMIT = 32
_OID_LIMIT = 64
_REASONS = {
    "tlv-truncated": "the data end before the element does",
    "tlv-tag": "not a tag",
    "tlv-length": "not a length",
    "tlv-depth": "elements nested too deeply",
}
_UTC_TIME = re.compile(rb"(\d{10})(\d\d)?(Z|[+-]\d{4})")
_GENERALIZED_TIME = re.compile(rb"(\d{12})(\d\d)?(?:[.,]\d{1,9})?(Z|[+-]\d{4})?")


@dataclass(frozen=True, slots=True)
class Element:
    """One encoded value inside *source*.

    :ivar tag: its identifier octets as a number, e.g. ``0x30``.
    :ivar offset: where they start, in octets from the start of *source*.
    :ivar failure: the class that its errors are of.
    """

    source: bytes = field(repr=False)
    tag: int
    offset: int
    value_start: int
    value_end: int
    end: int
    failure: type[MalformedData] = MalformedData

    @property
    def value(self) -> bytes:
        """The contents octets."""
        return self.source[self.value_start : self.value_end]

    @property
    def raw(self) -> bytes:
        """Identifier, length and contents, as they stand."""
        return self.source[self.offset : self.end]

    def children(self) -> Reader:
        """A reader over the elements inside a constructed one."""
        if not _is_constructed(self.tag):
            raise self.error("a constructed element is expected")
        return Reader(self.source, self.failure, self.value_start, self.value_end)

    def only_child(self, tag: int) -> Element:
        """The one element inside, as under an EXPLICIT tag."""
        reader = self.children()
        child = reader.expect(tag)
        reader.finish()
        return child

    def error(self, message: str) -> MalformedData:
        """An error that points here."""
        return self.failure(message, offset=self.offset)

    def integer(self) -> int:
        """An INTEGER, two's complement, of at most :data:`INTEGER_SIZE_MAX` octets."""
        size = self.value_end - self.value_start
        if not size:
            raise self.error("an INTEGER without octets")
        if size > INTEGER_SIZE_MAX:
            raise self.error(f"an INTEGER of {size} octets, more than {INTEGER_SIZE_MAX}")
        return int.from_bytes(self.value, "big", signed=True)

    def natural(self) -> bytes:
        """A positive INTEGER as octets without leading zeros.

        One whose sign bit was taken for a value bit is common enough to be read as it was meant.
        """
        octets = self.value.lstrip(b"\0")
        if not octets:
            raise self.error("a positive INTEGER is expected")
        return octets

    def boolean(self) -> bool:
        """A BOOLEAN."""
        if self.value_end - self.value_start != 1:
            raise self.error("a BOOLEAN has one octet")
        return self.value != b"\0"

    def oid(self) -> str:
        """An OBJECT IDENTIFIER, dotted."""
        text = _dotted(self.value)
        if text is None:
            raise self.error("not an OBJECT IDENTIFIER")
        return text

    def octets(self, depth: int = 0) -> bytes:
        """An OCTET STRING, put together where it is constructed (X.690 §8.7.3); the tag itself may be an IMPLICIT one."""
        if not _is_constructed(self.tag):
            return self.value
        return b"".join(part.octets(depth + 1) for part in self._parts(OCTET_STRING, depth))

    def bits(self) -> bytes:
        """A BIT STRING of whole octets, such as a key or a signature."""
        octets, unused = self.bit_string()
        if unused:
            raise self.error("a BIT STRING of whole octets is expected")
        return octets

    def bit_string(self) -> tuple[bytes, int]:
        """A BIT STRING: its octets, and how many bits of the last one are unused."""
        value = self.value
        if not value or value[0] > 7 or (value[0] and len(value) == 1):
            raise self.error("not a BIT STRING")
        return value[1:], value[0]

    def time(self) -> datetime:
        """A UTCTime (years 1950–2049) or GeneralizedTime, in UTC."""
        try:
            moment = _utc_time(self.value) if self.tag == UTC_TIME else _generalized_time(self.value)
        except (ValueError, OverflowError):
            moment = None
        if moment is None:
            raise self.error("not a time")
        return moment

    def _parts(self, tag: int, depth: int) -> list[Element]:
        if depth >= _DEPTH_LIMIT:
            raise self.error("a string nested too deeply")
        parts = list(self.children())
        if any(part.tag not in (tag, tag | CONSTRUCTED) for part in parts):
            raise self.error("a constructed string of other parts than its own kind")
        return parts


class Reader:
    """Reads elements one after another from ``source[start:end]``, and cannot run past the end.

    :param failure: the class of error for octets that are not what is asked for; the elements hand it on.
    """

    def __init__(self, source: bytes, failure: type[MalformedData] = MalformedData, start: int = 0, end: int | None = None) -> None:
        self._source = source
        self._failure = failure
        self._next = start
        self._end = len(source) if end is None else end

    @property
    def at_end(self) -> bool:
        """Whether everything has been read."""
        return self._next >= self._end

    def read(self) -> Element:
        """The next element."""
        try:
            tag, value_start, value_end, following = tlv_read(self._source, self._next, self._end)
        except NativeError as error:
            raise self._failure(_REASONS.get(error.code, error.code), offset=self._next) from None
        element = Element(self._source, tag, self._next, value_start, value_end, following, self._failure)
        self._next = following
        return element

    def peek(self) -> int | None:
        """The next element's tag, ``None`` at the end."""
        if self.at_end:
            return None
        here = self._next
        tag = self.read().tag
        self._next = here
        return tag

    def expect(self, *tags: int) -> Element:
        """The next element, which must have one of *tags*."""
        if self.at_end:
            raise self.error(f"an element {tags[0]:02X} is missing")
        here = self._next
        element = self.read()
        if element.tag not in tags:
            self._next = here
            raise self.error(f"an element {tags[0]:02X} is expected, {element.tag:02X} is there")
        return element

    def optional(self, *tags: int) -> Element | None:
        """The next element if it has one of *tags*, otherwise ``None`` and nothing is read."""
        return self.read() if self.peek() in tags else None

    def sequence(self) -> Reader:
        """A reader over the SEQUENCE that comes next."""
        return self.expect(SEQUENCE).children()

    def octet_string(self) -> bytes:
        """The OCTET STRING that comes next."""
        return self.expect(OCTET_STRING, OCTET_STRING | CONSTRUCTED).octets()

    def finish(self) -> None:
        """Raise unless everything has been read."""
        if not self.at_end:
            raise self.error(f"{self._end - self._next} octets too many")

    def error(self, message: str) -> MalformedData:
        """An error that points to the next element."""
        return self._failure(message, offset=self._next)

    def __iter__(self) -> Iterator[Element]:
        while not self.at_end:
            yield self.read()


def parse(source: bytes, tag: int, failure: type[MalformedData] = MalformedData) -> Element:
    """The one element that *source* is, nothing behind it.

    :raises MalformedData: anything else, as *failure*.
    """
    reader = Reader(source, failure)
    element = reader.expect(tag)
    reader.finish()
    return element


def is_der(element: Element, depth: int = 0) -> bool:
    """Whether all lengths inside are definite and minimal, and all strings primitive (X.690 §10)."""
    if not has_der_header(element):
        return False
    if not _is_constructed(element.tag):
        return True
    if depth >= _DEPTH_LIMIT or element.tag in (OCTET_STRING | CONSTRUCTED, BIT_STRING | CONSTRUCTED):
        return False
    try:
        return all(is_der(child, depth + 1) for child in element.children())
    except MalformedData:
        return False


def has_der_header(element: Element) -> bool:
    """Whether the element's own length is definite and minimal (X.690 §10.1), whatever is inside."""
    size = element.value_end - element.value_start
    return element.end == element.value_end and element.value_start - element.offset == _tag_size(element.tag) + len(_length(size))


def to_der(element: Element, *, sort_sets: bool, depth: int = 0) -> bytes:
    """The same value with definite, minimal lengths, and the elements of each SET in DER's order if asked (X.690 §10.1, §11.6).

    :raises MalformedData: it is nested too deeply, or does not parse.
    """
    if not _is_constructed(element.tag):
        return encode(element.tag, element.value)
    if depth >= _DEPTH_LIMIT:
        raise element.error("elements nested too deeply")
    if element.tag == OCTET_STRING | CONSTRUCTED:
        return encode(OCTET_STRING, element.octets())
    children = [to_der(child, sort_sets=sort_sets, depth=depth + 1) for child in element.children()]
    if sort_sets and element.tag == SET:
        children.sort()
    return encode(element.tag, *children)


# Encoding, always DER ------------------------------------------------------------------------------------------------


def encode(tag: int, *values: bytes) -> bytes:
    """Identifier octets, minimal definite length, and the values one after another."""
    value = b"".join(values)
    return tag.to_bytes(_tag_size(tag), "big") + _length(len(value)) + value


def sequence(*elements: bytes) -> bytes:
    """A SEQUENCE."""
    return encode(SEQUENCE, *elements)


def set_of(*elements: bytes) -> bytes:
    """A SET OF, in DER's order (X.690 §11.6)."""
    return encode(SET, *sorted(elements))


def integer(value: int) -> bytes:
    """An INTEGER, two's complement, minimal."""
    return encode(INTEGER, value.to_bytes((value if value >= 0 else ~value).bit_length() // 8 + 1, "big", signed=True))


def unsigned(value: int) -> bytes:
    """A number that is not negative, in as few octets as it takes, at least one; no element around it."""
    return value.to_bytes((value.bit_length() + 7) // 8 or 1, "big")


def oid(dotted: str) -> bytes:
    """An OBJECT IDENTIFIER from its dotted form; raises ``ValueError`` for a text that is none."""
    first, second, *rest = (int(arc) for arc in dotted.split("."))
    if min(first, second, *rest) < 0 or first > 2 or (first < 2 and second >= 40):
        raise ValueError(f"not an object identifier: {dotted}")
    return encode(OBJECT_IDENTIFIER, *(_base_128(arc) for arc in (40 * first + second, *rest)))


def octet_string(value: bytes) -> bytes:
    """An OCTET STRING."""
    return encode(OCTET_STRING, value)


def bit_string(value: bytes, unused: int = 0) -> bytes:
    """A BIT STRING whose last octet has *unused* bits."""
    return encode(BIT_STRING, bytes((unused,)), value)


def null() -> bytes:
    """NULL."""
    return encode(NULL)


def time(moment: datetime) -> bytes:
    """A time as certificates hold it: UTCTime through 2049, GeneralizedTime from 2050 (RFC 5280 §4.1.2.5)."""
    moment = moment.astimezone(UTC)
    if 1950 <= moment.year < 2050:
        return encode(UTC_TIME, f"{moment:%y%m%d%H%M%S}Z".encode())
    return encode(GENERALIZED_TIME, generalized_time(moment))


def generalized_time(moment: datetime) -> bytes:
    """The contents octets of a GeneralizedTime, whole seconds, UTC."""
    moment = moment.astimezone(UTC)
    return f"{moment.year:04}{moment:%m%d%H%M%S}Z".encode()


# Parts ---------------------------------------------------------------------------------------------------------------


def _is_constructed(tag: int) -> bool:
    return bool(tag >> 8 * (_tag_size(tag) - 1) & CONSTRUCTED)


def _tag_size(tag: int) -> int:
    return (tag.bit_length() + 7) // 8 or 1


def _length(size: int) -> bytes:
    if size < 0x80:
        return bytes((size,))
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((0x80 | len(octets),)) + octets


def _base_128(arc: int) -> bytes:
    octets = [arc & 0x7F]
    while arc := arc >> 7:
        octets.append(0x80 | arc & 0x7F)
    return bytes(reversed(octets))


@lru_cache(maxsize=1024)
def _cached_dotted(value: bytes) -> str | None:
    arcs, arc, fresh = [], 0, True
    for octet in value:
        if fresh and octet == 0x80:
            return None
        arc = arc << 7 | octet & 0x7F
        fresh = not octet & 0x80
        if fresh:
            arcs.append(arc)
            arc = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, (first, arcs[0] - 40 * first, *arcs[1:])))


def _dotted(value: bytes) -> str | None:
    if not value or len(value) > _OID_LIMIT or value[-1] & 0x80:
        return None
    return _cached_dotted(value)


def _utc_time(value: bytes) -> datetime | None:
    match = _UTC_TIME.fullmatch(value)
    if match is None:
        return None
    century = b"19" if match[1][:2] >= b"50" else b"20"
    return _moment(century + match[1], match[2], match[3])


def _generalized_time(value: bytes) -> datetime | None:
    match = _GENERALIZED_TIME.fullmatch(value)
    return None if match is None else _moment(match[1], match[2], match[3] or b"Z")


def _moment(minutes: bytes, seconds: bytes | None, zone: bytes) -> datetime:
    offset = UTC
    if zone != b"Z":
        sign = -1 if zone[:1] == b"-" else 1
        offset = timezone(sign * timedelta(hours=int(zone[1:3]), minutes=int(zone[3:])))
    year, month, day, hour, minute = int(minutes[:4]), *(int(minutes[i : i + 2]) for i in range(4, 12, 2))
    return datetime(year, month, day, hour, minute, int(seconds or b"0"), tzinfo=offset).astimezone(UTC)
