# SPDX-License-Identifier: Apache-2.0
"""Public keys and groups of key agreement as AlgorithmIdentifiers spell them out (ICAO 9303-11 §9.5, BSI TR-03110-3 §A.2).

Three forms: a standardised number, an elliptic curve (ANSI X9.62), a finite field (ANSI X9.42, or PKCS#3 without the order).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from chipid._native import NativeError
from chipid.crypto import asn1
from chipid.crypto.domain import DhDomain, Domain, EcDomain, standardised_domain
from chipid.crypto.signature import EcPublicKey
from chipid.crypto.spki import EC_DH, EC_PUBLIC_KEY, RSA_ENCRYPTION, build_ec_parameters, checked_point, parse_ec_parameters
from chipid.errors import MalformedData, UnsupportedFeature

STANDARDISED_DOMAIN_PARAMETERS: Final = "0.4.0.127.0.7.1.2"
DH_PUBLIC_NUMBER: Final = "1.2.840.10046.2.1"
DH_KEY_AGREEMENT: Final = "1.2.840.113549.1.3.1"


@dataclass(frozen=True)
class DhPublicKey:
    """A static key in a finite field.

    :ivar value: g^x mod p, without leading zeros, checked to be in *domain*.
    """

    domain: DhDomain
    value: bytes


AgreementKey = EcPublicKey | DhPublicKey


def public_octets(key: AgreementKey) -> bytes:
    """The key as the other end of a key agreement takes it."""
    return key.point if isinstance(key, EcPublicKey) else key.value


def parse_agreement_key(spki: bytes) -> AgreementKey:
    """The key in a SubjectPublicKeyInfo.

    :raises MalformedData: it is none, or not of its group; group parameters that cannot be.
    :raises UnsupportedFeature: another kind of key, or a group that chipid does not know.
    """
    fields = asn1.parse(spki, asn1.SEQUENCE).children()
    domain = parse_domain(fields.expect(asn1.SEQUENCE).raw)
    key = fields.expect(asn1.BIT_STRING).bits()
    fields.finish()
    if isinstance(domain, EcDomain):
        return EcPublicKey(domain, checked_point(domain, key))
    # An INTEGER (ANSI X9.42, PKCS#3); chips with standardised parameters were seen to give the bare number.
    value = key
    if len(key) != domain.size and key[:1] == b"\x02":
        value = asn1.parse(key, asn1.INTEGER).natural()
    try:
        return DhPublicKey(domain, domain.check_element(value))
    except NativeError:
        raise MalformedData(f"the public number is not of the group {domain.name}") from None


def parse_domain(algorithm: bytes) -> Domain:
    """The group that an AlgorithmIdentifier names or spells out.

    That a finite field's parameters are primes takes seconds to find out where they are long, so that what was found is remembered.

    :raises MalformedData: it is none; parameters that cannot be, or that forge a known curve.
    :raises UnsupportedFeature: another algorithm, or a curve that chipid does not know.
    """
    found = _domain_or_refusal(algorithm)
    if isinstance(found, tuple):
        kind, message = found
        raise kind(message)
    return found


@lru_cache(maxsize=64)
def _domain_or_refusal(algorithm: bytes) -> Domain | tuple[type[MalformedData | UnsupportedFeature], str]:
    try:
        return _parse_domain(algorithm)
    except (MalformedData, UnsupportedFeature) as error:
        return type(error), str(error)


def _parse_domain(algorithm: bytes) -> Domain:
    fields = asn1.parse(algorithm, asn1.SEQUENCE).children()
    oid = fields.expect(asn1.OBJECT_IDENTIFIER).oid()
    if fields.at_end:
        raise UnsupportedFeature("a group whose parameters are inherited")
    parameters = fields.read()
    fields.finish()
    if oid == STANDARDISED_DOMAIN_PARAMETERS:
        return _standardised(parameters)
    if oid in (EC_PUBLIC_KEY, EC_DH):
        return parse_ec_parameters(parameters.raw)[0]
    if oid in (DH_PUBLIC_NUMBER, DH_KEY_AGREEMENT):
        return _finite_field(parameters, with_order=oid == DH_PUBLIC_NUMBER)
    if oid == RSA_ENCRYPTION:
        raise MalformedData("an RSA key is no key for key agreement")
    raise UnsupportedFeature(f"key agreement with a key of algorithm {oid}")


def build_domain(domain: Domain, parameter_id: int | None = None) -> bytes:
    """The AlgorithmIdentifier of *domain*: its standardised number where one is given, otherwise spelt out."""
    if parameter_id is not None:
        return asn1.sequence(asn1.oid(STANDARDISED_DOMAIN_PARAMETERS), asn1.integer(parameter_id))
    if isinstance(domain, EcDomain):
        return asn1.sequence(asn1.oid(EC_PUBLIC_KEY), build_ec_parameters(domain, explicit=True))
    p, g, q = (int.from_bytes(number, "big") for number in domain.parameters)
    if not q:
        return asn1.sequence(asn1.oid(DH_KEY_AGREEMENT), asn1.sequence(asn1.integer(p), asn1.integer(g)))
    return asn1.sequence(asn1.oid(DH_PUBLIC_NUMBER), asn1.sequence(*map(asn1.integer, (p, g, q))))


def build_agreement_key(key: AgreementKey, parameter_id: int | None = None) -> bytes:
    """The SubjectPublicKeyInfo of *key*; its group as :func:`build_domain` writes it."""
    public = public_octets(key)
    if isinstance(key, DhPublicKey):
        public = asn1.integer(int.from_bytes(public, "big"))
    return asn1.sequence(build_domain(key.domain, parameter_id), asn1.bit_string(public))


def _standardised(parameters: asn1.Element) -> Domain:
    if parameters.tag != asn1.INTEGER:
        raise parameters.error("the number of standardised domain parameters is expected")
    number = parameters.integer()
    domain = standardised_domain(number)
    if domain is None:
        raise UnsupportedFeature(f"standardised domain parameters {number}")
    return domain


def _finite_field(parameters: asn1.Element, *, with_order: bool) -> DhDomain:
    """DomainParameters of ANSI X9.42 (p, g, q, then cofactor and seed) or DHParameter of PKCS#3 (p, g, then a length)."""
    if parameters.tag != asn1.SEQUENCE:
        raise parameters.error("the parameters of a finite field are expected")
    numbers = parameters.children()
    p, g = numbers.expect(asn1.INTEGER).natural(), numbers.expect(asn1.INTEGER).natural()
    q = numbers.expect(asn1.INTEGER).natural() if with_order else None
    numbers.optional(asn1.INTEGER)
    if with_order:
        numbers.optional(asn1.SEQUENCE)
    numbers.finish()
    try:
        return DhDomain.explicit(p, g, q)
    except NativeError as error:
        raise MalformedData(f"finite-field parameters that cannot be ({error.code})") from None
