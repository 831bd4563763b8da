# SPDX-License-Identifier: Apache-2.0
"""``chipid inspect``."""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from chipid.emulator import attacks
from chipid.iso7816.atr import CardCapabilities
from chipid.iso7816.file_ids import LDS1_AID, FileId
from chipid.iso7816.tlv import build_tlv
from chipid.issuing.cv_defects import CONTENT_DEFECTS
from chipid.issuing.cv_pki import CvProfile, TestCvca
from chipid.issuing.drawings import draw_finger, draw_iris, encode
from chipid.issuing.personalisation import personalise
from chipid.issuing.portrait import draw_portrait
from chipid.lds.atr_info import AtrInfo, ExtendedLengthInformation
from chipid.lds.biometrics.face_19794 import FaceImage
from chipid.lds.biometrics.face_39794 import FaceRepresentationBlock
from chipid.lds.biometrics.finger_19794 import FingerImage2005
from chipid.lds.biometrics.framework_39794 import DateTimeBlock
from chipid.lds.biometrics.iris_19794 import IrisImage2011
from chipid.lds.biometrics.iris_39794 import IrisRepresentationBlock
from chipid.lds.biometrics.minutiae_19794 import Minutia, MinutiaeRecord, MinutiaeView
from chipid.lds.biometrics.record_19794 import build_record
from chipid.lds.cvca import CvcaReferences
from chipid.lds.dg2 import Dg2
from chipid.lds.dg3 import Dg3
from chipid.lds.dg4 import Dg4
from chipid.lds.dg11 import Dg11
from chipid.lds.dg12 import Dg12
from chipid.lds.dg16 import Dg16, Person
from chipid.lds.dir import ApplicationTemplate, EfDir
from chipid.lds.displayed_images import Dg5, Dg7
from chipid.lds.features import Dg8, Dg9, Dg10
from chipid.lds.opaque import Dg6
from chipid.profiles.vn_cccd import Dg13 as VietnameseDg13
from chipid.report.redact import Redaction
from chipid.report.schema import FileReport, Node
from chipid.report.structure import DEPTH_LIMIT, NODE_LIMIT, structure


@pytest.fixture
def inspect(cli, tmp_path: Path):
    def inspected(raw: bytes, *arguments):
        (tmp_path / "file").write_bytes(raw)
        return cli("inspect", tmp_path / "file", *arguments)

    return inspected


def facts(report) -> list[tuple[str, str]]:
    assert isinstance(report, FileReport)
    return [(fact.name, fact.value) for fact in report.facts]


def nodes(tree: tuple[Node, ...]):
    for node in tree:
        yield node
        yield from nodes(node.children)


def leaves(nodes: tuple[Node, ...]):
    for node in nodes:
        yield from leaves(node.children) if node.children else [node]


UNKNOWN = bytes.fromhex("5F7F0141")
FILES = {
    FileId.DIR: (
        EfDir((ApplicationTemplate.of(LDS1_AID, "eMRTD\x1b"),), (UNKNOWN,)),
        [("application", "A0000002471001, eMRTD\\u{1b}"), ("unknown object", "5F7F0141"), ("deviations", "unknown-object")],
    ),
    FileId.ATR_INFO: (
        AtrInfo(CardCapabilities(b"\x94\x21\xe0"), ExtendedLengthInformation(1000, 2000), b"\x02", (UNKNOWN,)),
        [
            ("extended length", "yes"),
            ("command chaining", "yes"),
            ("longest command", "1000 octets"),
            ("longest response", "2000 octets"),
            ("card service data", "02"),
            ("unknown object", "5F7F0141"),
        ],
    ),
    FileId.CVCA: (CvcaReferences(("DETESTCVCA00001",)), [("authority", "DETESTCVCA00001")]),
    FileId.DG3: (Dg3.empty(b"random"), [("fingers", "none in it")]),
    FileId.DG4: (Dg4.empty(b"random"), [("irises", "none in it")]),
    FileId.DG5: (Dg5((b"a", b"bc")), [("displayed portrait", "2 unknown, 3 octets"), ("deviations", "image-format")]),
    FileId.DG6: (Dg6(b""), []),
    FileId.DG7: (Dg7((b"a",)), [("signature", "1 unknown, 1 octets"), ("deviations", "image-format")]),
    FileId.DG8: (Dg8(1, ()), [("instances", "1")]),
    FileId.DG9: (Dg9(10, ()), [("instances", "10"), ("deviations", "instance-count")]),
    FileId.DG10: (Dg10(2, (UNKNOWN,)), [("instances", "2")]),
    FileId.DG11: (
        Dg11(full_name="AN<<MAU", proof_of_citizenship=b"a", unknown=(UNKNOWN,)),
        [("proof of citizenship", "1 unknown, 1 octets"), ("deviations", "unknown-object")],
    ),
    FileId.DG12: (Dg12(endorsements="mau", rear_image=b"a"), [("rear image", "1 unknown, 1 octets")]),
    FileId.DG16: (Dg16((Person(name="AN<<MAU"), Person(telephone="0"))), [("persons", "2")]),
}


@pytest.mark.parametrize("file", FILES)
def test_each_file_of_the_lds_is_told_with_its_facts(inspect, file: FileId) -> None:
    parsed, told = FILES[file]
    result = inspect(parsed.build(), "--json")
    assert (result.code, result.err, result.json["type"]) == (0, "", file.label)
    assert facts(result.report) == told
    assert "MAU" not in inspect(parsed.build()).out.upper()


@pytest.mark.parametrize(("file", "value"), [(FileId.DG11, "AN<<MAU"), (FileId.DG12, "mau"), (FileId.DG16, "AN<<MAU")])
def test_what_a_file_of_details_says_is_shown_on_demand(inspect, file: FileId, value: str) -> None:
    parsed, _ = FILES[file]
    holder = inspect(parsed.build(), "--json", "--show-personal").json["holder"]
    assert value in [field["value"] for field in holder]


@pytest.mark.parametrize(
    ("raw", "code"),
    [("4301024703942160FF", 0), ("4703942100", 0), ("47039421", 6), ("61094F07A000000247100100", 0), ("61034F01", 6)],
)
def test_padding_behind_a_file_of_the_master_file_is_none_of_its_trouble(inspect, raw: str, code: int) -> None:
    assert inspect(bytes.fromhex(raw)).code == code


@pytest.mark.parametrize("file", [FileId.COM, FileId.SOD, FileId.DG1, FileId.DG2, FileId.DG13, FileId.DG14, FileId.DG15])
def test_each_file_of_the_chip_is_known(inspect, chipid_card_image, file: FileId) -> None:
    raw = chipid_card_image.files[file]
    result = inspect(raw, "--json", "--show-personal")
    assert (result.code, result.err) == (0, "")
    report = result.report
    assert isinstance(report, FileReport)
    assert (report.type, report.size, report.truncated) == (file.label, len(raw), False)
    assert report.structure[0].tag == f"{file.tag:02X}"
    assert report.structure[0].offset == 0
    assert sum(node.length for node in leaves(report.structure)) < len(raw)
    assert inspect(raw).out.startswith(f"{file.label}, {len(raw)} octets\n")


def test_ef_com(inspect, chipid_card_image) -> None:
    found = facts(inspect(chipid_card_image.files[FileId.COM], "--json").report)
    assert ("data groups", "DG1, DG2, DG3, DG13, DG15, DG14") in found
    assert ("LDS version", "0107") in found


def test_ef_sod(inspect, chipid_card_image) -> None:
    found = dict(facts(inspect(chipid_card_image.files[FileId.SOD], "--json").report))
    assert found["hash algorithm"] == "sha256"
    assert found["data groups"] == "DG1, DG2, DG3, DG13, DG14, DG15"
    assert found["content type"] == "2.23.136.1.1.1"
    assert found["public key"] == "brainpoolP384r1"
    assert "Test Document Signer" in found["subject"]


def test_no_hash_of_personal_data_is_shown(inspect, chipid_card_image) -> None:
    digest = hashlib.sha256(chipid_card_image.files[FileId.DG1]).hexdigest()
    assert digest in chipid_card_image.files[FileId.SOD].hex()
    for arguments in ([], ["--json"]):
        assert digest not in inspect(chipid_card_image.files[FileId.SOD], *arguments).out.lower()


def test_dg15_shows_no_key(inspect, chipid_card_image) -> None:
    result = inspect(chipid_card_image.files[FileId.DG15], "--json")
    assert ("public key", "RSA-2048") in facts(result.report)
    assert chipid_card_image.files[FileId.DG15][40:60].hex() not in result.out.lower()


def test_ef_card_access(inspect, chipid_card_image) -> None:
    result = inspect(chipid_card_image.files[FileId.CARD_ACCESS], "--json")
    assert result.code == 0
    assert result.json["type"] == "EF.CardAccess"
    assert ("offers", "PACE-ECDH-GM-AES-CBC-CMAC-128, version 2, brainpoolP256r1") in facts(result.report)


def test_fingers_that_are_there_and_cannot_be_read_are_told_apart_from_none(inspect) -> None:
    group = build_tlv(0x7F61, build_tlv(0x02, b"\x01"), build_tlv(0x7F60, build_tlv(0xA1), build_tlv(0x5F2E, b"scrawl")))
    assert ("fingers", "none that could be read") in facts(inspect(build_tlv(0x63, group), "--json").report)


def test_dg2(inspect, chipid_card_image) -> None:
    (name, value), *_ = facts(inspect(chipid_card_image.files[FileId.DG2], "--json").report)
    assert name == "face"
    assert value.startswith("JPEG, 480 × 640 pixels, ")


@pytest.mark.parametrize("file", [FileId.DG1, FileId.DG2, FileId.DG3, FileId.DG13])
def test_the_structure_of_a_file_about_the_holder_is_hidden(inspect, chipid_card_image, file: FileId) -> None:
    report = inspect(chipid_card_image.files[file], "--json").report
    assert isinstance(report, FileReport)
    assert (report.structure, report.structure_redacted) == ((), True)
    assert all(field.redacted for field in report.holder if field.value is not None)
    assert "Structure [hidden] (--show-personal shows it)" in inspect(chipid_card_image.files[file]).out
    shown = inspect(chipid_card_image.files[file], "--json", "--show-personal").json
    assert (bool(shown["structure"]), shown["structure_redacted"]) == (True, False)


def test_of_values_that_are_hidden_no_length_is_told(inspect) -> None:
    """Nam has three octets, Nữ has four: all but the size of the file is the same."""
    whose = [
        {"sex": "Nam", "religion": "Không", "expiry_date": "17/09/2039", "parents": ("Nguyễn Văn Bình",)},
        {"sex": "Nữ", "religion": "Phật giáo", "expiry_date": "Không thời hạn", "parents": ("Trần Thị Cúc", "Lê Văn Đức")},
    ]
    one, other = ({**inspect(VietnameseDg13.of(values).build(), "--json").json, "size": None} for values in whose)
    assert one == other


@pytest.mark.parametrize(
    ("raw", "names"),
    [
        (Dg11(full_name="AN<<MAU", other_names=("B<<C",)).build(), {"5F0E": "full name", "A0": "other names", "5F0F": "name"}),
        (Dg12(issue_date="20260101").build(), {"5C": "tag list", "5F26": "issue date"}),
        (Dg16((Person(date_recorded="20260101"),)).build(), {"70": "DG16", "A1": "person 1", "5F50": "date recorded"}),
        (Dg5((b"a",)).build(), {"65": "DG5", "5F40": "displayed portrait"}),
        (Dg7((b"a",)).build(), {"5F43": "displayed signature or usual mark"}),
        (Dg3.empty(b"random").build(), {"53": "discretionary data"}),
        (
            build_tlv(0x61, build_tlv(0x66, build_tlv(0xA1, build_tlv(0x87)))),
            {"61": "DG1", "66": None, "A1": None, "87": None},
        ),
    ],
)
def test_a_data_object_is_named_by_its_place(raw: bytes, names: dict[str, str | None]) -> None:
    assert names.items() <= {node.tag: node.name for node in nodes(structure(raw, Redaction(True)).nodes)}.items()


def test_an_iris_record_inside_dg4_is_no_data_group(chipid_issue, fixtures: Path) -> None:
    files = chipid_issue(fixtures / "cards" / "passport_eac.json").files
    found = [(node.tag, node.name) for node in nodes(structure(files[FileId.DG4], Redaction(True)).nodes)]
    assert {("76", "DG4"), ("A1", "biometric header template"), ("87", "format owner"), ("88", "format type")} <= set(found)
    record = Dg4.of(IrisRepresentationBlock.from_image(EYE, 1, DateTimeBlock(2026))).build()
    found = [(node.tag, node.name) for node in nodes(structure(record, Redaction(True)).nodes)]
    assert ("66", "iris image data block") in found
    assert [name for _, name in found if name and name.startswith("DG")] == ["DG4"]


def test_show_personal(inspect, chipid_card_image) -> None:
    hidden, shown = (inspect(chipid_card_image.files[FileId.DG13], *more).out for more in ([], ["--show-personal"]))
    assert "Nguyễn" not in hidden
    assert "[hidden]" in hidden
    assert "Nguyễn Văn An" in shown
    assert "[hidden]" not in shown


def test_dg13_of_another_state_is_structure_alone(inspect) -> None:
    raw = build_tlv(0x6D, build_tlv(0x30, build_tlv(0x04, b"anything")))
    result = inspect(raw, "--json", "--show-personal")
    assert result.code == 0
    assert result.json["holder"] == []
    assert result.json["structure"][0]["children"][0]["children"][0]["value"] == b"anything".hex().upper()
    assert inspect(raw, "--json").json["structure_redacted"] is True


@pytest.mark.parametrize("form", ["pem", "der"])
def test_certificates(inspect, chipid_issuer, form: str) -> None:
    csca = chipid_issuer.csca
    result = inspect(csca.certificate if form == "der" else csca.certificate_pem(), "--json")
    assert result.code == 0
    assert result.json["type"] == "certificate"
    found = dict(facts(result.report))
    assert "Test CSCA" in found["subject"]
    assert found["issuer"] == found["subject"]
    assert found["authority"] == "yes"
    assert found["SHA-256"] == csca.parsed.fingerprint


def test_several_certificates(inspect, chipid_issuer) -> None:
    both = chipid_issuer.csca.certificate_pem() + chipid_issuer.signer.certificate_pem()
    result = inspect(both, "--json")
    assert result.json["title"] == "2 certificates"
    assert [name for name, _ in facts(result.report)].count("subject") == 2


def test_a_private_key_is_named_and_not_shown(inspect, chipid_issuer) -> None:
    result = inspect(chipid_issuer.csca.to_pem())
    assert result.code == 0
    assert result.out.startswith("private key, which is not shown")
    assert "BEGIN" not in result.out


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (
            build_tlv(
                0x30, build_tlv(0x30, build_tlv(0x30), build_tlv(0x30), build_tlv(0x17)), build_tlv(0x30), build_tlv(3)
            ).hex(),
            "crl",
        ),
        ("3007 020100 3000 0400", "private-key"),
        ("3005 020101 0400", "private-key"),
        ("3003 020101", "sequence"),
    ],
)
def test_other_sequences_are_told_by_their_shape(inspect, raw: str, kind: str) -> None:
    result = inspect(bytes.fromhex(raw), "--json")
    assert (result.code, result.json["type"]) == (0, kind)


def test_cv_certificates_are_told(inspect) -> None:
    profile = CvProfile(date(2026, 1, 1), date(2026, 12, 31), data_groups=(3,))
    authority = TestCvca.create("DETESTCVCA00001", profile=profile)
    verifier = authority.issue_verifier("DETESTDVDE00001", profile=profile, foreign=True)
    result = inspect(authority.raw + verifier.raw, "--json")
    assert (result.code, result.json["type"]) == (0, "cv-certificate")
    facts = [(fact["name"], fact["value"]) for fact in result.json["facts"]]
    assert facts[6:] == [
        ("holder", "DETESTDVDE00001"),
        ("authority", "DETESTCVCA00001"),
        ("role", "foreign document verifier, inspection system"),
        ("rights", "DG3"),
        ("valid", "2026-01-01 to 2026-12-31"),
        ("mechanism", "id-TA-ECDSA-SHA-256"),
    ]


def test_a_cv_certificate_of_an_unknown_kind_is_structure_alone(inspect) -> None:
    profile = CvProfile(date(2026, 1, 1), amend=CONTENT_DEFECTS["unknown-mechanism"])
    result = inspect(TestCvca.create(profile=profile).raw, "--json")
    assert (result.code, result.json["type"], result.json["facts"]) == (0, "cv-certificate", [])
    assert result.json["structure"][0]["tag"] == "7F21"


def test_a_damaged_cv_certificate_is_6(inspect) -> None:
    assert inspect(bytes.fromhex("7F2103420101")).code == 6


def test_a_card_image_tells_what_it_trusts_and_no_secret(inspect, chipid_issuer, chipid_citizen) -> None:
    authority = TestCvca.create("DETESTCVCA00001", profile=CvProfile(date(2026, 1, 1)))
    description = {**chipid_citizen, "pin": "918273", "puk": "8273645546"}
    image = personalise(description, chipid_issuer.signer, trust_points=[authority.raw], chip_date=date(2026, 3, 4))
    result = inspect(image.to_cbor(), "--json", "--show-personal")
    facts = {fact["name"]: fact["value"] for fact in result.json["facts"]}
    assert facts["authorities trusted for it"] == "DETESTCVCA00001"
    assert facts["the chip's date"] == "2026-03-04"
    assert (facts["opens with a PIN"], facts["has a PUK"]) == ("yes, 3 tries", "yes")
    assert "918273" not in result.out
    assert "8273645546" not in result.out


def test_a_sequence_of_no_known_kind_may_hold_anything(inspect) -> None:
    raw = build_tlv(0x30, build_tlv(0x0C, "Nguyễn Văn An".encode()))
    assert "Nguyễn" not in inspect(raw).out
    assert inspect(raw, "--json").json["structure_redacted"] is True
    assert "Nguyễn Văn An".encode().hex().upper() in inspect(raw, "--show-personal").out


def test_a_private_key_in_der_is_not_shown(inspect, chipid_card_image) -> None:
    key = chipid_card_image.active_authentication_key
    result = inspect(key, "--json", "--show-personal")
    assert result.json["type"] == "private-key"
    assert result.json["structure"] == []


def test_a_damaged_certificate_is_6(inspect, chipid_issuer) -> None:
    raw = chipid_issuer.csca.certificate
    version = raw.index(bytes.fromhex("A003020102"))
    result = inspect(raw[:version] + b"\xa1" + raw[version + 1 :])
    assert result.code == 6
    assert "at offset" in result.err


def test_signed_data(inspect, chipid_issuer) -> None:
    signed = chipid_issuer.signer.sign("1.2.840.113549.1.7.1", b"content")
    assert inspect(signed, "--json").json["type"] == "CMS"


def test_ef_card_security(inspect, chipid_issuer, chipid_card_image) -> None:
    infos = chipid_card_image.files[FileId.CARD_ACCESS]
    signed = chipid_issuer.signer.sign("0.4.0.127.0.7.3.2.1", infos)
    result = inspect(signed, "--json")
    assert result.json["type"] == "EF.CardSecurity"
    assert any(value.startswith("PACE-ECDH-GM") for _, value in facts(result.report))


def test_evidence(cli, evidence_file: Path) -> None:
    result = cli("inspect", evidence_file, "--json")
    assert result.code == 0
    assert result.json["type"] == "evidence"
    document = result.json["document"]
    assert document["profile"] == "vn-cccd"
    assert all(field["redacted"] or field["value"] is None for field in document["holder"])
    assert "PACE  with CAN from number  done" in cli("inspect", evidence_file).out


def test_a_card_image_tells_no_key(cli, desk) -> None:
    result = cli("inspect", desk.card, "--json")
    assert result.code == 0
    assert result.json["type"] == "card-image"
    found = dict(facts(result.report))
    assert found["opens with the CAN"] == "yes"
    assert found["needs Terminal Authentication"] == "DG3"
    assert "345678" not in cli("inspect", desk.card, "--show-personal").out


def test_a_portrait(inspect, chipid_card_image) -> None:
    face = Dg2.parse(chipid_card_image.files[FileId.DG2]).portrait
    assert face is not None
    result = inspect(face.image, "--json")
    assert result.json["title"] == "JPEG image"
    assert ("size", "480 × 640 pixels") in facts(result.report)


FINGER, EYE, FACE = encode(draw_finger("one"), "png"), encode(draw_iris("one"), "jpeg2000"), draw_portrait("one")
VIEW = MinutiaeView(position=1, view_number=0, impression_type=0, quality=50, minutiae=(Minutia(1, 10, 0, 10, 0, 0),))


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (
            build_record((FingerImage2005.from_image(FINGER, position=2, reserved=1),)),
            [("finger", f"PNG, 320 × 400 pixels, {len(FINGER)} octets"), ("deviations", "reserved")],
        ),
        (
            build_record((IrisImage2011.from_image(EYE, eye=1),) * 2),
            [("iris", f"JPEG2000, 640 × 480 pixels, {len(EYE)} octets")] * 2,
        ),
        (build_record((FaceImage.from_image(FACE),)), [("face", f"JPEG, 480 × 640 pixels, {len(FACE)} octets")]),
        (
            Dg2.of(FaceRepresentationBlock.from_image(FACE)).templates[0].record.build(),
            [("face", f"JPEG, 480 × 640 pixels, {len(FACE)} octets")],
        ),
        (MinutiaeRecord(99, 99, 197, 197, (VIEW, VIEW)).build(), [("impressions", "2"), ("minutiae", "2")]),
    ],
    ids=["finger", "iris", "face", "face of 39794", "minutiae"],
)
def test_biometric_records_by_themselves(inspect, raw: bytes, told: list[tuple[str, str]]) -> None:
    result = inspect(raw, "--json")
    assert (result.code, result.json["type"], result.json["structure"]) == (0, "biometric-record", [])
    assert facts(result.report) == told


@pytest.mark.parametrize("start", ["46495200", "49495200", "46414300", "464D5200"])
def test_a_biometric_record_of_another_edition_is_6(inspect, start: str) -> None:
    assert inspect(bytes.fromhex(start) + b"999\x00" + bytes(60)).code == 6


@pytest.mark.parametrize(
    ("image_format", "told"), [("png", ["PNG image"]), ("jpeg2000", ["JPEG2000 image", ("encoding", "JP2 file")])]
)
def test_images(inspect, image_format: str, told: list[Any]) -> None:
    result = inspect(encode(draw_finger("one"), image_format), "--json")
    assert [result.json["title"], *facts(result.report)[1:]] == told
    assert ("size", "320 × 400 pixels") in facts(result.report)


def test_a_transcript(cli, desk) -> None:
    trace = desk.path("trace")
    assert cli("dump", "--card", desk.card, "--number-file", desk.number, "--trace-whole", trace).code == 0
    result = cli("inspect", trace, "--json")
    assert result.json["type"] == "transcript"
    assert int(dict(facts(result.report))["exchanges"]) > 10


def test_a_transcript_of_headers_is_named_with_what_holds_more(cli, desk) -> None:
    trace = desk.path("trace")
    assert cli("dump", "--card", desk.card, "--number-file", desk.number, "--trace", trace).code == 0
    result = cli("inspect", trace)
    assert (result.code, result.out) == (5, "")
    assert "this transcript holds headers alone" in result.err
    assert "--trace-whole FILE" in result.err


def test_standard_input(cli, chipid_card_image) -> None:
    result = cli("inspect", "-", stdin=chipid_card_image.files[FileId.COM])
    assert result.code == 0
    assert result.out.startswith("EF.COM")


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "error: the file is empty\n"),
        (b"\x00hello", "no file that chipid knows"),
        (bytes.fromhex("60055F01043031"), "EF.COM: "),
        (bytes.fromhex("60055F01043031"), "in 60 at offset 2"),
        (bytes.fromhex("6D0530030201"), "DG13: cut off, 1 of 7 octets are missing: "),
        (bytes.fromhex("6D0530030201"), "at offset 0"),
        (bytes.fromhex("3004020101"), "ASN.1 SEQUENCE: cut off, 1 of 6 octets are missing: "),
        (bytes.fromhex("7F2182"), "card verifiable certificate: "),
        (bytes.fromhex("31"), "EF.CardAccess: "),
        (bytes.fromhex("77023000"), "EF.SOD: "),
        (bytes.fromhex("77023000"), "offset"),
        (b"\xff\xd8\xff\xe0", "image: "),
        (b"\xff\xd8\xff\xe0", "offset"),
        (b'{"a": ', "error: this is no JSON object\n"),
        (b'{"a": ' + b"[" * 100_000, "error: this is no JSON object\n"),
        (b'{"a": "Mau"}', "JSON: neither a report of chipid nor the description of a test card\n"),
        (b'{"schema": "chipid-report", "version": 1, "kind": "no"}', "JSON: this report lacks a field"),
        (b"# chipid transcript 1 whole\n<", "line 2"),
        (b"# chipid transcript \xff", "offset 20"),
    ],
)
def test_malformed_files_are_6_with_their_place(inspect, raw: bytes, message: str) -> None:
    result = inspect(raw)
    assert result.code == 6
    assert result.out == ""
    assert message in result.err
    assert result.err.startswith("chipid: error: ")


@pytest.mark.parametrize("file", [FileId.COM, FileId.SOD, FileId.DG1, FileId.DG2, FileId.DG13])
def test_a_file_that_is_cut_off_is_named_with_what_is_missing(inspect, chipid_card_image, file: FileId) -> None:
    raw = chipid_card_image.files[file]
    assert f"error: {file.label}: cut off, 7 of {len(raw)} octets are missing: " in inspect(raw[:-7]).err
    assert "cut off" not in inspect(raw + b"\x00").err


def test_a_report_of_chipid_is_recognised_and_not_repeated(cli, inspect, evidence_file: Path) -> None:
    report = cli("inspect", evidence_file, "--json", "--show-personal").raw
    result = inspect(report, "--json", "--show-personal")
    assert (result.code, result.json["type"], facts(result.report)) == (0, "report", [("kind", "file")])
    assert "Nguyễn" in report.decode()
    assert "Nguyễn" not in result.out
    assert inspect(report.replace(b'"version": 1', b'"version": 2')).code == 5


@pytest.mark.parametrize("card", ["citizen_2021", "passport_td3"])
def test_a_description_of_a_card_is_recognised_and_not_repeated(inspect, fixtures: Path, card: str) -> None:
    raw = (fixtures / "cards" / f"{card}.json").read_bytes()
    result = inspect(b"\n" + raw, "--json", "--show-personal")
    document = "cccd" if card == "citizen_2021" else "passport"
    assert (result.code, result.json["type"], facts(result.report)) == (0, "card-description", [("document", document)])
    assert "Nguyễn" not in result.out


def test_a_cut_file_is_6(inspect, chipid_card_image) -> None:
    for file, raw in chipid_card_image.files.items():
        assert inspect(raw[:-1]).code == 6, file


def test_a_file_nested_without_end_is_6(inspect) -> None:
    raw = b""
    for _ in range(DEPTH_LIMIT + 2):
        raw = build_tlv(0x30, raw)
    result = inspect(build_tlv(0x6D, raw))
    assert result.code == 6
    assert "nested too deeply" in result.err


def test_a_file_of_very_many_objects_is_cut_and_says_so(inspect) -> None:
    raw = build_tlv(0x6D, bytes.fromhex("0400") * (NODE_LIMIT + 1))
    result = inspect(raw, "--json", "--show-personal")
    assert result.code == 0
    assert result.json["truncated"] is True
    assert inspect(raw, "--show-personal").out.endswith("… and more\n")
    whole = build_tlv(0x6D, bytes.fromhex("0400") * (NODE_LIMIT - 1))
    assert inspect(whole, "--json", "--show-personal").json["truncated"] is False


def test_text_from_a_file_cannot_steer_the_terminal(inspect) -> None:
    texts = build_tlv(0x31, build_tlv(0x30, bytes.fromhex("060355040A"), build_tlv(0x0C, "\x1b[2J\u202eevil\r".encode())))
    result = inspect(texts)
    assert "\x1b" not in result.out
    assert "\u202e" not in result.out
    assert "\\u{1b}[2J\\u{202e}evil\\u{d}" in result.out


def test_a_damaged_sod_of_a_forger_is_6(inspect, desk) -> None:
    forged = attacks.with_announced_length(desk.image, FileId.SOD, 5000)
    assert inspect(forged.files[FileId.SOD]).code == 6
