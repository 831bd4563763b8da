# SPDX-License-Identifier: Apache-2.0
"""Policies: which checks count, and how much. A policy alone turns checks into a decision.

The levels are the marks of BSI TR-03135-1: *mandatory* (m), *optional* (o), *evaluatory* (e).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from chipid.verification.verdict import Check, CheckName, Decision, Outcome, Verdict


class Level(Enum):
    """What a check's outcome does to the verdict.

    ``MANDATORY``: FAILED rejects, anything but SUCCESSFUL leaves the verdict inconclusive.
    ``OPTIONAL``: FAILED rejects, UNDETERMINED leaves it inconclusive; a check that could not be asked does not count.
    ``EVALUATORY``: reported, never counted.
    """

    MANDATORY = "m"
    OPTIONAL = "o"
    EVALUATORY = "e"


_COUNTER: Mapping[CheckName, Level] = MappingProxyType(
    {
        CheckName.ACCESS: Level.MANDATORY,
        CheckName.TERMINAL_AUTHENTICATION: Level.EVALUATORY,
        CheckName.SOD_SIGNATURE: Level.MANDATORY,
        CheckName.DATA_GROUP_INTEGRITY: Level.MANDATORY,
        CheckName.DS_CERTIFICATE_SIGNATURE: Level.MANDATORY,
        CheckName.CERTIFICATE_VALIDITY: Level.MANDATORY,
        CheckName.TRUST_STATUS: Level.MANDATORY,
        CheckName.REVOCATION: Level.OPTIONAL,
        CheckName.ISSUING_STATE: Level.MANDATORY,
        CheckName.SOD_AGAINST_COM: Level.EVALUATORY,
        CheckName.ACTIVE_AUTHENTICATION: Level.OPTIONAL,
        CheckName.CHIP_AUTHENTICATION: Level.OPTIONAL,
        CheckName.CHIP_AUTHENTICATION_MAPPING: Level.OPTIONAL,
        CheckName.CARD_SECURITY: Level.OPTIONAL,
        CheckName.CHIP_AUTHENTICITY: Level.MANDATORY,
        CheckName.CARD_ACCESS_AGAINST_DG14: Level.OPTIONAL,
        CheckName.DG1_AGAINST_DG13: Level.OPTIONAL,
        CheckName.MRZ: Level.MANDATORY,
        CheckName.DOCUMENT_EXPIRY: Level.MANDATORY,
    }
)


@dataclass(frozen=True)
class Policy:
    """A named choice of levels; every :class:`CheckName` has one.

    :ivar tolerates_deviations: whether departures from the standard that change no answer (a check's ``deviations``) are let pass.
    """

    name: str
    levels: Mapping[CheckName, Level]
    tolerates_deviations: bool = True

    def __post_init__(self) -> None:
        missing = [check.value for check in CheckName if check not in self.levels]
        if missing:
            raise ValueError(f"policy {self.name} says nothing of: {', '.join(missing)}")

    @classmethod
    def counter(cls) -> Policy:
        """A service point or a mobile team: a live, unaltered chip of a trusted issuer, in date."""
        return cls("counter", _COUNTER)

    @classmethod
    def strict(cls) -> Policy:
        """As *counter*, and each departure from the standards counts (BSI TR-03105-5.1)."""
        levels = dict.fromkeys(CheckName, Level.MANDATORY) | {
            CheckName.TERMINAL_AUTHENTICATION: Level.OPTIONAL,
            CheckName.REVOCATION: Level.OPTIONAL,
            CheckName.ACTIVE_AUTHENTICATION: Level.OPTIONAL,
            CheckName.CHIP_AUTHENTICATION: Level.OPTIONAL,
            CheckName.CHIP_AUTHENTICATION_MAPPING: Level.OPTIONAL,
            CheckName.CARD_SECURITY: Level.OPTIONAL,
            CheckName.CARD_ACCESS_AGAINST_DG14: Level.OPTIONAL,
            CheckName.DG1_AGAINST_DG13: Level.OPTIONAL,
        }
        return cls("strict", MappingProxyType(levels), tolerates_deviations=False)

    @classmethod
    def data_only(cls) -> Policy:
        """Files without a chip, such as a server gets: who signed them, and are they whole. A copy passes."""
        proofs = (CheckName.ACTIVE_AUTHENTICATION, CheckName.CHIP_AUTHENTICATION, CheckName.CHIP_AUTHENTICATION_MAPPING)
        live = (CheckName.ACCESS, CheckName.TERMINAL_AUTHENTICATION, *proofs, CheckName.CARD_SECURITY, CheckName.CHIP_AUTHENTICITY)
        levels = dict(_COUNTER) | dict.fromkeys(live, Level.EVALUATORY)
        return cls("data-only", MappingProxyType(levels))

    @classmethod
    def by_name(cls, name: str) -> Policy:
        """The policy of that name; raises ``KeyError`` for an unknown one."""
        return {"counter": cls.counter, "strict": cls.strict, "data-only": cls.data_only}[name]()

    def decide(self, checks: Iterable[Check]) -> Verdict:
        """The verdict on *checks*: rejected before inconclusive before accepted.

        A check that is missing counts as one that was not performed.
        """
        found = {check.name: check for check in checks}
        complete = tuple(found.get(name) or Check(name, Outcome.NOT_PERFORMED, "not-performed") for name in CheckName)
        decision, reasons = Decision.ACCEPTED, []
        for check in complete:
            effect = self._effect(check)
            if effect is not Decision.ACCEPTED:
                reasons.append(check.reason)
            decision = _worse(decision, effect)
        deviations = tuple(dict.fromkeys(deviation for check in complete for deviation in check.deviations))
        if deviations and not self.tolerates_deviations:
            decision = _worse(decision, Decision.REJECTED)
            reasons.extend(deviations)
        return Verdict(decision, self.name, complete, tuple(dict.fromkeys(reasons)), deviations)

    def _effect(self, check: Check) -> Decision:
        level = self.levels[check.name]
        if level is Level.EVALUATORY or check.outcome is Outcome.SUCCESSFUL:
            return Decision.ACCEPTED
        if check.outcome is Outcome.FAILED:
            return Decision.REJECTED
        unasked = check.outcome in (Outcome.NOT_SUPPORTED, Outcome.NOT_PERFORMED)
        return Decision.ACCEPTED if unasked and level is Level.OPTIONAL else Decision.INCONCLUSIVE


_ORDER = (Decision.ACCEPTED, Decision.INCONCLUSIVE, Decision.REJECTED)


def _worse(one: Decision, other: Decision) -> Decision:
    return max(one, other, key=_ORDER.index)
