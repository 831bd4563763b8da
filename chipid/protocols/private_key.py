# SPDX-License-Identifier: Apache-2.0
"""The chip's static private keys (PKCS#8), for the emulated chip.

Their arithmetic is Python's, on keys that protect no one: never use it where a key is worth stealing.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from chipid._native import NativeError, Secret
from chipid.crypto import asn1
from chipid.crypto.domain import EcDomain, generate_key_pair
from chipid.crypto.random import RandomSource
from chipid.crypto.spki import EC_PUBLIC_KEY, RSA_ENCRYPTION, parse_ec_parameters
from chipid.errors import MalformedData, UnsupportedFeature


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

    def private_operation(self, value: int) -> int:
        """value^d mod n."""
        m_p, m_q = pow(value, self.d_p, self.p), pow(value, self.d_q, self.q)
        return m_q + (m_p - m_q) * self.q_inverse % self.p * self.q


@dataclass(frozen=True)
class EcPrivateKey:
    """A scalar on a known curve, and its public point, uncompressed."""

    domain: EcDomain
    scalar: Secret = field(repr=False)
    public: bytes

    def sign(self, digest: bytes, random: RandomSource) -> tuple[int, int]:
        """r and s of ECDSA over *digest* (BSI TR-03111 §4.2.1)."""
        n = int.from_bytes(self.domain.order, "big")
        e = int.from_bytes(digest, "big") >> max(0, 8 * len(digest) - n.bit_length())
        d = int.from_bytes(self.scalar, "big")
        while True:
            ephemeral = generate_key_pair(self.domain, random)
            x = ephemeral.public[1 : 1 + self.domain.field_size]
            r = int.from_bytes(x, "big") % n
            s = pow(int.from_bytes(ephemeral.private, "big"), -1, n) * (e + r * d) % n
            if r and s:
                return r, s


PrivateKey = RsaPrivateKey | EcPrivateKey


def parse_private_key(pkcs8: bytes) -> PrivateKey:
    """Parse a PrivateKeyInfo (RFC 5208): RSA (RFC 8017) or EC (RFC 5915), named curve or explicit parameters.

    :raises MalformedData: it is none.
    :raises UnsupportedFeature: another algorithm, or an unknown curve.
    """
    info = asn1.parse(pkcs8, asn1.SEQUENCE).children()
    info.expect(asn1.INTEGER)
    algorithm = info.sequence()
    oid = algorithm.expect(asn1.OBJECT_IDENTIFIER).oid()
    key = asn1.parse(info.octet_string(), asn1.SEQUENCE).children()
    if oid == RSA_ENCRYPTION:
        return _rsa(key)
    if oid == EC_PUBLIC_KEY:
        return _ec(algorithm.read().raw, key)
    raise UnsupportedFeature("a chip's private key is neither RSA nor elliptic-curve")


def _rsa(key: asn1.Reader) -> RsaPrivateKey:
    key.expect(asn1.INTEGER)
    n, e, d, p, q, d_p, d_q, q_inverse = (key.expect(asn1.INTEGER).integer() for _ in range(8))
    if min(e, d, d_p, d_q, q_inverse) < 1 or min(p, q) < 3 or p * q != n or q * q_inverse % p != 1:
        raise MalformedData("an RSA private key is inconsistent")
    return RsaPrivateKey(n, e, p, q, d_p, d_q, q_inverse)


def _ec(parameters: bytes, key: asn1.Reader) -> EcPrivateKey:
    key.expect(asn1.INTEGER)
    domain, _explicit = parse_ec_parameters(parameters)
    scalar = Secret(key.octet_string())
    try:
        return EcPrivateKey(domain, scalar, domain.public_key(scalar))
    except NativeError:
        raise MalformedData("an elliptic-curve private key is out of range") from None
