# SPDX-License-Identifier: Apache-2.0
"""What goes into a trust store, on whose word, and that an import is made whole or not at all."""

from __future__ import annotations

import base64
import io
import os
import signal
import zipfile
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chipid.crypto import asn1
from chipid.crypto.algorithms import build_algorithm_identifier
from chipid.errors import ChipIdError, TrustStoreError
from chipid.issuing import certificates as build
from chipid.issuing.certificates import Departures, Period, with_signature_altered
from chipid.issuing.pki import DocumentSigner, SignerProfile, TestCsca
from chipid.issuing.revocation_lists import RevocationListProfile
from chipid.pki.certificate import Certificate
from chipid.pki.crl import CertificateRevocationList
from chipid.pki.defect_list import DEFECT_LIST, DefectList
from chipid.pki.deviation_list import DEVIATION_LIST, DeviationList
from chipid.pki.extensions import KEY_USAGE, KeyUsage
from chipid.pki.master_list import CSCA_MASTER_LIST, CscaMasterList
from chipid.pki.path_search import find_paths
from chipid.trust import files, import_report, importing, links, unpacking
from chipid.trust.database import TrustDatabase
from chipid.trust.exporting import export_folder, export_pem, export_zip
from chipid.trust.import_report import NOTES, REASONS, ImportReport
from chipid.trust.importing import import_paths
from chipid.trust.objects import Kind, Role, read_signed_data, signed_list_index
from chipid.trust.pins import read_pin
from chipid.trust.provenance import Voucher
from chipid.trust.recognise import kind_of
from chipid.trust.signed_lists import SignedList
from chipid.trust.upkeep import expire, outdated, remove

Put = Callable[..., ImportReport]

AT = datetime(2026, 6, 1, tzinfo=UTC)
DAY = timedelta(days=1)
MASTER, DEVIATION = "2.23.136.1.1.3", "2.23.136.1.1.8"
CSCA = TestCsca.create("UT", at=AT)
OTHERS = [TestCsca.create("XO", at=AT, common_name=f"CSCA {number}") for number in range(3)]
DSC = CSCA.issue_document_signer(at=AT)
SUCCESSOR, NEWEST = (TestCsca.create("UT", at=AT) for _ in range(2))
LINK, NEWER_LINK, RENEWED = CSCA.issue_link(SUCCESSOR), SUCCESSOR.issue_link(NEWEST), CSCA.issue_link(CSCA)
SIGNS_LISTS_ALONE = CSCA.issue_link(CSCA, departures=Departures(extensions={KEY_USAGE: build.key_usage((KeyUsage.CRL_SIGN,))}))
CRL = CSCA.issue_revocation_list((7,), at=AT)
LIST_SIGNER = CSCA.issue_list_signer(MASTER, at=AT)


def master_list(
    *certificates: bytes, at: datetime = AT + DAY, signer: DocumentSigner = LIST_SIGNER, csca: TestCsca = CSCA
) -> bytes:
    return signer.sign_list(CSCA_MASTER_LIST, CscaMasterList.of(certificates).content, csca, at=at)


LIST = master_list(CSCA.certificate, OTHERS[0].certificate)
NEWEST_LIST = master_list(OTHERS[2].certificate, signer=NEWEST.issue_list_signer(MASTER, at=AT), csca=NEWEST)
BARE = CscaMasterList.of([OTHERS[0].certificate]).content
DEVIATIONS = CSCA.issue_list_signer(DEVIATION, at=AT).sign_list(DEVIATION_LIST, DeviationList(()).build(), CSCA, at=AT + DAY)
BSI = f"{DEFECT_LIST}.1"  # any purpose of BSI's
DEFECTS = CSCA.issue_list_signer(BSI, at=AT).sign_list(DEFECT_LIST, DefectList(()).build(), CSCA, at=AT + DAY)


def pem(label: str, octets: bytes) -> bytes:
    return b"-----BEGIN %b-----\n%b-----END %b-----\n" % (label.encode(), base64.encodebytes(octets), label.encode())


def ldif(*pairs: tuple[str, bytes]) -> bytes:
    records = [
        f"dn: cn={number},dc=data\n{name};binary:: {base64.b64encode(value).decode()}\n"
        for number, (name, value) in enumerate(pairs)
    ]
    return "\n".join(["version: 1\n", *records]).encode()


def packed(*members: tuple[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, octets in members:
            archive.writestr(name, octets)
    return buffer.getvalue()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[TrustDatabase]:
    with TrustDatabase.create(tmp_path / "trust.db") as opened:
        yield opened


@pytest.fixture
def put(database: TrustDatabase, tmp_path: Path) -> Put:
    """Import octets, each as a file of its own that the operator names."""
    folder = tmp_path / "files"
    folder.mkdir()

    def run(*contents: bytes, at: datetime = AT + 2 * DAY, **options: object) -> ImportReport:
        paths = []
        for octets in contents:
            path = folder / f"{sha256(octets).hexdigest()[:8]}"
            path.write_bytes(octets)
            paths.append(path)
        report = import_paths(database, paths, at=at, **options)  # type: ignore[arg-type]
        assert {refusal.reason for refusal in report.refused} <= {*REASONS, *_LIST_REASONS}
        assert {note.code for note in report.notes} <= set(NOTES)
        return report

    return run


_LIST_REASONS = {
    "list-message-digest-mismatch", "list-signature-invalid", "list-signed-outside-validity",
    "list-signer-crl-signature-invalid", "list-signer-crl-unknown-critical-extension", "list-signer-csca-key-unknown",
    "list-signer-expired", "list-signer-extended-key-usage", "list-signer-extended-key-usage-missing",
    "list-signer-is-document-signer", "list-signer-no-trust-anchor", "list-signer-not-yet-valid", "list-signer-revoked",
    "list-signer-untrusted-signer",
}  # fmt: skip


def reasons(report: ImportReport) -> list[str]:
    return [refusal.reason for refusal in report.refused]


def kinds(entries: Sequence[object]) -> list[str]:
    return sorted(str(entry.kind) for entry in entries)


def everything(database: TrustDatabase) -> set[tuple[object, ...]]:
    return {
        (each.kind, each.octets, *sorted(origin.imported.voucher for origin in database.origins(each)))
        for each in database.objects()
    }


# Kinds of files ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "added"),
    [
        (CSCA.certificate, ["certificate"]),
        (CSCA.certificate_pem() + b"text between\n" + DSC.certificate_pem(), ["certificate"] * 2),
        (CSCA.to_pem(), ["certificate"]),  # the private key is left aside
        (CRL, ["crl"]),
        (pem("X509 CRL", CRL), ["crl"]),
        (ldif(("userCertificate", DSC.certificate), ("certificateRevocationList", CRL)), ["certificate", "crl"]),
        (packed(("a/b.der", CSCA.certificate), ("list", LIST)), ["certificate", "certificate", "master-list"]),
        (packed(("inner.zip", packed(("c.cer", CSCA.certificate)))), ["certificate"]),
        (packed(("pkd.ldif", ldif(("userCertificate", DSC.certificate)))), ["certificate"]),
    ],
)
def test_a_file_is_recognised_by_its_content(put: Put, content: bytes, added: list[str]) -> None:
    report = put(content)
    assert (kinds(report.added), report.refused, report.applied) == (added, (), True)


@pytest.mark.parametrize(
    ("octets", "kind"),
    [
        (CSCA.certificate, Kind.CERTIFICATE), (CRL, Kind.REVOCATION_LIST), (LIST, Kind.MASTER_LIST), (BARE, Kind.MASTER_LIST),
        (DEVIATIONS, Kind.DEVIATION_LIST), (DEFECTS, Kind.DEFECT_LIST), (b"", None), (b"0\0", None), (CSCA.certificate[:-1], None),
        (asn1.sequence(asn1.integer(1)), None), (asn1.sequence(asn1.sequence()), None), (asn1.sequence(asn1.oid("1.2.3")), None),
    ],
)  # fmt: skip
def test_kinds(octets: bytes, kind: Kind | None) -> None:
    assert kind_of(octets) is kind


def test_deviation_and_defect_lists_are_kept_and_read_again(put: Put, database: TrustDatabase) -> None:
    report = put(CSCA.certificate, DEVIATIONS, DEFECTS)
    assert kinds(report.added) == ["certificate", "defect-list", "deviation-list"]
    assert [each.country for each in database.deviation_lists()] == ["UT"]
    assert database.defect_lists() == (DefectList(()),)


def deviations_of(*conditions: bytes) -> bytes:
    """A signed list with one deviation, of the documents that meet *conditions*, encoded."""
    described = asn1.set_of(asn1.sequence(asn1.oid(f"{DEVIATION_LIST}.4")))
    content = asn1.sequence(asn1.integer(0), asn1.set_of(asn1.sequence(asn1.sequence(*conditions), described)))
    return CSCA.issue_list_signer(DEVIATION, at=AT).sign_list(DEVIATION_LIST, content, CSCA, at=AT + DAY)


@pytest.mark.parametrize(
    ("time", "told"), [(b"20260601000000Z", False), (b"20260601000000.000Z UTC", True)], ids=["as ASN.1 has it", "as Italy does"]
)
def test_how_a_deviation_list_writes_its_times_is_told(put: Put, time: bytes, told: bool) -> None:
    report = put(CSCA.certificate, deviations_of(asn1.encode(0xA4, asn1.encode(asn1.GENERALIZED_TIME, time) * 2)))
    assert (report.refused, kinds(report.added)) == ((), ["certificate", "deviation-list"])
    assert ("deviation-list-time-encoding" in [note.detail for note in report.notes]) is told


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"nothing that is known", "unrecognised"),
        (CSCA.certificate[:-1], "unrecognised"),
        (CSCA.certificate + b"\0", "malformed-certificate"),
        (CSCA.certificate[:200] + b"\0" * (len(CSCA.certificate) - 200), "malformed-certificate"),
        (CRL.replace(asn1.oid("2.5.29.20"), asn1.oid("2.5.29.35")), "malformed-crl"),
        (CSCA.certificate_pem().replace(b"\nM", b"\n*", 1), "malformed-pem"),
        (pem("CMS", CSCA.certificate[:-1]), "unrecognised"),
        (b"version: 2\n\ndn: x\n", "malformed-ldif"),
        (b"version: 1\n\ndn: x\nuserCertificate;binary:: !\n", "malformed-ldif"),
        (packed(("x", CSCA.certificate))[:-30], "malformed-zip"),
        (packed(("x.cer", b"broken")), "unrecognised"),
        (packed(("1.zip", packed(("2.zip", packed(("3.zip", b"")))))), "nested-too-deep"),
        (packed(("trust.db", b"SQLite format 3\0")), "trust-store"),
        (asn1.sequence(asn1.integer(0), asn1.set_of(asn1.integer(1)), asn1.integer(2)), "malformed-master-list"),
        (deviations_of(asn1.encode(0xA5, asn1.encode(0x13, b"A1"), asn1.encode(0x02, b"1"))), "malformed-deviation-list"),
        (b"SQLite format 3\0", "trust-store"),
    ],
)
def test_what_cannot_be_read_is_told_and_the_rest_goes_in(put: Put, content: bytes, reason: str) -> None:
    report = put(content, OTHERS[0].certificate)
    assert (reasons(report), kinds(report.added)) == ([reason], ["certificate"])
    assert report.refused[0].place.startswith(sha256(content).hexdigest()[:8])
    assert report.refused[0].detail


def test_one_bad_certificate_of_a_list_is_refused_alone(put: Put) -> None:
    broken = OTHERS[1].certificate.replace(b"\x06\x03\x55", b"\x07\x03\x55")
    report = put(CSCA.certificate, master_list(OTHERS[0].certificate, broken))
    assert (reasons(report), kinds(report.added)) == (["malformed-certificate"], ["certificate", "certificate", "master-list"])
    assert ", certificate " in report.refused[0].place


def test_an_encrypted_member_is_told(put: Put) -> None:
    raw = bytearray(packed(("x.cer", CSCA.certificate)))
    raw[raw.index(b"PK\x01\x02") + 8] |= 1
    assert reasons(put(bytes(raw))) == ["malformed-zip"]


def test_places_name_file_member_record_and_number(put: Put) -> None:
    report = put(packed(("pkd.ldif", ldif(("userCertificate", b"\x30\x03\x02\x01\x01")))))
    assert report.refused[0].place.endswith(": pkd.ldif, line 3, cn=0,dc=data")


PEM_LINE = b"".join(CSCA.certificate_pem().splitlines())


@pytest.mark.parametrize("before", [b"# Bundle of a State's CSCAs\n# 2026\n\n", b"Subject: CN=x\n", b"\xef\xbb\xbf"])
def test_text_before_a_certificate_in_pem_is_passed_over(put: Put, before: bytes) -> None:
    assert kinds(put(before + CSCA.certificate_pem()).added) == ["certificate"]


@pytest.mark.parametrize(
    ("beginning", "reason"),
    [
        (b"# " + PEM_LINE + b"\n" + b"# more\n" * 10_000 + b"version: 1\n\ndn: x\n", None),
        (b"\xef\xbb\xbf# " + PEM_LINE + b"\n " + PEM_LINE + b"\n\ndn: x\n", None),
        (b"dn: x\ncn:\n" + PEM_LINE + b"\n", "malformed-ldif"),
        (b"VERSION: 1\n\n" + PEM_LINE + b"\n", "malformed-ldif"),
        (b"text before " + PEM_LINE + b"\n", "unrecognised"),
    ],
)
def test_a_certificate_in_a_comment_or_a_record_of_an_ldif_is_nothing(put: Put, beginning: bytes, reason: str | None) -> None:
    report = put(beginning)
    assert (report.added, reasons(report)) == ((), [reason] if reason else [])


# On whose word ------------------------------------------------------------------------------------------------------------


def test_a_list_is_trusted_by_a_csca_in_the_store_and_never_by_the_one_that_it_brings(put: Put, database: TrustDatabase) -> None:
    assert reasons(put(LIST)) == ["list-signer-no-trust-anchor"]
    assert not database
    report = put(LIST, CSCA.certificate)
    assert (report.refused, kinds(report.added)) == ((), ["certificate", "certificate", "master-list"])
    (stored,) = database.find(OTHERS[0].parsed.fingerprint)
    (origin,) = database.origins(stored)
    assert (origin.imported.voucher, origin.imported.signer) == (Voucher.SIGNER, LIST_SIGNER.parsed.fingerprint)
    assert (origin.imported.country, origin.imported.signed_at) == ("UT", AT + DAY)
    assert (origin.imported.sha256, origin.place[:12]) == (sha256(LIST).hexdigest(), "certificate ")


@pytest.mark.parametrize(
    "pin",
    [CSCA.parsed.fingerprint, LIST_SIGNER.parsed.fingerprint, sha256(LIST).hexdigest().upper()],
    ids=["csca", "signer", "file"],
)
def test_a_list_is_trusted_by_a_pin(put: Put, database: TrustDatabase, pin: str) -> None:
    assert reasons(put(LIST, pins=["0" * 64])) == ["list-signer-no-trust-anchor"]
    report = put(LIST, pins=[pin])
    assert report.refused == ()
    (stored,) = database.find(OTHERS[0].parsed.fingerprint)
    assert [(each.imported.voucher, each.imported.pins) for each in database.origins(stored)] == [(Voucher.PIN, (pin.lower(),))]


def test_a_bare_list_is_trusted_by_the_pin_of_its_file_alone(put: Put) -> None:
    assert reasons(put(BARE, pins=[OTHERS[0].parsed.fingerprint])) == ["list-not-signed"]
    report = put(BARE, pins=[sha256(BARE).hexdigest()])
    assert (report.refused, kinds(report.added)) == ((), ["certificate", "master-list"])
    assert "list-pinned" in [note.code for note in report.notes]


@pytest.mark.parametrize(
    ("content", "options", "reason"),
    [
        (master_list(OTHERS[0].certificate, signer=DSC), {}, "list-signer-is-document-signer"),
        (master_list(OTHERS[0].certificate, signer=CSCA.issue_list_signer(DEVIATION, at=AT)), {}, "list-signer-extended-key-usage"),
        (LIST.replace(b"chipid test PKI", b"chipid fake PKI"), {}, "list-message-digest-mismatch"),
        (master_list(OTHERS[0].certificate, at=AT - DAY), {}, "list-signed-outside-validity"),
        (LIST, {"at": AT + timedelta(days=30 * 366)}, "list-signer-expired"),
        (LIST, {"at": AT - DAY}, "list-signer-not-yet-valid"),
        (
            master_list(OTHERS[0].certificate, signer=OTHERS[1].issue_list_signer(MASTER, at=AT), csca=OTHERS[1]), {},
            "list-signer-no-trust-anchor",
        ),
    ],
)  # fmt: skip
def test_lists_that_nobody_may_trust(put: Put, content: bytes, options: dict[str, datetime], reason: str) -> None:
    put(CSCA.certificate)
    report = put(content, **options)
    assert (reasons(report), report.added) == ([reason], ())


def test_a_revoked_signer_of_lists_is_refused(put: Put) -> None:
    revocation = CSCA.issue_revocation_list((LIST_SIGNER.parsed.serial,), at=AT)
    forged = revocation[:-1] + bytes((revocation[-1] ^ 1,))
    assert reasons(put(CSCA.certificate, forged, LIST)) == ["list-signer-crl-signature-invalid"]
    assert reasons(put(revocation, LIST)) == ["list-signer-revoked"]


def test_an_authority_in_a_directory_is_trusted_by_a_pin_alone(put: Put, database: TrustDatabase) -> None:
    authorities = (("cACertificate", CSCA.certificate), ("cACertificate", LINK))
    content = ldif(*authorities, ("userCertificate", DSC.certificate), ("cscaMasterListData", LIST))
    report = put(content)
    assert reasons(report) == ["authority-not-vouched-for"] * 2 + ["list-signer-no-trust-anchor"]
    assert [(entry.role, entry.country) for entry in report.added] == [(Role.DOCUMENT_SIGNER, "UT")]
    (stored,) = database.objects()
    assert [origin.imported.voucher for origin in database.origins(stored)] == [Voucher.NOBODY]
    report = put(content, pins=[CSCA.parsed.fingerprint])
    assert report.refused == ()  # what the pinned one signed needs no pin of its own
    assert kinds(report.added) == ["certificate", "certificate", "certificate", "master-list"]
    assert Voucher.PIN in {origin.imported.voucher for origin in database.origins(database.find(CSCA.parsed.fingerprint)[0])}


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_links_of_a_directory_go_in_where_the_store_vouches(put: Put, database: TrustDatabase, order: tuple[int, ...]) -> None:
    """By a chain of them down to a list whose signer the newest key certified, in any order."""
    directories = [ldif(("cACertificate", each)) for each in (LINK, NEWER_LINK)]
    report = put(*([*directories, NEWEST_LIST][place] for place in order))
    assert sorted(reasons(report)) == ["authority-not-vouched-for"] * 2 + ["list-signer-no-trust-anchor"]
    report = put(*([*directories, NEWEST_LIST][place] for place in order), LIST, pins=[LIST_SIGNER.parsed.fingerprint])
    assert (report.refused, kinds(report.added)) == ((), ["certificate"] * 5 + ["master-list"] * 2)
    for link in (LINK, NEWER_LINK):
        (stored,) = database.find(sha256(link).hexdigest())
        assert [origin.imported.voucher for origin in database.origins(stored)] == [Voucher.NOBODY]


@pytest.mark.parametrize(
    ("certificate", "held"),
    [
        (NEWER_LINK, CSCA.certificate),  # whose issuer is not there
        (LINK[:-1] + bytes((LINK[-1] ^ 1,)), CSCA.certificate),
        (RENEWED, CSCA.certificate),  # by the same key, and self-signed: it would be an anchor
        (LINK, SIGNS_LISTS_ALONE),
    ],
    ids=["issuer-unknown", "signature", "self-signed", "key-usage"],
)
def test_links_that_the_store_does_not_vouch_for(put: Put, certificate: bytes, held: bytes) -> None:
    put(held)
    report = put(ldif(("cACertificate", certificate)))
    assert (reasons(report), report.added) == (["authority-not-vouched-for"], ())


def test_a_link_without_an_anchor_above_it_makes_nobody_trusted(put: Put, database: TrustDatabase) -> None:
    put(LINK)
    assert put(ldif(("cACertificate", NEWER_LINK))).refused == ()
    (path,) = find_paths(NEWEST.issue_document_signer(at=AT).parsed, database).paths
    assert ([each.raw for each in path.certificates[1:]], path.reaches_anchor) == ([NEWER_LINK, LINK], False)


@pytest.mark.parametrize(("limit", "asked_of_one"), [(32, 2), (1, 1)])
def test_what_a_link_costs_has_an_end(put: Put, monkeypatch: pytest.MonkeyPatch, limit: int, asked_of_one: int) -> None:
    """Each authority of its issuer's name is asked once, however many lists go in meanwhile, and not all of a great many."""
    asked: list[object] = []
    monkeypatch.setattr(links, "_ISSUER_LIMIT", limit)
    monkeypatch.setattr(links, "_vouches", lambda issuer, link: asked.append((issuer, link)))
    put(CSCA.certificate, RENEWED, LIST, ldif(("cACertificate", LINK)))
    assert len(asked) == len(set(asked)) == asked_of_one


def test_no_more_links_wait_than_one_import_takes(put: Put, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "LINK_LIMIT", 1)
    report = put(CSCA.certificate, ldif(("cACertificate", LINK), ("cACertificate", NEWER_LINK)))
    assert (reasons(report), kinds(report.added)) == (["too-many"], ["certificate", "certificate"])


def test_a_signer_speaks_for_his_own_state_alone(put: Put, database: TrustDatabase) -> None:
    """Two signers: the first, of another state, signed nothing; the second did. The list is not the first one's."""
    other = OTHERS[0].issue_list_signer(DEVIATION, at=AT)
    mine = CSCA.issue_list_signer(DEVIATION, at=AT)
    content = DeviationList(()).build()
    good = mine.sign_list(DEVIATION_LIST, content, CSCA, at=AT + DAY)
    bad = other.sign_list(DEVIATION_LIST, content, OTHERS[0], at=AT + DAY)
    report = put(CSCA.certificate, with_two_signers(bad, good))
    assert (reasons(report), database.deviation_lists()) == (["list-signer-ambiguous"], ())


def with_two_signers(first: bytes, second: bytes) -> bytes:
    """A CMS object with the certificates and the signers of two; the first one's signature spoilt."""
    parts = []
    for raw in (first, second):
        signed = asn1.parse(raw, asn1.SEQUENCE).children()
        head = signed.read().raw
        fields = [element.raw for element in signed.read().only_child(asn1.SEQUENCE).children()]
        parts.append((head, fields))
    (head, one), (_, two) = parts
    inner = [asn1.parse(fields[-1], asn1.SET).children().read().raw for fields in (one, two)]
    inner[0] = inner[0][:-1] + bytes((inner[0][-1] ^ 1,))
    certificates = asn1.encode(0xA0, *(asn1.parse(fields[-2], 0xA0).value for fields in (one, two)))
    body = asn1.sequence(*one[:-2], certificates, asn1.encode(asn1.SET, *inner))
    return asn1.sequence(head, asn1.encode(0xA0, body))


# Order, duplicates, newer lists -------------------------------------------------------------------------------------------


def test_the_order_of_files_does_not_matter(tmp_path: Path) -> None:
    # Older than the list that brings its CSCA, and so tried before it.
    signer = OTHERS[0].issue_list_signer(MASTER, at=AT)
    second = master_list(OTHERS[2].certificate, at=AT + DAY / 2, signer=signer, csca=OTHERS[0])
    contents = {"csca": CSCA.certificate, "crl": CRL, "list": LIST, "second": second}
    for name, octets in contents.items():
        (tmp_path / name).write_bytes(octets)
    seen = set()
    for number, order in enumerate(permutations(contents)):
        with TrustDatabase.create(tmp_path / f"{number}.db") as database:
            assert import_paths(database, [tmp_path / name for name in order], at=AT + 2 * DAY).refused == ()
            seen.add(frozenset(everything(database)))
    assert len(seen) == 1
    assert OTHERS[2].certificate in {octets for _, octets, *_ in seen.pop()}


def test_a_duplicate_is_told_and_one_object_has_several_origins(put: Put, database: TrustDatabase) -> None:
    put(CSCA.certificate, LIST)
    report = put(CSCA.certificate_pem(), LIST, master_list(OTHERS[0].certificate))
    assert kinds(report.added) == ["master-list"]
    assert kinds(report.known) == ["certificate", "certificate", "master-list"]
    (stored,) = database.find(CSCA.parsed.fingerprint)
    assert [each.imported.voucher for each in database.origins(stored)] == [Voucher.OPERATOR, Voucher.SIGNER, Voucher.OPERATOR]


def test_the_same_import_again_changes_nothing(put: Put, database: TrustDatabase) -> None:
    put(CSCA.certificate, LIST, CRL)
    before = (database.imports(), everything(database))
    assert put(CSCA.certificate, LIST, CRL).added == ()
    assert (database.imports(), everything(database)) == before


def test_what_a_newer_list_does_not_have_is_told_and_withdrawn_on_demand(put: Put, database: TrustDatabase) -> None:
    old = master_list(*(each.certificate for each in OTHERS))
    new = master_list(OTHERS[0].certificate, at=AT + 2 * DAY, signer=CSCA.issue_list_signer(MASTER, at=AT))
    put(CSCA.certificate, old, OTHERS[1].certificate)  # the operator vouches for the second himself
    report = put(new)
    missing = [note.detail for note in report.notes if note.code == "missing-from-newer-list"]
    assert [any(each.parsed.fingerprint in detail for detail in missing) for each in OTHERS] == [False, True, True]
    assert (report.withdrawn, len(database.authorities_of("XO"))) == ((), 3)
    report = put(new, replace=True)
    assert {entry.fingerprint for entry in report.withdrawn} == {OTHERS[2].parsed.fingerprint, sha256(old).hexdigest()}
    assert set(database.authorities_of("XO")) == {OTHERS[0].parsed, OTHERS[1].parsed}
    assert reasons(put(old, replace=True)) == ["list-older-than-held"]
    assert "older-master-list" in [note.code for note in put(old).notes]


OLDER = master_list(CSCA.certificate, OTHERS[0].certificate, OTHERS[1].certificate)
NEWER = master_list(CSCA.certificate, OTHERS[1].certificate, at=AT + 2 * DAY)
DROPPED = OTHERS[0].parsed


def held_of(database: TrustDatabase, certificate: Certificate) -> list[Voucher]:
    return [origin.imported.voucher for each in database.find(certificate.fingerprint) for origin in database.origins(each)]


@pytest.mark.parametrize("replace", [False, True])
def test_an_older_list_brings_nothing_back(put: Put, database: TrustDatabase, replace: bool) -> None:
    put(CSCA.certificate, OLDER)
    put(NEWER, replace=True)
    assert not held_of(database, DROPPED)
    report = put(OLDER, replace=replace)
    assert (reasons(report), report.applied) == (["list-older-than-held" if replace else "not-in-newer-list"], True)
    assert not held_of(database, DROPPED)
    if not replace:
        # Told by name, with its number in the list; what both have is vouched for by both.
        (told,) = report.refused
        number = SignedList.parse(Kind.MASTER_LIST, OLDER).certificates.index(DROPPED) + 1
        assert told.place.endswith(f", certificate {number}")
        assert told.detail.endswith(f"{DROPPED.subject}, {DROPPED.fingerprint}")
        assert held_of(database, OTHERS[1].parsed) == [Voucher.SIGNER] * 2
        assert kinds(report.added) == ["master-list"]
    # What the operator pins, octet by octet, he answers for; a pin of the list's CSCA says nothing of that.
    assert reasons(put(OLDER, pins=[CSCA.parsed.fingerprint])) == ["not-in-newer-list"]
    report = put(OLDER, replace=replace, pins=[sha256(OLDER).hexdigest()])
    assert (report.refused, held_of(database, DROPPED)) == ((), [Voucher.PIN])


@pytest.mark.parametrize("contents", list(permutations((CSCA.certificate, OLDER, NEWER))))
def test_of_two_lists_in_one_import_the_newer_counts_whatever_the_order(
    put: Put, database: TrustDatabase, contents: tuple[bytes, ...]
) -> None:
    report = put(packed(*((str(number), each) for number, each in enumerate(contents))))
    assert (reasons(report), held_of(database, DROPPED)) == (["not-in-newer-list"], [])
    assert kinds(report.added) == ["certificate"] * 2 + ["master-list"] * 2
    assert reasons(put(*contents, replace=True)) == ["list-older-than-held"]


def newer_under_a_key_of_the_older() -> tuple[bytes, bytes]:
    """The older list brings the CSCA of the newer one's signer, and has to go in first."""
    new_csca = TestCsca.create("UT", at=AT, common_name="The new one")
    signer = new_csca.issue_list_signer(MASTER, at=AT)
    older = master_list(CSCA.certificate, new_csca.certificate, OTHERS[0].certificate, OTHERS[1].certificate)
    return older, master_list(new_csca.certificate, OTHERS[1].certificate, at=AT + 2 * DAY, signer=signer, csca=new_csca)


@pytest.mark.parametrize("replace", [False, True])
def test_a_newer_list_that_needs_the_older_one_counts_too(put: Put, database: TrustDatabase, replace: bool) -> None:
    older, newer = newer_under_a_key_of_the_older()
    report = put(CSCA.certificate, older, newer, OTHERS[2].certificate, replace=replace)
    dropped = {refusal.detail.split(", ")[-1] for refusal in report.refused if refusal.reason == "not-in-newer-list"}
    assert dropped == {DROPPED.fingerprint, CSCA.parsed.fingerprint}
    # What came in this run and did not stay was neither added nor withdrawn.
    assert set(reasons(report)) - {"not-in-newer-list"} == ({"list-older-than-held"} if replace else set())
    assert (held_of(database, DROPPED), held_of(database, CSCA.parsed)) == ([], [Voucher.OPERATOR])
    assert DROPPED.fingerprint not in {entry.fingerprint for entry in report.added}
    assert (kinds(report.withdrawn), sha256(older).hexdigest() in {each.fingerprint for each in report.added}) == ([], not replace)
    # The pin of its file keeps it whole.
    with TrustDatabase.create(database.path.with_name("other.db")) as other:
        folder = database.path.with_name("folder")
        folder.mkdir()
        for number, octets in enumerate((CSCA.certificate, older, newer)):
            (folder / str(number)).write_bytes(octets)
        report = import_paths(other, folder, at=AT + 3 * DAY, pins=[sha256(older).hexdigest()], replace=replace)
        assert (report.refused, report.withdrawn, held_of(other, DROPPED)) == ((), (), [Voucher.SIGNER])


def test_what_is_trusted_on_the_word_of_an_older_list_stays_until_it_is_replaced(put: Put, database: TrustDatabase) -> None:
    put(CSCA.certificate, OLDER)
    put(NEWER)
    assert put(OLDER, NEWER).refused == ()
    assert held_of(database, DROPPED) == [Voucher.SIGNER]


def test_only_master_lists_follow_master_lists(put: Put, database: TrustDatabase) -> None:
    later = CSCA.issue_list_signer(DEVIATION, at=AT).sign_list(DEVIATION_LIST, DeviationList(()).build(), CSCA, at=AT + 2 * DAY)
    assert put(CSCA.certificate, later, OLDER).refused == ()
    assert held_of(database, DROPPED) == [Voucher.SIGNER]


def test_an_older_list_vouches_for_no_signer_of_another_list_either(put: Put, database: TrustDatabase) -> None:
    """Signed between the two by a signer of the CSCA that the newer one dropped."""
    signer = OTHERS[0].issue_list_signer(MASTER, at=AT)
    third = master_list(OTHERS[2].certificate, at=AT + 1.5 * DAY, signer=signer, csca=OTHERS[0])
    assert sorted(reasons(put(CSCA.certificate, OLDER, NEWER, third))) == ["list-signer-no-trust-anchor", "not-in-newer-list"]
    assert not held_of(database, OTHERS[2].parsed)


def test_lists_of_one_moment_stand_beside_each_other(put: Put) -> None:
    others = [master_list(CSCA.certificate, each.certificate) for each in OTHERS[:2]]
    assert put(CSCA.certificate, *others).refused == ()


def test_what_a_newer_list_has_an_older_one_brings_too(put: Put, database: TrustDatabase) -> None:
    """Its octets count, and not what the operator removed of it: an import brings back what he removed."""
    put(CSCA.certificate, NEWER)
    remove(database, OTHERS[1].parsed.fingerprint)
    assert reasons(put(OLDER)) == ["not-in-newer-list"]
    assert held_of(database, OTHERS[1].parsed) == [Voucher.SIGNER]


def test_a_newer_list_that_the_operator_removed_still_tells_what_it_had(put: Put, database: TrustDatabase) -> None:
    put(CSCA.certificate, NEWER)
    remove(database, sha256(NEWER).hexdigest())
    assert reasons(put(OLDER)) == ["not-in-newer-list"]


def test_an_older_revocation_list_is_kept_and_told(put: Put, database: TrustDatabase) -> None:
    """Anybody can write a newer one: until a signature is verified, the older may be the good one."""
    newer = CSCA.issue_revocation_list(at=AT + DAY)
    put(CSCA.certificate, newer, with_signature_altered(CSCA.issue_revocation_list(at=AT + 9 * DAY)))
    report = put(CRL)
    assert [(note.code, note.detail) for note in report.notes] == [("older-crl", "2026-06-02")]
    assert [crl.raw for crl in database.revocation_lists(CSCA.parsed.subject)][:2] == [newer, CRL]


DAMAGED = CSCA.issue_revocation_list((7,), at=AT, profile=RevocationListProfile(extra_entries=(asn1.sequence(),)))
UNKNOWN_CRITICAL = build.extension("1.2.3.4", asn1.null(), critical=True)
UNUSABLE = CSCA.issue_revocation_list(at=AT, profile=RevocationListProfile(extra_extensions=(UNKNOWN_CRITICAL,)))


@pytest.mark.parametrize("csca_first", [True, False])
@pytest.mark.parametrize("in_master_list", [True, False])
def test_what_is_wrong_with_a_list_that_a_csca_signed_is_told(put: Put, csca_first: bool, in_master_list: bool) -> None:
    own = CSCA.certificate, master_list(OTHERS[0].certificate)
    csca = own if in_master_list else own[:1]
    lists = DAMAGED, UNUSABLE, CSCA.issue_revocation_list(at=AT)
    report = put(*csca, *lists) if csca_first else put(*lists, *csca)
    assert (reasons(report), kinds(report.added).count("crl")) == (["malformed-crl"], 2)
    assert [note.code for note in report.notes if note.code.startswith("crl-")] == ["crl-unknown-critical-extension"]


def test_entries_that_nobody_is_known_to_have_signed_are_not_read(
    put: Put, database: TrustDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading those of a long list takes seconds, and anybody can write one."""
    read: list[bytes] = []
    monkeypatch.setattr(CertificateRevocationList, "entries", property(lambda self: read.append(self.raw) or {}))
    assert put(DAMAGED, with_signature_altered(CRL)).refused == ()
    assert put(CSCA.certificate).refused == ()
    assert set(read) == {DAMAGED}
    put(CRL)
    assert set(read) == {DAMAGED, CRL}


@pytest.mark.parametrize(
    ("crl", "reason"),
    [
        (UNUSABLE, "list-signer-crl-unknown-critical-extension"),
        (with_signature_altered(CRL), "list-signer-crl-signature-invalid"),
        (CSCA.issue_revocation_list(at=AT, profile=RevocationListProfile(period=DAY)), None),  # stale
        (SUCCESSOR.issue_revocation_list(at=AT), None),  # of a key that the list may bring
        (OTHERS[0].issue_revocation_list(at=AT), None),
    ],
)
def test_a_list_is_refused_where_no_revocation_list_of_its_csca_can_be_used(put: Put, crl: bytes, reason: str | None) -> None:
    """Whether its signer was revoked would be in one of them."""
    assert reasons(put(CSCA.certificate, crl, LIST)) == ([] if reason is None else [reason])
    assert put(CSCA.certificate, crl, LIST, pins=[LIST_SIGNER.parsed.fingerprint]).refused == ()


@pytest.mark.parametrize("arrives", ["first", "last", "in a list", "later"])
def test_lists_that_nobody_signed_come_behind_those_of_each_key(put: Put, database: TrustDatabase, arrives: str) -> None:
    """However many there are, and however new; what comes before its CSCA is looked at again when that comes."""
    mine, others = OTHERS[0], OTHERS[0].parsed.subject
    second = TestCsca.create("XO", at=AT, common_name="CSCA 0")
    genuine = [mine.issue_revocation_list((number,), at=AT + number * DAY) for number in range(3)]
    newest_of_second = second.issue_revocation_list((9,), at=AT - 30 * DAY)
    forger = TestCsca.create("XO", at=AT, common_name="CSCA 0")
    strewn = [forger.issue_revocation_list(at=AT + number * DAY) for number in range(10)]
    strewn += [with_signature_altered(mine.issue_revocation_list(at=AT + number * DAY)) for number in range(10)]
    cscas = (mine.certificate, second.certificate)
    lists = (*strewn, *genuine, newest_of_second)
    if arrives == "first":
        put(*cscas, *lists)
    elif arrives == "last":
        put(*lists, *cscas)
    elif arrives == "in a list":
        put(*lists, CSCA.certificate, master_list(*cscas))
    else:
        put(*lists)
        put(*cscas)
    found = [crl.raw for crl in database.revocation_lists(others)]
    assert found[:4] == [genuine[2], newest_of_second, genuine[1], genuine[0]]
    assert len(found) == len(lists)


def test_lists_are_read_when_they_are_asked_for(
    put: Put, database: TrustDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(CSCA.certificate, *(CSCA.issue_revocation_list(at=AT + number * DAY) for number in range(5)))
    read: list[bytes] = []
    parse = CertificateRevocationList.parse
    monkeypatch.setattr(CertificateRevocationList, "parse", lambda der: read.append(der) or parse(der))
    lists = iter(database.revocation_lists(CSCA.parsed.subject))
    assert next(lists).this_update == AT + 4 * DAY
    assert len(read) == 1


# All or nothing -----------------------------------------------------------------------------------------------------------


def test_strict_takes_all_or_nothing(put: Put, database: TrustDatabase) -> None:
    report = put(CSCA.certificate, b"broken", strict=True)
    assert (report.applied, reasons(report), kinds(report.added)) == (False, ["unrecognised"], ["certificate"])
    assert (list(database.objects()), database.imports()) == ([], ())
    assert put(CSCA.certificate, strict=True).applied


@pytest.mark.parametrize("moment", ["_take_certificate", "_take_lists", "_admit"])
def test_an_interruption_changes_nothing(
    put: Put, database: TrustDatabase, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    put(OTHERS[0].certificate)
    before = everything(database)
    real = getattr(importing._Import, moment)

    def interrupted(*arguments: object) -> None:
        real(*arguments)
        os.kill(os.getpid(), signal.SIGINT)

    with monkeypatch.context() as patched:
        patched.setattr(importing._Import, moment, interrupted)
        with pytest.raises(KeyboardInterrupt):
            put(CRL, CSCA.certificate, LIST)
    assert everything(database) == before
    assert kinds(put(CRL, CSCA.certificate, LIST).added) == ["certificate", "crl", "master-list"]


def test_a_full_disk_changes_nothing(put: Put, database: TrustDatabase) -> None:
    put(CSCA.certificate)
    before = everything(database)
    (pages,) = database._rows("PRAGMA page_count")[0]
    database._rows(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(TrustStoreError, match="SQLITE_FULL") as caught:
        put(*(csca.certificate for csca in OTHERS), LIST)
    assert "full" in str(caught.value.hint)
    assert everything(database) == before


def test_a_path_that_is_not_there_changes_nothing(database: TrustDatabase, tmp_path: Path) -> None:
    (tmp_path / "csca").write_bytes(CSCA.certificate)
    with pytest.raises(FileNotFoundError):
        import_paths(database, [tmp_path / "csca", tmp_path / "none"], at=AT)
    assert list(database.objects()) == []


# Folders, and limits ------------------------------------------------------------------------------------------------------


def test_a_folder_is_searched(database: TrustDatabase, tmp_path: Path) -> None:
    root, outside = tmp_path / "pki", tmp_path / "outside.cer"
    (root / "deep" / "er").mkdir(parents=True)
    outside.write_bytes(OTHERS[0].certificate)
    (root / "deep" / "er" / "csca").write_bytes(CSCA.certificate)
    (root / "crl.crl").write_bytes(CRL)
    (root / "README").write_text("about these files")
    (root / "broken.cer").write_text("about these files")
    (root / ".hidden").write_bytes(OTHERS[1].certificate)
    (root / "out.cer").symlink_to(outside)
    (root / "up").symlink_to(tmp_path, target_is_directory=True)
    (root / "again").symlink_to(root / "crl.crl")
    os.mkfifo(root / "pipe")
    report = import_paths(database, root, at=AT)
    assert (kinds(report.added), kinds(report.known)) == (["certificate", "crl"], [])
    assert [(each.place, each.reason) for each in report.refused] == [("pki/broken.cer", "unrecognised")]
    assert sorted((note.place, note.code) for note in report.notes) == [
        ("pki/.hidden", "hidden"), ("pki/README", "not-of-interest"), ("pki/out.cer", "symbolic-link"),
        ("pki/pipe", "not-a-file"), ("pki/up", "symbolic-link"),
    ]  # fmt: skip
    assert {each.source for each in database.imports()} == {"pki/deep/er/csca", "pki/crl.crl", "pki/again"}


def test_what_the_system_does_not_let_be_read_is_told(
    database: TrustDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pki").mkdir()
    for name, octets in (("a", CSCA.certificate), ("b", CRL)):
        (tmp_path / "pki" / name).write_bytes(octets)
    real = os.open

    def opened(path: Path, *arguments: int) -> int:
        if Path(path).name == "a":
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, *arguments)

    monkeypatch.setattr(os, "open", opened)
    report = import_paths(database, tmp_path / "pki", at=AT)
    assert [(each.place, each.reason, each.detail) for each in report.refused] == [("pki/a", "unreadable", "Permission denied")]
    assert kinds(report.added) == ["crl"]
    with pytest.raises(PermissionError):
        import_paths(database, tmp_path / "pki" / "a", at=AT)


def test_nothing_of_a_zip_is_written(database: TrustDatabase, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "x.zip").write_bytes(packed(("../../evil.cer", CSCA.certificate), ("/root.cer", OTHERS[0].certificate)))
    before = sorted(tmp_path.rglob("*"))
    report = import_paths(database, tmp_path / "in", at=AT)
    assert (len(report.added), sorted(tmp_path.rglob("*"))) == (2, before)


@pytest.mark.parametrize(
    ("limit", "value", "content", "reason"),
    [
        ((files, "FILE_LIMIT"), 1000, CSCA.certificate * 2, "too-large"),
        ((unpacking, "FILE_LIMIT"), 1000, packed(("bomb", bytes(100_000))), "too-large"),
        ((unpacking, "UNPACKED_LIMIT"), 1000, packed(("bomb", bytes(100_000)), ("more", b"")), "too-large"),
        ((unpacking, "OBJECT_LIMIT"), 1, CSCA.certificate_pem() + DSC.certificate_pem(), "too-many"),
        ((unpacking, "OBJECT_LIMIT"), 2, packed(("a", b""), ("b", b""), ("c", b"")), "too-many"),
        ((importing, "LIST_LIMIT"), 0, BARE, "too-many"),
        ((importing, "LISTED_LIMIT"), 1, LIST, "too-many"),
        ((importing, "LISTED_LIMIT"), 2, LIST, "too-many"),  # what comes beside its content is counted too
        ((unpacking, "OBJECT_LIMIT"), 5, pem("A", b"") * 10, "too-many"),
        ((unpacking, "OBJECT_LIMIT"), 5, b"version: 1\n\n" + b"x\n\n" * 10, "too-many"),
        ((files, "FILE_COUNT_LIMIT"), 0, CRL, "too-many"),
    ],
)
def test_limits(
    put: Put, monkeypatch: pytest.MonkeyPatch, limit: tuple[object, str], value: int, content: bytes, reason: str
) -> None:
    monkeypatch.setattr(*limit, value)
    assert reason in reasons(put(content))


@pytest.mark.parametrize("spoilt", [False, True])
def test_what_a_damaged_member_unpacks_to_is_counted(put: Put, monkeypatch: pytest.MonkeyPatch, spoilt: bool) -> None:
    monkeypatch.setattr(unpacking, "UNPACKED_LIMIT", 3000)
    first = bytearray(packed(("a", bytes(2000))))
    if spoilt:
        first[14] ^= 1  # in the CRC-32, which stands in the directory too
        first[first.index(b"PK\x01\x02") + 16] ^= 1
    report = put(packed(("1.zip", bytes(first)), ("2.zip", packed(("b", bytes(2000))))))
    assert ("malformed-zip" in reasons(report), reasons(report)[-1]) == (spoilt, "too-large")


def test_no_more_is_unpacked_of_a_member_than_it_says(put: Put, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = bytearray(packed(("a", bytes(1 << 20))))
    for size in (22, raw.index(b"PK\x01\x02") + 24):
        raw[size : size + 4] = (10).to_bytes(4, "little")
    unpacked: list[int] = []
    real = zipfile.ZipExtFile._read1  # type: ignore[attr-defined]  # what it gives is cut, what it unpacks is not

    def counting(self: zipfile.ZipExtFile, size: int) -> bytes:
        unpacked.append(size)
        return bytes(real(self, size))

    monkeypatch.setattr(zipfile.ZipExtFile, "_read1", counting)
    assert reasons(put(bytes(raw))) == ["malformed-zip"]
    assert max(unpacked) <= 11


def test_what_a_zip_says_that_it_holds_is_refused_before_it_is_unpacked(put: Put, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpacking, "UNPACKED_LIMIT", 3000)
    raw = packed(("a", bytes(2000)), ("b", bytes(2000)))
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda *_: pytest.fail("something was unpacked"))
    assert reasons(put(raw)) == ["too-large"]


def test_members_that_lie_on_each_other_are_refused(put: Put, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = packed(("a.cer", CSCA.certificate), ("b.cer", DSC.certificate))
    second = raw.rindex(b"PK\x01\x02") + 42
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda *_: pytest.fail("something was unpacked"))
    report = put(raw[:second] + bytes(4) + raw[second + 4 :])
    assert (reasons(report), report.added) == (["malformed-zip"], ())


def test_no_more_of_one_kind_is_told_of_a_file_than_anybody_reads(put: Put, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_report, "TOLD_LIMIT", 3)
    records = b"version: 1\n\n" + b"x\n\n" * 10
    report = put(records, records + b"x", pem("A", b"") * 5 + CSCA.certificate_pem(), pem("CERTIFICATE", b"0\0") * 9)
    assert kinds(report.added) == ["certificate"]
    assert reasons(report) == ["malformed-ldif"] * 8 + ["malformed-certificate"] * 4
    more = [each.detail for each in (*report.refused, *report.notes) if each.detail.endswith("are not told.")]
    assert sorted(map(int, (each.split()[0] for each in more))) == [2, 6, 7, 8]


def test_long_names_are_cut(put: Put) -> None:
    text = "x" * 5000
    report = put(packed((f"{text}.cer", b"")), f"dn: {text}\nuserCertificate:: AAAA\n".encode())
    assert reasons(report) == ["unrecognised", "malformed-certificate"]
    assert all(len(each.place) < 600 for each in report.refused)


def test_folders_inside_each_other_have_an_end(database: TrustDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "FOLDER_DEPTH_LIMIT", 1)
    (tmp_path / "a" / "b" / "c").mkdir(parents=True)
    assert reasons(import_paths(database, tmp_path / "a", at=AT)) == ["too-many"]


def test_names_of_files_are_made_printable(database: TrustDatabase, tmp_path: Path) -> None:
    path = tmp_path / "csca\x1b[2J\udcff.cer"
    path.write_bytes(CSCA.certificate)
    report = import_paths(database, path, at=AT)
    assert [entry.place for entry in report.added] == ["csca?[2J?.cer"]
    assert [each.source for each in database.imports()] == ["csca?[2J?.cer"]


SOUND = (
    LIST, CRL, BARE, DEVIATIONS, packed(("x", CSCA.certificate)), ldif(("userCertificate", DSC.certificate)),
    CSCA.certificate_pem(),
)  # fmt: skip


@settings(max_examples=60)
@given(
    content=st.one_of(st.binary(max_size=200), st.sampled_from(SOUND)),
    spoils=st.lists(st.tuples(st.integers(0, 1 << 16), st.integers(0, 255)), max_size=5),
)
def test_no_file_ends_in_an_error(
    content: bytes, spoils: list[tuple[int, int]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    raw = bytearray(content)
    for place, value in spoils if raw else ():
        raw[place % len(raw)] = value
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "file").write_bytes(raw)
    with TrustDatabase.create(folder / "trust.db") as database:
        report = import_paths(database, folder / "file", at=AT, pins=[sha256(raw).hexdigest()])
        assert report.applied
        assert report.added or report.refused or report.notes
        damage, _ = database.examine()
    assert damage == ()


# Pins, upkeep, export -----------------------------------------------------------------------------------------------------


def test_pins(tmp_path: Path) -> None:
    fingerprint = CSCA.parsed.fingerprint
    (tmp_path / "csca.pem").write_bytes(CSCA.certificate_pem())
    colons = ":".join(fingerprint[i : i + 2] for i in range(0, 64, 2)).upper()
    for text in (fingerprint, colons, str(tmp_path / "csca.pem")):
        assert read_pin(text) == {fingerprint}
    with pytest.raises(OSError, match="no-such-file"):
        read_pin("no-such-file")
    (tmp_path / "text").write_text("x")
    (tmp_path / "crl").write_bytes(CRL)
    for name in ("text", "crl"):
        with pytest.raises(ChipIdError, match=name):
            read_pin(str(tmp_path / name))


@pytest.mark.parametrize("pin", ["", "0" * 63, "g" * 64])
def test_a_pin_that_is_none(put: Put, pin: str) -> None:
    with pytest.raises(ValueError, match="64 hexadecimal"):
        put(CRL, pins=[pin])


def test_what_is_out_of_date_is_removed(put: Put, database: TrustDatabase) -> None:
    newer = CSCA.issue_revocation_list(at=AT + DAY)
    forged = OTHERS[0].issue_revocation_list(at=AT + 2 * DAY)
    put(CSCA.certificate, DSC.certificate, CRL, newer, forged)
    assert outdated(database, AT + 2 * DAY) != ()
    late = DSC.parsed.not_after + timedelta(seconds=1)
    expected = {(DSC.parsed.fingerprint, "expired"), (sha256(CRL).hexdigest(), "superseded")}
    assert [each.stored.octets for each in outdated(database, DSC.parsed.not_after)] == [CRL]
    assert {(each.stored.fingerprint, each.reason) for each in outdated(database, late)} == expected
    assert len(list(database.objects())) == 5
    assert {(each.stored.fingerprint, each.reason) for each in expire(database, late)} == expected
    assert {each.octets for each in database.objects()} == {CSCA.certificate, newer, forged}
    assert len(database.imports()) == 3


def test_a_newer_list_that_nobody_signed_supersedes_nothing(put: Put, database: TrustDatabase) -> None:
    newer = bytearray(CSCA.issue_revocation_list(at=AT + DAY))
    newer[-1] ^= 1
    put(CSCA.certificate, CRL, bytes(newer))
    assert outdated(database, AT + 2 * DAY) == ()


def renamed(crl: bytes, by: TestCsca) -> bytes:
    """*crl*, which says that CSCA's key signed it, and *by* did."""
    own, other = by.parsed.subject_key_id, CSCA.parsed.subject_key_id
    assert own is not None
    assert other is not None
    tbs = CertificateRevocationList.parse(crl).tbs.replace(own, other)
    return asn1.sequence(tbs, build_algorithm_identifier(by.key.scheme), asn1.bit_string(by.key.sign(tbs)))


def test_a_newer_list_that_verification_refuses_supersedes_nothing(put: Put, database: TrustDatabase) -> None:
    """Its key may sign no lists, or was out of date, or is another; it is of the future, or cannot be used."""
    weak = TestCsca.create("UT", at=AT, departures=Departures(extensions={KEY_USAGE: build.key_usage((KeyUsage.KEY_CERT_SIGN,))}))
    old = TestCsca.create("UT", at=AT - 900 * DAY, validity=Period(AT - 900 * DAY, AT))
    weak_list = weak.issue_revocation_list(at=AT + DAY)
    held = [old.issue_revocation_list(at=AT - DAY), CRL]
    late = [
        *(weak_list, renamed(weak_list, weak)),
        *(each.issue_revocation_list(at=AT + DAY) for each in (old, SUCCESSOR)),
        CSCA.issue_revocation_list(at=AT + 9 * DAY),
        CSCA.issue_revocation_list(at=AT + DAY, profile=RevocationListProfile(extra_extensions=(UNKNOWN_CRITICAL,))),
    ]
    put(*(each.certificate for each in (CSCA, weak, old, SUCCESSOR)), *held, *late)
    for days, superseded in ((2, set()), (9, {CRL, late[-1]})):
        found = outdated(database, AT + days * DAY)
        assert {each.stored.octets for each in found if each.reason == "superseded"} == superseded


def test_one_object_is_removed(put: Put, database: TrustDatabase) -> None:
    put(CSCA.certificate, CRL)
    assert remove(database, sha256(CRL).hexdigest()[:12]).octets == CRL
    assert [each.octets for each in database.objects()] == [CSCA.certificate]
    with pytest.raises(KeyError):
        remove(database, sha256(CRL).hexdigest())


def test_what_is_exported_can_be_imported(put: Put, database: TrustDatabase, tmp_path: Path) -> None:
    put(CSCA.certificate, CRL, LIST, DEVIATIONS, DEFECTS)
    held = {each.octets for each in database.objects()}
    (tmp_path / "all.pem").write_bytes(export_pem(database.objects()))
    (tmp_path / "all.zip").write_bytes(export_zip(database.objects()))
    export_folder(database.objects(), tmp_path / "all")
    with pytest.raises(FileExistsError):
        export_folder(database.objects(), tmp_path / "all")
    export_folder(database.objects(), tmp_path / "all", replace=True)
    assert len(held) == len(list((tmp_path / "all").iterdir()))
    for name in ("all.pem", "all.zip", "all"):
        source = tmp_path / name
        with TrustDatabase.create(tmp_path / f"from {name}") as copy:
            report = import_paths(copy, source, at=AT + 2 * DAY)
            assert (report.refused, {each.octets for each in copy.objects()}) == ((), held), name


def test_a_trust_store_is_no_source(put: Put, database: TrustDatabase, tmp_path: Path) -> None:
    """On whose word its certificates are there would be lost: the file is copied, and keeps it."""
    put(BARE, pins=[sha256(BARE).hexdigest()])
    with TrustDatabase.create(tmp_path / "other.db") as other:
        assert reasons(import_paths(other, database.path, at=AT)) == ["trust-store"]
        assert list(other.objects()) == []


def test_an_export_is_chosen(put: Put, database: TrustDatabase) -> None:
    put(CSCA.certificate, OTHERS[0].certificate, CRL, BARE, pins=[sha256(BARE).hexdigest()])
    assert export_pem(database.objects(kind=Kind.CERTIFICATE, country="XO")) == OTHERS[0].certificate_pem()
    assert export_pem(database.objects(kind=Kind.MASTER_LIST)) == b""  # PEM has no name for a list that nobody signed
    names = zipfile.ZipFile(io.BytesIO(export_zip(database.objects()))).namelist()
    assert names[2:] == [f"UT_{sha256(CRL).hexdigest()}.crl", f"XX_{sha256(BARE).hexdigest()}.ml"]
    assert names[0] == f"UT_{CSCA.parsed.fingerprint}.cer"


# Whose word a pin is ---------------------------------------------------------------------------------------------------


def signed(
    kind: str, content: bytes, purpose: str, *, at: datetime = AT + DAY, csca: TestCsca = CSCA
) -> bytes:
    """A list of a new signer's."""
    return csca.issue_list_signer(purpose, at=AT).sign_list(kind, content, csca, at=at)


LATE = AT + timedelta(days=30 * 366)
NO_DEFECTS, NO_DEVIATIONS = DefectList(()).build(), DeviationList(()).build()


@pytest.mark.parametrize("in_store", [True, False])
def test_a_pinned_csca_waives_no_date_and_no_revocation(put: Put, in_store: bool) -> None:
    """As if it were in the store."""
    beside, pins = [CSCA.certificate] if in_store else [], [CSCA.parsed.fingerprint]
    assert reasons(put(LIST, *beside, pins=pins, at=LATE)) == ["list-signer-expired"]
    outside = master_list(CSCA.certificate, at=AT - DAY)
    assert reasons(put(outside, *beside, pins=pins)) == ["list-signed-outside-validity"]
    revoking = CSCA.issue_revocation_list((LIST_SIGNER.parsed.serial,), at=AT)
    assert reasons(put(LIST, revoking, *beside, pins=pins)) == ["list-signer-revoked"]


@pytest.mark.parametrize("pin", [LIST_SIGNER.parsed.fingerprint, sha256(LIST).hexdigest()], ids=["signer", "list"])
def test_a_pin_of_the_signer_or_of_the_list_waives_dates(put: Put, database: TrustDatabase, pin: str) -> None:
    report = put(CSCA.certificate, LIST, at=LATE, pins=[pin])
    assert (report.refused, "pin-unmatched" in [note.code for note in report.notes]) == ((), False)
    (made,) = database.imports(country="UT")
    assert (made.voucher, made.pins, made.signed_at) == (Voucher.PIN, (pin,), AT + DAY)


def test_the_pin_that_was_needed_is_kept_and_no_other(put: Put, database: TrustDatabase) -> None:
    every = [CSCA.parsed.fingerprint, OTHERS[0].parsed.fingerprint, LIST_SIGNER.parsed.fingerprint, sha256(LIST).hexdigest()]
    report = put(LIST, pins=every)
    assert [(each.voucher, each.pins) for each in database.imports()] == [(Voucher.PIN, (CSCA.parsed.fingerprint,))]
    assert [note.place for note in report.notes if note.code == "pin-unmatched"] == [LIST_SIGNER.parsed.fingerprint]
    put(CSCA.certificate)
    assert put(LIST, pins=every).refused == ()
    assert {each.voucher: each.pins for each in database.imports()}[Voucher.SIGNER] == ()


def test_each_pinned_authority_of_a_directory_has_its_own_pin(put: Put, database: TrustDatabase) -> None:
    directory = ldif(*(("cACertificate", each.certificate) for each in OTHERS))
    fingerprints = [each.parsed.fingerprint for each in OTHERS]
    put(directory, pins=fingerprints[:2])
    put(directory, pins=fingerprints[2:])
    (of_each,) = zip(*(database.origins(database.find(each)[0]) for each in fingerprints), strict=True)
    assert [each.imported.pins for each in of_each] == [(each,) for each in fingerprints]


def test_a_pinned_zip_of_lists_pins_none_of_them(put: Put) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("list", LIST)
    report = put(packed.getvalue(), pins=[sha256(packed.getvalue()).hexdigest()])
    assert (reasons(report), [note.code for note in report.notes]) == (["list-signer-no-trust-anchor"], ["pin-unmatched"])


def test_a_list_that_only_its_own_pin_lets_in_speaks_for_no_state(put: Put, database: TrustDatabase) -> None:
    put(CSCA.certificate, LIST)
    newer = bytearray(master_list(OTHERS[1].certificate, at=AT + 9 * DAY))
    newer[-2] ^= 1
    report = put(bytes(newer), pins=[sha256(newer).hexdigest()], replace=True, at=AT + 20 * DAY)
    assert (report.refused, report.withdrawn) == ((), ())
    assert (database.imports()[-1].country, database.imports()[-1].signed_at) == (None, None)


# Deviation and defect lists --------------------------------------------------------------------------------------------


def test_a_defect_lists_signer_has_a_purpose_or_is_pinned(put: Put) -> None:
    """Any document signer without documentTypeList looks like him, and he speaks of every state."""
    signer = CSCA.issue_document_signer(at=AT, profile=SignerProfile(document_types=None))
    listed = signer.sign_list(DEFECT_LIST, NO_DEFECTS, CSCA, at=AT + DAY)
    for pin in (None, CSCA.parsed.fingerprint):
        assert reasons(put(CSCA.certificate, listed, pins=[pin] if pin else [])) == ["list-signer-extended-key-usage-missing"]
    for pin in (signer.parsed.fingerprint, sha256(listed).hexdigest()):
        assert put(listed, pins=[pin]).refused == ()


@pytest.mark.parametrize("country", ["", "XXX"])
def test_a_deviation_list_of_no_known_state_is_refused_pinned_or_not(put: Put, country: str) -> None:
    stateless = TestCsca.create(country, at=AT)
    listed = signed(DEVIATION_LIST, NO_DEVIATIONS, DEVIATION, csca=stateless)
    for pins in ([], [sha256(listed).hexdigest()]):
        assert reasons(put(stateless.certificate, listed, pins=pins)) == ["list-without-state"]


def test_a_deviation_list_that_is_pinned_is_of_the_state_whose_signer_was_verified(put: Put, database: TrustDatabase) -> None:
    pins = [sha256(DEVIATIONS).hexdigest()]
    assert reasons(put(DEVIATIONS, pins=pins)) == ["list-without-state"]
    assert put(CSCA.certificate, DEVIATIONS, pins=pins, at=LATE).refused == ()
    assert [each.country for each in database.deviation_lists()] == ["UT"]


@pytest.mark.parametrize("replace", [True, False])
@pytest.mark.parametrize(("kind", "purpose"), [(DEFECT_LIST, BSI), (DEVIATION_LIST, DEVIATION)])
def test_the_newest_list_of_a_kind_and_state_counts(
    put: Put, database: TrustDatabase, kind: str, purpose: str, replace: bool
) -> None:
    older, newer = (
        signed(kind, build(version), purpose, at=AT + day * DAY)
        for day, version in ((1, 0), (2, 1))
        for build in [lambda number: (DefectList if kind == DEFECT_LIST else DeviationList)((), version=number).build()]
    )
    foreign = signed(kind, NO_DEFECTS if kind == DEFECT_LIST else NO_DEVIATIONS, purpose, csca=OTHERS[0])

    def counting() -> list[int]:
        return [each.version for each in (database.defect_lists() if kind == DEFECT_LIST else database.deviation_lists())]

    at = AT + 3 * DAY
    assert put(CSCA.certificate, OTHERS[0].certificate, older, foreign, LIST, at=at).refused == ()
    assert counting() == [0, 0]
    assert kinds(put(newer, at=at, replace=replace).withdrawn) == ([older_kind(kind)] if replace else [])
    assert sorted(counting()) == [0, 1]
    # Replayed, it does not count.
    report = put(older, at=at, replace=replace)
    assert (reasons(report), "older-list" in [note.code for note in report.notes]) == (
        (["list-older-than-held"], False) if replace else ([], True)
    )
    assert sorted(counting()) == [0, 1]
    # The operator may have it all the same; lists of another kind follow their own.
    put(older, at=at, replace=replace, pins=[sha256(older).hexdigest()])
    assert sorted(counting()) == [0, 0, 1]
    assert put(LIST, at=at, replace=True).refused == ()


def older_kind(content_type: str) -> str:
    return "defect-list" if content_type == DEFECT_LIST else "deviation-list"


def test_a_deviation_list_is_of_no_state_but_the_one_that_was_verified(database: TrustDatabase) -> None:
    """What its first signer says of himself is nobody's word."""
    with database.transaction():
        database.add_object(Kind.DEVIATION_LIST, DEVIATIONS, signed_list_index(read_signed_data(DEVIATIONS)))
    assert [each.country for each in database.deviation_lists()] == [None]


def test_a_deviation_list_makes_no_master_list_older(put: Put, database: TrustDatabase) -> None:
    later = signed(DEVIATION_LIST, NO_DEVIATIONS, DEVIATION, at=AT + 2 * DAY)
    defects = signed(DEFECT_LIST, NO_DEFECTS, BSI, at=AT + 2 * DAY)
    report = put(CSCA.certificate, later, defects, at=AT + 3 * DAY)
    report = put(LIST, replace=True, at=AT + 3 * DAY)
    assert (report.refused, report.withdrawn) == ((), ())
    assert len(database.deviation_lists()) == len(database.defect_lists()) == 1
