# SPDX-License-Identifier: Apache-2.0
"""Key files: every form that is read, and hostile ones."""

from __future__ import annotations

import base64
import hashlib
import shutil
import subprocess
from functools import cache
from textwrap import wrap

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from chipid.crypto import asn1
from chipid.crypto.domain import EcDomain
from chipid.crypto.private_key import EcPrivateKey, parse_private_key
from chipid.crypto.spki import CURVE_OIDS, build_ec_parameters
from chipid.errors import AccessDenied, MalformedData, UnsupportedFeature, WrongPassword
from chipid.signers.key_file import ITERATIONS_MAX, KeyFile

PBES2, PBKDF2, SCRYPT = "1.2.840.113549.1.5.13", "1.2.840.113549.1.5.12", "1.3.6.1.4.1.11591.4.11"
HMAC = {"sha1": 7, "sha224": 8, "sha256": 9, "sha384": 10, "sha512": 11}
AES = {16: "2.16.840.1.101.3.4.1.2", 24: "2.16.840.1.101.3.4.1.22", 32: "2.16.840.1.101.3.4.1.42"}
DES_EDE3 = "1.2.840.113549.3.7"
PLAIN = serialization.NoEncryption()


@cache
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@cache
def ec_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def ec_private_key(curve: str, *, parameters: bytes = b"", scalar: int = 0x1234567890ABCDEF) -> bytes:
    """ECPrivateKey (RFC 5915)."""
    size = len(EcDomain.named(curve).order)
    return asn1.sequence(
        asn1.integer(1), asn1.octet_string(scalar.to_bytes(size, "big")), asn1.encode(0xA0, parameters) if parameters else b""
    )


def private_key_info(curve: str, *, explicit: bool = False) -> bytes:
    algorithm = asn1.sequence(asn1.oid("1.2.840.10045.2.1"), build_ec_parameters(EcDomain.named(curve), explicit=explicit))
    return asn1.sequence(asn1.integer(0), algorithm, asn1.octet_string(ec_private_key(curve)))


def pem(label: str, der: bytes, *headers: str) -> bytes:
    lines = [f"-----BEGIN {label}-----", *headers, *wrap(base64.b64encode(der).decode(), 64), f"-----END {label}-----", ""]
    return "\n".join(lines).encode()


def pbkdf2(salt: bytes = bytes(8), iterations: int = 10, *, prf: str | None = None, length: int | None = None) -> bytes:
    optional = [asn1.integer(length)] if length is not None else []
    if prf is not None:
        optional.append(asn1.sequence(asn1.oid(prf), asn1.null()))
    return asn1.sequence(asn1.oid(PBKDF2), asn1.sequence(asn1.octet_string(salt), asn1.integer(iterations), *optional))


def scrypt(n: int = 16, r: int = 8, p: int = 1) -> bytes:
    numbers = (asn1.integer(number) for number in (n, r, p))
    return asn1.sequence(asn1.oid(SCRYPT), asn1.sequence(asn1.octet_string(bytes(8)), *numbers))


def encrypted(
    kdf: bytes, ciphertext: bytes = bytes(32), *, cipher: str = AES[16], iv: bytes = bytes(16), scheme: str = PBES2
) -> bytes:
    parameters = asn1.sequence(kdf, asn1.sequence(asn1.oid(cipher), asn1.octet_string(iv)))
    return asn1.sequence(asn1.sequence(asn1.oid(scheme), parameters), asn1.octet_string(ciphertext))


def enciphered(plain: bytes, key: bytes, cipher: str) -> bytes:
    """CBC with a zero IV, by an implementation that is not ours."""
    from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    block = 8 if cipher == DES_EDE3 else 16
    count = block - len(plain) % block
    algorithm = TripleDES(key) if cipher == DES_EDE3 else algorithms.AES(key)
    encryptor = Cipher(algorithm, modes.CBC(bytes(block))).encryptor()
    return encryptor.update(plain + bytes((count,)) * count) + encryptor.finalize()


# In the clear ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
@pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
@pytest.mark.parametrize("key", [rsa_key, ec_key])
def test_plain_files(key, form, encoding) -> None:
    held = KeyFile.parse(key().private_bytes(encoding, form, PLAIN))
    assert held.encrypted is False
    assert serialization.load_der_private_key(held.private_key_info, None).private_numbers() == key().private_numbers()


@pytest.mark.parametrize("explicit", [False, True])
@pytest.mark.parametrize("curve", list(CURVE_OIDS.values()))
def test_every_curve_in_both_forms(curve: str, explicit: bool) -> None:
    parameters = build_ec_parameters(EcDomain.named(curve), explicit=explicit)
    forms = {
        "PRIVATE KEY": private_key_info(curve, explicit=explicit),
        "EC PRIVATE KEY": ec_private_key(curve, parameters=parameters),
    }
    for label, der in forms.items():
        for raw in (der, pem(label, der)):
            key = parse_private_key(KeyFile.parse(raw).private_key_info)
            assert isinstance(key, EcPrivateKey)
            assert (key.domain.name, key.explicit, int.from_bytes(key.scalar, "big")) == (curve, explicit, 0x1234567890ABCDEF)


def test_other_blocks_in_pem_are_passed_over() -> None:
    """OpenSSL writes the parameters in front, and a certificate may stand beside the key."""
    raw = pem("EC PARAMETERS", b"\x05\x00") + b"Bag Attributes: a: b\n" + pem("PRIVATE KEY", private_key_info("secp256r1"))
    raw += pem("CERTIFICATE", b"\x30\x00")
    assert KeyFile.parse(raw).private_key_info == private_key_info("secp256r1")
    assert KeyFile.parse(raw.replace(b"\n", b"\r\n")).private_key_info == private_key_info("secp256r1")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x30",
        b"\x30\x00",
        b"\x04\x00",
        b"no key",
        asn1.sequence(asn1.sequence(), asn1.sequence()),
        asn1.sequence(asn1.integer(0)),
        private_key_info("secp256r1") + b"\0",
        ec_private_key("secp256r1"),
        pem("PRIVATE KEY", b""),
        pem("CERTIFICATE", private_key_info("secp256r1")),
        pem("PRIVATE KEY", private_key_info("secp256r1")) * 2,
        pem("PRIVATE KEY", private_key_info("secp256r1")).replace(b"END PRIVATE", b"END PUBLIC"),
        b"-----BEGIN PRIVATE KEY-----\n!!!!\n-----END PRIVATE KEY-----\n",
        pem("PRIVATE KEY", private_key_info("secp256r1")).replace(b"\nM", b"\nM!", 1),
        b"-----BEGIN PRIVATE KEY-----\nMA\n-----END PRIVATE KEY-----\n",
        b"-----BEGIN PRIVATE KEY-----\n\xff\xfe\n-----END PRIVATE KEY-----\n",
        b"-----BEGIN PRIVATE KEY-----\n",
        b"-----BEGIN ",
    ],
)
def test_what_is_no_key(raw: bytes) -> None:
    with pytest.raises(MalformedData):
        KeyFile.parse(raw)


# Encrypted ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
def test_what_cryptography_encrypts(encoding) -> None:
    raw = ec_key().private_bytes(encoding, PrivateFormat.PKCS8, serialization.BestAvailableEncryption("Mật khẩu".encode()))
    held = KeyFile.parse(raw, "Mật khẩu")
    assert held.encrypted is True
    assert serialization.load_der_private_key(held.private_key_info, None).private_numbers() == ec_key().private_numbers()


@pytest.mark.parametrize("key", [rsa_key, ec_key])
def test_the_older_encryption_in_pem(key) -> None:
    raw = key().private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, serialization.BestAvailableEncryption(b"secret"))
    assert b"Proc-Type" in raw
    held = KeyFile.parse(raw, "secret")
    assert held.encrypted is True
    assert serialization.load_der_private_key(held.private_key_info, None).private_numbers() == key().private_numbers()
    with pytest.raises(WrongPassword):
        KeyFile.parse(raw, "another")
    with pytest.raises(AccessDenied):
        KeyFile.parse(raw)


def traditional(
    info: str, *, label: str = "RSA PRIVATE KEY", proc_type: str = "4,ENCRYPTED", ciphertext: bytes = bytes(16)
) -> bytes:
    return pem(label, ciphertext, f"Proc-Type: {proc_type}", f"DEK-Info: {info}", "")


@pytest.mark.parametrize("cipher", ["aes128", "aes192", "aes256", "des3"])
@pytest.mark.parametrize("curve", ["secp521r1", "brainpoolP224r1"])
def test_every_cipher_of_the_older_encryption(cipher: str, curve: str) -> None:
    """By an implementation that is not ours."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("the openssl command is not installed")
    der = ec_private_key(curve, parameters=build_ec_parameters(EcDomain.named(curve), explicit=False))
    command = [openssl, "ec", "-inform", "DER", f"-{cipher}", "-passout", "pass:secret"]
    raw = subprocess.run(command, input=der, capture_output=True, check=True).stdout
    assert b"DEK-Info" in raw
    held = KeyFile.parse(raw, "secret")
    key = parse_private_key(held.private_key_info)
    assert isinstance(key, EcPrivateKey)
    assert (key.domain.name, int.from_bytes(key.scalar, "big")) == (curve, 0x1234567890ABCDEF)


@pytest.mark.parametrize(
    "raw",
    [
        traditional("AES-128-CBC,0011223344556677"),
        traditional("AES-256-CBC,00"),
        traditional("AES-256-CBC,"),
        traditional("AES-256-CBC"),
        traditional("AES-256-CBC," + "00" * 17),
        traditional("DES-EDE3-CBC,0011"),
        traditional("DES-EDE3-CBC," + "00" * 16),
        traditional("AES-128-CBC," + "0g" * 16),
        traditional("AES-128-CBC," + "é" * 32),
        traditional("AES-128-CBC," + "00" * 16, ciphertext=b""),
        traditional("AES-128-CBC," + "00" * 16, ciphertext=bytes(15)),
    ],
)
def test_older_encryptions_that_are_none(raw: bytes) -> None:
    """cryptography panics at some: what it raises is no Exception."""
    with pytest.raises(MalformedData):
        KeyFile.parse(raw, "secret")


@pytest.mark.parametrize(
    "raw",
    [
        traditional("DES-CBC," + "00" * 8),
        traditional("AES-128-CTR," + "00" * 16),
        traditional("AES-128-CBC," + "00" * 16, proc_type="4,MIC-ONLY"),
        traditional("AES-128-CBC," + "00" * 16, label="PRIVATE KEY"),
        traditional("AES-128-CBC," + "00" * 16, label="ENCRYPTED PRIVATE KEY"),
        pem("RSA PRIVATE KEY", bytes(16), "Comment: none", ""),
    ],
)
def test_older_encryptions_that_are_not_read(raw: bytes) -> None:
    with pytest.raises(UnsupportedFeature) as caught:
        KeyFile.parse(raw, "secret")
    assert "openssl pkcs8" in (caught.value.hint or "")


def test_the_older_encryption_of_another_structure_is_no_key() -> None:
    """What a good padding leaves has to be what the block's label says."""
    key = hashlib.md5(b"secret" + bytes(8)).digest()
    ciphertext = enciphered(private_key_info("secp256r1"), key, AES[16])
    with pytest.raises(WrongPassword):
        KeyFile.parse(traditional("AES-128-CBC," + "00" * 16, ciphertext=ciphertext), "secret")


@pytest.mark.parametrize("cipher", [*AES.values(), DES_EDE3])
@pytest.mark.parametrize("prf", [None, *HMAC])
def test_every_pbkdf2(prf: str | None, cipher: str) -> None:
    size = next((size for size, oid in AES.items() if oid == cipher), 24)
    key = hashlib.pbkdf2_hmac(prf or "sha1", b"secret", b"saltsalt", 1000, size)
    plain = private_key_info("brainpoolP320r1")
    kdf = pbkdf2(b"saltsalt", 1000, prf=prf and f"1.2.840.113549.2.{HMAC[prf]}", length=size if prf == "sha1" else None)
    raw = encrypted(kdf, enciphered(plain, key, cipher), cipher=cipher, iv=bytes(8 if cipher == DES_EDE3 else 16))
    assert KeyFile.parse(raw, "secret").private_key_info == plain
    assert KeyFile.parse(pem("ENCRYPTED PRIVATE KEY", raw), "secret").private_key_info == plain


def test_scrypt() -> None:
    plain = private_key_info("brainpoolP224r1", explicit=True)
    key = hashlib.scrypt(b"secret", salt=bytes(8), n=1024, r=8, p=2, dklen=32)
    raw = encrypted(scrypt(1024, 8, 2), enciphered(plain, key, AES[32]), cipher=AES[32])
    assert KeyFile.parse(raw, "secret").private_key_info == plain
    with pytest.raises(WrongPassword):
        KeyFile.parse(raw, "Secret")


@pytest.mark.parametrize("wrong", ["", "Secret", "secret ", "s" * 5000, "\ud800"])
def test_a_wrong_password(wrong: str) -> None:
    raw = ec_key().private_bytes(Encoding.DER, PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"secret"))
    with pytest.raises(WrongPassword) as caught:
        KeyFile.parse(raw, wrong)
    assert "key file" in (caught.value.hint or "")
    assert wrong == "" or wrong not in str(caught.value)


@pytest.mark.parametrize("plain", [b"", b"\x30\x00", b"\x04\x02ab", b"\x30\x03\x02\x01\x00"])
def test_a_good_padding_alone_is_no_key(plain: bytes) -> None:
    """One wrong password in 256 leaves a padding."""
    key = hashlib.pbkdf2_hmac("sha1", b"secret", bytes(8), 10, 16)
    with pytest.raises(WrongPassword):
        KeyFile.parse(encrypted(pbkdf2(), enciphered(plain, key, AES[16])), "secret")


@pytest.mark.parametrize("padding", [b"\x00\x02", b"\x03\x03\x02\x03", b"\x11" * 17, b"\x00" * 4])
def test_a_padding_that_is_none(padding: bytes) -> None:
    """The key in front is whole, and would be taken without the check."""
    version, algorithm, key = asn1.parse(private_key_info("secp256r1"), asn1.SEQUENCE).children()
    plain = next(
        info
        for info in (asn1.sequence(version.raw, algorithm.raw, key.raw, asn1.encode(0xA0, bytes(size))) for size in range(16))
        if (len(info) + len(padding)) % 16 == 0
    )
    secret = hashlib.pbkdf2_hmac("sha1", b"secret", bytes(8), 10, 16)
    ciphertext = enciphered(plain + padding, secret, AES[16])[:-16]
    with pytest.raises(WrongPassword):
        KeyFile.parse(encrypted(pbkdf2(), ciphertext), "secret")


def test_a_password_is_not_needed_to_see_that_a_file_cannot_be_read() -> None:
    with pytest.raises(AccessDenied) as caught:
        KeyFile.parse(encrypted(pbkdf2()))
    assert not isinstance(caught.value, WrongPassword)
    assert "password" in (caught.value.hint or "")
    with pytest.raises(UnsupportedFeature):
        KeyFile.parse(encrypted(pbkdf2(iterations=ITERATIONS_MAX + 1)))


@pytest.mark.parametrize(
    "raw",
    [
        encrypted(pbkdf2(), scheme="1.2.840.113549.1.12.1.3"),
        encrypted(pbkdf2(), cipher="1.2.840.113549.3.2"),
        encrypted(pbkdf2(prf="1.2.3")),
        encrypted(pbkdf2(iterations=1 << 62)),
        encrypted(scrypt(n=1 << 30)),
        encrypted(scrypt(n=1 << 19, r=8)),
        encrypted(scrypt(n=1 << 10, r=1 << 20)),
        encrypted(scrypt(p=17)),
        encrypted(scrypt(n=3)),
        encrypted(scrypt(n=1)),
        encrypted(asn1.sequence(asn1.oid("1.2.3"), asn1.sequence())),
    ],
)
def test_encryptions_that_are_not_read(raw: bytes) -> None:
    with pytest.raises(UnsupportedFeature) as caught:
        KeyFile.parse(raw, "secret")
    assert "openssl pkcs8" in (caught.value.hint or "")


@pytest.mark.parametrize(
    "raw",
    [
        encrypted(pbkdf2(), b""),
        encrypted(pbkdf2(), bytes(31)),
        encrypted(pbkdf2(), iv=bytes(8)),
        encrypted(pbkdf2(), cipher=DES_EDE3),
        encrypted(pbkdf2(iterations=0)),
        encrypted(pbkdf2(iterations=-1)),
        encrypted(pbkdf2(length=32)),
        encrypted(pbkdf2(salt=bytes(1025))),
        encrypted(scrypt(r=0)),
        encrypted(asn1.sequence(asn1.oid(PBKDF2), asn1.null())),
        asn1.sequence(asn1.sequence(), asn1.octet_string(b"")),
    ],
)
def test_encryptions_that_are_none(raw: bytes) -> None:
    with pytest.raises(MalformedData):
        KeyFile.parse(raw, "secret")


def test_nothing_of_a_key_shows() -> None:
    held = KeyFile.parse(private_key_info("secp256r1"))
    assert "90abcdef" not in repr(held).lower()
    assert repr(held) == "KeyFile(encrypted=False)"


SEEDS = [
    private_key_info("secp256r1", explicit=True),
    encrypted(pbkdf2()),
    encrypted(scrypt()),
    ec_private_key("secp192r1", parameters=asn1.oid("1.2.840.10045.3.1.1")),
    pem("PRIVATE KEY", private_key_info("secp192r1")),
    pem("RSA PRIVATE KEY", b"\x30\x00", "Proc-Type: 4,ENCRYPTED", "DEK-Info: AES-128-CBC," + "00" * 16, ""),
]


@given(st.sampled_from(SEEDS), st.lists(st.tuples(st.integers(0, 600), st.integers(0, 255)), max_size=4), st.integers(0, 600))
def test_hostile_octets(seed: bytes, changes: list[tuple[int, int]], cut: int) -> None:
    octets = bytearray(seed)
    for position, value in changes:
        octets[position % len(octets)] = value
    read_or_refuse(bytes(octets[: len(octets) - cut % 3]))


@given(st.binary(max_size=80))
def test_any_octets(raw: bytes) -> None:
    for octets in (raw, b"-----BEGIN PRIVATE KEY-----\n" + raw + b"\n-----END PRIVATE KEY-----"):
        read_or_refuse(octets)


def read_or_refuse(raw: bytes) -> None:
    try:
        parse_private_key(KeyFile.parse(raw, "secret").private_key_info)
    except (MalformedData, UnsupportedFeature, AccessDenied):
        return
