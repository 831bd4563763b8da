# SPDX-License-Identifier: Apache-2.0
"""DG13 of the CCCD: every known form, and whatever else a chip may hold."""

from __future__ import annotations

import pytest
from citizen_values import VALUES

from chipid.errors import LdsError, TlvError
from chipid.iso7816.tlv import build_tlv
from chipid.lds.der import build_integer
from chipid.profiles.vn_cccd import FIELDS, Dg13, Dg13Field, is_sensitive
from chipid.profiles.vn_cccd.dg13 import DEPTH_LIMIT, FIELD_LIMIT, SIZE_LIMIT, STRING_LIMIT

# A synthetic DG13 with every field, in the lengths and string types that chips were seen to use.
SAMPLE = bytes.fromhex(
    "6D82019B30820197020101060628D31601000831820188"
    "3011020101130C303031303939303132333435"
    "30150201020C104E677579E1BB856E2056C4836E20416E"
    "300F020103130A31372F30392F31393939"
    "30080201040C034E616D"
    "300F0201050C0A5669E1BB8774204E616D"
    "30090201060C044B696E68"
    "300B0201070C064B68C3B46E67"
    "30290201080C24416E2042C3AC6E682C20546875E1BAAD6E205468C3A06E682C2042E1BAAF63204E696E68"
    "30320201090C2D5468C3B46E20312C20416E2042C3AC6E682C20546875E1BAAD6E205468C3A06E682C2042E1BAAF63204E696E68"
    "302802010A0C234EE1BB9174207275E1BB936920433A31636D207472C3AA6E206DC3A970207472C3A169"
    "300F02010B130A31302F30352F32303231"
    "300F02010C0C0A31372F30392F32303339"
    "302F02010D30150C134E677579E1BB856E2056C4836E2042C3AC6E6830130C115472E1BAA76E205468E1BB8B2043C3BA63"
    "301502010E30100C0E4CC3AA205468E1BB8B2044756E67"
    "300E02010F1309303132333435363738"
    "3015020110131030323934414243444546303132333435"
)


def utf8(text: str) -> bytes:
    return build_tlv(0x0C, text.encode())


def element(number: int, *value: bytes) -> bytes:
    return build_tlv(0x30, build_integer(number), *value)


def file(*elements: bytes, header: str = "020101060628D316010008", trailing: bytes = b"") -> bytes:
    return build_tlv(0x6D, build_tlv(0x30, bytes.fromhex(header), build_tlv(0x31, *elements), trailing))


def test_the_sample_is_read_field_by_field() -> None:
    dg13 = Dg13.parse(SAMPLE)
    assert {name: getattr(dg13, name) for name in VALUES} == VALUES
    assert dg13.deviations == ()
    assert dg13.unknown == ()


def test_the_sample_is_built_from_its_values_octet_for_octet() -> None:
    assert len(SAMPLE) == 415
    assert Dg13.of(VALUES).build() == SAMPLE


def test_the_sample_comes_out_as_it_went_in() -> None:
    assert Dg13.parse(SAMPLE).build() == SAMPLE


def test_fields_count_by_number_and_not_by_place() -> None:
    turned = Dg13(tuple(reversed(Dg13.parse(SAMPLE).fields))).build()
    assert turned != SAMPLE
    assert {name: getattr(Dg13.parse(turned), name) for name in VALUES} == VALUES


@pytest.mark.parametrize("length", [127, 128, 255, 256, 900, 1_000])
def test_addresses_of_any_length(length: int) -> None:
    address = "ấ" * (length // 3) + "x" * (length % 3)
    raw = Dg13.of({"residence": address}).build()
    assert Dg13.parse(raw).residence == address


@pytest.mark.parametrize("form", ["81 05", "82 00 05", "84 00 00 00 05"])
def test_lengths_that_are_longer_than_need_be(form: str) -> None:
    value = b"\x0c" + bytes.fromhex(form) + b"Kinh."
    raw = file(b"\x30" + bytes((0x80 + 1, len(value) + 3)) + b"\x02\x01\x06" + value)
    assert Dg13.parse(raw).ethnicity == "Kinh."
    assert Dg13.parse(raw).build() == raw


def test_fields_without_value() -> None:
    dg13 = Dg13.parse(file(bytes.fromhex("300302010E"), bytes.fromhex("300302010F"), bytes.fromhex("30050201020C00")))
    assert (dg13.spouses, dg13.old_number, dg13.full_name) == ((), None, None)
    assert dg13.unknown == ()


def test_an_empty_dg13_has_every_field_and_no_value() -> None:
    dg13 = Dg13.parse(Dg13.of({}).build())
    assert [field.number for field in dg13.fields] == list(range(1, 17))
    assert all(not field.texts for field in dg13.fields)
    assert dg13.fields[13].raw.hex().upper() == "300302010E"


@pytest.mark.parametrize("names", [(), ("Lê Văn Giáp",), ("Lê Văn Giáp", "Lê Thị Hà"), ("A B", "C D", "E F", "G H")])
def test_any_number_of_parents_in_order(names: tuple[str, ...]) -> None:
    assert Dg13.parse(Dg13.of({"parents": names}).build()).parents == names


@pytest.mark.parametrize(
    "value",
    [
        utf8("Lê Văn Giáp") + utf8("Lê Thị Hà"),
        build_tlv(0x30, utf8("Lê Văn Giáp"), utf8("Lê Thị Hà")),
        build_tlv(0x31, build_tlv(0x30, build_tlv(0xA0, utf8("Lê Văn Giáp"))), build_tlv(0x30, utf8("Lê Thị Hà"))),
        build_tlv(0x30) + build_tlv(0x30, utf8("Lê Văn Giáp")) + build_tlv(0x30, utf8("Lê Thị Hà")),
    ],
    ids=["bare", "one sequence", "deeper", "an empty one before"],
)
@pytest.mark.parametrize("number", [13, 14])
def test_names_are_collected_whatever_the_nesting(value: bytes, number: int) -> None:
    assert Dg13.parse(file(element(number, value))).texts(number) == ("Lê Văn Giáp", "Lê Thị Hà")


def test_spouses_in_fields_of_their_own() -> None:
    dg13 = Dg13.parse(file(element(14, utf8("Lê Thị Dung")), element(14, utf8("Lê Thị Hà"))))
    assert dg13.spouses == ("Lê Thị Dung", "Lê Thị Hà")
    assert dg13.deviations == ("field-14-repeated",)


@pytest.mark.parametrize(
    ("number", "value", "text", "words"),
    [
        (15, build_tlv(0x13, b"012345678"), "012345678", ()),
        (15, build_tlv(0x0C, b"012345678"), "012345678", ("string-type",)),
        (15, build_tlv(0x12, b"012345678"), "012345678", ("string-type",)),
        (15, build_tlv(0x16, b"012345678"), "012345678", ("string-type",)),
        (15, build_tlv(0x1A, b"012345678"), "012345678", ("string-type",)),
        (12, build_tlv(0x13, b"17/09/2039"), "17/09/2039", ("string-type",)),
        (4, build_tlv(0x1E, "Nữ".encode("utf-16-be")), "Nữ", ("string-type",)),
        (1, build_tlv(0x13, "một".encode()), "một", ("characters",)),
        (4, build_tlv(0x13, "Nữ".encode()), "Nữ", ("string-type", "characters")),
        (4, build_tlv(0x16, "Nữ".encode()), "Nữ", ("string-type", "characters")),
        (4, build_tlv(0x1A, "Nữ".encode()), "Nữ", ("string-type", "characters")),
        (9, build_tlv(0x1A, b"Thon 1\nAn Binh"), "Thon 1\nAn Binh", ("string-type", "characters")),
        (9, build_tlv(0x16, b"Thon 1\nAn Binh"), "Thon 1\nAn Binh", ("string-type",)),
        (15, build_tlv(0x12, b"CMND"), "CMND", ("string-type", "characters")),
        (2, utf8("Nguyễn Văn An 7"), "Nguyễn Văn An 7", ("characters",)),
        (13, utf8("Lê\u200b"), "Lê\u200b", ("characters",)),
        (14, utf8("Нам"), "Нам", ("characters",)),
        (9, utf8("Thôn 1"), "Thôn 1", ()),
        (2, utf8("Nguye\u0302\u0303n"), "Nguye\u0302\u0303n", ("not-composed",)),
        (13, utf8("Nguye\u0302\u0303n") + utf8("Le\u0302"), None, ("not-composed",)),
    ],
)
def test_strings_of_other_types_and_forms_are_read_and_told(
    number: int, value: bytes, text: str | None, words: tuple[str, ...]
) -> None:
    raw = file(element(number, value))
    dg13 = Dg13.parse(raw)
    assert dg13.text(number) == text
    assert dg13.deviations == tuple(f"field-{number}-{word}" for word in words)
    assert dg13.build() == raw


@pytest.mark.parametrize("odd", [build_tlv(0x1E, b"\x00A\x00"), build_tlv(0x1E, b"\xd8\x00"), build_tlv(0x14, b"An")])
def test_strings_that_cannot_be_read_stay_raw(odd: bytes) -> None:
    (field,) = Dg13.parse(file(element(2, odd))).fields
    assert (field.understood, field.texts, field.raw) == (False, (), element(2, odd))


UNKNOWN = {
    "unknown number": (17, element(17, utf8("nhóm máu O"))),
    "number 0": (0, element(0, utf8("x"))),
    "negative number": (-1, bytes.fromhex("30050201FF0C00")),
    "large number": (1 << 32, element(1 << 32, utf8("x"))),
    "number too large to be one": (None, build_tlv(0x30, build_tlv(2, bytes(9)), utf8("x"))),
    "no number": (None, build_tlv(0x30, utf8("x"))),
    "nothing": (None, build_tlv(0x30)),
    "no sequence": (None, utf8("x")),
    "context-specific": (None, build_tlv(0x80, b"x")),
    "two strings where one belongs": (2, element(2, utf8("Nguyễn"), utf8("Văn An"))),
    "another type": (2, element(2, build_tlv(0x02, b"\x01"))),
    "a set for a sequence": (None, build_tlv(0x31, b"\x02\x01\x02", utf8("An"))),
    "octets that look like a string": (2, element(2, build_tlv(0x04, utf8("An")))),
    "octets": (16, element(16, build_tlv(0x04, b"\x01\x02"))),
    "not UTF-8": (2, element(2, build_tlv(0x0C, b"Nguy\xe1\xbb"))),
    "UTF-8 of a surrogate": (2, element(2, build_tlv(0x0C, b"\xed\xa0\x80"))),
    "terminal commands": (2, element(2, utf8("An\x1b[2J"))),
    "C1 commands": (2, element(2, utf8("An\x9b2J"))),
    "text turned around": (2, element(2, utf8("An \u202enA"))),
    "a string cut off": (2, bytes.fromhex("30080201020C104E6775")),
    "names with a number between": (13, element(13, utf8("A"), build_tlv(2, b"\x01"), utf8("B"))),
    "nested too deeply": (13, None),
    "too many names": (13, element(13, *[utf8("A")] * (STRING_LIMIT + 1))),
}


def deep() -> bytes:
    value = utf8("A")
    for _ in range(DEPTH_LIMIT + 1):
        value = build_tlv(0x30, value)
    return element(13, value)


@pytest.mark.parametrize(("number", "raw"), UNKNOWN.values(), ids=UNKNOWN.keys())
def test_what_is_not_known_is_kept_raw_and_costs_nothing_else(number: int | None, raw: bytes | None) -> None:
    odd = deep() if raw is None else raw
    whole = file(element(1, build_tlv(0x13, b"001099012345")), odd, element(4, utf8("Nam")))
    dg13 = Dg13.parse(whole)
    assert (dg13.citizen_number, dg13.sex, dg13.full_name, dg13.parents) == ("001099012345", "Nam", None, ())
    assert [(field.number, field.raw, field.texts) for field in dg13.unknown] == [(number, odd, ())]
    assert dg13.deviations == (f"field-{'none' if number is None else number}-unknown",)
    assert dg13.unknown[0].sensitive
    assert dg13.unknown[0].name == (FIELDS[number].name if number is not None and number in FIELDS else None)
    assert dg13.build() == whole


def test_nesting_up_to_the_limit_is_read() -> None:
    value = utf8("A")
    for _ in range(DEPTH_LIMIT):
        value = build_tlv(0x30, value)
    assert Dg13.parse(file(element(13, value))).parents == ("A",)
    assert Dg13.parse(file(element(13, build_tlv(0x30, value)))).parents == ()


def test_lines_of_an_address_are_text() -> None:
    assert Dg13.parse(file(element(9, utf8("Thôn 1\r\n\tAn Bình")))).residence == "Thôn 1\r\n\tAn Bình"


def test_one_field_twice_with_one_value_is_that_value() -> None:
    dg13 = Dg13.parse(file(element(4, utf8("Nam")), element(4, utf8("Nam"))))
    assert dg13.sex == "Nam"
    assert dg13.deviations == ("field-4-repeated",)


def test_one_field_twice_with_two_values_is_neither() -> None:
    dg13 = Dg13.parse(file(element(4, utf8("Nam")), element(4, utf8("Nữ"))))
    assert dg13.sex is None
    assert dg13.texts(4) == ("Nam", "Nữ")
    assert dg13.deviations == ("field-4-repeated",)


def test_one_field_twice_of_which_one_is_not_understood_says_nothing() -> None:
    dg13 = Dg13.parse(file(element(4, utf8("Nam")), element(4, utf8("N\u1eef\x7f"))))
    assert dg13.sex is None
    assert (dg13.hides(4), dg13.hides(2)) == (True, False)
    assert dg13.deviations == ("field-4-unknown", "field-4-repeated")


def test_one_field_twice_with_one_value_in_two_forms_is_that_value() -> None:
    dg13 = Dg13.parse(file(element(2, utf8("Nguye\u0302\u0303n")), element(2, utf8("Nguyễn"))))
    assert dg13.full_name == "Nguye\u0302\u0303n"
    assert dg13.deviations == ("field-2-not-composed", "field-2-repeated")


def test_another_version_encoding_and_more_behind_are_told() -> None:
    raw = file(element(4, utf8("Nam")), header="020102060628D316010009", trailing=build_tlv(0x04, b"more"))
    dg13 = Dg13.parse(raw)
    assert (dg13.version, dg13.encoding, dg13.sex) == (2, "1.0.10646.1.0.9", "Nam")
    assert dg13.deviations == ("version", "encoding", "trailing-objects")
    assert dg13.build() == raw


MALFORMED = {
    "nothing": b"",
    "another file": b"\x6e" + SAMPLE[1:],
    "cut off": SAMPLE[:-1],
    "octets behind": SAMPLE + b"\x00",
    "no content": build_tlv(0x6D),
    "two contents": build_tlv(0x6D, build_tlv(0x30, SAMPLE[8:17]), build_tlv(0x30)),
    "no version": file(header="060628D316010008"),
    "no encoding": file(header="020101"),
    "a set in the wrong place": build_tlv(0x6D, build_tlv(0x30, build_tlv(0x31))),
    "no set": build_tlv(0x6D, build_tlv(0x30, bytes.fromhex("020101060628D316010008"))),
    "an element cut off": build_tlv(0x6D, build_tlv(0x30, bytes.fromhex("020101060628D3160100083103300502"))),
}


@pytest.mark.parametrize("raw", MALFORMED.values(), ids=MALFORMED.keys())
def test_what_is_no_dg13(raw: bytes) -> None:
    with pytest.raises(TlvError):
        Dg13.parse(raw)


def test_sizes_are_bounded() -> None:
    assert len(Dg13.parse(file(*[b"\x30\x00"] * FIELD_LIMIT)).fields) == FIELD_LIMIT
    with pytest.raises(LdsError, match=str(FIELD_LIMIT)):
        Dg13.parse(file(*[b"\x30\x00"] * (FIELD_LIMIT + 1)))
    with pytest.raises(LdsError, match=str(SIZE_LIMIT)):
        Dg13.parse(bytes(SIZE_LIMIT + 1))
    filling = SIZE_LIMIT - len(file(element(17, utf8("x" * 60_000)))) + 60_000
    largest = file(element(17, utf8("x" * filling)))
    assert len(largest) == SIZE_LIMIT
    assert Dg13.parse(largest).build() == largest
    with pytest.raises(LdsError, match=str(SIZE_LIMIT)):
        Dg13.of({"residence": "x" * SIZE_LIMIT}).build()
    with pytest.raises(LdsError, match=str(FIELD_LIMIT)):
        Dg13((Dg13Field.of(14, ()),) * (FIELD_LIMIT + 1)).build()


def test_errors_tell_where_and_not_what() -> None:
    with pytest.raises(TlvError) as caught:
        Dg13.parse(SAMPLE[:40])
    assert "Nguy" not in str(caught.value)


def test_repr_shows_no_value() -> None:
    dg13 = Dg13.parse(SAMPLE)
    assert repr(dg13) == "<Dg13 with 16 fields>"
    assert repr(dg13.fields) == f"({', '.join(f'<Dg13Field {number}>' for number in range(1, 17))})"


def test_what_is_sensitive() -> None:
    assert {meaning.name for meaning in FIELDS.values() if meaning.sensitive} == {"ethnicity", "religion", "identifying_marks"}
    assert [number for number in range(1, 17) if is_sensitive(number)] == [6, 7, 10]
    assert is_sensitive(17)
    assert is_sensitive(None)
    assert [field.number for field in Dg13.parse(SAMPLE).fields if field.sensitive] == [6, 7, 10]


def test_each_field_has_a_property_of_its_name() -> None:
    assert all(isinstance(getattr(Dg13, meaning.name), property) for meaning in FIELDS.values())
    assert [field.name for field in Dg13.parse(SAMPLE).fields] == [meaning.name for meaning in FIELDS.values()]


# Building ------------------------------------------------------------------------------------------------------------


def test_decomposed_text_is_composed() -> None:
    assert Dg13.of({"full_name": "Nguye\u0302\u0303n"}).full_name == "Nguyễn"


def test_an_empty_text_is_no_value() -> None:
    assert Dg13Field.of(15, ("",)).raw.hex().upper() == "300302010F"


@pytest.mark.parametrize(
    "values",
    [
        {"nickname": "An"},
        {"citizen_number": "một"},
        {"birth_date": "17_09_1999"},
        {"full_name": ("Nguyễn", "An")},
        {"full_name": "\ud800"},
        {"full_name": "An\x1b[2J"},
        {"residence": "An \u202enA"},
        {"parents": ("A",) * (STRING_LIMIT + 1)},
    ],
)
def test_a_value_that_cannot_stand_there(values: dict[str, str]) -> None:
    with pytest.raises(LdsError, match=next(iter(values))):
        Dg13.of(values)


def test_an_unknown_field_cannot_be_made() -> None:
    with pytest.raises(LdsError):
        Dg13Field.of(17, ())
