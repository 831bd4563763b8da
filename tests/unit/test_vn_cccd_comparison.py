# SPDX-License-Identifier: Apache-2.0
"""DG1 against DG13."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chipid.iso7816.tlv import build_tlv
from chipid.lds.mrz import Mrz, MrzFormat
from chipid.profiles.vn_cccd import (
    CitizenNumber,
    Comparison,
    Dg13,
    citizen_number,
    compare,
    differences,
    is_cccd,
    optional_data,
)

NUMBER = CitizenNumber("001099012345")
LINES = "IDVNM0990123459001099012345<<0\n9909173M3909171VNM<<<<<<<<<<<0\nNGUYEN<<VAN<AN<<<<<<<<<<<<<<<<"
MRZ = Mrz.parse(LINES)
DG13: dict[str, Any] = {
    "citizen_number": NUMBER.digits,
    "full_name": "Nguyễn Văn An",
    "birth_date": "17/09/1999",
    "sex": "Nam",
    "expiry_date": "17/09/2039",
}
EVERYTHING = ("citizen_number", "birth_date", "sex", "expiry_date", "full_name")


def mrz(**changes: Any) -> Mrz:
    return replace(MRZ, lines=(), **changes)


def dg13(**changes: Any) -> Dg13:
    return Dg13.parse(Dg13.of({**DG13, **changes}).build())


# The zone --------------------------------------------------------------------------------------------------------------


def test_the_zone_of_a_cccd() -> None:
    assert is_cccd(MRZ)
    assert citizen_number(MRZ) == NUMBER
    assert MRZ.check_digit_errors == ()
    assert optional_data(NUMBER) == MRZ.optional_data == "001099012345<<0"
    assert mrz(optional_data=optional_data(NUMBER)).lines == MRZ.lines


@pytest.mark.parametrize(
    "changes",
    [
        {"issuing_state": "UTO"},
        {"document_code": "P"},
        {"optional_data": ""},
        {"optional_data": "00109901234"},
        {"optional_data": "001099054321"},
        {"document_number": "099054321"},
    ],
)
def test_the_zone_of_another_card(changes: dict[str, str]) -> None:
    assert not is_cccd(mrz(**changes))


def test_a_passport_is_no_cccd() -> None:
    passport = Mrz(MrzFormat.TD3, "P", "VNM", "C0000001", "990917", "M", "310917", "VNM", "001099012345", "", "NGUYEN", "VAN AN")
    assert not is_cccd(passport)
    card = replace(passport, document_code="I", document_number="099012345", lines=())
    assert citizen_number(card) == NUMBER
    assert not is_cccd(card)


# The comparison ----------------------------------------------------------------------------------------------------------


def test_the_same_person() -> None:
    assert compare(MRZ, dg13()) == Comparison()
    assert differences(MRZ, dg13()) == ()


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"citizen_number": "001099012346"}, "citizen_number"),
        ({"citizen_number": "099012345"}, "citizen_number"),
        ({"birth_date": "18/09/1999"}, "birth_date"),
        ({"birth_date": "17/10/1999"}, "birth_date"),
        ({"birth_date": "17/09/1998"}, "birth_date"),
        ({"birth_date": "1998"}, "birth_date"),
        ({"birth_date": "17/09/2099"}, "birth_date"),
        ({"birth_date": "17/09/1899"}, "birth_date"),
        ({"sex": "Nữ"}, "sex"),
        ({"expiry_date": "17/09/2040"}, "expiry_date"),
        ({"expiry_date": "17/09/2139"}, "expiry_date"),
        ({"expiry_date": "17/09/1939"}, "expiry_date"),
        ({"expiry_date": "Không thời hạn"}, "expiry_date"),
        ({"full_name": "Nguyễn Văn Ân Bình Bắc", "birth_date": "17/09/1999"}, None),
        ({"full_name": "Nguyễn Thị An"}, "full_name"),
        ({"full_name": "Nguyễn Văn A"}, "full_name"),
        ({"full_name": "Trần Văn An"}, "full_name"),
    ],
)
def test_one_difference_is_named_alone(changes: dict[str, str], name: str | None) -> None:
    assert differences(MRZ, dg13(**changes)) == ((name,) if name else ())


def test_another_persons_dg13_differs_in_everything() -> None:
    other = dg13(
        citizen_number="079185000001", full_name="Lê Thị Hà", birth_date="01/02/1985", sex="Nữ", expiry_date="01/02/2045"
    )
    assert differences(MRZ, other) == EVERYTHING


def test_a_dg13_that_is_silent_is_not_said_to_agree() -> None:
    assert compare(MRZ, Dg13.of({})) == Comparison(not_compared=EVERYTHING)


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"birth_date": "17.09.1999"}, "birth_date"),
        ({"sex": "Khác"}, "sex"),
        ({"sex": "Nam Ж女"}, "sex"),
        ({"sex": "N-a-m / 2"}, "sex"),
        ({"expiry_date": "Không thời hạn 31/12/2020"}, "expiry_date"),
        ({"full_name": "Nguyễn Văn An Путин 平"}, "full_name"),
        ({"full_name": "Nguyễn Văn An 7"}, "full_name"),
        ({"full_name": "Nguyễn Văn An\n"}, "full_name"),
        ({"full_name": "Nguyễn Văn\u200b An\U000e0041"}, "full_name"),
        ({"full_name": "Nguyễn Văn An\u3164"}, "full_name"),
        ({"full_name": "Nguyễn Văn An\u0489"}, "full_name"),
        ({"full_name": "Nguyễn Văn An" + "\u0301" * 5}, "full_name"),
        ({"full_name": "Nguyễn Văn An Bình 7"}, "full_name"),  # which alone would agree in part
        ({"expiry_date": "2039-09-17"}, "expiry_date"),
        ({"full_name": "阮文安"}, "full_name"),
    ],
)
def test_a_form_that_is_not_known_is_not_compared(changes: dict[str, str], name: str) -> None:
    values = {**DG13, **changes}
    if name == "birth_date":
        assert Dg13.of(values).birth_date == "17.09.1999"
    assert compare(MRZ, Dg13.of(values)) == Comparison(not_compared=(name,))


def test_a_field_that_stands_there_twice_must_agree_twice() -> None:
    one, two = dg13(), dg13(sex="Nữ")
    both = Dg13((*one.fields, two.fields[3]))
    assert differences(MRZ, both) == ("sex",)
    assert differences(MRZ, Dg13((*one.fields, one.fields[3]))) == ()


# No expiry -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", ["Không thời hạn", "KHÔNG THỜI HẠN", "không thời hạn ", "Khong thoi han"])
def test_no_expiry(words: str) -> None:
    assert compare(mrz(expiry_date="991231"), dg13(expiry_date=words)) == Comparison()
    assert differences(mrz(expiry_date="391231"), dg13(expiry_date=words)) == ("expiry_date",)


@pytest.mark.parametrize("written", ["31/12/2099", "31/12/1999"])
def test_no_expiry_is_no_year(written: str) -> None:
    assert differences(mrz(expiry_date="991231"), dg13(expiry_date=written)) == ("expiry_date",)


@pytest.mark.parametrize("zone", ["<<<<<<", "391399"])
@pytest.mark.parametrize("written", ["17/09/2039", "Không thời hạn"])
def test_an_expiry_that_the_zone_leaves_out_is_not_compared(zone: str, written: str) -> None:
    assert compare(mrz(expiry_date=zone), dg13(expiry_date=written)).not_compared == ("expiry_date",)


def test_no_expiry_against_words_that_are_not_known() -> None:
    assert compare(mrz(expiry_date="991231"), dg13(expiry_date="Vĩnh viễn")).not_compared == ("expiry_date",)


def test_a_zone_without_number_is_not_compared() -> None:
    assert compare(mrz(optional_data=""), dg13()).not_compared == ("citizen_number",)


# Partial dates, unknown sex, cut-off names --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "written", "outcome"),
    [
        ("99<<<<", "1999", Comparison()),
        ("99<<<<", "17/09/1999", Comparison(partly_compared=("birth_date",))),
        ("990000", "00/00/1999", Comparison()),
        ("990917", "1999", Comparison(partly_compared=("birth_date",))),
        ("990917", "09/1999", Comparison(partly_compared=("birth_date",))),
        ("990917", "10/1999", Comparison(differences=("birth_date",))),
        ("98<<<<", "17/09/1999", Comparison(differences=("birth_date",))),
        ("<<0917", "1999", Comparison(not_compared=("birth_date",))),
        ("<<<<<<", "17/09/1999", Comparison(not_compared=("birth_date",))),
        ("<<<<<<", "17/09/1899", Comparison(not_compared=("birth_date",))),
        ("991399", "17/09/1999", Comparison(not_compared=("birth_date",))),
    ],
)
def test_partial_birth_dates(zone: str, written: str, outcome: Comparison) -> None:
    assert compare(mrz(birth_date=zone), dg13(birth_date=written)) == outcome


@pytest.mark.parametrize("sex", ["<", "X"])
def test_an_unspecified_sex_is_not_compared(sex: str) -> None:
    assert compare(mrz(sex=sex), dg13()) == Comparison(not_compared=("sex",))


def test_the_other_sex() -> None:
    assert compare(mrz(sex="F"), dg13(sex="Nữ")) == Comparison()
    assert differences(mrz(sex="F"), dg13()) == ("sex",)


@pytest.mark.parametrize(
    ("primary", "secondary", "full"),
    [
        # Cut off in the middle of a component, at the end of one, and components shortened one by one.
        ("NGUYEN", "THI NGOC BICH HONG DIE", "Nguyễn Thị Ngọc Bích Hồng Diễm"),
        ("CONG", "TANG TON NU THI BICH PHU", "Công Tằng Tôn Nữ Thị Bích Phượng"),
        ("NGUYEN", "THI NGOC BICH HONG", "Nguyễn Thị Ngọc Bích Hồng Diễm My"),
        ("NGUYEN", "THI NGO BIC HO DI MY P", "Nguyễn Thị Ngọc Bích Hồng Diễm My Phương"),
    ],
)
def test_a_name_cut_off_in_the_zone(primary: str, secondary: str, full: str) -> None:
    zone = mrz(primary_identifier=primary, secondary_identifier=secondary)
    assert compare(zone, dg13(full_name=full)) == Comparison(partly_compared=("full_name",))


@pytest.mark.parametrize("full", ["Nguyễn Thị Ngọc Bích", "Nguyễn Thị Ngọc Lan Hồng Diễm My Phương"])
def test_a_zone_says_nothing_more_than_the_name(full: str) -> None:
    zone = mrz(primary_identifier="NGUYEN", secondary_identifier="THI NGOC BICH HONG DIE")
    assert differences(zone, dg13(full_name=full)) == ("full_name",)


def test_strokes_and_marks_do_not_matter() -> None:
    zone = mrz(primary_identifier="DANG", secondary_identifier="THI DAO")
    assert compare(zone, dg13(full_name="Đặng  Thị\u00a0Đào")) == Comparison()


@pytest.mark.parametrize(
    ("primary", "secondary", "full"),
    [
        ("HBIA", "NIE KDAM", "H'Bia Niê-Kđăm"),
        ("KSOR", "HBYECH", "Ksor H’Ƀyech"),
        ("Y", "BLIN KBUOR", "Y Ƀlin Kƀuôr"),
        ("K", "BREU", "K` Brêu\u0306"),
        ("SIU", "NOCH", "Siu Ñŏč\u0302h"),
    ],
)
def test_names_of_every_people_of_the_country_agree(primary: str, secondary: str, full: str) -> None:
    zone = mrz(primary_identifier=primary, secondary_identifier=secondary)
    found = dg13(full_name=full)
    assert (compare(zone, found), found.deviations) == (Comparison(), ())


def test_of_letters_that_are_not_known_the_others_still_differ() -> None:
    assert differences(MRZ, dg13(full_name="Trần Thị Bình2")) == ("full_name",)


@pytest.mark.parametrize(
    ("number", "written", "differing"),
    [
        # A number of another year says nothing of the century; before 1900 nobody was born who has one.
        ("001012012345", "17/09/1999", ()),
        ("001012012345", "17/09/2099", ()),
        ("001012012345", "17/09/1899", ("birth_date",)),
        ("001299012345", "17/09/1999", ("birth_date",)),
        ("001299012345", "17/09/2099", ()),
    ],
)
def test_the_century_of_a_birth(number: str, written: str, differing: tuple[str, ...]) -> None:
    zone = mrz(optional_data=optional_data(CitizenNumber(number)), document_number=number[3:])
    assert differences(zone, dg13(citizen_number=number, birth_date=written)) == differing


def test_a_zone_without_name_is_not_compared() -> None:
    assert compare(mrz(primary_identifier="", secondary_identifier=""), dg13()).not_compared == ("full_name",)


def test_a_number_in_another_string_type_counts() -> None:
    number = build_tlv(0x30, b"\x02\x01\x01", build_tlv(0x0C, NUMBER.digits.encode()))
    raw = build_tlv(0x6D, build_tlv(0x30, bytes.fromhex("020101060628D316010008"), build_tlv(0x31, number)))
    assert compare(MRZ, Dg13.parse(raw)).not_compared == EVERYTHING[1:]
