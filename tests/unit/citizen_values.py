# SPDX-License-Identifier: Apache-2.0
"""A made-up citizen: what each field of DG13 says."""

from __future__ import annotations

from typing import Any

VALUES: dict[str, Any] = {
    "citizen_number": "001099012345",
    "full_name": "Nguyễn Văn An",
    "birth_date": "17/09/1999",
    "sex": "Nam",
    "nationality": "Việt Nam",
    "ethnicity": "Kinh",
    "religion": "Không",
    "place_of_origin": "An Bình, Thuận Thành, Bắc Ninh",
    "residence": "Thôn 1, An Bình, Thuận Thành, Bắc Ninh",
    "identifying_marks": "Nốt ruồi C:1cm trên mép trái",
    "issue_date": "10/05/2021",
    "expiry_date": "17/09/2039",
    "parents": ("Nguyễn Văn Bình", "Trần Thị Cúc"),
    "spouses": ("Lê Thị Dung",),
    "old_number": "012345678",
    "chip_id": "0294ABCDEF012345",
}
