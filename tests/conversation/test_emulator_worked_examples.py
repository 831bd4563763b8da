# SPDX-License-Identifier: Apache-2.0
"""The chip of ICAO Doc 9303-11's worked examples, command by command, with the randomness that is printed there."""

from __future__ import annotations

import json
from pathlib import Path

from chipid.crypto.random import RandomSource
from chipid.emulator.icc import EmulatedCard
from chipid.iso7816.file_ids import FileId
from chipid.iso7816.tlv import build_tlv
from chipid.issuing.card_image import CardImage

SELECT_APPLICATION = bytes.fromhex("00A4040C07A0000002471001")


def printed(*values: str) -> RandomSource:
    left = [bytes.fromhex(value) for value in values]

    def draw(size: int) -> bytes:
        value = left.pop(0)
        assert len(value) == size
        return value

    return draw


def example(fixtures: Path, name: str) -> dict:
    return json.loads((fixtures / "vectors" / f"{name}.json").read_text())


def assert_answers(card: EmulatedCard, exchanges: list[dict]) -> None:
    for exchange in exchanges:
        assert card.transmit(bytes.fromhex(exchange["command"])).hex().upper() == exchange["response"]


def test_bac_and_reading_ef_com(fixtures: Path) -> None:
    """Appendix D.3 and D.4, from GET CHALLENGE to the last octet of EF.COM."""
    bac, reading = example(fixtures, "bac")["authentication"], example(fixtures, "secure_messaging_3des")
    image = CardImage(files={FileId.COM: bytes.fromhex(reading["ef_com"])}, mrz_information=bac["mrz_information"])
    card = EmulatedCard(image, random=printed(bac["rnd_ic"], bac["k_ic"]))
    assert card.transmit(SELECT_APPLICATION) == b"\x90\x00"
    assert_answers(card, bac["exchanges"] + reading["exchanges"])


def test_pace_with_generic_mapping(fixtures: Path) -> None:
    """Appendix G.1, from MSE:Set AT to the chip's token."""
    pace = example(fixtures, "pace_gm_ecdh")
    image = CardImage(
        files={FileId.CARD_ACCESS: build_tlv(0x31, bytes.fromhex(pace["pace_info"]))},
        mrz_information=pace["mrz_information"],
    )
    draws = (pace["nonce"], pace["mapping"]["chip_private"], pace["agreement"]["chip_private"])
    card = EmulatedCard(image, random=printed(*draws))
    assert_answers(card, pace["exchanges"])
    assert card.applet.session is not None
    assert card.applet.opened_by_pace
