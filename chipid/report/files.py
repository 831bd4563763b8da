# SPDX-License-Identifier: Apache-2.0
"""What any one file is: a file of the chip, evidence, a card image, a certificate, a portrait, a transcript."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from chipid import evidence as evidence_format
from chipid.errors import MalformedData, UnsupportedFeature
from chipid.evidence import Evidence
from chipid.iso7816.file_ids import FileId
from chipid.iso7816.tlv import parse_tlv
from chipid.issuing import card_image
from chipid.issuing.card_image import CardImage
from chipid.lds.card_access import CardAccess
from chipid.lds.card_security import ID_SECURITY_OBJECT
from chipid.lds.com import EfCom
from chipid.lds.der import INTEGER, OCTET_STRING, SEQUENCE
from chipid.lds.dg1 import Dg1
from chipid.lds.dg2 import Dg2
from chipid.lds.dg14 import Dg14
from chipid.lds.dg15 import Dg15
from chipid.lds.image import image_format, read_image_header
from chipid.lds.security_infos import SecurityInfos
from chipid.lds.sod import EfSod, LDSSecurityObject
from chipid.pki.certificate import Certificate
from chipid.pki.cms import SignedData
from chipid.pki.cv_authorisation import Role
from chipid.pki.cv_public_key import NAMES
from chipid.pki.cvc import CvCertificate, parse_certificates
from chipid.pki.trust_store import read_certificates
from chipid.profiles.vn_cccd import Dg13
from chipid.readers.transcript import Transcript
from chipid.report.document import document_report, key_words, offers_of, rfc3339
from chipid.report.holder import dg13_fields, mrz_fields
from chipid.report.printable import printable
from chipid.report.redact import Redaction
from chipid.report.schema import Fact, FileReport, PersonalField
from chipid.report.structure import structure

_SIGNED_DATA = bytes.fromhex("06092A864886F70D010702")
_Describer = Callable[[bytes, Redaction], FileReport]


def file_report(raw: bytes, *, show_personal: bool = False) -> FileReport:
    """What *raw* is, and what stands in it.

    :param show_personal: the caller may see personal data.
    :raises MalformedData: it is nothing that chipid knows, or is damaged; with offset and tag path.
    :raises UnsupportedFeature: it is well-formed, and beyond this version.
    """
    redaction = Redaction(show_personal)
    for recognises, describe in _KINDS:
        if recognises(raw):
            return describe(raw, redaction)
    raise MalformedData(
        "this is no file that chipid knows",
        offset=0,
        hint="chipid knows files of the chip (EF), certificates (DER, PEM), evidence, card images, portraits, transcripts.",
    )


# Files of the chip -----------------------------------------------------------------------------------------------


def _elementary_file(raw: bytes, redaction: Redaction) -> FileReport:
    file = FileId.from_tag(raw[0])
    tree, truncated = structure(raw, redaction, impersonal=file in _IMPERSONAL)
    facts = _FACTS[file](raw) if file in _FACTS else iter(())
    holder = mrz_fields(Dg1.parse(raw).mrz, redaction) if file is FileId.DG1 else ()
    if file is FileId.DG13:
        holder = _dg13_holder(raw, redaction)
    return FileReport(
        type=file.label,
        title=file.label,
        size=len(raw),
        facts=tuple(facts),
        holder=holder,
        structure=tree,
        truncated=truncated,
    )


def _dg13_holder(raw: bytes, redaction: Redaction) -> tuple[PersonalField, ...]:
    """DG13's layout is the issuing state's own: what is not the Vietnamese one is no error."""
    try:
        return dg13_fields(Dg13.parse(raw), redaction)
    except MalformedData:
        return ()


def _security_infos(raw: bytes, redaction: Redaction) -> FileReport:
    infos = CardAccess.parse(raw).infos
    tree, truncated = structure(raw, redaction, impersonal=True)
    label = FileId.CARD_ACCESS.label
    return FileReport(type=label, title=label, size=len(raw), facts=_offer_facts(infos), structure=tree, truncated=truncated)


def _com_facts(raw: bytes) -> Iterator[Fact]:
    com = EfCom.parse(raw)
    yield Fact(name="LDS version", value=com.lds_version)
    yield Fact(name="Unicode version", value=com.unicode_version)
    yield Fact(name="data groups", value=_numbers(com.data_groups))


def _sod_facts(raw: bytes) -> Iterator[Fact]:
    sod = EfSod.parse(raw)
    signed = SignedData.parse(sod.cms)
    if sod.indefinite_length:
        yield Fact(name="encoding", value="BER with indefinite lengths")
    yield from _signed_data_facts(signed)
    if signed.content is None:
        return
    try:
        content = LDSSecurityObject.parse(signed.content)
    except UnsupportedFeature as error:
        yield Fact(name="data groups", value=str(error))
        return
    yield Fact(name="hash algorithm", value=content.hash_algorithm)
    yield Fact(name="data groups", value=_numbers(content.hashes))
    if content.lds_version is not None:
        yield Fact(name="LDS version", value=content.lds_version)


def _signed_data_facts(signed: SignedData) -> Iterator[Fact]:
    yield Fact(name="content type", value=signed.content_type)
    yield Fact(name="signatures", value=str(len(signed.signers)))
    for certificate in signed.certificates:
        yield from _certificate_facts(certificate)


def _dg2_facts(raw: bytes) -> Iterator[Fact]:
    dg2 = Dg2.parse(raw)
    for face in dg2.faces:
        size = f"{face.width} × {face.height} pixels, {len(face.image)} octets"
        yield Fact(name="face", value=f"{face.format.name}, {size}")
    if dg2.deviations:
        yield Fact(name="deviations", value=", ".join(dg2.deviations))


def _dg14_facts(raw: bytes) -> Iterator[Fact]:
    yield from _offer_facts(Dg14.parse(raw).infos)


def _dg15_facts(raw: bytes) -> Iterator[Fact]:
    yield Fact(name="public key", value=key_words(Dg15.parse(raw).spki))


def _offer_facts(infos: SecurityInfos) -> tuple[Fact, ...]:
    facts = []
    for offer in offers_of(infos, "", signed=False):
        version = f", version {offer.protocol_version}" if offer.protocol_version is not None else ""
        parameters = f", {offer.parameters}" if offer.parameters else ""
        key = f", key {offer.key_id}" if offer.key_id is not None else ""
        facts.append(Fact(name="offers", value=f"{offer.algorithm}{version}{parameters}{key}"))
    return tuple(facts)


_FACTS: dict[FileId, Callable[[bytes], Iterator[Fact]]] = {
    FileId.COM: _com_facts,
    FileId.SOD: _sod_facts,
    FileId.DG2: _dg2_facts,
    FileId.DG14: _dg14_facts,
    FileId.DG15: _dg15_facts,
}


# Certificates ----------------------------------------------------------------------------------------------------


def _certificates(raw: bytes, _redaction: Redaction) -> FileReport:
    found = read_certificates(raw)
    facts = tuple(fact for certificate in found for fact in _certificate_facts(certificate))
    title = "certificate" if len(found) == 1 else f"{len(found)} certificates"
    return FileReport(type="certificate", title=title, size=len(raw), facts=facts)


def _certificate_facts(certificate: Certificate) -> Iterator[Fact]:
    yield Fact(name="subject", value=printable(str(certificate.subject)))
    yield Fact(name="issuer", value=printable(str(certificate.issuer)))
    yield Fact(name="serial number", value=certificate.serial_octets.hex().upper())
    yield Fact(name="valid", value=f"{rfc3339(certificate.not_before)} to {rfc3339(certificate.not_after)}")
    yield Fact(name="public key", value=key_words(certificate.spki))
    yield Fact(name="authority", value="yes" if certificate.is_ca else "no")
    yield Fact(name="SHA-256", value=certificate.fingerprint)
    if certificate.deviations:
        yield Fact(name="deviations", value=", ".join(certificate.deviations))


def _sequence(raw: bytes, redaction: Redaction) -> FileReport:
    """A bare SEQUENCE, told by its shape: certificates, revocation lists, private keys; anything else is structure alone."""
    outer = parse_tlv(raw, SEQUENCE)
    tags = [tlv.tag for tlv in outer.children()]
    if tags == [SEQUENCE, SEQUENCE, _BIT_STRING]:
        inner = [tlv.tag for tlv in outer.children().read().children()]
        if not {_UTC_TIME, _GENERALIZED_TIME} & set(inner):
            return _certificates(raw, redaction)
        tree, truncated = structure(raw, redaction, impersonal=True)
        title = "certificate revocation list"
        return FileReport(type="crl", title=title, size=len(raw), structure=tree, truncated=truncated)
    if any(tags[: len(shape)] == shape for shape in _PRIVATE_KEY_SHAPES):
        return _private_key(raw, redaction)
    return _structure_alone(raw, redaction, "sequence", "ASN.1 SEQUENCE of no kind that chipid knows")


def _card_verifiable(raw: bytes, redaction: Redaction) -> FileReport:
    """CV certificates are an authority's, a document verifier's or a terminal's: nobody's personal data."""
    try:
        found = parse_certificates(raw)
    except UnsupportedFeature:
        return _structure_alone(raw, redaction, "cv-certificate", "card verifiable certificate of a kind that chipid does not know")
    facts = tuple(fact for certificate in found for fact in _cv_certificate_facts(certificate))
    title = "card verifiable certificate" if len(found) == 1 else f"{len(found)} card verifiable certificates"
    return FileReport(type="cv-certificate", title=title, size=len(raw), facts=facts)


def _cv_certificate_facts(certificate: CvCertificate) -> Iterator[Fact]:
    authorisation = certificate.authorisation
    yield Fact(name="holder", value=printable(certificate.holder))
    yield Fact(name="authority", value=printable(certificate.authority))
    yield Fact(name="role", value=f"{_CV_ROLES[authorisation.role]}, {authorisation.terminal_type.name.lower().replace('_', ' ')}")
    yield Fact(name="rights", value=", ".join(authorisation.data_groups) or "none")
    yield Fact(name="valid", value=f"{certificate.effective.isoformat()} to {certificate.expiration.isoformat()}")
    yield Fact(name="mechanism", value=NAMES[certificate.public_key.oid])


_CV_ROLES = {
    Role.CVCA: "certification authority",
    Role.DOMESTIC_DV: "document verifier",
    Role.FOREIGN_DV: "foreign document verifier",
    Role.TERMINAL: "terminal",
}


def _structure_alone(raw: bytes, redaction: Redaction, kind: str, title: str) -> FileReport:
    """What is not known may be anybody's data."""
    tree, truncated = structure(raw, redaction)
    return FileReport(type=kind, title=title, size=len(raw), structure=tree, truncated=truncated)


_BIT_STRING, _UTC_TIME, _GENERALIZED_TIME = 0x03, 0x17, 0x18
_PRIVATE_KEY_SHAPES = ([INTEGER, SEQUENCE, OCTET_STRING], [INTEGER, OCTET_STRING], [INTEGER] * 9)
"""PKCS#8, SEC 1 and PKCS#1."""


def _signed_data(raw: bytes, redaction: Redaction) -> FileReport:
    signed = SignedData.parse(raw)
    facts = list(_signed_data_facts(signed))
    kind = "CMS"
    if signed.content_type == ID_SECURITY_OBJECT and signed.content is not None:
        kind = FileId.CARD_SECURITY.label
        facts += _offer_facts(SecurityInfos.parse(signed.content))
    tree, truncated = structure(raw, redaction, impersonal=True)
    return FileReport(
        type=kind, title=f"{kind}, signed data", size=len(raw), facts=tuple(facts), structure=tree, truncated=truncated
    )


def _private_key(raw: bytes, _redaction: Redaction) -> FileReport:
    return FileReport(type="private-key", title="private key, which is not shown", size=len(raw))


# Files of chipid -------------------------------------------------------------------------------------------------


def _evidence(raw: bytes, redaction: Redaction) -> FileReport:
    evidence = Evidence.from_cbor(raw)
    document = document_report(evidence, show_personal=redaction.show_personal)
    return FileReport(type="evidence", title="evidence", size=len(raw), document=document)


def _card_image(raw: bytes, _redaction: Redaction) -> FileReport:
    image = CardImage.from_cbor(raw)
    facts = [Fact(name=file.label, value=f"{len(content)} octets") for file, content in image.files.items()]
    protected = ", ".join(sorted(file.label for file in image.access_protected))
    facts += [
        Fact(name="opens with the MRZ", value=_yes(image.mrz_information is not None)),
        Fact(name="opens with the CAN", value=_yes(image.can is not None)),
        Fact(name="opens with a PIN", value=f"yes, {image.pin_tries} tries" if image.pin is not None else "no"),
        Fact(name="has a PUK", value=_yes(image.puk is not None)),
        Fact(name="Active Authentication key", value=_yes(image.active_authentication_key is not None)),
        Fact(name="Chip Authentication keys", value=str(len(image.chip_authentication_keys))),
        Fact(name="needs Terminal Authentication", value=protected or "nothing"),
        Fact(name="authorities trusted for it", value=_trust_points(image)),
    ]
    if image.chip_date is not None:
        facts.append(Fact(name="the chip's date", value=image.chip_date.isoformat()))
    return FileReport(type="card-image", title="card image of an emulated card", size=len(raw), facts=tuple(facts))


def _trust_points(image: CardImage) -> str:
    try:
        names = [certificate.holder for raw in image.trust_points for certificate in parse_certificates(raw)]
    except (MalformedData, UnsupportedFeature):
        return f"{len(image.trust_points)}, not all of them understood"
    return printable(", ".join(names)) or "none"


def _portrait(raw: bytes, _redaction: Redaction) -> FileReport:
    header = read_image_header(raw)
    facts = (Fact(name="size", value=f"{header.width} × {header.height} pixels"),)
    return FileReport(type="image", title=f"{header.format.name} image", size=len(raw), facts=facts)


def _transcript(raw: bytes, _redaction: Redaction) -> FileReport:
    try:
        transcript = Transcript.parse(raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise MalformedData("a transcript is text in UTF-8", offset=error.start) from None
    facts = (Fact(name="exchanges", value=str(len(transcript.exchanges))),)
    return FileReport(type="transcript", title="whole transcript of a dialogue", size=len(raw), facts=facts)


# Recognising -----------------------------------------------------------------------------------------------------


def _record_of(record_format: str) -> Callable[[bytes], bool]:
    """A CBOR map with this format: the key and its value as deterministic encoding writes them."""
    name = record_format.encode("ascii")
    entry = b"\x66format" + bytes((0x60 | len(name),)) + name
    return lambda raw: raw[:1] != b"" and raw[0] >> 5 == 5 and entry in raw


def _pem(pattern: bytes) -> Callable[[bytes], bool]:
    begin = re.compile(rb"-----BEGIN " + pattern + rb"-----")
    return lambda raw: begin.search(raw[:_HEAD_SIZE]) is not None


_HEAD_SIZE = 64 * 1024
_IMPERSONAL = frozenset({FileId.COM, FileId.SOD, FileId.DG14, FileId.DG15})
_EF_TAGS = frozenset(file.tag for file in FileId if file.tag is not None)

_KINDS: tuple[tuple[Callable[[bytes], bool], _Describer], ...] = (
    (_record_of(evidence_format.FORMAT), _evidence),
    (_record_of(card_image.FORMAT), _card_image),
    (_pem(rb"[A-Z ]*PRIVATE KEY"), _private_key),
    (_pem(rb"(?:X509 )?CERTIFICATE"), _certificates),
    (lambda raw: raw.startswith(b"# chipid transcript"), _transcript),
    (lambda raw: image_format(raw) is not None, _portrait),
    (lambda raw: raw[:1] != b"" and raw[0] in _EF_TAGS, _elementary_file),
    (lambda raw: raw[:1] == b"\x31", _security_infos),
    (lambda raw: raw[:1] == b"\x30" and _SIGNED_DATA in raw[:32], _signed_data),
    (lambda raw: raw[:1] == b"\x30", _sequence),
    (lambda raw: raw[:2] == b"\x7f\x21", _card_verifiable),
)


def _numbers(groups: Iterable[int]) -> str:
    return ", ".join(f"DG{number}" for number in groups)


def _yes(so: bool) -> str:
    return "yes" if so else "no"
