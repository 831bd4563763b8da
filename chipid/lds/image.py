# SPDX-License-Identifier: Apache-2.0
"""What an image says of itself in its first octets: format and size, found without decoding anything.

JPEG (ITU-T T.81 §B.2), JPEG 2000 in its file format (ITU-T T.800 annex I) and as a bare codestream (annex A): the formats of
ICAO 9303-10 §4.7.2. PNG (ISO/IEC 15948 §11.2.2), WSQ (FBI IAFIS-IC-0110) and JPEG-LS (ITU-T T.87 §C.1), which biometric records
have besides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum

from chipid.errors import LdsError
from chipid.lds.octets import OctetReader

DIMENSION_LIMIT = 65_535
SEGMENT_LIMIT = 1_000

_JPEG_START = b"\xff\xd8\xff"
_JPEG_LS_START = b"\xff\xd8\xff\xf7"
_JP2_SIGNATURE = bytes.fromhex("0000000C6A5020200D0A870A")
_CODESTREAM_START = b"\xff\x4f\xff\x51"
_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_WSQ_START = b"\xff\xa0\xff"
_ENDS = (
    b"\xff\xd9",  # EOI of JPEG, and EOC of a JPEG 2000 codestream
    b"\xff\xa1",  # EOI of WSQ
    b"IEND\xaeB`\x82",  # the last chunk of PNG with its check sum
)

_STANDALONE_MARKERS = frozenset((0x01, *range(0xD0, 0xD8)))
_FRAME_MARKERS = frozenset((*range(0xC0, 0xD0), 0xF7)) - {0xC4, 0xC8, 0xCC}  # F7 is that of JPEG-LS
_SCAN_OR_END = frozenset((0xD9, 0xDA))
_WSQ_FRAME, _WSQ_TABLES = 0xA2, frozenset(range(0xA4, 0xA9))


class ImageFormat(Enum):
    """How an image is encoded. Records have codes of their own for it."""

    JPEG = "JPEG"
    JPEG2000 = "JPEG2000"
    JPEG_LS = "JPEG-LS"
    PNG = "PNG"
    WSQ = "WSQ"
    RAW = "RAW"
    """Pixels as they are, row by row: nothing in the octets says so, only a record can."""


@dataclass(frozen=True)
class ImageHeader:
    """Format and size of an image.

    :ivar width: in pixels, 1–65,535, as *height*.
    :ivar boxed: JPEG 2000 in its file format (JP2), not a bare codestream.
    """

    format: ImageFormat
    width: int
    height: int
    boxed: bool = False


def image_format(image: bytes) -> ImageFormat | None:
    """The format that the first octets announce, ``None`` for another one."""
    return next((found for start, (found, _) in _KINDS.items() if image.startswith(start)), None)


def read_image_header(image: bytes) -> ImageHeader:
    """Format and size of *image*, whatever follows it.

    :raises LdsError: none of the formats that announce themselves, or a damaged header.
    """
    for start, (found, size_of) in _KINDS.items():
        if image.startswith(start):
            width, height = size_of(OctetReader(image))
            if not (1 <= width <= DIMENSION_LIMIT and 1 <= height <= DIMENSION_LIMIT):
                raise LdsError("an image of a size that cannot be", offset=0)
            return ImageHeader(found, width, height, boxed=start == _JP2_SIGNATURE)
    raise LdsError("none of JPEG, JPEG 2000, PNG and WSQ", offset=0)


def split_padding(block: bytes) -> tuple[bytes, bytes]:
    """(image, padding) of an image that zeros or ones may follow; only what stands behind an end marker is padding."""
    for filler in (b"\x00", b"\xff"):
        image = block.rstrip(filler)
        if image.endswith(_ENDS):
            return image, block[len(image) :]
    return block, b""


def _size_of_jpeg(octets: OctetReader) -> tuple[int, int]:
    octets.take(2)
    for _ in range(SEGMENT_LIMIT):
        marker = _next_marker(octets)
        if marker in _SCAN_OR_END:
            raise octets.error("a JPEG image without frame header")
        if marker in _STANDALONE_MARKERS:
            continue
        length = octets.number(2)
        if length < 2:
            raise octets.error("a JPEG segment shorter than its length field")
        segment = octets.part(length - 2)
        if marker in _FRAME_MARKERS:
            segment.take(1)  # sample precision
            height = segment.number(2)
            return segment.number(2), height
    raise octets.error(f"more than {SEGMENT_LIMIT} segments before a JPEG image's frame header")


def _next_marker(octets: OctetReader) -> int:
    if octets.number(1) != 0xFF:
        raise octets.error("a JPEG marker is missing")
    while (marker := octets.number(1)) == 0xFF:
        pass  # fill octets, T.81 §B.1.1.2
    return marker


def jp2_codestream(image: bytes) -> int:
    """Where the codestream of a JP2 file begins (T.800 §I.5.4), in octets: that of its first box for one.

    :raises LdsError: a damaged file, or one without.
    """
    octets = OctetReader(image)
    for kind, content in _boxes(octets):
        if kind == b"jp2c":
            if not content.rest.startswith(_CODESTREAM_START):
                raise content.error("a JPEG 2000 codestream must start with SOC and SIZ")
            return content.offset
    raise octets.error("a JP2 file without codestream")


def jp2_colour_space(image: bytes) -> int | None:
    """The enumerated colour space of a JP2 file (T.800 §I.5.3.3), ``None`` where there is none.

    :raises LdsError: a damaged file.
    """
    for kind, content in _boxes(OctetReader(image)):
        if kind == b"jp2h":
            for inner, specification in _boxes(content):
                if inner == b"colr":  # further ones are for other readers
                    method, _ = specification.number(1), specification.take(2)
                    return specification.number(4) if method == 1 else None
            return None
    return None


def _size_of_jp2(octets: OctetReader) -> tuple[int, int]:
    for kind, content in _boxes(octets):
        if kind == b"jp2h":
            for inner, header in _boxes(content):
                if inner == b"ihdr":
                    height = header.number(4)
                    return header.number(4), height
            raise content.error("a JP2 header without image header")
        if kind == b"jp2c":
            return _size_of_codestream(content)
    raise octets.error("a JP2 file without header and codestream")


def _boxes(octets: OctetReader) -> Iterator[tuple[bytes, OctetReader]]:
    """The boxes one after another (T.800 §I.4)."""
    for _ in range(SEGMENT_LIMIT):
        if not octets.left:
            return
        length, kind, head = octets.number(4), octets.take(4), 8
        if length == 1:
            length, head = octets.number(8), 16
        elif length == 0:
            length = octets.left + head
        if length < head:
            raise octets.error("a JP2 box shorter than its header")
        yield kind, octets.part(length - head)
    raise octets.error(f"more than {SEGMENT_LIMIT} JP2 boxes")


def _size_of_codestream(octets: OctetReader) -> tuple[int, int]:
    if octets.take(4) != _CODESTREAM_START:
        raise octets.error("a JPEG 2000 codestream must start with SOC and SIZ")
    octets.take(4)  # Lsiz, Rsiz
    right, bottom = octets.number(4), octets.number(4)
    left, top = octets.number(4), octets.number(4)
    return right - left, bottom - top


def _size_of_png(octets: OctetReader) -> tuple[int, int]:
    octets.take(len(_PNG_SIGNATURE))
    if octets.take(8) != b"\x00\x00\x00\x0dIHDR":
        raise octets.error("a PNG image must start with its IHDR chunk")
    return octets.number(4), octets.number(4)


def _size_of_wsq(octets: OctetReader) -> tuple[int, int]:
    octets.take(2)
    for _ in range(SEGMENT_LIMIT):
        if octets.number(1) != 0xFF:
            raise octets.error("a WSQ marker is missing")
        marker, length = octets.number(1), octets.number(2)
        if length < 2:
            raise octets.error("a WSQ segment shorter than its length field")
        segment = octets.part(length - 2)
        if marker == _WSQ_FRAME:
            segment.take(2)  # black and white calibration
            height = segment.number(2)
            return segment.number(2), height
        if marker not in _WSQ_TABLES:
            raise octets.error("a WSQ image without frame header")
    raise octets.error(f"more than {SEGMENT_LIMIT} segments before a WSQ image's frame header")


_KINDS: dict[bytes, tuple[ImageFormat, Callable[[OctetReader], tuple[int, int]]]] = {
    _JPEG_LS_START: (ImageFormat.JPEG_LS, _size_of_jpeg),
    _JPEG_START: (ImageFormat.JPEG, _size_of_jpeg),
    _JP2_SIGNATURE: (ImageFormat.JPEG2000, _size_of_jp2),
    _CODESTREAM_START: (ImageFormat.JPEG2000, _size_of_codestream),
    _PNG_SIGNATURE: (ImageFormat.PNG, _size_of_png),
    _WSQ_START: (ImageFormat.WSQ, _size_of_wsq),
}
"""By their first octets: the format, and where its size stands."""
