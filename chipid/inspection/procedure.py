# SPDX-License-Identifier: Apache-2.0
"""The inspection procedure: drives one chip from EF.CardAccess to the last data group, and returns Evidence.

A protocol that fails and a file that cannot be read are facts in the evidence, and the procedure goes on. It ends with an exception
only where there is nothing to bring home: the card is gone, or will not open.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from chipid.crypto.random import RandomSource
from chipid.crypto.signature import RsaPublicKey
from chipid.crypto.spki import parse_public_key
from chipid.errors import (
    AccessDenied,
    MalformedData,
    ProtocolError,
    SecureMessagingError,
    TransmitFailed,
    UnsupportedFeature,
)
from chipid.evidence import (
    ActiveAuthenticationTranscript,
    ChipAuthenticationTranscript,
    Evidence,
    FileFailure,
    Result,
)
from chipid.inspection.access import Access
from chipid.inspection.block_sizes import BlockSizes
from chipid.inspection.link import fit_sizes, read_atr_info, read_directory, takes_chaining
from chipid.inspection.master_file import ANSWER_IRREGULAR, MasterFile, first_exchange
from chipid.inspection.plan import ReadingPlan
from chipid.inspection.progress import Progress, ProgressObserver
from chipid.inspection.reading import UNREADABLE, FileReader, failure_of
from chipid.inspection.session import Session
from chipid.inspection.terminal_rights import (
    EphemeralKey,
    TerminalRights,
    chip_identifier,
    mapping_key,
    named_authorities,
    read_cvca,
)
from chipid.iso7816.apdu import CommandAPDU, ResponseAPDU
from chipid.iso7816.atr import CardCapabilities
from chipid.iso7816.dialogue import Dialogue
from chipid.iso7816.file_ids import FileId
from chipid.iso7816.secure_messaging import SecureMessaging, secured
from chipid.lds.atr_info import AtrInfo
from chipid.lds.com import EfCom
from chipid.lds.dg14 import Dg14
from chipid.lds.dg15 import Dg15
from chipid.lds.dir import APPLICATION
from chipid.lds.security_infos import SecurityInfos
from chipid.lds.sod import EfSod, LDSSecurityObject
from chipid.pki.cms import SignedData
from chipid.pki.cv_authorisation import PROTECTED_FILES
from chipid.pki.cv_credentials import TerminalCredentials
from chipid.profiles.access_keys import AccessKeys
from chipid.protocols.active_auth import active_authentication, needs_extended_le
from chipid.protocols.chip_auth import VERSION_1, VERSION_2, ChipAuthenticationRun, chip_authentication
from chipid.protocols.pace import PaceRun


def inspection(
    keys: AccessKeys,
    plan: ReadingPlan,
    *,
    random: RandomSource,
    at: datetime,
    capabilities: CardCapabilities | None = None,
    challenge: bytes | None = None,
    terminal: TerminalCredentials | None = None,
    progress: ProgressObserver | None = None,
) -> Dialogue[Evidence]:
    """Inspect the chip at the other end (BSI TR-03135-1 sequence 1: access, SOD, Chip, Active and Terminal Authentication, files).

    :param keys: what opens the chip, tried in order.
    :param plan: what to read.
    :param at: now, by the terminal's clock, in UTC; recorded.
    :param capabilities: what the chip's ATR says of its link, ``None`` where it says nothing.
    :param challenge: 8 octets for Active Authentication, from a server that demands freshness; random where ``None``.
    :param terminal: the rights to fingerprints and irises that the terminal can prove, ``None`` for one without.
    :raises AccessDenied: the chip will not open.
    :raises UnsupportedFeature: the chip holds no eMRTD application.
    :raises ReaderError: the card or the reader is gone.
    """
    rights = None if terminal is None else TerminalRights(terminal, at, _protected(plan))
    inspector = _Inspector(keys, plan, random, capabilities or CardCapabilities(), challenge, progress, rights)
    return (yield from inspector.run(at))


class _Inspector:
    def __init__(
        self,
        keys: AccessKeys,
        plan: ReadingPlan,
        random: RandomSource,
        capabilities: CardCapabilities,
        challenge: bytes | None,
        progress: ProgressObserver | None,
        rights: TerminalRights | None,
    ) -> None:
        self._plan = plan
        self._random = random
        self._challenge = challenge
        self._progress = progress
        self._capabilities = capabilities
        self._rights = rights
        self._access = Access(
            keys.passwords,
            random,
            plan.bac_fallback,
            holder_authorisation=b"" if rights is None else rights.holder_authorisation,
        )
        self._files: dict[FileId, bytes] = {}
        self._failures: dict[FileId, FileFailure] = {}
        self._notes: list[str] = []
        self._sizes = BlockSizes(notes=self._notes)
        self._reader = FileReader(self._sizes, self._tell)
        self._master_file = MasterFile(self._files, self._failures, self._notes, self._sizes, random, rights)
        self._access.in_master_file = self._enter_master_file
        self._session = Session(self._access, self._notes, self._may_reopen, self._restore)
        self._chip_authentication: ChipAuthenticationTranscript | None = None
        self._active_authentication: ActiveAuthenticationTranscript | None = None
        self._terminal_key: EphemeralKey | None = None
        self._current: FileId | None = None
        self._wanted = 0

    def run(self, at: datetime) -> Dialogue[Evidence]:
        # 1. EF.CardAccess, EF.ATR/INFO, EF.DIR, and the way in
        yield from self._access.look()
        yield from self._learn_sizes()
        if FileId.DIR in self._plan.files:
            yield from self._read_directory()
        yield from self._session.open()
        if self._access.run is None:
            self._forget_master_file()
        self._record_card_access()
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
            chip_authentication_mapping=tuple(self._access.proofs),
            terminal_authentication=None if self._rights is None else self._rights.record,
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
        # 5. Terminal Authentication, for what is behind it
        if self._rights is not None:
            yield from self._read_all(file for file in (FileId.DG1,) if file in listed)
            yield from self._prove_rights(self._rights)
        # 6. The data groups of the plan
        yield from self._read_all(file for file in self._plan.files if file in listed)
        self._failures.update({file: FileFailure(reason="not-asked") for file in listed if not self._settled(file)})

    def _enter_master_file(self, run: PaceRun) -> Dialogue[SecureMessaging]:
        before = self._chip_authentication
        try:
            return (yield from self._master_file.enter(run, self._access.infos))
        finally:
            version_1 = before if before is not None and before.version != VERSION_2 else None
            self._chip_authentication = self._master_file.chip_authentication or version_1

    def _forget_master_file(self) -> None:
        """BAC opened the chip after PACE's sessions were given up: what was proved in those would speak for whoever answers now.

        What was disproved in them stays.
        """
        if not self._master_file.disproved:
            self._chip_authentication = None
        if self._rights is not None:
            self._rights.record = None

    # The link ------------------------------------------------------------------------------------------------

    def _learn_sizes(self) -> Dialogue[None]:
        info = None if self._plan.extended_length is False else (yield from self._read_atr_info())
        self._sizes.keep_to(self._access.block_limit)
        fit_sizes(self._sizes, self._plan, self._capabilities, info)
        if self._rights is not None:
            self._rights.chaining = takes_chaining(self._capabilities, info) and not self._sizes.extended

    def _read_atr_info(self) -> Dialogue[AtrInfo | None]:
        raw = yield from read_atr_info(select=self._access.selects or self._capabilities.lengths_in_file)
        try:
            info = AtrInfo.parse(raw)
        except MalformedData:
            self._failures[FileId.ATR_INFO] = FileFailure(reason="malformed")
            return None
        if info.capabilities is None and info.lengths is None:
            return None  # there is none, or the identifier is that of another file here
        self._files[FileId.ATR_INFO] = raw
        return info

    def _read_directory(self) -> Dialogue[None]:
        """Nothing depends on it: most chips have none, and where it cannot be read nothing is missed."""
        raw = yield from read_directory()
        if raw[:1] == bytes((APPLICATION,)):
            self._files[FileId.DIR] = raw

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
            self._files[file] = yield from self._session.insist(lambda: self._whole(file), self._sizes)
        except (*UNREADABLE, SecureMessagingError) as error:
            self._failures[file] = failure_of(error)

    def _whole(self, file: FileId) -> Dialogue[bytes]:
        self._sizes.cipher = self._session.messaging.cipher  # another session may have another
        return self._reader.read(file)

    def _tell(self, done: int, total: int) -> None:
        if self._progress is not None and self._current is not None:
            finished = sum(not file.in_mf for file in self._files)
            self._progress(Progress(self._current.label, done, total, finished, max(self._wanted, finished + 1)))

    # The session ---------------------------------------------------------------------------------------------

    def _may_reopen(self) -> bool:
        """What binds the files to the chip in Chip Authentication version 2 is the session that it has opened."""
        return self._chip_authentication is None or self._chip_authentication.version != VERSION_2

    def _restore(self) -> Dialogue[None]:
        """The proofs are those of the session that is lost: whoever answers now has to prove himself, too."""
        proven, self._terminal_key = self._terminal_key is not None, None
        if proven:
            self._chip_authentication = None
            yield from self._authenticate_chip()
        if self._rights is not None and self._rights.proven:
            yield from self._restore_rights(self._rights)

    # Authenticity --------------------------------------------------------------------------------------------

    def _authenticate_chip(self) -> Dialogue[None]:
        if self._chip_authentication is not None:  # version 2 has been done
            return
        try:
            infos = Dg14.parse(self._files[FileId.DG14]).infos
            run = yield from self._session.run(chip_authentication(infos, self._random))
        except UnsupportedFeature:
            self._notes.append("chip-authentication-unsupported")
            return
        except MalformedData:
            self._notes.append("dg14-malformed")
            return
        except SecureMessagingError:
            self._notes.append("chip-authentication-lost-session")
            yield from self._session.reopen()
            return
        if run is not None:
            if not run.response_as_specified:
                self._notes.append(ANSWER_IRREGULAR)
            self._chip_authentication = run.transcript
            yield from self._confirm_chip(run)
            if self._session.messaging is run.session:
                self._terminal_key = EphemeralKey(run.domain, run.transcript.public_key)

    def _confirm_chip(self, run: ChipAuthenticationRun) -> Dialogue[None]:
        """The first exchange under the new keys is the proof; where it fails the chip is opened anew, without the proof."""
        if run.session is None:
            return
        seen: list[tuple[CommandAPDU, ResponseAPDU]] = []
        try:
            yield from secured(first_exchange(FileId.COM), run.session, lambda command, answer: seen.append((command, answer)))
        except SecureMessagingError:
            self._chip_authentication = run.confirmed_by(*seen[0])
            yield from self._session.reopen()
        else:
            self._chip_authentication = run.confirmed_by(*seen[0])
            self._session.messaging = run.session

    def _authenticate_actively(self) -> Dialogue[None]:
        try:
            key = parse_public_key(Dg15.parse(self._files[FileId.DG15]).spki)
            long_answer = isinstance(key, RsaPublicKey) and needs_extended_le((key.bits + 7) // 8, self._session.messaging.cipher)
        except (MalformedData, UnsupportedFeature):
            long_answer = False
        forms = [self._sizes.extended and long_answer]
        if long_answer:
            forms.append(not forms[0])
        challenge = self._challenge if self._challenge is not None else self._random(8)
        source = "random" if self._challenge is None else "given"
        for extended in forms:
            dialogue = active_authentication(challenge, source=source, extended=extended)
            try:
                self._active_authentication = yield from self._session.run(dialogue)
            except (SecureMessagingError, TransmitFailed) as error:
                if isinstance(error, TransmitFailed) and not extended:  # an extended one may be the reader's limit
                    raise
                self._notes.append("active-authentication-lost-session")
                yield from self._session.reopen()
                continue
            if self._active_authentication.response:
                return

    # Terminal Authentication version 1 -------------------------------------------------------------------------

    def _prove_rights(self, rights: TerminalRights) -> Dialogue[None]:
        if rights.record is not None:  # version 2 has been done
            return
        infos = self._terminal_infos()
        if not any(info.version == VERSION_1 for info in infos.terminal_authentication):
            return rights.without("ta-not-offered", Result.NOT_OFFERED)
        try:
            yield from self._session.run(self._authenticate_terminal(rights, infos))
        except (SecureMessagingError, UnsupportedFeature, MalformedData):
            self._notes.append("terminal-authentication-lost-session")
            rights.without("ta-session-lost")
            yield from self._session.reopen()

    def _authenticate_terminal(self, rights: TerminalRights, infos: SecurityInfos) -> Dialogue[None]:
        run = self._access.run
        key = self._terminal_key or mapping_key(run, self._master_file.card_security)
        id_ic = chip_identifier(run, self._files.get(FileId.DG1))
        if run is not None and not run.password.is_for_inspection_systems:
            return rights.without("ta-with-pin")
        if key is None:
            return rights.without("ta-chip-not-authenticated")
        if id_ic is None:
            return rights.without("ta-chip-not-identified")
        references = named_authorities(run) or (yield from read_cvca(infos))
        yield from rights.prove(references, id_ic, key)

    def _terminal_infos(self) -> SecurityInfos:
        """DG14, and EF.CardAccess where that says nothing of Terminal Authentication."""
        infos = _security_infos(self._files.get(FileId.DG14))
        return infos if infos.terminal_authentication else self._access.infos or infos

    def _restore_rights(self, rights: TerminalRights) -> Dialogue[None]:
        """A new session has none of the old one's rights; what is on record already stays as it is."""
        record = rights.record
        try:
            yield from self._session.run(self._authenticate_terminal(rights, self._terminal_infos()))
            restored = rights.proven
        except (ProtocolError, MalformedData, UnsupportedFeature):
            restored = False
        if not restored:
            self._notes.append("terminal-authentication-not-restored")
        rights.record = record


def _protected(plan: ReadingPlan) -> tuple[str, ...]:
    """What the plan wants that inspection systems need a right for."""
    return tuple(file.label for file in plan.files if file in PROTECTED_FILES)


def _security_infos(dg14: bytes | None) -> SecurityInfos:
    try:
        return Dg14.parse(dg14).infos if dg14 is not None else SecurityInfos.of([])
    except MalformedData:
        return SecurityInfos.of([])


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
