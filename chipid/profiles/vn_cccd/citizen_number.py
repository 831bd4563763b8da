# SPDX-License-Identifier: Apache-2.0
"""The 12-digit personal number ``PPP G YY SSSSSS``: place of birth registration, century and sex, year of birth, random.

It has no check digit, and the circular that laid it down has expired: numbers have been cancelled and issued anew, and a sex or a
year may legitimately disagree with the card. What is found here is for a person to look at, never a reason to refuse a card.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

from chipid.errors import MalformedData

SIZE = 12
CAN_SIZE = 6
DOCUMENT_NUMBER_SIZE = 9

PROVINCES: dict[str, str] = {
    "001": "Hà Nội",
    "002": "Hà Giang",
    "004": "Cao Bằng",
    "006": "Bắc Kạn",
    "008": "Tuyên Quang",
    "010": "Lào Cai",
    "011": "Điện Biên",
    "012": "Lai Châu",
    "014": "Sơn La",
    "015": "Yên Bái",
    "017": "Hòa Bình",
    "019": "Thái Nguyên",
    "020": "Lạng Sơn",
    "022": "Quảng Ninh",
    "024": "Bắc Giang",
    "025": "Phú Thọ",
    "026": "Vĩnh Phúc",
    "027": "Bắc Ninh",
    "030": "Hải Dương",
    "031": "Hải Phòng",
    "033": "Hưng Yên",
    "034": "Thái Bình",
    "035": "Hà Nam",
    "036": "Nam Định",
    "037": "Ninh Bình",
    "038": "Thanh Hóa",
    "040": "Nghệ An",
    "042": "Hà Tĩnh",
    "044": "Quảng Bình",
    "045": "Quảng Trị",
    "046": "Thừa Thiên Huế",
    "048": "Đà Nẵng",
    "049": "Quảng Nam",
    "051": "Quảng Ngãi",
    "052": "Bình Định",
    "054": "Phú Yên",
    "056": "Khánh Hòa",
    "058": "Ninh Thuận",
    "060": "Bình Thuận",
    "062": "Kon Tum",
    "064": "Gia Lai",
    "066": "Đắk Lắk",
    "067": "Đắk Nông",
    "068": "Lâm Đồng",
    "070": "Bình Phước",
    "072": "Tây Ninh",
    "074": "Bình Dương",
    "075": "Đồng Nai",
    "077": "Bà Rịa-Vũng Tàu",
    "079": "TP. Hồ Chí Minh",
    "080": "Long An",
    "082": "Tiền Giang",
    "083": "Bến Tre",
    "084": "Trà Vinh",
    "086": "Vĩnh Long",
    "087": "Đồng Tháp",
    "089": "An Giang",
    "091": "Kiên Giang",
    "092": "Cần Thơ",
    "093": "Hậu Giang",
    "094": "Sóc Trăng",
    "095": "Bạc Liêu",
    "096": "Cà Mau",
}
"""Provinces as they were until 2025, by code. Other codes are countries of birth, or newer than this table."""


@dataclass(frozen=True, repr=False)
class CitizenNumber:
    """A citizen's number, taken apart.

    :ivar digits: all twelve.
    :raises MalformedData: anything else than twelve digits 0–9.
    """

    digits: str

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[0-9]{12}", self.digits):
            raise MalformedData(f"a citizen number has {SIZE} digits")

    @classmethod
    def parse(cls, text: str) -> Self:
        """From its digits, white space around them allowed."""
        return cls(text.strip())

    @property
    def can(self) -> str:
        """The card access number: the last six digits."""
        return self.digits[-CAN_SIZE:]

    @property
    def document_number(self) -> str:
        """What the machine readable zone and its keys have for a document number: the last nine digits."""
        return self.digits[-DOCUMENT_NUMBER_SIZE:]

    @property
    def province_code(self) -> str:
        """The first three digits."""
        return self.digits[:3]

    @property
    def province(self) -> str | None:
        """Where the birth was registered; ``None`` for a country, or a code that the table has not."""
        return PROVINCES.get(self.province_code)

    @property
    def sex(self) -> str:
        """``M`` or ``F``."""
        return "MF"[int(self.digits[3]) % 2]

    @property
    def birth_year(self) -> int:
        """All four digits."""
        return 1900 + 100 * (int(self.digits[3]) // 2) + int(self.digits[4:6])

    def oddities(self, *, sex: str | None = None, birth_year: int | None = None) -> tuple[str, ...]:
        """What is worth a second look: ``province``, ``sex``, ``birth-year``; none of it proves anything.

        :param sex: ``M`` or ``F`` as the card says, ``None`` where unknown. *birth_year* likewise, all four digits.
        """
        found = {
            "province": self.province is None,
            "sex": sex in ("M", "F") and sex != self.sex,
            "birth-year": birth_year is not None and birth_year != self.birth_year,
        }
        return tuple(name for name, odd in found.items() if odd)

    def __str__(self) -> str:
        return self.digits

    def __repr__(self) -> str:
        return "<CitizenNumber>"
