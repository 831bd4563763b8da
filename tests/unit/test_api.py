# SPDX-License-Identifier: Apache-2.0
"""The two public calls refuse what they cannot use before a card is touched."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import chipid
from chipid.emulator.icc import EmulatedCard
from chipid.issuing.card_image import CardImage
from chipid.profiles.access_keys import AccessKeys
from chipid.pytest_plugin import CvPki, Issuer
from chipid.readers.replay import ReplayChannel
from chipid.trust.importing import import_paths

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


@pytest.mark.parametrize(
    ("given", "wanted"), [({"keys": "099012345678"}, "AccessKeys.from_number"), ({"plan": "everything"}, "ReadingPlan.everything")]
)
def test_read_says_what_it_takes(emulated_cccd: EmulatedCard, chipid_keys: AccessKeys, given: dict[str, str], wanted: str) -> None:
    with pytest.raises(TypeError, match=f"{wanted}.* gives, not str$"):
        chipid.read(**{"keys": chipid_keys, "channel": emulated_cccd, **given})
    assert emulated_cccd.exchanges == 0


@pytest.mark.parametrize(
    ("given", "wanted"),
    [({"evidence": "a.file"}, "Evidence.load"), ({"trust": "csca"}, "open_trust"), ({"policy": "strict"}, "Policy.strict")],
)
def test_verify_says_what_it_takes(given: dict[str, str], wanted: str) -> None:
    evidence = chipid.Evidence(read_at=datetime.now(UTC), files={})
    with pytest.raises(TypeError, match=f"{wanted}.* gives, not str$"):
        chipid.verify(**{"evidence": evidence, "trust": None, **given})


def test_a_day_is_no_moment(emulated_cccd: EmulatedCard, chipid_keys: AccessKeys, tmp_path: Path) -> None:
    day: Any = date(2026, 6, 1)
    evidence = chipid.Evidence(read_at=datetime.now(UTC), files={})
    with chipid.TrustDatabase.create(tmp_path / "trust.db") as database:
        for call in (
            lambda: chipid.verify(evidence, trust=None, at=day),
            lambda: chipid.read(chipid_keys, channel=emulated_cccd, at=day),
            lambda: import_paths(database, [], at=day),
        ):
            with pytest.raises(TypeError, match=r"at= takes a moment.* not date$"):
                call()


def test_paths_are_taken_as_text_too(
    tmp_path: Path, chipid_card_image: CardImage, chipid_issuer: Issuer, chipid_cv_pki: CvPki
) -> None:
    path = str(tmp_path / "file")
    chipid_card_image.save(path)
    assert CardImage.load(path) == chipid_card_image
    for holder in chipid_issuer:
        holder.save(path)
        assert type(holder).load(path).certificate == holder.certificate
    terminal = chipid_cv_pki.terminal
    terminal.save(str(tmp_path))
    assert type(terminal).load(str(tmp_path), terminal.reference).raw == terminal.raw
    for key in (str(tmp_path / f"{terminal.reference}.pem"), tmp_path / f"{terminal.reference}.pem"):
        with chipid.open_signer(key) as signer, chipid.FileSigner.load(key) as same:
            assert type(signer) is type(same)
    (tmp_path / "transcript").write_text("none of ours")
    with pytest.raises(chipid.MalformedData):
        ReplayChannel.load(str(tmp_path / "transcript"))


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
