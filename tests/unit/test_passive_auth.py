# SPDX-License-Identifier: Apache-2.0
"""Passive Authentication: three answers that are never mixed, and what goes with them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import chipid.verification
from chipid.crypto import asn1
from chipid.evidence import Evidence, FileFailure
from chipid.iso7816.file_ids import FileId
from chipid.issuing import certificates as build
from chipid.issuing.certificates import Period
from chipid.issuing.pki import DocumentSigner, KeyOptions, SignerProfile, TestCsca
from chipid.issuing.revocation_lists import RevocationListProfile
from chipid.issuing.signed_data import LDS_SECURITY_OBJECT, SignatureOptions
from chipid.lds.com import EfCom
from chipid.lds.dg1 import Dg1
from chipid.lds.mrz import Mrz
from chipid.lds.sod import EfSod, LDSSecurityObject
from chipid.pki.crl import CertificateRevocationList
from chipid.pki.trust_store import TrustStore
from chipid.verification.passive_auth import PassiveAuthentication, passive_authentication
from chipid.verification.reasons import REASONS, explain
from chipid.verification.verdict import Check, CheckName, Outcome

AT = datetime(2026, 6, 1, tzinfo=UTC)
LATER = AT + timedelta(days=1000)
KEY = KeyOptions("secp256r1")
LINES = ("IDVNM0990123459001099012345<<0", "9901015M3901018VNM<<<<<<<<<<<0", "NGUYEN<<VAN<MINH<ANH<<<<<<<<<<")
DG1 = Dg1(Mrz.parse("".join(LINES))).build()
DG2, DG13, DG14 = b"\x75\x02\xaa\xbb", b"\x6d\x01\xcc", b"\x6e\x01\xdd"
GROUPS = {1: DG1, 2: DG2, 13: DG13, 14: DG14}
COM = EfCom.of_data_groups((1, 2, 13, 14)).build()

NAME = CheckName
SUCCESSFUL, FAILED, UNDETERMINED = Outcome.SUCCESSFUL, Outcome.FAILED, Outcome.UNDETERMINED
CERTIFICATE_CHECKS = (NAME.DS_CERTIFICATE_SIGNATURE, NAME.CERTIFICATE_VALIDITY, NAME.TRUST_STATUS)


@pytest.fixture(scope="module")
def csca() -> TestCsca:
    return TestCsca.create(at=AT, key=KEY)


@pytest.fixture(scope="module")
def signer(csca: TestCsca) -> DocumentSigner:
    return csca.issue_document_signer(at=AT, key=KEY)


@pytest.fixture(scope="module")
def trust(csca: TestCsca) -> TrustStore:
    return TrustStore([csca.parsed])


@pytest.fixture(scope="module")
def sod(signer: DocumentSigner) -> bytes:
    return signer.sign_sod(GROUPS)


def evidence(sod: bytes | None, groups: Mapping[int, bytes] = GROUPS, com: bytes | None = COM, **other: object) -> Evidence:
    files = {FileId.from_data_group(number): raw for number, raw in groups.items()}
    files |= {FileId.SOD: sod} if sod is not None else {}
    files |= {FileId.COM: com} if com is not None else {}
    return Evidence(read_at=AT, files=files, **other)  # type: ignore[arg-type]


def check(result: PassiveAuthentication, name: CheckName) -> Check:
    found = [each for each in result.checks if each.name is name]
    assert len(found) == 1
    return found[0]


def outcome(result: PassiveAuthentication, name: CheckName) -> tuple[Outcome, str]:
    found = check(result, name)
    return found.outcome, found.reason


def outcomes(result: PassiveAuthentication) -> dict[CheckName, Outcome]:
    return {each.name: each.outcome for each in result.checks}


def test_a_genuine_document_passes(sod: bytes, trust: TrustStore) -> None:
    result = passive_authentication(evidence(sod), trust, LATER)
    assert [each.name for each in result.checks] == [
        NAME.SOD_SIGNATURE,
        NAME.DATA_GROUP_INTEGRITY,
        *CERTIFICATE_CHECKS,
        NAME.REVOCATION,
        NAME.ISSUING_STATE,
        NAME.SOD_AGAINST_COM,
    ]
    assert {each.outcome for each in result.checks if each.name is not NAME.REVOCATION} == {SUCCESSFUL}
    assert {each.reason for each in result.checks if each.name is not NAME.REVOCATION} == {"ok"}
    assert not [each.deviations for each in result.checks if each.deviations]
    assert (result.signed_groups, result.listed_groups) == (frozenset(GROUPS), frozenset(GROUPS))


def test_without_a_revocation_list_the_question_is_open(sod: bytes, trust: TrustStore) -> None:
    assert outcome(passive_authentication(evidence(sod), trust, LATER), NAME.REVOCATION) == (UNDETERMINED, "no-crl")
    for nobody in (None, TrustStore()):
        result = passive_authentication(evidence(sod), nobody, LATER)
        assert outcome(result, NAME.REVOCATION) == (Outcome.NOT_PERFORMED, "no-trusted-path")


def test_a_revoked_signer_vouches_for_nothing(sod: bytes, csca: TestCsca, signer: DocumentSigner) -> None:
    for revoked, expected in (((), (SUCCESSFUL, "ok")), ((signer.parsed.serial,), (FAILED, "dsc-revoked"))):
        crl = CertificateRevocationList.parse(csca.issue_revocation_list(revoked, at=LATER))
        result = passive_authentication(evidence(sod), TrustStore([csca.parsed], [crl]), LATER)
        assert outcome(result, NAME.REVOCATION) == expected
        assert {check(result, name).outcome for name in CERTIFICATE_CHECKS} == {SUCCESSFUL}
        assert bool(result.signed_groups) is not bool(revoked)
        assert result.signed_groups | result.untrusted_groups == set(GROUPS)
        assert not result.signed_groups & result.untrusted_groups


def test_a_path_that_breaks_a_rule_is_asked_for_revocation_all_the_same(csca: TestCsca) -> None:
    """A policy may let the rule pass; it does not let pass that the signer was revoked."""
    odd = build.extension("1.2.3.4", b"", critical=True)
    signer = csca.issue_document_signer(at=AT, key=KEY, profile=SignerProfile(extra_extensions=(odd,)))
    crl = CertificateRevocationList.parse(csca.issue_revocation_list([signer.parsed.serial], at=LATER))
    result = passive_authentication(evidence(signer.sign_sod(GROUPS)), TrustStore([csca.parsed], [crl]), LATER)
    assert outcome(result, NAME.TRUST_STATUS) == (FAILED, "dsc-unknown-critical-extension")
    assert outcome(result, NAME.REVOCATION) == (FAILED, "dsc-revoked")


def test_what_the_answer_rests_on_is_kept(sod: bytes, csca: TestCsca, signer: DocumentSigner) -> None:
    crl = CertificateRevocationList.parse(csca.issue_revocation_list(at=LATER))
    result = passive_authentication(evidence(sod), TrustStore([csca.parsed], [crl]), LATER)
    assert (result.path, result.revocation_lists) == ((signer.parsed, csca.parsed), (crl,))
    alone = passive_authentication(evidence(sod), None, LATER)
    assert (alone.path, alone.revocation_lists) == ((), ())


def test_hashes_that_nobody_signed_have_no_signer_to_trust(sod: bytes, trust: TrustStore) -> None:
    result = passive_authentication(evidence(sod[:-1] + bytes([sod[-1] ^ 1])), trust, LATER)
    assert (result.signed_groups, result.untrusted_groups) == (frozenset(), frozenset())


def test_a_revocation_lists_deviations_are_passed_on(sod: bytes, csca: TestCsca) -> None:
    crl = csca.issue_revocation_list(at=LATER, profile=RevocationListProfile(period=timedelta(days=91)))
    result = passive_authentication(evidence(sod), TrustStore([csca.parsed], [CertificateRevocationList.parse(crl)]), LATER)
    assert check(result, NAME.REVOCATION).deviations == ("crl-next-update-too-late",)


def test_of_several_signers_one_who_is_not_revoked_counts(csca: TestCsca, signer: DocumentSigner) -> None:
    other = csca.issue_document_signer(at=AT, key=KEY)
    crl = CertificateRevocationList.parse(csca.issue_revocation_list([signer.parsed.serial], at=LATER))
    for order in ((signer, other), (other, signer)):
        result = passive_authentication(evidence(signed_by(*order)), TrustStore([csca.parsed], [crl]), LATER)
        assert outcome(result, NAME.REVOCATION) == (SUCCESSFUL, "ok")


# 1. The signature ------------------------------------------------------------------------------------------------------


def test_an_altered_signature_fails_alone(sod: bytes, trust: TrustStore) -> None:
    altered = sod[:-1] + bytes((sod[-1] ^ 1,))
    result = passive_authentication(evidence(altered), trust, LATER)
    assert outcome(result, NAME.SOD_SIGNATURE) == (FAILED, "signature-invalid")
    assert {check(result, name).outcome for name in CERTIFICATE_CHECKS} == {SUCCESSFUL}
    assert result.signed_groups == frozenset()


def test_hashes_that_nobody_signed_prove_nothing_and_say_so(sod: bytes, trust: TrustStore) -> None:
    """AndyQ PR 274: data groups were matched against an EF.SOD with a bad signature, and the document passed."""
    hashes = LDSSecurityObject.over(GROUPS).hashes
    forged = {**GROUPS, 2: b"\x75\x02\xee\xee"}
    replaced = sod.replace(hashes[2], LDSSecurityObject.over(forged).hashes[2])
    result = passive_authentication(evidence(replaced, forged), trust, LATER)
    assert outcome(result, NAME.SOD_SIGNATURE) == (FAILED, "message-digest-mismatch")
    assert outcome(result, NAME.DATA_GROUP_INTEGRITY) == (SUCCESSFUL, "hashes-unsigned")
    assert "prove nothing" in check(result, NAME.DATA_GROUP_INTEGRITY).detail
    assert result.signed_groups == frozenset()


@pytest.mark.parametrize("raw", [b"", b"\x77\x00", b"\x77\x03\x30\x01", b"\x78\x00", b"garbage"])
def test_an_empty_or_malformed_sod_fails(raw: bytes, trust: TrustStore) -> None:
    result = passive_authentication(evidence(raw), trust, LATER)
    assert outcome(result, NAME.SOD_SIGNATURE) == (FAILED, "sod-malformed")
    assert outcome(result, NAME.DATA_GROUP_INTEGRITY) == (FAILED, "sod-malformed")
    assert {outcome(result, name) for name in CERTIFICATE_CHECKS} == {(UNDETERMINED, "signer-certificate-missing")}
    assert outcome(result, NAME.SOD_AGAINST_COM) == (Outcome.NOT_SUPPORTED, "sod-malformed")
    assert outcome(result, NAME.ISSUING_STATE) == (UNDETERMINED, "signer-certificate-missing")


@pytest.mark.parametrize("change", [(0x77, 0x78), None], ids=["tag", "length"])
def test_a_sod_in_the_wrong_wrapping_fails(sod: bytes, trust: TrustStore, change: tuple[int, int] | None) -> None:
    raw = sod + b"\0" if change is None else bytes((change[1],)) + sod[1:]
    assert outcome(passive_authentication(evidence(raw), trust, LATER), NAME.SOD_SIGNATURE) == (FAILED, "sod-malformed")


def test_a_signed_object_of_other_content_fails(signer: DocumentSigner, trust: TrustStore) -> None:
    for options in (SignatureOptions(), SignatureOptions(include_certificate=False)):
        raw = EfSod(signer.sign(LDS_SECURITY_OBJECT, b"\x31\x00", options)).build()
        result = passive_authentication(evidence(raw), trust, LATER)
        assert outcome(result, NAME.SOD_SIGNATURE) == (FAILED, "sod-malformed")
        assert outcome(result, NAME.DATA_GROUP_INTEGRITY) == (FAILED, "sod-malformed")


def test_a_list_of_hashes_that_was_damaged_after_it_was_signed_is_told_as_changed(sod: bytes, trust: TrustStore) -> None:
    content = LDSSecurityObject.over(GROUPS).build()
    result = passive_authentication(evidence(sod.replace(content, b"\x31" + content[1:])), trust, LATER)
    assert outcome(result, NAME.SOD_SIGNATURE) == (FAILED, "message-digest-mismatch")
    assert outcome(result, NAME.DATA_GROUP_INTEGRITY) == (FAILED, "sod-malformed")
    assert outcome(result, NAME.TRUST_STATUS) == (SUCCESSFUL, "ok")


def test_a_chip_without_sod_fails_and_one_that_was_not_read_is_open(trust: TrustStore) -> None:
    unread = passive_authentication(evidence(None), trust, LATER)
    assert outcome(unread, NAME.SOD_SIGNATURE) == (UNDETERMINED, "sod-missing")
    assert outcome(unread, NAME.DATA_GROUP_INTEGRITY) == (UNDETERMINED, "sod-missing")
    lost = passive_authentication(evidence(None, failures={FileId.SOD: FileFailure(sw=0x6982)}), trust, LATER)
    assert outcome(lost, NAME.SOD_SIGNATURE) == (UNDETERMINED, "sod-missing")
    absent = passive_authentication(evidence(None, failures={FileId.SOD: FileFailure(sw=0x6A82)}), trust, LATER)
    assert outcome(absent, NAME.SOD_SIGNATURE) == (FAILED, "sod-missing")
    assert outcome(absent, NAME.DATA_GROUP_INTEGRITY) == (FAILED, "sod-missing")
    assert (absent.signed_groups, absent.listed_groups) == (frozenset(), frozenset())


def test_a_sod_that_nobody_signed_fails(sod: bytes, trust: TrustStore) -> None:
    info = asn1.Reader(EfSod.parse(sod).cms).sequence()
    oid = info.read()
    *fields, _signers = info.read().only_child(asn1.SEQUENCE).children()
    unsigned = asn1.sequence(oid.raw, asn1.encode(0xA0, asn1.sequence(*(field.raw for field in fields), asn1.set_of())))
    result = passive_authentication(evidence(EfSod(unsigned).build()), trust, LATER)
    assert outcome(result, NAME.SOD_SIGNATURE) == (FAILED, "no-signer")
    assert outcome(result, NAME.DATA_GROUP_INTEGRITY) == (SUCCESSFUL, "hashes-unsigned")
    assert result.signed_groups == frozenset()


def test_of_several_signers_the_trusted_one_counts(signer: DocumentSigner, csca: TestCsca, trust: TrustStore) -> None:
    """All sign the same content: a stranger's signature beside the good one takes nothing away, and is told."""
    stranger = TestCsca.create(at=AT, key=KEY).issue_document_signer(at=AT, key=KEY)
    for order in ((signer, stranger), (stranger, signer)):
        result = passive_authentication(evidence(signed_by(*order)), trust, LATER)
        assert outcome(result, NAME.SOD_SIGNATURE) == (SUCCESSFUL, "ok")
        assert check(result, NAME.SOD_SIGNATURE).deviations == ("several-signers",)
        assert outcome(result, NAME.TRUST_STATUS) == (SUCCESSFUL, "ok")
    alone = passive_authentication(evidence(signed_by(stranger, stranger)), trust, LATER)
    assert outcome(alone, NAME.TRUST_STATUS) == (FAILED, "csca-key-unknown")


def test_of_several_signers_the_best_counts(signer: DocumentSigner, csca: TestCsca, trust: TrustStore) -> None:
    expired = csca.issue_document_signer(at=AT, key=KEY, profile=SignerProfile(validity=Period(AT, AT + timedelta(days=1))))
    unknown = TestCsca.create("DE", at=AT, key=KEY).issue_document_signer(at=AT, key=KEY)
    forger = TestCsca.create(at=AT, key=KEY).issue_document_signer(at=AT, key=KEY)
    ranked = {
        "ok": (signer, expired),
        "dsc-expired": (expired, unknown),
        "no-trust-anchor": (unknown, forger),
    }
    for reason, (better, worse) in ranked.items():
        for order in ((better, worse), (worse, better)):
            result = passive_authentication(evidence(signed_by(*order)), trust, LATER)
            assert outcome(result, NAME.CERTIFICATE_VALIDITY)[1] == reason
    broken = DocumentSigner(signer.certificate, forger.key)
    for order in ((broken, forger), (forger, broken)):
        result = passive_authentication(evidence(signed_by(*order)), trust, LATER)
        assert outcome(result, NAME.SOD_SIGNATURE) == (SUCCESSFUL, "ok")
        assert outcome(result, NAME.TRUST_STATUS) == (FAILED, "csca-key-unknown")


def signed_by(*signers: DocumentSigner) -> bytes:
    parts = []
    for signer in signers:
        info = asn1.Reader(signer.sign(LDS_SECURITY_OBJECT, LDSSecurityObject.over(GROUPS).build())).sequence()
        info.read()
        parts.append([field.raw for field in info.read().only_child(asn1.SEQUENCE).children()])
    version, digests, content, *_ = parts[0]
    certificates = asn1.encode(0xA0, *(signer.certificate for signer in signers))
    infos = asn1.encode(asn1.SET, *(asn1.parse(part[-1], asn1.SET).value for part in parts))
    oid = asn1.oid("1.2.840.113549.1.7.2")
    fields = asn1.sequence(version, digests, content, certificates, infos)
    return EfSod(asn1.sequence(oid, asn1.encode(0xA0, fields))).build()


def test_a_signer_that_the_chip_leaves_out_is_taken_from_the_store(
    csca: TestCsca, signer: DocumentSigner, trust: TrustStore
) -> None:
    bare = signer.sign_sod(GROUPS, options=SignatureOptions(include_certificate=False))
    alone = passive_authentication(evidence(bare), trust, LATER)
    assert outcome(alone, NAME.SOD_SIGNATURE) == (UNDETERMINED, "signer-certificate-missing")
    helped = passive_authentication(evidence(bare), TrustStore([csca.parsed, signer.parsed]), LATER)
    assert outcome(helped, NAME.SOD_SIGNATURE) == (SUCCESSFUL, "ok")
    assert outcome(helped, NAME.TRUST_STATUS) == (SUCCESSFUL, "ok")
    # The signer's certificate in the store is no anchor.
    unanchored = passive_authentication(evidence(bare), TrustStore([signer.parsed]), LATER)
    assert outcome(unanchored, NAME.TRUST_STATUS) == (UNDETERMINED, "no-trust-anchor")


@pytest.mark.parametrize("content_type", ["1.3.27.1.1.1", "1.2.840.113549.1.7.1"])
def test_another_content_type_is_told(signer: DocumentSigner, trust: TrustStore, content_type: str) -> None:
    raw = EfSod(signer.sign(content_type, LDSSecurityObject.over(GROUPS).build())).build()
    result = passive_authentication(evidence(raw), trust, LATER)
    assert outcome(result, NAME.SOD_SIGNATURE) == (SUCCESSFUL, "ok")
    assert check(result, NAME.SOD_SIGNATURE).deviations == ("sod-content-type",)


def test_a_sod_of_indefinite_length_is_told(sod: bytes, trust: TrustStore) -> None:
    result = passive_authentication(evidence(b"\x77\x80" + EfSod.parse(sod).cms + b"\0\0"), trust, LATER)
    assert outcome(result, NAME.SOD_SIGNATURE) == (SUCCESSFUL, "ok")
    assert check(result, NAME.SOD_SIGNATURE).deviations == ("sod-not-der",)


def test_sha1_is_told(csca: TestCsca, trust: TrustStore) -> None:
    signer = csca.issue_document_signer(at=AT, key=KeyOptions("secp256r1", hash_name="sha1"))
    result = passive_authentication(evidence(signer.sign_sod(GROUPS, hash_name="sha1")), trust, LATER)
    assert outcome(result, NAME.SOD_SIGNATURE) == (SUCCESSFUL, "ok")
    assert check(result, NAME.SOD_SIGNATURE).deviations == ("sha1-hashes", "sha1-signature")


def test_a_list_of_unknown_hashes_leaves_the_files_open(signer: DocumentSigner, trust: TrustStore) -> None:
    sound = LDSSecurityObject.over(GROUPS).build()
    unknown = sound.replace(asn1.oid("2.16.840.1.101.3.4.2.1"), asn1.oid("2.16.840.1.101.3.4.2.9"))
    result = passive_authentication(evidence(EfSod(signer.sign(LDS_SECURITY_OBJECT, unknown)).build()), trust, LATER)
    assert outcome(result, NAME.SOD_SIGNATURE) == (SUCCESSFUL, "ok")
    assert outcome(result, NAME.DATA_GROUP_INTEGRITY) == (UNDETERMINED, "unsupported-algorithm")
    assert outcome(result, NAME.SOD_AGAINST_COM) == (Outcome.NOT_SUPPORTED, "unsupported-algorithm")


# 2. The hashes ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", GROUPS)
def test_one_flipped_bit_shows(sod: bytes, trust: TrustStore, number: int) -> None:
    flipped = {**GROUPS, number: GROUPS[number][:-1] + bytes((GROUPS[number][-1] ^ 1,))}
    result = passive_authentication(evidence(sod, flipped), trust, LATER)
    assert outcome(result, NAME.DATA_GROUP_INTEGRITY) == (FAILED, "dg-hash-mismatch")
    assert f"DG{number} changed" in check(result, NAME.DATA_GROUP_INTEGRITY).detail
    assert outcome(result, NAME.SOD_SIGNATURE) == (SUCCESSFUL, "ok")
    assert result.signed_groups == frozenset(GROUPS) - {number}


def test_an_octet_behind_a_file_shows(sod: bytes, trust: TrustStore) -> None:
    result = passive_authentication(evidence(sod, {**GROUPS, 14: DG14 + b"\0"}), trust, LATER)
    assert outcome(result, NAME.DATA_GROUP_INTEGRITY) == (FAILED, "dg-hash-mismatch")


def test_a_group_that_is_not_listed_fails(sod: bytes, trust: TrustStore) -> None:
    result = passive_authentication(evidence(sod, {**GROUPS, 15: b"\x6f\x00"}), trust, LATER)
    assert outcome(result, NAME.DATA_GROUP_INTEGRITY) == (FAILED, "dg-not-in-sod")
    assert "DG15" in check(result, NAME.DATA_GROUP_INTEGRITY).detail
    assert 15 not in result.signed_groups
    both = passive_authentication(evidence(sod, {**GROUPS, 2: b"", 15: b"\x6f\x00"}), trust, LATER)
    assert outcome(both, NAME.DATA_GROUP_INTEGRITY) == (FAILED, "dg-hash-mismatch")
    assert "DG15" in check(both, NAME.DATA_GROUP_INTEGRITY).detail


def test_groups_that_were_not_read_are_told(sod: bytes, trust: TrustStore) -> None:
    result = passive_authentication(evidence(sod, {1: DG1, 13: DG13}), trust, LATER)
    assert outcome(result, NAME.DATA_GROUP_INTEGRITY) == (SUCCESSFUL, "ok")
    assert "Not read: DG2, DG14" in check(result, NAME.DATA_GROUP_INTEGRITY).detail
    assert check(result, NAME.DATA_GROUP_INTEGRITY).deviations == ()
    assert (result.signed_groups, result.listed_groups) == ({1, 13}, frozenset(GROUPS))


def test_a_listed_group_that_the_chip_has_not_is_told(sod: bytes, trust: TrustStore) -> None:
    failures = {FileId.DG14: FileFailure(sw=0x6A82), FileId.DG13: FileFailure(sw=0x6982)}
    result = passive_authentication(evidence(sod, {1: DG1, 2: DG2}, failures=failures), trust, LATER)
    assert check(result, NAME.DATA_GROUP_INTEGRITY).deviations == ("dg-listed-but-absent",)
    kept = passive_authentication(evidence(sod, {1: DG1, 2: DG2}, failures={FileId.DG13: failures[FileId.DG13]}), trust, LATER)
    assert check(kept, NAME.DATA_GROUP_INTEGRITY).deviations == ()


def test_without_a_data_group_nothing_is_known(sod: bytes, trust: TrustStore) -> None:
    result = passive_authentication(evidence(sod, {}), trust, LATER)
    assert outcome(result, NAME.DATA_GROUP_INTEGRITY) == (UNDETERMINED, "no-data-group-read")


def test_a_shortened_hash_matches_nothing(signer: DocumentSigner, trust: TrustStore) -> None:
    """A hash cut to one octet would be met by one file in 256."""
    listed = LDSSecurityObject.over(GROUPS)
    entries = [asn1.sequence(asn1.integer(number), asn1.octet_string(value[:1])) for number, value in listed.hashes.items()]
    algorithm = asn1.sequence(asn1.oid("2.16.840.1.101.3.4.2.1"))
    short = asn1.sequence(asn1.integer(0), algorithm, asn1.sequence(*entries))
    result = passive_authentication(evidence(EfSod(signer.sign(LDS_SECURITY_OBJECT, short)).build()), trust, LATER)
    assert outcome(result, NAME.DATA_GROUP_INTEGRITY) == (FAILED, "dg-hash-mismatch")


# 3. The signer ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("store", [None, TrustStore()], ids=["none", "empty"])
def test_without_an_anchor_nothing_is_trusted(sod: bytes, store: TrustStore | None) -> None:
    result = passive_authentication(evidence(sod), store, LATER)
    assert {outcome(result, name) for name in CERTIFICATE_CHECKS} == {(UNDETERMINED, "no-trust-anchor")}
    assert outcome(result, NAME.SOD_SIGNATURE) == (SUCCESSFUL, "ok")
    assert outcome(result, NAME.DATA_GROUP_INTEGRITY) == (SUCCESSFUL, "ok")
    assert result.signed_groups == frozenset(GROUPS)


def test_a_self_made_csca_of_the_same_name_is_refused(trust: TrustStore) -> None:
    """A forger who signs his own files passes the first two answers, and no more."""
    forger = TestCsca.create(at=AT, key=KEY).issue_document_signer(at=AT, key=KEY)
    result = passive_authentication(evidence(forger.sign_sod(GROUPS)), trust, LATER)
    assert outcome(result, NAME.SOD_SIGNATURE) == (SUCCESSFUL, "ok")
    assert outcome(result, NAME.DATA_GROUP_INTEGRITY) == (SUCCESSFUL, "ok")
    assert outcome(result, NAME.DS_CERTIFICATE_SIGNATURE) == (FAILED, "csca-key-unknown")
    assert outcome(result, NAME.TRUST_STATUS) == (FAILED, "csca-key-unknown")
    assert result.signed_groups == frozenset()


def test_an_expired_signer_fails_in_validity_alone(csca: TestCsca, trust: TrustStore) -> None:
    expired = csca.issue_document_signer(at=AT, key=KEY, profile=SignerProfile(validity=Period(AT, AT + timedelta(days=1))))
    result = passive_authentication(evidence(expired.sign_sod(GROUPS)), trust, LATER)
    assert outcome(result, NAME.CERTIFICATE_VALIDITY) == (FAILED, "dsc-expired")
    assert outcome(result, NAME.TRUST_STATUS) == (SUCCESSFUL, "ok")


def test_deviations_of_the_chain_are_passed_on(csca: TestCsca, trust: TrustStore) -> None:
    signer = csca.issue_document_signer(at=AT, key=KEY, profile=SignerProfile(key_usage=None))
    result = passive_authentication(evidence(signer.sign_sod(GROUPS)), trust, LATER)
    assert check(result, NAME.DS_CERTIFICATE_SIGNATURE).deviations == ("dsc-key-usage-missing",)


@pytest.mark.parametrize(
    ("days", "deviations"),
    [
        (0, ()),
        (91, ()),
        (92, ("signed-outside-usage-period",)),
        (-1, ("signed-outside-validity",)),
        (9999, ("signed-outside-validity",)),
    ],
)
def test_when_the_signer_says_it_signed(signer: DocumentSigner, trust: TrustStore, days: int, deviations: tuple[str, ...]) -> None:
    raw = signer.sign_sod(GROUPS, options=SignatureOptions(signing_time=AT + timedelta(days=days)))
    found = check(passive_authentication(evidence(raw), trust, LATER), NAME.CERTIFICATE_VALIDITY)
    assert (found.outcome, found.deviations) == (SUCCESSFUL, deviations)


# The issuing state -----------------------------------------------------------------------------------------------------


def dg1_of(state: str) -> bytes:
    return Dg1(replace(Mrz.parse("".join(LINES)), issuing_state=state, lines=())).build()


@pytest.mark.parametrize(
    ("country", "state", "expected"),
    [
        ("VN", "VNM", (SUCCESSFUL, "ok")),
        ("DE", "D", (SUCCESSFUL, "ok")),
        ("GB", "GBD", (SUCCESSFUL, "ok")),
        ("DE", "VNM", (FAILED, "issuing-state-mismatch")),
        ("VN", "D", (FAILED, "issuing-state-mismatch")),
        ("VN", "XYZ", (UNDETERMINED, "issuing-state-unknown")),
    ],
)
def test_dg1_is_of_the_state_that_signed(country: str, state: str, expected: tuple[Outcome, str]) -> None:
    csca = TestCsca.create(country, at=AT, key=KEY)
    groups = {**GROUPS, 1: dg1_of(state)}
    raw = csca.issue_document_signer(at=AT, key=KEY).sign_sod(groups)
    result = passive_authentication(evidence(raw, groups), TrustStore([csca.parsed]), LATER)
    assert outcome(result, NAME.ISSUING_STATE) == expected
    assert outcome(result, NAME.TRUST_STATUS) == (SUCCESSFUL, "ok")


def test_a_trusted_state_cannot_issue_for_another(trust: TrustStore) -> None:
    """A signer that calls itself Vietnamese under another state's CSCA."""
    rogue = TestCsca.create("DE", at=AT, key=KEY)
    signer = rogue.issue_document_signer(at=AT, key=KEY, country="VN")
    store = TrustStore([*trust.certificates, rogue.parsed])
    result = passive_authentication(evidence(signer.sign_sod(GROUPS)), store, LATER)
    assert outcome(result, NAME.TRUST_STATUS) == (FAILED, "country-mismatch")


@pytest.mark.parametrize(("state", "expected"), [("GBD", SUCCESSFUL), ("BMU", SUCCESSFUL), ("VNM", FAILED)])
def test_a_territorys_document_is_its_states_too(state: str, expected: Outcome) -> None:
    britain = TestCsca.create("GB", at=AT, key=KEY)
    groups = {**GROUPS, 1: dg1_of(state)}
    raw = britain.issue_document_signer(at=AT, key=KEY, country="BM").sign_sod(groups)
    result = passive_authentication(evidence(raw, groups), TrustStore([britain.parsed]), LATER)
    assert outcome(result, NAME.ISSUING_STATE)[0] is expected
    # An anchor that does not vouch for the signer does not lend it its state.
    alone = passive_authentication(evidence(raw, groups), None, LATER)
    assert outcome(alone, NAME.ISSUING_STATE)[0] is (SUCCESSFUL if state == "BMU" else FAILED)


def test_a_signer_of_no_state_leaves_the_question_open() -> None:
    stateless = TestCsca.create("", at=AT, key=KEY)
    raw = stateless.issue_document_signer(at=AT, key=KEY).sign_sod(GROUPS)
    result = passive_authentication(evidence(raw), TrustStore([stateless.parsed]), LATER)
    assert outcome(result, NAME.ISSUING_STATE) == (UNDETERMINED, "signer-state-missing")


def test_the_state_needs_dg1_and_a_signer(sod: bytes, trust: TrustStore) -> None:
    without = passive_authentication(evidence(sod, {2: DG2}), trust, LATER)
    assert outcome(without, NAME.ISSUING_STATE) == (UNDETERMINED, "dg1-missing")
    broken = passive_authentication(evidence(sod, {1: b"\x61\x00"}), trust, LATER)
    assert outcome(broken, NAME.ISSUING_STATE) == (FAILED, "dg1-malformed")


def test_what_the_signer_is_for_is_compared(csca: TestCsca, trust: TrustStore) -> None:
    passports = csca.issue_document_signer(at=AT, key=KEY, profile=SignerProfile(document_types=("P",)))
    result = passive_authentication(evidence(passports.sign_sod(GROUPS)), trust, LATER)
    found = check(result, NAME.ISSUING_STATE)
    assert (found.outcome, found.deviations) == (SUCCESSFUL, ("document-type-not-listed",))


def test_an_alternative_name_of_another_state_is_told(csca: TestCsca, trust: TrustStore) -> None:
    other = build.Subject("DE", "Signer", "chipid test PKI")
    key = KEY.generate(lambda size: bytes(range(1, size + 1)))
    extensions = build.common_extensions(other, csca.subject, key.public, csca.key.public, Period(AT, LATER))
    certificate = build.build_certificate(
        issuer=csca.subject,
        issuer_key=csca.key,
        subject=build.Subject("VN", "Signer", "chipid test PKI"),
        subject_key=key.public,
        serial=5,
        validity=Period(AT, LATER),
        extensions=extensions,
    )
    result = passive_authentication(evidence(DocumentSigner(certificate, key).sign_sod(GROUPS)), trust, LATER)
    assert check(result, NAME.ISSUING_STATE).deviations == ("alternative-name-state",)


# EF.COM ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("com", "expected"),
    [
        (None, (Outcome.NOT_SUPPORTED, "com-missing")),
        (b"\x60\x00", (FAILED, "com-malformed")),
        (EfCom.of_data_groups((1, 2, 13)).build(), (FAILED, "com-sod-mismatch")),
        (EfCom.of_data_groups((1, 2, 3, 13, 14)).build(), (FAILED, "com-sod-mismatch")),
        (EfCom.of_data_groups((14, 13, 2, 1)).build(), (SUCCESSFUL, "ok")),
    ],
)
def test_ef_com_is_compared(sod: bytes, trust: TrustStore, com: bytes | None, expected: tuple[Outcome, str]) -> None:
    found = check(passive_authentication(evidence(sod, com=com), trust, LATER), NAME.SOD_AGAINST_COM)
    assert (found.outcome, found.reason) == expected
    assert found.deviations == (() if found.reason == "ok" else (found.reason,))


def test_the_lds_versions_are_compared(signer: DocumentSigner, trust: TrustStore) -> None:
    raw = signer.sign_sod(GROUPS, lds_version="0108", unicode_version="040000")
    for version, expected in (("0107", (FAILED, "lds-version-mismatch")), ("0108", (SUCCESSFUL, "ok"))):
        com = EfCom.of_data_groups((1, 2, 13, 14), version).build()
        assert outcome(passive_authentication(evidence(raw, com=com), trust, LATER), NAME.SOD_AGAINST_COM) == expected


# Words -----------------------------------------------------------------------------------------------------------------


def test_each_reason_has_a_sentence() -> None:
    """Every code that the sources of passive authentication can give."""
    root = Path(chipid.verification.__file__).parents[1]
    sources = [root / "verification" / name for name in ("passive_auth.py", "security_object.py", "issuing_state.py")]
    sources += [root / "pki" / f"{name}.py" for name in ("chain", "signed_data", "revocation")] + [root / "lds" / "sod.py"]
    text = "".join(path.read_text() for path in sources)
    codes = set(
        re.findall(r'(?:Outcome\.\w+|_failed\(|Answer\(\w+|_Stop\((?:False|None)|_undecided\(signer, at), f?"([a-z0-9-]+)"', text)
    )
    assert {"dg-hash-mismatch", "no-trust-anchor", "no-crl"} <= codes
    assert not codes - set(REASONS)


def test_prefixed_codes_are_explained_by_role() -> None:
    assert explain("dsc-expired") == REASONS["dsc-expired"]
    assert explain("dsc-serial-not-positive") == f"Document signer's certificate: {REASONS['serial-not-positive']}"
    assert explain("csca-serial-not-positive") == f"CSCA certificate: {REASONS['serial-not-positive']}"
    assert explain("nonsense") == "nonsense"
    assert explain("dsc-nonsense") == "dsc-nonsense"
