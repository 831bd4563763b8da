# SPDX-License-Identifier: Apache-2.0
"""Opening a trust store's file: to read it as it stands, or to change it.

Who reads takes the file into memory, in one piece: nothing is locked, nothing is created, a medium may be read-only, and what an
import does later is not seen. Who changes it writes a WAL (https://sqlite.org/wal.html), and leaves none behind.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from chipid.errors import ChipIdError, MalformedData, TrustStoreError
from chipid.trust.schema import MAGIC, check_schema, create_schema, protect

SIZE_LIMIT: Final = 1 << 30
"""Octets of a file that is read: many times what all certificates and lists there are come to."""

LOCK_SECONDS: Final = 10.0
"""How long a writer waits for another."""

_FORMAT_VERSIONS = slice(18, 20)
_ATTEMPTS = 5
_BUSY = frozenset({"SQLITE_BUSY", "SQLITE_LOCKED"})
_DAMAGED = frozenset({"SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_FORMAT", "SQLITE_MISMATCH", "SQLITE_ERROR"})


def open_snapshot(path: Path) -> sqlite3.Connection:
    """The store as it is now; the connection refuses to change anything.

    :raises MalformedData: it is none, or damaged. :raises UnsupportedFeature: of another version.
    :raises TrustStoreError: an import was cut off, or goes on.
    :raises OSError: it cannot be read.
    """
    with translated(path):
        connection = _with_wal(path) if _has_wal(path) else _in_memory(path)
        try:
            protect(connection)
            connection.execute("PRAGMA query_only = ON")
            connection.execute("BEGIN")
            check_schema(connection, migrate=False)
        except BaseException:
            connection.close()
            raise
    return connection


def open_writable(path: Path, *, create: bool) -> sqlite3.Connection:
    """The store itself, to be changed.

    :param create: make it: there must be no file of that name.
    :raises FileExistsError: there is. Otherwise as :func:`open_snapshot`.
    """
    if create:
        # O_EXCL follows no symbolic link (POSIX open): what is made is ours.
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o666))
    elif _begins_otherwise(path):
        raise _no_store(path)
    try:
        with translated(path):
            return _writable(path)
    except BaseException:
        if create:
            _unlink(path)
        raise


def close_writable(connection: sqlite3.Connection) -> None:
    """Close it, with all of it in the one file."""
    with contextlib.suppress(sqlite3.Error):  # somebody else has it open, and will do so
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


@contextlib.contextmanager
def translated(path: Path | None) -> Iterator[None]:
    """Errors of SQLite come out as those of chipid, with the file's name before them."""
    name = "trust store" if path is None else str(path)
    try:
        yield
    except sqlite3.Error as error:
        raise _translate(name, error) from None
    except UnicodeDecodeError:
        hint = "Restore it from a copy, or make a new one: chipid trust import."
        raise MalformedData(f"{name}: the trust store is damaged: a text that is no UTF-8", hint=hint) from None
    except ChipIdError as error:
        if str(error).startswith(name):
            raise
        raise type(error)(f"{name}: {error}", hint=error.hint) from None


def _translate(name: str, error: sqlite3.Error) -> ChipIdError:
    code = getattr(error, "sqlite_errorname", "SQLITE_ERROR")
    kind = "_".join(code.split("_")[:2])
    if kind in _BUSY:
        return TrustStoreError(f"{name}: another process changes it", hint="Wait until it has finished, and try again.")
    if kind in _DAMAGED:
        return MalformedData(
            f"{name}: the trust store is damaged ({code})", hint="Restore it from a copy, or make a new one: chipid trust import."
        )
    return TrustStoreError(
        f"{name}: the trust store cannot be used ({code})", hint="Is the disk full, or the file or its folder read-only?"
    )


def _in_memory(path: Path) -> sqlite3.Connection:
    raw = _read_whole(path)
    if raw[: len(MAGIC)] != MAGIC:
        raise _no_store(path)
    # In memory there is no WAL: the format's numbers for it would forbid reading (https://sqlite.org/c3ref/deserialize.html).
    raw[_FORMAT_VERSIONS] = b"\x01\x01"
    connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    try:
        connection.deserialize(raw)
    except BaseException:
        connection.close()
        raise
    return connection


def _read_whole(path: Path) -> bytearray:
    """The file, read while nobody wrote it: its size and time are the same before and after, and there is no WAL."""
    for _ in range(_ATTEMPTS):
        with path.open("rb", buffering=0) as file:
            before = os.fstat(file.fileno())
            if before.st_size > SIZE_LIMIT:
                raise MalformedData(f"more than {SIZE_LIMIT} octets, and no trust store")
            raw = bytearray(before.st_size)
            count = file.readinto(raw)
            after = os.fstat(file.fileno())
        if (before.st_mtime_ns, count) == (after.st_mtime_ns, after.st_size) and not _has_wal(path):
            return raw
    raise TrustStoreError("an import goes on", hint="Wait until it has finished, and try again.")


def _with_wal(path: Path) -> sqlite3.Connection:
    """While an import goes on, or after one that was cut off, SQLite tells what counts; without its index it would create one."""
    if not _beside(path, "-shm").exists():
        raise TrustStoreError(
            "an import was cut off", hint="Open it once where it may be written: chipid trust import finishes or undoes it."
        )
    return _connect(path, "ro")


def _writable(path: Path) -> sqlite3.Connection:
    connection = _connect(path, "rw")
    try:
        protect(connection)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("BEGIN IMMEDIATE")
        if connection.execute("PRAGMA page_count").fetchone()[0] == 0 or _is_blank(connection):
            create_schema(connection)
        check_schema(connection, migrate=True)
        connection.execute("COMMIT")
    except BaseException:
        connection.close()
        raise
    return connection


def _is_blank(connection: sqlite3.Connection) -> bool:
    """Whether nothing was ever written: of an empty file the journal's mode makes one page."""
    nothing = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0] == 0
    return bool(nothing and connection.execute("PRAGMA application_id").fetchone()[0] == 0)


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    from urllib.parse import quote  # noqa: PLC0415  # a reader needs none

    uri = f"file:{quote(os.fspath(path.absolute()))}?mode={mode}"
    return sqlite3.connect(uri, uri=True, timeout=LOCK_SECONDS, isolation_level=None, check_same_thread=False)


def _begins_otherwise(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(MAGIC)) not in (MAGIC, b"")


def _no_store(path: Path) -> MalformedData:
    return MalformedData(f"{path}: this is no trust store", hint="chipid trust import makes one.")


def _has_wal(path: Path) -> bool:
    try:
        return _beside(path, "-wal").stat().st_size > 0
    except FileNotFoundError:
        return False


def _unlink(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        with contextlib.suppress(OSError):
            _beside(path, suffix).unlink()


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)
