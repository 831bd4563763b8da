# SPDX-License-Identifier: Apache-2.0
"""The fixtures that other projects get, in a pytest run of their own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from chipid import pytest_plugin

THEIR_TESTS = """
import json
import pytest
import chipid
from chipid.emulator import attacks, faults
from chipid.emulator.link import Link
from chipid.iso7816.file_ids import FileId
from chipid.issuing.portrait import draw_portrait


def test_genuine(emulated_cccd, chipid_keys, chipid_trust):
    evidence = chipid.read(chipid_keys, channel=emulated_cccd)
    assert chipid.verify(evidence, trust=chipid_trust).accepted


def test_forged(chipid_card_factory, chipid_card_image, chipid_keys, chipid_trust):
    card = chipid_card_factory(image=attacks.with_bit_flipped(chipid_card_image, FileId.DG13))
    assert not chipid.verify(chipid.read(chipid_keys, channel=card), trust=chipid_trust).accepted


@pytest.mark.parametrize(("fault", "reason"), [("dsc-revoked", "dsc-revoked"), ("csca-expired", "csca-expired")])
def test_a_pki_with_a_fault(chipid_pki_fault, chipid_card_factory, chipid_keys, fault, reason):
    image, trust = chipid_pki_fault(fault)
    assert chipid_pki_fault(fault).trust is trust
    evidence = chipid.read(chipid_keys, channel=chipid_card_factory(image=image))
    assert reason in chipid.verify(evidence, trust=trust).reasons


def test_quirks_and_changes(chipid_card_factory, chipid_issue, chipid_citizen):
    chipid_citizen["name"] = "Trần Thị Bình"
    card = chipid_card_factory(faults.LeLimit(112), link=Link(extended_length=False), **chipid_citizen)
    assert card.image is chipid_issue(name="Trần Thị Bình")
    assert "le-limit" in repr(card)


def test_another_description(chipid_card_factory, chipid_issue, chipid_citizen, tmp_path):
    described = tmp_path / "card.json"
    described.write_text(json.dumps({**chipid_citizen, "portrait": "face.jpg"}))
    (tmp_path / "face.jpg").write_bytes(draw_portrait("another"))
    card = chipid_card_factory(description=described, can="111111")
    assert card.image is chipid_issue(described, can="111111")
    assert card.image is chipid_issue(str(described), can="111111")
    assert chipid_card_factory(description=str(described), can="111111").image is card.image
    for portrait in (tmp_path / "face.jpg", str(tmp_path / "face.jpg")):
        assert chipid_issue({**chipid_citizen, "portrait": portrait}).files[FileId.DG2] == card.image.files[FileId.DG2]
    assert card.image.can == "111111"
    assert card.image.files[FileId.DG2] != chipid_issue().files[FileId.DG2]
    assert chipid_issue({**chipid_citizen, "can": "222222"}).can == "222222"


def test_a_session_of_its_own(emulated_cccd, chipid_citizen):
    assert emulated_cccd.exchanges == 0
    assert chipid_citizen["name"] == "Nguyễn Văn An"
"""


def run_pytest(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=200, check=False)


def test_other_projects_get_cards_and_trust(tmp_path: Path) -> None:
    (tmp_path / "test_theirs.py").write_text(THEIR_TESTS, encoding="utf-8")
    done = run_pytest(tmp_path)
    assert "7 passed" in done.stdout, done.stdout + done.stderr


def test_the_documented_fixtures_are_those_there_are(tmp_path: Path) -> None:
    shown = run_pytest(tmp_path, "--fixtures").stdout
    listed = {line.split()[0] for line in shown.splitlines() if line.startswith(("chipid_", "emulated_"))}
    documented = {line[2 : line.index("``", 2)] for line in (pytest_plugin.__doc__ or "").splitlines() if line.startswith("``")}
    assert listed == documented


@pytest.mark.parametrize("absent", ["smartcard", "chipid._native"])
def test_pytest_starts_without(tmp_path: Path, absent: str) -> None:
    """Nobody pays for the plugin, or needs pyscard, who asks for no fixture."""
    (tmp_path / "conftest.py").write_text(f"import sys\nsys.modules[{absent!r}] = None\n")
    (tmp_path / "test_theirs.py").write_text("def test_nothing(): pass\n")
    done = run_pytest(tmp_path)
    assert "1 passed" in done.stdout, done.stdout + done.stderr


def test_the_plugin_imports_nothing_but_pytest() -> None:
    code = "import sys, pytest; before = set(sys.modules); import chipid.pytest_plugin; print(*sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    imported = {name for name in done.stdout.split() if name.split(".")[0] not in sys.stdlib_module_names}
    assert imported == {"chipid", "chipid.pytest_plugin"}
