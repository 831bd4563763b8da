# SPDX-License-Identifier: Apache-2.0
"""DG5 to DG10, DG13, DG16, EF.DIR, and the table of all files."""

from __future__ import annotations

from datetime import date

import pytest

from chipid.errors import LdsError, MalformedData, TlvError
from chipid.iso7816.file_ids import LDS1_AID, FileId
from chipid.iso7816.tlv import build_tlv
from chipid.lds.com import EfCom
from chipid.lds.dg16 import Dg16, Person
from chipid.lds.dir import ApplicationTemplate, EfDir
from chipid.lds.displayed_images import Dg5, Dg7
from chipid.lds.features import Dg8, Dg9, Dg10
from chipid.lds.files import FILES, deviations_of, parse_file
from chipid.lds.opaque import Dg6, Dg13

JPEG = b"\xff\xd8\xff\xe0\xff\xd9"
ONE = b"\x02\x01\x01"
OTHER = b"\x53\x01x"

# Displayed images ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "tag", "image_tag"), [(Dg5, 0x65, 0x5F40), (Dg7, 0x67, 0x5F43)])
def test_displayed_images(kind: type[Dg5 | Dg7], tag: int, image_tag: int) -> None:
    image = build_tlv(image_tag, JPEG)
    for objects, count, announced, deviations in (
        ((ONE, image), 1, None, ()),
        ((b"\x02\x01\x09", *(image,) * 9), 9, None, ()),
        ((b"\x02\x01\x0a", *(image,) * 10), 10, None, ("image-count",)),
        ((b"\x02\x01\x00",), 0, None, ("image-count",)),
        ((b"\x02\x01\x02", image), 1, 2, ("image-count",)),
        ((ONE, build_tlv(image_tag, b"GIF89a")), 1, None, ("image-format",)),
        ((ONE, image, OTHER), 1, None, ("unknown-object",)),
    ):
        raw = build_tlv(tag, *objects)
        parsed = kind.parse(raw)
        assert (len(parsed.images), parsed.announced, parsed.deviations) == (count, announced, deviations)
        assert parsed.build() == raw
    assert kind.parse(build_tlv(tag, image)).deviations == ("image-count",)
    for count in (b"\x02\x00", b"\x02\x02\x00\x01"):
        parsed = kind.parse(build_tlv(tag, count, image))
        assert (parsed.unknown, parsed.deviations) == ((count,), ("image-count", "unknown-object"))
        assert kind.parse(parsed.build()) == parsed
    assert repr(JPEG) not in repr(kind((JPEG,)))


@pytest.mark.parametrize("dg7", [Dg7((JPEG,) * 256), Dg7((), unknown=(b"\x5f\x43\x00",)), Dg7((JPEG,), 1), Dg7((), unknown=(b"",))])
def test_images_that_are_not_built(dg7: Dg7) -> None:
    with pytest.raises(MalformedData):
        dg7.build()


# Features and opaque files -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "tag"), [(Dg8, 0x68), (Dg9, 0x69), (Dg10, 0x6A)])
def test_features(kind: type[Dg8 | Dg9 | Dg10], tag: int) -> None:
    raw = build_tlv(tag, ONE, b"\xa1\x03\x80\x01x", OTHER)
    parsed = kind.parse(raw)
    assert parsed == kind(1, (b"\xa1\x03\x80\x01x", OTHER))
    assert (parsed.deviations, parsed.build()) == ((), raw)
    for number in (0, 10):
        assert kind.parse(build_tlv(tag, b"\x02\x01", bytes((number,)))).deviations == ("instance-count",)
    for damaged in (raw[:-1], build_tlv(tag), build_tlv(tag, OTHER, ONE), build_tlv(tag, b"\x02\x02\x00\x01")):
        with pytest.raises(TlvError):
            kind.parse(damaged)
    for made in (kind(256, ()), kind(1, (OTHER[:-1],)), kind(1, (OTHER * 2,))):
        with pytest.raises(MalformedData):
            made.build()


@pytest.mark.parametrize(("kind", "tag"), [(Dg6, 0x66), (Dg13, 0x6D)])
def test_files_of_anything(kind: type[Dg6 | Dg13], tag: int) -> None:
    raw = build_tlv(tag, b"\x30no data object")
    assert kind.parse(raw).content == b"\x30no data object"
    assert kind.parse(raw).build() == raw
    assert "data object" not in repr(kind.parse(raw))
    for damaged in (raw[:-1], raw + b"\0", b"\x61" + raw[1:]):
        with pytest.raises(TlvError):
            kind.parse(damaged)


# DG16 ----------------------------------------------------------------------------------------------------------------

DATE = build_tlv(0x5F50, b"20260102")
NAME = build_tlv(0x5F51, b"MAU<<A")


def dg16(*persons: bytes, count: bytes | None = None, first: int = 0xA1) -> bytes:
    templates = (build_tlv(tag, person) for tag, person in enumerate(persons, first))
    return build_tlv(0x70, b"\x02\x01" + bytes((len(persons),)) if count is None else count, *templates)


def test_persons() -> None:
    """Conformance 9303-10-4.7.16-1."""
    made = Dg16(
        (
            Person(date_recorded="20260102", name="MAU<<A", telephone="+84000", address=("1 PHO MAU", "HA NOI")),
            Person(name="MAU<<B"),
        )
    )
    raw = made.build()
    parsed = Dg16.parse(raw)
    assert (parsed, parsed.deviations) == (made, ())
    assert parsed.persons[0].recorded is not None
    assert parsed.persons[0].recorded.complete == date(2026, 1, 2)
    first = DATE + NAME + build_tlv(0x5F52, b"+84000") + build_tlv(0x5F53, b"1 PHO MAU<HA NOI")
    assert raw == dg16(first, build_tlv(0x5F51, b"MAU<<B"))
    assert "MAU" not in repr(made)


@pytest.mark.parametrize(
    ("raw", "deviations", "built_again"),
    [
        (dg16(DATE + NAME, count=b"\x02\x01\x02"), ("person-count",), True),
        (dg16(), ("person-count",), True),
        (dg16(NAME, count=b""), ("person-count",), False),
        (dg16(NAME, first=0xA2), ("person-tag",), False),
        (dg16(NAME + OTHER), ("unknown-object",), True),
        (dg16(NAME + NAME), ("repeated-object",), True),
        (dg16(NAME + DATE), ("field-order",), False),
        (dg16(build_tlv(0x5F51)), ("empty-object",), False),
        (dg16(build_tlv(0x5F50, bytes.fromhex("20260102"))), ("date-encoding",), True),
        (dg16(build_tlv(0x5F50, b"20261301")), ("date",), True),
        (dg16(build_tlv(0x5F51, b"M\xdcLLER")), ("encoding",), True),
        (dg16(build_tlv(0x5F51, b"M" * 100)), ("length",), True),
        (dg16(NAME)[:1] + bytes((len(dg16(NAME)) + 1,)) + dg16(NAME)[2:] + OTHER, ("unknown-object",), True),
    ],
)
def test_what_is_odd_about_persons(raw: bytes, deviations: tuple[str, ...], built_again: bool) -> None:
    parsed = Dg16.parse(raw)
    assert parsed.deviations == deviations
    assert (parsed.build() == raw) == built_again
    assert Dg16.parse(parsed.build()) == parsed


@pytest.mark.parametrize(
    "made",
    [
        Dg16((Person(name="A"),) * 16),
        Dg16((Person(name="A"),), 1),
        Dg16((Person(name="\ud800"),)),
        Dg16((Person(name=""),)),
        Dg16((Person(address=("A<B",)),)),
        Dg16((Person(unknown=(NAME,)),)),
        Dg16((Person(name="A", encodings=((0x5F51, "latin-1"),)),)),
        Dg16((), unknown=(b"\xa1\x00",)),
    ],
)
def test_persons_that_are_not_built(made: Dg16) -> None:
    with pytest.raises(LdsError):
        made.build()


def test_fifteen_persons_and_256_objects_are_the_most() -> None:
    assert len(Dg16.parse(Dg16((Person(name="A"),) * 15).build()).persons) == 15
    with pytest.raises(LdsError, match="256"):
        Dg16.parse(dg16(OTHER * 257))


# EF.DIR --------------------------------------------------------------------------------------------------------------

LDS2_AIDS = [bytes.fromhex(f"A000000247200{number}") for number in (1, 2, 3)]
ICAO = bytes.fromhex("61094F07A000000247100161094F07A000000247200161094F07A000000247200261094F07A0000002472003")


def test_applications() -> None:
    """Conformance 9303-10-3.11.2-1."""
    made = EfDir.of(LDS1_AID, *LDS2_AIDS)
    assert made.build() == ICAO
    assert EfDir.parse(ICAO) == made
    assert EfDir.parse(ICAO).deviations == ()
    assert EfDir.parse(b"") == EfDir(())
    assert EfDir.parse(EfDir.of(b"1", bytes(16)).build()) == EfDir.of(b"1", bytes(16))


def test_labels_and_other_objects() -> None:
    made = EfDir((ApplicationTemplate.of(LDS1_AID, "eMRTD"), ApplicationTemplate(LDS1_AID, (b"\x51\x02\x3f\x00", b"\x50\x01\xff"))))
    parsed = EfDir.parse(made.build())
    assert parsed == made
    assert [each.label for each in parsed.applications] == ["eMRTD", "\ufffd"]
    assert ApplicationTemplate.of(LDS1_AID).label is None


@pytest.mark.parametrize(
    ("raw", "deviations"),
    [
        (ICAO + bytes(20), ("padding",)),
        (ICAO + b"\xff" * 20, ("padding",)),
        (ICAO[:11] + b"\0\0" + ICAO[11:], ("padding",)),
        (ICAO + OTHER, ("unknown-object",)),
        (build_tlv(0x61, b"\x50\x01x", b"\x4f\x01y"), ("aid-place",)),
    ],
)
def test_directories_that_deviate(raw: bytes, deviations: tuple[str, ...]) -> None:
    parsed = EfDir.parse(raw)
    assert parsed.deviations == deviations
    assert EfDir.parse(parsed.build()) == parsed


@pytest.mark.parametrize(
    "raw",
    [ICAO[:-1], b"\x61\x00", build_tlv(0x61, OTHER), build_tlv(0x61, b"\x4f\x00"), b"\x61\x13\x4f\x11" + bytes(17), ICAO[:11] * 65],
)
def test_damaged_directories(raw: bytes) -> None:
    with pytest.raises(MalformedData):
        EfDir.parse(raw)


@pytest.mark.parametrize(
    "made",
    [
        EfDir.of(b""),
        EfDir.of(bytes(17)),
        EfDir((ApplicationTemplate(LDS1_AID, (b"\x50",)),)),
        EfDir((), unknown=(ICAO[:11],)),
        EfDir((), unknown=(b"\0\0",)),
    ],
)
def test_directories_that_are_not_built(made: EfDir) -> None:
    with pytest.raises(MalformedData):
        made.build()


# The table -----------------------------------------------------------------------------------------------------------


def test_every_file_has_its_class() -> None:
    assert set(FILES) == set(FileId)
    assert len(set(FILES.values())) == len(FileId)
    for file, kind in FILES.items():
        tag = getattr(kind, "TAG", file.tag)
        assert tag == file.tag, file
        with pytest.raises(MalformedData):
            parse_file(file, b"\x7f")


def test_a_file_by_its_name() -> None:
    com = EfCom.of_data_groups((1, 2))
    assert parse_file(FileId.COM, com.build()) == com
    assert deviations_of(com) == ()
    assert deviations_of(parse_file(FileId.DG16, dg16())) == ("person-count",)
