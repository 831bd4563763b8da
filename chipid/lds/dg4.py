# SPDX-License-Identifier: Apache-2.0
"""Data group 4, irises (ICAO 9303-10 §4.7.4)."""

from __future__ import annotations

from typing import Any, ClassVar

from chipid.lds.biometrics.data_group import OptionalFeatures
from chipid.lds.biometrics.iris_19794 import IrisImage, IrisImage2005, IrisImage2011
from chipid.lds.biometrics.iris_39794 import IrisImageDataBlock, IrisRepresentationBlock
from chipid.lds.biometrics.records import Format19794, Format39794, RecordFormat
from chipid.lds.biometrics.subtype import BiometricSubtype
from chipid.lds.biometrics.template import EncodedImage


class Dg4(OptionalFeatures):
    """The holder's irises, each in a template of its own.

    Its images are :class:`~chipid.lds.biometrics.iris_19794.IrisImage` of ISO/IEC 19794-6,
    :class:`~chipid.lds.biometrics.iris_39794.IrisRepresentationBlock` of ISO/IEC 39794-6, or
    :class:`~chipid.lds.biometrics.records.BareImage`: all have ``image``, ``format``, ``width`` and ``height``.
    """

    TAG: ClassVar[int] = 0x76
    BIOMETRIC_TYPE: ClassVar[int] = 0x10
    FEATURE: ClassVar[str] = "iris"
    FEATURES: ClassVar[str] = "irises"
    FORMATS: ClassVar[tuple[RecordFormat, ...]] = (
        Format19794(0x0009, IrisImage, (IrisImage2005, IrisImage2011)),
        Format39794(0x002C, IrisRepresentationBlock, IrisImageDataBlock),
    )

    @property
    def irises(self) -> tuple[EncodedImage, ...]:
        """Every iris that could be read, whatever the format of its record."""
        return self.images

    @classmethod
    def subtype_of(cls, image: Any) -> BiometricSubtype:
        """Which eye an image shows, as its record says."""
        return BiometricSubtype.of_eye(image.eye_label_code if isinstance(image, IrisRepresentationBlock) else image.eye)
