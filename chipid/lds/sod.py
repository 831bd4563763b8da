# SPDX-License-Identifier: Apache-2.0
"""EF.SOD, the document security object, and the LDSSecurityObject that it signs (ICAO 9303-10 §4.6.2, Appendix D)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from chipid.crypto.algorithms import HASH_OIDS, OID_OF_HASH
from chipid.errors import LdsError, UnsupportedFeature
from chipid.iso7816.tlv import Tlv, TlvCursor, build_tlv, parse_tlv
from chipid.lds.data_objects import counted
from chipid.lds.der import (
    INTEGER,
    NULL,
    OBJECT_IDENTIFIER,
    OCTET_STRING,
    PRINTABLE_STRING,
    SEQUENCE,
    build_integer,
    build_oid,
    build_printable,
    read_integer,
    read_oid,
    read_printable,
)

if TYPE_CHECKING:
    from chipid.crypto.signature import Hash

TAG = 0x77
SIZE_LIMIT = 512 * 1024
"""As much as a chip is read for; real ones have two or three thousand octets."""
HASH_SIZE_LIMIT = 64
DATA_GROUPS = range(1, 17)
INDEFINITE = 0x80


@dataclass(frozen=True)
class EfSod:
    """The outer layer of EF.SOD.

    :ivar cms: the CMS ContentInfo inside, as it stands.
    :ivar indefinite_length: the file or the ContentInfo has an indefinite length: BER, and not DER (docs/quirks.md 13).
    """

    cms: bytes = field(repr=False)
    indefinite_length: bool = field(default=False, compare=False)

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Parse EF.SOD.

        :raises TlvError: it is anything else than one ContentInfo in data object 77.
        :raises LdsError: it has more than :data:`SIZE_LIMIT` octets.
        """
        if len(raw) > SIZE_LIMIT:
            raise LdsError(f"EF.SOD has more than {SIZE_LIMIT} octets", offset=SIZE_LIMIT, path=(TAG,))
        outer = parse_tlv(raw, TAG)
        cursor = outer.children()
        content = cursor.expect(SEQUENCE)
        cursor.finish()
        return cls(content.raw, raw[1] == INDEFINITE or content.raw[1] == INDEFINITE)

    def build(self) -> bytes:
        """EF.SOD with a definite length around :attr:`cms`."""
        return build_tlv(TAG, self.cms)


@dataclass(frozen=True)
class LDSSecurityObject:
    """The signed list of the data groups' hashes.

    :ivar version: 0, or 1 with the version strings; others are kept and flagged.
    :ivar hashes: by data group number, in the file's order. A length that is not the algorithm's is kept: it matches nothing.
    :ivar lds_version: e.g. ``0108``, ``None`` where there is none; *unicode_version* likewise.
    :ivar hash_parameters: whether the algorithm identifier carries parameters (a NULL), which it should not.
    :ivar unknown: data objects behind the version strings, raw.
    :ivar deviations: ``version`` (neither 0 nor 1), ``version-info`` (present in version 0, absent from version 1), ``hash-count``
        (fewer than two), ``hash-length`` (not the algorithm's), ``hash-parameters``, ``unknown-object`` (something behind the
        version strings).
    """

    version: int
    hash_algorithm: Hash
    hashes: dict[int, bytes] = field(repr=False)
    lds_version: str | None = None
    unicode_version: str | None = None
    hash_parameters: bool = False
    unknown: tuple[bytes, ...] = ()
    deviations: tuple[str, ...] = field(default=(), compare=False)

    @classmethod
    def over(
        cls,
        data_groups: Mapping[int, bytes],
        hash_algorithm: Hash = "sha256",
        *,
        lds_version: str | None = None,
        unicode_version: str | None = None,
    ) -> Self:
        """Hash *data_groups*, whole files by number; version 1 with version strings, version 0 without."""
        hashes = {number: _digest(hash_algorithm, data_groups[number]) for number in sorted(data_groups)}
        return cls(0 if lds_version is None else 1, hash_algorithm, hashes, lds_version, unicode_version)

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Parse the content octets of the signed object.

        :raises TlvError: it is no LDSSecurityObject.
        :raises LdsError: a data group outside 1–16, one named twice, or more than 256 data objects behind the version strings.
        :raises UnsupportedFeature: a hash algorithm beyond SHA-1 and SHA-2.
        """
        cursor = parse_tlv(raw, SEQUENCE).children()
        version = read_integer(cursor.expect(INTEGER))
        hash_algorithm, hash_parameters = _read_algorithm(cursor.expect(SEQUENCE))
        hashes = _read_hashes(cursor.expect(SEQUENCE))
        info = cursor.optional(SEQUENCE)
        lds_version, unicode_version = (None, None) if info is None else _read_version_info(info)
        unknown = tuple(tlv.raw for tlv in counted(cursor))  # what a later version adds must at least be data objects
        checks = {
            "version": version not in (0, 1),
            "version-info": (version == 0) == (info is not None),
            "hash-count": len(hashes) < 2,
            "hash-length": any(len(value) != _digest_size(hash_algorithm) for value in hashes.values()),
            "hash-parameters": hash_parameters,
            "unknown-object": bool(unknown),
        }
        deviations = tuple(name for name, found in checks.items() if found)
        return cls(version, hash_algorithm, hashes, lds_version, unicode_version, hash_parameters, unknown, deviations)

    def build(self) -> bytes:
        """The content octets to be signed, in DER.

        :raises LdsError: a data group outside 1–16, none at all, a hash of another length than the algorithm's, or one version
            string without the other.
        """
        if not self.hashes or not all(number in DATA_GROUPS for number in self.hashes):
            raise LdsError("hashes are of data groups 1 to 16, and at least of one")
        size = _digest_size(self.hash_algorithm)
        if any(len(value) != size for value in self.hashes.values()):
            raise LdsError(f"a hash has {size} octets")
        entries = (
            build_tlv(SEQUENCE, build_integer(number), build_tlv(OCTET_STRING, value)) for number, value in self.hashes.items()
        )
        parameters = build_tlv(NULL) if self.hash_parameters else b""
        return build_tlv(
            SEQUENCE,
            build_integer(self.version),
            build_tlv(SEQUENCE, build_oid(OID_OF_HASH[self.hash_algorithm]), parameters),
            build_tlv(SEQUENCE, *entries),
            self._version_info(),
            *self.unknown,
        )

    def _version_info(self) -> bytes:
        if self.lds_version is None and self.unicode_version is None:
            return b""
        if self.lds_version is None or self.unicode_version is None:
            raise LdsError("the LDS and the Unicode version stand together")
        return build_tlv(SEQUENCE, build_printable(self.lds_version), build_printable(self.unicode_version))


def _digest(algorithm: Hash, data: bytes) -> bytes:
    return hashlib.new(algorithm, data, usedforsecurity=False).digest()


def _digest_size(algorithm: Hash) -> int:
    return hashlib.new(algorithm, usedforsecurity=False).digest_size


def _read_algorithm(identifier: Tlv) -> tuple[Hash, bool]:
    cursor = identifier.children()
    name = HASH_OIDS.get(read_oid(cursor.expect(OBJECT_IDENTIFIER)))
    has_parameters = not cursor.at_end
    if has_parameters:
        cursor.expect(NULL)
        cursor.finish()
    if name is None:
        raise UnsupportedFeature("the security object uses a hash algorithm beyond SHA-1 and SHA-2")
    return name, has_parameters


def _read_hashes(entries: Tlv) -> dict[int, bytes]:
    hashes: dict[int, bytes] = {}
    for entry in entries.children():
        if entry.tag != SEQUENCE:
            raise entry.error("a data group hash is expected")
        number, value = _read_hash(entry.children())
        if number not in DATA_GROUPS or number in hashes:
            raise LdsError("a hash of no data group, or of one named twice", offset=entry.offset, path=entry.path)
        hashes[number] = value
    return hashes


def _read_hash(cursor: TlvCursor) -> tuple[int, bytes]:
    number = read_integer(cursor.expect(INTEGER))
    value = cursor.expect(OCTET_STRING)
    cursor.finish()
    if not 1 <= len(value.value) <= HASH_SIZE_LIMIT:
        raise value.error("no hash has this length")
    return number, value.value


def _read_version_info(info: Tlv) -> tuple[str, str]:
    cursor = info.children()
    versions = read_printable(cursor.expect(PRINTABLE_STRING)), read_printable(cursor.expect(PRINTABLE_STRING))
    cursor.finish()
    return versions
