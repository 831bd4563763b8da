# SPDX-License-Identifier: Apache-2.0
"""Each quirk of docs/quirks.md, as a terminal sees it; without the fault the same command is answered by the standard."""

from __future__ import annotations

import pytest

from chipid.emulator import faults
from chipid.emulator.attacks import ReplayedActiveAuthentication
from chipid.emulator.link import Link
from chipid.errors import CardRemoved, SecureMessagingError, StatusError
from chipid.iso7816.file_ids import FileId

SELECT_APPLICATION = "00 A4 04 0C 07 A0000002471001"
SELECT_MF = "00 A4 00 0C 02 3F 00"
READ_DG1 = "00 B0 81 00 01"
READ_CARD_ACCESS = "00 B0 9C 00 01"
SET_AT = "00 22 C1 A4 0F 80 0A 04007F00070202040202 83 01 02"
SET_AT_WITH_PARAMETERS = "00 22 C1 A4 12 80 0A 04007F00070202040202 83 01 02 84 01 0D"
CHALLENGE = "08 0000000000000001"


@pytest.mark.parametrize(
    ("fault", "command", "answer", "without"),
    [
        (faults.SelectMfRefused(), SELECT_MF, 0x6D00, 0x9000),
        (faults.SelectMfRefused(0x6A86), "00 A4 00 0C", 0x6A86, 0x9000),
        (faults.SelectMfRefused(), "00 A4 02 0C 02 01 1C", 0x9000, 0x9000),
        (faults.CardAccessRefused(), READ_CARD_ACCESS, 0x6982, 0x9000),
        (faults.CardAccessRefused(0x6A82), "00 A4 02 0C 02 01 1C", 0x6A82, 0x9000),
        (faults.CardAccessRefused(0x6D00), "00 B1 00 1C 03 54 01 00 08", 0x6D00, 0x9000),
        (faults.CardAccessRefused(once_selected=True), READ_CARD_ACCESS, 0x9000, 0x9000),
        (faults.LeRefused(), "00 A4 04 00 07 A0000002471001 00", 0x6700, 0x9000),
        (faults.LeRefused(), SELECT_APPLICATION, 0x9000, 0x9000),
        (faults.LeRefused(), SET_AT + "00", 0x6700, 0x9000),
        (faults.BacNotOffered(), "00 82 00 00 28" + "00" * 40 + "28", 0x6A88, 0x6985),
        (faults.PaceNeedsTag84(), SET_AT, 0x6A80, 0x9000),
        (faults.PaceNeedsTag84(0x6A87), SET_AT, 0x6A87, 0x9000),
        (faults.PaceNeedsTag84(), SET_AT_WITH_PARAMETERS, 0x9000, 0x9000),
        (faults.PaceNeedsTag84(), "00 22 C1 A4 01 80", 0x6A80, 0x6A80),
        (faults.PaceFails(0x6300, step=0), SET_AT, 0x6300, 0x9000),
        (faults.NoExtendedLength(), "00 B0 9C 00 00 00 00", 0x6700, 0x9000),
        (faults.NoOddReadBinary(), "00 B1 00 1C 03 54 01 00 08", 0x6D00, 0x9000),
        (faults.LeLimit(7), "00 B1 00 1C 03 54 01 00 08", 0x6700, 0x9000),
        (faults.FileRefused(FileId.CARD_ACCESS, 0x6A82), READ_CARD_ACCESS, 0x6A82, 0x9000),
        (faults.FileRefused(FileId.COM), "00 B0 9E 00 01", 0x6A82, 0x6A82),  # in the MF this is EF.DIR
        (faults.ReadPastEndRefused(), "00 B0 9C 30 10", 0x6B00, 0x6282),
        (faults.EndOfFileWarning(), "00 B0 9C 30 06", 0x6282, 0x9000),
        (faults.EndOfFileWarning(), "00 B0 9C 30 05", 0x9000, 0x9000),
    ],
)
def test_plain_quirks(terminal, fault: faults.Fault, command: str, answer: int, without: int) -> None:
    assert terminal(fault).plain(command)[1] == answer
    assert terminal().plain(command)[1] == without


def test_card_access_that_closes_once_the_application_is_selected(terminal) -> None:
    t = terminal(faults.CardAccessRefused(0x6985, once_selected=True))
    t.plain(SELECT_APPLICATION)
    assert t.plain(READ_CARD_ACCESS) == (b"", 0x6985)
    t.plain(SELECT_MF)
    assert t.plain(READ_CARD_ACCESS)[1] == 0x9000


@pytest.mark.parametrize("step", [1, 2, 3, 4])
def test_pace_breaks_off_at_each_step(terminal, step: int) -> None:
    t = terminal(faults.PaceFails(0x6FFF, step=step))
    with pytest.raises(StatusError) as caught:
        t.pace()
    assert caught.value.sw == 0x6FFF
    assert t.card.exchanges == step + 1
    assert t.card.applet.session is None
    assert t.bac().secure(READ_DG1)[1] == 0x9000


def test_pace_failing_leaves_chip_authentication_alone(terminal) -> None:
    t = terminal(faults.PaceFails(0x6FFF, step=1), faults.PaceFails(0x6FFF, step=2)).bac()
    assert t.chip_authentication().session is not None


@pytest.mark.parametrize("fault", [faults.LeLimit(192), faults.BufferIncludesOverhead()])
def test_le_beyond_the_limit_is_refused_under_protection(terminal, way: str, fault: faults.Fault) -> None:
    t = terminal(fault).open(way)
    assert t.secure("00 B0 82 00 DF") == (b"", 0x6700)
    data, sw = t.secure("00 B0 82 00 80")
    assert (len(data), sw) == (128, 0x9000)
    assert len(terminal().open(way).secure("00 B0 82 00 DF")[0]) == 0xDF


def test_le_limit_takes_le_as_it_is(terminal, way: str) -> None:
    t = terminal(faults.LeLimit(192)).open(way)
    assert len(t.secure("00 B0 82 00 C0")[0]) == 192
    for le in ("C1", "00", "00 00 00"):
        assert t.secure(f"00 B0 82 00 {le}") == (b"", 0x6700)


def test_overhead_counts_only_what_is_sent(terminal, way: str) -> None:
    t = terminal(faults.BufferIncludesOverhead()).open(way)
    assert len(t.secure("00 B0 81 00 DF")[0]) < 128  # a short file fits, whatever Le says


@pytest.mark.parametrize("counted", [True, False])
def test_an_unprotected_status_may_or_may_not_count(terminal, way: str, counted: bool) -> None:
    t = terminal(faults.UnprotectedStatus(counted=counted)).open(way)
    before = int.from_bytes(t.session.ssc, "big")
    assert t.wire("00 B0 82 00 00 04 00") == (b"", 0x6700)
    t.session.ssc = (before + (2 if counted else 0)).to_bytes(len(t.session.ssc), "big")
    assert t.secure(READ_DG1)[1] == 0x9000


def test_an_unprotected_status_at_one_command(terminal, way: str) -> None:
    t = terminal(faults.UnprotectedStatus(0x6F00, at=20)).open(way)
    while t.card.exchanges < 19:
        t.secure(READ_DG1)
    assert t.wire(READ_DG1) == (b"", 0x6F00)


def test_no_extended_length_counts_nothing(terminal, way: str) -> None:
    t = terminal(faults.NoExtendedLength()).open(way)
    before = t.session.ssc
    assert t.wire("00 B0 82 00 00 04 00") == (b"", 0x6700)
    t.session.ssc = before
    assert t.secure(READ_DG1)[1] == 0x9000
    assert not t.card.link.extended_length


def test_no_extended_length_in_the_atr(terminal) -> None:
    assert terminal().card.atr.hex() == "3b858001807394214002"
    assert terminal(faults.NoExtendedLength()).card.atr.hex() == "3b858001807394210042"


def test_reading_past_the_end_may_break_the_mac(terminal, way: str) -> None:
    t = terminal(faults.ReadPastEndRefused(breaks_mac=True)).open(way)
    assert t.secure("00 B0 81 50 01")[1] == 0x9000
    with pytest.raises(SecureMessagingError) as caught:
        t.secure("00 B0 81 50 7F")
    assert caught.value.code == "sm-mac"
    plain = terminal(faults.ReadPastEndRefused(breaks_mac=True))
    assert plain.plain("00 B0 9C 30 10")[1] == 0x6282  # without a MAC there is none to break


def test_a_card_is_lost_once_and_works_when_laid_on_again(terminal, way: str) -> None:
    t = terminal(faults.LoseCardAt(12)).open(way)
    while t.card.exchanges < 11:
        assert t.secure(READ_DG1)[1] == 0x9000
    with pytest.raises(CardRemoved):
        t.secure(READ_DG1)
    with pytest.raises(CardRemoved):
        t.plain(READ_CARD_ACCESS)
    t.card.reset()
    for _ in range(20):
        assert t.plain(READ_CARD_ACCESS)[1] == 0x9000


def test_active_authentication_by_le(terminal, way: str) -> None:
    short, extended = f"00 88 00 00 {CHALLENGE} 00", f"00 88 00 00 00 00 {CHALLENGE} 00 00"
    australian = terminal(faults.ActiveAuthenticationNeedsExtendedLe()).open(way)
    assert australian.secure(short) == (b"", 0x9000)
    assert len(australian.secure(extended)[0]) == 256
    chinese = terminal(faults.ActiveAuthenticationRefusesExtendedLe()).open(way)
    assert chinese.secure(extended) == (b"", 0x6700)
    assert len(chinese.secure(short)[0]) == 256
    assert len(chinese.secure("00 B0 82 00 00")[0]) < 256  # reading still keeps to the short answer
    without = terminal(faults.NoExtendedLength()).open(way)
    assert len(without.secure(short)[0]) == 256


@pytest.mark.parametrize(
    ("lie", "code"),
    [
        (faults.PlaintextAnswer, "sm-malformed"),
        (faults.WrongMac, "sm-mac"),
        (faults.StatusWordChanged, "sm-status-differs"),
    ],
)
def test_lies_do_not_get_past_secure_messaging(terminal, way: str, lie: type[faults.Fault], code: str) -> None:
    t = terminal(lie(at=20)).open(way)
    while t.card.exchanges < 19:
        assert t.secure(READ_DG1)[1] == 0x9000
    with pytest.raises(SecureMessagingError) as caught:
        t.secure("00 B0 8D 00 01" if lie is faults.StatusWordChanged else "00 B0 81 00 08")
    assert caught.value.code == code


def test_lies_without_at_show_at_each_protected_command(terminal, way: str) -> None:
    t = terminal(faults.WrongMac())
    with pytest.raises(SecureMessagingError):
        t.open(way).secure(READ_DG1)
    assert t.plain(READ_CARD_ACCESS)[1] in (0x9000, 0x6982)  # plain answers have no MAC


def test_a_raw_answer_is_any_octets(terminal) -> None:
    t = terminal(faults.RawAnswer(b"\x01", at=2))
    assert t.card.transmit(bytes.fromhex("00B09C0001")) == b"\x31\x90\x00"
    assert t.card.transmit(bytes.fromhex("00B09C0001")) == b"\x01"


def test_a_replayed_signature(terminal, way: str) -> None:
    t = terminal(ReplayedActiveAuthentication(b"\xaa" * 128)).open(way)
    assert t.secure(f"00 88 00 00 {CHALLENGE} 00") == (b"\xaa" * 128, 0x9000)


def test_faults_compose_and_show_by_name(terminal) -> None:
    t = terminal(faults.SelectMfRefused(), faults.CardAccessRefused(), faults.LeLimit(112))
    assert t.plain(SELECT_MF)[1] == 0x6D00
    assert t.plain(READ_CARD_ACCESS)[1] == 0x6982
    assert repr(t.card) == "<EmulatedCard, faults: select-mf-refused, card-access-refused, le-limit>"
    assert repr(terminal().card) == "<EmulatedCard, faults: none>"


def test_a_fault_that_departs_nowhere(terminal, way: str) -> None:
    t = terminal(faults.Fault(), link=Link()).open(way)
    assert t.secure(READ_DG1) == (b"\x61", 0x9000)
