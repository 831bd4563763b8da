# SPDX-License-Identifier: Apache-2.0
"""What a chip's link can do, as its ATR and EF.ATR/INFO say (ICAO 9303-11 §9.3.1, 9303-10 §3.11.1)."""

from __future__ import annotations

from chipid.inspection.block_sizes import STATUS_SIZE, UNSTATED_RESPONSE, BlockSizes
from chipid.inspection.plan import ReadingPlan
from chipid.iso7816.apdu import SHORT_LE_MAX, CommandAPDU
from chipid.iso7816.atr import CardCapabilities
from chipid.iso7816.dialogue import Dialogue
from chipid.iso7816.file_ids import FileId
from chipid.iso7816.instructions import INS
from chipid.iso7816.status import SW
from chipid.lds.atr_info import AtrInfo

SIZE_LIMIT = 1024
"""No more octets are read of EF.ATR/INFO and EF.DIR, which have no announced length, than these and a block."""


def read_atr_info(*, select: bool) -> Dialogue[bytes]:
    """EF.ATR/INFO, outside of a session and in the master file: one command as a rule, which saves dozens where it tells sizes.

    :param select: whether it is worth two commands more where the chip does not know it by its short identifier.
    :returns: nothing where there is none.
    """
    data = yield from _what_there_is(0x80 | FileId.ATR_INFO.sfi, 0)
    return (yield from (_selected(FileId.ATR_INFO) if not data and select else _whole(data)))


def read_directory() -> Dialogue[bytes]:
    """EF.DIR, likewise; by SELECT alone, because in the application its short identifier is that of EF.COM."""
    return (yield from _selected(FileId.DIR))


def takes_chaining(atr: CardCapabilities, info: AtrInfo | None) -> bool:
    """Whether the chip says that it puts commands together from pieces (ICAO 9303-11 §9.3.2)."""
    return any(told.command_chaining for told in _told(atr, info))


def fit_sizes(sizes: BlockSizes, plan: ReadingPlan, atr: CardCapabilities, info: AtrInfo | None) -> None:
    """Set *sizes* to what the plan wants and the chip says: stated sizes count more than a bit, and that more than silence."""
    stated = None if info is None else info.lengths
    if stated is not None:
        sizes.response = min(stated.response - STATUS_SIZE, UNSTATED_RESPONSE)
    if plan.extended_length is not None:
        sizes.extended = plan.extended_length
        if sizes.extended and sizes.response <= SHORT_LE_MAX:
            sizes.step_down()  # in what is stated a long answer has no place, and perhaps no protected one at all
    elif stated is not None:
        sizes.extended = sizes.response > SHORT_LE_MAX
    elif plan.probing:
        sizes.extended = any(told.extended_length for told in _told(atr, info))
        sizes.may_probe = not sizes.extended


def _told(atr: CardCapabilities, info: AtrInfo | None) -> tuple[CardCapabilities, ...]:
    return (atr,) if info is None or info.capabilities is None else (atr, info.capabilities)


def _selected(file: FileId) -> Dialogue[bytes]:
    selected = yield CommandAPDU(0x00, INS.SELECT, 0x02, 0x0C, file.fid.to_bytes(2, "big"))
    return (yield from _whole((yield from _what_there_is(0, 0)))) if selected.ok else b""


def _whole(data: bytes) -> Dialogue[bytes]:
    """What begins with *data*, to its end."""
    part = data
    while len(part) == SHORT_LE_MAX and len(data) < SIZE_LIMIT:
        part = yield from _what_there_is(len(data) >> 8, len(data) & 0xFF)
        data += part
    return data


def _what_there_is(p1: int, p2: int) -> Dialogue[bytes]:
    response = yield CommandAPDU(0x00, INS.READ_BINARY, p1, p2, le=SHORT_LE_MAX)
    if response.sw >> 8 == 0x6C and response.sw & 0xFF:
        response = yield CommandAPDU(0x00, INS.READ_BINARY, p1, p2, le=response.sw & 0xFF)
    return response.data[:SHORT_LE_MAX] if response.sw in (SW.OK, SW.END_OF_FILE) else b""
