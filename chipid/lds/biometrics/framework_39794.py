# SPDX-License-Identifier: Apache-2.0
"""What all parts of ISO/IEC 39794 share: the types of ISO/IEC 39794-1:2019, and the data block around representations."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, ClassVar, Self

from chipid.errors import LdsError
from chipid.iso7816.tlv import Tlv, TlvCursor, build_tlv
from chipid.lds.biometrics.encoded_image import IMAGE_LIMIT, IMAGE_SIZE_LIMIT, contradictions
from chipid.lds.biometrics.schema_39794 import Block, Choice, Code
from chipid.lds.data_objects import limit_all
from chipid.lds.image import ImageFormat, image_format, read_image_header

STANDARD_FORMAT = 0xA1
"""The tag around a data block in 7F2E: biometric data in a standard's format (ISO/IEC 7816-11)."""

BLOCK_OBJECT_LIMIT = 4_096
"""Data objects in a data block, at whatever depth; 256 landmarks of a face, the most that can stand there, have 2,816."""

UNSIGNED = range(1 << 63)
SHORT = range(1 << 16)
SCORE = range(101)


@dataclass(frozen=True, repr=False)
class VersionBlock(Block):
    """Generation and year of the standard."""

    generation: Annotated[int, range(3, 1 << 16)]
    year: Annotated[int, range(2019, 10_000)]


FIRST_EDITION = VersionBlock(3, 2019)


@dataclass(frozen=True, repr=False)
class RegistryIdBlock(Block):
    """An organization, and what it gave a number."""

    organization: Annotated[int, range(1, 1 << 16)]
    id: Annotated[int, range(1, 1 << 16)]


@dataclass(frozen=True, repr=False)
class DateTimeBlock(Block):
    """A date and time in UTC, as far as it is known."""

    year: Annotated[int, range(10_000)]
    month: Annotated[int | None, range(1, 13)] = None
    day: Annotated[int | None, range(1, 32)] = None
    hour: Annotated[int | None, range(24)] = None
    minute: Annotated[int | None, range(60)] = None
    second: Annotated[int | None, range(60)] = None
    millisecond: Annotated[int | None, range(1_000)] = None


@dataclass(frozen=True, repr=False)
class ScoreOrError(Choice):
    """A score from 0 to 100, or why there is none: 0 failure to assess."""

    score: Annotated[int | None, SCORE] = None
    error: Annotated[Code | None, range(1)] = None


@dataclass(frozen=True, repr=False)
class QualityBlock(Block):
    """What an algorithm thinks of an image."""

    algorithm_id_block: RegistryIdBlock
    score_or_error: ScoreOrError


@dataclass(frozen=True, repr=False)
class ExtendedDataBlock(Block):
    """Data of a registered type."""

    data_type_id_block: RegistryIdBlock
    data: bytes


@dataclass(frozen=True, repr=False)
class PADScoreBlock(Block):
    """What a mechanism of presentation attack detection found."""

    mechanism_id_block: RegistryIdBlock
    score_or_error: ScoreOrError


@dataclass(frozen=True, repr=False)
class PADDataBlock(Block):
    """Presentation attack detection.

    :ivar decision: 0 no attack, 1 attack, 2 failure to assess.
    :ivar capture_context: 0 enrolment, 1 verification, 2 identification.
    :ivar supervision_level: 0 unknown, 1 controlled, 2 assisted, 3 observed, 4 unattended.
    :ivar criteria_category: 0 unknown, 1 individual, 2 common.
    """

    decision: Annotated[Code | None, range(3)] = None
    score_blocks: tuple[PADScoreBlock, ...] = ()
    extended_data_blocks: tuple[ExtendedDataBlock, ...] = ()
    capture_context: Annotated[Code | None, range(3)] = None
    supervision_level: Annotated[Code | None, range(5)] = None
    risk_level: Annotated[int | None, SCORE] = None
    criteria_category: Annotated[Code | None, range(3)] = None
    parameter: bytes | None = None
    challenges: tuple[bytes, ...] = ()
    capture_date_time_block: DateTimeBlock | None = None


@dataclass(frozen=True, repr=False)
class CoordinateCartesian2DUnsignedShortBlock(Block):
    """A point, in pixels from the upper left corner."""

    x: Annotated[int, SHORT]
    y: Annotated[int, SHORT]


@dataclass(frozen=True, repr=False)
class CoordinateCartesian3DUnsignedShortBlock(Block):
    """A point in space."""

    x: Annotated[int, SHORT]
    y: Annotated[int, SHORT]
    z: Annotated[int, SHORT]


@dataclass(frozen=True, repr=False)
class Representation(Block, ABC):
    """One image with all that its data block says of it."""

    FORMATS: ClassVar[Mapping[int, ImageFormat]]
    """What the codes of the image data format mean."""

    @classmethod
    def code_of_format(cls, image: bytes) -> Code:
        """The first code that fits an image file.

        :raises LdsError: it has a format that has no place in this part.
        """
        found = image_format(image)
        for code, known in cls.FORMATS.items():
            if known is found:
                return Code(int(code))
        raise LdsError("an image of a format that has no place in this data block")

    @property
    @abstractmethod
    def image(self) -> bytes:
        """The image file; empty where the representation is something else than an image."""

    @property
    @abstractmethod
    def declared_format(self) -> Code | None:
        """The image data format, as the part codes it."""

    @property
    def declared_size(self) -> tuple[int, int] | None:
        """Width and height as the representation declares them, in pixels; ``None`` where it does not."""
        return None

    @property
    def format(self) -> ImageFormat:
        """How the image is encoded: by its first octets; by the representation where these tell nothing.

        ``RAW`` where neither tells: the octets are what they are.
        """
        return image_format(self.image) or self._format_by_code() or ImageFormat.RAW

    @property
    def width(self) -> int:
        """In pixels, as declared; otherwise as the image itself says; 0 where neither says."""
        return self._size()[0]

    @property
    def height(self) -> int:
        """As :attr:`width`."""
        return self._size()[1]

    def _size(self) -> tuple[int, int]:
        return self.declared_size or self._own_size() or (0, 0)

    def _own_size(self) -> tuple[int, int] | None:
        try:
            header = read_image_header(self.image)
        except LdsError:
            return None
        return header.width, header.height

    def _format_by_code(self) -> ImageFormat | None:
        code = self.declared_format.value if self.declared_format is not None else None
        return None if code is None else self.FORMATS.get(code)

    def _deviations(self) -> Iterator[str]:
        yield from super()._deviations()
        if not self.image:
            yield "no-images"
            return
        yield from contradictions(self.image, self._format_by_code(), self.declared_size)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.format.name}, {len(self.image)} octets>"


@dataclass(frozen=True, repr=False)
class DataBlock(Block, ABC):
    """A biometric data block of ISO/IEC 39794: the content of data object 7F2E.

    :ivar in_standard_format: whether data object A1 is around it, as ICAO's profile demands; it is not in ISO's samples.
    :ivar is_der: whether it was encoded in DER when it was read. :meth:`build` encodes in DER.
    """

    APPLICATION_TAG: ClassVar[int]

    in_standard_format: bool = field(default=True, kw_only=True)
    is_der: bool = field(default=True, kw_only=True, compare=False)

    @property
    @abstractmethod
    def representations(self) -> tuple[Representation, ...]:
        """All representations, those that are no images included."""

    @property
    def images(self) -> tuple[Representation, ...]:
        """The representations that are images."""
        return tuple(one for one in self.representations if one.image)

    @classmethod
    def of_representation(cls, representation: Representation) -> Self:
        """A data block with one representation, of the first edition."""
        components: dict[str, Any] = {"version_block": FIRST_EDITION, "representation_blocks": (representation,)}
        return cls(**components)

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Parse a data block, in data object A1 or without it.

        :raises TlvError: a component is damaged, or one that is mandatory is missing or breaks the schema.
        :raises LdsError: more than 32 representations, 4,096 data objects or 8 MiB in an image, or as :meth:`Block.read`.
        """
        return cls._parse(TlvCursor(raw))

    @classmethod
    def of(cls, block: Tlv) -> Self:
        """As :meth:`parse`, from the data object that holds it."""
        return cls._parse(block.children())

    @classmethod
    def _parse(cls, cursor: TlvCursor) -> Self:
        raw = cursor.rest
        wrapper = cursor.optional(STANDARD_FORMAT)
        inner = cursor if wrapper is None else wrapper.children()
        outer = inner.expect(cls.APPLICATION_TAG)
        inner.finish()
        cursor.finish()
        limit_all(outer, BLOCK_OBJECT_LIMIT)
        found = replace(cls.read(outer.children()), in_standard_format=wrapper is not None)
        if len(found.representations) > IMAGE_LIMIT:
            raise LdsError(f"more than {IMAGE_LIMIT} representations", offset=outer.offset, path=outer.path)
        if any(len(one.image) > IMAGE_SIZE_LIMIT for one in found.representations):
            raise LdsError(f"an image of more than {IMAGE_SIZE_LIMIT} octets", offset=outer.offset, path=outer.path)
        return replace(found, is_der=found.build() == raw)

    def build(self) -> bytes:
        """The data block in DER."""
        block = build_tlv(self.APPLICATION_TAG, super().build())
        return build_tlv(STANDARD_FORMAT, block) if self.in_standard_format else block

    def _deviations(self) -> Iterator[str]:
        yield from super()._deviations()
        found = (("no-standard-format", not self.in_standard_format), ("not-der", not self.is_der))
        yield from (name for name, is_so in found if is_so)
