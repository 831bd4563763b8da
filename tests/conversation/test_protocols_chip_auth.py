# SPDX-License-Identifier: Apache-2.0
"""Chip Authentication: terminal, chip and evaluation, together and each against a peer that does not keep to it
(ICAO 9303-11 §6.2; BSI TR-03105-3.2 units ISO7816_I and II, TR-03105-5.1 unit ISO7816_D)."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from random import Random

import pytest

from chipid.crypto import asn1
from chipid.crypto.domain import EcDomain
from chipid.crypto.kdf import derive_session_keys
from chipid.crypto.signature import EcPublicKey
from chipid.crypto.spki import build_ec_parameters, build_spki
from chipid.errors import MalformedData, SecureMessagingError, UnsupportedFeature
from chipid.iso7816.apdu import CommandAPDU, ResponseAPDU
from chipid.iso7816.dialogue import Dialogue, run
from chipid.iso7816.secure_messaging import open_session, secured
from chipid.iso7816.tlv import TlvCursor, build_tlv
from chipid.lds.security_infos import ChipAuthenticationInfo, ChipAuthenticationPublicKeyInfo, SecurityInfos
from chipid.protocols.chip_auth import (
    ChipAuthenticationChip,
    chip_authentication,
    evaluate_chip_authentication,
    select_chip_authentication,
)

PK_ECDH, PK_DH = "0.4.0.127.0.7.2.2.1.2", "0.4.0.127.0.7.2.2.1.1"
CA_ECDH = "0.4.0.127.0.7.2.2.3.2"
CURVES = ["secp192r1", "secp224r1", "secp256r1", "secp384r1", "secp521r1", "brainpoolP224r1", "brainpoolP256r1", "brainpoolP320r1"]
CURVE = EcDomain.named("brainpoolP256r1")
READ = CommandAPDU(0x00, 0xB0, 0x81, 0x00, le=4)
DG1_START = bytes.fromhex("615B5F1F")


def scalar(domain: EcDomain, seed: int) -> bytes:
    order = int.from_bytes(domain.order, "big")
    return (int.from_bytes(Random(seed).randbytes(domain.field_size), "big") % (order - 1) + 1).to_bytes(domain.field_size, "big")


def pkcs8(domain: EcDomain = CURVE, seed: int = 1) -> bytes:
    private = asn1.sequence(asn1.integer(1), asn1.octet_string(scalar(domain, seed)))
    algorithm = asn1.sequence(asn1.oid("1.2.840.10045.2.1"), build_ec_parameters(domain, explicit=True))
    return asn1.sequence(asn1.integer(0), algorithm, asn1.octet_string(private))


def spki(domain: EcDomain = CURVE, seed: int = 1) -> bytes:
    return build_spki(EcPublicKey(domain, domain.public_key(scalar(domain, seed)), explicit=True))


def key_info(key_id=None, domain=CURVE, seed=1, oid=PK_ECDH):
    return ChipAuthenticationPublicKeyInfo(oid, spki(domain, seed), key_id)


def dg14(cipher=2, key_id=None, domain=CURVE, seed=1) -> SecurityInfos:
    return SecurityInfos.of([ChipAuthenticationInfo(f"{CA_ECDH}.{cipher}", 1, key_id), key_info(key_id, domain, seed)])


def access_session():
    """What BAC or PACE has left."""
    return open_session(derive_session_keys("AES-128", b"\x01" * 32))


class CaWire:
    """A chip inside a session; *tamper* sees the plain command and may change the plain response."""

    def __init__(self, chip, tamper=lambda command, response: response) -> None:
        self.chip = chip
        self.tamper = tamper
        self.session = access_session()
        self.commands: list[CommandAPDU] = []
        self.keep_old_keys = False

    def transmit(self, raw: bytes) -> bytes:
        command = CommandAPDU.from_bytes(self.session.unprotect_command(raw))
        self.commands.append(command)
        response = self.session.protect_response(self.tamper(command, self.answer(command)).to_bytes())
        if self.chip.session is not None and not self.keep_old_keys:
            self.session, self.chip.session = self.chip.session, None
        return response

    def answer(self, command: CommandAPDU) -> ResponseAPDU:
        match command.ins, command.p2:
            case 0x22, 0xA6:
                return ResponseAPDU(b"", self.chip.set_kat(command.data))
            case 0x22, 0xA4:
                return ResponseAPDU(b"", self.chip.set_at(command.data))
            case 0x86, _:
                return ResponseAPDU(*self.chip.general_authenticate(command.data))
            case _:
                return ResponseAPDU(DG1_START, 0x9000)


def one(command: CommandAPDU) -> Dialogue[ResponseAPDU]:
    return (yield command)


def agree(channel, infos, **kwargs):
    return run(secured(chip_authentication(infos, Random(8).randbytes, **kwargs), access_session()), channel)


def confirm(result, channel):
    """The first exchange under the new keys; what travelled is kept even where it fails."""
    seen = []
    with suppress(SecureMessagingError):
        run(secured(one(READ), result.session, lambda command, response: seen.append((command, response))), channel)
    return result.confirmed_by(*seen[0])


def verdict(infos, transcript):
    finding = evaluate_chip_authentication(infos, transcript)
    return finding.ok, finding.reason


def genuine(infos=None, keys=None, **kwargs):
    infos = infos or dg14()
    channel = CaWire(ChipAuthenticationChip(infos, keys or {None: pkcs8()}))
    result = agree(channel, infos, **kwargs)
    return channel, result, confirm(result, channel)


# Agreement -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("curve", CURVES)
@pytest.mark.parametrize("cipher", [1, 2, 3, 4])
def test_both_ends_agree(cipher, curve):
    domain = EcDomain.named(curve)
    infos = dg14(cipher, domain=domain)
    channel, result, transcript = genuine(infos, {None: pkcs8(domain)})
    assert transcript.oid == f"{CA_ECDH}.{cipher}"
    assert verdict(infos, transcript) == (True, "ok")
    assert result.session.ssc == channel.session.ssc == (2).to_bytes(8 if cipher == 1 else 16, "big")


def test_3des_goes_by_set_kat():
    channel, _, _ = genuine(dg14(1, key_id=7), {7: pkcs8()})
    first = channel.commands[0]
    assert (first.cla, first.ins, first.p1, first.p2, first.le) == (0x00, 0x22, 0x41, 0xA6, None)
    assert [tlv.tag for tlv in TlvCursor(first.data)] == [0x91, 0x84]
    assert len(channel.commands) == 2


@pytest.mark.parametrize("cipher", [2, 3, 4])
def test_aes_goes_by_general_authenticate_alone(cipher):
    channel, _, _ = genuine(dg14(cipher, key_id=7), {7: pkcs8()})
    set_at, step, _ = channel.commands
    assert (set_at.ins, set_at.p1, set_at.p2, set_at.le) == (0x22, 0x41, 0xA4, None)
    assert [tlv.tag for tlv in TlvCursor(set_at.data)] == [0x80, 0x84]
    assert set_at.data.endswith(bytes.fromhex("840107"))
    assert (step.cla, step.ins, step.p1, step.p2, step.le) == (0x00, 0x86, 0x00, 0x00, 256)
    assert step.data[0] == 0x7C


@pytest.mark.parametrize("sw", [0x6A80, 0x6A86, 0x6D00, 0x6300, 0x6A88])
def test_3des_on_a_chip_without_set_kat(sw):
    """Real chips (MY) run 3DES by GENERAL AUTHENTICATE."""
    infos = dg14(1)
    channel = CaWire(ChipAuthenticationChip(infos, {None: pkcs8()}))
    channel.answer = lambda command, answer=channel.answer: (
        ResponseAPDU(b"", sw) if (command.ins, command.p2) == (0x22, 0xA6) else answer(command)
    )
    result = agree(channel, infos)
    assert [command.p2 for command in channel.commands] == [0xA6, 0xA4, 0x00]
    assert verdict(infos, confirm(result, channel)) == (True, "ok")


def test_no_key_reference_where_dg14_has_none():
    for cipher in (1, 2):
        channel, _, _ = genuine(dg14(cipher))
        assert b"\x84" not in [bytes((tlv.tag,)) for tlv in TlvCursor(channel.commands[0].data)]


def test_ephemeral_keys_are_fresh():
    infos, random = dg14(), Random(8).randbytes
    runs = []
    for _ in range(2):
        channel = CaWire(ChipAuthenticationChip(infos, {None: pkcs8()}))
        runs.append(run(secured(chip_authentication(infos, random), access_session()), channel))
    assert runs[0].transcript.public_key != runs[1].transcript.public_key


def test_nothing_secret_shows():
    _, result, transcript = genuine()
    assert transcript.private_key.hex() not in repr(result) + repr(transcript)


# Choice ----------------------------------------------------------------------------------------------------------


def test_the_strongest_of_several():
    big = EcDomain.named("brainpoolP512r1")
    infos = SecurityInfos.of(
        [
            ChipAuthenticationInfo(f"{CA_ECDH}.1", 1, 1),
            ChipAuthenticationInfo(f"{CA_ECDH}.2", 1, 2),
            ChipAuthenticationInfo(f"{CA_ECDH}.4", 1, 3),
            key_info(1, CURVE, 1),
            key_info(2, CURVE, 2),
            key_info(3, big, 3),
        ]
    )
    keys = {1: pkcs8(CURVE, 1), 2: pkcs8(CURVE, 2), 3: pkcs8(big, 3)}
    channel, _, transcript = genuine(infos, keys)
    assert (transcript.oid, transcript.key_id) == (f"{CA_ECDH}.4", 3)
    assert channel.commands[0].data.endswith(bytes.fromhex("840103"))
    assert verdict(infos, transcript) == (True, "ok")


def test_a_chip_that_does_not_name_its_protocol():
    """EAC 1.11: a key alone means 3DES, and the verdict says so."""
    infos = SecurityInfos.of([key_info()])
    choice = select_chip_authentication(infos)
    assert choice is not None
    assert (choice.cipher, choice.declared) == ("3DES", False)
    _, _, transcript = genuine(infos)
    assert verdict(infos, transcript) == (True, "ca-protocol-undeclared")


@pytest.mark.parametrize(("info_id", "key_id"), [(5, None), (None, 5)])
def test_a_key_id_on_one_side_with_a_single_key(info_id, key_id):
    infos = SecurityInfos.of([ChipAuthenticationInfo(f"{CA_ECDH}.2", 1, info_id), key_info(key_id)])
    _, _, transcript = genuine(infos, {key_id: pkcs8()})
    assert transcript.key_id == key_id
    assert verdict(infos, transcript) == (True, "ok")


def test_key_ids_that_differ():
    infos = SecurityInfos.of([ChipAuthenticationInfo(f"{CA_ECDH}.2", 1, 1), key_info(2)])
    with pytest.raises(UnsupportedFeature):
        select_chip_authentication(infos)


def test_nothing_offered():
    infos = SecurityInfos.of([])
    assert select_chip_authentication(infos) is None
    assert run(chip_authentication(infos, Random(1).randbytes), CaWire(None)) is None


@pytest.mark.parametrize(
    "infos",
    [
        [ChipAuthenticationInfo(f"{CA_ECDH}.2", 1)],
        [ChipAuthenticationInfo(f"{CA_ECDH}.2", 2), key_info()],
        [ChipAuthenticationInfo(f"{CA_ECDH}.9", 1), key_info()],
        [ChipAuthenticationInfo("0.4.0.127.0.7.2.2.3.1.2", 1), key_info()],
        [ChipAuthenticationInfo(f"{CA_ECDH}.2", 1), key_info(oid="0.4.0.127.0.7.2.2.1.3")],
    ],
    ids=["no-key", "version-2", "unknown", "dh-with-ec-key", "no-such-kind-of-key"],
)
def test_what_is_not_spoken(infos):
    with pytest.raises(UnsupportedFeature):
        select_chip_authentication(SecurityInfos.of(infos))


def test_an_ec_key_called_a_finite_fields():
    infos = SecurityInfos.of([ChipAuthenticationInfo("0.4.0.127.0.7.2.2.3.1.2", 1), key_info(oid=PK_DH)])
    with pytest.raises(MalformedData):
        select_chip_authentication(infos)


def test_a_foreign_key_does_not_spoil_a_good_one():
    good = [ChipAuthenticationInfo(f"{CA_ECDH}.2", 1, 1), key_info(1)]
    broken = ChipAuthenticationPublicKeyInfo(PK_ECDH, spki()[:-1] + b"\x01", 2)
    for other in (key_info(2, oid=PK_DH), broken):
        choice = select_chip_authentication(SecurityInfos.of([other, *good]))
        assert choice is not None
        assert choice.key_id == 1


def test_a_corrupted_key():
    """ISO7816_D_08: a point that is not on its curve."""
    key = spki()
    broken = ChipAuthenticationPublicKeyInfo(PK_ECDH, key[:-1] + bytes((key[-1] ^ 1,)))
    with pytest.raises(MalformedData):
        select_chip_authentication(SecurityInfos.of([ChipAuthenticationInfo(f"{CA_ECDH}.2", 1), broken]))


def test_an_rsa_key_called_an_ec_key():
    rsa_spki = asn1.sequence(
        asn1.sequence(asn1.oid("1.2.840.113549.1.1.1"), asn1.null()),
        asn1.bit_string(asn1.sequence(asn1.integer(1 << 1023 | 1), asn1.integer(65537))),
    )
    infos = SecurityInfos.of([ChipAuthenticationInfo(f"{CA_ECDH}.2", 1), ChipAuthenticationPublicKeyInfo(PK_ECDH, rsa_spki)])
    with pytest.raises(MalformedData):
        select_chip_authentication(infos)


def test_a_negative_key_id():
    infos = dg14(2, key_id=-1)
    with pytest.raises(MalformedData):
        run(chip_authentication(infos, Random(1).randbytes), CaWire(None))


# Chips that are not genuine --------------------------------------------------------------------------------------


@pytest.mark.parametrize("cipher", [1, 2])
def test_a_clone_with_another_key(cipher):
    infos = dg14(cipher)
    channel = CaWire(ChipAuthenticationChip(infos, {None: pkcs8(seed=2)}))
    result = agree(channel, infos)
    assert result.transcript.sw == 0x9000

    def garbage(_raw):
        return open_session(derive_session_keys("3DES" if cipher == 1 else "AES-128", b"\x02" * 32)).protect_response(b"\x90\x00")

    channel.transmit = garbage
    assert verdict(infos, confirm(result, channel)) == (False, "ca-wrong-keys")


def test_a_chip_that_goes_on_with_the_old_keys():
    """ISO7816_D_09."""
    infos = dg14()
    channel = CaWire(ChipAuthenticationChip(infos, {None: pkcs8()}))
    result = agree(channel, infos)

    def old_keys(_raw):
        return open_session(derive_session_keys("AES-128", b"\x01" * 32), (5).to_bytes(16, "big")).protect_response(b"\x90\x00")

    channel.transmit = old_keys
    assert verdict(infos, confirm(result, channel)) == (False, "ca-wrong-keys")


@pytest.mark.parametrize("raw", ["6988", "6987", "6982", "615B5F1F9000", "990290009000"])
def test_an_answer_without_protection(raw):
    infos = dg14()
    channel = CaWire(ChipAuthenticationChip(infos, {None: pkcs8()}))
    result = agree(channel, infos)
    channel.transmit = lambda _raw: bytes.fromhex(raw)
    ok, reason = verdict(infos, confirm(result, channel))
    assert ok is False
    assert reason in ("ca-unprotected", "ca-wrong-keys")


def test_no_answer_at_all():
    infos = dg14()
    _, result, _ = genuine(infos)
    transcript = result.confirmed_by(CommandAPDU.from_bytes(open_new(result, infos).protect_command(READ.to_bytes())), None)
    assert verdict(infos, transcript) == (None, "ca-not-confirmed")


def open_new(result, infos):
    """The session that the transcript derives, from its start."""
    choice = select_chip_authentication(infos)
    secret = choice.domain.agree(result.transcript.private_key, choice.public_key)
    return open_session(derive_session_keys(choice.cipher, secret))


@pytest.mark.parametrize("sw", [0x6300, 0x6A80, 0x6A88, 0x6982])
@pytest.mark.parametrize("at", [0x22, 0x86])
def test_a_chip_that_refuses(at, sw):
    infos = dg14()
    channel = CaWire(
        ChipAuthenticationChip(infos, {None: pkcs8()}),
        lambda command, response: ResponseAPDU(b"", sw) if command.ins == at else response,
    )
    channel.keep_old_keys = True
    result = agree(channel, infos)
    assert result.session is None
    assert result.transcript.sw == sw
    assert verdict(infos, result.transcript) == (False, "ca-refused")


def test_the_old_session_outlives_a_refusal():
    infos = dg14()
    channel = CaWire(
        ChipAuthenticationChip(infos, {None: pkcs8()}),
        lambda command, response: ResponseAPDU(b"", 0x6300) if command.ins == 0x86 else response,
    )
    channel.keep_old_keys = True
    ours = access_session()
    run(secured(chip_authentication(infos, Random(8).randbytes), ours), channel)
    assert run(secured(one(READ), ours), channel).data == DG1_START


@pytest.mark.parametrize("data", [b"", b"\x7c\x02\x80\x00", b"\x7c", b"\x04\x00", b"\x7c\x00\x00"])
def test_other_data_in_the_answer_are_noted_and_prove_nothing(data):
    infos = dg14()
    channel = CaWire(
        ChipAuthenticationChip(infos, {None: pkcs8()}),
        lambda command, response: ResponseAPDU(data, 0x9000) if command.ins == 0x86 else response,
    )
    result = agree(channel, infos)
    assert not result.response_as_specified
    assert verdict(infos, confirm(result, channel)) == (True, "ok")


# Transcripts that were tampered with -----------------------------------------------------------------------------


def test_a_transcript_under_another_dg14():
    _, _, transcript = genuine()
    assert verdict(dg14(seed=3), transcript) == (False, "ca-transcript-inconsistent")
    assert verdict(dg14(cipher=3), transcript) == (False, "ca-not-in-dg14")
    assert verdict(dg14(key_id=4), transcript) == (False, "ca-not-in-dg14")
    with pytest.raises(UnsupportedFeature):
        evaluate_chip_authentication(SecurityInfos.of([ChipAuthenticationInfo(f"{CA_ECDH}.2", 1)]), transcript)


@pytest.mark.parametrize("name", ["oid", "key_id", "private_key", "public_key", "command", "response", "sw"])
def test_each_part_of_the_transcript_counts(name):
    _, _, transcript = genuine()
    value = getattr(transcript, name)
    other = {
        "oid": f"{CA_ECDH}.4",
        "key_id": 1,
        "sw": 0x6300,
        "private_key": (1).to_bytes(32, "big"),
        "public_key": CURVE.generator,
    }.get(name)
    if other is None:
        other = value[:-3] + bytes((value[-3] ^ 1,)) + value[-2:]
    assert verdict(dg14(), transcript) == (True, "ok")
    assert verdict(dg14(), replace(transcript, **{name: other}))[0] is False


@pytest.mark.parametrize("private", [b"", bytes(32), b"\xff" * 32, b"\xff" * 64])
def test_a_private_key_that_is_none(private):
    _, _, transcript = genuine()
    assert verdict(dg14(), replace(transcript, private_key=private)) == (False, "ca-transcript-inconsistent")


@pytest.mark.parametrize("command", [b"", b"\x00\xb0\x81\x00\x04", b"\x0c\xb0"])
def test_a_command_that_is_none(command):
    _, _, transcript = genuine()
    assert verdict(dg14(), replace(transcript, command=command)) == (False, "ca-transcript-inconsistent")


def test_a_response_of_another_session():
    _, _, transcript = genuine()
    infos = dg14()
    channel = CaWire(ChipAuthenticationChip(infos, {None: pkcs8()}))
    other = run(secured(chip_authentication(infos, Random(9).randbytes), access_session()), channel)
    foreign = confirm(other, channel)
    assert verdict(infos, replace(transcript, response=foreign.response)) == (False, "ca-wrong-keys")


# The chip refuses ------------------------------------------------------------------------------------------------

EPHEMERAL = CURVE.public_key((5).to_bytes(32, "big"))
OID_VALUE = bytes.fromhex("04007F00070202030202")
OID_3DES = bytes.fromhex("04007F00070202030201")
BAD_POINTS = {
    "off-curve": EPHEMERAL[:-1] + bytes((EPHEMERAL[-1] ^ 1,)),
    "other-size": EcDomain.named("secp224r1").generator,
    "zeros": b"\x04" + bytes(64),
    "infinity": b"\x00",
    "compressed": b"\x02" + EPHEMERAL[1:33],
    "empty": b"",
}


def chip(cipher=2, key_id=None) -> ChipAuthenticationChip:
    return ChipAuthenticationChip(dg14(cipher, key_id), {key_id: pkcs8()})


@pytest.mark.parametrize("point", list(BAD_POINTS))
def test_bad_ephemeral_keys(point):
    aes, des = chip(), chip(1)
    assert aes.set_at(build_tlv(0x80, OID_VALUE)) == 0x9000
    assert aes.general_authenticate(build_tlv(0x7C, build_tlv(0x80, BAD_POINTS[point]))) == (b"", 0x6A80)
    assert des.set_kat(build_tlv(0x91, BAD_POINTS[point])) == 0x6A80
    assert aes.session is des.session is None


@pytest.mark.parametrize(
    ("data", "sw"),
    [
        (build_tlv(0x91, EPHEMERAL), 0x9000),
        (build_tlv(0x91, EPHEMERAL) + b"\x84\x01\x01", 0x6A88),
        (build_tlv(0x93, EPHEMERAL), 0x6A80),
        (build_tlv(0x91, EPHEMERAL) + b"\x85\x00", 0x6A80),
        (build_tlv(0x91, EPHEMERAL)[:-1], 0x6A80),
        (b"", 0x6A80),
    ],
)
def test_set_kat(data, sw):
    des = chip(1)
    assert des.set_kat(data) == sw
    assert (des.session is not None) is (sw == 0x9000)


@pytest.mark.parametrize(("reference", "sw"), [("840107", 0x9000), ("840108", 0x6A88), ("", 0x9000), ("8400", 0x6A88)])
def test_key_references(reference, sw):
    data = bytes.fromhex(reference)
    assert chip(1, 7).set_kat(build_tlv(0x91, EPHEMERAL) + data) == sw
    assert chip(2, 7).set_at(build_tlv(0x80, OID_VALUE) + data) == sw


def test_set_kat_is_for_3des_alone():
    assert chip(2).set_kat(build_tlv(0x91, EPHEMERAL)) == 0x6A88


def test_several_keys_have_to_be_named():
    infos = SecurityInfos.of(
        [*(ChipAuthenticationInfo(f"{CA_ECDH}.2", 1, number) for number in (1, 2)), key_info(1, seed=1), key_info(2, seed=2)]
    )
    two = ChipAuthenticationChip(infos, {1: pkcs8(seed=1), 2: pkcs8(seed=2)})
    assert two.set_at(build_tlv(0x80, OID_VALUE)) == 0x6A88
    assert two.set_at(build_tlv(0x80, OID_VALUE) + b"\x84\x01\x02") == 0x9000


@pytest.mark.parametrize(
    ("data", "sw"),
    [
        (build_tlv(0x80, OID_VALUE), 0x9000),
        (build_tlv(0x80, OID_3DES), 0x6A80),
        (build_tlv(0x80, b"\x2a\x03"), 0x6A80),
        (build_tlv(0x81, OID_VALUE), 0x6A80),
        (build_tlv(0x80, OID_VALUE) + b"\x00\x00", 0x6A80),
        (b"", 0x6A80),
    ],
)
def test_set_at(data, sw):
    assert chip().set_at(data) == sw


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x7c\x00",
        build_tlv(0x7C, build_tlv(0x81, EPHEMERAL)),
        build_tlv(0x80, EPHEMERAL),
        build_tlv(0x7C, build_tlv(0x80, EPHEMERAL), b"\x81\x00"),
        build_tlv(0x7C, build_tlv(0x80, EPHEMERAL)) + b"\x00",
    ],
)
def test_malformed_general_authenticate(data):
    aes = chip()
    aes.set_at(build_tlv(0x80, OID_VALUE))
    assert aes.general_authenticate(data) == (b"", 0x6A80)
    assert aes.session is None


def test_general_authenticate_needs_set_at_each_time():
    request = build_tlv(0x7C, build_tlv(0x80, EPHEMERAL))
    aes = chip()
    assert aes.general_authenticate(request) == (b"", 0x6985)
    aes.set_at(build_tlv(0x80, OID_VALUE))
    assert aes.general_authenticate(request) == (bytes.fromhex("7C00"), 0x9000)
    assert aes.session is not None
    assert aes.general_authenticate(request) == (b"", 0x6985)
    assert aes.session is None


def test_a_key_that_the_chip_has_lost():
    assert ChipAuthenticationChip(dg14(1), {}).set_kat(build_tlv(0x91, EPHEMERAL)) == 0x6A88
