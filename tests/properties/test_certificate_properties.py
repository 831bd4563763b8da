# SPDX-License-Identifier: Apache-2.0
"""Certificates with anything in their extensions and names are read, and what is told of them has its sentence."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipid.crypto import asn1
from chipid.crypto.random import system_random
from chipid.errors import MalformedData
from chipid.issuing import certificates as build
from chipid.issuing.certificates import Period, Subject
from chipid.issuing.signing_keys import SigningKey
from chipid.pki import extensions as ext
from chipid.pki.certificate import Certificate
from chipid.pki.names import Name
from chipid.pki.profile import Role, profile_deviations
from chipid.verification.reasons import explain

AT = datetime(2026, 6, 1, tzinfo=UTC)
KEY = SigningKey.generate("secp256r1", system_random)
ROLES: tuple[Role, ...] = ("csca", "dsc", "list-signer")
SUBJECT = Subject("VN", "Test CSCA", "chipid test PKI")
TAGS = st.sampled_from((*range(0x01, 0x07), 0x13, 0x0C, 0x17, 0x18, 0x30, 0x31, *range(0x80, 0x87), *range(0xA0, 0xA7)))


def elements() -> st.SearchStrategy[bytes]:
    """Any tree of elements, well-formed ones and others."""
    return st.recursive(
        st.builds(asn1.encode, TAGS, st.binary(max_size=20)) | st.binary(max_size=8),
        lambda inner: st.builds(lambda tag, parts: asn1.encode(tag, *parts), TAGS, st.lists(inner, max_size=4)),
        max_leaves=12,
    )


READERS = [
    ext.subject_key_identifier, ext.authority_key_identifier, ext.key_usage, ext.basic_constraints, ext.private_key_usage_period,
    ext.extended_key_usage, ext.document_types, ext.document_types_are_tidy, ext.alternative_name, ext.crl_distribution_points,
    ext.name_change,
]  # fmt: skip


@pytest.mark.parametrize("read", READERS, ids=[read.__name__ for read in READERS])
def test_values_are_read_or_refused(read: Callable[[asn1.Reader], object]) -> None:
    @given(elements())
    def check(value: bytes) -> None:
        with contextlib.suppress(MalformedData):
            read(asn1.Reader(value))

    check()


@given(
    st.dictionaries(st.sampled_from([value for name, value in vars(ext).items() if name.isupper() and isinstance(value, str)]),
                    st.tuples(elements(), st.booleans())),
    st.binary(min_size=1, max_size=25),
)  # fmt: skip
def test_whatever_the_extensions_hold_the_certificate_is_read(values: dict[str, tuple[bytes, bool]], serial: bytes) -> None:
    extensions = [build.extension(oid, value, critical=critical) for oid, (value, critical) in values.items()]
    raw = build.build_certificate(
        issuer=SUBJECT,
        issuer_key=KEY,
        subject=SUBJECT,
        subject_key=KEY.public,
        serial=int.from_bytes(serial, "big", signed=True),
        validity=Period(AT, AT),
        extensions=extensions,
    )
    certificate = Certificate.parse(raw)
    assert {oid: (each.value, each.critical) for oid, each in certificate.extensions.items()} == values
    assert certificate.serial == int.from_bytes(serial, "big", signed=True)
    for role in ROLES:
        for code in profile_deviations(certificate, role):
            assert explain(code) != code


@given(
    st.lists(
        st.lists(st.tuples(st.sampled_from(("2.5.4.3", "2.5.4.6", "1.2.3")), st.text(max_size=12)), min_size=1, max_size=3),
        max_size=20,
    )
)
def test_a_name_is_read_as_it_was_built(rdns: list[list[tuple[str, str]]]) -> None:
    encoded = [[asn1.sequence(asn1.oid(oid), asn1.encode(0x0C, text.encode())) for oid, text in rdn] for rdn in rdns]
    raw = asn1.sequence(*(asn1.encode(asn1.SET, *parts) for parts in encoded))
    name = Name.parse(asn1.Reader(raw).read())
    assert (name.raw, name.attributes) == (raw, tuple(pair for rdn in rdns for pair in rdn))
    assert name.has_encoding_of_profile()
    assert name.country_is_tidy() == (name.country is None)
    assert str(name).isprintable()


@given(elements())
def test_what_is_no_name_is_refused(octets: bytes) -> None:
    with contextlib.suppress(MalformedData):
        name = Name.parse(asn1.parse(octets, asn1.SEQUENCE))
        name.has_encoding_of_profile(), name.country_is_tidy(), name.normalised, str(name)
