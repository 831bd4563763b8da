# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipid.verification.policy import Level, Policy
from chipid.verification.verdict import Check, CheckName, Decision, Outcome

GOOD = tuple(Check(name, Outcome.SUCCESSFUL, "ok") for name in CheckName)


def with_one(name: CheckName, outcome: Outcome) -> tuple[Check, ...]:
    return tuple(replace(check, outcome=outcome, reason="why") if check.name is name else check for check in GOOD)


@pytest.mark.parametrize("policy", [Policy.counter(), Policy.strict(), Policy.data_only()], ids=lambda policy: policy.name)
def test_all_successful_is_accepted(policy: Policy) -> None:
    verdict = policy.decide(GOOD)
    assert (verdict.decision, bool(verdict), verdict.reasons) == (Decision.ACCEPTED, True, ())


@pytest.mark.parametrize("policy", [Policy.counter(), Policy.strict(), Policy.data_only()], ids=lambda policy: policy.name)
@pytest.mark.parametrize("name", CheckName)
@pytest.mark.parametrize("outcome", Outcome)
def test_each_level_does_what_it_says(policy: Policy, name: CheckName, outcome: Outcome) -> None:
    verdict = policy.decide(with_one(name, outcome))
    level = policy.levels[name]
    if outcome is Outcome.SUCCESSFUL or level is Level.EVALUATORY:
        expected = Decision.ACCEPTED
    elif outcome is Outcome.FAILED:
        expected = Decision.REJECTED
    elif level is Level.OPTIONAL and outcome in (Outcome.NOT_SUPPORTED, Outcome.NOT_PERFORMED):
        expected = Decision.ACCEPTED
    else:
        expected = Decision.INCONCLUSIVE
    assert verdict.decision is expected
    assert verdict.reasons == (() if expected is Decision.ACCEPTED else ("why",))


@pytest.mark.parametrize("name", [name for name in CheckName if Policy.counter().levels[name] is Level.MANDATORY])
def test_a_missing_mandatory_check_is_never_accepted(name: CheckName) -> None:
    verdict = Policy.counter().decide(check for check in GOOD if check.name is not name)
    assert not verdict.accepted
    assert verdict.check(name).outcome is Outcome.NOT_PERFORMED


# What the policies demand, written down once more: m mandatory, o optional, e evaluatory. A change here is a change of who gets in.
TABLE = """
                                counter strict data-only
chip access protocols           m       m      e
Terminal Authentication         e       o      e
security object signature       m       m      m
data group integrity            m       m      m
DS certificate signature        m       m      m
certificate validity            m       m      m
trust status                    m       m      m
DS revocation                   o       o      o
issuing state                   m       m      m
EF.SOD against EF.COM           e       m      e
Active Authentication           o       o      e
Chip Authentication             o       o      e
PACE Chip Authentication Mapping  o     o      e
EF.CardSecurity                 o       o      e
chip authenticity               m       m      e
EF.CardAccess against DG14      o       o      o
DG1 against DG13                o       o      o
machine readable zone           m       m      m
document expiry                 m       m      m
"""


@pytest.mark.parametrize("column", [1, 2, 3])
def test_the_policies_demand_what_the_table_says(column: int) -> None:
    names, *rows = [re.split(r"\s{2,}", line.strip()) for line in TABLE.strip("\n").splitlines()]
    names = names[0].split()
    policy = Policy.by_name(names[column - 1])
    told = {CheckName(row[0]): Level(row[column]) for row in rows}
    assert told == dict(policy.levels)


def test_only_strict_counts_deviations() -> None:
    tolerant = {name: Policy.by_name(name).tolerates_deviations for name in ("counter", "strict", "data-only")}
    assert tolerant == {"counter": True, "strict": False, "data-only": True}


def test_rejected_outweighs_inconclusive() -> None:
    checks = [replace(check, outcome=Outcome.UNDETERMINED) for check in GOOD]
    checks[2] = replace(checks[2], outcome=Outcome.FAILED)
    assert Policy.counter().decide(checks).decision is Decision.REJECTED


def test_deviations_count_under_strict_alone() -> None:
    checks = [replace(GOOD[0], deviations=("odd", "odd")), *GOOD[1:]]
    lenient, strict = Policy.counter().decide(checks), Policy.strict().decide(checks)
    assert (lenient.decision, lenient.deviations) == (Decision.ACCEPTED, ("odd",))
    assert (strict.decision, strict.reasons) == (Decision.REJECTED, ("odd",))


def test_a_policy_that_forgets_a_check_is_refused() -> None:
    levels = dict(Policy.counter().levels)
    del levels[CheckName.TRUST_STATUS]
    with pytest.raises(ValueError, match="trust status"):
        Policy("forgetful", levels)


def test_unknown_names_are_told() -> None:
    with pytest.raises(KeyError):
        Policy.by_name("generous")


@given(st.lists(st.tuples(st.sampled_from(CheckName), st.sampled_from(Outcome)), max_size=20))
def test_accepted_only_with_every_mandatory_check_successful(pairs: list[tuple[CheckName, Outcome]]) -> None:
    checks = {name: Check(name, outcome, "why") for name, outcome in pairs}
    policy = Policy.counter()
    if policy.decide(checks.values()).accepted:
        mandatory = [name for name, level in policy.levels.items() if level is Level.MANDATORY]
        assert all(name in checks and checks[name].outcome is Outcome.SUCCESSFUL for name in mandatory)
