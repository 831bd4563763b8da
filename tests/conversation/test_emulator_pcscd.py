# SPDX-License-Identifier: Apache-2.0
"""The emulated chip in the virtual reader of a real PC/SC service, seen by clients that are not ours."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from shutil import which

import pytest

import chipid
from chipid.emulator import faults
from chipid.emulator.icc import EmulatedCard
from chipid.emulator.vpcd import Ending, Presentation, presented
from chipid.errors import CardRemoved, NoReader
from chipid.iso7816.file_ids import FileId
from chipid.iso7816.secure_messaging import SecureMessaging
from chipid.pytest_plugin import VIRTUAL_READER as READER

scard = pytest.importorskip("smartcard.scard", reason="pyscard is not installed")
pytestmark = [pytest.mark.pcscd, pytest.mark.usefixtures("chipid_virtual_reader")]

SELECT_APPLICATION = "00A4040C07A0000002471001"


@pytest.fixture
def card(chip_image) -> EmulatedCard:
    return EmulatedCard(chip_image)


@pytest.fixture
def laid_on(card: EmulatedCard) -> Iterator[Presentation]:
    try:
        with presented(card) as presentation:
            wait_for_card()
            yield presentation
    except NoReader as error:
        pytest.skip(f"the virtual reader is taken: {error}")
    wait_for_card(present=False)


def wait_for_card(present: bool = True) -> None:
    """The driver looks for a card several times a second."""
    _, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
    try:
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline:
            status, states = scard.SCardGetStatusChange(context, 200, [(READER, scard.SCARD_STATE_UNAWARE)])
            if status == scard.SCARD_S_SUCCESS and bool(states[0][1] & scard.SCARD_STATE_PRESENT) == present:
                return
            time.sleep(0.05)
        pytest.fail(f"the card {'did not arrive in' if present else 'did not leave'} the reader {READER}")
    finally:
        scard.SCardReleaseContext(context)


def opensc(*arguments: str) -> str:
    if which("opensc-tool") is None:
        pytest.skip("opensc-tool is not installed")
    command = ["opensc-tool", "--reader", READER, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


class PcscChannel:
    """The PC/SC service as a channel, for the tests' terminal."""

    def __init__(self, card: EmulatedCard) -> None:
        self.image = card.image
        _, self._context = scard.SCardEstablishContext(scard.SCARD_SCOPE_USER)
        status, self._card, self._protocol = scard.SCardConnect(
            self._context, READER, scard.SCARD_SHARE_SHARED, scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
        )
        assert status == scard.SCARD_S_SUCCESS, scard.SCardGetErrorMessage(status)

    def transmit(self, command: bytes) -> bytes:
        protocol = scard.SCARD_PCI_T1 if self._protocol == scard.SCARD_PROTOCOL_T1 else scard.SCARD_PCI_T0
        status, answer = scard.SCardTransmit(self._card, protocol, list(command))
        if status != scard.SCARD_S_SUCCESS or not answer:
            raise CardRemoved(scard.SCardGetErrorMessage(status))
        return bytes(answer)

    def reset(self) -> None:
        scard.SCardReconnect(self._card, scard.SCARD_SHARE_SHARED, self._protocol, scard.SCARD_RESET_CARD)

    def close(self) -> None:
        scard.SCardDisconnect(self._card, scard.SCARD_RESET_CARD)
        scard.SCardReleaseContext(self._context)


@pytest.fixture
def pcsc_terminal(laid_on: Presentation, card: EmulatedCard, terminal):
    with closing(PcscChannel(card)) as channel:
        t = terminal()
        t.card = channel
        yield t


def test_opensc_sees_the_atr(laid_on: Presentation, card: EmulatedCard) -> None:
    assert opensc("--atr").strip().replace(":", "") == card.atr.hex()


def test_opensc_sees_the_answers(laid_on: Presentation) -> None:
    said = opensc("--send-apdu", SELECT_APPLICATION, "--send-apdu", "00B0810001", "--send-apdu", "00A4040C07A000000247107F")
    assert [line[line.index("SW1=") :] for line in said.splitlines() if "SW1=" in line] == [
        "SW1=0x90, SW2=0x00)",
        "SW1=0x69, SW2=0x82)",
        "SW1=0x6A, SW2=0x82)",
    ]


def test_opensc_reads_card_access(laid_on: Presentation, card: EmulatedCard) -> None:
    said = opensc("--send-apdu", "00B09C0000")
    shown = "".join(octet for line in said.splitlines() for octet in line[:48].split() if len(octet) == 2)
    assert card.image.files[FileId.CARD_ACCESS].hex().upper() in shown


@pytest.mark.parametrize("extended", [False, True])
def test_a_session_through_the_service(pcsc_terminal, way: str, extended: bool) -> None:
    t = pcsc_terminal.open(way)
    dg2 = t.card.image.files[FileId.DG2]
    le, step = ("00 40 00", 0x4000) if extended else ("DF", 0xDF)
    read = b""
    assert t.secure("00 B0 82 00 01")[1] == 0x9000
    while len(read) < 0x4000:
        data, sw = t.secure(f"00 B0 {len(read):04X} {le}")
        assert (len(data), sw) == (step, 0x9000)
        read += data
    assert read == dg2[: len(read)]
    run = t.chip_authentication()
    t.session = run.session
    assert isinstance(t.session, SecureMessaging)
    assert t.secure("00 B0 81 00 01") == (b"\x61", 0x9000)
    assert len(t.secure("00 88 00 00 00 00 08 0000000000000001 00 00")[0]) == 256


def test_a_card_pulled_in_the_middle_and_laid_on_again(chip_image, terminal) -> None:
    card = EmulatedCard(chip_image, faults=[faults.LoseCardAt(6)])
    t = terminal()
    with presented(card) as presentation:
        wait_for_card()
        with closing(PcscChannel(card)) as t.card:
            t.bac()
            assert read_until_lost(t) == 6 - 4  # three commands opened the session, and the sixth is not answered
        assert presentation.wait(10) is Ending.WITHDRAWN
        wait_for_card(present=False)
        # A failed reset says "empty" at once; the service's own look at the slot, several times a second, has to see it too.
        time.sleep(1.5)
        presentation.insert()
        wait_for_card()
        with closing(PcscChannel(card)) as t.card:
            assert t.bac().secure("00 B0 81 00 01") == (b"\x61", 0x9000)
    wait_for_card(present=False)


def read_until_lost(t) -> int:
    for answered in range(10):
        try:
            t.secure("00 B0 81 00 01")
        except CardRemoved:
            return answered
    return 10


def test_a_reset_by_the_reader_ends_the_session(pcsc_terminal) -> None:
    t = pcsc_terminal.bac()
    wire = t.session.protect_command(bytes.fromhex("00B0810001"))
    t.card.reset()
    assert t.card.transmit(wire) == bytes.fromhex("6982")


def test_a_card_read_and_verified_through_the_service(chipid_card_factory, chipid_keys, chipid_trust) -> None:
    card = chipid_card_factory()
    with presented(card):
        wait_for_card()
        evidence = chipid.read(chipid_keys, reader=READER)
    assert evidence.atr == card.atr
    assert evidence.files[FileId.DG2] == card.image.files[FileId.DG2]
    assert chipid.verify(evidence, trust=chipid_trust).accepted
    wait_for_card(present=False)
