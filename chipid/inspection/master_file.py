# SPDX-License-Identifier: Apache-2.0
"""What lies before the application, once PACE is done: EF.CardSecurity for the proof within PACE, and Extended Access Control
version 2 (BSI TR-03110-2 §2.4), in which the terminal proves its rights, and then the chip itself."""

from __future__ import annotations

from chipid.crypto.domain import Domain, generate_key_pair
from chipid.crypto.random import RandomSource
from chipid.errors import MalformedData, SecureMessagingError
from chipid.evidence import ChipAuthenticationTranscript, FileFailure
from chipid.inspection.block_sizes import BlockSizes
from chipid.inspection.reading import UNREADABLE, FileReader, failure_of
from chipid.inspection.terminal_rights import EphemeralKey, TerminalRights, chip_identifier, named_authorities
from chipid.iso7816.apdu import CommandAPDU, ResponseAPDU
from chipid.iso7816.dialogue import Dialogue
from chipid.iso7816.file_ids import FileId
from chipid.iso7816.instructions import INS
from chipid.iso7816.secure_messaging import SecureMessaging, secured
from chipid.lds.security_infos import ChipAuthenticationInfo, SecurityInfos
from chipid.protocols.card_security import card_security_infos
from chipid.protocols.chip_auth import (
    VERSION_2,
    ChipAuthenticationChoice,
    announced_chip_authentication,
    chip_authentication_choices,
    chip_authentication_v2,
)
from chipid.protocols.pace import PaceRun

ANSWER_IRREGULAR = "chip-authentication-answer-irregular"
"""A note: the chip answered the key agreement of Chip Authentication otherwise than specified, which proves nothing against it."""


class MasterFile:
    """One chip's.

    :param files: where EF.CardSecurity goes; *failures*: where it is told that it cannot be read; *notes*: where it
        is told what was out of the ordinary.
    :param sizes: how much to ask for in one command.
    :param rights: what the terminal can prove, ``None`` for one without rights: version 2 is then left alone.
    :ivar chip_authentication: the transcript of version 2 in the session that was entered last, ``None`` where it was not run. One
        that disproved the chip stays: it is not run again.
    :ivar disproved: version 2 has shown that the chip has not the key.
    :ivar card_security: what EF.CardSecurity says, ``None`` where it was not read or says nothing.
    """

    def __init__(
        self,
        files: dict[FileId, bytes],
        failures: dict[FileId, FileFailure],
        notes: list[str],
        sizes: BlockSizes,
        random: RandomSource,
        rights: TerminalRights | None,
    ) -> None:
        self._files = files
        self._failures = failures
        self._notes = notes
        self._sizes = sizes
        self._random = random
        self._rights = rights
        self.chip_authentication: ChipAuthenticationTranscript | None = None
        self.card_security: SecurityInfos | None = None
        self.disproved = False

    def enter(self, run: PaceRun, infos: SecurityInfos | None) -> Dialogue[SecureMessaging]:
        """What is to be done, in the session that *run* has opened; gives the session to go on with.

        :param infos: EF.CardAccess.
        """
        session = run.session
        if self.disproved:
            if self._rights is not None:
                self._rights.without("ta-session-lost", version=VERSION_2)
        else:
            self.chip_authentication = None
            if self._rights is not None and infos is not None and _speaks_version_2(infos):
                announced = announced_chip_authentication(infos)
                if announced is not None:
                    session = yield from self._general_authentication(run, self._rights, *announced)
        if run.chip_authentication is not None:
            yield from self._read_card_security(session)
        return session

    def _general_authentication(
        self, run: PaceRun, rights: TerminalRights, info: ChipAuthenticationInfo, domain: Domain
    ) -> Dialogue[SecureMessaging]:
        if not run.password.is_for_inspection_systems:
            rights.without("ta-with-pin", version=VERSION_2)
            return run.session
        # 1. Terminal Authentication announces the key of the Chip Authentication to come
        own = generate_key_pair(domain, self._random)
        key, id_ic = EphemeralKey(domain, own.public), chip_identifier(run, None) or b""
        yield from secured(rights.prove(named_authorities(run), id_ic, key, version=VERSION_2), run.session)
        # 2. The chip's key; who signed it is for verification to find out
        yield from self._read_card_security(run.session)
        infos = self.card_security
        choice = _announced_choice(infos, info, domain) if rights.proven and infos is not None else None
        if choice is None:
            return run.session
        # 3. Chip Authentication, and the first exchange under the new keys
        chip = yield from secured(chip_authentication_v2(choice, own), run.session)
        self.chip_authentication = chip.transcript
        if not chip.response_as_specified:
            self._notes.append(ANSWER_IRREGULAR)
        if chip.session is None:
            self.disproved = True
            return run.session
        seen: list[tuple[CommandAPDU, ResponseAPDU]] = []
        exchange = first_exchange(FileId.CARD_ACCESS)
        try:
            yield from secured(exchange, chip.session, lambda command, answer: seen.append((command, answer)))
        except SecureMessagingError:
            self.disproved = True
            raise
        finally:
            if seen:
                self.chip_authentication = chip.confirmed_by(*seen[0])
        return chip.session

    def _read_card_security(self, session: SecureMessaging) -> Dialogue[None]:
        file = FileId.CARD_SECURITY
        if file not in self._files:
            self._sizes.cipher = session.cipher
            try:
                self._files[file] = yield from secured(FileReader(self._sizes).read(file), session)
                self._failures.pop(file, None)
            except UNREADABLE as error:
                self._failures[file] = failure_of(error)
            except SecureMessagingError:
                self._sizes.step_down()  # the session may have broken on the length
                raise
        try:
            self.card_security = card_security_infos(self._files.get(file, b""))
        except MalformedData:
            self.card_security = None


def first_exchange(file: FileId) -> Dialogue[ResponseAPDU]:
    """The first command under new keys, which shows whether the chip has them: the head of a file that is sure to be there."""
    return (yield CommandAPDU(0x00, INS.READ_BINARY, 0x80 | file.sfi, 0x00, le=4))


def _speaks_version_2(infos: SecurityInfos) -> bool:
    return any(info.version == VERSION_2 for info in infos.terminal_authentication)


def _announced_choice(
    infos: SecurityInfos, announced: ChipAuthenticationInfo, domain: Domain
) -> ChipAuthenticationChoice | None:
    """The announced key, if it is of the group that was announced: EF.CardAccess, which nobody signs, may say another one."""
    for choice in chip_authentication_choices(infos, VERSION_2):
        if (choice.oid, choice.key_id) == (announced.oid, announced.key_id):
            return choice if choice.domain.parameters == domain.parameters else None
    return None
