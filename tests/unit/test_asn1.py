# SPDX-License-Identifier: Apache-2.0
"""BER is read as it stands, DER is told apart from it, and what is neither is refused (X.690)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from chipid.crypto import asn1
from chipid.errors import CertificateError, MalformedData


@pytest.mark.parametrize(
    ("value", "encoded"), [(0, "020100"), (127, "02017F"), (128, "02020080"), (-1, "0201FF"), (-128, "020180"), (-129, "0202FF7F")]
)
def test_integers_are_twos_complement(value: int, encoded: str) -> None:
    assert asn1.integer(value) == bytes.fromhex(encoded)
    assert asn1.parse(bytes.fromhex(encoded), asn1.INTEGER).integer() == value


@pytest.mark.parametrize("dotted", ["2.23.136.1.1.1", "1.2.840.113549.1.7.2", "0.4.0.127.0.7.1.1.4.1.3", "2.999.1", "1.3.27.1.1.1"])
def test_object_identifiers_go_both_ways(dotted: str) -> None:
    assert asn1.parse(asn1.oid(dotted), asn1.OBJECT_IDENTIFIER).oid() == dotted


@pytest.mark.parametrize("octets", ["0600", "060180", "0602802A", "06012A80"[:6] + "FF", "0641" + "FF" * 64 + "01"])
def test_what_is_no_object_identifier_is_refused(octets: str) -> None:
    with pytest.raises(MalformedData):
        asn1.parse(bytes.fromhex(octets), asn1.OBJECT_IDENTIFIER).oid()


@pytest.mark.parametrize("text", ["3.1", "1.40", "-1.2", "1.2.-3"])
def test_no_object_identifier_is_made_from_what_is_none(text: str) -> None:
    with pytest.raises(ValueError, match=text):
        asn1.oid(text)


@pytest.mark.parametrize(
    ("tag", "text", "moment"),
    [
        (asn1.UTC_TIME, b"260601120000Z", datetime(2026, 6, 1, 12, tzinfo=UTC)),
        (asn1.UTC_TIME, b"500101000000Z", datetime(1950, 1, 1, tzinfo=UTC)),
        (asn1.UTC_TIME, b"491231235959Z", datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC)),
        (asn1.UTC_TIME, b"2606011200Z", datetime(2026, 6, 1, 12, tzinfo=UTC)),
        (asn1.UTC_TIME, b"260601120000+0700", datetime(2026, 6, 1, 5, tzinfo=UTC)),
        (asn1.UTC_TIME, b"260601120000-0730", datetime(2026, 6, 1, 19, 30, tzinfo=UTC)),
        (asn1.GENERALIZED_TIME, b"20500101000000Z", datetime(2050, 1, 1, tzinfo=UTC)),
        (asn1.GENERALIZED_TIME, b"20260601120000.5Z", datetime(2026, 6, 1, 12, tzinfo=UTC)),
    ],
)
def test_times_are_read_in_utc(tag: int, text: bytes, moment: datetime) -> None:
    assert asn1.parse(asn1.encode(tag, text), tag).time() == moment


@pytest.mark.parametrize(
    ("tag", "text"),
    [
        (asn1.UTC_TIME, b"261301000000Z"),
        (asn1.UTC_TIME, b"260230000000Z"),
        (asn1.UTC_TIME, b"260601120000"),
        (asn1.UTC_TIME, b""),
        (asn1.UTC_TIME, b"2606011200000+9999"),
        (asn1.GENERALIZED_TIME, b"00000101000000Z"),
        (asn1.GENERALIZED_TIME, b"00010101000000+2359"),
        (asn1.GENERALIZED_TIME, "２０２６0601120000Z".encode()),
    ],
)
def test_what_is_no_time_is_refused(tag: int, text: bytes) -> None:
    with pytest.raises(MalformedData, match="not a time"):
        asn1.parse(asn1.encode(tag, text), tag).time()


def test_times_are_written_as_certificates_hold_them() -> None:
    assert asn1.time(datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC)) == b"\x17\x0d491231235959Z"
    assert asn1.time(datetime(2050, 1, 1, tzinfo=UTC)) == b"\x18\x0f20500101000000Z"


CONSTRUCTED = bytes.fromhex("2480 0402AABB 2403 0401CC 0000")


def test_a_constructed_string_is_put_together() -> None:
    assert asn1.Reader(CONSTRUCTED).octet_string() == bytes.fromhex("AABBCC")


def test_a_constructed_string_of_other_kinds_is_refused() -> None:
    with pytest.raises(MalformedData):
        asn1.Reader(bytes.fromhex("2403020100")).octet_string()


def test_a_string_may_not_be_nested_without_end() -> None:
    nested = b"\x04\x00"
    for _ in range(100):
        nested = asn1.encode(0x24, nested)
    with pytest.raises(MalformedData, match="nested"):
        asn1.Reader(nested).octet_string()


@pytest.mark.parametrize(
    ("encoded", "der"),
    [
        ("3003020101", True),
        ("3080020101 0000", False),
        ("308103020101", False),
        ("2403040101", False),
        ("3003020401", False),  # what is inside does not parse
    ],
)
def test_der_is_told_from_ber(encoded: str, der: bool) -> None:
    raw = bytes.fromhex(encoded)
    assert asn1.is_der(asn1.Reader(raw).read()) is der


def test_der_is_made_of_ber() -> None:
    raw = bytes.fromhex("3180 3081 03 020102 02820001 01 0000")
    element = asn1.parse(raw, asn1.SET)
    assert asn1.to_der(element, sort_sets=False) == bytes.fromhex("3108 3003020102 020101")
    assert asn1.to_der(element, sort_sets=True) == bytes.fromhex("3108 020101 3003020102")
    assert asn1.to_der(asn1.Reader(CONSTRUCTED).read(), sort_sets=True) == bytes.fromhex("0403AABBCC")


def test_nothing_is_made_of_elements_without_end() -> None:
    nested = b"\x05\x00"
    for _ in range(100):
        nested = asn1.sequence(nested)
    element = asn1.parse(nested, asn1.SEQUENCE)
    assert not asn1.is_der(element)
    with pytest.raises(MalformedData, match="nested"):
        asn1.to_der(element, sort_sets=False)


def test_a_tag_may_have_several_octets() -> None:
    assert asn1.encode(0x7F49, b"\1") == b"\x7f\x49\x01\x01"
    element = asn1.Reader(b"\x7f\x49\x03\x02\x01\x05").read()
    assert (element.tag, asn1.is_der(element), element.only_child(asn1.INTEGER).integer()) == (0x7F49, True, 5)


def test_what_is_missing_is_named() -> None:
    with pytest.raises(MalformedData, match="02 is missing"):
        asn1.Reader(b"").expect(asn1.INTEGER)


def test_errors_are_of_the_kind_asked_for_and_point_to_the_place() -> None:
    with pytest.raises(CertificateError) as caught:
        asn1.parse(bytes.fromhex("30050201010405"), asn1.SEQUENCE, CertificateError).children().sequence()
    assert caught.value.offset == 2


def test_nothing_may_stand_behind_the_element() -> None:
    with pytest.raises(MalformedData, match="too many"):
        asn1.parse(bytes.fromhex("0201010500"), asn1.INTEGER)


@pytest.mark.parametrize(("octets", "method"), [("0200", "integer"), ("0100", "boolean"), ("01020000", "boolean"), ("0300", "bits"),
                                                ("030101", "bits"), ("03020101", "bits"), ("030208FF", "bits")])  # fmt: skip
def test_values_of_a_wrong_form_are_refused(octets: str, method: str) -> None:
    element = asn1.Reader(bytes.fromhex(octets)).read()
    with pytest.raises(MalformedData):
        getattr(element, method)()


def test_an_integer_has_a_limit() -> None:
    """Python writes none of more than 4,300 digits, not even into the message that refuses it."""
    longest = asn1.integer((1 << (8 * asn1.INTEGER_SIZE_MAX - 1)) - 1)
    assert len(str(asn1.parse(longest, asn1.INTEGER).integer())) < 4300
    with pytest.raises(MalformedData, match="more than 1280"):
        asn1.parse(asn1.integer(1 << (8 * asn1.INTEGER_SIZE_MAX)), asn1.INTEGER).integer()


def test_a_primitive_element_has_no_children() -> None:
    with pytest.raises(MalformedData, match="constructed"):
        asn1.Reader(b"\x02\x01\x01").read().children()


@pytest.mark.parametrize(("value", "octets"), [("01", "01"), ("007F", "7F"), ("0080", "80"), ("80", "80"), ("000001", "01")])
def test_a_positive_integer_as_octets(value: str, octets: str) -> None:
    element = asn1.parse(asn1.encode(asn1.INTEGER, bytes.fromhex(value)), asn1.INTEGER)
    assert element.natural() == bytes.fromhex(octets)


@pytest.mark.parametrize("value", ["", "00", "0000"])
def test_no_positive_integer(value: str) -> None:
    with pytest.raises(MalformedData, match="positive"):
        asn1.parse(asn1.encode(asn1.INTEGER, bytes.fromhex(value)), asn1.INTEGER).natural()


@pytest.mark.parametrize(("value", "octets"), [(0, "00"), (1, "01"), (255, "FF"), (256, "0100")])
def test_a_number_in_as_few_octets_as_it_takes(value: int, octets: str) -> None:
    assert asn1.unsigned(value) == bytes.fromhex(octets)
