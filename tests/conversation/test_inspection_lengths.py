# SPDX-License-Identifier: Apache-2.0
"""How long the reader's commands and the chip's answers are, and how many: extended length where a chip takes it, from what it says
of itself or by one probe; otherwise the largest short block (ICAO 9303-11 §9.3.1, 9303-10 §3.6.4; docs/quirks.md 9 to 12, 15)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest
from issuer import AT, signer
from reader_desk import CAM, POLICIES, can_keys, credentials, issue, judge, read

import chipid
from chipid.emulator import faults
from chipid.emulator.icc import EmulatedCard
from chipid.emulator.link import Link
from chipid.errors import TransmitFailed
from chipid.iso7816.apdu import CLA_CHAINING, CommandAPDU, ResponseAPDU
from chipid.iso7816.file_ids import LDS1_AID, FileId
from chipid.iso7816.instructions import INS
from chipid.iso7816.tlv import build_tlv
from chipid.issuing.card_image import CardImage
from chipid.lds.atr_info import AtrInfo
from chipid.lds.com import EfCom
from chipid.lds.dir import EfDir

PLAN = replace(chipid.ReadingPlan.with_portrait(), active_authentication=False, chip_authentication=False)
SHORT_ONLY = replace(PLAN, extended_length=False)
PORTRAIT = 11_900
PROBED, REFUSED = "extended-length-probed", "extended-length-refused"


def with_portrait_of(size: int, **changes: object) -> CardImage:
    """A passport whose DG2 has *size* octets, of no meaning; signed."""
    image = issue(fingerprints=False, terminal_authentication=None, chip_authentication=None, **changes)
    files = {**image.files, FileId.COM: EfCom.of_data_groups((1, 2, 14)).build(), FileId.DG2: build_tlv(0x75, bytes(size - 4))}
    groups = {file.data_group: raw for file, raw in files.items() if file.data_group is not None}
    return replace(image, files={**files, FileId.SOD: signer().sign_sod(groups)})


@dataclass
class Wire:
    """A card, and everything that went to and fro; *carries* is what the reader's driver lets through."""

    card: EmulatedCard
    carries: Callable[[CommandAPDU], bool] = lambda _command: True
    commands: list[CommandAPDU] = field(default_factory=list)
    sizes: list[tuple[int, int]] = field(default_factory=list)

    @property
    def atr(self) -> bytes:
        return self.card.atr

    def transmit(self, command: bytes) -> bytes:
        apdu = CommandAPDU.from_bytes(command)
        self.commands.append(apdu)
        if not self.carries(apdu):
            raise TransmitFailed("the driver knows no such command")
        answer = self.card.transmit(command)
        self.sizes.append((len(command), len(answer)))
        return answer

    @property
    def extended(self) -> int:
        return sum(command.is_extended for command in self.commands)


def dump(
    *quirks: faults.Fault, size: int = PORTRAIT, link: Link | None = None, plan: chipid.ReadingPlan = PLAN, **options: object
) -> tuple[chipid.Evidence, Wire]:
    image = with_portrait_of(size)
    wire = Wire(EmulatedCard(image, faults=quirks, link=link), **options)  # type: ignore[arg-type]
    evidence = chipid.read(can_keys(), channel=wire, at=AT, plan=plan)
    expected = {file: image.files[file] for file in (FileId.COM, FileId.SOD, FileId.DG1, FileId.DG2)}
    assert {file: evidence.files[file] for file in expected} == expected
    return evidence, wire


# How many --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("plan", "link", "limit"),
    [
        (SHORT_ONLY, None, 75),
        (PLAN, Link(announced=False, extended_length=False), 78),
        (PLAN, Link(stated=True), 18),
        (PLAN, None, 18),
    ],
    ids=["short", "short-after-a-probe", "stated", "announced"],
)
def test_fewer_commands_than_other_readers_need(plan: chipid.ReadingPlan, link: Link | None, limit: int) -> None:
    """EF.CardAccess to DG2 of 11.9 kB: JMRTD 0.8 needs 79 with short length and 22 with extended."""
    _, wire = dump(plan=plan, link=link)
    assert len(wire.commands) <= limit  # EF.ATR/INFO and DG14 are among them; EF.SOD has 1.6 kB


def test_without_short_identifiers_each_file_costs_one_select() -> None:
    _, plain = dump(plan=SHORT_ONLY)
    _, wire = dump(faults.NoShortIdentifiers(), plan=SHORT_ONLY)
    # EF.CardAccess is refused once and selected, EF.COM too; from then on SELECT comes first.
    assert len(wire.commands) == len(plain.commands) + 2 + 2 + 4


# What the chip says ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [400, 1000, 1520, 4096])
def test_the_sizes_that_are_stated_are_kept_to(size: int) -> None:
    """9303-11-9.3.1.2-2."""
    link = Link(announced=False, stated=True, command_size=size, extended_response=size - 2)
    evidence, wire = dump(link=link)
    assert evidence.notes == ()
    assert AtrInfo.parse(evidence.files[FileId.ATR_INFO]).lengths is not None
    assert max(sent for sent, _ in wire.sizes) <= size
    longest = max(received for _, received in wire.sizes)
    assert size - 33 < longest <= size
    # The chip had nothing to cut: nowhere was more asked for than it gives.
    blocks = -(-(PORTRAIT - 223) // (longest - 40))
    assert wire.extended <= blocks + 4


def test_sizes_no_longer_than_short_ones_are_a_no() -> None:
    evidence, wire = dump(link=Link(stated=True, extended_response=256))
    assert wire.extended == 0
    assert evidence.notes == ()


@pytest.mark.parametrize("wanted", [None, True])
@pytest.mark.parametrize("response", [0, 1, 2, 3, 30, 31, 64, 258, 259, 1 << 16, (1 << 31) - 1, 1 << 31, 1 << 32])
def test_no_stated_size_is_too_odd_to_read_with(response: int, wanted: bool | None) -> None:
    image = with_portrait_of(600)
    info = build_tlv(0x7F66, b"\x02\x02\x01\x05", build_tlv(0x02, response.to_bytes(5, "big").lstrip(b"\0") or b"\0"))
    wire = Wire(EmulatedCard(replace(image, files={**image.files, FileId.ATR_INFO: info})))
    evidence = chipid.read(can_keys(), channel=wire, at=AT, plan=replace(PLAN, extended_length=wanted))
    assert evidence.files[FileId.DG2] == image.files[FileId.DG2]
    understood = 0 < response < 1 << 31
    assert (FileId.ATR_INFO in evidence.failures) is not understood
    assert (REFUSED in evidence.notes) is (understood and response <= 258 and wanted is True)


@pytest.mark.parametrize("quirk", [faults.LeLimit(limit=256), faults.UnprotectedStatus(), faults.UnprotectedStatus(counted=True)])
@pytest.mark.parametrize("stated", [True, False])
def test_a_chip_that_announces_and_refuses(quirk: faults.Fault, stated: bool) -> None:
    evidence, wire = dump(quirk, link=Link(stated=stated))
    assert REFUSED in evidence.notes
    assert wire.extended == 1
    assert evidence.complete


@pytest.mark.parametrize(
    ("octets", "accepted"),
    [("7F66080202078002020780", [True, True]), ("7F660A02030100000203010000", [True, True]), ("7F660402020780", [True, False])],
)
def test_an_atr_info_that_is_none_changes_nothing_but_the_strict_verdict(octets: str, accepted: list[bool]) -> None:
    """BSI TR-03105-5.1 LDS_K_01 to LDS_K_03."""
    image = issue()
    evidence = read(replace(image, files={**image.files, FileId.ATR_INFO: bytes.fromhex(octets)}), terminal=credentials())
    assert [judge(evidence, policy).accepted for policy in POLICIES] == accepted
    assert (FileId.ATR_INFO in evidence.failures) is not accepted[1]
    assert ("atr-info-malformed" in judge(evidence).deviations) is not accepted[1]


def test_another_file_in_its_place_is_not_kept() -> None:
    """A chip that is always in its application has DG1 under that identifier."""
    image = issue()
    evidence = read(replace(image, files={**image.files, FileId.ATR_INFO: image.files[FileId.DG1]}))
    assert FileId.ATR_INFO not in {*evidence.files, *evidence.failures}


def test_pieces_are_for_chips_that_take_no_extended_length() -> None:
    """Terminal Authentication's certificates are long."""
    for link in (Link(announced=False, stated=True, command_chaining=True), Link(extended_length=False, command_chaining=True)):
        wire = Wire(EmulatedCard(issue(), link=link))
        evidence = read(wire, terminal=credentials())
        assert FileId.DG3 in evidence.files
        certificates = [command for command in wire.commands if command.ins == INS.PERFORM_SECURITY_OPERATION]
        assert any(command.cla & CLA_CHAINING for command in certificates) is not link.extended_length
        assert all(sent <= 261 for sent, _ in wire.sizes) or link.extended_length


def test_a_session_that_breaks_on_the_length_of_card_security_is_opened_with_less() -> None:
    evidence = read(issue(pace=[CAM]), faults.UnprotectedStatus(), plan=replace(PLAN, extended_length=True))
    assert FileId.CARD_SECURITY in evidence.files
    assert REFUSED in evidence.notes


# Probing ---------------------------------------------------------------------------------------------------------


def test_a_chip_that_takes_it_and_does_not_say_so() -> None:
    evidence, wire = dump(faults.ExtendedLengthUnannounced())
    assert evidence.notes == (PROBED,)
    assert wire.extended == 1


def test_a_probe_is_for_long_files_alone_and_not_made_twice() -> None:
    assert dump(faults.ExtendedLengthUnannounced(), size=2600)[1].extended == 0
    evidence, wire = dump(faults.ExtendedLengthUnannounced(), faults.NoExtendedLength())
    assert evidence.notes == (PROBED, REFUSED)
    assert wire.extended == 1


@pytest.mark.parametrize("link", [Link(), Link(announced=False)])
def test_a_plan_without_probing_keeps_to_what_is_stated(link: Link) -> None:
    """9303-11 §9.3.1.2."""
    plan = replace(PLAN, probing=False)
    assert dump(link=link, plan=plan)[1].extended == 0
    assert dump(link=replace(link, stated=True), plan=plan)[1].extended > 0


# What breaks -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("announced", [True, False])
def test_a_reader_that_carries_no_extended_command(announced: bool) -> None:
    evidence, wire = dump(link=Link(announced=announced), carries=lambda command: not command.is_extended)
    assert evidence.notes[-1] == REFUSED
    assert wire.extended == 1
    assert "session-reopened" not in evidence.notes


def test_a_reader_that_loses_the_answer_to_an_extended_command() -> None:
    class Loses(Wire):
        def transmit(self, command: bytes) -> bytes:
            answer = super().transmit(command)
            if self.commands[-1].is_extended:
                raise TransmitFailed("the answer is longer than the driver's buffer")
            return answer

    wire = Loses(EmulatedCard(with_portrait_of(PORTRAIT)))
    evidence = chipid.read(can_keys(), channel=wire, at=AT, plan=PLAN)
    assert FileId.DG2 in evidence.files
    assert wire.extended == 1


def test_a_reader_that_fails_in_active_authentication() -> None:
    """An answer of 256 octets is asked for with extended length first, and then in the other way."""
    plan, image = replace(PLAN, active_authentication=True), issue(active_authentication={"bits": 2048})
    card = EmulatedCard(image, faults=[faults.ActiveAuthenticationRefusesExtendedLe()])
    wire = Wire(card, lambda apdu: not (apdu.is_extended and apdu.ins == INS.INTERNAL_AUTHENTICATE))
    evidence = chipid.read(can_keys(), channel=wire, at=AT, plan=plan)
    assert evidence.active_authentication is not None
    assert len(evidence.active_authentication.response) == 256
    assert "active-authentication-lost-session" in evidence.notes
    with pytest.raises(TransmitFailed):
        chipid.read(can_keys(), channel=Wire(card, lambda apdu: apdu.ins != INS.INTERNAL_AUTHENTICATE), at=AT, plan=plan)


def test_a_reader_that_resets_the_card_on_an_extended_command() -> None:
    class Resets(Wire):
        failures = 2  # the command itself, and the next one, which the service refuses to tell of the reset

        def transmit(self, command: bytes) -> bytes:
            if self.failures and (CommandAPDU.from_bytes(command).is_extended or self.failures == 1):
                self.failures -= 1
                self.card.reset()
                raise TransmitFailed("the card was reset")
            return super().transmit(command)

    evidence = chipid.read(can_keys(), channel=Resets(EmulatedCard(with_portrait_of(PORTRAIT))), at=AT, plan=PLAN)
    assert FileId.DG2 in evidence.files
    assert evidence.notes == (REFUSED, "session-reopened")


def test_a_reader_that_fails_a_short_command_ends_the_reading() -> None:
    left = 20

    def carries(_command: CommandAPDU) -> bool:
        nonlocal left
        left -= 1
        return left > 0

    with pytest.raises(TransmitFailed):
        dump(plan=SHORT_ONLY, carries=carries)
    assert left == 0


@pytest.mark.parametrize("limit", [192, 160, 128, 112])
def test_extended_length_is_left_before_the_short_block_shrinks(limit: int) -> None:
    evidence, wire = dump(faults.LeLimit(limit=limit))
    assert "block-size-reduced" in evidence.notes
    assert wire.extended == 1
    # EF.SOD and DG2 in such blocks, the refusals, and all that is not in blocks.
    assert len(wire.commands) <= -(-PORTRAIT // limit) - (-1580 // limit) + 22


# Long files ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("plan", "odd", "limit"),
    [(SHORT_ONLY, 169, 339), (PLAN, 2, 20)],
    ids=["short", "extended"],
)
def test_a_portrait_of_70_kilobytes(plan: chipid.ReadingPlan, odd: int, limit: int) -> None:
    """The odd instruction from octet 32,768 on, and there alone (9303-10-3.6.6-1)."""
    _, wire = dump(size=69_960, plan=plan)
    numbers = [command.ins for command in wire.commands]
    assert numbers.count(INS.READ_BINARY_ODD) == odd
    assert len(numbers) <= limit


def test_answers_that_are_no_files_end_in_an_error_or_in_little() -> None:
    class Babbles(Wire):
        def transmit(self, command: bytes) -> bytes:
            self.commands.append(CommandAPDU.from_bytes(command))
            return ResponseAPDU(bytes(256), 0x9000).to_bytes()

    wire = Babbles(EmulatedCard(with_portrait_of(PORTRAIT)))
    with pytest.raises(chipid.ChipIdError):
        chipid.read(can_keys(), channel=wire, at=AT, plan=PLAN)
    assert len(wire.commands) < 30


# EF.DIR ----------------------------------------------------------------------------------------------------------


def directory(raw: bytes | None, plan: chipid.ReadingPlan) -> tuple[chipid.Evidence, int]:
    image = with_portrait_of(600)
    wire = Wire(EmulatedCard(image if raw is None else replace(image, files={**image.files, FileId.DIR: raw})))
    evidence = chipid.read(can_keys(), channel=wire, at=AT, plan=plan)
    assert evidence.files[FileId.DG2] == image.files[FileId.DG2]
    return evidence, len(wire.commands)


def test_the_plan_for_everything_reads_which_applications_there_are() -> None:
    long = EfDir.of(*[LDS1_AID] * 60).build()
    everything = replace(PLAN, files=chipid.ReadingPlan.everything().files)
    _, unasked = directory(long, replace(everything, files=tuple(set(everything.files) - {FileId.DIR})))
    for raw, commands in ((EfDir.of(LDS1_AID).build(), 2), (long, 4), (None, 1), (b"\x60\x00", 2)):
        evidence, sent = directory(raw, everything)
        assert evidence.files.get(FileId.DIR) == (raw if raw and raw[0] == 0x61 else None)
        assert FileId.DIR not in evidence.failures
        assert (sent - unasked, evidence.notes) == (commands, ())
    assert FileId.DIR not in directory(long, PLAN)[0].files
