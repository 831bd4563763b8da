# SPDX-License-Identifier: Apache-2.0
"""However long a row of data objects is that a file may hold beyond what the standard names: it is counted."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chipid.errors import LdsError
from chipid.iso7816.tlv import build_tlv
from chipid.lds.com import EfCom
from chipid.lds.data_objects import OBJECT_LIMIT
from chipid.lds.dg2 import Dg2
from chipid.lds.dg3 import Dg3
from chipid.lds.dir import EfDir
from chipid.lds.sod import LDSSecurityObject

AID = b"\x4f\x01\x01"
BLOCK = build_tlv(0x5F2E, b"a record of no known format")
COM = (b"\x5f\x01\x040107", b"\x5f\x36\x06040000", b"\x5c\x00")
SIGNED = LDSSecurityObject.over({1: b"one", 2: b"two"}, lds_version="0107", unicode_version="040000").build()
EMPTY = b"\x50\x00"

# What parses the octets, the tags that lead to the row, what stands before it, and how many of these count
ROWS: dict[str, tuple[Callable[[bytes], object], tuple[int, ...], bytes, int]] = {
    "application template": (EfDir.parse, (0x61,), AID, 1),
    "EF.COM": (EfCom.parse, (0x60,), b"".join(COM), 0),
    "DG2": (Dg2.parse, (0x75,), build_tlv(0x7F61, b"\x02\x01\x00"), 0),
    "DG3": (Dg3.parse, (0x63,), build_tlv(0x7F61, b"\x02\x01\x00"), 0),
    "group": (Dg2.parse, (0x75, 0x7F61), b"\x02\x01\x00", 0),
    "template": (Dg2.parse, (0x75, 0x7F61, 0x7F60), BLOCK, 1),
    "security object": (LDSSecurityObject.parse, (0x30,), SIGNED[2:], 0),
}


@pytest.mark.parametrize("row", ROWS)
def test_data_objects_are_counted(row: str) -> None:
    parse, path, before, counted = ROWS[row]

    def file(size: int) -> bytes:
        raw = before + EMPTY * (size - counted)
        for tag in reversed(path):
            raw = build_tlv(tag, raw)
        return raw

    parse(file(OBJECT_LIMIT))
    raw = file(OBJECT_LIMIT + 1)
    with pytest.raises(LdsError, match=f"more than {OBJECT_LIMIT}") as error:
        parse(raw)
    assert (error.value.offset, error.value.path) == (len(raw) - len(EMPTY), path)
