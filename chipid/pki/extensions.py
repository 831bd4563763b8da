# SPDX-License-Identifier: Apache-2.0
"""The certificate extensions that passive authentication reads (ICAO 9303-12 §7.1.1, RFC 5280 §4.2)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Final

from chipid.crypto import asn1
from chipid.pki.names import LOCALITY, PRINTABLE_STRING, Name, at_most

SUBJECT_KEY_IDENTIFIER: Final = "2.5.29.14"
KEY_USAGE: Final = "2.5.29.15"
PRIVATE_KEY_USAGE_PERIOD: Final = "2.5.29.16"
SUBJECT_ALT_NAME: Final = "2.5.29.17"
ISSUER_ALT_NAME: Final = "2.5.29.18"
BASIC_CONSTRAINTS: Final = "2.5.29.19"
CRL_DISTRIBUTION_POINTS: Final = "2.5.29.31"
CERTIFICATE_POLICIES: Final = "2.5.29.32"
AUTHORITY_KEY_IDENTIFIER: Final = "2.5.29.35"
EXTENDED_KEY_USAGE: Final = "2.5.29.37"
NAME_CHANGE: Final = "2.23.136.1.1.6.1"
DOCUMENT_TYPE_LIST: Final = "2.23.136.1.1.6.2"
SUBJECT_DIRECTORY_ATTRIBUTES: Final = "2.5.29.9"
NAME_CONSTRAINTS: Final = "2.5.29.30"
POLICY_MAPPINGS: Final = "2.5.29.33"
POLICY_CONSTRAINTS: Final = "2.5.29.36"
FRESHEST_CRL: Final = "2.5.29.46"
INHIBIT_ANY_POLICY: Final = "2.5.29.54"
NETSCAPE_CERTIFICATE_TYPE: Final = "2.16.840.1.113730.1.1"

UNDERSTOOD: Final = frozenset(
    {
        SUBJECT_KEY_IDENTIFIER, KEY_USAGE, PRIVATE_KEY_USAGE_PERIOD, SUBJECT_ALT_NAME, ISSUER_ALT_NAME, BASIC_CONSTRAINTS,
        CRL_DISTRIBUTION_POINTS, CERTIFICATE_POLICIES, AUTHORITY_KEY_IDENTIFIER, EXTENDED_KEY_USAGE, NAME_CHANGE,
        DOCUMENT_TYPE_LIST,
    }
)  # fmt: skip
"""Extensions that may be critical without refusing the certificate (ICAO 9303-12 §7.1.1): the rest is unknown."""

LIST_LIMIT: Final = 64
"""Parts of one extension that are looked at: more than any issuer writes."""
_CONTACTS: Final = frozenset({0x81, 0x82, 0x86})
_CRL_SCHEMES: Final = (b"http://", b"https://", b"ldap://")

EXTENSION_LIMIT: Final = 64
"""Extensions of a certificate, of a revocation list or of one of its entries."""


class KeyUsage(Enum):
    """A bit of the keyUsage extension, by its number."""

    DIGITAL_SIGNATURE = 0
    NON_REPUDIATION = 1
    KEY_ENCIPHERMENT = 2
    DATA_ENCIPHERMENT = 3
    KEY_AGREEMENT = 4
    KEY_CERT_SIGN = 5
    CRL_SIGN = 6
    ENCIPHER_ONLY = 7
    DECIPHER_ONLY = 8


@dataclass(frozen=True)
class Extension:
    """One extension.

    :ivar value: the octets inside ``extnValue``.
    :ivar default_encoded: ``critical FALSE`` is spelt out, which DER leaves out.
    """

    oid: str
    critical: bool
    value: bytes = field(repr=False)
    default_encoded: bool = False


@dataclass(frozen=True)
class BasicConstraints:
    """Whether the subject is an authority, and how many authorities may stand below it (``None``: any number).

    :ivar encoding_ok: true is FF, no length is negative, and what is no authority has none.
    :ivar default_encoded: ``cA FALSE`` is spelt out, which DER leaves out, or the extension says nothing at all.
    """

    ca: bool
    path_length: int | None
    encoding_ok: bool
    default_encoded: bool = False


@dataclass(frozen=True)
class UsagePeriod:
    """When the private key may sign; an end that is not given is ``None``.

    :ivar encoding_ok: whole seconds, in UTC, as Doc 9303 has it.
    """

    not_before: datetime | None
    not_after: datetime | None
    encoding_ok: bool = True

    def covers(self, moment: datetime) -> bool:
        """Whether *moment* lies inside, both ends included."""
        early = self.not_before is not None and moment < self.not_before
        late = self.not_after is not None and moment > self.not_after
        return not (early or late)


@dataclass(frozen=True)
class AlternativeName:
    """What Doc 9303 puts into the alternative name of a subject or issuer (ICAO 9303-12 §7.1.1.2).

    :ivar state: the three letters of an MRZ in a directoryName's locality; :ivar has_contact: an address, a host or a URI is there.
    """

    state: str | None
    has_contact: bool


def parse_extensions(listed: asn1.Element) -> dict[str, Extension]:
    """``Extensions`` by object identifier; raises the element's kind of MalformedData, for one that is there twice too."""
    extensions: dict[str, Extension] = {}
    for count, element in enumerate(listed.children()):
        if count >= EXTENSION_LIMIT:
            raise element.error("too many extensions")
        extension = parse_extension(element)
        if extension.oid in extensions:
            raise element.error(f"the extension {extension.oid} is there twice")
        extensions[extension.oid] = extension
    return extensions


def parse_extension(element: asn1.Element) -> Extension:
    """One ``Extension``; raises the element's kind of MalformedData."""
    fields = element.children()
    oid = fields.expect(asn1.OBJECT_IDENTIFIER).oid()
    critical = fields.optional(asn1.BOOLEAN)
    value = fields.octet_string()
    fields.finish()
    is_critical = critical is not None and critical.boolean()
    return Extension(oid, is_critical, value, critical is not None and not is_critical)


def subject_key_identifier(reader: asn1.Reader) -> bytes:
    """The key identifier, one octet at least."""
    value = reader.octet_string()
    reader.finish()
    if not value:
        raise reader.error("a key identifier without octets")
    return value


def authority_key_identifier(reader: asn1.Reader) -> bytes | None:
    """The ``keyIdentifier`` inside, if any, and if it has octets; issuer and serial number are ignored."""
    fields = reader.sequence()
    identifier = fields.optional(0x80)
    return None if identifier is None else identifier.value or None


def key_usage(reader: asn1.Reader) -> frozenset[KeyUsage]:
    """The bits that are set."""
    octets, _ = reader.expect(asn1.BIT_STRING).bit_string()
    reader.finish()
    return frozenset(usage for usage in KeyUsage if _bit(octets, usage.value))


def basic_constraints(reader: asn1.Reader) -> BasicConstraints:
    """``cA`` and ``pathLenConstraint``; an explicit ``cA FALSE`` and a path length without ``cA`` are read, and noted."""
    fields = reader.sequence()
    reader.finish()
    ca = fields.optional(asn1.BOOLEAN)
    length = fields.optional(asn1.INTEGER)
    fields.finish()
    path_length = None if length is None else length.integer()
    is_ca = ca is not None and ca.boolean()
    tidy = (not is_ca or (ca is not None and ca.value == b"\xff")) and (path_length is None or (is_ca and path_length >= 0))
    return BasicConstraints(is_ca, path_length, tidy, not is_ca and (ca is not None or path_length is None))


def private_key_usage_period(reader: asn1.Reader) -> UsagePeriod:
    """Both ends; each is a GeneralizedTime under an IMPLICIT tag."""
    fields = reader.sequence()
    reader.finish()
    first, last = fields.optional(0x80), fields.optional(0x81)
    fields.finish()
    tidy = all(end is None or end.value == asn1.generalized_time(end.time()) for end in (first, last))
    return UsagePeriod(None if first is None else first.time(), None if last is None else last.time(), tidy)


def extended_key_usage(reader: asn1.Reader) -> tuple[str, ...]:
    """The purposes, dotted."""
    purposes = tuple(purpose.oid() for purpose in at_most(LIST_LIMIT, reader.sequence()))
    reader.finish()
    return purposes


def document_types(reader: asn1.Reader) -> frozenset[str]:
    """The document codes of an MRZ that the signer signs for (ICAO 9303-12 §7.1.1.6)."""
    return frozenset(code.value.decode("latin-1").strip() for code in _document_types(reader)[1])


def document_types_are_tidy(reader: asn1.Reader) -> bool:
    """Whether the list is of version 0, and its codes are one or two characters of PrintableString each."""
    version, codes = _document_types(reader)
    return version == 0 and bool(codes) and all(code.tag == PRINTABLE_STRING and len(code.value) in (1, 2) for code in codes)


def _document_types(reader: asn1.Reader) -> tuple[int, list[asn1.Element]]:
    fields = reader.sequence()
    reader.finish()
    return fields.expect(asn1.INTEGER).integer(), list(at_most(LIST_LIMIT, fields.expect(asn1.SET).children()))


def alternative_name(reader: asn1.Reader) -> AlternativeName:
    """State and contact of a ``GeneralNames``."""
    names = list(at_most(LIST_LIMIT, reader.sequence()))
    reader.finish()
    directories = (Name.parse(name.only_child(asn1.SEQUENCE)) for name in names if name.tag == 0xA4)
    states = (directory.first(LOCALITY) for directory in directories)
    return AlternativeName(next(filter(None, states), None), any(name.tag in _CONTACTS for name in names))


def crl_distribution_points(reader: asn1.Reader) -> bool:
    """Whether each point is what Doc 9303 wants: addresses of http, https or ldap, no reasons and no cRLIssuer.

    Nothing is ever fetched from there.
    """
    points = list(at_most(LIST_LIMIT, reader.sequence()))
    reader.finish()
    return bool(points) and all(_is_plain_point(point) for point in points)


def _is_plain_point(point: asn1.Element) -> bool:
    fields = point.children()
    name = fields.optional(0xA0)
    full = None if name is None else name.children().optional(0xA0)
    if full is None or not fields.at_end:
        return False
    addresses = list(at_most(LIST_LIMIT, full.children()))
    return bool(addresses) and all(each.tag == 0x86 and each.value.lower().startswith(_CRL_SCHEMES) for each in addresses)


def name_change(reader: asn1.Reader) -> bool:
    """That the name has changed, which NULL tells by being there (ICAO 9303-12 §7.1.1.5)."""
    if reader.expect(asn1.NULL).value:
        raise reader.error("NULL has no contents")
    reader.finish()
    return True


def _bit(octets: bytes, number: int) -> bool:
    index, bit = divmod(number, 8)
    return index < len(octets) and bool(octets[index] << bit & 0x80)
