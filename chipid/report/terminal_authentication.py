# SPDX-License-Identifier: Apache-2.0
"""How the terminal proved its rights, as reports carry it."""

from __future__ import annotations

from chipid.evidence import Evidence
from chipid.report.printable import printable
from chipid.report.schema import TerminalAuthentication
from chipid.verification.reasons import explain

_FORESEEN = {
    "cv-not-yet-effective": "The certificate is not in force yet by the terminal's clock.",
    "cv-right-missing": "The certificate does not grant all that was to be read.",
}


def terminal_authentication_part(evidence: Evidence) -> TerminalAuthentication | None:
    """Terminal Authentication, ``None`` for a terminal that has no rights to prove."""
    record = evidence.terminal_authentication
    if record is None:
        return None
    return TerminalAuthentication(
        version=record.version,
        result=record.result.value,
        trust_point=printable(record.trust_point) if record.trust_point is not None else None,
        certificates=tuple(map(printable, record.certificates)),
        rights=tuple(map(printable, record.rights)),
        reason=printable(record.reason) if record.reason is not None else None,
        refused=printable(record.refused) if record.refused is not None else None,
        sw=f"{record.sw:04X}" if record.sw is not None else None,
        foreseen=tuple(map(printable, record.foreseen)),
    )


def explain_refusal(code: str) -> str:
    """The sentence for a code of Terminal Authentication, of a chip's refusal or of one foreseen; the code where there is none."""
    from chipid.pki.cv_chain import REFUSALS  # noqa: PLC0415  # for who was refused alone: a verdict needs no card verifiable certificates

    return _FORESEEN.get(code) or REFUSALS.get(code) or explain(code)
