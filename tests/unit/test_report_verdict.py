# SPDX-License-Identifier: Apache-2.0
"""report/verdict.py and its text: an officer sees what the policy let pass, and what that means."""

from __future__ import annotations

import re
from dataclasses import replace

import msgspec
import pytest

from chipid.report.text import plain, verdict_lines
from chipid.report.verdict import verdict_part
from chipid.verification.policy import Policy
from chipid.verification.reasons import explain
from chipid.verification.verdict import Check, CheckName, Outcome

GOOD = tuple(Check(name, Outcome.SUCCESSFUL, "ok") for name in CheckName)
NO_CRL = Check(CheckName.REVOCATION, Outcome.UNDETERMINED, "no-crl", "None is at hand.", ("dsc-sha1-signature",))
UNASKED = Check(CheckName.ACTIVE_AUTHENTICATION, Outcome.NOT_SUPPORTED, "aa-not-offered")


def lines(policy: Policy, *changed: Check) -> list[str]:
    checks = {check.name: check for check in (*GOOD, *changed)}
    return verdict_lines(verdict_part(policy.decide(checks.values())), plain)


def test_what_was_let_pass_stands_below_the_checks_with_its_meaning() -> None:
    shown = lines(Policy.counter(), NO_CRL, UNASKED)
    assert shown[0] == "ACCEPTED"
    place = shown.index("Let pass")
    assert [re.split(r"\s{2,}", line) for line in shown[place + 1 :]] == [
        ["", "no-crl", "DS revocation", explain("no-crl")],
        ["", "dsc-sha1-signature", "DS revocation", explain("dsc-sha1-signature")],
    ]


@pytest.mark.parametrize(("policy", "changed"), [(Policy.counter(), UNASKED), (Policy.strict(), NO_CRL)])
def test_where_nothing_was_let_pass_nothing_is_said_of_it(policy: Policy, changed: Check) -> None:
    assert "Let pass" not in lines(policy, changed)


def test_the_json_report_lists_every_decision() -> None:
    part = verdict_part(Policy.strict().decide([*(each for each in GOOD if each.name is not NO_CRL.name), NO_CRL]))
    listed = [(each.check, each.code, each.effect, each.meaning) for each in part.decisions]
    assert listed == [
        ("revocation", "no-crl", "inconclusive", explain("no-crl")),
        ("revocation", "dsc-sha1-signature", "rejected", explain("dsc-sha1-signature")),
    ]
    assert msgspec.json.decode(msgspec.json.encode(part), type=type(part)) == part


def test_names_of_policies_cannot_steer_the_terminal() -> None:
    verdict = replace(Policy.counter().decide(GOOD), policy="\x1b[2J")
    assert "\x1b" not in verdict_part(verdict).policy
