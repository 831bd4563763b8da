# SPDX-License-Identifier: Apache-2.0
"""Data objects one after another, counted: each costs fifty times its two octets once it is read, and files are hostile."""

from __future__ import annotations

from collections.abc import Iterator

from chipid.errors import LdsError
from chipid.iso7816.tlv import Tlv, TlvCursor

OBJECT_LIMIT = 256
"""Data objects in a file or template; real ones have a dozen."""


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
