# SPDX-License-Identifier: Apache-2.0
"""Has a certificate of a path been revoked? (ICAO 9303-12 §4.1.5, §6.1.2, D.1.2; RFC 5280 §6.3)

Revoked, not revoked and not known are three answers, and each way not to know has its reason. Who is in the newest good list of any
of a CSCA's keys, under whichever of its names, is revoked; that nobody else is says the newest of them, if it is of a time that has
come and its key was not revoked. Lists that no known key signed take nothing away: anybody can write some.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Final

from chipid.errors import MalformedData
from chipid.pki import extensions as ext
from chipid.pki.certificate import Certificate
from chipid.pki.chain import Answer
from chipid.pki.countries import alpha_2
from chipid.pki.crl_signers import UNUSABLE, ListFinding, SignatureBudget, judge_list, keys_of, named_keys
from chipid.pki.names import Name
from chipid.pki.path_search import find_paths
from chipid.pki.trust_source import TrustSource

if TYPE_CHECKING:
    from chipid.pki.crl import CertificateRevocationList

LIST_LIMIT: Final = 32
"""Lists of one name that are looked at for one path."""

SIGNATURE_LIMIT: Final = 64
"""Signatures of lists that are verified for one path."""

NAME_LIMIT: Final = 8
"""Names that one CSCA may have had."""

NO_FRESH_LIST: Final = frozenset({"no-crl", "crl-stale", "crl-not-yet-issued"})
"""Reasons that say that there is no list of this time, and nothing of lists that cannot be used."""

_Key = tuple[tuple[str, str], ...]
_NAMES: Final = {"dsc": "document signer", "csca": "CSCA"}
_DETAILS: Final = {
    "crl-other-country": "The revocation list is of another country than the certificate.",
    "crl-signer-unknown": "No trusted CSCA certificate is that of the key that signed the revocation list.",
    "crl-signer-revoked": "The revocation list is of a key that another list of the same CSCA names as revoked.",
    "crl-signature-invalid": "The CSCA that the revocation list names did not sign it.",
    "crl-signed-outside-validity": "The CSCA certificate was not in date when the revocation list was signed.",
    "crl-not-yet-issued": "The only revocation list is of a time that has not come.",
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


@dataclass(frozen=True)
class _Judged:
    """A list, and what it is worth for one certificate."""

    crl: CertificateRevocationList
    finding: ListFinding

    @property
    def is_good(self) -> bool:
        return not self.finding.problem

    @property
    def key(self) -> bytes:
        """Whose key signed it; empty where no known one did."""
        return b"" if self.finding.signer is None else self.finding.signer.spki

    @property
    def age(self) -> tuple[datetime, int]:
        """What the newer of two lists has more of."""
        return self.crl.this_update, self.crl.number or 0

    def names(self, certificate: Certificate) -> bool:
        """Whether *certificate*, of the same CSCA, is in it."""
        return _holds(self.crl, certificate) is True


class _Lookup:
    """The lists of one path; each is verified once."""

    def __init__(self, path: tuple[Certificate, ...], source: TrustSource, at: datetime) -> None:
        self.deviations: list[str] = []
        self.counted: list[CertificateRevocationList] = []
        self._path, self._source, self._at = path, source, at
        self._budget = SignatureBudget(SIGNATURE_LIMIT)
        self._findings: dict[CertificateRevocationList, ListFinding] = {}
        self._lists: dict[_Key, _Lists] = {}
        self._names: dict[_Key, list[Name]] = {}

    def answer(self, certificate: Certificate, issuer: Certificate, role: str) -> Answer:
        """What the lists of *issuer*'s CSCA say of *certificate*."""
        judged = [each for name in self._names_of(issuer) for each in self._judged(name, certificate)]
        good = [each for each in judged if each.is_good]
        if not judged:
            return Answer(None, "no-crl", f"There is no revocation list of the {_NAMES[role]}'s issuer.")
        if not good:
            return _open(max(judged, key=lambda each: bool(each.key)).finding.problem)
        # 1. Whose word counts? A key that another one's list names as revoked gives none.
        sound, disputed = self._standing(good)
        # 2. Whom one of the others names is revoked.
        entries = [each for each in (*sound, *disputed) if each.names(certificate)]
        if entries:
            return self._revoked(max(entries, key=lambda each: each.age), certificate, role)
        # 3. That nobody does says the newest list of a time that has come.
        issued = [each for each in sound if each.crl.this_update <= self._at]
        if not issued:
            return _open("crl-not-yet-issued" if sound else "crl-signer-revoked")
        newest = max(issued, key=lambda each: each.age)
        self.counted.append(newest.crl)
        self.deviations += newest.finding.deviations
        if any(each.finding.problem in UNUSABLE and newest.age < each.age for each in judged):
            self.deviations.append("crl-newer-unusable")
        if not newest.crl.is_current_at(self._at):
            day = newest.crl.this_update.date().isoformat()
            return Answer(None, "crl-stale", f"The newest revocation list is of {day}, and a newer one is due.")
        return Answer(True, "ok", "No certificate of the path has been revoked.")

    def _revoked(self, newest: _Judged, certificate: Certificate, role: str) -> Answer:
        crl = newest.crl
        self.counted.append(crl)
        self.deviations += (*newest.finding.deviations, *(f"crl-{code}" for code in crl.entry_deviations))
        if crl.this_update > self._at:
            self.deviations.append("crl-not-yet-issued")
        entry = crl.find(certificate.serial_octets)
        day = "an unknown day" if entry is None else entry.revoked_at.date().isoformat()
        return Answer(False, f"{role}-revoked", f"The {_NAMES[role]}'s certificate was revoked on {day}.")

    # Whose lists -------------------------------------------------------------------------------------------------------

    def _judged(self, name: Name, certificate: Certificate) -> Iterator[_Judged]:
        """The lists under *name*, until there is a good one of each of the CSCA's keys; a key's newest comes first."""
        keys = keys_of(self._source.authorities_named(name))
        done: set[bytes] = set()
        for crl in self._lists_of(name):
            named = named_keys(crl, keys)
            if named and all(key[0].spki in done for key in named):
                continue
            judged = _Judged(crl, self._check(crl, certificate))
            if judged.is_good and crl.this_update <= self._at:
                done.add(judged.key)
            yield judged
            if keys and all(key[0].spki in done for key in keys):
                return

    def _lists_of(self, name: Name) -> Iterable[CertificateRevocationList]:
        if name.normalised not in self._lists:
            self._lists[name.normalised] = _Lists(islice(self._source.revocation_lists(name), LIST_LIMIT))
        return self._lists[name.normalised]

    def _names_of(self, authority: Certificate) -> list[Name]:
        """Its name, and those that link certificates say it had before or has now (ICAO 9303-12 §7.1.1.5)."""
        known_as = self._names.get(authority.subject.normalised)
        if known_as is not None:
            return known_as
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
        return self._names.setdefault(authority.subject.normalised, list(names.values()))

    # Whether a list is good --------------------------------------------------------------------------------------------

    def _check(self, crl: CertificateRevocationList, certificate: Certificate) -> ListFinding:
        """What *crl* is worth for *certificate* (D.1.2.3)."""
        # 1. It is of the certificate's country.
        if alpha_2(crl.issuer.country or "") != alpha_2(certificate.issuer.country or ""):
            return ListFinding("crl-other-country")
        # 2. A key of the CSCA signed it that may sign lists and belongs to a trusted certificate.
        if crl not in self._findings:
            self._findings[crl] = judge_list(crl, self._source, self._budget, self._path)
        finding = self._findings[crl]
        # 3. It can be read where the certificate may be.
        if not finding.problem and _holds(crl, certificate) is None:
            return ListFinding("crl-malformed", finding.signer)
        return finding

    def _standing(self, good: list[_Judged]) -> tuple[list[_Judged], list[_Judged]]:
        """Of *good* lists those of keys that no list of a sound key names, and those of keys that revoke each other in a circle.

        A key alone in its own list is not named by another.
        """
        keys = {each.key: self._certificates_of(each) for each in good}
        names = {
            (each.key, key)
            for each in good
            for key, certificates in keys.items()
            if key != each.key and any(map(each.names, certificates))
        }
        sound, left = set[bytes](), set(keys)
        while roots := {key for key in left if not any((other, key) in names for other in left)}:
            sound |= roots
            left -= roots | {key for key in left if any((root, key) in names for root in roots)}
        return [each for each in good if each.key in sound], [each for each in good if each.key in left]

    def _certificates_of(self, judged: _Judged) -> list[Certificate]:
        return [each for each in self._source.authorities_named(judged.crl.issuer) if each.spki == judged.key]


class _Lists:
    """Lists that are fetched when they are asked for, and only once."""

    def __init__(self, lists: Iterator[CertificateRevocationList]) -> None:
        self._rest = lists
        self._fetched: list[CertificateRevocationList] = []

    def __iter__(self) -> Iterator[CertificateRevocationList]:
        yield from self._fetched
        for crl in self._rest:
            self._fetched.append(crl)
            yield crl


def _holds(crl: CertificateRevocationList, certificate: Certificate) -> bool | None:
    """Whether the serial number of *certificate* is in *crl*; ``None`` where it may be, and cannot be read."""
    try:
        return crl.find(certificate.serial_octets) is not None
    except MalformedData:
        return None


def _joins(link: Certificate, names: dict[_Key, Name]) -> bool:
    """Whether one of a link's two names is among *names*, and the other is not."""
    return (link.subject.normalised in names) is not (link.issuer.normalised in names)


def _open(reason: str) -> Answer:
    return Answer(None, reason, _DETAILS[reason])
