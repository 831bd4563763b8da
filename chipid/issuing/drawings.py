# SPDX-License-Identifier: Apache-2.0
"""Drawn fingers, eyes and signatures for test documents: nobody's, and of the size of real ones.

The same seed always gives the same drawing.
"""

from __future__ import annotations

import hashlib
import importlib
import io
import math
from typing import Any

from PIL import Image, ImageDraw, ImageFilter

from chipid.errors import NotInstalled

FINGER_SIZE = (320, 400)
"""16 mm × 20 mm at 500 pixels per inch."""
IRIS_SIZE = (640, 480)
SIGNATURE_SIZE = (480, 160)

_ENCODINGS: dict[str, tuple[str, dict[str, Any]]] = {
    "jpeg": ("JPEG", {"quality": 74}),
    "jpeg2000": ("JPEG2000", {"quality_mode": "rates", "quality_layers": [12]}),
    "png": ("PNG", {}),
    "wsq": ("WSQ", {}),
}
FORMATS = tuple(_ENCODINGS)


def encode(picture: Image.Image, image_format: str, **options: Any) -> bytes:
    """*picture* as a file.

    :param image_format: one of :data:`FORMATS`. :param options: of Pillow, in place of our own.
    :raises UnsupportedFeature: WSQ, without the library for it.
    """
    if image_format == "wsq":
        _require_wsq()
    name, defaults = _ENCODINGS[image_format]
    out = io.BytesIO()
    picture.save(out, name, **(options or defaults))
    return out.getvalue()


def _require_wsq() -> None:
    """Pillow learns WSQ when the library is imported."""
    try:
        importlib.import_module("wsq")
    except ImportError:
        raise NotInstalled("the library that makes WSQ images is missing", "wsq") from None


def draw_finger(seed: str) -> Image.Image:
    """Ridges around a core, in 8-bit grey."""
    numbers = hashlib.sha256(seed.encode()).digest()
    width, height = FINGER_SIZE
    across, down = width * (0.4 + numbers[0] / 1280), height * (0.4 + numbers[1] / 1280)
    bend, turn = 6 + numbers[2] / 16, numbers[3] / 40
    rows = (_ridges(y - down, width, across, bend, turn) for y in range(height))
    ridges = Image.frombytes("L", FINGER_SIZE, b"".join(rows))
    edge = Image.new("L", FINGER_SIZE, 0)
    ImageDraw.Draw(edge).ellipse((12, 12, width - 12, height - 12), fill=255)
    return Image.composite(ridges, Image.new("L", FINGER_SIZE, 240), edge.filter(ImageFilter.GaussianBlur(8)))


def _ridges(y: float, width: int, across: float, bend: float, turn: float) -> bytes:
    """One row: nine pixels from ridge to ridge, which are bent around the core."""
    return bytes(int(130 + 90 * math.sin(2 * math.pi / 9 * _distance(x - across, y, bend, turn))) for x in range(width))


def _distance(x: float, y: float, bend: float, turn: float) -> float:
    return math.hypot(x, 0.7 * y) + bend * math.sin(2 * math.atan2(y, x) + turn)


def draw_iris(seed: str) -> Image.Image:
    """An eye with a pupil and the spokes of an iris, in 8-bit grey."""
    numbers = hashlib.shake_256(seed.encode()).digest(512)
    width, height = IRIS_SIZE
    middle, level = width // 2, height // 2
    picture = Image.new("L", IRIS_SIZE, 170)
    draw = ImageDraw.Draw(picture)
    draw.ellipse((40, 70, width - 40, height - 70), fill=225)
    draw.ellipse(_circle(middle, level, 120), fill=95)
    for place, number in enumerate(numbers):
        angle = 2 * math.pi * place / len(numbers)
        inner, outer = 45 + number % 30, 75 + number % 45
        spoke = [(middle + reach * math.cos(angle), level + reach * math.sin(angle)) for reach in (inner, outer)]
        draw.line(spoke, fill=60 + number // 2, width=2)
    draw.ellipse(_circle(middle, level, 42 + numbers[0] % 8), fill=15)
    return picture.filter(ImageFilter.GaussianBlur(1))


def _circle(x: int, y: int, radius: int) -> tuple[int, int, int, int]:
    return x - radius, y - radius, x + radius, y + radius


def draw_signature(seed: str) -> Image.Image:
    """A scrawl, in 8-bit grey."""
    numbers = hashlib.sha256(seed.encode()).digest()
    width, height = SIGNATURE_SIZE
    picture = Image.new("L", SIGNATURE_SIZE, 255)
    step = (width - 60) / len(numbers)
    points = [(30 + place * step, 25 + number * (height - 50) / 255) for place, number in enumerate(numbers)]
    ImageDraw.Draw(picture).line(points, fill=30, width=4, joint="curve")
    return picture.filter(ImageFilter.GaussianBlur(1))
