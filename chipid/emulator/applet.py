# SPDX-License-Identifier: Apache-2.0
"""The chip's state machine: master file and eMRTD application (ICAO 9303-10 §3, 9303-11 §4, §6, §7).

Secure messaging lies outside (``icc.py``): the applet sees plain commands and says which session protects the next one. What each
command does stands in ``file_commands``, ``access_commands`` and ``authentication_commands``; here is when it may be done.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from chipid.crypto.random import RandomSource
from chipid.emulator import access_commands, authentication_commands, file_commands, personality
from chipid.emulator.filesystem import DedicatedFile, FileSystem
from chipid.emulator.instruction import Instruction, instruction_of
from chipid.emulator.memory import Memory
from chipid.emulator.state import FALLS_BACK_TO, State
from chipid.iso7816.apdu import CommandAPDU, ResponseAPDU
from chipid.iso7816.file_ids import FileId
from chipid.iso7816.secure_messaging import SecureMessaging
from chipid.iso7816.status import SW
from chipid.issuing.card_image import CardImage
from chipid.pki.cv_authorisation import HolderAuthorisation
from chipid.protocols.bac import BacChip
from chipid.protocols.chip_auth import VERSION_1, VERSION_2, ChipAuthenticationChip
from chipid.protocols.pace import PaceChip
from chipid.protocols.password import PasswordKind
from chipid.protocols.terminal_auth import TerminalAuthenticationChip, compress


class Applet:
    """One powered chip above secure messaging.

    :param image: the personalised card.
    :param random: for challenges, nonces and ephemeral keys.
    :param pause: called with seconds where the chip slows down who tries passwords out.
    :ivar memory: what outlives a reset.
    :ivar password: what PACE has opened the session with, ``None`` after BAC; :ivar terminal: Terminal Authentication's responder
        in this session, ``None`` where the chip trusts nobody; :ivar terminal_met: Chip Authentication of version 2 has met the key
        that the terminal announced.
    """

    def __init__(self, image: CardImage, random: RandomSource, pause: Callable[[float], None] = lambda _seconds: None) -> None:
        self.image = image
        self.random = random
        self.memory = Memory(image)
        self.files = FileSystem(image.files, image.access_protected, self.memory.trust)
        self.card_access = personality.security_infos(image, FileId.CARD_ACCESS)
        self.static_keys = personality.static_keys(image)
        self.active_authentication = personality.active_authentication(image, random)
        self.chip_authentication_v1 = personality.chip_authentication(image, FileId.DG14, VERSION_1, random)
        self.chip_authentication_v2 = personality.chip_authentication(image, FileId.CARD_SECURITY, VERSION_2, random)
        self.terminal_authentication_version = personality.terminal_authentication_version(image)
        self._pause = pause
        self.session: SecureMessaging | None = None
        self.reset()

    def reset(self) -> None:
        """Back to the state after power-up: the master file, no session, nothing remembered but :attr:`memory`."""
        self.end_session()
        self.df = DedicatedFile.MASTER_FILE

    def end_session(self) -> None:
        """Forget the session, its keys and every right that came with it (ICAO 9303-11 §9.8.3)."""
        if self.session is not None:
            self.session.close()
        self.session = None
        self.opened_by_pace = False
        self.password: PasswordKind | None = None
        self.terminal: TerminalAuthenticationChip | None = None
        self.terminal_met = False
        self.state = State.PLAIN
        self.current_file: FileId | None = None
        self.reached_end = False
        self.bac: BacChip | None = None
        self.pace: PaceChip | None = None

    @property
    def application_selected(self) -> bool:
        """Whether the eMRTD application, and not the master file, is current."""
        return self.df is DedicatedFile.EMRTD_APPLICATION

    @property
    def access_states(self) -> tuple[State, State]:
        """Where the chip is before and while PACE runs."""
        return (State.PLAIN, State.PACE) if self.session is None else (State.SESSION, State.PACE_AGAIN)

    @property
    def chip_authentication(self) -> ChipAuthenticationChip | None:
        """The responder in charge: version 1 in the application, version 2 in the master file."""
        return self.chip_authentication_v1 if self.application_selected else self.chip_authentication_v2

    @property
    def rights(self) -> HolderAuthorisation | None:
        """What the terminal may read now. Rights hold in the channel that Chip Authentication, or its mapping, has opened with the
        key that the terminal signed for (ICAO 9303-11 §7.1.3). In version 2 that comes last: before it, whoever carries the
        terminal's messages to the chip would have its rights (BSI TR-03110-2 §2.4).
        """
        if self.terminal is None or (self.terminal_authentication_version != VERSION_1 and not self.terminal_met):
            return None
        return self.terminal.rights

    def enter(self, df: DedicatedFile) -> None:
        """Make *df* current, with no file selected in it."""
        self.df = df
        self.current_file = None

    def wait(self, kind: PasswordKind) -> None:
        """Slow down after wrong passwords of that kind."""
        delay = self.memory.delay(kind)
        if delay:
            self._pause(delay)

    def opened_by_bac(self, session: SecureMessaging) -> None:
        """BAC is done; Terminal Authentication knows this chip by its document number."""
        self._start(session)
        self.terminal = authentication_commands.terminal_responder(self, personality.document_identifier(self.image))

    def opened_by(self, pace: PaceChip) -> None:
        """PACE is done, perhaps in place of an earlier session, whose rights end (ICAO 9303-11 §7.1.3)."""
        if pace.session is None or pace.choice is None:
            return
        self._start(pace.session)
        self.opened_by_pace, self.password = True, pace.kind
        domain = pace.choice.domain
        self.terminal = authentication_commands.terminal_responder(self, compress(domain, pace.key))
        if self.terminal is not None and pace.proved_chip and self.terminal_authentication_version == VERSION_1:
            self.terminal.bind(compress(domain, pace.terminal_key))

    def fall_back(self) -> None:
        """Another command has come than the protocol under way awaits: that run is void."""
        self.state = FALLS_BACK_TO.get(self.state, self.state)

    def process(self, command: CommandAPDU, capacity: int) -> ResponseAPDU:
        """Answer one plain command.

        :param capacity: plain data octets that the answer to a READ BINARY may carry.
        """
        self.reached_end = False
        instruction = instruction_of(command)
        if instruction not in TRANSITIONS[self.state]:
            self.fall_back()
        if isinstance(instruction, SW):
            return ResponseAPDU(b"", instruction)
        handler = TRANSITIONS[self.state].get(instruction, SW.CONDITIONS_NOT_SATISFIED)
        if isinstance(handler, SW):
            return ResponseAPDU(b"", handler)
        return handler(self, command, capacity)

    def _start(self, session: SecureMessaging) -> None:
        self.session = session
        self.state = State.SESSION
        self.opened_by_pace, self.password, self.terminal, self.terminal_met = False, None, None, False
        self.bac = self.pace = None


_Handler = Callable[[Applet, CommandAPDU, int], ResponseAPDU]

_FILES: dict[Instruction, _Handler | SW] = {
    Instruction.SELECT: file_commands.select,
    Instruction.READ_BINARY: file_commands.read_binary,
    Instruction.READ_BINARY_ODD: file_commands.read_binary_odd,
}
_IN_SESSIONS_ALONE: dict[Instruction, _Handler | SW] = dict.fromkeys(
    (
        Instruction.INTERNAL_AUTHENTICATE,
        Instruction.SET_AT_CHIP_AUTHENTICATION,
        Instruction.SET_KAT,
        Instruction.SET_DST,
        Instruction.SET_AT_TERMINAL_AUTHENTICATION,
        Instruction.VERIFY_CERTIFICATE,
        Instruction.RESET_RETRY_COUNTER,
    ),
    SW.SECURITY_STATUS,
)

# What the chip does next. An instruction that is in neither the state nor the one it falls back to answers 6985.
TRANSITIONS: Mapping[State, Mapping[Instruction, _Handler | SW]] = {
    State.PLAIN: _FILES
    | _IN_SESSIONS_ALONE
    | {
        Instruction.GET_CHALLENGE: access_commands.get_challenge,
        Instruction.SET_AT_PACE: access_commands.set_at_pace,
    },
    State.CHALLENGED: {Instruction.EXTERNAL_AUTHENTICATE: access_commands.external_authenticate},
    State.PACE: {Instruction.GENERAL_AUTHENTICATE: access_commands.general_authenticate_pace},
    State.SESSION: _FILES
    | {
        Instruction.SET_AT_PACE: access_commands.set_at_pace,
        Instruction.RESET_RETRY_COUNTER: access_commands.reset_retry_counter,
        Instruction.INTERNAL_AUTHENTICATE: authentication_commands.internal_authenticate,
        Instruction.SET_AT_CHIP_AUTHENTICATION: authentication_commands.set_at_chip_authentication,
        Instruction.SET_KAT: authentication_commands.set_kat,
        Instruction.SET_DST: authentication_commands.set_dst,
        Instruction.VERIFY_CERTIFICATE: authentication_commands.verify_certificate,
        Instruction.SET_AT_TERMINAL_AUTHENTICATION: authentication_commands.set_at_terminal_authentication,
        Instruction.GET_CHALLENGE: authentication_commands.get_terminal_challenge,
        Instruction.EXTERNAL_AUTHENTICATE: authentication_commands.authenticate_terminal,
    },
    State.PACE_AGAIN: {Instruction.GENERAL_AUTHENTICATE: access_commands.general_authenticate_pace},
    State.CHIP_AUTHENTICATION: {Instruction.GENERAL_AUTHENTICATE: authentication_commands.general_authenticate_chip},
}
