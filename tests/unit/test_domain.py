# SPDX-License-Identifier: Apache-2.0
"""The groups of key agreement and their keys (ICAO 9303-11 §9.5.1)."""

from __future__ import annotations

from random import Random

import pytest

from chipid.crypto.domain import (
    DH_PARAMETER_IDS,
    EC_PARAMETER_IDS,
    DhDomain,
    Domain,
    EcDomain,
    bits_of_security,
    generate_key_pair,
    standardised_domain,
)
from chipid.errors import MalformedData

SAFE_PRIME = int(  # RFC 2409 §6.2, the 1024-bit group
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B"
    "302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7EDEE386BFB5A899FA5AE9F24117C4B1FE6"
    "49286651ECE65381FFFFFFFFFFFFFFFF",
    16,
)


def octets(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8 or 1, "big")


UNKNOWN_ORDER = DhDomain.explicit(octets(SAFE_PRIME), octets(11), None)  # 11 is no square there: its order is 2q, and not known


@pytest.mark.parametrize("number", [*DH_PARAMETER_IDS, *EC_PARAMETER_IDS])
def test_each_number_has_its_group(number: int) -> None:
    domain = standardised_domain(number)
    assert domain is not None
    assert isinstance(domain, DhDomain) is (number in DH_PARAMETER_IDS)
    assert domain.name == EC_PARAMETER_IDS.get(number, domain.name)


@pytest.mark.parametrize("number", [None, -1, 3, 7, 19, 31, 32, 255, 10**30])
def test_other_numbers_have_none(number: int | None) -> None:
    assert standardised_domain(number) is None


class Drawn:
    """Gives these octets, one after another, and remembers how many were asked for."""

    def __init__(self, *octets: bytes) -> None:
        self.left = list(octets)
        self.asked: list[int] = []

    def __call__(self, size: int) -> bytes:
        self.asked.append(size)
        return self.left.pop(0)


@pytest.mark.parametrize("domain", [EcDomain.named("brainpoolP256r1"), DhDomain.standardised(0)])
def test_zero_and_the_order_are_drawn_again(domain: Domain) -> None:
    size, order = len(domain.order), int.from_bytes(domain.order, "big")
    last = (order - 1).to_bytes(size, "big")
    drawn = Drawn(bytes(size), domain.order, (order + 1).to_bytes(size, "big"), last)
    pair = generate_key_pair(domain, drawn)
    assert bytes(pair.private) == last
    assert drawn.asked == [size] * 4
    one = (1).to_bytes(size, "big")
    assert generate_key_pair(domain, Drawn(one)).public == domain.generator


def test_bits_beyond_the_order_are_cut_off() -> None:
    domain = EcDomain.named("secp521r1")
    pair = generate_key_pair(domain, Drawn(b"\xfe" + bytes(64) + b"\x02"))
    assert int.from_bytes(bytes(pair.private), "big") == 2


def test_an_unknown_order_takes_exponents_below_p_minus_1() -> None:
    assert UNKNOWN_ORDER.order == b""
    size = UNKNOWN_ORDER.size
    drawn = Drawn((SAFE_PRIME - 1).to_bytes(size, "big"), (SAFE_PRIME - 2).to_bytes(size, "big"))
    assert int.from_bytes(bytes(generate_key_pair(UNKNOWN_ORDER, drawn).private), "big") == SAFE_PRIME - 2


def test_a_pair_fits_and_shows_nothing() -> None:
    for domain in (EcDomain.named("secp256r1"), DhDomain.standardised(1)):
        pair = generate_key_pair(domain, Random(1).randbytes)
        assert pair.public == domain.public_key(pair.private)
        assert bytes(pair.private).hex() not in repr(pair)


def test_a_generator_of_small_order_gives_no_key() -> None:
    """An exponent that its order divides gives 1, which is no key."""
    prime = 2**1279 - 1
    of_order_6 = (pow(base, (prime - 1) // 6, prime) for base in range(2, 50))
    generator = next(g for g in of_order_6 if pow(g, 2, prime) != 1 != pow(g, 3, prime))
    domain = DhDomain.explicit(octets(prime), octets(generator), None)
    assert domain.order == b""
    with pytest.raises(MalformedData, match="small order"):
        generate_key_pair(domain, Drawn((6).to_bytes(domain.size, "big")))


@pytest.mark.parametrize(
    ("domain", "bits"),
    [
        (EcDomain.named("secp192r1"), 96),
        (EcDomain.named("brainpoolP256r1"), 128),
        (EcDomain.named("secp521r1"), 260),
        (DhDomain.standardised(0), 80),
        (DhDomain.standardised(1), 112),
        (DhDomain.standardised(2), 112),
        (UNKNOWN_ORDER, 80),
        (DhDomain.explicit(octets(2**1279 - 1), octets(3), None), 80),
        (DhDomain.explicit(octets(2**3217 - 1), octets(3), None), 128),
    ],
)
def test_what_an_attack_costs(domain: Domain, bits: int) -> None:
    assert bits_of_security(domain) == bits


def test_a_small_subgroup_bounds_a_large_field() -> None:
    q = int.from_bytes(DhDomain.standardised(0).order, "big")
    p = 2 * (2**1888 + 1323) * q + 1
    domain = DhDomain.explicit(octets(p), octets(pow(2, (p - 1) // q, p)), octets(q))
    assert (p.bit_length(), q.bit_length()) == (2049, 160)
    assert bits_of_security(domain) == 80
