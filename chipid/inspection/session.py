# SPDX-License-Identifier: Apache-2.0
"""The secure session with one chip: what it is lost by, how it is saved, and how it is opened anew (docs/quirks.md 9)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from chipid.errors import AccessDenied, MalformedData, ProtocolError, SecureMessagingError, TransmitFailed, UnsupportedFeature
from chipid.inspection.access import Access
from chipid.inspection.block_sizes import BlockSizes
from chipid.iso7816.apdu import CommandAPDU, ResponseAPDU
from chipid.iso7816.dialogue import Dialogue, Observer
from chipid.iso7816.secure_messaging import SecureMessaging, secured

T = TypeVar("T")


class SessionLost(AccessDenied):
    """There is no session any more, and none to come: nothing that a single file could be blamed for."""


class Session:
    """Everything that is said to an opened chip goes through here.

    :param access: the way in.
    :param notes: where it is told that the session was opened anew.
    :param may_reopen: whether another session would be worth as much as the one that is lost.
    :param restore: what is to be done again in a new session, before anything else.
    :ivar messaging: the secure messaging under way; Chip Authentication sets another.
    """

    messaging: SecureMessaging

    def __init__(
        self, access: Access, notes: list[str], may_reopen: Callable[[], bool], restore: Callable[[], Dialogue[None]]
    ) -> None:
        self._access = access
        self._notes = notes
        self._may_reopen = may_reopen
        self._restore = restore
        self._ssc = 0

    def open(self) -> Dialogue[None]:
        """Open the chip; errors as :meth:`Access.open <chipid.inspection.access.Access.open>`."""
        self.messaging = yield from self._access.open()

    def run(self, dialogue: Dialogue[T], observer: Observer | None = None) -> Dialogue[T]:
        """Run *dialogue* under secure messaging, once."""
        return secured(dialogue, self.messaging, observer)

    def insist(self, start: Callable[[], Dialogue[T]], sizes: BlockSizes) -> Dialogue[T]:
        """Run a dialogue under secure messaging, again and with less asked for where the session did not stand it.

        A reader that carries no extended length fails the exchange itself: that is taken for the chip's refusal.

        :param sizes: what *start* asks for; stepped down before each new try.
        :raises SecureMessagingError: there is no smaller size.
        :raises SessionLost: as :meth:`reopen`.
        :raises ReaderError: the exchange failed, with extended length or without.
        """
        while True:
            try:
                return (yield from self.run(start(), self._watch))
            except SecureMessagingError as error:
                if not sizes.step_down():
                    raise
                in_doubt = error.code == "sm-plaintext"
            except TransmitFailed:
                if not sizes.extended:  # which is given up once
                    raise
                sizes.step_down()
                self._ssc, in_doubt = int.from_bytes(self.messaging.ssc, "big"), True
            if in_doubt:
                result = yield from self._with_other_counters(start)
                if result is not None:
                    return result
            yield from self.reopen()

    def reopen(self) -> Dialogue[None]:
        """Authenticate anew.

        :raises SessionLost: the chip does not let us in again, or what binds the files to the chip is the session that was lost.
        """
        if not self._may_reopen():
            raise SessionLost("the session that the chip has proved itself in is lost")
        self._notes.append("session-reopened")
        try:
            self.messaging = yield from self._access.reopen()
        except (AccessDenied, ProtocolError, MalformedData, UnsupportedFeature) as error:
            raise SessionLost("the chip does not let us in again") from error
        yield from self._restore()

    def _watch(self, _command: CommandAPDU, _response: ResponseAPDU) -> None:
        """Remember the counter of the command under way, before the response counts too."""
        self._ssc = int.from_bytes(self.messaging.ssc, "big")

    def _with_other_counters(self, start: Callable[[], Dialogue[T]]) -> Dialogue[T | None]:
        """After an unprotected status word, or none: the chip may have counted the command and its answer, or neither."""
        size, before = len(self.messaging.ssc), self._ssc - 1
        for counter in (before, before + 2):
            if self.messaging.closed:
                return None
            self.messaging.ssc = counter.to_bytes(size, "big")
            try:
                return (yield from self.run(start()))
            except (SecureMessagingError, TransmitFailed):
                continue
        return None
