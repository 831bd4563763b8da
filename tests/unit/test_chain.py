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
from chipid.crypto.spki import build_spki
from chipid.issuing import certificates as build
from chipid.issuing.certificates import Departures, Period, Subject
from chipid.issuing.pki import DocumentSigner, KeyOptions, SignerProfile, TestCsca
from chipid.issuing.signing_keys import SigningKey
from chipid.pki import extensions as ext
from chipid.pki.certificate import Certificate
from chipid.pki.chain import ChainFinding, validate_chain
from chipid.pki.extensions import KeyUsage
from chipid.pki.path_search import ROUTE_LIMIT, SIGNATURE_LIMIT, find_paths
from chipid.pki.signatures import SignatureFinding
from chipid.pki.trust_store import TrustStore
from chipid.verification.reasons import explain

AT = datetime(2026, 6, 1, tzinfo=UTC)
LATER = AT + timedelta(days=1000)
KEY = KeyOptions("secp256r1")
SOUND = Departures()
new_csca = partial(TestCsca.create, at=AT, key=KEY)


@pytest.fixture(scope="module")
def csca() -> TestCsca:
    return new_csca()


def signer_of(
    csca: TestCsca, *, at: datetime = AT, country: str | None = None, departures: Departures = SOUND, **profile: object
) -> Certificate:
    chosen = SignerProfile(**profile)  # type: ignore[arg-type]
    return csca.issue_document_signer(at=at, key=KEY, country=country, profile=chosen, departures=departures).parsed


def judge(signer: Certificate, *trusted: TestCsca | Certificate, at: datetime = LATER) -> ChainFinding:
    store = TrustStore(each.parsed if isinstance(each, TestCsca) else each for each in trusted)
    finding = validate_chain(signer, store, at)
    assert all(explain(code) != code for code in (*reasons(finding), *finding.deviations))
    return finding


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


def test_a_signer_who_certifies_himself_is_nobodys(csca: TestCsca) -> None:
    for name in ("Test CSCA", "Nobody"):
        himself = self_signed(build.key_usage([KeyUsage.DIGITAL_SIGNATURE]), common_name=name).parsed
        assert himself.is_self_signed
        finding = judge(himself, csca)
        assert finding.trust.ok is not True
        assert finding.path == ()


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
    assert (finding.anchor, finding.deviations) == (None, ())
    assert judge(signer_of(renamed, departures=identified(None)), csca).trust.reason == "issuer-name-mismatch"


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
    assert (finding.signature.ok, finding.trust.ok, finding.trust.reason) == (True, None, "csca-anchor-missing")
    renamed = new_csca(common_name="Renamed CSCA")
    unnamed = Certificate.parse(csca.issue_link(renamed, departures=identified(None)))
    assert judge(signer_of(renamed), unnamed).trust.reason == "csca-anchor-missing"
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
    finding = judge(signer_of(other), *links)
    assert (finding.trust.ok, finding.trust.reason, len(finding.path)) == (None, "csca-link-loop", 3)
    assert judge(signer_of(other), *links, csca).trust.ok


def test_a_path_has_an_end(csca: TestCsca) -> None:
    generations = [csca, *(new_csca(common_name=f"CSCA {number}") for number in range(8))]
    links = [Certificate.parse(old.issue_link(new)) for old, new in pairwise(generations)]
    finding = judge(signer_of(generations[-1]), csca, *links)
    assert (finding.signature.ok, finding.trust.ok, finding.trust.reason) == (True, None, "path-search-limit")
    assert judge(signer_of(generations[6]), csca, *links).anchor == csca.parsed


def test_a_web_of_links_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seven keys, each certified by each: thousands of paths lead nowhere."""
    keys = [new_csca() for _ in range(7)]
    links = [Certificate.parse(old.issue_link(new)) for old in keys for new in keys if old is not new]
    signer = signer_of(keys[0])
    verified = count_signatures(monkeypatch)
    search = find_paths(signer, TrustStore(links))
    assert (search.exhausted, len(search.paths) <= ROUTE_LIMIT) == (True, True)
    # Each is looked at twice at the most: who signed it, and whether it did so itself.
    assert len(verified) <= 2 * (len(links) + 1)
    finding = judge(signer, *links)
    assert (finding.signature.ok, finding.trust.ok, finding.trust.reason) == (True, None, "csca-link-loop")


def test_among_hundreds_of_one_name_the_search_ends(csca: TestCsca, monkeypatch: pytest.MonkeyPatch) -> None:
    one, real = new_csca(), signer_of(csca)
    others = [renumbered(one, number) for number in range(SIGNATURE_LIMIT + 50)]
    assert judge(real, *others, csca).anchor == csca.parsed  # the one whose key the signer names is asked first
    unnamed = signer_of(csca, departures=Departures(extensions={ext.AUTHORITY_KEY_IDENTIFIER: None}))
    verified = count_signatures(monkeypatch)
    finding = judge(unnamed, *others)
    assert (oks(finding), finding.trust.reason) == (ALL_OPEN, "path-search-limit")
    assert len(verified) <= SIGNATURE_LIMIT


def renumbered(csca: TestCsca, number: int) -> Certificate:
    """Another certificate of its name; its signature is not good, which nobody who trusts it by name will see."""
    own = csca.parsed.serial_octets
    return Certificate.parse(csca.certificate.replace(own, number.to_bytes(len(own), "big")))


def count_signatures(monkeypatch: pytest.MonkeyPatch) -> list[Certificate]:
    verify, verified = Certificate.verified_by, []

    def counted(self: Certificate, issuer: Certificate) -> SignatureFinding:
        verified.append(self)
        return verify(self, issuer)

    monkeypatch.setattr(Certificate, "verified_by", counted)
    return verified


def test_an_anchor_that_its_own_key_did_not_sign_is_none(csca: TestCsca) -> None:
    unnamed = new_csca(departures=identified(None))
    for authority in (csca, unnamed):
        finding = judge(signer_of(authority), Certificate.parse(build.with_signature_altered(authority.certificate)))
        assert finding.trust.reason == "csca-signature-invalid"
    assert (finding.signature.ok, finding.trust.ok, finding.trust.reason) == (True, None, "csca-signature-invalid")


def test_a_link_that_the_key_it_names_did_not_sign_is_told(csca: TestCsca) -> None:
    successor = new_csca()
    link = Certificate.parse(build.with_signature_altered(csca.issue_link(successor)))
    for trusted, reason in (((csca, link), "csca-signature-invalid"), ((link,), "csca-anchor-missing")):
        finding = judge(signer_of(successor), *trusted)
        assert (finding.signature.ok, finding.trust.ok, finding.trust.reason) == (True, None, reason)


def test_of_two_good_paths_the_shorter_counts(csca: TestCsca) -> None:
    unlimited = build.extension(ext.BASIC_CONSTRAINTS, authority(None), critical=True)
    successor = new_csca(departures=Departures(extensions={ext.BASIC_CONSTRAINTS: unlimited}))
    link = Certificate.parse(csca.issue_link(successor))
    for trusted in ((csca, link, successor), (successor, link, csca)):
        finding = judge(signer_of(successor), *trusted)
        assert (finding.path[1:], finding.deviations) == ((successor.parsed,), ("csca-path-length",))


def test_a_path_that_may_go_on_counts_more_than_one_that_breaks_a_rule(csca: TestCsca) -> None:
    successor = new_csca(common_name="Renamed CSCA")
    refused = Certificate.parse(csca.issue_link(successor, departures=Departures(extensions={ext.NAME_CHANGE: None})))
    others = [new_csca() for _ in range(3)]
    open_links = [Certificate.parse(old.issue_link(new)) for old, new in pairwise([*others, successor])]
    assert judge(signer_of(successor), csca, refused).trust.reason == "path-too-long"
    assert judge(signer_of(successor), csca, refused, *open_links).trust.reason == "csca-anchor-missing"


def test_one_key_in_several_certificates_is_one_issuer(csca: TestCsca) -> None:
    """Reissued with another validity, or with the curve spelt out: each of them is an issuer, and the one in date counts."""
    expired = reissued(csca, validity=Period(AT, AT + timedelta(days=1)))
    named = replace(csca, key=replace(csca.key, explicit_parameters=False))
    finding = judge(signer_of(csca), expired, reissued(named))
    assert (oks(finding), finding.path[1].spki != csca.parsed.spki) == (ALL_GOOD, True)


def reissued(csca: TestCsca, validity: Period | None = None) -> Certificate:
    certificate = build.build_certificate(
        issuer=csca.subject,
        issuer_key=csca.key,
        subject=csca.subject,
        subject_key=csca.key.public,
        serial=7,
        validity=validity or Period(AT, AT + timedelta(days=9000)),
        extensions=[build.key_usage([KeyUsage.KEY_CERT_SIGN, KeyUsage.CRL_SIGN]), build.authority()],
    )
    return Certificate.parse(certificate)


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


def test_every_certificate_that_is_out_of_date_is_told() -> None:
    csca = new_csca(validity=Period(AT, AT + timedelta(days=10)))
    validity = judge(signer_of(csca, validity=Period(AT, AT + timedelta(days=9))), csca).validity
    assert (validity.ok, validity.reason, validity.further) == (False, "dsc-expired", ("csca-expired",))


def test_every_broken_rule_is_told_and_a_missing_anchor_with_them(csca: TestCsca) -> None:
    signer = signer_of(csca, country="FR", extra_extensions=(build.extension("1.2.3.4", b"", critical=True),))
    trust = judge(signer, csca).trust
    assert (trust.ok, trust.reason, trust.further) == (False, "dsc-unknown-critical-extension", ("country-mismatch",))
    link = Certificate.parse(new_csca().issue_link(csca))
    assert judge(signer, link).trust.further == ("country-mismatch", "csca-anchor-missing")


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


def self_signed(*extensions: bytes, country: str = "VN", common_name: str = "Test CSCA") -> TestCsca:
    """An authority with these extensions only."""
    subject, key = Subject(country, common_name, "chipid test PKI"), SigningKey.generate("secp256r1", system_random)
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


KEY_ID = new_csca().parsed.subject_key_id


def identified(key_id: bytes | None) -> Departures:
    named = None if key_id is None else build.extension(ext.AUTHORITY_KEY_IDENTIFIER, asn1.sequence(asn1.encode(0x80, key_id)))
    return Departures(extensions={ext.AUTHORITY_KEY_IDENTIFIER: named})


@pytest.mark.parametrize(("own", "reason"), [(True, "untrusted-signer"), (None, "untrusted-signer"), (False, "csca-key-unknown")])
def test_a_namesakes_signer_is_refused_and_a_key_that_may_be_missing_is_told(
    csca: TestCsca, own: bool | None, reason: str
) -> None:
    """A forger of the CSCA's name, who names its key, or none; and one who may as well be its successor."""
    key_id = {True: csca.parsed.subject_key_id, False: KEY_ID, None: None}[own]
    finding = judge(signer_of(new_csca(), departures=identified(key_id)), csca)
    assert reasons(finding)[:2] == (reason, reason)
    assert (finding.signature.ok, finding.trust.ok) == (False, False)


def test_an_authority_that_signs_documents_itself_is_refused(csca: TestCsca) -> None:
    for trusted in ((csca,), (csca, new_csca())):
        assert judge(csca.parsed, *trusted).trust.reason == "dsc-is-authority"
    link = Certificate.parse(new_csca().issue_link(csca))
    assert judge(link, csca).trust.ok is not True
    issued = signer_of(csca, extra_extensions=(build.authority(),))
    assert (judge(issued, csca).trust.ok, judge(issued, csca).trust.reason) == (False, "dsc-is-authority")


@pytest.mark.parametrize("label", ["key-usage", "basic-constraints", "extended-key-usage"])
def test_an_extension_that_decides_and_cannot_be_read_refuses(csca: TestCsca, label: str) -> None:
    oid = {"key-usage": ext.KEY_USAGE, "basic-constraints": ext.BASIC_CONSTRAINTS}.get(label, ext.EXTENDED_KEY_USAGE)
    garbage = Departures(extensions={oid: build.extension(oid, b"\x05", critical=True)})
    signer = signer_of(csca, departures=garbage)
    assert (judge(signer, csca).trust.ok, judge(signer, csca).trust.reason) == (False, f"dsc-{label}-malformed")
    odd = new_csca(departures=garbage)
    finding = judge(signer_of(odd), odd)
    assert finding.trust.ok is not True


def test_an_authority_whose_extensions_say_that_it_is_none_is_refused() -> None:
    no = build.extension(ext.BASIC_CONSTRAINTS, asn1.sequence(), critical=True)
    csca = new_csca(departures=Departures(extensions={ext.BASIC_CONSTRAINTS: no}))
    finding = judge(signer_of(csca), csca)
    assert (finding.signature.ok, finding.trust.ok, finding.trust.reason) == (True, False, "csca-not-authority")


def test_a_malformed_key_or_algorithm_signed_nothing(csca: TestCsca) -> None:
    broken = new_csca(departures=respelt(b"\x03\x42\x00\x04", b"\x03\x42\x00\x05"))
    assert judge(signer_of(broken), broken).trust.reason == "csca-key-malformed"
    odd = asn1.sequence(asn1.oid("1.2.840.113549.1.1.10"), asn1.integer(1))
    finding = judge(signer_of(csca, departures=Departures(tbs_algorithm=odd)), csca)
    assert reasons(finding)[:2] == ("dsc-algorithm-malformed",) * 2
    assert finding.trust.ok is False


def respelt(old: bytes, new: bytes) -> Departures:
    return Departures(spki=lambda key: build_spki(key).replace(old, new))


def test_what_is_odd_between_a_certificate_and_its_issuers_is_told(csca: TestCsca) -> None:
    day = timedelta(days=1)
    late = signer_of(csca, at=AT + timedelta(days=2000), validity=Period(AT + timedelta(days=2000), AT + timedelta(days=4000)))
    assert judge(late, csca, at=AT + timedelta(days=2000)).deviations == ("dsc-issued-outside-usage-period",)
    end = csca.parsed.not_after
    assert judge(signer_of(csca, validity=Period(AT, end)), csca).deviations == ()
    assert judge(signer_of(csca, validity=Period(AT, end + day)), csca).deviations == ("dsc-outlives-issuer",)


def test_a_name_change_that_is_not_told_is_no_key_change() -> None:
    """Below an anchor without a limit it is another authority, and told; below one with it, too many."""
    silent = Departures(extensions={ext.NAME_CHANGE: None})
    successor = new_csca(common_name="Renamed CSCA")
    for limit, expected in ((None, (True, "ok")), (0, (False, "path-too-long"))):
        extensions = {ext.BASIC_CONSTRAINTS: build.extension(ext.BASIC_CONSTRAINTS, authority(limit), critical=True)}
        old = new_csca(departures=Departures(extensions=extensions))
        link = Certificate.parse(old.issue_link(successor, departures=silent))
        finding = judge(signer_of(successor), old, link)
        assert (finding.trust.ok, finding.trust.reason) == expected
        assert "csca-name-change-missing" in finding.deviations


def authority(limit: int | None) -> bytes:
    return asn1.sequence(asn1.encode(asn1.BOOLEAN, b"\xff"), b"" if limit is None else asn1.integer(limit))


def test_that_another_authority_of_the_state_cannot_be_asked_excuses_nobody(csca: TestCsca) -> None:
    other = new_csca(common_name="Another CSCA", departures=respelt(asn1.oid("1.2.840.10045.2.1"), asn1.oid("1.2.840.10045.2.9")))
    forged = signer_of(new_csca(), departures=identified(csca.parsed.subject_key_id))
    assert judge(forged, csca, other).trust.reason == "untrusted-signer"


def test_a_key_further_up_that_cannot_be_used_is_told(csca: TestCsca) -> None:
    old = new_csca(departures=respelt(asn1.oid("1.2.840.10045.2.1"), asn1.oid("1.2.840.10045.2.9")))
    successor = new_csca()
    finding = judge(signer_of(successor), old, Certificate.parse(old.issue_link(successor)))
    assert (finding.signature.ok, finding.trust.ok, finding.trust.reason) == (True, None, "unsupported-algorithm")


def test_an_unknown_algorithm_leaves_the_question_open(csca: TestCsca) -> None:
    raw = signer_of(csca).raw.replace(asn1.oid("1.2.840.10045.4.3.2"), asn1.oid("1.2.840.10045.4.3.9"))
    finding = judge(Certificate.parse(raw), csca)
    assert (oks(finding), finding.trust.reason) == (ALL_OPEN, "unsupported-algorithm")
