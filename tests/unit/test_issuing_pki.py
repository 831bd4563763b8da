# SPDX-License-Identifier: Apache-2.0
"""The test PKI: what it issues holds before our own verifier and before OpenSSL's."""

from __future__ import annotations

import shutil
import stat
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from chipid.crypto import asn1
from chipid.crypto.signature import EcPublicKey, Hash, PssScheme
from chipid.errors import CertificateError, LdsError, MalformedData, UnsupportedFeature
from chipid.issuing.certificates import (
    Departures,
    Period,
    Subject,
    authority,
    build_certificate,
    extension,
    key_usage,
    with_signature_altered,
)
from chipid.issuing.pki import DocumentSigner, KeyOptions, SignerProfile, TestCsca
from chipid.issuing.revocation_lists import RevocationListProfile
from chipid.issuing.signed_data import SignatureOptions
from chipid.issuing.signing_keys import SigningKey, read_private_key
from chipid.lds.sod import EfSod, LDSSecurityObject
from chipid.pki.certificate import Certificate
from chipid.pki.chain import validate_chain
from chipid.pki.cms import SignedData
from chipid.pki.crl import CertificateRevocationList
from chipid.pki.defect_list import DEFECT_LIST, DefectList
from chipid.pki.deviation_list import DEVIATION_LIST, DEVIATION_LIST_SIGNING_KEY, DeviationList
from chipid.pki.extensions import KeyUsage
from chipid.pki.master_list import CSCA_MASTER_LIST, CscaMasterList
from chipid.pki.signed_data import verify_signers
from chipid.pki.signed_list import MASTER_LIST_SIGNING_KEY, verify_signed_list
from chipid.pki.trust_store import TrustStore

AT = datetime(2026, 6, 1, tzinfo=UTC)
GROUPS = {1: b"\x61\x00", 2: b"\x75\x00", 13: b"\x6d\x00"}
KEYS = [
    pytest.param(KeyOptions(), id="default"),
    pytest.param(KeyOptions("secp256r1"), id="P-256"),
    pytest.param(KeyOptions("brainpoolP256r1", hash_name="sha1"), id="SHA-1"),
    pytest.param(KeyOptions("secp521r1", explicit_parameters=False), id="P-521, named"),
    pytest.param(KeyOptions("secp224r1", hash_name="sha224"), id="P-224"),
    pytest.param(KeyOptions("brainpoolP512r1"), id="brainpoolP512r1"),
    pytest.param(KeyOptions("rsa-2048"), id="PKCS1"),
    pytest.param(KeyOptions("rsa-2048", rsa_padding="pss", hash_name="sha512"), id="PSS"),
]


def fixed_random() -> object:
    """The same octets in each test run."""
    counter = iter(range(1, 1_000_000))
    return lambda size: next(counter).to_bytes(size, "big")


@pytest.mark.parametrize("key", KEYS)
def test_what_is_issued_is_verified(key: KeyOptions) -> None:
    csca = TestCsca.create(at=AT, key=key)
    signer = csca.issue_document_signer(at=AT, key=key)
    sod = EfSod.parse(signer.sign_sod(GROUPS))
    signed = SignedData.parse(sod.cms)
    (finding,) = verify_signers(signed)
    chain = validate_chain(signer.parsed, TrustStore([csca.parsed]), AT)
    assert (finding.ok, chain.signature.ok, chain.trust.ok, chain.validity.ok) == (True, True, True, True)
    expected = {"sha1-signature"} if key.hash_name == "sha1" else set()
    assert set(finding.deviations) == expected
    named = {"dsc-named-curve", "csca-named-curve"} if not key.explicit_parameters else set()
    assert set(chain.deviations) == named | {f"{role}-{code}" for role in ("dsc", "csca") for code in expected}
    public = signer.parsed.public_key
    assert not isinstance(public, EcPublicKey) or (public.domain.name, public.explicit) == (key.kind, key.explicit_parameters)


@pytest.mark.parametrize("key", [key for key in KEYS if key.values[0].hash_name != "sha1"])
def test_openssl_verifies_what_is_issued(tmp_path: Path, key: KeyOptions) -> None:
    """With named curves and without SHA-1: its chains allow neither explicit parameters nor that hash."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("the openssl command is not installed")
    key = replace(key, explicit_parameters=False)
    csca = TestCsca.create(at=AT, key=key)
    signer = csca.issue_document_signer(at=AT, key=key)
    (tmp_path / "csca.pem").write_bytes(csca.certificate_pem())
    (tmp_path / "sod.cms").write_bytes(EfSod.parse(signer.sign_sod(GROUPS)).cms)
    command = [openssl, "cms", "-verify", "-inform", "DER", "-in", "sod.cms", "-CAfile", "csca.pem", "-purpose", "any"]
    command += ["-attime", str(int(AT.timestamp()) + 1), "-out", "content"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "content").read_bytes() == LDSSecurityObject.over(GROUPS).build()


def test_the_defaults_are_the_cards() -> None:
    """brainpoolP384r1 with SHA-384, explicit parameters, data groups hashed with SHA-256."""
    csca = TestCsca.create(at=AT)
    signer = csca.issue_document_signer(at=AT)
    listed = LDSSecurityObject.parse(SignedData.parse(EfSod.parse(signer.sign_sod(GROUPS)).cms).content or b"")
    assert (listed.hash_algorithm, listed.version, sorted(listed.hashes)) == ("sha256", 0, [1, 2, 13])
    public = signer.parsed.public_key
    assert isinstance(public, EcPublicKey)
    assert (public.domain.name, public.explicit, signer.key.scheme.hash) == ("brainpoolP384r1", True, "sha384")
    assert csca.parsed.not_after > signer.parsed.not_after > AT + timedelta(days=3650)


@pytest.mark.parametrize("hash_name", ["sha1", "sha224", "sha256", "sha384", "sha512"])
def test_data_groups_are_hashed_as_asked(hash_name: Hash) -> None:
    signer = TestCsca.create(at=AT).issue_document_signer(at=AT)
    sod = signer.sign_sod(GROUPS, hash_name=hash_name, lds_version="0108", unicode_version="040000")
    listed = LDSSecurityObject.parse(SignedData.parse(EfSod.parse(sod).cms).content or b"")
    assert (listed, listed.version) == (LDSSecurityObject.over(GROUPS, hash_name, lds_version="0108", unicode_version="040000"), 1)


def test_no_sod_is_signed_over_nothing() -> None:
    signer = TestCsca.create(at=AT).issue_document_signer(at=AT)
    with pytest.raises(LdsError):
        signer.sign_sod({})
    with pytest.raises(LdsError):
        signer.sign_sod({17: b""})


def test_the_signer_is_named_as_asked() -> None:
    signer = TestCsca.create(at=AT).issue_document_signer(at=AT)
    options = SignatureOptions(by_key_identifier=True, include_certificate=False, signing_time=AT)
    signed = SignedData.parse(EfSod.parse(signer.sign_sod(GROUPS, options=options)).cms)
    (finding,) = verify_signers(signed, lambda _sid: [signer.parsed])
    assert (finding.ok, finding.signed_at, finding.deviations) == (True, AT, ())


def test_what_the_certificate_holds_is_a_parameter() -> None:
    csca = TestCsca.create("DE", at=AT, common_name="csca-test")
    validity, usage = Period(AT, AT + timedelta(days=10)), Period(AT, AT + timedelta(days=5))
    profile = SignerProfile(validity=validity, usage_period=usage, key_usage=None, document_types=("P",))
    signer = csca.issue_document_signer(at=AT, country="AT", common_name="Signer", profile=profile).parsed
    assert (signer.subject.country, signer.issuer.country, str(signer.issuer)) == (
        "AT",
        "DE",
        "C=DE, O=chipid test PKI, CN=csca-test",
    )
    assert (signer.not_before, signer.not_after) == (validity.not_before, validity.not_after)
    assert signer.usage_period is not None
    assert signer.usage_period.not_after == usage.not_after
    assert (signer.key_usage, signer.document_types) == (None, {"P"})


def test_randomness_is_a_parameter() -> None:
    """With the same source the same EC keys, serial numbers and signatures come out."""
    first, second = (TestCsca.create(at=AT, random=fixed_random()) for _ in range(2))  # type: ignore[arg-type]
    assert first.certificate == second.certificate
    assert first.certificate != TestCsca.create(at=AT).certificate


# Files ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", KEYS)
def test_keys_and_certificates_are_saved_privately(tmp_path: Path, key: KeyOptions) -> None:
    csca = TestCsca.create(at=AT, key=key)
    signer = csca.issue_document_signer(at=AT, key=key)
    csca.save(tmp_path / "csca.pem")
    signer.save(tmp_path / "signer.pem")
    for name in ("csca.pem", "signer.pem"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600
    loaded = TestCsca.load(tmp_path / "csca.pem")
    assert (loaded.certificate, loaded.subject, loaded.key.scheme) == (csca.certificate, csca.subject, csca.key.scheme)
    again = DocumentSigner.load(tmp_path / "signer.pem", hash_name=key.hash_name, rsa_padding=key.rsa_padding)
    assert (again.certificate, again.key.scheme) == (signer.certificate, signer.key.scheme)
    (finding,) = verify_signers(SignedData.parse(EfSod.parse(again.sign_sod(GROUPS)).cms))
    assert finding.ok
    renewed = loaded.issue_document_signer(at=AT, key=key)
    assert renewed.parsed.verified_by(csca.parsed).valid


def test_the_public_half_holds_no_private_key() -> None:
    csca = TestCsca.create(at=AT)
    assert b"PRIVATE" not in csca.certificate_pem()
    assert b"PRIVATE" in csca.to_pem()


def test_a_repr_shows_no_key() -> None:
    csca = TestCsca.create(at=AT)
    assert "private" not in repr(csca)
    assert "private" not in repr(csca.key)


def test_other_files_are_refused() -> None:
    csca, other = TestCsca.create(at=AT), TestCsca.create(at=AT)
    for pem in (csca.certificate_pem(), csca.to_pem() + other.certificate_pem(), csca.key.to_pem() + other.certificate_pem()):
        with pytest.raises(MalformedData):
            TestCsca.from_pem(pem)
    for pem in (csca.key.to_pem(), b"", csca.key.to_pem().replace(b"MI", b"XX", 1) + csca.certificate_pem()):
        with pytest.raises(MalformedData):
            DocumentSigner.from_pem(pem)
    with pytest.raises(CertificateError):
        TestCsca.from_pem(b"nothing")


def test_no_other_certificate_becomes_a_csca() -> None:
    csca = TestCsca.create(at=AT)
    with pytest.raises(MalformedData, match="test CSCA"):
        TestCsca.from_pem(csca.issue_document_signer(at=AT).to_pem())

    class Longer(Subject):
        def build(self) -> bytes:
            rdns = [element.raw for element in asn1.Reader(super().build()).sequence()]
            return asn1.sequence(*rdns, rdns[-1])

    longer = Longer("VN", "Test CSCA", "chipid test PKI")
    own = build_certificate(
        issuer=longer,
        issuer_key=csca.key,
        subject=longer,
        subject_key=csca.key.public,
        serial=1,
        validity=Period(AT, AT + timedelta(days=9)),
        extensions=[authority()],
    )
    with pytest.raises(MalformedData, match="test CSCA"):
        TestCsca.from_pem(TestCsca(own, csca.key, longer).to_pem())


def test_unknown_kinds_of_keys_are_refused() -> None:
    for kind in ("rsa-512", "rsa-99999", "rsa-", "brainpoolP320r1", "ed25519", ""):
        with pytest.raises(UnsupportedFeature):
            TestCsca.create(at=AT, key=KeyOptions(kind))


def test_a_private_key_that_cannot_sign_here_is_refused() -> None:
    for private in (ed25519.Ed25519PrivateKey.generate(), ec.generate_private_key(ec.SECP256K1())):
        form, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        with pytest.raises(UnsupportedFeature):
            read_private_key(private.private_bytes(serialization.Encoding.PEM, form, plain))


def test_pss_salts_are_as_long_as_the_hash() -> None:
    key = SigningKey.generate("rsa-2048", bytes, hash_name="sha384", rsa_padding="pss")
    assert key.scheme == PssScheme("sha384", "sha384", 48)


def test_a_renamed_csca_tells_so_in_its_link() -> None:
    old, same, renamed = (TestCsca.create(at=AT, common_name=name) for name in ("Old", "Old", "New"))
    links = [TrustStore.from_bytes(old.issue_link(new)).certificates[0] for new in (same, renamed)]
    assert ["2.23.136.1.1.6.1" in link.extensions for link in links] == [False, True]
    assert [link.deviations for link in links] == [(), ()]


# Revocation lists ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", KEYS)
def test_a_revocation_list_is_read_and_verified(key: KeyOptions) -> None:
    csca, other = TestCsca.create(at=AT, key=key), TestCsca.create(at=AT)
    signer, clean = (csca.issue_document_signer(at=AT).parsed for _ in range(2))
    crl = CertificateRevocationList.parse(csca.issue_revocation_list([signer.serial, 0], at=AT))
    assert crl.deviations == crl.entry_deviations == crl.unknown_critical == ()
    assert crl.verified_by(csca.parsed).valid
    assert not crl.verified_by(other.parsed).valid
    assert (crl.issuer.raw, crl.authority_key_id) == (csca.parsed.subject.raw, csca.parsed.subject_key_id)
    assert (crl.this_update, crl.next_update, crl.number) == (AT, AT + timedelta(days=90), 1)
    found = crl.find(signer.serial_octets)
    assert found is not None
    assert found.revoked_at == AT
    assert crl.find(clean.serial_octets) is None
    assert len(crl.entries) == 2


def test_a_revocation_list_with_odd_contents() -> None:
    unknown = extension("1.2.3.4", b"", critical=True)
    reason = extension("2.5.29.21", b"\x0a\x01\x01")
    profile = RevocationListProfile(
        next_update_left_out=True, number=None, extra_extensions=(unknown,), entry_extensions=(reason,)
    )
    crl = CertificateRevocationList.parse(TestCsca.create(at=AT).issue_revocation_list([5], at=AT, profile=profile))
    assert set(crl.deviations) == {"next-update-missing", "number-missing"}
    assert (crl.entry_deviations, crl.unknown_critical) == (("entry-extension",), ("1.2.3.4",))
    empty = CertificateRevocationList.parse(TestCsca.create(at=AT).issue_revocation_list(at=AT))
    assert empty.entries == {}


# Lists ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content_type", "purpose", "content"),
    [
        (CSCA_MASTER_LIST, MASTER_LIST_SIGNING_KEY, CscaMasterList.of([TestCsca.create("DE", at=AT).certificate]).content),
        (DEVIATION_LIST, DEVIATION_LIST_SIGNING_KEY, DeviationList(()).build()),
        (DEFECT_LIST, "0.4.0.127.0.7.3.1.5.1", DefectList(()).build()),
    ],
)
def test_signed_lists_are_verified(content_type: str, purpose: str, content: bytes) -> None:
    csca = TestCsca.create(at=AT)
    signed = SignedData.parse(csca.issue_list_signer(purpose, at=AT).sign_list(content_type, content, csca, at=AT))
    assert (signed.content_type, signed.content) == (content_type, content)
    crl = CertificateRevocationList.parse(csca.issue_revocation_list(at=AT))
    finding = verify_signed_list(signed, TrustStore([csca.parsed], [crl]), AT)
    assert {name: answer.ok for name, answer in finding.answers.items()} == dict.fromkeys(finding.answers, True)
    assert finding.deviations == ()


# Departures ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("departures", "deviations"),
    [
        (Departures(serial=-7), {"serial-not-positive"}),
        (Departures(serial=1 << 160), {"serial-too-long"}),
        (Departures(version=1), {"version-not-3"}),
        (Departures(extra_fields=b"\x04\x00"), {"tbs-extra-data"}),
        (Departures(algorithm=b"\x30\x04\x06\x02\x2a\x03"), {"inner-algorithm-differs"}),
    ],
)
def test_a_certificate_that_departs_from_the_profile_is_signed_all_the_same(departures: Departures, deviations: set[str]) -> None:
    csca = TestCsca.create(at=AT, departures=departures)
    assert csca.parsed.is_self_signed
    signer = csca.issue_document_signer(at=AT, departures=departures).parsed
    link = Certificate.parse(csca.issue_link(TestCsca.create(at=AT), departures=departures))
    for certificate in (csca.parsed, signer, link):
        assert certificate.verified_by(csca.parsed).valid
        assert set(certificate.deviations) == deviations


def test_extensions_are_replaced_left_out_and_added() -> None:
    departures = Departures(issuer=Subject("DE", "Other", "Other"), extensions={
        "2.5.29.35": None, "2.5.29.15": key_usage((KeyUsage.CRL_SIGN,)), "1.2.3.4": extension("1.2.3.4", b"", critical=True),
    })  # fmt: skip
    csca = TestCsca.create(at=AT)
    plain, other = (csca.issue_document_signer(at=AT, departures=each).parsed for each in (Departures(), departures))
    assert set(plain.extensions) ^ set(other.extensions) == {"2.5.29.35", "1.2.3.4"}
    assert (other.key_usage, other.unknown_critical, other.issuer.country) == ({KeyUsage.CRL_SIGN}, ("1.2.3.4",), "DE")


def test_an_altered_signature_is_none() -> None:
    csca = TestCsca.create(at=AT)
    assert not Certificate.parse(with_signature_altered(csca.certificate)).verified_by(csca.parsed).valid
    altered = with_signature_altered(csca.issue_revocation_list(at=AT))
    assert not CertificateRevocationList.parse(altered).verified_by(csca.parsed).valid
