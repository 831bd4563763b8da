# SPDX-License-Identifier: Apache-2.0
"""Object identifiers of the protocols (ICAO 9303-11 §9.2) and their content octets (X.690 §8.19)."""

from __future__ import annotations

from chipid.crypto import asn1
from chipid.lds.security_infos import ID_PK

ID_BSI_DE = "0.4.0.127.0.7"
ID_ECDSA_PLAIN_SIGNATURES = f"{ID_BSI_DE}.1.1.4.1"

ID_PK_DH = f"{ID_PK}.1"
ID_PK_ECDH = f"{ID_PK}.2"


def oid_object(oid: str) -> bytes:
    """A dotted object identifier as a data object 06."""
    return asn1.oid(oid)


def oid_octets(oid: str) -> bytes:
    """The content octets of a dotted object identifier, as data object 80 of MSE:Set AT carries them."""
    return asn1.parse(asn1.oid(oid), asn1.OBJECT_IDENTIFIER).value
