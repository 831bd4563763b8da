# SPDX-License-Identifier: Apache-2.0
"""Instruction bytes (ISO 7816-4 §5.4.2)."""

from __future__ import annotations

from enum import IntEnum


class INS(IntEnum):
    """The instructions of the LDS and of its protocols (ICAO 9303-10 §3.6, 9303-11); any other value may occur."""

    MANAGE_SECURITY_ENVIRONMENT = 0x22
    PERFORM_SECURITY_OPERATION = 0x2A
    RESET_RETRY_COUNTER = 0x2C
    EXTERNAL_AUTHENTICATE = 0x82
    GET_CHALLENGE = 0x84
    GENERAL_AUTHENTICATE = 0x86
    INTERNAL_AUTHENTICATE = 0x88
    SELECT = 0xA4
    READ_BINARY = 0xB0
    READ_BINARY_ODD = 0xB1
