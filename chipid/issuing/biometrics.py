# SPDX-License-Identifier: Apache-2.0
"""Pictures of the holder of a test card: DG2, DG3 and DG4."""

from __future__ import annotations

from pathlib import Path

from chipid.crypto.random import RandomSource
from chipid.errors import LdsError, MalformedData
from chipid.iso7816.tlv import build_tlv
from chipid.issuing.description import Description
from chipid.issuing.portrait import FORMATS, OCTETS, draw_portrait
from chipid.lds.dg2 import Dg2

_PORTRAIT_LIMIT = 128 * 1024
_BIOMETRICS = {3: (0x63, 9000), 4: (0x76, 6000)}
"""Tags, and octets where templates would be."""
_FILE_NAME = r"[^\x00]{1,255}"


def read_portrait(entries: Description, folder: Path | None) -> bytes | None:
    """DG2 with a portrait that is ``drawn``, or from a JPEG or JPEG 2000 file of that name; ``none`` is none."""
    image_format = entries.choice("portrait_format", FORMATS, "jpeg")
    seed = entries.optional_text("portrait_seed") or "chipid"
    octets = entries.optional_number("portrait_octets", OCTETS)
    wish = entries.optional_text("portrait", _FILE_NAME, "drawn, none or a file name") or "drawn"
    if wish == "none":
        return None
    image = draw_portrait(seed, image_format, octets) if wish == "drawn" else _portrait_file(entries, folder, wish)
    try:
        return Dg2.from_image(image).build()
    except LdsError:
        raise entries.error("portrait", "a JPEG or JPEG 2000 file") from None


def _portrait_file(entries: Description, folder: Path | None, wish: str) -> bytes:
    if folder is None:
        raise entries.error("portrait", "drawn or none")
    try:
        with (folder / wish).open("rb") as file:
            image = file.read(_PORTRAIT_LIMIT + 1)
    except OSError as error:
        raise MalformedData(f"description: portrait cannot be read: {error.strerror}") from None
    if len(image) > _PORTRAIT_LIMIT:
        raise entries.error("portrait", f"a file of at most {_PORTRAIT_LIMIT} octets")
    return image


def protected_groups(entries: Description, fingerprints: bool, random: RandomSource) -> dict[int, bytes]:
    """DG3 and DG4, behind Terminal Authentication: files of the right size without any finger or iris in them (ICAO 9303-10
    §4.7.3.2.2, §4.7.4.2.2).

    :param fingerprints: whether there are some where the entry is left out.
    """
    wanted = {3: entries.flag("fingerprints", fingerprints), 4: entries.flag("iris", False)}
    return {number: _no_biometrics(number, random) for number, exists in wanted.items() if exists}


def _no_biometrics(number: int, random: RandomSource) -> bytes:
    tag, size = _BIOMETRICS[number]
    return build_tlv(tag, build_tlv(0x7F61, build_tlv(0x02, b"\x00"), build_tlv(0x53, random(size))))
