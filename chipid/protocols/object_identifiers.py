# SPDX-License-Identifier: Apache-2.0
"""Object identifiers of the protocols (ICAO 9303-11 §9.2) and their content octets (X.690 §8.19)."""

from __future__ import annotations

ID_BSI_DE = "0.4.0.127.0.7"
ID_PK = f"{ID_BSI_DE}.2.2.1"
ID_CA = f"{ID_BSI_DE}.2.2.3"
ID_PACE = f"{ID_BSI_DE}.2.2.4"
ID_ECDSA_PLAIN_SIGNATURES = f"{ID_BSI_DE}.1.1.4.1"
ID_ROLES = f"{ID_BSI_DE}.3.1.2"

ID_PK_DH = f"{ID_PK}.1"
ID_PK_ECDH = f"{ID_PK}.2"


def oid_octets(oid: str) -> bytes:
    """The content octets of a dotted object identifier, as data object 80 of MSE:Set AT carries them.

    :raises ValueError: *oid* is not one.
    """
    arcs = [int(arc) for arc in oid.split(".")]
    if len(arcs) < 2 or arcs[0] > 2 or (arcs[0] < 2 and arcs[1] > 39) or min(arcs) < 0:
        raise ValueError("not an object identifier")
    return b"".join(_base128(arc) for arc in (40 * arcs[0] + arcs[1], *arcs[2:]))


def _base128(arc: int) -> bytes:
    octets = [arc & 0x7F]
    while arc := arc >> 7:
        octets.append(0x80 | arc & 0x7F)
    return bytes(reversed(octets))
