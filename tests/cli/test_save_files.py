# SPDX-License-Identifier: Apache-2.0
"""``chipid dump --save-files``: what a chip holds, file by file, for whoever wants to look into it."""

from __future__ import annotations

import json
import os
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chipid.iso7816.file_ids import FileId
from chipid.issuing.card_image import CardImage
from chipid.lds.dg2 import Dg2
from chipid.lds.displayed_images import Dg7

CARDS = Path(__file__).resolve().parents[2] / "fixtures" / "cards"
PICTURES = {"DG2-1.jp2", "DG5-1.jpg", "DG7-1.jpg", "DG11-1.jpg", "DG12-1.jpg", "DG12-2.jpg"}


@pytest.fixture
def image(chipid_issue) -> CardImage:
    made: CardImage = chipid_issue(CARDS / "passport_details.json")
    return made


@pytest.fixture
def save(cli, desk, image: CardImage, tmp_path: Path):
    """``save("--force")``: every file of that passport, into ``files``."""
    can = json.loads((CARDS / "passport_details.json").read_text(encoding="utf-8"))["can"]
    (tmp_path / "can").write_text(can)

    def run(*arguments: object, changed: CardImage | None = None, folder: str = "files") -> Any:
        card = desk.lay(changed or image)
        plan = ("--files", "everything", "--save-files", tmp_path / folder)
        return cli("dump", "--card", card, "--can-file", tmp_path / "can", *plan, *arguments)

    return run


def test_each_file_is_saved_as_it_was_read_with_its_pictures_beside_it(cli, save, image: CardImage, tmp_path: Path) -> None:
    result = save()
    assert (result.code, result.err) == (0, "")
    saved = {path.name: path.read_bytes() for path in (tmp_path / "files").iterdir()}
    labels = {name.removesuffix(".bin") for name in saved if name.endswith(".bin")}
    assert labels >= {"EF.COM", "EF.SOD", "EF.CardAccess", "EF.ATR_INFO", "DG1", "DG2", "DG5", "DG7", "DG11", "DG12", "DG16"}
    for label in labels:
        assert saved[f"{label}.bin"] == image.files[FileId.from_label(label.replace("_", "/"))]
    assert {name for name in saved if not name.endswith(".bin")} == PICTURES
    assert saved["DG2-1.jp2"] == Dg2.parse(image.files[FileId.DG2]).portrait.image
    assert saved["DG7-1.jpg"] == Dg7.parse(image.files[FileId.DG7]).images[0]
    for name in saved:
        assert cli("inspect", tmp_path / "files" / name).code == 0, name


def test_they_are_for_their_owner_alone(save, tmp_path: Path) -> None:
    assert save().code == 0
    assert stat.S_IMODE((tmp_path / "files").stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "files").iterdir()} == {0o600}


def test_a_folder_with_files_is_refused_without_force(save, tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "DG1.bin").write_text("of another")
    result = save()
    assert (result.code, result.out) == (2, "")
    assert "error: --save-files: " in result.err
    assert "--force" in result.err
    assert [path.read_text() for path in (tmp_path / "files").iterdir()] == ["of another"]
    assert save("--force").code == 0
    assert (tmp_path / "files" / "DG1.bin").read_bytes().startswith(b"\x61")


@pytest.mark.parametrize(("folder", "told"), [("can", "is no folder"), ("nowhere/files", "does not exist")])
def test_what_cannot_be_a_folder_is_2_before_a_card_is_read(save, monkeypatch: pytest.MonkeyPatch, folder: str, told: str) -> None:
    monkeypatch.setattr("chipid.cli.dump.read_card", None)
    result = save(folder=folder)
    assert (result.code, result.out) == (2, "")
    assert told in result.err


def test_a_file_that_cannot_be_understood_is_saved_all_the_same(save, image: CardImage, tmp_path: Path) -> None:
    broken = b"\x67\x03\x02\x05\x01"
    result = save(changed=replace(image, files={**image.files, FileId.DG7: broken}))
    assert result.code == 6
    assert (tmp_path / "files" / "DG7.bin").read_bytes() == broken
    assert not (tmp_path / "files" / "DG7-1.jpg").exists()


def test_a_folder_that_cannot_be_written_to_is_told_before_a_card_is_read(save, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.access  # whoever runs the tests may be allowed to write everywhere
    monkeypatch.setattr(os, "access", lambda path, mode: not mode & os.W_OK and real(path, mode))
    monkeypatch.setattr("chipid.cli.dump.read_card", None)
    result = save()
    assert (result.code, result.out) == (2, "")
    assert "cannot be written to" in result.err
