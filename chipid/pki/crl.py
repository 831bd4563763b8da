# SPDX-License-Identifier: Apache-2.0
"""Certificate revocation lists as CSCAs issue them (ICAO 9303-12 §7.1.4, RFC 5280 §5).

The entries are read when they are asked for: of a list that does not even hold a serial number's octets nobody needs them.
Nothing is re-encoded: the signature covers :attr:`CertificateRevocationList.tbs` as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from types import MappingProxyType
from typing import Final, TypeVar

from chipid.crypto import asn1
from chipid.errors import CertificateError, MalformedData
from chipid.pki import extensions as ext
from chipid.pki.certificate import Certificate
from chipid.pki.names import Name
from chipid.pki.pem import is_pem, read_pem
from chipid.pki.signatures import SignatureFinding, verify_signature

CRL_NUMBER: Final = "2.5.29.20"
REASON_CODE: Final = "2.5.29.21"
HOLD_INSTRUCTION: Final = "2.5.29.23"
INVALIDITY_DATE: Final = "2.5.29.24"
DELTA_CRL_INDICATOR: Final = "2.5.29.27"
ISSUING_DISTRIBUTION_POINT: Final = "2.5.29.28"
CERTIFICATE_ISSUER: Final = "2.5.29.29"
FRESHEST_CRL: Final = "2.5.29.46"

SIZE_LIMIT: Final = 16 * 1024 * 1024
"""Octets of one list, so that it holds fewer than a million entries."""

PERIOD_MAX: Final = timedelta(days=90)
"""How long after thisUpdate the next list is due at the latest (ICAO 9303-12 §4.1.5)."""

_NUMBER_SIZE_MAX = 20
_TIMES = (asn1.UTC_TIME, asn1.GENERALIZED_TIME)
_PLAIN = frozenset({ext.AUTHORITY_KEY_IDENTIFIER, ext.ISSUER_ALT_NAME, CRL_NUMBER})
_UNDERSTOOD = _PLAIN | {ISSUING_DISTRIBUTION_POINT, FRESHEST_CRL}
_UNDERSTOOD_IN_ENTRIES = frozenset({REASON_CODE, HOLD_INSTRUCTION, INVALIDITY_DATE})
_FORBIDDEN = {
    "delta-indicator": DELTA_CRL_INDICATOR,
    "issuing-distribution-point": ISSUING_DISTRIBUTION_POINT,
    "freshest-crl": FRESHEST_CRL,
}
_FORBIDDEN_IN_ENTRIES = _UNDERSTOOD_IN_ENTRIES | {CERTIFICATE_ISSUER}
_LONG_FORM = rb"(?:\x81|\x82\0|\x83\0\0|\x84\0\0\0)?"  # of a length that does not need it
_ANY_OID = b"|".join(re.escape(bytes((size,))) + b".{%d}" % size for size in range(1, 0x80))
_MAYBE_CRITICAL = re.compile(
    rb"\x06" + _LONG_FORM + rb"(?:" + _ANY_OID + rb")\x01" + _LONG_FORM + rb"\x01[^\0][\x04\x24]", re.DOTALL
)
"""OBJECT IDENTIFIER, BOOLEAN that is true, OCTET STRING: without these one after another no entry has a critical extension."""
_CERTIFICATE_ISSUER_VALUE = asn1.parse(asn1.oid(CERTIFICATE_ISSUER), asn1.OBJECT_IDENTIFIER).value
_NO_EXTENSIONS: Mapping[str, ext.Extension] = MappingProxyType({})
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class RevokedCertificate:
    """One entry.

    :ivar serial_octets: the certificate's serial number, :func:`minimal_serial`.
    :ivar revoked_at: the revocationDate.
    """

    serial_octets: bytes
    revoked_at: datetime
    extensions: Mapping[str, ext.Extension] = field(repr=False)


@dataclass(frozen=True, eq=False)
class CertificateRevocationList:
    """One list. Two are equal when their octets are.

    :ivar raw: all of it; :ivar tbs: the signed part, exactly as in the file.
    :ivar version: 1 or 2 as a rule; :ivar issuer: the CSCA's name.
    :ivar next_update: ``None`` where it is absent, which RFC 5280 forbids.
    :ivar algorithm: the outer signatureAlgorithm, DER; :ivar tbs_algorithm: the inner one.
    :ivar authority_key_id: which of the CSCA's keys signed, ``None`` where the extension is absent or malformed.
    :ivar number: the cRLNumber, ``None`` where it is absent or malformed.
    :ivar deviations: departures from the profile outside the entries, stable codes; :attr:`entry_deviations` has theirs.
    """

    raw: bytes = field(repr=False)
    tbs: bytes = field(repr=False)
    version: int
    issuer: Name
    this_update: datetime
    next_update: datetime | None
    tbs_algorithm: bytes = field(repr=False)
    algorithm: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    extensions: Mapping[str, ext.Extension] = field(repr=False)
    authority_key_id: bytes | None
    number: int | None
    deviations: tuple[str, ...]
    _revoked: asn1.Element | None = field(repr=False)

    @classmethod
    def parse(cls, der: bytes) -> CertificateRevocationList:
        """Read one list, in BER or DER; its entries stay unread.

        :param der: the whole SEQUENCE and nothing behind it, at most :data:`SIZE_LIMIT` octets.
        :raises CertificateError: it is none.
        """
        return _Parser(der).revocation_list()

    @cached_property
    def entries(self) -> Mapping[bytes, RevokedCertificate]:
        """The entries by serial number, as :func:`minimal_serial` has it.

        :raises CertificateError: one of them is malformed.
        """
        entries: dict[bytes, RevokedCertificate] = {}
        for element in () if self._revoked is None else self._revoked.children():
            entry = _entry(element)
            entries.setdefault(entry.serial_octets, entry)
        return MappingProxyType(entries)

    def find(self, serial_octets: bytes) -> RevokedCertificate | None:
        """The entry of the certificate with this serial number, ``None`` where there is none.

        Whether the list may be used at all (:attr:`unknown_critical`) is the caller's question.

        :raises CertificateError: the octets occur, and an entry is malformed.
        """
        serial = minimal_serial(serial_octets)
        return self.entries.get(serial) if self._occurs(serial) else None

    @cached_property
    def unknown_critical(self) -> tuple[str, ...]:
        """Object identifiers of what forbids using the list, its own extensions first, then its entries' (RFC 5280 §5.2, §5.3).

        Critical extensions that are not understood; and, however they are marked, those that make it a list of changes (a delta),
        of a part of the certificates, or of other issuers' (indirect), since a serial number alone says nothing there.

        :raises CertificateError: an entry seems to have such an extension, and one is malformed.
        """
        found = [
            extension.oid
            for extension in self.extensions.values()
            if (extension.critical and extension.oid not in _UNDERSTOOD)
            or extension.oid == DELTA_CRL_INDICATOR
            or (extension.oid == ISSUING_DISTRIBUTION_POINT and not _covers_all(extension))
        ]
        if self._occurs(_CERTIFICATE_ISSUER_VALUE) or self._may_hold_critical_entries():
            found += [
                extension.oid
                for entry in self.entries.values()
                for extension in entry.extensions.values()
                if (extension.critical and extension.oid not in _UNDERSTOOD_IN_ENTRIES) or extension.oid == CERTIFICATE_ISSUER
            ]
        return tuple(dict.fromkeys(found))

    @cached_property
    def entry_deviations(self) -> tuple[str, ...]:
        """Where the entries depart from the profile, stable codes.

        :raises CertificateError: one of them is malformed.
        """
        revoked = self._revoked
        if revoked is None:
            return ()
        entries = self.entries
        dates = [_revocation_date(element) for element in revoked.children()]
        noted = {
            "entry-extension": any(_FORBIDDEN_IN_ENTRIES & entry.extensions.keys() for entry in entries.values()),
            "entry-repeated": len(dates) != len(entries),
            "entry-not-der": not asn1.is_der(revoked),
            "time-encoding": any(date.raw != asn1.time(date.time()) for date in dates),
        }
        return tuple(code for code, applies in noted.items() if applies)

    def verified_by(self, certificate: Certificate) -> SignatureFinding:
        """Whether *certificate*'s key made the signature; names and key usage are not looked at.

        The algorithm is the inner one, which the signature covers.

        :raises MalformedData: the key or the algorithm is malformed.
        :raises UnsupportedFeature: one of them is beyond chipid.
        """
        return verify_signature(certificate.public_key, self.tbs_algorithm, self.tbs, self.signature)

    def is_current_at(self, moment: datetime) -> bool:
        """Whether no newer list was due at *moment*: until nextUpdate, or for 90 days where there is none (ICAO 9303-12 §4.1.5)."""
        if self.next_update is None:
            return moment - self.this_update <= PERIOD_MAX
        return moment <= self.next_update

    def _occurs(self, octets: bytes) -> bool:
        revoked = self._revoked
        return revoked is not None and self.raw.find(octets, revoked.value_start, revoked.value_end) >= 0

    def _may_hold_critical_entries(self) -> bool:
        revoked = self._revoked
        return revoked is not None and bool(_MAYBE_CRITICAL.search(self.raw, revoked.value_start, revoked.value_end))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CertificateRevocationList) and self.raw == other.raw

    def __hash__(self) -> int:
        return hash(self.raw)


def minimal_serial(octets: bytes) -> bytes:
    """The shortest contents octets of the INTEGER that *octets* are: equal for equal numbers, of which -5 and 251 are two."""
    number = int.from_bytes(octets, "big", signed=True)
    return number.to_bytes((number if number >= 0 else ~number).bit_length() // 8 + 1, "big", signed=True)


def read_revocation_lists(raw: bytes) -> tuple[CertificateRevocationList, ...]:
    """The lists in *raw*: one in DER, or any number in PEM (RFC 7468 §6).

    :raises CertificateError: it is neither, or one of them is malformed.
    """
    return tuple(map(CertificateRevocationList.parse, read_pem(raw, {"X509 CRL"}) if is_pem(raw) else (raw,)))


def seems_revocation_list(raw: bytes) -> bool:
    """Whether *raw*, DER, is built as a revocation list: with a time where a certificate has two in a SEQUENCE (RFC 5280 §5.1)."""
    try:
        fields = asn1.Reader(raw).sequence().sequence()
        fields.optional(asn1.INTEGER)
        fields.sequence(), fields.sequence()  # the algorithm and the issuer
        return fields.peek() in _TIMES
    except MalformedData:
        return False


class _Parser:
    """One run over one list; collects the deviations on the way."""

    def __init__(self, der: bytes) -> None:
        if len(der) > SIZE_LIMIT:
            raise CertificateError(f"a revocation list of more than {SIZE_LIMIT} octets")
        self._root = asn1.parse(der, asn1.SEQUENCE, CertificateError)
        self._deviations: list[str] = []
        self._is_der = asn1.has_der_header(self._root)

    def revocation_list(self) -> CertificateRevocationList:
        outer = self._root.children()
        tbs = outer.expect(asn1.SEQUENCE)
        algorithm = self._der(outer.expect(asn1.SEQUENCE)).raw
        signature = self._der(outer.expect(asn1.BIT_STRING)).bits()
        outer.finish()
        fields = tbs.children()
        version = self._version(fields)
        tbs_algorithm = self._der(fields.expect(asn1.SEQUENCE)).raw
        issuer = Name.parse(self._der(fields.expect(asn1.SEQUENCE)))
        this_update = self._time(fields.expect(*_TIMES))
        following = fields.optional(*_TIMES)
        next_update = None if following is None else self._time(following)
        revoked = fields.optional(asn1.SEQUENCE)
        extensions = self._extensions(fields.optional(0xA0))
        fields.finish()
        key_id = self._read(extensions, ext.AUTHORITY_KEY_IDENTIFIER, "authority-key-identifier", ext.authority_key_identifier)
        number = self._read(extensions, CRL_NUMBER, "number", _number)
        notes = {
            "version-not-2": version != 2,
            "inner-algorithm-differs": tbs_algorithm != algorithm,
            "not-der": not (self._is_der and asn1.has_der_header(tbs) and (revoked is None or asn1.has_der_header(revoked))),
            "next-update-missing": next_update is None,
            "next-update-too-late": next_update is not None and (next_update - this_update).days > PERIOD_MAX.days,
            "next-update-before-this-update": next_update is not None and next_update < this_update,
            "revoked-certificates-empty": revoked is not None and revoked.children().at_end,
            "default-value-encoded": any(extension.default_encoded for extension in extensions.values()),
            "extension-critical": any(extension.critical and extension.oid in _PLAIN for extension in extensions.values()),
            "number-negative": number is not None and number < 0,
            "number-too-long": number is not None and (number.bit_length() + 8) // 8 > _NUMBER_SIZE_MAX,
            **{code: oid in extensions for code, oid in _FORBIDDEN.items()},
        }
        self._deviations += [code for code, applies in notes.items() if applies]
        return CertificateRevocationList(
            self._root.raw, tbs.raw, version, issuer, this_update, next_update, tbs_algorithm, algorithm, signature,
            MappingProxyType(extensions), key_id, number, tuple(dict.fromkeys(self._deviations)), revoked,
        )  # fmt: skip

    def _der(self, element: asn1.Element) -> asn1.Element:
        self._is_der = self._is_der and asn1.is_der(element)
        return element

    def _version(self, fields: asn1.Reader) -> int:
        version = fields.optional(asn1.INTEGER)
        return 1 if version is None else self._der(version).integer() + 1

    def _time(self, element: asn1.Element) -> datetime:
        moment = element.time()
        if element.raw != asn1.time(moment):
            self._deviations.append("time-encoding")
        return moment

    def _extensions(self, wrapped: asn1.Element | None) -> dict[str, ext.Extension]:
        if wrapped is None:
            return {}
        return ext.parse_extensions(self._der(wrapped).only_child(asn1.SEQUENCE))

    def _read(self, extensions: Mapping[str, ext.Extension], oid: str, label: str, read: Callable[[asn1.Reader], _T]) -> _T | None:
        """What *read* makes of an extension that the profile wants; ``None``, and a note, where it is absent or malformed."""
        extension = extensions.get(oid)
        if extension is None:
            self._deviations.append(f"{label}-missing")
            return None
        try:
            return read(asn1.Reader(extension.value, CertificateError))
        except MalformedData:
            self._deviations.append(f"{label}-malformed")
            return None


def _entry(element: asn1.Element) -> RevokedCertificate:
    if element.tag != asn1.SEQUENCE:
        raise element.error("an entry of another type than SEQUENCE")
    fields = element.children()
    serial = fields.expect(asn1.INTEGER)
    if serial.value_start == serial.value_end:
        raise serial.error("an INTEGER without octets")
    revoked_at = fields.expect(*_TIMES).time()
    extensions = _NO_EXTENSIONS
    if not fields.at_end:
        extensions = MappingProxyType(ext.parse_extensions(fields.expect(asn1.SEQUENCE)))
        fields.finish()
    return RevokedCertificate(minimal_serial(serial.value), revoked_at, extensions)


def _revocation_date(entry: asn1.Element) -> asn1.Element:
    fields = entry.children()
    fields.expect(asn1.INTEGER)
    return fields.expect(*_TIMES)


def _number(reader: asn1.Reader) -> int:
    number = reader.expect(asn1.INTEGER).integer()
    reader.finish()
    return number


def _covers_all(distribution_point: ext.Extension) -> bool:
    """Whether it only says where the list lies, and does not narrow it to certain certificates or reasons (RFC 5280 §5.2.5)."""
    try:
        fields = asn1.Reader(distribution_point.value, CertificateError).sequence()
        fields.optional(0xA0)
        narrowing = [element for element in fields if element.tag == 0x83 or element.boolean()]
    except MalformedData:
        return False
    return not narrowing
