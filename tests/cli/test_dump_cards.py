# SPDX-License-Identifier: Apache-2.0
"""``chipid dump`` on cards of every kind: each value of the description is in the report, and hidden where nobody asked for it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from chipid.emulator import attacks
from chipid.emulator.icc import EmulatedCard
from chipid.iso7816.file_ids import FileId
from chipid.iso7816.tlv import build_tlv
from chipid.issuing.card_image import CardImage
from chipid.issuing.printed_qr import printed_qr
from chipid.profiles.vn_cccd import FIELDS, CitizenNumber, QrFormat, expiry_candidates, parse_qr
from chipid.report.json import from_json
from chipid.report.schema import DocumentReport

CARDS = Path(__file__).resolve().parents[2] / "fixtures" / "cards"
CCCDS = (
    "citizen_2021",
    "cancuoc_2024",
    "child_without_portrait",
    "citizen_no_expiry",
    "citizen_long_address",
    "citizen_unknown_field",
)
PASSPORTS = ("passport_td3", "passport_details")

Dump = Callable[..., Any]


def described(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((CARDS / f"{name}.json").read_text(encoding="utf-8"))
    return found


def key_of(name: str) -> tuple[str, str]:
    """The kind of key, and the key."""
    entries = described(name)
    return ("number", entries["number"]) if entries["document"] == "cccd" else ("can", entries["can"])


@pytest.fixture
def image(chipid_issue: Callable[..., CardImage]) -> Callable[[str], CardImage]:
    return lambda name: chipid_issue(CARDS / f"{name}.json")


@pytest.fixture
def dump(cli: Any, desk: Any, image: Callable[[str], CardImage]) -> Dump:
    """``dump("citizen_2021", "--json")``: every file of that card; ``changed`` is read in its place."""

    def run(name: str, *arguments: str, changed: CardImage | None = None) -> Any:
        kind, key = key_of(name)
        card = desk.lay(changed or image(name))
        return cli("dump", "--card", card, f"--{kind}-file", "-", "--files", "everything", *arguments, stdin=f"{key}\n".encode())

    return run


# What the descriptions say -----------------------------------------------------------------------------------------


def written(day: str | None) -> str:
    return "/".join(reversed(day.split("-"))) if day is not None else "Không thời hạn"


def listed(value: list[str] | str | None) -> str | None:
    return "; ".join(value) if isinstance(value, list) and value else value if isinstance(value, str) else None


def expected_dg13(entries: dict[str, Any]) -> Iterator[tuple[int, str | None]]:
    for number, meaning in FIELDS.items():
        yield number, listed(entries.get(meaning.name))


def expected_of_cccd(entries: dict[str, Any]) -> dict[int, str | None]:
    """DG13's fields by number."""
    said = dict(expected_dg13(entries)) | {
        1: entries["number"],
        2: entries["name"],
        3: written(entries["birth"]),
        4: {"M": "Nam", "F": "Nữ"}[entries["sex"]],
        5: "Việt Nam",
        11: written(entries["issued"]),
        12: written(entries["expiry"]),
    }
    for number, text in entries.get("extra_fields", {}).items():
        raw = build_tlv(0x30, build_tlv(0x02, int(number).to_bytes()), build_tlv(0x0C, text.encode()))
        said[int(number)] = raw.hex().upper()
    return said


def expected_details(entries: dict[str, Any]) -> dict[tuple[str, int | None, str], str]:
    """By file, person and field."""
    sections = [("DG11", None, entries["personal_details"]), ("DG12", None, entries["document_details"])]
    sections += [("DG16", number, person) for number, person in enumerate(entries["persons_to_notify"], 1)]
    found = {}
    for file, number, section in sections:
        for name, value in section.items():
            if value != "drawn":
                text = listed(value) or ""
                found[file, number, name] = text.replace("-", "") if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) else text
    return found


def document(result: Any) -> DocumentReport:
    report = result.report
    assert isinstance(report, DocumentReport)
    return report


# In process --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CCCDS)
def test_every_field_of_a_citizens_card_is_told(dump: Dump, name: str) -> None:
    entries, result = described(name), dump(name, "--json", "--show-personal")
    assert (result.code, result.err) == (0, "")
    report = document(result)
    told = {field.number: field.value for field in report.holder if field.source == "DG13"}
    assert told == expected_of_cccd(entries)
    zone = {field.name: field.value for field in report.holder if field.source == "DG1"}
    assert zone["document_number"] == entries["number"][3:]
    assert zone["expiry_date"] == (entries["expiry"] or "2099-12-31")[2:].replace("-", "")
    unknown = [field for field in report.holder if field.name == "unknown"]
    assert [str(field.number) for field in unknown] == list(entries.get("extra_fields", {}))
    assert all(field.sensitive for field in unknown)
    assert (report.portrait is None) is (entries.get("portrait") == "none")
    assert (report.profile, report.troubles, report.images) == ("vn-cccd", (), ())


@pytest.mark.parametrize("name", CCCDS)
def test_every_field_of_a_citizens_card_can_be_read_on_a_screen(dump: Dump, name: str) -> None:
    result = dump(name, "--show-personal")
    assert result.code == 0
    holder = result.out.split("\nHolder\n")[1].split("\n\n")[0]
    assert max(map(len, holder.splitlines())) <= 80
    shown = re.sub(r"\s+", "", holder)
    entries = described(name)
    unknown = {int(number): f'"{text}"' for number, text in entries.get("extra_fields", {}).items()}
    expected = expected_of_cccd(entries) | unknown
    missing = [value for value in expected.values() if value and re.sub(r"\s+", "", value) not in shown]
    assert missing == []
    assert all(f"Unknown field {number}" in holder for number in unknown)


def test_every_detail_of_a_passport_is_told(dump: Dump) -> None:
    entries, result = described("passport_details"), dump("passport_details", "--json", "--show-personal")
    assert (result.code, result.err) == (0, "")
    report = document(result)
    told = {(field.source, field.number, field.name): field.value for field in report.holder if field.source != "DG1"}
    assert told == expected_details(entries)
    zone = {field.name: field.value for field in report.holder if field.source == "DG1"}
    assert (zone["document_number"], zone["primary_identifier"]) == (entries["number"], "HOANG")
    assert (report.profile, report.troubles) == ("icao", ())
    assert report.portrait is not None
    assert report.portrait.format == "JPEG2000"
    assert 59_000 < report.portrait.size <= 60_000
    assert {(images.file, images.shows, images.format, images.count) for images in report.images} == {
        ("DG5", "displayed-portrait", "JPEG", 1),
        ("DG7", "signature", "JPEG", 1),
        ("DG11", "proof-of-citizenship", "JPEG", 1),
        ("DG12", "front-image", "JPEG", 1),
        ("DG12", "rear-image", "JPEG", 1),
    }
    assert {file.name: file.state for file in report.files}["DG3"] == "refused"
    text = dump("passport_details", "--show-personal").out
    assert "DG7, signature: 1 JPEG, " in text
    assert [value for value in told.values() if value and value not in text] == []


@pytest.mark.parametrize("name", [*CCCDS, *PASSPORTS])
def test_nothing_is_told_where_nobody_asked_for_it(dump: Dump, name: str) -> None:
    entries = described(name)
    values = [*expected_of_cccd(entries).values()] if entries["document"] == "cccd" else []
    values += [*expected_details(entries).values()] if "persons_to_notify" in entries else []
    values += [entries["number"], entries.get("can"), entries.get("surname")]
    secrets = {value for value in values if value and len(value) > 3}
    for arguments in ((), ("--json",)):
        result = dump(name, *arguments)
        assert result.code == 0
        assert [secret for secret in secrets if secret in result.out + result.err] == []
    assert all(field.redacted for field in document(dump(name, "--json")).holder if field.source in ("DG11", "DG12", "DG16"))


def test_deviations_of_a_file_stand_beside_it(dump: Dump) -> None:
    assert "deviations: field-99-unknown" in dump("citizen_unknown_field").out
    files = {file.name: file.deviations for file in document(dump("cancuoc_2024", "--json")).files}
    assert files["DG13"] == tuple(f"field-{number}-unknown" for number in (17, 18, 19, 20))
    assert files["DG2"] == ()


@pytest.mark.parametrize(
    ("file", "raw", "path", "offset"),
    [
        (FileId.DG11, "6B075C025F0E5F0E05", ("6B",), 6),
        (FileId.DG12, "6C035C7F00", ("6C",), 2),
        (FileId.DG16, "7004020101A1", ("70",), 5),
        (FileId.DG7, "67025F43", ("67",), 2),
    ],
)
def test_a_malformed_file_is_a_trouble_with_its_place_and_the_rest_is_shown(
    dump: Dump, image: Callable[[str], CardImage], file: FileId, raw: str, path: tuple[str, ...], offset: int
) -> None:
    changed = attacks.with_file(image("passport_details"), file, bytes.fromhex(raw))
    result = dump("passport_details", "--json", "--show-personal", changed=changed)
    report = document(result)
    assert result.code == 6
    assert [(trouble.file, trouble.path, trouble.offset) for trouble in report.troubles] == [(file.label, path, offset)]
    others = {"DG1", "DG11", "DG12", "DG16"} - {file.label}
    assert {field.source for field in report.holder} == others
    text = dump("passport_details", changed=changed)
    assert text.code == 6
    assert "Not understood" in text.out


# The descriptions themselves ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CCCDS)
def test_a_citizens_card_lasts_and_its_number_fits_the_holder(name: str) -> None:
    entries = described(name)
    birth, number = entries["birth"], CitizenNumber(entries["number"])
    expiry = date.fromisoformat(entries["expiry"]) if entries["expiry"] is not None else None
    last_day = date.fromisoformat(birth if len(birth) == 10 else f"{birth}-28")
    issued = date.fromisoformat(entries["issued"])
    assert expiry in expiry_candidates(last_day, issued, issued)
    assert expiry is None or expiry.year >= 2035
    # The number that README shows is older than this rule.
    odd = ("province", "birth-year") if name == "citizen_2021" else ("province",)
    assert number.oddities(sex=entries["sex"], birth_year=int(birth[:4])) == odd


# The QR code -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CCCDS)
def test_the_qr_code_of_a_card_opens_it(cli: Any, desk: Any, image: Callable[[str], CardImage], name: str) -> None:
    entries, text = described(name), printed_qr(image(name))
    found = parse_qr(text)
    assert found.format is (QrFormat.CANCUOC2024 if entries["issued"] >= "2024-07-01" else QrFormat.CCCD7)
    assert (found.number, found.full_name, found.residence) == (entries["number"], entries["name"], entries["residence"])
    assert found.old_number == entries.get("old_number")
    assert found.issue_date is not None
    assert found.issue_date.complete == date.fromisoformat(entries["issued"])
    is_child = entries["issued"] >= "2024-07-01" and int(entries["issued"][:4]) - int(entries["birth"][:4]) < 14
    assert list(found.parents) == (entries["parents"] if is_child else [])
    result = cli("dump", "--card", desk.lay(image(name)), "--qr-file", "-", "--json", stdin=text.encode())
    assert (result.code, document(result).access[-1].result) == (0, "done")


# Through a reader --------------------------------------------------------------------------------------------------


@pytest.mark.pcscd
@pytest.mark.parametrize("name", ["cancuoc_2024", "passport_details"])
def test_a_card_on_a_reader_tells_the_same(at_the_reader: Any, dump: Dump, image: Callable[[str], CardImage], name: str) -> None:
    pytest.importorskip("smartcard.scard", reason="pyscard is not installed")
    kind, key = key_of(name)
    arguments = ("--files", "everything", "--show-personal")
    done = at_the_reader("dump", *arguments, card=EmulatedCard(image(name)), kind=kind, key=key)
    assert done.returncode == 0, done.stderr
    there, here = from_json(done.stdout.encode()), document(dump(name, "--json", "--show-personal"))
    assert isinstance(there, DocumentReport)
    assert (there.holder, there.images, there.portrait, there.files) == (here.holder, here.images, here.portrait, here.files)
