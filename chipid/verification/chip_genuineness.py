# SPDX-License-Identifier: Apache-2.0
"""Is it the chip that was issued, and not a copy of its files? (BSI TR-03135-1 §5.6.4.1)

A proof counts only for a key that the signed EF.SOD vouches for: a clone brings its own key, and its proof is sound.
"""

from __future__ import annotations

from chipid.errors import MalformedData, UnsupportedFeature
from chipid.evidence import ChipAuthenticationTranscript, Evidence
from chipid.iso7816.file_ids import FileId
from chipid.lds.dg14 import Dg14
from chipid.lds.dg15 import Dg15
from chipid.lds.security_infos import SecurityInfos
from chipid.protocols.active_auth import evaluate_active_authentication
from chipid.protocols.chip_auth import evaluate_chip_authentication
from chipid.protocols.finding import Finding
from chipid.verification.verdict import Check, CheckName, Outcome

_OUTCOMES = {True: Outcome.SUCCESSFUL, False: Outcome.FAILED, None: Outcome.UNDETERMINED}


def chip_genuineness(
    evidence: Evidence, signed_groups: frozenset[int], listed_groups: frozenset[int], *, signature_open: bool = False
) -> tuple[Check, ...]:
    """The checks ACTIVE_AUTHENTICATION, CHIP_AUTHENTICATION and CHIP_AUTHENTICITY.

    :param signed_groups: data groups whose octets match the hash in an EF.SOD whose signature is good.
    :param listed_groups: data groups that EF.SOD names, read or not.
    :param signature_open: whether EF.SOD's signature is good could not be found out.
    """
    infos = _security_infos(evidence)
    active = _active_authentication(evidence, infos, listed_groups)
    chip = _chip_authentication(evidence, infos, listed_groups)
    return active, chip, _authenticity(active, chip, signed_groups, signature_open)


def _active_authentication(evidence: Evidence, infos: SecurityInfos | None, listed: frozenset[int]) -> Check:
    name, transcript = CheckName.ACTIVE_AUTHENTICATION, evidence.active_authentication
    raw = evidence.file(FileId.DG15)
    if raw is None:
        return _without_key(name, 15, listed, "aa")
    if transcript is None:
        return Check(name, Outcome.UNDETERMINED, "aa-not-done", "The chip offers Active Authentication; it was not done.")
    try:
        return _check(name, evaluate_active_authentication(Dg15.parse(raw).spki, infos, transcript))
    except MalformedData:
        return Check(name, Outcome.FAILED, "dg15-malformed", "DG15 holds no public key.")
    except UnsupportedFeature as error:
        return Check(name, Outcome.UNDETERMINED, "aa-unsupported", str(error))


def _chip_authentication(evidence: Evidence, infos: SecurityInfos | None, listed: frozenset[int]) -> Check:
    name, transcript = CheckName.CHIP_AUTHENTICATION, evidence.chip_authentication
    if evidence.file(FileId.DG14) is None:
        return _without_key(name, 14, listed, "ca")
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
        return Check(name, Outcome.FAILED, "ca-malformed", "The record of Chip Authentication does not fit DG14.")
    except UnsupportedFeature as error:
        return Check(name, Outcome.UNDETERMINED, "ca-unsupported", str(error))


def _authenticity(active: Check, chip: Check, signed: frozenset[int], signature_open: bool) -> Check:
    """One sound proof with a signed key is enough; a failed proof is never made good by the other."""
    name, proofs = CheckName.CHIP_AUTHENTICITY, ((active, 15), (chip, 14))
    for check, _ in proofs:
        if check.outcome is Outcome.FAILED:
            return Check(name, Outcome.FAILED, check.reason, check.detail)
    sound = [(check, group) for check, group in proofs if check.outcome is Outcome.SUCCESSFUL]
    if any(group in signed for _, group in sound):
        missed = tuple(check.reason for check, _ in proofs if check.outcome is Outcome.UNDETERMINED)
        return Check(name, Outcome.SUCCESSFUL, "ok", "The chip proved that it holds a key of the document.", missed)
    if sound and signature_open:
        return Check(name, Outcome.UNDETERMINED, "key-signature-open", "Who signed the chip's key could not be found out.")
    if sound:
        return Check(name, Outcome.FAILED, "key-not-signed", "The chip proved a key that the document's signer does not vouch for.")
    for check, _ in proofs:
        if check.outcome is Outcome.UNDETERMINED:
            return Check(name, Outcome.UNDETERMINED, check.reason, check.detail)
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
    deviations = (finding.reason,) if finding.ok and finding.reason != "ok" else ()
    return Check(name, _OUTCOMES[finding.ok], finding.reason, finding.detail, deviations)
