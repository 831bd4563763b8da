# SPDX-License-Identifier: Apache-2.0
"""The shape of every report, for programs: one object, with ``kind``, ``schema`` and ``version``.

Within a version, fields are only ever added. ``json_schema()`` gives the same as JSON Schema (2020-12).
"""

from __future__ import annotations

from typing import Any

import msgspec

SCHEMA = "chipid-report"
VERSION = 1


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of a report."""


class Report(Part, tag_field="kind", frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole report.

    :ivar schema: always :data:`SCHEMA`. :ivar version: :data:`VERSION`.
    """

    schema: str = SCHEMA
    version: int = VERSION


# What was read ---------------------------------------------------------------------------------------------------


class PersonalField(Part, frozen=True, kw_only=True):
    """A datum about the holder.

    :ivar source: the file it comes from. :ivar number: DG13's number of the field.
    :ivar value: ``None`` where it is empty or hidden; :ivar redacted: which of the two.
    :ivar sensitive: sensitive personal data by law: ethnicity, religion, biometrics.
    """

    source: str
    name: str
    label: str
    number: int | None = None
    value: str | None = None
    redacted: bool = False
    sensitive: bool = False


class Access(Part, frozen=True, kw_only=True):
    """One try to open the chip. :ivar password: the kind, never the value; :ivar source: where it came from."""

    protocol: str
    password: str
    source: str
    result: str
    algorithm: str | None = None
    parameters: str | None = None
    reason: str | None = None


class Offer(Part, frozen=True, kw_only=True):
    """A protocol that the chip offers. :ivar file: where it says so; :ivar signed: that file is one that EF.SOD covers."""

    protocol: str
    algorithm: str
    file: str
    signed: bool
    oid: str | None = None
    protocol_version: int | None = None
    parameters: str | None = None
    key_id: int | None = None


class File(Part, frozen=True, kw_only=True):
    """A file of the chip. :ivar state: ``read``, ``refused``, ``missing``, ``not-asked`` or ``failed``; :ivar size: in octets."""

    name: str
    state: str
    size: int | None = None
    sw: str | None = None
    reason: str | None = None


class Proof(Part, frozen=True, kw_only=True):
    """A run of a protocol that proves the chip genuine; what came of it is for the verdict. :ivar sw: the chip's status word."""

    protocol: str
    done: bool
    sw: str | None = None
    challenge: str | None = None


class Portrait(Part, frozen=True, kw_only=True):
    """The portrait, without the image. :ivar size: of the image file in octets."""

    format: str
    width: int
    height: int
    size: int


class Trouble(Part, frozen=True, kw_only=True):
    """A file that was read and cannot be understood. :ivar offset: in octets; :ivar path: tags, outermost first."""

    file: str
    message: str
    offset: int | None = None
    path: tuple[str, ...] = ()


class Notice(Part, frozen=True, kw_only=True):
    """What the screen must say beside the result."""

    code: str
    text: str


# What was judged -------------------------------------------------------------------------------------------------


class Check(Part, frozen=True, kw_only=True):
    """One check. :ivar name: stable, e.g. ``sod_signature``; :ivar label: as BSI TR-03135-1 calls it."""

    name: str
    label: str
    outcome: str
    reason: str
    detail: str
    deviations: tuple[str, ...] = ()


class Verdict(Part, frozen=True, kw_only=True):
    """The decision, and each check that led to it.

    :ivar decision: ``accepted``, ``rejected`` or ``inconclusive``. :ivar judged_at: RFC 3339.
    """

    decision: str
    policy: str
    reasons: tuple[str, ...]
    deviations: tuple[str, ...]
    checks: tuple[Check, ...]


# Whole reports ---------------------------------------------------------------------------------------------------


class DocumentReport(Report, tag="document", frozen=True, kw_only=True):
    """What was read from a chip, and the verdict on it where one was asked for.

    :ivar read_at: RFC 3339. :ivar complete: False where reading was broken off.
    """

    read_at: str
    reader: str | None
    atr: str | None
    complete: bool
    profile: str
    access: tuple[Access, ...]
    offers: tuple[Offer, ...]
    files: tuple[File, ...]
    proofs: tuple[Proof, ...]
    holder: tuple[PersonalField, ...]
    portrait: Portrait | None
    troubles: tuple[Trouble, ...]
    notes: tuple[str, ...]
    notices: tuple[Notice, ...]
    verdict: Verdict | None = None


class VerdictReport(Report, tag="verdict", frozen=True, kw_only=True):
    """The verdict on evidence."""

    verdict: Verdict
    read_at: str
    complete: bool
    notices: tuple[Notice, ...]


class Reader(Part, frozen=True, kw_only=True):
    """A PC/SC reader. :ivar state: ``empty``, ``card``, ``mute`` or ``in-use``."""

    name: str
    state: str
    atr: str | None = None


class ReadersReport(Report, tag="readers", frozen=True, kw_only=True):
    """All readers."""

    readers: tuple[Reader, ...]


class Node(Part, frozen=True, kw_only=True):
    """A data object. :ivar offset: of its tag, from the start of the file; :ivar length: of its value; both in octets.

    :ivar value: what it says, ``None`` where that is nothing for the screen, or hidden.
    """

    tag: str
    name: str | None
    offset: int
    length: int
    value: str | None = None
    redacted: bool = False
    children: tuple[Node, ...] = ()


class Fact(Part, frozen=True, kw_only=True):
    """Something worth knowing of a file."""

    name: str
    value: str


class FileReport(Report, tag="file", frozen=True, kw_only=True):
    """What a file is. :ivar type: stable, e.g. ``DG13``, ``certificate``, ``evidence``; :ivar title: for people."""

    type: str
    title: str
    size: int
    facts: tuple[Fact, ...] = ()
    holder: tuple[PersonalField, ...] = ()
    structure: tuple[Node, ...] = ()
    truncated: bool = False
    document: DocumentReport | None = None


class IssueReport(Report, tag="issued", frozen=True, kw_only=True):
    """A card image that was made, and where everything lies. :ivar files: the files of the card."""

    card: str
    trust_anchor: str
    files: tuple[File, ...]


AnyReport = DocumentReport | VerdictReport | ReadersReport | FileReport | IssueReport


def json_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of all reports."""
    return msgspec.json.schema(AnyReport)
