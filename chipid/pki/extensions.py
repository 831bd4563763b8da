# SPDX-License-Identifier: Apache-2.0
"""The certificate extensions that passive authentication reads (ICAO 9303-12 §7.1.1, RFC 5280 §4.2)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Final

from chipid.crypto import asn1
from chipid.pki.names import LOCALITY, Name

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

UNDERSTOOD: Final = frozenset(
    {
        SUBJECT_KEY_IDENTIFIER, KEY_USAGE, PRIVATE_KEY_USAGE_PERIOD, SUBJECT_ALT_NAME, ISSUER_ALT_NAME, BASIC_CONSTRAINTS,
        CRL_DISTRIBUTION_POINTS, CERTIFICATE_POLICIES, AUTHORITY_KEY_IDENTIFIER, EXTENDED_KEY_USAGE, NAME_CHANGE,
        DOCUMENT_TYPE_LIST,
    }
)  # fmt: skip
"""Extensions that may be critical without refusing the certificate (ICAO 9303-12 §7.1.1): the rest is unknown."""


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

    :ivar encoding_ok: DER leaves a default value out, and gives no path length to what is no authority.
    """

    ca: bool
    path_length: int | None
    encoding_ok: bool


@dataclass(frozen=True)
class UsagePeriod:
    """When the private key may sign; an end that is not given is ``None``."""

    not_before: datetime | None
    not_after: datetime | None

    def covers(self, moment: datetime) -> bool:
        """Whether *moment* lies inside, both ends included."""
        early = self.not_before is not None and moment < self.not_before
        late = self.not_after is not None and moment > self.not_after
        return not (early or late)


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
    """The key identifier."""
    value = reader.octet_string()
    reader.finish()
    return value


def authority_key_identifier(reader: asn1.Reader) -> bytes | None:
    """The ``keyIdentifier`` inside, if any; issuer and serial number are ignored."""
    fields = reader.sequence()
    identifier = fields.optional(0x80)
    return None if identifier is None else identifier.value


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
    tidy = (ca is None or (is_ca and ca.value == b"\xff")) and (path_length is None or (is_ca and path_length >= 0))
    return BasicConstraints(is_ca, path_length, tidy)


def private_key_usage_period(reader: asn1.Reader) -> UsagePeriod:
    """Both ends; each is a GeneralizedTime under an IMPLICIT tag."""
    fields = reader.sequence()
    reader.finish()
    first, last = fields.optional(0x80), fields.optional(0x81)
    fields.finish()
    return UsagePeriod(None if first is None else first.time(), None if last is None else last.time())


def extended_key_usage(reader: asn1.Reader) -> tuple[str, ...]:
    """The purposes, dotted."""
    purposes = tuple(purpose.oid() for purpose in reader.sequence())
    reader.finish()
    return purposes


def document_types(reader: asn1.Reader) -> frozenset[str]:
    """The document codes of an MRZ that the signer signs for (ICAO 9303-12 §7.1.1.6)."""
    fields = reader.sequence()
    reader.finish()
    fields.expect(asn1.INTEGER)
    listed = fields.expect(asn1.SET)
    return frozenset(code.value.decode("latin-1").strip() for code in listed.children())


def alternative_state(reader: asn1.Reader) -> str | None:
    """The three letters that Doc 9303 puts into a directoryName's locality (ICAO 9303-12 §7.1.1.2), if they are there."""
    for name in reader.sequence():
        if name.tag == 0xA4 and (state := Name.parse(name.only_child(asn1.SEQUENCE)).first(LOCALITY)):
            return state
    return None


def _bit(octets: bytes, number: int) -> bool:
    index, bit = divmod(number, 8)
    return index < len(octets) and bool(octets[index] << bit & 0x80)
