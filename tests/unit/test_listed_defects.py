# SPDX-License-Identifier: Apache-2.0
"""Known defects: which documents a list means, what is told, and what it does to other checks (BSI TR-03135-1)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from certificate_variants import variants

import chipid
from chipid.crypto import asn1
from chipid.emulator.icc import EmulatedCard
from chipid.evidence import ChipAuthenticationTranscript, Evidence
from chipid.iso7816.file_ids import FileId
from chipid.issuing.card_image import CardImage
from chipid.issuing.pki import DocumentSigner, KeyOptions, TestCsca
from chipid.lds.com import EfCom
from chipid.lds.dg1 import Dg1
from chipid.lds.dg12 import Dg12
from chipid.lds.mrz import Mrz
from chipid.lds.security_infos import PaceInfo, SecurityInfos
from chipid.pki.cms import IssuerAndSerialNumber, SignedData, SubjectKeyIdentifier
from chipid.pki.crl import CertificateRevocationList
from chipid.pki.defect_list import DEFECT_LIST, Defect, DefectList, KnownDefect, status_parameters
from chipid.pki.deviation_list import (
    DEVIATION_LIST,
    CertificateDigest,
    Deviation,
    DeviationDescription,
    DeviationDocuments,
    DeviationList,
    DocumentNumbers,
    IssuancePeriod,
)
from chipid.pki.trust_store import TrustStore
from chipid.profiles.access_keys import AccessKeys
from chipid.pytest_plugin import Issuer
from chipid.verification import Verdict, verify
from chipid.verification.card_security import SignedSecurityInfos
from chipid.verification.listed_defects import ListedDefects, compromised_keys, with_signer_looked_up
from chipid.verification.policy import Policy
from chipid.verification.reasons import REASONS
from chipid.verification.verdict import Check, CheckName, Decision, Outcome

AT = datetime(2026, 6, 1, tzinfo=UTC)
KEY = KeyOptions("secp256r1")
LINES = ("IDVNM0990123459001099012345<<0", "9901018M3901016VNM<<<<<<<<<<<0", "NGUYEN<<VAN<MINH<ANH<<<<<<<<<<")
MRZ = Mrz.parse("".join(LINES))
GROUPS = {
    1: Dg1(MRZ).build(),
    2: b"\x75\x02\xaa\xbb",
    11: b"\x6b\x00",
    12: Dg12(issue_date="20251201").build(),
    14: b"\x6e\x02\x31\x00",
}
S, F, U, NP = Outcome.SUCCESSFUL, Outcome.FAILED, Outcome.UNDETERMINED, Outcome.NOT_PERFORMED
AA, CA = "listed-aa-key-compromised", "listed-ca-key-compromised"
POLICY = Policy.data_only()


@pytest.fixture(scope="module")
def csca() -> TestCsca:
    return TestCsca.create(at=AT, key=KEY)


@pytest.fixture(scope="module")
def signer(csca: TestCsca) -> DocumentSigner:
    return csca.issue_document_signer(at=AT, key=KEY)


@pytest.fixture(scope="module")
def sod(signer: DocumentSigner) -> bytes:
    return signer.sign_sod(GROUPS)


def evidence(sod: bytes, **changed: bytes) -> Evidence:
    """*changed*: data groups that are otherwise than they were signed, ``dg12=…``."""
    files = {FileId.from_data_group(number): raw for number, raw in GROUPS.items()}
    files |= {FileId[name.upper()]: raw for name, raw in changed.items()}
    return Evidence(read_at=AT, files={FileId.COM: EfCom.of_data_groups(tuple(GROUPS)).build(), **files, FileId.SOD: sod})


def by_key(signer: DocumentSigner) -> SubjectKeyIdentifier:
    assert signer.parsed.subject_key_id is not None
    return SubjectKeyIdentifier(signer.parsed.subject_key_id)


def deviations(*types: str, country: str | None = "VN", number: int | None = None, **documents: object) -> DeviationList:
    parameters = None if number is None else asn1.integer(number)
    descriptions = tuple(DeviationDescription(f"{DEVIATION_LIST}.{each}", parameters, "L898902C") for each in types)
    return DeviationList((Deviation(DeviationDocuments(**documents), descriptions),), country=country)  # type: ignore[arg-type]


def defects(signer: DocumentSigner, *types: str, parameters: bytes | None = None) -> DefectList:
    known = tuple(KnownDefect(f"{DEFECT_LIST}.{each}", parameters) for each in types)
    return DefectList((Defect(by_key(signer), known),))


def judged(csca: TestCsca, given: Evidence, *lists: DeviationList | DefectList, policy: Policy = POLICY) -> Verdict:
    store = TrustStore(
        [csca.parsed],
        deviation_lists=[each for each in lists if isinstance(each, DeviationList)],
        defect_lists=[each for each in lists if isinstance(each, DefectList)],
    )
    return verify(given, store, policy, at=AT + timedelta(days=1))


def told(verdict: Verdict, name: CheckName = CheckName.KNOWN_DEFECTS) -> tuple[Outcome, str, tuple[str, ...]]:
    check = verdict.check(name)
    return check.outcome, check.reason, check.deviations


# Whom a list means -----------------------------------------------------------------------------------------------


def test_without_a_list_nothing_was_looked_up(csca: TestCsca, sod: bytes) -> None:
    verdict = judged(csca, evidence(sod))
    assert told(verdict) == (NP, "no-defect-list", ())
    assert verdict.accepted
    assert told(verify(evidence(sod), None, POLICY, at=AT)) == (NP, "no-defect-list", ())


def test_without_a_signer_there_is_nobody_to_look_up(csca: TestCsca, signer: DocumentSigner) -> None:
    assert told(judged(csca, evidence(b""), defects(signer, "1.3"))) == (U, "signer-certificate-missing", ())


def test_who_is_not_listed_passes_as_before(csca: TestCsca, sod: bytes) -> None:
    other = csca.issue_document_signer(at=AT, key=KEY)
    verdict = judged(csca, evidence(sod), defects(other, "1.1"), deviations("1.4", signer=by_key(other)))
    assert told(verdict) == (S, "ok", ())
    assert verdict.accepted


def period(first: str, last: str) -> IssuancePeriod:
    ends = (datetime.fromisoformat(each).replace(tzinfo=UTC) for each in (first, last))
    return IssuancePeriod(*ends)


IN, BEFORE = period("2025-12-01", "2025-12-31"), period("2025-10-01", "2025-11-30")
THESE, OTHERS = DocumentNumbers.of(["099012345", "099099012345"]), DocumentNumbers.of(["099012346"])
NUMBERS = DocumentNumbers.of([MRZ.document_number])


@pytest.mark.parametrize(
    ("conditions", "meant"),
    [
        ({}, True),
        ({"document_type": "ID"}, True),
        ({"document_type": "I<"}, True),
        ({"document_type": "P<"}, False),
        ({"numbers": NUMBERS}, True),
        ({"numbers": OTHERS}, False),
        ({"numbers": NUMBERS, "document_type": "P<"}, False),
        ({"numbers": OTHERS, "document_type": "ID"}, False),
        ({"issued": IN}, True),
        ({"issued": BEFORE}, False),
        ({"issued": BEFORE, "numbers": NUMBERS}, False),
        ({"issued": IN, "numbers": OTHERS}, False),
        ({"country": "UT"}, False),
        ({"country": "vn"}, True),
        ({"country": None}, False),
        ({"country": None, "numbers": NUMBERS}, False),
    ],
)
def test_all_conditions_have_to_be_met(conditions: dict[str, object], meant: bool, csca: TestCsca, sod: bytes) -> None:
    listed = deviations("1.3", **conditions)  # type: ignore[arg-type]
    assert told(judged(csca, evidence(sod), listed))[2] == (("listed-csca-malformed",) if meant else ())


@pytest.mark.parametrize("country", ["VN", None, "XXX"])
def test_a_signer_is_condition_enough(country: str | None, csca: TestCsca, signer: DocumentSigner, sod: bytes) -> None:
    """For a list of his state; one of no known state speaks of no state's documents."""
    certificate = signer.parsed
    other = IssuerAndSerialNumber(certificate.issuer, b"\x01\x02")
    for identifier, meant in ((IssuerAndSerialNumber(certificate.issuer, certificate.serial_octets), True), (other, False)):
        listed = deviations("1.3", country=country, signer=identifier)
        assert bool(told(judged(csca, evidence(sod), listed))[2]) is (meant and country == "VN")


@pytest.mark.parametrize(
    ("csca_country", "signer_country", "lines", "country", "meant"),
    [
        ("VN", "VN", LINES[0], "VN", True),
        ("VN", "VN", LINES[0].replace("VNM", "FRA"), "VN", False),
        ("VN", "VN", LINES[0].replace("VNM", "XXX"), "VN", False),
        ("VN", "FR", LINES[0], "VN", False),
        ("VN", "FR", LINES[0], "FR", False),
        ("GB", "BM", LINES[0].replace("VNM", "BMU"), "GB", True),
        ("GB", "GB", LINES[0].replace("VNM", "GBR"), "BM", False),
        ("XXX", "XXX", LINES[0], "VN", False),
    ],
)
def test_a_state_speaks_of_its_own_documents(csca_country: str, signer_country: str, lines: str, country: str, meant: bool) -> None:
    """Its machine readable zone, its signer, and who certified him, are all of that state."""
    csca = TestCsca.create(csca_country, at=AT, key=KEY)
    groups = GROUPS | {1: Dg1(Mrz.parse(lines + "".join(LINES[1:]))).build()}
    signed = csca.issue_document_signer(at=AT, key=KEY, country=signer_country).sign_sod(groups)
    found = judged(csca, evidence(signed, dg1=groups[1]), deviations("1.3", country=country))
    assert bool(told(found)[2]) is meant


def test_a_signer_named_by_his_certificates_hash_is_meant_in_whatever_octets(csca: TestCsca, signer: DocumentSigner) -> None:
    """s may be n - s; whether the hash is that of another certificate is another matter."""
    same = DocumentSigner(variants(signer.certificate)["n-s"], signer.key)
    other = csca.issue_document_signer(at=AT, key=KEY)
    listed = deviations("1.3", signer=CertificateDigest(sha256(signer.certificate).digest()))
    found = [told(judged(csca, evidence(each.sign_sod(GROUPS)), listed))[2] for each in (signer, same, other)]
    assert found == [("listed-csca-malformed",), ("listed-csca-malformed",), ()]


@pytest.mark.parametrize(("others", "meant"), [({}, False), ({"numbers": NUMBERS}, True)])
def test_where_the_day_of_issue_is_not_known_it_is_not_enough(
    others: dict[str, object], meant: bool, csca: TestCsca, sod: bytes
) -> None:
    """DG12 says it, and this one is not as it was signed."""
    moved = evidence(sod, dg12=Dg12(issue_date="20251115").build())
    assert bool(told(judged(csca, moved, deviations("1.3", issued=BEFORE, **others)))[2]) is meant  # type: ignore[arg-type]


def test_a_document_that_cannot_be_read_is_not_meant_by_its_number(csca: TestCsca, sod: bytes) -> None:
    unread = evidence(sod)
    del unread.files[FileId.DG1]  # type: ignore[attr-defined]
    assert told(judged(csca, unread, deviations("1.3", numbers=NUMBERS), deviations("1.3", document_type="ID"))) == (S, "ok", ())


def test_numbers_that_cannot_be_read_leave_it_open(csca: TestCsca, sod: bytes) -> None:
    broken = DocumentNumbers(MRZ.document_number.encode())
    verdict = judged(csca, evidence(sod), deviations("1.3", numbers=broken))
    assert told(verdict) == (U, "defect-list-malformed", ())
    assert verdict.decision is Decision.INCONCLUSIVE


# What is told ----------------------------------------------------------------------------------------------------

ICAO = {
    "1": "listed-certificate-or-key", "1.1": "listed-dsc-signature", "1.2": "listed-dsc-malformed", "1.3": "listed-csca-malformed",
    "1.4": AA, "2": "listed-lds", "2.1": "listed-dg-malformed", "2.2": "listed-dg-hash", "2.3": "listed-sod-invalid",
    "2.4": "listed-com-sod", "3": "listed-mrz", "3.1": "listed-mrz-data", "3.2": "listed-mrz-check-digit",
    "4": "listed-chip-unusable", "5": "listed-national-use",
}  # fmt: skip
BSI = {
    "1.2": "listed-dsc-malformed", "1.3": CA, "1.4": AA, "2.1": "listed-dg-malformed", "2.2": "listed-sod-invalid",
    "2.3": "listed-com-sod", "3.1": "listed-eid-application", "3.99": "listed-eid-application", "4.1": "listed-card-security",
    "4.2": "listed-chip-security", "4.3": "listed-power-down", "4.4": "listed-dsc-malformed", "4.5": "listed-terminal-info",
}  # fmt: skip


@pytest.mark.parametrize(("deviation_type", "code"), ICAO.items())
def test_each_deviation_is_told(deviation_type: str, code: str, csca: TestCsca, signer: DocumentSigner, sod: bytes) -> None:
    verdict = judged(csca, evidence(sod), deviations(deviation_type, number=12, signer=by_key(signer)))
    assert told(verdict) == (S, "ok", (code,))
    assert code in REASONS
    assert verdict.accepted


@pytest.mark.parametrize(("defect_type", "code"), BSI.items())
def test_each_defect_is_told(defect_type: str, code: str, csca: TestCsca, signer: DocumentSigner, sod: bytes) -> None:
    verdict = judged(csca, evidence(sod), defects(signer, defect_type))
    assert told(verdict) == (S, "ok", (code,))
    assert code in REASONS
    assert verdict.accepted


@pytest.mark.parametrize("unknown", ["1.99", "9", "2.2.1"])
def test_an_unknown_defect_leaves_it_open(unknown: str, csca: TestCsca, signer: DocumentSigner, sod: bytes) -> None:
    for listed in (defects(signer, unknown, "1.3"), deviations(unknown, "1.3", signer=by_key(signer))):
        verdict = judged(csca, evidence(sod), listed)
        assert told(verdict)[:2] == (U, "listed-unknown-defect")
        assert len(told(verdict)[2]) == 1
        assert verdict.decision is Decision.INCONCLUSIVE


def test_no_list_tells_whose_the_document_is(csca: TestCsca, sod: bytes) -> None:
    verdict = judged(csca, evidence(sod), deviations("5", "9", numbers=NUMBERS))
    assert MRZ.document_number not in repr(verdict)
    assert "L898902C" not in repr(verdict)


# What it does ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "code", "outcome", "decision"),
    [
        (0, "listed-dsc-revoked", F, Decision.REJECTED),
        (1, "listed-dsc-on-hold", U, Decision.INCONCLUSIVE),
        (2, "listed-dsc-revoked", F, Decision.REJECTED),
        (3, "listed-dsc-revoked", F, Decision.REJECTED),
        (4, "listed-dsc-revoked", F, Decision.REJECTED),
        (5, "listed-dsc-status-unknown", U, Decision.INCONCLUSIVE),
        (32, "listed-dsc-status-unknown", U, Decision.INCONCLUSIVE),
        (None, "listed-dsc-status-unknown", U, Decision.INCONCLUSIVE),
    ],
)
def test_a_listed_signer_is_not_trusted(
    status: int | None, code: str, outcome: Outcome, decision: Decision, csca: TestCsca, signer: DocumentSigner, sod: bytes
) -> None:
    listed = defects(signer, "1.1", parameters=None if status is None else status_parameters(status))
    for policy in (POLICY, Policy.research()):
        verdict = judged(csca, evidence(sod), listed, policy=policy)
        assert told(verdict)[:2] == told(verdict, CheckName.TRUST_STATUS)[:2] == (outcome, code)
        assert verdict.check(CheckName.TRUST_STATUS).detail == verdict.check(CheckName.KNOWN_DEFECTS).detail == REASONS[code]
        assert verdict.decision is decision


def test_a_forger_stays_one_whatever_a_list_says_of_his_certificate(signer: DocumentSigner, sod: bytes) -> None:
    """A question that was answered is not opened again, and the answer stays its own."""
    stranger = TestCsca.create(at=AT, key=KEY)
    before = told(judged(stranger, evidence(sod)), CheckName.TRUST_STATUS)
    assert before[0] is F
    for status in (0, 1):
        verdict = judged(stranger, evidence(sod), defects(signer, "1.1", parameters=status_parameters(status)))
        assert told(verdict, CheckName.TRUST_STATUS) == before


@pytest.mark.parametrize(("status", "expected"), [(0, (F, "listed-dsc-revoked")), (1, (U, "no-trust-anchor"))])
def test_a_signer_of_whom_nothing_is_known_is_at_most_revoked(
    status: int, expected: tuple[Outcome, str], signer: DocumentSigner, sod: bytes
) -> None:
    elsewhere = TestCsca.create("FR", at=AT, key=KEY)
    verdict = judged(elsewhere, evidence(sod), defects(signer, "1.1", parameters=status_parameters(status)))
    assert told(verdict, CheckName.TRUST_STATUS)[:2] == expected


@pytest.mark.parametrize(
    ("status", "expected"), [(0, (F, "listed-dsc-revoked")), (1, (U, "listed-dsc-on-hold")), (None, (S, "ok"))]
)
def test_the_signer_of_card_security_is_looked_up_too(
    status: int | None, expected: tuple[Outcome, str], csca: TestCsca, sod: bytes
) -> None:
    """Who is not EF.SOD's, whom no list names."""
    own = csca.issue_document_signer(at=AT, key=KEY)
    infos = SecurityInfos.of([PaceInfo("0.4.0.127.0.7.2.2.4.6.2", 2, 13)])
    given = evidence(sod, card_security=own.sign_card_security(infos))
    lists = () if status is None else (defects(own, "1.1", parameters=status_parameters(status)),)
    verdict = judged(csca, given, *lists)
    assert told(verdict, CheckName.CARD_SECURITY)[:2] == expected
    assert told(verdict, CheckName.TRUST_STATUS)[:2] == (S, "ok")


@pytest.mark.parametrize("code", ["1.3", "1.2"])
def test_a_key_that_is_compromised_proves_nothing_in_card_security_either(code: str, csca: TestCsca) -> None:
    """Listed under the signer of EF.CardSecurity, who need not be EF.SOD's."""
    own = csca.issue_document_signer(at=AT, key=KEY)
    found = SignedSecurityInfos(Check(CheckName.CARD_SECURITY, S, "ok"), signer=own.parsed)
    looked_up = with_signer_looked_up(found, TrustStore([csca.parsed], defect_lists=[defects(own, code)]))
    listed = ListedDefects(Check(CheckName.KNOWN_DEFECTS, S, "ok"))
    version_1, version_2 = (
        Evidence(AT, {}, chip_authentication=ChipAuthenticationTranscript("1.2", 1, b"", b"", b"", b"", 0x9000, version=number))
        for number in (1, 2)
    )
    mapping = {CheckName.CHIP_AUTHENTICATION_MAPPING} if code == "1.3" else set()
    both = mapping | {CheckName.CHIP_AUTHENTICATION} if mapping else mapping
    for given, expected in ((version_1, mapping), (version_2, both)):
        assert set(compromised_keys(listed, looked_up, given)) == expected


def broken_signature(sod: bytes) -> bytes:
    signed = SignedData.parse(_content(sod))
    return sod.replace(signed.signers[0].signature, bytes([*signed.signers[0].signature[:-1], 0]))


def _content(sod: bytes) -> bytes:
    return asn1.parse(sod, 0x77).only_child(asn1.SEQUENCE).raw


ZONE = GROUPS[1].replace(b"9901018M", b"9901017M")
COM = EfCom.of_data_groups((1, 2)).build()


@pytest.mark.parametrize(
    ("changed", "listed", "name", "expected"),
    [
        ({"dg12": b"\x6c\x00"}, {"types": ("2.2",), "number": 12}, CheckName.DATA_GROUP_INTEGRITY, (U, "listed-dg-hash")),
        ({"dg12": b"\x6c\x00"}, {"types": ("2.2",), "number": 11}, CheckName.DATA_GROUP_INTEGRITY, (F, "dg-hash-mismatch")),
        ({"dg12": b"\x6c\x00"}, {"types": ("2.1",), "number": 12}, CheckName.DATA_GROUP_INTEGRITY, (F, "dg-hash-mismatch")),
        (
            {"dg12": b"\x6c\x00", "dg11": b"\x6b\x01\x00"},
            {"types": ("2.2",), "number": 12},
            CheckName.DATA_GROUP_INTEGRITY,
            (F, "dg-hash-mismatch"),
        ),
        ({"dg2": b"\x75\x00"}, {"types": ("2.2",), "number": 2}, CheckName.DATA_GROUP_INTEGRITY, (F, "dg-hash-mismatch")),
        ({"dg14": b"\x6e\x00"}, {"types": ("2.2",), "number": 14}, CheckName.DATA_GROUP_INTEGRITY, (F, "dg-hash-mismatch")),
        ({"dg1": ZONE}, {"types": ("2.2",), "number": 1}, CheckName.DATA_GROUP_INTEGRITY, (F, "dg-hash-mismatch")),
        ({"dg13": b"\x6d\x00"}, {"types": ("2.2",), "number": 13}, CheckName.DATA_GROUP_INTEGRITY, (F, "dg-not-in-sod")),
        ({"dg1": ZONE}, {"types": ("3.2",)}, CheckName.MRZ, (U, "listed-mrz-check-digit")),
        ({"dg1": ZONE}, {"types": ("3.1",)}, CheckName.MRZ, (F, "mrz-check-digit")),
        ({"dg1": b"\x61\x00"}, {"types": ("3.2",)}, CheckName.MRZ, (F, "dg1-malformed")),
        ({"com": COM}, {"types": ("2.4",)}, CheckName.SOD_AGAINST_COM, (U, "listed-com-sod")),
        ({"com": b"\x60\x01\x00"}, {"types": ("2.4",)}, CheckName.SOD_AGAINST_COM, (F, "com-malformed")),
    ],
)
def test_a_failure_that_is_listed_says_nothing_any_more(
    changed: dict[str, bytes],
    listed: dict[str, object],
    name: CheckName,
    expected: tuple[Outcome, str],
    csca: TestCsca,
    signer: DocumentSigner,
    sod: bytes,
) -> None:
    types: Sequence[str] = listed["types"]  # type: ignore[assignment]
    lists = deviations(*types, number=listed.get("number"), signer=by_key(signer))  # type: ignore[arg-type]
    verdict = judged(csca, evidence(sod, **changed), lists)
    assert told(verdict, name)[:2] == expected


def test_a_group_that_the_signer_never_listed_is_not_explained(csca: TestCsca, signer: DocumentSigner, sod: bytes) -> None:
    lists = [deviations("2.2", number=number, signer=by_key(signer)) for number in (12, 13)]
    verdict = judged(csca, evidence(sod, dg12=b"\x6c\x00", dg13=b"\x6d\x00"), *lists)
    assert told(verdict, CheckName.DATA_GROUP_INTEGRITY)[:2] == (F, "dg-hash-mismatch")


def test_one_group_s_wrong_hash_does_not_explain_what_is_wrong_with_another(
    csca: TestCsca, signer: DocumentSigner, sod: bytes
) -> None:
    lists = [deviations(kind, number=number, signer=by_key(signer)) for kind, number in (("2.2", 11), ("2.1", 12))]
    verdict = judged(csca, evidence(sod, dg12=b"\x6c\x00"), *lists)
    assert told(verdict, CheckName.DATA_GROUP_INTEGRITY)[:2] == (F, "dg-hash-mismatch")


def test_who_lets_them_pass_says_so_by_name(csca: TestCsca, sod: bytes) -> None:
    given, listed = evidence(sod, dg12=b"\x6c\x00"), deviations("2.2", number=12, numbers=NUMBERS)
    assert judged(csca, given, listed).decision is Decision.INCONCLUSIVE
    assert judged(csca, given, listed, policy=POLICY.tolerating("listed-dg-hash")).decision is Decision.ACCEPTED
    assert judged(csca, given, policy=POLICY.tolerating("listed-dg-hash")).decision is Decision.REJECTED


def test_a_wrong_signature_that_is_listed_is_still_none(csca: TestCsca, signer: DocumentSigner, sod: bytes) -> None:
    given = evidence(broken_signature(sod))
    assert told(judged(csca, given), CheckName.SOD_SIGNATURE)[:2] == (F, "signature-invalid")
    for listed in (deviations("2.3", signer=by_key(signer)), defects(signer, "2.2")):
        verdict = judged(csca, given, listed)
        assert told(verdict, CheckName.SOD_SIGNATURE)[:2] == (U, "listed-sod-invalid")
        assert not verdict.accepted


def test_nothing_that_passed_is_changed_by_what_explains_failures(csca: TestCsca, signer: DocumentSigner, sod: bytes) -> None:
    before = judged(csca, evidence(sod)).checks
    after = judged(csca, evidence(sod), deviations("2.2", "2.3", "2.4", "3.2", number=12, signer=by_key(signer))).checks
    assert [each for each in after if each.name is not CheckName.KNOWN_DEFECTS] == [
        each for each in before if each.name is not CheckName.KNOWN_DEFECTS
    ]


# Compromised keys ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def proven(chipid_card_image: CardImage, chipid_keys: AccessKeys) -> Evidence:
    """With Active and Chip Authentication."""
    return chipid.read(chipid_keys, channel=EmulatedCard(chipid_card_image))


@pytest.mark.parametrize(
    ("codes", "without", "expected"),
    [
        (("1.4",), (), (S, "ok")),
        (("1.3",), (), (S, "ok")),
        (("1.3", "1.4"), (), (F, AA)),
        (("1.4",), ("chip_authentication",), (F, AA)),
        (("1.3",), ("active_authentication",), (F, CA)),
        (("1.3",), ("chip_authentication",), (S, "ok")),
    ],
)
def test_a_proof_by_a_compromised_key_proves_nothing(
    codes: tuple[str, ...],
    without: tuple[str, ...],
    expected: tuple[Outcome, str],
    proven: Evidence,
    chipid_trust: TrustStore,
) -> None:
    certificate = SignedData.parse(_content(proven.files[FileId.SOD])).certificates[0]
    signer = IssuerAndSerialNumber(certificate.issuer, certificate.serial_octets)
    known = tuple(KnownDefect(f"{DEFECT_LIST}.{each}") for each in codes)
    store = TrustStore(chipid_trust.certificates, defect_lists=[DefectList((Defect(signer, known),))])
    given = replace(proven, **dict.fromkeys(without))  # type: ignore[arg-type]
    verdict = chipid.verify(given, trust=store)
    assert told(verdict, CheckName.CHIP_AUTHENTICITY)[:2] == expected
    assert verdict.decision is (Decision.REJECTED if expected[0] is F else verdict.decision)
    assert told(verdict)[0] is S


def test_a_signer_who_is_listed_as_revoked_vouches_for_no_key(proven: Evidence, chipid_issuer: Issuer) -> None:
    """As where a revocation list names him; one on hold does."""
    csca, certificate = chipid_issuer.csca, SignedData.parse(_content(proven.files[FileId.SOD])).certificates[0]
    signer = IssuerAndSerialNumber(certificate.issuer, certificate.serial_octets)
    crl = CertificateRevocationList.parse(csca.issue_revocation_list([certificate.serial], at=proven.read_at))
    known = [KnownDefect(f"{DEFECT_LIST}.1.1", status_parameters(status)) for status in (0, 1)]
    listed, on_hold = (TrustStore([csca.parsed], defect_lists=[DefectList((Defect(signer, (each,)),))]) for each in known)
    for trust, expected in (
        (TrustStore([csca.parsed], [crl]), (F, "key-not-signed")),
        (listed, (F, "key-not-signed")),
        (on_hold, (S, "ok")),
    ):
        verdict = chipid.verify(proven, trust=trust)
        assert told(verdict, CheckName.CHIP_AUTHENTICITY)[:2] == expected
        assert ("not trusted" in verdict.check(CheckName.CHIP_AUTHENTICITY).detail) is (expected[0] is F)
