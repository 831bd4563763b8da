# SPDX-License-Identifier: Apache-2.0
"""EF.DIR: which applications there are on the chip (ICAO 9303-10 §3.11.2, ISO 7816-4 §12.2.2)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self

from chipid.errors import LdsError
from chipid.iso7816.tlv import Tlv, build_tlv, parse_tlv
from chipid.lds.data_objects import children, row

APPLICATION = 0x61
AID = 0x4F
LABEL = 0x50

AID_SIZES = range(1, 17)


@dataclass(frozen=True)
class ApplicationTemplate:
    """One application.

    :ivar aid: its identifier, 1 to 16 octets.
    :ivar objects: what else stands in the template, raw data objects: label, path, discretionary data …
    """

    aid: bytes
    objects: tuple[bytes, ...] = ()

    @property
    def label(self) -> str | None:
        """The application's label for people; characters that are not UTF-8 are replaced."""
        labels = (tlv.value for tlv in map(parse_tlv, self.objects) if tlv.tag == LABEL)
        return next((label.decode("utf-8", "replace") for label in labels), None)

    @classmethod
    def of(cls, aid: bytes, label: str | None = None) -> Self:
        """A template for *aid*, with *label* if given."""
        return cls(aid, () if label is None else (build_tlv(LABEL, label.encode()),))


@dataclass(frozen=True)
class EfDir:
    """EF.DIR.

    :ivar applications: in the file's order.
    :ivar unknown: data objects that are no application template, raw; they are built behind the templates.
    :ivar deviations: ``aid-place`` (it is not the first in its template), ``padding`` (octets behind or between the templates,
        which are not built again), ``unknown-object``.
    """

    applications: tuple[ApplicationTemplate, ...]
    unknown: tuple[bytes, ...] = ()
    deviations: tuple[str, ...] = field(default=(), compare=False)

    @classmethod
    def of(cls, *aids: bytes) -> Self:
        """EF.DIR that lists *aids* as ICAO 9303-10 has it: nothing else stands in the templates."""
        return cls(tuple(map(ApplicationTemplate, aids)))

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Parse EF.DIR.

        :raises TlvError: the data objects are damaged, or a template names no application.
        :raises LdsError: an application identifier of another length than 1 to 16, more than 64 data objects, or more than
            256 in a template.
        """
        objects, padded = row(raw)
        found = [_read_application(tlv) for tlv in objects if tlv.tag == APPLICATION]
        unknown = tuple(tlv.raw for tlv in objects if tlv.tag != APPLICATION)
        checks = {
            "aid-place": not all(first for _, first in found),
            "padding": padded,
            "unknown-object": bool(unknown),
        }
        deviations = tuple(name for name, is_so in checks.items() if is_so)
        return cls(tuple(application for application, _ in found), unknown, deviations)

    def build(self) -> bytes:
        """EF.DIR.

        :raises LdsError: a template or an unknown object that would not be read again as it is.
        """
        templates = (build_tlv(APPLICATION, build_tlv(AID, each.aid), *each.objects) for each in self.applications)
        raw = b"".join((*templates, *self.unknown))
        if type(self).parse(raw) != self:
            raise LdsError("EF.DIR: data objects that would be read otherwise than they are meant")
        return raw


def _read_application(template: Tlv) -> tuple[ApplicationTemplate, bool]:
    """The application, and whether its identifier stands first."""
    objects = children(template)
    place = next((place for place, tlv in enumerate(objects) if tlv.tag == AID), None)
    if place is None:
        raise template.error(f"data object {AID:02X} is missing")
    aid = objects.pop(place)
    if len(aid.value) not in AID_SIZES:
        raise LdsError("an application identifier has 1 to 16 octets", offset=aid.offset, path=(*aid.path, AID))
    return ApplicationTemplate(aid.value, tuple(tlv.raw for tlv in objects)), place == 0
