# SPDX-License-Identifier: Apache-2.0
"""A PKI for test terminals: a CVCA, its document verifiers, and the terminals that they certify (ICAO 9303-12 §2.4, §7.2.2).

Whatever the conformance plan wants to see refused can be made here: a profile says what a certificate holds, its ``amend`` what is
wrong with it, and :mod:`chipid.issuing.cv_defects` has the defects by name.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from os import PathLike
from pathlib import Path
from typing import ClassVar, Final, Self

from chipid.crypto.random import RandomSource, system_random
from chipid.crypto.signature import EcPublicKey
from chipid.errors import MalformedData
from chipid.iso7816.tlv import build_tlv
from chipid.issuing.cv_keys import CvKeyOptions, TestCvKey
from chipid.pki.cv_authorisation import PROTECTED_DATA_GROUPS, HolderAuthorisation, Role
from chipid.pki.cv_credentials import TerminalCredentials
from chipid.pki.cv_public_key import NAMES, CvPublicKey, is_same_key, scheme_of
from chipid.pki.cvc import CV_CERTIFICATE, SIGNATURE, SIZE_LIMIT, CvCertificate, body_objects, build_body
from chipid.records import read_file, write_private

Amendment = Callable[[dict[int, bytes]], dict[int, bytes]]
"""Takes the data objects of a certificate body by tag, and gives those that are signed."""

DEFAULT_KEY: Final = CvKeyOptions()
_CVCA_DAYS, _VERIFIER_DAYS, _TERMINAL_DAYS = timedelta(days=3 * 365), timedelta(days=91), timedelta(days=31)
_FILE_NAME: Final = re.compile(r"[A-Za-z0-9_]+")
_KEY_SIZE_LIMIT: Final = 64 * 1024


@dataclass(frozen=True)
class CvProfile:
    """What a certificate holds beside names and key.

    :ivar effective: the day of issue. :ivar expiration: the last day; ``None`` for three years (CVCA), three months (document
        verifier), a month (terminal).
    :ivar data_groups: those that it grants, of 3 and 4.
    :ivar authorisation: the whole of it, where role and data groups do not say it: other types of terminal, reserved bits, lies.
    :ivar extensions: the data object 65, whole.
    :ivar with_domain: spells the curve out; ``None`` for what the holder's role demands.
    :ivar amend: changes the body before it is signed.
    """

    effective: date
    expiration: date | None = None
    data_groups: tuple[int, ...] = PROTECTED_DATA_GROUPS
    authorisation: HolderAuthorisation | None = None
    extensions: bytes = field(default=b"", repr=False)
    with_domain: bool | None = None
    amend: Amendment = dict


@dataclass(frozen=True)
class CvHolder:
    """A certificate with its private key.

    :ivar reference: the name of the key.
    :ivar raw: the certificate 7F21, which an amendment may have made into one that no one can read.
    :ivar oid: how the holder signs.
    """

    reference: str
    raw: bytes = field(repr=False)
    key: TestCvKey = field(repr=False)
    oid: str

    @property
    def certificate(self) -> CvCertificate:
        """The certificate, read.

        :raises MalformedData, UnsupportedFeature: it was amended into none.
        """
        return CvCertificate.parse(self.raw)

    def save(self, folder: str | PathLike[str]) -> None:
        """Write ``<reference>.cvcert`` and, PKCS#8 in PEM, ``<reference>.pem`` to *folder*, mode 0600.

        :raises MalformedData: the reference is no name for a file.
        """
        write_private(_path(folder, self.reference, "pem"), self.key.to_pem())
        write_private(_path(folder, self.reference, "cvcert"), self.raw)

    @classmethod
    def load(cls, folder: str | PathLike[str], reference: str) -> Self:
        """Read what :meth:`save` wrote.

        :raises MalformedData: it is something else, or key and certificate do not belong together.
        :raises OSError: it is not there.
        """
        raw = read_file(_path(folder, reference, "cvcert"), SIZE_LIMIT)
        key = TestCvKey.from_pem(read_file(_path(folder, reference, "pem"), _KEY_SIZE_LIMIT))
        certificate = CvCertificate.parse(raw)
        public = certificate.public_key.resolve(CvPublicKey.of(certificate.public_key.oid, key.public_key, with_domain=True).domain)
        if certificate.holder != reference or not is_same_key(public.key, key.public_key):
            raise MalformedData("the private key is not the certificate's")
        return cls(reference, raw, key, certificate.public_key.oid)

    def sign(self, objects: dict[int, bytes]) -> bytes:
        """A certificate 7F21 over these data objects, whatever they are."""
        body = build_body(objects.values())
        return build_tlv(CV_CERTIFICATE, body, build_tlv(SIGNATURE, self.key.sign(scheme_of(self.oid, self.key.public_key), body)))

    def certify(self, reference: str, public_key: CvPublicKey, authorisation: HolderAuthorisation, profile: CvProfile) -> bytes:
        """A certificate by this holder for any key, whether its role allows that or not.

        :param profile: its dates both set; data groups and authorisation are given apart.
        """
        if profile.expiration is None:
            raise MalformedData("a certificate without a last day")
        objects = body_objects(
            authority=self.reference,
            holder=reference,
            public_key=public_key,
            authorisation=authorisation,
            effective=profile.effective,
            expiration=profile.expiration,
            extensions=profile.extensions,
        )
        return self.sign(profile.amend(objects))


@dataclass(frozen=True)
class TestCvca(CvHolder):
    """A country verifying certification authority: self-signed, or by link from its predecessor."""

    __test__: ClassVar = False  # no test case, whatever its name looks like to pytest

    @classmethod
    def create(
        cls,
        reference: str = "DETESTCVCA00001",
        *,
        profile: CvProfile,
        key: CvKeyOptions = DEFAULT_KEY,
        random: RandomSource = system_random,
    ) -> TestCvca:
        """A new, self-signed CVCA.

        :raises UnsupportedFeature: a kind of key that cannot be made, or that the mechanism is not for.
        """
        private = TestCvKey.generate(key.kind, random)
        unsigned = cls(reference, b"", private, key.oid)
        public, authorisation, complete = _content(private, key.oid, Role.CVCA, profile)
        return cls(reference, unsigned.certify(reference, public, authorisation, complete), private, key.oid)

    def issue_link(
        self,
        reference: str,
        *,
        profile: CvProfile,
        key: CvKeyOptions = DEFAULT_KEY,
        random: RandomSource = system_random,
    ) -> TestCvca:
        """The next CVCA, with a link certificate by this one; kind of key and mechanism may be others (ICAO 9303-11 §7.1.4.3.2)."""
        return TestCvca(*_issue(self, reference, Role.CVCA, profile, key, random))

    def issue_verifier(
        self,
        reference: str = "DETESTDVDE00001",
        *,
        profile: CvProfile,
        foreign: bool = False,
        key: CvKeyOptions | None = None,
        random: RandomSource = system_random,
    ) -> TestDocumentVerifier:
        """A document verifier, with a key like this CVCA's where *key* is ``None``."""
        role = Role.FOREIGN_DV if foreign else Role.DOMESTIC_DV
        return TestDocumentVerifier(*_issue(self, reference, role, profile, key or _like(self), random))


@dataclass(frozen=True)
class TestDocumentVerifier(CvHolder):
    """A document verifier: it certifies terminals."""

    __test__: ClassVar = False

    def issue_terminal(
        self,
        reference: str = "DETESTISDE00001",
        *,
        profile: CvProfile,
        key: CvKeyOptions | None = None,
        random: RandomSource = system_random,
    ) -> TestTerminal:
        """A terminal, with a key like this verifier's where *key* is ``None``."""
        return TestTerminal(*_issue(self, reference, Role.TERMINAL, profile, key or _like(self), random))


@dataclass(frozen=True)
class TestTerminal(CvHolder):
    """A terminal."""

    __test__: ClassVar = False

    def credentials(self, *issuers: CvHolder) -> TerminalCredentials:
        """What the terminal is given: its key, its certificate, and those of *issuers*."""
        return TerminalCredentials.parse((self.raw, *(issuer.raw for issuer in issuers)), self.key)


def _like(holder: CvHolder) -> CvKeyOptions:
    public = holder.key.public_key
    kind = public.domain.name if isinstance(public, EcPublicKey) else f"rsa-{public.bits}"
    return CvKeyOptions(kind, NAMES[holder.oid])


def _issue(
    issuer: CvHolder, reference: str, role: Role, profile: CvProfile, key: CvKeyOptions, random: RandomSource
) -> tuple[str, bytes, TestCvKey, str]:
    private = TestCvKey.generate(key.kind, random)
    public, authorisation, complete = _content(private, key.oid, role, profile)
    return reference, issuer.certify(reference, public, authorisation, complete), private, key.oid


def _content(private: TestCvKey, oid: str, role: Role, profile: CvProfile) -> tuple[CvPublicKey, HolderAuthorisation, CvProfile]:
    with_domain = role is Role.CVCA if profile.with_domain is None else profile.with_domain
    authorisation = profile.authorisation or HolderAuthorisation.inspection_system(role, *profile.data_groups)
    days = _CVCA_DAYS if role is Role.CVCA else _TERMINAL_DAYS if role is Role.TERMINAL else _VERIFIER_DAYS
    complete = replace(profile, expiration=profile.expiration or profile.effective + days)
    return CvPublicKey.of(oid, private.public_key, with_domain=with_domain), authorisation, complete


def _path(folder: str | PathLike[str], reference: str, suffix: str) -> Path:
    if not _FILE_NAME.fullmatch(reference):
        raise MalformedData("a key's name that is no name for a file")
    return Path(folder) / f"{reference}.{suffix}"
