# SPDX-License-Identifier: Apache-2.0
"""The Vietnamese chip cards: CCCD (2021–2024) and Căn cước (from 2024-07-01).

What Doc 9303 leaves open and these cards fill in: DG13, the citizen number and what follows from it, the QR code.
"""

from chipid.profiles.vn_cccd.citizen import Citizen, CitizenField
from chipid.profiles.vn_cccd.citizen_number import PROVINCES, CitizenNumber
from chipid.profiles.vn_cccd.comparison import NO_EXPIRY_TEXT, Comparison, compare, differences
from chipid.profiles.vn_cccd.dates import PartialDate, parse_packed_date, parse_written_date, parse_zone_date
from chipid.profiles.vn_cccd.dg13 import FIELDS, Dg13, Dg13Field, FieldMeaning, is_sensitive
from chipid.profiles.vn_cccd.expiry import NO_EXPIRY, Expiry, expiry_candidates, renewal_ages
from chipid.profiles.vn_cccd.mrz_rules import citizen_number, is_cccd, optional_data
from chipid.profiles.vn_cccd.names import transliterate_name
from chipid.profiles.vn_cccd.qr import SIZE_LIMIT as QR_SIZE_LIMIT
from chipid.profiles.vn_cccd.qr import QrFormat, QrText, build_qr, parse_qr
from chipid.profiles.vn_cccd.sex import Sex

__all__ = [
    "FIELDS",
    "NO_EXPIRY",
    "NO_EXPIRY_TEXT",
    "PROVINCES",
    "QR_SIZE_LIMIT",
    "Citizen",
    "CitizenField",
    "CitizenNumber",
    "Comparison",
    "Dg13",
    "Dg13Field",
    "Expiry",
    "FieldMeaning",
    "PartialDate",
    "QrFormat",
    "QrText",
    "Sex",
    "build_qr",
    "citizen_number",
    "compare",
    "differences",
    "expiry_candidates",
    "is_cccd",
    "is_sensitive",
    "optional_data",
    "parse_packed_date",
    "parse_qr",
    "parse_written_date",
    "parse_zone_date",
    "renewal_ages",
    "transliterate_name",
]
