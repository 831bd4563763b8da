# SPDX-License-Identifier: Apache-2.0
"""How ``dump`` and ``verify`` come to their evidence: a card on a reader, or an emulated one in this process."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from chipid.cli.keys import access_keys, key_options, keys_given
from chipid.cli.messages import info
from chipid.cli.options import given_by, reader_option, timeout_option, with_options
from chipid.cli.output import output_path
from chipid.cli.progress import progress_bar
from chipid.cli.terminal_rights import OPTION_NAMES as TERMINAL_OPTION_NAMES
from chipid.cli.terminal_rights import terminal_credentials, terminal_options
from chipid.cli.usage import Misuse

if TYPE_CHECKING:
    from chipid.emulator.faults import Fault
    from chipid.evidence import Evidence
    from chipid.inspection.plan import ReadingPlan
    from chipid.iso7816.dialogue import Channel
    from chipid.readers.trace import TraceChannel

CHALLENGE_SIZE = 8

_Command = TypeVar("_Command", bound=Callable[..., Any])
_FILE = click.Path(exists=True, dir_okay=False)
_OPTIONS = (
    reader_option,
    timeout_option,
    click.option(
        "--files",
        "plan",
        type=click.Choice(["identity", "portrait", "biometrics", "everything"]),
        help="What to read: who it is; with the portrait (the default); with fingerprints and irises too (the default with "
        "--terminal-key); or each file that the chip lists.",
    ),
    click.option("--no-bac", is_flag=True, help="Do not fall back to BAC on a chip that offers PACE and fails it."),
    click.option(
        "--challenge",
        metavar="HEX",
        help="The 8 octets that Active Authentication signs, from a server that demands freshness.",
    ),
    click.option("--card", type=_FILE, metavar="IMAGE", help="Read an emulated card in this process instead of a reader."),
    click.option("--fault", "faults", multiple=True, metavar="NAME", help="Give the emulated card a fault; may be repeated."),
    click.option("--trace", type=click.Path(), metavar="FILE", help="Record headers, lengths and status words of each command."),
    click.option("--trace-whole", type=click.Path(), metavar="FILE", help="Record every octet, personal data included."),
)
OPTION_NAMES = TERMINAL_OPTION_NAMES | {"reader", "timeout", "plan", "no_bac", "card", "faults", "trace", "trace_whole"}


def reading_options(command: _Command) -> _Command:
    """The options of a command that reads a card."""
    return with_options(key_options(terminal_options(command)), _OPTIONS)


def given_options(context: click.Context) -> list[str]:
    """The names of reading options in the command line."""
    explicit = click.core.ParameterSource.COMMANDLINE
    names = [name for name in OPTION_NAMES if context.get_parameter_source(name) is explicit]
    return [*names, "a key"] if keys_given(context.params) else names


def read_card(options: Mapping[str, Any]) -> Evidence:
    """Evidence from a card, as the options of :func:`reading_options` say.

    :raises Misuse: the options do not go together, or there is no key.
    :raises ChipIdError: as :func:`chipid.read`.
    """
    if options["faults"] and not options["card"]:
        raise Misuse("--fault is for an emulated card", "Give --card IMAGE with it.")
    if options["card"] and (given := [name for name in ("reader", "timeout") if _explicit(name)]):
        raise Misuse(f"--card reads without a reader: it does not go with --{' and --'.join(given)}")
    if options["trace"] and options["trace_whole"]:
        raise Misuse("--trace and --trace-whole do not go together")
    challenge = challenge_given(options["challenge"])
    traced = [output_path(name, force=options["force"]) for name in (options["trace"], options["trace_whole"]) if name]
    with contextlib.ExitStack() as stack:
        terminal = stack.enter_context(terminal_credentials(options))
        keys = access_keys(options, date.today())
        from chipid.api import read  # noqa: PLC0415
        from chipid.crypto.random import system_random  # noqa: PLC0415

        channel, random = stack.enter_context(_channel(options)), system_random
        if traced:
            channel = stack.enter_context(_traced(channel, traced[0], whole=bool(options["trace_whole"])))
            random = channel.recorded(system_random)
        progress = stack.enter_context(progress_bar())
        plan = _plan(options)
        return read(
            keys, channel=channel, plan=plan, challenge=challenge, terminal=terminal, progress=progress, random=random
        )


def _explicit(name: str) -> bool:
    return click.get_current_context().get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE


@contextlib.contextmanager
def _channel(options: Mapping[str, Any]) -> Iterator[Channel]:
    if options["card"]:
        from chipid.emulator.icc import EmulatedCard  # noqa: PLC0415
        from chipid.issuing.card_image import CardImage  # noqa: PLC0415

        yield EmulatedCard(CardImage.load(Path(options["card"])), faults=faults_named(options["faults"]))
        return
    from chipid.readers.pcsc import wait_for_card  # noqa: PLC0415

    info("lay the card on the reader, and leave it there until reading has ended")
    with _named_reader(options["reader"]), wait_for_card(options["reader"], options["timeout"]) as card:
        info(f"reading on {card.reader}")
        yield card


@contextlib.contextmanager
def _named_reader(name: str | None) -> Iterator[None]:
    """A reader that is not there is told with where its name came from: a variable that was set long ago is easily forgotten."""
    from chipid.errors import NoReader  # noqa: PLC0415

    try:
        yield
    except NoReader as problem:
        if name is None or name not in str(problem):
            raise
        raise NoReader(f"{given_by('reader')}: {problem}", hint=problem.hint) from None


def faults_named(names: Sequence[str]) -> tuple[Fault, ...]:
    """The faults of an emulated card, by name.

    :raises Misuse: there is no such fault; the hint lists all.
    """
    from chipid.emulator.catalogue import fault_from_text  # noqa: PLC0415
    from chipid.errors import UnsupportedFeature  # noqa: PLC0415

    try:
        return tuple(fault_from_text(name) for name in names)
    except UnsupportedFeature as problem:
        raise Misuse(str(problem), problem.hint) from None


@contextlib.contextmanager
def _traced(channel: Channel, path: Path, *, whole: bool) -> Iterator[TraceChannel]:
    from chipid.readers.trace import WARNING, TraceChannel  # noqa: PLC0415
    from chipid.readers.transcript import Extent  # noqa: PLC0415

    if whole:
        click.echo(WARNING, err=True)
    with TraceChannel(channel, path, Extent.WHOLE if whole else Extent.HEADERS) as traced:
        yield traced


def _plan(options: Mapping[str, Any]) -> ReadingPlan:
    from dataclasses import replace  # noqa: PLC0415

    from chipid.inspection.plan import ReadingPlan  # noqa: PLC0415

    plans = {
        "identity": ReadingPlan.identity,
        "portrait": ReadingPlan.with_portrait,
        "biometrics": ReadingPlan.with_biometrics,
        "everything": ReadingPlan.everything,
    }
    default = "portrait" if options["terminal_key"] is None else "biometrics"
    return replace(plans[options["plan"] or default](), bac_fallback=not options["no_bac"])


def challenge_given(text: str | None) -> bytes | None:
    """The challenge that ``--challenge`` holds.

    :raises Misuse: it is none; the message does not repeat it.
    """
    if text is None:
        return None
    try:
        challenge = bytes.fromhex(text)
    except ValueError:
        challenge = b""
    if len(challenge) != CHALLENGE_SIZE or not any(challenge):
        raise Misuse(f"--challenge takes {CHALLENGE_SIZE} octets in hexadecimal, not all of them zero")
    return challenge
