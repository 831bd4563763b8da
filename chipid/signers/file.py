# SPDX-License-Identifier: Apache-2.0
"""The terminal's key in a file."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from os import PathLike
from types import TracebackType
from typing import Final, Self

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from chipid._native import NativeError, ecdsa_sign
from chipid.crypto import asn1
from chipid.crypto.private_key import EcPrivateKey, parse_private_key
from chipid.crypto.rsa_signing import KEY_BITS, rsa_sign
from chipid.crypto.signature import (
    EcdsaScheme,
    EcPublicKey,
    Pkcs1Scheme,
    PssScheme,
    PublicKey,
    RsaPublicKey,
    Scheme,
)
from chipid.crypto.spki import RSA_ENCRYPTION, RSASSA_PSS
from chipid.errors import MalformedData, UnsupportedFeature
from chipid.signers.ecdsa import in_form
from chipid.signers.key_file import KeyFile

FILE_LIMIT: Final = 64 << 10
"""Octets of a key file: one of 8192 bits with its certificates beside it has less."""
PRIME_BITS_MAX: Final = KEY_BITS[-1] // 2
"""Half of the longest modulus: loading tests the primes, which takes minutes where they are longer."""
_READABLE_BY_OTHERS = stat.S_IRGRP | stat.S_IROTH


class FileSigner:
    """An RSA or elliptic-curve key in memory, a :class:`chipid.crypto.signer.Signer`.

    :param private_key_info: PKCS#8 in DER, in the clear.
    :ivar readable_by_others: group or world may read the file that it came from: worth a warning.
    :ivar encrypted: the file was encrypted.
    :raises MalformedData: it holds no key, or one whose parts do not fit each other.
    :raises UnsupportedFeature: another kind of key, a curve that the core does not know, or RSA beyond 1024 … 8192 bits.
    """

    def __init__(self, private_key_info: bytes, *, readable_by_others: bool = False, encrypted: bool = False) -> None:
        self.readable_by_others = readable_by_others
        self.encrypted = encrypted
        self._only_pss = _algorithm(private_key_info) == RSASSA_PSS
        self._key: rsa.RSAPrivateKey | EcPrivateKey | None = _load(private_key_info)
        self._public_key = _public_half(self._key)

    @classmethod
    def load(cls, path: str | PathLike[str], password: str | None = None) -> Self:
        """The key in a file: PKCS#8, plain or encrypted, or the older RSA and EC forms; DER or PEM.

        :param password: of an encrypted file; not looked at otherwise.
        :raises MalformedData: the file holds no key, or several, or more than 64 kB.
        :raises UnsupportedFeature: another kind of key or of encryption.
        :raises AccessDenied: it is encrypted and there is no password; as :class:`WrongPassword` where there is another.
        :raises OSError: it cannot be read, or is no regular file.
        """
        raw, mode = _read(path)
        try:
            held = KeyFile.parse(raw, password)
        except MalformedData as problem:
            raise MalformedData(f"{path}: no private key that could be read ({problem})", hint=problem.hint) from None
        return cls(held.private_key_info, readable_by_others=bool(mode & _READABLE_BY_OTHERS), encrypted=held.encrypted)

    @property
    def public_key(self) -> PublicKey:
        """The public half."""
        return self._public_key

    def sign(self, scheme: Scheme, message: bytes) -> bytes:
        """The signature over *message*: RSA as long as the modulus, ECDSA as r ‖ s where ``scheme.plain``, otherwise in DER.

        :raises UnsupportedFeature: scheme and key do not belong together, the key is too short for it, or the signer is closed.
        """
        match self._key, scheme:
            case EcPrivateKey() as key, EcdsaScheme():
                digest = hashlib.new(scheme.hash, message, usedforsecurity=False).digest()
                return in_form(_sign_ecdsa(key, digest), plain=scheme.plain)
            case rsa.RSAPrivateKey() as key, PssScheme():
                return rsa_sign(key, scheme, message)
            case rsa.RSAPrivateKey() as key, Pkcs1Scheme() if not self._only_pss:
                return rsa_sign(key, scheme, message)
        if self._key is None:
            raise UnsupportedFeature("signing with a key that has been closed")
        raise UnsupportedFeature(f"{type(scheme).__name__} does not go with the key in the file")

    def close(self) -> None:
        """Forget the key."""
        self._key = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"FileSigner({self._public_key})"


def _read(path: str | PathLike[str]) -> tuple[bytes, int]:
    """A regular file's octets and mode, of one and the same open file; a pipe would keep us waiting."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            raise OSError(errno.EINVAL, "not a regular file", str(path))
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            raw = file.read(FILE_LIMIT + 1)
    finally:
        os.close(descriptor)
    if len(raw) > FILE_LIMIT:
        raise MalformedData(f"a key file of more than {FILE_LIMIT} octets")
    return raw, mode


def _algorithm(private_key_info: bytes) -> str:
    info = asn1.parse(private_key_info, asn1.SEQUENCE).children()
    info.expect(asn1.INTEGER)
    return info.sequence().expect(asn1.OBJECT_IDENTIFIER).oid()


def _load(private_key_info: bytes) -> rsa.RSAPrivateKey | EcPrivateKey:
    if _algorithm(private_key_info) not in (RSA_ENCRYPTION, RSASSA_PSS):
        key = parse_private_key(private_key_info)
        if not isinstance(key, EcPrivateKey):
            raise UnsupportedFeature("a key that is neither RSA nor elliptic-curve")
        return key
    _check_rsa_lengths(private_key_info)
    # libcrypto's arithmetic, through cryptography, is constant-time; that of the emulated chip is not.
    try:
        loaded = serialization.load_der_private_key(private_key_info, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise MalformedData("an RSA private key is inconsistent") from None
    assert isinstance(loaded, rsa.RSAPrivateKey)  # noqa: S101  the algorithm says so
    return loaded


def _check_rsa_lengths(private_key_info: bytes) -> None:
    """Before anything is computed: the modulus within :data:`KEY_BITS`, and no other number longer (RFC 8017 Appendix A.1.2)."""
    info = asn1.parse(private_key_info, asn1.SEQUENCE).children()
    info.expect(asn1.INTEGER)
    info.expect(asn1.SEQUENCE)
    numbers = asn1.parse(info.octet_string(), asn1.SEQUENCE).children()
    numbers.expect(asn1.INTEGER)
    n, e, d, p, q, d_p, d_q, q_inverse = (_bits(numbers.expect(asn1.INTEGER).natural()) for _ in range(8))
    numbers.finish()
    if n not in KEY_BITS:
        raise UnsupportedFeature(f"an RSA key of {n} bits: {KEY_BITS[0]} to {KEY_BITS[-1]} are spoken here")
    if max(e, d, p, q, d_p, d_q, q_inverse) > n:
        raise MalformedData("an RSA private key is inconsistent")
    if max(p, q) > PRIME_BITS_MAX:
        raise UnsupportedFeature(f"an RSA key with a prime of more than {PRIME_BITS_MAX} bits")


def _bits(octets: bytes) -> int:
    return int.from_bytes(octets, "big").bit_length()


def _public_half(key: rsa.RSAPrivateKey | EcPrivateKey | None) -> PublicKey:
    if isinstance(key, EcPrivateKey):
        return EcPublicKey(key.domain, key.public, key.explicit)
    assert key is not None  # noqa: S101  a signer starts open
    numbers = key.public_key().public_numbers()
    return RsaPublicKey(numbers.n, numbers.e)


def _sign_ecdsa(key: EcPrivateKey, digest: bytes) -> bytes:
    try:
        return ecdsa_sign(key.domain, key.scalar, digest)
    except NativeError as error:
        raise UnsupportedFeature(f"the key cannot sign ({error.code})") from None
