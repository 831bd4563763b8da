# SPDX-License-Identifier: Apache-2.0
"""A recorded dialogue with a chip, as a text file: one line for each thing that happened.

::

    # chipid transcript 1 whole        or: headers
    = atr 3B8F80…                      what the channel said of itself
    ~ 0011223344556677                 octets that our side drew at random (whole transcripts only)
    > 00A4040C07A0000002471001         a command
    < 9000                             its answer
    ! CardRemoved                      … or how the exchange failed

A *whole* transcript holds personal data, and all that is needed to decrypt it. A transcript of *headers* holds neither:
of each command the header and the lengths, of each answer its length and status word.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Self

from chipid.errors import CardRemoved, MalformedData, NoCard, NoReader, ReaderError, TransmitFailed, UnsupportedFeature
from chipid.iso7816.apdu import CommandAPDU, ResponseAPDU

VERSION = 1
SIZE_LIMIT = 64 * 1024 * 1024
FAILURES: dict[str, type[ReaderError]] = {
    kind.__name__: kind for kind in (CardRemoved, NoCard, NoReader, TransmitFailed)
}

_TITLE = "# chipid transcript"


class Extent(Enum):
    """How much of each exchange a transcript holds."""

    HEADERS = "headers"
    WHOLE = "whole"


@dataclass(frozen=True)
class RecordedExchange:
    """A command, and its answer or the name of the :class:`ReaderError` that came instead."""

    command: bytes = field(repr=False)
    answer: bytes | None = field(repr=False)
    failure: str | None = None


@dataclass(frozen=True)
class Transcript:
    """A whole recording.

    :ivar drawn: the random octets of our side, in the order in which they were drawn.
    """

    exchanges: tuple[RecordedExchange, ...]
    drawn: tuple[bytes, ...] = field(default=(), repr=False)
    atr: bytes | None = None

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse a whole transcript.

        :raises MalformedData: it is none; the message names the line.
        :raises UnsupportedFeature: it holds headers alone, or a later version wrote it.
        """
        lines = text.split("\n")
        _check_title(lines[0])
        exchanges: list[RecordedExchange] = []
        drawn: list[bytes] = []
        atr: bytes | None = None
        command: bytes | None = None
        for number, mark, rest in _entries(lines[1:]):
            if (command is not None) != (mark in "<!"):
                raise MalformedData(f"line {number} of the transcript stands out of order")
            if mark == ">":
                command = _octets(rest, number)
            elif mark in "<!" and command is not None:
                answer, failure = (_octets(rest, number), None) if mark == "<" else (None, _failure(rest, number))
                exchanges.append(RecordedExchange(command, answer, failure))
                command = None
            elif mark == "~":
                drawn.append(_octets(rest, number))
            else:
                atr = _atr(rest, number) or atr
        if command is not None:
            raise MalformedData("the transcript ends with a command that has no answer")
        return cls(tuple(exchanges), tuple(drawn), atr)


def title(extent: Extent) -> str:
    """The first line of a transcript."""
    return f"{_TITLE} {VERSION} {extent.value}"


def command_line(command: bytes, extent: Extent) -> str:
    """The line of *command*."""
    if extent is Extent.WHOLE:
        return f"> {command.hex().upper()}"
    try:
        apdu = CommandAPDU.from_bytes(command)
    except MalformedData:
        return f"> no command APDU, {len(command)} octets"
    le = "-" if apdu.le is None else str(apdu.le)
    form = " extended" if apdu.is_extended else ""
    return f"> {command[:4].hex(' ').upper()} Lc={len(apdu.data)} Le={le}{form}"


def answer_line(answer: bytes, extent: Extent) -> str:
    """The line of *answer*."""
    if extent is Extent.WHOLE:
        return f"< {answer.hex().upper()}"
    try:
        apdu = ResponseAPDU.from_bytes(answer)
    except MalformedData:
        return f"< no response APDU, {len(answer)} octets"
    return f"< {len(apdu.data)} octets {apdu.sw:04X}"


def failure_line(error: ReaderError) -> str:
    """The line of an exchange that failed: the kind of error, without its message."""
    return f"! {next((name for name, kind in FAILURES.items() if isinstance(error, kind)), 'TransmitFailed')}"


def drawn_line(octets: bytes) -> str:
    """The line of random octets."""
    return f"~ {octets.hex().upper()}"


def atr_line(atr: bytes) -> str:
    """The line of the answer to reset."""
    return f"= atr {atr.hex().upper()}"


def _check_title(line: str) -> None:
    words = line.strip().split(" ")
    if words[:3] != _TITLE.split(" ") or len(words) != 5:
        raise MalformedData("this is no transcript of chipid")
    if words[3] != str(VERSION):
        raise UnsupportedFeature("a later version of chipid wrote this transcript")
    if words[4] != Extent.WHOLE.value:
        raise UnsupportedFeature(
            "this transcript holds headers alone: nothing can be replayed or read from it",
            hint="It is text: read it as it is. --trace-whole FILE records every octet, for test cards.",
        )


def _entries(lines: list[str]) -> Iterator[tuple[int, str, str]]:
    for number, line in enumerate(lines, 2):
        entry = line.strip()
        if not entry or entry.startswith("#"):
            continue
        mark, _, rest = entry.partition(" ")
        if mark not in {">", "<", "!", "~", "="}:
            raise MalformedData(f"line {number} of the transcript begins with no known mark")
        yield number, mark, rest


def _octets(text: str, number: int) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise MalformedData(f"line {number} of the transcript holds no hexadecimal octets") from None


def _failure(text: str, number: int) -> str:
    if text not in FAILURES:
        raise MalformedData(f"line {number} of the transcript names no failure")
    return text


def _atr(text: str, number: int) -> bytes | None:
    name, _, value = text.partition(" ")
    return _octets(value, number) if name == "atr" else None
