# SPDX-License-Identifier: Apache-2.0
"""Every combination of Chip Authentication, as a conversation inside a session (ICAO 9303-11 §6.2, §9.2.5–9.2.7; version 2: BSI
TR-03110-3 §B.2).

Way × group × cipher, with the chip's only key, without an identifier, and with the second of two in one group. 3DES goes by MSE:Set
KAT, and where a chip does not know that by GENERAL AUTHENTICATE, as AES always does.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from random import Random

import pytest
from matrix import (
    CIPHERS,
    GROUPS,
    OWN_GROUP,
    PKCS3_GROUP,
    assert_same_session,
    group,
    group_name,
    is_curve,
    key_pair,
    private_key,
    public_key,
)

from chipid.crypto.agreement_key import build_domain
from chipid.crypto.domain import generate_key_pair
from chipid.crypto.kdf import derive_session_keys
from chipid.evidence import ChipAuthenticationTranscript
from chipid.iso7816.apdu import CommandAPDU, ResponseAPDU
from chipid.iso7816.dialogue import Dialogue, run
from chipid.iso7816.secure_messaging import SecureMessaging, open_session, secured
from chipid.lds.security_infos import (
    ID_CA,
    ChipAuthenticationDomainParameterInfo,
    ChipAuthenticationInfo,
    ChipAuthenticationPublicKeyInfo,
    SecurityInfos,
)
from chipid.protocols.chip_auth import (
    ChipAuthenticationChip,
    ChipAuthenticationRun,
    announced_chip_authentication,
    chip_authentication,
    chip_authentication_v2,
    evaluate_chip_authentication,
    select_chip_authentication,
)
from chipid.protocols.object_identifiers import ID_PK_DH, ID_PK_ECDH

READ = CommandAPDU(0x00, 0xB0, 0x81, 0x00, le=4)
DG1_START = bytes.fromhex("615B5F1F")
FIRST, SECOND = 1, 0xC3
EVERY_GROUP = (*GROUPS, OWN_GROUP, PKCS3_GROUP)


@dataclass(frozen=True)
class Combination:
    """:ivar way: ``Set KAT`` or ``GA`` (GENERAL AUTHENTICATE), both version 1, or ``v2``.
    :ivar key_id: ``None`` for a single key without identifier; otherwise the key to be used, beside another of the same group.
    """

    way: str
    group: int
    cipher: str
    key_id: int | None

    def __str__(self) -> str:
        kind, name = ("ECDH" if is_curve(self.group) else "DH"), group_name(self.group)
        return f"{self.way}-{kind}-{name}-{self.cipher}-{'only key' if self.key_id is None else f'key {self.key_id}'}"

    @property
    def version(self) -> int:
        return 2 if self.way == "v2" else 1

    @property
    def oid(self) -> str:
        return f"{ID_CA}.{2 if is_curve(self.group) else 1}.{CIPHERS.index(self.cipher) + 1}"

    def infos(self, name: str = "chip") -> SecurityInfos:
        """DG14, or EF.CardSecurity. The other key is offered with 3DES: ahead of a stronger cipher, and behind 3DES."""
        oid = ID_PK_ECDH if is_curve(self.group) else ID_PK_DH
        explicit = self.version == 1
        own = [
            ChipAuthenticationInfo(self.oid, self.version, self.key_id),
            ChipAuthenticationPublicKeyInfo(oid, public_key(self.group, name, explicit=explicit), self.key_id),
        ]
        if self.key_id is None:
            return SecurityInfos.of(own)
        other = [
            ChipAuthenticationInfo(f"{self.oid.rpartition('.')[0]}.1", self.version, FIRST),
            ChipAuthenticationPublicKeyInfo(oid, public_key(self.group, "other", explicit=explicit), FIRST),
        ]
        return SecurityInfos.of(own + other if self.cipher == "3DES" else other + own)

    def keys(self) -> dict[int | None, bytes]:
        keys = {self.key_id: private_key(self.group)}
        return keys if self.key_id is None else keys | {FIRST: private_key(self.group, "other")}

    def chip(self) -> ChipAuthenticationChip:
        """Its keys are in another order than in the file: only the identifier tells them apart."""
        random = Random(f"chip {self}").randbytes
        infos = SecurityInfos.of(reversed(self.infos().infos))
        return ChipAuthenticationChip(infos, self.keys(), version=self.version, random=random)


COMBINATIONS = [
    Combination(way, number, cipher, key_id)
    for way in ("Set KAT", "GA", "v2")
    for number in EVERY_GROUP
    for cipher in CIPHERS
    if way != "Set KAT" or cipher == "3DES"
    for key_id in (None, SECOND)
]


def access_session() -> SecureMessaging:
    """What BAC or PACE has left."""
    return open_session(derive_session_keys("AES-128", b"\x01" * 32))


class Wire:
    """The chip inside a session, which moves on to the new keys after the answer under the old ones (§9.8.2)."""

    def __init__(self, chip: ChipAuthenticationChip, *, knows_set_kat: bool) -> None:
        self.chip, self.knows_set_kat = chip, knows_set_kat
        self.session = access_session()
        self.agreed: SecureMessaging | None = None
        self.commands: list[tuple[int, int]] = []

    def transmit(self, raw: bytes) -> bytes:
        command = CommandAPDU.from_bytes(self.session.unprotect_command(raw))
        self.commands.append((command.ins, command.p2))
        response = self.session.protect_response(self.answer(command).to_bytes())
        if self.agreed is None and self.chip.session is not None:
            self.session = self.agreed = self.chip.session
        return response

    def answer(self, command: CommandAPDU) -> ResponseAPDU:
        match command.ins, command.p2:
            case 0x22, 0xA6:
                return ResponseAPDU(b"", self.chip.set_kat(command.data) if self.knows_set_kat else 0x6A86)
            case 0x22, 0xA4:
                return ResponseAPDU(b"", self.chip.set_at(command.data))
            case 0x86, _:
                return ResponseAPDU(*self.chip.general_authenticate(command.data))
            case _:
                return ResponseAPDU(DG1_START, 0x9000)


def dialogue(combination: Combination) -> Dialogue[ChipAuthenticationRun | None]:
    infos = SecurityInfos.parse(combination.infos().build())
    random = Random(f"terminal {combination}").randbytes
    if combination.version == 1:
        return chip_authentication(infos, random)
    choice = select_chip_authentication(infos, 2)
    assert choice is not None
    return chip_authentication_v2(choice, generate_key_pair(choice.domain, random))


def converse(combination: Combination, wire: Wire) -> tuple[ChipAuthenticationRun, ChipAuthenticationTranscript]:
    """The agreement, and the first exchange under the new keys, as it travelled."""
    result = run(secured(dialogue(combination), access_session()), wire)
    assert result is not None
    assert result.session is not None
    seen: list[tuple[CommandAPDU, ResponseAPDU]] = []
    run(secured(one(READ), result.session, lambda command, response: seen.append((command, response))), wire)
    return result, result.confirmed_by(*seen[0])


def one(command: CommandAPDU) -> Dialogue[ResponseAPDU]:
    response = yield command
    assert (response.data, response.sw) == (DG1_START, 0x9000)
    return response


def commands(combination: Combination) -> list[tuple[int, int]]:
    """INS and P2 of what the terminal sends, by the standard."""
    set_kat, general, read = [(0x22, 0xA6)], [(0x22, 0xA4), (0x86, 0x00)], [(0xB0, 0x00)]
    if combination.way == "Set KAT":
        return set_kat + read
    tried = set_kat if combination.cipher == "3DES" and combination.version == 1 else []
    return tried + general + read


@pytest.mark.combinations("Chip Authentication")
@pytest.mark.parametrize("combination", COMBINATIONS, ids=str)
def test_combination(combination: Combination) -> None:
    wire = Wire(combination.chip(), knows_set_kat=combination.way == "Set KAT")
    result, transcript = converse(combination, wire)
    assert wire.commands == commands(combination)
    assert wire.agreed is not None
    assert (transcript.oid, transcript.key_id) == (combination.oid, combination.key_id)
    extras = (transcript.version, len(transcript.nonce), len(transcript.token))
    assert extras == ((2, 8, 8) if combination.version == 2 else (1, 0, 0))
    assert result.response_as_specified
    assert result.domain.parameters == group(combination.group).parameters
    assert (transcript.public_key, combination.cipher) == (wire.chip.terminal_key, result.session.cipher)
    assert_same_session(result.session, wire.agreed)
    # The key of the document proves it, and no other key does.
    finding = evaluate_chip_authentication(combination.infos(), transcript)
    assert (finding.ok, finding.reason) == (True, "ok")
    assert evaluate_chip_authentication(combination.infos("another chip"), transcript).ok is False


@pytest.mark.parametrize("number", EVERY_GROUP, ids=group_name)
def test_the_group_is_announced_for_version_2(number: int) -> None:
    """EF.CardAccess holds the group alone, which Terminal Authentication needs first (BSI TR-03110-3 §A.1.1.3)."""
    combination = Combination("v2", number, "AES-256", SECOND)
    spelt_out = build_domain(group(number), number if number in GROUPS else None)
    parameters = ChipAuthenticationDomainParameterInfo(combination.oid.rpartition(".")[0], spelt_out, SECOND)
    announced = announced_chip_authentication(SecurityInfos.of([ChipAuthenticationInfo(combination.oid, 2, SECOND), parameters]))
    assert announced is not None
    assert (announced[0].oid, announced[1].parameters) == (combination.oid, group(number).parameters)


def test_the_counts() -> None:
    """16 groups, with one key and with two: 3DES by either way, each AES by one, and all four ciphers in version 2."""
    assert Counter(combination.way for combination in COMBINATIONS) == {"Set KAT": 16 * 2, "GA": 16 * 4 * 2, "v2": 16 * 4 * 2}
    assert len({str(combination) for combination in COMBINATIONS}) == len(COMBINATIONS) == 288


def test_every_key_is_its_own() -> None:
    names = ("chip", "other", "another chip")
    assert len({key_pair(number, name).public for number in EVERY_GROUP for name in names}) == 48
