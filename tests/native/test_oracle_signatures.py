# SPDX-License-Identifier: Apache-2.0
"""Signature verification: what ``cryptography`` signs is valid, and nothing else is."""

from __future__ import annotations

import functools
import hashlib

import oracle
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature
from curves import CURVES
from hypothesis import given, settings
from hypothesis import strategies as st

from chipid import _native
from chipid._native import EcDomain, NativeError

HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha1": hashes.SHA1(),
    "sha224": hashes.SHA224(),
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
HASH_NAMES = st.sampled_from(sorted(HASHES))


def _octets(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8 or 1, "big")


def _flipped(octets: bytes, bit: int) -> bytes:
    changed = bytearray(octets)
    changed[bit // 8 % len(changed)] ^= 1 << bit % 8
    return bytes(changed)


# ECDSA ------------------------------------------------------------------------------------------------------------
def _sign(name: str, private: int, digest: bytes, k: int) -> tuple[int, int]:
    """ECDSA by the book (BSI TR-03111 §4.2.1), on affine arithmetic."""
    curve = CURVES[name]
    point = curve.multiply(k, curve.g)
    assert point is not None
    cut = int.from_bytes(digest, "big") >> max(0, 8 * len(digest) - curve.n.bit_length())
    r = point[0] % curve.n
    return r, pow(k, -1, curve.n) * (cut + r * private) % curve.n


@st.composite
def signed(draw: st.DrawFn) -> tuple[str, bytes, bytes, int, int]:
    name = draw(st.sampled_from(sorted(CURVES)))
    curve = CURVES[name]
    private, k = draw(st.integers(1, curve.n - 1)), draw(st.integers(1, curve.n - 1))
    digest = hashlib.new(draw(HASH_NAMES), draw(st.binary(max_size=8))).digest()
    r, s = _sign(name, private, digest, k)
    return name, curve.encode(curve.multiply(private, curve.g)), digest, r, s


@given(signed(), st.integers(0, 4000), st.sampled_from(("point", "digest", "r", "s")))
@settings(max_examples=60)
def test_ecdsa(case: tuple[str, bytes, bytes, int, int], bit: int, which: str) -> None:
    name, point, digest, r, s = case
    domain = EcDomain.named(name)
    inputs = {"point": point, "digest": digest, "r": _octets(r), "s": _octets(s)}
    assert _native.ecdsa_verify(domain, *inputs.values()) is (0 not in (r, s))
    assert _native.ecdsa_verify(domain, point, digest, b"\x00" + _octets(r), b"\x00\x00" + _octets(s)) is (
        0 not in (r, s)
    )
    # The other s of the pair is valid too, by the mathematics.
    assert _native.ecdsa_verify(domain, point, digest, _octets(r), _octets(CURVES[name].n - s)) is (0 not in (r, s))
    inputs[which] = _flipped(inputs[which], bit)
    answer = oracle.answer(_native.ecdsa_verify, domain, *inputs.values())
    if which == "digest" and _cut_away(name, digest, bit):
        assert answer is (0 not in (r, s))
    else:
        assert answer is False or (which == "point" and answer in ("<ec-point>", "<ec-infinity>"))


def _cut_away(name: str, digest: bytes, bit: int) -> bool:
    """Whether *bit* of _flipped lies behind the leftmost bits that the group's order leaves of a digest."""
    order = CURVES[name].n.bit_length()
    index, mask = bit // 8 % len(digest), bit % 8
    return 8 * index + (7 - mask) >= order


@pytest.mark.parametrize(
    "name", ["secp256r1", "secp384r1", "secp521r1", "brainpoolP256r1", "brainpoolP384r1", "brainpoolP512r1"]
)
@pytest.mark.parametrize("digest_name", sorted(HASHES))
def test_ecdsa_against_cryptography(name: str, digest_name: str) -> None:
    theirs = {
        "secp256r1": ec.SECP256R1(),
        "secp384r1": ec.SECP384R1(),
        "secp521r1": ec.SECP521R1(),
        "brainpoolP256r1": ec.BrainpoolP256R1(),
        "brainpoolP384r1": ec.BrainpoolP384R1(),
        "brainpoolP512r1": ec.BrainpoolP512R1(),
    }[name]
    key = ec.generate_private_key(theirs)
    numbers = key.public_key().public_numbers()
    digest = hashlib.new(digest_name, b"LDSSecurityObject").digest()
    r, s = decode_dss_signature(key.sign(digest, ec.ECDSA(Prehashed(HASHES[digest_name]))))
    curve, domain = CURVES[name], EcDomain.named(name)
    point = curve.encode((numbers.x, numbers.y))
    assert _native.ecdsa_verify(domain, point, digest, _octets(r), _octets(s))
    assert _native.ecdsa_verify(domain, curve.compress((numbers.x, numbers.y)), digest, _octets(r), _octets(s))
    assert not _native.ecdsa_verify(domain, point, digest, _octets(s), _octets(r))
    assert not _native.ecdsa_verify(domain, domain.generator, digest, _octets(r), _octets(s))


@pytest.mark.parametrize("name", sorted(CURVES))
def test_ecdsa_out_of_range(name: str) -> None:
    """An r or s that no signer makes is a wrong signature, not an error, and never a right one."""
    curve, domain = CURVES[name], EcDomain.named(name)
    digest = hashlib.sha256(b"").digest()
    r, s = _sign(name, 5, digest, 7)
    point = curve.encode(curve.multiply(5, curve.g))
    assert _native.ecdsa_verify(domain, point, digest, _octets(r), _octets(s))
    beyond = (_octets(curve.n), _octets(curve.n + r), _octets(curve.n + s), b"\xff" * 70, b"\xff" * 5000)
    for wrong in (b"", b"\x00", bytes(100), *beyond):
        assert _native.ecdsa_verify(domain, point, digest, wrong, _octets(s)) is False
        assert _native.ecdsa_verify(domain, point, digest, _octets(r), wrong) is False
        assert _native.ecdsa_verify(domain, point, digest, wrong, wrong) is False


@pytest.mark.parametrize("name", sorted(CURVES))
@given(st.data())
@settings(max_examples=5)
def test_ecdsa_through_infinity(name: str, data: st.DataObject) -> None:
    """Q = d·G and r = -e/d: u1·G + u2·Q is infinity whatever s is. A forger may send that: wrong, and no error."""
    curve, domain = CURVES[name], EcDomain.named(name)
    private, s = data.draw(st.integers(1, curve.n - 1)), data.draw(st.integers(1, curve.n - 1))
    e = data.draw(st.integers(1, 255))
    digest = e.to_bytes(16, "big")  # shorter than any order here: nothing is cut off
    r = -e * pow(private, -1, curve.n) % curve.n
    point = curve.encode(curve.multiply(private, curve.g))
    assert _native.ecdsa_verify(domain, point, digest, _octets(r), _octets(s)) is False


def test_ecdsa_refuses() -> None:
    domain = EcDomain.named("secp256r1")
    point, number = domain.generator, b"\x05"
    mapped = domain.map_generic(b"\x02", point)
    for arguments, code in [
        ((domain, b"\x00", bytes(32), number, number), "<ec-infinity>"),
        ((domain, point[:-1], bytes(32), number, number), "<ec-point>"),
        ((domain, _flipped(point, 9), bytes(32), number, number), "<ec-point>"),
        ((domain, point, b"", number, number), "<hash-length>"),
        ((domain, point, bytes(65), number, number), "<hash-length>"),
        ((mapped, point, bytes(32), number, number), "<ec-mapped>"),
    ]:
        assert oracle.answer(_native.ecdsa_verify, *arguments) == code


# RSA --------------------------------------------------------------------------------------------------------------
@functools.cache
def _key(bits: int, exponent: int = 65537) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(exponent, bits)


def _public(key: rsa.RSAPrivateKey) -> tuple[bytes, bytes]:
    numbers = key.public_key().public_numbers()
    return _octets(numbers.n), _octets(numbers.e)


def _raw_sign(key: rsa.RSAPrivateKey, encoded: bytes) -> bytes:
    numbers = key.private_numbers()
    n = numbers.public_numbers.n
    return pow(int.from_bytes(encoded, "big"), numbers.d, n).to_bytes((n.bit_length() + 7) // 8, "big")


@pytest.mark.parametrize(("bits", "exponent"), [(1024, 3), (1025, 65537), (1792, 65537), (2048, 3), (3072, 65537)])
@pytest.mark.parametrize("name", sorted(HASHES))
def test_pkcs1_against_cryptography(bits: int, exponent: int, name: _native.Hash) -> None:
    key = _key(bits, exponent)
    n, e = _public(key)
    digest = hashlib.new(name, b"tbsCertificate").digest()
    signature = key.sign(digest, padding.PKCS1v15(), Prehashed(HASHES[name]))
    assert _native.rsa_verify_pkcs1(n, e, name, digest, signature)
    assert _native.rsa_verify_pkcs1(b"\x00" + n, b"\x00" + e, name, digest, signature)
    assert not _native.rsa_verify_pkcs1(n, e, name, _flipped(digest, 8), signature)
    for bit in (0, 9, 8 * len(signature) - 1):
        assert not _native.rsa_verify_pkcs1(n, e, name, digest, _flipped(signature, bit))
    for wrong in (b"", signature[1:], signature[:-1], b"\x00" + signature, signature + b"\x00", n):
        assert _native.rsa_verify_pkcs1(n, e, name, digest, wrong) is False
    others = _public(_key(bits, 3 if exponent != 3 else 65537))
    assert not _native.rsa_verify_pkcs1(*others, name, digest, signature)
    assert _native.rsa_recover(n, e, signature).endswith(digest)


SHA256_INFO = bytes.fromhex("3031300d060960864801650304020105000420")
SHA256_INFO_WITHOUT_NULL = bytes.fromhex("302f300b06096086480165030402010420")


@pytest.mark.parametrize(
    ("build", "valid"),
    [
        (lambda size, digest: b"\x00\x01" + b"\xff" * (size - 54) + b"\x00" + SHA256_INFO + digest, True),
        (lambda size, digest: b"\x00\x01" + b"\xff" * (size - 52) + b"\x00" + SHA256_INFO_WITHOUT_NULL + digest, False),
        (lambda size, digest: b"\x00\x01" + b"\xff" * 8 + b"\x00" + SHA256_INFO + digest + bytes(size - 62), False),
        (lambda size, digest: b"\x00\x01" + b"\xff" * (size - 55) + b"\x00" + SHA256_INFO + digest + b"\x00", False),
        (lambda size, digest: b"\x00\x02" + b"\xff" * (size - 54) + b"\x00" + SHA256_INFO + digest, False),
        (lambda size, digest: b"\x00\x01" + b"\xfe" * (size - 54) + b"\x00" + SHA256_INFO + digest, False),
        (lambda size, digest: b"\x00\x01" + b"\xff" * (size - 35) + b"\x00" + digest, False),
        (lambda size, digest: b"\x00\x00" + bytes(size - 54) + b"\x00" + SHA256_INFO + digest, False),
    ],
)
def test_pkcs1_encodings(build: object, valid: bool) -> None:
    """Bleichenbacher's forgery of 2006 and its kin: one encoding is right (RFC 8017 §9.2), the others are not."""
    assert callable(build)
    key = _key(2048, 3)
    digest = hashlib.sha256(b"x").digest()
    encoded = build(256, digest)
    assert len(encoded) == 256
    assert _native.rsa_verify_pkcs1(*_public(key), "sha256", digest, _raw_sign(key, encoded)) is valid
    assert _native.rsa_recover(*_public(key), _raw_sign(key, encoded)) == encoded


@given(HASH_NAMES, HASH_NAMES, st.integers(0, 64), st.integers(0, 70), st.integers(0, 3000))
@settings(max_examples=60)
def test_pss_against_cryptography(name: _native.Hash, mgf: _native.Hash, salt: int, other_salt: int, bit: int) -> None:
    key = _key(1536)
    n, e = _public(key)
    digest = hashlib.new(name, b"signedAttrs").digest()
    scheme = padding.PSS(padding.MGF1(HASHES[mgf]), salt)
    signature = key.sign(digest, scheme, Prehashed(HASHES[name]))
    assert _native.rsa_verify_pss(n, e, name, mgf, salt, digest, signature)
    assert _native.rsa_verify_pss(n, e, name, mgf, other_salt, digest, signature) is (salt == other_salt)
    assert not _native.rsa_verify_pss(n, e, name, mgf, salt, _flipped(digest, bit), signature)
    assert not _native.rsa_verify_pss(n, e, name, mgf, salt, digest, _flipped(signature, bit))
    assert not _native.rsa_verify_pkcs1(n, e, name, digest, signature)
    for other in HASHES:
        if other != mgf:
            assert not _native.rsa_verify_pss(n, e, name, other, salt, digest, signature)  # type: ignore[arg-type]


@pytest.mark.parametrize("bits", [1024, 1025, 1026, 1031, 1032, 1033, 2048])
def test_pss_whatever_the_modulus_bits(bits: int) -> None:
    """emBits is one less than the modulus has: 8n+1 bits make an encoded message one octet shorter than the signature."""
    key = _key(bits)
    digest = hashlib.sha256(b"").digest()
    signature = key.sign(digest, padding.PSS(padding.MGF1(hashes.SHA256()), 32), Prehashed(hashes.SHA256()))
    assert _native.rsa_verify_pss(*_public(key), "sha256", "sha256", 32, digest, signature)


def test_a_signature_is_as_long_as_the_modulus() -> None:
    """RFC 8017 §8.1.2 and §8.2.2, step 1: one in 256 begins with a zero, and the zero is part of it."""
    key = _key(1024)
    n, e = _public(key)
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
    for count in range(20_000):
        digest = hashlib.sha256(count.to_bytes(4, "big")).digest()
        signature = key.sign(digest, pss, Prehashed(hashes.SHA256()))
        if signature[0] == 0:
            break
    assert _native.rsa_verify_pss(n, e, "sha256", "sha256", 32, digest, signature) is True
    assert _native.rsa_verify_pss(n, e, "sha256", "sha256", 32, digest, signature[1:]) is False
    assert _native.rsa_verify_pss(n, e, "sha256", "sha256", 32, digest, b"\x00" + signature) is False
    assert _native.rsa_recover(n, e, signature) == _native.rsa_recover(n, e, signature[1:])


def test_pss_salt_lengths() -> None:
    key = _key(1024)
    n, e = _public(key)
    digest = hashlib.sha512(b"").digest()
    longest = 128 - 64 - 2
    signature = key.sign(digest, padding.PSS(padding.MGF1(hashes.SHA512()), longest), Prehashed(hashes.SHA512()))
    assert _native.rsa_verify_pss(n, e, "sha512", "sha512", longest, digest, signature)
    for salt in (longest + 1, 1023, 1024, 2**31 - 1, 2**31, 2**63, 2**64, 2**200):
        assert _native.rsa_verify_pss(n, e, "sha512", "sha512", salt, digest, signature) is False
    for salt in (-1, -2, -3, -4, -(2**31), -(2**63), -(2**200)):  # EVP has names for -1 … -4: "digest", "auto", "max"
        assert oracle.answer(_native.rsa_verify_pss, n, e, "sha512", "sha512", salt, digest, signature) == "<argument>"


@given(st.integers(0, 2**1100))
def test_recover(signature: int) -> None:
    key = _key(1024)
    n, e = key.public_key().public_numbers().n, key.public_key().public_numbers().e
    answer = oracle.answer(_native.rsa_recover, *_public(key), _octets(signature))
    assert answer == (pow(signature, e, n).to_bytes(128, "big") if signature < n else "<rsa-range>")


@pytest.mark.parametrize(
    ("n", "e"),
    [
        (0, 3),
        (1, 3),
        ((1 << 1022) + 1, 65537),  # 1023 bits
        ((1 << 1024) - 2, 65537),  # even
        ((1 << 8193) - 1, 65537),
        ((1 << 200_000) - 1, 65537),
        ((1 << 1024) - 1, 0),
        ((1 << 1024) - 1, 1),
        ((1 << 1024) - 1, 2),
        ((1 << 1024) - 1, 65536),
        ((1 << 1024) - 1, (1 << 64) + 1),
    ],
    ids=lambda number: f"{number.bit_length()}bits{number & 3}",
)
def test_keys_beyond_the_bounds(n: int, e: int) -> None:
    digest = bytes(20)
    for answer in (
        oracle.answer(_native.rsa_verify_pkcs1, _octets(n), _octets(e), "sha1", digest, bytes(128)),
        oracle.answer(_native.rsa_verify_pss, _octets(n), _octets(e), "sha1", "sha1", 20, digest, bytes(128)),
        oracle.answer(_native.rsa_recover, _octets(n), _octets(e), b"\x02"),
    ):
        assert answer == "<rsa-key>"


@pytest.mark.parametrize("e", [3, (1 << 64) - 1])
def test_keys_at_the_bounds(e: int) -> None:
    n = (1 << 8192) - 1
    assert _native.rsa_recover(_octets(n), _octets(e), b"\x02") == pow(2, e, n).to_bytes(1024, "big")
    assert _native.rsa_verify_pkcs1(_octets(n), _octets(e), "sha1", bytes(20), bytes(1023) + b"\x02") is False


@pytest.mark.parametrize("name", sorted(HASHES))
def test_digests_have_their_hashs_length(name: _native.Hash) -> None:
    n, e = _public(_key(1024))
    size = hashlib.new(name).digest_size
    for wrong in (0, size - 1, size + 1, 64 if size != 64 else 20):
        assert oracle.answer(_native.rsa_verify_pkcs1, n, e, name, bytes(wrong), bytes(128)) == "<hash-length>"
        assert (
            oracle.answer(_native.rsa_verify_pss, n, e, name, "sha1", 20, bytes(wrong), bytes(128)) == "<hash-length>"
        )


@pytest.mark.parametrize("name", ["", "md5", "SHA256", "sha-256", "sha256\0", "sha512-256"])
def test_unknown_hashes(name: str) -> None:
    n, e = _public(_key(1024))
    for arguments in ((name, "sha1"), ("sha1", name)):
        with pytest.raises(NativeError, match="hash-unknown"):
            _native.rsa_verify_pss(n, e, *arguments, 20, bytes(20), bytes(128))  # type: ignore[arg-type]
    with pytest.raises(NativeError, match="hash-unknown"):
        _native.rsa_verify_pkcs1(n, e, name, bytes(20), bytes(128))  # type: ignore[arg-type]
