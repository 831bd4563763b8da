# SPDX-License-Identifier: Apache-2.0
"""What a key file holds, as PKCS#8: PrivateKeyInfo (RFC 5208), EncryptedPrivateKeyInfo by PBES2 (RFC 8018), and the older
RSAPrivateKey (RFC 8017 Appendix A.1.2) and ECPrivateKey (RFC 5915), in DER or PEM (RFC 7468).

The file is decrypted here and not by ``cryptography``, which reads no key on brainpoolP224r1 or P320r1 and few explicit parameters.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes

from chipid._native import Cipher as CipherName
from chipid._native import cbc_decrypt
from chipid.crypto import asn1
from chipid.crypto.spki import EC_PUBLIC_KEY, RSA_ENCRYPTION
from chipid.errors import AccessDenied, MalformedData, UnsupportedFeature, WrongPassword

ITERATIONS_MAX: Final = 10_000_000
"""A file that asks for more would keep the machine busy for minutes."""
SCRYPT_MEMORY_MAX: Final = 256 << 20
_SALT_MAX = 1024
_SCRYPT_P_MAX = 16

_PBES2, _PBKDF2, _SCRYPT = "1.2.840.113549.1.5.13", "1.2.840.113549.1.5.12", "1.3.6.1.4.1.11591.4.11"
_PRFS = {
    "1.2.840.113549.2.7": "sha1",
    "1.2.840.113549.2.8": "sha224",
    "1.2.840.113549.2.9": "sha256",
    "1.2.840.113549.2.10": "sha384",
    "1.2.840.113549.2.11": "sha512",
}
_AES: dict[str, tuple[CipherName, int]] = {
    "2.16.840.1.101.3.4.1.2": ("AES-128", 16),
    "2.16.840.1.101.3.4.1.22": ("AES-192", 24),
    "2.16.840.1.101.3.4.1.42": ("AES-256", 32),
}
_DES_EDE3, _DES_EDE3_KEY_SIZE = "1.2.840.113549.3.7", 24
_DEK_ALGORITHMS = {
    "AES-128-CBC": "2.16.840.1.101.3.4.1.2",
    "AES-192-CBC": "2.16.840.1.101.3.4.1.22",
    "AES-256-CBC": "2.16.840.1.101.3.4.1.42",
    "DES-EDE3-CBC": _DES_EDE3,
}
_DEK_SALT_SIZE = 8
_CONVERT = "Convert the file: openssl pkcs8 -topk8 -v2 aes-256-cbc -in OLD -out NEW"
_PASSWORD_HINT = "Give the password of the key file."  # noqa: S105  not a password
_PLAIN, _ENCRYPTED, _RSA, _EC = "PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"
_LABELS = frozenset((_PLAIN, _ENCRYPTED, _RSA, _EC))


@dataclass(frozen=True)
class KeyFile:
    """The key in a file.

    :ivar private_key_info: DER, in the clear.
    :ivar encrypted: it was not in the clear in the file.
    """

    private_key_info: bytes
    encrypted: bool

    def __repr__(self) -> str:
        return f"KeyFile(encrypted={self.encrypted})"

    @classmethod
    def parse(cls, raw: bytes, password: str | None = None) -> KeyFile:
        """Read a file's octets.

        :param password: of an encrypted one; not looked at otherwise.
        :raises MalformedData: there is no private key, or several in PEM.
        :raises UnsupportedFeature: it is encrypted by something else than PBES2 with PBKDF2 or scrypt, or the older way of PEM, and
            AES or 3DES in CBC mode.
        :raises AccessDenied: it is encrypted, and there is no password.
        :raises WrongPassword: it is encrypted, and not with this password.
        """
        if b"-----BEGIN " in raw:
            label, lines = _only_key(raw)
            if any(":" in line for line in lines):
                return cls(_decrypt_traditional(label, lines, password), True)
            der = _base64(lines)
        else:
            label, der = _kind(raw), raw
        if label == _ENCRYPTED:
            return cls(_decrypt(der, password), True)
        return cls(_WRAP[label](der), False)


# PEM -----------------------------------------------------------------------------------------------------------------


def _only_key(raw: bytes) -> tuple[str, list[str]]:
    """Label and lines of the one private key among PEM's blocks."""
    keys = [block for block in _blocks(raw) if block[0] in _LABELS]
    if len(keys) != 1:
        raise MalformedData("several private keys in one file" if keys else "no private key in PEM")
    return keys[0]


def _base64(lines: list[str]) -> bytes:
    try:
        return base64.b64decode("".join(lines), validate=True)
    except (binascii.Error, ValueError):
        raise MalformedData("a private key in PEM that is not base 64") from None


def _blocks(raw: bytes) -> Iterator[tuple[str, list[str]]]:
    label: str | None = None
    lines: list[str] = []
    for line in map(str.strip, raw.decode("latin-1").splitlines()):
        if line.startswith("-----BEGIN ") and line.endswith("-----"):
            label, lines = line[11:-5], []
        elif label is not None and line == f"-----END {label}-----":
            yield label, lines
            label = None
        else:
            lines.append(line)


def _decrypt_traditional(label: str, lines: list[str], password: str | None) -> bytes:
    """A block whose headers tell how it is encrypted (RFC 1421 §4.6.1.1, §4.6.1.3): OpenSSL's way before PKCS#8."""
    headers = {name.strip(): value.strip() for name, colon, value in (line.partition(":") for line in lines) if colon}
    name, _, iv_digits = headers.get("DEK-Info", "").partition(",")
    if label not in (_RSA, _EC) or headers.get("Proc-Type") != "4,ENCRYPTED" or name not in _DEK_ALGORITHMS:
        raise UnsupportedFeature("the way in which the key file is encrypted", hint=_CONVERT)
    oid, ciphertext = _DEK_ALGORITHMS[name], _base64([line for line in lines if ":" not in line])
    try:
        iv = binascii.unhexlify(iv_digits.strip())
    except (binascii.Error, ValueError):
        raise MalformedData("an encrypted private key in PEM whose IV is not in hexadecimal") from None
    block = _checked_block_size(oid, iv, ciphertext)
    key = _traditional_key(_require(password), iv[:_DEK_SALT_SIZE], _key_size(oid))
    plain = _unpadded(_cbc(oid, key, iv, ciphertext), block)
    if plain is None or not _is_of_kind(plain, label):
        raise WrongPassword("the key file is damaged, or its password is another", hint=_PASSWORD_HINT)
    return _WRAP[label](plain)


def _traditional_key(secret: bytes, salt: bytes, size: int) -> bytes:
    """PBKDF1 with MD5 and one iteration (RFC 8018 §5.1), which OpenSSL goes on with where the key is longer than a hash."""
    derived = digest = b""
    while len(derived) < size:
        digest = hashlib.md5(digest + secret + salt, usedforsecurity=False).digest()
        derived += digest
    return derived[:size]


# DER -----------------------------------------------------------------------------------------------------------------


def _kind(der: bytes) -> str:
    """Which structure it is, from the first two elements."""
    reader = asn1.parse(der, asn1.SEQUENCE).children()
    first = reader.expect(asn1.INTEGER, asn1.SEQUENCE).tag
    second = reader.expect(asn1.INTEGER, asn1.SEQUENCE, asn1.OCTET_STRING).tag
    kinds = {
        (asn1.SEQUENCE, asn1.OCTET_STRING): _ENCRYPTED,
        (asn1.INTEGER, asn1.SEQUENCE): _PLAIN,
        (asn1.INTEGER, asn1.INTEGER): _RSA,
        (asn1.INTEGER, asn1.OCTET_STRING): _EC,
    }
    if (first, second) not in kinds:
        raise MalformedData("no private key in DER")
    return kinds[first, second]


def _plain(der: bytes) -> bytes:
    asn1.parse(der, asn1.SEQUENCE)
    return der


def _wrap_rsa(der: bytes) -> bytes:
    asn1.parse(der, asn1.SEQUENCE)
    return asn1.sequence(asn1.integer(0), asn1.sequence(asn1.oid(RSA_ENCRYPTION), asn1.null()), asn1.octet_string(der))


def _wrap_ec(der: bytes) -> bytes:
    """An ECPrivateKey names its curve itself; PKCS#8 has it outside."""
    key = asn1.parse(der, asn1.SEQUENCE).children()
    key.expect(asn1.INTEGER)
    key.octet_string()
    parameters = key.expect(0xA0).children().read().raw
    return asn1.sequence(asn1.integer(0), asn1.sequence(asn1.oid(EC_PUBLIC_KEY), parameters), asn1.octet_string(der))


_WRAP: dict[str, Callable[[bytes], bytes]] = {_PLAIN: _plain, _RSA: _wrap_rsa, _EC: _wrap_ec}


# PBES2 ---------------------------------------------------------------------------------------------------------------


def _decrypt(der: bytes, password: str | None) -> bytes:
    """The PrivateKeyInfo inside an EncryptedPrivateKeyInfo (RFC 5208 §6, RFC 8018 §6.2)."""
    info = asn1.parse(der, asn1.SEQUENCE).children()
    algorithm = info.sequence()
    ciphertext = info.octet_string()
    info.finish()
    if algorithm.expect(asn1.OBJECT_IDENTIFIER).oid() != _PBES2:
        raise UnsupportedFeature("the way in which the key file is encrypted", hint=_CONVERT)
    parameters = algorithm.sequence()
    kdf, encryption = parameters.sequence(), parameters.sequence()
    oid = encryption.expect(asn1.OBJECT_IDENTIFIER).oid()
    iv = encryption.octet_string()
    size = _key_size(oid)
    block = _checked_block_size(oid, iv, ciphertext)
    # The parameters are checked before the password is asked for: a file that cannot be read needs none.
    derive = _key_derivation(kdf, size)
    plain = _unpadded(_cbc(oid, derive(_require(password)), iv, ciphertext), block)
    if plain is None or not _is_of_kind(plain, _PLAIN):
        raise WrongPassword("the key file's password is another", hint=_PASSWORD_HINT)
    return plain


def _require(password: str | None) -> bytes:
    if password is None:
        raise AccessDenied("the key file is encrypted", hint=_PASSWORD_HINT)
    return password.encode("utf-8", "surrogatepass")


def _key_size(oid: str) -> int:
    if oid == _DES_EDE3:
        return _DES_EDE3_KEY_SIZE
    if oid not in _AES:
        raise UnsupportedFeature(f"a key file encrypted with {oid}", hint=_CONVERT)
    return _AES[oid][1]


def _checked_block_size(oid: str, iv: bytes, ciphertext: bytes) -> int:
    """Octets of the cipher's block. Lengths that do not go with it are refused here: ``cryptography`` panics at some."""
    block = 8 if oid == _DES_EDE3 else 16
    if len(iv) != block or not ciphertext or len(ciphertext) % block:
        raise MalformedData("an encrypted private key of a length that is none")
    return block


def _key_derivation(kdf: asn1.Reader, size: int) -> Callable[[bytes], bytes]:
    oid = kdf.expect(asn1.OBJECT_IDENTIFIER).oid()
    if oid == _PBKDF2:
        return _pbkdf2(kdf.sequence(), size)
    if oid == _SCRYPT:
        return _scrypt(kdf.sequence(), size)
    raise UnsupportedFeature(f"a key file whose key is derived by {oid}", hint=_CONVERT)


def _pbkdf2(parameters: asn1.Reader, size: int) -> Callable[[bytes], bytes]:
    """RFC 8018 Appendix A.2; the pseudo-random function is HMAC-SHA-1 where none is named."""
    salt = _salt(parameters)
    iterations = _within(parameters, "iterations", ITERATIONS_MAX)
    _check_key_length(parameters, size)
    prf = "sha1" if parameters.at_end else _PRFS.get(parameters.sequence().expect(asn1.OBJECT_IDENTIFIER).oid())
    if prf is None:
        raise UnsupportedFeature("the pseudo-random function of the key file's encryption", hint=_CONVERT)
    return lambda secret: hashlib.pbkdf2_hmac(prf, secret, salt, iterations, size)


def _scrypt(parameters: asn1.Reader, size: int) -> Callable[[bytes], bytes]:
    """RFC 7914 §7.1."""
    salt = _salt(parameters)
    n = _within(parameters, "cost", SCRYPT_MEMORY_MAX // 128)
    r = _within(parameters, "block size", SCRYPT_MEMORY_MAX // 128)
    p = _within(parameters, "parallelisation", _SCRYPT_P_MAX)
    _check_key_length(parameters, size)
    if n < 2 or n & (n - 1) or 128 * r * (n + p) > SCRYPT_MEMORY_MAX:
        raise UnsupportedFeature("a key file that asks scrypt for too much memory", hint=_CONVERT)
    return lambda secret: hashlib.scrypt(secret, salt=salt, n=n, r=r, p=p, maxmem=2 * SCRYPT_MEMORY_MAX, dklen=size)


def _salt(parameters: asn1.Reader) -> bytes:
    salt = parameters.octet_string()
    if len(salt) > _SALT_MAX:
        raise parameters.error(f"a salt of more than {_SALT_MAX} octets")
    return salt


def _within(parameters: asn1.Reader, what: str, maximum: int) -> int:
    element = parameters.expect(asn1.INTEGER)
    value = element.integer()
    if value < 1:
        raise element.error(f"not a number of {what}")
    if value > maximum:
        raise UnsupportedFeature(f"a key file with more than {maximum} as {what}", hint=_CONVERT)
    return value


def _check_key_length(parameters: asn1.Reader, size: int) -> None:
    length = parameters.optional(asn1.INTEGER)
    if length is not None and length.integer() != size:
        raise length.error("a key length that is not the cipher's")


def _cbc(oid: str, key: bytes, iv: bytes, ciphertext: bytes) -> bytes:
    if oid in _AES:
        return cbc_decrypt(_AES[oid][0], key, iv, ciphertext)
    # The C core's 3DES is ICAO's, of two keys.
    decryptor = Cipher(TripleDES(key), modes.CBC(iv)).decryptor()
    return decryptor.update(ciphertext) + decryptor.finalize()


def _unpadded(data: bytes, block: int) -> bytes | None:
    """Without the padding of RFC 8018 §6.1.1; ``None`` where there is none."""
    count = data[-1]
    if not 1 <= count <= block or data[-count:] != bytes((count,)) * count:
        return None
    return data[:-count]


def _is_of_kind(der: bytes, label: str) -> bool:
    try:
        return _kind(der) == label
    except MalformedData:
        return False
