# SPDX-License-Identifier: Apache-2.0
"""Finger, iris and minutiae records: what is built is read as it was meant; octets that lie are refused, or built again."""

from __future__ import annotations

import struct
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chipid.errors import LdsError
from chipid.lds.biometrics.finger_19794 import FingerImage2005, FingerImage2011
from chipid.lds.biometrics.fixed_width import COUNT, IMAGE_LENGTH, LENGTH, Codec, Number, Octets
from chipid.lds.biometrics.iris_19794 import IrisImage2005, IrisImage2011
from chipid.lds.biometrics.minutiae_19794 import Minutia, MinutiaeRecord, MinutiaeView, read_minutiae_record
from chipid.lds.biometrics.record_19794 import (
    CaptureDate,
    CertificationBlock,
    QualityBlock,
    Representation2011,
    build_record,
    read_record,
)
from chipid.lds.octets import OctetReader

read_fingers = partial(read_record, editions=(FingerImage2005, FingerImage2011))
read_irises = partial(read_record, editions=(IrisImage2005, IrisImage2011))

Reader = Callable[[OctetReader], tuple[Any, tuple[str, ...]]]

COMPUTED = {LENGTH, COUNT, IMAGE_LENGTH}
JPEG = b"\xff\xd8\xff\xc0" + struct.pack(">HBHHB", 8, 8, 53, 37, 0) + b"\xff\xd9"
PNG = bytes.fromhex("89504E470D0A1A0A 0000000D 49484452 00000025 00000035 0800000000")
WSQ = bytes.fromhex("FFA0 FFA2 0011 0000 0035 0025") + bytes(9) + b"\xff\xa1"

octet, two_octets = st.integers(0, 0xFF), st.integers(0, 0xFFFF)
pictures = st.builds(lambda start, rest: start + rest, st.sampled_from((JPEG, PNG, WSQ)), st.binary(max_size=30))


def tuples(kind: type[Any], *bits: int) -> st.SearchStrategy[Any]:
    return st.builds(kind, *(st.integers(0, (1 << size) - 1) for size in bits))


ROWS: dict[str, st.SearchStrategy[Any]] = {
    "capture_date": tuples(CaptureDate, 16, 8, 8, 8, 8, 8, 16),
    "quality_blocks": st.lists(tuples(QualityBlock, 8, 16, 16), max_size=4).map(tuple),
    "certification_blocks": st.lists(tuples(CertificationBlock, 16, 8), max_size=4).map(tuple),
}


def values(name: str, codec: Codec) -> st.SearchStrategy[Any]:
    if isinstance(codec, Number):
        return st.integers(0, (1 << 8 * codec.size) - 1)
    return st.binary(min_size=codec.size, max_size=codec.size) if isinstance(codec, Octets) else ROWS[name]


@st.composite
def records(draw: st.DrawFn, edition: Any) -> tuple[Any, ...]:
    """Images that have a record header in common: every field of every table as it may be."""
    common = {name: draw(values(name, codec)) for name, codec in edition.RECORD if name not in COMPUTED}
    if issubclass(edition, Representation2011):
        common["certification_flag"] = draw(st.sampled_from((0, 1, 2)))
    layout = edition.layout_of(common["certification_flag"]) if issubclass(edition, Representation2011) else edition.IMAGE
    images = []
    for _ in range(draw(st.integers(1, 4))):
        fields = {name: draw(values(name, codec)) for name, codec in layout if name not in COMPUTED}
        if edition is IrisImage2005:
            fields["eye"] = draw(octet)
        if issubclass(edition, Representation2011):
            fields["extended_data"] = draw(st.binary(max_size=20))
        images.append(edition(**{**common, **fields, "image": draw(pictures)}))
    return tuple(images)


READERS: dict[Any, tuple[Reader, Callable[[Any], bytes]]] = {
    FingerImage2005: (read_fingers, build_record),
    FingerImage2011: (read_fingers, build_record),
    IrisImage2005: (read_irises, build_record),
    IrisImage2011: (read_irises, build_record),
    MinutiaeRecord: (read_minutiae_record, MinutiaeRecord.build),
}
IMAGES = [edition for edition in READERS if edition is not MinutiaeRecord]

views = st.builds(
    MinutiaeView,
    octet,
    st.integers(0, 15),
    st.integers(0, 15),
    octet,
    st.lists(tuples(Minutia, 2, 14, 2, 14, 8, 8), max_size=9).map(tuple),
    st.binary(max_size=30),
)
minutiae_records = st.builds(
    MinutiaeRecord, *[two_octets] * 4, st.lists(views, max_size=4).map(tuple), capture_equipment=two_octets, reserved=octet
)


@pytest.mark.parametrize("edition", READERS)
@settings(max_examples=300)
@given(data=st.data())
def test_what_is_built_is_read(edition: Any, data: st.DataObject) -> None:
    read, build = READERS[edition]
    made = data.draw(minutiae_records if edition is MinutiaeRecord else records(edition))
    raw = build(made)
    assert read(OctetReader(raw)) == (made, ())
    assert build(read(OctetReader(b"ab" + raw + b"c", 2, 2 + len(raw)))[0]) == raw


SEEDS = {
    FingerImage2005: build_record((FingerImage2005.from_image(WSQ), FingerImage2005.from_image(JPEG, compression=2))),
    FingerImage2011: build_record(
        (
            FingerImage2011.from_image(
                PNG,
                certification_flag=1,
                certification_blocks=(CertificationBlock(1, 2),),
                quality_blocks=(QualityBlock(1, 2, 3),),
                extended_data=b"\x00\x02\x00\x04",
            ),
        )
    ),
    IrisImage2005: build_record(tuple(IrisImage2005.from_image(JPEG, eye=eye) for eye in (1, 1, 2))),
    IrisImage2011: build_record((IrisImage2011.from_image(PNG, quality_blocks=(QualityBlock(1, 2, 3),) * 2),) * 2),
    MinutiaeRecord: MinutiaeRecord(
        9, 9, 197, 197, (MinutiaeView(1, 0, 0, 50, (Minutia(1, 2, 0, 3, 4, 5),) * 3), MinutiaeView(2, 0, 0, 0, (), b"\1\0\0\4"))
    ).build(),
}


def attempt(read: Reader, raw: bytes) -> tuple[Any, LdsError | None]:
    try:
        return read(OctetReader(raw))[0], None
    except LdsError as error:
        return None, error


def survives(edition: Any, raw: bytes) -> None:
    """Refused with its place; or read, and what was read can be built and read again."""
    read, build = READERS[edition]
    found, refusal = attempt(read, raw)
    if refusal is not None:
        assert refusal.offset is not None
        assert 0 <= refusal.offset <= len(raw)
        return
    for part in found if isinstance(found, tuple) else (found, *found.views):
        assert all(name == name.lower() for name in part.deviations)
        assert len(repr(part)) < 100
    if found:
        built = build(found)
        assert len(built) <= len(raw)
        again, deviations = read(OctetReader(built))
        assert (again, set(deviations) - {"no-images"}) == (found, set())


@pytest.mark.parametrize("edition", SEEDS)
def test_the_seed_itself_is_read(edition: Any) -> None:
    read, build = READERS[edition]
    found, deviations = read(OctetReader(SEEDS[edition]))
    assert deviations == ()
    assert build(found) == SEEDS[edition]


@pytest.mark.parametrize("edition", SEEDS)
def test_every_octet_changed_to_what_hurts_most(edition: Any) -> None:
    seed = SEEDS[edition]
    for place in range(len(seed)):
        for changed in (0x00, 0x01, 0x7F, 0x80, 0xFE, 0xFF, seed[place] ^ 0x01, seed[place] ^ 0x20):
            survives(edition, seed[:place] + bytes((changed,)) + seed[place + 1 :])


@pytest.mark.parametrize("edition", SEEDS)
@settings(max_examples=500)
@given(data=st.data())
def test_damage(edition: Any, data: st.DataObject) -> None:
    raw = bytearray(SEEDS[edition])
    for _ in range(data.draw(st.integers(1, 5))):
        place, size = data.draw(st.integers(8, len(raw))), data.draw(st.integers(0, 6))
        raw[place : place + size] = data.draw(st.binary(max_size=6))
    survives(edition, bytes(raw))


@pytest.mark.parametrize("edition", SEEDS)
@settings(max_examples=300)
@given(noise=st.binary(max_size=300))
def test_noise(edition: Any, noise: bytes) -> None:
    survives(edition, noise)
    survives(edition, SEEDS[edition][:8] + noise)


@pytest.mark.parametrize("edition", SEEDS)
def test_counts_that_lie_cost_nothing(edition: Any) -> None:
    """All ones behind the version, and a megabyte of zeros or ones behind that: refused at the first part that is not there."""
    for header in (b"\xff" * 60, bytes(60)):
        for filler in (b"\x00", b"\xff"):
            survives(edition, SEEDS[edition][:8] + header + filler * (1 << 20))
