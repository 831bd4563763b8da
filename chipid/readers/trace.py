# SPDX-License-Identifier: Apache-2.0
"""A channel around a channel that writes down each exchange (:mod:`chipid.readers.transcript`)."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from types import TracebackType
from typing import Self

from chipid.crypto.random import RandomSource
from chipid.errors import ReaderError
from chipid.iso7816.dialogue import Channel
from chipid.readers.transcript import (
    Extent,
    answer_line,
    atr_line,
    command_line,
    drawn_line,
    failure_line,
    title,
)

WARNING = """\
┌──────────────────────────────────────────────────────────────────────────────┐
│ WARNING: this transcript holds every octet that passes between reader and    │
│ card. Whoever has it can read the holder's personal data, portrait included. │
│ Use it with test cards; with a real card only where its holder agrees, and   │
│ destroy it afterwards.                                                       │
└──────────────────────────────────────────────────────────────────────────────┘"""
"""To be shown before a whole transcript is begun; it stands in the file as well."""


class TraceChannel:
    """Passes everything through, and writes it down, line by line as it happens; the file has mode 0600.

    Headers, lengths and status words only, unless *extent* is :attr:`Extent.WHOLE`. Use it as a context manager.

    :raises OSError: the file cannot be written.
    """

    def __init__(self, channel: Channel, path: Path, extent: Extent = Extent.HEADERS) -> None:
        self._channel = channel
        self._extent = extent
        self.atr: bytes | None = getattr(channel, "atr", None)
        self.reader: str | None = getattr(channel, "reader", None)
        self._file = os.fdopen(_open_private(path), "w", encoding="utf-8", buffering=1)
        self._write(title(extent))
        if extent is Extent.WHOLE:
            self._write("\n".join(f"# {line}" for line in WARNING.splitlines()))
        if self.atr:
            self._write(atr_line(self.atr))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; the channel beneath stays open."""
        self._file.close()

    def transmit(self, command: bytes) -> bytes:
        """As the channel beneath."""
        self._write(command_line(command, self._extent))
        try:
            answer = self._channel.transmit(command)
        except ReaderError as error:
            self._write(failure_line(error))
            raise
        self._write(answer_line(answer, self._extent))
        return answer

    def recorded(self, random: RandomSource) -> RandomSource:
        """*random*, written down where the transcript is whole: what a replay needs to take the same path."""

        def source(size: int) -> bytes:
            octets = random(size)
            if self._extent is Extent.WHOLE:
                self._write(drawn_line(octets))
            return octets

        return source

    def _write(self, line: str) -> None:
        self._file.write(line + "\n")


def _open_private(path: Path) -> int:
    """An empty file that nobody else may read, made so before anything is in it; a symbolic link is not followed."""
    flags = os.O_WRONLY | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
    descriptor = os.open(path, flags, 0o600)
    try:
        # Truncating a device or a pipe would be wrong, and fchmod on it worse.
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            if hasattr(os, "fchmod"):  # not on Windows, where the folder's rights are inherited
                os.fchmod(descriptor, 0o600)
            os.ftruncate(descriptor, 0)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
