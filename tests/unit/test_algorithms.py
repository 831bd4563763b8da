# SPDX-License-Identifier: Apache-2.0
"""AlgorithmIdentifiers, and the signatures that real issuers make by them."""

from __future__ import annotations

import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given
from hypothesis import strategies as st

from chipid.crypto import asn1
from chipid.crypto.algorithms import (
    HASH_OIDS,
    build_algorithm_identifier,
    build_hash_identifier,
    hash_from_algorithm_identifier,
    scheme_from_algorithm_identifier,
)
from chipid.crypto.random import system_random
from chipid.crypto.signature import EcdsaScheme, EcPublicKey, Hash, Pkcs1Scheme, PssScheme, RsaPublicKey, Scheme
from chipid.errors import MalformedData, UnsupportedFeature
from chipid.issuing.signing_keys import SigningKey
from chipid.pki.signatures import verify_signature

RSA_ENCRYPTION, PSS = "1.2.840.113549.1.1.1", "1.2.840.113549.1.1.10"
HASHES: tuple[Hash, ...] = ("sha1", "sha224", "sha256", "sha384", "sha512")
SCHEMES: list[Scheme] = [
    scheme
    for name in HASHES
    for scheme in (Pkcs1Scheme(name), PssScheme(name, "sha256", 20), EcdsaScheme(name), EcdsaScheme(name, plain=True))
]


def identifier(oid: str, *parameters: bytes) -> bytes:
    return asn1.sequence(asn1.oid(oid), *parameters)


@pytest.mark.parametrize("scheme", SCHEMES, ids=str)
def test_each_scheme_goes_both_ways(scheme: Scheme) -> None:
    assert scheme_from_algorithm_identifier(build_algorithm_identifier(scheme)) == scheme


@pytest.mark.parametrize(
    ("oid", "scheme"),
    [
        ("1.2.840.113549.1.1.5", Pkcs1Scheme("sha1")),
        ("1.3.14.3.2.29", Pkcs1Scheme("sha1")),
        ("1.2.840.113549.1.1.11", Pkcs1Scheme("sha256")),
        ("1.2.840.10045.4.1", EcdsaScheme("sha1")),
        ("1.2.840.10045.4.3.3", EcdsaScheme("sha384")),
        ("0.4.0.127.0.7.1.1.4.1.1", EcdsaScheme("sha1", plain=True)),
        ("0.4.0.127.0.7.1.1.4.1.2", EcdsaScheme("sha224", plain=True)),
        ("0.4.0.127.0.7.1.1.4.1.3", EcdsaScheme("sha256", plain=True)),
        ("0.4.0.127.0.7.1.1.4.1.4", EcdsaScheme("sha384", plain=True)),
        ("0.4.0.127.0.7.1.1.4.1.5", EcdsaScheme("sha512", plain=True)),
    ],
)
@pytest.mark.parametrize("parameters", [b"", asn1.null()])
def test_published_identifiers(oid: str, scheme: Scheme, parameters: bytes) -> None:
    assert scheme_from_algorithm_identifier(identifier(oid, parameters)) == scheme


@pytest.mark.parametrize(
    "oid",
    [
        "1.2.840.113549.1.1.4",  # RSA with MD5
        "1.2.840.113549.1.1.15", "1.2.840.113549.1.1.16",  # with SHA-512/224 and SHA-512/256
        "2.16.840.1.101.3.4.3.14",  # with SHA3-256
        "1.3.6.1.5.5.7.6.31",  # RSASSA-PSS with SHAKE256
        "1.2.840.113549.1.1.7",  # RSAES-OAEP: no signature
        "2.16.840.1.101.3.4.3.10", "1.3.6.1.5.5.7.6.33",  # ECDSA with SHA3-256, with SHAKE256
        "1.2.840.10045.4.2",  # ECDSA with a hash that the key's length tells
        "0.4.0.127.0.7.1.1.4.1.6",  # plain ECDSA with RIPEMD-160
        "2.16.840.1.101.3.4.3.6",  # DSA with SHA3-256
        "1.3.101.112", "1.3.101.113",  # Ed25519, Ed448
        "1.2.643.7.1.1.3.2", "1.2.156.10197.1.501", "2.16.840.1.101.3.4.3.17",  # GOST, SM2, ML-DSA-44
    ],
)  # fmt: skip
def test_what_is_not_claimed_is_unsupported(rsa_key: SigningKey, ec_key: SigningKey, oid: str) -> None:
    """Neither valid nor invalid: whoever asks must be told that nobody looked."""
    for key in (rsa_key, ec_key):
        with pytest.raises(UnsupportedFeature):
            verify_signature(key.public, identifier(oid), MESSAGE, key.sign(MESSAGE), "sha256")


def test_a_key_beyond_the_limits_is_unsupported() -> None:
    """RSA of 1024 to 8192 bits with an exponent of at most 64; in a key of more bits the work would be the attacker's choice."""
    algorithm = build_algorithm_identifier(Pkcs1Scheme("sha256"))
    for n, e in (((1 << 1022) + 1, 3), ((1 << 2048) - 1, 4), ((1 << 8193) - 1, 3), ((1 << 2048) - 1, (1 << 64) + 1)):
        with pytest.raises(UnsupportedFeature):
            verify_signature(RsaPublicKey(n, e), algorithm, MESSAGE, bytes((n.bit_length() + 7) // 8))


def test_an_identifier_without_a_hash_takes_the_digest_algorithms() -> None:
    assert scheme_from_algorithm_identifier(identifier(RSA_ENCRYPTION, asn1.null()), "sha384") == Pkcs1Scheme("sha384")
    assert scheme_from_algorithm_identifier(identifier("1.2.840.10045.2.1"), "sha256") == EcdsaScheme("sha256")
    with pytest.raises(MalformedData, match="no hash"):
        scheme_from_algorithm_identifier(identifier(RSA_ENCRYPTION))


def test_ecdsa_may_name_its_hash_in_parameters() -> None:
    assert scheme_from_algorithm_identifier(identifier("1.2.840.10045.4.3", build_hash_identifier("sha224"))) == EcdsaScheme(
        "sha224"
    )


def test_absent_pss_parameters_have_defaults() -> None:
    assert scheme_from_algorithm_identifier(identifier(PSS)) == PssScheme("sha1", "sha1", 20)
    assert scheme_from_algorithm_identifier(identifier(PSS, asn1.sequence())) == PssScheme("sha1", "sha1", 20)
    only_salt = asn1.sequence(asn1.encode(0xA2, asn1.integer(32)))
    assert scheme_from_algorithm_identifier(identifier(PSS, only_salt)) == PssScheme("sha1", "sha1", 32)
    with_trailer = asn1.sequence(asn1.encode(0xA3, asn1.integer(1)))
    assert scheme_from_algorithm_identifier(identifier(PSS, with_trailer)) == PssScheme("sha1", "sha1", 20)


@pytest.mark.parametrize(
    ("der", "error"),
    [
        (identifier(PSS, asn1.sequence(asn1.encode(0xA3, asn1.integer(2)))), UnsupportedFeature),
        (identifier(PSS, asn1.sequence(asn1.encode(0xA2, asn1.integer(-1)))), MalformedData),
        (identifier(PSS, asn1.sequence(asn1.encode(0xA2, asn1.integer(1 << 40)))), MalformedData),
        (identifier(PSS, asn1.sequence(asn1.encode(0xA1, identifier("1.2.3")))), UnsupportedFeature),
        (
            identifier(PSS, asn1.sequence(asn1.encode(0xA1, identifier("1.2.3", build_hash_identifier("sha256"))))),
            UnsupportedFeature,
        ),
        (identifier(PSS, asn1.sequence(asn1.encode(0xA1, identifier("1.2.840.113549.1.1.8")))), UnsupportedFeature),
        (identifier(PSS, asn1.null()), MalformedData),
        (identifier(PSS, asn1.sequence(asn1.encode(0xA4, asn1.integer(1)))), MalformedData),
        (identifier("1.2.840.113549.1.1.4", asn1.null()), UnsupportedFeature),  # MD5
        (identifier("1.2.840.10045.4.3.2", asn1.integer(1)), MalformedData),
        (identifier("1.2.840.10045.4.3.2", asn1.null(), asn1.null()), MalformedData),
        (b"", MalformedData),
        (asn1.sequence(), MalformedData),
    ],
)
def test_other_identifiers_are_refused(der: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        scheme_from_algorithm_identifier(der, "sha256")


@pytest.mark.parametrize(("oid", "name"), HASH_OIDS.items())
def test_hashes_are_read_with_null_and_without(oid: str, name: Hash) -> None:
    assert hash_from_algorithm_identifier(identifier(oid)) == name
    assert hash_from_algorithm_identifier(identifier(oid, asn1.null())) == name
    assert hash_from_algorithm_identifier(build_hash_identifier(name)) == name


def test_other_hashes_are_refused() -> None:
    with pytest.raises(UnsupportedFeature, match=r"1\.2\.840\.113549\.2\.5"):
        hash_from_algorithm_identifier(identifier("1.2.840.113549.2.5", asn1.null()))
    with pytest.raises(MalformedData):
        hash_from_algorithm_identifier(identifier("2.16.840.1.101.3.4.2.1", asn1.integer(1)))


# Signatures ----------------------------------------------------------------------------------------------------------

MESSAGE = b"what is signed"


@pytest.fixture(scope="module")
def rsa_key() -> SigningKey:
    return SigningKey.generate("rsa-2048", system_random)


@pytest.fixture(scope="module")
def ec_key() -> SigningKey:
    return SigningKey.generate("secp256r1", system_random)


@pytest.mark.parametrize("padding", ["pkcs1", "pss"])
@pytest.mark.parametrize("name", HASHES)
def test_rsa_signatures_are_verified(rsa_key: SigningKey, padding: str, name: Hash) -> None:
    key = SigningKey.of(rsa_key.private, hash_name=name, rsa_padding=padding)
    algorithm, signature = build_algorithm_identifier(key.scheme), key.sign(MESSAGE)
    finding = verify_signature(key.public, algorithm, MESSAGE, signature)
    assert finding.valid
    assert finding.deviations == (("sha1-signature",) if name == "sha1" else ())
    assert not verify_signature(key.public, algorithm, MESSAGE + b"!", signature)
    assert not verify_signature(key.public, algorithm, MESSAGE, signature[:-1] + bytes((signature[-1] ^ 1,)))
    assert not verify_signature(key.public, algorithm, MESSAGE, b"")


def test_plain_and_der_ecdsa_are_told_apart(ec_key: SigningKey) -> None:
    plain = SigningKey(ec_key.private, EcdsaScheme("sha256", plain=True))
    for signer, named, deviations in (
        (ec_key, ec_key, ()),
        (plain, plain, ()),
        (plain, ec_key, ("ecdsa-signature-encoding",)),
        (ec_key, plain, ("ecdsa-signature-encoding",)),
    ):
        algorithm = build_algorithm_identifier(named.scheme)
        finding = verify_signature(ec_key.public, algorithm, MESSAGE, signer.sign(MESSAGE))
        assert (finding.valid, finding.deviations) == (True, deviations)
        assert not verify_signature(ec_key.public, algorithm, b"other", signer.sign(MESSAGE))


def pkcs1_without_null(key: SigningKey, digest_info_tail: bytes = b"", message: bytes = MESSAGE) -> bytes:
    assert isinstance(key.private, rsa.RSAPrivateKey)
    numbers = key.private.private_numbers()
    info = asn1.sequence(build_hash_identifier("sha256"), asn1.octet_string(hashlib.sha256(message).digest())) + digest_info_tail
    block = b"\0\1" + b"\xff" * (256 - 3 - len(info)) + b"\0" + info
    # By the Chinese remainder theorem: one test makes hundreds of them.
    at_p, at_q = (
        pow(int.from_bytes(block, "big"), d, prime) for d, prime in ((numbers.dmp1, numbers.p), (numbers.dmq1, numbers.q))
    )
    return (at_q + numbers.iqmp * (at_p - at_q) % numbers.p * numbers.q).to_bytes(256, "big")


def test_pkcs1_without_null_is_told(rsa_key: SigningKey) -> None:
    """The master list that ICAO published in September 2023 is signed so."""
    algorithm = build_algorithm_identifier(Pkcs1Scheme("sha256"))
    finding = verify_signature(rsa_key.public, algorithm, MESSAGE, pkcs1_without_null(rsa_key))
    assert (finding.valid, finding.deviations) == (True, ("pkcs1-digest-info",))
    assert not verify_signature(rsa_key.public, algorithm, b"other", pkcs1_without_null(rsa_key))


@pytest.mark.parametrize("parameters", [b"", asn1.null()], ids=["without NULL", "with NULL"])
def test_a_cube_root_is_no_signature(parameters: bytes) -> None:
    """With e = 3 anybody finds a number whose cube begins as a signature does (Bleichenbacher, 2006): all of it is compared."""
    n = (1 << 2048) - 1942289  # any modulus will do: the cube is smaller, and nobody needs to know its factors
    digest = asn1.octet_string(hashlib.sha256(MESSAGE).digest())
    info = asn1.sequence(identifier("2.16.840.1.101.3.4.2.1", parameters), digest)
    block = b"\0\1" + b"\xff" * 8 + b"\0" + info
    target = int.from_bytes(block.ljust(256, b"\0"), "big")
    root = cube_root(target) + 1
    assert (root**3).to_bytes(256, "big").startswith(block)
    algorithm = build_algorithm_identifier(Pkcs1Scheme("sha256"))
    assert not verify_signature(RsaPublicKey(n, 3), algorithm, MESSAGE, root.to_bytes(256, "big"))


def cube_root(number: int) -> int:
    """The largest whole number whose cube is not larger."""
    low, high = 0, 1 << (number.bit_length() // 3 + 1)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if middle**3 <= number else (low, middle - 1)
    return low


def tolerated(rsa_key: SigningKey, ec_key: SigningKey) -> list[tuple[SigningKey, bytes, bytes, Hash | None]]:
    """A signature that is valid by each tolerance: key, algorithm, signature, digestAlgorithm."""
    plain = SigningKey(ec_key.private, EcdsaScheme("sha256", plain=True))
    sha384 = SigningKey(ec_key.private, EcdsaScheme("sha384"))
    return [
        (rsa_key, build_algorithm_identifier(Pkcs1Scheme("sha256")), pkcs1_without_null(rsa_key), None),
        (ec_key, build_algorithm_identifier(ec_key.scheme), plain.sign(MESSAGE), None),
        (ec_key, build_algorithm_identifier(plain.scheme), ec_key.sign(MESSAGE), None),
        (ec_key, build_algorithm_identifier(ec_key.scheme), sha384.sign(MESSAGE), "sha384"),
        (ec_key, build_algorithm_identifier(sha384.scheme), plain.sign(MESSAGE), "sha256"),
    ]


@given(place=st.integers(0, 4), bit=st.integers(0, 8 * 256 - 1), other=st.binary(max_size=40))
def test_a_tolerance_lets_nobody_but_the_keys_holder_sign(
    rsa_key: SigningKey, ec_key: SigningKey, place: int, bit: int, other: bytes
) -> None:
    """Each changes how the same numbers are written: any other octets, message or key, and the signature is none."""
    key, algorithm, signature, hint = tolerated(rsa_key, ec_key)[place]
    assert verify_signature(key.public, algorithm, MESSAGE, signature, hint)
    changed = bytearray(signature)
    changed[bit // 8 % len(changed)] ^= 1 << bit % 8
    assert not verify_signature(key.public, algorithm, MESSAGE, bytes(changed), hint)
    assert not verify_signature(key.public, algorithm, MESSAGE, other, hint)
    assert other == MESSAGE or not verify_signature(key.public, algorithm, other, signature, hint)
    stranger = STRANGERS[type(key.public)]
    assert not verify_signature(stranger.public, algorithm, MESSAGE, signature, hint)


STRANGERS = {
    RsaPublicKey: SigningKey.generate("rsa-2048", system_random),
    EcPublicKey: SigningKey.generate("secp256r1", system_random),
}


def test_nothing_hides_behind_a_pkcs1_digest(rsa_key: SigningKey) -> None:
    algorithm = build_algorithm_identifier(Pkcs1Scheme("sha256"))
    assert not verify_signature(rsa_key.public, algorithm, MESSAGE, pkcs1_without_null(rsa_key, b"\0"))


def test_a_signature_is_as_long_as_the_modulus(rsa_key: SigningKey) -> None:
    """One that begins with a zero is the same number without it, and no signature (RFC 8017 §8.2.2)."""
    algorithm = build_algorithm_identifier(Pkcs1Scheme("sha256"))
    messages = (str(number).encode() for number in range(100_000))
    message, signature = next((each, made) for each in messages if not (made := pkcs1_without_null(rsa_key, message=each))[0])
    assert verify_signature(rsa_key.public, algorithm, message, signature)
    assert not verify_signature(rsa_key.public, algorithm, message, signature[1:])


def test_the_digest_algorithm_may_be_the_one_that_was_used(rsa_key: SigningKey) -> None:
    key = SigningKey.of(rsa_key.private, hash_name="sha512")
    named = build_algorithm_identifier(Pkcs1Scheme("sha256"))
    finding = verify_signature(key.public, named, MESSAGE, key.sign(MESSAGE), "sha512")
    assert (finding.valid, finding.deviations) == (True, ("signature-hash-differs",))
    assert not verify_signature(key.public, named, MESSAGE, key.sign(MESSAGE), "sha384")


def test_odd_parameters_short_keys_and_sha1_are_told(rsa_key: SigningKey, ec_key: SigningKey) -> None:
    with_null = identifier("1.2.840.10045.4.3.2", asn1.null())
    assert verify_signature(ec_key.public, with_null, MESSAGE, ec_key.sign(MESSAGE)).deviations == ("algorithm-parameters",)
    without_null = identifier("1.2.840.113549.1.1.11")
    assert verify_signature(rsa_key.public, without_null, MESSAGE, rsa_key.sign(MESSAGE)).deviations == ("algorithm-parameters",)
    short = SigningKey.generate("secp192r1", system_random, hash_name="sha1")
    finding = verify_signature(short.public, build_algorithm_identifier(short.scheme), MESSAGE, short.sign(MESSAGE))
    assert (finding.valid, finding.deviations) == (True, ("sha1-signature", "short-key"))
    small = SigningKey.generate("rsa-1024", system_random)
    assert verify_signature(small.public, build_algorithm_identifier(small.scheme), MESSAGE, small.sign(MESSAGE)).deviations == (
        "short-key",
    )


def test_a_signature_of_a_larger_curve_is_told(ec_key: SigningKey) -> None:
    larger = SigningKey.generate("secp384r1", system_random, hash_name="sha256")
    finding = verify_signature(ec_key.public, build_algorithm_identifier(ec_key.scheme), MESSAGE, larger.sign(MESSAGE))
    assert (finding.valid, finding.deviations) == (False, ("ecdsa-other-curve",))
    merely_wrong = verify_signature(ec_key.public, build_algorithm_identifier(ec_key.scheme), b"other", ec_key.sign(MESSAGE))
    assert (merely_wrong.valid, merely_wrong.deviations) == (False, ())


def test_a_key_of_another_kind_made_no_signature(rsa_key: SigningKey, ec_key: SigningKey) -> None:
    assert not verify_signature(rsa_key.public, build_algorithm_identifier(ec_key.scheme), MESSAGE, ec_key.sign(MESSAGE))
    assert not verify_signature(ec_key.public, build_algorithm_identifier(rsa_key.scheme), MESSAGE, rsa_key.sign(MESSAGE))
