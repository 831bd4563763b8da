# SPDX-License-Identifier: Apache-2.0
"""What a terminal has to prove its rights with: its key, and the certificates that lead to it (ICAO 9303-11 §7.1, 9303-12 §2.4)."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from os import PathLike
from pathlib import Path
from typing import Final

from chipid.crypto.signature import EcPublicKey, PublicKey
from chipid.crypto.signer import Signer
from chipid.errors import MalformedData, NotAuthorised, UnsupportedFeature
from chipid.pki.cv_authorisation import Role
from chipid.pki.cv_public_key import VerificationKey, is_same_key
from chipid.pki.cvc import CV_CERTIFICATE, CvCertificate, parse_certificates, split_certificates
from chipid.records import read_file

CERTIFICATE_LIMIT: Final = 256
FILE_LIMIT: Final = 64 * 1024
"""Octets of a file with certificates."""
LINK_LIMIT: Final = 8
"""Link certificates in one chain: a chip that missed more has been in a drawer for decades."""
CHAIN_LIMIT: Final = 256
"""Chains from one authority's name that are compared, before the search ends."""
SIGNATURE_LIMIT: Final = 1024
"""Signatures that are checked, before the search ends. Most certificates have one issuer of the name that they give; those of a
folder that was made for it multiply."""


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

    @property
    def has_own(self) -> bool:
        """Whether one of the certificates is a terminal's, for this key."""
        own = self.signer.public_key
        return any(each.authorisation.role is Role.TERMINAL and _may_be_of(each, own) for each in self.certificates)

    def chain_from(self, references: Sequence[str], *, at: date | None = None, data_groups: Iterable[str] = ()) -> CvChain:
        """The best chain from one of the authorities that the chip names to this terminal's key.

        Without objections foreseen is better than with; then the chip's order of *references*, its most recent authority first;
        then the shorter chain, and the one that lasts longest.

        :param references: from EF.CVCA, or from PACE's data objects 87 and 88.
        :param at: the terminal's date and :param data_groups: what is to be read, where objections shall be foreseen.
        :raises NotAuthorised: there is no chain from any of them, or none within :data:`SIGNATURE_LIMIT`; the message names them.
        """
        wanted, search = tuple(data_groups), _Search(self.certificates, self.signer.public_key)
        best: tuple[tuple[int, int, int, int], CvChain] | None = None
        for place, reference in enumerate(dict.fromkeys(references)):
            for chain in islice(search.chains(reference), CHAIN_LIMIT):
                objections = len(chain.foreseen(at, wanted)) if at is not None else 0
                last_day = min(certificate.expiration for certificate in chain.certificates[-2:])
                rank = (objections, place, len(chain.certificates), -last_day.toordinal())
                if best is None or rank < best[0]:
                    best = rank, chain
        if best is None:
            within = f" within {SIGNATURE_LIMIT} signatures" if search.exhausted else ""
            names = ", ".join(references) or "any authority: the chip names none"
            raise NotAuthorised(f"no certificate chain{within} from {names}")
        return best[1]


class _Search:
    """One search among *certificates* for chains to the key *own*, which looks at each certificate once under each key.

    :ivar exhausted: :data:`SIGNATURE_LIMIT` was reached.
    """

    def __init__(self, certificates: Sequence[CvCertificate], own: PublicKey) -> None:
        self.exhausted = False
        self._own = own
        self._authorities = [each for each in certificates if each.is_self_signed and each.authorisation.role is Role.CVCA]
        self._issued: defaultdict[str, list[CvCertificate]] = defaultdict(list)
        self._ours: defaultdict[str, list[CvCertificate]] = defaultdict(list)
        for each in certificates:
            if not each.is_self_signed and each.authorisation.role is not Role.TERMINAL:
                self._issued[each.authority].append(each)
            elif not each.is_self_signed and _may_be_of(each, own):
                self._ours[each.authority].append(each)
        self._signed: dict[_Pair, bool] = {}
        self._terminals: dict[_Pair, tuple[CvCertificate, ...]] = {}

    def chains(self, reference: str) -> Iterator[CvChain]:
        """Chains that begin under *reference*, of each authority of that name the shortest first."""
        authorities = [each for each in self._authorities if each.holder == reference]
        for authority in authorities or (None,):
            key = None if authority is None else self._key(authority, None)
            for path in self._paths(reference, key):
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
            for child in self._issued[name]:
                if child.authorisation.role.is_verifier:
                    yield from ((*links, child, terminal) for terminal in self._terminals_of(child, issuer))
                elif len(links) < LINK_LIMIT and child.body not in followed and self._is_signed(child, issuer):
                    followed.add(child.body)
                    waiting.append((child.holder, self._key(child, issuer), (*links, child)))

    def _terminals_of(self, verifier: CvCertificate, issuer: VerificationKey | None) -> tuple[CvCertificate, ...]:
        """Our certificates from *verifier*, whose own is from *issuer*. Who signed what is asked last: it costs most."""
        pair = _pair(verifier, issuer)
        if pair not in self._terminals:
            candidates = self._ours[verifier.holder]
            if candidates and self._is_signed(verifier, issuer):
                key = self._key(verifier, issuer)
                candidates = [each for each in candidates if self._is_ours(each, key) and self._is_signed(each, key)]
            else:
                candidates = []
            self._terminals[pair] = tuple(candidates)
        return self._terminals[pair]

    def _is_signed(self, certificate: CvCertificate, issuer: VerificationKey | None) -> bool:
        """Whether *certificate* bears the signature of *issuer*, whose name others may have; true where its key is not at hand."""
        if issuer is None:
            return True
        pair = _pair(certificate, issuer)
        if pair not in self._signed:
            if len(self._signed) >= SIGNATURE_LIMIT:
                self.exhausted = True
                return False
            self._signed[pair] = _is_signed(certificate, issuer)
        return self._signed[pair]

    def _key(self, certificate: CvCertificate, issuer: VerificationKey | None) -> VerificationKey | None:
        """The certified key, ``None`` where it is not known what curve it is on.

        Where no authority's certificate tells the curve it is the terminal's own, which has inherited it (9303-12 §7.2.2.3), unless
        a link has changed it.
        """
        own = self._own.domain if isinstance(self._own, EcPublicKey) else None
        try:
            return certificate.public_key.resolve(own if issuer is None else issuer.domain)
        except MalformedData:
            return None

    def _is_ours(self, terminal: CvCertificate, issuer: VerificationKey | None) -> bool:
        key = self._key(terminal, issuer)
        return key is not None and is_same_key(key.key, self._own)


def _may_be_of(terminal: CvCertificate, own: PublicKey) -> bool:
    """Whether the numbers are those of *own*; on which curve a point lies is the issuer's to tell."""
    certified = terminal.public_key
    return certified.point == own.point if isinstance(own, EcPublicKey) else certified.rsa == own


_Pair = tuple[bytes, bytes, str, object]


def _pair(certificate: CvCertificate, issuer: VerificationKey | None) -> _Pair:
    """A certificate and a key, in a form that can be looked up."""
    if issuer is None:
        return certificate.body, certificate.signature, "", None
    key = issuer.key
    numbers = (key.domain.name, key.point) if isinstance(key, EcPublicKey) else (key.n, key.e)
    return certificate.body, certificate.signature, issuer.oid, numbers


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
        return [_read(path)]
    files = [each for each in sorted(path.iterdir()) if each.is_file() and _begins_as_certificate(each)]
    if not files:
        raise MalformedData(f"there is no CV certificate in {path}")
    return [_read(each) for each in files]


def _read(path: Path) -> bytes:
    """What the file holds; an error names it, since several are read at once."""
    raw = read_file(path, FILE_LIMIT)
    try:
        parse_certificates(raw)
    except UnsupportedFeature:
        pass  # passed over where all are put together
    except MalformedData as error:
        message = f"{path} is no CV certificate that could be read: {error}"
        raise MalformedData(message, hint="A file of CV certificates, or a folder of them, is expected.") from None
    return raw


def _begins_as_certificate(path: Path) -> bool:
    tag = CV_CERTIFICATE.to_bytes(2, "big")
    with path.open("rb") as file:
        return file.read(len(tag)) == tag
