# SPDX-License-Identifier: Apache-2.0
"""``chipid trust``: what is told of the operator's store, what comes out, and verdicts by it."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import sys
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from trust_desk import BEFORE, CRL, DSC, FOREIGN, KEY, NOW, OURS, fingerprint, held, master_list

from chipid.cli.trust_store import KINDS, default_store
from chipid.issuing.pki import SignerProfile, TestCsca
from chipid.pki.cms import SubjectKeyIdentifier
from chipid.pki.defect_list import DEFECT_LIST, Defect, DefectList, KnownDefect
from chipid.pki.deviation_list import (
    DEVIATION_LIST,
    DEVIATION_LIST_SIGNING_KEY,
    Deviation,
    DeviationDescription,
    DeviationDocuments,
    DeviationList,
)
from chipid.pki.trust_store import TrustStore
from chipid.report.trust_schema import TrustAuditReport, TrustListReport, TrustObjectReport
from chipid.report.trust_text import trust_list_text
from chipid.trust.database import TrustDatabase
from chipid.trust.objects import Kind, Role

ROOT = Path(__file__).parents[2]

# list, show, verify -----------------------------------------------------------------------------------------------------


def test_list_has_one_line_an_object(cli, filled) -> None:
    header, *lines = cli("trust", "list").out.splitlines()
    assert header.split() == ["country", "kind", "until", "key", "SHA-256", "name"]
    assert [line.split()[:2] for line in lines] == [
        ["UT", "csca"], ["UT", "document-signer"], ["UT", "crl"], ["UT", "master-list"], ["XO", "csca"],
    ]  # fmt: skip
    columns = lines[0].split(maxsplit=5)
    assert columns[:2] == ["UT", "csca"]
    assert columns[3:5] == ["secp256r1", fingerprint(OURS.certificate)[:16]]
    assert columns[5] == str(OURS.parsed.subject)


def test_a_list_is_by_country_and_kind_however_it_came(cli, at_hand) -> None:
    for octets in (FOREIGN.certificate, CRL, DSC.certificate, OURS.certificate):
        assert cli("trust", "import", at_hand("file", octets)).code == 0
    found = [(each.country, each.role or each.kind) for each in cli("trust", "list", "--json").report.objects]
    assert found == [("UT", "csca"), ("UT", "document-signer"), ("UT", "crl"), ("XO", "csca")]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((), {"csca": 2, "document-signer": 1, "crl": 1, "master-list": 1}),
        (("--country", "xo"), {"csca": 1}),
        (("--kind", "crl"), {"crl": 1}),
        (("--kind", "document-signer", "--country", "UT"), {"document-signer": 1}),
        (("--country", "DE"), {}),
    ],
)
def test_list_can_be_narrowed(cli, filled, arguments: tuple[str, ...], expected: dict[str, int]) -> None:
    report = cli("trust", "list", *arguments, "--json").report
    assert isinstance(report, TrustListReport)
    found = [each.role or each.kind for each in report.objects]
    assert {kind: found.count(kind) for kind in found} == expected
    summary = cli("trust", "list", "--summary", *arguments, "--json").report.summary
    assert {each.name: each.count for each in summary.kinds} == expected


def test_the_summary_counts_certificates(cli, filled) -> None:
    result = cli("trust", "list", "--summary")
    assert "Certificates by country" in result.out
    summary = cli("trust", "list", "--summary", "--json").report.summary
    assert {each.name: each.count for each in summary.countries} == {"UT": 2, "XO": 1}
    assert {each.name: each.count for each in summary.algorithms} == {"sha256-ecdsa": 3}
    assert {each.name: each.count for each in summary.parameters} == {"explicit": 2, "named": 1}


def test_a_country_and_a_kind_that_are_none_are_2(cli, filled) -> None:
    assert cli("trust", "list", "--country", "VNM").code == 2
    assert cli("trust", "list", "--kind", "letter").code == 2
    assert set(KINDS) == {*Role, *Kind} - {Kind.CERTIFICATE}


def test_show_tells_who_brought_it(cli, filled) -> None:
    result = cli("trust", "show", fingerprint(FOREIGN.certificate)[:12], "--json")
    report = result.report
    assert isinstance(report, TrustObjectReport)
    assert report.object.fingerprint == fingerprint(FOREIGN.certificate)
    (origin,) = report.origins
    assert (origin.source, origin.voucher, origin.country) == ("list.ml", "signer", "UT")
    assert {each.name for each in report.facts} >= {"issuer", "serial number", "subject key id", "signed by itself"}
    assert "csca-named-curve" in {each.code for each in report.deviations}
    text = cli("trust", "show", fingerprint(FOREIGN.certificate)[:12]).out
    assert text.startswith("C=XO")
    signed = (NOW - timedelta(days=1)).date().isoformat()
    assert f"list of UT, signed {signed} by C=UT" in text
    assert f"(certificate {origin.signer[:16]}, in the list alone)" in text


def test_a_fingerprint_of_several_is_2(cli, filled, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(TrustDatabase, "find", lambda self, digits: tuple(self.objects()))
    result = cli("trust", "show", fingerprint(CRL))
    assert (result.code, result.out) == (2, "")
    assert "5 objects" in result.err


def test_show_tells_of_a_revocation_list(cli, filled) -> None:
    report = cli("trust", "show", fingerprint(CRL), "--json").report
    assert ("revoked certificates", "1") in {(each.name, each.value) for each in report.facts}


def test_show_tells_of_a_master_list_what_is_in_it(cli, filled) -> None:
    (listed,) = cli("trust", "list", "--kind", "master-list", "--json").report.objects
    lines = cli("trust", "show", listed.fingerprint).out.splitlines()
    told = [line.split()[-1] for line in lines if line.startswith(("  signed", "  certificates"))]
    assert told == [listed.valid_from, "2"]


@pytest.mark.parametrize("digits", ["00000000", "1234", "no fingerprint"])
def test_a_fingerprint_of_nothing_is_2(cli, filled, digits: str) -> None:
    result = cli("trust", "show", digits)
    assert (result.code, result.out) == (2, "")


def test_verify_tells_each_object_and_counts(cli, filled) -> None:
    result = cli("trust", "verify")
    assert (result.code, result.out) == (0, "5 verified, 0 bad, 0 that cannot be verified\n")
    lines = cli("trust", "verify", "--all").out.splitlines()
    assert lines[0] == "ok: The signature is good."
    assert len([line for line in lines if line.startswith("  ")]) == 5


def test_verify_tells_the_bad_first_by_reason_with_advice(cli, at_hand, filled) -> None:
    strangers = [TestCsca.create("XO", at=BEFORE, key=KEY, common_name=f"Unknown {number}") for number in range(2)]
    broken = OURS.certificate[:-1] + bytes((OURS.certificate[-1] ^ 1,))
    for number, stranger in enumerate(strangers):
        assert cli("trust", "import", at_hand(f"{number}.cer", stranger.issue_document_signer(at=BEFORE).certificate)).code == 0
    assert cli("trust", "import", at_hand("broken.cer", broken)).code == 0
    result = cli("trust", "verify")
    headings = [line.partition(":")[0] for line in result.out.splitlines() if line[:1] not in ("", " ")]
    assert headings == ["signature-invalid", "issuer-not-in-store", "5 verified, 1 bad, 2 that cannot be verified"]
    assert [line.split(":")[2].strip() for line in result.err.splitlines()] == ["issuer-not-in-store", "signature-invalid"]


def test_revocation_lists_out_of_date_are_marked(cli, at_hand) -> None:
    late, future = (OURS.issue_revocation_list((7,), at=NOW + timedelta(days=day)) for day in (-400, 10))
    for name, octets in (("late.crl", late), ("good.crl", CRL), ("future.crl", future)):
        assert cli("trust", "import", at_hand(name, octets)).code == 0
    listed = {each.fingerprint: each.validity for each in cli("trust", "list", "--json").report.objects}
    assert listed == {fingerprint(late): "overdue", fingerprint(CRL): "valid", fingerprint(future): "not-yet-valid"}
    assert " overdue " in cli("trust", "list").out
    assert ", overdue\n" in cli("trust", "show", fingerprint(late)).out
    lines = cli("trust", "list", "--summary").out.splitlines()
    at = lines.index("Revocation lists by validity")
    assert [line.split() for line in lines[at + 1 :]] == [["not-yet-valid", "1"], ["overdue", "1"], ["valid", "1"]]


def test_what_expired_is_marked_in_a_list(cli, at_hand) -> None:
    old = TestCsca.create("UT", at=NOW - timedelta(days=366 * 60), key=KEY)
    assert cli("trust", "import", at_hand("old.cer", old.certificate)).code == 0
    assert " expired " in cli("trust", "list").out


@pytest.mark.parametrize(
    ("content_type", "content", "facts"),
    [
        (
            DEVIATION_LIST,
            DeviationList((Deviation(DeviationDocuments(), (DeviationDescription(f"{DEVIATION_LIST}.1.1"),)),)).build(),
            {("entries", "1"), (f"type {DEVIATION_LIST}.1.1", "1")},
        ),
        (
            DEFECT_LIST, DefectList((Defect(SubjectKeyIdentifier(b"key"), (KnownDefect(f"{DEFECT_LIST}.1.1"),)),)).build(),
            {("document signers", "1"), (f"type {DEFECT_LIST}.1.1", "1")},
        ),
    ],
)  # fmt: skip
def test_show_tells_of_deviation_and_defect_lists_what_is_in_them(
    cli, at_hand, content_type: str, content: bytes, facts: set[tuple[str, str]]
) -> None:
    signer = OURS.issue_document_signer(at=BEFORE, profile=SignerProfile(document_types=None))
    if content_type == DEVIATION_LIST:
        signer = OURS.issue_list_signer(DEVIATION_LIST_SIGNING_KEY, at=BEFORE)
    listed = signer.sign_list(content_type, content, OURS, at=NOW - timedelta(days=1))
    sources = (at_hand("csca.cer", OURS.certificate), at_hand("list", listed))
    assert cli("trust", "import", *sources, "--pin", fingerprint(listed)).code == 0
    assert {(each.name, each.value) for each in cli("trust", "show", fingerprint(listed), "--json").report.facts} >= facts


def test_what_nobody_certified_cannot_be_verified(cli, at_hand, filled) -> None:
    stranger = TestCsca.create("XO", at=BEFORE, key=KEY, common_name="Unknown").issue_document_signer(at=BEFORE)
    assert cli("trust", "import", at_hand("stranger.cer", stranger.certificate)).code == 0
    result = cli("trust", "verify", "--json")
    assert isinstance(result.report, TrustAuditReport)
    assert [each.code for each in result.report.objects if each.ok is None] == ["issuer-not-in-store"]
    assert result.code == 5


def test_a_bad_signature_is_1(cli, at_hand, filled) -> None:
    broken = OURS.certificate[:-1] + bytes((OURS.certificate[-1] ^ 1,))
    assert cli("trust", "import", at_hand("broken.cer", broken)).code == 0
    result = cli("trust", "verify")
    assert result.code == 1
    assert "signature-invalid" in result.out


@pytest.mark.parametrize("command", [("list",), ("show", "00000000"), ("verify",), ("expire",), ("remove", "00000000")])
def test_without_a_store_there_is_nothing_to_tell(cli, store: Path, command: tuple[str, ...]) -> None:
    result = cli("trust", *command)
    assert (result.code, result.out) == (2, "")
    assert "there is no trust store" in result.err
    assert not store.exists()


def test_names_in_certificates_do_not_steer_the_terminal(cli, at_hand) -> None:
    hostile = TestCsca.create("UT", at=BEFORE, key=KEY, common_name="\x1b[2J\u202eCSCA")
    source = at_hand("hostile\x1b[31m.cer", hostile.certificate)
    outputs = [
        cli("trust", *arguments)
        for arguments in (("import", source), ("list",), ("show", fingerprint(hostile.certificate)), ("verify",))
    ]
    assert all(result.code == 0 for result in outputs)
    for result in outputs:
        assert "\x1b" not in result.out + result.err
        assert "\u202e" not in result.out + result.err


# export, expire, remove ---------------------------------------------------------------------------------------------------


def test_export_writes_what_can_be_imported_again(cli, filled, tmp_path: Path) -> None:
    folder, packed, pem = tmp_path / "out", tmp_path / "out.zip", tmp_path / "out.pem"
    folder.mkdir()
    for target in (folder, packed, pem):
        assert cli("trust", "export", target).code == 0
        result = cli("trust", "import", target, "--store", tmp_path / f"{target.name}.db", "--json")
        assert (result.code, len(result.report.added)) == (0, 5)
    assert sorted(zipfile.ZipFile(packed).namelist()) == sorted(path.name for path in folder.iterdir())


def test_export_can_be_narrowed(cli, filled, tmp_path: Path) -> None:
    target = tmp_path / "csca.pem"
    result = cli("trust", "export", target, "--kind", "csca", "--country", "XO")
    assert result.out == f"1 object exported to {target}\n"
    assert [each.raw for each in TrustStore.load(target).certificates] == [FOREIGN.certificate]
    assert cli("trust", "export", tmp_path / "none.pem", "--country", "DE").code == 2
    assert not (tmp_path / "none.pem").exists()


def test_export_overwrites_with_force_alone(cli, filled, tmp_path: Path) -> None:
    folder, pem = tmp_path / "out", tmp_path / "out.pem"
    folder.mkdir()
    for target in (folder, pem):
        assert cli("trust", "export", target).code == 0
        result = cli("trust", "export", target)
        assert (result.code, result.out) == (2, "")
        assert "exists already" in result.err
        assert cli("trust", "export", target, "--force").code == 0


def test_export_into_a_folder_writes_all_or_nothing(cli, filled, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    assert cli("trust", "export", folder).code == 0
    first, *others = sorted(folder.iterdir())
    first.unlink()
    assert cli("trust", "export", folder).code == 2
    assert sorted(folder.iterdir()) == others


def test_expire_removes_what_is_out_of_date(cli, filled) -> None:
    late = (NOW + timedelta(days=366 * 40)).date().isoformat()
    dry = cli("trust", "expire", "--at", late, "--dry-run")
    assert dry.out.splitlines()[-1] == "3 objects would be removed"
    assert held(cli) == 5
    result = cli("trust", "expire", "--at", late, "--json")
    assert ({each["role"] for each in result.json["objects"]}, result.json["applied"]) == ({"csca", "document-signer"}, True)
    assert held(cli) == 2
    assert cli("trust", "expire").out == "0 objects removed\n"
    assert cli("trust", "expire", "--at", "yesterday").code == 2


def test_remove_takes_all_or_none(cli, filled) -> None:
    ours, foreign = fingerprint(OURS.certificate), fingerprint(FOREIGN.certificate)
    assert cli("trust", "remove", ours, "0" * 64).code == 2
    assert held(cli) == 5
    assert cli("trust", "remove", ours, foreign[:10]).out.splitlines()[-1] == "2 objects removed"
    assert held(cli) == 3


def test_a_trailing_slash_is_a_folder(cli, filled, tmp_path: Path) -> None:
    assert cli("trust", "export", f"{tmp_path}/new/").code == 0
    assert len(list((tmp_path / "new").iterdir())) == 5
    assert cli("trust", "export", f"{tmp_path}/csca.cer/").code == 2
    assert cli("trust", "export", f"{tmp_path}/no/new/").code == 2


def test_expire_says_why(cli, at_hand, filled) -> None:
    assert cli("trust", "import", at_hand("new.crl", OURS.issue_revocation_list((7,), at=NOW))).code == 0
    late = (NOW + timedelta(days=366 * 40)).date().isoformat()
    found = cli("trust", "expire", "--at", late, "--dry-run", "--json").report.objects
    assert {(each.role or each.kind, each.reason) for each in found} == {
        ("csca", "expired"), ("document-signer", "expired"), ("crl", "superseded"),
    }  # fmt: skip
    assert " superseded " in cli("trust", "expire", "--at", late, "--dry-run").out
    assert "no-trust-anchor" in cli("trust", "expire", "--help").out


@pytest.mark.parametrize("choice", ["--import", "--source"])
def test_an_import_can_be_taken_back(cli, at_hand, filled, choice: str) -> None:
    """What the list brought goes, but for the CSCA that a file of its own brought as well."""
    imports = cli("trust", "list", "--imports", "--json").report.imports
    (made,) = (each for each in imports if each.origin.source == "list.ml")
    assert (made.count, len(imports)) == (3, 4)
    row = cli("trust", "list", "--imports").out.splitlines()[imports.index(made) + 1]
    assert row.split()[0] == str(made.origin.number)
    result = cli("trust", "remove", choice, made.origin.number if choice == "--import" else "list.ml")
    assert result.out.splitlines()[-1] == "2 objects removed; 1 stay, for another import brought them too"
    left = {each.fingerprint for each in cli("trust", "list", "--json").report.objects}
    assert left == {fingerprint(each) for each in (OURS.certificate, DSC.certificate, CRL)}
    assert "list.ml" not in cli("trust", "list", "--imports").out
    assert "list.ml" not in cli("trust", "show", fingerprint(OURS.certificate)).out


def test_a_source_is_a_folder_with_all_that_was_in_it(cli, at_hand, tmp_path: Path) -> None:
    folder = tmp_path / "pki"
    folder.mkdir()
    (folder / "csca.cer").write_bytes(OURS.certificate)
    (folder / "list.ml").write_bytes(master_list())
    assert cli("trust", "import", folder, at_hand("pkin.cer", DSC.certificate)).code == 0
    assert cli("trust", "remove", "--source", "pki").out.splitlines()[-1] == "3 objects removed"
    assert held(cli) == 1


@pytest.mark.parametrize(
    "arguments", [(), ("--import", "99"), ("--source", "nothing"), ("--import", "1", "0" * 64), ("--import", "1", "--import", "99")]
)
def test_what_is_no_import_is_2_and_removes_nothing(cli, filled, arguments: tuple[str, ...]) -> None:
    assert cli("trust", "remove", *arguments).code == 2
    assert held(cli) == 5
    assert cli("trust", "list", "--imports", "--summary").code == 2


def test_a_list_that_is_removed_leaves_what_it_brought_and_says_so(cli, filled) -> None:
    (listed,) = cli("trust", "list", "--kind", "master-list", "--json").report.objects
    result = cli("trust", "remove", listed.fingerprint)
    (made,) = (each for each in cli("trust", "list", "--imports", "--json").report.imports if each.origin.source == "list.ml")
    assert f"list.ml brought stays (2 objects): chipid trust remove --import {made.origin.number}" in result.err
    assert cli("trust", "show", fingerprint(FOREIGN.certificate)).out.count("a signer (certificate") == 1


def test_the_group_alone_shows_its_help(cli) -> None:
    result = cli("trust")
    assert (result.code, result.out) == (2, "")
    assert "import" in result.err


def test_an_empty_list_says_so() -> None:
    assert trust_list_text(TrustListReport(store="trust.db")) == "nothing\n"


def test_where_the_default_store_lies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CHIPID_TRUST_STORE", raising=False)
    monkeypatch.setenv("HOME", "/home/officer")
    for base, expected in (("/data", "/data"), ("", "/home/officer/.local/share"), ("relative", "/home/officer/.local/share")):
        monkeypatch.setenv("XDG_DATA_HOME", base)
        assert default_store() == Path(expected, "chipid", "trust.db")
    monkeypatch.setenv("CHIPID_TRUST_STORE", "ours.db")
    assert default_store() == Path("ours.db")


# verify a card with the store -------------------------------------------------------------------------------------------


def test_a_store_that_is_not_there_is_named(cli, evidence_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHIPID_TRUST_STORE", "nosuch.db")
    assert "there is no trust store nosuch.db" in cli("verify", evidence_file).err


def test_verify_trusts_the_default_store_and_says_so(cli, desk, evidence_file: Path, store: Path) -> None:
    assert cli("trust", "import", desk.trust).code == 0
    result = cli("verify", evidence_file)
    assert (result.code, result.err) == (0, f"chipid: trusting the trust store {store}\n")
    named = cli("verify", evidence_file, "--trust", store)
    assert (named.code, named.err) == (0, "")
    assert cli("verify", evidence_file, "--no-trust").code == 5


def test_dump_trusts_the_default_store(cli, desk, store: Path) -> None:
    assert cli("trust", "import", desk.trust).code == 0
    read = ("dump", "--card", desk.card, "--number-file", desk.number, "--files", "identity")
    assert cli(*read, "--verify").code == 0
    assert cli(*read, "--verify", "--no-trust").code == 5
    assert cli(*read, "--no-trust").code == 2
    assert str(store) not in cli(*read).err


def test_what_trust_names_goes_before_the_default_store(cli, desk, evidence_file: Path, at_hand) -> None:
    assert cli("trust", "import", desk.trust).code == 0
    other = at_hand("other.cer", OURS.certificate)
    result = cli("verify", evidence_file, "--trust", other)
    assert (result.code, result.err) == (5, "")


def test_a_store_without_a_csca_is_told(cli, evidence_file: Path, at_hand) -> None:
    assert cli("trust", "import", at_hand("dsc.cer", DSC.certificate)).code == 0
    result = cli("verify", evidence_file)
    assert result.code == 5
    assert "there is no CSCA in" in result.err


def test_a_damaged_default_store_is_2(cli, evidence_file: Path, store: Path) -> None:
    store.parent.mkdir(parents=True)
    store.write_bytes(b"SQLite format 3\0" + bytes(100))
    result = cli("verify", evidence_file)
    assert (result.code, result.out) == (2, "")
    assert result.err.splitlines()[-2].startswith(f"chipid: error: trust store: {store}")


def test_a_verdict_from_a_store_loads_nothing_that_it_does_not_need(cli, desk, evidence_file: Path, store: Path) -> None:
    assert cli("trust", "import", desk.trust).code == 0
    script = "import sys; from chipid.cli import failures, root; failures.run(root.chipid, sys.argv[1:]); print(*sys.modules)"
    line = [sys.executable, "-c", script, "verify", str(evidence_file), "--trust", str(store)]
    done = subprocess.run(line, capture_output=True, text=True, check=True)
    verdict, _, modules = done.stdout.rstrip().rpartition("\n")
    assert verdict.startswith("ACCEPTED")
    assert "sqlite3" in modules.split()
    unwanted = ("chipid.inspection", "chipid.lds.biometrics", "chipid.pki.crl", "chipid.pki.defect_list", "chipid.trust.importing")
    assert not [name for name in modules.split() if f"{name}.".startswith(tuple(f"{module}." for module in unwanted))]


def test_a_store_that_somebody_changed_is_2(cli, desk, evidence_file: Path, store: Path) -> None:
    """The operator's file is to be mended; what is verified is not what is malformed."""
    assert cli("trust", "import", desk.trust).code == 0
    with contextlib.closing(sqlite3.connect(store)) as connection, connection:
        connection.execute("UPDATE object SET country = 'UT'")
    result = cli("verify", evidence_file)
    assert (result.code, result.out) == (2, "")
    assert "the trust store is damaged" in result.err
    audited = cli("trust", "verify")
    assert audited.code == 1
    assert "The file has been changed" in audited.out
