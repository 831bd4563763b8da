# SPDX-License-Identifier: Apache-2.0
"""One fault of a PKI, and what a verifier is to answer to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from chipid.issuing.document_pki import DocumentPki, PkiWorkshop

Build = Callable[[PkiWorkshop], DocumentPki]

SOD_SIGNATURE: Final = "security object signature"
INTEGRITY: Final = "data group integrity"
DS_SIGNATURE: Final = "DS certificate signature"
VALIDITY: Final = "certificate validity"
TRUST: Final = "trust status"
REVOCATION: Final = "DS revocation"
DEFECTS: Final = "known defects"
STATE: Final = "issuing state"
EXPIRY: Final = "document expiry"


@dataclass(frozen=True)
class Expected:
    """How the verdict differs from that on a sound PKI.

    :ivar check: the name of the check that tells, as it stands in a verdict; with its :ivar outcome:
    :ivar reason: its reason code; ``ok`` where only a deviation tells.
    :ivar deviations: those that a sound PKI has not.
    :ivar counter: the decision under the policy of that name; so :ivar strict:
    """

    check: str
    outcome: str
    reason: str
    deviations: frozenset[str]
    counter: str
    strict: str


@dataclass(frozen=True)
class PkiFault:
    """One thing that is wrong.

    :ivar name: stable, lower-case with hyphens. :ivar what: a sentence.
    :ivar build: makes the whole PKI, sound but for this.
    :ivar alike: why its answer is the same as another fault's, where it is.
    """

    name: str
    what: str
    build: Build
    expected: Expected
    alike: str = ""


def rejected(check: str, reason: str, *deviations: str) -> Expected:
    """The check failed."""
    return Expected(check, "FAILED", reason, frozenset(deviations), "rejected", "rejected")


def undecided(check: str, reason: str, *deviations: str) -> Expected:
    """Nothing speaks against the card, and too little for it; a deviation rejects under *strict* all the same."""
    strict = "rejected" if deviations else "inconclusive"
    return Expected(check, "UNDETERMINED", reason, frozenset(deviations), "inconclusive", strict)


def tolerated(check: str, reason: str, *deviations: str) -> Expected:
    """As :func:`undecided`, and *counter* lets this reason pass by name."""
    return replace(undecided(check, reason, *deviations), counter="accepted")


def departure(check: str, *deviations: str) -> Expected:
    """The check passed: only a deviation tells, which *strict* does not tolerate."""
    return Expected(check, "SUCCESSFUL", "ok", frozenset(deviations), "accepted", "rejected")
