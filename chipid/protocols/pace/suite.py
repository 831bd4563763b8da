# SPDX-License-Identifier: Apache-2.0
"""PACE's object identifiers (ICAO 9303-11 §9.2.3, Tables 2 and 3)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from chipid._native import Cipher
from chipid.lds.security_infos import ID_PACE
from chipid.protocols.object_identifiers import oid_octets

PACE_VERSION = 2


class Group(Enum):
    """What the key agreement computes in."""

    DH = "DH"
    ECDH = "ECDH"


class MappingKind(Enum):
    """How the nonce turns the static generator into the ephemeral one."""

    GENERIC = "GM"
    INTEGRATED = "IM"
    CHIP_AUTHENTICATION = "CAM"


@dataclass(frozen=True)
class Suite:
    """One PACE protocol.

    :ivar oid: dotted.
    """

    oid: str
    group: Group
    mapping: MappingKind
    cipher: Cipher

    @property
    def oid_value(self) -> bytes:
        """The OID's content octets."""
        return oid_octets(self.oid)


_FAMILIES = (
    (1, Group.DH, MappingKind.GENERIC),
    (2, Group.ECDH, MappingKind.GENERIC),
    (3, Group.DH, MappingKind.INTEGRATED),
    (4, Group.ECDH, MappingKind.INTEGRATED),
    (6, Group.ECDH, MappingKind.CHIP_AUTHENTICATION),
)
_CIPHERS: tuple[tuple[int, Cipher], ...] = ((1, "3DES"), (2, "AES-128"), (3, "AES-192"), (4, "AES-256"))

SUITES: dict[str, Suite] = {
    oid: Suite(oid, group, mapping, cipher)
    for family, group, mapping in _FAMILIES
    for number, cipher in _CIPHERS
    if not (mapping is MappingKind.CHIP_AUTHENTICATION and cipher == "3DES")  # §9.2.3 has no such OID
    for oid in (f"{ID_PACE}.{family}.{number}",)
}
