# SPDX-License-Identifier: Apache-2.0
"""report/verdict.py and its text: an officer sees what the policy let pass, and what that means."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from chipid.evidence import Evidence
from chipid.issuing.document_pki import PkiWorkshop
from chipid.pki.certificate import Certificate
from chipid.pki.crl import CertificateRevocationList
from chipid.report import schema
from chipid.report.json import from_json, to_json
from chipid.report.judgement import verdict_report
from chipid.report.notation import rfc3339
from chipid.report.text import plain, verdict_lines, verdict_text
from chipid.report.verdict import verdict_part
from chipid.verification.policy import Policy
from chipid.verification.reasons import explain
from chipid.verification.verdict import Check, CheckName, Outcome

GOOD = tuple(Check(name, Outcome.SUCCESSFUL, "ok") for name in CheckName)
NO_CRL = Check(CheckName.REVOCATION, Outcome.UNDETERMINED, "no-crl", "None is at hand.", ("dsc-sha1-signature",))
UNASKED_STATE = Check(CheckName.CARD_SECURITY, Outcome.NOT_SUPPORTED, "card-security-not-needed")
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


CLONE = (
    Check(CheckName.ACTIVE_AUTHENTICATION, Outcome.FAILED, "aa-signature-invalid"),
    Check(CheckName.CHIP_AUTHENTICATION, Outcome.UNDETERMINED, "ca-not-done"),
    Check(CheckName.CHIP_AUTHENTICITY, Outcome.FAILED, "aa-signature-invalid"),
)


WITHOUT_PROOF = Policy.counter().reporting(*(each.name for each in CLONE))


@pytest.mark.parametrize("policy", [Policy.data_only(), Policy.research(), WITHOUT_PROOF])
def test_what_failed_and_does_not_count_is_let_pass_and_stands_first(policy: Policy) -> None:
    shown = lines(policy, *CLONE, NO_CRL, UNASKED_STATE)
    assert shown[:2] == ["ACCEPTED", verdict_part(policy.decide(GOOD)).reservation]
    rows = [tuple(re.split(r"\s{2,}", line)[1:]) for line in shown[shown.index("Let pass") + 1 :]]
    assert rows == [
        ("aa-signature-invalid", "Active Authentication, chip authenticity", explain("aa-signature-invalid")),
        ("no-crl", "DS revocation", explain("no-crl")),
        ("ca-not-done", "Chip Authentication", explain("ca-not-done")),
        ("dsc-sha1-signature", "DS revocation", explain("dsc-sha1-signature")),
    ]


def test_each_reason_that_does_not_count_is_told_and_no_deviation() -> None:
    name, odd = CheckName.CERTIFICATE_VALIDITY, ("signed-outside-validity",)
    expired = Check(name, Outcome.FAILED, "dsc-expired", deviations=odd, further=("csca-expired",))
    shown = "\n".join(lines(Policy.research(), expired)).split("Let pass")[1]
    assert "dsc-expired" in shown
    assert "csca-expired" in shown
    assert "signed-outside-validity" not in shown


@pytest.mark.parametrize(
    ("policy", "reservation"),
    [
        (Policy.counter(), None),
        (Policy.strict(), None),
        (Policy.data_only(), "data-only: a copy of the chip passes"),
        (Policy.research(), "research: a copy of the chip, an expired document, a document that another state signed pass"),
        (Policy.counter().reporting(CheckName.DOCUMENT_EXPIRY).named("museum"), "museum: an expired document passes"),
    ],
)
def test_what_an_acceptance_does_not_rule_out_is_said(policy: Policy, reservation: str | None) -> None:
    assert verdict_part(policy.decide(GOOD)).reservation == reservation
    failed = Check(CheckName.SOD_SIGNATURE, Outcome.FAILED, "signature-invalid")
    assert verdict_part(policy.decide([*GOOD[:2], failed])).reservation is None


def test_a_healthy_card_under_counter_has_nothing_to_say_but_its_checks() -> None:
    assert lines(Policy.counter())[:3] == ["ACCEPTED", "", "Checks, policy counter"]
    assert len(lines(Policy.counter())) == 3 + len(CheckName)


# What it rests on ------------------------------------------------------------------------------------------------------

AT = datetime(2026, 6, 1, tzinfo=UTC)
SHOP = PkiWorkshop(AT)
SIGNER, CSCA = SHOP.signer().parsed, SHOP.csca.parsed
CRL = CertificateRevocationList.parse(SHOP.revocation_list())


def resting(*changed: Check, **rest: Any) -> schema.VerdictReport:
    checks = {check.name: check for check in (*GOOD, *changed)}
    verdict = replace(Policy.counter().decide(checks.values()), judged_at=AT, **rest)
    return verdict_report(Evidence(read_at=AT, files={}), verdict)


def test_a_verdict_says_on_whom_it_rests_and_as_of_when() -> None:
    report = resting(path=(SIGNER, CSCA), origins=("csca.pem, imported\x1b",), revocation_lists=(CRL,))
    assert report.judged_at == "2026-06-01T00:00:00Z"
    signer, csca = report.verdict.path
    assert (signer.role, signer.subject, signer.fingerprint, signer.anchor) == (
        "document-signer", str(SIGNER.subject), SIGNER.fingerprint, False,
    )  # fmt: skip
    assert (csca.role, csca.fingerprint, csca.anchor, csca.origins) == (
        "csca", CSCA.fingerprint, True, ("csca.pem, imported\\u{1b}",),
    )  # fmt: skip
    (crl,) = report.verdict.revocation_lists
    assert (crl.issuer, crl.this_update, crl.number) == (str(CRL.issuer), rfc3339(CRL.this_update), str(CRL.number))
    text = verdict_text(report)
    assert "\nRests on\n" in text
    dates = f"of {crl.this_update}, the next by {crl.next_update}"
    assert all(shown in text for shown in (SIGNER.fingerprint, CSCA.fingerprint, "trust anchor", "from csca.pem", dates))
    assert from_json(to_json(report)) == report


def test_a_path_that_is_not_trusted_is_not_called_one() -> None:
    report = resting(Check(CheckName.TRUST_STATUS, Outcome.FAILED, "country-mismatch"), path=(SIGNER, CSCA))
    assert not any(each.anchor for each in report.verdict.path)
    text = verdict_text(report)
    assert "\nLeads to, and is not trusted\n" in text
    assert "CSCA certificate" in text
    assert "Rests on" not in text
    assert "Leads to" not in verdict_text(resting())


def test_a_link_certificate_is_told_as_one() -> None:
    link = Certificate.parse(SHOP.csca.issue_link(SHOP.authority()))
    assert [each.role for each in resting(path=(SIGNER, link, CSCA)).verdict.path] == ["document-signer", "link", "csca"]


def test_a_list_without_a_number_that_can_be_one_has_none() -> None:
    for number in (None, 1 << 160, 10**5000):
        (crl,) = resting(revocation_lists=(replace(CRL, number=number, next_update=None),)).verdict.revocation_lists
        assert (crl.number, crl.next_update) == (None, None)


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
