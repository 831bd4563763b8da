# SPDX-License-Identifier: Apache-2.0
"""What is worth knowing of biometric records: how many pictures, of which format and size, and no picture."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from chipid.lds.biometrics import face_19794, finger_19794, iris_19794, minutiae_19794
from chipid.lds.image import ImageFormat
from chipid.lds.octets import OctetReader
from chipid.report.schema import Fact


class BiometricPicture(Protocol):
    """What pictures of faces, fingers and irises have in common."""

    @property
    def image(self) -> bytes:
        """The image's octets."""

    @property
    def format(self) -> ImageFormat:
        """How it is encoded."""

    @property
    def width(self) -> int:
        """In pixels."""

    @property
    def height(self) -> int:
        """In pixels."""

    @property
    def deviations(self) -> tuple[str, ...]:
        """From its standard, as stable words."""


_Reader = Callable[[OctetReader], tuple[tuple[BiometricPicture, ...], tuple[str, ...]]]
_RECORDS: dict[bytes, tuple[str, _Reader]] = {
    face_19794.RECORD_START: ("face", face_19794.read_face_record),
    finger_19794.RECORD_START: ("finger", finger_19794.read_finger_record),
    iris_19794.RECORD_START: ("iris", iris_19794.read_iris_record),
}
_MINUTIAE_START = minutiae_19794.RECORD_START[:4]
RECORD_STARTS = (*_RECORDS, _MINUTIAE_START)
"""The format identifiers of ISO/IEC 19794 records."""


def record_facts(raw: bytes) -> Iterator[Fact]:
    """A record of ISO/IEC 19794 by itself.

    :param raw: begins with one of :data:`RECORD_STARTS`.
    :raises LdsError: it is damaged, or of an edition that is not known.
    """
    if raw.startswith(_MINUTIAE_START):
        record, deviations = minutiae_19794.read_minutiae_record(OctetReader(raw))
        yield Fact(name="impressions", value=str(len(record.views)))
        yield Fact(name="minutiae", value=str(sum(len(view.minutiae) for view in record.views)))
        yield from deviation_facts((*deviations, *record.deviations))
        return
    kind, read = _RECORDS[raw[:4]]
    pictures, deviations = read(OctetReader(raw))
    yield from picture_facts(kind, pictures)
    yield from deviation_facts((*deviations, *(word for picture in pictures for word in picture.deviations)))


def picture_facts(kind: str, pictures: Iterable[BiometricPicture]) -> Iterator[Fact]:
    """Format and size of each picture.

    :param kind: what is on it.
    """
    for picture in pictures:
        size = f"{picture.width} × {picture.height} pixels, {len(picture.image)} octets"
        yield Fact(name=kind, value=f"{picture.format.name}, {size}")


def deviation_facts(deviations: Iterable[str]) -> Iterator[Fact]:
    """How a file deviates from its standard, each word once; nothing where it does not."""
    words = tuple(dict.fromkeys(deviations))
    if words:
        yield Fact(name="deviations", value=", ".join(words))
