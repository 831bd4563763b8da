# SPDX-License-Identifier: Apache-2.0
"""What a terminal has to prove its rights with: its key, and the certificates that lead to it (ICAO 9303-11 §7.1, 9303-12 §2.4)."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from os import PathLike
from pathlib import Path
from typing import Final

from chipid.crypto.signature import EcPublicKey
from chipid.crypto.signer import Signer
from chipid.errors import MalformedData, NotAuthorised, UnsupportedFeature
from chipid.pki.cv_authorisation import Role
from chipid.pki.cv_public_key import VerificationKey, is_same_key
from chipid.pki.cvc import CV_CERTIFICATE, CvCertificate, split_certificates
from chipid.records import read_file

CERTIFICATE_LIMIT: Final = 256
FILE_LIMIT: Final = 64 * 1024
"""Octets of a file with certificates."""
LINK_LIMIT: Final = 8
"""Link certificates in one chain: a chip that missed more has been in a drawer for decades."""
CHAIN_LIMIT: Final = 256
"""Chains that are compared, before the search ends."""


@dataclass(frozen=True)
class CvChain:
    """Certificates in the order in which the chip wants them: links, the document verifier's, the terminal's.

    :ivar trust_point: the authority's reference that the chip named.
    :ivar authority: that authority's own certificate, where the terminal has it.
    """

    trust_point: str
    certificates: tuple[CvCertificate, ...]
    authority: CvCertificate | None = field(default=None, repr=False)

    @property
    def holders(self) -> tuple[str, ...]:
        """The holder references, in order, the terminal's last."""
        return tuple(certificate.holder for certificate in self.certificates)

    @property
    def terminal(self) -> CvCertificate:
        """The terminal's own certificate."""
        return self.certificates[-1]

    @property
    def data_groups(self) -> tuple[str, ...]:
        """What the whole chain grants (§7.1.4.3.6): of the authorities, the last one counts."""
        return tuple(name for name in self._granting[0].authorisation.data_groups if all(self._grants(name)))

    def foreseen(self, at: date, data_groups: Iterable[str] = ()) -> tuple[tuple[str, str], ...]:
        """What can be told in advance to go wrong: pairs of a holder reference and a code.

        The chip decides, by its own date. The codes are those of :data:`chipid.pki.cv_chain.REFUSALS`, ``cv-not-yet-effective``,
        which no chip refuses and no terminal should show, and ``cv-right-missing``.

        :param at: the terminal's date. :param data_groups: those that are to be read, e.g. ``("DG3",)``.
        """
        found = [(each.holder, reason) for each in self.certificates for reason in _dated(each, at)]
        for name in data_groups:
            lacking = next((each for each in self._granting if name not in each.authorisation.data_groups), None)
            if lacking is not None:
                found.append((lacking.holder, "cv-right-missing"))
        return tuple(dict.fromkeys(found))

    @property
    def _granting(self) -> tuple[CvCertificate, ...]:
        """The certificates whose rights are and-ed: the last authority's that is known, and all below it."""
        known = (self.authority, *self.certificates) if self.authority is not None else self.certificates
        authorities = [each for each in known if each.authorisation.role is Role.CVCA]
        return (*authorities[-1:], *(each for each in known if each.authorisation.role is not Role.CVCA))

    def _grants(self, name: str) -> Iterator[bool]:
        return (name in each.authorisation.data_groups for each in self._granting)


@dataclass(frozen=True)
class TerminalCredentials:
    """A terminal's key and every certificate that it was given, of several authorities perhaps.

    :ivar certificates: in any order; strangers among them are left alone.
    :ivar passed_over: why others were not taken in, in words: beyond what chipid speaks, such as another country's curve.
    """

    certificates: tuple[CvCertificate, ...]
    signer: Signer = field(repr=False)
    passed_over: tuple[str, ...] = ()

    @classmethod
    def parse(cls, raw_certificates: Iterable[bytes], signer: Signer) -> TerminalCredentials:
        """Read certificate files, each with one certificate or several one after another. Duplicates are dropped.

        :raises MalformedData: a file is none, or there are too many certificates.
        """
        found: dict[bytes, CvCertificate] = {}
        passed_over: dict[bytes, str] = {}
        for raw in (each for file in raw_certificates for each in split_certificates(file)):
            try:
                found[raw] = CvCertificate.parse(raw)
            except UnsupportedFeature as error:
                passed_over[raw] = str(error)
            if len(found) + len(passed_over) > CERTIFICATE_LIMIT:
                raise MalformedData(f"more than {CERTIFICATE_LIMIT} certificates for one terminal")
        return cls(tuple(found.values()), signer, tuple(passed_over.values()))

    @classmethod
    def load(cls, paths: Iterable[str | PathLike[str]], signer: Signer) -> TerminalCredentials:
        """Read certificates from files and folders (not the folders inside).

        Of a folder those files count that begin as a CV certificate does: keys may lie beside them.

        :raises MalformedData: a file is none, a folder has none, or there are too many certificates.
        :raises OSError: a path that cannot be read.
        """
        return cls.parse((raw for path in paths for raw in _load(Path(path))), signer)

    def chain_from(self, references: Sequence[str], *, at: date | None = None, data_groups: Iterable[str] = ()) -> CvChain:
        """The best chain from one of the authorities that the chip names to this terminal's key.

        Without objections foreseen is better than with; then the chip's order of *references*, its most recent authority first;
        then the shorter chain, and the one that lasts longest.

        :param references: from EF.CVCA, or from PACE's data objects 87 and 88.
        :param at: the terminal's date and :param data_groups: what is to be read, where objections shall be foreseen.
        :raises NotAuthorised: there is no chain from any of them; the message names them.
        """
        wanted = tuple(data_groups)
        best: tuple[tuple[int, int, int, int], CvChain] | None = None
        for place, reference in enumerate(dict.fromkeys(references)):
            for chain in self._chains(reference):
                objections = len(chain.foreseen(at, wanted)) if at is not None else 0
                last_day = min(certificate.expiration for certificate in chain.certificates[-2:])
                rank = (objections, place, len(chain.certificates), -last_day.toordinal())
                if best is None or rank < best[0]:
                    best = rank, chain
        if best is None:
            raise NotAuthorised(f"no certificate chain from {', '.join(references) or 'any authority: the chip names none'}")
        return best[1]

    def _chains(self, reference: str) -> Iterator[CvChain]:
        """Chains that begin under *reference*, the shortest first, at most :data:`CHAIN_LIMIT`."""
        authorities = [
            each
            for each in self.certificates
            if each.is_self_signed and each.holder == reference and each.authorisation.role is Role.CVCA
        ]
        for authority in authorities or (None,):
            key = None if authority is None else self._key(authority, None)
            for path in islice(self._paths(reference, key), CHAIN_LIMIT):
                yield CvChain(reference, path, authority)

    def _paths(self, reference: str, key: VerificationKey | None) -> Iterator[tuple[CvCertificate, ...]]:
        """Certificates from the authority's *key*, named *reference*, to ours.

        Each link certificate is followed once, by the shortest way to it: links that go in circles, or fan out, cost no more than
        there are of them.
        """
        waiting: deque[tuple[str, VerificationKey | None, tuple[CvCertificate, ...]]] = deque([(reference, key, ())])
        followed: set[bytes] = set()
        while waiting:
            name, issuer, links = waiting.popleft()
            for child in self._children(name, issuer):
                if child.authorisation.role.is_verifier:
                    verifier = self._key(child, issuer)
                    terminals = (each for each in self._children(child.holder, verifier) if self._is_ours(each, verifier))
                    yield from ((*links, child, terminal) for terminal in terminals)
                elif child.authorisation.role is Role.CVCA and len(links) < LINK_LIMIT and child.raw not in followed:
                    followed.add(child.raw)
                    waiting.append((child.holder, self._key(child, issuer), (*links, child)))

    def _children(self, reference: str, issuer: VerificationKey | None) -> Iterator[CvCertificate]:
        """Certificates that name *reference* as their issuer's and, where its key is at hand, bear its signature: among strangers
        names are not unique."""
        named = (each for each in self.certificates if each.authority == reference and not each.is_self_signed)
        return (each for each in named if issuer is None or _is_signed(each, issuer))

    def _key(self, certificate: CvCertificate, issuer: VerificationKey | None) -> VerificationKey | None:
        """The certified key, ``None`` where it is not known what curve it is on.

        Where no authority's certificate tells the curve it is the terminal's own, which has inherited it (9303-12 §7.2.2.3), unless
        a link has changed it.
        """
        own = self.signer.public_key
        inherited = issuer.domain if issuer is not None else own.domain if isinstance(own, EcPublicKey) else None
        try:
            return certificate.public_key.resolve(inherited)
        except MalformedData:
            return None

    def _is_ours(self, terminal: CvCertificate, issuer: VerificationKey | None) -> bool:
        key = self._key(terminal, issuer)
        is_terminal = terminal.authorisation.role is Role.TERMINAL
        return is_terminal and key is not None and is_same_key(key.key, self.signer.public_key)


def _is_signed(certificate: CvCertificate, issuer: VerificationKey) -> bool:
    try:
        return certificate.is_signed_by(issuer)
    except UnsupportedFeature:
        return False


def _dated(certificate: CvCertificate, at: date) -> Iterator[str]:
    if certificate.expiration < certificate.effective:
        yield "cv-dates-reversed"
    elif certificate.expiration < at and certificate.authorisation.role is not Role.CVCA:
        yield "cv-expired"
    elif at < certificate.effective:
        yield "cv-not-yet-effective"


def _load(path: Path) -> list[bytes]:
    if not path.is_dir():
        return [read_file(path, FILE_LIMIT)]
    files = [each for each in sorted(path.iterdir()) if each.is_file() and _begins_as_certificate(each)]
    if not files:
        raise MalformedData(f"there is no CV certificate in {path}")
    return [read_file(each, FILE_LIMIT) for each in files]


def _begins_as_certificate(path: Path) -> bool:
    tag = CV_CERTIFICATE.to_bytes(2, "big")
    with path.open("rb") as file:
        return file.read(len(tag)) == tag
