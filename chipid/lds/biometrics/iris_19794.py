# SPDX-License-Identifier: Apache-2.0
"""Iris image records of ISO/IEC 19794-6: of 2005 (version 010), which ICAO 9303-10 §4.7.4 asks for, and of 2011 (version 020)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any, ClassVar, Self

from chipid.lds.biometrics.fixed_width import IMAGE_LENGTH, Layout, Octets, build_fields, numbers, read_fields
from chipid.lds.biometrics.record_19794 import BiometricImage, Representation2011, take_image, whole_octets
from chipid.lds.image import ImageFormat
from chipid.lds.octets import OctetReader

RECORD_START = b"IIR\x00"

UNDEFINED_ANGLE = 0xFFFF
IMAGES = "images"

_EYES = range(3)
_RGB_RAW = 4


@dataclass(frozen=True, repr=False, kw_only=True)
class IrisImage(BiometricImage):
    """One iris; what both editions say of it.

    :ivar eye: 1 right, 2 left, 0 not known.
    :ivar image_format: how the image is encoded, and in how many colours, as the edition codes it.
    :ivar image_properties: bits; see :attr:`horizontal_orientation` and :attr:`vertical_orientation`. What the others mean, the
        edition says.
    :ivar depth: bits of a pixel, or of each of its colours; 0 where it is not told.
    :ivar rotation_angle: of the eye, 65,536 to the full turn; ``UNDEFINED_ANGLE`` where it is not told.
    :ivar rotation_uncertainty: 65,536 to the half turn; ``UNDEFINED_ANGLE`` where it is not told.
    """

    FORMAT_FIELD: ClassVar[str] = "image_format"

    eye: int = 0
    image_format: int = 2
    image_properties: int = 0
    depth: int = 8
    rotation_angle: int = UNDEFINED_ANGLE
    rotation_uncertainty: int = UNDEFINED_ANGLE

    @property
    def horizontal_orientation(self) -> int:
        """0 not told, 1 as it should be, 2 flipped."""
        return self.image_properties & 3

    @property
    def vertical_orientation(self) -> int:
        """As :attr:`horizontal_orientation`."""
        return self.image_properties >> 2 & 3

    @property
    def pixel_bits(self) -> int:
        """See :attr:`BiometricImage.pixel_bits`."""
        return whole_octets(self.depth) * (3 if self.image_format == _RGB_RAW else 1)


@dataclass(frozen=True, repr=False, kw_only=True)
class IrisImage2005(IrisImage):
    """An iris image of ISO/IEC 19794-6:2005: a record header of 45 octets, then a feature header for each eye and its images.

    :ivar capture_device_id: as its vendor numbers it; 0 where it is not told.
    :ivar header_length: of the record header, as it stands there.
    :ivar image_properties: from the least significant bit: horizontal orientation (2), vertical orientation (2), scan type (3),
        iris occlusions, occlusion filling, boundary extraction (1 each).
    :ivar iris_diameter: expected, in pixels.
    :ivar image_transformation: to polar coordinates: 0 not told, 1 the standard one.
    :ivar device_unique_id: 16 octets that start with ``D`` (serial number), ``M`` (MAC address) or ``P`` (processor), or zeros.
    :ivar image_number: counts the images of one eye from 1.
    :ivar quality: 0–100, 254 not computed, 255 not available.
    """

    START: ClassVar[bytes] = RECORD_START + b"010\x00"
    RECORD: ClassVar[Layout] = (
        *numbers(
            length=4,
            capture_device_id=2,
            count=1,
            header_length=2,
            image_properties=2,
            iris_diameter=2,
            image_format=2,
            width=2,
            height=2,
            depth=1,
            image_transformation=1,
        ),
        ("device_unique_id", Octets(16)),
    )
    FEATURE: ClassVar[Layout] = numbers(eye=1, images=2)
    IMAGE: ClassVar[Layout] = numbers(image_number=2, quality=1, rotation_angle=2, rotation_uncertainty=2, image_length=4)
    FORMATS: ClassVar = {
        2: ImageFormat.RAW,
        _RGB_RAW: ImageFormat.RAW,
        6: ImageFormat.JPEG,
        8: ImageFormat.JPEG,  # in colour
        10: ImageFormat.JPEG_LS,
        12: ImageFormat.JPEG_LS,  # in colour
        14: ImageFormat.JPEG2000,
        16: ImageFormat.JPEG2000,  # in colour
    }
    CODES: ClassVar = {
        "header_length": (45,),
        "image_properties": range(1 << 10),
        "image_format": FORMATS,
        "horizontal_orientation": range(3),
        "vertical_orientation": range(3),
        "image_transformation": range(2),
        "eye": _EYES,
        "image_number": range(1, 1 << 16),
        "quality": (*range(101), 254, 255),
    }

    capture_device_id: int = 0
    header_length: int = 45
    iris_diameter: int = 0
    image_transformation: int = 0
    device_unique_id: bytes = bytes(16)
    image_number: int = 1
    quality: int = 254

    def __post_init__(self) -> None:
        super().__post_init__()
        build_fields({"eye": self.eye, IMAGES: 1}, self.FEATURE)

    @classmethod
    def read_images(cls, octets: OctetReader, record: dict[str, Any], count: int) -> Iterator[Self]:
        """See :meth:`BiometricImage.read_images`; the parts that the record header counts are eyes."""
        for _ in range(count):
            feature = read_fields(octets, cls.FEATURE)
            for _ in range(feature.pop(IMAGES)):
                fields = read_fields(octets, cls.IMAGE)
                image = take_image(octets, fields.pop(IMAGE_LENGTH))
                yield cls.of(octets, {**record, **feature, **fields, "image": image})

    @classmethod
    def build_images(cls, images: tuple[Self, ...]) -> tuple[int, bytes]:
        """See :meth:`BiometricImage.build_images`; neighbours of the same eye share a feature header."""
        eyes = [(eye, tuple(group)) for eye, group in groupby(images, attrgetter("eye"))]
        parts = (
            build_fields({"eye": eye, IMAGES: len(group)}, cls.FEATURE) + b"".join(image.build() for image in group)
            for eye, group in eyes
        )
        return len(eyes), b"".join(parts)


@dataclass(frozen=True, repr=False, kw_only=True)
class IrisImage2011(Representation2011, IrisImage):
    """An iris image of ISO/IEC 19794-6:2011: a general header of 16 octets, then representations.

    :ivar eye_count: how many eyes the record has; 0 where it is not told.
    :ivar certification_flag: 0, as there are no schemes.
    :ivar representation_number: counts from 1.
    :ivar image_type: 1 uncropped, 2 VGA, 3 cropped, 7 cropped and masked.
    :ivar image_properties: from the least significant bit: horizontal orientation (2), vertical orientation (2), reserved (2),
        compression history (2).
    :ivar camera_range: from the lens to the iris, in millimetres; 0 not assigned, 1 failed, 65,535 overflow.
    :ivar centre_smallest_x: where the centre of the iris may lie, in pixels, as *centre_largest_x*, *centre_smallest_y* and
        *centre_largest_y*; 0 where it is not told.
    :ivar diameter_smallest: of the iris, in pixels, as *diameter_largest*; 0 where it is not told.
    """

    START: ClassVar[bytes] = RECORD_START + b"020\x00"
    RECORD: ClassVar[Layout] = numbers(length=4, count=2, certification_flag=1, eye_count=1)
    IMAGE: ClassVar[Layout] = numbers(
        representation_number=2,
        eye=1,
        image_type=1,
        image_format=1,
        image_properties=1,
        width=2,
        height=2,
        depth=1,
        camera_range=2,
        rotation_angle=2,
        rotation_uncertainty=2,
        centre_smallest_x=2,
        centre_largest_x=2,
        centre_smallest_y=2,
        centre_largest_y=2,
        diameter_smallest=2,
        diameter_largest=2,
        image_length=4,
    )
    FORMATS: ClassVar = {2: ImageFormat.RAW, 10: ImageFormat.JPEG2000, 14: ImageFormat.PNG}
    CODES: ClassVar = {
        "certification_flag": (0,),
        "eye_count": _EYES,
        "device_technology": range(2),
        "eye": _EYES,
        "image_type": (1, 2, 3, 7),
        "image_format": FORMATS,
        "horizontal_orientation": range(3),
        "vertical_orientation": range(3),
        "compression_history": range(3),
    }

    eye_count: int = 1
    representation_number: int = 1
    image_type: int = 1
    camera_range: int = 0
    centre_smallest_x: int = 0
    centre_largest_x: int = 0
    centre_smallest_y: int = 0
    centre_largest_y: int = 0
    diameter_smallest: int = 0
    diameter_largest: int = 0

    @property
    def compression_history(self) -> int:
        """0 not told, 1 none or without losses, 2 with losses."""
        return self.image_properties >> 6 & 3
