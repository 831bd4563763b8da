# SPDX-License-Identifier: Apache-2.0
"""What the operator trusts by naming its SHA-256: a certificate, or a list's file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from chipid.errors import CertificateError
from chipid.pki.trust_store import TrustStore

_SHA256: Final = re.compile(r"[0-9a-f]{64}")


def read_pin(text: str) -> frozenset[str]:
    """The pins that *text* names: a SHA-256, hexadecimal, colons or spaces in it or none; or a certificate file's certificates'.

    :raises CertificateError: a file without a certificate. :raises OSError: it is neither a SHA-256 nor a file that can be read.
    """
    digits = re.sub(r"[:\s]", "", text).lower()
    if _SHA256.fullmatch(digits):
        return frozenset({digits})
    certificates = TrustStore.load(Path(text)).certificates
    if not certificates:
        raise CertificateError(f"{text}: no certificate, but a revocation list")
    return frozenset(each.fingerprint for each in certificates)
