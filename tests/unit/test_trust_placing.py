# SPDX-License-Identifier: Apache-2.0
"""A trust store among other people's files: links, pipes, foreign files beside it, full disks, rows that SQLite would not write."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chipid.errors import MalformedData, TrustStoreError
from chipid.issuing.pki import TestCsca
from chipid.pki.master_list import CSCA_MASTER_LIST, CscaMasterList
from chipid.pki.trust_store import TrustStore
from chipid.trust import connection
from chipid.trust.audit import audit
from chipid.trust.database import TrustDatabase
from chipid.trust.importing import import_paths
from chipid.trust.placing import write_placed
from chipid.trust.upkeep import remove

AT = datetime(2026, 6, 1, tzinfo=UTC)
CSCA = TestCsca.create("UT", at=AT)
FOREIGN = TestCsca.create("XO", at=AT)


def store_of(path: Path, *contents: bytes) -> Path:
    with TrustDatabase.create(path) as database:
        put(database, *contents)
    return path


def put(database: TrustDatabase, *contents: bytes) -> None:
    paths = [database.path.with_name(f"source-{number}") for number, _ in enumerate(contents)]
    for path, octets in zip(paths, contents, strict=True):
        path.write_bytes(octets)
    assert import_paths(database, paths, at=AT).refused == ()


def cut_off(path: Path) -> None:
    """Another process removes XO's CSCA, and is killed before the WAL goes into the file."""
    program = (
        "import os; from chipid.trust.database import TrustDatabase; from chipid.trust.upkeep import remove; "
        f"remove(TrustDatabase.open({str(path)!r}, writable=True), {FOREIGN.parsed.fingerprint!r}); os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == -signal.SIGKILL


def test_a_link_leads_to_the_wal_too(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    store = store_of(tmp_path / "real" / "t.db", CSCA.certificate, FOREIGN.certificate)
    (tmp_path / "link").symlink_to(Path("real") / "t.db")
    cut_off(store)
    with TrustDatabase.open(tmp_path / "link") as database:
        assert database.authorities_of("UT")
        assert not database.authorities_of("XO")


@pytest.mark.parametrize("suffix", ["-shm", "-wal"])
def test_what_lies_beside_a_store_is_not_written_through(tmp_path: Path, suffix: str) -> None:
    store = store_of(tmp_path / "t.db", CSCA.certificate, FOREIGN.certificate)
    cut_off(store)
    planted, precious = tmp_path / f"t.db{suffix}", tmp_path / "precious"
    precious.write_bytes(b"precious" * 9000)
    planted.unlink()
    os.link(precious, planted)
    for writable in (False, True):
        with pytest.raises(TrustStoreError, match="beside it"):
            TrustDatabase.open(store, writable=writable)
    assert precious.read_bytes() == b"precious" * 9000


def test_a_folder_in_the_wals_place(tmp_path: Path) -> None:
    store = store_of(tmp_path / "t.db", CSCA.certificate)
    (tmp_path / "t.db-wal" / "inside").mkdir(parents=True)
    with TrustDatabase.open(store) as database:
        assert database.authorities_of("UT")
    with pytest.raises(TrustStoreError, match="beside it") as refused:
        TrustDatabase.open(store, writable=True)
    assert "take it away" in (refused.value.hint or "")


@pytest.mark.parametrize("open_", [TrustDatabase.open, lambda path: TrustDatabase.open(path, writable=True), TrustStore.load])
def test_nobody_waits_for_a_pipe(tmp_path: Path, open_: Callable[[Path], object]) -> None:
    os.mkfifo(tmp_path / "pipe")
    signal.alarm(20)
    try:
        with pytest.raises(MalformedData):
            open_(tmp_path / "pipe")
    finally:
        signal.alarm(0)


def test_a_pipe_that_was_named_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with TrustDatabase.create(tmp_path / "t.db") as database:
        report = import_paths(database, tmp_path / "pipe", at=AT)
    assert [each.reason for each in report.refused] == ["unreadable"]


def test_the_store_in_a_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "csca").write_bytes(CSCA.certificate)
    os.link(tmp_path / "csca", tmp_path / "again")
    with TrustDatabase.create(tmp_path / "t.db") as database:
        os.link(tmp_path / "t.db", tmp_path / "another name")
        report = import_paths(database, tmp_path, at=AT)
        assert {note.place.rpartition("/")[2] for note in report.notes if note.code == "own-store"} == {
            "t.db", "t.db-wal", "t.db-shm", "another name",
        }  # fmt: skip
        assert (len(report.added), report.refused) == (1, ())


@pytest.mark.parametrize("name", [b"\xff.db", b"a%3fmode=ro?b#c.db"])
def test_a_name_that_is_no_text(tmp_path: Path, name: bytes) -> None:
    store = store_of(Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)), CSCA.certificate)
    with TrustDatabase.open(store) as database:
        assert database.authorities_of("UT")


def test_a_store_grows_no_larger_than_is_read_and_shrinks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "GROWTH_LIMIT", 1 << 20)
    big = CSCA.issue_revocation_list(range(1, 20_000), at=AT)
    store = store_of(tmp_path / "t.db", CSCA.certificate, big)
    with TrustDatabase.open(store, writable=True) as database:
        with pytest.raises(TrustStoreError, match="more than 1 MiB"):
            put(database, CSCA.issue_revocation_list(range(1, 20_001), at=AT), CSCA.issue_revocation_list(range(1, 20_002), at=AT))
        assert len(list(database.objects())) == 2
        (crl,) = (each for each in database.objects() if each.octets == big)
        remove(database, crl.fingerprint)
    assert store.stat().st_size < len(big)


def test_who_makes_a_store_meanwhile_keeps_it(tmp_path: Path) -> None:
    path = tmp_path / "t.db"

    def fill() -> None:
        with TrustDatabase.filling(path) as database:
            store_of(path, FOREIGN.certificate)
            put(database, CSCA.certificate)

    with pytest.raises(FileExistsError):
        fill()
    with TrustDatabase.open(path) as database:
        assert database.authorities_of("XO")
    assert {each.name for each in tmp_path.iterdir()} == {"t.db", "source-0"}


@pytest.mark.parametrize("content", [(), (CSCA.certificate,)])
def test_a_store_that_is_filled_is_there_at_the_end(tmp_path: Path, content: tuple[bytes, ...]) -> None:
    path = tmp_path / "t.db"
    with TrustDatabase.filling(path) as database:
        put(database, *content)
        assert not path.exists()
    assert path.exists() is bool(content)


@pytest.mark.parametrize("replace", [False, True])
def test_a_file_is_put_into_no_link(tmp_path: Path, replace: bool) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "target")
    with pytest.raises(OSError, match="link"):
        write_placed(tmp_path / "link", b"x", replace=replace)
    assert [each.name for each in tmp_path.iterdir()] == ["link"]


def test_another_processs_object_of_the_same_number(tmp_path: Path) -> None:
    store = store_of(tmp_path / "t.db", CSCA.certificate)
    with TrustDatabase.open(store, writable=True) as ours:
        assert [each.certificate for each in ours.objects()] == [CSCA.parsed]
        with TrustDatabase.open(store, writable=True) as other:
            remove(other, CSCA.parsed.fingerprint)
            put(other, FOREIGN.certificate)
        assert [each.certificate for each in ours.objects()] == [FOREIGN.parsed]


def test_a_transaction_in_another_is_no_damage(tmp_path: Path) -> None:
    with TrustDatabase.create(tmp_path / "t.db") as database, database.transaction():
        inner = database.transaction()
        with pytest.raises(TrustStoreError, match="goes on already"):
            inner.__enter__()


def loosened(path: Path, change: str) -> None:
    """*change* made where the columns have no types, as whoever writes the file without SQLite could."""
    with sqlite3.connect(path) as other:
        other.execute("PRAGMA journal_mode = DELETE")
        other.execute("PRAGMA writable_schema = ON")
        tables = other.execute("SELECT sql, name FROM sqlite_schema WHERE type = 'table' AND sql IS NOT NULL").fetchall()
        for sql, name in tables:
            loose = sql.replace(") STRICT, WITHOUT", ") WITHOUT").replace(") STRICT", ")")
            other.execute("UPDATE sqlite_schema SET sql = ? WHERE name = ?", (loose, name))
    other.close()
    with sqlite3.connect(path) as other:
        other.execute(change)
        other.execute("PRAGMA writable_schema = ON")
        other.executemany("UPDATE sqlite_schema SET sql = ? WHERE name = ?", tables)
    other.close()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE object SET octets = 'text'", "UPDATE object SET octets = 5", "UPDATE object SET sha256 = 'text'",
        "UPDATE object SET kind = x'00'", "UPDATE object SET role = x'ff'", "UPDATE object SET valid_from = 'text'",
        "UPDATE object SET kind = 'master-list'",
        "UPDATE import SET sha256 = 'text'", "UPDATE import SET at = 'text'", "UPDATE import SET pins = x'07'",
        "UPDATE import SET voucher = 5", "UPDATE import SET signer = 'text'", "UPDATE import SET country = x'00'",
        "UPDATE import SET source = x'1b'", "UPDATE import SET signed_at = 'text'",
    ],
)  # fmt: skip
def test_values_of_other_types_are_damage(tmp_path: Path, change: str) -> None:
    store = store_of(tmp_path / "t.db", CSCA.certificate)
    loosened(store, change)
    with TrustDatabase.open(store) as database, pytest.raises(TrustStoreError, match="damaged"):
        _ = [database.origins(stored) for stored in database.objects()]


def test_one_signed_list_does_not_pass_for_another(tmp_path: Path) -> None:
    signer = CSCA.issue_list_signer("2.23.136.1.1.3", at=AT)
    listed = signer.sign_list(CSCA_MASTER_LIST, CscaMasterList.of([FOREIGN.certificate]).content, CSCA, at=AT)
    store = store_of(tmp_path / "t.db", CSCA.certificate, listed)
    loosened(store, "UPDATE object SET kind = 'defect-list' WHERE kind = 'master-list'")
    with TrustDatabase.open(store) as database:
        assert [text.rpartition(": ")[2] for text in database.examine()[0]] == ["object 2 is no defect-list"]


def test_who_meets_damage_is_told_and_the_rest_verified(tmp_path: Path) -> None:
    store = store_of(tmp_path / "t.db", CSCA.certificate, CSCA.issue_document_signer(at=AT).certificate, FOREIGN.certificate)
    loosened(store, "UPDATE object SET role = 'document-signer' WHERE role = 'csca' AND country = 'UT'")
    with TrustDatabase.open(store) as database:
        report = audit(database, AT)
    assert {each.stored.index.country: (each.ok, each.reason) for each in report.findings} == {
        "UT": (None, "store-damaged"), "XO": (True, "ok"),
    }  # fmt: skip
    assert len(report.damage) == 1


def test_another_authority_signs_no_list_in_this_ones_name(tmp_path: Path) -> None:
    forged = TestCsca(FOREIGN.certificate, FOREIGN.key, CSCA.subject).issue_revocation_list((1,), at=AT)
    with TrustDatabase.open(store_of(tmp_path / "t.db", CSCA.certificate, FOREIGN.certificate, forged)) as database:
        found = {each.stored.octets: each.reason for each in audit(database, AT).findings}
    assert found[forged] == "issuer-key-unknown"
