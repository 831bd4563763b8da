# SPDX-License-Identifier: Apache-2.0
"""By which rules a chip accepts a certificate (ICAO 9303-11 §7.1.4.3), and what it remembers."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date, timedelta

import pytest

from chipid.crypto.domain import EcDomain
from chipid.crypto.signature import RsaPublicKey
from chipid.errors import CertificateError, MalformedData
from chipid.issuing.cv_keys import CvKeyOptions, TestCvKey
from chipid.issuing.cv_pki import CvHolder, CvProfile, TestCvca, TestDocumentVerifier
from chipid.pki.cv_authorisation import HolderAuthorisation, Role, TerminalType
from chipid.pki.cv_chain import REFUSALS, TrustedKey, is_accurate, refusal
from chipid.pki.cv_public_key import OIDS, CvPublicKey, VerificationKey
from chipid.pki.cvc import CvCertificate
from chipid.protocols.terminal_auth import ChipTrust

DAY = date(2026, 1, 10)
ONE = timedelta(days=1)
ECDSA = OIDS["id-TA-ECDSA-SHA-256"]


@pytest.fixture(scope="module")
def cvca() -> TestCvca:
    return TestCvca.create(profile=CvProfile(DAY, DAY + 60 * ONE))


@pytest.fixture(scope="module")
def point(cvca) -> TrustedKey:
    return TrustedKey.trust_point(cvca.certificate)


@pytest.fixture(scope="module")
def verifier(cvca) -> TestDocumentVerifier:
    return cvca.issue_verifier(profile=CvProfile(DAY, DAY + 30 * ONE))


def issued(issuer: CvHolder, role: int, *, profile: CvProfile | None = None, holder: str = "DETESTANYDE001", **key):
    """A certificate for whatever role, whether the issuer may or not."""
    private = TestCvKey.generate(key.get("kind", "brainpoolP256r1"))
    public = CvPublicKey.of(key.get("oid", ECDSA), private.public_key, with_domain=key.get("with_domain", role == Role.CVCA))
    authorisation = HolderAuthorisation(TerminalType.INSPECTION_SYSTEM, bytes((role | 3,)))
    holder_of = CvHolder(holder, b"", private, key.get("oid", ECDSA))
    raw = issuer.certify(holder, public, authorisation, profile or CvProfile(DAY, DAY + 30 * ONE))
    return replace(holder_of, raw=raw)


def test_a_good_certificate(point, verifier):
    assert refusal(verifier.certificate, point, DAY) is None
    imported = TrustedKey.certified(verifier.certificate, point)
    assert (imported.reference, imported.role) == ("DETESTDVDE00001", Role.DOMESTIC_DV)
    assert (imported.effective, imported.expiration) == (DAY, DAY + 30 * ONE)
    assert imported.key.domain.name == "brainpoolP256r1"


class TestRefusals:
    def test_another_issuer(self, point, verifier):
        assert refusal(replace(verifier.certificate, authority="DETESTCVCA00002"), point, DAY) == "cv-authority-reference"

    def test_a_wrong_signature(self, point, verifier):
        stranger = TestCvca.create(profile=CvProfile(DAY))
        assert refusal(stranger.issue_verifier(profile=CvProfile(DAY)).certificate, point, DAY) == "cv-signature"

    def test_an_issuer_whose_key_cannot_verify(self, point, verifier):
        short = replace(point, key=VerificationKey(OIDS["id-TA-RSA-v1-5-SHA-1"], RsaPublicKey((1 << 511) + 1, 3)))
        assert refusal(verifier.certificate, short, DAY) == "cv-signature"

    @pytest.mark.parametrize(("issuer", "holder"), list(itertools.product(Role, Role)))
    def test_roles(self, cvca, point, issuer, holder):
        """CVCA to CVCA, CVCA to DV, DV to terminal, and nothing else."""
        allowed = {
            (Role.CVCA, Role.CVCA),
            (Role.CVCA, Role.DOMESTIC_DV),
            (Role.CVCA, Role.FOREIGN_DV),
            (Role.DOMESTIC_DV, Role.TERMINAL),
            (Role.FOREIGN_DV, Role.TERMINAL),
        }
        middle = issued(cvca, issuer, holder="DETESTMIDDE001")
        key = replace(
            TrustedKey.certified(middle.certificate, point),
            authorisation=HolderAuthorisation.inspection_system(issuer, 3, 4),
        )
        certificate = issued(middle, holder).certificate
        assert refusal(certificate, key, DAY) == (None if (issuer, holder) in allowed else "cv-role")

    def test_another_type_of_terminal(self, cvca, point):
        authorisation = HolderAuthorisation(TerminalType.AUTHENTICATION_TERMINAL, bytes.fromhex("8000000000"))
        other = cvca.issue_verifier(profile=CvProfile(DAY, authorisation=authorisation))
        assert refusal(other.certificate, point, DAY) == "cv-terminal-type"

    def test_dates_reversed(self, cvca, point):
        for role in (Role.DOMESTIC_DV, Role.CVCA):
            certificate = issued(cvca, role, profile=CvProfile(DAY + ONE, DAY)).certificate
            assert refusal(certificate, point, DAY) == "cv-dates-reversed"

    def test_expired(self, point, verifier):
        certificate = verifier.certificate
        assert refusal(certificate, point, certificate.expiration) is None
        assert refusal(certificate, point, certificate.expiration + ONE) == "cv-expired"

    def test_an_expired_terminal(self, point, verifier):
        terminal = verifier.issue_terminal(profile=CvProfile(DAY, DAY + ONE)).certificate
        issuer = TrustedKey.certified(verifier.certificate, point)
        assert refusal(terminal, issuer, DAY + ONE) is None
        assert refusal(terminal, issuer, DAY + 2 * ONE) == "cv-expired"

    def test_not_effective_yet_is_no_reason(self, point, verifier):
        assert refusal(verifier.certificate, point, DAY - 100 * ONE) is None

    def test_an_expired_trust_point(self, cvca, point):
        later = cvca.issue_verifier(profile=CvProfile(DAY, DAY + 90 * ONE)).certificate
        assert refusal(later, point, point.expiration) is None
        assert refusal(later, point, point.expiration + ONE) == "cv-trust-point-expired"

    def test_a_verifiers_last_day_does_not_bind_its_terminals(self, point, verifier):
        """§7.1.4.3.4 disables expired trust points; a verifier's key is the session's, and was in force when it came."""
        terminal = verifier.issue_terminal(profile=CvProfile(DAY, DAY + 60 * ONE)).certificate
        issuer = TrustedKey.certified(verifier.certificate, point)
        assert refusal(terminal, issuer, issuer.expiration + ONE) is None

    def test_an_expired_link_under_an_expired_trust_point(self, cvca, point):
        link = cvca.issue_link("DETESTCVCA00002", profile=CvProfile(DAY, DAY + ONE)).certificate
        assert refusal(link, point, DAY + 1000 * ONE) is None

    def test_curves_below_the_authority(self, cvca, point):
        certificate = issued(cvca, Role.DOMESTIC_DV, with_domain=True).certificate
        assert refusal(certificate, point, DAY) == "cv-domain-parameters"

    def test_a_mechanism_changed_below_the_authority(self, cvca, point):
        oid = OIDS["id-TA-RSA-v1-5-SHA-256"]
        certificate = issued(cvca, Role.DOMESTIC_DV, kind="rsa-2048", oid=oid).certificate
        assert refusal(certificate, point, DAY) == "cv-mechanism"

    def test_another_hash_below_the_authority(self, cvca, point):
        certificate = issued(cvca, Role.DOMESTIC_DV, oid=OIDS["id-TA-ECDSA-SHA-384"]).certificate
        assert refusal(certificate, point, DAY) is None

    @pytest.mark.parametrize("kind", ["secp256r1", "brainpoolP224r1", "brainpoolP384r1"])
    def test_a_key_of_another_curve(self, cvca, point, kind):
        assert refusal(issued(cvca, Role.DOMESTIC_DV, kind=kind).certificate, point, DAY) == "cv-key"

    def test_a_link_inherits_its_curve_or_brings_its_own(self, cvca, point):
        bare = issued(cvca, Role.CVCA, with_domain=False).certificate
        assert refusal(bare, point, DAY) is None
        assert TrustedKey.certified(bare, point).key.domain.name == "brainpoolP256r1"
        other = issued(cvca, Role.CVCA, kind="secp384r1").certificate
        assert TrustedKey.certified(other, point).key.domain.name == "secp384r1"

    def test_every_reason_is_explained(self):
        assert all(text.endswith(".") for text in REFUSALS.values())


@pytest.fixture(scope="module")
def authority() -> TestCvca:
    return TestCvca.create(profile=CvProfile(DAY), key=CvKeyOptions("rsa-1536", "id-TA-RSA-v1-5-SHA-256"))


class TestRsa:
    OID = OIDS["id-TA-RSA-v1-5-SHA-256"]

    @pytest.mark.parametrize(("kind", "expected"), [("rsa-1280", "cv-key-too-short"), ("rsa-1536", None), ("rsa-2048", None)])
    def test_no_shorter_than_the_issuers(self, authority, kind, expected):
        certificate = issued(authority, Role.DOMESTIC_DV, kind=kind, oid=self.OID).certificate
        assert refusal(certificate, TrustedKey.trust_point(authority.certificate), DAY) == expected

    def test_a_link_may_be_shorter_and_of_another_kind(self, authority):
        point = TrustedKey.trust_point(authority.certificate)
        assert refusal(issued(authority, Role.CVCA, kind="rsa-1280", oid=self.OID).certificate, point, DAY) is None
        assert refusal(issued(authority, Role.CVCA).certificate, point, DAY) is None

    @pytest.mark.parametrize(
        ("n", "e"),
        [((1 << 1535) + 2, 65537), ((1 << 1535) + 1, 65536), ((1 << 1535) + 1, 2), ((1 << 1535) + 1, (1 << 64) + 1)],
        ids=["even modulus", "even exponent", "exponent 2", "long exponent"],
    )
    def test_a_key_that_can_verify_nothing(self, authority, n, e):
        public = CvPublicKey.of(self.OID, RsaPublicKey(n, e), with_domain=False)
        authorisation = HolderAuthorisation.inspection_system(Role.DOMESTIC_DV, 3)
        raw = authority.certify("DETESTANYDE001", public, authorisation, CvProfile(DAY, DAY + ONE))
        assert refusal(CvCertificate.parse(raw), TrustedKey.trust_point(authority.certificate), DAY) == "cv-key"

    def test_a_link_to_a_key_too_short_for_anything(self, authority):
        public = CvPublicKey.of(self.OID, RsaPublicKey((1 << 1022) + 1, 65537), with_domain=False)
        authorisation = HolderAuthorisation.inspection_system(Role.CVCA, 3)
        raw = authority.certify("DETESTANYDE001", public, authorisation, CvProfile(DAY, DAY + ONE))
        assert refusal(CvCertificate.parse(raw), TrustedKey.trust_point(authority.certificate), DAY) == "cv-key"


class TestTrustPoints:
    def test_only_an_authority_is_one(self, cvca):
        verifier = cvca.issue_verifier(profile=CvProfile(DAY, with_domain=True))
        with pytest.raises(CertificateError, match="authority"):
            TrustedKey.trust_point(verifier.certificate)

    def test_rights_of_a_link_stand_for_themselves(self, cvca, point):
        poor = TestCvca.create(profile=CvProfile(DAY, data_groups=()))
        link = poor.issue_link("DETESTCVCA00002", profile=CvProfile(DAY, data_groups=(3, 4)))
        imported = TrustedKey.certified(link.certificate, TrustedKey.trust_point(poor.certificate))
        assert imported.authorisation.data_groups == ("DG3", "DG4")

    def test_rights_below_are_confined(self):
        poor = TestCvca.create(profile=CvProfile(DAY, data_groups=(4,)))
        verifier = poor.issue_verifier(profile=CvProfile(DAY))
        imported = TrustedKey.certified(verifier.certificate, TrustedKey.trust_point(poor.certificate))
        assert imported.authorisation.data_groups == ("DG4",)

    def test_accuracy(self, cvca, point):
        for foreign in (False, True):
            verifier = cvca.issue_verifier(profile=CvProfile(DAY), foreign=foreign)
            issuer = TrustedKey.certified(verifier.certificate, point)
            terminal = verifier.issue_terminal(profile=CvProfile(DAY))
            assert is_accurate(verifier.certificate, point)
            assert is_accurate(terminal.certificate, issuer) is not foreign
        assert is_accurate(cvca.issue_link("DETESTCVCA00002", profile=CvProfile(DAY)).certificate, point)


class TestChipTrust:
    @pytest.fixture
    def trust(self, cvca) -> ChipTrust:
        return ChipTrust([cvca.certificate], DAY)

    def take(self, trust: ChipTrust, certificate, issuer: TrustedKey) -> TrustedKey:
        assert trust.refusal(certificate, issuer) is None
        return trust.accept(certificate, issuer)

    def test_one_or_two_authorities(self, cvca):
        other = TestCvca.create("DETESTCVCA00002", profile=CvProfile(DAY + ONE))
        third = TestCvca.create("DETESTCVCA00003", profile=CvProfile(DAY))
        assert ChipTrust([cvca.certificate, other.certificate], DAY).references == ("DETESTCVCA00002", "DETESTCVCA00001")
        for authorities in ([], [cvca, other, third], [cvca, cvca]):
            with pytest.raises(MalformedData):
                ChipTrust([each.certificate for each in authorities], DAY)

    def test_ef_cvca(self, trust):
        assert trust.ef_cvca == b"\x42\x0fDETESTCVCA00001" + bytes(19)

    def test_a_link_becomes_the_first_trust_point(self, cvca, trust):
        link = cvca.issue_link("DETESTCVCA00002", profile=CvProfile(DAY + ONE))
        self.take(trust, link.certificate, trust.trust_point("DETESTCVCA00001"))
        assert trust.references == ("DETESTCVCA00002", "DETESTCVCA00001")
        assert trust.ef_cvca == b"\x42\x0fDETESTCVCA00002\x42\x0fDETESTCVCA00001\0\0"

    def test_the_third_drives_out_the_oldest(self, cvca, trust):
        second = cvca.issue_link("DETESTCVCA00002", profile=CvProfile(DAY + ONE))
        third = second.issue_link("DETESTCVCA00003", profile=CvProfile(DAY + 2 * ONE))
        self.take(trust, second.certificate, trust.trust_point("DETESTCVCA00001"))
        self.take(trust, third.certificate, trust.trust_point("DETESTCVCA00002"))
        assert trust.references == ("DETESTCVCA00003", "DETESTCVCA00002")
        assert trust.trust_point("DETESTCVCA00001") is None

    def test_the_oldest_is_so_by_its_effective_date(self, cvca, trust):
        second = cvca.issue_link("DETESTCVCA00002", profile=CvProfile(DAY + 2 * ONE))
        old = cvca.issue_link("DETESTCVCA00003", profile=CvProfile(DAY - ONE))
        self.take(trust, second.certificate, trust.trust_point("DETESTCVCA00001"))
        self.take(trust, old.certificate, trust.trust_point("DETESTCVCA00001"))
        assert trust.references == ("DETESTCVCA00002", "DETESTCVCA00001")

    def test_the_same_link_again_changes_nothing(self, cvca, trust):
        link = cvca.issue_link("DETESTCVCA00002", profile=CvProfile(DAY + ONE)).certificate
        self.take(trust, link, trust.trust_point("DETESTCVCA00001"))
        before = trust.state
        self.take(trust, link, trust.trust_point("DETESTCVCA00001"))
        assert trust.state == before

    @pytest.mark.parametrize("linked", [False, True])
    @pytest.mark.parametrize(("days", "replaced"), [(-1, False), (0, False), (1, True)])
    def test_an_older_certificate_of_a_trust_point_brings_nothing_back(self, cvca, trust, linked, days, replaced):
        """Of the same name and key, signed by itself or by the authority before it, with other dates and fewer rights."""
        holder = cvca
        if linked:
            holder = cvca.issue_link("DETESTCVCA00002", profile=CvProfile(DAY))
            self.take(trust, holder.certificate, trust.trust_point("DETESTCVCA00001"))
        public = CvPublicKey.of(holder.oid, holder.key.public_key, with_domain=True)
        rights = HolderAuthorisation.inspection_system(Role.CVCA, 4)
        raw = cvca.certify(holder.reference, public, rights, CvProfile(DAY + days * ONE, DAY + 2 * ONE))
        before = trust.state
        self.take(trust, CvCertificate.parse(raw), trust.trust_point("DETESTCVCA00001"))
        point = trust.trust_point(holder.reference)
        assert point.authorisation.data_groups == (("DG4",) if replaced else ("DG3", "DG4"))
        assert (trust.state == before) is not replaced
        assert len(trust.references) == len(before.trust_points)

    def test_another_key_of_a_known_name_is_refused(self, cvca, trust):
        link = cvca.issue_link("DETESTCVCA00001", profile=CvProfile(DAY))
        assert trust.refusal(link.certificate, trust.trust_point("DETESTCVCA00001")) == "cv-reference-in-use"

    def test_a_temporary_key_never_replaces_a_trust_point(self, cvca, trust):
        verifier = cvca.issue_verifier("DETESTCVCA00001", profile=CvProfile(DAY))
        assert trust.refusal(verifier.certificate, trust.trust_point("DETESTCVCA00001")) == "cv-reference-in-use"

    def test_nor_does_it_with_the_trust_points_own_key(self, cvca, trust):
        public = CvPublicKey.of(cvca.oid, cvca.key.public_key, with_domain=False)
        raw = cvca.certify(cvca.reference, public, HolderAuthorisation.inspection_system(Role.DOMESTIC_DV), CvProfile(DAY, DAY))
        assert trust.refusal(CvCertificate.parse(raw), trust.trust_point("DETESTCVCA00001")) == "cv-reference-in-use"

    @pytest.mark.parametrize("foreign", [False, True])
    def test_the_date_advances(self, cvca, trust, foreign):
        point = trust.trust_point("DETESTCVCA00001")
        verifier = cvca.issue_verifier(profile=CvProfile(DAY + ONE), foreign=foreign)
        key = self.take(trust, verifier.certificate, point)
        assert trust.state.today == DAY + ONE
        terminal = verifier.issue_terminal(profile=CvProfile(DAY + 2 * ONE))
        self.take(trust, terminal.certificate, key)
        assert trust.state.today == DAY + (1 if foreign else 2) * ONE

    def test_the_date_never_goes_back(self, cvca, trust):
        point = trust.trust_point("DETESTCVCA00001")
        self.take(trust, cvca.issue_verifier(profile=CvProfile(DAY - ONE)).certificate, point)
        assert trust.state.today == DAY

    def test_date_and_trust_points_change_together(self, cvca, trust, monkeypatch):
        """Whoever looks in between sees the old state or the new one."""
        seen = []

        class Watched(ChipTrust):
            def __setattr__(self, name, value):
                seen.append(name)
                super().__setattr__(name, value)

        watched = Watched([cvca.certificate], DAY)
        seen.clear()
        link = cvca.issue_link("DETESTCVCA00002", profile=CvProfile(DAY + ONE))
        watched.accept(link.certificate, watched.trust_point("DETESTCVCA00001"))
        assert seen == ["state"]
        assert watched.state.today == DAY + ONE
        assert len(watched.state.trust_points) == 2

    def test_a_key_that_cannot_be_imported_changes_nothing(self, cvca, trust):
        before = trust.state
        bad = issued(cvca, Role.DOMESTIC_DV, kind="secp256r1", profile=CvProfile(DAY + ONE, DAY + 2 * ONE))
        with pytest.raises(MalformedData):
            trust.accept(bad.certificate, trust.trust_point("DETESTCVCA00001"))
        assert trust.state is before


def test_the_curve_is_compared_by_name_not_by_object(point):
    assert point.key.is_same_as(replace(point.key, key=replace(point.key.key, domain=EcDomain.named("brainpoolP256r1"))))
