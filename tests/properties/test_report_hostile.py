# SPDX-License-Identifier: Apache-2.0
"""Reports on hostile files and keys of hostile texts: an answer or one of our errors, never another exception."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import chipid
from chipid.emulator.icc import EmulatedCard
from chipid.errors import MalformedData, UnsupportedFeature
from chipid.evidence import Evidence
from chipid.iso7816.file_ids import FileId
from chipid.issuing.cv_pki import CvProfile, TestCvca
from chipid.profiles.access_keys import AccessKeys
from chipid.report.document import document_report
from chipid.report.files import file_report
from chipid.report.json import from_json, to_json
from chipid.report.judgement import verdict_report
from chipid.report.text import document_text, file_text, verdict_text

HOLDERS = (FileId.DG1, FileId.DG2, FileId.DG5, FileId.DG7, FileId.DG11, FileId.DG12, FileId.DG16)
FILES = (FileId.CARD_ACCESS, FileId.CARD_SECURITY, FileId.SOD, FileId.DG14)
LOOSE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@pytest.fixture(scope="module")
def evidence(chipid_issue, chipid_keys) -> Evidence:
    image = chipid_issue(pace={"mapping": "CAM"}, portrait="none")
    return chipid.read(chipid_keys, channel=EmulatedCard(image))


@st.composite
def damages(draw: st.DrawFn) -> Callable[[bytes], bytes]:
    """An octet changed, a piece cut out or in: what leaves most of the structure standing."""
    place, octet = draw(st.integers(0, 1 << 16)), draw(st.binary(min_size=0, max_size=3))
    removed = draw(st.integers(0, 3))

    def damage(raw: bytes) -> bytes:
        at = place % (len(raw) + 1)
        return raw[:at] + octet + raw[at + removed :]

    return damage


@pytest.fixture(scope="module")
def details(chipid_issue, fixtures: Path) -> Evidence:
    files = chipid_issue(fixtures / "cards" / "passport_details.json").files
    return Evidence(read_at=datetime(2026, 11, 24, tzinfo=UTC), files=dict(files))


@LOOSE
@given(file=st.sampled_from(HOLDERS), damage=damages())
def test_a_damaged_file_about_the_holder_is_told_or_a_trouble(
    details: Evidence, file: FileId, damage: Callable[[bytes], bytes]
) -> None:
    report = document_report(replace(details, files={**details.files, file: damage(details.files[file])}))
    assert from_json(to_json(report)) == report
    assert document_text(report)
    assert {trouble.file for trouble in report.troubles} <= {file.label}
    assert all(field.value is None for field in report.holder)


@LOOSE
@given(file=st.sampled_from(FILES), damage=damages())
def test_damaged_files_make_a_report(evidence: Evidence, chipid_trust, file: FileId, damage: Callable[[bytes], bytes]) -> None:
    damaged = replace(evidence, files={**evidence.files, file: damage(evidence.files[file])})
    verdict = chipid.verify(damaged, trust=chipid_trust)
    for report, text in (
        (document_report(damaged, verdict), document_text),
        (verdict_report(damaged, verdict), verdict_text),
    ):
        assert from_json(to_json(report)) == report
        assert text(report)  # type: ignore[arg-type]


@LOOSE
@given(file=st.sampled_from(FILES), raw=st.binary(max_size=64))
def test_files_of_any_octets_make_a_report(evidence: Evidence, file: FileId, raw: bytes) -> None:
    report = document_report(replace(evidence, files={**evidence.files, file: raw}))
    assert document_text(report)


CERTIFICATE = TestCvca.create(profile=CvProfile(date(2026, 1, 1))).raw


@given(damage=damages())
def test_damaged_cv_certificates_are_told_or_refused(damage: Callable[[bytes], bytes]) -> None:
    try:
        report = file_report(damage(CERTIFICATE))
    except (MalformedData, UnsupportedFeature):
        return
    assert file_text(report)


@given(text=st.text(max_size=40))
@pytest.mark.parametrize("make", [AccessKeys.from_pin, AccessKeys.from_puk])
def test_a_pin_is_digits_or_malformed(make: Callable[[str], AccessKeys], text: str) -> None:
    try:
        keys = make(text)
    except MalformedData:
        return
    assert bytes(keys.passwords[0].encoded).isdigit()
