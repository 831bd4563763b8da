# SPDX-License-Identifier: Apache-2.0
"""Reports on a trust store as text for a terminal. Every text in them is printable already, but names of files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from chipid.report import trust_schema
from chipid.report.printable import printable
from chipid.report.text import Role, Style, columns, joined, plain, table

_EMPTY = "-"
_FINGERPRINT = 16
"""Digits of a fingerprint in a line: enough to name the object by."""
_VOUCHERS = {
    "operator": "named by the operator",
    "signer": "in a list signed by",
    "pin": "pinned by the operator",
    "nobody": "vouched for by nobody",
}


def trust_list_text(report: trust_schema.TrustListReport, style: Style = plain) -> str:
    """One line an object, or how many there are of what."""
    if report.summary is None:
        return joined([columns([_row(each, style) for each in report.objects], indent="") or ["nothing"]])
    summary = report.summary
    titles = (
        ("Objects", summary.kinds),
        ("Certificates by country", summary.countries),
        ("by validity", summary.validity),
        ("by algorithm of their signature", summary.algorithms),
        ("by key", summary.keys),
        ("by parameters of their curve", summary.parameters),
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


def trust_audit_text(report: trust_schema.TrustAuditReport, style: Style = plain) -> str:
    """Each object with what became of it, and how many are good."""
    lines = [(_outcome(each, style), *_row(each.object, style)) for each in report.objects]
    bad, open_ = (sum(each.ok is outcome for each in report.objects) for outcome in (False, None))
    good = len(report.objects) - bad - open_
    total = f"{good} verified, {bad} bad, {open_} that cannot be verified"
    role = Role.BAD if bad or report.damage else Role.DOUBTFUL if open_ else Role.GOOD
    damage = table("The file has been changed", ((each,) for each in report.damage), style)
    return joined([columns(lines, indent=""), damage, [style(total, role)]])


def trust_import_text(report: trust_schema.TrustImportReport, style: Style = plain) -> str:
    """How many went in; what did not is for stderr."""
    counts = {
        "added": len(report.added),
        "known already": len(report.known),
        "withdrawn": len(report.withdrawn),
        "refused": len(report.refused),
    }
    total = ", ".join(f"{count} {word}" for word, count in counts.items() if count or word == "added")
    heading = style(total, Role.BAD if report.refused else Role.GOOD)
    lines = [heading if report.applied else f"{heading}: the trust store has not been changed"]
    kinds = Counter(map(_what, report.added))
    return joined([[*lines, *columns([(kind, f"{count:6}") for kind, count in sorted(kinds.items())])]])


def trust_change_text(report: trust_schema.TrustChangeReport, style: Style = plain) -> str:
    """What was taken out, or written."""
    done = "exported" if report.action == "exported" else "removed"
    verb = done if report.applied else f"would be {done}"
    count = len(report.objects)
    target = f" to {printable(report.target)}" if report.target is not None else ""
    lines = [_row(each, style) for each in report.objects] if report.target is None else []
    return joined([columns(lines, indent=""), [f"{count} object{'' if count == 1 else 's'} {verb}{target}"]])


def _row(each: trust_schema.TrustObject, style: Style) -> tuple[str, ...]:
    day = (each.valid_until or _EMPTY).partition("T")[0]
    until = style(day, Role.BAD) if each.validity == "expired" else day
    fingerprint = style(each.fingerprint[:_FINGERPRINT], Role.FAINT)
    return each.country or "--", _what(each), until, each.key or _EMPTY, fingerprint, each.name


def _period(each: trust_schema.TrustObject) -> tuple[str, str]:
    begin, end = each.valid_from or "unknown", each.valid_until or "unknown"
    if each.kind.endswith("-list"):
        return "signed", begin
    return "valid", f"{begin} to {end}" + ("" if each.validity in (None, "valid") else f", {each.validity}")


def _what(each: trust_schema.TrustObject) -> str:
    return each.role or each.kind


def _outcome(audited: trust_schema.TrustAudited, style: Style) -> str:
    role = {True: Role.GOOD, False: Role.BAD, None: Role.DOUBTFUL}[audited.ok]
    return style(audited.code, role)


def _origin_row(origin: trust_schema.TrustOrigin) -> tuple[str, ...]:
    whose = _VOUCHERS.get(origin.voucher, origin.voucher)
    if origin.voucher == "signer" and origin.signer is not None:
        country = f"{origin.country}, " if origin.country is not None else ""
        whose = f"{whose} {country}{origin.signer[:_FINGERPRINT]}"
    return origin.at, f"{origin.source} {origin.place}".rstrip(), whose


def _counted(title: str, counts: Sequence[trust_schema.Count], style: Style) -> list[str]:
    return table(title, ((each.name, f"{each.count:6}") for each in counts), style)
