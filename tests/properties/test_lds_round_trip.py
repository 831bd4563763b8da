# SPDX-License-Identifier: Apache-2.0
"""What is built is parsed as it was meant, and what is parsed is built as it stood."""

from __future__ import annotations

import string

from hypothesis import given, settings
from hypothesis import strategies as st

from chipid.iso7816.tlv import build_tlv, parse_tlv
from chipid.lds.card_access import CardAccess
from chipid.lds.com import EfCom
from chipid.lds.der import build_integer, build_oid, read_integer, read_oid
from chipid.lds.dg1 import Dg1
from chipid.lds.dg14 import Dg14
from chipid.lds.dg15 import Dg15
from chipid.lds.mrz import Mrz, MrzFormat, check_digit
from chipid.lds.mrz_names import abbreviates, mrz_identifier, name_field, truncate_identifiers
from chipid.lds.security_infos import (
    ID_AA,
    ID_CA,
    ID_PACE,
    ID_PK,
    ID_TA,
    ActiveAuthenticationInfo,
    ChipAuthenticationInfo,
    ChipAuthenticationPublicKeyInfo,
    EfCvca,
    PaceDomainParameterInfo,
    PaceInfo,
    SecurityInfo,
    SecurityInfos,
    TerminalAuthenticationInfo,
    UnknownSecurityInfo,
)
from chipid.lds.sod import EfSod, LDSSecurityObject

LETTERS = string.ascii_uppercase
ALPHABET = LETTERS + string.digits
MANY = settings(max_examples=300)

numbers = st.integers(-(1 << 63), (1 << 63) - 1)
optional_numbers = st.none() | numbers
arcs = st.integers(0, 1 << 40)
oids = st.tuples(st.integers(0, 2), st.integers(0, 39), st.lists(arcs, max_size=8)).map(
    lambda parts: ".".join(str(arc) for arc in (parts[0], parts[1], *parts[2]))
)
sequences = st.binary(max_size=300).map(lambda value: build_tlv(0x30, build_tlv(0x04, value)))


def oid_under(protocol: str, count: int) -> st.SearchStrategy[str]:
    return st.lists(arcs, min_size=count, max_size=count).map(lambda more: ".".join((protocol, *map(str, more))))


# EF.COM, EF.SOD, LDSSecurityObject -----------------------------------------------------------------------------------


@MANY
@given(
    st.from_regex(r"[0-9]{4}", fullmatch=True),
    st.from_regex(r"[0-9]{6}", fullmatch=True),
    st.lists(st.integers(0x60, 0x7E), max_size=20),
)
def test_com(lds_version: str, unicode_version: str, tags: list[int]) -> None:
    com = EfCom(lds_version, unicode_version, tuple(tags))
    raw = com.build()
    assert EfCom.parse(raw) == com
    assert set(com.data_groups) <= set(range(1, 17))


@MANY
@given(sequences)
def test_sod(cms: bytes) -> None:
    assert EfSod.parse(EfSod(cms).build()).cms == cms


@MANY
@given(
    st.dictionaries(st.integers(1, 16), st.binary(max_size=50), min_size=1),
    st.sampled_from(("sha1", "sha224", "sha256", "sha384", "sha512")),
    st.booleans(),
)
def test_security_object(groups: dict[int, bytes], algorithm: str, with_versions: bool) -> None:
    versions = {"lds_version": "0108", "unicode_version": "040000"} if with_versions else {}
    listed = LDSSecurityObject.over(groups, algorithm, **versions)
    raw = listed.build()
    parsed = LDSSecurityObject.parse(raw)
    assert parsed == listed
    assert list(parsed.hashes) == sorted(groups)
    assert parsed.build() == raw


# SecurityInfos, DG14, DG15 -------------------------------------------------------------------------------------------

unknown_infos = st.tuples(oids.filter(lambda oid: not oid.startswith(("0.4.0.127.0.7.2.2.", "2.23.136."))), sequences).map(
    lambda parts: UnknownSecurityInfo(parts[0], build_tlv(0x30, build_oid(parts[0]), parts[1]))
)
infos = st.one_of(
    st.builds(PaceInfo, oid_under(ID_PACE, 2), numbers, optional_numbers),
    st.builds(PaceDomainParameterInfo, oid_under(ID_PACE, 1), sequences, optional_numbers),
    st.builds(ChipAuthenticationInfo, oid_under(ID_CA, 2), numbers, optional_numbers),
    st.builds(ChipAuthenticationPublicKeyInfo, oid_under(ID_PK, 1), sequences, optional_numbers),
    st.builds(ActiveAuthenticationInfo, st.just(ID_AA), numbers, oids),
    st.builds(
        TerminalAuthenticationInfo,
        st.just(ID_TA),
        numbers,
        st.none() | st.builds(EfCvca, st.integers(0, 0xFFFF), st.none() | st.integers(0, 0xFF)),
    ),
    unknown_infos,
)


@MANY
@given(st.lists(infos, max_size=12))
def test_security_infos(elements: list[SecurityInfo]) -> None:
    made = SecurityInfos.of(elements)
    parsed = Dg14.parse(Dg14(made).build()).infos
    assert parsed.infos == tuple(elements)
    assert parsed == made
    assert CardAccess.parse(made.build()).build() == made.build()
    kinds = (
        parsed.pace,
        parsed.pace_domain_parameters,
        parsed.chip_authentication,
        parsed.chip_authentication_public_keys,
        parsed.active_authentication,
        parsed.terminal_authentication,
        parsed.unknown,
    )
    assert sum(map(len, kinds)) == len(elements)


@MANY
@given(sequences)
def test_dg15(spki: bytes) -> None:
    raw = Dg15(spki).build()
    assert Dg15.parse(raw) == Dg15(spki)


@MANY
@given(numbers, oids)
def test_integers_and_object_identifiers(number: int, oid: str) -> None:
    assert read_integer(parse_tlv(build_integer(number))) == number
    assert read_oid(parse_tlv(build_oid(oid))) == oid


# MRZ, DG1 ------------------------------------------------------------------------------------------------------------

dates = st.text(string.digits + "<", min_size=6, max_size=6)
states = st.text(LETTERS, max_size=3)
names = st.lists(st.text(LETTERS, min_size=1, max_size=6), max_size=3).map(" ".join)


ROOM = {MrzFormat.TD1: 15, MrzFormat.TD2: 7, MrzFormat.TD3: 14, MrzFormat.MRV_A: 16, MrzFormat.MRV_B: 8}
CODES = {MrzFormat.TD3: ("P", "PP"), MrzFormat.MRV_A: ("V", "VX"), MrzFormat.MRV_B: ("V", "VX")}


def ends_in_no_filler(text: str) -> bool:
    return not text.endswith("<")


@st.composite
def mrzs(draw: st.DrawFn) -> Mrz:
    mrz_format = draw(st.sampled_from(MrzFormat))
    room, width = ROOM[mrz_format], mrz_format.name_width
    number = draw(st.text(ALPHABET, min_size=1, max_size=room + 8 if mrz_format.has_long_numbers else 9))
    taken = len(number) - 7 if len(number) > 9 else 0
    optional = draw(st.text(ALPHABET + "<", max_size=max(0, room - taken)).filter(ends_in_no_filler))
    second = draw(st.text(ALPHABET + "<", max_size=11).filter(ends_in_no_filler)) if mrz_format is MrzFormat.TD1 else ""
    primary, secondary = truncate_identifiers(draw(names.filter(bool)), draw(names), width)
    code = draw(st.sampled_from(CODES.get(mrz_format, ("I", "ID", "AC", "C"))))
    return Mrz(
        mrz_format, code, draw(states), number, draw(dates), draw(st.sampled_from("MFX<")), draw(dates), draw(states),
        optional, second, primary, secondary,
    )  # fmt: skip


@MANY
@given(mrzs())
def test_mrz(mrz: Mrz) -> None:
    assert mrz.check_digit_errors == ()
    assert Mrz.parse(mrz.build()) == mrz
    assert Mrz.parse("\n".join(mrz.lines)) == mrz
    if not mrz.format.is_visa:
        raw = Dg1(mrz).build()
        assert Dg1.parse(raw) == Dg1(mrz)
        assert Dg1.parse(raw).build() == raw
    assert mrz.information.startswith(mrz.document_number)


@MANY
@given(mrzs(), st.data())
def test_one_wrong_character_never_passes_unnoticed(mrz: Mrz, data: st.DataObject) -> None:
    """Each digit and letter that a check digit covers: the weights 7, 3, 1 are prime to 10, so a digit changed to another shows."""
    text = mrz.build()
    unchecked = mrz.format.places["optional_data"] if mrz.format.is_visa else slice(0, 0)
    covered = [place for place in range(len(text)) if text[place].isdigit() and place not in range(*unchecked.indices(len(text)))]
    place = data.draw(st.sampled_from(covered))
    digit = data.draw(st.sampled_from([digit for digit in string.digits if digit != text[place]]))
    assert Mrz.parse(text[:place] + digit + text[place + 1 :]).check_digit_errors


@MANY
@given(st.text(ALPHABET + "<", max_size=40), st.text(ALPHABET + "<", max_size=40))
def test_check_digits_add_up(first: str, second: str) -> None:
    padded = first + "<" * (-len(first) % 3)
    assert int(check_digit(padded + second)) == (int(check_digit(padded)) + int(check_digit(second))) % 10


# Names ---------------------------------------------------------------------------------------------------------------


@MANY
@given(names.filter(bool), names, st.integers(1, 45))
def test_truncation_fills_the_field_and_abbreviates(primary: str, secondary: str, width: int) -> None:
    short = truncate_identifiers(primary, secondary, width)
    field = name_field(*short).ljust(width, "<")
    assert len(field) == width
    assert abbreviates(short, (primary, secondary), len(field.rstrip("<")))
    if len(field.rstrip("<")) < width and width >= len("<<".join(part for part in (primary, secondary) if part)):
        assert short == (primary, secondary)


# Every letter of Latin-1, Latin Extended-A and Vietnamese but the micro sign and kra, which are Greek and Greenlandic.
latin = [chr(code) for code in (*range(0x41, 0x180), *range(0x1EA0, 0x1EFA)) if chr(code).isalpha() and chr(code) not in "ªºµĸ"]


@MANY
@given(st.text([*latin, *" -'’.,", "\u0301", "\u0323", "\u031b"], max_size=30))
def test_an_identifier_is_in_the_alphabet_and_final(name: str) -> None:
    identifier = mrz_identifier(name)
    assert set(identifier) <= set(LETTERS + " ")
    assert identifier == identifier.strip()
    assert mrz_identifier(identifier) == identifier
    assert mrz_identifier(name.upper()) == identifier
