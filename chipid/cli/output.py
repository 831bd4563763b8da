# SPDX-License-Identifier: Apache-2.0
"""The result on stdout: text for a person, or one JSON object; and files that hold personal data."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from chipid.cli.usage import Misuse

if TYPE_CHECKING:
    from chipid.report.json import AnyReport
    from chipid.report.text import Role, Style

_Report = TypeVar("_Report", bound="AnyReport")

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of text.")
show_personal_option = click.option(
    "--show-personal", is_flag=True, help="Show names, numbers, dates and all other personal data, which are hidden otherwise."
)
force_option = click.option("--force", is_flag=True, help="Overwrite files that exist.")


def emit(report: _Report, text: Callable[[_Report, Style], str], *, as_json: bool) -> None:
    """Print *report*.

    :param text: renders it for a person.
    """
    if as_json:
        from chipid.report.json import to_json  # noqa: PLC0415

        click.echo(to_json(report), nl=False)
        return
    click.echo(text(report, colours), nl=False, color=False if os.environ.get("NO_COLOR") else None)


def colours(text: str, role: Role) -> str:
    """A :data:`chipid.report.text.Style`; click takes the colours out again where stdout is no terminal."""
    styles: dict[str, dict[str, Any]] = {
        "good": {"fg": "green", "bold": True},
        "bad": {"fg": "red", "bold": True},
        "doubtful": {"fg": "yellow", "bold": True},
        "heading": {"bold": True},
        "faint": {"dim": True},
    }
    return click.style(text, **styles[role.value])


def require_distinct(*names: str | None) -> None:
    """Refuse two outputs, or an output and an input, that are one file: the later would destroy the earlier.

    :raises Misuse: two of *names* are the same file; ``None`` and ``-`` are none.
    """
    seen: dict[Path, str] = {}
    for name in names:
        if name is None or name == "-":
            continue
        path = Path(name).resolve()
        if path in seen:
            raise Misuse(f"{name} is given for two files", "Give each its own name.")
        seen[path] = name


def output_path(name: str, *, force: bool) -> Path:
    """Where a file may be written: looked at before anything is done that cannot be done again.

    :raises Misuse: the folder is not there or not writable, or a file would be overwritten.
    """
    path = Path(name)
    if path.is_dir():
        raise Misuse(f"{name} is a folder")
    if not path.parent.is_dir():
        raise Misuse(f"the folder {path.parent} does not exist")
    if not os.access(path.parent, os.W_OK):
        raise Misuse(f"the folder {path.parent} cannot be written to")
    if os.path.lexists(path) and not force:
        raise Misuse(f"{name} exists already", "--force overwrites it.")
    return path
