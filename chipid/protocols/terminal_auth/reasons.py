# SPDX-License-Identifier: Apache-2.0
"""Why Terminal Authentication failed."""

from __future__ import annotations

from typing import Final

REASONS: Final[dict[str, str]] = {
    "ta-no-chain": "The terminal has no certificate chain from an authority that the chip trusts.",
    "ta-no-authority": "The chip names no authority that it trusts.",
    "ta-authority-refused": "The chip does not know the key that it was to verify a certificate with.",
    "ta-certificate-refused": "The chip refused a certificate. It judges by its own date, which may not be the terminal's.",
    "ta-terminal-refused": "The chip did not take the terminal's certificate for authentication.",
    "ta-challenge-refused": "The chip gave no challenge.",
    "ta-challenge-malformed": "The chip's challenge is not of 8 octets.",
    "ta-signer-failed": "The terminal's key did not sign.",
    "ta-signature-refused": "The chip refused the terminal's signature.",
}
"""Why Terminal Authentication failed: stable codes."""
