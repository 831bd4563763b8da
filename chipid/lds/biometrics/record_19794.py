# SPDX-License-Identifier: Apache-2.0
"""What the image records of ISO/IEC 19794 share: fields of fixed width in tables, a record header, then images.

Editions differ in their tables alone; see :mod:`chipid.lds.biometrics.fixed_width`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, Self, TypeVar

from chipid.errors import LdsError
from chipid.lds.biometrics.encoded_image import IMAGE_LIMIT, IMAGE_SIZE_LIMIT, contradictions
from chipid.lds.biometrics.fixed_width import (
    COUNT,
    IMAGE_LENGTH,
    LENGTH,
    Layout,
    Number,
    Row,
    Rows,
    build_fields,
    numbers,
    read_fields,
)
from chipid.lds.image import ImageFormat, image_format, read_image_header
from chipid.lds.octets import OctetReader

# Images -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, repr=False, kw_only=True)
class BiometricImage(ABC):
    """One image with all that its record says of it, the record's own header included.

    A subclass is an edition of a part of ISO/IEC 19794; its tables say all that is particular to it.

    :ivar image: the octets of the image as they stand in the record, with whatever follows the image's end marker.
    :ivar width: in pixels, as the record declares it; *height* likewise.
    :raises LdsError: a field that its record has no room for, an empty image, one of more than 8 MiB, or one whose format neither
        the record nor its first octets tell.
    """

    START: ClassVar[bytes]
    """Format identifier and version."""
    RECORD: ClassVar[Layout]
    """The record header behind :attr:`START`; images of one record have the same values in it."""
    IMAGE: ClassVar[Layout]
    """The header of each image."""
    FORMAT_FIELD: ClassVar[str]
    FORMATS: ClassVar[Mapping[int, ImageFormat]]
    """What the codes in :attr:`FORMAT_FIELD` mean."""
    CODES: ClassVar[Mapping[str, Container[Any]]]
    """The codes that the standard defines, field by field."""

    image: bytes
    width: int
    height: int

    def __post_init__(self) -> None:
        if not 1 <= len(self.image) <= IMAGE_SIZE_LIMIT:
            raise LdsError(f"an image has from 1 to {IMAGE_SIZE_LIMIT} octets")
        for name, codec in self.RECORD + self.layout():
            if hasattr(self, name):
                codec.build(getattr(self, name), name)
        if self._format() is None:
            raise LdsError("an image whose format neither its record nor its first octets tell")

    @classmethod
    def from_image(cls, image: bytes, **about: Any) -> Self:
        """An image for a record from an image file; format, width and height come from the file itself.

        :param about: further fields.
        :raises LdsError: a damaged header, or a format that the record has no code for.
        """
        found = read_image_header(image)
        code = next((code for code, known in cls.FORMATS.items() if known is found.format), None)
        if code is None:
            raise LdsError(f"{found.format.name} images have no place in this record")
        return cls(**{"image": image, "width": found.width, "height": found.height, cls.FORMAT_FIELD: code, **about})

    @property
    def format(self) -> ImageFormat:
        """How the image is encoded: by its first octets; by the record where these tell nothing."""
        found = self._format()
        assert found is not None  # noqa: S101 - the constructor saw to it
        return found

    @property
    @abstractmethod
    def pixel_bits(self) -> int:
        """How many bits a pixel has in an uncompressed image."""

    @property
    def deviations(self) -> tuple[str, ...]:
        """The names of fields that hold a code the standard does not define, and what the image itself contradicts.

        Beside the fields' names: ``image-format`` (declared another), ``image-header`` (damaged), ``image-size`` (declared
        another).
        """
        found = [name.replace("_", "-") for name, codes in self.CODES.items() if getattr(self, name) not in codes]
        return (*found, *self._contradictions())

    def layout(self) -> Layout:
        """The header of this image."""
        return self.IMAGE

    def build_header(self, behind: int) -> bytes:
        """The header of this image.

        :param behind: how many octets it has to announce behind itself.
        """
        values = {**vars(self), IMAGE_LENGTH: len(self.image), LENGTH: 0}
        size = len(build_fields(values, self.layout()))
        return build_fields({**values, LENGTH: size + behind}, self.layout())

    def record_values(self) -> dict[str, Any]:
        """The fields that all images of one record have in common."""
        return {name: getattr(self, name) for name, _ in self.RECORD if name not in (LENGTH, COUNT)}

    @classmethod
    @abstractmethod
    def read_images(cls, octets: OctetReader, record: dict[str, Any], count: int) -> Iterator[Self]:
        """The images behind a record header.

        :param record: its fields.
        :param count: how many parts it announces.
        :raises LdsError: a length that reaches past the data, or what the class itself refuses.
        """

    @classmethod
    def build_images(cls, images: tuple[Self, ...]) -> tuple[int, bytes]:
        """How many parts the record header has to announce, and their octets."""
        return len(images), b"".join(image.build() for image in images)

    def build(self) -> bytes:
        """The image's own part of a record: its header and its octets."""
        return self.build_header(len(self.image)) + self.image

    @classmethod
    def of(cls, octets: OctetReader, fields: dict[str, Any]) -> Self:
        """An image of *fields*; what it refuses has the place of *octets*."""
        try:
            return cls(**fields)
        except LdsError as error:
            raise octets.error(str(error)) from error

    def _format(self) -> ImageFormat | None:
        declared = self.FORMATS.get(getattr(self, self.FORMAT_FIELD))
        if declared is ImageFormat.RAW and len(self.image) == self._raw_size():
            return declared  # the first pixels may look like anything
        return image_format(self.image) or declared

    def _contradictions(self) -> Iterator[str]:
        if self.format is ImageFormat.RAW:
            return iter(() if len(self.image) == self._raw_size() else ("image-size",))
        return contradictions(self.image, self._declared_format(), (self.width, self.height))

    def _declared_format(self) -> ImageFormat | None:
        """As :func:`contradictions` takes it: a code that the standard does not define is told by its field alone."""
        return self.FORMATS.get(getattr(self, self.FORMAT_FIELD), self.format)

    def _raw_size(self) -> int:
        return -(-self.width * self.height * self.pixel_bits // 8)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.format.name}, {len(self.image)} octets>"


Image = TypeVar("Image", bound=BiometricImage)


def whole_octets(depth: int) -> int:
    """How many bits a sample of *depth* bits takes where samples are not packed: those of one octet, or of two."""
    return 16 if 8 < depth <= 16 else 8


def take_image(octets: OctetReader, size: int) -> bytes:
    """An image of *size* octets.

    :raises LdsError: it is empty, larger than 8 MiB, or not all there.
    """
    if not 1 <= size <= IMAGE_SIZE_LIMIT:
        raise octets.error(f"an image has from 1 to {IMAGE_SIZE_LIMIT} octets")
    return octets.take(size)


# Records ----------------------------------------------------------------------------------------------------------


def read_record(octets: OctetReader, editions: tuple[type[Image], ...]) -> tuple[tuple[Image, ...], tuple[str, ...]]:
    """The images of a record, and how the record deviates from the standard.

    Lengths inside the record lead; its own length only counts as a deviation where it differs (``record-length``), and what stands
    behind the last image is ``trailing-octets``. ``no-images`` is a record without one. The images' own deviations are theirs.

    :param octets: from the format identifier on.
    :raises LdsError: none of *editions*, more than 32 images, lengths that reach past the data.
    """
    start = octets.offset
    identifier = octets.take(8)
    edition = next((edition for edition in editions if identifier == edition.START), None)
    if edition is None:
        raise octets.error("not a record of a known format and version")
    record = read_fields(octets, edition.RECORD)
    announced_size, count = record.pop(LENGTH), record.pop(COUNT)
    images: list[Image] = []
    for image in edition.read_images(octets, record, count):
        if len(images) == IMAGE_LIMIT:
            raise octets.error(f"more than {IMAGE_LIMIT} images in one record")
        images.append(image)
    found = (
        ("record-length", octets.offset - start != announced_size),
        ("trailing-octets", octets.left > 0),
        ("no-images", not images),
    )
    return tuple(images), tuple(name for name, is_so in found if is_so)


def build_record(images: tuple[BiometricImage, ...]) -> bytes:
    """A record with *images* in order.

    :raises LdsError: none or more than 32, images of several editions, or images that differ in what the record header says.
    """
    if not 1 <= len(images) <= IMAGE_LIMIT:
        raise LdsError(f"a record has from 1 to {IMAGE_LIMIT} images")
    first, edition = images[0], type(images[0])
    if any(image.record_values() != first.record_values() for image in images):
        raise LdsError("images that have no record header in common")
    count, parts = edition.build_images(images)
    values = {**first.record_values(), COUNT: count, LENGTH: 0}
    size = len(edition.START) + len(build_fields(values, edition.RECORD)) + len(parts)
    return edition.START + build_fields({**values, LENGTH: size}, edition.RECORD) + parts


# Editions of 2011 -------------------------------------------------------------------------------------------------


class CaptureDate(NamedTuple):
    """When an image was captured, in UTC (ISO/IEC 19794-1:2011); all ones where a part is not known."""

    year: int = 0xFFFF
    month: int = 0xFF
    day: int = 0xFF
    hour: int = 0xFF
    minute: int = 0xFF
    second: int = 0xFF
    millisecond: int = 0xFFFF


UNKNOWN_DATE = CaptureDate()


class QualityBlock(NamedTuple):
    """What an algorithm thinks of an image (ISO/IEC 19794-1:2011): 0–100, or 255 where it failed."""

    score: int
    algorithm_vendor: int
    algorithm: int


class CertificationBlock(NamedTuple):
    """Who certified a capture device, and under which scheme (ISO/IEC 19794-1:2011)."""

    authority: int
    scheme: int


QUALITY_BLOCKS = Rows(Row(QualityBlock, (8, 16, 16)))
CERTIFICATION_BLOCKS = Rows(Row(CertificationBlock, (16, 8)))

REPRESENTATION_START: Layout = (
    (LENGTH, Number(4)),
    ("capture_date", Row(CaptureDate, (16, 8, 8, 8, 8, 8, 16))),
    *numbers(device_technology=1, device_vendor=2, device_type=2),
    ("quality_blocks", QUALITY_BLOCKS),
)
"""How the header of each representation starts, in every part of the edition of 2011."""


@dataclass(frozen=True, repr=False, kw_only=True)
class Representation2011(BiometricImage):
    """An image with what every part of the edition of 2011 says of it.

    :ivar certification_flag: 1 where the record has certification blocks, 0 otherwise.
    :ivar device_technology: how the capture device works, as the part codes it; 0 where it is not told.
    :ivar device_vendor: as registered with the biometric registration authority; 0 where it is not told.
    :ivar device_type: as its vendor numbers it; 0 where it is not told.
    :ivar quality_blocks: one for each algorithm that judged the image.
    :ivar extended_data: what stands behind the image in its representation, raw.
    :ivar announced_length: the representation's length as it stood, where it could not be the true one; otherwise ``None``.
    """

    certification_flag: int = 0
    capture_date: CaptureDate = UNKNOWN_DATE
    device_technology: int = 0
    device_vendor: int = 0
    device_type: int = 0
    quality_blocks: tuple[QualityBlock, ...] = ()
    extended_data: bytes = b""
    announced_length: int | None = None

    @classmethod
    def layout_of(cls, certification_flag: int) -> Layout:  # noqa: ARG003 - parts that know certificates look at it
        """The header of a representation in a record with this flag."""
        return REPRESENTATION_START + cls.IMAGE

    def layout(self) -> Layout:
        """See :meth:`BiometricImage.layout`."""
        return self.layout_of(self.certification_flag)

    @property
    def deviations(self) -> tuple[str, ...]:
        """As :attr:`BiometricImage.deviations`; and ``representation-length``, ``quality-blocks`` (a score that cannot be)."""
        found = (
            ("representation-length", self.announced_length is not None),
            ("quality-blocks", any(100 < block.score < 255 for block in self.quality_blocks)),
        )
        return (*super().deviations, *(name for name, is_so in found if is_so))

    @classmethod
    def read_images(cls, octets: OctetReader, record: dict[str, Any], count: int) -> Iterator[Self]:
        """See :meth:`BiometricImage.read_images`."""
        layout = cls.layout_of(record["certification_flag"])
        for _ in range(count):
            start = octets.offset
            fields = read_fields(octets, layout)
            announced, fields["image"] = fields.pop(LENGTH), take_image(octets, fields.pop(IMAGE_LENGTH))
            more = announced - (octets.offset - start)
            if 0 <= more <= octets.left:
                fields["extended_data"] = octets.take(more)
            else:
                fields["announced_length"] = announced
            yield cls.of(octets, {**record, **fields})

    def build(self) -> bytes:
        """See :meth:`BiometricImage.build`."""
        body = self.image + self.extended_data
        header = self.build_header(len(body))
        if self.announced_length is not None:
            header = Number(4).build(self.announced_length, "announced_length") + header[4:]
        return header + body
