# SPDX-License-Identifier: Apache-2.0
"""``chipid pin``: unblocking and changing the PIN of a card that has one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from chipid.cli import secrets
from chipid.cli.exit_codes import ExitCode
from chipid.cli.options import reader_option, timeout_option
from chipid.cli.usage import Misuse
from chipid.errors import MalformedData

if TYPE_CHECKING:
    from chipid.profiles.access_keys import AccessKeys

_Command = TypeVar("_Command", bound=Callable[..., Any])
_T = TypeVar("_T")


def _file_option(name: str, meaning: str, *, asked: bool = True) -> Callable[[_Command], _Command]:
    described = f"{meaning}, from FILE (- is standard input)" + (", asked for otherwise." if asked else ".")
    return click.option(f"--{name}-file", type=secrets.SecretFile(), metavar="FILE", help=described)


@click.group("pin", invoke_without_command=True)
@click.pass_context
def command(context: click.Context) -> None:
    """Look after the PIN of a card that has one. Every secret is asked for, or read from a file."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help(), err=True)
        context.exit(ExitCode.USAGE)


@command.command("unblock")
@_file_option("puk", "The PUK")
@reader_option
@timeout_option
def unblock(puk_file: str | None, reader: str | None, timeout: float) -> None:
    """Give a PIN that is blocked all its tries back, with the PUK."""
    from chipid.api import unblock_pin  # noqa: PLC0415
    from chipid.profiles.access_keys import AccessKeys  # noqa: PLC0415

    puk = _understood(AccessKeys.from_puk, _secret(puk_file, "puk", "PUK"))
    unblock_pin(puk, reader=reader, timeout=timeout)
    click.echo("The PIN has been unblocked.")


@command.command("change")
@_file_option("pin", "The present PIN")
@_file_option("can", "The CAN, which the last try of a PIN needs", asked=False)
@_file_option("new-pin", "The new PIN")
@reader_option
@timeout_option
def change(pin_file: str | None, can_file: str | None, new_pin_file: str | None, reader: str | None, timeout: float) -> None:
    """Give a card another PIN, six digits, with the present one."""
    if (pin_file, can_file, new_pin_file).count("-") > 1:
        raise Misuse("standard input can hold one secret alone")
    from chipid.api import change_pin  # noqa: PLC0415

    keys = _present(pin_file, can_file)
    new_pin = _new(new_pin_file)
    change_pin(keys, new_pin, reader=reader, timeout=timeout)
    click.echo("The PIN has been changed.")


def _present(pin_file: str | None, can_file: str | None) -> AccessKeys:
    from chipid.profiles.access_keys import AccessKeys  # noqa: PLC0415

    pin = _secret(pin_file, "pin", "Present PIN")
    can = secrets.read_secret(can_file, "--can-file").strip() if can_file is not None else None
    return _understood(lambda text: AccessKeys.from_pin(text, can), pin)


def _new(new_pin_file: str | None) -> str:
    """Before a card is looked at, and twice where nobody sees what is typed."""
    from chipid.protocols.pin_management import is_pin  # noqa: PLC0415

    new_pin = _secret(new_pin_file, "new-pin", "New PIN")
    if not is_pin(new_pin.encode()):
        raise Misuse("the new PIN must have six digits")
    if new_pin_file is None and secrets.ask("New PIN once more: ").strip() != new_pin:
        raise Misuse("the new PIN was typed in two ways")
    return new_pin


def _secret(name: str | None, option: str, prompt: str) -> str:
    if name is not None:
        return secrets.read_secret(name, f"--{option}-file").strip()
    if not secrets.has_terminal():
        raise Misuse(f"there is no terminal to ask for the {prompt} on", f"Give --{option}-file FILE.")
    return secrets.ask(f"{prompt}: ").strip()


def _understood(make: Callable[[str], _T], text: str) -> _T:
    try:
        return make(text)
    except MalformedData as problem:
        raise Misuse(str(problem), problem.hint) from None
