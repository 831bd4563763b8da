# SPDX-License-Identifier: Apache-2.0
"""Whole inspections: a chip of each mapping, kind of group and way to prove itself, read and accepted (ICAO 9303-11 App. J)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from issuer import AT, CAN, PIN, PUK, issue_passport, trust
from reader_desk import credentials, cvca

import chipid
from chipid.emulator.icc import EmulatedCard
from chipid.evidence import Protocol, Result
from chipid.iso7816.file_ids import FileId
from chipid.issuing.card_image import CardImage
from chipid.lds.dg1 import Dg1
from chipid.profiles.access_keys import AccessKeys
from chipid.verification.verdict import CheckName, Outcome

AA, CA, CAM = CheckName.ACTIVE_AUTHENTICATION, CheckName.CHIP_AUTHENTICATION, CheckName.CHIP_AUTHENTICATION_MAPPING


@dataclass(frozen=True)
class Chip:
    """:ivar entries: of the description; ``oid``: of the access protocol that has to be run, without its root, ``None`` for BAC.
    :ivar proofs: how it shows that it is no copy; ``rights``: the terminal has a chain to DG3.
    """

    entries: dict[str, Any]
    oid: str | None
    proofs: tuple[CheckName, ...]
    key: str = "can"
    rights: bool = field(default=False)


def pace(mapping: str, cipher: str, parameter_id: int, **more: object) -> dict[str, Any]:
    return {"pace": {"mapping": mapping, "cipher": cipher, "parameter_id": parameter_id, **more}}


def key(cipher: str, parameter_id: int, **more: object) -> dict[str, Any]:
    return {"cipher": cipher, "parameter_id": parameter_id, **more}


NO_AA: dict[str, Any] = {"active_authentication": None}
CHIPS = {
    "BAC, CA by Set KAT": Chip({"pace": None, "chip_authentication": key("3DES", 12), **NO_AA}, None, (CA,), "mrz"),
    "BAC, AA with RSA": Chip({"pace": None, "chip_authentication": None, "active_authentication": {}}, None, (AA,), "mrz"),
    "GM on a curve, CA with AES-256": Chip(
        {**pace("GM", "AES-256", 17), "chip_authentication": key("AES-256", 16), **NO_AA, "bac": False}, "2.4", (CA,)
    ),
    "GM in a field, CA in a field": Chip({**pace("GM", "3DES", 0), "chip_authentication": key("3DES", 0), **NO_AA}, "1.1", (CA,)),
    "GM in a field spelt out, AA with ECDSA": Chip(
        {
            **pace("GM", "AES-192", 2, explicit=True),
            "chip_authentication": None,
            "active_authentication": {"curve": "secp521r1", "hash": "sha512"},
        },
        "1.3",
        (AA,),
        "mrz",
    ),
    "GM on a curve spelt out": Chip({**pace("GM", "AES-128", 10, explicit=True), **NO_AA}, "2.2", (CA,)),
    "IM on a curve": Chip({**pace("IM", "AES-192", 15), "chip_authentication": key("AES-192", 18), **NO_AA}, "4.3", (CA,)),
    "IM in a field": Chip({**pace("IM", "AES-256", 2), "chip_authentication": key("AES-128", 1), **NO_AA}, "3.4", (CA,), "mrz"),
    "CAM, and nothing else": Chip({**pace("CAM", "AES-128", 13), "chip_authentication": None, **NO_AA}, "6.2", (CAM,)),
    "CAM on the longest curve, CA beside it": Chip(
        {**pace("CAM", "AES-256", 18), "chip_authentication": key("AES-128", 12, key_id=1), **NO_AA}, "6.4", (CAM, CA)
    ),
    "two keys by identifier, and AA": Chip(
        {
            **pace("GM", "AES-128", 13),
            "chip_authentication": [key("3DES", 12, key_id=1), key("AES-256", 17, key_id=2)],
            "active_authentication": {},
        },
        "2.2",
        (CA, AA),
    ),
    "TA after CA": Chip(
        {**pace("GM", "AES-128", 12), "chip_authentication": key("AES-128", 13), **NO_AA}, "2.2", (CA,), rights=True
    ),
    "TA before CA version 2": Chip(
        {
            **pace("GM", "AES-128", 13),
            "bac": False,
            "pin": PIN,
            "puk": PUK,
            "chip_authentication": key("AES-128", 13, version=2, key_id=1),
            "terminal_authentication": {"version": 2},
            **NO_AA,
        },
        "2.2",
        (CA,),
        rights=True,
    ),
    "PACE by PIN": Chip({**pace("IM", "AES-128", 13), "bac": False, "pin": PIN, **NO_AA}, "4.2", (CA,), "pin"),
    "PACE by PUK": Chip({**pace("GM", "AES-256", 1), "bac": False, "pin": PIN, "puk": PUK, **NO_AA}, "1.4", (CA,), "puk"),
}


def image(chip: Chip) -> CardImage:
    return issue_passport({**chip.entries, "fingerprints": True}, cvca().raw) if chip.rights else issue_passport(chip.entries)


def access_keys(chip: Chip, card: CardImage) -> AccessKeys:
    ways: dict[str, Callable[[], AccessKeys]] = {
        "can": lambda: AccessKeys.from_can(CAN),
        "pin": lambda: AccessKeys.from_pin(PIN),
        "puk": lambda: AccessKeys.from_puk(PUK),
        "mrz": lambda: AccessKeys.from_mrz("\n".join(Dg1.parse(card.files[FileId.DG1]).mrz.lines)),
    }
    return ways[chip.key]()


@pytest.mark.combinations("Inspection")
@pytest.mark.parametrize("name", CHIPS)
def test_combination(name: str) -> None:
    chip = CHIPS[name]
    card = image(chip)
    plan = chipid.ReadingPlan.everything() if chip.rights else chipid.ReadingPlan.with_portrait()
    evidence = chipid.read(
        access_keys(chip, card), channel=EmulatedCard(card), plan=plan, terminal=credentials() if chip.rights else None, at=AT
    )
    # 1. The way in was the chip's strongest
    (attempt,) = [each for each in evidence.accesses if each.result is Result.DONE]
    assert attempt.protocol is (Protocol.BAC if chip.oid is None else Protocol.PACE)
    assert chip.oid is None or attempt.oid == f"0.4.0.127.0.7.2.2.4.{chip.oid}"
    # 2. The chip proved itself as it can, and was not asked otherwise
    verdict = chipid.verify(evidence, trust=trust(), at=AT)
    outcomes = {each: verdict.check(each).outcome for each in (AA, CA, CAM)}
    assert {each for each, outcome in outcomes.items() if outcome is Outcome.SUCCESSFUL} == set(chip.proofs)
    # 3. With rights, what they are for
    assert (FileId.DG3 in evidence.files) is chip.rights
    # 4. The document is good
    assert verdict.accepted, verdict.reasons
