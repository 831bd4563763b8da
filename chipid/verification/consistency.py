# SPDX-License-Identifier: Apache-2.0
"""Do the files agree with each other, and with the calendar?"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta, timezone

from chipid.errors import MalformedData, UnsupportedFeature
from chipid.evidence import AccessAttempt, Evidence, Protocol, Result
from chipid.iso7816.file_ids import FileId
from chipid.lds.card_access import CardAccess
from chipid.lds.dates import YEARS_AHEAD, full_expiry_date, in_zone
from chipid.lds.dg1 import Dg1
from chipid.lds.dg14 import Dg14
from chipid.lds.mrz import Mrz
from chipid.lds.security_infos import PaceDomainParameterInfo, PaceInfo, SecurityInfo, SecurityInfos
from chipid.pki.certificate import Certificate
from chipid.profiles.vn_cccd import NO_EXPIRY, Dg13, compare, is_cccd
from chipid.protocols.pace import pace_choices, pace_strength, preferred_pace
from chipid.verification.verdict import Check, CheckName, Outcome

PACE_REQUIRED = date(2027, 1, 1)
"""ICAO 9303-11 §4.1: documents issued from this day on have PACE …"""
BAC_FORBIDDEN = date(2028, 1, 1)
"""… and from this day on no BAC."""
VIETNAM = timezone(timedelta(hours=7))
CCCD_YEARS_AHEAD = 25
"""A CCCD issued at 38 lasts to 60, beyond the fifteen years that the general rule knows."""

_SPOKEN = {"citizen_number": "number", "birth_date": "birth-date", "sex": "sex", "expiry_date": "expiry", "full_name": "name"}
"""What the verdict calls the fields that DG1 and DG13 share."""


def access(evidence: Evidence) -> Check:
    """How the chip was opened (BSI TR-03135-1 §5.6.3.1): BAC on a chip that offers PACE is a downgrade (ICAO 9303-11 §4.2).

    A document that was issued when the standard had ceased to allow its configuration deviates (§4.1); the day is DG12's.
    """
    check = _access(evidence)
    return replace(check, deviations=(*check.deviations, *_outlived(evidence), *_atr_info(evidence)))


def _atr_info(evidence: Evidence) -> tuple[str, ...]:
    """A file that says nothing of the holder, and is wrong all the same (BSI TR-03105-5.1 LDS_K_03)."""
    failure = evidence.failures.get(FileId.ATR_INFO)
    return ("atr-info-malformed",) if failure is not None and failure.reason == "malformed" else ()


def _access(evidence: Evidence) -> Check:  # noqa: PLR0911  # one answer a step
    name, attempts = CheckName.ACCESS, evidence.accesses
    opened = next((attempt for attempt in reversed(attempts) if attempt.result is Result.DONE), None)
    if opened is None:
        reason = "access-failed" if attempts else "access-unknown"
        return Check(name, Outcome.UNDETERMINED, reason, "The evidence does not say how the chip was opened.")
    if not evidence.complete:
        return Check(name, Outcome.UNDETERMINED, "reading-broken-off", "The chip broke off the reading.")
    if opened.protocol is Protocol.PACE:
        way, strongest = _way(opened, evidence.file(FileId.CARD_ACCESS))
        detail = f"PACE{way} with {opened.password.upper()}."
        if not strongest:
            return Check(name, Outcome.UNDETERMINED, "pace-not-strongest", detail)
        return Check(name, Outcome.SUCCESSFUL, "ok", detail, _retries(attempts))
    if any(attempt.protocol is Protocol.PACE for attempt in attempts):
        detail = "The chip offers PACE and failed it; it was opened with BAC."
        return Check(name, Outcome.UNDETERMINED, "bac-after-pace-failed", detail)
    if _offered_pace(evidence.file(FileId.CARD_ACCESS)):
        return Check(name, Outcome.UNDETERMINED, "pace-not-tried", "The chip offers PACE, and BAC was used.")
    failure = evidence.failures.get(FileId.CARD_ACCESS)
    if failure is not None and failure.reason == "malformed":
        detail = "BAC was used, and what EF.CardAccess offers cannot be understood."
        return Check(name, Outcome.UNDETERMINED, "card-access-malformed", detail)
    return Check(name, Outcome.SUCCESSFUL, "ok", "BAC; the chip offers no PACE.", _retries(attempts))


def card_access_against_dg14(evidence: Evidence, card_security: SecurityInfos | None = None) -> Check:
    """EF.CardAccess is unsigned; what it offers must be what the signed files name (ICAO 9303-11 §4.4.2, §9.2.11).

    :param card_security: what EF.CardSecurity says, where it was read: it repeats EF.CardAccess, as DG14 does.
    """
    name, raw = CheckName.CARD_ACCESS_AGAINST_DG14, evidence.file(FileId.DG14)
    if raw is None and card_security is None:
        return Check(name, Outcome.NOT_SUPPORTED, "dg14-absent", "There is no DG14 to compare with.")
    try:
        dg14 = Dg14.parse(raw).infos if raw is not None else None
    except MalformedData:
        return Check(name, Outcome.FAILED, "dg14-malformed", "DG14 holds no security infos.")
    signed = [_about_pace(infos.infos) for infos in (dg14, card_security) if infos is not None]
    signed = [infos for infos in signed if infos.pace]
    if not signed:
        return Check(name, Outcome.NOT_SUPPORTED, "dg14-names-no-pace", "DG14 repeats nothing of EF.CardAccess.")
    unsigned = evidence.file(FileId.CARD_ACCESS)
    if unsigned is None:
        detail = "DG14 names PACE, and EF.CardAccess could not be read."
        return Check(name, Outcome.UNDETERMINED, "card-access-missing", detail)
    offered = _pace_of(unsigned)
    if not offered.pace or not all(_repeats(infos, offered) for infos in signed):
        detail = "EF.CardAccess does not offer the PACE that DG14 names: it may have been altered to weaken the access."
        return Check(name, Outcome.FAILED, "card-access-altered", detail)
    return Check(name, Outcome.SUCCESSFUL, "ok", "EF.CardAccess offers what DG14 names.")


def _repeats(signed: SecurityInfos, offered: SecurityInfos) -> bool:
    """A signed file may name more (ICAO 9303-11 §9.2.11), but nothing stronger than what was offered."""
    return pace_strength(signed) == pace_strength(offered) and set(offered.raw_infos) <= set(signed.raw_infos)


def machine_readable_zone(evidence: Evidence) -> tuple[Check, Mrz | None]:
    """DG1 parses, and its check digits are right (ICAO 9303-3 §4.9)."""
    name, raw = CheckName.MRZ, evidence.file(FileId.DG1)
    if raw is None:
        return Check(name, Outcome.UNDETERMINED, "dg1-missing", "DG1 could not be read."), None
    try:
        mrz = Dg1.parse(raw).mrz
    except MalformedData:
        return Check(name, Outcome.FAILED, "dg1-malformed", "DG1 holds no machine readable zone."), None
    if mrz.check_digit_errors:
        detail = f"Check digits are wrong: {', '.join(mrz.check_digit_errors)}."
        return Check(name, Outcome.FAILED, "mrz-check-digit", detail), mrz
    return Check(name, Outcome.SUCCESSFUL, "ok", "DG1 is well formed and its check digits are right."), mrz


def dg1_against_dg13(evidence: Evidence, mrz: Mrz | None) -> Check:  # noqa: PLR0911  # one answer a line
    """The two places where a CCCD holds the same person."""
    name, raw = CheckName.DG1_AGAINST_DG13, evidence.file(FileId.DG13)
    if mrz is None or not is_cccd(mrz):
        return Check(name, Outcome.NOT_SUPPORTED, "no-profile", "DG13 has a known meaning on Vietnamese cards only.")
    if raw is None:
        failure = evidence.failures.get(FileId.DG13)
        if failure is not None and failure.reason != "not-asked":
            return Check(name, Outcome.UNDETERMINED, "dg13-withheld", "DG13 is listed, and the chip did not deliver it.")
        return Check(name, Outcome.NOT_PERFORMED, "dg13-not-read", "DG13 was not read.")
    try:
        found = compare(mrz, Dg13.parse(raw))
    except MalformedData:
        return Check(name, Outcome.UNDETERMINED, "dg13-malformed", "DG13 is not laid out as on known cards.")
    if found.differences:
        return Check(name, Outcome.FAILED, "dg1-dg13-differ", f"They differ in: {_spoken(found.differences)}.")
    if "citizen_number" in found.not_compared:
        return Check(name, Outcome.UNDETERMINED, "dg13-not-comparable", "DG13 holds no citizen number to compare.")
    silent = tuple(f"dg13-{_SPOKEN[field]}-not-compared" for field in found.not_compared)
    detail = "DG1 and DG13 name the same person."
    if found.partly_compared:
        detail += f" As far as both go: {_spoken(found.partly_compared)}."
    return Check(name, Outcome.SUCCESSFUL, "ok", detail, silent)


def _spoken(fields: tuple[str, ...]) -> str:
    return ", ".join(_SPOKEN[field] for field in fields)


def document_expiry(mrz: Mrz | None, at: datetime, signer: Certificate | None = None) -> Check:
    """Whether the document is in date (BSI TR-03135-1 §5.7.1); the day of expiry is its last.

    :param signer: the certificate of whoever signed it, which is to be valid for as long as the document (ICAO 9303-12 §4.1.1.1).
    """
    name = CheckName.DOCUMENT_EXPIRY
    if mrz is None:
        return Check(name, Outcome.UNDETERMINED, "dg1-missing", "There is no expiry date to look at.")
    if is_cccd(mrz) and mrz.expiry_date == NO_EXPIRY:
        return Check(name, Outcome.SUCCESSFUL, "no-expiry", "The document does not expire.")
    today = _day(at, mrz)
    full = full_expiry_date(mrz.expiry_date, today, CCCD_YEARS_AHEAD if is_cccd(mrz) else YEARS_AHEAD)
    expiry = full.complete if full is not None else None
    if expiry is None:
        return Check(name, Outcome.UNDETERMINED, "expiry-unreadable", "The expiry date is no date.")
    outlives = signer is not None and expiry > _day(signer.not_after, mrz)
    deviations = ("document-outlives-signer",) if outlives else ()
    if expiry < today:
        return Check(name, Outcome.FAILED, "document-expired", "The document has expired.", deviations)
    return Check(name, Outcome.SUCCESSFUL, "ok", "The document is in date.", deviations)


def _day(moment: datetime, mrz: Mrz) -> date:
    """A Vietnamese card expires by the calendar of Vietnam, wherever the clock that judges it stands."""
    return (in_zone(moment, VIETNAM) if is_cccd(mrz) else moment).date()


def _outlived(evidence: Evidence) -> tuple[str, ...]:
    """How the chip's configuration is one that documents of its day of issue no longer have (ICAO 9303-11 §4.1).

    That a chip offers BAC is known where BAC opened it.
    """
    raw = evidence.file(FileId.DG12)
    if raw is None or not any(each.protocol is Protocol.BAC and each.result is Result.DONE for each in evidence.accesses):
        return ()
    from chipid.lds.dg12 import Dg12  # noqa: PLC0415  # most documents have none, and those with a DG12 seldom open by BAC

    try:
        issued = Dg12.parse(raw).issued
    except MalformedData:
        return ()
    day = issued.earliest if issued is not None else None
    found = {
        "issued-without-pace": day is not None and day >= PACE_REQUIRED and not _offered_pace(evidence.file(FileId.CARD_ACCESS)),
        "issued-with-bac": day is not None and day >= BAC_FORBIDDEN,
    }
    return tuple(name for name, is_so in found.items() if is_so)


def _retries(attempts: tuple[AccessAttempt, ...]) -> tuple[str, ...]:
    failed = any(attempt.result is Result.FAILED for attempt in attempts)
    return ("access-took-several-tries",) if failed else ()


def _way(opened: AccessAttempt, card_access: bytes | None) -> tuple[str, bool]:
    """Mapping, cipher and group, and what they are among the ways that are offered; nothing where that is not known.

    :returns: and whether nothing stronger is known to be offered.
    """
    infos = _pace_of(card_access) if card_access is not None else SecurityInfos.of([])
    offered, name = pace_choices(infos), (opened.oid, opened.parameter_id)
    choice = next((each for each in offered if (each.info.oid, each.info.parameter_id) == name), None)
    if choice is None:
        return "", True
    strongest = choice.info in [each.info for each in preferred_pace(infos)]
    rank = f"{'the' if strongest else 'not the'} strongest of {len(offered)} offered"
    suite = choice.suite
    return f"-{suite.group.value}-{suite.mapping.value} with {suite.cipher} in {choice.domain.name}, {rank},", strongest


def _offered_pace(raw: bytes | None) -> bool:
    return bool(raw is not None and _pace_of(raw).pace)


def _pace_of(card_access: bytes) -> SecurityInfos:
    try:
        return _about_pace(CardAccess.parse(card_access).infos.infos)
    except (MalformedData, UnsupportedFeature):
        return SecurityInfos.of([])


def _about_pace(infos: tuple[SecurityInfo, ...]) -> SecurityInfos:
    """What is said of PACE, once each, written anew so that the same says the same."""
    return SecurityInfos.of(dict.fromkeys(info for info in infos if isinstance(info, PaceInfo | PaceDomainParameterInfo)))
