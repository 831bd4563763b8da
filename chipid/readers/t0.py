# SPDX-License-Identifier: Apache-2.0
"""Commands on a card that speaks T=0, which carries data one way at a time (ISO 7816-3 §12.2)."""

from __future__ import annotations

from collections.abc import Callable

from chipid.errors import TransmitFailed
from chipid.iso7816.apdu import CommandAPDU

PARTS_LIMIT = 260
"""Parts after which an answer is given up: so many carry 64 KiB."""

_GET_RESPONSE = bytes((0x00, 0xC0, 0x00, 0x00))


def transmit_t0(command: bytes, exchange: Callable[[bytes], bytes]) -> bytes:
    """One short command APDU, as the exchanges that T=0 makes of it.

    Le is corrected after 6Cxx, the answer fetched after 61xx.

    :param exchange: carries one command TPDU and returns at least a status word.
    :raises TransmitFailed: extended length, for which T=0 has no form that cards agree on; an answer that never ends.
    """
    apdu = CommandAPDU.from_bytes(command)
    if apdu.is_extended:
        hint = "Read the card without extended length, or contactless."
        raise TransmitFailed("a T=0 card takes short commands alone", hint=hint)
    response = exchange(command[:-1] if apdu.data and apdu.le is not None else command)
    if len(response) == 2 and response[0] == 0x6C and not apdu.data:
        return exchange(command[:4] + response[1:])
    data = b""
    for _ in range(PARTS_LIMIT):
        if response[-2] != 0x61:
            return data + response
        data += response[:-2]
        response = exchange(_GET_RESPONSE + response[-1:])
    raise TransmitFailed("the card's answer does not end")
