# SPDX-License-Identifier: Apache-2.0
"""Every file of the logical data structure, and the class that parses and builds it (ICAO 9303-10 §3.11, §4)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol, Self

from chipid.iso7816.file_ids import FileId
from chipid.lds.atr_info import AtrInfo
from chipid.lds.card_access import CardAccess
from chipid.lds.card_security import CardSecurity
from chipid.lds.com import EfCom
from chipid.lds.cvca import CvcaReferences
from chipid.lds.dg1 import Dg1
from chipid.lds.dg2 import Dg2
from chipid.lds.dg3 import Dg3
from chipid.lds.dg4 import Dg4
from chipid.lds.dg11 import Dg11
from chipid.lds.dg12 import Dg12
from chipid.lds.dg14 import Dg14
from chipid.lds.dg15 import Dg15
from chipid.lds.dg16 import Dg16
from chipid.lds.dir import EfDir
from chipid.lds.displayed_images import Dg5, Dg7
from chipid.lds.features import Dg8, Dg9, Dg10
from chipid.lds.opaque import Dg6, Dg13
from chipid.lds.sod import EfSod


class ElementaryFile(Protocol):
    """What every file's class can do."""

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Parse the whole file.

        :raises MalformedData: it is none.
        :raises UnsupportedFeature: it is one beyond what chipid speaks.
        """

    def build(self) -> bytes:
        """The whole file."""


FILES: Mapping[FileId, type[ElementaryFile]] = MappingProxyType(
    {
        FileId.CARD_ACCESS: CardAccess,
        FileId.CARD_SECURITY: CardSecurity,
        FileId.DIR: EfDir,
        FileId.ATR_INFO: AtrInfo,
        FileId.COM: EfCom,
        FileId.SOD: EfSod,
        FileId.CVCA: CvcaReferences,
        FileId.DG1: Dg1,
        FileId.DG2: Dg2,
        FileId.DG3: Dg3,
        FileId.DG4: Dg4,
        FileId.DG5: Dg5,
        FileId.DG6: Dg6,
        FileId.DG7: Dg7,
        FileId.DG8: Dg8,
        FileId.DG9: Dg9,
        FileId.DG10: Dg10,
        FileId.DG11: Dg11,
        FileId.DG12: Dg12,
        FileId.DG13: Dg13,
        FileId.DG14: Dg14,
        FileId.DG15: Dg15,
        FileId.DG16: Dg16,
    }
)


def parse_file(file: FileId, raw: bytes) -> ElementaryFile:
    """Parse *raw* as *file*; what it deviates in is in its ``deviations``, where its class has them.

    :raises MalformedData: it is none.
    :raises UnsupportedFeature: it is one beyond what chipid speaks.
    """
    return FILES[file].parse(raw)


def deviations_of(parsed: ElementaryFile) -> tuple[str, ...]:
    """How a parsed file deviates from the standard, as stable words; none for a class that tolerates nothing."""
    found: tuple[str, ...] = getattr(parsed, "deviations", ())
    return found
