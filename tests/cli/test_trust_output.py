# SPDX-License-Identifier: Apache-2.0
"""``chipid trust``: what it writes goes where it was told to, whole, and what it says of it can be read."""

from __future__ import annotations

import errno
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from chipid.issuing.pki import TestCsca
from chipid.trust import connection
from chipid.trust.database import TrustDatabase

CSCA = TestCsca.create("UT", at=datetime.now(UTC) - timedelta(days=100))
NAME = f"UT_{CSCA.parsed.fingerprint}.cer"


@pytest.fixture
def store(cli, tmp_path: Path) -> Path:
    (tmp_path / "csca.cer").write_bytes(CSCA.certificate)
    path = tmp_path / "t.db"
    assert cli("trust", "import", "--store", path, tmp_path / "csca.cer").code == 0
    return path


@pytest.mark.parametrize("force", [(), ("--force",)])
@pytest.mark.parametrize("place", ["out.pem", NAME], ids=["file", "folder"])
def test_export_follows_no_link(cli, store: Path, force: tuple[str, ...], place: str) -> None:
    folder = store.parent / "shared"
    folder.mkdir()
    (folder / place).symlink_to(store.parent / "planted")
    result = cli("trust", "export", "--store", store, *force, folder if place == NAME else folder / place)
    assert result.code == 2
    assert place in result.err  # the fingerprint too: nobody typed it
    assert not (store.parent / "planted").exists()


def test_export_does_not_overwrite_the_store(cli, store: Path) -> None:
    before = store.read_bytes()
    (store.parent / "link.pem").symlink_to(store)
    for target in (store, store.parent / "link.pem"):
        assert cli("trust", "export", "--store", store, "--force", target).code == 2
    assert store.read_bytes() == before


def test_a_full_disk_leaves_what_was_there(cli, store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = store.parent / "out.pem"
    target.write_bytes(b"precious")

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    result = cli("trust", "export", "--store", store, "--force", target)
    monkeypatch.undo()
    assert (result.code, "No space left" in result.err) == (2, True)
    assert target.read_bytes() == b"precious"
    assert not list(store.parent.glob(".*.part"))


def test_what_a_store_says_of_itself_is_shown_and_what_was_typed_is_not(cli, store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    typed = store.with_name("099012345678")
    store.rename(typed)
    monkeypatch.setattr(connection, "_no_store", lambda: connection.MalformedData("1234567 octets"))
    typed.write_bytes(b"no store")
    result = cli("trust", "list", "--store", typed)
    assert "1234567 octets" in result.err
    assert "099012345678" not in result.err


def test_an_import_that_meets_another_says_so(cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "csca.cer").write_bytes(CSCA.certificate)
    store = tmp_path / "new.db"
    real = TrustDatabase.add_object

    def meanwhile(database: TrustDatabase, *arguments: object) -> object:
        if not store.exists():
            store.write_bytes(b"another's")
        return real(database, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(TrustDatabase, "add_object", meanwhile)
    result = cli("trust", "import", "--store", store, tmp_path / "csca.cer")
    assert (result.code, "by now" in result.err) == (2, True)
    assert store.read_bytes() == b"another's"
