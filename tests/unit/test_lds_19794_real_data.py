# SPDX-License-Identifier: Apache-2.0
"""Finger, iris and minutiae records that others made, with the values that their authors' tests and a hex dump show."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest

from chipid.lds.biometrics.finger_19794 import FingerImage2005, FingerImage2011
from chipid.lds.biometrics.iris_19794 import IrisImage2005, IrisImage2011
from chipid.lds.biometrics.minutiae_19794 import Minutia, read_minutiae_record
from chipid.lds.biometrics.record_19794 import CaptureDate, QualityBlock, build_record, read_record
from chipid.lds.image import ImageFormat, ImageHeader, read_image_header
from chipid.lds.octets import OctetReader

read_fingers = partial(read_record, editions=(FingerImage2005, FingerImage2011))
read_irises = partial(read_record, editions=(IrisImage2005, IrisImage2011))

pytestmark = pytest.mark.real_data


@pytest.fixture(scope="session")
def biometrics(real_data: Path) -> Path:
    return real_data / "06_biometrics"


def record(real_data: Path, group: int, start: int, size: int) -> OctetReader:
    """A record where it lies in a data group of the whole document."""
    raw = (real_data / f"05_lds/bsi2008_mustermann/Datagroup{group}.bin").read_bytes()
    return OctetReader(raw, start, start + size)


@pytest.mark.parametrize(("start", "size", "position"), [(38, 0x4033, 2), (16_499, 0x3E69, 7)])
def test_fingers_of_a_whole_document(real_data: Path, start: int, size: int, position: int) -> None:
    octets = record(real_data, 3, start, size)
    raw = octets.rest
    (found,), deviations = read_fingers(octets)
    assert found == FingerImage2005(
        image=raw[46:], width=620, height=620, position=position, quality=100, compression=2, acquisition_level=31
    )  # 500 pixels per inch, 8 bits, live-scan plain, the only view
    assert (deviations, found.deviations) == ((), ())
    assert read_image_header(found.image) == ImageHeader(ImageFormat.WSQ, 620, 620)
    assert build_record((found,)) == raw


@pytest.mark.parametrize(("start", "size", "eye", "width", "height"), [(42, 0x192D, 1, 163, 149), (6_517, 0x1A79, 2, 160, 152)])
def test_irises_of_a_whole_document(real_data: Path, start: int, size: int, eye: int, width: int, height: int) -> None:
    octets = record(real_data, 4, start, size)
    raw = octets.rest
    (found,), deviations = read_irises(octets)
    assert found == IrisImage2005(
        image=raw[59:], width=width, height=height, eye=eye, image_format=16, depth=24, iris_diameter=150, quality=51
    )
    assert (deviations, found.deviations) == ((), ())
    assert read_image_header(found.image) == ImageHeader(ImageFormat.JPEG2000, width, height, boxed=True)
    assert build_record((found,)) == raw


def test_iris_of_2011(biometrics: Path) -> None:
    """The representation's length is that without the second quality block."""
    raw = (biometrics / "iris01.iso2011").read_bytes()
    (found,), deviations = read_irises(OctetReader(raw))
    assert found == IrisImage2011(
        image=raw[0x4E:],
        width=76,
        height=47,
        eye=2,
        eye_count=0,
        image_type=1,
        image_format=14,
        image_properties=0x85,
        depth=24,
        capture_date=CaptureDate(2005, 12, 15, 17, 35, 20),
        quality_blocks=(QualityBlock(7, 0x4E49, 0x5354), QualityBlock(0x4C, 0x5047, 0x4D4C)),
        announced_length=0x1D2A,
    )
    assert isinstance(found, IrisImage2011)
    assert (found.horizontal_orientation, found.vertical_orientation, found.compression_history) == (1, 1, 2)
    assert (deviations, found.deviations) == ((), ("representation-length",))
    assert read_image_header(found.image) == ImageHeader(ImageFormat.PNG, 76, 47)
    assert build_record((found,)) == raw


def test_minutiae_of_2005(biometrics: Path) -> None:
    """The last extended data announce one octet more than the two cores and four deltas in them."""
    raw = (biometrics / "fmr.iso2005").read_bytes()
    found, deviations = read_minutiae_record(OctetReader(raw))
    size = (found.width, found.height, found.horizontal_resolution, found.vertical_resolution)
    assert (*size, found.capture_equipment) == (512, 512, 197, 197, 0xB5)
    left, right = found.views
    assert (left.position, left.view_number, left.impression_type, left.quality) == (7, 0, 0, 90)
    assert (right.position, right.view_number, right.impression_type, right.quality) == (2, 0, 0, 70)
    assert [len(view.minutiae) for view in found.views] == [27, 22]
    assert left.minutiae[0] == Minutia(kind=1, x=100, reserved=0, y=14, angle=80, quality=90)
    assert left.minutiae[-1] == Minutia(kind=2, x=126, reserved=0, y=115, angle=122, quality=30)
    assert right.minutiae[0] == Minutia(kind=1, x=40, reserved=0, y=93, angle=0, quality=90)
    assert right.minutiae[-1] == Minutia(kind=2, x=125, reserved=0, y=73, angle=249, quality=40)
    assert (left.extended_data, right.extended_data) == (b"", raw[-41:])
    assert (deviations, found.deviations) == ((), ("extended-data-length",))
    assert found.build() == raw


@pytest.mark.parametrize("edition", [FingerImage2005, FingerImage2011])
@pytest.mark.parametrize(("name", "width", "height"), [("img.wsq", 256, 256), ("sample_image.wsq", 545, 622)])
def test_a_record_around_an_image_of_a_finger(biometrics: Path, edition: Any, name: str, width: int, height: int) -> None:
    made = edition.from_image((biometrics / name).read_bytes(), position=3)
    assert (made.format, made.width, made.height, made.compression) == (ImageFormat.WSQ, width, height, 2)
    assert made.deviations == ()
    assert read_fingers(OctetReader(build_record((made, made)))) == ((made, made), ())
