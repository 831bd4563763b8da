# SPDX-License-Identifier: Apache-2.0
"""How a report tells how a chip was opened, who signed its files, and what its terminal may read."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

import chipid
from chipid.emulator.icc import EmulatedCard
from chipid.evidence import (
    AccessAttempt,
    ChipAuthenticationMappingTranscript,
    Evidence,
    Protocol,
    Result,
    TerminalAuthenticationRecord,
)
from chipid.iso7816.file_ids import FileId
from chipid.lds.card_access import CardAccess
from chipid.lds.security_infos import ID_PACE, PaceInfo, SecurityInfos
from chipid.pki.cv_chain import REFUSALS
from chipid.protocols.terminal_auth import REASONS
from chipid.report import schema
from chipid.report.access import access_part
from chipid.report.document import document_report
from chipid.report.json import from_json, to_json
from chipid.report.judgement import verdict_report
from chipid.report.signers import signers_part
from chipid.report.terminal_authentication import explain_refusal, terminal_authentication_part
from chipid.report.text import document_text, terminal_text, verdict_text
from chipid.report.verdict import verdict_part
from chipid.verification import consistency
from chipid.verification.verdict import Check, CheckName, Decision, Outcome, Verdict

AT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
STRONG = PaceInfo(f"{ID_PACE}.2.4", 2, 16)
WEAK = PaceInfo(f"{ID_PACE}.1.1", 2, 0)
MAPPED = PaceInfo(f"{ID_PACE}.6.4", 2, 16)
UNKNOWN = PaceInfo(f"{ID_PACE}.2.4", 2, 31)


def evidence(*offers: PaceInfo, **changes: Any) -> Evidence:
    files = {FileId.CARD_ACCESS: CardAccess(SecurityInfos.of(offers)).build()} if offers else {}
    return Evidence(**{"read_at": AT, "files": files, **changes})


def attempt(info: PaceInfo, result: Result = Result.DONE, password: str = "can") -> AccessAttempt:
    return AccessAttempt(Protocol.PACE, password, result, password, info.oid, info.parameter_id)


# The way in --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("info", "expected"),
    [
        (STRONG, ("GM", "AES-256", "brainpoolP384r1", 3, True)),
        (MAPPED, ("CAM", "AES-256", "brainpoolP384r1", 3, True)),
        (WEAK, ("GM", "3DES", "modp1024-160", 3, False)),
    ],
)
def test_mapping_cipher_group_and_rank_of_the_way_in(info: PaceInfo, expected: tuple[Any, ...]) -> None:
    (access,) = access_part(evidence(WEAK, STRONG, MAPPED, UNKNOWN, accesses=(attempt(info),)))
    assert (access.mapping, access.cipher, access.parameters, access.offered, access.strongest) == expected


def test_what_ef_card_access_does_not_offer_has_no_rank() -> None:
    (access,) = access_part(evidence(WEAK, accesses=(attempt(STRONG),)))
    assert (access.mapping, access.offered, access.strongest) == ("GM", None, None)


@pytest.mark.parametrize("raw", [None, b"", b"\x31\x05\x00"])
def test_without_ef_card_access_the_way_in_is_told_without_rank(raw: bytes | None) -> None:
    files = {FileId.CARD_ACCESS: raw} if raw is not None else {}
    (access,) = access_part(Evidence(read_at=AT, files=files, accesses=(attempt(STRONG),)))
    assert (access.cipher, access.offered) == ("AES-256", None)


def test_bac_has_no_mapping() -> None:
    (access,) = access_part(evidence(STRONG, accesses=(AccessAttempt(Protocol.BAC, "mrz", Result.DONE),)))
    assert (access.protocol, access.mapping, access.cipher, access.offered, access.strongest) == ("BAC", None, None, None, None)


def test_the_text_tells_the_rank() -> None:
    told = document_text(document_report(evidence(WEAK, STRONG, accesses=(attempt(WEAK, password="pin"),))))
    assert "PACE  with PIN  done  PACE-DH-GM-3DES-CBC-CBC, modp1024-160, not the strongest of 2 offered" in told
    assert "brainpoolP384r1, the strongest of 2 offered" in document_text(
        document_report(evidence(WEAK, STRONG, accesses=(attempt(STRONG),)))
    )


@pytest.mark.parametrize(
    ("info", "told"),
    [
        (STRONG, "PACE-ECDH-GM with AES-256 in brainpoolP384r1, the strongest of 2 offered, with CAN."),
        (WEAK, "PACE-DH-GM with 3DES in modp1024-160, not the strongest of 2 offered, with CAN."),
        (MAPPED, "PACE with CAN."),
    ],
)
def test_the_verdict_tells_the_same_in_a_sentence(info: PaceInfo, told: str) -> None:
    assert consistency.access(evidence(WEAK, STRONG, accesses=(attempt(info),))).detail == told


def test_a_weaker_way_than_the_strongest_is_no_success() -> None:
    check = consistency.access(evidence(WEAK, STRONG, accesses=(attempt(WEAK),)))
    assert (check.outcome, check.reason) == (Outcome.UNDETERMINED, "pace-not-strongest")
    assert consistency.access(evidence(WEAK, STRONG, accesses=(attempt(STRONG),))).outcome is Outcome.SUCCESSFUL


def test_words_in_a_verdict_do_not_steer_the_screen() -> None:
    check = Check(CheckName.ACCESS, Outcome.FAILED, "\x1b[2J", "\x1b[32m", ("\u202e",))
    part = verdict_part(Verdict(Decision.REJECTED, "counter", (check,), ("\x1b[2J",), ("\u202e",)))
    texts = (part.reasons, part.deviations, part.checks[0].reason, part.checks[0].detail, part.checks[0].deviations)
    assert not {"\x1b", "\u202e"} & set("".join(map("".join, texts)))


# Terminal Authentication ---------------------------------------------------------------------------------------------------

DONE = TerminalAuthenticationRecord(1, Result.DONE, "DETESTCVCA00001", ("DETESTDVDE00001", "DETESTISDE00001"), ("DG3",))
REFUSED = replace(
    DONE,
    result=Result.FAILED,
    rights=(),
    reason="ta-certificate-refused",
    refused="DETESTDVDE00001",
    sw=0x6300,
    foreseen=("DETESTDVDE00001: cv-expired",),
)


def test_a_terminal_without_rights_has_no_part_in_the_report() -> None:
    assert terminal_authentication_part(evidence()) is None
    assert "Terminal Authentication" not in document_text(document_report(evidence()))


def test_granted_rights_are_told() -> None:
    report = document_report(evidence(terminal_authentication=DONE))
    assert report.terminal_authentication == schema.TerminalAuthentication(
        version=1,
        result="done",
        trust_point="DETESTCVCA00001",
        certificates=("DETESTDVDE00001", "DETESTISDE00001"),
        rights=("DG3",),
    )
    assert "  granted  DG3\n" in document_text(report)


def test_a_refusal_is_told_with_all_that_is_known() -> None:
    report = document_report(evidence(terminal_authentication=REFUSED))
    found = report.terminal_authentication
    assert found is not None
    assert (found.reason, found.refused, found.sw) == ("ta-certificate-refused", "DETESTDVDE00001", "6300")
    text = document_text(report)
    for line in (
        "  result    failed: ta-certificate-refused\n",
        "  refused   DETESTDVDE00001 (6300)\n",
        "  foreseen  DETESTDVDE00001: cv-expired\n",
    ):
        assert line in text


def test_an_answer_to_no_certificate_is_told_by_itself() -> None:
    record = TerminalAuthenticationRecord(2, Result.FAILED, reason="ta-signature-refused", sw=0x6982)
    text = document_text(document_report(evidence(terminal_authentication=record)))
    assert "Terminal Authentication, version 2\n  result  failed: ta-signature-refused\n  answer  6982\n" in text


def test_names_in_evidence_cannot_steer_a_terminal() -> None:
    hostile = "\x1b[2J"
    record = TerminalAuthenticationRecord(1, Result.FAILED, hostile, (hostile,), (hostile,), hostile, hostile, 1, (hostile,))
    report = document_report(evidence(terminal_authentication=record))
    assert "\x1b" not in document_text(report) + to_json(report).decode()


@pytest.mark.parametrize("code", [*REFUSALS, *REASONS, "ta-not-offered", "cv-not-yet-effective", "cv-right-missing"])
def test_each_code_of_a_refusal_has_words(code: str) -> None:
    assert explain_refusal(code) != code


def test_a_code_without_words_stands_for_itself() -> None:
    assert explain_refusal("of-tomorrow") == "of-tomorrow"


# Signers and proofs --------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def mapped(chipid_issue, chipid_keys) -> Evidence:
    image = chipid_issue(pace={"mapping": "CAM"}, chip_authentication=None, active_authentication=None, portrait="none")
    return chipid.read(chipid_keys, channel=EmulatedCard(image))


def test_the_signers_of_both_files_are_named(mapped: Evidence) -> None:
    signers = signers_part(mapped)
    assert [(each.file, "CN=Test Document Signer" in each.subject, "CN=Test CSCA" in each.issuer) for each in signers] == [
        ("EF.SOD", True, True),
        ("EF.CardSecurity", True, True),
    ]


@pytest.mark.parametrize("file", [FileId.SOD, FileId.CARD_SECURITY])
def test_a_file_that_is_damaged_names_no_signer(mapped: Evidence, file: FileId) -> None:
    damaged = replace(mapped, files={**mapped.files, file: mapped.files[file][:-1]})
    assert file.label not in {signer.file for signer in signers_part(damaged)}
    assert [trouble.file for trouble in document_report(damaged).troubles] == [file.label]


def test_the_mapping_is_a_proof_and_ef_card_security_an_offer(mapped: Evidence, chipid_trust) -> None:
    verdict = chipid.verify(mapped, trust=chipid_trust)
    report = document_report(mapped, verdict)
    assert [(proof.protocol, proof.done, proof.sw) for proof in report.proofs] == [("CAM", True, None)]
    offers = {(offer.algorithm, offer.signed) for offer in report.offers if offer.file == "EF.CardSecurity"}
    assert ("PK-ECDH, brainpoolP256r1", True) in offers
    text = document_text(report)
    assert "  CAM  answered\n" in text
    assert "PACE-ECDH-CAM with AES-128 in brainpoolP256r1, the strongest of 1 offered, with CAN." in text
    assert verdict.check(CheckName.CHIP_AUTHENTICATION_MAPPING).reason == "ok"


def test_a_mapping_without_proof_is_told() -> None:
    nothing = ChipAuthenticationMappingTranscript(MAPPED.oid, 16, b"k", b"", b"")
    assert "  CAM  no answer\n" in document_text(document_report(evidence(chip_authentication_mapping=(nothing,))))


def test_a_verdict_report_tells_the_same_of_access_rights_and_signers(mapped: Evidence, chipid_trust) -> None:
    judged = replace(mapped, terminal_authentication=REFUSED)
    verdict = chipid.verify(judged, trust=chipid_trust)
    short, whole = verdict_report(judged, verdict), document_report(judged, verdict)
    assert (short.access, short.signers) == (whole.access, whole.signers)
    assert short.terminal_authentication == whole.terminal_authentication
    text = verdict_text(short)
    for title in ("Access\n", "Terminal Authentication, version 1\n", "Signed by\n"):
        assert title in text
    assert from_json(to_json(short)) == short


def test_holders_of_test_certificates_are_listed() -> None:
    holder = schema.CvHolder(
        name="DETESTISDE00001",
        role="terminal",
        certificate="\x1bx.cvcert",
        key="x.pem",
        rights=(),
        effective="2026-11-24",
        expiration="2026-12-25",
    )
    report = schema.TerminalReport(holders=(holder,))
    assert terminal_text(report) == "terminal  DETESTISDE00001  2026-11-24 to 2026-12-25  no rights  \\u{1b}x.cvcert\n"
    assert from_json(to_json(report)) == report
