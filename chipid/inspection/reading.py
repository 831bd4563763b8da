# SPDX-License-Identifier: Apache-2.0
"""Reading whole elementary files (ICAO 9303-10 §3.6.3, ISO 7816-4 §11.3), at the pace that the chip stands.

A reader knows nothing of secure messaging beyond how many octets of a response it leaves for data. Each announced length is
checked against :data:`FILE_SIZE_LIMIT` before anything is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from chipid.errors import CardMisbehaved, MalformedData, NotAuthorised, SecureMessagingError, StatusError
from chipid.evidence import FileFailure
from chipid.inspection.block_sizes import LE_STEPS, BlockSizes
from chipid.iso7816.apdu import SHORT_LE_MAX, CommandAPDU, ResponseAPDU
from chipid.iso7816.dialogue import Dialogue
from chipid.iso7816.file_ids import FileId
from chipid.iso7816.instructions import INS
from chipid.iso7816.status import SW
from chipid.iso7816.tlv import encode_length, parse_tlv

FILE_SIZE_LIMIT = 512 * 1024
"""No file is read beyond this, whatever it announces: ten times the largest portrait seen in the field."""

HEADER_SIZE = 6
"""Tag and length of any file of the LDS fit into six octets."""

SIZE_MIN: Mapping[FileId, int] = {
    FileId.CARD_ACCESS: SHORT_LE_MAX,  # read outside of sessions, where Le 00 asks for what there is
    FileId.CARD_SECURITY: SHORT_LE_MAX,  # signed data with a certificate
    FileId.SOD: SHORT_LE_MAX,  # the same
    FileId.DG2: SHORT_LE_MAX,  # a picture
    FileId.DG5: SHORT_LE_MAX,
    FileId.DG7: SHORT_LE_MAX,
    FileId.COM: 21,  # ICAO 9303-10 §4.6.1: two versions, and a tag list with DG1
    FileId.DG1: 77,  # §4.7.1: the MRZ of TD2, 72 characters; TD3 has 88 and TD1 has 90
    FileId.DG14: 19,  # one SecurityInfo: TerminalAuthenticationInfo is the shortest
    FileId.DG15: 77,  # the public key on the smallest curve of ICAO 9303-11 §6.1, named
}
"""What each file of a kind is sure to hold, in octets: so many are asked for at once, and of any other file its header alone. Some
chips break on a command that goes past the end (docs/quirks.md 12). DG3 and DG4 may be without a template, DG11 to DG13 and DG16
without a field."""

OFFSET_LIMIT = 0x8000
"""From here on READ BINARY needs its odd instruction with an offset data object (ISO 7816-4 §11.3.3)."""

_PIECE_SIZE_MIN = 32
_SMALL_PIECES_MAX = 64

_REFUSED = frozenset({SW.SECURITY_STATUS, SW.CONDITIONS_NOT_SATISFIED})
_NO_SHORT_ID = frozenset(
    {SW.FILE_NOT_FOUND, SW.WRONG_P1_P2, SW.FUNCTION_NOT_SUPPORTED, SW.WRONG_OFFSET, SW.NO_CURRENT_EF, SW.WRONG_INS}
)
_PAST_THE_END = frozenset({SW.OK, SW.END_OF_FILE, SW.WRONG_OFFSET, SW.WRONG_LENGTH})


class FileReader:
    """Reads files one after another, and remembers what the chip stood.

    :param sizes: how much to ask for.
    :param progress: called with (octets so far, octets in all).
    """

    def __init__(self, sizes: BlockSizes, progress: Callable[[int, int], None] | None = None) -> None:
        self.sizes = sizes
        self._progress = progress
        self._short_ids: bool | None = None

    def read(self, file: FileId) -> Dialogue[bytes]:
        """All octets of *file*, up to the length that its first data object announces.

        :raises NotAuthorised: the chip refuses it.
        :raises StatusError: 6A82 where there is no such file; any other status word that ends the reading.
        :raises CardMisbehaved: the file is shorter than it announces, longer than :data:`FILE_SIZE_LIMIT`, or doled out.
        :raises MalformedData: its first octets are no data object.
        """
        data = bytearray((yield from self._first_block(file)))
        total = announced_size(bytes(data[: 2 * HEADER_SIZE]), file)
        if total is None:
            return (yield from self._read_to_the_end(data, file))
        if total > FILE_SIZE_LIMIT:
            raise CardMisbehaved(f"{file.label} announces {total} octets, more than {FILE_SIZE_LIMIT}")
        del data[total:]
        pieces = 0
        while len(data) < total:
            pieces += 1
            _check_pieces(pieces, total, file)
            self._tell(len(data), total)
            part = yield from self._next_block(len(data), total - len(data), file)
            if not part:
                raise CardMisbehaved(f"{file.label} ends after {len(data)} of {total} announced octets")
            data += part[: total - len(data)]
        self._tell(total, total)
        return bytes(data)

    def _tell(self, done: int, total: int) -> None:
        if self._progress is not None:
            self._progress(done, total)

    def _first_block(self, file: FileId) -> Dialogue[bytes]:
        """What the file is sure to hold, in one short command: extended length is for what it is known to hold."""
        wanted = min(SIZE_MIN.get(file, HEADER_SIZE), self.sizes.short)
        response = yield from self._opened(file, wanted)
        if not response.data and response.sw in _PAST_THE_END and wanted > HEADER_SIZE:
            # The file is shorter than one of its kind can be.
            response = yield from self._opened(file, HEADER_SIZE)
        return _content(response, file)

    def _opened(self, file: FileId, wanted: int) -> Dialogue[ResponseAPDU]:
        """By short identifier, which selects the file too; by SELECT where the chip knows none."""
        if self._short_ids is not False:
            response = yield from self._stepping(0x80 | file.sfi, 0, wanted)
            if response.sw not in _NO_SHORT_ID:
                self._short_ids = True if response.data else self._short_ids
                return response
        response = yield CommandAPDU(0x00, INS.SELECT, 0x02, 0x0C, file.fid.to_bytes(2, "big"))
        if response.ok:
            response = yield from self._stepping(0, 0, wanted)
            self._short_ids = False if response.data and self._short_ids is None else self._short_ids
        return response

    def _stepping(self, p1: int, p2: int, wanted: int) -> Dialogue[ResponseAPDU]:
        """READ BINARY, asking for less where the chip refuses the length (quirks: UA 192, NL 160, 112, 224)."""
        while True:
            asked = min(wanted, self.sizes.block)
            # Whatever an extended command is answered with, the short one tells whether its length was to blame.
            extended = asked > self.sizes.short
            response = yield CommandAPDU(0x00, INS.READ_BINARY, p1, p2, le=asked, extended=extended)
            if response.sw >> 8 == 0x6C and response.sw & 0xFF:
                response = yield CommandAPDU(0x00, INS.READ_BINARY, p1, p2, le=response.sw & 0xFF)
            if response.data or not (extended or response.sw in (SW.OK, SW.WRONG_LENGTH)):
                return _cut(response, asked)
            if asked < LE_STEPS[-1] or not self.sizes.step_down():
                return response

    def _next_block(self, offset: int, left: int, file: FileId) -> Dialogue[bytes]:
        self.sizes.probe(left)
        if offset >= OFFSET_LIMIT:
            return (yield from self._next_block_odd(offset, left, file))
        wanted = min(left, OFFSET_LIMIT - offset) if self.sizes.extended else left
        response = yield from self._stepping(offset >> 8, offset & 0xFF, wanted)
        return b"" if response.sw in (SW.WRONG_OFFSET, SW.END_OF_FILE) and not response.data else _content(response, file)

    def _next_block_odd(self, offset: int, left: int, file: FileId) -> Dialogue[bytes]:
        """READ BINARY with an offset data object; the answer comes in DO53, whose tag and length Le counts (ISO 7816-4 §11.3.3)."""
        position = offset.to_bytes(3, "big")
        while True:
            le = min(1 + len(encode_length(left)) + left, self.sizes.block)
            extended = le > self.sizes.short
            response = yield CommandAPDU(0x00, INS.READ_BINARY_ODD, 0, 0, b"\x54\x03" + position, le=le, extended=extended)
            if response.data or not (extended and self.sizes.step_down()):
                return parse_tlv(_content(response, file), 0x53).value

    def _read_to_the_end(self, data: bytearray, file: FileId) -> Dialogue[bytes]:
        """A file of indefinite length ends where the chip says so (seen on US documents)."""
        pieces = 0
        while len(data) <= FILE_SIZE_LIMIT:
            pieces += 1
            _check_pieces(pieces, len(data), file)
            if len(data) >= OFFSET_LIMIT:
                raise CardMisbehaved(f"{file.label} has no definite length and goes beyond {OFFSET_LIMIT} octets")
            response = yield CommandAPDU(0x00, INS.READ_BINARY, len(data) >> 8, len(data) & 0xFF, le=self.sizes.short)
            data += response.data
            if response.sw != SW.OK or not response.data:
                break
        return bytes(data)


def _check_pieces(pieces: int, size: int, file: FileId) -> None:
    """A chip that doles out single octets would keep the reader for hours: there are 64 pieces, and one more for each 32 octets."""
    if pieces > size // _PIECE_SIZE_MIN + _SMALL_PIECES_MAX:
        raise CardMisbehaved(f"{file.label} comes in pieces too small to be read: {pieces} for {size} octets")


def announced_size(head: bytes, file: FileId) -> int | None:
    """Tag, length and value of the file that begins with *head*, in octets; ``None`` for the indefinite length.

    :raises MalformedData: *head* is no beginning of a data object.
    """
    start = 1
    if head and head[0] & 0x1F == 0x1F:
        start = next((i + 1 for i, octet in enumerate(head[1:4], 1) if not octet & 0x80), 0)
    if start == 0 or len(head) <= start:
        raise MalformedData(f"{file.label} does not begin with a data object", offset=0)
    first = head[start]
    if first < 0x80:
        return start + 1 + first
    count = first & 0x7F
    if count == 0:
        return None
    octets = head[start + 1 : start + 1 + count]
    if count > 4 or len(octets) < count:
        raise MalformedData(f"{file.label} begins with a length that is none", offset=start)
    return start + 1 + count + int.from_bytes(octets, "big")


UNREADABLE = (NotAuthorised, StatusError, MalformedData, CardMisbehaved)
"""What :meth:`FileReader.read` raises of one file, and goes into the evidence; a session that is lost may be more than that."""


def failure_of(error: NotAuthorised | StatusError | MalformedData | CardMisbehaved | SecureMessagingError) -> FileFailure:
    """How the evidence tells that a file could not be read."""
    if isinstance(error, StatusError):
        return FileFailure(sw=error.sw)
    if isinstance(error, SecureMessagingError):
        return FileFailure(reason=error.code)
    if isinstance(error, NotAuthorised):
        return FileFailure(reason="not-authorised")
    return FileFailure(reason="malformed" if isinstance(error, MalformedData) else "length-lies")


def _cut(response: ResponseAPDU, asked: int) -> ResponseAPDU:
    """What a chip sends beyond the octets asked for is nobody's: the next command asks for what stands there."""
    return ResponseAPDU(response.data[:asked], response.sw)


def _content(response: ResponseAPDU, file: FileId) -> bytes:
    """The data of a successful READ BINARY; 6282 with data is success at the end of the file."""
    if response.ok or (response.sw == SW.END_OF_FILE and response.data):
        return response.data
    if response.sw in _REFUSED:
        raise NotAuthorised(f"reading {file.label}: the chip answered {response.sw:04X}")
    raise StatusError(response.sw, f"reading {file.label}")
