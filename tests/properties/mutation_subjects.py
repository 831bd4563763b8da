# SPDX-License-Identifier: Apache-2.0
"""Every kind of file that a chip or a card hands over, with seeds for mutations that our own builders made."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from chipid.iso7816.file_ids import FileId
from chipid.iso7816.tlv import build_tlv
from chipid.issuing.pki import KeyOptions, TestCsca
from chipid.lds.biometrics.face_19794 import FaceImage, FeaturePoint
from chipid.lds.biometrics.face_39794 import FaceRepresentationBlock
from chipid.lds.biometrics.finger_19794 import FingerImage2005, FingerImage2011
from chipid.lds.biometrics.finger_39794 import FingerRepresentationBlock
from chipid.lds.biometrics.framework_39794 import DateTimeBlock
from chipid.lds.biometrics.iris_19794 import IrisImage2005, IrisImage2011
from chipid.lds.biometrics.iris_39794 import IrisRepresentationBlock
from chipid.lds.biometrics.minutiae_19794 import Minutia, MinutiaeRecord, MinutiaeView, read_minutiae_record
from chipid.lds.card_security import CardSecurity
from chipid.lds.com import EfCom
from chipid.lds.cvca import CvcaReferences
from chipid.lds.dg1 import Dg1
from chipid.lds.dg2 import Dg2
from chipid.lds.dg3 import Dg3
from chipid.lds.dg4 import Dg4
from chipid.lds.files import FILES
from chipid.lds.image import read_image_header
from chipid.lds.mrz import Mrz
from chipid.lds.octets import OctetReader
from chipid.lds.sod import EfSod, LDSSecurityObject
from chipid.pki.cms import SignedData
from chipid.profiles.vn_cccd import Dg13
from chipid.profiles.vn_cccd.qr import QrFormat, QrText, build_qr, parse_qr

SEED_SIZE_LIMIT = 12 * 1024


@dataclass(frozen=True)
class Subject:
    """A kind of file.

    :ivar parse: from octets. :ivar build: to what *parse* takes; what gives ``None`` is built by nothing.
    :ivar seeds: makes valid octets. :ivar real: where published files of the kind lie, as patterns.
    :ivar has_places: whether a refusal says where. :ivar tells: whether what is built otherwise than it was read is a deviation of
        what was parsed: not the white space around a zone, nor what a record's reader tells apart from the record.
    """

    parse: Callable[[bytes], Any]
    seeds: Callable[[], list[bytes]]
    build: Callable[[Any], bytes | None] = lambda found: found.build()
    real: tuple[str, ...] = ()
    has_places: bool = True
    tells: bool = True

    def real_seeds(self, folder: Path) -> list[bytes]:
        """Published files that are small enough."""
        files = sorted(file for pattern in self.real for file in folder.glob(pattern))
        return [file.read_bytes() for file in files if file.stat().st_size <= SEED_SIZE_LIMIT]


def not_built(_found: Any) -> None:
    """There is no builder."""


# Images and records --------------------------------------------------------------------------------------------------

JPEG = b"\xff\xd8\xff\xe1\x00\x0aExif\x00\x00xx\xff\xc0" + struct.pack(">HBHHB", 8, 8, 53, 37, 0) + b"\xff\xda\x00\x02xyz\xff\xd9"
JP2 = (
    bytes.fromhex("0000000C6A5020200D0A870A")
    + struct.pack(">I4sI4sIIHI", 30, b"jp2h", 22, b"ihdr", 53, 37, 0, 0)
    + struct.pack(">I4s", 0, b"jp2c")
    + b"\xff\x4f\xff\x51\xff\xd9"
)
WSQ = bytes.fromhex("FFA0 FFA8 0004 4849 FFA2 0011 0000") + struct.pack(">HH", 53, 37) + bytes(9) + b"\xff\xa1"
PNG = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sIIBBBBBI", 13, b"IHDR", 37, 53, 8, 0, 0, 0, 0, 0) + b"\x00\x00\x00\x00IEND\xaeB`\x82"
FACE = FaceImage.from_image(JPEG, feature_points=(FeaturePoint(1, 0x21, 3, 4), FeaturePoint(1, 0x22, 5, 6)))


def fingers_19794() -> list[bytes]:
    images = (FingerImage2005.from_image(WSQ, position=7), FingerImage2011.from_image(JP2, position=2))
    return [Dg3.of(images[0], images[0]).build(), *(Dg3.of(image).build() for image in images)]


def irises_19794() -> list[bytes]:
    return [Dg4.of(kind.from_image(JP2, eye=1)).build() for kind in (IrisImage2005, IrisImage2011)]


def minutiae() -> list[bytes]:
    view = MinutiaeView(6, 2, 8, 80, (Minutia(1, 300, 0, 399, 255, 100), Minutia(2, 0, 0, 0, 0, 0)), bytes.fromhex("01000006ABCD"))
    return [MinutiaeRecord(301, 400, 197, 196, (view, view), capture_equipment=0x80B5).build()]


# Objects of the other files ------------------------------------------------------------------------------------------

ZONE = "IDVNM0990123459001099012345<<09909173M3909171VNM<<<<<<<<<<<0NGUYEN<<VAN<AN<<<<<<<<<<<<<<<<"
PASSPORT = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<L898902C36UTO7408122F1204159ZE184226B<<<<<10"
VISA = "V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<L8988901C4XXX4009078F9612109<<<<<<<<"
CARD_ACCESS = bytes.fromhex(
    "3134300D060804007F0007020202020101300F060A04007F000702020302020201013012060A04007F0007020204020202010202010D"
)
SPKI = bytes.fromhex("300A300506032B0601030100")
AID = bytes.fromhex("A0000002471001")


def text(tag: int, value: str) -> bytes:
    return build_tlv(tag, value.encode())


def cccd_details() -> list[bytes]:
    """DG13 with a list of parents, an empty field and an unknown one."""
    number, name = build_tlv(0x13, b"001099012345"), text(0x0C, "Nguyễn Văn An")
    parents = build_tlv(0x30, text(0x0C, "Nguyễn Văn Bình")) + build_tlv(0x30, text(0x0C, "Trần Thị Cúc"))
    birth, expiry = build_tlv(0x13, b"17/09/1999"), text(0x0C, "17/09/2039")
    values = {1: number, 2: name, 3: birth, 12: expiry, 13: parents, 14: b"", 99: b"\x04\x01\x07"}
    fields = (build_tlv(0x30, b"\x02\x01" + bytes((field,)), value) for field, value in values.items())
    head = b"\x02\x01\x01" + bytes.fromhex("060628D316010008")
    return [build_tlv(0x6D, build_tlv(0x30, head, build_tlv(0x31, *fields)))]


def personal_details() -> list[bytes]:
    others = build_tlv(0xA0, b"\x02\x01\x02", text(0x5F0F, "SMITH<<ANN"), text(0x5F0F, "JONES<<ANN"))
    fields = (
        text(0x5F0E, "ERIKSSON<<ANNA<MARIA"), others, text(0x5F10, "1"), text(0x5F2B, "19740812"), text(0x5F11, "ANYTOWN<MN"),
        text(0x5F42, "123 MAPLE RD<ANYTOWN"), text(0x5F12, "1612"), text(0x5F13, "X"), build_tlv(0x5F16, JPEG), text(0x5F17, "A<B"),
    )  # fmt: skip
    tags = bytes.fromhex("5F0E 5F0F 5F10 5F2B 5F11 5F42 5F12 5F13 5F16 5F17")
    return [
        build_tlv(0x6B, build_tlv(0x5C, tags), *fields),
        build_tlv(0x6B, build_tlv(0x5C, b"\x5f\x2b"), build_tlv(0x5F2B, b"\x19\x74\x08\x12")),
    ]


def document_details() -> list[bytes]:
    others = build_tlv(0xA0, b"\x02\x01\x01", text(0x5F1A, "SMITH<<ANN"))
    fields = (text(0x5F19, "UTOPIA"), text(0x5F26, "20020531"), others, text(0x5F1B, "X"), build_tlv(0x5F1D, JPEG))
    made = (text(0x5F55, "20020531120000"), text(0x5F56, "12"))
    return [
        build_tlv(0x6C, build_tlv(0x5C, bytes.fromhex("5F19 5F26 5F1A 5F1B 5F1D 5F55 5F56")), *fields, *made),
        build_tlv(0x6C, build_tlv(0x5C, b"\x5f\x55"), build_tlv(0x5F55, bytes.fromhex("20020531120000"))),
    ]


def persons() -> list[bytes]:
    person = (text(0x5F50, "20020101"), text(0x5F51, "SMITH<<MARY"), text(0x5F52, "1612"), text(0x5F53, "123 MAPLE RD<ANYTOWN"))
    return [build_tlv(0x70, b"\x02\x01\x02", build_tlv(0xA1, *person), build_tlv(0xA2, *person[:2]))]


@cache
def signed() -> tuple[bytes, bytes]:
    """An EF.SOD and an EF.CardSecurity of a test PKI."""
    at = datetime(2026, 6, 1, tzinfo=UTC)
    csca = TestCsca.create(at=at, key=KeyOptions("secp256r1"))
    signer = csca.issue_document_signer(at=at, key=KeyOptions("secp256r1"))
    return signer.sign_sod({1: b"\x61\x00", 2: b"\x75\x00"}), signer.sign("0.4.0.127.0.7.3.2.1", CARD_ACCESS)


def security_objects() -> list[bytes]:
    groups = {1: b"", 2: b"", 14: b""}
    versions = {"lds_version": "0108", "unicode_version": "040000"}
    return [LDSSecurityObject.over(groups).build(), LDSSecurityObject.over(groups, "sha512", **versions).build()]


def build_security_object(found: LDSSecurityObject) -> bytes | None:
    """One without a hash, or with a hash of another length, is kept for comparison and never built."""
    return None if not found.hashes or "hash-length" in found.deviations else found.build()


def images_of(tag: int, image_tag: int) -> Callable[[], list[bytes]]:
    return lambda: [build_tlv(tag, b"\x02\x01\x02", build_tlv(image_tag, JPEG), build_tlv(image_tag, JP2))]


def features(tag: int) -> Callable[[], list[bytes]]:
    return lambda: [build_tlv(tag, b"\x02\x01\x02", text(0x5F01, "header"), build_tlv(0x30, b"\x04\x01\x07"), text(0x04, "x"))]


def build_qr_or_fields(found: QrText) -> bytes:
    """Nothing builds a text of an unknown kind, or with fields that were not recognised: its fields are what was read."""
    understood = found.format is not QrFormat.UNKNOWN and not found.extras
    return (build_qr(found) if understood else "|".join(found.fields)).encode()


# The table -----------------------------------------------------------------------------------------------------------

_LDS = "05_lds"
_DATA: dict[FileId, tuple[Callable[[], list[bytes]], tuple[str, ...]]] = {
    FileId.CARD_ACCESS: (lambda: [CARD_ACCESS], (f"{_LDS}/card_access/*.bin",)),
    FileId.CARD_SECURITY: (lambda: [signed()[1]], (f"{_LDS}/card_security/*.bin",)),
    FileId.DIR: (lambda: [build_tlv(0x61, build_tlv(0x4F, AID), text(0x50, "MRTD")) * 2], ()),
    FileId.ATR_INFO: (lambda: [bytes.fromhex("4301F8 4703F741E0 7F6608020205F0020205F0")], ()),
    FileId.COM: (lambda: [EfCom.of_data_groups((1, 2, 3, 13, 15, 14)).build()], (f"{_LDS}/*/EF_COM.bin",)),
    FileId.SOD: (lambda: [signed()[0]], ("04_sod/*.sod.bin", f"{_LDS}/*/EF_SOD.bin")),
    FileId.CVCA: (lambda: [CvcaReferences(("UTCVCA00001", "UTCVCA00002")).build()], ()),
    FileId.DG1: (
        lambda: [Dg1(Mrz.parse(zone)).build() for zone in (ZONE, PASSPORT)],
        (f"{_LDS}/*/*roup1.bin", f"{_LDS}/*/EF_DG1.bin"),
    ),
    FileId.DG5: (images_of(0x65, 0x5F40), (f"{_LDS}/*/EF_DG5.bin",)),
    FileId.DG6: (lambda: [build_tlv(0x66, b"\x04\x01\x07")], ()),
    FileId.DG7: (images_of(0x67, 0x5F43), (f"{_LDS}/*/EF_DG7.bin",)),
    FileId.DG8: (features(0x68), ()),
    FileId.DG9: (features(0x69), ()),
    FileId.DG10: (features(0x6A), ()),
    FileId.DG11: (personal_details, (f"{_LDS}/dg11/*.bin", f"{_LDS}/*/EF_DG11.bin")),
    FileId.DG12: (document_details, (f"{_LDS}/dg12/*.bin", f"{_LDS}/*/EF_DG12.bin")),
    FileId.DG13: (cccd_details, ()),
    FileId.DG14: (lambda: [build_tlv(0x6E, CARD_ACCESS)], (f"{_LDS}/dg14/*.bin", f"{_LDS}/*/*roup14.bin")),
    FileId.DG15: (lambda: [build_tlv(0x6F, SPKI)], (f"{_LDS}/dg15/*.bin", f"{_LDS}/*/*roup15.bin")),
    FileId.DG16: (persons, (f"{_LDS}/dg16/*.bin",)),
}
_BIOMETRIC: dict[str, Subject] = {
    "DG2, 19794-5": Subject(
        Dg2.parse,
        lambda: [Dg2.of(FACE).build(), Dg2.of(FaceImage.from_image(JP2 + bytes(4)), FACE).build()],
        real=(f"{_LDS}/tsemrtd/EF_DG2*.bin", f"{_LDS}/*/*roup2.bin"),
    ),
    "DG2, 39794-5": Subject(
        Dg2.parse, lambda: [Dg2.of(FaceRepresentationBlock.from_image(image)).build() for image in (JPEG, JP2)]
    ),
    "DG2, bare": Subject(Dg2.parse, lambda: [build_tlv(0x75, JP2), build_tlv(0x75, build_tlv(0x5F2E, JPEG))]),
    "DG3, 19794-4": Subject(Dg3.parse, fingers_19794, real=(f"{_LDS}/*/*roup3.bin",)),
    "DG3, 39794-4": Subject(Dg3.parse, lambda: [Dg3.of(FingerRepresentationBlock.from_image(WSQ, 2)).build()]),
    "DG4, 19794-6": Subject(Dg4.parse, irises_19794, real=(f"{_LDS}/*/*roup4.bin",)),
    "DG4, 39794-6": Subject(Dg4.parse, lambda: [Dg4.of(IrisRepresentationBlock.from_image(JP2, 1, DateTimeBlock(2026))).build()]),
    "minutiae, 19794-2": Subject(
        lambda raw: read_minutiae_record(OctetReader(raw))[0], minutiae, real=("06_biometrics/fmr*/*",), tells=False
    ),
    "image": Subject(
        read_image_header, lambda: [JPEG, JP2, WSQ, PNG], not_built, real=("06_biometrics/jpeg2000_conformance/*.j2k",)
    ),
}
_SIGNED = {
    "LDSSecurityObject": Subject(LDSSecurityObject.parse, security_objects, build_security_object),
    "CMS of EF.SOD": Subject(
        lambda raw: SignedData.parse(EfSod.parse(raw).cms), lambda: [signed()[0]], not_built, real=("04_sod/*.sod.bin",)
    ),
    "CMS of EF.CardSecurity": Subject(lambda raw: SignedData.parse(CardSecurity.parse(raw).cms), lambda: [signed()[1]], not_built),
}
_TEXT = {
    "MRZ": Subject(
        lambda raw: Mrz.parse(raw.decode("latin-1")),
        lambda: [zone.encode() for zone in (ZONE, PASSPORT, VISA)],
        lambda found: found.build().encode(),
        has_places=False,
        tells=False,
    ),
    "QR text": Subject(
        lambda raw: parse_qr(raw.decode("utf-8", "replace")),
        lambda: ["001099012345|012345678|Nguyễn Văn An|17091999|Nam|Thôn 1, Bắc Ninh|10052021".encode()],
        build_qr_or_fields,
        has_places=False,
    ),
}
_NAMES = {
    FileId.CARD_ACCESS: "EF.CardAccess",
    FileId.CARD_SECURITY: "EF.CardSecurity",
    FileId.DIR: "EF.DIR",
    FileId.ATR_INFO: "EF.ATR/INFO",
    FileId.COM: "EF.COM",
    FileId.SOD: "EF.SOD",
    FileId.CVCA: "EF.CVCA",
}
SUBJECTS: dict[str, Subject] = {
    **{_NAMES.get(file, file.name): Subject(FILES[file].parse, seeds, real=real) for file, (seeds, real) in _DATA.items()},
    "DG13 of the CCCD": Subject(Dg13.parse, cccd_details),
    **_BIOMETRIC,
    **_SIGNED,
    **_TEXT,
}
FILES_LEFT_OUT = FILES.keys() - _DATA.keys() - {FileId.DG2, FileId.DG3, FileId.DG4}
