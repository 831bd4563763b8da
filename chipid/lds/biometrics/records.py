# SPDX-License-Identifier: Apache-2.0
"""What a biometric data block may hold, in one shape: records of ISO/IEC 19794 and 39794, bare images, and what is kept raw."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from chipid.errors import MalformedData
from chipid.iso7816.tlv import Tlv
from chipid.lds.biometrics.framework_39794 import STANDARD_FORMAT, DataBlock, Representation
from chipid.lds.biometrics.record_19794 import BiometricImage, build_record, read_record
from chipid.lds.biometrics.template import BLOCK, CONSTRUCTED_BLOCK, EncodedImage, Record
from chipid.lds.image import ImageFormat, read_image_header, split_padding
from chipid.lds.octets import OctetReader

_START_SIZE = 8


@dataclass(frozen=True)
class ImageRecord:
    """A record of ISO/IEC 19794.

    :ivar images: in order; each holds what the record's header says too.
    :ivar record_deviations: of the record it was read from, beside those of the images.
    """

    images: tuple[Any, ...]
    record_deviations: tuple[str, ...] = field(default=(), compare=False)

    @property
    def deviations(self) -> tuple[str, ...]:
        """Those of the record, then those of its images."""
        return (*self.record_deviations, *(deviation for image in self.images for deviation in image.deviations))

    def build(self) -> bytes:
        """The record.

        :raises LdsError: none or more than 32 images, or images that do not belong together.
        """
        return build_record(self.images)


@dataclass(frozen=True, repr=False)
class BareImage:
    """An image that stands where a record belongs (docs/quirks.md 26).

    :ivar octets: the image, and any padding.
    :raises LdsError: the image's header is damaged.
    """

    octets: bytes

    def __post_init__(self) -> None:
        read_image_header(self.octets)

    @property
    def image(self) -> bytes:
        """The image file without padding."""
        return split_padding(self.octets)[0]

    @property
    def format(self) -> ImageFormat:
        """How it is encoded."""
        return read_image_header(self.octets).format

    @property
    def width(self) -> int:
        """In pixels."""
        return read_image_header(self.octets).width

    @property
    def height(self) -> int:
        """In pixels."""
        return read_image_header(self.octets).height

    @property
    def images(self) -> tuple[EncodedImage, ...]:
        """The image."""
        return (self,)

    @property
    def deviations(self) -> tuple[str, ...]:
        """None of its own: that it is there is one."""
        return ()

    def build(self) -> bytes:
        """The octets as they were."""
        return self.octets

    def __repr__(self) -> str:
        return f"<BareImage {self.format.name}, {len(self.octets)} octets>"


@dataclass(frozen=True, repr=False)
class RawRecord:
    """What has another format, or no image in it.

    :ivar octets: as they stand in the block.
    """

    octets: bytes
    deviations: tuple[str, ...] = field(default=("format-unsupported",), compare=False)

    @property
    def images(self) -> tuple[EncodedImage, ...]:
        """None."""
        return ()

    def build(self) -> bytes:
        """The octets as they were."""
        return self.octets

    def __repr__(self) -> str:
        return f"<RawRecord, {len(self.octets)} octets>"


class RecordFormat(Protocol):
    """One format of records."""

    @property
    def format_type(self) -> int:
        """What header element 88 calls it."""

    @property
    def block_tag(self) -> int:
        """The data object it stands in where it is built (ICAO 9303-10 §4.5.6)."""

    @property
    def image_type(self) -> type[Any]:
        """The class of its images."""

    def recognises(self, block: Tlv) -> bool:
        """Whether the record in *block* has this format."""

    def read(self, block: Tlv) -> Record:
        """The record in *block*.

        :raises MalformedData: it is damaged.
        """

    def record_of(self, image: Any) -> Record:
        """A record of one image."""


@dataclass(frozen=True)
class Format19794:
    """Records of ISO/IEC 19794: octets in 5F2E.

    :ivar editions: the classes of their images.
    """

    format_type: int
    image_type: type[Any]
    editions: tuple[type[BiometricImage], ...]
    block_tag: int = BLOCK

    def recognises(self, block: Tlv) -> bool:
        """See :meth:`RecordFormat.recognises`."""
        starts = tuple(edition.START for edition in self.editions)
        return block.source[block.value_start : min(block.value_end, block.value_start + _START_SIZE)].startswith(starts)

    def read(self, block: Tlv) -> Record:
        """See :meth:`RecordFormat.read`."""
        octets = OctetReader(block.source, block.value_start, block.value_end, (*block.path, block.tag))
        images, deviations = read_record(octets, self.editions)
        if not images:
            return RawRecord(block.value, deviations)
        return ImageRecord(images, deviations)

    def record_of(self, image: Any) -> Record:
        """See :meth:`RecordFormat.record_of`."""
        return ImageRecord((image,))


@dataclass(frozen=True)
class Format39794:
    """Data blocks of ISO/IEC 39794: data objects in 7F2E."""

    format_type: int
    image_type: type[Representation]
    block_type: type[DataBlock]
    block_tag: int = CONSTRUCTED_BLOCK

    def recognises(self, block: Tlv) -> bool:
        """See :meth:`RecordFormat.recognises`."""
        try:
            first = block.children().read()
            return self.block_type.APPLICATION_TAG in (first.tag, first.tag == STANDARD_FORMAT and first.children().peek())
        except MalformedData:
            return False

    def read(self, block: Tlv) -> Record:
        """See :meth:`RecordFormat.read`."""
        return self.block_type.of(block)

    def record_of(self, image: Any) -> Record:
        """See :meth:`RecordFormat.record_of`."""
        return self.block_type.of_representation(image)
