# SPDX-License-Identifier: Apache-2.0
"""Status words (ISO 7816-4 §5.6)."""

from __future__ import annotations

from enum import IntEnum


class SW(IntEnum):
    """The status words that the protocols give a meaning to; any other value may occur."""

    OK = 0x9000
    END_OF_FILE = 0x6282
    AUTHENTICATION_FAILED = 0x6300
    WRONG_LENGTH = 0x6700
    NO_CHAINING = 0x6884
    LAST_COMMAND_EXPECTED = 0x6883
    SECURITY_STATUS = 0x6982
    AUTHENTICATION_BLOCKED = 0x6983
    CONDITIONS_NOT_SATISFIED = 0x6985
    NO_CURRENT_EF = 0x6986
    SM_OBJECT_MISSING = 0x6987
    SM_OBJECT_INCORRECT = 0x6988
    WRONG_DATA = 0x6A80
    FUNCTION_NOT_SUPPORTED = 0x6A81
    FILE_NOT_FOUND = 0x6A82
    WRONG_P1_P2 = 0x6A86
    WRONG_LC_FOR_P1_P2 = 0x6A87
    REFERENCE_NOT_FOUND = 0x6A88
    WRONG_OFFSET = 0x6B00
    WRONG_INS = 0x6D00
    WRONG_CLA = 0x6E00
    UNKNOWN_ERROR = 0x6F00


def attempts_left(sw: int) -> int | None:
    """The retry counter of ``63Cx``, ``None`` for any other status word."""
    return sw & 0x0F if sw & 0xFFF0 == 0x63C0 else None
