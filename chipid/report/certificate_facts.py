# SPDX-License-Identifier: Apache-2.0
"""What is worth knowing of certificates, X.509 and card verifiable, and of signed data: nobody's personal data."""

from __future__ import annotations

from collections.abc import Iterator

from chipid.pki.certificate import Certificate
from chipid.pki.cms import SignedData
from chipid.pki.cv_authorisation import Role
from chipid.pki.cv_public_key import NAMES
from chipid.pki.cvc import CvCertificate
from chipid.report.notation import key_words, rfc3339
from chipid.report.printable import printable
from chipid.report.schema import Fact


def certificate_facts(certificate: Certificate) -> Iterator[Fact]:
    """A certificate: whose, for how long, with which key."""
    yield Fact(name="subject", value=printable(str(certificate.subject)))
    yield Fact(name="issuer", value=printable(str(certificate.issuer)))
    yield Fact(name="serial number", value=certificate.serial_octets.hex().upper())
    yield Fact(name="valid", value=f"{rfc3339(certificate.not_before)} to {rfc3339(certificate.not_after)}")
    yield Fact(name="public key", value=key_words(certificate.spki))
    yield Fact(name="authority", value="yes" if certificate.is_ca else "no")
    yield Fact(name="SHA-256", value=certificate.fingerprint)
    if certificate.deviations:
        yield Fact(name="deviations", value=", ".join(certificate.deviations))


def cv_certificate_facts(certificate: CvCertificate) -> Iterator[Fact]:
    """A card verifiable certificate: whose, for how long, with which rights."""
    authorisation = certificate.authorisation
    yield Fact(name="holder", value=printable(certificate.holder))
    yield Fact(name="authority", value=printable(certificate.authority))
    yield Fact(name="role", value=f"{_CV_ROLES[authorisation.role]}, {authorisation.terminal_type.name.lower().replace('_', ' ')}")
    yield Fact(name="rights", value=", ".join(authorisation.data_groups) or "none")
    yield Fact(name="valid", value=f"{certificate.effective.isoformat()} to {certificate.expiration.isoformat()}")
    yield Fact(name="mechanism", value=NAMES[certificate.public_key.oid])


_CV_ROLES = {
    Role.CVCA: "certification authority",
    Role.DOMESTIC_DV: "document verifier",
    Role.FOREIGN_DV: "foreign document verifier",
    Role.TERMINAL: "terminal",
}


def signed_data_facts(signed: SignedData) -> Iterator[Fact]:
    """A CMS object: what is signed, and the certificates that it brings."""
    yield Fact(name="content type", value=signed.content_type)
    yield Fact(name="signatures", value=str(len(signed.signers)))
    for certificate in signed.certificates:
        yield from certificate_facts(certificate)


