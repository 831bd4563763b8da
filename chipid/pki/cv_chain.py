# SPDX-License-Identifier: Apache-2.0
"""The rules by which a chip accepts a card verifiable certificate under a key that it trusts (ICAO 9303-11 §7.1.4.3).

A chip has no clock: it knows the latest effective date that a trustworthy certificate has told it, and compares with that.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from chipid.crypto.signature import EcPublicKey, RsaPublicKey
from chipid.errors import CertificateError, MalformedData, UnsupportedFeature
from chipid.pki.cv_authorisation import HolderAuthorisation, Role
from chipid.pki.cv_public_key import VerificationKey
from chipid.pki.cvc import CvCertificate

REFUSALS: Final[dict[str, str]] = {
    "cv-authority-reference": "The certificate names another key than the selected one as its issuer's.",
    "cv-signature": "The signature is not the issuer's.",
    "cv-role": "An issuer of this role may not certify a holder of that role.",
    "cv-terminal-type": "The certificate is for another type of terminal than its issuer's.",
    "cv-dates-reversed": "The certificate expires before it begins.",
    "cv-expired": "The certificate has expired.",
    "cv-trust-point-expired": "The certification authority's key has expired.",
    "cv-domain-parameters": "A certificate below the certification authority's spells out a curve instead of inheriting it.",
    "cv-mechanism": "A certificate below the certification authority's changes between RSA and ECDSA.",
    "cv-key-too-short": "The certified key is shorter than its issuer's.",
    "cv-key": "The certified key cannot be used.",
    "cv-reference-in-use": "The name of the certified key belongs to another key already.",
}
"""Why a chip refuses a certificate: stable codes."""

_TRANSITIONS: Final = {
    Role.CVCA: frozenset({Role.CVCA, Role.DOMESTIC_DV, Role.FOREIGN_DV}),
    Role.DOMESTIC_DV: frozenset({Role.TERMINAL}),
    Role.FOREIGN_DV: frozenset({Role.TERMINAL}),
    Role.TERMINAL: frozenset[Role](),
}
"""Who may certify whom (§7.1.4.3.6)."""


@dataclass(frozen=True)
class TrustedKey:
    """A key that a chip has imported, with what it has to remember of the certificate (§7.1.4.3.7).

    :ivar reference: the holder's, by which the key is selected.
    :ivar authorisation: the effective one: role, and rights confined along the chain.
    """

    reference: str
    key: VerificationKey
    authorisation: HolderAuthorisation
    effective: date
    expiration: date

    @property
    def role(self) -> Role:
        """What the holder is."""
        return self.authorisation.role

    @classmethod
    def trust_point(cls, certificate: CvCertificate) -> TrustedKey:
        """A CVCA's key as personalisation stores it (§7.1.4.3.1): trusted without proof.

        :raises CertificateError: the certificate is not a CVCA's, or names no curve.
        """
        if certificate.authorisation.role is not Role.CVCA:
            raise CertificateError("a trust point is a certification authority's certificate")
        return cls._of(certificate, certificate.public_key.resolve(), certificate.authorisation)

    @classmethod
    def certified(cls, certificate: CvCertificate, issuer: TrustedKey) -> TrustedKey:
        """The key of *certificate*, after :func:`refusal` found nothing wrong with it.

        A link certificate's rights stand for themselves: it replaces the trust point, and is not below it (§7.1.4.3.6).

        :raises MalformedData: the key cannot be used, or the types of terminal differ.
        """
        authorisation = certificate.authorisation
        if authorisation.role is not Role.CVCA:
            authorisation = authorisation.confined_to(issuer.authorisation)
        return cls._of(certificate, certificate.public_key.resolve(issuer.key.domain), authorisation)

    @classmethod
    def _of(cls, certificate: CvCertificate, key: VerificationKey, authorisation: HolderAuthorisation) -> TrustedKey:
        return cls(certificate.holder, key, authorisation, certificate.effective, certificate.expiration)


def refusal(certificate: CvCertificate, issuer: TrustedKey, today: date) -> str | None:
    """Why a chip refuses *certificate* under *issuer*'s key, one of :data:`REFUSALS`; ``None`` where it accepts it.

    :param today: the chip's current date. A certificate that is not effective yet is no reason: the chip's date is only ever late.
    """
    # 1. The issuer has signed it
    if certificate.authority != issuer.reference:
        return "cv-authority-reference"
    try:
        if not certificate.is_signed_by(issuer.key):
            return "cv-signature"
    except UnsupportedFeature:
        return "cv-signature"
    # 2. And may do so
    role = certificate.authorisation.role
    if role not in _TRANSITIONS[issuer.role]:
        return "cv-role"
    if certificate.authorisation.terminal_type is not issuer.authorisation.terminal_type:
        return "cv-terminal-type"
    # 3. It is in force, and 4. its key is of use
    return _date_refusal(certificate, issuer, today) or _key_refusal(certificate, issuer)


def is_accurate(certificate: CvCertificate, issuer: TrustedKey) -> bool:
    """Whether an accepted certificate's effective date may set the chip's date: any but a terminal's of a foreign document verifier
    (§7.1.4.3.3)."""
    return certificate.authorisation.role is not Role.TERMINAL or issuer.role is Role.DOMESTIC_DV


def _date_refusal(certificate: CvCertificate, issuer: TrustedKey, today: date) -> str | None:
    """§7.1.4.3.4: link certificates are accepted after their last day, and under an expired trust point."""
    if certificate.expiration < certificate.effective:
        return "cv-dates-reversed"
    if certificate.authorisation.role is Role.CVCA:
        return None
    if certificate.expiration < today:
        return "cv-expired"
    if issuer.role is Role.CVCA and issuer.expiration < today:
        return "cv-trust-point-expired"
    return None


def _key_refusal(certificate: CvCertificate, issuer: TrustedKey) -> str | None:
    is_link = certificate.authorisation.role is Role.CVCA
    if certificate.public_key.domain is not None and not is_link:
        return "cv-domain-parameters"
    if not is_link and (certificate.public_key.rsa is not None) is not isinstance(issuer.key.key, RsaPublicKey):
        return "cv-mechanism"
    try:
        key = certificate.public_key.resolve(issuer.key.domain).key
    except MalformedData:
        return "cv-key"
    if not is_link and key.bits < issuer.key.key.bits:
        return "cv-key-too-short"
    # A key that no signature can be checked by would be a dead end, and for a trust point one for good.
    return None if isinstance(key, EcPublicKey) or _can_verify(key) else "cv-key"


def _can_verify(key: RsaPublicKey) -> bool:
    """Within the limits of the core: 1024 to 8192 bits, both numbers odd, an exponent below 2⁶⁴."""
    return 1024 <= key.bits <= 8192 and key.n % 2 == 1 and key.e % 2 == 1 and 3 <= key.e < 1 << 64
