# SPDX-License-Identifier: Apache-2.0
"""Whatever a terminal sends, the chip answers with a status word, and keeps what it guards."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chipid.iso7816.apdu import CommandAPDU, ResponseAPDU
from chipid.iso7816.file_ids import FileId
from chipid.iso7816.tlv import build_tlv

INSTRUCTIONS = st.sampled_from([0xA4, 0xB0, 0xB1, 0x84, 0x82, 0x88, 0x86, 0x22]) | st.integers(0, 255)
CLASSES = st.sampled_from([0x00, 0x0C, 0x10, 0x1C]) | st.integers(0, 255)
PARAMETERS = st.sampled_from([0x00, 0x01, 0x02, 0x04, 0x0C, 0x1C, 0x41, 0x81, 0x82, 0x9C, 0xA4, 0xA6, 0xC1]) | st.integers(0, 255)
OBJECTS = st.builds(
    build_tlv,
    st.sampled_from([0x54, 0x7C, 0x80, 0x81, 0x83, 0x84, 0x85, 0x87, 0x8E, 0x91, 0x97, 0x99, 0x7F4C]),
    st.binary(max_size=80)
    | st.sampled_from([bytes.fromhex("04007F00070202040202"), bytes.fromhex("04007F00070202030202"), b"\x01", b"\x02"]),
)
DATA = (
    st.binary(max_size=300)
    | st.lists(OBJECTS, max_size=3).map(b"".join)
    | st.lists(OBJECTS, max_size=2).map(lambda objects: build_tlv(0x7C, *objects))
    | st.sampled_from([bytes.fromhex("A0000002471001"), b"\x3f\x00", b"\x01\x1c", b"\x01\x01", b"\x01\x0d"])
)
LE = st.none() | st.integers(1, 256) | st.integers(1, 65536)
COMMANDS = st.builds(CommandAPDU, CLASSES, INSTRUCTIONS, PARAMETERS, PARAMETERS, DATA, LE).map(CommandAPDU.to_bytes)
MUTATED = st.builds(
    lambda raw, cut, octet: raw[: cut % (len(raw) + 1)] + bytes([octet]) + raw[cut % (len(raw) + 1) + 1 :],
    COMMANDS,
    st.integers(0, 400),
    st.integers(0, 255),
)
TRUNCATED = st.builds(lambda raw, size: raw[: size % (len(raw) + 1)], COMMANDS, st.integers(0, 400))
ANYTHING = st.binary(max_size=300) | COMMANDS | MUTATED | TRUNCATED

SECRETS = (FileId.DG1, FileId.DG2, FileId.DG3, FileId.DG14, FileId.DG15, FileId.SOD, FileId.COM)


@given(commands=st.lists(ANYTHING, min_size=1, max_size=8))
@settings(max_examples=300)
def test_any_octets_give_a_status_word_and_no_secret(terminal: Callable, commands: list[bytes]) -> None:
    t = terminal()
    for command in commands:
        response = ResponseAPDU.from_bytes(t.card.transmit(command))
        assert 0x6000 <= response.sw <= 0x9FFF
        for file in SECRETS:
            assert t.card.image.files[file][:24] not in response.data
    assert t.card.applet.session is None


@given(commands=st.lists(ANYTHING, min_size=1, max_size=5), way=st.sampled_from(["BAC", "PACE"]))
@settings(max_examples=100)
def test_any_octets_inside_a_session(terminal: Callable, commands: list[bytes], way: str) -> None:
    """Nobody without the keys gets an answer from a session: what is sent ends it."""
    t = terminal().open(way)
    for command in commands:
        response = ResponseAPDU.from_bytes(t.card.transmit(command))
        for file in SECRETS:
            assert t.card.image.files[file][:24] not in response.data
    assert t.card.applet.session is None


@given(commands=st.lists(COMMANDS, min_size=1, max_size=5), way=st.sampled_from(["BAC", "PACE"]))
@settings(max_examples=100)
def test_any_command_under_secure_messaging(terminal: Callable, commands: list[bytes], way: str) -> None:
    """Whoever has the keys gets a protected answer to anything at all, and never DG3."""
    t = terminal().open(way)
    for raw in commands:
        command = CommandAPDU.from_bytes(raw)
        command = CommandAPDU(0x00, command.ins, command.p1, command.p2, command.data, command.le, command.extended)
        data, sw = t.secure(command.to_bytes().hex())
        assert 0x6200 <= sw <= 0x9000
        assert t.card.image.files[FileId.DG3][:24] not in data
        if t.card.applet.session is None or t.card.applet.session.closed:
            pytest.fail("an ordinary error ended the session")
        if command.ins in (0x22, 0x86) and sw == 0x9000:
            return  # Chip Authentication may have begun, and even succeeded: the keys are others


@given(mutation=st.integers(0, 10_000), octet=st.integers(1, 255), way=st.sampled_from(["BAC", "PACE"]))
@settings(max_examples=100)
def test_any_octet_changed_in_a_protected_command(terminal: Callable, mutation: int, octet: int, way: str) -> None:
    t = terminal().open(way)
    wire = bytearray(t.session.protect_command(bytes.fromhex("00A4020C020101")))
    wire[mutation % len(wire)] ^= octet
    response = ResponseAPDU.from_bytes(t.card.transmit(bytes(wire)))
    assert response.data == b"" or (wire[0] & 0x0C == 0 and wire[1] == 0x84)  # GET CHALLENGE needs no session
    assert response.sw != 0x9000 or wire[0] & 0x0C == 0
    assert t.card.applet.session is None
