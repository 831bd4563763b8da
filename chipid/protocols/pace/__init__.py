# SPDX-License-Identifier: Apache-2.0
"""Password Authenticated Connection Establishment (ICAO 9303-11 §4.4): the terminal's dialogue and the chip's responder.

``suite`` says which object identifier means what, ``domain_parameters`` which number means which group, ``mapping`` how the nonce
becomes a generator; ``terminal`` and ``chip`` walk the same four steps on either side.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chipid.exports import on_demand

if TYPE_CHECKING:
    from chipid.protocols.pace.chip import PaceChip, PaceSecrets
    from chipid.protocols.pace.chip_authentication_mapping import evaluate_chip_authentication_mapping
    from chipid.protocols.pace.retry_counter import RetryCounter
    from chipid.protocols.pace.selection import PaceChoice, pace_choice, pace_choices, pace_strength, preferred_pace, select_pace
    from chipid.protocols.pace.terminal import PaceRun, pace
else:
    __getattr__ = on_demand(
        __name__,
        {
            "chip": "PaceChip PaceSecrets",
            "chip_authentication_mapping": "evaluate_chip_authentication_mapping",
            "retry_counter": "RetryCounter",
            "selection": "PaceChoice pace_choice pace_choices pace_strength preferred_pace select_pace",
            "terminal": "PaceRun pace",
        },
    )

__all__ = [
    "PaceChip",
    "PaceChoice",
    "PaceRun",
    "PaceSecrets",
    "RetryCounter",
    "evaluate_chip_authentication_mapping",
    "pace",
    "pace_choice",
    "pace_choices",
    "pace_strength",
    "preferred_pace",
    "select_pace",
]
