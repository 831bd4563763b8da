# SPDX-License-Identifier: Apache-2.0
"""Fixed-width big-endian fields, as biometric records and image headers have them, read without running past the end."""

from __future__ import annotations

from chipid.errors import LdsError


class OctetReader:
    """Reads numbers and octets one after another from ``source[start:end]``.

    Every method raises :class:`chipid.errors.LdsError`, with offset and tag path, where the data end too early.

    :param path: the tags that lead to the data, for errors.
    """

    def __init__(self, source: bytes, start: int = 0, end: int | None = None, path: tuple[int, ...] = ()) -> None:
        self._source = source
        self._end = len(source) if end is None else end
        self._path = path
        self.offset = start

    @property
    def left(self) -> int:
        """How many octets have not been read yet."""
        return self._end - self.offset

    @property
    def rest(self) -> bytes:
        """What has not been read yet."""
        return self._source[self.offset : self._end]

    def take(self, size: int) -> bytes:
        """The next *size* octets."""
        if size > self.left:
            raise self.error(f"{size - self.left} octets are missing")
        octets = self._source[self.offset : self.offset + size]
        self.offset += size
        return octets

    def number(self, size: int) -> int:
        """The next *size* octets as an unsigned number."""
        return int.from_bytes(self.take(size), "big")

    def part(self, size: int) -> OctetReader:
        """A reader over the next *size* octets, which count as read."""
        start = self.offset
        self.take(size)
        return OctetReader(self._source, start, start + size, self._path)

    def error(self, message: str) -> LdsError:
        """An error that points to the next octet."""
        return LdsError(message, offset=self.offset, path=self._path)
