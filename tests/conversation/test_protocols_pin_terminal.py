# SPDX-License-Identifier: Apache-2.0
"""How the terminal opens a chip whose PIN is suspended or blocked, with the CAN and without, and what it says of it (BSI TR-03110-2
§3.5.1); and that it bears with a chip that takes its time."""

from __future__ import annotations

import pytest
from eac_chip import EacTerminal, image
from issuer import CAN, PIN

from chipid.crypto.random import system_random
from chipid.errors import PasswordBlocked, WrongPassword
from chipid.inspection.access import Access
from chipid.iso7816.dialogue import run
from chipid.protocols.password import Password, PasswordKind

RIGHT, WRONG = (Password.from_text(PasswordKind.PIN, text) for text in (PIN, "000000"))
BY_CAN = Password.from_text(PasswordKind.CAN, CAN)


@pytest.fixture
def t() -> EacTerminal:
    return EacTerminal(image("version 2"))


def tries(t: EacTerminal) -> int:
    return t.card.applet.memory.pin_counter.left


def with_tries(t: EacTerminal, left: int) -> EacTerminal:
    while tries(t) > left:
        t.card.applet.memory.pin_counter.failed()
    return t


def access(t: EacTerminal, *passwords: Password) -> Access:
    """Opens the chip, or raises; the attempts are in it."""
    way = Access(passwords, system_random)
    t.card.reset()
    run(way.look(), t.card)
    t.session = run(way.open(), t.card)
    return way


@pytest.mark.parametrize("left", [3, 2])
@pytest.mark.parametrize("passwords", [(RIGHT,), (RIGHT, BY_CAN)])
def test_the_right_pin(t: EacTerminal, left: int, passwords: tuple[Password, ...]) -> None:
    way = access(with_tries(t, left), *passwords)
    assert [(each.password, each.reason) for each in way.attempts] == [("pin", None)]
    assert tries(t) == 3
    assert t.is_alive()


def test_a_suspended_pin_without_the_can(t: EacTerminal) -> None:
    """It is said what is missing, and the last try is kept."""
    with pytest.raises(PasswordBlocked) as caught:
        access(with_tries(t, 1), RIGHT)
    assert caught.value.suspended
    assert caught.value.hint is not None
    assert "CAN" in caught.value.hint
    assert tries(t) == 1


def test_a_suspended_pin_with_the_can(t: EacTerminal) -> None:
    access(with_tries(t, 1), RIGHT, BY_CAN)
    assert tries(t) == 3
    assert t.card.applet.password is PasswordKind.PIN
    assert t.is_alive()


def test_a_suspended_pin_that_is_wrong_after_the_can(t: EacTerminal) -> None:
    """The last try is spent; the CAN opens the chip then, and the attempts tell both."""
    way = access(with_tries(t, 1), WRONG, BY_CAN)
    assert tries(t) == 0
    assert way.attempts[0].reason in ("wrong-password", "password-blocked")
    assert (way.attempts[-1].password, way.attempts[-1].reason) == ("can", None)
    assert t.is_alive()


def test_the_can_alone_leaves_a_suspended_pin_alone(t: EacTerminal) -> None:
    access(with_tries(t, 1), BY_CAN)
    assert tries(t) == 1


@pytest.mark.parametrize("left", [1, 0])
def test_the_can_first_spends_no_try_of_the_pin(t: EacTerminal, left: int) -> None:
    access(with_tries(t, left), BY_CAN, WRONG)
    assert tries(t) == left


def test_a_blocked_pin_without_the_can(t: EacTerminal) -> None:
    with pytest.raises(PasswordBlocked) as caught:
        access(with_tries(t, 0), RIGHT)
    assert not caught.value.suspended
    assert caught.value.hint is not None
    assert "PUK" in caught.value.hint


def test_a_blocked_pin_with_the_can(t: EacTerminal) -> None:
    """The chip opens by the CAN, and that the PIN is blocked is told."""
    way = access(with_tries(t, 0), RIGHT, BY_CAN)
    assert [(each.password, each.reason) for each in way.attempts] == [("pin", "password-blocked"), ("can", None)]
    assert tries(t) == 0


def test_a_wrong_pin_alone(t: EacTerminal) -> None:
    with pytest.raises(WrongPassword) as caught:
        access(t, WRONG)
    assert tries(t) == 2
    assert caught.value.hint is not None
    assert "tries, 2 left" in caught.value.hint


def test_a_chip_that_takes_its_time(t: EacTerminal) -> None:
    """Delays are the chip's; the terminal waits, and opens it in the end."""
    waits: list[float] = []
    slow = EacTerminal(image("version 2"), pause=waits.append)
    for _ in range(8):
        with pytest.raises(WrongPassword):
            access(slow, Password.from_text(PasswordKind.CAN, "111111"))
    access(slow, BY_CAN)
    assert slow.is_alive()
    assert waits == sorted(waits)
    assert len(waits) == 7
    access(slow, BY_CAN)
    assert len(waits) == 7
