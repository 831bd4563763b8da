# SPDX-License-Identifier: Apache-2.0
"""DSA: what ``cryptography`` signs is valid, and nothing else is; keys that would verify anything are refused."""

from __future__ import annotations

import contextlib
from dataclasses import astuple, replace

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from chipid.crypto import asn1
from chipid.crypto.algorithms import DSA, build_algorithm_identifier, build_hash_identifier, scheme_from_algorithm_identifier
from chipid.crypto.signature import DsaPublicKey, DsaScheme, EcdsaScheme, Hash, verify
from chipid.crypto.spki import build_spki, parse_certificate_key, parse_public_key
from chipid.errors import MalformedData, UnsupportedFeature
from chipid.pki.signatures import SignatureFinding, verify_signature

MESSAGE = b"what is signed"
HASHES: dict[Hash, hashes.HashAlgorithm] = {
    "sha1": hashes.SHA1(),
    "sha224": hashes.SHA224(),
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
# A group made for these tests: making one takes a second or more.
Q = 0xA14A859974A15ECF3EEBC2AB47885D1EEE9F95C5
P = int(
    "DE011F5B77243262109A7D0FAB111560C3FFC24AFAB1531B7E007E30B6CCEA09"
    "165F57532BDDF2D086A6659324C9B0E589AACC8DFF97E153CB789D73607B9377"
    "5397A0CC06423E1A086DE1C99DEE23DCEA700937BEC11B98406E8D090D68F26E"
    "FD9B7C773C62A1650BC3591A35D765EAD205CC9A950B5A51A5333BFE7D078F05",
    16,
)
G = int(
    "2BF1DAA1D61E64FB477119E54EB337894B49C260E8B27748321206EB9DD978CD"
    "95595622B7B42CA6D4204BAEA798B694365C164390C15701223106E021308013"
    "37DE16F8157A76D5D7AAE9CFDA80D4BF4C173B5E7F7AC3B4E411536FF40929F8"
    "D2D88B4CCB311590FC67BD386B8FB0CF8247F9FD4AE838D95B2CE903D72C7A24",
    16,
)
PRIVATE = dsa.DSAParameterNumbers(P, Q, G).parameters().generate_private_key()
KEY = DsaPublicKey(P, Q, G, PRIVATE.public_key().public_numbers().y)


def identifier(name: Hash) -> bytes:
    return build_algorithm_identifier(DsaScheme(name))


def finding(key: DsaPublicKey, signature: bytes, name: Hash = "sha256", message: bytes = MESSAGE) -> SignatureFinding:
    return verify_signature(key, identifier(name), message, signature)


def test_keys_are_read_as_another_library_writes_them() -> None:
    spki = PRIVATE.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert parse_certificate_key(spki) == KEY
    assert build_spki(KEY) == spki
    with pytest.raises(UnsupportedFeature, match="DSA"):
        parse_public_key(spki)


@pytest.mark.parametrize("name", HASHES)
def test_signatures_are_verified(name: Hash) -> None:
    signature = PRIVATE.sign(MESSAGE, HASHES[name])
    weak = ("sha1-signature", "short-key") if name == "sha1" else ("short-key",)
    assert finding(KEY, signature, name) == SignatureFinding(True, weak)
    assert not finding(KEY, signature, name, b"other")
    assert scheme_from_algorithm_identifier(identifier(name)) == DsaScheme(name)
    # RFC 3370 §3.1: an old signer names the key's kind, and the hash stands in digestAlgorithm.
    alone = verify_signature(KEY, asn1.sequence(asn1.oid(DSA)), MESSAGE, signature, name)
    assert (alone.valid, "signature-algorithm-without-hash" in alone.deviations) == (True, True)


@pytest.mark.parametrize(("p_bits", "q_bits", "is_short"), [(2048, 224, False), (2048, 223, True), (2047, 224, True)])
def test_short_keys_are_told(p_bits: int, q_bits: int, is_short: bool) -> None:
    """ICAO 9303-12 §4.1.6.2."""
    key = DsaPublicKey((1 << p_bits) - 1, (1 << q_bits) - 1, 2, 2)
    assert ("short-key" in finding(key, b"").deviations) is is_short


@given(st.integers(0, Q + 1), st.integers(0, Q + 1), st.binary(max_size=3))
def test_no_other_numbers_are_a_signature(r: int, s: int, tail: bytes) -> None:
    good = PRIVATE.sign(MESSAGE, hashes.SHA256())
    first, second = decode_dss_signature(good)
    # The last two are signatures by the mathematics modulo q, and out of range.
    for pair in ((r, s), (first, s), (r, second), (first + Q, second), (first, second + Q)):
        assert not finding(KEY, encode_dss_signature(*pair))
    assert not finding(KEY, good[:-1])
    assert not finding(KEY, good + b"0" + tail)


@pytest.mark.parametrize(
    "change",
    [{"g": 1}, {"y": 1}, {"y": 0}, {"y": P}, {"g": P - 1}, {"y": -KEY.y}, {"g": 2}, {"p": P + 1}, {"q": -Q}, {"q": Q - 1}],
    ids=range(10),  # the key is another in each process: a name made of it would be, too
)
def test_a_key_that_is_none_is_refused(change: dict[str, int]) -> None:
    """With g = y = 1, (1, 1) is a signature over everything."""
    with pytest.raises(MalformedData):
        parse_certificate_key(build_spki(replace(KEY, **change)))


@pytest.mark.parametrize(("number", "bits"), [("p", 1023), ("p", 4097), ("q", 159), ("q", 161)])
def test_sizes_that_fips_does_not_know_are_unsupported(number: str, bits: int) -> None:
    with pytest.raises(UnsupportedFeature):
        parse_certificate_key(build_spki(replace(KEY, **{number: (1 << bits) - 1})))


@given(st.integers(0, len(build_spki(KEY)) - 1), st.integers(1, 255), st.integers(0, len(build_spki(KEY))))
def test_hostile_octets_are_refused_or_another_spelling(place: int, change: int, end: int) -> None:
    spki = bytearray(build_spki(KEY))
    spki[place] ^= change
    for data in (bytes(spki), bytes(spki[:end])):
        with contextlib.suppress(MalformedData, UnsupportedFeature):
            key = parse_certificate_key(data)
            assert isinstance(key, DsaPublicKey)
            assert parse_certificate_key(build_spki(key)) == key


@pytest.mark.parametrize("parameters", [b"", asn1.null()])
def test_inherited_parameters_are_unsupported(parameters: bytes) -> None:
    with pytest.raises(UnsupportedFeature, match="inherited"):
        parse_certificate_key(asn1.sequence(asn1.sequence(asn1.oid(DSA), parameters), asn1.bit_string(asn1.integer(KEY.y))))


@pytest.mark.parametrize("numbers", [astuple(KEY)[:2], (*astuple(KEY)[:3], 1)], ids=["too few", "too many"])
def test_other_parameters_are_malformed(numbers: tuple[int, ...]) -> None:
    parameters = asn1.sequence(*map(asn1.integer, numbers))
    with pytest.raises(MalformedData):
        parse_certificate_key(asn1.sequence(asn1.sequence(asn1.oid(DSA), parameters), asn1.bit_string(asn1.integer(KEY.y))))


def test_a_key_of_another_kind_made_no_signature() -> None:
    signature = PRIVATE.sign(MESSAGE, hashes.SHA256())
    assert not verify_signature(KEY, build_algorithm_identifier(EcdsaScheme("sha256")), MESSAGE, signature)
    with pytest.raises(UnsupportedFeature):
        verify(KEY, EcdsaScheme("sha256"), MESSAGE, signature)
    with pytest.raises(MalformedData, match="no hash"):
        verify_signature(KEY, asn1.sequence(asn1.oid(DSA), build_hash_identifier("sha256")), MESSAGE, signature)
