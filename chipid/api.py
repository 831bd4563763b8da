# SPDX-License-Identifier: Apache-2.0
"""The calls that an agency app needs: read a card, verify what was read; and look after a PIN."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from types import UnionType
from typing import TYPE_CHECKING

from chipid.crypto.random import RandomSource, system_random
from chipid.errors import MalformedData
from chipid.evidence import Evidence
from chipid.pki.trust_source import TrustSource
from chipid.protocols.active_auth import CHALLENGE_SIZE
from chipid.verification import verify as _verify
from chipid.verification.policy import Policy
from chipid.verification.verdict import Verdict

if TYPE_CHECKING:
    from chipid.inspection.plan import ReadingPlan
    from chipid.inspection.progress import ProgressObserver
    from chipid.iso7816.dialogue import Channel
    from chipid.pki.cv_credentials import TerminalCredentials
    from chipid.profiles.access_keys import AccessKeys

# What reads a card is imported where one is read: loading it takes a server that verifies as long as all that it needs.


def read(  # noqa: PLR0913  # all but one by keyword
    keys: AccessKeys,
    *,
    reader: str | None = None,
    timeout: float | None = 30,
    channel: Channel | None = None,
    plan: ReadingPlan | None = None,
    challenge: bytes | None = None,
    terminal: TerminalCredentials | None = None,
    progress: ProgressObserver | None = None,
    at: datetime | None = None,
    random: RandomSource = system_random,
) -> Evidence:
    """Read the card on a PC/SC reader.

    :param keys: what opens the card: its number, CAN, MRZ or QR text.
    :param reader: a part of the reader's name that only one reader has; any reader with a card on it where ``None``.
    :param timeout: seconds to wait for a card, ``None`` for ever.
    :param channel: talk to this channel instead of a reader, e.g. an emulated card.
    :param plan: what to read; where ``None`` identity with portrait, and what *terminal* has rights to.
    :param challenge: 8 octets for Active Authentication from a server that demands freshness; random where ``None``.
    :param terminal: the terminal's certificates and key, for fingerprints and irises; ``None`` for a terminal without such rights.
    :param progress: called as reading goes on.
    :param at: the time to record, aware; now where ``None``.
    :param random: for our keys and challenges; anything but the default is for recording and replaying a session.
    :raises ValueError: *at* has no time zone.
    :raises TypeError: *keys*, *plan* or *at* is something else.
    :raises MalformedData: *challenge* is no challenge.
    :raises ReaderError: no reader, no card in time, or the card was taken away.
    :raises AccessDenied: the keys do not open this card.
    :raises CardMisbehaved: the card did not keep to the protocol while it was opened: other keys would not help.
    :raises UnsupportedFeature: the card holds no identity document.
    """
    from chipid.inspection.plan import ReadingPlan  # noqa: PLC0415
    from chipid.inspection.procedure import inspection  # noqa: PLC0415
    from chipid.iso7816.atr import Atr  # noqa: PLC0415
    from chipid.iso7816.dialogue import run  # noqa: PLC0415
    from chipid.profiles.access_keys import AccessKeys  # noqa: PLC0415

    _expect("keys", keys, AccessKeys, 'AccessKeys.from_number("…")')
    _expect("plan", plan, ReadingPlan | None, "ReadingPlan.everything()")
    at = _aware(at)
    _check_challenge(challenge)
    with _card(channel, reader, timeout) as card:
        atr: bytes | None = getattr(card, "atr", None)
        dialogue = inspection(
            keys,
            plan or (ReadingPlan.with_portrait() if terminal is None else ReadingPlan.with_biometrics()),
            random=random,
            at=at,
            capabilities=Atr.parse(atr or b"").capabilities,
            challenge=challenge,
            terminal=terminal,
            progress=progress,
        )
        evidence = run(dialogue, card)
        return replace(evidence, atr=atr, reader=getattr(card, "reader", None))


def verify(
    evidence: Evidence,
    *,
    trust: TrustSource | None,
    policy: Policy | None = None,
    at: datetime | None = None,
    challenge: bytes | None = None,
) -> Verdict:
    """Judge what was read.

    :param trust: what the operator trusts, of :func:`chipid.open_trust`; ``None`` or an empty store never gives *accepted*.
    :param policy: which checks count; :meth:`Policy.counter` where ``None``.
    :param at: the time to judge at, aware; now where ``None``.
    :param challenge: the 8 octets that a server gave for Active Authentication: evidence over another challenge is rejected, since
        it may be old. ``None`` where the terminal drew its own.
    :raises ValueError: *at* has no time zone.
    :raises TypeError: *evidence*, *trust*, *policy* or *at* is something else, e.g. a policy's name, or a day.
    :raises MalformedData: *challenge* is no challenge.
    """
    _expect("evidence", evidence, Evidence, "Evidence.load(…)")
    _expect("trust", trust, TrustSource | None, "open_trust([…])")
    _expect("policy", policy, Policy | None, "Policy.strict()")
    _check_challenge(challenge)
    return _verify(evidence, trust, policy or Policy.counter(), at=_aware(at), challenge=challenge)


def unblock_pin(
    puk: AccessKeys,
    *,
    reader: str | None = None,
    timeout: float | None = 30,
    channel: Channel | None = None,
    random: RandomSource = system_random,
) -> None:
    """Give the PIN of the card on a PC/SC reader all its tries back.

    :param puk: of :meth:`AccessKeys.from_puk`. The rest is as for :func:`read`.
    :raises MalformedData: *puk* holds no PUK.
    :raises ReaderError: no reader, no card in time, or the card was taken away.
    :raises AccessDenied: the chip refuses; as :class:`WrongPassword` where it is the PUK.
    """
    from chipid.inspection.pin import pin_unblocking  # noqa: PLC0415
    from chipid.iso7816.dialogue import run  # noqa: PLC0415

    _demand(puk, "PUK")
    with _card(channel, reader, timeout) as card:
        run(pin_unblocking(puk, random=random), card)


def change_pin(
    pin: AccessKeys,
    new_pin: str,
    *,
    reader: str | None = None,
    timeout: float | None = 30,
    channel: Channel | None = None,
    random: RandomSource = system_random,
) -> None:
    """Give the card on a PC/SC reader another PIN.

    :param pin: of :meth:`AccessKeys.from_pin`, the present one. :param new_pin: six digits. The rest is as for :func:`read`.
    :raises MalformedData: *pin* holds no PIN; *new_pin* is none.
    :raises ReaderError: no reader, no card in time, or the card was taken away.
    :raises AccessDenied: the chip refuses; as :class:`WrongPassword` where it is the present PIN.
    """
    from chipid.inspection.pin import pin_changing  # noqa: PLC0415
    from chipid.iso7816.dialogue import run  # noqa: PLC0415
    from chipid.protocols.pin_management import is_pin  # noqa: PLC0415

    _demand(pin, "PIN")
    if not is_pin(new_pin.encode()):
        raise MalformedData("a PIN has six digits")
    with _card(channel, reader, timeout) as card:
        run(pin_changing(pin, new_pin, random=random), card)


def _demand(keys: AccessKeys, kind: str) -> None:
    if not any(password.kind.name == kind for password in keys.passwords):
        raise MalformedData(f"there is no {kind} among the keys")


def _expect(name: str, value: object, kind: type | UnionType, example: str) -> None:
    if not isinstance(value, kind):
        raise TypeError(f"{name}= takes what chipid.{example} gives, not {type(value).__name__}")


def _check_challenge(challenge: bytes | None) -> None:
    if challenge is not None and (len(challenge) != CHALLENGE_SIZE or not any(challenge)):
        raise MalformedData(f"a challenge has {CHALLENGE_SIZE} octets, not all of them zero")


def _aware(at: datetime | None) -> datetime:
    if at is None:
        return datetime.now(UTC)
    if not isinstance(at, datetime):
        raise TypeError(f"at= takes a moment, as datetime.now(UTC) gives, not {type(at).__name__}")
    if at.utcoffset() is None:
        raise ValueError("at= needs a time zone: datetime.now(UTC), or datetime(…, tzinfo=…)")
    return at


@contextlib.contextmanager
def _card(channel: Channel | None, reader: str | None, timeout: float | None) -> Iterator[Channel]:
    """*channel* where there is one, otherwise the card on a reader."""
    if channel is not None:
        yield channel
        return
    from chipid.readers.pcsc import wait_for_card  # noqa: PLC0415  # a server that only verifies has no pyscard

    with wait_for_card(reader, timeout) as card:
        yield card
