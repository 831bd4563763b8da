# SPDX-License-Identifier: Apache-2.0
"""What a chip remembers of its certification authorities, and of time, when the field is gone (ICAO 9303-11 §7.1.4.3)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from chipid.errors import MalformedData
from chipid.lds.cvca import CvcaReferences
from chipid.pki.cv_authorisation import Role
from chipid.pki.cv_chain import TrustedKey, is_accurate, refusal
from chipid.pki.cvc import CvCertificate

TRUST_POINT_LIMIT: Final = 2


@dataclass(frozen=True)
class TrustState:
    """One state of the memory. It changes as a whole or not at all (§7.1.4.3.4).

    :ivar today: the chip's current date: the latest that a trustworthy certificate told it.
    :ivar trust_points: one or two, the most recent effective date first.
    """

    today: date
    trust_points: tuple[TrustedKey, ...]


class ChipTrust:
    """The chip's trust points and its date. It outlives sessions and resets: one object for the life of an emulated chip.

    :param authorities: one or two, as personalisation stores them: certificates of CVCAs, or keys made from them.
    :param today: the date of personalisation.
    :ivar state: the memory as it is now.
    :raises MalformedData: none or more than two, one that is no CVCA's, or two of one name.
    """

    def __init__(self, authorities: Iterable[CvCertificate | TrustedKey], today: date) -> None:
        points = [each if isinstance(each, TrustedKey) else TrustedKey.trust_point(each) for each in authorities]
        if not 0 < len(points) <= TRUST_POINT_LIMIT or len({point.reference for point in points}) != len(points):
            raise MalformedData("a chip has one or two trust points, of different names")
        self.state = TrustState(today, _ordered(points))

    @property
    def references(self) -> tuple[str, ...]:
        """The names of the trust points, the most recent first: EF.CVCA, and data objects 87 and 88 of PACE."""
        return tuple(point.reference for point in self.state.trust_points)

    @property
    def ef_cvca(self) -> bytes:
        """The file EF.CVCA as it is now."""
        return CvcaReferences(self.references).build()

    def trust_point(self, reference: str) -> TrustedKey | None:
        """The trust point of that name."""
        return next((point for point in self.state.trust_points if point.reference == reference), None)

    def refusal(self, certificate: CvCertificate, issuer: TrustedKey) -> str | None:
        """Why *certificate* is refused under *issuer*'s key, one of :data:`chipid.pki.cv_chain.REFUSALS`; ``None`` where it is not.

        Beyond the rules of the chain: a name that is a trust point's already belongs to that key alone.
        """
        reason = refusal(certificate, issuer, self.state.today)
        if reason is not None:
            return reason
        known = self.trust_point(certificate.holder)
        if known is None:
            return None
        # §7.1.4.3.7: a permanent key gives way to no temporary one, and to no other key of its name.
        if certificate.authorisation.role is not Role.CVCA:
            return "cv-reference-in-use"
        imported = TrustedKey.certified(certificate, issuer)
        return None if imported.key.is_same_as(known.key) else "cv-reference-in-use"

    def accept(self, certificate: CvCertificate, issuer: TrustedKey) -> TrustedKey:
        """Import what :meth:`refusal` had nothing against: the date advances, a link certificate becomes a trust point.

        Of one name and key the latest certificate stays in force: an older one would bring back its dates and rights.

        :returns: the imported key; a document verifier's or a terminal's is the session's to keep.
        """
        imported = TrustedKey.certified(certificate, issuer)
        state = self.state
        if is_accurate(certificate, issuer):
            state = replace(state, today=max(state.today, certificate.effective))
        known = self.trust_point(imported.reference)
        if imported.role is Role.CVCA and (known is None or known.effective < imported.effective):
            others = [point for point in state.trust_points if point.reference != imported.reference]
            state = replace(state, trust_points=_ordered([imported, *others])[:TRUST_POINT_LIMIT])
        self.state = state  # one assignment: there is no state between the old and the new
        return imported


def _ordered(points: Iterable[TrustedKey]) -> tuple[TrustedKey, ...]:
    """The most recent effective date first; among equals the order stays."""
    return tuple(sorted(points, key=lambda point: point.effective, reverse=True))
