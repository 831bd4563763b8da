# SPDX-License-Identifier: Apache-2.0
"""Public keys: named and explicit curves, and forged ones."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from chipid.crypto import asn1
from chipid.crypto.domain import EcDomain
from chipid.crypto.signature import CertificateKey, EcPublicKey, Pkcs1Scheme, PssScheme, RsaPublicKey, Scheme
from chipid.crypto.spki import (
    CURVE_OIDS,
    EC_PUBLIC_KEY,
    build_ec_parameters,
    build_spki,
    parse_certificate_key,
    parse_ec_parameters,
    parse_public_key,
)
from chipid.errors import MalformedData, UnsupportedFeature

P256 = EcDomain.named("secp256r1")


def explicit(domain: EcDomain, *, version: int = 1, field_oid: str = "1.2.840.10045.1.1", **other: bytes | int | None) -> bytes:
    """Explicit parameters of *domain*, with *other* values in place of its own."""
    names = ("p", "a", "b", "g", "n", "h")
    values = dict(zip(names, domain.parameters, strict=True)) | other
    number = {name: int.from_bytes(value, "big") if isinstance(value, bytes) else value for name, value in values.items()}
    return asn1.sequence(
        asn1.integer(version),
        asn1.sequence(asn1.oid(field_oid), asn1.integer(number["p"])),
        asn1.sequence(asn1.octet_string(values["a"]), asn1.octet_string(values["b"])),
        asn1.octet_string(values["g"]),
        asn1.integer(number["n"]),
        b"" if number["h"] is None else asn1.integer(number["h"]),
    )


def ec_spki(parameters: bytes, point: bytes) -> bytes:
    return asn1.sequence(asn1.sequence(asn1.oid(EC_PUBLIC_KEY), parameters), asn1.bit_string(point))


@pytest.mark.parametrize("explicitly", [False, True])
@pytest.mark.parametrize("name", CURVE_OIDS.values())
def test_each_known_curve_goes_both_ways(name: str, explicitly: bool) -> None:
    domain = EcDomain.named(name)
    spki = build_spki(EcPublicKey(domain, domain.public_key(b"\x07"), explicitly))
    key = parse_public_key(spki)
    assert isinstance(key, EcPublicKey)
    assert (key.domain.name, key.point, key.explicit) == (name, domain.public_key(b"\x07"), explicitly)
    assert build_spki(key) == spki


def test_a_named_curve_is_read_as_another_library_writes_it() -> None:
    theirs = ec.derive_private_key(7, ec.SECP384R1()).public_key()
    key = parse_public_key(theirs.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    assert isinstance(key, EcPublicKey)
    assert key.point == theirs.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def test_explicit_parameters_are_written_as_another_library_reads_them() -> None:
    spki = build_spki(EcPublicKey(P256, P256.public_key(b"\x07"), explicit=True))
    theirs = load_der_public_key(spki)
    assert isinstance(theirs, ec.EllipticCurvePublicKey)
    assert theirs.curve.name == "secp256r1"


def test_rsa_keys_go_both_ways() -> None:
    numbers = rsa.generate_private_key(65537, 2048).public_key()
    spki = numbers.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    key = parse_public_key(spki)
    assert isinstance(key, RsaPublicKey)
    assert (key.n, key.e, key.bits) == (numbers.public_numbers().n, 65537, 2048)
    assert build_spki(key) == spki


SALT_32 = PssScheme("sha256", "sha384", 32)


@pytest.mark.parametrize(
    "key",
    [
        RsaPublicKey(187, 3),
        RsaPublicKey(187, 3, pss_only=True),
        RsaPublicKey(187, 3, pss_only=True, pss_parameters=SALT_32),
    ],
    ids=["RSA", "PSS", "PSS with parameters"],
)
def test_what_an_rsa_key_may_do_goes_both_ways(key: CertificateKey) -> None:
    assert parse_certificate_key(build_spki(key)) == key


@pytest.mark.parametrize(
    ("scheme", "permitted"),
    [
        (SALT_32, True),
        (PssScheme("sha256", "sha384", 33), True),
        (PssScheme("sha256", "sha384", 31), False),
        (PssScheme("sha512", "sha384", 32), False),
        (PssScheme("sha256", "sha256", 32), False),
        (Pkcs1Scheme("sha256"), False),
    ],
)
def test_a_pss_key_says_what_it_may_sign_with(scheme: Scheme, permitted: bool) -> None:
    """RFC 4055 §1.2 and §3.3."""
    assert RsaPublicKey(187, 3, pss_only=True, pss_parameters=SALT_32).permits(scheme) is permitted
    assert RsaPublicKey(187, 3, pss_only=True).permits(scheme) is isinstance(scheme, PssScheme)
    assert RsaPublicKey(187, 3).permits(scheme)


@pytest.mark.parametrize("oid", ["1.2.840.113549.1.1.1", "1.2.840.113549.1.1.10"])
def test_parameters_that_are_none_are_refused(oid: str) -> None:
    bits = asn1.bit_string(asn1.sequence(asn1.integer(187), asn1.integer(3)))
    with pytest.raises(MalformedData):
        parse_public_key(asn1.sequence(asn1.sequence(asn1.oid(oid), asn1.integer(1)), bits))


@pytest.mark.parametrize(("n", "e"), [(0, 0), (187, 0), (187, 187), (-187, 3), (187, -3), (187, 1), (186, 3)])
def test_impossible_rsa_numbers_are_refused(n: int, e: int) -> None:
    numbers = asn1.bit_string(asn1.sequence(asn1.integer(n), asn1.integer(e)))
    spki = asn1.sequence(asn1.sequence(asn1.oid("1.2.840.113549.1.1.1"), asn1.null()), numbers)
    with pytest.raises(MalformedData):
        parse_public_key(spki)


@pytest.mark.parametrize("version", [1, 2, 3])
def test_explicit_parameters_find_the_known_curve(version: int) -> None:
    domain, explicitly = parse_ec_parameters(explicit(P256, version=version))
    assert (domain.name, explicitly) == ("secp256r1", True)
    assert build_ec_parameters(domain, explicit=True) == explicit(P256)


def test_a_missing_cofactor_is_tolerated() -> None:
    assert parse_ec_parameters(explicit(P256, h=None))[0].name == "secp256r1"


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"g": P256.public_key(b"\x02")}, id="generator"),
        pytest.param({"n": (int.from_bytes(P256.order, "big") - 2).to_bytes(32, "big")}, id="order"),
        pytest.param({"h": 2}, id="cofactor"),
    ],
)
def test_a_known_curve_with_another_generator_is_forged(other: dict[str, bytes | int]) -> None:
    """CVE-2020-0601: for any public point a generator can be made whose private key is known."""
    with pytest.raises(MalformedData, match="secp256r1"):
        parse_ec_parameters(explicit(P256, **other))


def test_a_curve_that_nobody_knows_is_not_computed_with() -> None:
    with pytest.raises(UnsupportedFeature):
        parse_ec_parameters(explicit(P256, a=b"\x01"))


@pytest.mark.parametrize(
    ("parameters", "error"),
    [
        pytest.param(asn1.null(), UnsupportedFeature, id="inherited"),
        pytest.param(asn1.oid("1.3.132.0.10"), UnsupportedFeature, id="secp256k1"),
        pytest.param(asn1.oid("1.3.36.3.3.2.8.1.1.8"), UnsupportedFeature, id="brainpoolP256t1"),
        pytest.param(asn1.oid("1.2.250.1.223.101.256.1"), UnsupportedFeature, id="FRP256v1"),
        pytest.param(explicit(P256, field_oid="1.2.840.10045.1.2"), UnsupportedFeature, id="binary field"),
        pytest.param(explicit(P256, version=4), MalformedData, id="version"),
        pytest.param(explicit(P256, p=b"\0"), MalformedData, id="p is zero"),
        pytest.param(asn1.integer(1), MalformedData, id="neither"),
        pytest.param(b"\x31" + explicit(P256)[1:], MalformedData, id="a set"),
        pytest.param(explicit(P256) + b"\x05\x00", MalformedData, id="something behind"),
        pytest.param(explicit(P256)[:-9], MalformedData, id="cut"),
        pytest.param(b"", MalformedData, id="nothing"),
    ],
)
def test_other_parameters_are_refused(parameters: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        parse_ec_parameters(parameters)


def test_a_compressed_point_is_decompressed() -> None:
    point = P256.public_key(b"\x07")
    compressed = bytes((2 + (point[-1] & 1),)) + point[1:33]
    key = parse_public_key(ec_spki(asn1.oid("1.2.840.10045.3.1.7"), compressed))
    assert isinstance(key, EcPublicKey)
    assert key.point == point


@pytest.mark.parametrize(
    "point", [b"", b"\0", b"\x04" + bytes(64), P256.public_key(b"\x07")[:-1], P256.public_key(b"\x07") + b"\0"]
)
def test_a_point_off_the_curve_is_refused(point: bytes) -> None:
    with pytest.raises(MalformedData):
        parse_public_key(ec_spki(asn1.oid("1.2.840.10045.3.1.7"), point))


@pytest.mark.parametrize("oid", ["1.2.840.113549.1.1.7", "1.2.840.113549.1.3.1", "1.3.101.112"])
def test_other_kinds_of_keys_are_told(oid: str) -> None:
    with pytest.raises(UnsupportedFeature, match=oid):
        parse_public_key(asn1.sequence(asn1.sequence(asn1.oid(oid)), asn1.bit_string(b"\1")))


def test_an_ec_key_without_parameters_inherits_them() -> None:
    with pytest.raises(UnsupportedFeature):
        parse_public_key(asn1.sequence(asn1.sequence(asn1.oid(EC_PUBLIC_KEY)), asn1.bit_string(P256.generator)))


def test_nothing_stands_behind_a_key() -> None:
    spki = build_spki(EcPublicKey(P256, P256.generator))
    with pytest.raises(MalformedData):
        parse_public_key(spki + b"\0")
