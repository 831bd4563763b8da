# SPDX-License-Identifier: Apache-2.0
"""``chipid verify``: each verdict, from a file and at the reader."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chipid.cli.judging import POLICIES
from chipid.emulator import attacks
from chipid.errors import NoReader
from chipid.iso7816.file_ids import FileId
from chipid.issuing.pki import TestCsca
from chipid.report.schema import VerdictReport
from chipid.verification import policy
from chipid.verification.verdict import CheckName


@pytest.fixture
def verdict_on(cli, desk):
    """Dumps a card image, and verifies the evidence."""

    def verify(image, *arguments):
        evidence = desk.path("other.evidence")
        dumped = cli(
            "dump", "--card", desk.lay(image), "--number-file", desk.number, "--out", evidence, "--files", "identity", "--force"
        )
        assert evidence.exists(), dumped.err
        return cli("verify", evidence, "--json", *arguments)

    return verify


def test_accepted(cli, desk, evidence_file: Path) -> None:
    result = cli("verify", evidence_file, "--trust", desk.trust)
    assert result.code == 0
    assert result.err == ""
    assert result.out.startswith("ACCEPTED\n")
    assert "cannot be known offline" in result.out


def test_json_has_every_check(cli, desk, evidence_file: Path) -> None:
    report = cli("verify", evidence_file, "--trust", desk.trust, "--json").report
    assert isinstance(report, VerdictReport)
    assert report.verdict.decision == "accepted"
    assert report.verdict.policy == "counter"
    outcomes = {check.name: check.outcome for check in report.verdict.checks}
    assert len(outcomes) == len(CheckName)
    assert outcomes["sod_signature"] == outcomes["chip_authenticity"] == "SUCCESSFUL"
    assert outcomes["revocation"] == "UNDETERMINED"
    codes = {notice.code for notice in report.notices}
    residence = {"residence-as-of-issue", "no-temporary-residence"}
    assert codes == {*residence, "loss-unknown-offline", "proofs-convince-the-reader", "compare-face"}


def test_evidence_from_standard_input(cli, desk, evidence_file: Path) -> None:
    assert cli("verify", "-", "--trust", desk.trust, stdin=evidence_file.read_bytes()).code == 0


def test_a_folder_of_anchors(cli, desk, evidence_file: Path) -> None:
    folder = desk.path("anchors")
    folder.mkdir()
    (folder / "csca.pem").write_bytes(desk.trust.read_bytes())
    assert cli("verify", evidence_file, "--trust", folder).code == 0


def test_several_anchors_from_the_environment(cli, desk, evidence_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = desk.path("other.pem")
    other.write_bytes(TestCsca.create("DE", at=datetime.now(UTC)).certificate_pem())
    monkeypatch.setenv("CHIPID_TRUST", f"{other}{os.pathsep}{desk.trust}")
    assert cli("verify", evidence_file).code == 0


def test_the_verdict_at_the_reader_is_the_one_on_the_file(cli, desk, evidence_file: Path, on_reader) -> None:
    on_reader(desk.image)
    live = cli("verify", "--number-file", desk.number, "--trust", desk.trust, "--json")
    later = cli("verify", evidence_file, "--trust", desk.trust, "--json")
    assert live.code == later.code == 0
    assert live.json["verdict"] == later.json["verdict"]


def test_the_text_says_as_of_when_and_on_whom_it_rests(cli, desk, evidence_file: Path, chipid_issuer) -> None:
    assert cli("trust", "import", desk.trust, "--store", desk.path("trust.db")).code == 0
    for trust, origin in ((desk.trust, ""), (desk.path("trust.db"), f"from {desk.trust.name}, imported ")):
        text = cli("verify", evidence_file, "--trust", trust, "--at", "2020-01-01").out
        assert "Judged as of 2020-01-01T00:00:00Z\n" in text
        assert f"SHA-256 {chipid_issuer.csca.parsed.fingerprint}\n" in text.split("\nRests on\n")[1]
        assert origin in text
    card = ("--card", desk.card, "--number-file", desk.number)
    dumped = cli("dump", *card, "--verify", "--trust", desk.trust, "--at", "2020-01-01")
    assert "Judged as of  2020-01-01T00:00:00Z" in dumped.out


def test_a_clone_that_a_policy_accepts_is_told_as_one(cli, desk, verdict_on) -> None:
    accepted = verdict_on(attacks.cloned(desk.image), "--trust", desk.trust, "--policy", "data-only")
    assert accepted.code == 0
    assert accepted.json["verdict"]["reservation"] == "data-only: a copy of the chip passes"
    text = cli("verify", desk.path("other.evidence"), "--trust", desk.trust, "--policy", "data-only").out
    failed = {each["code"] for each in accepted.json["verdict"]["decisions"] if each["effect"] == "not counted"}
    assert text.startswith("ACCEPTED\ndata-only: a copy of the chip passes\n")
    assert any(code in text.split("\nLet pass\n")[1] for code in failed)


def test_no_trust_anchor_is_inconclusive(cli, evidence_file: Path) -> None:
    result = cli("verify", evidence_file, "--json")
    assert result.code == 5
    assert result.json["verdict"]["decision"] == "inconclusive"
    assert "no-trust-anchor" in result.json["verdict"]["reasons"]
    assert result.err.startswith("chipid: warning: no trust anchor is given")


def test_one_bit_of_dg1(verdict_on, desk) -> None:
    result = verdict_on(attacks.with_bit_flipped(desk.image, FileId.DG1), "--trust", desk.trust)
    assert result.code == 1
    assert "dg-hash-mismatch" in result.json["verdict"]["reasons"]


def test_dg13_of_another_card(verdict_on, desk, chipid_issue) -> None:
    donor = chipid_issue(number="001199054321", name="Trần Thị Bình")
    assert verdict_on(attacks.with_file_of(desk.image, donor, FileId.DG13), "--trust", desk.trust).code == 1


def test_a_sod_of_a_self_made_csca_of_the_same_name(verdict_on, desk) -> None:
    forger = TestCsca.create(at=datetime.now(UTC)).issue_document_signer(at=datetime.now(UTC))
    assert verdict_on(attacks.with_sod_signed_anew(desk.image, forger.sign_sod), "--trust", desk.trust).code == 1


def test_a_clone(verdict_on, desk) -> None:
    assert verdict_on(attacks.cloned_with_own_keys(desk.image), "--trust", desk.trust).code == 1


def test_dg15_swapped(verdict_on, desk, chipid_issue) -> None:
    donor = chipid_issue(number="001199054321")
    assert verdict_on(attacks.with_dg15_swapped(desk.image, donor), "--trust", desk.trust).code == 1


def test_the_time_can_be_another(cli, desk, evidence_file: Path) -> None:
    result = cli("verify", evidence_file, "--trust", desk.trust, "--at", "2039-09-18", "--json")
    assert result.code == 1
    assert "document-expired" in result.json["verdict"]["reasons"]
    assert cli("verify", evidence_file, "--trust", desk.trust, "--at", "yesterday").code == 2


def test_the_policy_can_be_another(cli, desk, evidence_file: Path) -> None:
    result = cli("verify", evidence_file, "--trust", desk.trust, "--policy", "data-only", "--json")
    assert result.code == 0
    assert result.json["verdict"]["policy"] == "data-only"
    assert cli("verify", evidence_file, "--policy", "lenient").code == 2


def test_the_command_line_knows_every_policy() -> None:
    assert POLICIES == policy.POLICIES


@pytest.mark.parametrize("name", POLICIES)
def test_each_policy_on_a_genuine_card(cli, desk, evidence_file: Path, name: str) -> None:
    result = cli("verify", evidence_file, "--trust", desk.trust, "--policy", name, "--json")
    assert (result.code, result.json["verdict"]["reasons"]) == ((5, ["no-crl"]) if name == "strict" else (0, []))


def test_no_file_and_no_reader_service(cli, desk, on_reader) -> None:
    on_reader(NoReader("there is no PC/SC service"))
    assert cli("verify", "--number-file", desk.number, "--trust", desk.trust).code == 3


@pytest.mark.parametrize("cut", [0, 1, 100, -1])
def test_damaged_evidence_is_6(cli, desk, evidence_file: Path, cut: int) -> None:
    desk.path("damaged").write_bytes(evidence_file.read_bytes()[:cut])
    result = cli("verify", desk.path("damaged"), "--trust", desk.trust)
    assert result.code == 6
    assert result.out == ""
    assert result.err.startswith(f"chipid: error: {desk.path('damaged')}: ")
    assert "chipid-evidence" in result.err


def test_evidence_of_a_later_version_is_5(cli, desk, evidence_file: Path) -> None:
    raw = evidence_file.read_bytes()
    desk.path("later").write_bytes(raw.replace(b"\x67version\x01", b"\x67version\x02", 1))  # the record's own comes first
    assert cli("verify", desk.path("later"), "--trust", desk.trust).code == 5


@pytest.mark.parametrize("content", [b"not a certificate", b"", b"0\x03\x02\x01\x01"])
def test_a_trust_path_that_holds_no_certificate_is_2(cli, desk, evidence_file: Path, content: bytes) -> None:
    """The operator's own file is to be mended; the evidence is not what is malformed."""
    desk.path("anchor.pem").write_bytes(content)
    result = cli("verify", evidence_file, "--trust", desk.path("anchor.pem"))
    assert (result.code, result.out) == (2, "")
    assert "chipid: error: --trust: " in result.err
    assert "anchor.pem" in result.err


def test_a_trust_path_without_end_is_2(cli, evidence_file: Path) -> None:
    result = cli("verify", evidence_file, "--trust", "/dev/zero")
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("chipid: error: --trust: /dev/zero: larger than 16 MiB")


def test_nobody_trusted(cli, desk, evidence_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It overrules the environment, and not the command line."""
    assert cli("verify", evidence_file, "--no-trust", "--trust", desk.trust).code == 2
    monkeypatch.setenv("CHIPID_TRUST", str(desk.trust))
    result = cli("verify", evidence_file, "--no-trust", "--json")
    assert (result.code, result.json["verdict"]["reasons"]) == (5, ["no-trust-anchor"])
    assert result.err.startswith("chipid: warning: nobody is trusted (--no-trust)")


def test_a_trust_folder_without_certificates_is_2(cli, desk, evidence_file: Path) -> None:
    desk.path("anchors").mkdir()
    assert cli("verify", evidence_file, "--trust", desk.path("anchors")).code == 2


def test_a_revocation_list_in_a_trust_folder_counts(cli, desk, evidence_file: Path, chipid_issuer) -> None:
    desk.path("csca").mkdir()
    (desk.path("csca") / "csca.pem").write_bytes(desk.trust.read_bytes())
    assert cli("verify", evidence_file, "--trust", desk.path("csca")).code == 0
    revocation = chipid_issuer.csca.issue_revocation_list((chipid_issuer.signer.parsed.serial,), at=datetime.now(UTC))
    (desk.path("csca") / "list.crl").write_bytes(revocation)
    result = cli("verify", evidence_file, "--trust", desk.path("csca"), "--json")
    assert (result.code, result.json["verdict"]["reasons"][0]) == (1, "dsc-revoked")


def test_a_master_list_in_a_trust_folder_is_2(cli, desk, evidence_file: Path) -> None:
    desk.path("csca").mkdir()
    (desk.path("csca") / "csca.pem").write_bytes(desk.trust.read_bytes())
    (desk.path("csca") / "UT.ml").write_bytes(b"")
    result = cli("verify", evidence_file, "--trust", desk.path("csca"))
    assert (result.code, result.out) == (2, "")
    assert "UT.ml: this is a master list" in result.err
    assert "chipid: hint: chipid trust import" in result.err


# A server's challenge ------------------------------------------------------------------------------------------------

CHALLENGE, OTHER = "0011223344556677", "8899AABBCCDDEEFF"


@pytest.fixture
def fresh_evidence(cli, desk) -> Path:
    path = desk.path("fresh.evidence")
    assert cli("dump", "--card", desk.card, "--number-file", desk.number, "--challenge", CHALLENGE, "--out", path).code == 0
    return path


def test_evidence_over_the_servers_challenge_is_accepted(cli, desk, fresh_evidence: Path) -> None:
    assert cli("verify", fresh_evidence, "--trust", desk.trust, "--challenge", CHALLENGE).code == 0


def test_a_challenge_of_ones_own_that_was_answered_convinces(cli, desk, fresh_evidence: Path) -> None:
    """Nobody made up the proof: that a file can be is said of all others."""

    def told(*arguments: object) -> bool:
        report = cli("verify", fresh_evidence, "--json", *arguments).report
        return "proofs-convince-the-reader" in {notice.code for notice in report.notices}

    trusted = ("--trust", desk.trust)
    assert not told(*trusted, "--challenge", CHALLENGE)
    assert told(*trusted)
    assert told(*trusted, "--challenge", OTHER)
    assert told(*trusted, "--challenge", OTHER, "--policy", "data-only")
    assert told("--challenge", CHALLENGE)  # DG15 may be anybody's


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_evidence_over_another_challenge_is_rejected(cli, desk, fresh_evidence: Path, form: tuple[str, ...]) -> None:
    result = cli("verify", fresh_evidence, "--trust", desk.trust, "--challenge", OTHER, *form)
    assert result.code == 1
    assert "aa-challenge-differs" in result.out
    for challenge in (CHALLENGE, OTHER):
        assert challenge.lower() not in (result.out + result.err).lower()


def test_evidence_over_the_readers_own_challenge_is_rejected(cli, desk, evidence_file: Path) -> None:
    assert cli("verify", evidence_file, "--trust", desk.trust, "--challenge", OTHER).code == 1


def test_a_card_without_active_authentication_answers_no_challenge(cli, desk, chipid_issue) -> None:
    card = desk.lay(chipid_issue(active_authentication=None))
    arguments = ("--number-file", desk.number, "--challenge", CHALLENGE, "--verify", "--trust", desk.trust, "--json")
    result = cli("dump", "--card", card, *arguments)
    assert (result.code, result.json["verdict"]["decision"]) == (5, "inconclusive")
    assert cli("dump", "--card", card, *arguments[:2], *arguments[4:]).code == 0


@pytest.mark.parametrize("command", [("verify",), ("dump", "--verify")])
def test_at_the_reader_the_card_signs_it(cli, desk, on_reader, command: tuple[str, ...]) -> None:
    on_reader(desk.image)
    done = cli(*command, "--number-file", desk.number, "--trust", desk.trust, "--challenge", CHALLENGE)
    assert (done.code, done.err) == (0, "")
    assert "can be made up" not in done.out


@pytest.mark.parametrize("challenge", ["00", "xyz", "0000000000000000", "00112233445566778899"])
def test_what_is_no_challenge_is_2_and_not_repeated(cli, desk, evidence_file: Path, challenge: str) -> None:
    result = cli("verify", evidence_file, "--trust", desk.trust, "--challenge", challenge)
    assert (result.code, result.out) == (2, "")
    assert challenge not in result.err.replace("--challenge takes 8 octets", "")


def test_how_the_chip_was_opened_is_in_the_verdict(cli, desk, evidence_file: Path) -> None:
    result = cli("verify", evidence_file, "--trust", desk.trust)
    assert "PACE-ECDH-GM with AES-128 in brainpoolP256r1, the strongest of 1 offered, with CAN." in result.out
    (attempt,) = cli("verify", evidence_file, "--trust", desk.trust, "--json").json["access"]
    assert (attempt["mapping"], attempt["cipher"], attempt["parameters"]) == ("GM", "AES-128", "brainpoolP256r1")
    assert (attempt["password"], attempt["offered"], attempt["strongest"]) == ("can", 1, True)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--reader", "x"),
        ("--timeout", "3"),
        ("--files", "identity"),
        ("--number-file", "NUMBER"),
        ("--keys-from-env",),
        ("--pin",),
        ("--terminal-key", "x"),
    ],
)
def test_a_file_does_not_go_with_a_reader(cli, desk, evidence_file: Path, arguments) -> None:
    arguments = [str(desk.number) if argument == "NUMBER" else argument for argument in arguments]
    result = cli("verify", evidence_file, "--trust", desk.trust, *arguments)
    assert result.code == 2
    assert "evidence was read already" in result.err


def test_a_file_that_is_not_there_is_2(cli, desk) -> None:
    assert cli("verify", desk.path("nothing")).code == 2
