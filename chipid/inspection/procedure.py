# SPDX-License-Identifier: Apache-2.0
"""The inspection procedure: drives one chip from EF.CardAccess to the last data group, and returns Evidence.

A protocol that fails and a file that cannot be read are facts in the evidence, and the procedure goes on. It ends with an exception
only where there is nothing to bring home: the card is gone, or will not open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TypeVar

from chipid.crypto.random import RandomSource
from chipid.crypto.signature import RsaPublicKey
from chipid.crypto.spki import parse_public_key
from chipid.errors import (
    AccessDenied,
    CardMisbehaved,
    MalformedData,
    NotAuthorised,
    ProtocolError,
    SecureMessagingError,
    StatusError,
    UnsupportedFeature,
)
from chipid.evidence import (
    ActiveAuthenticationTranscript,
    ChipAuthenticationTranscript,
    Evidence,
    FileFailure,
)
from chipid.inspection.access import Access
from chipid.inspection.plan import ReadingPlan
from chipid.inspection.progress import Progress, ProgressObserver
from chipid.inspection.reading import READ_BINARY, FileReader
from chipid.iso7816.apdu import CommandAPDU, ResponseAPDU
from chipid.iso7816.dialogue import Dialogue
from chipid.iso7816.file_ids import FileId
from chipid.iso7816.secure_messaging import secured
from chipid.lds.com import EfCom
from chipid.lds.dg14 import Dg14
from chipid.lds.dg15 import Dg15
from chipid.lds.sod import EfSod, LDSSecurityObject
from chipid.pki.cms import SignedData
from chipid.profiles.access_keys import AccessKeys
from chipid.protocols.active_auth import active_authentication
from chipid.protocols.chip_auth import ChipAuthenticationRun, chip_authentication

T = TypeVar("T")

REOPEN_LIMIT = 6
"""A chip that loses its session more often than this is given up."""

_LONG_ANSWER_BITS = 1900
"""From this modulus on, a protected Active Authentication answer is longer than a short response."""

_HEADER_READ = CommandAPDU(0x00, READ_BINARY, 0x80 | FileId.COM.sfi, 0x00, le=4)


def inspection(
    keys: AccessKeys,
    plan: ReadingPlan,
    *,
    random: RandomSource,
    at: datetime,
    extended_length: bool = False,
    challenge: bytes | None = None,
    progress: ProgressObserver | None = None,
) -> Dialogue[Evidence]:
    """Inspect the chip at the other end (BSI TR-03135-1 sequence 1: access, SOD, Chip and Active Authentication, data groups).

    :param keys: what opens the chip, tried in order.
    :param plan: what to read.
    :param at: now, by the terminal's clock, in UTC; recorded.
    :param extended_length: the chip says that it takes extended APDUs.
    :param challenge: 8 octets for Active Authentication, from a server that demands freshness; random where ``None``.
    :raises AccessDenied: the chip will not open.
    :raises UnsupportedFeature: the chip holds no eMRTD application.
    :raises ReaderError: the card or the reader is gone.
    """
    inspector = _Inspector(keys, plan, random, extended_length, challenge, progress)
    return (yield from inspector.run(at))


class _Inspector:
    def __init__(
        self,
        keys: AccessKeys,
        plan: ReadingPlan,
        random: RandomSource,
        extended_length: bool,
        challenge: bytes | None,
        progress: ProgressObserver | None,
    ) -> None:
        self._plan = plan
        self._random = random
        self._challenge = challenge
        self._progress = progress
        self._extended = extended_length if plan.extended_length is None else plan.extended_length
        self._access = Access(keys.passwords, random, plan.bac_fallback)
        self._files: dict[FileId, bytes] = {}
        self._failures: dict[FileId, FileFailure] = {}
        self._notes: list[str] = []
        self._chip_authentication: ChipAuthenticationTranscript | None = None
        self._active_authentication: ActiveAuthenticationTranscript | None = None
        self._reopened = 0
        self._current: FileId | None = None
        self._wanted = 0

    def run(self, at: datetime) -> Dialogue[Evidence]:
        # 1. EF.CardAccess, and the way in
        self._session = yield from self._access.open()
        self._record_card_access()
        self._reader = self._new_reader()
        complete = True
        try:
            yield from self._inspect()
        except (AccessDenied, ProtocolError, MalformedData, UnsupportedFeature):
            # The session was lost and the chip does not let us in again: what has been read is brought home, as unfinished.
            complete = False
            self._notes.append("reading-broken-off")
        return Evidence(
            read_at=at,
            files=self._files,
            failures=self._failures,
            accesses=tuple(self._access.attempts),
            active_authentication=self._active_authentication,
            chip_authentication=self._chip_authentication,
            complete=complete,
            notes=tuple(dict.fromkeys(self._notes)),
        )

    def _inspect(self) -> Dialogue[None]:
        # 2. What is there: EF.COM and EF.SOD
        yield from self._read_all((FileId.COM, FileId.SOD))
        listed = self._listed()
        # 3. Chip Authentication, so that all that follows is read from the chip that holds the key
        yield from self._read_all(file for file in (FileId.DG14,) if file in listed)
        if self._plan.chip_authentication and FileId.DG14 in self._files:
            yield from self._authenticate_chip()
        # 4. Active Authentication
        yield from self._read_all(file for file in (FileId.DG15,) if file in listed)
        if self._plan.active_authentication and FileId.DG15 in self._files:
            yield from self._authenticate_actively()
        # 5. The data groups of the plan
        yield from self._read_all(file for file in self._plan.files if file in listed)
        self._failures.update({file: FileFailure(reason="not-asked") for file in listed if not self._settled(file)})

    # Files ---------------------------------------------------------------------------------------------------

    def _record_card_access(self) -> None:
        if self._access.card_access is not None:
            self._files[FileId.CARD_ACCESS] = self._access.card_access
        if self._access.card_access_error is not None:
            self._failures[FileId.CARD_ACCESS] = FileFailure(reason=self._access.card_access_error)

    def _listed(self) -> tuple[FileId, ...]:
        """The data groups that EF.SOD or EF.COM names. EF.COM alone is unsigned: a file missing there is still looked for."""
        numbers = {*_listed_in_sod(self._files.get(FileId.SOD)), *_listed_in_com(self._files.get(FileId.COM))}
        listed = tuple(FileId.from_data_group(number) for number in sorted(numbers) if 1 <= number <= 16)
        self._wanted = 2 + len([file for file in self._plan.files if file in listed])
        return listed

    def _settled(self, file: FileId) -> bool:
        return file in self._files or file in self._failures

    def _read_all(self, files: Iterator[FileId] | tuple[FileId, ...]) -> Dialogue[None]:
        for file in files:
            if not self._settled(file):
                yield from self._read(file)

    def _read(self, file: FileId) -> Dialogue[None]:
        self._current = file
        try:
            self._files[file] = yield from self._in_session(lambda: self._reader.read(file), self._step_down)
        except NotAuthorised:
            self._failures[file] = FileFailure(reason="not-authorised")
        except StatusError as error:
            self._failures[file] = FileFailure(sw=error.sw)
        except MalformedData:
            self._failures[file] = FileFailure(reason="malformed")
        except CardMisbehaved:
            self._failures[file] = FileFailure(reason="length-lies")
        except SecureMessagingError as error:
            self._failures[file] = FileFailure(reason=error.code)

    def _new_reader(self) -> FileReader:
        return FileReader(self._session.cipher, extended=self._extended, progress=self._tell)

    def _tell(self, done: int, total: int) -> None:
        if self._progress is not None and self._current is not None:
            finished = len(self._files) - (FileId.CARD_ACCESS in self._files)
            self._progress(Progress(self._current.label, done, total, finished, max(self._wanted, finished + 1)))

    def _step_down(self) -> bool:
        self._notes.append("extended-length-refused" if self._reader.extended else "block-size-reduced")
        return self._reader.step_down()

    # The session ---------------------------------------------------------------------------------------------

    def _in_session(self, start: Callable[[], Dialogue[T]], give_in: Callable[[], bool]) -> Dialogue[T]:
        """Run a dialogue under secure messaging, again and with less asked for where the session did not stand it.

        :param give_in: makes the next try smaller, and says whether there is a smaller one.
        """
        while True:
            try:
                return (yield from secured(start(), self._session, self._watch))
            except SecureMessagingError as error:
                if not give_in() or self._reopened >= REOPEN_LIMIT:
                    raise
                if error.code == "sm-plaintext":
                    result = yield from self._with_other_counters(start)
                    if result is not None:
                        return result
                yield from self._reopen()

    def _watch(self, _command: CommandAPDU, _response: ResponseAPDU) -> None:
        """Remember the counter of the command under way, before the response counts too."""
        self._ssc = int.from_bytes(self._session.ssc, "big")

    def _with_other_counters(self, start: Callable[[], Dialogue[T]]) -> Dialogue[T | None]:
        """After an unprotected status word: the chip may have counted the command and its answer, or neither (docs/quirks.md 9)."""
        size, before = len(self._session.ssc), self._ssc - 1
        for counter in (before, before + 2):
            if self._session.closed:
                return None
            self._session.ssc = counter.to_bytes(size, "big")
            try:
                return (yield from secured(start(), self._session))
            except SecureMessagingError:
                continue
        return None

    def _reopen(self) -> Dialogue[None]:
        self._reopened += 1
        self._notes.append("session-reopened")
        self._session = yield from self._access.reopen()

    # Authenticity --------------------------------------------------------------------------------------------

    def _authenticate_chip(self) -> Dialogue[None]:
        try:
            infos = Dg14.parse(self._files[FileId.DG14]).infos
            run = yield from secured(chip_authentication(infos, self._random), self._session)
        except UnsupportedFeature:
            self._notes.append("chip-authentication-unsupported")
            return
        except MalformedData:
            self._notes.append("dg14-malformed")
            return
        except SecureMessagingError:
            self._notes.append("chip-authentication-lost-session")
            yield from self._reopen()
            return
        if run is not None:
            self._chip_authentication = run.transcript
            yield from self._confirm_chip(run)

    def _confirm_chip(self, run: ChipAuthenticationRun) -> Dialogue[None]:
        """The first exchange under the new keys is the proof; where it fails the chip is opened anew, without the proof."""
        if run.session is None:
            return
        seen: list[tuple[CommandAPDU, ResponseAPDU]] = []
        try:
            yield from secured(_one(_HEADER_READ), run.session, lambda command, answer: seen.append((command, answer)))
        except SecureMessagingError:
            self._chip_authentication = run.confirmed_by(*seen[0])
            yield from self._reopen()
        else:
            self._chip_authentication = run.confirmed_by(*seen[0])
            self._session = run.session
            block, extended = self._reader.block, self._reader.extended
            self._reader = self._new_reader()
            if not extended:
                self._reader.block = min(block, self._reader.block)

    def _authenticate_actively(self) -> Dialogue[None]:
        try:
            key = parse_public_key(Dg15.parse(self._files[FileId.DG15]).spki)
            long_answer = isinstance(key, RsaPublicKey) and key.bits > _LONG_ANSWER_BITS
        except (MalformedData, UnsupportedFeature):
            long_answer = False
        forms = [self._extended and long_answer]
        if long_answer:
            forms.append(not forms[0])
        challenge = self._challenge if self._challenge is not None else self._random(8)
        source = "random" if self._challenge is None else "given"
        for extended in forms:
            dialogue = active_authentication(challenge, source=source, extended=extended)
            try:
                self._active_authentication = yield from secured(dialogue, self._session)
            except SecureMessagingError:
                self._notes.append("active-authentication-lost-session")
                yield from self._reopen()
                continue
            if self._active_authentication.response:
                return


def _one(command: CommandAPDU) -> Dialogue[ResponseAPDU]:
    return (yield command)


def _listed_in_sod(raw: bytes | None) -> tuple[int, ...]:
    try:
        return tuple(LDSSecurityObject.parse(SignedData.parse(EfSod.parse(raw).cms).content or b"").hashes) if raw else ()
    except (MalformedData, UnsupportedFeature):
        return ()


def _listed_in_com(raw: bytes | None) -> tuple[int, ...]:
    try:
        return EfCom.parse(raw).data_groups if raw else ()
    except MalformedData:
        return ()
