# SPDX-License-Identifier: Apache-2.0
"""Whether a signed list may say what is trusted: the operator's rule on top of :mod:`chipid.pki.signed_list`.

Its signature is good, its signer may sign such lists, he belongs to a CSCA in the store and is in date; or the operator pins the
list, its signer, or the CSCA above. Nobody's list introduces its own CSCA (ICAO 9303-12 §6.1.1).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
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
from chipid.pki.signed_list import SignedListFinding, verify_signed_list
from chipid.pki.trust_source import TrustSource
from chipid.trust.import_report import REASONS
from chipid.trust.objects import Kind, claimed_signer, read_signed_data
from chipid.trust.provenance import Voucher

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
    :ivar pins: which of the operator's pins were needed. :ivar signer: its certificate; :ivar country: whose, two capital letters.
    :ivar deviations: what departs from the profiles, stable codes.
    :ivar pinned_itself: whether a pin is the list's own, and not that of its signer or a CSCA.
    :ivar verified: whether its signature was verified, up to a CSCA; a pin of the list itself goes without.
    """

    refused: Answer | None
    voucher: Voucher = Voucher.SIGNER
    signer: Certificate | None = None
    signed_at: datetime | None = None
    pins: tuple[str, ...] = ()
    deviations: tuple[str, ...] = ()
    verified: bool = False
    pinned_itself: bool = False

    @property
    def country(self) -> str | None:
        """The signer's."""
        return None if self.signer is None else alpha_2(self.signer.subject.country or "")


def admit(read: SignedList, file_sha256: str, trusted: TrustSource, pins: frozenset[str], at: datetime) -> Admission:
    """Whether *read* may go in.

    :param file_sha256: of the file that holds it and nothing else; an empty text where it holds more.
    """
    by_file = tuple(sorted(pins & {file_sha256, read.sha256}))
    if read.signed is None:
        no = None if by_file else _refusal("list-not-signed")
        return Admission(no, Voucher.PIN, pins=by_file, deviations=read.deviations, pinned_itself=bool(by_file))
    finding = verify_signed_list(read.signed, trusted, at, known=read.certificates, pinned=pins)
    by_pin = by_file or tuple(each.fingerprint for each in finding.path if each.fingerprint in pins)
    claimed = claimed_signer(read.signed)
    # 1. What the operator pinned, octet by octet, he answers for.
    refused = None if by_file else _refused(finding, pinned=bool(by_pin))
    # 2. What is said in a state's name is said by the one whose signature was verified.
    if refused is None and not by_file and claimed not in (None, finding.signer):
        refused = _refusal("list-signer-ambiguous")
    return Admission(
        refused,
        Voucher.PIN if by_pin else Voucher.SIGNER,
        finding.signer or claimed,
        finding.signed_at,
        by_pin,
        (*read.deviations, *finding.deviations),
        verified=_refused(finding, pinned=True) is None,
        pinned_itself=bool(by_file),
    )


def _refused(finding: SignedListFinding, *, pinned: bool) -> Answer | None:
    for name in _REQUIRED:
        answer = finding.answers[name]
        if answer.ok is not True:
            return answer
    if finding.signing_time.ok is False and not pinned:
        return finding.signing_time
    if finding.validity.ok is False and not pinned:
        return replace(finding.validity, detail=f"{finding.validity.detail} A pin of that certificate, or of the list, lets it in.")
    return finding.revocation if finding.revocation.ok is False else None


def _refusal(reason: str) -> Answer:
    return Answer(False, reason, REASONS[reason])
