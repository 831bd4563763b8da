# SPDX-License-Identifier: Apache-2.0
"""``chipid emulate``."""

from __future__ import annotations

import time
from pathlib import Path

import click

from chipid.cli.messages import info
from chipid.cli.reading import faults_named
from chipid.errors import NoReader

SLOTS = 2


@click.command("emulate")
@click.argument("card", type=click.Path(exists=True, dir_okay=False))
@click.option("--host", default="127.0.0.1", show_default=True, help="Where the PC/SC service runs.")
@click.option("--slot", type=click.IntRange(0, SLOTS - 1), default=0, show_default=True, help="The slot of the virtual reader.")
@click.option("--port", type=click.IntRange(1, 65535), help="The slot's TCP port.  [default: 35963 + slot]")
@click.option(
    "--fault", "faults", multiple=True, metavar="NAME", help="Give the card a fault; may be repeated. A wrong name lists all."
)
@click.option("--pull-after", type=click.IntRange(min=0), metavar="N", help="Take the card off the reader after N commands.")
def command(card: str, host: str, slot: int, port: int | None, faults: tuple[str, ...], pull_after: int | None) -> None:
    """Lay an emulated card on the virtual PC/SC reader (vpcd), and leave it there until interrupted.

    CARD is an image that `chipid issue` made. What the chip remembers (its date, the authorities that it trusts, the tries of its
    PIN) it remembers as long as the command runs; the image stays as it is.
    """
    from chipid.emulator.icc import EmulatedCard  # noqa: PLC0415
    from chipid.emulator.vpcd import DEFAULT_PORT, TAKE_UP_TIMEOUT, Ending, serve  # noqa: PLC0415
    from chipid.issuing.card_image import CardImage  # noqa: PLC0415

    emulated = EmulatedCard(CardImage.load(Path(card)), faults=faults_named(faults), pause=time.sleep)
    port = DEFAULT_PORT + slot if port is None else port
    ending = serve(
        emulated,
        host,
        port,
        on_connect=lambda: info(f"the card lies on the reader at {host}:{port}; Ctrl-C takes it off"),
        withdraw_after=pull_after,
        taken_up_within=TAKE_UP_TIMEOUT,
    )
    if ending is Ending.DISCONNECTED:
        raise NoReader("the PC/SC service let the card go")
    info("the card has been taken off the reader")
