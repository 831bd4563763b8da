# SPDX-License-Identifier: Apache-2.0
"""Which of the chip's keys and protocols Chip Authentication runs with (ICAO 9303-11 §6.2.3, §9.2.5, §9.2.6; version 2: BSI
TR-03110-3 §A.1.1)."""

from __future__ import annotations

from dataclasses import dataclass

from chipid._native import Cipher
from chipid.crypto.agreement_key import AgreementKey, parse_agreement_key, parse_domain, public_octets
from chipid.crypto.domain import Domain, EcDomain
from chipid.errors import MalformedData, UnsupportedFeature
from chipid.lds.security_infos import (
    ID_CA,
    ChipAuthenticationInfo,
    ChipAuthenticationPublicKeyInfo,
    SecurityInfos,
)
from chipid.protocols.key_agreement import strength
from chipid.protocols.object_identifiers import ID_PK_DH, ID_PK_ECDH, oid_octets

VERSION_1, VERSION_2 = 1, 2

KEYS_MAX = 8
"""Keys of a chip that are looked at: each may be in a group of its own, and cost a second to check."""

ID_CA_DH_3DES, ID_CA_ECDH_3DES = f"{ID_CA}.1.1", f"{ID_CA}.2.1"
_CIPHERS: tuple[Cipher, ...] = ("3DES", "AES-128", "AES-192", "AES-256")
_KEY_TYPES = {f"{ID_CA}.1": ID_PK_DH, f"{ID_CA}.2": ID_PK_ECDH}
SUITES: dict[str, Cipher] = {f"{family}.{number}": cipher for family in _KEY_TYPES for number, cipher in enumerate(_CIPHERS, 1)}
"""id-CA-DH-… and id-CA-ECDH-… (ICAO 9303-11 §9.2.7)."""


@dataclass(frozen=True)
class ChipAuthenticationChoice:
    """One way to run Chip Authentication.

    :ivar oid: the protocol, dotted.
    :ivar key_id: as the chip has it beside the public key.
    :ivar public_key: the chip's static key, of *domain*: parsing it has made sure.
    :ivar version: 1, with a key in DG14, or 2, with one in EF.CardSecurity.
    :ivar declared: False where DG14 holds a key and no ChipAuthenticationInfo, as EAC 1.11 chips do: they run 3DES.
    """

    oid: str
    cipher: Cipher
    key_id: int | None
    domain: Domain
    public_key: bytes
    version: int = VERSION_1
    declared: bool = True

    @property
    def oid_value(self) -> bytes:
        """The OID's content octets."""
        return oid_octets(self.oid)


def select_chip_authentication(infos: SecurityInfos, version: int = VERSION_1) -> ChipAuthenticationChoice | None:
    """The strongest way that chipid speaks; among equals the chip's order decides. ``None`` where it offers none at all.

    :param infos: DG14 for version 1, EF.CardSecurity for version 2.
    :raises UnsupportedFeature: the chip offers what chipid does not speak, and nothing else.
    :raises MalformedData: the only keys offered are none.
    """
    other = VERSION_2 if version == VERSION_1 else VERSION_1
    if not infos.chip_authentication_public_keys and all(info.version == other for info in infos.chip_authentication):
        return None
    choices, problem = _choices(infos, version)
    if choices:
        return max(choices, key=lambda choice: strength(choice.cipher, choice.domain))
    raise problem or UnsupportedFeature("no key of the chip goes with a Chip Authentication protocol that is spoken here")


def chip_authentication_choices(infos: SecurityInfos, version: int = VERSION_1) -> list[ChipAuthenticationChoice]:
    """Every way that chipid speaks, in the chip's order."""
    return _choices(infos, version)[0]


def announced_chip_authentication(card_access: SecurityInfos) -> tuple[ChipAuthenticationInfo, Domain] | None:
    """The strongest Chip Authentication of version 2 that EF.CardAccess announces, before the key itself can be read: Terminal
    Authentication comes first and needs the group alone (BSI TR-03110-3 §A.1.1.3). ``None`` where there is none that is spoken.
    """
    found: list[tuple[ChipAuthenticationInfo, Domain]] = []
    for info in card_access.chip_authentication:
        if info.version == VERSION_2 and info.oid in SUITES:
            domain = _announced_domain(card_access, info)
            if domain is not None:
                found.append((info, domain))
    return max(found, key=lambda pair: strength(SUITES[pair[0].oid], pair[1]), default=None)


def _announced_domain(card_access: SecurityInfos, info: ChipAuthenticationInfo) -> Domain | None:
    for parameters in card_access.chip_authentication_domain_parameters[:KEYS_MAX]:
        if parameters.key_id == info.key_id and info.oid.startswith(f"{parameters.oid}."):
            try:
                domain = parse_domain(parameters.parameters)
            except (MalformedData, UnsupportedFeature):
                return None
            return domain if _is_of_family(info.oid, domain) else None
    return None


def _choices(
    infos: SecurityInfos, version: int
) -> tuple[list[ChipAuthenticationChoice], MalformedData | UnsupportedFeature | None]:
    choices: list[ChipAuthenticationChoice] = []
    problem: MalformedData | UnsupportedFeature | None = None
    for key_info in infos.chip_authentication_public_keys[:KEYS_MAX]:
        try:
            choices += _with_key(infos, key_info, version)
        except (MalformedData, UnsupportedFeature) as error:
            problem = problem or error
    return choices, problem


def _with_key(
    infos: SecurityInfos, key_info: ChipAuthenticationPublicKeyInfo, version: int
) -> list[ChipAuthenticationChoice]:
    key = _key(key_info)
    public = public_octets(key)

    def choice(oid: str, declared: bool = True) -> ChipAuthenticationChoice:
        return ChipAuthenticationChoice(oid, SUITES[oid], key_info.key_id, key.domain, public, version, declared)

    if not infos.chip_authentication and version == VERSION_1:
        return [choice(ID_CA_ECDH_3DES if isinstance(key.domain, EcDomain) else ID_CA_DH_3DES, declared=False)]
    return [
        choice(info.oid)
        for info in infos.chip_authentication
        if info.oid in SUITES
        and info.version == version
        and _is_of_family(info.oid, key.domain)
        and _belong_together(infos, info, key_info)
    ]


def _key(key_info: ChipAuthenticationPublicKeyInfo) -> AgreementKey:
    if key_info.oid not in _KEY_TYPES.values():
        raise UnsupportedFeature(f"Chip Authentication with a key of type {key_info.oid}")
    key = parse_agreement_key(key_info.spki)
    if isinstance(key.domain, EcDomain) is not (key_info.oid == ID_PK_ECDH):
        raise MalformedData("a Chip Authentication key is declared to be of another kind than it is")
    return key


def _is_of_family(oid: str, domain: Domain) -> bool:
    key_type = _KEY_TYPES.get(oid.rpartition(".")[0])
    return key_type == (ID_PK_ECDH if isinstance(domain, EcDomain) else ID_PK_DH)


def _belong_together(infos: SecurityInfos, info: ChipAuthenticationInfo, key_info: ChipAuthenticationPublicKeyInfo) -> bool:
    """By key id; one that is missing is no obstacle where there is a single key (§9.2.6)."""
    if info.key_id == key_info.key_id:
        return True
    return len(infos.chip_authentication_public_keys) == 1 and None in (info.key_id, key_info.key_id)
