# SPDX-License-Identifier: Apache-2.0
"""The terminal's key in a file: every scheme, every curve, and what it refuses."""

from __future__ import annotations

import base64
import hashlib
import os
from functools import cache
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.serialization import Encoding, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from chipid.crypto import asn1
from chipid.crypto.domain import DhDomain, EcDomain
from chipid.crypto.signature import EcdsaScheme, EcPublicKey, Pkcs1Scheme, PssScheme, RsaPublicKey, verify
from chipid.crypto.spki import CURVE_OIDS, build_ec_parameters
from chipid.errors import AccessDenied, MalformedData, UnsupportedFeature, WrongPassword
from chipid.signers import FileSigner, open_signer
from chipid.signers.ecdsa import in_form
from chipid.signers.file import FILE_LIMIT

HASHES = ("sha1", "sha224", "sha256", "sha384", "sha512")
SIZES = {"sha1": 20, "sha224": 28, "sha256": 32, "sha384": 48, "sha512": 64}
MESSAGE = b"ID_IC, r_IC and the compressed key"


@cache
def rsa_info(bits: int = 2048) -> bytes:
    key = rsa.generate_private_key(65537, bits)
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, serialization.NoEncryption())


def pss_info() -> bytes:
    """The same key, for RSASSA-PSS alone (RFC 4055 §1.2)."""
    info = asn1.parse(rsa_info(), asn1.SEQUENCE).children()
    version, _algorithm, key = info
    return asn1.sequence(version.raw, asn1.sequence(asn1.oid("1.2.840.113549.1.1.10")), key.raw)


def ec_info(curve: str, *, explicit: bool = False, scalar: int = 0x1234567890ABCDEF, point: bytes | None = None) -> bytes:
    domain = EcDomain.named(curve)
    private = asn1.octet_string(scalar.to_bytes(len(domain.order), "big"))
    public = b"" if point is None else asn1.encode(0xA1, asn1.bit_string(point))
    algorithm = asn1.sequence(asn1.oid("1.2.840.10045.2.1"), build_ec_parameters(domain, explicit=explicit))
    return asn1.sequence(asn1.integer(0), algorithm, asn1.octet_string(asn1.sequence(asn1.integer(1), private, public)))


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "IS_KEY_00001.der"
    path.write_bytes(ec_info("brainpoolP256r1"))
    path.chmod(0o600)
    return path


# Signatures ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hash_name", HASHES)
def test_rsa(hash_name) -> None:
    signer = FileSigner(rsa_info())
    for scheme in (
        Pkcs1Scheme(hash_name),
        PssScheme(hash_name, hash_name, SIZES[hash_name]),
        PssScheme(hash_name, "sha1", 0),
    ):
        signature = signer.sign(scheme, MESSAGE)
        assert len(signature) == 256
        assert verify(signer.public_key, scheme, MESSAGE, signature)
        assert not verify(signer.public_key, scheme, MESSAGE + b"\0", signature)


@pytest.mark.parametrize("bits", [1024, 1280, 3072])
def test_lengths_of_rsa_keys(bits) -> None:
    signer = FileSigner(rsa_info(bits))
    assert isinstance(signer.public_key, RsaPublicKey)
    assert signer.public_key.bits == bits
    assert verify(signer.public_key, Pkcs1Scheme("sha256"), MESSAGE, signer.sign(Pkcs1Scheme("sha256"), MESSAGE))


@pytest.mark.parametrize("explicit", [False, True])
@pytest.mark.parametrize("curve", list(CURVE_OIDS.values()))
def test_ecdsa(curve, explicit) -> None:
    signer = FileSigner(ec_info(curve, explicit=explicit))
    domain = EcDomain.named(curve)
    assert isinstance(signer.public_key, EcPublicKey)
    assert (signer.public_key.domain.name, signer.public_key.explicit) == (curve, explicit)
    for hash_name in HASHES:
        plain = signer.sign(EcdsaScheme(hash_name, plain=True), MESSAGE)
        assert len(plain) == 2 * len(domain.order)
        assert verify(signer.public_key, EcdsaScheme(hash_name, plain=True), MESSAGE, plain)
        der = signer.sign(EcdsaScheme(hash_name), MESSAGE)
        assert verify(signer.public_key, EcdsaScheme(hash_name), MESSAGE, der)
        assert not verify(signer.public_key, EcdsaScheme(hash_name), b"another", der)


@given(st.integers(1, (1 << 192) - 1), st.integers(1, (1 << 192) - 1))
def test_both_forms_of_a_signature(r: int, s: int) -> None:
    plain = r.to_bytes(24, "big") + s.to_bytes(24, "big")
    assert in_form(plain, plain=True) == plain
    reader = asn1.parse(in_form(plain, plain=False), asn1.SEQUENCE).children()
    assert [element.integer() for element in reader] == [r, s]


@pytest.mark.parametrize(
    ("info", "scheme"),
    [
        (rsa_info(), EcdsaScheme("sha256")),
        (ec_info("secp256r1"), Pkcs1Scheme("sha256")),
        (ec_info("secp256r1"), PssScheme("sha256", "sha256", 32)),
        (rsa_info(1024), PssScheme("sha512", "sha512", 64)),
        (rsa_info(1024), PssScheme("sha256", "sha256", 1 << 40)),
        (rsa_info(1024), PssScheme("sha256", "sha256", -1)),
        (pss_info(), Pkcs1Scheme("sha256")),
    ],
)
def test_schemes_that_do_not_go_with_the_key(info, scheme) -> None:
    with pytest.raises(UnsupportedFeature):
        FileSigner(info).sign(scheme, MESSAGE)


def test_a_key_for_pss_alone() -> None:
    signer = FileSigner(pss_info())
    scheme = PssScheme("sha256", "sha256", 32)
    assert verify(signer.public_key, scheme, MESSAGE, signer.sign(scheme, MESSAGE))


# Keys ----------------------------------------------------------------------------------------------------------------


def damaged(info: bytes) -> bytes:
    return info[:-1] + bytes((info[-1] ^ 1,))


@pytest.mark.parametrize(
    "info",
    [
        b"",
        b"\x30\x00",
        damaged(rsa_info()),
        ec_info("secp256r1", scalar=0),
        ec_info("secp256r1", scalar=int.from_bytes(EcDomain.named("secp256r1").order, "big")),
        ec_info("secp256r1", point=EcDomain.named("secp256r1").generator),
        ec_info("secp256r1", point=bytes(65)),
        ec_info("secp256r1", point=b""),
    ],
)
def test_what_is_no_key(info) -> None:
    with pytest.raises(MalformedData):
        FileSigner(info)


def test_the_public_key_beside_the_private_one_is_compared() -> None:
    point = FileSigner(ec_info("secp256r1")).public_key.point
    assert FileSigner(ec_info("secp256r1", point=point)).public_key.point == point


def small_rsa() -> bytes:
    """512 bits: cryptography reads such a key and makes none."""
    p = 0xF686118E0FE73AB95C70824D214AAE1B2EAA004F70E5174883651586992E0E8F
    q = 0xCCC2773F06738F44729B56A629A3D942B20A7F941A32A2FC1A8EA5E2687E61C5
    d = pow(65537, -1, (p - 1) * (q - 1))
    numbers = (0, p * q, 65537, d, p, q, d % (p - 1), d % (q - 1), pow(q, -1, p))
    key = asn1.sequence(*(asn1.integer(number) for number in numbers))
    return asn1.sequence(asn1.integer(0), asn1.sequence(asn1.oid("1.2.840.113549.1.1.1"), asn1.null()), asn1.octet_string(key))


def rsa_numbers(n: int, *, e: int = 65537, d: int = 3, p: int = 3, q: int = 3, rest: int = 3, more: bytes = b"") -> bytes:
    """RSAPrivateKey with numbers of given lengths, which belong to no key."""
    key = asn1.sequence(*(asn1.integer(number) for number in (0, n, e, d, p, q, rest, rest, rest)), more)
    return asn1.sequence(asn1.integer(0), asn1.sequence(asn1.oid("1.2.840.113549.1.1.1"), asn1.null()), asn1.octet_string(key))


def long(bits: int) -> int:
    return (1 << bits) - 1


LONG_KEYS = {
    "modulus": (rsa_numbers(long(8193)), UnsupportedFeature, "8193 bits"),
    "short modulus": (rsa_numbers(long(1023)), UnsupportedFeature, "1023 bits"),
    "exponent": (rsa_numbers(long(2048), e=long(2049)), MalformedData, "inconsistent"),
    "private exponent": (rsa_numbers(long(2048), d=long(2049)), MalformedData, "inconsistent"),
    "first prime": (rsa_numbers(long(2048), p=long(2049)), MalformedData, "inconsistent"),
    "second prime": (rsa_numbers(long(2048), q=long(2049)), MalformedData, "inconsistent"),
    "remainders": (rsa_numbers(long(2048), rest=long(2049)), MalformedData, "inconsistent"),
    "unbalanced": (rsa_numbers(long(8192), p=long(4097)), UnsupportedFeature, "a prime of more than 4096 bits"),
    "more primes": (rsa_numbers(long(2048), more=asn1.sequence()), MalformedData, "too many"),
}


@pytest.mark.parametrize(("info", "error", "message"), LONG_KEYS.values(), ids=LONG_KEYS)
def test_long_numbers_are_refused_before_anything_is_computed(monkeypatch, info, error, message) -> None:
    """Primes are tested where a key is loaded: for minutes, were they as long as a file can hold."""
    monkeypatch.setattr(serialization, "load_der_private_key", lambda *_: pytest.fail("loaded"))
    with pytest.raises(error, match=message):
        FileSigner(info)


def older_pem(der: bytes) -> bytes:
    """PKCS#1 as OpenSSL has encrypted it before PKCS#8, with the password ``secret`` and an IV of zeros."""
    padding = 16 - len(der) % 16
    key = hashlib.md5(b"secret" + bytes(8)).digest()
    encryptor = Cipher(algorithms.AES(key), modes.CBC(bytes(16))).encryptor()
    body = base64.encodebytes(encryptor.update(der + bytes((padding,)) * padding)).decode()
    headers = f"Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,{'00' * 16}\n\n"
    return f"-----BEGIN RSA PRIVATE KEY-----\n{headers}{body}-----END RSA PRIVATE KEY-----\n".encode()


@pytest.mark.parametrize("form", ["PKCS#8", "PKCS#1", "older PEM"])
def test_a_huge_modulus_in_every_form_of_a_file(tmp_path, monkeypatch, form) -> None:
    info = rsa_numbers(long(16384))
    pkcs1 = list(asn1.parse(info, asn1.SEQUENCE).children())[2].octets()
    path = tmp_path / "key"
    path.write_bytes({"PKCS#8": info, "PKCS#1": pkcs1, "older PEM": older_pem(pkcs1)}[form])
    for loader in ("load_der_private_key", "load_pem_private_key"):
        monkeypatch.setattr(serialization, loader, lambda *_: pytest.fail("loaded"))
    with pytest.raises(UnsupportedFeature, match="16384 bits"):
        FileSigner.load(path, "secret")


def x9_42() -> bytes:
    """A key of RFC 5114 §2.1, which agrees and does not sign."""
    p, g, q = (int.from_bytes(number, "big") for number in DhDomain.standardised(0).parameters)
    parameters = asn1.sequence(asn1.integer(p), asn1.integer(g), asn1.integer(q))
    algorithm = asn1.sequence(asn1.oid("1.2.840.10046.2.1"), parameters)
    return asn1.sequence(asn1.integer(0), algorithm, asn1.octet_string(asn1.integer(0x1234567)))


def edwards() -> bytes:
    key = ed25519.Ed25519PrivateKey.generate()
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, serialization.NoEncryption())


@pytest.mark.parametrize("info", [edwards(), small_rsa(), x9_42()], ids=["Ed25519", "RSA-512", "DH"])
def test_other_keys(info) -> None:
    with pytest.raises(UnsupportedFeature):
        FileSigner(info)


# Files ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("mode", "expected"), [(0o600, False), (0o400, False), (0o640, True), (0o604, True), (0o644, True)])
def test_a_file_that_others_can_read_is_told(key_file, mode, expected) -> None:
    key_file.chmod(mode)
    signer = FileSigner.load(key_file)
    assert (signer.readable_by_others, signer.encrypted) == (expected, False)


def test_an_encrypted_file(tmp_path) -> None:
    key = serialization.load_der_private_key(rsa_info(), None)
    path = tmp_path / "key.pem"
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"secret")))
    signer = open_signer(str(path), "secret")
    assert isinstance(signer, FileSigner)
    assert signer.encrypted is True
    assert signer.public_key == FileSigner(rsa_info()).public_key
    with pytest.raises(WrongPassword):
        FileSigner.load(path, "Secret")
    with pytest.raises(AccessDenied):
        FileSigner.load(path)


def test_a_large_file(tmp_path) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(b"#" * FILE_LIMIT)
    with pytest.raises(MalformedData, match="expected"):
        FileSigner.load(path)
    path.write_bytes(b"#" * (FILE_LIMIT + 1))
    with pytest.raises(MalformedData, match="more than"):
        FileSigner.load(path)


def test_what_is_no_regular_file(tmp_path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path / "absent", Path("/dev/zero"), tmp_path):
        with pytest.raises(OSError, match=r"not a regular file|No such file|Is a directory"):
            FileSigner.load(path)


def test_a_closed_signer_has_no_key(key_file) -> None:
    with FileSigner.load(key_file) as signer:
        assert signer.sign(EcdsaScheme("sha256"), MESSAGE)
    with pytest.raises(UnsupportedFeature, match="closed"):
        signer.sign(EcdsaScheme("sha256"), MESSAGE)
    assert signer.public_key.bits == 256


def test_nothing_of_a_key_shows(key_file) -> None:
    signer = FileSigner.load(key_file)
    assert "90abcdef" not in f"{signer!r} {vars(signer)}".lower()


def test_a_file_without_a_key_is_named(tmp_path: Path) -> None:
    (tmp_path / "can.txt").write_text("345678\n")
    with pytest.raises(MalformedData, match=r"can\.txt: no private key"):
        FileSigner.load(tmp_path / "can.txt")


def test_a_folder_in_place_of_a_key_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="not a regular file") as error:
        FileSigner.load(tmp_path)
    assert error.value.filename == str(tmp_path)
