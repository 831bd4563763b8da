# SPDX-License-Identifier: Apache-2.0
"""The report on a verdict."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from chipid.errors import MalformedData, UnsupportedFeature
from chipid.evidence import Evidence
from chipid.iso7816.file_ids import FileId
from chipid.lds.dg1 import Dg1
from chipid.profiles.vn_cccd import Dg13, is_cccd
from chipid.report.access import access_part
from chipid.report.notation import rfc3339
from chipid.report.notices import notices
from chipid.report.schema import VerdictReport
from chipid.report.signers import signers_part
from chipid.report.terminal_authentication import terminal_authentication_part
from chipid.report.verdict import judged_at, verdict_part
from chipid.verification.verdict import CheckName, Outcome, Verdict

_T = TypeVar("_T")


def verdict_report(evidence: Evidence, verdict: Verdict, *, challenged: bool = False) -> VerdictReport:
    """The verdict on *evidence*, and what must be said beside it; no personal data at all.

    :param challenged: the verdict is with a challenge of the caller's own.
    """
    return VerdictReport(
        verdict=verdict_part(verdict),
        read_at=rfc3339(evidence.read_at),
        complete=evidence.complete,
        notices=notices(
            cccd=_is_cccd(evidence),
            # Whether its image can be decoded is not looked into: that takes the formats of all portraits.
            portrait=evidence.file(FileId.DG2) is not None,
            complete=evidence.complete,
            judged=True,
            challenged=challenged and own_challenge_answered(verdict),
        ),
        access=access_part(evidence),
        signers=signers_part(evidence),
        terminal_authentication=terminal_authentication_part(evidence),
        judged_at=judged_at(verdict),
    )


def own_challenge_answered(verdict: Verdict) -> bool:
    """Over a key of the document's signer: otherwise whoever signs is anybody."""
    return verdict.accepted and verdict.check(CheckName.ACTIVE_AUTHENTICATION).outcome is Outcome.SUCCESSFUL


def _is_cccd(evidence: Evidence) -> bool:
    """By DG1; where that cannot be read, by DG13, whose layout is Vietnam's own."""
    dg1 = _parsed(evidence.file(FileId.DG1), Dg1.parse)
    if dg1 is not None:
        return is_cccd(dg1.mrz)
    return _parsed(evidence.file(FileId.DG13), Dg13.parse) is not None


def _parsed(raw: bytes | None, parse: Callable[[bytes], _T]) -> _T | None:
    try:
        return parse(raw) if raw is not None else None
    except (MalformedData, UnsupportedFeature):
        return None
