# SPDX-License-Identifier: Apache-2.0
"""Faces, fingers and irises of ISO/IEC 39794: octets written by hand, what is odd in them, and published samples."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chipid.errors import LdsError, TlvError
from chipid.iso7816.tlv import build_tlv as tlv
from chipid.lds.biometrics.face_39794 import (
    EyeColour,
    FaceImageDataBlock,
    FaceRepresentationBlock,
    Gender,
    IdentityMetadataBlock,
)
from chipid.lds.biometrics.finger_39794 import FingerImageDataBlock, FingerRepresentationBlock
from chipid.lds.biometrics.framework_39794 import DataBlock, DateTimeBlock, QualityBlock, RegistryIdBlock, ScoreOrError
from chipid.lds.biometrics.iris_39794 import IrisImageDataBlock, IrisRepresentationBlock
from chipid.lds.biometrics.schema_39794 import Code
from chipid.lds.dg2 import Dg2
from chipid.lds.image import ImageFormat

JPEG = bytes.fromhex("FFD8 FFC0 0008 08 0035 0025 00 FFD9")  # 37 × 53
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR" + bytes.fromhex("00000025 00000035")
VERSION = bytes.fromhex("A007 800103 810207E3")
LANDMARK = tlv(0x30, bytes.fromhex("A009 A007 A005 A103 800122"), bytes.fromhex("A10B A009 A007 800107 81020107"))


def about(*more: bytes, code: int = 2, width: int = 37) -> bytes:
    """An ImageInformation2DBlock with format and size."""
    size = tlv(0xA7, tlv(0x80, bytes((width,))), tlv(0x81, b"\x35"))
    return tlv(0xA1, tlv(0xA0, tlv(0x80, bytes((code,)))), size, *more)


def representation(*more: bytes, image: bytes = JPEG, information: bytes = about()) -> bytes:
    """A RepresentationBlock, written without the code under test."""
    layers = tlv(0xA1, tlv(0xA0, tlv(0xA0, tlv(0x80, image), information)))
    return tlv(0x30, b"\x80\x01\x00", layers, *more)


def face(*representations: bytes, version: bytes = VERSION) -> bytes:
    return tlv(0xA1, tlv(0x65, version, tlv(0xA1, *representations)))


def test_a_face_and_what_is_said_of_it() -> None:
    captured = bytes.fromhex("A207 800207EA 81010B")
    quality = bytes.fromhex("A30F 300D A006 800101 810109 A103 80015A")
    identity = tlv(
        0xA8,
        bytes.fromhex("A005 A103 800103"),  # gender, as the fallback of an extension block
        bytes.fromhex("A103 800104"),  # eye colour, as the code itself
        bytes.fromhex("8302 06FA"),
        bytes.fromhex("A403 8001FF"),
        bytes.fromhex("A608 A006 8001F6 810105"),
    )
    landmark = tlv(0xA9, LANDMARK)
    raw = face(representation(captured, quality, identity, landmark))
    block = FaceImageDataBlock.parse(raw)
    assert block.deviations == ()
    assert block.build() == raw
    (found,) = block.images
    assert isinstance(found, FaceRepresentationBlock)
    assert (found.image, found.format, found.width, found.height) == (JPEG, ImageFormat.JPEG, 37, 53)
    assert found.capture_date_time_block == DateTimeBlock(2026, 11)
    assert found.quality_blocks == (QualityBlock(RegistryIdBlock(1, 9), ScoreOrError(90)),)
    about_holder = found.identity_metadata_block
    assert about_holder is not None
    assert about_holder.gender == Code.as_fallback(Gender.FEMALE)
    assert about_holder.eye_colour == Code(EyeColour.BROWN)
    assert about_holder.hair_colour is None
    assert about_holder.subject_height == 1786
    assert about_holder.properties_block.glasses is True
    assert about_holder.pose_angle_block.yaw_angle_block.angle_value == -10
    (landmark_block,) = found.landmark_blocks
    assert landmark_block.landmark_kind.base.mpeg4_feature_point.value == 0x22
    assert landmark_block.landmark_coordinates.base.coordinate_cartesian_2d_block.y == 263
    assert repr(block) + repr(found) == "<FaceImageDataBlock><FaceRepresentationBlock JPEG, 14 octets>"


def test_a_face_from_an_image_file_is_as_icao_has_it() -> None:
    made = FaceRepresentationBlock.from_image(JPEG, identity_metadata_block=IdentityMetadataBlock(Code.as_fallback(Gender.MALE)))
    information = tlv(0xA1, bytes.fromhex("A003 800102 A105 A103 800100 A706 800125 810135"))
    raw = face(representation(tlv(0xA8, bytes.fromhex("A005 A103 800102")), information=information))
    assert FaceImageDataBlock.of_representation(made).build() == raw
    parsed = Dg2.parse(Dg2.of(made).build())
    assert parsed.deviations == ()
    assert parsed.portrait == made
    with pytest.raises(LdsError):
        FaceRepresentationBlock.from_image(PNG)


@pytest.mark.parametrize(
    ("raw", "deviations"),
    [
        (face(representation())[2:], ("no-standard-format",)),
        (face(representation(), version=bytes.fromhex("A007 800102 810207E3")), ("generation",)),
        (face(representation(), representation()), ("representation-blocks",)),
        (face(representation(information=about(code=3))), ("image-format",)),
        (face(representation(information=about(code=9))), ("image-data-format", "image-format")),
        (face(representation(information=about(width=36))), ("image-size",)),
        (face(representation(image=b"scrambled")), ("image-header",)),
        (face(representation(image=b"")), ("no-images",)),
        (face(representation(b"\xa8\x05\xa0\x03\x80\x01\x04")), ("gender",)),
        (face(representation(b"\xa8\x04\xa0\x02\xa1\x00")), ("gender",)),  # an extension without fallback
        (face(representation(b"\xa8\x02\xa0\x00")), ("gender",)),  # a CHOICE of nothing
        (face(representation(b"\xa8\x08\xa0\x06\x80\x01\x02\x81\x01\x02")), ("gender", "extension-block-unread")),
        (face(representation(b"\xa8\x04\x83\x02\x00\x00")), ("subject-height", "not-der")),
        (face(representation(b"\xa8\x03\x83\x01\x00")), ("subject-height",)),
        (face(representation(b"\xa8\x03\x83\x01\xff")), ("subject-height",)),
        (face(representation(b"\xa8\x02\x83\x00")), ("subject-height-unread",)),
        (face(representation(b"\x85\x09\x01" + bytes(8))), ("session-id-unread",)),
        (face(representation(b"\x85\x01\x01\x85\x01\x02")), ("session-id-unread",)),
        (face(representation(b"\x85\x00\x86\x01\x01")), ("session-id-unread",)),
        (face(representation(bytes.fromhex("A30F 310D A006 800101 810109 A103 80015A"))), ("quality-blocks-unread",)),
        (face(representation(b"\xa3\x00")), ("quality-blocks-unread",)),
        (face(representation(b"\xa3\x02\x31\x00")), ("quality-blocks-unread",)),
        (face(representation(b"\xa3\x02\x30\x00")), ("quality-blocks-unread",)),
        (face(representation(b"\xa8\x05\xa4\x03\x80\x01\x01")), ("not-der",)),
        (face(representation(b"\xa8\x06\xa4\x04\x80\x02\xff\xff")), ("glasses-unread",)),
        (face(representation(b"\x86\x01\x01\x85\x01\x01")), ("not-der",)),
        (face(representation(b"\x9e\x01\x01\x04\x01\x01")), ()),
    ],
)  # fmt: skip
def test_what_is_odd_shows(raw: bytes, deviations: tuple[str, ...]) -> None:
    parsed = FaceImageDataBlock.parse(raw)
    assert set(parsed.deviations) == set(deviations)
    assert (parsed.build() == raw) == ("not-der" not in deviations)
    assert FaceImageDataBlock.parse(parsed.build()) == parsed
    assert len(parsed.images) == (0 if "no-images" in deviations else len(parsed.representations))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        face(representation())[:-1],
        face(representation()) + b"\x00\x00",
        tlv(0xA1, face(representation())[2:], b"\x80\x00"),
        tlv(0xA1, tlv(0x64, VERSION, tlv(0xA1, representation()))),
        face(),
        face(representation(), version=b""),
        face(representation(), version=bytes.fromhex("A003 800103")),
        face(representation(information=b"")),
        face(tlv(0x30, b"\x80\x01\x00")),
        face(tlv(0x31, b"\x80\x01\x00")),
    ],
)
def test_damage(raw: bytes) -> None:
    with pytest.raises(TlvError):
        FaceImageDataBlock.parse(raw)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (face(*[representation()] * 33), "more than 32 representations"),
        (face(*[representation()] * 257), "more than 256 data objects"),
        (tlv(0x65, VERSION, tlv(0xA1, representation()), *[b"\x9e\x00"] * 255), "more than 256 data objects"),
        (face(representation(image=bytes((8 << 20) + 1))), "an image of more than"),
    ],
)
def test_limits(raw: bytes, message: str) -> None:
    with pytest.raises(LdsError, match=message) as error:
        FaceImageDataBlock.parse(raw)
    assert error.value.offset is not None


def test_data_objects_are_counted_through_all_levels() -> None:
    """Each list keeps its limit, and lists of lists would hold a hundred thousand: seconds of reading."""
    most = face(representation(tlv(0xA9, *[LANDMARK] * 256)))  # 2,816 in its landmarks alone
    assert len(FaceImageDataBlock.parse(most).images) == 1
    odd = tlv(0xBE, *[tlv(0x30, *[b"\x04\x00"] * 200)] * 7)  # of no known component, and 1,408 all the same
    with pytest.raises(LdsError, match="4096 data objects, at whatever depth") as error:
        FaceImageDataBlock.parse(face(representation(tlv(0xA9, *[LANDMARK] * 256), odd)))
    assert error.value.offset is not None
    damaged = face(representation(tlv(0xBE, b"\x30\x05\x04")))
    assert len(FaceImageDataBlock.parse(damaged).images) == 1


@pytest.mark.parametrize(
    "change", [{"representation_id": 1 << 63}, {"session_id": -(1 << 63) - 1}], ids=["too great", "too small"]
)
def test_numbers_that_no_reader_takes_are_not_built(change: dict[str, int]) -> None:
    with pytest.raises(LdsError):
        replace(FaceRepresentationBlock.from_image(JPEG), **change).build()


def test_fingers_and_irises_by_hand() -> None:
    finger = FingerRepresentationBlock.from_image(PNG, 7, comment_blocks=("left index",))
    raw = bytes.fromhex("A003 800107 A103 800100 A203 800104") + tlv(0x83, PNG) + tlv(0xAF, tlv(0x1A, b"left index"))
    assert FingerImageDataBlock.of_representation(finger).build() == tlv(
        0xA1, tlv(0x64, VERSION, tlv(0xA1, tlv(0x30, raw)))
    )
    iris = IrisRepresentationBlock.from_image(PNG, 2, DateTimeBlock(2026))
    raw = bytes.fromhex("800102 A103 800101 820108 A303 800102 840101 850101 860100 A704 800207EA") + tlv(0x88, PNG)
    assert IrisImageDataBlock.of_representation(iris).build() == tlv(0xA1, tlv(0x66, VERSION, tlv(0xA1, tlv(0x30, raw))))
    for one in (finger, iris):
        assert (one.format, one.width, one.height, one.deviations) == (ImageFormat.PNG, 37, 53, ())


def test_texts_have_visible_characters_alone() -> None:
    for text in ("\u00e9", "\x07"):
        with pytest.raises(LdsError):
            FingerRepresentationBlock.from_image(PNG, 7, comment_blocks=(text,)).build()
    finger = FingerRepresentationBlock.from_image(PNG, 7)
    odd = replace(finger, unknown=(b"\xaf\x03\x1a\x01\x07",))
    block = FingerImageDataBlock.parse(FingerImageDataBlock.of_representation(odd).build())
    assert block.representations == (odd,)
    assert block.deviations == ("comment-blocks-unread",)


# Published samples ---------------------------------------------------------------------------------------------------

SAMPLES: tuple[tuple[str, type[DataBlock], tuple[Any, ...], tuple[str, ...]], ...] = (
    ("sample-39794-5-ed-1-v1.der", FaceImageDataBlock, (ImageFormat.JPEG, 1024, 1024, 893_557), ("no-standard-format",)),
    ("ICAO_39794_5_AP_MandFields_InvalidImage.dat", FaceImageDataBlock, (ImageFormat.JPEG2000, 0, 0, 15_000), ("image-header",)),
    ("sample-39794-4-ed-1-v1.der", FingerImageDataBlock, (ImageFormat.PNG, 24, 24, 689), ("no-standard-format",)),
)


@pytest.mark.real_data
@pytest.mark.parametrize(("name", "kind", "expected", "deviations"), SAMPLES, ids=lambda value: str(value)[:20])
def test_samples(
    real_data: Path, name: str, kind: type[DataBlock], expected: tuple[Any, ...], deviations: tuple[str, ...]
) -> None:
    raw = (real_data / "06_biometrics" / name).read_bytes()
    block = kind.parse(raw)
    assert block.build() == raw
    assert block.deviations == deviations
    (found,) = block.images
    assert (found.format, found.width, found.height, len(found.image)) == expected


@pytest.mark.real_data
def test_the_values_of_the_samples(real_data: Path) -> None:
    """Read off a dump of their data objects."""
    folder = real_data / "06_biometrics"
    (face_found,) = FaceImageDataBlock.parse((folder / "sample-39794-5-ed-1-v1.der").read_bytes()).representation_blocks
    identity = face_found.identity_metadata_block
    assert identity is not None
    assert (identity.gender, identity.eye_colour, identity.hair_colour) == (Code(2), Code(7), Code(5))
    assert identity.subject_height == 0xB4
    assert [quality.score_or_error.score for quality in face_found.quality_blocks] == [50, None]
    points = [landmark.landmark_coordinates.base.coordinate_cartesian_2d_block for landmark in face_found.landmark_blocks]
    assert [(point.x, point.y) for point in points] == [(0x181, 0x1E0), (0x280, 0x1DB)]
    assert face_found.session_id == 0x68EC3
    (finger,) = FingerImageDataBlock.parse((folder / "sample-39794-4-ed-1-v1.der").read_bytes()).representation_blocks
    assert (finger.position.value, finger.impression.value) == (2, 1)
    assert (finger.original_rotation, finger.image_rotated_to_vertical) == (35, True)
    assert (finger.image_has_been_lossily_compressed, finger.position_computed_by_capture_system) == (False, False)
    assert finger.comment_blocks == ("ISO/IEC 39794-4 BDB encoding example", "Small finger image")
    corners = finger.segmentation_blocks[0].segment_blocks[0].enclosing_coordinates_block
    assert [(corner.x, corner.y) for corner in corners] == [(0, 0), (0x17, 0x17)]
    assert [block.data_type_id_block.id for block in finger.vendor_specific_data_blocks] == [1, 2]


@pytest.mark.real_data
def test_a_dg2_with_every_component(real_data: Path) -> None:
    raw = (real_data / "06_biometrics/dg2_silver_all_fields.bin").read_bytes()
    dg2 = Dg2.parse(raw)
    assert dg2.build() == raw
    assert dg2.deviations == ("image-size",)  # declared as 572 × 731
    portrait = dg2.portrait
    assert isinstance(portrait, FaceRepresentationBlock)
    assert portrait.image == (real_data / "06_biometrics/silver.jp2").read_bytes()
    assert portrait.capture_date_time_block == DateTimeBlock(2024, 1, 20, 13, 23, 9, 908)
    missing = [name for name, value in vars(portrait).items() if value in (None, ()) and name != "unknown"]
    assert missing == []
