# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import io
import struct

import pytest
from PIL import Image

from chipid.errors import LdsError
from chipid.lds.image import ImageFormat, ImageHeader, image_format, jp2_colour_space, read_image_header, split_padding

JP2_SIGNATURE = bytes.fromhex("0000000C6A5020200D0A870A")


def picture(kind: str, size: tuple[int, int] = (37, 53), **options: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, (90, 120, 200)).save(out, kind, **options)
    return out.getvalue()


def segment(marker: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def frame(marker: int = 0xC0, width: int = 37, height: int = 53) -> bytes:
    return segment(marker, struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\x00")


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", len(content) + 8, kind) + content


def codestream(right: int = 37, bottom: int = 53, left: int = 0, top: int = 0) -> bytes:
    return b"\xff\x4f\xff\x51" + struct.pack(">HHIIII", 47, 0, right, bottom, left, top) + bytes(31)


IHDR = box(b"ihdr", struct.pack(">II", 53, 37) + bytes(6))


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"dpi": (300, 300)}])
def test_jpeg_as_made_by_another_library(options: dict[str, object]) -> None:
    assert read_image_header(picture("JPEG", **options)) == ImageHeader(ImageFormat.JPEG, 37, 53)


def test_jpeg_that_starts_with_exif() -> None:
    exif = Image.Exif()
    exif[0x010E] = "x" * 300
    image = picture("JPEG", exif=exif)
    plain = image[:2] + image[image.index(b"\xff\xe1") :]
    assert plain[:4] == bytes.fromhex("FFD8FFE1")
    assert read_image_header(plain) == ImageHeader(ImageFormat.JPEG, 37, 53)


def test_the_size_in_an_exif_thumbnail_is_not_the_images() -> None:
    thumbnail = b"\xff\xd8" + frame(width=1, height=2) + b"\xff\xd9"
    image = b"\xff\xd8" + segment(0xE1, b"Exif\x00\x00" + thumbnail) + frame()
    assert read_image_header(image) == ImageHeader(ImageFormat.JPEG, 37, 53)


@pytest.mark.parametrize("no_jp2", [False, True])
def test_jpeg_2000_as_made_by_another_library(no_jp2: bool) -> None:
    image = picture("JPEG2000", no_jp2=no_jp2)
    assert read_image_header(image) == ImageHeader(ImageFormat.JPEG2000, 37, 53, boxed=not no_jp2)
    assert image_format(image) is ImageFormat.JPEG2000


@pytest.mark.parametrize(
    "image",
    [
        b"\xff\xd8" + frame(),
        b"\xff\xd8\xff\xff\xff" + frame()[1:],  # fill octets
        b"\xff\xd8\xff\x01\xff\xd0" + frame(),  # markers without segment
        *(b"\xff\xd8" + segment(0xC4, bytes(8)) + frame(marker) for marker in (0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xCA, 0xCF)),
        JP2_SIGNATURE + box(b"ftyp", bytes(12)) + box(b"jp2h", box(b"bpcc", b"\x07") + IHDR),
        JP2_SIGNATURE + struct.pack(">I4sQ", 1, b"jp2h", 16 + len(IHDR)) + IHDR,
        JP2_SIGNATURE + struct.pack(">I4s", 0, b"jp2h") + IHDR,
        JP2_SIGNATURE + box(b"jp2c", codestream()),
        codestream(),
        codestream(137, 253, 100, 200),
    ],
)
def test_headers_by_hand(image: bytes) -> None:
    header = read_image_header(image)
    assert (header.width, header.height) == (37, 53)


@pytest.mark.parametrize(
    "image",
    [
        b"",
        b"GIF89a",
        b"\xff\xd8",
        b"\xff\xd8\xff",
        b"\xff\xd8\xff\xd9",
        b"\xff\xd8\xff\xda" + bytes(20) + frame(),  # a scan before its frame
        b"\xff\xd8\xff\xe0\x00\x01",
        b"\xff\xd8\xff\xe0\xff\xff" + frame(),
        b"\xff\xd8" + segment(0xE0, b"") + b"\x00" + frame(),
        b"\xff\xd8" + segment(0xC0, b"\x08\x00"),
        b"\xff\xd8" + frame(width=0),
        b"\xff\xd8" + frame(height=0),
        b"\xff\xd8" + segment(0xE0, b"") * 1001 + frame(),
        b"\xff\xd8" + segment(0xC4, bytes(8)) + b"\xff\xc8\x00\x02\xff\xcc\x00\x02",
        JP2_SIGNATURE,
        JP2_SIGNATURE[:-1],
        JP2_SIGNATURE + box(b"ftyp", b""),
        JP2_SIGNATURE + box(b"jp2h", box(b"colr", b"")),
        JP2_SIGNATURE + box(b"jp2h", box(b"ihdr", b"\x00\x00\x00\x35")),
        JP2_SIGNATURE + struct.pack(">I4s", 7, b"jp2h") + IHDR,
        JP2_SIGNATURE + struct.pack(">I4sQ", 1, b"jp2h", 15) + IHDR,
        JP2_SIGNATURE + struct.pack(">I4sQ", 1, b"jp2h", 1 << 63) + IHDR,
        JP2_SIGNATURE + struct.pack(">I4s", 0xFFFFFFFF, b"jp2h") + IHDR,
        JP2_SIGNATURE + box(b"free", b"") * 1001 + box(b"jp2h", IHDR),
        JP2_SIGNATURE + box(b"jp2c", b"\xff\x4f\xff\x52" + bytes(40)),
        codestream(right=0),
        codestream(left=37),
        codestream(left=38),
        codestream(right=1 << 17),
        codestream()[:20],
    ],
)
def test_damaged_headers(image: bytes) -> None:
    with pytest.raises(LdsError):
        read_image_header(image)


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (b"GIF89a" + bytes(100), "none of JPEG, JPEG 2000, PNG and WSQ"),
        (b"\xff\xd8" + segment(0xDA, b"") + frame(), "without frame header"),
        (b"\xff\xd8" + segment(0xE0, b"") + b"\xff\xd9" + frame(), "without frame header"),
        (b"\xff\xd8\xff\xe0\x00\x01" + frame(), "shorter than its length field"),
        (b"\xff\xd8" + segment(0xE0, b"") + b"\x00" + frame(), "marker is missing"),
        (b"\xff\xd8" + segment(0xE0, b"") * 1001 + frame(), "more than 1000 segments"),
        (JP2_SIGNATURE + struct.pack(">I4s", 7, b"free") + box(b"jp2h", IHDR), "shorter than its header"),
        (JP2_SIGNATURE + box(b"free", b"") * 1001 + box(b"jp2h", IHDR), "more than 1000 JP2 boxes"),
        (JP2_SIGNATURE + box(b"free", b""), "without header and codestream"),
        (JP2_SIGNATURE + box(b"jp2h", b"") + box(b"jp2c", codestream()), "without image header"),
        (codestream(left=37), "a size that cannot be"),
    ],
)
def test_a_damaged_header_says_what_is_wrong(image: bytes, message: str) -> None:
    with pytest.raises(LdsError, match=message):
        read_image_header(image)


def wsq(*segments: bytes, width: int = 37, height: int = 53) -> bytes:
    return b"\xff\xa0" + b"".join(segments) + segment(0xA2, struct.pack(">BBHH", 0, 255, height, width) + bytes(9))


@pytest.mark.parametrize("mode", ["L", "RGB", "P", "1"])
def test_png_as_made_by_another_library(mode: str) -> None:
    out = io.BytesIO()
    Image.new(mode, (37, 53)).save(out, "PNG")
    assert read_image_header(out.getvalue()) == ImageHeader(ImageFormat.PNG, 37, 53)


@pytest.mark.parametrize("tables", [(), (0xA8,), (0xA4, 0xA5, 0xA6, 0xA7, 0xA8)])
def test_wsq_tables_and_comments_before_the_frame(tables: tuple[int, ...]) -> None:
    image = wsq(*(segment(marker, b"NIST_COM 1") for marker in tables))
    assert read_image_header(image) == ImageHeader(ImageFormat.WSQ, 37, 53)
    assert image_format(image) is ImageFormat.WSQ


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dtEXt" + struct.pack(">II", 37, 53), "must start with its IHDR"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR" + struct.pack(">II", 1 << 31, 53), "a size that cannot be"),
        (wsq(width=0), "a size that cannot be"),
        (wsq()[:9], "octets are missing"),
        (wsq(b"\xff\xa8\x00\x01"), "shorter than its length field"),
        (wsq(segment(0xA8, b""), b"\x00"), "a WSQ marker is missing"),
        (wsq(segment(0xA3, bytes(3))), "without frame header"),
        (wsq(segment(0xA8, b"") * 1001), "more than 1000 segments"),
    ],
)
def test_a_damaged_png_or_wsq_header_says_what_is_wrong(image: bytes, message: str) -> None:
    with pytest.raises(LdsError, match=message):
        read_image_header(image)


def test_other_formats_are_none() -> None:
    assert image_format(b"\x89PNG\n\x1a\n") is None
    assert image_format(b"\xff\xd8") is None
    assert image_format(b"\xff\x4f\xff") is None


@pytest.mark.parametrize(
    ("block", "image"),
    [
        (b"x\xff\xd9", b"x\xff\xd9"),
        (b"x\xff\xd9\x00\x00", b"x\xff\xd9"),
        (b"x\xff\xd9\xff\xff", b"x\xff\xd9"),
        (b"x\xff\xa1\x00", b"x\xff\xa1"),
        (b"xIEND\xae\x42\x60\x82\x00", b"xIEND\xae\x42\x60\x82"),
        (b"x\xff\xd9\x00\x01", b"x\xff\xd9\x00\x01"),
        (b"x\x00\x00", b"x\x00\x00"),
        (b"\x00\x00", b"\x00\x00"),
        (b"", b""),
    ],
)
def test_padding_is_what_stands_behind_an_end_marker(block: bytes, image: bytes) -> None:
    assert split_padding(block) == (image, block[len(image) :])


@pytest.mark.parametrize(
    ("boxes", "expected"),
    [
        (box(b"jp2h", IHDR + box(b"colr", b"\x01\x00\x00\x00\x00\x00\x0e" + bytes(28))), 14),
        (box(b"jp2h", IHDR + box(b"colr", b"\x02\x00\x00" + bytes(9)) + box(b"colr", b"\x01\x00\x00\x00\x00\x00\x10")), None),
        (box(b"jp2h", IHDR), None),
        (box(b"jp2c", codestream()), None),
    ],
)
def test_the_colour_space_of_the_first_specification(boxes: bytes, expected: int | None) -> None:
    assert jp2_colour_space(JP2_SIGNATURE + boxes) == expected
