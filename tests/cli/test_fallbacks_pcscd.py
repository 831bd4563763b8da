# SPDX-License-Identifier: Apache-2.0
"""Chips that advertise a protocol and do not keep it, on the virtual reader of a PC/SC service: none of them passes in silence."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest

from chipid.emulator import attacks, faults
from chipid.emulator.exchange import Exchange
from chipid.emulator.icc import EmulatedCard
from chipid.iso7816.apdu import ResponseAPDU
from chipid.iso7816.file_ids import FileId

pytest.importorskip("smartcard.scard", reason="pyscard is not installed")
pytestmark = [pytest.mark.pcscd, pytest.mark.usefixtures("chipid_virtual_reader")]

DOCUMENT = "012345678 990917 390917"
INTERNAL_AUTHENTICATE, MANAGE_SECURITY_ENVIRONMENT, GENERAL_AUTHENTICATE = 0x88, 0x22, 0x86


@dataclass(frozen=True)
class Refuses(faults.Fault):
    """Refuses one instruction inside a session, as a chip that lost a protocol would."""

    name: ClassVar[str] = ""
    instructions: tuple[int, ...] = ()
    sw: int = 0x6D00

    def instead(self, exchange: Exchange) -> ResponseAPDU | None:
        return ResponseAPDU(b"", self.sw) if exchange.protected and exchange.command.ins in self.instructions else None


def judged(done: Any) -> tuple[dict[str, Any], dict[str, tuple[str, str]]]:
    report = json.loads(done.stdout)
    return report, {check["name"]: (check["outcome"], check["reason"]) for check in report["verdict"]["checks"]}


# PACE that is advertised and fails -------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", [0, 1])
def test_bac_after_a_pace_that_answers_6fff_is_inconclusive(at_the_reader, chipid_card_image, step: int) -> None:
    card = EmulatedCard(chipid_card_image, faults=[faults.PaceFails(sw=0x6FFF, step=step)])
    done = at_the_reader("dump", "--verify", card=card, key=DOCUMENT, kind="document")
    report, checks = judged(done)
    assert done.returncode == 5
    assert checks["access"] == ("UNDETERMINED", "bac-after-pace-failed")
    assert report["verdict"]["reasons"] == ["bac-after-pace-failed"]
    assert [(tried["protocol"], tried["result"], tried["reason"]) for tried in report["access"]] == [
        ("PACE", "failed", "status-6FFF"),
        ("BAC", "done", None),
    ]


def test_without_bac_such_a_chip_does_not_open_and_no_other_number_is_asked_for(at_the_reader, chipid_card_image) -> None:
    card = EmulatedCard(chipid_card_image, faults=[faults.PaceFails(sw=0x6FFF, step=1)])
    done = at_the_reader("verify", "--no-bac", card=card, key=DOCUMENT, kind="document")
    assert (done.returncode, done.stdout) == (5, "")
    assert "PACE with fields: status-6FFF" in done.stderr


def test_a_chip_that_cheats_while_it_is_opened_is_no_refusal(at_the_reader, chipid_card_image) -> None:
    card = EmulatedCard(chipid_card_image, faults=[faults.WrongMac()])
    done = at_the_reader("verify", card=card)
    assert (done.returncode, done.stdout) == (5, "")
    assert "PACE with number: sm-" in done.stderr


def test_a_pace_that_is_hidden_shows_against_dg14(at_the_reader, chipid_card_image) -> None:
    card = EmulatedCard(attacks.with_pace_hidden(chipid_card_image))
    done = at_the_reader("verify", card=card, key=DOCUMENT, kind="document")
    _, checks = judged(done)
    assert done.returncode == 1
    assert checks["card_access_against_dg14"] == ("FAILED", "card-access-altered")


# Chip Authentication that is advertised and fails ----------------------------------------------------------------------


def test_a_chip_that_refuses_chip_authentication_is_rejected(at_the_reader, chipid_card_image) -> None:
    refuses = Refuses(instructions=(MANAGE_SECURITY_ENVIRONMENT, GENERAL_AUTHENTICATE))
    done = at_the_reader("verify", card=EmulatedCard(chipid_card_image, faults=[refuses]))
    report, checks = judged(done)
    assert checks["chip_authentication"] == ("FAILED", "ca-refused")
    assert checks["active_authentication"] == ("SUCCESSFUL", "ok")
    assert (done.returncode, report["verdict"]["decision"]) == (1, "rejected")
    assert "ca-refused" in report["verdict"]["reasons"]


def test_a_chip_with_another_key_than_dg14_names_is_rejected(at_the_reader, chipid_card_image) -> None:
    card = EmulatedCard(attacks.with_foreign_chip_authentication_key(chipid_card_image))
    done = at_the_reader("verify", card=card)
    report, checks = judged(done)
    assert checks["chip_authentication"][0] == "FAILED"
    assert (done.returncode, report["verdict"]["decision"]) == (1, "rejected")


def test_a_chip_that_hides_its_key_is_inconclusive(at_the_reader, chipid_card_image) -> None:
    card = EmulatedCard(chipid_card_image, faults=[faults.FileRefused(file=FileId.DG14)])
    done = at_the_reader("verify", card=card)
    _, checks = judged(done)
    assert checks["chip_authentication"] == ("UNDETERMINED", "ca-key-withheld")
    assert done.returncode == 5


# Active Authentication that is skipped ---------------------------------------------------------------------------------


def test_a_chip_that_skips_active_authentication_is_rejected(at_the_reader, chipid_card_image) -> None:
    refuses = Refuses(instructions=(INTERNAL_AUTHENTICATE,))
    done = at_the_reader("verify", card=EmulatedCard(chipid_card_image, faults=[refuses]))
    report, checks = judged(done)
    assert checks["active_authentication"] == ("FAILED", "aa-refused")
    assert checks["chip_authentication"] == ("SUCCESSFUL", "ok")
    assert (done.returncode, report["verdict"]["decision"]) == (1, "rejected")
    assert "aa-refused" in report["verdict"]["reasons"]


def test_a_chip_that_hides_dg15_is_inconclusive(at_the_reader, chipid_card_image) -> None:
    card = EmulatedCard(chipid_card_image, faults=[faults.FileRefused(file=FileId.DG15)])
    done = at_the_reader("verify", card=card)
    report, checks = judged(done)
    assert checks["active_authentication"] == ("UNDETERMINED", "aa-key-withheld")
    assert (done.returncode, report["verdict"]["decision"]) == (5, "inconclusive")
    assert "aa-key-withheld" in report["verdict"]["reasons"]
