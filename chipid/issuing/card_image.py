# SPDX-License-Identifier: Apache-2.0
"""What personalisation writes into a chip, and an emulated card serves: files, keys and passwords of one test document."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from chipid.errors import MalformedData
from chipid.iso7816.file_ids import FileId
from chipid.records import Record, build_record, parse_record, read_file, write_private

FORMAT = "chipid-card-image"
VERSION = 1
SIZE_LIMIT = 16 * 1024 * 1024
FILE_LIMIT = 1024 * 1024
KEY_LIMIT = 8 * 1024
NO_KEY_ID = -1


@dataclass(frozen=True)
class CardImage:
    """One personalised test card.

    :ivar files: raw octets by file.
    :ivar mrz_information: what BAC and PACE-MRZ derive keys from; ``None`` for a card without BAC and PACE-MRZ.
    :ivar can: the card access number; ``None`` for a card without.
    :ivar active_authentication_key: PKCS#8 DER, ``None`` for a card without Active Authentication (or a clone of one with).
    :ivar chip_authentication_keys: PKCS#8 DER by the key identifier of DG14, ``None`` where DG14 gives none.
    :ivar access_protected: files that need Terminal Authentication.
    :ivar bac: whether the chip takes BAC.
    :ivar atr: the answer to reset; empty for one that fits the emulator's link.
    """

    files: Mapping[FileId, bytes] = field(repr=False)
    mrz_information: str | None = field(default=None, repr=False)
    can: str | None = field(default=None, repr=False)
    active_authentication_key: bytes | None = field(default=None, repr=False)
    chip_authentication_keys: Mapping[int | None, bytes] = field(default_factory=dict, repr=False)
    access_protected: frozenset[FileId] = frozenset()
    bac: bool = True
    atr: bytes = b""

    def to_cbor(self) -> bytes:
        """One deterministic CBOR map (RFC 8949 §4.2)."""
        keys = {_written(key_id): key for key_id, key in self.chip_authentication_keys.items()}
        content = {
            "files": {file.label: raw for file, raw in self.files.items()},
            "mrz-information": self.mrz_information,
            "can": self.can,
            "active-authentication-key": self.active_authentication_key,
            "chip-authentication-keys": [[key_id, key] for key_id, key in sorted(keys.items())],
            "access-protected": sorted(file.label for file in self.access_protected),
            "bac": self.bac,
            "atr": self.atr,
        }
        return build_record(FORMAT, VERSION, content)

    @classmethod
    def from_cbor(cls, raw: bytes) -> Self:
        """Parse a card image.

        :raises MalformedData: it is none, or damaged.
        :raises UnsupportedFeature: it has another version.
        """
        record = parse_record(raw, FORMAT, VERSION, SIZE_LIMIT)
        image = cls(
            files=_files(record.take("files")),
            mrz_information=_password(record, "mrz-information", r"[A-Z0-9<]{1,64}"),
            can=_password(record, "can", r"[0-9]{1,32}"),
            active_authentication_key=(
                record.octets("active-authentication-key", KEY_LIMIT) if record.has("active-authentication-key") else None
            ),
            chip_authentication_keys=_keys(record.array("chip-authentication-keys")),
            access_protected=frozenset(map(_file, record.texts("access-protected"))),
            bac=record.boolean("bac"),
            atr=record.octets("atr", 33),
        )
        record.finish()
        if image.to_cbor() != raw:  # keys or protected files out of order, or twice
            raise MalformedData(f"{FORMAT}: not encoded deterministically")
        return image

    def save(self, path: Path) -> None:
        """Write to *path*, mode 0600, whole or not at all."""
        write_private(path, self.to_cbor())

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read from *path*; errors as :meth:`from_cbor`, and ``OSError``."""
        return cls.from_cbor(read_file(path, SIZE_LIMIT))


def _password(record: Record, key: str, pattern: str) -> str | None:
    text = record.text(key) if record.has(key) else None
    if text is not None and not re.fullmatch(pattern, text):
        raise record.error(key, "what a document shows")
    return text


def _written(key_id: int | None) -> int:
    return NO_KEY_ID if key_id is None else key_id


def _file(label: object) -> FileId:
    try:
        return FileId.from_label(label if isinstance(label, str) else "")
    except KeyError:
        raise MalformedData(f"{FORMAT}: an unknown file") from None


def _files(entries: object) -> dict[FileId, bytes]:
    if not isinstance(entries, dict):
        raise MalformedData(f"{FORMAT}: files must be a map")
    if not all(isinstance(raw, bytes) and len(raw) <= FILE_LIMIT for raw in entries.values()):
        raise MalformedData(f"{FORMAT}: a file has at most {FILE_LIMIT} octets")
    return {_file(label): raw for label, raw in entries.items()}


def _keys(entries: list[object]) -> dict[int | None, bytes]:
    keys: dict[int | None, bytes] = {}
    for entry in entries:
        match entry:
            case [bool(), _]:
                raise MalformedData(f"{FORMAT}: a key's identifier must be an integer")
            case [int(key_id), bytes(key)] if key_id >= NO_KEY_ID and len(key) <= KEY_LIMIT:
                keys[None if key_id == NO_KEY_ID else key_id] = key
            case _:
                raise MalformedData(f"{FORMAT}: chip-authentication-keys must be pairs of identifier and key")
    return keys
