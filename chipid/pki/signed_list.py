# SPDX-License-Identifier: Apache-2.0
"""What a signed list is worth: master, deviation and defect lists alike (ICAO 9303-12 §9.1, §10.1; BSI TR-03129-2 §7).

Anybody can sign a list, and put a CSCA of his own beside it. That the signer belongs to the CSCA that comes with the list, and that
he belongs to one whom the operator trusts, are two answers. This module judges; who keeps the list decides what he demands.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from chipid.pki import extensions as ext
from chipid.pki.certificate import Certificate
from chipid.pki.chain import Answer, ChainFinding, validate_chain
from chipid.pki.cms import SignedData, SignerIdentifier, SignerInfo, SubjectKeyIdentifier
from chipid.pki.countries import alpha_2
from chipid.pki.defect_list import DEFECT_LIST
from chipid.pki.deviation_list import DEVIATION_LIST, DEVIATION_LIST_SIGNING_KEY
from chipid.pki.master_list import CSCA_MASTER_LIST
from chipid.pki.names import Name, shortened
from chipid.pki.profile import profile_deviations
from chipid.pki.revocation import revocation_status
from chipid.pki.signed_data import SignerFinding, verify_signers
from chipid.pki.trust_source import TrustSource
from chipid.pki.trust_store import TrustStore, is_authority

if TYPE_CHECKING:
    from chipid.pki.crl import CertificateRevocationList
    from chipid.pki.defect_list import DefectList
    from chipid.pki.deviation_list import DeviationList

MASTER_LIST_SIGNING_KEY: Final = "2.23.136.1.1.3"

_PURPOSES: Final = {CSCA_MASTER_LIST: MASTER_LIST_SIGNING_KEY, DEVIATION_LIST: DEVIATION_LIST_SIGNING_KEY}
_BSI_PURPOSES: Final = "0.4.0.127.0.7.3."
_CANDIDATE_LIMIT: Final = 32
_PINNED: Final = Answer(True, "ok", "The operator pins the signer's certificate.")
_IN_DATE: Final = Answer(True, "ok", "The list signer's certificate is in date.")


@dataclass(frozen=True)
class SignedListFinding:
    """What one signed list shows. A reason is ``ok``, or a stable code that begins with ``list-``.

    :ivar signature: whether the content is what the holder of the signer's certificate signed.
    :ivar purpose: whether that certificate is one for lists of this kind.
    :ivar own_authority: whether it was issued by a self-signed CSCA that comes with the list, which anybody can arrange.
    :ivar trust: whether it was issued by a CSCA that the operator trusts, or pins; link certificates that come with the list may
        lead from the one to the other.
    :ivar validity: whether all certificates of the path are in date at the moment of the check.
    :ivar signing_time: whether the signer's certificate was in date when the list says that it was signed.
    :ivar revocation: whether a certificate of the path to a trusted CSCA was revoked.
    :ivar signer: the signer's certificate; :ivar path: up to the trusted CSCA, or else up to the one that comes with the list.
    :ivar deviations: departures from the profiles, stable codes.
    """

    signature: Answer
    purpose: Answer
    own_authority: Answer
    trust: Answer
    validity: Answer
    signing_time: Answer
    revocation: Answer
    signer: Certificate | None = None
    signed_at: datetime | None = None
    path: tuple[Certificate, ...] = ()
    deviations: tuple[str, ...] = ()

    @property
    def answers(self) -> Mapping[str, Answer]:
        """All answers by name, in the order in which they were found."""
        names = ("signature", "purpose", "own_authority", "trust", "validity", "signing_time", "revocation")
        return MappingProxyType({name: getattr(self, name) for name in names})


def verify_signed_list(
    signed: SignedData,
    trusted: TrustSource | None,
    at: datetime,
    *,
    known: Iterable[Certificate] = (),
    pinned: Collection[str] = (),
) -> SignedListFinding:
    """What *signed* shows at *at*; of several signers the one counts that shows most.

    :param trusted: the operator's trust anchors, ``None`` or an empty one for none.
    :param known: certificates that come with the list, such as a master list's own, where its signer's CSCA may be.
    :param pinned: SHA-256 fingerprints, hexadecimal, of certificates that the operator trusts for this list. A CSCA that comes with
        it is one of his anchors then, no more. Of the signer's own he says that it signs such lists, whoever certified it, and that
        of a defect list that it needs no purpose; dates and revocation are answered all the same.
    """
    if not signed.signers:
        return _without_signer(Answer(False, "list-unsigned", "Nobody signed the list."))
    others = tuple(known)
    certificates = (*signed.certificates, *others)
    judge = _Judge(signed, certificates, trusted, at, frozenset(pinned), _anchors(certificates, pinned))
    findings = [judge.finding(*pair) for pair in zip(signed.signers, verify_signers(signed, lambda _sid: others), strict=True)]
    return max(findings, key=lambda finding: [answer.ok is True for answer in finding.answers.values()])


@dataclass(frozen=True)
class _Judge:
    """Judges the signers of one list.

    :ivar certificates: all that come with it; :ivar anchors: the CSCAs of these that the operator pins.
    """

    signed: SignedData
    certificates: tuple[Certificate, ...]
    trusted: TrustSource | None
    at: datetime
    pinned: frozenset[str]
    anchors: tuple[Certificate, ...]

    def finding(self, info: SignerInfo, found: SignerFinding) -> SignedListFinding:
        signature = Answer(found.ok, "ok" if found.ok else f"list-{found.reason}", found.detail)
        signer = found.certificate
        if signer is None:
            return _without_signer(signature)
        # Chain building takes any purpose for one that a document signer must not have: it is asked apart.
        plain = replace(signer, extended_key_usage=None)
        own = validate_chain(plain, _own_authorities(signer, self.certificates), self.at)
        chain, source = self._chain(plain)
        is_pinned = signer.fingerprint in self.pinned
        pinned = is_pinned and not chain.trust.ok
        best = own if pinned or not chain.path else chain
        deviations = [
            *found.deviations,
            *self._deviations(info, signer, found.signed_at, own.anchor),
            *profile_deviations(signer, "list-signer"),
            *(code for code in best.deviations if code.startswith("csca-")),
        ]
        return SignedListFinding(
            signature,
            _purpose(self.signed.content_type, signer, is_pinned=is_pinned),
            _own_authority(own, chain),
            _PINNED if pinned else _of_list(chain.trust),
            _IN_DATE if pinned and best.validity.ok is None else _of_list(best.validity),
            _signing_time(signer, found.signed_at),
            self._revocation(chain, source),
            signer,
            found.signed_at,
            (signer, *best.path[1:]),
            tuple(dict.fromkeys(deviations)),
        )

    def _chain(self, signer: Certificate) -> tuple[ChainFinding, TrustSource | None]:
        """The path to a trusted CSCA, and the source in which it was found: links of the list are asked where it takes them."""
        trusted = TrustStore(()) if self.trusted is None else self.trusted
        source = _Beside(trusted, self.anchors, self.anchors) if self.anchors else trusted
        chain = validate_chain(signer, source, self.at)
        if source and not chain.trust.ok:
            linked = _Beside(source, self.certificates)
            led = validate_chain(signer, linked, self.at)
            if led.trust.ok:
                return led, linked
        return chain, source

    def _revocation(self, chain: ChainFinding, source: TrustSource | None) -> Answer:
        if source is None or not chain.reaches_anchor:
            return replace(_of_list(chain.trust), ok=None)
        return _of_list(revocation_status(chain.path, source, self.at).answer)

    def _deviations(
        self, info: SignerInfo, signer: Certificate, signed_at: datetime | None, anchor: Certificate | None
    ) -> list[str]:
        period = signer.usage_period
        noted = {
            "list-not-der": not self.signed.is_der,
            "list-several-signers": len(self.signed.signers) > 1,
            "list-signer-by-issuer-and-serial": not isinstance(info.sid, SubjectKeyIdentifier),
            "list-signer-authority-not-included": anchor not in self.signed.certificates,
            "list-unsigned-attributes": info.has_unsigned_attributes,
            "list-revocation-lists-included": self.signed.has_revocation_lists,
            "list-signing-time-in-future": signed_at is not None and signed_at > self.at,
            "list-signer-usage-period": (
                period is not None and signed_at is not None and not period.covers(signed_at)
            ),
        }
        return [code for code, applies in noted.items() if applies]


class _Beside(TrustSource):
    """A source, and beside its authorities the link certificates that come with a list (ICAO 9303-12 §4.1.1).

    A link proves itself by the signature of the key that it follows. What is self-signed proves nothing, and would be an anchor: it
    is left out, unless it is one of *anchors*. Few are tried, and no link is by its country alone.
    """

    def __init__(
        self, trusted: TrustSource, certificates: tuple[Certificate, ...], anchors: tuple[Certificate, ...] = ()
    ) -> None:
        self._trusted, self._anchors = trusted, anchors
        self._by_name: dict[tuple[tuple[str, str], ...], list[Certificate]] = defaultdict(list)
        self._by_key: dict[bytes, list[Certificate]] = defaultdict(list)
        self._links = dict.fromkeys(anchors, True)
        for each in filter(is_authority, dict.fromkeys(certificates)):
            self._by_name[each.subject.normalised].append(each)
            if each.subject_key_id is not None:
                self._by_key[each.subject_key_id].append(each)

    def __bool__(self) -> bool:
        return bool(self._trusted) or bool(self._anchors)

    def authorities_named(self, name: Name) -> tuple[Certificate, ...]:
        return (*self._trusted.authorities_named(name), *self._links_among(self._by_name.get(name.normalised, ())))

    def authorities_with_key(self, key_id: bytes) -> tuple[Certificate, ...]:
        return (*self._trusted.authorities_with_key(key_id), *self._links_among(self._by_key.get(key_id, ())))

    def _links_among(self, candidates: Iterable[Certificate]) -> tuple[Certificate, ...]:
        for each in candidates:
            if each not in self._links and len(self._links) - len(self._anchors) < _CANDIDATE_LIMIT:
                self._links[each] = not each.is_self_signed
        return tuple(each for each in candidates if self._links.get(each))

    def authorities_of(self, country: str) -> tuple[Certificate, ...]:
        pinned = (each for each in self._anchors if alpha_2(each.subject.country or "") == country)
        return (*self._trusted.authorities_of(country), *pinned)

    def signers(self, sid: SignerIdentifier) -> tuple[Certificate, ...]:
        return self._trusted.signers(sid)

    def revocation_lists(self, issuer: Name) -> Iterable[CertificateRevocationList]:
        return self._trusted.revocation_lists(issuer)

    def deviation_lists(self) -> tuple[DeviationList, ...]:
        return self._trusted.deviation_lists()

    def defect_lists(self) -> tuple[DefectList, ...]:
        return self._trusted.defect_lists()


def _anchors(certificates: Iterable[Certificate], pinned: Collection[str]) -> tuple[Certificate, ...]:
    """The CSCAs among *certificates* that the operator pins."""
    if not pinned:
        return ()
    found = (each for each in dict.fromkeys(certificates) if each.fingerprint in pinned)
    return tuple(each for each in found if is_authority(each) and each.is_self_signed)


def _own_authorities(signer: Certificate, certificates: tuple[Certificate, ...]) -> TrustStore:
    """The CSCAs among *certificates* that may have issued *signer*.

    Few of them are tried, and no link certificates: a hostile list can hold thousands, and any number of paths through them.
    """
    key_id = signer.authority_key_id
    named = (
        each
        for each in certificates
        if each.subject.normalised == signer.issuer.normalised or (key_id is not None and each.subject_key_id == key_id)
    )
    return TrustStore(filter(lambda each: each.is_self_signed, islice(named, _CANDIDATE_LIMIT)))


def _own_authority(own: ChainFinding, chain: ChainFinding) -> Answer:
    if own.trust.ok:
        return Answer(True, "ok", "The signer's certificate was issued by a CSCA that comes with the list.")
    if chain.trust.ok:
        return Answer(True, "ok", "The signer's certificate was issued by a trusted CSCA, which does not come with the list.")
    if own.trust.reason == "no-trust-anchor":
        return Answer(None, "list-signer-authority-missing", "No CSCA that issued the signer's certificate comes with the list.")
    return _of_list(own.trust)


def _purpose(content_type: str, signer: Certificate, *, is_pinned: bool) -> Answer:
    """Whether *signer* may sign lists of the kind *content_type* (ICAO 9303-12 §7.1.1.3).

    The number of the purpose that BSI TR-03129-2 §7 gives to defect lists is not public: any of BSI's own passes there. A signer
    without any may be a document signer of whatever state: the operator has to pin him. One who says that he is never is another.
    """
    purposes = signer.extended_key_usage or ()
    if content_type not in (*_PURPOSES, DEFECT_LIST):
        return Answer(False, "list-type-unknown", f"Signed content of the type {content_type} is no list.")
    if ext.DOCUMENT_TYPE_LIST in signer.extensions:
        return Answer(False, "list-signer-is-document-signer", "The list was signed by a signer of documents.")
    if signer.extended_key_usage is None and ext.EXTENDED_KEY_USAGE in signer.extensions:
        return Answer(False, "list-signer-extended-key-usage-malformed", "The signer's certificate names a purpose unreadably.")
    if content_type == DEFECT_LIST:
        fits = (bool(purposes) or is_pinned) and all(purpose.startswith(_BSI_PURPOSES) for purpose in purposes)
    else:
        fits = _PURPOSES[content_type] in purposes
    if fits:
        return Answer(True, "ok", "The signer's certificate is one for such lists.")
    if not purposes:
        return Answer(False, "list-signer-extended-key-usage-missing", "The signer's certificate names no purpose.")
    detail = f"The signer's certificate is for another purpose: {shortened(', '.join(purposes))}."
    return Answer(False, "list-signer-extended-key-usage", detail)


def _signing_time(signer: Certificate, signed_at: datetime | None) -> Answer:
    if signed_at is None:
        return Answer(None, "list-signing-time-missing", "The signer does not say when he signed.")
    if not signer.is_valid_at(signed_at):
        return Answer(False, "list-signed-outside-validity", "The signer's certificate was not in date when the list was signed.")
    return Answer(True, "ok", "The signer's certificate was in date when the list was signed.")


def _of_list(answer: Answer) -> Answer:
    """An answer on a document signer's certificate, said of a list signer's."""
    if answer.reason == "ok":
        return answer
    reason = f"list-signer-{answer.reason.removeprefix('dsc-')}"
    return Answer(answer.ok, reason, answer.detail.replace("document signer", "list signer"))


def _without_signer(signature: Answer) -> SignedListFinding:
    unknown = Answer(None, "list-signer-unknown", "Who signed the list is not known.")
    return SignedListFinding(signature, unknown, unknown, unknown, unknown, unknown, unknown)
