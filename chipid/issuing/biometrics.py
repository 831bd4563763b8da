# SPDX-License-Identifier: Apache-2.0
"""Pictures of the holder of a test card: DG2, DG3 and DG4, in records of ISO/IEC 19794 or 39794."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from PIL.Image import Image as Picture

from chipid.crypto.random import RandomSource
from chipid.errors import LdsError, MalformedData
from chipid.issuing.description import Description
from chipid.issuing.drawings import FORMATS as DRAWN_FORMATS
from chipid.issuing.drawings import draw_finger, draw_iris, encode
from chipid.issuing.portrait import FORMATS, OCTETS, draw_portrait
from chipid.lds.biometrics.face_19794 import FaceImage
from chipid.lds.biometrics.face_39794 import FaceRepresentationBlock
from chipid.lds.biometrics.finger_19794 import FingerImage2005
from chipid.lds.biometrics.finger_39794 import FingerRepresentationBlock
from chipid.lds.biometrics.framework_39794 import DateTimeBlock
from chipid.lds.biometrics.iris_19794 import IrisImage2005
from chipid.lds.biometrics.iris_39794 import IrisRepresentationBlock
from chipid.lds.dg2 import Dg2
from chipid.lds.dg3 import Dg3
from chipid.lds.dg4 import Dg4

RECORDS: Final = ("19794", "39794")
"""ISO/IEC standards of the records."""
EYES: Final = ("right", "left")
FINGERS: Final = tuple(f"{side}-{finger}" for side in EYES for finger in ("thumb", "pointer", "middle", "ring", "little"))
"""In the order of their numbers in the records, from 1 on; *EYES* likewise."""

_PORTRAIT_LIMIT = 128 * 1024
_FILE_NAME = r"[^\x00]{1,255}"
_CAPTURED = DateTimeBlock(2021)

_FACES: Mapping[str, Callable[[bytes], Any]] = {"19794": FaceImage.from_image, "39794": FaceRepresentationBlock.from_image}


class _Feature(NamedTuple):
    """What DG3 and DG4 differ in.

    :ivar size: octets in a file without a template: as many as with some.
    :ivar key: of the entry that lists some of *names*; *usual* where it is left out.
    :ivar records: what holds an image and its number in the record.
    """

    group: type[Dg3 | Dg4]
    size: int
    key: str
    names: tuple[str, ...]
    usual: tuple[str, ...]
    draw: Callable[[str], Picture]
    records: Mapping[str, Callable[[bytes, int], Any]]


_FEATURES = {
    3: _Feature(
        Dg3,
        9000,
        "fingers",
        FINGERS,
        ("right-pointer", "left-pointer"),
        draw_finger,
        {
            "19794": lambda image, position: FingerImage2005.from_image(image, position=position),
            "39794": FingerRepresentationBlock.from_image,
        },
    ),
    4: _Feature(
        Dg4,
        6000,
        "eyes",
        EYES,
        EYES,
        draw_iris,
        {
            "19794": lambda image, eye: IrisImage2005.from_image(image, eye=eye),
            "39794": lambda image, eye: IrisRepresentationBlock.from_image(image, eye, _CAPTURED),
        },
    ),
}


def read_portrait(entries: Description, folder: Path | None) -> bytes | None:
    """DG2 with a portrait that is ``drawn``, or from a JPEG or JPEG 2000 file of that name; ``none`` is none."""
    image_format = entries.choice("portrait_format", FORMATS, "jpeg")
    record = entries.choice("portrait_record", RECORDS, RECORDS[0])
    seed = entries.optional_text("portrait_seed") or "chipid"
    octets = entries.optional_number("portrait_octets", OCTETS)
    wish = entries.optional_text("portrait", _FILE_NAME, "drawn, none or a file name") or "drawn"
    if wish == "none":
        return None
    image = draw_portrait(seed, image_format, octets) if wish == "drawn" else _portrait_file(entries, folder, wish)
    try:
        return Dg2.of(_FACES[record](image)).build()
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
    """DG3 and DG4, behind Terminal Authentication: with drawn fingers and irises, or files of the right size without any (ICAO
    9303-10 §4.7.3.2.2, §4.7.4.2.2).

    :param fingerprints: whether there is a DG3 where the entry is left out.
    """
    wishes = {3: entries.flag_or_section("fingerprints", fingerprints), 4: entries.flag_or_section("iris", False)}
    return {number: _feature_group(_FEATURES[number], wish, random) for number, wish in wishes.items() if wish is not False}


def _feature_group(feature: _Feature, wish: Description | bool, random: RandomSource) -> bytes:
    if isinstance(wish, bool):
        return feature.group.empty(random(feature.size)).build()
    names = wish.choices(feature.key, feature.names, feature.usual)
    record, image_format = wish.choice("record", RECORDS, RECORDS[0]), wish.choice("format", DRAWN_FORMATS, "jpeg2000")
    wish.finish()
    try:
        return feature.group.of(
            *(feature.records[record](encode(feature.draw(name), image_format), feature.names.index(name) + 1) for name in names)
        ).build()
    except LdsError:
        raise wish.error("format", f"one that records of ISO/IEC {record} have a code for") from None
