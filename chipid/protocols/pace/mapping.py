# SPDX-License-Identifier: Apache-2.0
"""Step 2 of PACE: from the nonce to the ephemeral generator (ICAO 9303-11 §4.4.3.3)."""

from __future__ import annotations

from typing import Protocol

from chipid._native import NativeError, Secret
from chipid.crypto.domain import EcDomain, generate_key_pair
from chipid.crypto.mac import equal
from chipid.crypto.random import RandomSource
from chipid.errors import MalformedData
from chipid.protocols.key_agreement import shared_point


class Mapping(Protocol):
    """One end of a mapping.

    :ivar data: what this end sends in data object 81 (terminal) or 82 (chip).
    """

    data: bytes

    def mapped(self, peer_data: bytes) -> EcDomain:
        """The same group with the ephemeral generator.

        :param peer_data: what the other end sent.
        :raises MalformedData: *peer_data* is refused.
        """
        ...  # pragma: no cover


class GenericMapping:
    """G~ = s·G + H, where H is an anonymous Diffie-Hellman result (ICAO 9303-11 §4.4.3.3.1): the same on both ends."""

    def __init__(self, domain: EcDomain, nonce: Secret, random: RandomSource) -> None:
        self._domain = domain
        self._nonce = nonce
        self._key_pair = generate_key_pair(domain, random)
        self.data = self._key_pair.public

    def mapped(self, peer_data: bytes) -> EcDomain:
        """The curve with generator s·G + H.

        :raises MalformedData: not a point of the curve, our own point sent back (§4.4.1), or one that maps to infinity.
        """
        if equal(peer_data, self.data):
            raise MalformedData("the other end sent our own mapping key back")
        h = shared_point(self._domain, self._key_pair, peer_data)
        try:
            return self._domain.map_generic(self._nonce, h)
        except NativeError as error:
            raise MalformedData(f"the nonce maps to no generator ({error.code})") from None
