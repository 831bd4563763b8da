# SPDX-License-Identifier: Apache-2.0
"""The certificates that the operator trusts (ICAO 9303-12 §6.1): CSCAs, with link certificates and document signers beside them.

Only a self-signed authority in here is an anchor. A link certificate (an old CSCA key that certifies the new one) and a document
signer that a chip leaves out of its EF.SOD may lie in the same folder: they help build a path, and an anchor alone makes it good.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from chipid.pki.certificate import Certificate
from chipid.pki.countries import alpha_2
from chipid.pki.extensions import KeyUsage
from chipid.pki.names import Name
from chipid.pki.pem import is_pem, read_pem, write_block
from chipid.pki.trust_source import TrustSource

if TYPE_CHECKING:
    from chipid.pki.cms import SignerIdentifier
    from chipid.pki.crl import CertificateRevocationList
    from chipid.pki.defect_list import DefectList
    from chipid.pki.deviation_list import DeviationList
    from chipid.pki.trust_files import Trusted

_LABELS = ("CERTIFICATE", "X509 CERTIFICATE")


class TrustStore(TrustSource):
    """A set of trusted certificates, indexed; it never changes.

    :param certificates: in any order; the same octets twice count once. :param revocation_lists: of their authorities.
    :param deviation_lists: whose signers the caller has verified; so :param defect_lists:
    """

    def __init__(
        self,
        certificates: Iterable[Certificate] = (),
        revocation_lists: Iterable[CertificateRevocationList] = (),
        *,
        deviation_lists: Iterable[DeviationList] = (),
        defect_lists: Iterable[DefectList] = (),
    ) -> None:
        self._certificates = tuple(dict.fromkeys(certificates))
        self._revocation_lists = tuple(dict.fromkeys(revocation_lists))
        self._deviation_lists, self._defect_lists = tuple(deviation_lists), tuple(defect_lists)
        self._by_subject: dict[tuple[tuple[str, str], ...], list[Certificate]] = defaultdict(list)
        self._by_key: dict[bytes, list[Certificate]] = defaultdict(list)
        self._lists_by_issuer: dict[tuple[tuple[str, str], ...], list[CertificateRevocationList]] = defaultdict(list)
        self._lists_in_turns: dict[tuple[tuple[str, str], ...], tuple[CertificateRevocationList, ...]] = {}
        for crl in self._revocation_lists:
            self._lists_by_issuer[crl.issuer.normalised].append(crl)
        for certificate in self.authorities:
            self._by_subject[certificate.subject.normalised].append(certificate)
            if certificate.subject_key_id is not None:
                self._by_key[certificate.subject_key_id].append(certificate)

    @classmethod
    def load(cls, paths: str | PathLike[str] | Iterable[str | PathLike[str]]) -> TrustStore:
        """Read certificates and revocation lists, DER, or PEM with any number of them, from files and folders (not those inside).

        :param paths: one, or several.
        :raises CertificateError: a file that holds none, or a malformed one, a folder without any, or one that holds what only a
            trust store takes (master lists, LDIF, ZIP, …); the message names it.
        :raises OSError: a path that cannot be read.
        """
        from chipid.pki.trust_files import read_trusted_files  # noqa: PLC0415  # a trust store needs none of it

        if isinstance(paths, str | PathLike):
            paths = (paths,)
        return cls._of([each for path in paths for each in read_trusted_files(Path(path))])

    @classmethod
    def from_bytes(cls, raw: bytes) -> TrustStore:
        """Read a certificate or a revocation list in DER, or any number of them in PEM.

        :raises CertificateError: it is neither.
        """
        from chipid.pki.trust_files import read_trusted  # noqa: PLC0415

        return cls._of(read_trusted(raw))

    @classmethod
    def _of(cls, trusted: Sequence[Trusted]) -> TrustStore:
        certificates = [each for each in trusted if isinstance(each, Certificate)]
        return cls(certificates, [each for each in trusted if not isinstance(each, Certificate)])

    def __bool__(self) -> bool:
        return bool(self.authorities)

    def __len__(self) -> int:
        return len(self._certificates)

    def __repr__(self) -> str:
        return f"<TrustStore: {len(self._certificates)} certificates>"

    @property
    def certificates(self) -> tuple[Certificate, ...]:
        """All of them."""
        return self._certificates

    @cached_property
    def authorities(self) -> tuple[Certificate, ...]:
        """Those that may stand above others: CSCAs and link certificates."""
        return tuple(filter(is_authority, self._certificates))

    @cached_property
    def document_signers(self) -> tuple[Certificate, ...]:
        """The rest."""
        return tuple(certificate for certificate in self._certificates if not is_authority(certificate))

    def authorities_named(self, name: Name) -> tuple[Certificate, ...]:
        """The authorities with the subject *name*, however it is spelt."""
        return tuple(self._by_subject.get(name.normalised, ()))

    def authorities_with_key(self, key_id: bytes) -> tuple[Certificate, ...]:
        """The authorities whose subjectKeyIdentifier is *key_id*."""
        return tuple(self._by_key.get(key_id, ()))

    def authorities_of(self, country: str) -> tuple[Certificate, ...]:
        """The authorities of *country*, two capital letters."""
        return tuple(each for each in self.authorities if country and alpha_2(each.subject.country or "") == country)

    def signers(self, sid: SignerIdentifier) -> tuple[Certificate, ...]:
        """The document signers that *sid* may mean."""
        return tuple(signer for signer in self.document_signers if sid.resembles(signer))

    def revocation_lists(self, issuer: Name) -> tuple[CertificateRevocationList, ...]:
        """The revocation lists of *issuer*, in turns; which of many an authority signed is found out once."""
        lists = self._lists_by_issuer.get(issuer.normalised, ())
        if issuer.normalised not in self._lists_in_turns and lists:
            from chipid.pki.crl_signers import in_turns  # noqa: PLC0415  # most cards need none

            self._lists_in_turns[issuer.normalised] = in_turns(lists, self.authorities_named(issuer))
        return self._lists_in_turns.get(issuer.normalised, ())

    def deviation_lists(self) -> tuple[DeviationList, ...]:
        """The deviation lists that were given."""
        return self._deviation_lists

    def defect_lists(self) -> tuple[DefectList, ...]:
        """The defect lists that were given."""
        return self._defect_lists


def read_certificates(raw: bytes) -> tuple[Certificate, ...]:
    """The certificates in *raw*: one in DER, or any number in PEM (RFC 7468 §5).

    :raises CertificateError: it is neither, or one of them is malformed.
    """
    return tuple(map(Certificate.parse, read_pem(raw, _LABELS) if is_pem(raw) else (raw,)))


def write_pem(certificates: Iterable[Certificate]) -> bytes:
    """The certificates in PEM, one after another."""
    return b"".join(write_block("CERTIFICATE", certificate.raw) for certificate in certificates)


def is_authority(certificate: Certificate) -> bool:
    """Whether it may sign certificates, by its extensions; old CSCAs without any are authorities when they are self-issued."""
    if certificate.is_ca or KeyUsage.KEY_CERT_SIGN in (certificate.key_usage or ()):
        return True
    return certificate.basic_constraints is None and certificate.is_self_issued
