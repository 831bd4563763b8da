# SPDX-License-Identifier: Apache-2.0
"""Data group 13 of the CCCD: what is printed on the card, and more, as numbered fields in UTF-8.

::

    6D L 30 L  02 01 01                version
               06 06 28D316010008      ISO 10646 UTF-8
               31 L  30 L 02 01 nn <string, or SEQUENCEs of strings, or nothing>  …

Doc 9303 leaves DG13 to the issuing state, and the state has published nothing: fields are found by their number and never by their
place, and what has another number or another shape is kept raw.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Self

from chipid.errors import LdsError, TlvError
from chipid.iso7816.tlv import Tlv, TlvCursor, build_tlv, is_constructed, parse_tlv
from chipid.lds.der import (
    INTEGER,
    PRINTABLE_STRING,
    SEQUENCE,
    SET,
    UTF8_STRING,
    build_integer,
    build_oid,
    read_integer,
    read_oid,
)
from chipid.normalisation import normalised
from chipid.profiles.vn_cccd.names import is_name
from chipid.profiles.vn_cccd.strings import STRING_TYPES, build_string, read_string

TAG = 0x6D
VERSION = 1
UTF8_ENCODING = "1.0.10646.1.0.8"
"""iso(1) standard(0) 10646 … utf-8(8)."""

SIZE_LIMIT = 64 * 1024
FIELD_LIMIT = 256
STRING_LIMIT = 64
DEPTH_LIMIT = 8


@dataclass(frozen=True)
class FieldMeaning:
    """What a field number stands for.

    :ivar name: as the property of :class:`Dg13` is called.
    :ivar sensitive: of the kinds that the law protects most, to be masked even where names are shown.
    :ivar tag: the string type that chips were seen to use.
    :ivar multiple: any number of strings, each in a SEQUENCE of its own.
    :ivar person: what stands there is somebody's name.
    """

    name: str
    sensitive: bool = False
    tag: int = UTF8_STRING
    multiple: bool = False
    person: bool = False


FIELDS: Mapping[int, FieldMeaning] = MappingProxyType(
    {
        1: FieldMeaning("citizen_number", tag=PRINTABLE_STRING),
        2: FieldMeaning("full_name", person=True),
        3: FieldMeaning("birth_date", tag=PRINTABLE_STRING),
        4: FieldMeaning("sex"),
        5: FieldMeaning("nationality"),
        6: FieldMeaning("ethnicity", sensitive=True),
        7: FieldMeaning("religion", sensitive=True),
        8: FieldMeaning("place_of_origin"),
        9: FieldMeaning("residence"),
        10: FieldMeaning("identifying_marks", sensitive=True),
        11: FieldMeaning("issue_date", tag=PRINTABLE_STRING),
        12: FieldMeaning("expiry_date"),
        13: FieldMeaning("parents", multiple=True, person=True),
        14: FieldMeaning("spouses", multiple=True, person=True),
        15: FieldMeaning("old_number", tag=PRINTABLE_STRING),
        16: FieldMeaning("chip_id", tag=PRINTABLE_STRING),
    }
)
"""The fields that are known, by number. The law of 2023 lets chips hold more: blood type, children, guardians, other addresses."""

_NUMBERS = {meaning.name: number for number, meaning in FIELDS.items()}


def is_sensitive(number: int | None) -> bool:
    """Whether a field is to be masked first of all. What is not known may be anything, and is."""
    meaning = FIELDS.get(number) if number is not None else None
    return meaning is None or meaning.sensitive


@dataclass(frozen=True, repr=False)
class Dg13Field:
    """One element of the set.

    :ivar number: ``None`` where it has none.
    :ivar raw: the whole element as it stands.
    :ivar texts: its strings in order, whatever the nesting, as they are written; none where the field has no value, or is not
        understood.
    :ivar understood: number and shape are known.
    :ivar deviations: what is not as on known cards, in stable words: ``string-type`` (another one than was seen), ``characters``
        (that the string type does not have, or no name in Latin letters), ``not-composed`` (not in Unicode's form NFC).
    """

    number: int | None
    raw: bytes
    texts: tuple[str, ...] = ()
    understood: bool = True
    deviations: tuple[str, ...] = field(default=(), compare=False)

    @classmethod
    def of(cls, number: int, texts: Sequence[str]) -> Self:
        """A known field as chips were seen to encode it.

        :raises LdsError: an unknown number, several texts where one belongs, or characters that the string type has not.
        """
        if number not in FIELDS:
            raise LdsError(f"DG13 has no known field {number}")
        meaning = FIELDS[number]
        if len(texts) > (STRING_LIMIT if meaning.multiple else 1):
            raise LdsError(f"{meaning.name} has too many values")
        composed = tuple(normalised("NFC", text) for text in texts if text)
        strings = [build_string(meaning.tag, text, meaning.name) for text in composed]
        if meaning.multiple:
            strings = [build_tlv(SEQUENCE, string) for string in strings]
        return cls(number, build_tlv(SEQUENCE, build_integer(number), *strings), composed)

    @property
    def name(self) -> str | None:
        """What the number stands for, ``None`` where that is not known."""
        meaning = FIELDS.get(self.number) if self.number is not None else None
        return meaning.name if meaning is not None else None

    @property
    def sensitive(self) -> bool:
        """As :func:`is_sensitive`."""
        return is_sensitive(self.number) or not self.understood

    def __repr__(self) -> str:
        return f"<Dg13Field {self.number}>"


@dataclass(frozen=True, repr=False)
class Dg13:
    """DG13.

    The properties give what a field says, as it is written, ``None`` where it is absent, has no value or is not understood, and
    where it stands there twice with different values: see :attr:`unknown` and :attr:`deviations`.

    :ivar fields: every element of the set, in the file's order.
    :ivar encoding: object identifier of the strings' encoding.
    :ivar trailing: data objects behind the set, raw.
    """

    fields: tuple[Dg13Field, ...]
    version: int = VERSION
    encoding: str = UTF8_ENCODING
    trailing: bytes = b""

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Parse EF.DG13.

        :raises TlvError: it is not laid out as above, down to the set.
        :raises LdsError: more than 64 KiB or 256 fields.
        """
        if len(raw) > SIZE_LIMIT:
            raise LdsError(f"DG13 has more than {SIZE_LIMIT} octets", path=(TAG,))
        outer = parse_tlv(raw, TAG).children()
        content = outer.expect(SEQUENCE).children()
        outer.finish()
        version, encoding = read_integer(content.expect(INTEGER)), read_oid(content.read())
        fields: list[Dg13Field] = []
        for element in content.expect(SET).children():
            if len(fields) == FIELD_LIMIT:
                raise LdsError(f"DG13 has more than {FIELD_LIMIT} fields", offset=element.offset, path=element.path)
            fields.append(_read_field(element))
        trailing = b"".join(tlv.raw for tlv in content)
        return cls(tuple(fields), version, encoding, trailing)

    @classmethod
    def of(cls, values: Mapping[str, str | Sequence[str] | None]) -> Self:
        """A DG13 with all known fields, in the order of their numbers; the ones without value are there, empty.

        :param values: texts by the names in :data:`FIELDS`; several for parents and spouses.
        :raises LdsError: an unknown name, or a value that its field cannot hold; the message names the field alone.
        """
        if unknown := sorted(values.keys() - _NUMBERS.keys()):
            raise LdsError(f"DG13 has no field {unknown[0]!r}")
        return cls(tuple(Dg13Field.of(number, _texts(values.get(meaning.name))) for number, meaning in FIELDS.items()))

    def build(self) -> bytes:
        """EF.DG13: the fields as they stand and in their order; the lengths around them are minimal.

        :raises LdsError: the encoding is no object identifier; more than 64 KiB or 256 fields.
        """
        if len(self.fields) > FIELD_LIMIT:
            raise LdsError(f"DG13 has at most {FIELD_LIMIT} fields")
        fields = build_tlv(SET, *(field.raw for field in self.fields))
        header = build_integer(self.version) + build_oid(self.encoding)
        raw = build_tlv(TAG, build_tlv(SEQUENCE, header, fields, self.trailing))
        if len(raw) > SIZE_LIMIT:
            raise LdsError(f"DG13 has at most {SIZE_LIMIT} octets")
        return raw

    def texts(self, number: int) -> tuple[str, ...]:
        """All strings under one field number, in the file's order."""
        return tuple(text for field in self.fields if field.number == number for text in field.texts)

    def text(self, number: int) -> str | None:
        """The string under one field number, ``None`` where there is not exactly one value, however composed."""
        texts = self.texts(number)
        one_value = len({normalised("NFC", text) for text in texts}) == 1
        return texts[0] if one_value and not self.hides(number) else None

    def hides(self, number: int) -> bool:
        """Whether a field of that number is not understood: what the others of it say may be contradicted there."""
        return any(field.number == number for field in self.unknown)

    @property
    def unknown(self) -> tuple[Dg13Field, ...]:
        """The fields whose number or shape is not known, raw."""
        return tuple(field for field in self.fields if not field.understood)

    @property
    def deviations(self) -> tuple[str, ...]:
        """What is not as on known cards, in stable words.

        ``version``, ``encoding``, ``trailing-objects``; with the field's number ``field-…-unknown`` (``field-none-unknown`` where
        it has none), ``field-…-repeated``, and ``field-…-`` before each of :attr:`Dg13Field.deviations`.
        """
        found = {
            "version": self.version != VERSION,
            "encoding": self.encoding != UTF8_ENCODING,
            "trailing-objects": bool(self.trailing),
        }
        words = [word for word, is_so in found.items() if is_so]
        words += (f"field-{'none' if field.number is None else field.number}-unknown" for field in self.unknown)
        words += (f"field-{field.number}-{word}" for field in self.fields for word in field.deviations)
        numbers = [field.number for field in self.fields]
        words += (f"field-{number}-repeated" for number in numbers if number is not None and numbers.count(number) > 1)
        return tuple(dict.fromkeys(words))

    @property
    def citizen_number(self) -> str | None:
        """Twelve digits."""
        return self.text(1)

    @property
    def full_name(self) -> str | None:
        """With diacritics, the family name first."""
        return self.text(2)

    @property
    def birth_date(self) -> str | None:
        """``dd/MM/yyyy``, day or month possibly unknown."""
        return self.text(3)

    @property
    def sex(self) -> str | None:
        """``Nam`` or ``Nữ``."""
        return self.text(4)

    @property
    def nationality(self) -> str | None:
        """``Việt Nam``."""
        return self.text(5)

    @property
    def ethnicity(self) -> str | None:
        """Dân tộc; sensitive."""
        return self.text(6)

    @property
    def religion(self) -> str | None:
        """Tôn giáo; sensitive."""
        return self.text(7)

    @property
    def place_of_origin(self) -> str | None:
        """Quê quán."""
        return self.text(8)

    @property
    def residence(self) -> str | None:
        """Nơi thường trú, as of the issue date."""
        return self.text(9)

    @property
    def identifying_marks(self) -> str | None:
        """Đặc điểm nhận dạng; sensitive."""
        return self.text(10)

    @property
    def issue_date(self) -> str | None:
        """``dd/MM/yyyy``."""
        return self.text(11)

    @property
    def expiry_date(self) -> str | None:
        """``dd/MM/yyyy`` or ``Không thời hạn``."""
        return self.text(12)

    @property
    def parents(self) -> tuple[str, ...]:
        """In the file's order. Where there is one name only, it does not say whose."""
        return self.texts(13)

    @property
    def spouses(self) -> tuple[str, ...]:
        """In the file's order."""
        return self.texts(14)

    @property
    def old_number(self) -> str | None:
        """The number of the identity card (CMND) before, nine digits."""
        return self.text(15)

    @property
    def chip_id(self) -> str | None:
        """Sixteen hexadecimal characters."""
        return self.text(16)

    def __repr__(self) -> str:
        return f"<Dg13 with {len(self.fields)} fields>"


# Reading -----------------------------------------------------------------------------------------------------------


def _read_field(element: Tlv) -> Dg13Field:
    number: int | None = None
    try:
        if element.tag == SEQUENCE:
            cursor = element.children()
            number = read_integer(cursor.expect(INTEGER))
            return _read_value(number, element, cursor)
    except TlvError:
        pass
    return Dg13Field(number, element.raw, understood=False)


def _read_value(number: int, element: Tlv, cursor: TlvCursor) -> Dg13Field:
    if number not in FIELDS:
        return Dg13Field(number, element.raw, understood=False)
    texts: list[str] = []
    odd: list[str] = []
    for tlv in _strings(cursor, element):
        if len(texts) == STRING_LIMIT:
            raise element.error(f"a field of more than {STRING_LIMIT} strings")
        text, words = read_string(tlv)
        texts.append(text)
        if FIELDS[number].person and not is_name(text):
            words = ("characters", *words)
        odd += words if tlv.tag == FIELDS[number].tag else ("string-type", *words)
    if len(texts) > 1 and not FIELDS[number].multiple:
        raise element.error("several strings where one belongs")
    return Dg13Field(number, element.raw, tuple(filter(None, texts)), deviations=tuple(dict.fromkeys(odd)))


def _strings(cursor: TlvCursor, element: Tlv, depth: int = 0) -> Iterator[Tlv]:
    if depth > DEPTH_LIMIT:
        raise element.error("nested too deeply")
    for tlv in cursor:
        if tlv.tag in STRING_TYPES:
            yield tlv
        elif is_constructed(tlv.tag):
            yield from _strings(tlv.children(), element, depth + 1)
        else:
            raise tlv.error("neither a string nor a SEQUENCE")


# Building ----------------------------------------------------------------------------------------------------------


def _texts(value: str | Sequence[str] | None) -> Sequence[str]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else value
