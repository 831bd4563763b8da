# SPDX-License-Identifier: Apache-2.0
"""Diffie-Hellman in finite fields against plain integers, and domain parameters that a stranger has chosen."""

from __future__ import annotations

import hashlib

import oracle
import pytest
from groups import OWN, SAFE_PRIME, STANDARDISED, Group, is_prime, octets
from hypothesis import given, settings
from hypothesis import strategies as st

from chipid._native import DhDomain, NativeError, Secret

EVERY_GROUP = pytest.mark.parametrize("group", STANDARDISED, ids=lambda group: group.name)
IDS = st.integers(0, len(STANDARDISED) - 1)
HALF = (SAFE_PRIME - 1) // 2


def _explicit(p: int, g: int, q: int | None) -> object:
    return oracle.answer(DhDomain.explicit, octets(p), octets(g), None if q is None else octets(q))


def _domain(group: Group) -> DhDomain:
    return DhDomain.explicit(octets(group.p), octets(group.g), octets(group.q))


def _exponents(q: int) -> st.SearchStrategy[int]:
    return st.integers(1, q - 1) | st.sampled_from((1, 2, q - 2, q - 1))


@st.composite
def keyed(draw: st.DrawFn, count: int) -> tuple[Group, DhDomain, list[int]]:
    parameter_id = draw(IDS)
    group = STANDARDISED[parameter_id]
    return group, DhDomain.standardised(parameter_id), [draw(_exponents(group.q)) for _ in range(count)]


# The reference itself ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize("group", [*STANDARDISED, *OWN.values()], ids=lambda group: group.name)
def test_the_numbers_make_a_group(group: Group) -> None:
    assert is_prime(group.p)
    assert is_prime(group.q)
    assert (group.p - 1) % group.q == 0
    assert group.contains(group.g)


def test_a_safe_prime() -> None:
    assert is_prime(SAFE_PRIME)
    assert is_prime(HALF)
    assert pow(2, HALF, SAFE_PRIME) == 1


# Domain parameters ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("parameter_id", range(3))
def test_standardised(parameter_id: int) -> None:
    group, domain = STANDARDISED[parameter_id], DhDomain.standardised(parameter_id)
    assert domain.parameters == (octets(group.p), octets(group.g), octets(group.q))
    assert (domain.name, domain.mapped, domain.size) == (group.name, False, group.size)
    assert (domain.order, domain.generator) == (octets(group.q), octets(group.g))
    assert repr(domain) == f"<DhDomain {group.name}>"
    for q in (group.q, None):
        again = _explicit(group.p, group.g, q)
        assert isinstance(again, DhDomain)
        assert (again.name, again.parameters) == (domain.name, domain.parameters)


@pytest.mark.parametrize("parameter_id", [-1, 3, 8, 13, 32, 2**31, 2**32, 2**64, -(2**64), 2**200])
def test_ids_that_are_no_group(parameter_id: int) -> None:
    with pytest.raises(NativeError, match="dh-parameters"):
        DhDomain.standardised(parameter_id)


@given(st.integers(2, 2**100))
@settings(max_examples=10)
def test_another_generator_is_another_group(exponent: int) -> None:
    group = STANDARDISED[0]
    g = pow(group.g, exponent % (group.q - 2) + 2, group.p)
    domain = _explicit(group.p, g, group.q)
    assert isinstance(domain, DhDomain)
    assert (domain.name, domain.parameters) == ("modp1024", (octets(group.p), octets(g), octets(group.q)))
    unknown = _explicit(group.p, g, None)
    assert isinstance(unknown, DhDomain)
    assert (unknown.order, unknown.parameters) == (b"", (octets(group.p), octets(g), b""))


def test_sizes_at_their_bounds() -> None:
    for key, accepted in (("1023/160", False), ("1025/160", True), ("1024/159", False)):
        group = OWN[key]
        answer = _explicit(group.p, group.g, group.q)
        if accepted:
            assert isinstance(answer, DhDomain)
            assert (answer.name, answer.size, answer.order) == (group.name, 129, octets(group.q))
        else:
            assert answer == "<dh-parameters>"


@pytest.mark.parametrize(("g", "order"), [(2, HALF), (4, HALF), (SAFE_PRIME - 2, None), (SAFE_PRIME - 4, None)])
def test_parameters_of_pkcs3(g: int, order: int | None) -> None:
    """A square has the order (p-1)/2; a number that is none has the order p-1, which is no prime and stays unknown."""
    domain = _explicit(SAFE_PRIME, g, None)
    assert isinstance(domain, DhDomain)
    assert domain.order == (octets(order) if order else b"")
    assert isinstance(_explicit(SAFE_PRIME, g, HALF), DhDomain) is (order is not None)


@pytest.mark.parametrize("parameter_id", range(3))
@given(st.data())
@settings(max_examples=20)
def test_parameters_with_one_bit_changed(parameter_id: int, data: st.DataObject) -> None:
    parameters = list(DhDomain.standardised(parameter_id).parameters)
    which = data.draw(st.integers(0, 2))
    changed = bytearray(parameters[which])
    bit = data.draw(st.integers(0, 8 * len(changed) - 1))
    changed[bit // 8] ^= 1 << bit % 8
    parameters[which] = bytes(changed)
    with pytest.raises(NativeError, match="dh-parameters"):
        DhDomain.explicit(*parameters)


@EVERY_GROUP
def test_generators_that_are_none(group: Group) -> None:
    for g in (0, 1, group.p - 1, group.p, group.p + group.g, 2):
        assert _explicit(group.p, g, group.q) == "<dh-parameters>"
    for g in (0, 1, group.p - 1, group.p):
        assert _explicit(group.p, g, None) == "<dh-parameters>"


@EVERY_GROUP
def test_orders_that_are_none(group: Group) -> None:
    wrong = (0, 1, 2, group.q + 2, 2 * group.q, group.q * group.q, group.p - 1, group.p, next(p for p in range(3, 999, 2)
             if (group.p - 1) % p == 0) * group.q)  # fmt: skip
    for q in wrong:
        assert _explicit(group.p, group.g, q) == "<dh-parameters>"


@given(st.lists(st.binary(max_size=300), min_size=2, max_size=2), st.none() | st.binary(max_size=60))
def test_parameters_of_any_octets(parameters: list[bytes], q: bytes | None) -> None:
    assert oracle.answer(DhDomain.explicit, *parameters, q) == "<dh-parameters>"


@given(st.integers(2**1023, 2**1024 - 1))
@settings(max_examples=20)
def test_moduli_that_are_no_primes(p: int) -> None:
    p |= 1
    if not is_prime(p):
        assert _explicit(p, 2, None) == "<dh-parameters>"


def test_huge_parameters_are_refused_at_once() -> None:
    huge = b"\x7f" + bytes(1 << 20) + b"\x01"
    small = octets(STANDARDISED[0].p)
    for parameters in ((huge, huge, huge), (huge, b"\x02", None), (small, huge, None), (small, b"\x02", huge)):
        with pytest.raises(NativeError, match="dh-parameters"):
            DhDomain.explicit(*parameters)


# Elements ---------------------------------------------------------------------------------------------------------
@given(IDS, st.data())
def test_elements(parameter_id: int, data: st.DataObject) -> None:
    group, domain = STANDARDISED[parameter_id], DhDomain.standardised(parameter_id)
    y = pow(group.g, data.draw(_exponents(group.q)), group.p)
    assert domain.check_element(octets(y)) == octets(y)
    assert domain.check_element(y.to_bytes(group.size, "big")) == octets(y)
    assert oracle.answer(domain.check_element, y.to_bytes(group.size + 1, "big")) == "<dh-element>"
    assert oracle.answer(domain.check_element, octets(group.p - y)) == "<dh-element>"


@given(IDS, st.binary(max_size=260))
def test_any_octets_as_an_element(parameter_id: int, value: bytes) -> None:
    group, domain = STANDARDISED[parameter_id], DhDomain.standardised(parameter_id)
    number = int.from_bytes(value, "big")
    valid = len(value) <= group.size and group.contains(number)
    assert oracle.answer(domain.check_element, value) == (octets(number) if valid else "<dh-element>")


@pytest.mark.parametrize("group", [OWN["1025/160"], Group("modp1024", SAFE_PRIME, 4, HALF)], ids=lambda group: group.name)
def test_elements_of_an_issuers_own_group(group: Group) -> None:
    domain = _domain(group)
    for y in (0, 1, 2, 3, 4, 5, 6, 7, group.p - 1, group.p - 2, group.p, group.p + 1, pow(group.g, 77, group.p)):
        answer = oracle.answer(domain.check_element, y.to_bytes(group.size, "big"))
        assert answer == (octets(y) if group.contains(y) else "<dh-element>")


# Keys -------------------------------------------------------------------------------------------------------------
@given(keyed(2))
@settings(max_examples=60)
def test_keys_and_agreement(case: tuple[Group, DhDomain, list[int]]) -> None:
    group, domain, (own, other) = case
    peer, shared = pow(group.g, other, group.p), pow(group.g, own * other, group.p)
    private = Secret(own.to_bytes(len(domain.order) + 1, "big"))
    assert domain.public_key(private) == octets(pow(group.g, own, group.p))
    secret = domain.agree(private, octets(peer))
    assert isinstance(secret, Secret)
    assert bytes(secret) == shared.to_bytes(group.size, "big")
    assert domain.agree_element(private, peer.to_bytes(group.size, "big")) == octets(shared)


def test_leading_zeros_are_kept_in_the_secret_alone() -> None:
    group, domain = STANDARDISED[0], DhDomain.standardised(0)
    private = next(i for i in range(1, 4000) if pow(group.g, i, group.p).bit_length() <= 8 * (group.size - 1))
    y = octets(pow(group.g, private, group.p))
    assert domain.public_key(octets(private)) == y
    assert domain.agree_element(octets(private), domain.generator) == y
    assert bytes(domain.agree(octets(private), domain.generator)) == y.rjust(group.size, b"\x00")


@EVERY_GROUP
def test_private_keys_out_of_range(group: Group) -> None:
    domain = _domain(group)
    bad = (b"", b"\x00", bytes(300), octets(group.q), octets(group.q + 1), octets(group.p - 2), b"\xff" * 300, b"\x01" * 5000)
    for private in bad:
        for answer in (
            oracle.answer(domain.public_key, private),
            oracle.answer(domain.agree, private, domain.generator),
            oracle.answer(domain.agree_element, private, domain.generator),
        ):
            assert answer == "<dh-private>"


def test_private_keys_where_the_order_is_unknown() -> None:
    p = SAFE_PRIME
    domain = DhDomain.explicit(octets(p), octets(p - 2), None)
    for private in (2, 77, HALF - 1, HALF + 1, p - 3, p - 2):
        assert domain.public_key(octets(private)) == octets(pow(p - 2, private, p))
        assert domain.agree_element(octets(private), b"\x07") == octets(pow(7, private, p))
    for private in (0, p - 1, p, 2 * p):
        assert oracle.answer(domain.public_key, octets(private)) == "<dh-private>"
    # (p-2)^((p-1)/2) = -1
    assert oracle.answer(domain.public_key, octets(HALF)) == "<dh-element>"
    assert oracle.answer(domain.agree, octets(HALF), b"\x02") == "<dh-element>"


@EVERY_GROUP
def test_peers_are_validated(group: Group) -> None:
    """Also those of a small subgroup, which would tell the private key's residue (RFC 2631 §2.3)."""
    domain = _domain(group)
    factor = next(p for p in range(3, 999) if (group.p - 1) % p == 0)
    small = pow(3, (group.p - 1) // factor, group.p)
    assert small != 1
    for peer in (b"", b"\x00", b"\x01", octets(small), octets(group.p - 1), octets(group.p + group.g), octets(group.p - group.g)):
        for call in (domain.agree, domain.agree_element, domain.map_generic):
            assert oracle.answer(call, b"\x05", peer) == "<dh-element>"


# Mapping (ICAO 9303-11 §4.4.3.3) ----------------------------------------------------------------------------------
@given(keyed(2), st.binary(min_size=1, max_size=66))
@settings(max_examples=60)
def test_generic_mapping(case: tuple[Group, DhDomain, list[int]], nonce: bytes) -> None:
    group, domain, (h_exponent, private) = case
    h = pow(group.g, h_exponent, group.p)
    generator = pow(group.g, int.from_bytes(nonce, "big"), group.p) * h % group.p
    if generator == 1:
        assert oracle.answer(domain.map_generic, nonce, octets(h)) == "<dh-element>"
        return
    mapped = domain.map_generic(Secret(nonce), octets(h))
    assert (mapped.mapped, domain.mapped) == (True, False)
    assert (mapped.name, mapped.size, mapped.order) == (domain.name, domain.size, domain.order)
    assert mapped.generator == mapped.parameters[1] == octets(generator)
    assert repr(mapped) == f"<DhDomain {group.name}, mapped>"
    assert mapped.public_key(octets(private)) == octets(pow(generator, private, group.p))
    peer = octets(pow(generator, 7, group.p))
    assert bytes(mapped.agree(octets(private), peer)) == pow(generator, 7 * private, group.p).to_bytes(group.size, "big")


@given(IDS, st.binary(min_size=1, max_size=192))
def test_integrated_mapping(parameter_id: int, random: bytes) -> None:
    group, domain = STANDARDISED[parameter_id], DhDomain.standardised(parameter_id)
    generator = pow(int.from_bytes(random, "big"), (group.p - 1) // group.q, group.p)
    if generator in (0, 1):
        assert oracle.answer(domain.map_integrated, random) == "<dh-element>"
        return
    mapped = domain.map_integrated(Secret(random))
    assert mapped.mapped
    assert mapped.generator == octets(generator)
    assert mapped.public_key(b"\x07") == octets(pow(generator, 7, group.p))


@EVERY_GROUP
def test_mappings_to_no_generator(group: Group) -> None:
    domain = _domain(group)
    inverse = octets(pow(group.g, -1, group.p))
    assert oracle.answer(domain.map_generic, b"\x01", inverse) == "<dh-element>"
    assert oracle.answer(domain.map_generic, octets(group.q + 1), inverse) == "<dh-element>"
    of_the_cofactor = pow(5, group.q, group.p)
    for random in (0, 1, group.p - 1, group.p, group.p + 1, of_the_cofactor):
        assert oracle.answer(domain.map_integrated, random.to_bytes(group.size + 64, "big")) == "<dh-element>"


def test_mapping_refuses_what_no_protocol_sends() -> None:
    domain = DhDomain.standardised(1)
    g = domain.generator
    for mapped in (domain.map_generic(b"\x02", g), domain.map_integrated(b"\x02")):
        assert oracle.answer(mapped.map_generic, b"\x02", g) == "<dh-mapped>"
        assert oracle.answer(mapped.map_integrated, b"\x02") == "<dh-mapped>"
    for call, limit in ((lambda octets: domain.map_generic(octets, g), 66), (domain.map_integrated, 256 + 64)):
        assert oracle.answer(call, b"") == "<length>"
        assert oracle.answer(call, b"\x02" * (limit + 1)) == "<length>"
        assert isinstance(oracle.answer(call, b"\x02" * limit), DhDomain)
    unknown = DhDomain.explicit(octets(SAFE_PRIME), octets(SAFE_PRIME - 2), None)
    assert oracle.answer(unknown.map_integrated, b"\x02") == "<dh-parameters>"
    assert isinstance(unknown.map_generic(b"\x02", b"\x07"), DhDomain)


def test_both_ends_of_a_key_agreement() -> None:
    domain = DhDomain.standardised(2).map_integrated(hashlib.sha512(b"nonces").digest())
    chip, terminal = hashlib.sha256(b"chip").digest()[:31], hashlib.sha256(b"terminal").digest()[:31]
    assert domain.agree(chip, domain.public_key(terminal)) == domain.agree(terminal, domain.public_key(chip))
