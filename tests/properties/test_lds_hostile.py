# SPDX-License-Identifier: Apache-2.0
"""Octets from a chip that lies: every file parses, or raises MalformedData with a place, and nothing else."""

from __future__ import annotations

import struct
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chipid.errors import MalformedData, UnsupportedFeature
from chipid.iso7816.file_ids import LDS1_AID
from chipid.iso7816.tlv import build_tlv
from chipid.lds.biometrics.face_19794 import FaceImage, FeaturePoint
from chipid.lds.biometrics.face_39794 import EyeColour, FaceRepresentationBlock, Gender, IdentityMetadataBlock
from chipid.lds.biometrics.finger_19794 import FingerImage2005
from chipid.lds.biometrics.finger_39794 import FingerRepresentationBlock
from chipid.lds.biometrics.framework_39794 import DateTimeBlock, QualityBlock, RegistryIdBlock, ScoreOrError
from chipid.lds.biometrics.iris_19794 import IrisImage2005
from chipid.lds.biometrics.iris_39794 import IrisRepresentationBlock
from chipid.lds.biometrics.schema_39794 import Code
from chipid.lds.card_access import CardAccess
from chipid.lds.com import EfCom
from chipid.lds.dg1 import Dg1
from chipid.lds.dg2 import Dg2
from chipid.lds.dg3 import Dg3
from chipid.lds.dg4 import Dg4
from chipid.lds.dg11 import Dg11
from chipid.lds.dg12 import Dg12
from chipid.lds.dg14 import Dg14
from chipid.lds.dg15 import Dg15
from chipid.lds.dg16 import Dg16, Person
from chipid.lds.dir import ApplicationTemplate, EfDir
from chipid.lds.displayed_images import Dg7
from chipid.lds.features import Dg8
from chipid.lds.image import read_image_header
from chipid.lds.mrz import Mrz
from chipid.lds.opaque import Dg13
from chipid.lds.sod import EfSod, LDSSecurityObject

MRZ = "IDVNM0990123459001099012345<<09909173M3909171VNM<<<<<<<<<<<0NGUYEN<<VAN<AN<<<<<<<<<<<<<<<<"
CARD_ACCESS = bytes.fromhex(
    "3134300D060804007F0007020202020101300F060A04007F000702020302020201013012060A04007F0007020204020202010202010D"
)
JPEG = b"\xff\xd8\xff\xe1\x00\x0aExif\x00\x00xx\xff\xc0" + struct.pack(">HBHHB", 8, 8, 53, 37, 0) + b"\xff\xda\x00\x02xyz\xff\xd9"
JP2 = (
    bytes.fromhex("0000000C6A5020200D0A870A")
    + struct.pack(">I4sI4sIIHI", 30, b"jp2h", 22, b"ihdr", 53, 37, 0, 0)
    + struct.pack(">I4s", 0, b"jp2c")
    + b"\xff\x4f\xff\x51\xff\xd9"
)
FACES = (
    FaceImage.from_image(JPEG, feature_points=(FeaturePoint(1, 0x21, 3, 4), FeaturePoint(1, 0x22, 5, 6))),
    FaceImage.from_image(JP2 + bytes(4)),
)
FACE_39794 = FaceRepresentationBlock.from_image(
    JPEG,
    identity_metadata_block=IdentityMetadataBlock(Code.as_fallback(Gender.FEMALE), Code(EyeColour.BROWN), subject_height=1700),
    quality_blocks=(QualityBlock(RegistryIdBlock(1, 2), ScoreOrError(90)),),
)
IRIS = IrisImage2005.from_image(JP2, eye=2)
SPKI = bytes.fromhex("300A300506032B0601030100")

DG11 = Dg11(full_name="A<<B", other_names=("C", "D"), full_date_of_birth="19900917", place_of_birth=("E", "F"))
DG12 = Dg12(issue_date="20260102", other_persons=("C",), front_image=JPEG, personalization_time="20260102030405")

Parser = Callable[[bytes], object]
SEEDS: dict[str, tuple[Parser, bytes]] = {
    "EF.COM": (EfCom.parse, EfCom.of_data_groups((1, 2, 3, 13, 15, 14)).build()),
    "EF.SOD": (EfSod.parse, EfSod(CARD_ACCESS.replace(b"\x31", b"\x30", 1)).build()),
    "LDSSecurityObject": (
        LDSSecurityObject.parse,
        LDSSecurityObject.over({1: b"", 2: b"", 14: b""}, lds_version="0108", unicode_version="040000").build(),
    ),
    "EF.CardAccess": (CardAccess.parse, CARD_ACCESS),
    "DG1": (Dg1.parse, Dg1(Mrz.parse(MRZ)).build()),
    "DG2": (Dg2.parse, Dg2.of(*FACES).build()),
    "DG2 of ISO/IEC 39794": (Dg2.parse, Dg2.of(FACE_39794).build()),
    "DG2 bare": (Dg2.parse, build_tlv(0x75, JP2)),
    "DG7": (Dg7.parse, Dg7((JPEG, JP2)).build()),
    "DG8": (Dg8.parse, Dg8(2, (build_tlv(0xA1, b"\x80\x01x"), b"\x53\x01x")).build()),
    "DG11": (Dg11.parse, DG11.build()),
    "DG12": (Dg12.parse, DG12.build()),
    "DG13": (Dg13.parse, Dg13(b"\x30\x00").build()),
    "DG16": (Dg16.parse, Dg16((Person(date_recorded="20260102", name="A<<B", address=("C", "D")), Person(name="E"))).build()),
    "EF.DIR": (EfDir.parse, EfDir((ApplicationTemplate.of(LDS1_AID, "eMRTD"), ApplicationTemplate.of(LDS1_AID))).build()),
    "DG3": (Dg3.parse, Dg3.of(FingerImage2005.from_image(JP2, position=7), FingerRepresentationBlock.from_image(JP2, 2)).build()),
    "DG3 empty": (Dg3.parse, Dg3.empty(b"random").build()),
    "DG4": (Dg4.parse, Dg4.of(IRIS, IrisRepresentationBlock.from_image(JP2, 1, DateTimeBlock(2026))).build()),
    "DG14": (Dg14.parse, build_tlv(0x6E, CARD_ACCESS)),
    "DG15": (Dg15.parse, Dg15(SPKI).build()),
    "JPEG": (read_image_header, JPEG),
    "JPEG 2000": (read_image_header, JP2),
}


LOOSE = ("JPEG", "EF.DIR")
"""What stands in no data object of its own."""


@st.composite
def damaged(draw: st.DrawFn, seed: bytes) -> bytes:
    """*seed* after one to four accidents: octets changed, put in, taken out, doubled, cut off."""
    data = bytearray(seed)
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(data)))
        accident = draw(st.sampled_from(("change", "length", "insert", "remove", "double", "cut")))
        size = draw(st.integers(1, 8))
        if accident == "change":
            data[place : place + 1] = draw(st.binary(min_size=1, max_size=1))
        elif accident == "length":
            data[place : place + 1] = draw(
                st.sampled_from((b"\x00", b"\x7f", b"\x80", b"\x81\xff", b"\x84\xff\xff\xff\xff", b"\xff"))
            )
        elif accident == "insert":
            data[place:place] = draw(st.binary(min_size=1, max_size=8))
        elif accident == "remove":
            del data[place : place + size]
        elif accident == "double":
            data[place:place] = data[place : place + 4 * size]
        else:
            del data[place:]
    return bytes(data)


def outcome(parse: Parser, raw: bytes) -> object:
    """What *parse* makes of *raw*, or how it refuses; any other exception is a failed test."""
    try:
        return parse(raw)
    except (MalformedData, UnsupportedFeature) as error:
        return error


def survives(parse: Parser, raw: bytes) -> None:
    """Parse *raw*; what parses must also build, if it can, to something that parses the same."""
    found = outcome(parse, raw)
    if isinstance(found, MalformedData):
        assert found.offset is None or 0 <= found.offset <= len(raw)
    elif isinstance(found, UnsupportedFeature):
        assert parse == LDSSecurityObject.parse
    elif hasattr(found, "build"):
        assert len(repr(found)) < 20_000
        built = outcome(lambda _: found.build(), b"")
        if isinstance(built, bytes):
            assert parse(built) == found


@pytest.mark.parametrize("name", SEEDS)
def test_the_seed_itself_parses(name: str) -> None:
    parse, seed = SEEDS[name]
    assert parse(seed) is not None


@pytest.mark.parametrize("name", SEEDS)
@settings(max_examples=1_000)
@given(data=st.data())
def test_damage(name: str, data: st.DataObject) -> None:
    parse, seed = SEEDS[name]
    survives(parse, data.draw(damaged(seed)))


@pytest.mark.parametrize("name", SEEDS)
def test_every_octet_changed_to_what_hurts_most(name: str) -> None:
    parse, seed = SEEDS[name]
    for place in range(len(seed)):
        for octet in (0x00, 0x01, 0x7F, 0x80, 0x81, 0x84, 0xFE, 0xFF, seed[place] ^ 0x20, seed[place] ^ 0x01):
            survives(parse, seed[:place] + bytes((octet,)) + seed[place + 1 :])


@pytest.mark.parametrize("name", SEEDS)
def test_every_prefix_is_malformed_or_parses(name: str) -> None:
    parse, seed = SEEDS[name]
    for size in range(len(seed)):
        survives(parse, seed[:size])
        if not name.startswith(LOOSE):
            with pytest.raises(MalformedData):
                parse(seed[:size])


@pytest.mark.parametrize("name", [name for name in SEEDS if not name.startswith(LOOSE)])
def test_another_files_tag_is_malformed(name: str) -> None:
    parse, seed = SEEDS[name]
    for tag in {0x30, 0x31, *range(0x60, 0x7F)} - {seed[0]}:
        with pytest.raises(MalformedData):
            parse(bytes((tag,)) + seed[1:])


@pytest.mark.parametrize("name", SEEDS)
@settings(max_examples=300)
@given(raw=st.binary(max_size=200))
def test_noise(name: str, raw: bytes) -> None:
    parse, seed = SEEDS[name]
    survives(parse, raw)
    survives(parse, seed[:1] + raw)


@pytest.mark.parametrize("name", SEEDS)
def test_deep_nesting_and_endless_children_end(name: str) -> None:
    """docs/quirks.md 29: recursion, counts and lengths."""
    parse, seed = SEEDS[name]
    tag = seed[:1]
    survives(parse, tag * 100_000)
    survives(parse, (tag + b"\x80") * 50_000)
    survives(parse, build_tlv(seed[0], b"\x30\x00" * 50_000))
    survives(parse, build_tlv(seed[0], b"\x30\x80" * 50_000))
    survives(parse, build_tlv(seed[0], (b"\x7f\x61\x80" * 30_000)))
    survives(parse, tag + b"\x84\xff\xff\xff\xff" + seed[2:])


@settings(max_examples=1_000)
@given(st.text(max_size=100) | st.text("ABIPV0189< \n", min_size=60, max_size=100))
def test_any_text_is_a_zone_or_malformed(text: str) -> None:
    found = outcome(lambda _: Mrz.parse(text), b"")
    if isinstance(found, Mrz):
        assert Mrz.parse(found.build()) == found
    else:
        assert isinstance(found, MalformedData)
        assert len(text) < 4 or text not in str(found)


@settings(max_examples=1_000)
@given(st.data())
def test_a_damaged_zone(data: st.DataObject) -> None:
    text = data.draw(damaged(MRZ.encode())).decode("latin-1")
    found = outcome(lambda _: Mrz.parse(text), b"")
    if isinstance(found, Mrz):
        assert found.build() == "".join(text.split())
        assert set(found.deviations) <= {"document-code", "issuing-state", "nationality", "birth-date", "expiry-date", "name"}
