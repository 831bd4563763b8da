# SPDX-License-Identifier: Apache-2.0
"""From a document signer to a trusted CSCA: who vouches for whom, and who does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise

import pytest

from chipid.crypto import asn1
from chipid.crypto.random import system_random
from chipid.issuing import certificates as build
from chipid.issuing.certificates import Period, Subject
from chipid.issuing.pki import DocumentSigner, KeyOptions, SignerProfile, TestCsca
from chipid.issuing.signing_keys import SigningKey
from chipid.pki.certificate import Certificate
from chipid.pki.chain import ChainFinding, validate_chain
from chipid.pki.extensions import KeyUsage
from chipid.pki.trust_store import TrustStore

AT = datetime(2026, 6, 1, tzinfo=UTC)
LATER = AT + timedelta(days=1000)
KEY = KeyOptions("secp256r1")
new_csca = partial(TestCsca.create, at=AT, key=KEY)


@pytest.fixture(scope="module")
def csca() -> TestCsca:
    return new_csca()


def signer_of(csca: TestCsca, *, at: datetime = AT, country: str | None = None, **profile: object) -> Certificate:
    made = csca.issue_document_signer(at=at, key=KEY, country=country, profile=SignerProfile(**profile))  # type: ignore[arg-type]
    return made.parsed


def judge(signer: Certificate, *trusted: TestCsca | Certificate, at: datetime = LATER) -> ChainFinding:
    return validate_chain(signer, TrustStore(each.parsed if isinstance(each, TestCsca) else each for each in trusted), at)


def reasons(finding: ChainFinding) -> tuple[str, str, str]:
    return finding.signature.reason, finding.trust.reason, finding.validity.reason


def oks(finding: ChainFinding) -> tuple[bool | None, bool | None, bool | None]:
    return finding.signature.ok, finding.trust.ok, finding.validity.ok


ALL_GOOD, ALL_OPEN = (True, True, True), (None, None, None)


def test_a_signer_of_a_trusted_csca_is_trusted(csca: TestCsca) -> None:
    signer = signer_of(csca)
    finding = judge(signer, csca)
    assert oks(finding) == ALL_GOOD
    assert (finding.path, finding.anchor, finding.deviations) == ((signer, csca.parsed), csca.parsed, ())


# Trust ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("store", [None, TrustStore()], ids=["none", "empty"])
def test_without_an_anchor_the_question_stays_open(csca: TestCsca, store: TrustStore | None) -> None:
    finding = validate_chain(signer_of(csca), store, AT)
    assert oks(finding) == ALL_OPEN
    assert set(reasons(finding)) == {"no-trust-anchor"}
    assert finding.anchor is None


def test_a_self_made_csca_of_the_same_name_is_refused(csca: TestCsca) -> None:
    forger = new_csca()
    assert forger.subject == csca.subject
    finding = judge(signer_of(forger), csca)
    assert (finding.signature.ok, finding.trust.ok) == (False, False)
    assert reasons(finding)[:2] == ("csca-key-unknown", "csca-key-unknown")
    assert finding.anchor is None


def test_a_forger_who_copies_the_key_identifier_is_refused(csca: TestCsca) -> None:
    """Another name, and the trusted key's identifier for its own."""
    forger = new_csca(common_name="Another CSCA")
    key = SigningKey.generate("secp256r1", system_random)
    extensions = build.common_extensions(forger.subject, forger.subject, key.public, csca.key.public, Period(AT, LATER))
    forged = build.build_certificate(
        issuer=forger.subject,
        issuer_key=forger.key,
        subject=forger.subject,
        subject_key=key.public,
        serial=1,
        validity=Period(AT, LATER),
        extensions=extensions,
    )
    assert judge(Certificate.parse(forged), csca).trust.reason == "untrusted-signer"


def test_nothing_is_said_of_an_authority_that_nobody_knows(csca: TestCsca) -> None:
    for stranger in (new_csca("DE"), new_csca(common_name="Another CSCA")):
        finding = judge(signer_of(stranger), csca)
        assert oks(finding) == ALL_OPEN
        assert finding.trust.reason == "no-trust-anchor"


def test_one_altered_bit_of_the_signer_breaks_the_chain(csca: TestCsca) -> None:
    raw = bytearray(signer_of(csca).raw)
    place = raw.rindex(b"Test Document Signer")
    raw[place] ^= 0x20
    assert judge(Certificate.parse(bytes(raw)), csca).trust.reason == "untrusted-signer"


def test_every_csca_of_one_name_is_tried(csca: TestCsca) -> None:
    namesakes = [new_csca() for _ in range(3)]
    for place in range(4):
        trusted = [*namesakes[:place], csca, *namesakes[place:]]
        assert judge(signer_of(csca), *trusted).anchor == csca.parsed


def test_a_csca_is_found_under_another_spelling_of_its_name(csca: TestCsca) -> None:
    """Tolerated, and told: the parts of the issuer's name are in another order than the CSCA has them."""

    class Reordered(Subject):
        def build(self) -> bytes:
            rdns = [element.raw for element in asn1.Reader(super().build()).sequence()]
            return asn1.sequence(*reversed(rdns))

    reordered = replace(csca, subject=Reordered(csca.subject.country, csca.subject.common_name, csca.subject.organization))
    finding = judge(signer_of(reordered), csca)
    assert (oks(finding), finding.deviations) == (ALL_GOOD, ("dsc-issuer-name-order",))


def test_a_trusted_key_under_another_name_is_refused(csca: TestCsca) -> None:
    renamed = replace(csca, subject=Subject("VN", "Not its name", csca.subject.organization))
    finding = judge(signer_of(renamed), csca)
    assert (finding.signature.ok, finding.trust.ok, finding.trust.reason) == (True, False, "issuer-name-mismatch")
    assert finding.anchor is None


def test_a_document_signer_signs_no_document_signers(csca: TestCsca) -> None:
    """Its key is good and its certificate trusted, and yet it is no authority."""
    signer = csca.issue_document_signer(at=AT, key=KEY)
    below = sub_signer(signer, csca)
    assert judge(below, csca, signer.parsed).trust.ok is not True
    unlimited = csca.issue_document_signer(
        at=AT, key=KEY, profile=SignerProfile(key_usage=(KeyUsage.DIGITAL_SIGNATURE, KeyUsage.KEY_CERT_SIGN))
    )
    finding = judge(sub_signer(unlimited, csca), csca, unlimited.parsed)
    assert (finding.trust.ok, finding.trust.reason) == (False, "csca-not-authority")


def sub_signer(signer: DocumentSigner, csca: TestCsca) -> Certificate:
    authority = TestCsca(signer.certificate, signer.key, Subject("VN", "Test Document Signer", csca.subject.organization))
    return authority.issue_document_signer(at=AT, key=KEY, common_name="Below").parsed


# Links ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Test CSCA", "Renamed CSCA"])
def test_a_link_leads_from_the_new_key_to_the_old_anchor(csca: TestCsca, name: str) -> None:
    successor = new_csca(common_name=name)
    link = Certificate.parse(csca.issue_link(successor))
    signer = signer_of(successor)
    finding = judge(signer, csca, link)
    assert (oks(finding), finding.path, finding.deviations) == (ALL_GOOD, (signer, link, csca.parsed), ())
    assert judge(signer, csca).trust.ok is not True


def test_a_link_alone_is_no_anchor(csca: TestCsca) -> None:
    successor = new_csca()
    link = Certificate.parse(csca.issue_link(successor))
    finding = judge(signer_of(successor), link)
    assert (finding.signature.ok, finding.trust.ok, finding.trust.reason) == (True, None, "no-trust-anchor")
    assert finding.anchor is None


def test_a_forgers_link_leads_nowhere(csca: TestCsca) -> None:
    forger, successor = new_csca(), new_csca()
    link = Certificate.parse(forger.issue_link(successor))
    assert judge(signer_of(successor), csca, link).trust.ok is None


def test_links_follow_each_other(csca: TestCsca) -> None:
    generations = [csca, *(new_csca(common_name=f"CSCA {number}") for number in range(3))]
    links = [Certificate.parse(old.issue_link(new)) for old, new in pairwise(generations)]
    finding = judge(signer_of(generations[-1]), csca, *links)
    assert (oks(finding), len(finding.path)) == (ALL_GOOD, 5)


def test_links_in_a_circle_end(csca: TestCsca) -> None:
    other = new_csca()
    links = [Certificate.parse(csca.issue_link(other)), Certificate.parse(other.issue_link(csca))]
    assert judge(signer_of(other), *links).trust.ok is None


def test_a_path_has_an_end(csca: TestCsca) -> None:
    generations = [csca, *(new_csca(common_name=f"CSCA {number}") for number in range(8))]
    links = [Certificate.parse(old.issue_link(new)) for old, new in pairwise(generations)]
    assert judge(signer_of(generations[-1]), csca, *links).trust.ok is None


def test_of_two_paths_the_one_in_date_counts() -> None:
    old = new_csca(validity=Period(AT, AT + timedelta(days=100)))
    new = new_csca()
    link = Certificate.parse(old.issue_link(new))
    for trusted in ((old, link, new), (new, link, old)):
        finding = judge(signer_of(new), *trusted)
        assert (oks(finding), finding.anchor) == (ALL_GOOD, new.parsed)


# Dates ---------------------------------------------------------------------------------------------------------------


def test_dates_are_checked_at_the_moment_of_inspection(csca: TestCsca) -> None:
    signer = signer_of(csca, validity=Period(AT, LATER))
    day = timedelta(days=1)
    assert judge(signer, csca, at=LATER).validity.reason == "ok"
    late, early = judge(signer, csca, at=LATER + day), judge(signer, csca, at=AT - day)
    assert (late.validity.ok, late.validity.reason, late.trust.ok) == (False, "dsc-expired", True)
    assert (early.validity.ok, early.validity.reason) == (False, "dsc-not-yet-valid")


def test_the_csca_is_in_date_too() -> None:
    csca = new_csca(validity=Period(AT, AT + timedelta(days=10)))
    assert judge(signer_of(csca), csca).validity.reason == "csca-expired"
    later = new_csca(validity=Period(LATER + timedelta(days=1), LATER + timedelta(days=9)))
    finding = judge(signer_of(later), later)
    assert finding.validity.reason == "csca-not-yet-valid"
    assert "dsc-issued-outside-validity" in finding.deviations


def test_an_expired_signer_shows_without_an_anchor(csca: TestCsca) -> None:
    finding = validate_chain(signer_of(csca, validity=Period(AT, AT + timedelta(days=1))), None, LATER)
    assert (finding.validity.ok, finding.validity.reason, finding.trust.ok) == (False, "dsc-expired", None)


# Rules ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("usage", [(), (KeyUsage.NON_REPUDIATION,), (KeyUsage.CRL_SIGN,)])
def test_a_signers_key_may_sign_data(csca: TestCsca, usage: tuple[KeyUsage, ...]) -> None:
    finding = judge(signer_of(csca, key_usage=usage), csca)
    assert (finding.trust.ok, finding.trust.reason) == (False, "dsc-key-usage")


def test_a_signer_of_lists_signs_no_documents(csca: TestCsca) -> None:
    purpose = build.extended_key_usage(["2.23.136.1.1.3"])
    finding = judge(signer_of(csca, document_types=None, extra_extensions=(purpose,)), csca)
    assert (finding.trust.ok, finding.trust.reason) == (False, "dsc-extended-key-usage")


def test_an_unknown_critical_extension_refuses(csca: TestCsca) -> None:
    unknown = build.extension("1.2.3.4", b"", critical=True)
    finding = judge(signer_of(csca, extra_extensions=(unknown,)), csca)
    assert (finding.trust.ok, finding.trust.reason) == (False, "dsc-unknown-critical-extension")
    tolerated = build.extension("1.2.3.4", b"")
    assert oks(judge(signer_of(csca, extra_extensions=(tolerated,)), csca)) == ALL_GOOD


def self_signed(*extensions: bytes, country: str = "VN") -> TestCsca:
    """An authority with these extensions only."""
    subject, key = Subject(country, "Test CSCA", "chipid test PKI"), SigningKey.generate("secp256r1", system_random)
    certificate = build.build_certificate(
        issuer=subject,
        issuer_key=key,
        subject=subject,
        subject_key=key.public,
        serial=1,
        validity=Period(AT, AT + timedelta(days=9000)),
        extensions=extensions or (build.extension("1.2.3.4", b""),),
    )
    return TestCsca(certificate, key, subject)


def test_an_authority_that_may_not_sign_certificates_is_refused() -> None:
    csca = self_signed(build.key_usage([KeyUsage.CRL_SIGN]), build.authority())
    finding = judge(signer_of(csca), csca)
    assert (finding.trust.ok, finding.trust.reason) == (False, "csca-key-usage")


def test_an_authority_with_an_unknown_critical_extension_is_refused() -> None:
    csca = self_signed(build.authority(), build.extension("1.2.3.4", b"", critical=True))
    assert judge(signer_of(csca), csca).trust.reason == "csca-unknown-critical-extension"


def test_an_old_authority_without_extensions_is_told() -> None:
    csca = self_signed()
    finding = judge(signer_of(csca), csca)
    assert oks(finding) == ALL_GOOD
    assert {"csca-key-usage-missing", "csca-basic-constraints-missing", "csca-subject-key-identifier-missing"} <= set(
        finding.deviations
    )


def test_a_state_certifies_its_own_signers(csca: TestCsca) -> None:
    finding = judge(signer_of(csca, country="DE"), csca)
    assert (finding.signature.ok, finding.trust.ok, finding.trust.reason) == (True, False, "country-mismatch")


def test_a_state_certifies_the_signers_of_its_territories() -> None:
    britain = new_csca("GB")
    finding = judge(signer_of(britain, country="BM"), britain)
    assert (oks(finding), finding.deviations) == (ALL_GOOD, ("dsc-country-differs",))


def test_what_the_profile_asks_of_a_signer_is_told(csca: TestCsca) -> None:
    finding = judge(signer_of(csca, document_types=None), csca)
    assert (oks(finding), finding.deviations) == (ALL_GOOD, ("dsc-document-types-missing",))


def test_a_wrong_key_identifier_is_told(csca: TestCsca) -> None:
    """The signature decides; the identifier of the issuer's key was only a hint."""
    stranger = new_csca()
    subject = Subject("VN", "Signer", "chipid test PKI")
    extensions = build.common_extensions(subject, csca.subject, stranger.key.public, stranger.key.public, Period(AT, AT))
    certificate = build.build_certificate(
        issuer=csca.subject,
        issuer_key=csca.key,
        subject=subject,
        subject_key=stranger.key.public,
        serial=3,
        validity=Period(AT, LATER),
        extensions=[build.key_usage([KeyUsage.DIGITAL_SIGNATURE]), *extensions, build.document_type_list(["P"])],
    )
    finding = judge(Certificate.parse(certificate), csca)
    assert (oks(finding), finding.deviations) == (ALL_GOOD, ("dsc-authority-key-identifier-differs",))


def test_sha1_in_the_chain_is_told() -> None:
    csca = new_csca(key=KeyOptions("secp256r1", hash_name="sha1"))
    assert set(judge(signer_of(csca), csca).deviations) == {"dsc-sha1-signature", "csca-sha1-signature"}


def test_an_unknown_algorithm_leaves_the_question_open(csca: TestCsca) -> None:
    raw = signer_of(csca).raw.replace(asn1.oid("1.2.840.10045.4.3.2"), asn1.oid("1.2.840.10045.4.3.9"))
    finding = judge(Certificate.parse(raw), csca)
    assert (oks(finding), finding.trust.reason) == (ALL_OPEN, "unsupported-algorithm")
