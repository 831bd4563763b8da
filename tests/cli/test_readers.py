# SPDX-License-Identifier: Apache-2.0
"""``chipid readers``."""

from __future__ import annotations

import pytest

from chipid.errors import NoReader
from chipid.readers import pcsc
from chipid.readers.pcsc import ReaderState
from chipid.report.schema import ReadersReport

STATES = [
    ReaderState("Virtual PCD 00 00", card_present=True, atr=bytes.fromhex("3B80")),
    ReaderState("Virtual PCD 00 01", card_present=False),
    ReaderState("Contact Reader", card_present=True, in_use=True),
    ReaderState("Slanted", card_present=True, mute=True),
]


def test_each_reader_has_a_line(cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pcsc, "reader_states", lambda: STATES)
    result = cli("readers")
    assert (result.code, result.err) == (0, "")
    assert result.out.splitlines() == [
        "Virtual PCD 00 00  card    3B80",
        "Virtual PCD 00 01  empty",
        "Contact Reader     in-use",
        "Slanted            mute",
    ]


def test_json(cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pcsc, "reader_states", lambda: STATES)
    report = cli("readers", "--json").report
    assert isinstance(report, ReadersReport)
    assert [(reader.state, reader.atr) for reader in report.readers][:2] == [("card", "3B80"), ("empty", None)]


def test_a_hostile_reader_name_cannot_steer_the_terminal(cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pcsc, "reader_states", lambda: [ReaderState("a\x1b[31mb", card_present=False)])
    assert cli("readers").out == "a\\u{1b}[31mb  empty\n"


def test_no_reader_is_3(cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pcsc, "reader_states", list)
    result = cli("readers")
    assert (result.code, result.out) == (3, "")
    assert result.err.startswith("chipid: error: no card reader is attached\nchipid: hint: ")


def test_no_service_is_3(cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_service() -> list[ReaderState]:
        raise NoReader("there is no PC/SC service")

    monkeypatch.setattr(pcsc, "reader_states", no_service)
    assert cli("readers").code == 3


def test_watching_prints_each_change_until_interrupted(cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def changes():
        yield STATES[1:2]
        yield STATES[:1]
        raise KeyboardInterrupt

    monkeypatch.setattr(pcsc, "watch_readers", changes)
    result = cli("readers", "--watch")
    assert result.code == 130
    assert result.out == "Virtual PCD 00 01  empty\nVirtual PCD 00 00  card  3B80\n"
