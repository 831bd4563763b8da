# SPDX-License-Identifier: Apache-2.0
"""What DG11 and DG12 have in common: a tag list, fields, and names of others (ICAO 9303-10 §4.7.11, §4.7.12).

A field is a text or an image under a tag. What a file writes in another way than the standard has it is kept in its
:class:`Layout`, so that building it gives the octets that were read.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Self

from chipid.errors import LdsError
from chipid.iso7816.tlv import Tlv, build_tlv, parse_tlv
from chipid.lds.data_objects import children
from chipid.lds.fields import UTF_8, Field, build_count, encode, read_value, require, split_count
from chipid.lds.tag_list import TAG_LIST, build_tag_list, read_tag_list

NAMES = 0xA0
"""The data object around the names of others."""


@dataclass(frozen=True)
class Layout:
    """How a file is laid out where that differs from the standard, so that it can be built as it was.

    :ivar order: tags in the file's order, empty objects' too, ``None`` for the next one of the unknown objects. ``None``
        altogether: the tag list, the fields in the standard's order, then the unknown objects.
    :ivar tag_list: the tag list where it is another than the tags of the objects behind it.
    :ivar encodings: (tag, encoding) of dates in ``bcd`` and of texts in ``latin-1``; the standard's is UTF-8.
    """

    order: tuple[int | None, ...] | None = None
    tag_list: tuple[int, ...] | None = None
    encodings: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, kw_only=True, repr=False)
class Details:
    """The base of DG11 and DG12.

    :cvar TAG: the file's tag.
    :cvar FIELDS: the fields in the standard's order; the one with tag A0 holds the names of others.
    :cvar NAME_TAG: the tag of each of these names.
    :ivar unknown: data objects that the standard does not name there, or that stand there once more, raw.
    :ivar layout: how the file differs in its layout.
    :ivar deviations: how the file it was parsed from deviates from the standard: ``no-tag-list``; ``tag-list-place`` (it is not the
        first one); ``tag-list`` (it lists something else than there is); ``unknown-object``; ``repeated-object``; ``empty-object``,
        which counts as absent; ``names-outside`` (of data object A0); ``name-count``; ``length`` (a text above its limit);
        ``encoding`` (a text that is not in UTF-8 and is read as Latin-1); ``date-encoding`` (in BCD); ``date`` (no day of the
        calendar, or in a form of its own).
    """

    TAG: ClassVar[int]
    FIELDS: ClassVar[tuple[Field, ...]]
    NAME_TAG: ClassVar[int]

    unknown: tuple[bytes, ...] = ()
    layout: Layout = Layout()
    deviations: tuple[str, ...] = field(default=(), compare=False)

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Parse the file. Its data objects may stand in any order.

        :raises TlvError: the data objects are damaged, or one of the file's fields stands among the names in data object A0.
        :raises LdsError: a tag list of more than 64 octets, or more than 256 data objects.
        """
        reading = _Reading(cls, parse_tlv(raw, cls.TAG))
        details = cls(**reading.values, unknown=tuple(tlv.raw for tlv in reading.unknown))
        order, listed = tuple(reading.order), reading.tag_list
        layout = Layout(
            None if order == details._standard_order() else order,
            None if listed is None or listed == details._listed(order) else listed,
            tuple(reading.encodings),
        )
        return replace(details, layout=layout, deviations=reading.deviations())

    def build(self) -> bytes:
        """The file: in the standard's order and encodings, or in those of :attr:`layout`.

        :raises LdsError: a field of another type; a date that is none, unless ``date`` is among :attr:`deviations`; a field, a
            name, an unknown object or a layout that would not be read again as it is.
        """
        for each in self.FIELDS:
            require(each, getattr(self, each.attribute), self.deviations)
        order = self._standard_order() if self.layout.order is None else self.layout.order
        try:
            objects = self._objects(order)
            raw = build_tlv(self.TAG, *(objects[tag].pop(0) for tag in order))
        except (ValueError, LookupError):  # surrogates, a date in BCD without digits; another file's layout
            raise LdsError("a field or a layout that cannot be encoded", path=(self.TAG,)) from None
        if type(self).parse(raw) != self:
            raise LdsError("a field or a layout that would be read otherwise than it is meant", path=(self.TAG,))
        return raw

    def _standard_order(self) -> tuple[int | None, ...]:
        present = (each.tag for each in self.FIELDS if getattr(self, each.attribute))
        return (TAG_LIST, *present, *(None for _ in self.unknown))

    def _listed(self, order: tuple[int | None, ...]) -> tuple[int, ...]:
        """The tag list of a file in *order*. It lists the names of others, not the data object around them."""
        unknown = iter(self.unknown)
        tags = (parse_tlv(next(unknown, b"")).tag if tag is None else self.NAME_TAG if tag == NAMES else tag for tag in order)
        return tuple(dict.fromkeys(tag for tag in tags if tag != TAG_LIST))

    def _objects(self, order: tuple[int | None, ...]) -> dict[int | None, list[bytes]]:
        """The data objects by tag, several of a tag in their order."""
        encodings = dict(self.layout.encodings)
        values = {each.tag: encode(each, getattr(self, each.attribute), encodings.get(each.tag, UTF_8)) for each in self.FIELDS}
        names = [build_tlv(self.NAME_TAG, name) for name in values.pop(NAMES)]
        inside = len(names) - order.count(self.NAME_TAG)
        listed = self._listed(order) if self.layout.tag_list is None else self.layout.tag_list
        return {
            **{tag: [build_tlv(tag, *value)] for tag, value in values.items()},
            TAG_LIST: [build_tag_list(listed)],
            NAMES: [build_tlv(NAMES, build_count(inside), *names[:inside])],
            self.NAME_TAG: names[inside:],
            None: list(self.unknown),
        }

    def __repr__(self) -> str:
        present = (each.attribute for each in self.FIELDS if getattr(self, each.attribute))
        return f"<{' '.join((type(self).__name__, *present))}>"


class _Reading:
    """Sorts the data objects of a file into fields, and notes what is odd."""

    def __init__(self, file: type[Details], outer: Tlv) -> None:
        self.values: dict[str, Any] = {}
        self.unknown: list[Tlv] = []
        self.order: list[int | None] = []
        self.tag_list: tuple[int, ...] | None = None
        self.encodings: list[tuple[int, str]] = []
        self._name_tag = file.NAME_TAG
        self._field_tags = {TAG_LIST, *(each.tag for each in file.FIELDS)}
        self._noted: set[str] = set()
        known, outside = self._sort(children(outer))
        names = [*self._inside(known.get(NAMES)), *outside]
        for each in file.FIELDS:
            octets = names if each.tag == NAMES else [known[each.tag].value] if each.tag in known else []
            self._note("empty-object", not all(octets))
            if any(octets) or each.tag == NAMES:
                encoding, self.values[each.attribute], odd = read_value(each, octets)
                self._noted |= odd
                self.encodings += [(each.tag, encoding)] if encoding != UTF_8 else []
        if TAG_LIST in known:
            self.tag_list = read_tag_list(known[TAG_LIST])
        self._judge_tag_list()

    def deviations(self) -> tuple[str, ...]:
        """What is odd, in the alphabet's order."""
        return tuple(sorted(self._noted))

    def _note(self, deviation: str, is_so: bool = True) -> None:
        if is_so:
            self._noted.add(deviation)

    def _sort(self, objects: list[Tlv]) -> tuple[dict[int, Tlv], list[bytes]]:
        """The first object of each field, and the names outside of data object A0; the others are unknown."""
        known: dict[int, Tlv] = {}
        outside: list[bytes] = []
        for tlv in objects:
            if tlv.tag == self._name_tag:
                outside.append(tlv.value)
            elif tlv.tag in self._field_tags and tlv.tag not in known:
                known[tlv.tag] = tlv
            else:
                self._keep(tlv, "repeated-object" if tlv.tag in self._field_tags else "unknown-object")
                continue
            self.order.append(tlv.tag)
        self._note("names-outside", bool(outside))
        return known, outside

    def _keep(self, tlv: Tlv, deviation: str) -> None:
        self.unknown.append(tlv)
        self.order.append(None)
        self._note(deviation)

    def _inside(self, template: Tlv | None) -> list[bytes]:
        """The names in data object A0, whatever their number is said to be."""
        if template is None:
            return []
        count, objects = split_count(children(template))
        names = [tlv.value for tlv in objects if tlv.tag == self._name_tag]
        self._note("name-count", not names or count != len(names))
        for tlv in objects:
            if tlv.tag in self._field_tags:
                raise tlv.error("a field of the file among the names")
            if tlv.tag != self._name_tag:
                self._keep(tlv, "unknown-object")
        return names

    def _judge_tag_list(self) -> None:
        if self.tag_list is None:
            self._note("no-tag-list")
            return
        there = {tlv.tag for tlv in self.unknown} | {tag for tag in self.order if tag not in (None, TAG_LIST)}
        # Some list data object A0 as itself, others by the names in it.
        wanted, listed = ({self._name_tag if tag == NAMES else tag for tag in tags} for tags in (there, self.tag_list))
        self._note("tag-list", wanted != listed)
        self._note("tag-list-place", self.order[0] != TAG_LIST)
