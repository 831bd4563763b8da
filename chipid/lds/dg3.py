# SPDX-License-Identifier: Apache-2.0
"""Data group 3, fingers (ICAO 9303-10 §4.7.3)."""

from __future__ import annotations

from typing import Any, ClassVar

from chipid.lds.biometrics.data_group import OptionalFeatures
from chipid.lds.biometrics.finger_19794 import FingerImage, FingerImage2005, FingerImage2011
from chipid.lds.biometrics.finger_39794 import FingerImageDataBlock, FingerRepresentationBlock
from chipid.lds.biometrics.records import Format19794, Format39794, RecordFormat
from chipid.lds.biometrics.subtype import BiometricSubtype
from chipid.lds.biometrics.template import EncodedImage


class Dg3(OptionalFeatures):
    """The holder's fingers, each in a template of its own.

    Its images are :class:`~chipid.lds.biometrics.finger_19794.FingerImage` of ISO/IEC 19794-4,
    :class:`~chipid.lds.biometrics.finger_39794.FingerRepresentationBlock` of ISO/IEC 39794-4, or
    :class:`~chipid.lds.biometrics.records.BareImage`: all have ``image``, ``format``, ``width`` and ``height``.
    """

    TAG: ClassVar[int] = 0x63
    BIOMETRIC_TYPE: ClassVar[int] = 0x08
    FEATURE: ClassVar[str] = "finger"
    FEATURES: ClassVar[str] = "fingers"
    HAS_FINGERS: ClassVar[bool] = True
    FORMATS: ClassVar[tuple[RecordFormat, ...]] = (
        Format19794(0x0007, FingerImage, (FingerImage2005, FingerImage2011)),
        Format39794(0x0028, FingerRepresentationBlock, FingerImageDataBlock),
    )

    @property
    def fingers(self) -> tuple[EncodedImage, ...]:
        """Every finger that could be read, whatever the format of its record."""
        return self.images

    @classmethod
    def subtype_of(cls, image: Any) -> BiometricSubtype:
        """Which finger an image shows, as its record says."""
        if isinstance(image, FingerRepresentationBlock):
            return BiometricSubtype.of_position(image.position.value)
        return BiometricSubtype.of_position(image.position)
