# SPDX-License-Identifier: Apache-2.0
"""Unblocking and changing the PIN (BSI TR-03110-2 §3.5, -3 §B.11.3), inside a session that the PUK or the PIN has opened."""

from __future__ import annotations

import re

from chipid.errors import MalformedData, NotAuthorised, StatusError
from chipid.iso7816.apdu import CommandAPDU
from chipid.iso7816.dialogue import Dialogue
from chipid.iso7816.instructions import INS
from chipid.iso7816.status import SW
from chipid.protocols.password import PasswordKind

CHANGE, UNBLOCK = 0x02, 0x03
"""P1: with a new PIN, or without; P2 is the PIN's reference."""


def unblock_pin() -> Dialogue[None]:
    """Give the PIN all its tries back, inside a session that the PUK has opened.

    :raises NotAuthorised: another password has opened it. :raises StatusError: the chip refuses otherwise.
    """
    _demand_accepted((yield CommandAPDU(0x00, INS.RESET_RETRY_COUNTER, UNBLOCK, PasswordKind.PIN)).sw, "unblocking the PIN")


def change_pin(new_pin: str) -> Dialogue[None]:
    """Set another PIN, inside a session that the present one has opened.

    :param new_pin: six digits.
    :raises MalformedData: it is none. :raises NotAuthorised: another password has opened the session.
    :raises StatusError: the chip refuses otherwise.
    """
    octets = new_pin.encode("utf-8")
    if not is_pin(octets):
        raise MalformedData("a PIN has six digits")
    _demand_accepted((yield CommandAPDU(0x00, INS.RESET_RETRY_COUNTER, CHANGE, PasswordKind.PIN, octets)).sw, "changing the PIN")


def is_pin(octets: bytes) -> bool:
    """Whether *octets* may be a PIN: six digits."""
    return re.fullmatch(rb"[0-9]{6}", octets) is not None


def _demand_accepted(sw: int, what: str) -> None:
    if sw == SW.SECURITY_STATUS:
        raise NotAuthorised(f"{what}: the session was opened with another password")
    if sw != SW.OK:
        raise StatusError(sw, what)
