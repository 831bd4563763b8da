# SPDX-License-Identifier: Apache-2.0
"""``chipid pin``, and the calls behind it."""

from __future__ import annotations

import getpass
from typing import Any

import pytest

import chipid
from chipid.emulator import faults
from chipid.emulator.icc import EmulatedCard

PIN, NEW, PUK, CAN = "918273", "645546", "8273645546", "345678"


@pytest.fixture
def card(chipid_issue: Any, monkeypatch: pytest.MonkeyPatch) -> EmulatedCard:
    """On the reader; taken up by each command anew, and remembering."""
    card = OnReader(chipid_issue(pin=PIN, puk=PUK, portrait="none"))
    monkeypatch.setattr("chipid.readers.pcsc.wait_for_card", lambda reader, timeout: card)
    return card


class OnReader(EmulatedCard):
    reader = "Reader"

    def __enter__(self) -> OnReader:
        self.reset()
        return self

    def __exit__(self, *_: object) -> None:
        pass


@pytest.fixture
def secret(tmp_path):
    def file(text: str):
        path = tmp_path / f"secret-{text}"
        path.write_text(f"{text}\n")
        return path

    return file


def opens(pin: str, card: EmulatedCard) -> bool:
    card.reset()
    try:
        chipid.read(chipid.AccessKeys.from_pin(pin), channel=card, plan=chipid.ReadingPlan.identity())
    except chipid.AccessDenied:
        return False
    return True


def test_a_pin_is_changed(cli, card, secret) -> None:
    done = cli("pin", "change", "--pin-file", secret(PIN), "--new-pin-file", secret(NEW))
    assert (done.code, done.out, done.err) == (0, "The PIN has been changed.\n", "")
    assert opens(NEW, card)
    assert not opens(PIN, card)


def test_a_blocked_pin_is_unblocked(cli, card, secret) -> None:
    for _ in range(4):
        assert not opens("000111", card)
    assert not opens(PIN, card)
    done = cli("pin", "unblock", "--puk-file", secret(PUK))
    assert (done.code, done.out) == (0, "The PIN has been unblocked.\n")
    assert opens(PIN, card)


def test_the_last_try_needs_the_can(cli, card, secret) -> None:
    for _ in range(2):
        assert not opens("000111", card)
    arguments = ("pin", "change", "--pin-file", secret(PIN), "--new-pin-file", secret(NEW))
    refused = cli(*arguments)
    assert refused.code == 4
    assert "Give the CAN" in refused.err
    assert cli(*arguments, "--can-file", secret(CAN)).code == 0
    assert opens(NEW, card)


def test_all_is_asked_for_and_the_new_pin_twice(cli, card, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {"Present PIN: ": PIN, "New PIN: ": NEW, "New PIN once more: ": NEW, "PUK: ": PUK}
    asked: list[str] = []

    def answer(prompt: str) -> str:
        asked.append(prompt)
        return answers[prompt]

    monkeypatch.setattr("chipid.cli.secrets.has_terminal", lambda: True)
    monkeypatch.setattr(getpass, "getpass", answer)
    assert cli("pin", "change").code == 0
    assert cli("pin", "unblock").code == 0
    assert asked == list(answers)
    assert opens(NEW, card)
    answers["New PIN once more: "] = "111111"
    result = cli("pin", "change")
    assert (result.code, "in two ways" in result.err) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [(("change", "--new-pin-file", NEW, "--pin-file"), "000111"), (("unblock", "--puk-file"), "0000000000")],
)
def test_a_wrong_secret_is_4_and_not_repeated(cli, card, secret, arguments: tuple[str, ...], wrong: str) -> None:
    files = [secret(part) if part == NEW else part for part in arguments]
    result = cli("pin", *files, secret(wrong))
    assert (result.code, result.out) == (4, "")
    assert "wrong-password" in result.err
    assert wrong not in result.err
    assert opens(PIN, card)


def test_with_a_wrong_pin_the_can_changes_nothing(cli, card, secret) -> None:
    arguments = ("--pin-file", secret("000111"), "--can-file", secret(CAN), "--new-pin-file", secret(NEW))
    result = cli("pin", "change", *arguments)
    assert result.code == 4
    assert "PACE with pin: wrong-password" in result.err
    assert opens(PIN, card)


@pytest.mark.parametrize("new", ["12345", "1234567", "12345x"])
def test_a_new_pin_that_is_none_is_2_before_a_card_is_looked_at(cli, secret, monkeypatch, new: str) -> None:
    monkeypatch.setattr("chipid.readers.pcsc.wait_for_card", lambda reader, timeout: pytest.fail("looked at"))
    result = cli("pin", "change", "--pin-file", secret(PIN), "--new-pin-file", secret(new))
    assert result.code == 2
    assert "six digits" in result.err
    assert new not in result.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("change",),
        ("unblock",),
        ("change", "--pin-file", "-", "--new-pin-file", "-"),
        ("unblock", "--puk-file", "4711"),
        (),
    ],
)
def test_what_is_missing_or_given_twice_is_2(cli, card, arguments: tuple[str, ...]) -> None:
    result = cli("pin", *arguments, stdin=b"918273")
    assert (result.code, result.out) == (2, "")
    assert "4711" not in result.err
    assert "u{a}" not in result.err


def test_standard_input_holds_one_secret(cli, card) -> None:
    result = cli("pin", "change", "--pin-file", "-", "--new-pin-file", "-", stdin=b"918273")
    assert "one secret alone" in result.err


def test_a_chip_that_cheats_is_5(cli, secret, monkeypatch, chipid_issue) -> None:
    cheat = OnReader(chipid_issue(pin=PIN, puk=PUK, portrait="none"), faults=[faults.WrongMac()])
    monkeypatch.setattr("chipid.readers.pcsc.wait_for_card", lambda reader, timeout: cheat)
    assert cli("pin", "unblock", "--puk-file", secret(PUK)).code == 5


def test_the_calls_demand_the_right_keys(card) -> None:
    can = chipid.AccessKeys.from_can(CAN)
    with pytest.raises(chipid.MalformedData, match="no PUK"):
        chipid.unblock_pin(can, channel=card)
    with pytest.raises(chipid.MalformedData, match="no PIN"):
        chipid.change_pin(can, NEW, channel=card)
    with pytest.raises(chipid.MalformedData, match="six digits"):
        chipid.change_pin(chipid.AccessKeys.from_pin(PIN), "12345", channel=card)


def test_the_calls_work_on_a_channel(card) -> None:
    chipid.change_pin(chipid.AccessKeys.from_pin(PIN), NEW, channel=card)
    card.reset()
    chipid.unblock_pin(chipid.AccessKeys.from_puk(PUK), channel=card)
    assert opens(NEW, card)
