# SPDX-License-Identifier: Apache-2.0
"""Each form of key against emulated cards: what opens, what is tried before, and what the evidence tells of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from chipid.api import read
from chipid.emulator.icc import EmulatedCard
from chipid.errors import AccessDenied, WrongPassword
from chipid.evidence import Evidence, Result
from chipid.inspection.plan import ReadingPlan
from chipid.iso7816.file_ids import FileId
from chipid.issuing.card_image import CardImage
from chipid.issuing.personalisation import personalise
from chipid.issuing.pki import TestCsca
from chipid.lds.dg1 import Dg1
from chipid.profiles.access_keys import AccessKeys

AT = datetime(2026, 11, 24, tzinfo=UTC)
CITIZEN: dict[str, Any] = {
    "number": "099012345678",
    "name": "Nguyễn Văn An",
    "birth": "1999-09-17",
    "issued": "2021-05-10",
    "expiry": "2039-09-17",
    "portrait": "none",
    "fingerprints": False,
    "active_authentication": None,
    "chip_authentication": None,
}
QR = "099012345678|012345678|Nguyễn Văn An|17091999|Nam|Thôn 1, An Bình, Thuận Thành, Bắc Ninh|10052021"
NEW_QR = f"{QR}|||"

Issue = Callable[..., CardImage]
Attempts = list[tuple[str, str, str, str | None]]


@pytest.fixture(scope="module")
def issue() -> Issue:
    signer = TestCsca.create(at=AT).issue_document_signer(at=AT)
    return lambda **changes: personalise({**CITIZEN, **changes}, signer)


def opened(image: CardImage, keys: AccessKeys) -> tuple[Evidence, Attempts]:
    evidence = read(keys, channel=EmulatedCard(image), plan=ReadingPlan.identity(), at=AT)
    assert evidence.file(FileId.DG1) == image.files[FileId.DG1]
    return evidence, [(a.protocol.value, a.source, a.result.value, a.reason) for a in evidence.accesses]


def zone(image: CardImage) -> str:
    return "\n".join(Dg1.parse(image.files[FileId.DG1]).mrz.lines)


FORMS: dict[str, Callable[[CardImage], AccessKeys]] = {
    "number": lambda _: AccessKeys.from_number("099 012 345 678"),
    "can": lambda _: AccessKeys.from_can("345678"),
    "mrz": lambda image: AccessKeys.from_mrz(zone(image)),
    "fields": lambda _: AccessKeys.from_fields("012345678", "990917", date(2039, 9, 17)),
    "fields, citizen number": lambda _: AccessKeys.from_fields("099012345678", date(1999, 9, 17), "390917"),
    "qr": lambda _: AccessKeys.from_qr(QR, AT.date()),
}


@pytest.mark.parametrize("source", FORMS)
def test_each_form_opens_the_card_with_pace_at_once(issue: Issue, source: str) -> None:
    image = issue()
    _, attempts = opened(image, FORMS[source](image))
    assert attempts == [("PACE", source, "done", None)]


@pytest.mark.parametrize("source", ["mrz", "fields", "fields, citizen number"])
def test_what_holds_the_zones_key_opens_a_card_with_bac_alone(issue: Issue, source: str) -> None:
    image = issue(pace=None)
    _, attempts = opened(image, FORMS[source](image))
    assert attempts == [("BAC", source, "done", None)]


@pytest.mark.parametrize("source", ["number", "can"])
def test_a_can_does_not_open_a_card_with_bac_alone(issue: Issue, source: str) -> None:
    image = issue(pace=None)
    with pytest.raises(AccessDenied, match="not a CAN"):
        opened(image, FORMS[source](image))


@pytest.mark.parametrize(
    ("changes", "tried"),
    [
        ({"expiry": "2024-09-17"}, [("qr expiry candidate 1 of 2", "done")]),
        ({"expiry": "2039-09-17"}, [("qr expiry candidate 1 of 2", "failed"), ("qr expiry candidate 2 of 2", "done")]),
    ],
)
@pytest.mark.parametrize("qr", [QR, NEW_QR])
def test_the_qr_codes_candidates_are_tried_in_order_and_told(
    issue: Issue, changes: dict[str, str], tried: list[tuple[str, str]], qr: str
) -> None:
    evidence, attempts = opened(issue(pace=None, **changes), AccessKeys.from_qr(qr, AT.date()))
    assert [(source, result) for _, source, result, _ in attempts] == tried
    assert all(a.reason == "wrong-password" for a in evidence.accesses if a.result is Result.FAILED)


def test_the_qr_code_of_a_card_without_expiry(issue: Issue) -> None:
    image = issue(pace=None, birth="1943-02-03", expiry=None)
    _, attempts = opened(image, AccessKeys.from_qr(QR.replace("17091999", "03021943"), AT.date()))
    assert attempts == [("BAC", "qr expiry candidate 1 of 1", "done", None)]


def test_where_the_can_is_another_the_zones_keys_follow(issue: Issue) -> None:
    _, attempts = opened(issue(can="111111"), AccessKeys.from_qr(QR, AT.date()))
    assert attempts == [
        ("PACE", "qr", "failed", "wrong-password"),
        ("PACE", "qr expiry candidate 1 of 2", "failed", "wrong-password"),
        ("PACE", "qr expiry candidate 2 of 2", "done", None),
    ]


def test_a_partial_birth_date_leaves_the_can(issue: Issue) -> None:
    image = issue(birth="1950", expiry=None)
    _, attempts = opened(image, AccessKeys.from_qr(QR.replace("17091999", "00001950"), AT.date()))
    assert attempts == [("PACE", "qr", "done", None)]
    assert opened(image, AccessKeys.from_fields("012345678", "50<<<<", "991231"))[1] == [("PACE", "fields", "done", None)]


def test_a_long_document_number_of_another_state(issue: Issue) -> None:
    # Twelve digits that are no citizen number: the second reading opens. The zone's key is all that the chip has.
    image = issue(pace=None)
    keys = AccessKeys.from_fields("099012345678", "990917", "390917")
    belgian = CardImage({**image.files}, mrz_information="0990123456780" + "9909173" + "3909171")
    _, attempts = opened(belgian, keys)
    assert [source for _, source, _, _ in attempts] == ["fields, citizen number", "fields, document number"]


def test_a_wrong_number_is_told_without_being_repeated(issue: Issue) -> None:
    with pytest.raises(WrongPassword) as caught:
        opened(issue(), AccessKeys.from_number("099012345679"))
    assert "345679" not in str(caught.value)
    assert "number" in str(caught.value)
