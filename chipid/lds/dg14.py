# SPDX-License-Identifier: Apache-2.0
"""Data group 14, the signed security infos (ICAO 9303-10 §4.7.14, 9303-11 §9.2.11)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from chipid.iso7816.tlv import build_tlv, parse_tlv
from chipid.lds.der import SET
from chipid.lds.security_infos import SecurityInfos

TAG = 0x6E


@dataclass(frozen=True)
class Dg14:
    """DG14. Its hash is over the file as read: the SET is often not in DER's order, and :meth:`build` keeps that order."""

    infos: SecurityInfos

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Parse EF.DG14; errors as :meth:`SecurityInfos.parse <chipid.lds.security_infos.SecurityInfos.parse>`."""
        cursor = parse_tlv(raw, TAG).children()
        infos = cursor.expect(SET)
        cursor.finish()
        return cls(SecurityInfos.read(infos))

    def build(self) -> bytes:
        """EF.DG14, in the given order."""
        return build_tlv(TAG, self.infos.build())
