# SPDX-License-Identifier: Apache-2.0
"""The core and its reference implementation on published values; what both ends make of whole examples is in tests/vectors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import oracle
import pytest

from chipid import _native
from chipid._native import SecureMessaging


def _load(fixtures: Path, name: str) -> Any:
    return json.loads((fixtures / "vectors" / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("cipher", ["AES-128", "AES-192", "AES-256"])
@pytest.mark.parametrize("side", [_native, oracle])
def test_keys_and_macs(fixtures: Path, cipher: _native.Cipher, side: Any) -> None:
    facts = _load(fixtures, "kdf_aes.json")
    key = side.kdf(cipher, facts["secret"].encode(), facts["counter"])
    assert side.cmac(bytes(key), facts["mac_input"].encode())[:8].hex().upper() == facts["mac"][cipher]


@pytest.mark.parametrize("cipher", ["AES-128", "AES-192", "AES-256"])
@pytest.mark.parametrize("side", [_native, oracle])
def test_password_keys(fixtures: Path, cipher: _native.Cipher, side: Any) -> None:
    facts = _load(fixtures, "password_keys.json")
    assert bytes(side.kdf(cipher, facts["password"].encode(), 3)).hex().upper() == facts["k_pi"][cipher]


@pytest.mark.parametrize("side", [SecureMessaging, oracle.SecureMessaging])
def test_aes_commands(fixtures: Path, side: Any) -> None:
    facts = _load(fixtures, "secure_messaging_aes128.json")
    keys = (facts["cipher"], bytes.fromhex(facts["ks_enc"]), bytes.fromhex(facts["ks_mac"]))
    assert len(facts["commands"]) == 10
    for step in facts["commands"]:
        before = (step["ssc_command"] - 1).to_bytes(16, "big")
        plain, protected = bytes.fromhex(step["plain_command"]), bytes.fromhex(step["command"])
        assert side(*keys, before).protect_command(plain) == protected
        assert side(*keys, before).unprotect_command(protected) == plain


def test_retail_mac_without_padding() -> None:
    """ISO 9797-1 MAC algorithm 3 over whole blocks: a published "standard DAC" example."""
    key, message = bytes.fromhex("7CA110454A1A6E570131D9619DC1376E"), b"Hello World !!!!"
    for side in (_native.retail_mac, oracle.retail_mac):
        assert side(key, message, False).hex().upper() == "F09B856213BAB83B"
