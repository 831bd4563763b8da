# SPDX-License-Identifier: Apache-2.0
"""The public way to what the operator trusts: certificate files, folders of them, trust stores, or several of these as one."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from chipid.pki.certificate import Certificate
from chipid.pki.names import Name
from chipid.pki.trust_source import TrustSource
from chipid.pki.trust_store import TrustStore

if TYPE_CHECKING:
    from chipid.pki.cms import SignerIdentifier
    from chipid.pki.crl import CertificateRevocationList
    from chipid.pki.defect_list import DefectList
    from chipid.pki.deviation_list import DeviationList

_SQLITE = b"SQLite format 3\0"
_LISTS_OF_ONE = 16


def open_trust(paths: str | PathLike[str] | Iterable[str | PathLike[str]]) -> TrustSource:
    """Open what the operator trusts, to be read.

    :param paths: one, or several: a trust store that ``chipid trust import`` made; files of certificates and revocation lists that
        :meth:`TrustStore.load` reads, and folders of them. What one of them trusts is trusted.
    :raises MalformedData: a file that is neither; the message names it. A trust store that is damaged.
    :raises UnsupportedFeature: a trust store of another version. :raises TrustStoreError: one that is being changed.
    :raises OSError: a path that cannot be read.
    """
    chosen = [Path(paths)] if isinstance(paths, str | PathLike) else list(map(Path, paths))
    databases = [path for path in chosen if is_database(path)]
    files = [path for path in chosen if path not in databases]
    sources: list[TrustSource] = [TrustStore.load(files)] if files or not databases else []
    if databases:
        from chipid.trust.database import TrustDatabase  # noqa: PLC0415  # SQLite is loaded for a store alone

        sources += map(TrustDatabase.open, databases)
    return sources[0] if len(sources) == 1 else CombinedTrust(sources)


def is_database(path: Path) -> bool:
    """Whether *path* is a SQLite file, by its first octets; raises ``OSError``. What a pipe gives is not to be had twice."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(_SQLITE)) == _SQLITE


class CombinedTrust(TrustSource):
    """Several sources as one: what one of them answers is answered."""

    def __init__(self, sources: Iterable[TrustSource]) -> None:
        self._sources = tuple(sources)

    def __bool__(self) -> bool:
        return any(self._sources)

    def __repr__(self) -> str:
        return f"<CombinedTrust: {', '.join(map(repr, self._sources))}>"

    def authorities_named(self, name: Name) -> tuple[Certificate, ...]:
        """The authorities with the subject *name*, however it is spelt."""
        return tuple(dict.fromkeys(each for source in self._sources for each in source.authorities_named(name)))

    def authorities_with_key(self, key_id: bytes) -> tuple[Certificate, ...]:
        """The authorities whose subjectKeyIdentifier is *key_id*."""
        return tuple(dict.fromkeys(each for source in self._sources for each in source.authorities_with_key(key_id)))

    def authorities_of(self, country: str) -> tuple[Certificate, ...]:
        """The authorities of *country*, two capital letters."""
        return tuple(dict.fromkeys(each for source in self._sources for each in source.authorities_of(country)))

    def signers(self, sid: SignerIdentifier) -> tuple[Certificate, ...]:
        """The document signers that *sid* may mean."""
        return tuple(dict.fromkeys(each for source in self._sources for each in source.signers(sid)))

    def revocation_lists(self, issuer: Name) -> tuple[CertificateRevocationList, ...]:
        """The revocation lists of *issuer*, the first of each source in turns: one's authority may have signed another's list."""
        from chipid.pki.crl_signers import in_turns  # noqa: PLC0415  # a card without a trusted signer needs none

        found = (each for source in self._sources for each in islice(source.revocation_lists(issuer), _LISTS_OF_ONE))
        return in_turns(dict.fromkeys(found), self.authorities_named(issuer))

    def origins_of(self, certificate: Certificate) -> tuple[str, ...]:
        """Where *certificate* came from, as far as its sources tell."""
        return tuple(dict.fromkeys(each for source in self._sources for each in source.origins_of(certificate)))

    def deviation_lists(self) -> tuple[DeviationList, ...]:
        """The deviation lists that one of them admitted."""
        return tuple(dict.fromkeys(each for source in self._sources for each in source.deviation_lists()))

    def defect_lists(self) -> tuple[DefectList, ...]:
        """The defect lists that one of them admitted."""
        return tuple(dict.fromkeys(each for source in self._sources for each in source.defect_lists()))
