# SPDX-License-Identifier: Apache-2.0
"""The TLV cursor: what it reads, what it refuses, and that it says where."""

from __future__ import annotations

import pytest

from chipid.errors import TlvError
from chipid.iso7816.tlv import TlvCursor, build_tlv, encode_length, is_constructed, parse_tlv

EF_COM = bytes.fromhex("60145F0104303130365F36063034303030305C026175")


def test_a_file_of_the_standard():
    com = parse_tlv(EF_COM, 0x60)
    assert (com.tag, com.offset, com.value_start, com.value_end, com.end) == (0x60, 0, 2, 22, 22)
    assert com.raw == EF_COM
    cursor = com.children()
    assert cursor.expect(0x5F01).value == b"0106"
    assert cursor.offset == 9
    assert cursor.peek() == 0x5F36
    assert cursor.optional(0x5C) is None
    assert cursor.expect(0x5F36).value == b"040000"
    tags = cursor.optional(0x5C)
    assert tags is not None
    assert (tags.value, tags.raw, tags.path) == (b"\x61\x75", bytes.fromhex("5C026175"), (0x60,))
    assert cursor.at_end
    assert cursor.peek() is None
    assert cursor.optional(0x5C) is None
    cursor.finish()


def test_iteration():
    assert [tlv.tag for tlv in parse_tlv(EF_COM).children()] == [0x5F01, 0x5F36, 0x5C]


def test_what_is_left():
    cursor = TlvCursor(bytes.fromhex("01000200"))
    cursor.read()
    assert cursor.rest == bytes.fromhex("0200")


@pytest.mark.parametrize(
    ("wire", "tag", "size"),
    [
        ("0100", 0x01, 0),
        ("7F4900", 0x7F49, 0),
        ("5F9F0100", 0x5F9F01, 0),
        ("0401FF", 0x04, 1),
        ("048101FF", 0x04, 1),  # a length that is longer than it need be
        ("0482000" + "1FF", 0x04, 1),
        ("0484000000" + "01FF", 0x04, 1),
        ("3080040100" + "0000", 0x30, 3),
    ],
)
def test_lengths_and_tags(wire, tag, size):
    tlv = parse_tlv(bytes.fromhex(wire))
    assert (tlv.tag, len(tlv.value)) == (tag, size)
    assert tlv.end == len(wire) // 2


@pytest.mark.parametrize(
    "wire",
    [
        "",
        "04",
        "0402FF",
        "0481",
        "048180",
        "0482FFFF00",
        "0485000000000100",
        "04FF",
        "1F",
        "5F",
        "5F81",
        "1F8080808001",
        "3080",
        "30800401",
        "30800401FF00",
        "0480FF0000",
    ],
)
def test_octets_that_are_no_data_object(wire):
    with pytest.raises(TlvError) as caught:
        TlvCursor(bytes.fromhex(wire)).read()
    assert caught.value.offset is not None


def test_a_child_never_leaves_its_parent():
    """The octet after the parent would complete the child."""
    parent = TlvCursor(bytes.fromhex("300304020102")).read()
    with pytest.raises(TlvError, match="end before") as caught:
        parent.children().read()
    assert caught.value.path == (0x30,)
    assert caught.value.offset is not None


def test_nesting_without_end():
    with pytest.raises(TlvError):
        parse_tlv(b"\x30\x80" * 200 + b"\x00\x00" * 200)


def test_a_missing_object_is_named():
    cursor = parse_tlv(bytes.fromhex("30020500")).children()
    with pytest.raises(TlvError, match="02 is expected, 05 is there") as caught:
        cursor.expect(0x02)
    assert (caught.value.offset, caught.value.path) == (2, (0x30,))
    assert cursor.expect(0x05).value == b""
    with pytest.raises(TlvError, match="02 is missing"):
        cursor.expect(0x02)


def test_octets_too_many():
    with pytest.raises(TlvError, match="1 octets too many"):
        parse_tlv(bytes.fromhex("040000"))
    with pytest.raises(TlvError):
        parse_tlv(bytes.fromhex("0400"), 0x02)


def test_an_error_that_points_to_an_object():
    tlv = next(iter(parse_tlv(EF_COM).children()))
    error = tlv.error("no version")
    assert (error.offset, error.path) == (2, (0x60, 0x5F01))
    assert "60/5F01" in str(error)
    assert "0106" not in str(error)


def test_nothing_of_the_content_shows():
    assert "0106" not in repr(parse_tlv(EF_COM)).replace("0x", "")
    assert "3031" not in repr(parse_tlv(EF_COM))


def test_building():
    assert build_tlv(0x60, build_tlv(0x5F01, b"0106"), build_tlv(0x5F36, b"040000"), build_tlv(0x5C, b"\x61\x75")) == EF_COM
    assert build_tlv(0x00) == b"\x00\x00"


@pytest.mark.parametrize(
    ("length", "wire"), [(0, "00"), (0x7F, "7F"), (0x80, "8180"), (0xFF, "81FF"), (0x100, "820100"), (0x10000, "83010000")]
)
def test_minimal_lengths(length, wire):
    assert encode_length(length).hex().upper() == wire


@pytest.mark.parametrize(("tag", "constructed"), [(0x30, True), (0x04, False), (0x7F49, True), (0x5F01, False), (0x00, False)])
def test_constructed_tags(tag, constructed):
    assert is_constructed(tag) is constructed
