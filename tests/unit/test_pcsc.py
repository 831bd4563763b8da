# SPDX-License-Identifier: Apache-2.0
"""readers/pcsc.py against a scripted PC/SC service: each return code, and what the person at the counter is told."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from chipid.errors import CardRemoved, NoCard, NoReader, NotInstalled, ReaderError, TransmitFailed
from chipid.readers import pcsc, pcsc_errors
from chipid.readers.t0 import PARTS_LIMIT, transmit_t0

CONTACTLESS = bytes.fromhex("3B8F8001804F0CA000000306030001000000006A")
CONTACT = bytes.fromhex("3B9F95801FC78031E073FE211B63")
SELECT = bytes.fromhex("00A4040C07A0000002471001")


@dataclass
class FakeService:
    """The functions of ``smartcard.scard`` that chipid calls, with the constants of pcsc-lite."""

    cards: dict[str, bytes] = field(default_factory=dict)
    codes: dict[str, list[int]] = field(default_factory=dict)
    answers: list[list[int]] = field(default_factory=list)
    protocol: int = 2
    script: list[Callable[[FakeService], None]] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    sent: list[bytes] = field(default_factory=list)
    signed: bool = False
    mute: bool = False

    SCARD_SCOPE_USER = 0
    SCARD_STATE_UNAWARE = 0x0000
    SCARD_STATE_CHANGED = 0x0002
    SCARD_STATE_EMPTY = 0x0010
    SCARD_STATE_PRESENT = 0x0020
    SCARD_STATE_EXCLUSIVE = 0x0080
    SCARD_STATE_INUSE = 0x0100
    SCARD_STATE_MUTE = 0x0200
    SCARD_SHARE_EXCLUSIVE = 1
    SCARD_PROTOCOL_T0 = 1
    SCARD_PROTOCOL_T1 = 2
    SCARD_PCI_T0 = 100
    SCARD_PCI_T1 = 101
    SCARD_RESET_CARD = 1
    SCARD_E_TIMEOUT = pcsc_errors.TIMEOUT

    def code(self, call: str) -> int:
        self.calls.append(call)
        queue = self.codes.get(call, [])
        code = queue.pop(0) if queue else 0
        return code - (1 << 32) if self.signed and code else code

    def flags(self, name: str) -> int:
        if name not in self.cards or not self.cards[name]:
            return self.SCARD_STATE_EMPTY
        return self.SCARD_STATE_PRESENT | (self.SCARD_STATE_MUTE if self.mute else 0)

    def SCardEstablishContext(self, scope):  # noqa: N802
        return self.code("EstablishContext"), 7

    def SCardReleaseContext(self, handle):  # noqa: N802
        return self.code("ReleaseContext")

    def SCardListReaders(self, handle, groups):  # noqa: N802
        return self.code("ListReaders"), list(self.cards)

    def SCardGetStatusChange(self, handle, timeout, states):  # noqa: N802
        code = self.code("GetStatusChange")
        if timeout and self.script:
            self.script.pop(0)(self)
        new = [
            (name, self.flags(name) | self.SCARD_STATE_CHANGED, list(self.cards.get(name, b""))) for name, _ in states
        ]
        return code, new

    def SCardConnect(self, handle, reader, share, protocols):  # noqa: N802
        assert share == self.SCARD_SHARE_EXCLUSIVE
        self.connected = reader
        return self.code("Connect"), 9, self.protocol

    def SCardReconnect(self, handle, share, protocols, disposition):  # noqa: N802
        return self.code("Reconnect"), self.protocol

    def SCardStatus(self, handle):  # noqa: N802
        return self.code("Status"), self.connected, 0, self.protocol, list(self.cards[self.connected])

    def SCardTransmit(self, handle, pci, octets):  # noqa: N802
        assert isinstance(octets, list)
        assert pci == (self.SCARD_PCI_T0 if self.protocol == 1 else self.SCARD_PCI_T1)
        self.sent.append(bytes(octets))
        code = self.code("Transmit")
        return code, [] if code else (self.answers.pop(0) if self.answers else [0x90, 0x00])

    def SCardDisconnect(self, handle, disposition):  # noqa: N802
        assert disposition == self.SCARD_RESET_CARD
        return self.code("Disconnect")


class Clock:
    """Stands for the module ``time``: sleeping moves it, and so does looking at it, a little."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        self.now += 0.01
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> FakeService:
    fake = FakeService(cards={"Reader A 00 00": b"", "Reader B 00 00": CONTACTLESS})
    monkeypatch.setattr(pcsc, "_pyscard", lambda: fake)
    monkeypatch.setattr(pcsc, "time", Clock())
    return fake


def lay_on(reader: str, atr: bytes = CONTACTLESS) -> Callable[[FakeService], None]:
    return lambda service: service.cards.__setitem__(reader, atr)


def take_off(reader: str) -> Callable[[FakeService], None]:
    return lay_on(reader, b"")


# Listing ---------------------------------------------------------------------------------------------------------


def test_lists_readers_and_lets_the_service_go(service: FakeService) -> None:
    assert pcsc.list_readers() == ["Reader A 00 00", "Reader B 00 00"]
    assert service.calls == ["EstablishContext", "ListReaders", "ReleaseContext"]


def test_states_tell_what_lies_on_each_reader(service: FakeService) -> None:
    empty, full = pcsc.reader_states()
    assert (empty.card_present, empty.atr) == (False, b"")
    assert (full.card_present, full.atr, full.mute) == (True, CONTACTLESS, False)


def test_a_mute_card_is_told(service: FakeService) -> None:
    service.mute = True
    assert [state.mute for state in pcsc.reader_states()] == [False, True]


@pytest.mark.parametrize("code", sorted(pcsc_errors.UNPLUGGED))
def test_no_reader_attached_is_an_empty_list(service: FakeService, code: int) -> None:
    service.codes["ListReaders"] = [code]
    assert pcsc.list_readers() == []


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("code", sorted(pcsc_errors.NO_SERVICE_CODES))
def test_no_service(service: FakeService, code: int, signed: bool) -> None:
    service.codes["EstablishContext"] = [code]
    service.signed = signed
    with pytest.raises(NoReader, match="no PC/SC service") as caught:
        pcsc.list_readers()
    assert "pcscd" in (caught.value.hint or "")


def test_a_service_that_denies_access_is_told_from_one_that_is_not_there(service: FakeService) -> None:
    service.codes["EstablishContext"] = [pcsc_errors.SECURITY_VIOLATION]
    with pytest.raises(NoReader, match="denies access") as caught:
        pcsc.list_readers()
    assert "polkit" in (caught.value.hint or "")


def test_without_pyscard_there_is_a_hint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "smartcard", None)
    with pytest.raises(NotInstalled, match="pyscard is not installed") as caught:
        pcsc.list_readers()
    assert caught.value.hint == "Install it, in your clone of chipid: pip install '.[pcsc]'"


def test_importing_the_module_does_not_import_pyscard() -> None:
    code = "import sys, chipid.readers.pcsc; sys.exit('smartcard' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# Watching --------------------------------------------------------------------------------------------------------


def test_watching_yields_once_for_each_change(service: FakeService) -> None:
    service.script = [lambda s: None, lay_on("Reader A 00 00"), lambda s: None, lambda s: s.cards.pop("Reader B 00 00")]
    seen = [[(state.name[7], state.card_present) for state in states] for states in pcsc.watch_readers(timeout=3)]
    assert seen == [[("A", False), ("B", True)], [("A", True), ("B", True)], [("A", True)]]


def test_watching_goes_on_while_no_reader_is_attached(service: FakeService) -> None:
    service.cards = {}
    asked = iter([False, False, False, True])
    assert list(pcsc.watch_readers(cancelled=lambda: next(asked))) == [[]]


def test_watching_ends_with_the_service(service: FakeService) -> None:
    service.codes["GetStatusChange"] = [0, pcsc_errors.NO_SERVICE]
    watched = pcsc.watch_readers()
    next(watched)
    with pytest.raises(NoReader, match="no PC/SC service"):
        next(watched)
    assert service.calls[-1] == "ReleaseContext"


# Waiting ---------------------------------------------------------------------------------------------------------


def test_takes_the_reader_that_has_a_card(service: FakeService) -> None:
    with pcsc.wait_for_card() as card:
        assert card.reader == "Reader B 00 00"
        assert card.atr == CONTACTLESS
        assert card.protocol == "T=1"


def test_the_contactless_card_goes_before_the_operators_own(service: FakeService) -> None:
    service.cards["Reader A 00 00"] = CONTACT
    with pcsc.wait_for_card() as card:
        assert card.reader == "Reader B 00 00"


def test_waits_until_a_card_comes(service: FakeService) -> None:
    service.cards["Reader B 00 00"] = b""
    service.script = [lambda s: None, lay_on("Reader A 00 00")]
    with pcsc.wait_for_card(timeout=5) as card:
        assert card.reader == "Reader A 00 00"


@pytest.mark.parametrize("name", ["Reader A 00 00", "reader a", "A 00"])
def test_a_named_reader_is_the_only_one_looked_at(service: FakeService, name: str) -> None:
    with pytest.raises(NoCard, match="in time"):
        pcsc.wait_for_card(name, timeout=1)
    assert "Connect" not in service.calls


def test_a_name_that_fits_two_readers_is_refused(service: FakeService) -> None:
    with pytest.raises(NoReader, match="fits 2 readers") as caught:
        pcsc.wait_for_card("Reader")
    assert "Reader A 00 00; Reader B 00 00" in (caught.value.hint or "")


def test_a_name_that_is_a_part_of_another_is_that_reader(service: FakeService) -> None:
    service.cards = {"Reader": CONTACTLESS, "Reader 2": CONTACTLESS}
    with pcsc.wait_for_card("Reader") as card:
        assert card.reader == "Reader"


def test_a_name_that_fits_no_reader_is_refused(service: FakeService) -> None:
    with pytest.raises(NoReader, match="no reader is called 'Other'") as caught:
        pcsc.wait_for_card("Other")
    assert "Reader B 00 00" in (caught.value.hint or "")


def test_no_reader_attached(service: FakeService) -> None:
    service.cards = {}
    with pytest.raises(NoReader, match="no card reader is attached"):
        pcsc.wait_for_card()


def test_a_reader_unplugged_while_waiting(service: FakeService) -> None:
    service.cards = {"Reader A 00 00": b""}
    service.script = [lambda s: s.cards.clear()]
    with pytest.raises(NoReader, match="no card reader"):
        pcsc.wait_for_card(timeout=5)


def test_no_card_in_time(service: FakeService) -> None:
    service.cards["Reader B 00 00"] = b""
    with pytest.raises(NoCard, match="in time") as caught:
        pcsc.wait_for_card(timeout=0)
    assert caught.value.hint
    assert service.calls[-1] == "ReleaseContext"


def test_a_wait_can_be_cancelled(service: FakeService) -> None:
    service.cards["Reader B 00 00"] = b""
    asked = iter([False, True])
    with pytest.raises(NoCard, match="cancelled"):
        pcsc.wait_for_card(timeout=None, cancelled=lambda: next(asked))


@pytest.mark.parametrize("code", sorted(pcsc_errors.RETRY_CONNECT))
def test_a_card_that_is_just_being_laid_on_is_tried_again(service: FakeService, code: int) -> None:
    service.codes["Connect"] = [code, code]
    with pcsc.wait_for_card(timeout=10) as card:
        assert card.transmit(SELECT) == b"\x90\x00"
    assert service.calls.count("Connect") == 3


def test_a_card_that_stays_mute(service: FakeService) -> None:
    service.codes["Connect"] = [pcsc_errors.UNRESPONSIVE_CARD] * 1000
    with pytest.raises(TransmitFailed, match="does not answer") as caught:
        pcsc.wait_for_card(timeout=1)
    assert "flat" in (caught.value.hint or "")


def test_a_card_that_another_program_keeps_is_not_waited_for_long(service: FakeService) -> None:
    service.codes["Connect"] = [pcsc_errors.SHARING_VIOLATION] * 1000
    with pytest.raises(TransmitFailed, match="another program holds the card") as caught:
        pcsc.wait_for_card(timeout=None)
    assert "Close the other programs" in (caught.value.hint or "")


def test_a_mute_card_that_is_taken_off_leaves_no_card(service: FakeService) -> None:
    service.codes["Connect"] = [pcsc_errors.UNRESPONSIVE_CARD]
    look = service.SCardListReaders

    def second_look(handle, groups):
        if "Connect" in service.calls:
            service.cards["Reader B 00 00"] = b""
        return look(handle, groups)

    service.SCardListReaders = second_look  # type: ignore[method-assign]
    with pytest.raises(NoCard):
        pcsc.wait_for_card(timeout=1)


def test_a_card_that_cannot_be_connected_to_at_all(service: FakeService) -> None:
    service.codes["Connect"] = [pcsc_errors.PROTO_MISMATCH]
    with pytest.raises(TransmitFailed, match="no transmission protocol"):
        pcsc.wait_for_card(timeout=10)
    assert service.calls[-1] == "ReleaseContext"


def test_a_card_lost_between_connecting_and_its_atr_is_tried_again(service: FakeService) -> None:
    service.codes["Status"] = [pcsc_errors.REMOVED_CARD]
    with pcsc.wait_for_card(timeout=5):
        pass
    assert service.calls.count("Connect") == 2
    assert service.calls.count("Disconnect") == 2


# Exchanging ------------------------------------------------------------------------------------------------------


def test_octets_go_out_and_come_back_as_octets(service: FakeService) -> None:
    service.answers = [[0x6A, 0x82], [-1, 0x90, 0x00]]  # some drivers give signed octets
    with pcsc.wait_for_card() as card:
        assert card.transmit(SELECT) == b"\x6a\x82"
        assert card.transmit(SELECT) == b"\xff\x90\x00"
    assert service.sent == [SELECT, SELECT]


def test_closing_resets_the_card_once(service: FakeService) -> None:
    card = pcsc.wait_for_card()
    card.close()
    card.close()
    assert service.calls[-2:] == ["Disconnect", "ReleaseContext"]
    assert service.calls.count("Disconnect") == 1
    with pytest.raises(TransmitFailed, match="closed"):
        card.transmit(SELECT)


def test_resetting_keeps_the_card(service: FakeService) -> None:
    with pcsc.wait_for_card() as card:
        card.reset()
        assert "Reconnect" in service.calls
        assert card.transmit(SELECT) == b"\x90\x00"
        service.codes["Reconnect"] = [pcsc_errors.REMOVED_CARD]
        with pytest.raises(CardRemoved):
            card.reset()


EXCHANGE_ERRORS: list[tuple[int, type[ReaderError], str]] = [
    (pcsc_errors.REMOVED_CARD, CardRemoved, "left the reader"),
    (pcsc_errors.NO_SMARTCARD, CardRemoved, "left the reader"),
    (pcsc_errors.READER_UNAVAILABLE, NoReader, "unplugged"),
    (pcsc_errors.UNKNOWN_READER, NoReader, "unplugged"),
    (pcsc_errors.NO_SERVICE, NoReader, "no PC/SC service"),
    (pcsc_errors.SERVICE_STOPPED, NoReader, "no PC/SC service"),
    (pcsc_errors.SYSTEM_CANCELLED, NoReader, "no PC/SC service"),
    (pcsc_errors.RESET_CARD, TransmitFailed, "reset, or taken off"),
    (pcsc_errors.UNRESPONSIVE_CARD, TransmitFailed, "does not answer"),
    (pcsc_errors.UNPOWERED_CARD, TransmitFailed, "does not answer"),
    (pcsc_errors.NOT_TRANSACTED, TransmitFailed, "failed .PC/SC 80100016"),
    (pcsc_errors.COMM_ERROR, TransmitFailed, "failed"),
    (pcsc_errors.COMM_DATA_LOST, TransmitFailed, "failed"),
    (pcsc_errors.TIMEOUT, NoCard, "wait ended"),
    (0x80100004, TransmitFailed, "PC/SC 80100004"),
    (0x00000001, TransmitFailed, "PC/SC 00000001"),
]


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize(("code", "kind", "message"), EXCHANGE_ERRORS)
def test_each_code_is_its_own_error(
    service: FakeService, code: int, kind: type[ReaderError], message: str, signed: bool
) -> None:
    with pcsc.wait_for_card() as card:
        service.signed = signed and code > 0x7FFFFFFF
        service.codes["Transmit"] = [code]
        with pytest.raises(kind, match=message) as caught:
            card.transmit(SELECT)
        assert type(caught.value) is kind
        assert caught.value.hint
        service.signed = False


@pytest.mark.parametrize("code", sorted(pcsc_errors.UNCERTAIN))
def test_a_vague_code_of_a_card_that_has_gone_is_a_removal(service: FakeService, code: int) -> None:
    with pcsc.wait_for_card() as card:
        service.codes["Transmit"] = [code]
        service.script = [lambda s: None, take_off("Reader B 00 00")]
        with pytest.raises(CardRemoved, match="left the reader while exchanging a command"):
            card.transmit(SELECT)


def test_a_reader_that_goes_while_the_card_is_looked_for(service: FakeService) -> None:
    with pcsc.wait_for_card() as card:
        service.codes["Transmit"] = [pcsc_errors.NOT_TRANSACTED]
        service.codes["GetStatusChange"] = [pcsc_errors.UNKNOWN_READER]
        with pytest.raises(TransmitFailed):
            card.transmit(SELECT)


@pytest.mark.parametrize("answer", [[], [0x90]])
def test_an_answer_without_status_word(service: FakeService, answer: list[int]) -> None:
    with pcsc.wait_for_card() as card:
        service.answers = [answer]
        with pytest.raises(TransmitFailed, match="without a status word"):
            card.transmit(SELECT)


def test_an_answer_without_status_word_from_a_card_that_has_gone(service: FakeService) -> None:
    with pcsc.wait_for_card() as card:
        service.answers = [[]]
        service.script = [take_off("Reader B 00 00")]
        with pytest.raises(CardRemoved):
            card.transmit(SELECT)


def test_a_card_shows_its_reader_and_nothing_else(service: FakeService) -> None:
    with pcsc.wait_for_card() as card:
        assert repr(card) == "<PcscCard on Reader B 00 00, T=1, open>"


# T=0 -------------------------------------------------------------------------------------------------------------


def test_t0_card_is_spoken_to_in_its_own_way(service: FakeService) -> None:
    service.protocol = 1
    service.answers = [[0x61, 0x02], [0xAA, 0xBB, 0x90, 0x00]]
    with pcsc.wait_for_card() as card:
        assert card.protocol == "T=0"
        assert card.transmit(bytes.fromhex("00A4040002A00000")) == b"\xaa\xbb\x90\x00"
    assert service.sent == [bytes.fromhex("00A4040002A000"), bytes.fromhex("00C0000002")]


def scripted(*answers: str) -> tuple[list[str], Callable[[bytes], bytes]]:
    sent: list[str] = []
    queue = [bytes.fromhex(answer) for answer in answers]

    def exchange(command: bytes) -> bytes:
        sent.append(command.hex())
        return queue.pop(0)

    return sent, exchange


def test_t0_corrects_le() -> None:
    sent, exchange = scripted("6c05", "01020304059000")
    assert transmit_t0(bytes.fromhex("00b0000000"), exchange) == bytes.fromhex("01020304059000")
    assert sent == ["00b0000000", "00b0000005"]


def test_t0_gathers_an_answer_in_parts() -> None:
    sent, exchange = scripted("6100", "01026102", "03049000")
    assert transmit_t0(bytes.fromhex("00b0000000"), exchange) == bytes.fromhex("010203049000")
    assert sent[1:] == ["00c0000000", "00c0000002"]


@pytest.mark.parametrize("part", [b"", bytes(250)])
def test_t0_gives_up_an_answer_that_does_not_end(part: bytes) -> None:
    sent: list[bytes] = []

    def exchange(command: bytes) -> bytes:
        sent.append(command)
        return part + b"\x61\xff"

    with pytest.raises(TransmitFailed, match="does not end"):
        transmit_t0(bytes.fromhex("00b0000000"), exchange)
    assert len(sent) == PARTS_LIMIT + 1


def test_t0_has_no_extended_length() -> None:
    with pytest.raises(TransmitFailed, match="short commands alone") as caught:
        transmit_t0(bytes.fromhex("00b00000000100"), lambda command: b"\x90\x00")
    assert "extended length" in (caught.value.hint or "")
