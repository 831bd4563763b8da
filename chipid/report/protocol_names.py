# SPDX-License-Identifier: Apache-2.0
"""The names of protocols and domain parameters (ICAO 9303-11 §9.2, §9.5.1; BSI TR-03110-3 §A.1)."""

from __future__ import annotations

from chipid.crypto.domain import standardised_domain
from chipid.lds.security_infos import ID_AA, ID_CA, ID_PACE, ID_PK, ID_TA

_CIPHERS = {1: "3DES-CBC-CBC", 2: "AES-CBC-CMAC-128", 3: "AES-CBC-CMAC-192", 4: "AES-CBC-CMAC-256"}
_PACE = {1: "DH-GM", 2: "ECDH-GM", 3: "DH-IM", 4: "ECDH-IM", 6: "ECDH-CAM"}
_AGREEMENTS = {1: "DH", 2: "ECDH"}

PROTOCOL_NAMES: dict[str, str] = {
    **{f"{ID_PACE}.{n}": f"PACE-{mapping}" for n, mapping in _PACE.items()},
    **{
        f"{ID_PACE}.{n}.{m}": f"PACE-{mapping}-{cipher}"
        for n, mapping in _PACE.items()
        for m, cipher in _CIPHERS.items()
        if not (mapping == "ECDH-CAM" and m == 1)  # Chip Authentication Mapping goes with AES alone (§9.2.3)
    },
    **{f"{ID_CA}.{n}": f"CA-{kind}" for n, kind in _AGREEMENTS.items()},  # their domain parameters, of version 2
    **{f"{ID_CA}.{n}.{m}": f"CA-{kind}-{cipher}" for n, kind in _AGREEMENTS.items() for m, cipher in _CIPHERS.items()},
    **{f"{ID_PK}.{n}": f"PK-{kind}" for n, kind in _AGREEMENTS.items()},
    ID_AA: "AA",
    ID_TA: "TA",
}
"""Object identifiers to names, without the standards' prefix ``id-``."""


def protocol_name(oid: str) -> str:
    """The name of a protocol; its object identifier where there is none."""
    return PROTOCOL_NAMES.get(oid, oid)


def parameters_name(parameter_id: int | None) -> str | None:
    """The name of standardised domain parameters as the core has it, or their number; ``None`` for none."""
    if parameter_id is None:
        return None
    domain = standardised_domain(parameter_id)
    return domain.name if domain is not None else f"parameters {parameter_id}"
