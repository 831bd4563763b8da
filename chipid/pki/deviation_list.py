# SPDX-License-Identifier: Apache-2.0
"""DeviationList: what an issuing State says of documents of its own that depart from Doc 9303 (ICAO 9303-3 §7, 9303-12 §10.2).

The signed content alone; who may sign it is a matter of :mod:`chipid.pki.signed_list`. Types that are not known are kept. One list
names hundreds of thousands of documents (Italy): their numbers are read when one of them is looked for.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Final, Self

from chipid.crypto import asn1
from chipid.errors import CertificateError, MalformedData
from chipid.pki.cms import IssuerAndSerialNumber, SubjectKeyIdentifier, issuer_and_serial_number

DEVIATION_LIST: Final = "2.23.136.1.1.7"
DEVIATION_LIST_SIGNING_KEY: Final = "2.23.136.1.1.8"

DEVIATION_LIMIT, DESCRIPTION_LIMIT = 10_000, 256
"""Entries of a list, and descriptions of an entry: beyond what any State has to say."""

SOD, COM = 20, 21
"""What stands for EF.SOD and EF.COM where a data group is named."""

DIGESTS: Final = ("sha1", "sha224", "sha256", "sha384", "sha512")
"""The hashes by which a certificate may be named: no two are of one length."""

_PRINTABLE_STRING = 0x13
_STRINGS = {_PRINTABLE_STRING: "ascii", 0x0C: "utf-8", 0x16: "ascii", 0x1A: "ascii", 0x14: "latin-1", 0x1E: "utf-16-be"}
_FILLER = "<"
_LOOSE_TIME = re.compile(rb"(\d{14})(?:\.\d+)?Z +UTC")


@dataclass(frozen=True)
class CertificateDigest:
    """A document signer named by the hash of its certificate. The length tells which hash it is.

    Whose it is: :func:`chipid.pki.certificate_forms.certificate_digests` by :data:`DIGESTS`.
    """

    octets: bytes

    def build(self, tag: int) -> bytes:
        """The same, in DER, under an IMPLICIT *tag*."""
        return asn1.encode(tag, self.octets)


DocumentSignerIdentifier = IssuerAndSerialNumber | SubjectKeyIdentifier | CertificateDigest
_SIGNER_TAGS: Mapping[type[DocumentSignerIdentifier], int] = MappingProxyType(
    {IssuerAndSerialNumber: 0xA1, SubjectKeyIdentifier: 0x82, CertificateDigest: 0x83}
)


@dataclass(frozen=True)
class IssuancePeriod:
    """From when to when the documents were issued, both ends included.

    :ivar encoding_ok: both are written as ASN.1 has it; Italy writes ``20171001000000.000Z UTC``.
    """

    first_issued: datetime
    last_issued: datetime
    encoding_ok: bool = field(default=True, compare=False)


@dataclass(frozen=True)
class DocumentNumbers:
    """SET OF PrintableString, read when asked.

    :ivar raw: its contents octets.
    """

    raw: bytes = field(repr=False)

    @classmethod
    def of(cls, numbers: Iterable[str]) -> Self:
        """The set of *numbers*; raises ``ValueError`` for one that is not ASCII."""
        return cls(b"".join(sorted(_printable(number) for number in numbers)))

    def __contains__(self, number: str) -> bool:
        """Whether the document *number* is among them, case and fillers at the end aside.

        :raises CertificateError: what is there is no set of numbers.
        """
        sought, capitals = _comparable(number), self.raw.upper()
        # As a rule it stands there as it is, for no character of text is a tag, or it is nowhere: then nothing has to be read.
        if asn1.encode(_PRINTABLE_STRING, sought.encode()) in capitals:
            return True
        return sought.encode() in capitals and any(_comparable(each) == sought for each in self)

    def __iter__(self) -> Iterator[str]:
        return (_text(element) for element in asn1.Reader(self.raw, CertificateError))


@dataclass(frozen=True)
class DeviationDocuments:
    """Which documents are meant: each condition that is given has to be met (ICAO 9303-3 §7.3.6).

    :ivar document_type: as the machine readable zone has it, fillers included.
    """

    document_type: str | None = None
    signer: DocumentSignerIdentifier | None = None
    issued: IssuancePeriod | None = None
    numbers: DocumentNumbers | None = None

    @classmethod
    def parse(cls, element: asn1.Element) -> Self:
        """Read a ``DeviationDocuments``.

        :raises CertificateError: it is none.
        """
        fields = element.children()
        document_type = fields.optional(0x80)
        signer = fields.optional(*_SIGNER_TAGS.values())
        issued = fields.optional(0xA4)
        numbers = fields.optional(0xA5)
        fields.finish()
        return cls(
            _decode(document_type, "ascii") if document_type is not None else None,
            _signer(signer) if signer is not None else None,
            _period(issued.children()) if issued is not None else None,
            DocumentNumbers(numbers.value) if numbers is not None else None,
        )

    def build(self) -> bytes:
        """The same, in DER."""
        signer, issued = self.signer, self.issued
        parts = [asn1.encode(0x80, self.document_type.encode("ascii"))] if self.document_type is not None else []
        if signer is not None:
            parts.append(signer.build(_SIGNER_TAGS[type(signer)]))
        if issued is not None:
            ends = (issued.first_issued, issued.last_issued)
            parts.append(asn1.encode(0xA4, *(asn1.encode(asn1.GENERALIZED_TIME, asn1.generalized_time(end)) for end in ends)))
        if self.numbers is not None:
            parts.append(asn1.encode(0xA5, self.numbers.raw))
        return asn1.sequence(*parts)


@dataclass(frozen=True)
class DeviationDescription:
    """One deviation.

    :ivar deviation_type: object identifier, dotted; those below :data:`DEVIATION_LIST` have meanings in 9303-3 §7.3.5.
    :ivar parameters: one encoded value, as the type defines it; so :ivar national_use:, as nobody defines it.
    :ivar description: free text of the issuer's.
    """

    deviation_type: str
    parameters: bytes | None = field(default=None, repr=False)
    description: str | None = None
    national_use: bytes | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, element: asn1.Element) -> Self:
        """Read a ``DeviationDescription``.

        :raises CertificateError: it is none.
        """
        fields = element.children()
        description = fields.optional(*_STRINGS)
        deviation_type = fields.expect(asn1.OBJECT_IDENTIFIER).oid()
        parameters, national_use = fields.optional(0xA0), fields.optional(0xA1)
        fields.finish()
        return cls(
            deviation_type,
            _only(parameters) if parameters is not None else None,
            _free_text(description) if description is not None else None,
            _only(national_use) if national_use is not None else None,
        )

    def build(self) -> bytes:
        """The same, in DER; text that a PrintableString cannot hold goes into a UTF8String."""
        text = b"" if self.description is None else _string(self.description)
        return asn1.sequence(
            text,
            asn1.oid(self.deviation_type),
            asn1.encode(0xA0, self.parameters) if self.parameters is not None else b"",
            asn1.encode(0xA1, self.national_use) if self.national_use is not None else b"",
        )

    @property
    def number(self) -> int | None:
        """The data group (:data:`SOD`, :data:`COM` for two files), MRZ field or part of a certificate that the parameters name."""
        try:
            return asn1.parse(self.parameters or b"", asn1.INTEGER).integer()
        except MalformedData:
            return None

    @property
    def extension(self) -> str | None:
        """The certificate extension that the parameters name."""
        try:
            return asn1.parse(self.parameters or b"", asn1.OBJECT_IDENTIFIER).oid()
        except MalformedData:
            return None


@dataclass(frozen=True)
class Deviation:
    """What is said of some documents."""

    documents: DeviationDocuments
    descriptions: tuple[DeviationDescription, ...]

    @classmethod
    def parse(cls, element: asn1.Element) -> Self:
        """Read a ``Deviation``.

        :raises CertificateError: it is none.
        """
        fields = element.children()
        documents = DeviationDocuments.parse(fields.expect(asn1.SEQUENCE))
        descriptions = tuple(map(DeviationDescription.parse, _at_most(DESCRIPTION_LIMIT, fields.expect(asn1.SET))))
        fields.finish()
        return cls(documents, descriptions)

    def build(self) -> bytes:
        """The same, in DER."""
        return asn1.sequence(self.documents.build(), asn1.set_of(*(each.build() for each in self.descriptions)))


@dataclass(frozen=True)
class DeviationList:
    """The content of one list.

    :ivar digest_algorithm: an AlgorithmIdentifier as it stands.
    :ivar country: of the State that signed the list, alpha-2: of its documents it speaks. The list itself does not say it, its
        signer's certificate does; ``None`` where it is not known, and it speaks of none then.
    """

    deviations: tuple[Deviation, ...]
    version: int = 0
    digest_algorithm: bytes | None = field(default=None, repr=False)
    country: str | None = None

    @classmethod
    def parse(cls, content: bytes, *, country: str | None = None) -> Self:
        """Read the eContent of a signed list, in BER or DER.

        :raises CertificateError: it is none.
        """
        fields = asn1.parse(content, asn1.SEQUENCE, CertificateError).children()
        version = fields.expect(asn1.INTEGER).integer()
        algorithm = fields.optional(asn1.SEQUENCE)
        deviations = tuple(map(Deviation.parse, _at_most(DEVIATION_LIMIT, fields.expect(asn1.SET))))
        fields.finish()
        return cls(deviations, version, algorithm.raw if algorithm is not None else None, country)

    def build(self) -> bytes:
        """The eContent, in DER; what was read in another order is put in DER's."""
        deviations = asn1.set_of(*(each.build() for each in self.deviations))
        return asn1.sequence(asn1.integer(self.version), self.digest_algorithm or b"", deviations)

    def of_country(self, country: str | None) -> Self:
        """The same list, signed by *country*."""
        return replace(self, country=country)


def _signer(element: asn1.Element) -> DocumentSignerIdentifier:
    if element.tag == 0xA1:
        return issuer_and_serial_number(element)
    return (SubjectKeyIdentifier if element.tag == 0x82 else CertificateDigest)(element.octets())


def _period(fields: asn1.Reader) -> IssuancePeriod:
    (first, first_ok), (last, last_ok) = (_moment(fields.expect(asn1.GENERALIZED_TIME, asn1.UTC_TIME)) for _ in range(2))
    fields.finish()
    return IssuancePeriod(first, last, first_ok and last_ok)


def _moment(element: asn1.Element) -> tuple[datetime, bool]:
    """A time, and whether it is written as one: what can only be meant in one way is read."""
    match = _LOOSE_TIME.fullmatch(element.value)
    if match is None:
        return element.time(), True
    try:
        return asn1.parse(asn1.encode(asn1.GENERALIZED_TIME, match[1] + b"Z"), asn1.GENERALIZED_TIME).time(), False
    except MalformedData:
        raise element.error("not a time") from None


def _only(element: asn1.Element) -> bytes:
    """The one value under an explicit tag: the type ANY cannot be tagged otherwise (X.680 §31.2.7)."""
    inner = element.children()
    value = inner.read()
    inner.finish()
    return value.raw


def _at_most(limit: int, element: asn1.Element) -> Iterator[asn1.Element]:
    for count, child in enumerate(element.children()):
        if count >= limit:
            raise element.error(f"more than {limit} entries")
        if child.tag != asn1.SEQUENCE:
            raise child.error("an entry is a SEQUENCE")
        yield child


def _text(element: asn1.Element) -> str:
    if element.tag not in _STRINGS:
        raise element.error("a string is expected")
    return _decode(element, _STRINGS[element.tag])


def _free_text(element: asn1.Element) -> str:
    """Text that decides nothing: what its type does not have is read as UTF-8 (Italy), or as Latin-1."""
    for codec in (_STRINGS[element.tag], "utf-8"):
        with contextlib.suppress(UnicodeDecodeError):
            return element.value.decode(codec)
    return element.value.decode("latin-1")


def _decode(element: asn1.Element, codec: str) -> str:
    try:
        return element.value.decode(codec)
    except UnicodeDecodeError:
        raise element.error("text with characters that its type does not have") from None


def _printable(text: str) -> bytes:
    if not text.isascii():
        raise ValueError("a document number holds another character than ASCII's")
    return asn1.encode(_PRINTABLE_STRING, text.encode())


def _string(text: str) -> bytes:
    return _printable(text) if text.isascii() else asn1.encode(0x0C, text.encode())


def _comparable(number: str) -> str:
    return number.strip().rstrip(_FILLER).upper()
