# SPDX-License-Identifier: Apache-2.0
"""Who signed whom: every path from a certificate towards the operator's anchors (ICAO 9303-12 §6.1.1, D.1.1.1).

A name or a key identifier only proposes an issuer; its signature decides. What a hostile certificate, or a source full of
authorities of one name, can buy is bounded: signatures that are verified, paths that are followed, and the length of a path.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from chipid.crypto.signature import EcPublicKey
from chipid.errors import MalformedData, UnsupportedFeature
from chipid.pki.certificate import Certificate
from chipid.pki.countries import alpha_2
from chipid.pki.trust_source import TrustSource

PATH_LIMIT: Final = 8
"""Certificates in a path, document signer and anchor included; each key change of a CSCA adds one at most."""

SIGNATURE_LIMIT: Final = 128
"""Signatures that are verified in one search. No state has a quarter as many CSCA certificates."""

ROUTE_LIMIT: Final = 64
"""Paths that are followed in one search."""


@dataclass(frozen=True)
class Path:
    """Certificates of which each signed the one before it.

    :ivar certificates: document signer first. :ivar deviations: of the signatures, behind ``dsc-`` or ``csca-``.
    """

    certificates: tuple[Certificate, ...]
    deviations: tuple[str, ...] = ()

    @property
    def reaches_anchor(self) -> bool:
        """Whether it ends in a self-signed certificate; only those of the operator's source stand above others."""
        return self.certificates[-1].is_self_signed


@dataclass
class Search:
    """What was found.

    :ivar paths: to an anchor, or as far as they go; empty where nobody in the source signed.
    :ivar looped: authorities vouch for each other in a circle. :ivar exhausted: it was given up at one of the limits.
    :ivar obstacles: why an authority that was asked could not be: ``unsupported-algorithm``, ``csca-key-malformed``, ….
    """

    paths: list[Path] = field(default_factory=list)
    looped: bool = False
    exhausted: bool = False
    obstacles: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class _Issuer:
    certificate: Certificate
    deviations: tuple[str, ...]


def find_paths(certificate: Certificate, source: TrustSource) -> Search:
    """Every path from *certificate* upwards through *source*, shortest first."""
    return _Searcher(source).run(certificate)


class _Searcher:
    """One search. Each authority's own issuers are looked for once, however many paths lead through it."""

    def __init__(self, source: TrustSource) -> None:
        self._source = source
        self._found = Search()
        self._issuers: dict[Certificate, tuple[_Issuer, ...]] = {}
        self._signatures_left = SIGNATURE_LIMIT

    def run(self, certificate: Certificate) -> Search:
        found, routes = self._found, deque([Path((certificate,))])
        for _ in range(ROUTE_LIMIT):
            if not routes:
                return found
            path = routes.popleft()
            is_first = len(path.certificates) == 1
            if path.reaches_anchor and not is_first:
                found.paths.append(path)
            elif len(path.certificates) == PATH_LIMIT:
                found.exhausted = True
                found.paths.append(path)
            elif longer := self._grow(path):
                routes.extend(longer)
            elif not is_first:
                found.paths.append(path)
        found.exhausted = True
        return replace(found, paths=found.paths or [routes[0]])

    def _grow(self, path: Path) -> list[Path]:
        last = path.certificates[-1]
        if last not in self._issuers:
            self._issuers[last] = self._find_issuers(last, "dsc" if len(path.certificates) == 1 else "csca")
        grown = []
        for issuer in self._issuers[last]:
            if issuer.certificate in path.certificates:
                self._found.looped = True
            else:
                grown.append(Path((*path.certificates, issuer.certificate), (*path.deviations, *issuer.deviations)))
        return grown

    def _find_issuers(self, certificate: Certificate, role: str) -> tuple[_Issuer, ...]:
        """The authorities that signed *certificate*: of those that it names, or else any of its country."""
        named = self._source.named_by(certificate)
        found = self._signers_among(named, certificate, role, self._found)
        country = alpha_2(certificate.issuer.country or "")
        if found or country is None:
            return found
        asked = frozenset(named)
        others = (each for each in self._source.authorities_of(country) if each not in asked)
        # They are asked beyond what the certificate says: that some could not be speaks neither for it nor against it.
        return self._signers_among(others, certificate, role, Search())

    def _signers_among(
        self, candidates: Iterable[Certificate], certificate: Certificate, role: str, notes: Search
    ) -> tuple[_Issuer, ...]:
        """Those whose key made the signature. It is one key's: once that is known, the others are compared with it."""
        found: list[_Issuer] = []
        for candidate in candidates:
            if found:
                if _is_same_key(candidate, found[0].certificate):
                    found.append(_Issuer(candidate, found[0].deviations))
            elif self._signatures_left == 0:
                notes.exhausted = True
                break
            else:
                self._signatures_left -= 1
                deviations = _verify(certificate, candidate, role, notes)
                found += [] if deviations is None else [_Issuer(candidate, deviations)]
        return tuple(found)


def _verify(certificate: Certificate, candidate: Certificate, role: str, notes: Search) -> tuple[str, ...] | None:
    """The signature's deviations, ``None`` where it is another key's."""
    obstacle = "csca-key-malformed"
    try:
        candidate.public_key  # noqa: B018  # whose fault it is tells the operator what to do
        obstacle = f"{role}-algorithm-malformed"
        finding = certificate.verified_by(candidate)
    except UnsupportedFeature:
        notes.obstacles.add("unsupported-algorithm")
        return None
    except MalformedData:
        # Neither a malformed key nor a malformed algorithm ever made a signature.
        notes.obstacles.add(obstacle)
        return None
    return tuple(f"{role}-{code}" for code in finding.deviations) if finding.valid else None


def _is_same_key(one: Certificate, other: Certificate) -> bool:
    """Whether two certificates are of one key; an authority may write it in several ways (Hungary)."""
    if one.spki == other.spki:
        return True
    try:
        return _numbers(one.public_key) == _numbers(other.public_key)
    except (MalformedData, UnsupportedFeature):
        return False


def _numbers(key: object) -> object:
    return (key.domain.parameters, key.point) if isinstance(key, EcPublicKey) else key
