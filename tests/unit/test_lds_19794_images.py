# SPDX-License-Identifier: Apache-2.0
"""Finger and iris records of ISO/IEC 19794-4 and -6, against records written here field by field."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from PIL import Image

from chipid.errors import LdsError
from chipid.lds.biometrics.finger_19794 import FingerImage, FingerImage2005, FingerImage2011
from chipid.lds.biometrics.iris_19794 import IrisImage, IrisImage2005, IrisImage2011
from chipid.lds.biometrics.record_19794 import CaptureDate, CertificationBlock, QualityBlock, build_record, read_record
from chipid.lds.image import ImageFormat
from chipid.lds.octets import OctetReader

read_fingers = partial(read_record, editions=(FingerImage2005, FingerImage2011))
read_irises = partial(read_record, editions=(IrisImage2005, IrisImage2011))

W, H = 37, 53
LIMIT = 8 << 20


def picture(kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    Image.new("L", (W, H), 90).save(out, kind, **options)
    return out.getvalue()


WSQ = bytes.fromhex("FFA0 FFA8 0004 4849 FFA2 0011 0000") + struct.pack(">HH", H, W) + bytes(9) + b"\xff\xa1"
JPEG, JP2, PNG = picture("JPEG"), picture("JPEG2000"), picture("PNG")
JPEG_LS = bytes.fromhex("FFD8 FFF7 000B 08") + struct.pack(">HH", H, W) + bytes.fromhex("01 011100 FFD9")
IMAGES = {
    ImageFormat.WSQ: WSQ,
    ImageFormat.JPEG: JPEG,
    ImageFormat.JPEG2000: JP2,
    ImageFormat.PNG: PNG,
    ImageFormat.JPEG_LS: JPEG_LS,
}
DATE = (2026, 11, 24, 16, 30, 5, 999)


# Records by hand ----------------------------------------------------------------------------------------------------


def finger_2005(*images: bytes, code: int = 2, depth: int = 8, spoilt: Callable[[bytes], bytes] = bytes) -> bytes:
    """Record header of 32 octets, finger headers of 14."""
    parts = b"".join(
        struct.pack(">IBBBBBHHB", len(image) + 14, 7, len(images), number, 88, 1, W, H, 0) + image
        for number, image in enumerate(images, 1)
    )
    size = (32 + len(parts)).to_bytes(6, "big")
    header = struct.pack(">HHBB4HBBH", 0x0B5, 31, len(images), 1, 500, 501, 498, 499, depth, code, 0)
    return spoilt(b"FIR\x00010\x00" + size + header + parts)


def start_2011(technology: int, quality: bytes = b"\x00") -> bytes:
    return struct.pack(">HBBBBBH", *DATE) + struct.pack(">BHH", technology, 0x1234, 0x5678) + quality


def record_2011(kind: bytes, bodies: list[bytes], flag: int = 0, different: int = 1) -> bytes:
    parts = b"".join(struct.pack(">I", len(body) + 4) + body for body in bodies)
    return kind + b"\x00020\x00" + struct.pack(">IHBB", 16 + len(parts), len(bodies), flag, different) + parts


QUALITY = bytes.fromhex("02 5A 000F 0001 FF 0040 0002")
CERTIFICATION = bytes.fromhex("01 0040 02")


def finger_body_2011(image: bytes, code: int = 2, certification: bytes = b"", extended: bytes = b"") -> bytes:
    header = struct.pack(">BBB4HBBBHH", 2, 1, 2, 197, 198, 196, 195, 8, code, 24, W, H)
    return start_2011(13, QUALITY) + certification + header + struct.pack(">I", len(image)) + image + extended


def iris_2005(*eyes: tuple[int, list[bytes]], code: int = 14, depth: int = 8, header_length: int = 45) -> bytes:
    """Record header of 45 octets, feature headers of 3, image headers of 11."""
    parts = b""
    for eye, images in eyes:
        parts += struct.pack(">BH", eye, len(images))
        for number, image in enumerate(images, 1):
            parts += struct.pack(">HBHHI", number, 77, 0x1000, 0xFFFF, len(image)) + image
    header = struct.pack(">HBHHHHHHBB", 0x0102, len(eyes), header_length, 0b1001100101, 150, code, W, H, depth, 0)
    return b"IIR\x00010\x00" + struct.pack(">I", 45 + len(parts)) + header + b"D" + bytes(range(15)) + parts


def iris_body_2011(image: bytes, code: int = 14, number: int = 1, properties: int = 0x85) -> bytes:
    header = struct.pack(">HBBBBHHBHHH6H", number, 2, 3, code, properties, W, H, 8, 250, 1, 2, 3, 4, 5, 6, 7, 8)
    return start_2011(1, QUALITY) + header + struct.pack(">I", len(image)) + image


FINGER_2011 = record_2011(b"FIR", [finger_body_2011(WSQ)])
IRIS_2011 = record_2011(b"IIR", [iris_body_2011(PNG)])
RECORDS: dict[str, tuple[Callable[..., Any], Callable[..., bytes], bytes]] = {
    "finger 2005": (read_fingers, build_record, finger_2005(WSQ)),
    "finger 2011": (read_fingers, build_record, FINGER_2011),
    "iris 2005": (read_irises, build_record, iris_2005((1, [JP2]))),
    "iris 2011": (read_irises, build_record, IRIS_2011),
}


def finger(raw: bytes) -> tuple[FingerImage, tuple[str, ...]]:
    images, deviations = read_fingers(OctetReader(raw))
    return images[0], deviations


def iris(raw: bytes) -> tuple[IrisImage, tuple[str, ...]]:
    images, deviations = read_irises(OctetReader(raw))
    return images[0], deviations


def test_only_an_edition_makes_images() -> None:
    with pytest.raises(TypeError, match="abstract"):
        FingerImage(image=WSQ, width=W, height=H)


# Every field --------------------------------------------------------------------------------------------------------


def test_every_field_of_a_finger_2005() -> None:
    raw = finger_2005(WSQ)
    found, deviations = finger(raw)
    assert found == FingerImage2005(
        image=WSQ,
        width=W,
        height=H,
        position=7,
        impression_type=1,
        scale_units=1,
        horizontal_scan_resolution=500,
        vertical_scan_resolution=501,
        horizontal_image_resolution=498,
        vertical_image_resolution=499,
        pixel_depth=8,
        compression=2,
        capture_device_id=0x0B5,
        acquisition_level=31,
        view_count=1,
        view_number=1,
        quality=88,
        record_reserved=0,
        reserved=0,
    )
    assert found.format is ImageFormat.WSQ
    assert (found.deviations, deviations) == ((), ())
    assert build_record((found,)) == raw


@pytest.mark.parametrize(
    ("flag", "certification", "blocks"), [(0, b"", ()), (1, CERTIFICATION, (CertificationBlock(0x40, 2),)), (1, b"\x00", ())]
)
@pytest.mark.parametrize("extended", [b"", b"\x00\x02\x00\x07\x01\x02\x02"])
def test_every_field_of_a_finger_2011(
    flag: int, certification: bytes, blocks: tuple[CertificationBlock, ...], extended: bytes
) -> None:
    raw = record_2011(b"FIR", [finger_body_2011(WSQ, 2, certification, extended)], flag)
    found, deviations = finger(raw)
    assert found == FingerImage2011(
        image=WSQ,
        width=W,
        height=H,
        position=2,
        representation_number=1,
        impression_type=24,
        scale_units=2,
        horizontal_scan_resolution=197,
        vertical_scan_resolution=198,
        horizontal_image_resolution=196,
        vertical_image_resolution=195,
        pixel_depth=8,
        compression=2,
        position_count=1,
        certification_flag=flag,
        certification_blocks=blocks,
        capture_date=CaptureDate(*DATE),
        device_technology=13,
        device_vendor=0x1234,
        device_type=0x5678,
        quality_blocks=(QualityBlock(90, 15, 1), QualityBlock(255, 0x40, 2)),
        extended_data=extended,
    )
    assert (found.deviations, deviations) == ((), ())
    assert build_record((found,)) == raw


def test_only_the_flag_of_the_standard_announces_certification_blocks() -> None:
    found, _ = finger(record_2011(b"FIR", [finger_body_2011(WSQ)], flag=2))
    assert (found.position, found.image, found.deviations) == (2, WSQ, ("certification-flag",))


def test_every_field_of_an_iris_2005() -> None:
    raw = iris_2005((1, [JP2]))
    found, deviations = iris(raw)
    assert found == IrisImage2005(
        image=JP2,
        width=W,
        height=H,
        eye=1,
        image_format=14,
        image_properties=0b1001100101,
        depth=8,
        rotation_angle=0x1000,
        rotation_uncertainty=0xFFFF,
        capture_device_id=0x0102,
        header_length=45,
        iris_diameter=150,
        image_transformation=0,
        device_unique_id=b"D" + bytes(range(15)),
        image_number=1,
        quality=77,
    )
    assert found.format is ImageFormat.JPEG2000
    assert (found.horizontal_orientation, found.vertical_orientation) == (1, 1)
    assert (found.deviations, deviations) == ((), ())
    assert build_record((found,)) == raw


def test_every_field_of_an_iris_2011() -> None:
    found, deviations = iris(IRIS_2011)
    assert found == IrisImage2011(
        image=PNG,
        width=W,
        height=H,
        eye=2,
        eye_count=1,
        certification_flag=0,
        capture_date=CaptureDate(*DATE),
        device_technology=1,
        device_vendor=0x1234,
        device_type=0x5678,
        quality_blocks=(QualityBlock(90, 15, 1), QualityBlock(255, 0x40, 2)),
        representation_number=1,
        image_type=3,
        image_format=14,
        image_properties=0x85,
        depth=8,
        camera_range=250,
        rotation_angle=1,
        rotation_uncertainty=2,
        centre_smallest_x=3,
        centre_largest_x=4,
        centre_smallest_y=5,
        centre_largest_y=6,
        diameter_smallest=7,
        diameter_largest=8,
    )
    assert isinstance(found, IrisImage2011)
    assert (found.horizontal_orientation, found.vertical_orientation, found.compression_history) == (1, 1, 2)
    assert (found.deviations, deviations) == ((), ())
    assert build_record((found,)) == IRIS_2011


# Several images, and formats ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("read", "build", "raw", "numbers"),
    [
        (read_fingers, build_record, finger_2005(WSQ, JPEG, code=2), ["view_number", 1, 2]),
        (
            read_fingers,
            build_record,
            record_2011(b"FIR", [finger_body_2011(WSQ, extended=b"abc"), finger_body_2011(PNG, 6)], 0, 1),
            ["compression", 2, 6],
        ),
        (
            read_irises,
            build_record,
            iris_2005((2, [JP2, JP2]), (1, [JP2]), (2, [JP2])),
            ["eye", 2, 2, 1, 2],
        ),
        (
            read_irises,
            build_record,
            record_2011(b"IIR", [iris_body_2011(PNG, number=1), iris_body_2011(JP2, 10, number=2)]),
            ["representation_number", 1, 2],
        ),
    ],
)
def test_several_images_in_one_record(
    read: Callable[..., Any], build: Callable[..., bytes], raw: bytes, numbers: list[Any]
) -> None:
    images, deviations = read(OctetReader(raw))
    name, *expected = numbers
    assert [getattr(image, name) for image in images] == expected
    assert deviations == ()
    assert build(images) == raw


@pytest.mark.parametrize(
    ("edition", "codes"),
    [
        (FingerImage2005, {2: "WSQ", 3: "JPEG", 4: "JPEG2000", 5: "PNG"}),
        (FingerImage2011, {2: "WSQ", 3: "JPEG", 4: "JPEG2000", 5: "JPEG2000", 6: "PNG"}),
        (IrisImage2005, {6: "JPEG", 8: "JPEG", 10: "JPEG_LS", 12: "JPEG_LS", 14: "JPEG2000", 16: "JPEG2000"}),
        (IrisImage2011, {10: "JPEG2000", 14: "PNG"}),
    ],
)
def test_what_the_codes_of_formats_mean(edition: Any, codes: dict[int, str]) -> None:
    for code, name in codes.items():
        image = IMAGES[ImageFormat[name]]
        made = edition(image=image, width=W, height=H, **{edition.FORMAT_FIELD: code})
        assert (made.format.name, made.deviations) == (name, ())
        unreadable = replace(made, image=b"?")
        assert (unreadable.format.name, unreadable.deviations) == (name, ("image-header",))
    for wanted, image in IMAGES.items():
        if wanted.name in codes.values():
            made = edition.from_image(image)
            assert (made.image, made.format, made.width, made.height, made.deviations) == (image, wanted, W, H, ())
        else:
            with pytest.raises(LdsError, match="no place in this record"):
                edition.from_image(image)


@pytest.mark.parametrize(
    ("edition", "fields", "size"),
    [
        (FingerImage2005, {"compression": 0}, W * H),
        (FingerImage2005, {"compression": 0, "pixel_depth": 4}, W * H),
        (FingerImage2011, {"compression": 0, "pixel_depth": 12}, 2 * W * H),
        (FingerImage2005, {"compression": 1, "pixel_depth": 1}, 246),
        (FingerImage2011, {"compression": 1, "pixel_depth": 12}, 2942),
        (IrisImage2005, {"image_format": 2, "depth": 0}, W * H),
        (IrisImage2005, {"image_format": 4}, 3 * W * H),
        (IrisImage2005, {"image_format": 4, "depth": 24}, 3 * W * H),
        (IrisImage2011, {"image_format": 2, "depth": 16}, 2 * W * H),
    ],
)
def test_uncompressed_images(edition: Any, fields: dict[str, int], size: int) -> None:
    raw = edition(image=bytes(size), width=W, height=H, **fields)
    assert (raw.format, raw.deviations) == (ImageFormat.RAW, ())
    assert replace(raw, image=bytes(size - 1)).deviations == ("image-size",)
    looks_like_jpeg = replace(raw, image=b"\xff\xd8\xff" + bytes(size - 3))
    assert (looks_like_jpeg.format, looks_like_jpeg.deviations) == (ImageFormat.RAW, ())
    assert replace(raw, image=PNG).deviations == ("image-format",)


# Deviations ---------------------------------------------------------------------------------------------------------

FINGER = FingerImage2005.from_image(WSQ)
FINGER_11 = FingerImage2011.from_image(WSQ)
IRIS = IrisImage2005.from_image(JP2)
IRIS_11 = IrisImage2011.from_image(PNG)


@pytest.mark.parametrize(
    ("image", "name", "values"),
    [
        (FINGER, "acquisition_level", (0, 32)),
        (FINGER, "scale_units", (0, 3)),
        (FINGER, "pixel_depth", (0, 17)),
        (FINGER, "compression", (6, 255)),
        (FINGER, "record_reserved", (1,)),
        (FINGER, "position", (11, 12, 16, 19, 37, 40)),
        (FINGER, "view_count", (0,)),
        (FINGER, "view_number", (0,)),
        (FINGER, "quality", (101, 253, 255)),
        (FINGER, "impression_type", (4, 10, 24)),
        (FINGER, "reserved", (1,)),
        (FINGER_11, "certification_flag", (2,)),
        (FINGER_11, "device_technology", (21,)),
        (FINGER_11, "scale_units", (0, 3)),
        (FINGER_11, "pixel_depth", (0, 17)),
        (FINGER_11, "position", (11, 37, 39, 51)),
        (FINGER_11, "compression", (7,)),
        (FINGER_11, "impression_type", (16, 23, 25, 30)),
        (IRIS, "header_length", (44,)),
        (IRIS, "image_properties", (1 << 10,)),
        (IRIS, "image_format", (0, 3, 18)),
        (IRIS, "image_transformation", (2,)),
        (IRIS, "eye", (3,)),
        (IRIS, "image_number", (0,)),
        (IRIS, "quality", (101, 253)),
        (IRIS_11, "certification_flag", (1,)),
        (IRIS_11, "eye_count", (3,)),
        (IRIS_11, "device_technology", (2,)),
        (IRIS_11, "eye", (3,)),
        (IRIS_11, "image_type", (0, 4, 6, 8)),
        (IRIS_11, "image_format", (4, 16)),
    ],
)
def test_a_code_that_the_standard_does_not_define(image: Any, name: str, values: tuple[int, ...]) -> None:
    assert image.deviations == ()
    for value in values:
        assert replace(image, **{name: value}).deviations == (name.replace("_", "-"),), value


@pytest.mark.parametrize(
    ("image", "changes", "deviations"),
    [
        (FINGER, {"width": W + 1}, ("image-size",)),
        (IRIS_11, {"height": H - 1}, ("image-size",)),
        (FINGER, {"compression": 3}, ("image-format",)),
        (IRIS_11, {"image": WSQ}, ("image-format",)),
        (IRIS, {"image": JP2[:20]}, ("image-header",)),
        (IRIS, {"image_properties": 3}, ("horizontal-orientation",)),
        (IRIS, {"image_properties": 12}, ("vertical-orientation",)),
        (IRIS_11, {"image_properties": 0xCF}, ("horizontal-orientation", "vertical-orientation", "compression-history")),
        (FINGER_11, {"quality_blocks": (QualityBlock(101, 0, 0),)}, ("quality-blocks",)),
        (FINGER_11, {"quality_blocks": (QualityBlock(254, 0, 0),)}, ("quality-blocks",)),
        (FINGER_11, {"quality_blocks": (QualityBlock(100, 0, 0), QualityBlock(255, 0, 0))}, ()),
    ],
)
def test_contradictions(image: Any, changes: dict[str, Any], deviations: tuple[str, ...]) -> None:
    assert replace(image, **changes).deviations == deviations


@pytest.mark.parametrize("name", RECORDS)
def test_lengths_of_records(name: str) -> None:
    read, build, raw = RECORDS[name]
    place = 13 if name == "finger 2005" else 11
    longer = raw[:place] + bytes((raw[place] ^ 1,)) + raw[place + 1 :]
    images, deviations = read(OctetReader(longer))
    assert deviations == ("record-length",)
    assert build(images) == raw
    images, deviations = read(OctetReader(raw + b"\x00"))
    assert deviations == ("trailing-octets",)
    assert build(images) == raw


@pytest.mark.parametrize(
    ("raw", "read"),
    [
        (finger_2005(), read_fingers),
        (record_2011(b"FIR", []), read_fingers),
        (iris_2005(), read_irises),
        (iris_2005((1, []), (2, [])), read_irises),
        (record_2011(b"IIR", []), read_irises),
    ],
)
def test_a_record_without_images(raw: bytes, read: Callable[..., Any]) -> None:
    assert read(OctetReader(raw)) == ((), ("no-images",))


@pytest.mark.parametrize("wrong", [-5, -200, 6, 1 << 31])
def test_a_representation_that_announces_another_length(wrong: int) -> None:
    """The image's own length leads; the octets that stood there are built again."""
    announced = struct.pack(">I", max(0, len(IRIS_2011) - 16 + wrong))
    raw = IRIS_2011[:16] + announced + IRIS_2011[20:]
    found, deviations = iris(raw)
    assert (found.image, deviations, found.deviations) == (PNG, (), ("representation-length",))
    assert build_record((found,)) == raw


def test_a_representation_that_announces_more_than_its_image() -> None:
    body = iris_body_2011(PNG) + b"more"
    found, deviations = iris(record_2011(b"IIR", [body]))
    assert isinstance(found, IrisImage2011)
    assert (found.extended_data, deviations, found.deviations) == (b"more", (), ())


# Refusals -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", RECORDS)
def test_every_prefix_is_refused_with_a_place(name: str) -> None:
    read, _, raw = RECORDS[name]
    for size in range(len(raw)):
        with pytest.raises(LdsError) as caught:
            read(OctetReader(b"xyz" + raw[:size], 3, path=(0x63,)))
        assert caught.value.path == (0x63,)
        assert caught.value.offset is not None
        assert 3 <= caught.value.offset <= size + 3


def announced(raw: bytes, place: int, length: int) -> bytes:
    return raw[:place] + struct.pack(">I", length) + raw[place + 4 :]


@pytest.mark.parametrize(
    ("read", "raw", "message"),
    [
        (read_fingers, b"PIR\x00010\x00" + bytes(99), "not a record of a known"),
        (read_fingers, b"FIR\x00030\x00" + bytes(99), "not a record of a known"),
        (read_fingers, iris_2005((1, [JP2])), "not a record of a known"),
        (read_irises, finger_2005(WSQ), "not a record of a known"),
        (read_fingers, finger_2005(*[WSQ] * 33), "more than 32 images"),
        (read_fingers, record_2011(b"FIR", [finger_body_2011(WSQ)] * 33), "more than 32 images"),
        (read_irises, iris_2005((1, [JP2] * 17), (2, [JP2] * 16)), "more than 32 images"),
        (read_fingers, finger_2005(b""), "an image has from 1 to"),
        (read_fingers, announced(finger_2005(WSQ), 32, 0), "an image has from 1 to"),
        (read_fingers, announced(finger_2005(WSQ), 32, LIMIT + 15), "an image has from 1 to"),
        (read_fingers, announced(finger_2005(WSQ), 32, LIMIT + 14), "are missing"),
        (read_irises, iris_2005((1, [b""])), "an image has from 1 to"),
        (read_irises, announced(iris_2005((1, [JP2])), 55, LIMIT + 1), "an image has from 1 to"),
        (read_irises, announced(iris_2005((1, [JP2])), 55, LIMIT), "are missing"),
        (read_fingers, finger_2005(b"BM123", code=9), "neither its record nor its first octets"),
    ],
)
def test_records_that_are_refused(read: Callable[..., Any], raw: bytes, message: str) -> None:
    with pytest.raises(LdsError, match=message) as caught:
        read(OctetReader(raw))
    assert caught.value.offset is not None


@pytest.mark.parametrize("count", [32, 33])
def test_at_most_32_images_are_built(count: int) -> None:
    images = (IRIS,) * count
    if count == 32:
        assert read_irises(OctetReader(build_record(images))) == (images, ())
    else:
        with pytest.raises(LdsError, match="from 1 to 32 images"):
            build_record(images)


@pytest.mark.parametrize(
    "images",
    [
        (),
        (FINGER, FINGER_11),
        (FINGER, replace(FINGER, acquisition_level=40)),
        (FINGER_11, replace(FINGER_11, certification_flag=1)),
    ],
)
def test_images_that_make_no_record(images: tuple[FingerImage, ...]) -> None:
    with pytest.raises(LdsError, match=r"in common|from 1 to 32"):
        build_record(images)


@pytest.mark.parametrize(
    ("image", "changes", "message"),
    [
        (FINGER, {"width": 0x10000}, "width has 2 octets"),
        (FINGER, {"quality": -1}, "quality has 1 octets"),
        (FINGER, {"capture_device_id": 0x10000}, "capture_device_id has 2 octets"),
        (IRIS, {"device_unique_id": bytes(15)}, "device_unique_id has 16 octets"),
        (IRIS, {"eye": 256}, "eye has 1 octets"),
        (IRIS_11, {"capture_date": CaptureDate(month=256)}, "a part of capture_date has 8 bits"),
        (IRIS_11, {"quality_blocks": (QualityBlock(1, 2, 0x10000),)}, "a part of quality_blocks has 16 bits"),
        (IRIS_11, {"quality_blocks": (QualityBlock(1, 2, 3),) * 256}, "the number of quality_blocks has 1 octets"),
        (FINGER_11, {"certification_blocks": (CertificationBlock(1, 2),)}, "says that it has none"),
        (FINGER_11, {"certification_flag": 1, "certification_blocks": (CertificationBlock(1, 256),)}, "has 8 bits"),
        (FINGER, {"image": b""}, "an image has from 1 to"),
        (FINGER, {"image": WSQ + bytes(LIMIT)}, "an image has from 1 to"),
        (FINGER, {"image": b"BM", "compression": 9}, "neither its record nor its first octets"),
    ],
)
def test_what_no_record_has_room_for(image: Any, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(LdsError, match=message):
        replace(image, **changes)


def test_no_image_is_made_of_a_damaged_file() -> None:
    with pytest.raises(LdsError, match="are missing"):
        FingerImage2005.from_image(b"\xff\xd8\xff")


@pytest.mark.parametrize("image", [FINGER, FINGER_11, IRIS, IRIS_11])
def test_nothing_of_a_person_is_shown(image: Any) -> None:
    assert repr(image) == f"<{type(image).__name__} {image.format.name}, {len(image.image)} octets>"
