# SPDX-License-Identifier: Apache-2.0
"""How far an inspection has come, for whoever draws a bar."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """A step of the way.

    :ivar file: the name of the file being read, or the protocol being run.
    :ivar done: octets of it so far; ``total`` octets in all, 0 where not known yet.
    :ivar files_done: files that are finished, of ``files_total`` that are wanted.
    """

    file: str
    done: int
    total: int
    files_done: int
    files_total: int


ProgressObserver = Callable[[Progress], None]
