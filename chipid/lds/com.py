# SPDX-License-Identifier: Apache-2.0
"""EF.COM: which data groups the chip claims to hold (ICAO 9303-10 §4.6.1). It is not signed: the EF.SOD decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from chipid.errors import LdsError
from chipid.iso7816.file_ids import FileId
from chipid.iso7816.tlv import Tlv, build_tlv, parse_tlv
from chipid.lds.data_objects import counted
from chipid.lds.tag_list import TAG_LIST, build_tag_list, read_tag_list

TAG = 0x60
LDS_VERSION = 0x5F01
UNICODE_VERSION = 0x5F36

LDS_VERSIONS = ("0107", "0108")
"""What the standard has had since its sixth edition (ICAO 9303-10 §4.6.1.1)."""
LDS_VERSION_SIZE = 4
UNICODE_VERSION_SIZE = 6


@dataclass(frozen=True)
class EfCom:
    """Versions and tag list.

    :ivar lds_version: ``aabb`` in digits, e.g. ``0107`` for 1.7.
    :ivar unicode_version: ``aabbcc`` in digits, e.g. ``040000``.
    :ivar tags: as listed, in the file's order, unknown ones included.
    :ivar unknown: data objects behind the tag list that the standard does not name, raw.
    """

    lds_version: str
    unicode_version: str
    tags: tuple[int, ...]
    unknown: tuple[bytes, ...] = ()

    @property
    def deviations(self) -> tuple[str, ...]:
        """``lds-version`` (another than the standard's: :data:`LDS_VERSIONS`), ``unknown-object``."""
        checks = {"lds-version": self.lds_version not in LDS_VERSIONS, "unknown-object": bool(self.unknown)}
        return tuple(name for name, found in checks.items() if found)

    @property
    def data_groups(self) -> tuple[int, ...]:
        """The numbers of the listed data groups, in the file's order, each once."""
        listed = (FileId.from_tag(tag).data_group for tag in self.tags if tag in _DATA_GROUP_TAGS)
        return tuple(dict.fromkeys(number for number in listed if number is not None))

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Parse EF.COM.

        :raises TlvError: a data object is damaged or missing, or stands elsewhere than it must.
        :raises LdsError: a version that is not in digits, more than 64 tags, or more than 256 data objects behind them.
        """
        cursor = parse_tlv(raw, TAG).children()
        lds_version = _version(cursor.expect(LDS_VERSION), LDS_VERSION_SIZE)
        unicode_version = _version(cursor.expect(UNICODE_VERSION), UNICODE_VERSION_SIZE)
        tags = read_tag_list(cursor.expect(TAG_LIST))
        return cls(lds_version, unicode_version, tags, tuple(tlv.raw for tlv in counted(cursor)))

    def build(self) -> bytes:
        """EF.COM.

        :raises LdsError: a version that cannot stand there.
        """
        if not _is_version(self.lds_version, LDS_VERSION_SIZE):
            raise LdsError(f"the LDS version has {LDS_VERSION_SIZE} digits")
        if not _is_version(self.unicode_version, UNICODE_VERSION_SIZE):
            raise LdsError(f"the Unicode version has {UNICODE_VERSION_SIZE} digits")
        return build_tlv(
            TAG,
            build_tlv(LDS_VERSION, self.lds_version.encode("ascii")),
            build_tlv(UNICODE_VERSION, self.unicode_version.encode("ascii")),
            build_tag_list(self.tags),
            *self.unknown,
        )

    @classmethod
    def of_data_groups(cls, numbers: tuple[int, ...], lds_version: str = "0107", unicode_version: str = "040000") -> Self:
        """EF.COM that lists the data groups *numbers*, 1–16, in that order.

        :raises LdsError: a number that is no data group's.
        """
        if not all(1 <= number <= 16 for number in numbers):
            raise LdsError("data groups are numbered from 1 to 16")
        tags = tuple(FileId.from_data_group(number).tag or 0 for number in numbers)
        return cls(lds_version, unicode_version, tags)


_DATA_GROUP_TAGS = frozenset(file.tag for file in FileId if file.data_group is not None)


def _version(tlv: Tlv, size: int) -> str:
    text = tlv.value.decode("latin-1")
    if not _is_version(text, size):
        raise LdsError(f"a version of {size} digits is expected", offset=tlv.value_start, path=(*tlv.path, tlv.tag))
    return text


def _is_version(text: str, size: int) -> bool:
    return len(text) == size and text.isascii() and text.isdigit()
