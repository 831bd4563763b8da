# SPDX-License-Identifier: Apache-2.0
"""``chipid`` on a real terminal: it asks unseen, draws its bar, and leaves the result alone."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys

import pytest

from chipid.iso7816.file_ids import FileId
from chipid.lds.dg1 import Dg1

pty = pytest.importorskip("pty", reason="a pseudo-terminal needs a POSIX system")
termios = pytest.importorskip("termios", reason="a pseudo-terminal needs a POSIX system")

ON_TERMINAL = (
    "import fcntl, os, sys, termios\n"
    "os.setsid(); fcntl.ioctl(2, termios.TIOCSCTTY, 0)\n"  # stderr becomes the controlling terminal, /dev/tty
    "os.execv(sys.executable, [sys.executable, '-m', 'chipid.cli', *sys.argv[1:]])\n"
)


class Session:
    """A command whose stdin and stderr are a terminal, and whose stdout is a pipe."""

    def __init__(self, *arguments: object) -> None:
        self._master, slave = pty.openpty()
        # Linux signals first and then forgets what was written: what the command says of Ctrl-C could be lost.
        mode = termios.tcgetattr(slave)
        mode[3] |= termios.NOFLSH
        termios.tcsetattr(slave, termios.TCSANOW, mode)
        command = [sys.executable, "-c", ON_TERMINAL, *map(str, arguments)]
        clean = {key: value for key, value in os.environ.items() if not key.startswith("CHIPID_")}
        environment = {**clean, "TERM": "xterm", "COLUMNS": "100"}
        self.process = subprocess.Popen(command, stdin=slave, stderr=slave, stdout=subprocess.PIPE, env=environment)
        os.close(slave)
        self.seen = ""

    def read_until(self, text: str) -> None:
        while text not in self.seen:
            part = os.read(self._master, 4096)
            assert part, self.seen
            self.seen += part.decode()

    @property
    def echoes(self) -> bool:
        return bool(termios.tcgetattr(self._master)[3] & termios.ECHO)

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    def interrupt(self) -> None:
        """Ctrl-C; again, as a person would, where it fell between Python's last look for signals and its wait for an answer."""
        for _ in range(10):
            self.type("\x03")
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(5)
                return

    def end(self) -> tuple[int, str]:
        assert self.process.stdout is not None
        with contextlib.suppress(OSError):  # EIO: the other end has been closed
            while part := os.read(self._master, 4096):
                self.seen += part.decode()
        out = self.process.stdout.read().decode()
        self.process.stdout.close()
        os.close(self._master)
        return self.process.wait(60), out


@pytest.fixture
def session() -> type[Session]:
    return Session


def test_the_number_is_asked_for_and_not_echoed(session, desk) -> None:
    asked = session("dump", "--card", desk.card, "--json")
    asked.read_until("Number on the card")
    asked.type("099012345678\n")
    code, out = asked.end()
    assert code == 0
    assert "099012345678" not in asked.seen
    assert out.startswith("{")
    assert "Number on the card" not in out


def test_the_lines_of_the_zone_are_asked_for_one_by_one(session, desk) -> None:
    lines = Dg1.parse(desk.image.files[FileId.DG1]).mrz.lines
    asked = session("dump", "--card", desk.card)
    for prompt, line in zip(("Number on the card", "MRZ line 2", "MRZ line 3"), lines, strict=True):
        asked.read_until(prompt)
        asked.type(line + "\n")
    code, out = asked.end()
    assert code == 0
    assert "PACE  with MRZ" in out
    assert not any(line in asked.seen for line in lines)


def test_lines_that_are_pasted_at_once_are_all_taken_and_none_is_echoed(session, desk) -> None:
    lines = Dg1.parse(desk.image.files[FileId.DG1]).mrz.lines
    asked = session("dump", "--card", desk.card)
    asked.read_until("Number on the card")
    asked.type("\n".join([*lines, "one line too many", ""]))
    code, out = asked.end()
    assert code == 0, asked.seen
    assert "PACE  with MRZ" in out
    assert "MRZ line 3" in asked.seen
    assert not any(line in asked.seen for line in (*lines, "one line too many"))


@pytest.mark.parametrize("typed", ["099012345678\n", "\x03", "\x04", "none of all\n"])
def test_the_terminal_echoes_again_however_the_question_ends(session, desk, typed: str) -> None:
    asked = session("dump", "--card", desk.card)
    asked.read_until("Number on the card")
    assert not asked.echoes
    if typed == "\x03":
        asked.interrupt()
    else:
        asked.type(typed)
    asked.read_until("\r\n")
    asked.process.wait(60)
    assert asked.echoes
    asked.end()


def test_ctrl_c_at_the_question_is_130(session, desk) -> None:
    asked = session("dump", "--card", desk.card)
    asked.read_until("Number on the card")
    asked.interrupt()
    code, out = asked.end()
    assert (code, out) == (130, "")
    assert "chipid: error: interrupted" in asked.seen


def test_a_bar_is_drawn_and_taken_away(session, desk) -> None:
    asked = session("dump", "--card", desk.card, "--number-file", desk.number)
    code, out = asked.end()
    assert code == 0
    assert "\x1b[" in asked.seen
    assert "\x1b" not in out  # stdout is a pipe: no colours
