# SPDX-License-Identifier: Apache-2.0
"""Data group 2, the portrait (ICAO 9303-10 §4.7.2)."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from chipid.lds.biometrics.data_group import BiometricDataGroup
from chipid.lds.biometrics.face_19794 import FaceImage
from chipid.lds.biometrics.face_39794 import FaceImageDataBlock, FaceRepresentationBlock
from chipid.lds.biometrics.records import Format19794, Format39794, RecordFormat
from chipid.lds.biometrics.subtype import BiometricSubtype
from chipid.lds.biometrics.template import EncodedImage


class Dg2(BiometricDataGroup):
    """The holder's portraits, the most recent interoperable one first.

    Its images are :class:`~chipid.lds.biometrics.face_19794.FaceImage` of ISO/IEC 19794-5:2005,
    :class:`~chipid.lds.biometrics.face_39794.FaceRepresentationBlock` of ISO/IEC 39794-5, or
    :class:`~chipid.lds.biometrics.records.BareImage`: all have ``image``, ``format``, ``width`` and ``height``.
    """

    TAG: ClassVar[int] = 0x75
    BIOMETRIC_TYPE: ClassVar[int] = 0x02
    FEATURE: ClassVar[str] = "face"
    FEATURES: ClassVar[str] = "faces"
    FORMATS: ClassVar[tuple[RecordFormat, ...]] = (
        Format19794(0x0008, FaceImage, (FaceImage,)),
        Format39794(0x002A, FaceRepresentationBlock, FaceImageDataBlock),
    )

    @property
    def faces(self) -> tuple[EncodedImage, ...]:
        """Every face that could be read, whatever the format of its record."""
        return self.images

    @property
    def portrait(self) -> EncodedImage | None:
        """The first face, ``None`` where there is none that could be read."""
        return next(iter(self.images), None)

    @classmethod
    def from_image(cls, image: bytes, **about: Any) -> Self:
        """A DG2 with one portrait from a JPEG or JPEG 2000 file, in the format of ISO/IEC 19794-5:2005.

        :raises LdsError: as :meth:`FaceImage.from_image <chipid.lds.biometrics.face_19794.FaceImage.from_image>`.
        """
        return cls.of(FaceImage.from_image(image, **about))

    @classmethod
    def subtype_of(cls, image: Any) -> BiometricSubtype:  # noqa: ARG003 - a face is a face
        """No information: there is one face."""
        return BiometricSubtype()
