# SPDX-License-Identifier: Apache-2.0
"""PACE in every mapping as published, value by value, at the terminal and at the chip.

ICAO 9303-11 Appendix G.2 (GM, DH), H.1 (IM, ECDH), H.2 (IM, DH), I.1 (CAM, ECDH), and the BSI's worked example (GM, ECDH, PIN);
Appendix G.1 is in ``test_pace_gm.py``.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chipid._native import Secret, integrated_random
from chipid.crypto.cipher import cbc_encrypt, zero_iv
from chipid.crypto.domain import KeyPair
from chipid.crypto.kdf import SessionKeys, derive_password_key, derive_session_keys
from chipid.crypto.private_key import EcPrivateKey
from chipid.iso7816.apdu import CommandAPDU
from chipid.iso7816.dialogue import run
from chipid.iso7816.secure_messaging import SecureMessaging, open_session
from chipid.lds.security_infos import SecurityInfos
from chipid.protocols.key_agreement import public_key_object, shared_element, shared_secret
from chipid.protocols.pace import (
    PaceChip,
    PaceChoice,
    PaceRun,
    PaceSecrets,
    evaluate_chip_authentication_mapping,
    pace,
    select_pace,
)
from chipid.protocols.pace.chip_authentication_mapping import (
    chip_authentication_data,
    decrypt_chip_authentication_data,
    encrypt_chip_authentication_data,
)
from chipid.protocols.pace.mapping import chip_mapping, terminal_mapping
from chipid.protocols.pace.suite import MappingKind
from chipid.protocols.pace.token import authentication_token, decrypt_nonce, encrypt_nonce
from chipid.protocols.password import Password, PasswordKind

EXAMPLES = ["pace_gm_dh", "pace_im_ecdh", "pace_im_dh", "pace_cam_ecdh", "pace_gm_ecdh_eac2"]
GENERIC = ["pace_gm_dh", "pace_cam_ecdh", "pace_gm_ecdh_eac2"]
INTEGRATED = ["pace_im_ecdh", "pace_im_dh"]
ROLES = [("terminal", "chip"), ("chip", "terminal")]


class Example:
    """One published run, with what follows from it."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.values = values
        self.infos = SecurityInfos.parse(b"\x31\x14" + bytes.fromhex(values["pace_info"]))
        choice = select_pace(self.infos)
        assert choice is not None
        self.choice: PaceChoice = choice

    def octets(self, *path: str) -> bytes:
        value = self.values
        for name in path:
            value = value[name]
        return bytes.fromhex(value)  # type: ignore[arg-type]

    @property
    def password(self) -> Password:
        kind, text = self.values["password"].values()
        return Password.from_mrz_information(text) if kind == "MRZ" else Password.from_text(PasswordKind[kind], text)

    @property
    def nonce(self) -> Secret:
        return Secret(self.octets("nonce"))

    @property
    def keys(self) -> SessionKeys:
        return derive_session_keys(self.choice.suite.cipher, self.octets("agreement", "shared_secret"))

    @property
    def static_key(self) -> EcPrivateKey:
        private = Secret(self.octets("chip_authentication", "static_private"))
        return EcPrivateKey(self.choice.domain, private, self.choice.domain.public_key(private))  # type: ignore[arg-type]

    def drawn(self, role: str) -> list[bytes]:
        """What that end draws at random, in order."""
        own = self.octets("agreement", f"{role}_private")
        if "nonce_t" in self.values["mapping"]:
            return [self.octets("nonce"), own] if role == "chip" else [self.octets("mapping", "nonce_t"), own]
        mapping = self.octets("mapping", f"{role}_private")
        return [self.octets("nonce"), mapping, own] if role == "chip" else [mapping, own]

    def assert_session(self, session: SecureMessaging) -> None:
        """Keys do not come out of a session: it protects as one on the published keys does, with the counter at zero."""
        command = bytes.fromhex("00A4040C07A0000002471001")
        assert session.ssc == bytes(16)
        assert session.protect_command(command) == open_session(self.keys).protect_command(command)


def source(values: list[bytes]) -> Callable[[int], bytes]:
    """A random source that gives *values*, in order and in their lengths."""
    left = list(values)

    def draw(size: int) -> bytes:
        value = left.pop(0)
        assert len(value) == size
        return value

    return draw


@pytest.fixture
def load(fixtures: Path) -> Callable[[str], Example]:
    return lambda name: Example(json.loads((fixtures / "vectors" / f"{name}.json").read_text()))


@pytest.fixture(params=EXAMPLES)
def example(request: pytest.FixtureRequest, load: Callable[[str], Example]) -> Example:
    return load(request.param)


class Published:
    """The published chip, which answers the published commands and no others."""

    def __init__(self, exchanges: list[dict[str, str]]) -> None:
        self.exchanges = list(exchanges)

    def transmit(self, command: bytes) -> bytes:
        exchange = self.exchanges.pop(0)
        assert command.hex().upper() == exchange["command"]
        return bytes.fromhex(exchange["response"])


def terminal(example: Example) -> PaceRun:
    wire = Published(example.values["exchanges"])
    result = run(pace(example.choice, example.password, source(example.drawn("terminal"))), wire)
    assert wire.exchanges == []
    return result


# Step by step ----------------------------------------------------------------------------------------------------


def test_password_and_nonce(example: Example) -> None:
    suite, nonce, encrypted = example.choice.suite, example.octets("nonce"), example.octets("encrypted_nonce")
    assert bytes(derive_password_key(suite.cipher, example.password.encoded)) == example.octets("k_pi")
    assert bytes(decrypt_nonce(suite, example.password, encrypted)) == nonce
    assert encrypt_nonce(suite, example.password, nonce) == encrypted
    if "f_pi" in example.values:
        assert bytes(example.password.encoded) == example.octets("f_pi")


@pytest.mark.parametrize("name", GENERIC)
@pytest.mark.parametrize(("own", "peer"), ROLES)
def test_generic_mapping(load: Callable[[str], Example], name: str, own: str, peer: str) -> None:
    example = load(name)
    domain, private = example.choice.domain, example.octets("mapping", f"{own}_private")
    end = {"terminal": terminal_mapping, "chip": chip_mapping}[own]
    mapping = end(example.choice.suite, domain, example.nonce, source([private]))
    assert mapping.data == example.octets("mapping", f"{own}_public")
    peer_data = example.octets("mapping", f"{peer}_public")
    shared = shared_element(domain, KeyPair(Secret(private), mapping.data), peer_data)
    assert bytes(shared) == example.octets("mapping", "shared_element")
    assert mapping.mapped(peer_data).generator == example.octets("mapping", "generator")


@pytest.mark.parametrize("name", INTEGRATED)
def test_integrated_mapping(load: Callable[[str], Example], name: str) -> None:
    example = load(name)
    suite, domain, t = example.choice.suite, example.choice.domain, example.octets("mapping", "nonce_t")
    random = bytes(integrated_random(suite.cipher, example.nonce, t, domain.parameters[0]))
    assert random == example.octets("mapping", "pseudo_random")
    reduced = int.from_bytes(random, "big") % int.from_bytes(domain.parameters[0], "big")
    assert reduced == int.from_bytes(example.octets("mapping", "pseudo_random_reduced"), "big")
    ours = terminal_mapping(suite, domain, example.nonce, source([t]))
    theirs = chip_mapping(suite, domain, example.nonce, source([]))
    assert (ours.data, theirs.data) == (t, b"")
    assert ours.mapped(b"").generator == theirs.mapped(t).generator == example.octets("mapping", "generator")


@pytest.mark.parametrize(("name", "roles"), [("pace_im_dh", ("terminal", "chip")), ("pace_cam_ecdh", ("chip",))])
def test_printed_private_keys_are_the_reduced_ones(load: Callable[[str], Example], name: str, roles: tuple[str, ...]) -> None:
    """Appendix H.2 prints private keys as long as p, I.1 one above n; ours, and the fixture's, are below the order."""
    example = load(name)
    order = int.from_bytes(example.choice.domain.order, "big")
    for role in roles:
        printed = int.from_bytes(example.octets("agreement", f"{role}_private_as_printed"), "big")
        assert printed > order
        assert printed % order == int.from_bytes(example.octets("agreement", f"{role}_private"), "big")


@pytest.mark.parametrize(("own", "peer"), ROLES)
def test_agreement_and_tokens(example: Example, own: str, peer: str) -> None:
    suite, draw = example.choice.suite, source(example.drawn("terminal"))
    mapping = terminal_mapping(suite, example.choice.domain, example.nonce, draw)
    chip_data = b"" if "nonce_t" in example.values["mapping"] else example.octets("mapping", "chip_public")
    mapped = mapping.mapped(chip_data)
    private = Secret(example.octets("agreement", f"{own}_private"))
    pair, peer_key = KeyPair(private, mapped.public_key(private)), example.octets("agreement", f"{peer}_public")
    assert pair.public == example.octets("agreement", f"{own}_public")
    secret = shared_secret(mapped, pair, peer_key)
    assert bytes(secret) == example.octets("agreement", "shared_secret")
    keys = derive_session_keys(suite.cipher, secret)
    assert (bytes(keys.ks_enc), bytes(keys.ks_mac)) == (example.octets("ks_enc"), example.octets("ks_mac"))
    assert authentication_token(suite, mapped, keys, peer_key) == example.octets(f"token_{own}")


@pytest.mark.parametrize(
    ("name", "start"),
    [("pace_im_dh", "7F49818F060A04007F00070202040302848180"), ("pace_im_ecdh", "7F494F060A04007F000702020404028641")],
)
def test_authenticated_object(load: Callable[[str], Example], name: str, start: str) -> None:
    """Data object 7F49, as printed: a number under 84, a point under 86 (§9.4.5)."""
    example = load(name)
    key = example.octets("agreement", "chip_public")
    assert public_key_object(example.choice.info.oid, example.choice.domain, key) == bytes.fromhex(start) + key


# Both ends -------------------------------------------------------------------------------------------------------


def test_terminal(example: Example) -> None:
    result = terminal(example)
    assert result.choice.info == example.infos.pace[0]
    assert result.chip_key == example.octets("agreement", "chip_public")
    assert result.terminal_key == example.octets("agreement", "terminal_public")
    assert result.certification_authority_references == ()
    assert (result.chip_authentication is None) is (example.choice.suite.mapping is not MappingKind.CHIP_AUTHENTICATION)
    example.assert_session(result.session)


def test_chip(example: Example) -> None:
    static = {13: example.static_key} if "chip_authentication" in example.values else {}
    secrets = PaceSecrets({example.password.kind: example.password}, static_keys=static)
    chip = PaceChip(example.infos, secrets, source(example.drawn("chip")))
    set_at, *steps = example.values["exchanges"]
    assert f"{chip.set_at(CommandAPDU.from_bytes(bytes.fromhex(set_at['command'])).data):04X}" == set_at["response"]
    for exchange in steps:
        assert chip.session is None
        command = CommandAPDU.from_bytes(bytes.fromhex(exchange["command"]))
        data, sw = chip.general_authenticate(command.data, command.cla == 0x00)
        assert f"{data.hex().upper()}{sw:04X}" == exchange["response"]
    assert chip.session is not None
    example.assert_session(chip.session)


def test_an_authority_beside_the_token(load: Callable[[str], Example]) -> None:
    """Appendix G.2 prints the last response with an authority reference too, though nothing has asked for one."""
    example = load("pace_gm_dh")
    example.values["exchanges"][-1]["response"] = example.values["last_response_as_printed"] + "9000"
    assert terminal(example).certification_authority_references == (example.octets("authority_reference"),)


# Chip Authentication Mapping -------------------------------------------------------------------------------------


def test_chip_authentication_data(load: Callable[[str], Example]) -> None:
    """Appendix I.1: IV = E(KS_Enc, −1), CA_IC, and its cryptogram, from both sides."""
    example = load("pace_cam_ecdh")
    data, encrypted = example.octets("chip_authentication", "data"), example.octets("chip_authentication", "encrypted")
    iv = cbc_encrypt("AES-128", example.octets("ks_enc"), zero_iv("AES-128"), b"\xff" * 16)
    assert iv == example.octets("chip_authentication", "iv")
    assert decrypt_chip_authentication_data(example.keys, encrypted) == data
    assert encrypt_chip_authentication_data(example.keys, data) == encrypted
    mapping_private = int.from_bytes(example.octets("mapping", "chip_private"), "big")
    assert chip_authentication_data(example.static_key, mapping_private) == data


def test_chip_authentication_mapping(load: Callable[[str], Example]) -> None:
    """The static key of the printed ChipAuthenticationPublicKeyInfo passes, and no changed proof does."""
    example = load("pace_cam_ecdh")
    info = example.octets("chip_authentication", "public_key_info")
    infos = SecurityInfos.parse(b"\x31\x78" + example.octets("pace_info") + info)
    (key,) = infos.chip_authentication_public_keys
    assert key.key_id == 13
    assert key.spki.endswith(example.static_key.public)
    transcript = terminal(example).chip_authentication
    assert transcript is not None
    assert evaluate_chip_authentication_mapping(infos, transcript).ok is True
    altered = replace(transcript, data=transcript.data[:-1] + bytes((transcript.data[-1] ^ 1,)))
    finding = evaluate_chip_authentication_mapping(infos, altered)
    assert (finding.ok, finding.reason) == (False, "cam-wrong-key")
