# SPDX-License-Identifier: Apache-2.0
"""A server that chose the challenge demands it back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

import chipid
from chipid.emulator.icc import EmulatedCard
from chipid.errors import MalformedData
from chipid.evidence import Evidence
from chipid.iso7816.file_ids import FileId
from chipid.profiles.access_keys import AccessKeys
from chipid.verification.verdict import Check, CheckName, Decision, Outcome

CHALLENGE = bytes.fromhex("0123456789ABCDEF")


@pytest.fixture(scope="module")
def evidence(chipid_card_image, chipid_keys: AccessKeys) -> Evidence:
    return chipid.read(chipid_keys, channel=EmulatedCard(chipid_card_image), challenge=CHALLENGE, at=datetime.now(UTC))


def judged(evidence: Evidence, trust, challenge: bytes | None) -> tuple[Decision, Check]:
    verdict = chipid.verify(evidence, trust=trust, challenge=challenge)
    return verdict.decision, verdict.check(CheckName.ACTIVE_AUTHENTICATION)


@pytest.mark.parametrize("challenge", [CHALLENGE, None])
def test_the_challenge_that_was_given(evidence: Evidence, chipid_trust, challenge: bytes | None) -> None:
    assert judged(evidence, chipid_trust, challenge)[0] is Decision.ACCEPTED


@pytest.mark.parametrize("challenge", [CHALLENGE[:-1], b"", CHALLENGE + b"\x00", bytes(8)])
def test_what_is_no_challenge_is_the_callers_mistake_and_not_the_cards(evidence: Evidence, chipid_trust, challenge: bytes) -> None:
    with pytest.raises(MalformedData, match="8 octets"):
        judged(evidence, chipid_trust, challenge)


def test_another_challenge_is_an_old_record(evidence: Evidence, chipid_trust) -> None:
    decision, check = judged(evidence, chipid_trust, CHALLENGE[:-1] + b"\xee")
    assert (decision, check.outcome, check.reason) == (Decision.REJECTED, Outcome.FAILED, "aa-challenge-differs")


def test_a_chip_that_has_signed_none_is_undecided(evidence: Evidence, chipid_trust) -> None:
    decision, check = judged(replace(evidence, active_authentication=None), chipid_trust, CHALLENGE)
    assert (decision, check.outcome, check.reason) == (Decision.INCONCLUSIVE, Outcome.UNDETERMINED, "aa-challenge-unanswered")


def test_a_card_without_active_authentication_cannot_be_fresh(chipid_issue, chipid_keys, chipid_trust) -> None:
    card = EmulatedCard(chipid_issue(active_authentication=None))
    evidence = chipid.read(chipid_keys, channel=card, challenge=CHALLENGE)
    assert FileId.DG15 not in evidence.files
    assert judged(evidence, chipid_trust, None)[0] is Decision.ACCEPTED
    assert judged(evidence, chipid_trust, CHALLENGE)[0] is Decision.INCONCLUSIVE
