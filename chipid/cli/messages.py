# SPDX-License-Identifier: Apache-2.0
"""What goes to stderr, for a person: errors, hints, warnings, and what is going on."""

from __future__ import annotations

import sys

import click

from chipid.report.printable import printable


def error(message: str, hint: str | None = None) -> None:
    """``chipid: error: …`` and ``chipid: hint: …``."""
    _say("chipid: error: ", message)
    if hint:
        _say("chipid: hint: ", hint)


def hint(message: str) -> None:
    """``chipid: hint: …``: why something was not done, or what to do about it."""
    _say("chipid: hint: ", message)


def warning(message: str) -> None:
    """``chipid: warning: …``: something that was asked for was not done, or is dangerous."""
    _say("chipid: warning: ", message)


def note(message: str) -> None:
    """``chipid: …``: what the result rests on, where the command line does not say it."""
    _say("chipid: ", message)


def info(message: str) -> None:
    """``chipid: …`` for a person who waits; nothing where nobody looks."""
    if sys.stderr.isatty():
        _say("chipid: ", message)


def _say(prefix: str, message: str) -> None:
    # Messages name readers and files, whose names others have chosen.
    click.echo(prefix + printable(message), err=True)
