# SPDX-License-Identifier: Apache-2.0
"""What holds for the images of every kind of record: their limits, and whether they are what their record says."""

from __future__ import annotations

from collections.abc import Iterator

from chipid.errors import LdsError
from chipid.lds.image import ImageFormat, image_format, read_image_header

IMAGE_SIZE_LIMIT = 8 << 20
"""Octets of one image."""
IMAGE_LIMIT = 32
"""Images in one record, representations in one data block, templates in one group."""


def contradictions(image: bytes, declared_format: ImageFormat | None, declared_size: tuple[int, int] | None) -> Iterator[str]:
    """What an image that has a header contradicts: ``image-format``, ``image-size``; or ``image-header`` where that is damaged.

    :param declared_format: as the record says; ``None`` where it says none that the standard defines.
    :param declared_size: width and height in pixels; ``None`` where the record does not say.
    """
    found = image_format(image) or declared_format
    if found is None or found is not declared_format:
        yield "image-format"
    try:
        header = read_image_header(image)
    except LdsError:
        yield "image-header"
        return
    if declared_size not in (None, (header.width, header.height)):
        yield "image-size"
