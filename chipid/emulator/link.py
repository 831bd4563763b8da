# SPDX-License-Identifier: Apache-2.0
"""What a chip's transmission layer and its buffers let through (ICAO 9303-11 §9.3, ISO 7816-4 §5.2)."""

from __future__ import annotations

from dataclasses import dataclass

from chipid._native import Cipher, SecureMessaging
from chipid.iso7816.apdu import SHORT_LE_MAX, CommandAPDU
from chipid.iso7816.tlv import encode_length

STATUS_SIZE = 2
DO_STATUS_SIZE = 4
DO_MAC_SIZE = 10
# One octet of padding indicator stands before the cryptogram in DO87, none in DO85 (ICAO 9303-11 §9.8.4).
_PADDING_INDICATOR = 1


@dataclass(frozen=True)
class Link:
    """The sizes of one chip's buffers, in octets.

    :ivar extended_length: whether the chip takes extended length fields; otherwise it answers them with 6700, naked.
    :ivar command_chaining: whether the chip puts long commands together from pieces; otherwise it answers a piece with 6884.
    :ivar long_answers: whether an answer other than to READ BINARY may be longer than the command's Le field allows;
        ISO 14443-4 carries any size, and chips with long Active Authentication keys use that (seen on CN documents).
    :ivar short_response: data octets in an answer to a command with short length fields.
    :ivar extended_response: the same for extended ones; with the status word it fits vpcd's 16-bit frame length.
    :ivar command_size: octets of a command APDU; a longer one is answered with 6700, naked.
    :ivar announced: whether the ATR says so. :ivar stated: whether an EF.ATR/INFO does, with the sizes.
    """

    extended_length: bool = True
    command_chaining: bool = False
    long_answers: bool = False
    short_response: int = SHORT_LE_MAX
    extended_response: int = 0xFFFF - 2
    command_size: int = 0xFFFF
    announced: bool = True
    stated: bool = False

    def takes(self, command: CommandAPDU, size: int) -> bool:
        """Whether *command*, of *size* octets as it travels, gets through to the chip."""
        return size <= self.command_size and (self.extended_length or not command.is_extended)

    def response_size(self, command: CommandAPDU) -> int:
        """Data octets that an answer to *command*, as it travels, may hold."""
        return self.extended_response if command.is_extended else self.short_response

    def capacity(self, command: CommandAPDU, session: SecureMessaging | None) -> int:
        """Plain data octets that fit into the answer to *command*, once protected in *session*."""
        room = self.response_size(command)
        if session is None:
            return room
        return payload_capacity(session.cipher, room, odd=bool(command.ins & 1))

    def overflows(self, size: int, command: CommandAPDU) -> bool:
        """Whether an answer of *size* data octets cannot leave the chip."""
        return not self.long_answers and size > self.response_size(command)


def block_size(cipher: Cipher) -> int:
    """Octets in one block of *cipher*."""
    return 8 if cipher == "3DES" else 16


def protected_size(cipher: Cipher, payload: int, *, odd: bool = False) -> int:
    """Data octets of a protected answer that carries *payload* plain ones: DO87 (85 for odd INS), DO99, DO8E."""
    if payload == 0:
        return DO_STATUS_SIZE + DO_MAC_SIZE
    block = block_size(cipher)
    value = (payload // block + 1) * block + (0 if odd else _PADDING_INDICATOR)
    return 1 + len(encode_length(value)) + value + DO_STATUS_SIZE + DO_MAC_SIZE


def payload_capacity(cipher: Cipher, room: int, *, odd: bool = False) -> int:
    """The most plain octets whose protected answer has at most *room*; 0 where not one fits."""
    block = block_size(cipher)
    blocks = max(room - DO_STATUS_SIZE - DO_MAC_SIZE, 0) // block
    while blocks and protected_size(cipher, blocks * block - 1, odd=odd) > room:
        blocks -= 1
    return max(blocks * block - 1, 0)
