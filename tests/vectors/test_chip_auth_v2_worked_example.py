# SPDX-License-Identifier: Apache-2.0
"""The BSI's worked example of Chip Authentication version 2, octet by octet, at the terminal and at the chip (BSI TR-03110-3 §B.2).

With PACE in ``test_pace_worked_examples.py`` and Terminal Authentication in ``test_terminal_auth_worked_example.py`` it is one run.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chipid._native import Secret
from chipid.crypto import asn1
from chipid.crypto.agreement_key import build_domain
from chipid.crypto.domain import KeyPair
from chipid.crypto.kdf import derive_session_keys
from chipid.iso7816.apdu import CommandAPDU, ResponseAPDU
from chipid.iso7816.dialogue import Dialogue, run
from chipid.iso7816.secure_messaging import SecureMessaging, open_session, secured
from chipid.lds.security_infos import SecurityInfos
from chipid.protocols.chip_auth import (
    ChipAuthenticationChip,
    ChipAuthenticationChoice,
    ChipAuthenticationRun,
    announced_chip_authentication,
    chip_authentication_v2,
    evaluate_chip_authentication,
    select_chip_authentication,
)
from chipid.protocols.chip_auth.token import authentication_token
from chipid.protocols.key_agreement import shared_secret
from chipid.protocols.terminal_auth import compress

READ = CommandAPDU(0x00, 0xB0, 0x81, 0x00, le=4)


def load(fixtures: Path, name: str) -> dict[str, Any]:
    values: dict[str, Any] = json.loads((fixtures / "vectors" / f"{name}.json").read_text())
    return values


@pytest.fixture
def vector(fixtures: Path) -> dict[str, Any]:
    return load(fixtures, "chip_authentication_v2")


@pytest.fixture
def infos(vector: dict[str, Any]) -> SecurityInfos:
    return SecurityInfos.parse(bytes.fromhex(vector["security_infos"]))


@pytest.fixture
def choice(infos: SecurityInfos) -> ChipAuthenticationChoice:
    choice = select_chip_authentication(infos, 2)
    assert choice is not None
    return choice


@pytest.fixture
def own(vector: dict[str, Any]) -> KeyPair:
    return KeyPair(Secret(bytes.fromhex(vector["terminal_private"])), bytes.fromhex(vector["terminal_public"]))


@pytest.fixture
def chip(vector: dict[str, Any], infos: SecurityInfos, choice: ChipAuthenticationChoice) -> ChipAuthenticationChip:
    scalar = asn1.sequence(asn1.integer(1), asn1.octet_string(bytes.fromhex(vector["chip_private"])))
    pkcs8 = asn1.sequence(asn1.integer(0), build_domain(choice.domain), asn1.octet_string(scalar))
    nonce = bytes.fromhex(vector["nonce"])

    def draw(size: int) -> bytes:
        assert size == len(nonce)
        return nonce

    return ChipAuthenticationChip(infos, {1: pkcs8}, version=2, random=draw)


class Published:
    def __init__(self, exchanges: list[dict[str, str]]) -> None:
        self.exchanges = list(exchanges)

    def transmit(self, command: bytes) -> bytes:
        exchange = self.exchanges.pop(0)
        assert command.hex().upper() == exchange["command"]
        return bytes.fromhex(exchange["response"])


def assert_session(session: SecureMessaging | None, vector: dict[str, Any]) -> None:
    """It protects as one on the published keys does, with the counter at zero."""
    assert session is not None
    published = SecureMessaging("AES-128", bytes.fromhex(vector["ks_enc"]), bytes.fromhex(vector["ks_mac"]), bytes(16))
    assert session.ssc == bytes(16)
    assert session.protect_command(READ.to_bytes()) == published.protect_command(READ.to_bytes())


def test_choice(vector: dict[str, Any], infos: SecurityInfos, choice: ChipAuthenticationChoice) -> None:
    assert (choice.cipher, choice.key_id, choice.domain.name) == ("AES-128", 1, "brainpoolP256r1")
    assert choice.public_key.hex().upper() == vector["chip_public"]
    assert choice.domain.public_key(bytes.fromhex(vector["chip_private"])) == choice.public_key
    announced = announced_chip_authentication(infos)
    assert announced is not None
    assert (announced[0].oid, announced[1].name) == (choice.oid, choice.domain.name)


def test_keys_and_token(vector: dict[str, Any], choice: ChipAuthenticationChoice, own: KeyPair) -> None:
    assert choice.domain.public_key(own.private) == own.public
    secret = shared_secret(choice.domain, own, choice.public_key)
    assert bytes(secret).hex().upper() == vector["shared_secret"]
    keys = derive_session_keys(choice.cipher, secret, bytes.fromhex(vector["nonce"]))
    assert bytes(keys.ks_enc).hex().upper() == vector["ks_enc"]
    assert bytes(keys.ks_mac).hex().upper() == vector["ks_mac"]
    assert authentication_token(choice, keys, own.public).hex().upper() == vector["token"]


def agree(vector: dict[str, Any], choice: ChipAuthenticationChoice, own: KeyPair) -> ChipAuthenticationRun:
    wire = Published(vector["exchanges"])
    result = run(chip_authentication_v2(choice, own), wire)
    assert wire.exchanges == []
    return result


def test_terminal(vector: dict[str, Any], choice: ChipAuthenticationChoice, own: KeyPair) -> None:
    result = agree(vector, choice, own)
    assert result.response_as_specified
    assert (result.transcript.nonce.hex().upper(), result.transcript.token.hex().upper()) == (vector["nonce"], vector["token"])
    assert_session(result.session, vector)


def test_chip(vector: dict[str, Any], choice: ChipAuthenticationChoice, chip: ChipAuthenticationChip, own: KeyPair) -> None:
    set_at, step = (CommandAPDU.from_bytes(bytes.fromhex(exchange["command"])) for exchange in vector["exchanges"])
    assert chip.set_at(set_at.data) == 0x9000
    data, sw = chip.general_authenticate(step.data, compress(choice.domain, own.public))
    assert f"{data.hex().upper()}{sw:04X}" == vector["exchanges"][1]["response"]
    assert chip.terminal_key == own.public
    assert_session(chip.session, vector)


def test_evaluation(vector: dict[str, Any], infos: SecurityInfos, choice: ChipAuthenticationChoice, own: KeyPair) -> None:
    """The published token counts, with an exchange under the published keys; no other token does."""
    result = agree(vector, choice, own)
    theirs = open_session(derive_session_keys("AES-128", bytes.fromhex(vector["shared_secret"]), result.transcript.nonce))

    class Chip:
        def transmit(self, raw: bytes) -> bytes:
            theirs.unprotect_command(raw)
            return theirs.protect_response(bytes.fromhex("615B5F1F9000"))

    def read() -> Dialogue[ResponseAPDU]:
        return (yield READ)

    seen: list[tuple[CommandAPDU, ResponseAPDU]] = []
    assert result.session is not None
    run(secured(read(), result.session, lambda command, response: seen.append((command, response))), Chip())
    transcript = result.confirmed_by(*seen[0])
    assert evaluate_chip_authentication(infos, transcript).ok is True
    finding = evaluate_chip_authentication(infos, replace(transcript, token=bytes(8)))
    assert (finding.ok, finding.reason) == (False, "ca-wrong-token")


def test_the_three_protocols_are_one_run(vector: dict[str, Any], fixtures: Path) -> None:
    """Terminal Authentication has signed the chip's key of PACE, and announced the terminal's of Chip Authentication."""
    terminal, pace = load(fixtures, "terminal_authentication_v2"), load(fixtures, "pace_gm_ecdh_eac2")
    assert terminal["terminal_ephemeral_public_key"] == vector["terminal_public"]
    assert terminal["chip_pace_public_key"] == pace["agreement"]["chip_public"]
