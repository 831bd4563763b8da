# SPDX-License-Identifier: Apache-2.0
"""GENERAL AUTHENTICATE and MSE:Set as PACE and Chip Authentication use them (ICAO 9303-11 §4.4.4, §6.2.4; ISO 7816-4)."""

from __future__ import annotations

from chipid.errors import MalformedData
from chipid.iso7816.apdu import CLA_CHAINING, SHORT_LE_MAX, CommandAPDU
from chipid.iso7816.instructions import INS
from chipid.iso7816.tlv import TlvCursor, build_tlv, parse_tlv

DYNAMIC_AUTHENTICATION_DATA = 0x7C
CRYPTOGRAPHIC_MECHANISM = 0x80
PASSWORD_REFERENCE = PUBLIC_KEY_REFERENCE = 0x83
KEY_REFERENCE = 0x84
EPHEMERAL_PUBLIC_KEY = 0x91


def set_security_environment(p1: int, p2: int, *objects: bytes) -> CommandAPDU:
    """MSE:Set without Le, which some chips refuse here (quirks: German cards)."""
    return CommandAPDU(0x00, INS.MANAGE_SECURITY_ENVIRONMENT, p1, p2, b"".join(objects))


def general_authenticate(*objects: bytes, last: bool = True) -> CommandAPDU:
    """*objects* in one Dynamic Authentication Data object; every command of a chain but the last has CLA 10 (§4.4.4.3)."""
    data = build_tlv(DYNAMIC_AUTHENTICATION_DATA, *objects)
    return CommandAPDU(0x00 if last else CLA_CHAINING, INS.GENERAL_AUTHENTICATE, 0x00, 0x00, data, SHORT_LE_MAX)


def dynamic_authentication_data(data: bytes) -> TlvCursor:
    """The objects inside the one Dynamic Authentication Data object that *data* has to be.

    :raises TlvError: it is anything else.
    """
    return parse_tlv(data, DYNAMIC_AUTHENTICATION_DATA).children()


def only_object(data: bytes, tag: int) -> bytes:
    """The value of the object *tag*, alone in Dynamic Authentication Data.

    :raises TlvError: it is missing, or has company.
    """
    objects = dynamic_authentication_data(data)
    value = objects.expect(tag).value
    objects.finish()
    return value


def reference(number: int) -> bytes:
    """A key or parameter identifier as an unsigned integer of as few octets as it takes, at least one.

    :raises MalformedData: *number* is negative, which an INTEGER of the chip may be.
    """
    if number < 0:
        raise MalformedData("a key reference is negative")
    return number.to_bytes((number.bit_length() + 7) // 8 or 1, "big")
