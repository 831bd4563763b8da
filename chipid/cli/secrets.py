# SPDX-License-Identifier: Apache-2.0
"""Where a secret comes from: a file, or a question on the terminal; never an argument, which every user of the machine can read."""

from __future__ import annotations

import contextlib
import getpass
import io
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any

import click

from chipid.cli.usage import Misuse

SIZE_LIMIT = 4096
"""Octets of a file with a secret: a QR code holds no more."""


class SecretFile(click.Path):
    """The name of a file with a secret (``-`` is standard input). A secret that is given in place of a name is not repeated."""

    def __init__(self) -> None:
        super().__init__(exists=True, dir_okay=False, allow_dash=True)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The name, of a file that is there."""
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            self.fail("it takes the name of a file, and there is none of the name given.", param, ctx)


def read_secret(name: str, option: str) -> str:
    """The text of a file (``-`` is standard input), without the end of its last line.

    :param option: that named it, for messages: none repeats what the file holds.
    :raises Misuse: it holds nothing, too much, or no text.
    """
    with click.open_file(name, "rb") as file:
        raw = file.read(SIZE_LIMIT + 1)
    if len(raw) > SIZE_LIMIT:
        raise Misuse(f"{option}: more than {SIZE_LIMIT} octets")
    try:
        text = str(raw, "utf-8-sig").rstrip("\r\n")
    except UnicodeDecodeError:
        raise Misuse(f"{option}: not a text in UTF-8") from None
    if not text.strip():
        raise Misuse(f"{option}: there is nothing in it")
    return text


def ask(prompt: str) -> str:
    """An answer that is not echoed; getpass asks on the terminal itself, so that stdout stays clean.

    :raises click.Abort: the terminal was closed.
    """
    try:
        return getpass.getpass(prompt)
    except EOFError:
        raise click.Abort from None


@contextlib.contextmanager
def unseen() -> Iterator[Callable[[str], str]]:
    """:func:`ask` for several answers that belong together, as the lines of a zone.

    getpass forgets what waits when it asks: of lines that are pasted at once, or typed by a scanner, it takes the first alone. Here
    what waits is the next answer, and nothing of it is echoed in between. What is left at the end is forgotten: no shell gets it.
    """
    terminal = controlling_terminal()
    if terminal is None:
        yield ask
        return
    import termios  # noqa: PLC0415  # POSIX alone has it

    with open(terminal, "rb", buffering=0) as device:
        before = termios.tcgetattr(terminal)
        silent = [*before]
        silent[3] &= ~termios.ECHO
        termios.tcsetattr(terminal, termios.TCSADRAIN, silent)
        try:
            yield lambda prompt: _answer(device, prompt)
        finally:
            termios.tcsetattr(terminal, termios.TCSAFLUSH, before)


def _answer(device: io.RawIOBase, prompt: str) -> str:
    os.write(device.fileno(), prompt.encode(errors="replace"))
    line = device.readline(SIZE_LIMIT)
    os.write(device.fileno(), b"\n")
    if not line:
        raise click.Abort
    return line.decode(errors="replace").rstrip("\r\n")


def controlling_terminal() -> int | None:
    """The process's terminal, open for questions and answers; ``None`` where there is none."""
    if os.name != "posix":
        return None
    try:
        return os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY)
    except OSError:
        return None


def has_terminal() -> bool:
    """Whether there is somebody to ask."""
    if sys.stdin is not None and sys.stdin.isatty():
        return True
    terminal = controlling_terminal()
    if terminal is None:
        return False
    os.close(terminal)
    return True
