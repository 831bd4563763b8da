# SPDX-License-Identifier: Apache-2.0
"""What a trust store holds, as reports carry it; nobody's personal data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from chipid.errors import ChipIdError
from chipid.pki import profile
from chipid.pki.certificate import Certificate
from chipid.pki.master_list import SignedMasterList
from chipid.report import trust_schema
from chipid.report.notation import rfc3339
from chipid.report.printable import printable
from chipid.report.schema import Fact
from chipid.trust.import_report import NOTES, Entry, ImportReport
from chipid.trust.objects import Kind, Role, StoredObject
from chipid.trust.provenance import Origin
from chipid.trust.statistics import algorithm_name, facts_of, statistics
from chipid.verification.reasons import explain

if TYPE_CHECKING:
    from chipid.pki.crl import CertificateRevocationList
    from chipid.trust.audit import AuditReport, ObjectFinding
    from chipid.trust.database import TrustDatabase

_PROFILES: dict[Role | None, profile.Role] = {
    Role.CSCA: "csca",
    Role.LINK: "csca",
    Role.LIST_SIGNER: "list-signer",
    Role.DOCUMENT_SIGNER: "dsc",
}


def trust_object(
    stored: StoredObject, at: datetime, *, place: str | None = None, reason: str | None = None
) -> trust_schema.TrustObject:
    """One object in brief.

    :param at: the moment at which a certificate is in force, or not. :param place: where an import found it.
    :param reason: why it is out of date.
    """
    index = stored.index
    facts = facts_of(stored.certificate, at) if stored.kind is Kind.CERTIFICATE else None
    return trust_schema.TrustObject(
        fingerprint=stored.fingerprint,
        kind=stored.kind.value,
        name=printable(stored.name),
        role=index.role.value if index.role is not None else None,
        country=printable(index.country) if index.country is not None else None,
        place=printable(place) if place is not None else None,
        valid_from=_moment(stored.valid_from),
        valid_until=_moment(stored.valid_until),
        validity=facts.validity if facts is not None else _validity(stored, at),
        key=facts.key if facts is not None else None,
        parameters=facts.curve if facts is not None and facts.curve != "none" else None,
        algorithm=facts.algorithm if facts is not None else None,
        reason=reason,
    )


def _validity(stored: StoredObject, at: datetime) -> str | None:
    """Of a revocation list; a signed list does not end."""
    if stored.kind is not Kind.REVOCATION_LIST:
        return None
    crl = stored.revocation_list
    if crl.this_update > at:
        return "not-yet-valid"
    return "valid" if crl.is_current_at(at) else "overdue"


def import_report(store: Path, done: ImportReport, at: datetime) -> trust_schema.TrustImportReport:
    """What an import did.

    :param store: the trust store's file. :param at: the moment at which a certificate is in force, or not.
    """
    added, known, withdrawn = (tuple(_entry(each, at) for each in some) for some in (done.added, done.known, done.withdrawn))
    return trust_schema.TrustImportReport(
        store=printable(str(store)),
        applied=done.applied,
        added=added,
        known=known,
        withdrawn=withdrawn,
        refused=tuple(_problem(each.place, each.reason, each.detail, each.kind) for each in done.refused),
        notes=tuple(_problem(each.place, each.code, f"{NOTES.get(each.code, '')} {each.detail}".strip()) for each in done.notes),
        anchors=tuple(each.fingerprint for each in done.added if each.is_new_anchor),
    )


def _entry(entry: Entry, at: datetime) -> trust_schema.TrustObject:
    if entry.stored is not None:
        return trust_object(entry.stored, at, place=entry.place)
    return trust_schema.TrustObject(
        fingerprint=entry.fingerprint,
        kind=entry.kind.value,
        name=printable(entry.name),
        role=entry.role.value if entry.role is not None else None,
        country=printable(entry.country) if entry.country is not None else None,
        place=printable(entry.place),
    )


def _problem(place: str, code: str, text: str, kind: Kind | None = None) -> trust_schema.TrustProblem:
    named = kind.value if kind is not None else None
    return trust_schema.TrustProblem(place=printable(place), code=code, text=printable(text), kind=named)


def trust_summary(stored: Iterable[StoredObject], at: datetime) -> trust_schema.TrustSummary:
    """How many there are of what; the countries, algorithms, keys and curves are those of certificates."""
    every = tuple(stored)
    found = statistics((each.certificate for each in every if each.kind is Kind.CERTIFICATE), at)
    return trust_schema.TrustSummary(
        kinds=_counts(Counter((each.index.role or each.kind).value for each in every)),
        countries=_counts(found["country"]),
        validity=_counts(found["validity"]),
        algorithms=_counts(found["algorithm"]),
        keys=_counts(found["key"]),
        parameters=_counts(Counter({name: count for name, count in found["curve"].items() if name != "none"})),
        revocation_lists=_counts(Counter(filter(None, (_validity(each, at) for each in every)))),
    )


def trust_imports(database: TrustDatabase) -> tuple[trust_schema.TrustImported, ...]:
    """All imports, oldest first."""
    return tuple(
        trust_schema.TrustImported(origin=_origin(database, Origin(made, "")), count=database.count_of_import(made.id))
        for made in database.imports()
    )


def audit_report(store: Path, audited: AuditReport, at: datetime) -> trust_schema.TrustAuditReport:
    """What verifying a whole store found."""
    return trust_schema.TrustAuditReport(
        store=printable(str(store)),
        objects=tuple(_audited(finding, at) for finding in audited.findings),
        damage=tuple(map(printable, audited.damage)),
    )


def _audited(finding: ObjectFinding, at: datetime) -> trust_schema.TrustAudited:
    return trust_schema.TrustAudited(
        object=trust_object(finding.stored, at),
        signature=finding.relation,
        ok=finding.ok,
        code=finding.reason,
        text=printable(finding.detail),
        by=finding.by,
        deviations=tuple(map(printable, finding.deviations)),
    )


def change_report(
    store: Path,
    action: str,
    objects: Iterable[StoredObject],
    at: datetime,
    *,
    applied: bool = True,
    target: Path | None = None,
    kept: Iterable[StoredObject] = (),
    reasons: Mapping[str, str] = MappingProxyType({}),
) -> trust_schema.TrustChangeReport:
    """What was done with *objects*, or would have been.

    :param kept: what stays although its import was taken back. :param reasons: why an object is out of date, by fingerprint.
    """
    return trust_schema.TrustChangeReport(
        store=printable(str(store)),
        action=action,
        applied=applied,
        objects=tuple(trust_object(each, at, reason=reasons.get(each.fingerprint)) for each in objects),
        target=printable(str(target)) if target is not None else None,
        kept=tuple(trust_object(each, at) for each in kept),
    )


def trust_object_report(database: TrustDatabase, stored: StoredObject, at: datetime) -> trust_schema.TrustObjectReport:
    """Everything about one object: what it says, how it departs from its profile, who brought it on whose word."""
    return trust_schema.TrustObjectReport(
        store=printable(str(database.path)),
        object=trust_object(stored, at),
        facts=tuple(_facts(stored)),
        deviations=tuple(trust_schema.Deviation(code=code, text=explain(code)) for code in _deviations(stored)),
        origins=tuple(_origin(database, each) for each in database.origins(stored)),
    )


def _facts(stored: StoredObject) -> Iterator[Fact]:
    if stored.kind is Kind.CERTIFICATE:
        yield from _certificate_facts(stored.certificate)
    elif stored.kind is Kind.REVOCATION_LIST:
        yield from _revocation_list_facts(stored.revocation_list)
    elif stored.kind is Kind.MASTER_LIST:
        listed = SignedMasterList.parse(stored.octets).master_list
        yield Fact(name="certificates in it", value=str(len(listed.certificate_octets)))
    else:
        yield from _documents_facts(stored)
    yield Fact(name="octets", value=str(len(stored.octets)))


def _certificate_facts(certificate: Certificate) -> Iterator[Fact]:
    yield Fact(name="issuer", value=printable(str(certificate.issuer)))
    yield Fact(name="serial number", value=certificate.serial_octets.hex().upper())
    yield from _key_ids(subject=certificate.subject_key_id, authority=certificate.authority_key_id)
    if (period := certificate.usage_period) is not None:
        ends = (_moment(period.not_before) or "", _moment(period.not_after) or "")
        yield Fact(name="key signs", value=f"{ends[0]} to {ends[1]}")
    if certificate.document_types is not None:
        yield Fact(name="document types", value=printable(", ".join(sorted(certificate.document_types))))
    yield Fact(name="signed by itself", value="yes" if certificate.is_self_signed else "no")


def _revocation_list_facts(crl: CertificateRevocationList) -> Iterator[Fact]:
    yield from _key_ids(authority=crl.authority_key_id)
    if crl.number is not None:
        yield Fact(name="number", value=str(crl.number))
    yield Fact(name="signature", value=algorithm_name(crl.tbs_algorithm))
    try:
        yield Fact(name="revoked certificates", value=str(len(crl.entries)))
    except ChipIdError as error:
        yield Fact(name="revoked certificates", value=printable(f"cannot be read: {error}"))


def _documents_facts(stored: StoredObject) -> Iterator[Fact]:
    """How many entries a deviation or defect list has, and of which types: object identifiers."""
    if stored.kind is Kind.DEVIATION_LIST:
        deviations = stored.deviation_list.deviations
        types = Counter(each.deviation_type for entry in deviations for each in entry.descriptions)
        yield Fact(name="entries", value=str(len(deviations)))
    else:
        defects = stored.defect_list.defects
        types = Counter(each.defect_type for entry in defects for each in entry.known_defects)
        yield Fact(name="document signers", value=str(len(defects)))
    yield from (Fact(name=f"type {each.name}", value=str(each.count)) for each in _counts(types))


def _key_ids(**key_ids: bytes | None) -> Iterator[Fact]:
    for whose, key_id in key_ids.items():
        if key_id is not None:
            yield Fact(name=f"{whose} key id", value=key_id.hex())


def _deviations(stored: StoredObject) -> tuple[str, ...]:
    """Codes, with the prefix of the object's role."""
    if stored.kind is Kind.CERTIFICATE:
        return profile.profile_deviations(stored.certificate, _PROFILES[stored.index.role])
    if stored.kind is Kind.REVOCATION_LIST:
        return tuple(f"crl-{code}" for code in stored.revocation_list.deviations)
    return ()


def _origin(database: TrustDatabase, origin: Origin) -> trust_schema.TrustOrigin:
    made = origin.imported
    lists = database.find(made.sha256) if made.signer is not None else ()
    return trust_schema.TrustOrigin(
        at=rfc3339(made.at),
        source=printable(made.source),
        place=printable(origin.place),
        sha256=made.sha256,
        voucher=made.voucher.value,
        signer=made.signer,
        country=printable(made.country) if made.country is not None else None,
        signed_at=_moment(made.signed_at),
        pins=made.pins,
        signer_name=printable(lists[0].name) if lists else None,
        number=made.id,
    )


def _counts(found: Counter[str]) -> tuple[trust_schema.Count, ...]:
    """The most frequent first, equal ones by name."""
    ordered = sorted(found.items(), key=lambda each: (-each[1], each[0]))
    return tuple(trust_schema.Count(name=printable(name), count=count) for name, count in ordered)


def _moment(moment: datetime | None) -> str | None:
    return rfc3339(moment) if moment is not None else None
