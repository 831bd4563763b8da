# SPDX-License-Identifier: Apache-2.0
"""The passwords that open a chip (ICAO 9303-11 §4.3.2, §9.7.2, §9.7.3)."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from enum import IntEnum

from chipid._native import Secret
from chipid.crypto.kdf import SessionKeys, derive_session_keys
from chipid.errors import MalformedData

BAC_SEED_SIZE = 16

_MRZ_CHARACTERS = re.compile(r"[A-Z0-9<]+")


class PasswordKind(IntEnum):
    """The references of MSE:Set AT's data object 83 (ICAO 9303-11 §4.4.4.1)."""

    MRZ = 1
    CAN = 2
    PIN = 3
    PUK = 4

    @property
    def label(self) -> str:
        """Lower-case name, as evidence records it."""
        return self.name.lower()

    @property
    def is_for_inspection_systems(self) -> bool:
        """Whether a terminal that was let in with it may announce the rights of one, and have them (BSI TR-03110-3 §A.1.1)."""
        return self in (PasswordKind.MRZ, PasswordKind.CAN)


@dataclass(frozen=True)
class Password:
    """One password, ready for key derivation, without the text that it was made from.

    :ivar encoded: f(π): SHA-1 of the MRZ information, or the CAN, PIN or PUK as ISO 8859-1 octets.
    :ivar source: where it came from, for the evidence and for messages: never a value.
    """

    kind: PasswordKind
    encoded: Secret = field(repr=False)
    source: str = ""

    @classmethod
    def from_mrz_information(cls, mrz_information: str, source: str = "mrz") -> Password:
        """From document number, birth date and expiry date, each with its check digit, concatenated.

        :raises MalformedData: characters that no MRZ has.
        """
        if not _MRZ_CHARACTERS.fullmatch(mrz_information):
            raise MalformedData("the MRZ consists of the letters A to Z, digits and '<'")
        digest = hashlib.sha1(mrz_information.encode("ascii"), usedforsecurity=False).digest()
        return cls(PasswordKind.MRZ, Secret(digest), source)

    @classmethod
    def from_text(cls, kind: PasswordKind, text: str, source: str = "") -> Password:
        """From the digits of a CAN, PIN or PUK (ICAO 9303-11 §9.7.3: ISO 8859-1).

        :raises MalformedData: nothing at all, or characters beyond ISO 8859-1.
        """
        try:
            encoded = text.encode("latin-1")
        except UnicodeEncodeError:
            encoded = b""
        if not encoded:
            raise MalformedData(f"not a {kind.name}: it has digits, and at least one")
        return cls(kind, Secret(encoded), source or kind.label)

    def bac_keys(self) -> SessionKeys:
        """K_Enc and K_MAC of Basic Access Control, from the first 16 octets of the hash (ICAO 9303-11 §9.7.2)."""
        if self.kind is not PasswordKind.MRZ:
            raise ValueError(f"BAC takes the MRZ, not the {self.kind.name}")
        return derive_session_keys("3DES", bytes(self.encoded)[:BAC_SEED_SIZE])
