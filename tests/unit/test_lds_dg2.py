# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import io
import struct
from dataclasses import replace

import pytest
from PIL import Image

from chipid.errors import LdsError, MalformedData, TlvError
from chipid.iso7816.tlv import build_tlv
from chipid.lds.biometrics.face_19794 import FaceImage, FeaturePoint
from chipid.lds.biometrics.record_19794 import build_record
from chipid.lds.biometrics.records import RawRecord
from chipid.lds.biometrics.template import BiometricHeader, BiometricTemplate
from chipid.lds.dg2 import Dg2
from chipid.lds.image import ImageFormat

HEADER = bytes.fromhex("A10E 8101 02 8201 00 8702 0101 8802 0008")
POINTS = (FeaturePoint(1, 0x21, 10, 20), FeaturePoint(1, 0xC1, 30, 40, 7), FeaturePoint(2, 0x31, 0xFFFF, 0))


def picture(kind: str = "JPEG", size: tuple[int, int] = (37, 53), **options: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (90, 120, 200)).save(out, kind, **options)
    return out.getvalue()


JPEG = picture()
JP2 = picture("JPEG2000")
CODESTREAM = picture("JPEG2000", no_jp2=True)


def face(
    image: bytes = JPEG, points: bytes = b"", count: int | None = None, width: int = 37, height: int = 53, kind: int = 0
) -> bytes:
    """A face block, written without the code under test (ISO/IEC 19794-5:2005 §5.5–5.8)."""
    number = len(points) // 8 if count is None else count
    information = struct.pack(">HBBB3sH3s3s", number, 1, 4, 2, b"\x00\x00\x00", 0, bytes(3), bytes(3))
    image_information = struct.pack(">BBHHBBHH", 1, kind, width, height, 1, 2, 0, 90)
    body = information + points + image_information + image
    return struct.pack(">I", len(body) + 4) + body


def record(*faces: bytes, count: int | None = None, size: int | None = None) -> bytes:
    body = b"".join(faces)
    return b"FAC\x00010\x00" + struct.pack(">IH", size or len(body) + 14, len(faces) if count is None else count) + body


def template(block: bytes, tag: int = 0x5F2E, header: bytes = HEADER) -> bytes:
    return build_tlv(0x7F60, header, build_tlv(tag, block))


def dg2(*templates: bytes, number: int | None = None) -> bytes:
    instances = build_tlv(0x02, bytes((len(templates) if number is None else number,)))
    return build_tlv(0x75, build_tlv(0x7F61, instances, *templates))


def test_one_face() -> None:
    raw = dg2(template(record(face())))
    parsed = Dg2.parse(raw)
    portrait = parsed.portrait
    assert portrait is not None
    assert portrait.image == JPEG
    assert (portrait.format, portrait.width, portrait.height) == (ImageFormat.JPEG, 37, 53)
    assert (portrait.gender, portrait.eye_colour, portrait.hair_colour) == (1, 4, 2)
    assert (portrait.face_image_type, portrait.colour_space, portrait.source_type, portrait.quality) == (1, 1, 2, 90)
    assert parsed.deviations == ()
    assert parsed.unsupported == ()
    assert parsed.build() == raw


@pytest.mark.parametrize("image", [JP2, CODESTREAM])
@pytest.mark.parametrize(("tag", "deviations"), [(0x5F2E, ()), (0x7F2E, ("block-tag",))])
def test_jpeg_2000_in_either_block(image: bytes, tag: int, deviations: tuple[str, ...]) -> None:
    raw = dg2(template(record(face(image, kind=1)), tag))
    parsed = Dg2.parse(raw)
    assert parsed.deviations == deviations
    assert [(found.image, found.format) for found in parsed.faces] == [(image, ImageFormat.JPEG2000)]
    assert parsed.build() == raw


def test_feature_points_stand_before_the_image() -> None:
    points = bytes.fromhex("0121000A00140000 01C1001E00280007 0231FFFF00000000")
    raw = dg2(template(record(face(points=points))))
    parsed = Dg2.parse(raw)
    assert parsed.faces[0].feature_points == POINTS
    assert parsed.faces[0].image == JPEG
    assert parsed.build() == raw


@pytest.mark.parametrize("padding", [b"\x00", bytes(300), b"\xff\xff"])
@pytest.mark.parametrize("image", [JPEG, CODESTREAM])
def test_padding_is_taken_off_the_image_and_kept(image: bytes, padding: bytes) -> None:
    raw = dg2(template(record(face(image + padding, kind=int(image is CODESTREAM)))))
    parsed = Dg2.parse(raw)
    assert (parsed.faces[0].image, parsed.faces[0].padding) == (image, padding)
    assert parsed.build() == raw


def test_octets_behind_the_record_show() -> None:
    parsed = Dg2.parse(dg2(template(record(face()) + bytes(5))))
    assert parsed.faces[0].image == JPEG
    assert parsed.deviations == ("trailing-octets",)


def test_several_faces_in_one_record_and_in_several() -> None:
    parsed = Dg2.parse(dg2(template(record(face(), face(JP2, kind=1))), template(record(face(CODESTREAM, kind=1)))))
    assert [found.image for found in parsed.faces] == [JPEG, JP2, CODESTREAM]
    assert parsed.portrait == parsed.faces[0]
    assert Dg2.parse(parsed.build()).faces == parsed.faces


def test_unknown_header_elements_are_kept() -> None:
    header = build_tlv(0xA1, bytes.fromhex("80020101 810102 830720260102030405 9F7F01AA 87020101 88020008"))
    raw = dg2(template(record(face()), header=header))
    parsed = Dg2.parse(raw)
    assert parsed.templates[0].header.element(0x9F7F) == b"\xaa"
    assert parsed.deviations == ()
    assert parsed.build() == raw


def test_from_an_image_file() -> None:
    made = Dg2.from_image(JP2, gender=2, feature_points=POINTS)
    parsed = Dg2.parse(made.build())
    assert parsed == made
    assert parsed.deviations == ()
    assert parsed.portrait is not None
    assert (parsed.portrait.width, parsed.portrait.height, parsed.portrait.gender) == (37, 53, 2)


@pytest.mark.parametrize("image", [JPEG, JP2, CODESTREAM])
def test_a_bare_image_is_taken_and_flagged(image: bytes) -> None:
    cases = {
        build_tlv(0x75, image): {"no-cbeff", "no-face-record"},
        build_tlv(0x75, build_tlv(0x5F2E, image)): {"no-cbeff", "no-face-record"},
        build_tlv(0x75, build_tlv(0x7F60, HEADER, build_tlv(0x5F2E, image))): {"no-group", "no-face-record"},
        dg2(template(image)): {"no-face-record"},
        dg2(template(image + bytes(9))): {"no-face-record"},
    }
    for raw, deviations in cases.items():
        parsed = Dg2.parse(raw)
        assert [(found.image, found.width, found.height) for found in parsed.faces] == [(image, 37, 53)]
        assert set(parsed.deviations) == deviations


def test_a_bare_record_is_taken_and_flagged() -> None:
    for block, *more in ((record(face()),), (build_tlv(0x7F2E, record(face())), "block-tag")):
        parsed = Dg2.parse(build_tlv(0x75, block))
        assert parsed.faces[0].image == JPEG
        assert parsed.deviations == ("no-cbeff", *more)


@pytest.mark.parametrize(
    "block", [b"FAC\x00030\x00" + bytes(30), b"FAC\x01010\x00" + bytes(30), bytes.fromhex("A1026400"), b"", b"BMP"]
)
def test_another_format_is_kept_raw(block: bytes) -> None:
    raw = dg2(template(block, 0x7F2E))
    parsed = Dg2.parse(raw)
    assert parsed.portrait is None
    assert [found.record for found in parsed.unsupported] == [RawRecord(block)]
    assert parsed.deviations == ("format-unsupported", "no-faces")
    assert parsed.build() == raw
    both = Dg2.parse(dg2(template(record(face())), template(block)))
    assert [found.image for found in both.faces] == [JPEG]


def test_a_header_behind_its_block_is_told() -> None:
    header, block = bytes.fromhex("A1088702010188020008"), build_tlv(0x5F2E, record(face()))
    group = [build_tlv(0x7F61, b"\x02\x01\x01", build_tlv(0x7F60, *order)) for order in ((header, block), (block, header))]
    usual, turned = (Dg2.parse(build_tlv(0x75, one)) for one in group)
    assert (usual.deviations, turned.deviations) == ((), ("header-place",))
    assert usual == turned


def test_a_record_without_faces_is_kept_raw() -> None:
    raw = dg2(template(record()))
    parsed = Dg2.parse(raw)
    assert [found.record for found in parsed.unsupported] == [RawRecord(record())]
    assert parsed.deviations == ("no-images", "no-faces")
    assert parsed.build() == raw


@pytest.mark.parametrize(
    ("raw", "deviation"),
    [
        (dg2(template(record(face())), number=2), "instances-differ"),
        (build_tlv(0x75, build_tlv(0x7F61, template(record(face())))), "instances-missing"),
        (dg2(template(record(face())), build_tlv(0x7F4E, b""), number=1), "unknown-object"),
        (dg2(build_tlv(0x7F60, HEADER, b"\x53\x00", build_tlv(0x5F2E, record(face())))), "unknown-object"),
        (dg2(template(record(face()), header=b"")), "header-missing"),
        (dg2(template(record(face()), header=HEADER.replace(b"\x87\x02\x01\x01", b"\x87\x02\x01\x02"))), "format-owner"),
        (dg2(template(record(face()), header=HEADER.replace(b"\x88\x02\x00\x08", b"\x88\x02\x00\x07"))), "format-type"),
        (dg2(template(record(face()), header=HEADER.replace(b"\x81\x01\x02", b"\x81\x01\x08"))), "biometric-type"),
        (dg2(template(record(face()), header=build_tlv(0xA1, HEADER[2:12]))), "header-88"),
        (dg2(template(record(face()), header=build_tlv(0xA1, HEADER[2:8], HEADER[12:]))), "header-87"),
        (dg2(template(record(face()), header=build_tlv(0xA1, b"\x80\x01\x01", HEADER[2:]))), "header-80"),
        (dg2(template(record(face(), size=15))), "record-length"),
        (dg2(template(record(face(), size=0xFFFFFFFF))), "record-length"),
        (dg2(template(record(face(kind=1)))), "image-format"),
        (dg2(template(record(face(width=38)))), "image-size"),
        (dg2(template(record(face(b"\xff\xd8\xff\xd9")))), "image-header"),
        (dg2(template(record())), "no-faces"),
        (dg2(), "no-faces"),
        (build_tlv(0x75, build_tlv(0x7F61, b"\x02\x01\x01", template(record(face()))), b"\x53\x00"), "trailing-objects"),
    ],
)
def test_deviations_show(raw: bytes, deviation: str) -> None:
    parsed = Dg2.parse(raw)
    assert deviation in parsed.deviations
    assert (deviation == "no-faces") == (parsed.portrait is None)


@pytest.mark.parametrize(
    ("change", "deviation"),
    [
        ({"gender": 3}, "gender"),  # BSI TR-03105-5.1 LDS_C_17 to LDS_C_26
        ({"eye_colour": 8}, "eye-colour"),
        ({"hair_colour": 10}, "hair-colour"),
        ({"expression": 8}, "expression"),
        ({"pose_angle": (182, 0, 0)}, "pose-angle"),
        ({"pose_angle": (0, 0, 255)}, "pose-angle"),
        ({"pose_uncertainty": (0, 182, 0)}, "pose-uncertainty"),
        ({"face_image_type": 3}, "face-image-type"),
        ({"colour_space": 5}, "colour-space"),
        ({"source_type": 8}, "source-type"),
    ],
)
def test_codes_that_the_standard_does_not_define_show(change: dict[str, int], deviation: str) -> None:
    made = FaceImage.from_image(JPEG)
    assert made.deviations == ()
    odd = replace(made, **change)
    assert odd.deviations == (deviation,)
    parsed = Dg2.parse(Dg2.of(odd).build())
    assert parsed.faces == (odd,)
    assert parsed.deviations == (deviation,)


@pytest.mark.parametrize("image", [JPEG, JP2])
def test_an_image_data_type_that_is_not_defined_fits_no_image(image: bytes) -> None:
    parsed = Dg2.parse(dg2(template(record(face(image, kind=2)))))
    assert parsed.deviations == ("image-data-type", "image-format")


def test_every_field_has_its_place() -> None:
    values = {
        "gender": 2, "eye_colour": 3, "hair_colour": 4, "feature_mask": 0x010203, "expression": 5, "pose_angle": (6, 7, 8),
        "pose_uncertainty": (9, 10, 11), "face_image_type": 2, "colour_space": 1, "source_type": 6, "device_type": 0x1234,
        "quality": 99,
    }  # fmt: skip
    built = FaceImage.from_image(JPEG, feature_points=POINTS[:1], **values).build()
    assert built[4:20].hex() == "0001" + "020304" + "010203" + "0005" + "060708" + "090a0b"
    assert built[20:28].hex() == "0121000a00140000"
    assert built[28:40].hex() == "0200" + "00250035" + "0106" + "1234" + "0063"


def lying(place: int, value: bytes) -> bytes:
    whole = record(face())
    return dg2(template(whole[:place] + value + whole[place + len(value) :]))


@pytest.mark.parametrize(
    "raw",
    [
        lying(12, b"\x00\x02"),  # two faces announced
        lying(12, b"\xff\xff"),
        lying(14, b"\xff\xff\xff\xff"),  # the block's length
        lying(14, b"\x00\x00\x00\x1f"),
        lying(14, b"\x00\x00\x00\x20"),
        lying(14, b"\x00\x00\x00\x00"),
        lying(18, b"\xff\xff"),  # feature points
        lying(18, b"\x03\xe9"),
        dg2(template(record(face(b"")))),
        dg2(template(record(face(b"GIF89a", kind=2)))),
        dg2(template(record()[:13])),
        dg2(template(b"FAC\x00010\x00")),
        dg2(template(record(face(b"x" * (8 << 20) + b"x")))),
        dg2(template(record(*[face(b"x")] * 33))),
        dg2(*[template(b"")] * 33),
        dg2(template(b"", header=build_tlv(0xA1, b"\x80\x00" * 33))),
        dg2(template(b"\xff\xd8\xff\xd9")),
        build_tlv(0x75, b"\xff\xd8\xff\xd9"),
    ],
)
def test_lying_lengths_and_counts(raw: bytes) -> None:
    with pytest.raises(LdsError):
        Dg2.parse(raw)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        build_tlv(0x75),
        build_tlv(0x76, dg2(template(record(face())))[4:]),  # BSI TR-03105-5.1 LDS_C_04
        dg2(template(record(face())))[:-1],
        dg2(template(record(face()))) + b"\x00",
        build_tlv(0x75, b"\x30\x00"),
        dg2(build_tlv(0x7F60, HEADER)),
        dg2(build_tlv(0x7F60, HEADER, build_tlv(0x5F2E, b"x"), build_tlv(0x5F2E, b"x"))),
        dg2(template(b"", header=b"\xa1\x03\x80\x05\x00")),
        build_tlv(0x75, build_tlv(0x7F61, b"\x02\x00")),
        dg2(template(bytes.fromhex("A1026500"), 0x7F2E)),
    ],
)
def test_damage(raw: bytes) -> None:
    with pytest.raises(TlvError):
        Dg2.parse(raw)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (lying(14, b"\x00\x00\x00\x1f"), "too short for its fields"),
        (lying(14, b"\x00\x00\x00\x00"), "too short for its fields"),
        (dg2(template(record(face(points=bytes(8 * 1001))))), "more than 1000 feature points in"),
        (dg2(template(record(face(b"")))), "an image has from 1 to 8388608 octets in"),
        (dg2(template(record(face(bytes((8 << 20) + 1))))), "an image has from 1 to 8388608 octets in"),
        (dg2(template(record(face(b"GIF89a", kind=2)))), "neither JPEG nor JPEG 2000"),
        (dg2(template(record(*[face()] * 33))), "more than 32 faces"),
        (dg2(*[template(b"")] * 33), "more than 32 biometric templates"),
    ],
)
def test_a_lie_is_named_where_it_is_read(raw: bytes, message: str) -> None:
    with pytest.raises(LdsError, match=message) as error:
        Dg2.parse(raw)
    assert error.value.offset is not None


@pytest.mark.parametrize(("declared", "expected"), [(0, ImageFormat.JPEG), (1, ImageFormat.JPEG2000)])
def test_an_image_that_announces_nothing_is_what_its_record_says(declared: int, expected: ImageFormat) -> None:
    parsed = Dg2.parse(dg2(template(record(face(b"scrambled", kind=declared)))))
    assert parsed.faces[0].format is expected
    assert parsed.deviations == ("image-header",)


def test_an_error_points_into_the_file() -> None:
    raw = lying(14, b"\xff\xff\xff\xff")
    with pytest.raises(LdsError) as error:
        Dg2.parse(raw)
    assert error.value.offset == raw.index(b"FAC\x00") + 18


@pytest.mark.parametrize(
    "change",
    [
        {"gender": 256}, {"gender": -1}, {"width": 65536}, {"height": -1}, {"feature_mask": 1 << 24}, {"expression": 1 << 16},
        {"pose_angle": (0, 0)}, {"pose_angle": (0, 0, 256)}, {"pose_uncertainty": (-1, 0, 0)}, {"image": b""},
        {"image": bytes((8 << 20) + 1)},
        {"padding": bytes(8 << 20)}, {"feature_points": POINTS[:1] * 1001},
    ],
)  # fmt: skip
def test_what_the_record_has_no_room_for(change: dict[str, object]) -> None:
    with pytest.raises(LdsError):
        replace(FaceImage.from_image(JPEG), **change)


def test_builders_are_bounded() -> None:
    one = FaceImage.from_image(JPEG)
    with pytest.raises(LdsError):
        build_record((one,) * 33)
    with pytest.raises(LdsError):
        Dg2.of(*(one,) * 33).build()
    with pytest.raises(LdsError):
        FeaturePoint(1, 1, 1 << 16, 0).build()
    with pytest.raises(MalformedData):
        Dg2.from_image(b"GIF89a")
    png = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sIIBBBBBI", 13, b"IHDR", 37, 53, 8, 0, 0, 0, 0, 0)
    with pytest.raises(LdsError):
        FaceImage.from_image(png)  # which no record has a number for


def test_no_repr_shows_a_face() -> None:
    parsed = Dg2.parse(dg2(template(record(face())), template(b"SECRET")))
    shown = repr(parsed) + repr(parsed.templates[0].header) + repr(POINTS[0])
    assert repr(parsed.faces[0]) == f"<FaceImage JPEG, {len(JPEG)} octets>"
    assert "SECRET" not in shown
    assert "gender" not in shown
    assert len(shown) < 700


def test_a_template_is_built_as_it_was() -> None:
    made = BiometricTemplate(BiometricHeader(((0x87, b"\x01\x01"),)), RawRecord(b"block"), 0x7F2E)
    assert made.build().hex().upper() == "7F600E" + "A10487020101" + "7F2E05" + b"block".hex().upper()
