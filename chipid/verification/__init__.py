# SPDX-License-Identifier: Apache-2.0
"""Evidence, trust anchors and a policy make a verdict: the same at the counter today and on a server next year."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from chipid.evidence import Evidence
from chipid.pki.trust_source import TrustSource
from chipid.verification import consistency
from chipid.verification.card_security import read_card_security, worse_revocation
from chipid.verification.chip_genuineness import Vouched, chip_genuineness
from chipid.verification.listed_defects import compromised_keys, listed_defects, with_signer_looked_up
from chipid.verification.passive_auth import passive_authentication
from chipid.verification.policy import Policy
from chipid.verification.terminal_rights import terminal_authentication
from chipid.verification.verdict import Check, CheckName, CodeDecision, Decision, Effect, Outcome, Verdict

__all__ = ["Check", "CheckName", "CodeDecision", "Decision", "Effect", "Outcome", "Policy", "Verdict", "verify"]


def verify(
    evidence: Evidence, trust: TrustSource | None, policy: Policy, *, at: datetime, challenge: bytes | None = None
) -> Verdict:
    """Make every check that the evidence allows, and let *policy* decide.

    :param trust: what the operator trusts; without any CSCA, nothing is accepted.
    :param at: the time to judge at, aware.
    :param challenge: what Active Authentication has to have signed, where a server chose it.
    """
    # 1. How the chip was opened, and what rights the terminal had
    checks = [consistency.access(evidence), terminal_authentication(evidence)]
    # 2. Passive authentication: signature, hashes, chain to a trusted CSCA
    passive = passive_authentication(evidence, trust, at)
    checks += passive.checks
    zone, mrz = consistency.machine_readable_zone(evidence)
    # 3. What is known of such documents
    listed = listed_defects(evidence, trust, passive, mrz)
    # 4. Active Authentication, Chip Authentication and its mapping, with keys that step 2 or EF.CardSecurity vouches for
    card_security = with_signer_looked_up(read_card_security(evidence, trust, at), trust)
    signed, untrusted = passive.signed_groups, passive.untrusted_groups
    if listed.signer_is_revoked:
        signed, untrusted = frozenset[int](), signed | untrusted
    checks = [worse_revocation(check, card_security, evidence) if check.name is CheckName.REVOCATION else check for check in checks]
    compromised = compromised_keys(listed, card_security, evidence)
    vouched = Vouched(signed, passive.listed_groups, card_security, passive.signature_open, compromised, untrusted)
    checks += [card_security.check, *chip_genuineness(evidence, vouched, challenge=challenge)]
    # 5. Files against each other
    checks.append(consistency.card_access_against_dg14(evidence, card_security.infos))
    checks += [zone, consistency.dg1_against_dg13(evidence, mrz)]
    # 6. The calendar
    checks.append(consistency.document_expiry(mrz, at, passive.signer))
    # 7. The decision, and what it rests on
    verdict = policy.decide(listed.weigh(checks))
    origins = trust.origins_of(passive.path[-1]) if trust is not None and passive.path else ()
    return replace(verdict, judged_at=at, path=passive.path, origins=origins, revocation_lists=passive.revocation_lists)
