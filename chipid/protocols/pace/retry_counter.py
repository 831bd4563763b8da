# SPDX-License-Identifier: Apache-2.0
"""The retry counter of a PIN, in the chip (BSI TR-03110-2 §3.5.1): suspended at the last try, blocked at none."""

from __future__ import annotations

PIN_TRIES = 3
SUSPENDED_AT = 1


class RetryCounter:
    """Counts wrong tries, over the life of the chip and not of one power-up.

    :ivar left: tries that are left.
    """

    def __init__(self, tries: int = PIN_TRIES) -> None:
        self._tries = tries
        self.left = tries

    @property
    def suspended(self) -> bool:
        """One try is left of several, and the CAN has to come before it."""
        return self.left == SUSPENDED_AT and self.left < self._tries

    @property
    def blocked(self) -> bool:
        """No try is left; the PUK resets it."""
        return self.left == 0

    @property
    def warning(self) -> int | None:
        """The status word 63Cx that tells how many tries are left, ``None`` where none has been lost."""
        return 0x63C0 | self.left if self.left < self._tries else None

    def failed(self) -> None:
        """A wrong try."""
        self.left = max(self.left - 1, 0)

    def reset(self) -> None:
        """The right password, or the PUK."""
        self.left = self._tries
