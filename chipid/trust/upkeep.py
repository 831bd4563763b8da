# SPDX-License-Identifier: Apache-2.0
"""Keeping a trust store in order: what is out of date, and what the operator does not want any more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from chipid.errors import MalformedData
from chipid.pki.crl import CertificateRevocationList
from chipid.pki.crl_signers import SignatureBudget, judge_list
from chipid.pki.revocation import SIGNATURE_LIMIT
from chipid.trust.database import TrustDatabase
from chipid.trust.objects import Kind, StoredObject, seconds
from chipid.trust.provenance import Import

Outdatedness = Literal["expired", "superseded"]


@dataclass(frozen=True)
class Outdated:
    """An object that is out of date.

    :ivar reason: ``expired`` for a certificate past its notAfter, ``superseded`` for a revocation list that a newer one replaces.
    """

    stored: StoredObject
    reason: Outdatedness


def outdated(database: TrustDatabase, at: datetime) -> tuple[Outdated, ...]:
    """What is out of date at *at*: certificates past their notAfter, and revocation lists for which there is a newer good one.

    A revocation list goes only where an authority's key signed both, and verification takes the newer one for good: anybody can
    write a newer one. One that is merely late stays: what it revokes is revoked.
    """
    moment = seconds(at)
    expired = (
        Outdated(stored, "expired")
        for stored in database.objects(kind=Kind.CERTIFICATE)
        if stored.index.valid_until is not None and stored.index.valid_until < moment
    )
    superseded = (Outdated(stored, "superseded") for stored in _superseded(database, at))
    return (*expired, *superseded)


def expire(database: TrustDatabase, at: datetime) -> tuple[Outdated, ...]:
    """Remove what is :func:`outdated`, in one transaction, and tell what it was; raises :class:`chipid.errors.TrustStoreError`."""
    with database.transaction():
        found = outdated(database, at)
        for each in found:
            database.remove(each.stored)
    return found


def remove(database: TrustDatabase, fingerprint: str) -> StoredObject:
    """Remove one object, in one transaction. The next import of a file that holds it brings it back.

    :param fingerprint: as for :meth:`TrustDatabase.find`.
    :raises ValueError: no fingerprint. :raises KeyError: no object has it, or several do.
    :raises TrustStoreError: the store cannot be changed.
    """
    with database.transaction():
        found = database.find(fingerprint)
        if len(found) != 1:
            raise KeyError("several objects have a fingerprint that begins so" if found else "no object has this fingerprint")
        database.remove(found[0])
    return found[0]


@dataclass(frozen=True)
class Undone:
    """What became of imports that the operator took back.

    :ivar removed: what no other import brought. :ivar kept: what another import brought as well.
    """

    removed: tuple[StoredObject, ...]
    kept: tuple[StoredObject, ...]


def imports_of(database: TrustDatabase, source: str) -> tuple[Import, ...]:
    """The imports of the file or folder *source*, as provenance tells it, and of the lists inside."""
    inside = (f"{source}: ", f"{source.rstrip('/')}/")
    return tuple(each for each in database.imports() if each.source == source or each.source.startswith(inside))


def remove_imports(database: TrustDatabase, numbers: Iterable[int]) -> Undone:
    """Take back the imports *numbers*, in one transaction: each object goes that no other import brought.

    :raises KeyError: there is no import of that number. :raises TrustStoreError: the store cannot be changed.
    """
    with database.transaction():
        unknown = set(numbers := tuple(numbers)).difference(each.id for each in database.imports())
        if unknown:
            raise KeyError(f"no import has the number {min(unknown)}")
        brought = {stored.id: stored for number in numbers for stored in database.of_import(number)}
        for number in numbers:
            database.forget_import(number)
        kept = {number: stored for number, stored in brought.items() if database.origins(stored)}
        removed = tuple(stored for number, stored in brought.items() if number not in kept)
        for stored in removed:
            database.remove(stored)
    return Undone(removed, tuple(kept.values()))


def _superseded(database: TrustDatabase, at: datetime) -> Iterator[StoredObject]:
    """By lists that verification takes for good, each for those of the key that really signed both."""
    newest_first = sorted(
        ((stored.index.valid_from or 0, stored.id) for stored in database.objects(kind=Kind.REVOCATION_LIST)), reverse=True
    )
    replaced: set[tuple[bytes | None, bytes]] = set()
    for issued, number in newest_first:
        stored = database.numbered(number)
        found = judge_list(stored.revocation_list, database, SignatureBudget(SIGNATURE_LIMIT))
        key = (stored.index.issuer, b"" if found.signer is None else found.signer.spki)
        if key in replaced:
            yield stored
        elif not found.problem and issued <= seconds(at) and _is_readable(stored.revocation_list):
            replaced.add(key)


def _is_readable(crl: CertificateRevocationList) -> bool:
    try:
        return crl.entries is not None
    except MalformedData:
        return False
