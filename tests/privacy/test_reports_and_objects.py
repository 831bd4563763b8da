# SPDX-License-Identifier: Apache-2.0
"""No repr, no exception and no log of what holds personal data shows them."""

from __future__ import annotations

import logging
from dataclasses import fields, is_dataclass
from typing import Any

import pytest

import chipid
from chipid.emulator.icc import EmulatedCard
from chipid.evidence import Evidence
from chipid.iso7816.file_ids import FileId
from chipid.lds.dg1 import Dg1
from chipid.lds.dg2 import Dg2
from chipid.profiles.vn_cccd import Dg13
from chipid.report.document import document_report, verdict_report
from chipid.report.files import file_report
from chipid.report.json import to_json
from chipid.report.text import document_text, verdict_text

NEEDLES = (
    "099012345678",
    "012345678",
    "345678",
    "990917",
    "390917",
    "NGUYEN",
    "Nguyễn",
    "Nguy\\u1ec5n",
    "Thuận Thành",
    "0293ABCDEF012345",
)


@pytest.fixture(scope="module")
def evidence(chipid_card_image, chipid_keys) -> Evidence:
    return chipid.read(chipid_keys, channel=EmulatedCard(chipid_card_image))


@pytest.fixture(scope="module")
def verdict(evidence, chipid_trust):
    return chipid.verify(evidence, trust=chipid_trust)


def silent(text: str) -> None:
    assert [needle for needle in NEEDLES if needle in text] == []


def shapes(value: object) -> list[str]:
    """The repr and str of an object, and of everything that its fields hold."""
    below = [getattr(value, field.name) for field in fields(value)] if is_dataclass(value) else []
    return [repr(value), f"{value}", *(text for child in below if is_dataclass(child) for text in shapes(child))]


def test_what_was_read(evidence: Evidence) -> None:
    for text in shapes(evidence):
        silent(text)


def test_the_verdict(verdict) -> None:
    for text in shapes(verdict):
        silent(text)


def test_keys_passwords_and_cards(chipid_card_image, chipid_keys) -> None:
    for value in (chipid_card_image, chipid_keys, EmulatedCard(chipid_card_image)):
        for text in shapes(value):
            silent(text)
    for password in chipid_keys.passwords:
        silent(repr(password))


def test_parsed_files(chipid_card_image) -> None:
    files = chipid_card_image.files
    dg13 = Dg13.parse(files[FileId.DG13])
    for value in (Dg1.parse(files[FileId.DG1]), Dg2.parse(files[FileId.DG2]), dg13, *dg13.fields):
        for text in shapes(value):
            silent(text)


@pytest.mark.parametrize("shown", [False, True])
def test_reports(evidence: Evidence, verdict, shown: bool) -> None:
    report = document_report(evidence, verdict, show_personal=shown)
    for text in (to_json(report).decode(), document_text(report), repr(report)):
        found = [needle for needle in NEEDLES if needle in text]
        assert bool(found) is shown
    verdict_only = verdict_report(evidence, verdict)
    for text in (to_json(verdict_only).decode(), verdict_text(verdict_only), repr(verdict_only)):
        silent(text)


@pytest.mark.parametrize("file", [FileId.DG1, FileId.DG2, FileId.DG13])
def test_every_way_to_damage_a_file_ends_in_a_silent_error(chipid_card_image, file: FileId) -> None:
    raw = chipid_card_image.files[file]
    for place in [*range(64), len(raw) - 1]:
        for octet in (0x00, 0x41, 0x7F, 0xFF):
            damaged = raw[:place] + bytes((octet,)) + raw[place + 1 :]
            try:
                report = file_report(damaged)
            except chipid.ChipIdError as error:
                silent(f"{error!r} {error} {error.hint}")
            else:
                silent(to_json(report).decode())


def test_nothing_is_logged(caplog: pytest.LogCaptureFixture, chipid_card_image, chipid_keys, chipid_trust) -> None:
    caplog.set_level(logging.DEBUG)
    found = chipid.read(chipid_keys, channel=EmulatedCard(chipid_card_image))
    chipid.verify(found, trust=chipid_trust)
    assert [record for record in caplog.records if record.name.startswith("chipid")] == []


def test_an_error_of_the_key_is_silent(chipid_card_image) -> None:
    wrong: Any
    for wrong in ("09901234567", "099012345678x", "NGUYEN"):
        with pytest.raises(chipid.MalformedData) as caught:
            chipid.AccessKeys.from_number(wrong)
        assert wrong not in f"{caught.value!r} {caught.value.hint}"
    keys = chipid.AccessKeys.from_fields("012345678", "990917", "290917")
    with pytest.raises(chipid.WrongPassword) as refused:
        chipid.read(keys, channel=EmulatedCard(chipid_card_image))
    silent(f"{refused.value!r} {refused.value} {refused.value.hint}")
