# SPDX-License-Identifier: Apache-2.0
"""Facial records of ISO/IEC 19794-5:2005, version 010 (§5): a record header, then each image's information and its octets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self, TypedDict, Unpack

from chipid.errors import LdsError
from chipid.lds.image import ImageFormat, image_format, read_image_header, split_padding
from chipid.lds.octets import OctetReader

RECORD_START = b"FAC\x00"
RECORD_VERSION = b"010\x00"
RECORD_HEADER_SIZE = 14
FACE_HEADER_SIZE = 20
FEATURE_POINT_SIZE = 8
IMAGE_HEADER_SIZE = 12

IMAGE_SIZE_LIMIT = 8 << 20
FEATURE_POINT_LIMIT = 1_000
FACE_LIMIT = 32

IMAGE_DATA_TYPES = {ImageFormat.JPEG: 0, ImageFormat.JPEG2000: 1}
"""The image data types (§5.7.2)."""

_FORMATS = {code: name for name, code in IMAGE_DATA_TYPES.items()}

# The codes that the standard defines; vendors have the upper half of some ranges.
_VENDOR = frozenset(range(0x80, 0x100))
_CODES = {
    "gender": frozenset((0, 1, 2, 0xFF)),
    "eye_colour": frozenset((*range(8), 0xFF)),
    "hair_colour": frozenset((*range(10), 0xFF)),
    "expression": frozenset((*range(8), *range(0x8000, 0x10000))),
    "face_image_type": frozenset(range(3)),
    "image_data_type": frozenset(_FORMATS),
    "colour_space": frozenset(range(5)) | _VENDOR,
    "source_type": frozenset(range(8)) | _VENDOR,
}
_ANGLE_CODES = frozenset(range(182))  # 0 is unspecified, then two degrees a step (§5.5.7)

_FIELD_SIZES = {
    "width": 2,
    "height": 2,
    "gender": 1,
    "eye_colour": 1,
    "hair_colour": 1,
    "feature_mask": 3,
    "expression": 2,
    "face_image_type": 1,
    "image_data_type": 1,
    "colour_space": 1,
    "source_type": 1,
    "device_type": 2,
    "quality": 2,
}


@dataclass(frozen=True, repr=False)
class FeaturePoint:
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
        return b"".join(
            _field(value, size, "a feature point's field")
            for value, size in ((self.point_type, 1), (self.code, 1), (self.x, 2), (self.y, 2), (self.reserved, 2))
        )


class FaceFields(TypedDict, total=False):
    """What can be said of a face beside its image; each as in :class:`FaceImage`."""

    width: int
    height: int
    feature_points: tuple[FeaturePoint, ...]
    gender: int
    eye_colour: int
    hair_colour: int
    feature_mask: int
    expression: int
    pose_angle: tuple[int, int, int]
    pose_uncertainty: tuple[int, int, int]
    face_image_type: int
    image_data_type: int
    colour_space: int
    source_type: int
    device_type: int
    quality: int


@dataclass(frozen=True, repr=False)
class FaceImage:
    """One portrait with all that its record says of it; codes as in ISO/IEC 19794-5:2005 §5.5–5.7.

    :ivar image: the image file, without padding.
    :ivar format: by the image's first octets; by *image_data_type* where these tell nothing.
    :ivar width: in pixels, as the record declares it (it may be 0); *height* likewise.
    :ivar feature_mask: three octets as a number.
    :ivar pose_angle: yaw, pitch and roll as coded, not in degrees; *pose_uncertainty* likewise.
    :ivar padding: what stands behind the image's end marker in its block.
    :raises LdsError: a field that its record has no room for, an empty image, one of more than 8 MiB.
    """

    image: bytes
    format: ImageFormat
    width: int
    height: int
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
        for name, size in _FIELD_SIZES.items():
            _field(getattr(self, name), size, name)
        for name in ("pose_angle", "pose_uncertainty"):
            if len(getattr(self, name)) != 3:
                raise LdsError(f"{name} has three parts")
            for angle in getattr(self, name):
                _field(angle, 1, name)
        if not 1 <= len(self.image) <= IMAGE_SIZE_LIMIT - len(self.padding):
            raise LdsError(f"an image has from 1 to {IMAGE_SIZE_LIMIT} octets, padding included")
        if len(self.feature_points) > FEATURE_POINT_LIMIT:
            raise LdsError(f"more than {FEATURE_POINT_LIMIT} feature points")

    @classmethod
    def from_image(cls, image: bytes, **about: Unpack[FaceFields]) -> Self:
        """A face from a JPEG or JPEG 2000 file; format, width and height come from the image itself.

        :raises LdsError: another format, a damaged header, or more pixels than the record's two octets can say.
        """
        found = read_image_header(image)
        if found.format not in IMAGE_DATA_TYPES:
            raise LdsError("an image neither JPEG nor JPEG 2000")
        fields: FaceFields = {
            "width": found.width,
            "height": found.height,
            "image_data_type": IMAGE_DATA_TYPES[found.format],
            **about,
        }
        image, padding = split_padding(image)
        return cls(image, found.format, padding=padding, **fields)

    @property
    def deviations(self) -> tuple[str, ...]:
        """The names of fields that hold a code the standard does not define, and what the image itself contradicts.

        Beside the fields' names: ``image-format`` (declared another), ``image-header`` (damaged), ``image-size``
        (declared another).
        """
        found = [name for name, codes in _CODES.items() if getattr(self, name) not in codes]
        found += [name for name in ("pose_angle", "pose_uncertainty") if not _ANGLE_CODES.issuperset(getattr(self, name))]
        return (*(name.replace("_", "-") for name in found), *self._contradictions())

    def _contradictions(self) -> Iterator[str]:
        if self.image_data_type != IMAGE_DATA_TYPES.get(self.format):
            yield "image-format"
        try:
            header = read_image_header(self.image)
        except LdsError:
            yield "image-header"
        else:
            if (header.width, header.height) != (self.width, self.height):
                yield "image-size"

    def build(self) -> bytes:
        """The face's part of a record: information, feature points, image information, image."""
        points = b"".join(point.build() for point in self.feature_points)
        block = self.image + self.padding
        size = FACE_HEADER_SIZE + len(points) + IMAGE_HEADER_SIZE + len(block)
        information = (
            (size, 4),
            (len(self.feature_points), 2),
            (self.gender, 1),
            (self.eye_colour, 1),
            (self.hair_colour, 1),
            (self.feature_mask, 3),
            (self.expression, 2),
        )
        image_information = (
            (self.face_image_type, 1),
            (self.image_data_type, 1),
            (self.width, 2),
            (self.height, 2),
            (self.colour_space, 1),
            (self.source_type, 1),
            (self.device_type, 2),
            (self.quality, 2),
        )
        angles = bytes((*self.pose_angle, *self.pose_uncertainty))
        return _numbers(information) + angles + points + _numbers(image_information) + block

    def __repr__(self) -> str:
        return f"<FaceImage {self.format.name}, {len(self.image)} octets>"


def build_face_record(faces: tuple[FaceImage, ...]) -> bytes:
    """A facial record, version 010, with *faces* in order.

    :raises LdsError: more than 32.
    """
    if len(faces) > FACE_LIMIT:
        raise LdsError(f"more than {FACE_LIMIT} faces in one record")
    parts = b"".join(face.build() for face in faces)
    size = RECORD_HEADER_SIZE + len(parts)
    return RECORD_START + RECORD_VERSION + size.to_bytes(4, "big") + len(faces).to_bytes(2, "big") + parts


def read_face_record(octets: OctetReader) -> tuple[tuple[FaceImage, ...], tuple[str, ...]]:
    """The faces of a record that starts with ``FAC``, and how the record deviates from the standard.

    Lengths inside the record lead; its own length only counts as a deviation where it differs (``record-length``), and what stands
    behind the last face is ``trailing-octets``. The faces' own deviations are theirs.

    :raises LdsError: another version, more than 32 faces or 1,000 feature points, lengths that reach past the data.
    """
    start = octets.offset
    if octets.take(4) != RECORD_START or octets.take(4) != RECORD_VERSION:
        raise octets.error("not a facial record of version 010")
    announced_size, count = octets.number(4), octets.number(2)
    if count > FACE_LIMIT:
        raise octets.error(f"more than {FACE_LIMIT} faces in one record")
    faces = tuple(_read_face(octets) for _ in range(count))
    deviations = []
    if octets.offset - start != announced_size:
        deviations.append("record-length")
    if octets.left:
        deviations.append("trailing-octets")
    return faces, tuple(deviations)


def _read_face(octets: OctetReader) -> FaceImage:
    size = octets.number(4)
    if size < FACE_HEADER_SIZE + IMAGE_HEADER_SIZE:
        raise octets.error("a face block too short for its fields")
    block = octets.part(size - 4)
    point_count = block.number(2)
    gender, eye_colour, hair_colour = block.number(1), block.number(1), block.number(1)
    feature_mask, expression = block.number(3), block.number(2)
    pose_angle = (block.number(1), block.number(1), block.number(1))
    pose_uncertainty = (block.number(1), block.number(1), block.number(1))
    if point_count > FEATURE_POINT_LIMIT:
        raise block.error(f"more than {FEATURE_POINT_LIMIT} feature points")
    points = tuple(_read_feature_point(block) for _ in range(point_count))
    face_image_type, image_data_type = block.number(1), block.number(1)
    width, height = block.number(2), block.number(2)
    colour_space, source_type = block.number(1), block.number(1)
    device_type, quality = block.number(2), block.number(2)
    if not 1 <= block.left <= IMAGE_SIZE_LIMIT:
        raise block.error(f"an image has from 1 to {IMAGE_SIZE_LIMIT} octets")
    image, padding = split_padding(block.rest)
    return FaceImage(
        image,
        _format_of(image, image_data_type, block),
        width,
        height,
        points,
        gender,
        eye_colour,
        hair_colour,
        feature_mask,
        expression,
        pose_angle,
        pose_uncertainty,
        face_image_type,
        image_data_type,
        colour_space,
        source_type,
        device_type,
        quality,
        padding,
    )


def _format_of(image: bytes, declared: int, block: OctetReader) -> ImageFormat:
    found = image_format(image)
    if found is not None:
        return found
    if declared not in _FORMATS:
        raise block.error("an image neither JPEG nor JPEG 2000")
    return _FORMATS[declared]


def _read_feature_point(octets: OctetReader) -> FeaturePoint:
    return FeaturePoint(octets.number(1), octets.number(1), octets.number(2), octets.number(2), octets.number(2))


def _numbers(fields: tuple[tuple[int, int], ...]) -> bytes:
    return b"".join(value.to_bytes(size, "big") for value, size in fields)


def _field(value: int, size: int, name: str) -> bytes:
    if not 0 <= value < 1 << 8 * size:
        raise LdsError(f"{name} has {size} octets")
    return value.to_bytes(size, "big")
