# SPDX-License-Identifier: Apache-2.0
"""Quirks of real chips, faults and lies, as small objects that compose.

A :class:`Fault` hangs into the way of a command through :class:`chipid.emulator.icc.EmulatedCard`::

    before → link → secure messaging off → instead → applet → after → secure messaging on → sent

Where a fault has ``at``, it shows at that command since power-up (1 is the first); without it, wherever it fits.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar

from chipid.emulator.exchange import Exchange, naked
from chipid.emulator.link import protected_size
from chipid.errors import CardRemoved, TlvError
from chipid.iso7816.apdu import CommandAPDU, ResponseAPDU
from chipid.iso7816.file_ids import MF, FileId
from chipid.iso7816.instructions import INS
from chipid.iso7816.status import SW
from chipid.iso7816.tlv import TlvCursor, parse_tlv

if TYPE_CHECKING:
    from chipid.emulator.icc import EmulatedCard

_READS = frozenset({INS.READ_BINARY, INS.READ_BINARY_ODD})
_PACE_SET_AT = 0xC1A4
_DO_PARAMETER_REFERENCE = 0x84
_DO_DYNAMIC_AUTHENTICATION_DATA = 0x7C


@dataclass(frozen=True)
class Fault:
    """A way in which a card departs from ICAO 9303. This one departs nowhere.

    :cvar name: how the command line and messages call it.
    """

    name: ClassVar[str] = ""

    def attach(self, card: EmulatedCard) -> None:
        """The card has been made."""

    def before(self, exchange: Exchange) -> bytes | None:
        """Answer in place of the whole card, or ``None`` to let the command pass."""

    def instead(self, exchange: Exchange) -> ResponseAPDU | None:
        """Answer ``exchange.command`` in place of the applet, or ``None`` to let it pass."""

    def after(self, exchange: Exchange) -> ResponseAPDU:
        """The applet's plain answer, ``exchange.response`` or another."""
        return exchange.response

    def sent(self, exchange: Exchange) -> bytes:
        """The answer as it leaves the card, ``exchange.answer`` or another."""
        return exchange.answer


# Access ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SelectMfRefused(Fault):
    """SELECT MF is not known (quirk 1: VN, DK, LV, UA)."""

    name = "select-mf-refused"
    sw: int = SW.WRONG_INS

    def instead(self, exchange: Exchange) -> ResponseAPDU | None:
        """Refuse SELECT by file identifier without data or with 3F00."""
        command = exchange.command
        selects_mf = command.ins == INS.SELECT and command.p1 == 0 and command.data in (b"", MF.to_bytes(2, "big"))
        return _refusal(self.sw, selects_mf)


@dataclass(frozen=True)
class CardAccessRefused(Fault):
    """EF.CardAccess does not open, although it is there (quirk 2).

    :ivar once_selected: only after the application has been selected.
    """

    name = "card-access-refused"
    sw: int = SW.SECURITY_STATUS
    once_selected: bool = False

    def instead(self, exchange: Exchange) -> ResponseAPDU | None:
        """Refuse SELECT and READ BINARY of 011C or short identifier 1C."""
        if self.once_selected and not exchange.card.applet.application_selected:
            return None
        return _refusal(self.sw, _addresses(exchange.command, FileId.CARD_ACCESS))


@dataclass(frozen=True)
class FileRefused(Fault):
    """A file that the card holds does not open."""

    name = "file-refused"
    file: FileId = FileId.DG2
    sw: int = SW.SECURITY_STATUS

    def instead(self, exchange: Exchange) -> ResponseAPDU | None:
        """Refuse SELECT and READ BINARY of the file, in the application or the MF, wherever it lies."""
        here = exchange.card.applet.application_selected != self.file.in_mf
        return _refusal(self.sw, here and _addresses(exchange.command, self.file))


@dataclass(frozen=True)
class LeRefused(Fault):
    """SELECT and MSE fail where they carry an Le (quirk 3: DE)."""

    name = "le-refused"
    sw: int = SW.WRONG_LENGTH

    def instead(self, exchange: Exchange) -> ResponseAPDU | None:
        """Refuse by the presence of Le alone."""
        guarded = exchange.command.ins in (INS.SELECT, INS.MANAGE_SECURITY_ENVIRONMENT)
        return _refusal(self.sw, guarded and exchange.command.le is not None)


@dataclass(frozen=True)
class BacNotOffered(Fault):
    """A PACE-only chip hands out a challenge and then knows no BAC key (quirk 4)."""

    name = "bac-not-offered"
    sw: int = SW.REFERENCE_NOT_FOUND

    def instead(self, exchange: Exchange) -> ResponseAPDU | None:
        """Refuse EXTERNAL AUTHENTICATE."""
        return _refusal(self.sw, exchange.command.ins == INS.EXTERNAL_AUTHENTICATE)


@dataclass(frozen=True)
class PaceNeedsTag84(Fault):
    """MSE:Set AT for PACE must name the domain parameters, even where only one set is there (quirk 5)."""

    name = "pace-needs-tag-84"
    sw: int = SW.WRONG_DATA

    def instead(self, exchange: Exchange) -> ResponseAPDU | None:
        """Refuse Set AT without data object 84."""
        if not _is_pace_set_at(exchange.command):
            return None
        try:
            named = any(tlv.tag == _DO_PARAMETER_REFERENCE for tlv in TlvCursor(exchange.command.data))
        except TlvError:
            return None
        return _refusal(self.sw, not named)


@dataclass(frozen=True)
class PaceFails(Fault):
    """PACE breaks off (quirk 2, 6).

    :ivar step: 0 for MSE:Set AT, 1–4 for the GENERAL AUTHENTICATE of nonce, mapping, key agreement, token.
    """

    name = "pace-fails"
    sw: int = SW.UNKNOWN_ERROR | 0xFF
    step: int = 4

    _STEP_OF_TAG: ClassVar[dict[int | None, int]] = {None: 1, 0x81: 2, 0x83: 3, 0x85: 4}

    def instead(self, exchange: Exchange) -> ResponseAPDU | None:
        """Refuse the one step."""
        if exchange.protected:
            return None
        step = 0 if _is_pace_set_at(exchange.command) else self._step(exchange.command)
        return _refusal(self.sw, step == self.step)

    def _step(self, command: CommandAPDU) -> int | None:
        if command.ins != INS.GENERAL_AUTHENTICATE:
            return None
        try:
            tag = parse_tlv(command.data, _DO_DYNAMIC_AUTHENTICATION_DATA).children().peek()
        except TlvError:
            return None
        return self._STEP_OF_TAG.get(tag)


# Reading ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class NoExtendedLength(Fault):
    """The transmission layer refuses extended length fields: 6700, naked, and secure messaging counts nothing."""

    name = "no-extended-length"

    def attach(self, card: EmulatedCard) -> None:
        """Take the ability from the card's link; a long signature then has no other way out than a long answer."""
        card.link = replace(card.link, extended_length=False, long_answers=True)


@dataclass(frozen=True)
class ExtendedLengthUnannounced(Fault):
    """The chip takes extended length fields, and its ATR does not say so."""

    name = "extended-length-unannounced"

    def attach(self, card: EmulatedCard) -> None:
        """Keep it silent."""
        card.link = replace(card.link, announced=False)


@dataclass(frozen=True)
class NoShortIdentifiers(Fault):
    """READ BINARY by short identifier is not known: files are found by SELECT alone."""

    name = "no-short-identifiers"
    sw: int = SW.WRONG_P1_P2

    def instead(self, exchange: Exchange) -> ResponseAPDU | None:
        """Refuse B0 with a short identifier in P1."""
        command = exchange.command
        return _refusal(self.sw, command.ins == INS.READ_BINARY and bool(command.p1 & 0x80))


@dataclass(frozen=True)
class UnprotectedStatus(Fault):
    """A naked status word inside a session, which stays open (quirk 9).

    :ivar at: which command since power-up; ``None`` for every READ BINARY with extended length fields.
    :ivar counted: whether the chip's send sequence counter took the command and this answer (US) or neither (CN).
    """

    name = "unprotected-status"
    sw: int = SW.WRONG_LENGTH
    at: int | None = None
    counted: bool = False

    def before(self, exchange: Exchange) -> bytes | None:
        """Answer in place of secure messaging."""
        if exchange.wire is None or exchange.session is None or not exchange.protected:
            return None
        extended_read = exchange.wire.ins in _READS and exchange.extended
        if not (extended_read if self.at is None else exchange.number == self.at):
            return None
        if self.counted:
            counter = exchange.session.ssc
            successor = (int.from_bytes(counter, "big") + 2) % (1 << 8 * len(counter))
            exchange.session.ssc = successor.to_bytes(len(counter), "big")
        return naked(self.sw)


@dataclass(frozen=True)
class LeLimit(Fault):
    """READ BINARY is refused where Le is larger (quirk 10: UA 192; others 224, 160, 112)."""

    name = "le-limit"
    limit: int = 192
    sw: int = SW.WRONG_LENGTH

    def instead(self, exchange: Exchange) -> ResponseAPDU | None:
        """Compare the plain Le, 256 and 65536 included."""
        too_large = exchange.command.ins in _READS and (exchange.command.le or 0) > self.limit
        return _refusal(self.sw, too_large)


@dataclass(frozen=True)
class BufferIncludesOverhead(Fault):
    """READ BINARY is refused where the protected answer does not fit the chip's buffer (quirk 11).

    :ivar size: octets of the buffer of 256 that the answer may take; the command's header lies in the rest. With 240
        a chip fails at Le 223 and works at 128.
    """

    name = "buffer-includes-overhead"
    size: int = 240
    sw: int = SW.WRONG_LENGTH

    def after(self, exchange: Exchange) -> ResponseAPDU:
        """Measure the answer as it would travel."""
        if exchange.session is None or exchange.command.ins not in _READS:
            return exchange.response
        odd = exchange.command.ins == INS.READ_BINARY_ODD
        fits = protected_size(exchange.session.cipher, len(exchange.response.data), odd=odd) <= self.size
        return exchange.response if fits else ResponseAPDU(b"", self.sw)


@dataclass(frozen=True)
class EndOfFileWarning(Fault):
    """6282 as soon as the last octet is read, although nobody asked for more (quirk 12: ES)."""

    name = "end-of-file-warning"

    def after(self, exchange: Exchange) -> ResponseAPDU:
        """Warn together with the data."""
        at_end = exchange.card.applet.reached_end
        return ResponseAPDU(exchange.response.data, SW.END_OF_FILE) if at_end else exchange.response


@dataclass(frozen=True)
class ReadPastEndRefused(Fault):
    """A read that reaches past the end gives no data at all (quirk 12).

    :ivar breaks_mac: the chip answers with a wrong MAC instead of a status word.
    """

    name = "read-past-end-refused"
    sw: int = SW.WRONG_OFFSET
    breaks_mac: bool = False

    def after(self, exchange: Exchange) -> ResponseAPDU:
        """Take the data back."""
        refused = exchange.command.ins in _READS and exchange.response.sw == SW.END_OF_FILE and not self.breaks_mac
        return ResponseAPDU(b"", self.sw) if refused else exchange.response

    def sent(self, exchange: Exchange) -> bytes:
        """Spoil the MAC."""
        past_end = exchange.protected and exchange.response.sw == SW.END_OF_FILE
        return _spoil_mac(exchange.answer) if self.breaks_mac and past_end else exchange.answer


@dataclass(frozen=True)
class NoOddReadBinary(Fault):
    """READ BINARY with the odd instruction is not known (quirk 15)."""

    name = "no-odd-read-binary"
    sw: int = SW.WRONG_INS

    def instead(self, exchange: Exchange) -> ResponseAPDU | None:
        """Refuse B1."""
        return _refusal(self.sw, exchange.command.ins == INS.READ_BINARY_ODD)


@dataclass(frozen=True)
class LoseCardAt(Fault):
    """The card leaves the field at the n-th command of its life; laid on anew, it works again (quirk 14)."""

    name = "lose-card-at"
    n: int = 10

    def before(self, exchange: Exchange) -> bytes | None:
        """Withdraw the card.

        :raises CardRemoved: it is the n-th command.
        """
        if exchange.count == self.n:
            exchange.card.withdraw()
            raise CardRemoved("the emulated card has been withdrawn in the middle of a dialogue")
        return None


# Authenticity ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ActiveAuthenticationNeedsExtendedLe(Fault):
    """INTERNAL AUTHENTICATE with a short Le gets an empty answer (quirk 21: AU)."""

    name = "active-authentication-needs-extended-le"
    sw: int = SW.OK

    def instead(self, exchange: Exchange) -> ResponseAPDU | None:
        """Look at the command as it travelled."""
        short = not exchange.extended
        return _refusal(self.sw, exchange.command.ins == INS.INTERNAL_AUTHENTICATE and short)


@dataclass(frozen=True)
class ActiveAuthenticationRefusesExtendedLe(Fault):
    """INTERNAL AUTHENTICATE must have a short Le, and the answer is longer than that (quirk 21: CN)."""

    name = "active-authentication-refuses-extended-le"
    sw: int = SW.WRONG_LENGTH

    def attach(self, card: EmulatedCard) -> None:
        """Long answers leave in spite of a short Le."""
        card.link = replace(card.link, long_answers=True)

    def instead(self, exchange: Exchange) -> ResponseAPDU | None:
        """Look at the command as it travelled."""
        return _refusal(self.sw, exchange.command.ins == INS.INTERNAL_AUTHENTICATE and exchange.extended)


# Lies ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PlaintextAnswer(Fault):
    """The answer inside a session comes without protection (quirk 25): a reader must not take it."""

    name = "plaintext-answer"
    at: int | None = None

    def sent(self, exchange: Exchange) -> bytes:
        """Send data and status word as they are."""
        hit = exchange.protected and self.at in (None, exchange.number)
        return exchange.response.to_bytes() if hit else exchange.answer


@dataclass(frozen=True)
class WrongMac(Fault):
    """One bit of a protected answer's MAC is wrong."""

    name = "wrong-mac"
    at: int | None = None

    def sent(self, exchange: Exchange) -> bytes:
        """Flip the bit."""
        hit = exchange.protected and self.at in (None, exchange.number)
        return _spoil_mac(exchange.answer) if hit else exchange.answer


@dataclass(frozen=True)
class StatusWordChanged(Fault):
    """The status word outside a protected answer differs from the one under its MAC."""

    name = "status-word-changed"
    sw: int = SW.OK
    at: int | None = None

    def sent(self, exchange: Exchange) -> bytes:
        """Replace the last two octets."""
        hit = exchange.protected and self.at in (None, exchange.number)
        return exchange.answer[:-2] + self.sw.to_bytes(2, "big") if hit else exchange.answer


@dataclass(frozen=True)
class RawAnswer(Fault):
    """Any octets at all in place of an answer."""

    name = "raw-answer"
    octets: bytes = field(default=b"", repr=False)
    at: int | None = None

    def sent(self, exchange: Exchange) -> bytes:
        """Send them."""
        return self.octets if self.at in (None, exchange.number) else exchange.answer


def _refusal(sw: int, applies: bool) -> ResponseAPDU | None:
    return ResponseAPDU(b"", sw) if applies else None


def _addresses(command: CommandAPDU, file: FileId) -> bool:
    fid = file.fid.to_bytes(2, "big")
    if command.ins == INS.SELECT:
        return command.p1 in (0x00, 0x02) and command.data == fid
    if command.ins == INS.READ_BINARY:
        return command.p1 == 0x80 | file.sfi
    return command.ins == INS.READ_BINARY_ODD and command.p1 << 8 | command.p2 in (file.fid, file.sfi)


def _is_pace_set_at(command: CommandAPDU) -> bool:
    return command.ins == INS.MANAGE_SECURITY_ENVIRONMENT and command.p1 << 8 | command.p2 == _PACE_SET_AT


def _spoil_mac(answer: bytes) -> bytes:
    # DO8E stands last, the status word behind it.
    return answer[:-3] + bytes((answer[-3] ^ 0x01,)) + answer[-2:] if len(answer) > 2 else answer
