# SPDX-License-Identifier: Apache-2.0
"""Opening a chip: EF.CardAccess, then PACE, or BAC where there is no PACE (ICAO 9303-11 §4.2).

Every try is recorded. BAC after a PACE that the chip offered and failed is a fallback that the verdict names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from chipid.crypto.random import RandomSource
from chipid.errors import (
    AccessDenied,
    ChipIdError,
    MalformedData,
    ProtocolError,
    ReaderError,
    StatusError,
    UnsupportedFeature,
    WrongPassword,
)
from chipid.evidence import AccessAttempt, Protocol, Result
from chipid.inspection.reading import FileReader
from chipid.iso7816.apdu import CommandAPDU
from chipid.iso7816.dialogue import Dialogue
from chipid.iso7816.file_ids import LDS1_AID, MF, FileId
from chipid.iso7816.secure_messaging import SecureMessaging, secured
from chipid.iso7816.status import SW
from chipid.lds.card_access import CardAccess
from chipid.lds.security_infos import PaceInfo, SecurityInfos
from chipid.protocols.bac import bac
from chipid.protocols.pace import pace, select_pace
from chipid.protocols.password import Password, PasswordKind

_NAME_THE_PARAMETERS = frozenset({SW.WRONG_DATA, SW.WRONG_LC_FOR_P1_P2, SW.REFERENCE_NOT_FOUND})


@dataclass
class Access:
    """The way into one chip, and everything that was tried on it.

    :ivar card_access: raw EF.CardAccess, ``None`` where the chip has none to show.
    """

    passwords: Sequence[Password]
    random: RandomSource
    bac_fallback: bool = True
    card_access: bytes | None = None
    card_access_error: str | None = None
    attempts: list[AccessAttempt] = field(default_factory=list)
    _opened_with: tuple[Protocol, Password] | None = None

    def open(self) -> Dialogue[SecureMessaging]:
        """Enter the eMRTD application with the first password that fits.

        :raises WrongPassword: the chip refused every password.
        :raises AccessDenied: no password given here goes with what the chip offers.
        :raises UnsupportedFeature: the chip has no eMRTD application.
        """
        infos = yield from self._read_card_access()
        info = select_pace(infos) if infos is not None else None
        session = None
        if info is not None and infos is not None:
            session = yield from self._try_pace(info, name_parameters=len(infos.pace) > 1)
        if session is None and (info is None or self.bac_fallback):
            session = yield from self._try_bac()
        if session is None:
            raise self._refusal(pace_offered=info is not None)
        return session

    def reopen(self) -> Dialogue[SecureMessaging]:
        """Authenticate anew after the session was lost, with what opened the chip before."""
        if self._opened_with is None:
            raise AccessDenied("the chip has not been opened yet")
        protocol, password = self._opened_with
        yield CommandAPDU(0x00, 0xA4, 0x00, 0x0C, MF.to_bytes(2, "big"))  # many chips refuse it: it does not matter
        once = Access([password], self.random, bac_fallback=protocol is Protocol.BAC)
        if protocol is Protocol.PACE and self.card_access is not None:
            info = select_pace(CardAccess.parse(self.card_access).infos)
            session = (yield from once._try_pace(info, name_parameters=True)) if info is not None else None
        else:
            session = yield from once._try_bac()
        if session is None:
            raise once._refusal(pace_offered=protocol is Protocol.PACE)
        return session

    # EF.CardAccess -------------------------------------------------------------------------------------------

    def _read_card_access(self) -> Dialogue[SecurityInfos | None]:
        """By short identifier, then after each form of SELECT that chips are known to take; all of them may fail."""
        for select in (
            None,
            CommandAPDU(0x00, 0xA4, 0x02, 0x0C, FileId.CARD_ACCESS.fid.to_bytes(2, "big")),
            CommandAPDU(0x00, 0xA4, 0x00, 0x0C),
            CommandAPDU(0x00, 0xA4, 0x00, 0x0C, MF.to_bytes(2, "big")),
        ):
            if select is not None and not (yield select).ok:
                continue
            try:
                raw = yield from FileReader(None).read(FileId.CARD_ACCESS)
            except ReaderError:
                raise
            except StatusError as error:
                self.card_access_error = f"status-{error.sw:04X}"
            except AccessDenied:
                self.card_access_error = f"status-{SW.SECURITY_STATUS:04X}"
            except ChipIdError:
                self.card_access_error = "malformed"
            else:
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

    def _try_pace(self, info: PaceInfo, *, name_parameters: bool) -> Dialogue[SecureMessaging | None]:
        for password in self.passwords:
            try:
                session = yield from self._pace(info, password, name_parameters)
                yield from secured(select_application(), session)
            except WrongPassword:
                self._note(Protocol.PACE, password, info, reason="wrong-password")
            except ReaderError:
                raise
            except (ProtocolError, MalformedData, UnsupportedFeature, AccessDenied) as error:
                self._note(Protocol.PACE, password, info, reason=_reason(error))
            else:
                self._note(Protocol.PACE, password, info)
                self._opened_with = (Protocol.PACE, password)
                return session
        return None

    def _pace(self, info: PaceInfo, password: Password, name_parameters: bool) -> Dialogue[SecureMessaging]:
        try:
            run = yield from pace(info, password, self.random, name_parameters=name_parameters)
        except StatusError as error:
            # Some chips want the parameters named even where EF.CardAccess leaves no choice (docs/quirks.md 5).
            if name_parameters or error.sw not in _NAME_THE_PARAMETERS:
                raise
            run = yield from pace(info, password, self.random, name_parameters=True)
        return run.session

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
            except (ProtocolError, MalformedData) as error:
                self._note(Protocol.BAC, password, reason=_reason(error))
            else:
                self._note(Protocol.BAC, password)
                self._opened_with = (Protocol.BAC, password)
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

    def _refusal(self, *, pace_offered: bool) -> ChipIdError:
        tried = ", ".join(f"{a.protocol.value} with {a.source or a.password}: {a.reason}" for a in self.attempts)
        if any(attempt.reason == "wrong-password" for attempt in self.attempts):
            return WrongPassword(f"the chip refused every password given ({tried})")
        if not self.attempts and not pace_offered:
            return AccessDenied(
                "the chip offers Basic Access Control alone, which takes the machine readable zone, not a CAN",
                hint="Give the MRZ's lines, the QR code, or document number, birth date and expiry date.",
            )
        return AccessDenied(f"the chip could not be opened ({tried})")


def select_application() -> Dialogue[None]:
    """SELECT the eMRTD application (ICAO 9303-10 §3.6.2); without Le first, which German chips insist on.

    :raises UnsupportedFeature: there is none.
    :raises StatusError: the chip refuses otherwise.
    """
    response = yield CommandAPDU(0x00, 0xA4, 0x04, 0x0C, LDS1_AID)
    if response.sw in (SW.WRONG_P1_P2, SW.WRONG_LENGTH, SW.FUNCTION_NOT_SUPPORTED):
        response = yield CommandAPDU(0x00, 0xA4, 0x04, 0x00, LDS1_AID, le=256)
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
    if isinstance(error, AccessDenied):
        return "refused"
    if isinstance(error, UnsupportedFeature):
        return "unsupported"
    if isinstance(error, MalformedData):
        return "malformed"
    return getattr(error, "code", "misbehaved")
