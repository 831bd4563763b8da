# SPDX-License-Identifier: Apache-2.0
"""Keys of a test PKI for terminals: made, kept in PEM, and made to sign in every way that Terminal Authentication knows.

They lie in the clear, and protect no one: a terminal's own key belongs in a signer.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass, field
from typing import ClassVar, Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_der_private_key

from chipid._native import ecdsa_sign
from chipid.crypto.domain import EcDomain, generate_key_pair
from chipid.crypto.private_key import EcPrivateKey, RsaPrivateKey, build_private_key, parse_private_key
from chipid.crypto.random import RandomSource, system_random
from chipid.crypto.rsa_signing import KEY_BITS, rsa_sign
from chipid.crypto.signature import EcdsaScheme, EcPublicKey, Pkcs1Scheme, PssScheme, PublicKey, RsaPublicKey, Scheme
from chipid.crypto.spki import CURVE_OIDS
from chipid.errors import MalformedData, UnsupportedFeature
from chipid.pki.cv_public_key import OIDS

RSA_EXPONENT: Final = 65537
_PEM: Final = re.compile(rb"-----BEGIN PRIVATE KEY-----\s*([A-Za-z0-9+/=\s]+)-----END PRIVATE KEY-----\s*")


@dataclass(frozen=True)
class CvKeyOptions:
    """What kind of key is made, and how its holder signs.

    :ivar kind: a curve, of :data:`chipid.crypto.spki.CURVE_OIDS`, or ``rsa-2048`` and the like.
    :ivar mechanism: the standards' name, such as ``id-TA-ECDSA-SHA-256``; ``None`` for the one with SHA-256.
    """

    kind: str = "brainpoolP256r1"
    mechanism: str | None = None

    @property
    def oid(self) -> str:
        """The mechanism's object identifier.

        :raises UnsupportedFeature: there is none of that name.
        """
        name = self.mechanism or ("id-TA-RSA-v1-5-SHA-256" if self.kind.startswith("rsa-") else "id-TA-ECDSA-SHA-256")
        if name not in OIDS:
            raise UnsupportedFeature(f"a terminal's mechanism {name}", hint=f"There are {', '.join(sorted(OIDS))}.")
        return OIDS[name]


@dataclass(frozen=True)
class TestCvKey:
    """A private key that signs; it is a :class:`chipid.crypto.signer.Signer`.

    :ivar pkcs8: the key, PrivateKeyInfo in DER.
    """

    __test__: ClassVar = False  # no test case, whatever its name looks like to pytest

    pkcs8: bytes = field(repr=False)

    @classmethod
    def generate(cls, kind: str, random: RandomSource = system_random) -> TestCvKey:
        """A new key; *kind* as for :class:`CvKeyOptions`. RSA keys come from libcrypto's own randomness.

        :raises UnsupportedFeature: another kind.
        """
        if kind in CURVE_OIDS.values():
            domain = EcDomain.named(kind)
            return cls(build_private_key(domain, generate_key_pair(domain, random).private))
        size = kind.removeprefix("rsa-")
        if size == kind or not size.isdecimal() or int(size) not in KEY_BITS:
            sizes = f"rsa-{min(KEY_BITS)} to rsa-{max(KEY_BITS)}"
            known = ", ".join(sorted(CURVE_OIDS.values()))
            raise UnsupportedFeature(f"a terminal's key of kind {kind}", hint=f"There are {known}, and {sizes}.")
        key = rsa.generate_private_key(RSA_EXPONENT, int(size))
        return cls(key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))

    @classmethod
    def from_pem(cls, pem: bytes) -> TestCvKey:
        """Read what :meth:`to_pem` wrote.

        :raises MalformedData: it is something else. :raises UnsupportedFeature: a key that cannot sign here.
        """
        match = _PEM.fullmatch(pem)
        if match is None:
            raise MalformedData("one private key in PEM, PKCS#8 without a password, is expected")
        try:
            key = cls(base64.b64decode(match[1]))
        except ValueError:
            raise MalformedData("a private key's PEM is damaged") from None
        key.public_key  # noqa: B018  parses it
        return key

    def to_pem(self) -> bytes:
        """The private key as PKCS#8 in PEM, not encrypted: for test keys only."""
        text = base64.b64encode(self.pkcs8)
        lines = [text[start : start + 64] for start in range(0, len(text), 64)]
        return b"\n".join((b"-----BEGIN PRIVATE KEY-----", *lines, b"-----END PRIVATE KEY-----", b""))

    @property
    def public_key(self) -> PublicKey:
        """The public half."""
        key = parse_private_key(self.pkcs8)
        if isinstance(key, EcPrivateKey):
            return EcPublicKey(key.domain, key.public)
        if isinstance(key, RsaPrivateKey):
            return RsaPublicKey(key.n, key.e)
        raise UnsupportedFeature("a key that cannot sign")

    def sign(self, scheme: Scheme, message: bytes) -> bytes:
        """The signature over *message*; ECDSA as r ‖ s.

        :raises UnsupportedFeature: scheme and key do not belong together, or the key is too short for it.
        """
        key = parse_private_key(self.pkcs8)
        if isinstance(key, EcPrivateKey) and isinstance(scheme, EcdsaScheme) and scheme.plain:
            return ecdsa_sign(key.domain, key.scalar, hashlib.new(scheme.hash, message, usedforsecurity=False).digest())
        if isinstance(key, EcPrivateKey) or not isinstance(scheme, Pkcs1Scheme | PssScheme):
            raise UnsupportedFeature(f"{type(scheme).__name__} does not go with {type(self.public_key).__name__}")
        return self._sign_rsa(scheme, message)

    def _sign_rsa(self, scheme: Pkcs1Scheme | PssScheme, message: bytes) -> bytes:
        try:
            key = load_der_private_key(self.pkcs8, None)
        except (ValueError, UnsupportedAlgorithm):
            raise UnsupportedFeature("an RSA key that cannot sign here") from None
        if not isinstance(key, rsa.RSAPrivateKey):
            raise UnsupportedFeature("a key that is not RSA")
        return rsa_sign(key, scheme, message)
