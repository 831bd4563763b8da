# SPDX-License-Identifier: Apache-2.0
"""Images decoded to pixels."""

from __future__ import annotations

import io
from dataclasses import dataclass
from os import PathLike, fspath

from chipid.errors import LdsError, UnsupportedFeature
from chipid.pictures.decoder import MODES, PICTURE
from chipid.pictures.sandbox import Limits, admitted, run_decoder, wrong_answer
from chipid.records import write_private


@dataclass(frozen=True, repr=False)
class Picture:
    """Pixels, 8 bits a sample.

    :ivar mode: ``L`` (grey) or ``RGB``, as Pillow names them.
    :ivar pixels: row by row from the top left, *width* × *height* × 1 or 3 octets.
    """

    width: int
    height: int
    mode: str
    pixels: bytes

    def to_png(self) -> bytes:
        """The picture as a PNG file, without any word on where it came from."""
        from PIL import Image  # noqa: PLC0415  # heavy, and not needed by who shows pixels

        out = io.BytesIO()
        Image.frombytes(self.mode, (self.width, self.height), self.pixels).save(out, "PNG")
        return out.getvalue()

    def save(self, path: str | PathLike[str]) -> None:
        """Write the PNG file, mode 0600.

        :raises ValueError: a name that does not end in ``.png``: another format is not written.
        :raises OSError: it cannot be written.
        """
        if not fspath(path).lower().endswith(".png"):
            raise ValueError("pictures are saved as PNG, under a name that ends in .png")
        write_private(path, self.to_png())

    def __repr__(self) -> str:
        return f"<Picture {self.mode}, {self.width} × {self.height}>"


def decode(image: bytes, *, raw_size: tuple[int, int] | None = None, limits: Limits | None = None) -> Picture:
    """The pixels of an image in JPEG, JPEG 2000 (JP2 or a codestream, padding behind it), PNG or WSQ.

    Colours become RGB of 8 bits a sample, 16 bits of grey 8; transparency is left out. The orientation that EXIF may tell is left
    alone: a portrait on a chip stands upright as it is coded, and its record speaks of the pixels as coded.

    :param raw_size: (width, height) of pixels that are not encoded at all, 8 bits of grey each: their record tells it.
    :param limits: the defaults of :class:`Limits` where ``None``.
    :raises MalformedData: no such image, or a damaged one.
    :raises UnsupportedFeature: beyond the limits, or the decoder is not installed (WSQ needs the extra ``wsq``).
    """
    limits = limits or Limits()
    if raw_size is not None:
        return _uncoded(image, *raw_size, limits)
    header = admitted(image, limits)
    size = header.width * header.height
    body = run_decoder("picture", image, header, limits, PICTURE.size + max(MODES.values()) * size)
    if len(body) < PICTURE.size:
        raise wrong_answer()
    mode, *found = PICTURE.unpack_from(body)
    names = dict(enumerate(MODES))
    pixels = body[PICTURE.size :]
    if found != [header.width, header.height] or mode not in names or len(pixels) != MODES[names[mode]] * size:
        raise wrong_answer()
    return Picture(header.width, header.height, names[mode], pixels)


def _uncoded(image: bytes, width: int, height: int, limits: Limits) -> Picture:
    if width < 1 or height < 1 or len(image) != width * height:
        raise LdsError("pixels of another number than their record says")
    if width * height > limits.pixels:
        raise UnsupportedFeature(f"an image of more than {limits.pixels} pixels", hint="Limits(pixels=…) allows more.")
    return Picture(width, height, "L", image)
