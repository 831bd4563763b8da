# SPDX-License-Identifier: Apache-2.0
"""No repr, no exception and no log of what holds personal data shows them."""

from __future__ import annotations

import logging
from dataclasses import fields, is_dataclass
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

import chipid
from chipid.emulator.icc import EmulatedCard
from chipid.evidence import Evidence
from chipid.iso7816.file_ids import FileId
from chipid.issuing.personalisation import personalise
from chipid.lds.dg1 import Dg1
from chipid.lds.dg2 import Dg2
from chipid.profiles.vn_cccd import Dg13
from chipid.report.document import document_report
from chipid.report.files import file_report
from chipid.report.json import to_json
from chipid.report.judgement import verdict_report
from chipid.report.text import document_text, verdict_text

NEEDLES = (
    "099012345678",
    "012345678",
    "345678",
    "990917",
    "390917",
    "NGUYEN",
    "Nguyễn",
    "Nguy\\u1ec5n",
    "Thuận Thành",
    "0293ABCDEF012345",
)


@pytest.fixture(scope="module")
def evidence(chipid_card_image, chipid_keys) -> Evidence:
    return chipid.read(chipid_keys, channel=EmulatedCard(chipid_card_image))


@pytest.fixture(scope="module")
def verdict(evidence, chipid_trust):
    return chipid.verify(evidence, trust=chipid_trust)


def silent(text: str) -> None:
    assert [needle for needle in NEEDLES if needle in text] == []


def shapes(value: object) -> list[str]:
    """The repr and str of an object, and of everything that its fields hold."""
    below = [getattr(value, field.name) for field in fields(value)] if is_dataclass(value) else []
    return [repr(value), f"{value}", *(text for child in below if is_dataclass(child) for text in shapes(child))]


def test_what_was_read(evidence: Evidence) -> None:
    for text in shapes(evidence):
        silent(text)


def test_the_verdict(verdict) -> None:
    for text in shapes(verdict):
        silent(text)


def test_keys_passwords_and_cards(chipid_card_image, chipid_keys) -> None:
    for value in (chipid_card_image, chipid_keys, EmulatedCard(chipid_card_image)):
        for text in shapes(value):
            silent(text)
    for password in chipid_keys.passwords:
        silent(repr(password))


def test_parsed_files(chipid_card_image) -> None:
    files = chipid_card_image.files
    dg13 = Dg13.parse(files[FileId.DG13])
    for value in (Dg1.parse(files[FileId.DG1]), Dg2.parse(files[FileId.DG2]), dg13, *dg13.fields):
        for text in shapes(value):
            silent(text)


@pytest.mark.parametrize("shown", [False, True])
def test_reports(evidence: Evidence, verdict, shown: bool) -> None:
    report = document_report(evidence, verdict, show_personal=shown)
    for text in (to_json(report).decode(), document_text(report), repr(report)):
        found = [needle for needle in NEEDLES if needle in text]
        assert bool(found) is shown
    verdict_only = verdict_report(evidence, verdict)
    for text in (to_json(verdict_only).decode(), verdict_text(verdict_only), repr(verdict_only)):
        silent(text)


@pytest.mark.parametrize("file", [FileId.DG1, FileId.DG2, FileId.DG13])
def test_every_way_to_damage_a_file_ends_in_a_silent_error(chipid_card_image, file: FileId) -> None:
    raw = chipid_card_image.files[file]
    for place in [*range(64), len(raw) - 1]:
        for octet in (0x00, 0x41, 0x7F, 0xFF):
            damaged = raw[:place] + bytes((octet,)) + raw[place + 1 :]
            try:
                report = file_report(damaged)
            except chipid.ChipIdError as error:
                silent(f"{error!r} {error} {error.hint}")
            else:
                silent(to_json(report).decode())


def test_nothing_is_logged(caplog: pytest.LogCaptureFixture, chipid_card_image, chipid_keys, chipid_trust) -> None:
    caplog.set_level(logging.DEBUG)
    found = chipid.read(chipid_keys, channel=EmulatedCard(chipid_card_image))
    chipid.verify(found, trust=chipid_trust)
    assert [record for record in caplog.records if record.name.startswith("chipid")] == []


def test_an_error_of_the_key_is_silent(chipid_card_image) -> None:
    wrong: Any
    for wrong in ("09901234567", "099012345678x", "NGUYEN"):
        with pytest.raises(chipid.MalformedData) as caught:
            chipid.AccessKeys.from_number(wrong)
        assert wrong not in f"{caught.value!r} {caught.value.hint}"
    keys = chipid.AccessKeys.from_fields("012345678", "990917", "290917")
    with pytest.raises(chipid.WrongPassword) as refused:
        chipid.read(keys, channel=EmulatedCard(chipid_card_image))
    silent(f"{refused.value!r} {refused.value} {refused.value.hint}")


# Terminals with rights -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def terminal_evidence(chipid_issuer: Any, chipid_cv_pki: Any, chipid_terminal: Any, chipid_keys: Any) -> tuple[Evidence, ...]:
    """Of each way in which a chip and a terminal prove themselves."""
    citizen = {"number": "099012345678", "name": "Nguyễn Văn An", "birth": "1999-09-17", "issued": "2021-05-10", "portrait": "none"}
    chips: tuple[dict[str, Any], ...] = (
        {"terminal_authentication": {"version": 1}},
        {"terminal_authentication": {"version": 2}, "chip_authentication": {"version": 2, "key_id": 1}},
        {"terminal_authentication": {"version": 1}, "chip_authentication": None, "pace": {"mapping": "CAM"}},
    )
    cvca = chipid_cv_pki.cvca
    images = [personalise({**citizen, **chip}, chipid_issuer.signer, trust_points=[cvca.raw]) for chip in chips]
    challenge = bytes.fromhex("0123456789ABCDEF")
    return tuple(
        chipid.read(chipid_keys, channel=EmulatedCard(image), terminal=chipid_terminal, challenge=challenge) for image in images
    )


def forms(octets: bytes) -> tuple[str, ...]:
    """How octets may look in a text."""
    return octets.hex(), octets.hex().upper(), repr(octets)[2:-1]


def test_evidence_shows_neither_transcripts_nor_fingerprints(terminal_evidence: tuple[Evidence, ...]) -> None:
    for found in terminal_evidence:
        assert FileId.DG3 in found.files
        transcripts = (found.active_authentication, found.chip_authentication, *found.chip_authentication_mapping)
        values = [value for each in transcripts if each is not None for value in vars(each).values()]
        secrets = [value for value in values if isinstance(value, bytes)]
        assert secrets
        for text in (*shapes(found), *map(repr, transcripts)):
            silent(text)
            for octets in (*(each for each in secrets if len(each) >= 8), found.files[FileId.DG3][:16]):
                assert not [form for form in forms(octets) if form in text]


def test_reports_on_such_evidence_show_nothing_either(terminal_evidence: tuple[Evidence, ...], chipid_trust: Any) -> None:
    for found in terminal_evidence:
        verdict = chipid.verify(found, trust=chipid_trust, challenge=bytes.fromhex("0123456789ABCDEF"))
        report = document_report(found, verdict)
        for text in (document_text(report), to_json(report).decode(), repr(report), repr(verdict)):
            silent(text)
            assert "0123456789ABCDEF" not in text.upper()


def test_credentials_signers_and_keys(chipid_terminal: Any, chipid_cv_pki: Any, tmp_path: Any) -> None:
    terminal = chipid_cv_pki.terminal
    path = tmp_path / "terminal.pem"
    path.write_bytes(terminal.key.to_pem())
    with chipid.open_signer(str(path)) as signer:
        credentials = chipid.TerminalCredentials.parse([terminal.raw], signer)
        values = (signer, credentials, chipid_terminal, terminal, chipid_cv_pki, *credentials.certificates)
        texts = [text for value in values for text in shapes(value)]
    number = load_pem_private_key(terminal.key.to_pem(), None).private_numbers().private_value  # type: ignore[union-attr]
    for text in texts:
        assert str(number) not in text
        assert not [form for form in forms(number.to_bytes(32, "big")) if form in text]


def test_a_uri_shows_where_a_pin_lies_and_no_pin() -> None:
    with pytest.raises(chipid.ChipIdError) as caught:
        chipid.Pkcs11Uri.parse("pkcs11:token=x;object=y?module-path=/m&pin-value=271828")
    assert "271828" not in f"{caught.value!r} {caught.value} {caught.value.hint}"


def test_pin_and_puk() -> None:
    for keys in (chipid.AccessKeys.from_pin("918273", can="345678"), chipid.AccessKeys.from_puk("8273645546")):
        for text in (*shapes(keys), *(text for password in keys.passwords for text in shapes(password))):
            assert not [needle for needle in ("918273", "345678", "8273645546") if needle in text]
