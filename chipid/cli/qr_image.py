# SPDX-License-Identifier: Apache-2.0
"""The card's QR code in a photo or a scan."""

from __future__ import annotations

import click

from chipid.cli.usage import Misuse
from chipid.errors import ChipIdError

OPTION = "--qr-image"

PHOTOS = {"JPEG": "JPEG", "JPEG2000": "JPEG 2000", "PNG": "PNG"}
"""What photos and scans are saved as: by the name of its :class:`~chipid.lds.image.ImageFormat`, its name for a person."""

_SAVE = "Save the picture as JPEG or PNG, or take it again."
_TAKE = "Take it again: sharp, well lit, the whole code in it."
_OTHER_CODE = "Take it again, nearer, with the card's own code in it; or type the number on the card instead."


def card_code(name: str) -> str:
    """The text of the one card's QR code in a picture (``-`` is standard input); codes of other things are passed over.

    :raises Misuse: there is none, there are several that differ, or the picture cannot be read; no message tells what it shows.
    """
    from chipid.lds.image import image_format  # noqa: PLC0415
    from chipid.pictures.qr_codes import PHOTO_LIMITS, read_qr_codes  # noqa: PLC0415
    from chipid.profiles.vn_cccd.qr import QrFormat, parse_qr  # noqa: PLC0415

    with click.open_file(name, "rb") as file:
        image = file.read(PHOTO_LIMITS.octets + 1)
    if not image:
        raise Misuse(f"{OPTION}: there is nothing in the file", _SAVE)
    found = image_format(image)
    if found is None or found.name not in PHOTOS:
        raise Misuse(f"{OPTION}: the file is none of {', '.join(PHOTOS.values())}", _SAVE)
    try:
        codes = read_qr_codes(image)
        cards = {text for text in codes if parse_qr(text).format is not QrFormat.UNKNOWN}
    except ChipIdError as problem:
        raise Misuse(f"{OPTION}: {problem}", problem.hint or _SAVE) from None
    if not codes:
        raise Misuse(f"{OPTION}: there is no QR code in the picture", _TAKE)
    if not cards:
        raise Misuse(f"{OPTION}: no QR code in the picture is that of a card", _OTHER_CODE)
    if len(cards) > 1:
        raise Misuse(f"{OPTION}: the QR codes of {len(cards)} cards are in the picture", "Show the one card that is to be read.")
    return cards.pop()
