# SPDX-License-Identifier: Apache-2.0
"""From a document signer to a trusted CSCA (ICAO 9303-12 §6.1, Appendix D.1; RFC 5280 §6).

Three questions are answered apart: did a trusted authority's key sign the document signer's certificate, does the path end in an
anchor that may do so, and are all in date. Revocation is a fourth, of :mod:`chipid.pki.revocation`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from chipid.pki.certificate import Certificate
from chipid.pki.names import shortened
from chipid.pki.path_rules import Refusal, broken_rules, out_of_date, pairwise_deviations
from chipid.pki.path_search import Path, Search, find_paths
from chipid.pki.profile import profile_deviations
from chipid.pki.trust_source import TrustSource


@dataclass(frozen=True)
class Answer:
    """One question's answer.

    :ivar ok: ``None`` where it cannot be decided.
    :ivar reason: a stable code, ``ok`` for a plain yes; :ivar detail: a sentence for a person.
    :ivar further: the codes of other reasons that would have been enough, so that whoever lets the first one pass hears of them.
    """

    ok: bool | None
    reason: str
    detail: str
    further: tuple[str, ...] = ()


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
    def reaches_anchor(self) -> bool:
        """Whether the path ends in a self-signed CSCA that the operator trusts, whatever rule it breaks on the way."""
        return bool(self.path) and self.path[-1].is_self_signed

    @property
    def anchor(self) -> Certificate | None:
        """The CSCA at the end of a path that was found good, otherwise ``None``."""
        return self.path[-1] if self.trust.ok and self.path else None


def validate_chain(signer: Certificate, store: TrustSource | None, at: datetime) -> ChainFinding:
    """Whether *signer* is a document signer of an authority in *store*, and in date at *at*.

    :param store: the operator's trust anchors; ``None``, or an empty one, leaves the questions open.
    :param at: the moment of the inspection, with a time zone.
    """
    # 1. Without an anchor nothing can be said, and nothing is (ICAO 9303-12 §6.1.1).
    if not store:
        return _undecided(signer, at, "no-trust-anchor", "No trusted CSCA certificate was given.")
    # 2. Every authority that may have signed is asked by its key, several of one name too (D.1.1.1).
    search = find_paths(signer, store)
    if not search.paths:
        return _without_issuer(signer, store, at, search)
    # 3. Of several paths the best counts: one that ends in an anchor, breaks no rule, and is in date; the shortest of those.
    return max((_judge(path, search, store, at) for path in search.paths), key=_rank)


def _without_issuer(signer: Certificate, store: TrustSource, at: datetime, search: Search) -> ChainFinding:
    named = store.named_by(signer)
    if "unsupported-algorithm" in search.obstacles:
        detail = "A certificate of the document signer's issuer is trusted, and its key or the algorithm cannot be used."
        return _undecided(signer, at, "unsupported-algorithm", detail)
    if search.exhausted:
        return _undecided(signer, at, "path-search-limit", "Too many authorities might have signed: not all were asked.")
    # Of an authority that we do not know nothing can be said, even where we know others of its state: an anchor may be missing.
    if not named:
        if signer.is_self_signed:
            return _undecided(signer, at, "dsc-self-signed", "The signer's certificate is signed by its own key, and by no CSCA's.")
        key = "" if signer.authority_key_id is None else f", key {shortened(signer.authority_key_id.hex())}"
        detail = f"No trusted CSCA certificate is the one that the signer's names: {signer.issuer}{key}."
        return _undecided(signer, at, "no-trust-anchor", detail)
    # Whoever names an authority that we trust, and was not signed by it, is a forger; or signed by a key that is missing here.
    no = Answer(False, *_why_not(signer, named, search))
    return ChainFinding(no, no, _validity((signer,), at), deviations=profile_deviations(signer, "dsc"))


def _why_not(signer: Certificate, named: tuple[Certificate, ...], search: Search) -> tuple[str, str]:
    if signer in named:
        return "dsc-is-authority", "An authority's own key signed, and not that of a document signer."
    if search.obstacles:
        return min(search.obstacles), "The key above the signer's certificate, or the name of its algorithm, is malformed."
    key_id = signer.authority_key_id
    if key_id is None or any(key_id in authority.key_identifiers for authority in named):
        return "untrusted-signer", "The CSCA that it names is trusted, and its key did not sign the signer's certificate."
    detail = "The CSCA that it names is trusted, with other keys than the one that it names: a newer certificate may be missing."
    return "csca-key-unknown", detail


def _undecided(signer: Certificate, at: datetime, reason: str, detail: str) -> ChainFinding:
    open_question = Answer(None, reason, detail)
    validity = _validity((signer,), at)
    # The signer's own dates may show a failure; that it is in date says nothing of the authority above it.
    if validity.ok:
        validity = open_question
    return ChainFinding(open_question, open_question, validity, deviations=profile_deviations(signer, "dsc"))


def _judge(path: Path, search: Search, store: TrustSource, at: datetime) -> ChainFinding:
    signer, *authorities = path.certificates
    deviations = [*path.deviations, *profile_deviations(signer, "dsc")]
    for authority in authorities:
        deviations += profile_deviations(authority, "csca")
    deviations += pairwise_deviations(path.certificates)
    return ChainFinding(
        Answer(True, "ok", "A trusted CSCA's key signed the document signer's certificate."),
        _trust(path, search, store),
        _validity(path.certificates, at),
        path.certificates,
        tuple(dict.fromkeys(deviations)),
    )


def _trust(path: Path, search: Search, store: TrustSource) -> Answer:
    refusals = list(broken_rules(path.certificates))
    still_open = [] if path.reaches_anchor else [Refusal(*_why_open(path.certificates[-1], search, store))]
    found = [*refusals, *still_open]
    if not found:
        return Answer(True, "ok", "The path ends in a trusted CSCA.")
    return _first(False if refusals else None, found)


def _why_open(last: Certificate, search: Search, store: TrustSource) -> tuple[str, str]:
    if "unsupported-algorithm" in search.obstacles:
        return "unsupported-algorithm", "The key of an authority further up in the path cannot be used."
    if search.looped:
        return "csca-link-loop", "Link certificates lead back to themselves, and to no self-signed CSCA."
    if search.exhausted:
        return "path-search-limit", "The search for a self-signed CSCA was given up."
    key_id = last.authority_key_id
    names_itself = last.is_self_issued and key_id in (None, last.subject_key_id)
    if names_itself or any(key_id in authority.key_identifiers for authority in store.named_by(last)):
        return "csca-signature-invalid", "The CSCA certificate at the end of the path is not signed by the key that it names."
    return "csca-anchor-missing", "The path ends in an authority's certificate whose own issuer is not trusted."


def _rank(finding: ChainFinding) -> tuple[bool, bool, bool, int, int]:
    trust, validity = finding.trust.ok, finding.validity.ok
    return trust is True, trust is not False, validity is True, -len(finding.path), -len(finding.deviations)


def _validity(path: tuple[Certificate, ...], at: datetime) -> Answer:
    refusals = list(out_of_date(path, at))
    return _first(False, refusals) if refusals else Answer(True, "ok", "All certificates are in date.")


def _first(ok: bool | None, found: Sequence[Refusal]) -> Answer:
    """The first reason in full, and what else there is."""
    reason, detail = found[0]
    return Answer(ok, reason, detail, tuple(dict.fromkeys(each.reason for each in found[1:] if each.reason != reason)))
