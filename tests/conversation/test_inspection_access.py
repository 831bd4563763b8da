# SPDX-License-Identifier: Apache-2.0
"""The way in: several offers of PACE, an EF.CardAccess that nobody signs, and the PIN (ICAO 9303-11 §4.2, §4.4; BSI TR-03110-2
§2.4)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from issuer import CAN, PIN, PUK
from reader_desk import (
    CAM,
    CAM_OID,
    GM,
    GM_OID,
    IM,
    IM_OID,
    Answers,
    Heard,
    PaceAnswers,
    assert_accepted,
    assert_not_accepted,
    assert_rejected,
    can_keys,
    credentials,
    explicit_dh,
    issue,
    judge,
    pace_step,
    pin_keys,
    read,
    said,
    status,
    with_card_access,
)

import chipid
from chipid.crypto.agreement_key import DH_KEY_AGREEMENT, DH_PUBLIC_NUMBER
from chipid.crypto.domain import DhDomain
from chipid.emulator import attacks, faults
from chipid.emulator.icc import EmulatedCard
from chipid.evidence import Protocol, Result
from chipid.iso7816.apdu import ResponseAPDU
from chipid.iso7816.file_ids import FileId
from chipid.iso7816.instructions import INS
from chipid.iso7816.tlv import TlvCursor
from chipid.lds.security_infos import (
    PaceDomainParameterInfo,
    PaceInfo,
)
from chipid.verification.verdict import CheckName, Outcome

U = Outcome.UNDETERMINED
DH_GM_OID = "0.4.0.127.0.7.2.2.4.1.2"


def pace_infos(infos):
    return [info for info in infos if isinstance(info, PaceInfo)]


def sent(commands, step):
    return [command for command in commands if pace_step(command) == step]


def tags(command):
    return [tlv.tag for tlv in TlvCursor(command.data)]


# Several PACEInfos ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("offers", "oid", "parameter_id"),
    [
        ([GM, CAM, IM], CAM_OID, 13),
        ([GM, IM], GM_OID, 13),
        ([GM, {**GM, "cipher": "3DES"}], GM_OID, 13),
        ([{**GM, "cipher": "3DES"}, {**GM, "parameter_id": 8}, IM], IM_OID, 13),
        ([GM, {**GM, "cipher": "AES-256", "parameter_id": 17}], "0.4.0.127.0.7.2.2.4.2.4", 17),
        ([{"mapping": "GM", "cipher": "AES-128", "parameter_id": 0}, GM], GM_OID, 13),
    ],
)
def test_the_strongest_way_is_taken_and_told(offers, oid, parameter_id) -> None:
    commands = []
    evidence = read(issue(pace=offers), Heard(commands))
    (attempt,) = evidence.accesses
    assert (attempt.oid, attempt.parameter_id, attempt.result) == (oid, parameter_id, Result.DONE)
    (set_at,) = sent(commands, 0)
    assert 0x84 in tags(set_at)  # §4.4.4.1: where the chip has several sets, the one that is meant is named
    assert_accepted(evidence)


def test_a_single_way_goes_without_its_number() -> None:
    commands = []
    read(issue(), Heard(commands))
    (set_at,) = sent(commands, 0)
    assert tags(set_at) == [0x80, 0x83]


def test_another_mapping_of_the_same_strength_is_tried_and_nothing_weaker() -> None:
    chip = issue(pace=[CAM, GM, {**GM, "cipher": "3DES"}])
    broken = Answers(INS.GENERAL_AUTHENTICATE, lambda command: ResponseAPDU(b"", 0x6F00) if pace_step(command) == 2 else None)
    with pytest.raises(chipid.ChipIdError, match="6F00") as caught:
        read(chip, broken, plan=replace(chipid.ReadingPlan.identity(), bac_fallback=False))
    assert str(caught.value).count("PACE with can") == 2
    failing_once = iter([0x6F00])

    def once(command):
        sw = next(failing_once, None) if pace_step(command) == 2 else None
        return None if sw is None else ResponseAPDU(b"", sw)

    evidence = read(chip, Answers(INS.GENERAL_AUTHENTICATE, once))
    assert [(attempt.oid, attempt.reason) for attempt in evidence.accesses] == [(CAM_OID, "status-6F00"), (GM_OID, None)]
    for policy in (chipid.Policy.counter(), chipid.Policy.strict()):
        assert "access-took-several-tries" in judge(evidence, policy).deviations


def test_a_wrong_can_is_tried_once_whatever_the_chip_offers() -> None:
    commands = []
    with pytest.raises(chipid.WrongPassword):
        read(issue(pace=[CAM, GM, IM], bac=False), Heard(commands), keys=can_keys("000000"))
    assert len(sent(commands, 4)) == 1


# EF.CardAccess, which nobody signs -----------------------------------------------------------------------------------


def test_an_offer_that_was_weakened_is_told() -> None:
    both = issue(pace=[{**GM, "cipher": "3DES"}, {**GM, "cipher": "AES-256"}])
    weakened = with_card_access(both, lambda infos: [info for info in infos if info not in pace_infos(infos)[1:]])
    evidence = read(weakened)
    assert evidence.accesses[0].oid == "0.4.0.127.0.7.2.2.4.2.1"
    assert_rejected(evidence, "card-access-altered")


def test_an_offer_that_was_added_is_told() -> None:
    added = with_card_access(issue(), lambda infos: [*infos, PaceInfo(IM_OID, 2, 13)])
    assert_rejected(read(added), "card-access-altered")


def explicit(group_id: int = 1) -> dict[str, object]:
    return {"mapping": "GM", "cipher": "AES-128", "parameter_id": group_id, "explicit": True}


@pytest.mark.parametrize("group_id", [1, 13])
def test_parameters_spelt_out_open_the_chip(group_id) -> None:
    evidence = read(issue(pace=[explicit(group_id)]))
    assert evidence.accesses[0].parameter_id == 32
    assert_accepted(evidence)


def test_other_parameters_of_the_same_strength_are_told() -> None:
    """Another generator of the same group, g²: the same PACEInfo, and whatever is compared by strength alone would not see it."""
    chip = issue(pace=[explicit()])
    p, g, q = (int.from_bytes(number, "big") for number in DhDomain.standardised(1).parameters)

    def change(infos):
        other = PaceDomainParameterInfo(DH_GM_OID.rpartition(".")[0], explicit_dh(DH_PUBLIC_NUMBER, p, g * g % p, q), 32)
        return [other if isinstance(info, PaceDomainParameterInfo) else info for info in infos]

    evidence = read(with_card_access(chip, change))
    assert evidence.accesses[0].result is Result.DONE
    assert_rejected(evidence, "card-access-altered")


def _p_g_q():
    return (int.from_bytes(number, "big") for number in DhDomain.standardised(1).parameters)


def weak_groups():
    p, g, q = _p_g_q()
    small_p = 2**521 - 1
    yield "composite p", explicit_dh(DH_PUBLIC_NUMBER, p + 2, g, q)
    yield "512-bit p", explicit_dh(DH_PUBLIC_NUMBER, small_p, 3, (small_p - 1) // 2)
    yield "small q", explicit_dh(DH_PUBLIC_NUMBER, p, p - 1, 2)
    yield "g is 1", explicit_dh(DH_PUBLIC_NUMBER, p, 1, q)
    yield "g is p-1, of order 2", explicit_dh(DH_PUBLIC_NUMBER, p, p - 1, q)
    yield "g of another order", explicit_dh(DH_PUBLIC_NUMBER, p, pow(g, 2, p) * (p - 1) % p, q)
    yield "order not told", explicit_dh(DH_KEY_AGREEMENT, 2**1279 - 1, 3)
    yield "composite q", explicit_dh(DH_PUBLIC_NUMBER, p, g, q * 3)


@pytest.mark.parametrize(("name", "algorithm"), list(weak_groups()), ids=[name for name, _ in weak_groups()])
def test_a_weak_group_is_refused_before_a_password_is_used_in_it(name, algorithm) -> None:
    """Who can compute logarithms in the group finds the password from one run, with no chip at hand."""

    def change(infos):
        weak = PaceDomainParameterInfo(DH_GM_OID.rpartition(".")[0], algorithm, 32)
        return [weak if isinstance(info, PaceDomainParameterInfo) else info for info in infos]

    commands = []
    weak = with_card_access(issue(pace=[explicit()]), change)
    with pytest.raises(chipid.ChipIdError):
        read(weak, Heard(commands))
    assert not [command for command in commands if pace_step(command) is not None], name


def test_a_weak_group_beside_a_good_one_is_not_taken() -> None:
    strong = explicit_dh(DH_KEY_AGREEMENT, 2**3217 - 1, 3)  # its size alone would make it the strongest

    def change(infos):
        return [*infos, PaceInfo(DH_GM_OID, 2, 33), PaceDomainParameterInfo(DH_GM_OID.rpartition(".")[0], strong, 33)]

    evidence = read(with_card_access(issue(), change))
    assert [attempt.oid for attempt in evidence.accesses] == [GM_OID]
    assert_rejected(evidence, "card-access-altered")


@pytest.mark.parametrize("raw", [b"\x31\x03\x30\x05\x06", b"\x30\x00", b"\x31\x80", b"\xff" * 64])
def test_an_offer_that_nobody_understands_leaves_a_doubt_on_bac(raw) -> None:
    chip = attacks.with_file(issue(pace=None, bac=True, can=None), FileId.CARD_ACCESS, raw)
    keys = chipid.AccessKeys.from_fields("X01234567", "740812", "320415")
    evidence = read(chip, keys=keys)
    assert evidence.accesses[-1].protocol is Protocol.BAC
    assert said(evidence, CheckName.ACCESS) == (U, "card-access-malformed")
    assert_not_accepted(evidence)


# The PIN -------------------------------------------------------------------------------------------------------------


def pin_chip(**changes):
    return issue(pin=PIN, puk=PUK, bac=False, **changes)


def tries_left(card: EmulatedCard) -> int:
    return card.applet.memory.pin_counter.left


def test_the_pin_opens_and_announces_no_inspection_system() -> None:
    """BSI TR-03110-3 §A.1.1 lets inspection systems use the MRZ and the CAN, not the PIN."""
    commands = []
    evidence = read(pin_chip(), Heard(commands), keys=pin_keys(f"pin:{PIN}"), terminal=credentials())
    assert evidence.accesses[0].password == "pin"
    (set_at,) = sent(commands, 0)
    assert 0x7F4C not in tags(set_at)
    commands.clear()
    read(pin_chip(), Heard(commands), terminal=credentials())
    assert 0x7F4C in tags(sent(commands, 0)[0])
    commands.clear()
    read(pin_chip(), Heard(commands))
    assert 0x7F4C not in tags(sent(commands, 0)[0])


@pytest.mark.parametrize("passwords", [["pin:111111"], ["pin:111111", "pin:111111"], ["pin:111111", "can:000000", "pin:111111"]])
def test_a_wrong_pin_costs_one_try(passwords) -> None:
    card = EmulatedCard(pin_chip(pace=[CAM, GM, IM]))
    with pytest.raises(chipid.WrongPassword):
        read(card, keys=pin_keys(*passwords))
    assert tries_left(card) == 2


@pytest.mark.parametrize("password", [f"pin:{PIN}", f"puk:{PUK}"])
def test_a_chip_without_a_pin_says_so(password) -> None:
    """It is neither wrong nor the chip's fault, so that another card, or another try, would not help."""
    with pytest.raises(chipid.AccessDenied, match=f"the chip has no {password[:3].upper()} ") as caught:
        read(issue(), keys=pin_keys(password))
    assert type(caught.value) is chipid.AccessDenied


def test_a_wrong_pin_costs_one_try_also_where_the_next_password_fails_otherwise() -> None:
    def can_breaks(command):
        return ResponseAPDU(b"", 0x6A80) if pace_step(command) == 0 and b"\x83\x01\x02" in command.data else None

    card = EmulatedCard(pin_chip(pace=[CAM, GM, IM]), faults=[Answers(0x22, can_breaks)])
    with pytest.raises(chipid.AccessDenied):
        read(card, keys=pin_keys("pin:111111", f"can:{CAN}"))
    assert tries_left(card) == 2


@pytest.mark.parametrize("sw", [0x6A80, 0x6A87, 0x6A88])
def test_a_token_is_not_sent_again_with_the_parameters_named(sw) -> None:
    commands = []
    with pytest.raises(chipid.ChipIdError):
        read(pin_chip(), Heard(commands), PaceAnswers(4, status(sw)), keys=pin_keys(f"pin:{PIN}"))
    assert len(sent(commands, 4)) == 1
    commands.clear()
    read(pin_chip(), Heard(commands), faults.PaceNeedsTag84(sw=sw), keys=pin_keys(f"pin:{PIN}"))  # before that, it may be tried
    assert len(sent(commands, 4)) == 1


@pytest.mark.parametrize(("password", "tokens"), [(f"pin:{PIN}", 1), (f"puk:{PUK}", 1), (f"can:{CAN}", 3)])
def test_a_counted_password_is_not_tried_again_after_an_unclear_answer(password, tokens) -> None:
    commands = []
    plan = replace(chipid.ReadingPlan.identity(), bac_fallback=False)
    with pytest.raises(chipid.ChipIdError):
        read(pin_chip(pace=[CAM, GM, IM]), Heard(commands), PaceAnswers(4, status(0x6F00)), keys=pin_keys(password), plan=plan)
    assert len(sent(commands, 4)) == tokens


def suspended() -> EmulatedCard:
    card = EmulatedCard(pin_chip())
    for _ in range(2):
        with pytest.raises(chipid.WrongPassword):
            read(card, keys=pin_keys("pin:111111"))
        card.reset()
    assert tries_left(card) == 1
    return card


def test_the_last_try_is_not_spent_without_the_can() -> None:
    card = suspended()
    with pytest.raises(chipid.PasswordBlocked) as caught:
        read(card, keys=pin_keys(f"pin:{PIN}"))
    assert caught.value.suspended
    assert caught.value.hint is not None
    assert tries_left(card) == 1


def test_the_last_try_follows_the_can() -> None:
    card = suspended()
    evidence = read(card, keys=pin_keys(f"pin:{PIN}", f"can:{CAN}"))
    assert [(attempt.password, attempt.reason) for attempt in evidence.accesses] == [("pin", None)]
    assert tries_left(card) == 3


def test_a_wrong_can_before_the_last_try_spends_nothing_and_is_named() -> None:
    card = suspended()
    commands = []
    card.faults = (Heard(commands),)
    with pytest.raises(chipid.PasswordBlocked) as caught:
        read(card, keys=pin_keys(f"pin:{PIN}", "can:000000"))
    assert caught.value.suspended
    assert "can: wrong-password" in str(caught.value)
    assert "pin: password-suspended" in str(caught.value)
    assert tries_left(card) == 1
    assert len(sent(commands, 4)) == 1  # the wrong CAN, and it once


def test_a_wrong_pin_after_the_can_blocks_and_says_so() -> None:
    card = suspended()
    evidence = read(card, keys=pin_keys("pin:111111", "pin:111111", f"can:{CAN}"))
    assert [(attempt.password, attempt.reason) for attempt in evidence.accesses] == [("pin", "wrong-password"), ("can", None)]
    assert tries_left(card) == 0
    card.reset()
    with pytest.raises(chipid.PasswordBlocked) as caught:
        read(card, keys=pin_keys(f"pin:{PIN}"))
    assert not caught.value.suspended
    assert "PUK" in (caught.value.hint or "")
