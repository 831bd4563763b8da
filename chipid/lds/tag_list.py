# SPDX-License-Identifier: Apache-2.0
"""Tag lists, data object 5C: tags one after another, without lengths (ISO 7816-4 §8.5.1; EF.COM, DG11, DG12)."""

from __future__ import annotations

from collections.abc import Iterable

from chipid.errors import LdsError
from chipid.iso7816.tlv import Tlv, build_tlv

TAG_LIST = 0x5C
TAG_LIST_LIMIT = 64


def read_tag_list(tag_list: Tlv) -> tuple[int, ...]:
    """The tags in data object 5C, of one octet, or of up to four where the first one says so.

    :raises LdsError: it has more than :data:`TAG_LIST_LIMIT` octets.
    :raises TlvError: it ends within a tag.
    """
    if len(tag_list.value) > TAG_LIST_LIMIT:
        message = f"a tag list has at most {TAG_LIST_LIMIT} octets"
        raise LdsError(message, offset=tag_list.offset, path=tag_list.path)
    tags: list[int] = []
    octets = tag_list.value
    while octets:
        size = 1
        if octets[0] & 0x1F == 0x1F:
            size = next((place for place in range(2, 5) if octets[place - 1 : place] and not octets[place - 1] & 0x80), 0)
            if not size:
                raise tag_list.error("a tag list that ends within a tag")
        tags.append(int.from_bytes(octets[:size], "big"))
        octets = octets[size:]
    return tuple(tags)


def build_tag_list(tags: Iterable[int]) -> bytes:
    """Data object 5C with *tags*."""
    return build_tlv(TAG_LIST, *(tag.to_bytes((tag.bit_length() + 7) // 8 or 1, "big") for tag in tags))
