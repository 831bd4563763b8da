# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import unicodedata

import pytest

from chipid.errors import LdsError
from chipid.lds.mrz_names import abbreviates, mrz_identifier, name_field, truncate_identifiers


@pytest.mark.parametrize(
    ("name", "identifier"),
    [
        ("Nguyễn Văn An", "NGUYEN VAN AN"),
        ("Đặng Thị Ngọc Huyền", "DANG THI NGOC HUYEN"),
        ("đỗ thị Ước Ơn", "DO THI UOC ON"),
        ("Ðoàn Ɖình", "DOAN DINH"),  # Eth and African D, which keyboards give for Đ
        ("Trần  Thế\tKỷ ", "TRAN THE KY"),
        ("O’Connor", "OCONNOR"),
        ("O'Connor D`Arc", "OCONNOR DARC"),
        ("Smith-Jones", "SMITH JONES"),
        ("Smith\u2013Jones, Jr.", "SMITH JONES JR"),
        ("Müller", "MUELLER"),
        ("Åström Æbel Øst", "AASTROEM AEBEL OEST"),
        ("Groß GROẞ", "GROSS GROSS"),
        ("Þór Eiður", "THOR EIDUR"),
        ("Łukasz Œuvre Ŋ Ŧ Ħ Ĳ", "LUKASZ OEUVRE N T H IJ"),
        ("ı İ Ŀ Ñ Ç", "I I L N C"),
        ("H'Hen Niê", "HHEN NIE"),
        ("Ӂорж", "ZHORZH"),  # a Cyrillic letter with a mark that no table has
        ("", ""),
        ("-", ""),
    ],
)
def test_transliteration(name: str, identifier: str) -> None:
    assert mrz_identifier(name) == identifier
    assert mrz_identifier(unicodedata.normalize("NFD", name)) == identifier


@pytest.mark.parametrize(("name", "place"), [("Anna 2", 5), ("Γιώργος", 0), ("An 李", 3), ("ٺا", 0), ("A\x00", 1), ("A<B", 1)])
def test_what_is_no_latin_letter_is_placed_and_never_shown(name: str, place: int) -> None:
    with pytest.raises(LdsError) as error:
        mrz_identifier(name)
    assert error.value.offset == place
    assert name not in str(error.value)


@pytest.mark.parametrize(
    ("name", "language", "identifier"),
    [
        ("Юрий Щукин", "", "IURII SHCHUKIN"),
        ("Игорь Объедков", "", "IGOR OBIEEDKOV"),
        ("Юрій Їжак", "uk", "YURII YIZHAK"),
        ("Андрій Гаєвий", "uk", "ANDRII HAIEVYI"),
        ("Андрій Гаєвий", "", "ANDRII GAIEVII"),
        ("Щерев", "bg", "SHTEREV"),
        ("Ђорђе Чолић", "sr", "DORDE COLIC"),
        ("Ѓорѓи Хаџиев", "mk", "GJORGJI HADJIEV"),
        ("Алёна Гук", "be", "ALIONA HUK"),
        ("Алёна Гук", "ru", "ALENA GUK"),
        ("فاطمة", "", "FAXTTMXAH"),
        ("مؤتمنه", "", "MUTMNH"),
        ("مـحـمَد", "", "MXHMD"),
        ("ّعلي", "", "ELY"),
        ("فتاة نور", "", "FTAXAH NWR"),
        ("اةب", "", "AXTAB"),
        ("پرویز", "", "PRWXYAZ"),
    ],
)
def test_other_scripts(name: str, language: str, identifier: str) -> None:
    """ICAO 9303-3 §6 B and C."""
    assert mrz_identifier(name, language) == identifier


@pytest.mark.parametrize(
    ("name", "identifier", "stands"),
    [
        ("Müller", "MUELLER", True),
        ("Müller", "MUXXLLER", True),
        ("Müller", "MULLER", True),
        ("Müller", "MOLLER", False),
        ("Müller", "MUELLERS", False),
        ("Müller", "MUELLE", False),
        ("Cañón", "CANXXON", True),
        ("Ångström", "ANGSTROEM", True),
        ("Ængström", "ANGSTROM", False),
        ("Гаєвий", "HAIEVYI", True),
        ("Гаєвий", "GAIEVII", True),
        ("عبّاس", "EBAS", True),
        ("فاطمة", "FAXTTMXTA", True),
        ("علی", "ELY", True),
    ],
)
def test_every_allowed_transliteration_stands_for_a_name(name: str, identifier: str, stands: bool) -> None:
    assert abbreviates((identifier, ""), (name, ""), 39) is stands


def test_a_cut_name_may_end_within_a_letter() -> None:
    assert abbreviates(("SCHULZ", "MU"), ("Schulz", "Müller"), 10)
    assert abbreviates(("MUX", ""), ("Müller", ""), 3)
    assert not abbreviates(("MUY", ""), ("Müller", ""), 3)


def test_name_field() -> None:
    assert name_field("NGUYEN", "VAN AN") == "NGUYEN<<VAN<AN"
    assert name_field("ARKFREITH", "") == "ARKFREITH"


@pytest.mark.parametrize(
    ("primary", "secondary", "width", "shortened"),
    [
        ("NGUYEN", "VAN AN", 14, ("NGUYEN", "VAN AN")),
        ("NGUYEN", "VAN AN", 13, ("NGUYEN", "VAN A")),
        ("NGUYEN", "VAN AN", 12, ("NGUYE", "VA AN")),
        ("NGUYEN", "VAN AN", 5, ("N", "V")),
        ("NGUYEN", "", 4, ("NGUY", "")),
        ("NGUYEN THI", "", 8, ("NGUYEN T", "")),
        ("NGUYEN THI", "", 7, ("NGUY TH", "")),
        ("A B C D", "E F G H", 5, ("A", "E")),
    ],
)
def test_truncation(primary: str, secondary: str, width: int, shortened: tuple[str, str]) -> None:
    assert truncate_identifiers(primary, secondary, width) == shortened


@pytest.mark.parametrize(
    ("short", "width", "expected"),
    [
        (("BENNELONG", "DINGO"), 40, True),
        (("BENN", "DINGO"), 11, True),
        (("BENN", "DINGO"), 12, False),  # a field with room left was not truncated
        (("BENNELONG", "D"), 12, True),
        (("BENNELONG", ""), 9, True),
        (("", "DINGO"), 5, False),
        (("BENNELONG", "DONGO"), 16, False),
        (("BENNELONG", "DINGO D"), 18, False),
        (("BENNELONGS", "DINGO"), 17, False),
    ],
)
def test_abbreviation(short: tuple[str, str], width: int, expected: bool) -> None:
    assert abbreviates(short, ("BENNELONG", "DINGO"), width) is expected
