# SPDX-License-Identifier: Apache-2.0
"""The machine readable zone of the CCCD: TD1, the citizen's number in the optional data."""

from __future__ import annotations

import re

from chipid.lds.mrz import Mrz, MrzFormat, check_digit
from chipid.profiles.vn_cccd.citizen_number import SIZE, CitizenNumber

STATE = "VNM"
DOCUMENT_CODE = "ID"
_FILLERS = "<<"


def optional_data(number: CitizenNumber) -> str:
    """Line 1's optional data: the number, two fillers, and a check digit over the number."""
    return number.digits + _FILLERS + check_digit(number.digits)


def citizen_number(mrz: Mrz) -> CitizenNumber | None:
    """The number in the optional data; ``None`` where its first twelve characters are none."""
    digits = mrz.optional_data[:SIZE]
    return CitizenNumber(digits) if re.fullmatch(r"[0-9]{12}", digits) else None


def is_cccd(mrz: Mrz) -> bool:
    """Whether this is the zone of a CCCD: Vietnam, TD1, an identity card whose document number ends the citizen's."""
    number = citizen_number(mrz)
    return (
        mrz.format is MrzFormat.TD1
        and mrz.issuing_state == STATE
        and mrz.document_code.startswith(DOCUMENT_CODE[0])
        and number is not None
        and number.document_number == mrz.document_number
    )
