# SPDX-License-Identifier: Apache-2.0
"""The integrated mapping (ICAO 9303-11 §4.4.3.3.2, appendix B): pseudo-random function and point encoding, against the formulas."""

from __future__ import annotations

import oracle
import pytest
from curves import CURVES, Curve
from groups import STANDARDISED, encode_point, integrated_random, nonce_size, octets
from hypothesis import given, settings
from hypothesis import strategies as st

from chipid import _native
from chipid._native import Cipher, EcDomain, Secret

ENCODED = {name: curve for name, curve in CURVES.items() if curve.p % 4 == 3}
EVERY_CURVE = pytest.mark.parametrize("curve", ENCODED.values(), ids=ENCODED.keys())
MODULI = [curve.p for curve in CURVES.values()] + [group.p for group in STANDARDISED]

# Appendix H.1
S, T = bytes.fromhex("2923BE84E16CD6AE529049F1F1BBE9EB"), bytes.fromhex("5DD4CBFC96F5453B130D890A1CDBAE32")
R = bytes.fromhex(
    "E4447E2DFB3586BAC05DDB00156B57FBB2179A3949294C97254189800C517BAA8DA0FF397ED8C445D3E421E4FEB57322"
)
MAPPED = (
    0x8E82D31559ED0FDE92A4D0498ADD3C23BABA94FB77691E31E90AEA77FB17D427,
    0x4C1AE14BD0C3DBAC0C871B7F3608169364437CA30AC243A089D3F266C1E60FAD,
)


def test_the_published_example() -> None:
    """The core, and the reference that everything else is held against."""
    curve, domain = CURVES["brainpoolP256r1"], EcDomain.named("brainpoolP256r1")
    random = _native.integrated_random("AES-128", S, T, domain.parameters[0])
    assert isinstance(random, Secret)
    assert bytes(random) == R == integrated_random("AES-128", S, T, curve.p)
    assert encode_point(curve, int.from_bytes(R, "big")) == MAPPED
    assert domain.map_integrated(random).generator == curve.encode(MAPPED)


# Pseudo-random function -------------------------------------------------------------------------------------------
@st.composite
def nonces(draw: st.DrawFn) -> tuple[Cipher, bytes, bytes]:
    cipher = draw(st.sampled_from(oracle.CIPHERS))
    size = nonce_size(cipher)
    key = oracle.KEY_SIZE[cipher]
    return cipher, draw(st.binary(min_size=size, max_size=size)), draw(st.binary(min_size=key, max_size=key))  # type: ignore[return-value]


@given(nonces(), st.sampled_from(MODULI) | st.integers(1, 2**4096 - 1))
@settings(max_examples=200)
def test_random(case: tuple[Cipher, bytes, bytes], modulus: int) -> None:
    cipher, s, t = case
    if modulus.bit_count() == 1:
        modulus += 1  # log2 of a power of two is one less than its bits; no prime is one
    made = bytes(_native.integrated_random(cipher, Secret(s), t, b"\x00" + octets(modulus)))
    assert made == integrated_random(cipher, s, t, modulus)
    assert len(made) % nonce_size(cipher) == 0


@given(nonces(), st.integers(0, 70), st.sampled_from((1, 2, 3)))
def test_random_of_other_lengths(case: tuple[Cipher, bytes, bytes], size: int, which: int) -> None:
    arguments: list[object] = [*case, b"\x0b"]
    arguments[which] = bytes(size)
    wanted = which in (1, 2) and size == len(case[which])
    assert isinstance(oracle.answer(_native.integrated_random, *arguments), bytes) is wanted
    if not wanted:
        assert oracle.answer(_native.integrated_random, *arguments) == "<length>"


@pytest.mark.parametrize("cipher", oracle.CIPHERS)
def test_moduli_that_are_none(cipher: Cipher) -> None:
    s, t = bytes(nonce_size(cipher)), bytes(oracle.KEY_SIZE[cipher])
    for modulus in (b"", b"\x00", bytes(1 << 20), b"\x01" + bytes(512), b"\xff" * (1 << 20)):
        assert oracle.answer(_native.integrated_random, cipher, s, t, modulus) == "<length>"
    assert len(_native.integrated_random(cipher, s, t, b"\xff" * 512)) == 512 + nonce_size(cipher)


# Point encoding ---------------------------------------------------------------------------------------------------
@EVERY_CURVE
@given(st.data())
@settings(max_examples=40)
def test_every_number_makes_its_point(curve: Curve, data: st.DataObject) -> None:
    domain = EcDomain.named(curve.name)
    near = st.integers(-300, 300).map(lambda difference: difference % curve.p)
    t = data.draw(st.integers(0, curve.p - 1) | near)
    times = data.draw(st.integers(0, 256 ** (curve.size + 64) // curve.p - 2))
    random = octets(t + times * curve.p) or b"\x00"
    point = encode_point(curve, t)
    if point is None:
        assert oracle.answer(domain.map_integrated, random) == "<ec-integrated>"
        return
    mapped = domain.map_integrated(random)
    assert curve.contains(point)
    assert mapped.generator == mapped.parameters[3] == curve.encode(point)
    assert (mapped.mapped, domain.mapped) == (True, False)
    assert mapped.public_key(b"\x07") == curve.encode(curve.multiply(7, point))


@EVERY_CURVE
def test_both_cases_of_the_encoding_occur(curve: Curve) -> None:
    """h2 is a square for about half of all numbers: neither branch of steps 8 and 9 goes untested."""
    domain = EcDomain.named(curve.name)
    squares = 0
    for t in range(2, 34):
        alpha = -t * t % curve.p
        x2 = -curve.b * pow(curve.a, -1, curve.p) * (1 + pow(alpha + alpha**2, -1, curve.p)) % curve.p
        squares += curve.decode(domain.map_integrated(octets(t)).generator)[0] == x2
    assert 6 <= squares <= 26


@EVERY_CURVE
def test_numbers_without_a_point(curve: Curve) -> None:
    domain = EcDomain.named(curve.name)
    for t in (0, 1, curve.p - 1, curve.p, curve.p + 1, 2 * curve.p - 1, 2 * curve.p):
        assert oracle.answer(domain.map_integrated, t.to_bytes(curve.size + 64, "big")) == "<ec-integrated>"


def test_mapping_refuses() -> None:
    domain = EcDomain.named("secp224r1")
    assert CURVES["secp224r1"].p % 4 == 1
    assert oracle.answer(domain.map_integrated, b"\x02") == "<ec-integrated>"
    domain = EcDomain.named("secp521r1")
    assert oracle.answer(domain.map_integrated, b"") == "<length>"
    assert oracle.answer(domain.map_integrated, b"\x02" * (66 + 65)) == "<length>"
    mapped = domain.map_integrated(b"\x02" * (66 + 64))
    assert oracle.answer(mapped.map_integrated, b"\x02") == "<ec-mapped>"
    assert oracle.answer(mapped.map_generic, b"\x02", domain.generator) == "<ec-mapped>"
