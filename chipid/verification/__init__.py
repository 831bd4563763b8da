# SPDX-License-Identifier: Apache-2.0
"""Evidence, trust anchors and a policy make a verdict: the same at the counter today and on a server next year."""

from __future__ import annotations

from datetime import datetime

from chipid.evidence import Evidence
from chipid.pki.trust_store import TrustStore
from chipid.verification import consistency
from chipid.verification.chip_genuineness import chip_genuineness
from chipid.verification.passive_auth import passive_authentication
from chipid.verification.policy import Policy
from chipid.verification.verdict import Check, CheckName, Decision, Outcome, Verdict

__all__ = ["Check", "CheckName", "Decision", "Outcome", "Policy", "Verdict", "verify"]


def verify(evidence: Evidence, trust: TrustStore | None, policy: Policy, *, at: datetime) -> Verdict:
    """Make every check that the evidence allows, and let *policy* decide.

    :param trust: trusted CSCA certificates; without any, nothing is accepted.
    :param at: the time to judge at, aware.
    """
    # 1. How the chip was opened
    checks = [consistency.access(evidence)]
    # 2. Passive authentication: signature, hashes, chain to a trusted CSCA
    passive = passive_authentication(evidence, trust, at)
    checks += passive.checks
    # 3. Active and Chip Authentication, with keys that step 2 vouches for
    signature_open = passive.signature_open
    checks += chip_genuineness(evidence, passive.signed_groups, passive.listed_groups, signature_open=signature_open)
    # 4. Files against each other
    checks.append(consistency.card_access_against_dg14(evidence))
    zone, mrz = consistency.machine_readable_zone(evidence)
    checks += [zone, consistency.dg1_against_dg13(evidence, mrz)]
    # 5. The calendar
    checks.append(consistency.document_expiry(mrz, at))
    # 6. The decision
    return policy.decide(checks)
