# SPDX-License-Identifier: Apache-2.0
"""The card's end of vpcd, the virtual PC/SC reader of vsmartcard.

pcscd's driver listens on TCP; the card connects. Each message is a 2-byte big-endian length and that many octets.
From the reader, one octet is a control (0 power off, 1 power on, 2 reset, 4 answer to reset wanted); a longer message is a
command APDU. Only the ATR request and APDUs are answered.
"""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum, IntEnum
from typing import Protocol

from chipid.errors import CardRemoved, NoReader, TransmitFailed

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 35963
"""Slot 0 (``Virtual PCD 00 00``); slot 1 listens on the next port."""
CONNECT_TIMEOUT = 5.0
TAKE_UP_TIMEOUT = 5.0
"""Seconds in which a free slot asks its new card for the ATR: pcscd looks at each slot several times a second. The system queues
the connection of a second card, and nobody speaks to it until the first has gone."""
POLL_INTERVAL = 0.1
"""Seconds between two looks at *stop* while the reader is silent; an APDU does not wait for it."""
FRAME_MAX = 0xFFFF
_LENGTH_SIZE = 2
_HINT = "Start pcscd with the vpcd driver (Debian: vsmartcard-vpcd), and take another virtual card off the same slot."


class Control(IntEnum):
    """The reader's one-octet messages."""

    POWER_OFF = 0
    POWER_ON = 1
    RESET = 2
    ATR = 4


class Ending(Enum):
    """Why a card stopped being presented."""

    STOPPED = "stopped"
    WITHDRAWN = "withdrawn"
    DISCONNECTED = "disconnected"


class PowerableCard(Protocol):
    """What can lie on the virtual reader: :class:`chipid.emulator.icc.EmulatedCard`, or a test's own."""

    @property
    def atr(self) -> bytes:
        """The answer to reset."""
        ...  # pragma: no cover

    def reset(self) -> None:
        """Power taken and given."""
        ...  # pragma: no cover

    def transmit(self, command: bytes) -> bytes:
        """One APDU; raises :class:`chipid.errors.CardRemoved` to leave the reader."""
        ...  # pragma: no cover


def serve(
    card: PowerableCard,
    host: str = DEFAULT_HOST,
    port: int = DEFAULT_PORT,
    *,
    stop: threading.Event | None = None,
    on_connect: Callable[[], None] | None = None,
    withdraw_after: int | None = None,
    taken_up_within: float | None = None,
) -> Ending:
    """Lay *card* on the virtual reader and answer until it is taken away.

    Calling it again lays the card on again.

    :param stop: set from another thread to end; without it, only the reader or the card ends it.
    :param on_connect: called once when the card lies on the reader; with *taken_up_within*, once the reader has spoken to it.
    :param withdraw_after: take the card away in place of answering the APDU after this many.
    :param taken_up_within: seconds in which the reader has to speak; without it, a card waits for a slot to become free.
    :returns: why it ended. A card that raises :class:`chipid.errors.CardRemoved` is withdrawn.
    :raises NoReader: nothing listens at *host*:*port*, or the reader has not spoken in time.
    :raises TransmitFailed: what listens there does not speak vpcd.
    """
    card.reset()
    with _connect(host, port) as connection:
        if taken_up_within is not None and not select.select([connection], [], [], taken_up_within)[0]:
            silent = f"the virtual reader at {host}:{port} does not take the card up"
            raise NoReader(f"{silent}: another card lies on it, or its service does not answer", hint=_HINT)
        if on_connect is not None:
            on_connect()
        return _Slot(card, connection, stop or threading.Event(), withdraw_after).run()


@contextmanager
def presented(card: PowerableCard, host: str = DEFAULT_HOST, port: int = DEFAULT_PORT) -> Iterator[Presentation]:
    """Lay *card* on the virtual reader for the length of a ``with`` block, served by a thread of its own.

    :raises NoReader: nothing listens there.
    :raises ChipIdError: at the end of the block, what ended the presentation early.
    """
    presentation = Presentation(card, host, port)
    presentation.insert()
    try:
        yield presentation
    finally:
        presentation.withdraw()
    presentation.raise_failure()


class Presentation:
    """A card on the virtual reader, served by a thread; may be withdrawn and laid on again."""

    def __init__(self, card: PowerableCard, host: str = DEFAULT_HOST, port: int = DEFAULT_PORT) -> None:
        self._card, self._host, self._port = card, host, port
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._failure: BaseException | None = None
        self.ending: Ending | None = None

    def insert(self, *, withdraw_after: int | None = None) -> None:
        """Lay the card on; returns once the reader has taken the connection.

        :raises NoReader: nothing listens there.
        """
        self.withdraw()
        self._stop = threading.Event()
        self._failure, self.ending = None, None
        connected = threading.Event()
        self._thread = threading.Thread(
            target=self._serve, args=(self._stop, connected, withdraw_after), name="chipid-vpcd", daemon=True
        )
        self._thread.start()
        connected.wait(CONNECT_TIMEOUT * 2)
        if self._failure is not None:
            self.withdraw()
            self.raise_failure()

    def withdraw(self) -> None:
        """Take the card away; nothing happens where it has gone already."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def wait(self, timeout: float | None = None) -> Ending | None:
        """Wait until the card has gone; ``None`` where it is still there after *timeout* seconds."""
        if self._thread is not None:
            self._thread.join(timeout)
        return self.ending

    def raise_failure(self) -> None:
        """Raise what ended the presentation, if anything did; once."""
        failure, self._failure = self._failure, None
        if failure is not None:
            raise failure

    def _serve(self, stop: threading.Event, connected: threading.Event, withdraw_after: int | None) -> None:
        try:
            self.ending = serve(
                self._card,
                self._host,
                self._port,
                stop=stop,
                on_connect=connected.set,
                withdraw_after=withdraw_after,
            )
        except BaseException as failure:
            self._failure = failure
        finally:
            connected.set()


class _Slot:
    """One card in one slot, as long as the connection lasts."""

    def __init__(self, card: PowerableCard, connection: socket.socket, stop: threading.Event, withdraw_after: int | None) -> None:
        self._card, self._connection, self._stop = card, connection, stop
        self._apdus_left = withdraw_after
        self._received = bytearray()

    def run(self) -> Ending:
        try:
            while (message := self._next_message()) is not None:
                if not self._answer(message):
                    return Ending.WITHDRAWN
        except (ConnectionError, EOFError):
            return Ending.DISCONNECTED
        return Ending.STOPPED

    def _answer(self, message: bytes) -> bool:
        """False where the card leaves the reader."""
        if len(message) == 1:
            self._control(message[0])
            return True
        if self._apdus_left is not None:
            if self._apdus_left == 0:
                return False
            self._apdus_left -= 1
        try:
            self._send(self._card.transmit(message))
        except CardRemoved:
            return False
        return True

    def _control(self, control: int) -> None:
        if control == Control.ATR:
            self._send(self._card.atr)
        elif control in (Control.POWER_OFF, Control.POWER_ON, Control.RESET):
            self._card.reset()
        else:
            raise TransmitFailed(f"the virtual reader sent the unknown control {control:02X}")

    def _send(self, answer: bytes) -> None:
        if len(answer) > FRAME_MAX:
            raise TransmitFailed(f"vpcd carries at most {FRAME_MAX} octets, not {len(answer)}")
        self._connection.sendall(len(answer).to_bytes(_LENGTH_SIZE, "big") + answer)

    def _next_message(self) -> bytes | None:
        """The next message that is not empty, or ``None`` once *stop* is set."""
        while True:
            size = int.from_bytes(self._received[:_LENGTH_SIZE], "big")
            end = _LENGTH_SIZE + size
            if len(self._received) >= max(end, _LENGTH_SIZE):
                message = bytes(self._received[_LENGTH_SIZE:end])
                del self._received[:end]
                if message:
                    return message
            elif not self._receive():
                return None

    def _receive(self) -> bool:
        """Take what has come; False once *stop* is set.

        :raises EOFError: the reader has gone.
        """
        while not self._stop.is_set():
            ready, _, _ = select.select([self._connection], [], [], POLL_INTERVAL)
            if ready:
                _acknowledge_at_once(self._connection)
                received = self._connection.recv(FRAME_MAX)
                if not received:
                    raise EOFError
                self._received += received
                return True
        return False


def _connect(host: str, port: int) -> socket.socket:
    try:
        connection = socket.create_connection((host, port), timeout=CONNECT_TIMEOUT)
    except OSError as error:
        raise NoReader(f"no virtual reader listens at {host}:{port} ({error.strerror or error})", hint=_HINT) from None
    connection.settimeout(None)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    _acknowledge_at_once(connection)
    return connection


def _acknowledge_at_once(connection: socket.socket) -> None:
    """Linux forgets TCP_QUICKACK again and again: without it the reader's two writes per message cost 40 ms each."""
    quickack = getattr(socket, "TCP_QUICKACK", None)
    if quickack is not None:
        connection.setsockopt(socket.IPPROTO_TCP, quickack, 1)
