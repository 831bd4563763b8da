# SPDX-License-Identifier: Apache-2.0
"""Records: the walk that refuses a hostile file before it is decoded, and entries taken out one by one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cbor2
import pytest

from chipid.errors import MalformedData, UnsupportedFeature
from chipid.evidence import Evidence
from chipid.issuing.card_image import CardImage
from chipid.records import DEPTH_LIMIT, ITEM_LIMIT, TEXT_LIMIT, Record, build_record, parse_record, read_file, title_of

SIZE_LIMIT = 4 * ITEM_LIMIT
HEAD = {"format": "test", "version": 1}
HEAD_ITEMS = 5  # the map, and four for format and version
END = "the file is cut off, or damaged"
IN_A_MAP = b"\xa1\x61a"
MANY = "too many entries, or too deep"


def parse(raw: bytes, size_limit: int = SIZE_LIMIT) -> Record:
    return parse_record(raw, "test", 1, size_limit)


def nested(depth: int) -> Any:
    value: Any = 0
    for _ in range(depth):
        value = [value]
    return value


def test_a_record_comes_back() -> None:
    record = parse(build_record("test", 1, {"a": 1, "b": [b"\x00", "t", None, True]}))
    assert (record.integer("a"), record.array("b")) == (1, [b"\x00", "t", None, True])
    record.finish()


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"", END),
        (b"\xa1", END),
        (b"\xa1\x61", END),
        (b"\x42\x00", END),
        (b"\x63ab", END),
        (b"\x59\x00", "a length that is none"),
        (b"\x1b\x00\x00\x00", "a length that is none"),
        (b"\x18", "a length that is none"),
        (b"\x1c", "a length that is none"),
        (b"\x9f\xff", "a length that is none"),
        (b"\xc0\x60", "a tag has no place here"),
        (b"\xd8\x23\x61(", "a tag has no place here"),
        (b"\xf7", "neither true, false nor null"),
        (b"\xf9\x00\x00", "neither true, false nor null"),
        (b"\xff", "neither true, false nor null"),
        (b"\xf6\x00\x00", "2 octets too many"),
        (b"\x9b" + b"\xff" * 8, MANY),
        (b"\xbb" + b"\xff" * 8, MANY),
        (b"\x81" * 1_000 + b"\x00", MANY),
        (b"\xa1\x60" * 1_000 + b"\x00", MANY),
    ],
)
def test_the_walk_refuses_by_itself(raw: bytes, told: str) -> None:
    with pytest.raises(MalformedData, match=told):
        parse(IN_A_MAP + raw)


def test_a_length_up_to_the_end_is_one() -> None:
    for raw in (b"\x58\x01\x00", b"\x18\xff", b"\x78\x18" + b"a" * 24):
        with pytest.raises(MalformedData, match="format is missing"):
            parse(IN_A_MAP + raw)


def test_depth_up_to_the_limit() -> None:
    # The map is one level; what is deepest needs no level of its own.
    assert parse(build_record("test", 1, {"a": nested(DEPTH_LIMIT - 2)})).array("a")
    with pytest.raises(MalformedData, match=MANY):
        parse(build_record("test", 1, {"a": nested(DEPTH_LIMIT)}))


def test_items_up_to_the_limit() -> None:
    room = ITEM_LIMIT - HEAD_ITEMS - 2
    assert len(parse(build_record("test", 1, {"a": [0] * room})).array("a")) == room
    with pytest.raises(MalformedData, match=MANY):
        parse(build_record("test", 1, {"a": [0] * (room + 1)}))
    with pytest.raises(MalformedData, match=MANY):
        parse(build_record("test", 1, {"a": [0] * (room // 2), "b": [0] * (room // 2 + 2)}))


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        (b"", "the file is empty"),
        (b"345678\n", "this is something else"),
        (b"-----BEGIN CERTIFICATE-----", "this is something else"),
        (build_record("chipid-evidence", 1, {}), "this is evidence"),
        (build_record("chipid-card-image", 9, {}), "this is a card image"),
        (build_record("other", 1, {}), "this is a record of another format"),
    ],
)
def test_another_kind_of_file_is_told_from_a_damaged_record(raw: bytes, found: str) -> None:
    with pytest.raises(MalformedData) as error:
        parse(raw)
    assert str(error.value) == f"{found}, and a record (test) is expected"
    with pytest.raises(MalformedData, match=r"^test: the file is cut off"):
        parse(build_record("test", 1, {"a": b"x"})[:-1])


def test_a_file_is_named_by_what_is_wrong_with_it(tmp_path: Path) -> None:
    path = tmp_path / "a.file"
    path.write_bytes(build_record("chipid-evidence", 1, {}))
    for name in (path, str(path)):
        with pytest.raises(MalformedData) as error:
            CardImage.load(name)
        assert str(error.value) == f"{path}: this is evidence, and a card image (chipid-card-image) is expected"
    with path.open("wb") as file:
        file.truncate(17 * 1024 * 1024)
    with pytest.raises(MalformedData, match=r"a\.file: a file of more than"):
        Evidence.load(path)
    path.write_bytes(b"\xa1")
    with pytest.raises(MalformedData, match=r"a\.file: chipid-evidence: the file is cut off") as error:
        Evidence.load(path)
    assert error.value.offset == 1
    path.write_bytes(build_record("chipid-evidence", 9, {}))
    with pytest.raises(UnsupportedFeature, match=r"a\.file: .*version 9") as later:
        Evidence.load(path)
    assert later.value.hint is not None


def test_a_record_is_called_by_its_format() -> None:
    assert title_of(build_record("chipid-evidence", 7, {"a": 1})) == "evidence"
    assert title_of(build_record("chipid-card-image", 1, {})) == "a card image"
    for raw in (b"", build_record("test", 1, {}), b"\x04" + build_record("chipid-evidence", 1, {})):
        assert title_of(raw) is None


def test_size_up_to_the_limit() -> None:
    raw = build_record("test", 1, {"a": bytes(10)})
    assert parse(raw, len(raw)).octets("a", 10) == bytes(10)
    with pytest.raises(MalformedData, match=f"more than {len(raw) - 1} octets"):
        parse(raw, len(raw) - 1)


def test_format_and_version() -> None:
    for version in (0, 2, -1):
        with pytest.raises(UnsupportedFeature) as caught:
            parse(build_record("test", version, {}))
        assert caught.value.hint is not None


@pytest.mark.parametrize(
    "raw",
    [
        cbor2.dumps({"version": 1, "format": "test"}),
        b"\xa2\x66format\x64test\x67version\x18\x01",
        b"\xa3\x66format\x64test\x67version\x01\x67version\x01",
    ],
    ids=["order", "a longer number", "twice"],
)
def test_one_content_has_one_encoding(raw: bytes) -> None:
    with pytest.raises(MalformedData, match=r"deterministic|CBOR"):
        parse(raw)


def test_text_that_is_none() -> None:
    with pytest.raises(MalformedData, match="not a CBOR record"):
        parse(b"\xa1\x61\xff\x00")


# Entries -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("content", [[], "x", None, {1: 2}, {"a": 1, b"b": 2}])
def test_only_maps_with_text_keys_are_records(content: object) -> None:
    with pytest.raises(MalformedData, match="a map with text keys"):
        Record(content, "test")


Take = Callable[[Record], object]


@pytest.mark.parametrize(
    ("value", "take"),
    [
        ("x" * TEXT_LIMIT, lambda record: record.text("a")),
        (b"x" * 8, lambda record: record.octets("a", 8)),
        (3, lambda record: record.integer("a", 3, 5)),
        (5, lambda record: record.integer("a", 3, 5)),
        (False, lambda record: record.boolean("a")),
        (["x" * TEXT_LIMIT], lambda record: list(record.texts("a"))),
    ],
)
def test_entries_up_to_their_limits(value: object, take: Take) -> None:
    record = Record({"a": value}, "test")
    assert take(record) == value
    record.finish()


@pytest.mark.parametrize(
    ("value", "take"),
    [
        ("x" * (TEXT_LIMIT + 1), lambda record: record.text("a")),
        (b"x", lambda record: record.text("a")),
        (b"x" * 9, lambda record: record.octets("a", 8)),
        ("x", lambda record: record.octets("a", 8)),
        (2, lambda record: record.integer("a", 3, 5)),
        (6, lambda record: record.integer("a", 3, 5)),
        (True, lambda record: record.integer("a")),
        (1.0, lambda record: record.integer("a")),
        (1 << 63, lambda record: record.integer("a")),
        (0, lambda record: record.boolean("a")),
        ({}, lambda record: record.array("a")),
        (["x" * (TEXT_LIMIT + 1)], lambda record: record.texts("a")),
        ([b"x"], lambda record: record.texts("a")),
    ],
)
def test_entries_that_are_something_else(value: object, take: Take) -> None:
    with pytest.raises(MalformedData, match="test: a must be"):
        take(Record({"a": value}, "test"))


def test_entries_missing_null_and_left_over() -> None:
    record = Record({"a": None, "b": 1}, "test")
    assert not record.has("a")
    assert record.has("b")
    assert "b" in record
    assert "a" not in record
    with pytest.raises(MalformedData, match="1 unknown entries"):
        record.finish()
    with pytest.raises(MalformedData, match="c is missing"):
        record.take("c")


# Files -------------------------------------------------------------------------------------------------------------------


def test_a_file_up_to_the_limit_is_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"12345")
    assert read_file(tmp_path / "file", 5) == b"12345"
    with pytest.raises(MalformedData, match="more than 4 octets"):
        read_file(tmp_path / "file", 4)
