# SPDX-License-Identifier: Apache-2.0
"""Which instruction a command is: INS, and P1-P2 where they choose (ICAO 9303-10 §3.6, 9303-11)."""

from __future__ import annotations

from enum import Enum, auto

from chipid.iso7816.apdu import CLA_CHAINING, CommandAPDU
from chipid.iso7816.status import SW

CLA_SECURE_MESSAGING = 0x0C
_CLA_INTERINDUSTRY = frozenset((0x00, CLA_CHAINING))


class Instruction(Enum):
    """The instructions that the chip knows."""

    SELECT = auto()
    READ_BINARY = auto()
    READ_BINARY_ODD = auto()
    GET_CHALLENGE = auto()
    EXTERNAL_AUTHENTICATE = auto()
    INTERNAL_AUTHENTICATE = auto()
    GENERAL_AUTHENTICATE = auto()
    SET_AT_PACE = auto()
    SET_AT_CHIP_AUTHENTICATION = auto()
    SET_KAT = auto()
    SET_DST = auto()
    SET_AT_TERMINAL_AUTHENTICATION = auto()
    VERIFY_CERTIFICATE = auto()
    RESET_RETRY_COUNTER = auto()


INS_SELECT = 0xA4
INS_READ_BINARY = 0xB0
INS_READ_BINARY_ODD = 0xB1
INS_GET_CHALLENGE = 0x84
INS_EXTERNAL_AUTHENTICATE = 0x82
INS_INTERNAL_AUTHENTICATE = 0x88
INS_GENERAL_AUTHENTICATE = 0x86
INS_MANAGE_SECURITY_ENVIRONMENT = 0x22
INS_PERFORM_SECURITY_OPERATION = 0x2A
INS_RESET_RETRY_COUNTER = 0x2C

# P1-P2 carry an address here, and the handler reads them.
_ADDRESSED = {
    INS_SELECT: Instruction.SELECT,
    INS_READ_BINARY: Instruction.READ_BINARY,
    INS_READ_BINARY_ODD: Instruction.READ_BINARY_ODD,
}
_CHOSEN_BY_P1_P2 = {
    INS_GET_CHALLENGE: {0x0000: Instruction.GET_CHALLENGE},
    INS_EXTERNAL_AUTHENTICATE: {0x0000: Instruction.EXTERNAL_AUTHENTICATE},
    INS_INTERNAL_AUTHENTICATE: {0x0000: Instruction.INTERNAL_AUTHENTICATE},
    INS_GENERAL_AUTHENTICATE: {0x0000: Instruction.GENERAL_AUTHENTICATE},
    INS_MANAGE_SECURITY_ENVIRONMENT: {
        0xC1A4: Instruction.SET_AT_PACE,
        0x41A4: Instruction.SET_AT_CHIP_AUTHENTICATION,
        0x41A6: Instruction.SET_KAT,
        0x81B6: Instruction.SET_DST,
        0x81A4: Instruction.SET_AT_TERMINAL_AUTHENTICATION,
    },
    INS_PERFORM_SECURITY_OPERATION: {0x00BE: Instruction.VERIFY_CERTIFICATE},
    # P2 is the PIN; P1 says whether a new one comes with it.
    INS_RESET_RETRY_COUNTER: {0x0203: Instruction.RESET_RETRY_COUNTER, 0x0303: Instruction.RESET_RETRY_COUNTER},
}


def is_protected(cla: int) -> bool:
    """Whether a class octet says secure messaging with an authenticated header, the one kind here (9303-11 §9.8.4)."""
    return cla & ~CLA_CHAINING == CLA_SECURE_MESSAGING


def is_chained(command: CommandAPDU) -> bool:
    """Whether more commands of the same protocol run follow."""
    return bool(command.cla & CLA_CHAINING)


def instruction_of(command: CommandAPDU) -> Instruction | SW:
    """What a plain command asks for, or the status word that refuses it."""
    if command.cla not in _CLA_INTERINDUSTRY:
        return SW.WRONG_CLA
    instruction = _ADDRESSED.get(command.ins)
    if instruction is None:
        choices = _CHOSEN_BY_P1_P2.get(command.ins)
        if choices is None:
            return SW.WRONG_INS
        instruction = choices.get(command.p1 << 8 | command.p2)
        if instruction is None:
            return SW.WRONG_P1_P2
    if is_chained(command) and instruction is not Instruction.GENERAL_AUTHENTICATE:
        return SW.NO_CHAINING
    return instruction
