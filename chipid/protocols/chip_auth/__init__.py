# SPDX-License-Identifier: Apache-2.0
"""Chip Authentication, version 1 (ICAO 9303-11 §6.2) and version 2 (BSI TR-03110-2 §3.4): the terminal's dialogue, its transcript's
evaluation, the chip's responder.

The proof is not in the key agreement, which a clone answers as well, but in the first exchange under the new keys: only the holder
of the static private key can have them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chipid.exports import on_demand

if TYPE_CHECKING:
    from chipid.protocols.chip_auth.chip import ChipAuthenticationChip
    from chipid.protocols.chip_auth.evaluation import evaluate_chip_authentication
    from chipid.protocols.chip_auth.selection import (
        VERSION_1,
        VERSION_2,
        ChipAuthenticationChoice,
        announced_chip_authentication,
        chip_authentication_choices,
        select_chip_authentication,
    )
    from chipid.protocols.chip_auth.terminal import ChipAuthenticationRun, chip_authentication, chip_authentication_v2
else:
    __getattr__ = on_demand(
        __name__,
        {
            "chip": "ChipAuthenticationChip",
            "evaluation": "evaluate_chip_authentication",
            "selection": "VERSION_1 VERSION_2 ChipAuthenticationChoice announced_chip_authentication chip_authentication_choices "
            "select_chip_authentication",
            "terminal": "ChipAuthenticationRun chip_authentication chip_authentication_v2",
        },
    )

__all__ = [
    "VERSION_1",
    "VERSION_2",
    "ChipAuthenticationChip",
    "ChipAuthenticationChoice",
    "ChipAuthenticationRun",
    "announced_chip_authentication",
    "chip_authentication",
    "chip_authentication_choices",
    "chip_authentication_v2",
    "evaluate_chip_authentication",
    "select_chip_authentication",
]
