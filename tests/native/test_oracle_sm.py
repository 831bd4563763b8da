# SPDX-License-Identifier: Apache-2.0
"""Secure messaging against the reference implementation: both ends, all four messages, short and extended."""

from __future__ import annotations

import oracle
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracle import Command

from chipid._native import NativeError, SecureMessaging

CIPHERS = st.sampled_from(oracle.CIPHERS)
CLA = st.sampled_from((0x00, 0x10, 0x01, 0x03, 0x80, 0x90))


def _octets(size: int) -> bytes:
    """Data that looks like padding wherever it is cut."""
    return (b"\x80\x00\x00\x01" * (size // 4 + 1))[:size]


SIZES = st.integers(0, 300) | st.sampled_from((222, 223, 224, 230, 231, 232, 239, 240, 255, 256, 4095, 4096, 65400))


@st.composite
def commands(draw: st.DrawFn) -> bytes:
    header = bytes((draw(CLA), draw(st.sampled_from((0xB0, 0xB1, 0xA4, 0x2B))), draw(st.integers(0, 255)), 0))
    data = _octets(draw(SIZES))
    extended = len(data) > 255 or draw(st.booleans())
    le = draw(st.sampled_from((b"", b"\x00\x00", b"\x00\xdf", b"\x01\x00") if extended else (b"", b"\x00", b"\xdf")))
    return Command(header, data, le, extended and bool(data or le)).to_bytes()


@st.composite
def pairs(draw: st.DrawFn) -> tuple[SecureMessaging, oracle.SecureMessaging]:
    cipher = draw(CIPHERS)
    key = st.binary(min_size=oracle.KEY_SIZE[cipher], max_size=oracle.KEY_SIZE[cipher])
    start = draw(st.sampled_from((0, 0xFF, 0xFFFF, 2**63 - 1)) | st.integers(0, 2**64 - 20))
    arguments = (cipher, draw(key), draw(key), start.to_bytes(oracle.BLOCK_SIZE[cipher], "big"))
    return SecureMessaging(*arguments), oracle.SecureMessaging(*arguments)


@given(pairs(), commands(), SIZES, st.sampled_from((b"\x90\x00", b"\x62\x82", b"\x6a\x82")))
def test_terminal_against_oracle_chip(
    pair: tuple[SecureMessaging, oracle.SecureMessaging], command: bytes, size: int, sw: bytes
) -> None:
    terminal, chip = pair
    wire = terminal.protect_command(command)
    received = chip.unprotect_command(wire)
    assert _canonical(command) == received
    assert terminal.unprotect_response(chip.protect_response(_octets(size) + sw)) == _octets(size) + sw
    assert terminal.ssc == chip.ssc


@given(pairs(), commands(), SIZES, st.sampled_from((b"\x90\x00", b"\x62\x82", b"\x6a\x82")))
def test_oracle_terminal_against_chip(
    pair: tuple[SecureMessaging, oracle.SecureMessaging], command: bytes, size: int, sw: bytes
) -> None:
    chip, terminal = pair
    assert chip.unprotect_command(terminal.protect_command(command)) == _canonical(command)
    assert terminal.unprotect_response(chip.protect_response(_octets(size) + sw)) == _octets(size) + sw
    assert terminal.ssc == chip.ssc


@given(pairs(), st.lists(commands(), min_size=1, max_size=5))
def test_a_conversation_octet_for_octet(
    pair: tuple[SecureMessaging, oracle.SecureMessaging], sent: list[bytes]
) -> None:
    ours, theirs = pair
    for command in sent:
        assert ours.protect_command(command) == theirs.protect_command(command)
        assert ours.protect_response(command[:20] + b"\x90\x00") == theirs.protect_response(command[:20] + b"\x90\x00")
        assert ours.ssc == theirs.ssc


@given(pairs(), commands(), st.data())
def test_damaged_messages(
    pair: tuple[SecureMessaging, oracle.SecureMessaging], command: bytes, data: st.DataObject
) -> None:
    ours, theirs = pair
    start = theirs.counter
    wire = bytearray(
        theirs.protect_command(command[:400] if len(command) < 400 else b"\x00\xb0\x00\x00\x10" + bytes(16))
    )
    theirs.counter, theirs.odd = start, None
    for _ in range(data.draw(st.integers(0, 2))):
        wire[data.draw(st.integers(0, len(wire) - 1))] = data.draw(st.integers(0, 255))
    damaged = bytes(wire[: data.draw(st.just(len(wire)) | st.integers(0, len(wire)))])
    wanted = oracle.answer(theirs.unprotect_command, damaged)
    assert oracle.answer(ours.unprotect_command, damaged) == wanted
    assert ours.closed is isinstance(wanted, str)


OBJECTS = st.sampled_from(
    (
        "99029000",
        "99026A82",
        "9900",
        "990190",
        "87090100112233445566FF",
        "8711010102030405060708090A0B0C0D0E0F10",
        "8711020102030405060708090A0B0C0D0E0F10",
        "85100102030405060708090A0B0C0D0E0F10",
        "870101",
        "8500",
        "97020000",
        "8E080102030405060708",
        "8E0401020304",
        "8101FF",
        "30800000",
        "9981029000",
        "87FF",
        "00",
    )
).map(bytes.fromhex)


@given(pairs(), st.lists(OBJECTS, max_size=4), st.booleans(), st.sampled_from((b"\x90\x00", b"\x6a\x82")))
def test_responses_of_a_liar_with_the_keys(
    pair: tuple[SecureMessaging, oracle.SecureMessaging], objects: list[bytes], sealed: bool, sw: bytes
) -> None:
    """Each combination of objects, with a right MAC over it or none: the two agree on what is wrong first."""
    ours, theirs = pair
    body = b"".join(objects)
    if sealed:
        theirs.counter += 1
        body += oracle.tlv(0x8E, theirs.mac(b"", body))
        theirs.counter -= 1
    wanted = oracle.answer(theirs.unprotect_response, body + sw)
    assert oracle.answer(ours.unprotect_response, body + sw) == wanted
    assert ours.closed is (isinstance(wanted, str) and wanted != "<sm-plaintext>")


@given(pairs(), st.integers(1, 3), st.binary(max_size=48))
def test_paddings_of_a_liar_with_the_keys(
    pair: tuple[SecureMessaging, oracle.SecureMessaging], blocks: int, tail: bytes
) -> None:
    ours, theirs = pair
    size = blocks * theirs.block
    plain = (bytes(size) + tail.rstrip(b"\x00"))[-size:]
    theirs.counter += 1
    ciphertext = oracle.cbc_encrypt(theirs.cipher, theirs.ks_enc, theirs._iv(), plain)
    objects = oracle.tlv(0x87, b"\x01" + ciphertext) + oracle.tlv(0x99, b"\x90\x00")
    body = objects + oracle.tlv(0x8E, theirs.mac(b"", objects))
    theirs.counter -= 1
    assert oracle.answer(ours.unprotect_response, body + b"\x90\x00") == oracle.answer(
        theirs.unprotect_response, body + b"\x90\x00"
    )


@given(pairs(), st.binary(max_size=80))
def test_any_octets(pair: tuple[SecureMessaging, oracle.SecureMessaging], octets: bytes) -> None:
    ours, theirs = pair
    wanted = oracle.answer(theirs.unprotect_response, octets)
    assert isinstance(wanted, str)  # nobody guesses a MAC
    assert oracle.answer(ours.unprotect_response, octets) == wanted


@given(pairs(), st.binary(max_size=40))
def test_any_plain_command(pair: tuple[SecureMessaging, oracle.SecureMessaging], octets: bytes) -> None:
    ours, theirs = pair
    before = ours.ssc
    wanted = oracle.answer(theirs.protect_command, octets)
    assert oracle.answer(ours.protect_command, octets) == wanted
    assert not ours.closed
    assert isinstance(wanted, bytes) or ours.ssc == before


def test_messages_too_long_for_their_length_fields() -> None:
    session = SecureMessaging("AES-128", bytes(16), bytes(16), bytes(16))
    with pytest.raises(NativeError, match="sm-length"):
        session.protect_command(Command(b"\x00\xb0\x00\x00", bytes(65535), b"\x00\x00", True).to_bytes())
    with pytest.raises(NativeError, match="sm-length"):
        session.protect_response(bytes(65537) + b"\x90\x00")
    assert session.ssc == bytes(16)
    assert len(session.protect_response(bytes(65536) + b"\x90\x00")) > 65536


def _canonical(command: bytes) -> bytes:
    """What comes out of the other end: length fields are extended only where the data or Le needs it."""
    plain = Command.from_bytes(command)
    extended = len(plain.data) > 255 or len(plain.le) == 2
    return Command(plain.header, plain.data, plain.le, extended).to_bytes()
