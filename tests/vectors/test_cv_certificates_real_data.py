# SPDX-License-Identifier: Apache-2.0
"""Card verifiable certificates that others made, against what others found out about them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from chipid.crypto import asn1
from chipid.errors import CertificateError, MalformedData, UnsupportedFeature
from chipid.iso7816.tlv import TlvCursor, parse_tlv
from chipid.pki.cv_authorisation import HOLDER_AUTHORISATION, Role
from chipid.pki.cv_chain import TrustedKey, refusal
from chipid.pki.cv_public_key import VerificationKey
from chipid.pki.cvc import CvCertificate, body_objects, build_body
from chipid.protocols.terminal_auth import ChipTrust

pytestmark = pytest.mark.real_data

REQUESTS = {
    "openpace_MY_cvreq.cvreq",
    "openpace_csr_with_outer_sig.cvreq",
    "openpace_req_18102010_csr.cvreq",
    "ejbca-cert-cvc_absp.req",
}
OFF_THE_CURVE = "openpace_cvc2.cvcert"
"""Its public point is not on its curve; others called its signature bad."""


@pytest.fixture(scope="module")
def folder(real_data: Path) -> Path:
    return real_data / "08_cv_certificates"


@pytest.fixture(scope="module")
def ground_truth(folder) -> dict[str, dict[str, Any]]:
    return {each["file"]: each for each in json.loads((folder / "ground_truth.json").read_text())}


@pytest.fixture(scope="module")
def found(folder, ground_truth) -> dict[str, CvCertificate]:
    """Every file that is said to be a certificate, and is at hand."""
    names = [name for name, each in ground_truth.items() if each["type"] == "CVC" and name not in REQUESTS]
    return {name: CvCertificate.parse((folder / name).read_bytes()) for name in names if (folder / name).exists()}


def test_enough_is_there(found):
    assert len(found) >= 37


def test_every_value(found, ground_truth):
    for name, certificate in found.items():
        truth = ground_truth[name]
        assert (certificate.authority, certificate.holder) == (truth["car"], truth["chr"]), name
        assert f"{certificate.effective:%y%m%d}" == truth["eff"], name
        assert f"{certificate.expiration:%y%m%d}" == truth["exp"], name
        assert asn1.oid(certificate.public_key.oid)[2:].hex() == truth["pk_oid"], name
        assert parse_tlv(certificate.authorisation.build(), HOLDER_AUTHORISATION).value.hex() == truth["chat"], name
        assert bool(certificate.extensions) is truth["extensions"], name
        has_domain = None if certificate.public_key.rsa is not None else certificate.public_key.domain is not None
        assert has_domain is truth["has_domain"], name
        sizes = {f"{each.tag:02x}": len(each.value) for each in TlvCursor(parse_tlv(certificate.public_key.build()).value)}
        assert {**sizes, "06": 10} == truth["key_tags"], name


def test_what_is_read_is_built_again(found):
    for name, certificate in found.items():
        objects = body_objects(
            authority=certificate.authority,
            holder=certificate.holder,
            public_key=certificate.public_key,
            authorisation=certificate.authorisation,
            effective=certificate.effective,
            expiration=certificate.expiration,
            extensions=certificate.extensions,
        )
        assert build_body(objects.values()) == certificate.body, name


def keys(found: dict[str, CvCertificate]) -> dict[str, VerificationKey]:
    """Each certificate's key; curves come from whichever issuer has signed."""
    resolved = {name: each.public_key.resolve() for name, each in found.items() if has_curve(each) and name != OFF_THE_CURVE}
    while True:
        more = {
            name: each.public_key.resolve(resolved[issuer].domain)
            for name, each in found.items()
            if name not in resolved and name != OFF_THE_CURVE and (issuer := issuer_of(each, found, resolved))
        }
        if not more:
            return resolved
        resolved |= more


def has_curve(certificate: CvCertificate) -> bool:
    return certificate.public_key.rsa is not None or certificate.public_key.domain is not None


def issuer_of(certificate: CvCertificate, found: dict[str, CvCertificate], resolved: dict[str, VerificationKey]) -> str | None:
    named = (name for name, each in found.items() if each.holder == certificate.authority and name in resolved)
    return next((name for name in named if certificate.is_signed_by(resolved[name])), None)


def test_every_signature(found, ground_truth):
    """Valid where others found it valid, by a key of the same name; their issuers are not all at hand."""
    resolved = keys(found)
    verdicts = {}
    for name, certificate in found.items():
        said = ground_truth[name]["signature"]
        issuer_at_hand = said.startswith("ok by ") and said.removeprefix("ok by ") in resolved
        verdicts[name] = issuer_of(certificate, found, resolved) is not None
        if issuer_at_hand:
            assert verdicts[name], name
        elif not said.startswith("ok by "):
            assert not verdicts[name], name
    assert sum(verdicts.values()) >= 34


def test_an_altered_body_is_signed_by_no_one(found):
    resolved = keys(found)
    for name, certificate in found.items():
        altered = bytearray(certificate.body)
        altered[-1] ^= 1
        assert issuer_of(replace(certificate, body=bytes(altered)), found, resolved) is None, name


def test_a_point_off_its_curve(found):
    with pytest.raises(CertificateError, match="not on brainpoolP224r1"):
        found[OFF_THE_CURVE].public_key.resolve()


@pytest.mark.parametrize("name", sorted(REQUESTS))
def test_requests_are_refused_for_what_they_are(folder, name):
    with pytest.raises(UnsupportedFeature, match="request"):
        CvCertificate.parse((folder / name).read_bytes())


def test_other_files_are_malformed(folder, ground_truth):
    for name, truth in ground_truth.items():
        if truth["type"] == "not a CV certificate" and name not in REQUESTS and (folder / name).exists():
            with pytest.raises(MalformedData):
                CvCertificate.parse((folder / name).read_bytes())


@pytest.mark.parametrize(
    ("names", "refusals"),
    [
        (("JMRTD_orig_certCVCA_orig", "JMRTD_orig_certDVD_orig", "JMRTD_orig_certIS_orig"), [None, None]),
        (
            (
                "de.persosim.simulator_CFG.DFLT.EAC.IS_CVCA_Cert_01",
                "de.persosim.simulator_CFG.DFLT.EAC.IS_dv_is_cert_1",
                "de.persosim.simulator_CFG.DFLT.EAC.IS_is_cert_1",
            ),
            [None, None],
        ),
        (
            (
                "de.persosim.simulator_CFG.DFLT.EAC.AT_CVCA_Cert_01",
                "de.persosim.simulator_CFG.DFLT.EAC.AT_dv_at_cert_1",
                "de.persosim.simulator_CFG.DFLT.EAC.AT_at_cert_1",
            ),
            [None, None],
        ),
        # Authorities for inspection systems, with authentication terminals below.
        (("openpace_tc_dh_cvca", "openpace_tc_dh_dv_cert", "openpace_tc_dh_ta_cert"), ["cv-terminal-type", None]),
        (("openpace_tc_ecdh_cvca_cert", "openpace_tc_ecdh_dv_cert", "openpace_tc_ecdh_ta_cert"), ["cv-terminal-type", None]),
        # Broken on purpose: an authority of another name.
        (("openpace_wrong_tc_ecdh_cvca", "openpace_tc_ecdh_dv_cert"), ["cv-authority-reference"]),
    ],
)
def test_chains_by_the_chips_rules(found, names, refusals):
    authority, *below = (found[f"{name}.cvcert"] for name in names)
    issuer = TrustedKey.trust_point(authority)
    for certificate, expected in zip(below, refusals, strict=True):
        assert refusal(certificate, issuer, certificate.effective) == expected
        if certificate.authorisation.terminal_type is not issuer.authorisation.terminal_type:
            issuer = replace(issuer, authorisation=replace(certificate.authorisation))
        if expected != "cv-authority-reference":
            issuer = TrustedKey.certified(certificate, issuer)


def test_an_authority_of_the_right_name_and_another_key(found):
    """The chain that is broken on purpose, once more under the name that it wants."""
    wrong = found["openpace_wrong_tc_ecdh_cvca.cvcert"]
    verifier = found["openpace_tc_ecdh_dv_cert.cvcert"]
    issuer = replace(TrustedKey.trust_point(wrong), reference=verifier.authority)
    assert refusal(verifier, issuer, verifier.effective) == "cv-signature"


def test_six_links_in_a_row(found):
    """A chip that starts with the oldest authority ends with the two newest."""
    trust = ChipTrust([found["client_DECVCAeIDCT00001.cvcert"]], date(2013, 7, 16))
    for number in range(1, 7):
        link = found[f"client_CERT_CV_LINK_4_{number}.cvcert"]
        issuer = trust.trust_point(link.authority)
        assert link.authorisation.role is Role.CVCA
        assert trust.refusal(link, issuer) is None
        trust.accept(link, issuer)
        assert trust.references[0] == link.holder
        assert len(trust.references) == 2
    assert trust.references == ("DECVCAeIDCTL0406", "DECVCAeIDCTL0405")
    assert trust.state.today == date(2014, 1, 6)
