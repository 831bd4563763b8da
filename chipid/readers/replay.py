# SPDX-License-Identifier: Apache-2.0
"""A channel that gives the answers of a recorded dialogue, and says where ours takes another path."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Self

from chipid.errors import MalformedData, TransmitFailed
from chipid.readers.transcript import FAILURES, SIZE_LIMIT, Extent, Transcript, command_line


class ReplayDiverged(TransmitFailed):
    """Our side asked something else than in the recording.

    :ivar number: of the exchange, from 1.
    """

    hint = "Replay with the same keys, the same reading plan, and the recorded random octets."

    def __init__(self, message: str, number: int) -> None:
        super().__init__(message)
        self.number = number


class ReplayChannel:
    """Gives recorded answers to recorded commands, in order: a :class:`chipid.iso7816.dialogue.Channel`.

    :ivar atr: as recorded.
    """

    def __init__(self, transcript: Transcript) -> None:
        self._exchanges = transcript.exchanges
        self._drawn = iter(transcript.drawn)
        self._done = 0
        self.atr = transcript.atr

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Self:
        """From a whole transcript.

        :raises MalformedData: the file is none.
        :raises UnsupportedFeature: it holds headers alone, or a later version wrote it.
        """
        path = Path(path)
        if path.stat().st_size > SIZE_LIMIT:
            raise MalformedData(f"a transcript has at most {SIZE_LIMIT} octets")
        try:
            return cls(Transcript.parse(path.read_text(encoding="utf-8")))
        except UnicodeDecodeError:
            raise MalformedData("this is no transcript of chipid") from None

    @property
    def finished(self) -> bool:
        """Whether every recorded exchange has taken place."""
        return self._done == len(self._exchanges)

    def transmit(self, command: bytes) -> bytes:
        """The recorded answer.

        :raises ReplayDiverged: *command* is not the one that was recorded here, or nothing more was.
        :raises ReaderError: as recorded.
        """
        number = self._done + 1
        if self.finished:
            raise ReplayDiverged(f"the recording ends after {self._done} exchanges, and one more was asked for", number)
        recorded = self._exchanges[self._done]
        if command != recorded.command:
            raise ReplayDiverged(_difference(number, recorded.command, command), number)
        self._done = number
        if recorded.answer is None:
            raise FAILURES[recorded.failure or "TransmitFailed"](f"exchange {number} failed in the recording")
        return recorded.answer

    def random(self, size: int) -> bytes:
        """A :data:`chipid.crypto.random.RandomSource` that gives what was drawn in the recording.

        :raises ReplayDiverged: the recording drew something else here.
        """
        octets = next(self._drawn, None)
        if octets is None or len(octets) != size:
            raise ReplayDiverged(f"{size} random octets were asked for, and the recording drew others", self._done + 1)
        return octets


def _difference(number: int, recorded: bytes, asked: bytes) -> str:
    """Headers and lengths alone: the data of a command may hold a cryptogram of the password."""
    then, now = (command_line(command, Extent.HEADERS).removeprefix("> ") for command in (recorded, asked))
    if then == now:
        where = next(i for i, (one, other) in enumerate(zip(recorded, asked, strict=True)) if one != other)
        return f"exchange {number} differs from the recording in its data, from octet {where} on ({now})"
    return f"exchange {number} differs from the recording: {now} instead of {then}"
