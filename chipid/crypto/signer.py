# SPDX-License-Identifier: Apache-2.0
"""Whoever holds a private key and signs with it: a file's key in memory, or a hardware security module that never shows its own."""

from __future__ import annotations

from typing import Protocol

from chipid.crypto.signature import PublicKey, Scheme


class Signer(Protocol):
    """A private key that can be used and not seen."""

    @property
    def public_key(self) -> PublicKey:
        """The public half."""
        ...  # pragma: no cover

    def sign(self, scheme: Scheme, message: bytes) -> bytes:
        """The signature over *message*: RSA as long as the modulus, ECDSA as r ‖ s where ``scheme.plain``, otherwise in DER.

        :raises UnsupportedFeature: scheme and key do not belong together, or the module does not offer it.
        """
        ...  # pragma: no cover
