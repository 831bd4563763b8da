# SPDX-License-Identifier: Apache-2.0
"""Hostile peers: whatever a chip answers, a terminal's dialogue raises ChipIdError alone; whatever a terminal sends, a chip gives a
status word."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipid.crypto import asn1
from chipid.crypto.domain import EcDomain
from chipid.crypto.kdf import derive_session_keys
from chipid.crypto.signature import EcPublicKey, RsaPublicKey
from chipid.crypto.spki import build_ec_parameters, build_spki
from chipid.errors import ChipIdError
from chipid.evidence import ActiveAuthenticationTranscript, ChipAuthenticationTranscript
from chipid.iso7816.apdu import CommandAPDU, ResponseAPDU
from chipid.iso7816.dialogue import run
from chipid.iso7816.secure_messaging import SecureMessaging, open_session, secured
from chipid.iso7816.tlv import build_tlv
from chipid.lds.security_infos import (
    ChipAuthenticationInfo,
    ChipAuthenticationPublicKeyInfo,
    PaceInfo,
    SecurityInfos,
)
from chipid.protocols.active_auth import ActiveAuthenticationChip, active_authentication, evaluate_active_authentication
from chipid.protocols.bac import BacChip, bac
from chipid.protocols.chip_auth import ChipAuthenticationChip, chip_authentication, evaluate_chip_authentication
from chipid.protocols.finding import Finding
from chipid.protocols.pace import PaceChip, PaceSecrets, pace, pace_choice
from chipid.protocols.password import Password, PasswordKind

CURVE = EcDomain.named("secp256r1")
PRIVATE = (0x1234567890ABCDEF).to_bytes(32, "big")
MRZ = Password.from_mrz_information("099012345999091733909171")
PACE_INFO = PaceInfo("0.4.0.127.0.7.2.2.4.2.2", 2, 12)
ACCESS = SecurityInfos.of([PACE_INFO])
SPKI = build_spki(EcPublicKey(CURVE, CURVE.public_key(PRIVATE), explicit=True))
RSA_SPKI = build_spki(RsaPublicKey((1 << 1023) + 0x10000000000000000000000001, 3))
PKCS8 = asn1.sequence(
    asn1.integer(0),
    asn1.sequence(asn1.oid("1.2.840.10045.2.1"), build_ec_parameters(CURVE, explicit=False)),
    asn1.octet_string(asn1.sequence(asn1.integer(1), asn1.octet_string(PRIVATE))),
)


def dg14(cipher: int) -> SecurityInfos:
    return SecurityInfos.of(
        [
            ChipAuthenticationInfo(f"0.4.0.127.0.7.2.2.3.2.{cipher}", 1, 1),
            ChipAuthenticationPublicKeyInfo("0.4.0.127.0.7.2.2.1.2", SPKI, 1),
        ]
    )


# Chips -----------------------------------------------------------------------------------------------------------


def applet():
    """Every protocol of an honest chip, in the clear."""
    random = Random(1).randbytes
    bac_chip = BacChip(MRZ, random)
    pace_chip = PaceChip(ACCESS, PaceSecrets({PasswordKind.MRZ: MRZ}), random)
    ca_chip = ChipAuthenticationChip(dg14(2), {1: PKCS8})
    aa_chip = ActiveAuthenticationChip(PKCS8, random)

    def answer(command: CommandAPDU) -> ResponseAPDU:
        match command.ins, command.p1, command.p2:
            case 0x84, _, _:
                return ResponseAPDU(bac_chip.get_challenge(), 0x9000)
            case 0x82, _, _:
                done = bac_chip.external_authenticate(command.data)
                return ResponseAPDU(done[0] if done else b"", bac_chip.sw)
            case 0x22, 0xC1, _:
                return ResponseAPDU(b"", pace_chip.set_at(command.data))
            case 0x22, _, 0xA4:
                return ResponseAPDU(b"", ca_chip.set_at(command.data))
            case 0x22, _, _:
                return ResponseAPDU(b"", ca_chip.set_kat(command.data))
            case 0x86, _, _ if command.data[:3] == b"\x7c\x43\x80":
                return ResponseAPDU(*ca_chip.general_authenticate(command.data))
            case 0x86, _, _:
                return ResponseAPDU(*pace_chip.general_authenticate(command.data, command.cla == 0))
            case _:
                return ResponseAPDU(aa_chip.internal_authenticate(command.data), 0x9000)

    return answer


status_words = st.one_of(st.sampled_from([0x9000, 0x6300, 0x63C1, 0x6982, 0x6A80, 0x6A88, 0x6D00, 0x6700]), st.integers(0, 0xFFFF))


@st.composite
def mutations(draw):
    """A change of one response: none, a few flipped octets, cut, longer, another status, or anything at all."""
    kind = draw(st.sampled_from(["none", "none", "flip", "cut", "longer", "tlv", "status", "random"]))
    position, octets, sw = draw(st.integers(0, 200)), draw(st.binary(max_size=80)), draw(status_words)

    def change(raw: bytes) -> bytes:
        data, status = raw[:-2], raw[-2:]
        if kind == "flip" and data:
            at = position % len(data)
            return data[:at] + bytes((data[at] ^ (octets[0] if octets else 1),)) + data[at + 1 :] + status
        if kind == "random":
            return octets
        changed = {
            "cut": data[: position % (len(data) + 1)] + status,
            "longer": data + octets + status,
            "tlv": build_tlv(0x7C, build_tlv(0x80 | position & 0x0F, octets)) + status,
            "status": data + sw.to_bytes(2, "big"),
        }
        return changed.get(kind, raw)

    return change


class HostileWire:
    def __init__(self, changes) -> None:
        self.answer = applet()
        self.changes = iter(changes)

    def transmit(self, raw: bytes) -> bytes:
        response = self.answer(CommandAPDU.from_bytes(raw)).to_bytes()
        return next(self.changes, lambda raw: raw)(response)


DIALOGUES = {
    "bac": lambda: bac(MRZ, Random(2).randbytes),
    "pace": lambda: pace(pace_choice(ACCESS, PACE_INFO), MRZ, Random(2).randbytes, name_parameters=True),
    "ca-3des": lambda: chip_authentication(dg14(1), Random(2).randbytes),
    "ca-aes": lambda: chip_authentication(dg14(2), Random(2).randbytes),
    "aa": lambda: active_authentication(Random(2).randbytes, signature_size=64),
}


def error_of(question) -> str:
    """What the error says, if one of ours is raised; any other exception gets through."""
    try:
        question()
    except ChipIdError as error:
        return str(error)
    return "no error"


@pytest.mark.parametrize("name", list(DIALOGUES))
@given(changes=st.lists(mutations(), max_size=6))
def test_hostile_chips(name, changes):
    assert error_of(lambda: run(DIALOGUES[name](), HostileWire(changes)))


@pytest.mark.parametrize("name", list(DIALOGUES))
@given(responses=st.lists(st.binary(max_size=120), max_size=6))
def test_random_chips(name, responses):
    left = iter(responses)

    class Wire:
        def transmit(self, raw: bytes) -> bytes:
            return next(left, b"\x90\x00")

    assert error_of(lambda: run(DIALOGUES[name](), Wire()))


@pytest.mark.parametrize("cipher", ["3DES", "AES-128", "AES-256"])
@pytest.mark.parametrize("name", list(DIALOGUES))
@given(responses=st.lists(st.binary(max_size=120), max_size=4))
def test_random_chips_inside_a_session(name, cipher, responses):
    """Nothing that is not protected gets through to the protocol."""
    size = {"3DES": 16, "AES-128": 16, "AES-256": 32}[cipher]
    session = SecureMessaging(cipher, bytes(range(size)), bytes(range(1, size + 1)), bytes(8 if cipher == "3DES" else 16))
    left = iter(responses)

    class Wire:
        def transmit(self, raw: bytes) -> bytes:
            return next(left, b"\x90\x00")

    with pytest.raises(ChipIdError):
        run(secured(DIALOGUES[name](), session), Wire())


# Transcripts -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("spki", [SPKI, RSA_SPKI], ids=["ec", "rsa"])
@given(challenge=st.binary(max_size=10), response=st.binary(max_size=200), sw=status_words)
def test_active_authentication_transcripts(spki, challenge, response, sw):
    finding = evaluate_active_authentication(spki, None, ActiveAuthenticationTranscript(challenge, response, sw))
    assert isinstance(finding, Finding)
    assert finding.ok is not True
    assert finding.reason not in ("", "ok")


@given(spki=st.one_of(st.binary(max_size=100), st.integers(0, len(SPKI) * 8 - 1)))
def test_damaged_keys(spki):
    if isinstance(spki, int):
        octets = bytearray(SPKI)
        octets[spki // 8] ^= 1 << spki % 8
        spki = bytes(octets)
    transcript = ActiveAuthenticationTranscript(b"\x01" * 8, bytes(64), 0x9000)
    findings: list[Finding] = []
    assert error_of(lambda: findings.append(evaluate_active_authentication(spki, None, transcript)))
    assert all(finding.ok is not True for finding in findings)


@given(
    cipher=st.sampled_from([1, 2, 4, 9]),
    key_id=st.sampled_from([1, None, -1]),
    private=st.binary(max_size=40),
    public=st.binary(max_size=70),
    command=st.binary(max_size=60),
    response=st.binary(max_size=60),
    sw=status_words,
)
def test_chip_authentication_transcripts(cipher, key_id, private, public, command, response, sw):
    oid = f"0.4.0.127.0.7.2.2.3.2.{cipher}"
    transcript = ChipAuthenticationTranscript(oid, key_id, private, public, command, response, sw)
    finding = evaluate_chip_authentication(dg14(2), transcript)
    assert finding.ok is not True
    assert finding.reason not in ("", "ok")


@given(response=st.binary(max_size=120), flip=st.integers(0, 8 * 40))
def test_no_response_but_the_chips_proves_a_chip(response, flip):
    """A sound transcript with another answer: random, or one bit off."""
    infos, shared = dg14(2), CURVE.agree((5).to_bytes(32, "big"), CURVE.public_key(PRIVATE))
    keys = derive_session_keys("AES-128", shared)
    terminal, chip = open_session(keys), open_session(keys)
    command = terminal.protect_command(bytes.fromhex("00B0810004"))
    chip.unprotect_command(command)
    good = chip.protect_response(bytes.fromhex("615B5F1F9000"))
    transcript = ChipAuthenticationTranscript(
        "0.4.0.127.0.7.2.2.3.2.2", 1, (5).to_bytes(32, "big"), CURVE.public_key((5).to_bytes(32, "big")), command, good, 0x9000
    )
    assert evaluate_chip_authentication(infos, transcript).ok is True
    at = flip % (8 * len(good))
    bad = bytearray(good)
    bad[at // 8] ^= 1 << at % 8
    for other in (response, bytes(bad)):
        changed = ChipAuthenticationTranscript(**{**transcript.__dict__, "response": other})
        assert evaluate_chip_authentication(infos, changed).ok is not True


# Terminals -------------------------------------------------------------------------------------------------------

TAGS = st.sampled_from([0x80, 0x81, 0x83, 0x84, 0x85, 0x91, 0x7C, 0x7F4C, 0x30])
VALUES = st.one_of(
    st.binary(max_size=70),
    st.sampled_from(
        [bytes.fromhex("04007F00070202040202"), bytes.fromhex("04007F00070202030202"), CURVE.generator, b"\x01", b"\x0c"]
    ),
)
OBJECTS = st.lists(st.builds(build_tlv, TAGS, VALUES), max_size=4).map(b"".join)
REQUESTS = st.one_of(st.binary(max_size=80), OBJECTS, OBJECTS.map(lambda data: build_tlv(0x7C, data)))


def is_status(sw: int) -> bool:
    return sw == 0x9000 or sw == 0x6300 or 0x6700 <= sw <= 0x6FFF


@given(requests=st.lists(st.tuples(st.booleans(), REQUESTS, st.booleans()), max_size=8))
def test_hostile_terminals_at_pace(requests):
    chip = PaceChip(ACCESS, PaceSecrets({PasswordKind.MRZ: MRZ}), Random(1).randbytes)
    for is_set_at, data, last in requests:
        answer, sw = (b"", chip.set_at(data)) if is_set_at else chip.general_authenticate(data, last)
        assert is_status(sw)
        assert sw == 0x9000 or answer == b""
        assert chip.session is None


@given(start=st.sampled_from([0, 1]), requests=st.lists(REQUESTS, max_size=4))
def test_hostile_terminals_deeper_in_pace(start, requests):
    chip = PaceChip(ACCESS, PaceSecrets({PasswordKind.MRZ: MRZ}), Random(1).randbytes)
    assert chip.set_at(bytes.fromhex("800A04007F0007020204020283010184010C")) == 0x9000
    assert chip.general_authenticate(bytes.fromhex("7C00"), False)[1] == 0x9000
    if start:
        mapping = build_tlv(0x7C, build_tlv(0x81, CURVE.generator))
        assert chip.general_authenticate(mapping, False)[1] == 0x9000
    for data in requests:
        for last in (False, True):
            assert is_status(chip.general_authenticate(data, last)[1])
            assert chip.session is None


@given(data=REQUESTS)
def test_hostile_terminals_at_bac(data):
    chip = BacChip(MRZ, Random(1).randbytes)
    chip.get_challenge()
    assert chip.external_authenticate(data) is None
    assert is_status(chip.sw)


@pytest.mark.parametrize("cipher", [1, 2])
@given(requests=st.lists(st.tuples(st.sampled_from(["set_at", "set_kat", "general_authenticate"]), REQUESTS), max_size=6))
def test_hostile_terminals_at_chip_authentication(cipher, requests):
    chip = ChipAuthenticationChip(dg14(cipher), {1: PKCS8})
    for name, request in requests:
        answer = getattr(chip, name)(request)
        data, sw = answer if isinstance(answer, tuple) else (b"", answer)
        assert is_status(sw)
        assert sw == 0x9000 or data == b""
