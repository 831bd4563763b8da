# SPDX-License-Identifier: Apache-2.0
"""Data, structure and substance features of the document: DG8, DG9 and DG10 (ICAO 9303-10 §4.7.8 to §4.7.10).

The standard says how many there are, and leaves open what they consist of.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Self

from chipid.errors import LdsError
from chipid.iso7816.tlv import build_tlv, parse_tlv
from chipid.lds.data_objects import children
from chipid.lds.fields import COUNT, build_count, split_count

INSTANCE_LIMIT = 9


@dataclass(frozen=True)
class _Features:
    """A data group of features that an apparatus checks.

    :ivar instances: how many there are said to be, 1 to 9.
    :ivar templates: the header template and the features, data objects, raw.
    :ivar deviations: ``instance-count`` (none, or more than 9).
    """

    TAG: ClassVar[int]

    instances: int
    templates: tuple[bytes, ...] = field(repr=False)
    deviations: tuple[str, ...] = field(default=(), compare=False)

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Parse the file.

        :raises TlvError: the data objects are damaged, or the number of instances is not the first of them.
        :raises LdsError: there are more than 256.
        """
        outer = parse_tlv(raw, cls.TAG)
        instances, templates = split_count(children(outer))
        if instances is None:
            raise outer.error(f"data object {COUNT:02X} with the number of instances is expected first")
        deviations = () if 1 <= instances <= INSTANCE_LIMIT else ("instance-count",)
        return cls(instances, tuple(tlv.raw for tlv in templates), deviations)

    def build(self) -> bytes:
        """The file.

        :raises LdsError: a number of instances beyond one octet, or templates that are no data objects.
        """
        raw = build_tlv(self.TAG, build_count(self.instances), *self.templates)
        if type(self).parse(raw) != self:
            raise LdsError("templates that would be read otherwise than they are meant", path=(self.TAG,))
        return raw


class Dg8(_Features):
    """DG8, data features."""

    TAG: ClassVar[int] = 0x68


class Dg9(_Features):
    """DG9, structure features."""

    TAG: ClassVar[int] = 0x69


class Dg10(_Features):
    """DG10, substance features."""

    TAG: ClassVar[int] = 0x6A
