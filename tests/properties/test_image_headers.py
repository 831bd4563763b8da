# SPDX-License-Identifier: Apache-2.0
"""Image headers made of anything: format and size, or an LdsError; nothing else, and no quadratic work."""

from __future__ import annotations

import contextlib
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chipid.errors import LdsError
from chipid.lds.image import DIMENSION_LIMIT, read_image_header, split_padding

SEEDS = {
    "JPEG": b"\xff\xd8\xff\xe1\x00\x0aExif\x00\x00xx\xff\xc0" + struct.pack(">HBHHB", 8, 8, 53, 37, 0),
    "JP2": bytes.fromhex("0000000C6A5020200D0A870A") + struct.pack(">I4sI4sIIHI", 30, b"jp2h", 22, b"ihdr", 53, 37, 0, 0),
    "codestream": b"\xff\x4f\xff\x51" + struct.pack(">HHIIII", 47, 0, 37, 53, 0, 0) + bytes(31),
    "PNG": b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR" + struct.pack(">IIBBBBB", 37, 53, 8, 2, 0, 0, 0),
    "WSQ": b"\xff\xa0\xff\xa8\x00\x06NIST\xff\xa2" + struct.pack(">HBBHH", 17, 0, 255, 53, 37) + bytes(9),
}


@pytest.mark.parametrize("name", SEEDS)
@settings(max_examples=1_000)
@given(data=st.data())
def test_damage_is_a_size_that_can_be_or_an_error(name: str, data: st.DataObject) -> None:
    seed = SEEDS[name]
    assert (read_image_header(seed).width, read_image_header(seed).height) == (37, 53)
    place = data.draw(st.integers(0, len(seed)))
    image = seed[:place] + data.draw(st.binary(max_size=12)) + seed[place + data.draw(st.integers(0, 12)) :]
    with contextlib.suppress(LdsError):
        header = read_image_header(image)
        assert 1 <= header.width <= DIMENSION_LIMIT
        assert 1 <= header.height <= DIMENSION_LIMIT


ENDS = (b"", b"\xff\xd9", b"\xff\xa1", b"IEND\xae\x42\x60\x82")


@given(st.binary(max_size=12), st.sampled_from(ENDS), st.sampled_from((b"\x00", b"\xff")), st.integers(0, 9))
def test_padding_is_lost_nowhere(image: bytes, end: bytes, filler: bytes, count: int) -> None:
    block = image + end + filler * count
    assert b"".join(split_padding(block)) == block
