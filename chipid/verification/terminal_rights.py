# SPDX-License-Identifier: Apache-2.0
"""What the terminal was allowed to read (BSI TR-03135-1 §5.6.3.2). It says nothing of the document."""

from __future__ import annotations

from chipid.evidence import Evidence, Result
from chipid.verification.reasons import REASONS
from chipid.verification.verdict import Check, CheckName, Outcome

_OUTCOMES = {
    Result.DONE: Outcome.SUCCESSFUL,
    Result.FAILED: Outcome.FAILED,
    Result.NOT_OFFERED: Outcome.NOT_SUPPORTED,
    Result.NOT_TRIED: Outcome.UNDETERMINED,
}


def terminal_authentication(evidence: Evidence) -> Check:
    """TERMINAL_AUTHENTICATION: not performed by a terminal without credentials, undetermined where it lacks the right ones."""
    name, record = CheckName.TERMINAL_AUTHENTICATION, evidence.terminal_authentication
    if record is None:
        return Check(name, Outcome.NOT_PERFORMED, "ta-not-asked", "The terminal has no rights to prove.")
    if record.result is Result.DONE:
        granted = " and ".join(record.rights) or "nothing more"
        return Check(name, Outcome.SUCCESSFUL, "ok", f"The chip granted {granted}, under {record.trust_point}.")
    if record.reason == "ta-no-chain" and record.trust_point is not None:
        detail = f"The terminal has no chain from {record.trust_point}, which the chip trusts, to its key."
        return Check(name, _OUTCOMES[record.result], record.reason, detail)
    where = f" at the certificate of {record.refused}" if record.refused is not None else ""
    status = f" ({record.sw:04X})" if record.sw is not None else ""
    detail = f"The terminal could not prove its rights{where}{status}."
    # Evidence may come from anywhere: of its words only those that chipid knows become a reason of the verdict.
    reason = record.reason if record.reason is not None and record.reason in REASONS else "ta-refused"
    return Check(name, _OUTCOMES[record.result], reason, detail)
