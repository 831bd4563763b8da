# SPDX-License-Identifier: Apache-2.0
"""No file is destroyed by a name that was given twice, and none without --force."""

from __future__ import annotations

from dataclasses import replace

import pytest

import chipid
from chipid.readers.replay import ReplayChannel


@pytest.mark.parametrize("pair", [("--out", "--portrait"), ("--out", "--trace"), ("--portrait", "--trace-whole")])
def test_two_outputs_of_dump_cannot_be_one_file(cli, desk, pair: tuple[str, str]) -> None:
    same = desk.path("same")
    result = cli("dump", "--card", desk.card, "--number-file", desk.number, pair[0], same, pair[1], same)
    assert result.code == 2
    assert "for two files" in result.err
    assert not same.exists()


@pytest.mark.parametrize("command", ["dump", "verify"])
def test_a_trace_never_takes_the_place_of_the_card(cli, desk, command: str) -> None:
    before = desk.card.read_bytes()
    result = cli(command, "--card", desk.card, "--number-file", desk.number, "--trace", desk.card, "--force")
    assert result.code == 2
    assert desk.card.read_bytes() == before


@pytest.mark.parametrize("command", ["dump", "verify"])
@pytest.mark.parametrize("option", ["--trace", "--trace-whole"])
def test_a_trace_does_not_overwrite_without_force(cli, desk, command: str, option: str) -> None:
    precious = desk.path("precious")
    precious.write_text("precious")
    arguments = (command, "--card", desk.card, "--number-file", desk.number, option, precious)
    result = cli(*arguments)
    assert result.code == 2
    assert "--force" in result.err
    assert precious.read_text() == "precious"
    assert cli(*arguments, "--force").code != 2
    assert precious.read_text() != "precious"


def test_an_all_zero_challenge_is_a_wrong_command_line(cli, desk) -> None:
    assert cli("dump", "--card", desk.card, "--number-file", desk.number, "--challenge", "00" * 8).code == 2


@pytest.mark.parametrize("pair", [("--out", "--trust-out"), ("--out", "--csca-out"), ("--trust-out", "--csca-out")])
def test_two_outputs_of_issue_cannot_be_one_file(cli, desk, pair: tuple[str, str]) -> None:
    same, description = desk.path("same"), desk.path("citizen.json")
    description.write_text("{}")
    options = {"--out": desk.path("card"), "--trust-out": desk.path("trust"), pair[0]: same, pair[1]: same}
    result = cli("issue", description, *(part for option in options.items() for part in option))
    assert result.code == 2
    assert "for two files" in result.err
    assert not same.exists()


def test_a_number_of_thousands_of_digits_is_a_malformed_description(cli, desk) -> None:
    description = desk.path("citizen.json")
    description.write_text('{"number": ' + "9" * 5000 + "}")
    assert cli("issue", description, "--out", desk.path("card"), "--trust-out", desk.path("trust")).code == 6


def test_a_whole_trace_replays_to_the_same_files(cli, desk, chipid_keys) -> None:
    trace, kept = desk.path("whole.trace"), desk.path("kept.evidence")
    assert cli("dump", "--card", desk.card, "--number-file", desk.number, "--trace-whole", trace, "--out", kept).code == 0
    replay = ReplayChannel.load(trace)
    evidence = chipid.Evidence.load(kept)
    plan = replace(chipid.ReadingPlan.with_portrait(), extended_length=True)
    again = chipid.read(chipid_keys, channel=replay, random=replay.random, at=evidence.read_at, plan=plan)
    assert replay.finished
    assert again.files == evidence.files
    assert again.active_authentication == evidence.active_authentication
