# SPDX-License-Identifier: Apache-2.0
"""The test PKI for terminals: keys of every kind, certificates of every defect, files that their owner alone can read."""

from __future__ import annotations

import re
import stat
from datetime import date, timedelta
from random import Random

import pytest

from chipid.crypto.signature import EcdsaScheme, Pkcs1Scheme, PssScheme, verify
from chipid.crypto.spki import CURVE_OIDS
from chipid.errors import MalformedData, UnsupportedFeature
from chipid.iso7816.tlv import TlvCursor, parse_tlv
from chipid.issuing.cv_defects import CONTENT_DEFECTS, WIRE_DEFECTS, authorisation_of, day_32, out_of_range
from chipid.issuing.cv_keys import CvKeyOptions, TestCvKey
from chipid.issuing.cv_pki import CvHolder, CvProfile, TestCvca, TestDocumentVerifier
from chipid.pki.cv_authorisation import HolderAuthorisation, Role, TerminalType
from chipid.pki.cv_public_key import OIDS, scheme_of
from chipid.pki.cvc import EFFECTIVE_DATE, CvCertificate

DAY = date(2026, 1, 10)
ONE = timedelta(days=1)


class TestKeys:
    @pytest.mark.parametrize("kind", CURVE_OIDS.values())
    @pytest.mark.parametrize("hash_name", ["sha1", "sha224", "sha256", "sha384", "sha512"])
    def test_every_curve_signs(self, kind, hash_name):
        key = TestCvKey.generate(kind)
        scheme = EcdsaScheme(hash_name, plain=True)
        assert verify(key.public_key, scheme, b"message", key.sign(scheme, b"message"))

    @pytest.mark.parametrize("hash_name", ["sha1", "sha256", "sha512"])
    def test_rsa_signs(self, hash_name):
        key = TestCvKey.generate("rsa-1536")
        for scheme in (
            Pkcs1Scheme(hash_name),
            PssScheme(hash_name, hash_name, {"sha1": 20, "sha256": 32, "sha512": 64}[hash_name]),
        ):
            assert verify(key.public_key, scheme, b"message", key.sign(scheme, b"message"))

    def test_rsa_too_short_for_its_scheme(self):
        """SHA-512 with a salt of 64 octets and two octets more do not fit 1024 bits."""
        with pytest.raises(UnsupportedFeature, match="too short"):
            TestCvKey.generate("rsa-1024").sign(PssScheme("sha512", "sha512", 64), b"message")

    @pytest.mark.parametrize("kind", ["rsa-512", "rsa-x", "rsa-", "rsa", "secp256k1", ""])
    def test_other_kinds(self, kind):
        with pytest.raises(UnsupportedFeature):
            TestCvKey.generate(kind)

    def test_scheme_and_key_belong_together(self):
        with pytest.raises(UnsupportedFeature):
            TestCvKey.generate("secp256r1").sign(Pkcs1Scheme("sha256"), b"")
        with pytest.raises(UnsupportedFeature):
            TestCvKey.generate("secp256r1").sign(EcdsaScheme("sha256"), b"")
        with pytest.raises(UnsupportedFeature):
            TestCvKey.generate("rsa-1024").sign(EcdsaScheme("sha256", plain=True), b"")

    @pytest.mark.parametrize("kind", ["brainpoolP320r1", "rsa-1024"])
    def test_pem_there_and_back(self, kind):
        key = TestCvKey.generate(kind)
        assert TestCvKey.from_pem(key.to_pem()) == key
        assert "pkcs8" not in repr(key)

    @pytest.mark.parametrize(
        "pem",
        [
            b"",
            b"-----BEGIN PRIVATE KEY-----\nAAA\n-----END PRIVATE KEY-----\n",
            b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        ],
    )
    def test_other_pem(self, pem):
        with pytest.raises(MalformedData):
            TestCvKey.from_pem(pem)

    def test_drawn_from_the_given_source(self):
        assert (
            TestCvKey.generate("secp256r1", Random(1).randbytes).pkcs8 == TestCvKey.generate("secp256r1", Random(1).randbytes).pkcs8
        )

    def test_mechanisms_by_name(self):
        assert CvKeyOptions().oid == OIDS["id-TA-ECDSA-SHA-256"]
        assert CvKeyOptions("rsa-2048").oid == OIDS["id-TA-RSA-v1-5-SHA-256"]
        with pytest.raises(UnsupportedFeature):
            _ = CvKeyOptions(mechanism="id-TA-ECDSA-SHA-3").oid
        with pytest.raises(UnsupportedFeature):
            scheme_of("1.2.3", None)


class TestCertificates:
    def test_periods_where_none_is_given(self):
        cvca = TestCvca.create(profile=CvProfile(DAY))
        verifier = cvca.issue_verifier(profile=CvProfile(DAY))
        terminal = verifier.issue_terminal(profile=CvProfile(DAY))
        periods = [(each.certificate.expiration - DAY).days for each in (cvca, verifier, terminal)]
        assert periods == [3 * 365, 91, 31]

    def test_roles_and_rights(self):
        cvca = TestCvca.create(profile=CvProfile(DAY, data_groups=(3,)))
        verifier = cvca.issue_verifier(profile=CvProfile(DAY, data_groups=(4,)), foreign=True)
        terminal = verifier.issue_terminal(profile=CvProfile(DAY, data_groups=()))
        octets = [each.certificate.authorisation.octets for each in (cvca, verifier, terminal)]
        assert octets == [b"\xc1", b"\x42", b"\x00"]

    def test_an_authorisation_of_its_own(self):
        wanted = HolderAuthorisation(TerminalType.SIGNATURE_TERMINAL, b"\xc3")
        assert TestCvca.create(profile=CvProfile(DAY, authorisation=wanted)).certificate.authorisation == wanted

    def test_a_link_is_signed_by_the_predecessor(self):
        first = TestCvca.create(profile=CvProfile(DAY))
        link = first.issue_link("DETESTCVCA00002", profile=CvProfile(DAY), key=CvKeyOptions("rsa-1024", "id-TA-RSA-PSS-SHA-1"))
        assert link.certificate.authority == first.reference
        assert link.certificate.is_signed_by(first.certificate.public_key.resolve())
        verifier = link.issue_verifier(profile=CvProfile(DAY))
        assert verifier.oid == OIDS["id-TA-RSA-PSS-SHA-1"]
        assert verifier.certificate.is_signed_by(link.certificate.public_key.resolve())

    def test_a_curve_is_spelt_out_where_asked_for(self):
        cvca = TestCvca.create(profile=CvProfile(DAY))
        assert cvca.issue_verifier(profile=CvProfile(DAY, with_domain=True)).certificate.public_key.domain is not None
        assert cvca.issue_link("DETESTCVCA00002", profile=CvProfile(DAY, with_domain=False)).certificate.public_key.domain is None

    def test_a_last_day_is_needed(self):
        cvca = TestCvca.create(profile=CvProfile(DAY))
        with pytest.raises(MalformedData):
            cvca.certify("DEX00001", cvca.certificate.public_key, HolderAuthorisation.inspection_system(Role.CVCA), CvProfile(DAY))


class TestDefects:
    """Each defect is the one that its name says, and no other."""

    @pytest.mark.parametrize("kind", ["brainpoolP256r1", "rsa-1024"])
    @pytest.mark.parametrize("name", CONTENT_DEFECTS)
    def test_content(self, kind, name):
        cvca = TestCvca.create(profile=CvProfile(DAY), key=CvKeyOptions(kind))
        seen = []

        def amend(objects):
            seen.append((objects, CONTENT_DEFECTS[name](objects)))
            return seen[0][1]

        body, signature = TlvCursor(parse_tlv(cvca.issue_verifier(profile=CvProfile(DAY, amend=amend)).raw).value)
        assert cvca.certificate.public_key.resolve().verify(body.raw, signature.value)
        before, after = seen[0]
        assert body.value == b"".join(after.values())
        changed = [tag for tag in before if before[tag] != after.get(tag)]
        other_kind = {"key-without-point": "rsa", "key-without-modulus": "brainpool", "key-without-exponent": "brainpool"}
        assert len(changed) == (0 if kind.startswith(other_kind.get(name, "none")) else 1)

    @pytest.mark.parametrize("name", WIRE_DEFECTS)
    def test_wire(self, name):
        bare = TestCvca.create(profile=CvProfile(DAY)).certificate.bare
        assert WIRE_DEFECTS[name](bare) != bare

    def test_day_32(self):
        assert day_32(EFFECTIVE_DATE, DAY)({})[EFFECTIVE_DATE] == bytes.fromhex("5F2506020600010302")

    def test_authorisation_of(self):
        octets = HolderAuthorisation.inspection_system(Role.CVCA, 3, 4)
        amended = authorisation_of("0.4.0.127.0.7.3.1.2.3")({0x7F4C: octets.build()})
        assert HolderAuthorisation.parse(parse_tlv(amended[0x7F4C])) == HolderAuthorisation(
            TerminalType.SIGNATURE_TERMINAL, b"\xc3"
        )

    @pytest.mark.parametrize(("kind", "names"), [("secp256r1", {"r-zero", "s-zero"}), ("rsa-1024", {"signature-above-modulus"})])
    def test_out_of_range(self, kind, names):
        cvca = TestCvca.create(profile=CvProfile(DAY), key=CvKeyOptions(kind))
        defects = out_of_range(cvca.key.public_key)
        assert set(defects) == names
        for defect in defects.values():
            broken = CvCertificate.parse_bare(defect(cvca.certificate.bare))
            assert len(broken.signature) == len(cvca.certificate.signature)
            assert not broken.is_signed_by(cvca.certificate.public_key.resolve())


class TestFiles:
    @pytest.fixture
    def verifier(self) -> TestDocumentVerifier:
        return TestCvca.create(profile=CvProfile(DAY)).issue_verifier(profile=CvProfile(DAY))

    @pytest.mark.parametrize("kind", ["brainpoolP224r1", "rsa-1024"])
    def test_there_and_back(self, tmp_path, kind):
        cvca = TestCvca.create(profile=CvProfile(DAY), key=CvKeyOptions(kind))
        for holder in (cvca, cvca.issue_verifier(profile=CvProfile(DAY))):
            holder.save(tmp_path)
            assert type(holder).load(tmp_path, holder.reference) == holder

    def test_modes(self, tmp_path, verifier):
        verifier.save(tmp_path)
        assert sorted(path.name for path in tmp_path.iterdir()) == ["DETESTDVDE00001.cvcert", "DETESTDVDE00001.pem"]
        assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}
        assert (tmp_path / "DETESTDVDE00001.cvcert").read_bytes() == verifier.raw
        assert re.match(rb"-----BEGIN PRIVATE KEY-----\n", (tmp_path / "DETESTDVDE00001.pem").read_bytes())

    def test_another_key(self, tmp_path, verifier):
        verifier.save(tmp_path)
        (tmp_path / "DETESTDVDE00001.pem").write_bytes(TestCvKey.generate("brainpoolP256r1").to_pem())
        with pytest.raises(MalformedData, match="not the certificate's"):
            CvHolder.load(tmp_path, verifier.reference)

    def test_another_kind_of_key(self, tmp_path, verifier):
        verifier.save(tmp_path)
        (tmp_path / "DETESTDVDE00001.pem").write_bytes(TestCvKey.generate("rsa-1024").to_pem())
        with pytest.raises(UnsupportedFeature):
            CvHolder.load(tmp_path, verifier.reference)

    def test_another_name(self, tmp_path, verifier):
        verifier.save(tmp_path)
        for suffix in ("pem", "cvcert"):
            (tmp_path / f"DETESTDVDE00001.{suffix}").rename(tmp_path / f"DETESTDVDE00002.{suffix}")
        with pytest.raises(MalformedData):
            CvHolder.load(tmp_path, "DETESTDVDE00002")

    def test_a_name_that_is_no_file(self, tmp_path):
        cvca = TestCvca.create("DE/../X00001", profile=CvProfile(DAY))
        with pytest.raises(MalformedData):
            cvca.save(tmp_path)
        with pytest.raises(MalformedData):
            CvHolder.load(tmp_path, "../X")
