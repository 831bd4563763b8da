# SPDX-License-Identifier: Apache-2.0
"""Importing into a trust store: all that can be read goes in, what cannot is told with its place, and one import is one change.

What is trusted, and on whose word: a certificate in a file, folder or ZIP that the operator names, on his; one in a master list on
that of the list's signer, see :mod:`chipid.trust.signed_lists`; an authority in a directory (LDIF) on nobody's, unless pinned,
or a link that an authority in the store signed, see :mod:`chipid.trust.links`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from os import PathLike
from pathlib import Path

from chipid.errors import MalformedData
from chipid.pki.certificate import Certificate
from chipid.pki.chain import Answer
from chipid.pki.crl import CertificateRevocationList
from chipid.pki.trust_store import is_authority
from chipid.trust.database import TrustDatabase
from chipid.trust.files import File, printable, read_files
from chipid.trust.import_report import REASONS, Entry, ImportReport, Note, Refusal, abridged
from chipid.trust.links import WaitingLinks
from chipid.trust.list_keys import ListKeys
from chipid.trust.objects import (
    Index,
    Kind,
    StoredObject,
    certificate_index,
    moment,
    revocation_list_index,
    signed_list_index,
)
from chipid.trust.provenance import Import, Voucher
from chipid.trust.signed_lists import Admission, SignedList, admit
from chipid.trust.succession import certificates_of, held_beside
from chipid.trust.telling import pin_detail, refusal_detail
from chipid.trust.unpacking import Candidate, Unpacking

LIST_LIMIT = 256
"""Signed lists of one import: each may be tried once more for each that went in."""

LISTED_LIMIT = 50_000
"""Certificates of all of them together; the longest list has some 600."""


def import_paths(
    database: TrustDatabase,
    paths: str | PathLike[str] | Iterable[str | PathLike[str]],
    *,
    at: datetime,
    pins: Iterable[str] = (),
    strict: bool = False,
    replace: bool = False,
) -> ImportReport:
    """Import files and folders, in one transaction: an error, a full disk or an interruption changes nothing.

    :param database: open to be changed. :param at: the moment of the import, aware: lists are judged at it.
    :param pins: SHA-256 values, 64 hexadecimal digits each, of certificates and list files that the operator trusts.
    :param strict: change nothing where anything is refused.
    :param replace: what a newer master list of a state does not have any more is withdrawn, unless another import vouches for it.
    :raises TrustStoreError: the store cannot be changed. :raises OSError: a path that cannot be read.
    :raises ValueError: a pin that is none; *at* without a time zone. :raises TypeError: *at* is no moment.
    """
    chosen = [Path(paths)] if isinstance(paths, str | PathLike) else list(map(Path, paths))
    if not isinstance(at, datetime):
        raise TypeError(f"at= takes a moment, as datetime.now(UTC) gives, not {type(at).__name__}")
    if at.utcoffset() is None:
        raise ValueError("at= needs a time zone")
    run = _Import(database, at, frozenset(map(_checked_pin, pins)), replace)
    try:
        with database.transaction():
            run.files(chosen)
            if strict and run.refused:
                raise _NothingGoesIn
    except _NothingGoesIn:
        return run.report(applied=False)
    return run.report(applied=True)


class _NothingGoesIn(Exception):  # says what happens
    """Undoes a strict import."""


@dataclass(frozen=True)
class _PendingList:
    """A list that waits until all certificates are there."""

    candidate: Candidate
    read: SignedList
    signed_at: int


class _Import:
    """One run over all files."""

    def __init__(self, database: TrustDatabase, at: datetime, pins: frozenset[str], replace: bool) -> None:
        self._database, self._at, self._pins, self._replace = database, at, pins, replace
        self._imports: dict[tuple[str, str, Voucher], int] = {}
        self._links = WaitingLinks(database)
        self._pending: list[_PendingList] = []
        self._list_keys = ListKeys(database)
        self._matched: frozenset[str] = frozenset()
        self._listed = 0
        self._new_lists: set[int] = set()
        self._pinned_lists: set[int] = set()
        self._added: dict[str, Entry] = {}
        self._known: dict[str, Entry] = {}
        self._withdrawn: dict[str, Entry] = {}
        self.refused: list[Refusal] = []
        self.notes: list[Note] = []

    def report(self, *, applied: bool) -> ImportReport:
        """What was done."""
        values = (self._added, self._known, self._withdrawn)
        added, known, withdrawn = (tuple(each.values()) for each in values)
        refused, notes = abridged(self.refused, lambda each: each.reason), abridged(self.notes, lambda each: each.code)
        return ImportReport(applied, added, known, refused, notes, withdrawn)

    def files(self, paths: list[Path]) -> None:
        """Import the files at *paths*: certificates and revocation lists at once, links and signed lists when those are there."""
        unpacking = Unpacking()
        for item in read_files(paths, self._database.own_files()):
            for found in unpacking.objects(item) if isinstance(item, File) else (item,):
                if isinstance(found, Refusal):
                    self.refused.append(found)
                elif isinstance(found, Note):
                    self.notes.append(found)
                else:
                    self._take(found)
        self._take_what_waits()
        for pin in sorted(self._pins - self._matched):
            if not self._database.find(pin):
                self.notes.append(Note(pin, "pin-unmatched"))

    def _take(self, candidate: Candidate) -> None:
        takers = {Kind.CERTIFICATE: self._take_certificate, Kind.REVOCATION_LIST: self._take_revocation_list}
        try:
            takers.get(candidate.kind, self._take_list)(candidate)
        except MalformedData as error:
            self._refuse(candidate, f"malformed-{candidate.kind}", printable(str(error)))

    def _take_certificate(self, candidate: Candidate) -> None:
        certificate = Certificate.parse(candidate.octets)
        voucher = Voucher.OPERATOR
        if candidate.from_directory:
            pinned, authority = certificate.fingerprint in self._pins, is_authority(certificate)
            if authority and not pinned:
                if not self._links.add(candidate, certificate):
                    self._refuse(candidate, "too-many", "There are more authorities in directories than one import takes.")
                return
            voucher = Voucher.PIN if authority else Voucher.NOBODY
        self._keep_certificate(candidate, certificate, voucher)

    def _keep_certificate(self, candidate: Candidate, certificate: Certificate, voucher: Voucher) -> None:
        pins = (certificate.fingerprint,) if voucher is Voucher.PIN else ()
        self._matched = self._matched.union(pins)
        self._keep(candidate, certificate_index(certificate), str(certificate.subject), voucher, pins)
        self._list_keys.add(certificate.subject)

    def _take_revocation_list(self, candidate: Candidate) -> None:
        crl = CertificateRevocationList.parse(candidate.octets)
        voucher = Voucher.NOBODY if candidate.from_directory else Voucher.OPERATOR
        self._keep(candidate, revocation_list_index(crl), str(crl.issuer), voucher)
        self._list_keys.add(crl.issuer)

    def _settle_revocation_lists(self) -> None:
        """What is wrong with lists that a CSCA signed is told now, and not to a traveller."""
        for each in self._list_keys.settle():
            stored = each.stored
            entry = self._added.get(stored.fingerprint)
            if entry is None:
                continue
            if each.malformed is not None:
                self._database.remove(stored)
                del self._added[stored.fingerprint]
                detail = printable(each.malformed)
                self.refused.append(Refusal(entry.place, f"malformed-{stored.kind}", detail, stored.kind))
            if each.unknown_critical:
                self.notes.append(Note(entry.place, "crl-unknown-critical-extension", ", ".join(each.unknown_critical)))
            newest, issued = moment(each.newest), stored.valid_from
            if newest is not None and issued is not None and newest > issued:
                self.notes.append(Note(entry.place, "older-crl", newest.date().isoformat()))

    def _take_list(self, candidate: Candidate) -> None:
        if len(self._pending) >= LIST_LIMIT:
            self._refuse(candidate, "too-many", f"There are more than {LIST_LIMIT} signed lists.")
            return
        read = SignedList.parse(candidate.kind, candidate.octets)
        self._listed += len(read.certificates) + len(read.signed.certificate_octets if read.signed is not None else ())
        if self._listed > LISTED_LIMIT:
            self._refuse(candidate, "too-many", f"The lists have more than {LISTED_LIMIT} certificates.")
            return
        index = signed_list_index(read.signed)
        self._pending.append(_PendingList(candidate, read, index.valid_from or 0))

    # Links and signed lists ---------------------------------------------------------------------------------------------

    def _take_what_waits(self) -> None:
        """Lists newest first, for an older one adds nothing; and again while what went in may have brought the CSCA of another."""
        waiting, more = sorted(self._pending, key=lambda each: (each.signed_at, each.read.sha256), reverse=True), True
        while more:
            self._settle_revocation_lists()
            links = self._take_links()
            refused = self._take_lists(waiting)
            more = links or len(refused) < len(waiting)
            waiting = [each for each, _ in refused]
        for candidate in self._links.left():
            self._refuse(candidate, "authority-not-vouched-for", REASONS["authority-not-vouched-for"])
        for each, answer in refused:
            self._refuse(each.candidate, answer.reason, printable(refusal_detail(each.read, answer)))

    def _take_links(self) -> bool:
        """Whether any went in."""
        found = False
        for candidate, certificate in self._links.take():
            self._keep_certificate(candidate, certificate, Voucher.NOBODY)
            found = True
        return found

    def _take_lists(self, lists: list[_PendingList]) -> list[tuple[_PendingList, Answer]]:
        """Those that may not go in, and why."""
        refused = []
        for each in lists:
            whole_file = each.candidate.file.sha256 if not each.candidate.place else ""
            admission = admit(each.read, whole_file, self._database, self._pins, self._at)
            if admission.refused is None:
                self._admit(each, admission)
            else:
                refused.append((each, admission.refused))
        return refused

    def _admit(self, each: _PendingList, admission: Admission) -> None:
        candidate, read = each.candidate, each.read
        newest, older = held_beside(self._database, read, admission)
        if newest is not None and self._replace and not admission.pinned_itself:
            self._refuse_older(candidate.where, candidate.kind, read.sha256)
            return
        if newest is not None:
            self.notes.append(Note(candidate.where, "older-master-list" if read.kind is Kind.MASTER_LIST else "older-list"))
            admission = admission.on_its_own_pin() if admission.pinned_itself else admission
        self._matched = self._matched.union(admission.pins)
        if admission.voucher is Voucher.PIN:
            self.notes.append(Note(candidate.where, "list-pinned", printable(pin_detail(admission))))
        self.notes += [Note(candidate.where, "list-departs", code) for code in admission.deviations]
        number = self._import_of_list(candidate, read, admission)
        name = "nobody" if admission.signer is None else str(admission.signer.subject)
        self._store(candidate.kind, read.octets, signed_list_index(read.signed), name, number, candidate.where, "")
        for refusal in read.refused:
            place = f"{candidate.where}, certificate {refusal.number + 1}"
            self.refused.append(Refusal(place, "malformed-certificate", printable(str(refusal.error)), Kind.CERTIFICATE))
        vouched = None
        if newest is not None and not admission.pinned_itself:
            vouched = certificates_of(self._database, newest).union(each.octets for each in self._database.of_import(number))
        for count, certificate in enumerate(dict.fromkeys(read.certificates), 1):
            place = f"certificate {count}"
            if vouched is not None and certificate.raw not in vouched:
                self._refuse_dropped(f"{candidate.where}, {place}", str(certificate.subject), certificate.fingerprint)
                continue
            if not is_authority(certificate):
                self.notes.append(Note(f"{candidate.where}, {place}", "not-an-authority"))
            index, subject = certificate_index(certificate), str(certificate.subject)
            self._store(Kind.CERTIFICATE, certificate.raw, index, subject, number, f"{candidate.where}, {place}", place)
            self._list_keys.add(certificate.subject)
        self._settle_revocation_lists()  # before the next list's signer is looked up in them
        replaced = [each for each in older if each.id not in self._pinned_lists]
        if replaced:
            self._compare(candidate, read, replaced)

    def _import_of_list(self, candidate: Candidate, read: SignedList, admission: Admission) -> int:
        signer = None if admission.signer is None else admission.signer.fingerprint
        made = Import(
            at=self._at,
            source=candidate.where,
            sha256=read.sha256,
            voucher=admission.voucher,
            signer=signer,
            country=admission.country,
            signed_at=admission.signed_at,
            pins=admission.pins,
        )
        number = self._database.add_import(made)
        (self._pinned_lists if admission.pinned_itself else self._new_lists).add(number)
        return number

    def _compare(self, candidate: Candidate, read: SignedList, older: list[Import]) -> None:
        """What *older* lists have and this one has not: told, or withdrawn with them; of those of this import, not taken."""
        listed = {certificate.raw for certificate in read.certificates}
        for each in older:
            if each.id in self._new_lists:
                self._take_back(each, listed)
        missing = {
            stored.id: stored
            for each in older
            for stored in self._database.of_import(each.id)
            if stored.octets not in listed
        }
        for stored in missing.values():
            if stored.kind is Kind.CERTIFICATE:
                self.notes.append(Note(candidate.where, "missing-from-newer-list", f"{stored.name}, {stored.fingerprint}"))
            if self._replace:
                self._withdraw(stored, older, candidate.where)

    def _take_back(self, older: Import, listed: set[bytes]) -> None:
        """A list that went in because nothing newer was there yet: as if the newer one had been first."""
        for stored in tuple(self._database.of_import(older.id)):
            if stored.kind is Kind.CERTIFICATE and stored.octets not in listed:
                place = next(each.place for each in self._database.origins(stored) if each.imported.id == older.id)
                self._database.forget_origin(stored, older.id)
                if not self._database.origins(stored):
                    self._database.remove(stored)
                    self._added.pop(stored.fingerprint, None)
                self._refuse_dropped(f"{older.source}, {place}", stored.name, stored.fingerprint)

    def _refuse_dropped(self, where: str, name: str, fingerprint: str) -> None:
        detail = f"{REASONS['not-in-newer-list']} {name}, {fingerprint}"
        self.refused.append(Refusal(where, "not-in-newer-list", detail, Kind.CERTIFICATE))

    def _refuse_older(self, where: str, kind: Kind, sha256: str) -> None:
        detail = f"{REASONS['list-older-than-held']} Its SHA-256 is {sha256}."
        self.refused.append(Refusal(where, "list-older-than-held", detail, kind))

    def _withdraw(self, stored: StoredObject, older: list[Import], place: str) -> None:
        for each in older:
            self._database.forget_origin(stored, each.id)
        if not self._database.origins(stored):
            self._database.remove(stored)
            brought = self._added.pop(stored.fingerprint, None)
            if brought is None:
                self._withdrawn[stored.fingerprint] = _entry(stored, stored.name, place)
            else:  # by this import: as if the newer one had been first
                self._refuse_older(brought.place, stored.kind, stored.fingerprint)

    # ---------------------------------------------------------------------------------------------------------------------

    def _keep(self, candidate: Candidate, index: Index, name: str, voucher: Voucher, pins: tuple[str, ...] = ()) -> None:
        """Store what a file brought itself; one import for each file and voucher."""
        file = candidate.file
        key = (file.sha256, file.name, voucher)
        if pins or key not in self._imports:
            self._imports[key] = self._database.add_import(Import(self._at, file.name, file.sha256, voucher, pins=pins))
        number = self._imports[key]
        self._store(candidate.kind, candidate.octets, index, name, number, candidate.where, candidate.place, voucher)

    def _store(
        self, kind: Kind, octets: bytes, index: Index, name: str, number: int, where: str, place: str,
        voucher: Voucher | None = None,
    ) -> None:  # fmt: skip
        stored, added = self._database.add_object(kind, octets, index)
        self._database.add_origin(stored, number, place)
        fingerprint = stored.fingerprint
        if added:
            self._added[fingerprint] = _entry(stored, name, where, voucher)
        elif fingerprint not in self._added:
            self._known.setdefault(fingerprint, _entry(stored, name, where))

    def _refuse(self, candidate: Candidate, reason: str, detail: str) -> None:
        self.refused.append(Refusal(candidate.where, reason, detail, candidate.kind))


def _entry(stored: StoredObject, name: str, place: str, voucher: Voucher | None = None) -> Entry:
    return Entry(stored.kind, stored.fingerprint, name, place, stored.index.role, stored.index.country, stored, voucher)


def _checked_pin(pin: str) -> str:
    if len(pin) != 64 or not set(pin.lower()) <= set("0123456789abcdef"):
        raise ValueError("a pin is a SHA-256, 64 hexadecimal digits")
    return pin.lower()
