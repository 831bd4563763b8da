# SPDX-License-Identifier: Apache-2.0
"""SignedData (RFC 5652 §5) as EF.SOD, EF.CardSecurity and master lists are (ICAO 9303-10 §4.6.2, 9303-12 §9): structure only.

Everything that is hashed later is kept as the octets that were read. Verification is in :mod:`chipid.pki.signed_data`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Final

from chipid.crypto import asn1
from chipid.errors import CertificateError, MalformedData
from chipid.pki.certificate import Certificate
from chipid.pki.names import Name

SIGNED_DATA: Final = "1.2.840.113549.1.7.2"
CONTENT_TYPE: Final = "1.2.840.113549.1.9.3"
MESSAGE_DIGEST: Final = "1.2.840.113549.1.9.4"
SIGNING_TIME: Final = "1.2.840.113549.1.9.5"

SIGNER_LIMIT, CERTIFICATE_LIMIT, ATTRIBUTE_LIMIT, DIGEST_LIMIT = 8, 64, 64, 64
"""More than any document has; beyond them the data are malformed, so that a hostile chip cannot buy work."""

ATTRIBUTES_SIZE_LIMIT: Final = 8192
"""Octets of one signer's signed attributes, which are encoded anew where they are no DER; real ones have a few hundred."""

LIST_CERTIFICATE_LIMIT: Final = 2048
"""Certificates beside the content of a signed list, whose issuer may put every CSCA that it knows there."""

_SIGNED_ATTRIBUTES = _CERTIFICATES = 0xA0


@dataclass(frozen=True)
class IssuerAndSerialNumber:
    """A signer named by its certificate's issuer and serial number."""

    issuer: Name
    serial_octets: bytes

    def names(self, certificate: Certificate) -> bool:
        """Whether it is *certificate*, octet by octet."""
        return self.issuer.raw == certificate.issuer.raw and self.serial_octets == certificate.serial_octets

    def resembles(self, certificate: Certificate) -> bool:
        """Whether it means *certificate*, however it is spelt (Malaysia, Ukraine)."""
        same_serial = self.serial_octets.lstrip(b"\0") == certificate.serial_octets.lstrip(b"\0")
        return same_serial and self.issuer.normalised == certificate.issuer.normalised

    def build(self, tag: int = asn1.SEQUENCE) -> bytes:
        """The same, in DER, under an IMPLICIT *tag* where one is given."""
        return asn1.encode(tag, self.issuer.raw, asn1.encode(asn1.INTEGER, self.serial_octets))


@dataclass(frozen=True)
class SubjectKeyIdentifier:
    """A signer named by its key identifier."""

    key_id: bytes

    def names(self, certificate: Certificate) -> bool:
        """Whether *certificate* carries this identifier."""
        return certificate.subject_key_id == self.key_id

    def resembles(self, certificate: Certificate) -> bool:
        """Whether it is the SHA-1 of *certificate*'s key, which carries another identifier or none."""
        return self.key_id in certificate.key_identifiers

    def build(self, tag: int = 0x80) -> bytes:
        """The same, in DER, under an IMPLICIT *tag*."""
        return asn1.encode(tag, self.key_id)


SignerIdentifier = IssuerAndSerialNumber | SubjectKeyIdentifier
SIGNER_IDENTIFIER_TAGS: Final = (asn1.SEQUENCE, 0x80, 0xA0)


@dataclass(frozen=True)
class SignerInfo:
    """One signature.

    :ivar digest_algorithm: its AlgorithmIdentifier as it stands; so :ivar signature_algorithm:
    :ivar signed_attributes: the ``[0]`` element as it stands, ``None`` where there is none.
    :ivar attributes: the values of each signed attribute, encoded, by object identifier.
    :ivar repeated_attributes: object identifiers that are there more than once, which RFC 5652 §5.3 forbids.
    :ivar has_unsigned_attributes: which Doc 9303 forbids.
    """

    version: int
    sid: SignerIdentifier
    digest_algorithm: bytes = field(repr=False)
    signed_attributes: asn1.Element | None = field(repr=False)
    attributes: Mapping[str, tuple[bytes, ...]] = field(repr=False)
    repeated_attributes: tuple[str, ...]
    signature_algorithm: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    has_unsigned_attributes: bool

    def attribute(self, oid: str) -> bytes | None:
        """The one value of a signed attribute, encoded; ``None`` where it is absent or has not exactly one value."""
        values = self.attributes.get(oid, ())
        return values[0] if len(values) == 1 else None


@dataclass(frozen=True)
class SignedData:
    """A ContentInfo with SignedData in it.

    :ivar content_type: eContentType, dotted.
    :ivar content: eContent's octets, ``None`` where it is detached.
    :ivar certificate_octets: the X.509 certificates, encoded, in their order.
    :ivar is_der: whether all of it is DER, as ICAO 9303-10 §4.6.2.2 wants; what is inside a certificate is that one's.
    :ivar has_revocation_lists: which Doc 9303 forbids.
    """

    version: int
    digest_algorithms: tuple[bytes, ...] = field(repr=False)
    content_type: str
    content: bytes | None = field(repr=False)
    certificate_octets: tuple[bytes, ...] = field(repr=False)
    signers: tuple[SignerInfo, ...]
    is_der: bool
    has_revocation_lists: bool

    @classmethod
    def parse(cls, raw: bytes, *, certificate_limit: int = CERTIFICATE_LIMIT) -> SignedData:
        """Read a ContentInfo, in BER or DER.

        :param certificate_limit: how many certificates it may hold, :data:`LIST_CERTIFICATE_LIMIT` for a signed list.
        :raises CertificateError: it is none, or holds something else than SignedData.
        """
        root = asn1.parse(raw, asn1.SEQUENCE, CertificateError)
        info = root.children()
        if info.expect(asn1.OBJECT_IDENTIFIER).oid() != SIGNED_DATA:
            raise root.error("a ContentInfo of another type than SignedData")
        explicit = info.expect(0xA0)
        signed_data = explicit.only_child(asn1.SEQUENCE)
        info.finish()
        fields = signed_data.children()
        version = fields.expect(asn1.INTEGER).integer()
        algorithms = fields.expect(asn1.SET)
        digest_algorithms = tuple(each.raw for each in _at_most(DIGEST_LIMIT, algorithms, "hash algorithms"))
        content_type, content = _encapsulated(fields.sequence())
        certificates = _certificates(fields.optional(_CERTIFICATES), certificate_limit)
        revocation_lists = fields.optional(0xA1)
        signers = _signers(fields.expect(asn1.SET))
        fields.finish()
        is_der = all(map(asn1.has_der_header, (root, explicit, signed_data))) and all(map(_is_der, signed_data.children()))
        return cls(
            version, digest_algorithms, content_type, content, certificates, signers, is_der, revocation_lists is not None
        )

    @cached_property
    def certificates(self) -> tuple[Certificate, ...]:
        """The certificates that can be read; the others could sign nothing."""
        found = []
        for octets in self.certificate_octets:
            try:
                found.append(Certificate.parse(octets))
            except MalformedData:
                continue
        return tuple(found)


def _encapsulated(fields: asn1.Reader) -> tuple[str, bytes | None]:
    content_type = fields.expect(asn1.OBJECT_IDENTIFIER).oid()
    wrapped = fields.optional(0xA0)
    fields.finish()
    if wrapped is None:
        return content_type, None
    inner = wrapped.children()
    content = inner.octet_string()
    inner.finish()
    return content_type, content


def _certificates(element: asn1.Element | None, limit: int) -> tuple[bytes, ...]:
    """X.509 certificates; the other choices (attribute certificates and the like) sign no document."""
    if element is None:
        return ()
    choices = _at_most(limit, element, "certificates")
    return tuple(choice.raw for choice in choices if choice.tag == asn1.SEQUENCE)


def _is_der(field: asn1.Element) -> bool:
    return asn1.has_der_header(field) if field.tag == _CERTIFICATES else asn1.is_der(field)


def _at_most(limit: int, element: asn1.Element, what: str) -> Iterator[asn1.Element]:
    """The elements inside, refused as soon as there are too many: a hostile file may hold millions."""
    for count, child in enumerate(element.children()):
        if count >= limit:
            raise element.error(f"too many {what}")
        yield child


def _signers(element: asn1.Element) -> tuple[SignerInfo, ...]:
    signers: list[SignerInfo] = []
    for signer in element.children():
        if len(signers) >= SIGNER_LIMIT:
            raise element.error("too many signers")
        signers.append(_signer(signer.children()))
    return tuple(signers)


def _signer(fields: asn1.Reader) -> SignerInfo:
    version = fields.expect(asn1.INTEGER).integer()
    sid = signer_identifier(fields.expect(*SIGNER_IDENTIFIER_TAGS))
    digest_algorithm = fields.expect(asn1.SEQUENCE).raw
    signed_attributes = fields.optional(_SIGNED_ATTRIBUTES)
    attributes, repeated = _attributes(signed_attributes)
    signature_algorithm = fields.expect(asn1.SEQUENCE).raw
    signature = fields.octet_string()
    unsigned_attributes = fields.optional(0xA1)
    fields.finish()
    return SignerInfo(
        version, sid, digest_algorithm, signed_attributes, attributes, repeated, signature_algorithm, signature,
        unsigned_attributes is not None,
    )  # fmt: skip


def signer_identifier(element: asn1.Element) -> SignerIdentifier:
    """Read a ``SignerIdentifier`` (RFC 5652 §5.3), of one of :data:`SIGNER_IDENTIFIER_TAGS`."""
    if element.tag != asn1.SEQUENCE:
        return SubjectKeyIdentifier(element.octets())
    return issuer_and_serial_number(element)


def issuer_and_serial_number(element: asn1.Element) -> IssuerAndSerialNumber:
    """Read an ``IssuerAndSerialNumber`` (RFC 5652 §10.2.4), under any tag."""
    fields = element.children()
    issuer = Name.parse(fields.expect(asn1.SEQUENCE))
    serial = fields.expect(asn1.INTEGER)
    fields.finish()
    serial.integer()
    return IssuerAndSerialNumber(issuer, serial.value)


def _attributes(element: asn1.Element | None) -> tuple[Mapping[str, tuple[bytes, ...]], tuple[str, ...]]:
    attributes: dict[str, tuple[bytes, ...]] = {}
    repeated = []
    if element is not None and len(element.raw) > ATTRIBUTES_SIZE_LIMIT:
        raise element.error("too large signed attributes")
    for count, attribute in enumerate(() if element is None else element.children()):
        if count >= ATTRIBUTE_LIMIT:
            raise attribute.error("too many attributes")
        fields = attribute.children()
        oid = fields.expect(asn1.OBJECT_IDENTIFIER).oid()
        values = tuple(value.raw for value in fields.expect(asn1.SET).children())
        fields.finish()
        if oid in attributes:
            repeated.append(oid)
        attributes.setdefault(oid, values)
    return MappingProxyType(attributes), tuple(repeated)
