# SPDX-License-Identifier: Apache-2.0
"""How many octets one READ BINARY asks for: what the chip said of its buffers, and what it stands (docs/quirks.md 10, 11)."""

from __future__ import annotations

from chipid.crypto.cipher import BLOCK_SIZE, Cipher
from chipid.iso7816.apdu import SHORT_LE_MAX
from chipid.iso7816.tlv import encode_length

STATUS_SIZE = 2

UNSTATED_RESPONSE = 0x7FFF - STATUS_SIZE
"""Data octets of an extended response where nobody says how many: Java Card counts an APDU's in a signed number of 16 bits."""

LE_STEPS = (224, 192, 160, 128, 112)
"""What chips have been seen to stop at; tried in order when the first block is refused."""

PROBE_SAVES = 10
"""Commands that extended length must save before it is tried on a chip that does not announce it: a session that breaks on it
costs as many to be opened again."""

_SM_OVERHEAD = 4 + 10  # DO99, DO8E


def plain_block(cipher: Cipher | None, room: int) -> int:
    """The plain octets whose protected answer takes *room* at most; DO87 with padding, DO99 and DO8E count (ICAO 9303-11 §9.8.4).

    Of a short response of 256 that is 223 for AES and 231 for 3DES. An answer to the odd instruction, in DO85, is an octet shorter.

    :param cipher: of the secure session, ``None`` outside of one.
    :param room: data octets of the response.
    """
    if cipher is None:
        return room
    size = BLOCK_SIZE[cipher]
    blocks = (room - _SM_OVERHEAD) // size
    while blocks > 0 and _protected(blocks * size) > room:
        blocks -= 1
    return max(blocks * size - 1, 0)


def _protected(cryptogram: int) -> int:
    value = 1 + cryptogram  # the padding indicator
    return 1 + len(encode_length(value)) + value + _SM_OVERHEAD


class BlockSizes:
    """What one chip stands, remembered from file to file and from session to session.

    :ivar cipher: of the secure session around, ``None`` outside of one. :ivar extended: whether extended length is in use.
    :ivar response: data octets that an extended response may have.
    :ivar may_probe: extended length may be tried although the chip has not announced it.
    :ivar notes: where it is told what the chip did not stand, and what was tried.
    """

    def __init__(
        self,
        cipher: Cipher | None = None,
        *,
        extended: bool = False,
        response: int = UNSTATED_RESPONSE,
        may_probe: bool = False,
        notes: list[str] | None = None,
    ) -> None:
        self.cipher = cipher
        self.extended = extended
        self.response = response
        self.may_probe = may_probe
        self._notes = notes if notes is not None else []
        self._limit = SHORT_LE_MAX

    @property
    def short(self) -> int:
        """Plain octets of a command with short length fields."""
        return min(plain_block(self.cipher, SHORT_LE_MAX), self._limit)

    @property
    def block(self) -> int:
        """Plain octets of a command, in the form that is in use."""
        return plain_block(self.cipher, self.response) if self.extended else self.short

    def step_down(self) -> bool:
        """Ask for less per command from now on; ``False`` where there is no less."""
        if self.extended:
            self._notes.append("extended-length-refused")
            self.extended = False
            return True
        smaller = next((step for step in LE_STEPS if step < self.short), None)
        if smaller is None:
            return False
        self.keep_to(smaller)
        return True

    def keep_to(self, limit: int) -> None:
        """Ask for *limit* plain octets at most in a short command."""
        if limit < self._limit:
            self._notes.append("block-size-reduced")
            self._limit = limit

    def probe(self, left: int) -> None:
        """Go over to extended length once, where nobody has said anything of it and *left* octets make it worth the risk."""
        if self.may_probe and not self.extended and left > (PROBE_SAVES + 1) * self.short:
            self._notes.append("extended-length-probed")
            self.extended, self.may_probe = True, False
