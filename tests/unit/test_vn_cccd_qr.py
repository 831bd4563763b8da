# SPDX-License-Identifier: Apache-2.0
"""The text of the QR code: by layout where it is known, by shape where it is not."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from typing import Any

import pytest

from chipid.errors import MalformedData
from chipid.profiles.vn_cccd import QR_SIZE_LIMIT, PartialDate, QrFormat, QrText, Sex, build_qr, parse_qr

NUMBER, OLD, NAME, BIRTH, SEX, ISSUED = "001099012345", "012345678", "Nguyễn Văn An", "17091999", "Nam", "10052021"
RESIDENCE = "Thôn 1, An Bình, Thuận Thành, Bắc Ninh"
CCCD7 = "|".join((NUMBER, OLD, NAME, BIRTH, SEX, RESIDENCE, ISSUED))


def joined(*fields: str) -> str:
    return "|".join(fields)


def test_seven_fields() -> None:
    qr = parse_qr(CCCD7)
    assert qr.format is QrFormat.CCCD7
    assert (qr.number, qr.old_number, qr.full_name, qr.sex, qr.residence) == (NUMBER, OLD, NAME, "M", RESIDENCE)
    assert (qr.birth_date, qr.issue_date) == (PartialDate(1999, 9, 17), PartialDate(2021, 5, 10))
    assert qr.extras == ()
    assert qr.fields == tuple(CCCD7.split("|"))


def test_seven_fields_without_old_number() -> None:
    qr = parse_qr(joined(NUMBER, "", NAME, BIRTH, "Nữ", "", ISSUED))
    assert (qr.format, qr.old_number, qr.sex, qr.residence) == (QrFormat.CCCD7, None, "F", None)


def test_six_fields() -> None:
    qr = parse_qr(joined(NUMBER, NAME, BIRTH, SEX, RESIDENCE, ISSUED))
    assert (qr.format, qr.number, qr.old_number, qr.full_name) == (QrFormat.CCCD6, NUMBER, None, NAME)
    assert (qr.birth_date, qr.issue_date) == (PartialDate(1999, 9, 17), PartialDate(2021, 5, 10))


def test_a_partial_birth_date() -> None:
    qr = parse_qr(CCCD7.replace(BIRTH, "00001950"))
    assert (qr.format, qr.birth_date) == (QrFormat.CCCD7, PartialDate(1950, None, None))


@pytest.mark.parametrize(
    "dressed", [f"\ufeff{CCCD7}\r\n", CCCD7.replace("|", " | "), unicodedata.normalize("NFD", CCCD7), CCCD7 + "\0"]
)
def test_what_scanners_add(dressed: str) -> None:
    plain, qr = parse_qr(CCCD7), parse_qr(dressed)
    assert qr == plain


@pytest.mark.parametrize(
    ("fields", "extras"),
    [
        ((NUMBER, NAME, BIRTH, SEX, RESIDENCE, ISSUED, OLD), ()),
        ((NUMBER, OLD, NAME, BIRTH, SEX, RESIDENCE, ISSUED, "", "", ""), ()),
        ((NUMBER, "", NAME, BIRTH, SEX, RESIDENCE, ISSUED, "001099054321", "001099000001"), ("001099000001",)),
        ((ISSUED, RESIDENCE, SEX, BIRTH, NAME, OLD, NUMBER), ()),
        (
            (NUMBER, NAME, BIRTH, SEX, RESIDENCE, ISSUED, OLD, "Nguyễn Văn Bình", "Trần Thị Cúc"),
            ("Nguyễn Văn Bình", "Trần Thị Cúc"),
        ),
        ((NUMBER, NAME, "17/09/1999", SEX, RESIDENCE, "10/05/2021", OLD, "?"), ("?",)),
        ((NUMBER, "1950", NAME, BIRTH, SEX, RESIDENCE, ISSUED), ("1950",)),
        ((NUMBER, "Kinh", NAME, BIRTH, SEX, RESIDENCE, ISSUED), ("Kinh",)),
        ((NUMBER, NAME, BIRTH, SEX, "1,2", RESIDENCE, ISSUED), ("1,2",)),
        ((NUMBER, NAME, BIRTH, SEX, "Thôn 2", RESIDENCE, ISSUED), ("Thôn 2",)),
    ],
)
def test_the_card_of_2024_by_the_shape_of_its_fields(fields: tuple[str, ...], extras: tuple[str, ...]) -> None:
    qr = parse_qr(joined(*fields))
    assert qr.format is QrFormat.CANCUOC2024
    assert (qr.number, qr.full_name, qr.sex, qr.residence) == (NUMBER, NAME, "M", RESIDENCE)
    assert (qr.birth_date, qr.issue_date) == (PartialDate(1999, 9, 17), PartialDate(2021, 5, 10))
    assert qr.old_number == (OLD if OLD in fields else None)
    assert qr.extras == extras


@pytest.mark.parametrize(
    "fields",
    [
        (NUMBER,),
        (NUMBER, NAME, SEX, RESIDENCE),
        (NUMBER, OLD, NAME, "31021999", SEX, RESIDENCE, ISSUED),
        (NUMBER, OLD, NAME, BIRTH, "nam giới", RESIDENCE, ISSUED),
        (NUMBER, OLD, NAME, BIRTH, "Khác", RESIDENCE, ISSUED),
        (NUMBER, OLD, NAME, BIRTH, "Na m", RESIDENCE, ISSUED),
        (NUMBER, OLD, NAME, BIRTH, SEX, RESIDENCE, "00052021"),
        (NUMBER, OLD, NAME, BIRTH, SEX, RESIDENCE, "hôm qua"),
        (NUMBER, OLD, "Thôn 2, Bắc Ninh", BIRTH, SEX, RESIDENCE, ISSUED, ""),
        (NUMBER, OLD, NAME, SEX, RESIDENCE, ISSUED, "", ""),
        (NUMBER, OLD, NAME, BIRTH, RESIDENCE, ISSUED, "", ""),
    ],
)
def test_what_is_no_known_layout_still_gives_its_number(fields: tuple[str, ...]) -> None:
    qr = parse_qr(joined(*fields))
    assert (qr.format, qr.number) == (QrFormat.UNKNOWN, NUMBER)
    assert qr.fields == fields


def test_without_its_number_a_code_is_of_no_known_kind() -> None:
    qr = parse_qr(joined("", OLD, NAME, BIRTH, SEX, RESIDENCE, ISSUED))
    assert (qr.format, qr.number, qr.full_name) == (QrFormat.UNKNOWN, None, NAME)


@pytest.mark.parametrize(("birth", "issued"), [("17092024", "10102024"), ("10092024", "17092024"), ("00002024", "10052024")])
@pytest.mark.parametrize("turned", [False, True])
def test_of_two_dates_the_earlier_is_the_birth(birth: str, issued: str, turned: bool) -> None:
    dates = (issued, birth) if turned else (birth, issued)
    qr = parse_qr(joined(NUMBER, *dates, NAME, SEX, RESIDENCE))
    assert qr.format is QrFormat.CANCUOC2024
    assert qr.birth_date == PartialDate(2024, int(birth[2:4]) or None, int(birth[:2]) or None)
    assert qr.issue_date == PartialDate(2024, int(issued[2:4]), int(issued[:2]))


def test_a_name_with_marks_that_no_composed_letter_has() -> None:
    name = "K\u0306a H'Bia"
    assert parse_qr(joined(NUMBER, BIRTH, ISSUED, SEX, name)).full_name == name


def test_one_date_alone_is_neither_birth_nor_issue() -> None:
    qr = parse_qr(joined(NUMBER, NAME, BIRTH, SEX))
    assert (qr.birth_date, qr.issue_date) == (None, None)


@pytest.mark.parametrize("text", ["", "|", "https://example.org/?id=001099012345", "|||||||", "WIFI:S:x;T:WPA;P:y;;", "\ud800"])
def test_a_code_of_another_kind(text: str) -> None:
    qr = parse_qr(text)
    assert (qr.format, qr.number, qr.full_name) == (QrFormat.UNKNOWN, None, None)


def test_sizes_are_bounded() -> None:
    assert parse_qr("|" * QR_SIZE_LIMIT).format is QrFormat.UNKNOWN
    with pytest.raises(MalformedData):
        parse_qr("|" * (QR_SIZE_LIMIT + 1))


def test_of_more_fields_than_any_card_has_none_is_looked_at_and_none_is_lost() -> None:
    """Looking for each kind of field among thousands takes a time that is quadratic in their number."""
    child = joined(NUMBER, NAME, "17092020", SEX, RESIDENCE, "10052025")
    most = parse_qr(child + "|a b" * 58)
    assert (most.format, len(most.parents)) == (QrFormat.CANCUOC2024, 58)
    more = parse_qr(child + "|a b" * 58 + "|")
    assert (more.format, more.number, more.parents) == (QrFormat.UNKNOWN, None, ())
    assert more.extras == (*child.split("|"), *["a b"] * 58)
    assert more.fields == (*more.extras, "")


# The card of 2024: what is there besides ---------------------------------------------------------------------------------

PARENTS = ("Nguyễn Văn Bình", "Trần Thị Cúc")


@pytest.mark.parametrize(("others", "cancelled"), [(("001099054321",), "001099054321"), (("", ""), None)])
def test_a_second_number_is_the_cancelled_one(others: tuple[str, ...], cancelled: str | None) -> None:
    qr = parse_qr(joined(NUMBER, NAME, BIRTH, SEX, RESIDENCE, ISSUED, OLD, *others))
    assert (qr.format, qr.number, qr.cancelled_number) == (QrFormat.CANCUOC2024, NUMBER, cancelled)


@pytest.mark.parametrize(
    ("birth", "issued", "named"),
    [
        ("17092020", "10082024", PARENTS),
        ("11082010", "10082024", PARENTS),  # the day before the fourteenth birthday
        ("10082010", "10082024", ()),
        ("00002011", "10082024", PARENTS),
        ("00002010", "10082024", ()),
    ],
)
def test_other_names_on_a_childs_card_are_the_parents(birth: str, issued: str, named: tuple[str, ...]) -> None:
    qr = parse_qr(joined(NUMBER, NAME, birth, SEX, RESIDENCE, issued, "", "", *PARENTS))
    assert (qr.full_name, qr.parents, qr.extras) == (NAME, named, () if named else PARENTS)


@pytest.mark.parametrize(
    ("dates", "extras"), [((BIRTH,), (BIRTH,)), ((BIRTH, "00052021"), ("00052021",)), ((BIRTH, ISSUED, ISSUED), (ISSUED,))]
)
def test_a_date_that_is_not_understood_is_kept(dates: tuple[str, ...], extras: tuple[str, ...]) -> None:
    assert parse_qr(joined(NUMBER, NAME, SEX, RESIDENCE, *dates)).extras == extras


# Building ----------------------------------------------------------------------------------------------------------------

KNOWN = QrText(QrFormat.CCCD7, NUMBER, OLD, NAME, PartialDate(1999, 9, 17), Sex.MALE, RESIDENCE, PartialDate(2021, 5, 10))
CHILD = replace(
    KNOWN, format=QrFormat.CANCUOC2024, birth_date=PartialDate(2019, 9, 17), issue_date=PartialDate(2024, 8, 10), parents=PARENTS
)


@pytest.mark.parametrize(
    ("qr", "text"),
    [
        (KNOWN, CCCD7),
        (replace(KNOWN, old_number=None, residence=None, sex=Sex.FEMALE), joined(NUMBER, "", NAME, BIRTH, "Nữ", "", ISSUED)),
        (replace(KNOWN, birth_date=PartialDate(1950, None, None)), CCCD7.replace(BIRTH, "00001950")),
        (replace(KNOWN, format=QrFormat.CCCD6, old_number=None), CCCD7.replace(f"{OLD}|", "")),
        (
            replace(KNOWN, format=QrFormat.CANCUOC2024, cancelled_number="001099054321"),
            joined(NUMBER, NAME, BIRTH, SEX, RESIDENCE, ISSUED, OLD, "001099054321"),
        ),
        (CHILD, joined(NUMBER, NAME, "17092019", SEX, RESIDENCE, "10082024", OLD, "", *PARENTS)),
    ],
)
def test_a_code_is_built_and_understood_as_the_same(qr: QrText, text: str) -> None:
    assert build_qr(qr) == text
    assert parse_qr(text) == qr


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"format": QrFormat.UNKNOWN}, "format"),
        ({"number": None}, "must have a number"),
        ({"full_name": None}, "must have a full_name"),
        ({"issue_date": None}, "must have a issue_date"),
        ({"number": "099012345"}, "this number"),
        ({"old_number": "12345678"}, "this old_number"),
        ({"full_name": "Nguyễn|Văn An"}, "this full_name"),
        ({"full_name": "Nguye\u0302\u0303n Văn An"}, "this full_name"),
        ({"birth_date": PartialDate(1999, None, 17)}, "this birth_date"),
        ({"sex": Sex.UNSPECIFIED}, "this sex"),
        ({"residence": " An Bình"}, "this residence"),
        ({"issue_date": PartialDate(2021, 5, None)}, "this issue_date"),
        ({"cancelled_number": "001099054321"}, "this cancelled_number"),
        ({"parents": PARENTS}, "this parents"),
        ({"extras": ("?",)}, "this extras"),
        ({"format": QrFormat.CCCD6}, "this old_number"),
        ({"format": QrFormat.CANCUOC2024, "residence": "An Bình"}, "this residence"),
        ({"format": QrFormat.CANCUOC2024, "full_name": "An"}, "this full_name"),
        ({"format": QrFormat.CANCUOC2024, "parents": PARENTS}, "this parents"),
        ({"residence": "ấ" * 1_000}, "2329 octets"),
        ({"residence": "\ud800"}, None),
    ],
)
def test_what_no_code_of_a_format_can_hold_is_refused_by_name(changes: dict[str, Any], named: str | None) -> None:
    qr = replace(KNOWN, **changes)
    with pytest.raises(MalformedData, match=named) as caught:
        build_qr(qr)
    assert NAME not in str(caught.value)


def test_repr_shows_no_value() -> None:
    assert repr(parse_qr(CCCD7)) == "<QrText cccd7, 7 fields>"
