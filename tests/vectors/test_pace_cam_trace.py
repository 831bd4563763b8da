# SPDX-License-Identifier: Apache-2.0
"""A real chip's PACE with Chip Authentication Mapping (DE), at the terminal, up to the first reads of EF.CardSecurity.

The holder's password stays out: the chip's nonce travels under a password of ours, and all else as it did.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chipid._native import Secret
from chipid.crypto.agreement_key import build_agreement_key
from chipid.crypto.domain import EcDomain, KeyPair
from chipid.crypto.kdf import derive_session_keys
from chipid.crypto.signature import EcPublicKey
from chipid.iso7816.dialogue import run
from chipid.iso7816.tlv import build_tlv
from chipid.lds.security_infos import ChipAuthenticationPublicKeyInfo, SecurityInfos
from chipid.protocols.key_agreement import shared_element, shared_secret
from chipid.protocols.object_identifiers import ID_PK_ECDH
from chipid.protocols.pace import PaceRun, evaluate_chip_authentication_mapping, pace, select_pace
from chipid.protocols.pace.chip_authentication_mapping import decrypt_chip_authentication_data, encrypt_chip_authentication_data
from chipid.protocols.pace.mapping import GenericMapping
from chipid.protocols.pace.suite import SUITES
from chipid.protocols.pace.token import authentication_token, encrypt_nonce
from chipid.protocols.password import Password

DOMAIN = EcDomain.named("brainpoolP256r1")
PASSWORD = Password.from_mrz_information("099012345999091733909171")


@pytest.fixture(scope="module")
def trace(fixtures: Path) -> dict[str, Any]:
    values: dict[str, Any] = json.loads((fixtures / "vectors" / "pace_cam_trace.json").read_text())
    return values


@pytest.fixture
def infos(trace: dict[str, Any]) -> SecurityInfos:
    """Of EF.CardAccess."""
    return SecurityInfos.parse(b"\x31\x14" + bytes.fromhex(trace["pace_info"]))


@pytest.fixture
def card_security(trace: dict[str, Any], infos: SecurityInfos) -> Callable[..., SecurityInfos]:
    """What EF.CardSecurity says of the mapping: the protocol, and the static key under the number of its group."""

    def make(key_id: int | None = None) -> SecurityInfos:
        values = trace["chip_authentication"]
        spki = build_agreement_key(EcPublicKey(DOMAIN, bytes.fromhex(values["static_public"])), 13)
        key = ChipAuthenticationPublicKeyInfo(ID_PK_ECDH, spki, key_id or values["key_id"])
        return SecurityInfos.of([*infos.pace, key])

    return make


def drawn(*values: str) -> Callable[[int], bytes]:
    left = [bytes.fromhex(value) for value in values]

    def source(size: int) -> bytes:
        assert size == len(left[0])
        return left.pop(0)

    return source


def replay(trace: dict[str, Any], infos: SecurityInfos) -> PaceRun:
    choice = select_pace(infos)
    assert choice is not None
    exchanges = [(bytes.fromhex(each["command"]), bytes.fromhex(each["response"])) for each in trace["exchanges"]]
    nonce = encrypt_nonce(choice.suite, PASSWORD, bytes.fromhex(trace["nonce"]))
    exchanges[1] = (exchanges[1][0], build_tlv(0x7C, build_tlv(0x80, nonce)) + b"\x90\x00")

    class Chip:
        def transmit(self, command: bytes) -> bytes:
            expected, response = exchanges.pop(0)
            assert command == expected
            return response

    source = drawn(trace["mapping"]["terminal_private"], trace["agreement"]["terminal_private"])
    result = run(pace(choice, PASSWORD, source, name_parameters=True), Chip())
    assert exchanges == []
    return result


def test_values(trace: dict[str, Any], infos: SecurityInfos) -> None:
    """From the nonce to the tokens."""
    suite, mapping, agreement = SUITES[infos.pace[0].oid], trace["mapping"], trace["agreement"]
    ours = GenericMapping(DOMAIN, Secret(bytes.fromhex(trace["nonce"])), drawn(mapping["terminal_private"]))
    assert ours.data.hex().upper() == mapping["terminal_public"]
    assert ours.key_pair is not None
    chip_data = bytes.fromhex(mapping["chip_public"])
    assert bytes(shared_element(DOMAIN, ours.key_pair, chip_data)).hex().upper() == mapping["shared_element"]
    mapped = ours.mapped(chip_data)
    assert mapped.generator.hex().upper() == mapping["generator"]
    private = Secret(bytes.fromhex(agreement["terminal_private"]))
    own, peer = KeyPair(private, mapped.public_key(private)), bytes.fromhex(agreement["chip_public"])
    assert own.public.hex().upper() == agreement["terminal_public"]
    secret = shared_secret(mapped, own, peer)
    assert bytes(secret).hex().upper() == agreement["shared_secret"]
    keys = derive_session_keys("AES-128", secret)
    assert (bytes(keys.ks_enc).hex().upper(), bytes(keys.ks_mac).hex().upper()) == (trace["ks_enc"], trace["ks_mac"])
    assert authentication_token(suite, mapped, keys, peer).hex().upper() == trace["token_terminal"]
    assert authentication_token(suite, mapped, keys, own.public).hex().upper() == trace["token_chip"]


def test_chip_authentication_data(trace: dict[str, Any]) -> None:
    keys = derive_session_keys("AES-128", bytes.fromhex(trace["agreement"]["shared_secret"]))
    data, encrypted = (bytes.fromhex(trace["chip_authentication"][name]) for name in ("data", "encrypted"))
    assert decrypt_chip_authentication_data(keys, encrypted) == data
    assert encrypt_chip_authentication_data(keys, data) == encrypted


def test_terminal(trace: dict[str, Any], infos: SecurityInfos) -> None:
    """Every command as it was sent, and the two that followed in the session: SELECT of EF.CardSecurity, and its first octets."""
    result = replay(trace, infos)
    assert result.chip_key.hex().upper() == trace["agreement"]["chip_public"]
    for exchange in trace["secure_messaging"]["exchanges"]:
        command, response = (bytes.fromhex(exchange[name]) for name in ("plain_command", "response"))
        assert result.session.protect_command(command).hex().upper() == exchange["command"]
        assert result.session.unprotect_response(response).hex().upper() == exchange["plain_response"]
    size = int(trace["secure_messaging"]["exchanges"][1]["plain_response"][4:8], 16) + 4
    assert size == trace["chip_authentication"]["file_size"]


def test_the_chip_is_genuine(
    trace: dict[str, Any], infos: SecurityInfos, card_security: Callable[..., SecurityInfos]
) -> None:
    transcript = replay(trace, infos).chip_authentication
    assert transcript is not None
    assert (transcript.oid, transcript.parameter_id) == ("0.4.0.127.0.7.2.2.4.6.2", 13)
    assert transcript.mapping_key.hex().upper() == trace["mapping"]["chip_public"]
    finding = evaluate_chip_authentication_mapping(card_security(), transcript)
    assert (finding.ok, finding.reason) == (True, "ok")
    other = replace(transcript, mapping_key=bytes.fromhex(trace["agreement"]["chip_public"]))
    assert evaluate_chip_authentication_mapping(card_security(), other).reason == "cam-wrong-key"


def test_the_key_is_found_by_the_number_of_its_group(
    trace: dict[str, Any], infos: SecurityInfos, card_security: Callable[..., SecurityInfos]
) -> None:
    """The real file holds a second key on the same curve, for Chip Authentication (§9.2.1)."""
    transcript = replay(trace, infos).chip_authentication
    assert transcript is not None
    finding = evaluate_chip_authentication_mapping(card_security(trace["chip_authentication"]["other_key_id"]), transcript)
    assert (finding.ok, finding.reason) == (False, "cam-key-missing")
