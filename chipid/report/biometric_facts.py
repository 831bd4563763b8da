# SPDX-License-Identifier: Apache-2.0
"""What is worth knowing of biometric records: how many pictures, of which format and size, and no picture."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from chipid.errors import TlvError
from chipid.iso7816.tlv import Tlv, TlvCursor
from chipid.lds.biometrics import minutiae_19794
from chipid.lds.biometrics.framework_39794 import STANDARD_FORMAT
from chipid.lds.biometrics.records import RecordFormat
from chipid.lds.biometrics.template import CONSTRUCTED_BLOCK, EncodedImage
from chipid.lds.dg2 import Dg2
from chipid.lds.dg3 import Dg3
from chipid.lds.dg4 import Dg4
from chipid.lds.octets import OctetReader
from chipid.report.schema import Fact

_GROUPS: Final = (Dg2, Dg3, Dg4)
_VERSION_BLOCK: Final = 0xA0
"""The first component of a data block of ISO/IEC 39794. DG5 and DG6, of the same tags, do not start with it."""


def is_record(raw: bytes) -> bool:
    """Whether *raw* is a record by itself, of ISO/IEC 19794 or 39794, as it stands in a biometric data block."""
    return raw.startswith(minutiae_19794.RECORD_START) or _format_of(raw) is not None


def record_facts(raw: bytes) -> Iterator[Fact]:
    """A record by itself.

    :param raw: what :func:`is_record` takes for one.
    :raises MalformedData: it is damaged.
    """
    known = _format_of(raw)
    if known is None:
        minutiae, deviations = minutiae_19794.read_minutiae_record(OctetReader(raw))
        yield Fact(name="impressions", value=str(len(minutiae.views)))
        yield Fact(name="minutiae", value=str(sum(len(view.minutiae) for view in minutiae.views)))
        yield from deviation_facts((*deviations, *minutiae.deviations))
        return
    shows, record_format = known
    record = record_format.read(_as_block(raw))
    yield from picture_facts(shows, record.images)
    yield from deviation_facts(record.deviations)


def _format_of(raw: bytes) -> tuple[str, RecordFormat] | None:
    """What pictures in the record show, and its format."""
    block = _as_block(raw)
    found = ((group.FEATURE, known) for group in _GROUPS for known in group.FORMATS if known.recognises(block))
    shows = next(found, None)
    return None if shows is None or (shows[1].block_tag == CONSTRUCTED_BLOCK and not _has_version_block(raw)) else shows


def _has_version_block(raw: bytes) -> bool:
    try:
        first = TlvCursor(raw).read()
        data_block = first.children().read() if first.tag == STANDARD_FORMAT else first
        return data_block.children().peek() == _VERSION_BLOCK
    except TlvError:
        return False


def _as_block(raw: bytes) -> Tlv:
    """As if a data object stood around *raw*."""
    return Tlv(raw, CONSTRUCTED_BLOCK, 0, 0, len(raw), len(raw))


def picture_facts(shows: str, pictures: Iterable[EncodedImage]) -> Iterator[Fact]:
    """Format and size of each picture.

    :param shows: what is on it.
    """
    for picture in pictures:
        size = f"{picture.width} × {picture.height} pixels, {len(picture.image)} octets"
        yield Fact(name=shows, value=f"{picture.format.name}, {size}")


def deviation_facts(deviations: Iterable[str]) -> Iterator[Fact]:
    """How a file deviates from its standard, each word once; nothing where it does not."""
    words = tuple(dict.fromkeys(deviations))
    if words:
        yield Fact(name="deviations", value=", ".join(words))
