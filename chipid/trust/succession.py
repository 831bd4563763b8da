# SPDX-License-Identifier: Apache-2.0
"""The master lists of one state follow each other: what the newest does not have any more, no older one vouches for."""

from __future__ import annotations

from typing import NamedTuple

from chipid.trust.database import TrustDatabase
from chipid.trust.objects import Kind, seconds
from chipid.trust.provenance import Import
from chipid.trust.signed_lists import Admission, SignedList

_LISTED = (Kind.CERTIFICATE, Kind.MASTER_LIST)


class Held(NamedTuple):
    """Master lists of one state in a store, beside the one that is asked for.

    :ivar newest: the one that was signed last, where that was later; :ivar older: those that were signed earlier.
    """

    newest: Import | None = None
    older: tuple[Import, ...] = ()


def held_beside(database: TrustDatabase, read: SignedList, admission: Admission) -> Held:
    """What *database* holds of the state for which *read* speaks; nothing where nobody says for which, or when."""
    if read.kind is not Kind.MASTER_LIST or admission.country is None or admission.signed_at is None:
        return Held()
    signed_at = seconds(admission.signed_at)
    held = [
        (seconds(each.signed_at), each.id, each)
        for each in database.imports(country=admission.country)
        if each.signed_at is not None and each.sha256 != read.sha256 and _is_master_list(database, each)
    ]
    newest = max(held, default=None)
    return Held(
        None if newest is None or newest[0] <= signed_at else newest[2],
        tuple(each for moment, _, each in held if moment < signed_at),
    )


def certificates_of(database: TrustDatabase, held: Import) -> frozenset[bytes]:
    """What a list that is held has, by its own octets; where the operator removed those, what is left of it."""
    for stored in database.find(held.sha256):
        return frozenset(certificate.raw for certificate in SignedList.parse(stored.kind, stored.octets).certificates)
    return frozenset(stored.octets for stored in database.of_import(held.id))


def _is_master_list(database: TrustDatabase, held: Import) -> bool:
    """Whether it brought what a master list does: deviation and defect lists of a state follow no master list."""
    first = next(database.of_import(held.id), None)
    return first is not None and first.kind in _LISTED
