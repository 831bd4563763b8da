# SPDX-License-Identifier: Apache-2.0
"""Images as the document shows them: DG5, the portrait, and DG7, the signature or usual mark (ICAO 9303-10 §4.7.5, §4.7.7)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Self

from chipid.errors import LdsError
from chipid.iso7816.tlv import build_tlv, parse_tlv
from chipid.lds.data_objects import children
from chipid.lds.fields import build_count, split_count
from chipid.lds.image import image_format

IMAGE_LIMIT = 9


@dataclass(frozen=True)
class _DisplayedImages:
    """A data group of images.

    :ivar images: 1 to 9 JPEG or JPEG 2000 files, as they stand.
    :ivar announced: the number that stands before them where it is another than theirs.
    :ivar unknown: data objects that are no image, raw; they are built behind the images.
    :ivar deviations: ``image-count`` (none, more than 9, or another number than announced), ``image-format`` (one that is
        not known), ``unknown-object``.
    """

    TAG: ClassVar[int]
    IMAGE_TAG: ClassVar[int]

    images: tuple[bytes, ...] = field(repr=False)
    announced: int | None = None
    unknown: tuple[bytes, ...] = field(default=(), repr=False)
    deviations: tuple[str, ...] = field(default=(), compare=False)

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Parse the file; the images are not looked into.

        :raises TlvError: the data objects are damaged.
        :raises LdsError: there are more than 256.
        """
        count, objects = split_count(children(parse_tlv(raw, cls.TAG)))
        images = tuple(tlv.value for tlv in objects if tlv.tag == cls.IMAGE_TAG)
        unknown = tuple(tlv.raw for tlv in objects if tlv.tag != cls.IMAGE_TAG)
        checks = {
            "image-count": count != len(images) or not 1 <= len(images) <= IMAGE_LIMIT,
            "image-format": any(image_format(image) is None for image in images),
            "unknown-object": bool(unknown),
        }
        announced = None if count == len(images) else count
        return cls(images, announced, unknown, tuple(name for name, found in checks.items() if found))

    def build(self) -> bytes:
        """The file.

        :raises LdsError: more than 255 images; a number or unknown objects that would not be read again as such.
        """
        count = len(self.images) if self.announced is None else self.announced
        images = (build_tlv(self.IMAGE_TAG, image) for image in self.images)
        raw = build_tlv(self.TAG, build_count(count), *images, *self.unknown)
        if type(self).parse(raw) != self:
            raise LdsError("unknown objects that would be read otherwise than they are meant", path=(self.TAG,))
        return raw


class Dg5(_DisplayedImages):
    """DG5, the portrait as it is displayed."""

    TAG: ClassVar[int] = 0x65
    IMAGE_TAG: ClassVar[int] = 0x5F40


class Dg7(_DisplayedImages):
    """DG7, the signature or usual mark as it is displayed."""

    TAG: ClassVar[int] = 0x67
    IMAGE_TAG: ClassVar[int] = 0x5F43
