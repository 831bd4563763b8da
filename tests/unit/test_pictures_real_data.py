# SPDX-License-Identifier: Apache-2.0
"""Published images, and images that crashed decoders of JPEG 2000.

The check sums of JPEG 2000 are those of ``opj_decompress`` 2.5.0; those of YCC files are ours, within one step of a sample of its.
JPEG and WSQ are held to the mean, that of ``djpeg`` for JPEG. So is p0_15, with samples of 4 bits: ours are the upper half of 8,
where others spread them over the whole range (mean 68.0).
"""

from __future__ import annotations

import zlib
from pathlib import Path

import pytest

from chipid.errors import MalformedData, UnsupportedFeature
from chipid.pictures import Limits, Picture, decode

pytestmark = pytest.mark.real_data

LOSSLESS = {
    "06_biometrics/jpeg2000_conformance/p0_12.j2k": (3, 5, "L", 0xB5A02205),
    "06_biometrics/jpeg2000_conformance/p1_06.j2k": (12, 12, "RGB", 0xEE905FD3),
    "06_biometrics/silver.jp2": (413, 531, "RGB", 0x25FDCD4F),
    "10_fuzz/jpeg2000/basn6a08.jp2": (32, 32, "RGB", 0xC3E18DDC),  # with transparency, which is left out
    "10_fuzz/jpeg2000/issue104_jpxstream.jp2": (479, 203, "RGB", 0xE6B3115A),  # of a palette
    "10_fuzz/jpeg2000/issue211.jp2": (355, 236, "L", 0x8652B371),
    "10_fuzz/jpeg2000/issue399.j2k": (303, 179, "L", 0x7A7DA496),
    "10_fuzz/jpeg2000/issue411-ycc444.jp2": (33, 33, "RGB", 0xEBFE8C90),
    "10_fuzz/jpeg2000/merged.jp2": (766, 576, "RGB", 0xCAD25230),  # colour at half the width
    "10_fuzz/jpeg2000/relax.jp2": (400, 300, "RGB", 0xBDF78503),
}
MEANS = {
    "06_biometrics/jpeg2000_conformance/p0_15.j2k": (256, 256, "L", 64.02),
    "06_biometrics/img.wsq": (256, 256, "L", 190.57),
    "06_biometrics/sample_image.wsq": (545, 622, "L", 167.14),
    "06_biometrics/ISO19794_Test1_Face.jpg": (148, 70, "RGB", 227.74),
}
BEYOND = {
    "06_biometrics/jpeg2000_conformance/p0_06.j2k": "subsampled",
    "06_biometrics/jpeg2000_conformance/p0_13.j2k": "257 components",
    "06_biometrics/jpeg2000_conformance/p1_01.j2k": "subsampled",
    "10_fuzz/jpeg2000/issue411-ycc422.jp2": "subsampled",
}


def size(picture: Picture) -> tuple[int, int, str]:
    return picture.width, picture.height, picture.mode


@pytest.mark.parametrize("name", LOSSLESS)
def test_pixels_are_those_of_another_decoder(real_data: Path, name: str) -> None:
    picture = decode((real_data / name).read_bytes())
    assert (*size(picture), zlib.crc32(picture.pixels)) == LOSSLESS[name]


@pytest.mark.parametrize("name", MEANS)
def test_the_mean_of_pixels(real_data: Path, name: str) -> None:
    picture = decode((real_data / name).read_bytes())
    width, height, mode, mean = MEANS[name]
    assert size(picture) == (width, height, mode)
    assert sum(picture.pixels) / len(picture.pixels) == pytest.approx(mean, abs=0.5)


@pytest.mark.parametrize("name", BEYOND)
def test_what_the_decoder_would_get_wrong_is_told(real_data: Path, name: str) -> None:
    with pytest.raises(UnsupportedFeature, match=BEYOND[name]):
        decode((real_data / name).read_bytes())


def test_the_hostile_set_is_survived(real_data: Path) -> None:
    """Each is decoded, or refused with an error of ours, within the limits; this process lives on."""
    decoded = refused = 0
    for path in sorted((real_data / "10_fuzz" / "jpeg2000").glob("*.j*")):
        try:
            picture = decode(path.read_bytes(), limits=Limits(seconds=20, memory=1 << 29))
        except (MalformedData, UnsupportedFeature):
            refused += 1
        else:
            assert len(picture.pixels) == picture.width * picture.height * len(picture.mode)
            decoded += 1
    assert decoded >= 10
    assert decoded + refused >= 58
