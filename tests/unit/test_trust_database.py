# SPDX-License-Identifier: Apache-2.0
"""The trust store's file: what it answers, what it refuses, and that reading leaves no trace."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import chipid
from chipid.errors import ChipIdError, MalformedData, TrustStoreError, UnsupportedFeature
from chipid.issuing.certificates import Departures
from chipid.issuing.pki import TestCsca
from chipid.pki.certificate import Certificate
from chipid.pki.cms import IssuerAndSerialNumber, SubjectKeyIdentifier
from chipid.pki.crl import CertificateRevocationList
from chipid.pki.trust_store import TrustStore
from chipid.trust import connection, schema
from chipid.trust.database import TrustDatabase
from chipid.trust.importing import import_paths
from chipid.trust.objects import Kind, Role, certificate_index
from chipid.trust.opening import CombinedTrust, open_trust

AT = datetime(2026, 6, 1, tzinfo=UTC)
CSCA = TestCsca.create("UT", at=AT)
SUCCESSOR = TestCsca.create("UT", at=AT + timedelta(days=9))
FOREIGN = TestCsca.create("XO", at=AT, common_name="Another CSCA")
LINK = CSCA.issue_link(SUCCESSOR)
DSC = CSCA.issue_document_signer(at=AT)
CRLS = [CSCA.issue_revocation_list((7,), at=AT + timedelta(days=day)) for day in (0, 5)]
CERTIFICATES = (CSCA.certificate, SUCCESSOR.certificate, FOREIGN.certificate, LINK, DSC.certificate)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with all of the above."""
    folder = tmp_path_factory.mktemp("material")
    for number, octets in enumerate((*CERTIFICATES, *CRLS)):
        (folder / f"{number}.bin").write_bytes(octets)
    path = tmp_path_factory.mktemp("store") / "trust.db"
    with TrustDatabase.create(path) as database:
        assert import_paths(database, folder, at=AT).refused == ()
    return path


@pytest.fixture
def store(filled: Path, tmp_path: Path) -> Path:
    """A copy of it, to be spoiled."""
    return Path(shutil.copy(filled, tmp_path / "trust.db"))


def alter(path: Path, *statements: str) -> None:
    """Somebody else's SQLite changes the file."""
    with sqlite3.connect(path) as other:
        for statement in statements:
            other.execute(statement)
        other.commit()
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    other.close()


# What it answers -------------------------------------------------------------------------------------------------------


def test_a_database_answers_as_a_store_in_memory_does(filled: Path) -> None:
    parsed = [Certificate.parse(octets) for octets in CERTIFICATES]
    memory = TrustStore(parsed, map(CertificateRevocationList.parse, CRLS))
    with TrustDatabase.open(filled) as database:
        assert bool(database) is bool(memory) is True
        for certificate in parsed:
            assert set(database.authorities_named(certificate.issuer)) == set(memory.authorities_named(certificate.issuer))
            assert set(database.named_by(certificate)) == set(memory.named_by(certificate))
            key_id = certificate.subject_key_id or b""
            assert set(database.authorities_with_key(key_id)) == set(memory.authorities_with_key(key_id))
            for sid in (
                IssuerAndSerialNumber(certificate.issuer, b"\0" + certificate.serial_octets),
                IssuerAndSerialNumber(certificate.issuer, b"\x01" + certificate.serial_octets),
                SubjectKeyIdentifier(key_id),
            ):
                assert database.signers(sid) == memory.signers(sid)
            assert tuple(database.revocation_lists(certificate.subject)) == memory.revocation_lists(certificate.subject)
        for country in ("UT", "XO", "XX", ""):
            assert set(database.authorities_of(country)) == set(memory.authorities_of(country))


def test_a_key_identifier_that_a_signer_does_not_carry_is_found_by_the_key(filled: Path) -> None:
    digest = next(iter(DSC.parsed.key_identifiers))
    with TrustDatabase.open(filled) as database:
        assert database.signers(SubjectKeyIdentifier(digest)) == (DSC.parsed,)


def test_nothing_is_parsed_that_is_not_asked_for(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sought = FOREIGN.parsed
    parsed: list[bytes] = []
    real = Certificate.parse
    monkeypatch.setattr(Certificate, "parse", lambda der: parsed.append(der) or real(der))
    with TrustDatabase.open(filled) as database:
        assert database
        assert parsed == []
        for _ in range(2):
            assert database.authorities_named(sought.subject) == (sought,)
    assert parsed == [FOREIGN.certificate]


@pytest.mark.parametrize(
    ("choice", "count"),
    [({}, 7), ({"kind": Kind.REVOCATION_LIST}, 2), ({"role": Role.LINK}, 1), ({"country": "XO"}, 1), ({"country": "xo"}, 0)],
)
def test_objects_are_chosen(filled: Path, choice: dict[str, str], count: int) -> None:
    with TrustDatabase.open(filled) as database:
        assert len(list(database.objects(**choice))) == count


def test_fingerprints_are_found_by_their_beginning(filled: Path) -> None:
    whole = DSC.parsed.fingerprint
    with TrustDatabase.open(filled) as database:
        for text in (whole, whole[:9], whole.upper(), ":".join(whole[i : i + 2] for i in range(0, 64, 2))):
            assert [each.certificate for each in database.find(text)] == [DSC.parsed]
        assert database.find("0" * 64) == ()
        for text in ("", whole[:7], whole + "0", "no fingerprint", "%" * 8):
            with pytest.raises(ValueError, match="hexadecimal"):
                database.find(text)


def test_several_sources_are_one(filled: Path, tmp_path: Path) -> None:
    other = TestCsca.create("UT", at=AT, common_name="A third CSCA")
    (tmp_path / "csca.pem").write_bytes(other.certificate_pem())
    assert isinstance(open_trust(filled), TrustDatabase)
    assert isinstance(open_trust([tmp_path / "csca.pem"]), TrustStore)
    both = chipid.open_trust([tmp_path / "csca.pem", filled])
    assert isinstance(both, CombinedTrust)
    assert set(both.authorities_of("UT")) == {other.parsed, CSCA.parsed, SUCCESSOR.parsed, Certificate.parse(LINK)}
    assert [crl.raw for crl in both.revocation_lists(CSCA.parsed.subject)] == [CRLS[1], CRLS[0]]
    newest = CertificateRevocationList.parse(CSCA.issue_revocation_list(at=AT + timedelta(days=6)))
    three = CombinedTrust([both, TrustStore((), [newest])])
    assert [crl.raw for crl in three.revocation_lists(CSCA.parsed.subject)] == [newest.raw, CRLS[1], CRLS[0]]
    assert both.signers(SubjectKeyIdentifier(DSC.parsed.subject_key_id or b"")) == (DSC.parsed,)
    assert (bool(both), bool(CombinedTrust([TrustStore()]))) == (True, False)


def test_sqlite_is_loaded_for_a_database_alone(tmp_path: Path) -> None:
    (tmp_path / "csca.pem").write_bytes(CSCA.certificate_pem())
    code = f"import sys, chipid; chipid.open_trust({str(tmp_path / 'csca.pem')!r}); sys.exit('sqlite3' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_anchors_may_come_through_a_pipe() -> None:
    """What is read twice of one is not there any more."""
    code = "import chipid; print(len(chipid.open_trust('/dev/stdin')))"
    done = subprocess.run([sys.executable, "-c", code], input=CSCA.certificate_pem(), capture_output=True, timeout=60, check=True)
    assert done.stdout == b"1\n"


def test_threads_may_ask(filled: Path) -> None:
    answers: list[int] = []
    with TrustDatabase.open(filled) as database:
        run = threading.Thread(target=lambda: answers.append(len(database.authorities_named(CSCA.parsed.subject))))
        run.start()
        run.join()
    assert answers == [3]


# Reading leaves no trace, and sees one moment -----------------------------------------------------------------------------


def test_reading_creates_nothing(store: Path) -> None:
    before = store.stat()
    with TrustDatabase.open(store) as database:
        assert database.authorities_of("UT")
        assert list(store.parent.iterdir()) == [store]
    assert (store.stat().st_mtime_ns, store.stat().st_size) == (before.st_mtime_ns, before.st_size)


def test_a_store_is_one_file_when_nobody_has_it_open(store: Path) -> None:
    with TrustDatabase.open(store, writable=True) as database, database.transaction():
        database.remove(database.find(DSC.parsed.fingerprint)[0])
    assert list(store.parent.iterdir()) == [store]
    assert sqlite3.connect(store).execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_wal_is_emptied_even_where_another_program_has_the_store_open(store: Path) -> None:
    other = sqlite3.connect(store)
    other.execute("SELECT count(*) FROM object").fetchone()
    with TrustDatabase.open(store, writable=True) as database, database.transaction():
        database.remove(database.find(DSC.parsed.fingerprint)[0])
    assert store.with_name("trust.db-wal").stat().st_size == 0
    with TrustDatabase.open(store) as reader:
        assert not reader.find(DSC.parsed.fingerprint)
    other.close()


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="another user can be had by root alone")
def test_a_user_without_rights_reads_in_a_folder_that_nobody_writes(store: Path) -> None:
    os.chmod(store, 0o444)
    os.chmod(store.parent, 0o555)
    program = (
        "import os, sys; from pathlib import Path; from chipid.trust.database import TrustDatabase; import chipid.pki.crl; "
        "os.setgid(65534); os.setuid(65534); assert not os.access('.', os.W_OK); "
        "sys.exit(len(TrustDatabase.open('trust.db').authorities_of('UT')) - 3)"
    )
    # From inside: the folders above are closed to others.
    done = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True, cwd=store.parent)
    assert (done.returncode, done.stderr) == (0, "")
    assert list(store.parent.iterdir()) == [store]


def test_a_reader_sees_one_moment_and_blocks_nobody(store: Path) -> None:
    with TrustDatabase.open(store) as reader:
        with TrustDatabase.open(store, writable=True) as writer:
            with writer.transaction():
                writer.remove(writer.find(FOREIGN.parsed.fingerprint)[0])
                with TrustDatabase.open(store) as during:  # nothing is decided yet
                    assert during.authorities_of("XO")
            with TrustDatabase.open(store) as after:  # still in the WAL
                assert not after.authorities_of("XO")
        assert reader.authorities_of("XO")
    with TrustDatabase.open(store) as later:
        assert not later.authorities_of("XO")


def test_a_reader_cannot_change_anything(store: Path) -> None:
    with TrustDatabase.open(store) as reader:
        for change in (lambda: reader.remove(reader.find(DSC.parsed.fingerprint)[0]), lambda: import_paths(reader, store, at=AT)):
            with pytest.raises(TrustStoreError, match="open for reading") as refused:
                change()
            assert "writable=True" in (refused.value.hint or "")
    with TrustDatabase.open(store) as reader:
        assert reader.find(DSC.parsed.fingerprint)


@pytest.mark.parametrize("writable", [False, True])
def test_a_closed_store_says_so_as_a_file_does(store: Path, writable: bool) -> None:
    closed = TrustDatabase(str(store), writable=writable)  # a path may be a text
    closed.close()
    closed.close()
    for ask in (lambda: bool(closed), lambda: closed.authorities_of("UT"), lambda: import_paths(closed, store, at=AT)):
        with pytest.raises(ValueError, match=r"trust\.db: the trust store is closed"):
            ask()
    with pytest.raises(ValueError, match="closed"), TrustDatabase(store, writable=True) as changed, changed.transaction():
        changed.close()


def test_an_import_that_was_cut_off_is_told_and_undone(store: Path) -> None:
    program = (
        "import os; from chipid.trust.database import TrustDatabase; from chipid.trust.objects import *; "
        f"database = TrustDatabase.open({str(store)!r}, writable=True); database._rows('PRAGMA cache_size = 1'); "
        "database._rows('BEGIN IMMEDIATE'); "
        "[database.add_object(Kind.CERTIFICATE, os.urandom(5000), Index()) for _ in range(200)]; os.kill(os.getpid(), 9)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == -9
    wal, index = store.with_name("trust.db-wal"), store.with_name("trust.db-shm")
    assert wal.stat().st_size > 0
    with TrustDatabase.open(store) as reader:
        assert len(list(reader.objects())) == 7
    index.unlink()
    with pytest.raises(TrustStoreError, match="cut off") as caught:
        TrustDatabase.open(store)
    assert "chipid trust import" in str(caught.value.hint)
    assert not index.exists()
    with TrustDatabase.open(store, writable=True) as writer:
        assert len(list(writer.objects())) == 7
    assert list(store.parent.iterdir()) == [store]


# What is refused -------------------------------------------------------------------------------------------------------


def foreign(path: Path) -> None:
    path.unlink()
    alter(path, "CREATE TABLE notes (text TEXT)")


def newer(path: Path) -> None:
    alter(path, f"PRAGMA user_version = {schema.SCHEMA_VERSION + 1}")


def other_view(path: Path) -> None:
    alter(path, "CREATE VIEW everything AS SELECT * FROM object")


def with_trigger(path: Path) -> None:
    alter(path, "CREATE TRIGGER t AFTER DELETE ON object BEGIN DELETE FROM import; END")


def index_lost(path: Path) -> None:
    alter(path, "DROP INDEX object_subject")


def truncated(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def cut_to(size: int) -> Callable[[Path], None]:
    return lambda path: os.truncate(path, size)


def pages_spoiled(path: Path) -> None:
    raw = bytearray(path.read_bytes())
    raw[4096:] = b"\xa5" * (len(raw) - 4096)
    path.write_bytes(raw)


def text(path: Path) -> None:
    path.write_text("no store at all, and longer than sixteen octets")


@pytest.mark.parametrize(
    ("spoil", "kind", "message"),
    [
        (foreign, MalformedData, "no trust store"),
        (newer, UnsupportedFeature, "version 2"),
        (other_view, MalformedData, "other tables"),
        (with_trigger, MalformedData, "other tables"),
        (index_lost, MalformedData, "other tables"),
        (truncated, TrustStoreError, "damaged"),
        (cut_to(100), TrustStoreError, "damaged"),
        (cut_to(0), MalformedData, "no trust store"),
        (pages_spoiled, TrustStoreError, "damaged"),
        (text, MalformedData, "no trust store"),
    ],
)
def test_what_is_no_sound_store_is_refused(
    store: Path, spoil: Callable[[Path], None], kind: type[ChipIdError], message: str
) -> None:
    spoil(store)
    for writable in (False, True):
        if writable and spoil is not text and store.stat().st_size == 0:
            continue  # an empty file is a store to be
        with pytest.raises(kind, match=message) as caught, TrustDatabase.open(store, writable=writable) as database:
            list(database.objects())
        assert str(store) in str(caught.value)
        assert caught.value.hint


def test_an_older_store_is_brought_up_to_date_when_it_is_changed_and_not_before(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "SCHEMA_VERSION", 2)
    monkeypatch.setattr(schema, "TABLES", (*schema.TABLES, "CREATE INDEX object_role ON object (role)"))
    with pytest.raises(MalformedData, match="never was"):
        TrustDatabase.open(store, writable=True)
    monkeypatch.setattr(schema, "MIGRATIONS", {1: ("CREATE INDEX object_role ON object (role)",)})
    before = store.read_bytes()
    with pytest.raises(UnsupportedFeature, match="older"):
        TrustDatabase.open(store)
    assert store.read_bytes() == before
    TrustDatabase.open(store, writable=True).close()
    with TrustDatabase.open(store) as database:
        assert len(list(database.objects())) == 7


def test_a_locked_store_is_told(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "LOCK_SECONDS", 0.01)
    with TrustDatabase.open(store, writable=True) as first, first.transaction():
        with pytest.raises(TrustStoreError, match="another process") as caught:
            TrustDatabase.open(store, writable=True)
        assert caught.value.hint


def test_what_does_not_exist_is_not_made_by_opening(tmp_path: Path) -> None:
    for writable in (False, True):
        with pytest.raises(FileNotFoundError):
            TrustDatabase.open(tmp_path / "none.db", writable=writable)
    with pytest.raises(FileNotFoundError):
        TrustDatabase.create(tmp_path / "no folder" / "trust.db")
    assert list(tmp_path.iterdir()) == []


def test_a_store_is_made_where_there_is_nothing(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    link.symlink_to(target)
    with pytest.raises(FileExistsError):
        TrustDatabase.create(link)
    assert not target.exists()
    target.write_bytes(b"")
    with pytest.raises(FileExistsError):
        TrustDatabase.create(target)
    TrustDatabase.open(target, writable=True).close()  # an empty file, as mktemp makes it
    with TrustDatabase.open(target) as database:
        assert not database


def test_a_store_that_cannot_be_made_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "TABLES", ("CREATE NONSENSE",))
    with pytest.raises(TrustStoreError, match=r"trust\.db: the trust store is damaged"):
        TrustDatabase.create(tmp_path / "trust.db")
    assert list(tmp_path.iterdir()) == []


def test_a_new_store_may_be_read_by_others(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        TrustDatabase.create(tmp_path / "trust.db").close()
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "trust.db").stat().st_mode) == 0o644


# An index that lies -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "ask"),
    [
        # A document signer is called an authority; an authority is called a document signer, so that its name leads nowhere.
        ("UPDATE object SET role = 'csca' WHERE role = 'document-signer'", lambda db: db.authorities_named(DSC.parsed.subject)),
        ("UPDATE object SET role = 'document-signer' WHERE role = 'csca'", lambda db: db.authorities_named(CSCA.parsed.subject)),
        # Another one's name, key or country.
        (
            "UPDATE object SET subject = (SELECT subject FROM object WHERE country = 'XO')",
            lambda db: db.authorities_named(FOREIGN.parsed.subject),
        ),
        ("UPDATE object SET key_id = x'00'", lambda db: db.authorities_with_key(b"\0")),
        ("UPDATE object SET country = 'ZZ'", lambda db: db.authorities_of("ZZ")),
        ("UPDATE object SET serial = x'07'", lambda db: db.signers(IssuerAndSerialNumber(DSC.parsed.issuer, b"\7"))),
        # An older revocation list that passes for the newest.
        ("UPDATE object SET valid_from = valid_from + 1", lambda db: list(db.revocation_lists(CSCA.parsed.subject))),
        # Other octets than were imported.
        ("UPDATE object SET octets = (SELECT octets FROM object WHERE country = 'XO')", lambda db: db.authorities_of("UT")),
        ("UPDATE object SET sha256 = zeroblob(32) WHERE country = 'XO'", lambda db: db.authorities_of("XO")),
        ("UPDATE object SET octets = x'3000'", lambda db: db.authorities_of("UT")),
        ("UPDATE object SET kind = 'treasure'", lambda db: list(db.objects())),
        ("UPDATE object SET role = 'king'", lambda db: list(db.objects())),
        ("UPDATE import SET voucher = 'king'", lambda db: db.imports()),
        (f"UPDATE import SET at = {1 << 60}", lambda db: db.imports()),
    ],
)  # fmt: skip
def test_a_row_that_lies_is_refused_when_it_is_met(store: Path, change: str, ask: Callable[[TrustDatabase], object]) -> None:
    alter(store, change)
    with TrustDatabase.open(store) as database, pytest.raises(TrustStoreError, match="the trust store is damaged"):
        ask(database)


@pytest.mark.parametrize(
    ("change", "damaged"),
    [
        (f"UPDATE object SET issuer = x'00' WHERE kind = '{Kind.REVOCATION_LIST}'", 2),  # revocation lists that nobody finds
        ("UPDATE object SET subject = NULL WHERE country = 'XO'", 1),
        (f"UPDATE object SET kind = '{Kind.REVOCATION_LIST}' WHERE country = 'XO'", 1),
        ("UPDATE object SET country = 'UT'", 1),
    ],
)
def test_what_an_index_hides_an_examination_finds(store: Path, change: str, damaged: int) -> None:
    alter(store, change)
    with TrustDatabase.open(store) as database:
        damage, sound = database.examine()
    assert (len(damage), len(list(sound))) == (damaged, 7 - damaged)


def test_the_index_follows_from_the_octets() -> None:
    index = certificate_index(DSC.parsed)
    assert index.role is Role.DOCUMENT_SIGNER
    assert certificate_index(Certificate.parse(LINK)).role is Role.LINK
    assert replace(index) == certificate_index(Certificate.parse(DSC.certificate))
    assert certificate_index(TestCsca.create("UT", at=AT, departures=Departures(serial=0x80)).parsed).serial == b"\x80"


@given(data=st.data())
def test_octets_that_somebody_changed_end_in_errors_of_chipid(
    data: st.DataObject, filled: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    raw = bytearray(filled.read_bytes())
    for _ in range(data.draw(st.integers(1, 12))):
        place = data.draw(st.one_of(st.integers(16, 99), st.integers(16, len(raw) - 1)))
        raw[place] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("spoiled") / "trust.db"
    path.write_bytes(raw[: data.draw(st.one_of(st.just(len(raw)), st.integers(0, len(raw))))])
    try:
        with TrustDatabase.open(path) as database:
            database.examine()
            database.imports()
            for stored in database.objects():
                database.origins(stored)
            list(database.revocation_lists(CSCA.parsed.subject))
    except ChipIdError:
        pass
