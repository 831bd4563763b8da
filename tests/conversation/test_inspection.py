# SPDX-License-Identifier: Apache-2.0
"""The inspection procedure against emulated chips, with the quirks that real chips have shown (each a fault of the emulator)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import chipid
from chipid.emulator import attacks, faults
from chipid.emulator.icc import EmulatedCard
from chipid.evidence import Protocol, Result
from chipid.inspection.reading import FILE_SIZE_LIMIT
from chipid.iso7816.apdu import CommandAPDU
from chipid.iso7816.file_ids import FileId
from chipid.issuing.card_image import CardImage
from chipid.issuing.personalisation import personalise
from chipid.issuing.pki import DocumentSigner, TestCsca
from chipid.lds.dg1 import Dg1
from chipid.profiles.access_keys import AccessKeys
from chipid.verification.verdict import CheckName, Outcome

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
NUMBER = "099012345678"
ZONE = ("IDVNM0123456780099012345678<<6", "9909171M3909171VNM<<<<<<<<<<<0", "NGUYEN<<VAN<AN<<<<<<<<<<<<<<<<")
Read = Callable[..., chipid.Evidence]


@pytest.fixture(scope="session")
def csca() -> TestCsca:
    return TestCsca.create(at=AT - timedelta(days=900))


@pytest.fixture(scope="session")
def signer(csca: TestCsca) -> DocumentSigner:
    return csca.issue_document_signer(at=AT - timedelta(days=800))


@pytest.fixture(scope="session")
def trust(csca: TestCsca) -> chipid.TrustStore:
    return chipid.TrustStore.from_bytes(csca.certificate)


def description(fixtures: Path, name: str = "citizen_2021") -> dict[str, object]:
    entries: dict[str, object] = json.loads((fixtures / "cards" / f"{name}.json").read_text())
    return entries


@pytest.fixture(scope="session")
def image(signer: DocumentSigner, fixtures: Path) -> CardImage:
    return personalise(description(fixtures), signer)


@pytest.fixture(scope="session")
def other(signer: DocumentSigner, fixtures: Path) -> CardImage:
    return personalise(description(fixtures, "citizen_no_expiry"), signer)


@pytest.fixture(scope="session")
def keys() -> AccessKeys:
    return AccessKeys.from_number(NUMBER)


@pytest.fixture(scope="session")
def zone_keys(image: CardImage) -> AccessKeys:
    return AccessKeys.from_mrz("\n".join(Dg1.parse(image.files[FileId.DG1]).mrz.lines))


@pytest.fixture
def read(image: CardImage, keys: AccessKeys) -> Read:
    def reading(*quirks: faults.Fault, card: CardImage = image, with_keys: AccessKeys = keys, **options: object) -> chipid.Evidence:
        channel = EmulatedCard(card, faults=quirks)
        return chipid.read(with_keys, channel=channel, at=AT, **options)  # type: ignore[arg-type]

    return reading


def outcome(verdict: chipid.Verdict, name: CheckName) -> tuple[Outcome, str]:
    check = verdict.check(name)
    return check.outcome, check.reason


# The plain case --------------------------------------------------------------------------------------------------


def test_a_genuine_card_is_read_whole_and_accepted(read: Read, image: CardImage, trust: chipid.TrustStore) -> None:
    evidence = read()
    expected = {FileId.CARD_ACCESS, FileId.COM, FileId.SOD, *(FileId.from_data_group(n) for n in (1, 2, 13, 14, 15))}
    assert evidence.files == {file: image.files[file] for file in expected}
    assert evidence.failures[FileId.DG3].reason == "not-asked"
    verdict = chipid.verify(evidence, trust=trust, at=AT)
    assert verdict.accepted, verdict.reasons
    assert outcome(verdict, CheckName.ACTIVE_AUTHENTICATION)[0] is Outcome.SUCCESSFUL
    assert outcome(verdict, CheckName.CHIP_AUTHENTICATION)[0] is Outcome.SUCCESSFUL
    assert verdict.deviations == ()


def test_the_verdict_from_the_evidence_file_is_that_at_the_reader(read: Read, trust: chipid.TrustStore, tmp_path: Path) -> None:
    evidence = read()
    evidence.save(tmp_path / "card.evidence")
    again = chipid.Evidence.load(tmp_path / "card.evidence")
    assert again == evidence
    assert chipid.verify(again, trust=trust, at=AT) == chipid.verify(evidence, trust=trust, at=AT)
    assert (tmp_path / "card.evidence").stat().st_mode & 0o777 == 0o600


def test_nothing_is_read_that_the_plan_does_not_name(read: Read) -> None:
    evidence = read(plan=chipid.ReadingPlan.identity())
    assert FileId.DG2 not in evidence.files
    assert evidence.failures[FileId.DG2].reason == "not-asked"


def test_fingerprints_are_refused_without_terminal_authentication(read: Read) -> None:
    assert read(plan=chipid.ReadingPlan.everything()).failures[FileId.DG3].reason == "not-authorised"


def test_a_servers_challenge_is_used_and_recorded(read: Read, trust: chipid.TrustStore) -> None:
    evidence = read(challenge=bytes(range(1, 9)))
    assert evidence.active_authentication is not None
    transcript = evidence.active_authentication
    assert (transcript.challenge, transcript.challenge_source) == (bytes(range(1, 9)), "given")
    assert chipid.verify(evidence, trust=trust, at=AT).accepted


def test_two_readings_have_different_challenges(read: Read) -> None:
    one, two = read().active_authentication, read().active_authentication
    assert one is not None
    assert two is not None
    assert one.challenge != two.challenge


def test_progress_is_told_file_by_file(read: Read) -> None:
    steps: list[chipid.Progress] = []
    read(progress=steps.append)
    assert {step.file for step in steps} >= {"EF.SOD", "DG1", "DG2", "DG13"}
    assert all(0 <= step.done <= step.total and step.files_done <= step.files_total for step in steps)
    assert max(step.total for step in steps if step.file == "DG2") > 10_000


@pytest.mark.parametrize("name", ["citizen_no_expiry", "child_without_portrait", "passport_td3"])
def test_other_documents_are_read_and_accepted(
    name: str, read: Read, signer: DocumentSigner, trust: chipid.TrustStore, fixtures: Path
) -> None:
    entries = description(fixtures, name)
    card = personalise(entries, signer)
    keys = AccessKeys.from_can(str(entries["can"])) if "can" in entries else AccessKeys.from_number(str(entries["number"]))
    verdict = chipid.verify(read(card=card, with_keys=keys), trust=trust, at=AT)
    assert verdict.accepted, verdict.reasons


# Access ----------------------------------------------------------------------------------------------------------


def test_the_mrz_opens_by_pace_too(read: Read, zone_keys: AccessKeys) -> None:
    (attempt,) = read(with_keys=zone_keys).accesses
    assert (attempt.protocol, attempt.password, attempt.result) == (Protocol.PACE, "mrz", Result.DONE)


@pytest.fixture
def bac_only(signer: DocumentSigner, fixtures: Path) -> CardImage:
    return personalise({**description(fixtures), "pace": None}, signer)


def test_a_chip_without_pace_is_opened_by_bac(
    read: Read, bac_only: CardImage, zone_keys: AccessKeys, trust: chipid.TrustStore
) -> None:
    evidence = read(card=bac_only, with_keys=zone_keys)
    assert [attempt.protocol for attempt in evidence.accesses] == [Protocol.BAC]
    assert chipid.verify(evidence, trust=trust, at=AT).accepted


def test_a_can_alone_does_not_open_a_chip_without_pace(read: Read, bac_only: CardImage, keys: AccessKeys) -> None:
    with pytest.raises(chipid.AccessDenied, match="machine readable zone") as caught:
        read(card=bac_only, with_keys=keys)
    assert caught.value.hint


def test_a_wrong_number_is_refused_and_says_so(read: Read) -> None:
    with pytest.raises(chipid.WrongPassword) as caught:
        read(with_keys=AccessKeys.from_number("099012345670"))
    assert "099012345670" not in str(caught.value)
    assert "345670" not in str(caught.value)


def test_a_wrong_mrz_is_refused_by_bac_too(read: Read, bac_only: CardImage) -> None:
    with pytest.raises(chipid.WrongPassword):
        read(card=bac_only, with_keys=AccessKeys.from_fields("012345670", "990917", "390917"))


def test_the_second_candidate_opens_and_the_first_is_recorded(
    read: Read, keys: AccessKeys, trust: chipid.TrustStore
) -> None:
    both = replace(keys, passwords=(*AccessKeys.from_number("099012345670").passwords, *keys.passwords))
    evidence = read(with_keys=both)
    assert [attempt.reason for attempt in evidence.accesses] == ["wrong-password", None]
    verdict = chipid.verify(evidence, trust=trust, at=AT)
    assert verdict.accepted
    assert verdict.deviations == ("access-took-several-tries",)


@pytest.mark.parametrize("step", range(5))
def test_bac_after_a_failed_pace_is_never_silent(read: Read, zone_keys: AccessKeys, trust: chipid.TrustStore, step: int) -> None:
    evidence = read(faults.PaceFails(step=step), with_keys=zone_keys)
    *tried, opened = [(attempt.protocol, attempt.result) for attempt in evidence.accesses]
    assert set(tried) == {(Protocol.PACE, Result.FAILED)}
    assert opened == (Protocol.BAC, Result.DONE)
    verdict = chipid.verify(evidence, trust=trust, at=AT)
    assert outcome(verdict, CheckName.ACCESS) == (Outcome.UNDETERMINED, "bac-after-pace-failed")
    assert verdict.decision is chipid.Decision.INCONCLUSIVE


def test_the_fallback_can_be_forbidden(read: Read, zone_keys: AccessKeys) -> None:
    plan = replace(chipid.ReadingPlan.with_portrait(), bac_fallback=False)
    with pytest.raises(chipid.CardMisbehaved, match="status-6FFF"):
        read(faults.PaceFails(), with_keys=zone_keys, plan=plan)


def test_a_hidden_pace_shows_against_dg14(read: Read, image: CardImage, zone_keys: AccessKeys, trust: chipid.TrustStore) -> None:
    evidence = read(card=attacks.with_pace_hidden(image), with_keys=zone_keys)
    verdict = chipid.verify(evidence, trust=trust, at=AT)
    assert outcome(verdict, CheckName.CARD_ACCESS_AGAINST_DG14) == (Outcome.FAILED, "card-access-altered")
    assert verdict.decision is chipid.Decision.REJECTED


def test_an_unreadable_card_access_leads_to_bac_and_leaves_a_doubt(
    read: Read, zone_keys: AccessKeys, trust: chipid.TrustStore
) -> None:
    evidence = read(faults.CardAccessRefused(), with_keys=zone_keys)
    assert evidence.failures[FileId.CARD_ACCESS].reason == "status-6982"
    verdict = chipid.verify(evidence, trust=trust, at=AT)
    assert outcome(verdict, CheckName.CARD_ACCESS_AGAINST_DG14) == (Outcome.UNDETERMINED, "card-access-missing")
    assert not verdict.accepted


@pytest.mark.parametrize(
    "quirk",
    [
        faults.SelectMfRefused(),
        faults.LeRefused(),
        faults.PaceNeedsTag84(),
        faults.PaceNeedsTag84(sw=0x6A87),
        faults.PaceNeedsTag84(sw=0x6A88),
        faults.EndOfFileWarning(),
        faults.ReadPastEndRefused(),
        faults.ReadPastEndRefused(breaks_mac=True),
        faults.NoExtendedLength(),
        faults.UnprotectedStatus(counted=True),
        faults.UnprotectedStatus(counted=False),
        *(faults.LeLimit(limit=limit) for limit in (224, 192, 160, 128, 112)),
        faults.BufferIncludesOverhead(),
        faults.ActiveAuthenticationNeedsExtendedLe(),
        faults.ActiveAuthenticationRefusesExtendedLe(),
    ],
    ids=lambda quirk: f"{quirk.name}-{getattr(quirk, 'limit', getattr(quirk, 'sw', ''))}",
)
@pytest.mark.parametrize("extended", [True, False])
def test_an_honest_card_with_a_quirk_is_accepted(
    read: Read, image: CardImage, trust: chipid.TrustStore, quirk: faults.Fault, extended: bool
) -> None:
    plan = replace(chipid.ReadingPlan.with_portrait(), extended_length=extended)
    evidence = read(quirk, plan=plan)
    assert evidence.files[FileId.DG2] == image.files[FileId.DG2]
    verdict = chipid.verify(evidence, trust=trust, at=AT)
    assert verdict.accepted, (verdict.reasons, evidence.notes)


# What ends it ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [1, 2, 5, 9, 15, 40, 80])
def test_a_card_pulled_away_is_card_removed(read: Read, n: int) -> None:
    with pytest.raises(chipid.CardRemoved):
        read(faults.LoseCardAt(n=n), plan=replace(chipid.ReadingPlan.with_portrait(), extended_length=False))


@pytest.mark.parametrize("at", range(6, 40, 3))
@pytest.mark.parametrize("lie", [faults.PlaintextAnswer, faults.WrongMac, faults.StatusWordChanged])
def test_a_lie_inside_the_session_is_never_believed(
    read: Read, image: CardImage, trust: chipid.TrustStore, lie: type[faults.Fault], at: int
) -> None:
    try:
        evidence = read(lie(at=at, **({"sw": 0x6A82} if lie is faults.StatusWordChanged else {})))
    except chipid.ChipIdError:
        return
    assert all(raw == image.files[file] for file, raw in evidence.files.items())
    verdict = chipid.verify(evidence, trust=trust, at=AT)
    assert verdict.accepted is False or evidence.notes or not evidence.failures.keys() - {FileId.DG3}


def test_a_chip_that_lies_about_a_length_is_bounded(read: Read, image: CardImage, trust: chipid.TrustStore) -> None:
    card = attacks.with_announced_length(image, FileId.DG2, FILE_SIZE_LIMIT + 1)
    evidence = read(card=card)
    assert evidence.failures[FileId.DG2].reason == "length-lies"
    assert FileId.DG13 in evidence.files


class Deaf:
    """A chip whose every answer is the same."""

    def __init__(self, answer: bytes) -> None:
        self.answer, self.commands = answer, 0

    def transmit(self, command: bytes) -> bytes:
        CommandAPDU.from_bytes(command)
        self.commands += 1
        return self.answer


@pytest.mark.parametrize("answer", ["9000", "6A82", "6982", "6F00", "6100", "6C10", "00009000", "7C009000", "31009000", "00", ""])
def test_a_chip_that_says_one_thing_alone_ends_in_an_error(keys: AccessKeys, answer: str) -> None:
    chip = Deaf(bytes.fromhex(answer))
    with pytest.raises(chipid.ChipIdError):
        chipid.read(keys, channel=chip, at=AT)
    assert chip.commands < 50


class GivesUp:
    """A genuine card that from one command on answers nothing but 6F00."""

    def __init__(self, card: EmulatedCard, n: int) -> None:
        self.card, self.left = card, n

    def transmit(self, command: bytes) -> bytes:
        self.left -= 1
        return self.card.transmit(command) if self.left >= 0 else b"\x6f\x00"


@pytest.mark.parametrize("n", range(8, 40, 4))
def test_a_chip_that_gives_up_leaves_what_was_read_and_no_acceptance(
    image: CardImage, keys: AccessKeys, trust: chipid.TrustStore, n: int
) -> None:
    plan = replace(chipid.ReadingPlan.with_portrait(), extended_length=False)
    evidence = chipid.read(keys, channel=GivesUp(EmulatedCard(image), n), at=AT, plan=plan)
    assert not evidence.complete
    assert evidence.files
    verdict = chipid.verify(evidence, trust=trust, at=AT)
    assert outcome(verdict, CheckName.ACCESS) == (Outcome.UNDETERMINED, "reading-broken-off")
    assert not verdict.accepted


def forgeries(image: CardImage, other: CardImage, csca: TestCsca) -> Iterator[tuple[str, CardImage, str]]:
    forger = TestCsca.create(at=AT - timedelta(days=900)).issue_document_signer(at=AT - timedelta(days=800))
    yield "flipped", attacks.with_bit_flipped(image, FileId.DG1, octet=30), "dg-hash-mismatch"
    yield "dg13", attacks.with_file_of(image, other, FileId.DG13), "dg-hash-mismatch"
    yield "signed-anew", attacks.with_sod_signed_anew(image, forger.sign_sod), "csca-key-unknown"
    yield "dg15", attacks.with_dg15_swapped(image, other), "dg-hash-mismatch"
    yield "clone", attacks.cloned(image), ""
    yield "clone-own-keys", attacks.cloned_with_own_keys(image), ""
    yield "foreign-aa", attacks.with_foreign_active_authentication_key(image), ""
    yield "foreign-ca", attacks.with_foreign_chip_authentication_key(image), ""
    yield "other-sod", attacks.with_file_of(image, other, FileId.SOD), "dg-hash-mismatch"


@pytest.mark.parametrize("index", range(9))
def test_a_forgery_is_rejected(
    read: Read, image: CardImage, other: CardImage, csca: TestCsca, trust: chipid.TrustStore, index: int
) -> None:
    name, card, reason = list(forgeries(image, other, csca))[index]
    verdict = chipid.verify(read(card=card), trust=trust, at=AT)
    assert verdict.decision is chipid.Decision.REJECTED, name
    assert not reason or reason in verdict.reasons, (name, verdict.reasons)


@pytest.mark.parametrize("file", [FileId.DG14, FileId.DG15, FileId.SOD, FileId.DG1, FileId.COM])
def test_a_withheld_file_is_not_passed_over(read: Read, image: CardImage, trust: chipid.TrustStore, file: FileId) -> None:
    verdict = chipid.verify(read(card=attacks.without_file(image, file)), trust=trust, at=AT)
    if file in (FileId.SOD, FileId.DG1):
        assert not verdict.accepted
    else:
        assert verdict.deviations or verdict.reasons


def test_both_keys_withheld_is_a_possible_copy(read: Read, image: CardImage, trust: chipid.TrustStore) -> None:
    card = attacks.without_file(attacks.without_file(image, FileId.DG14), FileId.DG15)
    verdict = chipid.verify(read(card=card), trust=trust, at=AT)
    assert verdict.decision is chipid.Decision.INCONCLUSIVE
    assert "aa-key-withheld" in verdict.reasons


@pytest.mark.parametrize("trust_store", [None, chipid.TrustStore()])
def test_without_an_anchor_nothing_is_accepted(read: Read, trust_store: chipid.TrustStore | None) -> None:
    verdict = chipid.verify(read(), trust=trust_store, at=AT)
    assert verdict.decision is chipid.Decision.INCONCLUSIVE
    assert "no-trust-anchor" in verdict.reasons


def test_an_expired_document_is_rejected(read: Read, trust: chipid.TrustStore) -> None:
    verdict = chipid.verify(read(), trust=trust, at=datetime(2039, 9, 18, tzinfo=UTC))
    assert "document-expired" in verdict.reasons
    last_day = chipid.verify(read(), trust=trust, at=datetime(2039, 9, 17, tzinfo=UTC))
    assert "document-expired" not in last_day.reasons


@pytest.mark.parametrize("file", [FileId.DG2, FileId.DG13])
@pytest.mark.parametrize("sw", [0x6982, 0x6F00, 0x6A82])
def test_a_withheld_portrait_or_dg13_is_never_accepted(read: Read, trust: chipid.TrustStore, file: FileId, sw: int) -> None:
    verdict = chipid.verify(read(faults.FileRefused(file=file, sw=sw)), trust=trust, at=AT)
    assert verdict.decision is chipid.Decision.INCONCLUSIVE
    assert set(verdict.reasons) & {"dg-withheld", "dg13-withheld"}


@pytest.mark.parametrize("sw", [0x6982, 0x6F00])
def test_an_unreadable_sod_is_inconclusive_and_not_a_forgery(read: Read, trust: chipid.TrustStore, sw: int) -> None:
    verdict = chipid.verify(read(faults.FileRefused(file=FileId.SOD, sw=sw)), trust=trust, at=AT)
    assert verdict.decision is chipid.Decision.INCONCLUSIVE
    assert "key-signature-open" in verdict.reasons


def test_an_authority_of_no_known_state_signs_for_none(read: Read, fixtures: Path) -> None:
    stateless = TestCsca.create(country="XYZ", at=AT - timedelta(days=900))
    card = personalise(description(fixtures), stateless.issue_document_signer(country="VN", at=AT - timedelta(days=800)))
    verdict = chipid.verify(read(card=card), trust=chipid.TrustStore.from_bytes(stateless.certificate), at=AT)
    assert verdict.decision is chipid.Decision.REJECTED
    assert "country-mismatch" in verdict.reasons


def test_a_group_that_com_hides_and_the_sod_names_is_read(read: Read, image: CardImage) -> None:
    from chipid.lds.com import EfCom

    card = attacks.with_file(image, FileId.COM, EfCom.of_data_groups((1, 2)).build())
    assert {FileId.DG13, FileId.DG14, FileId.DG15} <= read(card=card).files.keys()


class LosesEverySession:
    """Opens as often as it is asked, and breaks the session at each READ BINARY."""

    def __init__(self, card: EmulatedCard) -> None:
        self.card, self.commands = card, 0

    def transmit(self, command: bytes) -> bytes:
        self.commands += 1
        return b"\x6f\x00" if command[0] & 0x0C and command[1] == 0xB0 else self.card.transmit(command)


def test_a_chip_that_loses_every_session_is_given_up(image: CardImage, keys: AccessKeys, trust: chipid.TrustStore) -> None:
    chip = LosesEverySession(EmulatedCard(image))
    evidence = chipid.read(keys, channel=chip, at=AT)
    assert chip.commands < 400
    assert evidence.notes.count("session-reopened") == 1
    assert not chipid.verify(evidence, trust=trust, at=AT).accepted
