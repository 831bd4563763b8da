# SPDX-License-Identifier: Apache-2.0
"""A chip's PACE behind plain commands, whose answers may be changed on their way."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chipid.crypto.random import RandomSource
from chipid.iso7816.apdu import CommandAPDU, ResponseAPDU
from chipid.iso7816.tlv import build_tlv, parse_tlv
from chipid.lds.security_infos import SecurityInfo, SecurityInfos
from chipid.protocols.pace import PaceChip, PaceSecrets

Tamper = Callable[[int, ResponseAPDU], ResponseAPDU]
"""Sees the step, 0 for MSE:Set AT, and the answer to it, and gives the one that arrives."""


def untouched(_step: int, response: ResponseAPDU) -> ResponseAPDU:
    return response


class PaceWire:
    """:ivar commands: what the terminal has sent."""

    def __init__(
        self, infos: Sequence[SecurityInfo], secrets: PaceSecrets, random: RandomSource, tamper: Tamper = untouched
    ) -> None:
        self.chip = PaceChip(SecurityInfos.of(infos), secrets, random)
        self.tamper = tamper
        self.commands: list[CommandAPDU] = []

    def transmit(self, raw: bytes) -> bytes:
        command = CommandAPDU.from_bytes(raw)
        self.commands.append(command)
        return self.tamper(len(self.commands) - 1, self.answer(command)).to_bytes()

    def answer(self, command: CommandAPDU) -> ResponseAPDU:
        if command.ins == 0x22:
            return ResponseAPDU(b"", self.chip.set_at(command.data))
        return ResponseAPDU(*self.chip.general_authenticate(command.data, command.cla == 0x00))


def at(step: int, change: Callable[[ResponseAPDU], ResponseAPDU]) -> Tamper:
    """The answer to that step alone."""
    return lambda here, response: change(response) if here == step else response


def answers(*objects: bytes) -> Callable[[ResponseAPDU], ResponseAPDU]:
    """These data objects instead of the chip's."""
    return lambda _response: ResponseAPDU(build_tlv(0x7C, *objects), 0x9000)


def value_of(data: bytes) -> bytes:
    """Of the one data object of a step, either way."""
    return parse_tlv(data, 0x7C).children().read().value
