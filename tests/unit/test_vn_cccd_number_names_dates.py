# SPDX-License-Identifier: Apache-2.0
"""The citizen number, names in plain letters, and the forms of dates."""

from __future__ import annotations

from datetime import date

import pytest

from chipid.errors import MalformedData
from chipid.profiles.vn_cccd import (
    PROVINCES,
    CitizenNumber,
    PartialDate,
    Sex,
    parse_packed_date,
    parse_written_date,
    parse_zone_date,
    transliterate_name,
)

NUMBER = CitizenNumber("001099012345")


def test_the_parts_of_a_number() -> None:
    assert (NUMBER.province_code, NUMBER.province, NUMBER.sex, NUMBER.birth_year) == ("001", "Hà Nội", "M", 1999)
    assert (NUMBER.can, NUMBER.document_number) == ("012345", "099012345")


@pytest.mark.parametrize(
    ("digit", "sex", "century"), [(str(digit), "MF"[digit % 2], 1900 + 100 * (digit // 2)) for digit in range(10)]
)
def test_century_and_sex(digit: str, sex: str, century: int) -> None:
    number = CitizenNumber(f"079{digit}05000001")
    assert (number.sex, number.birth_year) == (sex, century + 5)


def test_the_table_of_provinces() -> None:
    assert len(PROVINCES) == 63
    assert all(len(code) == 3 and code.isdigit() for code in PROVINCES)
    assert list(PROVINCES) == sorted(PROVINCES)
    assert (PROVINCES["079"], PROVINCES["096"]) == ("TP. Hồ Chí Minh", "Cà Mau")


@pytest.mark.parametrize(
    ("code", "province"), [("002", "Hà Giang"), ("046", "Thừa Thiên Huế"), ("077", "Bà Rịa-Vũng Tàu"), ("003", None), ("184", None)]
)
def test_a_code_names_the_province_before_the_merger_of_2025_and_no_country(code: str, province: str | None) -> None:
    assert CitizenNumber(f"{code}099012345").province == province


@pytest.mark.parametrize(
    "text", ["", "00109901234", "0010990123456", "00109901234x", "٠٠١٠٩٩٠١٢٣٤٥", "001099 012345", "001099012345\n0"]
)
def test_what_is_no_number(text: str) -> None:
    with pytest.raises(MalformedData) as caught:
        CitizenNumber.parse(text)
    assert not text or text not in str(caught.value)


def test_white_space_around_a_number() -> None:
    assert CitizenNumber.parse(" 001099012345\n") == NUMBER


@pytest.mark.parametrize(
    ("number", "sex", "year", "oddities"),
    [
        ("001099012345", "M", 1999, ()),
        ("001099012345", None, None, ()),
        ("001099012345", "<", 1999, ()),
        ("001099012345", "F", 1999, ("sex",)),
        ("001099012345", "M", 1998, ("birth-year",)),
        ("001199012345", "F", 1999, ()),
        ("999099012345", "M", 1999, ("province",)),
        ("999099012345", "F", 2099, ("province", "sex", "birth-year")),
    ],
)
def test_oddities_are_told_and_never_raised(number: str, sex: str | None, year: int | None, oddities: tuple[str, ...]) -> None:
    assert CitizenNumber(number).oddities(sex=sex, birth_year=year) == oddities


def test_repr_shows_no_number_and_a_form_gets_its_digits() -> None:
    assert repr(NUMBER) == "<CitizenNumber>"
    assert str(NUMBER) == NUMBER.digits


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Nguyễn Văn An", "NGUYENVANAN"),
        ("NGUYỄN VĂN AN", "NGUYENVANAN"),
        ("Đặng Thị Đào", "DANGTHIDAO"),
        ("đỗ Ư Ơ Ă Â Ê Ô", "DOUOAAEO"),
        ("Ðoàn ðức", "DOANDUC"),
        ("H'Bia Niê-Kđăm", "HBIANIEKDAM"),
        ("Ƀlin ƀ Ɖ ɖ", "BLINBDD"),
        ("Nguye\u0302\u0303n", "NGUYEN"),
        ("Không thời hạn", "KHONGTHOIHAN"),
        ("  ", ""),
        ("阮文安", ""),
        ("", ""),
    ],
)
def test_transliteration(name: str, letters: str) -> None:
    assert transliterate_name(name) == letters


@pytest.mark.parametrize(
    ("word", "sex"),
    [
        ("Nam", Sex.MALE),
        (" NAM\u00a0", Sex.MALE),
        ("Nữ", Sex.FEMALE),
        ("nu\u031b\u0303", Sex.FEMALE),
        ("NU", Sex.FEMALE),
        ("Nũ", None),
        ("Na m", None),
        ("Nam.", None),
        ("Nam\u200b", None),
        ("", None),
    ],
)
def test_a_sex_is_its_word_alone(word: str, sex: Sex | None) -> None:
    assert Sex.from_word(word) is sex


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("17/09/1999", PartialDate(1999, 9, 17)),
        (" 7/ 9/1999 ", PartialDate(1999, 9, 7)),
        ("09/1950", PartialDate(1950, 9, None)),
        ("1950", PartialDate(1950, None, None)),
        ("00/00/1950", PartialDate(1950, None, None)),
        ("--/--/1950", PartialDate(1950, None, None)),
        ("__/09/1950", PartialDate(1950, 9, None)),
        ("//1950", PartialDate(1950, None, None)),
        ("29/02/2000", PartialDate(2000, 2, 29)),
        ("29/02/1999", None),
        ("31/04/1999", None),
        ("17/00/1999", None),
        ("17/13/1999", None),
        ("32/12/1999", None),
        ("17/09/99", None),
        ("17/09/0000", None),
        ("17/09/9999", None),
        ("1/17/09/1999", None),
        ("17-09-1999", None),
        ("13/1999", None),
        ("ab/09/1999", None),
        ("ab/1999", None),
        ("-1/09/1999", None),
        ("Không thời hạn", None),
        ("", None),
        ("١٧/٠٩/١٩٩٩", None),
    ],
)
def test_written_dates(text: str, expected: PartialDate | None) -> None:
    assert parse_written_date(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("17091999", PartialDate(1999, 9, 17)),
        ("00001950", PartialDate(1950, None, None)),
        ("00091950", PartialDate(1950, 9, None)),
        ("31021999", None),
        ("19990917", None),
        ("1709199", None),
        ("17/09/1999", None),
        ("--091999", None),
        ("170919990", None),
    ],
)
def test_packed_dates(text: str, expected: PartialDate | None) -> None:
    assert parse_packed_date(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("990917", PartialDate(99, 9, 17)),
        ("99<<<<", PartialDate(99, None, None)),
        ("990000", PartialDate(99, None, None)),
        ("<<<<<<", PartialDate(None, None, None)),
        ("991317", None),
        ("990932", None),
        ("99091", None),
        ("9909171", None),
        ("99O917", None),
    ],
)
def test_zone_dates(text: str, expected: PartialDate | None) -> None:
    assert parse_zone_date(text) == expected


def test_complete_dates() -> None:
    assert PartialDate(1999, 9, 17).complete == date(1999, 9, 17)
    assert PartialDate(1999, 9, 17).yymmdd == "990917"
    assert PartialDate(1999, 9, None).complete is None
    assert PartialDate(1999, 9, None).yymmdd is None
    assert PartialDate(99, 2, 31).complete is None
    assert PartialDate(None, 9, 17).complete is None
    assert PartialDate(1999, None, 17).complete is None
    assert repr(PartialDate(1999, 9, 17)) == "<PartialDate>"


@pytest.mark.parametrize(
    ("day", "text"),
    [
        (PartialDate(1999, 9, 7), "07/09/1999"),
        (PartialDate(1999, 9, None), "09/1999"),
        (PartialDate(1999, None, None), "1999"),
        (PartialDate(99, 9, 17), "17/09/99"),
        (PartialDate(0, None, 17), "17/--/00"),
        (PartialDate(None, 9, 17), "17/09/--"),
        (PartialDate(None, None, None), "--"),
    ],
)
def test_a_date_is_written_as_cards_have_it(day: PartialDate, text: str) -> None:
    assert str(day) == text
    assert parse_written_date(text) == (day if day.year == 1999 else None)


@pytest.mark.parametrize(
    ("one", "two", "contradicts"),
    [
        (PartialDate(99, 9, 17), PartialDate(1999, 9, 17), False),
        (PartialDate(0, 9, 17), PartialDate(2000, 9, 17), False),
        (PartialDate(1999, 9, 17), PartialDate(2099, 9, 17), True),
        (PartialDate(1999, None, None), PartialDate(1899, 9, 17), True),
        (PartialDate(99, None, None), PartialDate(1999, 9, 17), False),
        (PartialDate(None, None, None), PartialDate(1999, 9, 17), False),
        (PartialDate(98, None, None), PartialDate(1999, 9, 17), True),
        (PartialDate(99, 8, None), PartialDate(1999, 9, 17), True),
        (PartialDate(99, 9, 18), PartialDate(1999, 9, 17), True),
    ],
)
def test_contradictions(one: PartialDate, two: PartialDate, contradicts: bool) -> None:
    assert one.contradicts(two) is contradicts
    assert two.contradicts(one) is contradicts
