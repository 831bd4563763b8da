# SPDX-License-Identifier: Apache-2.0
"""Which of the chip's PACEInfos is used, and in which group it computes (ICAO 9303-11 §9.2.1, §9.2.2, §9.5)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from chipid.crypto.agreement_key import parse_domain
from chipid.crypto.domain import Domain, EcDomain, standardised_domain
from chipid.errors import MalformedData, UnsupportedFeature
from chipid.lds.security_infos import PaceInfo, SecurityInfos
from chipid.protocols.key_agreement import strength
from chipid.protocols.pace.suite import PACE_VERSION, SUITES, Group, MappingKind, Suite

OWN_GROUPS_MAX = 4
"""Groups of the issuer's own that are looked at: each may cost a second to check, and nobody has signed EF.CardAccess."""
WAYS_MAX = 4
"""Ways of one strength that are tried, one after the other: each hands out a token that tests one guess of the password."""
P_224 = "secp224r1"
"""The one standardised curve whose field has no point encoding: the integrated mapping has none there (§9.5.1)."""


@dataclass(frozen=True)
class PaceChoice:
    """One way to run PACE.

    :ivar info: the chip's offer, from EF.CardAccess; ``suite``: what its object identifier means.
    :ivar domain: the group, standardised or from a PACEDomainParameterInfo.
    """

    info: PaceInfo
    suite: Suite
    domain: Domain


def select_pace(infos: SecurityInfos) -> PaceChoice | None:
    """The strongest way that chipid speaks, ``None`` where there is none.

    The weaker of cipher and group counts first; among equals Chip Authentication Mapping, which proves the chip in the same go,
    then the chip's own order. Unknown protocols, reserved parameter ids and other versions are passed over (§9.2.1, §9.5.1).
    """
    return max(pace_choices(infos), key=_preference, default=None)


def pace_strength(infos: SecurityInfos) -> tuple[int, int, int] | None:
    """How strong the strongest way is: the weaker of cipher and group, then each, in bits; ``None`` where there is none."""
    choice = select_pace(infos)
    return None if choice is None else _strength(choice)


def preferred_pace(infos: SecurityInfos) -> list[PaceChoice]:
    """What :func:`select_pace` selects, and behind it others of the same strength: :data:`WAYS_MAX` in all, none weaker."""
    choices = sorted(pace_choices(infos), key=_preference, reverse=True)
    return [choice for choice in choices if _strength(choice) == _strength(choices[0])][:WAYS_MAX]


def pace_choices(infos: SecurityInfos) -> list[PaceChoice]:
    """Every way that chipid speaks, in the chip's order."""
    return list(_spoken(infos))


def pace_choice(infos: SecurityInfos, info: PaceInfo) -> PaceChoice:
    """What *info*, one of *infos*, stands for.

    :raises UnsupportedFeature: a protocol, version or group that chipid does not speak.
    :raises MalformedData: domain parameters that cannot be.
    """
    suite = SUITES.get(info.oid)
    if suite is None or info.version != PACE_VERSION:
        raise UnsupportedFeature(f"PACE protocol {info.oid} version {info.version} is not known")
    domain = standardised_domain(info.parameter_id) or _explicit_domain(infos, info)
    if domain is None:
        raise UnsupportedFeature(f"PACE domain parameters {info.parameter_id} are not known")
    if isinstance(domain, EcDomain) is not (suite.group is Group.ECDH):
        raise UnsupportedFeature(f"PACE-{suite.group.value} does not go with domain parameters {info.parameter_id}")
    if not domain.order:
        # EF.CardAccess is unsigned: in a group of unknown order its forger could search for the password afterwards.
        raise UnsupportedFeature("PACE in a finite field whose order is not given")
    if suite.mapping is MappingKind.INTEGRATED and isinstance(domain, EcDomain) and domain.name == P_224:
        raise UnsupportedFeature(f"{P_224} has no integrated mapping")
    return PaceChoice(info, suite, domain)


def _spoken(infos: SecurityInfos) -> Iterator[PaceChoice]:
    for info in dict.fromkeys(infos.pace):  # what is offered twice is no second way
        try:
            yield pace_choice(infos, info)
        except (MalformedData, UnsupportedFeature):
            continue


def _explicit_domain(infos: SecurityInfos, info: PaceInfo) -> Domain | None:
    """The issuer's own parameters: of the same protocol and mapping, with the same number; both may lack one (§9.2.2)."""
    for own in infos.pace_domain_parameters[:OWN_GROUPS_MAX]:
        if own.parameter_id == info.parameter_id and info.oid.startswith(f"{own.oid}."):
            return parse_domain(own.parameters)
    return None


def _preference(choice: PaceChoice) -> tuple[int, int, int, bool]:
    return (*_strength(choice), choice.suite.mapping is MappingKind.CHIP_AUTHENTICATION)


def _strength(choice: PaceChoice) -> tuple[int, int, int]:
    return strength(choice.suite.cipher, choice.domain)
