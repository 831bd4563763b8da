# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipid.emulator import faults
from chipid.emulator.attacks import ReplayedActiveAuthentication
from chipid.emulator.catalogue import FAULTS, fault_from_text
from chipid.errors import UnsupportedFeature
from chipid.iso7816.file_ids import FileId


def test_every_fault_has_a_name_of_its_own_and_defaults() -> None:
    kinds = [kind for kind in vars(faults).values() if isinstance(kind, type) and issubclass(kind, faults.Fault)]
    assert {kind.name for kind in kinds if kind is not faults.Fault} <= set(FAULTS)
    assert len(FAULTS) == len(kinds) - 1 + 1  # without Fault itself, with the replay of attacks.py
    for name, kind in FAULTS.items():
        assert fault_from_text(name) == kind()
        assert kind.__doc__


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("le-limit", faults.LeLimit(192)),
        ("le-limit:limit=160,sw=6A80", faults.LeLimit(160, 0x6A80)),
        ("select-mf-refused:sw=6A86", faults.SelectMfRefused(0x6A86)),
        ("unprotected-status:at=12,counted=yes", faults.UnprotectedStatus(at=12, counted=True)),
        ("file-refused:file=DG13,sw=6985", faults.FileRefused(FileId.DG13, 0x6985)),
        ("raw-answer:octets=9000,at=3", faults.RawAnswer(b"\x90\x00", 3)),
        ("replayed-active-authentication:signature=00FF", ReplayedActiveAuthentication(b"\x00\xff")),
    ],
)
def test_settings(text: str, fault: faults.Fault) -> None:
    assert fault_from_text(text) == fault


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("no-such-fault", "le-limit"),
        ("le-limit:ceiling=3", "limit"),
        ("le-limit:limit", "limit"),
        ("le-limit:sw=1", "hexadecimal"),
        ("unprotected-status:counted=perhaps", "counted"),
        ("file-refused:file=DG99", "DG13"),
        ("end-of-file-warning:sw=6282", "nothing"),
    ],
)
def test_what_is_not_there_is_said(text: str, hint: str) -> None:
    with pytest.raises(UnsupportedFeature) as caught:
        fault_from_text(text)
    assert hint in (caught.value.hint or "")


@given(st.text(max_size=40) | st.builds("{}:{}".format, st.sampled_from(sorted(FAULTS)), st.text(max_size=20)))
def test_any_text_is_a_fault_or_refused(text: str) -> None:
    with suppress(UnsupportedFeature):
        assert isinstance(fault_from_text(text), faults.Fault)
