# SPDX-License-Identifier: Apache-2.0
"""docs/cli.md says what the commands are."""

from __future__ import annotations

import re
from dataclasses import Field, fields
from pathlib import Path

import click
import pytest

from chipid.cli.exit_codes import ExitCode
from chipid.cli.keys import KINDS
from chipid.cli.root import COMMANDS, chipid
from chipid.emulator.catalogue import FAULTS, fault_from_text
from chipid.issuing.pki_faults import PKI_FAULTS, PkiFault
from chipid.report.json import json_schema
from chipid.report.schema import SCHEMA, VERSION

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "cli.md").read_text(encoding="utf-8")
CONTEXT = click.Context(chipid)


def parameters(name: str) -> set[str]:
    command = chipid.get_command(CONTEXT, name)
    assert command is not None
    every = [command, *(command.commands.values() if isinstance(command, click.Group) else ())]
    return {option for each in every for parameter in each.params for option in (*parameter.opts, *parameter.secondary_opts)}


def test_every_exit_code_is_in_the_table() -> None:
    table = PAGE.split("| code | meaning |")[1].split("\n\n")[0]
    rows = [row.split("|")[1] for row in table.splitlines()[2:]]
    assert sorted(int(code) for row in rows for code in row.split(",")) == sorted(ExitCode)


def test_every_command_is_in_the_table() -> None:
    table = PAGE.split("| command | does |")[1].split("\n\n")[0]
    named = re.findall(r"^\| `chipid ([\w-]+)", table, re.MULTILINE)
    assert named == ["readers", "dump", "verify", "inspect", "issue", "issue-terminal", "trust", "pin", "emulate"]
    assert set(COMMANDS) == set(named)


def test_every_option_on_the_page_exists() -> None:
    known = {option for name in COMMANDS for option in parameters(name)} | {"--help"}
    ours = re.sub(r"^    softhsm2-util .*$", "", PAGE, flags=re.MULTILINE)
    assert set(re.findall(r"--[a-z][a-z-]+", ours)) <= known


@pytest.mark.parametrize("line", re.findall(r"^    (?:.*\| )?chipid (.+)$", PAGE, re.MULTILINE))
def test_the_options_of_each_example_belong_to_its_command(line: str) -> None:
    name, *_ = line.split()
    assert set(re.findall(r"--[a-z-]+", line)) <= parameters(name)


def test_every_environment_variable_is_on_the_page() -> None:
    for variable in (*(kind.variable for kind in KINDS), "CHIPID_TRUST", "CHIPID_TRUST_STORE", "CHIPID_READER", "CHIPID_DEBUG"):
        assert f"`{variable}" in PAGE


def test_the_json_on_the_page_is_the_schema() -> None:
    assert f"`schema` (`{SCHEMA}`), `version` ({VERSION})" in PAGE
    kinds = [
        definition["properties"]["kind"]["enum"][0]
        for definition in json_schema()["$defs"].values()
        if "enum" in definition["properties"].get("kind", {})
    ]
    sentence = PAGE.split("and `kind`:")[1].split(".")[0]
    assert sorted(re.findall(r"`([\w-]+)`", sentence)) == sorted(kinds)


# Faults ----------------------------------------------------------------------------------------------------------------

FAULTS_PAGE, PKI_FAULTS_PART = (
    (Path(__file__).resolve().parents[2] / "docs" / "faults.md").read_text(encoding="utf-8").split("\n# Faults of a PKI\n")
)


def _default(field: Field[object]) -> str:
    value = field.default
    if field.name == "sw":
        return f"{value:04X}"
    if isinstance(value, bytes):
        return value.hex() or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "–" if value is None else getattr(value, "label", str(value))


def test_the_table_of_faults_is_the_registry() -> None:
    told = re.findall(r"^\| `([\w-]+)` \| (.*?) \| (.*) \|$", FAULTS_PAGE, re.MULTILINE)
    expected = []
    for name, kind in sorted(FAULTS.items()):
        settings = ", ".join(f"`{field.name}` ({_default(field)})" for field in fields(kind))
        expected.append((name, settings or "–", (kind.__doc__ or "").splitlines()[0]))
    assert told == expected


def pki_fault_row(fault: PkiFault) -> str:
    expected = fault.expected
    deviations = ", ".join(f"`{code}`" for code in sorted(expected.deviations)) or "–"
    reason = f"`{expected.reason}`" if expected.reason != "ok" else "–"
    return f"| `{fault.name}` | {fault.what} | {expected.check} | {reason} | {deviations} | {expected.counter}, {expected.strict} |"


def test_the_table_of_faults_of_a_pki_is_the_catalogue() -> None:
    rows = [line for line in PKI_FAULTS_PART.splitlines() if line.startswith("| `")]
    assert rows == [pki_fault_row(fault) for fault in PKI_FAULTS.values()]


def test_its_walk_through_can_be_followed(cli, tmp_path: Path, fixtures: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [line.strip() for line in PKI_FAULTS_PART.splitlines() if line.startswith("    ")]
    monkeypatch.chdir(tmp_path)
    for line in lines:
        made = re.fullmatch(r"printf '(\d+)\\n' > (\S+)", line)
        if made is not None:
            (tmp_path / made[2]).write_text(made[1] + "\n", encoding="ascii")
            continue
        result = cli(*line.replace("fixtures/", f"{fixtures}/").split()[1:])
        assert result.code == (1 if line == lines[-1] else 0), (line, result.err)
    assert "because of:\n  dsc-revoked  " in result.out


def test_the_faults_in_its_example_can_be_had() -> None:
    shown = re.findall(r"--fault ([a-z-]+:\S+)", FAULTS_PAGE.replace("`", " "))
    assert [fault_from_text(text).name for text in shown] == ["le-limit", "wrong-mac"]
