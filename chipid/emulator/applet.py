# SPDX-License-Identifier: Apache-2.0
"""The chip's state machine: master file and eMRTD application (ICAO 9303-10 §3, 9303-11 §4, §6).

Secure messaging lies outside (``icc.py``): the applet sees plain commands and says which session protects the next one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum

from chipid._native import Hash
from chipid.crypto.random import RandomSource
from chipid.emulator.filesystem import DO_OFFSET, Access, DedicatedFile, FileSystem, Reading, read, read_odd
from chipid.emulator.instruction import Instruction, instruction_of, is_chained
from chipid.errors import MalformedData, TlvError, UnsupportedFeature
from chipid.iso7816.apdu import CommandAPDU, ResponseAPDU
from chipid.iso7816.file_ids import LDS1_AID, MF, FileId
from chipid.iso7816.secure_messaging import SecureMessaging
from chipid.iso7816.status import SW
from chipid.iso7816.tlv import TlvCursor, build_tlv
from chipid.issuing.card_image import CardImage
from chipid.lds.card_access import CardAccess
from chipid.lds.dg14 import Dg14
from chipid.lds.security_infos import SecurityInfos
from chipid.protocols.active_auth import ActiveAuthenticationChip
from chipid.protocols.bac import BacChip
from chipid.protocols.chip_auth import ChipAuthenticationChip
from chipid.protocols.object_identifiers import ID_ECDSA_PLAIN_SIGNATURES
from chipid.protocols.pace import PaceChip
from chipid.protocols.password import Password, PasswordKind

CHALLENGE_SIZE = 8
_SELECT_BY_FID, _SELECT_EF, _SELECT_BY_NAME = 0x00, 0x02, 0x04
_RETURN_FCI, _RETURN_NOTHING = 0x00, 0x0C
_BY_SFI = 0x80
_SFI_MAX = 0x1E
_OFFSET_OCTETS_MAX = 4
_DO_FCI, _DO_DF_NAME = 0x6F, 0x84
_HASHES: tuple[Hash, ...] = ("sha1", "sha224", "sha256", "sha384", "sha512")
_ECDSA_HASHES = {f"{ID_ECDSA_PLAIN_SIGNATURES}.{arc}": name for arc, name in enumerate(_HASHES, 1)}


class State(Enum):
    """How far a terminal has come."""

    PLAIN = "no session"
    CHALLENGED = "a challenge is out, BAC may follow"
    PACE = "PACE is under way"
    SESSION = "BAC or PACE is done"
    CHIP_AUTHENTICATION = "inside a session, Chip Authentication is under way"


# Commands of a protocol that takes several: whatever else comes, the chip falls back and the run is void.
FALLS_BACK_TO: Mapping[State, State] = {
    State.CHALLENGED: State.PLAIN,
    State.PACE: State.PLAIN,
    State.CHIP_AUTHENTICATION: State.SESSION,
}


class Applet:
    """One powered chip above secure messaging.

    :param image: the personalised card.
    :param random: for challenges, nonces and ephemeral keys.
    """

    def __init__(self, image: CardImage, random: RandomSource) -> None:
        self._image = image
        self._random = random
        self._files = FileSystem(image.files, image.access_protected)
        self._pace_infos = _security_infos(image, FileId.CARD_ACCESS)
        self._active_authentication = _active_authentication(image, random)
        self._chip_authentication = _chip_authentication(image)
        self.session: SecureMessaging | None = None
        self.reset()

    def reset(self) -> None:
        """Back to the state after power-up: the master file, no session, nothing remembered."""
        self.end_session()
        self.df = DedicatedFile.MASTER_FILE

    def end_session(self) -> None:
        """Forget the session, its keys and every right that came with it (ICAO 9303-11 §9.8.3)."""
        if self.session is not None:
            self.session.close()
        self.session = None
        self.opened_by_pace = False
        self.state = State.PLAIN
        self.current_file: FileId | None = None
        self.reached_end = False
        self._bac: BacChip | None = None
        self._pace: PaceChip | None = None

    @property
    def application_selected(self) -> bool:
        """Whether the eMRTD application, and not the master file, is current."""
        return self.df is DedicatedFile.EMRTD_APPLICATION

    def process(self, command: CommandAPDU, capacity: int) -> ResponseAPDU:
        """Answer one plain command.

        :param capacity: plain data octets that the answer to a READ BINARY may carry.
        """
        self.reached_end = False
        instruction = instruction_of(command)
        if instruction not in TRANSITIONS[self.state]:
            self.state = FALLS_BACK_TO.get(self.state, self.state)
        if isinstance(instruction, SW):
            return _refused(instruction)
        handler = TRANSITIONS[self.state].get(instruction, SW.CONDITIONS_NOT_SATISFIED)
        if isinstance(handler, SW):
            return _refused(handler)
        return handler(self, command, capacity)

    # Files -------------------------------------------------------------------------------------------------------

    def select(self, command: CommandAPDU, _capacity: int) -> ResponseAPDU:
        """SELECT (ICAO 9303-10 §3.6.1, §3.6.2): the application by its name, a file or the MF by identifier."""
        if command.p2 not in (_RETURN_FCI, _RETURN_NOTHING):
            return _refused(SW.WRONG_P1_P2)
        if command.p1 == _SELECT_BY_NAME:
            return self._select_application(command)
        if command.p1 == _SELECT_BY_FID and command.data in (b"", MF.to_bytes(2, "big")):
            self._enter(DedicatedFile.MASTER_FILE)
            return ResponseAPDU(b"", SW.OK)
        if command.p1 not in (_SELECT_BY_FID, _SELECT_EF):
            return _refused(SW.WRONG_P1_P2)
        if len(command.data) != 2:
            return _refused(SW.WRONG_LENGTH)
        return self._open(self._files.by_fid(self.df, int.from_bytes(command.data, "big")))

    def _select_application(self, command: CommandAPDU) -> ResponseAPDU:
        if command.data != LDS1_AID:
            return _refused(SW.FILE_NOT_FOUND)
        self._enter(DedicatedFile.EMRTD_APPLICATION)
        wants_fci = command.p2 == _RETURN_FCI and command.le is not None
        return ResponseAPDU(build_tlv(_DO_FCI, build_tlv(_DO_DF_NAME, LDS1_AID)) if wants_fci else b"", SW.OK)

    def _enter(self, df: DedicatedFile) -> None:
        self.df = df
        self.current_file = None

    def read_binary(self, command: CommandAPDU, capacity: int) -> ResponseAPDU:
        """READ BINARY B0: P1-P2 hold an offset, or a short identifier and an 8-bit offset (§3.6.3)."""
        if command.data:
            return _refused(SW.WRONG_LENGTH)
        if not command.p1 & _BY_SFI:
            return self._read_current(read, command.p1 << 8 | command.p2, command, capacity)
        sfi = command.p1 & ~_BY_SFI
        if not 1 <= sfi <= _SFI_MAX:
            return _refused(SW.WRONG_P1_P2)
        opened = self._open(self._files.by_sfi(self.df, sfi))
        return self._read_current(read, command.p2, command, capacity) if opened.ok else opened

    def read_binary_odd(self, command: CommandAPDU, capacity: int) -> ResponseAPDU:
        """READ BINARY B1: P1-P2 hold 0, a short or a file identifier; data object 54 the offset (§3.6.6)."""
        address = command.p1 << 8 | command.p2
        if address:
            by_sfi = address <= _SFI_MAX
            file = self._files.by_sfi(self.df, address) if by_sfi else self._files.by_fid(self.df, address)
            opened = self._open(file)
            if not opened.ok:
                return opened
        try:
            cursor = TlvCursor(command.data)
            offset = cursor.expect(DO_OFFSET).value
            cursor.finish()
        except TlvError:
            return _refused(SW.WRONG_DATA)
        if not 1 <= len(offset) <= _OFFSET_OCTETS_MAX:
            return _refused(SW.WRONG_DATA)
        return self._read_current(read_odd, int.from_bytes(offset, "big"), command, capacity)

    def _open(self, file: FileId | None) -> ResponseAPDU:
        # Before access control every file of the application, absent ones too, answers 6982 (ICAO 9303-11 §4.4.2).
        if self.application_selected and self.session is None:
            return _refused(SW.SECURITY_STATUS)
        if file is None:
            return _refused(SW.FILE_NOT_FOUND)
        if not self._granted(file):
            return _refused(SW.SECURITY_STATUS)
        self.current_file = file
        return ResponseAPDU(b"", SW.OK)

    def _granted(self, file: FileId) -> bool:
        match self._files.access(file):
            case Access.ALWAYS:
                return True
            case Access.SESSION:
                return self.session is not None
            case Access.PACE:
                return self.opened_by_pace
            case Access.TERMINAL_AUTHENTICATION:
                return False

    def _read_current(self, reader: _Reader, offset: int, command: CommandAPDU, capacity: int) -> ResponseAPDU:
        if self.application_selected and self.session is None:
            return _refused(SW.SECURITY_STATUS)
        if self.current_file is None:
            return _refused(SW.NO_CURRENT_EF)
        content = self._files.content(self.current_file)
        reading = reader(content, offset, command, capacity)
        self.reached_end = reading.reached_end
        return reading.response

    # Basic Access Control (ICAO 9303-11 §4.3) --------------------------------------------------------------------

    def get_challenge(self, command: CommandAPDU, _capacity: int) -> ResponseAPDU:
        """RND.IC, good for the very next command."""
        if command.data or command.le is None or command.le < CHALLENGE_SIZE:
            return _refused(SW.WRONG_LENGTH)
        if not self.application_selected:
            return _refused(SW.CONDITIONS_NOT_SATISFIED)
        password = self._passwords().get(PasswordKind.MRZ)
        if password is None or not self._image.bac:
            return _refused(SW.REFERENCE_NOT_FOUND)
        self._bac = BacChip(password, self._random)
        self.state = State.CHALLENGED
        return ResponseAPDU(self._bac.get_challenge(), SW.OK)

    def external_authenticate(self, command: CommandAPDU, _capacity: int) -> ResponseAPDU:
        """BAC's mutual authentication; right or wrong, the challenge is used up."""
        bac, self._bac, self.state = self._bac, None, State.PLAIN
        if bac is None:
            return _refused(SW.CONDITIONS_NOT_SATISFIED)
        done = bac.external_authenticate(command.data)
        if done is None:
            return ResponseAPDU(b"", bac.sw)
        answer, session = done
        self._start(session)
        return ResponseAPDU(answer, SW.OK)

    # PACE (ICAO 9303-11 §4.4) ------------------------------------------------------------------------------------

    def set_at_pace(self, command: CommandAPDU, _capacity: int) -> ResponseAPDU:
        """MSE:Set AT for PACE (§4.4.4.1)."""
        if self._pace_infos is None:
            return _refused(SW.FUNCTION_NOT_SUPPORTED)
        self._pace = PaceChip(self._pace_infos, self._passwords(), self._random)
        sw = self._pace.set_at(command.data)
        self.state = State.PACE if sw == SW.OK else State.PLAIN
        return ResponseAPDU(b"", sw)

    def general_authenticate_pace(self, command: CommandAPDU, _capacity: int) -> ResponseAPDU:
        """One of PACE's four steps (§4.4.4.2); a failed one voids the run."""
        if self._pace is None:
            return _refused(SW.CONDITIONS_NOT_SATISFIED)
        data, sw = self._pace.general_authenticate(command.data, not is_chained(command))
        if sw != SW.OK:
            self._pace, self.state = None, State.PLAIN
        elif self._pace.session is not None:
            self._start(self._pace.session)
            self.opened_by_pace = True
        return ResponseAPDU(data, sw)

    def _passwords(self) -> dict[PasswordKind, Password]:
        passwords = {}
        if self._image.mrz_information is not None:
            passwords[PasswordKind.MRZ] = Password.from_mrz_information(self._image.mrz_information)
        if self._image.can is not None:
            passwords[PasswordKind.CAN] = Password.from_text(PasswordKind.CAN, self._image.can)
        return passwords

    def _start(self, session: SecureMessaging) -> None:
        self.session = session
        self.state = State.SESSION
        self._bac = self._pace = None

    # Active and Chip Authentication (ICAO 9303-11 §6) ------------------------------------------------------------

    def internal_authenticate(self, command: CommandAPDU, _capacity: int) -> ResponseAPDU:
        """Active Authentication: the chip signs the terminal's 8 octets (§6.1)."""
        if len(command.data) != CHALLENGE_SIZE or command.le is None:
            return _refused(SW.WRONG_LENGTH)
        if self._active_authentication is None or not self.application_selected:
            return _refused(SW.REFERENCE_NOT_FOUND)
        signature = self._active_authentication.internal_authenticate(command.data)
        if len(signature) > command.le:
            return _refused(SW.WRONG_LENGTH)
        return ResponseAPDU(signature, SW.OK)

    def set_at_chip_authentication(self, command: CommandAPDU, _capacity: int) -> ResponseAPDU:
        """MSE:Set AT for Chip Authentication (§6.2.4.2)."""
        responder = self._chip_authentication
        if responder is None or not self.application_selected:
            return _refused(SW.REFERENCE_NOT_FOUND)
        sw = responder.set_at(command.data)
        self.state = State.CHIP_AUTHENTICATION if sw == SW.OK else State.SESSION
        return ResponseAPDU(b"", sw)

    def general_authenticate_chip(self, command: CommandAPDU, _capacity: int) -> ResponseAPDU:
        """The key agreement after Set AT: the answer under the old keys, the next command under the new (§6.2.4.2)."""
        self.state = State.SESSION
        responder = self._chip_authentication
        if responder is None or is_chained(command):
            return _refused(SW.CONDITIONS_NOT_SATISFIED)
        data, sw = responder.general_authenticate(command.data)
        self._take_over(responder)
        return ResponseAPDU(data, sw)

    def set_kat(self, command: CommandAPDU, _capacity: int) -> ResponseAPDU:
        """MSE:Set KAT: 3DES Chip Authentication in one command (§6.2.4.1)."""
        responder = self._chip_authentication
        if responder is None or not self.application_selected:
            return _refused(SW.REFERENCE_NOT_FOUND)
        sw = responder.set_kat(command.data)
        self._take_over(responder)
        return ResponseAPDU(b"", sw)

    def _take_over(self, responder: ChipAuthenticationChip) -> None:
        if responder.session is not None:
            self.session = responder.session


_Handler = Callable[[Applet, CommandAPDU, int], ResponseAPDU]
_Reader = Callable[[bytes, int, CommandAPDU, int], Reading]

_FILES: dict[Instruction, _Handler | SW] = {
    Instruction.SELECT: Applet.select,
    Instruction.READ_BINARY: Applet.read_binary,
    Instruction.READ_BINARY_ODD: Applet.read_binary_odd,
}

# What the chip does next. An instruction that is in neither the state nor the one it falls back to answers 6985.
TRANSITIONS: Mapping[State, Mapping[Instruction, _Handler | SW]] = {
    State.PLAIN: _FILES
    | {
        Instruction.GET_CHALLENGE: Applet.get_challenge,
        Instruction.SET_AT_PACE: Applet.set_at_pace,
        Instruction.INTERNAL_AUTHENTICATE: SW.SECURITY_STATUS,
        Instruction.SET_AT_CHIP_AUTHENTICATION: SW.SECURITY_STATUS,
        Instruction.SET_KAT: SW.SECURITY_STATUS,
    },
    State.CHALLENGED: {Instruction.EXTERNAL_AUTHENTICATE: Applet.external_authenticate},
    State.PACE: {Instruction.GENERAL_AUTHENTICATE: Applet.general_authenticate_pace},
    State.SESSION: _FILES
    | {
        Instruction.INTERNAL_AUTHENTICATE: Applet.internal_authenticate,
        Instruction.SET_AT_CHIP_AUTHENTICATION: Applet.set_at_chip_authentication,
        Instruction.SET_KAT: Applet.set_kat,
    },
    State.CHIP_AUTHENTICATION: {Instruction.GENERAL_AUTHENTICATE: Applet.general_authenticate_chip},
}


def _refused(sw: SW) -> ResponseAPDU:
    return ResponseAPDU(b"", sw)


def _security_infos(image: CardImage, file: FileId) -> SecurityInfos | None:
    """What the chip's own file says that it can do; a file that a forger has broken takes the ability away."""
    raw = image.files.get(file)
    if raw is None:
        return None
    try:
        return CardAccess.parse(raw).infos if file is FileId.CARD_ACCESS else Dg14.parse(raw).infos
    except (MalformedData, UnsupportedFeature):
        return None


def _active_authentication(image: CardImage, random: RandomSource) -> ActiveAuthenticationChip | None:
    if image.active_authentication_key is None:
        return None
    infos = _security_infos(image, FileId.DG14)
    declared = [_ECDSA_HASHES.get(info.signature_algorithm) for info in infos.active_authentication] if infos else []
    return ActiveAuthenticationChip(image.active_authentication_key, random, hash_name=declared[0] if declared else None)


def _chip_authentication(image: CardImage) -> ChipAuthenticationChip | None:
    infos, keys = _security_infos(image, FileId.DG14), image.chip_authentication_keys
    return ChipAuthenticationChip(infos, keys) if infos is not None and keys else None
