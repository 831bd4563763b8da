# SPDX-License-Identifier: Apache-2.0
"""EF.CardSecurity down to what it says: security infos, signed (ICAO 9303-10 §3.11.4, 9303-11 §9.2.11)."""

from __future__ import annotations

from chipid.lds.card_security import CardSecurity
from chipid.lds.security_infos import SecurityInfos
from chipid.pki.cms import SignedData


def signed_security_infos(raw: bytes) -> tuple[SignedData, SecurityInfos]:
    """What EF.CardSecurity says, and the signature over it, which has to be verified apart.

    :raises MalformedData: it is no SignedData, or its content no security infos.
    """
    signed = SignedData.parse(CardSecurity.parse(raw).cms)
    return signed, SecurityInfos.parse(signed.content or b"")


def card_security_infos(raw: bytes) -> SecurityInfos:
    """What EF.CardSecurity says, whoever signed it; errors as :func:`signed_security_infos`."""
    return signed_security_infos(raw)[1]
