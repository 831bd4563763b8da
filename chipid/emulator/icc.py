# SPDX-License-Identifier: Apache-2.0
"""The emulated card: power, answer to reset, secure messaging outside, the applet inside (ICAO 9303-11 §9.8).

::

    transmit(command) ── faults ── link ── secure messaging ── applet
                                    6700     6987 6988          TRANSITIONS
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chipid._native import NativeError
from chipid.crypto.random import RandomSource, system_random
from chipid.emulator import personality
from chipid.emulator.applet import Applet
from chipid.emulator.atr import capabilities, contactless_atr
from chipid.emulator.exchange import Exchange, naked
from chipid.emulator.faults import Fault
from chipid.emulator.link import Link, protected_size
from chipid.errors import CardRemoved, MalformedData
from chipid.iso7816.apdu import CommandAPDU, ResponseAPDU
from chipid.iso7816.chaining import ChainAssembler
from chipid.iso7816.secure_messaging import SecureMessaging
from chipid.iso7816.status import SW
from chipid.issuing.card_image import CardImage

# A missing data object and a wrong one have a status word each (ICAO 9303-11 §9.8.5).
_SM_STATUS = {"sm-mac-missing": SW.SM_OBJECT_MISSING}


class EmulatedCard:
    """A personalised chip that answers commands: a :class:`chipid.iso7816.dialogue.Channel`.

    :param image: what personalisation wrote (``chipid.issuing``).
    :param random: for challenges, nonces and ephemeral keys.
    :param faults: quirks and attacks, applied in order; none gives a chip that follows ICAO 9303.
    :param link: the sizes of its buffers.
    :param pause: what the chip does, with a number of seconds, to slow down who tries passwords out: ``time.sleep`` on a real
        reader, by default nothing, so that tests do not wait.
    """

    def __init__(
        self,
        image: CardImage,
        *,
        random: RandomSource = system_random,
        faults: Sequence[Fault] = (),
        link: Link | None = None,
        pause: Callable[[float], None] = lambda _seconds: None,
    ) -> None:
        self.faults = tuple(faults)
        self.link = link or Link()
        self.image = personality.with_atr_info(image, self.link)
        self.applet = Applet(self.image, random, pause)
        self._chain = ChainAssembler()
        self._chained_in: SecureMessaging | None = None
        self.exchanges = 0
        self._since_reset = 0
        self._in_field = True
        for fault in self.faults:
            fault.attach(self)

    def __repr__(self) -> str:
        return f"<EmulatedCard, faults: {', '.join(fault.name for fault in self.faults) or 'none'}>"

    @property
    def atr(self) -> bytes:
        """The image's answer to reset; where it has none, one that announces what the link can do."""
        link = self.link
        return self.image.atr or contactless_atr(
            capabilities(
                extended_length=link.extended_length and link.announced,
                command_chaining=link.command_chaining,
                lengths_in_file=link.stated and link.announced,
            )
        )

    def reset(self) -> None:
        """Power taken and given: no session, the master file selected; a withdrawn card lies on the reader again."""
        self.applet.reset()
        self._chain.reset()
        self._since_reset = 0
        self._in_field = True

    def withdraw(self) -> None:
        """Take the card out of the field: every command fails until :meth:`reset`."""
        self.applet.reset()
        self._in_field = False

    def transmit(self, command: bytes) -> bytes:
        """Answer one command APDU; any octets at all give a status word.

        :raises CardRemoved: the card is not in the field.
        """
        if not self._in_field:
            raise CardRemoved("the emulated card has been withdrawn")
        self.exchanges += 1
        self._since_reset += 1
        exchange = Exchange(self, command, self._since_reset, self.exchanges, self.applet.session)
        for fault in self.faults:
            answer = fault.before(exchange)
            if answer is not None:
                return answer
        exchange.answer = self._answer(exchange)
        for fault in self.faults:
            exchange.answer = fault.sent(exchange)
        return exchange.answer

    def _answer(self, exchange: Exchange) -> bytes:
        wire, session = exchange.wire, exchange.session
        if wire is None:
            self.applet.end_session()
            return self._naked(exchange, SW.WRONG_LENGTH)
        if not self.link.takes(wire, len(exchange.raw)):
            # The transmission layer refuses before secure messaging has counted anything.
            return self._naked(exchange, SW.WRONG_LENGTH)
        if exchange.protected:
            return self._answer_protected(exchange, wire, session)
        # A plain command ends the session, and is then answered as without one (ICAO 9303-11 §9.8.3).
        if session is not None:
            self.applet.end_session()
        exchange.command = wire
        self._process(exchange, self.link.capacity(wire, None))
        return exchange.response.to_bytes()

    def _answer_protected(self, exchange: Exchange, wire: CommandAPDU, session: SecureMessaging | None) -> bytes:
        if session is None:
            self.applet.fall_back()
            return self._naked(exchange, SW.SECURITY_STATUS)
        try:
            exchange.command = CommandAPDU.from_bytes(session.unprotect_command(exchange.raw))
        except NativeError as error:
            self.applet.end_session()
            return self._naked(exchange, _SM_STATUS.get(error.code, SW.SM_OBJECT_INCORRECT))
        except MalformedData:
            self.applet.end_session()
            return self._naked(exchange, SW.SM_OBJECT_INCORRECT)
        self._process(exchange, self.link.capacity(wire, session))
        size = protected_size(session.cipher, len(exchange.response.data), odd=bool(wire.ins & 1))
        if self.link.overflows(size, wire):
            exchange.response = ResponseAPDU(b"", SW.WRONG_LENGTH)
        # The answer still goes out under the keys that the command came in with (ICAO 9303-11 §9.8.2).
        answer = session.protect_response(exchange.response.to_bytes())
        if self.applet.session is not session:
            session.close()
        return answer

    def _process(self, exchange: Exchange, capacity: int) -> None:
        if self.link.command_chaining:
            # Pieces that came in another session, or in none, belong to no command of this one.
            if self._chained_in is not self.applet.session:
                self._chain.reset()
            self._chained_in = self.applet.session
            whole = self._chain.take(exchange.command)
            if isinstance(whole, SW):
                if whole != SW.OK:
                    self.applet.fall_back()
                exchange.response = ResponseAPDU(b"", whole)
                return
            exchange.command = whole
        for fault in self.faults:
            refusal = fault.instead(exchange)
            if refusal is not None:
                exchange.response = refusal
                return
        exchange.response = self.applet.process(exchange.command, capacity)
        for fault in self.faults:
            exchange.response = fault.after(exchange)

    @staticmethod
    def _naked(exchange: Exchange, sw: int) -> bytes:
        exchange.response = ResponseAPDU(b"", sw)
        return naked(sw)
