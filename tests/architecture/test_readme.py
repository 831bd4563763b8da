# SPDX-License-Identifier: Apache-2.0
"""What the README shows is run."""

from __future__ import annotations

import getpass
import inspect
import os
import re
import shlex
import subprocess
import sys
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chipid import api, pytest_plugin
from chipid.cli.exit_codes import ExitCode
from chipid.cli.failures import run
from chipid.cli.root import chipid
from chipid.emulator import attacks
from chipid.emulator.icc import EmulatedCard
from chipid.issuing.card_image import CardImage
from chipid.issuing.pki import TestCsca
from chipid.pki.master_list import CSCA_MASTER_LIST, CscaMasterList
from chipid.pki.signed_list import MASTER_LIST_SIGNING_KEY
from chipid.profiles.access_keys import AccessKeys
from chipid.pytest_plugin import Issuer
from chipid.readers.pcsc import ReaderState
from chipid.trust.database import TrustDatabase
from chipid.verification.policy import POLICIES

CAN = "234567"
ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


def blocks_of(page: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", (ROOT / "docs" / page).read_text(encoding="utf-8"), re.DOTALL)


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


def test_the_ten_lines_say_which_file_is_not_there(desk: Path) -> None:
    with pytest.raises(SystemExit, match=r"No such file.*csca"):
        exec(compile(BLOCKS[0], "README.md", "exec"), {})


def test_the_plugins_examples_pass(
    emulated_cccd, emulated_eac_card, chipid_keys, chipid_trust, chipid_terminal, chipid_card_factory, chipid_card_image
) -> None:
    names: dict[str, Any] = {}
    exec(compile(BLOCKS[2], "README.md", "exec"), names)
    names["test_my_counter"](emulated_cccd, chipid_keys, chipid_trust)
    names["test_my_border_post"](emulated_eac_card, chipid_keys, chipid_terminal)
    names["test_a_forged_card"](chipid_card_factory, chipid_card_image, chipid_keys, chipid_trust)


def test_a_strict_type_checker_takes_the_programs_that_are_shown(tmp_path: Path) -> None:
    """As a user's: each public name must be exported for good, and typed. Test functions without annotations are left out."""
    pytest.importorskip("mypy", reason="mypy is not installed")
    shown = [*BLOCKS, *(block for page in ("python.md", "trust.md", "cli.md", "policies.md") for block in blocks_of(page))]
    programs = {tmp_path / f"program_{number}.py": block for number, block in enumerate(shown) if "\ndef " not in block}
    for path, program in programs.items():
        path.write_text(program, encoding="utf-8")
    # The project's own settings: strict, and so alike that what "make lint" found out of chipid need not be found again.
    command = [sys.executable, "-m", "mypy", f"--config-file={ROOT / 'pyproject.toml'}", f"--cache-dir={ROOT / '.mypy_cache'}"]
    environment = {**os.environ, "MYPYPATH": str(ROOT)}
    done = subprocess.run([*command, *map(str, programs)], check=False, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(programs) > 4


def test_each_fixture_of_the_plugin_is_listed() -> None:
    table = README.split("| fixture | gives |")[1].split("\n\n")[0]
    listed = {name for row in table.splitlines()[2:] for name in re.findall(r"`(\w+)`", row.split("|")[1])}
    source = Path(pytest_plugin.__file__).read_text(encoding="utf-8")
    assert listed == set(re.findall(r"^def ((?:chipid|emulated)_\w+)\(", source, re.MULTILINE))


def test_the_page_on_python_runs(desk: Path, capsys) -> None:
    description = str(ROOT / "fixtures" / "cards" / "citizen_2021.json")
    assert run(chipid, ["issue", description, "--out", "card.image", "--trust-out", "csca.pem"]) == 0
    capsys.readouterr()
    for block in blocks_of("python.md"):
        exec(compile(block, "docs/python.md", "exec"), {})
    said = [line.split() for line in capsys.readouterr().out.splitlines()]
    verdicts, citizen = said[:5], [line for line in said[5:] if line[0] != "form"]
    form = [line[1:] for line in said if line[0] == "form"]
    assert [policy for policy, *_ in verdicts] == [*POLICIES, "tolerant"]
    assert ["field", "full_name", "DG13", "2", "Nguyễn", "Văn", "An"] in citizen
    assert ["field", "religion", "DG13", "7", "(masked)"] in citizen
    assert citizen[-2:] == [["not", "said:", "portrait", "not-asked"], ["DG1", "and", "DG13", "differ", "in:"]]
    assert said[0] == ["counter", "accepted"]
    assert [line[-1] for line in form] == ["099012345678", "An", "17/09/1999", "Nam", "Ninh", "Cúc", "17/09/2039"]


def test_the_page_on_trust_runs(desk: Path, capsys) -> None:
    germany, listed = german_list()
    (desk / "csca").mkdir()
    (desk / "csca" / "another.cer").write_bytes(TestCsca.create("UT", at=datetime.now(UTC) - timedelta(days=9)).certificate)
    (desk / "csca-germany.cer").write_bytes(germany.certificate)
    (desk / "DE_ML_2026-03-11.ml").write_bytes(listed)
    TrustDatabase.create("trust.db").close()
    for _ in range(2):  # the store is made, and then opened
        for block in blocks_of("trust.md"):
            exec(compile(block, "docs/trust.md", "exec"), {})
    said = [line.split(" ", 1)[0] for line in capsys.readouterr().out.splitlines()]
    once = ["added", "expired", germany.parsed.fingerprint[:16], "countries"]
    assert said == [*once, *once]


def test_a_report_is_read_as_is_shown(desk: Path, emulated_cccd: EmulatedCard, capsys) -> None:
    api.read(AccessKeys.from_number("099012345678"), channel=emulated_cccd).save(desk / "card.evidence")
    capsys.readouterr()
    run(chipid, ["verify", "card.evidence", "--json"])
    (desk / "verdict.json").write_text(capsys.readouterr().out, encoding="utf-8")
    names: dict[str, Any] = {}
    (block,) = blocks_of("cli.md")
    exec(compile(block, "docs/cli.md", "exec"), names)
    assert type(names["report"]).__name__ == "VerdictReport"
    assert "VerdictReport" in names["schema"]["$defs"]


def test_the_page_on_policies_runs(capsys) -> None:
    (block,) = blocks_of("policies.md")
    exec(compile(block, "docs/policies.md", "exec"), {})
    assert capsys.readouterr().out.strip() == block.strip().split("  # ")[-1]


def test_the_page_on_python_lists_each_attack() -> None:
    page = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
    told = page.split("of `chipid.emulator.attacks`: ")[1].split("\n\n")[0]
    made = {name for name, value in vars(attacks).items() if inspect.isfunction(value) and name[0] != "_"}
    assert re.findall(r"`(\w+)`", told) == sorted(attacks.__all__)
    assert {name for name in made if vars(attacks)[name].__module__ == attacks.__name__} == set(attacks.__all__)


def commands(section: str) -> list[list[str]]:
    """The commands of ours that a section shows, each as its arguments."""
    text = README.split(f"## {section}\n")[1].split("\n## ")[0]
    return [shlex.split(line, comments=True)[1:] for line in re.findall(r"^    (chipid .+)$", text, re.MULTILINE)]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, with the project's fixtures in it, in which the README's commands are run."""
    (tmp_path / "fixtures").symlink_to(ROOT / "fixtures")
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("CHIPID_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path


def test_the_commands_at_the_counter_do_what_is_said(
    desk: Path, emulated_cccd: EmulatedCard, chipid_issuer: Issuer, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    (desk / "csca.cer").write_bytes(chipid_issuer.csca.certificate)
    assert run(chipid, ["trust", "import", "csca.cer"]) == 0
    emulated_cccd.reader = "Reader"  # type: ignore[attr-defined]
    monkeypatch.setattr("chipid.readers.pcsc.reader_states", lambda: [ReaderState("Reader", card_present=True, atr=b"\x3b\x00")])
    monkeypatch.setattr("chipid.readers.pcsc.wait_for_card", lambda reader, timeout: nullcontext(emulated_cccd))
    monkeypatch.setattr("chipid.cli.secrets.has_terminal", lambda: True)
    monkeypatch.setattr("chipid.cli.secrets.controlling_terminal", lambda: None)
    monkeypatch.setattr(getpass, "getpass", lambda prompt: "099012345678")
    shown = commands("At the counter")
    assert [arguments[0] for arguments in shown] == ["readers", "dump", "verify"]
    assert [run(chipid, arguments) for arguments in shown] == [0, 0, 0], capsys.readouterr().err
    assert (desk / "face.jpg").exists()


def german_list() -> tuple[TestCsca, bytes]:
    """A CSCA, and a master list by a signer of it."""
    now = datetime.now(UTC)
    germany = TestCsca.create("DE", at=now - timedelta(days=9))
    content = CscaMasterList.of((germany.certificate,)).content
    signer = germany.issue_list_signer(MASTER_LIST_SIGNING_KEY, at=now - timedelta(days=9))
    return germany, signer.sign_list(CSCA_MASTER_LIST, content, germany, at=now)


def test_from_a_master_list_to_a_verdict(desk: Path, emulated_cccd: EmulatedCard, chipid_issuer: Issuer, capsys) -> None:
    germany, listed = german_list()
    api.read(AccessKeys.from_number("099012345678"), channel=emulated_cccd).save(desk / "card.evidence")
    (desk / "csca-of-vietnam.cer").write_bytes(chipid_issuer.csca.certificate)
    (desk / "csca-germany.cer").write_bytes(germany.certificate)
    (desk / "DE_ML_2026-03-11.ml").write_bytes(listed)
    shown = commands("Whom you trust")
    assert [arguments[:2] for arguments in shown[:3]] == [["trust", "import"], ["trust", "import"], ["trust", "list"]]
    assert run(chipid, shown[1][: shown[1].index("--pin")]) == 1  # nobody known signed it
    assert [run(chipid, arguments) for arguments in shown] == [0, 0, 0, 0], capsys.readouterr().err


def test_an_eac_card_can_be_tried_with_what_is_said(desk: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    shown = commands("Fingerprints")
    assert [arguments[0] for arguments in shown] == ["issue-terminal", "issue", "dump"]
    (desk / "can.txt").write_text(f"{CAN}\n")
    assert f"echo {CAN} > can.txt" in README
    assert [run(chipid, arguments) for arguments in shown] == [0, 0, 0], capsys.readouterr().err
    assert "granted  DG3, DG4" in capsys.readouterr().out

    card = EmulatedCard(CardImage.load(desk / "card.image"))
    monkeypatch.setattr("chipid.readers.pcsc.wait_for_card", lambda reader, timeout: nullcontext(card))
    exec(compile(BLOCKS[1], "README.md", "exec"), {})
    assert capsys.readouterr().out.split() == ["done", "DG3", "DG4"]


@pytest.mark.parametrize(
    ("options", "told"), [("--effective 2026-01-01 --expiration 2026-02-01", "cv-expired"), ("--rights DG4", "cv-right-missing")]
)
def test_a_terminal_that_lacks_something_is_told_so(desk: Path, capsys, options: str, told: str) -> None:
    assert f"{options}`" in README
    make, issue, dump = commands("Fingerprints")
    (desk / "can.txt").write_text(f"{CAN}\n")
    assert [run(chipid, arguments) for arguments in ([*make, *options.split()], issue, dump)] == [0, 0, 5]
    assert told in capsys.readouterr().err


def test_the_exit_codes_are_those_of_the_command_line() -> None:
    table = README.split("| exit code | meaning |")[1].split("\n\n")[0]
    told = {int(code) for cell in re.findall(r"^\| ([\d, ]+) \|", table, re.MULTILINE) for code in cell.split(",")}
    assert told == {int(code) for code in ExitCode}
