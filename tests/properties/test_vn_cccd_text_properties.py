# SPDX-License-Identifier: Apache-2.0
"""QR texts, dates, names, expiry candidates and typed keys: any text is understood or refused in our words."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from chipid.errors import MalformedData
from chipid.lds.mrz import check_digit, mrz_information
from chipid.profiles.access_keys import AccessKeys
from chipid.profiles.vn_cccd import (
    CitizenNumber,
    PartialDate,
    QrFormat,
    QrText,
    Sex,
    build_qr,
    expiry_candidates,
    parse_packed_date,
    parse_qr,
    parse_written_date,
    parse_zone_date,
    renewal_ages,
    transliterate_name,
)
from chipid.protocols.password import Password, PasswordKind

TODAY = date(2026, 11, 24)
numbers = st.text("0123456789", min_size=12, max_size=12)
births = st.dates(date(1900, 1, 1), TODAY)
issues = st.dates(date(2021, 1, 1), TODAY)
names = st.lists(st.sampled_from(["Nguyễn", "Văn", "An", "Đặng", "Thị", "Đào", "Ơn", "Ưng"]), min_size=2, max_size=5).map(" ".join)
anything = st.one_of(st.text(max_size=80), st.text("0123456789|/<. NamữABC", max_size=80))


def packed(day: date) -> str:
    return f"{day.day:02}{day.month:02}{day.year:04}"


@given(numbers, names, births, st.sampled_from(["Nam", "Nữ"]), issues, st.text("0123456789", min_size=9, max_size=9) | st.just(""))
def test_a_qr_code_gives_back_what_was_put_in(number: str, name: str, birth: date, sex: str, issued: date, old: str) -> None:
    qr = parse_qr("|".join((number, old, name, packed(birth), sex, "Thôn 1, An Bình", packed(issued))))
    assert (qr.format, qr.number, qr.old_number, qr.full_name) == (QrFormat.CCCD7, number, old or None, name)
    assert qr.birth_date is not None
    assert qr.issue_date is not None
    assert (qr.birth_date.complete, qr.issue_date.complete) == (birth, issued)


residences = st.lists(names, min_size=2, max_size=4).map(", ".join)
partial = births.flatmap(
    lambda day: st.sampled_from((PartialDate(day.year, day.month, day.day), PartialDate(day.year, None, None)))
)
code_fields = st.fixed_dictionaries(
    {
        "number": numbers,
        "old_number": st.none() | st.text("0123456789", min_size=9, max_size=9),
        "full_name": names,
        "birth_date": partial,
        "sex": st.sampled_from((Sex.MALE, Sex.FEMALE)),
        "residence": st.none() | residences,
        "issue_date": issues.map(lambda day: PartialDate(day.year, day.month, day.day)),
    }
)


@given(
    st.sampled_from((QrFormat.CCCD7, QrFormat.CCCD6, QrFormat.CANCUOC2024)),
    code_fields,
    st.none() | numbers,
    st.lists(names, max_size=2),
)
def test_a_code_that_was_built_is_understood(
    layout: QrFormat, values: dict[str, Any], cancelled: str | None, parents: list[str]
) -> None:
    issued, birth = values["issue_date"], values["birth_date"]
    assume(birth.year < issued.year)
    if layout is QrFormat.CANCUOC2024:
        values["cancelled_number"] = cancelled
        values["parents"] = tuple(parents) if issued.year - birth.year < 14 else ()
    elif layout is QrFormat.CCCD6:
        values["old_number"] = None
    qr = QrText(layout, **values)
    assert parse_qr(build_qr(qr)) == qr


@given(st.sampled_from(QrFormat), st.dictionaries(st.sampled_from(("number", "old_number", "full_name", "residence")), anything))
def test_any_fields_make_a_code_or_are_refused(layout: QrFormat, values: dict[str, str]) -> None:
    known = {"birth_date": PartialDate(1999, 9, 17), "sex": Sex.MALE, "issue_date": PartialDate(2021, 5, 10)}
    qr = QrText(layout, **known, **values)
    try:
        text = build_qr(qr)
    except MalformedData:
        return
    assert parse_qr(text) == qr


@given(st.permutations(["001099012345", "012345678", "Nguyễn Văn An", "17091999", "Nam", "Thôn 1, An Bình", "10082024", ""]))
def test_in_any_order_the_same_fields_are_found(fields: list[str]) -> None:
    qr = parse_qr("|".join(fields))
    assert qr.format is QrFormat.CANCUOC2024
    assert (qr.number, qr.old_number, qr.full_name, qr.sex) == ("001099012345", "012345678", "Nguyễn Văn An", "M")
    assert qr.birth_date is not None
    assert qr.birth_date.complete == date(1999, 9, 17)
    assert qr.extras == ()


@given(anything)
def test_any_text_is_some_code(text: str) -> None:
    qr = parse_qr(text)
    assert (qr.number is None) or re.fullmatch("[0-9]{12}", qr.number)
    assert qr.format is not QrFormat.UNKNOWN or qr.issue_date is None or qr.birth_date is not None


@given(st.dates(date(1850, 1, 1), date(2399, 12, 31)))
def test_a_date_is_read_in_each_form(day: date) -> None:
    for found in (parse_packed_date(packed(day)), parse_written_date(f"{day.day:02}/{day.month:02}/{day.year}")):
        assert found is not None
        assert found.complete == day
        zone = parse_zone_date(found.yymmdd or "")
        assert zone is not None
        assert not zone.contradicts(found)


@given(anything)
def test_any_text_is_a_date_or_none(text: str) -> None:
    for parse in (parse_packed_date, parse_written_date, parse_zone_date):
        found = parse(text)
        assert found is None or found.complete is None or isinstance(found.complete, date)


@given(st.text(max_size=40))
def test_transliteration_gives_plain_letters_and_stays(name: str) -> None:
    letters = transliterate_name(name)
    assert re.fullmatch("[A-Z]*", letters)
    assert transliterate_name(letters) == letters
    assert transliterate_name(name + " " + name) == letters * 2


@given(births, issues)
def test_the_rule_gives_a_renewal_age_and_its_neighbour(birth: date, issued: date) -> None:
    birth = min(birth, issued)
    candidates = expiry_candidates(birth, issued, TODAY)
    assert 1 <= len(candidates) <= 4
    assert len(set(candidates)) == len(candidates)
    for day in candidates:
        if day is not None:
            assert issued < day
            assert day.year - birth.year in renewal_ages(issued)
    # The rule's own: at least two years of validity, unless it is the last of all.
    first = candidates[0]
    assert first is None or first - issued > timedelta(days=729)


@given(births, issues)
def test_without_the_issue_date_no_candidate_is_lost(birth: date, issued: date) -> None:
    birth = min(birth, issued)
    assume(issued >= date(2024, 7, 1) or issued.year - birth.year > 14)  # no younger holder before the law of 2023
    without = expiry_candidates(birth, None, TODAY)
    assert set(expiry_candidates(birth, issued, TODAY)) <= set(without)
    assert len(set(without)) == len(without) <= 8


@given(numbers, st.sampled_from(["", " ", ".", "-", "\u00a0"]))
def test_a_number_however_typed(number: str, between: str) -> None:
    typed = between.join(number[place : place + 3] for place in range(0, 12, 3))
    (password,) = AccessKeys.from_number(typed).passwords
    assert password == Password.from_text(PasswordKind.CAN, number[-6:], "number")
    assert bytes(password.encoded) == number[-6:].encode()


@given(numbers, births, st.dates(date(2021, 1, 1), date(2080, 1, 1)))
def test_a_zone_and_its_fields_give_one_key(number: str, birth: date, expiry: date) -> None:
    citizen = CitizenNumber(number)
    information = mrz_information(citizen.document_number, birth.strftime("%y%m%d"), expiry.strftime("%y%m%d"))
    line_1 = f"IDVNM{information[:10]}{number}<<{check_digit(number)}"
    line_2 = f"{information[10:17]}M{information[17:]}VNM" + "<" * 11
    composite = check_digit(line_1[5:] + line_2[:7] + line_2[8:15] + line_2[18:29])
    zone = AccessKeys.from_mrz(f"{line_1}\n{line_2}{composite}\nNGUYEN<<VAN<AN".ljust(92, "<"))
    fields = AccessKeys.from_fields(citizen.document_number, birth, expiry)
    assert zone.passwords[0].encoded == fields.passwords[0].encoded == Password.from_mrz_information(information).encoded
    assert bytes(zone.passwords[1].encoded) == citizen.can.encode()


@given(anything)
def test_any_text_is_a_key_or_refused_without_being_repeated(text: str) -> None:
    for build in (AccessKeys.from_number, AccessKeys.from_can, AccessKeys.from_mrz, _from_qr, _from_fields, _from_birth):
        message = _refusal(build, text)
        assert len(text.strip()) < 8 or text.strip() not in message


def _refusal(build: Callable[[str], AccessKeys], text: str) -> str:
    try:
        assert build(text).passwords
    except MalformedData as error:
        return str(error)
    return ""


def _from_qr(text: str) -> AccessKeys:
    return AccessKeys.from_qr(text, TODAY)


def _from_fields(text: str) -> AccessKeys:
    return AccessKeys.from_fields(text, "990917", "390917")


def _from_birth(text: str) -> AccessKeys:
    return AccessKeys.from_fields("099012345", text, "390917")


@given(numbers, st.integers(0, 89), st.characters(codec="ascii"))
def test_one_wrong_character_never_gives_another_key_in_silence(number: str, place: int, character: str) -> None:
    citizen = CitizenNumber(number)
    information = mrz_information(citizen.document_number, "990917", "390917")
    zone = f"IDVNM{information[:10]}{number}<<{check_digit(number)}{information[10:17]}M{information[17:]}VNM".ljust(89, "<") + "0"
    right = AccessKeys.from_mrz(zone).passwords[0]
    wrong = zone[:place] + character + zone[place + 1 :]
    try:
        keys = AccessKeys.from_mrz(wrong)
    except MalformedData:
        return
    changed = _key_elements(wrong) != _key_elements(zone)
    # 7-3-1 cannot tell letters and digits apart that differ by ten; digits among themselves it can.
    assert keys.passwords[0].encoded == right.encoded or (changed and not character.isdigit())


def _key_elements(zone: str) -> str:
    return (zone[5:15] + zone[30:37] + zone[38:45]).upper()


def test_keys_of_nothing() -> None:
    with pytest.raises(MalformedData):
        AccessKeys.from_fields("", "", "")
