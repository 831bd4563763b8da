# SPDX-License-Identifier: Apache-2.0
"""Security objects, certificates and lists of real issuers, against what others found out about them."""

from __future__ import annotations

import csv
import json
import re
import tarfile
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from chipid.crypto import asn1
from chipid.crypto.algorithms import hash_from_algorithm_identifier, scheme_from_algorithm_identifier
from chipid.crypto.signature import EcPublicKey
from chipid.crypto.spki import parse_ec_parameters, parse_public_key
from chipid.errors import CertificateError, ChipIdError, MalformedData
from chipid.evidence import Evidence
from chipid.iso7816.file_ids import FileId
from chipid.lds.sod import EfSod, LDSSecurityObject
from chipid.pki.certificate import Certificate, describe_key
from chipid.pki.chain import validate_chain
from chipid.pki.cms import MESSAGE_DIGEST, SIGNING_TIME, SignedData
from chipid.pki.crl import CertificateRevocationList, read_revocation_lists
from chipid.pki.revocation import revocation_status
from chipid.pki.signed_data import SignerFinding, verify_signers
from chipid.pki.trust_store import TrustStore, read_certificates
from chipid.verification.passive_auth import passive_authentication
from chipid.verification.verdict import CheckName, Outcome

pytestmark = pytest.mark.real_data

CSCA_MASTER_LIST = "2.23.136.1.1.2"
NO_CERTIFICATES = {
    "icao_pkd_odd/IT_0CC70551C599A42D14300E47A4A83DD87AD62CF4.cer",  # a deviation list
    "lists_eid_testbed/BLACKLIST_ECARD_DS_1.DER",
    "lists_eid_testbed/MASTERLIST_ECARD_CSCA_1.DER",
    "lists_eid_testbed/CERT_ECARD_DS_1_A.DER",  # its inner lengths contradict each other
}


@cache
def certificate_files(root: Path) -> dict[str, Certificate]:
    """Every certificate of ``07_pki`` that lies in a file of its own."""
    found: dict[str, Certificate] = {}
    for path in sorted(root.rglob("*")):
        name = str(path.relative_to(root))
        if path.suffix in (".cer", ".pem", ".DER") and name not in NO_CERTIFICATES:
            found |= {f"{name} {place}": each for place, each in enumerate(read_certificates(path.read_bytes()))}
    return found


@cache
def non_conformant(root: Path) -> dict[str, Certificate]:
    return {name: Certificate.parse(raw) for name, raw in archive(root / "icao_nonconformant" / "certs.tar.gz")}


def archive(path: Path) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(path) as files:
        for member in files.getmembers():
            content = files.extractfile(member)
            if content is not None:
                yield member.name, content.read()


def read_master_list(content: bytes) -> list[Certificate]:
    fields = asn1.Reader(content, CertificateError).sequence()
    fields.expect(asn1.INTEGER)
    listed = fields.expect(asn1.SET)
    fields.finish()
    return [Certificate.parse(element.raw) for element in listed.children()]


@cache
def master_lists(root: Path) -> dict[str, tuple[SignedData, list[Certificate]]]:
    lists = {}
    for path in sorted((root / "master_lists").glob("*.ml")):
        signed = SignedData.parse(path.read_bytes())
        assert signed.content_type == CSCA_MASTER_LIST
        lists[path.name] = signed, read_master_list(signed.content or b"")
    return lists


@cache
def world(root: Path) -> TrustStore:
    """Every authority that the lists and files hold."""
    listed = [certificate for _, certificates in master_lists(root).values() for certificate in certificates]
    return TrustStore([*listed, *(each for each in certificate_files(root).values() if each.is_ca)])


@pytest.fixture(scope="module")
def pki(real_data: Path) -> Path:
    return real_data / "07_pki"


# Security objects ------------------------------------------------------------------------------------------------------


def truths(real_data: Path) -> list[dict[str, Any]]:
    truths: list[dict[str, Any]] = json.loads((real_data / "04_sod" / "ground_truth.json").read_text())
    assert len(truths) == 30
    return truths


def cms_of(real_data: Path, truth: dict[str, Any]) -> bytes:
    raw = (real_data / "04_sod" / truth["file"]).read_bytes()
    return raw if ".cms." in truth["file"] else EfSod.parse(raw).cms


def the_finding(signed: SignedData) -> SignerFinding:
    (finding,) = verify_signers(signed)
    return finding


def test_every_security_object_is_read_as_others_read_it(real_data: Path) -> None:
    read = 0
    for truth in truths(real_data):
        if "error" in truth:
            with pytest.raises(MalformedData):
                SignedData.parse(cms_of(real_data, truth))
            continue
        signed = SignedData.parse(cms_of(real_data, truth))
        (signer,) = signed.signers
        assert signed.content_type == truth["econtent_type"], truth["file"]
        assert f"v{signer.version}" == truth["si_version"], truth["file"]
        assert len(signed.certificate_octets) == truth["n_certs"], truth["file"]
        assert hash_from_algorithm_identifier(signer.digest_algorithm) == truth["si_digest"], truth["file"]
        assert len(signer.attributes) == len(truth["signed_attrs"]), truth["file"]
        assert (SIGNING_TIME in signer.attributes) == ("signing_time" in truth["signed_attrs"]), truth["file"]
        assert MESSAGE_DIGEST in signer.attributes, truth["file"]
        certificate = signed.certificates[0]
        assert certificate.fingerprint == truth["dsc"]["sha256"], truth["file"]
        assert certificate.subject.country == truth["dsc"]["C"], truth["file"]
        assert f"{certificate.not_after:%Y-%m-%d %H:%M:%S}" == truth["dsc"]["na"], truth["file"]
        assert_same_key(certificate, truth["dsc"]["key"])
        read += 1
    assert read == 28


def assert_same_key(certificate: Certificate, told: str) -> None:
    """``EC explicit:NIST256p``, ``EC named:secp256r1``, ``RSA-2048 e=65537``."""
    ours = describe_key(certificate.public_key).lower()
    theirs = re.sub(r"nist(\d+)p", r"secp\1r1", told.rpartition(":")[2].partition(" ")[0].lower())
    assert ours == theirs
    assert ("explicit" in told) == (told.startswith("EC") and getattr(certificate.public_key, "explicit", False))


def numbers(certificate: Certificate) -> object:
    """The key itself: one CSCA's certificates may write it in several ways (Hungary)."""
    key = certificate.public_key
    return (key.domain.name, key.point) if isinstance(key, EcPublicKey) else key


def test_every_signature_is_judged_as_others_judged_it(real_data: Path) -> None:
    judged: Counter[str] = Counter()
    for truth in truths(real_data):
        if "error" in truth:
            continue
        finding = the_finding(SignedData.parse(cms_of(real_data, truth)))
        raw_pair = isinstance(truth["signature_ok"], str)
        assert finding.content_ok is truth["message_digest_ok"], truth["file"]
        assert finding.signature_ok is (raw_pair or truth["signature_ok"]), truth["file"]
        assert finding.ok is (finding.content_ok and finding.signature_ok), truth["file"]
        assert ("ecdsa-signature-encoding" in finding.deviations) == raw_pair, truth["file"]
        assert ("sha1-signature" in finding.deviations) == ("sha1" in truth["sigalg"]), truth["file"]
        judged[finding.reason] += 1
    assert judged["ok"] == 21
    assert sum(judged.values()) == 28


def test_every_list_of_hashes_is_the_one_that_others_read(real_data: Path) -> None:
    compared = 0
    for truth in truths(real_data):
        if "error" in truth or not (truth["message_digest_ok"] and truth["signature_ok"]):
            continue
        listed = LDSSecurityObject.parse(SignedData.parse(cms_of(real_data, truth)).content or b"")
        assert {str(number): value.hex() for number, value in listed.hashes.items()} == truth["dgs"], truth["file"]
        assert (listed.version, listed.hash_algorithm) == (truth["lds_version"], truth["lds_hash"]), truth["file"]
        compared += 1
    assert compared == 21


def test_every_signer_has_the_csca_that_others_found(real_data: Path, pki: Path) -> None:
    chained = 0
    for truth in truths(real_data):
        if "error" in truth:
            continue
        (signer,) = SignedData.parse(cms_of(real_data, truth)).certificates
        finding = validate_chain(signer, world(pki), signer.not_before + timedelta(days=1))
        if truth["chain"].startswith("ok "):
            assert (finding.signature.ok, finding.trust.ok, finding.validity.ok) == (True, True, True), truth["file"]
            (issuer,) = [each for each in world(pki).authorities if each.fingerprint.startswith(truth["chain"][3:])]
            assert numbers(finding.path[1]) == numbers(issuer), truth["file"]
            chained += 1
        else:
            assert finding.trust.ok is None, truth["file"]
    assert chained == 17


# Where the ground truth has only "not good": what is wrong first. The hash of the content goes before the signature over it.
# The last two could not be read there either.
WRONG = {
    "real-tampered_de_sha384_ecdsa_1": "signature-invalid",
    "real-tampered_gb_sha256_ecdsa_1": "signature-invalid",
    "real-tampered_gb_sha256_ecdsa_2": "message-digest-mismatch",
    "specimen-tampered_de_rsassa_pss-sha256-mgf1-sha256-salt32_2": "content-type-mismatch",
    "specimen-tampered_de_rsassa_pss-sha256-mgf1-sha256-salt32_3": "message-digest-mismatch",
    "specimen-tampered_de_rsassa_pss-sha256-mgf1-sha256-salt32_6": "signature-invalid",
    "specimen-tampered_de_rsassa_pss-sha256-mgf1-sha256-salt32_7": "message-digest-mismatch",
    "specimen-tampered_xx_unparsable_1": "sod-malformed",
    "specimen-tampered_xx_unparsable_2": "sod-malformed",
}
# Signatures that are good and told to be odd: r ‖ s where DER belongs, and SHA-512 where the algorithm names SHA-256. Of the four
# mock CMS no identifier of the signer's key is its certificate's own.
ODD = {
    "mock_zk_sha256_rsa_1": {"signer-identifier"},
    "mock_zk_sha256_rsa_2": {"signer-identifier"},
    "mock_zk_sha256_rsa_4": {"signer-identifier", "signature-hash-differs"},
    "mock_zk_sha256_ecdsa_2": {"signer-identifier", "ecdsa-signature-encoding"},
    "specimen_de_sha1_ecdsa_1": {"sha1-hashes", "sha1-signature"},
}


def test_every_reason_is_the_right_one(real_data: Path, pki: Path) -> None:
    """Signature, chain and revocation of every object: the real are good, the tampered are not, and it is told why."""
    told: Counter[tuple[str, str]] = Counter()
    for truth in truths(real_data):
        name = truth["file"].partition(".")[0]
        at = datetime.fromisoformat(truth["dsc"]["nb"]).replace(tzinfo=UTC) if "dsc" in truth else datetime(2026, 1, 1, tzinfo=UTC)
        evidence = Evidence(read_at=at, files={FileId.SOD: EfSod(cms_of(real_data, truth)).build()})
        checks = {check.name: check for check in passive_authentication(evidence, world(pki), at).checks}
        signature, trust = checks[CheckName.SOD_SIGNATURE], checks[CheckName.TRUST_STATUS]
        assert signature.reason == WRONG.get(name, "ok"), name
        assert set(signature.deviations) >= ODD.get(name, set()), name
        chained = truth.get("chain", "").startswith("ok ")
        expected = "ok" if chained else "no-trust-anchor" if "dsc" in truth else "signer-certificate-missing"
        assert trust.reason == expected, name
        told[checks[CheckName.DS_CERTIFICATE_SIGNATURE].reason, checks[CheckName.REVOCATION].reason] += 1
        if truth["kind"] == "real":
            assert {check.outcome for check in (signature, trust)} == {Outcome.SUCCESSFUL}, name
    unknown = {("no-trust-anchor", "no-trusted-path"): 11, ("signer-certificate-missing", "no-trusted-path"): 2}
    assert told == {("ok", "no-crl"): 17} | unknown


def test_real_revocation_lists_answer_for_real_signers(pki: Path) -> None:
    """Nobody of them is revoked; a list that is out of date, or none at all, leaves the question open."""
    lists: list[CertificateRevocationList] = []
    for path in sorted((pki / "crl").glob("*.crl")):
        lists += read_revocation_lists(path.read_bytes())
    store = TrustStore(world(pki).certificates, lists)
    answers: Counter[str] = Counter()
    for signer in {*certificate_files(pki).values(), *non_conformant(pki).values()}:
        at = signer.not_before + timedelta(days=60)
        chain = validate_chain(signer, store, at)
        if chain.trust.ok:
            newest = max((crl.this_update for crl in store.revocation_lists(signer.issuer)), default=at)
            answers[revocation_status(chain.path, store, newest + timedelta(days=1)).answer.reason] += 1
    assert answers["ok"] > 60
    # One CSCA's lists under another of its names may be newer still.
    assert not answers.keys() - {"ok", "crl-stale", "no-crl", "crl-not-yet-issued"}


def test_whole_documents_pass_or_fail_as_a_whole(real_data: Path, pki: Path) -> None:
    """Passive authentication over EF.SOD alone: signature and trust, for every object."""
    for truth in truths(real_data):
        raw = EfSod(cms_of(real_data, truth)).build()
        at = datetime.fromisoformat(truth["dsc"]["nb"]).replace(tzinfo=UTC) if "dsc" in truth else datetime(2026, 1, 1, tzinfo=UTC)
        result = passive_authentication(Evidence(read_at=at, files={FileId.SOD: raw}), world(pki), at)
        outcomes = {check.name: check.outcome for check in result.checks}
        good = truth.get("message_digest_ok") is True and truth.get("signature_ok") not in (False, None)
        assert (outcomes[CheckName.SOD_SIGNATURE] is Outcome.SUCCESSFUL) == good, truth["file"]
        if truth["file"].startswith("real_"):
            assert outcomes[CheckName.TRUST_STATUS] is Outcome.SUCCESSFUL, truth["file"]


# Certificates ----------------------------------------------------------------------------------------------------------


def test_every_certificate_is_read(pki: Path) -> None:
    read = {*certificate_files(pki).values(), *non_conformant(pki).values()}
    assert len(certificate_files(pki)) == 404
    assert len(non_conformant(pki)) == 318
    for certificate in read:
        certificate.public_key  # noqa: B018
        assert str(certificate.subject)
    for name in NO_CERTIFICATES:
        with pytest.raises(CertificateError):
            Certificate.parse((pki / name).read_bytes())


def test_the_master_lists_are_read_and_verified(pki: Path) -> None:
    sizes = {name: len(certificates) for name, (_, certificates) in master_lists(pki).items()}
    truth = json.loads((pki / "master_lists" / "ground_truth.json").read_text())
    assert sizes == {name: truth[name]["n_certs"] for name in sizes}
    assert sum(sizes.values()) == 2236
    for name, (signed, _) in master_lists(pki).items():
        finding = the_finding(signed)
        assert (finding.ok, finding.reason) == (True, "ok"), name
        # ICAO's list of September 2023 leaves out the NULL of its DigestInfo.
        assert finding.deviations == (("pkcs1-digest-info",) if name.startswith("ICAO") else ()), name
        assert finding.certificate is not None
        chain = validate_chain(finding.certificate, world(pki), finding.certificate.not_before + timedelta(days=30))
        # A list signer is a trusted CSCA's, and no document signer.
        assert (chain.signature.ok, chain.trust.reason) == (True, "dsc-extended-key-usage"), name


def test_a_bare_master_list_is_read(pki: Path) -> None:
    assert len(read_master_list((pki / "master_lists" / "self_bare_masterList.bin").read_bytes())) > 400


def test_the_sample_of_the_pkd_chains_to_the_issuers_that_others_found(pki: Path) -> None:
    """Of the issuers that the data hold; the others' names are in no list."""
    with (pki / "icao_pkd_sample" / "ground_truth.csv").open() as file:
        rows = [row for row in csv.DictReader(file) if row["self_issued"] == "False" and row["ca"] == "False"]
    held = {certificate.fingerprint: certificate for certificate in world(pki).certificates}
    chained = 0
    for row in rows:
        certificate = Certificate.parse((pki / "icao_pkd_sample" / row["file"]).read_bytes())
        finding = validate_chain(certificate, world(pki), certificate.not_before + timedelta(days=60))
        if row["issuer_sha256"] in held:
            assert (finding.signature.ok, finding.trust.ok) == (True, True), (row["file"], finding.trust)
            assert numbers(finding.path[1]) == numbers(held[row["issuer_sha256"]]), row["file"]
            chained += 1
        else:
            assert finding.anchor is None or finding.path[1].fingerprint != row["issuer_sha256"]
    assert chained == 251


def test_certificates_that_icao_calls_non_conformant_chain_all_the_same(pki: Path) -> None:
    findings = [
        validate_chain(certificate, world(pki), certificate.not_before + timedelta(days=60))
        for certificate in non_conformant(pki).values()
        if not certificate.is_ca
    ]
    assert {(finding.signature.ok, finding.trust.ok) for finding in findings} == {(True, True)}
    assert len(findings) == 318


def test_vietnams_passport_signers_chain_to_their_csca(pki: Path) -> None:
    csca = Certificate.parse((pki / "csca_single" / "VN_CSCA_ePassport_Vietnam_2022.cer").read_bytes())
    signers = [each for name, each in certificate_files(pki).items() if name.startswith("icao_pkd_sample/VN/") and not each.is_ca]
    assert len(signers) >= 20
    store = TrustStore([csca])
    trusted = [validate_chain(signer, store, signer.not_before).trust.ok for signer in signers]
    assert trusted.count(True) == len(signers)


def test_mock_signers_chain_to_their_own_csca_alone(pki: Path) -> None:
    folders = [folder for folder in sorted((pki / "mock_certs").iterdir()) if (folder / "mock_csca.pem").is_file()]
    pairs = {
        folder.name: tuple(read_certificates((folder / f"mock_{role}.pem").read_bytes())[0] for role in ("csca", "dsc"))
        for folder in folders
        if (folder / "mock_dsc.pem").is_file()
    }
    assert len(pairs) >= 20
    everybody = TrustStore(csca for csca, _ in pairs.values())
    for name, (csca, dsc) in pairs.items():
        alone = validate_chain(dsc, TrustStore([csca]), dsc.not_before)
        assert alone.signature.ok, name
        assert validate_chain(dsc, everybody, dsc.not_before).path[1].spki == csca.spki, name
        others = TrustStore(other for other, _ in pairs.values() if other.spki != csca.spki)
        assert validate_chain(dsc, others, dsc.not_before).signature.ok is not True, name


# Hostile octets --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["asn1", "asn1parse", "cms", "crl", "x509"])
def test_fuzz_corpora_are_read_or_refused(real_data: Path, name: str) -> None:
    files = list(archive(real_data / "10_fuzz" / f"openssl_{name}.tar.gz"))
    assert len(files) > 200
    for _, data in files:
        for read in (read_certificate, read_signed_data, parse_public_key, parse_ec_parameters, scheme_from_algorithm_identifier):
            try:
                read(data)
            except ChipIdError as error:
                assert isinstance(error, MalformedData) or type(error).__name__ == "UnsupportedFeature"  # noqa: PT017


def read_certificate(data: bytes) -> None:
    certificate = Certificate.parse(data)
    repr(certificate)
    validate_chain(certificate, TrustStore([certificate]), datetime(2026, 1, 1, tzinfo=UTC))


def read_signed_data(data: bytes) -> None:
    signed = SignedData.parse(data)
    for finding in verify_signers(signed):
        repr(finding)
