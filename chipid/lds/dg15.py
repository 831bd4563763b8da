# SPDX-License-Identifier: Apache-2.0
"""Data group 15, the public key for Active Authentication (ICAO 9303-10 §4.7.15)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self

from chipid.iso7816.tlv import build_tlv, parse_tlv
from chipid.lds.der import SEQUENCE

TAG = 0x6F


@dataclass(frozen=True)
class Dg15:
    """DG15.

    :ivar spki: a SubjectPublicKeyInfo, raw.
    """

    spki: bytes = field(repr=False)

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Parse EF.DG15.

        :raises TlvError: it is anything else than one SEQUENCE in data object 6F.
        """
        cursor = parse_tlv(raw, TAG).children()
        spki = cursor.expect(SEQUENCE)
        cursor.finish()
        return cls(spki.raw)

    def build(self) -> bytes:
        """EF.DG15."""
        return build_tlv(TAG, self.spki)
