# SPDX-License-Identifier: Apache-2.0
"""A verdict, as reports carry it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from chipid.report import schema
from chipid.report.notation import rfc3339
from chipid.report.printable import printable
from chipid.verification.verdict import Check, CheckName, CodeDecision, Outcome, Verdict

if TYPE_CHECKING:
    from chipid.pki.crl import CertificateRevocationList

_NUMBER_BITS: Final = 160
"""A list's number has 20 octets at the most (RFC 5280 §5.2.3); a longer one is told as a deviation alone."""

_PASSES: Final = {
    CheckName.CHIP_AUTHENTICITY: "a copy of the chip",
    CheckName.DOCUMENT_EXPIRY: "an expired document",
    CheckName.ISSUING_STATE: "a document that another state signed",
}
"""What a policy accepts that does not count the check."""


def verdict_part(verdict: Verdict) -> schema.Verdict:
    """The decision, what kept it from *accepted*, every check in the order of the standard, what became of each code."""
    return schema.Verdict(
        decision=verdict.decision.value,
        policy=printable(verdict.policy),
        reasons=tuple(map(printable, verdict.reasons)),
        deviations=tuple(map(printable, verdict.deviations)),
        checks=tuple(_check(check) for check in verdict.checks),
        decisions=tuple(_decision(decision) for decision in verdict.decisions),
        reservation=_reservation(verdict),
        path=tuple(_path(verdict)),
        revocation_lists=tuple(map(_revocation_list, verdict.revocation_lists)),
    )


def judged_at(verdict: Verdict) -> str | None:
    """The time that the verdict was judged at."""
    return rfc3339(verdict.judged_at) if verdict.judged_at is not None else None


def _reservation(verdict: Verdict) -> str | None:
    """What an officer has to know who sees that something was accepted: what the policy never asked for."""
    passes = [what for name, what in _PASSES.items() if name in verdict.uncounted]
    if not verdict.accepted or not passes:
        return None
    return printable(f"{verdict.policy}: {', '.join(passes)} {'passes' if len(passes) == 1 else 'pass'}")


def _path(verdict: Verdict) -> Iterator[schema.PathCertificate]:
    trusted = any(check.name is CheckName.TRUST_STATUS and check.outcome is Outcome.SUCCESSFUL for check in verdict.checks)
    for place, certificate in enumerate(verdict.path):
        last = place == len(verdict.path) - 1
        role = "document-signer" if place == 0 else "csca" if certificate.is_self_signed else "link"
        yield schema.PathCertificate(
            role=role,
            subject=printable(str(certificate.subject)),
            fingerprint=certificate.fingerprint,
            anchor=trusted and last,
            origins=tuple(map(printable, verdict.origins)) if last else (),
        )


def _revocation_list(crl: CertificateRevocationList) -> schema.RevocationList:
    return schema.RevocationList(
        issuer=printable(str(crl.issuer)),
        this_update=rfc3339(crl.this_update),
        next_update=rfc3339(crl.next_update) if crl.next_update is not None else None,
        number=str(crl.number) if crl.number is not None and crl.number.bit_length() <= _NUMBER_BITS else None,
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
        meaning=printable(decision.meaning),
    )
