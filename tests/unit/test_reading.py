# SPDX-License-Identifier: Apache-2.0
"""Reading whole files, against a chip that has one file and a will of its own."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipid._native import Cipher
from chipid.emulator.link import payload_capacity, protected_size
from chipid.errors import CardMisbehaved, ChipIdError, MalformedData, NotAuthorised, SecureMessagingError, StatusError
from chipid.evidence import FileFailure
from chipid.inspection.block_sizes import BlockSizes, plain_block
from chipid.inspection.link import fit_sizes, read_atr_info
from chipid.inspection.plan import ReadingPlan
from chipid.inspection.reading import FILE_SIZE_LIMIT, FileReader, announced_size, failure_of
from chipid.iso7816.apdu import CommandAPDU, ResponseAPDU
from chipid.iso7816.atr import CardCapabilities
from chipid.iso7816.dialogue import run
from chipid.iso7816.file_ids import FileId
from chipid.iso7816.tlv import build_tlv, encode_length
from chipid.lds.atr_info import AtrInfo, ExtendedLengthInformation


@dataclass
class OneFile:
    """A chip with one file: no secure messaging, and READ BINARY as the test wants it."""

    content: bytes
    le_limit: int = 65536
    short_ids: bool = True
    past_the_end: int = 0x6B00
    first_status: int | None = None
    selected: bool = False
    commands: list[CommandAPDU] = field(default_factory=list)

    def transmit(self, command: bytes) -> bytes:
        apdu = CommandAPDU.from_bytes(command)
        self.commands.append(apdu)
        return self.answer(apdu).to_bytes()

    def answer(self, apdu: CommandAPDU) -> ResponseAPDU:
        if apdu.ins == 0xA4:
            self.selected = True
            return ResponseAPDU(b"", 0x9000)
        if self.first_status is not None:
            return ResponseAPDU(b"", self.first_status)
        if apdu.ins == 0xB1:
            return self.odd(apdu)
        offset = apdu.p1 << 8 | apdu.p2
        if apdu.p1 & 0x80:
            if not self.short_ids:
                return ResponseAPDU(b"", 0x6A86)
            self.selected, offset = True, apdu.p2
        elif not self.selected:
            return ResponseAPDU(b"", 0x6986)
        return self.block(offset, apdu.le or 0)

    def block(self, offset: int, le: int) -> ResponseAPDU:
        if le > self.le_limit:
            return ResponseAPDU(b"", 0x6700)
        if offset >= len(self.content):
            return ResponseAPDU(b"", 0x6B00)
        data = self.content[offset : offset + le]
        if len(data) == le:
            return ResponseAPDU(data, 0x9000)
        return ResponseAPDU(data if self.past_the_end == 0x6282 else b"", self.past_the_end)

    def odd(self, apdu: CommandAPDU) -> ResponseAPDU:
        assert apdu.data[:2] == b"\x54\x03"
        le = apdu.le or 0
        header = next(size for size in (2, 3, 4) if len(encode_length(le - size)) == size - 1)
        inner = self.block(int.from_bytes(apdu.data[2:], "big"), le - header)
        return ResponseAPDU(build_tlv(0x53, inner.data), inner.sw)


USUAL_INFO = bytes.fromhex("4301F84703F741E07F6608020205F0020205F0")


def file_of(size: int, tag: int = 0x75) -> bytes:
    return build_tlv(tag, bytes(i * 7 % 251 for i in range(size)))


def test_a_protected_short_response_holds_223_and_231_octets() -> None:
    # DO87 with padding, DO99 and DO8E within 256 octets: one octet of data more would need one cipher block more.
    assert [plain_block(cipher, 256) for cipher in ("AES-128", "AES-256", "3DES", None)] == [223, 223, 231, 256]


@pytest.mark.parametrize("size", [1, 20, 222, 223, 224, 5000, 40000])
@pytest.mark.parametrize("file", [FileId.DG1, FileId.DG2])
def test_a_file_is_read_whole_and_never_past_its_end(size: int, file: FileId) -> None:
    content = file_of(size)
    chip = OneFile(content + b"\xee" * 300)
    assert run(FileReader(BlockSizes("AES-128")).read(file), chip) == content
    ends = [(c.p1 << 8 | c.p2) + (c.le or 0) for c in chip.commands if c.ins == 0xB0 and not c.p1 & 0x80]
    assert all(end <= len(content) for end in ends)


def test_a_small_file_is_not_read_past_its_end_by_the_first_block_either() -> None:
    chip = OneFile(file_of(90, 0x61))
    assert run(FileReader(BlockSizes("3DES")).read(FileId.DG1), chip) == chip.content
    assert [c.le for c in chip.commands] == [77, 15]


def test_of_a_file_shorter_than_its_kind_the_header_is_asked_for() -> None:
    for past_the_end in (0x6B00, 0x6282, 0x6700):
        chip = OneFile(file_of(20, 0x61), past_the_end=past_the_end)
        assert run(FileReader(BlockSizes("3DES")).read(FileId.DG1), chip) == chip.content
        assert len(chip.commands) <= 5


def test_an_answer_longer_than_a_short_one_is_asked_for_in_the_extended_form() -> None:
    """240 octets are not too many for a short Le, and too many for a short protected answer."""
    for size, odd in ((223 + 240, False), (0x8000 + 240, True)):
        chip = OneFile(build_tlv(0x75, bytes(size - 4)))
        run(FileReader(BlockSizes("AES-128", extended=True)).read(FileId.DG2), chip)
        assert (chip.commands[-1].is_extended, chip.commands[-1].ins == 0xB1) == (True, odd)
        assert chip.commands[-1].le == 240 + 3 * odd


def test_nothing_crosses_the_offset_limit_with_extended_length() -> None:
    chip = OneFile(file_of(70_000))
    run(FileReader(BlockSizes("AES-128", extended=True)).read(FileId.DG2), chip)
    assert [(c.p1 << 8 | c.p2) + (c.le or 0) for c in chip.commands[1:] if c.ins == 0xB0] == [0x8000]


def test_extended_length_refused_by_the_odd_instruction_is_left() -> None:
    class ShortOdd(OneFile):
        def odd(self, apdu: CommandAPDU) -> ResponseAPDU:
            return ResponseAPDU(b"", 0x6700) if (apdu.le or 0) > 256 else super().odd(apdu)

    chip = ShortOdd(file_of(40_000))
    assert run(FileReader(BlockSizes("AES-128", extended=True)).read(FileId.DG2), chip) == chip.content


@pytest.mark.parametrize("status", [0x6700, 0x6B00, 0x6F00, 0x6D00])
def test_whatever_an_extended_command_is_refused_with_the_short_one_is_tried(status: int) -> None:
    class NoExtended(OneFile):
        def answer(self, apdu: CommandAPDU) -> ResponseAPDU:
            return ResponseAPDU(b"", status) if apdu.is_extended else super().answer(apdu)

    chip = NoExtended(file_of(3000))
    notes: list[str] = []
    assert run(FileReader(BlockSizes("AES-128", extended=True, notes=notes)).read(FileId.DG2), chip) == chip.content
    assert notes == ["extended-length-refused"]


@given(st.sampled_from(["3DES", "AES-128", "AES-192", "AES-256"]), st.integers(40, 70_000))
def test_a_plain_block_is_the_largest_whose_protected_answer_fits(cipher: Cipher, room: int) -> None:
    block = plain_block(cipher, room)
    assert block == payload_capacity(cipher, room)
    assert protected_size(cipher, block) <= room < protected_size(cipher, block + 1)


def test_a_limit_is_told_once() -> None:
    notes: list[str] = []
    sizes = BlockSizes("AES-128", notes=notes)
    for limit in (256, 160, 192, 160):
        sizes.keep_to(limit)
    assert (sizes.short, notes) == (160, ["block-size-reduced"])


EXTENDED, SILENT = CardCapabilities(bytes.fromhex("942140")), CardCapabilities()
STATED, NO_LONGER = (AtrInfo(lengths=ExtendedLengthInformation(1000, response)) for response in (1000, 258))


@pytest.mark.parametrize(
    ("atr", "info", "options", "extended", "may_probe"),
    [
        (SILENT, None, {}, False, True),
        (EXTENDED, None, {}, True, False),
        (SILENT, AtrInfo(EXTENDED), {}, True, False),
        (SILENT, STATED, {}, True, False),
        (EXTENDED, NO_LONGER, {}, False, False),
        (EXTENDED, None, {"probing": False}, False, False),
        (SILENT, STATED, {"probing": False}, True, False),
        (EXTENDED, STATED, {"extended_length": False}, False, False),
        (SILENT, None, {"extended_length": True}, True, False),
        (SILENT, STATED, {"extended_length": True}, True, False),
        (EXTENDED, NO_LONGER, {"extended_length": True}, False, False),
    ],
)
def test_extended_length_as_the_plan_and_the_chip_have_it(
    atr: CardCapabilities, info: AtrInfo | None, options: dict[str, bool], extended: bool, may_probe: bool
) -> None:
    sizes = BlockSizes()
    fit_sizes(sizes, replace(ReadingPlan.with_portrait(), **options), atr, info)
    assert (sizes.extended, sizes.may_probe) == (extended, may_probe)
    assert sizes.response == (32_765 if info is None or info.lengths is None else info.lengths.response - 2)


# EF.ATR/INFO -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("chip", "select", "commands"),
    [
        (OneFile(USUAL_INFO, past_the_end=0x6282), True, 1),
        (OneFile(USUAL_INFO, past_the_end=0x6C00 | len(USUAL_INFO)), False, 2),
        (OneFile(USUAL_INFO, past_the_end=0x6282, short_ids=False), True, 3),
        (OneFile(USUAL_INFO + bytes(500), past_the_end=0x6282), True, 3),
    ],
)
def test_atr_info_in_few_commands(chip: OneFile, select: bool, commands: int) -> None:
    assert run(read_atr_info(select=select), chip) == chip.content
    assert len(chip.commands) == commands


def test_where_atr_info_is_not_found_at_once_nothing_more_is_spent() -> None:
    chip = OneFile(USUAL_INFO, past_the_end=0x6282, short_ids=False)
    assert run(read_atr_info(select=False), chip) == b""
    assert len(chip.commands) == 1


def test_an_endless_atr_info_ends() -> None:
    chip = OneFile(bytes(100_000))
    assert len(run(read_atr_info(select=True), chip)) == 1024
    assert len(chip.commands) == 4


def test_a_chip_that_doles_out_single_octets_is_not_read_for_hours() -> None:
    class Doles(OneFile):
        piece = 1

        def block(self, offset: int, le: int) -> ResponseAPDU:
            full = super().block(offset, le)
            return ResponseAPDU(full.data[: self.piece], 0x9000) if offset else full

    chip = Doles(file_of(60000))
    with pytest.raises(CardMisbehaved, match="too small"):
        run(FileReader(BlockSizes("AES-128")).read(FileId.DG2), chip)
    assert len(chip.commands) < 60000 // 32 + 80
    indefinite = Doles(b"\x75\x80" + bytes(30000))
    with pytest.raises(CardMisbehaved, match="too small"):
        run(FileReader(BlockSizes("AES-128")).read(FileId.DG2), indefinite)
    assert len(indefinite.commands) < 80
    thrifty = Doles(file_of(40000))
    thrifty.piece = 40
    assert run(FileReader(BlockSizes("AES-128")).read(FileId.DG2), thrifty) == thrifty.content


def test_the_odd_instruction_takes_over_beyond_32767() -> None:
    chip = OneFile(file_of(70000))
    assert run(FileReader(BlockSizes("AES-128")).read(FileId.DG2), chip) == chip.content
    assert {c.ins for c in chip.commands} == {0xB0, 0xB1}


def test_extended_length_needs_few_commands() -> None:
    chip = OneFile(file_of(11900))
    assert run(FileReader(BlockSizes("AES-128", extended=True)).read(FileId.COM), chip) == chip.content
    assert len(chip.commands) == 2


@pytest.mark.parametrize(("limit", "expected"), [(65536, 223), (200, 192), (192, 192), (161, 160), (130, 128), (112, 112)])
def test_a_smaller_block_is_found_and_remembered(limit: int, expected: int) -> None:
    chip = OneFile(file_of(3000), le_limit=limit)
    reader = FileReader(BlockSizes("AES-128"))
    assert run(reader.read(FileId.DG2), chip) == chip.content
    assert reader.sizes.block == expected
    before = len(chip.commands)
    run(reader.read(FileId.DG2), chip)
    refused = [c for c in chip.commands[before:] if (c.le or 0) > limit]
    assert not refused


def test_extended_length_refused_falls_back_to_short() -> None:
    chip = OneFile(file_of(3000), le_limit=256)
    reader = FileReader(BlockSizes("AES-128", extended=True))
    assert run(reader.read(FileId.DG2), chip) == chip.content
    assert not reader.sizes.extended


def test_no_smaller_step_is_the_end() -> None:
    chip = OneFile(file_of(3000), le_limit=50)
    with pytest.raises(StatusError, match="6700"):
        run(FileReader(BlockSizes("AES-128")).read(FileId.DG2), chip)


def test_a_wrong_length_answer_names_the_right_one() -> None:
    class Corrects(OneFile):
        def block(self, offset: int, le: int) -> ResponseAPDU:
            left = len(self.content) - offset
            return ResponseAPDU(b"", 0x6C00 | left) if le > left else super().block(offset, le)

    chip = Corrects(file_of(40))
    assert run(FileReader(BlockSizes("AES-128")).read(FileId.DG2), chip) == chip.content


def test_end_of_file_with_data_is_success() -> None:
    chip = OneFile(file_of(40), past_the_end=0x6282)
    assert run(FileReader(BlockSizes("AES-128")).read(FileId.DG2), chip) == chip.content


def test_select_where_the_chip_knows_no_short_identifiers() -> None:
    chip = OneFile(file_of(500), short_ids=False)
    assert run(FileReader(BlockSizes("AES-128")).read(FileId.DG2), chip) == chip.content
    select = next(c for c in chip.commands if c.ins == 0xA4)
    assert (select.p1, select.p2, select.data, select.le) == (0x02, 0x0C, b"\x01\x02", None)


def test_a_file_shorter_than_announced_is_told() -> None:
    with pytest.raises(CardMisbehaved, match="ends after"):
        run(FileReader(BlockSizes("AES-128")).read(FileId.DG2), OneFile(file_of(3000)[:-100], past_the_end=0x6282))


def test_a_claim_beyond_the_limit_is_refused_before_it_is_read() -> None:
    chip = OneFile(b"\x75\x84\x7f\xff\xff\xff" + bytes(300))
    with pytest.raises(CardMisbehaved, match=str(FILE_SIZE_LIMIT)):
        run(FileReader(BlockSizes("AES-128")).read(FileId.DG2), chip)
    assert len(chip.commands) == 1


def test_indefinite_length_is_read_to_the_end_of_the_file() -> None:
    content = b"\x77\x80" + build_tlv(0x30, bytes(600)) + b"\x00\x00"
    assert run(FileReader(BlockSizes("AES-128")).read(FileId.SOD), OneFile(content, past_the_end=0x6282)) == content


def test_an_endless_file_of_indefinite_length_ends() -> None:
    class Endless(OneFile):
        def block(self, offset: int, le: int) -> ResponseAPDU:
            return ResponseAPDU((b"\x77\x80" + bytes(le))[:le], 0x9000)

    with pytest.raises(CardMisbehaved, match="no definite length"):
        run(FileReader(BlockSizes("AES-128")).read(FileId.SOD), Endless(b""))


@pytest.mark.parametrize(("status", "error"), [(0x6982, NotAuthorised), (0x6A82, StatusError), (0x6F00, StatusError)])
def test_a_refusal_is_its_own_error(status: int, error: type[ChipIdError]) -> None:
    with pytest.raises(error, match="DG2"):
        run(FileReader(BlockSizes("AES-128")).read(FileId.DG2), OneFile(b"", first_status=status))


@given(st.binary(max_size=12))
def test_any_head_is_a_size_or_malformed(head: bytes) -> None:
    try:
        size = announced_size(head, FileId.DG2)
    except MalformedData:
        return
    assert size is None or size >= 2


@given(st.integers(0, 70000), st.sampled_from([0x61, 0x7F61, 0x5F1F]))
def test_the_announced_size_is_that_of_the_object(size: int, tag: int) -> None:
    raw = build_tlv(tag, bytes(size))
    assert announced_size(raw[:8], FileId.DG2) == len(raw)


@pytest.mark.parametrize("head", ["", "75", "7F61", "7FFFFFFF05", "758501020304050607", "758401", "7584010203"])
def test_a_head_that_tells_no_size(head: str) -> None:
    with pytest.raises(MalformedData) as caught:
        announced_size(bytes.fromhex(head), FileId.DG2)
    assert caught.value.offset is not None


def test_what_a_chip_sends_beyond_the_length_asked_for_is_dropped() -> None:
    class Generous(OneFile):
        def block(self, offset: int, le: int) -> ResponseAPDU:
            return ResponseAPDU(self.content[offset : offset + le] + b"\xee" * 40, 0x9000)

    content = file_of(500)
    assert run(FileReader(BlockSizes("AES-128")).read(FileId.DG1), Generous(content)) == content


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (NotAuthorised("no"), FileFailure(reason="not-authorised")),
        (StatusError(0x6A82, "reading"), FileFailure(sw=0x6A82)),
        (MalformedData("no"), FileFailure(reason="malformed")),
        (CardMisbehaved("no"), FileFailure(reason="length-lies")),
        (SecureMessagingError("no", code="sm-mac-wrong"), FileFailure(reason="sm-mac-wrong")),
    ],
)
def test_why_a_file_could_not_be_read_is_told_in_stable_words(error: ChipIdError, failure: FileFailure) -> None:
    assert failure_of(error) == failure
