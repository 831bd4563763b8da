# SPDX-License-Identifier: Apache-2.0
"""The files of a card image as a chip holds them: two dedicated files, access conditions, reading (ICAO 9303-10 §3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from chipid.iso7816.apdu import EXTENDED_LE_MAX, SHORT_LE_MAX, CommandAPDU, ResponseAPDU
from chipid.iso7816.file_ids import FileId
from chipid.iso7816.status import SW
from chipid.iso7816.tlv import build_tlv
from chipid.protocols.terminal_auth import ChipTrust

DO_OFFSET = 0x54
DO_DATA = 0x53


class DedicatedFile(Enum):
    """Where a chip's elementary files lie."""

    MASTER_FILE = "MF"
    EMRTD_APPLICATION = "eMRTD application"


class Access(Enum):
    """What must have happened before a file opens (ICAO 9303-11 §4.2, 9303-10 §3.11)."""

    ALWAYS = "always"
    SESSION = "after BAC or PACE"
    PACE = "after PACE"
    TERMINAL_AUTHENTICATION = "after Terminal Authentication"


_MF_ACCESS = {
    FileId.CARD_ACCESS: Access.ALWAYS,
    FileId.DIR: Access.ALWAYS,
    FileId.ATR_INFO: Access.ALWAYS,
    FileId.CARD_SECURITY: Access.PACE,
}


class FileSystem:
    """Finds a file by identifier inside one dedicated file, and knows what opens it."""

    def __init__(
        self,
        files: Mapping[FileId, bytes],
        access_protected: frozenset[FileId] = frozenset(),
        trust: ChipTrust | None = None,
    ) -> None:
        self._files = dict(files)
        self._access_protected = access_protected
        self._trust = trust

    def by_fid(self, df: DedicatedFile, fid: int) -> FileId | None:
        """The file with file identifier *fid* in *df*, ``None`` where there is none."""
        return next((file for file in self._in(df) if file.fid == fid), None)

    def by_sfi(self, df: DedicatedFile, sfi: int) -> FileId | None:
        """The file with short identifier *sfi* in *df*, ``None`` where there is none."""
        return next((file for file in self._in(df) if file.sfi == sfi), None)

    def content(self, file: FileId) -> bytes:
        """All octets of a file; of one that nothing opens the image may hold none. EF.CVCA shows the trust points of now."""
        if file is FileId.CVCA and self._trust is not None:
            return self._trust.ef_cvca
        return self._files.get(file, b"")

    def access(self, file: FileId) -> Access:
        """What opens *file*."""
        if file in self._access_protected:
            return Access.TERMINAL_AUTHENTICATION
        return _MF_ACCESS.get(file, Access.SESSION)

    def _in(self, df: DedicatedFile) -> tuple[FileId, ...]:
        present = {*self._files, *self._access_protected, *((FileId.CVCA,) if self._trust is not None else ())}
        return tuple(file for file in present if file.in_mf == (df is DedicatedFile.MASTER_FILE))


def asks_for_all(command: CommandAPDU) -> bool:
    """Whether Le is all-zero: as much as there is, so that the end of file deserves no warning (ISO 7816-4 §5.2)."""
    return command.le == (EXTENDED_LE_MAX if command.is_extended else SHORT_LE_MAX)


@dataclass(frozen=True)
class Reading:
    """The answer to one READ BINARY.

    :ivar reached_end: whether it holds the file's last octet.
    """

    response: ResponseAPDU
    reached_end: bool = False


def read(content: bytes, offset: int, command: CommandAPDU, capacity: int) -> Reading:
    """READ BINARY of *content* from *offset* (ICAO 9303-10 §3.6.3).

    Le is a maximum: the answer holds what is there and fits into *capacity* octets; 6282 where an explicit Le reaches
    past the end, 6B00 where *offset* does.
    """
    return _read(content, offset, command, min(command.le or 0, capacity), wrap=False)


def read_odd(content: bytes, offset: int, command: CommandAPDU, capacity: int) -> Reading:
    """READ BINARY with the odd instruction: the same inside a data object 53, whose tag and length count (§3.6.6)."""
    room = min(command.le or 0, capacity)
    payload = room - 2
    if payload > 0x7F:
        payload = max(room - 3, 0x7F)
    if payload > 0xFF:
        payload = max(room - 4, 0xFF)
    if payload < 0:
        return Reading(ResponseAPDU(b"", SW.WRONG_LENGTH))
    return _read(content, offset, command, payload, wrap=True)


def _read(content: bytes, offset: int, command: CommandAPDU, room: int, *, wrap: bool) -> Reading:
    if command.le is None:
        return Reading(ResponseAPDU(b"", SW.WRONG_LENGTH))
    if offset >= len(content):
        return Reading(ResponseAPDU(b"", SW.WRONG_OFFSET))
    data = content[offset : offset + room]
    # What the buffer alone has cut short is no end of file: then the answer holds fewer octets and 9000.
    past_end = offset + room > len(content) and not asks_for_all(command)
    response = ResponseAPDU(build_tlv(DO_DATA, data) if wrap else data, SW.END_OF_FILE if past_end else SW.OK)
    return Reading(response, reached_end=offset + len(data) == len(content))
