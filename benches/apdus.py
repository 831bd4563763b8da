# SPDX-License-Identifier: Apache-2.0
"""``make bench``: commands and octets that a card costs through the PC/SC service, ours and in the manner of JMRTD.

The other manner is a model, made here from what JMRTD's sources say that it does; it reads the same card over the same wire.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import chipid
from chipid.crypto.random import system_random
from chipid.emulator.icc import EmulatedCard
from chipid.emulator.link import Link
from chipid.emulator.vpcd import presented
from chipid.iso7816.apdu import CommandAPDU
from chipid.iso7816.dialogue import Channel, Dialogue, run
from chipid.iso7816.file_ids import LDS1_AID, FileId
from chipid.iso7816.instructions import INS
from chipid.iso7816.secure_messaging import secured
from chipid.iso7816.tlv import build_tlv
from chipid.issuing.card_image import CardImage
from chipid.issuing.personalisation import personalise
from chipid.issuing.pki import TestCsca
from chipid.lds.card_access import CardAccess
from chipid.lds.com import EfCom
from chipid.protocols.pace import pace, preferred_pace
from chipid.pytest_plugin import virtual_reader
from chipid.readers.pcsc import reader_states, wait_for_card

HERE = Path(__file__).resolve().parent
NOW = datetime.now(UTC)
PORTRAIT = 11_900
READ_AHEAD, SHORT_BLOCK, EXTENDED_BLOCK = 8, 223, 65536  # JMRTD's DefaultFileSystem and PassportService
SAME_FILES = (FileId.COM, FileId.SOD, FileId.DG1, FileId.DG2)
SHORT, EXTENDED = Link(extended_length=False, announced=False, long_answers=True), Link(stated=True)


def main() -> int:
    cards = (card_image(SAME_FILES), card_image(tuple(FileId)))
    with tempfile.TemporaryDirectory() as folder, virtual_reader(Path(folder) / "pcscd.log") as reader:
        rows = list(figures(*cards, reader))
    out = HERE / "results" / "apdus.json"
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps({"at": NOW.isoformat(timespec="seconds"), "figures": rows}, indent=1) + "\n")
    print(f"{'':72}{'APDUs':>7}{'octets out':>12}{'octets in':>11}")
    for row in rows:
        print(f"{row['name']:72}{row['apdus']:>7}{row['sent']:>12}{row['received']:>11}")
    return 0


def card_image(files_kept: tuple[FileId, ...]) -> CardImage:
    """A CCCD of 2021, its portrait filled up to 11.9 kB, with some files of its application alone; signed by a test PKI."""
    signer = TestCsca.create(at=NOW - timedelta(days=900)).issue_document_signer(at=NOW - timedelta(days=800))
    image = personalise(json.loads((HERE.parent / "fixtures" / "cards" / "citizen_2021.json").read_text()), signer)
    files = {file: raw for file, raw in image.files.items() if file.in_mf or file in files_kept}
    files[FileId.DG2] = build_tlv(0x75, bytes(PORTRAIT - 4))
    groups = {file.data_group: raw for file, raw in files.items() if file.data_group is not None}
    files[FileId.COM] = EfCom.of_data_groups(tuple(groups)).build()
    return replace(image, files={**files, FileId.SOD: signer.sign_sod(groups)})


def figures(bare: CardImage, whole: CardImage, reader: str) -> Iterator[dict[str, object]]:
    keys = chipid.AccessKeys.from_can(whole.can or "")
    plan = chipid.ReadingPlan.with_portrait()

    def ours(plan: chipid.ReadingPlan) -> Callable[[Channel], object]:
        return lambda channel: chipid.read(keys, channel=channel, plan=plan)

    for length, link, block in (("short", SHORT, SHORT_BLOCK), ("extended", EXTENDED, EXTENDED_BLOCK)):
        files = "EF.CardAccess, COM, SOD, DG1, DG2"
        yield count(f"{length}: {files}, in JMRTD's manner", bare, link, reader, lambda wire, b=block: run(theirs(bare, b), wire))
        told = replace(plan, extended_length=False) if link is SHORT else plan
        yield count(f"{length}: the same files, ours", bare, link, reader, ours(told))
        if link is SHORT:
            yield count("short: the same files, ours, with a probe that the chip refuses", bare, link, reader, ours(plan))
        yield count(f"{length}: DG13 to DG15, Chip and Active Authentication too, ours", whole, link, reader, ours(plan))


@dataclass
class Counting:
    """A channel that counts."""

    channel: Channel
    atr: bytes
    apdus: int = 0
    sent: int = 0
    received: int = 0

    def transmit(self, command: bytes) -> bytes:
        answer = self.channel.transmit(command)
        self.apdus, self.sent, self.received = self.apdus + 1, self.sent + len(command), self.received + len(answer)
        return answer


def count(name: str, image: CardImage, link: Link, reader: str, use: Callable[[Channel], object]) -> dict[str, object]:
    with laid(EmulatedCard(image, link=link), reader) as wire:
        use(wire)
    return {"name": name, "apdus": wire.apdus, "sent": wire.sent, "received": wire.received}


@contextmanager
def laid(card: EmulatedCard, reader: str) -> Iterator[Counting]:
    """*card* on the virtual reader, taken off again before the next one comes."""
    with presented(card), wait_for_card(reader, 15) as channel:
        yield Counting(channel, channel.atr)
    end = time.monotonic() + 15
    while any(state.card_present for state in reader_states() if state.name == reader) and time.monotonic() < end:
        time.sleep(0.1)


def theirs(image: CardImage, block: int) -> Dialogue[None]:
    """EF.CardAccess, PACE, and the files one after another, in the manner of JMRTD."""
    infos = CardAccess.parse((yield from file_in_blocks(FileId.CARD_ACCESS, image, block))).infos
    password = chipid.AccessKeys.from_can(image.can or "").passwords[0]
    session = (yield from pace(preferred_pace(infos)[0], password, system_random)).session

    def application() -> Dialogue[None]:
        yield CommandAPDU(0x00, INS.SELECT, 0x04, 0x0C, LDS1_AID)
        for file in SAME_FILES:
            assert (yield from file_in_blocks(file, image, block)) == image.files[file]

    yield from secured(application(), session)


def file_in_blocks(file: FileId, image: CardImage, block: int) -> Dialogue[bytes]:
    """SELECT, eight octets, and what is missing of each block."""
    size = len(image.files[file])
    yield CommandAPDU(0x00, INS.SELECT, 0x02, 0x0C, file.fid.to_bytes(2, "big"))
    data = (yield CommandAPDU(0x00, INS.READ_BINARY, 0x00, 0x00, le=READ_AHEAD)).data
    while len(data) < size:
        left = min(block - len(data) % block, size - len(data))
        data += (yield CommandAPDU(0x00, INS.READ_BINARY, len(data) >> 8, len(data) & 0xFF, le=left)).data
    return data


if __name__ == "__main__":
    sys.exit(main())
