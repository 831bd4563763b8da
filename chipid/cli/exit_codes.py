# SPDX-License-Identifier: Apache-2.0
"""What the process ends with, for scripts. The numbers never change their meaning."""

from __future__ import annotations

from enum import IntEnum

from chipid.errors import (
    AccessDenied,
    ChipIdError,
    MalformedData,
    NotInstalled,
    ProtocolError,
    ReaderError,
    TrustStoreError,
    UnsupportedFeature,
)


class ExitCode(IntEnum):
    """0 is success; of ``verify`` it means *accepted*."""

    ACCEPTED = 0
    REJECTED = 1
    USAGE = 2
    NO_CARD = 3
    ACCESS_REFUSED = 4
    INCONCLUSIVE = 5
    MALFORMED = 6
    INTERNAL = 70
    INTERRUPTED = 130


_OF_DECISION = {
    "accepted": ExitCode.ACCEPTED,
    "rejected": ExitCode.REJECTED,
    "inconclusive": ExitCode.INCONCLUSIVE,
}
_OF_ERROR: tuple[tuple[type[ChipIdError], ExitCode], ...] = (
    (ReaderError, ExitCode.NO_CARD),
    (AccessDenied, ExitCode.ACCESS_REFUSED),
    (MalformedData, ExitCode.MALFORMED),
    # A card that breaks the protocol can be neither accepted nor rejected.
    (ProtocolError, ExitCode.INCONCLUSIVE),
    # Whoever calls can install it, and no card is to blame.
    (NotInstalled, ExitCode.USAGE),
    (TrustStoreError, ExitCode.USAGE),
    (UnsupportedFeature, ExitCode.INCONCLUSIVE),
)


def of_decision(decision: str) -> ExitCode:
    """The exit code of a verdict: ``accepted``, ``rejected`` or ``inconclusive``."""
    return _OF_DECISION[decision]


def of_error(error: ChipIdError) -> ExitCode:
    """The exit code of an error."""
    return next((code for kind, code in _OF_ERROR if isinstance(error, kind)), ExitCode.INTERNAL)
