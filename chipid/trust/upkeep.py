# SPDX-License-Identifier: Apache-2.0
"""Keeping a trust store in order: what is out of date, and what the operator does not want any more."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from chipid.errors import MalformedData, UnsupportedFeature
from chipid.pki.crl import CertificateRevocationList
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

    A revocation list goes only where the newer one is of the same key and has a good signature of an authority in the store:
    anybody can write a newer one. One that is merely late stays: what it revokes is revoked.
    """
    moment = seconds(at)
    expired = (
        Outdated(stored, "expired")
        for stored in database.objects(kind=Kind.CERTIFICATE)
        if stored.index.valid_until is not None and stored.index.valid_until < moment
    )
    superseded = (Outdated(stored, "superseded") for stored in _superseded(database))
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


def _superseded(database: TrustDatabase) -> Iterator[StoredObject]:
    of_key: dict[tuple[bytes | None, bytes | None], list[StoredObject]] = defaultdict(list)
    for stored in database.objects(kind=Kind.REVOCATION_LIST):
        of_key[stored.index.issuer, stored.index.key_id].append(stored)
    for found in of_key.values():
        found.sort(key=lambda each: (each.index.valid_from or 0, each.id), reverse=True)
        good = next((place for place, each in enumerate(found) if _is_good(each.revocation_list, database)), len(found))
        yield from found[good + 1 :]


def _is_good(crl: CertificateRevocationList, database: TrustDatabase) -> bool:
    for authority in database.authorities_named(crl.issuer):
        try:
            if crl.verified_by(authority).valid and not crl.unknown_critical:
                return True
        except (MalformedData, UnsupportedFeature):
            continue
    return False
