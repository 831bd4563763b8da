# SPDX-License-Identifier: Apache-2.0
"""Card verifiable certificates (ICAO 9303-12 §7.2.2, BSI TR-03110-3 §C.1): what a terminal shows to a chip.

The signature covers the certificate body as it stands, so that its octets are kept and never encoded anew.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from chipid.errors import CertificateError, UnsupportedFeature
from chipid.iso7816.tlv import Tlv, TlvCursor, build_tlv
from chipid.pki.cv_authorisation import HOLDER_AUTHORISATION, HolderAuthorisation
from chipid.pki.cv_public_key import PUBLIC_KEY, CvPublicKey, VerificationKey

CV_CERTIFICATE: Final = 0x7F21
CERTIFICATE_BODY: Final = 0x7F4E
SIGNATURE: Final = 0x5F37
PROFILE_IDENTIFIER: Final = 0x5F29
AUTHORITY_REFERENCE: Final = 0x42
HOLDER_REFERENCE: Final = 0x5F20
EFFECTIVE_DATE: Final = 0x5F25
EXPIRATION_DATE: Final = 0x5F24
EXTENSIONS: Final = 0x65
AUTHENTICATION: Final = 0x67
"""A certificate request with an outer signature."""

SIZE_LIMIT: Final = 4096
"""Octets of one certificate: two numbers of RSA-8192 and all the rest are less."""
COUNT_LIMIT: Final = 64
"""Certificates in one file."""

# Country (2), holder mnemonic (at most 9), sequence number (5).
_REFERENCE = re.compile(r"[A-Z]{2}[ -~\xA0-\xFF]{1,9}[ -~\xA0-\xFF]{5}", re.DOTALL)
_VERSION_1 = b"\0"
_CENTURY = 2000


@dataclass(frozen=True)
class CvCertificate:
    """One certificate.

    :ivar body: the certificate body 7F4E, tag and length included, as it stands.
    :ivar authority: CAR, the name of the key that signed. :ivar holder: CHR, the name of the key inside.
    :ivar effective: the day of issue. :ivar expiration: the last day.
    :ivar extensions: the data object 65 as it stands, empty where there is none.
    """

    body: bytes = field(repr=False)
    signature: bytes = field(repr=False)
    authority: str
    holder: str
    public_key: CvPublicKey = field(repr=False)
    authorisation: HolderAuthorisation
    effective: date
    expiration: date
    extensions: bytes = field(default=b"", repr=False)

    @classmethod
    def parse(cls, raw: bytes) -> CvCertificate:
        """A whole certificate, 7F21.

        :raises MalformedData: it is none: objects missing, unknown or out of order, names, dates or lengths that cannot be.
        :raises UnsupportedFeature: a certificate request; a profile, a mechanism, a curve or a type of terminal not known here.
        """
        cursor = TlvCursor(raw)
        if cursor.peek() == AUTHENTICATION:
            raise UnsupportedFeature("a certificate request, not a certificate")
        outer = _definite(cursor.expect(CV_CERTIFICATE))
        if outer.end - outer.offset > SIZE_LIMIT:
            raise outer.error(f"a certificate of more than {SIZE_LIMIT} octets")
        cursor.finish()
        return _read_bare(outer.children())

    @classmethod
    def parse_bare(cls, raw: bytes) -> CvCertificate:
        """Body and signature without 7F21 around, as PSO:Verify Certificate carries them (ICAO 9303-11 §7.1.5.2).

        :raises MalformedData, UnsupportedFeature: as :meth:`parse`.
        """
        if len(raw) > SIZE_LIMIT:
            raise CertificateError(f"a certificate of more than {SIZE_LIMIT} octets")
        return _read_bare(TlvCursor(raw))

    @property
    def bare(self) -> bytes:
        """Body and signature, as PSO:Verify Certificate carries them."""
        return self.body + build_tlv(SIGNATURE, self.signature)

    @property
    def raw(self) -> bytes:
        """The whole certificate, 7F21."""
        return build_tlv(CV_CERTIFICATE, self.bare)

    @property
    def is_self_signed(self) -> bool:
        """Whether it names its own key as the one that signed; whether that is true is another question."""
        return self.authority == self.holder

    def is_signed_by(self, key: VerificationKey) -> bool:
        """Whether *key* made the signature.

        :raises UnsupportedFeature: a key beyond the core's limits.
        """
        return key.verify(self.body, self.signature)


def parse_certificates(raw: bytes) -> tuple[CvCertificate, ...]:
    """One certificate after another, as files hold whole chains.

    :raises MalformedData: none, too many, or one of them is malformed.
    :raises UnsupportedFeature: as :meth:`CvCertificate.parse`.
    """
    return tuple(CvCertificate.parse(each) for each in split_certificates(raw))


def split_certificates(raw: bytes) -> tuple[bytes, ...]:
    """The data objects of a file, one after another, whatever they are.

    :raises MalformedData: none, too many, or octets that are no data object.
    """
    cursor = TlvCursor(raw)
    found: list[bytes] = []
    while not cursor.at_end:
        if len(found) == COUNT_LIMIT:
            raise cursor.error(f"more than {COUNT_LIMIT} certificates in one file")
        found.append(cursor.read().raw)
    if not found:
        raise CertificateError("a file without a certificate")
    return tuple(found)


def body_objects(
    *,
    authority: str,
    holder: str,
    public_key: CvPublicKey,
    authorisation: HolderAuthorisation,
    effective: date,
    expiration: date,
    extensions: bytes = b"",
) -> dict[int, bytes]:
    """The data objects of a certificate body by tag, in their order; see :func:`build_body`.

    :raises CertificateError: a name or a date that a certificate cannot carry.
    """
    objects = {
        PROFILE_IDENTIFIER: build_tlv(PROFILE_IDENTIFIER, _VERSION_1),
        AUTHORITY_REFERENCE: build_tlv(AUTHORITY_REFERENCE, reference_octets(authority)),
        PUBLIC_KEY: public_key.build(),
        HOLDER_REFERENCE: build_tlv(HOLDER_REFERENCE, reference_octets(holder)),
        HOLDER_AUTHORISATION: authorisation.build(),
        EFFECTIVE_DATE: build_tlv(EFFECTIVE_DATE, date_octets(effective)),
        EXPIRATION_DATE: build_tlv(EXPIRATION_DATE, date_octets(expiration)),
    }
    return {**objects, EXTENSIONS: extensions} if extensions else objects


def build_body(objects: Iterable[bytes]) -> bytes:
    """The certificate body that is to be signed, from :func:`body_objects`."""
    return build_tlv(CERTIFICATE_BODY, *objects)


def reference_text(octets: bytes) -> str:
    """A key's name from its octets (ISO 8859-1).

    :raises CertificateError: not a country, a mnemonic and a sequence number.
    """
    text = octets.decode("latin-1")
    if not _REFERENCE.fullmatch(text):
        raise CertificateError("a key's name is not a country, a mnemonic and a sequence number")
    return text


def reference_octets(name: str) -> bytes:
    """A key's name as it travels.

    :raises CertificateError: not a country, a mnemonic and a sequence number.
    """
    if not _REFERENCE.fullmatch(name):
        raise CertificateError("a key's name is not a country, a mnemonic and a sequence number")
    return name.encode("latin-1")


def date_octets(day: date) -> bytes:
    """YYMMDD, one digit an octet (ICAO 9303-12 §7.2.3.1).

    :raises CertificateError: before 2000 or after 2099.
    """
    if not _CENTURY <= day.year < _CENTURY + 100:
        raise CertificateError("a certificate's date is of the years 2000 to 2099")
    return bytes(int(digit) for digit in f"{day:%y%m%d}")


def parse_date(octets: bytes) -> date | None:
    """The day that :func:`date_octets` wrote, ``None`` where it is none of the calendar."""
    if len(octets) != 6 or max(octets) > 9:
        return None
    year, month, day = (10 * octets[i] + octets[i + 1] for i in (0, 2, 4))
    try:
        return date(_CENTURY + year, month, day)
    except ValueError:
        return None


def _read_bare(objects: TlvCursor) -> CvCertificate:
    body = _definite(objects.expect(CERTIFICATE_BODY))
    signature = objects.expect(SIGNATURE)
    if not signature.value:
        raise signature.error("a signature without octets")
    objects.finish()
    return _read_body(body, signature.value)


def _read_body(body: Tlv, signature: bytes) -> CvCertificate:
    _refuse_request(body)
    objects = body.children()
    profile = objects.expect(PROFILE_IDENTIFIER)
    if profile.value != _VERSION_1:
        raise UnsupportedFeature("a certificate profile other than version 1")
    authority = _reference(objects.expect(AUTHORITY_REFERENCE))
    public_key = CvPublicKey.parse(_definite(objects.expect(PUBLIC_KEY)))
    holder = _reference(objects.expect(HOLDER_REFERENCE))
    authorisation = HolderAuthorisation.parse(_definite(objects.expect(HOLDER_AUTHORISATION)))
    effective, expiration = _date(objects.expect(EFFECTIVE_DATE)), _date(objects.expect(EXPIRATION_DATE))
    extensions = objects.optional(EXTENSIONS)
    objects.finish()
    added = b"" if extensions is None else _definite(extensions).raw
    return CvCertificate(body.raw, signature, authority, holder, public_key, authorisation, effective, expiration, added)


def _refuse_request(body: Tlv) -> None:
    """A request has neither rights nor dates (BSI TR-03110-3 §C.2), and is otherwise easily taken for a broken certificate."""
    tags = {element.tag for element in body.children()}
    if tags.isdisjoint((HOLDER_AUTHORISATION, EFFECTIVE_DATE, EXPIRATION_DATE)) and tags >= {PUBLIC_KEY, HOLDER_REFERENCE}:
        raise UnsupportedFeature("a certificate request, not a certificate")


def _reference(element: Tlv) -> str:
    try:
        return reference_text(element.value)
    except CertificateError as error:
        raise CertificateError(str(error), offset=element.offset, path=(*element.path, element.tag)) from None


def _date(element: Tlv) -> date:
    day = parse_date(element.value)
    if day is None:
        raise CertificateError("a date that is none", offset=element.offset, path=(*element.path, element.tag))
    return day


def _definite(element: Tlv) -> Tlv:
    """Certificates are DER: an indefinite length would leave open which octets are signed."""
    if element.end != element.value_end:
        raise element.error("a length in the indefinite form")
    return element
