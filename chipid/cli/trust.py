# SPDX-License-Identifier: Apache-2.0
"""``chipid trust``: whom the operator trusts, kept in one file with where it came from."""

from __future__ import annotations

import click

from chipid.cli.exit_codes import ExitCode
from chipid.cli.trust_change import expire, export, remove
from chipid.cli.trust_import import import_
from chipid.cli.trust_show import list_, show, verify


@click.group("trust", invoke_without_command=True)
@click.pass_context
def command(context: click.Context) -> None:
    """Keep whom you trust: CSCA certificates, revocation lists, master lists, deviation and defect lists.

    What is kept has its place and its time of origin with it. `chipid verify` trusts this store where --trust names nobody else.
    Nothing is ever fetched from a network.
    """
    if context.invoked_subcommand is None:
        click.echo(context.get_help(), err=True)
        context.exit(ExitCode.USAGE)


for each in (import_, list_, show, verify, export, expire, remove):
    command.add_command(each)
