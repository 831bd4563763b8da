# SPDX-License-Identifier: Apache-2.0
"""Terminal Authentication with Chip Authentication around it, in every group, and with the shortest keys (ICAO 9303-11 §7.1; BSI
TR-03110-2 §3.2, -3 §B.2, §B.3).

Mechanism × curve or length × version is in ``test_protocols_terminal_auth.py``; here are the orders of the two protocols: version 1
signs the key that Chip Authentication has used, version 2 announces the key that Chip Authentication must then use.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from random import Random

import pytest
from matrix import GROUPS, OWN_GROUP, PKCS3_GROUP, assert_same_session, group_name, is_curve, private_key, public_key

from chipid.crypto.domain import Domain, KeyPair, generate_key_pair
from chipid.crypto.random import system_random
from chipid.evidence import ChipAuthenticationTranscript, Result
from chipid.iso7816.apdu import CommandAPDU, ResponseAPDU
from chipid.iso7816.dialogue import run
from chipid.issuing.cv_keys import CvKeyOptions
from chipid.issuing.cv_pki import DEFAULT_KEY, CvProfile, TestCvca
from chipid.lds.security_infos import ID_CA, ChipAuthenticationInfo, ChipAuthenticationPublicKeyInfo, SecurityInfos
from chipid.pki.cv_credentials import TerminalCredentials
from chipid.pki.cv_public_key import OIDS
from chipid.protocols.chip_auth import (
    ChipAuthenticationChip,
    ChipAuthenticationRun,
    chip_authentication,
    chip_authentication_v2,
    select_chip_authentication,
)
from chipid.protocols.object_identifiers import ID_PK_DH, ID_PK_ECDH
from chipid.protocols.terminal_auth import (
    ChipTrust,
    TerminalAuthenticationChip,
    compress,
    document_identifier,
    terminal_authentication,
)

DAY = date(2026, 1, 10)
PROFILE = CvProfile(DAY, DAY + timedelta(days=30))
EVERY_GROUP = (*GROUPS, OWN_GROUP, PKCS3_GROUP)
ID_IC = document_identifier("C01X00T47")
SHORT_RSA = [name for name in OIDS if "RSA" in name]


@dataclass(frozen=True)
class Combination:
    """:ivar group: of Chip Authentication, in which the terminal's ephemeral key is."""

    version: int
    group: int
    key: CvKeyOptions = DEFAULT_KEY

    def __str__(self) -> str:
        return f"TA{self.version}-{group_name(self.group)}-{self.key.kind}-{self.key.mechanism or 'default'}"

    @property
    def infos(self) -> SecurityInfos:
        """DG14, or EF.CardSecurity."""
        kind, key_type = (2, ID_PK_ECDH) if is_curve(self.group) else (1, ID_PK_DH)
        key = ChipAuthenticationPublicKeyInfo(key_type, public_key(self.group, explicit=True))
        return SecurityInfos.of([ChipAuthenticationInfo(f"{ID_CA}.{kind}.2", self.version), key])


COMBINATIONS = [Combination(version, number) for version in (1, 2) for number in EVERY_GROUP] + [
    Combination(version, 13, CvKeyOptions("rsa-1024", mechanism)) for version in (1, 2) for mechanism in SHORT_RSA
]


@cache
def authorities(key: CvKeyOptions) -> tuple[ChipTrust, TerminalCredentials]:
    cvca = TestCvca.create(profile=CvProfile(DAY), key=key)
    verifier = cvca.issue_verifier(profile=PROFILE)
    return ChipTrust([cvca.certificate], DAY), verifier.issue_terminal(profile=PROFILE).credentials(verifier, cvca)


class Chip:
    """A chip with both protocols behind plain commands; what is announced or used in one binds the other."""

    def __init__(self, combination: Combination) -> None:
        self.version = combination.version
        random = Random(f"chip {combination}").randbytes
        keys = {None: private_key(combination.group)}
        self.chip_authentication = ChipAuthenticationChip(combination.infos, keys, version=self.version, random=random)
        trust, _ = authorities(combination.key)
        self.terminal_authentication = TerminalAuthenticationChip(trust, ID_IC, random, version=self.version)

    def transmit(self, raw: bytes) -> bytes:
        return self.answer(CommandAPDU.from_bytes(raw)).to_bytes()

    def answer(self, command: CommandAPDU) -> ResponseAPDU:
        chip, terminal = self.chip_authentication, self.terminal_authentication
        match command.ins, command.p1, command.p2:
            case 0x22, 0x41, 0xA4:
                return ResponseAPDU(b"", chip.set_at(command.data))
            case 0x86, _, _:
                return self.agree(command.data)
            case 0x22, 0x81, 0xB6:
                return ResponseAPDU(b"", terminal.set_dst(command.data))
            case 0x2A, _, _:
                return ResponseAPDU(b"", terminal.verify_certificate(command.data))
            case 0x22, 0x81, 0xA4:
                return ResponseAPDU(b"", terminal.set_at(command.data))
            case 0x84, _, _:
                return ResponseAPDU(*terminal.get_challenge(command.le))
            case _:
                return ResponseAPDU(b"", terminal.external_authenticate(command.data))

    def agree(self, data: bytes) -> ResponseAPDU:
        chip, terminal = self.chip_authentication, self.terminal_authentication
        if self.version == 2:
            return ResponseAPDU(*chip.general_authenticate(data, terminal.terminal_key or b""))
        answer = ResponseAPDU(*chip.general_authenticate(data))
        assert chip.domain is not None
        terminal.bind(compress(chip.domain, chip.terminal_key))
        return answer


def authenticate(combination: Combination, chip: Chip, domain: Domain, key: bytes) -> None:
    trust, credentials = authorities(combination.key)
    compressed = compress(domain, key)
    dialogue = terminal_authentication(credentials, trust.references, ID_IC, compressed, version=combination.version)
    record = run(dialogue, chip)
    assert (record.result, record.reason) == (Result.DONE, None)
    assert record.rights == chip.terminal_authentication.data_groups == ("DG3", "DG4")


def converse(combination: Combination, chip: Chip) -> ChipAuthenticationRun:
    random = Random(f"terminal {combination}").randbytes
    if combination.version == 1:
        result = run(chip_authentication(combination.infos, random), chip)
        assert result is not None
        authenticate(combination, chip, result.domain, result.transcript.public_key)
        return result
    choice = select_chip_authentication(combination.infos, 2)
    assert choice is not None
    own = generate_key_pair(choice.domain, random)
    authenticate(combination, chip, choice.domain, own.public)
    return run(chip_authentication_v2(choice, own), chip)


@pytest.mark.combinations("Terminal Authentication")
@pytest.mark.parametrize("combination", COMBINATIONS, ids=str)
def test_combination(combination: Combination) -> None:
    chip = Chip(combination)
    result = converse(combination, chip)
    assert result.session is not None
    assert chip.chip_authentication.session is not None
    assert_same_session(result.session, chip.chip_authentication.session)


@pytest.mark.parametrize("number", EVERY_GROUP, ids=group_name)
def test_another_key_than_the_one_announced(number: int) -> None:
    """Version 2 (BSI TR-03110-2 §3.4): the chip takes the key that was signed, and no other."""
    combination = Combination(2, number)
    chip, choice = Chip(combination), select_chip_authentication(combination.infos, 2)
    assert choice is not None
    announced, other = (generate_key_pair(choice.domain, Random(name).randbytes) for name in ("announced", "other"))
    authenticate(combination, chip, choice.domain, announced.public)
    assert refused(run(chip_authentication_v2(choice, other), chip), other)
    assert chip.chip_authentication.session is None


def refused(result: ChipAuthenticationRun, own: KeyPair) -> bool:
    transcript: ChipAuthenticationTranscript = result.transcript
    return result.session is None and transcript.sw == 0x6300 and transcript.public_key == own.public


@pytest.mark.parametrize("number", EVERY_GROUP, ids=group_name)
def test_a_signature_over_another_key(number: int) -> None:
    """Version 1 (§7.1.2): the terminal that signs has to be the one that agreed."""
    combination = Combination(1, number)
    chip = Chip(combination)
    result = run(chip_authentication(combination.infos, system_random), chip)
    assert result is not None
    trust, credentials = authorities(combination.key)
    stranger = compress(result.domain, generate_key_pair(result.domain, system_random).public)
    record = run(terminal_authentication(credentials, trust.references, ID_IC, stranger), chip)
    assert (record.result, record.reason) == (Result.FAILED, "ta-signature-refused")
    assert chip.terminal_authentication.data_groups == ()


def test_the_counts() -> None:
    """16 groups and 6 mechanisms with RSA-1024, in both versions."""
    assert len(COMBINATIONS) == 2 * (16 + 6) == 44
    assert len({str(combination) for combination in COMBINATIONS}) == len(COMBINATIONS)
