# SPDX-License-Identifier: Apache-2.0
"""A verdict, as reports carry it."""

from __future__ import annotations

from chipid.report import schema
from chipid.report.printable import printable
from chipid.verification.reasons import explain
from chipid.verification.verdict import Check, CodeDecision, Verdict


def verdict_part(verdict: Verdict) -> schema.Verdict:
    """The decision, what kept it from *accepted*, every check in the order of the standard, what became of each code."""
    return schema.Verdict(
        decision=verdict.decision.value,
        policy=printable(verdict.policy),
        reasons=tuple(map(printable, verdict.reasons)),
        deviations=tuple(map(printable, verdict.deviations)),
        checks=tuple(_check(check) for check in verdict.checks),
        decisions=tuple(_decision(decision) for decision in verdict.decisions),
    )


def _check(check: Check) -> schema.Check:
    return schema.Check(
        name=check.name.name.lower(),
        label=check.name.value,
        outcome=check.outcome.value,
        reason=printable(check.reason),
        detail=printable(check.detail),
        deviations=tuple(map(printable, check.deviations)),
    )


def _decision(decision: CodeDecision) -> schema.CodeDecision:
    return schema.CodeDecision(
        check=decision.check.name.lower(),
        code=printable(decision.code),
        effect=decision.effect.value,
        meaning=printable(explain(decision.code)),
    )
