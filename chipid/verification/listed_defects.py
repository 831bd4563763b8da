# SPDX-License-Identifier: Apache-2.0
"""What deviation lists (ICAO 9303-3 §7) and defect lists (BSI TR-03129) say of a document, and what follows (BSI TR-03135-1).

What is listed is told. A revoked signer is not trusted and a compromised key proves nothing; a failure that the list explains is a
failure that says nothing any more, and never a success: whoever lets such documents pass has a policy that says so by name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType
from typing import Final

from chipid.errors import MalformedData
from chipid.evidence import Evidence
from chipid.iso7816.file_ids import FileId
from chipid.lds.dg12 import Dg12
from chipid.lds.mrz import Mrz
from chipid.pki.certificate import Certificate
from chipid.pki.countries import alpha_2
from chipid.pki.defect_list import DEFECT_LIST, DefectList, KnownDefect, StatusCode
from chipid.pki.deviation_list import DEVIATION_LIST, DeviationDocuments, DeviationList
from chipid.pki.trust_source import TrustSource
from chipid.verification.passive_auth import PassiveAuthentication
from chipid.verification.verdict import Check, CheckName, Outcome

_NAME = CheckName.KNOWN_DEFECTS
_REVOKED, _ON_HOLD, _UNCLEAR = "listed-dsc-revoked", "listed-dsc-on-hold", "listed-dsc-status-unknown"
_AA, _CA, _HASH, _UNKNOWN = "listed-aa-key-compromised", "listed-ca-key-compromised", "listed-dg-hash", "listed-unknown-defect"
_MALFORMED = "defect-list-malformed"

_CODES: Final = MappingProxyType(
    {
        # ICAO 9303-3 §7.3.5
        f"{DEVIATION_LIST}.1": "listed-certificate-or-key",
        f"{DEVIATION_LIST}.1.1": "listed-dsc-signature",
        f"{DEVIATION_LIST}.1.2": "listed-dsc-malformed",
        f"{DEVIATION_LIST}.1.3": "listed-csca-malformed",
        f"{DEVIATION_LIST}.1.4": _AA,
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
        f"{DEFECT_LIST}.1.3": _CA,
        f"{DEFECT_LIST}.1.4": _AA,
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
    {code.value: _ON_HOLD if code is StatusCode.ON_HOLD else _REVOKED for code in StatusCode}
)
"""BSI TR-03135-1 §5.6.4.3: a signer on hold is undetermined, and so is one with a status that is nobody else's to read."""

_WEIGHTS: Final = MappingProxyType(
    {_REVOKED: Outcome.FAILED, **dict.fromkeys((_ON_HOLD, _UNCLEAR, _UNKNOWN, _MALFORMED), Outcome.UNDETERMINED)}
)
"""What is more than told; the heaviest first."""

_COMPROMISED: Final = MappingProxyType(
    {
        CheckName.ACTIVE_AUTHENTICATION: _AA,
        CheckName.CHIP_AUTHENTICATION: _CA,
        CheckName.CHIP_AUTHENTICATION_MAPPING: _CA,
    }
)
_EXPLAINED: Final = MappingProxyType(
    {
        "listed-sod-invalid": (CheckName.SOD_SIGNATURE, None),
        "listed-mrz-check-digit": (CheckName.MRZ, "mrz-check-digit"),
        "listed-com-sod": (CheckName.SOD_AGAINST_COM, "com-sod-mismatch"),
        "listed-card-security": (CheckName.CARD_SECURITY, "card-security-malformed"),
        _HASH: (CheckName.DATA_GROUP_INTEGRITY, "dg-hash-mismatch"),
    }
)
"""Which check's failure a listed defect explains, and for which reason; ``None`` for any."""

_NEVER_EXPLAINED = frozenset({1, 2, 14, 15})
"""Data groups that say who the holder is, or which keys the chip's are: what is not signed of them is nobody's."""


@dataclass(frozen=True)
class ListedDefects:
    """What the lists say of one document.

    :ivar check: KNOWN_DEFECTS. :ivar codes: all that is listed, in the order of :data:`_CODES`.
    :ivar explained_groups: whether wrong hashes are explained: no other group differs than those listed.
    """

    check: Check
    codes: tuple[str, ...] = ()
    explained_groups: bool = False

    @property
    def compromised(self) -> Mapping[CheckName, str]:
        """The proofs that prove nothing, with the code that says so."""
        return {name: code for name, code in _COMPROMISED.items() if code in self.codes}

    def weigh(self, checks: Iterable[Check]) -> tuple[Check, ...]:
        """*checks* with the effect of what is listed, and KNOWN_DEFECTS behind them."""
        return (*(self._weighed(check) for check in checks), self.check)

    def _weighed(self, check: Check) -> Check:
        if check.name is CheckName.TRUST_STATUS:
            return self._trust(check)
        for code in self.codes:
            name, reason = _EXPLAINED.get(code, (None, None))
            fits = name is check.name and reason in (None, check.reason)
            if fits and check.outcome is Outcome.FAILED and (code != _HASH or self.explained_groups):
                return replace(check, outcome=Outcome.UNDETERMINED, reason=code, detail=f"{check.detail} A list explains it.")
        return check

    def _trust(self, check: Check) -> Check:
        """A listed signer is not trusted, whatever its path (BSI TR-03135-1 §5.6.4.3)."""
        code = next((code for code in (_REVOKED, _ON_HOLD, _UNCLEAR) if code in self.codes), None)
        if code is None or check.outcome is Outcome.FAILED or (check.outcome is not Outcome.SUCCESSFUL and code != _REVOKED):
            return check
        return replace(check, outcome=_WEIGHTS[code], reason=code, detail=_detail((code,)))


@dataclass(frozen=True)
class _Document:
    """By what a document is looked up; ``None`` for what is not known."""

    signer: Certificate
    mrz: Mrz | None
    issued: date | None

    @property
    def states(self) -> set[str | None]:
        return {alpha_2(name.country or "") for name in (self.signer.subject, self.signer.issuer)} - {None}


def listed_defects(
    evidence: Evidence, trust: TrustSource | None, passive: PassiveAuthentication, mrz: Mrz | None
) -> ListedDefects:
    """Look the document up in the lists of *trust*: its signer, and for deviation lists its type, number and day of issue too.

    :param passive: who signed, and which data groups are as they were signed.
    :param mrz: DG1's, ``None`` where it could not be read.
    """
    # 1. There is a list, and a signer to look up.
    deviation_lists, defect_lists = (trust.deviation_lists(), trust.defect_lists()) if trust is not None else ((), ())
    if not deviation_lists and not defect_lists:
        return ListedDefects(Check(_NAME, Outcome.NOT_PERFORMED, "no-defect-list", "No list of known defects was given."))
    if passive.signer is None:
        detail = "Nobody is known to have signed EF.SOD: there is nobody to look up."
        return ListedDefects(Check(_NAME, Outcome.UNDETERMINED, "signer-certificate-missing", detail))
    # 2. What do they say?
    document = _Document(passive.signer, mrz, _issued(evidence, passive))
    found, wrong = set[str](), set[int]()
    for code, group in (*_deviations(deviation_lists, document), *_defects(defect_lists, document)):
        found.add(code)
        wrong |= {group} if group is not None else set()
    codes = tuple(sorted(found, key=_place))
    # 3. Does it explain which data groups differ from EF.SOD?
    differing = evidence.data_groups.keys() - passive.signed_groups
    explained = differing <= (wrong & passive.listed_groups) - _NEVER_EXPLAINED
    return ListedDefects(_told(codes), codes, explained)


def _told(codes: tuple[str, ...]) -> Check:
    """The heaviest is the reason; the others stand beside it."""
    heaviest = next((code for code in _WEIGHTS if code in codes), None)
    if heaviest is None:
        detail = _detail(codes) if codes else "No list names the document or its signer."
        return Check(_NAME, Outcome.SUCCESSFUL, "ok", detail, codes)
    others = tuple(code for code in codes if code != heaviest)
    return Check(_NAME, _WEIGHTS[heaviest], heaviest, _detail(codes), others)


def _detail(codes: tuple[str, ...]) -> str:
    return f"Lists of known defects say: {', '.join(codes)}."


def _place(code: str) -> int:
    order = (*_WEIGHTS, *_CODES.values(), _EID)
    return order.index(code)


# Deviation lists -------------------------------------------------------------------------------------------------


def _deviations(lists: Iterable[DeviationList], document: _Document) -> Iterator[tuple[str, int | None]]:
    """Each code that a deviation list has for the document, with the data group whose hash is wrong."""
    for each in lists:
        for deviation in each.deviations:
            if not _may_speak(each, deviation.documents, document):
                continue
            try:
                meant = _means(deviation.documents, document)
            except MalformedData:
                yield _MALFORMED, None
                continue
            for description in deviation.descriptions if meant else ():
                code = _CODES.get(description.deviation_type, _UNKNOWN)
                yield code, description.number if code == _HASH else None


def _may_speak(source: DeviationList, documents: DeviationDocuments, document: _Document) -> bool:
    """A State speaks of its own documents; one that is not known of those whose signer it names."""
    if source.country is None:
        return documents.signer is not None
    return alpha_2(source.country) in document.states


def _means(documents: DeviationDocuments, document: _Document) -> bool:
    """Whether all conditions are met (ICAO 9303-3 §7.3.6).

    The day of issue is on few chips: where it is not known, signer or number have to be enough.
    """
    signer, mrz = documents.signer, document.mrz
    if signer is not None and not signer.resembles(document.signer):
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


def _issued(evidence: Evidence, passive: PassiveAuthentication) -> date | None:
    """The day of issue, from a DG12 that is as it was signed."""
    raw = evidence.file(FileId.DG12)
    if raw is None or 12 not in passive.signed_groups:
        return None
    try:
        issued = Dg12.parse(raw).issued
    except MalformedData:
        return None
    return issued.earliest if issued is not None else None


# Defect lists ----------------------------------------------------------------------------------------------------


def _defects(lists: Iterable[DefectList], document: _Document) -> Iterator[tuple[str, None]]:
    for each in lists:
        for known in each.defects_of(document.signer):
            yield _code(known), None


def _code(known: KnownDefect) -> str:
    """Of the eID application nothing is read here, so that whatever is wrong with it decides nothing."""
    if known.defect_type == _CERT_REVOKED:
        return _STATUS.get(known.status, _UNCLEAR)
    if known.defect_type.startswith(_EID_CATEGORY):
        return _EID
    return _CODES.get(known.defect_type, _UNKNOWN)
