# SPDX-License-Identifier: Apache-2.0
"""How reports write times and keys."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime

from chipid.crypto.agreement_key import DhPublicKey, parse_agreement_key
from chipid.crypto.spki import parse_certificate_key
from chipid.errors import ChipIdError
from chipid.lds.dates import in_zone
from chipid.pki.certificate import describe_key


def rfc3339(moment: datetime) -> str:
    """*moment* in UTC, to the second."""
    return in_zone(moment, UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def key_words(spki: bytes) -> str:
    """A public key in a few words, never its value: that one chip's key is a trace of its holder."""
    for parse in (parse_certificate_key, parse_agreement_key):
        with contextlib.suppress(ChipIdError):
            key = parse(spki)
            return key.domain.name if isinstance(key, DhPublicKey) else describe_key(key)
    return "a key of unknown kind"
