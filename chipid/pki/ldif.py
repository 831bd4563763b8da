# SPDX-License-Identifier: Apache-2.0
"""LDIF (RFC 2849) as the ICAO PKD publishes certificates, revocation lists and master lists (ICAO 9303-12 §5.4).

A collection has some 80 MB: it is read one record at a time, and a record that is malformed is refused alone. A value that is given
by a URL is never fetched.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import BinaryIO, Final, Literal

from chipid.errors import CertificateError, ChipIdError, UnsupportedFeature

ObjectKind = Literal["certificate", "revocation-list", "master-list"]

OBJECT_ATTRIBUTES: Final[Mapping[str, ObjectKind]] = MappingProxyType(
    {
        "usercertificate": "certificate",
        "cacertificate": "certificate",
        "certificaterevocationlist": "revocation-list",
        "authorityrevocationlist": "revocation-list",
        "pkdmasterlistcontent": "master-list",
        "cscamasterlistdata": "master-list",
    }
)
"""Attributes that hold an object, in small letters and without options: today's names, and those of older collections."""

RECORD_LIMIT: Final = 32 * 1024 * 1024
"""Octets of one record, as they stand: those of the longest revocation list in base64, and some more."""

LINE_COUNT_LIMIT: Final = 256
"""Lines of one record, continuations not counted."""

_CHUNK = 1 << 16
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_LINE = re.compile(rb"([A-Za-z0-9._-]{1,128}(?:;[A-Za-z0-9-]{1,128}){0,8}):([:<]?) *(.*)", re.DOTALL)


@dataclass(frozen=True)
class LdifRecord:
    """One entry of the directory.

    :ivar line: where it begins, the first line is 1; :ivar dn: its distinguished name.
    :ivar attributes: (description, value) of each attribute, as written, in their order.
    """

    line: int
    dn: str
    attributes: tuple[tuple[str, bytes], ...] = field(repr=False)

    def values(self, name: str) -> tuple[bytes, ...]:
        """The values of the attribute *name*: neither case nor options (``;binary``) count."""
        return tuple(value for description, value in self.attributes if _name(description) == name.lower())

    @property
    def objects(self) -> tuple[tuple[ObjectKind, bytes], ...]:
        """The objects of the PKI in it, with what their attribute says that they are."""
        found = ((OBJECT_ATTRIBUTES.get(_name(description)), value) for description, value in self.attributes)
        return tuple((kind, value) for kind, value in found if kind is not None)

    @property
    def conformance(self) -> tuple[str, ...]:
        """What the PKD's operator found departing from Doc 9303: codes, such as ``ERR:CSCA.CDP.14``, then sentences."""
        found = (*self.values("pkdConformanceCode"), *self.values("pkdConformanceText"))
        return tuple(value.decode("utf-8", "replace") for value in found)


@dataclass(frozen=True)
class RefusedRecord:
    """One that cannot be read.

    :ivar error: why, an :class:`chipid.errors.UnsupportedFeature` where it is well-formed.
    """

    line: int
    error: ChipIdError


def read_ldif(source: BinaryIO) -> Iterator[LdifRecord | RefusedRecord]:
    """The records in *source*, one at a time; :class:`io.BytesIO` makes one of octets.

    :raises CertificateError: it is no LDIF of version 1; told with the first record.
    :raises OSError: it cannot be read.
    """
    for place, block in enumerate(_blocks(source)):
        lines = block.unfolded()
        if place == 0 and block.error is None:
            lines = _without_version(lines)
            if not lines:
                continue
        try:
            if block.error is not None:
                raise block.error
            yield _record(block.line, lines)
        except ChipIdError as error:
            yield RefusedRecord(block.line, error)


class _Block:
    """Lines up to an empty one, unfolded; of one that is too long the rest is not kept."""

    def __init__(self, line: int) -> None:
        self.line = line
        self.error: CertificateError | None = None
        self._lines: list[list[bytes]] = []
        self._size = 0
        self._in_comment = False

    def __bool__(self) -> bool:
        return bool(self._lines) or self.error is not None

    def add(self, line: bytes | None) -> None:
        """One line without its end, ``None`` for one that is too long."""
        if self.error is not None:
            return
        is_continuation = line is not None and line.startswith(b" ")
        self._in_comment = line is not None and (line.startswith(b"#") or (is_continuation and self._in_comment))
        if self._in_comment:
            return
        self._size += 0 if line is None else len(line)
        if line is None or self._size > RECORD_LIMIT:
            self._fail(f"a record of more than {RECORD_LIMIT} octets")
        elif not is_continuation:
            self._lines.append([line])
            if len(self._lines) > LINE_COUNT_LIMIT:
                self._fail(f"a record of more than {LINE_COUNT_LIMIT} lines")
        elif self._lines:
            self._lines[-1].append(line[1:])
        else:
            self._fail("a record that begins in the middle of a line")

    def unfolded(self) -> list[bytes]:
        """Its lines, without comments."""
        return [b"".join(parts) for parts in self._lines]

    def _fail(self, message: str) -> None:
        self.error = CertificateError(message)
        self._lines.clear()


def _blocks(source: BinaryIO) -> Iterator[_Block]:
    block = _Block(1)
    for number, line in enumerate(_lines(source), 1):
        if line == b"":
            if block:
                yield block
            block = _Block(number + 1)
        else:
            block.add(line)
    if block:
        yield block


def _lines(source: BinaryIO) -> Iterator[bytes | None]:
    """Each line without its end (LF, or CR and LF); ``None`` for one beyond :data:`RECORD_LIMIT`, which is skipped."""
    first = True
    while line := source.readline(RECORD_LIMIT + 2):
        if first:
            line, first = line.removeprefix(_BYTE_ORDER_MARK), False
        complete = line.endswith(b"\n")
        if complete or len(line) <= RECORD_LIMIT:
            yield line.removesuffix(b"\n").removesuffix(b"\r")
            continue
        while not complete and (rest := source.readline(_CHUNK)):
            complete = rest.endswith(b"\n")
        yield None


def _without_version(lines: list[bytes]) -> list[bytes]:
    """The lines of the first record; only a version, or a record, begins a file (RFC 2849, version-spec)."""
    match = _LINE.fullmatch(lines[0])
    description = b"" if match is None else match[1].lower()
    if match is not None and description == b"version":
        if match[3].strip() != b"1":
            raise CertificateError("LDIF of another version than 1")
        return lines[1:]
    if description != b"dn":
        raise CertificateError("no LDIF: it begins neither with a version nor with a name")
    return lines


def _record(number: int, lines: list[bytes]) -> LdifRecord:
    pairs = [_attribute(line) for line in lines]
    if pairs[0][0].lower() != "dn":
        raise CertificateError("a record without a name")
    try:
        dn = pairs[0][1].decode()
    except UnicodeDecodeError:
        raise CertificateError("a record whose name is not UTF-8") from None
    attributes = [(description, value) for description, value in pairs[1:] if description.lower() != "control"]
    if attributes and attributes[0][0].lower() == "changetype":
        # Collections of changes add entries; what they take away or alter must not pass for what is there.
        change = attributes.pop(0)[1].strip().lower()
        if change != b"add":
            raise UnsupportedFeature("a record that does not add an entry")
    return LdifRecord(number, dn, tuple(attributes))


def _attribute(line: bytes) -> tuple[str, bytes]:
    match = _LINE.fullmatch(line)
    if match is None:
        raise CertificateError("a line that is no attribute")
    description, kind, value = match[1].decode("ascii"), match[2], match[3]
    if kind == b"<":
        raise UnsupportedFeature(f"{description} is given by a URL, and nothing is fetched")
    if kind == b":":
        try:
            value = base64.b64decode(value.rstrip(), validate=True)
        except binascii.Error:
            raise CertificateError(f"{description} is not base64") from None
    return description, value


def _name(description: str) -> str:
    return description.partition(";")[0].lower()
