# SPDX-License-Identifier: Apache-2.0
"""BER-TLV data objects (ISO 7816-4 §5.3, X.690): a TLV *is* its octets, read through a cursor that cannot run past the end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from chipid._native import NativeError, tlv_read
from chipid.errors import TlvError

_CONSTRUCTED = 0x20
_REASONS = {
    "tlv-truncated": "the data end before the data object does",
    "tlv-tag": "not a tag",
    "tlv-length": "not a length",
    "tlv-depth": "data objects nested too deeply",
}


@dataclass(frozen=True, slots=True)
class Tlv:
    """One data object inside *source*, which it shares and never copies until asked.

    :ivar tag: as it stands in the octets, e.g. ``0x5F1F``.
    :ivar offset: where its tag starts, in octets from the start of *source*.
    :ivar path: the tags of the objects around it, outermost first.
    """

    source: bytes = field(repr=False)
    tag: int
    offset: int
    value_start: int
    value_end: int
    end: int
    path: tuple[int, ...] = ()

    @property
    def value(self) -> bytes:
        """The value field."""
        return self.source[self.value_start : self.value_end]

    @property
    def raw(self) -> bytes:
        """Tag, length and value as they stand."""
        return self.source[self.offset : self.end]

    def children(self) -> TlvCursor:
        """A cursor over the data objects in the value field."""
        return TlvCursor(self.source, self.value_start, self.value_end, (*self.path, self.tag))

    def error(self, message: str) -> TlvError:
        """An error that points here."""
        return TlvError(message, offset=self.offset, path=(*self.path, self.tag))


class TlvCursor:
    """Reads data objects one after another from ``source[start:end]``.

    Every method raises :class:`chipid.errors.TlvError`, with offset and tag path, for octets that are no data object.
    """

    def __init__(self, source: bytes, start: int = 0, end: int | None = None, path: tuple[int, ...] = ()) -> None:
        self._source = source
        self._next = start
        self._end = len(source) if end is None else end
        self._path = path

    @property
    def at_end(self) -> bool:
        """Whether everything has been read."""
        return self._next >= self._end

    @property
    def offset(self) -> int:
        """Where the next data object starts."""
        return self._next

    @property
    def rest(self) -> bytes:
        """What has not been read yet."""
        return self._source[self._next : self._end]

    def read(self) -> Tlv:
        """The next data object."""
        try:
            tag, value_start, value_end, following = tlv_read(self._source, self._next, self._end)
        except NativeError as error:
            raise TlvError(_REASONS.get(error.code, error.code), offset=error.offset, path=self._path) from None
        tlv = Tlv(self._source, tag, self._next, value_start, value_end, following, self._path)
        self._next = following
        return tlv

    def peek(self) -> int | None:
        """The next data object's tag, ``None`` at the end."""
        if self.at_end:
            return None
        here = self._next
        tag = self.read().tag
        self._next = here
        return tag

    def expect(self, tag: int) -> Tlv:
        """The next data object, which must have *tag*."""
        if self.at_end:
            raise self.error(f"data object {tag:02X} is missing")
        here = self._next
        tlv = self.read()
        if tlv.tag != tag:
            self._next = here
            raise self.error(f"data object {tag:02X} is expected, {tlv.tag:02X} is there")
        return tlv

    def optional(self, tag: int) -> Tlv | None:
        """The next data object if it has *tag*, otherwise ``None`` and nothing is read."""
        return self.read() if self.peek() == tag else None

    def finish(self) -> None:
        """Raise unless everything has been read."""
        if not self.at_end:
            raise self.error(f"{self._end - self._next} octets too many")

    def error(self, message: str) -> TlvError:
        """An error that points to the next data object."""
        return TlvError(message, offset=self._next, path=self._path)

    def __iter__(self) -> Iterator[Tlv]:
        while not self.at_end:
            yield self.read()


def parse_tlv(data: bytes, tag: int | None = None) -> Tlv:
    """The one data object that *data* is, with *tag* if given and nothing behind it.

    :raises TlvError: anything else.
    """
    cursor = TlvCursor(data)
    tlv = cursor.read() if tag is None else cursor.expect(tag)
    cursor.finish()
    return tlv


def build_tlv(tag: int, *values: bytes) -> bytes:
    """Tag, minimal definite length, and the values one after another."""
    value = b"".join(values)
    return tag.to_bytes((tag.bit_length() + 7) // 8 or 1, "big") + encode_length(len(value)) + value


def encode_length(length: int) -> bytes:
    """A minimal definite BER length field."""
    if length < 0x80:
        return bytes((length,))
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((0x80 | len(octets),)) + octets


def is_constructed(tag: int) -> bool:
    """Whether a tag says that its value consists of data objects."""
    return bool(tag >> (8 * ((tag.bit_length() - 1) // 8 if tag else 0)) & _CONSTRUCTED)
