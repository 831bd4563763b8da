# SPDX-License-Identifier: Apache-2.0
"""The PIN and its PUK on a whole chip (BSI TR-03110-2 §3.5.1, -3 §B.11.1, §B.11.3).

===========  =========  ====================  ==========================================
tries left   Set AT     the PIN's run         what leads on
===========  =========  ====================  ==========================================
3            9000       goes                  right: 3 again; wrong: one less
2            63C2       goes                  the same
1 suspended  63C1       6985                  the CAN, and the PIN in its session
0 blocked    63C0       6983                  the PUK, and RESET RETRY COUNTER
===========  =========  ====================  ==========================================
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from eac_chip import EacTerminal, image, is_checking_error, set_at_pace
from issuer import CAN, PIN, PUK

from chipid.emulator.memory import DELAY_LIMIT
from chipid.errors import NotAuthorised, PasswordBlocked, StatusError, WrongPassword
from chipid.protocols.password import Password, PasswordKind
from chipid.protocols.pin_management import change_pin, unblock_pin

NONCE = "10 86 00 00 02 7C 00 00"
UNBLOCK, CHANGE = "00 2C 03 03", "00 2C 02 03 06 363534333231"
NEW_PIN = "654321"


def pin(text: str = PIN) -> Password:
    return Password.from_text(PasswordKind.PIN, text)


WRONG = pin("000000")


@pytest.fixture
def t() -> EacTerminal:
    return EacTerminal(image("version 2"))


def left(t: EacTerminal) -> int:
    """What MSE:Set AT tells, after power-up."""
    t.reset()
    data, sw = t.plain(set_at_pace(t.pace_choices()[0], PasswordKind.PIN))
    assert data == b""
    return 3 if sw == 0x9000 else sw & 0x0F


def wrong(t: EacTerminal, times: int = 1) -> EacTerminal:
    for _ in range(times):
        with pytest.raises(WrongPassword):
            t.pace(WRONG)
    return t


def suspended(t: EacTerminal) -> EacTerminal:
    wrong(t, 2)
    assert left(t) == 1
    return t


def blocked(t: EacTerminal) -> EacTerminal:
    suspended(t).pace(PasswordKind.CAN)
    with pytest.raises(WrongPassword) as caught:
        t.pace(WRONG, inside=True, resumed=True)
    assert caught.value.attempts_left == 0
    assert left(t) == 0
    return t


# Counting --------------------------------------------------------------------------------------------------------


def test_a_wrong_pin_costs_a_try(t: EacTerminal) -> None:
    assert left(t) == 3
    for tries in (2, 1):
        with pytest.raises(WrongPassword) as caught:
            t.pace(WRONG)
        assert caught.value.attempts_left == tries
        assert left(t) == tries


def test_the_right_pin_gives_them_back(t: EacTerminal) -> None:
    wrong(t).pace(pin())
    assert left(t) == 3


@pytest.mark.parametrize("other", [PasswordKind.CAN, PasswordKind.PUK, PasswordKind.MRZ])
def test_other_passwords_count_nothing_and_give_nothing_back(t: EacTerminal, other: PasswordKind) -> None:
    wrong(t)
    t.pace(other)
    assert left(t) == 2
    for _ in range(4):
        with pytest.raises(WrongPassword) as caught:
            t.pace(Password.from_mrz_information("X") if other is PasswordKind.MRZ else Password.from_text(other, "111111"))
        assert caught.value.attempts_left is None
    assert left(t) == 2
    t.pace(other)


def test_a_single_try_is_not_suspended() -> None:
    """Nothing has been lost that the CAN would have to come before; once lost, the PIN is blocked."""
    t = EacTerminal(replace(image("version 2"), pin_tries=1))
    t.pace(pin())
    t.reset()
    wrong(t, 1)
    assert t.card.applet.memory.pin_counter.blocked


@pytest.mark.parametrize("tries", [2, 3, 10, 15])
def test_as_many_tries_as_personalisation_says(tries: int) -> None:
    t = EacTerminal(replace(image("version 2"), pin_tries=tries))
    wrong(t, tries - 1)
    t.reset()
    assert t.plain(set_at_pace(t.pace_choices()[0], PasswordKind.PIN)) == (b"", 0x63C1)
    assert t.plain(NONCE) == (b"", 0x6985)
    t.pace(PasswordKind.CAN).pace(pin(), inside=True, resumed=True)
    assert t.card.applet.memory.pin_counter.left == tries


def test_a_run_that_is_broken_off_costs_nothing(t: EacTerminal) -> None:
    """Only a token that is wrong is a try: that is when the chip learns anything."""
    for _ in range(5):
        assert t.plain(set_at_pace(t.pace_choices()[0], PasswordKind.PIN)) == (b"", 0x9000)
        assert t.plain(NONCE)[1] == 0x9000
        t.reset()
    assert left(t) == 3


# Suspended -------------------------------------------------------------------------------------------------------


def test_a_suspended_pin_answers_a_warning_and_then_nothing(t: EacTerminal) -> None:
    suspended(t)
    for _ in range(3):
        assert t.plain(set_at_pace(t.pace_choices()[0], PasswordKind.PIN)) == (b"", 0x63C1)
        assert t.plain(NONCE) == (b"", 0x6985)
        with pytest.raises(PasswordBlocked) as caught:
            t.pace(pin())
        assert caught.value.suspended
    assert left(t) == 1


def test_the_can_resumes_it_and_the_right_pin_resets_it(t: EacTerminal) -> None:
    suspended(t).pace(PasswordKind.CAN).pace(pin(), inside=True, resumed=True)
    assert t.card.applet.password is PasswordKind.PIN
    assert left(t) == 3
    t.pace(pin())


@pytest.mark.parametrize("other", [PasswordKind.MRZ, PasswordKind.PUK])
def test_no_other_password_resumes_it(t: EacTerminal, other: PasswordKind) -> None:
    suspended(t).pace(other)
    assert t.secure(set_at_pace(t.pace_choices()[0], PasswordKind.PIN)) == (b"", 0x63C1)
    assert t.secure(NONCE) == (b"", 0x6985)
    assert left(t) == 1


def test_the_cans_session_has_to_be_there_still(t: EacTerminal) -> None:
    """It is the session that resumes: after a plain command, or another password in its place, the PIN is suspended again."""
    suspended(t).pace(PasswordKind.CAN)
    t.plain("00 A4 00 0C")
    assert t.plain(set_at_pace(t.pace_choices()[0], PasswordKind.PIN)) == (b"", 0x63C1)
    assert t.plain(NONCE) == (b"", 0x6985)
    t.pace(PasswordKind.CAN).pace(PasswordKind.MRZ, inside=True)
    assert t.secure(set_at_pace(t.pace_choices()[0], PasswordKind.PIN)) == (b"", 0x63C1)
    assert t.secure(NONCE) == (b"", 0x6985)


def test_resuming_is_not_for_a_wrong_can(t: EacTerminal) -> None:
    suspended(t)
    with pytest.raises(WrongPassword):
        t.pace(Password.from_text(PasswordKind.CAN, "111111"))
    assert t.plain(set_at_pace(t.pace_choices()[0], PasswordKind.PIN)) == (b"", 0x63C1)
    assert t.plain(NONCE) == (b"", 0x6985)


# Blocked ---------------------------------------------------------------------------------------------------------


def test_a_blocked_pin_is_refused_everywhere(t: EacTerminal) -> None:
    """Also in the session of the CAN, and right as it is."""
    blocked(t)
    choice = t.pace_choices()[0]
    assert t.plain(set_at_pace(choice, PasswordKind.PIN)) == (b"", 0x63C0)
    assert t.plain(NONCE) == (b"", 0x6983)
    for way in (PasswordKind.CAN, PasswordKind.MRZ, PasswordKind.PUK):
        t.pace(way)
        assert t.secure(set_at_pace(choice, PasswordKind.PIN)) == (b"", 0x63C0)
        assert t.secure(NONCE) == (b"", 0x6983)
        with pytest.raises(PasswordBlocked) as caught:
            t.pace(pin(), inside=True, resumed=True)
        assert not caught.value.suspended
    assert left(t) == 0


def test_the_session_outlives_the_last_wrong_try(t: EacTerminal) -> None:
    suspended(t).pace(PasswordKind.CAN)
    with pytest.raises(WrongPassword):
        t.pace(WRONG, inside=True, resumed=True)
    assert t.secure("00 B0 9C 00 01") == (b"\x31", 0x9000)
    assert t.card.applet.password is PasswordKind.CAN


def test_the_counter_never_falls_below_none(t: EacTerminal) -> None:
    blocked(t)
    for _ in range(20):
        with pytest.raises(PasswordBlocked):
            t.pace(WRONG)
    assert left(t) == 0


# RESET RETRY COUNTER -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [wrong, suspended, blocked, lambda t: t])
def test_the_puk_unblocks(t: EacTerminal, state) -> None:
    state(t).pace(PasswordKind.PUK)
    assert t.secure(UNBLOCK) == (b"", 0x9000)
    assert left(t) == 3
    t.pace(pin())


def test_the_terminals_dialogues(t: EacTerminal) -> None:
    blocked(t).pace(PasswordKind.PUK)
    t.within(unblock_pin())
    t.pace(pin()).within(change_pin(NEW_PIN))
    t.pace(pin(NEW_PIN))
    with pytest.raises(NotAuthorised):
        t.within(unblock_pin())
    t.pace(PasswordKind.PUK)
    with pytest.raises(NotAuthorised):
        t.within(change_pin(NEW_PIN))


def test_the_pin_changes_the_pin(t: EacTerminal) -> None:
    t.pace(pin())
    assert t.secure(CHANGE) == (b"", 0x9000)
    assert t.secure("00 B0 9C 00 01")[1] == 0x9000
    with pytest.raises(WrongPassword) as caught:
        t.pace(pin())
    assert caught.value.attempts_left == 2
    t.pace(pin(NEW_PIN))
    assert left(t) == 3


@pytest.mark.parametrize("way", list(PasswordKind))
@pytest.mark.parametrize("command", [UNBLOCK, CHANGE], ids=["unblock", "change"])
def test_who_may_do_what(t: EacTerminal, way: PasswordKind, command: str) -> None:
    """The PUK unblocks, the PIN changes, and nothing else is allowed."""
    wrong(t)
    allowed = (way, command) in ((PasswordKind.PUK, UNBLOCK), (PasswordKind.PIN, CHANGE))
    t.pace(way)
    before = t.card.applet.memory.pin_counter.left
    assert t.secure(command) == (b"", 0x9000 if allowed else 0x6982)
    assert t.card.applet.memory.pin_counter.left == (3 if allowed else before)
    assert t.card.applet.memory.pin == (NEW_PIN if allowed and command == CHANGE else PIN)
    assert t.secure("00 B0 9C 00 01")[1] == 0x9000


@pytest.mark.parametrize("command", [UNBLOCK, CHANGE], ids=["unblock", "change"])
def test_none_of_it_without_protection(t: EacTerminal, command: str) -> None:
    assert t.plain(command) == (b"", 0x6982)
    t.pace(PasswordKind.PUK if command == UNBLOCK else PasswordKind.PIN)
    assert is_checking_error(t.plain(command)[1])
    with pytest.raises(Exception, match="without protection"):
        t.secure(command)
    assert t.card.applet.memory.pin == PIN


def test_nothing_after_bac() -> None:
    t = EacTerminal(replace(image("version 2"), bac=True)).bac()
    assert t.secure(UNBLOCK) == t.secure(CHANGE) == (b"", 0x6982)


def test_the_right_ends_with_the_session_that_gave_it(t: EacTerminal) -> None:
    """The CAN in the PUK's session, and the PUK's right is gone."""
    wrong(t).pace(PasswordKind.PUK).pace(PasswordKind.CAN, inside=True)
    assert t.secure(UNBLOCK) == (b"", 0x6982)
    assert left(t) == 2


@pytest.mark.parametrize(
    ("command", "sw"),
    [
        ("00 2C 00 03", 0x6A86),
        ("00 2C 01 03", 0x6A86),
        ("00 2C 02 02", 0x6A86),
        ("00 2C 03 01", 0x6A86),
        ("00 2C 03 04", 0x6A86),
        ("10 2C 03 03", 0x6884),
        ("00 2C 03 03 06 363534333231", 0x6700),
        ("00 2C 03 03 01 00", 0x6700),
    ],
)
def test_other_forms_with_the_puk(t: EacTerminal, command: str, sw: int) -> None:
    blocked(t).pace(PasswordKind.PUK)
    assert t.secure(command) == (b"", sw)
    assert t.card.applet.memory.pin_counter.left == 0
    assert t.secure(UNBLOCK) == (b"", 0x9000)


@pytest.mark.parametrize("octets", ["", "3132333435", "31323334353637", "31323334353A", "3132333435360A", "FFFFFFFFFFFF"])
def test_a_new_pin_that_is_none(t: EacTerminal, octets: str) -> None:
    t.pace(pin())
    lc = f"{len(octets) // 2:02X}" if octets else ""
    assert t.secure(f"00 2C 02 03 {lc} {octets}") == (b"", 0x6A80)
    assert t.card.applet.memory.pin == PIN
    t.pace(pin())


def test_a_chip_without_a_puk_or_without_a_pin() -> None:
    t = EacTerminal(replace(image("version 2"), puk=None))
    assert t.plain(set_at_pace(t.pace_choices()[0], PasswordKind.PUK)) == (b"", 0x6A88)
    t = EacTerminal(replace(image("version 2"), pin=None)).pace(PasswordKind.PUK)
    assert t.plain(set_at_pace(t.pace_choices()[0], PasswordKind.PIN)) == (b"", 0x6A88)
    t.pace(PasswordKind.PUK)
    assert t.secure(UNBLOCK) == (b"", 0x6A88)
    with pytest.raises(StatusError):
        t.within(unblock_pin())


# Memory ----------------------------------------------------------------------------------------------------------


def test_reset_and_power_loss_forget_nothing(t: EacTerminal) -> None:
    wrong(t)
    for take_away in (t.card.reset, t.card.withdraw):
        take_away()
        assert left(t) == 2
    t.pace(pin()).secure(CHANGE)
    wrong(t)
    t.card.withdraw()
    assert left(t) == 2
    t.pace(pin(NEW_PIN))


def test_the_image_keeps_the_pin_that_it_was_given(t: EacTerminal) -> None:
    """A change is the chip's: another chip of that image begins with the personalised PIN and all tries."""
    wrong(t).pace(pin()).secure(CHANGE)
    wrong(t, 2)
    other = EacTerminal(image("version 2"))
    assert left(other) == 3
    other.pace(pin())


def test_one_attempt_at_a_time(t: EacTerminal) -> None:
    """A second MSE:Set AT voids the run before: two runs cannot share one try."""
    choice = t.pace_choices()[0]
    assert t.plain(set_at_pace(choice, PasswordKind.PIN)) == (b"", 0x9000)
    first = t.plain(NONCE)
    assert t.plain(set_at_pace(choice, PasswordKind.PIN)) == (b"", 0x9000)
    second = t.plain(NONCE)
    assert first != second
    assert t.plain(NONCE)[1] != 0x9000
    wrong(t)
    assert left(t) == 2


def test_a_suspension_reaches_a_run_that_has_begun(t: EacTerminal) -> None:
    """Whoever begins a run while tries are left does not keep that try for later."""
    applet = t.card.applet
    choice = t.pace_choices()[0]
    assert t.plain(set_at_pace(choice, PasswordKind.PIN)) == (b"", 0x9000)
    applet.memory.pin_counter.failed()
    applet.memory.pin_counter.failed()
    assert t.plain(NONCE) == (b"", 0x6985)


# Delays ----------------------------------------------------------------------------------------------------------


class Waits(list[float]):
    def __call__(self, seconds: float) -> None:
        self.append(seconds)


def slow(name: str = "version 2") -> tuple[EacTerminal, Waits]:
    waits = Waits()
    return EacTerminal(image(name), pause=waits), waits


def wrong_can(t: EacTerminal) -> None:
    with pytest.raises(WrongPassword):
        t.pace(Password.from_text(PasswordKind.CAN, "111111"))


def wrong_mrz(t: EacTerminal) -> None:
    t.reset()
    t.plain("00 A4 04 0C 07 A0000002471001")
    assert t.plain("00 84 00 00 08")[1] == 0x9000
    assert t.plain("00 82 00 00 28" + "00" * 40 + "28") == (b"", 0x6300)


@pytest.mark.parametrize(("chip", "attempt"), [("version 2", wrong_can), ("curves", wrong_mrz), ("curves", wrong_can)])
def test_delays_grow_and_are_bounded(chip: str, attempt) -> None:
    """A slip costs nothing; who goes on waits longer and longer, and never so long that a reader gives up (ICAO 9303-11 §4.3.1)."""
    t, waits = slow(chip)
    for _ in range(2):
        attempt(t)
    assert waits == []
    for _ in range(30):
        attempt(t)
    assert waits == sorted(waits)
    assert waits[0] < waits[1] < waits[2]
    assert max(waits) == DELAY_LIMIT <= 5


def test_delays_survive_resets_and_end_with_success() -> None:
    t, waits = slow()
    for _ in range(4):
        wrong_can(t)
        t.card.withdraw()
    seen = len(waits)
    assert seen > 0
    t.pace(PasswordKind.CAN)  # this one waits still
    assert len(waits) == seen + 1
    t.pace(PasswordKind.CAN)
    wrong_can(t)
    wrong_can(t)
    assert len(waits) == seen + 1


def test_bac_and_pace_share_the_delay_of_the_zone() -> None:
    """Who is slowed down on one way cannot go on on the other."""
    t, waits = slow("curves")
    wrong_mrz(t)
    with pytest.raises(WrongPassword):
        t.pace(Password.from_mrz_information("X"))
    wrong_mrz(t)
    assert len(waits) == 1
    t.pace(PasswordKind.MRZ)
    assert len(waits) == 2
    wrong_mrz(t)
    assert len(waits) == 2


@pytest.mark.parametrize("known", [PasswordKind.CAN, PasswordKind.MRZ, PasswordKind.PIN])
def test_a_password_that_is_known_buys_no_tries_of_another(known: PasswordKind) -> None:
    """The PUK has no counter that blocks it: the delay is all that protects it, and the CAN is printed on the card."""
    t, waits = slow()
    for _ in range(20):
        with pytest.raises(WrongPassword):
            t.pace(Password.from_text(PasswordKind.PUK, "1111111111"))
        before = len(waits)
        t.pace(known)
        assert len(waits) == before  # its holder does not wait
    assert len(waits) == 18
    assert max(waits) == DELAY_LIMIT


def test_a_try_with_the_pin_waits_too() -> None:
    t, waits = slow()
    wrong(t, 2)
    t.pace(PasswordKind.CAN)
    assert waits == []
    t.pace(pin(), inside=True, resumed=True)
    assert len(waits) == 1
    assert t.card.applet.memory.delay(PasswordKind.PIN) == 0


def test_what_is_no_try_costs_no_wait() -> None:
    t, waits = slow()
    for _ in range(3):
        wrong_can(t)
    before = len(waits)
    for command in ("00 B0 9C 00 01", NONCE, set_at_pace(t.pace_choices()[0], PasswordKind.CAN), "00 84 00 00 08"):
        t.plain(command)
    assert len(waits) == before


def test_the_passwords_of_the_tests_differ() -> None:
    assert len({CAN, PIN, PUK, NEW_PIN}) == 4
