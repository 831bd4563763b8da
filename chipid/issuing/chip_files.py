# SPDX-License-Identifier: Apache-2.0
"""The files in which a chip tells of its protocols: EF.CardAccess, EF.CardSecurity, DG14 and DG15 (ICAO 9303-11 §9.2.11).

EF.CardAccess offers, unsigned. DG14 repeats all of that and adds the static keys of Chip Authentication version 1, spelt out;
EF.CardSecurity repeats it too, and adds the keys of version 2 and of PACE's Chip Authentication Mapping.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from chipid._native import Hash
from chipid.crypto.agreement_key import build_agreement_key, build_domain
from chipid.crypto.domain import Domain, standardised_domain
from chipid.crypto.private_key import DhPrivateKey, parse_private_key
from chipid.crypto.signature import EcPublicKey
from chipid.errors import UnsupportedFeature
from chipid.issuing.chip_description import (
    CIPHERS,
    HASHES,
    ChipAuthenticationOffer,
    ChipDescription,
    PaceOffer,
    group_of,
)
from chipid.issuing.chip_keys import ChipKeys
from chipid.lds.card_access import CardAccess
from chipid.lds.dg14 import Dg14
from chipid.lds.dg15 import Dg15
from chipid.lds.security_infos import (
    ID_AA,
    ID_CA,
    ID_TA,
    ActiveAuthenticationInfo,
    ChipAuthenticationDomainParameterInfo,
    ChipAuthenticationInfo,
    ChipAuthenticationPublicKeyInfo,
    PaceDomainParameterInfo,
    PaceInfo,
    SecurityInfo,
    SecurityInfos,
    TerminalAuthenticationInfo,
)
from chipid.protocols.active_auth import default_hash
from chipid.protocols.chip_auth import VERSION_1, VERSION_2
from chipid.protocols.object_identifiers import ID_ECDSA_PLAIN_SIGNATURES, ID_PK_DH, ID_PK_ECDH
from chipid.protocols.pace.suite import PACE_VERSION, SUITES, Group

_ACTIVE_AUTHENTICATION_VERSION: Final = 1


def card_access(chip: ChipDescription) -> bytes | None:
    """EF.CardAccess, as on the CCCD in the order Terminal Authentication, Chip Authentication, PACE; ``None`` without PACE."""
    return CardAccess(SecurityInfos.of(_offers(chip))).build() if chip.pace else None


def card_security(chip: ChipDescription, keys: ChipKeys) -> SecurityInfos | None:
    """What EF.CardSecurity has to sign; ``None`` for a chip without keys there.

    A key's group stands there by its standardised number, or is spelt out where the PACEInfo spells it out.
    """
    numbers: dict[int | None, int | None] = {
        offer.parameter_id: None if offer.is_explicit else offer.group_id
        for offer in chip.pace
        if offer.parameter_id in chip.mapping_keys
    }
    numbers |= chip.keys_of_version(VERSION_2)
    if not numbers:
        return None
    return SecurityInfos.of([*_offers(chip), *_public_keys(keys, numbers)])


def data_groups(chip: ChipDescription, keys: ChipKeys) -> dict[int, bytes]:
    """DG14 and DG15, each where the chip has something to say there (ICAO 9303-10 §4.7.14, §4.7.15)."""
    groups: dict[int, bytes] = {}
    infos = _offers(chip)
    infos += _public_keys(keys, dict.fromkeys(chip.keys_of_version(VERSION_1)))
    hash_name = active_authentication_hash(chip, keys)
    if hash_name is not None and chip.active_authentication is not None and chip.active_authentication.is_ecdsa:
        infos.append(_active_authentication_info(hash_name))
    if infos:
        groups[14] = Dg14(SecurityInfos.of(infos)).build()
    if keys.active_authentication_spki is not None:
        groups[15] = Dg15(keys.active_authentication_spki).build()
    return groups


def active_authentication_hash(chip: ChipDescription, keys: ChipKeys) -> Hash | None:
    """What signatures of Active Authentication are made with; ``None`` for a chip without."""
    active, private = chip.active_authentication, keys.active_authentication
    if active is None or private is None:
        return None
    if active.hash_name is not None:
        return active.hash_name
    key = parse_private_key(private)
    return None if isinstance(key, DhPrivateKey) else default_hash(key)


def _offers(chip: ChipDescription) -> list[SecurityInfo]:
    """The security infos of EF.CardAccess."""
    infos: list[SecurityInfo] = []
    if chip.terminal_authentication is not None:
        infos.append(TerminalAuthenticationInfo(ID_TA, chip.terminal_authentication))
    infos += [_chip_authentication_info(offer) for offer in chip.chip_authentication]
    infos += _once(_chip_authentication_domain(offer) for offer in chip.chip_authentication if offer.version == VERSION_2)
    infos += [_pace_info(offer) for offer in chip.pace]
    infos += _once(_pace_domain(offer) for offer in chip.pace if offer.is_explicit)
    return infos


def _chip_authentication_info(offer: ChipAuthenticationOffer) -> ChipAuthenticationInfo:
    oid = f"{_chip_authentication_family(offer)}.{CIPHERS.index(offer.cipher) + 1}"
    return ChipAuthenticationInfo(oid, offer.version, offer.key_id)


def _chip_authentication_domain(offer: ChipAuthenticationOffer) -> ChipAuthenticationDomainParameterInfo:
    parameters = build_domain(_domain(offer.group_id), offer.group_id)
    return ChipAuthenticationDomainParameterInfo(_chip_authentication_family(offer), parameters, offer.key_id)


def _chip_authentication_family(offer: ChipAuthenticationOffer) -> str:
    return f"{ID_CA}.{1 if group_of(offer.group_id) is Group.DH else 2}"


def _pace_info(offer: PaceOffer) -> PaceInfo:
    return PaceInfo(_pace_oid(offer), PACE_VERSION, offer.parameter_id)


def _pace_domain(offer: PaceOffer) -> PaceDomainParameterInfo:
    """Of a key agreement and mapping, whatever the cipher (§9.2.2)."""
    family = _pace_oid(offer).rpartition(".")[0]
    return PaceDomainParameterInfo(family, build_domain(_domain(offer.group_id)), offer.parameter_id)


def _pace_oid(offer: PaceOffer) -> str:
    wanted = (group_of(offer.group_id), offer.mapping, offer.cipher)
    return next(oid for oid, suite in SUITES.items() if (suite.group, suite.mapping, suite.cipher) == wanted)


def _public_keys(keys: ChipKeys, numbers: Mapping[int | None, int | None]) -> list[SecurityInfo]:
    """:param numbers: the keys to be published, and for each the number that its group stands by; ``None`` spells it out."""
    infos: list[SecurityInfo] = []
    for key_id, number in numbers.items():
        key = keys.chip_authentication_public[key_id]
        oid = ID_PK_ECDH if isinstance(key, EcPublicKey) else ID_PK_DH
        infos.append(ChipAuthenticationPublicKeyInfo(oid, build_agreement_key(key, number), key_id))
    return infos


def _active_authentication_info(hash_name: Hash) -> ActiveAuthenticationInfo:
    """An ECDSA key needs its hash told; signatures are plain, whatever the chip does (§9.2.4)."""
    algorithm = f"{ID_ECDSA_PLAIN_SIGNATURES}.{HASHES.index(hash_name) + 1}"
    return ActiveAuthenticationInfo(ID_AA, _ACTIVE_AUTHENTICATION_VERSION, algorithm)


def _domain(group_id: int) -> Domain:
    domain = standardised_domain(group_id)
    if domain is None:
        raise UnsupportedFeature(f"standardised domain parameters {group_id}")
    return domain


def _once(infos: Iterable[SecurityInfo]) -> list[SecurityInfo]:
    return list(dict.fromkeys(infos))
