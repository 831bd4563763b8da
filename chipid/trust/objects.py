# SPDX-License-Identifier: Apache-2.0
"""What a trust store holds, and how each object is found again: certificates, revocation lists and signed lists."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Final

from chipid.crypto import asn1
from chipid.errors import CertificateError, MalformedData
from chipid.pki.certificate import Certificate
from chipid.pki.countries import alpha_2
from chipid.pki.trust_store import is_authority

if TYPE_CHECKING:
    from chipid.pki.cms import SignedData, SignerIdentifier, SignerInfo
    from chipid.pki.crl import CertificateRevocationList
    from chipid.pki.defect_list import DefectList
    from chipid.pki.deviation_list import DeviationList
    from chipid.pki.names import Name

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SIGNING_TIME: Final = "1.2.840.113549.1.9.5"
_LIST_SIGNING: Final = frozenset({"2.23.136.1.1.3", "2.23.136.1.1.8"})


class Kind(StrEnum):
    """What an object is."""

    CERTIFICATE = "certificate"
    REVOCATION_LIST = "crl"
    MASTER_LIST = "master-list"
    DEVIATION_LIST = "deviation-list"
    DEFECT_LIST = "defect-list"


class Role(StrEnum):
    """What a certificate is for, by what it says of itself; whether an authority is an anchor its own signature decides."""

    CSCA = "csca"
    LINK = "link"
    LIST_SIGNER = "list-signer"
    DOCUMENT_SIGNER = "document-signer"


AUTHORITIES: Final = (Role.CSCA, Role.LINK)


@dataclass(frozen=True)
class Index:
    """What an object is looked up by; all of it follows from the object's octets.

    :ivar role: of a certificate. :ivar country: two capital letters: the subject's, a revocation list's issuer's, a list signer's.
    :ivar subject: :func:`name_digest` of a certificate's subject; so :ivar issuer: of a certificate's or revocation list's issuer.
    :ivar serial: a certificate's serial number, contents octets without leading zeros.
    :ivar key_id: a certificate's subjectKeyIdentifier, a revocation list's authorityKeyIdentifier.
    :ivar key_digest: SHA-1 of a certificate's key (RFC 5280 §4.2.1.2).
    :ivar valid_from: notBefore, thisUpdate, or when a list says that it was signed; :ivar valid_until: notAfter or nextUpdate.
        In seconds since 1970.
    """

    role: Role | None = None
    country: str | None = None
    subject: bytes | None = None
    issuer: bytes | None = None
    serial: bytes | None = None
    key_id: bytes | None = None
    key_digest: bytes | None = None
    valid_from: int | None = None
    valid_until: int | None = None


@dataclass(frozen=True)
class StoredObject:
    """One object of a store.

    :ivar octets: all of it, as it was imported. :ivar index: as the store's file has it, compared with the octets when it is used.
    """

    id: int
    kind: Kind
    octets: bytes = field(repr=False)
    index: Index

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of all octets, hexadecimal."""
        return hashlib.sha256(self.octets).hexdigest()

    @cached_property
    def certificate(self) -> Certificate:
        """A certificate, parsed; raises :class:`chipid.errors.CertificateError`."""
        return Certificate.parse(self.octets)

    @cached_property
    def revocation_list(self) -> CertificateRevocationList:
        """A revocation list, parsed; raises :class:`chipid.errors.CertificateError`."""
        from chipid.pki.crl import CertificateRevocationList  # noqa: PLC0415  # most cards need none

        return CertificateRevocationList.parse(self.octets)

    @cached_property
    def signed_data(self) -> SignedData | None:
        """A signed list's CMS object, ``None`` for a bare master list; raises :class:`chipid.errors.CertificateError`."""
        return read_signed_data(self.octets)

    @cached_property
    def deviation_list(self) -> DeviationList:
        """What a deviation list's signer said; raises :class:`chipid.errors.CertificateError`."""
        from chipid.pki.deviation_list import DeviationList  # noqa: PLC0415

        return DeviationList.parse(self._content(), country=self.index.country)

    @cached_property
    def defect_list(self) -> DefectList:
        """What a defect list's signer said; raises :class:`chipid.errors.CertificateError`."""
        from chipid.pki.defect_list import DefectList  # noqa: PLC0415

        return DefectList.parse(self._content())

    def _content(self) -> bytes:
        if self.signed_data is None or self.signed_data.content is None:
            raise CertificateError("a signed list without its content")
        return self.signed_data.content

    @property
    def valid_from(self) -> datetime | None:
        """:attr:`Index.valid_from` as a moment."""
        return moment(self.index.valid_from)

    @property
    def valid_until(self) -> datetime | None:
        """:attr:`Index.valid_until` as a moment."""
        return moment(self.index.valid_until)

    @property
    def name(self) -> str:
        """Whose it is: a certificate's subject, a revocation list's issuer, a list's signer, in printable characters."""
        if self.kind is Kind.CERTIFICATE:
            return str(self.certificate.subject)
        if self.kind is Kind.REVOCATION_LIST:
            return str(self.revocation_list.issuer)
        signer = None if self.signed_data is None else claimed_signer(self.signed_data)
        return "nobody" if signer is None else str(signer.subject)

    def computed_index(self) -> Index:
        """What :attr:`index` should be, from the octets; raises :class:`chipid.errors.CertificateError`."""
        if self.kind is Kind.CERTIFICATE:
            return certificate_index(self.certificate)
        if self.kind is Kind.REVOCATION_LIST:
            return revocation_list_index(self.revocation_list)
        return signed_list_index(self.signed_data)


def certificate_index(certificate: Certificate) -> Index:
    """The index of a certificate."""
    key_id = certificate.subject_key_id
    return Index(
        role=role_of(certificate),
        country=alpha_2(certificate.subject.country or ""),
        subject=name_digest(certificate.subject),
        issuer=name_digest(certificate.issuer),
        serial=certificate.serial_octets.lstrip(b"\0"),
        key_id=key_id,
        key_digest=_key_digest(certificate),
        valid_from=seconds(certificate.not_before),
        valid_until=seconds(certificate.not_after),
    )


def revocation_list_index(crl: CertificateRevocationList) -> Index:
    """The index of a revocation list."""
    return Index(
        country=alpha_2(crl.issuer.country or ""),
        issuer=name_digest(crl.issuer),
        key_id=crl.authority_key_id,
        valid_from=seconds(crl.this_update),
        valid_until=None if crl.next_update is None else seconds(crl.next_update),
    )


def signed_list_index(signed: SignedData | None) -> Index:
    """The index of a master, deviation or defect list; an empty one for a list that nobody signed."""
    if signed is None or (signer := claimed_signer(signed)) is None:
        return Index()
    signed_at = next((at for info in signed.signers if (at := _signing_time(info)) is not None), None)
    return Index(
        country=alpha_2(signer.subject.country or ""),
        subject=name_digest(signer.subject),
        issuer=name_digest(signer.issuer),
        valid_from=None if signed_at is None else seconds(signed_at),
    )


def _key_digest(certificate: Certificate) -> bytes | None:
    try:
        return next(iter(certificate.key_identifiers - {certificate.subject_key_id}), certificate.subject_key_id)
    except MalformedData:
        return None


def _signing_time(info: SignerInfo) -> datetime | None:
    try:
        value = asn1.Reader(info.attribute(_SIGNING_TIME) or b"")
        return value.expect(asn1.UTC_TIME, asn1.GENERALIZED_TIME).time()
    except MalformedData:
        return None


def role_of(certificate: Certificate) -> Role:
    """What *certificate* is for: key identifiers tell a CSCA from a link, its extended key usage a list signer from a DSC."""
    if not is_authority(certificate):
        lists = _LIST_SIGNING.intersection(certificate.extended_key_usage or ())
        return Role.LIST_SIGNER if lists else Role.DOCUMENT_SIGNER
    key_id = certificate.authority_key_id
    own_key = key_id is None or key_id in certificate.key_identifiers
    return Role.CSCA if certificate.is_self_issued and own_key else Role.LINK


def claimed_signer(signed: SignedData) -> Certificate | None:
    """The certificate in *signed* that its first signer names; nothing is verified."""
    sids = [info.sid for info in signed.signers]
    return next((each for sid in sids for each in signed.certificates if _fits(sid, each)), None)


def _fits(sid: SignerIdentifier, certificate: Certificate) -> bool:
    try:
        return sid.names(certificate) or sid.resembles(certificate)
    except MalformedData:
        return False


def read_signed_data(octets: bytes) -> SignedData | None:
    """The CMS object of a list, ``None`` where there is none around it; raises :class:`chipid.errors.CertificateError`."""
    from chipid.pki.cms import LIST_CERTIFICATE_LIMIT, SignedData  # noqa: PLC0415

    if asn1.parse(octets, asn1.SEQUENCE, CertificateError).children().peek() == asn1.INTEGER:
        return None
    return SignedData.parse(octets, certificate_limit=LIST_CERTIFICATE_LIMIT)


def name_digest(name: Name) -> bytes:
    """SHA-256 of *name* normalised: equal for names that mean the same, however they are spelt."""
    parts = (part.encode("utf-8") for attribute in name.normalised for part in attribute)
    return hashlib.sha256(b"".join(len(part).to_bytes(4, "big") + part for part in parts)).digest()


def seconds(at: datetime) -> int:
    """Whole seconds from 1970 to *at*."""
    return (at - _EPOCH) // timedelta(seconds=1)


def moment(count: int | None) -> datetime | None:
    """The moment *count* seconds after 1970; ``None`` where there is none, or none that a calendar has."""
    try:
        return None if count is None else _EPOCH + timedelta(seconds=count)
    except OverflowError:
        return None
