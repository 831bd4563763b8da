# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

import pytest

from chipid.errors import LdsError
from chipid.lds.mrz import Mrz, MrzFormat, check_digit, mrz_information

CCCD = "IDVNM0990123459001099012345<<0\n9909173M3909171VNM<<<<<<<<<<<0\nNGUYEN<<VAN<AN<<<<<<<<<<<<<<<<"
TD3 = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10"
TD2 = "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\nD231458907UTO7408122F1204159<<<<<<<6"
MRV_A = "V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL8988901C4XXX4009078F96121096ZE184226B<<<<<<"
MRV_B = "V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\nL8988901C4XXX4009078F9612109<<<<<<<<"
LONG_TD1 = "I<UTOD23145890<7349<<<<<<<<<<<\n3407127M9507122UTO<<<<<<<<<<<2\nSTEVENSON<<PETER<JOHN<<<<<<<<<"


def test_cccd() -> None:
    mrz = Mrz.parse(CCCD)
    assert mrz.format is MrzFormat.TD1
    assert (mrz.document_code, mrz.issuing_state, mrz.nationality) == ("ID", "VNM", "VNM")
    assert (mrz.document_number, mrz.birth_date, mrz.sex, mrz.expiry_date) == ("099012345", "990917", "M", "390917")
    assert (mrz.optional_data, mrz.optional_data_2) == ("001099012345<<0", "")
    assert (mrz.primary_identifier, mrz.secondary_identifier) == ("NGUYEN", "VAN AN")
    assert mrz.information == "099012345999091733909171"
    assert mrz.check_digit_errors == ()
    assert mrz.deviations == ()
    assert mrz.build() == CCCD.replace("\n", "")


@pytest.mark.parametrize("text", [CCCD, TD2, TD3, LONG_TD1, MRV_A, MRV_B])
def test_what_a_person_types(text: str) -> None:
    plain = Mrz.parse(text)
    lines = text.split("\n")
    typed = [
        "".join(lines),
        "\r\n".join(lines),
        "\n\n" + "\n".join(f"  {line}\t" for line in lines) + "\n \n",
        "\n".join(f"{line[:5]} {line[5:]}" for line in lines),
        "\u00a0".join(lines),
    ]
    assert all(Mrz.parse(way) == plain for way in typed)
    assert plain.lines == tuple(lines)


@pytest.mark.parametrize(
    ("old", "new", "wrong"),
    [
        ("0990123459", "0990123458", ("document_number", "composite")),
        ("9909173", "9909174", ("birth_date", "composite")),
        ("3909171", "3909172", ("expiry_date", "composite")),
        ("VNM<<<<<<<<<<<0", "VNM<<<<<<<<<<<1", ("composite",)),
        ("VNM<<<<<<<<<<<0", "VNM<<<<<<<<<<<<", ("composite",)),
        ("001099012345<<0", "001099012346<<0", ("composite",)),
    ],
)
def test_wrong_check_digits_are_named(old: str, new: str, wrong: tuple[str, ...]) -> None:
    assert Mrz.parse(CCCD.replace(old, new, 1)).check_digit_errors == wrong


def test_the_personal_number_has_a_check_digit_of_its_own() -> None:
    assert Mrz.parse(TD3.replace("<<<<<10", "<<<<<20")).check_digit_errors == ("optional_data", "composite")


@pytest.mark.parametrize("digit", ["0", "<"])
def test_an_empty_personal_number_may_have_a_filler_for_check_digit(digit: str) -> None:
    line = "HA672242<6YTO5802254M9601086" + "<" * 14 + digit + "8"
    assert Mrz.parse("P<YTO" + "MUSTER".ljust(39, "<") + line).check_digit_errors == ()


def test_a_filler_is_no_check_digit_of_something() -> None:
    assert "optional_data" in Mrz.parse(TD3.replace("<<<<<10", "<<<<<<0")).check_digit_errors
    assert "birth_date" in Mrz.parse(TD3.replace("7408122F", "740812<F")).check_digit_errors


@pytest.mark.parametrize(
    ("mrz_format", "number", "optional"),
    [
        (MrzFormat.TD1, "D23145890734", ""),
        (MrzFormat.TD1, "D23145890734", "ABC"),
        (MrzFormat.TD1, "592012345678901234567", ""),
        (MrzFormat.TD2, "D23145890734", "A"),
    ],
)
def test_a_long_document_number_goes_on_in_the_optional_data(mrz_format: MrzFormat, number: str, optional: str) -> None:
    """ICAO 9303-5 §4.2.2 note j."""
    mrz = Mrz(mrz_format, "I", "UTO", number, "340712", "M", "950712", "UTO", optional, "", "STEVENSON", "PETER")
    again = Mrz.parse(mrz.build())
    assert (again.document_number, again.optional_data) == (number, optional)
    assert again.check_digit_errors == ()
    assert again.information.startswith(number + check_digit(number))
    places = {MrzFormat.TD1: (5, 15), MrzFormat.TD2: (36, 64)}[mrz_format]
    text = mrz.build()
    assert text[places[0] : places[0] + 10] == number[:9] + "<"
    assert text[places[1] :].startswith(number[9:] + check_digit(number))


def test_a_long_number_with_a_wrong_check_digit() -> None:
    assert Mrz.parse(LONG_TD1.replace("<7349<", "<7348<")).check_digit_errors == ("document_number", "composite")


def test_td3_has_no_room_for_a_long_number() -> None:
    with pytest.raises(LdsError, match="document_number has at most 9"):
        replace(Mrz.parse(TD3), document_number="1234567890", lines=())
    assert Mrz.parse(TD3.replace("L898902C36", "L898902C3<")).document_number == "L898902C3"


def test_a_short_number_is_filled() -> None:
    mrz = replace(Mrz.parse(TD2), document_number="A1", lines=())
    assert mrz.lines[1].startswith("A1<<<<<<<" + check_digit("A1"))
    assert mrz.information.startswith("A1<<<<<<<" + check_digit("A1"))


@pytest.mark.parametrize(
    ("text", "place", "line", "character"),
    [
        (CCCD.replace("IDVNM", "idVNM"), 0, 1, 1),
        (CCCD.replace("9909173M", "99O9173M"), 32, 2, 3),
        (CCCD.replace("9909173M", "9909173m"), 37, 2, 8),
        (CCCD.replace("9909173M", "9909173Z"), 37, 2, 8),
        (CCCD.replace("IDVNM", "IDVN1"), 4, 1, 5),
        (CCCD.replace("3909171V", "390917IV"), 44, 2, 15),
        (CCCD.replace("NGUYEN", "NGUY\u00caN"), 64, 3, 5),
        (CCCD.replace("NGUYEN", "NGUY.N"), 64, 3, 5),
    ],
)
def test_an_illegal_character_is_placed_and_never_shown(text: str, place: int, line: int, character: int) -> None:
    with pytest.raises(LdsError) as error:
        Mrz.parse(text)
    assert error.value.offset == place
    assert str(error.value).startswith(f"character {character} in line {line} of")
    assert "NGUY" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "90, 72 or 88 characters, not 0"),
        ("<" * 89, "90, 72 or 88 characters, not 89"),
        (CCCD.replace("\n", "")[:-1], "not 89"),
        (CCCD.replace("9909173M", "9909173"), "line 2 of the machine readable zone has 30 characters, not 29"),
        (TD3 + "<", "line 2 of the machine readable zone has 44 characters, not 45"),
        (TD2.replace("I<UTO", "IUTO"), "line 1 of the machine readable zone has 36 characters, not 35"),
        ("A\nB\nC\nD", "2 or 3 lines, not 4"),
        ("<" * 1001, "far too long"),
    ],
)
def test_another_size_is_refused(text: str, message: str) -> None:
    with pytest.raises(LdsError, match=message):
        Mrz.parse(text)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"document_number": "12345\u00e9"}, "document_number"),
        ({"document_number": "12345<"}, "document_number"),
        ({"birth_date": "990917 "}, "birth_date"),
        ({"birth_date": "99091"}, "birth_date"),
        ({"birth_date": "9909AB"}, "birth_date"),
        ({"sex": "Nam"}, "sex"),
        ({"sex": "m"}, "sex"),
        ({"expiry_date": ""}, "expiry_date"),
        ({"nationality": "VIETNAM"}, "nationality"),
        ({"sex": "Nam"}, "^sex must be M, F, X or <$"),
        ({"issuing_state": "VN1"}, "issuing_state"),
        ({"document_code": "IDC"}, "document_code"),
        ({"optional_data": "0" * 16}, "optional_data"),
        ({"optional_data_2": "0" * 12}, "optional_data_2"),
        ({"optional_data_2": "0<"}, "optional_data_2"),
        ({"primary_identifier": "Nguy\u1ec5n"}, "name"),
        ({"primary_identifier": "NGUYEN  THI"}, "primary_identifier"),
        ({"primary_identifier": "NGUYEN "}, "primary_identifier"),
        ({"secondary_identifier": "VAN<AN"}, "with a space"),
        ({"primary_identifier": "A" * 31, "secondary_identifier": ""}, "name has at most 30"),
        ({"document_number": "1" * 9 + "2" * 15}, "optional_data has at most 15"),
    ],
)
def test_an_element_that_has_no_place_is_named(change: dict[str, str], message: str) -> None:
    with pytest.raises(LdsError, match=message) as error:
        replace(Mrz.parse(CCCD), lines=(), **change)
    assert not [value for value in change.values() if value and value in str(error.value)]


@pytest.mark.parametrize(("text", "mrz_format"), [(MRV_A, MrzFormat.MRV_A), (MRV_B, MrzFormat.MRV_B)])
def test_a_visa_is_told_by_its_first_letter_and_has_no_composite_check_digit(text: str, mrz_format: MrzFormat) -> None:
    mrz = Mrz.parse(text)
    assert (mrz.format, mrz.document_code, mrz.check_digit_errors, mrz.deviations) == (mrz_format, "V", (), ())
    assert Mrz.parse(text.replace("4009078", "4009079")).check_digit_errors == ("birth_date",)
    assert Mrz.parse("I" + text[1:]).format in (MrzFormat.TD2, MrzFormat.TD3)
    assert repr(mrz) == f"<Mrz {mrz_format.title}>"


@pytest.mark.parametrize(("text", "code"), [(MRV_A, "P"), (MRV_B, ""), (TD3, "V"), (TD2, "VA")])
def test_a_visa_and_nothing_else_has_a_document_code_with_v(text: str, code: str) -> None:
    with pytest.raises(LdsError, match="V in a visa"):
        replace(Mrz.parse(text), document_code=code, lines=())


def test_three_lines_are_no_visa() -> None:
    mrz = Mrz.parse("V" + CCCD[1:])
    assert (mrz.format, mrz.deviations) == (MrzFormat.TD1, ("document-code",))


def test_a_visa_has_no_long_number() -> None:
    assert Mrz.parse(MRV_B.replace("L8988901C4", "L8988901C<").replace("9612109<<<<", "96121091237")).document_number == "L8988901C"
    with pytest.raises(LdsError, match="at most 9 characters in MRV-B"):
        replace(Mrz.parse(MRV_B), document_number="1234567890", lines=())


def test_td2_and_td3_have_no_second_optional_data() -> None:
    with pytest.raises(LdsError, match="TD3 has no optional_data_2"):
        replace(Mrz.parse(TD3), optional_data_2="1", lines=())


def test_lines_that_say_something_else_are_refused() -> None:
    mrz = Mrz.parse(CCCD)
    with pytest.raises(LdsError, match="birth_date"):
        replace(mrz, birth_date="990918")
    with pytest.raises(LdsError, match="lines"):
        replace(mrz, lines=mrz.lines[:2])


@pytest.mark.parametrize(
    ("date", "possible"),
    [
        ("990917", True), ("000229", True), ("990229", True),
        ("<<<<<<", True), ("99<<<<", True), ("9909<<", True), ("99<<31", True),
        ("990931", False), ("991301", False), ("990001", False), ("990900", False), ("990230", False), ("9<0917", False),
    ],
)  # fmt: skip
def test_a_date_that_cannot_be_shows(date: str, possible: bool) -> None:
    mrz = replace(Mrz.parse(CCCD), birth_date=date, expiry_date=date, lines=())
    assert mrz.deviations == (() if possible else ("birth-date", "expiry-date"))
    assert mrz.check_digit_errors == ()


@pytest.mark.parametrize(
    ("change", "deviation"),
    [
        ({"document_code": "X"}, "document-code"),
        ({"issuing_state": "V<M"}, "issuing-state"),
        ({"issuing_state": ""}, "issuing-state"),
        ({"nationality": "<VN"}, "nationality"),
        ({"primary_identifier": "", "secondary_identifier": ""}, "name"),
    ],
)
def test_what_the_standard_does_not_foresee_shows(change: dict[str, str], deviation: str) -> None:
    assert replace(Mrz.parse(CCCD), lines=(), **change).deviations == (deviation,)


def test_a_passport_starts_with_p() -> None:
    assert Mrz.parse(TD3).deviations == ()
    assert Mrz.parse("I" + TD3[1:]).deviations == ("document-code",)


def test_german_nationality_is_one_letter() -> None:
    mrz = Mrz.parse(TD3.replace("UTO", "D<<"))
    assert (mrz.issuing_state, mrz.nationality, mrz.deviations) == ("D", "D", ())


@pytest.mark.parametrize(
    ("number", "birth", "expiry"),
    [
        ("", "990917", "390917"),
        ("<<", "990917", "390917"),
        ("a", "990917", "390917"),
        ("1", "99091", "390917"),
        ("1", "990917", "39O917"),
        ("1", "990917", "3909171"),
    ],
)
def test_mrz_information_refuses(number: str, birth: str, expiry: str) -> None:
    with pytest.raises(LdsError):
        mrz_information(number, birth, expiry)


@pytest.mark.parametrize("text", ["a", " ", "\u0665", "-"])
def test_a_check_digit_is_over_the_alphabet(text: str) -> None:
    with pytest.raises(LdsError):
        check_digit(text)


def test_the_repr_shows_nobody() -> None:
    assert repr(Mrz.parse(CCCD)) == "<Mrz TD1>"
