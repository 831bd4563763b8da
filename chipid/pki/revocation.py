# SPDX-License-Identifier: Apache-2.0
"""Has a certificate of a path been revoked? (ICAO 9303-12 §4.1.5, §6.1.2, D.1.2; RFC 5280 §6.3)

Revoked, not revoked and not known are three answers, and each way not to know has its reason. The newest good list of a CSCA
counts, whichever of its keys signed it and under whichever of its names: it holds what was revoked under the earlier ones, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from chipid.errors import MalformedData, UnsupportedFeature
from chipid.pki import extensions as ext
from chipid.pki.certificate import Certificate
from chipid.pki.chain import Answer
from chipid.pki.countries import alpha_2
from chipid.pki.extensions import KeyUsage
from chipid.pki.names import Name
from chipid.pki.path_rules import is_good_above, is_key_change
from chipid.pki.path_search import find_paths
from chipid.pki.trust_source import TrustSource

if TYPE_CHECKING:
    from chipid.pki.crl import CertificateRevocationList

LIST_LIMIT: Final = 8
"""Lists that are tried for one certificate, newest first, until one is good."""

SIGNATURE_LIMIT: Final = 64
"""Signatures of lists that are verified for one path."""

NAME_LIMIT: Final = 8
"""Names that one CSCA may have had."""

_Key = tuple[tuple[str, str], ...]
_NAMES: Final = {"dsc": "document signer", "csca": "CSCA"}
_DETAILS: Final = {
    "crl-other-country": "The revocation list is of another country than the certificate.",
    "crl-signer-unknown": "No trusted CSCA certificate is that of the key that signed the revocation list.",
    "crl-signature-invalid": "The CSCA that the revocation list names did not sign it.",
    "crl-key-usage": "The key that signed the revocation list may not sign any.",
    "crl-unsupported-algorithm": "The revocation list is signed by an algorithm or a key that is not known.",
    "crl-malformed": "The revocation list is malformed.",
    "crl-unknown-critical-extension": "The revocation list has a critical extension that is not understood.",
    "crl-search-limit": "There are too many revocation lists, or authorities that may have signed them.",
}


@dataclass(frozen=True)
class RevocationFinding:
    """What the revocation lists say of one path.

    :ivar answer: ``ok`` is ``False`` where a certificate was revoked, ``None`` where that is not known.
    :ivar deviations: of the lists that counted, and of how they were found: stable codes that begin with ``crl-``.
    :ivar lists: those that counted, in order of the path.
    """

    answer: Answer
    deviations: tuple[str, ...] = ()
    lists: tuple[CertificateRevocationList, ...] = ()


def revocation_status(path: tuple[Certificate, ...], source: TrustSource, at: datetime) -> RevocationFinding:
    """Whether a certificate of *path* was revoked, as *source* knows it; a self-signed CSCA's is looked up in its own list.

    :param path: a good one, document signer first and anchor last.
    :param at: the moment of the inspection, with a time zone: when a list is out of date. What a list names is revoked, whenever.
    """
    lookup = _Lookup(path, source, at)
    issuers = (*path[1:], path[-1])
    answers = [
        lookup.answer(certificate, issuer, "csca" if place else "dsc")
        for place, (certificate, issuer) in enumerate(zip(path, issuers, strict=True))
    ]
    worst = next((answer for wanted in (False, None) for answer in answers if answer.ok is wanted), None)
    counted = tuple(dict.fromkeys(lookup.counted))
    return RevocationFinding(worst or answers[0], tuple(dict.fromkeys(lookup.deviations)), counted)


class _Lookup:
    """The lists of one path; each is verified once."""

    def __init__(self, path: tuple[Certificate, ...], source: TrustSource, at: datetime) -> None:
        self.deviations: list[str] = []
        self.counted: list[CertificateRevocationList] = []
        self._path, self._source, self._at = path, source, at
        self._signatures_left = SIGNATURE_LIMIT
        self._verified: dict[CertificateRevocationList, tuple[str, tuple[str, ...]]] = {}
        self._lists: dict[_Key, tuple[CertificateRevocationList, ...]] = {}

    def answer(self, certificate: Certificate, issuer: Certificate, role: str) -> Answer:
        """What the newest good list of *issuer* says of *certificate*."""
        lists = self._lists_of(issuer)
        if not lists:
            return Answer(None, "no-crl", f"There is no revocation list of the {_NAMES[role]}'s issuer.")
        problems: list[str] = []
        for crl in lists[:LIST_LIMIT]:
            problem, deviations = self._check(crl, certificate)
            if not problem:
                found = self._look(crl, certificate, role)
                if found.reason != "crl-malformed":
                    noted = {"crl-newer-unusable": bool(problems), "crl-not-yet-issued": crl.this_update > self._at}
                    self.deviations += (*deviations, *(code for code, applies in noted.items() if applies))
                    self.counted.append(crl)
                    return found
                problem = found.reason
            problems.append(problem)
        return _open(problems[0])

    def _look(self, crl: CertificateRevocationList, certificate: Certificate, role: str) -> Answer:
        try:
            entry = crl.find(certificate.serial_octets)
            if entry is not None:
                self.deviations += (f"crl-{code}" for code in crl.entry_deviations)
        except MalformedData:
            return _open("crl-malformed")
        if entry is not None:
            day = entry.revoked_at.date().isoformat()
            return Answer(False, f"{role}-revoked", f"The {_NAMES[role]}'s certificate was revoked on {day}.")
        if not crl.is_current_at(self._at):
            issued = crl.this_update.date().isoformat()
            return Answer(None, "crl-stale", f"The newest revocation list is of {issued}, and a newer one is due.")
        return Answer(True, "ok", "No certificate of the path has been revoked.")

    # Whose lists -------------------------------------------------------------------------------------------------------

    def _lists_of(self, authority: Certificate) -> tuple[CertificateRevocationList, ...]:
        """Those of the CSCA, under all its names, newest first."""
        name = authority.subject.normalised
        if name not in self._lists:
            found = (crl for each in self._names_of(authority) for crl in self._source.revocation_lists(each))
            newest_first = sorted(dict.fromkeys(found), key=lambda crl: (crl.this_update, crl.number or 0), reverse=True)
            self._lists[name] = tuple(newest_first)
        return self._lists[name]

    def _names_of(self, authority: Certificate) -> list[Name]:
        """Its name, and those that link certificates say it had before or has now (ICAO 9303-12 §7.1.1.5)."""
        names = {authority.subject.normalised: authority.subject}
        country = alpha_2(authority.subject.country or "")
        known = self._source.authorities_of(country) if country is not None else ()
        changes = [each for each in known if ext.NAME_CHANGE in each.extensions]
        for _ in range(NAME_LIMIT):
            link = next((each for each in changes if _joins(each, names)), None)
            if link is None:
                break
            changes.remove(link)
            if any(path.reaches_anchor for path in find_paths(link, self._source).paths):
                names |= {name.normalised: name for name in (link.subject, link.issuer)}
        return list(names.values())

    # Whether a list is good --------------------------------------------------------------------------------------------

    def _check(self, crl: CertificateRevocationList, certificate: Certificate) -> tuple[str, tuple[str, ...]]:
        """Why *crl* does not count, or an empty text; and its deviations (D.1.2.3)."""
        # 1. It is of the certificate's country.
        if alpha_2(crl.issuer.country or "") != alpha_2(certificate.issuer.country or ""):
            return "crl-other-country", ()
        # 2. A key of the CSCA signed it that may sign lists and belongs to a trusted certificate.
        if crl not in self._verified:
            self._verified[crl] = self._verify(crl)
        return self._verified[crl]

    def _verify(self, crl: CertificateRevocationList) -> tuple[str, tuple[str, ...]]:
        candidates = self._candidates(crl)
        fits = crl.authority_key_id is None or any(crl.authority_key_id in each.key_identifiers for each in candidates)
        problem = "crl-signature-invalid" if fits else "crl-signer-unknown"
        for candidate in candidates:
            if self._signatures_left == 0:
                return "crl-search-limit", ()
            self._signatures_left -= 1
            try:
                finding = crl.verified_by(candidate)
            except UnsupportedFeature:
                problem = "crl-unsupported-algorithm"
                continue
            except MalformedData:
                continue
            if finding.valid:
                problem = self._refusal(crl, candidate)
                if not problem:
                    return "", (*_deviations(crl, candidate), *(f"crl-{code}" for code in finding.deviations))
        return problem, ()

    def _candidates(self, crl: CertificateRevocationList) -> list[Certificate]:
        """The CSCA's certificates, first those whose key the list names, then those of the path."""
        named = self._source.authorities_named(crl.issuer)
        key_id = crl.authority_key_id
        return sorted(named, key=lambda each: (each.subject_key_id != key_id, each not in self._path))

    def _refusal(self, crl: CertificateRevocationList, signer: Certificate) -> str:
        """Why *signer*, whose key signed *crl*, may not have, or why the list cannot be used; otherwise an empty text."""
        if signer.key_usage is not None and KeyUsage.CRL_SIGN not in signer.key_usage:
            return "crl-key-usage"
        if not (signer in self._path or signer.is_self_signed or self._reaches_anchor(signer)):
            return "crl-signer-unknown"
        try:
            return "crl-unknown-critical-extension" if crl.unknown_critical else ""
        except MalformedData:
            return "crl-malformed"

    def _reaches_anchor(self, signer: Certificate) -> bool:
        """Whether it is a CSCA's certificate by its older key; what is below a CSCA signs lists of its own only."""
        paths = find_paths(signer, self._source).paths if is_key_change(signer) else ()
        return any(path.reaches_anchor and is_good_above(path.certificates) for path in paths)


def _joins(link: Certificate, names: dict[_Key, Name]) -> bool:
    """Whether one of a link's two names is among *names*, and the other is not."""
    return (link.subject.normalised in names) is not (link.issuer.normalised in names)


def _deviations(crl: CertificateRevocationList, signer: Certificate) -> list[str]:
    found = [f"crl-{code}" for code in crl.deviations]
    if None not in (crl.authority_key_id, signer.subject_key_id) and crl.authority_key_id != signer.subject_key_id:
        found.append("crl-authority-key-identifier-differs")
    return found


def _open(reason: str) -> Answer:
    return Answer(None, reason, _DETAILS[reason])
