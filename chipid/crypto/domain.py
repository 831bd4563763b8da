# SPDX-License-Identifier: Apache-2.0
"""Elliptic-curve groups and ephemeral keys (ICAO 9303-11 §9.4, §9.6)."""

from __future__ import annotations

from dataclasses import dataclass, field

from chipid._native import EcDomain, Secret
from chipid.crypto.random import RandomSource

__all__ = ["EcDomain", "KeyPair", "generate_key_pair"]


@dataclass(frozen=True)
class KeyPair:
    """A private scalar and its public point, uncompressed (``04 ‖ x ‖ y``)."""

    private: Secret = field(repr=False)
    public: bytes


def generate_key_pair(domain: EcDomain, random: RandomSource) -> KeyPair:
    """A key pair on *domain*'s generator; the scalar is uniform in 1 … n-1 by rejection.

    The source is asked for as many octets as the order has, and bits beyond the order's are cut off.
    """
    order = int.from_bytes(domain.order, "big")
    size = (order.bit_length() + 7) // 8
    mask = (1 << order.bit_length()) - 1
    while True:
        candidate = int.from_bytes(random(size), "big") & mask
        if 1 <= candidate < order:
            private = Secret(candidate.to_bytes(size, "big"))
            return KeyPair(private, domain.public_key(private))
