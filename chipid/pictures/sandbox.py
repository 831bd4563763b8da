# SPDX-License-Identifier: Apache-2.0
"""Runs :mod:`chipid.pictures.decoder` over one image, and trusts nothing that comes back.

The child has no environment, no terminal, none of our open files, and limits of its own. Whatever becomes of it (it crashes, is
killed, takes too long or too much memory, talks nonsense) is one of two errors here: ``MalformedData`` where the image is at fault,
``UnsupportedFeature`` where a limit or a library is. It leaves no zombie and no file behind.
"""

from __future__ import annotations

import contextlib
import math
import os
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass, fields
from pathlib import Path
from typing import IO

from chipid.errors import ChipIdError, MalformedData, NotInstalled, UnsupportedFeature
from chipid.lds.image import ImageFormat, ImageHeader, read_image_header
from chipid.pictures import jpeg2000
from chipid.pictures.decoder import Status

PROGRAM = Path(__file__).with_name("decoder.py")
GRACE = 1.0
"""Seconds that a child which has answered, or was killed, has for its end."""

_KILLED = -getattr(signal, "SIGKILL", 9)
_ENVIRONMENT = ("LD_LIBRARY_PATH", "SYSTEMROOT")  # what some systems cannot start Python without
_EXTRAS = {"WSQ": "wsq", "qr": "qr"}
_MORE = "If it is to be trusted, give more with Limits({}=…)."
_OTHER = "Have it saved as PNG or JPEG, or read the chip again."


@dataclass(frozen=True)
class Limits:
    """What one image may cost.

    :ivar pixels: width × height. :ivar octets: of the image as it is encoded. :ivar seconds: from start to answer.
    :ivar memory: octets that the decoding process may take, itself included; kept where the system keeps such limits.
    :raises ValueError: one of them is not above zero, or has no end.
    """

    pixels: int = 16_000_000
    octets: int = 16 << 20
    seconds: float = 10.0
    memory: int = 1 << 30

    def __post_init__(self) -> None:
        for item in fields(self):
            if not 0 < getattr(self, item.name) < math.inf:
                raise ValueError(f"{item.name} must be a number above zero")


def admitted(image: bytes, limits: Limits) -> ImageHeader:
    """The header of an image that keeps to *limits* by what it says of itself.

    :raises LdsError: no format that is known, or a damaged header.
    :raises UnsupportedFeature: too large.
    """
    if len(image) > limits.octets:
        raise UnsupportedFeature(f"an image of more than {limits.octets} octets", hint=_MORE.format("octets"))
    header = read_image_header(image)
    if header.width * header.height > limits.pixels:
        raise UnsupportedFeature(f"an image of more than {limits.pixels} pixels", hint=_MORE.format("pixels"))
    return header


def run_decoder(task: str, image: bytes, header: ImageHeader, limits: Limits, answer_limit: int) -> bytes:
    """What the child answers to *task*, behind its status.

    :param answer_limit: octets, beyond which nothing is read.
    :raises MalformedData: the decoder refuses the image, crashes on it, or answers what cannot be.
    :raises UnsupportedFeature: time, memory, pixels or the library do not suffice, or no process can be started.
    """
    image_format, image = _for_the_decoder(image, header)
    answer, ended = _converse(_started(task, image_format, limits), image, answer_limit + 2, limits.seconds)
    if answer is None:
        raise UnsupportedFeature(f"decoding an image took more than {limits.seconds:g} seconds", hint=_MORE.format("seconds"))
    if len(answer) > answer_limit + 1:  # first, for a child that we do not listen to any more ends in its own way
        raise wrong_answer()
    if ended == _KILLED:
        raise UnsupportedFeature("the system ended the decoder of an image: memory is short", hint="Try again when there is more.")
    if ended:
        raise MalformedData("an image that its decoder crashes on", hint=_OTHER)
    return _body(answer, _EXTRAS.get(task) or _EXTRAS.get(image_format))


def wrong_answer() -> MalformedData:
    """The error for an answer that cannot be."""
    return MalformedData("an image whose decoder does not answer as it should", hint=_OTHER)


def _for_the_decoder(image: bytes, header: ImageHeader) -> tuple[str, bytes]:
    if header.format is ImageFormat.JPEG2000:
        return jpeg2000.prepared(image, header)
    return header.format.name, image


def _started(task: str, image_format: str, limits: Limits) -> subprocess.Popen[bytes]:
    if not sys.executable or getattr(sys, "frozen", False):
        raise UnsupportedFeature("images are decoded in a process of their own, and there is no Python to start")
    numbers = (str(limits.pixels), str(math.ceil(limits.seconds)), str(limits.memory))
    folders = (folder for folder in sys.path if os.path.isabs(folder))
    command = [sys.executable, "-I", "-S", "-B", str(PROGRAM), task, image_format, *numbers, *folders]
    environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    try:
        return subprocess.Popen(  # noqa: S603  # our own program
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
        )
    except OSError as problem:
        raise UnsupportedFeature(f"no process to decode an image in: {problem.strerror}") from None


def _converse(process: subprocess.Popen[bytes], image: bytes, size: int, seconds: float) -> tuple[bytes | None, int | None]:
    """(at most *size* octets of answer, or ``None`` where its end did not come in time; how the child ended, if it did by itself).

    Each pipe belongs to a thread, which closes it: a child that neither reads nor writes holds nobody up. A thread can outlive this
    call only where a process that the child started holds the pipe, and the child may start none.
    """
    answer = bytearray()
    threads = [
        threading.Thread(target=_feed, args=(process.stdin, image), daemon=True),
        threading.Thread(target=_collect, args=(process.stdout, answer, size), daemon=True),
    ]
    try:
        for thread in threads:
            thread.start()
        threads[1].join(seconds)
        in_time = not threads[1].is_alive()
        if in_time and len(answer) < size:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(GRACE)
        ended = process.poll()
    finally:
        process.kill()
        process.wait()
    for thread in threads:
        thread.join(GRACE)
    return bytes(answer) if in_time else None, ended


def _feed(pipe: IO[bytes], image: bytes) -> None:
    with contextlib.suppress(OSError), pipe:  # a child that has ended reads no more
        pipe.write(image)


def _collect(pipe: IO[bytes], answer: bytearray, size: int) -> None:
    with contextlib.suppress(OSError), pipe:
        answer += pipe.read(size)


def _body(answer: bytes, extra: str | None) -> bytes:
    if not answer:
        raise wrong_answer()
    status, body = answer[0], answer[1:]
    if status == Status.DONE:
        return body
    if body or status not in _FAILURES:
        raise wrong_answer()
    kind, message, hint = _FAILURES[status]
    if extra is not None and status == Status.NO_DECODER:
        raise NotInstalled(message, extra)
    raise kind(message, hint=hint)


_FAILURES: dict[int, tuple[type[ChipIdError], str, str]] = {
    Status.REFUSED: (MalformedData, "an image that cannot be decoded: it is damaged, or beyond what the decoder knows", _OTHER),
    Status.TOO_LARGE: (MalformedData, "an image with more pixels than its header says, or than are allowed", _OTHER),
    Status.NO_MEMORY: (UnsupportedFeature, "decoding an image takes too much memory", _MORE.format("memory")),
    Status.NO_DECODER: (UnsupportedFeature, "the library that decodes such images is missing", "Install Pillow."),
}
