# SPDX-License-Identifier: Apache-2.0
"""What the reader chooses where a chip, or its own credentials, leave it a choice; and that a choice made for it is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from issuer import AT, CAN, PIN
from reader_desk import (
    CA_2,
    CAM,
    GM,
    IM,
    Answers,
    Heard,
    credentials,
    cvca,
    issue,
    judge,
    pin_keys,
    read,
    with_card_access,
    with_dg14,
)

import chipid
from chipid.crypto import agreement_key
from chipid.emulator.icc import EmulatedCard
from chipid.errors import StatusError
from chipid.evidence import Result
from chipid.iso7816.apdu import CommandAPDU, ResponseAPDU
from chipid.iso7816.file_ids import LDS1_AID, FileId
from chipid.iso7816.instructions import INS
from chipid.issuing.cv_pki import CvProfile
from chipid.lds.security_infos import (
    ID_CA,
    ChipAuthenticationInfo,
    EfCvca,
    PaceDomainParameterInfo,
    PaceInfo,
    SecurityInfos,
    TerminalAuthenticationInfo,
)
from chipid.protocols.pace import pace_choices
from chipid.verification.verdict import CheckName


def test_the_certificate_with_the_rights_that_are_wanted_is_shown() -> None:
    """One that lasts longer and grants nothing is no better."""
    verifier = cvca().issue_verifier(profile=CvProfile(AT.date() - timedelta(days=20), AT.date() + timedelta(days=60)))
    poor = CvProfile(AT.date() - timedelta(days=1), AT.date() + timedelta(days=50), data_groups=())
    rich = verifier.issue_terminal("DETESTISDE00007", profile=CvProfile(AT.date() - timedelta(days=1)))
    granted = rich.certificate.authorisation
    nothing = replace(granted, octets=bytes(len(granted.octets)))
    poorer = replace(rich, raw=verifier.certify("DETESTISDE00008", rich.certificate.public_key, nothing, poor))
    evidence = read(issue(), terminal=poorer.credentials(verifier, rich))
    record = evidence.terminal_authentication
    assert record is not None
    assert (record.result, record.certificates[-1], record.rights) == (Result.DONE, "DETESTISDE00007", ("DG3", "DG4"))
    assert record.foreseen == ()
    assert FileId.DG3 in evidence.files


def test_what_is_foreseen_is_said_of_the_chain_that_was_shown() -> None:
    evidence = read(issue(), terminal=credentials(4))
    record = evidence.terminal_authentication
    assert record is not None
    assert (record.result, record.rights) == (Result.DONE, ("DG4",))
    assert {entry.partition(": ")[0] for entry in record.foreseen} <= set(record.certificates)
    assert any(entry.endswith("cv-right-missing") for entry in record.foreseen)


def test_rights_that_a_new_session_did_not_get_are_told() -> None:
    """The session is lost once Terminal Authentication is done, and the chip refuses the terminal the second time."""
    card = EmulatedCard(issue())

    class Chip:
        atr = card.atr
        lost = False

        def transmit(self, command: bytes) -> bytes:
            applet = card.applet
            if not self.lost and applet.terminal is not None and applet.terminal.rights is not None:
                self.lost = True
                applet.end_session()
                applet.memory.trust = None
                return b"\x69\x88"
            return card.transmit(command)

    evidence = read(Chip(), terminal=credentials())
    assert "terminal-authentication-not-restored" in evidence.notes
    assert evidence.failures[FileId.DG3].reason == "not-authorised"


# The PIN's commands ----------------------------------------------------------------------------------------------


def test_a_pin_is_changed_on_a_chip_that_lets_nobody_into_the_application() -> None:
    card = EmulatedCard(
        issue(pin=PIN, puk="0123456789", pace=[GM, IM]),
        faults=[Answers(INS.SELECT, lambda command: ResponseAPDU(b"", 0x6982) if command.data == LDS1_AID else None)],
    )
    chipid.change_pin(pin_keys(f"pin:{PIN}"), "111111", channel=card)
    assert card.applet.memory.pin == "111111"
    assert card.applet.memory.pin_counter.left == 3


def test_a_command_that_the_chip_refuses_is_not_sent_twice() -> None:
    commands: list[CommandAPDU] = []
    refusing = Answers(0x2C, lambda _command: ResponseAPDU(b"", 0x6A80))
    card = EmulatedCard(issue(pin=PIN, puk="0123456789", pace=[GM, IM]), faults=[Heard(commands), refusing])
    with pytest.raises(StatusError) as caught:
        chipid.change_pin(pin_keys(f"pin:{PIN}"), "111111", channel=card)
    assert caught.value.sw == 0x6A80
    assert sum(command.ins == 0x22 for command in commands) == 1


# Groups and versions ---------------------------------------------------------------------------------------------


def test_a_crowd_of_groups_is_not_checked() -> None:
    """Whether a number is a prime takes a second each, and EF.CardAccess is unsigned."""
    agreement_key._domain_or_refusal.cache_clear()
    infos: list[PaceInfo | PaceDomainParameterInfo] = []
    for number in range(32, 60):
        infos.append(PaceInfo("0.4.0.127.0.7.2.2.4.1.2", 2, number))
        modulus = (1 << 1024) + 2 * number + 1
        parameters = agreement_key.asn1.sequence(
            agreement_key.asn1.oid(agreement_key.DH_PUBLIC_NUMBER),
            agreement_key.asn1.sequence(*map(agreement_key.asn1.integer, (modulus, 2, 3))),
        )
        infos.append(PaceDomainParameterInfo("0.4.0.127.0.7.2.2.4.1", parameters, number))
    assert pace_choices(SecurityInfos.of(infos)) == []
    assert agreement_key._domain_or_refusal.cache_info().misses <= 4
    pace_choices(SecurityInfos.of(infos))
    assert agreement_key._domain_or_refusal.cache_info().misses <= 4


def test_a_group_that_was_refused_is_refused_again() -> None:
    parameters = agreement_key.asn1.sequence(
        agreement_key.asn1.oid(agreement_key.DH_PUBLIC_NUMBER),
        agreement_key.asn1.sequence(*map(agreement_key.asn1.integer, ((1 << 1024) + 1, 2, 3))),
    )
    errors = []
    for _ in range(2):
        with pytest.raises(chipid.MalformedData) as caught:
            agreement_key.parse_domain(parameters)
        errors.append(caught.value)
    assert errors[0] is not errors[1]
    assert str(errors[0]) == str(errors[1])


def test_a_named_short_identifier_of_ef_cvca_is_the_one() -> None:
    """BSI TR-03105-5.1 ISO7816_E_23: it is wrong, and nothing else is looked for."""

    def misplaced(infos):
        moved = TerminalAuthenticationInfo("0.4.0.127.0.7.2.2.2", 1, EfCvca(FileId.CVCA.fid, 0x0B))
        return [moved if isinstance(info, TerminalAuthenticationInfo) else info for info in infos]

    commands: list[CommandAPDU] = []
    keys = chipid.AccessKeys.from_fields("X01234567", "740812", "320415")
    evidence = read(with_dg14(issue(pace=None, can=None), misplaced), Heard(commands), keys=keys, terminal=credentials())
    record = evidence.terminal_authentication
    assert record is not None
    assert (record.result, record.reason) == (Result.FAILED, "ta-no-authority")
    assert any(command.ins == INS.READ_BINARY and command.p1 == 0x8B for command in commands)


def test_a_chip_of_version_2_alone_is_asked_for_no_version_1() -> None:

    def only_version_2(infos):
        return [replace(info, version=2) if isinstance(info, TerminalAuthenticationInfo) else info for info in infos]

    image = with_dg14(with_card_access(issue(pace=CAM, chip_authentication=None), only_version_2), only_version_2)
    evidence = read(image, terminal=credentials())
    record = evidence.terminal_authentication
    assert record is not None
    assert (record.result, record.reason) == (Result.NOT_OFFERED, "ta-not-offered")


def test_a_weaker_chip_authentication_than_the_document_offers_is_told() -> None:
    """EF.CardAccess, which nobody signs, announces the 3DES that EF.CardSecurity offers beside AES-256."""
    strong, weak = {**CA_2, "cipher": "AES-256"}, {**CA_2, "cipher": "3DES"}
    image = issue(chip_authentication=[strong, weak], terminal_authentication={"version": 2})

    def stripped(infos):
        return [info for info in infos if not (isinstance(info, ChipAuthenticationInfo) and info.oid == f"{ID_CA}.2.4")]

    for chip, deviations in ((image, ()), (with_card_access(image, stripped), ("ca-not-strongest",))):
        evidence = read(chip, keys=chipid.AccessKeys.from_can(CAN), terminal=credentials())
        assert evidence.chip_authentication is not None
        verdict = judge(evidence)
        assert verdict.accepted
        assert verdict.check(CheckName.CHIP_AUTHENTICATION).deviations == deviations
        assert judge(evidence, chipid.Policy.strict()).accepted is not bool(deviations)
