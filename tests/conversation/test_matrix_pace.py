# SPDX-License-Identifier: Apache-2.0
"""Every combination of PACE that Doc 9303 allows, as a conversation (ICAO 9303-11 §4.4, §9.2.1–9.2.3, §9.5.1).

Mapping × group × cipher × password, then the same mappings and ciphers in groups that the card spells out.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from random import Random

import pytest
from matrix import CIPHERS, GROUPS, OWN_GROUP, assert_same_session, group, is_curve, key_pair, private_key, public_key
from pace_wire import PaceWire

from chipid.crypto.agreement_key import build_domain
from chipid.crypto.private_key import parse_private_key
from chipid.errors import UnsupportedFeature, WrongPassword
from chipid.evidence import ChipAuthenticationMappingTranscript
from chipid.iso7816.dialogue import run
from chipid.lds.security_infos import ID_PACE, ChipAuthenticationPublicKeyInfo, PaceDomainParameterInfo, PaceInfo, SecurityInfos
from chipid.protocols.object_identifiers import ID_PK_ECDH
from chipid.protocols.pace import (
    PaceRun,
    PaceSecrets,
    evaluate_chip_authentication_mapping,
    pace,
    pace_choice,
    select_pace,
)
from chipid.protocols.password import Password, PasswordKind

PASSWORDS = {
    PasswordKind.MRZ: Password.from_mrz_information("099012345999091733909171"),
    PasswordKind.CAN: Password.from_text(PasswordKind.CAN, "012345"),
    PasswordKind.PIN: Password.from_text(PasswordKind.PIN, "123456"),
    PasswordKind.PUK: Password.from_text(PasswordKind.PUK, "1234567890"),
}
P_224 = 10
"""Its field has no point encoding: the integrated mapping has none there."""
# §9.2.3: the arc of each protocol.
ARCS = {("GM", False): 1, ("GM", True): 2, ("IM", False): 3, ("IM", True): 4, ("CAM", True): 6}


@dataclass(frozen=True)
class Combination:
    """:ivar group: a standardised number; ``explicit``: spelt out, under a number of the card's own."""

    mapping: str
    group: int
    cipher: str
    password: PasswordKind
    explicit: bool = False

    def __str__(self) -> str:
        kind = "ECDH" if is_curve(self.group) else "DH"
        name = group(self.group).name if self.explicit else self.group
        return f"{self.mapping}-{kind}-{name}-{self.cipher}-{self.password.name}"

    @property
    def family(self) -> str:
        return f"{ID_PACE}.{ARCS[self.mapping, is_curve(self.group)]}"

    @property
    def info(self) -> PaceInfo:
        number = 32 + self.group % 32 if self.explicit else self.group
        return PaceInfo(f"{self.family}.{CIPHERS.index(self.cipher) + 1}", 2, number)

    @property
    def named(self) -> bool:
        """One half of the passwords, and the card's own groups: the chip offers the same protocol in another group as well."""
        return self.explicit or self.password in (PasswordKind.CAN, PasswordKind.PUK)

    @property
    def infos(self) -> list[PaceInfo | PaceDomainParameterInfo]:
        """Of EF.CardAccess."""
        first, second = (13, 12) if is_curve(self.group) else (0, 1)
        other = PaceInfo(self.info.oid, 2, second if self.group == first else first)
        infos = [other, self.info] if self.named else [self.info]
        if not self.explicit:
            return infos
        return [*infos, PaceDomainParameterInfo(self.family, build_domain(group(self.group)), self.info.parameter_id)]

    def card_security(self, name: str = "chip") -> SecurityInfos:
        spki = public_key(self.group, name, explicit=self.explicit)
        return SecurityInfos.of([*self.infos, ChipAuthenticationPublicKeyInfo(ID_PK_ECDH, spki, self.info.parameter_id)])


def allowed(mapping: str, number: int, cipher: str) -> bool:
    if mapping == "CAM":
        return is_curve(number) and cipher != "3DES"
    return mapping == "GM" or number != P_224


def every(numbers: tuple[int, ...], passwords: list[PasswordKind], explicit: bool) -> list[Combination]:
    return [
        Combination(mapping, number, cipher, password, explicit)
        for mapping in ("GM", "IM", "CAM")
        for number in numbers
        for cipher in CIPHERS
        if allowed(mapping, number, cipher)
        for password in passwords
    ]


STANDARDISED = every(GROUPS, list(PASSWORDS), explicit=False)
EXPLICIT = every((*GROUPS, OWN_GROUP), [PasswordKind.MRZ], explicit=True)


def chip_of(combination: Combination, passwords: dict[PasswordKind, Password] = PASSWORDS) -> PaceWire:
    static = {}
    if combination.mapping == "CAM":
        static = {combination.info.parameter_id: parse_private_key(private_key(combination.group))}
    secrets = PaceSecrets(passwords, static_keys=static)
    return PaceWire(combination.infos, secrets, Random(f"chip {combination}").randbytes)


def converse(combination: Combination, wire: PaceWire) -> PaceRun:
    infos = SecurityInfos.parse(SecurityInfos.of(combination.infos).build())
    choice, selected = pace_choice(infos, combination.info), select_pace(infos)
    assert selected is not None
    assert combination.named or selected.info == combination.info
    assert choice.domain.parameters == group(combination.group).parameters
    random = Random(f"terminal {combination}").randbytes
    return run(pace(choice, PASSWORDS[combination.password], random, name_parameters=combination.named), wire)


def assert_proof(combination: Combination, transcript: ChipAuthenticationMappingTranscript) -> None:
    """With the chip's static key, and with none but that."""
    finding = evaluate_chip_authentication_mapping(combination.card_security(), transcript)
    assert (finding.ok, finding.reason) == (True, "ok")
    finding = evaluate_chip_authentication_mapping(combination.card_security("another chip"), transcript)
    assert (finding.ok, finding.reason) == (False, "cam-wrong-key")


@pytest.mark.combinations("PACE")
@pytest.mark.parametrize("combination", STANDARDISED + EXPLICIT, ids=str)
def test_combination(combination: Combination) -> None:
    wire = chip_of(combination)
    result, chip = converse(combination, wire), wire.chip
    assert chip.session is not None
    assert chip.kind is combination.password
    assert chip.choice is not None
    assert chip.choice.suite is result.choice.suite
    assert result.choice.info == combination.info
    assert (result.choice.suite.mapping.value, result.session.cipher) == (combination.mapping, combination.cipher)
    assert (result.chip_key, result.terminal_key) == (chip.key, chip.terminal_key)
    assert chip.proved_chip is (combination.mapping == "CAM")
    assert not any(result.session.ssc)
    assert_same_session(result.session, chip.session)
    if combination.mapping == "CAM":
        assert result.chip_authentication is not None
        assert_proof(combination, result.chip_authentication)
    else:
        assert result.chip_authentication is None


WITH_THE_CAN = [each for each in STANDARDISED if each.password is PasswordKind.CAN and each.cipher != "AES-192"]


@pytest.mark.parametrize("combination", WITH_THE_CAN, ids=str)
def test_another_password_opens_nothing(combination: Combination) -> None:
    wire = chip_of(combination, {PasswordKind.CAN: Password.from_text(PasswordKind.CAN, "543210")})
    with pytest.raises(WrongPassword):
        converse(combination, wire)
    assert wire.chip.session is None


@pytest.mark.parametrize(
    "info",
    [
        PaceInfo(f"{ID_PACE}.4.2", 2, P_224),
        PaceInfo(f"{ID_PACE}.6.1", 2, 13),
        PaceInfo(f"{ID_PACE}.6.2", 2, 0),
        PaceInfo(f"{ID_PACE}.5.2", 2, 0),
        PaceInfo(f"{ID_PACE}.2.2", 2, 0),
        PaceInfo(f"{ID_PACE}.1.2", 2, 13),
        *(PaceInfo(f"{ID_PACE}.2.2", 2, number) for number in (3, 7, 19, 31)),
    ],
)
def test_what_is_left_out_is_not_spoken(info: PaceInfo) -> None:
    infos = SecurityInfos.of([info])
    with pytest.raises(UnsupportedFeature):
        pace_choice(infos, info)
    assert select_pace(infos) is None


def test_the_counts() -> None:
    """11 curves and 3 finite fields, 4 ciphers, 4 passwords; spelt out, 4 finite fields and one password."""
    assert Counter(combination.mapping for combination in STANDARDISED) == {
        "GM": 14 * 4 * 4,
        "IM": 13 * 4 * 4,
        "CAM": 11 * 3 * 4,
    }
    assert Counter(combination.mapping for combination in EXPLICIT) == {"GM": 15 * 4, "IM": 14 * 4, "CAM": 11 * 3}
    assert len({str(combination) for combination in STANDARDISED + EXPLICIT}) == len(STANDARDISED + EXPLICIT) == 713


def test_every_key_is_its_own() -> None:
    assert len({key_pair(number, name).public for number in (*GROUPS, OWN_GROUP) for name in ("chip", "another chip")}) == 30
