# SPDX-License-Identifier: Apache-2.0
"""Everything that chipid raises.

::

    ChipIdError
    ├─ ReaderError              the reader or the air interface: try again
    │  ├─ NoReader              no PC/SC service, or no reader attached
    │  ├─ NoCard                nothing was presented in time
    │  ├─ CardRemoved           the card left in the middle of a dialogue
    │  └─ TransmitFailed        the exchange failed for another reason
    ├─ AccessDenied             the chip is there and refuses
    │  ├─ WrongPassword         .attempts_left, where the chip says it
    │  ├─ PasswordBlocked       PIN blocked or suspended
    │  └─ NotAuthorised         a file or a step needs rights that we lack
    ├─ ProtocolError            the dialogue went wrong
    │  ├─ StatusError           .sw, a status word that ends the dialogue
    │  ├─ SecureMessagingError  a response failed its protection
    │  └─ CardMisbehaved        the chip broke the protocol
    ├─ MalformedData            bytes that cannot be what they claim
    │  ├─ TlvError              .offset and .path, never content
    │  ├─ LdsError              a file of the logical data structure
    │  └─ CertificateError      a certificate, CRL or CMS object
    ├─ UnsupportedFeature       well-formed, and beyond what chipid speaks
    │  └─ NotInstalled          a library is missing that an extra of chipid brings
    └─ TrustStoreError          the trust store's file is busy, or cannot be changed

An exception means that a question could not be asked. A check that was made and failed is data in the
:class:`chipid.Verdict`, never an exception. No message carries personal data or key material.
"""

from __future__ import annotations


class ChipIdError(Exception):
    """Root of all errors that chipid raises on purpose.

    :ivar hint: what the person at the counter can do about it, or ``None``.
    """

    hint: str | None = None

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        if hint is not None:
            self.hint = hint


class ReaderError(ChipIdError):
    """The reader or the air interface failed; the same call may work when tried again."""


class NoReader(ReaderError):
    """No PC/SC service answers, or no reader is attached."""

    hint = "Connect a contactless PC/SC reader and check that the PC/SC service (pcscd) is running."


class NoCard(ReaderError):
    """Nothing was presented in time."""

    hint = "Lay the card flat on the reader and keep it there."


class CardRemoved(ReaderError):
    """The card left in the middle of a dialogue."""

    hint = "Lay the card on the reader again and do not move it until reading has ended."


class TransmitFailed(ReaderError):
    """The exchange with the card failed for another reason."""

    hint = "Take the card off the reader, lay it on again and retry."


class AccessDenied(ChipIdError):
    """The chip is present and refuses access."""


class WrongPassword(AccessDenied):
    """The CAN, MRZ or PIN does not belong to this chip.

    :ivar attempts_left: tries that remain before the chip blocks the password, ``None`` where it does not say.
    """

    hint = "Compare the number, or the MRZ fields, with the card and enter them again."

    def __init__(self, message: str, *, attempts_left: int | None = None, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.attempts_left = attempts_left


class PasswordBlocked(AccessDenied):
    """The chip has blocked or suspended this password.

    :ivar suspended: it takes one more try, after the CAN; otherwise none.
    """

    def __init__(self, message: str, *, suspended: bool = False, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.suspended = suspended


class NotAuthorised(AccessDenied):
    """A file or a step needs rights that this session lacks."""


class ProtocolError(ChipIdError):
    """The dialogue with the chip went wrong."""


class StatusError(ProtocolError):
    """The chip answered with a status word that ends the dialogue.

    :ivar sw: the status word, 0x0000–0xFFFF.
    """

    def __init__(self, sw: int, during: str, *, hint: str | None = None) -> None:
        super().__init__(f"{during}: the chip answered {sw:04X}", hint=hint)
        self.sw = sw


class SecureMessagingError(ProtocolError):
    """A protected message failed a check (ICAO 9303-11 §9.8); the session is destroyed.

    :ivar code: what failed, one of the ``sm-…`` codes of the C core.
    """

    def __init__(self, message: str, *, code: str = "sm-malformed", hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.code = code


class CardMisbehaved(ProtocolError):
    """The chip broke the protocol in a way that no status word explains."""


class MalformedData(ChipIdError):
    """Bytes that cannot be what they claim to be.

    :ivar offset: where, in octets from the start of the file, or ``None``.
    :ivar path: the tags that lead there, outermost first.
    :ivar reason: the message without them.
    """

    def __init__(
        self, message: str, *, offset: int | None = None, path: tuple[int, ...] = (), hint: str | None = None
    ) -> None:
        where = ""
        if path:
            where += " in " + "/".join(f"{tag:02X}" for tag in path)
        if offset is not None:
            where += f" at offset {offset}"
        super().__init__(message + where, hint=hint)
        self.reason = message
        self.offset = offset
        self.path = path


class TlvError(MalformedData):
    """Octets that are no data object, or not the one that belongs there."""


class LdsError(MalformedData):
    """A file of the logical data structure breaks ICAO 9303-10."""


class CertificateError(MalformedData):
    """A certificate, CRL or CMS object breaks its standard."""


class UnsupportedFeature(ChipIdError):
    """Well-formed, and beyond what chipid speaks."""


class NotInstalled(UnsupportedFeature):
    """A library is missing that an extra of chipid brings: ``pcsc``, ``qr``, ``wsq`` or ``hsm``.

    The hint tells how to install it from a clone: chipid is on no package index, where somebody else may take its name.
    """

    def __init__(self, message: str, extra: str) -> None:
        super().__init__(message, hint=f"Install it, in your clone of chipid: pip install '.[{extra}]'")


class TrustStoreError(ChipIdError):
    """The trust store's file is in use by another process, or the system does not let it be read or changed."""
