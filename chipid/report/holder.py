# SPDX-License-Identifier: Apache-2.0
"""What the chip says of its holder, field by field, each through the redaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from chipid.errors import MalformedData
from chipid.iso7816.file_ids import FileId
from chipid.iso7816.tlv import parse_tlv
from chipid.lds.der import INTEGER, SEQUENCE
from chipid.lds.details import Details
from chipid.lds.dg1 import Dg1
from chipid.lds.dg16 import Dg16, Person
from chipid.lds.fields import Field, Kind
from chipid.lds.mrz import Mrz
from chipid.profiles.vn_cccd import FIELDS, Dg13, Dg13Field
from chipid.profiles.vn_cccd.strings import STRING_TYPES, read_string
from chipid.report.redact import Redaction
from chipid.report.schema import MRZ, PersonalField

_MRZ_LABELS = {
    "document_number": "Document number",
    "primary_identifier": "Surname",
    "secondary_identifier": "Given names",
    "birth_date": "Birth date (YYMMDD)",
    "sex": "Sex",
    "nationality": "Nationality",
    "expiry_date": "Expiry date (YYMMDD)",
    "optional_data": "Optional data",
    "optional_data_2": "Optional data 2",
}
_DG13_LABELS = {
    "citizen_number": "Number (số định danh)",
    "full_name": "Full name (họ và tên)",
    "birth_date": "Birth date (ngày sinh)",
    "sex": "Sex (giới tính)",
    "nationality": "Nationality (quốc tịch)",
    "ethnicity": "Ethnicity (dân tộc)",
    "religion": "Religion (tôn giáo)",
    "place_of_origin": "Place of origin (quê quán)",
    "residence": "Permanent residence (nơi thường trú)",
    "identifying_marks": "Identifying marks (đặc điểm nhận dạng)",
    "issue_date": "Issue date (ngày cấp)",
    "expiry_date": "Expiry date (có giá trị đến)",
    "parents": "Parents (cha, mẹ)",
    "spouses": "Spouse (vợ, chồng)",
    "old_number": "Old number (số CMND)",
    "chip_id": "Chip number",
}
_DETAILS_LABELS = {
    "full_name": "Full name",
    "other_names": "Other names",
    "personal_number": "Personal number",
    "full_date_of_birth": "Birth date (YYYYMMDD)",
    "place_of_birth": "Place of birth",
    "permanent_address": "Permanent address",
    "telephone": "Telephone",
    "profession": "Profession",
    "title": "Title",
    "personal_summary": "Personal summary",
    "other_valid_td_numbers": "Other valid documents",
    "custody_information": "Custody information",
    "issuing_authority": "Issuing authority",
    "issue_date": "Issue date (YYYYMMDD)",
    "other_persons": "Other persons",
    "endorsements": "Endorsements",
    "tax_exit_requirements": "Tax or exit requirements",
    "personalization_time": "Personalized (YYYYMMDDhhmmss)",
    "personalization_system": "Personalized by",
    "date_recorded": "Recorded (YYYYMMDD)",
    "name": "Name",
    "address": "Address",
}
_SENSITIVE_DETAILS = frozenset(("personal_summary", "custody_information"))
"""Free texts that may hold what the law protects most: convictions, health."""
_SEPARATOR = "; "


def holder_fields(file: FileId, parsed: object, redaction: Redaction) -> tuple[PersonalField, ...]:
    """What a parsed file says of the holder; nothing of files of other kinds."""
    match parsed:
        case Dg1():
            return mrz_fields(parsed.mrz, redaction)
        case Dg13():
            return dg13_fields(parsed, redaction)
        case Dg16():
            return dg16_fields(parsed, redaction)
        case Details():
            return details_fields(file, parsed, redaction)
        case _:
            return ()


def mrz_fields(mrz: Mrz, redaction: Redaction) -> tuple[PersonalField, ...]:
    """DG1, element by element, then the zone as a whole, with line breaks."""
    source = FileId.DG1.label
    elements = (redaction.field(source, name, getattr(mrz, name) or None, label=label) for name, label in _MRZ_LABELS.items())
    lines = redaction.field(source, MRZ, "\n".join(mrz.lines), label="Machine readable zone")
    return (*elements, lines)


def dg13_fields(dg13: Dg13, redaction: Redaction) -> tuple[PersonalField, ...]:
    """DG13, field by field in the chip's order; what is not understood in hexadecimal, and as text where it is one."""
    return tuple(_dg13_field(field, redaction) for field in dg13.fields)


def _dg13_field(field: Dg13Field, redaction: Redaction) -> PersonalField:
    source, number, sensitive = FileId.DG13.label, field.number, field.sensitive
    meaning = FIELDS.get(number) if number is not None else None
    if meaning is not None and field.understood:
        value = _SEPARATOR.join(field.texts) or None
        label = _DG13_LABELS[meaning.name]
        return redaction.field(source, meaning.name, value, label=label, number=number, sensitive=sensitive)
    label = f"Unknown field {number}" if number is not None else "Unknown field without number"
    if meaning is not None:
        label = f"{_DG13_LABELS[meaning.name]}, not understood"
    octets, text = field.raw.hex().upper(), _plain_string(field.raw)
    return redaction.field(source, "unknown", octets, label=label, number=number, sensitive=sensitive, text=text)


def _plain_string(raw: bytes) -> str | None:
    """The string in a field of DG13 that is a number and a string and nothing else."""
    try:
        content = parse_tlv(raw, SEQUENCE).children()
        content.expect(INTEGER)
        string = content.read()
        content.finish()
        return read_string(string)[0] if string.tag in STRING_TYPES else None
    except MalformedData:
        return None


def details_fields(file: FileId, details: Details, redaction: Redaction) -> tuple[PersonalField, ...]:
    """DG11 or DG12, field by field where there is something; pictures are told elsewhere."""
    source = file.label
    known = (
        redaction.field(
            source,
            field.attribute,
            value,
            label=_DETAILS_LABELS[field.attribute],
            sensitive=field.attribute in _SENSITIVE_DETAILS,
        )
        for field, value in _present(details.FIELDS, details)
    )
    return (*known, *_unknown(source, details.unknown, redaction))


def dg16_fields(dg16: Dg16, redaction: Redaction) -> tuple[PersonalField, ...]:
    """DG16, person by person."""
    source = FileId.DG16.label
    found: list[PersonalField] = []
    for number, person in enumerate(dg16.persons, 1):
        for field, value in _present(Person.FIELDS, person):
            label = f"Person {number}: {_DETAILS_LABELS[field.attribute]}"
            found.append(redaction.field(source, field.attribute, value, label=label, number=number))
        found += _unknown(source, person.unknown, redaction, number)
    return (*found, *_unknown(source, dg16.unknown, redaction))


def _present(fields: Iterable[Field], holder: object) -> Iterator[tuple[Field, str]]:
    """The fields that *holder* has a text for, and the text."""
    for field in fields:
        value = getattr(holder, field.attribute) if field.kind is not Kind.IMAGE else None
        if value:
            yield field, value if isinstance(value, str) else _SEPARATOR.join(value)


def _unknown(source: str, objects: Iterable[bytes], redaction: Redaction, number: int | None = None) -> Iterator[PersonalField]:
    """Data objects that the standard does not know: they may be anything."""
    for raw in objects:
        yield redaction.field(source, "unknown", raw.hex().upper(), label="Unknown object", number=number, sensitive=True)
