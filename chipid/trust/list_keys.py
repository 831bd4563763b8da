# SPDX-License-Identifier: Apache-2.0
"""Which authority in a trust store signed a revocation list: found out at import, so that what nobody signed is read last.

A list's entries are read where its signature is good: reading those of a list that anybody can have written would only cost time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from chipid.errors import MalformedData
from chipid.pki.crl_signers import guess_budget, signer_among
from chipid.pki.names import Name
from chipid.trust.database import TrustDatabase
from chipid.trust.objects import StoredObject, name_digest


@dataclass(frozen=True)
class SettledList:
    """A list whose signature an authority in the store made.

    :ivar malformed: what is wrong with its entries, ``None`` where they can be read.
    :ivar unknown_critical: object identifiers of what forbids using it. :ivar newest: of the lists of this key that were there.
    """

    stored: StoredObject
    malformed: str | None
    unknown_critical: tuple[str, ...] = ()
    newest: int | None = None


class ListKeys:
    """Waits for lists and authorities, and brings them together."""

    def __init__(self, database: TrustDatabase) -> None:
        self._database = database
        self._names: dict[bytes, Name] = {}

    def add(self, name: Name) -> None:
        """A list of *name*, or an authority of it, went in."""
        self._names[name_digest(name)] = name

    def settle(self) -> Iterator[SettledList]:
        """The lists that an authority is now known to have signed; what is sound among them is marked so in the store."""
        names, self._names = self._names, {}
        for name in names.values():
            authorities, guesses = self._database.authorities_named(name), guess_budget()
            for stored in self._database.unsigned_revocation_lists(name) if authorities else ():
                signer = signer_among(stored.revocation_list, authorities, guesses)
                if signer is not None:
                    yield self._settled(stored, hashlib.sha256(signer.spki).digest())

    def _settled(self, stored: StoredObject, key: bytes) -> SettledList:
        crl = stored.revocation_list
        try:
            unknown, _ = crl.unknown_critical, (crl.entries, crl.entry_deviations)
        except MalformedData as error:
            return SettledList(stored, str(error))
        newest = self._database.newest_revocation_list(stored.index.issuer, key)
        self._database.mark_signed(stored, key)
        return SettledList(stored, None, unknown, newest)
