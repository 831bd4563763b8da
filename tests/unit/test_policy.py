# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipid.verification.policy import DEVIATIONS, FAMILIES, POLICIES, Level, Policy
from chipid.verification.reasons import REASONS, WHO_SIGNED, explain
from chipid.verification.verdict import Check, CheckName, CodeDecision, Decision, Effect, Outcome

DOCUMENTATION = (Path(__file__).resolve().parents[2] / "docs/policies.md").read_text(encoding="utf-8")
EVERY = tuple(map(Policy.by_name, POLICIES))
every_policy = pytest.mark.parametrize("policy", EVERY, ids=POLICIES)
GOOD = tuple(Check(name, Outcome.SUCCESSFUL, "ok") for name in CheckName)


def with_one(name: CheckName, outcome: Outcome) -> tuple[Check, ...]:
    return tuple(replace(check, outcome=outcome, reason="why") if check.name is name else check for check in GOOD)


@every_policy
def test_all_successful_is_accepted(policy: Policy) -> None:
    verdict = policy.decide(GOOD)
    assert (verdict.decision, bool(verdict), verdict.reasons) == (Decision.ACCEPTED, True, ())


@every_policy
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


# A change of docs/policies.md is a change of who gets in.


def table(heading: str) -> list[list[str]]:
    """The rows of the table under *heading*, without its head."""
    section = DOCUMENTATION.split(f"## {heading}\n")[1].split("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line.startswith("|")]
    return rows[2:]


def codes(cell: str) -> set[str]:
    return set(re.findall(r"`([a-z0-9-]+)`", cell))


@pytest.mark.parametrize("column", range(len(POLICIES)), ids=POLICIES)
def test_the_policies_demand_what_the_table_says(column: int) -> None:
    told = {CheckName(row[0]): Level(row[column + 1]) for row in table("Which checks count")}
    assert list(told) == list(CheckName)
    assert told == dict(EVERY[column].levels)


def test_the_policies_tolerate_what_the_table_says() -> None:
    told = [(row[0].strip("`"), codes(row[1]), row[2] == "tolerated") for row in table("What is let pass by name")]
    assert told == [(each.name, each.tolerated, each.tolerates_deviations) for each in EVERY]
    assert not any(each.refused for each in EVERY)


def test_the_families_are_what_the_table_says() -> None:
    told = {row[0].strip("`"): codes(row[1]) for row in table("Families")}
    assert told.pop(DEVIATIONS) == set()
    assert told == dict(FAMILIES)


def test_the_table_names_codes_that_there_are() -> None:
    named = set().union(*(codes(row[0]) for row in table("Known defects")))
    assert named == {code for code in named if explain(code) != code}


def test_rejected_outweighs_inconclusive() -> None:
    checks = [replace(check, outcome=Outcome.UNDETERMINED) for check in GOOD]
    checks[2] = replace(checks[2], outcome=Outcome.FAILED)
    assert Policy.counter().decide(checks).decision is Decision.REJECTED


def test_deviations_count_under_strict_alone() -> None:
    checks = [replace(each, deviations=("not-der", "not-der")) if each.name is CheckName.SOD_SIGNATURE else each for each in GOOD]
    for policy in EVERY:
        verdict = policy.decide(checks)
        rejects = policy.name == "strict"
        assert verdict.deviations == ("not-der",)
        assert verdict.decision is (Decision.REJECTED if rejects else Decision.ACCEPTED)
        assert verdict.reasons == (("not-der",) if rejects else ())
        effect = Effect.REJECTED if rejects else Effect.TOLERATED
        assert verdict.decisions == (CodeDecision(CheckName.SOD_SIGNATURE, "not-der", effect),)


def test_a_reason_is_not_weighed_twice_where_it_is_a_deviation_too() -> None:
    changed = Check(CheckName.SOD_AGAINST_COM, Outcome.FAILED, "com-malformed", deviations=("com-malformed", "lds-version"))
    checks = [changed if each.name is changed.name else each for each in GOOD]
    decisions = Policy.strict().decide(checks).decisions
    assert [(each.code, each.effect) for each in decisions] == [
        ("com-malformed", Effect.REJECTED),
        ("lds-version", Effect.REJECTED),
    ]
    assert {each.effect for each in Policy.counter().decide(checks).decisions} == {Effect.NOT_COUNTED}
    passed = Check(CheckName.MRZ, Outcome.SUCCESSFUL, "lds-version", deviations=("lds-version",))
    assert [each.code for each in Policy.strict().decide([passed]).decisions if each.check is passed.name] == ["lds-version"]


# Changing a policy -----------------------------------------------------------------------------------------------

STALE = ((CheckName.REVOCATION, Outcome.UNDETERMINED, "crl-stale"),)
NO_CRL = ((CheckName.REVOCATION, Outcome.UNDETERMINED, "no-crl"),)
REVOKED = ((CheckName.REVOCATION, Outcome.FAILED, "dsc-revoked"),)
FORGED_CRL = ((CheckName.REVOCATION, Outcome.UNDETERMINED, "crl-signature-invalid"),)
EXPIRED = ((CheckName.CERTIFICATE_VALIDITY, Outcome.FAILED, "csca-expired"),)
MISSING_CRL = ((CheckName.REVOCATION, Outcome.NOT_PERFORMED, "no-crl"),)
A, U, R = Decision.ACCEPTED, Decision.INCONCLUSIVE, Decision.REJECTED
COUNTER, STRICT, RESEARCH, DATA_ONLY = EVERY


def decided(policy: Policy, *found: tuple[CheckName, Outcome, str], deviation: str | None = None) -> Decision:
    changed = {name: Check(name, outcome, reason) for name, outcome, reason in found}
    signature = replace(GOOD[2], deviations=(deviation,)) if deviation is not None else GOOD[2]
    return policy.decide(changed.get(each.name, signature if each is GOOD[2] else each) for each in GOOD).decision


@pytest.mark.parametrize(
    ("policy", "found", "decision"),
    [
        *zip(EVERY, [NO_CRL] * 4, (A, U, A, A), strict=True),
        *zip(EVERY, [STALE] * 4, (A, U, A, A), strict=True),
        *zip(EVERY, [FORGED_CRL] * 4, (U, U, A, U), strict=True),
        *zip(EVERY, [REVOKED] * 4, (R, R, R, R), strict=True),
        *zip(EVERY, [EXPIRED] * 4, (R, R, A, R), strict=True),
        (COUNTER.tolerating("csca-expired"), EXPIRED, A),
        (COUNTER.tolerating("out-of-date"), EXPIRED, A),
        (COUNTER.tolerating("csca-expired"), (*EXPIRED, *REVOKED), R),
        (COUNTER.tolerating("csca-expired").not_tolerating("csca-expired"), EXPIRED, R),
        (COUNTER.tolerating("dsc-expired"), EXPIRED, R),
        (COUNTER.not_tolerating("no-crl"), NO_CRL, U),
        (COUNTER.not_tolerating("no-crl"), MISSING_CRL, A),
        (COUNTER.not_tolerating("revocation-unknown"), STALE, U),
        (COUNTER.requiring(CheckName.REVOCATION), NO_CRL, U),
        (COUNTER.requiring(CheckName.REVOCATION), MISSING_CRL, U),
        (COUNTER.requiring(CheckName.REVOCATION).tolerating("crl-stale"), STALE, A),
        (COUNTER.requiring(CheckName.TERMINAL_AUTHENTICATION), NO_CRL, A),
        (STRICT.tolerating("no-crl"), NO_CRL, A),
        (COUNTER.reporting(CheckName.REVOCATION), REVOKED, A),
    ],
)
def test_what_is_tolerated(policy: Policy, found: tuple[tuple[CheckName, Outcome, str], ...], decision: Decision) -> None:
    assert decided(policy, *found) is decision


@pytest.mark.parametrize(
    ("policy", "deviation", "decision"),
    [
        (COUNTER.not_tolerating("sha1-signature"), "sha1-signature", R),
        (COUNTER.not_tolerating("sha1-signature"), "dsc-sha1-signature", R),
        (COUNTER.not_tolerating("sha1-signature"), "not-der", A),
        (COUNTER.not_tolerating("dsc-sha1-signature"), "sha1-signature", A),
        (COUNTER.not_tolerating("dsc-sha1-signature"), "csca-sha1-signature", A),
        (COUNTER.not_tolerating("sha1-signature").tolerating("csca-sha1-signature"), "csca-sha1-signature", A),
        (COUNTER.not_tolerating("sha1-signature").tolerating("csca-sha1-signature"), "dsc-sha1-signature", R),
        (COUNTER.not_tolerating("sha1"), "sha1-hashes", R),
        (COUNTER.not_tolerating(DEVIATIONS), "not-der", R),
        (COUNTER.not_tolerating(DEVIATIONS).tolerating("not-der"), "not-der", A),
        (STRICT.tolerating("pkcs1-digest-info"), "pkcs1-digest-info", A),
        (STRICT.tolerating("pkcs1-digest-info"), "csca-pkcs1-digest-info", A),
        (STRICT.tolerating("pkcs1-digest-info"), "not-der", R),
        (STRICT.tolerating(DEVIATIONS), "not-der", A),
        (COUNTER.not_tolerating("not-der").reporting(CheckName.SOD_SIGNATURE), "not-der", A),
    ],
)
def test_which_deviations_are_tolerated(policy: Policy, deviation: str, decision: Decision) -> None:
    assert decided(policy, deviation=deviation) is decision


def test_each_effect_is_listed() -> None:
    found = {
        CheckName.TERMINAL_AUTHENTICATION: (Outcome.FAILED, "ta-refused", Effect.NOT_COUNTED),
        CheckName.TRUST_STATUS: (Outcome.UNDETERMINED, "no-trust-anchor", Effect.INCONCLUSIVE),
        CheckName.REVOCATION: (Outcome.UNDETERMINED, "no-crl", Effect.TOLERATED),
        CheckName.ACTIVE_AUTHENTICATION: (Outcome.NOT_SUPPORTED, "aa-not-offered", Effect.NOT_COUNTED),
        CheckName.MRZ: (Outcome.FAILED, "mrz-check-digit", Effect.REJECTED),
    }
    checks = [Check(each.name, *found[each.name][:2]) if each.name in found else each for each in GOOD]
    verdict = Policy.counter().decide(checks)
    assert verdict.decisions == tuple(CodeDecision(name, code, effect) for name, (_, code, effect) in found.items())
    assert verdict.reasons == ("no-trust-anchor", "mrz-check-digit")


@pytest.mark.parametrize(
    ("wrong", "meant"), [("csca-expird", "csca-expired"), ("sha-1", "sha1"), ("no-crls", "no-crl"), ("dsc-not-dre", "not-der")]
)
def test_a_misspelt_code_is_told_with_the_nearest(wrong: str, meant: str) -> None:
    for change in (Policy.counter().tolerating, Policy.counter().not_tolerating):
        with pytest.raises(ValueError, match=f"{wrong}.*{meant}"):
            change(wrong)


@pytest.mark.parametrize(
    ("operation", "names", "error", "told"),
    [
        ("requiring", ("DS revocation",), TypeError, "'DS revocation' is not a CheckName, such as CheckName.REVOCATION"),
        ("reporting", ("mrz",), TypeError, "'mrz' is not a CheckName"),
        ("tolerating", (CheckName.MRZ,), TypeError, "not the name of a reason code"),
        ("not_tolerating", (7,), TypeError, "not the name of a reason code"),
        ("requiring", (), ValueError, "name at least one"),
        ("reporting", (), ValueError, "name at least one"),
        ("tolerating", (), ValueError, "name at least one"),
        ("not_tolerating", (), ValueError, "name at least one"),
        ("tolerating", ("ok",), ValueError, "nothing to tolerate"),
        ("tolerating", ("CRL-STALE",), ValueError, "CRL-STALE: is crl-stale meant"),
    ],
)
def test_what_cannot_be_meant_is_told(operation: str, names: tuple[Any, ...], error: type[Exception], told: str) -> None:
    with pytest.raises(error, match=told):
        getattr(Policy.counter(), operation)(*names)


def test_a_decision_says_what_its_code_means() -> None:
    assert CodeDecision(CheckName.REVOCATION, "no-crl", Effect.TOLERATED).meaning == explain("no-crl")


@every_policy
def test_a_verdict_names_the_checks_that_do_not_count(policy: Policy) -> None:
    assert set(policy.decide(GOOD).uncounted) == {name for name, level in policy.levels.items() if level is Level.EVALUATORY}


def test_a_changed_policy_does_not_bear_the_old_name() -> None:
    changed = Policy.counter().tolerating("csca-expired", "sha1").requiring(CheckName.REVOCATION)
    assert changed.name == "counter, tolerating csca-expired, sha1, requiring DS revocation"
    assert changed.decide(GOOD).policy == changed.name
    assert changed.named("museum").decide(GOOD).policy == "museum"
    assert changed.named("x").reporting(CheckName.MRZ).not_tolerating("sha1").name == (
        "x, reporting machine readable zone, not tolerating sha1"
    )
    assert Policy.counter() == Policy.counter()


@pytest.mark.parametrize(
    "code",
    ["signature-invalid", "untrusted-signer", "no-trust-anchor", "dsc-algorithm-malformed", "unsupported-algorithm"],
)
def test_that_nobody_knows_who_signed_is_tolerated_by_no_policy(code: str) -> None:
    for policy in EVERY:
        with pytest.raises(ValueError, match=f"no policy tolerates {code}.*reporting"):
            policy.tolerating(code)


def test_what_is_tolerated_hides_no_other_reason() -> None:
    """A check tells all reasons that would have been enough; each counts by itself."""
    expired = Check(CheckName.CERTIFICATE_VALIDITY, Outcome.FAILED, "dsc-expired", further=("csca-expired",))
    checks = [expired if check.name is expired.name else check for check in GOOD]
    assert Policy.counter().tolerating("dsc-expired").decide(checks).reasons == ("csca-expired",)
    assert Policy.counter().tolerating("csca-expired").decide(checks).reasons == ("dsc-expired",)
    assert Policy.counter().tolerating("out-of-date").decide(checks).accepted
    assert Policy.counter().decide(checks).reasons == ("dsc-expired", "csca-expired")


@given(
    st.sampled_from(EVERY),
    st.sets(st.sampled_from(sorted(set(REASONS) - WHO_SIGNED - {"ok"})), min_size=1),
    st.sets(st.sampled_from(sorted(FAMILIES))),
)
def test_tolerating_more_rejects_nothing_more_and_can_be_taken_back(policy: Policy, names: set[str], families: set[str]) -> None:
    changed = policy.tolerating(*names, *families)
    assert changed.tolerated >= policy.tolerated | names
    assert all(changed.tolerates(code) for code in names)
    assert not policy.not_tolerating(*names).tolerating(*names).refused & names
    strict_again = changed.not_tolerating(*names, *families)
    assert not any(strict_again.tolerates(code, deviation=True) for code in names)


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
