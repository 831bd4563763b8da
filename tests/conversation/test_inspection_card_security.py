# SPDX-License-Identifier: Apache-2.0
"""Chip Authentication Mapping and EF.CardSecurity, and what forgers make of them (ICAO 9303-11 §4.4.3.5.1, 9303-10 §3.11.4)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from issuer import AT, csca, trust
from reader_desk import (
    CAM,
    CAM_OID,
    GM,
    GM_OID,
    Relay,
    after_reading,
    assert_accepted,
    assert_not_accepted,
    assert_rejected,
    clone,
    credentials,
    issue,
    judge,
    no_application,
    read,
    said,
    stranger,
    version_2,
    with_card_security,
)

import chipid
from chipid.emulator import attacks, faults
from chipid.emulator.icc import EmulatedCard
from chipid.iso7816.file_ids import FileId
from chipid.issuing.pki import TestCsca
from chipid.lds.security_infos import (
    ChipAuthenticationPublicKeyInfo,
    PaceInfo,
)
from chipid.pki.cms import SubjectKeyIdentifier
from chipid.pki.defect_list import DEFECT_LIST, Defect, DefectList, KnownDefect
from chipid.verification.verdict import CheckName, Outcome

S, F, U, N = Outcome.SUCCESSFUL, Outcome.FAILED, Outcome.UNDETERMINED, Outcome.NOT_SUPPORTED


# The proof of Chip Authentication Mapping, a session each ------------------------------------------------------------


def test_mapping_proves_the_chip_and_names_its_key() -> None:
    evidence = read(issue(pace=[CAM]))
    assert said(evidence, CheckName.CHIP_AUTHENTICATION_MAPPING) == (S, "ok")
    assert said(evidence, CheckName.CARD_SECURITY) == (S, "ok")
    assert_accepted(evidence)


@pytest.mark.parametrize("loss", [18, 22, 30])
def test_each_session_has_a_proof_of_its_own(loss) -> None:
    """The first session is a genuine chip's, from which a forger passes on; the second one is the forger's."""
    genuine = issue(pace=[CAM], chip_authentication=None, terminal_authentication=None)
    honest = read(Relay(EmulatedCard(genuine), EmulatedCard(genuine), after_reading(loss)))
    assert "session-reopened" in honest.notes
    assert len(honest.chip_authentication_mapping) == 2
    assert_accepted(honest)
    forged = read(Relay(EmulatedCard(genuine), EmulatedCard(clone(genuine)), after_reading(loss)))
    assert len(forged.chip_authentication_mapping) == 2
    assert_rejected(forged, "cam-wrong-key")


def test_a_proof_of_a_session_that_was_given_up_speaks_for_no_other() -> None:
    """The genuine chip proves itself and is left before the application; the forger's answers with another mapping."""
    genuine = issue(pace=[CAM, GM], chip_authentication=None, terminal_authentication=None)
    honest = EmulatedCard(genuine, faults=[no_application([1])])
    evidence = read(honest)
    assert [attempt.oid for attempt in evidence.accesses] == [CAM_OID, GM_OID]
    assert evidence.chip_authentication_mapping == ()
    assert said(evidence, CheckName.CHIP_AUTHENTICITY) == (N, "copy-not-excluded")
    assert_not_accepted(evidence)


def test_chip_authentication_is_done_anew_in_a_new_session() -> None:
    genuine = issue()
    last = 26
    honest = read(Relay(EmulatedCard(genuine), EmulatedCard(genuine), after_reading(last)))
    assert "session-reopened" in honest.notes
    assert_accepted(honest)
    forged = read(Relay(EmulatedCard(genuine), EmulatedCard(clone(genuine)), after_reading(last)))
    assert "session-reopened" in forged.notes
    assert said(forged, CheckName.CHIP_AUTHENTICATION)[0] is F
    assert_rejected(forged, "ca-unprotected")
    withheld = read(Relay(EmulatedCard(genuine), EmulatedCard(attacks.cloned(genuine)), after_reading(last)))
    assert_rejected(withheld, "ca-refused")


# EF.CardSecurity -----------------------------------------------------------------------------------------------------


def test_a_card_security_that_a_stranger_signed() -> None:
    """A forger's own key, in a file that he signs himself: the proof is sound, and worth nothing."""
    forged = with_card_security(issue(pace=[CAM], chip_authentication=None, terminal_authentication=None), by=stranger())
    evidence = read(forged)
    assert said(evidence, CheckName.CHIP_AUTHENTICATION_MAPPING) == (S, "ok")
    assert said(evidence, CheckName.CARD_SECURITY)[0] is F
    assert judge(evidence).check(CheckName.CHIP_AUTHENTICITY).outcome is F
    for policy in (chipid.Policy.counter(), chipid.Policy.strict()):
        assert judge(evidence, policy).decision is chipid.Decision.REJECTED


def test_a_card_security_with_another_signature() -> None:
    evidence = read(attacks.with_bit_flipped(issue(pace=[CAM]), FileId.CARD_SECURITY))
    assert said(evidence, CheckName.CARD_SECURITY)[0] is F
    assert judge(evidence).decision is chipid.Decision.REJECTED


def test_the_card_security_of_another_genuine_card() -> None:
    chip, donor = issue(pace=[CAM]), issue(pace=[CAM], number="X07654321")
    assert_rejected(read(attacks.with_file_of(chip, donor, FileId.CARD_SECURITY)), "cam-wrong-key")


def test_the_card_security_of_another_genuine_card_with_version_2() -> None:
    chip, donor = version_2(), version_2(number="X07654321")
    swapped = attacks.with_file_of(chip, donor, FileId.CARD_SECURITY)
    assert_rejected(read(swapped, terminal=credentials()), "ca-wrong-token")


def test_a_card_security_that_offers_another_pace() -> None:
    def change(infos):
        return [PaceInfo(CAM_OID, 2, 12) if isinstance(info, PaceInfo) else info for info in infos]

    assert_rejected(read(with_card_security(issue(pace=[CAM]), change)), "cam-not-in-card-security")


def test_a_card_security_without_the_key() -> None:
    def change(infos):
        return [info for info in infos if not isinstance(info, ChipAuthenticationPublicKeyInfo)]

    assert_rejected(read(with_card_security(issue(pace=[CAM]), change)), "cam-key-missing")


def test_a_card_security_that_is_withheld() -> None:
    evidence = read(issue(pace=[CAM]), faults.FileRefused(file=FileId.CARD_SECURITY))
    assert evidence.failures[FileId.CARD_SECURITY].reason == "not-authorised"
    assert said(evidence, CheckName.CARD_SECURITY) == (U, "card-security-missing")
    assert_not_accepted(evidence)
    evidence = read(issue(pace=[CAM]), faults.FileRefused(file=FileId.CARD_SECURITY, sw=0x6A82))
    assert evidence.failures[FileId.CARD_SECURITY].sw == 0x6A82
    assert_not_accepted(evidence)


@pytest.mark.parametrize("raw", [b"\x04\x05noise", b"\x30\x84\xff\xff\xff\xff", b"\x30\x03\x02\x01\x05"])
def test_a_card_security_that_is_none(raw) -> None:
    evidence = read(attacks.with_file(issue(pace=[CAM]), FileId.CARD_SECURITY, raw), terminal=credentials())
    assert evidence.complete
    assert_not_accepted(evidence)


@pytest.mark.parametrize("listed", [False, True])
def test_what_is_known_of_the_signer_of_card_security_counts(listed) -> None:
    """He is of a second CSCA, which has no revocation list; a defect list may say that he signed keys that others hold."""
    second = TestCsca.create(at=AT - timedelta(days=900), common_name="Second CSCA")
    other = second.issue_document_signer(at=AT - timedelta(days=800))
    evidence = read(with_card_security(issue(pace=[CAM], chip_authentication=None, terminal_authentication=None), by=other))
    defect = Defect(SubjectKeyIdentifier(other.parsed.subject_key_id or b""), (KnownDefect(f"{DEFECT_LIST}.1.3"),))
    lists = trust().revocation_lists(csca().parsed.subject)
    store = chipid.TrustStore([csca().parsed, second.parsed], lists, defect_lists=[DefectList((defect,))] if listed else [])
    lenient = chipid.Policy.counter()
    for policy in (lenient, lenient.requiring(CheckName.REVOCATION)):
        verdict = chipid.verify(evidence, trust=store, at=AT, policy=policy)
        assert verdict.check(CheckName.REVOCATION).reason == "no-crl"
        assert verdict.check(CheckName.CARD_SECURITY).outcome is S
        assert ("no-crl" in verdict.reasons) is (policy is not lenient)
        assert ("listed-ca-key-compromised" in verdict.reasons) is listed
