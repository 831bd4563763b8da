# SPDX-License-Identifier: Apache-2.0
"""A whole session, recorded and replayed: PACE, Chip and Active Authentication and every file, without the card."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from chipid.crypto.random import system_random
from chipid.emulator.icc import EmulatedCard
from chipid.errors import CardRemoved
from chipid.inspection.plan import ReadingPlan
from chipid.inspection.procedure import inspection
from chipid.iso7816.dialogue import run
from chipid.profiles.access_keys import AccessKeys
from chipid.readers.replay import ReplayChannel, ReplayDiverged
from chipid.readers.trace import TraceChannel
from chipid.readers.transcript import Extent

AT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
PLAN = ReadingPlan.with_portrait()


@pytest.fixture
def recorded(tmp_path: Path, chipid_card_image, chipid_keys):
    """(evidence, path of the transcript)."""
    path = tmp_path / "session"
    with TraceChannel(EmulatedCard(chipid_card_image), path, Extent.WHOLE) as channel:
        evidence = run(inspection(chipid_keys, PLAN, random=channel.recorded(system_random), at=AT), channel)
    return evidence, path


def test_the_replay_brings_the_same_evidence(recorded, chipid_keys) -> None:
    evidence, path = recorded
    replay = ReplayChannel.load(path)
    again = run(inspection(chipid_keys, PLAN, random=replay.random, at=AT), replay)
    assert again == evidence
    assert again.to_cbor() == evidence.to_cbor()
    assert replay.finished


def test_other_randomness_diverges(recorded, chipid_keys) -> None:
    _, path = recorded
    replay = ReplayChannel.load(path)
    with pytest.raises(ReplayDiverged):
        run(inspection(chipid_keys, PLAN, random=system_random, at=AT), replay)


def test_other_keys_diverge(recorded) -> None:
    _, path = recorded
    replay = ReplayChannel.load(path)
    with pytest.raises(ReplayDiverged):
        run(inspection(AccessKeys.from_can("000000"), PLAN, random=replay.random, at=AT), replay)


def test_another_plan_diverges(recorded, chipid_keys) -> None:
    _, path = recorded
    replay = ReplayChannel.load(path)
    with pytest.raises(ReplayDiverged):
        run(inspection(chipid_keys, ReadingPlan.everything(), random=replay.random, at=AT), replay)


def test_a_session_that_broke_off_breaks_off_again(tmp_path: Path, chipid_card_image, chipid_keys) -> None:
    card = EmulatedCard(chipid_card_image)
    with TraceChannel(card, tmp_path / "session", Extent.WHOLE) as channel:
        dialogue = inspection(chipid_keys, PLAN, random=channel.recorded(system_random), at=AT)
        genuine, card.transmit = card.transmit, lambda command: (card.exchanges == 12 and card.withdraw()) or genuine(command)
        with pytest.raises(CardRemoved):
            run(dialogue, channel)
    replay = ReplayChannel.load(tmp_path / "session")
    with pytest.raises(CardRemoved, match="exchange 13 failed in the recording"):
        run(inspection(chipid_keys, PLAN, random=replay.random, at=AT), replay)
    assert replay.finished
