# SPDX-License-Identifier: Apache-2.0
"""Files, buffers and the answer to reset of the emulated chip."""

from __future__ import annotations

from functools import reduce
from operator import xor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipid._native import SecureMessaging
from chipid.emulator.atr import capabilities, contactless_atr
from chipid.emulator.filesystem import Access, DedicatedFile, FileSystem, read, read_odd
from chipid.emulator.link import Link, payload_capacity, protected_size
from chipid.iso7816.apdu import CommandAPDU
from chipid.iso7816.atr import Atr
from chipid.iso7816.file_ids import FileId
from chipid.iso7816.tlv import parse_tlv

CIPHERS = st.sampled_from(["3DES", "AES-128", "AES-192", "AES-256"])
CONTENT = bytes(range(256)) * 3


def read_binary(le: int | None, *, extended: bool = False) -> CommandAPDU:
    return CommandAPDU(0x00, 0xB0, 0x00, 0x00, le=le, extended=extended)


# ATR -------------------------------------------------------------------------------------------------------------


def test_atr_follows_pcsc_part_3() -> None:
    assert contactless_atr(bytes.fromhex("8073942140")).hex() == "3b858001807394214002"
    assert contactless_atr(b"").hex() == "3b80800101"


@given(st.binary(max_size=15))
def test_atr_closes_with_its_checksum(historical: bytes) -> None:
    atr = contactless_atr(historical)
    assert reduce(xor, atr[1:]) == 0
    assert Atr.parse(atr).historical == historical


def test_atr_announces_extended_length() -> None:
    for extended in (True, False):
        for chaining in (True, False):
            told = Atr.parse(contactless_atr(capabilities(extended_length=extended, command_chaining=chaining))).capabilities
            assert (told.extended_length, told.command_chaining) == (extended, chaining)


def test_a_command_longer_than_the_buffer_does_not_get_through() -> None:
    link = Link(command_size=261)
    assert link.takes(read_binary(256), 261)
    assert not link.takes(read_binary(256), 262)
    assert not Link(extended_length=False).takes(read_binary(300), 7)


def test_atr_has_room_for_fifteen_historical_bytes() -> None:
    with pytest.raises(ValueError, match="15"):
        contactless_atr(bytes(16))


# Files -----------------------------------------------------------------------------------------------------------


def test_one_identifier_names_two_files_in_two_places() -> None:
    files = FileSystem({FileId.CARD_SECURITY: b"\x30\x00", FileId.SOD: b"\x77\x00"})
    assert files.by_fid(DedicatedFile.MASTER_FILE, 0x011D) is FileId.CARD_SECURITY
    assert files.by_fid(DedicatedFile.EMRTD_APPLICATION, 0x011D) is FileId.SOD
    assert files.by_sfi(DedicatedFile.MASTER_FILE, 0x1D) is FileId.CARD_SECURITY
    assert files.by_sfi(DedicatedFile.EMRTD_APPLICATION, 0x1D) is FileId.SOD
    assert files.by_fid(DedicatedFile.EMRTD_APPLICATION, 0x0101) is None


def test_access_conditions() -> None:
    files = FileSystem({}, frozenset({FileId.DG3}))
    assert files.access(FileId.CARD_ACCESS) is Access.ALWAYS
    assert files.access(FileId.CARD_SECURITY) is Access.PACE
    assert files.access(FileId.COM) is files.access(FileId.DG1) is Access.SESSION
    assert files.access(FileId.DG3) is Access.TERMINAL_AUTHENTICATION
    assert files.access(FileId.DG4) is Access.SESSION


@pytest.mark.parametrize(
    ("offset", "le", "extended", "size", "sw"),
    [
        (0, 16, False, 16, 0x9000),
        (760, 8, False, 8, 0x9000),
        (760, 16, False, 8, 0x6282),
        (760, 256, False, 8, 0x9000),  # Le 00 asks for what there is
        (760, 256, True, 8, 0x6282),
        (760, 65536, True, 8, 0x9000),
        (0, 65536, True, 768, 0x9000),
        (768, 1, False, 0, 0x6B00),
        (0x7FFF, 1, False, 0, 0x6B00),
        (0, None, False, 0, 0x6700),
    ],
)
def test_reading_and_the_end_of_the_file(offset: int, le: int | None, extended: bool, size: int, sw: int) -> None:
    reading = read(CONTENT, offset, read_binary(le, extended=extended), 0xFFFF)
    assert (reading.response.data, reading.response.sw) == (CONTENT[offset : offset + size], sw)
    assert reading.reached_end == (size > 0 and offset + size == len(CONTENT))


def test_the_buffer_cuts_short_without_a_warning() -> None:
    reading = read(CONTENT, 0, read_binary(256), 223)
    assert (len(reading.response.data), reading.response.sw, reading.reached_end) == (223, 0x9000, False)


@given(st.integers(0, 800), st.integers(1, 65536), st.integers(1, 65533))
def test_a_read_gives_what_is_there_asked_for_and_fits(offset: int, le: int, capacity: int) -> None:
    response = read(CONTENT, offset, read_binary(le), capacity).response
    assert len(response.data) <= min(le, capacity)
    assert response.data == CONTENT[offset : offset + len(response.data)]
    assert (response.sw == 0x6B00) == (offset >= len(CONTENT)) == (not response.data)


@given(st.integers(0, 800), st.integers(1, 65536), st.integers(1, 65533))
def test_an_odd_read_wraps_and_counts_the_wrapping(offset: int, le: int, capacity: int) -> None:
    room = min(le, capacity)
    response = read_odd(CONTENT, offset, read_binary(le), capacity).response
    assert len(response.data) <= room
    if room >= 2 and offset < len(CONTENT):
        value = parse_tlv(response.data, 0x53).value
        assert value == CONTENT[offset : offset + len(value)]
        wasted = room - len(response.data)
        assert wasted <= 1 or offset + len(value) == len(CONTENT)
    else:
        assert response.data == b""
        assert response.sw in (0x6700, 0x6B00)


# Buffers ---------------------------------------------------------------------------------------------------------


@given(CIPHERS, st.integers(0, 3000), st.booleans())
def test_protected_size_is_what_secure_messaging_makes(cipher, size: int, odd: bool) -> None:
    key, ssc = bytes(range(16)) * (2 if cipher == "AES-256" else 1), bytes(8 if cipher == "3DES" else 16)
    if cipher == "AES-192":
        key = bytes(range(24))
    terminal, chip = (SecureMessaging(cipher, key, key, ssc) for _ in range(2))
    command = CommandAPDU(0x00, 0xB1 if odd else 0xB0, 0, 0, b"\x54\x01\x00" if odd else b"", le=256)
    chip.unprotect_command(terminal.protect_command(command.to_bytes()))
    assert len(chip.protect_response(bytes(size) + b"\x90\x00")) - 2 == protected_size(cipher, size, odd=odd)


@given(CIPHERS, st.integers(14, 65533), st.booleans())
def test_capacity_is_the_most_that_fits(cipher, room: int, odd: bool) -> None:
    most = payload_capacity(cipher, room, odd=odd)
    assert protected_size(cipher, most, odd=odd) <= room
    assert protected_size(cipher, most + 1, odd=odd) > room


def test_capacities_of_a_short_answer() -> None:
    assert payload_capacity("AES-128", 256) == 223
    assert payload_capacity("3DES", 256) == 231
    assert payload_capacity("AES-128", 0) == 0


def test_link_tells_short_from_extended() -> None:
    link = Link()
    assert link.capacity(read_binary(256), None) == 256
    assert link.capacity(read_binary(256, extended=True), None) == 0xFFFF - 2
    assert link.overflows(257, read_binary(256))
    assert not link.overflows(257, read_binary(257))
    assert not Link(long_answers=True).overflows(257, read_binary(256))
