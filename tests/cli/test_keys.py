# SPDX-License-Identifier: Apache-2.0
"""How a command gets the key to a card: asked for, from a file, from the environment; never from its arguments."""

from __future__ import annotations

import getpass
from pathlib import Path

import pytest

ZONE = "IDVNM0123456784099012345678<<6\n9909173M3909171VNM<<<<<<<<<<<4\nNGUYEN<<VAN<AN<<<<<<<<<<<<<<<<\n"
QR = "099012345678|012345678|Nguyễn Văn An|17091999|Nam|Thôn 1, An Bình, Thuận Thành, Bắc Ninh|10052021"
DOCUMENT = "012345678\n990917\n390917\n"
FORMS = {"number": "099012345678\n", "can": "345678", "mrz": ZONE, "qr": QR, "document": DOCUMENT}


@pytest.fixture
def opened_with(cli, desk):
    """The access attempts of a dump, each as (protocol, kind, source, result)."""

    def dump(*arguments, stdin=b"", card=None):
        result = cli("dump", "--json", "--files", "identity", "--card", card or desk.card, *arguments, stdin=stdin)
        assert result.code == 0, result.err
        return [(a["protocol"], a["password"], a["source"], a["result"]) for a in result.json["access"]]

    return dump


@pytest.mark.parametrize("kind", FORMS)
def test_each_kind_from_a_file(opened_with, tmp_path: Path, kind: str) -> None:
    (tmp_path / "key").write_text(FORMS[kind])
    attempts = opened_with(f"--{kind}-file", tmp_path / "key")
    assert attempts[-1][3] == "done"
    assert attempts[-1][1] == ("mrz" if kind in ("mrz", "document") else "can")


@pytest.mark.parametrize("kind", FORMS)
def test_each_kind_from_standard_input(opened_with, kind: str) -> None:
    assert opened_with(f"--{kind}-file", "-", stdin=FORMS[kind].encode())[-1][3] == "done"


@pytest.mark.parametrize("kind", FORMS)
def test_each_kind_from_the_environment(opened_with, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setenv(f"CHIPID_{kind.upper()}", FORMS[kind])
    assert opened_with("--keys-from-env")[-1][3] == "done"


@pytest.mark.parametrize(
    ("answers", "kind"),
    [
        (["099012345678"], "can"),
        ([" 099 012 345 678 "], "can"),
        (["345678"], "can"),
        ([QR], "can"),
        (["012345678 990917 390917"], "mrz"),
        (ZONE.splitlines(), "mrz"),
        ([ZONE.replace("\n", "")], "mrz"),
    ],
)
def test_the_terminal_is_asked_unseen_and_the_kind_is_recognised(
    opened_with, monkeypatch: pytest.MonkeyPatch, answers: list[str], kind: str
) -> None:
    monkeypatch.setattr("chipid.cli.secrets.has_terminal", lambda: True)
    left = list(answers)
    prompts: list[str] = []

    def ask(prompt: str) -> str:
        prompts.append(prompt)
        return left.pop(0)

    monkeypatch.setattr(getpass, "getpass", ask)
    assert opened_with()[-1][1:] == (kind, source_of(answers), "done")
    assert left == []
    assert prompts[0].startswith("Number on the card")


def source_of(answers: list[str]) -> str:
    if "|" in answers[0]:
        return "qr"
    if "<" in answers[0]:
        return "mrz"
    if len(answers[0].split()) == 3:
        return "fields"
    return "can" if len(answers[0]) == 6 else "number"


def test_the_environment_is_not_looked_at_unasked(cli, desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHIPID_NUMBER", "099012345678")
    result = cli("dump", "--card", desk.card)
    assert result.code == 2
    assert "no terminal to ask on" in result.err
    assert "--number-file" in result.err


def test_an_empty_environment_is_told(cli, desk) -> None:
    result = cli("dump", "--card", desk.card, "--keys-from-env")
    assert result.code == 2
    assert "CHIPID_PIN, CHIPID_PUK, CHIPID_NUMBER, CHIPID_CAN, CHIPID_MRZ, CHIPID_DOCUMENT, CHIPID_QR" in result.err


def test_several_keys_are_tried_in_order(opened_with, tmp_path: Path, chipid_issue, desk) -> None:
    (tmp_path / "can").write_text("000000")
    (tmp_path / "document").write_text(DOCUMENT)
    attempts = opened_with("--document-file", tmp_path / "document", "--can-file", tmp_path / "can")
    assert [(kind, result) for _, kind, _, result in attempts] == [("can", "failed"), ("mrz", "done")]


def test_standard_input_holds_one_key(cli, desk) -> None:
    result = cli("dump", "--card", desk.card, "--number-file", "-", "--can-file", "-", stdin=b"099012345678")
    assert result.code == 2
    assert "one key alone" in result.err


@pytest.mark.parametrize(
    ("kind", "content", "message"),
    [
        ("number", b"", "nothing in it"),
        ("number", b"   \n", "nothing in it"),
        ("number", b"\xff\xfe", "UTF-8"),
        ("number", b"9" * 5000, "4096"),
        ("number", b"09901234567", "12 digits"),
        ("can", b"099012345678", "six"),
        ("pin", b"secret", "digits alone"),
        ("pin", b"9" * 33, "at most 32"),
        ("puk", b"80 99x", "digits alone"),
        ("mrz", b"IDVNM0123456784", "zone"),
        ("document", b"012345678 990917", "three things"),
        ("document", b"012345678 991317 390917", "no date"),
        ("qr", b"a|b", "citizen number"),
    ],
)
def test_a_key_that_cannot_be_is_2_and_not_repeated(cli, desk, tmp_path, kind: str, content: bytes, message: str) -> None:
    (tmp_path / "key").write_bytes(content)
    result = cli("dump", "--card", desk.card, f"--{kind}-file", tmp_path / "key")
    assert result.code == 2
    assert f"error: --{kind}-file: " in result.err
    assert message in result.err
    assert result.out == ""
    for part in content.decode("latin-1").split():
        assert len(part) < 4 or part not in result.err


def test_a_key_in_the_environment_that_cannot_be_names_its_variable(cli, desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHIPID_CAN", "12")
    result = cli("dump", "--card", desk.card, "--keys-from-env")
    assert result.code == 2
    assert "error: CHIPID_CAN: " in result.err


def test_a_byte_order_mark_is_no_part_of_the_key(opened_with) -> None:
    assert opened_with("--number-file", "-", stdin="\ufeff099012345678\r\n".encode())[-1][3] == "done"


def test_what_is_typed_and_is_no_key_is_not_repeated(cli, desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chipid.cli.secrets.has_terminal", lambda: True)
    monkeypatch.setattr(getpass, "getpass", lambda prompt: "0990123")
    result = cli("dump", "--card", desk.card)
    assert result.code == 2
    assert "0990123" not in result.err


@pytest.mark.parametrize("kind", [EOFError, KeyboardInterrupt])
def test_a_question_that_is_broken_off_is_130(cli, desk, monkeypatch: pytest.MonkeyPatch, kind) -> None:
    def ask(prompt: str) -> str:
        raise kind

    monkeypatch.setattr("chipid.cli.secrets.has_terminal", lambda: True)
    monkeypatch.setattr(getpass, "getpass", ask)
    result = cli("dump", "--card", desk.card)
    assert result.code == 130
    assert result.err.lstrip() == "chipid: error: interrupted\n"


@pytest.mark.parametrize("option", ["--number", "--can", "--mrz", "--qr", "--document", "--pin", "--puk"])
def test_there_is_no_option_that_takes_a_key_itself(cli, desk, option: str) -> None:
    result = cli("dump", "--card", desk.card, option, "099012345678")
    assert result.code == 2
    assert "099012345678" not in result.err


def test_a_number_as_an_argument_is_refused_and_not_repeated(cli, desk) -> None:
    result = cli("dump", "099012345678")
    assert result.code == 2
    assert "099012345678" not in result.err
    assert "chipid: hint: No number of a card stands in a command line" in result.err


def test_a_number_in_place_of_a_file_is_refused_and_not_repeated(cli, desk) -> None:
    result = cli("dump", "--card", desk.card, "--number-file", "099012345678")
    assert result.code == 2
    assert "099012345678" not in result.err


# PIN and PUK -----------------------------------------------------------------------------------------------------------

PIN, PUK = "918273", "8273645546"


@pytest.fixture
def pin_card(desk, chipid_issue) -> Path:
    return desk.lay(chipid_issue(pin=PIN, puk=PUK), "pin.image")


@pytest.mark.parametrize(("kind", "secret"), [("pin", PIN), ("puk", PUK)])
def test_a_pin_or_puk_opens_a_card_that_has_one(opened_with, pin_card, tmp_path: Path, monkeypatch, kind: str, secret: str) -> None:
    (tmp_path / "key").write_text(f"{secret}\n")
    done = [("PACE", kind, kind, "done")]
    assert opened_with(f"--{kind}-file", tmp_path / "key", card=pin_card) == done
    assert opened_with(f"--{kind}-file", "-", card=pin_card, stdin=secret.encode()) == done
    monkeypatch.setenv(f"CHIPID_{kind.upper()}", secret)
    assert opened_with("--keys-from-env", card=pin_card) == done


@pytest.mark.parametrize(("kind", "secret"), [("pin", PIN), ("puk", PUK)])
def test_it_is_asked_for_by_name_and_unseen(opened_with, pin_card, monkeypatch, kind: str, secret: str) -> None:
    prompts: list[str] = []

    def answer(prompt: str) -> str:
        prompts.append(prompt)
        return secret

    monkeypatch.setattr("chipid.cli.secrets.has_terminal", lambda: True)
    monkeypatch.setattr(getpass, "getpass", answer)
    assert opened_with(f"--{kind}", card=pin_card)[-1] == ("PACE", kind, kind, "done")
    assert prompts == [f"{kind.upper()}: "]


def test_without_a_terminal_it_cannot_be_asked_for(cli, pin_card) -> None:
    result = cli("dump", "--card", pin_card, "--pin")
    assert result.code == 2
    assert "--pin-file" in result.err


def test_six_digits_that_are_typed_unasked_are_a_can(opened_with, pin_card, monkeypatch) -> None:
    """A PIN has few tries, and is never guessed."""
    monkeypatch.setattr("chipid.cli.secrets.has_terminal", lambda: True)
    monkeypatch.setattr(getpass, "getpass", lambda prompt: "345678")
    assert opened_with(card=pin_card) == [("PACE", "can", "can", "done")]


def test_the_pin_comes_before_the_can(opened_with, pin_card, tmp_path: Path) -> None:
    (tmp_path / "can").write_text("345678")
    (tmp_path / "pin").write_text(PIN)
    attempts = opened_with("--can-file", tmp_path / "can", "--pin-file", tmp_path / "pin", card=pin_card)
    assert attempts == [("PACE", "pin", "pin", "done")]


def test_a_wrong_pin_is_4_and_not_repeated(cli, pin_card) -> None:
    result = cli("dump", "--card", pin_card, "--pin-file", "-", stdin=b"000111")
    assert (result.code, result.out) == (4, "")
    assert "PACE with pin: wrong-password" in result.err
    assert "000111" not in result.err
