# SPDX-License-Identifier: Apache-2.0
"""Every certificate that the published lists and samples hold: who made its signature, with what; none is left without a reason."""

from __future__ import annotations

import csv
import json
import tarfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from functools import cache, cached_property
from pathlib import Path

import pytest

from chipid.crypto.algorithms import scheme_from_algorithm_identifier
from chipid.crypto.signature import DsaScheme, EcdsaScheme, EcPublicKey, Pkcs1Scheme, PssScheme, RsaPublicKey
from chipid.errors import MalformedData
from chipid.pki.certificate import Certificate, describe_key
from chipid.pki.cms import SignedData
from chipid.pki.master_list import CscaMasterList
from chipid.pki.pem import is_pem, read_pem

pytestmark = pytest.mark.real_data

BARE = "self_bare_masterList.bin"
FOLDERS = ("icao_pkd_sample", "icao_pkd_odd", "mock_certs", "csca_single", "dsc_single", "lists_eid_testbed", "master_lists")


@pytest.fixture(scope="module")
def collection(real_data: Path) -> Collection:
    return the_collection(real_data / "07_pki")


@cache
def the_collection(pki: Path) -> Collection:
    return Collection(pki)


class Collection:
    """The certificates by where they come from: each master list, and each folder of files."""

    def __init__(self, pki: Path) -> None:
        self.pki = pki
        self.sources = {path.name: list(listed(path)) for path in master_list_files(pki)}
        for name in FOLDERS:
            self.sources[name] = list(in_files(pki / name))
        self.sources["icao_nonconformant"] = list(archived(pki / "icao_nonconformant" / "certs.tar.gz"))

    @cached_property
    def all(self) -> tuple[Certificate, ...]:
        return tuple(dict.fromkeys(each for certificates in self.sources.values() for each in certificates))

    @cached_property
    def by_subject(self) -> dict[object, list[Certificate]]:
        found = defaultdict[object, list[Certificate]](list)
        for certificate in self.all:
            found[certificate.subject.normalised].append(certificate)
        return found

    def relation(self, certificate: Certificate) -> str:
        """Whose key made the signature, in a word."""
        if made_by(certificate, [certificate]):
            return "self-signed" if certificate.is_self_issued else "self-signed under two names"
        kind = "link" if certificate.is_ca else "issued"
        if made_by(certificate, self.by_subject[certificate.issuer.normalised]):
            return kind
        by_key = [each for each in self.all if certificate.authority_key_id in each.key_identifiers]
        return f"{kind} by another name" if made_by(certificate, by_key) else "issuer not here"


def made_by(certificate: Certificate, candidates: Iterable[Certificate]) -> bool:
    """Whether one of *candidates* made the signature. Nothing that the lists hold is unsupported or malformed."""
    return any(certificate.verified_by(candidate) for candidate in candidates)


def master_list_files(pki: Path) -> list[Path]:
    testbed = pki / "lists_eid_testbed" / "MASTERLIST_ECARD_CSCA_1.DER"
    return [*sorted((pki / "master_lists").glob("*.ml")), pki / "master_lists" / BARE, testbed]


def listed(path: Path) -> Iterator[Certificate]:
    """A list's certificates, and those that its CMS carries."""
    content, carried = path.read_bytes(), tuple[bytes, ...]()
    if path.name != BARE:
        signed = SignedData.parse(content)
        content, carried = signed.content or b"", signed.certificate_octets
    yield from map(Certificate.parse, (*CscaMasterList.parse(content).certificate_octets, *carried))


def in_files(folder: Path, pattern: str = "*") -> Iterator[Certificate]:
    for path in sorted(folder.rglob(pattern)):
        if path.suffix in (".cer", ".pem", ".DER") and "LIST_ECARD" not in path.name:
            raw = path.read_bytes()
            for der in read_pem(raw, ["CERTIFICATE"]) if is_pem(raw) else [raw]:
                try:
                    yield Certificate.parse(der)
                except MalformedData:
                    # The one has octets behind it; the other is Italy's deviation list.
                    assert path.name.startswith(("CERT_ECARD_DS_1_A", "IT_0CC70551C599")), path


def archived(path: Path) -> Iterator[Certificate]:
    with tarfile.open(path) as files:
        for member in files.getmembers():
            content = files.extractfile(member)
            if content is not None:
                yield Certificate.parse(content.read())


def scheme_as_others_write_it(certificate: Certificate) -> str:
    match scheme_from_algorithm_identifier(certificate.tbs_algorithm):
        case PssScheme(hash_name, mgf_hash, salt_length):
            return f"rsassa_pss/{hash_name}/mgf1-{mgf_hash}/salt{salt_length}"
        case Pkcs1Scheme(hash_name):
            return f"{hash_name}_rsa"
        case EcdsaScheme(hash_name):
            return f"{hash_name}_ecdsa"
        case DsaScheme(hash_name):
            return f"{hash_name}_dsa"


def key_kind(certificate: Certificate) -> str:
    key = certificate.public_key
    return describe_key(key) + (" explicit" if isinstance(key, EcPublicKey) and key.explicit else "")


# Who made each signature --------------------------------------------------------------------------------------------------

RELATIONS = {
    "DE_ML_2024-08-07-07-38-24.ml": {"self-signed": 359, "link": 172, "issued": 10, "link by another name": 2},
    "DE_ML_2025-08-14-07-41-09.ml": {"self-signed": 370, "link": 191, "issued": 10, "link by another name": 2},
    "ICAO_ml_September2023.ml": {"self-signed": 277, "link": 117, "issued": 2},
    "IT_MasterListCSCA.ml": {"self-signed": 213, "link": 111, "issued": 9, "link by another name": 1},
    "NL_ML_2026-03-11.ml": {"self-signed": 397, "issued": 1},
    BARE: {"self-signed": 332, "link": 160, "issued": 7, "link by another name": 2, "issuer not here": 1},
    "MASTERLIST_ECARD_CSCA_1.DER": {"self-signed": 1, "issued": 1},
    "icao_pkd_sample": {"issued": 258, "self-signed": 40, "link": 21, "issuer not here": 16},
    "icao_pkd_odd": {"self-signed": 2, "link": 1},
    "mock_certs": {"self-signed": 25, "issued": 28, "issuer not here": 2},
    "csca_single": {"self-signed": 3, "link": 1},
    "dsc_single": {"issuer not here": 2},
    "lists_eid_testbed": {"self-signed": 1, "issued": 2},
    "master_lists": {"self-signed": 2},
    "icao_nonconformant": {"issued": 318},
}
"""Of each source. By another name: the old key's certificate is of another name than the link gives for its issuer (ES, PH)."""

NOT_HERE = {
    "BE": 11,  # the national authorities of citizens and time stamps, under Belgium's roots
    "DE": 2,  # specimens of two test authorities
    "FR": 2,  # mock signers whose authority's file is another key's
    "JO": 3, "KN": 1, "PA": 1,  # states whose authority, or its key of that time, is in no list here
    "PT": 1,  # a link by an authority that is in no list
}  # fmt: skip
"""Why a signature is left unverified: always because the key that made it is not among the data."""


def test_each_signature_is_verified_or_its_issuer_is_not_here(collection: Collection) -> None:
    relations = {name: Counter(map(collection.relation, each)) for name, each in collection.sources.items()}
    assert relations == {name: Counter(expected) for name, expected in RELATIONS.items()}
    left = [each for each in collection.all if collection.relation(each) == "issuer not here"]
    assert Counter(str(each.subject.country) for each in left) == Counter(NOT_HERE)
    for certificate in left:
        # Wrong keys of the right name, or no certificate of that name at all; whoever has the key that is named is not here either.
        assert not any(certificate.authority_key_id in each.key_identifiers for each in collection.all)


def test_the_lists_hold_as_many_as_others_counted(collection: Collection) -> None:
    truth = json.loads((collection.pki / "master_lists" / "ground_truth.json").read_text(encoding="utf-8"))
    counted = {name: len(collection.sources[name]) for name in collection.sources if name in truth}
    assert counted == {name: truth[name]["n_certs"] + truth[name]["n_cms_certs"] for name in counted}
    assert len(counted) == 6
    assert len(collection.all) == 1483


def test_the_sample_is_signed_by_whom_others_found(collection: Collection) -> None:
    with (collection.pki / "icao_pkd_sample" / "ground_truth.csv").open(encoding="utf-8") as file:
        rows = {row["sha256"]: row for row in csv.DictReader(file)}
    held = {certificate.fingerprint: certificate for certificate in collection.all}
    found = Counter[str]()
    for certificate in collection.sources["icao_pkd_sample"]:
        row = rows[certificate.fingerprint]
        assert row["issuer_check"] == "ok"
        assert scheme_as_others_write_it(certificate) == row["sigalg"]
        if row["issuer_sha256"] in held:
            assert certificate.verified_by(held[row["issuer_sha256"]]), row["file"]
        found[collection.relation(certificate) if row["issuer_sha256"] not in held else "theirs"] += 1
    # Seven are verified with another certificate of the same key.
    assert found == {"theirs": 312, "issued": 7, "issuer not here": 16}


def test_mock_signers_are_issued_in_their_own_folder(collection: Collection) -> None:
    """Whether the key identifiers agree tells whether the two files belong together."""
    pairs = 0
    for path in sorted((collection.pki / "mock_certs").rglob("mock_dsc.pem")):
        if (path.parent / "mock_csca.pem").exists():
            csca, dsc = (next(in_files(path.parent, f"mock_{role}.pem")) for role in ("csca", "dsc"))
            assert csca.verified_by(csca), path
            assert dsc.verified_by(csca).valid is (csca.subject_key_id == dsc.authority_key_id), path
            pairs += 1
    assert pairs == 22


# With what ----------------------------------------------------------------------------------------------------------------


def test_what_they_are_signed_with_is_counted(collection: Collection) -> None:
    assert Counter(map(scheme_as_others_write_it, collection.all)) == {
        "sha1_rsa": 209, "sha256_rsa": 647, "sha384_rsa": 5, "sha512_rsa": 20,
        "sha1_ecdsa": 36, "sha224_ecdsa": 4, "sha256_ecdsa": 124, "sha384_ecdsa": 105, "sha512_ecdsa": 55,
        "rsassa_pss/sha256/mgf1-sha256/salt20": 2, "rsassa_pss/sha256/mgf1-sha256/salt32": 238,
        "rsassa_pss/sha256/mgf1-sha256/salt64": 1, "rsassa_pss/sha384/mgf1-sha384/salt48": 21,
        "rsassa_pss/sha512/mgf1-sha512/salt20": 1, "rsassa_pss/sha512/mgf1-sha512/salt64": 15,
    }  # fmt: skip


def test_their_keys_are_counted(collection: Collection) -> None:
    """There is no DSA key, and no curve that the core does not know."""
    assert Counter(map(key_kind, collection.all)) == {
        "RSA-1024": 2, "RSA-2048": 452, "RSA-3072": 123, "RSA-4096": 555, "RSA-6144": 10,
        "secp224r1 explicit": 2, "secp256r1 explicit": 37, "secp384r1 explicit": 38, "secp521r1 explicit": 26,
        "brainpoolP224r1 explicit": 8, "brainpoolP256r1 explicit": 92, "brainpoolP384r1 explicit": 101,
        "brainpoolP512r1 explicit": 25,
        "secp256r1": 2, "secp384r1": 4, "secp521r1": 3, "brainpoolP384r1": 3,
    }  # fmt: skip
    exponents = Counter(each.public_key.e for each in collection.all if isinstance(each.public_key, RsaPublicKey))
    assert (exponents[65537], exponents[3], exponents.total()) == (985, 123, 1142)
    assert max(exponents) == 107903


def test_no_certificates_signature_needs_a_tolerance_but_of_parameters(collection: Collection) -> None:
    noted = Counter[str]()
    for certificate in collection.all:
        signers = [certificate, *collection.by_subject[certificate.issuer.normalised]]
        finding = next((finding for each in signers if (finding := certificate.verified_by(each))), None)
        noted.update(() if finding is None else finding.deviations)
    assert set(noted) == {"sha1-signature", "algorithm-parameters"}, noted
