# SPDX-License-Identifier: Apache-2.0
"""Fingers and palms of ISO/IEC 39794-4:2019, in the schema's names and order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Self

from chipid.lds.biometrics.framework_39794 import (
    SHORT,
    CoordinateCartesian2DUnsignedShortBlock,
    DataBlock,
    DateTimeBlock,
    ExtendedDataBlock,
    PADDataBlock,
    QualityBlock,
    RegistryIdBlock,
    Representation,
    ScoreOrError,
    VersionBlock,
)
from chipid.lds.biometrics.schema_39794 import Block, Code
from chipid.lds.image import ImageFormat

POSITIONS = frozenset((*range(11), *range(13, 39), *range(40, 56), *range(60, 80), *range(81, 87), 999))
"""0 unknown, 1–5 right thumb to little finger, 6–10 left thumb to little finger, 13 right and 14 left four fingers, 15 both thumbs;
then palms, further fingers together, soles and toes, and 999 another.
"""
IMPRESSIONS = frozenset((0, 1, 4, 8, 24, 25, 28, 29, 41, 42))
"""0 plain contact, 1 rolled contact, 4 latent, 8 swipe, 24 and 25 contactless plain and rolled, 28 other, 29 unknown, 41 and 42
contactless from a moving subject.
"""


@dataclass(frozen=True, repr=False)
class CaptureDeviceBlock(Block):
    """The sensor's model, its technology, its certificates."""

    model_id_block: RegistryIdBlock
    technology_id: Annotated[Code | None, frozenset(range(23)) - {8}] = None
    certification_id_blocks: tuple[RegistryIdBlock, ...] = ()


@dataclass(frozen=True, repr=False)
class SpatialSamplingRateBlock(Block):
    """The image's resolution.

    :ivar unit_dimension: 0 samples per inch, 1 per centimetre.
    """

    samples_per_unit: Annotated[int, SHORT]
    unit_dimension: Annotated[int, range(2)]


@dataclass(frozen=True, repr=False)
class SegmentBlock(Block):
    """One finger in an image of several.

    :ivar enclosing_coordinates_block: the corners of a polygon around it; of two, a rectangle's.
    """

    position: Annotated[Code, POSITIONS]
    enclosing_coordinates_block: Annotated[tuple[CoordinateCartesian2DUnsignedShortBlock, ...], range(2, 257)]
    orientation: Annotated[int | None, range(256)] = None
    quality_blocks: tuple[QualityBlock, ...] = ()
    confidence: ScoreOrError | None = None


@dataclass(frozen=True, repr=False)
class SegmentationBlock(Block):
    """The fingers that an algorithm found in an image."""

    algorithm_id_block: RegistryIdBlock
    segment_blocks: tuple[SegmentBlock, ...]


@dataclass(frozen=True, repr=False)
class AnnotationBlock(Block):
    """Why a finger is missing or odd.

    :ivar reason: 0 unknown, 1 other, 2 amputated, 3 unable to print, 4 bandaged, 5 physically challenged, 6 diseased.
    """

    position: Annotated[Code, POSITIONS]
    reason: Annotated[Code, range(7)]


@dataclass(frozen=True, repr=False)
class FingerRepresentationBlock(Representation):
    """One image of a finger, of several or of a palm, with all that its data block says of it (RepresentationBlock).

    :ivar position: one of :data:`POSITIONS`.
    :ivar impression: one of :data:`IMPRESSIONS`.
    :ivar image_data_format: 0 PGM, 1 WSQ, 2 JPEG 2000 lossy, 3 JPEG 2000 lossless, 4 PNG.
    :ivar original_rotation: in degrees.
    """

    FORMATS: ClassVar[Mapping[int, ImageFormat]] = {
        1: ImageFormat.WSQ,
        2: ImageFormat.JPEG2000,
        3: ImageFormat.JPEG2000,
        4: ImageFormat.PNG,
    }

    position: Annotated[Code, POSITIONS]
    impression: Annotated[Code, IMPRESSIONS]
    image_data_format: Annotated[Code, range(5)]
    image_data: bytes
    capture_date_time_block: DateTimeBlock | None = None
    capture_device_block: CaptureDeviceBlock | None = None
    quality_blocks: tuple[QualityBlock, ...] = ()
    spatial_sampling_rate_block: SpatialSamplingRateBlock | None = None
    position_computed_by_capture_system: bool | None = None
    original_rotation: Annotated[int | None, range(360)] = None
    image_rotated_to_vertical: bool | None = None
    image_has_been_lossily_compressed: bool | None = None
    segmentation_blocks: tuple[SegmentationBlock, ...] = ()
    annotation_blocks: tuple[AnnotationBlock, ...] = ()
    pad_data_block: PADDataBlock | None = None
    comment_blocks: tuple[str, ...] = ()
    vendor_specific_data_blocks: tuple[ExtendedDataBlock, ...] = ()

    @classmethod
    def from_image(cls, image: bytes, position: int, impression: int = 0, **about: Any) -> Self:
        """A finger from an image file in WSQ, JPEG 2000 or PNG.

        :param about: further components.
        :raises LdsError: another format.
        """
        return cls(Code(position), Code(impression), cls.code_of_format(image), image, **about)

    @property
    def image(self) -> bytes:
        """See :attr:`Representation.image`."""
        return self.image_data

    @property
    def declared_format(self) -> Code:
        """See :attr:`Representation.declared_format`."""
        return self.image_data_format


@dataclass(frozen=True, repr=False)
class FingerImageDataBlock(DataBlock):
    """Images of fingers."""

    APPLICATION_TAG: ClassVar[int] = 0x64

    version_block: VersionBlock
    representation_blocks: tuple[FingerRepresentationBlock, ...]

    @property
    def representations(self) -> tuple[FingerRepresentationBlock, ...]:
        """See :attr:`DataBlock.representations`."""
        return self.representation_blocks
