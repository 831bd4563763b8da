# SPDX-License-Identifier: Apache-2.0
"""Chip Authentication in the sessions of two real chips: AES-128 (AT) and 3DES by GENERAL AUTHENTICATE (MY)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from chipid._native import Secret
from chipid.crypto.domain import KeyPair
from chipid.iso7816.apdu import CommandAPDU, ResponseAPDU
from chipid.iso7816.dialogue import Dialogue, run
from chipid.iso7816.secure_messaging import SecureMessaging, secured
from chipid.lds.dg14 import Dg14
from chipid.protocols.chip_auth import chip_authentication, evaluate_chip_authentication, select_chip_authentication
from chipid.protocols.key_agreement import shared_secret


@pytest.fixture(params=[0, 1], ids=["AT", "MY"])
def trace(request, fixtures: Path) -> dict[str, Any]:
    return json.loads((fixtures / "vectors" / "chip_authentication_traces.json").read_text())["sessions"][request.param]


@pytest.fixture
def infos(trace):
    return Dg14.parse(bytes.fromhex(trace["dg14"])).infos


class Published:
    def __init__(self, exchanges):
        self.exchanges = list(exchanges)

    def transmit(self, command: bytes) -> bytes:
        exchange = self.exchanges.pop(0)
        assert command.hex().upper() == exchange["command"]
        return bytes.fromhex(exchange["response"])


def select_dg14() -> Dialogue[ResponseAPDU]:
    return (yield CommandAPDU(0x00, 0xA4, 0x02, 0x0C, bytes.fromhex("010E")))


def replay(trace, infos):
    """The whole session as the chip saw it, and the transcript of ours."""
    wire = Published(trace["exchanges"])
    old = SecureMessaging(trace["cipher"], *(bytes.fromhex(trace["before"][name]) for name in ("ks_enc", "ks_mac", "ssc")))
    dialogue = chip_authentication(infos, lambda size: bytes.fromhex(trace["terminal_private"])[:size], set_kat=False)
    result = run(secured(dialogue, old), wire)
    assert result is not None
    assert result.session is not None
    seen = []
    run(secured(select_dg14(), result.session, lambda command, response: seen.append((command, response))), wire)
    assert wire.exchanges == []
    return result, result.confirmed_by(*seen[0])


def test_choice(trace, infos):
    choice = select_chip_authentication(infos)
    assert choice is not None
    assert (choice.cipher, choice.key_id, choice.domain.name) == (trace["cipher"], None, "brainpoolP256r1")
    assert choice.declared


def test_shared_secret(trace, infos):
    choice = select_chip_authentication(infos)
    assert choice is not None
    own = KeyPair(Secret(bytes.fromhex(trace["terminal_private"])), bytes.fromhex(trace["terminal_public"]))
    secret = shared_secret(choice.domain, own, choice.public_key)
    assert bytes(secret).hex().upper() == trace["shared_secret"]


def test_terminal(trace, infos):
    result, transcript = replay(trace, infos)
    assert result.response_as_specified
    assert transcript.public_key.hex().upper() == trace["terminal_public"]
    assert result.session.ssc.hex().upper() == trace["after"]["ssc"]
    finding = evaluate_chip_authentication(infos, transcript)
    assert (finding.ok, finding.reason) == (True, "ok")


def test_another_chips_key_does_not_verify(trace, infos, fixtures):
    """The same session judged with the key of the other chip: the two are on one curve."""
    _, transcript = replay(trace, infos)
    sessions = json.loads((fixtures / "vectors" / "chip_authentication_traces.json").read_text())["sessions"]
    (other,) = [session for session in sessions if session["state"] != trace["state"]]
    foreign = Dg14.parse(bytes.fromhex(other["dg14"])).infos.chip_authentication_public_keys
    swapped = type(infos).of([*infos.chip_authentication, *foreign])
    finding = evaluate_chip_authentication(swapped, transcript)
    assert finding.ok is False
