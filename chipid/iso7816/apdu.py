# SPDX-License-Identifier: Apache-2.0
"""Command and response APDUs (ISO 7816-4 §5.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from chipid.errors import MalformedData

SHORT_LC_MAX = 255
SHORT_LE_MAX = 256
EXTENDED_LC_MAX = 65535
EXTENDED_LE_MAX = 65536
CLA_CHAINING = 0x10


@dataclass(frozen=True, slots=True, repr=False)
class CommandAPDU:
    """One command. Its length fields are extended where *data* or *le* need it, or *extended* asks for it.

    :ivar le: octets expected at most, 1–65536; ``None`` for no Le field.
    """

    cla: int
    ins: int
    p1: int
    p2: int
    data: bytes = b""
    le: int | None = None
    extended: bool = False

    def __post_init__(self) -> None:
        if any(not 0 <= octet <= 0xFF for octet in (self.cla, self.ins, self.p1, self.p2)):
            raise ValueError("CLA, INS, P1 and P2 are one octet each")
        if len(self.data) > EXTENDED_LC_MAX:
            raise ValueError(f"a command carries at most {EXTENDED_LC_MAX} octets, not {len(self.data)}")
        if self.le is not None and not 1 <= self.le <= EXTENDED_LE_MAX:
            raise ValueError(f"Le is 1–{EXTENDED_LE_MAX}, not {self.le}")

    def __repr__(self) -> str:
        # Data may be a password's cryptogram or a file: the header and the lengths are enough to follow a dialogue.
        return f"<{self.cla:02X} {self.ins:02X} {self.p1:02X} {self.p2:02X} Lc={len(self.data)} Le={self.le}>"

    @property
    def is_extended(self) -> bool:
        """Whether the length fields take the extended form."""
        return self.extended or len(self.data) > SHORT_LC_MAX or (self.le or 0) > SHORT_LE_MAX

    def to_bytes(self) -> bytes:
        """The command as it travels."""
        out = bytes((self.cla, self.ins, self.p1, self.p2))
        if self.is_extended:
            if self.data or self.le is not None:
                out += b"\x00"
            if self.data:
                out += len(self.data).to_bytes(2, "big") + self.data
            if self.le is not None:
                out += (self.le % EXTENDED_LE_MAX).to_bytes(2, "big")
            return out
        if self.data:
            out += bytes((len(self.data),)) + self.data
        if self.le is not None:
            out += bytes((self.le % SHORT_LE_MAX,))
        return out

    @classmethod
    def from_bytes(cls, raw: bytes) -> Self:
        """Parse all seven cases of ISO 7816-4 §5.2.

        :raises MalformedData: the length fields do not fit the octets.
        """
        if len(raw) < 4:
            raise MalformedData(f"a command APDU has at least 4 octets, not {len(raw)}")
        cla, ins, p1, p2, body = raw[0], raw[1], raw[2], raw[3], raw[4:]
        if len(body) >= 3 and body[0] == 0:
            data, le = cls._extended_body(body)
            return cls(cla, ins, p1, p2, data, le, extended=True)
        data, le = cls._short_body(body)
        return cls(cla, ins, p1, p2, data, le)

    @staticmethod
    def _short_body(body: bytes) -> tuple[bytes, int | None]:
        if not body:
            return b"", None
        if len(body) == 1:
            return b"", body[0] or SHORT_LE_MAX
        lc, rest = body[0], body[1:]
        if lc == 0 or len(rest) not in (lc, lc + 1):
            raise MalformedData("Lc does not fit the command's data", offset=4)
        return rest[:lc], (rest[lc] or SHORT_LE_MAX) if len(rest) > lc else None

    @staticmethod
    def _extended_body(body: bytes) -> tuple[bytes, int | None]:
        if len(body) == 3:
            return b"", int.from_bytes(body[1:3], "big") or EXTENDED_LE_MAX
        lc, rest = int.from_bytes(body[1:3], "big"), body[3:]
        if lc == 0 or len(rest) not in (lc, lc + 2):
            raise MalformedData("extended Lc does not fit the command's data", offset=4)
        return rest[:lc], (int.from_bytes(rest[lc:], "big") or EXTENDED_LE_MAX) if len(rest) > lc else None


@dataclass(frozen=True, slots=True, repr=False)
class ResponseAPDU:
    """One response: *data* and the status word *sw*."""

    data: bytes
    sw: int

    def __repr__(self) -> str:
        return f"<{len(self.data)} octets, {self.sw:04X}>"

    @property
    def ok(self) -> bool:
        """Whether the status word is 9000."""
        return self.sw == 0x9000

    def to_bytes(self) -> bytes:
        """The response as it travels."""
        return self.data + self.sw.to_bytes(2, "big")

    @classmethod
    def from_bytes(cls, raw: bytes) -> Self:
        """Split off the status word.

        :raises MalformedData: fewer than two octets.
        """
        if len(raw) < 2:
            raise MalformedData(f"a response APDU has at least 2 octets, not {len(raw)}")
        return cls(bytes(raw[:-2]), int.from_bytes(raw[-2:], "big"))
