# SPDX-License-Identifier: Apache-2.0
"""From a file to the objects in it: PEM, LDIF and ZIP are opened, within limits, and nothing is written."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Final

from chipid.errors import ChipIdError
from chipid.pki.ldif import ObjectKind, RefusedRecord, read_ldif
from chipid.pki.pem import read_pem_blocks
from chipid.trust.appearance import bundled_certificates, described
from chipid.trust.files import FILE_LIMIT, File, printable
from chipid.trust.import_report import REASONS, Note, Refusal
from chipid.trust.objects import Kind
from chipid.trust.recognise import Container, container_of, kind_of, seems_meant

OBJECT_LIMIT: Final = 200_000
"""Objects of one import, with all that is refused and told; the ICAO PKD has some 40 000."""

UNPACKED_LIMIT: Final = 1 << 30
"""Octets that the ZIP files of one import unpack to; a member that unpacks to more than it says is damaged."""

ZIP_DEPTH_LIMIT: Final = 2

PLACE_LIMIT: Final = 512
"""Characters of a ZIP member's or an LDIF record's name that are told."""

_PEM_KINDS: Final = {
    "CERTIFICATE": Kind.CERTIFICATE, "X509 CERTIFICATE": Kind.CERTIFICATE, "X509 CRL": Kind.REVOCATION_LIST,
    "CMS": None, "PKCS7": None,
}  # fmt: skip
_LDIF_KINDS: Final[dict[ObjectKind, Kind]] = {
    "certificate": Kind.CERTIFICATE, "revocation-list": Kind.REVOCATION_LIST, "master-list": Kind.MASTER_LIST,
}  # fmt: skip
_COMPRESSIONS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED: Final = 0x1
_ZIP_ENTRY: Final = b"PK\x01\x02"
_ZIP_FAILURES: Final = (
    zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError, OverflowError,
)  # fmt: skip


@dataclass(frozen=True)
class Candidate:
    """One object, recognised and not yet read.

    :ivar file: which brought it; :ivar place: where in the file, empty where it is all of it.
    :ivar from_directory: whether it was an entry of an LDIF, which trusts nobody by listing him.
    """

    kind: Kind
    octets: bytes = field(repr=False)
    file: File
    place: str
    from_directory: bool = False

    @property
    def where(self) -> str:
        """The file, and where in it."""
        return f"{self.file.name}: {self.place}" if self.place else self.file.name


Found = Candidate | Refusal | Note


@dataclass(frozen=True)
class _Piece:
    """Octets inside a file, with where they are."""

    file: File
    raw: bytes = field(repr=False)
    place: str
    depth: int

    @property
    def where(self) -> str:
        return f"{self.file.name}: {self.place}" if self.place else self.file.name

    def at(self, place: str) -> str:
        return f"{self.place}, {place}" if self.place else place

    def refuse(self, reason: str, detail: str, place: str = "", kind: Kind | None = None) -> Refusal:
        where = replace(self, place=self.at(place)).where if place else self.where
        return Refusal(where, reason, printable(detail), kind)


class Unpacking:
    """What one import unpacks: its limits are those of all its files together."""

    def __init__(self) -> None:
        self._objects, self._octets = OBJECT_LIMIT, UNPACKED_LIMIT

    def objects(self, file: File) -> Iterator[Found]:
        """The objects in *file*, what is refused of it, and what is to be told."""
        any_found = False
        for found in self._unpack(_Piece(file, file.raw, "", 0)):
            any_found = True
            self._objects -= 1
            if self._objects < 0:
                place = found.where if isinstance(found, Candidate) else found.place
                yield Refusal(place, "too-many", f"There are more than {OBJECT_LIMIT} objects: the rest was not looked at.")
                return
            yield found
        if not any_found:
            yield Note(file.name, "no-objects")

    def _unpack(self, piece: _Piece) -> Iterator[Found]:
        container = container_of(piece.raw)
        if container is not None:
            openers: dict[Container, Callable[[_Piece], Iterator[Found]]] = {
                "pem": self._pem, "ldif": self._ldif, "zip": self._zip, "store": _trust_store,
            }  # fmt: skip
            yield from openers[container](piece)
        elif (kind := kind_of(piece.raw)) is not None:
            yield Candidate(kind, piece.raw, piece.file, piece.place)
        elif bundle := bundled_certificates(piece.raw):
            yield from self._bundle(piece, bundle)
        elif (piece.depth == 0 and piece.file.named) or seems_meant(piece.raw, piece.place or piece.file.name):
            yield piece.refuse("unrecognised", described(piece.raw))
        else:
            yield Note(piece.where, "not-of-interest", described(piece.raw))

    def _bundle(self, piece: _Piece, certificates: tuple[bytes, ...]) -> Iterator[Found]:
        for number, octets in enumerate(certificates, 1):
            yield Candidate(Kind.CERTIFICATE, octets, piece.file, piece.at(f"certificate {number}"))

    def _pem(self, piece: _Piece) -> Iterator[Found]:
        several = len(list(islice(read_pem_blocks(piece.raw), 2))) > 1
        for number, (label, octets) in enumerate(read_pem_blocks(piece.raw), 1):
            place = f"block {number}" if several else ""
            where = replace(piece, place=piece.at(place)).where if place else piece.where
            if label not in _PEM_KINDS:
                yield Note(where, "pem-block", label)
                continue
            kind = _PEM_KINDS[label] or kind_of(octets or b"")
            if octets is None:
                yield piece.refuse("malformed-pem", REASONS["malformed-pem"], place, kind)
            elif kind is None and (bundle := bundled_certificates(octets)):
                yield from self._bundle(replace(piece, place=piece.at(place) if place else piece.place), bundle)
            elif kind is None:
                yield piece.refuse("unrecognised", described(octets), place)
            else:
                yield Candidate(kind, octets, piece.file, piece.at(place) if place else piece.place)

    def _ldif(self, piece: _Piece) -> Iterator[Found]:
        try:
            for record in read_ldif(io.BytesIO(piece.raw)):
                place = f"line {record.line}"
                if isinstance(record, RefusedRecord):
                    yield piece.refuse("malformed-ldif", str(record.error), place)
                    continue
                place = f"{place}, {_told(record.dn)}"
                for claimed, octets in record.objects:
                    kind = kind_of(octets) or _LDIF_KINDS[claimed]
                    yield Candidate(kind, octets, piece.file, piece.at(place), from_directory=True)
        except ChipIdError as error:
            yield piece.refuse("malformed-ldif", str(error))

    def _zip(self, piece: _Piece) -> Iterator[Found]:
        if piece.depth >= ZIP_DEPTH_LIMIT:
            yield piece.refuse("nested-too-deep", REASONS["nested-too-deep"])
            return
        if piece.raw.count(_ZIP_ENTRY) > OBJECT_LIMIT:
            yield piece.refuse("too-many", f"The ZIP file has more than {OBJECT_LIMIT} members.")
            return
        try:
            archive = zipfile.ZipFile(io.BytesIO(piece.raw))
        except _ZIP_FAILURES:
            yield piece.refuse("malformed-zip", REASONS["malformed-zip"])
            return
        with archive:
            if (refused := self._refused_whole(piece, archive)) is not None:
                yield refused
                return
            for member in archive.infolist():
                yield from self._member(piece, archive, member)
                if self._octets <= 0:
                    yield piece.refuse("too-large", f"The ZIP files hold more than {UNPACKED_LIMIT} octets.")
                    return

    def _refused_whole(self, piece: _Piece, archive: zipfile.ZipFile) -> Refusal | None:
        """Before anything is unpacked: a few octets that are many members' would be unpacked for each."""
        members = archive.infolist()
        if len({member.header_offset for member in members}) < len(members):
            return piece.refuse("malformed-zip", "Members of the ZIP file lie on each other.")
        if sum(member.file_size for member in members) > self._octets:
            return piece.refuse("too-large", f"The ZIP files hold more than {UNPACKED_LIMIT} octets.")
        return None

    def _member(self, piece: _Piece, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[Found]:
        name = _told(member.filename)
        if member.is_dir():
            return
        inner = replace(piece, place=piece.at(name), depth=piece.depth + 1)
        if any(part.startswith((".", "__MACOSX")) and part not in (".", "..") for part in name.split("/")):
            yield Note(inner.where, "hidden")
            return
        if member.flag_bits & _ENCRYPTED or member.compress_type not in _COMPRESSIONS:
            yield inner.refuse("malformed-zip", "The member is encrypted, or packed by another method than Deflate.")
            return
        # No more is unpacked than the directory says, and it counts even where the end shows that the member is damaged.
        self._octets -= member.file_size
        if member.file_size > FILE_LIMIT:
            yield inner.refuse("too-large", REASONS["too-large"])
            return
        try:
            with archive.open(member) as packed:
                raw = packed.read(member.file_size + 1)  # without a number, more would be unpacked and thrown away
        except _ZIP_FAILURES:
            yield inner.refuse("malformed-zip", REASONS["malformed-zip"])
        else:
            yield from self._unpack(replace(inner, raw=raw))


def _told(name: str) -> str:
    """A name as it is told: where it is too long, its beginning and its end, with the suffix."""
    return printable(name if len(name) <= PLACE_LIMIT else f"{name[: PLACE_LIMIT - 32]}…{name[-31:]}")


def _trust_store(piece: _Piece) -> Iterator[Found]:
    """What is in one is there on somebody's word, which would be lost: whoever named the file would vouch for all of it."""
    yield piece.refuse("trust-store", REASONS["trust-store"])
