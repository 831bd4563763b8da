# SPDX-License-Identifier: Apache-2.0
"""EF.SOD: what it lists, who signed it, and whether the signature is good (ICAO 9303-11 §5.1.1, 9303-10 §4.6.2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from chipid.errors import MalformedData, UnsupportedFeature
from chipid.evidence import Evidence
from chipid.iso7816.file_ids import FileId
from chipid.lds.sod import EfSod, LDSSecurityObject
from chipid.pki.chain import Answer, ChainFinding, validate_chain
from chipid.pki.cms import SignedData
from chipid.pki.revocation import RevocationFinding, revocation_status
from chipid.pki.signed_data import SignerFinding, verify_signers
from chipid.pki.trust_source import TrustSource
from chipid.pki.trust_store import TrustStore
from chipid.verification.verdict import Check, CheckName, Outcome

LDS_SECURITY_OBJECT: Final = "2.23.136.1.1.1"
FILE_NOT_FOUND: Final = 0x6A82

_NAME = CheckName.SOD_SIGNATURE
_OUTCOMES = {True: Outcome.SUCCESSFUL, False: Outcome.FAILED, None: Outcome.UNDETERMINED}


@dataclass(frozen=True)
class JudgedSigner:
    """One SignerInfo, the path of its certificate, and whether that was revoked; ``None`` where there is nothing to ask."""

    signer: SignerFinding
    chain: ChainFinding | None = None
    revocation: RevocationFinding | None = None

    @property
    def is_revoked(self) -> bool:
        """Whether a certificate of the path is known to be revoked."""
        return self.revocation is not None and self.revocation.answer.ok is False


@dataclass(frozen=True)
class SecurityObject:
    """EF.SOD as far as it can be understood.

    :ivar check: SOD_SIGNATURE.
    :ivar listed: the hashes, signed or not; ``None`` where none can be read.
    :ivar unlisted_reason: why there are none, a reason code; means nothing where there are.
    :ivar signer: the SignerInfo that counts; :ivar chain: the path of its certificate.
    :ivar revocation: whether a certificate of that path was revoked, ``None`` where there is no trusted path.
    """

    check: Check
    listed: LDSSecurityObject | None = None
    unlisted_reason: str = ""
    signer: SignerFinding | None = None
    chain: ChainFinding | None = None
    revocation: RevocationFinding | None = None

    @property
    def is_signed(self) -> bool:
        """Whether the hashes are those that the signer signed."""
        return self.check.outcome is Outcome.SUCCESSFUL


def read_security_object(evidence: Evidence, trust: TrustSource | None, at: datetime) -> SecurityObject:
    """Parse EF.SOD, verify its signature, and follow its signer's certificate to the trust anchors."""
    # 1. EF.SOD is there.
    raw = evidence.file(FileId.SOD)
    if raw is None:
        return _missing(evidence)
    # 2. It is a SignedData in data object 77 …
    try:
        sod = EfSod.parse(raw)
        signed = SignedData.parse(sod.cms)
    except MalformedData as error:
        return _failed("sod-malformed", f"EF.SOD is malformed: {error}.")
    # 3. … over an LDSSecurityObject.
    listed, unlisted = _read_hashes(signed.content or b"")
    # 4. Somebody signed it. Of several signers one is enough whose signature is good and whom we trust: all sign the same content.
    findings = judge_signers(signed, trust, at)
    if not findings:
        return _failed("no-signer", "Nobody signed EF.SOD.", listed)
    best = max(findings, key=_rank)
    signer, unlisted_reason = best.signer, unlisted.reason if unlisted is not None else ""
    answer = Answer(signer.ok, signer.reason, signer.detail, signer.further)
    if unlisted is not None and unlisted.ok is False and signer.ok is not False:
        answer = unlisted  # a bad signature tells more: what it covers was changed
    # 5. What departs from the standard, and changes no answer.
    deviations = (*_deviations(signed, sod, listed), *signer.deviations, *(("several-signers",) if len(findings) > 1 else ()))
    check = Check(_NAME, _OUTCOMES[answer.ok], answer.reason, answer.detail, tuple(dict.fromkeys(deviations)), answer.further)
    return SecurityObject(check, listed, unlisted_reason, signer, best.chain, best.revocation)


def _read_hashes(content: bytes) -> tuple[LDSSecurityObject | None, Answer | None]:
    """The list of hashes; or why there is none that can be read."""
    try:
        return LDSSecurityObject.parse(content), None
    except UnsupportedFeature:
        return None, Answer(None, "unsupported-algorithm", "EF.SOD lists hashes of a kind that is not known.")
    except MalformedData as error:
        return None, Answer(False, "sod-malformed", f"EF.SOD holds no list of hashes: {error}.")


def judge_signers(signed: SignedData, trust: TrustSource | None, at: datetime) -> list[JudgedSigner]:
    """Everybody who signed *signed*: the signature, the path of his certificate, and whether it was revoked."""
    source = trust if trust is not None else TrustStore()
    return [_judge(signer, source, at) for signer in verify_signers(signed, source.signers)]


def _judge(signer: SignerFinding, source: TrustSource, at: datetime) -> JudgedSigner:
    if signer.certificate is None:
        return JudgedSigner(signer)
    chain = validate_chain(signer.certificate, source, at)
    # Nobody's list could be believed without a path to an anchor. A policy may let pass that the path breaks a rule: it is asked.
    revocation = revocation_status(chain.path, source, at) if chain.reaches_anchor else None
    return JudgedSigner(signer, chain, revocation)


def _missing(evidence: Evidence) -> SecurityObject:
    """A chip that says that it has no EF.SOD fails; one that was not read to the end leaves the question open."""
    failure = evidence.failures.get(FileId.SOD)
    if failure is not None and failure.sw == FILE_NOT_FOUND:
        return _failed("sod-missing", "The chip has no EF.SOD, which every document must have.")
    check = Check(_NAME, Outcome.UNDETERMINED, "sod-missing", "EF.SOD was not read.")
    return SecurityObject(check, unlisted_reason="sod-missing")


def _failed(reason: str, detail: str, listed: LDSSecurityObject | None = None) -> SecurityObject:
    return SecurityObject(Check(_NAME, Outcome.FAILED, reason, detail), listed, reason)


def _rank(judged: JudgedSigner) -> tuple[bool, bool, bool, bool, bool]:
    chain = judged.chain
    trusted, valid = (chain.trust.ok, chain.validity.ok) if chain is not None else (None, None)
    return judged.signer.ok is True, trusted is True, not judged.is_revoked, trusted is not False, valid is True


def _deviations(signed: SignedData, sod: EfSod, listed: LDSSecurityObject | None) -> list[str]:
    found = []
    if sod.indefinite_length or not signed.is_der:
        found.append("sod-not-der")
    if signed.content_type != LDS_SECURITY_OBJECT:
        found.append("sod-content-type")
    if listed is not None:
        found += [f"lds-{code}" for code in listed.deviations]
        if listed.hash_algorithm == "sha1":
            found.append("sha1-hashes")
    return found
