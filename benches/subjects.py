# SPDX-License-Identifier: Apache-2.0
"""What Python's side of the benchmarks measures, prepared so that nothing else is in the loop."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from chipid.evidence import Evidence
from chipid.iso7816.apdu import CommandAPDU, ResponseAPDU
from chipid.iso7816.dialogue import observed, run
from chipid.iso7816.file_ids import FileId
from chipid.issuing.pki import TestCsca
from chipid.lds.dg1 import Dg1
from chipid.lds.mrz import Mrz
from chipid.lds.security_infos import PaceInfo, SecurityInfos
from chipid.pki.trust_store import TrustStore
from chipid.protocols.pace import PaceChip, PaceSecrets, pace, pace_choice
from chipid.protocols.password import Password, PasswordKind
from chipid.verification.passive_auth import passive_authentication

AT = datetime(2026, 1, 1, tzinfo=UTC)
PACE_INFO = PaceInfo("0.4.0.127.0.7.2.2.4.2.2", 2, 13)  # ECDH, generic mapping, AES-128, on brainpoolP256r1
ZONE = "IDVNM0990123459001099012345<<09909173M3909171VNM<<<<<<<<<<<0NGUYEN<<VAN<AN<<<<<<<<<<<<<<<<"


def python_side() -> dict[str, tuple[Callable[[], object], int]]:
    """Each subject by the name of its limit: what to call, and how often a round."""
    return {
        "PACE-GM terminal, brainpoolP256r1": (pace_terminal(), 20),
        "passive authentication, brainpoolP384r1": (passive(), 10),
    }


def fixed_random() -> Callable[[int], bytes]:
    """The same octets in every run, so that a recorded chip goes on fitting."""

    def octets() -> Iterator[int]:
        counter = 0
        while True:
            yield from hashlib.sha256(counter.to_bytes(4, "big")).digest()
            counter += 1

    source = octets()
    return lambda size: bytes(next(source) for _ in range(size))


class _Chip:
    def __init__(self, chip: PaceChip) -> None:
        self._chip = chip

    def transmit(self, command: bytes) -> bytes:
        apdu = CommandAPDU.from_bytes(command)
        if apdu.ins == 0x22:
            return self._chip.set_at(apdu.data).to_bytes(2, "big")
        data, sw = self._chip.general_authenticate(apdu.data, last=not apdu.cla & 0x10)
        return data + sw.to_bytes(2, "big")


class _Recorded:
    """Answers as the chip did once, at no cost."""

    def __init__(self, answers: list[bytes]) -> None:
        self._answers = iter(answers)

    def transmit(self, _command: bytes) -> bytes:
        return next(self._answers)


def pace_terminal() -> Callable[[], object]:
    """The terminal alone: the chip's answers are a recording."""
    can = Password.from_text(PasswordKind.CAN, "012345")
    infos = SecurityInfos.of([PACE_INFO])
    answers: list[bytes] = []

    def keep(_command: CommandAPDU, response: ResponseAPDU) -> None:
        answers.append(response.to_bytes())

    choice = pace_choice(infos, PACE_INFO)
    chip = _Chip(PaceChip(infos, PaceSecrets({PasswordKind.CAN: can}), fixed_random()))
    run(observed(pace(choice, can, fixed_random()), keep), chip)
    return lambda: run(pace(choice, can, fixed_random()), _Recorded(answers))


def passive() -> Callable[[], object]:
    """One CCCD's files: DG1, an 18 kB DG2, DG13, DG14 and DG15, and their SOD."""
    csca = TestCsca.create(at=AT)
    groups = {1: Dg1(Mrz.parse(ZONE)).build(), 2: bytes(18000), 13: bytes(415), 14: bytes(400), 15: bytes(300)}
    sod = csca.issue_document_signer(at=AT).sign_sod(groups)
    files = {FileId.from_data_group(number): raw for number, raw in groups.items()} | {FileId.SOD: sod}
    evidence, trust = Evidence(read_at=AT, files=files), TrustStore.from_bytes(csca.certificate)
    return lambda: passive_authentication(evidence, trust, AT)
