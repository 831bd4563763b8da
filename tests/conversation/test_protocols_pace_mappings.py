# SPDX-License-Identifier: Apache-2.0
"""The integrated mapping, Chip Authentication Mapping and finite fields: each end against one that does not keep to the standard
(ICAO 9303-11 §4.4.3.3, §4.4.3.5, §4.4.5; BSI TR-03105-5.1 unit ISO7816_G)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random

import pytest
from pace_wire import PaceWire, answers, at, untouched, value_of

from chipid.crypto import asn1
from chipid.crypto.agreement_key import AgreementKey, build_agreement_key, build_domain, parse_agreement_key
from chipid.crypto.cipher import cbc_encrypt, zero_iv
from chipid.crypto.domain import DhDomain, EcDomain, KeyPair, standardised_domain
from chipid.crypto.kdf import SessionKeys, derive_session_keys
from chipid.crypto.private_key import EcPrivateKey, parse_private_key
from chipid.errors import CardMisbehaved, MalformedData, PasswordBlocked, TlvError, UnsupportedFeature, WrongPassword
from chipid.evidence import ChipAuthenticationMappingTranscript
from chipid.iso7816.apdu import ResponseAPDU
from chipid.iso7816.dialogue import run
from chipid.iso7816.tlv import TlvCursor, build_tlv, parse_tlv
from chipid.issuing.chip_keys import ChipKeys, make_chip_keys
from chipid.lds.security_infos import (
    ChipAuthenticationPublicKeyInfo,
    PaceDomainParameterInfo,
    PaceInfo,
    SecurityInfos,
    UnknownSecurityInfo,
)
from chipid.protocols.object_identifiers import ID_PK_DH, ID_PK_ECDH, oid_octets
from chipid.protocols.pace import (
    PaceChip,
    PaceRun,
    PaceSecrets,
    evaluate_chip_authentication_mapping,
    pace,
    pace_choice,
    pace_choices,
    pace_strength,
    preferred_pace,
)
from chipid.protocols.pace.chip_authentication_mapping import (
    KEYS_MAX,
    chip_authentication_data,
    decrypt_chip_authentication_data,
    encrypt_chip_authentication_data,
)
from chipid.protocols.pace.mapping import GenericMapping, IntegratedMappingChip, IntegratedMappingTerminal
from chipid.protocols.pace.selection import WAYS_MAX
from chipid.protocols.pace.suite import SUITES, MappingKind
from chipid.protocols.password import Password, PasswordKind

PACE = "0.4.0.127.0.7.2.2.4"
CAN = Password.from_text(PasswordKind.CAN, "012345")
TERMINAL_SEED, CHIP_SEED = 11, 5
CURVE = EcDomain.named("brainpoolP256r1")
FIELD = DhDomain.standardised(1)
P, G, Q = (int.from_bytes(number, "big") for number in FIELD.parameters)


def info(family: int, cipher: int, parameter_id: int | None) -> PaceInfo:
    return PaceInfo(f"{PACE}.{family}.{cipher}", 2, parameter_id)


DH_GM, DH_IM = info(1, 2, 1), info(3, 2, 1)
GM, IM, CAM = info(2, 2, 13), info(4, 2, 13), info(6, 2, 13)


def keys_of(*numbers: int, seed: int = 9) -> ChipKeys:
    return make_chip_keys(active=None, groups={number: number for number in numbers}, random=Random(seed).randbytes)


KEYS = keys_of(13)
STATIC = parse_private_key(KEYS.chip_authentication[13])
assert isinstance(STATIC, EcPrivateKey)


def chip_with(offer: PaceInfo, tamper=untouched, static=None) -> PaceWire:
    secrets = PaceSecrets({PasswordKind.CAN: CAN}, static_keys={13: STATIC} if static is None else static)
    return PaceWire([offer], secrets, Random(CHIP_SEED).randbytes, tamper)


def terminal(channel: PaceWire, offer: PaceInfo, seed: int = TERMINAL_SEED) -> PaceRun:
    return run(pace(pace_choice(SecurityInfos.of([offer]), offer), CAN, Random(seed).randbytes), channel)


# Parameters of the issuer's own -----------------------------------------------------------------------------------------


def own(family: int, parameter_id: int | None, number: int = 13) -> PaceDomainParameterInfo:
    domain = standardised_domain(number)
    assert domain is not None
    return PaceDomainParameterInfo(f"{PACE}.{family}", build_domain(domain), parameter_id)


@pytest.mark.parametrize(
    ("offer", "parameters", "name"),
    [
        (info(2, 2, 32), [own(2, 32)], "brainpoolP256r1"),
        (info(2, 2, 33), [own(2, 32, 12), own(2, 33)], "brainpoolP256r1"),
        (info(2, 2, 32), [own(4, 32, 12), own(2, 32)], "brainpoolP256r1"),
        (info(2, 2, None), [own(2, None)], "brainpoolP256r1"),
        (info(1, 2, 32), [own(1, 32, 1)], "modp2048-224"),
        (info(2, 2, 13), [own(2, 13, 12)], "brainpoolP256r1"),
        (info(2, 2, 32), [own(4, 32)], None),
        (info(2, 2, 32), [own(2, 33)], None),
        (info(2, 2, 32), [own(2, None)], None),
        (info(2, 2, 32), [own(2, 32, 1)], None),
        (info(1, 2, 32), [own(1, 32, 13)], None),
        (info(4, 2, 32), [own(4, 32, 10)], None),
        (info(2, 2, 32), [], None),
        (info(2, 2, 14), [own(20, 14)], "brainpoolP320r1"),
    ],
    ids=range(14),
)
def test_a_number_and_a_protocol_lead_to_the_parameters(offer, parameters, name):
    """§9.2.2: those of a standardised number are never the chip's to choose."""
    infos = SecurityInfos.of([offer, *parameters])
    if name is None:
        with pytest.raises(UnsupportedFeature):
            pace_choice(infos, offer)
        assert pace_choices(infos) == []
        assert pace_strength(infos) is None
    else:
        assert pace_choice(infos, offer).domain.name == name
        assert pace_strength(infos) is not None


@pytest.mark.parametrize(("parameter_id", "named"), [(32, True), (None, False)])
def test_what_has_no_number_cannot_be_named(parameter_id, named):
    offer = info(2, 2, parameter_id)
    choice = pace_choice(SecurityInfos.of([offer, own(2, parameter_id)]), offer)
    set_at = next(pace(choice, CAN, Random(1).randbytes, name_parameters=True))
    assert (0x84 in [tlv.tag for tlv in TlvCursor(set_at.data)]) is named


def test_one_try_left_suspends_the_pin_alone():
    warned = at(0, lambda _response: ResponseAPDU(b"", 0x63C1))
    assert terminal(chip_with(GM, warned), GM).session is not None
    pin = Password.from_text(PasswordKind.PIN, "123456")
    with pytest.raises(PasswordBlocked) as caught:
        run(pace(pace_choice(SecurityInfos.of([GM]), GM), pin, Random(1).randbytes), chip_with(GM, warned))
    assert caught.value.suspended


def test_parameters_that_cannot_be_are_passed_over():
    offer = info(1, 2, 32)
    parameters = PaceDomainParameterInfo(f"{PACE}.1", b"\x30\x00", 32)
    with pytest.raises(MalformedData):
        pace_choice(SecurityInfos.of([offer, parameters]), offer)
    assert [choice.info for choice in pace_choices(SecurityInfos.of([offer, parameters, GM]))] == [GM]


def test_what_is_weaker_is_not_preferred():
    weak, strong, equal_one = info(2, 1, 13), info(2, 2, 13), info(4, 2, 13)
    assert [choice.info for choice in preferred_pace(SecurityInfos.of([weak, strong, equal_one]))] == [strong, equal_one]
    assert preferred_pace(SecurityInfos.of([])) == []


def test_no_chip_gets_a_token_for_each_line_of_ef_card_access():
    """Each tests a guess at the password, and nobody has signed the file."""
    repeated = SecurityInfos.of([PaceInfo(f"{PACE}.2.2", 2, 13)] * 40)
    assert len(preferred_pace(repeated)) == 1
    many = [PaceInfo(f"{PACE}.{arc}.2", 2, number) for arc in (2, 4, 6) for number in (12, 13)]
    assert len(pace_choices(SecurityInfos.of(many))) == 6
    assert len(preferred_pace(SecurityInfos.of(many))) == WAYS_MAX


# The integrated mapping: the terminal --------------------------------------------------------------------------------


@pytest.mark.parametrize("offer", [IM, DH_IM], ids=["curve", "field"])
@pytest.mark.parametrize("objects", [[], [build_tlv(0x82, b"")]], ids=["no object", "an empty one"])
def test_the_chip_has_no_mapping_data(offer, objects):
    assert terminal(chip_with(offer, at(2, answers(*objects))), offer).session is not None


@pytest.mark.parametrize("offer", [IM, DH_IM], ids=["curve", "field"])
@pytest.mark.parametrize(
    "objects",
    [
        [build_tlv(0x82, b"\0")],
        [build_tlv(0x82, CURVE.generator)],
        [build_tlv(0x82, bytes(16))],
        [build_tlv(0x81, b"")],
        [build_tlv(0x82, b""), build_tlv(0x82, b"")],
    ],
    ids=range(5),
)
def test_mapping_data_where_there_are_none(offer, objects):
    with pytest.raises(MalformedData):
        terminal(chip_with(offer, at(2, answers(*objects))), offer)


def test_the_generic_mapping_needs_mapping_data():
    for offer in (GM, DH_GM, CAM):
        with pytest.raises(MalformedData):
            terminal(chip_with(offer, at(2, answers())), offer)


@pytest.mark.parametrize(("cipher", "size"), [(1, 16), (2, 16), (3, 32), (4, 32)])
@pytest.mark.parametrize("family", [3, 4])
def test_the_nonce_is_as_long_as_the_cipher_needs(family, cipher, size):
    """§4.4.3.3.2: keys are made of it."""
    offer = info(family, cipher, 1 if family == 3 else 13)
    seen = []
    terminal(chip_with(offer, at(1, lambda response: seen.append(value_of(response.data)) or response)), offer)
    assert len(seen[0]) == size
    for other in {8, 16, 24, 32, 48, 64} - {size}:
        with pytest.raises(CardMisbehaved, match="nonce"):
            terminal(chip_with(offer, at(1, answers(build_tlv(0x80, bytes(other))))), offer)


@pytest.mark.parametrize(("cipher", "size"), [(1, 16), (2, 16), (3, 24), (4, 32)])
def test_the_terminals_nonce_is_its_own(cipher, size):
    offer = info(4, cipher, 13)
    drawn = set()
    for seed in range(3):
        wire = chip_with(offer)
        terminal(wire, offer, seed)
        drawn.add(value_of(wire.commands[2].data))
    assert len(drawn) == 3
    assert {len(nonce) for nonce in drawn} == {size}


def test_an_altered_nonce_ends_like_a_wrong_password():
    for offer in (IM, DH_IM, CAM, DH_GM):

        def flip(response):
            value = value_of(response.data)
            return answers(build_tlv(0x80, bytes((value[0] ^ 1,)) + value[1:]))(response)

        with pytest.raises(WrongPassword):
            terminal(chip_with(offer, at(1, flip)), offer)


def test_no_point_encoding_no_integrated_mapping():
    """secp224r1, p ≡ 1 mod 4: neither the choice nor, where it comes to that, the mapping takes it."""
    offer = info(4, 2, 10)
    with pytest.raises(UnsupportedFeature, match="secp224r1"):
        pace_choice(SecurityInfos.of([offer]), offer)
    suite, curve, nonce = SUITES[IM.oid], EcDomain.named("secp224r1"), bytes(range(16))
    with pytest.raises(MalformedData, match="no generator"):
        IntegratedMappingTerminal(suite, curve, nonce, Random(1).randbytes)  # type: ignore[arg-type]
    with pytest.raises(MalformedData, match="no generator"):
        IntegratedMappingChip(suite, curve, nonce).mapped(bytes(16))  # type: ignore[arg-type]


def test_both_ends_of_the_integrated_mapping_come_to_the_same_generator_and_to_no_other():
    suite, nonce = SUITES[IM.oid], bytes(range(16))
    ours = IntegratedMappingTerminal(suite, CURVE, nonce, Random(1).randbytes)  # type: ignore[arg-type]
    theirs = IntegratedMappingChip(suite, CURVE, nonce)  # type: ignore[arg-type]
    assert (ours.key_pair, theirs.key_pair, theirs.data) == (None, None, b"")
    assert ours.mapped(b"").generator == theirs.mapped(ours.data).generator != CURVE.generator
    assert theirs.mapped(bytes(16)).generator != theirs.mapped(ours.data).generator


# The integrated mapping: the chip ------------------------------------------------------------------------------------


def at_chip(offer: PaceInfo, *requests: bytes) -> tuple[PaceChip, bytes, int]:
    """Nonce, then these requests one after another; the chip and its last answer."""
    chip = chip_with(offer).chip
    assert chip.set_at(build_tlv(0x80, oid_octets(offer.oid)) + b"\x83\x01\x02") == 0x9000
    data, sw = chip.general_authenticate(b"\x7c\x00", False)
    for request in requests:
        assert sw == 0x9000
        data, sw = chip.general_authenticate(build_tlv(0x7C, request), False)
    return chip, data, sw


@pytest.mark.parametrize("offer", [IM, DH_IM], ids=["curve", "field"])
@pytest.mark.parametrize("size", [0, 1, 15, 17, 24, 32, 64])
def test_a_terminals_nonce_of_another_length(offer, size):
    chip, data, sw = at_chip(offer, build_tlv(0x81, bytes(size)))
    assert (data, sw) == (b"", 0x6A80)
    assert chip.general_authenticate(build_tlv(0x7C, build_tlv(0x81, bytes(16))), False) == (b"", 0x6985)


def test_the_chip_answers_with_no_mapping_data():
    _, data, sw = at_chip(IM, build_tlv(0x81, bytes(16)))
    assert (data, sw) == (b"\x7c\x02\x82\x00", 0x9000)


# Finite fields -------------------------------------------------------------------------------------------------------


def octets(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8 or 1, "big")


SMALL_ORDER = pow(3, (P - 1) // 2, P) * pow(5, Q, P) % P
NOT_OF_THE_SUBGROUP = next(number for number in range(2, 100) if pow(number, Q, P) != 1)
NO_KEYS = {
    "nothing": b"",
    "0": b"\0",
    "1": b"\1",
    "p-1": octets(P - 1),
    "p": octets(P),
    "p+1": octets(P + 1),
    "p+2": octets(P + 2),
    "no element of the subgroup": octets(NOT_OF_THE_SUBGROUP),
    "an element times one of order 2": octets(pow(G, 5, P) * (P - 1) % P),
    "too long": bytes(1) + octets(pow(G, 5, P)).rjust(FIELD.size, b"\0"),
    "a point": CURVE.generator,
}


@pytest.mark.parametrize("name", list(NO_KEYS))
@pytest.mark.parametrize(("offer", "step", "tag"), [(DH_GM, 2, 0x82), (DH_GM, 3, 0x84), (DH_IM, 3, 0x84)])
def test_a_number_that_is_no_key_of_the_chip(offer, step, tag, name):
    with pytest.raises(MalformedData):
        terminal(chip_with(offer, at(step, answers(build_tlv(tag, NO_KEYS[name])))), offer)


@pytest.mark.parametrize("name", list(NO_KEYS))
def test_a_number_that_is_no_key_of_the_terminal(name):
    assert at_chip(DH_GM, build_tlv(0x81, NO_KEYS[name]))[1:] == (b"", 0x6A80)
    mapping = build_tlv(0x81, octets(pow(G, 7, P)))
    assert at_chip(DH_GM, mapping, build_tlv(0x83, NO_KEYS[name]))[1:] == (b"", 0x6A80)
    assert at_chip(DH_IM, build_tlv(0x81, bytes(16)), build_tlv(0x83, NO_KEYS[name]))[1:] == (b"", 0x6A80)


@pytest.mark.parametrize(
    ("offer", "step", "tag"), [(DH_GM, 2, 0x82), (DH_GM, 3, 0x84), (CAM, 2, 0x82), (CAM, 3, 0x84), (IM, 3, 0x84)]
)
def test_the_terminals_own_key_sent_back(offer, step, tag):
    wire = chip_with(offer)
    wire.tamper = at(step, lambda response: answers(build_tlv(tag, value_of(wire.commands[step].data)))(response))  # noqa: PLW0108
    with pytest.raises((CardMisbehaved, MalformedData), match="back"):
        terminal(wire, offer)


class Once:
    """Randomness that begins with *first*, and goes on by chance."""

    def __init__(self, *first: bytes) -> None:
        self._first = list(first)
        self._random = Random(3)

    def __call__(self, size: int) -> bytes:
        return self._first.pop(0) if self._first else self._random.randbytes(size)


def short_exponent() -> int:
    """An exponent whose power has fewer octets than p."""
    return next(exponent for exponent in range(2, 10_000) if len(octets(pow(G, exponent, P))) < FIELD.size)


def test_an_echo_with_leading_zeros_is_an_echo():
    exponent = short_exponent().to_bytes(len(FIELD.order), "big")
    suite, nonce = SUITES[DH_GM.oid], bytes(range(16))
    mapping = GenericMapping(FIELD, nonce, Once(exponent))  # type: ignore[arg-type]
    assert len(mapping.data) < FIELD.size
    for echo in (mapping.data, mapping.data.rjust(FIELD.size, b"\0")):
        with pytest.raises(MalformedData, match="back"):
            mapping.mapped(echo)
    assert suite.mapping is MappingKind.GENERIC


def test_an_echo_of_the_agreements_key_with_leading_zeros_is_an_echo():
    """In the integrated mapping the generator is fixed by both nonces: which exponent gives a short key can be searched for."""
    t = bytes(range(16))
    wire = chip_with(DH_IM)
    nonce = Random(CHIP_SEED).randbytes(16)
    mapped = IntegratedMappingTerminal(SUITES[DH_IM.oid], FIELD, nonce, Once(t)).mapped(b"")  # type: ignore[arg-type]
    generator = int.from_bytes(mapped.generator, "big")
    exponent = next(number for number in range(2, 10_000) if len(octets(pow(generator, number, P))) < FIELD.size)

    def echo(response):
        return answers(build_tlv(0x84, value_of(wire.commands[3].data).rjust(FIELD.size, b"\0")))(response)

    wire.tamper = at(3, echo)
    choice = pace_choice(SecurityInfos.of([DH_IM]), DH_IM)
    with pytest.raises(CardMisbehaved, match="back"):
        run(pace(choice, CAN, Once(t, exponent.to_bytes(len(FIELD.order), "big"))), wire)


def test_a_nonce_that_maps_to_the_neutral_element():
    """A chip that knew the terminal's mapping key could choose h = g^-s."""
    nonce = int.from_bytes(Random(CHIP_SEED).randbytes(16), "big")
    exponent = 12345
    wire = chip_with(DH_GM, at(2, answers(build_tlv(0x82, octets(pow(G, -nonce * pow(exponent, -1, Q) % Q, P))))))
    choice = pace_choice(SecurityInfos.of([DH_GM]), DH_GM)
    with pytest.raises(MalformedData, match="maps to no generator"):
        run(pace(choice, CAN, Once(exponent.to_bytes(len(FIELD.order), "big"))), wire)


# Chip Authentication Mapping: the terminal ---------------------------------------------------------------------------


def card_security(*infos, offer: PaceInfo = CAM) -> SecurityInfos:
    return SecurityInfos.of([offer, *(infos or (key_info(KEYS.chip_authentication_public[13], 13),))])


def key_info(key: AgreementKey, key_id: int | None, number: int | None = 13) -> ChipAuthenticationPublicKeyInfo:
    return ChipAuthenticationPublicKeyInfo(ID_PK_ECDH, build_agreement_key(key, number), key_id)


def with_8a(change):
    """The last answer with another 8A: *change* takes its value and gives data objects."""

    def tamper(response):
        objects = list(parse_tlv(response.data, 0x7C).children())
        kept = [tlv.raw for tlv in objects if tlv.tag != 0x8A]
        proof = next((tlv.value for tlv in objects if tlv.tag == 0x8A), b"")
        return answers(*kept, *change(proof))(response)

    return at(4, tamper)


def judged(wire: PaceWire, infos: SecurityInfos | None = None) -> str:
    transcript = terminal(wire, CAM).chip_authentication
    assert transcript is not None
    return evaluate_chip_authentication_mapping(infos or card_security(), transcript).reason


def test_the_genuine_chip_proves_itself():
    assert judged(chip_with(CAM)) == "ok"
    assert terminal(chip_with(GM), GM).chip_authentication is None
    assert terminal(chip_with(IM), IM).chip_authentication is None


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda _proof: [], "cam-data-missing"),
        (lambda _proof: [build_tlv(0x8A, b"")], "cam-data-missing"),
        (lambda proof: [build_tlv(0x8A, proof[:-1])], "cam-data-malformed"),
        (lambda proof: [build_tlv(0x8A, proof[:16])], "cam-data-malformed"),
        (lambda proof: [build_tlv(0x8A, bytes(len(proof)))], "cam-data-malformed"),
        (lambda proof: [build_tlv(0x8A, proof[:-1] + bytes((proof[-1] ^ 1,)))], "cam-data-malformed"),
        (lambda proof: [build_tlv(0x8A, bytes((proof[0] ^ 1,)) + proof[1:])], "cam-data-malformed"),
        (lambda proof: [build_tlv(0x8A, build_tlv(0x04, proof))], "cam-data-malformed"),
    ],
    ids=range(8),
)
def test_a_proof_that_is_missing_or_damaged(change, reason):
    """The session stands; the proof fails. A damaged first block gives another number, which is as good as none."""
    found = judged(chip_with(CAM, with_8a(change)))
    assert found in {reason, "cam-wrong-key"}
    if reason == "cam-data-missing":
        assert found == reason


@pytest.mark.parametrize("tag", [0x8B, 0x89, 0x04])
def test_a_proof_in_another_object_ends_the_run(tag):
    with pytest.raises(TlvError):
        terminal(chip_with(CAM, with_8a(lambda proof: [build_tlv(tag, proof)])), CAM)


def test_a_proof_that_was_sent_twice_ends_the_run():
    with pytest.raises(TlvError):
        terminal(chip_with(CAM, with_8a(lambda proof: [build_tlv(0x8A, proof)] * 2)), CAM)


@pytest.mark.parametrize("offer", [GM, IM, DH_GM, DH_IM])
def test_a_proof_under_another_mapping_ends_the_run(offer):
    with pytest.raises(TlvError):
        terminal(chip_with(offer, with_8a(lambda _proof: [build_tlv(0x8A, bytes(48))])), offer)


def test_another_static_key_is_found_out():
    other = parse_private_key(keys_of(13, seed=10).chip_authentication[13])
    assert judged(chip_with(CAM, static={13: other})) == "cam-wrong-key"


def session_keys() -> SessionKeys:
    return derive_session_keys("AES-128", b"shared")


@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 31, 32, 64])
def test_the_proof_is_encrypted_and_decrypted(size):
    data = bytes(range(1, size + 1))
    encrypted = encrypt_chip_authentication_data(session_keys(), data)
    assert len(encrypted) % 16 == 0
    assert len(encrypted) > size
    assert decrypt_chip_authentication_data(session_keys(), encrypted) == data


@pytest.mark.parametrize(
    "padded",
    [
        bytes(16),
        b"\x01" * 16,
        b"\x01" * 16 + b"\x80" + bytes(31),
        b"\x01" * 15 + b"\x80" + bytes(16),
        b"\x80" + bytes(16) + bytes(15),
        b"\x01" * 15 + b"\x81",
    ],
)
def test_other_paddings_are_none(padded):
    keys = session_keys()
    iv = cbc_encrypt("AES-128", keys.ks_enc, zero_iv("AES-128"), b"\xff" * 16)
    assert decrypt_chip_authentication_data(keys, cbc_encrypt("AES-128", keys.ks_enc, iv, padded)) == b""
    assert decrypt_chip_authentication_data(keys, b"\0" * 17) == b""


# Chip Authentication Mapping: the proof against EF.CardSecurity ------------------------------------------------------


@dataclass(frozen=True)
class Proof:
    mapping: KeyPair
    transcript: ChipAuthenticationMappingTranscript


@pytest.fixture(scope="module")
def proof() -> Proof:
    private = (12345).to_bytes(32, "big")
    pair = KeyPair(private, CURVE.public_key(private))  # type: ignore[arg-type]
    data = chip_authentication_data(STATIC, 12345)
    return Proof(pair, ChipAuthenticationMappingTranscript(CAM.oid, 13, pair.public, b"encrypted", data))


def reason(proof: Proof, infos: SecurityInfos | None = None, **changes: object) -> str:
    finding = evaluate_chip_authentication_mapping(infos or card_security(), replace(proof.transcript, **changes))  # type: ignore[arg-type]
    assert finding.ok is (finding.reason == "ok")
    return finding.reason


ORDER = int.from_bytes(CURVE.order, "big")


def test_each_part_of_the_transcript_counts(proof):
    number = int.from_bytes(proof.transcript.data, "big")
    assert reason(proof) == "ok"
    assert reason(proof, encrypted=b"") == "cam-data-missing"
    assert reason(proof, data=b"") == "cam-data-malformed"
    assert reason(proof, data=bytes(32)) == "cam-data-malformed"
    assert reason(proof, data=CURVE.order) == "cam-data-malformed"
    assert reason(proof, data=(number ^ 1).to_bytes(32, "big")) == "cam-wrong-key"
    assert reason(proof, data=b"\0" + proof.transcript.data) in {"cam-wrong-key", "cam-data-malformed"}
    assert reason(proof, mapping_key=CURVE.generator) == "cam-wrong-key"
    assert reason(proof, mapping_key=b"") == "cam-wrong-key"
    assert reason(proof, oid=GM.oid) == "cam-not-in-card-security"
    assert reason(proof, oid=info(6, 4, 13).oid) == "cam-not-in-card-security"
    assert reason(proof, oid="1.2.3") == "cam-not-in-card-security"
    assert reason(proof, parameter_id=12) == "cam-not-in-card-security"
    assert reason(proof, parameter_id=None) == "cam-not-in-card-security"


def test_a_number_without_its_leading_zeros_is_none(proof):
    """§4.4.5.6: as long as the order."""
    short = next(k for k in range(1, 5000) if chip_authentication_data(STATIC, k)[0] == 0)
    private = short.to_bytes(32, "big")
    data = chip_authentication_data(STATIC, short)
    assert len(data) == 32
    changes = {"mapping_key": CURVE.public_key(private)}
    assert reason(proof, **changes, data=data) == "ok"
    assert reason(proof, **changes, data=data.lstrip(b"\0")) == "cam-wrong-key"


def test_a_generic_mapping_that_card_security_offers_is_no_proof(proof):
    assert reason(proof, card_security(key_info(KEYS.chip_authentication_public[13], 13), offer=GM), oid=GM.oid) == (
        "cam-not-in-card-security"
    )


def public(seed: int = 9, number: int = 13) -> AgreementKey:
    return keys_of(number, seed=seed).chip_authentication_public[number]


FOREIGN = UnknownSecurityInfo("1.2.3", asn1.sequence(asn1.oid("1.2.3"), asn1.integer(1)))


@pytest.mark.parametrize(
    ("infos", "expected"),
    [
        ([key_info(public(), None)], "ok"),
        ([key_info(public(), 13)], "ok"),
        ([key_info(public(), 1)], "cam-key-missing"),
        ([key_info(public(10), 12), key_info(public(), 13)], "ok"),
        ([key_info(public(), 12), key_info(public(10), 13)], "cam-wrong-key"),
        ([key_info(public(), None), key_info(public(10), None)], "cam-key-missing"),
        ([key_info(public(), None), key_info(public(10), 1)], "cam-key-missing"),
        ([key_info(public(10, 12), 13, 12), key_info(public(), None)], "ok"),
        ([key_info(public(10, 12), 13, 12)], "cam-key-missing"),
        ([FOREIGN], "cam-key-missing"),
        ([ChipAuthenticationPublicKeyInfo(ID_PK_DH, build_agreement_key(public(10, 1), 1), 13), key_info(public(), None)], "ok"),
        ([ChipAuthenticationPublicKeyInfo(ID_PK_ECDH, b"\x30\x00", 13), key_info(public(), None)], "ok"),
        ([ChipAuthenticationPublicKeyInfo(ID_PK_ECDH, b"\x30\x00", 13), key_info(public(), 1)], "cam-key-missing"),
    ],
    ids=range(13),
)
def test_the_key_is_chosen_by_id_and_group(proof, infos, expected):
    assert reason(proof, card_security(*infos)) == expected


@pytest.fixture
def parsed(monkeypatch) -> list[bytes]:
    """The keys that are parsed."""
    parsed = []

    def counted(spki: bytes) -> AgreementKey:
        parsed.append(spki)
        return parse_agreement_key(spki)

    monkeypatch.setattr("chipid.protocols.pace.chip_authentication_mapping.parse_agreement_key", counted)
    return parsed


def test_the_key_of_that_id_is_parsed_before_any_other(proof, parsed):
    named = key_info(public(), 13)
    assert reason(proof, card_security(*(key_info(public(10), number) for number in range(12)), named)) == "ok"
    assert parsed == [named.spki]


@pytest.mark.parametrize("key_id", [13, None])
def test_so_many_keys_are_parsed_and_no_more(proof, parsed, key_id):
    keys = [key_info(public(10, 12), key_id, 12) for _ in range(KEYS_MAX + 4)]
    assert reason(proof, card_security(*keys)) == "cam-key-missing"
    assert len(parsed) == KEYS_MAX


@pytest.mark.parametrize("oid", ["1.2.840.10046.2.1", "1.2.840.113549.1.3.1"])
def test_a_key_in_a_field_of_its_own_is_not_parsed(proof, parsed, oid):
    """That its parameters are primes takes long to find out."""
    algorithm = asn1.sequence(asn1.oid(oid), asn1.sequence(asn1.integer(23), asn1.integer(4), asn1.integer(11)))
    field_key = ChipAuthenticationPublicKeyInfo(ID_PK_ECDH, asn1.sequence(algorithm, asn1.bit_string(asn1.integer(16))), 13)
    assert reason(proof, card_security(field_key, key_info(public(), None))) == "ok"
    assert len(parsed) == 1


def test_a_key_that_is_none_is_told(proof):
    with pytest.raises(MalformedData):
        reason(proof, card_security(ChipAuthenticationPublicKeyInfo(ID_PK_ECDH, b"\x30\x00", 13)))
    unknown = asn1.sequence(asn1.sequence(asn1.oid("1.2.840.10045.2.1"), asn1.oid("1.2.3.4")), asn1.bit_string(b"\4"))
    with pytest.raises(UnsupportedFeature):
        reason(proof, card_security(ChipAuthenticationPublicKeyInfo(ID_PK_ECDH, unknown, 13)))


def test_a_group_that_card_security_spells_out_as_no_known_one(proof):
    offer = info(6, 2, 33)
    algorithm = asn1.sequence(asn1.oid("1.2.840.10045.2.1"), asn1.oid("1.2.3.4"))
    infos = SecurityInfos.of([offer, PaceDomainParameterInfo(f"{PACE}.6", algorithm, 33), key_info(public(), 33)])
    with pytest.raises(UnsupportedFeature):
        reason(proof, infos, parameter_id=33)


# Chip Authentication Mapping: the chip -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "static", [{}, {12: STATIC}, {None: STATIC}, {13: parse_private_key(keys_of(1).chip_authentication[1])}], ids=range(4)
)
def test_a_chip_without_the_static_key_does_not_begin(static):
    chip = chip_with(CAM, static=static).chip
    assert chip.set_at(build_tlv(0x80, oid_octets(CAM.oid)) + b"\x83\x01\x02") == 0x6A88


def test_the_chip_gives_its_proof_in_this_mapping_alone():
    wires = {offer.oid: chip_with(offer) for offer in (GM, IM, CAM)}
    last = {}
    for offer in (GM, IM, CAM):
        terminal_wire = wires[offer.oid]
        terminal_wire.tamper = lambda step, response, oid=offer.oid: last.update({oid: response}) or response
        terminal(terminal_wire, offer)
        tags = [tlv.tag for tlv in parse_tlv(last[offer.oid].data, 0x7C).children()]
        assert (0x8A in tags) is (offer is CAM)
        assert terminal_wire.chip.proved_chip is (offer is CAM)
    assert TlvCursor(wires[CAM.oid].commands[0].data).expect(0x80).value == oid_octets(CAM.oid)
