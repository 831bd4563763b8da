# SPDX-License-Identifier: Apache-2.0
"""Public keys of card verifiable certificates (ICAO 9303-12 §7.2.3.2, BSI TR-03110-3 §A.7.3, §D.3).

The object identifier says how the key's holder signs. The parameters of a curve are in a CVCA's certificate alone; the keys below
inherit them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

from chipid._native import EcDomain, NativeError
from chipid.crypto import asn1
from chipid.crypto.signature import EcdsaScheme, EcPublicKey, Pkcs1Scheme, PssScheme, PublicKey, RsaPublicKey, Scheme, verify
from chipid.crypto.spki import field_element
from chipid.errors import CertificateError, UnsupportedFeature
from chipid.iso7816.tlv import Tlv, TlvCursor, build_tlv

PUBLIC_KEY: Final = 0x7F49
ID_TA: Final = "0.4.0.127.0.7.2.2.2"
RSA_BITS_MAX: Final = 8192

_PRIME, _A, _B, _GENERATOR, _ORDER, _POINT, _COFACTOR = range(0x81, 0x88)
_MODULUS, _EXPONENT = 0x81, 0x82
_UNCOMPRESSED = 0x04
_COFACTOR_MAX = 0xFFFF


_MECHANISMS: Final[tuple[tuple[str, str, Scheme], ...]] = (
    (f"{ID_TA}.1.1", "id-TA-RSA-v1-5-SHA-1", Pkcs1Scheme("sha1")),
    (f"{ID_TA}.1.2", "id-TA-RSA-v1-5-SHA-256", Pkcs1Scheme("sha256")),
    (f"{ID_TA}.1.3", "id-TA-RSA-PSS-SHA-1", PssScheme("sha1", "sha1", 20)),
    (f"{ID_TA}.1.4", "id-TA-RSA-PSS-SHA-256", PssScheme("sha256", "sha256", 32)),
    (f"{ID_TA}.1.5", "id-TA-RSA-v1-5-SHA-512", Pkcs1Scheme("sha512")),
    (f"{ID_TA}.1.6", "id-TA-RSA-PSS-SHA-512", PssScheme("sha512", "sha512", 64)),
    (f"{ID_TA}.2.1", "id-TA-ECDSA-SHA-1", EcdsaScheme("sha1", plain=True)),
    (f"{ID_TA}.2.2", "id-TA-ECDSA-SHA-224", EcdsaScheme("sha224", plain=True)),
    (f"{ID_TA}.2.3", "id-TA-ECDSA-SHA-256", EcdsaScheme("sha256", plain=True)),
    (f"{ID_TA}.2.4", "id-TA-ECDSA-SHA-384", EcdsaScheme("sha384", plain=True)),
    (f"{ID_TA}.2.5", "id-TA-ECDSA-SHA-512", EcdsaScheme("sha512", plain=True)),
)

SCHEMES: Final[dict[str, Scheme]] = {oid: scheme for oid, _name, scheme in _MECHANISMS}
"""How the holder of a key signs, by object identifier. RSASSA-PSS: MGF1 with the same hash, a salt as long as it; ECDSA: r ‖ s."""

NAMES: Final[dict[str, str]] = {oid: name for oid, name, _scheme in _MECHANISMS}
"""The standards' names, by object identifier: ``id-TA-RSA-v1-5-SHA-1`` … ``id-TA-ECDSA-SHA-512``."""

OIDS: Final[dict[str, str]] = {name: oid for oid, name in NAMES.items()}


def scheme_of(oid: str, key: PublicKey | None) -> Scheme:
    """How the holder of *key* signs: one of :data:`SCHEMES`, with a shorter salt where an RSA key has no room for a whole one.

    BSI TR-03105-5.1 ISO7816_E_36 has RSA-1024 with PSS and SHA-512, which a salt of 64 octets would not fit.

    :raises UnsupportedFeature: no mechanism of Terminal Authentication.
    """
    if oid not in SCHEMES:
        raise UnsupportedFeature(f"a terminal's mechanism {oid}")
    scheme = SCHEMES[oid]
    if not isinstance(scheme, PssScheme) or not isinstance(key, RsaPublicKey):
        return scheme
    room = (key.bits + 6) // 8 - scheme.salt_length - 2  # RFC 8017 §9.1.1; the hash is as long as a whole salt
    return replace(scheme, salt_length=max(min(scheme.salt_length, room), 0))


@dataclass(frozen=True)
class VerificationKey:
    """A key that can verify: its curve is known.

    :ivar oid: how its holder signs, one of :data:`SCHEMES`.
    """

    oid: str
    key: PublicKey

    @property
    def scheme(self) -> Scheme:
        """How its holder signs."""
        return scheme_of(self.oid, self.key)

    @property
    def domain(self) -> EcDomain | None:
        """Its curve, which the keys below inherit; ``None`` for RSA."""
        return self.key.domain if isinstance(self.key, EcPublicKey) else None

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Whether *signature* over *message* is the holder's.

        :raises UnsupportedFeature: a key beyond the core's limits.
        """
        return verify(self.key, self.scheme, message, signature)

    def is_same_as(self, other: VerificationKey) -> bool:
        """Whether both are the same key on the same curve for the same use."""
        return self.oid == other.oid and is_same_key(self.key, other.key)


def is_same_key(one: PublicKey, other: PublicKey) -> bool:
    """Whether both are the same key; how a certificate wrote the curve is of no matter."""
    if isinstance(one, RsaPublicKey) or isinstance(other, RsaPublicKey):
        return one == other
    return (one.domain.name, one.point) == (other.domain.name, other.point)


@dataclass(frozen=True)
class CvPublicKey:
    """The key in a certificate: RSA, or a point whose curve may be told elsewhere.

    :ivar oid: how its holder signs, one of :data:`SCHEMES`.
    :ivar point: uncompressed, as the certificate has it; empty for RSA. Whether it is on the curve shows in :meth:`resolve`.
    :ivar domain: the curve where the certificate spells it out, ``None`` where it is inherited.
    """

    oid: str
    rsa: RsaPublicKey | None = None
    point: bytes = b""
    domain: EcDomain | None = field(default=None, compare=False)

    @classmethod
    def of(cls, oid: str, key: PublicKey, *, with_domain: bool) -> CvPublicKey:
        """*key* for a certificate, with its curve's parameters where *with_domain*.

        :raises UnsupportedFeature: *oid* is unknown, or not for such a key.
        """
        if oid not in SCHEMES or isinstance(SCHEMES[oid], EcdsaScheme) is not isinstance(key, EcPublicKey):
            raise UnsupportedFeature(f"{NAMES.get(oid, oid)} does not go with {type(key).__name__}")
        if isinstance(key, RsaPublicKey):
            return cls(oid, key)
        return cls(oid, None, key.point, key.domain if with_domain else None)

    @classmethod
    def parse(cls, template: Tlv) -> CvPublicKey:
        """The content of a data object 7F49.

        :raises MalformedData: it is none: an object missing, unknown or out of order, numbers that cannot be a key's.
        :raises UnsupportedFeature: another mechanism than Terminal Authentication's, or a curve that is not known here.
        """
        objects = template.children()
        identifier = objects.expect(asn1.OBJECT_IDENTIFIER)
        oid = asn1.parse(identifier.raw, asn1.OBJECT_IDENTIFIER, CertificateError).oid()
        if oid not in SCHEMES:
            raise UnsupportedFeature(f"a terminal's key for {oid}")
        if isinstance(SCHEMES[oid], EcdsaScheme):
            parameters = _parameters(objects) if objects.peek() == _PRIME else []
            point = _point(objects.expect(_POINT))
            key = cls(oid, None, point, _known(parameters, objects) if parameters else None)
        else:
            key = cls(oid, _rsa(objects.expect(_MODULUS), objects.expect(_EXPONENT)))
        objects.finish()
        return key

    def build(self) -> bytes:
        """The data object 7F49."""
        if self.rsa is not None:
            numbers = (build_tlv(_MODULUS, asn1.unsigned(self.rsa.n)), build_tlv(_EXPONENT, asn1.unsigned(self.rsa.e)))
            return build_tlv(PUBLIC_KEY, asn1.oid(self.oid), *numbers)
        before, behind = b"", b""
        if self.domain is not None:
            p, a, b, generator, order, cofactor = self.domain.parameters
            # Coefficients at full length: they are elements of the field, and chips compare octets.
            values = (p, field_element(self.domain, a), field_element(self.domain, b), generator, order)
            before = b"".join(build_tlv(tag, value) for tag, value in zip(range(_PRIME, _POINT), values, strict=True))
            behind = build_tlv(_COFACTOR, asn1.unsigned(cofactor))
        return build_tlv(PUBLIC_KEY, asn1.oid(self.oid), before, build_tlv(_POINT, self.point), behind)

    @property
    def scheme(self) -> Scheme:
        """How the key's holder signs."""
        return scheme_of(self.oid, self.rsa)

    def resolve(self, inherited: EcDomain | None = None) -> VerificationKey:
        """The key on its own curve, or on the *inherited* one.

        :raises CertificateError: there is no curve, or the point is not on it.
        """
        if self.rsa is not None:
            return VerificationKey(self.oid, self.rsa)
        domain = self.domain or inherited
        if domain is None:
            raise CertificateError("a key on a curve that no certificate names")
        try:
            return VerificationKey(self.oid, EcPublicKey(domain, domain.check_point(self.point), self.domain is not None))
        except NativeError:
            raise CertificateError(f"a certificate's public point is not on {domain.name}") from None


def _rsa(modulus: Tlv, exponent: Tlv) -> RsaPublicKey:
    n, e = _number(modulus), _number(exponent)
    if n.bit_length() > RSA_BITS_MAX:
        raise UnsupportedFeature(f"an RSA key of more than {RSA_BITS_MAX} bits")
    if not 1 < e < n:
        raise modulus.error("an RSA key needs 1 < e < n")
    return RsaPublicKey(n, e)


def _parameters(objects: TlvCursor) -> list[bytes]:
    """p, a, b, G and r, which come together or not at all."""
    return [objects.expect(tag).value for tag in range(_PRIME, _POINT)]


def _known(parameters: list[bytes], objects: TlvCursor) -> EcDomain:
    """The curve with these parameters and the cofactor that may follow: a made-up one could be made to fit any signature."""
    cofactor = objects.optional(_COFACTOR)
    if cofactor is not None and _number(cofactor) > _COFACTOR_MAX:
        raise cofactor.error("a cofactor that no known curve has")
    p, a, b, generator, order = parameters
    try:
        return EcDomain.explicit(p, a, b, generator, order, None if cofactor is None else cofactor.value)
    except NativeError:
        raise UnsupportedFeature("elliptic-curve parameters of no known curve") from None


def _point(element: Tlv) -> bytes:
    """``04 ‖ x ‖ y``; the length that is right depends on a curve that may not be known yet."""
    if len(element.value) < 3 or len(element.value) % 2 == 0 or element.value[0] != _UNCOMPRESSED:
        raise element.error("a public point is not uncompressed")
    return element.value


def _number(element: Tlv) -> int:
    if not element.value:
        raise element.error("a number without octets")
    return int.from_bytes(element.value, "big")
