# SPDX-License-Identifier: Apache-2.0
"""report/files.py over anything at all: a report, or an error with its place, and nothing else."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipid.errors import MalformedData, UnsupportedFeature
from chipid.iso7816.file_ids import FileId
from chipid.iso7816.tlv import build_tlv
from chipid.report.files import file_report
from chipid.report.json import from_json, to_json
from chipid.report.text import file_text

SIZE_LIMIT = 3_000_000


def outcome(raw: bytes) -> str:
    """What the file is, or the kind of error; every report must survive JSON and text."""
    try:
        report = file_report(raw)
    except (MalformedData, UnsupportedFeature) as error:
        return type(error).__name__
    assert from_json(to_json(report)) == report
    assert report.title in file_text(report)
    return report.type


@given(st.binary(max_size=300))
def test_any_octets(raw: bytes) -> None:
    outcome(raw)


TAGS = [file.tag for file in FileId if file.tag is not None] + [0x30, 0x31, 0x42, 0x43, 0x47, 0x64, 0x7F21, 0x7F66, 0xA1]


@given(st.sampled_from(TAGS), st.binary(max_size=200))
def test_any_octets_in_a_known_object(tag: int, value: bytes) -> None:
    outcome(build_tlv(tag, value))


@given(st.sampled_from([b"FAC\x00010\x00", b"FIR\x00010\x00", b"IIR\x00020\x00", b"FMR\x00 20\x00"]), st.binary())
def test_any_octets_in_a_known_record(start: bytes, rest: bytes) -> None:
    outcome(start + rest)


@given(st.sampled_from([[0x65, 0xA0], [0x66, 0xA0], [0x64, 0xA0], [0xA1, 0x65, 0xA0], [0x61, 0x4F]]), st.binary(max_size=200))
def test_any_octets_in_known_nested_objects(tags: list[int], value: bytes) -> None:
    for tag in reversed(tags):
        value = build_tlv(tag, value)
    outcome(value)


@pytest.fixture(scope="module")
def every_file(chipid_issue, fixtures: Path) -> dict[FileId, bytes]:
    """Of cards that have between them every file that a test card may have."""
    names = ("citizen_2021", "passport_eac", "passport_details")
    return {file: raw for name in names for file, raw in chipid_issue(fixtures / "cards" / f"{name}.json").files.items()}


@given(st.data())
def test_a_damaged_file(every_file: dict[FileId, bytes], data: st.DataObject) -> None:
    raw = bytearray(every_file[data.draw(st.sampled_from(sorted(every_file, key=lambda file: file.label)))])
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, min(len(raw), 1500) - 1))
        raw[place] = data.draw(st.integers(0, 255))
    outcome(bytes(raw))


@given(
    st.recursive(
        st.binary(max_size=20), lambda inner: st.builds(build_tlv, st.sampled_from([0x30, 0x31, 0x7F61, 0xA1]), inner, inner)
    )
)
def test_any_nesting(value: bytes) -> None:
    outcome(build_tlv(0x30, value))


@pytest.mark.real_data
def test_published_files(real_data: Path) -> None:
    found: Counter[str] = Counter()
    for path in sorted(real_data.rglob("*")):
        if path.is_file() and path.stat().st_size <= SIZE_LIMIT:
            found[outcome(path.read_bytes())] += 1
    assert found["certificate"] > 400
    assert found["EF.SOD"] > 20
    assert found["EF.CardAccess"] >= 15
    assert found["crl"] > 20
    assert found["cv-certificate"] > 40
    groups = {f"DG{number}" for number in (1, 2, 3, 4, 11, 12, 14, 15, 16)}
    assert groups | {"EF.CardSecurity", "CMS", "image", "biometric-record"} <= set(found)
