# SPDX-License-Identifier: Apache-2.0
"""Whether everything in a trust store is what it says: each signature verified by its issuer, or the reason why not.

A name or a key identifier proposes an issuer, and signatures decide, as in chain building. Dates are not judged here: a CSCA that
is out of date still shows whom it certified.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from chipid.errors import MalformedData, TrustStoreError, UnsupportedFeature
from chipid.pki.certificate import Certificate
from chipid.pki.signatures import SignatureFinding
from chipid.trust.database import TrustDatabase
from chipid.trust.objects import Kind, Role, StoredObject
from chipid.trust.provenance import Voucher
from chipid.trust.signed_lists import SignedList, admit

Relation = Literal["self-signed", "link", "issued", "list"]


@dataclass(frozen=True)
class ObjectFinding:
    """What one object shows.

    :ivar relation: which signature was looked for: a CSCA's own, a link's, another certificate's or revocation list's, a list's.
    :ivar ok: whether it is good; ``None`` where it cannot be decided.
    :ivar reason: ``ok``; ``signature-invalid``; ``issuer-not-in-store``; ``issuer-key-unknown``, where its issuer's name is there
        and the key that it names is not; ``unsupported-algorithm``; ``malformed-key``; ``store-damaged``, where a look-up met a
        row that is not what it says; ``malformed-`` and its kind; or a list's reason.
    :ivar by: the fingerprint of the certificate whose key made the signature. :ivar deviations: what is odd about it.
    """

    stored: StoredObject
    relation: Relation
    ok: bool | None
    reason: str
    detail: str
    by: str | None = None
    deviations: tuple[str, ...] = ()


@dataclass(frozen=True)
class AuditReport:
    """A whole store.

    :ivar damage: what the file says that its octets do not; empty for a store that nobody tampered with.
    """

    findings: tuple[ObjectFinding, ...]
    damage: tuple[str, ...]

    @property
    def unverified(self) -> tuple[ObjectFinding, ...]:
        """The findings that are not good, with their reasons."""
        return tuple(finding for finding in self.findings if not finding.ok)


def audit(database: TrustDatabase, at: datetime) -> AuditReport:
    """Verify everything in *database*.

    :param at: the moment at which signed lists are judged.
    """
    damage, sound = database.examine()
    return AuditReport(tuple(_told(stored, database, at) for stored in sound), damage)


def _told(stored: StoredObject, database: TrustDatabase, at: datetime) -> ObjectFinding:
    """What one object shows; one that cannot be judged does not stand in the way of the others."""
    signed_list = stored.kind not in (Kind.CERTIFICATE, Kind.REVOCATION_LIST)
    relation: Relation = "list" if signed_list else "issued"
    try:
        return _finding(stored, database, at)
    except TrustStoreError as error:
        return ObjectFinding(stored, relation, None, "store-damaged", str(error))
    except MalformedData as error:
        return ObjectFinding(stored, relation, False, f"malformed-{stored.kind}", str(error))


def _finding(stored: StoredObject, database: TrustDatabase, at: datetime) -> ObjectFinding:
    if stored.kind is Kind.CERTIFICATE:
        return _certificate_finding(stored, database)
    if stored.kind is Kind.REVOCATION_LIST:
        crl = stored.revocation_list
        # Another name's key signs no list of this one, whatever key the list names: so it is where the list is used.
        return _verify(stored, "issued", database.authorities_named(crl.issuer), crl.verified_by)
    return _list_finding(stored, database, at)


def _certificate_finding(stored: StoredObject, database: TrustDatabase) -> ObjectFinding:
    certificate = stored.certificate
    others = [each for each in database.named_by(certificate) if each != certificate]
    if not certificate.is_self_issued:
        return _verify(stored, "link" if stored.index.role is Role.LINK else "issued", others, certificate.verified_by)
    # Identifiers that are wrong make neither a link of a CSCA nor a CSCA of a link: what verifies counts.
    own = _verify(stored, "self-signed", (certificate,), certificate.verified_by)
    if own.ok:
        return own
    link = _verify(stored, "link", others, certificate.verified_by)
    return link if link.ok or stored.index.role is not Role.CSCA else own


def _verify(
    stored: StoredObject,
    relation: Relation,
    issuers: Sequence[Certificate],
    verified_by: Callable[[Certificate], SignatureFinding],
) -> ObjectFinding:
    """Try each of *issuers*; of those that fail, the most telling reason counts."""
    failures = {"issuer-not-in-store": "No certificate in the store is its issuer's."}
    for issuer in issuers:
        try:
            found = verified_by(issuer)
        except UnsupportedFeature as error:
            failures["unsupported-algorithm"] = str(error)
        except MalformedData as error:
            failures["malformed-key"] = f"The issuer's key, or the algorithm, is malformed: {error}"
        else:
            if found.valid:
                return ObjectFinding(stored, relation, True, "ok", "The signature is good.", issuer.fingerprint, found.deviations)
            failures["signature-invalid"] = _WRONG_KEY[relation]
    if "signature-invalid" in failures and _names_another_key(stored, issuers):
        failures["issuer-key-unknown"] = "Its issuer's name is in the store, and the key that it names is not."
    reason = next(code for code in _MOST_TELLING if code in failures)
    return ObjectFinding(stored, relation, False if reason in _WRONG else None, reason, failures[reason])


def _names_another_key(stored: StoredObject, issuers: Sequence[Certificate]) -> bool:
    """Whether *stored* names its issuer's key, and none of *issuers* has it."""
    certificate = stored.certificate if stored.kind is Kind.CERTIFICATE else stored.revocation_list
    key_id = certificate.authority_key_id
    return key_id is not None and not any(key_id in issuer.key_identifiers for issuer in issuers)


_WRONG_KEY: dict[Relation, str] = {
    "self-signed": "Its own key did not make its signature.",
    "link": "None of the keys that are known under its issuer's name made its signature.",
    "issued": "None of the keys that are known under its issuer's name made its signature.",
}
_MOST_TELLING = ("unsupported-algorithm", "issuer-key-unknown", "malformed-key", "signature-invalid", "issuer-not-in-store")
_WRONG = frozenset({"signature-invalid", "malformed-key"})


def _list_finding(stored: StoredObject, database: TrustDatabase, at: datetime) -> ObjectFinding:
    """Judged as when it was imported, with the pins that were given then."""
    origins = [origin.imported for origin in database.origins(stored)]
    pins = frozenset(pin for each in origins for pin in each.pins)
    read = SignedList.parse(stored.kind, stored.octets)
    found = admit(read, stored.fingerprint, database, pins, at)
    if found.refused is not None:
        return ObjectFinding(stored, "list", found.refused.ok, found.refused.reason, found.refused.detail)
    signer = None if found.signer is None else found.signer.fingerprint
    detail = "The operator pinned it." if found.voucher is Voucher.PIN else "The signature is good."
    return ObjectFinding(stored, "list", True, "ok", detail, signer, found.deviations)
