# SPDX-License-Identifier: Apache-2.0
"""Finger minutiae records of ISO/IEC 19794-2:2005, clause 7 (version 20): a header, then a view for each impression of a finger."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from chipid.lds.biometrics.fixed_width import COUNT, LENGTH, Layout, Number, Row, Rows, build_fields, numbers, read_fields
from chipid.lds.octets import OctetReader

RECORD_START = b"FMR\x00 20\x00"

_RECORD = numbers(
    length=4,
    capture_equipment=2,
    width=2,
    height=2,
    horizontal_resolution=2,
    vertical_resolution=2,
    count=1,
    reserved=1,
)


class Minutia(NamedTuple):
    """A point where a ridge ends or splits.

    :ivar kind: 1 ridge ending, 2 bifurcation, 0 something else.
    :ivar x: in pixels from the left; *y* from the top.
    :ivar angle: 256 to the full turn, anticlockwise from the right.
    :ivar quality: 1–100, 0 where it is not told.
    """

    kind: int
    x: int
    reserved: int
    y: int
    angle: int
    quality: int


class _ViewHead(NamedTuple):
    position: int
    view_number: int
    impression_type: int
    quality: int


_VIEW: Layout = (
    ("head", Row(_ViewHead, (8, 4, 4, 8))),
    ("minutiae", Rows(Row(Minutia, (2, 14, 2, 14, 8, 8)))),
    (LENGTH, Number(2)),  # of the extended data
)


@dataclass(frozen=True, repr=False)
class MinutiaeView:
    """The minutiae in one impression of a finger.

    :ivar position: which finger: 1–5 right thumb to little finger, 6–10 left thumb to little finger, 0 not known.
    :ivar view_number: counts the views of this finger from 0.
    :ivar impression_type: 0 live-scan plain, 1 live-scan rolled, 2 and 3 the same not live, 8 swipe, 9 contactless.
    :ivar quality: of the impression, 0–100.
    :ivar extended_data: ridge counts, cores and deltas, vendors' own, raw.
    :ivar announced_length: of the extended data as it stood, where it reached past the data; otherwise ``None``.
    :raises LdsError: a field that the record has no room for; more than 255 minutiae.
    """

    position: int
    view_number: int
    impression_type: int
    quality: int
    minutiae: tuple[Minutia, ...] = ()
    extended_data: bytes = b""
    announced_length: int | None = None

    def __post_init__(self) -> None:
        self.build()

    @property
    def deviations(self) -> tuple[str, ...]:
        """``position``, ``impression-type``, ``quality``, ``minutia-type``, ``minutia-quality``, ``minutia-reserved``: a code that
        the standard does not define; ``extended-data-length``: it reached past the data.
        """
        found = (
            ("position", self.position > 10),
            ("impression-type", self.impression_type not in (0, 1, 2, 3, 8, 9)),
            ("quality", self.quality > 100),
            ("minutia-type", any(minutia.kind > 2 for minutia in self.minutiae)),
            ("minutia-quality", any(minutia.quality > 100 for minutia in self.minutiae)),
            ("minutia-reserved", any(minutia.reserved for minutia in self.minutiae)),
            ("extended-data-length", self.announced_length is not None),
        )
        return tuple(name for name, is_so in found if is_so)

    def build(self) -> bytes:
        """The view's part of a record."""
        head = _ViewHead(self.position, self.view_number, self.impression_type, self.quality)
        size = len(self.extended_data) if self.announced_length is None else self.announced_length
        return build_fields({"head": head, "minutiae": self.minutiae, LENGTH: size}, _VIEW) + self.extended_data

    def __repr__(self) -> str:
        return f"<MinutiaeView of {len(self.minutiae)} minutiae>"


@dataclass(frozen=True, repr=False)
class MinutiaeRecord:
    """The views of one person's fingers, with the record header.

    :ivar width: of the images that the minutiae were found in, in pixels, as *height*.
    :ivar horizontal_resolution: in pixels per centimetre, as *vertical_resolution*.
    :ivar capture_equipment: certifications in the upper 4 bits, the device as its vendor numbers it in the lower 12.
    :raises LdsError: a field that the record has no room for; more than 255 views.
    """

    width: int
    height: int
    horizontal_resolution: int
    vertical_resolution: int
    views: tuple[MinutiaeView, ...] = ()
    capture_equipment: int = 0
    reserved: int = 0

    def __post_init__(self) -> None:
        self.build()

    @property
    def deviations(self) -> tuple[str, ...]:
        """Those of its views; ``reserved``; ``minutia-outside``: a minutia that lies outside of its image."""
        outside = any(minutia.x >= self.width or minutia.y >= self.height for view in self.views for minutia in view.minutiae)
        found = [name for view in self.views for name in view.deviations]
        found += [name for name, is_so in (("reserved", self.reserved), ("minutia-outside", outside)) if is_so]
        return tuple(dict.fromkeys(found))

    def build(self) -> bytes:
        """The record."""
        parts = b"".join(view.build() for view in self.views)
        values = {**vars(self), COUNT: len(self.views), LENGTH: 0}
        size = len(RECORD_START) + len(build_fields(values, _RECORD)) + len(parts)
        return RECORD_START + build_fields({**values, LENGTH: size}, _RECORD) + parts

    def __repr__(self) -> str:
        return f"<MinutiaeRecord of {len(self.views)} views>"


def read_minutiae_record(octets: OctetReader) -> tuple[MinutiaeRecord, tuple[str, ...]]:
    """A record that starts with ``FMR``, and how its lengths deviate: ``record-length``, ``trailing-octets``.

    :param octets: from the format identifier on.
    :raises LdsError: another version, or lengths that reach past the data.
    """
    start = octets.offset
    if octets.take(len(RECORD_START)) != RECORD_START:
        raise octets.error("not a finger minutiae record of version 20")
    fields = read_fields(octets, _RECORD)
    announced_size, count = fields.pop(LENGTH), fields.pop(COUNT)
    views = tuple(_read_view(octets) for _ in range(count))
    found = (("record-length", octets.offset - start != announced_size), ("trailing-octets", octets.left > 0))
    return MinutiaeRecord(**fields, views=views), tuple(name for name, is_so in found if is_so)


def _read_view(octets: OctetReader) -> MinutiaeView:
    fields = read_fields(octets, _VIEW)
    size = fields[LENGTH]
    extended_data = octets.take(min(size, octets.left))
    announced_length = None if len(extended_data) == size else size
    return MinutiaeView(
        **fields["head"]._asdict(), minutiae=fields["minutiae"], extended_data=extended_data, announced_length=announced_length
    )
