# SPDX-License-Identifier: Apache-2.0
"""Standardised domain parameters (ICAO 9303-11 §9.5.1, Table 6)."""

from __future__ import annotations

from chipid.crypto.domain import EcDomain

EC_DOMAIN_PARAMETERS: dict[int, str] = {
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
"""Ids 0–2 are finite-field groups, 3–7 and 19–31 reserved, 32 and above belong to the issuer's own PACEDomainParameterInfo."""


def standardised_domain(parameter_id: int | None) -> EcDomain | None:
    """The curve of that number, ``None`` where there is none."""
    name = EC_DOMAIN_PARAMETERS.get(parameter_id) if parameter_id is not None else None
    return EcDomain.named(name) if name is not None else None
