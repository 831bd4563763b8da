# SPDX-License-Identifier: Apache-2.0
"""Authentication and rights on a whole chip (BSI TR-03105-3.2 units ISO7816_J to _L; ICAO 9303-11 §7.1.3, §7.1.5).

Every step comes protected, plain and under another class; DG3 and DG4 open to whom they should, for as long as they should.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from eac_chip import (
    CVCA,
    EFFECTIVE,
    SELECT_APPLICATION,
    EacTerminal,
    bare,
    image,
    is_checking_error,
    is_refusal,
    plan,
    set_at_pace,
    set_at_terminal,
    set_dst,
    verify_certificate,
)

from chipid.crypto.random import system_random
from chipid.errors import WrongPassword
from chipid.iso7816.apdu import CommandAPDU
from chipid.iso7816.dialogue import run
from chipid.iso7816.file_ids import FileId
from chipid.issuing.cv_pki import CvHolder, CvProfile, TestCvca
from chipid.pki.cv_authorisation import HolderAuthorisation, TerminalType
from chipid.protocols.bac import bac
from chipid.protocols.password import Password, PasswordKind

DG3, DG4 = FileId.DG3, FileId.DG4


# Units J, K: without protection, and with another class ------------------------------------------------------------


def steps(t: EacTerminal, holders: tuple[CvHolder, CvHolder]) -> list[Callable[[], CommandAPDU]]:
    """The commands of a whole Terminal Authentication; each is made when its turn has come."""
    dv, terminal = holders
    challenges: list[bytes] = []
    return [
        lambda: set_dst(CVCA),
        lambda: verify_certificate(bare(dv)),
        lambda: set_dst(dv.reference),
        lambda: verify_certificate(bare(terminal)),
        lambda: set_at_terminal(terminal.reference),
        lambda: CommandAPDU(0, 0x84, 0, 0, le=8),
        lambda: t.sign(terminal, challenges[-1] if challenges else bytes(8)),
    ]


STEPS = ("set-dst", "verify", "set-dst-2", "verify-2", "set-at", "challenge", "authenticate")


@pytest.mark.parametrize("n", range(len(STEPS)), ids=STEPS)
def test_a_plain_step(t: EacTerminal, n: int, holders: tuple[CvHolder, CvHolder]) -> None:
    """ISO7816_J_12, ISO7816_K_4, and each of the other commands: it ends the session, and grants nothing."""
    commands = steps(t, holders)
    assert all(t.secure(command())[1] == 0x9000 for command in commands[:n])
    data, sw = t.plain(commands[n]())
    assert data == b"" or STEPS[n] == "challenge"  # without a session, GET CHALLENGE is BAC's
    assert is_checking_error(sw) or STEPS[n] == "challenge"
    t.assert_dead()
    t.open("BAC").chip_authentication()
    assert t.is_closed()
    assert t.secure(set_at_terminal(holders[1].reference)) == (b"", 0x6A88)


@pytest.mark.parametrize("n", range(len(STEPS)), ids=STEPS)
@pytest.mark.parametrize("cla", [0x8C, 0x1C, 0x80])
def test_a_step_under_another_class(t: EacTerminal, n: int, cla: int, holders: tuple[CvHolder, CvHolder]) -> None:
    """ISO7816_J_13, ISO7816_K_7, and each of the other commands."""
    commands = steps(t, holders)
    assert all(t.secure(command())[1] == 0x9000 for command in commands[:n])
    assert t.session is not None
    wire = t.session.protect_command(commands[n]().to_bytes())
    data, sw = t.raw(bytes((cla,)) + wire[1:])
    assert data == b""
    assert is_checking_error(sw)
    t.assert_dead()


@pytest.mark.parametrize("n", range(len(STEPS)), ids=STEPS)
def test_a_step_as_the_piece_of_a_chain(t: EacTerminal, n: int, holders: tuple[CvHolder, CvHolder]) -> None:
    """A chip that puts no commands together says so, protected, and does nothing."""
    commands = steps(t, holders)
    assert all(t.secure(command())[1] == 0x9000 for command in commands[:n])
    assert t.secure(replace(commands[n](), cla=0x10)) == (b"", 0x6884)
    assert t.is_closed()
    assert t.is_alive()


@pytest.mark.parametrize("n", range(len(STEPS)), ids=STEPS)
def test_a_step_before_access_control(n: int, holders: tuple[CvHolder, CvHolder]) -> None:
    t = EacTerminal()
    t.plain(SELECT_APPLICATION)
    data, sw = t.plain(steps(t, holders)[n]())
    assert is_checking_error(sw) or STEPS[n] == "challenge"
    assert data == b"" or STEPS[n] == "challenge"


# Unit K: the authentication ----------------------------------------------------------------------------------------


def test_an_altered_reference(known: EacTerminal, holders: tuple[CvHolder, CvHolder]) -> None:
    """ISO7816_K_2, and K_5, its neighbour with the verifier's name."""
    for name in (holders[1].reference[:-1] + "9", holders[0].reference):
        assert known.secure(set_at_terminal(name)) == (b"", 0x6A88)
        assert is_refusal(known.secure(known.sign(holders[1], known.challenge()))[1])
        assert known.is_closed()


def test_the_authoritys_key(t: EacTerminal) -> None:
    """ISO7816_K_6."""
    assert t.secure(set_at_terminal(CVCA)) == (b"", 0x6A88)
    assert is_refusal(t.secure(t.sign(plan().cvca, t.challenge()))[1])
    assert t.is_closed()


def test_the_last_challenge_alone(known: EacTerminal, holders: tuple[CvHolder, CvHolder]) -> None:
    """ISO7816_K_10, 9303-11-7.1.5.4-1."""
    assert known.secure(set_at_terminal(holders[1].reference)) == (b"", 0x9000)
    first, second = known.challenge(), known.challenge()
    assert first != second
    assert known.secure(known.sign(holders[1], first)) == (b"", 0x6300)
    assert known.is_closed()


def test_a_challenge_serves_once(known: EacTerminal, holders: tuple[CvHolder, CvHolder]) -> None:
    """Whatever came of it: the right signature over it comes too late."""
    assert known.secure(set_at_terminal(holders[1].reference)) == (b"", 0x9000)
    right = known.sign(holders[1], known.challenge())
    assert known.secure(replace(right, data=right.data[:-1] + bytes((right.data[-1] ^ 1,)))) == (b"", 0x6300)
    assert known.secure(right) == (b"", 0x6985)
    assert known.is_closed()


def test_a_challenge_from_before_set_at_is_void(known: EacTerminal, holders: tuple[CvHolder, CvHolder]) -> None:
    right = known.sign(holders[1], known.challenge())
    assert known.secure(set_at_terminal(holders[1].reference)) == (b"", 0x9000)
    assert known.secure(right) == (b"", 0x6985)
    assert known.is_closed()


def test_of_two_terminals_the_last_one(known: EacTerminal, holders: tuple[CvHolder, CvHolder]) -> None:
    """9303-11 §7.1.4.3.7."""
    dv, last = plan().terminal(0x83, 0x01)
    known.show(dv, last)
    assert known.secure(set_at_terminal(holders[1].reference)) == (b"", 0x6A88)
    assert known.authenticate(last) == 0x9000
    assert (known.reads(DG3), known.reads(DG4)) == (True, False)


def test_the_verifiers_key_does_not_authenticate(known: EacTerminal, holders: tuple[CvHolder, CvHolder]) -> None:
    """Under the terminal's name."""
    dv, terminal = holders
    assert known.secure(set_at_terminal(terminal.reference)) == (b"", 0x9000)
    assert known.secure(known.sign(dv, known.challenge())) == (b"", 0x6300)
    assert known.is_closed()


@pytest.mark.parametrize("le", ["", "07", "09", "00", "01", "00 00 08"])
def test_a_challenge_of_another_size(known: EacTerminal, le: str, holders: tuple[CvHolder, CvHolder]) -> None:
    """ISO7816_K_12, and K_13, its neighbour; extended length fields that say 8 are as good as short ones."""
    assert known.secure(set_at_terminal(holders[1].reference)) == (b"", 0x9000)
    before = known.challenge()
    data, sw = known.secure(f"00 84 00 00 {le}")
    if le == "00 00 08":
        assert (len(data), sw) == (8, 0x9000)
        return
    assert (data, sw) == (b"", 0x6700)
    assert is_refusal(known.secure(known.sign(holders[1], before))[1])
    assert known.is_closed()


def test_no_challenge(known: EacTerminal, holders: tuple[CvHolder, CvHolder]) -> None:
    """ISO7816_K_14."""
    assert known.secure(set_at_terminal(holders[1].reference)) == (b"", 0x9000)
    for challenge in (b"", bytes(8)):
        assert known.secure(known.sign(holders[1], challenge)) == (b"", 0x6985)
    assert known.is_closed()
    assert known.is_alive()


def test_no_set_at(known: EacTerminal, holders: tuple[CvHolder, CvHolder]) -> None:
    """ISO7816_K_15."""
    assert is_refusal(known.secure(known.sign(holders[1], known.challenge()))[1])
    assert known.is_closed()


@pytest.mark.parametrize("way_back", ["BAC", "PACE"])
def test_rights_vanish_with_the_field(t: EacTerminal, way_back: str) -> None:
    """ISO7816_K_18."""
    t.with_rights().open(way_back)
    assert t.is_closed()
    t.chip_authentication()
    assert t.is_closed()


def test_other_authentications_between(t: EacTerminal, holders: tuple[CvHolder, CvHolder]) -> None:
    """ISO7816_K_19: the files are read and Active Authentication is done between Chip and Terminal Authentication."""
    for file in (FileId.SOD, FileId.COM, FileId.DG1, FileId.DG14, FileId.DG15):
        assert t.reads(file)
    assert t.secure("00 88 00 00 08 0000000000000001 00")[1] == 0x9000
    t.show(*holders)
    assert t.secure("00 88 00 00 08 0000000000000002 00")[1] == 0x9000
    assert t.authenticate(holders[1]) == 0x9000
    assert t.reads(DG3)


def test_without_chip_authentication(way: str, holders: tuple[CvHolder, CvHolder]) -> None:
    """9303-11-7.1.3-4: whatever key it signs for, even with the one of another session's Chip Authentication."""
    t = EacTerminal().open(way).show(*holders)
    for key in (b"", bytes(32), t.id_ic):
        t.terminal_key = key
        assert t.authenticate(holders[1]) == 0x6982
    assert t.is_closed()
    assert t.is_alive()


def test_after_chip_authentication_mapping(holders: tuple[CvHolder, CvHolder]) -> None:
    """9303-11 §7.1.2: PACE-CAM stands for Chip Authentication; with the generic mapping nothing does."""
    t = EacTerminal(image("mapped"))
    for choice in t.pace_choices():
        t.pace(choice=choice)
        t.secure(SELECT_APPLICATION)
        t.show(*holders)
        proved = t.run is not None and t.run.chip_authentication is not None
        assert t.authenticate(holders[1]) == (0x9000 if proved else 0x6982)
        assert t.reads(DG3) is proved


def test_the_signature_is_for_this_chip_and_this_key(known: EacTerminal, holders: tuple[CvHolder, CvHolder]) -> None:
    """Another chip's number, or another key than that of Chip Authentication, and nothing is proven."""
    id_ic, key = known.id_ic, known.terminal_key
    for known.id_ic, known.terminal_key in ((b"C012345697", key), (id_ic, bytes(32)), (b"", key), (id_ic + b"\0", key)):
        assert known.authenticate(holders[1]) == 0x6300
    known.id_ic, known.terminal_key = id_ic, key
    assert known.authenticate(holders[1]) == 0x9000


def test_a_session_of_bac_is_not_known_by_pace(holders: tuple[CvHolder, CvHolder]) -> None:
    """ID_IC of one way does not serve on the other."""
    by_bac, by_pace = EacTerminal().open("BAC"), EacTerminal().open("PACE")
    for t, other in ((by_bac, by_pace.id_ic), (by_pace, by_bac.id_ic)):
        t.chip_authentication().show(*holders)
        t.id_ic = other
        assert t.authenticate(holders[1]) == 0x6300


def test_a_second_one_in_the_session(t: EacTerminal, holders: tuple[CvHolder, CvHolder]) -> None:
    """9303-11-7.1.3-2: refused, with the same terminal and with another one, and the rights stay as they were."""
    t.with_rights(0x83, 0x01)
    dv, other = plan().terminal(0x83, 0x03)
    t.show(dv, other)
    assert t.secure(set_at_terminal(other.reference)) == (b"", 0x6982)
    assert t.secure(t.sign(other, t.challenge())) == (b"", 0x6982)
    assert (t.reads(DG3), t.reads(DG4)) == (True, False)


def test_after_a_second_chip_authentication_there_is_none(t: EacTerminal, holders: tuple[CvHolder, CvHolder]) -> None:
    t.with_rights().chip_authentication(3)
    assert t.is_closed()
    t.show(*holders)
    assert t.secure(set_at_terminal(holders[1].reference)) == (b"", 0x6982)


def test_a_failed_one_may_be_tried_again(known: EacTerminal, holders: tuple[CvHolder, CvHolder]) -> None:
    """9303-11-7.1.3-3."""
    assert known.secure(set_at_terminal(holders[1].reference)) == (b"", 0x9000)
    signed = known.sign(holders[1], known.challenge())
    assert known.secure(replace(signed, data=signed.data[:-1] + bytes((signed.data[-1] ^ 1,)))) == (b"", 0x6300)
    assert known.is_alive()
    assert known.is_closed()
    assert known.authenticate(holders[1]) == 0x9000
    assert known.reads(DG3)


@pytest.mark.parametrize("size", [0, 1, 63, 65, 255, 1000])
def test_a_signature_of_another_length(known: EacTerminal, size: int, holders: tuple[CvHolder, CvHolder]) -> None:
    """ISO7816_L_11, ISO7816_L_12 and their neighbours."""
    assert known.secure(set_at_terminal(holders[1].reference)) == (b"", 0x9000)
    known.challenge()
    assert is_refusal(known.secure(CommandAPDU(0, 0x82, 0, 0, bytes(size)))[1])
    assert known.is_closed()
    assert known.is_alive()


# Unit L: rights ----------------------------------------------------------------------------------------------------


RIGHTS = {
    "L_1, L_2: DV 3+4, IS 3": (0x83, 0x01),
    "ISO7816_L_3, ISO7816_L_4: DV 3+4, IS 4": (0x83, 0x02),
    "ISO7816_L_5, ISO7816_L_6: DV 3, IS 3+4": (0x81, 0x03),
    "ISO7816_L_7, ISO7816_L_8: DV 4, IS 3+4": (0x82, 0x03),
    "both": (0x83, 0x03),
    "DV 3, IS 4": (0x81, 0x02),
    "DV 4, IS 3": (0x82, 0x01),
    "none": (0x83, 0x00),
    "DV none": (0x80, 0x03),
    "foreign": (0x43, 0x03),
    "foreign, DG3": (0x41, 0x03),
}


@pytest.mark.parametrize("case", RIGHTS)
def test_rights_are_anded(t: EacTerminal, case: str) -> None:
    """9303-11-7.1.4.3.6-1."""
    verifier, terminal = RIGHTS[case]
    t.with_rights(verifier, terminal)
    granted = verifier & terminal
    assert (t.reads(DG3), t.reads(DG4)) == (bool(granted & 1), bool(granted & 2))
    assert t.reads(FileId.DG1)


@pytest.mark.parametrize("octet", [0xC1, 0xC2, 0xC0])
def test_the_authoritys_rights_count_too(way: str, octet: int) -> None:
    """9303-11-7.1.4.3.6-1: the chip trusts an authority that may grant less."""
    groups = tuple(group for group, bit in ((3, 1), (4, 2)) if octet & bit)
    cvca = TestCvca.create(CVCA, profile=CvProfile(EFFECTIVE, data_groups=groups))
    dv = cvca.issue_verifier(profile=CvProfile(EFFECTIVE))
    terminal = dv.issue_terminal(profile=CvProfile(EFFECTIVE))
    t = EacTerminal(replace(image(), trust_points=(cvca.raw,))).open(way).chip_authentication().show(dv, terminal)
    assert t.authenticate(terminal) == 0x9000
    assert (t.reads(DG3), t.reads(DG4)) == (bool(octet & 1), bool(octet & 2))


def test_reserved_bits_are_ignored(t: EacTerminal) -> None:
    """9303-11-7.1.4.3.6-3."""
    rights = HolderAuthorisation(TerminalType.INSPECTION_SYSTEM, b"\x3d")
    dv = plan().cvca.issue_verifier("DETESTDVDE00020", profile=CvProfile(EFFECTIVE))
    terminal = dv.issue_terminal("DETESTISDE00020", profile=CvProfile(EFFECTIVE, authorisation=rights))
    t.show(dv, terminal)
    assert t.authenticate(terminal) == 0x9000
    assert (t.reads(DG3), t.reads(DG4)) == (True, False)


@pytest.mark.parametrize("file", [DG3, DG4], ids=["ISO7816_L_9", "L_10"])
def test_certificates_alone_open_nothing(known: EacTerminal, file: FileId, holders: tuple[CvHolder, CvHolder]) -> None:
    """The chain is verified, the challenge given, and the signature does not come."""
    assert known.secure(set_at_terminal(holders[1].reference)) == (b"", 0x9000)
    known.challenge()
    assert not known.reads(file)


@pytest.mark.parametrize("kind", [PasswordKind.CAN, PasswordKind.MRZ])
def test_pace_after_pace(kind: PasswordKind) -> None:
    """ISO7816_L_14, 9303-11-7.1.3-1: the second run succeeds, and the rights of the first are gone, and its keys."""
    t = EacTerminal().open("PACE").chip_authentication().with_rights()
    old = t.session
    assert t.reads(DG3)
    assert t.secure("00 A4 00 0C") == (b"", 0x9000)
    t.pace(kind, inside=True)
    assert t.secure(SELECT_APPLICATION) == (b"", 0x9000)
    assert t.is_closed()
    t.chip_authentication()
    assert t.is_closed()
    t.with_rights()
    assert t.reads(DG3)
    t.assert_dead(old)


def test_a_failed_pace_after_terminal_authentication() -> None:
    """ISO7816_L_14, where the second run fails: nothing is won by it."""
    t = EacTerminal().open("PACE").chip_authentication().with_rights(0x83, 0x01)
    with pytest.raises(WrongPassword):
        t.pace(Password.from_text(PasswordKind.CAN, "000000"), inside=True)
    assert (t.reads(DG3), t.reads(DG4)) == (True, False)


def test_bac_after_pace() -> None:
    """ISO7816_L_15: under secure messaging BAC's commands are Terminal Authentication's, and refused."""
    t = EacTerminal().open("PACE").chip_authentication().with_rights()
    assert t.secure("00 A4 00 0C") == t.secure(SELECT_APPLICATION) == (b"", 0x9000)
    t.challenge()
    assert t.secure("00 82 00 00 28 " + "00" * 40 + "28") == (b"", 0x6982)
    assert t.is_alive()


def test_bac_anew_after_pace() -> None:
    """ISO7816_L_15, outside secure messaging: a new session without rights."""
    t = EacTerminal().open("PACE").chip_authentication().with_rights()
    t.plain(SELECT_APPLICATION)
    old = t.session
    t.session = run(bac(t.mrz, system_random), t.card)
    assert t.is_closed()
    t.assert_dead(old)


def test_pace_after_bac() -> None:
    """ISO7816_L_16: refused, and the session of BAC goes on with its rights."""
    t = EacTerminal().open("BAC").chip_authentication().with_rights()
    assert t.secure("00 A4 00 0C") == (b"", 0x9000)
    for kind in (1, 2):
        assert t.secure(set_at_pace(t.pace_choices()[0], kind)) == (b"", 0x6985)
    assert t.secure(SELECT_APPLICATION) == (b"", 0x9000)
    assert t.reads(DG3)


def test_rights_end_with_a_plain_command(t: EacTerminal, way: str) -> None:
    """9303-11-9.8.3-7."""
    t.with_rights()
    assert t.reads(DG3)
    t.plain("00 84 00 00 08")
    t.assert_dead()
    t.card.transmit(bytes.fromhex("00A4000C"))
    t.open(way).chip_authentication()
    assert t.is_closed()


def test_rights_end_with_a_wrong_mac(t: EacTerminal, way: str) -> None:
    t.with_rights()
    assert t.session is not None
    wire = t.session.protect_command(bytes.fromhex("00B0830001"))
    assert t.raw(wire[:-2] + bytes((wire[-2] ^ 1,)) + wire[-1:]) == (b"", 0x6988)
    t.assert_dead()
    t.open(way).chip_authentication()
    assert t.is_closed()
