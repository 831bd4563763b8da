# SPDX-License-Identifier: Apache-2.0
"""Policies: which checks count, how much, and what is let pass by name. A policy alone turns checks into a decision.

The levels are the marks of BSI TR-03135-1: *mandatory* (m), *optional* (o), *evaluatory* (e). docs/policies.md is the table.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from types import MappingProxyType
from typing import Final

from chipid.pki.revocation import NO_FRESH_LIST
from chipid.verification.reasons import REASONS, REVOCATION_UNKNOWN, WHO_SIGNED, stem
from chipid.verification.verdict import Check, CheckName, CodeDecision, Decision, Effect, Outcome, Verdict

POLICIES: Final = ("counter", "strict", "research", "data-only")
"""The names of the policies that :meth:`Policy.by_name` knows."""

DEVIATIONS: Final = "deviations"
"""The family of all departures from the standards that change no answer."""

FAMILIES: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "out-of-date": frozenset({"dsc-expired", "dsc-not-yet-valid", "csca-expired", "csca-not-yet-valid"}),
        "revocation-unknown": REVOCATION_UNKNOWN,
        "sha1": frozenset({"sha1-signature", "sha1-hashes", "aa-sha1"}),
        "short-keys": frozenset({"short-key", "aa-short-key"}),
    }
)
"""Names for several codes at once; :data:`DEVIATIONS` is one more."""


class Level(Enum):
    """What a check's outcome does to the verdict.

    ``MANDATORY``: FAILED rejects, anything but SUCCESSFUL leaves the verdict inconclusive.
    ``OPTIONAL``: FAILED rejects, UNDETERMINED leaves it inconclusive; a check that could not be asked does not count.
    ``EVALUATORY``: reported, never counted; nor are its deviations.
    """

    MANDATORY = "m"
    OPTIONAL = "o"
    EVALUATORY = "e"


@dataclass(frozen=True)
class Policy:
    """A named choice; each operation gives a new one, whose name says what was changed.

    :ivar levels: of every :class:`CheckName`.
    :ivar tolerated: reason codes of checks that did not pass, and deviations, that are let pass.
    :ivar refused: deviations that reject although :attr:`tolerates_deviations`.
    :ivar tolerates_deviations: whether all other departures from the standards that change no answer are let pass.

    A deviation of certificates without ``dsc-`` or ``csca-`` before it stands for both; the longer name goes first.

    :raises ValueError: a check without a level, or a code that there is not.
    """

    name: str
    levels: Mapping[CheckName, Level]
    tolerated: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()
    tolerates_deviations: bool = True

    def __post_init__(self) -> None:
        missing = [check.value for check in CheckName if check not in self.levels]
        if missing:
            raise ValueError(f"policy {self.name} says nothing of: {', '.join(missing)}")
        for code in self.tolerated | self.refused:
            _require_code(code)
        if beyond := sorted(code for code in self.tolerated if stem(code) in WHO_SIGNED):
            raise ValueError(f"no policy tolerates {', '.join(beyond)}: nobody would know who signed; use reporting(…)")

    # The four policies -------------------------------------------------------------------------------------------

    @classmethod
    def counter(cls) -> Policy:
        """A service point or a mobile team: a live, unaltered chip of a trusted issuer, in date."""
        return cls("counter", _COUNTER, _WITHOUT_FRESH_CRL)

    @classmethod
    def strict(cls) -> Policy:
        """As *counter*, and each departure from the standards counts (BSI TR-03105-5.1)."""
        return cls("strict", _STRICT, tolerates_deviations=False)

    @classmethod
    def research(cls) -> Policy:
        """What do documents look like? Who signed them, and are they whole; all else is reported. A revoked signer rejects."""
        return cls("research", _RESEARCH, FAMILIES["revocation-unknown"])

    @classmethod
    def data_only(cls) -> Policy:
        """Files without a chip, such as a server gets: who signed them, and are they whole. A copy passes."""
        return cls("data-only", _DATA_ONLY, _WITHOUT_FRESH_CRL)

    @classmethod
    def by_name(cls, name: str) -> Policy:
        """The policy of that name, one of :data:`POLICIES`; raises ``KeyError`` for an unknown one."""
        makers = (cls.counter, cls.strict, cls.research, cls.data_only)
        return dict(zip(POLICIES, makers, strict=True))[name]()

    # What is made of them ----------------------------------------------------------------------------------------

    def tolerating(self, *names: str) -> Policy:
        """Let pass the codes or :data:`FAMILIES` *names*: they are reported and do not count.

        :raises TypeError: a name that is no text.
        :raises ValueError: none is given; there is none of that name; or it says that nobody knows who signed, or what, and to
            let that pass were to take anybody's files for a State's. Whoever wants no such answer uses :meth:`reporting`.
        """
        codes = _codes(names)
        return replace(
            self,
            name=_described(self.name, "tolerating", names),
            tolerated=self.tolerated | codes,
            refused=self.refused - codes,
            tolerates_deviations=self.tolerates_deviations or DEVIATIONS in names,
        )

    def not_tolerating(self, *names: str) -> Policy:
        """Let the codes or :data:`FAMILIES` *names* count: a deviation rejects, a reason does what its check's level says.

        :raises ValueError: there is none of that name, or none is given. :raises TypeError: one that is no text.
        """
        codes = _codes(names)
        return replace(
            self,
            name=_described(self.name, "not tolerating", names),
            tolerated=self.tolerated - codes,
            refused=self.refused | codes,
            tolerates_deviations=self.tolerates_deviations and DEVIATIONS not in names,
        )

    def requiring(self, *checks: CheckName) -> Policy:
        """Make *checks* mandatory: only those that are SUCCESSFUL pass, and those whose reason is tolerated by name afterwards.

        :raises ValueError: none is given. :raises TypeError: one that is no :class:`CheckName`.
        """
        changed = self._at(Level.MANDATORY, "requiring", checks)
        forgone = frozenset(code for check in checks for code in FAMILIES.get(_UNANSWERED.get(check, ""), ()))
        return replace(changed, tolerated=self.tolerated - forgone)

    def reporting(self, *checks: CheckName) -> Policy:
        """Make *checks* evaluatory: they are reported and never count.

        :raises ValueError: none is given. :raises TypeError: one that is no :class:`CheckName`.
        """
        return self._at(Level.EVALUATORY, "reporting", checks)

    def named(self, name: str) -> Policy:
        """The same under another name, which each verdict by it will bear."""
        return replace(self, name=name)

    def _at(self, level: Level, word: str, checks: tuple[CheckName, ...]) -> Policy:
        _require(checks, CheckName, "a CheckName, such as CheckName.REVOCATION")
        levels = MappingProxyType(dict(self.levels) | dict.fromkeys(checks, level))
        return replace(self, name=_described(self.name, word, [check.value for check in checks]), levels=levels)

    # What they do ------------------------------------------------------------------------------------------------

    def decide(self, checks: Iterable[Check]) -> Verdict:
        """The verdict on *checks*: rejected before inconclusive before accepted.

        A check that is missing counts as one that was not performed.
        """
        found = {check.name: check for check in checks}
        complete = tuple(found.get(name) or Check(name, Outcome.NOT_PERFORMED, "not-performed") for name in CheckName)
        decisions = tuple(decision for check in complete for decision in self._weigh(check))
        counted = [each for each in decisions if each.effect in _DECISIONS]
        decision = max((_DECISIONS[each.effect] for each in counted), key=_ORDER.index, default=Decision.ACCEPTED)
        deviations = tuple(dict.fromkeys(deviation for check in complete for deviation in check.deviations))
        reasons = tuple(dict.fromkeys(each.code for each in counted))
        uncounted = tuple(name for name in CheckName if self.levels[name] is Level.EVALUATORY)
        return Verdict(decision, self.name, complete, reasons, deviations, decisions, uncounted)

    def tolerates(self, code: str, *, deviation: bool = False) -> bool:
        """Whether *code* is let pass: the reason of a check that did not pass, or a *deviation* of one that may have."""
        for name in (code, stem(code)):
            if name in self.tolerated:
                return True
            if name in self.refused:
                return False
        return deviation and self.tolerates_deviations

    def _weigh(self, check: Check) -> Iterator[CodeDecision]:
        """The reason, where the check did not pass, and each deviation that is not the same again."""
        level, passed = self.levels[check.name], check.outcome is Outcome.SUCCESSFUL
        if not passed:
            yield from (CodeDecision(check.name, code, self._effect(check, code, level)) for code in (check.reason, *check.further))
        for code in dict.fromkeys(check.deviations):
            if passed or code != check.reason:
                yield CodeDecision(check.name, code, self._effect_of_deviation(code, level))

    def _effect(self, check: Check, code: str, level: Level) -> Effect:
        unasked = check.outcome in (Outcome.NOT_SUPPORTED, Outcome.NOT_PERFORMED)
        if level is Level.EVALUATORY or (unasked and level is Level.OPTIONAL):
            return Effect.NOT_COUNTED
        if self.tolerates(code):
            return Effect.TOLERATED
        return Effect.REJECTED if check.outcome is Outcome.FAILED else Effect.INCONCLUSIVE

    def _effect_of_deviation(self, code: str, level: Level) -> Effect:
        if level is Level.EVALUATORY:
            return Effect.NOT_COUNTED
        return Effect.TOLERATED if self.tolerates(code, deviation=True) else Effect.REJECTED


_M, _O, _E = Level.MANDATORY, Level.OPTIONAL, Level.EVALUATORY
_TABLE: Mapping[CheckName, tuple[Level, Level, Level, Level]] = {
    # In the order of POLICIES.
    CheckName.ACCESS: (_M, _M, _E, _E),
    CheckName.TERMINAL_AUTHENTICATION: (_E, _O, _E, _E),
    CheckName.SOD_SIGNATURE: (_M, _M, _M, _M),
    CheckName.DATA_GROUP_INTEGRITY: (_M, _M, _M, _M),
    CheckName.DS_CERTIFICATE_SIGNATURE: (_M, _M, _M, _M),
    CheckName.CERTIFICATE_VALIDITY: (_M, _M, _E, _M),
    CheckName.TRUST_STATUS: (_M, _M, _M, _M),
    CheckName.REVOCATION: (_O, _O, _O, _O),
    CheckName.KNOWN_DEFECTS: (_O, _O, _E, _O),
    CheckName.ISSUING_STATE: (_M, _M, _E, _M),
    CheckName.SOD_AGAINST_COM: (_E, _M, _E, _E),
    CheckName.ACTIVE_AUTHENTICATION: (_O, _O, _E, _E),
    CheckName.CHIP_AUTHENTICATION: (_O, _O, _E, _E),
    CheckName.CHIP_AUTHENTICATION_MAPPING: (_O, _O, _E, _E),
    CheckName.CARD_SECURITY: (_O, _O, _E, _E),
    CheckName.CHIP_AUTHENTICITY: (_M, _M, _E, _E),
    CheckName.CARD_ACCESS_AGAINST_DG14: (_O, _O, _E, _O),
    CheckName.DG1_AGAINST_DG13: (_O, _O, _E, _O),
    CheckName.MRZ: (_M, _M, _E, _M),
    CheckName.DOCUMENT_EXPIRY: (_M, _M, _E, _M),
}
_COUNTER, _STRICT, _RESEARCH, _DATA_ONLY = (
    MappingProxyType({check: levels[column] for check, levels in _TABLE.items()}) for column in range(len(POLICIES))
)
_WITHOUT_FRESH_CRL: Final = NO_FRESH_LIST
"""Terminals are offline, and few States publish their lists on time."""
_UNANSWERED = {CheckName.REVOCATION: "revocation-unknown"}
"""What a policy may tolerate of a check as long as nobody requires it."""

_PASSED: Final = "ok"
_ORDER = (Decision.ACCEPTED, Decision.INCONCLUSIVE, Decision.REJECTED)
_DECISIONS = {Effect.INCONCLUSIVE: Decision.INCONCLUSIVE, Effect.REJECTED: Decision.REJECTED}


def _require(names: tuple[object, ...], kind: type, wanted: str) -> None:
    if not names:
        raise ValueError(f"name at least one: {wanted}")
    for name in names:
        if not isinstance(name, kind):
            raise TypeError(f"{name!r} is not {wanted}")


def _codes(names: tuple[str, ...]) -> frozenset[str]:
    """The codes that *names* mean; of :data:`DEVIATIONS` none by itself."""
    _require(names, str, "the name of a reason code or of a family, such as 'crl-stale'")
    codes: set[str] = set()
    for name in names:
        codes |= FAMILIES.get(name, frozenset({name} - {DEVIATIONS}))
    return frozenset(codes)


def _require_code(code: str) -> None:
    if code == _PASSED:
        raise ValueError(f"{code} is what a check says that passed: there is nothing to tolerate")
    if code in REASONS or stem(code) in REASONS:
        return
    from difflib import get_close_matches  # noqa: PLC0415  # for a mistake alone

    near = get_close_matches(code.lower(), (*FAMILIES, DEVIATIONS, *REASONS), n=1)
    raise ValueError(f"there is no reason code {code}" + (f": is {near[0]} meant?" if near else ""))


def _described(name: str, word: str, changed: Iterable[str]) -> str:
    return f"{name}, {word} {', '.join(changed)}"
