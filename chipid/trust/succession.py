# SPDX-License-Identifier: Apache-2.0
"""The lists of one kind and state follow each other: what a newest master list does not have any more, no older one vouches for."""

from __future__ import annotations

from typing import NamedTuple

from chipid.trust.database import TrustDatabase
from chipid.trust.objects import Kind, seconds
from chipid.trust.provenance import Import
from chipid.trust.signed_lists import Admission, SignedList

_BROUGHT = {
    Kind.MASTER_LIST: (Kind.CERTIFICATE, Kind.MASTER_LIST),
    Kind.DEVIATION_LIST: (Kind.DEVIATION_LIST,),
    Kind.DEFECT_LIST: (Kind.DEFECT_LIST,),
}
"""What an import of a list brings; of a master list that the operator removed, its certificates are left."""


class Held(NamedTuple):
    """Lists of one kind and state in a store, beside the one that is asked for.

    :ivar newest: the one that was signed last, where that was later; :ivar older: those that were signed earlier.
    """

    newest: Import | None = None
    older: tuple[Import, ...] = ()


def held_beside(database: TrustDatabase, read: SignedList, admission: Admission) -> Held:
    """What *database* holds of the state for which *read* speaks; nothing where nobody says for which, or when."""
    if admission.country is None or admission.signed_at is None:
        return Held()
    signed_at = seconds(admission.signed_at)
    held = [
        (seconds(each.signed_at), each.id, each)
        for each in database.imports(country=admission.country)
        if each.signed_at is not None and each.sha256 != read.sha256 and _is_of_kind(database, each, read.kind)
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


def _is_of_kind(database: TrustDatabase, held: Import, kind: Kind) -> bool:
    """Whether it brought what a list of that *kind* does: no list follows one of another kind."""
    first = next(database.of_import(held.id), None)
    return first is not None and first.kind in _BROUGHT[kind]
