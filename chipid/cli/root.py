# SPDX-License-Identifier: Apache-2.0
"""``chipid`` itself: finds the commands, and loads none that is not asked for."""

from __future__ import annotations

import importlib

import click

import chipid as package
from chipid.cli.exit_codes import ExitCode

COMMANDS = ("readers", "dump", "verify", "emulate", "issue", "issue-terminal", "inspect", "pin", "trust")
"""In the order in which one meets them; each is ``command`` in the module of its name, with ``_`` for ``-``."""


class Commands(click.Group):
    """Imports the module of a command when the command is needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  # click passes it by name
        """All names."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command of that name."""
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(f"chipid.cli.{cmd_name.replace('-', '_')}").command
        if not isinstance(command, click.Command):
            raise TypeError(f"chipid.cli.{cmd_name}.command is no command")
        return command


@click.command(
    cls=Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package.__version__, prog_name="chipid", message="%(prog)s %(version)s")
@click.pass_context
def chipid(context: click.Context) -> None:
    """Read and verify chip ID cards: the Vietnamese CCCD and every ICAO 9303 document.

    Results go to stdout, everything else to stderr. Exit codes: 0 accepted, 1 rejected, 2 usage, 3 no reader or card, 4 access
    refused, 5 inconclusive, 6 malformed data, 70 internal error, 130 interrupted.
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help(), err=True)
        context.exit(ExitCode.USAGE)
