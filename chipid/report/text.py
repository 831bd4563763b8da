# SPDX-License-Identifier: Apache-2.0
"""Reports as text for a terminal. What matters most stands first; nothing in here can steer the terminal."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import Enum

from chipid.normalisation import normalised
from chipid.report import schema
from chipid.report.printable import printable
from chipid.report.redact import HIDDEN


class Role(Enum):
    """What a piece of text is, for whoever colours it."""

    GOOD = "good"
    BAD = "bad"
    DOUBTFUL = "doubtful"
    HEADING = "heading"
    FAINT = "faint"


Style = Callable[[str, Role], str]
"""Colours a piece of text; it must not change what the text says."""


def plain(text: str, _role: Role) -> str:
    """No colours."""
    return text


_DECISIONS = {
    "accepted": ("ACCEPTED", Role.GOOD),
    "rejected": ("REJECTED", Role.BAD),
    "inconclusive": ("INCONCLUSIVE", Role.DOUBTFUL),
}
_OUTCOMES = {
    "SUCCESSFUL": ("ok", Role.GOOD),
    "FAILED": ("FAILED", Role.BAD),
    "UNDETERMINED": ("undetermined", Role.DOUBTFUL),
    "ABORTED": ("aborted", Role.DOUBTFUL),
    "NOT_SUPPORTED": ("not supported", Role.FAINT),
    "NOT_PERFORMED": ("not performed", Role.FAINT),
}
_EMPTY = "-"
_SCREEN = 80
_INDENT, _GAP, _MARGIN = "  ", "  ", "      "
_AGAINST = ("FAILED", "UNDETERMINED", "ABORTED")
"""Outcomes that tell against a document, the heaviest first."""
_ROLES = {"document-signer": "document signer", "link": "link certificate", "csca": "CSCA certificate"}
_TOLD_WHEN_PASSED = frozenset({"access", "terminal_authentication", "chip_authenticity"})
"""Checks that can pass in more than one way."""


def document_text(report: schema.DocumentReport, style: Style = plain) -> str:
    """A document report."""
    sections = [
        verdict_lines(report.verdict, style) if report.verdict is not None else [],
        _origin(report),
        _holder(report, style),
        _access(report.access, style),
        table("Files", (_file_row(file) for file in report.files), style),
        table("The chip offers", (_offer_row(offer) for offer in report.offers), style),
        table("Proofs", (_proof_row(proof) for proof in report.proofs), style),
        _rights(report.terminal_authentication, style),
        *_signers(report.signers, report.verdict, style),
        _rests_on(report.verdict, style) if report.verdict is not None else [],
        table("Not understood", ((trouble.file, trouble.message) for trouble in report.troubles), style),
        table("Remarks", ((note,) for note in report.notes), style),
        notice_lines(report.notices, style),
    ]
    return joined(sections)


def verdict_text(report: schema.VerdictReport, style: Style = plain) -> str:
    """A verdict report."""
    sections = [
        verdict_lines(report.verdict, style),
        _moments(report),
        _access(report.access, style),
        _rights(report.terminal_authentication, style),
        *_signers(report.signers, report.verdict, style),
        _rests_on(report.verdict, style),
        notice_lines(report.notices, style),
    ]
    return joined(sections)


def readers_text(report: schema.ReadersReport, style: Style = plain) -> str:
    """The readers, one a line."""
    rows = [(reader.name, reader.state, style(reader.atr, Role.FAINT) if reader.atr else "") for reader in report.readers]
    return joined([columns(rows, indent="")])


def terminal_text(report: schema.TerminalReport, style: Style = plain) -> str:
    """A test terminal, and those above it."""
    rows = [
        (
            each.role,
            style(each.name, Role.HEADING),
            f"{each.effective} to {each.expiration}",
            ", ".join(each.rights) or "no rights",
            printable(each.certificate),
        )
        for each in report.holders
    ]
    return joined([columns(rows, indent="")])


def issue_text(report: schema.IssueReport, style: Style = plain) -> str:
    """What was issued."""
    rows = [("card image", printable(report.card)), ("trust anchor", printable(report.trust_anchor))]
    return joined([columns(rows, indent=""), table("Files", (_file_row(file) for file in report.files), style)])


def file_text(report: schema.FileReport, style: Style = plain) -> str:
    """What a file is."""
    sections = [
        [f"{style(report.title, Role.HEADING)}, {report.size} octets"],
        columns([(fact.name, fact.value) for fact in report.facts]),
        _field_lines(report.holder),
        document_text(report.document, style).splitlines() if report.document is not None else [],
        list(_tree(report.structure)),
        ["… and more"] if report.truncated else [],
        [f"Structure {HIDDEN} (--show-personal shows it)"] if report.structure_redacted else [],
    ]
    return joined(sections)


def verdict_lines(verdict: schema.Verdict, style: Style) -> list[str]:
    """The decision, why it is no better, every check, and what was let pass."""
    word, role = _DECISIONS[verdict.decision]
    lines = [style(word, role)]
    if verdict.reservation is not None:
        lines.append(verdict.reservation)
    if verdict.reasons:
        lines += ["because of:", *columns(_reasons(verdict))]
    if verdict.deviations:
        lines.append(f"deviations: {', '.join(verdict.deviations)}")
    rows = []
    for check in verdict.checks:
        outcome, outcome_role = _OUTCOMES[check.outcome]
        reason = "" if check.reason == "ok" else check.reason
        told = reason or check.name in _TOLD_WHEN_PASSED
        rows.append((style(f"{outcome:13}", outcome_role), check.label, reason, check.detail if told else ""))
    lines += ["", f"Checks, policy {verdict.policy}", *columns(rows)]
    passed = table("Let pass", _let_pass(verdict), style)
    return [*lines, "", *passed] if passed else lines


def _reasons(verdict: schema.Verdict) -> list[tuple[str, str]]:
    """Each reason with its meaning, those that reject before those that leave it open."""
    counted = (each for effect in ("rejected", "inconclusive") for each in verdict.decisions if each.effect == effect)
    meanings = {each.code: each.meaning for each in counted}
    return list((meanings | {code: "" for code in verdict.reasons if code not in meanings}).items())


def _let_pass(verdict: schema.Verdict) -> list[tuple[str, str, str]]:
    """What the policy tolerates, and what failed or is open and does not count: an officer sees what it was and what it means.

    The heaviest stands first; a code of several checks stands once.
    """
    checks = {check.name: check for check in verdict.checks}
    found: list[tuple[int, schema.CodeDecision]] = []
    for each in verdict.decisions:
        check = checks[each.check]
        is_reason = each.code == check.reason or each.code not in check.deviations
        weight = _AGAINST.index(check.outcome) if is_reason and check.outcome in _AGAINST else len(_AGAINST)
        if each.effect == "tolerated" or (each.effect == "not counted" and weight < len(_AGAINST)):
            found.append((weight, each))
    found.sort(key=lambda pair: pair[0])
    labels: dict[str, dict[str, None]] = {}
    for _, each in found:
        labels.setdefault(each.code, {})[checks[each.check].label] = None
    meanings = {each.code: each.meaning for _, each in found}
    return [(code, ", ".join(labels[code]), meaning) for code, meaning in meanings.items()]


def notice_lines(notices: Sequence[schema.Notice], style: Style) -> list[str]:
    """What the screen must say."""
    return table("Bear in mind", ((notice.text,) for notice in notices), style)


def _moments(report: schema.VerdictReport) -> list[str]:
    judged = [f"Judged as of {report.judged_at}"] if report.judged_at is not None else []
    return [f"Read {report.read_at}", *judged]


def _origin(report: schema.DocumentReport) -> list[str]:
    rows = [("Read", report.read_at), ("Reader", report.reader or _EMPTY), ("ATR", report.atr or _EMPTY)]
    if report.judged_at is not None:
        rows.insert(1, ("Judged as of", report.judged_at))
    if not report.complete:
        rows.append(("Reading", "was broken off"))
    return columns(rows, indent="")


def _holder(report: schema.DocumentReport, style: Style) -> list[str]:
    rows = _field_lines(report.holder)
    if report.portrait is not None:
        face = report.portrait
        rows.append(f"  Portrait: {face.format}, {face.width} × {face.height} pixels, {face.size} octets")
    rows += map(_image_line, report.images)
    if not rows:
        return []
    hidden = any(field.redacted for field in report.holder)
    title = "Holder" + (style(" (--show-personal shows what is hidden)", Role.FAINT) if hidden else "")
    return [style(title, Role.HEADING), *rows]


def _image_line(images: schema.Images) -> str:
    return f"  {images.file}, {images.shows.replace('-', ' ')}: {images.count} {images.format}, {images.size} octets"


def _field_lines(fields: Sequence[schema.PersonalField]) -> list[str]:
    """A field a line; a value that the screen has no room for beside its label, or that has lines of its own, stands below it."""
    values = [_shown(field) for field in fields]
    labels = [(field.source, field.label, "") for field in fields]
    room = _SCREEN - len(_INDENT) - sum(width + len(_GAP) for width in _widths(labels))
    beside = [lines[0] if len(lines) == 1 and _width(lines[0]) <= room else "" for lines in values]
    rows = columns([(source, label, value) for (source, label, _), value in zip(labels, beside, strict=True)])
    shown: list[str] = []
    for row, value, lines in zip(rows, beside, values, strict=True):
        shown += [row] if [value] == lines else [row, *(piece for line in lines for piece in _wrapped(line))]
    return shown


def _wrapped(text: str) -> Iterator[str]:
    """*text* between the margins, broken between words, and inside one that is longer than a line."""
    room = _SCREEN - len(_MARGIN)
    line, used = "", 0
    for piece in (piece for word in text.split(" ") for piece in _pieces(word, room)):
        cells = _width(piece)
        if line and used + 1 + cells > room:
            yield _MARGIN + line
            line, used = "", 0
        line, used = (f"{line} {piece}", used + 1 + cells) if line else (piece, cells)
    yield _MARGIN + line


def _pieces(word: str, room: int) -> Iterator[str]:
    """*word* in parts of at most *room* cells; marks stay with their letter."""
    start = used = 0
    for place, character in enumerate(word):
        cells = _cells(character)
        if used + cells > room:
            yield word[start:place]
            start, used = place, 0
        used += cells
    yield word[start:]


def _shown(field: schema.PersonalField) -> list[str]:
    """The lines of a value: several in the machine readable zone alone, for a text with line breaks could forge other fields."""
    if field.redacted:
        return [HIDDEN]
    if field.text is not None:
        return [f'"{printable(field.text)}"']
    if field.value is None:
        return [_EMPTY]
    lines = field.value.split("\n") if field.name == schema.MRZ else [field.value]
    return [printable(line) for line in lines]


def _access(attempts: Sequence[schema.Access], style: Style) -> list[str]:
    rows = []
    for attempt in attempts:
        how = [part for part in (attempt.algorithm, attempt.parameters) if part]
        if attempt.offered is not None:
            which = "the strongest" if attempt.strongest else "not the strongest"
            how.append(f"{which} of {attempt.offered} offered")
        source = f" from {attempt.source}" if attempt.source not in ("", attempt.password) else ""
        result = attempt.result if attempt.reason is None else f"{attempt.result}: {attempt.reason}"
        rows.append((attempt.protocol, f"with {attempt.password.upper()}{source}", result, ", ".join(how)))
    return table("Access", rows, style)


def _rights(record: schema.TerminalAuthentication | None, style: Style) -> list[str]:
    """The terminal's rights: granted, or why not."""
    if record is None:
        return []
    rows = [("result", record.result if record.reason is None else f"{record.result}: {record.reason}")]
    if record.certificates:
        rows.append(("chain", " > ".join((record.trust_point or _EMPTY, *record.certificates))))
    if record.result == "done":
        rows.append(("granted", ", ".join(record.rights) or "nothing"))
    if record.refused is not None:
        rows.append(("refused", f"{record.refused} ({record.sw})" if record.sw is not None else record.refused))
    elif record.sw is not None:
        rows.append(("answer", record.sw))
    rows += [("foreseen", foreseen) for foreseen in record.foreseen]
    return table(f"Terminal Authentication, version {record.version}", rows, style)


def _signers(signers: Sequence[schema.Signer], verdict: schema.Verdict | None, style: Style) -> Iterator[list[str]]:
    """Who signed; and apart from them who only says so, since nobody trusts him, or nobody has asked."""
    outcomes = {check.name: check.outcome for check in verdict.checks} if verdict is not None else {}
    for title, wanted in (("Signed by", True), ("Says that it was signed by", False)):
        chosen = [each for each in signers if _is_trusted(each, outcomes) is wanted]
        yield table(title, ((each.file, each.subject, f"certified by {each.issuer}") for each in chosen), style)


def _is_trusted(signer: schema.Signer, outcomes: Mapping[str, str]) -> bool:
    asked = {"EF.SOD": ("sod_signature", "trust_status"), "EF.CardSecurity": ("card_security",)}.get(signer.file, ())
    revoked = signer.file == "EF.SOD" and outcomes.get("revocation") == "FAILED"
    return bool(asked) and all(outcomes.get(check) == "SUCCESSFUL" for check in asked) and not revoked


def _rests_on(verdict: schema.Verdict, style: Style) -> list[str]:
    """The path and the revocation lists; what was trusted is told with its whole fingerprint, to be compared with the issuer's."""
    rows: list[tuple[str, str, str]] = []
    for each in verdict.path:
        role = "trust anchor" if each.anchor else _ROLES.get(each.role, each.role)
        rows.append((role, each.subject, f"SHA-256 {each.fingerprint}"))
        rows += (("", "", f"from {origin}") for origin in each.origins)
    for crl in verdict.revocation_lists:
        number = f"number {crl.number}, " if crl.number is not None else ""
        due = f", the next by {crl.next_update}" if crl.next_update is not None else ""
        rows.append(("revocation list", crl.issuer, f"{number}of {crl.this_update}{due}"))
    anchored = any(each.anchor for each in verdict.path)
    return table("Rests on" if anchored else "Leads to, and is not trusted", rows, style)


def _file_row(file: schema.File) -> tuple[str, ...]:
    if file.size is not None:
        departs = f", deviations: {', '.join(file.deviations)}" if file.deviations else ""
        return file.name, f"{file.size} octets{departs}"
    why = ", ".join(part for part in (file.sw, file.reason) if part and part != file.state)
    return file.name, f"{file.state} ({why})" if why else file.state


def _offer_row(offer: schema.Offer) -> tuple[str, ...]:
    extra = [offer.parameters] if offer.parameters else []
    extra += [f"version {offer.protocol_version}"] if offer.protocol_version is not None else []
    extra += [f"key {offer.key_id}"] if offer.key_id is not None else []
    return offer.file, ", ".join([offer.algorithm, *extra])


def _proof_row(proof: schema.Proof) -> tuple[str, ...]:
    result = "answered" if proof.done else "no answer"
    version = f" version {proof.protocol_version}" if proof.protocol_version is not None else ""
    status = f" ({proof.sw})" if proof.sw is not None else ""
    return f"{proof.protocol}{version}", f"{result}{status}", f"challenge {proof.challenge}" if proof.challenge else ""


def _tree(nodes: Sequence[schema.Node], depth: int = 0) -> Iterator[str]:
    for node in nodes:
        name = f" {node.name}" if node.name else ""
        value = f"  {HIDDEN}" if node.redacted else f"  {printable(node.value)}" if node.value is not None else ""
        yield f"{node.offset:6}  {'  ' * depth}{node.tag}{name}, {node.length} octets{value}"
        yield from _tree(node.children, depth + 1)


def table(title: str, rows: Iterable[tuple[str, ...]], style: Style) -> list[str]:
    """A heading with rows below it; nothing where there are none."""
    lines = columns(list(rows))
    return [style(title, Role.HEADING), *lines] if lines else []


def columns(rows: Sequence[tuple[str, ...]], indent: str = _INDENT) -> list[str]:
    """Rows with their columns below each other; the last column is not padded."""
    widths = _widths(rows)
    return [
        (
            indent + _GAP.join([*(cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=False)), row[-1]])
        ).rstrip()
        for row in rows
    ]


def _widths(rows: Sequence[tuple[str, ...]]) -> list[int]:
    """Of all columns but the last."""
    return [max(_width(cell) for cell in column) for column in zip(*(row[:-1] for row in rows), strict=True)]


def _width(text: str) -> int:
    """Cells on a terminal; colours take none."""
    return sum(map(_cells, _without_colours(normalised("NFC", text))))


def _cells(character: str) -> int:
    """Combining marks take no cell of their own."""
    return 0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _without_colours(text: str) -> str:
    kept, _, rest = text.partition("\x1b[")
    while rest:
        _, _, rest = rest.partition("m")
        part, _, rest = rest.partition("\x1b[")
        kept += part
    return kept


def joined(sections: Iterable[Sequence[str]]) -> str:
    """Sections with an empty line between each; those without lines are left out."""
    return "\n\n".join("\n".join(section) for section in sections if section) + "\n"
