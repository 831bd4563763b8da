# SPDX-License-Identifier: Apache-2.0
"""DefectList: document signers whose documents are known to be defective, and how (BSI TR-03129, TR-03129-2 §7).

The signed content alone; who may sign it is a matter of :mod:`chipid.pki.signed_list`. Defects are always those of a document
signer. Types that are not known are kept: their category still says which part of a document they spoil.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final, Self

from chipid.crypto import asn1
from chipid.errors import CertificateError, MalformedData
from chipid.pki.certificate import Certificate
from chipid.pki.cms import SIGNER_IDENTIFIER_TAGS, SignerIdentifier, signer_identifier

DEFECT_LIST: Final = "0.4.0.127.0.7.3.1.5"

DEFECT_LIMIT, KNOWN_DEFECT_LIMIT, DATA_GROUP_LIMIT = 100_000, 256, 64
"""Document signers in a list, defects of one, data groups of a defect: beyond what any list has."""

_ENUMERATED = 0x0A


class StatusCode(IntEnum):
    """Why a document signer is listed as revoked; codes from 32 on are the list signer's own."""

    NO_INDICATION = 0
    ON_HOLD = 1
    TESTING = 2
    REVOKED_BY_ISSUER = 3
    REVOKED_BY_LIST_SIGNER = 4


@dataclass(frozen=True)
class KnownDefect:
    """One defect.

    :ivar defect_type: object identifier, dotted; below :data:`DEFECT_LIST` the first arc is the category, the second the defect.
    :ivar parameters: one encoded value, as the type defines it.
    """

    defect_type: str
    parameters: bytes | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, element: asn1.Element) -> Self:
        """Read a ``KnownDefect``.

        :raises CertificateError: it is none.
        """
        fields = element.children()
        defect_type = fields.expect(asn1.OBJECT_IDENTIFIER).oid()
        parameters = fields.read().raw if not fields.at_end else None
        fields.finish()
        return cls(defect_type, parameters)

    def build(self) -> bytes:
        """The same, in DER."""
        return asn1.sequence(asn1.oid(self.defect_type), self.parameters or b"")

    @property
    def status(self) -> int | None:
        """The status code of a revoked document signer, a :class:`StatusCode` where it is one of those."""
        try:
            return asn1.parse(self.parameters or b"", _ENUMERATED).integer()
        except MalformedData:
            return None

    @property
    def data_groups(self) -> frozenset[int]:
        """The data groups that the parameters name."""
        try:
            numbers = asn1.parse(self.parameters or b"", asn1.SET).children()
            return frozenset(each.integer() for each, _ in zip(numbers, range(DATA_GROUP_LIMIT), strict=False))
        except MalformedData:
            return frozenset()


def status_parameters(code: int) -> bytes:
    """The parameters of a revoked document signer: a status code, ENUMERATED."""
    return asn1.encode(_ENUMERATED, asn1.parse(asn1.integer(code), asn1.INTEGER).value)


def data_group_parameters(numbers: frozenset[int]) -> bytes:
    """The parameters of malformed or missing data groups: SET OF INTEGER."""
    return asn1.set_of(*map(asn1.integer, numbers))


@dataclass(frozen=True)
class Defect:
    """The known defects of one document signer's documents.

    :ivar certificate_hash: of its certificate.
    """

    signer: SignerIdentifier
    known_defects: tuple[KnownDefect, ...]
    certificate_hash: bytes | None = None

    @classmethod
    def parse(cls, element: asn1.Element) -> Self:
        """Read a ``Defect``.

        :raises CertificateError: it is none.
        """
        fields = element.children()
        signer = signer_identifier(fields.expect(*SIGNER_IDENTIFIER_TAGS))
        certificate_hash = fields.octet_string() if fields.peek() == asn1.OCTET_STRING else None
        known = tuple(map(KnownDefect.parse, _at_most(KNOWN_DEFECT_LIMIT, fields.expect(asn1.SET))))
        fields.finish()
        return cls(signer, known, certificate_hash)

    def build(self) -> bytes:
        """The same, in DER."""
        digest = asn1.octet_string(self.certificate_hash) if self.certificate_hash is not None else b""
        return asn1.sequence(self.signer.build(), digest, asn1.set_of(*(each.build() for each in self.known_defects)))


@dataclass(frozen=True)
class DefectList:
    """The content of one list.

    :ivar hash_algorithm: object identifier of the hash that certificates are named by.
    """

    defects: tuple[Defect, ...]
    version: int = 0
    hash_algorithm: str = "2.16.840.1.101.3.4.2.1"

    @classmethod
    def parse(cls, content: bytes) -> Self:
        """Read the eContent of a signed list, in BER or DER.

        :raises CertificateError: it is none.
        """
        fields = asn1.parse(content, asn1.SEQUENCE, CertificateError).children()
        version = fields.expect(asn1.INTEGER).integer()
        hash_algorithm = fields.expect(asn1.OBJECT_IDENTIFIER).oid()
        defects = tuple(map(Defect.parse, _at_most(DEFECT_LIMIT, fields.expect(asn1.SET))))
        fields.finish()
        return cls(defects, version, hash_algorithm)

    def build(self) -> bytes:
        """The eContent, in DER; what was read in another order is put in DER's."""
        defects = asn1.set_of(*(each.build() for each in self.defects))
        return asn1.sequence(asn1.integer(self.version), asn1.oid(self.hash_algorithm), defects)

    def defects_of(self, certificate: Certificate) -> tuple[KnownDefect, ...]:
        """What is known of the documents that *certificate*'s key signs.

        The hash decides nothing: it covers octets that the issuer did not sign, and that anybody can write otherwise. Who is named
        by his issuer and number, or by his key, is the same with another hash.
        """
        named = (defect for defect in self.defects if defect.signer.resembles(certificate))
        return tuple(known for defect in named for known in defect.known_defects)


def _at_most(limit: int, element: asn1.Element) -> Iterator[asn1.Element]:
    for count, child in enumerate(element.children()):
        if count >= limit:
            raise element.error(f"more than {limit} entries")
        if child.tag != asn1.SEQUENCE:
            raise child.error("an entry is a SEQUENCE")
        yield child
