# SPDX-License-Identifier: Apache-2.0
"""Opening a chip: EF.CardAccess, then PACE, or BAC where there is no PACE (ICAO 9303-11 §4.2).

Every try is recorded. BAC after a PACE that the chip offered and failed is a fallback that the verdict names.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from chipid.crypto.random import RandomSource
from chipid.errors import (
    AccessDenied,
    CardMisbehaved,
    ChipIdError,
    MalformedData,
    PasswordBlocked,
    ProtocolError,
    ReaderError,
    SecureMessagingError,
    StatusError,
    UnsupportedFeature,
    WrongPassword,
)
from chipid.evidence import AccessAttempt, ChipAuthenticationMappingTranscript, Protocol, Result
from chipid.inspection.block_sizes import BlockSizes
from chipid.inspection.reading import FileReader
from chipid.iso7816.apdu import CLA_CHAINING, SHORT_LE_MAX, CommandAPDU, ResponseAPDU
from chipid.iso7816.dialogue import Dialogue, observed
from chipid.iso7816.file_ids import LDS1_AID, MF, FileId
from chipid.iso7816.instructions import INS
from chipid.iso7816.secure_messaging import SecureMessaging, secured
from chipid.iso7816.status import SW
from chipid.lds.card_access import CardAccess
from chipid.lds.security_infos import PaceInfo, SecurityInfos
from chipid.protocols.bac import bac
from chipid.protocols.pace import PaceChoice, PaceRun, pace, preferred_pace
from chipid.protocols.password import Password, PasswordKind

_COUNTED = frozenset({PasswordKind.PIN, PasswordKind.PUK})
"""Those of which a chip may allow so many tries."""
_REFUSALS = frozenset({"refused", "not-offered", f"status-{SW.SECURITY_STATUS:04X}", f"status-{SW.CONDITIONS_NOT_SATISFIED:04X}"})
"""Reasons of a chip that says no. Any other is of one that does not keep to the protocol, which is not the password's fault."""
_NAME_THE_PARAMETERS = frozenset({SW.WRONG_DATA, SW.WRONG_LC_FOR_P1_P2, SW.REFERENCE_NOT_FOUND})
_BLOCKED = {
    "password-suspended": "Give the CAN with the PIN: the chip takes the last try after the CAN.",
    "password-blocked": "Unblock the PIN with the PUK.",
}


_Entered = TypeVar("_Entered")


@dataclass
class Access:
    """The way into one chip, and everything that was tried on it.

    :ivar holder_authorisation: the data object 7F4C that announces Terminal Authentication; empty for a terminal without.
    :ivar in_master_file: what is to be done after PACE and before the application is selected; it gives the session to go on with.
    :ivar card_access: raw EF.CardAccess, ``None`` where the chip has none to show; ``infos``: what it says.
    :ivar selects: EF.CardAccess was not found by its short identifier, and then by SELECT. :ivar block_limit: what it was read in.
    :ivar run: the PACE that opened the chip, ``None`` where BAC did. :ivar proofs: of Chip Authentication Mapping, one for each
        session that was opened: nothing else binds the files to the chip whose key EF.CardSecurity holds.
    """

    passwords: Sequence[Password]
    random: RandomSource
    bac_fallback: bool = True
    holder_authorisation: bytes = b""
    in_master_file: Callable[[PaceRun], Dialogue[SecureMessaging]] | None = None
    card_access: bytes | None = None
    card_access_error: str | None = None
    infos: SecurityInfos | None = None
    selects: bool = False
    block_limit: int = SHORT_LE_MAX
    run: PaceRun | None = None
    proofs: list[ChipAuthenticationMappingTranscript] = field(default_factory=list)
    attempts: list[AccessAttempt] = field(default_factory=list)
    _refused: list[Password] = field(default_factory=list)
    _counted: str | None = None
    _opened_with: tuple[Password, PaceChoice | None] | None = None

    def look(self) -> Dialogue[None]:
        """Read EF.CardAccess, which says how the chip is opened: before anything else."""
        self.infos = yield from self._read_card_access()

    def open(self) -> Dialogue[SecureMessaging]:
        """Enter the eMRTD application with the first password that fits.

        :raises WrongPassword: the chip refused every password.
        :raises AccessDenied: no password given here goes with what the chip offers, or the chip refuses.
        :raises CardMisbehaved: the chip broke off, or did not keep to the protocol: no other password would help.
        :raises UnsupportedFeature: the chip has no eMRTD application, or no way in that chipid speaks.
        """
        choices = preferred_pace(self.infos) if self.infos is not None else []
        session = None
        for choice in choices:
            session = yield from self._try_pace(choice, self._enter)
            # Another mapping of the same strength may work where this one does not.
            if session is not None:
                break
        if session is None and (not choices or self.bac_fallback):
            session = yield from self._try_bac()
        if session is None:
            raise self._refusal(pace_offered=bool(choices))
        return session

    def open_master_file(self, kind: PasswordKind) -> Dialogue[PaceRun]:
        """PACE alone, with a password of *kind* and the strongest way: no application is entered, and nothing tried again.

        :raises AccessDenied: as :meth:`open`; the same for its other errors.
        """
        choices = preferred_pace(self.infos) if self.infos is not None else []
        run = (yield from self._try_pace(choices[0], self._authenticate, kind)) if choices else None
        if run is None:
            raise self._refusal(pace_offered=bool(choices))
        return run

    def reopen(self) -> Dialogue[SecureMessaging]:
        """Authenticate anew after the session was lost, with what opened the chip before.

        :raises AccessDenied: the chip refuses. Whatever its reason is, it ends the reading.
        """
        if self._opened_with is None:
            raise AccessDenied("the chip has not been opened yet")
        password, choice = self._opened_with
        yield CommandAPDU(0x00, INS.SELECT, 0x00, 0x0C, MF.to_bytes(2, "big"))  # many chips refuse it: it does not matter
        try:
            if choice is not None:
                return (yield from self._enter(choice, password))
            yield from select_application()
            return (yield from bac(password, self.random))
        except ReaderError:
            raise
        except ChipIdError as error:
            raise AccessDenied(f"the chip could not be opened again ({_reason(error)})") from error

    # EF.CardAccess -------------------------------------------------------------------------------------------

    def _read_card_access(self) -> Dialogue[SecurityInfos | None]:
        """By short identifier, then after each form of SELECT that chips are known to take; all of them may fail."""
        for select in (
            None,
            CommandAPDU(0x00, INS.SELECT, 0x02, 0x0C, FileId.CARD_ACCESS.fid.to_bytes(2, "big")),
            CommandAPDU(0x00, INS.SELECT, 0x00, 0x0C),
            CommandAPDU(0x00, INS.SELECT, 0x00, 0x0C, MF.to_bytes(2, "big")),
        ):
            if select is not None and not (yield select).ok:
                continue
            try:
                raw = yield from FileReader(sizes := BlockSizes()).read(FileId.CARD_ACCESS)
            except ReaderError:
                raise
            except StatusError as error:
                self.card_access_error = f"status-{error.sw:04X}"
            except AccessDenied:
                self.card_access_error = f"status-{SW.SECURITY_STATUS:04X}"
            except ChipIdError:
                self.card_access_error = "malformed"
            else:
                self.selects, self.block_limit = select is not None, sizes.short
                return self._parsed(raw)
        return None

    def _parsed(self, raw: bytes) -> SecurityInfos | None:
        self.card_access, self.card_access_error = raw, None
        try:
            return CardAccess.parse(raw).infos
        except MalformedData:
            self.card_access_error = "malformed"
            return None

    # PACE ----------------------------------------------------------------------------------------------------

    def _try_pace(
        self,
        choice: PaceChoice,
        enter: Callable[[PaceChoice, Password], Dialogue[_Entered]],
        kind: PasswordKind | None = None,
    ) -> Dialogue[_Entered | None]:
        for password in self.passwords:
            if kind not in (None, password.kind):
                continue
            # A password that the chip has refused is not tried again: of a PIN each try counts.
            if any(password.kind is other.kind and password.encoded == other.encoded for other in self._refused):
                continue
            try:
                entered = yield from enter(choice, password)
            except ReaderError:
                raise
            except ChipIdError as error:
                self._failed(choice, password, error)
            else:
                self._note(Protocol.PACE, password, choice.info)
                self._opened_with = (password, choice)
                return entered
        return None

    def _enter(self, choice: PaceChoice, password: Password) -> Dialogue[SecureMessaging]:
        """PACE, what is to be done in the master file, and the application."""
        try:
            run, session = yield from self._into_application(choice, password)
        except SecureMessagingError:
            # Sessions get lost, and are where a chip has not the keys that it should; that is on record then. Once more, without.
            run, session = yield from self._into_application(choice, password)
        # Only now: the proof of a session in which nothing was read would speak for whoever answers in the next one.
        self.run = run
        if run.chip_authentication is not None:
            self.proofs.append(run.chip_authentication)
        return session

    def _into_application(self, choice: PaceChoice, password: Password) -> Dialogue[tuple[PaceRun, SecureMessaging]]:
        run = yield from self._authenticate(choice, password)
        session = run.session if self.in_master_file is None else (yield from self.in_master_file(run))
        yield from secured(select_application(), session)
        return run, session

    def _authenticate(self, choice: PaceChoice, password: Password) -> Dialogue[PaceRun]:
        try:
            return (yield from self._pace(choice, password))
        except PasswordBlocked as suspended:
            can = next((other for other in self.passwords if other.kind is PasswordKind.CAN), None)
            if not suspended.suspended or can is None:
                raise
            try:
                first = yield from self._pace(choice, can)
            except WrongPassword as error:
                self._failed(choice, can, error)
                raise suspended from None
            # The last try of the PIN, inside a session that the CAN has opened (BSI TR-03110-2 §3.5.1).
            return (yield from secured(self._pace(choice, password, resumed=True), first.session))

    def _pace(self, choice: PaceChoice, password: Password, *, resumed: bool = False) -> Dialogue[PaceRun]:
        infos = self.infos or SecurityInfos.of([])
        named = len(infos.pace) > 1
        may_announce = infos.terminal_authentication and password.kind.is_for_inspection_systems
        announced = self.holder_authorisation if may_announce else b""
        tried = False

        def watch(command: CommandAPDU, _response: ResponseAPDU) -> None:
            nonlocal tried
            tried = tried or (command.ins == INS.GENERAL_AUTHENTICATE and not command.cla & CLA_CHAINING)

        def attempt(name_parameters: bool) -> Dialogue[PaceRun]:
            dialogue = pace(
                choice,
                password,
                self.random,
                name_parameters=name_parameters,
                holder_authorisation=announced,
                resumed=resumed,
            )
            return observed(dialogue, watch)

        while True:
            try:
                return (yield from attempt(named))
            except StatusError as error:
                # Whatever the chip says to the token, it may have counted a try.
                if tried and password.kind in _COUNTED:
                    self._refused.append(password)
                # Some chips want the parameters named even where EF.CardAccess leaves no choice (docs/quirks.md 5).
                if named or tried or error.sw not in _NAME_THE_PARAMETERS:
                    raise
                named = True

    def _failed(self, choice: PaceChoice, password: Password, error: ChipIdError) -> None:
        self._note(Protocol.PACE, password, choice.info, reason=_reason(error))
        if isinstance(error, WrongPassword) and password.kind in _COUNTED:
            left = "" if error.attempts_left is None else f", {error.attempts_left} left"
            self._counted = f"Each wrong {password.kind.name} uses up one of the chip's tries{left}: ask the holder first."
        if isinstance(error, WrongPassword | PasswordBlocked):
            self._refused.append(password)

    # BAC -----------------------------------------------------------------------------------------------------

    def _try_bac(self) -> Dialogue[SecureMessaging | None]:
        passwords = [password for password in self.passwords if password.kind is PasswordKind.MRZ]
        if passwords:
            yield from select_application()
        for password in passwords:
            try:
                session = yield from bac(password, self.random)
            except WrongPassword:
                self._note(Protocol.BAC, password, reason="wrong-password")
            except UnsupportedFeature:
                self._note(Protocol.BAC, password, reason="not-offered", result=Result.NOT_OFFERED)
                return None
            except (ProtocolError, MalformedData, PasswordBlocked) as error:
                self._note(Protocol.BAC, password, reason=_reason(error))
            else:
                self._note(Protocol.BAC, password)
                self._opened_with, self.run = (password, None), None
                return session
        return None

    def _note(
        self,
        protocol: Protocol,
        password: Password,
        info: PaceInfo | None = None,
        reason: str | None = None,
        result: Result | None = None,
    ) -> None:
        outcome = result or (Result.DONE if reason is None else Result.FAILED)
        oid, parameter_id = (info.oid, info.parameter_id) if info is not None else (None, None)
        self.attempts.append(
            AccessAttempt(protocol, password.kind.label, outcome, password.source, oid, parameter_id, reason)
        )

    def _refusal(self, *, pace_offered: bool) -> ChipIdError:  # noqa: PLR0911  # one answer a cause
        tried = ", ".join(f"{a.protocol.value} with {a.source or a.password}: {a.reason}" for a in self.attempts)
        blocked = next((attempt for attempt in self.attempts if attempt.reason in _BLOCKED), None)
        if blocked is not None:
            return PasswordBlocked(
                f"the chip takes no more tries ({tried})",
                suspended=blocked.reason == "password-suspended",
                hint=_BLOCKED[blocked.reason or ""],
            )
        if any(attempt.reason == "wrong-password" for attempt in self.attempts):
            return WrongPassword(f"the chip refused every password given ({tried})", hint=self._counted)
        if self.attempts and all(_is_unknown(attempt) for attempt in self.attempts):
            names = " and no ".join(dict.fromkeys(attempt.password.upper() for attempt in self.attempts))
            return AccessDenied(f"the chip has no {names} ({tried})", hint="Open it with another of its passwords.")
        if not self.attempts and not pace_offered:
            return AccessDenied(
                "the chip offers Basic Access Control alone, which takes the machine readable zone, not a CAN",
                hint="Give the MRZ's lines, the QR code, or document number, birth date and expiry date.",
            )
        message = f"the chip could not be opened ({tried})"
        if any(attempt.reason == "unsupported" for attempt in self.attempts):
            return UnsupportedFeature(message)
        if any(attempt.reason not in _REFUSALS for attempt in self.attempts):
            return CardMisbehaved(message, hint="The password may be right. Lay the card on anew, or examine it by other means.")
        return AccessDenied(message)


def _is_unknown(attempt: AccessAttempt) -> bool:
    """The chip has no PIN or PUK (BSI TR-03110-3 §B.11.1). Of the other passwords, which chips have, it would be another fault."""
    counted = attempt.password in [kind.label for kind in _COUNTED]
    return counted and attempt.reason == f"status-{SW.REFERENCE_NOT_FOUND:04X}"


def select_application() -> Dialogue[None]:
    """SELECT the eMRTD application (ICAO 9303-10 §3.6.2); without Le first, which German chips insist on.

    :raises UnsupportedFeature: there is none.
    :raises StatusError: the chip refuses otherwise.
    """
    response = yield CommandAPDU(0x00, INS.SELECT, 0x04, 0x0C, LDS1_AID)
    if response.sw in (SW.WRONG_P1_P2, SW.WRONG_LENGTH, SW.FUNCTION_NOT_SUPPORTED):
        response = yield CommandAPDU(0x00, INS.SELECT, 0x04, 0x00, LDS1_AID, le=256)
    if response.sw == SW.FILE_NOT_FOUND:
        raise UnsupportedFeature(
            "this chip holds no travel or identity document (ICAO application A0000002471001)",
            hint="Check that the right card lies on the reader.",
        )
    if not response.ok:
        raise StatusError(response.sw, "selecting the eMRTD application")


def _reason(error: ChipIdError) -> str:
    """Stable words for the evidence."""
    if isinstance(error, StatusError):
        return f"status-{error.sw:04X}"
    if isinstance(error, PasswordBlocked):
        return "password-suspended" if error.suspended else "password-blocked"
    return next((reason for kind, reason in _REASONS if isinstance(error, kind)), getattr(error, "code", "misbehaved"))


_REASONS: tuple[tuple[type[ChipIdError], str], ...] = (
    (WrongPassword, "wrong-password"),
    (AccessDenied, "refused"),
    (UnsupportedFeature, "unsupported"),
    (MalformedData, "malformed"),
)
