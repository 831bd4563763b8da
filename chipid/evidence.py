# SPDX-License-Identifier: Apache-2.0
"""What was read from one chip: all that verification needs, today at the counter and next year on a server.

Evidence holds facts and no opinion: raw files as read, what was tried to get in, and the transcripts of the protocols that prove
the chip genuine, with our own challenges. It holds personal data: its file is written with mode 0600.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from os import PathLike
from typing import Any, TypeVar

from chipid.iso7816.file_ids import FileId
from chipid.iso7816.status import SW
from chipid.lds.dates import in_zone
from chipid.records import Record, build_record, load, parse_record
from chipid.records import write_private as write_private  # noqa: PLC0414  # re-exported: evidence is what callers know

FORMAT = "chipid-evidence"
VERSION = 1
SIZE_LIMIT = 16 * 1024 * 1024
"""An evidence file larger than this is refused: the largest documents hold well under 1 MiB."""


class Protocol(Enum):
    """A protocol that may open a chip, by its name in ICAO 9303-11."""

    BAC = "BAC"
    PACE = "PACE"


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
    :ivar key_id: of the chip's key in DG14 (in version 2: in EF.CardSecurity), ``None`` where it has none.
    :ivar private_key: our ephemeral exponent. It opens this one session's recorded traffic and nothing else.
    :ivar command: the first protected command under the new keys, as it travelled.
    :ivar response: its protected response with status word; empty where none came.
    :ivar sw: the status word of the key agreement itself.
    :ivar version: 1 (ICAO 9303-11 §6.2) or 2 (BSI TR-03110-2 §3.4), in which the chip adds :ivar nonce: to the key derivation,
        and proves itself by :ivar token: at once. Both are empty in version 1.
    """

    oid: str
    key_id: int | None
    private_key: bytes = field(repr=False)
    public_key: bytes = field(repr=False)
    command: bytes = field(repr=False)
    response: bytes = field(repr=False)
    sw: int
    version: int = 1
    nonce: bytes = field(default=b"", repr=False)
    token: bytes = field(default=b"", repr=False)


@dataclass(frozen=True)
class ChipAuthenticationMappingTranscript:
    """What PACE with Chip Authentication Mapping left behind (ICAO 9303-11 §4.4.3.5).

    The chip's mapping key is its static key times the decrypted number, which only the holder of the static private key can know.
    As with Chip Authentication, it convinces the terminal that ran PACE, and whoever trusts that terminal's word.

    :ivar oid: the protocol, dotted; ``parameter_id``: the number of its domain parameters, by which the static key is found.
    :ivar mapping_key: the chip's public key of PACE's step 2.
    :ivar encrypted: data object 8A as the chip sent it; empty where it sent none.
    :ivar data: CA_IC, decrypted; empty where there was nothing that could be.
    """

    oid: str
    parameter_id: int | None
    mapping_key: bytes = field(repr=False)
    encrypted: bytes = field(repr=False)
    data: bytes = field(repr=False)


@dataclass(frozen=True)
class TerminalAuthenticationRecord:
    """How the terminal proved its rights to the chip. It proves nothing of the chip.

    :ivar version: 1 (EAC 1.11, ICAO 9303-11 §7.1) or 2 (BSI TR-03110-2 §3.3).
    :ivar trust_point: the certification authority reference that the chain began at, ``None`` where there was no chain.
    :ivar certificates: holder references of the certificates presented, in order, the terminal's last.
    :ivar rights: the data groups that the whole chain grants, e.g. ``("DG3", "DG4")``; empty unless :attr:`result` is done.
    :ivar reason: stable words for a failure, one of ``chipid.protocols.terminal_auth.REASONS``; ``refused`` is the holder
        reference of the certificate that the chip refused, and :ivar sw: the status word with it.
    :ivar foreseen: where not all was granted, what the terminal itself has against its chain on this day, as ``holder: code`` of
        :data:`chipid.pki.cv_chain.REFUSALS`: the chip's status words give no reason.
    """

    version: int
    result: Result
    trust_point: str | None = None
    certificates: tuple[str, ...] = ()
    rights: tuple[str, ...] = ()
    reason: str | None = None
    refused: str | None = None
    sw: int | None = None
    foreseen: tuple[str, ...] = ()


@dataclass(frozen=True)
class FileFailure:
    """Why a file is not there: the status word, or a reason in stable words.

    These are ``not-authorised``, ``malformed``, ``length-lies``, ``not-asked``, the ``sm-…`` codes of secure messaging, and
    ``status-XXXX`` for EF.CardAccess.
    """

    sw: int | None = None
    reason: str | None = None

    @property
    def refused(self) -> bool:
        """Whether the chip wants a right that the terminal has not proved."""
        return self.reason == "not-authorised" or self.sw == SW.SECURITY_STATUS


@dataclass(frozen=True)
class Evidence:
    """Everything that one inspection brought home.

    :ivar read_at: when, in UTC, by the terminal's clock.
    :ivar files: raw octets of each file that was read, exactly as the chip gave them.
    :ivar failures: the files that were wanted and could not be read.
    :ivar accesses: every try to open the chip, in order; the last one that is ``done`` is the one that counts.
    :ivar chip_authentication_mapping: of each session that PACE has opened: what was read in it is that chip's, and nobody else's.
    :ivar terminal_authentication: ``None`` where the terminal has no rights to prove.
    :ivar complete: False where reading was broken off, so that a file's absence means nothing.
    """

    read_at: datetime
    files: dict[FileId, bytes] = field(repr=False)
    failures: dict[FileId, FileFailure] = field(default_factory=dict)
    accesses: tuple[AccessAttempt, ...] = ()
    active_authentication: ActiveAuthenticationTranscript | None = None
    chip_authentication: ChipAuthenticationTranscript | None = None
    chip_authentication_mapping: tuple[ChipAuthenticationMappingTranscript, ...] = ()
    terminal_authentication: TerminalAuthenticationRecord | None = None
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
        """One deterministic CBOR map (RFC 8949 §4.2).

        :raises ValueError: :attr:`read_at` has no time zone.
        """
        return build_record(FORMAT, VERSION, _encode(self))

    @classmethod
    def from_cbor(cls, raw: bytes) -> Evidence:
        """Parse an evidence file.

        :raises MalformedData: it is none, or damaged.
        :raises UnsupportedFeature: it was written by a later version.
        """
        return _decode(parse_record(raw, FORMAT, VERSION, SIZE_LIMIT))

    def save(self, path: str | PathLike[str]) -> None:
        """Write to *path*, mode 0600, whole or not at all."""
        write_private(path, self.to_cbor())

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Evidence:
        """Read from *path*; errors as :meth:`from_cbor`, which name the file, and ``OSError``."""
        return load(path, cls.from_cbor, SIZE_LIMIT)


# CBOR ----------------------------------------------------------------------------------------------------------------

MAPPINGS_MAX = 32
"""Records of Chip Authentication Mapping: one for each session. A chip that loses the session at each step makes the reader open it
some fifteen times, and each record is verified anew."""
_TRANSCRIPT_LIMIT = 64 * 1024
_SW_LIMIT = 0xFFFF
_T = TypeVar("_T")
_EnumT = TypeVar("_EnumT", bound=Enum)


def _encode(evidence: Evidence) -> dict[str, Any]:
    if evidence.read_at.tzinfo is None:
        raise ValueError("the time of reading needs a time zone")
    return {
        "read_at": in_zone(evidence.read_at, UTC).isoformat(),
        "files": {file.label: raw for file, raw in evidence.files.items()},
        "failures": {
            file.label: {"sw": failure.sw, "reason": failure.reason} for file, failure in evidence.failures.items()
        },
        "accesses": [_encode_access(attempt) for attempt in evidence.accesses],
        "active_authentication": _encode_transcript(evidence.active_authentication),
        "chip_authentication": _encode_transcript(evidence.chip_authentication),
        "chip_authentication_mapping": [_encode_transcript(each) for each in evidence.chip_authentication_mapping],
        "terminal_authentication": _encode_terminal(evidence.terminal_authentication),
        "atr": evidence.atr,
        "reader": evidence.reader,
        "complete": evidence.complete,
        "notes": list(evidence.notes),
    }


def _encode_access(attempt: AccessAttempt) -> dict[str, Any]:
    return {**vars(attempt), "protocol": attempt.protocol.value, "result": attempt.result.value}


def _encode_transcript(
    transcript: ActiveAuthenticationTranscript | ChipAuthenticationTranscript | ChipAuthenticationMappingTranscript | None,
) -> dict[str, Any] | None:
    return None if transcript is None else dict(vars(transcript))


def _encode_terminal(record: TerminalAuthenticationRecord | None) -> dict[str, Any] | None:
    if record is None:
        return None
    lists = {"certificates": list(record.certificates), "rights": list(record.rights), "foreseen": list(record.foreseen)}
    return {**vars(record), "result": record.result.value, **lists}


def _decode(record: Record) -> Evidence:
    evidence = Evidence(
        read_at=_time(record),
        files=_by_file(record, "files", lambda files, label: files.octets(label, SIZE_LIMIT)),
        failures=_by_file(record, "failures", _failure),
        accesses=tuple(_access(Record(attempt, "an access attempt")) for attempt in record.array("accesses")),
        active_authentication=_optional(record, "active_authentication", _active_authentication),
        chip_authentication=_optional(record, "chip_authentication", _chip_authentication),
        chip_authentication_mapping=_chip_authentication_mappings(record, "chip_authentication_mapping"),
        terminal_authentication=_optional(record, "terminal_authentication", _terminal_authentication),
        atr=_optional(record, "atr", lambda entries, key: entries.octets(key, 64)),
        reader=_optional(record, "reader", Record.text),
        complete=record.boolean("complete"),
        notes=record.texts("notes"),
    )
    record.finish()
    return evidence


def _optional(record: Record, key: str, decode: Callable[[Record, str], _T]) -> _T | None:
    return decode(record, key) if record.has(key) else None


def _time(record: Record) -> datetime:
    """ISO 8601 in UTC, as :func:`_encode` writes it and in no other way."""
    text = record.text("read_at")
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        time = None
    if time is None or time.tzinfo is not UTC or time.isoformat() != text:
        raise record.error("read_at", "a time in UTC")
    return time


def _by_file(record: Record, key: str, decode: Callable[[Record, str], _T]) -> dict[FileId, _T]:
    entries = Record(record.take(key), key)
    content: dict[FileId, _T] = {}
    for file in FileId:
        if file.label in entries:
            content[file] = decode(entries, file.label)
    entries.finish()
    return content


def _failure(failures: Record, label: str) -> FileFailure:
    entries = Record(failures.take(label), "a file's failure")
    failure = FileFailure(_optional(entries, "sw", _sw), _optional(entries, "reason", Record.text))
    entries.finish()
    return failure


def _access(entries: Record) -> AccessAttempt:
    attempt = AccessAttempt(
        protocol=_member(entries, "protocol", Protocol),
        password=entries.text("password"),
        result=_member(entries, "result", Result),
        source=entries.text("source"),
        oid=_optional(entries, "oid", _oid),
        parameter_id=_optional(entries, "parameter_id", Record.integer),
        reason=_optional(entries, "reason", Record.text),
    )
    entries.finish()
    return attempt


def _active_authentication(record: Record, key: str) -> ActiveAuthenticationTranscript:
    entries = Record(record.take(key), "the Active Authentication transcript")
    transcript = ActiveAuthenticationTranscript(
        challenge=entries.octets("challenge", _TRANSCRIPT_LIMIT),
        response=entries.octets("response", _TRANSCRIPT_LIMIT),
        sw=_sw(entries, "sw"),
        challenge_source=entries.text("challenge_source"),
    )
    entries.finish()
    return transcript


def _chip_authentication(record: Record, key: str) -> ChipAuthenticationTranscript:
    entries = Record(record.take(key), "the Chip Authentication transcript")
    transcript = ChipAuthenticationTranscript(
        oid=_oid(entries, "oid"),
        key_id=_optional(entries, "key_id", Record.integer),
        private_key=entries.octets("private_key", _TRANSCRIPT_LIMIT),
        public_key=entries.octets("public_key", _TRANSCRIPT_LIMIT),
        command=entries.octets("command", _TRANSCRIPT_LIMIT),
        response=entries.octets("response", _TRANSCRIPT_LIMIT),
        sw=_sw(entries, "sw"),
        version=entries.integer("version", 1, 2),
        nonce=entries.octets("nonce", _TRANSCRIPT_LIMIT),
        token=entries.octets("token", _TRANSCRIPT_LIMIT),
    )
    entries.finish()
    return transcript


def _chip_authentication_mappings(record: Record, key: str) -> tuple[ChipAuthenticationMappingTranscript, ...]:
    contents = record.array(key)
    if len(contents) > MAPPINGS_MAX:
        raise record.error(key, f"at most {MAPPINGS_MAX} records")
    return tuple(map(_chip_authentication_mapping, contents))


def _chip_authentication_mapping(content: object) -> ChipAuthenticationMappingTranscript:
    entries = Record(content, "the record of Chip Authentication Mapping")
    transcript = ChipAuthenticationMappingTranscript(
        oid=_oid(entries, "oid"),
        parameter_id=_optional(entries, "parameter_id", Record.integer),
        mapping_key=entries.octets("mapping_key", _TRANSCRIPT_LIMIT),
        encrypted=entries.octets("encrypted", _TRANSCRIPT_LIMIT),
        data=entries.octets("data", _TRANSCRIPT_LIMIT),
    )
    entries.finish()
    return transcript


def _terminal_authentication(record: Record, key: str) -> TerminalAuthenticationRecord:
    entries = Record(record.take(key), "the record of Terminal Authentication")
    found = TerminalAuthenticationRecord(
        version=entries.integer("version", 1, 2),
        result=_member(entries, "result", Result),
        trust_point=_optional(entries, "trust_point", Record.text),
        certificates=entries.texts("certificates"),
        rights=entries.texts("rights"),
        reason=_optional(entries, "reason", Record.text),
        refused=_optional(entries, "refused", Record.text),
        sw=_optional(entries, "sw", _sw),
        foreseen=entries.texts("foreseen"),
    )
    entries.finish()
    return found


def _sw(entries: Record, key: str) -> int:
    return entries.integer(key, 0, _SW_LIMIT)


def _member(entries: Record, key: str, kind: type[_EnumT]) -> _EnumT:
    try:
        return kind(entries.text(key))
    except ValueError:
        raise entries.error(key, f"one of {', '.join(member.value for member in kind)}") from None


def _oid(entries: Record, key: str) -> str:
    """Dotted numbers and nothing else: the text goes to screens."""
    text = entries.text(key)
    if not re.fullmatch(r"[0-9]{1,40}(\.[0-9]{1,40}){0,63}", text):
        raise entries.error(key, "a dotted object identifier")
    return text
