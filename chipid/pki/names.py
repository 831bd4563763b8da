# SPDX-License-Identifier: Apache-2.0
"""Distinguished names, and when two of them mean the same (RFC 5280 §7.1).

Issuers write the name of one authority in several ways: other string types, other case, other spaces, even the RDNs in another
order (Malaysia). Names only find candidates; who signed is a matter of the signature alone, so comparing them kindly is safe.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from chipid.crypto import asn1
from chipid.errors import CertificateError
from chipid.normalisation import normalised

COUNTRY, COMMON_NAME, LOCALITY = "2.5.4.6", "2.5.4.3", "2.5.4.7"

_COUNTRY_OID = bytes.fromhex("0603550406")
_LABELS = {
    COMMON_NAME: "CN", "2.5.4.5": "serialNumber", COUNTRY: "C", LOCALITY: "L", "2.5.4.8": "ST", "2.5.4.10": "O", "2.5.4.11": "OU",
}  # fmt: skip
_CODECS = {0x0C: "utf-8", 0x1E: "utf-16-be", 0x1C: "utf-32-be"}
_ATTRIBUTE_LIMIT = 64


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
        """Read a ``Name``; raises :class:`chipid.errors.CertificateError`."""
        attributes = tuple(_attribute(pair) for rdn in element.children() for pair in _rdn(rdn))
        if len(attributes) > _ATTRIBUTE_LIMIT:
            raise CertificateError("a name with too many attributes", offset=element.offset)
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

    @property
    def country_is_printable(self) -> bool:
        """Whether each ``countryName`` is a PrintableString, as RFC 5280 §A.1 has it."""
        return self.raw.count(_COUNTRY_OID) == self.raw.count(_COUNTRY_OID + b"\x13")

    def first(self, oid: str) -> str | None:
        """The first attribute *oid*, ``None`` where there is none."""
        return next((text.strip() for kind, text in self.attributes if kind == oid), None)

    def __str__(self) -> str:
        return ", ".join(f"{_LABELS.get(oid, oid)}={''.join(filter(str.isprintable, text))}" for oid, text in self.attributes)


def _rdn(element: asn1.Element) -> asn1.Reader:
    if element.tag != asn1.SET:
        raise element.error("a relative distinguished name is a SET")
    return element.children()


def _attribute(element: asn1.Element) -> tuple[str, str]:
    fields = element.children()
    oid = fields.expect(asn1.OBJECT_IDENTIFIER).oid()
    value = fields.read()
    fields.finish()
    return oid, _text(value)


def _text(value: asn1.Element) -> str:
    """The text of a string of any type; octets that their type forbids are read as Latin-1, so that names still compare."""
    octets = value.value
    try:
        return octets.decode(_CODECS.get(value.tag, "latin-1"))
    except UnicodeDecodeError:
        return octets.decode("latin-1")


def _comparable(text: str) -> str:
    return " ".join(normalised("NFKC", text).casefold().split())
