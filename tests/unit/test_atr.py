# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipid.iso7816.atr import Atr


def atr(historical: str) -> bytes:
    octets = bytes.fromhex(historical)
    return bytes((0x3B, 0x80 | len(octets), 0x80, 0x01)) + octets + b"\x00"


@pytest.mark.parametrize(
    ("historical", "extended"),
    [
        ("8073C02140", True),
        ("8031B873C40140", True),
        ("8073C02100", False),
        ("8072C021", False),
        ("0073C02140059000", True),
        ("4173C02140", False),
        ("80", False),
        ("", False),
        ("8073C0", False),
    ],
)
def test_card_capabilities_announce_extended_length(historical: str, extended: bool) -> None:
    assert Atr.parse(atr(historical)).capabilities.extended_length is extended


def test_interface_octets_are_passed_over() -> None:
    # TA1 TB1 TC1 TD1, TD2, TA3 TB3: seven interface octets, one historical object.
    raw = bytes.fromhex("3BF5 11 00 FF 81 31 FE 45 8073C02140 00".replace(" ", ""))
    assert Atr.parse(raw).historical == bytes.fromhex("8073C02140")


@given(st.binary(max_size=40))
def test_any_octets_are_taken(raw: bytes) -> None:
    assert Atr.parse(raw).capabilities.extended_length in (True, False)
