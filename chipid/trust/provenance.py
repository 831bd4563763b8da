# SPDX-License-Identifier: Apache-2.0
"""Where an object came from: which file brought it, when, and who vouched for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Self

from chipid.errors import TrustStoreError
from chipid.trust.objects import moment


class Voucher(StrEnum):
    """On whose word something is kept."""

    OPERATOR = "operator"
    """He named the file."""
    SIGNER = "signer"
    """The signer of a list, whom a CSCA in the store certified, or one that the operator pinned."""
    PIN = "pin"
    """The operator named its SHA-256, or that of the list it was in."""
    NOBODY = "nobody"
    """Nobody, and it is no anchor: document signers, links and revocation lists of a directory, verified when they are used."""


_TYPES: Final = (int, int, str, bytes, str, bytes | None, str | None, int | None, str)
"""Of a row's columns: SQLite looks at types when it writes, and whoever made the file may have written it by other means."""


@dataclass(frozen=True)
class Import:
    """One file that was imported, or one signed list in it.

    :ivar id: its number, 0 before it is stored. :ivar source: the file's name, and where in it, without the folders above.
    :ivar sha256: of the file, or of the list, hexadecimal.
    :ivar signer: a list's signer's certificate's SHA-256, hexadecimal; :ivar country: the signer's; :ivar signed_at: as he says.
    :ivar pins: SHA-256 values that the operator named and that were needed.
    """

    at: datetime
    source: str
    sha256: str
    voucher: Voucher
    signer: str | None = None
    country: str | None = None
    signed_at: datetime | None = None
    pins: tuple[str, ...] = ()
    id: int = 0

    @classmethod
    def of_row(cls, row: Sequence[Any]) -> Self:
        """From the columns of a table's row, in their order; raises :class:`chipid.errors.TrustStoreError`."""
        number, at, source, digest, voucher, signer, country, signed_at, pins = row[:9]
        try:
            if not all(map(isinstance, row, _TYPES)) or (when := moment(at)) is None:
                raise ValueError
            return cls(
                when, source, digest.hex(), Voucher(voucher), None if signer is None else signer.hex(), country,
                moment(signed_at), tuple(pins.split()), number,
            )  # fmt: skip
        except ValueError:
            raise TrustStoreError(f"the trust store is damaged: import {number}") from None


@dataclass(frozen=True)
class Origin:
    """That an import brought an object.

    :ivar place: where in the import's file: a member, a record, a number in a list; empty where the file is the object.
    """

    imported: Import
    place: str

    def __str__(self) -> str:
        where = f"{self.imported.source} {self.place}".rstrip()
        return f"{where}, imported {self.imported.at.date().isoformat()}, vouched for by {self.imported.voucher.value}"
