# SPDX-License-Identifier: Apache-2.0
"""What the return codes of PC/SC mean for the person at the counter (PC/SC part 5, pcsc-lite's ``pcsclite.h``)."""

from __future__ import annotations

from chipid.errors import CardRemoved, NoCard, NoReader, ReaderError, TransmitFailed

CANCELLED = 0x80100002
UNKNOWN_READER = 0x80100009
TIMEOUT = 0x8010000A
SHARING_VIOLATION = 0x8010000B
NO_SMARTCARD = 0x8010000C
PROTO_MISMATCH = 0x8010000F
NOT_READY = 0x80100010
SYSTEM_CANCELLED = 0x80100012
COMM_ERROR = 0x80100013
NOT_TRANSACTED = 0x80100016
READER_UNAVAILABLE = 0x80100017
NO_SERVICE = 0x8010001D
SERVICE_STOPPED = 0x8010001E
NO_READERS_AVAILABLE = 0x8010002E
COMM_DATA_LOST = 0x8010002F
SERVER_TOO_BUSY = 0x80100031
UNSUPPORTED_CARD = 0x80100065
UNRESPONSIVE_CARD = 0x80100066
UNPOWERED_CARD = 0x80100067
RESET_CARD = 0x80100068
REMOVED_CARD = 0x80100069
SECURITY_VIOLATION = 0x8010006A

UNPLUGGED = frozenset({UNKNOWN_READER, READER_UNAVAILABLE, NO_READERS_AVAILABLE})
NO_SERVICE_CODES = frozenset({NO_SERVICE, SERVICE_STOPPED, SYSTEM_CANCELLED})
REMOVED = frozenset({REMOVED_CARD, NO_SMARTCARD})
SHARING = frozenset({SHARING_VIOLATION})

UNCERTAIN = frozenset({NOT_TRANSACTED, COMM_ERROR, COMM_DATA_LOST, UNRESPONSIVE_CARD, UNPOWERED_CARD, RESET_CARD})
"""Drivers say these of a card that has just left, before the service has noticed."""

RETRY_CONNECT = (
    SHARING | REMOVED | {UNRESPONSIVE_CARD, UNPOWERED_CARD, RESET_CARD, NOT_READY, COMM_ERROR, NOT_TRANSACTED}
)
"""A card that is only just being laid on gives these."""

_SERVICE_HINT = (
    "Start the PC/SC service (Linux: `systemctl start pcscd.socket`, or `pcscd --foreground`; "
    "Windows: the service “Smart Card”)."
)
_POLKIT_HINT = "The PC/SC service refuses this user: ask the administrator for a polkit rule, or run on the console."
_OTHER_PROGRAM_HINT = "Close the other programs that use the card (browser, mail program, gpg), and try again."
_MUTE_HINT = "Take the card off, and lay it flat on the middle of the reader; check that nothing else lies there."

_TRANSMIT: dict[int, tuple[str, str | None]] = {
    SHARING_VIOLATION: ("another program holds the card", _OTHER_PROGRAM_HINT),
    PROTO_MISMATCH: ("the card and the reader agree on no transmission protocol", None),
    UNRESPONSIVE_CARD: ("the card does not answer", _MUTE_HINT),
    UNPOWERED_CARD: ("the card does not answer", _MUTE_HINT),
    UNSUPPORTED_CARD: ("the reader does not know this kind of card", None),
    RESET_CARD: ("the card was reset, or taken off for a moment", None),
}


def hresult(code: int) -> int:
    """The code as an unsigned number: the interfaces of different systems give it with either sign."""
    return int(code) & 0xFFFFFFFF


def reader_error(code: int, doing: str, reader: str | None = None) -> ReaderError:
    """The error for *code*, not 0, met while *doing* something.

    :param code: as :func:`hresult` gives it.
    :param doing: for the message, e.g. ``connecting to the card``.
    """
    where = f"the reader {reader}" if reader else "the reader"
    for codes, kind, message, hint in (
        (NO_SERVICE_CODES, NoReader, "there is no PC/SC service", _SERVICE_HINT),
        ({SECURITY_VIOLATION}, NoReader, "the PC/SC service denies access", _POLKIT_HINT),
        ({NO_READERS_AVAILABLE}, NoReader, "no card reader is attached", None),
        (UNPLUGGED, NoReader, f"{where} was unplugged while {doing}", "Connect the reader again."),
        (REMOVED, CardRemoved, f"the card left the reader while {doing}", None),
        ({TIMEOUT, CANCELLED}, NoCard, f"the wait ended while {doing}", None),
    ):
        if code in codes:
            return kind(message, hint=hint)
    message, hint = _TRANSMIT.get(code, (f"{doing} failed", None))
    return TransmitFailed(f"{message} (PC/SC {code:08X})", hint=hint)
