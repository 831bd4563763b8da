# SPDX-License-Identifier: Apache-2.0
"""Command and response APDUs: the seven cases of ISO 7816-4 §5.2, and nothing beside them."""

from __future__ import annotations

import pytest

from chipid.errors import MalformedData
from chipid.iso7816.apdu import CommandAPDU, ResponseAPDU
from chipid.iso7816.status import SW, attempts_left

LONG = bytes(range(256)) * 2

CASES = {
    "1": (CommandAPDU(0x00, 0xA4, 0x00, 0x0C), "00A4000C"),
    "2S": (CommandAPDU(0x00, 0xB0, 0x00, 0x00, le=4), "00B0000004"),
    "2S-256": (CommandAPDU(0x00, 0xB0, 0x00, 0x00, le=256), "00B0000000"),
    "3S": (CommandAPDU(0x00, 0xA4, 0x02, 0x0C, b"\x01\x1e"), "00A4020C02011E"),
    "4S": (CommandAPDU(0x00, 0x88, 0x00, 0x00, b"\x01\x02", 256), "0088000002010200"),
    "2E": (CommandAPDU(0x00, 0xB0, 0x00, 0x00, le=257), "00B00000000101"),
    "2E-65536": (CommandAPDU(0x00, 0xB0, 0x00, 0x00, le=65536), "00B00000000000"),
    "2E-asked-for": (CommandAPDU(0x00, 0xB0, 0x00, 0x00, le=4, extended=True), "00B00000000004"),
    "3E": (CommandAPDU(0x00, 0x2A, 0x00, 0xBE, LONG), "002A00BE000200" + LONG.hex()),
    "3E-asked-for": (CommandAPDU(0x00, 0xA4, 0x02, 0x0C, b"\x01\x1e", extended=True), "00A4020C000002011E"),
    "4E": (CommandAPDU(0x00, 0x2A, 0x00, 0xBE, LONG, 65536), "002A00BE000200" + LONG.hex() + "0000"),
    "4E-short-data": (CommandAPDU(0x00, 0x88, 0x00, 0x00, b"\x01\x02", 65536), "00880000000002" + "01020000"),
}


@pytest.mark.parametrize("case", list(CASES))
def test_both_directions(case):
    command, wire = CASES[case]
    raw = bytes.fromhex(wire)
    assert command.to_bytes() == raw
    parsed = CommandAPDU.from_bytes(raw)
    assert parsed.to_bytes() == raw
    assert (parsed.cla, parsed.ins, parsed.p1, parsed.p2) == (command.cla, command.ins, command.p1, command.p2)
    assert (parsed.data, parsed.le, parsed.is_extended) == (command.data, command.le, command.is_extended)


@pytest.mark.parametrize(
    "wire",
    [
        "",
        "00",
        "00A400",
        "00A4020C0000",  # Lc 0
        "00A4020C0201",  # fewer data than Lc
        "00A4020C02011E0000",  # more than Lc and Le
        "00A4020C000000011E",  # extended Lc 0
        "00A4020C00000201",  # fewer data than extended Lc
        "00A4020C000002011E00",  # half an extended Le
        "00A4020C000002011E000000",
    ],
)
def test_lengths_that_do_not_fit(wire):
    with pytest.raises(MalformedData):
        CommandAPDU.from_bytes(bytes.fromhex(wire))


@pytest.mark.parametrize(
    "values",
    [
        {"cla": 256},
        {"ins": -1},
        {"p1": 256},
        {"p2": -1},
        {"data": bytes(65536)},
        {"le": 0},
        {"le": 65537},
    ],
)
def test_what_no_command_can_be(values):
    with pytest.raises(ValueError, match=r".+"):
        CommandAPDU(**{"cla": 0, "ins": 0, "p1": 0, "p2": 0, **values})


def test_nothing_of_the_data_shows():
    command = CommandAPDU(0x00, 0x82, 0x00, 0x00, b"\xde\xad\xbe\xef", 40)
    assert repr(command) == "<00 82 00 00 Lc=4 Le=40>"
    assert repr(ResponseAPDU(b"\xde\xad\xbe\xef", 0x9000)) == "<4 octets, 9000>"


def test_responses():
    response = ResponseAPDU.from_bytes(bytes.fromhex("60145F019000"))
    assert (response.data, response.sw, response.ok) == (bytes.fromhex("60145F01"), 0x9000, True)
    assert response.to_bytes() == bytes.fromhex("60145F019000")
    assert not ResponseAPDU.from_bytes(bytes.fromhex("6A82")).ok


@pytest.mark.parametrize("raw", [b"", b"\x90"])
def test_a_response_without_a_status_word(raw):
    with pytest.raises(MalformedData):
        ResponseAPDU.from_bytes(raw)


def test_a_retry_counter():
    assert [attempts_left(sw) for sw in (0x63C0, 0x63C3, 0x63CF, 0x6300, 0x63D0, 0x9000)] == [0, 3, 15, None, None, None]
    assert SW.OK == 0x9000
