# SPDX-License-Identifier: Apache-2.0
"""Link certificates of a directory: a CSCA's older key vouches for its newer one (ICAO 9303-12 §7.1.1.5), and no entry for itself.

One goes in where an authority in the store signed it. It is no anchor, and makes none: every path through it is verified up to a
self-signed certificate when it is used.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final

from chipid.errors import MalformedData, UnsupportedFeature
from chipid.pki.certificate import Certificate
from chipid.pki.path_rules import is_good_above
from chipid.pki.trust_source import TrustSource
from chipid.trust.unpacking import Candidate

LINK_LIMIT: Final = 256
"""Authorities of directories that wait in one import; a whole PKD has fewer key changes a year than states."""

_ISSUER_LIMIT: Final = 32


class WaitingLinks:
    """Authorities of directories, until somebody in the store vouches for them.

    :param trusted: the store, as it grows.
    """

    def __init__(self, trusted: TrustSource) -> None:
        self._trusted = trusted
        self._waiting: list[tuple[Candidate, Certificate]] = []
        self._tried: set[tuple[Certificate, Certificate]] = set()

    def add(self, candidate: Candidate, certificate: Certificate) -> bool:
        """Let one wait; ``False`` where too many do."""
        if len(self._waiting) >= LINK_LIMIT:
            return False
        self._waiting.append((candidate, certificate))
        return True

    def take(self) -> Iterator[tuple[Candidate, Certificate]]:
        """Those for whom somebody vouches by now; they wait no longer. Each that goes in may vouch for others: ask again then."""
        for waiting in tuple(self._waiting):
            if self._is_vouched_for(waiting[1]):
                self._waiting.remove(waiting)
                yield waiting

    def left(self) -> tuple[Candidate, ...]:
        """Those for whom nobody does."""
        return tuple(candidate for candidate, _ in self._waiting)

    def _is_vouched_for(self, link: Certificate) -> bool:
        for issuer in islice(self._trusted.named_by(link), _ISSUER_LIMIT):
            if (link, issuer) not in self._tried:
                self._tried.add((link, issuer))
                if _vouches(issuer, link):
                    return True
        return False


def _vouches(issuer: Certificate, link: Certificate) -> bool:
    """Whether *issuer* may sign certificates, and signed *link*; one of the same key, self-signed, would be an anchor."""
    try:
        return is_good_above((link, issuer)) and link.verified_by(issuer).valid and not link.is_self_signed
    except (MalformedData, UnsupportedFeature):
        return False
