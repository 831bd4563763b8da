# SPDX-License-Identifier: Apache-2.0
"""Private keys as PKCS#8 (RFC 5208): of terminals, and of emulated chips. What is secret stays in the C core where it can."""

from __future__ import annotations

from dataclasses import dataclass, field

from chipid._native import NativeError, Secret
from chipid.crypto import asn1
from chipid.crypto.agreement_key import (
    DH_KEY_AGREEMENT,
    DH_PUBLIC_NUMBER,
    STANDARDISED_DOMAIN_PARAMETERS,
    build_domain,
    parse_domain,
)
from chipid.crypto.domain import DhDomain, Domain, EcDomain, KeyPair
from chipid.crypto.spki import EC_PUBLIC_KEY, RSA_ENCRYPTION, build_ec_parameters, parse_ec_parameters
from chipid.errors import MalformedData, UnsupportedFeature

_EC_PARAMETERS, _EC_PUBLIC = 0xA0, 0xA1
"""ECPrivateKey's optional parts (RFC 5915 §3)."""


@dataclass(frozen=True)
class RsaPrivateKey:
    """An RSA key with its Chinese-remainder parts."""

    n: int
    e: int
    p: int = field(repr=False)
    q: int = field(repr=False)
    d_p: int = field(repr=False)
    d_q: int = field(repr=False)
    q_inverse: int = field(repr=False)

    @property
    def size(self) -> int:
        """The modulus' length in octets."""
        return (self.n.bit_length() + 7) // 8


@dataclass(frozen=True)
class EcPrivateKey:
    """A scalar on a known curve, and its public point, uncompressed.

    :ivar explicit: the source spelt the parameters out instead of naming the curve.
    """

    domain: EcDomain
    scalar: Secret = field(repr=False)
    public: bytes
    explicit: bool = False


@dataclass(frozen=True)
class DhPrivateKey:
    """An exponent in a finite field, and its public number."""

    domain: DhDomain
    exponent: Secret = field(repr=False)
    public: bytes


PrivateKey = RsaPrivateKey | EcPrivateKey | DhPrivateKey


def key_pair_of(key: PrivateKey, domain: Domain) -> KeyPair | None:
    """*key* for key agreement in *domain*; ``None`` where it is of another group."""
    if isinstance(key, EcPrivateKey) and isinstance(domain, EcDomain) and key.domain.name == domain.name:
        return KeyPair(key.scalar, key.public)
    if isinstance(key, DhPrivateKey) and isinstance(domain, DhDomain) and key.domain.parameters == domain.parameters:
        return KeyPair(key.exponent, key.public)
    return None


def parse_private_key(pkcs8: bytes) -> PrivateKey:
    """Parse a PrivateKeyInfo (RFC 5208): RSA (RFC 8017), EC (RFC 5915), named curve or explicit parameters, or Diffie-Hellman.

    :raises MalformedData: it is none.
    :raises UnsupportedFeature: another algorithm, or an unknown curve.
    """
    info = asn1.parse(pkcs8, asn1.SEQUENCE).children()
    info.expect(asn1.INTEGER)
    identifier = info.expect(asn1.SEQUENCE)
    algorithm = identifier.children()
    oid = algorithm.expect(asn1.OBJECT_IDENTIFIER).oid()
    octets = info.octet_string()
    if oid in (DH_PUBLIC_NUMBER, DH_KEY_AGREEMENT, STANDARDISED_DOMAIN_PARAMETERS):
        return _dh(identifier.raw, octets)
    if oid not in (RSA_ENCRYPTION, EC_PUBLIC_KEY):
        raise UnsupportedFeature("a private key that is neither RSA nor elliptic-curve nor Diffie-Hellman")
    key = asn1.parse(octets, asn1.SEQUENCE).children()
    return _rsa(key) if oid == RSA_ENCRYPTION else _ec(algorithm.read().raw, key)


def build_private_key(domain: Domain, private: Secret) -> bytes:
    """A PrivateKeyInfo: on a named curve (RFC 5915), or in a finite field, whose parameters stand beside it (ANSI X9.42)."""
    if isinstance(domain, EcDomain):
        algorithm = asn1.sequence(asn1.oid(EC_PUBLIC_KEY), build_ec_parameters(domain, explicit=False))
        key = asn1.sequence(asn1.integer(1), asn1.octet_string(bytes(private)))
    else:
        algorithm, key = build_domain(domain), asn1.integer(int.from_bytes(private, "big"))
    return asn1.sequence(asn1.integer(0), algorithm, asn1.octet_string(key))


def _dh(algorithm: bytes, octets: bytes) -> DhPrivateKey:
    domain = parse_domain(algorithm)
    if not isinstance(domain, DhDomain):
        raise UnsupportedFeature("a curve's private key under the number of its parameters")
    exponent = Secret(asn1.parse(octets, asn1.INTEGER).natural())
    try:
        return DhPrivateKey(domain, exponent, domain.public_key(exponent))
    except NativeError:
        raise MalformedData("a Diffie-Hellman private key is out of range") from None


def _rsa(key: asn1.Reader) -> RsaPrivateKey:
    key.expect(asn1.INTEGER)
    n, e, d, p, q, d_p, d_q, q_inverse = (key.expect(asn1.INTEGER).integer() for _ in range(8))
    if min(e, d, d_p, d_q, q_inverse) < 1 or min(p, q) < 3 or p * q != n or q * q_inverse % p != 1:
        raise MalformedData("an RSA private key is inconsistent")
    return RsaPrivateKey(n, e, p, q, d_p, d_q, q_inverse)


def _ec(parameters: bytes, key: asn1.Reader) -> EcPrivateKey:
    key.expect(asn1.INTEGER)
    domain, explicit = parse_ec_parameters(parameters)
    scalar = Secret(key.octet_string())
    try:
        public = domain.public_key(scalar)
    except NativeError:
        raise MalformedData("an elliptic-curve private key is out of range") from None
    key.optional(_EC_PARAMETERS)
    stated = key.optional(_EC_PUBLIC)
    if stated is not None and not _is_point(domain, stated.only_child(asn1.BIT_STRING).bits(), public):
        raise MalformedData("an elliptic-curve private key with the public key of another")
    return EcPrivateKey(domain, scalar, public, explicit)


def _is_point(domain: EcDomain, octets: bytes, point: bytes) -> bool:
    try:
        return domain.check_point(octets) == point
    except NativeError:
        return False
