# SPDX-License-Identifier: Apache-2.0
"""``chipid dump``."""

from __future__ import annotations

import stat

import pytest

import chipid
from chipid.emulator import attacks, faults
from chipid.emulator.exchange import Exchange
from chipid.emulator.icc import EmulatedCard
from chipid.errors import CardRemoved, NoCard, NoReader, TransmitFailed
from chipid.evidence import Evidence
from chipid.inspection.plan import ReadingPlan
from chipid.iso7816.apdu import ResponseAPDU
from chipid.iso7816.file_ids import FileId
from chipid.lds.dg2 import Dg2
from chipid.report.schema import DocumentReport


def dump(cli, desk, *arguments, card=None):
    return cli("dump", "--card", card or desk.card, "--number-file", desk.number, *arguments)


def test_the_report_goes_to_stdout_and_nothing_else_does(cli, desk) -> None:
    result = dump(cli, desk)
    assert result.code == 0
    assert result.err == ""
    assert "PACE  with CAN from number  done  PACE-ECDH-GM-AES-CBC-CMAC-128, brainpoolP256r1" in result.out
    assert "DG15           298 octets" in result.out
    assert "These data have been read, not verified" in result.out
    assert "The permanent residence is the one registered when the card was issued." in result.out
    assert "The chip says nothing of temporary residence." in result.out


def test_json_is_one_object_of_the_schema(cli, desk) -> None:
    result = dump(cli, desk, "--json")
    assert result.err == ""
    report = result.report
    assert isinstance(report, DocumentReport)
    assert (report.schema, report.version, report.profile, report.complete) == ("chipid-report", 1, "vn-cccd", True)
    assert {file.name for file in report.files if file.state == "read"} >= {"EF.COM", "EF.SOD", "DG1", "DG2", "DG13"}
    assert [file.state for file in report.files if file.name == "DG3"] == ["not-asked"]
    assert report.access[-1].password == "can"
    assert {proof.protocol for proof in report.proofs if proof.done} == {"AA", "CA"}
    assert report.verdict is None
    assert report.troubles == ()


def test_personal_data_are_shown_where_that_is_asked_for(cli, desk) -> None:
    report = dump(cli, desk, "--json", "--show-personal").report
    assert isinstance(report, DocumentReport)
    fields = {(field.source, field.name): field for field in report.holder}
    assert fields["DG13", "full_name"].value == "Nguyễn Văn An"
    assert fields["DG1", "document_number"].value == "012345678"
    assert fields["DG13", "parents"].value == "Nguyễn Văn Bình; Trần Thị Cúc"
    assert fields["DG13", "religion"].sensitive
    assert not any(field.redacted for field in report.holder)
    assert "Nguyễn Văn An" in dump(cli, desk, "--show-personal").out


def test_evidence_and_portrait_are_private_files(cli, desk, chipid_card_image) -> None:
    evidence, portrait = desk.path("card.evidence"), desk.path("face.jpg")
    assert dump(cli, desk, "--out", evidence, "--portrait", portrait).code == 0
    for path in (evidence, portrait):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    face = Dg2.parse(chipid_card_image.files[FileId.DG2]).portrait
    assert face is not None
    assert portrait.read_bytes() == face.image
    assert Evidence.load(evidence).file(FileId.DG1) == chipid_card_image.files[FileId.DG1]


def test_a_portrait_that_is_not_there_is_said(cli, desk, chipid_issue) -> None:
    child = desk.lay(chipid_issue(portrait="none"))
    result = dump(cli, desk, "--portrait", desk.path("face.jpg"), card=child)
    assert result.code == 5
    assert result.err.startswith("chipid: warning: there is no portrait to save")
    assert not desk.path("face.jpg").exists()
    assert "EF.SOD" in result.out


def test_nothing_is_overwritten_without_force(cli, desk) -> None:
    desk.path("card.evidence").write_text("kept")
    result = dump(cli, desk, "--out", desk.path("card.evidence"))
    assert result.code == 2
    assert result.out == ""
    assert "exists already" in result.err
    assert "chipid: hint: --force overwrites it." in result.err
    assert desk.path("card.evidence").read_text() == "kept"
    assert dump(cli, desk, "--out", desk.path("card.evidence"), "--force").code == 0
    assert desk.path("card.evidence").read_bytes() != b"kept"


@pytest.mark.parametrize("option", ["--out", "--portrait", "--trace", "--trace-whole"])
def test_a_folder_that_is_not_there_is_told_before_the_card_is_read(cli, desk, on_reader, option: str) -> None:
    asked = on_reader(desk.image)
    result = cli("dump", "--number-file", desk.number, option, desk.path("nowhere") / "file")
    assert result.code == 2
    assert "does not exist" in result.err
    assert asked == []


@pytest.mark.parametrize(("plan", "read"), [("identity", False), ("portrait", True)])
def test_less_is_read_for_less(cli, desk, plan: str, read: bool) -> None:
    report = dump(cli, desk, "--json", "--files", plan).report
    assert isinstance(report, DocumentReport)
    assert any(file.name == "DG2" and file.state == "read" for file in report.files) is read
    assert (report.portrait is not None) is read


def test_everything_is_tried_and_refusals_are_named(cli, desk) -> None:
    report = dump(cli, desk, "--json", "--files", "everything").report
    assert isinstance(report, DocumentReport)
    assert [file.state for file in report.files if file.name == "DG3"] == ["refused"]


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("file-refused:file=DG1", "DG1 could not be read: refused (not-authorised)"),
        ("file-refused:file=DG13,sw=6F00", "DG13 could not be read: failed (6F00)"),
        ("file-refused:file=DG2,sw=6A82", "DG2 could not be read: missing (6A82)"),
        ("file-refused:file=DG3", None),
    ],
)
def test_a_file_that_was_wanted_and_could_not_be_read_is_5(cli, desk, fault: str, told: str | None) -> None:
    result = dump(cli, desk, "--files", "everything", "--fault", fault)
    assert result.code == (5 if told else 0)
    assert result.err == (f"chipid: warning: {told}\n" if told else "")


def test_a_chip_may_be_opened_without_the_files_of_the_master_file(cli, desk, tmp_path) -> None:
    (tmp_path / "zone").write_text("012345678 990917 390917")
    fault = ("--fault", "file-refused:file=EF.CardAccess")
    result = cli("dump", "--json", "--card", desk.card, "--document-file", tmp_path / "zone", *fault)
    assert [file["state"] for file in result.json["files"] if file["name"] == "EF.CardAccess"] != ["read"]
    assert (result.code, result.err) == (0, "")


def test_a_file_that_nobody_asked_for_may_be_missing(cli, desk) -> None:
    assert dump(cli, desk, "--files", "identity", "--fault", "file-refused:file=DG2").code == 0


def test_without_dg1_the_fields_of_dg13_are_shown(cli, desk) -> None:
    result = dump(cli, desk, "--json", "--show-personal", "--fault", "file-refused:file=DG1")
    assert (result.json["profile"], result.json["troubles"]) == ("vn-cccd", [])
    assert ("DG13", "Nguyễn Văn An") in [(field["source"], field["value"]) for field in result.json["holder"]]
    assert "residence-as-of-issue" in [notice["code"] for notice in result.json["notices"]]


def test_a_file_that_cannot_be_understood_is_named_and_the_rest_is_shown(cli, desk) -> None:
    broken = attacks.with_file(desk.image, FileId.DG13, bytes.fromhex("6D053003020101"))
    result = dump(cli, desk, "--json", card=desk.lay(broken))
    assert result.code == 6
    report = result.report
    assert isinstance(report, DocumentReport)
    assert [trouble.file for trouble in report.troubles] == ["DG13"]
    assert report.troubles[0].path[0] == "6D"
    assert any(field.source == "DG1" for field in report.holder)


def test_the_reader_and_the_timeout_are_passed_on(cli, desk, on_reader) -> None:
    asked = on_reader(desk.image)
    result = cli("dump", "--json", "--number-file", desk.number, "--reader", "Virtual", "--timeout", "3")
    assert result.code == 0
    assert asked == [("Virtual", 3.0)]
    report = result.report
    assert isinstance(report, DocumentReport)
    assert report.reader == "Virtual PCD 00 00"
    assert report.atr


def test_the_reader_may_come_from_the_environment(cli, desk, on_reader, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = on_reader(desk.image)
    monkeypatch.setenv("CHIPID_READER", "00 00")
    assert cli("dump", "--number-file", desk.number).code == 0
    assert asked == [("00 00", 30.0)]


@pytest.mark.parametrize(
    "error",
    [
        NoReader("no card reader is attached"),
        NoCard("no card was laid on the reader in time"),
        CardRemoved("the card left the reader"),
        TransmitFailed("the card does not answer"),
    ],
)
def test_a_reader_that_fails_is_3_with_a_hint(cli, desk, on_reader, error: Exception) -> None:
    on_reader(error)
    result = cli("dump", "--number-file", desk.number)
    assert result.code == 3
    assert result.out == ""
    assert result.err.startswith(f"chipid: error: {error}\nchipid: hint: ")


def test_a_card_pulled_in_the_middle_is_3(cli, desk) -> None:
    result = dump(cli, desk, "--fault", "lose-card-at:n=20", "--out", desk.path("card.evidence"))
    assert result.code == 3
    assert "chipid: hint: " in result.err


def test_a_wrong_number_is_4_and_not_repeated(cli, desk) -> None:
    result = cli("dump", "--card", desk.card, "--number-file", "-", stdin=b"001099654321\n")
    assert result.code == 4
    assert result.out == ""
    assert "chipid: error: the chip refused every password given" in result.err
    assert "654321" not in result.err


def test_a_card_that_answers_nothing_but_refusals_is_4(cli, desk) -> None:
    result = dump(cli, desk, "--fault", "raw-answer:octets=6F00")
    assert result.code == 4
    assert result.out == ""


def test_a_bac_fallback_can_be_forbidden(cli, desk, tmp_path) -> None:
    zone = tmp_path / "mrz"
    zone.write_text("012345678 990917 390917")
    faults = ("--fault", "pace-fails")
    fallback = cli("dump", "--json", "--card", desk.card, "--document-file", zone, *faults)
    assert fallback.code == 0
    report = fallback.report
    assert isinstance(report, DocumentReport)
    assert [attempt.protocol for attempt in report.access if attempt.result == "done"] == ["BAC"]
    assert cli("dump", "--card", desk.card, "--document-file", zone, *faults, "--no-bac").code == 5


def test_verifying_in_the_same_go(cli, desk) -> None:
    result = dump(cli, desk, "--verify", "--trust", desk.trust)
    assert result.code == 0
    assert result.out.startswith("ACCEPTED\n")
    report = dump(cli, desk, "--verify", "--trust", desk.trust, "--json").report
    assert isinstance(report, DocumentReport)
    assert report.verdict is not None
    assert report.verdict.decision == "accepted"
    assert {notice.code for notice in report.notices} >= {"loss-unknown-offline", "residence-as-of-issue", "compare-face"}
    assert "not-verified" not in {notice.code for notice in report.notices}


def test_a_forged_card_is_rejected_and_still_shown(cli, desk) -> None:
    forged = desk.lay(attacks.with_bit_flipped(desk.image, FileId.DG1))
    result = dump(cli, desk, "--verify", "--trust", desk.trust, card=forged)
    assert result.code == 1
    assert result.out.startswith("REJECTED\n")
    assert "Holder" in result.out


def test_without_trust_it_is_inconclusive_and_said(cli, desk) -> None:
    result = dump(cli, desk, "--verify")
    assert result.code == 5
    assert result.err.startswith("chipid: warning: no trust anchor is given")


@pytest.mark.parametrize("arguments", [("--trust", "."), ("--policy", "strict"), ("--at", "2026-01-01")])
def test_options_of_a_verdict_without_a_verdict_are_a_mistake(cli, desk, arguments) -> None:
    result = dump(cli, desk, *arguments)
    assert result.code == 2
    assert "--verify" in result.err


def test_trust_from_the_environment_needs_no_verdict(cli, desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHIPID_TRUST", str(desk.trust))
    assert dump(cli, desk).code == 0
    assert dump(cli, desk, "--verify").code == 0


@pytest.mark.parametrize("challenge", ["00", "zz", "001122334455667788"])
def test_a_challenge_has_8_octets(cli, desk, challenge: str) -> None:
    result = dump(cli, desk, "--challenge", challenge)
    assert result.code == 2
    assert "8 octets" in result.err


def test_a_challenge_of_the_server_is_signed(cli, desk) -> None:
    evidence = desk.path("card.evidence")
    assert dump(cli, desk, "--challenge", "0011223344556677", "--out", evidence).code == 0
    transcript = Evidence.load(evidence).active_authentication
    assert transcript is not None
    assert (transcript.challenge.hex(), transcript.challenge_source) == ("0011223344556677", "given")


def test_a_fault_needs_an_emulated_card(cli, desk) -> None:
    result = cli("dump", "--number-file", desk.number, "--fault", "le-limit")
    assert result.code == 2
    assert "--card" in result.err


def test_an_unknown_fault_is_told_with_all_that_there_are(cli, desk) -> None:
    result = dump(cli, desk, "--fault", "no-such-thing")
    assert result.code == 2
    assert "le-limit" in result.err


def test_a_trace_holds_headers_alone(cli, desk) -> None:
    trace = desk.path("trace.txt")
    result = dump(cli, desk, "--trace", trace)
    assert result.code == 0
    assert result.err == ""
    assert stat.S_IMODE(trace.stat().st_mode) == 0o600
    lines = trace.read_text().splitlines()
    assert lines[0] == "# chipid transcript 1 headers"
    assert any(line.startswith("> 00 22 C1 A4 Lc=") for line in lines)
    assert max(map(len, lines)) < 60


def test_a_whole_trace_is_warned_of(cli, desk) -> None:
    trace = desk.path("trace.txt")
    result = dump(cli, desk, "--trace-whole", trace)
    assert result.code == 0
    assert "WARNING: this transcript holds every octet" in result.err
    assert stat.S_IMODE(trace.stat().st_mode) == 0o600
    assert trace.read_text().startswith("# chipid transcript 1 whole\n")


def test_the_two_traces_exclude_each_other(cli, desk) -> None:
    assert dump(cli, desk, "--trace", desk.path("a"), "--trace-whole", desk.path("b")).code == 2


def test_a_person_at_a_terminal_is_told_what_to_do(cli, desk, on_reader) -> None:
    on_reader(desk.image)
    result = cli("dump", "--number-file", desk.number, terminal=True)
    assert result.code == 0
    assert "chipid: lay the card on the reader" in result.err
    assert "lay the card" not in result.out


# Chips that do not open --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "code", "told"),
    [
        ("pace-fails:sw=6FFF,step=1", 5, "status-6FFF"),
        ("pace-fails:sw=6A88,step=0", 5, "status-6A88"),
        ("pace-fails:sw=6982,step=0", 4, "status-6982"),
        ("pace-fails:sw=6985,step=1", 4, "status-6985"),
        ("wrong-mac", 5, "sm-"),
        ("plaintext-answer", 5, "sm-"),
    ],
)
def test_a_chip_that_cheats_is_5_and_one_that_refuses_4(cli, desk, fault: str, code: int, told: str) -> None:
    """Asking for another number helps with the second alone."""
    result = cli("dump", "--card", desk.card, "--number-file", desk.number, "--fault", fault)
    assert (result.code, result.out) == (code, "")
    assert "chipid: error: the chip could not be opened (PACE with number: " in result.err
    assert ("The password may be right" in result.err) is (code == 5)
    assert told in result.err


class NoApplication(faults.Fault):
    """A chip with PACE, and another application than the eMRTD's."""

    def instead(self, exchange: Exchange) -> ResponseAPDU | None:
        selects = exchange.command.ins == 0xA4 and exchange.command.p1 == 0x04
        return ResponseAPDU(b"", 0x6A82) if selects else None


def test_a_card_that_is_no_document_is_5_and_says_so(cli, desk, on_reader) -> None:
    on_reader(desk.image, NoApplication())
    result = cli("dump", "--number-file", desk.number)
    assert (result.code, result.out) == (5, "")
    assert "PACE with number: unsupported" in result.err


def test_a_card_that_is_no_document_is_an_unsupported_feature(desk, chipid_keys) -> None:
    with pytest.raises(chipid.UnsupportedFeature):
        chipid.read(chipid_keys, channel=EmulatedCard(desk.image, faults=[NoApplication()]))


def test_the_plan_with_biometrics_is_the_portraits_and_two_more() -> None:
    more = set(ReadingPlan.with_biometrics().files) - set(ReadingPlan.with_portrait().files)
    assert more == {FileId.DG3, FileId.DG4}


def test_a_program_with_rights_reads_fingerprints_unless_it_says_otherwise(
    emulated_eac_card, chipid_keys, chipid_terminal
) -> None:
    assert FileId.DG3 in chipid.read(chipid_keys, channel=emulated_eac_card, terminal=chipid_terminal).files
    emulated_eac_card.reset()
    plan = ReadingPlan.identity()
    assert FileId.DG3 not in chipid.read(chipid_keys, channel=emulated_eac_card, terminal=chipid_terminal, plan=plan).files
    emulated_eac_card.reset()
    assert FileId.DG3 not in chipid.read(chipid_keys, channel=emulated_eac_card, plan=ReadingPlan.with_biometrics()).files


@pytest.mark.parametrize("octets", ["", "90"])
def test_a_card_that_answers_nothing_is_5(cli, desk, octets: str) -> None:
    result = cli("dump", "--card", desk.card, "--number-file", desk.number, "--fault", f"raw-answer:octets={octets}")
    assert (result.code, result.out) == (5, "")
    assert "at least 2 octets" in result.err
    assert "chipid: hint: Lay the card on anew" in result.err


@pytest.mark.parametrize("option", [("--reader", "foo"), ("--timeout", "5")])
def test_an_emulated_card_in_process_needs_no_reader(cli, desk, option: tuple[str, str]) -> None:
    result = cli("dump", "--card", desk.card, "--number-file", desk.number, *option)
    assert (result.code, result.out) == (2, "")
    assert option[0] in result.err


def test_a_reader_in_the_environment_does_not_hinder_it(cli, desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHIPID_READER", "foo")
    assert cli("dump", "--card", desk.card, "--number-file", desk.number).code == 0
