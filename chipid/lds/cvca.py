# SPDX-License-Identifier: Apache-2.0
"""EF.CVCA: the certification authorities by which a chip judges terminals (ICAO 9303-11 Appendix K, BSI TR-03110-3 §A.6.2.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from chipid.errors import LdsError
from chipid.iso7816.tlv import TlvCursor, build_tlv

AUTHORITY_REFERENCE: Final = 0x42
FILE_SIZE: Final = 36
"""Two data objects of the longest reference; the file always has this size."""
REFERENCE_SIZE_MAX: Final = 16
COUNT_MAX: Final = 2


@dataclass(frozen=True)
class CvcaReferences:
    """The names of the keys that the chip trusts, the most recent first: one or two.

    :ivar references: ISO 8859-1. What they consist of is the matter of the certificates; here they are names.
    """

    references: tuple[str, ...]

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Read the file. It has no length of its own: data objects, then zeros.

        :raises LdsError: no reference, more than two, one without characters or too long, other octets in the padding, or another
            size than 36 octets.
        :raises TlvError: octets that are no data object.
        """
        if len(raw) != FILE_SIZE:
            raise LdsError(f"EF.CVCA has {len(raw)} octets instead of {FILE_SIZE}", offset=min(len(raw), FILE_SIZE))
        cursor = TlvCursor(raw)
        references: list[str] = []
        while cursor.rest[:1] == bytes((AUTHORITY_REFERENCE,)):
            reference = cursor.read()
            if not 0 < len(reference.value) <= REFERENCE_SIZE_MAX:
                raise LdsError("EF.CVCA: a reference has 1 to 16 characters", offset=reference.offset, path=(AUTHORITY_REFERENCE,))
            references.append(reference.value.decode("latin-1"))
        if any(cursor.rest):
            raise LdsError("EF.CVCA: behind the references are zeros alone", offset=cursor.offset)
        if not 0 < len(references) <= COUNT_MAX:
            raise LdsError(f"EF.CVCA names {len(references)} authorities instead of one or two", offset=cursor.offset)
        return cls(tuple(references))

    def build(self) -> bytes:
        """The file, 36 octets.

        :raises LdsError: what :meth:`parse` would refuse.
        """
        raw = b""
        for reference in self.references:
            try:
                octets = reference.encode("latin-1")
            except UnicodeEncodeError:
                raise LdsError("EF.CVCA: a reference is of ISO 8859-1") from None
            raw += build_tlv(AUTHORITY_REFERENCE, octets)
        raw = raw.ljust(FILE_SIZE, b"\0")
        self.parse(raw)
        return raw
