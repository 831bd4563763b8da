# SPDX-License-Identifier: Apache-2.0
"""Faces of ISO/IEC 39794-5:2019 in ICAO's application profile for eMRTDs, in the schema's names and order.

Codes that ISO/IEC 39794-5 has and the profile leaves out are read as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Annotated, Any, ClassVar, Self

from chipid.lds.biometrics.framework_39794 import (
    SHORT,
    UNSIGNED,
    CoordinateCartesian2DUnsignedShortBlock,
    CoordinateCartesian3DUnsignedShortBlock,
    DataBlock,
    DateTimeBlock,
    PADDataBlock,
    QualityBlock,
    RegistryIdBlock,
    Representation,
    VersionBlock,
)
from chipid.lds.biometrics.schema_39794 import Block, Choice, Code
from chipid.lds.image import ImageFormat, read_image_header


class ImageDataFormat(IntEnum):
    """How a face is encoded."""

    JPEG = 2
    JPEG2000_LOSSY = 3
    JPEG2000_LOSSLESS = 4


class Gender(IntEnum):
    """Of the holder."""

    UNKNOWN = 0
    OTHER = 1
    MALE = 2
    FEMALE = 3


class EyeColour(IntEnum):
    """Of the holder."""

    UNKNOWN = 0
    OTHER = 1
    BLACK = 2
    BLUE = 3
    BROWN = 4
    GREY = 5
    GREEN = 6
    HAZEL = 7
    MULTI_COLOURED = 8
    PINK = 9


class HairColour(IntEnum):
    """Of the holder."""

    UNKNOWN = 0
    OTHER = 1
    BALD = 2
    BLACK = 3
    BLONDE = 4
    BROWN = 5
    GREY = 6
    WHITE = 7
    RED = 8
    KNOWN_COLOURED = 9


@dataclass(frozen=True, repr=False)
class CaptureDeviceBlock(Block):
    """The camera's model and certificates."""

    model_id_block: RegistryIdBlock | None = None
    certification_id_blocks: tuple[RegistryIdBlock, ...] = ()


@dataclass(frozen=True, repr=False)
class PropertiesBlock(Block):
    """What can be seen in the face, where it was looked for."""

    glasses: bool | None = None
    moustache: bool | None = None
    beard: bool | None = None
    teeth_visible: bool | None = None
    pupil_or_iris_not_visible: bool | None = None
    mouth_open: bool | None = None
    left_eye_patch: bool | None = None
    right_eye_patch: bool | None = None
    dark_glasses: bool | None = None
    biometric_absent: bool | None = None
    head_coverings_present: bool | None = None


@dataclass(frozen=True, repr=False)
class ExpressionBlock(Block):
    """The face's expression, where it was looked for."""

    neutral: bool | None = None
    smile: bool | None = None
    raised_eyebrows: bool | None = None
    eyes_looking_away_from_the_camera: bool | None = None
    squinting: bool | None = None
    frowning: bool | None = None


@dataclass(frozen=True, repr=False)
class AngleDataBlock(Block):
    """An angle in degrees."""

    angle_value: Annotated[int, range(-180, 181)]
    angle_uncertainty: Annotated[int | None, range(181)] = None


@dataclass(frozen=True, repr=False)
class PoseAngleBlock(Block):
    """Where the face looks."""

    yaw_angle_block: AngleDataBlock | None = None
    pitch_angle_block: AngleDataBlock | None = None
    roll_angle_block: AngleDataBlock | None = None


@dataclass(frozen=True, repr=False)
class IdentityMetadataBlock(Block):
    """The holder as the image shows them.

    :ivar gender: a :class:`Gender`; :class:`EyeColour` and :class:`HairColour` likewise.
    :ivar subject_height: in millimetres.
    """

    gender: Annotated[Code | None, frozenset(map(int, Gender))] = None
    eye_colour: Annotated[Code | None, frozenset(map(int, EyeColour))] = None
    hair_colour: Annotated[Code | None, frozenset(map(int, HairColour))] = None
    subject_height: Annotated[int | None, range(1, 1 << 16)] = None
    properties_block: PropertiesBlock | None = None
    expression_block: ExpressionBlock | None = None
    pose_angle_block: PoseAngleBlock | None = None


@dataclass(frozen=True, repr=False)
class AnthropometricLandmarkBase(Choice):
    """A landmark of anthropometry by its name, its point's name or its point's identifier."""

    anthropometric_landmark_name: Annotated[Code | None, range(61)] = None
    anthropometric_landmark_point_name: Annotated[Code | None, range(37)] = None
    anthropometric_landmark_point_id: Annotated[Code | None, range(63)] = None


@dataclass(frozen=True, repr=False)
class ExtensionBlock(Block):
    """What later editions may say in place of a base."""


@dataclass(frozen=True, repr=False)
class AnthropometricLandmark(Choice):
    """A landmark of anthropometry."""

    base: AnthropometricLandmarkBase | None = None
    extension_block: ExtensionBlock | None = None


@dataclass(frozen=True, repr=False)
class LandmarkKindBase(Choice):
    """A feature point of MPEG-4 (0 is 2.1, 1 is 2.2, …), or a landmark of anthropometry."""

    mpeg4_feature_point: Annotated[Code | None, range(88)] = None
    anthropometric_landmark: AnthropometricLandmark | None = None


@dataclass(frozen=True, repr=False)
class LandmarkKind(Choice):
    """Which landmark it is."""

    base: LandmarkKindBase | None = None
    extension_block: ExtensionBlock | None = None


@dataclass(frozen=True, repr=False)
class CoordinateTextureImageBlock(Block):
    """A point of a texture image, in pixels."""

    u_in_pixel: Annotated[int, UNSIGNED]
    v_in_pixel: Annotated[int, UNSIGNED]


@dataclass(frozen=True, repr=False)
class LandmarkCoordinatesBase(Choice):
    """Where a landmark is: in the image, in a texture, in space."""

    coordinate_cartesian_2d_block: CoordinateCartesian2DUnsignedShortBlock | None = None
    coordinate_texture_image_block: CoordinateTextureImageBlock | None = None
    coordinate_cartesian_3d_block: CoordinateCartesian3DUnsignedShortBlock | None = None


@dataclass(frozen=True, repr=False)
class LandmarkCoordinates(Choice):
    """Where a landmark is."""

    base: LandmarkCoordinatesBase | None = None
    extension_block: ExtensionBlock | None = None


@dataclass(frozen=True, repr=False)
class LandmarkBlock(Block):
    """A landmark of the face."""

    landmark_kind: LandmarkKind
    landmark_coordinates: LandmarkCoordinates | None = None


@dataclass(frozen=True, repr=False)
class CaptureDeviceSpectral2DBlock(Block):
    """The light that the camera saw."""

    white_light: bool | None = None
    near_infrared: bool | None = None
    thermal: bool | None = None


@dataclass(frozen=True, repr=False)
class CaptureDevice2DBlock(Block):
    """How the image was taken.

    :ivar capture_device_technology_id_2d: 0 unknown; static photograph from 1 an unknown source, 2 a digital still camera, 3 a
        scanner; video frame from 4 an unknown source, 5 an analogue, 6 a digital video camera.
    """

    capture_device_spectral_2d_block: CaptureDeviceSpectral2DBlock | None = None
    capture_device_technology_id_2d: Annotated[Code | None, range(7)] = None


@dataclass(frozen=True, repr=False)
class PostAcquisitionProcessingBlock(Block):
    """What was done to the image."""

    rotated: bool | None = None
    cropped: bool | None = None
    down_sampled: bool | None = None
    white_balance_adjusted: bool | None = None
    multiply_compressed: bool | None = None
    interpolated: bool | None = None
    contrast_stretched: bool | None = None
    pose_corrected: bool | None = None
    multi_view_image: bool | None = None
    age_progressed: bool | None = None
    super_resolution_processed: bool | None = None
    normalised: bool | None = None


@dataclass(frozen=True, repr=False)
class ImageSizeBlock(Block):
    """In pixels."""

    width: Annotated[int, SHORT]
    height: Annotated[int, SHORT]


@dataclass(frozen=True, repr=False)
class ImageFaceMeasurementsBlock(Block):
    """Distances in the face, in pixels."""

    image_head_width: Annotated[int | None, UNSIGNED] = None
    image_inter_eye_distance: Annotated[int | None, UNSIGNED] = None
    image_eye_to_mouth_distance: Annotated[int | None, UNSIGNED] = None
    image_head_length: Annotated[int | None, UNSIGNED] = None


@dataclass(frozen=True, repr=False)
class ReferenceColourDefinitionAndValueBlock(Block):
    """A reference colour, and its value in the image."""

    reference_colour_definition: bytes | None = None
    reference_colour_value: bytes | None = None


@dataclass(frozen=True, repr=False)
class ReferenceColourMappingBlock(Block):
    """How colours are mapped."""

    reference_colour_schema: bytes | None = None
    reference_colour_definition_and_value_blocks: tuple[ReferenceColourDefinitionAndValueBlock, ...] = ()


@dataclass(frozen=True, repr=False)
class ImageInformation2DBlock(Block):
    """What the image is.

    :ivar image_data_format: an :class:`ImageDataFormat`.
    :ivar face_image_kind_2d: 0 for travel documents, 1 general purpose.
    :ivar lossy_transformation_attempts: 0 unknown, 1 none, 2 one, 3 more than one.
    :ivar camera_to_subject_distance: in millimetres; *sensor_diagonal* and *lens_focal_length* in tenths of one.
    :ivar image_colour_space: 0 unknown, 1 other, 2 RGB 24 bits, 3 RGB 48 bits, 4 YUV 4:2:2, 5 greyscale 8 bits, 6 16 bits.
    """

    image_data_format: Annotated[Code, frozenset(map(int, ImageDataFormat))]
    face_image_kind_2d: Annotated[Code | None, range(2)] = None
    post_acquisition_processing_block: PostAcquisitionProcessingBlock | None = None
    lossy_transformation_attempts: Annotated[Code | None, range(4)] = None
    camera_to_subject_distance: Annotated[int | None, range(50_001)] = None
    sensor_diagonal: Annotated[int | None, range(2_001)] = None
    lens_focal_length: Annotated[int | None, range(2_001)] = None
    image_size_block: ImageSizeBlock | None = None
    image_face_measurements_block: ImageFaceMeasurementsBlock | None = None
    image_colour_space: Annotated[Code | None, range(7)] = None
    reference_colour_mapping_block: ReferenceColourMappingBlock | None = None


@dataclass(frozen=True, repr=False)
class ImageRepresentation2DBlock(Block):
    """An image, and what is said of it as an image.

    :ivar representation_data_2d: the image file.
    """

    representation_data_2d: bytes
    image_information_2d_block: ImageInformation2DBlock
    capture_device_2d_block: CaptureDevice2DBlock | None = None


@dataclass(frozen=True, repr=False)
class ImageRepresentationBase(Choice):
    """An image. ISO/IEC 39794-5 has shapes in space besides; the profile does not, and they are kept raw."""

    image_representation_2d_block: ImageRepresentation2DBlock | None = None


@dataclass(frozen=True, repr=False)
class ImageRepresentation(Choice):
    """An image, or what later editions may say in place of it."""

    base: ImageRepresentationBase | None = None
    extension_block: ExtensionBlock | None = None


@dataclass(frozen=True, repr=False)
class FaceRepresentationBlock(Representation):
    """One face with all that its data block says of it (RepresentationBlock).

    :ivar representation_id: its number; *derived_from* is the number of another.
    """

    FORMATS: ClassVar[Mapping[int, ImageFormat]] = {
        ImageDataFormat.JPEG: ImageFormat.JPEG,
        ImageDataFormat.JPEG2000_LOSSY: ImageFormat.JPEG2000,
        ImageDataFormat.JPEG2000_LOSSLESS: ImageFormat.JPEG2000,
    }

    representation_id: Annotated[int, UNSIGNED]
    image_representation: ImageRepresentation
    capture_date_time_block: DateTimeBlock | None = None
    quality_blocks: tuple[QualityBlock, ...] = ()
    pad_data_block: PADDataBlock | None = None
    session_id: Annotated[int | None, UNSIGNED] = None
    derived_from: Annotated[int | None, UNSIGNED] = None
    capture_device_block: CaptureDeviceBlock | None = None
    identity_metadata_block: IdentityMetadataBlock | None = None
    landmark_blocks: tuple[LandmarkBlock, ...] = ()

    @classmethod
    def from_image(cls, image: bytes, **about: Any) -> Self:
        """A face from a JPEG or JPEG 2000 file, with its size, as ICAO's profile has it.

        :param about: further components of the representation.
        :raises LdsError: another format, or a damaged header.
        """
        code, found = cls.code_of_format(image), read_image_header(image)
        size = ImageSizeBlock(found.width, found.height)
        information = ImageInformation2DBlock(code, Code.as_fallback(0), image_size_block=size)
        return cls(**{"representation_id": 0, **about, "image_representation": image_representation(image, information)})

    @property
    def image_representation_2d(self) -> ImageRepresentation2DBlock | None:
        """The image and its information, ``None`` where the representation is something else."""
        base = self.image_representation.base
        return None if base is None else base.image_representation_2d_block

    @property
    def image(self) -> bytes:
        """See :attr:`Representation.image`."""
        found = self.image_representation_2d
        return b"" if found is None else found.representation_data_2d

    @property
    def declared_format(self) -> Code | None:
        """See :attr:`Representation.declared_format`."""
        found = self.image_representation_2d
        return None if found is None else found.image_information_2d_block.image_data_format

    @property
    def declared_size(self) -> tuple[int, int] | None:
        """See :attr:`Representation.declared_size`."""
        found = self.image_representation_2d
        size = None if found is None else found.image_information_2d_block.image_size_block
        return None if size is None else (size.width, size.height)


def image_representation(image: bytes, information: ImageInformation2DBlock, **about: Any) -> ImageRepresentation:
    """An image in the three layers of its representation."""
    block = ImageRepresentation2DBlock(image, information, **about)
    return ImageRepresentation(ImageRepresentationBase(block))


@dataclass(frozen=True, repr=False)
class FaceImageDataBlock(DataBlock):
    """Faces: ICAO's profile has one representation in a data block."""

    APPLICATION_TAG: ClassVar[int] = 0x65

    version_block: VersionBlock
    representation_blocks: Annotated[tuple[FaceRepresentationBlock, ...], range(1, 2)]

    @property
    def representations(self) -> tuple[FaceRepresentationBlock, ...]:
        """See :attr:`DataBlock.representations`."""
        return self.representation_blocks
