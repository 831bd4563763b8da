# SPDX-License-Identifier: Apache-2.0
"""An EAC card on the virtual reader of a PC/SC service: what a terminal with rights gets, and why another one does not.

The terminal's chain goes wrong in one place each; the chip refuses it there, and the operator is told where and why.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chipid.emulator.icc import EmulatedCard
from chipid.issuing.cv_pki import CvHolder, CvProfile, TestCvca
from chipid.issuing.personalisation import personalise

pytest.importorskip("smartcard.scard", reason="pyscard is not installed")
pytestmark = [pytest.mark.pcscd, pytest.mark.usefixtures("chipid_virtual_reader")]

TODAY = datetime.now(UTC).date()
LONG_AGO, YESTERDAY = TODAY - timedelta(days=200), TODAY - timedelta(days=1)
CVCA, SUCCESSOR, DV, TERMINAL = "DETESTCVCA00001", "DETESTCVCA00002", "DETESTDVDE00001", "DETESTISDE00001"
IN_FORCE = CvProfile(LONG_AGO, TODAY + timedelta(days=30))


@dataclass(frozen=True)
class Chain:
    """What the chip trusts, and what the terminal has."""

    trusted: CvHolder
    shown: Sequence[CvHolder]
    terminal: CvHolder


def chain(authority: TestCvca | None = None, *, verifier: CvProfile = IN_FORCE, terminal: CvProfile = IN_FORCE) -> Chain:
    root = authority or TestCvca.create(CVCA, profile=CvProfile(LONG_AGO))
    dv = root.issue_verifier(DV, profile=verifier)
    holder = dv.issue_terminal(TERMINAL, profile=terminal)
    return Chain(root, (root, dv, holder), holder)


def linked() -> tuple[TestCvca, TestCvca]:
    older = TestCvca.create(CVCA, profile=CvProfile(LONG_AGO))
    return older, older.issue_link(SUCCESSOR, profile=CvProfile(LONG_AGO))


@pytest.fixture
def terminal(tmp_path: Path) -> Callable[[Chain], list[object]]:
    """A chain as a folder of certificates and a key: the options that name them."""

    def files(given: Chain) -> list[object]:
        folder = tmp_path / "terminal"
        folder.mkdir()
        for holder in given.shown:
            (folder / f"{holder.reference}.cvcert").write_bytes(holder.raw)
        given.terminal.save(tmp_path)
        return ["--terminal-cert", folder, "--terminal-key", tmp_path / f"{TERMINAL}.pem"]

    return files


@pytest.fixture
def card(chipid_issuer: Any, chipid_citizen: dict[str, Any]) -> Callable[..., EmulatedCard]:
    def make(trusted: CvHolder, chip_date: date = YESTERDAY, **changes: object) -> EmulatedCard:
        description = {**chipid_citizen, "portrait": "none", "terminal_authentication": {"version": 1}, **changes}
        return EmulatedCard(personalise(description, chipid_issuer.signer, trust_points=(trusted.raw,), chip_date=chip_date))

    return make


def states(report: dict[str, Any]) -> dict[str, tuple[str, str | None]]:
    return {file["name"]: (file["state"], file["sw"] or file["reason"]) for file in report["files"]}


def test_without_rights_dg3_is_refused(at_the_reader, card) -> None:
    done = at_the_reader("dump", "--files", "everything", card=card(chain().trusted))
    report = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (0, "")
    assert states(report)["DG3"] == ("refused", "not-authorised")
    assert report["terminal_authentication"] is None


def test_with_rights_dg3_is_read(at_the_reader, card, terminal) -> None:
    given = chain()
    done = at_the_reader("dump", "--verify", *terminal(given), card=card(given.trusted))
    report = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (0, "")
    assert states(report)["DG3"] == ("read", None)
    rights = report["terminal_authentication"]
    assert (rights["result"], rights["trust_point"], rights["rights"]) == ("done", CVCA, ["DG3", "DG4"])
    assert rights["certificates"] == [DV, TERMINAL]
    assert report["verdict"]["decision"] == "accepted"


@pytest.mark.parametrize(
    "changes",
    [
        {"chip_authentication": {"version": 2, "key_id": 1}, "terminal_authentication": {"version": 2}},
        {"pace": {"mapping": "CAM"}, "chip_authentication": None, "active_authentication": None},
    ],
    ids=["version-2", "after-mapping"],
)
def test_with_rights_dg3_is_read_from_other_chips(at_the_reader, card, terminal, changes: dict[str, object]) -> None:
    given = chain()
    done = at_the_reader("dump", "--verify", *terminal(given), card=card(given.trusted, **changes))
    report = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (0, "")
    assert states(report)["DG3"] == ("read", None)
    assert "EF.CardSecurity" in {signer["file"] for signer in report["signers"]}


def test_a_chip_that_trusts_the_predecessor_follows_a_link(at_the_reader, card, terminal) -> None:
    older, newer = linked()
    given = chain(newer)
    done = at_the_reader("dump", *terminal(given), card=card(older))
    report = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (0, "")
    assert states(report)["DG3"] == ("read", None)
    assert report["terminal_authentication"]["certificates"] == [SUCCESSOR, DV, TERMINAL]


def forged_link() -> tuple[Chain, CvHolder]:
    """The link bears the name of the authority that the chip trusts, and another's signature."""
    _, newer = linked()
    genuine, _ = linked()
    return chain(newer), genuine


def missing_link() -> tuple[Chain, CvHolder]:
    older, _ = linked()
    return chain(TestCvca.create(SUCCESSOR, profile=CvProfile(LONG_AGO))), older


def of_one(given: Chain) -> tuple[Chain, CvHolder]:
    return given, given.trusted


LATER = TODAY + timedelta(days=30)
REFUSED = {
    "terminal-expired": (
        lambda: of_one(chain(terminal=CvProfile(LONG_AGO, YESTERDAY - timedelta(days=1)))),
        ("ta-certificate-refused", TERMINAL, "6300", [f"{TERMINAL}: cv-expired"]),
    ),
    "dates-reversed": (
        lambda: of_one(chain(terminal=CvProfile(LATER, TODAY))),
        ("ta-certificate-refused", TERMINAL, "6300", [f"{TERMINAL}: cv-dates-reversed"]),
    ),
    "verifier-expired": (
        lambda: of_one(chain(verifier=CvProfile(LONG_AGO, YESTERDAY - timedelta(days=1)))),
        ("ta-certificate-refused", DV, "6300", [f"{DV}: cv-expired"]),
    ),
    "link-forged": (forged_link, ("ta-certificate-refused", SUCCESSOR, "6300", [])),
    "link-missing": (missing_link, ("ta-no-chain", None, None, [])),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_terminal_is_refused_and_told_why(at_the_reader, card, terminal, case: str) -> None:
    make, (reason, refused, sw, foreseen) = REFUSED[case]
    given, trusted = make()
    done = at_the_reader("dump", *terminal(given), card=card(trusted))
    report = json.loads(done.stdout)
    assert done.returncode == 5
    rights = report["terminal_authentication"]
    assert (rights["result"], rights["reason"], rights["refused"], rights["sw"]) == ("failed", reason, refused, sw)
    assert rights["foreseen"] == foreseen
    assert rights["rights"] == []
    assert states(report)["DG3"] == ("refused", "not-authorised")
    assert done.stderr.startswith(f"chipid: warning: Terminal Authentication failed: {reason}")
    for told in (refused, sw, *foreseen):
        assert told is None or told in done.stderr


def test_the_chips_own_date_decides(at_the_reader, card, terminal) -> None:
    """The terminal foresees nothing by its own clock: the chip has seen a later day."""
    given = chain(terminal=CvProfile(LONG_AGO, TODAY + timedelta(days=3)))
    done = at_the_reader("dump", *terminal(given), card=card(given.trusted, chip_date=TODAY + timedelta(days=4)))
    rights = json.loads(done.stdout)["terminal_authentication"]
    assert (done.returncode, rights["refused"], rights["sw"], rights["foreseen"]) == (5, TERMINAL, "6300", [])


@pytest.mark.parametrize("lacking", ["terminal", "verifier"])
def test_a_missing_right_is_told(at_the_reader, card, terminal, lacking: str) -> None:
    profile = CvProfile(LONG_AGO, TODAY + timedelta(days=30), data_groups=(4,))
    given = chain(**{lacking: profile})
    done = at_the_reader("dump", *terminal(given), card=card(given.trusted, iris=True))
    report = json.loads(done.stdout)
    assert done.returncode == 5
    assert report["terminal_authentication"]["rights"] == ["DG4"]
    assert (states(report)["DG3"], states(report)["DG4"]) == (("refused", "not-authorised"), ("read", None))
    holder = TERMINAL if lacking == "terminal" else DV
    assert f"{holder}: cv-right-missing" in done.stderr
    assert "granted DG4, and refused DG3" in done.stderr


def test_a_document_is_genuine_whatever_the_terminal_may_read(at_the_reader, card, terminal) -> None:
    given = chain(terminal=CvProfile(LONG_AGO, YESTERDAY - timedelta(days=1)))
    done = at_the_reader("verify", *terminal(given), card=card(given.trusted))
    report = json.loads(done.stdout)
    assert (done.returncode, report["verdict"]["decision"]) == (0, "accepted")
    checks = {check["name"]: check for check in report["verdict"]["checks"]}
    assert checks["terminal_authentication"]["outcome"] == "FAILED"
    assert "cv-expired" in done.stderr
