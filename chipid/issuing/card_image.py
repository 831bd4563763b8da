# SPDX-License-Identifier: Apache-2.0
"""What personalisation writes into a chip, and an emulated card serves: files, keys and passwords of one test document."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from os import PathLike
from typing import Self

from chipid._native import Hash
from chipid.crypto.algorithms import OID_OF_HASH
from chipid.errors import MalformedData
from chipid.iso7816.file_ids import FileId
from chipid.records import Record, build_record, load, parse_record, write_private

FORMAT = "chipid-card-image"
VERSION = 1
SIZE_LIMIT = 16 * 1024 * 1024
FILE_LIMIT = 1024 * 1024
KEY_LIMIT = 8 * 1024
NO_KEY_ID = -1
DIGITS = r"[0-9]{1,32}"
TRIES_LIMIT = 15
"""Of a password: as many as the status word 63CX can tell."""
TRUST_POINTS_LIMIT = 2
"""The certification authority in force, and the one before it (ICAO 9303-11 §7.1.4.1)."""
TRUST_POINT_LIMIT = 4096


@dataclass(frozen=True)
class CardImage:
    """One personalised test card.

    :ivar files: raw octets by file.
    :ivar mrz_information: what BAC and PACE-MRZ derive keys from; ``None`` for a card without BAC and PACE-MRZ.
    :ivar can: the card access number; ``None`` for a card without.
    :ivar pin: the holder's secret number; ``None`` for a card without. ``puk``: what unblocks it; likewise.
    :ivar pin_tries: how often the PIN may be wrong before it is blocked, 1–15.
    :ivar active_authentication_key: PKCS#8 DER, ``None`` for a card without Active Authentication (or a clone of one with).
    :ivar active_authentication_hash: what it signs with; ``None`` for the hash that goes with the key.
    :ivar active_authentication_der: the chip gives ECDSA signatures in DER, as chips were seen to do, instead of r ‖ s.
    :ivar chip_authentication_keys: PKCS#8 DER by key identifier, ``None`` where there is none: of DG14 for Chip Authentication
        version 1, of EF.CardSecurity for version 2, and for Chip Authentication Mapping the PACEInfo's parameter identifier.
    :ivar access_protected: files that need Terminal Authentication.
    :ivar trust_points: the CV certificates of the authorities that the chip trusts for it, at most two, the most recent first.
    :ivar chip_date: the day that the chip believes in, for the end of terminals' certificates; ``None`` where it knows none.
    :ivar bac: whether the chip takes BAC.
    :ivar atr: the answer to reset; empty for one that fits the emulator's link.
    """

    files: Mapping[FileId, bytes] = field(repr=False)
    mrz_information: str | None = field(default=None, repr=False)
    can: str | None = field(default=None, repr=False)
    pin: str | None = field(default=None, repr=False)
    puk: str | None = field(default=None, repr=False)
    pin_tries: int = 3
    active_authentication_key: bytes | None = field(default=None, repr=False)
    active_authentication_hash: Hash | None = None
    active_authentication_der: bool = False
    chip_authentication_keys: Mapping[int | None, bytes] = field(default_factory=dict, repr=False)
    access_protected: frozenset[FileId] = frozenset()
    trust_points: tuple[bytes, ...] = field(default=(), repr=False)
    chip_date: date | None = None
    bac: bool = True
    atr: bytes = b""

    def to_cbor(self) -> bytes:
        """One deterministic CBOR map (RFC 8949 §4.2)."""
        keys = {_written(key_id): key for key_id, key in self.chip_authentication_keys.items()}
        content = {
            "files": {file.label: raw for file, raw in self.files.items()},
            "mrz-information": self.mrz_information,
            "can": self.can,
            "pin": self.pin,
            "puk": self.puk,
            "pin-tries": self.pin_tries,
            "active-authentication-key": self.active_authentication_key,
            "active-authentication-hash": self.active_authentication_hash,
            "active-authentication-der": self.active_authentication_der,
            "chip-authentication-keys": [[key_id, key] for key_id, key in sorted(keys.items())],
            "access-protected": sorted(file.label for file in self.access_protected),
            "trust-points": list(self.trust_points),
            "chip-date": None if self.chip_date is None else self.chip_date.isoformat(),
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
            can=_password(record, "can", DIGITS),
            pin=_password(record, "pin", DIGITS),
            puk=_password(record, "puk", DIGITS),
            pin_tries=record.integer("pin-tries", 1, TRIES_LIMIT),
            active_authentication_key=(
                record.octets("active-authentication-key", KEY_LIMIT) if record.has("active-authentication-key") else None
            ),
            active_authentication_hash=_hash(record, "active-authentication-hash"),
            active_authentication_der=record.boolean("active-authentication-der"),
            chip_authentication_keys=_keys(record.array("chip-authentication-keys")),
            access_protected=frozenset(map(_file, record.texts("access-protected"))),
            trust_points=_trust_points(record),
            chip_date=_day(record, "chip-date"),
            bac=record.boolean("bac"),
            atr=record.octets("atr", 33),
        )
        record.finish()
        if image.to_cbor() != raw:  # keys or protected files out of order, or twice
            raise MalformedData(f"{FORMAT}: not encoded deterministically")
        return image

    def save(self, path: str | PathLike[str]) -> None:
        """Write to *path*, mode 0600, whole or not at all."""
        write_private(path, self.to_cbor())

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Self:
        """Read from *path*; errors as :meth:`from_cbor`, which name the file, and ``OSError``."""
        return load(path, cls.from_cbor, SIZE_LIMIT)


def _password(record: Record, key: str, pattern: str) -> str | None:
    text = record.text(key) if record.has(key) else None
    if text is not None and not re.fullmatch(pattern, text):
        raise record.error(key, "what a document shows")
    return text


def _hash(record: Record, key: str) -> Hash | None:
    name = record.text(key) if record.has(key) else None
    if name is None:
        return None
    found = next((known for known in OID_OF_HASH if known == name), None)
    if found is None:
        raise record.error(key, "a hash function's name")
    return found


def _trust_points(record: Record) -> tuple[bytes, ...]:
    certificates = record.array("trust-points")
    if len(certificates) > TRUST_POINTS_LIMIT:
        raise record.error("trust-points", f"at most {TRUST_POINTS_LIMIT} certificates")
    if not all(isinstance(raw, bytes) and len(raw) <= TRUST_POINT_LIMIT for raw in certificates):
        raise record.error("trust-points", f"certificates of at most {TRUST_POINT_LIMIT} octets")
    return tuple(certificates)


def _day(record: Record, key: str) -> date | None:
    """ISO 8601 has more forms of a day; that it is this one shows when the image is encoded again."""
    text = record.text(key) if record.has(key) else None
    try:
        return date.fromisoformat(text) if text is not None else None
    except ValueError:
        raise record.error(key, "a day YYYY-MM-DD") from None


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
