# SPDX-License-Identifier: Apache-2.0
"""EF.ATR/INFO (ICAO 9303-10 §3.11.1; BSI TR-03105-3.2 LDS_L_1 to L_4)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipid.errors import MalformedData
from chipid.iso7816.atr import CardCapabilities
from chipid.iso7816.tlv import build_tlv
from chipid.lds.atr_info import AtrInfo, ExtendedLengthInformation

# A file as chips have it: services, capabilities with chaining, extended length and its sizes, which are 1520 both ways.
USUAL = bytes.fromhex("4301F8 4703F741E0 7F6608020205F0020205F0")
OBJECTS = st.builds(build_tlv, st.sampled_from([0x4F, 0x5F52, 0x65, 0xE0]), st.binary(max_size=12))
LENGTHS = st.builds(ExtendedLengthInformation, st.integers(1, 0xFFFFFF), st.integers(1, 0xFFFFFF))
FILES = st.builds(
    AtrInfo,
    st.none() | st.builds(CardCapabilities, st.binary(min_size=1, max_size=3)),
    st.none() | LENGTHS,
    st.none() | st.binary(min_size=1, max_size=2),
    st.lists(OBJECTS, max_size=5).map(tuple),
)


def test_a_usual_file() -> None:
    info = AtrInfo.parse(USUAL)
    assert info.lengths == ExtendedLengthInformation(1520, 1520)
    assert info.capabilities is not None
    assert (info.capabilities.command_chaining, info.capabilities.extended_length) == (True, True)
    assert info.capabilities.lengths_in_file
    assert (info.service_data, info.unknown, info.deviations) == (b"\xf8", (), ())
    assert info.build() == USUAL


@pytest.mark.parametrize(
    ("octets", "lengths", "deviations"),
    [
        ("7F66080202078002020780", (1920, 1920), ()),  # TR-03105-5.1 LDS_K_01
        ("7F660A02030100000203010000", (65536, 65536), ()),
        ("7F66080202FFFF020203E8", (65535, 1000), ("length-without-sign-octet",)),
        ("00FF7F66080202078002020780FFFF00", (1920, 1920), ("padding",)),
        ("7F660802020780020207804301F8", (1920, 1920), ("object-order",)),
        ("4F017F7F66080202078002020780", (1920, 1920), ("object-order",)),
        ("4702F741", None, ("capabilities-odd",)),
        ("", None, ()),
    ],
)
def test_what_is_taken(octets: str, lengths: tuple[int, int] | None, deviations: tuple[str, ...]) -> None:
    info = AtrInfo.parse(bytes.fromhex(octets))
    assert info.lengths == (lengths and ExtendedLengthInformation(*lengths))
    assert info.deviations == deviations


@pytest.mark.parametrize(
    ("octets", "message"),
    [
        ("7F660402020780", "02 is missing"),  # TR-03105-5.1 LDS_K_03
        ("7F660C020207800202078002020780", "too many"),
        ("7F660602010002010F", "positive"),
        ("7F660E0205010000000002050100000000", "positive"),
        ("7F6600", "empty"),
        ("4700", "empty"),
        ("4703F741E04703F741E0", "twice"),
        ("4703F741", "end before"),
        ("4300", "empty"),
        ("4F00" * 65, "more than 64"),
    ],
)
def test_what_is_none(octets: str, message: str) -> None:
    with pytest.raises(MalformedData, match=message):
        AtrInfo.parse(bytes.fromhex(octets))


@given(FILES)
def test_what_was_built_is_parsed(info: AtrInfo) -> None:
    assert AtrInfo.parse(info.build()) == info


@given(st.binary(max_size=60) | st.binary(max_size=20).map(lambda tail: USUAL[:-3] + tail))
def test_any_octets_are_a_file_or_malformed(raw: bytes) -> None:
    try:
        info = AtrInfo.parse(raw)
    except MalformedData:
        return
    assert AtrInfo.parse(info.build()) == info
