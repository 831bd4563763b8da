# SPDX-License-Identifier: Apache-2.0
"""Command chaining: a long command in short pieces (ISO 7816-4 §5.3.3, ICAO 9303-11 §9.3.2).

For chips that say that they take it and do not take extended length; under secure messaging each piece is protected by itself.
GENERAL AUTHENTICATE chains the steps of one protocol instead, and is left alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeVar

from chipid.iso7816.apdu import CLA_CHAINING, SHORT_LE_MAX, CommandAPDU, ResponseAPDU
from chipid.iso7816.dialogue import Dialogue, layered
from chipid.iso7816.instructions import INS
from chipid.iso7816.status import SW

T = TypeVar("T")

PIECE_SIZE = 215
"""Plain octets whose protected command has a short Lc in every cipher: DO87 of whole blocks, DO97 and DO8E within 255 octets."""
CHAIN_LIMIT = 4096
"""Octets that a chip puts together: more than any certificate has."""



def chained(dialogue: Dialogue[T], piece_size: int = PIECE_SIZE) -> Dialogue[T]:
    """A layer that sends commands with more than *piece_size* octets of data as chains; a refused piece ends its chain."""
    return layered(dialogue, lambda command: _in_pieces(command, piece_size))


def _in_pieces(command: CommandAPDU, size: int) -> Dialogue[ResponseAPDU]:
    if len(command.data) <= size or command.ins == INS.GENERAL_AUTHENTICATE:
        return (yield command)
    pieces = [command.data[start : start + size] for start in range(0, len(command.data), size)]
    for piece in pieces[:-1]:
        response = yield CommandAPDU(command.cla | CLA_CHAINING, command.ins, command.p1, command.p2, piece)
        if not response.ok:
            return response
    le = None if command.le is None else min(command.le, SHORT_LE_MAX)
    return (yield replace(command, data=pieces[-1], le=le, extended=False))


@dataclass
class ChainAssembler:
    """The chip's end: puts the pieces of one command together."""

    _head: tuple[int, int, int] | None = None
    _data: bytes = b""

    def reset(self) -> None:
        """Forget a chain that was not finished."""
        self._head, self._data = None, b""

    def take(self, command: CommandAPDU) -> CommandAPDU | SW:
        """The whole command once its last piece has come, otherwise the status word that answers the piece."""
        head = (command.ins, command.p1, command.p2)
        if command.ins == INS.GENERAL_AUTHENTICATE:
            self.reset()
            return command
        if self._head is not None and head != self._head:
            self.reset()
            return SW.LAST_COMMAND_EXPECTED
        data = self._data + command.data
        if len(data) > CHAIN_LIMIT:
            self.reset()
            return SW.WRONG_LENGTH
        if command.cla & CLA_CHAINING:
            self._head, self._data = head, data
            return SW.OK
        self.reset()
        return replace(command, data=data) if data != command.data else command
