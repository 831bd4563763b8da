# SPDX-License-Identifier: Apache-2.0
"""What Pillow cannot do with JPEG 2000, found in the headers before it does it wrongly.

It knows up to four components, no CIELab, and takes a subsampled row for the image's width divided, rounded down: where that does
not come out even the colours would be nonsense, without an error.
"""

from __future__ import annotations

from chipid.errors import UnsupportedFeature
from chipid.lds.image import ImageHeader, jp2_codestream, jp2_colour_space
from chipid.lds.octets import OctetReader

COMPONENTS_MAX = 4

_CIELAB = 14  # EnumCS, ITU-T T.801 §M.11.7.4
_HINT = "Have the picture saved as PNG or JPEG by a program that knows it."


def prepared(image: bytes, header: ImageHeader) -> tuple[str, bytes]:
    """The decoder's name for the format, and the octets for it: of a CIELab file the codestream alone.

    :raises LdsError: the headers are damaged.
    :raises UnsupportedFeature: the components cannot be decoded.
    """
    start = jp2_codestream(image) if header.boxed else 0
    _require_components(OctetReader(image, start))
    if header.boxed and jp2_colour_space(image) == _CIELAB:
        return "CIELAB", image[start:]
    return header.format.name, image


def _require_components(octets: OctetReader) -> None:
    """Read SIZ (ITU-T T.800 §A.5.1)."""
    octets.take(8)  # SOC, SIZ, Lsiz, Rsiz
    right, bottom, left, top, tile_width, tile_height, tile_left, tile_top = (octets.number(4) for _ in range(8))
    count = octets.number(2)
    if not 1 <= count <= COMPONENTS_MAX:
        raise UnsupportedFeature(f"a JPEG 2000 image of {count} components", hint=_HINT)
    steps = []
    for _ in range(count):
        octets.take(1)  # Ssiz
        steps.append((octets.number(1), octets.number(1)))
    if any(0 in step for step in steps):
        raise octets.error("a JPEG 2000 component without samples")
    across = (left, right, tile_left, min(tile_width, right - tile_left))
    down = (top, bottom, tile_top, min(tile_height, bottom - tile_top))
    uneven = any(value % dx for dx, _ in steps for value in across) or any(value % dy for _, dy in steps for value in down)
    if steps[0] != (1, 1) or uneven:
        raise UnsupportedFeature("a JPEG 2000 image with components subsampled in a way that the decoder does not know", hint=_HINT)
