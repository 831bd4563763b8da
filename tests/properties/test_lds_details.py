# SPDX-License-Identifier: Apache-2.0
"""Files of texts, images and raw objects: what is built is parsed as it was meant, and what a file of DER holds is built again."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from chipid.iso7816.tlv import build_tlv
from chipid.lds.details import NAMES
from chipid.lds.dg11 import Dg11
from chipid.lds.dg12 import Dg12
from chipid.lds.dg16 import Dg16, Person
from chipid.lds.dir import ApplicationTemplate, EfDir
from chipid.lds.displayed_images import Dg5, Dg7
from chipid.lds.features import Dg8, Dg9, Dg10
from chipid.lds.fields import Field, Kind
from chipid.lds.files import ElementaryFile
from chipid.lds.opaque import Dg6, Dg13
from chipid.lds.tag_list import TAG_LIST

texts = st.text(st.characters(codec="utf-8"), min_size=1, max_size=30)
lines = st.lists(st.text(st.characters(codec="utf-8", exclude_characters="<"), max_size=9), max_size=4).map(tuple).filter(any)
unknown = st.lists(st.binary(max_size=9).map(lambda value: build_tlv(0x53, value)), max_size=3).map(tuple)
VALUES = {
    Kind.TEXT: texts,
    Kind.LINES: lines,
    Kind.NAMES: st.lists(st.text(st.characters(codec="utf-8"), max_size=9), max_size=4).map(tuple).filter(any),
    Kind.DATE: st.dates().map(lambda day: f"{day:%Y%m%d}".zfill(8)),
    Kind.DATE_TIME: st.datetimes().map(lambda time: f"{time:%Y%m%d%H%M%S}".zfill(14)),
    Kind.IMAGE: st.binary(min_size=1, max_size=50),
}


def fields_of(fields: tuple[Field, ...]) -> dict[str, st.SearchStrategy[object]]:
    return {each.attribute: VALUES[each.kind] for each in fields}


def details(kind: type[Dg11 | Dg12]) -> st.SearchStrategy[Dg11 | Dg12]:
    optional = st.fixed_dictionaries({}, optional={**fields_of(kind.FIELDS), "unknown": unknown})
    return optional.map(lambda values: kind(**values))


persons = st.fixed_dictionaries({}, optional={**fields_of(Person.FIELDS), "unknown": unknown}).map(lambda values: Person(**values))
images = st.lists(st.binary(max_size=50), max_size=12).map(tuple)
templates = st.builds(ApplicationTemplate, st.binary(min_size=1, max_size=16), unknown)
made_files = st.one_of(
    details(Dg11),
    details(Dg12),
    st.builds(Dg16, st.lists(persons, max_size=15).map(tuple), st.none(), unknown),
    *(st.builds(kind, images, st.none(), unknown) for kind in (Dg5, Dg7)),
    *(st.builds(kind, st.integers(0, 255), unknown) for kind in (Dg8, Dg9, Dg10)),
    *(st.builds(kind, st.binary(max_size=300)) for kind in (Dg6, Dg13)),
    st.builds(EfDir, st.lists(templates, max_size=9).map(tuple), unknown),
)


@settings(max_examples=1_000)
@given(made_files)
def test_what_is_built_is_parsed_as_it_was_meant(made: ElementaryFile) -> None:
    raw = made.build()
    parsed = type(made).parse(raw)
    assert parsed == made
    assert parsed.build() == raw


NAME_TEMPLATES = st.lists(st.binary(max_size=9), min_size=1, max_size=3).map(
    lambda names: build_tlv(NAMES, build_tlv(0x02, bytes((len(names),))), *(build_tlv(0x5F0F, name) for name in names))
)
TAGS = [each.tag for each in Dg11.FIELDS if each.tag != NAMES] + [0x5F0F, 0x53, 0x5F77]
OBJECTS = st.builds(build_tlv, st.sampled_from(TAGS), st.binary(max_size=9) | st.from_regex(rb"[0-9]{8}", fullmatch=True))
TAG_LISTS = st.lists(st.sampled_from([NAMES, *TAGS]), max_size=9).map(
    lambda tags: build_tlv(TAG_LIST, *(tag.to_bytes(2 if tag > 0xFF else 1, "big") for tag in tags))
)


@settings(max_examples=1_000)
@given(st.lists(OBJECTS | NAME_TEMPLATES | TAG_LISTS, max_size=9))
def test_dg11_of_any_objects_is_built_as_it_was_read(objects: list[bytes]) -> None:
    raw = build_tlv(0x6B, *objects)
    assert Dg11.parse(raw).build() == raw
