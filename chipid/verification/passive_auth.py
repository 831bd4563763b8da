# SPDX-License-Identifier: Apache-2.0
"""Passive Authentication (ICAO 9303-11 §5.1, BSI TR-03135-1 §5.6.4): its three answers are never mixed.

The hashes match; the signature over them is good; the signer is trusted. A forger who signs his own files passes the first two.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from chipid.errors import MalformedData
from chipid.evidence import Evidence
from chipid.iso7816.file_ids import FileId
from chipid.lds.com import EfCom
from chipid.lds.sod import LDSSecurityObject
from chipid.pki.certificate import Certificate
from chipid.pki.chain import Answer
from chipid.pki.signed_data import SignerFinding
from chipid.pki.trust_source import TrustSource
from chipid.verification.issuing_state import issuing_state
from chipid.verification.security_object import FILE_NOT_FOUND, SecurityObject, read_security_object
from chipid.verification.verdict import Check, CheckName, Outcome

if TYPE_CHECKING:
    from chipid.pki.crl import CertificateRevocationList

_PORTRAIT = 2
_TERMINAL_AUTHENTICATED = (3, 4)
_OUTCOMES = {True: Outcome.SUCCESSFUL, False: Outcome.FAILED, None: Outcome.UNDETERMINED}


@dataclass(frozen=True)
class PassiveAuthentication:
    """The checks, and what later checks may build on.

    :ivar signed_groups: data groups whose octets match a hash in an EF.SOD with a good signature, by a signer whom nothing speaks
        against: what they hold may vouch for the chip's keys.
    :ivar untrusted_groups: those that match in the same way, and whose signer is refused or revoked.
    :ivar listed_groups: data groups that EF.SOD names, read or not.
    :ivar signature_open: whether EF.SOD's signature is good, or what it lists, could not be found out: nothing speaks against it.
    :ivar signer: the certificate of whoever says that he signed EF.SOD, ``None`` where there is none.
    :ivar path: from the signer to the anchor, as far as there is one; :ivar revocation_lists: those that counted for it.
    """

    checks: tuple[Check, ...]
    signed_groups: frozenset[int]
    listed_groups: frozenset[int]
    signature_open: bool = False
    signer: Certificate | None = None
    untrusted_groups: frozenset[int] = frozenset()
    path: tuple[Certificate, ...] = ()
    revocation_lists: tuple[CertificateRevocationList, ...] = ()


def passive_authentication(evidence: Evidence, trust: TrustSource | None, at: datetime) -> PassiveAuthentication:
    """The checks SOD_SIGNATURE, DATA_GROUP_INTEGRITY, DS_CERTIFICATE_SIGNATURE, CERTIFICATE_VALIDITY, TRUST_STATUS, REVOCATION,
    ISSUING_STATE and SOD_AGAINST_COM.

    :param trust: trusted CSCA certificates; ``None`` or none at all leaves the signer's trust open.
    :param at: the time to judge at, with a time zone.
    """
    # 1. Who signed EF.SOD, and is the signature good?
    sod = read_security_object(evidence, trust, at)
    # 2. Are the files that were read the ones that it lists?
    matching, integrity = _data_group_integrity(evidence, sod)
    # 3. Is the signer one whom a trusted CSCA made one, and in date?
    certificate_checks = _certificates(sod)
    # 4. Has a certificate of its path been revoked?
    revocation = _revocation(sod)
    # 5. Is it a signer of the state that DG1 names?
    state = issuing_state(evidence, sod)
    # 6. Does the unsigned EF.COM tell the same as EF.SOD?
    com = _sod_against_com(evidence, sod)
    # 7. Which files may others rely on?
    suspect = sod.chain is None or sod.chain.trust.ok is False or revocation.outcome is Outcome.FAILED
    signed = matching if sod.is_signed else frozenset[int]()
    trusted, untrusted = (frozenset[int](), signed) if suspect else (signed, frozenset[int]())
    listed = frozenset(sod.listed.hashes if sod.listed is not None else ())
    checks = (sod.check, integrity, *certificate_checks, revocation, state, com)
    failed = sod.check.outcome is Outcome.FAILED
    signature_open = not failed and (sod.check.outcome is Outcome.UNDETERMINED or sod.listed is None)
    signer = sod.signer.certificate if sod.signer is not None else None
    path = sod.chain.path if sod.chain is not None else ()
    lists = sod.revocation.lists if sod.revocation is not None else ()
    return PassiveAuthentication(checks, trusted, listed, signature_open, signer, untrusted, path, lists)


def _data_group_integrity(evidence: Evidence, sod: SecurityObject) -> tuple[frozenset[int], Check]:  # noqa: PLR0911  # one answer a step
    """The whole file of each data group, hashed (ICAO 9303-10 §4.6.2.3), and the groups that match."""
    name, listed, groups = CheckName.DATA_GROUP_INTEGRITY, sod.listed, evidence.data_groups
    # 1. There is a list of hashes.
    if listed is None:
        outcome = Outcome.FAILED if sod.check.outcome is Outcome.FAILED else Outcome.UNDETERMINED
        return frozenset(), Check(name, outcome, sod.unlisted_reason, "There are no hashes to compare with.")
    # 2. There is a file to hash.
    if not groups:
        return frozenset(), Check(name, Outcome.UNDETERMINED, "no-data-group-read", "No data group was read.")
    # 3. Every file that was read is in the list, with this hash.
    matching = frozenset(number for number, raw in groups.items() if _digest(listed, raw) == listed.hashes.get(number))
    unlisted = sorted(groups.keys() - listed.hashes.keys())
    differing = sorted(groups.keys() - matching - set(unlisted))
    if differing:
        detail = f"{_groups(differing)} changed since EF.SOD was made."
        return matching, Check(name, Outcome.FAILED, "dg-hash-mismatch", detail + _unlisted_too(unlisted))
    if unlisted:
        return matching, Check(name, Outcome.FAILED, "dg-not-in-sod", f"EF.SOD does not list {_groups(unlisted)}.")
    # 4. What it lists and nobody read is told; a chip may keep fingerprints from this terminal (ICAO 9303-11 §7.1).
    unread = sorted(listed.hashes.keys() - groups.keys())
    absent = [number for number in unread if _is_absent(evidence, number)]
    detail = f"{_groups(sorted(groups))} match EF.SOD."
    if unread:
        detail += f" Not read: {_groups(unread)}."
    deviations = ("dg-listed-but-absent",) if absent else ()
    # A portrait that the chip keeps back leaves nobody to compare the holder with.
    withheld = [number for number in unread if _is_withheld(evidence, number)]
    if withheld:
        return matching, Check(name, Outcome.UNDETERMINED, "dg-withheld", f"{detail} Kept back: {_groups(withheld)}.", deviations)
    # 5. Hashes that nobody is known to have signed prove nothing, and the check says so.
    if not sod.is_signed:
        detail += " But EF.SOD's signature is not known to be good: the hashes prove nothing."
        return matching, Check(name, Outcome.SUCCESSFUL, "hashes-unsigned", detail, deviations)
    return matching, Check(name, Outcome.SUCCESSFUL, "ok", detail, deviations)


def _certificates(sod: SecurityObject) -> tuple[Check, Check, Check]:
    if sod.chain is None or sod.signer is None:
        names = (CheckName.DS_CERTIFICATE_SIGNATURE, CheckName.CERTIFICATE_VALIDITY, CheckName.TRUST_STATUS)
        detail = "There is no document signer's certificate to check."
        first, second, third = (Check(name, Outcome.UNDETERMINED, "signer-certificate-missing", detail) for name in names)
        return first, second, third
    chain = sod.chain
    return (
        _check(CheckName.DS_CERTIFICATE_SIGNATURE, chain.signature, chain.deviations),
        _check(CheckName.CERTIFICATE_VALIDITY, chain.validity, _signing_time_deviations(sod.signer)),
        _check(CheckName.TRUST_STATUS, chain.trust),
    )


def _revocation(sod: SecurityObject) -> Check:
    if sod.revocation is None:
        detail = "Without a path to a trusted CSCA there is nobody whose revocation list could be believed."
        return Check(CheckName.REVOCATION, Outcome.NOT_PERFORMED, "no-trusted-path", detail)
    return _check(CheckName.REVOCATION, sod.revocation.answer, sod.revocation.deviations)


def _signing_time_deviations(signer: SignerFinding) -> tuple[str, ...]:
    """When the signer says that it signed. The signer could say anything, so that it is told and refuses nothing."""
    certificate, moment = signer.certificate, signer.signed_at
    if certificate is None or moment is None:
        return ()
    found = []
    if not certificate.is_valid_at(moment):
        found.append("signed-outside-validity")
    elif certificate.usage_period is not None and not certificate.usage_period.covers(moment):
        found.append("signed-outside-usage-period")
    return tuple(found)


def _sod_against_com(evidence: Evidence, sod: SecurityObject) -> Check:
    """The lists of data groups, and the LDS versions, of EF.SOD and EF.COM (BSI TR-03135-1 §5.6.4.4.1).

    EF.COM is unsigned and decides nothing. A difference is a deviation too, so that it shows under a policy that does not count it.
    """
    name, raw = CheckName.SOD_AGAINST_COM, evidence.file(FileId.COM)
    if raw is None:
        return Check(name, Outcome.NOT_SUPPORTED, "com-missing", "EF.COM was not read.", ("com-missing",))
    if sod.listed is None:
        return Check(name, Outcome.NOT_SUPPORTED, sod.unlisted_reason, "EF.SOD lists no data groups.")
    try:
        com = EfCom.parse(raw)
    except MalformedData:
        return Check(name, Outcome.FAILED, "com-malformed", "EF.COM is malformed.", ("com-malformed",))
    in_com, in_sod = set(com.data_groups), set(sod.listed.hashes)
    if in_com != in_sod:
        only = {"EF.COM": sorted(in_com - in_sod), "EF.SOD": sorted(in_sod - in_com)}
        detail = " ".join(f"Only {file} lists {_groups(groups)}." for file, groups in only.items() if groups)
        return Check(name, Outcome.FAILED, "com-sod-mismatch", detail, ("com-sod-mismatch",))
    if sod.listed.lds_version is not None and sod.listed.lds_version != com.lds_version:
        detail = "EF.COM and EF.SOD name different LDS versions."
        return Check(name, Outcome.FAILED, "lds-version-mismatch", detail, ("lds-version-mismatch",))
    return Check(name, Outcome.SUCCESSFUL, "ok", "EF.COM and EF.SOD list the same data groups.")


def _check(name: CheckName, answer: Answer, deviations: tuple[str, ...] = ()) -> Check:
    return Check(name, _OUTCOMES[answer.ok], answer.reason, answer.detail, deviations, answer.further)


def _digest(listed: LDSSecurityObject, raw: bytes) -> bytes:
    return hashlib.new(listed.hash_algorithm, raw).digest()


def _is_absent(evidence: Evidence, number: int) -> bool:
    failure = evidence.failures.get(FileId.from_data_group(number))
    return failure is not None and failure.sw == FILE_NOT_FOUND


def _is_withheld(evidence: Evidence, number: int) -> bool:
    """Asked for, listed, and not delivered; DG3 and DG4 are for terminals with rights (ICAO 9303-11 §7.1)."""
    failure = evidence.failures.get(FileId.from_data_group(number))
    if failure is None or failure.reason == "not-asked" or number in _TERMINAL_AUTHENTICATED:
        return False
    return failure.sw != FILE_NOT_FOUND or number == _PORTRAIT


def _groups(numbers: list[int]) -> str:
    return ", ".join(f"DG{number}" for number in numbers)


def _unlisted_too(numbers: list[int]) -> str:
    return f" EF.SOD does not list {_groups(numbers)}." if numbers else ""
