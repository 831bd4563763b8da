# SPDX-License-Identifier: Apache-2.0
"""ICAO 9303-11 Appendix D.1 to D.3, value by value, at the terminal and at the chip."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from chipid.crypto.kdf import derive_session_keys
from chipid.iso7816.apdu import CommandAPDU
from chipid.iso7816.dialogue import run
from chipid.iso7816.secure_messaging import open_session
from chipid.protocols.bac import BacChip, bac
from chipid.protocols.password import Password, PasswordKind


@pytest.fixture(scope="module")
def vector(fixtures: Path) -> dict[str, Any]:
    return json.loads((fixtures / "vectors" / "bac.json").read_text())


@pytest.fixture
def published(vector: dict[str, Any]) -> dict[str, bytes]:
    values = vector["authentication"]
    return {name: bytes.fromhex(value) for name, value in values.items() if name not in ("clause", "mrz_information", "exchanges")}


@pytest.fixture
def password(vector: dict[str, Any]) -> Password:
    return Password.from_mrz_information(vector["authentication"]["mrz_information"])


class Published:
    """A wire that knows the published exchanges and takes no other command."""

    def __init__(self, exchanges: list[dict[str, str]]) -> None:
        self.exchanges = list(exchanges)

    def transmit(self, command: bytes) -> bytes:
        exchange = self.exchanges.pop(0)
        assert command.hex().upper() == exchange["command"]
        return bytes.fromhex(exchange["response"])


def drawn(*values: bytes):
    """A random source that gives *values*, in order and in their lengths."""
    left = list(values)

    def source(size: int) -> bytes:
        value = left.pop(0)
        assert len(value) == size
        return value

    return source


def test_d1_key_derivation(vector):
    values = vector["key_derivation"]
    keys = derive_session_keys("3DES", bytes.fromhex(values["seed"]))
    assert bytes(keys.ks_enc).hex().upper() == values["k_enc"]
    assert bytes(keys.ks_mac).hex().upper() == values["k_mac"]


def test_d2_passwords(vector):
    assert len(vector["passwords"]) == 4
    for published in vector["passwords"]:
        password = Password.from_mrz_information(published["mrz_information"])
        assert password.kind is PasswordKind.MRZ
        assert bytes(password.encoded).hex().upper() == published["sha1"]


def test_d2_bac_keys_are_those_of_d1(vector, password):
    keys = password.bac_keys()
    assert bytes(keys.ks_enc).hex().upper() == vector["key_derivation"]["k_enc"]
    assert bytes(keys.ks_mac).hex().upper() == vector["key_derivation"]["k_mac"]


def test_d3_terminal(vector, published, password):
    wire = Published(vector["authentication"]["exchanges"])
    session = run(bac(password, drawn(published["rnd_ifd"], published["k_ifd"])), wire)
    assert wire.exchanges == []
    assert session.ssc == published["ssc"]
    _assert_keys(session, published)


def test_d3_chip(vector, published, password):
    chip = BacChip(password, drawn(published["rnd_ic"], published["k_ic"]))
    challenge, authentication = vector["authentication"]["exchanges"]
    assert chip.get_challenge().hex().upper() + "9000" == challenge["response"]
    answer = chip.external_authenticate(CommandAPDU.from_bytes(bytes.fromhex(authentication["command"])).data)
    assert answer is not None
    data, session = answer
    assert data == published["e_ic"] + published["m_ic"]
    assert data.hex().upper() + "9000" == authentication["response"]
    assert session.ssc == published["ssc"]
    _assert_keys(session, published)


def _assert_keys(session, published):
    """Keys do not come out of a session: it protects as one on the published keys does."""
    keys = derive_session_keys("3DES", published["kseed_session"])
    assert bytes(keys.ks_enc) == published["ks_enc"]
    assert bytes(keys.ks_mac) == published["ks_mac"]
    twin = open_session(keys, published["ssc"])
    command = bytes.fromhex("00A4020C02011E")
    assert session.protect_command(command) == twin.protect_command(command)
