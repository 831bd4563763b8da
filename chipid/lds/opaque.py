# SPDX-License-Identifier: Apache-2.0
"""Data groups whose content the standard leaves open: DG6 and DG13 (ICAO 9303-10 §4.7.6, §4.7.13)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Self

from chipid.iso7816.tlv import build_tlv, parse_tlv


@dataclass(frozen=True)
class _Opaque:
    """A data group of anything.

    :ivar content: what stands in it.
    """

    TAG: ClassVar[int]

    content: bytes = field(repr=False)

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Parse the file.

        :raises TlvError: it is anything else than one data object with its tag.
        """
        return cls(parse_tlv(raw, cls.TAG).value)

    def build(self) -> bytes:
        """The file."""
        return build_tlv(self.TAG, self.content)


class Dg6(_Opaque):
    """DG6, reserved for future use."""

    TAG: ClassVar[int] = 0x66


class Dg13(_Opaque):
    """DG13, optional details of the issuer's own choice. :mod:`chipid.profiles.vn_cccd.dg13` reads those of the CCCD."""

    TAG: ClassVar[int] = 0x6D
