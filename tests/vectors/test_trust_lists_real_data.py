# SPDX-License-Identifier: Apache-2.0
"""Published revocation lists and master lists, against what is known of each, and hostile ones."""

from __future__ import annotations

import contextlib
import json
import tarfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from chipid.errors import CertificateError
from chipid.pki.certificate import Certificate
from chipid.pki.cms import SignedData
from chipid.pki.crl import CertificateRevocationList, read_revocation_lists
from chipid.pki.defect_list import DEFECT_LIST
from chipid.pki.deviation_list import DEVIATION_LIST, DeviationList
from chipid.pki.master_list import CSCA_MASTER_LIST, SignedMasterList
from chipid.pki.signed_list import MASTER_LIST_SIGNING_KEY, SignedListFinding, verify_signed_list
from chipid.pki.trust_store import TrustStore

pytestmark = pytest.mark.real_data

AT = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def lists(real_data: Path) -> dict[str, SignedMasterList]:
    """Every published master list, by the name of its file."""
    folder = real_data / "07_pki"
    files = [*folder.glob("master_lists/*.ml"), folder / "master_lists/self_bare_masterList.bin"]
    files += folder.glob("lists_eid_testbed/MASTERLIST*.DER")
    return {path.name: SignedMasterList.parse(path.read_bytes()) for path in files}


@pytest.fixture(scope="module")
def truths(real_data: Path) -> dict[str, Any]:
    return json.loads((real_data / "07_pki/master_lists/ground_truth.json").read_text())  # type: ignore[no-any-return]


# Revocation lists ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def authorities(real_data: Path, lists: dict[str, SignedMasterList]) -> dict[str, Certificate]:
    """The CSCAs of the master lists and of the sample of the ICAO PKD, by the first octets of their fingerprints."""
    files = (real_data / "07_pki/icao_pkd_sample").glob("*/*.cer")
    sample = [certificate for path in files if (certificate := Certificate.parse(path.read_bytes())).is_ca]
    listed = [certificate for each in lists.values() for certificate in each.master_list.certificates]
    return {certificate.fingerprint[:16]: certificate for certificate in (*sample, *listed)}


def test_revocation_lists_are_what_is_known_of_them(real_data: Path, authorities: dict[str, Certificate]) -> None:
    folder = real_data / "07_pki/crl"
    known = json.loads((folder / "ground_truth.json").read_text())
    assert len(known) == 22
    signers: dict[str, set[str]] = {}
    for truth in known:
        (crl,) = read_revocation_lists((folder / truth["file"]).read_bytes())
        found = {
            "version": f"v{crl.version}",
            "this_update": f"{crl.this_update:%Y-%m-%d %H:%M:%S}",
            "next_update": None if crl.next_update is None else f"{crl.next_update:%Y-%m-%d %H:%M:%S}",
            "revoked": len(crl.entries),
            "extensions": list(crl.extensions),
        }
        assert found == {key: truth[key] for key in found}, truth["file"]
        assert all(text in truth["issuer"] for _, text in crl.issuer.attributes), truth["file"]
        assert crl.unknown_critical == ()
        assert all(crl.find(b"\0" + serial) is entry for serial, entry in crl.entries.items())
        named = {key: each for key, each in authorities.items() if each.subject.normalised == crl.issuer.normalised}
        signers[truth["file"]] = {key for key, each in named.items() if crl.verified_by(each).valid}
        verdict, _, fingerprint = truth["signature"].partition(" ")
        if verdict == "ok":
            assert len({authorities[key].spki for key in signers[truth["file"]]}) == 1, truth["file"]
            assert fingerprint in signers[truth["file"]] or fingerprint not in authorities, truth["file"]
    assert [name for name, found in signers.items() if not found] == ["EE_spoc.crl", "LT_spoc.crl"]


def test_departures_of_revocation_lists(real_data: Path) -> None:
    """Figures: eight of the 22 are due later than after 90 days, one says where it lies, two have reasons in their entries."""
    found: dict[str, int] = {}
    for path in (real_data / "07_pki/crl").glob("*.crl"):
        (crl,) = read_revocation_lists(path.read_bytes())
        for code in (*crl.deviations, *crl.entry_deviations):
            found[code] = found.get(code, 0) + 1
    assert found == {"next-update-too-late": 8, "issuing-distribution-point": 1, "entry-extension": 2}


def test_the_fuzz_corpora_are_read_or_refused_quickly(real_data: Path) -> None:
    begin = time.process_time()
    read = [read_all_of(raw) for name in ("crl", "cms") for raw in archive(real_data / f"10_fuzz/openssl_{name}.tar.gz")]
    assert len(read) > 2000
    assert any(read)
    assert time.process_time() - begin < 60


def archive(path: Path) -> Iterator[bytes]:
    with tarfile.open(path) as files:
        for member in files.getmembers():
            content = files.extractfile(member)
            if content is not None:
                yield content.read()


def read_all_of(raw: bytes) -> bool:
    """Whether it is a revocation list; of anything else nothing but CertificateError comes."""
    with contextlib.suppress(CertificateError):
        SignedMasterList.parse(raw)
    try:
        crl = CertificateRevocationList.parse(raw)
        crl.find(b"\1"), crl.unknown_critical, crl.entry_deviations, crl.entries
    except CertificateError:
        return False
    return True


# Signed lists ----------------------------------------------------------------------------------------------------------


def test_master_lists_hold_what_is_known_of_them(lists: dict[str, SignedMasterList], truths: dict[str, Any]) -> None:
    assert len(lists) == 7
    assert len(lists["self_bare_masterList.bin"].master_list.certificates) == 502
    for name, each in lists.items():
        assert (each.master_list.deviations, each.master_list.refused) == ((), ()), name
        if each.signed_data is not None:
            counts = (len(each.master_list.certificates), len(each.signed_data.certificate_octets))
            assert counts == (truths[name]["n_certs"], truths[name]["n_cms_certs"]), name
            assert each.signed_data.content_type == CSCA_MASTER_LIST


def test_a_master_list_is_split_quickly(real_data: Path) -> None:
    raw = (real_data / "07_pki/master_lists/DE_ML_2025-08-14-07-41-09.ml").read_bytes()
    assert len(raw) > 800_000
    begin = time.process_time()
    for _ in range(10):
        SignedMasterList.parse(raw)
    assert (time.process_time() - begin) / 10 < 0.05


def judge(listed: SignedMasterList, *trusted: Certificate) -> SignedListFinding:
    assert listed.signed_data is not None
    return verify_signed_list(listed.signed_data, TrustStore(trusted), AT, known=listed.master_list.certificates)


def test_the_signers_of_master_lists_are_who_they_are_known_to_be(
    lists: dict[str, SignedMasterList], truths: dict[str, Any]
) -> None:
    for name in sorted(name for name, each in lists.items() if each.signed_data is not None and name.endswith(".ml")):
        truth, finding = truths[name], judge(lists[name])
        assert finding.signature.ok, name
        assert ("pkcs1-digest-info" in finding.deviations) is ("NO NULL" in str(truth["signature_ok"])), name
        assert (finding.purpose.ok, finding.own_authority.ok, finding.trust.ok) == (True, True, None), name
        assert finding.signing_time.ok, name
        signer, authority = finding.path
        assert signer.extended_key_usage == (MASTER_LIST_SIGNING_KEY,), name
        if "signer_chain" in truth:
            assert truth["signer_chain"] == f"ok {authority.fingerprint[:16]}", name
            assert all(text in truth["signer"]["subject"] for _, text in signer.subject.attributes), name
            assert ("list-signer-authority-not-included" in finding.deviations) is ("signer_chain_in_cms" not in truth), name
        assert judge(lists[name], authority).trust.ok, name


def test_published_anchors_vouch_for_the_lists_of_their_states(real_data: Path, lists: dict[str, SignedMasterList]) -> None:
    folder = real_data / "07_pki/master_lists"
    anchors = TrustStore.load([folder / "DE_ROOT_CA_CSCA07.cer", folder / "NL_ROOT_CA.cer"]).certificates
    for name in ("DE_ML_2025-08-14-07-41-09.ml", "NL_ML_2026-03-11.ml"):
        assert judge(lists[name], *anchors).trust.ok, name
    # An older key signed the German list of the year before; the other two are of states of which nothing is known here.
    assert {judge(lists[name], *anchors).trust.ok for name in ("ICAO_ml_September2023.ml", "IT_MasterListCSCA.ml")} == {None}
    assert judge(lists["DE_ML_2024-08-07-07-38-24.ml"], *anchors).trust.reason == "list-signer-csca-key-unknown"


def test_the_lists_of_the_eid_test_bed(real_data: Path, lists: dict[str, SignedMasterList]) -> None:
    """Neither signer's certificate names a purpose, which will not do unless the operator pins the defect list's."""
    folder = real_data / "07_pki/lists_eid_testbed"
    csca = Certificate.parse((folder / "CERT_ECARD_CSCA_1.DER").read_bytes())
    master_list = judge(lists["MASTERLIST_ECARD_CSCA_1.DER"], csca)
    assert (master_list.signature.ok, master_list.trust.ok) == (True, True)
    assert master_list.purpose.reason == "list-signer-extended-key-usage-missing"
    blacklist = SignedData.parse((folder / "BLACKLIST_ECARD_DS_1.DER").read_bytes())
    assert blacklist.content_type == DEFECT_LIST
    finding = verify_signed_list(blacklist, TrustStore([csca]), AT)
    assert (finding.signature.ok, finding.trust.ok) == (True, True)
    assert finding.purpose.reason == "list-signer-extended-key-usage-missing"
    assert finding.signer is not None
    pinned = verify_signed_list(blacklist, TrustStore([csca]), AT, pinned=[finding.signer.fingerprint])
    assert (pinned.signature.ok, pinned.purpose.ok, pinned.trust.ok) == (True, True, True)


def test_a_published_deviation_list_is_read(real_data: Path) -> None:
    """Italy's: documents with another hash in EF.SOD than that of their DG12, told by their numbers."""
    (path,) = (real_data / "07_pki" / "icao_pkd_odd").glob("IT_*.cer")
    signed = SignedData.parse(path.read_bytes())
    assert signed.content_type == DEVIATION_LIST
    listed = DeviationList.parse(signed.content or b"")
    assert [[each.deviation_type for each in entry.descriptions] for entry in listed.deviations] == [["2.23.136.1.1.7.2.2"]] * 2
    for entry in listed.deviations:
        numbers, period = entry.documents.numbers, entry.documents.issued
        assert numbers is not None
        assert period is not None
        assert not period.encoding_ok
        first = next(iter(numbers))
        assert first in numbers
        assert "ZZ99999ZZ" not in numbers
