# SPDX-License-Identifier: Apache-2.0
"""What deviation lists (ICAO 9303-3 §7) and defect lists (BSI TR-03129) say of a document, and what follows (BSI TR-03135-1).

What is listed is told. A revoked signer is not trusted and a compromised key proves nothing; a failure that the list explains is a
failure that says nothing any more, and never a success: whoever lets such documents pass has a policy that says so by name.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType
from typing import Final

from chipid.errors import MalformedData
from chipid.evidence import Evidence
from chipid.iso7816.file_ids import FileId
from chipid.lds.mrz import Mrz
from chipid.pki.trust_source import TrustSource
from chipid.verification.card_security import SignedSecurityInfos
from chipid.verification.passive_auth import PassiveAuthentication
from chipid.verification.reasons import explain
from chipid.verification.verdict import Check, CheckName, Outcome

_NAME = CheckName.KNOWN_DEFECTS
_REVOKED, _ON_HOLD, _UNCLEAR = "listed-dsc-revoked", "listed-dsc-on-hold", "listed-dsc-status-unknown"
_AA, _CA, _HASH = "listed-aa-key-compromised", "listed-ca-key-compromised", "listed-dg-hash"

_WEIGHTS: Final = MappingProxyType(
    {
        _REVOKED: Outcome.FAILED,
        _ON_HOLD: Outcome.UNDETERMINED,
        _UNCLEAR: Outcome.UNDETERMINED,
        "listed-unknown-defect": Outcome.UNDETERMINED,
        "defect-list-malformed": Outcome.UNDETERMINED,
    }
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

    :ivar check: KNOWN_DEFECTS. :ivar codes: all that is listed, in alphabetical order.
    :ivar explained_groups: whether wrong hashes are explained: no other group differs than those listed.
    """

    check: Check
    codes: tuple[str, ...] = ()
    explained_groups: bool = False

    @property
    def compromised(self) -> Mapping[CheckName, str]:
        """The proofs that prove nothing, with the code that says so."""
        return {name: code for name, code in _COMPROMISED.items() if code in self.codes}

    @property
    def signer_is_revoked(self) -> bool:
        """Whether what EF.SOD's signer vouched for is nobody's word any more, as where a revocation list names him."""
        return _REVOKED in self.codes

    def weigh(self, checks: Iterable[Check]) -> tuple[Check, ...]:
        """*checks* with the effect of what is listed, and KNOWN_DEFECTS behind them."""
        return (*(self._weighed(check) for check in checks), self.check)

    def _weighed(self, check: Check) -> Check:
        if check.name is CheckName.TRUST_STATUS:
            return _by_signer(check, self.codes)
        for code in self.codes:
            name, reason = _EXPLAINED.get(code, (None, None))
            fits = name is check.name and reason in (None, check.reason)
            if fits and check.outcome is Outcome.FAILED and (code != _HASH or self.explained_groups):
                return replace(check, outcome=Outcome.UNDETERMINED, reason=code, detail=f"{check.detail} A list explains it.")
        return check


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
    from chipid.verification.listed_entries import ListedDocument, entries_of  # noqa: PLC0415  # most have no such lists

    authority = passive.path[1] if len(passive.path) > 1 else None
    document = ListedDocument(passive.signer, mrz, _issued(evidence, passive), authority)
    entries = frozenset(entries_of(document, deviation_lists, defect_lists))
    codes = tuple(sorted({code for code, _ in entries}))
    wrong = {group for _, group in entries if group is not None}
    # 3. Does it explain which data groups differ from EF.SOD?
    differing = evidence.data_groups.keys() - passive.signed_groups
    explained = differing <= (wrong & passive.listed_groups) - _NEVER_EXPLAINED
    return ListedDefects(_told(codes), codes, explained)


def with_signer_looked_up(found: SignedSecurityInfos, trust: TrustSource | None) -> SignedSecurityInfos:
    """EF.CardSecurity, with what the defect lists of *trust* say of its own signer, who need not be EF.SOD's."""
    lists = trust.defect_lists() if trust is not None else ()
    if found.signer is None or not lists:
        return found
    from chipid.verification.listed_entries import ListedDocument, entries_of  # noqa: PLC0415  # most have no such lists

    codes = {code for code, _ in entries_of(ListedDocument(found.signer, None, None), (), lists)}
    return replace(found, check=_by_signer(found.check, codes), key_compromised=_CA in codes)


def compromised_keys(listed: ListedDefects, found: SignedSecurityInfos, evidence: Evidence) -> Mapping[CheckName, str]:
    """The proofs that prove nothing, with the code that says so: by what is listed of EF.SOD's signer, and of EF.CardSecurity's."""
    if not found.key_compromised:
        return listed.compromised
    by_card_security = [CheckName.CHIP_AUTHENTICATION_MAPPING]
    if evidence.chip_authentication is not None and evidence.chip_authentication.version != 1:
        by_card_security.append(CheckName.CHIP_AUTHENTICATION)
    return {**listed.compromised, **dict.fromkeys(by_card_security, _CA)}


def _by_signer(check: Check, codes: Collection[str]) -> Check:
    """A listed signer is not trusted, whatever its path (BSI TR-03135-1 §5.6.4.3)."""
    code = next((code for code in (_REVOKED, _ON_HOLD, _UNCLEAR) if code in codes), None)
    if code is None or check.outcome is Outcome.FAILED or (check.outcome is not Outcome.SUCCESSFUL and code != _REVOKED):
        return check
    return replace(check, outcome=_WEIGHTS[code], reason=code, detail=_detail((code,)))


def _told(codes: tuple[str, ...]) -> Check:
    """The heaviest is the reason; the others stand beside it."""
    heaviest = next((code for code in _WEIGHTS if code in codes), None)
    if heaviest is None:
        detail = _detail(codes) if codes else "No list names the document or its signer."
        return Check(_NAME, Outcome.SUCCESSFUL, "ok", detail, codes)
    others = tuple(code for code in codes if code != heaviest)
    return Check(_NAME, _WEIGHTS[heaviest], heaviest, _detail(codes), others)


def _detail(codes: tuple[str, ...]) -> str:
    return " ".join(map(explain, codes))


def _issued(evidence: Evidence, passive: PassiveAuthentication) -> date | None:
    """The day of issue, from a DG12 that is as it was signed."""
    raw = evidence.file(FileId.DG12)
    if raw is None or 12 not in passive.signed_groups:
        return None
    from chipid.lds.dg12 import Dg12  # noqa: PLC0415  # for a document that is in question alone

    try:
        issued = Dg12.parse(raw).issued
    except MalformedData:
        return None
    return issued.earliest if issued is not None else None
