# SPDX-License-Identifier: Apache-2.0
"""What was read from one chip: all that verification needs, today at the counter and next year on a server.

Evidence holds facts and no opinion: raw files as read, what was tried to get in, and the transcripts of the protocols that prove
the chip genuine, with our own challenges. It holds personal data: its file is written with mode 0600.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Any

import cbor2

from chipid.errors import MalformedData, UnsupportedFeature
from chipid.iso7816.file_ids import FileId

FORMAT = "chipid-evidence"
VERSION = 1
SIZE_LIMIT = 16 * 1024 * 1024
"""An evidence file larger than this is refused: the largest documents hold well under 1 MiB."""


class Protocol(Enum):
    """A protocol that was tried, by its name in ICAO 9303-11."""

    BAC = "BAC"
    PACE = "PACE"
    CHIP_AUTHENTICATION = "CA"
    ACTIVE_AUTHENTICATION = "AA"
    TERMINAL_AUTHENTICATION = "TA"


class Result(Enum):
    """How a protocol run, or the read of a file, ended."""

    DONE = "done"
    FAILED = "failed"
    NOT_OFFERED = "not-offered"
    NOT_TRIED = "not-tried"


@dataclass(frozen=True)
class AccessAttempt:
    """One try to open the chip.

    :ivar password: ``mrz``, ``can``, ``pin`` or ``puk``: the kind, never the value.
    :ivar source: where the password came from, e.g. ``number``, ``qr expiry candidate 2``.
    :ivar oid: PACE's object identifier, dotted; ``parameter_id``: the standardised domain parameters, where named.
    :ivar reason: stable words for a failure, e.g. ``wrong-password``, ``status-6FFF``.
    """

    protocol: Protocol
    password: str
    result: Result
    source: str = ""
    oid: str | None = None
    parameter_id: int | None = None
    reason: str | None = None


@dataclass(frozen=True)
class ActiveAuthenticationTranscript:
    """The challenge and the chip's answer to it.

    :ivar challenge: RND.IFD, 8 octets.
    :ivar response: the signature; empty where the chip refused.
    :ivar challenge_source: ``random`` (ours) or ``given`` (by the caller, e.g. a server).
    :ivar sw: the status word of the answer.
    """

    challenge: bytes = field(repr=False)
    response: bytes = field(repr=False)
    sw: int
    challenge_source: str = "random"


@dataclass(frozen=True)
class ChipAuthenticationTranscript:
    """What recomputes the new session and checks that the chip had its keys too.

    The proof of Chip Authentication is that the chip answers under keys that only the holder of the static key can derive: with
    our ephemeral private key the keys are derived anew, and the MAC of the first exchange under them is checked.

    :ivar oid: the protocol, dotted.
    :ivar key_id: of the chip's key in DG14, ``None`` where it has none.
    :ivar private_key: our ephemeral scalar. It opens this one session's recorded traffic and nothing else.
    :ivar command: the first protected command under the new keys, as it travelled.
    :ivar response: its protected response with status word; empty where none came.
    :ivar sw: the status word of the key agreement itself.
    """

    oid: str
    key_id: int | None
    private_key: bytes = field(repr=False)
    public_key: bytes = field(repr=False)
    command: bytes = field(repr=False)
    response: bytes = field(repr=False)
    sw: int


@dataclass(frozen=True)
class FileFailure:
    """Why a file is not there: the status word, or a reason in stable words (``lost``, ``malformed``, ``not-asked``)."""

    sw: int | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Evidence:
    """Everything that one inspection brought home.

    :ivar read_at: when, in UTC, by the terminal's clock.
    :ivar files: raw octets of each file that was read, exactly as the chip gave them.
    :ivar failures: the files that were wanted and could not be read.
    :ivar accesses: every try to open the chip, in order; the last one that is ``done`` is the one that counts.
    :ivar complete: False where reading was broken off, so that a file's absence means nothing.
    """

    read_at: datetime
    files: dict[FileId, bytes] = field(repr=False)
    failures: dict[FileId, FileFailure] = field(default_factory=dict)
    accesses: tuple[AccessAttempt, ...] = ()
    active_authentication: ActiveAuthenticationTranscript | None = None
    chip_authentication: ChipAuthenticationTranscript | None = None
    atr: bytes | None = None
    reader: str | None = None
    complete: bool = True
    notes: tuple[str, ...] = ()

    def file(self, file: FileId) -> bytes | None:
        """The raw octets of *file*, or ``None``."""
        return self.files.get(file)

    @property
    def data_groups(self) -> dict[int, bytes]:
        """The data groups that were read, by number."""
        groups = {file.data_group: raw for file, raw in self.files.items()}
        return {number: raw for number, raw in groups.items() if number is not None}

    def to_cbor(self) -> bytes:
        """One deterministic CBOR map (RFC 8949 §4.2)."""
        return cbor2.dumps(_encode(self), canonical=True)

    @classmethod
    def from_cbor(cls, raw: bytes) -> Evidence:
        """Parse an evidence file.

        :raises MalformedData: it is none, or damaged.
        :raises UnsupportedFeature: it was written by a later version.
        """
        return _decode(raw)

    def save(self, path: Path) -> None:
        """Write to *path*, mode 0600, whole or not at all."""
        write_private(path, self.to_cbor())

    @classmethod
    def load(cls, path: Path) -> Evidence:
        """Read from *path*; errors as :meth:`from_cbor`, and ``OSError``."""
        if path.stat().st_size > SIZE_LIMIT:
            raise MalformedData(f"an evidence file has at most {SIZE_LIMIT} octets")
        return cls.from_cbor(path.read_bytes())
