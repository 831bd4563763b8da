# SPDX-License-Identifier: Apache-2.0
"""Biometric information templates: what DG2, DG3 and DG4 wrap their records in (ICAO 9303-10 §4.7.2.1, ISO 7816-11, CBEFF)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol, Self

from chipid.errors import LdsError
from chipid.iso7816.tlv import Tlv, TlvCursor, build_tlv
from chipid.lds.biometrics.encoded_image import IMAGE_LIMIT
from chipid.lds.data_objects import children, counted
from chipid.lds.der import INTEGER, build_integer, read_integer
from chipid.lds.image import ImageFormat

GROUP = 0x7F61
TEMPLATE = 0x7F60
HEADER = 0xA1
BLOCK = 0x5F2E
CONSTRUCTED_BLOCK = 0x7F2E  # ISO/IEC 39794, and seen around ISO/IEC 19794 records too

VERSION = 0x80
BIOMETRIC_TYPE = 0x81
BIOMETRIC_SUBTYPE = 0x82
CREATION_DATE = 0x83
VALIDITY_PERIOD = 0x85
CREATOR = 0x86
FORMAT_OWNER = 0x87
FORMAT_TYPE = 0x88

HEADER_VERSION = bytes.fromhex("0101")
FORMAT_OWNER_SC37 = 0x0101
"""ISO/IEC JTC 1/SC 37, the owner of every format in ISO/IEC 19794 and 39794."""

HEADER_ELEMENT_LIMIT = 32

# ICAO 9303-10 Table 47
_ELEMENT_SIZES = {
    VERSION: (2,),
    BIOMETRIC_TYPE: (1, 2, 3),
    BIOMETRIC_SUBTYPE: (1,),
    CREATION_DATE: (7,),
    VALIDITY_PERIOD: (8,),
    CREATOR: (4,),
    FORMAT_OWNER: (2,),
    FORMAT_TYPE: (2,),
}


@dataclass(frozen=True)
class BiometricHeader:
    """A biometric header template, data object A1.

    :ivar elements: (tag, value) in the file's order, unknown ones included.
    """

    elements: tuple[tuple[int, bytes], ...] = field(default=(), repr=False)

    def element(self, tag: int) -> bytes | None:
        """The value of the first element with *tag*, or ``None``."""
        return next((value for here, value in self.elements if here == tag), None)

    def number(self, tag: int) -> int | None:
        """As :meth:`element`, as an unsigned number."""
        value = self.element(tag)
        return None if value is None else int.from_bytes(value, "big")

    @classmethod
    def read(cls, children: TlvCursor) -> Self:
        """A header from the data objects in A1.

        :raises LdsError: there are more than 32.
        """
        elements: list[tuple[int, bytes]] = []
        for element in children:
            if len(elements) == HEADER_ELEMENT_LIMIT:
                message = f"more than {HEADER_ELEMENT_LIMIT} elements in a biometric header"
                raise LdsError(message, offset=element.offset, path=element.path)
            elements.append((element.tag, element.value))
        return cls(tuple(elements))

    @classmethod
    def of(cls, biometric_type: int, subtype: int, format_type: int, *others: tuple[int, bytes]) -> Self:
        """The header of a record in a format of ISO/IEC JTC 1/SC 37.

        :param others: further elements, such as ``(CREATION_DATE, …)``.
        """
        elements = (
            (VERSION, HEADER_VERSION),
            (BIOMETRIC_TYPE, bytes((biometric_type,))),
            (BIOMETRIC_SUBTYPE, bytes((subtype,))),
            (FORMAT_OWNER, FORMAT_OWNER_SC37.to_bytes(2, "big")),
            (FORMAT_TYPE, format_type.to_bytes(2, "big")),
        )
        return cls(tuple(sorted((*elements, *others))))

    @property
    def deviations(self) -> tuple[str, ...]:
        """``header-NN`` for each element that is missing though required, or of a size that Table 47 does not know."""
        wrong = {tag for tag, value in self.elements if len(value) not in _ELEMENT_SIZES.get(tag, (len(value),))}
        wrong |= {tag for tag in (FORMAT_OWNER, FORMAT_TYPE) if self.element(tag) is None}
        return tuple(f"header-{tag:02x}" for tag in sorted(wrong))

    def build(self) -> bytes:
        """Data object A1."""
        return build_tlv(HEADER, *(build_tlv(tag, value) for tag, value in self.elements))


class EncodedImage(Protocol):
    """What every image has, whatever the format of its record.

    :ivar image: the image file, or pixels where *format* is ``RAW``.
    :ivar width: in pixels, *height* likewise; 0 where nothing says it.
    :ivar deviations: how the image, and what is said of it, deviates from its standard.
    """

    @property
    def image(self) -> bytes: ...  # noqa: D102 - said above, as all of these
    @property
    def format(self) -> ImageFormat: ...  # noqa: D102
    @property
    def width(self) -> int: ...  # noqa: D102
    @property
    def height(self) -> int: ...  # noqa: D102
    @property
    def deviations(self) -> tuple[str, ...]: ...  # noqa: D102


class Record(Protocol):
    """The content of a biometric data block."""

    @property
    def images(self) -> tuple[EncodedImage, ...]:
        """Its images in order."""

    @property
    def deviations(self) -> tuple[str, ...]:
        """How it deviates from its standard, its images included."""

    def build(self) -> bytes:
        """Its octets."""


RecordReader = Callable[[Tlv], Record]
"""Reads the record in the data object that holds it."""


@dataclass(frozen=True)
class BiometricTemplate:
    """One header and one biometric data block.

    :ivar block_tag: ``5F2E`` or ``7F2E``.
    :ivar objects: other data objects in the template, whole; they are built behind the block.
    """

    header: BiometricHeader
    record: Record
    block_tag: int = BLOCK
    objects: tuple[bytes, ...] = field(default=(), repr=False)

    def build(self) -> bytes:
        """Data object 7F60."""
        return build_tlv(TEMPLATE, self.header.build(), build_tlv(self.block_tag, self.record.build()), *self.objects)


@dataclass(frozen=True)
class BiometricGroup:
    """The templates of a data group.

    :ivar objects: other data objects in the group, whole; they are built behind the templates.
    """

    templates: tuple[BiometricTemplate, ...]
    objects: tuple[bytes, ...] = field(default=(), repr=False)

    def build(self) -> bytes:
        """Data object 7F61.

        :raises LdsError: more than 32 templates.
        """
        if len(self.templates) > IMAGE_LIMIT:
            raise LdsError(f"more than {IMAGE_LIMIT} biometric templates")
        return build_tlv(GROUP, build_integer(len(self.templates)), *(one.build() for one in self.templates), *self.objects)


def read_group(group: Tlv, read: RecordReader) -> tuple[BiometricGroup, tuple[str, ...]]:
    """A 7F61, and how it deviates from the standard; what its records say of themselves is theirs.

    Deviations: ``instances-missing``, ``instances-differ``, ``header-missing``, ``header-NN``, ``header-place`` (it
    stands behind the block), ``unknown-object``.

    :raises TlvError: it is no group of templates.
    :raises LdsError: it holds more than 32, or more than 256 data objects, or as *read*.
    """
    cursor = group.children()
    announced = read_integer(cursor.read()) if cursor.peek() == INTEGER else None
    templates: list[BiometricTemplate] = []
    objects: list[bytes] = []
    deviations: list[str] = []
    for child in counted(cursor):
        if child.tag != TEMPLATE:
            objects.append(child.raw)
            continue
        if len(templates) == IMAGE_LIMIT:
            raise LdsError(f"more than {IMAGE_LIMIT} biometric templates", offset=child.offset, path=child.path)
        template, more = read_template(child, read)
        templates.append(template)
        deviations += more
    deviations += _unknown(objects)
    if announced is None:
        deviations.append("instances-missing")
    elif announced != len(templates):
        deviations.append("instances-differ")
    return BiometricGroup(tuple(templates), tuple(objects)), tuple(deviations)


def read_template(template: Tlv, read: RecordReader) -> tuple[BiometricTemplate, tuple[str, ...]]:
    """One 7F60, and its deviations as in :func:`read_group`.

    :raises TlvError: it is no template, or holds no block or more than one.
    :raises LdsError: it holds more than 256 data objects, its header more than 32 elements, or as *read*.
    """
    header: BiometricHeader | None = None
    block: Tlv | None = None
    objects: list[bytes] = []
    deviations: list[str] = []
    for child in children(template):
        if child.tag == HEADER and header is None:
            header = BiometricHeader.read(child.children())
            deviations += ["header-place"] if block is not None else []
        elif child.tag in (BLOCK, CONSTRUCTED_BLOCK):
            if block is not None:
                raise child.error("a second biometric data block in one template")
            block = child
        else:
            objects.append(child.raw)
    if block is None:
        raise template.error("no biometric data block")
    deviations += ("header-missing",) if header is None else header.deviations
    found = BiometricTemplate(header or BiometricHeader(), read(block), block.tag, tuple(objects))
    return found, (*deviations, *_unknown(objects))


def _unknown(objects: Iterable[bytes]) -> tuple[str, ...]:
    return ("unknown-object",) if tuple(objects) else ()
