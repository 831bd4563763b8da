# SPDX-License-Identifier: Apache-2.0
"""The command ``chipid``. stdout carries the result alone; everything else goes to stderr."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import NoReturn


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run one command, and end the process with its exit code (:mod:`chipid.cli.exit_codes`).

    :param arguments: without the program's name; those of the process where ``None``.
    """
    from chipid.cli.failures import run  # noqa: PLC0415  # click, only when the command line is really used
    from chipid.cli.root import chipid  # noqa: PLC0415

    sys.exit(run(chipid, arguments))
