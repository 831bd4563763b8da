# SPDX-License-Identifier: Apache-2.0
"""Data group 16, persons to notify (ICAO 9303-10 §4.7.16)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Self

from chipid.errors import LdsError
from chipid.iso7816.tlv import Tlv, build_tlv, parse_tlv
from chipid.lds.data_objects import children
from chipid.lds.dates import PartialDate
from chipid.lds.fields import UTF_8, Field, Kind, build_count, encode, parse_date, read_value, require, split_count

TAG = 0x70
PERSON_TAGS = range(0xA1, 0xB0)
"""A1 for the first person, A2 for the second, and so on."""


@dataclass(frozen=True, kw_only=True, repr=False)
class Person:
    """A person to notify. What is absent is ``None``, or an empty tuple.

    :ivar date_recorded: the day on which this was written down, eight digits ``YYYYMMDD``.
    :ivar name: as the machine readable zone has names: ``<<`` and ``<`` between their parts.
    :ivar address: its parts, which the file separates by ``<``.
    :ivar unknown: other data objects, raw; they are built behind the fields.
    :ivar encodings: (tag, encoding) of what is not in UTF-8, as :attr:`Layout.encodings <chipid.lds.details.Layout.encodings>`.
    """

    FIELDS: ClassVar[tuple[Field, ...]] = (
        Field(0x5F50, "date_recorded", Kind.DATE),
        Field(0x5F51, "name"),
        Field(0x5F52, "telephone"),
        Field(0x5F53, "address", Kind.LINES),
    )

    date_recorded: str | None = None
    name: str | None = None
    telephone: str | None = None
    address: tuple[str, ...] = ()
    unknown: tuple[bytes, ...] = ()
    encodings: tuple[tuple[int, str], ...] = ()

    @property
    def recorded(self) -> PartialDate | None:
        """:attr:`date_recorded`, read; ``None`` where there is none, or none that is a date."""
        return parse_date(self.date_recorded or "")

    def __repr__(self) -> str:
        return f"<{' '.join(('Person', *(each.attribute for each in self.FIELDS if getattr(self, each.attribute))))}>"


@dataclass(frozen=True)
class Dg16:
    """DG16.

    :ivar persons: in the file's order, in data objects A1, A2 and so on.
    :ivar announced: the number that stands before them where it is another than theirs.
    :ivar unknown: data objects that are no person, raw; they are built behind the persons.
    :ivar deviations: ``person-count`` (none, or another number than announced), ``person-tag`` (another than the standard gives),
        ``unknown-object``, ``repeated-object``, ``field-order``, and ``empty-object``, ``length``, ``encoding``, ``date``,
        ``date-encoding`` as in DG11.
    """

    persons: tuple[Person, ...]
    announced: int | None = None
    unknown: tuple[bytes, ...] = field(default=(), repr=False)
    deviations: tuple[str, ...] = field(default=(), compare=False)

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Parse EF.DG16.

        :raises TlvError: the data objects are damaged, or there are more than 15 persons.
        :raises LdsError: more than 256 data objects, in the file or in a person.
        """
        count, objects = split_count(children(parse_tlv(raw, TAG)))
        templates = [tlv for tlv in objects if tlv.tag in PERSON_TAGS]
        if len(templates) > len(PERSON_TAGS):
            raise templates[len(PERSON_TAGS)].error(f"more than {len(PERSON_TAGS)} persons")
        unknown = tuple(tlv.raw for tlv in objects if tlv.tag not in PERSON_TAGS)
        found = [_read_person(tlv) for tlv in templates]
        noted = {deviation for _, odd in found for deviation in odd}
        checks = {
            "person-count": count != len(templates) or not templates,
            "person-tag": [tlv.tag for tlv in templates] != list(PERSON_TAGS[: len(templates)]),
            "unknown-object": bool(unknown),
        }
        noted |= {name for name, is_so in checks.items() if is_so}
        announced = None if count == len(templates) else count
        return cls(tuple(person for person, _ in found), announced, unknown, tuple(sorted(noted)))

    def build(self) -> bytes:
        """EF.DG16.

        :raises LdsError: more than 15 persons; a field of another type; a date that is none, unless ``date`` is among
            :attr:`deviations`; a field or an unknown object that would not be read again as it is.
        """
        for person in self.persons:
            for each in Person.FIELDS:
                require(each, getattr(person, each.attribute), self.deviations)
        try:
            persons = [build_tlv(tag, *_build_person(person)) for tag, person in zip(PERSON_TAGS, self.persons, strict=False)]
        except (ValueError, LookupError):
            raise LdsError("a field that cannot be encoded", path=(TAG,)) from None
        count = build_count(len(persons) if self.announced is None else self.announced)
        raw = build_tlv(TAG, count, *persons, *self.unknown)
        if type(self).parse(raw) != self:
            raise LdsError(
                "more than 15 persons, a field or an unknown object that would be read otherwise than it is meant", path=(TAG,)
            )
        return raw


def _read_person(template: Tlv) -> tuple[Person, set[str]]:
    known: dict[int, Tlv] = {}
    unknown: list[bytes] = []
    noted: set[str] = set()
    fields = [each.tag for each in Person.FIELDS]
    for tlv in children(template):
        if tlv.tag in fields and tlv.tag not in known:
            known[tlv.tag] = tlv
        else:
            unknown.append(tlv.raw)
            noted.add("repeated-object" if tlv.tag in fields else "unknown-object")
    if list(known) != [tag for tag in fields if tag in known]:
        noted.add("field-order")
    values, encodings = {}, []
    for each in Person.FIELDS:
        if each.tag in known and not known[each.tag].value:
            noted.add("empty-object")
        elif each.tag in known:
            encoding, values[each.attribute], odd = read_value(each, [known[each.tag].value])
            noted |= odd
            encodings += [(each.tag, encoding)] if encoding != UTF_8 else []
    return Person(**values, unknown=tuple(unknown), encodings=tuple(encodings)), noted


def _build_person(person: Person) -> list[bytes]:
    encodings = dict(person.encodings)
    present = [(each, getattr(person, each.attribute)) for each in Person.FIELDS if getattr(person, each.attribute)]
    return [
        *(build_tlv(each.tag, *encode(each, value, encodings.get(each.tag, UTF_8))) for each, value in present),
        *person.unknown,
    ]
