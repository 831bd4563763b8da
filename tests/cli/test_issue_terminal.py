# SPDX-License-Identifier: Apache-2.0
"""``chipid issue-terminal``: what an operator tries an EAC card with."""

from __future__ import annotations

import json
import stat
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chipid.issuing.cv_pki import TestCvca
from chipid.pki.cv_authorisation import Role
from chipid.pki.cvc import CvCertificate
from chipid.report.schema import TerminalReport

TODAY = datetime.now(UTC).date()
CVCA, DV, TERMINAL = "DETESTCVCA00001", "DETESTDVDE00001", "DETESTISDE00001"


def certificate(folder: Path, name: str) -> CvCertificate:
    return CvCertificate.parse((folder / f"{name}.cvcert").read_bytes())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "terminals"


@pytest.fixture
def read_with(cli, desk, tmp_path: Path, chipid_citizen: dict[str, Any]):
    """Issues a card that trusts an authority, and reads it with a terminal."""
    description = tmp_path / "citizen.json"
    description.write_text(json.dumps({**chipid_citizen, "portrait": "none", "terminal_authentication": {"version": 1}}))

    def read(cvca: Path, terminals: Path, terminal: str = TERMINAL, *issue: object) -> Any:
        card = tmp_path / "eac.image"
        arguments = ("--out", card, "--trust-out", tmp_path / "anchor.pem", "--cvca", cvca, "--force", *issue)
        assert cli("issue", description, *arguments).code == 0
        options = ("--terminal-cert", terminals, "--terminal-key", terminals / f"{terminal}.pem")
        return cli("dump", "--json", "--card", card, "--number-file", desk.number, *options)

    return read


def test_a_terminal_that_is_made_reads_dg3(cli, folder: Path, read_with) -> None:
    made = cli("issue-terminal", "--out", folder, "--json")
    assert (made.code, made.err) == (0, "")
    report = made.report
    assert isinstance(report, TerminalReport)
    assert [(each.name, each.role) for each in report.holders] == [(CVCA, "cvca"), (DV, "dv"), (TERMINAL, "terminal")]
    assert all(each.effective == TODAY.isoformat() and each.rights == ("DG3", "DG4") for each in report.holders)
    assert [Path(each.certificate).name for each in report.holders] == [f"{name}.cvcert" for name in (CVCA, DV, TERMINAL)]
    read = read_with(folder / f"{CVCA}.cvcert", folder)
    assert (read.code, read.err) == (0, "")
    assert read.json["terminal_authentication"]["rights"] == ["DG3", "DG4"]


def test_keys_are_private(cli, folder: Path) -> None:
    assert cli("issue-terminal", "--out", folder).code == 0
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for path in folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_the_text_names_files_days_and_rights(cli, folder: Path) -> None:
    lines = cli("issue-terminal", "--out", folder, "--rights", "none").out.splitlines()
    assert lines[2].startswith(f"terminal  {TERMINAL}  {TODAY.isoformat()} to ")
    assert lines[2].endswith(f"no rights  {folder / TERMINAL}.cvcert")


def test_dates_rights_names_and_keys_can_be_chosen(cli, folder: Path) -> None:
    options = ("--effective", "2026-01-02", "--dv-expiration", "2026-05-06", "--expiration", "2026-03-04", "--rights", "DG3")
    names = ("--cvca-name", "DETESTCVCA00007", "--dv-name", "DETESTDVXX00007", "--terminal-name", "DETESTISXX00007")
    kinds = ("--dv-rights", "DG4", "--foreign", "--key-kind", "secp384r1", "--mechanism", "id-TA-ECDSA-SHA-384")
    assert cli("issue-terminal", "--out", folder, *options, *names, *kinds).code == 0
    dv, terminal = certificate(folder, "DETESTDVXX00007"), certificate(folder, "DETESTISXX00007")
    assert (dv.effective, dv.expiration, dv.authorisation.data_groups) == (date(2026, 1, 2), date(2026, 5, 6), ("DG4",))
    assert (terminal.expiration, terminal.authorisation.data_groups) == (date(2026, 3, 4), ("DG3",))
    assert dv.authorisation.role is Role.FOREIGN_DV
    assert terminal.public_key.oid == "0.4.0.127.0.7.2.2.2.2.4"


def test_a_second_terminal_under_the_same_authority(cli, folder: Path, read_with) -> None:
    assert cli("issue-terminal", "--out", folder).code == 0
    more = ("--cvca", folder / f"{CVCA}.cvcert", "--dv-name", "DETESTDVDE00002", "--terminal-name", "DETESTISDE00002")
    made = cli("issue-terminal", "--out", folder, *more, "--json")
    assert [each["name"] for each in made.json["holders"]] == ["DETESTDVDE00002", "DETESTISDE00002"]
    assert read_with(folder / f"{CVCA}.cvcert", folder, "DETESTISDE00002").code == 0


def test_a_successor_by_link(cli, folder: Path, tmp_path: Path, read_with) -> None:
    assert cli("issue-terminal", "--out", folder).code == 0
    newer = tmp_path / "newer"
    made = cli("issue-terminal", "--out", newer, "--cvca", folder / f"{CVCA}.cvcert", "--link", "DETESTCVCA00002", "--json")
    assert (made.json["holders"][0]["name"], made.json["holders"][0]["role"]) == ("DETESTCVCA00002", "cvca")
    read = read_with(folder / f"{CVCA}.cvcert", newer)
    assert (read.code, read.json["terminal_authentication"]["certificates"][0]) == (0, "DETESTCVCA00002")


def test_an_expired_terminal_is_told(cli, folder: Path, read_with) -> None:
    long_ago, lately = TODAY - timedelta(days=60), TODAY - timedelta(days=20)
    options = ("--effective", long_ago, "--expiration", lately)
    assert cli("issue-terminal", "--out", folder, *options).code == 0
    read = read_with(folder / f"{CVCA}.cvcert", folder)
    assert read.code == 5
    assert f"{TERMINAL}: cv-expired" in read.err


def test_a_last_day_before_the_first_is_made_and_told(cli, folder: Path) -> None:
    result = cli("issue-terminal", "--out", folder, "--effective", "2026-03-04", "--expiration", "2026-03-03")
    assert result.code == 0
    assert f"warning: {TERMINAL} is in force from 2026-03-04 to 2026-03-03, which is earlier" in result.err
    assert result.err.count("warning") == 1


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--link", "DETESTCVCA00002"), "--cvca"),
        (("--cvca-name", DV), "one name"),
        (("--terminal-name", "no/name"), "letters and digits alone"),
        (("--cvca-name", "X" * 17), "letters and digits alone"),
        (("--terminal-name", "X" * 17), "at most 16"),
        (("--key-kind", "rot13"), "rot13"),
        (("--key-kind", "rot13"), "brainpoolP256r1"),
        (("--mechanism", "id-TA-NONE"), "id-TA-NONE"),
        (("--mechanism", "id-TA-NONE"), "id-TA-RSA-PSS-SHA-256"),
        (("--effective", "24-11-2026"), "write YYYY-MM-DD"),
        (("--rights", "DG2"), "DG2"),
        (("--effective", "2026-02-30"), "2026-02-30"),
    ],
)
def test_what_cannot_be_is_2(cli, folder: Path, options: tuple[str, ...], told: str) -> None:
    result = cli("issue-terminal", "--out", folder, *options)
    assert (result.code, result.out) == (2, "")
    assert told in result.err
    assert not folder.exists()


def test_nothing_is_overwritten_without_force(cli, folder: Path) -> None:
    assert cli("issue-terminal", "--out", folder).code == 0
    before = (folder / f"{CVCA}.pem").read_bytes()
    assert cli("issue-terminal", "--out", folder).code == 2
    assert (folder / f"{CVCA}.pem").read_bytes() == before
    assert cli("issue-terminal", "--out", folder, "--force").code == 0


def test_the_authority_itself_is_never_overwritten(cli, folder: Path) -> None:
    assert cli("issue-terminal", "--out", folder).code == 0
    cvca = folder / f"{CVCA}.cvcert"
    result = cli("issue-terminal", "--out", folder, "--cvca", cvca, "--dv-name", CVCA, "--force")
    assert result.code == 2
    assert TestCvca.load(folder, CVCA).reference == CVCA


def test_an_authority_is_not_its_own_successor(cli, folder: Path, tmp_path: Path) -> None:
    assert cli("issue-terminal", "--out", folder).code == 0
    newer = tmp_path / "newer"
    result = cli("issue-terminal", "--out", newer, "--cvca", folder / f"{CVCA}.cvcert", "--link", CVCA)
    assert (result.code, result.out) == (2, "")
    assert "its own successor" in result.err
    assert not newer.exists()


@pytest.mark.parametrize("name", [TERMINAL, "broken"])
def test_what_is_no_authority_is_2_and_named(cli, folder: Path, tmp_path: Path, name: str) -> None:
    assert cli("issue-terminal", "--out", folder).code == 0
    for suffix in ("cvcert", "pem"):
        (folder / f"broken.{suffix}").write_bytes(b"broken")
    path = folder / f"{name}.cvcert"
    result = cli("issue-terminal", "--out", tmp_path / "more", "--cvca", path)
    assert (result.code, result.out) == (2, "")
    assert f"error: --cvca: {path}: " in result.err
    assert "hint: Give the certificate of a CVCA" in result.err
    assert not (tmp_path / "more").exists()


def test_an_authority_without_its_key_is_2(cli, folder: Path, tmp_path: Path) -> None:
    assert cli("issue-terminal", "--out", folder).code == 0
    (folder / f"{CVCA}.pem").unlink()
    assert cli("issue-terminal", "--out", tmp_path / "more", "--cvca", folder / f"{CVCA}.cvcert").code == 2
