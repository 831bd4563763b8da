# SPDX-License-Identifier: Apache-2.0
"""Data group 1, the machine readable zone (ICAO 9303-10 §4.7.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from chipid.errors import LdsError
from chipid.iso7816.tlv import build_tlv, parse_tlv
from chipid.lds.mrz import Mrz

TAG = 0x61
MRZ_TAG = 0x5F1F


@dataclass(frozen=True)
class Dg1:
    """DG1.

    :raises LdsError: the zone of a visa, which no chip has.
    """

    mrz: Mrz

    @property
    def deviations(self) -> tuple[str, ...]:
        """Those of its zone: :attr:`Mrz.deviations <chipid.lds.mrz.Mrz.deviations>`."""
        return self.mrz.deviations

    def __post_init__(self) -> None:
        if self.mrz.format.is_visa:
            raise LdsError("the machine readable zone of a visa, which no chip has")

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Parse EF.DG1.

        :raises TlvError: it is anything else than one machine readable zone in data object 61.
        :raises LdsError: as :meth:`Mrz.parse <chipid.lds.mrz.Mrz.parse>`, and for spaces and line breaks, which belong to no chip.
        """
        cursor = parse_tlv(raw, TAG).children()
        mrz = cursor.expect(MRZ_TAG)
        cursor.finish()
        text = mrz.value.decode("latin-1")
        if any(character.isspace() for character in text):
            raise LdsError("a zone on a chip has no spaces and line breaks", offset=mrz.value_start, path=(TAG, MRZ_TAG))
        try:
            return cls(Mrz.parse(text))
        except LdsError as error:
            raise LdsError(error.reason, offset=mrz.value_start + (error.offset or 0), path=(TAG, MRZ_TAG)) from None

    def build(self) -> bytes:
        """EF.DG1."""
        return build_tlv(TAG, build_tlv(MRZ_TAG, self.mrz.build().encode("ascii")))
