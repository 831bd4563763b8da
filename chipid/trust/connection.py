# SPDX-License-Identifier: Apache-2.0
"""Opening a trust store's file: to read it as it stands, or to change it.

Who reads takes the file into memory, in one piece: nothing is locked, nothing is created, a medium may be read-only, and what an
import does later is not seen. Who changes it writes a WAL (https://sqlite.org/wal.html), and leaves none behind.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from chipid.errors import ChipIdError, MalformedData, TrustStoreError
from chipid.trust.placing import placed
from chipid.trust.schema import MAGIC, check_schema, create_schema, protect

SIZE_LIMIT: Final = 1 << 30
"""Octets of a file that is read: many times what all certificates and lists there are come to."""

GROWTH_LIMIT: Final = SIZE_LIMIT // 2
"""Octets up to which a store grows; far less than what is read, so that none becomes too large to be used."""

LOCK_SECONDS: Final = 10.0
"""How long a writer waits for another."""

_FORMAT_VERSIONS = slice(18, 20)
_ATTEMPTS = 5
_SPARE = 4
_SUFFIXES = ("-wal", "-shm")
_LINK_LIMIT = 40
_MAKE = "chipid trust import makes one."
_RESTORE = "Restore it from a copy, or make a new one: chipid trust import."
_BUSY = frozenset({"SQLITE_BUSY", "SQLITE_LOCKED"})
_DAMAGED = frozenset({"SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_FORMAT", "SQLITE_MISMATCH", "SQLITE_ERROR"})


def open_snapshot(path: Path) -> sqlite3.Connection:
    """The store as it is now; the connection refuses to change anything.

    :raises MalformedData: it is none, or damaged. :raises UnsupportedFeature: of another version.
    :raises TrustStoreError: an import was cut off, or goes on.
    :raises OSError: it cannot be read.
    """
    with translated(path):
        real = _resolved(path)
        connection = _with_wal(real) if _has_wal(real) else _in_memory(real)
        try:
            protect(connection)
            connection.execute("PRAGMA query_only = ON")
            connection.execute("BEGIN")
            check_schema(connection, migrate=False)
        except BaseException:
            connection.close()
            raise
    return connection


def open_writable(path: Path) -> sqlite3.Connection:
    """The store itself, to be changed. Raises as :func:`open_snapshot`."""
    with translated(path):
        real = _resolved(path)
        if _begins_otherwise(real):
            raise _no_store()
        _require_files_beside(real)
        return _writable(real)


def create_store(path: Path) -> None:
    """Make an empty one.

    :raises FileExistsError: there is a file of that name. :raises TrustStoreError: SQLite cannot write it.
    :raises OSError: it cannot be made.
    """
    with placed(path) as temporary, translated(path):
        try:
            close_writable(_writable(temporary))
        finally:
            _remove_beside(temporary)


def close_writable(connection: sqlite3.Connection) -> None:
    """Close it, with all of it in the one file, and that no larger than what is in it."""
    with contextlib.suppress(sqlite3.Error):  # somebody else has it open, and will do so
        pages, unused = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count"))
        if unused * _SPARE > pages:
            connection.execute("VACUUM")
    with contextlib.suppress(sqlite3.Error):
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def beside(path: Path) -> tuple[Path, ...]:
    """The store's file, and those that SQLite keeps beside it."""
    real = _resolved(path)
    return (real, *(_beside(real, suffix) for suffix in _SUFFIXES))


@contextlib.contextmanager
def translated(path: Path | None) -> Iterator[None]:
    """Errors of SQLite come out as those of chipid, with the file's name before them."""
    name = "trust store" if path is None else str(path)
    try:
        yield
    except sqlite3.Error as error:
        raise _translate(name, error) from None
    except UnicodeDecodeError:
        raise TrustStoreError(f"{name}: the trust store is damaged: a text that is no UTF-8", hint=_RESTORE) from None
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
        return TrustStoreError(f"{name}: the trust store is damaged ({code})", hint=_RESTORE)
    if kind == "SQLITE_FULL":
        return TrustStoreError(
            f"{name}: the disk is full, or the trust store would have more than {GROWTH_LIMIT >> 20} MiB ({code})",
            hint="Is the disk full? Otherwise import less, or take out what is out of date: chipid trust expire.",
        )
    return TrustStoreError(
        f"{name}: the trust store cannot be used ({code})", hint="Is the disk full, or the file or its folder read-only?"
    )


def _in_memory(path: Path) -> sqlite3.Connection:
    raw = _read_whole(path)
    if raw[: len(MAGIC)] != MAGIC:
        raise _no_store()
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
        with _opened(path) as file:
            before = os.fstat(file.fileno())
            if before.st_size > SIZE_LIMIT:
                raise MalformedData(f"more than {SIZE_LIMIT >> 20} MiB: no trust store grows so large")
            raw = bytearray(before.st_size)
            count = file.readinto(raw)
            after = os.fstat(file.fileno())
        if (before.st_mtime_ns, count) == (after.st_mtime_ns, after.st_size) and not _has_wal(path):
            return raw
    raise TrustStoreError("an import goes on", hint="Wait until it has finished, and try again.")


def _with_wal(path: Path) -> sqlite3.Connection:
    """While an import goes on, or after one that was cut off, SQLite tells what counts; without its index it would create one."""
    _require_files_beside(path)
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
        size = connection.execute("PRAGMA page_size").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {GROWTH_LIMIT // size}")
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

    uri = f"file:{quote(os.fsencode(path.absolute()))}?mode={mode}"  # the octets: a name need not be UTF-8
    return sqlite3.connect(uri, uri=True, timeout=LOCK_SECONDS, isolation_level=None, check_same_thread=False)


def _resolved(path: Path) -> Path:
    """The file that *path* leads to: its WAL lies beside that, and not beside a link to it. Folders above may be closed to us."""
    for _ in range(_LINK_LIMIT):
        if not path.is_symlink():
            return path
        path = path.parent / path.readlink()
    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path))


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[io.FileIO]:
    """The file; whoever opens a pipe waits for ever, so what it is, is asked of what was opened without waiting."""
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    with io.FileIO(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise MalformedData("this is no regular file, and no trust store", hint=_MAKE)
        yield file


def _begins_otherwise(path: Path) -> bool:
    with _opened(path) as file:
        return file.read(len(MAGIC)) not in (MAGIC, b"")


def _no_store() -> MalformedData:
    return MalformedData("this is no trust store", hint=_MAKE)


def _has_wal(path: Path) -> bool:
    try:
        found = _beside(path, "-wal").lstat()
    except FileNotFoundError:
        return False
    return stat.S_ISREG(found.st_mode) and found.st_size > 0  # what is no file holds nothing of the store's


def _require_files_beside(path: Path) -> None:
    """SQLite writes into what bears these names: it must not be a link of somebody's to another file."""
    for suffix in _SUFFIXES:
        beside = _beside(path, suffix)
        with contextlib.suppress(FileNotFoundError):
            found = beside.lstat()
            if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1:
                raise TrustStoreError(
                    f"{beside.name} beside it is not SQLite's",
                    hint="It is a folder or a link that SQLite would not make: take it away.",
                )


def _remove_beside(path: Path) -> None:
    for suffix in _SUFFIXES:
        with contextlib.suppress(OSError):
            _beside(path, suffix).unlink()


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)
