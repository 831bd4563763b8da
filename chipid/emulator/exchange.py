# SPDX-License-Identifier: Apache-2.0
"""One command on its way through the emulated card."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chipid.emulator.instruction import is_protected
from chipid.errors import MalformedData
from chipid.iso7816.apdu import CommandAPDU, ResponseAPDU
from chipid.iso7816.secure_messaging import SecureMessaging
from chipid.iso7816.status import SW

if TYPE_CHECKING:
    from chipid.emulator.icc import EmulatedCard


@dataclass
class Exchange:
    """What is known of one command; it fills as the command moves on.

    :ivar raw: the command as it travelled, whatever it is.
    :ivar number: 1 for the first command since power-up; ``count``: 1 for the first in the card's life.
    :ivar session: the session that was open when the command arrived.
    :ivar wire: the command as it travelled; ``None`` where *raw* is no APDU.
    :ivar command: the same without secure messaging, set once that has been taken off.
    :ivar response: the plain answer; ``answer``: the answer as it leaves the card.
    """

    card: EmulatedCard = field(repr=False)
    raw: bytes = field(repr=False)
    number: int
    count: int
    session: SecureMessaging | None = field(repr=False)
    wire: CommandAPDU | None = field(init=False)
    command: CommandAPDU = field(init=False)
    response: ResponseAPDU = field(init=False)
    answer: bytes = field(init=False, repr=False, default=b"")

    def __post_init__(self) -> None:
        self.response = ResponseAPDU(b"", SW.UNKNOWN_ERROR)
        try:
            self.wire = CommandAPDU.from_bytes(self.raw)
        except MalformedData:
            self.wire = None

    @property
    def protected(self) -> bool:
        """Whether the command claims secure messaging."""
        return self.wire is not None and is_protected(self.wire.cla)

    @property
    def extended(self) -> bool:
        """Whether the command travelled with extended length fields."""
        return self.wire is not None and self.wire.is_extended


def naked(sw: int) -> bytes:
    """A status word alone and unprotected, as it travels."""
    return ResponseAPDU(b"", sw).to_bytes()


def refused(sw: SW) -> ResponseAPDU:
    """A status word alone, which secure messaging protects as it does any answer."""
    return ResponseAPDU(b"", sw)
