# SPDX-License-Identifier: Apache-2.0
"""The shape of reports on a trust store, as :mod:`chipid.report.schema` has that of others."""

from __future__ import annotations

from chipid.report.schema import Fact, Part, Report


class TrustObject(Part, frozen=True, kw_only=True):
    """An object of a trust store, or one that an import brought.

    :ivar fingerprint: SHA-256 of all octets, hexadecimal. :ivar kind: ``certificate``, ``crl``, ``master-list``, ``deviation-list``
        or ``defect-list``. :ivar role: of a certificate: ``csca``, ``link``, ``list-signer`` or ``document-signer``.
    :ivar country: two capital letters. :ivar name: whose it is. :ivar place: the file that brought it, and where in it.
    :ivar valid_from: notBefore, thisUpdate, or when a list was signed; :ivar valid_until: notAfter or nextUpdate. RFC 3339.
    :ivar validity: now: ``valid`` or ``not-yet-valid``; of a certificate also ``expired``, of a revocation list ``overdue``.
    :ivar key: of a certificate, e.g. ``brainpoolP384r1``; :ivar parameters: of a key on a curve: ``named`` or ``explicit``.
    :ivar algorithm: of a certificate's signature, e.g. ``sha384-ecdsa``.
    :ivar reason: why it is out of date: ``expired``, or ``superseded`` by a newer revocation list.
    """

    fingerprint: str
    kind: str
    name: str
    role: str | None = None
    country: str | None = None
    place: str | None = None
    valid_from: str | None = None
    valid_until: str | None = None
    validity: str | None = None
    key: str | None = None
    parameters: str | None = None
    algorithm: str | None = None
    reason: str | None = None


class TrustProblem(Part, frozen=True, kw_only=True):
    """What was refused, or is wrong, or has to be said. :ivar code: stable; :ivar text: a sentence; :ivar place: where it is."""

    place: str
    code: str
    text: str
    kind: str | None = None


class TrustOrigin(Part, frozen=True, kw_only=True):
    """Where an object came from.

    :ivar at: when it was imported, RFC 3339. :ivar source: the file, and the list in it; :ivar place: where in that.
    :ivar sha256: of the file or the list. :ivar voucher: on whose word: ``operator``, ``signer``, ``pin`` or ``nobody``.
    :ivar signer: of a list: his certificate's SHA-256, which is in the list alone; :ivar signer_name: and whose it is;
        :ivar country: his; :ivar signed_at: as he says. :ivar number: of the import, as ``remove --import`` takes it.
    """

    at: str
    source: str
    place: str
    sha256: str
    voucher: str
    signer: str | None = None
    country: str | None = None
    signed_at: str | None = None
    pins: tuple[str, ...] = ()
    signer_name: str | None = None
    number: int = 0


class TrustImported(Part, frozen=True, kw_only=True):
    """One import of a store: a file, or a signed list in one. :ivar count: objects that it brought."""

    origin: TrustOrigin
    count: int


class Deviation(Part, frozen=True, kw_only=True):
    """How an object departs from its profile. :ivar code: stable; :ivar text: a sentence."""

    code: str
    text: str


class Count(Part, frozen=True, kw_only=True):
    """How many there are of something."""

    name: str
    count: int


class TrustSummary(Part, frozen=True, kw_only=True):
    """How many objects there are of each kind, certificates by what they are, and revocation lists by whether they are in date."""

    kinds: tuple[Count, ...]
    countries: tuple[Count, ...]
    validity: tuple[Count, ...]
    algorithms: tuple[Count, ...]
    keys: tuple[Count, ...]
    parameters: tuple[Count, ...]
    revocation_lists: tuple[Count, ...] = ()


class TrustImportReport(Report, tag="trust-import", frozen=True, kw_only=True):
    """What an import did. :ivar applied: whether the store was changed; :ivar known: what was there already.

    :ivar withdrawn: what a newer list took away. :ivar anchors: of what was added: the fingerprints of self-signed CSCAs that are
        trusted because the operator named their file, or pinned them in a directory.
    """

    store: str
    applied: bool
    added: tuple[TrustObject, ...]
    known: tuple[TrustObject, ...]
    withdrawn: tuple[TrustObject, ...]
    refused: tuple[TrustProblem, ...]
    notes: tuple[TrustProblem, ...]
    anchors: tuple[str, ...] = ()


class TrustListReport(Report, tag="trust-list", frozen=True, kw_only=True):
    """What a trust store holds: its objects, or how many there are of which kind, or the imports that brought them."""

    store: str
    objects: tuple[TrustObject, ...] = ()
    summary: TrustSummary | None = None
    imports: tuple[TrustImported, ...] | None = None


class TrustObjectReport(Report, tag="trust-object", frozen=True, kw_only=True):
    """One object of a trust store. :ivar facts: what else there is to know of it."""

    store: str
    object: TrustObject
    facts: tuple[Fact, ...]
    deviations: tuple[Deviation, ...]
    origins: tuple[TrustOrigin, ...]


class TrustAudited(Part, frozen=True, kw_only=True):
    """What became of one object.

    :ivar signature: that was looked for: ``self-signed``, ``link``, ``issued`` or ``list``; :ivar ok: whether it is good, ``None``
        where that cannot be decided. :ivar code: ``ok``, or a stable reason; :ivar text: a sentence.
    :ivar by: the fingerprint of the certificate whose key made it.
    """

    object: TrustObject
    signature: str
    ok: bool | None
    code: str
    text: str
    by: str | None = None
    deviations: tuple[str, ...] = ()


class TrustAuditReport(Report, tag="trust-audit", frozen=True, kw_only=True):
    """Every object of a trust store verified. :ivar damage: what its file says that its objects do not."""

    store: str
    objects: tuple[TrustAudited, ...]
    damage: tuple[str, ...] = ()


class TrustChangeReport(Report, tag="trust-change", frozen=True, kw_only=True):
    """What was taken out of a trust store, or written from it.

    :ivar action: ``removed``, ``expired`` or ``exported``; :ivar applied: False for a dry run. :ivar target: of an export.
    :ivar kept: of imports that were taken back: what another import brought as well.
    """

    store: str
    action: str
    applied: bool
    objects: tuple[TrustObject, ...]
    target: str | None = None
    kept: tuple[TrustObject, ...] = ()
