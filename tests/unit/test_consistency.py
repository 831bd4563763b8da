# SPDX-License-Identifier: Apache-2.0
"""Files against each other and against the calendar; each check with the case that only it refuses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

import chipid
from chipid.evidence import AccessAttempt, Evidence, Protocol, Result
from chipid.iso7816.file_ids import FileId
from chipid.issuing.card_image import CardImage
from chipid.lds.card_access import CardAccess
from chipid.lds.dg1 import Dg1
from chipid.lds.dg12 import Dg12
from chipid.lds.dg14 import Dg14
from chipid.lds.mrz import Mrz, MrzFormat
from chipid.lds.security_infos import PaceInfo, SecurityInfos
from chipid.profiles.vn_cccd import Dg13
from chipid.pytest_plugin import Issuer
from chipid.report.document import document_report
from chipid.verification import consistency
from chipid.verification.verdict import Check, Outcome

AT = datetime(2026, 3, 1, tzinfo=UTC)
PACE = PaceInfo("0.4.0.127.0.7.2.2.4.2.2", 2, 13)
DONE = AccessAttempt(Protocol.PACE, "can", Result.DONE)
Change = Callable[[dict[FileId, bytes]], None]


@pytest.fixture
def evidence(chipid_card_image: CardImage) -> Evidence:
    return Evidence(read_at=AT, files=dict(chipid_card_image.files), accesses=(DONE,))


def said(check: Check) -> tuple[Outcome, str]:
    return check.outcome, check.reason


def with_file(evidence: Evidence, file: FileId, raw: bytes | None) -> Evidence:
    files = {other: content for other, content in evidence.files.items() if other is not file}
    return replace(evidence, files=files if raw is None else {**files, file: raw})


# Access ----------------------------------------------------------------------------------------------------------


def attempt(protocol: Protocol, result: Result, reason: str | None = None) -> AccessAttempt:
    return AccessAttempt(protocol, "mrz", result, reason=reason)


@pytest.mark.parametrize(
    ("attempts", "outcome", "reason"),
    [
        ((), Outcome.UNDETERMINED, "access-unknown"),
        ((attempt(Protocol.PACE, Result.FAILED, "wrong-password"),), Outcome.UNDETERMINED, "access-failed"),
        ((DONE,), Outcome.SUCCESSFUL, "ok"),
        (
            (attempt(Protocol.PACE, Result.FAILED), attempt(Protocol.BAC, Result.DONE)),
            Outcome.UNDETERMINED,
            "bac-after-pace-failed",
        ),
        ((attempt(Protocol.BAC, Result.DONE),), Outcome.UNDETERMINED, "pace-not-tried"),
    ],
)
def test_access(evidence: Evidence, attempts: tuple[AccessAttempt, ...], outcome: Outcome, reason: str) -> None:
    assert said(consistency.access(replace(evidence, accesses=attempts))) == (outcome, reason)


def test_bac_on_a_chip_without_pace_is_a_success(evidence: Evidence) -> None:
    without = replace(with_file(evidence, FileId.CARD_ACCESS, None), accesses=(attempt(Protocol.BAC, Result.DONE),))
    assert said(consistency.access(without)) == (Outcome.SUCCESSFUL, "ok")


def test_several_tries_are_told(evidence: Evidence) -> None:
    tried = replace(evidence, accesses=(attempt(Protocol.PACE, Result.FAILED, "wrong-password"), DONE))
    assert consistency.access(tried).deviations == ("access-took-several-tries",)


@pytest.mark.parametrize(
    ("issued", "protocol", "pace", "deviations"),
    [
        ("20261231", Protocol.BAC, False, ()),
        ("20270101", Protocol.BAC, False, ("issued-without-pace",)),  # conformance 9303-11-4.1-4
        ("20271231", Protocol.BAC, True, ()),
        ("20280101", Protocol.BAC, True, ("issued-with-bac",)),  # conformance 9303-11-4.1-5
        ("20280000", Protocol.BAC, False, ("issued-without-pace", "issued-with-bac")),
        ("20280101", Protocol.PACE, True, ()),
        ("20281301", Protocol.BAC, False, ()),
        (None, Protocol.BAC, False, ()),
    ],
)
def test_a_configuration_that_the_standard_had_given_up(
    evidence: Evidence, issued: str | None, protocol: Protocol, pace: bool, deviations: tuple[str, ...]
) -> None:
    dg12 = Dg12(issue_date=issued, deviations=("date",)).build()
    opened = replace(with_file(evidence, FileId.DG12, dg12), accesses=(attempt(protocol, Result.DONE),))
    judged = opened if pace else with_file(opened, FileId.CARD_ACCESS, None)
    assert consistency.access(judged).deviations == deviations
    assert consistency.access(with_file(judged, FileId.DG12, None)).deviations == ()
    assert consistency.access(with_file(judged, FileId.DG12, b"l")).deviations == ()


# EF.CardAccess against DG14 --------------------------------------------------------------------------------------


def card_access(*infos: PaceInfo) -> bytes:
    return CardAccess(SecurityInfos.of(infos)).build()


def dg14(*infos: PaceInfo) -> bytes:
    return Dg14(SecurityInfos.of(infos)).build()


WEAKER = PaceInfo("0.4.0.127.0.7.2.2.4.2.1", 2, 13)


@pytest.mark.parametrize(
    ("unsigned", "signed", "outcome", "reason"),
    [
        (card_access(PACE), dg14(PACE), Outcome.SUCCESSFUL, "ok"),
        (card_access(PACE, WEAKER), dg14(WEAKER, PACE), Outcome.SUCCESSFUL, "ok"),
        (card_access(WEAKER), dg14(PACE, WEAKER), Outcome.FAILED, "card-access-altered"),
        (card_access(WEAKER), dg14(PACE), Outcome.FAILED, "card-access-altered"),
        (card_access(WEAKER, PACE), dg14(PACE), Outcome.FAILED, "card-access-altered"),
        (card_access(PACE), dg14(PACE, WEAKER), Outcome.SUCCESSFUL, "ok"),
        (card_access(replace(PACE, parameter_id=12)), dg14(PACE), Outcome.FAILED, "card-access-altered"),
        (b"\x31\x00", dg14(PACE), Outcome.FAILED, "card-access-altered"),
        (b"noise", dg14(PACE), Outcome.FAILED, "card-access-altered"),
        (None, dg14(PACE), Outcome.UNDETERMINED, "card-access-missing"),
        (card_access(PACE), dg14(), Outcome.NOT_SUPPORTED, "dg14-names-no-pace"),
        (card_access(PACE), b"noise", Outcome.FAILED, "dg14-malformed"),
        (card_access(PACE), None, Outcome.NOT_SUPPORTED, "dg14-absent"),
    ],
)
def test_card_access_against_dg14(
    evidence: Evidence, unsigned: bytes | None, signed: bytes | None, outcome: Outcome, reason: str
) -> None:
    changed = with_file(with_file(evidence, FileId.CARD_ACCESS, unsigned), FileId.DG14, signed)
    assert said(consistency.card_access_against_dg14(changed)) == (outcome, reason)


# DG1 and DG13 ----------------------------------------------------------------------------------------------------


def zone(evidence: Evidence) -> Mrz:
    return Dg1.parse(evidence.files[FileId.DG1]).mrz


def test_the_zone_of_a_genuine_card(evidence: Evidence) -> None:
    check, mrz = consistency.machine_readable_zone(evidence)
    assert said(check) == (Outcome.SUCCESSFUL, "ok")
    assert mrz == zone(evidence)


def test_a_wrong_check_digit_fails(evidence: Evidence) -> None:
    raw = bytearray(evidence.files[FileId.DG1])
    place = raw.index(b"990917") + 6
    raw[place] = ord("0") + (raw[place] - ord("0") + 1) % 10
    check, mrz = consistency.machine_readable_zone(with_file(evidence, FileId.DG1, bytes(raw)))
    assert said(check) == (Outcome.FAILED, "mrz-check-digit")
    assert mrz is not None


@pytest.mark.parametrize(
    ("raw", "outcome", "reason"), [(None, Outcome.UNDETERMINED, "dg1-missing"), (b"x", Outcome.FAILED, "dg1-malformed")]
)
def test_no_zone(evidence: Evidence, raw: bytes | None, outcome: Outcome, reason: str) -> None:
    check, mrz = consistency.machine_readable_zone(with_file(evidence, FileId.DG1, raw))
    assert said(check) == (outcome, reason)
    assert mrz is None


def test_dg1_and_dg13_of_one_person(evidence: Evidence) -> None:
    check = consistency.dg1_against_dg13(evidence, zone(evidence))
    assert said(check) == (Outcome.SUCCESSFUL, "ok")
    assert check.deviations == ()


@pytest.mark.parametrize(
    ("field", "value", "named"),
    [
        (1, "099012345679", "number"),
        (2, "Nguyễn Văn Bình", "name"),
        (3, "18/09/1999", "birth-date"),
        (4, "Nữ", "sex"),
        (12, "18/09/2039", "expiry"),
        (12, "Không thời hạn", "expiry"),
    ],
)
def test_dg13_that_differs_fails_and_names_the_field_alone(evidence: Evidence, field: int, value: str, named: str) -> None:
    changed = changed_dg13(evidence, {field: value})
    check = consistency.dg1_against_dg13(changed, zone(evidence))
    assert said(check) == (Outcome.FAILED, "dg1-dg13-differ")
    assert named in check.detail
    assert value not in check.detail


def changed_dg13(evidence: Evidence, values: dict[int, str | None]) -> Evidence:
    dg13 = Dg13.parse(evidence.files[FileId.DG13])
    texts = {each.name: (values[each.number],) if each.number in values else each.texts for each in dg13.fields}
    given = {name: (value if name in ("parents", "spouses") else (value[0] if value else None)) for name, value in texts.items()}
    return with_file(evidence, FileId.DG13, Dg13.of(given).build())


@pytest.mark.parametrize(("field", "word"), [(2, "name"), (3, "birth-date"), (4, "sex"), (12, "expiry")])
def test_a_silent_field_is_told(evidence: Evidence, field: int, word: str) -> None:
    check = consistency.dg1_against_dg13(changed_dg13(evidence, {field: None}), zone(evidence))
    assert said(check) == (Outcome.SUCCESSFUL, "ok")
    assert check.deviations == (f"dg13-{word}-not-compared",)


def test_dg13_without_a_number_decides_nothing(evidence: Evidence) -> None:
    check = consistency.dg1_against_dg13(changed_dg13(evidence, {1: None}), zone(evidence))
    assert said(check) == (Outcome.UNDETERMINED, "dg13-not-comparable")


@pytest.mark.parametrize(
    ("raw", "outcome", "reason"),
    [(b"x", Outcome.UNDETERMINED, "dg13-malformed"), (None, Outcome.NOT_PERFORMED, "dg13-not-read")],
)
def test_no_dg13(evidence: Evidence, raw: bytes | None, outcome: Outcome, reason: str) -> None:
    assert said(consistency.dg1_against_dg13(with_file(evidence, FileId.DG13, raw), zone(evidence))) == (outcome, reason)


def test_dg13_of_another_state_is_not_judged(evidence: Evidence) -> None:
    check = consistency.dg1_against_dg13(evidence, passport("320415"))
    assert said(check) == (Outcome.NOT_SUPPORTED, "no-profile")


# The calendar ----------------------------------------------------------------------------------------------------


def passport(expiry: str) -> Mrz:
    return Mrz(
        MrzFormat.TD3, "P", "UTO", "L898902C3", "740812", "F", expiry, "UTO", primary_identifier="A", secondary_identifier="B"
    )


def cccd(evidence: Evidence, expiry: str) -> Mrz:
    return replace(zone(evidence), expiry_date=expiry, lines=())


@pytest.mark.parametrize(
    ("expiry", "outcome", "reason"),
    [
        ("260301", Outcome.SUCCESSFUL, "ok"),
        ("260228", Outcome.FAILED, "document-expired"),
        ("410301", Outcome.SUCCESSFUL, "ok"),
        ("420101", Outcome.FAILED, "document-expired"),  # beyond fifteen years: 1942
        ("991231", Outcome.FAILED, "document-expired"),  # a passport of 1999
        ("260230", Outcome.UNDETERMINED, "expiry-unreadable"),
        ("<<<<<<", Outcome.UNDETERMINED, "expiry-unreadable"),
    ],
)
def test_a_passports_expiry(expiry: str, outcome: Outcome, reason: str) -> None:
    assert said(consistency.document_expiry(passport(expiry), AT)) == (outcome, reason)


@pytest.mark.parametrize(
    ("expiry", "outcome", "reason"),
    [
        ("260301", Outcome.SUCCESSFUL, "ok"),
        ("260228", Outcome.FAILED, "document-expired"),
        ("010101", Outcome.FAILED, "document-expired"),  # 2001, before there were such cards, and not 2101
        ("480917", Outcome.SUCCESSFUL, "ok"),  # issued at 38, good until 60: longer than the general rule's fifteen years
        ("991231", Outcome.SUCCESSFUL, "no-expiry"),
    ],
)
def test_a_cccds_expiry(evidence: Evidence, expiry: str, outcome: Outcome, reason: str) -> None:
    assert said(consistency.document_expiry(cccd(evidence, expiry), AT)) == (outcome, reason)


@pytest.mark.parametrize(
    ("expiry", "hour", "deviations"),
    [
        ("300101", 0, ("document-outlives-signer",)),
        ("291231", 0, ()),
        ("250101", 0, ()),  # both are past
        ("991231", 0, ()),  # no expiry
        ("300101", 17, ()),  # midnight in Hà Nội is 17:00 UTC
    ],
)
def test_a_document_lasts_no_longer_than_its_signers_certificate(
    evidence: Evidence, chipid_issuer: Issuer, expiry: str, hour: int, deviations: tuple[str, ...]
) -> None:
    """9303-12-4.1.1.1-1: told, and no reason to refuse anybody."""
    zone, signer = cccd(evidence, expiry), replace(chipid_issuer.signer.parsed, not_after=datetime(2029, 12, 31, hour, tzinfo=UTC))
    check = consistency.document_expiry(zone, AT, signer)
    assert (said(check), check.deviations) == (said(consistency.document_expiry(zone, AT)), deviations)


def test_no_zone_no_expiry() -> None:
    assert said(consistency.document_expiry(None, AT)) == (Outcome.UNDETERMINED, "dg1-missing")


@given(st.dates(datetime(2020, 1, 1).date(), datetime(2090, 1, 1).date()), st.integers(-3000, 5400))
def test_a_date_within_fifteen_years_is_taken_for_what_it_is(today: object, days: int) -> None:
    from datetime import date, timedelta

    assert isinstance(today, date)
    expiry = today + timedelta(days=days)
    check = consistency.document_expiry(
        passport(expiry.strftime("%y%m%d")), datetime(today.year, today.month, today.day, tzinfo=UTC)
    )
    assert said(check) == ((Outcome.SUCCESSFUL, "ok") if days >= 0 else (Outcome.FAILED, "document-expired"))


@pytest.mark.parametrize(
    ("hour", "outcome"),
    [(16, Outcome.SUCCESSFUL), (17, Outcome.FAILED)],  # midnight in Hà Nội is 17:00 UTC
)
def test_a_cccd_expires_by_the_calendar_of_vietnam(evidence: Evidence, hour: int, outcome: Outcome) -> None:
    at = datetime(2026, 3, 1, hour, 30, tzinfo=UTC)
    assert consistency.document_expiry(cccd(evidence, "260301"), at).outcome is outcome


@pytest.mark.parametrize("hours", [-23, 0, 7, 23])
@pytest.mark.parametrize(("end", "read"), [(datetime.max, "9999-12-31T"), (datetime.min, "0001-01-01T")])
def test_the_ends_of_the_calendar_are_times_like_others(evidence: Evidence, end: datetime, read: str, hours: int) -> None:
    at = end.replace(tzinfo=timezone(timedelta(hours=hours)))
    kept = Evidence.from_cbor(replace(evidence, read_at=at).to_cbor())
    assert chipid.verify(kept, trust=None, at=at).decision is chipid.verify(evidence, trust=None, at=AT).decision
    near = timedelta(hours=23)
    assert abs(kept.read_at - at) <= near
    assert document_report(replace(evidence, read_at=at)).read_at.startswith((read, "9999-12-30T", "0001-01-02T"))
