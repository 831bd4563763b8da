# SPDX-License-Identifier: Apache-2.0
"""A proof counts only for a key that the signer vouches for, and what was not proven is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

import chipid
from chipid.emulator.icc import EmulatedCard
from chipid.evidence import Evidence
from chipid.iso7816.file_ids import FileId
from chipid.issuing.card_image import CardImage
from chipid.profiles.access_keys import AccessKeys
from chipid.verification.card_security import read_card_security
from chipid.verification.chip_genuineness import Vouched, chip_genuineness
from chipid.verification.verdict import Outcome

AT = datetime.now(UTC)
BOTH = frozenset({14, 15})
S, F, U, N = Outcome.SUCCESSFUL, Outcome.FAILED, Outcome.UNDETERMINED, Outcome.NOT_SUPPORTED


@pytest.fixture(scope="module")
def evidence(chipid_card_image: CardImage, chipid_keys: AccessKeys) -> Evidence:
    return chipid.read(chipid_keys, channel=EmulatedCard(chipid_card_image), at=AT)


def without(evidence: Evidence, *files: FileId) -> Evidence:
    return replace(evidence, files={file: raw for file, raw in evidence.files.items() if file not in files})


def judged(evidence: Evidence, signed: frozenset[int] = BOTH, listed: frozenset[int] = BOTH) -> list[tuple[Outcome, str]]:
    """Active and Chip Authentication, and what they are worth together; this chip has no EF.CardSecurity."""
    card_security = read_card_security(evidence, None, AT)
    assert card_security.check.outcome is N
    checks = chip_genuineness(evidence, Vouched(signed, listed, card_security))
    active, chip, mapping, authenticity = ((check.outcome, check.reason) for check in checks)
    assert mapping == (N, "cam-not-run")
    return [active, chip, authenticity]


def test_both_proofs(evidence: Evidence) -> None:
    assert judged(evidence) == [(S, "ok"), (S, "ok"), (S, "ok")]


@pytest.mark.parametrize("signed", [frozenset({14}), frozenset({15})])
def test_one_signed_key_is_enough(evidence: Evidence, signed: frozenset[int]) -> None:
    assert judged(evidence, signed)[2] == (S, "ok")


def test_a_proven_key_that_nobody_signed_is_a_forgery(evidence: Evidence) -> None:
    assert judged(evidence, frozenset())[2] == (F, "key-not-signed")


@pytest.mark.parametrize(
    ("untrusted", "told"),
    [(BOTH, "signer vouches for, but"), (frozenset({14}), "signer vouches for, but"), (frozenset({1}), "no trusted signer of")],
)
def test_a_signer_whom_nobody_trusts_is_not_said_to_be_silent(evidence: Evidence, untrusted: frozenset[int], told: str) -> None:
    vouched = Vouched(frozenset(), BOTH, read_card_security(evidence, None, AT), untrusted_groups=untrusted)
    authenticity = chip_genuineness(evidence, vouched)[3]
    assert authenticity.reason == "key-not-signed"
    assert told in authenticity.detail


def tampered_answer(evidence: Evidence) -> Evidence:
    assert evidence.active_authentication is not None
    answer = evidence.active_authentication.response
    return replace(
        evidence, active_authentication=replace(evidence.active_authentication, response=answer[:-1] + bytes([answer[-1] ^ 1]))
    )


def other_challenge(evidence: Evidence) -> Evidence:
    assert evidence.active_authentication is not None
    return replace(evidence, active_authentication=replace(evidence.active_authentication, challenge=bytes(range(8))))


def refused_answer(evidence: Evidence) -> Evidence:
    assert evidence.active_authentication is not None
    return replace(evidence, active_authentication=replace(evidence.active_authentication, response=b"", sw=0x6985))


def tampered_exchange(evidence: Evidence) -> Evidence:
    assert evidence.chip_authentication is not None
    raw = evidence.chip_authentication.response
    return replace(
        evidence, chip_authentication=replace(evidence.chip_authentication, response=raw[:-4] + bytes([raw[-4] ^ 1]) + raw[-3:])
    )


def other_ephemeral_key(evidence: Evidence) -> Evidence:
    assert evidence.chip_authentication is not None
    return replace(evidence, chip_authentication=replace(evidence.chip_authentication, private_key=bytes(31) + b"\x02"))


@pytest.mark.parametrize(
    ("change", "which"),
    [(tampered_answer, 0), (other_challenge, 0), (refused_answer, 0), (tampered_exchange, 1), (other_ephemeral_key, 1)],
)
def test_a_failed_proof_is_not_made_good_by_the_other(
    evidence: Evidence, change: Callable[[Evidence], Evidence], which: int
) -> None:
    checks = judged(change(evidence))
    assert checks[which][0] is F
    assert checks[1 - which][0] is S
    assert checks[2][0] is F


@pytest.mark.parametrize(
    ("change", "active", "chip", "whole"),
    [
        ({"active_authentication": None}, (U, "aa-not-done"), (S, "ok"), (S, "ok")),
        ({"chip_authentication": None}, (S, "ok"), (U, "ca-not-done"), (S, "ok")),
        ({"active_authentication": None, "chip_authentication": None}, (U, "aa-not-done"), (U, "ca-not-done"), (U, "aa-not-done")),
    ],
)
def test_a_proof_that_was_not_asked_for_is_told(
    evidence: Evidence, change: dict[str, None], active: object, chip: object, whole: object
) -> None:
    changed = replace(evidence, **change)  # type: ignore[arg-type]
    assert judged(changed) == [active, chip, whole]
    missed = {reason for outcome, reason in judged(changed)[:2] if outcome is U}
    authenticity = chip_genuineness(changed, Vouched(BOTH, BOTH, read_card_security(changed, None, AT)))[3]
    assert authenticity.outcome is not S or set(authenticity.deviations) == missed


def test_a_key_that_the_sod_names_and_the_chip_hides(evidence: Evidence) -> None:
    hidden = without(evidence, FileId.DG14, FileId.DG15)
    assert judged(hidden) == [(U, "aa-key-withheld"), (U, "ca-key-withheld"), (U, "aa-key-withheld")]


def test_a_document_without_keys_may_be_a_copy(evidence: Evidence) -> None:
    bare = without(evidence, FileId.DG14, FileId.DG15)
    assert judged(bare, frozenset(), frozenset()) == [(N, "aa-not-offered"), (N, "ca-not-offered"), (N, "copy-not-excluded")]


@pytest.mark.parametrize(("file", "which", "reason"), [(FileId.DG15, 0, "dg15-malformed"), (FileId.DG14, 1, "dg14-malformed")])
def test_a_malformed_key_file_fails(evidence: Evidence, file: FileId, which: int, reason: str) -> None:
    broken = replace(evidence, files={**evidence.files, file: b"noise"})
    assert judged(broken)[which] == (F, reason)
