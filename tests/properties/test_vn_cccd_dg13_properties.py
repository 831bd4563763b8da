# SPDX-License-Identifier: Apache-2.0
"""DG13: whatever is built is read, whatever is read is built again, and any octets are read or refused in our words."""

from __future__ import annotations

import unicodedata
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from chipid.errors import MalformedData
from chipid.iso7816.tlv import build_tlv
from chipid.lds.der import PRINTABLE_STRING
from chipid.profiles.vn_cccd import FIELDS, Dg13
from chipid.profiles.vn_cccd.names import is_name

STEERING = "\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
texts = st.text(st.characters(exclude_categories=("Cc", "Cs"), exclude_characters=STEERING), max_size=60)
printable = st.text("ABCXYZabcxyz0123456789 '()+,-./:=?", max_size=40)


def value_of(number: int) -> st.SearchStrategy[Any]:
    meaning = FIELDS[number]
    if meaning.multiple:
        return st.lists(texts.filter(bool), max_size=5).map(tuple)
    return printable if meaning.tag == PRINTABLE_STRING else texts


values = st.fixed_dictionaries({}, optional={meaning.name: value_of(number) for number, meaning in FIELDS.items()})
tags = st.sampled_from((0x02, 0x04, 0x0C, 0x12, 0x13, 0x16, 0x30, 0x31, 0xA0, 0x80))
octets = st.binary(max_size=12)
elements = st.recursive(
    st.builds(build_tlv, tags, octets),
    lambda inner: st.builds(lambda tag, parts: build_tlv(tag, *parts), tags, st.lists(inner, max_size=4)),
    max_leaves=8,
)
numbered = st.builds(
    lambda number, parts: build_tlv(0x30, b"\x02\x01" + bytes((number,)), *parts),
    st.integers(0, 255),
    st.lists(elements, max_size=3),
)


def composed(text: str) -> str | None:
    return unicodedata.normalize("NFC", text) or None


@given(values)
def test_what_was_built_is_read(given_values: dict[str, Any]) -> None:
    raw = Dg13.of(given_values).build()
    dg13 = Dg13.parse(raw)
    for meaning in FIELDS.values():
        if meaning.multiple:
            expected: Any = tuple(composed(text) for text in given_values.get(meaning.name, ()))
        else:
            expected = composed(given_values.get(meaning.name, ""))
        assert getattr(dg13, meaning.name) == expected
    names = {2: (dg13.full_name or "",), 13: dg13.parents, 14: dg13.spouses}
    assert dg13.deviations == tuple(f"field-{number}-characters" for number, each in names.items() if not all(map(is_name, each)))
    assert dg13.build() == raw
    assert dg13 == Dg13.of(given_values)


@given(st.lists(st.one_of(numbered, elements), max_size=6))
def test_any_fields_are_kept(fields: list[bytes]) -> None:
    raw = build_tlv(0x6D, build_tlv(0x30, bytes.fromhex("020101060628D316010008"), build_tlv(0x31, *fields)))
    dg13 = Dg13.parse(raw)
    assert dg13.build() == raw
    assert len(dg13.fields) == len(fields)
    assert all(field.understood or not field.texts for field in dg13.fields)


@given(values, st.data())
def test_a_damaged_file_is_read_or_refused_in_our_words(given_values: dict[str, Any], data: st.DataObject) -> None:
    raw = bytearray(Dg13.of(given_values).build())
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    del raw[data.draw(st.integers(1, len(raw))) :]
    _read_or_refused(bytes(raw))


@given(st.binary(max_size=300))
def test_any_octets_behind_the_tag(body: bytes) -> None:
    for raw in (body, build_tlv(0x6D, body), build_tlv(0x6D, build_tlv(0x30, bytes.fromhex("020101060628D316010008"), body))):
        _read_or_refused(raw)


def _read_or_refused(raw: bytes) -> None:
    try:
        dg13 = Dg13.parse(raw)
    except MalformedData:
        return
    assert Dg13.parse(dg13.build()) == dg13
