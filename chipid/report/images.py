# SPDX-License-Identifier: Apache-2.0
"""The pictures that files hold beside the portrait, as reports carry them: counted and weighed, never shown."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from chipid.iso7816.file_ids import FileId
from chipid.lds.details import Details
from chipid.lds.dg2 import Dg2
from chipid.lds.dg3 import Dg3
from chipid.lds.dg4 import Dg4
from chipid.lds.displayed_images import Dg5, Dg7
from chipid.lds.fields import Kind
from chipid.lds.image import ImageFormat, image_format
from chipid.report.schema import Images


def images_of(file: FileId, parsed: object) -> tuple[Images, ...]:
    """What pictures *file* holds, those of one sort and format together; of DG2, those behind the portrait."""
    sizes: dict[tuple[str, str], list[int]] = {}
    behind = 1 if isinstance(parsed, Dg2) else 0
    for shows, found, image in islice(pictures_in(parsed), behind, None):
        sizes.setdefault((shows, found.name if found is not None else "unknown"), []).append(len(image))
    return tuple(
        Images(file=file.label, shows=shows, format=name, count=len(each), size=sum(each)) for (shows, name), each in sizes.items()
    )


def pictures_in(parsed: object) -> Iterator[tuple[str, ImageFormat | None, bytes]]:
    """What each picture of a parsed file shows, its format and its octets; the portrait is the first of DG2."""
    if isinstance(parsed, Dg2 | Dg3 | Dg4):
        yield from ((parsed.FEATURE, picture.format, picture.image) for picture in parsed.images)
    if isinstance(parsed, Dg5 | Dg7):
        shows = "displayed-portrait" if isinstance(parsed, Dg5) else "signature"
        yield from ((shows, image_format(image), image) for image in parsed.images)
    if isinstance(parsed, Details):
        for field in parsed.FIELDS:
            image = getattr(parsed, field.attribute) if field.kind is Kind.IMAGE else None
            if image is not None:
                yield field.attribute.replace("_", "-"), image_format(image), image
