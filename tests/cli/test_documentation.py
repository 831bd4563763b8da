# SPDX-License-Identifier: Apache-2.0
"""docs/cli.md says what the commands are."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from chipid.cli.exit_codes import ExitCode
from chipid.cli.keys import KINDS
from chipid.cli.root import COMMANDS, chipid
from chipid.report.schema import SCHEMA, VERSION, json_schema

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
    assert named == ["readers", "dump", "verify", "inspect", "issue", "issue-terminal", "pin", "emulate"]
    assert set(COMMANDS) == set(named)


def test_every_option_on_the_page_exists() -> None:
    known = {option for name in COMMANDS for option in parameters(name)} | {"--help"}
    assert set(re.findall(r"--[a-z][a-z-]+", PAGE)) <= known


@pytest.mark.parametrize("line", re.findall(r"^    (?:.*\| )?chipid (.+)$", PAGE, re.MULTILINE))
def test_the_options_of_each_example_belong_to_its_command(line: str) -> None:
    name, *_ = line.split()
    assert set(re.findall(r"--[a-z-]+", line)) <= parameters(name)


def test_every_environment_variable_is_on_the_page() -> None:
    for variable in (*(kind.variable for kind in KINDS), "CHIPID_TRUST", "CHIPID_READER", "CHIPID_DEBUG"):
        assert f"`{variable}" in PAGE


def test_the_json_on_the_page_is_the_schema() -> None:
    assert f"`schema` (`{SCHEMA}`), `version` ({VERSION})" in PAGE
    kinds = [
        definition["properties"]["kind"]["enum"][0]
        for definition in json_schema()["$defs"].values()
        if "kind" in definition["properties"]
    ]
    sentence = PAGE.split("and `kind`:")[1].split(".")[0]
    assert sorted(re.findall(r"`(\w+)`", sentence)) == sorted([*kinds])
