# SPDX-License-Identifier: Apache-2.0
"""Reports on a trust store as text for a terminal. Every text in them is printable already, but names of files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from chipid.report import trust_schema
from chipid.report.printable import printable
from chipid.report.text import Role, Style, columns, joined, plain, table

_EMPTY = "-"
_LAST = "~"
"""Sorts what has no country behind what has one."""
_FINGERPRINT = 16
"""Digits of a fingerprint in a line: enough to name the object by."""
_HEADER = ("country", "kind", "until", "key", "SHA-256", "name")
_IMPORT_HEADER = ("import", "time", "objects", "source", "on whose word")
_OUT_OF_DATE = ("expired", "overdue", "not-yet-valid")
_OUTCOMES = {True: Role.GOOD, False: Role.BAD, None: Role.DOUBTFUL}
_VOUCHERS = {
    "operator": "named by the operator",
    "pin": "pinned by the operator",
    "nobody": "vouched for by nobody",
}


def trust_list_text(report: trust_schema.TrustListReport, style: Style = plain) -> str:
    """One line an object, or an import, or how many there are of what."""
    if report.imports is not None:
        return joined([columns([_IMPORT_HEADER, *map(_import_row, report.imports)], indent="") if report.imports else ["nothing"]])
    if report.summary is None:
        return joined([_rows(report.objects, style) or ["nothing"]])
    summary = report.summary
    titles = (
        ("Objects", summary.kinds),
        ("Certificates by country", summary.countries),
        ("by validity", summary.validity),
        ("by algorithm of their signature", summary.algorithms),
        ("by key", summary.keys),
        ("by parameters of their curve", summary.parameters),
        ("Revocation lists by validity", summary.revocation_lists),
    )
    return joined([_counted(title, counts, style) for title, counts in titles])


def trust_object_text(report: trust_schema.TrustObjectReport, style: Style = plain) -> str:
    """Everything about one object."""
    found = report.object
    rows = [("kind", _what(found)), ("country", found.country or _EMPTY), _period(found)]
    if found.key is not None:
        parameters = f", {found.parameters} parameters" if found.parameters is not None else ""
        rows += [("key", f"{found.key}{parameters}"), ("signature", found.algorithm or _EMPTY)]
    rows += [(fact.name, fact.value) for fact in report.facts]
    rows.append(("SHA-256", found.fingerprint))
    return joined(
        [
            [style(found.name, Role.HEADING), *columns(rows)],
            table("Departs from its profile", ((each.code, each.text) for each in report.deviations), style),
            [style("Came from", Role.HEADING), *columns([_origin_row(each) for each in report.origins])],
        ]
    )


def trust_audit_text(report: trust_schema.TrustAuditReport, style: Style = plain, *, everything: bool = False) -> str:
    """What is not good, by reason, and how many are; what is good as well, where *everything* is asked for."""
    damage = table("The file has been changed", ((each,) for each in report.damage), style)
    return joined([damage, *_audited(report, style, everything=everything), [_audit_total(report, style)]])


def _audited(report: trust_schema.TrustAuditReport, style: Style, *, everything: bool) -> Iterator[list[str]]:
    """The bad first, then what cannot be verified, each reason with its objects."""
    grouped: dict[tuple[bool | None, str, str], list[trust_schema.TrustObject]] = {}
    for each in report.objects:
        grouped.setdefault((each.ok, each.code, each.text), []).append(each.object)
    for outcome in (False, None, True) if everything else (False, None):
        for (ok, code, text), objects in grouped.items():
            if ok is outcome:
                rows = [_row(each, style) for each in sorted(objects, key=_country)]
                yield [f"{style(code, _OUTCOMES[ok])}: {text}", *columns(rows)]


def _country(each: trust_schema.TrustObject) -> str:
    return each.country or _LAST


def _audit_total(report: trust_schema.TrustAuditReport, style: Style) -> str:
    bad, open_ = (sum(each.ok is outcome for each in report.objects) for outcome in (False, None))
    good = len(report.objects) - bad - open_
    role = Role.BAD if bad or report.damage else Role.DOUBTFUL if open_ else Role.GOOD
    return style(f"{good} verified, {bad} bad, {open_} that cannot be verified", role)


def trust_import_text(report: trust_schema.TrustImportReport, style: Style = plain) -> str:
    """How many went in, and which CSCAs are trusted by it; what did not go in is for stderr."""
    would = "" if report.applied else "would be "
    counts = {
        f"{would}added": len(report.added),
        "known already": len(report.known),
        f"{would}withdrawn": len(report.withdrawn),
        "refused": len(report.refused),
    }
    total = ", ".join(f"{count} {word}" for word, count in counts.items() if count or word.endswith("added"))
    heading = style(total, Role.BAD if report.refused else Role.GOOD)
    lines = [heading if report.applied else f"{heading}: the trust store has not been changed"]
    kinds = Counter(map(_what, report.added))
    anchors = [each for each in report.added if each.fingerprint in report.anchors]
    return joined(
        [
            [*lines, *columns([(kind, f"{count:6}") for kind, count in sorted(kinds.items())])],
            table(f"{would}Trusted on your word alone".capitalize(), map(_anchor, anchors), style),
        ]
    )


def _anchor(each: trust_schema.TrustObject) -> tuple[str, ...]:
    return each.country or "--", each.fingerprint[:_FINGERPRINT], each.name


def trust_change_text(report: trust_schema.TrustChangeReport, style: Style = plain) -> str:
    """What was taken out, or written."""
    done = "exported" if report.action == "exported" else "removed"
    verb = done if report.applied else f"would be {done}"
    count = len(report.objects)
    target = f" to {printable(report.target)}" if report.target is not None else ""
    lines = _rows(report.objects, style) if report.target is None else []
    kept = f"; {len(report.kept)} stay, for another import brought them too" if report.kept else ""
    return joined([lines, [f"{count} object{'' if count == 1 else 's'} {verb}{target}{kept}"]])


def _rows(objects: Sequence[trust_schema.TrustObject], style: Style) -> list[str]:
    """A line each under a header; nothing where there are none."""
    return columns([_HEADER, *(_row(each, style) for each in objects)], indent="") if objects else []


def _row(each: trust_schema.TrustObject, style: Style) -> tuple[str, ...]:
    day = (each.valid_until or _EMPTY).partition("T")[0]
    mark = each.reason or (each.validity if each.validity in _OUT_OF_DATE else None)
    until = style(f"{day} {mark}", Role.BAD) if mark is not None else day
    fingerprint = style(each.fingerprint[:_FINGERPRINT], Role.FAINT)
    return each.country or "--", _what(each), until, each.key or _EMPTY, fingerprint, each.name


def _period(each: trust_schema.TrustObject) -> tuple[str, str]:
    begin, end = each.valid_from or "unknown", each.valid_until or "unknown"
    if each.kind.endswith("-list"):
        return "signed", begin
    return "valid", f"{begin} to {end}" + ("" if each.validity in (None, "valid") else f", {each.validity}")


def _what(each: trust_schema.TrustObject) -> str:
    return each.role or each.kind


def _origin_row(origin: trust_schema.TrustOrigin) -> tuple[str, ...]:
    return f"import {origin.number}", origin.at, f"{origin.source} {origin.place}".rstrip(), _whose(origin)


def _import_row(made: trust_schema.TrustImported) -> tuple[str, ...]:
    origin = made.origin
    return str(origin.number), origin.at, f"{made.count}", origin.source, _whose(origin)


def _whose(origin: trust_schema.TrustOrigin) -> str:
    """On whose word; a list's signer is named, for his certificate is in the list alone."""
    pins = ", ".join(pin[:_FINGERPRINT] for pin in origin.pins)
    if origin.signer is None:
        return _VOUCHERS.get(origin.voucher, origin.voucher) + (f" ({pins})" if pins else "")
    country = f"list of {origin.country}" if origin.country is not None else "list"
    when = f" {origin.signed_at.partition('T')[0]}" if origin.signed_at is not None else ""
    signer = f"{origin.signer_name or 'a signer'} (certificate {origin.signer[:_FINGERPRINT]}, in the list alone)"
    return f"{country}, signed{when} by {signer}" + (f", vouched for by your pin {pins}" if pins else "")


def _counted(title: str, counts: Sequence[trust_schema.Count], style: Style) -> list[str]:
    return table(title, ((each.name, f"{each.count:6}") for each in counts), style)
