# SPDX-License-Identifier: Apache-2.0
"""Where the operator's trust store lies unless he says otherwise."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

VARIABLE = "CHIPID_TRUST_STORE"


def default_store() -> Path:
    """``CHIPID_TRUST_STORE``, or ``chipid/trust.db`` among the user's data (XDG Base Directory Specification)."""
    if named := os.environ.get(VARIABLE):
        return Path(named)
    base = Path(os.environ.get("XDG_DATA_HOME", ""))
    # A relative path is to be ignored (§2).
    return (base if base.is_absolute() else Path.home() / ".local" / "share") / "chipid" / "trust.db"


def store_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--store``, as a :class:`pathlib.Path`."""
    return click.option(
        "--store",
        type=click.Path(path_type=Path),
        envvar=VARIABLE,
        default=default_store,
        metavar="FILE",
        help="The trust store; $XDG_DATA_HOME/chipid/trust.db, or ~/.local/share/chipid/trust.db, otherwise.",
    )(command)
