# SPDX-License-Identifier: Apache-2.0
"""Which of the chip's keys and protocols in DG14 Chip Authentication runs with (ICAO 9303-11 §6.2.3, §9.2.5, §9.2.6)."""

from __future__ import annotations

from dataclasses import dataclass

from chipid._native import Cipher
from chipid.crypto.domain import EcDomain
from chipid.crypto.signature import EcPublicKey
from chipid.crypto.spki import parse_public_key
from chipid.errors import MalformedData, UnsupportedFeature
from chipid.lds.security_infos import (
    ID_CA,
    ChipAuthenticationInfo,
    ChipAuthenticationPublicKeyInfo,
    SecurityInfos,
)
from chipid.protocols.key_agreement import CIPHER_BITS, checked_public_key, strength
from chipid.protocols.object_identifiers import ID_PK_ECDH, oid_octets

CA_VERSION = 1

ID_CA_ECDH_3DES = f"{ID_CA}.2.1"
SUITES: dict[str, Cipher] = {
    ID_CA_ECDH_3DES: "3DES",
    f"{ID_CA}.2.2": "AES-128",
    f"{ID_CA}.2.3": "AES-192",
    f"{ID_CA}.2.4": "AES-256",
}
"""id-CA-ECDH-…; id-CA-DH-… (``…3.1.x``) is not spoken."""


@dataclass(frozen=True)
class ChipAuthenticationChoice:
    """One way to run Chip Authentication.

    :ivar oid: the protocol, dotted.
    :ivar key_id: as DG14 has it beside the public key.
    :ivar public_key: the chip's static key, checked to be a point of *domain*.
    :ivar declared: False where DG14 holds a key and no ChipAuthenticationInfo, as EAC 1.11 chips do: they run 3DES.
    """

    oid: str
    cipher: Cipher
    key_id: int | None
    domain: EcDomain
    public_key: bytes
    declared: bool = True

    @property
    def oid_value(self) -> bytes:
        """The OID's content octets."""
        return oid_octets(self.oid)


def select_chip_authentication(infos: SecurityInfos) -> ChipAuthenticationChoice | None:
    """The strongest way that chipid speaks; among equals DG14's order decides. ``None`` where DG14 offers none at all.

    :raises UnsupportedFeature: DG14 offers what chipid does not speak, and nothing else.
    :raises MalformedData: the only keys offered are none.
    """
    if not infos.chip_authentication_public_keys and not infos.chip_authentication:
        return None
    choices, problem = _choices(infos)
    if choices:
        return max(choices, key=lambda choice: strength(CIPHER_BITS[choice.cipher], choice.domain))
    raise problem or UnsupportedFeature("no key in DG14 goes with a Chip Authentication protocol that is spoken here")


def chip_authentication_choices(infos: SecurityInfos) -> list[ChipAuthenticationChoice]:
    """Every way that chipid speaks, in DG14's order."""
    return _choices(infos)[0]


def _choices(infos: SecurityInfos) -> tuple[list[ChipAuthenticationChoice], MalformedData | UnsupportedFeature | None]:
    choices: list[ChipAuthenticationChoice] = []
    problem: MalformedData | UnsupportedFeature | None = None
    for key_info in infos.chip_authentication_public_keys:
        try:
            choices += _with_key(infos, key_info)
        except (MalformedData, UnsupportedFeature) as error:
            problem = problem or error
    return choices, problem


def _with_key(infos: SecurityInfos, key_info: ChipAuthenticationPublicKeyInfo) -> list[ChipAuthenticationChoice]:
    if key_info.oid != ID_PK_ECDH:
        raise UnsupportedFeature(f"Chip Authentication with a key of type {key_info.oid} is not spoken yet")
    key = parse_public_key(key_info.spki)
    if not isinstance(key, EcPublicKey):
        raise MalformedData("a Chip Authentication key is declared to be an elliptic-curve key and is none")
    point = checked_public_key(key.domain, key.point)

    def choice(oid: str, declared: bool = True) -> ChipAuthenticationChoice:
        return ChipAuthenticationChoice(oid, SUITES[oid], key_info.key_id, key.domain, point, declared)

    if not infos.chip_authentication:
        return [choice(ID_CA_ECDH_3DES, declared=False)]
    return [
        choice(info.oid)
        for info in infos.chip_authentication
        if info.oid in SUITES and info.version == CA_VERSION and _belong_together(infos, info, key_info)
    ]


def _belong_together(infos: SecurityInfos, info: ChipAuthenticationInfo, key_info: ChipAuthenticationPublicKeyInfo) -> bool:
    """By key id; one that is missing is no obstacle where there is a single key (§9.2.6)."""
    if info.key_id == key_info.key_id:
        return True
    return len(infos.chip_authentication_public_keys) == 1 and None in (info.key_id, key_info.key_id)
