# SPDX-License-Identifier: Apache-2.0
"""CSCA master lists (ICAO 9303-12 §9): the CSCA certificates that one state vouches for.

The certificates are split into octets at once and parsed when they are asked for; one that is malformed is refused alone. What a
list is worth is in :mod:`chipid.pki.signed_list`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Final

from chipid.crypto import asn1
from chipid.errors import CertificateError, MalformedData
from chipid.pki.certificate import Certificate
from chipid.pki.cms import LIST_CERTIFICATE_LIMIT, SignedData
from chipid.pki.pem import is_pem, read_pem

CSCA_MASTER_LIST: Final = "2.23.136.1.1.2"

SIZE_LIMIT: Final = 8 * 1024 * 1024
"""Octets of one list; the largest there is has one."""

CERTIFICATE_LIMIT: Final = 8192


@dataclass(frozen=True)
class RefusedCertificate:
    """One that cannot be read.

    :ivar number: its place in the list, the first is 0.
    """

    number: int
    octets: bytes = field(repr=False)
    error: MalformedData


@dataclass(frozen=True)
class CscaMasterList:
    """What the signer of a master list signs (ICAO 9303-12 §9.2).

    :ivar content: its octets as they stand; :ivar version: 0 is the only one there is.
    :ivar certificate_octets: the certificates, encoded, in their order.
    :ivar deviations: departures from the profile, stable codes.
    """

    content: bytes = field(repr=False)
    version: int
    certificate_octets: tuple[bytes, ...] = field(repr=False)
    deviations: tuple[str, ...]

    @classmethod
    def parse(cls, content: bytes) -> CscaMasterList:
        """Split the list, in BER or DER; no certificate is parsed.

        :param content: the whole SEQUENCE, at most :data:`SIZE_LIMIT` octets.
        :raises CertificateError: it is none.
        """
        if len(content) > SIZE_LIMIT:
            raise CertificateError(f"a master list of more than {SIZE_LIMIT} octets")
        root = asn1.parse(content, asn1.SEQUENCE, CertificateError)
        fields = root.children()
        version = fields.expect(asn1.INTEGER)
        listed = fields.expect(asn1.SET)
        fields.finish()
        octets = tuple(_split(listed))
        noted = {
            "master-list-version": version.integer() != 0,
            "master-list-not-der": not all(map(asn1.has_der_header, (root, version, listed))),
            "master-list-order": any(later < earlier for earlier, later in pairwise(octets)),
            "master-list-repetition": len(set(octets)) != len(octets),
            "master-list-empty": not octets,
        }
        return cls(content, version.integer(), octets, tuple(code for code, applies in noted.items() if applies))

    @classmethod
    def of(cls, certificates: Iterable[bytes]) -> CscaMasterList:
        """A list of *certificates*, each encoded; its octets are :attr:`content`."""
        return cls.parse(asn1.sequence(asn1.integer(0), asn1.set_of(*certificates)))

    @property
    def certificates(self) -> tuple[Certificate, ...]:
        """The certificates that can be read."""
        return self._parsed[0]

    @property
    def refused(self) -> tuple[RefusedCertificate, ...]:
        """Those that cannot."""
        return self._parsed[1]

    @cached_property
    def _parsed(self) -> tuple[tuple[Certificate, ...], tuple[RefusedCertificate, ...]]:
        certificates, refused = [], []
        for number, octets in enumerate(self.certificate_octets):
            try:
                certificates.append(Certificate.parse(octets))
            except MalformedData as error:
                refused.append(RefusedCertificate(number, octets, error))
        return tuple(certificates), tuple(refused)


@dataclass(frozen=True)
class SignedMasterList:
    """A file with a master list.

    :ivar signed_data: the CMS object around it, ``None`` for a bare list, which nobody signed.
    """

    signed_data: SignedData | None
    master_list: CscaMasterList

    @classmethod
    def parse(cls, raw: bytes) -> SignedMasterList:
        """Read a signed list, DER, BER or PEM, or a bare one.

        :param raw: the whole file, at most :data:`SIZE_LIMIT` octets.
        :raises CertificateError: it is neither.
        """
        if is_pem(raw):
            raw, *others = read_pem(raw, {"CMS", "PKCS7"})
            if others:
                raise CertificateError("PEM with several master lists")
        if len(raw) > SIZE_LIMIT:
            raise CertificateError(f"a master list of more than {SIZE_LIMIT} octets")
        if asn1.parse(raw, asn1.SEQUENCE, CertificateError).children().peek() == asn1.INTEGER:
            return cls(None, CscaMasterList.parse(raw))
        signed = SignedData.parse(raw, certificate_limit=LIST_CERTIFICATE_LIMIT)
        if signed.content_type != CSCA_MASTER_LIST:
            raise CertificateError(f"signed content of another type than a master list: {signed.content_type}")
        if signed.content is None:
            raise CertificateError("a master list without its content")
        return cls(signed, CscaMasterList.parse(signed.content))


def _split(listed: asn1.Element) -> Iterable[bytes]:
    for count, element in enumerate(listed.children()):
        if count >= CERTIFICATE_LIMIT:
            raise element.error("too many certificates")
        yield element.raw
