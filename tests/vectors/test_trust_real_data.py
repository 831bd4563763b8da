# SPDX-License-Identifier: Apache-2.0
"""The lists of several states, imported: totals against ground truth and an independent reader, signatures verified one by one."""

from __future__ import annotations

import csv
import json
from collections import Counter
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from asn1crypto import keys, x509

from chipid.pki.signed_list import verify_signed_list
from chipid.trust.audit import AuditReport, audit
from chipid.trust.database import TrustDatabase
from chipid.trust.importing import import_paths
from chipid.trust.objects import Kind
from chipid.trust.signed_lists import SignedList
from chipid.trust.statistics import facts_of, statistics

pytestmark = pytest.mark.real_data

AT = datetime(2026, 11, 24, tzinfo=UTC)
LISTS = "07_pki/master_lists"
UNSIGNED, OUT_OF_DATE = "self_bare_masterList.bin", ("ICAO_ml_September2023.ml", "IT_MasterListCSCA.ml")
OLDER, NEWER = "DE_ML_2024-08-07-07-38-24.ml", "DE_ML_2025-08-14-07-41-09.ml"
CURVES = {"NIST256p": "secp256r1", "NIST384p": "secp384r1", "NIST521p": "secp521r1"}
PRIMES = {
    2**224 - 2**96 + 1: "secp224r1",
    2**256 - 2**224 + 2**192 + 2**96 - 1: "secp256r1",
    2**384 - 2**128 - 2**96 + 2**32 - 1: "secp384r1",
    2**521 - 1: "secp521r1",
    0xD7C134AA264366862A18302575D1D787B09F075797DA89F57EC8C0FF: "brainpoolP224r1",
    0xA9FB57DBA1EEA9BC3E660A909D838D726E3BF623D52620282013481D1F6E5377: "brainpoolP256r1",
    0x8CB91E82A3386D280F5D6F7E50E641DF152F7109ED5456B412B1DA197FB71123ACD3A729901D1A71874700133107EC53: "brainpoolP384r1",
    int(
        "AADD9DB8DBE9C48B3FD4E6AE33C9FC07CB308DB3B3C9D20ED6639CCA70330871"
        "7D4D9B009BC66842AECDA12AE6A380E62881FF2F2D82C68528AA6056583A48F3",
        16,
    ): "brainpoolP512r1",
}
"""Of FIPS 186-4 and RFC 5639."""


@pytest.fixture(scope="module")
def store(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All of every master list; pinned are the one that nobody signed, those whose signers are out of date, and Germany's older."""
    path = tmp_path_factory.mktemp("lists") / "trust.db"
    folder = real_data / LISTS
    pins = [sha256((folder / name).read_bytes()).hexdigest() for name in (UNSIGNED, *OUT_OF_DATE, OLDER)]
    with TrustDatabase.create(path) as database:
        report = import_paths(database, folder, at=AT, pins=pins)
    assert report.refused == ()
    return path


@pytest.fixture(scope="module")
def audited(store: Path) -> AuditReport:
    with TrustDatabase.open(store) as database:
        return audit(database, AT)


def test_without_pins_nothing_is_trusted_that_nobody_vouches_for(real_data: Path, tmp_path: Path) -> None:
    with TrustDatabase.create(tmp_path / "trust.db") as database:
        report = import_paths(database, real_data / LISTS, at=AT)
        assert {(refusal.place.split("/")[-1].split(",")[0], refusal.reason) for refusal in report.refused} == {
            (UNSIGNED, "list-not-signed"), (OLDER, "not-in-newer-list"), *((name, "list-signer-expired") for name in OUT_OF_DATE),
        }  # fmt: skip
        assert report.counts["refused"]["not-in-newer-list"] == 29
        assert report.counts["added"] == {"certificate": 615, "master-list": 3}


@pytest.mark.parametrize("replace", [False, True])
def test_what_germany_dropped_is_trusted_no_more(real_data: Path, tmp_path: Path, replace: bool) -> None:
    """And the newer list needs no pin: its signer has a new key, and the link to that is in the list alone."""
    folder = real_data / LISTS
    older, newer = (SignedList.parse(Kind.MASTER_LIST, (folder / name).read_bytes()) for name in (OLDER, NEWER))
    signer = verify_signed_list(older.signed, None, AT, known=older.certificates)  # type: ignore[arg-type]
    (tmp_path / "csca.cer").write_bytes(signer.path[-1].raw)
    dropped = set(older.certificates).difference(newer.certificates)
    with TrustDatabase.create(tmp_path / "trust.db") as database:
        for path in (tmp_path / "csca.cer", folder / OLDER, folder / NEWER):
            report = import_paths(database, path, at=AT, replace=replace)
            assert report.refused == ()
        assert sum(bool(database.find(each.fingerprint)) for each in dropped) == (0 if replace else 29)
        report = import_paths(database, folder / OLDER, at=AT, replace=replace)
        assert {refusal.reason for refusal in report.refused} == ({"list-older-than-held"} if replace else set())
        with TrustDatabase.create(tmp_path / "other.db") as other:
            assert import_paths(other, [tmp_path / "csca.cer", folder / NEWER], at=AT).refused == ()
            report = import_paths(other, folder / OLDER, at=AT)
            assert [refusal.reason for refusal in report.refused] == ["not-in-newer-list"] * 29
            assert report.counts["added"] == {"master-list": 1}
            assert not any(other.find(each.fingerprint) for each in dropped)


def test_each_list_brings_as_many_certificates_as_it_has(real_data: Path, store: Path) -> None:
    truth = json.loads((real_data / LISTS / "ground_truth.json").read_text())
    with TrustDatabase.open(store) as database:
        brought = {
            each.source.split("/")[-1]: sum(stored.kind is Kind.CERTIFICATE for stored in database.of_import(each.id))
            for each in database.imports()
        }
    expected = {name: found["n_certs"] for name, found in truth.items() if name in brought}
    assert len(expected) == 5
    assert brought == {**expected, UNSIGNED: brought[UNSIGNED], "DE_ROOT_CA_CSCA07.cer": 1, "NL_ROOT_CA.cer": 1}


def test_totals_are_those_of_an_independent_reader(audited: AuditReport) -> None:
    certificates = [finding.stored.certificate for finding in audited.findings if finding.stored.kind is Kind.CERTIFICATE]
    ours = statistics(certificates, AT)
    theirs: dict[str, Counter[str]] = {name: Counter() for name in ("algorithm", "key", "curve", "country")}
    for certificate in certificates:
        for name, value in independent_facts(certificate.raw).items():
            theirs[name][value] += 1
    assert len(certificates) == 828
    for name, counter in theirs.items():
        assert ours[name] == counter, name
    # Explicit parameters are the rule: of 209 EC keys 7 name their curve.
    assert (ours["curve"]["explicit"], ours["curve"]["named"]) == (202, 7)


def test_every_signature_is_good_or_its_issuer_is_not_there(audited: AuditReport) -> None:
    assert audited.damage == ()
    found = Counter((finding.stored.kind, finding.reason) for finding in audited.findings)
    assert {reason for _, reason in found} <= {"ok", "issuer-not-in-store", "issuer-key-unknown"}
    assert found[Kind.MASTER_LIST, "ok"] == 6
    roots = [finding for finding in audited.findings if finding.relation == "self-signed"]
    assert len(roots) == 546
    assert all(finding.ok and finding.stored.certificate.is_self_signed for finding in roots)
    for finding in audited.unverified:
        assert finding.relation in ("link", "issued")
        assert finding.detail


def test_the_sample_of_the_pkd(real_data: Path, store: Path, tmp_path: Path) -> None:
    folder = real_data / "07_pki/icao_pkd_sample"
    rows = csv.DictReader((folder / "ground_truth.csv").read_text(encoding="utf-8").splitlines())
    truth = {row["sha256"]: row for row in rows}
    path = tmp_path / "trust.db"
    path.write_bytes(store.read_bytes())
    with TrustDatabase.open(path, writable=True) as database:
        report = import_paths(database, folder, at=AT)
        assert (report.refused, len(report.added) + len(report.known)) == ((), 335)
        findings = {finding.stored.fingerprint: finding for finding in audit(database, AT).findings}
    for fingerprint, row in truth.items():
        finding = findings[fingerprint]
        facts = facts_of(finding.stored.certificate, AT)
        assert (facts.algorithm, facts.key, facts.curve) == (_algorithm(row["sigalg"]), *_key(row["key"]))
        # The issuers that are in the store certified them; each signature was found good by its owner's reader.
        assert finding.reason in ("ok", "issuer-not-in-store", "issuer-key-unknown"), finding
        assert finding.ok or row["issuer_sha256"] not in findings


def test_a_suffix_says_nothing(real_data: Path, tmp_path: Path) -> None:
    """Of four files that are called certificates three are PEM, and one is a deviation list."""
    with TrustDatabase.create(tmp_path / "trust.db") as database:
        report = import_paths(database, real_data / "07_pki/icao_pkd_odd", at=AT)
    assert [entry.kind for entry in report.added] == [Kind.CERTIFICATE] * 3
    assert [refusal.kind for refusal in report.refused] == [Kind.DEVIATION_LIST]


def test_italy_s_deviation_list_of_2018(real_data: Path, store: Path, tmp_path: Path) -> None:
    """The CSCA of its signer is in the master lists; he is out of date, and so a pin admits it."""
    path = tmp_path / "trust.db"
    path.write_bytes(store.read_bytes())
    (listed,) = (real_data / "07_pki/icao_pkd_odd").glob("IT_*.cer")
    with TrustDatabase.open(path, writable=True) as database:
        report = import_paths(database, listed, at=AT)
        assert [refusal.reason for refusal in report.refused] == ["list-signer-expired"]
        report = import_paths(database, listed, at=AT, pins=[sha256(listed.read_bytes()).hexdigest()])
        assert (report.refused, report.counts["added"]) == ((), {"deviation-list": 1})
        assert "deviation-list-time-encoding" in [note.detail for note in report.notes]
        (found,) = (finding for finding in audit(database, AT).findings if finding.stored.kind is Kind.DEVIATION_LIST)
        assert found.ok
        assert [(each.country, len(each.deviations)) for each in database.deviation_lists()] == [("IT", 2)]


def test_revocation_lists_are_verified(real_data: Path, store: Path, tmp_path: Path) -> None:
    path = tmp_path / "trust.db"
    path.write_bytes(store.read_bytes())
    folder = real_data / "07_pki/crl"
    with TrustDatabase.open(path, writable=True) as database:
        report = import_paths(database, folder, at=AT)
        assert (report.refused, report.counts["added"], report.counts["known"]) == ((), {"crl": 21}, {})  # one of 22 is there twice
        found = Counter(finding.reason for finding in audit(database, AT).findings if finding.stored.kind is Kind.REVOCATION_LIST)
    assert set(found) <= {"ok", "issuer-not-in-store", "issuer-key-unknown"}
    assert found["ok"] >= 15


def test_the_lists_of_a_test_bed(real_data: Path, tmp_path: Path) -> None:
    folder = real_data / "07_pki/lists_eid_testbed"
    with TrustDatabase.create(tmp_path / "trust.db") as database:
        report = import_paths(database, folder, at=AT)
        assert [refusal.reason for refusal in report.refused] == [
            "malformed-certificate", *["list-signer-extended-key-usage-missing"] * 2,
        ]  # fmt: skip
        assert report.counts["added"] == {"certificate": 3}
        lists = [folder / name for name in ("MASTERLIST_ECARD_CSCA_1.DER", "BLACKLIST_ECARD_DS_1.DER")]
        pins = [sha256(path.read_bytes()).hexdigest() for path in lists]
        assert import_paths(database, folder, at=AT, pins=pins).counts["added"] == {"master-list": 1, "defect-list": 1}
        assert [len(each.defects) for each in database.defect_lists()] == [1]


# The independent reader -------------------------------------------------------------------------------------------------


def independent_facts(raw: bytes) -> dict[str, str]:
    certificate = x509.Certificate.load(raw)
    algorithm = certificate["tbs_certificate"]["signature"]
    if algorithm.signature_algo == "rsassa_pss":
        name = f"{algorithm.hash_algo}-rsa-pss-{algorithm['parameters']['salt_length'].native}"
    else:
        name = f"{algorithm.hash_algo}-{algorithm.signature_algo.replace('rsassa_pkcs1v15', 'rsa')}"
    key, curve = _independent_key(certificate["tbs_certificate"]["subject_public_key_info"])
    pairs = (pair for rdn in certificate.subject.chosen for pair in rdn)
    countries = [pair["value"].native for pair in pairs if pair["type"].native == "country_name"]
    return {"algorithm": name, "key": key, "curve": curve, "country": _country(countries)}


def _country(countries: list[str]) -> str:
    written = countries[0].strip().upper()[:2] if countries else "none"
    return {"ZZ": "UN"}.get(written, written)  # the United Nations, in a certificate of their own


def _independent_key(spki: keys.PublicKeyInfo) -> tuple[str, str]:
    if spki.algorithm == "ec":
        parameters = spki["algorithm"]["parameters"]
        if parameters.name == "named":
            return parameters.native, "named"
        return PRIMES[parameters.chosen["field_id"]["parameters"].native], "explicit"
    return f"RSA-{spki['public_key'].parsed['modulus'].native.bit_length()}", "none"


def _algorithm(label: str) -> str:
    if label.startswith("rsassa_pss/"):
        _, digest, _, salt = label.split("/")
        return f"{digest}-rsa-pss-{salt.removeprefix('salt')}"
    return label.replace("_", "-")


def _key(label: str) -> tuple[str, str]:
    kind, *rest = label.split()
    if kind != "EC":
        return kind, "none"
    writing, curve = rest[0].split(":")
    return CURVES.get(curve, curve.replace("BRAINPOOLP", "brainpoolP")), writing
