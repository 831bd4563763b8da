# SPDX-License-Identifier: Apache-2.0
"""The data objects of a file, as a tree: tags, names, places, lengths and values; what tells of its holder on demand alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from chipid.errors import MalformedData
from chipid.iso7816.tlv import Tlv, TlvCursor, is_constructed
from chipid.lds.der import read_oid
from chipid.lds.tag_list import TAG_LIST
from chipid.report.printable import printable
from chipid.report.protocol_names import PROTOCOL_NAMES
from chipid.report.redact import Redaction
from chipid.report.schema import Node
from chipid.report.tag_names import name_of

DEPTH_LIMIT = 32
NODE_LIMIT = 5_000
"""Data objects shown; what follows is counted as ``truncated``."""

_TEXT_LIMIT = 80
_INTEGER_LIMIT = 4
_OBJECT_IDENTIFIER, _INTEGER = 0x06, 0x02
_TEXTS = frozenset((0x0C, 0x12, 0x13, 0x14, 0x16, 0x17, 0x18, 0x5F01, 0x5F36))

class Tree(NamedTuple):
    """The data objects of a file.

    :ivar truncated: there are more than :data:`NODE_LIMIT`. :ivar hidden: none are shown, for they are their holder's.
    """

    nodes: tuple[Node, ...] = ()
    truncated: bool = False
    hidden: bool = False


def structure(raw: bytes, redaction: Redaction, *, impersonal: bool = False) -> Tree:
    """The tree of *raw*, one or more data objects.

    :param impersonal: the file holds nothing of its holder: texts, small numbers and object identifiers are shown; keys, hashes
        and signatures never. Of any other file all is shown or nothing, as *redaction* says: the length of a value, or how many
        there are, often tells which one of a few it is, and places tell lengths.
    :raises TlvError: not data objects all through, or nested deeper than :data:`DEPTH_LIMIT`.
    """
    walk = _Walk(redaction, impersonal)
    nodes = walk.nodes(TlvCursor(raw), 0)
    return Tree(nodes, walk.left < 0) if impersonal or redaction.show_personal else Tree(hidden=True)


@dataclass
class _Walk:
    redaction: Redaction
    impersonal: bool
    left: int = NODE_LIMIT

    def nodes(self, cursor: TlvCursor, depth: int) -> tuple[Node, ...]:
        found = []
        for tlv in cursor:
            if depth > DEPTH_LIMIT:
                raise tlv.error("data objects nested too deeply")
            self.left -= 1
            if self.left < 0:
                break
            found.append(self._node(tlv, depth))
        return tuple(found)

    def _node(self, tlv: Tlv, depth: int) -> Node:
        children: tuple[Node, ...] = ()
        value: str | None = None
        if is_constructed(tlv.tag):
            children = self.nodes(tlv.children(), depth + 1)
        else:
            value = _impersonal_value(tlv) if self.impersonal else self.redaction.octets(tlv.value)
        return Node(
            tag=f"{tlv.tag:02X}",
            name=name_of((*tlv.path, tlv.tag)),
            offset=tlv.offset,
            length=tlv.value_end - tlv.value_start,
            value=value,
            children=children,
        )


def _impersonal_value(tlv: Tlv) -> str | None:
    if tlv.tag == _OBJECT_IDENTIFIER:
        return _oid(tlv)
    if tlv.tag == _INTEGER and 1 <= len(tlv.value) <= _INTEGER_LIMIT:
        return str(int.from_bytes(tlv.value, "big", signed=True))
    if tlv.tag == TAG_LIST:
        return tlv.value[:_TEXT_LIMIT].hex(" ").upper()
    if tlv.tag in _TEXTS:
        return printable(tlv.value[:_TEXT_LIMIT].decode("utf-8", "replace"))
    return None


def _oid(tlv: Tlv) -> str | None:
    try:
        oid = read_oid(tlv)
    except MalformedData:
        return None
    name = PROTOCOL_NAMES.get(oid)
    return f"{oid} ({name})" if name else oid
