# SPDX-License-Identifier: Apache-2.0
"""The tables of a trust store's file, and how a file is known to be one.

What SQLite keeps beside the rows is code (views, triggers, expressions): a file whose schema is not the one written here, letter by
letter, is refused, whoever made it.
"""

from __future__ import annotations

import sqlite3
from typing import Final

from chipid.errors import MalformedData, UnsupportedFeature

APPLICATION_ID: Final = 0x43484944
"""``CHID``, at offset 68 of the file."""

SCHEMA_VERSION: Final = 1
"""``user_version``, at offset 60."""

MAGIC: Final = b"SQLite format 3\0"

TABLES: Final = (
    """CREATE TABLE object (
    id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    sha256 BLOB NOT NULL UNIQUE,
    role TEXT,
    country TEXT,
    subject BLOB,
    issuer BLOB,
    serial BLOB,
    key_id BLOB,
    key_digest BLOB,
    valid_from INTEGER,
    valid_until INTEGER,
    signed_by BLOB,
    octets BLOB NOT NULL
) STRICT""",
    """CREATE TABLE import (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    source TEXT NOT NULL,
    sha256 BLOB NOT NULL,
    voucher TEXT NOT NULL,
    signer BLOB,
    country TEXT,
    signed_at INTEGER,
    pins TEXT NOT NULL,
    UNIQUE (sha256, source, voucher)
) STRICT""",
    """CREATE TABLE origin (
    object INTEGER NOT NULL REFERENCES object ON DELETE CASCADE,
    import INTEGER NOT NULL REFERENCES import ON DELETE CASCADE,
    place TEXT NOT NULL,
    PRIMARY KEY (object, import)
) STRICT, WITHOUT ROWID""",
    "CREATE INDEX object_subject ON object (subject)",
    "CREATE INDEX object_issuer ON object (issuer, serial)",
    "CREATE INDEX object_key_id ON object (key_id)",
    "CREATE INDEX object_key_digest ON object (key_digest)",
    "CREATE INDEX object_country ON object (kind, country)",
    "CREATE INDEX origin_import ON origin (import)",
)
"""An object is there once, however many imports brought it. ``signed_by`` is a revocation list's: SHA-256 of the key, as an
authority's certificate writes it, that made its signature; it only says in which order lists are tried."""

MIGRATIONS: Final[dict[int, tuple[str, ...]]] = {}
"""What turns a file of an older version into the next one's; there is no older one yet."""

_SAFE = (
    "PRAGMA trusted_schema = OFF",
    "PRAGMA cell_size_check = ON",
    "PRAGMA foreign_keys = ON",
    "PRAGMA temp_store = MEMORY",
)


def protect(connection: sqlite3.Connection) -> None:
    """Settings of a connection, before anything is read."""
    for statement in _SAFE:
        connection.execute(statement)


def create_schema(connection: sqlite3.Connection) -> None:
    """Make an empty file a trust store, in the transaction that is open."""
    for statement in TABLES:
        connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def check_schema(connection: sqlite3.Connection, *, migrate: bool) -> None:
    """Refuse what is no trust store of this version.

    :param migrate: bring an older one up to date, in the transaction that is open.
    :raises MalformedData: it is something else, or was tampered with.
    :raises UnsupportedFeature: it is newer; or older, and must not be changed.
    """
    if _pragma(connection, "application_id") != APPLICATION_ID:
        raise MalformedData("this is a SQLite file, and no trust store", hint="chipid trust import makes one.")
    version = _pragma(connection, "user_version")
    if version > SCHEMA_VERSION:
        raise UnsupportedFeature(
            f"a trust store of version {version}, and this chipid reads version {SCHEMA_VERSION}",
            hint="Use the version of chipid that wrote it, or a later one.",
        )
    if version < SCHEMA_VERSION:
        _migrate(connection, version, allowed=migrate)
    found = {sql for (sql,) in connection.execute("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL LIMIT 64")}
    if found != set(TABLES):
        raise MalformedData("a trust store with other tables than chipid makes", hint="Make a new one: chipid trust import.")


def _migrate(connection: sqlite3.Connection, version: int, *, allowed: bool) -> None:
    if not 0 < version < SCHEMA_VERSION or not all(step in MIGRATIONS for step in range(version, SCHEMA_VERSION)):
        raise MalformedData(f"a trust store of version {version}, which never was", hint="Make a new one: chipid trust import.")
    if not allowed:
        raise UnsupportedFeature(
            f"a trust store of version {version}, older than this chipid's {SCHEMA_VERSION}",
            hint="chipid trust import brings it up to date.",
        )
    for step in range(version, SCHEMA_VERSION):
        for statement in MIGRATIONS[step]:
            connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])
