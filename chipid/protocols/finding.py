# SPDX-License-Identifier: Apache-2.0
"""What the evaluation of a transcript found: data for the verdict, never an exception."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """The answer to one question about a transcript.

    :ivar ok: ``True`` proven, ``False`` disproven, ``None`` where it cannot be decided.
    :ivar reason: a stable code, lower-case with hyphens; ``ok`` for a plain success, otherwise the gravest of the deviations.
    :ivar detail: a sentence for a person, without personal data.
    :ivar deviations: of a success: weaknesses and departures from the standards that the verdict names, as stable codes.
    """

    ok: bool | None
    reason: str
    detail: str = ""
    deviations: tuple[str, ...] = ()

    @classmethod
    def success(cls, detail: str, deviations: Iterable[str] = ()) -> Finding:
        """A proof; *deviations* with the gravest first."""
        found = tuple(deviations)
        return cls(True, found[0] if found else "ok", detail, found)
