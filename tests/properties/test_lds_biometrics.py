# SPDX-License-Identifier: Apache-2.0
"""Biometric data groups: what is built parses to the same, in every format; hostile octets are in ``test_lds_hostile``."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from chipid.iso7816.tlv import build_tlv
from chipid.lds.biometrics.data_group import BiometricDataGroup
from chipid.lds.biometrics.face_19794 import FaceImage, FeaturePoint
from chipid.lds.biometrics.face_39794 import FaceImageDataBlock
from chipid.lds.biometrics.finger_19794 import FingerImage2005
from chipid.lds.biometrics.finger_39794 import FingerImageDataBlock
from chipid.lds.biometrics.framework_39794 import DataBlock
from chipid.lds.biometrics.iris_19794 import IrisImage2005
from chipid.lds.biometrics.iris_39794 import IrisImageDataBlock
from chipid.lds.biometrics.records import RawRecord
from chipid.lds.biometrics.schema_39794 import Block, Component, components_of
from chipid.lds.biometrics.subtype import BiometricSubtype, Finger, Side
from chipid.lds.biometrics.template import BLOCK, CONSTRUCTED_BLOCK, BiometricHeader, BiometricTemplate
from chipid.lds.dg2 import Dg2
from chipid.lds.dg3 import Dg3
from chipid.lds.dg4 import Dg4

MANY = settings(
    max_examples=60,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # to shrink a whole data block takes minutes
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

octet, two_octets = st.integers(0, 0xFF), st.integers(0, 0xFFFF)
angles = st.tuples(octet, octet, octet)
headers = st.lists(st.tuples(st.integers(0x80, 0x9E), st.binary(max_size=10)), max_size=8).map(
    lambda elements: BiometricHeader(tuple(elements))
)
others = st.lists(st.integers(0x40, 0x4F).map(lambda tag: build_tlv(tag, b"x")), max_size=2).map(tuple)


def jpeg(width: int, height: int, scan: bytes) -> bytes:
    return b"\xff\xd8\xff\xc0" + struct.pack(">HBHHB", 8, 8, height, width, 0) + scan + b"\xff\xd9"


def codestream(width: int, height: int, scan: bytes) -> bytes:
    return b"\xff\x4f\xff\x51" + struct.pack(">HHIIII", 47, 0, width, height, 0, 0) + scan + b"\xff\xd9"


def pictures(*makers: Any) -> st.SearchStrategy[bytes]:
    return st.builds(
        lambda make, *parts: make(*parts), st.sampled_from(makers), *[st.integers(1, 0xFFFF)] * 2, st.binary(max_size=200)
    )


faces = st.builds(
    lambda image, padding, fields: FaceImage.from_image(image + padding, **fields),
    pictures(jpeg, codestream),
    st.integers(0, 20).map(bytes) | st.integers(0, 20).map(lambda size: b"\xff" * size),
    st.fixed_dictionaries(
        {
            "feature_points": st.lists(st.builds(FeaturePoint, octet, octet, two_octets, two_octets, two_octets), max_size=5).map(
                tuple
            ),
            "gender": octet,
            "eye_colour": octet,
            "hair_colour": octet,
            "feature_mask": st.integers(0, 0xFFFFFF),
            "expression": two_octets,
            "pose_angle": angles,
            "pose_uncertainty": angles,
            "face_image_type": octet,
            "colour_space": octet,
            "source_type": octet,
            "device_type": two_octets,
            "quality": two_octets,
        }
    ),
)
fingers = st.builds(FingerImage2005.from_image, pictures(codestream), position=octet)
irises = st.builds(IrisImage2005.from_image, pictures(codestream), eye=st.integers(0, 2))
OTHERS = (b"F", b"I", b"\xff", b"\x00", b"\xa1", b"d", b"e", b"f")
"""How records, images and data blocks start."""
raw_records = st.binary(max_size=60).filter(lambda block: not block.startswith(OTHERS))


def values_of(component: Component) -> st.SearchStrategy[Any]:
    """Anything that a component can hold, defined by the standard or not."""
    simple: dict[type[Any], st.SearchStrategy[Any]] = {
        int: st.integers(-(1 << 63), (1 << 63) - 1) | st.integers(0, 9),
        bool: st.booleans(),
        bytes: st.binary(max_size=9),
        str: st.text([chr(code) for code in range(0x20, 0x7F)], max_size=9),
    }
    one = simple[component.kind] if component.kind in simple else blocks(component.kind)
    if component.many:
        return st.lists(one, min_size=component.required, max_size=2).map(tuple)
    return one if component.required else st.none() | one


def blocks(kind: type[Block]) -> st.SearchStrategy[Any]:
    """Any block of a kind, with extensions that no edition knows."""
    unknown = st.lists(st.integers(0x98, 0x9E).map(lambda tag: build_tlv(tag, b"?")), max_size=1).map(tuple)
    return st.builds(kind, unknown=unknown, **{one.name: values_of(one) for one in components_of(kind)})


@pytest.mark.parametrize("kind", [FaceImageDataBlock, FingerImageDataBlock, IrisImageDataBlock])
@MANY
@given(data=st.data())
def test_data_blocks(kind: type[DataBlock], data: st.DataObject) -> None:
    made = data.draw(blocks(kind))
    raw = made.build()
    parsed = kind.parse(raw)
    assert parsed == made
    assert parsed.build() == raw
    assert parsed.is_der
    assert all(isinstance(deviation, str) for deviation in parsed.deviations)


def templates(
    kind: type[BiometricDataGroup], images: st.SearchStrategy[Any], block: type[DataBlock]
) -> st.SearchStrategy[BiometricTemplate]:
    return st.builds(
        BiometricTemplate,
        headers,
        images.map(kind.FORMATS[0].record_of) | raw_records.map(RawRecord) | blocks(block),
        st.sampled_from((BLOCK, CONSTRUCTED_BLOCK)),
        others,
    )


@pytest.mark.parametrize(
    ("kind", "images", "block"),
    [(Dg2, faces, FaceImageDataBlock), (Dg3, fingers, FingerImageDataBlock), (Dg4, irises, IrisImageDataBlock)],
)
@MANY
@given(data=st.data())
def test_data_groups(
    kind: type[BiometricDataGroup], images: st.SearchStrategy[Any], block: type[DataBlock], data: st.DataObject
) -> None:
    made = kind(tuple(data.draw(st.lists(templates(kind, images, block), max_size=2))), data.draw(others), data.draw(others))
    raw = made.build()
    parsed = kind.parse(raw)
    assert parsed == made
    assert parsed.build() == raw
    assert [image.image for image in parsed.images] == [image.image for image in made.images]


@MANY
@given(faces)
def test_what_an_image_says_of_itself_is_what_the_record_says(face: FaceImage) -> None:
    assume(face.padding)
    assert {"image-size", "image-format", "image-header"}.isdisjoint(face.deviations)


@given(st.sampled_from(Side), st.sampled_from(Finger))
def test_subtypes(side: Side, finger: Finger) -> None:
    made = BiometricSubtype(side, finger)
    assert BiometricSubtype.decode(made.encode()) == made


@given(octet)
def test_what_is_reserved_is_no_subtype(value: int) -> None:
    found = BiometricSubtype.decode(value)
    assert found.encode() == value if found else value & 3 == 3 or value >> 2 > 5
