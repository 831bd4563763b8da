# SPDX-License-Identifier: Apache-2.0
"""The operator's trust store in one SQLite file: each object as it was imported, and where it came from.

An index only proposes. Whatever is used is parsed from its octets, and what the index says of it is compared with them: a file that
was tampered with, so that its index makes an authority of what is none, or hides one, is refused when it is met, and as a whole by
:mod:`chipid.trust.audit`. Whoever may write to the file decides what is trusted: it deserves the protection of a list of passwords'
hashes, not that of a secret.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from chipid.errors import MalformedData, TrustStoreError
from chipid.pki.certificate import Certificate
from chipid.pki.names import Name
from chipid.pki.trust_source import TrustSource
from chipid.trust.connection import beside, close_writable, create_store, open_snapshot, open_writable, translated
from chipid.trust.objects import (
    AUTHORITIES,
    Index,
    Kind,
    Role,
    StoredObject,
    name_digest,
    seconds,
)
from chipid.trust.placing import placed

if TYPE_CHECKING:
    from chipid.pki.cms import SignerIdentifier
    from chipid.pki.crl import CertificateRevocationList
    from chipid.pki.defect_list import DefectList
    from chipid.pki.deviation_list import DeviationList
    from chipid.trust.provenance import Import, Origin

_INDEX: Final = ("role", "country", "subject", "issuer", "serial", "key_id", "key_digest", "valid_from", "valid_until")
_COLUMNS: Final = ", ".join(("id", "kind", "sha256", "octets", *_INDEX))
_IMPORT: Final = ", ".join(
    f"import.{name}" for name in ("id", "at", "source", "sha256", "voucher", "signer", "country", "signed_at", "pins")
)
_LISTS_IN_TURNS: Final = """SELECT id FROM (
        SELECT id, valid_from, signed_by,
            row_number() OVER (PARTITION BY signed_by ORDER BY valid_from DESC, id DESC) AS turn
        FROM object WHERE kind = ? AND issuer = ?
    ) ORDER BY signed_by IS NULL, turn, valid_from DESC, id DESC"""
_LISTS_THAT_COUNT: Final = """SELECT object, max(country) FROM (
        SELECT object.id AS object, import.country, signed_at, instr(pins, lower(hex(import.sha256))) AS pinned,
            max(signed_at) OVER (PARTITION BY import.country) AS newest
        FROM object LEFT JOIN origin ON origin.object = object.id LEFT JOIN import ON import.id = import WHERE kind = ?
    ) WHERE pinned OR country IS NULL OR signed_at IS NULL OR signed_at = newest GROUP BY object ORDER BY object"""
"""Of those of one state the newest, and any that is pinned itself; a state's is what was verified to be."""
_INDEX_TYPES: Final = (str | None, *(bytes | None,) * 5, *(int | None,) * 2)
"""Of the columns of the index, without the role."""

_REMEDY: Final = "Somebody changed the file. chipid trust verify lists what is wrong; restore it from a copy, or make a new one."
_TO_CHANGE: Final = "TrustDatabase.open(path, writable=True) lets it be changed."
_READING: Final = ("SELECT", "PRAGMA")
_PREFIX: Final = re.compile(r"[0-9a-f]{8,64}")

_List = TypeVar("_List")


class TrustDatabase(TrustSource):
    """A trust store's file, opened. To be closed, or used as a context manager.

    One that is open for reading is the state of one moment, and any number of threads may ask it; to see what was imported since,
    open it again.
    """

    def __init__(self, path: str | PathLike[str], *, writable: bool = False) -> None:
        self._path = self._file = Path(path)
        self._writable, self._closed = writable, False
        self._connection = open_writable(self._path) if writable else open_snapshot(self._path)
        self._objects: dict[tuple[int, bytes], StoredObject] = {}  # numbers are used again, also by other processes

    @classmethod
    def create(cls, path: str | PathLike[str]) -> Self:
        """Make an empty one, open to be changed.

        :raises FileExistsError: there is a file of that name. :raises OSError: it cannot be made.
        """
        create_store(Path(path))
        return cls(path, writable=True)

    @classmethod
    @contextlib.contextmanager
    def filling(cls, path: str | PathLike[str]) -> Iterator[Self]:
        """A new one to be filled, that lies at *path* when the block ends; nothing does where it fails, or leaves it empty.

        :raises FileExistsError: somebody else made a file of that name, which stays.
        """
        path = Path(path)
        try:
            with placed(path) as temporary, cls.open(temporary, writable=True) as database:
                database._path = path
                yield database
                if next(database.objects(), None) is None:
                    raise _StaysEmpty
        except _StaysEmpty:
            return

    @classmethod
    def open(cls, path: str | PathLike[str], *, writable: bool = False) -> Self:
        """Open one, for reading unless it shall be changed.

        :raises MalformedData: it is none.
        :raises UnsupportedFeature: it is of a newer version; or of an older one and not to be changed.
        :raises TrustStoreError: it is damaged; another process changes it. :raises OSError: there is none, or it cannot be read.
        """
        return cls(path, writable=writable)

    def close(self) -> None:
        """Close the file; whatever is asked of the store afterwards is a ``ValueError``, as of a file."""
        self._closed = True
        close_writable(self._connection) if self._writable else self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<TrustDatabase: {self._path}>"

    @property
    def path(self) -> Path:
        """The file."""
        return self._path

    def own_files(self) -> tuple[Path, ...]:
        """The file, and those that SQLite keeps beside it."""
        return beside(self._file)

    # What chain building asks -------------------------------------------------------------------------------------------

    def __bool__(self) -> bool:
        found = self._rows("SELECT 1 FROM object WHERE kind = ? AND role IN (?, ?) LIMIT 1", (Kind.CERTIFICATE, *AUTHORITIES))
        return bool(found)

    def authorities_named(self, name: Name) -> tuple[Certificate, ...]:
        """The authorities with the subject *name*, however it is spelt."""
        return self._authorities("subject = ?", name_digest(name))

    def authorities_with_key(self, key_id: bytes) -> tuple[Certificate, ...]:
        """The authorities whose subjectKeyIdentifier is *key_id*."""
        return self._authorities("key_id = ?", key_id)

    def authorities_of(self, country: str) -> tuple[Certificate, ...]:
        """The authorities of *country*, two capital letters."""
        return self._authorities("country = ?", country)

    def signers(self, sid: SignerIdentifier) -> tuple[Certificate, ...]:
        """The document signers that *sid* may mean."""
        if key_id := getattr(sid, "key_id", None):
            found = self._certificates("(key_id = ? OR key_digest = ?)", key_id, key_id)
        elif (issuer := getattr(sid, "issuer", None)) is not None:
            serial = getattr(sid, "serial_octets", b"").lstrip(b"\0")
            found = self._certificates("issuer = ? AND serial = ?", name_digest(issuer), serial)
        else:
            return ()
        return tuple(each.certificate for each in found if each.index.role not in AUTHORITIES)

    def revocation_lists(self, issuer: Name) -> Iterator[CertificateRevocationList]:
        """The revocation lists of *issuer*, in turns, by who signed them at import; each is read when it is asked for."""
        for (number,) in self._rows(_LISTS_IN_TURNS, (Kind.REVOCATION_LIST, name_digest(issuer))):
            yield from (each.revocation_list for each in self._select("id = ?", number))

    def unsigned_revocation_lists(self, issuer: Name) -> Iterator[StoredObject]:
        """Those of which no authority in the store is known to have signed them."""
        query = "SELECT id FROM object WHERE kind = ? AND issuer = ? AND signed_by IS NULL ORDER BY id"
        for (number,) in self._rows(query, (Kind.REVOCATION_LIST, name_digest(issuer))):
            yield from self._select("id = ?", number)

    def deviation_lists(self) -> tuple[DeviationList, ...]:
        """The deviation lists that were admitted: each state's newest, and any that the operator pinned itself."""
        return tuple(self._lists(Kind.DEVIATION_LIST, lambda stored, country: stored.deviation_list.of_country(country)))

    def defect_lists(self) -> tuple[DefectList, ...]:
        """The defect lists that were admitted: those of each state's newest signer's, and any that the operator pinned itself."""
        return tuple(self._lists(Kind.DEFECT_LIST, lambda stored, _: stored.defect_list))

    def origins_of(self, certificate: Certificate) -> tuple[str, ...]:
        """Where *certificate* came from, in words, oldest first."""
        found = self._select("sha256 = ?", hashlib.sha256(certificate.raw).digest())
        return tuple(str(origin) for stored in found for origin in self.origins(stored))

    # What it holds ------------------------------------------------------------------------------------------------------

    def objects(self, *, kind: Kind | None = None, role: Role | None = None, country: str | None = None) -> Iterator[StoredObject]:
        """All objects, or those of a *kind*, *role*, *country* (two capital letters), in the order in which they came."""
        wanted = {"kind": kind, "role": role, "country": country}
        chosen = {column: value for column, value in wanted.items() if value is not None}
        condition = " AND ".join(f"{column} = ?" for column in chosen) or "1"
        # The columns of one line above, never a caller's text.
        for (number,) in self._rows(f"SELECT id FROM object WHERE {condition} ORDER BY id", tuple(chosen.values())):  # noqa: S608
            yield from self._select("id = ?", number)

    def numbered(self, number: int) -> StoredObject:
        """The object whose :attr:`StoredObject.id` is *number*; raises ``IndexError`` where there is none."""
        return self._select("id = ?", number)[0]

    def find(self, fingerprint: str) -> tuple[StoredObject, ...]:
        """The objects whose fingerprint is *fingerprint*, or begins with it: at least eight hexadecimal digits, colons or none.

        :raises ValueError: it is no such text.
        """
        digits = fingerprint.replace(":", "").lower()
        if not _PREFIX.fullmatch(digits):
            raise ValueError("a fingerprint has 64 hexadecimal digits; the first eight, or more of them, will do")
        first, last = (bytes.fromhex(digits.ljust(64, filler)) for filler in "0f")
        return self._select("sha256 BETWEEN ? AND ? ORDER BY id", first, last)

    def imports(self, *, country: str | None = None) -> tuple[Import, ...]:
        """All imports, or the signed lists of a *country*'s signers, oldest first."""
        condition, values = ("1", ()) if country is None else ("country = ?", (country,))
        return tuple(map(self._import, self._rows(f"SELECT {_IMPORT} FROM import WHERE {condition} ORDER BY id", values)))  # noqa: S608

    def newest_revocation_list(self, issuer: bytes | None, key: bytes) -> int | None:
        """When the newest revocation list that an issuer's *key* signed is of (:attr:`Index.valid_from`), by the index alone."""
        query = "SELECT max(valid_from) FROM object WHERE kind = ? AND issuer IS ? AND signed_by = ?"
        newest: int | None = self._rows(query, (Kind.REVOCATION_LIST, issuer, key))[0][0]
        return newest

    def origins(self, stored: StoredObject) -> tuple[Origin, ...]:
        """Where *stored* came from, oldest first; of an import's pins those that were for it, where one is its own."""
        from chipid.trust.provenance import Origin  # noqa: PLC0415

        query = f"SELECT {_IMPORT}, place FROM origin JOIN import ON import.id = import WHERE object = ? ORDER BY import.id"  # noqa: S608
        found = [Origin(self._import(row), str(row[-1])) for row in self._rows(query, (stored.id,))]
        own = stored.fingerprint
        pinned = (own in each.imported.pins for each in found)
        return tuple(
            replace(each, imported=replace(each.imported, pins=(own,))) if itself else each
            for each, itself in zip(found, pinned, strict=True)
        )

    def of_import(self, number: int) -> Iterator[StoredObject]:
        """What the import *number* brought."""
        for (each,) in self._rows("SELECT object FROM origin WHERE import = ? ORDER BY object", (number,)):
            yield from self._select("id = ?", each)

    def count_of_import(self, number: int) -> int:
        """How many objects the import *number* brought."""
        return int(self._rows("SELECT count(*) FROM origin WHERE import = ?", (number,))[0][0])

    def examine(self) -> tuple[tuple[str, ...], Iterator[StoredObject]]:
        """What is wrong with the file, in words, and the objects with which nothing is."""
        damage = [f"file: {text}" for (text,) in self._rows("PRAGMA integrity_check(100)") if text != "ok"]
        sound: list[StoredObject] = []
        for (number,) in self._rows("SELECT id FROM object ORDER BY id"):
            try:
                sound += self._select("id = ?", number)
            except TrustStoreError as error:
                damage.append(str(error))
        return tuple(damage), iter(sound)

    # What changes it ----------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """All changes inside are made together, at its end; none is, where anything is raised.

        :raises TrustStoreError: the store is open for reading; the changes cannot be written; another process changes the store,
            or this one in a transaction around it.
        """
        if not self._closed and self._writable and self._connection.in_transaction:
            raise TrustStoreError(f"{self._path}: a transaction goes on already", hint="Make the changes in the one that is open.")
        self._rows("BEGIN IMMEDIATE")
        self._objects.clear()
        try:
            yield
            self._rows("COMMIT")
        except BaseException:
            self._objects.clear()
            if not self._closed and self._connection.in_transaction:
                with contextlib.suppress(sqlite3.Error):  # what went wrong is raised, and closing undoes it too
                    self._connection.execute("ROLLBACK")
            raise

    def add_object(self, kind: Kind, octets: bytes, index: Index) -> tuple[StoredObject, bool]:
        """Keep *octets*, unless they are there; and whether they were not."""
        digest = hashlib.sha256(octets).digest()
        known = self._select("sha256 = ?", digest)
        if known:
            return known[0], False
        values = (kind, digest, octets, *(getattr(index, name) for name in _INDEX))
        columns = ", ".join(("kind", "sha256", "octets", *_INDEX))
        marks = ", ".join("?" * len(values))
        (number,) = self._rows(f"INSERT INTO object ({columns}) VALUES ({marks}) RETURNING id", values)[0]  # noqa: S608
        stored = StoredObject(number, kind, octets, index)
        self._remember(stored)
        return stored, True

    def mark_signed(self, stored: StoredObject, key: bytes) -> None:
        """Remember that an authority's *key* signed a revocation list: SHA-256 of it, as the certificate writes it."""
        self._rows("UPDATE object SET signed_by = ? WHERE id = ?", (key, stored.id))

    def add_import(self, made: Import) -> int:
        """Remember an import, and its number; the one of the same file under the same name, where there is one.

        That has the pins of both then, and says whose list it is where only one of them does.
        """
        key = (bytes.fromhex(made.sha256), made.source, made.voucher)
        signed = (
            None if made.signer is None else bytes.fromhex(made.signer), made.country,
            None if made.signed_at is None else seconds(made.signed_at),
        )  # fmt: skip
        known = self._rows("SELECT id, pins FROM import WHERE sha256 = ? AND source = ? AND voucher = ?", key)
        for number, pins in known:
            both = " ".join(dict.fromkeys((*pins.split(), *made.pins)))
            told = "signer = coalesce(?, signer), country = coalesce(?, country), signed_at = coalesce(?, signed_at)"
            self._rows(f"UPDATE import SET pins = ?, {told} WHERE id = ?", (both, *signed, number))  # noqa: S608
            return int(number)
        values = (seconds(made.at), *key, *signed, " ".join(made.pins))
        columns = "at, sha256, source, voucher, signer, country, signed_at, pins"
        return int(self._rows(f"INSERT INTO import ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING id", values)[0][0])  # noqa: S608

    def add_origin(self, stored: StoredObject, number: int, place: str) -> bool:
        """Remember that the import *number* brought *stored*; whether that was new."""
        query = "INSERT INTO origin (object, import, place) VALUES (?, ?, ?) ON CONFLICT DO NOTHING RETURNING 1"
        return bool(self._rows(query, (stored.id, number, place)))

    def forget_origin(self, stored: StoredObject, number: int) -> None:
        """Forget that the import *number* brought *stored*."""
        self._rows("DELETE FROM origin WHERE object = ? AND import = ?", (stored.id, number))

    def forget_import(self, number: int) -> None:
        """Forget the import *number*, and that it brought what it brought; no object goes with it."""
        self._rows("DELETE FROM import WHERE id = ?", (number,))

    def remove(self, stored: StoredObject) -> None:
        """Remove *stored*, and the imports that brought nothing else."""
        self._objects.pop((stored.id, bytes.fromhex(stored.fingerprint)), None)
        imports = self._rows("SELECT import FROM origin WHERE object = ?", (stored.id,))
        self._rows("DELETE FROM object WHERE id = ?", (stored.id,))
        for (number,) in imports:
            self._rows("DELETE FROM import WHERE id = ? AND NOT EXISTS (SELECT 1 FROM origin WHERE import = ?)", (number, number))

    # ---------------------------------------------------------------------------------------------------------------------

    def _authorities(self, condition: str, value: object) -> tuple[Certificate, ...]:
        found = self._certificates(condition, value)
        return tuple(each.certificate for each in found if each.index.role in AUTHORITIES)

    def _certificates(self, condition: str, *values: object) -> tuple[StoredObject, ...]:
        """By role too would be quicker, and blind to a row that lies of it."""
        return self._select(f"kind = ? AND {condition} ORDER BY id", Kind.CERTIFICATE, *values)

    def _select(self, condition: str, *values: object) -> tuple[StoredObject, ...]:
        # Conditions are written in this file, with marks for values.
        rows = self._rows(f"SELECT {_COLUMNS} FROM object WHERE {condition}", values)  # noqa: S608
        return tuple(self._objects.get((row[0], row[2])) or self._checked(row) for row in rows)

    def _checked(self, row: Sequence[Any]) -> StoredObject:
        """The object of a row, whose index says what its octets do."""
        with translated(self._path):
            stored = read_row(row)
            if problem := what_is_wrong(stored, row[2]):
                raise _damaged(stored.id, problem)
        self._remember(stored)
        return stored

    def _lists(self, kind: Kind, read: Callable[[StoredObject, str | None], _List]) -> Iterator[_List]:
        """The lists of a *kind* that count; they were read when they were admitted: a malformed one is the store's fault."""
        for number, country in self._rows(_LISTS_THAT_COUNT, (kind,)):
            (stored,) = self._select("id = ?", number)
            with translated(self._path):
                try:
                    yield read(stored, country)
                except MalformedData as error:
                    raise _damaged(stored.id, f"is no {kind}: {error}") from None

    def _remember(self, stored: StoredObject) -> None:
        """So that it is parsed once; lists are long, and there may be many."""
        if stored.kind is not Kind.REVOCATION_LIST:
            self._objects[stored.id, bytes.fromhex(stored.fingerprint)] = stored

    def _import(self, row: Sequence[Any]) -> Import:
        from chipid.trust.provenance import Import  # noqa: PLC0415  # who verifies does not ask

        with translated(self._path):
            return Import.of_row(row)

    def _rows(self, query: str, values: Iterable[object] = ()) -> list[Any]:
        if self._closed:
            raise ValueError(f"{self._path}: the trust store is closed")
        if not (self._writable or query.startswith(_READING)):
            raise TrustStoreError(f"{self._path}: the trust store is open for reading", hint=_TO_CHANGE)
        with translated(self._path):
            return self._connection.execute(query, tuple(values)).fetchall()


def read_row(row: Sequence[Any]) -> StoredObject:
    """An object from the columns of a table's row.

    :raises TrustStoreError: a value is none of its column's: SQLite looks at types when it writes, and whoever made the file may
        have written it by other means.
    """
    number, kind, sha256, octets, role, *rest = row
    typed = all(isinstance(value, bytes) for value in (sha256, octets)) and all(map(isinstance, rest, _INDEX_TYPES))
    try:
        if not typed:
            raise ValueError
        index = Index(None if role is None else Role(role), *rest)
        return StoredObject(number, Kind(kind), octets, index)
    except ValueError:
        raise _damaged(number, "has values that are none of its columns'") from None


def what_is_wrong(stored: StoredObject, sha256: bytes) -> str | None:
    """How the index of *stored* differs from what its octets say, ``None`` where it does not."""
    if bytes.fromhex(stored.fingerprint) != sha256:
        return "is not the one that was imported"
    try:
        computed = stored.computed_index()
    except MalformedData as error:
        return f"is no {stored.kind}: {error}"
    if not _is_of_its_kind(stored):
        return f"is no {stored.kind}"
    wrong = [name for name in _INDEX if getattr(computed, name) != getattr(stored.index, name)]
    return f"is not what its index says: {', '.join(wrong)}" if wrong else None


def _is_of_its_kind(stored: StoredObject) -> bool:
    """That a certificate or a revocation list is one, reading it showed; one signed list looks like another."""
    if stored.kind in (Kind.CERTIFICATE, Kind.REVOCATION_LIST):
        return True
    from chipid.trust.recognise import kind_of  # noqa: PLC0415  # most cards need no list

    return kind_of(stored.octets) is stored.kind


def _damaged(number: object, problem: str) -> TrustStoreError:
    return TrustStoreError(f"the trust store is damaged: object {number} {problem}", hint=_REMEDY)


class _StaysEmpty(Exception):  # says what happens
    """Takes a store away that nothing went into."""
