# SPDX-License-Identifier: Apache-2.0
"""The virtual reader's protocol, against a reader of our own: no pcscd is needed."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from typing import Self

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chipid.emulator.vpcd import Control, Ending, Presentation, presented, serve
from chipid.errors import CardRemoved, NoReader, TransmitFailed

ATR = bytes.fromhex("3B80800101")
SELECT = bytes.fromhex("00A4040C07A0000002471001")


class EchoCard:
    """Answers a command with itself and 9000."""

    atr = ATR

    def __init__(self) -> None:
        self.resets = 0
        self.gone_at: int | None = None
        self.commands: list[bytes] = []

    def reset(self) -> None:
        self.resets += 1

    def transmit(self, command: bytes) -> bytes:
        self.commands.append(command)
        if self.gone_at == len(self.commands):
            raise CardRemoved("away")
        return command + b"\x90\x00"


class Reader:
    """The driver's end: listens, and speaks first."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(10)
        self.port: int = self._listener.getsockname()[1]
        self._connection: socket.socket | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.hang_up()
        self._listener.close()

    @property
    def connection(self) -> socket.socket:
        if self._connection is None:
            self._connection, _ = self._listener.accept()
            self._connection.settimeout(10)
        return self._connection

    def hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def send(self, message: bytes) -> None:
        self.connection.sendall(len(message).to_bytes(2, "big") + message)

    def receive(self) -> bytes:
        return self._exactly(int.from_bytes(self._exactly(2), "big"))

    def exchange(self, message: bytes) -> bytes:
        self.send(message)
        return self.receive()

    def _exactly(self, size: int) -> bytes:
        received = b""
        while len(received) < size:
            part = self.connection.recv(size - len(received))
            if not part:
                raise EOFError
            received += part
        return received


@pytest.fixture
def reader() -> Iterator[Reader]:
    with Reader() as reader:
        yield reader


@pytest.fixture
def card() -> EchoCard:
    return EchoCard()


def test_controls_and_commands(reader: Reader, card: EchoCard) -> None:
    with presented(card, port=reader.port):
        laid_on = card.resets
        assert reader.exchange(bytes([Control.ATR])) == ATR
        reader.send(bytes([Control.POWER_ON]))
        assert reader.exchange(SELECT) == SELECT + b"\x90\x00"
        reader.send(bytes([Control.RESET]))
        reader.send(bytes([Control.POWER_OFF]))
        assert reader.exchange(bytes([Control.ATR])) == ATR
        assert card.resets == laid_on + 3
    assert card.commands == [SELECT]


def test_messages_in_pieces_and_in_one_piece(reader: Reader, card: EchoCard) -> None:
    with presented(card, port=reader.port):
        frame = len(SELECT).to_bytes(2, "big") + SELECT
        for octet in frame:
            reader.connection.sendall(bytes([octet]))
        assert reader.receive() == SELECT + b"\x90\x00"
        reader.connection.sendall(b"\x00\x00" + frame + frame)  # an empty message says nothing
        assert [reader.receive(), reader.receive()] == [SELECT + b"\x90\x00"] * 2


@settings(max_examples=20)
@given(st.lists(st.binary(min_size=2, max_size=3000), max_size=5))
def test_any_command_comes_through_whole(commands: list[bytes]) -> None:
    card = EchoCard()
    with Reader() as reader, presented(card, port=reader.port):
        for command in commands:
            assert reader.exchange(command) == command + b"\x90\x00"
    assert card.commands == commands


def test_card_that_is_lost_hangs_up(reader: Reader, card: EchoCard) -> None:
    card.gone_at = 2
    presentation = Presentation(card, port=reader.port)
    presentation.insert()
    reader.exchange(SELECT)
    reader.send(SELECT)
    with pytest.raises(EOFError):
        reader.receive()
    assert presentation.wait(10) is Ending.WITHDRAWN
    presentation.raise_failure()


def test_card_is_withdrawn_after_n_commands_and_laid_on_again(reader: Reader, card: EchoCard) -> None:
    presentation = Presentation(card, port=reader.port)
    presentation.insert(withdraw_after=1)
    assert reader.exchange(bytes([Control.ATR])) == ATR  # a control is no command
    reader.exchange(SELECT)
    reader.send(SELECT)
    with pytest.raises(EOFError):
        reader.receive()
    assert presentation.wait(10) is Ending.WITHDRAWN
    assert card.commands == [SELECT]
    reader.hang_up()
    presentation.insert()
    assert reader.exchange(SELECT) == SELECT + b"\x90\x00"
    presentation.withdraw()
    assert presentation.ending is Ending.STOPPED


def test_reader_that_goes_ends_the_presentation(reader: Reader, card: EchoCard) -> None:
    presentation = Presentation(card, port=reader.port)
    presentation.insert()
    reader.exchange(SELECT)
    reader.hang_up()
    assert presentation.wait(10) is Ending.DISCONNECTED


def test_reader_that_goes_in_the_middle_of_a_message(reader: Reader, card: EchoCard) -> None:
    presentation = Presentation(card, port=reader.port)
    presentation.insert()
    reader.connection.sendall(b"\x00\x0c\x00\xa4")
    reader.hang_up()
    assert presentation.wait(10) is Ending.DISCONNECTED
    assert card.commands == []


def test_serve_ends_when_told_to(reader: Reader, card: EchoCard) -> None:
    stop = threading.Event()
    assert serve(card, port=reader.port, stop=stop, on_connect=stop.set) is Ending.STOPPED


def test_nothing_listens(reader: Reader, card: EchoCard) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
    with pytest.raises(NoReader, match=f"127.0.0.1:{port}") as caught:
        serve(card, port=port)
    assert "vpcd" in (caught.value.hint or "")
    with pytest.raises(NoReader):
        Presentation(card, port=port).insert()


def test_unknown_control_is_said_and_not_guessed(reader: Reader, card: EchoCard) -> None:
    presentation = Presentation(card, port=reader.port)
    presentation.insert()
    reader.send(b"\x07")
    assert presentation.wait(10) is None  # it ended by a failure, not by an ending
    with pytest.raises(TransmitFailed, match="07"):
        presentation.raise_failure()


def test_answer_that_no_frame_holds(reader: Reader, card: EchoCard) -> None:
    presentation = Presentation(card, port=reader.port)
    presentation.insert()
    reader.send(bytes(0xFFFE))
    presentation.wait(10)
    with pytest.raises(TransmitFailed, match="65535"):
        presentation.raise_failure()


def test_failure_shows_when_the_block_ends(reader: Reader, card: EchoCard) -> None:
    def present() -> None:
        with presented(card, port=reader.port) as presentation:
            reader.send(b"\x07")
            presentation.wait(10)

    with pytest.raises(TransmitFailed):
        present()


def test_a_slot_that_is_taken_says_nothing_to_a_second_card(reader: Reader, card: EchoCard) -> None:
    """The system takes the connection, and the driver has an ear for the first card alone."""
    laid_on: list[bool] = []
    with presented(EchoCard(), port=reader.port):
        assert reader.exchange(bytes([Control.ATR])) == ATR
        with pytest.raises(NoReader, match="does not take the card up") as error:
            serve(card, port=reader.port, taken_up_within=0.2, on_connect=lambda: laid_on.append(True))
    assert laid_on == []
    assert "another virtual card off the same slot" in str(error.value.hint)


def test_a_card_that_is_taken_up_in_time_stays(reader: Reader, card: EchoCard) -> None:
    stop = threading.Event()
    reader_speaks = threading.Thread(target=lambda: reader.send(bytes([Control.ATR])))
    reader_speaks.start()
    assert serve(card, port=reader.port, stop=stop, on_connect=stop.set, taken_up_within=10) is Ending.STOPPED
    reader_speaks.join(10)
