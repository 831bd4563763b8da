# SPDX-License-Identifier: Apache-2.0
"""What the entries of deviation lists (ICAO 9303-3 §7) and defect lists (BSI TR-03129) that mean a document say, as reason codes.

A module of its own: whoever has no such lists need not load what reads them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from types import MappingProxyType
from typing import Final

from chipid.errors import MalformedData
from chipid.lds.mrz import Mrz
from chipid.pki.certificate import Certificate
from chipid.pki.certificate_forms import certificate_digests
from chipid.pki.countries import alpha_2, may_issue_for
from chipid.pki.defect_list import DEFECT_LIST, DefectList, KnownDefect, StatusCode
from chipid.pki.deviation_list import (
    DEVIATION_LIST,
    DIGESTS,
    CertificateDigest,
    DeviationDocuments,
    DeviationList,
    DocumentSignerIdentifier,
)

_HASH, _UNKNOWN, _MALFORMED = "listed-dg-hash", "listed-unknown-defect", "defect-list-malformed"

_CODES: Final = MappingProxyType(
    {
        # ICAO 9303-3 §7.3.5
        f"{DEVIATION_LIST}.1": "listed-certificate-or-key",
        f"{DEVIATION_LIST}.1.1": "listed-dsc-signature",
        f"{DEVIATION_LIST}.1.2": "listed-dsc-malformed",
        f"{DEVIATION_LIST}.1.3": "listed-csca-malformed",
        f"{DEVIATION_LIST}.1.4": "listed-aa-key-compromised",
        f"{DEVIATION_LIST}.2": "listed-lds",
        f"{DEVIATION_LIST}.2.1": "listed-dg-malformed",
        f"{DEVIATION_LIST}.2.2": _HASH,
        f"{DEVIATION_LIST}.2.3": "listed-sod-invalid",
        f"{DEVIATION_LIST}.2.4": "listed-com-sod",
        f"{DEVIATION_LIST}.3": "listed-mrz",
        f"{DEVIATION_LIST}.3.1": "listed-mrz-data",
        f"{DEVIATION_LIST}.3.2": "listed-mrz-check-digit",
        f"{DEVIATION_LIST}.4": "listed-chip-unusable",
        f"{DEVIATION_LIST}.5": "listed-national-use",
        # BSI TR-03129; a revoked signer (1.1) has a status besides
        f"{DEFECT_LIST}.1.2": "listed-dsc-malformed",
        f"{DEFECT_LIST}.1.3": "listed-ca-key-compromised",
        f"{DEFECT_LIST}.1.4": "listed-aa-key-compromised",
        f"{DEFECT_LIST}.2.1": "listed-dg-malformed",
        f"{DEFECT_LIST}.2.2": "listed-sod-invalid",
        f"{DEFECT_LIST}.2.3": "listed-com-sod",
        f"{DEFECT_LIST}.4.1": "listed-card-security",
        f"{DEFECT_LIST}.4.2": "listed-chip-security",
        f"{DEFECT_LIST}.4.3": "listed-power-down",
        f"{DEFECT_LIST}.4.4": "listed-dsc-malformed",
        f"{DEFECT_LIST}.4.5": "listed-terminal-info",
    }
)
_EID, _EID_CATEGORY = "listed-eid-application", f"{DEFECT_LIST}.3."
_CERT_REVOKED = f"{DEFECT_LIST}.1.1"
_STATUS: Mapping[int | None, str] = MappingProxyType(
    {code.value: "listed-dsc-on-hold" if code is StatusCode.ON_HOLD else "listed-dsc-revoked" for code in StatusCode}
)
"""BSI TR-03135-1 §5.6.4.3: a signer on hold is undetermined, and so is one with a status that is nobody else's to read."""


@dataclass(frozen=True)
class ListedDocument:
    """By what a document is looked up; ``None`` for what is not known.

    :ivar issued: the day of issue. :ivar authority: whose key signed the signer's certificate.
    """

    signer: Certificate
    mrz: Mrz | None
    issued: date | None
    authority: Certificate | None = None

    def is_of(self, state: str) -> bool:
        """Whether it is a document of *state*: by its signer's certificate, which must say so, and by its machine readable zone.

        A territory's is its state's.
        """
        signers = {alpha_2(name.country or "") for name in (self.signer.subject, self.signer.issuer)} - {None}
        stated = set() if self.mrz is None else {alpha_2(self.mrz.issuing_state)}
        return bool(signers) and all(each is not None and may_issue_for(state, each) for each in signers | stated)

    def is_signed_by(self, named: DocumentSignerIdentifier) -> bool:
        """Whether a list's *named* is its signer."""
        if isinstance(named, CertificateDigest):
            return named.octets in self._digests
        return named.resembles(self.signer)

    @cached_property
    def _digests(self) -> frozenset[bytes]:
        return certificate_digests(self.signer, self.authority, DIGESTS)


def entries_of(
    document: ListedDocument, deviation_lists: Iterable[DeviationList], defect_lists: Iterable[DefectList]
) -> Iterator[tuple[str, int | None]]:
    """Each code that the lists have for *document*, with the data group whose hash is wrong where that is what they say."""
    yield from _deviations(deviation_lists, document)
    yield from _defects(defect_lists, document)


# Deviation lists -------------------------------------------------------------------------------------------------


def _deviations(lists: Iterable[DeviationList], document: ListedDocument) -> Iterator[tuple[str, int | None]]:
    for each in lists:
        # A State speaks of its own documents, and who speaks for no State of none.
        state = alpha_2(each.country or "")
        for deviation in each.deviations if state is not None and document.is_of(state) else ():
            try:
                meant = _means(deviation.documents, document)
            except MalformedData:
                yield _MALFORMED, None
                continue
            for description in deviation.descriptions if meant else ():
                code = _CODES.get(description.deviation_type, _UNKNOWN)
                yield code, description.number if code == _HASH else None


def _means(documents: DeviationDocuments, document: ListedDocument) -> bool:
    """Whether all conditions are met (ICAO 9303-3 §7.3.6).

    The day of issue is on few chips: where it is not known, signer or number have to be enough.
    """
    signer, mrz = documents.signer, document.mrz
    if signer is not None and not document.is_signed_by(signer):
        return False
    if mrz is None and (documents.document_type is not None or documents.numbers is not None):
        return False
    if mrz is not None and documents.document_type is not None and not _is_of_type(mrz, documents.document_type):
        return False
    if documents.issued is not None:
        first, last, day = documents.issued.first_issued.date(), documents.issued.last_issued.date(), document.issued
        if not (first <= day <= last if day is not None else signer is not None or documents.numbers is not None):
            return False
    # At last, for the numbers may be many.
    return documents.numbers is None or mrz is None or mrz.document_number in documents.numbers


def _is_of_type(mrz: Mrz, document_type: str) -> bool:
    """One letter means all documents whose code begins with it, as in a signer's certificate (ICAO 9303-12 §7.1.1.6)."""
    code = mrz.document_code.replace("<", "")
    return document_type.replace("<", "").strip() in (code, code[:1])


# Defect lists ----------------------------------------------------------------------------------------------------


def _defects(lists: Iterable[DefectList], document: ListedDocument) -> Iterator[tuple[str, None]]:
    for each in lists:
        for known in each.defects_of(document.signer):
            yield _code(known), None


def _code(known: KnownDefect) -> str:
    """Of the eID application nothing is read here, so that whatever is wrong with it decides nothing."""
    if known.defect_type == _CERT_REVOKED:
        return _STATUS.get(known.status, "listed-dsc-status-unknown")
    if known.defect_type.startswith(_EID_CATEGORY):
        return _EID
    return _CODES.get(known.defect_type, _UNKNOWN)
