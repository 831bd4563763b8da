# SPDX-License-Identifier: Apache-2.0
"""``chipid emulate`` on the virtual reader of a PC/SC service: a chip that remembers from one command to the next."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chipid.issuing.card_image import CardImage
from chipid.issuing.cv_pki import CvProfile, TestCvca
from chipid.issuing.personalisation import personalise
from chipid.readers import pcsc

pytest.importorskip("smartcard.scard", reason="pyscard is not installed")
pytestmark = [pytest.mark.pcscd, pytest.mark.usefixtures("chipid_virtual_reader")]

CHIPID = [sys.executable, "-m", "chipid.cli"]


@pytest.fixture
def emulated(desk, chipid_virtual_reader: str) -> Callable[[CardImage], Any]:
    """Runs ``chipid emulate`` with an image for the length of a block, and gives what reads on its reader."""

    @contextmanager
    def run(image: CardImage) -> Iterator[Callable[..., subprocess.CompletedProcess[str]]]:
        _until(chipid_virtual_reader, present=False)
        process = subprocess.Popen([*CHIPID, "emulate", str(desk.lay(image))], stderr=subprocess.PIPE, text=True)
        try:
            _until(chipid_virtual_reader, present=True)
            yield lambda *arguments, stdin="": _dump(chipid_virtual_reader, arguments, stdin)
        finally:
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=30)
        assert process.returncode == 130
        assert err.strip() == "chipid: error: interrupted"

    return run


def _dump(reader: str, arguments: tuple[object, ...], stdin: str) -> subprocess.CompletedProcess[str]:
    command = [*CHIPID, "dump", "--json", "--files", "biometrics", "--reader", reader, "--timeout", "15", *map(str, arguments)]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=120, check=False)


def _until(reader: str, *, present: bool) -> None:
    for states in pcsc.watch_readers(timeout=15):
        if any(state.name == reader and state.card_present is present for state in states):
            return
    pytest.fail(f"the service does not see the card {'come to' if present else 'leave'} {reader}")


def test_the_tries_of_a_pin_are_counted_from_command_to_command(emulated, chipid_issue, desk) -> None:
    desk.path("can").write_text("345678")
    with emulated(chipid_issue(pin="918273", puk="8273645546", portrait="none")) as dump:
        for reason in ("wrong-password", "wrong-password", "password-suspended"):
            refused = dump("--pin-file", "-", stdin="000111")
            assert refused.returncode == 4
            assert f"PACE with pin: {reason}" in refused.stderr
        assert "Give the CAN with the PIN" in refused.stderr
        # The last try is taken after the CAN, and gives all tries back.
        for keys in (("--can-file", desk.path("can")), ()):
            opened = dump("--pin-file", "-", *keys, stdin="918273")
            assert opened.returncode == 0, opened.stderr
            assert json.loads(opened.stdout)["access"][-1]["password"] == "pin"


def test_an_authority_that_a_link_introduced_is_trusted_from_then_on(
    emulated, chipid_issuer, chipid_citizen: dict[str, Any], desk, tmp_path: Path
) -> None:
    today = datetime.now(UTC).date()
    profile = CvProfile(today - timedelta(days=1))
    older = TestCvca.create("DETESTCVCA00001", profile=profile)
    newer = older.issue_link("DETESTCVCA00002", profile=profile)
    verifier = newer.issue_verifier(profile=profile)
    terminal = verifier.issue_terminal(profile=profile)
    with_link, without = tmp_path / "with", tmp_path / "without"
    for folder, shown in ((with_link, (newer, verifier, terminal)), (without, (verifier, terminal))):
        folder.mkdir()
        for holder in shown:
            (folder / f"{holder.reference}.cvcert").write_bytes(holder.raw)
    terminal.save(tmp_path)
    key = ("--number-file", desk.number, "--terminal-key", tmp_path / f"{terminal.reference}.pem", "--terminal-cert")
    description = {**chipid_citizen, "portrait": "none", "terminal_authentication": {"version": 1}}
    image = personalise(description, chipid_issuer.signer, trust_points=[older.raw], chip_date=profile.effective)
    with emulated(image) as dump:
        outcomes = [dump(*key, folder) for folder in (without, with_link, without)]
    assert [done.returncode for done in outcomes] == [5, 0, 0]
    assert "ta-no-chain" in outcomes[0].stderr
    rights = [json.loads(done.stdout)["terminal_authentication"] for done in outcomes[1:]]
    assert [each["trust_point"] for each in rights] == ["DETESTCVCA00001", "DETESTCVCA00002"]


def test_a_second_card_on_a_taken_slot_is_3(emulated, chipid_issue, desk) -> None:
    image = chipid_issue(portrait="none")
    with emulated(image):
        second = [*CHIPID, "emulate", str(desk.lay(image, "second.image"))]
        refused = subprocess.run(second, capture_output=True, text=True, timeout=60, check=False)
    assert (refused.returncode, refused.stdout) == (3, "")
    assert "another card lies on it" in refused.stderr
    assert "chipid: hint: " in refused.stderr
