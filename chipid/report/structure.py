# SPDX-License-Identifier: Apache-2.0
"""The data objects of a file, as a tree: tags, names, places and lengths, and the few values that are no one's personal data."""

from __future__ import annotations

from dataclasses import dataclass

from chipid.errors import MalformedData
from chipid.iso7816.file_ids import FileId
from chipid.iso7816.tlv import Tlv, TlvCursor, is_constructed
from chipid.lds.der import read_oid
from chipid.report.printable import printable
from chipid.report.protocol_names import PROTOCOL_NAMES
from chipid.report.redact import Redaction
from chipid.report.schema import Node

DEPTH_LIMIT = 32
NODE_LIMIT = 5_000
"""Data objects shown; what follows is counted as ``truncated``."""

_TEXT_LIMIT = 80
_INTEGER_LIMIT = 4
_OBJECT_IDENTIFIER, _INTEGER = 0x06, 0x02
_TEXTS = frozenset((0x0C, 0x12, 0x13, 0x14, 0x16, 0x17, 0x18, 0x5F01, 0x5F36))
_TAG_LIST = 0x5C

_NAMES = {file.tag: file.label for file in FileId if file.tag is not None} | {
    0x01: "BOOLEAN",
    0x02: "INTEGER",
    0x03: "BIT STRING",
    0x04: "OCTET STRING",
    0x05: "NULL",
    0x06: "OBJECT IDENTIFIER",
    0x0C: "UTF8String",
    0x13: "PrintableString",
    0x14: "TeletexString",
    0x16: "IA5String",
    0x17: "UTCTime",
    0x18: "GeneralizedTime",
    0x30: "SEQUENCE",
    0x31: "SET",
    0x5C: "tag list",
    0x5F01: "LDS version",
    0x5F1F: "machine readable zone",
    0x5F2E: "biometric data block",
    0x5F36: "Unicode version",
    0x7F2E: "biometric data block",
    0x7F60: "biometric information template",
    0x7F61: "biometric information group template",
}


def structure(raw: bytes, redaction: Redaction, *, impersonal: bool = False) -> tuple[tuple[Node, ...], bool]:
    """The tree of *raw*, one or more data objects, and whether it was cut at :data:`NODE_LIMIT`.

    :param impersonal: the file holds nothing of its holder: texts, small numbers and object identifiers are shown; keys, hashes
        and signatures never. Otherwise every value goes through *redaction*.
    :raises TlvError: not data objects all through, or nested deeper than :data:`DEPTH_LIMIT`.
    """
    walk = _Walk(redaction, impersonal)
    return walk.nodes(TlvCursor(raw), 0), walk.left < 0


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
        redacted = False
        if is_constructed(tlv.tag):
            children = self.nodes(tlv.children(), depth + 1)
        elif self.impersonal:
            value = _impersonal_value(tlv)
        else:
            value = self.redaction.octets(tlv.value)
            redacted = value is None and tlv.value != b""
        return Node(
            tag=f"{tlv.tag:02X}",
            name=_NAMES.get(tlv.tag),
            offset=tlv.offset,
            length=tlv.value_end - tlv.value_start,
            value=value,
            redacted=redacted,
            children=children,
        )


def _impersonal_value(tlv: Tlv) -> str | None:
    if tlv.tag == _OBJECT_IDENTIFIER:
        return _oid(tlv)
    if tlv.tag == _INTEGER and 1 <= len(tlv.value) <= _INTEGER_LIMIT:
        return str(int.from_bytes(tlv.value, "big", signed=True))
    if tlv.tag == _TAG_LIST:
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
