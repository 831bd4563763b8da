# SPDX-License-Identifier: Apache-2.0
"""A drawn face for a test document: nobody's, and no larger or smaller than a real portrait."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from functools import partial

from PIL import Image, ImageDraw, ImageFilter

from chipid.issuing.drawings import encode

SIZE = (480, 640)
"""3 : 4, as ISO/IEC 19794-5 wants a token image; real ones lie around 12 to 18 kB."""

OCTETS = range(8_000, 95_001)
"""What an image file of that size can be made to weigh."""

FORMATS = ("jpeg", "jpeg2000")
_QUALITY = 74
_QUALITIES = range(1, 101)
_RATE = 60


def draw_portrait(seed: str, image_format: str = "jpeg", octets: int | None = None) -> bytes:
    """A face made of ellipses; *seed* chooses colours and shapes, so that one citizen always looks the same.

    :param image_format: ``jpeg`` or ``jpeg2000``.
    :param octets: about what the file is to weigh, one of :data:`OCTETS`: the image gets as good as fits.
    """
    picture = _face(seed)
    if image_format == "jpeg2000":
        rate = _RATE if octets is None else len(picture.tobytes()) / octets
        return encode(picture, image_format, quality_mode="rates", quality_layers=[rate])
    quality = _QUALITY if octets is None else _QUALITIES[bisect_right(_QUALITIES, octets, key=partial(_weight, picture)) - 1]
    return encode(picture, image_format, quality=quality)


def _weight(picture: Image.Image, quality: int) -> int:
    return len(encode(picture, "jpeg", quality=quality))


def _face(seed: str) -> Image.Image:
    numbers = hashlib.sha256(seed.encode()).digest()
    width, height = SIZE
    # A print has grain, without which the file would be far too small; from the seed, for one seed is to give one file.
    grain = Image.frombytes("L", SIZE, hashlib.shake_256(seed.encode()).digest(width * height))
    picture = Image.blend(grain.convert("RGB"), Image.new("RGB", SIZE, (205, 215, 225)), 0.94)
    draw = ImageDraw.Draw(picture)
    hair = (20 + numbers[0] % 40, 15 + numbers[1] % 30, 15 + numbers[2] % 25)
    skin = (215 + numbers[3] % 25, 175 + numbers[4] % 25, 140 + numbers[5] % 25)
    shirt = (40 + numbers[6] % 160, 40 + numbers[7] % 160, 60 + numbers[8] % 160)
    middle, wide = width // 2, 112 + numbers[9] % 24
    draw.ellipse((middle - 210, height - 160, middle + 210, height + 240), fill=shirt)
    draw.ellipse((middle - wide - 22, 110, middle + wide + 22, 460), fill=hair)
    draw.rectangle((middle - 48, 400, middle + 48, 520), fill=skin)
    draw.ellipse((middle - wide, 150, middle + wide, 470), fill=skin)
    for side in (-1, 1):
        eye = middle + side * (46 + numbers[10] % 12)
        draw.ellipse((eye - 22, 282, eye + 22, 304), fill=(250, 250, 250))
        draw.ellipse((eye - 10, 283, eye + 10, 303), fill=(45, 30, 25))
        draw.arc((eye - 32, 250, eye + 32, 290), 200, 340, fill=hair, width=6)
    draw.line((middle, 300, middle - 12, 364, middle + 10, 368), fill=tuple(part - 35 for part in skin), width=4)
    draw.arc((middle - 44, 380, middle + 44, 424), 15, 165, fill=(150, 60, 60), width=7)
    return picture.filter(ImageFilter.GaussianBlur(1.2))
