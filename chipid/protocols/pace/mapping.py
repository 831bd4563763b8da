# SPDX-License-Identifier: Apache-2.0
"""Step 2 of PACE: from the nonce to the ephemeral generator (ICAO 9303-11 §4.4.3.3)."""

from __future__ import annotations

from typing import Protocol

from chipid._native import NativeError, Secret, integrated_random
from chipid.crypto.cipher import KEY_SIZE
from chipid.crypto.domain import Domain, KeyPair, generate_key_pair
from chipid.crypto.mac import equal
from chipid.crypto.random import RandomSource
from chipid.errors import MalformedData
from chipid.protocols.key_agreement import checked_public_key, shared_element
from chipid.protocols.pace.suite import MappingKind, Suite


class Mapping(Protocol):
    """One end of a mapping.

    :ivar data: what this end sends in data object 81 (terminal) or 82 (chip).
    :ivar key_pair: the mapping key whose public half *data* is; ``None`` in the integrated mapping, which has none.
    """

    data: bytes
    key_pair: KeyPair | None

    def mapped(self, peer_data: bytes) -> Domain:
        """The same group with the ephemeral generator.

        :param peer_data: what the other end sent.
        :raises MalformedData: *peer_data* is refused.
        """
        ...  # pragma: no cover


def terminal_mapping(suite: Suite, domain: Domain, nonce: Secret, random: RandomSource) -> Mapping:
    """The terminal's end of the mapping of *suite*.

    :param nonce: s, as the chip drew it.
    :raises MalformedData: the nonce has not the length that the integrated mapping needs.
    """
    if suite.mapping is MappingKind.INTEGRATED:
        return IntegratedMappingTerminal(suite, domain, nonce, random)
    return GenericMapping(domain, nonce, random)


def chip_mapping(suite: Suite, domain: Domain, nonce: Secret, random: RandomSource) -> Mapping:
    """The chip's end of the mapping of *suite*."""
    if suite.mapping is MappingKind.INTEGRATED:
        return IntegratedMappingChip(suite, domain, nonce)
    return GenericMapping(domain, nonce, random)


class GenericMapping:
    """G~ = s·G + H, in a finite field g~ = g^s · h, where H is an anonymous Diffie-Hellman result (ICAO 9303-11 §4.4.3.3.1): the
    same on both ends. Chip Authentication Mapping is the same again (§4.4.3.3.3)."""

    def __init__(self, domain: Domain, nonce: Secret, random: RandomSource) -> None:
        self._domain = domain
        self._nonce = nonce
        self.key_pair: KeyPair | None = generate_key_pair(domain, random)
        self.data = self.key_pair.public

    def mapped(self, peer_data: bytes) -> Domain:
        """The group with generator s·G + H.

        :raises MalformedData: no element of the group, our own sent back (§4.4.1), or one that maps to the neutral element.
        """
        if self.key_pair is None or equal(checked_public_key(self._domain, peer_data), self.data):
            raise MalformedData("the other end sent our own mapping key back")
        h = shared_element(self._domain, self.key_pair, peer_data)
        try:
            return self._domain.map_generic(self._nonce, h)
        except NativeError as error:
            raise MalformedData(f"the nonce maps to no generator ({error.code})") from None


class IntegratedMappingTerminal:
    """G~ = f_G(R_p(s, t)), where t is the terminal's own nonce, sent in the clear (ICAO 9303-11 §4.4.3.3.2)."""

    key_pair: KeyPair | None = None

    def __init__(self, suite: Suite, domain: Domain, nonce: Secret, random: RandomSource) -> None:
        self.data = random(KEY_SIZE[suite.cipher])
        self._generator = _integrated(suite, domain, nonce, self.data)

    def mapped(self, peer_data: bytes) -> Domain:
        """The group with generator f_G(R_p(s, t)).

        :raises MalformedData: the chip sent mapping data, and has none (§4.4.5.2.2).
        """
        if peer_data:
            raise MalformedData("the chip sent mapping data in the integrated mapping")
        return self._generator


class IntegratedMappingChip:
    """The chip's end: it has nothing to send, and waits for t."""

    key_pair: KeyPair | None = None
    data = b""

    def __init__(self, suite: Suite, domain: Domain, nonce: Secret) -> None:
        self._suite = suite
        self._domain = domain
        self._nonce = nonce

    def mapped(self, peer_data: bytes) -> Domain:
        """The group with generator f_G(R_p(s, t)).

        :raises MalformedData: t has not as many octets as the cipher's key (§4.4.3.3.2), or maps to no generator.
        """
        return _integrated(self._suite, self._domain, self._nonce, peer_data)


def _integrated(suite: Suite, domain: Domain, s: Secret, t: bytes) -> Domain:
    try:
        return domain.map_integrated(integrated_random(suite.cipher, s, t, domain.parameters[0]))
    except NativeError as error:
        raise MalformedData(f"the nonces map to no generator ({error.code})") from None
