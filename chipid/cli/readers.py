# SPDX-License-Identifier: Apache-2.0
"""``chipid readers``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from chipid.cli.output import emit, json_option
from chipid.errors import NoReader

if TYPE_CHECKING:
    from chipid.readers.pcsc import ReaderState
    from chipid.report.schema import ReadersReport


@click.command("readers")
@click.option("--watch", is_flag=True, help="Go on, and print the list again after each change, until interrupted.")
@json_option
def command(watch: bool, as_json: bool) -> None:
    """List the card readers, and which of them have a card on them.

    The second column says: empty, card, mute (a card that does not answer), in-use (another program holds it).
    """
    from chipid.readers.pcsc import reader_states, watch_readers  # noqa: PLC0415
    from chipid.report.text import readers_text  # noqa: PLC0415

    if watch:
        for states in watch_readers():
            emit(_report(states), readers_text, as_json=as_json)
        return
    states = reader_states()
    if not states:
        raise NoReader("no card reader is attached")
    emit(_report(states), readers_text, as_json=as_json)


def _report(states: list[ReaderState]) -> ReadersReport:
    from chipid.report.printable import printable  # noqa: PLC0415
    from chipid.report.schema import Reader, ReadersReport  # noqa: PLC0415

    return ReadersReport(
        readers=tuple(
            Reader(name=printable(state.name), state=_state(state), atr=state.atr.hex().upper() or None) for state in states
        )
    )


def _state(state: ReaderState) -> str:
    if not state.card_present:
        return "empty"
    if state.mute:
        return "mute"
    return "in-use" if state.in_use else "card"
