# SPDX-License-Identifier: Apache-2.0
"""Cards on PC/SC readers (PC/SC part 5; pcsc-lite, WinSCard, macOS). The only module that knows pyscard.

Its low-level interface is used: what it calls lists become octets here at once, and every return code becomes one of
the four reader errors, with a hint. pyscard is imported when first needed; chipid works without it where no reader is
asked for.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from chipid.errors import CardRemoved, NoCard, NoReader, NotInstalled, ReaderError, TransmitFailed
from chipid.readers.pcsc_errors import RETRY_CONNECT, SHARING, UNCERTAIN, UNPLUGGED, hresult, reader_error
from chipid.readers.t0 import transmit_t0

SLICE_MS = 250
"""Longest uninterrupted wait: how soon a new reader, a cancellation or Ctrl-C is noticed. A card is noticed at once."""

SHARING_PATIENCE = 2.0
"""Seconds to wait for another program to let go of the card: services that look at each new card do so quickly."""

REMOVAL_NOTICE_MS = 1000
"""How long the service may take to notice that a card has gone: pcsc-lite looks every 400 ms."""

Cancelled = Callable[[], bool]
"""Asked between the slices of a wait; ``True`` ends it."""


@dataclass(frozen=True)
class ReaderState:
    """One reader and what lies on it.

    :ivar atr: the card's answer to reset, empty without a card or while it does not answer.
    :ivar in_use: another program holds the card.
    :ivar mute: there is a card, and it does not answer.
    """

    name: str
    card_present: bool
    atr: bytes = b""
    in_use: bool = False
    mute: bool = False


def list_readers() -> list[str]:
    """The names of all readers, in the service's order; empty where none is attached.

    :raises NoReader: there is no PC/SC service. :raises NotInstalled: pyscard is missing, the extra ``pcsc``.
    """
    with _Context() as context:
        return context.readers()


def reader_states() -> list[ReaderState]:
    """All readers and what lies on them; errors as :func:`list_readers`."""
    with _Context() as context:
        return context.states(context.readers())


def watch_readers(timeout: float | None = None, cancelled: Cancelled | None = None) -> Iterator[list[ReaderState]]:
    """All readers now, and again after each change: a reader or a card that comes or goes.

    :param timeout: seconds after which the iteration ends, ``None`` for never.
    :param cancelled: ends the iteration.
    :raises NoReader: as :func:`list_readers`; also where the service goes away meanwhile.
    """
    wait = _Wait(timeout, cancelled)
    with _Context() as context:
        last: list[ReaderState] | None = None
        while True:
            states = context.states(context.readers())
            if states != last:
                last = states
                yield states
            if wait.over:
                return
            context.wait_for_change(wait.slice_ms())


def wait_for_card(
    reader: str | None = None, timeout: float | None = 30, cancelled: Cancelled | None = None
) -> PcscCard:
    """Wait for a card, and connect to it exclusively.

    :param reader: the reader's name, or a part that no other reader's name has, in any case of letters; ``None`` takes
        whichever reader has a card on it.
    :param timeout: seconds to wait, ``None`` for ever.
    :param cancelled: asked a few times a second; ``True`` ends the wait.
    :raises NoReader: no service, no reader attached, or not exactly one of that name.
    :raises NoCard: no card came in time, or the wait was cancelled.
    :raises TransmitFailed: the card does not answer, or another program holds it.
    """
    context = _Context()
    try:
        return _wait_for_card(context, reader, _Wait(timeout, cancelled))
    except BaseException:
        context.close()
        raise


def _wait_for_card(context: _Context, reader: str | None, wait: _Wait) -> PcscCard:
    trouble: ReaderError | None = None
    patience: _Wait | None = None
    while True:
        trouble = None
        states = context.states(_chosen(context.readers(), reader))
        for state in sorted((state for state in states if state.card_present), key=_contactless_first):
            try:
                return PcscCard(context, state.name)
            except _NotYetError as error:
                trouble = error.reason
                if error.held_by_other:
                    patience = patience or _Wait(SHARING_PATIENCE, None)
        if patience is not None and patience.over and trouble is not None:
            raise trouble
        if wait.over:
            raise trouble or _no_card(wait.was_cancelled, reader)
        if trouble is None:
            context.wait_for_change(wait.slice_ms())
        else:
            # A card that lies there and cannot be taken yet changes nothing that could be waited for.
            time.sleep(wait.slice_ms() / 1000)


def _contactless_first(state: ReaderState) -> bool:
    """Sorts a contactless card (ATR of PC/SC part 3 §3.1.3.2.3) before the operator's own card in a contact slot."""
    return not (state.atr[:1] == b"\x3b" and state.atr[2:4] == b"\x80\x01")


def _no_card(was_cancelled: bool, reader: str | None) -> NoCard:
    if was_cancelled:
        return NoCard("waiting for a card was cancelled")
    return NoCard(f"no card was laid on {'the reader' if reader is None else reader} in time")


def _chosen(names: list[str], wanted: str | None) -> list[str]:
    """The readers to look at: all of them, or the one that *wanted* names."""
    if not names:
        raise NoReader("no card reader is attached")
    if wanted is None:
        return names
    if wanted in names:
        return [wanted]
    fitting = [name for name in names if wanted.casefold() in name.casefold()]
    if len(fitting) == 1:
        return fitting
    if not fitting:
        raise NoReader(f"no reader is called {wanted!r}", hint=f"Attached: {'; '.join(names)}.")
    # One slot of a reader must never be taken for another: the operator says which card is meant.
    raise NoReader(f"{wanted!r} fits {len(fitting)} readers", hint=f"Name one of them: {'; '.join(fitting)}.")


class PcscCard:
    """One card, held exclusively from connecting to :meth:`close`: a :class:`chipid.iso7816.dialogue.Channel`.

    Use it as a context manager. Closing resets the card, so that nobody finds an open session on it.

    :ivar reader: the reader's full name.
    :ivar atr: the card's answer to reset.
    :ivar protocol: ``T=0`` or ``T=1``; contactless cards say ``T=1``.
    """

    def __init__(self, context: _Context, reader: str) -> None:
        self._context = context
        self._scard = context.scard
        self.reader = reader
        self._handle, protocol = self._connect()
        self.protocol = "T=0" if protocol == self._scard.SCARD_PROTOCOL_T0 else "T=1"
        self._pci = self._scard.SCARD_PCI_T0 if self.protocol == "T=0" else self._scard.SCARD_PCI_T1
        self._open = True
        self.atr = self._read_atr()

    def __repr__(self) -> str:
        return f"<PcscCard on {self.reader}, {self.protocol}, {'open' if self._open else 'closed'}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def transmit(self, command: bytes) -> bytes:
        """One command APDU out, one response APDU back.

        :raises CardRemoved: the card left the reader.
        :raises NoReader: the reader was unplugged, or the service ended.
        :raises TransmitFailed: the exchange failed otherwise.
        """
        if not self._open:
            raise TransmitFailed("the connection to the card has been closed")
        if self.protocol == "T=0":
            return transmit_t0(command, self._exchange)
        return self._exchange(command)

    def reset(self) -> None:
        """Reset the card and keep it: no session, no selected application.

        :raises ReaderError: as :meth:`transmit`.
        """
        code, _ = self._scard.SCardReconnect(
            self._handle, self._scard.SCARD_SHARE_EXCLUSIVE, self._protocols(), self._scard.SCARD_RESET_CARD
        )
        self._check(code, "resetting the card")

    def close(self) -> None:
        """Reset the card and let it go. Closing twice does no harm, and a card that has gone needs no closing."""
        if self._open:
            self._open = False
            self._scard.SCardDisconnect(self._handle, self._scard.SCARD_RESET_CARD)
            self._context.close()

    def _protocols(self) -> int:
        return int(self._scard.SCARD_PROTOCOL_T0 | self._scard.SCARD_PROTOCOL_T1)

    def _connect(self) -> tuple[Any, int]:
        scard = self._scard
        code, handle, protocol = scard.SCardConnect(
            self._context.handle, self.reader, scard.SCARD_SHARE_EXCLUSIVE, self._protocols()
        )
        code = hresult(code)
        if code == 0:
            return handle, protocol
        reason = reader_error(code, "connecting to the card", self.reader)
        if code in RETRY_CONNECT:
            raise _NotYetError(reason, held_by_other=code in SHARING)
        raise reason

    def _read_atr(self) -> bytes:
        code, _name, _state, _protocol, atr = self._scard.SCardStatus(self._handle)
        if hresult(code) != 0:
            self._open = False
            self._scard.SCardDisconnect(self._handle, self._scard.SCARD_RESET_CARD)
            raise _NotYetError(reader_error(hresult(code), "asking for the card's ATR", self.reader))
        return bytes(atr)

    def _exchange(self, command: bytes) -> bytes:
        code, response = self._scard.SCardTransmit(self._handle, self._pci, list(command))
        self._check(code, "exchanging a command")
        answer = bytes(octet & 0xFF for octet in response)
        if len(answer) >= 2:
            return answer
        # What the driver of the virtual reader says of a card that has gone; a driver of a real one may as well.
        if self._context.card_has_gone(self.reader):
            raise CardRemoved("the card left the reader while exchanging a command")
        raise TransmitFailed("the reader gave an answer without a status word")

    def _check(self, code: int, doing: str) -> None:
        code = hresult(code)
        if code == 0:
            return
        if code in UNCERTAIN and self._context.card_has_gone(self.reader):
            raise CardRemoved(f"the card left the reader while {doing}")
        raise reader_error(code, doing, self.reader)


class _NotYetError(Exception):
    """A card is there and cannot be connected to at the moment: laid on slantwise, or looked at by another program."""

    def __init__(self, reason: ReaderError, *, held_by_other: bool = False) -> None:
        super().__init__(str(reason))
        self.reason = reason
        self.held_by_other = held_by_other


class _Wait:
    """A deadline that may be cancelled."""

    def __init__(self, timeout: float | None, cancelled: Cancelled | None) -> None:
        self._end = None if timeout is None else time.monotonic() + timeout
        self._cancelled = cancelled
        self.was_cancelled = False

    @property
    def over(self) -> bool:
        if self._cancelled is not None and self._cancelled():
            self.was_cancelled = True
            return True
        return self._end is not None and time.monotonic() >= self._end

    def slice_ms(self) -> int:
        if self._end is None:
            return SLICE_MS
        return max(1, min(SLICE_MS, round((self._end - time.monotonic()) * 1000)))


class _Context:
    """A connection to the PC/SC service."""

    def __init__(self) -> None:
        self.scard: Any = _pyscard()
        self._flags: dict[str, int] = {}
        code, self.handle = self.scard.SCardEstablishContext(self.scard.SCARD_SCOPE_USER)
        if hresult(code) != 0:
            raise reader_error(hresult(code), "connecting to the PC/SC service")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the service go; it may have gone already, so the code says nothing."""
        self.scard.SCardReleaseContext(self.handle)

    def readers(self) -> list[str]:
        code, names = self.scard.SCardListReaders(self.handle, [])
        code = hresult(code)
        if code in UNPLUGGED:  # pcsc-lite and WinSCard say it in different ways where no reader is attached
            return []
        if code != 0:
            raise reader_error(code, "listing the readers")
        return list(names)

    def states(self, names: list[str]) -> list[ReaderState]:
        self._flags = {}
        if not names:
            return []
        unaware = [(name, self.scard.SCARD_STATE_UNAWARE) for name in names]
        code, states = self.scard.SCardGetStatusChange(self.handle, 0, unaware)
        code = hresult(code)
        if code in UNPLUGGED:  # one left between the listing and now: the next look shows it
            return []
        if code != 0 and code != hresult(self.scard.SCARD_E_TIMEOUT):
            raise reader_error(code, "asking for the readers' state")
        self._flags = {name: flags & ~self.scard.SCARD_STATE_CHANGED for name, flags, _ in states}
        return [self._state(name, flags, atr) for name, flags, atr in states]

    def _state(self, name: str, flags: int, atr: list[int]) -> ReaderState:
        scard = self.scard
        present = bool(flags & scard.SCARD_STATE_PRESENT)
        return ReaderState(
            name=name,
            card_present=present,
            atr=bytes(atr) if present else b"",
            in_use=bool(flags & (scard.SCARD_STATE_EXCLUSIVE | scard.SCARD_STATE_INUSE)),
            mute=bool(flags & scard.SCARD_STATE_MUTE),
        )

    def wait_for_change(self, milliseconds: int) -> None:
        """Until something differs from what :meth:`states` saw last, or the time is over."""
        if not self._flags:
            time.sleep(milliseconds / 1000)
            return
        code, _ = self.scard.SCardGetStatusChange(self.handle, milliseconds, list(self._flags.items()))
        code = hresult(code)
        if code != 0 and code != hresult(self.scard.SCARD_E_TIMEOUT) and code not in UNPLUGGED:
            raise reader_error(code, "waiting for a card")

    def card_has_gone(self, reader: str) -> bool:
        """Whether the service notices within its polling time that *reader* is empty."""
        known = [(reader, self.scard.SCARD_STATE_PRESENT)]
        end = time.monotonic() + REMOVAL_NOTICE_MS / 1000
        while True:
            left = max(0, round((end - time.monotonic()) * 1000))
            code, states = self.scard.SCardGetStatusChange(self.handle, left, known)
            if hresult(code) != 0 or not states:
                return False
            flags = states[0][1]
            if flags & self.scard.SCARD_STATE_EMPTY:
                return True
            if left == 0:
                return False
            known = [(reader, flags & ~self.scard.SCARD_STATE_CHANGED)]


def _pyscard() -> Any:
    try:
        from smartcard import scard  # noqa: PLC0415  # optional, and only where a reader is asked for
    except ImportError:
        raise NotInstalled("pyscard is not installed: chipid cannot talk to PC/SC readers", "pcsc") from None
    return scard


__all__ = [
    "PcscCard",
    "ReaderState",
    "list_readers",
    "reader_states",
    "wait_for_card",
    "watch_readers",
]
