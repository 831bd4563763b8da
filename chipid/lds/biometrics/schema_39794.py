# SPDX-License-Identifier: Apache-2.0
"""How the data blocks of ISO/IEC 39794 are read and built: dataclasses are the schema (X.690 §8, §10).

Every type of ISO/IEC 39794 is a SEQUENCE or a CHOICE whose components have the context tags 0, 1, 2 … in the order of their
declaration. So is a :class:`Block` here: its fields in their order are the components, and their types say how each is encoded:
``int``, ``bool``, ``bytes``, ``str`` (VisibleString), another block, or a tuple of these (SEQUENCE OF). A field with a default is
OPTIONAL. ``Annotated[…, values]`` names the values that the standard defines, for a number or code; for a tuple, how many
elements it may have. A CHOICE under a context tag is encoded as a SEQUENCE of one component is: :class:`Choice`.

These modules make use of the schemas of ISO/IEC 39794-1, 39794-4, 39794-5 and 39794-6.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import MISSING, dataclass, field, fields
from operator import itemgetter
from types import NoneType
from typing import Annotated, Any, Self, get_args, get_origin, get_type_hints

from chipid.errors import LdsError, MalformedData
from chipid.iso7816.tlv import Tlv, TlvCursor, build_tlv
from chipid.lds.data_objects import counted
from chipid.lds.der import INTEGER_SIZE_LIMIT, OCTET_STRING, SEQUENCE, VISIBLE, VISIBLE_STRING, integer_octets

_CONTEXT, _CLASS, _CONSTRUCTED, _NUMBER = 0x80, 0xC0, 0x20, 0x1F


@dataclass(frozen=True, repr=False)
class Block:
    """A SEQUENCE of ISO/IEC 39794.

    :ivar unknown: whole data objects in it that are not read: extensions of the standard, an optional component that breaks the
        schema, one that is there twice.
    """

    unknown: tuple[bytes, ...] = field(default=(), kw_only=True)

    @classmethod
    def read(cls, cursor: TlvCursor) -> Self:
        """The block whose components *cursor* is over.

        :raises TlvError: a component is damaged, or one that is mandatory is missing or breaks the schema.
        :raises LdsError: more than 256 components, or elements in one.
        """
        by_tag = _by_tag(cls)
        values: dict[str, Any] = {}
        unknown: list[bytes] = []
        for tlv in counted(cursor):
            component = by_tag.get(tlv.tag)
            if component is None or component.name in values:
                unknown.append(tlv.raw)
                continue
            try:
                values[component.name] = component.read(tlv)
            except MalformedData:
                if component.required or issubclass(cls, Choice):
                    raise  # what is chosen is all there is
                unknown.append(tlv.raw)
        for component in by_tag.values():
            if component.required and component.name not in values:
                raise cursor.error(f"{component.name} is missing")
        return cls(**values, unknown=tuple(sorted(unknown, key=_number_of)))  # as they are built

    def build(self) -> bytes:
        """The components one after another, by their numbers.

        :raises LdsError: a number of more than 8 octets, or a text with other characters than VisibleString has.
        """
        parts = [(component.number, component.build(value)) for component, value in self._present()]
        parts += [(_number_of(raw), raw) for raw in self.unknown]
        return b"".join(octets for _, octets in sorted(parts, key=itemgetter(0)))

    @property
    def deviations(self) -> tuple[str, ...]:
        """What the standard does not allow, wherever in the block: the names of components with an undefined value or code, a
        forbidden number of elements, no or several alternatives of a CHOICE; ``…-unread`` for those that are kept raw.
        """
        return tuple(dict.fromkeys(self._deviations()))

    def _present(self) -> Iterator[tuple[Component, Any]]:
        for component in components_of(type(self)):
            value = getattr(self, component.name)
            if value is not None and value != ():
                yield component, value

    def _deviations(self) -> Iterator[str]:
        for component, value in self._present():
            if not component.allows(value):
                yield component.word
            for part in value if component.many else (value,):
                if isinstance(part, Block):
                    yield from part._deviations()
        if self.unknown:
            words = {component.number: component.word for component in components_of(type(self))}
            yield from (f"{words[number]}-unread" for raw in self.unknown if (number := _number_of(raw)) in words)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


@dataclass(frozen=True, repr=False)
class Choice(Block):
    """A CHOICE of ISO/IEC 39794: one of its fields is there."""

    @property
    def is_one(self) -> bool:
        """Whether exactly one alternative is there, known or not."""
        return sum(1 for _ in self._present()) + len(self.unknown) == 1


@dataclass(frozen=True, repr=False)
class CodeExtensionBlock(Block):
    """A code that later editions refine.

    :ivar fallback: what it means to those who do not know the refinement.
    """

    fallback: int | None = None


@dataclass(frozen=True, repr=False)
class Code(Choice):
    """A code, in the form of ISO/IEC 39794 or, as ICAO's profile has most of them, as the fallback of an extension block."""

    code: int | None = None
    extension_block: CodeExtensionBlock | None = None

    @property
    def value(self) -> int | None:
        """The code, whichever its form; ``None`` where there is none."""
        if self.code is None and self.extension_block is not None:
            return self.extension_block.fallback
        return self.code

    @classmethod
    def as_fallback(cls, value: int) -> Self:
        """The code in the form of ICAO's profile of ISO/IEC 39794-5."""
        return cls(extension_block=CodeExtensionBlock(value))


@dataclass(frozen=True)
class Component:
    """One field of a block."""

    number: int
    name: str
    kind: type[Any]
    many: bool
    required: bool
    allowed: Container[int | None] | None
    tag: int

    @property
    def word(self) -> str:
        """The name among deviations."""
        return self.name.replace("_", "-")

    def allows(self, value: Any) -> bool:
        """Whether the standard knows *value*."""
        if isinstance(value, Choice) and not value.is_one:
            return False
        if self.allowed is None:
            return True
        if self.many:
            return len(value) in self.allowed
        return (value.value if isinstance(value, Code) else value) in self.allowed

    def read(self, tlv: Tlv) -> Any:
        """The value in a data object.

        :raises TlvError: it has another type.
        """
        if not self.many:
            return _read(self.kind, tlv)
        elements = []
        for element in counted(tlv.children()):
            if element.tag != _element_tag(self.kind):
                raise element.error("an element of another type")
            elements.append(_read(self.kind, element))
        if not elements:
            raise tlv.error("a list without elements")
        return tuple(elements)

    def build(self, value: Any) -> bytes:
        """The data object of *value*.

        :raises LdsError: as :meth:`Block.build`.
        """
        if not self.many:
            return build_tlv(self.tag, _build(value))
        return build_tlv(self.tag, *(build_tlv(_element_tag(self.kind), _build(element)) for element in value))


def components_of(block: type[Block]) -> Iterable[Component]:
    """The components of a block, in their order."""
    return _by_tag(block).values()


def _by_tag(block: type[Block]) -> Mapping[int, Component]:
    if block not in _COMPONENTS:
        _COMPONENTS[block] = {component.tag: component for component in _find_components(block)}
    return _COMPONENTS[block]


def _find_components(block: type[Block]) -> tuple[Component, ...]:
    hints = get_type_hints(block, include_extras=True)
    declared = [one for one in fields(block) if not one.kw_only]
    return tuple(_component(number, one.name, hints[one.name], one.default is MISSING) for number, one in enumerate(declared))


def _component(number: int, name: str, hint: Any, required: bool) -> Component:
    allowed, many = None, False
    while get_args(hint):
        if get_origin(hint) is Annotated:
            hint, values = get_args(hint)
            allowed = values if allowed is None else allowed
        elif get_origin(hint) is tuple:
            hint, many = get_args(hint)[0], True
        else:
            hint = next(kind for kind in get_args(hint) if kind is not NoneType)
    constructed = many or issubclass(hint, Block)
    return Component(number, name, hint, many, required, allowed, _CONTEXT | number | (_CONSTRUCTED if constructed else 0))


def _number_of(raw: bytes) -> int:
    """The number of a data object's context tag; one that no component has for any other tag."""
    first = raw[0] if raw else 0
    return first & _NUMBER if first & _CLASS == _CONTEXT else _NUMBER


def _element_tag(kind: type[Any]) -> int:
    return _ELEMENT_TAGS.get(kind, SEQUENCE)


def _read(kind: type[Any], tlv: Tlv) -> Any:
    return kind.read(tlv.children()) if issubclass(kind, Block) else _READERS[kind](tlv)


def _read_integer(tlv: Tlv) -> int:
    if not 1 <= len(tlv.value) <= INTEGER_SIZE_LIMIT:
        raise tlv.error("not an INTEGER of 1 to 8 octets")
    return int.from_bytes(tlv.value, "big", signed=True)


def _read_boolean(tlv: Tlv) -> bool:
    if len(tlv.value) != 1:
        raise tlv.error("not a BOOLEAN")
    return tlv.value != b"\x00"


def _read_text(tlv: Tlv) -> str:
    text = tlv.value.decode("latin-1")
    if not VISIBLE.issuperset(text):
        raise tlv.error("not a VisibleString")
    return text


def _build_integer(value: int) -> bytes:
    octets = integer_octets(value)
    if len(octets) > INTEGER_SIZE_LIMIT:
        raise LdsError("a number of more than 8 octets")
    return octets


def _build_text(value: str) -> bytes:
    if not VISIBLE.issuperset(value):
        raise LdsError("not a VisibleString")
    return value.encode("ascii")


_COMPONENTS: dict[type[Block], Mapping[int, Component]] = {}
"""Those that have been found already."""
_ELEMENT_TAGS: dict[type[Any], int] = {bytes: OCTET_STRING, str: VISIBLE_STRING}
_READERS: dict[type[Any], Callable[[Tlv], Any]] = {
    int: _read_integer,
    bool: _read_boolean,
    bytes: lambda tlv: tlv.value,
    str: _read_text,
}
_BUILDERS: dict[type[Any], Callable[[Any], bytes]] = {
    int: _build_integer,
    bool: lambda value: b"\xff" if value else b"\x00",
    bytes: lambda value: value,
    str: _build_text,
}


def _build(value: Any) -> bytes:
    # A member of an enumeration is a number too.
    kind = next(kind for kind in (bool, int, bytes, str, Block) if isinstance(value, kind))
    return value.build() if kind is Block else _BUILDERS[kind](value)
