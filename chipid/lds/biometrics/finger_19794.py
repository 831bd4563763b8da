# SPDX-License-Identifier: Apache-2.0
"""Finger image records of ISO/IEC 19794-4: of 2005 (version 010), which ICAO 9303-10 §4.7.3 asks for, and of 2011 (version 020)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from chipid.errors import LdsError
from chipid.lds.biometrics.fixed_width import LENGTH, Layout, numbers, read_fields
from chipid.lds.biometrics.record_19794 import (
    CERTIFICATION_BLOCKS,
    REPRESENTATION_START,
    BiometricImage,
    CertificationBlock,
    Representation2011,
    take_image,
    whole_octets,
)
from chipid.lds.image import ImageFormat
from chipid.lds.octets import OctetReader

RECORD_START = b"FIR\x00"

_PACKED = 1  # the uncompressed format in which pixels share octets
_POSITIONS = frozenset((*range(11), 13, 14, 15, *range(20, 37)))
_CODES = {"scale_units": (1, 2), "pixel_depth": range(1, 17)}


@dataclass(frozen=True, repr=False, kw_only=True)
class FingerImage(BiometricImage):
    """One finger or palm; what both editions say of it.

    :ivar position: which finger or palm: 1–5 right thumb to little finger, 6–10 left thumb to little finger, 0 not known.
    :ivar impression_type: 0 live-scan plain, 1 live-scan rolled, …
    :ivar scale_units: what the resolutions count: 1 pixels per inch, 2 pixels per centimetre.
    :ivar horizontal_scan_resolution: the device's; *horizontal_image_resolution* the image's.
    :ivar pixel_depth: in bits.
    :ivar compression: how the image is encoded, as the edition codes it.
    """

    FORMAT_FIELD: ClassVar[str] = "compression"

    position: int = 0
    impression_type: int = 0
    scale_units: int = 1
    horizontal_scan_resolution: int = 500
    vertical_scan_resolution: int = 500
    horizontal_image_resolution: int = 500
    vertical_image_resolution: int = 500
    pixel_depth: int = 8
    compression: int = 0

    @property
    def pixel_bits(self) -> int:
        """See :attr:`BiometricImage.pixel_bits`."""
        return self.pixel_depth if self.compression == _PACKED else whole_octets(self.pixel_depth)


@dataclass(frozen=True, repr=False, kw_only=True)
class FingerImage2005(FingerImage):
    """A finger image of ISO/IEC 19794-4:2005, §7.1 (record header, 32 octets) and §7.2 (finger header, 14 octets).

    :ivar capture_device_id: as its vendor numbers it; 0 where it is not told.
    :ivar acquisition_level: the combination of scan and image parameters (§6, Table 1); 31 is 500 pixels per inch.
    :ivar view_count: of this finger in the record; *view_number* counts from 1.
    :ivar quality: 0–100, 254 where it is not told.
    :ivar record_reserved: the record header's last field, *reserved* the finger header's.
    """

    START: ClassVar[bytes] = RECORD_START + b"010\x00"
    RECORD: ClassVar[Layout] = numbers(
        length=6,
        capture_device_id=2,
        acquisition_level=2,
        count=1,
        scale_units=1,
        horizontal_scan_resolution=2,
        vertical_scan_resolution=2,
        horizontal_image_resolution=2,
        vertical_image_resolution=2,
        pixel_depth=1,
        compression=1,
        record_reserved=2,
    )
    IMAGE: ClassVar[Layout] = numbers(
        length=4,
        position=1,
        view_count=1,
        view_number=1,
        quality=1,
        impression_type=1,
        width=2,
        height=2,
        reserved=1,
    )
    FORMATS: ClassVar = {
        0: ImageFormat.RAW,
        _PACKED: ImageFormat.RAW,
        2: ImageFormat.WSQ,
        3: ImageFormat.JPEG,
        4: ImageFormat.JPEG2000,
        5: ImageFormat.PNG,
    }
    CODES: ClassVar = _CODES | {
        "acquisition_level": (10, 20, 30, 31, 35, 40, 41),
        "compression": FORMATS,
        "record_reserved": (0,),
        "position": _POSITIONS,
        "view_count": range(1, 256),
        "view_number": range(1, 256),
        "quality": (*range(101), 254),
        "impression_type": (0, 1, 2, 3, 7, 8, 9),
        "reserved": (0,),
    }

    capture_device_id: int = 0
    acquisition_level: int = 31
    view_count: int = 1
    view_number: int = 1
    quality: int = 254
    record_reserved: int = 0
    reserved: int = 0

    @classmethod
    def read_images(cls, octets: OctetReader, record: dict[str, Any], count: int) -> Iterator[Self]:
        """See :meth:`BiometricImage.read_images`."""
        for _ in range(count):
            start = octets.offset
            fields = read_fields(octets, cls.IMAGE)
            image = take_image(octets, fields.pop(LENGTH) - (octets.offset - start))
            yield cls.of(octets, {**record, **fields, "image": image})


@dataclass(frozen=True, repr=False, kw_only=True)
class FingerImage2011(Representation2011, FingerImage):
    """A finger image of ISO/IEC 19794-4:2011: a general header of 16 octets, then representations.

    :ivar position_count: how many different positions the record has.
    :ivar certification_flag: 1 where the record has certification blocks, 0 otherwise.
    :ivar representation_number: counts the images of a position, from 0 or 1.
    :ivar extended_data: segmentation, annotation and comments, raw.
    """

    START: ClassVar[bytes] = RECORD_START + b"020\x00"
    RECORD: ClassVar[Layout] = numbers(length=4, count=2, certification_flag=1, position_count=1)
    IMAGE: ClassVar[Layout] = numbers(
        position=1,
        representation_number=1,
        scale_units=1,
        horizontal_scan_resolution=2,
        vertical_scan_resolution=2,
        horizontal_image_resolution=2,
        vertical_image_resolution=2,
        pixel_depth=1,
        compression=1,
        impression_type=1,
        width=2,
        height=2,
        image_length=4,
    )
    FORMATS: ClassVar = {
        0: ImageFormat.RAW,
        _PACKED: ImageFormat.RAW,
        2: ImageFormat.WSQ,
        3: ImageFormat.JPEG,
        4: ImageFormat.JPEG2000,  # with losses
        5: ImageFormat.JPEG2000,  # without
        6: ImageFormat.PNG,
    }
    CODES: ClassVar = _CODES | {
        "certification_flag": (0, 1),
        "device_technology": range(21),
        "position": _POSITIONS | frozenset(range(40, 51)),  # several fingers at once
        "compression": FORMATS,
        "impression_type": (*range(16), 24, 28, 29),
    }

    position_count: int = 1
    representation_number: int = 1
    certification_blocks: tuple[CertificationBlock, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.certification_blocks and self.certification_flag != 1:
            raise LdsError("certification blocks in a record whose header says that it has none")

    @classmethod
    def layout_of(cls, certification_flag: int) -> Layout:
        """See :meth:`Representation2011.layout_of`."""
        certification: Layout = (("certification_blocks", CERTIFICATION_BLOCKS),) if certification_flag == 1 else ()
        return REPRESENTATION_START + certification + cls.IMAGE
