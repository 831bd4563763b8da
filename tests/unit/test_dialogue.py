# SPDX-License-Identifier: Apache-2.0
"""Dialogues and the one place where they meet a wire: results, errors and clean-up go where they belong."""

from __future__ import annotations

import contextlib

import pytest

from chipid.errors import CardMisbehaved, CardRemoved, MalformedData, TransmitFailed
from chipid.iso7816.apdu import CommandAPDU, ResponseAPDU
from chipid.iso7816.dialogue import Dialogue, observed, run

FIRST, SECOND = CommandAPDU(0x00, 0xB0, 0x00, 0x00, le=1), CommandAPDU(0x00, 0xB0, 0x00, 0x01, le=1)


def two_reads() -> Dialogue[bytes]:
    first = yield FIRST
    second = yield SECOND
    return first.data + second.data


def counting_failures(limit: int) -> Dialogue[int]:
    """Tries again after a lost transmission."""
    failures = 0
    while failures < limit:
        try:
            yield FIRST
        except TransmitFailed:
            failures += 1
        else:
            break
    return failures


class Wire:
    def __init__(self, *answers: bytes | Exception) -> None:
        self.answers = list(answers)
        self.commands: list[bytes] = []

    def transmit(self, command: bytes) -> bytes:
        self.commands.append(command)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def test_commands_go_out_and_responses_come_in():
    wire = Wire(b"\x61\x90\x00", b"\x5b\x90\x00")
    assert run(two_reads(), wire) == b"\x61\x5b"
    assert wire.commands == [FIRST.to_bytes(), SECOND.to_bytes()]


def test_a_dialogue_without_commands():
    def nothing() -> Dialogue[int]:
        return 7
        yield FIRST

    assert run(nothing(), Wire()) == 7


def test_an_error_of_the_wire_reaches_the_dialogue():
    wire = Wire(TransmitFailed("lost"), TransmitFailed("lost"), b"\x90\x00")
    assert run(counting_failures(5), wire) == 2


def test_an_error_that_the_dialogue_does_not_want_comes_out():
    with pytest.raises(CardRemoved):
        run(two_reads(), Wire(b"\x90\x00", CardRemoved("gone")))
    with pytest.raises(CardRemoved):
        run(observed(two_reads(), lambda _command, _response: None), Wire(CardRemoved("gone")))


@pytest.mark.parametrize("answer", [b"", b"\x90"])
def test_an_answer_without_status_word_is_the_chips_fault(answer):
    with pytest.raises(CardMisbehaved, match=f"at least 2 octets, not {len(answer)}") as error:
        run(two_reads(), Wire(answer))
    assert "Lay the card on anew" in str(error.value.hint)


def test_a_dialogue_may_go_on_after_it():
    def careful() -> Dialogue[bytes]:
        with contextlib.suppress(MalformedData):
            yield FIRST
        return (yield SECOND).data

    assert run(careful(), Wire(b"\x90", b"\x5b\x90\x00")) == b"\x5b"


def test_malformed_data_of_another_kind_stay_what_they_are():
    def reading() -> Dialogue[None]:
        yield FIRST
        raise MalformedData("a file")

    with pytest.raises(MalformedData, match="a file"):
        run(reading(), Wire(b"\x90\x00"))


def test_an_observer_sees_each_exchange_and_changes_none():
    seen = []
    wire = Wire(b"\x61\x90\x00", b"\x5b\x62\x82")
    assert run(observed(two_reads(), lambda *exchange: seen.append(exchange)), wire) == b"\x61\x5b"
    assert seen == [(FIRST, ResponseAPDU(b"\x61", 0x9000)), (SECOND, ResponseAPDU(b"\x5b", 0x6282))]


def test_an_observer_does_not_see_what_failed():
    seen = []
    wire = Wire(TransmitFailed("lost"), b"\x90\x00")
    assert run(observed(counting_failures(5), lambda *exchange: seen.append(exchange)), wire) == 1
    assert len(seen) == 1


def test_a_layer_that_is_closed_closes_what_it_wraps():
    closed = []

    def guarded() -> Dialogue[None]:
        try:
            yield FIRST
        finally:
            closed.append(True)

    inner = guarded()  # held, so that nothing but the layer closes it
    layer = observed(inner, lambda _command, _response: None)
    next(layer)
    layer.close()
    assert closed == [True]
