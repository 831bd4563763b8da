# SPDX-License-Identifier: Apache-2.0
"""From a document signer to a trusted CSCA (ICAO 9303-12 §6.1, Appendix D.1; RFC 5280 §6).

A name or a key identifier only proposes an issuer; its signature decides. Three questions are answered apart: did a trusted
authority's key sign the document signer's certificate, does the path end in an anchor that may do so, and are all in date.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from chipid.errors import MalformedData, UnsupportedFeature
from chipid.pki import extensions as ext
from chipid.pki.certificate import Certificate
from chipid.pki.countries import alpha_2, may_issue_for
from chipid.pki.extensions import KeyUsage
from chipid.pki.profile import profile_deviations
from chipid.pki.trust_source import TrustSource

PATH_LIMIT = 8
"""Certificates in a path, document signer and anchor included; each key change of a CSCA adds one at most."""


@dataclass(frozen=True)
class Answer:
    """One question's answer.

    :ivar ok: ``None`` where it cannot be decided.
    :ivar reason: a stable code, ``ok`` for a plain yes; :ivar detail: a sentence for a person.
    """

    ok: bool | None
    reason: str
    detail: str


@dataclass(frozen=True)
class ChainFinding:
    """What the path of one document signer's certificate shows.

    :ivar path: document signer first, anchor last; shorter where no anchor was reached; empty where nobody in the store signed.
    """

    signature: Answer
    trust: Answer
    validity: Answer
    path: tuple[Certificate, ...] = ()
    deviations: tuple[str, ...] = ()

    @property
    def anchor(self) -> Certificate | None:
        """The CSCA at the end of a path that was found good, otherwise ``None``."""
        return self.path[-1] if self.trust.ok and self.path else None


@dataclass(frozen=True)
class _Path:
    certificates: tuple[Certificate, ...]
    deviations: tuple[str, ...]

    @property
    def reaches_anchor(self) -> bool:
        return self.certificates[-1].is_self_signed


def validate_chain(signer: Certificate, store: TrustSource | None, at: datetime) -> ChainFinding:
    """Whether *signer* is a document signer of an authority in *store*, and in date at *at*.

    :param store: the operator's trust anchors; ``None``, or an empty one, leaves the questions open.
    :param at: the moment of the inspection, with a time zone.
    """
    # 1. Without an anchor nothing can be said, and nothing is (ICAO 9303-12 §6.1.1).
    if not store:
        return _undecided(signer, at, "no-trust-anchor", "No trusted CSCA certificate was given.")
    # 2. Every authority that may have signed is asked by its key, several of one name too (D.1.1.1).
    paths, unsupported = _paths(signer, store)
    if not paths:
        return _without_issuer(signer, store, at, unsupported)
    # 3. Of several paths the best counts: one that ends in an anchor, breaks no rule, and is in date.
    return max((_judge(path, at) for path in paths), key=_rank)


def _paths(signer: Certificate, store: TrustSource) -> tuple[list[_Path], bool]:
    """Every path by good signatures, to an anchor or as far as it goes; and whether an issuer's key could not be used."""
    complete: list[_Path] = []
    unsupported = False
    open_paths = [_Path((signer,), ())]
    while open_paths:
        path = open_paths.pop(0)
        grown, failed = _grow(path, store)
        unsupported = unsupported or failed
        for longer in grown:
            done = longer.reaches_anchor or len(longer.certificates) >= PATH_LIMIT
            (complete if done else open_paths).append(longer)
        if not grown and len(path.certificates) > 1:
            complete.append(path)
    return complete, unsupported


def _grow(path: _Path, store: TrustSource) -> tuple[list[_Path], bool]:
    """The path with each authority on top that signed its last certificate; of the country, where none that it names did."""
    last = path.certificates[-1]
    grown, unsupported = _signed_by(path, store.named_by(last))
    if grown:
        return grown, unsupported
    country = alpha_2(last.issuer.country or "")
    others, _ = _signed_by(path, store.authorities_of(country) if country is not None else ())
    return others, unsupported


def _signed_by(path: _Path, candidates: tuple[Certificate, ...]) -> tuple[list[_Path], bool]:
    last, unsupported = path.certificates[-1], False
    grown = []
    for issuer in candidates:
        if issuer in path.certificates:
            continue
        try:
            finding = last.verified_by(issuer)
        except UnsupportedFeature:
            unsupported = True
            continue
        except MalformedData:
            continue  # neither a malformed key nor a malformed algorithm ever made a signature
        if finding.valid:
            role = "dsc" if len(path.certificates) == 1 else "csca"
            deviations = tuple(f"{role}-{code}" for code in finding.deviations)
            grown.append(_Path((*path.certificates, issuer), (*path.deviations, *deviations)))
    return grown, unsupported


def _without_issuer(signer: Certificate, store: TrustSource, at: datetime, unsupported: bool) -> ChainFinding:
    if unsupported:
        detail = "A certificate of the document signer's issuer is trusted, and its key cannot be used."
        return _undecided(signer, at, "unsupported-algorithm", detail)
    # Whoever names an authority that we trust, and was not signed by it, is a forger. Of an authority that we do not know nothing
    # can be said, even where we know others of its state: an anchor may be missing here.
    if not store.named_by(signer):
        detail = f"No trusted CSCA certificate is the one that the signer's names (country {signer.issuer.country or 'none'})."
        return _undecided(signer, at, "no-trust-anchor", detail)
    no = Answer(False, "untrusted-signer", "The CSCA that it names is trusted, and its key did not sign the signer's certificate.")
    return ChainFinding(no, no, _validity((signer,), at), deviations=profile_deviations(signer, "dsc"))


def _undecided(signer: Certificate, at: datetime, reason: str, detail: str) -> ChainFinding:
    open_question = Answer(None, reason, detail)
    validity = _validity((signer,), at)
    # The signer's own dates may show a failure; that it is in date says nothing of the authority above it.
    if validity.ok:
        validity = open_question
    return ChainFinding(open_question, open_question, validity, deviations=profile_deviations(signer, "dsc"))


def _judge(path: _Path, at: datetime) -> ChainFinding:
    signer, *authorities = path.certificates
    deviations = [*path.deviations, *profile_deviations(signer, "dsc")]
    for authority in authorities:
        deviations += profile_deviations(authority, "csca")
    deviations += _pairwise_deviations(path)
    trust = next(_broken_rules(path), None) or Answer(True, "ok", "The path ends in a trusted CSCA.")
    if trust.ok and not path.reaches_anchor:
        trust = Answer(None, "no-trust-anchor", "The path ends in a certificate that is no self-signed CSCA.")
    return ChainFinding(
        Answer(True, "ok", "A trusted CSCA's key signed the document signer's certificate."),
        trust,
        _validity(path.certificates, at),
        path.certificates,
        tuple(dict.fromkeys(deviations)),
    )


def _rank(finding: ChainFinding) -> tuple[bool, bool, bool, int, int]:
    trust, validity = finding.trust.ok, finding.validity.ok
    return trust is True, trust is not False, validity is True, -len(finding.deviations), -len(finding.path)


def _broken_rules(path: _Path) -> Iterator[Answer]:
    """What refuses a path whose signatures are good (ICAO 9303-12 §7.1.1, D.1.1.3), most telling first."""
    signer, *authorities = path.certificates
    # 1. A certificate must not be used against an extension that it calls critical and we do not know.
    for role, certificate in _roles(path.certificates):
        if certificate.unknown_critical:
            listed = ", ".join(certificate.unknown_critical)
            yield Answer(False, f"{role}-unknown-critical-extension", f"A critical extension is not understood: {listed}.")
    # 2. Keys are used for what their certificates say.
    if signer.key_usage is not None and KeyUsage.DIGITAL_SIGNATURE not in signer.key_usage:
        yield Answer(False, "dsc-key-usage", "The document signer's key may not sign data.")
    if signer.extended_key_usage is not None:
        purposes = ", ".join(signer.extended_key_usage)
        yield Answer(False, "dsc-extended-key-usage", f"The signer's certificate is for another purpose: {purposes}.")
    for authority in authorities:
        if authority.key_usage is not None and KeyUsage.KEY_CERT_SIGN not in authority.key_usage:
            yield Answer(False, "csca-key-usage", "The authority's key may not sign certificates.")
    # 3. Each issuer's name is its authority's (RFC 5280 §6.1.3 (a)(4)).
    for subordinate, authority in zip(path.certificates, authorities, strict=False):
        if subordinate.issuer.normalised != authority.subject.normalised:
            yield Answer(False, "issuer-name-mismatch", "A trusted key signed, under another name than its certificate bears.")
    # 4. The path is no longer than the anchor allows; a CSCA's own key changes do not count (RFC 5280 §6.1.4 (l), (m)).
    for place, authority in enumerate(authorities):
        limit = authority.basic_constraints.path_length if authority.basic_constraints is not None else None
        if limit is not None and sum(not _is_link(below) for below in authorities[:place]) > limit:
            yield Answer(False, "path-too-long", "There are more authorities in the path than the CSCA allows.")
    # 5. A state certifies its own signers only.
    yield from _foreign_signer(path)


def _foreign_signer(path: _Path) -> Iterator[Answer]:
    countries = [alpha_2(certificate.subject.country or "") for certificate in path.certificates]
    for below, above in pairwise(countries):
        # An authority of no state, or of one that is in no list, stands for no other's signers.
        if below is not None and (above is None or not may_issue_for(above, below)):
            yield Answer(False, "country-mismatch", f"A CSCA of {above or 'no known state'} certified a signer of {below}.")


def _is_link(certificate: Certificate) -> bool:
    """A CSCA's old key certifying its new one: the name stays, or the extension tells that it changed (ICAO 9303-12 §7.1.1.5)."""
    return certificate.is_self_issued or ext.NAME_CHANGE in certificate.extensions


def _roles(path: tuple[Certificate, ...]) -> Iterator[tuple[str, Certificate]]:
    signer, *authorities = path
    yield "dsc", signer
    for authority in authorities:
        yield "csca", authority


def _validity(path: tuple[Certificate, ...], at: datetime) -> Answer:
    """Every certificate's dates: a DSC's validity covers the documents that it signed (ICAO 9303-12 §4.1.1.1)."""
    for role, certificate in _roles(path):
        name = {"dsc": "document signer", "csca": "CSCA"}[role]
        if at < certificate.not_before:
            detail = f"The {name}'s certificate is valid from {certificate.not_before.date().isoformat()}."
            return Answer(False, f"{role}-not-yet-valid", detail)
        if at > certificate.not_after:
            detail = f"The {name}'s certificate was valid until {certificate.not_after.date().isoformat()}."
            return Answer(False, f"{role}-expired", detail)
    return Answer(True, "ok", "All certificates are in date.")


def _pairwise_deviations(path: _Path) -> Iterator[str]:
    for (role, subordinate), authority in zip(_roles(path.certificates), path.certificates[1:], strict=False):
        if subordinate.issuer.in_order != authority.subject.in_order:
            yield f"{role}-issuer-name-order"
        key_id = subordinate.authority_key_id
        if key_id is not None and authority.subject_key_id is not None and key_id != authority.subject_key_id:
            yield f"{role}-authority-key-identifier-differs"
        if not authority.is_valid_at(subordinate.not_before):
            yield f"{role}-issued-outside-validity"
