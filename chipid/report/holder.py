# SPDX-License-Identifier: Apache-2.0
"""What the chip says of its holder, field by field, each through the redaction."""

from __future__ import annotations

from chipid.iso7816.file_ids import FileId
from chipid.lds.mrz import Mrz
from chipid.profiles.vn_cccd import FIELDS, Dg13, Dg13Field
from chipid.report.redact import Redaction
from chipid.report.schema import PersonalField

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
_SEPARATOR = "; "


def mrz_fields(mrz: Mrz, redaction: Redaction) -> tuple[PersonalField, ...]:
    """DG1, element by element, then the zone as a whole."""
    source = FileId.DG1.label
    elements = (redaction.field(source, name, getattr(mrz, name) or None, label=label) for name, label in _MRZ_LABELS.items())
    lines = redaction.field(source, "mrz", " ".join(mrz.lines), label="Machine readable zone")
    return (*elements, lines)


def dg13_fields(dg13: Dg13, redaction: Redaction) -> tuple[PersonalField, ...]:
    """DG13, field by field in the chip's order; what is not understood in hexadecimal."""
    return tuple(_dg13_field(field, redaction) for field in dg13.fields)


def _dg13_field(field: Dg13Field, redaction: Redaction) -> PersonalField:
    meaning = FIELDS.get(field.number) if field.number is not None else None
    if meaning is None or not field.understood:
        name, label, value = "unknown", "Unknown field", field.raw.hex().upper()
    else:
        name, label, value = meaning.name, _DG13_LABELS[meaning.name], _SEPARATOR.join(field.texts)
    return redaction.field(FileId.DG13.label, name, value or None, label=label, number=field.number, sensitive=field.sensitive)
