# SPDX-License-Identifier: Apache-2.0
"""The groups of key agreement, elliptic curves and finite fields, and ephemeral keys in them (ICAO 9303-11 §9.4–9.6)."""

from __future__ import annotations

from dataclasses import dataclass, field

from chipid._native import DhDomain, EcDomain, NativeError, Secret
from chipid.crypto.random import RandomSource
from chipid.errors import MalformedData

__all__ = ["DhDomain", "Domain", "EcDomain", "KeyPair", "bits_of_security", "generate_key_pair", "standardised_domain"]

Domain = EcDomain | DhDomain

DH_PARAMETER_IDS = (0, 1, 2)
EC_PARAMETER_IDS: dict[int, str] = {
    8: "secp192r1",
    9: "brainpoolP192r1",
    10: "secp224r1",
    11: "brainpoolP224r1",
    12: "secp256r1",
    13: "brainpoolP256r1",
    14: "brainpoolP320r1",
    15: "secp384r1",
    16: "brainpoolP384r1",
    17: "brainpoolP512r1",
    18: "secp521r1",
}
"""Standardised domain parameters (ICAO 9303-11 §9.5.1). Ids 3–7 and 19–31 are reserved, 32 and above the issuer's own."""

# The cost of a discrete logarithm in GF(p), by the bits of p (NIST SP 800-57-1 Table 2).
_FIELD_STRENGTH = ((7680, 192), (3072, 128), (2048, 112), (1024, 80))


@dataclass(frozen=True)
class KeyPair:
    """A private exponent, and its public half: a point, uncompressed (``04 ‖ x ‖ y``), or a number without leading zeros."""

    private: Secret = field(repr=False)
    public: bytes


def standardised_domain(parameter_id: int | None) -> Domain | None:
    """The group of that number, ``None`` where there is none."""
    if parameter_id in DH_PARAMETER_IDS:
        return DhDomain.standardised(parameter_id)
    name = EC_PARAMETER_IDS.get(parameter_id) if parameter_id is not None else None
    return EcDomain.named(name) if name is not None else None


def generate_key_pair(domain: Domain, random: RandomSource) -> KeyPair:
    """A key pair on *domain*'s generator; the exponent is uniform in 1 … n-1 by rejection, n the order, or p-1 in a finite field
    whose order is not known.

    The source is asked for as many octets as n has, and bits beyond n's are cut off.

    :raises MalformedData: the generator is of so small an order that it gives the neutral element.
    """
    order = int.from_bytes(domain.order, "big") or int.from_bytes(domain.parameters[0], "big") - 1
    size = (order.bit_length() + 7) // 8
    mask = (1 << order.bit_length()) - 1
    while True:
        candidate = int.from_bytes(random(size), "big") & mask
        if 1 <= candidate < order:
            private = Secret(candidate.to_bytes(size, "big"))
            try:
                return KeyPair(private, domain.public_key(private))
            except NativeError:
                raise MalformedData("the generator of a group is of a small order") from None


def bits_of_security(domain: Domain) -> int:
    """What the best known attack on the group costs, in bits: half the order's, and for a finite field no more than the field's."""
    order_bits = int.from_bytes(domain.order, "big").bit_length() // 2
    if isinstance(domain, EcDomain):
        return order_bits
    field_bits = next((bits for size, bits in _FIELD_STRENGTH if domain.size * 8 >= size), 0)
    return min(order_bits, field_bits) if order_bits else field_bits
