# SPDX-License-Identifier: Apache-2.0
"""What the terminal signs: the chip, its challenge, and the terminal's ephemeral key (ICAO 9303-11 §7.1.2, BSI TR-03110-3 §B.3)."""

from __future__ import annotations

import hashlib
from typing import Final

from chipid.crypto.domain import Domain, EcDomain
from chipid.errors import MalformedData
from chipid.lds.mrz import check_digit

CHALLENGE_SIZE: Final = 8
"""r_IC (§7.1.5.4)."""
AUXILIARY_DATA: Final = 0x67
"""Authenticated auxiliary data, which version 2 signs with the rest (TR-03110-3 §A.6.5)."""

_NUMBER_SIZE = 9
_UNCOMPRESSED = 0x04


def compress(domain: Domain, public: bytes) -> bytes:
    """Comp(PK): a point's x-coordinate at full length, or the SHA-1 of a finite field's public value (§7.1.4.1.3, §7.1.4.2.3).

    :param public: ``04 ‖ x ‖ y``, or the value as it travels.
    :raises MalformedData: a point of another form or length.
    """
    if not isinstance(domain, EcDomain):
        return hashlib.sha1(public, usedforsecurity=False).digest()
    if len(public) != 1 + 2 * domain.field_size or public[0] != _UNCOMPRESSED:
        raise MalformedData("a public key is not an uncompressed point of its group")
    return public[1 : 1 + domain.field_size]


def document_identifier(document_number: str) -> bytes:
    """ID_IC where BAC opened the chip: the document number as the MRZ has it, with its check digit (§7.1.2).

    :param document_number: without check digit; a short one is filled up with ``<``.
    :raises MalformedData: characters that no MRZ has.
    """
    number = document_number.ljust(_NUMBER_SIZE, "<")
    return (number + check_digit(number)).encode("ascii")


def signed_data(id_ic: bytes, challenge: bytes, terminal_key: bytes, auxiliary_data: bytes = b"") -> bytes:
    """ID_IC ‖ r_IC ‖ Comp(PK_IFD), and in version 2 the data object 67 where there is one."""
    return id_ic + challenge + terminal_key + auxiliary_data
