# SPDX-License-Identifier: Apache-2.0
"""EF.CardAccess: what opens the chip, readable before anything is opened, and unsigned (ICAO 9303-11 §9.2.11, 9303-10 §3.11.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from chipid.lds.security_infos import SecurityInfos


@dataclass(frozen=True)
class CardAccess:
    """EF.CardAccess."""

    infos: SecurityInfos

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Parse EF.CardAccess; errors as :meth:`SecurityInfos.parse <chipid.lds.security_infos.SecurityInfos.parse>`."""
        return cls(SecurityInfos.parse(raw))

    def build(self) -> bytes:
        """EF.CardAccess, in the given order."""
        return self.infos.build()
