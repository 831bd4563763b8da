# SPDX-License-Identifier: Apache-2.0
"""What any one file is: of a chip, a biometric record, an image, a certificate, or one that chipid itself writes or reads."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator

import msgspec

from chipid import evidence as evidence_format
from chipid.errors import MalformedData, UnsupportedFeature
from chipid.evidence import Evidence
from chipid.inspection.reading import HEADER_SIZE, announced_size
from chipid.iso7816.file_ids import FileId
from chipid.iso7816.tlv import parse_tlv
from chipid.issuing import card_image
from chipid.issuing.card_image import CardImage
from chipid.issuing.identity import DOCUMENTS
from chipid.lds.card_access import CardAccess
from chipid.lds.card_security import ID_SECURITY_OBJECT
from chipid.lds.cvca import FILE_SIZE as CVCA_SIZE
from chipid.lds.der import INTEGER, OCTET_STRING, SEQUENCE
from chipid.lds.files import parse_file
from chipid.lds.image import ImageFormat, image_format, read_image_header
from chipid.lds.security_infos import SecurityInfos
from chipid.pki.cms import SignedData
from chipid.pki.cvc import parse_certificates
from chipid.pki.trust_store import read_certificates
from chipid.profiles.vn_cccd import Dg13
from chipid.readers.transcript import Transcript
from chipid.report.biometric_facts import is_record, record_facts
from chipid.report.certificate_facts import certificate_facts, cv_certificate_facts, signed_data_facts
from chipid.report.document import document_report
from chipid.report.file_facts import facts_of, offer_facts
from chipid.report.holder import holder_fields
from chipid.report.json import from_json
from chipid.report.printable import printable
from chipid.report.redact import Redaction
from chipid.report.schema import SCHEMA, Fact, FileReport, PersonalField
from chipid.report.structure import structure

_SIGNED_DATA = bytes.fromhex("06092A864886F70D010702")
_Describer = Callable[[bytes, Redaction], FileReport]


def file_report(raw: bytes, *, show_personal: bool = False) -> FileReport:
    """What *raw* is, and what stands in it.

    :param show_personal: the caller may see personal data.
    :raises MalformedData: it is nothing that chipid knows, or is damaged; with offset and tag path.
    :raises UnsupportedFeature: it is well-formed, and beyond this version.
    """
    if not raw:
        raise MalformedData("the file is empty")
    for recognises, kind, describe in _KINDS:
        if recognises(raw):
            with _damage_told(raw, kind):
                return describe(raw, Redaction(show_personal))
    raise MalformedData(
        "this is no file that chipid knows",
        offset=0,
        hint="chipid knows files of the chip, biometric records, images, certificates, evidence, card images, transcripts, "
        "descriptions of test cards and its own reports.",
    )


@contextlib.contextmanager
def _damage_told(raw: bytes, kind: str) -> Iterator[None]:
    """Errors say what the file is taken for, and how much of it is missing."""
    try:
        yield
    except MalformedData as error:
        cut = _announced(raw) - len(raw) if raw[0] in _OBJECT_STARTS else 0
        missing = f"cut off, {cut} of {_announced(raw)} octets are missing: " if cut > 0 else ""
        message = error.reason if kind in error.reason and not missing else f"{kind}: {missing}{error.reason}"
        raise type(error)(message, offset=error.offset, path=error.path, hint=error.hint) from None


def _announced(raw: bytes) -> int:
    """How many octets the data object that *raw* begins with has by its own account; 0 where it does not say."""
    try:
        return announced_size(raw[: 2 * HEADER_SIZE], FileId.COM) or 0  # the file is for messages alone
    except MalformedData:
        return 0


# Files of the chip -----------------------------------------------------------------------------------------------


def _elementary_file(raw: bytes, redaction: Redaction) -> FileReport:
    file = FileId.from_tag(raw[0])
    tree = structure(raw, redaction, impersonal=file in _IMPERSONAL)
    parsed = parse_file(file, raw)
    holder = _dg13_holder(raw, redaction) if file is FileId.DG13 else holder_fields(file, parsed, redaction)
    return FileReport(
        type=file.label,
        title=file.label,
        size=len(raw),
        facts=facts_of(file, parsed),
        holder=holder,
        structure=tree.nodes,
        truncated=tree.truncated,
        structure_redacted=tree.hidden,
    )


def _dg13_holder(raw: bytes, redaction: Redaction) -> tuple[PersonalField, ...]:
    """DG13's layout is the issuing state's own: what is not the Vietnamese one is no error."""
    try:
        return holder_fields(FileId.DG13, Dg13.parse(raw), redaction)
    except MalformedData:
        return ()


def _without_structure(file: FileId) -> _Describer:
    """A file that is a row of data objects, with padding that no tree shows; nothing of it is the holder's."""

    def describe(raw: bytes, _redaction: Redaction) -> FileReport:
        return FileReport(type=file.label, title=file.label, size=len(raw), facts=facts_of(file, parse_file(file, raw)))

    return describe


def _security_infos(raw: bytes, redaction: Redaction) -> FileReport:
    infos = CardAccess.parse(raw).infos
    tree = structure(raw, redaction, impersonal=True)
    label = FileId.CARD_ACCESS.label
    return FileReport(
        type=label, title=label, size=len(raw), facts=offer_facts(infos), structure=tree.nodes, truncated=tree.truncated
    )


# Certificates ----------------------------------------------------------------------------------------------------


def _certificates(raw: bytes, _redaction: Redaction) -> FileReport:
    found = read_certificates(raw)
    facts = tuple(fact for certificate in found for fact in certificate_facts(certificate))
    title = "certificate" if len(found) == 1 else f"{len(found)} certificates"
    return FileReport(type="certificate", title=title, size=len(raw), facts=facts)


def _sequence(raw: bytes, redaction: Redaction) -> FileReport:
    """A bare SEQUENCE, told by its shape: certificates, revocation lists, private keys; anything else is structure alone."""
    outer = parse_tlv(raw, SEQUENCE)
    tags = [tlv.tag for tlv in outer.children()]
    if tags == [SEQUENCE, SEQUENCE, _BIT_STRING]:
        inner = [tlv.tag for tlv in outer.children().read().children()]
        if not {_UTC_TIME, _GENERALIZED_TIME} & set(inner):
            return _certificates(raw, redaction)
        tree = structure(raw, redaction, impersonal=True)
        title = "certificate revocation list"
        return FileReport(type="crl", title=title, size=len(raw), structure=tree.nodes, truncated=tree.truncated)
    if any(tags[: len(shape)] == shape for shape in _PRIVATE_KEY_SHAPES):
        return _private_key(raw, redaction)
    return _structure_alone(raw, redaction, "sequence", "ASN.1 SEQUENCE of no kind that chipid knows")


def _card_verifiable(raw: bytes, redaction: Redaction) -> FileReport:
    """CV certificates are an authority's, a document verifier's or a terminal's: nobody's personal data."""
    try:
        found = parse_certificates(raw)
    except UnsupportedFeature:
        title = "card verifiable certificate of a kind that chipid does not know"
        return _structure_alone(raw, redaction, "cv-certificate", title, impersonal=True)
    facts = tuple(fact for certificate in found for fact in cv_certificate_facts(certificate))
    title = "card verifiable certificate" if len(found) == 1 else f"{len(found)} card verifiable certificates"
    return FileReport(type="cv-certificate", title=title, size=len(raw), facts=facts)


def _structure_alone(raw: bytes, redaction: Redaction, kind: str, title: str, *, impersonal: bool = False) -> FileReport:
    """What is not known may be anybody's data."""
    tree = structure(raw, redaction, impersonal=impersonal)
    return FileReport(
        type=kind,
        title=title,
        size=len(raw),
        structure=tree.nodes,
        truncated=tree.truncated,
        structure_redacted=tree.hidden,
    )


_BIT_STRING, _UTC_TIME, _GENERALIZED_TIME = 0x03, 0x17, 0x18
_PRIVATE_KEY_SHAPES = ([INTEGER, SEQUENCE, OCTET_STRING], [INTEGER, OCTET_STRING], [INTEGER] * 9)
"""PKCS#8, SEC 1 and PKCS#1."""


def _signed_data(raw: bytes, redaction: Redaction) -> FileReport:
    signed = SignedData.parse(raw)
    facts = list(signed_data_facts(signed))
    kind = "CMS"
    if signed.content_type == ID_SECURITY_OBJECT and signed.content is not None:
        kind = FileId.CARD_SECURITY.label
        facts += offer_facts(SecurityInfos.parse(signed.content))
    tree = structure(raw, redaction, impersonal=True)
    return FileReport(
        type=kind,
        title=f"{kind}, signed data",
        size=len(raw),
        facts=tuple(facts),
        structure=tree.nodes,
        truncated=tree.truncated,
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


def _image(raw: bytes, _redaction: Redaction) -> FileReport:
    header = read_image_header(raw)
    facts = [Fact(name="size", value=f"{header.width} × {header.height} pixels")]
    if header.format is ImageFormat.JPEG2000:
        facts.append(Fact(name="encoding", value="JP2 file" if header.boxed else "bare codestream"))
    return FileReport(type="image", title=f"{header.format.name} image", size=len(raw), facts=tuple(facts))


def _biometric_record(raw: bytes, _redaction: Redaction) -> FileReport:
    return FileReport(type="biometric-record", title="biometric record", size=len(raw), facts=tuple(record_facts(raw)))


def _transcript(raw: bytes, _redaction: Redaction) -> FileReport:
    try:
        transcript = Transcript.parse(raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise MalformedData("a transcript is text in UTF-8", offset=error.start) from None
    facts = (Fact(name="exchanges", value=str(len(transcript.exchanges))),)
    return FileReport(type="transcript", title="whole transcript of a dialogue", size=len(raw), facts=facts)


def _json(raw: bytes, _redaction: Redaction) -> FileReport:
    """A report of chipid, or the description of a test card; what they tell of a holder is not repeated."""
    try:
        content = msgspec.json.decode(raw, type=dict[str, object])
    except (msgspec.DecodeError, RecursionError):
        raise MalformedData("this is no JSON object") from None
    if content.get("schema") == SCHEMA:
        from_json(raw)
        kind = Fact(name="kind", value=str(content["kind"]))
        return FileReport(type="report", title="report of chipid", size=len(raw), facts=(kind,))
    document = content.get("document", DOCUMENTS[0])
    if document in DOCUMENTS and content.keys() >= _DESCRIBED:
        facts = (Fact(name="document", value=str(document)),)
        return FileReport(type="card-description", title="description of a test card", size=len(raw), facts=facts)
    raise MalformedData("neither a report of chipid nor the description of a test card")


_DESCRIBED = frozenset({"number", "birth"})
"""Entries of every description."""


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
_ATR_INFO_STARTS = (b"\x43\x01", b"\x47\x03", b"\x7f\x66")
"""Card service data, card capabilities, extended length information."""
_OBJECT_STARTS = frozenset(file.tag for file in FileId if file.tag is not None) | {0x30, 0x31, 0x7F}
"""First octets of files that are one data object."""


def _starts(*starts: bytes) -> Callable[[bytes], bool]:
    return lambda raw: raw.startswith(starts)


_KINDS: tuple[tuple[Callable[[bytes], bool], str, _Describer], ...] = (
    (_record_of(evidence_format.FORMAT), "evidence", _evidence),
    (_record_of(card_image.FORMAT), "card image", _card_image),
    (_pem(rb"[A-Z ]*PRIVATE KEY"), "private key", _private_key),
    (_pem(rb"(?:X509 )?CERTIFICATE"), "certificate", _certificates),
    (_starts(b"# chipid transcript"), "transcript", _transcript),
    (lambda raw: raw[:_HEAD_SIZE].lstrip().startswith(b"{"), "JSON", _json),
    (lambda raw: image_format(raw) is not None, "image", _image),
    (is_record, "biometric record", _biometric_record),
    (lambda raw: raw[:1] == b"\x61" and raw[2:3] == b"\x4f", FileId.DIR.label, _without_structure(FileId.DIR)),
    (_starts(*_ATR_INFO_STARTS), FileId.ATR_INFO.label, _without_structure(FileId.ATR_INFO)),
    (lambda raw: raw[:1] == b"\x42" and len(raw) == CVCA_SIZE, FileId.CVCA.label, _without_structure(FileId.CVCA)),
    *((_starts(bytes((file.tag,))), file.label, _elementary_file) for file in FileId if file.tag is not None),
    (_starts(b"\x31"), FileId.CARD_ACCESS.label, _security_infos),
    (lambda raw: raw[:1] == b"\x30" and _SIGNED_DATA in raw[:32], "signed data", _signed_data),
    (_starts(b"\x30"), "ASN.1 SEQUENCE", _sequence),
    (_starts(b"\x7f\x21"), "card verifiable certificate", _card_verifiable),
)


def _yes(so: bool) -> str:
    return "yes" if so else "no"
