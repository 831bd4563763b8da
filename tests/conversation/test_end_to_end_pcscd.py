# SPDX-License-Identifier: Apache-2.0
"""What a counter does, with the commands that it has: an emulated card in the virtual reader of a real PC/SC service.

Each forgery and each mishap ends in its own exit code.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest

import chipid
from chipid.emulator import attacks, faults
from chipid.emulator.icc import EmulatedCard
from chipid.emulator.vpcd import presented
from chipid.errors import NoReader
from chipid.iso7816.file_ids import FileId
from chipid.issuing.card_image import CardImage
from chipid.issuing.pki import TestCsca
from chipid.pytest_plugin import VIRTUAL_READER, Issuer
from chipid.readers.pcsc import reader_states

pytest.importorskip("smartcard.scard", reason="pyscard is not installed")
pytestmark = [pytest.mark.pcscd, pytest.mark.usefixtures("chipid_virtual_reader")]

NUMBER = "099012345678"
Counter = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def counter(tmp_path: Path, chipid_issuer: Issuer) -> Counter:
    """Lay a card on the reader and run one command of ours as a new process."""
    trust = tmp_path / "csca.cer"
    trust.write_bytes(chipid_issuer.csca.certificate)

    def run(
        *arguments: str, card: EmulatedCard | None, number: str = NUMBER, trusting: bool = True
    ) -> subprocess.CompletedProcess[str]:
        name, *options = arguments
        command = [sys.executable, "-m", "chipid.cli", name, "--reader", VIRTUAL_READER, "--number-file", "-", "--timeout", "10"]
        command += [*options, *(["--trust", str(trust)] if trusting else [])]
        try:
            with presented(card) if card is not None else nullcontext():
                return subprocess.run(command, input=f"{number}\n", capture_output=True, text=True, timeout=120, check=False)
        except NoReader as error:
            pytest.skip(f"the virtual reader is taken: {error}")
        finally:
            wait_until_empty()

    return run


def wait_until_empty() -> None:
    """A card that comes before the service has seen the last one leave would be taken for it."""
    deadline = time.monotonic() + 15
    while any(reader.card_present for reader in reader_states() if reader.name == VIRTUAL_READER):
        assert time.monotonic() < deadline, "the card did not leave the reader"
        time.sleep(0.1)


def test_a_genuine_card_is_dumped_and_accepted(counter: Counter, emulated_cccd: EmulatedCard, tmp_path: Path) -> None:
    portrait, evidence = tmp_path / "face.jpg", tmp_path / "card.evidence"
    done = counter("dump", "--verify", "--portrait", str(portrait), "--out", str(evidence), card=emulated_cccd)
    assert done.returncode == 0, done.stderr
    assert "ACCEPTED" in done.stdout
    assert portrait.read_bytes().startswith(b"\xff\xd8\xff")
    assert FileId.DG2 in chipid.Evidence.load(evidence).files


def other_cards(chipid_issue: Callable[..., CardImage]) -> CardImage:
    return chipid_issue(number="099299000011", name="Lê Văn Mẫu", birth="1999-01-02", old_number=None)


def flipped(genuine: CardImage, issue: Callable[..., CardImage]) -> CardImage:
    return attacks.with_bit_flipped(genuine, FileId.DG1, octet=40)


def foreign_dg13(genuine: CardImage, issue: Callable[..., CardImage]) -> CardImage:
    return attacks.with_file_of(genuine, other_cards(issue), FileId.DG13)


def self_made_csca(genuine: CardImage, issue: Callable[..., CardImage]) -> CardImage:
    from datetime import UTC, datetime, timedelta

    yesterday = datetime.now(UTC) - timedelta(days=1)
    return attacks.with_sod_signed_anew(genuine, TestCsca.create(at=yesterday).issue_document_signer(at=yesterday).sign_sod)


def swapped_dg15(genuine: CardImage, issue: Callable[..., CardImage]) -> CardImage:
    return attacks.with_dg15_swapped(genuine, other_cards(issue))


@pytest.mark.parametrize(
    ("forge", "reason"),
    [
        (flipped, "dg-hash-mismatch"),
        (foreign_dg13, "dg-hash-mismatch"),
        (self_made_csca, "csca-key-unknown"),
        (swapped_dg15, "dg-hash-mismatch"),
    ],
)
def test_a_forgery_is_rejected_1(
    counter: Counter,
    chipid_card_image: CardImage,
    chipid_issue: Callable[..., CardImage],
    forge: Callable[[CardImage, Callable[..., CardImage]], CardImage],
    reason: str,
) -> None:
    done = counter("verify", "--json", card=EmulatedCard(forge(chipid_card_image, chipid_issue)))
    assert done.returncode == 1, done.stderr
    assert reason in json.loads(done.stdout)["verdict"]["reasons"]


def test_no_trust_anchor_is_inconclusive_5(counter: Counter, emulated_cccd: EmulatedCard) -> None:
    done = counter("verify", card=emulated_cccd, trusting=False)
    assert done.returncode == 5, done.stderr
    assert "no-trust-anchor" in done.stdout


def test_a_wrong_can_is_refused_4(counter: Counter, emulated_cccd: EmulatedCard) -> None:
    done = counter("verify", card=emulated_cccd, number="099012345670")
    assert (done.returncode, done.stdout) == (4, "")
    assert "chipid: hint:" in done.stderr


def test_a_card_pulled_in_the_middle_is_lost_3(counter: Counter, chipid_card_image: CardImage) -> None:
    done = counter("verify", card=EmulatedCard(chipid_card_image, faults=[faults.LoseCardAt(n=12)]))
    assert (done.returncode, done.stdout) == (3, "")
    assert "do not move it" in done.stderr


def test_no_card_is_3(counter: Counter) -> None:
    done = counter("verify", "--timeout", "1", card=None)
    assert (done.returncode, done.stdout) == (3, "")
