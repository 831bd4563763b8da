# SPDX-License-Identifier: Apache-2.0
"""Which instruction a command is: INS, and P1-P2 where they choose (ICAO 9303-10 §3.6, 9303-11)."""

from __future__ import annotations

from enum import Enum, auto

from chipid.iso7816.apdu import CLA_CHAINING, CommandAPDU
from chipid.iso7816.instructions import INS
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


# P1-P2 carry an address here, and the handler reads them.
_ADDRESSED: dict[int, Instruction] = {
    INS.SELECT: Instruction.SELECT,
    INS.READ_BINARY: Instruction.READ_BINARY,
    INS.READ_BINARY_ODD: Instruction.READ_BINARY_ODD,
}
_CHOSEN_BY_P1_P2: dict[int, dict[int, Instruction]] = {
    INS.GET_CHALLENGE: {0x0000: Instruction.GET_CHALLENGE},
    INS.EXTERNAL_AUTHENTICATE: {0x0000: Instruction.EXTERNAL_AUTHENTICATE},
    INS.INTERNAL_AUTHENTICATE: {0x0000: Instruction.INTERNAL_AUTHENTICATE},
    INS.GENERAL_AUTHENTICATE: {0x0000: Instruction.GENERAL_AUTHENTICATE},
    INS.MANAGE_SECURITY_ENVIRONMENT: {
        0xC1A4: Instruction.SET_AT_PACE,
        0x41A4: Instruction.SET_AT_CHIP_AUTHENTICATION,
        0x41A6: Instruction.SET_KAT,
        0x81B6: Instruction.SET_DST,
        0x81A4: Instruction.SET_AT_TERMINAL_AUTHENTICATION,
    },
    INS.PERFORM_SECURITY_OPERATION: {0x00BE: Instruction.VERIFY_CERTIFICATE},
    # P2 is the PIN; P1 says whether a new one comes with it.
    INS.RESET_RETRY_COUNTER: {0x0203: Instruction.RESET_RETRY_COUNTER, 0x0303: Instruction.RESET_RETRY_COUNTER},
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
