# SPDX-License-Identifier: Apache-2.0
"""Who signed EF.CardSecurity, and whether that counts (ICAO 9303-11 §4.4.3.5.2; BSI TR-03105-5.1 LDS_H_93, unit LDS_J)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from chipid.crypto import asn1
from chipid.evidence import ChipAuthenticationMappingTranscript, ChipAuthenticationTranscript, Evidence
from chipid.iso7816.file_ids import FileId
from chipid.issuing.certificates import with_signature_altered
from chipid.issuing.pki import DocumentSigner, TestCsca
from chipid.issuing.signed_data import SignatureOptions
from chipid.lds.card_security import ID_SECURITY_OBJECT, CardSecurity
from chipid.lds.dg1 import Dg1
from chipid.lds.mrz import Mrz, MrzFormat
from chipid.lds.security_infos import PaceInfo, SecurityInfos
from chipid.pki.certificate import Certificate
from chipid.pki.crl import CertificateRevocationList
from chipid.pki.trust_store import TrustStore
from chipid.verification.card_security import SignedSecurityInfos, read_card_security, worse_revocation
from chipid.verification.verdict import Check, CheckName, Outcome

AT = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
INFOS = SecurityInfos.of([PaceInfo("0.4.0.127.0.7.2.2.4.6.2", 2, 13)])
S, F, U, N = Outcome.SUCCESSFUL, Outcome.FAILED, Outcome.UNDETERMINED, Outcome.NOT_SUPPORTED
REVOCATION = CheckName.REVOCATION
MAPPING = ChipAuthenticationMappingTranscript("1.2", 13, b"", b"", b"")
VERSION_2 = ChipAuthenticationTranscript("1.2", 1, b"", b"", b"", b"", 0x9000, version=2)


@pytest.fixture(scope="module")
def csca() -> TestCsca:
    return TestCsca.create(at=AT - timedelta(days=900))


@pytest.fixture(scope="module")
def signer(csca: TestCsca) -> DocumentSigner:
    return csca.issue_document_signer(at=AT - timedelta(days=800))


@pytest.fixture(scope="module")
def other(csca: TestCsca) -> tuple[TestCsca, DocumentSigner]:
    """Another state's."""
    authority = TestCsca.create(country="DE", at=AT - timedelta(days=900))
    return authority, authority.issue_document_signer(at=AT - timedelta(days=800))


@pytest.fixture(scope="module")
def trust(csca: TestCsca) -> TrustStore:
    return TrustStore.from_bytes(csca.certificate)


def store(*certificates: bytes) -> TrustStore:
    return TrustStore(Certificate.parse(raw) for raw in certificates)


def dg1(state: str = "VNM") -> bytes:
    zone = Mrz(
        MrzFormat.TD3,
        document_code="P",
        issuing_state=state,
        document_number="X01234567",
        birth_date="740812",
        sex="F",
        expiry_date="320415",
        nationality=state,
        primary_identifier="MUSTERMANN",
        secondary_identifier="ERIKA",
    )
    return Dg1(zone).build()


def evidence(card_security: bytes | None, **changes: object) -> Evidence:
    files = {FileId.DG1: dg1()}
    if card_security is not None:
        files[FileId.CARD_SECURITY] = card_security
    return replace(Evidence(AT, files), **changes)  # type: ignore[arg-type]


def reason(found: SignedSecurityInfos) -> tuple[Outcome, str]:
    return found.check.outcome, found.check.reason


def test_a_trusted_signer(signer: DocumentSigner, trust: TrustStore) -> None:
    found = read_card_security(evidence(signer.sign_card_security(INFOS)), trust, AT)
    assert reason(found) == (S, "ok")
    assert (found.vouched, found.open) == (True, False)
    assert found.infos == INFOS
    assert found.check.deviations == ()


def test_nothing_needs_it() -> None:
    found = read_card_security(evidence(None), None, AT)
    assert reason(found) == (N, "card-security-not-needed")
    assert (found.vouched, found.open, found.infos) == (False, False, None)
    version_1 = replace(VERSION_2, version=1)
    assert reason(read_card_security(evidence(None, chip_authentication=version_1), None, AT))[0] is N


@pytest.mark.parametrize("changes", [{"chip_authentication_mapping": (MAPPING,)}, {"chip_authentication": VERSION_2}])
def test_a_proof_needs_it(changes: dict[str, object]) -> None:
    found = read_card_security(evidence(None, **changes), None, AT)
    assert reason(found) == (U, "card-security-missing")
    assert found.open


@pytest.mark.parametrize(
    "make",
    [
        lambda _signer: b"",
        lambda _signer: b"\x30\x03\x02\x01\x05",
        lambda signer: signer.sign_card_security(INFOS)[:-1],
        lambda signer: CardSecurity(signer.sign(ID_SECURITY_OBJECT, b"\x04\x01\x00")).build(),
    ],
    ids=["empty", "no CMS", "cut off", "no security infos"],
)
def test_what_is_none(signer: DocumentSigner, trust: TrustStore, make: Callable[[DocumentSigner], bytes]) -> None:
    found = read_card_security(evidence(make(signer)), trust, AT)
    assert reason(found) == (F, "card-security-malformed")
    assert (found.vouched, found.infos) == (False, None)


def test_no_content_at_all(signer: DocumentSigner, trust: TrustStore) -> None:
    """A detached signature has nothing to say."""
    element = asn1.parse(signer.sign_card_security(INFOS), asn1.SEQUENCE).children()
    oid = element.read().raw
    fields = asn1.parse(element.read().value, asn1.SEQUENCE).children()
    version, digests, _content = fields.read().raw, fields.read().raw, fields.read()
    rest = b""
    while not fields.at_end:
        rest += fields.read().raw
    detached = asn1.sequence(version, digests, asn1.sequence(asn1.oid(ID_SECURITY_OBJECT)), rest)
    found = read_card_security(evidence(CardSecurity(asn1.sequence(oid, asn1.encode(0xA0, detached))).build()), trust, AT)
    assert reason(found) == (F, "card-security-malformed")


def without_signers(raw: bytes) -> bytes:
    element = asn1.parse(raw, asn1.SEQUENCE).children()
    oid = element.read().raw
    fields = asn1.parse(element.read().value, asn1.SEQUENCE).children()
    parts = []
    while not fields.at_end:
        parts.append(fields.read().raw)
    return asn1.sequence(oid, asn1.encode(0xA0, asn1.sequence(*parts[:-1], asn1.set_of())))


def test_nobody_signed_it(signer: DocumentSigner, trust: TrustStore) -> None:
    found = read_card_security(evidence(without_signers(signer.sign_card_security(INFOS))), trust, AT)
    assert reason(found) == (F, "no-signer")
    assert found.infos == INFOS


def test_another_content_type_is_told(signer: DocumentSigner, trust: TrustStore) -> None:
    raw = CardSecurity(signer.sign("1.2.840.113549.1.7.1", asn1.set_of(*INFOS.raw_infos))).build()
    found = read_card_security(evidence(raw), trust, AT)
    assert reason(found) == (S, "ok")
    assert "card-security-content-type" in found.check.deviations


@pytest.mark.parametrize("octet", [-1, 60])
def test_a_signature_over_anything_else(signer: DocumentSigner, trust: TrustStore, octet: int) -> None:
    raw = bytearray(signer.sign_card_security(INFOS))
    raw[octet] ^= 1
    found = read_card_security(evidence(bytes(raw)), trust, AT)
    assert found.check.outcome is F
    assert not found.vouched


def test_no_anchor_leaves_it_open(signer: DocumentSigner) -> None:
    for nothing in (None, TrustStore()):
        found = read_card_security(evidence(signer.sign_card_security(INFOS)), nothing, AT)
        assert found.check.outcome is U
        assert found.open


def test_a_signer_that_only_the_trust_store_has(csca: TestCsca, signer: DocumentSigner) -> None:
    raw = signer.sign_card_security(INFOS, SignatureOptions(include_certificate=False))
    unknown = read_card_security(evidence(raw), TrustStore.from_bytes(csca.certificate), AT)
    assert unknown.check.outcome is U
    assert not unknown.vouched
    both = store(csca.certificate, signer.certificate)
    assert reason(read_card_security(evidence(raw), both, AT)) == (S, "ok")


def test_a_stranger(trust: TrustStore) -> None:
    forger = TestCsca.create(at=AT - timedelta(days=900)).issue_document_signer(at=AT - timedelta(days=800))
    found = read_card_security(evidence(forger.sign_card_security(INFOS)), trust, AT)
    assert found.check.outcome is F
    assert found.check.reason == "csca-key-unknown"
    assert not found.vouched


def test_a_revoked_signer_vouches_for_nothing(csca: TestCsca, signer: DocumentSigner) -> None:
    raw = signer.sign_card_security(INFOS)
    for revoked, expected in (((), (S, "ok")), ((signer.parsed.serial,), (F, "dsc-revoked"))):
        crl = CertificateRevocationList.parse(csca.issue_revocation_list(revoked, at=AT))
        found = read_card_security(evidence(raw), TrustStore([csca.parsed], [crl]), AT)
        assert (reason(found), found.vouched) == (expected, not revoked)


@pytest.mark.parametrize("days", [-801, 40_000])
def test_out_of_date(signer: DocumentSigner, trust: TrustStore, days: int) -> None:
    found = read_card_security(evidence(signer.sign_card_security(INFOS)), trust, AT + timedelta(days=days))
    assert found.check.outcome is F
    assert not found.vouched


def test_another_state_that_is_trusted_too_signs_for_this_one_in_vain(
    csca: TestCsca, other: tuple[TestCsca, DocumentSigner]
) -> None:
    authority, its_signer = other
    both = store(csca.certificate, authority.certificate)
    raw = its_signer.sign_card_security(INFOS)
    found = read_card_security(evidence(raw), both, AT)
    assert reason(found) == (F, "card-security-other-state")
    assert not found.vouched
    for there in (dg1("D"), dg1("UTO"), b"noise"):  # its own document; one of no known state, or none, which other checks judge
        assert reason(read_card_security(Evidence(AT, {FileId.DG1: there, FileId.CARD_SECURITY: raw}), both, AT)) == (S, "ok")
    assert reason(read_card_security(Evidence(AT, {FileId.CARD_SECURITY: raw}), both, AT)) == (S, "ok")


def two_signers(one: bytes, other: bytes) -> bytes:
    """Both sign the same content; the file holds both certificates."""

    def parts(raw: bytes) -> tuple[bytes, list[asn1.Element]]:
        element = asn1.parse(raw, asn1.SEQUENCE).children()
        oid = element.read().raw
        fields = asn1.parse(element.read().value, asn1.SEQUENCE).children()
        found = []
        while not fields.at_end:
            found.append(fields.read())
        return oid, found

    oid, ours = parts(one)
    _, theirs = parts(other)
    certificates = asn1.encode(0xA0, ours[3].value + theirs[3].value)
    signers = asn1.set_of(asn1.parse(ours[4].value, asn1.SEQUENCE).raw, asn1.parse(theirs[4].value, asn1.SEQUENCE).raw)
    signed = asn1.sequence(ours[0].raw, ours[1].raw, ours[2].raw, certificates, signers)
    return asn1.sequence(oid, asn1.encode(0xA0, signed))


def test_of_several_signers_the_best_counts(signer: DocumentSigner, trust: TrustStore) -> None:
    """They sign the same content."""
    forger = TestCsca.create(at=AT - timedelta(days=900)).issue_document_signer(at=AT - timedelta(days=800))
    pair = signer.sign_card_security(INFOS), forger.sign_card_security(INFOS)
    for one, other in (pair, pair[::-1]):
        assert reason(read_card_security(evidence(two_signers(one, other)), trust, AT)) == (S, "ok")


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        (Check(REVOCATION, S, "ok"), {None: (U, "no-crl"), "stale": (U, "crl-stale"), "bad": (U, "crl-signature-invalid")}),
        (Check(REVOCATION, U, "no-crl"), {"ok": (U, "no-crl"), "bad": (U, "crl-signature-invalid"), "revoked": (F, "dsc-revoked")}),
        (Check(REVOCATION, U, "crl-malformed"), {None: (U, "crl-malformed"), "bad": (U, "crl-malformed")}),
        (Check(REVOCATION, F, "dsc-revoked"), {None: (F, "dsc-revoked"), "ok": (F, "dsc-revoked")}),
        (Check(REVOCATION, S, "ok"), {"ok": (S, "ok"), "revoked": (F, "dsc-revoked")}),
    ],
)
def test_of_two_signers_the_one_of_whom_less_is_known_counts(
    csca: TestCsca, signer: DocumentSigner, own: Check, expected: dict[str | None, tuple[Outcome, str]]
) -> None:
    """Where the chip's key rests on EF.CardSecurity, whose signer may be of another CSCA than EF.SOD's."""
    lists = {
        "ok": csca.issue_revocation_list(at=AT),
        "stale": csca.issue_revocation_list(at=AT - timedelta(days=100)),
        "bad": with_signature_altered(csca.issue_revocation_list(at=AT)),
        "revoked": csca.issue_revocation_list([signer.parsed.serial], at=AT),
    }
    raw = signer.sign_card_security(INFOS)
    mapped = evidence(raw, chip_authentication_mapping=(MAPPING,))
    version_2 = evidence(raw, chip_authentication=VERSION_2)
    for name, wanted in expected.items():
        held = [] if name is None else [CertificateRevocationList.parse(lists[name])]
        found = read_card_security(mapped, TrustStore([csca.parsed], held), AT)
        for needing in (mapped, version_2):
            told = worse_revocation(own, found, needing)
            assert (told.outcome, told.reason) == wanted
        for not_needing in (evidence(raw), evidence(raw, chip_authentication=replace(VERSION_2, version=1))):
            assert worse_revocation(own, found, not_needing) == own
    unknown = read_card_security(mapped, None, AT)
    assert worse_revocation(own, unknown, mapped) == own
