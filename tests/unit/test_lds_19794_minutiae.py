# SPDX-License-Identifier: Apache-2.0
"""Finger minutiae records of ISO/IEC 19794-2:2005."""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import Any

import pytest

from chipid.errors import LdsError
from chipid.lds.biometrics.minutiae_19794 import Minutia, MinutiaeRecord, MinutiaeView, read_minutiae_record
from chipid.lds.octets import OctetReader

EXTENDED = bytes.fromhex("0100 0006 ABCD")
VIEW = MinutiaeView(6, 2, 8, 80, (Minutia(1, 300, 0, 399, 255, 100), Minutia(2, 0, 0, 0, 0, 0)), EXTENDED)
RECORD = MinutiaeRecord(301, 400, 197, 196, (VIEW, MinutiaeView(1, 0, 0, 100)), capture_equipment=0x80B5)


def record(*views: bytes, count: int | None = None, size: int | None = None) -> bytes:
    """A header of 24 octets, written without the code under test."""
    body = b"".join(views)
    header = struct.pack(">H4HBB", 0x80B5, 301, 400, 197, 196, len(views) if count is None else count, 0)
    return b"FMR\x00 20\x00" + struct.pack(">I", size or 24 + len(body)) + header + body


def view(minutiae: bytes = b"", extended: bytes = b"", count: int | None = None, head: bytes = b"\x01\x00\x64") -> bytes:
    number = len(minutiae) // 6 if count is None else count
    return head + bytes((number,)) + minutiae + struct.pack(">H", len(extended)) + extended


RAW = record(view(bytes.fromhex("412C 018F FF64 8000 0000 0000"), EXTENDED, head=b"\x06\x28\x50"), view())


def parsed(raw: bytes) -> tuple[MinutiaeRecord, tuple[str, ...]]:
    return read_minutiae_record(OctetReader(raw))


def test_every_field() -> None:
    assert parsed(RAW) == (RECORD, ())
    assert RECORD.deviations == ()
    assert RECORD.build() == RAW


def test_as_many_views_and_minutiae_as_there_can_be() -> None:
    full = replace(RECORD, views=(replace(VIEW, minutiae=VIEW.minutiae[:1] * 255),) * 255)
    assert parsed(full.build()) == (full, ())


def test_lengths() -> None:
    assert parsed(record(view(), size=99))[1] == ("record-length",)
    assert parsed(record(view()) + b"\x00")[1] == ("trailing-octets",)


def test_extended_data_that_announce_more_than_there_is() -> None:
    """Seen in published samples; the octets that stood there are built again."""
    raw = record(view(extended=EXTENDED))[:-1]
    found, _ = parsed(raw)
    assert found.views[0].extended_data == EXTENDED[:-1]
    assert found.deviations == ("extended-data-length",)
    assert found.views[0].build() == raw[24:]


@pytest.mark.parametrize(
    ("change", "deviation"),
    [
        ({"position": 11}, "position"),
        ({"impression_type": 4}, "impression-type"),
        ({"quality": 101}, "quality"),
        ({"minutiae": (Minutia(3, 1, 0, 1, 0, 0),)}, "minutia-type"),
        ({"minutiae": (Minutia(1, 1, 0, 1, 0, 101),)}, "minutia-quality"),
        ({"minutiae": (Minutia(1, 1, 1, 1, 0, 0),)}, "minutia-reserved"),
        ({"minutiae": (Minutia(1, 301, 0, 1, 0, 0),)}, "minutia-outside"),
        ({"minutiae": (Minutia(1, 1, 0, 400, 0, 0),)}, "minutia-outside"),
    ],
)
def test_deviations(change: dict[str, Any], deviation: str) -> None:
    assert replace(RECORD, views=(VIEW, replace(VIEW, **change))).deviations == (deviation,)


def test_what_is_reserved_is_kept_and_flagged() -> None:
    found = replace(RECORD, reserved=7)
    assert found.deviations == ("reserved",)
    assert parsed(found.build()) == (found, ())


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"FMR\x00030\x00" + RAW[8:], "not a finger minutiae record"),
        (b"FIR\x00 20\x00" + RAW[8:], "not a finger minutiae record"),
        (record(view(), count=2), "are missing"),
        (record(view(count=255)), "are missing"),
        (RAW[:20], "are missing"),
    ],
)
def test_records_that_are_refused(raw: bytes, message: str) -> None:
    with pytest.raises(LdsError, match=message) as caught:
        parsed(raw)
    assert caught.value.offset is not None


@pytest.mark.parametrize(
    ("of", "change", "message"),
    [
        (VIEW, {"view_number": 16}, "a part of head has 4 bits"),
        (VIEW, {"position": -1}, "a part of head has 8 bits"),
        (VIEW, {"minutiae": (Minutia(1, 1 << 14, 0, 0, 0, 0),)}, "a part of minutiae has 14 bits"),
        (VIEW, {"minutiae": VIEW.minutiae[:1] * 256}, "the number of minutiae has 1 octets"),
        (VIEW, {"extended_data": bytes(1 << 16)}, "length has 2 octets"),
        (RECORD, {"views": (VIEW,) * 256}, "count has 1 octets"),
        (RECORD, {"width": 1 << 16}, "width has 2 octets"),
    ],
)
def test_what_no_record_has_room_for(of: Any, change: dict[str, Any], message: str) -> None:
    with pytest.raises(LdsError, match=message):
        replace(of, **change)


def test_nothing_of_a_person_is_shown() -> None:
    assert repr(RECORD) == "<MinutiaeRecord of 2 views>"
    assert repr(VIEW) == "<MinutiaeView of 2 minutiae>"
