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


@given(st.sampled_from([0x30, 0x31, 0x60, 0x61, 0x6D, 0x6E, 0x6F, 0x75, 0x77, 0x7F21]), st.binary(max_size=200))
def test_any_octets_in_a_known_object(tag: int, value: bytes) -> None:
    outcome(build_tlv(tag, value))


@given(st.data())
def test_a_damaged_file(chipid_card_image, data: st.DataObject) -> None:
    raw = bytearray(
        chipid_card_image.files[data.draw(st.sampled_from(sorted(chipid_card_image.files, key=lambda file: file.label)))]
    )
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
    assert {FileId.DG1.label, FileId.DG2.label, FileId.DG14.label, FileId.DG15.label, "EF.CardSecurity", "CMS", "image"} <= set(
        found
    )
