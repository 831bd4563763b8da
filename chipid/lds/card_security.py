# SPDX-License-Identifier: Apache-2.0
"""EF.CardSecurity: what EF.CardAccess says and the chip's static keys, signed (ICAO 9303-10 §3.11.4, 9303-11 §9.2.11)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Self

from chipid.errors import LdsError
from chipid.iso7816.tlv import parse_tlv
from chipid.lds.der import SEQUENCE

ID_SECURITY_OBJECT: Final = "0.4.0.127.0.7.3.2.1"
"""The content type of what is signed (BSI TR-03110-3 §A.1.2.5); the content is a SET OF SecurityInfo."""
SIZE_LIMIT: Final = 32 * 1024
"""Sixty-four security infos and their signer's certificate fit well."""


@dataclass(frozen=True)
class CardSecurity:
    """EF.CardSecurity, which is a bare CMS ContentInfo.

    Its signed content, once verified, is for :meth:`SecurityInfos.parse <chipid.lds.security_infos.SecurityInfos.parse>`.

    :ivar cms: the ContentInfo as it stands.
    """

    cms: bytes = field(repr=False)

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Parse EF.CardSecurity.

        :raises TlvError: it is anything else than one SEQUENCE.
        :raises LdsError: it has more than :data:`SIZE_LIMIT` octets.
        """
        if len(raw) > SIZE_LIMIT:
            raise LdsError(f"EF.CardSecurity has more than {SIZE_LIMIT} octets", offset=SIZE_LIMIT, path=(SEQUENCE,))
        return cls(parse_tlv(raw, SEQUENCE).raw)

    def build(self) -> bytes:
        """EF.CardSecurity: :attr:`cms`, which stands in no data object of its own."""
        return self.cms
