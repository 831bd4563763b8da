# SPDX-License-Identifier: Apache-2.0
"""What an emulated chip remembers when the field is gone: counters, trust points and its date."""

from __future__ import annotations

from datetime import date

from chipid.errors import MalformedData, UnsupportedFeature
from chipid.issuing.card_image import CardImage
from chipid.pki.cvc import CvCertificate
from chipid.protocols.pace import RetryCounter
from chipid.protocols.password import PasswordKind
from chipid.protocols.terminal_auth import ChipTrust

DELAY_AFTER_FAILURE = 0.1
DELAY_LIMIT = 3.0
"""Seconds; a reader's exchange must not time out (docs/quirks.md 14)."""


class Memory:
    """One chip's, for the whole of its life.

    :ivar pin: the PIN as it is now, ``None`` for a chip without; :ivar pin_counter: its tries.
    :ivar trust: trust points and date for Terminal Authentication, ``None`` where personalisation gave none, or none of use.
    """

    def __init__(self, image: CardImage) -> None:
        self.pin = image.pin
        self.pin_counter = RetryCounter(image.pin_tries)
        self.trust = _trust(image)
        self._failures = dict.fromkeys(PasswordKind, 0)

    def delay(self, kind: PasswordKind) -> float:
        """Seconds to wait before a password of that kind is looked at: none after one wrong one, then doubling. ICAO 9303-11 §4.3.1
        leaves the chip free to slow down who tries passwords out."""
        failures = self._failures[kind]
        if failures < 2:
            return 0.0
        return min(DELAY_AFTER_FAILURE * 2.0 ** min(failures - 2, 16), DELAY_LIMIT)

    def password_tried(self, kind: PasswordKind, *, right: bool) -> None:
        """Remember how the last try of a password went. Each kind has its own count: who knows the CAN buys no tries of the PUK
        with it, and who tries one out does not slow down the holder of another."""
        self._failures[kind] = 0 if right else self._failures[kind] + 1


def _trust(image: CardImage) -> ChipTrust | None:
    try:
        authorities = [CvCertificate.parse(raw) for raw in image.trust_points]
        return ChipTrust(authorities, image.chip_date or _issued(authorities)) if authorities else None
    except (MalformedData, UnsupportedFeature):
        return None


def _issued(authorities: list[CvCertificate]) -> date:
    """A chip that was told no date begins with that of its authority (ICAO 9303-11 §7.1.4.3.1)."""
    return max(authority.effective for authority in authorities)
