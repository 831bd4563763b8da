# SPDX-License-Identifier: Apache-2.0
"""Is it the chip that was issued, and not a copy of its files? (BSI TR-03135-1 §5.6.4.1)

A proof counts only for a key that the signed EF.SOD vouches for: a clone brings its own key, and its proof is sound.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from chipid.errors import MalformedData, UnsupportedFeature
from chipid.evidence import ChipAuthenticationTranscript, Evidence
from chipid.iso7816.file_ids import FileId
from chipid.lds.card_access import CardAccess
from chipid.lds.dg14 import Dg14
from chipid.lds.dg15 import Dg15
from chipid.lds.security_infos import SecurityInfos
from chipid.protocols.active_auth import evaluate_active_authentication
from chipid.protocols.chip_auth import VERSION_2, evaluate_chip_authentication
from chipid.protocols.finding import Finding
from chipid.protocols.pace import evaluate_chip_authentication_mapping
from chipid.verification.card_security import SignedSecurityInfos
from chipid.verification.verdict import Check, CheckName, Outcome

_OUTCOMES = {True: Outcome.SUCCESSFUL, False: Outcome.FAILED, None: Outcome.UNDETERMINED}
_NOT_SIGNED = {
    True: "The chip proved a key that the document's signer vouches for, but the signer is not trusted.",
    False: "The chip proved a key that no trusted signer of the document vouches for.",
}


@dataclass(frozen=True)
class Vouched:
    """What the document's signer vouches for.

    :ivar signed_groups: data groups whose octets match the hash in an EF.SOD whose signature is good.
    :ivar listed_groups: data groups that EF.SOD names, read or not.
    :ivar signature_open: whether EF.SOD's signature is good could not be found out.
    :ivar card_security: EF.CardSecurity, with who signed it.
    :ivar compromised: the proofs by keys that others may hold too, with the reason code that says so.
    :ivar untrusted_groups: data groups whose octets match such an EF.SOD, and whose signer is refused or revoked.
    """

    signed_groups: frozenset[int]
    listed_groups: frozenset[int]
    card_security: SignedSecurityInfos
    signature_open: bool = False
    compromised: Mapping[CheckName, str] = field(default_factory=dict)
    untrusted_groups: frozenset[int] = frozenset()


@dataclass(frozen=True)
class _Proof:
    """A check, whether the key that it proves is the document's, and why the chip may not be the only one that holds it.

    :ivar untrusted: a signer vouches for the key whom nobody trusts.
    """

    check: Check
    vouched: bool
    open: bool
    untrusted: bool
    compromised: str | None = None


def chip_genuineness(evidence: Evidence, vouched: Vouched, *, challenge: bytes | None = None) -> tuple[Check, ...]:
    """The checks ACTIVE_AUTHENTICATION, CHIP_AUTHENTICATION, CHIP_AUTHENTICATION_MAPPING and CHIP_AUTHENTICITY.

    :param challenge: what Active Authentication has to have signed, where a server chose it; ``None`` where the terminal drew it.
    """
    infos = _security_infos(evidence)
    active = _active_authentication(evidence, infos, vouched.listed_groups, challenge)
    chip = _chip_authentication(evidence, infos, vouched)
    mapping = _chip_authentication_mapping(evidence, vouched.card_security)
    by_card_security = (vouched.card_security.vouched, vouched.card_security.open, False)
    by_group = {
        group: (group in vouched.signed_groups, vouched.signature_open, group in vouched.untrusted_groups) for group in (14, 15)
    }
    keys = (by_group[15], by_card_security if _is_version_2(evidence) else by_group[14], by_card_security)
    proofs = tuple(
        _Proof(check, *key, vouched.compromised.get(check.name)) for check, key in zip((active, chip, mapping), keys, strict=True)
    )
    return active, chip, mapping, _authenticity(proofs)


def _is_version_2(evidence: Evidence) -> bool:
    return evidence.chip_authentication is not None and evidence.chip_authentication.version == VERSION_2


def _active_authentication(
    evidence: Evidence, infos: SecurityInfos | None, listed: frozenset[int], challenge: bytes | None
) -> Check:
    name, transcript = CheckName.ACTIVE_AUTHENTICATION, evidence.active_authentication
    if challenge is not None and transcript is None:
        detail = "A challenge was given, and the chip has signed none: when it was read cannot be known."
        return Check(name, Outcome.UNDETERMINED, "aa-challenge-unanswered", detail)
    raw = evidence.file(FileId.DG15)
    if raw is None:
        return _without_key(name, 15, listed, "aa")
    if transcript is None:
        return Check(name, Outcome.UNDETERMINED, "aa-not-done", "The chip offers Active Authentication; it was not done.")
    try:
        return _check(name, evaluate_active_authentication(Dg15.parse(raw).spki, infos, transcript, challenge=challenge))
    except MalformedData:
        return Check(name, Outcome.FAILED, "dg15-malformed", "DG15 holds no public key.")
    except UnsupportedFeature as error:
        return Check(name, Outcome.UNDETERMINED, "aa-unsupported", str(error))


def _chip_authentication(evidence: Evidence, infos: SecurityInfos | None, vouched: Vouched) -> Check:
    check = _chip_authentication_by_version(evidence, infos, vouched)
    if check.reason == "ca-not-offered" and _announces_version_2(evidence, infos):
        detail = "The chip has Chip Authentication version 2, for terminals with rights: it was not done."
        return Check(check.name, Outcome.NOT_PERFORMED, "ca-needs-rights", detail)
    return check


def _announces_version_2(evidence: Evidence, dg14: SecurityInfos | None) -> bool:
    """In DG14, or in EF.CardAccess: nobody has signed that, and nothing but the words for what was not done depends on it."""
    try:
        card_access = CardAccess.parse(evidence.file(FileId.CARD_ACCESS) or b"").infos
    except MalformedData:
        card_access = None
    said = (info for infos in (dg14, card_access) if infos is not None for info in infos.chip_authentication)
    return any(info.version == VERSION_2 for info in said)


def _chip_authentication_by_version(evidence: Evidence, infos: SecurityInfos | None, vouched: Vouched) -> Check:
    name, transcript = CheckName.CHIP_AUTHENTICATION, evidence.chip_authentication
    if transcript is not None and _is_version_2(evidence):
        if vouched.card_security.infos is None:
            return Check(name, Outcome.UNDETERMINED, vouched.card_security.check.reason, "EF.CardSecurity cannot be read.")
        return _chip_authentication_by(vouched.card_security.infos, transcript)
    if evidence.file(FileId.DG14) is None:
        return _without_key(name, 14, vouched.listed_groups, "ca")
    if infos is None:
        return Check(name, Outcome.FAILED, "dg14-malformed", "DG14 holds no security infos.")
    return _chip_authentication_by(infos, transcript)


def _chip_authentication_by(infos: SecurityInfos, transcript: ChipAuthenticationTranscript | None) -> Check:
    name = CheckName.CHIP_AUTHENTICATION
    if not infos.chip_authentication_public_keys:
        return Check(name, Outcome.NOT_SUPPORTED, "ca-not-offered", "DG14 holds no key for Chip Authentication.")
    if transcript is None:
        return Check(name, Outcome.UNDETERMINED, "ca-not-done", "The chip offers Chip Authentication; it was not done.")
    try:
        return _check(name, evaluate_chip_authentication(infos, transcript))
    except MalformedData:
        return Check(name, Outcome.FAILED, "ca-malformed", "The record of Chip Authentication does not fit the chip's key.")
    except UnsupportedFeature as error:
        return Check(name, Outcome.UNDETERMINED, "ca-unsupported", str(error))


def _chip_authentication_mapping(evidence: Evidence, card_security: SignedSecurityInfos) -> Check:
    """Of several sessions each has to prove the chip: what is read in one is bound to it by nothing else."""
    name, transcripts = CheckName.CHIP_AUTHENTICATION_MAPPING, evidence.chip_authentication_mapping
    if not transcripts:
        return Check(name, Outcome.NOT_SUPPORTED, "cam-not-run", "PACE was not run with Chip Authentication Mapping.")
    if card_security.infos is None:
        return Check(name, card_security.check.outcome, card_security.check.reason, "EF.CardSecurity cannot be read.")
    try:
        findings = [evaluate_chip_authentication_mapping(card_security.infos, transcript) for transcript in transcripts]
    except MalformedData:
        return Check(name, Outcome.FAILED, "cam-key-malformed", "EF.CardSecurity holds a key that is none.")
    except UnsupportedFeature as error:
        return Check(name, Outcome.UNDETERMINED, "cam-unsupported", str(error))
    return _check(name, next((finding for finding in findings if not finding.ok), findings[0]))


def _authenticity(proofs: tuple[_Proof, ...]) -> Check:  # noqa: PLR0911  # one answer a step
    """One sound proof with the document's key is enough; a failed proof is never made good by another.

    A proof by a compromised key is none (BSI TR-03135-1 §5.6.4.1).
    """
    name = CheckName.CHIP_AUTHENTICITY
    for proof in proofs:
        if proof.check.outcome is Outcome.FAILED:
            return Check(name, Outcome.FAILED, proof.check.reason, proof.check.detail)
    done = [proof for proof in proofs if proof.check.outcome is Outcome.SUCCESSFUL]
    sound = [proof for proof in done if proof.compromised is None]
    if any(proof.vouched for proof in sound):
        missed = tuple(proof.check.reason for proof in proofs if proof.check.outcome is Outcome.UNDETERMINED)
        return Check(name, Outcome.SUCCESSFUL, "ok", "The chip proved that it holds a key of the document.", missed)
    if any(proof.open for proof in sound):
        return Check(name, Outcome.UNDETERMINED, "key-signature-open", "Who signed the chip's key could not be found out.")
    for code in (proof.compromised for proof in done):
        if code is not None:
            return Check(name, Outcome.FAILED, code, "The key that the chip proved is listed as compromised: others may hold it.")
    if sound:
        return Check(name, Outcome.FAILED, "key-not-signed", _NOT_SIGNED[any(proof.untrusted for proof in sound)])
    for outcome in (Outcome.UNDETERMINED, Outcome.NOT_PERFORMED):
        for proof in proofs:
            if proof.check.outcome is outcome:
                return Check(name, outcome, proof.check.reason, proof.check.detail)
    return Check(name, Outcome.NOT_SUPPORTED, "copy-not-excluded", "The chip offers no proof: it may be a copy.")


def _without_key(name: CheckName, group: int, listed: frozenset[int], short: str) -> Check:
    """A chip that hides a key its own EF.SOD names may do so to escape the proof."""
    if group in listed:
        detail = f"EF.SOD names DG{group}, and it could not be read."
        return Check(name, Outcome.UNDETERMINED, f"{short}-key-withheld", detail)
    return Check(name, Outcome.NOT_SUPPORTED, f"{short}-not-offered", f"The document has no DG{group}.")


def _security_infos(evidence: Evidence) -> SecurityInfos | None:
    raw = evidence.file(FileId.DG14)
    try:
        return Dg14.parse(raw).infos if raw is not None else None
    except MalformedData:
        return None


def _check(name: CheckName, finding: Finding) -> Check:
    return Check(name, _OUTCOMES[finding.ok], finding.reason, finding.detail, finding.deviations)
