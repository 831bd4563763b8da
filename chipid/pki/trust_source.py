# SPDX-License-Identifier: Apache-2.0
"""What chain building asks of whatever the operator trusts (ICAO 9303-12 §6.1).

Each question is answered by an index, so that nothing is parsed that is not needed. Only a self-signed authority in a source is an
anchor; link certificates and document signers help to build a path. A name or a key identifier only proposes: signatures decide,
and those of revocation lists too are verified when the list is used. Signed lists were verified when they were admitted.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import TYPE_CHECKING

from chipid.pki.certificate import Certificate
from chipid.pki.names import Name

if TYPE_CHECKING:
    from chipid.pki.cms import SignerIdentifier
    from chipid.pki.crl import CertificateRevocationList
    from chipid.pki.defect_list import DefectList
    from chipid.pki.deviation_list import DeviationList


class TrustSource(ABC):
    """The operator's trust anchors, and what helps to reach them."""

    @abstractmethod
    def __bool__(self) -> bool:
        """Whether there is any authority: without one nothing can be said of a signer."""

    @abstractmethod
    def authorities_named(self, name: Name) -> tuple[Certificate, ...]:
        """The authorities with the subject *name*, however it is spelt."""

    @abstractmethod
    def authorities_with_key(self, key_id: bytes) -> tuple[Certificate, ...]:
        """The authorities whose subjectKeyIdentifier is *key_id*."""

    @abstractmethod
    def authorities_of(self, country: str) -> tuple[Certificate, ...]:
        """The authorities of *country*, two capital letters."""

    @abstractmethod
    def signers(self, sid: SignerIdentifier) -> tuple[Certificate, ...]:
        """The document signers that *sid* may mean, for an EF.SOD without a certificate."""

    @abstractmethod
    def revocation_lists(self, issuer: Name) -> Iterable[CertificateRevocationList]:
        """The revocation lists of *issuer*, however its name is spelt, in turns; they are fetched while they are asked for.

        First the newest of each key of the authorities of that name in the source, newest first, then the second newest of each,
        and so on; last of all those that none of these keys signed. Where there are a few lists, so many that a path's look-up
        tries them all, they may be unverified: then those go first that name a known key.
        """

    @abstractmethod
    def deviation_lists(self) -> tuple[DeviationList, ...]:
        """The deviation lists that were admitted."""

    @abstractmethod
    def defect_lists(self) -> tuple[DefectList, ...]:
        """The defect lists that were admitted."""

    def origins_of(self, certificate: Certificate) -> tuple[str, ...]:  # noqa: ARG002  # for those that keep it
        """Where *certificate* came from, in words, oldest first; nothing where the source does not keep that."""
        return ()

    def named_by(self, certificate: Certificate) -> tuple[Certificate, ...]:
        """The authorities that *certificate* names as its issuer, by key identifier or by name, first those that fit both.

        Who of them signed it is a matter of the signature: several CSCAs bear one name, and anybody can write a name.
        """
        by_name = dict.fromkeys(self.authorities_named(certificate.issuer))
        key_id = certificate.authority_key_id
        by_key = self.authorities_with_key(key_id) if key_id else ()
        both = [candidate for candidate in by_key if candidate in by_name]
        return tuple(dict.fromkeys((*both, *by_name, *by_key)))
