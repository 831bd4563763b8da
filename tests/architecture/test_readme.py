# SPDX-License-Identifier: Apache-2.0
"""What the README shows is run."""

from __future__ import annotations

import re
from contextlib import contextmanager
from pathlib import Path

import pytest

from chipid.cli.exit_codes import ExitCode
from chipid.emulator.icc import EmulatedCard
from chipid.pytest_plugin import Issuer

README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def test_the_ten_lines_read_and_verify_a_card(
    emulated_cccd: EmulatedCard,
    chipid_issuer: Issuer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "csca").mkdir()
    (tmp_path / "csca" / "test.cer").write_bytes(chipid_issuer.csca.certificate)
    monkeypatch.chdir(tmp_path)

    @contextmanager
    def on_the_reader(reader: str | None, timeout: float | None):
        yield emulated_cccd

    monkeypatch.setattr("chipid.readers.pcsc.wait_for_card", on_the_reader)
    exec(compile(BLOCKS[0], "README.md", "exec"), {})
    assert capsys.readouterr().out.split() == ["accepted"]


def test_the_plugins_example_passes(emulated_cccd, chipid_keys, chipid_trust) -> None:
    names: dict[str, object] = {}
    exec(compile(BLOCKS[1], "README.md", "exec"), names)
    names["test_my_counter"](emulated_cccd, chipid_keys, chipid_trust)  # type: ignore[operator]


def test_the_exit_codes_are_those_of_the_command_line() -> None:
    table = README.split("| exit code | meaning |")[1].split("\n\n")[0]
    told = {int(code) for cell in re.findall(r"^\| ([\d, ]+) \|", table, re.MULTILINE) for code in cell.split(",")}
    assert told == {int(code) for code in ExitCode}
