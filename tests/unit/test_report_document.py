# SPDX-License-Identifier: Apache-2.0
"""report/document.py, report/json.py and report/schema.py: evidence as one object for programs."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

import chipid
from chipid.errors import MalformedData, UnsupportedFeature
from chipid.evidence import (
    AccessAttempt,
    ActiveAuthenticationTranscript,
    ChipAuthenticationTranscript,
    Evidence,
    FileFailure,
    Protocol,
    Result,
)
from chipid.iso7816.file_ids import FileId
from chipid.iso7816.tlv import build_tlv
from chipid.issuing.personalisation import personalise
from chipid.issuing.portrait import draw_portrait
from chipid.lds.biometrics.face_19794 import FaceImage
from chipid.lds.dg2 import Dg2
from chipid.lds.dg3 import Dg3
from chipid.lds.dg4 import Dg4
from chipid.lds.dg11 import Dg11
from chipid.lds.dg12 import Dg12
from chipid.lds.dg16 import Dg16, Person
from chipid.lds.displayed_images import Dg7
from chipid.lds.files import FILES
from chipid.lds.security_infos import ID_AA, ID_CA, ID_PACE, ID_TA
from chipid.report.document import document_report
from chipid.report.json import from_json, json_schema, to_json
from chipid.report.judgement import verdict_report
from chipid.report.protocol_names import PROTOCOL_NAMES, parameters_name, protocol_name
from chipid.report.schema import DocumentReport
from chipid.verification.verdict import CheckName, Decision

AT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
BIOMETRICS = {FileId.DG3: Dg3, FileId.DG4: Dg4}


def report(**changes: Any) -> DocumentReport:
    return document_report(Evidence(**{"read_at": AT, "files": {}, **changes}))


def test_evidence_of_nothing_is_a_report() -> None:
    empty = report()
    assert (empty.profile, empty.holder, empty.files, empty.offers, empty.portrait, empty.verdict) == (
        "icao",
        (),
        (),
        (),
        None,
        None,
    )
    assert [notice.code for notice in empty.notices] == ["not-verified"]


def test_what_was_read_of_a_cccd(chipid_card_image) -> None:
    found = report(files=dict(chipid_card_image.files))
    assert found.profile == "vn-cccd"
    assert found.portrait is not None
    assert (found.portrait.format, found.portrait.width, found.portrait.height) == ("JPEG", 480, 640)
    assert {field.source for field in found.holder} == {"DG1", "DG13"}
    assert {field.name for field in found.holder if field.sensitive} == {"ethnicity", "religion", "identifying_marks"}
    assert [offer.algorithm for offer in found.offers if offer.protocol == "PACE" and not offer.signed] == [
        "PACE-ECDH-GM-AES-CBC-CMAC-128"
    ]
    assert [offer.algorithm for offer in found.offers if offer.file == "DG15"] == ["RSA-2048"]
    assert found.troubles == ()


def test_a_passport_has_no_notice_of_residence(chipid_issuer) -> None:
    description = {
        "document": "passport",
        "state": "UTO",
        "nationality": "UTO",
        "surname": "Eriksson",
        "given_names": "Anna Maria",
        "number": "L898902C3",
        "birth": "1974-08-12",
        "sex": "F",
        "expiry": "2036-04-15",
        "portrait": "none",
    }
    found = report(files=dict(personalise(description, chipid_issuer.signer).files))
    assert found.profile == "icao"
    assert "residence-as-of-issue" not in {notice.code for notice in found.notices}
    assert {field.source for field in found.holder} == {"DG1"}


@pytest.mark.parametrize("vietnamese", [False, True])
def test_dg13_of_another_document_is_shown_where_it_is_laid_out_as_vietnams(
    chipid_issue, chipid_card_image, fixtures: Path, vietnamese: bool
) -> None:
    files = dict(chipid_issue(fixtures / "cards" / "passport_td3.json").files)
    files[FileId.DG13] = chipid_card_image.files[FileId.DG13] if vietnamese else build_tlv(0x6D, b"\x04\x01x")
    found = report(files=files)
    assert (found.profile, found.troubles) == ("icao", ())
    assert {field.source for field in found.holder} == ({"DG1", "DG13"} if vietnamese else {"DG1"})


def test_fingers_and_irises_are_counted_and_weighed(chipid_issue, fixtures: Path) -> None:
    files = chipid_issue(fixtures / "cards" / "passport_eac.json").files
    found = report(files=dict(files))
    assert [(each.file, each.shows, each.format, each.count) for each in found.images] == [
        ("DG3", "finger", "JPEG2000", 2),
        ("DG4", "iris", "JPEG2000", 2),
    ]
    sizes = [sum(len(image.image) for image in kind.parse(files[file]).images) for file, kind in BIOMETRICS.items()]
    assert [each.size for each in found.images] == sizes
    assert found.troubles == ()


def test_faces_behind_the_portrait_are_told_too() -> None:
    faces = [FaceImage.from_image(draw_portrait("one", image_format)) for image_format in ("jpeg", "jpeg2000", "jpeg")]
    found = report(files={FileId.DG2: Dg2.of(*faces).build()})
    assert found.portrait is not None
    assert (found.portrait.format, found.portrait.size) == ("JPEG", len(faces[0].image))
    assert [(each.shows, each.format, each.count, each.size) for each in found.images] == [
        ("face", "JPEG2000", 1, len(faces[1].image)),
        ("face", "JPEG", 1, len(faces[2].image)),
    ]


def test_a_picture_of_no_known_format_is_one_all_the_same() -> None:
    (images,) = report(files={FileId.DG7: Dg7((b"scrawl",)).build()}).images
    assert (images.format, images.count, images.size) == ("unknown", 1, 6)


UNKNOWN = bytes.fromhex("5F7F0141")


@pytest.mark.parametrize(
    ("file", "raw"),
    [
        (FileId.DG11, Dg11(personal_summary="x", unknown=(UNKNOWN,)).build()),
        (FileId.DG12, Dg12(unknown=(UNKNOWN,)).build()),
        (FileId.DG16, Dg16((Person(name="x"),), unknown=(UNKNOWN,)).build()),
        (FileId.DG16, Dg16((Person(name="x", unknown=(UNKNOWN,)),)).build()),
    ],
)
def test_what_a_file_says_beyond_the_standard_is_sensitive_and_told_in_hexadecimal(file: FileId, raw: bytes) -> None:
    evidence = Evidence(read_at=AT, files={file: raw})
    shown = [field for field in document_report(evidence, show_personal=True).holder if field.sensitive]
    assert [field.value for field in shown if field.name == "unknown"] == ["5F7F0141"]
    assert {field.name for field in shown} <= {"unknown", "personal_summary"}
    assert ("personal_summary" in {field.name for field in shown}) is (file is FileId.DG11)
    assert all(field.redacted and field.value is None for field in document_report(evidence).holder)


@pytest.mark.parametrize(
    ("field", "label", "text"),
    [
        ("3007020116 0C0241CC", "Unknown field 22", None),  # no UTF-8
        ("3007020116 0C024142", "Unknown field 22", "AB"),
        ("3009020116 0C024142 0500", "Unknown field 22", None),
        ("3009020116 30040C024142", "Unknown field 22", None),
        ("3003020116", "Unknown field 22", None),
        ("0C024142", "Unknown field without number", None),
        ("3006020104 0401AB", "Sex (giới tính), not understood", None),
    ],
)
def test_an_unknown_field_of_dg13_is_told_with_its_number_and_the_text_that_it_is(field: str, label: str, text: str | None) -> None:
    raw = bytes.fromhex(field)
    header = bytes.fromhex("020101 060628D316010008")
    files = {FileId.DG13: build_tlv(0x6D, build_tlv(0x30, header, build_tlv(0x31, raw)))}
    (shown,) = document_report(Evidence(read_at=AT, files=files), show_personal=True).holder
    assert (shown.name, shown.label, shown.value, shown.text) == ("unknown", label, raw.hex().upper(), text)
    assert shown.sensitive


def test_the_lines_of_the_zone_are_kept_apart(chipid_card_image) -> None:
    files = {FileId.DG1: chipid_card_image.files[FileId.DG1]}
    shown = document_report(Evidence(read_at=AT, files=files), show_personal=True).holder
    (zone,) = (field.value for field in shown if field.name == "mrz")
    assert zone is not None
    assert [len(line) for line in zone.split("\n")] == [30, 30, 30]


def test_how_a_file_departs_from_its_standard_stands_beside_it() -> None:
    (file,) = report(files={FileId.DG16: bytes.fromhex("7003020101")}).files
    assert (file.state, file.deviations) == ("read", ("person-count",))


def test_a_file_beyond_what_chipid_speaks_is_a_trouble(monkeypatch: pytest.MonkeyPatch) -> None:
    def parse(raw: bytes) -> Dg16:
        raise UnsupportedFeature("persons of another kind")

    monkeypatch.setattr(Dg16, "parse", parse)
    found = report(files={FileId.DG16: b"", FileId.DG12: Dg12(endorsements="x").build()})
    (trouble,) = found.troubles
    assert (trouble.file, trouble.message, trouble.path) == ("DG16", "persons of another kind", ())
    assert [field.source for field in found.holder] == ["DG12"]


@pytest.mark.parametrize(
    ("failure", "state"),
    [
        (FileFailure(reason="not-asked"), "not-asked"),
        (FileFailure(sw=0x6A82), "missing"),
        (FileFailure(sw=0x6982), "refused"),
        (FileFailure(reason="not-authorised"), "refused"),
        (FileFailure(sw=0x6F00), "failed"),
        (FileFailure(reason="malformed"), "failed"),
    ],
)
def test_why_a_file_is_not_there(failure: FileFailure, state: str) -> None:
    (file,) = report(failures={FileId.DG3: failure}).files
    assert (file.name, file.state, file.size) == ("DG3", state, None)


@pytest.mark.parametrize("file", list(FILES))
def test_a_file_that_cannot_be_understood_is_named(chipid_card_image, file: FileId) -> None:
    broken = {**chipid_card_image.files, file: b"\x7f"}
    found = report(files=broken)
    assert [trouble.file for trouble in found.troubles] == [file.label]
    assert found.troubles[0].message


def test_the_place_of_the_trouble_is_told(chipid_card_image) -> None:
    raw = build_tlv(0x6D, bytes.fromhex("3003020101"))
    (trouble,) = report(files={**chipid_card_image.files, FileId.DG13: raw}).troubles
    assert (trouble.file, trouble.path) == ("DG13", ("6D", "30"))
    assert trouble.offset is not None


def test_proofs() -> None:
    active = ActiveAuthenticationTranscript(bytes(8), b"", 0x6985, "given")
    chip = ChipAuthenticationTranscript("0.4.0.127.0.7.2.2.3.2.2", None, b"k", b"p", b"c", b"r", 0x9000)
    found = report(active_authentication=active, chip_authentication=chip)
    assert [(proof.protocol, proof.done, proof.sw, proof.challenge) for proof in found.proofs] == [
        ("CA", True, "9000", None),
        ("AA", False, "6985", "given"),
    ]


def test_accesses() -> None:
    attempt = AccessAttempt(Protocol.PACE, "mrz", Result.FAILED, "qr", f"{ID_PACE}.2.4", 16, "wrong-password")
    (access,) = report(accesses=(attempt,)).access
    assert (access.algorithm, access.parameters) == ("PACE-ECDH-GM-AES-CBC-CMAC-256", "brainpoolP384r1")
    assert (access.result, access.reason) == ("failed", "wrong-password")


def test_text_in_evidence_cannot_steer_a_terminal() -> None:
    hostile = "\x1b[2J\u202e"
    found = report(
        reader=hostile,
        notes=(hostile,),
        accesses=(AccessAttempt(Protocol.BAC, hostile, Result.DONE, hostile, None, None, hostile),),
        failures={FileId.DG3: FileFailure(reason=hostile)},
    )
    assert "\\u001b" not in to_json(found).decode()
    assert "\x1b" not in repr(found)
    assert "\u202e" not in repr(found)


def test_the_report_on_a_verdict(chipid_card_image, chipid_trust) -> None:
    evidence = Evidence(read_at=datetime.now(UTC), files=dict(chipid_card_image.files))
    verdict = chipid.verify(evidence, trust=chipid_trust)
    assert verdict.decision is not Decision.ACCEPTED  # nobody proved to be the chip
    found = verdict_report(evidence, verdict)
    assert found.verdict.decision == verdict.decision.value
    assert [check.name for check in found.verdict.checks] == [name.name.lower() for name in CheckName]
    assert found.verdict.reasons == verdict.reasons
    assert document_report(evidence, verdict).verdict == found.verdict


# JSON ------------------------------------------------------------------------------------------------------------


def test_json_there_and_back(chipid_card_image) -> None:
    found = report(files=dict(chipid_card_image.files))
    raw = to_json(found)
    assert raw.endswith(b"}\n")
    assert from_json(raw) == found
    parsed = json.loads(raw)
    assert (parsed["kind"], parsed["schema"], parsed["version"]) == ("document", "chipid-report", 1)


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"schema": "other"}, MalformedData),
        ({"version": 2}, UnsupportedFeature),
        ({"kind": "other"}, MalformedData),
        ({"files": None}, MalformedData),
        ({"surprise": 1}, MalformedData),
    ],
)
def test_what_is_no_report(change: dict[str, object], kind: type[Exception]) -> None:
    with pytest.raises(kind):
        from_json(json.dumps({**json.loads(to_json(report())), **change}).encode())


@given(st.binary())
def test_hostile_json_is_malformed(raw: bytes) -> None:
    with pytest.raises(MalformedData):
        from_json(raw)


def test_the_schema_names_every_kind() -> None:
    schema = json_schema()
    kinds = [definition["properties"]["kind"] for definition in schema["$defs"].values() if "kind" in definition["properties"]]
    trust = {f"trust-{kind}" for kind in ("import", "list", "object", "audit", "change")}
    tags = {kind["enum"][0] for kind in kinds if "enum" in kind}
    assert tags == {"document", "verdict", "readers", "file", "issued", "terminal", *trust}
    for name, definition in schema["$defs"].items():
        assert definition["additionalProperties"] is False, name


def test_the_schema_holds_for_a_report(chipid_card_image) -> None:
    """What the schema demands is there, and what is there the schema knows."""
    schema = json_schema()["$defs"]["DocumentReport"]
    parsed = json.loads(to_json(report(files=dict(chipid_card_image.files))))
    assert set(schema["required"]) <= set(parsed) <= set(schema["properties"])


# Names -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("oid", "name"),
    [
        (f"{ID_PACE}.2.2", "PACE-ECDH-GM-AES-CBC-CMAC-128"),
        (f"{ID_PACE}.3.1", "PACE-DH-IM-3DES-CBC-CBC"),
        (f"{ID_PACE}.6.4", "PACE-ECDH-CAM-AES-CBC-CMAC-256"),
        (f"{ID_CA}.1.1", "CA-DH-3DES-CBC-CBC"),
        (f"{ID_CA}.2.4", "CA-ECDH-AES-CBC-CMAC-256"),
        (ID_AA, "AA"),
        (ID_TA, "TA"),
        ("1.2.3", "1.2.3"),
        (f"{ID_CA}.2", "CA-ECDH"),
    ],
)
def test_protocol_names(oid: str, name: str) -> None:
    assert protocol_name(oid) == name


def test_chip_authentication_mapping_has_no_3des() -> None:
    """ICAO 9303-11 §9.2.3 leaves it out."""
    assert f"{ID_PACE}.6.1" not in PROTOCOL_NAMES


@pytest.mark.parametrize(("number", "name"), [(13, "brainpoolP256r1"), (0, "modp1024-160"), (40, "parameters 40"), (None, None)])
def test_parameter_names(number: int | None, name: str | None) -> None:
    assert parameters_name(number) == name


def test_a_report_of_changed_evidence_is_another(chipid_card_image) -> None:
    evidence = Evidence(read_at=AT, files=dict(chipid_card_image.files))
    assert document_report(replace(evidence, complete=False)).complete is False
    assert "incomplete" in {notice.code for notice in document_report(replace(evidence, complete=False)).notices}
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"kind": "document"}, DocumentReport)
