# SPDX-License-Identifier: Apache-2.0
"""A PKI for test documents: a CSCA, its document signers, and what they sign (ICAO 9303-12 §4.1, §7.1).

Much that goes wrong in the field can be made here by saying what the certificate shall hold: its dates, its country, its key's
usage. The private keys lie in files that their owner alone can read, and are not encrypted: no real authority's keys belong here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from os import PathLike
from pathlib import Path
from typing import ClassVar, Final

from chipid.crypto import asn1
from chipid.crypto.algorithms import scheme_from_algorithm_identifier
from chipid.crypto.random import RandomSource, system_random
from chipid.crypto.signature import EcPublicKey, Hash
from chipid.crypto.spki import build_spki
from chipid.errors import MalformedData
from chipid.issuing import certificates as build
from chipid.issuing.certificates import Departures, Period, Subject
from chipid.issuing.revocation_lists import RevocationListProfile, build_revocation_list
from chipid.issuing.signed_data import LDS_SECURITY_OBJECT, SignatureOptions, build_signed_data
from chipid.issuing.signing_keys import RsaPadding, SigningKey, read_private_key
from chipid.lds.card_security import ID_SECURITY_OBJECT, CardSecurity
from chipid.lds.security_infos import SecurityInfos
from chipid.lds.sod import EfSod, LDSSecurityObject
from chipid.pki.certificate import Certificate
from chipid.pki.extensions import KeyUsage
from chipid.pki.trust_store import read_certificates, write_pem
from chipid.records import write_private

DEFAULT_KEY: Final = "brainpoolP384r1"
DOCUMENT_TYPES: Final = ("ID", "P")
ORGANIZATION: Final = "chipid test PKI"

# A document is valid for 25 years at most, as a CCCD is; its signer signs for three months, the CSCA for five years; and each
# certificate lasts as long as what it vouches for (ICAO 9303-12 §4.1.1.1).
_DSC_USAGE, _DSC_VALIDITY = timedelta(days=91), timedelta(days=26 * 366)
_CSCA_USAGE, _CSCA_VALIDITY = timedelta(days=5 * 365), timedelta(days=31 * 366 + 30)
_CSCA_KEY_USAGE = (KeyUsage.KEY_CERT_SIGN, KeyUsage.CRL_SIGN)
_PRIVATE_KEY = re.compile(rb"-----BEGIN PRIVATE KEY-----[A-Za-z0-9+/=\s]*-----END PRIVATE KEY-----\n?")


@dataclass(frozen=True)
class KeyOptions:
    """What kind of key is made, and how it signs.

    :ivar kind: a curve (``brainpoolP256r1 … secp521r1``) or ``rsa-2048`` and the like.
    :ivar hash_name: ``None`` for the one that goes with the key.
    :ivar explicit_parameters: certificates spell out the curve, as Doc 9303 wants; otherwise they name it.
    """

    kind: str = DEFAULT_KEY
    hash_name: Hash | None = None
    rsa_padding: RsaPadding = "pkcs1"
    explicit_parameters: bool = True

    def generate(self, random: RandomSource) -> SigningKey:
        """A new key of this kind."""
        return SigningKey.generate(
            self.kind,
            random,
            hash_name=self.hash_name,
            rsa_padding=self.rsa_padding,
            explicit_parameters=self.explicit_parameters,
        )


@dataclass(frozen=True)
class SignerProfile:
    """What a document signer's certificate holds beside name and key.

    :ivar validity: of the certificate; 26 years where ``None``. :ivar usage_period: of its key; three months where ``None``.
    :ivar key_usage: ``None`` leaves the extension out; so does ``None`` for :ivar document_types:
    :ivar extra_extensions: encoded, behind the others.
    """

    validity: Period | None = None
    usage_period: Period | None = None
    key_usage: tuple[KeyUsage, ...] | None = (KeyUsage.DIGITAL_SIGNATURE,)
    document_types: tuple[str, ...] | None = DOCUMENT_TYPES
    extra_extensions: tuple[bytes, ...] = ()

    @classmethod
    def for_lists(cls, purpose: str) -> SignerProfile:
        """Of a signer of lists; *purpose* as for :meth:`TestCsca.issue_list_signer`."""
        return cls(document_types=None, extra_extensions=(build.extended_key_usage((purpose,)),))

    def extensions(self, common: Iterable[bytes]) -> list[bytes]:
        """All extensions, encoded, *common* ones among them."""
        usage = [] if self.key_usage is None else [build.key_usage(self.key_usage)]
        types = [] if self.document_types is None else [build.document_type_list(self.document_types)]
        return [*usage, *common, *types, *self.extra_extensions]


@dataclass(frozen=True)
class _Holder:
    """A certificate with its private key.

    :ivar certificate: DER.
    """

    certificate: bytes = field(repr=False)
    key: SigningKey = field(repr=False)

    @property
    def parsed(self) -> Certificate:
        """The certificate, read."""
        return Certificate.parse(self.certificate)

    def certificate_pem(self) -> bytes:
        """The certificate in PEM: what the operator of a terminal is given to trust."""
        return write_pem([self.parsed])

    def to_pem(self) -> bytes:
        """Private key and certificate in PEM."""
        return self.key.to_pem() + self.certificate_pem()

    def save(self, path: str | PathLike[str]) -> None:
        """Write :meth:`to_pem` to *path*, mode 0600."""
        write_private(path, self.to_pem())


def _read_holder(pem: bytes, hash_name: Hash | None, rsa_padding: RsaPadding | None) -> tuple[bytes, SigningKey]:
    block = _PRIVATE_KEY.search(pem)
    certificates = read_certificates(pem)
    if block is None or len(certificates) != 1:
        raise MalformedData("a private key and one certificate in PEM are expected")
    certificate = certificates[0]
    public = certificate.public_key
    explicit = not isinstance(public, EcPublicKey) or public.explicit
    key = SigningKey.of(
        read_private_key(block[0]), hash_name=hash_name, rsa_padding=rsa_padding or "pkcs1", explicit_parameters=explicit
    )
    if build_spki(key.public) != certificate.spki:
        raise MalformedData("the private key is not the certificate's")
    return certificate.raw, key


@dataclass(frozen=True)
class TestCsca(_Holder):
    """A country signing CA, self-signed.

    :ivar subject: its name.
    """

    __test__: ClassVar = False  # no test case, whatever its name looks like to pytest

    subject: Subject

    @classmethod
    def create(
        cls,
        country: str = "VN",
        *,
        at: datetime,
        common_name: str = "Test CSCA",
        key: KeyOptions = KeyOptions(),
        validity: Period | None = None,
        departures: Departures = Departures(),  # noqa: B008  immutable
        random: RandomSource = system_random,
    ) -> TestCsca:
        """A new CSCA.

        :param country: two letters. :param at: when it begins to sign, with a time zone.
        :param validity: of the certificate; 31 years from *at* where ``None``.
        :param departures: what its certificate shall hold otherwise.
        :raises UnsupportedFeature: a kind of key that cannot be made.
        """
        subject, signing_key = Subject(country, common_name, ORGANIZATION), key.generate(random)
        usage = Period(at, at + _CSCA_USAGE)
        extensions = build.common_extensions(subject, subject, signing_key.public, signing_key.public, usage)
        certificate = build.build_certificate(
            issuer=subject,
            issuer_key=signing_key,
            subject=subject,
            subject_key=signing_key.public,
            serial=build.new_serial(random),
            validity=validity or Period(at, at + _CSCA_VALIDITY),
            extensions=[build.key_usage(_CSCA_KEY_USAGE), build.authority(), *extensions],
            departures=departures,
        )
        return cls(certificate, signing_key, subject)

    @classmethod
    def from_pem(cls, pem: bytes) -> TestCsca:
        """Read what :meth:`to_pem` wrote.

        :raises MalformedData: it is something else. :raises UnsupportedFeature: a key that cannot sign here.
        """
        certificate, key = _read_holder(pem, None, None)
        parsed = Certificate.parse(certificate)
        scheme = scheme_from_algorithm_identifier(parsed.tbs_algorithm)
        names = (parsed.subject.country, parsed.subject.first("2.5.4.3"), parsed.subject.first(build.ORGANIZATION))
        subject = Subject(*(name or "" for name in names))
        if subject.build() != parsed.subject.raw or not (parsed.is_ca and parsed.is_self_signed):
            raise MalformedData("the certificate is not one of a test CSCA")
        return cls(certificate, SigningKey(key.private, scheme, key.explicit_parameters), subject)

    @classmethod
    def load(cls, path: str | PathLike[str]) -> TestCsca:
        """Read what :meth:`save` wrote; errors as :meth:`from_pem`, and ``OSError``."""
        return cls.from_pem(Path(path).read_bytes())

    def issue_document_signer(
        self,
        *,
        at: datetime,
        country: str | None = None,
        common_name: str = "Test Document Signer",
        key: KeyOptions = KeyOptions(),
        profile: SignerProfile = SignerProfile(),
        departures: Departures = Departures(),  # noqa: B008  immutable
        random: RandomSource = system_random,
    ) -> DocumentSigner:
        """A new document signer, certified by this CSCA.

        :param country: the CSCA's own where ``None``.
        :param profile: what else its certificate holds. Periods that it leaves open begin at *at*.
        :param departures: what its certificate shall hold otherwise.
        """
        subject, signing_key = Subject(country or self.subject.country, common_name, ORGANIZATION), key.generate(random)
        usage = profile.usage_period or Period(at, at + _DSC_USAGE)
        common = build.common_extensions(subject, self.subject, signing_key.public, self.key.public, usage)
        validity = profile.validity or Period(at, at + _DSC_VALIDITY)
        certificate = self._certify(subject, signing_key, validity, profile.extensions(common), random, departures)
        return DocumentSigner(certificate, signing_key)

    def issue_list_signer(self, purpose: str, *, at: datetime, random: RandomSource = system_random) -> DocumentSigner:
        """A new signer of lists, for :meth:`DocumentSigner.sign_list`.

        :param purpose: its extendedKeyUsage, e.g. 2.23.136.1.1.3 for master lists (ICAO 9303-12 §7.1.1.3).
        """
        profile = SignerProfile.for_lists(purpose)
        return self.issue_document_signer(at=at, common_name="Test List Signer", profile=profile, random=random)

    def issue_link(
        self,
        successor: TestCsca,
        *,
        departures: Departures = Departures(),  # noqa: B008  immutable
        random: RandomSource = system_random,
    ) -> bytes:
        """A link certificate: this CSCA's key certifies its *successor*'s (ICAO 9303-12 §4.1.1, §7.1.1.5), DER.

        Where the successor has another name, the extension NameChange says so; *departures* can leave it out.
        """
        parsed = successor.parsed
        validity = Period(parsed.not_before, parsed.not_after)
        usage = Period(parsed.not_before, parsed.not_before + _CSCA_USAGE)
        extensions = build.common_extensions(successor.subject, self.subject, successor.key.public, self.key.public, usage)
        renamed = [build.name_change()] if successor.subject != self.subject else []
        listed = [build.key_usage(_CSCA_KEY_USAGE), build.authority(), *extensions, *renamed]
        return self._certify(successor.subject, successor.key, validity, listed, random, departures)

    def issue_revocation_list(
        self,
        revoked: Iterable[int] = (),
        *,
        at: datetime,
        profile: RevocationListProfile = RevocationListProfile(),  # noqa: B008  immutable
    ) -> bytes:
        """A certificate revocation list of this CSCA, DER (ICAO 9303-12 §7.1.4).

        :param revoked: serial numbers. :param at: when it is issued, with a time zone.
        """
        return build_revocation_list(issuer=self.subject, issuer_key=self.key, this_update=at, revoked=revoked, profile=profile)

    def _certify(
        self,
        subject: Subject,
        subject_key: SigningKey,
        validity: Period,
        extensions: Iterable[bytes],
        random: RandomSource,
        departures: Departures,
    ) -> bytes:
        return build.build_certificate(
            issuer=self.subject,
            issuer_key=self.key,
            subject=subject,
            subject_key=subject_key.public,
            serial=build.new_serial(random),
            validity=validity,
            extensions=extensions,
            departures=departures,
        )


@dataclass(frozen=True)
class DocumentSigner(_Holder):
    """A document signer: its key signs EF.SODs, and EF.CardSecuritys."""

    @classmethod
    def from_pem(cls, pem: bytes, *, hash_name: Hash | None = None, rsa_padding: RsaPadding = "pkcs1") -> DocumentSigner:
        """Read what :meth:`to_pem` wrote. A certificate does not say how its key signs, so that this may be given anew.

        :raises MalformedData: it is something else. :raises UnsupportedFeature: a key that cannot sign here.
        """
        return cls(*_read_holder(pem, hash_name, rsa_padding))

    @classmethod
    def load(cls, path: str | PathLike[str], *, hash_name: Hash | None = None, rsa_padding: RsaPadding = "pkcs1") -> DocumentSigner:
        """Read what :meth:`save` wrote; as :meth:`from_pem`, and ``OSError``."""
        return cls.from_pem(Path(path).read_bytes(), hash_name=hash_name, rsa_padding=rsa_padding)

    def sign_sod(
        self,
        data_groups: Mapping[int, bytes],
        *,
        hash_name: Hash = "sha256",
        lds_version: str | None = None,
        unicode_version: str | None = None,
        options: SignatureOptions = SignatureOptions(),  # noqa: B008  immutable
    ) -> bytes:
        """EF.SOD over *data_groups*, whole files by number.

        :param hash_name: of the data groups; the signature has its own.
        :param lds_version: e.g. ``0108`` with ``unicode_version`` ``040000``; without them version 0 is written.
        :raises LdsError: no data group, or one outside 1–16.
        """
        listed = LDSSecurityObject.over(data_groups, hash_name, lds_version=lds_version, unicode_version=unicode_version)
        return EfSod(self.sign(LDS_SECURITY_OBJECT, listed.build(), options)).build()

    def sign_card_security(self, infos: SecurityInfos, options: SignatureOptions = SignatureOptions()) -> bytes:  # noqa: B008
        """EF.CardSecurity over *infos*, which it holds in DER's order (ICAO 9303-10 §3.11.4)."""
        content = asn1.set_of(*infos.raw_infos)
        return CardSecurity(self.sign(ID_SECURITY_OBJECT, content, options)).build()

    def sign_list(self, content_type: str, content: bytes, csca: TestCsca, *, at: datetime) -> bytes:
        """A master, deviation or defect list (ICAO 9303-12 §9.1, §10.1): by key identifier, with the signer's *csca* beside it.

        :param content: e.g. ``CscaMasterList.of(…).content``, of the type *content_type*. :param at: the signing time.
        """
        options = SignatureOptions(by_key_identifier=True, signing_time=at, other_certificates=(csca.certificate,))
        return self.sign(content_type, content, options)

    def sign(self, content_type: str, content: bytes, options: SignatureOptions = SignatureOptions()) -> bytes:  # noqa: B008
        """A ContentInfo over any content; *content_type* dotted."""
        return build_signed_data(content_type, content, self.parsed, self.key, options)
