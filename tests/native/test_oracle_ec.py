# SPDX-License-Identifier: Apache-2.0
"""Curves, key agreement and generic mapping against affine arithmetic and against ``cryptography``."""

from __future__ import annotations

import oracle
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from curves import CURVES, Curve
from hypothesis import given, settings
from hypothesis import strategies as st

from chipid._native import EcDomain, NativeError, Secret

NAMES = st.sampled_from(sorted(CURVES))
EVERY_CURVE = pytest.mark.parametrize("curve", CURVES.values(), ids=CURVES.keys())

CRYPTOGRAPHY_CURVES: dict[str, ec.EllipticCurve] = {
    "secp192r1": ec.SECP192R1(),
    "secp224r1": ec.SECP224R1(),
    "secp256r1": ec.SECP256R1(),
    "secp384r1": ec.SECP384R1(),
    "secp521r1": ec.SECP521R1(),
    "brainpoolP256r1": ec.BrainpoolP256R1(),
    "brainpoolP384r1": ec.BrainpoolP384R1(),
    "brainpoolP512r1": ec.BrainpoolP512R1(),
}


def _octets(number: int, size: int | None = None) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8 or 1 if size is None else size, "big")


@st.composite
def scalars(draw: st.DrawFn, name: str) -> int:
    n = CURVES[name].n
    return draw(st.integers(1, n - 1) | st.sampled_from((1, 2, n - 2, n - 1)))


@st.composite
def keyed(draw: st.DrawFn, count: int) -> tuple[Curve, EcDomain, list[int]]:
    name = draw(NAMES)
    return CURVES[name], EcDomain.named(name), [draw(scalars(name)) for _ in range(count)]


# The reference itself ---------------------------------------------------------------------------------------------
@EVERY_CURVE
def test_the_numbers_make_a_group(curve: Curve) -> None:
    """Fermat's test for p and n, the curve equation for G, n·G = O, and Hasse's bound, which leaves cofactor 1."""
    assert pow(2, curve.p - 1, curve.p) == 1
    assert pow(2, curve.n - 1, curve.n) == 1
    assert curve.contains(curve.g)
    assert curve.multiply(curve.n, curve.g) is None
    assert (curve.p + 1 - curve.n) ** 2 <= 4 * curve.p
    assert (4 * curve.a**3 + 27 * curve.b**2) % curve.p


# Domain parameters ------------------------------------------------------------------------------------------------
@EVERY_CURVE
def test_parameters(curve: Curve) -> None:
    domain = EcDomain.named(curve.name)
    p, a, b, g, n, h = domain.parameters
    assert (p, a, b) == tuple(_octets(number, curve.size) for number in (curve.p, curve.a, curve.b))
    assert (g, n, h) == (curve.encode(curve.g), _octets(curve.n), 1)
    assert (domain.generator, domain.order, domain.field_size) == (g, n, curve.size)
    assert (domain.name, domain.mapped) == (curve.name, False)
    assert repr(domain) == f"<EcDomain {curve.name}>"


@pytest.mark.parametrize(
    "name", ["", "secp256k1", "SECP256R1", "prime256v1", "brainpoolP256t1", "secp256r1\0", "\ud800"]
)
def test_names_that_are_unknown(name: str) -> None:
    with pytest.raises(NativeError, match="ec-unknown-curve"):
        EcDomain.named(name)


@EVERY_CURVE
def test_explicit_parameters(curve: Curve) -> None:
    p, a, b, g, n, h = EcDomain.named(curve.name).parameters
    for generator in (g, curve.compress(curve.g)):
        for cofactor in (None, _octets(h), b"\x00\x01"):
            assert EcDomain.explicit(b"\x00" + p, a, b, generator, n, cofactor).name == curve.name


@EVERY_CURVE
@given(st.data())
@settings(max_examples=25)
def test_explicit_parameters_with_one_bit_changed(curve: Curve, data: st.DataObject) -> None:
    parameters: list[bytes | None] = [*EcDomain.named(curve.name).parameters[:5], b"\x01"]
    which = data.draw(st.integers(0, 5))
    changed = bytearray(parameters[which] or b"")
    bit = data.draw(st.integers(0, 8 * len(changed) - 1))
    changed[bit // 8] ^= 1 << bit % 8
    parameters[which] = bytes(changed)
    with pytest.raises(NativeError, match="ec-unknown-curve"):
        EcDomain.explicit(*parameters)  # type: ignore[arg-type]


@EVERY_CURVE
@given(st.data())
@settings(max_examples=10)
def test_another_generator_is_another_group(curve: Curve, data: st.DataObject) -> None:
    """CVE-2020-0601: a signer who may choose G can have any public key."""
    p, a, b, _, n, _ = EcDomain.named(curve.name).parameters
    other = curve.multiply(data.draw(st.integers(2, curve.n - 1)), curve.g)
    with pytest.raises(NativeError, match="ec-unknown-curve"):
        EcDomain.explicit(p, a, b, curve.encode(other), n, None)


@given(st.lists(st.binary(max_size=70), min_size=5, max_size=5))
def test_explicit_parameters_of_any_octets(parameters: list[bytes]) -> None:
    with pytest.raises(NativeError, match="ec-unknown-curve"):
        EcDomain.explicit(*parameters, None)


def test_huge_parameters_are_refused_at_once() -> None:
    huge = b"\x7f" + bytes(1 << 20)
    with pytest.raises(NativeError, match="ec-unknown-curve"):
        EcDomain.explicit(huge, huge, huge, huge, huge, huge)


# Points -----------------------------------------------------------------------------------------------------------
@given(keyed(1))
def test_points(case: tuple[Curve, EcDomain, list[int]]) -> None:
    curve, domain, (scalar,) = case
    point = curve.multiply(scalar, curve.g)
    assert point is not None
    assert domain.check_point(curve.encode(point)) == curve.encode(point)
    assert domain.check_point(curve.compress(point)) == curve.encode(point)


@given(NAMES, st.data())
def test_any_coordinates(name: str, data: st.DataObject) -> None:
    curve, domain = CURVES[name], EcDomain.named(name)
    bound = st.integers(0, 256**curve.size - 1)
    x, y = data.draw(bound), data.draw(bound)
    on_curve = x < curve.p and y < curve.p and curve.contains((x, y))
    encoded = b"\x04" + _octets(x, curve.size) + _octets(y, curve.size)
    assert oracle.answer(domain.check_point, encoded) == (encoded if on_curve else "<ec-point>")
    square = (x**3 + curve.a * x + curve.b) % curve.p
    has_root = x < curve.p and pow(square, (curve.p - 1) // 2, curve.p) in (0, 1)
    compressed = oracle.answer(domain.check_point, b"\x02" + _octets(x, curve.size))
    if has_root:
        assert isinstance(compressed, bytes)
        assert curve.contains(curve.decode(compressed))
        assert compressed[-1] % 2 == 0
    else:
        assert compressed == "<ec-point>"


@given(NAMES, st.binary(max_size=140))
def test_any_octets_as_a_point(name: str, octets: bytes) -> None:
    domain = EcDomain.named(name)
    answer = oracle.answer(domain.check_point, octets)
    if isinstance(answer, bytes):
        assert CURVES[name].contains(CURVES[name].decode(answer))
    else:
        assert answer == ("<ec-infinity>" if octets == b"\x00" else "<ec-point>")


@EVERY_CURVE
def test_coordinates_beyond_the_field(curve: Curve) -> None:
    """x + p is the same residue in another encoding: one point must have one encoding."""
    domain = EcDomain.named(curve.name)
    for x in range(64):
        encoded = b"\x02" + _octets(x, curve.size)
        if curve.p + x < 256**curve.size and isinstance(oracle.answer(domain.check_point, encoded), bytes):
            assert oracle.answer(domain.check_point, b"\x02" + _octets(curve.p + x, curve.size)) == "<ec-point>"


# Keys -------------------------------------------------------------------------------------------------------------
@given(keyed(2))
@settings(max_examples=60)
def test_keys_and_agreement(case: tuple[Curve, EcDomain, list[int]]) -> None:
    curve, domain, (own, other) = case
    peer = curve.multiply(other, curve.g)
    shared = curve.multiply(own, peer)
    assert shared is not None
    private = Secret(_octets(own, curve.size + 1))
    assert domain.public_key(private) == curve.encode(curve.multiply(own, curve.g))
    assert domain.agree_point(private, curve.encode(peer)) == curve.encode(shared)
    secret = domain.agree(private, curve.encode(peer))
    assert isinstance(secret, Secret)
    assert bytes(secret) == _octets(shared[0], curve.size)


@pytest.mark.parametrize("name", CRYPTOGRAPHY_CURVES)
@given(st.data())
@settings(max_examples=8)
def test_keys_and_agreement_against_cryptography(name: str, data: st.DataObject) -> None:
    curve, domain, theirs = CURVES[name], EcDomain.named(name), CRYPTOGRAPHY_CURVES[name]
    own, other = data.draw(scalars(name)), data.draw(scalars(name))
    own_key, other_key = ec.derive_private_key(own, theirs), ec.derive_private_key(other, theirs)
    numbers = own_key.public_key().public_numbers()
    assert domain.public_key(_octets(own)) == curve.encode((numbers.x, numbers.y))
    peer = domain.public_key(_octets(other))
    assert bytes(domain.agree(_octets(own), peer)) == own_key.exchange(ec.ECDH(), other_key.public_key())


@EVERY_CURVE
def test_private_keys_out_of_range(curve: Curve) -> None:
    domain = EcDomain.named(curve.name)
    peer = domain.generator
    for private in (b"", b"\x00", bytes(70), _octets(curve.n), _octets(curve.n + 1), b"\xff" * 70, b"\x01" * 5000):
        for answer in (
            oracle.answer(domain.public_key, private),
            oracle.answer(domain.agree, private, peer),
            oracle.answer(domain.agree_point, private, peer),
        ):
            assert answer == "<ec-private>"
    assert domain.public_key(_octets(curve.n - 1))[: 1 + curve.size] == peer[: 1 + curve.size]


@EVERY_CURVE
def test_peers_are_validated(curve: Curve) -> None:
    domain = EcDomain.named(curve.name)
    off = domain.generator[:-1] + bytes((domain.generator[-1] ^ 1,))
    for peer, code in (
        (off, "<ec-point>"),
        (b"\x00", "<ec-infinity>"),
        (b"", "<ec-point>"),
        (memoryview(b""), "<ec-point>"),
    ):
        assert oracle.answer(domain.agree, b"\x05", peer) == code
        assert oracle.answer(domain.agree_point, b"\x05", peer) == code
        assert oracle.answer(domain.map_generic, b"\x05", peer) == code


# Generic mapping (ICAO 9303-11 §4.4.3.3.1) ------------------------------------------------------------------------
@given(keyed(2), st.binary(min_size=1, max_size=32))
@settings(max_examples=60)
def test_generic_mapping(case: tuple[Curve, EcDomain, list[int]], nonce: bytes) -> None:
    curve, domain, (h_scalar, private) = case
    h = curve.multiply(h_scalar, curve.g)
    generator = curve.add(curve.multiply(int.from_bytes(nonce, "big"), curve.g), h)
    if generator is None:
        assert oracle.answer(domain.map_generic, nonce, curve.encode(h)) == "<ec-infinity>"
        return
    mapped = domain.map_generic(nonce, curve.encode(h))
    assert mapped.mapped
    assert not domain.mapped
    assert (mapped.name, mapped.order, mapped.generator) == (domain.name, domain.order, curve.encode(generator))
    assert mapped.parameters[3] == mapped.generator
    assert repr(mapped) == f"<EcDomain {curve.name}, mapped>"
    public = curve.multiply(private, generator)
    assert mapped.public_key(_octets(private)) == curve.encode(public)
    peer = curve.encode(curve.multiply(7, generator))
    shared = curve.multiply(private * 7 % curve.n, generator)
    assert shared is not None
    assert bytes(mapped.agree(_octets(private), peer)) == _octets(shared[0], curve.size)


@EVERY_CURVE
def test_mapping_to_infinity(curve: Curve) -> None:
    domain = EcDomain.named(curve.name)
    negative = curve.encode((curve.g[0], curve.p - curve.g[1]))
    assert oracle.answer(domain.map_generic, b"\x01", negative) == "<ec-infinity>"
    assert oracle.answer(domain.map_generic, _octets(curve.n + 1), negative) == "<ec-infinity>"


def test_mapping_refuses_what_no_protocol_sends() -> None:
    domain = EcDomain.named("brainpoolP256r1")
    mapped = domain.map_generic(b"\x02", domain.generator)
    assert oracle.answer(mapped.map_generic, b"\x02", domain.generator) == "<ec-mapped>"
    assert oracle.answer(domain.map_generic, b"", domain.generator) == "<length>"
    assert oracle.answer(domain.map_generic, bytes(67), domain.generator) == "<length>"
