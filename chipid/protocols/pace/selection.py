# SPDX-License-Identifier: Apache-2.0
"""Which of the chip's PACEInfos is used."""

from __future__ import annotations

from chipid.crypto.domain import EcDomain
from chipid.errors import UnsupportedFeature
from chipid.lds.security_infos import PaceInfo, SecurityInfos
from chipid.protocols.key_agreement import CIPHER_BITS, strength
from chipid.protocols.pace.domain_parameters import standardised_domain
from chipid.protocols.pace.suite import PACE_VERSION, SUITES, Group, MappingKind, Suite


def select_pace(infos: SecurityInfos) -> PaceInfo | None:
    """The strongest PACEInfo that chipid speaks, ``None`` where there is none.

    The weaker of cipher and curve counts first; among equals the chip's own order decides. Unknown protocols, reserved parameter
    ids and other versions are passed over (ICAO 9303-11 §9.2.1, §9.5.1).
    """
    spoken = [info for info in infos.pace if _is_spoken(info)]
    return max(spoken, key=_strength, default=None)


def suite_and_domain(info: PaceInfo) -> tuple[Suite, EcDomain]:
    """What *info* stands for.

    :raises UnsupportedFeature: a protocol, version or group that chipid does not speak.
    """
    suite, domain = SUITES.get(info.oid), standardised_domain(info.parameter_id)
    if suite is None or info.version != PACE_VERSION:
        raise UnsupportedFeature(f"PACE protocol {info.oid} version {info.version} is not known")
    if suite.group is not Group.ECDH or suite.mapping is not MappingKind.GENERIC:
        raise UnsupportedFeature(f"PACE-{suite.group.value}-{suite.mapping.value} is not spoken yet")
    if domain is None:
        raise UnsupportedFeature(f"PACE domain parameters {info.parameter_id} are not spoken")
    return suite, domain


def _is_spoken(info: PaceInfo) -> bool:
    try:
        suite_and_domain(info)
    except UnsupportedFeature:
        return False
    return True


def _strength(info: PaceInfo) -> tuple[int, int, int]:
    suite, domain = suite_and_domain(info)
    return strength(CIPHER_BITS[suite.cipher], domain)
