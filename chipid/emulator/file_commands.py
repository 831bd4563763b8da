# SPDX-License-Identifier: Apache-2.0
"""SELECT and READ BINARY at the chip (ICAO 9303-10 §3.6)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from chipid.emulator.exchange import refused
from chipid.emulator.filesystem import DO_OFFSET, Access, DedicatedFile, Reading, read, read_odd
from chipid.errors import TlvError
from chipid.iso7816.apdu import CommandAPDU, ResponseAPDU
from chipid.iso7816.file_ids import LDS1_AID, MF, FileId
from chipid.iso7816.status import SW
from chipid.iso7816.tlv import TlvCursor, build_tlv
from chipid.pki.cv_authorisation import PROTECTED_FILES

if TYPE_CHECKING:
    from chipid.emulator.applet import Applet

_SELECT_BY_FID, _SELECT_EF, _SELECT_BY_NAME = 0x00, 0x02, 0x04
_RETURN_FCI, _RETURN_NOTHING = 0x00, 0x0C
_BY_SFI = 0x80
_SFI_MAX = 0x1E
_OFFSET_OCTETS_MAX = 4
_DO_FCI, _DO_DF_NAME = 0x6F, 0x84

_Reader = Callable[[bytes, int, CommandAPDU, int], Reading]


def select(applet: Applet, command: CommandAPDU, _capacity: int) -> ResponseAPDU:
    """SELECT (ICAO 9303-10 §3.6.1, §3.6.2): the application by its name, a file or the MF by identifier."""
    if command.p2 not in (_RETURN_FCI, _RETURN_NOTHING):
        return refused(SW.WRONG_P1_P2)
    if command.p1 == _SELECT_BY_NAME:
        return _select_application(applet, command)
    if command.p1 == _SELECT_BY_FID and command.data in (b"", MF.to_bytes(2, "big")):
        applet.enter(DedicatedFile.MASTER_FILE)
        return ResponseAPDU(b"", SW.OK)
    if command.p1 not in (_SELECT_BY_FID, _SELECT_EF):
        return refused(SW.WRONG_P1_P2)
    if len(command.data) != 2:
        return refused(SW.WRONG_LENGTH)
    return _open(applet, applet.files.by_fid(applet.df, int.from_bytes(command.data, "big")))


def read_binary(applet: Applet, command: CommandAPDU, capacity: int) -> ResponseAPDU:
    """READ BINARY B0: P1-P2 hold an offset, or a short identifier and an 8-bit offset (§3.6.3)."""
    if command.data:
        return refused(SW.WRONG_LENGTH)
    if not command.p1 & _BY_SFI:
        return _read_current(applet, read, command.p1 << 8 | command.p2, command, capacity)
    sfi = command.p1 & ~_BY_SFI
    if not 1 <= sfi <= _SFI_MAX:
        return refused(SW.WRONG_P1_P2)
    opened = _open(applet, applet.files.by_sfi(applet.df, sfi))
    return _read_current(applet, read, command.p2, command, capacity) if opened.ok else opened


def read_binary_odd(applet: Applet, command: CommandAPDU, capacity: int) -> ResponseAPDU:
    """READ BINARY B1: P1-P2 hold 0, a short or a file identifier; data object 54 the offset (§3.6.6)."""
    address = command.p1 << 8 | command.p2
    if address:
        by_sfi = address <= _SFI_MAX
        file = applet.files.by_sfi(applet.df, address) if by_sfi else applet.files.by_fid(applet.df, address)
        opened = _open(applet, file)
        if not opened.ok:
            return opened
    try:
        cursor = TlvCursor(command.data)
        offset = cursor.expect(DO_OFFSET).value
        cursor.finish()
    except TlvError:
        return refused(SW.WRONG_DATA)
    if not 1 <= len(offset) <= _OFFSET_OCTETS_MAX:
        return refused(SW.WRONG_DATA)
    return _read_current(applet, read_odd, int.from_bytes(offset, "big"), command, capacity)


def _select_application(applet: Applet, command: CommandAPDU) -> ResponseAPDU:
    if command.data != LDS1_AID:
        return refused(SW.FILE_NOT_FOUND)
    applet.enter(DedicatedFile.EMRTD_APPLICATION)
    wants_fci = command.p2 == _RETURN_FCI and command.le is not None
    return ResponseAPDU(build_tlv(_DO_FCI, build_tlv(_DO_DF_NAME, LDS1_AID)) if wants_fci else b"", SW.OK)


def _open(applet: Applet, file: FileId | None) -> ResponseAPDU:
    # Before access control every file of the application, absent ones too, answers 6982 (ICAO 9303-11 §4.4.2).
    if applet.application_selected and applet.session is None:
        return refused(SW.SECURITY_STATUS)
    if file is None:
        return refused(SW.FILE_NOT_FOUND)
    if not _granted(applet, file):
        return refused(SW.SECURITY_STATUS)
    applet.current_file = file
    return ResponseAPDU(b"", SW.OK)


def _granted(applet: Applet, file: FileId) -> bool:
    match applet.files.access(file):
        case Access.ALWAYS:
            return True
        case Access.SESSION:
            return applet.session is not None
        case Access.PACE:
            return applet.opened_by_pace
        case Access.TERMINAL_AUTHENTICATION:
            return _terminal_may_read(applet, file)


def _terminal_may_read(applet: Applet, file: FileId) -> bool:
    """DG3 and DG4 need their own right; for whatever else the issuer protects it is enough to be a terminal that proved itself."""
    rights = applet.rights
    return rights is not None and (file not in PROTECTED_FILES or file.label in rights.data_groups)


def _read_current(applet: Applet, reader: _Reader, offset: int, command: CommandAPDU, capacity: int) -> ResponseAPDU:
    if applet.application_selected and applet.session is None:
        return refused(SW.SECURITY_STATUS)
    if applet.current_file is None:
        return refused(SW.NO_CURRENT_EF)
    if not _granted(applet, applet.current_file):  # a right may have gone since the file was selected
        return refused(SW.SECURITY_STATUS)
    reading = reader(applet.files.content(applet.current_file), offset, command, capacity)
    applet.reached_end = reading.reached_end
    return reading.response
