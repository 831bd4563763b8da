# SPDX-License-Identifier: Apache-2.0
"""Terminal Authentication version 1 (ICAO 9303-11 §7.1) and version 2 (BSI TR-03110-2 §3.3): the terminal's dialogue, and the
chip's responder with the trust points that it keeps.

In version 1 the terminal signs for the key of the Chip Authentication before; in version 2 for that of the one that follows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chipid.exports import on_demand

if TYPE_CHECKING:
    from chipid.protocols.terminal_auth.chip import TerminalAuthenticationChip
    from chipid.protocols.terminal_auth.reasons import REASONS
    from chipid.protocols.terminal_auth.signed_data import compress, document_identifier
    from chipid.protocols.terminal_auth.terminal import terminal_authentication
    from chipid.protocols.terminal_auth.trust import ChipTrust, TrustState
else:
    __getattr__ = on_demand(
        __name__,
        {
            "chip": "TerminalAuthenticationChip",
            "reasons": "REASONS",
            "signed_data": "compress document_identifier",
            "terminal": "terminal_authentication",
            "trust": "ChipTrust TrustState",
        },
    )

__all__ = [
    "REASONS",
    "ChipTrust",
    "TerminalAuthenticationChip",
    "TrustState",
    "compress",
    "document_identifier",
    "terminal_authentication",
]
