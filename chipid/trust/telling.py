# SPDX-License-Identifier: Apache-2.0
"""What is told of a signed list that was refused, or taken on a pin: who signed it, whom he names, what there is to compare."""

from __future__ import annotations

from itertools import islice
from typing import Final

from chipid.errors import MalformedData, UnsupportedFeature
from chipid.pki.certificate import Certificate
from chipid.pki.chain import Answer
from chipid.pki.names import shortened
from chipid.trust.import_report import PIN_FILE, REMEDIES
from chipid.trust.objects import claimed_signer
from chipid.trust.signed_lists import Admission, SignedList

_UNTRUSTED: Final = ("list-signer-no-trust-anchor", "list-signer-csca-key-unknown", "list-signer-untrusted-signer")
_PINNED_BY_FILE: Final = frozenset(reason for reason, advice in REMEDIES.items() if advice.endswith(PIN_FILE))
_CANDIDATE_LIMIT: Final = 32


def refusal_detail(read: SignedList, answer: Answer) -> str:
    """Why *read* was refused, with the CSCA that is wanted, or the SHA-256 that ``--pin`` takes."""
    if answer.reason in _PINNED_BY_FILE:
        return f"{answer.detail} The list's SHA-256 is {read.sha256}."
    signer = None if read.signed is None else claimed_signer(read.signed)
    if signer is None or answer.reason not in _UNTRUSTED:
        return answer.detail
    detail = answer.detail
    if answer.reason == _UNTRUSTED[0]:  # a store without any CSCA, and one without this one, are the same question here
        detail = "No CSCA in the trust store, and no pin, vouches for the signer."
    return f"{detail} {_wanted(signer)} {_brought(read, signer)}"


def pin_detail(admission: Admission) -> str:
    """Who signed a list that was taken on a pin, when, and which pin it was."""
    pin = f"Pinned was {', '.join(admission.pins)}"
    if admission.signer is None:
        return f"Nobody signed it. {pin}, the list itself."
    if not admission.verified:
        return f"It says that {admission.signer.subject} signed it. {pin}, the list itself: its signature did not count."
    when = "" if admission.signed_at is None else f" on {admission.signed_at.date().isoformat()}"
    signed = f"A list of {admission.country or 'no country'}, signed{when} by {admission.signer.subject}"
    what = "the list itself" if admission.by_itself else "the signer or the CSCA above"
    return f"{signed}. The signature is good. {pin}, {what}."


def _wanted(signer: Certificate) -> str:
    key_id = "" if signer.authority_key_id is None else f", key {shortened(signer.authority_key_id.hex())}"
    return f"Signed by {signer.subject}. Wanted is the CSCA {signer.issuer}{key_id}."


def _brought(read: SignedList, signer: Certificate) -> str:
    own = (*read.certificates, *(read.signed.certificates if read.signed is not None else ()))
    named = (each for each in dict.fromkeys(own) if each.subject.normalised == signer.issuer.normalised)
    issuer = next((each for each in islice(named, _CANDIDATE_LIMIT) if _issued(each, signer)), None)
    if issuer is None:
        return "The list does not bring it."
    return f"The list brings it, SHA-256 {issuer.fingerprint}: compare that with what the authority publishes."


def _issued(issuer: Certificate, signer: Certificate) -> bool:
    try:
        return signer.verified_by(issuer).valid
    except (MalformedData, UnsupportedFeature):
        return False
