# SPDX-License-Identifier: Apache-2.0
"""X.509 certificates as CSCAs and document signers have them (ICAO 9303-12 §7.1, RFC 5280 §4).

What the field really holds is read, and what departs from the profile is told in ``deviations``: serial numbers of zero, malformed
extensions, extra data. Nothing is re-encoded: the signature covers :attr:`Certificate.tbs` as it stands.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from types import MappingProxyType
from typing import TypeVar

from chipid.crypto import asn1
from chipid.crypto.signature import CertificateKey, DsaPublicKey, EcPublicKey
from chipid.crypto.spki import parse_certificate_key
from chipid.errors import CertificateError, MalformedData, UnsupportedFeature
from chipid.pki import extensions as ext
from chipid.pki.names import Name
from chipid.pki.signatures import SignatureFinding, verify_signature

_T = TypeVar("_T")
SIZE_LIMIT = 1 << 16
"""Octets of a certificate; real ones have a few thousand."""
_SERIAL_LIMIT = 20


@dataclass(frozen=True, eq=False)
class Certificate:
    """One certificate. Two are equal when their octets are.

    :ivar raw: all of it; :ivar tbs: the signed part, exactly as in the file.
    :ivar serial_octets: the serial number's contents octets; :attr:`serial` as a number, which may be zero or negative.
    :ivar spki: SubjectPublicKeyInfo; the key itself is :attr:`public_key`, so that an unknown kind does not stop the parsing.
    :ivar algorithm: the outer signatureAlgorithm, DER; :ivar tbs_algorithm: the inner one.
    :ivar key_usage: the bits, ``None`` where the extension is absent or malformed.
    :ivar unknown_critical: critical extensions that are not understood: the certificate must not be used.
    :ivar noted: departures that showed while it was read; :attr:`deviations` has all.
    """

    raw: bytes = field(repr=False)
    tbs: bytes = field(repr=False)
    version: int
    serial_octets: bytes
    issuer: Name
    subject: Name
    not_before: datetime
    not_after: datetime
    spki: bytes = field(repr=False)
    tbs_algorithm: bytes = field(repr=False)
    algorithm: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    extensions: Mapping[str, ext.Extension] = field(repr=False)
    subject_key_id: bytes | None
    authority_key_id: bytes | None
    key_usage: frozenset[ext.KeyUsage] | None
    basic_constraints: ext.BasicConstraints | None
    usage_period: ext.UsagePeriod | None
    extended_key_usage: tuple[str, ...] | None
    document_types: frozenset[str] | None
    noted: tuple[str, ...]

    @classmethod
    def parse(cls, der: bytes) -> Certificate:
        """Read one certificate.

        :param der: the whole SEQUENCE and nothing behind it, at most :data:`SIZE_LIMIT` octets.
        :raises CertificateError: it is none.
        """
        return _Parser(der).certificate()

    @cached_property
    def deviations(self) -> tuple[str, ...]:
        """Departures from what any certificate keeps to, stable codes; whether all of it is DER takes as long as reading it."""
        return self.noted if asn1.is_der(asn1.parse(self.raw, asn1.SEQUENCE)) else (*self.noted, "not-der")

    @property
    def serial(self) -> int:
        """The serial number."""
        return int.from_bytes(self.serial_octets, "big", signed=True)

    @property
    def unknown_critical(self) -> tuple[str, ...]:
        """Object identifiers of critical extensions that are not understood."""
        return tuple(e.oid for e in self.extensions.values() if e.critical and e.oid not in ext.UNDERSTOOD)

    @property
    def is_ca(self) -> bool:
        """Whether basicConstraints says that it is an authority."""
        return self.basic_constraints is not None and self.basic_constraints.ca

    @cached_property
    def public_key(self) -> CertificateKey:
        """The subject's key.

        :raises MalformedData: it is none, or a forged curve.
        :raises UnsupportedFeature: a kind of key that chipid does not know.
        """
        return parse_certificate_key(self.spki)

    @cached_property
    def key_identifiers(self) -> frozenset[bytes]:
        """What may stand for this key elsewhere: the extension, and the SHA-1 of the key (RFC 5280 §4.2.1.2)."""
        key = asn1.Reader(self.spki).sequence()
        key.read()
        digest = hashlib.sha1(key.read().bit_string()[0], usedforsecurity=False).digest()
        return frozenset({digest} if self.subject_key_id is None else {digest, self.subject_key_id})

    @property
    def fingerprint(self) -> str:
        """SHA-256 of all octets, hexadecimal."""
        return hashlib.sha256(self.raw).hexdigest()

    @cached_property
    def is_self_issued(self) -> bool:
        """Whether issuer and subject are one name."""
        return self.issuer.normalised == self.subject.normalised

    @cached_property
    def is_self_signed(self) -> bool:
        """Whether its own key made its signature; a CSCA's old key that signs its new one (a link) is self-issued only."""
        if not self.is_self_issued:
            return False
        try:
            return self.verified_by(self).valid
        except (MalformedData, UnsupportedFeature):
            return False

    def verified_by(self, issuer: Certificate) -> SignatureFinding:
        """Whether *issuer*'s key made the signature; names are not looked at.

        The algorithm is the inner one, which the signature covers.

        :raises MalformedData: the key or the algorithm is malformed.
        :raises UnsupportedFeature: one of them is beyond chipid.
        """
        return verify_signature(issuer.public_key, self.tbs_algorithm, self.tbs, self.signature)

    def is_valid_at(self, moment: datetime) -> bool:
        """Whether *moment* lies in the validity period, both ends included (RFC 5280 §4.1.2.5)."""
        return self.not_before <= moment <= self.not_after

    def extension_value(self, oid: str, read: Callable[[asn1.Reader], _T]) -> _T | None:
        """What *read* makes of the extension *oid*; ``None`` where there is none, or it is malformed."""
        extension = self.extensions.get(oid)
        if extension is None:
            return None
        try:
            return read(asn1.Reader(extension.value, CertificateError))
        except MalformedData:
            return None

    def alternative_state(self, oid: str) -> str | None:
        """The three-letter state in the subject's or issuer's alternative name, ``None`` where there is none that can be read."""
        name = self.extension_value(oid, ext.alternative_name)
        return None if name is None else name.state

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Certificate) and self.raw == other.raw

    def __hash__(self) -> int:
        return hash(self.raw)


class _Parser:
    """One run over one certificate; collects the deviations on the way."""

    def __init__(self, der: bytes) -> None:
        self._root = asn1.parse(der, asn1.SEQUENCE, CertificateError)
        self._deviations: list[str] = []
        self._extensions: dict[str, ext.Extension] = {}

    def certificate(self) -> Certificate:
        outer = self._root.children()
        if outer.peek() == asn1.OBJECT_IDENTIFIER:
            raise self._root.error("a CMS object, and no certificate")
        if self._root.end > SIZE_LIMIT:
            raise self._root.error(f"a certificate of more than {SIZE_LIMIT} octets")
        tbs = outer.expect(asn1.SEQUENCE)
        algorithm = outer.expect(asn1.SEQUENCE).raw
        signature = outer.expect(asn1.BIT_STRING).bits()
        outer.finish()
        fields = tbs.children()
        version = self._version(fields)
        serial = self._serial(fields)
        tbs_algorithm = fields.expect(asn1.SEQUENCE).raw
        issuer = Name.parse(fields.expect(asn1.SEQUENCE))
        validity = fields.sequence()
        not_before, not_after = self._time(validity), self._time(validity)
        subject = Name.parse(fields.expect(asn1.SEQUENCE))
        spki = fields.expect(asn1.SEQUENCE)
        self._check_spki_shape(spki)
        unique_identifiers = fields.optional(0x81, 0xA1), fields.optional(0x82, 0xA2)
        self._note("unique-identifier-present", unique_identifiers != (None, None))
        self._read_extensions(fields)
        self._note("tbs-extra-data", not fields.at_end)
        self._note("version-not-3", version != 3)
        self._note("inner-algorithm-differs", tbs_algorithm != algorithm)
        constraints = self._extension(ext.BASIC_CONSTRAINTS, "basic-constraints", ext.basic_constraints)
        spelt_out = any(extension.default_encoded for extension in self._extensions.values())
        self._note("default-value-encoded", spelt_out or (constraints is not None and constraints.default_encoded))
        self._note("basic-constraints-encoding", constraints is not None and not constraints.encoding_ok)
        return Certificate(
            raw=self._root.raw, tbs=tbs.raw, version=version, serial_octets=serial, issuer=issuer, subject=subject,
            not_before=not_before, not_after=not_after, spki=spki.raw, tbs_algorithm=tbs_algorithm, algorithm=algorithm,
            signature=signature, extensions=MappingProxyType(self._extensions), basic_constraints=constraints,
            subject_key_id=self._extension(ext.SUBJECT_KEY_IDENTIFIER, "subject-key-identifier", ext.subject_key_identifier),
            authority_key_id=self._extension(
                ext.AUTHORITY_KEY_IDENTIFIER, "authority-key-identifier", ext.authority_key_identifier
            ),
            key_usage=self._extension(ext.KEY_USAGE, "key-usage", ext.key_usage),
            usage_period=self._extension(ext.PRIVATE_KEY_USAGE_PERIOD, "usage-period", ext.private_key_usage_period),
            extended_key_usage=self._extension(ext.EXTENDED_KEY_USAGE, "extended-key-usage", ext.extended_key_usage),
            document_types=self._extension(ext.DOCUMENT_TYPE_LIST, "document-types", ext.document_types),
            noted=tuple(dict.fromkeys(self._deviations)),
        )  # fmt: skip

    def _note(self, code: str, applies: bool) -> None:
        if applies:
            self._deviations.append(code)

    def _version(self, fields: asn1.Reader) -> int:
        version = fields.optional(0xA0)
        return 1 if version is None else version.only_child(asn1.INTEGER).integer() + 1

    def _serial(self, fields: asn1.Reader) -> bytes:
        element = fields.expect(asn1.INTEGER)
        self._note("serial-not-positive", element.integer() <= 0)
        self._note("serial-too-long", len(element.value) > _SERIAL_LIMIT)
        self._note("serial-encoding", asn1.integer(element.integer()) != element.raw)
        return element.value

    def _time(self, validity: asn1.Reader) -> datetime:
        element = validity.expect(asn1.UTC_TIME, asn1.GENERALIZED_TIME)
        moment = element.time()
        self._note("validity-encoding", element.raw != asn1.time(moment))
        return moment

    @staticmethod
    def _check_spki_shape(spki: asn1.Element) -> None:
        fields = spki.children()
        fields.expect(asn1.SEQUENCE)
        fields.expect(asn1.BIT_STRING).bit_string()

    def _read_extensions(self, fields: asn1.Reader) -> None:
        wrapped = fields.optional(0xA3)
        if wrapped is not None:
            self._extensions = ext.parse_extensions(wrapped.only_child(asn1.SEQUENCE))

    def _extension(self, oid: str, label: str, read: Callable[[asn1.Reader], _T]) -> _T | None:
        """What *read* makes of the extension; ``None``, and a note, where it is malformed."""
        extension = self._extensions.get(oid)
        if extension is None:
            return None
        try:
            return read(asn1.Reader(extension.value, CertificateError))
        except MalformedData:
            self._deviations.append(f"{label}-malformed")
            return None


def describe_key(key: CertificateKey) -> str:
    """A key in a few words, for a person: ``RSA-2048``, ``brainpoolP384r1``."""
    if isinstance(key, EcPublicKey):
        return key.domain.name
    return f"{'DSA' if isinstance(key, DsaPublicKey) else 'RSA'}-{key.bits}"
