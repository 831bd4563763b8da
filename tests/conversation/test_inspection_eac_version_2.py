# SPDX-License-Identifier: Apache-2.0
"""Extended Access Control, version 2: before the application, on EF.CardSecurity's keys (BSI TR-03110-2 §3)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from reader_desk import (
    CA_1,
    CA_2,
    CAM,
    GM,
    AgreementAnswers,
    Answers,
    Heard,
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
    status,
    stranger,
    version_2,
    watched,
    with_card_access,
    with_card_security,
    with_value,
)

import chipid
from chipid.crypto.agreement_key import build_domain
from chipid.crypto.domain import standardised_domain
from chipid.emulator import attacks, faults
from chipid.emulator.icc import EmulatedCard
from chipid.evidence import Protocol, Result
from chipid.iso7816.apdu import CommandAPDU, ResponseAPDU
from chipid.iso7816.file_ids import LDS1_AID, FileId
from chipid.iso7816.instructions import INS
from chipid.lds.security_infos import (
    ChipAuthenticationDomainParameterInfo,
    ChipAuthenticationInfo,
    ChipAuthenticationPublicKeyInfo,
    TerminalAuthenticationInfo,
)
from chipid.profiles.access_keys import AccessKeys
from chipid.protocols.password import Password
from chipid.verification.verdict import CheckName, Outcome

S, F, U = Outcome.SUCCESSFUL, Outcome.FAILED, Outcome.UNDETERMINED


def test_version_2_proves_both_before_the_application() -> None:
    evidence = read(version_2(), terminal=credentials())
    assert evidence.chip_authentication is not None
    assert evidence.chip_authentication.version == 2
    assert FileId.DG3 in evidence.files
    assert said(evidence, CheckName.CHIP_AUTHENTICATION) == (S, "ok")
    assert_accepted(evidence)


def test_without_rights_version_2_is_left_alone() -> None:
    evidence = read(version_2())
    assert evidence.chip_authentication is None
    assert_not_accepted(evidence)  # nothing has proved the chip
    assert said(evidence, CheckName.CHIP_AUTHENTICATION) == (Outcome.NOT_PERFORMED, "ca-needs-rights")
    assert said(evidence, CheckName.CHIP_AUTHENTICITY) == (Outcome.NOT_PERFORMED, "ca-needs-rights")


def test_a_chip_without_version_2_is_not_said_to_have_it() -> None:
    evidence = read(issue(chip_authentication=None, terminal_authentication=None))
    assert said(evidence, CheckName.CHIP_AUTHENTICATION)[0] is Outcome.NOT_SUPPORTED
    assert said(evidence, CheckName.CHIP_AUTHENTICITY) == (Outcome.NOT_SUPPORTED, "copy-not-excluded")


def test_version_2_is_for_chips_that_announce_it_for_the_terminal_too() -> None:
    def version_1(infos):
        return [replace(info, version=1) if isinstance(info, TerminalAuthenticationInfo) else info for info in infos]

    terminal, spy = watched()
    evidence = read(with_card_access(version_2(), version_1), terminal=terminal)
    assert evidence.chip_authentication is None
    assert evidence.terminal_authentication is not None
    assert evidence.terminal_authentication.reason == "ta-not-offered"  # DG14 announces version 2 alone
    assert not spy.signed


def test_version_2_together_with_mapping_reads_card_security_once() -> None:
    commands = []
    evidence = read(version_2(pace=[CAM]), Heard(commands), terminal=credentials())
    assert said(evidence, CheckName.CHIP_AUTHENTICATION_MAPPING) == (S, "ok")
    assert said(evidence, CheckName.CHIP_AUTHENTICATION) == (S, "ok")
    application = next(number for number, command in enumerate(commands) if command.data == LDS1_AID)
    heads = [c for c in commands[:application] if c.ins == 0xB0 and c.p1 == 0x80 | FileId.CARD_SECURITY.sfi]
    assert len(heads) == 1
    assert_accepted(evidence)


def test_a_clone_of_version_2_is_read_and_rejected() -> None:
    evidence = read(clone(version_2()), terminal=credentials())
    assert evidence.complete
    assert FileId.SOD in evidence.files
    assert [attempt.result for attempt in evidence.accesses] == [Result.DONE]
    assert_rejected(evidence, "ca-wrong-token")
    assert evidence.terminal_authentication is not None
    assert evidence.terminal_authentication.reason == "ta-session-lost"  # its rights were those of the session that is lost
    assert_rejected(read(attacks.cloned(version_2()), terminal=credentials()), "ca-refused")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (with_value(0x82, lambda token: bytes(len(token))), "ca-wrong-token"),
        (with_value(0x82, lambda token: token[:-1]), "ca-wrong-token"),
        (with_value(0x82, lambda _token: b""), "ca-wrong-token"),
        (with_value(0x82, lambda _token: None), "ca-wrong-token"),
        (with_value(0x81, lambda _nonce: b""), "ca-wrong-token"),
        (with_value(0x81, lambda _nonce: bytes(33)), "ca-wrong-token"),
        (with_value(0x81, lambda nonce: bytes(len(nonce))), "ca-wrong-token"),
        (with_value(0x83, lambda _nothing: b"more"), "ca-wrong-token"),
        (lambda _response: ResponseAPDU(b"", 0x9000), "ca-wrong-token"),
        (status(0x6A80), "ca-refused"),
    ],
    ids=range(10),
)
def test_version_2_without_a_good_nonce_and_token(change, reason) -> None:
    evidence = read(version_2(), AgreementAnswers(change), terminal=credentials())
    assert_rejected(evidence, reason)


def test_a_session_of_version_2_that_is_lost_ends_the_reading() -> None:
    """Nothing but that session binds the files to the chip that has proved itself."""
    chip = version_2()

    for fake in (chip, clone(chip)):
        relay = Relay(EmulatedCard(chip), EmulatedCard(fake), after_reading(32))
        evidence = read(relay, terminal=credentials())
        assert not evidence.complete
        assert "reading-broken-off" in evidence.notes
        assert said(evidence, CheckName.ACCESS) == (U, "reading-broken-off")
        assert_not_accepted(evidence)


def announced(infos, parameter_id):
    """EF.CardAccess announces the key in another group."""
    domain = standardised_domain(parameter_id)
    return [
        ChipAuthenticationDomainParameterInfo(info.oid, build_domain(domain, parameter_id), info.key_id)
        if isinstance(info, ChipAuthenticationDomainParameterInfo)
        else info
        for info in infos
    ]


@pytest.mark.parametrize("parameter_id", [8, 12, 16])
def test_a_key_of_another_group_than_the_announced_one_is_not_used(parameter_id) -> None:
    altered = with_card_access(version_2(), lambda infos: announced(infos, parameter_id))
    evidence = read(altered, terminal=credentials())
    assert evidence.complete
    assert evidence.chip_authentication is None
    assert_not_accepted(evidence)


def test_a_key_that_was_announced_and_is_not_there() -> None:
    def renamed(infos):
        return [
            replace(info, key_id=7) if isinstance(info, ChipAuthenticationInfo | ChipAuthenticationPublicKeyInfo) else info
            for info in infos
        ]

    evidence = read(with_card_security(version_2(), renamed), terminal=credentials())
    assert evidence.chip_authentication is None
    assert_not_accepted(evidence)


def test_version_2_for_a_terminal_that_the_chip_refuses() -> None:
    refused = Answers(INS.EXTERNAL_AUTHENTICATE, lambda _command: ResponseAPDU(b"", 0x6300))
    evidence = read(version_2(), refused, terminal=credentials())
    assert evidence.chip_authentication is None
    assert evidence.terminal_authentication is not None
    assert evidence.terminal_authentication.reason == "ta-signature-refused"
    assert said(evidence, CheckName.TERMINAL_AUTHENTICATION) == (F, "ta-signature-refused")
    assert_not_accepted(evidence)


def test_a_key_of_version_2_that_a_stranger_signed() -> None:
    evidence = read(with_card_security(version_2(), by=stranger()), terminal=credentials())
    assert said(evidence, CheckName.CHIP_AUTHENTICATION) == (S, "ok")
    assert said(evidence, CheckName.CHIP_AUTHENTICITY)[0] is F
    assert judge(evidence).decision is chipid.Decision.REJECTED


def test_version_2_without_card_security() -> None:
    evidence = read(version_2(), faults.FileRefused(file=FileId.CARD_SECURITY), terminal=credentials())
    assert evidence.chip_authentication is None
    assert evidence.failures[FileId.CARD_SECURITY].reason == "not-authorised"
    assert_not_accepted(evidence)


def test_a_proof_of_version_2_of_a_session_that_was_given_up_speaks_for_no_other() -> None:
    chip = version_2(pace=[GM, {**GM, "parameter_id": 12}])
    proofs = [0]

    def second_terminal_is_refused(_command):
        proofs[0] += 1
        return ResponseAPDU(b"", 0x6300) if proofs[0] > 1 else None

    refused = Answers(INS.EXTERNAL_AUTHENTICATE, second_terminal_is_refused)
    evidence = read(chip, no_application([1]), refused, terminal=credentials())
    assert [attempt.parameter_id for attempt in evidence.accesses] == [13, 12]
    assert proofs == [2]
    assert evidence.chip_authentication is None
    assert_not_accepted(evidence)


def test_nor_does_it_speak_for_a_chip_that_bac_opens_afterwards() -> None:
    """The forger has a genuine chip prove itself, loses the session, fails PACE, and shows the copy of another document."""
    image = issue(pace=None, chip_authentication=None, terminal_authentication=None)
    copy, keys = EmulatedCard(image), AccessKeys((Password.from_mrz_information(image.mrz_information),))

    class Forger:
        genuine: EmulatedCard | None = EmulatedCard(version_2())

        def transmit(self, command: bytes) -> bytes:
            plain = CommandAPDU.from_bytes(command)
            if self.genuine is None:
                return b"\x6f\x00" if plain.ins == INS.MANAGE_SECURITY_ENVIRONMENT else copy.transmit(command)
            if plain.ins == INS.SELECT and plain.p1 == 4:
                self.genuine = None
                return b"\x69\x82"
            return self.genuine.transmit(command)

    evidence = read(Forger(), keys=keys, terminal=credentials())
    assert [attempt.protocol for attempt in evidence.accesses][-1] is Protocol.BAC
    assert evidence.chip_authentication is None
    assert evidence.terminal_authentication is not None
    assert evidence.terminal_authentication.rights == ()
    assert said(evidence, CheckName.CHIP_AUTHENTICITY)[0] is not S
    assert_not_accepted(evidence)


def test_a_chip_that_was_disproved_stays_so_when_bac_opens_it() -> None:
    image, runs = clone(version_2()), [0]

    def pace_once(command: CommandAPDU) -> ResponseAPDU | None:
        if (command.p1, command.p2) != (0xC1, 0xA4):
            return None
        runs[0] += 1
        return ResponseAPDU(b"", 0x6F00) if runs[0] > 1 else None

    keys = AccessKeys((Password.from_mrz_information(image.mrz_information),))
    evidence = read(image, Answers(INS.MANAGE_SECURITY_ENVIRONMENT, pace_once), keys=keys, terminal=credentials())
    assert [attempt.protocol for attempt in evidence.accesses][-1] is Protocol.BAC
    assert said(evidence, CheckName.CHIP_AUTHENTICATION)[0] is F
    assert_rejected(evidence, "ca-wrong-token")


def test_a_chip_that_has_both_versions_proves_itself_once() -> None:
    """Version 1 after version 2 would put another transcript, and another session, in the place of the stronger proof."""
    chip = version_2(chip_authentication=[CA_1, {**CA_2, "key_id": 2}])
    evidence = read(chip, terminal=credentials())
    assert evidence.chip_authentication is not None
    assert evidence.chip_authentication.version == 2
    assert_accepted(evidence)
    without = read(chip)
    assert without.chip_authentication is not None
    assert without.chip_authentication.version == 1
    assert_accepted(without)
