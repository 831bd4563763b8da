# SPDX-License-Identifier: Apache-2.0
"""The operator's certificates: files and folders in, candidates out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from chipid.crypto import asn1
from chipid.errors import CertificateError
from chipid.issuing.pki import KeyOptions, TestCsca
from chipid.issuing.revocation_lists import RevocationListProfile
from chipid.issuing.signed_data import SignatureOptions
from chipid.pki.cms import IssuerAndSerialNumber, SignedData
from chipid.pki.crl import CertificateRevocationList
from chipid.pki.defect_list import DEFECT_LIST
from chipid.pki.deviation_list import DEVIATION_LIST
from chipid.pki.master_list import CSCA_MASTER_LIST
from chipid.pki.pem import write_block
from chipid.pki.trust_store import TrustStore, read_certificates, write_pem
from chipid.records import build_record

AT = datetime(2026, 6, 1, tzinfo=UTC)
KEY = KeyOptions("secp256r1")


@pytest.fixture(scope="module")
def one() -> TestCsca:
    return TestCsca.create(at=AT, key=KEY)


@pytest.fixture(scope="module")
def two() -> TestCsca:
    return TestCsca.create(at=AT, key=KEY)


def test_der_and_pem_are_read(one: TestCsca, two: TestCsca) -> None:
    assert read_certificates(one.certificate) == (one.parsed,)
    bundle = b"a comment\n" + one.certificate_pem() + b"\r\n\r\n" + two.certificate_pem().replace(b"\n", b"\r\n")
    assert read_certificates(bundle) == (one.parsed, two.parsed)
    assert read_certificates(write_pem([two.parsed, one.parsed])) == (two.parsed, one.parsed)


def test_a_private_key_beside_it_is_no_certificate(one: TestCsca) -> None:
    assert read_certificates(one.to_pem()) == (one.parsed,)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"no certificate",
        b"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----",
        b"-----BEGIN CERTIFICATE-----\nMAA=\n",
        b"-----BEGIN CERTIFICATE-----\n=A=A\n-----END CERTIFICATE-----",
        b"-----BEGIN PUBLIC KEY-----\nMAA=\n-----END PUBLIC KEY-----",
    ],
)
def test_what_holds_no_certificate_is_refused(raw: bytes) -> None:
    with pytest.raises(CertificateError):
        TrustStore.from_bytes(raw)


def test_a_damaged_certificate_is_not_passed_over(one: TestCsca) -> None:
    damaged = one.certificate_pem().replace(b"-----END CERTIFICATE-----", b"-----END-----")
    with pytest.raises(CertificateError, match="damaged"):
        TrustStore.from_bytes(one.certificate_pem() + damaged)


def test_files_and_folders_are_loaded(tmp_path: Path, one: TestCsca, two: TestCsca) -> None:
    (tmp_path / "csca").mkdir()
    (tmp_path / "csca" / "one.CER").write_bytes(one.certificate)
    (tmp_path / "csca" / "README.txt").write_text("not read")
    (tmp_path / "csca" / "inner").mkdir()
    (tmp_path / "csca" / "inner" / "bad.pem").write_text("not read either")
    (tmp_path / "anything").write_bytes(one.certificate_pem() + two.certificate_pem())
    store = TrustStore.load([tmp_path / "csca", str(tmp_path / "anything")])
    assert len(TrustStore.load(str(tmp_path / "csca"))) == len(TrustStore.load(tmp_path / "csca")) > 0
    assert store.certificates == (one.parsed, two.parsed)
    assert len(store) == 2
    assert repr(store) == "<TrustStore: 2 certificates>"


def test_revocation_lists_are_read_beside_certificates(tmp_path: Path, one: TestCsca, two: TestCsca) -> None:
    lists = [one.issue_revocation_list((7,), at=AT + timedelta(days=day)) for day in range(4)]
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "csca.cer").write_bytes(one.certificate)
    (tmp_path / "folder" / "one.CRL").write_bytes(lists[0])
    (tmp_path / "folder" / "two.der").write_bytes(lists[1])
    (tmp_path / "folder" / "three.pem").write_bytes(two.certificate_pem() + write_block("X509 CRL", lists[2]))
    (tmp_path / "named").write_bytes(lists[3])
    store = TrustStore.load([tmp_path / "folder", tmp_path / "named"])
    assert set(store.certificates) == {one.parsed, two.parsed}
    assert [crl.raw for crl in store.revocation_lists(one.parsed.subject)] == lists[::-1]
    assert TrustStore.from_bytes(lists[0]).revocation_lists(one.parsed.subject)[0].raw == lists[0]


def test_a_revocation_list_with_a_malformed_entry_is_told_with_its_file(tmp_path: Path, one: TestCsca) -> None:
    broken = one.issue_revocation_list((7,), at=AT, profile=RevocationListProfile(extra_entries=(asn1.sequence(),)))
    for name, content in (("bad.crl", broken), ("bad.pem", write_block("X509 CRL", broken)), ("cut.crl", broken[:-1])):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(CertificateError, match=name):
            TrustStore.load(tmp_path / name)


def signed_list(content_type: str) -> bytes:
    """The outermost elements of one."""
    algorithms = asn1.set_of(asn1.sequence(asn1.oid("2.16.840.1.101.3.4.2.1")))
    signed = asn1.sequence(asn1.integer(3), algorithms, asn1.sequence(asn1.oid(content_type)))
    return asn1.sequence(asn1.oid("1.2.840.113549.1.7.2"), asn1.encode(0xA0, signed))


@pytest.mark.parametrize(
    ("name", "content", "what"),
    [
        ("UT.ml", b"", "a master list"),
        ("pkd.LDIF", b"version: 1\n", "an LDIF file"),
        ("all.zip", b"PK", "a ZIP file"),
        ("csca.p7b", b"", "a bundle of certificates"),
        ("master", signed_list(CSCA_MASTER_LIST), "a master list"),
        ("deviations.der", signed_list(DEVIATION_LIST), "a deviation list"),
        ("defects.bin", signed_list(DEFECT_LIST), "a defect list"),
        ("list.pem", write_block("CMS", signed_list(DEFECT_LIST)), "a signed list"),
    ],
)
def test_what_a_trust_store_takes_is_not_passed_over(tmp_path: Path, one: TestCsca, name: str, content: bytes, what: str) -> None:
    (tmp_path / "csca.cer").write_bytes(one.certificate)
    (tmp_path / "README.txt").write_text("passed over")
    assert TrustStore.load(tmp_path).certificates == (one.parsed,)
    (tmp_path / name).write_bytes(content)
    for path in (tmp_path, tmp_path / name):
        with pytest.raises(CertificateError, match=rf"{name}: .*{what}") as caught:
            TrustStore.load(path)
        assert "chipid trust import" in (caught.value.hint or "")


def test_a_trust_store_in_a_folder_is_to_be_named_itself(tmp_path: Path, one: TestCsca) -> None:
    (tmp_path / "csca.cer").write_bytes(one.certificate)
    (tmp_path / "anything").write_bytes(b"SQLite format 3\0")
    with pytest.raises(CertificateError, match="anything: this is a trust store") as caught:
        TrustStore.load(tmp_path)
    assert caught.value.hint == "Name the store itself, beside the folder."


def test_a_certificate_in_a_record_of_an_ldif_is_nobodys(one: TestCsca) -> None:
    for before, is_ldif in ((b"# a comment\n", False), (b"# a comment\nversion: 1\n\n", True), (b"dn: cn=x\ncn:\n", True)):
        if is_ldif:
            with pytest.raises(CertificateError):
                TrustStore.from_bytes(before + one.certificate_pem())
        else:
            assert len(TrustStore.from_bytes(before + one.certificate_pem())) == 1


def test_a_bad_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "broken.pem").write_text("nothing")
    with pytest.raises(CertificateError, match=r"broken\.pem") as caught:
        TrustStore.load([tmp_path])
    assert caught.value.hint


def test_a_record_of_chipid_is_told_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "mistaken").write_bytes(build_record("chipid-card-image", 1, {}))
    with pytest.raises(CertificateError, match=r"mistaken: this is a card image, and no certificate"):
        TrustStore.load([tmp_path / "mistaken"])


def test_an_empty_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(CertificateError, match=tmp_path.name):
        TrustStore.load([tmp_path])


def test_a_missing_file_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        TrustStore.load([tmp_path / "nowhere.cer"])


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    for name, what in (("huge.der", "larger"), ("huge.ldif", "an LDIF file")):
        with (tmp_path / name).open("wb") as file:
            file.truncate(17 * 1024 * 1024)
        with pytest.raises(CertificateError, match=what):
            TrustStore.load([tmp_path / name])


def test_authorities_and_signers_are_told_apart(one: TestCsca, two: TestCsca) -> None:
    signer = one.issue_document_signer(at=AT, key=KEY).parsed
    store = TrustStore([one.parsed, signer, two.parsed])
    assert (store.authorities, store.document_signers) == ((one.parsed, two.parsed), (signer,))


def test_the_likeliest_issuer_comes_first(one: TestCsca, two: TestCsca) -> None:
    """Both bear one name; the key identifier tells them apart."""
    other_name = TestCsca.create(at=AT, key=KEY, common_name="Another CSCA")
    foreign = TestCsca.create("DE", at=AT, key=KEY)
    store = TrustStore([foreign.parsed, other_name.parsed, one.parsed, two.parsed])
    signer = two.issue_document_signer(at=AT, key=KEY).parsed
    assert store.named_by(signer) == (two.parsed, one.parsed)
    assert store.authorities_of("VN") == (other_name.parsed, one.parsed, two.parsed)


def test_an_authority_of_no_country_stands_for_no_other() -> None:
    stateless = TestCsca.create("", at=AT, key=KEY)
    store = TrustStore([stateless.parsed])
    assert store.authorities_of("") == ()
    assert store.named_by(stateless.issue_document_signer(at=AT, key=KEY).parsed) == (stateless.parsed,)


def test_an_empty_store_is_false() -> None:
    assert not TrustStore()


def test_signers_are_found_by_what_an_object_names(one: TestCsca) -> None:
    signers = [one.issue_document_signer(at=AT, key=KEY) for _ in range(2)]
    store = TrustStore([one.parsed, *(signer.parsed for signer in signers)])
    for signer in signers:
        for by_key in (True, False):
            options = SignatureOptions(by_key_identifier=by_key)
            (info,) = SignedData.parse(signer.sign("1.2.3", b"content", options)).signers
            assert store.signers(info.sid) == (signer.parsed,)
    serial = signers[0].parsed.serial_octets
    assert store.signers(IssuerAndSerialNumber(one.parsed.subject, b"\0\0" + serial)) == (signers[0].parsed,)
    (stranger,) = SignedData.parse(one.issue_document_signer(at=AT, key=KEY).sign("1.2.3", b"")).signers
    assert store.signers(stranger.sid) == ()


def test_of_many_revocation_lists_each_key_has_its_turn_and_those_that_nobody_signed_come_last(one: TestCsca) -> None:
    second, forger = (TestCsca.create(at=AT, key=KEY) for _ in range(2))
    mine = [CertificateRevocationList.parse(one.issue_revocation_list(at=AT + timedelta(days=day))) for day in range(4)]
    theirs = [CertificateRevocationList.parse(second.issue_revocation_list(at=AT - timedelta(days=day))) for day in (1, 9)]
    strewn = [CertificateRevocationList.parse(forger.issue_revocation_list(at=AT + timedelta(days=day))) for day in range(9)]
    store = TrustStore([one.parsed, second.parsed], [*strewn, *mine, *theirs])
    expected = (mine[3], theirs[0], mine[2], theirs[1], mine[1], mine[0], *reversed(strewn))
    assert store.revocation_lists(one.parsed.subject) == expected


def test_revocation_lists_are_found_by_their_issuer_newest_first(one: TestCsca) -> None:
    two = TestCsca.create(at=AT, key=KEY, common_name="Another CSCA")
    days = timedelta(days=1), timedelta(days=3), timedelta(days=2)
    lists = [CertificateRevocationList.parse(one.issue_revocation_list(at=AT + day)) for day in days]
    other = CertificateRevocationList.parse(two.issue_revocation_list(at=AT))
    store = TrustStore([one.parsed], [*lists, other, lists[0]])
    assert store.revocation_lists(one.parsed.subject) == (lists[1], lists[2], lists[0])
    assert store.revocation_lists(two.parsed.subject) == (other,)
