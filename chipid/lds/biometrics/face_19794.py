# SPDX-License-Identifier: Apache-2.0
"""Facial records of ISO/IEC 19794-5:2005, version 010 (§5): a record header, then each image's information and its octets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, Self

from chipid.errors import LdsError
from chipid.lds.biometrics.encoded_image import IMAGE_LIMIT, IMAGE_SIZE_LIMIT
from chipid.lds.biometrics.fixed_width import Layout, Number, Row, build_fields, numbers, read_fields
from chipid.lds.biometrics.record_19794 import BiometricImage, take_image
from chipid.lds.image import ImageFormat, split_padding
from chipid.lds.octets import OctetReader

RECORD_START = b"FAC\x00"
SIZE_OF_FIELDS = 32
"""Of a face's part of a record without feature points and image."""
FEATURE_POINT_LIMIT = 1_000

_LENGTH = Number(4)
_POINT_COUNT = "point_count"
_VENDOR = frozenset(range(0x80, 0x100))  # vendors have the upper half of some ranges
_ANGLES = Row(lambda *angles: angles, (8, 8, 8))


class FeaturePoint(NamedTuple):
    """A landmark in the face (§5.6).

    :ivar code: major code in the upper, minor in the lower half (ISO/IEC 14496-2).
    :ivar x: in pixels from the left, *y* from the top.
    """

    point_type: int
    code: int
    x: int
    y: int
    reserved: int = 0

    def build(self) -> bytes:
        """The eight octets of the feature point block."""
        return _POINT.build(self, "a feature point")

    def __repr__(self) -> str:
        return "<FeaturePoint>"


_POINT = Row(FeaturePoint, (8, 8, 16, 16, 16))


class _AngleCodes:
    """Three codes of angles: 0 is unspecified, then two degrees a step (§5.5.7)."""

    def __contains__(self, angles: Any) -> bool:
        return all(angle < 182 for angle in angles)


@dataclass(frozen=True, repr=False, kw_only=True)
class FaceImage(BiometricImage):
    """One portrait with all that its record says of it; codes as in ISO/IEC 19794-5:2005 §5.5–5.7.

    :ivar image: the image file, without padding.
    :ivar width: in pixels, as the record declares it (it may be 0); *height* likewise.
    :ivar feature_mask: three octets as a number.
    :ivar pose_angle: yaw, pitch and roll as coded, not in degrees; *pose_uncertainty* likewise.
    :ivar padding: what stands behind the image's end marker in its block.
    :raises LdsError: as :class:`BiometricImage`, where padding counts as part of the image; more than 1,000 feature points.
    """

    START: ClassVar[bytes] = RECORD_START + b"010\x00"
    RECORD: ClassVar[Layout] = numbers(length=4, count=2)
    INFORMATION: ClassVar[Layout] = (
        *numbers(point_count=2, gender=1, eye_colour=1, hair_colour=1, feature_mask=3, expression=2),
        ("pose_angle", _ANGLES),
        ("pose_uncertainty", _ANGLES),
    )
    """Of the face (§5.5), behind the length of its part; feature points stand between it and :attr:`IMAGE`."""
    IMAGE: ClassVar[Layout] = numbers(
        face_image_type=1,
        image_data_type=1,
        width=2,
        height=2,
        colour_space=1,
        source_type=1,
        device_type=2,
        quality=2,
    )
    FORMAT_FIELD: ClassVar[str] = "image_data_type"
    FORMATS: ClassVar = {0: ImageFormat.JPEG, 1: ImageFormat.JPEG2000}
    CODES: ClassVar = {
        "gender": (0, 1, 2, 0xFF),
        "eye_colour": (*range(8), 0xFF),
        "hair_colour": (*range(10), 0xFF),
        "expression": frozenset((*range(8), *range(0x8000, 0x10000))),
        "face_image_type": range(3),
        "image_data_type": FORMATS,
        "colour_space": _VENDOR | frozenset(range(5)),
        "source_type": _VENDOR | frozenset(range(8)),
        "pose_angle": _AngleCodes(),
        "pose_uncertainty": _AngleCodes(),
    }

    feature_points: tuple[FeaturePoint, ...] = ()
    gender: int = 0
    eye_colour: int = 0
    hair_colour: int = 0
    feature_mask: int = 0
    expression: int = 0
    pose_angle: tuple[int, int, int] = (0, 0, 0)
    pose_uncertainty: tuple[int, int, int] = (0, 0, 0)
    face_image_type: int = 1
    image_data_type: int = 0
    colour_space: int = 0
    source_type: int = 0
    device_type: int = 0
    quality: int = 0
    padding: bytes = b""

    def __post_init__(self) -> None:
        if self._format() is None:
            raise LdsError("an image neither JPEG nor JPEG 2000")
        super().__post_init__()
        if len(self.image) + len(self.padding) > IMAGE_SIZE_LIMIT:
            raise LdsError(f"an image has from 1 to {IMAGE_SIZE_LIMIT} octets, padding included")
        if len(self.feature_points) > FEATURE_POINT_LIMIT:
            raise LdsError(f"more than {FEATURE_POINT_LIMIT} feature points")

    @classmethod
    def from_image(cls, image: bytes, **about: Any) -> Self:
        """See :meth:`BiometricImage.from_image`; an image in JPEG or JPEG 2000, which padding may follow."""
        image, padding = split_padding(image)
        return super().from_image(image, **{"padding": padding, **about})

    @property
    def pixel_bits(self) -> int:
        """See :attr:`BiometricImage.pixel_bits`: the record has no uncompressed images."""
        return 0

    def layout(self) -> Layout:
        """See :meth:`BiometricImage.layout`."""
        return self.INFORMATION + self.IMAGE

    @classmethod
    def read_images(cls, octets: OctetReader, record: dict[str, Any], count: int) -> Iterator[Self]:
        """See :meth:`BiometricImage.read_images`."""
        if count > IMAGE_LIMIT:
            raise octets.error(f"more than {IMAGE_LIMIT} faces in one record")
        for _ in range(count):
            size = octets.number(_LENGTH.size)
            if size < SIZE_OF_FIELDS:
                raise octets.error("a face block too short for its fields")
            yield cls._read(octets.part(size - _LENGTH.size), record)

    @classmethod
    def _read(cls, block: OctetReader, record: dict[str, Any]) -> Self:
        information = read_fields(block, cls.INFORMATION)
        point_count = information.pop(_POINT_COUNT)
        if point_count > FEATURE_POINT_LIMIT:
            raise block.error(f"more than {FEATURE_POINT_LIMIT} feature points")
        points = tuple(_POINT.read(block) for _ in range(point_count))
        fields = read_fields(block, cls.IMAGE)
        image, padding = split_padding(take_image(block, block.left))
        return cls.of(block, {**record, **information, **fields, "feature_points": points, "image": image, "padding": padding})

    def build(self) -> bytes:
        """See :meth:`BiometricImage.build`."""
        values = {**vars(self), _POINT_COUNT: len(self.feature_points)}
        points = b"".join(point.build() for point in self.feature_points)
        information, image_information = build_fields(values, self.INFORMATION), build_fields(values, self.IMAGE)
        block = information + points + image_information + self.image + self.padding
        return _LENGTH.build(_LENGTH.size + len(block), "length") + block

    def _declared_format(self) -> ImageFormat | None:
        return self.FORMATS.get(self.image_data_type)
