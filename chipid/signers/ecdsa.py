# SPDX-License-Identifier: Apache-2.0
"""The two forms of an ECDSA signature (BSI TR-03111 §5.2)."""

from __future__ import annotations

from chipid.crypto import asn1


def in_form(signature: bytes, *, plain: bool) -> bytes:
    """*signature*, r ‖ s of equal lengths, as it is where *plain*, otherwise as a DER ``ECDSA-Sig-Value``."""
    if plain:
        return signature
    half = len(signature) // 2
    return asn1.sequence(*(asn1.integer(int.from_bytes(part, "big")) for part in (signature[:half], signature[half:])))
