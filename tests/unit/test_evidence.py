# SPDX-License-Identifier: Apache-2.0
"""Evidence files: one content, one encoding, and nothing else is taken."""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import cbor2
import pytest

from chipid.errors import MalformedData, UnsupportedFeature
from chipid.evidence import (
    FORMAT,
    MAPPINGS_MAX,
    SIZE_LIMIT,
    VERSION,
    AccessAttempt,
    ActiveAuthenticationTranscript,
    ChipAuthenticationMappingTranscript,
    ChipAuthenticationTranscript,
    Evidence,
    FileFailure,
    Protocol,
    Result,
    write_private,
)
from chipid.iso7816.file_ids import FileId
from chipid.records import DEPTH_LIMIT, ITEM_LIMIT, TEXT_LIMIT

EVIDENCE = Evidence(
    read_at=datetime(2026, 11, 24, 9, 30, 15, 250000, UTC),
    files={FileId.DG1: b"\x61\x00", FileId.DG2: bytes(range(256)), FileId.CARD_ACCESS: b""},
    failures={FileId.DG3: FileFailure(sw=0x6982), FileId.DG14: FileFailure(reason="lost"), FileId.DG15: FileFailure()},
    accesses=(
        AccessAttempt(Protocol.PACE, "can", Result.FAILED, "number", "0.4.0.127.0.7.2.2.4.2.2", 13, "wrong-password"),
        AccessAttempt(Protocol.BAC, "mrz", Result.DONE),
    ),
    active_authentication=ActiveAuthenticationTranscript(b"\x01" * 8, b"\x02" * 256, 0x9000, "given"),
    chip_authentication=ChipAuthenticationTranscript(
        "0.4.0.127.0.7.2.2.3.2.2", None, b"\x03" * 32, b"\x04" * 65, b"\x0c\xb0", b"\x90\x00", 0x9000
    ),
    atr=bytes.fromhex("3B8880018073C021C057597540"),
    reader="Virtual PCD 00 00",
    complete=False,
    notes=("extended-length-refused",),
)
SMALLEST = Evidence(read_at=datetime(2026, 1, 1, tzinfo=UTC), files={})


def content(evidence: Evidence = EVIDENCE) -> dict[str, Any]:
    loaded: dict[str, Any] = cbor2.loads(evidence.to_cbor())
    return loaded


def parse(entries: object) -> Evidence:
    return Evidence.from_cbor(cbor2.dumps(entries, canonical=True))


@pytest.mark.parametrize("evidence", [EVIDENCE, SMALLEST], ids=["full", "smallest"])
def test_what_was_written_is_read(evidence: Evidence) -> None:
    assert Evidence.from_cbor(evidence.to_cbor()) == evidence


def test_equal_evidence_has_equal_octets_whatever_the_order_of_insertion() -> None:
    turned = replace(EVIDENCE, files=dict(reversed(EVIDENCE.files.items())), failures=dict(reversed(EVIDENCE.failures.items())))
    assert turned.to_cbor() == EVIDENCE.to_cbor()


def test_the_file_says_what_it_is() -> None:
    assert (content()["format"], content()["version"]) == (FORMAT, VERSION)


def test_a_time_in_another_zone_is_the_same_moment() -> None:
    hanoi = replace(EVIDENCE, read_at=EVIDENCE.read_at.astimezone(timezone(timedelta(hours=7))))
    assert hanoi.to_cbor() == EVIDENCE.to_cbor()


def test_a_time_without_zone_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="time zone"):
        replace(EVIDENCE, read_at=datetime(2026, 1, 1)).to_cbor()


def test_a_later_version_is_unsupported() -> None:
    with pytest.raises(UnsupportedFeature, match="version 2"):
        parse({**content(), "version": 2})


def test_a_later_version_is_unsupported_whatever_else_it_holds() -> None:
    with pytest.raises(UnsupportedFeature):
        parse({"format": FORMAT, "version": 7, "novelties": [1, 2, 3]})


@pytest.mark.parametrize("missing", sorted(content()))
def test_no_entry_may_be_missing(missing: str) -> None:
    entries = content()
    del entries[missing]
    with pytest.raises(MalformedData, match=missing):
        parse(entries)


WRONG = {
    "another format": {"format": "chipid-card-image"},
    "format no text": {"format": 1},
    "version no integer": {"version": "1"},
    "version a boolean": {"version": True},
    "unknown entry": {"novelty": 1},
    "time no text": {"read_at": 5},
    "time no time": {"read_at": "yesterday"},
    "time without zone": {"read_at": "2026-01-01T00:00:00"},
    "time not in UTC": {"read_at": "2026-01-01T07:00:00+07:00"},
    "time in two forms": {"read_at": "2026-01-01 00:00:00+00:00"},
    "files no map": {"files": []},
    "files with numbers": {"files": {1: b""}},
    "unknown file": {"files": {"DG17": b""}},
    "file in text": {"files": {"DG1": "a"}},
    "failure no map": {"failures": {"DG1": 1}},
    "failure with more": {"failures": {"DG1": {"sw": 1, "reason": None, "more": 1}}},
    "failure with less": {"failures": {"DG1": {"sw": 1}}},
    "status word too large": {"failures": {"DG1": {"sw": 0x10000, "reason": None}}},
    "status word negative": {"failures": {"DG1": {"sw": -1, "reason": None}}},
    "accesses no array": {"accesses": {}},
    "access no map": {"accesses": ["PACE"]},
    "notes no texts": {"notes": [1]},
    "a note too long": {"notes": ["x" * (TEXT_LIMIT + 1)]},
    "reader too long": {"reader": "x" * (TEXT_LIMIT + 1)},
    "complete no boolean": {"complete": 1},
    "atr too long": {"atr": b"\x3b" * 65},
    "transcript no map": {"active_authentication": b""},
    "a float": {"complete": 1.0},
}


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG.keys())
def test_a_wrong_entry_is_malformed(change: dict[str, Any]) -> None:
    with pytest.raises(MalformedData):
        parse({**content(), **change})


@pytest.mark.parametrize(
    ("place", "change"),
    [
        ("accesses", {"protocol": "NFC"}),
        ("accesses", {"result": "perhaps"}),
        ("accesses", {"parameter_id": "13"}),
        ("accesses", {"value": "012345"}),
        ("active_authentication", {"sw": 0x12345}),
        ("active_authentication", {"challenge": "text"}),
        ("active_authentication", {"response": bytes(70_000)}),
        ("active_authentication", {"more": None}),
        ("chip_authentication", {"key_id": b"\x01"}),
        ("chip_authentication", {"oid": None}),
        ("chip_authentication", {"more": None}),
    ],
)
def test_a_wrong_entry_deeper_down_is_malformed(place: str, change: dict[str, Any]) -> None:
    entries = content()
    inner = entries[place][0] if place == "accesses" else entries[place]
    inner.update(change)
    with pytest.raises(MalformedData):
        parse(entries)


HOSTILE = {
    "nothing": b"",
    "no map": cbor2.dumps([1, 2]),
    "text": b"not evidence at all",
    "behind it": SMALLEST.to_cbor() + b"\x00",
    "deep arrays": b"\x81" * 100_000 + b"\x00",
    "deep maps": b"\xa1\x61a" * 50_000 + b"\x00",
    "one level too deep": cbor2.dumps({"a": b""}).replace(b"\x40", b"\x81" * DEPTH_LIMIT + b"\x00"),
    "array beyond memory": b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff",
    "map beyond memory": b"\xbb\x7f\xff\xff\xff\xff\xff\xff\xff",
    "octets beyond the end": b"\x5b\x00\x00\x00\x01\x00\x00\x00\x00",
    "text beyond the end": b"\x7a\xff\xff\xff\xff",
    "many items": b"\x99\xff\xff" + b"\x00" * 0xFFFF,
    "many items in all": b"\x84" + (b"\x99\x1f\xff" + b"\x00" * 0x1FFF) * 4,
    "indefinite map": b"\xbf\xff",
    "indefinite text": b"\x7f\x61a\xff",
    "big number": cbor2.dumps({"format": FORMAT, "version": 1 << 200}),
    "date tag": cbor2.dumps({"format": FORMAT, "version": 1, "read_at": datetime(2026, 1, 1, tzinfo=UTC)}),
    "regular expression tag": b"\xd8\x23\x61(",
    "shared reference": b"\xd8\x1c\x81\xd8\x1d\x00",
    "undefined": b"\xf7",
    "reserved length": b"\x1c",
    "length cut off": b"\x1b\x00",
    "not UTF-8": b"\xa1\x66format\x61\xff",
    "key twice": b"\xa2\x66format\x61a\x66format\x6fchipid-evidence",
    "array as key": b"\xa1\x80\x00",
}


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_cbor_is_malformed(raw: bytes) -> None:
    with pytest.raises(MalformedData):
        Evidence.from_cbor(raw)


def test_another_order_of_the_same_entries_is_refused() -> None:
    shuffled = cbor2.dumps(dict(reversed(cbor2.loads(EVIDENCE.to_cbor()).items())))
    assert cbor2.loads(shuffled) == content()
    with pytest.raises(MalformedData, match="deterministic"):
        Evidence.from_cbor(shuffled)


def test_an_entry_given_twice_is_refused() -> None:
    raw = SMALLEST.to_cbor()
    twice = bytes((raw[0] + 1,)) + raw[1:] + cbor2.dumps("atr") + cbor2.dumps(b"\x3b")
    assert cbor2.loads(twice)["atr"] == b"\x3b"
    with pytest.raises(MalformedData):
        Evidence.from_cbor(twice)


def test_so_many_records_of_chip_authentication_mapping_and_no_more() -> None:
    """Each is verified."""
    mapping = ChipAuthenticationMappingTranscript("0.4.0.127.0.7.2.2.4.6.2", 13, b"\4" * 65, b"\1" * 16, b"\2" * 32)
    evidence = replace(SMALLEST, chip_authentication_mapping=(mapping,) * MAPPINGS_MAX)
    assert Evidence.from_cbor(evidence.to_cbor()) == evidence
    many = replace(SMALLEST, chip_authentication_mapping=(mapping,) * (MAPPINGS_MAX + 1))
    with pytest.raises(MalformedData, match=f"chip_authentication_mapping must be at most {MAPPINGS_MAX} records"):
        Evidence.from_cbor(many.to_cbor())


def test_a_record_too_large_is_refused_before_it_is_looked_at() -> None:
    with pytest.raises(MalformedData, match=str(SIZE_LIMIT)):
        Evidence.from_cbor(bytes(SIZE_LIMIT + 1))


def test_a_file_too_large_is_not_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "huge"
    with path.open("wb") as file:
        file.truncate(SIZE_LIMIT + 1)
    with pytest.raises(MalformedData):
        Evidence.load(path)


def test_the_number_of_items_stays_far_below_the_limit() -> None:
    assert len(EVIDENCE.to_cbor()) < ITEM_LIMIT


def test_messages_tell_the_entry_and_not_its_content() -> None:
    entries = content()
    entries["accesses"][0]["protocol"] = "099012345"
    with pytest.raises(MalformedData) as caught:
        parse(entries)
    assert "protocol" in str(caught.value)
    assert "099012345" not in str(caught.value)


def test_repr_shows_no_content() -> None:
    shown = repr(EVIDENCE)
    for secret in ("\\x02\\x02", "\\x03\\x03", "a\\x00"):
        assert secret not in shown


# Files ---------------------------------------------------------------------------------------------------------------


def test_a_saved_file_is_private_and_loads(tmp_path: Path) -> None:
    path = tmp_path / "card.evidence"
    old = os.umask(0)
    try:
        EVIDENCE.save(path)
    finally:
        os.umask(old)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert Evidence.load(path) == Evidence.load(str(path)) == EVIDENCE
    assert list(tmp_path.iterdir()) == [path]


def test_a_readable_file_becomes_private_when_written_over(tmp_path: Path) -> None:
    path = tmp_path / "card.evidence"
    path.write_bytes(b"old")
    path.chmod(0o644)
    write_private(path, b"new")
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_write_that_fails_leaves_the_old_file_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "card.evidence"
    write_private(path, b"old")

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_private(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    target, link = tmp_path / "elsewhere", tmp_path / "card.evidence"
    target.write_bytes(b"untouched")
    link.symlink_to(target)
    write_private(link, b"new")
    assert target.read_bytes() == b"untouched"
    assert not link.is_symlink()


@pytest.mark.parametrize("kind", ["folder", "pipe", "device"])
def test_what_is_no_file_stays(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "target"
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to("/dev/null")
    with pytest.raises(OSError, match="regular"):
        write_private(path, b"new")
    assert len(list(tmp_path.iterdir())) == 1


def test_an_object_identifier_that_would_steer_a_terminal_is_malformed() -> None:
    attempt = AccessAttempt(Protocol.PACE, "can", Result.DONE, oid="0.4.0\x1b]0;title\x07")
    raw = Evidence(read_at=datetime(2026, 1, 1, tzinfo=UTC), files={}, accesses=(attempt,)).to_cbor()
    with pytest.raises(MalformedData, match="object identifier"):
        Evidence.from_cbor(raw)
