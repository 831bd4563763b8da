# SPDX-License-Identifier: Apache-2.0
"""``chipid trust``: what goes into the operator's store, what is told of it, what comes out."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import re
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from chipid.cli.trust_store import KINDS, default_store
from chipid.crypto import asn1
from chipid.issuing.pki import KeyOptions, SignerProfile, TestCsca
from chipid.pki.cms import SIGNED_DATA, SubjectKeyIdentifier
from chipid.pki.defect_list import DEFECT_LIST, Defect, DefectList, KnownDefect
from chipid.pki.deviation_list import (
    DEVIATION_LIST,
    DEVIATION_LIST_SIGNING_KEY,
    Deviation,
    DeviationDescription,
    DeviationDocuments,
    DeviationList,
)
from chipid.pki.master_list import CSCA_MASTER_LIST, CscaMasterList
from chipid.pki.pem import write_block
from chipid.pki.signed_list import MASTER_LIST_SIGNING_KEY
from chipid.pki.trust_store import TrustStore
from chipid.report.trust_schema import TrustAuditReport, TrustImportReport, TrustListReport, TrustObjectReport
from chipid.report.trust_text import trust_list_text
from chipid.trust.database import TrustDatabase
from chipid.trust.import_report import NOTES, REASONS, REMEDIES, remedy
from chipid.trust.objects import Kind, Role

ROOT = Path(__file__).parents[2]
NOW = datetime.now(UTC)
BEFORE = NOW - timedelta(days=100)
KEY = KeyOptions("secp256r1")
OURS = TestCsca.create("UT", at=BEFORE, key=KEY)
FOREIGN = TestCsca.create("XO", at=BEFORE, key=KeyOptions("secp256r1", explicit_parameters=False), common_name="Foreign CSCA")
DSC = OURS.issue_document_signer(at=BEFORE)
CRL = OURS.issue_revocation_list((7,), at=NOW - timedelta(days=1))


def master_list(signed_by: TestCsca = OURS, *listed: TestCsca) -> bytes:
    content = CscaMasterList.of(csca.certificate for csca in (listed or (signed_by, FOREIGN))).content
    signer = signed_by.issue_list_signer(MASTER_LIST_SIGNING_KEY, at=BEFORE)
    return signer.sign_list(CSCA_MASTER_LIST, content, signed_by, at=NOW - timedelta(days=1))


def certificates_only(*certificates: bytes, crls: bool, content: bool) -> bytes:
    """A ``.p7b``, or what resembles one (RFC 5652 §5.1)."""
    encapsulated = asn1.sequence(asn1.oid("1.2.840.113549.1.7.1"), asn1.encode(0xA0, asn1.octet_string(b"x")) if content else b"")
    listed = asn1.encode(0xA0, *certificates) + (asn1.encode(0xA1, CRL) if crls else b"")
    signed = asn1.sequence(asn1.integer(1), asn1.encode(asn1.SET), encapsulated, listed, asn1.encode(asn1.SET))
    return asn1.sequence(asn1.oid(SIGNED_DATA), asn1.encode(0xA0, signed))


def fingerprint(octets: bytes) -> str:
    return hashlib.sha256(octets).hexdigest()


def held(cli) -> int:
    return len(cli("trust", "list", "--json").report.objects)


@pytest.fixture
def at_hand(tmp_path: Path) -> Callable[[str, bytes], Path]:
    def lay(name: str, octets: bytes) -> Path:
        (tmp_path / name).write_bytes(octets)
        return tmp_path / name

    return lay


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """The default one's place, as the fixture ``cli`` has it."""
    return tmp_path / "data" / "chipid" / "trust.db"


@pytest.fixture
def filled(cli, at_hand) -> None:
    """The default store, with a CSCA, the list that her signer signed, a document signer and a revocation list."""
    files = [at_hand("csca.cer", OURS.certificate), at_hand("list.ml", master_list()), at_hand("dsc.cer", DSC.certificate)]
    assert cli("trust", "import", *files, at_hand("csca.crl", CRL)).code == 0


# import -----------------------------------------------------------------------------------------------------------------


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
