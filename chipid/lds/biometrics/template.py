# SPDX-License-Identifier: Apache-2.0
"""Biometric information templates: what DG2, DG3 and DG4 wrap their records in (ICAO 9303-10 §4.7.2.1, ISO 7816-11, CBEFF)."""

from __future__ import annotations

from dataclasses import dataclass, field

from chipid.errors import LdsError
from chipid.iso7816.tlv import Tlv, TlvCursor, build_tlv
from chipid.lds.der import INTEGER, build_integer, read_integer

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

TEMPLATE_LIMIT = 32
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

    @property
    def deviations(self) -> tuple[str, ...]:
        """``header-NN`` for each element that is missing though required, or of a size that Table 47 does not know."""
        wrong = {tag for tag, value in self.elements if len(value) not in _ELEMENT_SIZES.get(tag, (len(value),))}
        wrong |= {tag for tag in (FORMAT_OWNER, FORMAT_TYPE) if self.element(tag) is None}
        return tuple(f"header-{tag:02x}" for tag in sorted(wrong))

    def build(self) -> bytes:
        """Data object A1."""
        return build_tlv(HEADER, *(build_tlv(tag, value) for tag, value in self.elements))


@dataclass(frozen=True)
class BiometricTemplate:
    """One header and one biometric data block.

    :ivar block: the biometric data block, whatever its format.
    :ivar block_tag: ``5F2E`` or ``7F2E``.
    :ivar block_offset: where *block* starts in the file it was read from.
    """

    header: BiometricHeader
    block: bytes = field(repr=False)
    block_tag: int = BLOCK
    block_offset: int = field(default=0, compare=False, repr=False)

    def build(self) -> bytes:
        """Data object 7F60."""
        return build_tlv(TEMPLATE, self.header.build(), build_tlv(self.block_tag, self.block))


def read_group(group: Tlv) -> tuple[tuple[BiometricTemplate, ...], tuple[str, ...]]:
    """The templates in a 7F61, and how the group deviates from the standard.

    Deviations: ``instances-missing``, ``instances-differ``, ``header-missing``, ``header-NN``, ``unknown-object``.

    :raises TlvError: it is no group of templates.
    :raises LdsError: it holds more than 32.
    """
    children = group.children()
    announced = read_integer(children.read()) if children.peek() == INTEGER else None
    templates: list[BiometricTemplate] = []
    deviations: list[str] = []
    for child in children:
        if child.tag != TEMPLATE:
            deviations.append("unknown-object")
            continue
        if len(templates) == TEMPLATE_LIMIT:
            raise LdsError(f"more than {TEMPLATE_LIMIT} biometric templates", offset=child.offset, path=child.path)
        template, more = read_template(child)
        templates.append(template)
        deviations += more
    if announced is None:
        deviations.append("instances-missing")
    elif announced != len(templates):
        deviations.append("instances-differ")
    return tuple(templates), tuple(deviations)


def read_template(template: Tlv) -> tuple[BiometricTemplate, tuple[str, ...]]:
    """One 7F60, and its deviations as in :func:`read_group`.

    :raises TlvError: it is no template, or holds no block or more than one.
    :raises LdsError: its header holds more than 32 elements.
    """
    header: BiometricHeader | None = None
    block: Tlv | None = None
    deviations: list[str] = []
    for child in template.children():
        if child.tag == HEADER and header is None:
            header = _read_header(child.children())
        elif child.tag in (BLOCK, CONSTRUCTED_BLOCK):
            if block is not None:
                raise child.error("a second biometric data block in one template")
            block = child
        else:
            deviations.append("unknown-object")
    if block is None:
        raise template.error("no biometric data block")
    if header is None:
        deviations.append("header-missing")
    else:
        deviations += header.deviations
    found = BiometricTemplate(header or BiometricHeader(), block.value, block.tag, block.value_start)
    return found, tuple(deviations)


def build_group(templates: tuple[BiometricTemplate, ...]) -> bytes:
    """Data object 7F61 around *templates*.

    :raises LdsError: there are more than 32.
    """
    if len(templates) > TEMPLATE_LIMIT:
        raise LdsError(f"more than {TEMPLATE_LIMIT} biometric templates")
    return build_tlv(GROUP, build_integer(len(templates)), *(template.build() for template in templates))


def _read_header(children: TlvCursor) -> BiometricHeader:
    elements: list[tuple[int, bytes]] = []
    for element in children:
        if len(elements) == HEADER_ELEMENT_LIMIT:
            message = f"more than {HEADER_ELEMENT_LIMIT} elements in a biometric header"
            raise LdsError(message, offset=element.offset, path=element.path)
        elements.append((element.tag, element.value))
    return BiometricHeader(tuple(elements))
