# SPDX-License-Identifier: Apache-2.0
"""Building certificates by the profile of ICAO 9303-12 §7.1.1."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from chipid.crypto import asn1
from chipid.crypto.algorithms import build_algorithm_identifier
from chipid.crypto.random import RandomSource
from chipid.crypto.signature import PublicKey
from chipid.crypto.spki import build_spki
from chipid.issuing.signing_keys import SigningKey
from chipid.pki import extensions as ext
from chipid.pki.countries import alpha_3
from chipid.pki.extensions import KeyUsage
from chipid.pki.names import COMMON_NAME, COUNTRY, LOCALITY

ORGANIZATION: Final = "2.5.4.10"
_PRINTABLE_STRING, _UTF8_STRING, _IA5_STRING = 0x13, 0x0C, 0x16
_SERIAL_SIZE = 16


@dataclass(frozen=True)
class Period:
    """From one moment to another, both with a time zone."""

    not_before: datetime
    not_after: datetime


@dataclass(frozen=True)
class Subject:
    """A name, and the state of the alternative name that goes with it."""

    country: str
    common_name: str
    organization: str

    def build(self) -> bytes:
        """``Name``: country in PrintableString, if any, the rest in UTF8String (ICAO 9303-12 §7.1.1.1)."""
        return asn1.sequence(
            _attribute(COUNTRY, _PRINTABLE_STRING, self.country) if self.country else b"",
            _attribute(ORGANIZATION, _UTF8_STRING, self.organization),
            _attribute(COMMON_NAME, _UTF8_STRING, self.common_name),
        )

    def build_alternative(self) -> bytes:
        """``GeneralNames``: an address, and the three letters of the state as a locality (ICAO 9303-12 §7.1.1.2)."""
        state = alpha_3(self.country) or self.country
        address = f"pki@{self.country.lower()}.example"
        directory = asn1.sequence(_attribute(LOCALITY, _PRINTABLE_STRING, state))
        return asn1.sequence(asn1.encode(0x81, address.encode()), asn1.encode(0xA4, directory))


@dataclass(frozen=True)
class Departures:
    """What a certificate holds in place of what its issuer would write: it is signed all the same.

    :ivar serial: any number; :ivar issuer: another name than the issuer's; :ivar spki: makes the SubjectPublicKeyInfo of the key.
    :ivar version: the field's value, 2 for version 3.
    :ivar extensions: whole ones, encoded, by object identifier, in the place of the issuer's or behind them; ``None`` for leaving
        out.
    :ivar tbs_algorithm: the inner AlgorithmIdentifier, DER; :ivar algorithm: the outer one, the inner one where ``None``.
    :ivar extra_fields: encoded, behind the extensions.
    """

    serial: int | None = None
    issuer: Subject | None = None
    spki: Callable[[PublicKey], bytes] = build_spki
    version: int = 2
    extensions: Mapping[str, bytes | None] = field(default_factory=dict)
    tbs_algorithm: bytes | None = None
    algorithm: bytes | None = None
    extra_fields: bytes = b""

    def applied_to(self, extensions: Iterable[bytes]) -> list[bytes]:
        """*extensions*, encoded, with those of :attr:`extensions`."""
        written: dict[str, bytes | None] = {_oid_of(each): each for each in extensions}
        written |= self.extensions
        return [each for each in written.values() if each is not None]


def build_certificate(
    *,
    issuer: Subject,
    issuer_key: SigningKey,
    subject: Subject,
    subject_key: PublicKey,
    serial: int,
    validity: Period,
    extensions: Iterable[bytes],
    departures: Departures = Departures(),
) -> bytes:
    """A certificate of version 3, signed by *issuer_key*; *extensions* are encoded."""
    tbs_algorithm = departures.tbs_algorithm or build_algorithm_identifier(issuer_key.scheme)
    tbs = asn1.sequence(
        asn1.encode(0xA0, asn1.integer(departures.version)),
        asn1.integer(serial if departures.serial is None else departures.serial),
        tbs_algorithm,
        (departures.issuer or issuer).build(),
        asn1.sequence(asn1.time(validity.not_before), asn1.time(validity.not_after)),
        subject.build(),
        departures.spki(subject_key),
        asn1.encode(0xA3, asn1.sequence(*departures.applied_to(extensions))),
        departures.extra_fields,
    )
    return asn1.sequence(tbs, departures.algorithm or tbs_algorithm, asn1.bit_string(issuer_key.sign(tbs)))


def with_signature_altered(signed: bytes) -> bytes:
    """A certificate or a revocation list whose signature, which stands last, has one bit changed."""
    return signed[:-1] + bytes((signed[-1] ^ 0x01,))


def new_serial(random: RandomSource) -> int:
    """A positive serial number of 16 octets (at most 20: ICAO 9303-12 §7.1.1)."""
    return int.from_bytes(random(_SERIAL_SIZE), "big") >> 1 | 1


def key_identifier(key: PublicKey) -> bytes:
    """SHA-1 of the public key's octets (RFC 5280 §4.2.1.2 method 1)."""
    fields = asn1.Reader(build_spki(key)).sequence()
    fields.read()
    return hashlib.sha1(fields.read().bits(), usedforsecurity=False).digest()


def common_extensions(
    subject: Subject, issuer: Subject, subject_key: PublicKey, issuer_key: PublicKey, usage: Period
) -> list[bytes]:
    """What CSCA and document signer certificates share."""
    own, above = key_identifier(subject_key), key_identifier(issuer_key)
    address = f"http://pki.{issuer.country.lower()}.example/csca.crl".encode()
    point = asn1.sequence(asn1.encode(0xA0, asn1.encode(0xA0, asn1.encode(0x86, address))))
    period = asn1.sequence(
        asn1.encode(0x80, asn1.generalized_time(usage.not_before)), asn1.encode(0x81, asn1.generalized_time(usage.not_after))
    )
    return [
        extension(ext.AUTHORITY_KEY_IDENTIFIER, asn1.sequence(asn1.encode(0x80, above))),
        extension(ext.SUBJECT_KEY_IDENTIFIER, asn1.octet_string(own)),
        extension(ext.PRIVATE_KEY_USAGE_PERIOD, period),
        extension(ext.SUBJECT_ALT_NAME, subject.build_alternative()),
        extension(ext.ISSUER_ALT_NAME, issuer.build_alternative()),
        extension(ext.CRL_DISTRIBUTION_POINTS, asn1.sequence(point)),
    ]


def extension(oid: str, value: bytes, *, critical: bool = False) -> bytes:
    """``Extension``; DER leaves ``critical FALSE`` out."""
    return asn1.sequence(asn1.oid(oid), asn1.encode(asn1.BOOLEAN, b"\xff") if critical else b"", asn1.octet_string(value))


def key_usage(usages: Iterable[KeyUsage]) -> bytes:
    """The keyUsage extension, critical, its bits without trailing zeros (X.690 §11.2.2)."""
    numbers = [usage.value for usage in usages]
    size = max(numbers, default=-1) + 1
    bits = sum(1 << (size - 1 - number) for number in numbers)
    unused = -size % 8
    return extension(ext.KEY_USAGE, asn1.bit_string((bits << unused).to_bytes((size + 7) // 8, "big"), unused), critical=True)


def authority(path_length: int = 0) -> bytes:
    """The basicConstraints of a CSCA, critical."""
    constraints = asn1.sequence(asn1.encode(asn1.BOOLEAN, b"\xff"), asn1.integer(path_length))
    return extension(ext.BASIC_CONSTRAINTS, constraints, critical=True)


def document_type_list(types: Iterable[str]) -> bytes:
    """The documents that a signer signs (ICAO 9303-12 §7.1.1.6)."""
    listed = asn1.set_of(*(asn1.encode(_PRINTABLE_STRING, code.encode("ascii")) for code in types))
    return extension(ext.DOCUMENT_TYPE_LIST, asn1.sequence(asn1.integer(0), listed))


def extended_key_usage(purposes: Iterable[str]) -> bytes:
    """The extendedKeyUsage extension, critical, as signers of lists have it (ICAO 9303-12 §7.1.1.3)."""
    return extension(ext.EXTENDED_KEY_USAGE, asn1.sequence(*map(asn1.oid, purposes)), critical=True)


def name_change() -> bytes:
    """A CSCA tells that its name has changed (ICAO 9303-12 §7.1.1.5)."""
    return extension(ext.NAME_CHANGE, asn1.null())


def _oid_of(encoded: bytes) -> str:
    return asn1.Reader(encoded).sequence().expect(asn1.OBJECT_IDENTIFIER).oid()


def _attribute(oid: str, tag: int, text: str) -> bytes:
    return asn1.encode(asn1.SET, asn1.sequence(asn1.oid(oid), asn1.encode(tag, text.encode())))
