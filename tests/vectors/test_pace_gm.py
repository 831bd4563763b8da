# SPDX-License-Identifier: Apache-2.0
"""ICAO 9303-11 Appendix G.1, value by value, at the terminal and at the chip."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from chipid._native import Secret
from chipid.crypto.domain import EcDomain, KeyPair
from chipid.crypto.kdf import derive_password_key, derive_session_keys
from chipid.iso7816.apdu import CommandAPDU
from chipid.iso7816.dialogue import run
from chipid.iso7816.secure_messaging import open_session
from chipid.lds.security_infos import SecurityInfos
from chipid.protocols.key_agreement import shared_element, shared_secret
from chipid.protocols.pace import PaceChip, PaceSecrets, pace, select_pace
from chipid.protocols.pace.mapping import GenericMapping
from chipid.protocols.pace.suite import SUITES
from chipid.protocols.pace.token import authentication_token, decrypt_nonce, encrypt_nonce
from chipid.protocols.password import Password, PasswordKind

ROLES = ("terminal", "chip")


@pytest.fixture(scope="module")
def vector(fixtures: Path) -> dict[str, Any]:
    return json.loads((fixtures / "vectors" / "pace_gm_ecdh.json").read_text())


@pytest.fixture
def infos(vector) -> SecurityInfos:
    return SecurityInfos.parse(b"\x31\x14" + bytes.fromhex(vector["pace_info"]))


@pytest.fixture
def password(vector) -> Password:
    return Password.from_mrz_information(vector["mrz_information"])


def drawn(*values: str):
    """A random source that gives *values*, in order and in their lengths."""
    left = [bytes.fromhex(value) for value in values]

    def source(size: int) -> bytes:
        value = left.pop(0)
        assert len(value) == size
        return value

    return source


def test_password_key(vector, password):
    assert bytes(password.encoded).hex().upper() == vector["f_pi"]
    assert bytes(derive_password_key("AES-128", password.encoded)).hex().upper() == vector["k_pi"]


def test_password_keys_of_every_aes(fixtures):
    published = json.loads((fixtures / "vectors" / "password_keys.json").read_text())
    pin = Password.from_text(PasswordKind.PIN, published["password"])
    assert len(published["k_pi"]) == 3
    for cipher, k_pi in published["k_pi"].items():
        assert bytes(derive_password_key(cipher, pin.encoded)).hex().upper() == k_pi


def test_nonce(vector, infos, password):
    suite = SUITES[infos.pace[0].oid]
    encrypted = bytes.fromhex(vector["encrypted_nonce"])
    assert bytes(decrypt_nonce(suite, password, encrypted)).hex().upper() == vector["nonce"]
    assert encrypt_nonce(suite, password, bytes.fromhex(vector["nonce"])) == encrypted


@pytest.mark.parametrize(("own", "peer"), [ROLES, ROLES[::-1]])
def test_mapping(vector, own, peer):
    domain, values = EcDomain.named("brainpoolP256r1"), vector["mapping"]
    mapping = GenericMapping(domain, Secret(bytes.fromhex(vector["nonce"])), drawn(values[f"{own}_private"]))
    assert mapping.data.hex().upper() == values[f"{own}_public"]
    pair = KeyPair(Secret(bytes.fromhex(values[f"{own}_private"])), mapping.data)
    peer_data = bytes.fromhex(values[f"{peer}_public"])
    assert bytes(shared_element(domain, pair, peer_data)).hex().upper() == values["shared_point"]
    assert mapping.mapped(peer_data).generator.hex().upper() == values["generator"]


@pytest.mark.parametrize(("own", "peer"), [ROLES, ROLES[::-1]])
def test_agreement_and_tokens(vector, infos, own, peer):
    domain, values = EcDomain.named("brainpoolP256r1"), vector["agreement"]
    nonce, mapping = Secret(bytes.fromhex(vector["nonce"])), vector["mapping"]
    mapped = GenericMapping(domain, nonce, drawn(mapping["chip_private"])).mapped(bytes.fromhex(mapping["terminal_public"]))
    private = Secret(bytes.fromhex(values[f"{own}_private"]))
    pair, peer_key = KeyPair(private, mapped.public_key(private)), bytes.fromhex(values[f"{peer}_public"])
    assert pair.public.hex().upper() == values[f"{own}_public"]
    secret = shared_secret(mapped, pair, peer_key)
    assert bytes(secret).hex().upper() == values["shared_secret"]
    keys = derive_session_keys("AES-128", secret)
    assert bytes(keys.ks_enc).hex().upper() == vector["ks_enc"]
    assert bytes(keys.ks_mac).hex().upper() == vector["ks_mac"]
    token = authentication_token(SUITES[infos.pace[0].oid], EcDomain.named("brainpoolP256r1"), keys, peer_key)
    assert token.hex().upper() == vector[f"token_{own}"]


def test_terminal(vector, infos, password):
    exchanges = list(vector["exchanges"])

    class Published:
        def transmit(self, command: bytes) -> bytes:
            exchange = exchanges.pop(0)
            assert command.hex().upper() == exchange["command"]
            return bytes.fromhex(exchange["response"])

    choice = select_pace(infos)
    assert choice is not None
    source = drawn(vector["mapping"]["terminal_private"], vector["agreement"]["terminal_private"])
    result = run(pace(choice, password, source), Published())
    assert exchanges == []
    assert result.choice.info == infos.pace[0]
    assert result.chip_key.hex().upper() == vector["agreement"]["chip_public"]
    assert result.certification_authority_references == ()
    _assert_session(result.session, vector)


def test_chip(vector, infos, password):
    source = drawn(vector["nonce"], vector["mapping"]["chip_private"], vector["agreement"]["chip_private"])
    chip = PaceChip(infos, PaceSecrets({PasswordKind.MRZ: password}), source)
    set_at, *steps = vector["exchanges"]
    assert f"{chip.set_at(CommandAPDU.from_bytes(bytes.fromhex(set_at['command'])).data):04X}" == set_at["response"]
    for exchange in steps:
        assert chip.session is None
        command = CommandAPDU.from_bytes(bytes.fromhex(exchange["command"]))
        data, sw = chip.general_authenticate(command.data, command.cla == 0x00)
        assert f"{data.hex().upper()}{sw:04X}" == exchange["response"]
    assert chip.session is not None
    _assert_session(chip.session, vector)


def _assert_session(session, vector):
    """Keys do not come out of a session: it protects as one on the published keys does, with the counter at zero."""
    keys = derive_session_keys("AES-128", bytes.fromhex(vector["agreement"]["shared_secret"]))
    assert session.ssc == bytes(16)
    command = bytes.fromhex("00A4040C07A0000002471001")
    assert session.protect_command(command) == open_session(keys).protect_command(command)
