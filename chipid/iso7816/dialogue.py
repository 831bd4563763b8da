# SPDX-License-Identifier: Apache-2.0
"""A chip protocol is a generator of commands; this is the one place where it meets a wire.

A *layer* is a function from dialogue to dialogue: secure messaging, chaining and tracing wrap a protocol, which neither knows
nor cares.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Protocol, TypeVar

from chipid.errors import CardMisbehaved, MalformedData
from chipid.iso7816.apdu import CommandAPDU, ResponseAPDU

T = TypeVar("T")

Dialogue = Generator[CommandAPDU, ResponseAPDU, T]
"""Yields commands, is sent responses, returns its result."""

Observer = Callable[[CommandAPDU, ResponseAPDU], None]


class Channel(Protocol):
    """A wire to one chip."""

    def transmit(self, command: bytes) -> bytes:
        """One command APDU out, one response APDU (status word last) back.

        :raises ReaderError: the wire failed.
        """
        ...  # pragma: no cover


def run(dialogue: Dialogue[T], channel: Channel) -> T:
    """Drive *dialogue* over *channel* to its result; whatever the channel raises is raised inside the dialogue.

    An answer without status word is raised inside the dialogue as :class:`chipid.errors.MalformedData`.

    :raises CardMisbehaved: the dialogue had no use for such an answer: no file is malformed, the chip breaks the protocol.
    """
    try:
        command = next(dialogue)
        while True:
            try:
                response = _response(channel.transmit(command.to_bytes()))
            except Exception as error:
                command = dialogue.throw(error)
            else:
                command = dialogue.send(response)
    except StopIteration as stop:
        result: T = stop.value
        return result
    except _NoStatusWord as error:
        raise CardMisbehaved(str(error), hint="Lay the card on anew, or examine it by other means.") from None


class _NoStatusWord(MalformedData):
    """An answer that ends before its status word (ISO 7816-4 §5.1)."""


def _response(answer: bytes) -> ResponseAPDU:
    try:
        return ResponseAPDU.from_bytes(answer)
    except MalformedData as error:
        raise _NoStatusWord(str(error)) from None


def layered(dialogue: Dialogue[T], exchange: Callable[[CommandAPDU], Dialogue[ResponseAPDU]]) -> Dialogue[T]:
    """A layer around *dialogue*: each of its commands is handed to *exchange*, whose result it is sent as the response.

    What *exchange* raises, the layers below it included, is raised inside the dialogue.
    """
    try:
        command = next(dialogue)
        while True:
            try:
                response = yield from exchange(command)
            except GeneratorExit:
                dialogue.close()
                raise
            except Exception as error:
                command = dialogue.throw(error)
            else:
                command = dialogue.send(response)
    except StopIteration as stop:
        result: T = stop.value
        return result


def observed(dialogue: Dialogue[T], observer: Observer) -> Dialogue[T]:
    """A layer that shows each exchange to *observer*, and changes none."""

    def exchange(command: CommandAPDU) -> Dialogue[ResponseAPDU]:
        response = yield command
        observer(command, response)
        return response

    return layered(dialogue, exchange)
