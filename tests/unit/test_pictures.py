# SPDX-License-Identifier: Apache-2.0
"""Each format decoded, and compared with what it was made of, or with what another decoder made of it."""

from __future__ import annotations

import io
import math
import random
import stat
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

from chipid.errors import LdsError, MalformedData, UnsupportedFeature
from chipid.pictures import Limits, Picture, decode

SIZE = (36, 53)


def drawn(mode: str) -> Image.Image:
    """No two rows and no two colours alike, and smooth, so that lossy coding does little harm."""
    across, down = Image.linear_gradient("L").resize(SIZE), Image.linear_gradient("L").rotate(90).resize(SIZE)
    colour = Image.merge("RGB", (across, down, ImageChops.invert(across)))
    if mode == "I;16":
        return Image.frombytes("I;16", SIZE, b"".join(struct.pack("<H", value << 8 | 0x5A) for value in across.tobytes()))
    if mode in {"LA", "RGBA"}:
        opaque = colour.convert(mode[:-1])
        opaque.putalpha(down)
        return opaque
    return colour.quantize(64) if mode == "P" else colour.convert(mode)


def encoded(image: Image.Image, image_format: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, image_format, **options)
    return out.getvalue()


def expected(mode: str) -> Image.Image:
    if mode == "I;16":
        return drawn("RGB").getchannel(0)
    if mode == "1":
        return drawn("1").convert("L")
    return drawn("L") if mode in {"L", "LA"} else drawn(mode).convert("RGB")


def difference(picture: Picture, image: Image.Image) -> float:
    """The mean error of a sample."""
    found = Image.frombytes(picture.mode, (picture.width, picture.height), picture.pixels)
    assert (found.mode, found.size) == (image.mode, image.size)
    return max(ImageStat.Stat(ImageChops.difference(found, image)).mean)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_png(mode: str) -> None:
    assert difference(decode(encoded(drawn(mode), "PNG")), expected(mode)) == 0


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA", "I;16"])
@pytest.mark.parametrize("no_jp2", [False, True])
@pytest.mark.parametrize("padding", [b"", bytes(100)], ids=["plain", "padded"])
def test_jpeg_2000_with_padding_behind_it(mode: str, no_jp2: bool, padding: bytes) -> None:
    image = encoded(drawn(mode), "JPEG2000", no_jp2=no_jp2, mct=0) + padding
    assert difference(decode(image), expected(mode)) == 0


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
@pytest.mark.parametrize("progressive", [False, True])
def test_jpeg(mode: str, progressive: bool) -> None:
    image = encoded(drawn(mode), "JPEG", quality=95, progressive=progressive)
    assert difference(decode(image), expected(mode)) < 3


def test_the_orientation_of_exif_is_left_alone() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    picture = decode(encoded(drawn("RGB"), "JPEG", quality=95, exif=exif))
    assert difference(picture, drawn("RGB")) < 3


def test_wsq() -> None:
    import wsq  # noqa: F401  # registers itself

    ridges = bytes(round(128 + 90 * math.sin((across + down / 3) * 0.7)) for down in range(240) for across in range(256))
    image = Image.frombytes("L", (256, 240), ridges)
    assert difference(decode(encoded(image, "WSQ")), image) < 3


def as_cielab(image: bytes) -> bytes:
    """A JP2 file that declares its three components to be CIELab (EnumCS 14), in the default ranges."""
    return image.replace(b"colr\x01\x00\x00\x00\x00\x00\x10", b"colr\x01\x00\x00\x00\x00\x00\x0e")


@pytest.mark.parametrize(
    ("lab", "srgb"),
    # 255 × L/100, 128 + 255 × a/170, 96 + 255 × b/200, under D50, of sRGB's grey, red and green (its blue lies outside the ranges)
    [((137, 128, 96), (128, 128, 128)), ((138, 249, 185), (255, 0, 0)), ((224, 9, 199), (0, 255, 0))],
)
def test_cielab(lab: tuple[int, int, int], srgb: tuple[int, int, int]) -> None:
    image = as_cielab(encoded(Image.new("RGB", SIZE, lab), "JPEG2000", mct=0))
    found = decode(image).pixels[:3]
    assert max(abs(a - b) for a, b in zip(found, srgb, strict=True)) < 16, tuple(found)


def subsampled(*steps: tuple[int, int], size: tuple[int, int] = SIZE, tile: tuple[int, int] | None = None) -> bytes:
    """A codestream whose SIZ tells of components with these steps between samples."""
    siz = struct.pack(">IIIIIIIIH", *size, 0, 0, *(tile or size), 0, 0, len(steps))
    siz += b"".join(bytes((7, *step)) for step in steps)
    return b"\xff\x4f\xff\x51" + struct.pack(">HH", len(siz) + 4, 0) + siz


@pytest.mark.parametrize(
    ("image", "error", "message"),
    [
        (subsampled(*[(1, 1)] * 5), UnsupportedFeature, "of 5 components"),
        (subsampled(*[(1, 1)] * 16384), UnsupportedFeature, "of 16384 components"),
        (subsampled(), UnsupportedFeature, "of 0 components"),
        (subsampled((2, 1)), UnsupportedFeature, "subsampled in a way"),
        (subsampled((1, 1), (2, 1), (2, 1), size=(37, 53)), UnsupportedFeature, "subsampled in a way"),
        (subsampled((1, 1), (1, 2), (1, 2)), UnsupportedFeature, "subsampled in a way"),
        (subsampled((1, 1), (2, 1), (2, 1), tile=(9, 53)), UnsupportedFeature, "subsampled in a way"),
        (subsampled((1, 1), (0, 1), (1, 1)), LdsError, "without samples"),
        (subsampled((1, 1), (2, 1), (2, 1)), MalformedData, "cannot be decoded"),  # this the decoder knows; there are no data
        (subsampled((1, 1))[:-2], LdsError, "octets are missing"),
    ],
)
def test_components_that_would_be_decoded_wrongly(image: bytes, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        decode(image)


def test_a_jp2_file_without_codestream() -> None:
    image = encoded(drawn("L"), "JPEG2000")
    with pytest.raises(LdsError, match="without codestream"):
        decode(image[: image.index(b"\xff\x4f\xff\x51") - 8])


def test_components_are_those_of_the_codestream_and_of_no_other_box() -> None:
    image = encoded(drawn("L"), "JPEG2000")
    start = image.index(b"\xff\x4f\xff\x51")
    for boxed in (subsampled((2, 1), size=SIZE), b""):
        decoy = subsampled((1, 1))
        before = image[: start - 8] + struct.pack(">I", 8 + len(decoy)) + b"uuid" + decoy
        inside = struct.pack(">I", 8 + len(boxed)) + b"jp2c" + boxed
        with pytest.raises((UnsupportedFeature, LdsError), match=r"subsampled in a way|must start with SOC"):
            decode(before + inside)


def test_pixels_that_are_not_encoded() -> None:
    assert decode(bytes(range(6)), raw_size=(3, 2)) == Picture(3, 2, "L", bytes(range(6)))


@pytest.mark.parametrize("size", [(3, 1), (3, 3), (0, 0), (-3, -2), (6, 0)])
def test_pixels_of_another_number_than_said(size: tuple[int, int]) -> None:
    with pytest.raises(LdsError, match="another number"):
        decode(bytes(6), raw_size=size)


@pytest.mark.parametrize(
    ("arguments", "limits", "message"),
    [
        ({}, Limits(pixels=36 * 53 - 1), "more than 1907 pixels"),
        ({}, Limits(octets=20), "more than 20 octets"),
        ({"raw_size": (6, 1)}, Limits(pixels=5), "more than 5 pixels"),
    ],
)
def test_limits_that_are_kept_before_anything_is_decoded(
    arguments: dict[str, tuple[int, int]], limits: Limits, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chipid.pictures.picture.run_decoder", lambda *_: pytest.fail("a decoder was asked"))
    with pytest.raises(UnsupportedFeature, match=message) as error:
        decode(bytes(6) if arguments else encoded(drawn("L"), "PNG"), **arguments, limits=limits)
    assert "Limits(" in str(error.value.hint)


@pytest.mark.parametrize("image", [b"", b"GIF89a" + bytes(20), bytes(1000)])
def test_what_is_no_image(image: bytes) -> None:
    with pytest.raises(MalformedData, match="none of JPEG"):
        decode(image)


@pytest.mark.parametrize(("image_format", "cut"), [("JPEG", 200), ("JPEG2000", 150), ("PNG", 60)])
def test_an_image_that_ends_too_early(image_format: str, cut: int) -> None:
    image = encoded(drawn("RGB").resize((200, 200)), image_format)
    with pytest.raises(MalformedData):
        decode(image[:-cut])


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_a_picture_is_written_as_png_for_its_owner_alone(mode: str, tmp_path: Path) -> None:
    picture = decode(encoded(drawn(mode), "PNG", dpi=(300, 300)))
    picture.save(tmp_path / "face.png")
    assert Image.open(tmp_path / "face.png").tobytes() == drawn(mode).tobytes()
    assert stat.S_IMODE((tmp_path / "face.png").stat().st_mode) == 0o600
    assert b"pHYs" not in picture.to_png()
    assert repr(picture) == f"<Picture {mode}, 36 × 53>"


def test_a_picture_is_written_under_the_name_of_what_it_is(tmp_path: Path) -> None:
    picture = decode(encoded(drawn("L"), "PNG"))
    picture.save(tmp_path / "face.PNG")
    with pytest.raises(ValueError, match=r"saved as PNG, under a name that ends in \.png"):
        picture.save(tmp_path / "face.jpg")
    assert not (tmp_path / "face.jpg").exists()


# Bombs -----------------------------------------------------------------------------------------------------------


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(width: int, height: int, *chunks: bytes) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + chunk(b"IEND", b"")


def segment(marker: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def scans_without_end(width: int, height: int, count: int) -> bytes:
    """A progressive JPEG image: each scan costs a walk over all blocks, and eight octets."""
    frame = segment(0xC2, struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\x00")
    tables = segment(0xDB, bytes((0, *[1] * 64))) + segment(0xC4, bytes((0x10, 1, *[0] * 15, 0)))
    scan = segment(0xDA, b"\x01\x01\x00\x01\x3f\x00")
    first = segment(0xC4, bytes((0x00, 1, *[0] * 15, 0))) + segment(0xDA, b"\x01\x01\x00\x00\x00\x00")
    return b"\xff\xd8" + frame + tables + first + scan * count + b"\xff\xd9"


HUGE_TABLE = b"\xff\xa0" + segment(0xA2, struct.pack(">BBHH", 0, 255, 4000, 4000) + bytes(9))
BOMBS = {
    "png-header": (png(65535, 65535), UnsupportedFeature, "more than 16000000 pixels"),
    "jpeg-header": (b"\xff\xd8" + segment(0xC0, b"\x08\xff\xff\xff\xff\x01\x01\x11\x00"), UnsupportedFeature, "pixels"),
    "jpeg2000-header": (subsampled((1, 1), size=(65535, 65535)), UnsupportedFeature, "pixels"),
    "jpeg2000-tiles": (subsampled((1, 1), size=(4000, 4000), tile=(1, 1)), MalformedData, "cannot be decoded"),
    "wsq-header": (b"\xff\xa0" + segment(0xA2, b"\x00\xff\xff\xff\xff\xff" + bytes(9)), UnsupportedFeature, "pixels"),
    "wsq-tables": (HUGE_TABLE + segment(0xA4, b"\xff" * 60) + segment(0xA6, b"\xff" * 600) * 50, MalformedData, "decode"),
    "png-pixels": (png(40, 40, chunk(b"IDAT", zlib.compress(bytes(200 << 20), 9))), None, ""),
    "png-text": (png(40, 40, chunk(b"zTXt", b"x\0\0" + zlib.compress(bytes(200 << 20), 9))), MalformedData, "cannot be decoded"),
    "png-profile": (png(40, 40, chunk(b"iCCP", b"x\0\0" + zlib.compress(bytes(200 << 20), 9))), MalformedData, "cannot be decoded"),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_told_or_does_no_harm(name: str) -> None:
    image, error, message = BOMBS[name]
    if error is None:
        assert decode(image).pixels == bytes(40 * 40)
        return
    with pytest.raises(error, match=message):
        decode(image)


def test_scans_without_end_are_cut_short() -> None:
    with pytest.raises(UnsupportedFeature, match="took more than 1 seconds"):
        decode(scans_without_end(4000, 4000, 100_000), limits=Limits(seconds=1))


def test_a_few_scans_decode() -> None:
    assert decode(scans_without_end(400, 400, 10)).width == 400


@pytest.mark.parametrize("image_format", ["JPEG", "JPEG2000", "PNG", "WSQ"])
def test_damage_is_decoded_or_refused(image_format: str) -> None:
    import wsq  # noqa: F401

    good, chance = encoded(drawn("L").resize((64, 64)), image_format), random.Random(20260101)
    for _ in range(8):
        image = bytearray(good)
        for _ in range(4):
            image[chance.randrange(len(good))] = chance.randrange(256)
        try:
            assert len(decode(bytes(image)).pixels) > 0
        except (MalformedData, UnsupportedFeature) as error:
            assert error.hint or isinstance(error, LdsError)  # noqa: PT017  # either is right
