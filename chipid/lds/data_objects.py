# SPDX-License-Identifier: Apache-2.0
"""Data objects one after another, counted: each costs fifty times its two octets once it is read, and files are hostile."""

from __future__ import annotations

from collections.abc import Iterator

from chipid.errors import LdsError, TlvError
from chipid.iso7816.tlv import Tlv, TlvCursor, is_constructed

OBJECT_LIMIT = 256
"""Data objects in a file or template; real ones have a dozen."""
ROW_LIMIT = 64
"""Data objects in a file that is a row of them."""
_PADDING = b"\x00\xff"  # ISO 7816-4 §5.2.2.1 allows zeros around data objects; memory that was never written is FF


def counted(cursor: TlvCursor) -> Iterator[Tlv]:
    """The data objects that *cursor* has still to read.

    :raises TlvError: they are damaged.
    :raises LdsError: more than :data:`OBJECT_LIMIT`.
    """
    for count, tlv in enumerate(cursor):
        if count == OBJECT_LIMIT:
            raise LdsError(f"more than {OBJECT_LIMIT} data objects", offset=tlv.offset, path=tlv.path)
        yield tlv


def children(outer: Tlv) -> list[Tlv]:
    """The data objects in *outer*; raises as :func:`counted`."""
    return list(counted(outer.children()))


def row(raw: bytes) -> tuple[list[Tlv], bool]:
    """The data objects of a file that is a row of them, and whether padding stands around them: octets 00 or FF.

    :raises TlvError: they are damaged.
    :raises LdsError: more than :data:`ROW_LIMIT`.
    """
    objects: list[Tlv] = []
    place, padded = 0, False
    while place < len(raw):
        if raw[place] in _PADDING:
            place, padded = place + 1, True
            continue
        if len(objects) == ROW_LIMIT:
            raise LdsError(f"more than {ROW_LIMIT} data objects", offset=place)
        objects.append(TlvCursor(raw, place).read())
        place = objects[-1].end
    return objects, padded


def limit_all(outer: Tlv, limit: int) -> None:
    """Look whether there are more than *limit* data objects in *outer*, at whatever depth, before time is spent on reading them.

    :raises LdsError: there are.
    """
    count, cursors = 0, [outer.children()]
    while cursors:
        try:
            for tlv in cursors.pop():
                count += 1
                if count > limit:
                    raise LdsError(f"more than {limit} data objects, at whatever depth", offset=tlv.offset, path=tlv.path)
                if is_constructed(tlv.tag):
                    cursors.append(tlv.children())
        except TlvError:
            continue  # told by whoever reads it, or kept as it stands
