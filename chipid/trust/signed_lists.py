# SPDX-License-Identifier: Apache-2.0
"""Whether a signed list may say what is trusted: the operator's rule on top of :mod:`chipid.pki.signed_list`.

Its signature is good, its signer may sign such lists, he belongs to a CSCA in the store and is in date; or the operator pins the
list or its signer. A CSCA that he pins is as if it were in the store. Nobody's list introduces its own (ICAO 9303-12 §6.1.1).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from chipid.pki.certificate import Certificate
from chipid.pki.chain import Answer
from chipid.pki.cms import SignedData
from chipid.pki.countries import alpha_2
from chipid.pki.defect_list import DefectList
from chipid.pki.deviation_list import DeviationList
from chipid.pki.master_list import CscaMasterList, RefusedCertificate
from chipid.pki.revocation import NO_FRESH_LIST
from chipid.pki.signed_list import SignedListFinding, verify_signed_list
from chipid.pki.trust_source import TrustSource
from chipid.pki.trust_store import is_authority
from chipid.trust.import_report import REASONS
from chipid.trust.objects import Kind, claimed_signer, read_signed_data
from chipid.trust.provenance import Voucher

_NO_LIST: Final = frozenset(f"list-signer-{reason}" for reason in (*NO_FRESH_LIST, "crl-signer-unknown"))
_REQUIRED: Final = ("signature", "purpose", "trust")


@dataclass(frozen=True)
class SignedList:
    """A list, read; what it is worth is another question.

    :ivar signed: ``None`` where nobody signed it. :ivar certificates: a master list's; :ivar refused: those that cannot be read.
    """

    kind: Kind
    octets: bytes = field(repr=False)
    signed: SignedData | None
    certificates: tuple[Certificate, ...] = ()
    refused: tuple[RefusedCertificate, ...] = ()
    deviations: tuple[str, ...] = ()

    @classmethod
    def parse(cls, kind: Kind, octets: bytes) -> SignedList:
        """Read one in BER or DER.

        :raises CertificateError: it is none of that *kind*.
        """
        signed = read_signed_data(octets)
        content = octets if signed is None else signed.content or b""
        if kind is Kind.MASTER_LIST:
            listed = CscaMasterList.parse(content)
            return cls(kind, octets, signed, listed.certificates, listed.refused, listed.deviations)
        if kind is Kind.DEVIATION_LIST:
            return cls(kind, octets, signed, deviations=_departures(DeviationList.parse(content)))
        DefectList.parse(content)
        return cls(kind, octets, signed)

    @property
    def sha256(self) -> str:
        """Of the octets, hexadecimal."""
        return hashlib.sha256(self.octets).hexdigest()

    @property
    def fingerprints(self) -> Iterator[str]:
        """What a pin may mean in it: its own SHA-256, and those of all certificates that come with it."""
        yield self.sha256
        for each in (*self.certificates, *(self.signed.certificates if self.signed is not None else ())):
            yield each.fingerprint


def _departures(listed: DeviationList) -> tuple[str, ...]:
    """How a deviation list departs from its profile. Its numbers are read: what is malformed is told now, and not to a traveller.

    :raises CertificateError: one is.
    """
    documents = [each.documents for each in listed.deviations]
    for each in documents:
        for _ in each.numbers or ():
            pass
    odd = any(each.issued is not None and not each.issued.encoding_ok for each in documents)
    return ("deviation-list-time-encoding",) if odd else ()


@dataclass(frozen=True)
class Admission:
    """Whether a list may go in.

    :ivar refused: why not; ``None`` where it may.
    :ivar voucher: ``pin`` where it would not go in without one; :ivar pins: which of the operator's pins that took.
    :ivar signer: the certificate of whoever signed it, or says so. :ivar deviations: departures from the profiles, stable codes.
    :ivar verified: whether he did, may sign such lists, and was certified by a trusted CSCA or pinned: he speaks for his state.
    :ivar country: for which, two capital letters, and :ivar signed_at: when; ``None`` where it was not verified.
    :ivar own_pins: the operator's pins of the list itself; :ivar by_itself: whether nothing else lets it in.
    """

    refused: Answer | None
    voucher: Voucher = Voucher.SIGNER
    signer: Certificate | None = None
    signed_at: datetime | None = None
    pins: tuple[str, ...] = ()
    deviations: tuple[str, ...] = ()
    verified: bool = False
    own_pins: tuple[str, ...] = ()
    by_itself: bool = False
    country: str | None = None

    @property
    def pinned_itself(self) -> bool:
        """Whether the operator pins the list itself, be it needed or not."""
        return bool(self.own_pins)

    def on_its_own_pin(self) -> Admission:
        """The same, let in by that alone: he answers for it octet by octet."""
        return replace(self, refused=None, voucher=Voucher.PIN, pins=self.own_pins, by_itself=True)


def admit(read: SignedList, file_sha256: str, trusted: TrustSource, pins: frozenset[str], at: datetime) -> Admission:
    """Whether *read* may go in.

    :param file_sha256: of the file that holds it and nothing else; an empty text where it holds more.
    """
    # 1. Without pins, with CSCAs that are pinned, with signers that are: the first that is enough is what was needed.
    found = Admission(_refusal("list-not-signed"), deviations=read.deviations)
    if read.signed is not None:
        for chosen in _choices(read.signed, read.certificates, pins):
            found = _judged(read, read.signed, trusted, chosen, at)
            if found.refused is None:
                break
    # 2. Where none is, that of the list itself is.
    found = replace(found, own_pins=tuple(sorted(pins & {file_sha256, read.sha256})))
    if found.refused is not None and found.pinned_itself:
        found = found.on_its_own_pin()
    # 3. Of a state's documents that state speaks, and nobody whose state is not known.
    if found.refused is None and found.country is None and read.kind is Kind.DEVIATION_LIST:
        found = replace(found, refused=_refusal("list-without-state"))
    return found


def _choices(signed: SignedData, listed: tuple[Certificate, ...], pins: frozenset[str]) -> Iterable[frozenset[str]]:
    """No pins; those of authorities that come with the list; and those of its signers."""
    found = {each.fingerprint: is_authority(each) for each in (*signed.certificates, *listed)} if pins else {}
    matched = pins.intersection(found)
    return dict.fromkeys((frozenset(), frozenset(each for each in matched if found[each]), matched))


def _judged(read: SignedList, signed: SignedData, trusted: TrustSource, pins: frozenset[str], at: datetime) -> Admission:
    finding = verify_signed_list(signed, trusted, at, known=read.certificates, pinned=pins)
    signer, claimed = finding.signer, claimed_signer(signed)
    by_signer = signer is not None and signer.fingerprint in pins
    needed = [each.fingerprint for each in ((signer,) if by_signer else finding.path[-1:]) if each is not None]
    # What is said in a state's name is said by the one whose signature was verified.
    ambiguous = _refusal("list-signer-ambiguous") if claimed not in (None, signer) else None
    verified = (_refused(finding, pinned=True) or ambiguous) is None
    return Admission(
        _refused(finding, pinned=by_signer) or ambiguous,
        Voucher.PIN if pins else Voucher.SIGNER,
        signer or claimed,
        finding.signed_at if verified else None,
        tuple(each for each in needed if each in pins),
        (*read.deviations, *finding.deviations),
        verified=verified,
        country=alpha_2(signer.subject.country or "") if verified and signer is not None else None,
    )


def _refused(finding: SignedListFinding, *, pinned: bool) -> Answer | None:
    """Why not; *pinned*: whether the operator pins the signer's certificate, and so answers for its dates."""
    for name in _REQUIRED:
        answer = finding.answers[name]
        if answer.ok is not True:
            return answer
    if finding.signing_time.ok is False and not pinned:
        return finding.signing_time
    if finding.validity.ok is False and not pinned:
        return replace(finding.validity, detail=f"{finding.validity.detail} A pin of the signer's, or of the list, lets it in.")
    if finding.revocation.ok is False:
        return finding.revocation
    # Where there are revocation lists that say nothing, nobody can know what they would say; a newer key's may come with the list.
    is_open = finding.revocation.ok is None and finding.revocation.reason not in _NO_LIST
    return finding.revocation if is_open and not pinned else None


def _refusal(reason: str) -> Answer:
    return Answer(False, reason, REASONS[reason])
