# SPDX-License-Identifier: Apache-2.0
"""Long commands in pieces, at both ends."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipid.crypto.kdf import derive_session_keys
from chipid.iso7816.apdu import CommandAPDU, ResponseAPDU
from chipid.iso7816.chaining import CHAIN_LIMIT, PIECE_SIZE, ChainAssembler, chained
from chipid.iso7816.dialogue import Dialogue, run
from chipid.iso7816.secure_messaging import open_session
from chipid.iso7816.status import SW


def one(command: CommandAPDU) -> Dialogue[ResponseAPDU]:
    return (yield command)


class Chip:
    """Puts pieces together, and answers with what came whole."""

    def __init__(self, refuse_at: int | None = None) -> None:
        self.assembler = ChainAssembler()
        self.pieces: list[CommandAPDU] = []
        self.whole: list[CommandAPDU] = []
        self.refuse_at = refuse_at

    def transmit(self, raw: bytes) -> bytes:
        command = CommandAPDU.from_bytes(raw)
        self.pieces.append(command)
        if len(self.pieces) == self.refuse_at:
            return b"\x6a\x80"
        whole = self.assembler.take(command)
        if isinstance(whole, SW):
            return whole.to_bytes(2, "big")
        self.whole.append(whole)
        return len(whole.data).to_bytes(2, "big") + b"\x90\x00"


@given(size=st.integers(0, CHAIN_LIMIT), le=st.sampled_from([None, 8, 256]))
def test_what_goes_in_comes_out(size: int, le: int | None) -> None:
    chip, command = Chip(), CommandAPDU(0x00, 0x2A, 0x00, 0xBE, bytes(i & 0xFF for i in range(size)), le)
    response = run(chained(one(command)), chip)
    assert response == ResponseAPDU(size.to_bytes(2, "big"), 0x9000)
    (whole,) = chip.whole
    assert (whole.cla, whole.ins, whole.p1, whole.p2, whole.data, whole.le) == (0x00, 0x2A, 0x00, 0xBE, command.data, le)
    assert [piece.cla for piece in chip.pieces] == [0x10] * (len(chip.pieces) - 1) + [0x00]
    assert not any(piece.is_extended for piece in chip.pieces)


@pytest.mark.parametrize("cipher", ["3DES", "AES-128", "AES-256"])
@pytest.mark.parametrize("le", [None, 256])
def test_a_protected_piece_is_a_short_command(cipher, le) -> None:
    session = open_session(derive_session_keys(cipher, b"secret"))
    for cla in (0x00, 0x10):
        protected = session.protect_command(CommandAPDU(cla, 0x2A, 0x00, 0xBE, bytes(PIECE_SIZE), le).to_bytes())
        assert not CommandAPDU.from_bytes(protected).is_extended


def test_short_commands_and_steps_of_a_protocol_are_left_alone() -> None:
    chip, step = Chip(), CommandAPDU(0x10, 0x86, 0x00, 0x00, bytes(300), 256)
    run(chained(one(CommandAPDU(0x00, 0xB0, 0x00, 0x00, le=8))), chip)
    run(chained(one(step)), chip)
    assert [(piece.cla, len(piece.data)) for piece in chip.pieces] == [(0x00, 0), (0x10, 300)]


def test_a_refused_piece_ends_its_chain() -> None:
    chip = Chip(refuse_at=2)
    assert run(chained(one(CommandAPDU(0x00, 0x2A, 0x00, 0xBE, bytes(1000)))), chip) == ResponseAPDU(b"", 0x6A80)
    assert len(chip.pieces) == 2


def test_another_command_inside_a_chain_is_refused_and_ends_it() -> None:
    assembler = ChainAssembler()
    piece, other = CommandAPDU(0x10, 0x2A, 0x00, 0xBE, b"abc"), CommandAPDU(0x00, 0xB0, 0x00, 0x00, le=1)
    assert assembler.take(piece) == SW.OK
    assert assembler.take(other) == SW.LAST_COMMAND_EXPECTED
    assert assembler.take(other) == other
    last = CommandAPDU(0x00, 0x2A, 0x00, 0xBE, b"de")
    assert assembler.take(last) == last


def test_a_chain_has_a_limit() -> None:
    assembler, piece = ChainAssembler(), CommandAPDU(0x10, 0x2A, 0x00, 0xBE, bytes(200))
    answers = [assembler.take(piece) for _ in range(CHAIN_LIMIT // 200 + 1)]
    assert answers == [SW.OK] * (CHAIN_LIMIT // 200) + [SW.WRONG_LENGTH]
    assert assembler.take(CommandAPDU(0x00, 0x2A, 0x00, 0xBE, b"x")).data == b"x"


def test_errors_of_the_wire_reach_the_dialogue() -> None:
    def dialogue() -> Dialogue[str]:
        try:
            yield CommandAPDU(0x00, 0x2A, 0x00, 0xBE, bytes(1000))
        except OSError:
            return "told"
        return "not told"

    class Broken:
        def transmit(self, _command: bytes) -> bytes:
            raise OSError

    assert run(chained(dialogue()), Broken()) == "told"
