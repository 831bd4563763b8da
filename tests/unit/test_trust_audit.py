# SPDX-License-Identifier: Apache-2.0
"""A whole store verified: each signature by its issuer, or the reason why not; and what certificates there are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from chipid.crypto import asn1
from chipid.issuing.certificates import Departures, extension
from chipid.issuing.pki import KeyOptions, TestCsca
from chipid.pki.certificate import Certificate
from chipid.pki.extensions import AUTHORITY_KEY_IDENTIFIER
from chipid.pki.master_list import CSCA_MASTER_LIST, CscaMasterList
from chipid.trust.audit import ObjectFinding, audit
from chipid.trust.database import TrustDatabase
from chipid.trust.importing import import_paths
from chipid.trust.statistics import algorithm_name, facts_of, statistics

AT = datetime(2026, 6, 1, tzinfo=UTC)
CSCA = TestCsca.create("UT", at=AT)
SUCCESSOR = TestCsca.create("UT", at=AT + timedelta(days=1))
FOREIGN = TestCsca.create("XO", at=AT)
SAME_NAME = TestCsca.create("UT", at=AT)
ANOTHER_KEY_ID = extension(AUTHORITY_KEY_IDENTIFIER, asn1.sequence(asn1.encode(0x80, b"another key")))
WRONG_KEY_ID = TestCsca.create("UT", at=AT, departures=Departures(extensions={AUTHORITY_KEY_IDENTIFIER: ANOTHER_KEY_ID}))
LINK = CSCA.issue_link(SUCCESSOR)
DSC = CSCA.issue_document_signer(at=AT).certificate
CRL = CSCA.issue_revocation_list((7,), at=AT)
SIGNER = CSCA.issue_list_signer("2.23.136.1.1.3", at=AT)
LIST = SIGNER.sign_list(CSCA_MASTER_LIST, CscaMasterList.of([FOREIGN.certificate]).content, CSCA, at=AT)
UNKNOWN_KEY = LINK.replace(
    asn1.oid("1.2.840.10045.2.1"), asn1.oid("1.2.840.10045.2.9")
)  # the successor's, of a kind that nobody knows
ECDSA = Certificate.parse(DSC).tbs_algorithm


@pytest.fixture
def database(tmp_path: Path) -> Iterator[TrustDatabase]:
    with TrustDatabase.create(tmp_path / "trust.db") as opened:
        yield opened


def found(database: TrustDatabase, folder: Path, contents: Iterable[bytes], **options: object) -> dict[bytes, ObjectFinding]:
    """What an audit finds of *contents*."""
    paths = []
    for octets in contents:
        path = folder / sha256(octets).hexdigest()[:8]
        path.write_bytes(octets)
        paths.append(path)
    assert import_paths(database, paths, at=AT, **options).refused == ()  # type: ignore[arg-type]
    report = audit(database, AT)
    assert report.damage == ()
    assert set(report.unverified) == {finding for finding in report.findings if finding.ok is not True}
    return {finding.stored.octets: finding for finding in report.findings}


def spoilt(octets: bytes) -> bytes:
    return octets[:-1] + bytes((octets[-1] ^ 1,))


@pytest.mark.parametrize(
    ("octets", "store", "relation", "ok", "reason", "by"),
    [
        (CSCA.certificate, (), "self-signed", True, "ok", CSCA),
        (spoilt(CSCA.certificate), (), "self-signed", False, "signature-invalid", None),
        (LINK, (CSCA.certificate,), "link", True, "ok", CSCA),
        (LINK, (), "link", None, "issuer-not-in-store", None),
        (LINK, (SAME_NAME.certificate,), "link", None, "issuer-key-unknown", None),
        (spoilt(LINK), (CSCA.certificate,), "link", False, "signature-invalid", None),
        (DSC, (CSCA.certificate,), "issued", True, "ok", CSCA),
        (DSC, (SAME_NAME.certificate, CSCA.certificate), "issued", True, "ok", CSCA),
        (DSC, (SAME_NAME.certificate,), "issued", None, "issuer-key-unknown", None),
        (DSC, (), "issued", None, "issuer-not-in-store", None),
        (spoilt(DSC), (CSCA.certificate,), "issued", False, "signature-invalid", None),
        (CRL, (CSCA.certificate,), "issued", True, "ok", CSCA),
        (CRL, (SAME_NAME.certificate,), "issued", None, "issuer-key-unknown", None),
        (CRL, (), "issued", None, "issuer-not-in-store", None),
        (spoilt(CRL), (CSCA.certificate,), "issued", False, "signature-invalid", None),
        (WRONG_KEY_ID.certificate, (), "self-signed", True, "ok", WRONG_KEY_ID),
        (LIST, (CSCA.certificate,), "list", True, "ok", SIGNER),
    ],
)  # fmt: skip
def test_each_signature_is_verified_or_its_reason_told(
    database: TrustDatabase, tmp_path: Path, octets: bytes, store: tuple[bytes, ...], relation: str, ok: bool | None, reason: str,
    by: TestCsca | None,
) -> None:  # fmt: skip
    finding = found(database, tmp_path, (octets, *store))[octets]
    assert (finding.relation, finding.ok, finding.reason) == (relation, ok, reason)
    assert finding.by == (None if by is None else by.parsed.fingerprint)
    assert finding.detail


def test_an_algorithm_that_is_not_known_is_told(database: TrustDatabase, tmp_path: Path) -> None:
    odd = DSC.replace(ECDSA, ECDSA[:-1] + b"\x09")
    finding = found(database, tmp_path, (odd, CSCA.certificate))[odd]
    assert (finding.ok, finding.reason) == (None, "unsupported-algorithm")


def test_a_list_keeps_its_pin_and_loses_its_csca(database: TrustDatabase, tmp_path: Path) -> None:
    pin = sha256(LIST).hexdigest()
    assert found(database, tmp_path, (LIST,), pins=[pin])[LIST].ok
    with database.transaction():
        for origin in database.origins(database.find(pin)[0]):
            database._rows("UPDATE import SET pins = '' WHERE id = ?", (origin.imported.id,))
    report = audit(database, AT)
    (finding,) = (each for each in report.findings if each.relation == "list")
    assert (finding.ok, finding.reason) == (None, "list-signer-no-trust-anchor")


def test_damage_is_told_and_the_rest_verified(database: TrustDatabase, tmp_path: Path) -> None:
    found(database, tmp_path, (CSCA.certificate, DSC))
    with database.transaction():
        database._rows("UPDATE object SET country = 'ZZ' WHERE role = 'document-signer'")
    database._objects.clear()
    report = audit(database, AT)
    assert [finding.stored.octets for finding in report.findings] == [CSCA.certificate]
    assert len(report.damage) == 1
    assert "country" in report.damage[0]


@pytest.mark.parametrize(
    ("key", "algorithm", "name", "curve"),
    [
        (KeyOptions("brainpoolP256r1"), "sha256-ecdsa", "brainpoolP256r1", "explicit"),
        (KeyOptions("secp384r1", explicit_parameters=False), "sha384-ecdsa", "secp384r1", "named"),
        (KeyOptions("rsa-2048"), "sha256-rsa", "RSA-2048", "none"),
        (KeyOptions("rsa-2048", hash_name="sha512", rsa_padding="pss"), "sha512-rsa-pss-64", "RSA-2048", "none"),
        (KeyOptions("rsa-2048", hash_name="sha1"), "sha1-rsa", "RSA-2048", "none"),
    ],
)
def test_facts(key: KeyOptions, algorithm: str, name: str, curve: str) -> None:
    certificate = TestCsca.create("UT", at=AT, key=key).parsed
    facts = facts_of(certificate, AT)
    assert (facts.algorithm, facts.key, facts.curve, facts.country, facts.role) == (algorithm, name, curve, "UT", "csca")


def test_validity_and_what_cannot_be_used() -> None:
    moments = {"not-yet-valid": AT - timedelta(seconds=1), "valid": AT, "expired": CSCA.parsed.not_after + timedelta(seconds=1)}
    for name, at in moments.items():
        assert facts_of(CSCA.parsed, at).validity == name
    facts = facts_of(Certificate.parse(UNKNOWN_KEY), AT)
    assert (facts.key, facts.curve) == ("unsupported", "none")
    identifiers = {asn1.sequence(asn1.oid("1.2.3")): "unsupported", b"": "malformed", ECDSA: "sha384-ecdsa"}
    assert {each: algorithm_name(each) for each in identifiers} == identifiers


def test_statistics_count() -> None:
    counted = statistics([CSCA.parsed, SUCCESSOR.parsed, Certificate.parse(DSC)], AT)
    assert counted["role"] == {"csca": 2, "document-signer": 1}
    assert counted["validity"] == {"valid": 2, "not-yet-valid": 1}
    assert counted["curve"] == {"explicit": 3}
