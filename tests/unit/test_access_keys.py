# SPDX-License-Identifier: Apache-2.0
"""Keys the way people have them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from chipid.errors import MalformedData
from chipid.lds.mrz import check_digit
from chipid.profiles.access_keys import AccessKeys
from chipid.protocols.password import Password, PasswordKind

TODAY = date(2026, 11, 24)
NUMBER = "001099012345"
TD1 = "IDVNM0990123459001099012345<<0\n9909173M3909171VNM<<<<<<<<<<<0\nNGUYEN<<VAN<AN<<<<<<<<<<<<<<<<"
# ICAO 9303-5 and -4, appendix B, and 9303-11 D.2: specimens of Utopia.
TD2 = "I<UTOSTEVENSON<<PETER<JOHN<<<<<<<<<<\nD23145890<UTO3407127M95071227349<<<8"
TD3 = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10"
LONG_TD1 = "I<UTOD23145890<7349<<<<<<<<<<<\n3407127M9507122UTO<<<<<<<<<<<8\nSTEVENSON<<PETER<JOHN<<<<<<<<<"
QR = "001099012345|012345678|Nguyễn Văn An|17091999|Nam|Thôn 1, An Bình, Thuận Thành, Bắc Ninh|10052021"


def mrz(information: str, source: str) -> Password:
    return Password.from_mrz_information(information, source)


def can(digits: str, source: str) -> Password:
    return Password.from_text(PasswordKind.CAN, digits, source)


# The number, the CAN ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed",
    [
        NUMBER,
        " 001099012345\n",
        "001 099 012 345",
        "001.099.012.345",
        "001099-012345",
        "００１０９９０１２３４５",
        "001\u2011099\u2013012345",
        "\u200e001099012345\u202c",
    ],
)
def test_the_number_gives_the_can(typed: str) -> None:
    assert AccessKeys.from_number(typed).passwords == (can("012345", "number"),)


@pytest.mark.parametrize("typed", ["012345", "012 345", "０１２３４５", "01.23.45", "012345".rjust(1_000)])
def test_the_can(typed: str) -> None:
    assert AccessKeys.from_can(typed).passwords == (can("012345", "can"),)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("012345", "from_can|CAN"),
        ("099012345", "document number"),
        ("00109901234", "12 digits, and 11 were given$"),
        ("", "12 digits, and 0 were given$"),
        ("00109901234O", "digits alone"),
        ("٠٠١٠٩٩٠١٢٣٤٥", "digits alone"),
        ("1" * 1_001, "too long"),
        (1099012345, "as text"),
        (None, "as text"),
    ],
)
def test_what_is_no_number(typed: Any, told: str) -> None:
    with pytest.raises(MalformedData, match=told) as caught:
        AccessKeys.from_number(typed)
    assert not typed or str(typed) not in str(caught.value)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (NUMBER, "citizen number, of which the CAN is the last six"),
        ("099012345", "document number"),
        ("12345", "6 digits, and 5 were given$"),
        ("1234567", "6 digits, and 7 were given$"),
        ("12345a", "digits alone"),
        (12345, "as text"),
    ],
)
def test_what_is_no_can(typed: Any, told: str) -> None:
    with pytest.raises(MalformedData, match=told) as caught:
        AccessKeys.from_can(typed)
    assert str(typed) not in str(caught.value)


# The MRZ ------------------------------------------------------------------------------------------------------------------


def test_the_zone_of_a_cccd_gives_its_key_and_then_the_can() -> None:
    assert AccessKeys.from_mrz(TD1).passwords == (mrz("099012345999091733909171", "mrz"), can("012345", "mrz, number"))


@pytest.mark.parametrize(
    ("zone", "information"),
    [(TD2, "D23145890734934071279507122"), (TD3, "L898902C3674081221204159"), (LONG_TD1, "D23145890734934071279507122")],
)
def test_other_zones_give_their_key(zone: str, information: str) -> None:
    assert AccessKeys.from_mrz(zone).passwords == (mrz(information, "mrz"),)


def test_another_states_number_is_no_citizen_number() -> None:
    utopian = TD1.replace("VNM", "UTO")
    assert [password.kind for password in AccessKeys.from_mrz(utopian).passwords] == [PasswordKind.MRZ]


@pytest.mark.parametrize(
    "typed",
    [
        TD1.replace("\n", ""),
        TD1.replace("\n", "\r\n") + "\r\n",
        TD1.lower(),
        f"\n  {TD1}  \n\n",
        TD1.replace("<", "＜"),
        TD1.replace("VAN<AN", "VAN<AN "),
    ],
    ids=["one line", "Windows", "lower case", "blank lines", "full width", "a space"],
)
def test_a_zone_as_people_type_it(typed: str) -> None:
    assert AccessKeys.from_mrz(typed).passwords == AccessKeys.from_mrz(TD1).passwords


def with_character(zone: str, place: int, character: str) -> str:
    joined = zone.replace("\n", "")
    return joined[:place] + character + joined[place + 1 :]


@pytest.mark.parametrize(
    ("place", "told"),
    [(5, "document number"), (14, "document number"), (30, "birth date"), (36, "birth date"), (39, "expiry date")],
)
def test_a_wrong_check_digit_is_refused_by_name(place: int, told: str) -> None:
    with pytest.raises(MalformedData, match=f"the check digit of the {told} is wrong$") as caught:
        AccessKeys.from_mrz(with_character(TD1, place, "7"))
    assert caught.value.hint is not None


def test_several_wrong_check_digits_are_all_named() -> None:
    wrong = with_character(with_character(TD1, 5, "7"), 36, "7")
    with pytest.raises(MalformedData, match="document number and the birth date"):
        AccessKeys.from_mrz(wrong)


def test_a_composite_check_digit_is_no_part_of_the_key() -> None:
    # Misprinted in ICAO's own examples: the key is none the worse.
    assert AccessKeys.from_mrz(with_character(TD1, 59, "7")).passwords == AccessKeys.from_mrz(TD1).passwords


def test_a_long_document_number_is_checked_where_its_check_digit_stands() -> None:
    with pytest.raises(MalformedData, match="document number"):
        AccessKeys.from_mrz(LONG_TD1.replace("<7349<", "<7348<"))


@pytest.mark.parametrize("zone", ["", TD1[:-1], TD1.splitlines()[0], "x" * 90, "IDVNM", NUMBER, "V" + TD3[1:], None, "<" * 1_001])
def test_what_is_no_zone(zone: Any) -> None:
    with pytest.raises(MalformedData) as caught:
        AccessKeys.from_mrz(zone)
    assert type(caught.value) is MalformedData
    assert "NGUYEN" not in str(caught.value)


# Fields -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", ["L898902C3", "l898902c3", " L898902C3<", "L 898 902 C3", "Ｌ898902C3"])
@pytest.mark.parametrize("birth", ["740812", date(1974, 8, 12), "1974-08-12", "74 08 12", "74.08.12"])
def test_fields(number: str, birth: str | date) -> None:
    keys = AccessKeys.from_fields(number, birth, date(2012, 4, 15))
    assert keys.passwords == (mrz("L898902C3674081221204159", "fields"),)


@pytest.mark.parametrize("number", ["D23145890734", "D2314589073491234567"])
def test_a_long_document_number(number: str) -> None:
    expected = f"{number}{check_digit(number)}34071279507122"
    assert AccessKeys.from_fields(number, "340712", "950712").passwords == (mrz(expected, "fields"),)


def test_a_document_number_up_to_the_limit() -> None:
    assert AccessKeys.from_fields("A" * 22, "340712", "950712").passwords


def test_a_short_document_number_is_filled() -> None:
    assert AccessKeys.from_fields("L898902C", "690806", "940623").passwords == (mrz("L898902C<369080619406236", "fields"),)


def test_a_citizen_number_for_a_document_number_gives_both_readings() -> None:
    keys = AccessKeys.from_fields("001 099 012 345", "990917", "390917")
    whole = f"{NUMBER}{check_digit(NUMBER)}99091733909171"
    assert keys.passwords == (mrz("099012345999091733909171", "fields, citizen number"), mrz(whole, "fields, document number"))


@pytest.mark.parametrize(("birth", "expiry"), [("99<<<<", "391231"), ("990000", "991231")])
def test_dates_that_zones_are_known_to_hold(birth: str, expiry: str) -> None:
    information = f"0990123459{birth}{check_digit(birth)}{expiry}{check_digit(expiry)}"
    assert AccessKeys.from_fields("099012345", birth, expiry).passwords == (mrz(information, "fields"),)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        (("", "990917", "390917"), "document number"),
        (("<<<", "990917", "390917"), "document number"),
        (("Số 1", "990917", "390917"), "document number"),
        (("1" * 23, "990917", "390917"), "document number has at most 22"),
        ((99012345, "990917", "390917"), "document number must be given as text"),
        (("099012345", "170999", "390917"), "birth date is no date: YYMMDD"),
        (("099012345", "17091999", "390917"), "birth date is given as YYMMDD or YYYY-MM-DD, and 8 characters"),
        (("099012345", "17/09/1999", "390917"), "birth date is given as YYMMDD or YYYY-MM-DD, and 10 characters"),
        (("099012345", "990917", "3909"), "expiry date is given as YYMMDD or YYYY-MM-DD, and 4 characters"),
        (("099012345", "990917", "2039-02-30"), "expiry date is no day"),
        (("099012345", "1999-13-01", "390917"), "birth date is no day"),
        (("099012345", "99-09", "390917"), "birth date"),
        (("099012345", None, "390917"), "birth date must be given as text"),
    ],
)
def test_fields_that_cannot_be(fields: tuple[Any, Any, Any], told: str) -> None:
    with pytest.raises(MalformedData, match=told) as caught:
        AccessKeys.from_fields(*fields)
    for value in fields:
        assert not isinstance(value, str) or len(value) < 4 or value not in str(caught.value)


# The QR code ----------------------------------------------------------------------------------------------------------------


def test_the_qr_code_gives_the_can_and_then_the_candidates_of_the_rule() -> None:
    assert AccessKeys.from_qr(QR, TODAY).passwords == (
        can("012345", "qr"),
        mrz("099012345999091732409179", "qr expiry candidate 1 of 2"),
        mrz("099012345999091733909171", "qr expiry candidate 2 of 2"),
    )


def test_the_qr_code_of_a_card_that_does_not_expire() -> None:
    old = QR.replace("17091999", "17091950").replace("001099", "001050")
    assert AccessKeys.from_qr(old, TODAY).passwords == (
        can("012345", "qr"),
        mrz("050012345" + check_digit("050012345") + "5009178" + "9912315", "qr expiry candidate 1 of 1"),
    )
    assert check_digit("500917") == "8"


@pytest.mark.parametrize(
    ("change", "mrz_keys"),
    [
        (("17091999", "00001999"), 0),
        (("|10052021", ""), 0),
        (("10052021", "01082024"), 2),
        (("17091999", "29022000"), 3),
    ],
)
def test_how_many_keys_a_code_gives(change: tuple[str, str], mrz_keys: int) -> None:
    keys = AccessKeys.from_qr(QR.replace(*change), TODAY)
    assert [password.kind for password in keys.passwords] == [PasswordKind.CAN] + [PasswordKind.MRZ] * mrz_keys
    assert [password.source for password in keys.passwords[1:]] == [
        f"qr expiry candidate {place} of {mrz_keys}" for place in range(1, mrz_keys + 1)
    ]


def test_the_day_bounds_the_candidates_where_the_issue_date_is_missing() -> None:
    # The second date is partial: it cannot be an issue date, so that one has to be inferred.
    unknown = QR.replace("10052021", "00002021") + "|"
    early, late = (AccessKeys.from_qr(unknown, today).passwords for today in (date(2021, 6, 1), TODAY))
    assert len(early) == 3
    assert len(late) == 4
    assert early[1].encoded == late[2].encoded == mrz("099012345999091732409179", "").encoded


def test_of_two_numbers_the_second_ones_can_is_tried_last() -> None:
    passwords = AccessKeys.from_qr(f"{QR}|001099054321", TODAY).passwords
    assert passwords[:-1] == AccessKeys.from_qr(QR, TODAY).passwords
    assert passwords[-1] == can("054321", "qr, second number")


def test_a_card_issued_on_the_day_of_birth() -> None:
    assert len(AccessKeys.from_qr(QR.replace("17091999", "10052021"), TODAY).passwords) == 3


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "no citizen number"),
        ("https://example.org", "no citizen number"),
        (QR.replace("001099012345", "001099"), "no citizen number"),
        (QR.replace("17091999", "17092022"), "after its issue date"),
        ("|" * 8_193, "too long"),
        (None, "as text"),
    ],
)
def test_what_is_no_code_of_a_card(text: Any, told: str) -> None:
    with pytest.raises(MalformedData, match=told) as caught:
        AccessKeys.from_qr(text, TODAY)
    assert "001099012345" not in str(caught.value)


# Secrets ------------------------------------------------------------------------------------------------------------------


def test_repr_tells_kinds_and_sources_alone() -> None:
    assert repr(AccessKeys.from_number(NUMBER)) == "<AccessKeys: CAN from number>"
    shown = repr(AccessKeys.from_qr(QR, TODAY)) + str(AccessKeys.from_mrz(TD1)) + repr(AccessKeys.from_mrz(TD1).passwords)
    for secret in ("012345", "990917", "240917", "390917", "NGUYEN"):
        assert secret not in shown


def test_no_keys_are_none_to_try() -> None:
    with pytest.raises(MalformedData):
        AccessKeys(())


# PIN and PUK -----------------------------------------------------------------------------------------------------------


def test_a_pin_and_what_resumes_it() -> None:
    assert AccessKeys.from_pin("918273").passwords == (Password.from_text(PasswordKind.PIN, "918273", "pin"),)
    with_can = AccessKeys.from_pin("918 273", can="345678").passwords
    assert with_can == (Password.from_text(PasswordKind.PIN, "918273", "pin"), can("345678", "can"))


def test_a_puk() -> None:
    assert AccessKeys.from_puk("8273-645-546").passwords == (Password.from_text(PasswordKind.PUK, "8273645546", "puk"),)


@pytest.mark.parametrize("make", [AccessKeys.from_pin, AccessKeys.from_puk])
@pytest.mark.parametrize("typed", ["", " ", "91827x", "9" * 33, 918273])
def test_what_is_no_pin_or_puk_is_not_repeated(make: Any, typed: Any) -> None:
    with pytest.raises(MalformedData) as caught:
        make(typed)
    assert not str(typed).strip() or str(typed) not in f"{caught.value} {caught.value.hint}"


def test_the_can_beside_a_pin_is_one() -> None:
    with pytest.raises(MalformedData, match="CAN has 6 digits"):
        AccessKeys.from_pin("918273", can="34567")


def test_keys_show_kinds_and_no_values() -> None:
    assert repr(AccessKeys.from_pin("918273", can="345678")) == "<AccessKeys: PIN from pin, CAN from can>"
