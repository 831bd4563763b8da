# SPDX-License-Identifier: Apache-2.0
"""SubjectPublicKeyInfo (RFC 5280 §4.1.2.7): RSA, elliptic-curve and DSA keys (ICAO 9303-12 §4.1.6).

Doc 9303 wants the curve's parameters spelt out. Explicit parameters are never computed with: they are compared with the curves that
the core knows, since a key on made-up parameters can be made to fit any signature (CVE-2020-0601).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from chipid._native import EcDomain, NativeError
from chipid.crypto import asn1, dsa
from chipid.crypto.algorithms import DSA, EC_PUBLIC_KEY, RSA_ENCRYPTION, RSASSA_PSS, build_algorithm_identifier, pss_from_parameters
from chipid.crypto.signature import CertificateKey, DsaPublicKey, EcPublicKey, PublicKey, RsaPublicKey
from chipid.errors import MalformedData, UnsupportedFeature

__all__ = [
    "CURVE_OIDS",
    "EC_DH",
    "EC_PUBLIC_KEY",
    "RSASSA_PSS",
    "RSA_ENCRYPTION",
    "build_ec_parameters",
    "build_spki",
    "checked_point",
    "field_element",
    "parse_certificate_key",
    "parse_ec_parameters",
    "parse_public_key",
]

EC_DH: Final = "1.3.132.1.12"
PRIME_FIELD: Final = "1.2.840.10045.1.1"

CURVE_OIDS: Final[dict[str, str]] = {
    "1.2.840.10045.3.1.1": "secp192r1",
    "1.3.132.0.33": "secp224r1",
    "1.2.840.10045.3.1.7": "secp256r1",
    "1.3.132.0.34": "secp384r1",
    "1.3.132.0.35": "secp521r1",
    "1.3.36.3.3.2.8.1.1.1": "brainpoolP160r1",
    "1.3.36.3.3.2.8.1.1.3": "brainpoolP192r1",
    "1.3.36.3.3.2.8.1.1.5": "brainpoolP224r1",
    "1.3.36.3.3.2.8.1.1.7": "brainpoolP256r1",
    "1.3.36.3.3.2.8.1.1.9": "brainpoolP320r1",
    "1.3.36.3.3.2.8.1.1.11": "brainpoolP384r1",
    "1.3.36.3.3.2.8.1.1.13": "brainpoolP512r1",
}
"""Object identifiers of the curves that the core knows."""

_OID_OF_CURVE = {name: oid for oid, name in CURVE_OIDS.items()}


def parse_certificate_key(spki_der: bytes) -> CertificateKey:
    """The key in a certificate's SubjectPublicKeyInfo, which may be a DSA key.

    :param spki_der: the whole SEQUENCE.
    :raises MalformedData: it is none; a point off its curve; explicit parameters that forge a known curve.
    :raises UnsupportedFeature: another kind of key, or a curve that the core does not know.
    """
    spki = asn1.parse(spki_der, asn1.SEQUENCE).children()
    algorithm = spki.sequence()
    oid = algorithm.expect(asn1.OBJECT_IDENTIFIER).oid()
    parameters = None if algorithm.at_end else algorithm.read()
    algorithm.finish()
    key = spki.expect(asn1.BIT_STRING).bits()
    spki.finish()
    if oid not in _KINDS:
        raise UnsupportedFeature(f"a public key of algorithm {oid}")
    return _KINDS[oid](parameters, key)


def parse_public_key(spki_der: bytes) -> PublicKey:
    """The key in a SubjectPublicKeyInfo, RSA or elliptic-curve: a chip's in DG15 (ICAO 9303-11 §6.1).

    :raises MalformedData: as :func:`parse_certificate_key`.
    :raises UnsupportedFeature: as :func:`parse_certificate_key`; a DSA key.
    """
    key = parse_certificate_key(spki_der)
    if isinstance(key, DsaPublicKey):
        raise UnsupportedFeature("a DSA key outside of a certificate")
    return key


def parse_ec_parameters(der: bytes) -> tuple[EcDomain, bool]:
    """The group that an ``ECParameters`` names or spells out (ANSI X9.62, BSI TR-03111 §5.1.1), and whether it spells it out.

    A missing cofactor is tolerated (Ukraine): the comparison fixes it.

    :raises MalformedData: it is none, or the equation of a known curve with another generator, order or cofactor.
    :raises UnsupportedFeature: parameters of a curve that the core does not know, or inherited ones.
    """
    element = asn1.Reader(der).read()
    if len(element.raw) != len(der):
        raise MalformedData("octets behind the EC parameters", offset=element.end)
    if element.tag == asn1.OBJECT_IDENTIFIER:
        oid = element.oid()
        if oid not in CURVE_OIDS:
            raise UnsupportedFeature(f"the curve {oid}")
        return EcDomain.named(CURVE_OIDS[oid]), False
    if element.tag == asn1.NULL:
        raise UnsupportedFeature("EC parameters that are inherited")
    if element.tag != asn1.SEQUENCE:
        raise element.error("EC parameters are expected")
    return _explicit_domain(element.children()), True


def checked_point(domain: EcDomain, octets: bytes) -> bytes:
    """A point of *domain*, uncompressed.

    :raises MalformedData: it is none.
    """
    try:
        return domain.check_point(octets)
    except NativeError:
        raise MalformedData(f"the public point is not on {domain.name}") from None


def field_element(domain: EcDomain, octets: bytes) -> bytes:
    """An element of the curve's field at full length (BSI TR-03111 §3.1.3)."""
    return octets.rjust(domain.field_size, b"\0")


def build_ec_parameters(domain: EcDomain, *, explicit: bool) -> bytes:
    """``ECParameters`` of *domain*: spelt out with cofactor (ICAO 9303-12 §4.1.6.3), or the curve's object identifier."""
    if not explicit:
        return asn1.oid(_OID_OF_CURVE[domain.name])
    p, a, b, generator, order, cofactor = domain.parameters
    return asn1.sequence(
        asn1.integer(1),
        asn1.sequence(asn1.oid(PRIME_FIELD), asn1.integer(int.from_bytes(p, "big"))),
        asn1.sequence(*(asn1.octet_string(field_element(domain, coefficient)) for coefficient in (a, b))),
        asn1.octet_string(generator),
        asn1.integer(int.from_bytes(order, "big")),
        asn1.integer(cofactor),
    )


def build_spki(key: CertificateKey) -> bytes:
    """The SubjectPublicKeyInfo of *key*; an EC key's parameters are spelt out where ``key.explicit`` says so."""
    if isinstance(key, EcPublicKey):
        parameters = build_ec_parameters(key.domain, explicit=key.explicit)
        return asn1.sequence(asn1.sequence(asn1.oid(EC_PUBLIC_KEY), parameters), asn1.bit_string(key.point))
    if isinstance(key, DsaPublicKey):
        parameters = asn1.sequence(*(asn1.integer(number) for number in (key.p, key.q, key.g)))
        return asn1.sequence(asn1.sequence(asn1.oid(DSA), parameters), asn1.bit_string(asn1.integer(key.y)))
    algorithm = asn1.sequence(asn1.oid(RSASSA_PSS)) if key.pss_only else asn1.sequence(asn1.oid(RSA_ENCRYPTION), asn1.null())
    if key.pss_parameters is not None:
        algorithm = build_algorithm_identifier(key.pss_parameters)
    return asn1.sequence(algorithm, asn1.bit_string(asn1.sequence(asn1.integer(key.n), asn1.integer(key.e))))


def _rsa_key(parameters: asn1.Element | None, octets: bytes) -> RsaPublicKey:
    if parameters is not None and parameters.tag != asn1.NULL:
        raise parameters.error("an RSA key's algorithm takes no parameters")
    return RsaPublicKey(*_rsa_numbers(octets))


def _rsa_pss_key(parameters: asn1.Element | None, octets: bytes) -> RsaPublicKey:
    allowed = None if parameters is None else pss_from_parameters(parameters)
    return RsaPublicKey(*_rsa_numbers(octets), pss_only=True, pss_parameters=allowed)


def _rsa_numbers(octets: bytes) -> tuple[int, int]:
    numbers = asn1.parse(octets, asn1.SEQUENCE).children()
    n, e = numbers.expect(asn1.INTEGER).integer(), numbers.expect(asn1.INTEGER).integer()
    numbers.finish()
    # With e = 1 anybody signs. An even exponent is a Rabin key's (ISO/IEC 9796-2), which the core does not know.
    if not (1 < e < n and n & 1):
        raise MalformedData("an RSA key needs an odd modulus n and an exponent 1 < e < n")
    return n, e


def _ec_key(parameters: asn1.Element | None, point: bytes) -> EcPublicKey:
    if parameters is None:
        raise UnsupportedFeature("EC parameters that are inherited")
    domain, explicit = parse_ec_parameters(parameters.raw)
    return EcPublicKey(domain, checked_point(domain, point), explicit)


def _dsa_key(parameters: asn1.Element | None, octets: bytes) -> DsaPublicKey:
    """RFC 3279 §2.3.2."""
    if parameters is None or parameters.tag == asn1.NULL:
        raise UnsupportedFeature("DSA parameters that are inherited")
    numbers = asn1.parse(parameters.raw, asn1.SEQUENCE).children()
    p, q, g = (numbers.expect(asn1.INTEGER).integer() for _ in range(3))
    numbers.finish()
    y = asn1.parse(octets, asn1.INTEGER).integer()
    dsa.check_key(p, q, g, y)
    return DsaPublicKey(p, q, g, y)


_KINDS: Final[dict[str, Callable[[asn1.Element | None, bytes], CertificateKey]]] = {
    RSA_ENCRYPTION: _rsa_key,
    RSASSA_PSS: _rsa_pss_key,
    EC_PUBLIC_KEY: _ec_key,
    EC_DH: _ec_key,
    DSA: _dsa_key,
}


def _explicit_domain(parameters: asn1.Reader) -> EcDomain:
    version = parameters.expect(asn1.INTEGER).integer()
    if version not in (1, 2, 3):
        raise parameters.error("not a version of ECParameters")
    field = parameters.sequence()
    if field.expect(asn1.OBJECT_IDENTIFIER).oid() != PRIME_FIELD:
        raise UnsupportedFeature("a curve over a field that is not prime")
    p = field.expect(asn1.INTEGER).natural()
    curve = parameters.sequence()
    a, b = curve.octet_string(), curve.octet_string()
    generator = parameters.octet_string()
    order = parameters.expect(asn1.INTEGER).natural()
    cofactor = parameters.optional(asn1.INTEGER)
    try:
        return EcDomain.explicit(p, a, b, generator, order, None if cofactor is None else cofactor.natural())
    except NativeError:
        name = _curve_with_equation(p, a, b)
    if name is None:
        raise UnsupportedFeature("explicit EC parameters of no known curve")
    raise MalformedData(f"EC parameters with the equation of {name}, but another generator, order or cofactor")


def _curve_with_equation(*equation: bytes) -> str | None:
    numbers = tuple(int.from_bytes(octets, "big") for octets in equation)
    for name in CURVE_OIDS.values():
        known = EcDomain.named(name).parameters[:3]
        if numbers == tuple(int.from_bytes(octets, "big") for octets in known):
            return name
    return None
