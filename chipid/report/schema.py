# SPDX-License-Identifier: Apache-2.0
"""The shape of every report, for programs: one object, with ``kind``, ``schema`` and ``version``.

Within a version, fields are only ever added. ``chipid.report.json.json_schema()`` gives the same as JSON Schema (2020-12).
"""

from __future__ import annotations

import msgspec

SCHEMA = "chipid-report"
VERSION = 1
MRZ = "mrz"
"""The name of the field that is the whole machine readable zone, with line breaks between its lines."""


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

    :ivar source: the file it comes from. :ivar number: of the field in DG13, of the person in DG16.
    :ivar value: ``None`` where it is empty or hidden; :ivar redacted: which of the two.
    :ivar sensitive: sensitive personal data by law: ethnicity, religion, biometrics.
    :ivar text: of an unknown field that is nothing but a string, the string; :ivar value: holds its octets in hexadecimal.
    """

    source: str
    name: str
    label: str
    number: int | None = None
    value: str | None = None
    redacted: bool = False
    sensitive: bool = False
    text: str | None = None


class Access(Part, frozen=True, kw_only=True):
    """One try to open the chip.

    :ivar password: the kind, never the value; :ivar source: where it came from.
    :ivar mapping: of PACE: ``GM``, ``IM`` or ``CAM``; :ivar cipher: e.g. ``AES-128``; :ivar parameters: the group.
    :ivar offered: how many ways of PACE that chipid speaks EF.CardAccess offers; :ivar strongest: none of them is stronger.
    """

    protocol: str
    password: str
    source: str
    result: str
    algorithm: str | None = None
    parameters: str | None = None
    reason: str | None = None
    mapping: str | None = None
    cipher: str | None = None
    offered: int | None = None
    strongest: bool | None = None


class Offer(Part, frozen=True, kw_only=True):
    """A protocol that the chip offers. :ivar file: where it says so; :ivar signed: that file is one that somebody signs."""

    protocol: str
    algorithm: str
    file: str
    signed: bool
    oid: str | None = None
    protocol_version: int | None = None
    parameters: str | None = None
    key_id: int | None = None


class File(Part, frozen=True, kw_only=True):
    """A file of the chip. :ivar state: ``read``, ``refused``, ``missing``, ``not-asked`` or ``failed``; :ivar size: in octets.

    :ivar deviations: how a file that was read and understood departs from the standard, in stable words.
    """

    name: str
    state: str
    size: int | None = None
    sw: str | None = None
    reason: str | None = None
    deviations: tuple[str, ...] = ()


class Proof(Part, frozen=True, kw_only=True):
    """A run of a protocol that proves the chip genuine; what came of it is for the verdict.

    :ivar protocol: ``AA``, ``CA``, or ``CAM`` within PACE; :ivar protocol_version: of ``CA``. :ivar sw: the chip's status word.
    """

    protocol: str
    done: bool
    sw: str | None = None
    challenge: str | None = None
    protocol_version: int | None = None


class TerminalAuthentication(Part, frozen=True, kw_only=True):
    """How the terminal proved its rights; it says nothing of the document.

    :ivar trust_point: the authority that the chain begins at; :ivar certificates: the holders in it, the terminal last.
    :ivar rights: the data groups granted. :ivar reason: a stable code; :ivar refused: the holder that the chip stopped at, and
        :ivar sw: its status word. :ivar foreseen: ``holder: code``, what the terminal itself has against its chain.
    """

    version: int
    result: str
    trust_point: str | None = None
    certificates: tuple[str, ...] = ()
    rights: tuple[str, ...] = ()
    reason: str | None = None
    refused: str | None = None
    sw: str | None = None
    foreseen: tuple[str, ...] = ()


class Signer(Part, frozen=True, kw_only=True):
    """Who says that he signed a file; whether he did, and may, is for the verdict.

    :ivar file: ``EF.SOD`` or ``EF.CardSecurity``.
    """

    file: str
    subject: str
    issuer: str


class Portrait(Part, frozen=True, kw_only=True):
    """The portrait, without the image. :ivar size: of the image file in octets."""

    format: str
    width: int
    height: int
    size: int


class Images(Part, frozen=True, kw_only=True):
    """Pictures that one file holds beside the portrait, without them.

    :ivar shows: ``face``, ``finger``, ``iris``, ``displayed-portrait``, ``signature``, ``proof-of-citizenship``, ``front-image`` or
        ``rear-image``.
    :ivar format: as :attr:`Portrait.format`, or ``unknown``; :ivar count: how many there are of it; :ivar size: of all of these in
        octets.
    """

    file: str
    shows: str
    format: str
    count: int
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


class CodeDecision(Part, frozen=True, kw_only=True):
    """What one code of one check did to the verdict.

    :ivar check: a check's name; :ivar code: its reason, or one of its deviations.
    :ivar effect: ``tolerated``, ``not counted``, ``inconclusive`` or ``rejected``. :ivar meaning: the code in a sentence.
    """

    check: str
    code: str
    effect: str
    meaning: str


class PathCertificate(Part, frozen=True, kw_only=True):
    """A certificate of the path from EF.SOD's signer to whom the operator trusts.

    :ivar role: ``document-signer``, ``link`` or ``csca``. :ivar fingerprint: SHA-256, hexadecimal.
    :ivar anchor: the operator trusts it, and the verdict rests on it.
    :ivar origins: where it came from, in words, where the trust store keeps that.
    """

    role: str
    subject: str
    fingerprint: str
    anchor: bool = False
    origins: tuple[str, ...] = ()


class RevocationList(Part, frozen=True, kw_only=True):
    """A revocation list that answered. :ivar this_update: and :ivar next_update: RFC 3339. :ivar number: decimal."""

    issuer: str
    this_update: str
    next_update: str | None = None
    number: str | None = None


class Verdict(Part, frozen=True, kw_only=True):
    """The decision, each check that led to it, and what it rests on.

    :ivar decision: ``accepted``, ``rejected`` or ``inconclusive``.
    :ivar reasons: the codes that kept it from ``accepted``. :ivar decisions: what the policy made of every code.
    :ivar reservation: what such an acceptance does not rule out, in a sentence; ``None`` where there is nothing to say.
    :ivar path: document signer first; shorter, or empty, where no anchor was reached.
    :ivar revocation_lists: those that counted for it.
    """

    decision: str
    policy: str
    reasons: tuple[str, ...]
    deviations: tuple[str, ...]
    checks: tuple[Check, ...]
    decisions: tuple[CodeDecision, ...] = ()
    reservation: str | None = None
    path: tuple[PathCertificate, ...] = ()
    revocation_lists: tuple[RevocationList, ...] = ()


# Whole reports ---------------------------------------------------------------------------------------------------


class DocumentReport(Report, tag="document", frozen=True, kw_only=True):
    """What was read from a chip, and the verdict on it where one was asked for.

    :ivar read_at: RFC 3339. :ivar complete: False where reading was broken off. :ivar judged_at: the time of the verdict, RFC 3339.
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
    signers: tuple[Signer, ...] = ()
    terminal_authentication: TerminalAuthentication | None = None
    images: tuple[Images, ...] = ()
    judged_at: str | None = None


class VerdictReport(Report, tag="verdict", frozen=True, kw_only=True):
    """The verdict on evidence. :ivar read_at: and :ivar judged_at: RFC 3339; the verdict is the one as of the latter."""

    verdict: Verdict
    read_at: str
    complete: bool
    notices: tuple[Notice, ...]
    access: tuple[Access, ...] = ()
    signers: tuple[Signer, ...] = ()
    terminal_authentication: TerminalAuthentication | None = None
    judged_at: str | None = None


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

    :ivar value: what it says, ``None`` where that is nothing for the screen.
    :ivar redacted: never: what has to be hidden is not in the tree, see :attr:`FileReport.structure_redacted`.
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
    """What a file is. :ivar type: stable, e.g. ``DG13``, ``certificate``, ``evidence``; :ivar title: for people.

    :ivar structure_redacted: the structure is hidden, since places and lengths tell what the values are.
    """

    type: str
    title: str
    size: int
    facts: tuple[Fact, ...] = ()
    holder: tuple[PersonalField, ...] = ()
    structure: tuple[Node, ...] = ()
    truncated: bool = False
    document: DocumentReport | None = None
    structure_redacted: bool = False


class IssueReport(Report, tag="issued", frozen=True, kw_only=True):
    """A card image that was made, and where everything lies. :ivar files: the files of the card."""

    card: str
    trust_anchor: str
    files: tuple[File, ...]


class CvHolder(Part, frozen=True, kw_only=True):
    """The holder of a CV certificate that was made. :ivar certificate: its file; :ivar key: the file of its private key.

    :ivar role: ``cvca``, ``dv`` or ``terminal``; :ivar effective: and :ivar expiration: its days, ISO 8601.
    """

    name: str
    role: str
    certificate: str
    key: str
    rights: tuple[str, ...]
    effective: str
    expiration: str


class TerminalReport(Report, tag="terminal", frozen=True, kw_only=True):
    """A test terminal that was made, and those above it."""

    holders: tuple[CvHolder, ...]
