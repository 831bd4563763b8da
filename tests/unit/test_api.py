# SPDX-License-Identifier: Apache-2.0
"""The two public calls refuse what they cannot use before a card is touched."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

import chipid
from chipid.emulator.icc import EmulatedCard
from chipid.profiles.access_keys import AccessKeys

NAIVE = datetime(2026, 1, 1)


@pytest.mark.parametrize("challenge", [b"", bytes(8), b"short", bytes(range(1, 10))])
def test_a_challenge_that_is_none_is_refused_before_anything_is_sent(
    emulated_cccd: EmulatedCard, chipid_keys: AccessKeys, challenge: bytes
) -> None:
    with pytest.raises(chipid.MalformedData, match="8 octets"):
        chipid.read(chipid_keys, channel=emulated_cccd, challenge=challenge)
    assert emulated_cccd.exchanges == 0


def test_a_time_without_zone_is_refused_before_anything_is_sent(emulated_cccd: EmulatedCard, chipid_keys: AccessKeys) -> None:
    with pytest.raises(ValueError, match="time zone"):
        chipid.read(chipid_keys, channel=emulated_cccd, at=NAIVE)
    assert emulated_cccd.exchanges == 0


def test_verify_refuses_a_time_without_zone(
    emulated_cccd: EmulatedCard, chipid_keys: AccessKeys, chipid_trust: chipid.TrustStore
) -> None:
    evidence = chipid.read(chipid_keys, channel=emulated_cccd)
    with pytest.raises(ValueError, match="time zone"):
        chipid.verify(evidence, trust=chipid_trust, at=NAIVE)


def test_without_a_time_it_is_now(emulated_cccd: EmulatedCard, chipid_keys: AccessKeys, chipid_trust: chipid.TrustStore) -> None:
    evidence = chipid.read(chipid_keys, channel=emulated_cccd)
    assert abs(datetime.now(UTC) - evidence.read_at) < timedelta(minutes=5)
    assert chipid.verify(evidence, trust=chipid_trust).accepted
    assert chipid.verify(replace(evidence, reader=None), trust=chipid_trust).accepted


def test_a_channel_is_talked_to_whatever_its_truth_value() -> None:
    """Also one that is falsy: nobody goes looking for a reader then."""

    class Empty:
        def __len__(self) -> int:
            return 0

        def transmit(self, command: bytes) -> bytes:
            return b"\x6f\x00"

    for call in (
        lambda channel: chipid.unblock_pin(chipid.AccessKeys.from_puk("0123456789"), channel=channel),
        lambda channel: chipid.change_pin(chipid.AccessKeys.from_pin("123456"), "654321", channel=channel),
        lambda channel: chipid.read(chipid.AccessKeys.from_can("012345"), channel=channel),
    ):
        with pytest.raises(chipid.ChipIdError) as refused:
            call(Empty())
        assert not isinstance(refused.value, chipid.ReaderError)
