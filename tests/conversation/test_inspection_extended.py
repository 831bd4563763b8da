# SPDX-License-Identifier: Apache-2.0
"""Inspection of chips with several ways in, a PIN, EF.CardSecurity and Extended Access Control, and what forgers make of each
(ICAO 9303-11 §4.2, §4.4, §7; BSI TR-03110-2 §2.4, §3)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from reader_desk import (
    AT,
    CA_2,
    CAM,
    CAN,
    GM,
    IM,
    PIN,
    PUK,
    AgreementAnswers,
    Answers,
    Heard,
    PaceAnswers,
    Relay,
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
    with_card_security,
    with_dg14,
    with_value,
)

import chipid
from chipid.crypto.agreement_key import DH_KEY_AGREEMENT, DH_PUBLIC_NUMBER, build_domain
from chipid.crypto.domain import DhDomain, standardised_domain
from chipid.emulator import attacks, faults
from chipid.emulator.icc import EmulatedCard
from chipid.evidence import Protocol, Result
from chipid.iso7816.apdu import ResponseAPDU
from chipid.iso7816.file_ids import LDS1_AID, FileId
from chipid.iso7816.instructions import INS
from chipid.iso7816.tlv import TlvCursor
from chipid.issuing.pki import TestCsca
from chipid.lds.security_infos import (
    ChipAuthenticationDomainParameterInfo,
    ChipAuthenticationInfo,
    ChipAuthenticationPublicKeyInfo,
    EfCvca,
    PaceDomainParameterInfo,
    PaceInfo,
    TerminalAuthenticationInfo,
)
from chipid.verification.verdict import CheckName, Outcome

S, F, U, N = Outcome.SUCCESSFUL, Outcome.FAILED, Outcome.UNDETERMINED, Outcome.NOT_SUPPORTED
GM_OID, IM_OID, CAM_OID = "0.4.0.127.0.7.2.2.4.2.2", "0.4.0.127.0.7.2.2.4.4.2", "0.4.0.127.0.7.2.2.4.6.2"
DH_GM_OID = "0.4.0.127.0.7.2.2.4.1.2"


def pace_infos(infos):
    return [info for info in infos if isinstance(info, PaceInfo)]


def without_pace(infos):
    return [info for info in infos if not isinstance(info, PaceInfo | PaceDomainParameterInfo)]


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


# The proof of Chip Authentication Mapping, a session each ------------------------------------------------------------


def test_mapping_proves_the_chip_and_names_its_key() -> None:
    evidence = read(issue(pace=[CAM]))
    assert said(evidence, CheckName.CHIP_AUTHENTICATION_MAPPING) == (S, "ok")
    assert said(evidence, CheckName.CARD_SECURITY) == (S, "ok")
    assert_accepted(evidence)


def clone(image):
    return attacks.with_foreign_chip_authentication_key(image)


def after_reading(number):
    return lambda count, _command: count == number


@pytest.mark.parametrize("loss", [16, 20, 28])
def test_each_session_has_a_proof_of_its_own(loss) -> None:
    """The first session is a genuine chip's, from which a forger passes on; the second one is the forger's."""
    genuine = issue(pace=[CAM], chip_authentication=None, terminal_authentication=None)
    honest = read(Relay(EmulatedCard(genuine), EmulatedCard(genuine), after_reading(loss)))
    assert "session-reopened" in honest.notes
    assert len(honest.chip_authentication_mapping) == 2
    assert_accepted(honest)
    forged = read(Relay(EmulatedCard(genuine), EmulatedCard(clone(genuine)), after_reading(loss)))
    assert len(forged.chip_authentication_mapping) == 2
    assert_rejected(forged, "cam-wrong-key")


def no_application(left: list[int]) -> Answers:
    """SELECT of the application is refused so many times."""

    def refuse(command):
        return ResponseAPDU(b"", 0x6F00) if command.data == LDS1_AID and left and left.pop() else None

    return Answers(INS.SELECT, refuse)


def test_a_proof_of_a_session_that_was_given_up_speaks_for_no_other() -> None:
    """The genuine chip proves itself and is left before the application; the forger's answers with another mapping."""
    genuine = issue(pace=[CAM, GM], chip_authentication=None, terminal_authentication=None)
    honest = EmulatedCard(genuine, faults=[no_application([1])])
    evidence = read(honest)
    assert [attempt.oid for attempt in evidence.accesses] == [CAM_OID, GM_OID]
    assert evidence.chip_authentication_mapping == ()
    assert said(evidence, CheckName.CHIP_AUTHENTICITY) == (N, "copy-not-excluded")
    assert_not_accepted(evidence)


def test_chip_authentication_is_done_anew_in_a_new_session() -> None:
    genuine = issue()
    last = 24
    honest = read(Relay(EmulatedCard(genuine), EmulatedCard(genuine), after_reading(last)))
    assert "session-reopened" in honest.notes
    assert_accepted(honest)
    forged = read(Relay(EmulatedCard(genuine), EmulatedCard(clone(genuine)), after_reading(last)))
    assert "session-reopened" in forged.notes
    assert said(forged, CheckName.CHIP_AUTHENTICATION)[0] is F
    assert_rejected(forged, "ca-unprotected")
    withheld = read(Relay(EmulatedCard(genuine), EmulatedCard(attacks.cloned(genuine)), after_reading(last)))
    assert_rejected(withheld, "ca-refused")


# EF.CardSecurity -----------------------------------------------------------------------------------------------------


def stranger(country: str = "VN"):
    return TestCsca.create(country=country, at=AT - timedelta(days=900)).issue_document_signer(at=AT - timedelta(days=800))


def test_a_card_security_that_a_stranger_signed() -> None:
    """A forger's own key, in a file that he signs himself: the proof is sound, and worth nothing."""
    forged = with_card_security(issue(pace=[CAM], chip_authentication=None, terminal_authentication=None), by=stranger())
    evidence = read(forged)
    assert said(evidence, CheckName.CHIP_AUTHENTICATION_MAPPING) == (S, "ok")
    assert said(evidence, CheckName.CARD_SECURITY)[0] is F
    assert judge(evidence).check(CheckName.CHIP_AUTHENTICITY).outcome is F
    for policy in (chipid.Policy.counter(), chipid.Policy.strict()):
        assert judge(evidence, policy).decision is chipid.Decision.REJECTED


def test_a_card_security_with_another_signature() -> None:
    evidence = read(attacks.with_bit_flipped(issue(pace=[CAM]), FileId.CARD_SECURITY))
    assert said(evidence, CheckName.CARD_SECURITY)[0] is F
    assert judge(evidence).decision is chipid.Decision.REJECTED


def test_the_card_security_of_another_genuine_card() -> None:
    chip, donor = issue(pace=[CAM]), issue(pace=[CAM], number="X07654321")
    assert_rejected(read(attacks.with_file_of(chip, donor, FileId.CARD_SECURITY)), "cam-wrong-key")


def test_the_card_security_of_another_genuine_card_with_version_2() -> None:
    chip, donor = version_2(), version_2(number="X07654321")
    swapped = attacks.with_file_of(chip, donor, FileId.CARD_SECURITY)
    assert_rejected(read(swapped, terminal=credentials()), "ca-wrong-token")


def test_a_card_security_that_offers_another_pace() -> None:
    def change(infos):
        return [PaceInfo(CAM_OID, 2, 12) if isinstance(info, PaceInfo) else info for info in infos]

    assert_rejected(read(with_card_security(issue(pace=[CAM]), change)), "cam-not-in-card-security")


def test_a_card_security_without_the_key() -> None:
    def change(infos):
        return [info for info in infos if not isinstance(info, ChipAuthenticationPublicKeyInfo)]

    assert_rejected(read(with_card_security(issue(pace=[CAM]), change)), "cam-key-missing")


def test_a_card_security_that_is_withheld() -> None:
    evidence = read(issue(pace=[CAM]), faults.FileRefused(file=FileId.CARD_SECURITY))
    assert evidence.failures[FileId.CARD_SECURITY].reason == "not-authorised"
    assert said(evidence, CheckName.CARD_SECURITY) == (U, "card-security-missing")
    assert_not_accepted(evidence)
    evidence = read(issue(pace=[CAM]), faults.FileRefused(file=FileId.CARD_SECURITY, sw=0x6A82))
    assert evidence.failures[FileId.CARD_SECURITY].sw == 0x6A82
    assert_not_accepted(evidence)


@pytest.mark.parametrize("raw", [b"\x04\x05noise", b"\x30\x84\xff\xff\xff\xff", b"\x30\x03\x02\x01\x05"])
def test_a_card_security_that_is_none(raw) -> None:
    evidence = read(attacks.with_file(issue(pace=[CAM]), FileId.CARD_SECURITY, raw), terminal=credentials())
    assert evidence.complete
    assert_not_accepted(evidence)


# Extended Access Control, version 1 ----------------------------------------------------------------------------------


class Silent:
    """A terminal's key that remembers what it was asked to sign."""

    def __init__(self, real) -> None:
        self.real = real
        self.signed = []

    @property
    def public_key(self):
        return self.real.public_key

    def sign(self, scheme, message):
        self.signed.append(message)
        return self.real.sign(scheme, message)


def watched(*data_groups: int):
    complete = credentials(*data_groups)
    spy = Silent(complete.signer)
    return replace(complete, signer=spy), spy


def test_fingerprints_are_read_with_rights_and_not_without() -> None:
    with_rights = read(issue(), terminal=credentials())
    assert FileId.DG3 in with_rights.files
    assert with_rights.terminal_authentication is not None
    assert with_rights.terminal_authentication.rights == ("DG3", "DG4")
    assert said(with_rights, CheckName.TERMINAL_AUTHENTICATION) == (S, "ok")
    assert_accepted(with_rights)
    without = read(issue())
    assert without.failures[FileId.DG3].reason == "not-authorised"
    assert without.terminal_authentication is None
    assert_accepted(without)


def test_after_bac_the_authorities_stand_in_ef_cvca() -> None:
    keys = chipid.AccessKeys.from_fields("X01234567", "740812", "320415")
    evidence = read(issue(pace=None, can=None), keys=keys, terminal=credentials())
    assert evidence.accesses[-1].protocol is Protocol.BAC
    assert FileId.DG3 in evidence.files
    assert_accepted(evidence)


def test_without_dg1_a_chip_opened_by_bac_has_no_name_to_sign() -> None:
    keys = chipid.AccessKeys.from_fields("X01234567", "740812", "320415")
    terminal, spy = watched()
    evidence = read(issue(pace=None, can=None), faults.FileRefused(file=FileId.DG1), keys=keys, terminal=terminal)
    assert evidence.terminal_authentication is not None
    assert evidence.terminal_authentication.reason == "ta-chip-not-identified"
    assert not spy.signed


def test_after_mapping_alone_the_terminal_is_bound_to_its_key_of_pace() -> None:
    chip = issue(pace=[CAM], chip_authentication=None, terminal_authentication={"version": 1})
    terminal, spy = watched()
    evidence = read(chip, terminal=terminal)
    assert FileId.DG3 in evidence.files
    assert len(spy.signed) == 1
    assert_accepted(evidence)


@pytest.mark.parametrize(
    "change",
    [clone, lambda image: attacks.without_file(image, FileId.CARD_SECURITY)],
    ids=["another key", "no key"],
)
def test_the_terminal_signs_for_no_chip_whose_mapping_is_not_proven(change) -> None:
    chip = change(issue(pace=[CAM], chip_authentication=None, terminal_authentication={"version": 1}))
    terminal, spy = watched()
    evidence = read(chip, terminal=terminal)
    assert evidence.terminal_authentication is not None
    assert evidence.terminal_authentication.reason == "ta-chip-not-authenticated"
    assert not spy.signed
    assert_not_accepted(evidence)


@pytest.mark.parametrize("forge", [clone, attacks.cloned])
def test_the_terminal_signs_for_no_chip_whose_authentication_failed(forge) -> None:
    terminal, spy = watched()
    evidence = read(forge(issue()), terminal=terminal)
    assert not spy.signed
    assert FileId.DG3 not in evidence.files
    assert evidence.terminal_authentication is not None
    assert evidence.terminal_authentication.result is not Result.DONE
    assert_not_accepted(evidence)


def test_the_terminal_signs_for_no_chip_that_offers_no_proof() -> None:
    chip = issue(chip_authentication=None, terminal_authentication=None)
    announcing = with_card_access(chip, lambda infos: [TerminalAuthenticationInfo("0.4.0.127.0.7.2.2.2", 1), *infos])
    terminal, spy = watched()
    evidence = read(announcing, terminal=terminal)
    assert evidence.terminal_authentication is not None
    assert evidence.terminal_authentication.reason == "ta-chip-not-authenticated"
    assert not spy.signed


def test_a_chip_without_terminal_authentication() -> None:
    evidence = read(issue(terminal_authentication=None), terminal=credentials())
    assert evidence.terminal_authentication is not None
    assert evidence.terminal_authentication.reason == "ta-not-offered"
    assert said(evidence, CheckName.TERMINAL_AUTHENTICATION) == (N, "ta-not-offered")
    assert_accepted(evidence)


@pytest.mark.parametrize("reference", [b"DEUNKNOWN00001", b"", b"\x00" * 16, b"\x1b[2J", b"D" * 17, b"D" * 60_000], ids=range(6))
def test_authorities_that_nobody_knows(reference) -> None:
    terminal, spy = watched()
    named = PaceAnswers(4, with_value(0x87, lambda _value: reference))
    evidence = read(issue(), named, terminal=terminal)
    record = evidence.terminal_authentication
    assert record is not None
    assert len(repr(record)) < 1000
    if 0 < len(reference) <= 16:
        assert record.reason == "ta-no-chain"
        assert not spy.signed
    else:  # it is no name, and EF.CVCA still has the chip's own
        assert record.result is Result.DONE
    assert_accepted(evidence) if record.result is Result.DONE else assert_not_rejected(evidence)


def assert_not_rejected(evidence) -> None:
    assert judge(evidence).decision is not chipid.Decision.REJECTED


@pytest.mark.parametrize(
    "raw", [b"", b"\x42\x00" + bytes(34), bytes(36), b"\x42\x7f" + b"A" * 34, b"\x42\x84\xff\xff\xff\xff" + bytes(30)]
)
def test_a_hostile_ef_cvca(raw) -> None:
    keys = chipid.AccessKeys.from_fields("X01234567", "740812", "320415")
    terminal, spy = watched()

    def answer(command):
        return ResponseAPDU(raw, 0x9000) if command.p1 == 0x80 | FileId.CVCA.sfi or (command.p1, command.p2) == (0, 0) else None

    evidence = read(issue(pace=None, can=None), Answers(0xB0, answer), keys=keys, terminal=terminal)
    record = evidence.terminal_authentication
    assert record is not None
    assert record.reason == "ta-no-chain"
    assert not spy.signed


def test_ef_cvca_is_where_dg14_says() -> None:
    def elsewhere(infos):
        moved = TerminalAuthenticationInfo("0.4.0.127.0.7.2.2.2", 1, EfCvca(0x1234, 0x1F))
        return [moved if isinstance(info, TerminalAuthenticationInfo) else info for info in infos]

    commands = []
    keys = chipid.AccessKeys.from_fields("X01234567", "740812", "320415")
    evidence = read(with_dg14(issue(pace=None, can=None), elsewhere), Heard(commands), keys=keys, terminal=credentials())
    assert any(command.ins == INS.SELECT and command.data == b"\x12\x34" for command in commands)
    assert not any(command.ins == 0xB0 and command.p1 == 0x9F for command in commands)  # 31 is no short identifier
    assert evidence.terminal_authentication is not None
    assert evidence.terminal_authentication.reason == "ta-no-chain"


@pytest.mark.parametrize("size", [0, 7, 9, 16])
def test_a_challenge_of_another_length_is_not_signed(size) -> None:
    terminal, spy = watched()
    evidence = read(issue(), Answers(INS.GET_CHALLENGE, lambda _c: ResponseAPDU(bytes(size), 0x9000)), terminal=terminal)
    assert evidence.terminal_authentication is not None
    assert evidence.terminal_authentication.reason == "ta-challenge-malformed"
    assert not spy.signed


def test_what_is_missing_in_the_chain_is_foreseen() -> None:
    evidence = read(issue(), terminal=credentials(4))
    record = evidence.terminal_authentication
    assert record is not None
    assert record.result is Result.DONE
    assert record.rights == ("DG4",)
    assert evidence.failures[FileId.DG3].reason == "not-authorised"
    refused = read(issue(), Answers(INS.PERFORM_SECURITY_OPERATION, lambda _c: ResponseAPDU(b"", 0x6300)), terminal=credentials(4))
    record = refused.terminal_authentication
    assert record is not None
    assert record.result is Result.FAILED
    assert any("cv-right-missing" in line for line in record.foreseen)


def test_rights_are_proved_again_in_a_new_session() -> None:
    """The session is lost while DG3 is read."""
    chip = issue()
    for loss in range(30, 60):
        commands = []
        relay = Relay(EmulatedCard(chip), EmulatedCard(chip, faults=[Heard(commands)]), after_reading(loss))
        evidence = read(relay, terminal=credentials())
        record = evidence.terminal_authentication
        assert record is not None
        if record.result is Result.DONE and "session-reopened" in evidence.notes:
            assert any(command.ins == INS.EXTERNAL_AUTHENTICATE for command in commands)
            assert FileId.DG3 in evidence.files
            assert_accepted(evidence)
            return
    pytest.fail("no loss fell into the reading behind Terminal Authentication")


def test_a_session_lost_in_terminal_authentication() -> None:
    chip = issue()

    def at_verify(_number, command):
        return command.ins == INS.PERFORM_SECURITY_OPERATION

    evidence = read(Relay(EmulatedCard(chip), EmulatedCard(chip), at_verify), terminal=credentials())
    assert "terminal-authentication-lost-session" in evidence.notes
    assert evidence.terminal_authentication is not None
    assert evidence.terminal_authentication.reason == "ta-session-lost"
    assert said(evidence, CheckName.TERMINAL_AUTHENTICATION) == (U, "ta-session-lost")
    assert judge(evidence).accepted  # of the document it says nothing
    assert FileId.DG3 not in evidence.files


def test_a_forger_gets_no_signature_in_a_session_that_was_opened_anew() -> None:
    chip = issue()
    terminal, spy = watched()
    genuine, forged = EmulatedCard(chip), EmulatedCard(clone(chip))
    relay = Relay(genuine, forged, lambda _number, command: command.ins == INS.PERFORM_SECURITY_OPERATION)
    evidence = read(relay, terminal=terminal)
    assert not spy.signed
    assert_rejected(evidence, "ca-unprotected")


# Extended Access Control, version 2 ----------------------------------------------------------------------------------


def version_2(**changes):
    return issue(**{"chip_authentication": CA_2, "terminal_authentication": {"version": 2}, **changes})


def test_version_2_proves_both_before_the_application() -> None:
    evidence = read(version_2(), terminal=credentials())
    assert evidence.chip_authentication is not None
    assert evidence.chip_authentication.version == 2
    assert FileId.DG3 in evidence.files
    assert said(evidence, CheckName.CHIP_AUTHENTICATION) == (S, "ok")
    assert_accepted(evidence)


def test_without_rights_version_2_is_left_alone() -> None:
    evidence = read(version_2())
    assert evidence.chip_authentication is None
    assert_not_accepted(evidence)  # nothing has proved the chip


def test_version_2_is_for_chips_that_announce_it_for_the_terminal_too() -> None:
    def version_1(infos):
        return [replace(info, version=1) if isinstance(info, TerminalAuthenticationInfo) else info for info in infos]

    terminal, spy = watched()
    evidence = read(with_card_access(version_2(), version_1), terminal=terminal)
    assert evidence.chip_authentication is None
    assert evidence.terminal_authentication is not None
    assert evidence.terminal_authentication.reason == "ta-not-offered"  # DG14 announces version 2 alone
    assert not spy.signed


def test_version_2_together_with_mapping_reads_card_security_once() -> None:
    commands = []
    evidence = read(version_2(pace=[CAM]), Heard(commands), terminal=credentials())
    assert said(evidence, CheckName.CHIP_AUTHENTICATION_MAPPING) == (S, "ok")
    assert said(evidence, CheckName.CHIP_AUTHENTICATION) == (S, "ok")
    application = next(number for number, command in enumerate(commands) if command.data == LDS1_AID)
    heads = [c for c in commands[:application] if c.ins == 0xB0 and c.p1 == 0x80 | FileId.CARD_SECURITY.sfi]
    assert len(heads) == 1
    assert_accepted(evidence)


def test_a_clone_of_version_2_is_read_and_rejected() -> None:
    evidence = read(clone(version_2()), terminal=credentials())
    assert evidence.complete
    assert FileId.SOD in evidence.files
    assert [attempt.result for attempt in evidence.accesses] == [Result.DONE]
    assert_rejected(evidence, "ca-wrong-token")
    assert evidence.terminal_authentication is not None
    assert evidence.terminal_authentication.reason == "ta-session-lost"  # its rights were those of the session that is lost
    assert_rejected(read(attacks.cloned(version_2()), terminal=credentials()), "ca-refused")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (with_value(0x82, lambda token: bytes(len(token))), "ca-wrong-token"),
        (with_value(0x82, lambda token: token[:-1]), "ca-wrong-token"),
        (with_value(0x82, lambda _token: b""), "ca-wrong-token"),
        (with_value(0x82, lambda _token: None), "ca-wrong-token"),
        (with_value(0x81, lambda _nonce: b""), "ca-wrong-token"),
        (with_value(0x81, lambda _nonce: bytes(33)), "ca-wrong-token"),
        (with_value(0x81, lambda nonce: bytes(len(nonce))), "ca-wrong-token"),
        (with_value(0x83, lambda _nothing: b"more"), "ca-wrong-token"),
        (lambda _response: ResponseAPDU(b"", 0x9000), "ca-wrong-token"),
        (status(0x6A80), "ca-refused"),
    ],
    ids=range(10),
)
def test_version_2_without_a_good_nonce_and_token(change, reason) -> None:
    evidence = read(version_2(), AgreementAnswers(change), terminal=credentials())
    assert_rejected(evidence, reason)


def test_a_session_of_version_2_that_is_lost_ends_the_reading() -> None:
    """Nothing but that session binds the files to the chip that has proved itself."""
    chip = version_2()

    for fake in (chip, clone(chip)):
        relay = Relay(EmulatedCard(chip), EmulatedCard(fake), after_reading(32))
        evidence = read(relay, terminal=credentials())
        assert not evidence.complete
        assert "reading-broken-off" in evidence.notes
        assert said(evidence, CheckName.ACCESS) == (U, "reading-broken-off")
        assert_not_accepted(evidence)


def announced(infos, parameter_id):
    """EF.CardAccess announces the key in another group."""
    domain = standardised_domain(parameter_id)
    return [
        ChipAuthenticationDomainParameterInfo(info.oid, build_domain(domain, parameter_id), info.key_id)
        if isinstance(info, ChipAuthenticationDomainParameterInfo)
        else info
        for info in infos
    ]


@pytest.mark.parametrize("parameter_id", [8, 12, 16])
def test_a_key_of_another_group_than_the_announced_one_is_not_used(parameter_id) -> None:
    altered = with_card_access(version_2(), lambda infos: announced(infos, parameter_id))
    evidence = read(altered, terminal=credentials())
    assert evidence.complete
    assert evidence.chip_authentication is None
    assert_not_accepted(evidence)


def test_a_key_that_was_announced_and_is_not_there() -> None:
    def renamed(infos):
        return [
            replace(info, key_id=7) if isinstance(info, ChipAuthenticationInfo | ChipAuthenticationPublicKeyInfo) else info
            for info in infos
        ]

    evidence = read(with_card_security(version_2(), renamed), terminal=credentials())
    assert evidence.chip_authentication is None
    assert_not_accepted(evidence)


def test_version_2_for_a_terminal_that_the_chip_refuses() -> None:
    refused = Answers(INS.EXTERNAL_AUTHENTICATE, lambda _command: ResponseAPDU(b"", 0x6300))
    evidence = read(version_2(), refused, terminal=credentials())
    assert evidence.chip_authentication is None
    assert evidence.terminal_authentication is not None
    assert evidence.terminal_authentication.reason == "ta-signature-refused"
    assert said(evidence, CheckName.TERMINAL_AUTHENTICATION) == (F, "ta-signature-refused")
    assert_not_accepted(evidence)


def test_a_key_of_version_2_that_a_stranger_signed() -> None:
    evidence = read(with_card_security(version_2(), by=stranger()), terminal=credentials())
    assert said(evidence, CheckName.CHIP_AUTHENTICATION) == (S, "ok")
    assert said(evidence, CheckName.CHIP_AUTHENTICITY)[0] is F
    assert judge(evidence).decision is chipid.Decision.REJECTED


def test_version_2_without_card_security() -> None:
    evidence = read(version_2(), faults.FileRefused(file=FileId.CARD_SECURITY), terminal=credentials())
    assert evidence.chip_authentication is None
    assert evidence.failures[FileId.CARD_SECURITY].reason == "not-authorised"
    assert_not_accepted(evidence)


def test_a_proof_of_version_2_of_a_session_that_was_given_up_speaks_for_no_other() -> None:
    chip = version_2(pace=[GM, {**GM, "parameter_id": 12}])
    proofs = [0]

    def second_terminal_is_refused(_command):
        proofs[0] += 1
        return ResponseAPDU(b"", 0x6300) if proofs[0] > 1 else None

    refused = Answers(INS.EXTERNAL_AUTHENTICATE, second_terminal_is_refused)
    evidence = read(chip, no_application([1]), refused, terminal=credentials())
    assert [attempt.parameter_id for attempt in evidence.accesses] == [13, 12]
    assert proofs == [2]
    assert evidence.chip_authentication is None
    assert_not_accepted(evidence)
