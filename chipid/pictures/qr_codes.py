# SPDX-License-Identifier: Apache-2.0
"""QR codes in pictures (ISO/IEC 18004): read from a photo or a scan, and drawn for test cards."""

from __future__ import annotations

import io
import re

from chipid.errors import MalformedData, NotInstalled
from chipid.pictures.decoder import TEXT
from chipid.pictures.sandbox import Limits, admitted, run_decoder, wrong_answer

PHOTO_LIMITS = Limits(pixels=64_000_000, octets=64 << 20)
"""What a telephone or a scanner may hand over."""

TEXTS_LIMIT = 1 << 20
"""Octets of all texts in one picture: some 300 of the largest QR codes."""

CODE_LIMIT = 2_329
"""Octets of a text in one code at error correction level M (ISO/IEC 18004 table 7), beside the words that it is UTF-8."""

MODULE_SIZE = 8
"""Pixels of one module's side: as large as a scan of a card at 600 dpi shows it."""


def read_qr_codes(image: bytes, *, limits: Limits | None = None) -> tuple[str, ...]:
    """The texts of the QR codes in a picture, in the order in which they are found; nothing found is no error.

    A text that is UTF-8 is read as such, whatever the code says of its character set.

    :param image: JPEG, PNG or JPEG 2000, in any orientation.
    :param limits: :data:`PHOTO_LIMITS` where ``None``.
    :raises MalformedData: no such picture, or a damaged one.
    :raises UnsupportedFeature: beyond the limits, or zxing-cpp is not installed (the extra ``qr``).
    """
    limits = limits or PHOTO_LIMITS
    body = run_decoder("qr", image, admitted(image, limits), limits, TEXTS_LIMIT)
    texts, offset = [], 0
    while offset < len(body):
        start = offset + TEXT.size
        if start > len(body):
            raise wrong_answer()
        offset = start + TEXT.unpack_from(body, offset)[0]
        if offset > len(body):
            raise wrong_answer()
        try:
            texts.append(body[start:offset].decode())
        except UnicodeDecodeError:
            raise wrong_answer() from None
    return tuple(texts)


def draw_qr(text: str) -> bytes:
    """A PNG file of the QR code that holds *text* in UTF-8, with the quiet zone around it.

    :raises MalformedData: nothing, or more than one code holds.
    :raises NotInstalled: zxing-cpp is not installed (the extra ``qr``).
    """
    if re.search("[\ud800-\udfff]", text) or not 1 <= len(text.encode()) <= CODE_LIMIT:
        raise MalformedData(f"a QR code holds from 1 to {CODE_LIMIT} octets of text")
    try:
        import zxingcpp  # noqa: PLC0415
    except ImportError:
        raise NotInstalled("the library that draws QR codes is missing", "qr") from None
    from PIL import Image  # noqa: PLC0415

    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    out = io.BytesIO()
    Image.fromarray(code.to_image(scale=MODULE_SIZE, add_quiet_zones=True)).save(out, "PNG")
    return out.getvalue()
