# SPDX-License-Identifier: Apache-2.0
"""Irises of ISO/IEC 39794-6:2021, in the schema's names and order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Self

from chipid.lds.biometrics.framework_39794 import (
    DataBlock,
    DateTimeBlock,
    PADDataBlock,
    QualityBlock,
    RegistryIdBlock,
    Representation,
    VersionBlock,
)
from chipid.lds.biometrics.schema_39794 import Block, Choice, Code
from chipid.lds.image import ImageFormat

# One type has a component with the name "range", which therefore means something else in the annotations of its class.
DISTANCES, POSITIVE_SHORT = range(2, 65_534), range(1, 1 << 16)
BIT_DEPTHS, FORMAT_CODES, THREE_CODES = range(8, 25), range(5), range(3)


@dataclass(frozen=True, repr=False)
class RangeOrError(Choice):
    """How far the camera was from the eye, or why that is not known.

    :ivar range: in millimetres.
    :ivar error_code: 0 unassigned, 1 failed, 2 overflow.
    """

    range: Annotated[int | None, DISTANCES] = None
    error_code: Annotated[int | None, THREE_CODES] = None


@dataclass(frozen=True, repr=False)
class CaptureDeviceBlock(Block):
    """The camera's model, its technology (0 unknown, 1 CMOS or CCD), its certificates."""

    model_id_block: RegistryIdBlock
    technology_id: Annotated[Code | None, range(2)] = None
    certification_id_blocks: tuple[RegistryIdBlock, ...] = ()


@dataclass(frozen=True, repr=False)
class RollAngleBlock(Block):
    """How the eye is rolled, as coded."""

    angle: int
    uncertainty: int


@dataclass(frozen=True, repr=False)
class LocalisationBlock(Block):
    """Where the iris is, in pixels."""

    iris_center_x_smallest: Annotated[int | None, POSITIVE_SHORT] = None
    iris_center_x_largest: Annotated[int | None, POSITIVE_SHORT] = None
    iris_center_y_smallest: Annotated[int | None, POSITIVE_SHORT] = None
    iris_center_y_largest: Annotated[int | None, POSITIVE_SHORT] = None
    iris_diameter_smallest: Annotated[int | None, POSITIVE_SHORT] = None
    iris_diameter_largest: Annotated[int | None, POSITIVE_SHORT] = None


@dataclass(frozen=True, repr=False)
class IrisRepresentationBlock(Representation):
    """One image of an iris with all that its data block says of it (RepresentationBlock).

    :ivar eye_label_code: 0 unknown, 1 right, 2 left.
    :ivar iris_image_kind: 1 uncropped, 2 VGA, 3 cropped, 7 cropped and masked.
    :ivar bit_depth: of a pixel, all colours together.
    :ivar image_data_format: 0 PGM, 1 PPM, 2 PNG, 3 JPEG 2000 lossless, 4 JPEG 2000 lossy.
    :ivar horizontal_orientation_code: 0 undefined, 1 left to right, 2 right to left.
    :ivar vertical_orientation_code: 0 undefined, 1 top to bottom, 2 bottom to top.
    :ivar compression_history_code: 0 undefined, 1 lossless or none, 2 lossy.
    """

    FORMATS: ClassVar[Mapping[int, ImageFormat]] = {
        2: ImageFormat.PNG,
        3: ImageFormat.JPEG2000,
        4: ImageFormat.JPEG2000,
    }

    eye_label_code: Annotated[int, THREE_CODES]
    iris_image_kind: Annotated[Code, frozenset((1, 2, 3, 7))]
    bit_depth: Annotated[int, BIT_DEPTHS]
    image_data_format: Annotated[Code, FORMAT_CODES]
    horizontal_orientation_code: Annotated[int, THREE_CODES]
    vertical_orientation_code: Annotated[int, THREE_CODES]
    compression_history_code: Annotated[int, THREE_CODES]
    capture_date_time_block: DateTimeBlock
    iris_image_data: bytes
    range: RangeOrError | None = None
    capture_device_block: CaptureDeviceBlock | None = None
    quality_blocks: tuple[QualityBlock, ...] = ()
    roll_angle_block: RollAngleBlock | None = None
    localisation_block: LocalisationBlock | None = None
    pad_data_block: PADDataBlock | None = None

    @classmethod
    def from_image(cls, image: bytes, eye: int, captured: DateTimeBlock, **about: Any) -> Self:
        """An iris, uncropped and upright, from an image file in PNG or JPEG 2000.

        :param about: further components, or others than these.
        :raises LdsError: another format.
        """
        components: dict[str, Any] = {
            "iris_image_kind": Code(1),
            "bit_depth": 8,
            "image_data_format": cls.code_of_format(image),
            "horizontal_orientation_code": 1,
            "vertical_orientation_code": 1,
            "compression_history_code": 0,
        }
        return cls(**{**components, "eye_label_code": eye, "capture_date_time_block": captured, "iris_image_data": image, **about})

    @property
    def image(self) -> bytes:
        """See :attr:`Representation.image`."""
        return self.iris_image_data

    @property
    def declared_format(self) -> Code:
        """See :attr:`Representation.declared_format`."""
        return self.image_data_format


@dataclass(frozen=True, repr=False)
class IrisImageDataBlock(DataBlock):
    """Images of irises."""

    APPLICATION_TAG: ClassVar[int] = 0x66

    version_block: VersionBlock
    representation_blocks: tuple[IrisRepresentationBlock, ...]

    @property
    def representations(self) -> tuple[IrisRepresentationBlock, ...]:
        """See :attr:`DataBlock.representations`."""
        return self.representation_blocks
