# SPDX-License-Identifier: Apache-2.0
"""Secure messaging: ICAO 9303-11 Appendix D.4 on both ends, published AES commands, and the sessions of real chips."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from chipid.iso7816.apdu import CommandAPDU
from chipid.iso7816.dialogue import Dialogue, run
from chipid.iso7816.secure_messaging import SecureMessaging, secured


def load(fixtures: Path, name: str) -> dict[str, Any]:
    return json.loads((fixtures / "vectors" / f"{name}.json").read_text())


def session(cipher: str, values: dict[str, str], ssc: str | None = None) -> SecureMessaging:
    ks_enc, ks_mac = bytes.fromhex(values["ks_enc"]), bytes.fromhex(values["ks_mac"])
    return SecureMessaging(cipher, ks_enc, ks_mac, bytes.fromhex(ssc or values["ssc"]))


@pytest.fixture
def d4(fixtures):
    return load(fixtures, "secure_messaging_3des")


def test_d4_terminal(d4):
    sm = session("3DES", d4)
    for exchange in d4["exchanges"]:
        assert sm.protect_command(bytes.fromhex(exchange["plain_command"])).hex().upper() == exchange["command"]
        assert sm.ssc.hex().upper() == exchange["ssc_command"]
        assert sm.unprotect_response(bytes.fromhex(exchange["response"])).hex().upper() == exchange["plain_response"]
        assert sm.ssc.hex().upper() == exchange["ssc_response"]


def test_d4_chip(d4):
    sm = session("3DES", d4)
    for exchange in d4["exchanges"]:
        assert sm.unprotect_command(bytes.fromhex(exchange["command"])).hex().upper() == exchange["plain_command"]
        assert sm.ssc.hex().upper() == exchange["ssc_command"]
        assert sm.protect_response(bytes.fromhex(exchange["plain_response"])).hex().upper() == exchange["response"]
        assert sm.ssc.hex().upper() == exchange["ssc_response"]


def test_d4_as_a_dialogue(d4):
    """EF.COM read through the layer, as the appendix reads it."""

    def read() -> Dialogue[bytes]:
        yield CommandAPDU(0x00, 0xA4, 0x02, 0x0C, bytes.fromhex("011E"))
        first = yield CommandAPDU(0x00, 0xB0, 0x00, 0x00, le=4)
        second = yield CommandAPDU(0x00, 0xB0, 0x00, 0x04, le=0x12)
        return first.data + second.data

    exchanges = list(d4["exchanges"])

    class Published:
        def transmit(self, command: bytes) -> bytes:
            exchange = exchanges.pop(0)
            assert command.hex().upper() == exchange["command"]
            return bytes.fromhex(exchange["response"])

    assert run(secured(read(), session("3DES", d4)), Published()).hex().upper() == d4["ef_com"]
    assert exchanges == []


def test_aes_128_commands_of_every_case(fixtures):
    """No data, no Le, short, extended, chained: both directions."""
    vector = load(fixtures, "secure_messaging_aes128")
    assert len(vector["commands"]) == 10
    for published in vector["commands"]:
        before = (published["ssc_command"] - 1).to_bytes(16, "big").hex()
        plain, protected = bytes.fromhex(published["plain_command"]), bytes.fromhex(published["command"])
        assert session("AES-128", vector, before).protect_command(plain) == protected
        received = CommandAPDU.from_bytes(session("AES-128", vector, before).unprotect_command(protected))
        sent = CommandAPDU.from_bytes(plain)
        assert (received.cla, received.ins, received.data) == (sent.cla, sent.ins, sent.data)
        assert (received.le is None) == (sent.le is None)


def test_real_active_authentication_exchange(fixtures):
    """A 3DES response of 224 data octets from a real chip."""
    vector = load(fixtures, "active_authentication_trace")
    (exchange,) = vector["exchanges"]
    sm = session("3DES", vector)
    command = CommandAPDU(0x00, 0x88, 0x00, 0x00, bytes.fromhex(vector["challenge"]), 256)
    assert sm.protect_command(command.to_bytes()).hex().upper() == exchange["command"]
    assert sm.unprotect_response(bytes.fromhex(exchange["response"])).hex().upper() == vector["signature"] + "9000"
    chip = session("3DES", vector)
    assert chip.unprotect_command(bytes.fromhex(exchange["command"])) == command.to_bytes()
    assert chip.protect_response(bytes.fromhex(vector["signature"] + "9000")).hex().upper() == exchange["response"]


@pytest.mark.parametrize("number", [0, 1], ids=["AT-AES-128", "MY-3DES"])
def test_real_sessions_before_and_after_chip_authentication(fixtures, number):
    """The first two exchanges under the old keys, the third under the new: at the terminal and at the chip."""
    trace = load(fixtures, "chip_authentication_traces")["sessions"][number]
    zero = "00" * (len(trace["after"]["ssc"]) // 2)
    for protect_at_chip in (False, True):
        old = session(trace["cipher"], trace["before"])
        new = session(trace["cipher"], trace["after"], zero)
        for sm, exchange in zip((old, old, new), trace["exchanges"], strict=True):
            command, response = bytes.fromhex(exchange["command"]), bytes.fromhex(exchange["response"])
            plain = sm.unprotect_command(command)
            assert CommandAPDU.from_bytes(plain).data.hex().upper() == exchange["plain_data"]
            if protect_at_chip:
                assert sm.protect_response(bytes.fromhex(exchange["plain_response"])) == response
            else:
                assert sm.unprotect_response(response).hex().upper() == exchange["plain_response"]
        assert new.ssc.hex().upper() == trace["after"]["ssc"]
