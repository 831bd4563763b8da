# SPDX-License-Identifier: Apache-2.0
"""Public keys and groups of key agreement, written and read (ICAO 9303-11 §9.4, §9.5; BSI TR-03110-3 §A.2; RFC 3279 §2.3.3;
BSI TR-03105-5.1 ISO7816_D_08, D_11, D_12)."""

from __future__ import annotations

from random import Random

import pytest

from chipid.crypto import asn1
from chipid.crypto.agreement_key import (
    DH_KEY_AGREEMENT,
    DH_PUBLIC_NUMBER,
    STANDARDISED_DOMAIN_PARAMETERS,
    AgreementKey,
    DhPublicKey,
    build_agreement_key,
    build_domain,
    parse_agreement_key,
    parse_domain,
    public_octets,
)
from chipid.crypto.domain import DH_PARAMETER_IDS, EC_PARAMETER_IDS, DhDomain, EcDomain, generate_key_pair, standardised_domain
from chipid.crypto.signature import EcPublicKey
from chipid.crypto.spki import EC_DH, EC_PUBLIC_KEY, RSA_ENCRYPTION
from chipid.errors import MalformedData, UnsupportedFeature

FIELD = DhDomain.standardised(1)
CURVE = EcDomain.named("brainpoolP256r1")
P, G, Q = (int.from_bytes(number, "big") for number in FIELD.parameters)


def octets(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8 or 1, "big")


def key_in(number: int, seed: int = 1) -> AgreementKey:
    domain = standardised_domain(number)
    assert domain is not None
    public = generate_key_pair(domain, Random(seed).randbytes).public
    return EcPublicKey(domain, public) if isinstance(domain, EcDomain) else DhPublicKey(domain, public)


def algorithm(oid: str, *parameters: bytes) -> bytes:
    return asn1.sequence(asn1.oid(oid), *parameters)


def spki(identifier: bytes, key: bytes, *more: bytes) -> bytes:
    return asn1.sequence(identifier, asn1.bit_string(key), *more)


def field(*numbers: int, more: bytes = b"") -> bytes:
    return asn1.sequence(*map(asn1.integer, numbers), more)


# Written and read ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("number", [*DH_PARAMETER_IDS, *EC_PARAMETER_IDS])
def test_there_and_back(number: int, named: bool) -> None:
    key = key_in(number)
    parsed = parse_agreement_key(build_agreement_key(key, number if named else None))
    assert public_octets(parsed) == public_octets(key)
    assert parsed.domain.name == key.domain.name
    assert type(parsed) is type(key)
    domain = parse_domain(build_domain(key.domain, number if named else None))
    assert domain.parameters == key.domain.parameters


def test_what_is_written() -> None:
    number = asn1.sequence(asn1.oid(STANDARDISED_DOMAIN_PARAMETERS), asn1.integer(1))
    key = key_in(1)
    assert build_domain(FIELD, 1) == number
    value = asn1.integer(int.from_bytes(public_octets(key), "big"))
    assert build_agreement_key(key, 1) == spki(number, value)  # RFC 3279 §2.3.3: an INTEGER
    assert build_agreement_key(key_in(13), 13).endswith(public_octets(key_in(13)))


def test_a_field_of_unknown_order_stays_one() -> None:
    domain = DhDomain.explicit(octets(2**1279 - 1), octets(3), None)
    assert parse_domain(build_domain(domain)).parameters == domain.parameters
    assert domain.parameters[2] == b""


def test_ecdh_is_another_name_for_the_same_key() -> None:
    key = key_in(13)
    parameters = asn1.parse(build_domain(CURVE), asn1.SEQUENCE).children()
    parameters.read()
    parsed = parse_agreement_key(spki(algorithm(EC_DH, parameters.read().raw), public_octets(key)))
    assert public_octets(parsed) == public_octets(key)


def test_cofactor_and_seed_may_follow() -> None:
    seed = asn1.sequence(asn1.bit_string(bytes(20)), asn1.integer(1))
    for more in (asn1.integer((P - 1) // Q), seed, asn1.integer((P - 1) // Q) + seed):
        assert parse_domain(algorithm(DH_PUBLIC_NUMBER, field(P, G, Q, more=more))).parameters == FIELD.parameters
    assert parse_domain(algorithm(DH_KEY_AGREEMENT, field(P, G, more=asn1.integer(224)))).parameters[:2] == FIELD.parameters[:2]


def test_a_field_that_is_standardised_is_known_by_its_numbers() -> None:
    for spelt in (algorithm(DH_PUBLIC_NUMBER, field(P, G, Q)), algorithm(DH_KEY_AGREEMENT, field(P, G))):
        domain = parse_domain(spelt)
        assert domain.name == FIELD.name
        assert domain.order == FIELD.order


def test_a_bare_number_is_taken_where_chips_give_it() -> None:
    """Of the field's full length; the same octets are no INTEGER."""
    full = next(pow(G, k, P) for k in range(2, 999) if len(octets(pow(G, k, P))) == FIELD.size and octets(pow(G, k, P))[0] == 2)
    identifier = algorithm(STANDARDISED_DOMAIN_PARAMETERS, asn1.integer(1))
    assert public_octets(parse_agreement_key(spki(identifier, octets(full)))) == octets(full)
    assert public_octets(parse_agreement_key(spki(identifier, asn1.integer(full)))) == octets(full)
    short = next(pow(G, k, P) for k in range(2, 9999) if len(octets(pow(G, k, P))) < FIELD.size and octets(pow(G, k, P))[0] != 2)
    assert public_octets(parse_agreement_key(spki(identifier, octets(short)))) == octets(short)
    assert public_octets(parse_agreement_key(spki(identifier, octets(short).rjust(FIELD.size, b"\0")))) == octets(short)


# Keys that are none --------------------------------------------------------------------------------------------------


OUTSIDE = next(number for number in range(2, 99) if pow(number, Q, P) != 1)


@pytest.mark.parametrize("number", [0, 1, P - 1, P, P + 1, P + 2, OUTSIDE, pow(G, 5, P) * (P - 1) % P], ids=range(8))
def test_a_number_that_is_not_of_the_group(number: int) -> None:
    for identifier in (algorithm(STANDARDISED_DOMAIN_PARAMETERS, asn1.integer(1)), algorithm(DH_PUBLIC_NUMBER, field(P, G, Q))):
        for key in (asn1.integer(number), octets(number).rjust(FIELD.size, b"\0")):
            with pytest.raises(MalformedData):
                parse_agreement_key(spki(identifier, key))


POINT = public_octets(key_in(13))


@pytest.mark.parametrize(
    "point",
    [
        b"",
        b"\0",
        b"\2",
        POINT[:-1],
        POINT + b"\0",
        POINT[:-1] + bytes((POINT[-1] ^ 1,)),
        b"\4" + bytes(64),
        public_octets(key_in(12)),
    ],
    ids=range(8),
)
def test_a_point_that_is_not_of_the_group(point: bytes) -> None:
    for number in (13, None):
        with pytest.raises(MalformedData):
            parse_agreement_key(spki(build_domain(CURVE, number), point))


def test_anything_behind_the_key() -> None:
    for key in (key_in(13), key_in(1)):
        raw = build_agreement_key(key)
        with pytest.raises(MalformedData):
            parse_agreement_key(raw + b"\0")
        children = asn1.parse(raw, asn1.SEQUENCE).children()
        with pytest.raises(MalformedData):
            parse_agreement_key(asn1.sequence(children.read().raw, children.read().raw, asn1.integer(1)))
    identifier = algorithm(STANDARDISED_DOMAIN_PARAMETERS, asn1.integer(1))
    with pytest.raises(MalformedData):
        parse_agreement_key(spki(identifier, asn1.integer(pow(G, 5, P)) + b"\0"))


# Groups that are none ------------------------------------------------------------------------------------------------


COMPOSITE = P + 2


@pytest.mark.parametrize(
    "parameters",
    [
        field(COMPOSITE, G, Q),
        field(2**521 - 1, 3, 2**520 - 1),
        field(P, G, 2),
        field(P, G, Q * 3),
        field(P, G, Q + 2),
        field(P, 1, Q),
        field(P, 0, Q),
        field(P, P - 1, Q),
        field(P, P, Q),
        field(P, P + G, Q),
        field(P, 2, Q) if pow(2, Q, P) != 1 else field(P, 3, Q),
        field(0, G, Q),
        field(P, G, 0),
        field(-P, G, Q),
        field(P, G),
        field(P),
        field(),
        field(2**4423 - 1, 3, 2**4422 - 1),
        field(P, G, Q, 1, 1),
        field(P, G, Q, more=asn1.sequence() + asn1.sequence()),
        asn1.integer(1),
        asn1.octet_string(b""),
    ],
    ids=range(22),
)
def test_a_field_that_cannot_be(parameters: bytes) -> None:
    """Composite p, 512-bit p, a q that is small, composite or another, g of small or other order, numbers that are none."""
    with pytest.raises(MalformedData):
        parse_domain(algorithm(DH_PUBLIC_NUMBER, parameters))


@pytest.mark.parametrize(
    "parameters",
    [
        field(COMPOSITE, G),
        field(2**521 - 1, 3),
        field(P, 1),
        field(P, P - 1),
        field(0, 0),
        field(P),
        field(P, G, 1, 1),
        field(P, G, more=asn1.sequence()),
    ],
    ids=range(8),
)
def test_a_field_without_order_that_cannot_be(parameters: bytes) -> None:
    with pytest.raises(MalformedData):
        parse_domain(algorithm(DH_KEY_AGREEMENT, parameters))


@pytest.mark.parametrize("number", [-1, 3, 7, 19, 32, 10**40])
def test_a_number_that_stands_for_no_group(number: int) -> None:
    with pytest.raises(UnsupportedFeature):
        parse_domain(algorithm(STANDARDISED_DOMAIN_PARAMETERS, asn1.integer(number)))


@pytest.mark.parametrize("parameters", [asn1.octet_string(b"\1"), asn1.sequence(asn1.integer(1)), asn1.oid("1.2.3")], ids=range(3))
def test_a_standardised_group_is_a_number(parameters: bytes) -> None:
    with pytest.raises(MalformedData):
        parse_domain(algorithm(STANDARDISED_DOMAIN_PARAMETERS, parameters))


def test_a_known_curve_with_another_generator_is_a_forgery() -> None:
    """Whoever chooses the generator knows a private key for the public one."""
    raw = bytearray(build_domain(CURVE))
    generator = CURVE.generator
    place = bytes(raw).index(generator)
    raw[place : place + len(generator)] = CURVE.public_key((2).to_bytes(32, "big"))
    with pytest.raises(MalformedData, match="another generator"):
        parse_domain(bytes(raw))


def test_other_algorithms() -> None:
    with pytest.raises(MalformedData, match="RSA"):
        parse_domain(algorithm(RSA_ENCRYPTION, b"\x05\x00"))
    with pytest.raises(UnsupportedFeature):
        parse_domain(algorithm("1.2.3", b"\x05\x00"))
    for oid in (EC_PUBLIC_KEY, DH_PUBLIC_NUMBER, STANDARDISED_DOMAIN_PARAMETERS):
        with pytest.raises(UnsupportedFeature, match="inherited"):
            parse_domain(algorithm(oid))
    with pytest.raises(MalformedData):
        parse_domain(algorithm(STANDARDISED_DOMAIN_PARAMETERS, asn1.integer(1), asn1.integer(1)))
    with pytest.raises(UnsupportedFeature):
        parse_domain(algorithm(EC_PUBLIC_KEY, asn1.oid("1.2.3.4")))
