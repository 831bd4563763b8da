# SPDX-License-Identifier: Apache-2.0
"""Versioned records in CBOR, and the private files that hold them.

A record is one deterministically encoded map (RFC 8949 §4.2) of plain types: integers, octets, text, booleans, null, arrays, maps
with text keys. Reading demands exactly that, so that one content has one encoding and no decoder's extras are in reach of a hostile
file: its shape is walked over before anything is decoded.
"""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Callable
from os import PathLike
from pathlib import Path
from typing import Any, TypeVar

import cbor2

from chipid.errors import MalformedData, UnsupportedFeature

DEPTH_LIMIT = 8
ITEM_LIMIT = 20_000
TEXT_LIMIT = 4_096
"""Characters of one text: everything that a record tells in words is shorter."""

_TITLES = {"chipid-card-image": "a card image", "chipid-evidence": "evidence"}
"""What the formats are called where a file turns out to be another one than is expected."""
_T = TypeVar("_T")

_UNSIGNED, _NEGATIVE, _OCTETS, _TEXT, _ARRAY, _MAP, _SIMPLE = 0, 1, 2, 3, 4, 5, 7
_FORMAT_KEY = b"\x66format"  # as deterministic encoding writes it
_PLAIN_SIMPLE = frozenset((20, 21, 22))  # false, true, null
_ARGUMENT_SIZES = {24: 1, 25: 2, 26: 4, 27: 8}


class Record:
    """Takes the entries out of one map, each with the type that it must have.

    Every method raises :class:`chipid.errors.MalformedData` where the entry is missing or something else; :meth:`finish` where
    entries are left over. Messages name the entry and never its content.

    :param where: what the map is, for messages.
    """

    def __init__(self, content: object, where: str) -> None:
        if not isinstance(content, dict) or not all(isinstance(key, str) for key in content):
            raise MalformedData(f"{where}: a map with text keys is expected")
        self._left: dict[str, Any] = dict(content)
        self._where = where

    def take(self, key: str) -> Any:
        """Whatever is there."""
        if key not in self._left:
            raise MalformedData(f"{self._where}: {key} is missing")
        return self._left.pop(key)

    def text(self, key: str) -> str:
        """A text."""
        value = self.take(key)
        if not isinstance(value, str) or len(value) > TEXT_LIMIT:
            raise self.error(key, f"a text of at most {TEXT_LIMIT} characters")
        return value

    def octets(self, key: str, size_limit: int) -> bytes:
        """At most *size_limit* octets."""
        value = self.take(key)
        if not isinstance(value, bytes) or len(value) > size_limit:
            raise self.error(key, f"at most {size_limit} octets")
        return value

    def integer(self, key: str, minimum: int = -(1 << 63), maximum: int = (1 << 63) - 1) -> int:
        """An integer within bounds; a boolean is none."""
        value = self.take(key)
        if not isinstance(value, int) or isinstance(value, bool) or not minimum <= value <= maximum:
            raise self.error(key, f"an integer from {minimum} to {maximum}")
        return value

    def boolean(self, key: str) -> bool:
        """True or false."""
        value = self.take(key)
        if not isinstance(value, bool):
            raise self.error(key, "true or false")
        return value

    def array(self, key: str) -> list[Any]:
        """An array of whatever."""
        value = self.take(key)
        if not isinstance(value, list):
            raise self.error(key, "an array")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """An array of texts."""
        values = self.array(key)
        if not all(isinstance(value, str) and len(value) <= TEXT_LIMIT for value in values):
            raise self.error(key, "an array of texts")
        return tuple(values)

    def __contains__(self, key: str) -> bool:
        return key in self._left

    def has(self, key: str) -> bool:
        """Whether the entry is something else than null; null is taken out."""
        if key in self._left and self._left[key] is None:
            del self._left[key]
            return False
        return True

    def finish(self) -> None:
        """Raise where entries are left."""
        if self._left:
            raise MalformedData(f"{self._where}: {len(self._left)} unknown entries")

    def error(self, key: str, expected: str) -> MalformedData:
        """An error that names the entry."""
        return MalformedData(f"{self._where}: {key} must be {expected}")


def build_record(record_format: str, version: int, content: dict[str, Any]) -> bytes:
    """One deterministic CBOR map: *content*, and what it is in which version."""
    return cbor2.dumps({"format": record_format, "version": version, **content}, canonical=True)


def parse_record(raw: bytes, record_format: str, version: int, size_limit: int) -> Record:
    """The entries of a record, without format and version.

    :raises MalformedData: it is no record of that format, is damaged, larger than *size_limit* octets, or encoded otherwise than
        :func:`build_record` does.
    :raises UnsupportedFeature: it has another version.
    """
    if len(raw) > size_limit:
        raise MalformedData(f"{record_format}: more than {size_limit} octets")
    if not raw or raw[0] >> 5 != _MAP:
        mistaken = _mistaken("this is something else" if raw else "the file is empty", record_format)
        raise MalformedData(mistaken, hint="chipid inspect FILE says what a file is.")
    _require_plain(raw, record_format)
    try:
        content = cbor2.loads(raw)
        deterministic = cbor2.dumps(content, canonical=True) == raw
    except (cbor2.CBORError, ValueError, TypeError):
        raise MalformedData(f"{record_format}: not a CBOR record") from None
    record = Record(content, record_format)
    if (name := record.text("format")) != record_format:
        raise MalformedData(_mistaken(f"this is {_TITLES.get(name, 'a record of another format')}", record_format))
    if (found := record.integer("version")) != version:
        raise UnsupportedFeature(
            f"{record_format}: version {found}, and this chipid reads version {version}",
            hint="Use the version of chipid that wrote the file, or a later one.",
        )
    if not deterministic:
        raise MalformedData(f"{record_format}: not encoded deterministically")
    return record


def title_of(raw: bytes) -> str | None:
    """What a record is called, e.g. ``evidence``, by its format alone; ``None`` for what is no record that chipid knows."""
    entries = {title: _FORMAT_KEY + bytes((0x60 | len(name),)) + name.encode("ascii") for name, title in _TITLES.items()}
    return next((title for title, entry in entries.items() if raw[:1] and raw[0] >> 5 == _MAP and entry in raw), None)


def _mistaken(found: str, record_format: str) -> str:
    return f"{found}, and {_TITLES.get(record_format, 'a record')} ({record_format}) is expected"


def _require_plain(raw: bytes, what: str) -> None:
    """Walk over one data item without decoding it: definite lengths, no tags, no floats, bounded depth and number of items."""
    pending, offset, items = [1], 0, 0
    while pending:
        if not pending[-1]:
            pending.pop()
            continue
        pending[-1] -= 1
        items += 1
        major, argument, offset = _head(raw, offset, what)
        if items > ITEM_LIMIT or len(pending) > DEPTH_LIMIT:
            raise MalformedData(f"{what}: too many entries, or too deep", offset=offset)
        if major in (_OCTETS, _TEXT):
            if argument > len(raw) - offset:
                raise MalformedData(f"{what}: the file is cut off, or damaged", offset=offset)
            offset += argument
        elif major in (_ARRAY, _MAP):
            if argument > ITEM_LIMIT:
                raise MalformedData(f"{what}: too many entries, or too deep", offset=offset)
            pending.append(argument * (2 if major == _MAP else 1))
    if offset != len(raw):
        raise MalformedData(f"{what}: {len(raw) - offset} octets too many", offset=offset)


def _head(raw: bytes, offset: int, what: str) -> tuple[int, int, int]:
    """(major type, argument, offset behind it) of the data item at *offset*."""
    if offset >= len(raw):
        raise MalformedData(f"{what}: the file is cut off, or damaged", offset=offset)
    major, argument = raw[offset] >> 5, raw[offset] & 0x1F
    offset += 1
    if major == _SIMPLE:
        if argument not in _PLAIN_SIMPLE:
            raise MalformedData(f"{what}: neither true, false nor null", offset=offset - 1)
        return major, argument, offset
    if major not in (_UNSIGNED, _NEGATIVE, _OCTETS, _TEXT, _ARRAY, _MAP):
        raise MalformedData(f"{what}: a tag has no place here", offset=offset - 1)
    if argument < min(_ARGUMENT_SIZES):
        return major, argument, offset
    size = _ARGUMENT_SIZES.get(argument)
    if size is None or size > len(raw) - offset:
        raise MalformedData(f"{what}: a length that is none", offset=offset - 1)
    return major, int.from_bytes(raw[offset : offset + size], "big"), offset + size


def write_private(path: str | PathLike[str], data: bytes) -> None:
    """Write *data* to *path*: mode 0600, whole or not at all, over what was there.

    :raises OSError: the folder cannot be written to, or *path* is something else than a file.
    """
    import tempfile  # noqa: PLC0415  # 4 ms, and most records are read

    path = Path(path)
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    # In the same folder, so that the last step is one rename; mkstemp makes it 0600.
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:64]}.", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


def read_file(path: str | PathLike[str], size_limit: int) -> bytes:
    """All octets of a file.

    :raises MalformedData: it has more than *size_limit*; no more than that is read.
    :raises OSError: it cannot be read.
    """
    # Whoever opens a pipe into which nobody writes would wait for ever; of one into which somebody does, all is waited for.
    with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
        os.set_blocking(file.fileno(), True)
        data = file.read(size_limit + 1)
    if len(data) > size_limit:
        raise MalformedData(f"a file of more than {size_limit} octets")
    return data


def load(path: str | PathLike[str], parse: Callable[[bytes], _T], size_limit: int) -> _T:
    """What *parse* makes of a file; its errors come out with the file's name before them. Otherwise as :func:`read_file`."""
    try:
        return parse(read_file(path, size_limit))
    except MalformedData as error:
        message = f"{os.fspath(path)}: {error.reason}"
        raise MalformedData(message, offset=error.offset, path=error.path, hint=error.hint) from None
    except UnsupportedFeature as error:
        raise UnsupportedFeature(f"{os.fspath(path)}: {error}", hint=error.hint) from None
