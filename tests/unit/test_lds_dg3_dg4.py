# SPDX-License-Identifier: Apache-2.0
"""DG3 and DG4: fingers and irises in templates, which one is which, and none at all (ICAO 9303-10 §4.7.3, §4.7.4)."""

from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path

import pytest

from chipid.errors import LdsError, MalformedData, TlvError
from chipid.iso7816.tlv import build_tlv, parse_tlv
from chipid.lds.biometrics.data_group import BiometricDataGroup, OptionalFeatures
from chipid.lds.biometrics.face_19794 import FaceImage
from chipid.lds.biometrics.finger_19794 import FingerImage2005
from chipid.lds.biometrics.finger_39794 import FingerRepresentationBlock
from chipid.lds.biometrics.framework_39794 import DateTimeBlock
from chipid.lds.biometrics.iris_19794 import IrisImage2005
from chipid.lds.biometrics.iris_39794 import IrisRepresentationBlock
from chipid.lds.biometrics.records import RawRecord
from chipid.lds.biometrics.subtype import BiometricSubtype, Finger, Side
from chipid.lds.biometrics.template import CREATION_DATE, BiometricHeader
from chipid.lds.dg2 import Dg2
from chipid.lds.dg3 import Dg3
from chipid.lds.dg4 import Dg4
from chipid.lds.image import ImageFormat

CODESTREAM = b"\xff\x4f\xff\x51" + struct.pack(">HHIIII", 47, 0, 37, 53, 0, 0) + b"\xff\xd9"
JPEG = bytes.fromhex("FFD8 FFC0 0008 08 0035 0025 00 FFD9")
LEFT_POINTER = FingerImage2005.from_image(CODESTREAM, position=7)
RIGHT_POINTER_39794 = FingerRepresentationBlock.from_image(CODESTREAM, 2)
RIGHT_EYE = IrisImage2005.from_image(CODESTREAM, eye=1)
LEFT_EYE_39794 = IrisRepresentationBlock.from_image(CODESTREAM, 2, DateTimeBlock(2026))

FINGER_HEADER = "A112 80020101 810108 82010A 87020101 88020007"
IRIS_HEADER = "A112 80020101 810110 820101 87020101 88020009"


def file_of(tag: int, *templates: bytes) -> bytes:
    return build_tlv(tag, build_tlv(0x7F61, build_tlv(0x02, bytes((len(templates),))), *templates))


def with_header(header: str, *, iris: bool = False) -> bytes:
    """A data group with one template, under a header written by hand."""
    made, tag = (Dg4.of(RIGHT_EYE), 0x76) if iris else (Dg3.of(LEFT_POINTER), 0x63)
    block = build_tlv(0x5F2E, made.templates[0].record.build())
    return file_of(tag, build_tlv(0x7F60, bytes.fromhex(header), block))


def test_a_finger_of_each_format() -> None:
    made = Dg3.of(LEFT_POINTER, RIGHT_POINTER_39794)
    raw = made.build()
    parsed = Dg3.parse(raw)
    assert parsed == made
    assert parsed.deviations == ()
    assert parsed.fingers == (LEFT_POINTER, RIGHT_POINTER_39794)
    assert [(one.image, one.format, one.width, one.height) for one in parsed.fingers] == [
        (CODESTREAM, ImageFormat.JPEG2000, 37, 53)
    ] * 2
    headers = [template.header.build().hex() for template in parsed.templates]
    assert headers == ["a112800201018101088201" + "0a" + "8702010188020007", "a112800201018101088201" + "09" + "8702010188020028"]
    assert [template.block_tag for template in parsed.templates] == [0x5F2E, 0x7F2E]
    assert parsed.build() == raw
    assert raw.startswith(b"\x63")


def test_either_format_in_the_other_block_is_told() -> None:
    made = Dg3.of(LEFT_POINTER, RIGHT_POINTER_39794)
    for own, other in ((0x5F2E, 0x7F2E), (0x7F2E, 0x5F2E)):
        turned = Dg3(tuple(replace(one, block_tag=other) for one in made.templates if one.block_tag == own))
        parsed = Dg3.parse(turned.build())
        assert (parsed, parsed.deviations) == (turned, ("block-tag",))


def test_what_stands_bare_in_the_file_gets_the_block_of_its_format() -> None:
    for finger in (LEFT_POINTER, RIGHT_POINTER_39794):
        (template,) = Dg3.of(finger).templates
        parsed = Dg3.parse(build_tlv(0x63, template.record.build()))
        assert parsed.templates[0].block_tag == template.block_tag
        assert "block-tag" not in parsed.deviations


def test_an_iris_of_each_format() -> None:
    made = Dg4.of(RIGHT_EYE, LEFT_EYE_39794)
    parsed = Dg4.parse(made.build())
    assert parsed == made
    assert parsed.deviations == ()
    assert parsed.irises == (RIGHT_EYE, LEFT_EYE_39794)
    headers = [template.header.build().hex() for template in parsed.templates]
    assert headers == ["a112800201018101108201" + "01" + "8702010188020009", "a112800201018101108201" + "02" + "870201018802002c"]
    assert parsed.build()[0] == 0x76


@pytest.mark.parametrize(("kind", "tag"), [(Dg3, "63"), (Dg4, "76")])
def test_none_at_all(kind: type[OptionalFeatures], tag: str) -> None:
    """Conformance 9303-10-4.7.3.2.2 and 4.7.4.2.2."""
    cases = {
        f"{tag}06 7F6103 020100": (None, ()),
        f"{tag}0A 7F6103 020100 5302 BEEF": (b"\xbe\xef", ()),
        f"{tag}0A 7F6107 020100 5302 BEEF": (b"\xbe\xef", ("unknown-object",)),
        f"{tag}0A 7F6103 020100 5402 BEEF": (None, ("trailing-objects",)),
        f"{tag}0E 7F6103 020100 5302 BEEF 5302 BEEF": (b"\xbe\xef", ("trailing-objects",)),
        f"{tag}06 7F6103 020101": (None, ("instances-differ",)),
    }
    for octets, (content, deviations) in cases.items():
        raw = bytes.fromhex(octets)
        parsed = kind.parse(raw)
        assert (parsed.images, parsed.issuers_content, parsed.deviations) == ((), content, deviations), octets
        assert parsed.build() == raw or "instances-differ" in deviations
    assert kind.empty(b"\xbe\xef").build() == bytes.fromhex(f"{tag}0A 7F6103 020100 5302 BEEF")
    assert kind.empty().build() == bytes.fromhex(f"{tag}06 7F6103 020100")


def test_content_of_the_issuers_belongs_to_an_empty_group_alone() -> None:
    made = Dg3(Dg3.of(LEFT_POINTER).templates, objects=(b"\x53\x00",))
    assert Dg3.parse(made.build()).deviations == ("trailing-objects",)


@pytest.mark.parametrize(
    ("header", "iris", "deviations"),
    [
        (FINGER_HEADER, False, ()),
        ("A10E 810108 82010A 87020101 88020007", False, ()),
        ("A10B 82010A 87020101 88020007", False, ()),
        (FINGER_HEADER.replace("87020101", "870201FF"), False, ("format-owner",)),
        (FINGER_HEADER.replace("0007", "0009"), False, ("format-type",)),
        (FINGER_HEADER.replace("810108", "810102"), False, ("biometric-type",)),
        ("A10E 80020101 810108 82010A 87020101", False, ("header-88",)),
        (FINGER_HEADER.replace("82010A", "8201FE"), False, ("biometric-subtype",)),
        (FINGER_HEADER.replace("82010A", "82010B"), False, ("biometric-subtype",)),
        (FINGER_HEADER.replace("82010A", "82012A"), False, ("biometric-subtype",)),
        ("A10F 80020101 810108 87020101 88020007", False, ("biometric-subtype",)),
        (FINGER_HEADER.replace("82010A", "820109"), False, ("subtype-differs",)),
        (FINGER_HEADER.replace("82010A", "820106"), False, ("subtype-differs",)),
        (FINGER_HEADER.replace("82010A", "820100"), False, ()),
        (FINGER_HEADER.replace("82010A", "820102"), False, ()),
        (IRIS_HEADER, True, ()),
        (IRIS_HEADER.replace("0009", "0007"), True, ("format-type",)),
        (IRIS_HEADER.replace("810110", "810108"), True, ("biometric-type",)),
        (IRIS_HEADER.replace("820101", "820102"), True, ("subtype-differs",)),
        (IRIS_HEADER.replace("820101", "820103"), True, ("biometric-subtype",)),
        (IRIS_HEADER.replace("820101", "820109"), True, ("biometric-subtype",)),
    ],
)
def test_headers_that_do_not_fit(header: str, iris: bool, deviations: tuple[str, ...]) -> None:
    """BSI TR-03105-5.1 LDS_D_08 to D_13 among them."""
    raw = with_header(header, iris=iris)
    parsed = (Dg4 if iris else Dg3).parse(raw)
    assert parsed.deviations == deviations
    assert parsed.build() == raw
    assert len(parsed.images) == 1


def test_one_template_holds_one_finger() -> None:
    """Conformance 9303-10-4.7.3.2.4."""
    record = Dg3.FORMATS[0].record_of(LEFT_POINTER)
    two = type(record)((LEFT_POINTER, LEFT_POINTER))
    template = build_tlv(0x7F60, bytes.fromhex(FINGER_HEADER), build_tlv(0x5F2E, two.build()))
    parsed = Dg3.parse(file_of(0x63, template))
    assert len(parsed.fingers) == 2
    assert parsed.deviations[-1] == "several-images"
    assert parsed.build() == file_of(0x63, template)


def test_the_most_recent_comes_first() -> None:
    """Conformance 9303-10-4.7.2-1."""
    older, newer = (
        Dg2.template_of(FaceImage.from_image(JPEG), (CREATION_DATE, bytes.fromhex(f"20{year}0102030405"))) for year in ("24", "26")
    )
    undated = Dg2.template_of(FaceImage.from_image(JPEG))
    cases = {(newer, older): (), (older, newer): ("older-first",), (undated, newer): (), (older, undated): (), (older, older): ()}
    for templates, deviations in cases.items():
        assert Dg2.parse(Dg2(templates).build()).deviations == deviations


@pytest.mark.parametrize("kind", [Dg3, Dg4])
def test_other_formats_are_kept_raw(kind: type[BiometricDataGroup]) -> None:
    """LDS_D_14 and LDS_E_13: another format identifier."""
    image = LEFT_POINTER if kind is Dg3 else RIGHT_EYE
    whole = kind.of(image).templates[0]
    octets = b"PIS\x00" + whole.record.build()[4:]
    raw = file_of(kind.TAG, build_tlv(0x7F60, whole.header.build(), build_tlv(0x5F2E, octets)))
    parsed = kind.parse(raw)
    assert parsed.images == ()
    assert [one.record for one in parsed.unsupported] == [RawRecord(octets)]
    assert parsed.deviations[0] == "format-unsupported"
    assert f"no-{kind.FEATURES}" in parsed.deviations
    assert parsed.build() == raw


@pytest.mark.parametrize("kind", [Dg3, Dg4])
def test_bare_images_and_records(kind: type[BiometricDataGroup]) -> None:
    image = LEFT_POINTER if kind is Dg3 else RIGHT_EYE
    cases = {
        build_tlv(kind.TAG, CODESTREAM): {"no-cbeff", f"no-{kind.FEATURE}-record"},
        build_tlv(kind.TAG, kind.of(image).templates[0].record.build()): {"no-cbeff"},
        build_tlv(kind.TAG, kind.of(image).templates[0].build()): {"no-group"},
    }
    for raw, deviations in cases.items():
        parsed = kind.parse(raw)
        assert [one.image for one in parsed.images] == [CODESTREAM]
        assert deviations <= set(parsed.deviations)


@pytest.mark.parametrize("kind", [Dg3, Dg4])
def test_damage(kind: type[BiometricDataGroup]) -> None:
    """LDS_D_04 to D_06: another outer tag, and lengths that lie."""
    raw = kind.of(LEFT_POINTER if kind is Dg3 else RIGHT_EYE).build()
    for damaged in (b"\x64" + raw[1:], raw[:-1], raw + b"\x00", build_tlv(kind.TAG), build_tlv(kind.TAG, b"\x30\x00")):
        with pytest.raises(TlvError):
            kind.parse(damaged)
    start = raw.index(b"\x5f\x2e") + 4
    with pytest.raises(MalformedData):
        kind.parse(raw[: start + 8] + bytes(2) + b"\xff" * 20 + raw[start + 30 :])


def test_a_record_of_another_data_group() -> None:
    with pytest.raises(LdsError):
        Dg3.of(RIGHT_EYE)
    with pytest.raises(LdsError):
        Dg3.of(*[LEFT_POINTER] * 33).build()


@pytest.mark.parametrize(
    ("position", "octet"),
    [(0, 0), (1, 0x05), (2, 0x09), (3, 0x0D), (4, 0x11), (5, 0x15), (6, 0x06), (7, 0x0A), (8, 0x0E), (9, 0x12), (10, 0x16),
     (13, 1), (14, 2), (15, 0), (999, 0), (None, 0), (-1, 0)],
)  # fmt: skip
def test_positions_and_subtypes(position: int | None, octet: int) -> None:
    assert BiometricSubtype.of_position(position).encode() == octet


def test_subtypes() -> None:
    assert BiometricSubtype.decode(0x0A) == BiometricSubtype(Side.LEFT, Finger.POINTER)
    assert [BiometricSubtype.of_eye(eye).encode() for eye in (0, 1, 2, 3, None)] == [0, 1, 2, 0, 0]
    assert [octet for octet in range(32) if BiometricSubtype.decode(octet) is None] == [
        octet for octet in range(32) if octet & 3 == 3 or octet >> 2 > 5
    ]


def test_no_repr_shows_octets() -> None:
    made = Dg3((*Dg3.of(LEFT_POINTER).templates, *Dg3.of(RIGHT_POINTER_39794).templates))
    assert "xff" not in repr(made)
    assert len(repr(made)) < 900


@pytest.mark.real_data
def test_the_fingers_and_irises_of_a_whole_document(real_data: Path) -> None:
    folder = real_data / "05_lds/bsi2008_mustermann"
    raw = (folder / "Datagroup3.bin").read_bytes()
    dg3 = Dg3.parse(raw)
    assert dg3.build() == raw
    assert dg3.deviations == ()
    assert [(one.format, one.width, one.height, one.position) for one in dg3.fingers] == [
        (ImageFormat.WSQ, 620, 620, 2), (ImageFormat.WSQ, 620, 620, 7),
    ]  # fmt: skip
    raw = (folder / "Datagroup4.bin").read_bytes()
    dg4 = Dg4.parse(raw)
    assert dg4.build() == raw
    assert dg4.deviations == ()
    assert [(one.format, one.width, one.height, one.eye) for one in dg4.irises] == [
        (ImageFormat.JPEG2000, 163, 149, 1), (ImageFormat.JPEG2000, 160, 152, 2),
    ]  # fmt: skip


@pytest.mark.real_data
def test_templates_without_data(real_data: Path) -> None:
    """What an application on another card says of the templates that it compares with: headers alone, no data group."""
    raw = (real_data / "06_biometrics/TLVBIT.dat").read_bytes()
    with pytest.raises(TlvError):
        Dg3.parse(build_tlv(0x63, raw))
    templates = [child for child in parse_tlv(raw, 0x7F61).children() if child.tag == 0x7F60]
    headers = [BiometricHeader.read(template.children().expect(0xA1).children()) for template in templates]
    assert [BiometricSubtype.decode(header.number(0x82) or 0) for header in headers] == [
        BiometricSubtype(Side.LEFT), None,
    ]  # fmt: skip
    assert [(header.number(0x87), header.number(0x88)) for header in headers] == [(0xDEAD, 0xBEEF), (0xBEEF, 0xDEAD)]
    assert [header.build() for header in headers] == [template.children().read().raw for template in templates]
