# SPDX-License-Identifier: Apache-2.0
"""Private keys of a test PKI: made, kept in PEM, and made to sign."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Final, Literal

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from chipid.crypto.domain import EcDomain, generate_key_pair
from chipid.crypto.random import RandomSource
from chipid.crypto.rsa_signing import HASH_ALGORITHMS, KEY_BITS, rsa_sign
from chipid.crypto.signature import EcdsaScheme, EcPublicKey, Hash, Pkcs1Scheme, PssScheme, PublicKey, RsaPublicKey, Scheme
from chipid.errors import MalformedData, UnsupportedFeature

RsaPadding = Literal["pkcs1", "pss"]

_CURVES: Final[dict[str, ec.EllipticCurve]] = {
    "secp192r1": ec.SECP192R1(),
    "secp224r1": ec.SECP224R1(),
    "secp256r1": ec.SECP256R1(),
    "secp384r1": ec.SECP384R1(),
    "secp521r1": ec.SECP521R1(),
    "brainpoolP256r1": ec.BrainpoolP256R1(),
    "brainpoolP384r1": ec.BrainpoolP384R1(),
    "brainpoolP512r1": ec.BrainpoolP512R1(),
}

_PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True)
class SigningKey:
    """A private key and the scheme that it signs by.

    :ivar explicit_parameters: certificates spell the curve's parameters out (ICAO 9303-12 §4.1.6.3).
    """

    private: _PrivateKey = field(repr=False)
    scheme: Scheme
    explicit_parameters: bool = True

    @classmethod
    def generate(
        cls,
        kind: str,
        random: RandomSource,
        *,
        hash_name: Hash | None = None,
        rsa_padding: RsaPadding = "pkcs1",
        explicit_parameters: bool = True,
    ) -> SigningKey:
        """A new key.

        :param kind: a curve, such as ``brainpoolP384r1``, or ``rsa-2048`` and the like.
        :param hash_name: as long as the curve's order where ``None``, SHA-256 for RSA.
        :param random: the source of an EC key; RSA keys come from libcrypto's own.
        :raises UnsupportedFeature: another kind.
        """
        return cls.of(
            _generate(kind, random), hash_name=hash_name, rsa_padding=rsa_padding, explicit_parameters=explicit_parameters
        )

    @classmethod
    def of(
        cls,
        private: _PrivateKey,
        *,
        hash_name: Hash | None = None,
        rsa_padding: RsaPadding = "pkcs1",
        explicit_parameters: bool = True,
    ) -> SigningKey:
        """*private* with the scheme that goes with it; parameters as for :meth:`generate`."""
        if isinstance(private, ec.EllipticCurvePrivateKey):
            return cls(private, EcdsaScheme(hash_name or _hash_for(private.key_size)), explicit_parameters)
        chosen: Hash = hash_name or "sha256"
        if rsa_padding == "pkcs1":
            return cls(private, Pkcs1Scheme(chosen), explicit_parameters)
        return cls(private, PssScheme(chosen, chosen, hashlib.new(chosen, usedforsecurity=False).digest_size), explicit_parameters)

    @property
    def public(self) -> PublicKey:
        """The public half."""
        if isinstance(self.private, rsa.RSAPrivateKey):
            numbers = self.private.public_key().public_numbers()
            return RsaPublicKey(numbers.n, numbers.e)
        domain = EcDomain.named(next(name for name, curve in _CURVES.items() if curve.name == self.private.curve.name))
        encoding, form = serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        return EcPublicKey(domain, self.private.public_key().public_bytes(encoding, form), self.explicit_parameters)

    def sign(self, message: bytes) -> bytes:
        """The signature over *message*; ECDSA without randomness (RFC 6979), RSASSA-PSS with libcrypto's."""
        match self.private, self.scheme:
            case ec.EllipticCurvePrivateKey() as key, EcdsaScheme() as scheme:
                signature = key.sign(message, ec.ECDSA(HASH_ALGORITHMS[scheme.hash], deterministic_signing=True))
                return self._plain(signature) if scheme.plain else signature
            case rsa.RSAPrivateKey() as key, (Pkcs1Scheme() | PssScheme()) as scheme:
                return rsa_sign(key, scheme, message)
        raise UnsupportedFeature(f"{type(self.scheme).__name__} does not go with the key")

    def to_pem(self) -> bytes:
        """The private key as PKCS#8 in PEM, not encrypted: for test keys only."""
        encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
        return self.private.private_bytes(encoding, form, serialization.NoEncryption())

    def _plain(self, signature: bytes) -> bytes:
        size = (self.public.bits + 7) // 8
        return b"".join(number.to_bytes(size, "big") for number in decode_dss_signature(signature))


def read_private_key(pem: bytes) -> _PrivateKey:
    """The private key in PEM, PKCS#8 without password.

    :raises MalformedData: there is none.
    :raises UnsupportedFeature: neither RSA nor a curve that can sign here.
    """
    try:
        key = serialization.load_pem_private_key(pem, None)
    except (ValueError, TypeError):
        raise MalformedData("no private key in PEM, PKCS#8 without a password") from None
    except UnsupportedAlgorithm:
        raise UnsupportedFeature("a private key that cannot sign here") from None
    if isinstance(key, rsa.RSAPrivateKey):
        return key
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name in {curve.name for curve in _CURVES.values()}:
        return key
    raise UnsupportedFeature("a private key that cannot sign here")


def _generate(kind: str, random: RandomSource) -> _PrivateKey:
    if kind in _CURVES:
        pair = generate_key_pair(EcDomain.named(kind), random)
        return ec.derive_private_key(int.from_bytes(bytes(pair.private), "big"), _CURVES[kind])
    size = kind.removeprefix("rsa-")
    if size != kind and size.isdecimal() and int(size) in KEY_BITS:
        return rsa.generate_private_key(65537, int(size))
    raise UnsupportedFeature(f"a signing key of kind {kind}")


def _hash_for(order_bits: int) -> Hash:
    return "sha256" if order_bits <= 256 else "sha384" if order_bits <= 384 else "sha512"
