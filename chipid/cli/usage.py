# SPDX-License-Identifier: Apache-2.0
"""A command line that cannot be carried out."""

from __future__ import annotations

import click


class Misuse(click.UsageError):
    """The command line is wrong, or a file that it names cannot be used.

    :ivar hint: what to do about it; a pointer to ``--help`` where ``None``.
    :ivar own: a part of the message that nobody typed: its numbers are no secrets, and are shown.
    """

    def __init__(self, message: str, hint: str | None = None, *, own: str = "") -> None:
        super().__init__(message)
        self.hint, self.own = hint, own
