# SPDX-License-Identifier: Apache-2.0
"""report/redact.py and report/printable.py: what is shown, and in which letters."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipid.report.printable import printable
from chipid.report.redact import HIDDEN, Redaction, without_secrets


def test_a_value_is_hidden_and_said_to_be() -> None:
    field = Redaction().field("DG1", "sex", "M", label="Sex")
    assert (field.value, field.redacted) == (None, True)


def test_an_empty_field_is_not_called_hidden() -> None:
    field = Redaction().field("DG13", "spouses", None, label="Spouse", number=14)
    assert (field.value, field.redacted, field.number) == (None, False, 14)


def test_a_value_is_shown_where_that_is_asked_for() -> None:
    field = Redaction(show_personal=True).field("DG13", "religion", "Phật giáo", label="Religion", sensitive=True)
    assert (field.value, field.redacted, field.sensitive) == ("Phật giáo", False, True)


def test_octets() -> None:
    assert Redaction().octets(b"\x01\x02") is None
    assert Redaction(show_personal=True).octets(b"\x01\x02") == "0102"
    assert Redaction(show_personal=True).octets(bytes(5), limit=4) == "00000000…"


@given(st.text(min_size=1))
def test_nothing_of_a_hidden_value_is_left(value: str) -> None:
    field = Redaction().field("DG1", "name", value, label="Name", text=value)
    assert field == Redaction().field("DG1", "name", "another", label="Name")


@pytest.mark.parametrize(
    "text",
    [
        "Got unexpected extra argument (099012345678)",
        "No such option: --number=099012345678",
        "File '012345' does not exist.",
        "argument (IDVNM0123456784099012345678<<0)",
        "argument (NGUYEN<<VAN<AN)",
        "argument (099012345678|012345678|Nguyễn)",
        "a099012345678b",
    ],
)
def test_what_looks_like_a_secret_is_taken_out_of_messages(text: str) -> None:
    cleaned = without_secrets(text)
    assert HIDDEN in cleaned
    assert "12345" not in cleaned
    assert "NGUYEN" not in cleaned


@pytest.mark.parametrize(
    "text", ["No such command 'nonsense'.", "Invalid value for '--timeout': '12x' is not a valid float range."]
)
def test_other_messages_stay(text: str) -> None:
    assert without_secrets(text) == text


@pytest.mark.parametrize("word", ["A", "a", "11111A", "<", "é"])
def test_a_long_word_is_gone_through_once(word: str) -> None:
    """A hundred thousand characters: gone through once for each of them it would take minutes."""
    assert without_secrets(word * (100_000 // len(word)) + " end").endswith("end")


@given(st.from_regex(r"[0-9]{6,12}", fullmatch=True), st.text(alphabet="ab (')=:", max_size=5))
def test_no_run_of_six_digits_stays(number: str, around: str) -> None:
    assert number not in without_secrets(around + number + around)


# Printable -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Nguyễn Văn An", "Nguyễn Văn An"),
        (unicodedata.normalize("NFD", "Nguyễn"), unicodedata.normalize("NFD", "Nguyễn")),
        ("\x1b[2J", "\\u{1b}[2J"),
        ("a\u202eb", "a\\u{202e}b"),
        ("a\u2066b\u2069", "a\\u{2066}b\\u{2069}"),
        ("a\u200bb", "a\\u{200b}b"),
        ("a\r\nb", "a\\u{d}\\u{a}b"),
        ("\x9b31m", "\\u{9b}31m"),
        ("\ud800", "\\u{d800}"),
        ("\u2028", "\\u{2028}"),
        ("a\u00a0b\u3000", "a\\u{a0}b\\u{3000}"),
        ("\u3164\u2800\ufe0f\U000e0100\u034f", "\\u{3164}\\u{2800}\\u{fe0f}\\u{e0100}\\u{34f}"),
        ("a" + 5 * "\u0301" + "b\u0301", "a" + 4 * "\u0301" + "\\u{301}b\u0301"),
    ],
)
def test_what_could_steer_a_terminal_is_spelled_out(text: str, expected: str) -> None:
    assert printable(text) == expected


def test_line_breaks_may_stay() -> None:
    assert printable("a\nb\r", one_line=False) == "a\nb\\u{d}"


@given(st.text())
def test_the_result_holds_no_control(text: str) -> None:
    result = printable(text)
    assert not {unicodedata.category(character) for character in result} & {"Cc", "Cf", "Cs", "Cn", "Co", "Zl", "Zp"}
    result.encode()  # no surrogate is left


@given(st.text(alphabet=st.characters(categories=["L", "N", "P", "S"], exclude_characters="\u115f\u1160\u2800\u3164\uffa0")))
def test_letters_of_any_script_stay(text: str) -> None:
    assert printable(text) == text
