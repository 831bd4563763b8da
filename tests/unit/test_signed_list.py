# SPDX-License-Identifier: Apache-2.0
"""Signed lists: who signed, whether he may, and who vouches for him."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipid.crypto import asn1
from chipid.errors import MalformedData
from chipid.issuing import certificates as build
from chipid.issuing.certificates import Period
from chipid.issuing.pki import DocumentSigner, KeyOptions, SignerProfile, TestCsca
from chipid.issuing.signed_data import SignatureOptions
from chipid.pki import signed_list
from chipid.pki.certificate import Certificate
from chipid.pki.cms import SignedData
from chipid.pki.crl import CertificateRevocationList
from chipid.pki.defect_list import DEFECT_LIST
from chipid.pki.deviation_list import DEVIATION_LIST, DEVIATION_LIST_SIGNING_KEY
from chipid.pki.extensions import KeyUsage
from chipid.pki.master_list import CSCA_MASTER_LIST
from chipid.pki.signatures import SignatureFinding
from chipid.pki.signed_list import MASTER_LIST_SIGNING_KEY, SignedListFinding, verify_signed_list
from chipid.pki.trust_store import TrustStore

AT = datetime(2026, 6, 1, tzinfo=UTC)
LATER = AT + timedelta(days=30)
KEY = KeyOptions("secp256r1")
CONTENT = b"the list"
BSI_PURPOSE = "0.4.0.127.0.7.3.1.6.99"
PLAIN = SignatureOptions(by_key_identifier=True, signing_time=AT)


@cache
def csca(name: str = "Test CSCA") -> TestCsca:
    return TestCsca.create(at=AT, key=KEY, common_name=name)


def list_signer(*purposes: str, issuer: TestCsca | None = None, **profile: object) -> DocumentSigner:
    usage = (build.extended_key_usage(purposes),) if purposes else ()
    chosen = {"document_types": None, "extra_extensions": usage, **profile}
    return (issuer or csca()).issue_document_signer(at=AT, key=KEY, profile=SignerProfile(**chosen))  # type: ignore[arg-type]


@cache
def master_list_signer() -> DocumentSigner:
    return list_signer(MASTER_LIST_SIGNING_KEY)


def signed_by(signer: DocumentSigner, kind: str = CSCA_MASTER_LIST, options: SignatureOptions = PLAIN) -> SignedData:
    beside = replace(options, other_certificates=(csca().certificate,))
    return SignedData.parse(signer.sign(kind, CONTENT, beside))


@cache
def revocation_list(issuer: TestCsca, *revoked: int) -> CertificateRevocationList:
    return CertificateRevocationList.parse(issuer.issue_revocation_list(revoked, at=AT))


def judge(signed: SignedData, *trusted: TestCsca, at: datetime = LATER, **options: object) -> SignedListFinding:
    store = TrustStore([each.parsed for each in trusted], map(revocation_list, trusted))
    return verify_signed_list(signed, store, at, **options)  # type: ignore[arg-type]


NO_ANCHOR = "None list-signer-no-trust-anchor"


def answers(finding: SignedListFinding) -> dict[str, str]:
    """The answers that are no plain yes; without an anchor nothing can be said of revocation either."""
    found = {name: f"{answer.ok} {answer.reason}" for name, answer in finding.answers.items() if answer.reason != "ok"}
    if found.get("revocation") in (NO_ANCHOR, found.get("trust")):
        found.pop("revocation", None)
    return found


def test_a_list_of_a_trusted_csca_is_good_in_every_way() -> None:
    finding = judge(signed_by(master_list_signer()), csca())
    assert answers(finding) == {}
    assert all(answer.ok for answer in finding.answers.values())
    assert finding.path == (master_list_signer().parsed, csca().parsed)
    assert finding.signer == master_list_signer().parsed
    assert finding.signer.extended_key_usage == (MASTER_LIST_SIGNING_KEY,)
    assert finding.signed_at == AT
    assert finding.deviations == ()


def test_its_own_csca_and_one_that_is_trusted_are_two_answers() -> None:
    signed = signed_by(master_list_signer())
    nobody = {"trust": NO_ANCHOR}
    assert answers(judge(signed)) == nobody
    assert answers(verify_signed_list(signed, None, LATER)) == nobody
    assert judge(signed).path == (master_list_signer().parsed, csca().parsed)
    alone = SignedData.parse(master_list_signer().sign(CSCA_MASTER_LIST, CONTENT, PLAIN))
    assert answers(judge(alone)) == {
        "own_authority": "None list-signer-authority-missing",
        "trust": NO_ANCHOR,
        "validity": NO_ANCHOR,
    }
    # in the list itself; in the operator's store
    for finding in (judge(alone, known=[csca().parsed]), judge(alone, csca())):
        assert finding.own_authority.ok
        assert "list-signer-authority-not-included" in finding.deviations


def test_a_forger_with_a_csca_of_the_same_name_is_not_trusted() -> None:
    forger = TestCsca.create(at=AT, key=KEY)
    signer = list_signer(MASTER_LIST_SIGNING_KEY, issuer=forger)
    signed = SignedData.parse(signer.sign(CSCA_MASTER_LIST, CONTENT, replace(PLAIN, other_certificates=(forger.certificate,))))
    finding = judge(signed, csca())
    assert (finding.own_authority.ok, finding.trust.ok) == (True, False)


def test_the_operator_may_pin_the_signer_or_its_csca() -> None:
    signed, signer = signed_by(master_list_signer()), master_list_signer().parsed
    no_crl = {"revocation": "None list-signer-no-crl"}  # asked as of any path to a trusted CSCA
    assert answers(judge(signed, pinned={csca().parsed.fingerprint})) == no_crl
    assert answers(judge(signed, pinned={signer.fingerprint})) == {}
    assert judge(signed, pinned={csca("Another").parsed.fingerprint}).trust.ok is None
    alone = SignedData.parse(master_list_signer().sign(CSCA_MASTER_LIST, CONTENT, PLAIN))
    finding = judge(alone, pinned={signer.fingerprint})
    assert (finding.trust.ok, finding.validity.ok, finding.path) == (True, True, (signer,))
    # a certificate beside the list that did not sign it is worth nothing, pinned or not
    assert judge(alone, known=[csca("Another").parsed], pinned={csca("Another").parsed.fingerprint}).trust.ok is None


@pytest.mark.parametrize("in_store", [True, False])
@pytest.mark.parametrize("pinned", ["csca", "signer"])
def test_a_pin_hides_neither_dates_nor_a_revocation(pinned: str, in_store: bool) -> None:
    """A CSCA that is pinned is an anchor as those in the store are."""
    signer = master_list_signer().parsed
    pins = {(csca().parsed if pinned == "csca" else signer).fingerprint}
    crls = [revocation_list(csca(), signer.serial)]
    store = TrustStore([csca().parsed] if in_store else [], crls)
    late = verify_signed_list(signed_by(master_list_signer()), store, AT + timedelta(days=9999), pinned=pins)
    assert (late.trust.ok, late.validity.reason) == (True, "list-signer-expired")
    revoked = in_store or pinned == "csca"  # otherwise there is no key by which to verify the revocation list
    assert late.revocation.reason == ("list-signer-revoked" if revoked else "list-signer-no-trust-anchor")


def test_a_pinned_csca_breaks_the_rules_as_one_in_the_store_does() -> None:
    signed = signed_by(list_signer(MASTER_LIST_SIGNING_KEY, issuer=csca()))
    foreign = csca().issue_document_signer(at=AT, key=KEY, country="FR", profile=SignerProfile.for_lists(MASTER_LIST_SIGNING_KEY))
    for each, reason in ((signed, "ok"), (signed_by(foreign), "list-signer-country-mismatch")):
        assert judge(each, pinned={csca().parsed.fingerprint}).trust.reason == reason


def test_a_pinned_signer_needs_no_path_and_the_purpose_of_his_lists() -> None:
    """Also one whose CSCA is known by another key; of a defect list he needs no purpose, and must be no document signer."""
    signed, renamed = signed_by(master_list_signer()), TestCsca.create(at=AT, key=KEY)
    assert answers(judge(signed, renamed, pinned={master_list_signer().parsed.fingerprint})) == {
        "revocation": "None list-signer-csca-key-unknown"
    }
    for kind, profile, purpose in (
        (DEFECT_LIST, {}, None),
        (CSCA_MASTER_LIST, {}, MISSING),
        (DEFECT_LIST, {"extra_extensions": (build.extended_key_usage((MASTER_LIST_SIGNING_KEY,)),)}, OTHER),
        (DEFECT_LIST, {"document_types": ("P",)}, DOCUMENTS),
        (DEFECT_LIST, {"extra_extensions": MALFORMED}, f"{OTHER}-malformed"),
    ):
        signer = list_signer(**profile)  # type: ignore[arg-type]
        assert answers(judge(signed_by(signer, kind), pinned={signer.parsed.fingerprint})).get("purpose") == purpose
        by_csca = judge(signed_by(signer, kind), pinned={csca().parsed.fingerprint})
        assert answers(by_csca)["purpose"] == (purpose or MISSING)


def test_a_signer_that_its_csca_revoked_is_told() -> None:
    signed, signer = signed_by(master_list_signer()), master_list_signer().parsed
    expected = {
        (): "None list-signer-no-crl",
        (revocation_list(csca(), signer.serial),): "False list-signer-revoked",
        (revocation_list(csca(), signer.serial + 1),): None,
    }
    for crls, revocation in expected.items():
        finding = verify_signed_list(signed, TrustStore([csca().parsed], crls), LATER)
        assert answers(finding).get("revocation") == revocation
        assert finding.trust.ok


# Link certificates that come with the list -----------------------------------------------------------------------------


@cache
def successor(name: str = "Test CSCA") -> TestCsca:
    return TestCsca.create(at=AT, key=KEY, common_name=name)


def test_a_link_that_comes_with_the_list_leads_to_a_trusted_csca() -> None:
    """The CSCA has a new key, and its signer is under that: the link that the old key signed is in the list."""
    signer = list_signer(MASTER_LIST_SIGNING_KEY, issuer=successor())
    signed = SignedData.parse(signer.sign(CSCA_MASTER_LIST, CONTENT, PLAIN))
    link = Certificate.parse(csca().issue_link(successor()))
    assert answers(judge(signed, csca(), known=[successor().parsed]))["trust"] == "False list-signer-csca-key-unknown"
    finding = judge(signed, csca(), known=[successor().parsed, link])
    assert (finding.trust.reason, finding.path) == ("ok", (signer.parsed, link, csca().parsed))
    # Revocation is that of any path: the list of the new key counts, and what it revokes is revoked.
    store = TrustStore([csca().parsed], [revocation_list(successor(), signer.parsed.serial)])
    revoked = verify_signed_list(signed, store, LATER, known=[link])
    assert (revoked.trust.reason, revoked.revocation.reason) == ("ok", "list-signer-revoked")


def links_that_lead_nowhere() -> dict[str, list[bytes]]:
    stranger, renamed = csca("Another"), TestCsca.create(at=AT, key=KEY, common_name="Test CSCA")
    good = csca().issue_link(successor())
    return {
        "none": [],
        "the new CSCA itself": [successor().certificate],
        "of a CSCA that nobody trusts": [stranger.issue_link(successor()), stranger.certificate],
        "of one with the trusted one's name": [renamed.issue_link(successor()), renamed.certificate],
        "to another key": [csca().issue_link(renamed)],
        "spoilt": [good[:-1] + bytes((good[-1] ^ 1,))],
    }


@pytest.mark.parametrize("case", links_that_lead_nowhere())
def test_a_link_that_no_trusted_csca_signed_leads_nowhere(case: str) -> None:
    signer = list_signer(MASTER_LIST_SIGNING_KEY, issuer=successor())
    signed = SignedData.parse(signer.sign(CSCA_MASTER_LIST, CONTENT, PLAIN))
    beside = [successor().parsed, *map(Certificate.parse, links_that_lead_nowhere()[case])]
    finding = judge(signed, csca(), known=beside)
    assert (finding.signature.ok, finding.trust.ok) == (True, False)
    # Without any anchor a list that brings everything still makes none.
    everything = [csca().parsed, successor().parsed, Certificate.parse(csca().issue_link(successor()))]
    assert judge(signed, csca("Another"), known=everything).trust.ok is not True


def test_a_link_obeys_the_rules_and_the_calendar_of_any_path() -> None:
    signer = list_signer(MASTER_LIST_SIGNING_KEY, issuer=successor())
    signed = SignedData.parse(signer.sign(CSCA_MASTER_LIST, CONTENT, PLAIN))
    link = Certificate.parse(csca().issue_link(successor()))
    no_authority = replace(link, basic_constraints=None, key_usage=frozenset({KeyUsage.CRL_SIGN}))
    assert judge(signed, csca(), known=[no_authority]).trust.ok is False
    early = TestCsca.create(at=AT, key=KEY, common_name="Test CSCA", validity=Period(AT, AT + timedelta(days=9)))
    late = Certificate.parse(early.issue_link(successor()))
    store = TrustStore([early.parsed])
    assert verify_signed_list(signed, store, LATER, known=[late]).validity.reason == "list-signer-csca-expired"


def test_few_links_that_come_with_a_list_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signed_list, "_CANDIDATE_LIMIT", 2)
    signer = list_signer(MASTER_LIST_SIGNING_KEY, issuer=successor())
    signed = SignedData.parse(signer.sign(CSCA_MASTER_LIST, CONTENT, PLAIN))
    link = Certificate.parse(csca().issue_link(successor()))
    decoys = [Certificate.parse(csca("Another").issue_link(successor())) for _ in range(2)]
    assert judge(signed, csca(), known=[link, *decoys]).trust.ok
    assert judge(signed, csca(), known=[*decoys, link]).trust.ok is False


# What the signer's certificate is for ----------------------------------------------------------------------------------

MISSING, OTHER = "False list-signer-extended-key-usage-missing", "False list-signer-extended-key-usage"
DOCUMENTS = "False list-signer-is-document-signer"
MALFORMED = (build.extension("2.5.29.37", b"\x04\x00"),)


@pytest.mark.parametrize(
    ("kind", "signer", "purpose"),
    [
        (CSCA_MASTER_LIST, lambda: list_signer(MASTER_LIST_SIGNING_KEY, "1.2.3"), None),
        (CSCA_MASTER_LIST, lambda: list_signer(DEVIATION_LIST_SIGNING_KEY), OTHER),
        (CSCA_MASTER_LIST, list_signer, MISSING),
        (CSCA_MASTER_LIST, lambda: list_signer(extra_extensions=MALFORMED), f"{OTHER}-malformed"),
        (DEVIATION_LIST, lambda: list_signer(DEVIATION_LIST_SIGNING_KEY), None),
        (DEVIATION_LIST, lambda: list_signer(MASTER_LIST_SIGNING_KEY), OTHER),
        (DEVIATION_LIST, list_signer, MISSING),
        (DEFECT_LIST, lambda: list_signer(BSI_PURPOSE), None),
        (DEFECT_LIST, list_signer, MISSING),
        (DEFECT_LIST, lambda: list_signer(MASTER_LIST_SIGNING_KEY), OTHER),
        (DEFECT_LIST, lambda: list_signer(BSI_PURPOSE, MASTER_LIST_SIGNING_KEY), OTHER),
        (DEFECT_LIST, lambda: list_signer(extra_extensions=MALFORMED), f"{OTHER}-malformed"),
        (DEFECT_LIST, lambda: list_signer(document_types=("P",)), DOCUMENTS),
        (CSCA_MASTER_LIST, lambda: list_signer(MASTER_LIST_SIGNING_KEY, document_types=("P",)), DOCUMENTS),
        ("2.23.136.1.1.1", lambda: list_signer(MASTER_LIST_SIGNING_KEY), "False list-type-unknown"),
    ],
)
def test_the_signers_purpose_is_the_lists(kind: str, signer: Callable[[], DocumentSigner], purpose: str | None) -> None:
    assert answers(judge(signed_by(signer(), kind), csca())).get("purpose") == purpose


def test_the_path_obeys_the_rules_of_any() -> None:
    signed = signed_by(list_signer(MASTER_LIST_SIGNING_KEY, key_usage=(KeyUsage.KEY_CERT_SIGN,)))
    assert answers(judge(signed, csca())) == {
        "own_authority": "False list-signer-key-usage",
        "trust": "False list-signer-key-usage",
    }


# Time ------------------------------------------------------------------------------------------------------------------


def test_dates_count_now_and_when_the_list_was_signed() -> None:
    short = list_signer(MASTER_LIST_SIGNING_KEY, validity=Period(AT, AT + timedelta(days=10)))
    assert answers(judge(signed_by(short), csca(), at=AT)) == {}
    assert answers(judge(signed_by(short), csca())) == {"validity": "False list-signer-expired"}
    late = signed_by(short, options=replace(PLAIN, signing_time=AT + timedelta(days=11)))
    finding = judge(late, csca(), at=AT)
    assert answers(finding) == {"signing_time": "False list-signed-outside-validity"}
    assert "list-signing-time-in-future" in finding.deviations
    assert answers(judge(signed_by(short), csca(), at=AT - timedelta(days=1)))["validity"] == "False list-signer-not-yet-valid"


def test_a_list_without_a_signing_time_leaves_that_open() -> None:
    finding = judge(signed_by(master_list_signer(), options=replace(PLAIN, signing_time=None)), csca())
    assert answers(finding) == {"signing_time": "None list-signing-time-missing"}


def test_a_key_that_signs_after_its_time_is_told() -> None:
    after = AT + timedelta(days=92)
    finding = judge(signed_by(master_list_signer(), options=replace(PLAIN, signing_time=after)), csca(), at=after)
    assert answers(finding) == {"revocation": "None list-signer-crl-stale"}
    assert finding.deviations == ("list-signer-usage-period",)


# Signatures ------------------------------------------------------------------------------------------------------------


def test_altered_and_unsigned_lists_are_told_apart() -> None:
    raw = master_list_signer().sign(CSCA_MASTER_LIST, CONTENT, PLAIN)
    altered = judge(SignedData.parse(raw.replace(CONTENT, b"the lust")), csca())
    assert answers(altered) == {"signature": "False list-message-digest-mismatch"}
    signed = SignedData.parse(raw)
    assert answers(judge(replace(signed, signers=()), csca()))["signature"] == "False list-unsigned"
    unknown = judge(replace(signed, certificate_octets=()), csca())
    assert answers(unknown)["signature"] == "None list-signer-certificate-missing"
    assert {answer.reason for name, answer in unknown.answers.items() if name != "signature"} == {"list-signer-unknown"}
    assert answers(judge(replace(signed, certificate_octets=()), csca(), known=[master_list_signer().parsed])) == {}


def test_of_several_signers_the_best_counts() -> None:
    other = list_signer(MASTER_LIST_SIGNING_KEY, issuer=csca("Another"))
    good, bad = (signed_by(signer).signers[0] for signer in (master_list_signer(), other))
    both = signed_by(master_list_signer())
    octets = (*both.certificate_octets, other.certificate)
    for signers in ((good, bad), (bad, good)):
        finding = judge(replace(both, signers=signers, certificate_octets=octets), csca())
        assert answers(finding) == {}
        assert finding.signer == master_list_signer().parsed
        assert finding.deviations == ("list-several-signers",)


def rebuilt(
    signed: bytes,
    *,
    version: bytes | None = None,
    certificates: Callable[[bytes], bytes] = lambda raw: raw,
    crls: bytes = b"",
    unsigned: bytes = b"",
) -> SignedData:
    """*signed* with other things that no signature covers."""
    info = asn1.parse(signed, asn1.SEQUENCE).children()
    oid = info.read().raw
    was, algorithms, content, beside, signers = (each.raw for each in info.read().only_child(asn1.SEQUENCE).children())
    signer = asn1.parse(signers, asn1.SET).only_child(asn1.SEQUENCE).value
    infos = asn1.set_of(asn1.sequence(signer, unsigned))
    beside = certificates(beside)
    fields = asn1.sequence(version or was, algorithms, content, beside, crls, infos)
    return SignedData.parse(asn1.sequence(oid, asn1.encode(0xA0, fields)))


def test_departures_of_the_object_are_named() -> None:
    raw = master_list_signer().sign(CSCA_MASTER_LIST, CONTENT, replace(PLAIN, other_certificates=(csca().certificate,)))
    by_serial = signed_by(master_list_signer(), options=replace(PLAIN, by_key_identifier=False))
    attribute = asn1.sequence(asn1.oid("1.2.3"), asn1.set_of(asn1.null()))
    expected = {
        "list-signer-by-issuer-and-serial": by_serial,
        "signed-data-version": rebuilt(raw, version=asn1.integer(1)),
        "list-not-der": rebuilt(raw, version=b"\x02\x81\x01\x03"),
        "list-revocation-lists-included": rebuilt(raw, crls=asn1.encode(0xA1, asn1.sequence())),
        "list-unsigned-attributes": rebuilt(raw, unsigned=asn1.encode(0xA1, attribute)),
    }
    for code, signed in expected.items():
        finding = judge(signed, csca())
        assert (answers(finding), finding.deviations) == ({}, (code,))


def test_certificates_beside_a_list_are_der_or_not_on_their_own() -> None:
    raw = master_list_signer().sign(CSCA_MASTER_LIST, CONTENT, replace(PLAIN, other_certificates=(csca().certificate,)))
    ber = b"\x30\x80" + asn1.null() + b"\0\0"
    with_another = rebuilt(raw, certificates=lambda beside: asn1.encode(0xA0, asn1.parse(beside, 0xA0).value, ber))
    assert (with_another.is_der, with_another.certificate_octets[-1]) == (True, ber)
    assert not rebuilt(raw, certificates=lambda beside: b"\xa0\x80" + asn1.parse(beside, 0xA0).value + b"\0\0").is_der


# Hostile lists ---------------------------------------------------------------------------------------------------------


def test_few_authorities_that_come_with_a_list_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: set[Certificate] = set()
    verified_by = Certificate.verified_by

    def counted(self: Certificate, issuer: Certificate) -> SignatureFinding:
        tried.add(self)
        return verified_by(self, issuer)

    monkeypatch.setattr(Certificate, "verified_by", counted)
    monkeypatch.setattr(signed_list, "_CANDIDATE_LIMIT", 2)
    impostors = [TestCsca.create(at=AT, key=KEY).parsed for _ in range(3)]
    signed = SignedData.parse(master_list_signer().sign(CSCA_MASTER_LIST, CONTENT, PLAIN))
    assert judge(signed, known=[*impostors, csca().parsed]).own_authority.ok is not True
    assert len(tried - {master_list_signer().parsed}) == 2


@given(st.data())
def test_an_altered_list_is_refused_or_says_the_same(data: st.DataObject) -> None:
    raw = bytearray(MASTER_LIST)
    for _ in range(data.draw(st.integers(1, 3))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    try:
        signed = SignedData.parse(bytes(raw))
    except MalformedData:
        return
    finding = judge(signed, csca(), pinned={csca().parsed.fingerprint})
    repr(finding)
    if finding.signature.ok and finding.trust.ok:
        assert (signed.content, finding.path[0].tbs) == (CONTENT, master_list_signer().parsed.tbs)


MASTER_LIST = master_list_signer().sign(CSCA_MASTER_LIST, CONTENT, replace(PLAIN, other_certificates=(csca().certificate,)))
