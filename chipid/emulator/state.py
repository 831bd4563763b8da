# SPDX-License-Identifier: Apache-2.0
"""How far a terminal has come with a chip."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum


class State(Enum):
    """How far a terminal has come."""

    PLAIN = "no session"
    CHALLENGED = "a challenge is out, BAC may follow"
    PACE = "PACE is under way"
    SESSION = "BAC or PACE is done"
    PACE_AGAIN = "inside a session, PACE is under way"
    CHIP_AUTHENTICATION = "inside a session, Chip Authentication is under way"


# Commands of a protocol that takes several: whatever else comes, the chip falls back and the run is void.
FALLS_BACK_TO: Mapping[State, State] = {
    State.CHALLENGED: State.PLAIN,
    State.PACE: State.PLAIN,
    State.PACE_AGAIN: State.SESSION,
    State.CHIP_AUTHENTICATION: State.SESSION,
}
