# SPDX-License-Identifier: Apache-2.0
"""Unblocking and changing a chip's PIN (BSI TR-03110-2 §3.5): PACE with the PUK or the PIN, and one command in the master file."""

from __future__ import annotations

from collections.abc import Callable

from chipid.crypto.random import RandomSource
from chipid.inspection.access import Access
from chipid.iso7816.dialogue import Dialogue
from chipid.iso7816.secure_messaging import secured
from chipid.profiles.access_keys import AccessKeys
from chipid.protocols.password import PasswordKind
from chipid.protocols.pin_management import change_pin, unblock_pin


def pin_unblocking(puk: AccessKeys, *, random: RandomSource) -> Dialogue[None]:
    """Give the PIN all its tries back.

    :param puk: the PUK's.
    :raises AccessDenied: the chip refuses; as :class:`WrongPassword` where it is the PUK.
    :raises StatusError: the chip refuses the command itself.
    """
    return _in_master_file(puk, PasswordKind.PUK, unblock_pin, random)


def pin_changing(pin: AccessKeys, new_pin: str, *, random: RandomSource) -> Dialogue[None]:
    """Set another PIN.

    :param pin: the present PIN's, and the CAN's where its last try is suspended.
    :param new_pin: six digits.
    :raises AccessDenied: the chip refuses; as :class:`WrongPassword` where it is the PIN, :class:`PasswordBlocked` where it takes
        no more tries.
    :raises StatusError: the chip refuses the command itself.
    """
    return _in_master_file(pin, PasswordKind.PIN, lambda: change_pin(new_pin), random)


def _in_master_file(
    keys: AccessKeys, kind: PasswordKind, command: Callable[[], Dialogue[None]], random: RandomSource
) -> Dialogue[None]:
    access = Access(keys.passwords, random)
    yield from access.look()
    run = yield from access.open_master_file(kind)
    yield from secured(command(), run.session)
