# SPDX-License-Identifier: Apache-2.0
"""Certificate extensions, value by value."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from chipid.crypto import asn1
from chipid.errors import MalformedData
from chipid.pki import extensions as ext
from chipid.pki.extensions import AlternativeName, BasicConstraints, KeyUsage, UsagePeriod

AT = datetime(2026, 6, 1, tzinfo=UTC)
LATER = AT + timedelta(days=1)
SECOND = timedelta(seconds=1)


def reader(value: bytes | str) -> asn1.Reader:
    return asn1.Reader(value if isinstance(value, bytes) else bytes.fromhex(value))


@pytest.mark.parametrize(
    ("value", "constraints"),
    [
        ("3000", BasicConstraints(False, None, True, True)),  # says nothing
        ("30030101FF", BasicConstraints(True, None, True)),
        ("30060101FF020100", BasicConstraints(True, 0, True)),
        ("30060101FF020105", BasicConstraints(True, 5, True)),
        ("3003010100", BasicConstraints(False, None, True, True)),  # the default spelt out
        ("3003010101", BasicConstraints(True, None, False)),  # true is FF in DER
        ("3003020100", BasicConstraints(False, 0, False)),  # a length for what is no authority (Italy)
        ("30060101FF0201FF", BasicConstraints(True, -1, False)),
    ],
)
def test_basic_constraints(value: str, constraints: BasicConstraints) -> None:
    assert ext.basic_constraints(reader(value)) == constraints


@pytest.mark.parametrize("value", ["", "3001", "30030101FF00", "30020500", "3100"])
def test_what_are_no_basic_constraints(value: str) -> None:
    with pytest.raises(MalformedData):
        ext.basic_constraints(reader(value))


@pytest.mark.parametrize(
    ("value", "usages"),
    [
        ("030100", set()),
        ("03020780", {KeyUsage.DIGITAL_SIGNATURE}),
        ("03020106", {KeyUsage.KEY_CERT_SIGN, KeyUsage.CRL_SIGN}),
        ("0303070080", {KeyUsage.DECIPHER_ONLY}),
        ("03020000", set()),
    ],
)
def test_key_usage(value: str, usages: set[KeyUsage]) -> None:
    assert ext.key_usage(reader(value)) == usages


def test_usage_periods() -> None:
    first, last = asn1.encode(0x80, asn1.generalized_time(AT)), asn1.encode(0x81, asn1.generalized_time(LATER))
    assert ext.private_key_usage_period(reader(asn1.sequence(first, last))) == UsagePeriod(AT, LATER)
    assert ext.private_key_usage_period(reader(asn1.sequence(first))) == UsagePeriod(AT, None)
    assert ext.private_key_usage_period(reader(asn1.sequence(last))) == UsagePeriod(None, LATER)
    for broken in (asn1.sequence(last, first), asn1.sequence(first, first), asn1.sequence(asn1.encode(0x80, b"today"))):
        with pytest.raises(MalformedData):
            ext.private_key_usage_period(reader(broken))


def test_a_period_covers_its_ends_and_no_more() -> None:
    period = UsagePeriod(AT, LATER)
    assert [period.covers(moment) for moment in (AT - SECOND, AT, LATER, LATER + SECOND)] == [False, True, True, False]
    assert UsagePeriod(None, AT).covers(AT - SECOND)
    assert not UsagePeriod(None, AT).covers(LATER)
    assert UsagePeriod(AT, None).covers(LATER)
    assert not UsagePeriod(AT, None).covers(AT - SECOND)


@pytest.mark.parametrize(("end", "tidy"), [("20260601000000Z", True), ("20260601000000.5Z", False), ("20260601000000+0000", False)])
def test_the_ends_of_a_period_are_whole_seconds_of_utc(end: str, tidy: bool) -> None:
    for tag in (0x80, 0x81):
        assert ext.private_key_usage_period(reader(asn1.sequence(asn1.encode(tag, end.encode())))).encoding_ok is tidy


def test_an_authority_key_identifier_may_name_issuer_and_serial_number_alone() -> None:
    assert ext.authority_key_identifier(reader(asn1.sequence(asn1.encode(0x80, b"key")))) == b"key"
    assert ext.authority_key_identifier(reader(asn1.sequence(asn1.encode(0xA1), asn1.encode(0x82, b"\1")))) is None


def test_other_values() -> None:
    assert ext.subject_key_identifier(reader(asn1.octet_string(b"key"))) == b"key"
    assert ext.extended_key_usage(reader(asn1.sequence(asn1.oid("2.23.136.1.1.3")))) == ("2.23.136.1.1.3",)
    types = asn1.sequence(asn1.integer(0), asn1.set_of(asn1.encode(0x13, b"P"), asn1.encode(0x13, b"ID ")))
    assert ext.document_types(reader(types)) == {"P", "ID"}


def directory(oid: str, text: bytes) -> bytes:
    return asn1.encode(0xA4, asn1.sequence(asn1.encode(0x31, asn1.sequence(asn1.oid(oid), asn1.encode(0x13, text)))))


MAIL, LOCALITY = asn1.encode(0x81, b"pki@vn.example"), "2.5.4.7"


@pytest.mark.parametrize(
    ("names", "state", "has_contact"),
    [
        ((MAIL, directory(LOCALITY, b"VNM")), "VNM", True),
        ((directory("2.5.4.3", b"VNM"), directory(LOCALITY, b"DEU")), "DEU", False),
        ((MAIL,), None, True),
        ((asn1.encode(0x82, b"vn.example"),), None, True),
        ((asn1.encode(0x86, b"http://vn.example"),), None, True),
        ((asn1.encode(0x88, b"\x2a"),), None, False),
        ((), None, False),
    ],
)
def test_an_alternative_name_has_a_state_and_a_contact(names: tuple[bytes, ...], state: str | None, has_contact: bool) -> None:
    assert ext.alternative_name(reader(asn1.sequence(*names))) == AlternativeName(state, has_contact)


def point(*addresses: bytes, behind: bytes = b"") -> bytes:
    return asn1.sequence(asn1.encode(0xA0, asn1.encode(0xA0, *addresses)), behind)


HTTP, LDAP = asn1.encode(0x86, b"http://vn.example/csca.crl"), asn1.encode(0x86, b"LDAP://vn.example/csca")


@pytest.mark.parametrize(
    ("points", "as_wanted"),
    [
        ((point(HTTP),), True),
        ((point(HTTP, LDAP), point(asn1.encode(0x86, b"https://vn.example"))), True),
        ((), False),
        ((asn1.sequence(),), False),
        ((point(),), False),
        ((point(HTTP), point(directory("2.5.4.3", b"CRL1"))), False),
        ((point(asn1.encode(0x86, b"ftp://vn.example")),), False),
        ((point(asn1.encode(0x82, b"http://vn.example")),), False),  # a host, not a URI
        ((asn1.sequence(asn1.encode(0xA0, asn1.encode(0xA1))),), False),  # relative to the issuer's name
        ((point(HTTP, behind=asn1.encode(0x81, b"\0\x80")),), False),  # reasons
        ((point(HTTP, behind=asn1.encode(0xA2, directory("2.5.4.3", b"VNM"))),), False),  # cRLIssuer
    ],
)
def test_distribution_points(points: tuple[bytes, ...], as_wanted: bool) -> None:
    assert ext.crl_distribution_points(reader(asn1.sequence(*points))) is as_wanted


@pytest.mark.parametrize(
    ("value", "tidy"),
    [
        ("3008020100310313 0150", True),
        ("3009020100310413025056", True),
        ("3008020101310313 0150", False),  # version 1
        ("300502010031 00", False),
        ("3008020100310 30C0150", False),  # UTF8String
        ("300A0201003105 1303505656", False),
        ("30070201003102 1300", False),
    ],
)
def test_document_types_as_they_should_be_written(value: str, tidy: bool) -> None:
    assert ext.document_types_are_tidy(reader(value.replace(" ", ""))) is tidy


def test_what_is_no_null_changes_no_name() -> None:
    assert ext.name_change(reader("0500"))
    for broken in ("", "050100", "0400", "05000500"):
        with pytest.raises(MalformedData):
            ext.name_change(reader(broken))


@pytest.mark.parametrize("read", [ext.subject_key_identifier, ext.authority_key_identifier])
def test_an_identifier_without_octets_is_none(read: Callable[[asn1.Reader], bytes | None]) -> None:
    with contextlib.suppress(MalformedData):
        assert read(reader("0400" if read is ext.subject_key_identifier else "30028000")) is None


@pytest.mark.parametrize(
    ("read", "one"),
    [
        (ext.extended_key_usage, asn1.oid("1.2.3")),
        (ext.alternative_name, MAIL),
        (ext.crl_distribution_points, point(HTTP)),
    ],
)
def test_a_list_without_end_is_not_gathered(read: Callable[[asn1.Reader], object], one: bytes) -> None:
    read(reader(asn1.sequence(*[one] * ext.LIST_LIMIT)))
    with pytest.raises(MalformedData):
        read(reader(asn1.sequence(*[one] * (ext.LIST_LIMIT + 1))))


def test_a_default_that_is_spelt_out_shows() -> None:
    oid, value = asn1.oid("1.2.3"), asn1.octet_string(b"")
    for flag, critical, spelt_out in ((b"", False, False), (b"\x01\x01\xff", True, False), (b"\x01\x01\x00", False, True)):
        found = ext.parse_extension(reader(asn1.sequence(oid, flag, value)).read())
        assert (found.critical, found.default_encoded) == (critical, spelt_out)
