# SPDX-License-Identifier: Apache-2.0
"""Distinguished names, and when two of them mean the same (RFC 5280 §7.1).

Issuers write the name of one authority in several ways: other string types, other case, other spaces, even the RDNs in another
order (Malaysia). Names only find candidates; who signed is a matter of the signature alone, so comparing them kindly is safe.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from chipid.crypto import asn1
from chipid.normalisation import normalised

COUNTRY, COMMON_NAME, LOCALITY, SERIAL_NUMBER = "2.5.4.6", "2.5.4.3", "2.5.4.7", "2.5.4.5"
UTF8_STRING, PRINTABLE_STRING, _IA5_STRING = 0x0C, 0x13, 0x16

_LABELS = {
    COMMON_NAME: "CN", SERIAL_NUMBER: "serialNumber", COUNTRY: "C", LOCALITY: "L",
    "2.5.4.8": "ST", "2.5.4.10": "O", "2.5.4.11": "OU",
}  # fmt: skip
_CODECS = {UTF8_STRING: "utf-8", 0x1E: "utf-16-be", 0x1C: "utf-32-be"}
_ATTRIBUTE_LIMIT = 64
NAME_LIMIT: Final = 4096
"""Octets of one name; the longest real ones have some 300. A longer one would be made comparable, and printed, again and again."""
TEXT_LIMIT: Final = 100
"""Characters of a value that are printed."""
_PRINTABLE = re.compile(rb"[A-Za-z0-9 '()+,./:=?-]*")
_IA5_ATTRIBUTES = frozenset({"1.2.840.113549.1.9.1", "0.9.2342.19200300.100.1.25"})  # emailAddress, domainComponent


@dataclass(frozen=True)
class Name:
    """A distinguished name.

    :ivar raw: its encoding as it stands.
    :ivar attributes: (object identifier, text) of each attribute, in the order of the encoding.
    """

    raw: bytes = field(repr=False)
    attributes: tuple[tuple[str, str], ...]

    @classmethod
    def parse(cls, element: asn1.Element) -> Name:
        """Read a ``Name``.

        :raises MalformedData: it is none, or longer than :data:`NAME_LIMIT`; as the element's own kind of error.
        """
        if element.end - element.offset > NAME_LIMIT:
            raise element.error(f"a name of more than {NAME_LIMIT} octets")
        attributes = tuple((oid, _text(value)) for oid, value in _attributes(element))
        return cls(element.raw, attributes)

    @cached_property
    def in_order(self) -> tuple[tuple[str, str], ...]:
        """The attributes with text made comparable: case, width and spaces do not count."""
        return tuple((oid, _comparable(text)) for oid, text in self.attributes)

    @cached_property
    def normalised(self) -> tuple[tuple[str, str], ...]:
        """As :attr:`in_order`, and their order does not count either; equal for names that mean the same."""
        return tuple(sorted(self.in_order))

    @property
    def country(self) -> str | None:
        """The first ``countryName``, as written, without spaces around it."""
        return self.first(COUNTRY)

    def has_encoding_of_profile(self) -> bool:
        """Whether each value is of a type, and in that type's characters, that Doc 9303 allows (ICAO 9303-12 §7.1.1.1).

        ``countryName`` is looked at by :attr:`country_is_tidy`; ``serialNumber`` is a PrintableString, the rest that or UTF8String.
        """
        return all(_is_of_profile(oid, value) for oid, value in self._values() if oid != COUNTRY)

    def country_is_tidy(self) -> bool:
        """Whether each ``countryName`` is two capital letters in PrintableString (ICAO 9303-12 §7.1.1.1, RFC 5280 §A.1)."""
        countries = [value for oid, value in self._values() if oid == COUNTRY]
        return all(
            value.tag == PRINTABLE_STRING and len(value.value) == 2 and value.value.isalpha() and value.value.isupper()
            for value in countries
        )

    def _values(self) -> Iterator[tuple[str, asn1.Element]]:
        return _attributes(asn1.parse(self.raw, asn1.SEQUENCE))

    def first(self, oid: str) -> str | None:
        """The first attribute *oid*, ``None`` where there is none."""
        return next((text.strip() for kind, text in self.attributes if kind == oid), None)

    def __str__(self) -> str:
        return ", ".join(f"{_LABELS.get(oid, oid)}={_shown(text)}" for oid, text in self.attributes)


def shortened(text: str, limit: int = TEXT_LIMIT) -> str:
    """*text*, which comes from a certificate or a file, as long as it may be in a sentence."""
    return text if len(text) <= limit else f"{text[:limit]}…"


def at_most(limit: int, elements: Iterable[asn1.Element]) -> Iterator[asn1.Element]:
    """*elements*; one too many is refused (:class:`chipid.errors.MalformedData`) before it is gathered."""
    for count, element in enumerate(elements):
        if count == limit:
            raise element.error(f"more than {limit} elements")
        yield element


def _attributes(name: asn1.Element) -> Iterator[tuple[str, asn1.Element]]:
    """Object identifier and value of each attribute."""
    pairs = (pair for rdn in at_most(_ATTRIBUTE_LIMIT, name.children()) for pair in _rdn(rdn))
    for pair in at_most(_ATTRIBUTE_LIMIT, pairs):
        fields = pair.children()
        oid = fields.expect(asn1.OBJECT_IDENTIFIER).oid()
        yield oid, fields.read()
        fields.finish()


def _rdn(element: asn1.Element) -> asn1.Reader:
    if element.tag != asn1.SET:
        raise element.error("a relative distinguished name is a SET")
    return element.children()


def _is_of_profile(oid: str, value: asn1.Element) -> bool:
    if value.tag == PRINTABLE_STRING:
        return _PRINTABLE.fullmatch(value.value) is not None
    if value.tag == UTF8_STRING and oid != SERIAL_NUMBER:
        return _is_utf_8(value.value)
    return value.tag == _IA5_STRING and oid in _IA5_ATTRIBUTES and value.value.isascii()


def _is_utf_8(octets: bytes) -> bool:
    try:
        octets.decode()
    except UnicodeDecodeError:
        return False
    return True


def _text(value: asn1.Element) -> str:
    """The text of a string of any type; octets that their type forbids are read as Latin-1, so that names still compare."""
    octets = value.value
    try:
        return octets.decode(_CODECS.get(value.tag, "latin-1"))
    except UnicodeDecodeError:
        return octets.decode("latin-1")


def _shown(text: str) -> str:
    return shortened("".join(filter(str.isprintable, text)))


def _comparable(text: str) -> str:
    return " ".join(normalised("NFKC", text).casefold().split())
