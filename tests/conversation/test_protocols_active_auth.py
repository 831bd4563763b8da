# SPDX-License-Identifier: Apache-2.0
"""Active Authentication: the terminal against the chip, and the evaluation against everything that a chip may answer
(ICAO 9303-11 §6.1; BSI TR-03105-5.1 unit ISO7816_F)."""

from __future__ import annotations

from functools import cache
from random import Random

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa as rsa_keys

from chipid.crypto import asn1
from chipid.crypto.domain import DhDomain, EcDomain
from chipid.crypto.private_key import RsaPrivateKey, parse_private_key
from chipid.crypto.signature import EcPublicKey, RsaPublicKey
from chipid.crypto.spki import build_ec_parameters, build_spki
from chipid.errors import MalformedData, UnsupportedFeature
from chipid.evidence import ActiveAuthenticationTranscript
from chipid.iso7816.apdu import CommandAPDU, ResponseAPDU
from chipid.iso7816.dialogue import run
from chipid.iso7816.secure_messaging import SecureMessaging
from chipid.lds.security_infos import ActiveAuthenticationInfo, SecurityInfos
from chipid.protocols.active_auth import (
    ECDSA_HASHES,
    ActiveAuthenticationChip,
    active_authentication,
    default_hash,
    evaluate_active_authentication,
    needs_extended_le,
)
from chipid.protocols.chip_signature import private_operation
from chipid.protocols.iso9796_2 import TRAILERS, build_representative, m1_size, open_representative

CHALLENGE = bytes.fromhex("0102030405060708")
CURVES = ["secp192r1", "secp224r1", "secp256r1", "secp384r1", "secp521r1", "brainpoolP224r1", "brainpoolP320r1", "brainpoolP512r1"]


def rsa_pkcs8(bits: int, e: int = 65537) -> bytes:
    return _rsa_pkcs8(bits, e)


@cache
def _rsa_pkcs8(bits: int, e: int) -> bytes:
    key = rsa_keys.generate_private_key(public_exponent=e, key_size=bits)
    return key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


def rsa_key(bits: int) -> RsaPrivateKey:
    key = parse_private_key(rsa_pkcs8(bits))
    assert isinstance(key, RsaPrivateKey)
    return key


def rsa_spki(bits: int, e: int = 65537) -> bytes:
    key = parse_private_key(rsa_pkcs8(bits, e))
    assert isinstance(key, RsaPrivateKey)
    return build_spki(RsaPublicKey(key.n, key.e))


def ec_pkcs8(name: str, *, explicit: bool = True, scalar: int = 0x1234567890ABCDEF1234567890ABCDEF) -> bytes:
    domain = EcDomain.named(name)
    private = asn1.sequence(asn1.integer(1), asn1.octet_string(scalar.to_bytes(domain.field_size, "big")))
    algorithm = asn1.sequence(asn1.oid("1.2.840.10045.2.1"), build_ec_parameters(domain, explicit=explicit))
    return asn1.sequence(asn1.integer(0), algorithm, asn1.octet_string(private))


def ec_spki(name: str) -> bytes:
    key = parse_private_key(ec_pkcs8(name))
    return build_spki(EcPublicKey(key.domain, key.public, explicit=True))


def declared(number: int | str) -> SecurityInfos:
    oid = number if isinstance(number, str) else f"0.4.0.127.0.7.1.1.4.1.{number}"
    return SecurityInfos.of([ActiveAuthenticationInfo("2.23.136.1.1.5", 1, oid)])


class AaWire:
    def __init__(self, chip, tamper=lambda command, response: response) -> None:
        self.chip = chip
        self.tamper = tamper
        self.commands: list[CommandAPDU] = []

    def transmit(self, raw: bytes) -> bytes:
        command = CommandAPDU.from_bytes(raw)
        self.commands.append(command)
        return self.tamper(command, ResponseAPDU(self.chip.internal_authenticate(command.data), 0x9000)).to_bytes()


def authenticate(chip, tamper=lambda command, response: response, **kwargs) -> ActiveAuthenticationTranscript:
    return run(active_authentication(Random(9).randbytes, **kwargs), AaWire(chip, tamper))


def answered(response: bytes, sw: int = 0x9000, challenge: bytes = CHALLENGE) -> ActiveAuthenticationTranscript:
    return ActiveAuthenticationTranscript(challenge, response, sw)


def verdict(spki, transcript, infos=None):
    finding = evaluate_active_authentication(spki, infos, transcript)
    return finding.ok, finding.reason


# RSA -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hash_name", list(TRAILERS))
@pytest.mark.parametrize("bits", [1024, 1280, 1792, 2048])
def test_rsa(bits, hash_name):
    chip = ActiveAuthenticationChip(rsa_pkcs8(bits), Random(1).randbytes, hash_name=hash_name)
    transcript = authenticate(chip)
    assert len(transcript.response) == bits // 8
    weakness = "aa-short-key" if bits < 2048 else "aa-sha1" if hash_name == "sha1" else "ok"
    assert verdict(rsa_spki(bits), transcript) == (True, weakness)


def test_exponent_three():
    assert verdict(rsa_spki(2048, 3), authenticate(ActiveAuthenticationChip(rsa_pkcs8(2048, 3)))) == (True, "ok")


@pytest.mark.parametrize(("bits", "short"), [(1024, True), (2040, True), (2048, False)])
def test_a_short_rsa_key_is_told(bits, short):
    """Both weaknesses are told, the graver one as the reason."""
    chip = ActiveAuthenticationChip(rsa_pkcs8(bits), Random(1).randbytes, hash_name="sha1")
    finding = evaluate_active_authentication(rsa_spki(bits), None, authenticate(chip))
    assert (finding.ok, finding.reason) == (True, "aa-short-key" if short else "aa-sha1")
    assert ("aa-short-key" in finding.deviations) is short
    assert "aa-sha1" in finding.deviations


@pytest.mark.parametrize(("curve", "short"), [("secp192r1", True), ("brainpoolP192r1", True), ("secp224r1", False)])
def test_a_short_curve_is_told(curve, short):
    chip = ActiveAuthenticationChip(ec_pkcs8(curve), Random(1).randbytes, hash_name="sha224")
    finding = evaluate_active_authentication(ec_spki(curve), declared(2), authenticate(chip))
    assert (finding.ok, finding.reason) == (True, "aa-short-key" if short else "ok")
    assert ("aa-hash-too-long" in finding.deviations) is short


def test_m1_is_fresh_for_each_signature():
    chip = ActiveAuthenticationChip(rsa_pkcs8(1024))
    assert chip.internal_authenticate(CHALLENGE) != chip.internal_authenticate(CHALLENGE)


def sign(f: bytes, bits: int = 1024) -> bytes:
    return private_operation(rsa_key(bits), int.from_bytes(f, "big")).to_bytes(bits // 8, "big")


def representative(hash_name="sha256", bits=1024, m2=CHALLENGE) -> bytes:
    return build_representative(Random(2).randbytes(m1_size(bits // 8, hash_name)), m2, hash_name)


def test_the_smaller_of_s_and_n_minus_s():
    """ISO 9796-2 Annex B.4 and B.6: both are accepted."""
    s = int.from_bytes(sign(representative(bits=2048), 2048), "big")
    n = rsa_key(2048).n
    for form in (s, n - s):
        assert verdict(rsa_spki(2048), answered(form.to_bytes(256, "big"))) == (True, "ok")


def test_a_chip_that_gives_the_smaller_one():
    n, halves = rsa_key(2048).n, set()
    for smaller in (False, True):
        chip = ActiveAuthenticationChip(rsa_pkcs8(2048), Random(5).randbytes, smaller=smaller)
        answers = [chip.internal_authenticate(CHALLENGE) for _ in range(12)]
        halves.add((smaller, any(int.from_bytes(answer, "big") > n // 2 for answer in answers)))
        assert all(verdict(rsa_spki(2048), answered(answer)) == (True, "ok") for answer in answers)
    assert halves == {(False, True), (True, False)}


def test_n_minus_s_proves_no_other_challenge():
    n = rsa_key(1024).n
    s = int.from_bytes(sign(representative(m2=b"\x01" * 8)), "big")
    assert verdict(rsa_spki(1024), answered((n - s).to_bytes(128, "big"))) == (False, "aa-hash")


def test_a_signature_with_leading_zeros():
    """Fixed length: a signature that starts with 00 is one."""
    chip = ActiveAuthenticationChip(rsa_pkcs8(1024), Random(4).randbytes)
    signature = next(s for s in (chip.internal_authenticate(CHALLENGE) for _ in range(5000)) if s[0] == 0)
    assert verdict(rsa_spki(1024), answered(signature)) == (True, "aa-short-key")
    assert verdict(rsa_spki(1024), answered(signature[1:])) == (None, "aa-answer-short")


def test_another_challenge():
    assert verdict(rsa_spki(1024), answered(sign(representative(m2=b"\x01" * 8)))) == (False, "aa-hash")


def test_another_key():
    signature = ActiveAuthenticationChip(rsa_pkcs8(1280)).internal_authenticate(CHALLENGE)
    assert verdict(rsa_spki(1280), answered(signature))[0] is True
    other = rsa_keys.generate_private_key(public_exponent=65537, key_size=1280).public_key().public_numbers()
    assert verdict(build_spki(RsaPublicKey(other.n, other.e)), answered(signature))[0] is False


@pytest.mark.parametrize("position", [1, 60, 94, 95, 100, 125])
def test_a_representative_that_is_not_sound(position):
    f = bytearray(representative())
    f[position] ^= 0x10
    assert verdict(rsa_spki(1024), answered(sign(bytes(f)))) == (False, "aa-hash")


@pytest.mark.parametrize(
    ("header", "reason"),
    [(0x4A, "aa-total-recovery"), (0x6B, "aa-header"), (0x0A, "aa-header"), (0x2A, "aa-header"), (0x60, "aa-header")],
)
def test_other_headers(header, reason):
    f = bytes((header,)) + representative()[1:]
    assert verdict(rsa_spki(1024), answered(sign(f))) == (False, reason)


@pytest.mark.parametrize("trailer", ["33CC", "31CC", "37CC", "00CC", "BCCC", "341C"])
def test_other_trailers(trailer):
    octets = bytes.fromhex(trailer)
    f = representative()[: -len(octets)] + octets
    assert verdict(rsa_spki(1024), answered(sign(f))) == (False, "aa-trailer")


def test_a_trailer_of_another_hash():
    f = representative()[:-2] + TRAILERS["sha512"]
    assert verdict(rsa_spki(1024), answered(sign(f))) == (False, "aa-hash")


def test_the_hash_has_to_fit():
    assert open_representative(b"\x6a" + bytes(40) + TRAILERS["sha512"], CHALLENGE).reason == "aa-trailer"
    for size in range(4):
        assert open_representative(b"\x6a\x34\xcc"[:size], CHALLENGE).hash is None


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        (b"", (None, "aa-no-answer")),
        (bytes(127), (None, "aa-answer-short")),
        (bytes(129), (False, "aa-length")),
        (b"\xff" * 128, (False, "aa-length")),
        (bytes(128), (False, "aa-trailer")),
        (b"\x00" * 127 + b"\x01", (False, "aa-trailer")),
    ],
)
def test_answers_that_are_no_signatures(response, expected):
    assert verdict(rsa_spki(1024), answered(response)) == expected


def test_zero_and_one_recover_themselves():
    """s = 0 and s = 1 (and n - 1) recover without the private key: header, trailer and hash refuse them."""
    n = rsa_key(1024).n
    for value in (0, 1, n - 1):
        assert verdict(rsa_spki(1024), answered(value.to_bytes(128, "big")))[0] is False


def test_a_modulus_of_odd_length():
    n = (1 << 1022) | 1
    with pytest.raises(UnsupportedFeature, match="1023"):
        evaluate_active_authentication(build_spki(RsaPublicKey(n, 3)), None, answered(bytes(128)))


def test_a_key_that_cannot_be_used():
    with pytest.raises(UnsupportedFeature, match="DG15"):
        evaluate_active_authentication(build_spki(RsaPublicKey(rsa_key(1024).n, 2)), None, answered(bytes(128)))


# ECDSA -----------------------------------------------------------------------------------------------------------

NUMBER = {"sha1": 1, "sha224": 2, "sha256": 3, "sha384": 4, "sha512": 5}


@pytest.mark.parametrize("plain", [True, False])
@pytest.mark.parametrize("curve", CURVES)
def test_ecdsa(curve, plain):
    pkcs8 = ec_pkcs8(curve)
    name = default_hash(parse_private_key(pkcs8))
    transcript = authenticate(ActiveAuthenticationChip(pkcs8, Random(1).randbytes, plain=plain))
    reason = "aa-short-key" if name == "sha1" else "ok" if plain else "aa-der"
    assert verdict(ec_spki(curve), transcript, declared(NUMBER[name])) == (True, reason)


def test_default_hashes():
    chosen = [default_hash(parse_private_key(ec_pkcs8(curve))) for curve in CURVES]
    assert chosen == ["sha1", "sha224", "sha256", "sha384", "sha512", "sha224", "sha256", "sha512"]


@pytest.mark.parametrize("plain", [True, False])
@pytest.mark.parametrize("hash_name", list(NUMBER))
def test_ecdsa_without_dg14(hash_name, plain):
    """Chips exist that do not say which hash they sign with."""
    chip = ActiveAuthenticationChip(ec_pkcs8("secp521r1"), Random(1).randbytes, hash_name=hash_name, plain=plain)
    finding = evaluate_active_authentication(ec_spki("secp521r1"), None, authenticate(chip))
    assert (finding.ok, finding.reason) == (True, "aa-sha1" if hash_name == "sha1" else "aa-algorithm-undeclared")
    assert hash_name in finding.detail
    assert ("aa-der" in finding.deviations) is not plain


def test_a_declared_hash_is_the_only_one():
    chip = ActiveAuthenticationChip(ec_pkcs8("secp384r1"), hash_name="sha256")
    assert verdict(ec_spki("secp384r1"), authenticate(chip), declared(4)) == (False, "aa-signature")
    assert verdict(ec_spki("secp384r1"), authenticate(chip), declared(3)) == (True, "ok")


def test_identifiers_of_x9_62_name_a_hash_too():
    chip = ActiveAuthenticationChip(ec_pkcs8("secp256r1"), plain=False)
    assert verdict(ec_spki("secp256r1"), authenticate(chip), declared("1.2.840.10045.4.3.2")) == (True, "aa-der")
    assert ECDSA_HASHES["1.2.840.10045.4.3.2"] == "sha256"


@pytest.mark.parametrize("oid", ["0.4.0.127.0.7.1.1.4.1.6", "0.4.0.127.0.7.1.1.4.1.9", "1.2.3"])
def test_an_unknown_signature_algorithm(oid):
    transcript = authenticate(ActiveAuthenticationChip(ec_pkcs8("secp256r1")))
    assert verdict(ec_spki("secp256r1"), transcript, declared(oid)) == (False, "aa-algorithm-unknown")


def test_a_hash_longer_than_the_key():
    chip = ActiveAuthenticationChip(ec_pkcs8("secp224r1"), hash_name="sha256")
    assert verdict(ec_spki("secp224r1"), authenticate(chip), declared(3)) == (True, "aa-hash-too-long")


@pytest.mark.parametrize(
    "change",
    [
        lambda s: s[:-1],
        lambda s: s + b"\0",
        lambda s: s[:-1] + bytes((s[-1] ^ 1,)),
        lambda s: s[32:] + s[:32],
        lambda s: bytes(64),
        lambda s: b"\xff" * 64,
        lambda s: s[:32] + bytes(32),
        lambda s: b"\x30\x00",
    ],
)
def test_ecdsa_answers_that_are_no_signatures(change):
    signature = ActiveAuthenticationChip(ec_pkcs8("secp256r1")).internal_authenticate(CHALLENGE)
    assert verdict(ec_spki("secp256r1"), answered(signature), declared(3)) == (True, "ok")
    assert verdict(ec_spki("secp256r1"), answered(change(signature)), declared(3)) == (False, "aa-signature")


def test_ecdsa_over_another_challenge():
    signature = ActiveAuthenticationChip(ec_pkcs8("secp256r1")).internal_authenticate(b"\x01" * 8)
    assert verdict(ec_spki("secp256r1"), answered(signature), declared(3)) == (False, "aa-signature")


# The dialogue ----------------------------------------------------------------------------------------------------


def test_the_command_is_that_of_the_standard():
    wire = AaWire(ActiveAuthenticationChip(rsa_pkcs8(1024)))
    run(active_authentication(CHALLENGE), wire)
    run(active_authentication(CHALLENGE, extended=True), wire)
    assert wire.commands[0].to_bytes().hex().upper() == "00880000080102030405060708" + "00"
    assert wire.commands[1].to_bytes().hex().upper() == "008800000000080102030405060708" + "0000"


@pytest.mark.parametrize("cipher", ["3DES", "AES-128", "AES-256"])
def test_when_an_answer_needs_an_extended_le(cipher):
    keys = (
        bytes(32 if cipher == "AES-256" else 16),
        bytes(32 if cipher == "AES-256" else 16),
        bytes(8 if cipher == "3DES" else 16),
    )
    for size in range(128, 513):
        protected = SecureMessaging(cipher, *keys).protect_response(bytes(size) + b"\x90\x00")
        assert needs_extended_le(size, cipher) is (len(protected) - 2 > 256), size


def test_where_the_challenge_came_from():
    chip = ActiveAuthenticationChip(rsa_pkcs8(1024))
    drawn = run(active_authentication(Random(9).randbytes), AaWire(chip))
    given = run(active_authentication(CHALLENGE), AaWire(chip))
    named = run(active_authentication(CHALLENGE, source="random"), AaWire(chip))
    assert (drawn.challenge_source, drawn.challenge) == ("random", Random(9).randbytes(8))
    assert (given.challenge_source, given.challenge) == ("given", CHALLENGE)
    assert named.challenge_source == "random"


@pytest.mark.parametrize("challenge", [b"", bytes(7), bytes(9), b"\x01" * 7, b"\x01" * 9, bytes(8)])
def test_challenges_that_are_refused(challenge):
    wire = AaWire(ActiveAuthenticationChip(rsa_pkcs8(1024)))
    with pytest.raises(MalformedData, match="challenge"):
        run(active_authentication(challenge), wire)
    assert wire.commands == []


def test_a_random_source_that_gives_zeros():
    with pytest.raises(MalformedData, match="zero"):
        run(active_authentication(bytes), AaWire(ActiveAuthenticationChip(rsa_pkcs8(1024))))


@pytest.mark.parametrize("extended", [True, False])
@pytest.mark.parametrize("cut", [0, 100])
def test_a_short_answer_is_asked_for_in_the_other_form(extended, cut):
    def only_the_other(command, response):
        return response if command.extended is not extended else ResponseAPDU(response.data[:cut], 0x9000)

    wire = AaWire(ActiveAuthenticationChip(rsa_pkcs8(2048)), only_the_other)
    transcript = run(active_authentication(CHALLENGE, extended=extended, signature_size=256), wire)
    assert [command.extended for command in wire.commands] == [extended, not extended]
    assert verdict(rsa_spki(2048), transcript) == (True, "ok")


def test_the_better_of_two_short_answers_is_kept():
    def worse(command, response):
        return ResponseAPDU(b"", 0x6700) if command.extended else ResponseAPDU(response.data[:100], 0x9000)

    transcript = run(active_authentication(CHALLENGE, signature_size=256), AaWire(ActiveAuthenticationChip(rsa_pkcs8(2048)), worse))
    assert (len(transcript.response), transcript.sw) == (100, 0x9000)
    assert verdict(rsa_spki(2048), transcript) == (None, "aa-answer-short")


def test_a_whole_answer_is_not_asked_for_twice():
    wire = AaWire(ActiveAuthenticationChip(rsa_pkcs8(2048)))
    run(active_authentication(CHALLENGE, signature_size=256), wire)
    assert len(wire.commands) == 1


@pytest.mark.parametrize(
    ("sw", "expected"),
    [
        (0x6982, (False, "aa-refused")),
        (0x6D00, (False, "aa-refused")),
        (0x6A88, (False, "aa-refused")),
        (0x6700, (None, "aa-no-answer")),
        (0x6C80, (None, "aa-no-answer")),
        (0x6180, (None, "aa-no-answer")),
    ],
)
def test_status_words(sw, expected):
    transcript = authenticate(ActiveAuthenticationChip(rsa_pkcs8(1024)), lambda _command, _response: ResponseAPDU(b"", sw))
    assert transcript.sw == sw
    assert verdict(rsa_spki(1024), transcript) == expected


def test_a_good_signature_with_an_error_status_is_refused():
    signature = sign(representative())
    assert verdict(rsa_spki(1024), answered(signature, sw=0x6F00)) == (False, "aa-refused")


@pytest.mark.parametrize("pkcs8", [rsa_pkcs8(2048), ec_pkcs8("secp256r1")], ids=["RSA", "ECDSA"])
def test_the_challenge_that_a_server_gave(pkcs8):
    key = parse_private_key(pkcs8)
    spki = build_spki(RsaPublicKey(key.n, key.e) if isinstance(key, RsaPrivateKey) else EcPublicKey(key.domain, key.public))
    answer = answered(ActiveAuthenticationChip(pkcs8).internal_authenticate(CHALLENGE))
    outcomes = {
        given: evaluate_active_authentication(spki, declared(3), answer, challenge=given)
        for given in (None, CHALLENGE, b"\x02" + CHALLENGE[1:], CHALLENGE[:7], CHALLENGE + b"\0", b"", bytes(8))
    }
    found = [(finding.ok, finding.reason) for finding in outcomes.values()]
    assert found == [(True, "ok")] * 2 + [(False, "aa-challenge-differs")] * 5


def test_a_refusal_to_another_challenge_than_the_given_one_is_a_failure_too():
    """Not the chip's refusal is judged then: nobody asked the right question."""
    transcript = answered(b"", sw=0x6700)
    finding = evaluate_active_authentication(rsa_spki(1024), None, transcript, challenge=b"\x02" * 8)
    assert (finding.ok, finding.reason) == (False, "aa-challenge-differs")


def test_a_given_challenge_of_zeros_proves_nothing():
    signature = sign(representative(m2=bytes(8)))
    finding = evaluate_active_authentication(rsa_spki(1024), None, answered(signature, challenge=bytes(8)), challenge=bytes(8))
    assert (finding.ok, finding.reason) == (None, "aa-challenge")


@pytest.mark.parametrize("challenge", [bytes(8), b"", b"\x01" * 7])
def test_a_recorded_challenge_that_could_be_foreseen(challenge):
    """A sound signature over it proves nothing: it may be years old."""
    signature = sign(representative(m2=challenge))
    assert verdict(rsa_spki(1024), answered(signature, challenge=challenge)) == (None, "aa-challenge")


def test_a_key_that_is_none():
    with pytest.raises(MalformedData):
        evaluate_active_authentication(b"\x30\x00", None, answered(bytes(128)))


# The chip --------------------------------------------------------------------------------------------------------


def test_keys_that_a_chip_cannot_have():
    with pytest.raises(MalformedData):
        ActiveAuthenticationChip(b"\x30\x00")
    with pytest.raises(UnsupportedFeature):
        ActiveAuthenticationChip(rsa_pkcs8(1024).replace(bytes.fromhex("2A864886F70D010101"), bytes.fromhex("2A864886F70D01010A")))
    with pytest.raises(MalformedData):
        ActiveAuthenticationChip(ec_pkcs8("secp256r1", scalar=0))
    p, g, q = (int.from_bytes(number, "big") for number in DhDomain.standardised(0).parameters)
    algorithm = asn1.sequence(asn1.oid("1.2.840.10046.2.1"), asn1.sequence(*(asn1.integer(number) for number in (p, g, q))))
    with pytest.raises(UnsupportedFeature, match="cannot sign"):
        ActiveAuthenticationChip(asn1.sequence(asn1.integer(0), algorithm, asn1.octet_string(asn1.integer(77))))


def rsa_private_key(p: int, q: int, n: int | None = None) -> bytes:
    d = pow(65537, -1, (p - 1) * (q - 1))
    numbers = (0, n or p * q, 65537, d, p, q, d % (p - 1), d % (q - 1), pow(q, -1, p))
    algorithm = asn1.sequence(asn1.oid("1.2.840.113549.1.1.1"), asn1.null())
    return asn1.sequence(asn1.integer(0), algorithm, asn1.octet_string(asn1.sequence(*map(asn1.integer, numbers))))


# 512 bits together: SHA-512 leaves no room in such a modulus.
SHORT_PRIMES = (
    0xF686118E0FE73AB95C70824D214AAE1B2EAA004F70E5174883651586992E0E8F,
    0xCCC2773F06738F44729B56A629A3D942B20A7F941A32A2FC1A8EA5E2687E61C5,
)


def test_rsa_keys_that_active_authentication_cannot_be_made_with():
    assert len(ActiveAuthenticationChip(rsa_private_key(*SHORT_PRIMES)).internal_authenticate(CHALLENGE)) == 64
    with pytest.raises(UnsupportedFeature):
        ActiveAuthenticationChip(rsa_private_key(*SHORT_PRIMES), hash_name="sha512")
    with pytest.raises(UnsupportedFeature):
        ActiveAuthenticationChip(rsa_pkcs8(1028))


def test_a_modulus_that_is_not_the_primes():
    p, q = SHORT_PRIMES
    with pytest.raises(MalformedData, match="inconsistent"):
        parse_private_key(rsa_private_key(p, q, p * q + 2))


def test_a_private_key_with_the_public_key_of_another():
    own, other = (parse_private_key(ec_pkcs8("secp256r1", scalar=scalar)).public for scalar in (5, 6))
    private = asn1.sequence(asn1.integer(1), asn1.octet_string((5).to_bytes(32, "big")), asn1.encode(0xA1, asn1.bit_string(own)))
    algorithm = asn1.sequence(asn1.oid("1.2.840.10045.2.1"), build_ec_parameters(EcDomain.named("secp256r1"), explicit=False))
    pkcs8 = asn1.sequence(asn1.integer(0), algorithm, asn1.octet_string(private))
    assert parse_private_key(pkcs8).public == own
    with pytest.raises(MalformedData, match="of another"):
        parse_private_key(pkcs8.replace(own, other))


def test_named_and_explicit_curves():
    named, explicit = (parse_private_key(ec_pkcs8("secp256r1", explicit=explicit)) for explicit in (False, True))
    assert named.public == explicit.public


def test_a_damaged_rsa_key():
    pkcs8 = bytearray(rsa_pkcs8(1024))
    pkcs8[-1] ^= 1
    with pytest.raises(MalformedData):
        parse_private_key(bytes(pkcs8))


def test_nothing_of_a_key_or_a_challenge_shows():
    key = rsa_key(1024)
    assert str(key.p) not in repr(key)
    assert CHALLENGE.hex() not in repr(answered(b"\x01\x02"))
