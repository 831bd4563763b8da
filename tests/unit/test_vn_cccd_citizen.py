# SPDX-License-Identifier: Apache-2.0
"""The citizen as an application sees them: every field with its value, its text and the place that it comes from."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from citizen_values import VALUES

from chipid.errors import MalformedData, UnsupportedFeature
from chipid.evidence import Evidence, FileFailure
from chipid.iso7816.file_ids import FileId
from chipid.iso7816.tlv import build_tlv
from chipid.issuing.portrait import draw_portrait
from chipid.lds.der import build_integer
from chipid.lds.dg1 import Dg1
from chipid.lds.dg2 import Dg2
from chipid.lds.mrz import Mrz
from chipid.profiles.vn_cccd import (
    FIELDS,
    Citizen,
    CitizenField,
    CitizenNumber,
    Comparison,
    Dg13,
    Dg13Field,
    Expiry,
    PartialDate,
    Sex,
)

MRZ = Mrz.parse("IDVNM0990123459001099012345<<0\n9909173M3909171VNM<<<<<<<<<<<0\nNGUYEN<<VAN<AN<<<<<<<<<<<<<<<<")
TYPED = VALUES | {
    "citizen_number": CitizenNumber("001099012345"),
    "birth_date": PartialDate(1999, 9, 17),
    "sex": Sex.MALE,
    "issue_date": date(2021, 5, 10),
    "expiry_date": date(2039, 9, 17),
}
SCALARS = [meaning.name for meaning in FIELDS.values() if not meaning.multiple]
NOT_IN_THE_ZONE = [
    "ethnicity",
    "religion",
    "place_of_origin",
    "residence",
    "identifying_marks",
    "issue_date",
    "old_number",
    "chip_id",
]
IMAGE = draw_portrait("citizen", "jpeg")
DG2 = Dg2.from_image(IMAGE).build()


def dg1(**changes: str) -> bytes:
    return Dg1(replace(MRZ, lines=(), **changes) if changes else MRZ).build()


def dg13(**changes: Any) -> bytes:
    return Dg13.of({**VALUES, **changes}).build()


def with_fields(*raw: bytes) -> bytes:
    """The known DG13 and more fields behind."""
    known = Dg13.parse(dg13()).fields
    return Dg13((*known, *(Dg13Field(None, each) for each in raw))).build()


def utf8(number: int, text: str) -> bytes:
    return build_tlv(0x30, build_integer(number), build_tlv(0x0C, text.encode()))


CITIZEN = Citizen.of_files(dg1(), dg13(), DG2)


# What the card says ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SCALARS)
def test_each_field_has_its_value_text_and_place(name: str) -> None:
    field = getattr(CITIZEN, name)
    number = next(number for number, meaning in FIELDS.items() if meaning.name == name)
    assert field == CitizenField(name, TYPED[name], VALUES[name], FileId.DG13, number, FIELDS[number].sensitive)


@pytest.mark.parametrize(("name", "number"), [("parents", 13), ("spouses", 14)])
@pytest.mark.parametrize("names", [(), ("Lê Văn Giáp",), ("Lê Văn Giáp", "Lê Thị Hà", "Lê Văn Hai")])
def test_each_relative_is_a_field(name: str, number: int, names: tuple[str, ...]) -> None:
    fields = getattr(Citizen.of_files(dg1(), dg13(**{name: names})), name)
    assert fields == tuple(CitizenField(name, each, each, FileId.DG13, number) for each in names)


def test_a_whole_card_lacks_nothing() -> None:
    assert (CITIZEN.missing, CITIZEN.not_understood, CITIZEN.unknown, dict(CITIZEN.lacking)) == ((), (), (), {})
    assert (CITIZEN.differences, CITIZEN.oddities, CITIZEN.comparison) == ((), (), Comparison())


def test_the_number_names_the_province() -> None:
    assert CITIZEN.citizen_number.value is not None
    assert CITIZEN.citizen_number.value.province == "Hà Nội"


def test_the_portrait_is_the_first_face() -> None:
    assert CITIZEN.portrait.value is not None
    assert (CITIZEN.portrait.value.image, CITIZEN.portrait.source, CITIZEN.portrait.text) == (IMAGE, FileId.DG2, "")


def test_fields_come_in_one_order_and_the_sensitive_ones_are_marked() -> None:
    names = [meaning.name for meaning in FIELDS.values()]
    names.insert(names.index("parents"), "parents")
    assert [field.name for field in CITIZEN.fields] == [*names, "portrait"]
    marked = {field.name for field in CITIZEN.fields if field.sensitive}
    assert marked == {"ethnicity", "religion", "identifying_marks", "portrait"}


def test_values_are_composed_and_trimmed_and_texts_are_as_written() -> None:
    citizen = Citizen.of_files(dg1(), with_fields())
    assert citizen.full_name.text == "Nguyễn Văn An"
    written = " Nguye\u0302\u0303n Va\u0306n An "
    odd = Dg13(tuple(field for field in Dg13.parse(dg13()).fields if field.number != 2)).fields
    raw = Dg13((*odd, Dg13Field(2, utf8(2, written)), Dg13Field(13, utf8(13, " Le\u0302 ")))).build()
    citizen = Citizen.of_files(dg1(), raw)
    assert (citizen.full_name.value, citizen.full_name.text) == ("Nguyễn Văn An", written)
    assert (citizen.parents[-1].value, citizen.parents[-1].text) == ("Lê", " Le\u0302 ")
    assert citizen.differences == ()


# Dates -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "written", "value", "source"),
    [
        ("391231", "31/12/2039", date(2039, 12, 31), FileId.DG13),
        ("991231", "Không thời hạn", Expiry.NEVER, FileId.DG13),
        ("991231", "KHONG THOI HAN", Expiry.NEVER, FileId.DG13),
        ("<<<<<<", "Không thời hạn 31/12/2020", None, FileId.DG13),
        ("<<<<<<", "17/09/2139", None, FileId.DG13),
        ("<<<<<<", "17/09/1939", None, FileId.DG13),
        ("991231", None, Expiry.NEVER, FileId.DG1),
        ("991231", "31/12/2099", Expiry.NEVER, FileId.DG1),
        ("991231", "31/12/1999", Expiry.NEVER, FileId.DG1),
        ("391231", "31/12/2099", date(2039, 12, 31), FileId.DG1),
        ("391231", None, date(2039, 12, 31), FileId.DG1),
        ("591231", None, date(2059, 12, 31), FileId.DG1),
        ("390230", None, None, FileId.DG1),
        ("3912<<", None, None, FileId.DG1),
        ("<<<<<<", None, None, None),
        ("<<<<<<", "31/12/2099", None, FileId.DG13),
        ("<<<<<<", "Vĩnh viễn", None, FileId.DG13),
        ("<<<<<<", "2039", None, FileId.DG13),
    ],
)
def test_no_expiry_is_a_value_of_its_own_and_no_year(zone: str, written: str | None, value: object, source: object) -> None:
    field = Citizen.of_files(dg1(expiry_date=zone), dg13(expiry_date=written)).expiry_date
    assert (field.value, field.source) == (value, source)
    assert field.text == ("" if source is None else (written if source is FileId.DG13 else zone))


@pytest.mark.parametrize(
    ("zone", "written", "value"),
    [
        ("990917", "1999", PartialDate(1999, None, None)),
        ("990917", None, PartialDate(1999, 9, 17)),
        ("99<<<<", None, PartialDate(1999, None, None)),
        ("980917", None, None),  # the number says 1999: which century this is, nobody knows
        ("990231", None, None),
        ("<<0917", None, None),
        ("<<<<<<", None, None),
        ("990917", "17.09.1999", PartialDate(1999, 9, 17)),
        ("<<<<<<", "17/09/1999", PartialDate(1999, 9, 17)),
        ("<<<<<<", "17/09/1899", None),
        ("<<<<<<", "17/09/2100", None),
    ],
)
def test_birth_dates(zone: str, written: str | None, value: PartialDate | None) -> None:
    assert Citizen.of_files(dg1(birth_date=zone), dg13(birth_date=written)).birth_date.value == value


def test_the_century_of_a_child() -> None:
    child = dg1(document_number="219012345", optional_data="001219012345<<" + "0", birth_date="190917")
    assert Citizen.of_files(child).birth_date.value == PartialDate(2019, 9, 17)


@pytest.mark.parametrize("text", ["10/2021", "31/02/2021", "10/05/1921", "10/05/2121", "hôm qua"])
def test_an_issue_date_is_a_day(text: str) -> None:
    citizen = Citizen.of_files(dg1(), dg13(issue_date=text.encode("ascii", "ignore").decode()))
    assert (citizen.issue_date.value, citizen.issue_date.source) == (None, FileId.DG13)
    assert citizen.not_understood == ("issue_date",)


@pytest.mark.parametrize(("letter", "value"), [("M", Sex.MALE), ("F", Sex.FEMALE), ("X", Sex.UNSPECIFIED), ("<", None)])
def test_the_sex_of_the_zone(letter: str, value: Sex | None) -> None:
    assert Citizen.of_files(dg1(sex=letter)).sex.value is value


# Without, and damaged ----------------------------------------------------------------------------------------------------


def test_without_dg13_the_zone_says_what_it_can() -> None:
    citizen = Citizen.of_files(dg1())
    assert {field.name: (field.value, field.text, field.number) for field in citizen.fields} == {
        "citizen_number": (TYPED["citizen_number"], "001099012345<<0", "optional_data"),
        "full_name": ("NGUYEN VAN AN", "NGUYEN VAN AN", "name"),
        "birth_date": (TYPED["birth_date"], "990917", "birth_date"),
        "sex": (Sex.MALE, "M", "sex"),
        "nationality": ("VNM", "VNM", "nationality"),
        "expiry_date": (TYPED["expiry_date"], "390917", "expiry_date"),
    }
    assert {field.source for field in citizen.fields} == {FileId.DG1}
    assert citizen.missing == (*NOT_IN_THE_ZONE, "portrait")
    assert (citizen.not_understood, citizen.differences) == ((), ())
    assert dict(citizen.lacking) == {FileId.DG13: "not-read", FileId.DG2: "not-read"}


@pytest.mark.parametrize(
    ("dg13_raw", "dg2_raw", "lacking"),
    [
        (dg13(), None, {FileId.DG2: "not-read"}),
        (dg13()[:-1], DG2, {FileId.DG13: "malformed"}),
        (dg13(), DG2[:40], {FileId.DG2: "malformed"}),
        (dg13(), b"", {FileId.DG2: "malformed"}),
        (dg13(), build_tlv(0x75, build_tlv(0x7F61, b"\x02\x01\x00")), {FileId.DG2: "no-face"}),
    ],
    ids=["no DG2", "a damaged DG13", "a damaged DG2", "an empty DG2", "no face"],
)
def test_a_file_that_is_lacking_is_told_and_costs_nothing_else(
    dg13_raw: bytes, dg2_raw: bytes | None, lacking: dict[FileId, str]
) -> None:
    citizen = Citizen.of_files(dg1(), dg13_raw, dg2_raw)
    assert dict(citizen.lacking) == lacking
    assert (citizen.portrait.value is None) == (FileId.DG2 in lacking)
    assert (citizen.residence.value is None) == (FileId.DG13 in lacking)
    assert citizen.citizen_number.value == TYPED["citizen_number"]


def test_a_file_beyond_what_is_spoken_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def parse(raw: bytes) -> Dg2:
        raise UnsupportedFeature("another format")

    monkeypatch.setattr(Dg2, "parse", parse)
    assert dict(Citizen.of_files(dg1(), dg13(), DG2).lacking) == {FileId.DG2: "unsupported"}


@pytest.mark.parametrize(
    ("name", "text", "source", "value"),
    [
        ("citizen_number", "00109901234", FileId.DG1, TYPED["citizen_number"]),
        ("sex", "Khác", FileId.DG1, Sex.MALE),
        ("expiry_date", "2039-09-17", FileId.DG1, TYPED["expiry_date"]),
        ("full_name", " ", FileId.DG1, "NGUYEN VAN AN"),
        ("residence", " ", FileId.DG13, None),
    ],
)
def test_a_text_that_is_not_understood_is_told(name: str, text: str, source: FileId, value: object) -> None:
    citizen = Citizen.of_files(dg1(), dg13(**{name: text}))
    field = getattr(citizen, name)
    assert (field.value, field.source) == (value, source)
    assert citizen.not_understood == (name,)
    assert citizen.dg13.texts(next(n for n, meaning in FIELDS.items() if meaning.name == name)) == (text,)


def test_what_neither_file_says_in_a_way_that_is_understood_is_as_dg13_has_it() -> None:
    citizen = Citizen.of_files(dg1(birth_date="980917"), dg13(birth_date="17.09.1999"))
    assert (citizen.birth_date.value, citizen.birth_date.text) == (None, "17.09.1999")


def test_a_field_that_says_two_things_has_no_value() -> None:
    citizen = Citizen.of_files(dg1(), with_fields(utf8(6, "Tày"), utf8(4, "Nữ"), utf8(9, VALUES["residence"])))
    assert (citizen.ethnicity.value, citizen.ethnicity.text) == (None, "Kinh; Tày")
    assert (citizen.sex.value, citizen.sex.source) == (Sex.MALE, FileId.DG1)
    assert (citizen.residence.value, citizen.residence.text) == (VALUES["residence"], VALUES["residence"])
    assert citizen.not_understood == ("sex", "ethnicity")
    assert citizen.differences == ("sex",)


def test_a_field_of_which_a_second_one_is_not_understood_has_dg1s_value_and_is_told() -> None:
    citizen = Citizen.of_files(dg1(), with_fields(utf8(12, "01/01/2020\x00")))
    assert citizen.expiry_date.source is FileId.DG1
    assert citizen.not_understood == ("expiry_date",)
    assert citizen.comparison.not_compared == ("expiry_date",)


def test_what_is_not_known_is_kept_raw_and_sensitive() -> None:
    blood, odd = utf8(17, "O"), build_tlv(0x30, build_integer(7), b"\x02\x01\x05")
    citizen = Citizen.of_files(dg1(), with_fields(blood, odd))
    assert citizen.unknown == (
        CitizenField("unknown", blood, blood.hex().upper(), FileId.DG13, 17, sensitive=True),
        CitizenField("unknown", odd, odd.hex().upper(), FileId.DG13, 7, sensitive=True),
    )
    assert citizen.fields[-2:] == citizen.unknown
    assert citizen.not_understood == ("religion",)


def test_what_the_two_files_disagree_in_and_what_the_number_does_not_bear_out() -> None:
    citizen = Citizen.of_files(dg1(), dg13(sex="Nữ", birth_date="17/09/1998"))
    assert citizen.differences == ("birth_date", "sex")
    assert citizen.oddities == ("sex", "birth-year")
    assert Citizen.of_files(dg1(sex="<", birth_date="<<<<<<")).oddities == ()


# Out of evidence -----------------------------------------------------------------------------------------------------------

FILES = {FileId.DG1: dg1(), FileId.DG13: dg13(), FileId.DG2: DG2}


def evidence(*without: FileId, failures: dict[FileId, FileFailure] | None = None, complete: bool = True) -> Evidence:
    files = {file: raw for file, raw in FILES.items() if file not in without}
    return Evidence(datetime(2026, 11, 24, tzinfo=UTC), files, failures or {}, complete=complete)


def test_of_evidence() -> None:
    citizen = Citizen.of(evidence())
    assert citizen.fields == CITIZEN.fields
    assert dict(citizen.lacking) == {}


@pytest.mark.parametrize(
    ("failure", "complete", "reason"),
    [
        (None, True, "absent"),
        (None, False, "not-read"),
        (FileFailure(reason="not-asked"), True, "not-asked"),
        (FileFailure(sw=0x6982), True, "status-6982"),
        (FileFailure(sw=0x6982, reason="not-authorised"), True, "not-authorised"),
        (FileFailure(), True, "not-read"),
    ],
)
def test_evidence_says_why_a_file_is_lacking(failure: FileFailure | None, complete: bool, reason: str) -> None:
    failures = {FileId.DG2: failure, FileId.DG3: FileFailure(sw=0x6982)} if failure is not None else {}
    citizen = Citizen.of(evidence(FileId.DG2, failures=failures, complete=complete))
    assert dict(citizen.lacking) == {FileId.DG2: reason}
    assert citizen.missing == ("portrait",)


def test_without_dg1_nobody_knows_whose_card_it_is() -> None:
    with pytest.raises(UnsupportedFeature, match="DG1") as caught:
        Citizen.of(evidence(FileId.DG1))
    assert caught.value.hint


@pytest.mark.parametrize("changes", [{"issuing_state": "UTO"}, {"document_number": "099054321"}, {"optional_data": ""}])
def test_another_document_is_refused_with_a_hint(changes: dict[str, str]) -> None:
    with pytest.raises(UnsupportedFeature, match="no Vietnamese identity card") as caught:
        Citizen.of_files(dg1(**changes), dg13(), DG2)
    assert caught.value.hint


def test_a_damaged_dg1_is_refused() -> None:
    with pytest.raises(MalformedData):
        Citizen.of_files(dg1()[:-1], dg13(), DG2)


def test_nothing_personal_is_shown() -> None:
    shown = repr(CITIZEN) + repr(CITIZEN.fields) + repr(Citizen.of_files(dg1()).residence)
    assert repr(CITIZEN) == "<Citizen with 18 fields>"
    assert repr(CITIZEN.full_name) == "<CitizenField full_name from DG13>"
    assert repr(Citizen.of_files(dg1()).residence) == "<CitizenField residence, absent>"
    for secret in ("001099012345", "Nguy", "1999", "Kinh", "Nam", "An B"):
        assert secret not in shown
