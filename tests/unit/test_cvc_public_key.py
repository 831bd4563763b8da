# SPDX-License-Identifier: Apache-2.0
"""Keys of card verifiable certificates (ICAO 9303-12 §7.2.3.2): how their holders sign, and curves that are told or inherited."""

from __future__ import annotations

import pytest

from chipid.crypto import asn1
from chipid.crypto.domain import EcDomain, generate_key_pair
from chipid.crypto.random import system_random
from chipid.crypto.signature import EcdsaScheme, EcPublicKey, Pkcs1Scheme, PssScheme, RsaPublicKey
from chipid.crypto.spki import CURVE_OIDS
from chipid.errors import CertificateError, MalformedData, UnsupportedFeature
from chipid.iso7816.tlv import build_tlv, parse_tlv
from chipid.pki.cv_public_key import NAMES, OIDS, PUBLIC_KEY, SCHEMES, CvPublicKey, is_same_key

CURVES = tuple(CURVE_OIDS.values())
RSA = RsaPublicKey((1 << 1023) + 9, 65537)
ECDSA, PKCS1 = OIDS["id-TA-ECDSA-SHA-256"], OIDS["id-TA-RSA-v1-5-SHA-256"]


def ec_key(name: str) -> EcPublicKey:
    domain = EcDomain.named(name)
    return EcPublicKey(domain, generate_key_pair(domain, system_random).public)


def parts(key: CvPublicKey) -> dict[int, bytes]:
    return {each.tag: each.raw for each in parse_tlv(key.build()).children()}


def parse(objects: dict[int, bytes]) -> CvPublicKey:
    return CvPublicKey.parse(parse_tlv(build_tlv(PUBLIC_KEY, *objects.values())))


def test_the_mechanisms_are_those_of_the_standard():
    """BSI TR-03110-3 Tables 17 and 18, number by number."""
    assert {name: (oid.removeprefix("0.4.0.127.0.7.2.2.2."), SCHEMES[oid]) for name, oid in OIDS.items()} == {
        "id-TA-RSA-v1-5-SHA-1": ("1.1", Pkcs1Scheme("sha1")),
        "id-TA-RSA-v1-5-SHA-256": ("1.2", Pkcs1Scheme("sha256")),
        "id-TA-RSA-PSS-SHA-1": ("1.3", PssScheme("sha1", "sha1", 20)),
        "id-TA-RSA-PSS-SHA-256": ("1.4", PssScheme("sha256", "sha256", 32)),
        "id-TA-RSA-v1-5-SHA-512": ("1.5", Pkcs1Scheme("sha512")),
        "id-TA-RSA-PSS-SHA-512": ("1.6", PssScheme("sha512", "sha512", 64)),
        "id-TA-ECDSA-SHA-1": ("2.1", EcdsaScheme("sha1", plain=True)),
        "id-TA-ECDSA-SHA-224": ("2.2", EcdsaScheme("sha224", plain=True)),
        "id-TA-ECDSA-SHA-256": ("2.3", EcdsaScheme("sha256", plain=True)),
        "id-TA-ECDSA-SHA-384": ("2.4", EcdsaScheme("sha384", plain=True)),
        "id-TA-ECDSA-SHA-512": ("2.5", EcdsaScheme("sha512", plain=True)),
    }
    assert NAMES[ECDSA] == "id-TA-ECDSA-SHA-256"


@pytest.mark.parametrize("curve", CURVES)
def test_a_curve_is_spelt_out_or_inherited(curve):
    key = ec_key(curve)
    told = CvPublicKey.parse(parse_tlv(CvPublicKey.of(ECDSA, key, with_domain=True).build()))
    untold = CvPublicKey.parse(parse_tlv(CvPublicKey.of(ECDSA, key, with_domain=False).build()))
    assert told.domain is not None
    assert told.domain.name == curve
    assert untold.domain is None
    assert is_same_key(told.resolve().key, key)
    assert is_same_key(untold.resolve(key.domain).key, key)
    assert told.scheme == untold.scheme == EcdsaScheme("sha256", plain=True)


def test_rsa_there_and_back():
    key = CvPublicKey.of(PKCS1, RSA, with_domain=True)
    assert CvPublicKey.parse(parse_tlv(key.build())) == key
    assert key.resolve().key == RSA
    assert key.resolve().domain is None


def test_a_key_without_a_curve_cannot_be_used():
    with pytest.raises(CertificateError, match="no certificate names"):
        CvPublicKey.of(ECDSA, ec_key("secp256r1"), with_domain=False).resolve()


def test_a_point_of_another_curve_is_refused():
    key = CvPublicKey.of(ECDSA, ec_key("secp256r1"), with_domain=False)
    for curve in ("brainpoolP256r1", "secp384r1"):
        with pytest.raises(CertificateError, match=curve):
            key.resolve(EcDomain.named(curve))


@pytest.mark.parametrize("missing", range(0x82, 0x86))
def test_parameters_come_together(missing):
    objects = parts(CvPublicKey.of(ECDSA, ec_key("secp256r1"), with_domain=True))
    del objects[missing]
    with pytest.raises(MalformedData):
        parse(objects)


def test_the_cofactor_may_be_left_out():
    objects = parts(CvPublicKey.of(ECDSA, ec_key("secp256r1"), with_domain=True))
    del objects[0x87]
    assert parse(objects).domain.name == "secp256r1"


def test_a_cofactor_without_parameters_is_refused():
    objects = parts(CvPublicKey.of(ECDSA, ec_key("secp256r1"), with_domain=False))
    with pytest.raises(MalformedData):
        parse({**objects, 0x87: build_tlv(0x87, b"\1")})


@pytest.mark.parametrize("tag", [0x81, 0x82, 0x83, 0x84, 0x85, 0x87])
def test_parameters_of_no_known_curve_are_refused(tag):
    objects = parts(CvPublicKey.of(ECDSA, ec_key("secp256r1"), with_domain=True))
    value = bytearray(parse_tlv(objects[tag]).value)
    value[-1] ^= 2
    objects[tag] = build_tlv(tag, bytes(value))
    with pytest.raises(UnsupportedFeature, match="no known curve"):
        parse(objects)


@pytest.mark.parametrize("cofactor", [b"", bytes(9) + b"\1" + bytes(9)])
def test_a_cofactor_that_cannot_be(cofactor):
    objects = parts(CvPublicKey.of(ECDSA, ec_key("secp256r1"), with_domain=True))
    with pytest.raises(MalformedData):
        parse({**objects, 0x87: build_tlv(0x87, cofactor)})


@pytest.mark.parametrize("point", [b"", b"\4", b"\4\1", b"\2" + bytes(32), b"\0", b"\4" + bytes(63)])
def test_a_point_of_another_form_is_refused(point):
    with pytest.raises(MalformedData):
        parse({0x06: asn1.oid(ECDSA), 0x86: build_tlv(0x86, point)})


@pytest.mark.parametrize(
    ("n", "e"),
    [(b"", b"\3"), (b"\x80" * 128, b""), (b"\x80" * 128, b"\0"), (b"\x80" * 128, b"\1"), (b"\7", b"\7"), (b"\7", b"\x0b")],
)
def test_rsa_numbers_that_cannot_be_a_key(n, e):
    with pytest.raises(MalformedData):
        parse({0x06: asn1.oid(PKCS1), 0x81: build_tlv(0x81, n), 0x82: build_tlv(0x82, e)})


def test_an_rsa_key_beyond_the_limit():
    with pytest.raises(UnsupportedFeature, match="8192"):
        parse({0x06: asn1.oid(PKCS1), 0x81: build_tlv(0x81, b"\x80" + bytes(1024)), 0x82: build_tlv(0x82, b"\3")})


@pytest.mark.parametrize("missing", [0x06, 0x81, 0x82])
def test_rsa_needs_everything(missing):
    objects = parts(CvPublicKey.of(PKCS1, RSA, with_domain=False))
    del objects[missing]
    with pytest.raises(MalformedData):
        parse(objects)


@pytest.mark.parametrize("key", [RSA, ec_key("secp256r1")])
def test_an_unknown_object_is_refused(key):
    objects = parts(CvPublicKey.of(PKCS1 if key is RSA else ECDSA, key, with_domain=False))
    with pytest.raises(MalformedData):
        parse({**objects, 0x77: build_tlv(0x77, b"\0")})


@pytest.mark.parametrize(
    "oid", ["0.4.0.127.0.7.2.2.2", "0.4.0.127.0.7.2.2.2.1.7", "0.4.0.127.0.7.2.2.2.2.6", "1.2.840.113549.1.1.11"]
)
def test_other_mechanisms_are_not_supported(oid):
    objects = parts(CvPublicKey.of(PKCS1, RSA, with_domain=False))
    with pytest.raises(UnsupportedFeature, match=oid):
        parse({**objects, 0x06: asn1.oid(oid)})
    with pytest.raises(UnsupportedFeature):
        CvPublicKey.of(oid, RSA, with_domain=False)


def test_mechanism_and_key_belong_together():
    with pytest.raises(UnsupportedFeature):
        CvPublicKey.of(ECDSA, RSA, with_domain=False)
    with pytest.raises(UnsupportedFeature):
        CvPublicKey.of(PKCS1, ec_key("secp256r1"), with_domain=False)


def test_sameness_is_of_key_and_mechanism():
    one, other = ec_key("secp256r1"), ec_key("secp256r1")
    told = CvPublicKey.of(ECDSA, one, with_domain=True).resolve()
    untold = CvPublicKey.of(ECDSA, one, with_domain=False).resolve(one.domain)
    assert told.is_same_as(untold)
    assert not told.is_same_as(CvPublicKey.of(ECDSA, other, with_domain=True).resolve())
    assert not told.is_same_as(CvPublicKey.of(OIDS["id-TA-ECDSA-SHA-384"], one, with_domain=True).resolve())
    assert not told.is_same_as(CvPublicKey.of(PKCS1, RSA, with_domain=False).resolve())
    assert is_same_key(RSA, RsaPublicKey(RSA.n, RSA.e))
    assert not is_same_key(RSA, RsaPublicKey(RSA.n, 3))
