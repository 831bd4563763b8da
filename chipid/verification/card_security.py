# SPDX-License-Identifier: Apache-2.0
"""EF.CardSecurity: what it says of the chip's keys, and who signed it (ICAO 9303-11 §4.4.3.5.2; BSI TR-03135-1 §5.6.4.2.1).

Of the files with a signature it is the one that lies outside the eMRTD application: it holds the static keys of Chip Authentication
Mapping and of Chip Authentication version 2.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from chipid.errors import MalformedData
from chipid.evidence import Evidence
from chipid.iso7816.file_ids import FileId
from chipid.lds.card_security import ID_SECURITY_OBJECT
from chipid.lds.dg1 import Dg1
from chipid.lds.security_infos import SecurityInfos
from chipid.pki.certificate import Certificate
from chipid.pki.countries import alpha_2
from chipid.pki.revocation import NO_FRESH_LIST, RevocationFinding
from chipid.pki.trust_source import TrustSource
from chipid.protocols.card_security import signed_security_infos
from chipid.verification.issuing_state import states_of
from chipid.verification.security_object import JudgedSigner, judge_signers
from chipid.verification.verdict import Check, CheckName, Outcome

_NAME = CheckName.CARD_SECURITY


@dataclass(frozen=True)
class SignedSecurityInfos:
    """EF.CardSecurity as far as it can be understood.

    :ivar check: CARD_SECURITY.
    :ivar infos: what it says, signed or not; ``None`` where nothing can be read.
    :ivar signer: the certificate of whoever says that he signed it, ``None`` where there is none.
    :ivar revocation: whether a certificate of its path was revoked, ``None`` where there is no trusted path.
    :ivar key_compromised: whether a list says that others may hold the chip's keys too.
    """

    check: Check
    infos: SecurityInfos | None = None
    signer: Certificate | None = None
    revocation: RevocationFinding | None = None
    key_compromised: bool = False

    @property
    def vouched(self) -> bool:
        """Whether a trusted signer says so."""
        return self.check.outcome is Outcome.SUCCESSFUL

    @property
    def open(self) -> bool:
        """Whether who signed it could not be found out; nothing speaks against it."""
        return self.check.outcome is Outcome.UNDETERMINED


def read_card_security(evidence: Evidence, trust: TrustSource | None, at: datetime) -> SignedSecurityInfos:
    """Parse EF.CardSecurity, verify its signature, and follow its signer's certificate to the trust anchors."""
    # 1. It is there, where a proof needs it.
    raw = evidence.file(FileId.CARD_SECURITY)
    if raw is None:
        return SignedSecurityInfos(_absent(evidence))
    # 2. It is a SignedData over security infos.
    try:
        signed, infos = signed_security_infos(raw)
    except MalformedData as error:
        check = Check(_NAME, Outcome.FAILED, "card-security-malformed", f"EF.CardSecurity is malformed: {error}.")
        return SignedSecurityInfos(check)
    # 3. Somebody signed it, and a trusted authority made him a signer; of several signers the best counts.
    findings = judge_signers(signed, trust, at)
    if not findings:
        return SignedSecurityInfos(Check(_NAME, Outcome.FAILED, "no-signer", "Nobody signed EF.CardSecurity."), infos)
    other_type = ("card-security-content-type",) if signed.content_type != ID_SECURITY_OBJECT else ()
    state = _issuing_state(evidence)
    judged = [
        SignedSecurityInfos(_judged(each, state, other_type), infos, each.signer.certificate, each.revocation) for each in findings
    ]
    return min(judged, key=lambda found: _ORDER.index(found.check.outcome))


def worse_revocation(check: Check, found: SignedSecurityInfos, evidence: Evidence) -> Check:
    """REVOCATION, of EF.CardSecurity's signer where that is the worse answer and a proof of the chip rests on his word.

    He need not be EF.SOD's, nor of the same CSCA.

    :param check: what is known of EF.SOD's signer.
    """
    finding = found.revocation
    if finding is None or not _is_needed(evidence):
        return check
    answer = finding.answer
    outcome = {True: Outcome.SUCCESSFUL, False: Outcome.FAILED, None: Outcome.UNDETERMINED}[answer.ok]
    deviations = tuple(dict.fromkeys((*check.deviations, *finding.deviations)))
    if _weight(outcome, answer.reason) <= _weight(check.outcome, check.reason):
        return replace(check, deviations=deviations)
    return Check(check.name, outcome, answer.reason, f"Of EF.CardSecurity's signer: {answer.detail}", deviations)


def _weight(outcome: Outcome, reason: str) -> tuple[int, bool]:
    """That there is no list is milder than lists that cannot be used."""
    return _ORDER.index(outcome) if outcome in _ORDER else 0, reason not in NO_FRESH_LIST


_ORDER = (Outcome.SUCCESSFUL, Outcome.UNDETERMINED, Outcome.FAILED)


def _absent(evidence: Evidence) -> Check:
    if _is_needed(evidence):
        detail = "EF.CardSecurity, which holds the chip's key, could not be read."
        return Check(_NAME, Outcome.UNDETERMINED, "card-security-missing", detail)
    return Check(_NAME, Outcome.NOT_SUPPORTED, "card-security-not-needed", "No proof of the chip needs EF.CardSecurity.")


def _is_needed(evidence: Evidence) -> bool:
    if evidence.chip_authentication_mapping:
        return True
    return evidence.chip_authentication is not None and evidence.chip_authentication.version != 1


def _issuing_state(evidence: Evidence) -> str | None:
    """DG1's, whose own signer is compared with it; ``None`` where it names none that is known."""
    raw = evidence.file(FileId.DG1)
    try:
        return alpha_2(Dg1.parse(raw).mrz.issuing_state) if raw is not None else None
    except MalformedData:
        return None


def _judged(judged: JudgedSigner, state: str | None, deviations: tuple[str, ...]) -> Check:
    """The first question that is not answered with yes: the signature, the path, its end, the calendar, revocation, the state."""
    signer, chain = judged.signer, judged.chain
    answers = [(signer.ok, signer.reason, signer.detail)]
    if chain is not None:
        answers += [(answer.ok, answer.reason, answer.detail) for answer in (chain.signature, chain.trust, chain.validity)]
    if judged.revocation is not None and judged.is_revoked:
        # That it is not known tells the check of that name, see worse_revocation.
        answers.append((False, judged.revocation.answer.reason, judged.revocation.answer.detail))
    if signer.certificate is not None and state is not None and state not in states_of(signer.certificate, chain):
        # Any trusted state could otherwise give its word for the key of any other's chip.
        answers.append((False, "card-security-other-state", "Another state than that of DG1 signed EF.CardSecurity."))
    for wanted, outcome in ((False, Outcome.FAILED), (None, Outcome.UNDETERMINED)):
        for ok, reason, detail in answers:
            if ok is wanted:
                return Check(_NAME, outcome, reason, detail)
    found = (*deviations, *signer.deviations, *(chain.deviations if chain is not None else ()))
    return Check(_NAME, Outcome.SUCCESSFUL, "ok", "A trusted signer signed EF.CardSecurity.", tuple(dict.fromkeys(found)))
