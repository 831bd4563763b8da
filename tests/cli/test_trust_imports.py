# SPDX-License-Identifier: Apache-2.0
"""``chipid trust import``: what goes into the operator's store, and what is told of what does not."""

from __future__ import annotations

import base64
import re
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from trust_desk import BEFORE, DSC, FOREIGN, KEY, NOW, OURS, certificates_only, fingerprint, master_list

from chipid.issuing.pki import TestCsca
from chipid.pki.master_list import CSCA_MASTER_LIST, CscaMasterList
from chipid.pki.pem import write_block
from chipid.pki.signed_list import MASTER_LIST_SIGNING_KEY
from chipid.report.trust_schema import TrustImportReport
from chipid.trust.import_report import NOTES, REASONS, REMEDIES, remedy

ROOT = Path(__file__).parents[2]

def test_what_goes_in_is_told_and_twice_is_no_error(cli, at_hand, store: Path) -> None:
    csca = at_hand("csca.pem", OURS.certificate_pem())
    assert not store.exists()
    lines = cli("trust", "import", csca).out.splitlines()
    assert lines[:4] == ["1 added", "  csca       1", "", "Trusted on your word alone"]
    assert lines[4].split(maxsplit=2) == ["UT", fingerprint(OURS.certificate)[:16], str(OURS.parsed.subject)]
    again = cli("trust", "import", csca, "--json")
    assert isinstance(again.report, TrustImportReport)
    assert (again.code, again.report.added, len(again.report.known), again.report.applied) == (0, (), 1, True)
    assert (store.parent.stat().st_mode & 0o777) == 0o700


def test_several_sources_are_one_import(cli, at_hand) -> None:
    """The list comes before the CSCA that vouches for it."""
    result = cli("trust", "import", at_hand("a.ml", master_list()), at_hand("b.cer", OURS.certificate), "--json")
    assert result.code == 0
    assert {(each.role, each.country) for each in result.report.added} == {("csca", "UT"), ("csca", "XO"), (None, "UT")}


def test_what_is_refused_is_told_with_its_place_and_the_rest_goes_in(cli, at_hand) -> None:
    sources = (at_hand("csca.cer", OURS.certificate), at_hand("strange.ml", master_list(FOREIGN)), at_hand("cut.cer", b"0\x82\x01"))
    result = cli("trust", "import", *sources)
    assert result.code == 1
    assert result.out.startswith("1 added, 2 refused\n")
    assert "chipid: warning: cut.cer: unrecognised: " in result.err
    assert "chipid: warning: strange.ml: list-signer-no-trust-anchor: " in result.err
    assert "chipid: hint: list-signer-no-trust-anchor: Import that CSCA first" in result.err
    report = cli("trust", "import", *sources, "--json").report
    assert {(each.place, each.kind) for each in report.refused} == {("cut.cer", None), ("strange.ml", "master-list")}


def test_strict_changes_nothing_where_anything_is_refused(cli, at_hand, store: Path) -> None:
    sources = (at_hand("csca.cer", OURS.certificate), at_hand("cut.cer", b"0\x82\x01"))
    result = cli("trust", "import", "--strict", *sources)
    assert result.code == 1
    assert result.out.startswith("1 would be added, 1 refused: the trust store has not been changed\n")
    assert "Would be trusted on your word alone" in result.out
    assert not store.exists()


def test_an_empty_store_is_not_left_behind(cli, at_hand, store: Path) -> None:
    assert cli("trust", "import", at_hand("cut.cer", b"0\x82\x01")).code == 1
    assert list(store.parent.iterdir()) == []


@pytest.mark.parametrize("pin", ["certificate", "certificate-digest", "file-digest"])
def test_a_list_of_nobody_known_is_taken_where_it_is_pinned(cli, at_hand, pin: str) -> None:
    listed = master_list(FOREIGN)
    digest = fingerprint(FOREIGN.certificate)
    values = {
        "certificate": at_hand("pin.cer", FOREIGN.certificate),
        "certificate-digest": ":".join(digest[i : i + 2] for i in range(0, 64, 2)).upper(),
        "file-digest": fingerprint(listed),
    }
    source = at_hand("list.ml", listed)
    assert cli("trust", "import", source).code == 1
    assert cli("trust", "import", source, "--pin", values[pin]).code == 0


@pytest.mark.parametrize("pin", ["0123", "/nowhere/at/all", ""])
def test_a_pin_that_is_none_is_2(cli, at_hand, store: Path, pin: str) -> None:
    result = cli("trust", "import", at_hand("csca.cer", OURS.certificate), "--pin", pin)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("chipid: error: --pin: ")
    assert not store.exists()


def test_a_pin_file_without_a_certificate_is_2(cli, at_hand) -> None:
    result = cli("trust", "import", at_hand("csca.cer", OURS.certificate), "--pin", at_hand("pin.pem", b"nothing"))
    assert result.code == 2
    assert "pin.pem" in result.err


def test_replace_withdraws_what_a_newer_list_has_not(cli, at_hand) -> None:
    csca = at_hand("csca.cer", OURS.certificate)
    content = CscaMasterList.of((OURS.certificate, FOREIGN.certificate)).content
    older = OURS.issue_list_signer(MASTER_LIST_SIGNING_KEY, at=BEFORE).sign_list(CSCA_MASTER_LIST, content, OURS, at=BEFORE)
    assert cli("trust", "import", csca, at_hand("older.ml", older)).code == 0
    newer = at_hand("newer.ml", master_list(OURS, OURS))
    assert "missing-from-newer-list" in cli("trust", "import", newer).err
    result = cli("trust", "import", newer, "--replace", "--json")
    assert result.code == 0
    assert fingerprint(FOREIGN.certificate) in {each.fingerprint for each in result.report.withdrawn}


def test_a_source_that_is_not_there_is_2(cli, tmp_path: Path) -> None:
    assert cli("trust", "import", tmp_path / "nothing").code == 2
    assert cli("trust", "import").code == 2


def test_a_store_elsewhere(cli, at_hand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    csca, place = at_hand("csca.cer", OURS.certificate), tmp_path / "elsewhere.db"
    assert cli("trust", "import", csca, "--store", place).code == 0
    monkeypatch.setenv("CHIPID_TRUST_STORE", str(place))
    assert "UT" in cli("trust", "list").out
    assert cli("trust", "import", csca, "--store", tmp_path / "no" / "folder.db").code == 2
    not_a_store = at_hand("evidence", b"something else")
    result = cli("trust", "import", csca, "--store", not_a_store)
    assert (result.code, not_a_store.read_bytes()) == (2, b"something else")
    assert result.err.startswith(f"chipid: error: {not_a_store}: this is no trust store")


def test_a_refused_list_tells_whose_csca_is_wanted(cli, at_hand) -> None:
    """Another key of the right state is pinned, and in the store."""
    other = at_hand("other.cer", TestCsca.create("XO", at=BEFORE, key=KEY, common_name="Foreign CSCA").certificate)
    assert cli("trust", "import", other).code == 0
    for more in ((), ("--store", other.parent / "new.db")):
        result = cli("trust", "import", at_hand("list.ml", master_list(FOREIGN)), "--pin", other, *more)
        key_id = FOREIGN.parsed.subject_key_id
        assert key_id is not None
        for told in (str(FOREIGN.parsed.subject), f"key {key_id.hex()}", f"SHA-256 {fingerprint(FOREIGN.certificate)}"):
            assert told in result.err
        assert "was given" not in result.err


def test_a_list_that_brings_no_csca_says_so(cli, at_hand) -> None:
    signer = FOREIGN.issue_list_signer(MASTER_LIST_SIGNING_KEY, at=BEFORE)
    listed = signer.sign_list(CSCA_MASTER_LIST, CscaMasterList.of([OURS.certificate]).content, OURS, at=NOW)
    assert "The list does not bring it." in cli("trust", "import", at_hand("list.ml", listed)).err


def test_another_key_of_that_name_is_not_the_one_that_is_wanted(cli, at_hand) -> None:
    other = TestCsca.create("XO", at=BEFORE, key=KEY, common_name="Foreign CSCA")
    signer = FOREIGN.issue_list_signer(MASTER_LIST_SIGNING_KEY, at=BEFORE)
    listed = signer.sign_list(CSCA_MASTER_LIST, CscaMasterList.of([other.certificate]).content, other, at=NOW)
    assert "The list does not bring it." in cli("trust", "import", at_hand("list.ml", listed)).err


def test_a_pin_of_what_the_store_has_is_no_mistake(cli, at_hand) -> None:
    assert cli("trust", "import", at_hand("csca.cer", OURS.certificate)).code == 0
    result = cli("trust", "import", at_hand("dsc.cer", DSC.certificate), "--pin", fingerprint(OURS.certificate))
    assert ": The pin" not in result.err


def test_a_pin_that_matches_nothing_is_told(cli, at_hand) -> None:
    csca, other = at_hand("csca.cer", OURS.certificate), at_hand("other.cer", FOREIGN.certificate)
    result = cli("trust", "import", csca, "--pin", other, "--pin", fingerprint(OURS.certificate), "--pin", "0" * 64)
    told = [line.partition(": The pin")[0] for line in result.err.splitlines() if "--pin" in line]
    assert told == [
        f"chipid: warning: --pin {other}", f"chipid: warning: --pin {'0' * 64}",
    ]  # fmt: skip


@pytest.mark.parametrize("pinned", ["file", "signer's CSCA"])
def test_a_pin_that_lets_a_list_in_is_not_told_as_one_that_does_nothing(cli, at_hand, pinned: str) -> None:
    listed = master_list(FOREIGN)
    pin = listed if pinned == "file" else FOREIGN.certificate
    assert ": The pin" not in cli("trust", "import", at_hand("list.ml", listed), "--pin", fingerprint(pin)).err


def test_a_bare_list_tells_what_pin_takes(cli, at_hand) -> None:
    bare = CscaMasterList.of([FOREIGN.certificate]).content
    source = at_hand("bare.ml", bare)
    result = cli("trust", "import", source)
    assert f"The list's SHA-256 is {fingerprint(bare)}." in result.err
    assert "hint: list-not-signed: If the list reached you by a way that you trust, --pin its SHA-256." in result.err
    assert "Import that CSCA first" not in result.err
    taken = cli("trust", "import", source, "--pin", fingerprint(bare))
    assert f"Nobody signed it. Pinned was {fingerprint(bare)}, the list itself." in taken.err
    assert "pinned by the operator" in cli("trust", "show", fingerprint(FOREIGN.certificate)).out


def test_a_pinned_list_tells_its_state_signer_and_time(cli, at_hand) -> None:
    source, day = at_hand("list.ml", master_list(FOREIGN)), (NOW - timedelta(days=1)).date().isoformat()
    by_csca = cli("trust", "import", source, "--pin", fingerprint(FOREIGN.certificate)).err
    assert f"A list of XO, signed {'on '}{day} by C=XO" in by_csca
    assert "The signature is good. Pinned was" in by_csca
    shown = cli("trust", "show", fingerprint(FOREIGN.certificate)).out
    assert f"list of XO, signed {day} by C=XO" in shown
    assert f"vouched for by your pin {fingerprint(FOREIGN.certificate)[:16]}" in shown
    by_file = cli("trust", "import", source, "--store", source.parent / "new.db", "--pin", fingerprint(source.read_bytes())).err
    assert "the list itself: its signature did not count" in by_file


def test_only_what_was_named_itself_is_told_as_an_anchor(cli, at_hand, tmp_path: Path) -> None:
    sources = (at_hand("csca.cer", OURS.certificate), at_hand("dsc.cer", DSC.certificate), at_hand("list.ml", master_list()))
    result = cli("trust", "import", *sources, "--json")
    assert result.report.anchors == (fingerprint(OURS.certificate),)
    (added,) = (each for each in result.report.added if each.fingerprint in result.report.anchors)
    assert None not in (added.valid_from, added.valid_until, added.validity, added.key, added.algorithm, added.place)


def test_what_its_own_key_did_not_sign_is_no_anchor(cli, at_hand) -> None:
    broken = OURS.certificate[:-1] + bytes((OURS.certificate[-1] ^ 1,))
    report = cli("trust", "import", at_hand("broken.cer", broken), "--json").report
    assert ([each.role for each in report.added], report.anchors) == (["csca"], ())


@pytest.mark.parametrize("what", ["folder", "pem"])
def test_that_nothing_was_found_is_told(cli, tmp_path: Path, what: str) -> None:
    (tmp_path / "empty").mkdir()
    if what == "pem":
        (tmp_path / "empty" / "key.pem").write_text("-----BEGIN NOTHING-----\n-----END NOTHING-----\n")
    result = cli("trust", "import", tmp_path / "empty")
    assert (result.code, result.out) == (0, "0 added\n")
    assert "chipid: warning: nothing that a trust store keeps was found there" in result.err


def test_further_notes_of_a_kind_are_counted_and_said_to_be_in_json(cli, at_hand) -> None:
    source = at_hand("files.zip", b"")
    with zipfile.ZipFile(source, "w") as archive:
        for name in ("a.txt", "b.txt"):
            archive.writestr(name, b"text")
    told = cli("trust", "import", source).err
    assert "a.txt: not-of-interest: The file is left aside. It is nothing that a trust store keeps." in told
    assert "(and 1 more: --json lists them)" in told


@pytest.mark.parametrize(
    ("octets", "told"),
    [
        (OURS.certificate[:100], f"It is cut off: {len(OURS.certificate)} octets announced, 100 there."),
        (b"0\x82\x01", "It is cut off: there are 3 octets."),
        (b"", "It is empty."),
        (b"\n<!DOCTYPE HTML><html>", "It is a web page: download the file itself"),
        (b"\x1f\x8b\x08" + bytes(20), "It is a packed archive: unpack it"),
        (b"name".ljust(257, b"\0") + b"ustar\x0000", "It is a packed archive: unpack it"),
        (base64.encodebytes(OURS.certificate), "It is base64 without the lines BEGIN and END of PEM"),
        (b"%PDF-1.7", "It is a PDF document."),
        (b"0\x03\x02\x01\x05", "It is DER or BER, and neither a certificate"),
        (b"0\x80\x02\x01\x05\0\0", "It is DER or BER, and neither a certificate"),
        (b"some text", "It is nothing that a trust store keeps."),
    ],
    ids=lambda value: value.split(":")[0] if isinstance(value, str) else "",  # the certificate is another in each process
)
def test_a_file_that_is_no_object_is_told_by_its_looks(cli, at_hand, octets: bytes, told: str) -> None:
    result = cli("trust", "import", at_hand("file", octets))
    assert result.code == 1
    assert f"file: unrecognised: {told}" in result.err


@pytest.mark.parametrize("packing", ["der", "pem", "crls", "content"])
def test_a_bundle_of_certificates_is_certificates(cli, at_hand, packing: str) -> None:
    bundle = certificates_only(OURS.certificate, FOREIGN.certificate, crls=packing == "crls", content=packing == "content")
    result = cli("trust", "import", at_hand("bundle.p7b", write_block("PKCS7", bundle) if packing == "pem" else bundle))
    if packing in ("der", "pem"):
        assert result.out.startswith("2 added\n")
        assert result.out.count("C=") == 2
    else:
        assert result.code == 1
        assert "unrecognised" in result.err


def test_the_documents_tables_are_the_programs() -> None:
    text = (ROOT / "docs" / "trust.md").read_text(encoding="utf-8")
    refusals, others = text.partition("### Why something is refused")[2].split("### What else is told")
    rows = dict(re.findall(r"^\| `([a-z-]+)` \| (.+) \|$", refusals, re.MULTILINE))
    lists = {reason: advice for reason, advice in REMEDIES.items() if reason not in REASONS}
    assert rows == {reason: f"{text} | {REMEDIES.get(reason, '')}".rstrip() for reason, text in REASONS.items()} | lists
    assert dict(re.findall(r"^\| `([a-z-]+)` \| (.+) \|$", others.partition("## The file")[0], re.MULTILINE)) == dict(NOTES)


def test_every_reason_of_a_list_has_its_own_advice() -> None:
    assert remedy("list-signature-invalid") == "Ask whoever publishes the list for a sound one."
    assert remedy("malformed-crl") is None
    assert {reason for reason in REMEDIES if not reason.startswith("list-")} <= set(REASONS)
