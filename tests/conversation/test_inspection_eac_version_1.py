# SPDX-License-Identifier: Apache-2.0
"""Extended Access Control, version 1: what opens, for whom, and what forgers make of it (ICAO 9303-11 §7)."""

from __future__ import annotations

import pytest
from issuer import PIN, PUK
from reader_desk import (
    CAM,
    Answers,
    Heard,
    PaceAnswers,
    Relay,
    after_reading,
    assert_accepted,
    assert_not_accepted,
    assert_rejected,
    clone,
    credentials,
    issue,
    judge,
    pin_keys,
    read,
    said,
    version_2,
    watched,
    with_card_access,
    with_dg14,
    with_value,
)

import chipid
from chipid.emulator import attacks, faults
from chipid.emulator.icc import EmulatedCard
from chipid.evidence import Protocol, Result
from chipid.iso7816.apdu import ResponseAPDU
from chipid.iso7816.file_ids import FileId
from chipid.iso7816.instructions import INS
from chipid.lds.security_infos import (
    EfCvca,
    TerminalAuthenticationInfo,
)
from chipid.verification.verdict import CheckName, Outcome

S, U, N = Outcome.SUCCESSFUL, Outcome.UNDETERMINED, Outcome.NOT_SUPPORTED


def test_fingerprints_are_read_with_rights_and_not_without() -> None:
    with_rights = read(issue(), terminal=credentials())
    assert FileId.DG3 in with_rights.files
    assert with_rights.terminal_authentication is not None
    assert with_rights.terminal_authentication.rights == ("DG3", "DG4")
    assert said(with_rights, CheckName.TERMINAL_AUTHENTICATION) == (S, "ok")
    assert_accepted(with_rights)
    without = read(issue())
    assert without.failures[FileId.DG3].reason == "not-authorised"
    assert without.terminal_authentication is None
    assert_accepted(without)


def test_after_bac_the_authorities_stand_in_ef_cvca() -> None:
    keys = chipid.AccessKeys.from_fields("X01234567", "740812", "320415")
    evidence = read(issue(pace=None, can=None), keys=keys, terminal=credentials())
    assert evidence.accesses[-1].protocol is Protocol.BAC
    assert FileId.DG3 in evidence.files
    assert_accepted(evidence)


def test_without_dg1_a_chip_opened_by_bac_has_no_name_to_sign() -> None:
    keys = chipid.AccessKeys.from_fields("X01234567", "740812", "320415")
    terminal, spy = watched()
    evidence = read(issue(pace=None, can=None), faults.FileRefused(file=FileId.DG1), keys=keys, terminal=terminal)
    assert evidence.terminal_authentication is not None
    assert evidence.terminal_authentication.reason == "ta-chip-not-identified"
    assert not spy.signed


def test_after_mapping_alone_the_terminal_is_bound_to_its_key_of_pace() -> None:
    chip = issue(pace=[CAM], chip_authentication=None, terminal_authentication={"version": 1})
    terminal, spy = watched()
    evidence = read(chip, terminal=terminal)
    assert FileId.DG3 in evidence.files
    assert len(spy.signed) == 1
    assert_accepted(evidence)


@pytest.mark.parametrize(
    "change",
    [clone, lambda image: attacks.without_file(image, FileId.CARD_SECURITY)],
    ids=["another key", "no key"],
)
def test_the_terminal_signs_for_no_chip_whose_mapping_is_not_proven(change) -> None:
    chip = change(issue(pace=[CAM], chip_authentication=None, terminal_authentication={"version": 1}))
    terminal, spy = watched()
    evidence = read(chip, terminal=terminal)
    assert evidence.terminal_authentication is not None
    assert evidence.terminal_authentication.reason == "ta-chip-not-authenticated"
    assert not spy.signed
    assert_not_accepted(evidence)


@pytest.mark.parametrize("forge", [clone, attacks.cloned])
def test_the_terminal_signs_for_no_chip_whose_authentication_failed(forge) -> None:
    terminal, spy = watched()
    evidence = read(forge(issue()), terminal=terminal)
    assert not spy.signed
    assert FileId.DG3 not in evidence.files
    assert evidence.terminal_authentication is not None
    assert evidence.terminal_authentication.result is not Result.DONE
    assert_not_accepted(evidence)


def test_the_terminal_signs_for_no_chip_that_offers_no_proof() -> None:
    chip = issue(chip_authentication=None, terminal_authentication=None)
    announcing = with_card_access(chip, lambda infos: [TerminalAuthenticationInfo("0.4.0.127.0.7.2.2.2", 1), *infos])
    terminal, spy = watched()
    evidence = read(announcing, terminal=terminal)
    assert evidence.terminal_authentication is not None
    assert evidence.terminal_authentication.reason == "ta-chip-not-authenticated"
    assert not spy.signed


def test_a_chip_without_terminal_authentication() -> None:
    evidence = read(issue(terminal_authentication=None), terminal=credentials())
    assert evidence.terminal_authentication is not None
    assert evidence.terminal_authentication.reason == "ta-not-offered"
    assert said(evidence, CheckName.TERMINAL_AUTHENTICATION) == (N, "ta-not-offered")
    assert_accepted(evidence)


@pytest.mark.parametrize("reference", [b"DEUNKNOWN00001", b"", b"\x00" * 16, b"\x1b[2J", b"D" * 17, b"D" * 60_000], ids=range(6))
def test_authorities_that_nobody_knows(reference) -> None:
    terminal, spy = watched()
    named = PaceAnswers(4, with_value(0x87, lambda _value: reference))
    evidence = read(issue(), named, terminal=terminal)
    record = evidence.terminal_authentication
    assert record is not None
    assert len(repr(record)) < 1000
    if 0 < len(reference) <= 16:
        assert (record.reason, record.trust_point) == ("ta-no-chain", reference.decode("latin-1"))
        assert not spy.signed
    else:  # it is no name, and EF.CVCA still has the chip's own
        assert record.result is Result.DONE
    assert_accepted(evidence) if record.result is Result.DONE else assert_not_rejected(evidence)


def assert_not_rejected(evidence) -> None:
    assert judge(evidence).decision is not chipid.Decision.REJECTED


@pytest.mark.parametrize(
    "raw", [b"", b"\x42\x00" + bytes(34), bytes(36), b"\x42\x7f" + b"A" * 34, b"\x42\x84\xff\xff\xff\xff" + bytes(30)]
)
def test_a_hostile_ef_cvca(raw) -> None:
    keys = chipid.AccessKeys.from_fields("X01234567", "740812", "320415")
    terminal, spy = watched()

    def answer(command):
        return ResponseAPDU(raw, 0x9000) if command.p1 == 0x80 | FileId.CVCA.sfi or (command.p1, command.p2) == (0, 0) else None

    evidence = read(issue(pace=None, can=None), Answers(0xB0, answer), keys=keys, terminal=terminal)
    record = evidence.terminal_authentication
    assert record is not None
    assert record.reason in ("ta-no-authority", "ta-no-chain")
    assert not spy.signed


def test_ef_cvca_is_where_dg14_says() -> None:
    def elsewhere(infos):
        moved = TerminalAuthenticationInfo("0.4.0.127.0.7.2.2.2", 1, EfCvca(0x1234, 0x1F))
        return [moved if isinstance(info, TerminalAuthenticationInfo) else info for info in infos]

    commands = []
    keys = chipid.AccessKeys.from_fields("X01234567", "740812", "320415")
    evidence = read(with_dg14(issue(pace=None, can=None), elsewhere), Heard(commands), keys=keys, terminal=credentials())
    assert any(command.ins == INS.SELECT and command.data == b"\x12\x34" for command in commands)
    assert not any(command.ins == 0xB0 and command.p1 == 0x9F for command in commands)  # 31 is no short identifier
    assert evidence.terminal_authentication is not None
    assert evidence.terminal_authentication.reason == "ta-no-authority"


@pytest.mark.parametrize("selectable", [True, False])
def test_ef_cvca_without_short_identifier_is_selected(selectable) -> None:
    def by_name_alone(infos):
        named = TerminalAuthenticationInfo("0.4.0.127.0.7.2.2.2", 1, EfCvca(FileId.CVCA.fid))
        return [named if isinstance(info, TerminalAuthenticationInfo) else info for info in infos]

    def select(command):
        refused = not selectable and command.data == FileId.CVCA.fid.to_bytes(2, "big")
        return ResponseAPDU(b"", 0x6A82) if refused else None

    commands = []
    keys = chipid.AccessKeys.from_fields("X01234567", "740812", "320415")
    image = with_dg14(issue(pace=None, can=None), by_name_alone)
    evidence = read(image, Heard(commands), Answers(INS.SELECT, select), keys=keys, terminal=credentials())
    assert evidence.terminal_authentication is not None
    assert (evidence.terminal_authentication.result is Result.DONE) is selectable
    place = max(number for number, command in enumerate(commands) if command.ins == INS.SELECT)
    following = commands[place + 1]
    # What a refused SELECT leaves selected is another file, and is not read for it.
    assert ((following.ins, following.p1, following.p2) == (INS.READ_BINARY, 0, 0)) is selectable


@pytest.mark.parametrize("size", [0, 7, 9, 16])
def test_a_challenge_of_another_length_is_not_signed(size) -> None:
    terminal, spy = watched()
    evidence = read(issue(), Answers(INS.GET_CHALLENGE, lambda _c: ResponseAPDU(bytes(size), 0x9000)), terminal=terminal)
    assert evidence.terminal_authentication is not None
    assert evidence.terminal_authentication.reason == "ta-challenge-malformed"
    assert not spy.signed


def test_what_is_missing_in_the_chain_is_foreseen() -> None:
    evidence = read(issue(), terminal=credentials(4))
    record = evidence.terminal_authentication
    assert record is not None
    assert record.result is Result.DONE
    assert record.rights == ("DG4",)
    assert evidence.failures[FileId.DG3].reason == "not-authorised"
    refused = read(issue(), Answers(INS.PERFORM_SECURITY_OPERATION, lambda _c: ResponseAPDU(b"", 0x6300)), terminal=credentials(4))
    record = refused.terminal_authentication
    assert record is not None
    assert record.result is Result.FAILED
    assert any("cv-right-missing" in line for line in record.foreseen)


def test_rights_are_proved_again_in_a_new_session() -> None:
    """The session is lost while DG3 is read."""
    chip = issue()
    for loss in range(30, 60):
        commands = []
        relay = Relay(EmulatedCard(chip), EmulatedCard(chip, faults=[Heard(commands)]), after_reading(loss))
        evidence = read(relay, terminal=credentials())
        record = evidence.terminal_authentication
        assert record is not None
        if record.result is Result.DONE and "session-reopened" in evidence.notes:
            assert any(command.ins == INS.EXTERNAL_AUTHENTICATE for command in commands)
            assert FileId.DG3 in evidence.files
            assert "terminal-authentication-not-restored" not in evidence.notes
            assert_accepted(evidence)
            return
    pytest.fail("no loss fell into the reading behind Terminal Authentication")


def test_a_session_lost_in_terminal_authentication() -> None:
    chip = issue()

    def at_verify(_number, command):
        return command.ins == INS.PERFORM_SECURITY_OPERATION

    evidence = read(Relay(EmulatedCard(chip), EmulatedCard(chip), at_verify), terminal=credentials())
    assert "terminal-authentication-lost-session" in evidence.notes
    assert evidence.terminal_authentication is not None
    assert evidence.terminal_authentication.reason == "ta-session-lost"
    assert said(evidence, CheckName.TERMINAL_AUTHENTICATION) == (U, "ta-session-lost")
    assert judge(evidence).accepted  # of the document it says nothing
    assert FileId.DG3 not in evidence.files


def test_a_forger_gets_no_signature_in_a_session_that_was_opened_anew() -> None:
    chip = issue()
    terminal, spy = watched()
    genuine, forged = EmulatedCard(chip), EmulatedCard(clone(chip))
    relay = Relay(genuine, forged, lambda _number, command: command.ins == INS.PERFORM_SECURITY_OPERATION)
    evidence = read(relay, terminal=terminal)
    assert not spy.signed
    assert_rejected(evidence, "ca-unprotected")


@pytest.mark.parametrize("issued", [issue, version_2])
@pytest.mark.parametrize("kind", ["pin", "puk"])
def test_with_pin_and_puk_no_rights_are_asked_for(issued, kind) -> None:
    """An inspection system has none then (BSI TR-03110-3 §A.1.1), and the verdict says how it would get them."""
    terminal, spy = watched()
    keys = pin_keys({"pin": f"pin:{PIN}", "puk": f"puk:{PUK}"}[kind])
    evidence = read(issued(pin=PIN, puk=PUK), keys=keys, terminal=terminal)
    record = evidence.terminal_authentication
    assert record is not None
    assert (record.result, record.reason) == (Result.NOT_TRIED, "ta-with-pin")
    assert not spy.signed
    assert said(evidence, CheckName.TERMINAL_AUTHENTICATION) == (Outcome.UNDETERMINED, "ta-with-pin")
