# SPDX-License-Identifier: Apache-2.0
"""DG11 and DG12, which share their layout; the names of people and places are invented."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import pytest

from chipid.errors import LdsError, TlvError
from chipid.iso7816.tlv import build_tlv
from chipid.lds.details import Details, Layout
from chipid.lds.dg11 import Dg11
from chipid.lds.dg12 import Dg12
from chipid.lds.dg16 import Dg16, Person
from chipid.lds.fields import parse_date, parse_date_time

NAME = build_tlv(0x5F0E, "TRẦN<<VĂN<MẪU".encode())
NUMBER = build_tlv(0x5F10, b"099012345678")
LISTED = build_tlv(0x5C, bytes.fromhex("5F0E5F10"))


def name(text: bytes) -> bytes:
    return build_tlv(0x5F0F, text)


def dg11(*objects: bytes) -> bytes:
    return build_tlv(0x6B, *objects)


def test_every_field_of_dg11() -> None:
    made = Dg11(
        full_name="TRẦN<<VĂN<MẪU",
        other_names=("MẪU<<A", "MẪU<<B"),
        personal_number="099012345678",
        full_date_of_birth="19900917",
        place_of_birth=("ANYTOWN", "MN"),
        permanent_address=("12 Phố Mẫu", "Hà Nội"),
        telephone="+84000000000",
        profession="teacher",
        title="DR",
        personal_summary="none",
        proof_of_citizenship=b"\xff\xd8\xff",
        other_valid_td_numbers=("X1", "X2"),
        custody_information="c" * 999,
    )
    parsed = Dg11.parse(made.build())
    assert parsed == made
    assert (parsed.deviations, parsed.layout) == ((), Layout())
    assert parsed.birth_date is not None
    assert parsed.birth_date.complete == date(1990, 9, 17)
    listed = "5F0E5F0F5F105F2B5F115F425F125F135F145F155F165F175F18"
    assert made.build()[4:].startswith(bytes.fromhex("5C1A" + listed + "5F0E"))
    assert bytes.fromhex("A019020102") + name("MẪU<<A".encode()) in made.build()
    assert "TRẦN" not in repr(parsed)
    assert "full_name other_names" in repr(parsed)


def test_every_field_of_dg12() -> None:
    made = Dg12(
        issuing_authority="Cục Mẫu",
        issue_date="20270102",
        other_persons=("MẪU<<A",),
        endorsements="none",
        tax_exit_requirements="none",
        front_image=b"\xff\xd8\xff",
        rear_image=b"\xff\xd8",
        personalization_time="20270102030405",
        personalization_system="machine 7",
    )
    raw = made.build()
    parsed = Dg12.parse(raw)
    assert (parsed, parsed.deviations, parsed.layout) == (made, (), Layout())
    assert parsed.issued is not None
    assert parsed.issued.complete == date(2027, 1, 2)
    assert parsed.personalized == datetime(2027, 1, 2, 3, 4, 5)
    assert raw[2:].startswith(bytes.fromhex("5C125F195F265F1A5F1B5F1C5F1D5F1E5F555F565F19"))
    assert "Mẫu" not in repr(parsed)


@pytest.mark.parametrize(
    ("objects", "deviations"),
    [
        ((LISTED, NAME, NUMBER), ()),
        ((LISTED, NUMBER, NAME), ()),  # the standard fixes no order behind the tag list
        ((build_tlv(0x5C, bytes.fromhex("5F105F0E")), NAME, NUMBER), ()),
        ((NAME, NUMBER), ("no-tag-list",)),
        ((NAME, LISTED, NUMBER), ("tag-list-place",)),
        ((LISTED, NAME), ("tag-list",)),
        ((build_tlv(0x5C, bytes.fromhex("5F0E")), NAME, NUMBER), ("tag-list",)),
        ((LISTED, NAME, NUMBER, LISTED), ("repeated-object", "tag-list")),
        ((LISTED, NAME, NUMBER, NAME), ("repeated-object",)),
        ((build_tlv(0x5C, bytes.fromhex("5F0E5F105F77")), NAME, NUMBER, build_tlv(0x5F77, b"?")), ("unknown-object",)),
        ((LISTED, NAME, build_tlv(0x5F10)), ("empty-object",)),
        ((build_tlv(0x5C, b"\x5f\x0f"), build_tlv(0xA0, b"\x02\x01\x02", name(b"A<<B"), name(b"C<<D"))), ()),
        ((build_tlv(0x5C, b"\xa0"), build_tlv(0xA0, b"\x02\x01\x01", name(b"A<<B"))), ()),
        ((build_tlv(0x5C, b"\x5f\x0f"), name(b"A<<B")), ("names-outside",)),
        ((build_tlv(0x5C, b"\x5f\x0f"), build_tlv(0xA0, b"\x02\x01\x01", name(b"A")), name(b"B")), ("names-outside",)),
        ((build_tlv(0x5C, b"\x5f\x0f"), name(b"B"), build_tlv(0xA0, b"\x02\x01\x01", name(b"A"))), ("names-outside",)),
        ((build_tlv(0x5C, b"\x5f\x0f"), build_tlv(0xA0, b"\x02\x01\x01", name(b""))), ("empty-object",)),
        ((build_tlv(0x5C, b"\x5f\x2b"), build_tlv(0x5F2B, bytes.fromhex("19900917"))), ("date-encoding",)),
        ((build_tlv(0x5C, b"\x5f\x2b"), build_tlv(0x5F2B, bytes.fromhex("19A00917"))), ("date", "encoding")),
        ((build_tlv(0x5C, b"\x5f\x2b"), build_tlv(0x5F2B, b"19900000")), ()),
        ((build_tlv(0x5C, b"\x5f\x2b"), build_tlv(0x5F2B, b"00000000")), ()),
        ((build_tlv(0x5C, b"\x5f\x2b"), build_tlv(0x5F2B, b"19900230")), ("date",)),
        ((build_tlv(0x5C, b"\x5f\x2b"), build_tlv(0x5F2B, b"1990    ")), ("date",)),
        ((build_tlv(0x5C, b"\x5f\x2b"), build_tlv(0x5F2B, b"900917")), ("date",)),
        ((build_tlv(0x5C, b"\x5f\x10"), build_tlv(0x5F10, b"9" * 100)), ("length",)),
        ((build_tlv(0x5C, b"\x5f\x18"), build_tlv(0x5F18, b"9" * 999)), ()),
        ((build_tlv(0x5C, b"\x5f\x18"), build_tlv(0x5F18, b"9" * 1000)), ("length",)),
        ((build_tlv(0x5C, b"\x5f\x0e"), build_tlv(0x5F0E, b"M\xdcLLER")), ("encoding",)),
    ],
)
def test_what_files_do(objects: tuple[bytes, ...], deviations: tuple[str, ...]) -> None:
    """Each is told, and built as it was read (conformance 9303-10-4.7.11-1, -2, 4.7.11.1-1, -2)."""
    parsed = Dg11.parse(dg11(*objects))
    assert parsed.deviations == deviations
    assert parsed.build() == dg11(*objects)


@pytest.mark.parametrize(
    "template",
    [
        b"",
        b"\x02\x01\x00",
        b"\x02\x01\x01",
        b"\x02\x01\x02" + name(b"A"),
        name(b"A"),
    ],
)
def test_a_number_of_names_that_is_none(template: bytes) -> None:
    parsed = Dg11.parse(dg11(build_tlv(0x5C, b"\x5f\x0f"), build_tlv(0xA0, template)))
    assert parsed.deviations == ("name-count",)
    assert parsed.other_names == (("A",) if name(b"A") in template else ())


@pytest.mark.parametrize("count", [b"\x02\x02\x00\x01", b"\x02\x00"])
def test_a_number_of_names_in_more_or_less_than_one_octet_is_kept(count: bytes) -> None:
    parsed = Dg11.parse(dg11(build_tlv(0x5C, b"\x5f\x0f"), build_tlv(0xA0, count + name(b"A"))))
    assert (parsed.other_names, parsed.unknown) == (("A",), (count,))
    assert parsed.deviations == ("name-count", "tag-list", "unknown-object")


def test_what_else_stands_among_the_names_is_kept() -> None:
    parsed = Dg11.parse(dg11(build_tlv(0x5C, b"\x5f\x0f\x53"), build_tlv(0xA0, b"\x02\x01\x01", name(b"A"), b"\x53\x01x")))
    assert (parsed.other_names, parsed.unknown, parsed.deviations) == (("A",), (b"\x53\x01x",), ("unknown-object",))


def test_values_that_deviate() -> None:
    bcd = Dg11.parse(dg11(build_tlv(0x5F2B, bytes.fromhex("19900917"))))
    assert bcd.full_date_of_birth == "19900917"
    empty = Dg11.parse(dg11(build_tlv(0x5F10), build_tlv(0x5F11)))
    assert (empty.personal_number, empty.place_of_birth) == (None, ())
    assert Dg11.parse(dg11(build_tlv(0x5F0E, b"M\xdcLLER"))).full_name == "MÜLLER"
    assert Dg11.parse(dg11(NAME, build_tlv(0x5F0E, b"B"))).full_name == "TRẦN<<VĂN<MẪU"
    outside = Dg11.parse(dg11(name(b"B"), build_tlv(0xA0, b"\x02\x01\x01", name(b"A"))))
    assert outside.other_names == ("A", "B")


@pytest.mark.parametrize(
    ("issue", "personalization", "deviations"),
    [
        (b"20270102", b"20270102030405", ()),
        (bytes.fromhex("20270102"), b"20270102030405", ("date-encoding",)),
        (b"20270102", bytes.fromhex("20270102030405"), ("date-encoding",)),
    ],
)
def test_dates_in_characters_and_in_bcd_are_the_same(issue: bytes, personalization: bytes, deviations: tuple[str, ...]) -> None:
    """Conformance 9303-10-4.7.12-2, -3."""
    raw = build_tlv(0x6C, bytes.fromhex("5C045F265F55"), build_tlv(0x5F26, issue), build_tlv(0x5F55, personalization))
    parsed = Dg12.parse(raw)
    assert (parsed.issue_date, parsed.personalization_time) == ("20270102", "20270102030405")
    assert parsed.deviations == deviations
    assert parsed.build() == raw


@pytest.mark.parametrize("time", [b"2027010203040", b"20270102250000", b"20270102", b"2027010203040A", b"20270002030405"])
def test_a_time_that_is_none(time: bytes) -> None:
    parsed = Dg12.parse(build_tlv(0x6C, bytes.fromhex("5C025F55"), build_tlv(0x5F55, time)))
    assert (parsed.personalized, parsed.deviations) == (None, ("date",))


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("19900917", (1990, 9, 17)),
        ("19900900", (1990, 9, None)),
        ("1990<<<<", (1990, None, None)),
        ("1990    ", (1990, None, None)),
        ("    0917", (None, 9, 17)),
        ("00000229", (None, 2, 29)),
        ("00000230", None),
        ("19900229", None),
        ("19901301", None),
        ("19900132", None),
        ("199009 7", None),
        ("199O0917", None),
        ("1990091", None),
        ("\u0661\u0669\u0669\u0660\u0660\u0669\u0661\u0667", None),
        ("", None),
    ],
)
def test_dates(text: str, parts: tuple[int | None, ...] | None) -> None:
    parsed = parse_date(text)
    assert (None if parsed is None else (parsed.year, parsed.month, parsed.day)) == parts


def test_a_time_in_other_digits_is_none() -> None:
    assert parse_date_time("\u0662" * 14) is None


@pytest.mark.parametrize(
    "details",
    [
        Dg11(full_name=""),
        Dg11(place_of_birth=("",)),
        Dg11(place_of_birth=("A<B",)),
        Dg11(full_name="\ud800"),
        Dg11(full_date_of_birth="\x19\x70\x01\x01", deviations=("date",)),
        Dg11(other_names=("A",) * 256),
        Dg11(unknown=(NAME,)),
        Dg11(unknown=(b"\x53",)),
        Dg11(full_name="A", layout=Layout(order=(0x5C,))),
        Dg11(full_name="A", layout=Layout(order=(0x5F0E, 0x5F0E))),
        Dg11(full_name="A", layout=Layout(order=(0x5F0E, None))),
        Dg11(full_name="A", layout=Layout(order=(0x5F0E, 0x5F99))),
        Dg11(full_name="A", layout=Layout(order=(0x5F0E, 0x5F0F))),
        Dg11(full_name="A", layout=Layout(tag_list=(0x5F0E,))),
        Dg11(full_name="A", layout=Layout(encodings=((0x5F0E, "utf-16"),))),
        Dg11(full_name="A", layout=Layout(encodings=((0x5F0E, "no encoding"),))),
        Dg11(full_date_of_birth="1990-09-17", layout=Layout(encodings=((0x5F2B, "bcd"),)), deviations=("date",)),
        Dg12(issue_date=""),
    ],
)
def test_nothing_is_built_that_would_be_read_otherwise(details: Details) -> None:
    with pytest.raises((LdsError, TlvError)):
        details.build()


@pytest.mark.parametrize(
    ("details", "told"),
    [
        (Dg11(full_date_of_birth="1990-01-01"), "full_date_of_birth must be a date YYYYMMDD, or left out"),
        (Dg11(full_date_of_birth="19901301"), "full_date_of_birth must be a date"),
        (Dg12(personalization_time="20260101"), "personalization_time must be a time YYYYMMDDhhmmss"),
        (Dg11(place_of_birth="Hà Nội"), "place_of_birth must be a tuple of texts"),  # type: ignore[arg-type]
        (Dg11(permanent_address=None), "permanent_address must be a tuple of texts"),  # type: ignore[arg-type]
        (Dg12(other_persons=(b"A",)), "other_persons must be a tuple of texts"),  # type: ignore[arg-type]
        (Dg11(full_name=""), "full_name must be a text, or left out"),
        (Dg11(full_name=b"A"), "full_name must be a text"),  # type: ignore[arg-type]
        (Dg12(front_image="A"), "front_image must be the octets of an image"),  # type: ignore[arg-type]
        (Dg16((Person(date_recorded="2026-01-02"),)), "date_recorded must be a date YYYYMMDD"),
        (Dg16((Person(name="A"), Person(address="Hà Nội"))), "address must be a tuple"),  # type: ignore[arg-type]
    ],
)
def test_a_value_that_its_field_cannot_hold_is_told_by_the_fields_name(details: Details | Dg16, told: str) -> None:
    with pytest.raises(LdsError, match=f"^{told}"):
        details.build()


def test_a_date_that_is_none_is_built_where_it_is_meant() -> None:
    for odd in (Dg11(full_date_of_birth="1990-01-01", deviations=("date",)), Dg11(full_date_of_birth="19900000")):
        assert Dg11.parse(odd.build()) == odd


@pytest.mark.parametrize("raw", [b"", dg11(NAME)[:-1], dg11(NAME) + b"\0", b"\x6c" + dg11(NAME)[1:], dg11(b"\x5c\x01\x5f")])
def test_damage(raw: bytes) -> None:
    with pytest.raises(TlvError):
        Dg11.parse(raw)


def test_limits() -> None:
    assert len(Dg11.parse(dg11(*(b"\x53\x00",) * 256)).unknown) == 256
    with pytest.raises(LdsError, match="256"):
        Dg11.parse(dg11(*(b"\x53\x00",) * 257))
    with pytest.raises(LdsError, match="256"):
        Dg11.parse(dg11(build_tlv(0xA0, *(name(b""),) * 257)))
    with pytest.raises(LdsError, match="64"):
        Dg11.parse(dg11(build_tlv(0x5C, bytes(65))))


def test_a_changed_field_keeps_the_layout() -> None:
    read = Dg11.parse(dg11(NUMBER, NAME, LISTED))
    assert replace(read, personal_number="1").build() == dg11(build_tlv(0x5F10, b"1"), NAME, LISTED)
