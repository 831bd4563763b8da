# SPDX-License-Identifier: Apache-2.0
"""What the evaluation of a transcript found: data for the verdict, never an exception."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """The answer to one question about a transcript.

    :ivar ok: ``True`` proven, ``False`` disproven, ``None`` where it cannot be decided.
    :ivar reason: a stable code, lower-case with hyphens; ``ok`` for a plain success. A success with another code has a weakness
        or a deviation that the verdict names.
    :ivar detail: a sentence for a person, without personal data.
    """

    ok: bool | None
    reason: str
    detail: str = ""
