# SPDX-License-Identifier: Apache-2.0
"""Keys and groups of key agreement: what was built is parsed, and hostile octets end in an error of ours."""

from __future__ import annotations

from contextlib import suppress

from hypothesis import given
from hypothesis import strategies as st

from chipid.crypto import asn1
from chipid.crypto.agreement_key import (
    DH_KEY_AGREEMENT,
    DH_PUBLIC_NUMBER,
    STANDARDISED_DOMAIN_PARAMETERS,
    DhPublicKey,
    build_agreement_key,
    build_domain,
    parse_agreement_key,
    parse_domain,
    public_octets,
)
from chipid.crypto.domain import DH_PARAMETER_IDS, EC_PARAMETER_IDS, EcDomain, standardised_domain
from chipid.crypto.signature import EcPublicKey
from chipid.errors import MalformedData, UnsupportedFeature
from chipid.protocols.key_agreement import checked_public_key

NUMBERS = st.sampled_from([*DH_PARAMETER_IDS, *EC_PARAMETER_IDS])
DOMAINS = {number: standardised_domain(number) for number in (*DH_PARAMETER_IDS, *EC_PARAMETER_IDS)}
KNOWN = [build_domain(domain, form) for number, domain in DOMAINS.items() if domain is not None for form in (None, number)]


@given(number=NUMBERS, exponent=st.integers(1, 2**150), named=st.booleans())
def test_there_and_back(number: int, exponent: int, named: bool) -> None:
    domain = DOMAINS[number]
    assert domain is not None
    public = domain.public_key(exponent.to_bytes(19, "big"))
    key = EcPublicKey(domain, public) if isinstance(domain, EcDomain) else DhPublicKey(domain, public)
    raw = build_agreement_key(key, number if named else None)
    parsed = parse_agreement_key(raw)
    assert public_octets(parsed) == public == checked_public_key(domain, public)
    assert build_agreement_key(parsed, number if named else None) == raw


@given(st.binary(max_size=300))
def test_octets_of_any_kind(raw: bytes) -> None:
    for parse in (parse_agreement_key, parse_domain):
        with suppress(MalformedData, UnsupportedFeature):
            parse(raw)


@given(algorithm=st.sampled_from(KNOWN), key=st.binary(max_size=600), as_integer=st.booleans())
def test_keys_of_any_kind(algorithm: bytes, key: bytes, as_integer: bool) -> None:
    content = asn1.integer(int.from_bytes(key, "big")) if as_integer else key
    try:
        parsed = parse_agreement_key(asn1.sequence(algorithm, asn1.bit_string(content)))
    except (MalformedData, UnsupportedFeature):
        return
    assert checked_public_key(parsed.domain, public_octets(parsed)) == public_octets(parsed)


@given(
    oid=st.sampled_from([DH_KEY_AGREEMENT, DH_PUBLIC_NUMBER, STANDARDISED_DOMAIN_PARAMETERS, "1.2.840.10045.2.1"]),
    numbers=st.lists(st.integers(-(2**1100), 2**1100), max_size=6),
)
def test_groups_of_any_numbers(oid: str, numbers: list[int]) -> None:
    with suppress(MalformedData, UnsupportedFeature):
        domain = parse_domain(asn1.sequence(asn1.oid(oid), asn1.sequence(*map(asn1.integer, numbers))))
        assert parse_domain(build_domain(domain)).parameters == domain.parameters


@given(raw=st.sampled_from(KNOWN), place=st.integers(0, 900), octet=st.integers(0, 255))
def test_one_octet_changed(raw: bytes, place: int, octet: int) -> None:
    place %= len(raw)
    changed = raw[:place] + bytes((octet,)) + raw[place + 1 :]
    with suppress(MalformedData, UnsupportedFeature):
        parse_domain(changed)
