# SPDX-License-Identifier: Apache-2.0
"""Active Authentication: ICAO 9303-11 Appendix F, and the signature of a real chip."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa as rsa_keys

from chipid.crypto import rsa
from chipid.crypto.signature import RsaPublicKey
from chipid.crypto.spki import build_spki, parse_public_key
from chipid.evidence import ActiveAuthenticationTranscript
from chipid.iso7816.dialogue import run
from chipid.iso7816.secure_messaging import SecureMessaging, secured
from chipid.lds.dg15 import Dg15
from chipid.protocols.active_auth import ActiveAuthenticationChip, active_authentication, evaluate_active_authentication
from chipid.protocols.iso9796_2 import build_representative, m1_size, open_representative


@pytest.fixture(scope="module")
def appendix_f(fixtures: Path) -> dict[str, Any]:
    return json.loads((fixtures / "vectors" / "active_authentication.json").read_text())


@pytest.fixture(scope="module")
def trace(fixtures: Path) -> dict[str, Any]:
    return json.loads((fixtures / "vectors" / "active_authentication_trace.json").read_text())


def test_appendix_f_representative(appendix_f):
    m1, challenge = bytes.fromhex(appendix_f["m1"]), bytes.fromhex(appendix_f["challenge"])
    assert m1_size(appendix_f["modulus_bits"] // 8, "sha1") == len(m1)
    f = build_representative(m1, challenge, "sha1")
    assert f.hex().upper() == appendix_f["representative"]
    assert appendix_f["digest"] in f.hex().upper()
    assert open_representative(f, challenge).hash == "sha1"


def test_appendix_f_command(appendix_f):
    class Published:
        def transmit(self, command: bytes) -> bytes:
            assert command.hex().upper() == appendix_f["command"]
            return bytes.fromhex(appendix_f["signature"] + "9000")

    transcript = run(active_authentication(bytes.fromhex(appendix_f["challenge"])), Published())
    assert transcript.response.hex().upper() == appendix_f["signature"]
    assert (transcript.sw, transcript.challenge_source) == (0x9000, "given")


def test_appendix_f_at_a_chip_with_a_key_of_ours(appendix_f):
    """The appendix prints no key: with one of ours and its M1, the chip signs the very representative of the appendix."""
    private = rsa_keys.generate_private_key(public_exponent=65537, key_size=appendix_f["modulus_bits"])
    pkcs8 = private.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    numbers = private.public_key().public_numbers()
    challenge = bytes.fromhex(appendix_f["challenge"])
    chip = ActiveAuthenticationChip(pkcs8, lambda size: bytes.fromhex(appendix_f["m1"])[:size], hash_name="sha1")
    signature = chip.internal_authenticate(challenge)
    recovered = rsa.recover(numbers.n, numbers.e, signature)
    assert recovered is not None
    assert recovered.hex().upper() == appendix_f["representative"]
    transcript = ActiveAuthenticationTranscript(challenge, signature, 0x9000)
    finding = evaluate_active_authentication(build_spki(RsaPublicKey(numbers.n, numbers.e)), None, transcript)
    assert (finding.ok, finding.reason) == (True, "aa-short-key")
    assert "aa-sha1" in finding.deviations


def test_real_chip_rsa_1792_sha256(trace):
    spki = Dg15.parse(bytes.fromhex(trace["dg15"])).spki
    challenge, signature = bytes.fromhex(trace["challenge"]), bytes.fromhex(trace["signature"])
    key = parse_public_key(spki)
    assert isinstance(key, RsaPublicKey)
    recovered = rsa.recover(key.n, key.e, signature)
    assert recovered is not None
    assert recovered.hex().upper() == trace["representative"]
    finding = evaluate_active_authentication(spki, None, ActiveAuthenticationTranscript(challenge, signature, 0x9000))
    assert (finding.ok, finding.reason) == (True, "aa-short-key")
    assert trace["hash"] in finding.detail


def test_real_chip_with_another_challenge(trace):
    spki = Dg15.parse(bytes.fromhex(trace["dg15"])).spki
    transcript = ActiveAuthenticationTranscript(b"\x01" * 8, bytes.fromhex(trace["signature"]), 0x9000)
    finding = evaluate_active_authentication(spki, None, transcript)
    assert (finding.ok, finding.reason) == (False, "aa-hash")


def test_real_chip_inside_its_session(trace):
    (exchange,) = trace["exchanges"]
    keys = (bytes.fromhex(trace[name]) for name in ("ks_enc", "ks_mac", "ssc"))

    class Published:
        def transmit(self, command: bytes) -> bytes:
            assert command.hex().upper() == exchange["command"]
            return bytes.fromhex(exchange["response"])

    dialogue = active_authentication(bytes.fromhex(trace["challenge"]), signature_size=224)
    transcript = run(secured(dialogue, SecureMessaging("3DES", *keys)), Published())
    spki = Dg15.parse(bytes.fromhex(trace["dg15"])).spki
    assert evaluate_active_authentication(spki, None, transcript).ok is True
