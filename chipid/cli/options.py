# SPDX-License-Identifier: Apache-2.0
"""Options that several commands have."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

_Command = TypeVar("_Command", bound=Callable[..., Any])
Option = Callable[[Callable[..., Any]], Callable[..., Any]]


class Day(click.DateTime):
    """A day, as YYYY-MM-DD."""

    def __init__(self) -> None:
        super().__init__(["%Y-%m-%d"])

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Its midnight."""
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            self.fail(f"{value!r} is no day: write YYYY-MM-DD, as in 2026-11-24.", param, ctx)


reader_option = click.option(
    "--reader", envvar="CHIPID_READER", metavar="NAME", help="The reader, or a part of its name that no other has."
)
timeout_option = click.option(
    "--timeout", type=click.FloatRange(min=0), default=30, show_default=True, metavar="SECONDS", help="Wait so long for a card."
)


def given_by(name: str) -> str:
    """What the value of an option came from, for messages: ``--trust``, or the environment variable in its place.

    :param name: of its parameter, as click passes it on.
    """
    context = click.get_current_context()
    if context.get_parameter_source(name) is click.core.ParameterSource.ENVIRONMENT:
        variable = next(param.envvar for param in context.command.params if param.name == name)
        if isinstance(variable, str):
            return variable
    return f"--{name.replace('_', '-')}"


def with_options(command: _Command, options: Sequence[Option]) -> _Command:
    """*command* with *options*, which its help lists in their order."""
    for option in reversed(options):
        command = option(command)  # type: ignore[assignment]  # an option gives back what it was given
    return command
