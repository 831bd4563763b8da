# SPDX-License-Identifier: Apache-2.0
"""Secure messaging as a layer around a dialogue (ICAO 9303-11 §9.8). The chip's side uses the same session object."""

from __future__ import annotations

from typing import TypeVar

from chipid._native import NativeError, SecureMessaging
from chipid.crypto.kdf import SessionKeys
from chipid.errors import SecureMessagingError
from chipid.iso7816.apdu import CommandAPDU, ResponseAPDU
from chipid.iso7816.dialogue import Dialogue, Observer, layered

__all__ = ["SecureMessaging", "open_session", "protected", "secured"]

T = TypeVar("T")

_MESSAGES = {
    "sm-mac": "the MAC of a protected response is wrong",
    "sm-mac-missing": "a protected response carries no MAC",
    "sm-status-missing": "a protected response carries no protected status",
    "sm-status-differs": "the protected status differs from the plain one",
    "sm-plaintext": "the chip answered without protection inside a secure session",
    "sm-padding": "the padding of a protected response is wrong",
    "sm-length": "a protected message is too long",
    "sm-closed": "the secure session has been destroyed",
}
_HINT = "Take the card off the reader, lay it on again and retry; if it happens again, do not trust this card."


def open_session(keys: SessionKeys, ssc: bytes | None = None) -> SecureMessaging:
    """A session on *keys*; its counter starts at *ssc*, all-zero where the protocol sets none (PACE, Chip Authentication)."""
    size = 8 if keys.cipher == "3DES" else 16
    return SecureMessaging(keys.cipher, keys.ks_enc, keys.ks_mac, bytes(size) if ssc is None else ssc)


def secured(dialogue: Dialogue[T], session: SecureMessaging, observer: Observer | None = None) -> Dialogue[T]:
    """Run *dialogue* inside *session*; *observer* is shown each exchange as it travelled, protected.

    :raises SecureMessagingError: a response fails its protection; the session is then destroyed.
    """
    return layered(dialogue, lambda command: protected(command, session, observer))


def protected(command: CommandAPDU, session: SecureMessaging, observer: Observer | None = None) -> Dialogue[ResponseAPDU]:
    """One exchange inside *session*.

    A status word alone may come from a chip that did, or did not, count the command (it is no authentic answer either way):
    the session is left usable and the error says so, so that the procedure can authenticate anew.

    :raises SecureMessagingError: the response fails its protection.
    """
    try:
        wire = CommandAPDU.from_bytes(session.protect_command(command.to_bytes()))
        answer = yield wire
        if observer is not None:
            observer(wire, answer)
        return ResponseAPDU.from_bytes(session.unprotect_response(answer.to_bytes()))
    except NativeError as error:
        message = _MESSAGES.get(error.code, "a protected response is malformed")
        if error.code == "sm-plaintext":
            message += f" (status {answer.sw:04X})"
        raise SecureMessagingError(message, code=error.code, hint=_HINT) from None
