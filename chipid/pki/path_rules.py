# SPDX-License-Identifier: Apache-2.0
"""What a path whose signatures are good must be besides (ICAO 9303-12 §7.1.1, D.1.1.3; RFC 5280 §6.1).

Rules refuse a path, the calendar is a question of its own, and what is only odd between two certificates is a deviation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import pairwise
from typing import Final, NamedTuple

from chipid.pki import extensions as ext
from chipid.pki.certificate import Certificate
from chipid.pki.countries import alpha_2, may_issue_for
from chipid.pki.extensions import KeyUsage


class Refusal(NamedTuple):
    """Why a path is refused: a stable code, and a sentence for a person."""

    reason: str
    detail: str


Certificates = tuple[Certificate, ...]
"""A path: document signer first."""

_DECISIVE: Final = {
    "key-usage": "what its key is for",
    "basic-constraints": "whether it is an authority's",
    "extended-key-usage": "for which purposes it is",
}
_NAMES: Final = {"dsc": "document signer", "csca": "CSCA"}


def broken_rules(path: Certificates) -> Iterator[Refusal]:
    """The rules that *path*, a document signer's, breaks, most telling first."""
    for rule in (*_OF_ONE, _signer_signs_documents, *_OF_SEVERAL):
        yield from rule(path)


def is_good_above(path: Certificates) -> bool:
    """Whether the certificates of *path* may stand above each other, whatever the first of them is for."""
    return not any(True for rule in (*_OF_ONE, *_OF_SEVERAL) for _ in rule(path))


def out_of_date(path: Certificates, at: datetime) -> Iterator[Refusal]:
    """The certificates whose dates exclude *at*: a DSC's cover the documents that it signed (ICAO 9303-12 §4.1.1.1)."""
    for role, certificate in _roles(path):
        if at < certificate.not_before:
            day = certificate.not_before.date().isoformat()
            yield Refusal(f"{role}-not-yet-valid", f"The {_NAMES[role]}'s certificate is valid from {day}.")
        if at > certificate.not_after:
            day = certificate.not_after.date().isoformat()
            yield Refusal(f"{role}-expired", f"The {_NAMES[role]}'s certificate was valid until {day}.")


def pairwise_deviations(path: Certificates) -> Iterator[str]:
    """What is odd between a certificate and its issuer's, behind ``dsc-`` or ``csca-`` for the lower one."""
    for (role, subordinate), authority in zip(_roles(path), path[1:], strict=False):
        period, moment = authority.usage_period, subordinate.not_before
        named, own = subordinate.authority_key_id, authority.subject_key_id
        issuer, subject = subordinate.issuer, authority.subject
        noted = {
            # A wholly different name is no matter of order: _names_follow refuses it.
            "issuer-name-order": issuer.normalised == subject.normalised and issuer.in_order != subject.in_order,
            "authority-key-identifier-differs": None not in (named, own) and named != own,
            "issued-outside-validity": not authority.is_valid_at(moment),
            "issued-outside-usage-period": period is not None and not period.covers(moment),
            "outlives-issuer": subordinate.not_after > authority.not_after,
        }
        yield from (f"{role}-{code}" for code, applies in noted.items() if applies)


# A certificate alone ----------------------------------------------------------------------------------------------------


def _unknown_critical(path: Certificates) -> Iterator[Refusal]:
    """A certificate must not be used against an extension that it calls critical and we do not know."""
    for role, certificate in _roles(path):
        if certificate.unknown_critical:
            listed = ", ".join(certificate.unknown_critical)
            yield Refusal(f"{role}-unknown-critical-extension", f"A critical extension is not understood: {listed}.")


def _unreadable(path: Certificates) -> Iterator[Refusal]:
    """Nor against one that decides what it is for, and cannot be read."""
    for role, certificate in _roles(path):
        for label, what in _DECISIVE.items():
            if f"{label}-malformed" in certificate.deviations:
                yield Refusal(f"{role}-{label}-malformed", f"The {_NAMES[role]}'s certificate does not say readably {what}.")


def _signer_signs_documents(path: Certificates) -> Iterator[Refusal]:
    signer = path[0]
    if signer.is_ca:
        yield Refusal("dsc-is-authority", "An authority's own key signed, and not that of a document signer.")
    if signer.key_usage is not None and KeyUsage.DIGITAL_SIGNATURE not in signer.key_usage:
        yield Refusal("dsc-key-usage", "The document signer's key may not sign data.")
    if signer.extended_key_usage is not None:
        purposes = ", ".join(signer.extended_key_usage)
        yield Refusal("dsc-extended-key-usage", f"The signer's certificate is for another purpose: {purposes}.")


def _authorities_sign_certificates(path: Certificates) -> Iterator[Refusal]:
    for authority in path[1:]:
        if authority.key_usage is not None and KeyUsage.KEY_CERT_SIGN not in authority.key_usage:
            yield Refusal("csca-key-usage", "The authority's key may not sign certificates.")
        if not (authority.is_ca or _is_old_csca(authority)):
            yield Refusal("csca-not-authority", "The certificate above the signer's is no authority's by its extensions.")


def _is_old_csca(certificate: Certificate) -> bool:
    """Self-signed and silent about being an authority, as before Doc 9303 had a profile: the operator trusts it by name."""
    return ext.BASIC_CONSTRAINTS not in certificate.extensions and certificate.is_self_signed


# One certificate and the next -------------------------------------------------------------------------------------------


def _names_follow(path: Certificates) -> Iterator[Refusal]:
    """Each issuer's name is its authority's (RFC 5280 §6.1.3 (a)(4))."""
    for subordinate, authority in pairwise(path):
        if subordinate.issuer.normalised != authority.subject.normalised:
            yield Refusal("issuer-name-mismatch", "A trusted key signed, under another name than its certificate bears.")


def _length(path: Certificates) -> Iterator[Refusal]:
    """The path is no longer than its authorities allow; a CSCA's own key changes do not count (RFC 5280 §6.1.4 (l), (m))."""
    for place, authority in enumerate(path[1:]):
        limit = authority.basic_constraints.path_length if authority.basic_constraints is not None else None
        if limit is not None and sum(not is_key_change(below) for below in path[1 : place + 1]) > limit:
            yield Refusal("path-too-long", "There are more authorities in the path than the CSCA allows.")


def _one_state(path: Certificates) -> Iterator[Refusal]:
    """A state certifies its own signers only."""
    countries = [alpha_2(certificate.subject.country or "") for certificate in path]
    for below, above in pairwise(countries):
        # An authority of no state, or of one that is in no list, stands for no other's signers.
        if below is not None and (above is None or not may_issue_for(above, below)):
            yield Refusal("country-mismatch", f"A CSCA of {above or 'no known state'} certified a signer of {below}.")


def is_key_change(certificate: Certificate) -> bool:
    """A CSCA's old key certifying its new one: the name stays, or the extension tells that it changed (ICAO 9303-12 §7.1.1.5)."""
    return certificate.is_self_issued or ext.NAME_CHANGE in certificate.extensions


def _roles(path: Certificates) -> Iterator[tuple[str, Certificate]]:
    signer, *authorities = path
    yield "dsc", signer
    for authority in authorities:
        yield "csca", authority


_Rule = Callable[[Certificates], Iterator[Refusal]]
_OF_ONE: Final[tuple[_Rule, ...]] = (_unknown_critical, _unreadable)
_OF_SEVERAL: Final[tuple[_Rule, ...]] = (_authorities_sign_certificates, _names_follow, _length, _one_state)
