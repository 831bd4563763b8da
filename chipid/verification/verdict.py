# SPDX-License-Identifier: Apache-2.0
"""The answer, and every check that led to it. Names of checks and outcomes are those of BSI TR-03135-1."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING

from chipid.verification.reasons import explain

if TYPE_CHECKING:
    from chipid.pki.certificate import Certificate
    from chipid.pki.crl import CertificateRevocationList


class Outcome(Enum):
    """How one check ended (BSI TR-03135-1 §3.5)."""

    SUCCESSFUL = "SUCCESSFUL"
    FAILED = "FAILED"
    UNDETERMINED = "UNDETERMINED"
    NOT_SUPPORTED = "NOT_SUPPORTED"
    ABORTED = "ABORTED"
    NOT_PERFORMED = "NOT_PERFORMED"


class Decision(Enum):
    """The whole verdict."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    INCONCLUSIVE = "inconclusive"


class Effect(Enum):
    """What a policy made of one code."""

    TOLERATED = "tolerated"
    """It would count, and the policy lets it pass by name."""
    NOT_COUNTED = "not counted"
    """The check counts for nothing here, or what it asks for is not there to be asked."""
    INCONCLUSIVE = "inconclusive"
    REJECTED = "rejected"


class CheckName(Enum):
    """What is checked, in the order in which it is reported."""

    ACCESS = "chip access protocols"
    TERMINAL_AUTHENTICATION = "Terminal Authentication"
    SOD_SIGNATURE = "security object signature"
    DATA_GROUP_INTEGRITY = "data group integrity"
    DS_CERTIFICATE_SIGNATURE = "DS certificate signature"
    CERTIFICATE_VALIDITY = "certificate validity"
    TRUST_STATUS = "trust status"
    REVOCATION = "DS revocation"
    KNOWN_DEFECTS = "known defects"
    ISSUING_STATE = "issuing state"
    SOD_AGAINST_COM = "EF.SOD against EF.COM"
    ACTIVE_AUTHENTICATION = "Active Authentication"
    CHIP_AUTHENTICATION = "Chip Authentication"
    CHIP_AUTHENTICATION_MAPPING = "PACE Chip Authentication Mapping"
    CARD_SECURITY = "EF.CardSecurity"
    CHIP_AUTHENTICITY = "chip authenticity"
    CARD_ACCESS_AGAINST_DG14 = "EF.CardAccess against DG14"
    DG1_AGAINST_DG13 = "DG1 against DG13"
    MRZ = "machine readable zone"
    DOCUMENT_EXPIRY = "document expiry"


@dataclass(frozen=True)
class Check:
    """One check.

    :ivar reason: a stable code, lower-case with hyphens, e.g. ``dg-hash-mismatch``; ``ok`` for a plain success.
    :ivar detail: a sentence for a person, without personal data.
    :ivar deviations: departures from the standards that changed no answer, as stable codes.
    :ivar further: the codes of other reasons that would have been enough for the outcome.
    """

    name: CheckName
    outcome: Outcome
    reason: str
    detail: str = ""
    deviations: tuple[str, ...] = ()
    further: tuple[str, ...] = ()


@dataclass(frozen=True)
class CodeDecision:
    """What one code, a reason or a deviation of one check, did to the verdict."""

    check: CheckName
    code: str
    effect: Effect

    @property
    def meaning(self) -> str:
        """The code in a sentence, of :func:`chipid.verification.reasons.explain`."""
        return explain(self.code)


@dataclass(frozen=True)
class Verdict:
    """All checks, and what the policy made of them.

    :ivar policy: the policy's name.
    :ivar decision: accepted only when everything that the policy demands is SUCCESSFUL, or tolerated by name.
    :ivar reasons: the codes that kept it from *accepted*, in order of the checks.
    :ivar decisions: one for each reason of a check that is not SUCCESSFUL and for each deviation, in order of the checks: what was
        let pass stands here too.
    :ivar uncounted: the checks that count for nothing under the policy, however they end.
    :ivar judged_at: the time that it was judged at.
    :ivar path: the certificates from EF.SOD's signer to the anchor that the verdict rests on; shorter where TRUST_STATUS is not
        SUCCESSFUL, and empty where nobody whom the operator trusts signed.
    :ivar origins: where the last certificate of the path came from, in words, where the trust source keeps that; of two verdicts
        that differ in nothing else, one is equal to the other.
    :ivar revocation_lists: those that answered whether a certificate of the path was revoked.
    """

    decision: Decision
    policy: str
    checks: tuple[Check, ...]
    reasons: tuple[str, ...] = ()
    deviations: tuple[str, ...] = ()
    decisions: tuple[CodeDecision, ...] = ()
    uncounted: tuple[CheckName, ...] = ()
    judged_at: datetime | None = None
    path: tuple[Certificate, ...] = field(default=(), repr=False)
    origins: tuple[str, ...] = field(default=(), compare=False)
    revocation_lists: tuple[CertificateRevocationList, ...] = field(default=(), repr=False)

    @property
    def accepted(self) -> bool:
        """True only when everything that the policy demands has passed."""
        return self.decision is Decision.ACCEPTED

    def __bool__(self) -> bool:
        return self.accepted

    def check(self, name: CheckName) -> Check:
        """The check of that name; every name is in every verdict."""
        return next(check for check in self.checks if check.name is name)
