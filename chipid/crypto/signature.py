# SPDX-License-Identifier: Apache-2.0
"""Signature verification over keys and algorithms that are already parsed.

The scheme is data: what an AlgorithmIdentifier said, found out by ``chipid.pki``. Verification answers ``True`` or ``False``;
a key or a scheme that the core cannot use raises :class:`chipid.errors.UnsupportedFeature`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from chipid._native import EcDomain, Hash, NativeError, ecdsa_verify, rsa_verify_pkcs1, rsa_verify_pss
from chipid.crypto import dsa
from chipid.crypto.asn1 import unsigned
from chipid.errors import UnsupportedFeature

__all__ = [
    "CertificateKey",
    "DsaPublicKey",
    "DsaScheme",
    "EcPublicKey",
    "EcdsaScheme",
    "Hash",
    "Pkcs1Scheme",
    "PssScheme",
    "PublicKey",
    "RsaPublicKey",
    "Scheme",
    "verify",
    "verify_digest",
]


@dataclass(frozen=True)
class RsaPublicKey:
    """An RSA key: modulus *n*, exponent *e*.

    :ivar pss_only: its algorithm is id-RSASSA-PSS, so that it may sign in no other way (RFC 4055 §1.2).
    :ivar pss_parameters: then the hashes that it may sign with, and the shortest salt (RFC 4055 §3.3); ``None`` where any may be.
    """

    n: int
    e: int
    pss_only: bool = False
    pss_parameters: PssScheme | None = None

    @property
    def bits(self) -> int:
        """The modulus' length in bits."""
        return self.n.bit_length()

    def permits(self, scheme: Scheme) -> bool:
        """Whether what the key's own algorithm says lets it sign by *scheme*."""
        if not self.pss_only:
            return True
        allowed = self.pss_parameters
        return isinstance(scheme, PssScheme) and (
            allowed is None
            or ((scheme.hash, scheme.mgf_hash) == (allowed.hash, allowed.mgf_hash) and scheme.salt_length >= allowed.salt_length)
        )


@dataclass(frozen=True)
class EcPublicKey:
    """A point on a known curve.

    :ivar point: uncompressed, checked to be on *domain*.
    :ivar explicit: the source spelt the parameters out instead of naming the curve.
    """

    domain: EcDomain
    point: bytes
    explicit: bool = False

    @property
    def bits(self) -> int:
        """The group order's length in bits."""
        return int.from_bytes(self.domain.order, "big").bit_length()


@dataclass(frozen=True)
class DsaPublicKey:
    """A DSA key: the public value *y* in the subgroup of order *q* that *g* generates modulo *p*."""

    p: int
    q: int
    g: int
    y: int

    @property
    def bits(self) -> int:
        """The length of *p* in bits."""
        return self.p.bit_length()


PublicKey = RsaPublicKey | EcPublicKey
CertificateKey = PublicKey | DsaPublicKey
"""What a certificate may hold: nothing of ours signs with DSA, nor does a chip or a terminal."""


@dataclass(frozen=True)
class Pkcs1Scheme:
    """RSASSA-PKCS1-v1_5."""

    hash: Hash


@dataclass(frozen=True)
class PssScheme:
    """RSASSA-PSS; *salt_length* in octets."""

    hash: Hash
    mgf_hash: Hash
    salt_length: int


@dataclass(frozen=True)
class EcdsaScheme:
    """ECDSA; *plain* signatures are r ‖ s (BSI TR-03111 §5.2.1), the others DER (§5.2.2)."""

    hash: Hash
    plain: bool = False


@dataclass(frozen=True)
class DsaScheme:
    """DSA; signatures are DER (RFC 3279 §2.2.2)."""

    hash: Hash


Scheme = Pkcs1Scheme | PssScheme | EcdsaScheme | DsaScheme


def verify(key: CertificateKey, scheme: Scheme, message: bytes, signature: bytes) -> bool:
    """Whether *signature* is *key*'s over *message*.

    :raises UnsupportedFeature: scheme and key do not belong together, or the key is beyond the core's limits.
    """
    return verify_digest(key, scheme, hashlib.new(scheme.hash, message).digest(), signature)


def verify_digest(key: CertificateKey, scheme: Scheme, digest: bytes, signature: bytes) -> bool:
    """As :func:`verify`, over the message's digest.

    A key whose own algorithm forbids *scheme* has made no signature by it.

    :raises UnsupportedFeature: scheme and key do not belong together, or the key is beyond the core's limits.
    """
    try:
        match key, scheme:
            case RsaPublicKey(), Pkcs1Scheme() | PssScheme() if not key.permits(scheme):
                return False
            case RsaPublicKey(), Pkcs1Scheme():
                return rsa_verify_pkcs1(unsigned(key.n), unsigned(key.e), scheme.hash, digest, signature)
            case RsaPublicKey(), PssScheme():
                n, e = unsigned(key.n), unsigned(key.e)
                return rsa_verify_pss(n, e, scheme.hash, scheme.mgf_hash, scheme.salt_length, digest, signature)
            case EcPublicKey(), EcdsaScheme():
                pair = _split_plain(key, signature) if scheme.plain else _split_der(signature)
                return pair is not None and ecdsa_verify(key.domain, key.point, digest, *pair)
            case DsaPublicKey(), DsaScheme():
                pair = _split_der(signature)
                return pair is not None and dsa.verify(
                    key.p, key.q, key.g, key.y, digest, *(int.from_bytes(number, "big") for number in pair)
                )
    except NativeError as error:
        raise UnsupportedFeature(f"the key cannot be used ({error.code})") from None
    raise UnsupportedFeature(f"{type(scheme).__name__} does not go with {type(key).__name__}")


def _split_plain(key: EcPublicKey, signature: bytes) -> tuple[bytes, bytes] | None:
    size = (key.bits + 7) // 8
    if len(signature) != 2 * size:
        return None
    return signature[:size], signature[size:]


def _split_der(signature: bytes) -> tuple[bytes, bytes] | None:
    """r and s of a strictly DER-encoded ``ECDSA-Sig-Value``; ``None`` where it is anything else."""
    body = _der_element(signature, 0x30)
    if body is None or body[1]:
        return None
    first = _der_element(body[0], 0x02)
    second = _der_element(first[1], 0x02) if first else None
    if first is None or second is None or second[1]:
        return None
    if not (_is_natural(first[0]) and _is_natural(second[0])):
        return None
    return first[0], second[0]


def _der_element(data: bytes, tag: int) -> tuple[bytes, bytes] | None:
    """(value, rest) of the element at the front, if it has *tag* and a minimal definite length."""
    if len(data) < 2 or data[0] != tag:
        return None
    length, start = data[1], 2
    if length & 0x80:
        count = length & 0x7F
        start = 2 + count
        length = int.from_bytes(data[2:start], "big")
        if count not in (1, 2) or len(data) < start or length < (0x80 if count == 1 else 0x100):
            return None
    if len(data) < start + length:
        return None
    return data[start : start + length], data[start + length :]


def _is_natural(value: bytes) -> bool:
    """A minimally encoded DER INTEGER that is not negative."""
    if not value or value[0] & 0x80:
        return False
    return len(value) == 1 or value[0] != 0 or bool(value[1] & 0x80)
