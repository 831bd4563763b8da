# SPDX-License-Identifier: Apache-2.0
"""What certificates there are: by country, role, signature algorithm, key, and how a curve is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Literal

from chipid.crypto.algorithms import scheme_from_algorithm_identifier
from chipid.crypto.signature import CertificateKey, DsaScheme, EcdsaScheme, EcPublicKey, PssScheme
from chipid.errors import MalformedData, UnsupportedFeature
from chipid.pki.certificate import Certificate, describe_key
from chipid.pki.countries import alpha_2
from chipid.trust.objects import role_of

Writing = Literal["named", "explicit", "none"]


@dataclass(frozen=True)
class CertificateFacts:
    """One certificate in a few words.

    :ivar country: the subject's, two capital letters, as written where it is no state, ``none`` where there is none.
    :ivar algorithm: its signature's, such as ``sha256-ecdsa``, ``sha512-rsa-pss-64`` (the salt), ``sha1-rsa``.
    :ivar key: its own, such as ``RSA-2048``, ``brainpoolP256r1``; ``unsupported`` and ``malformed`` are told so.
    :ivar curve: whether the parameters of its elliptic curve are written out; ``none`` for other keys.
    :ivar validity: at the moment of the question.
    """

    country: str
    role: str
    algorithm: str
    key: str
    curve: Writing
    validity: Literal["valid", "expired", "not-yet-valid"]


def facts_of(certificate: Certificate, at: datetime) -> CertificateFacts:
    """What *certificate* is, at *at*."""
    written = certificate.subject.country or ""
    late, early = at > certificate.not_after, at < certificate.not_before
    return CertificateFacts(
        country=alpha_2(written) or _printable(written) or "none",
        role=str(role_of(certificate)),
        algorithm=algorithm_name(certificate.tbs_algorithm),
        key=_key(certificate),
        curve=_curve(certificate),
        validity="expired" if late else "not-yet-valid" if early else "valid",
    )


def statistics(certificates: Iterable[Certificate], at: datetime) -> dict[str, Counter[str]]:
    """How many certificates there are, by each of the :class:`CertificateFacts`."""
    counters: dict[str, Counter[str]] = {name: Counter() for name in CertificateFacts.__dataclass_fields__}
    for certificate in certificates:
        facts = facts_of(certificate, at)
        for name, counter in counters.items():
            counter[str(getattr(facts, name))] += 1
    return counters


@lru_cache(maxsize=256)
def algorithm_name(identifier: bytes) -> str:
    """A signature algorithm in a few words; *identifier* is an AlgorithmIdentifier."""
    try:
        scheme = scheme_from_algorithm_identifier(identifier)
    except UnsupportedFeature:
        return "unsupported"
    except MalformedData:
        return "malformed"
    if isinstance(scheme, PssScheme):
        return f"{scheme.hash}-rsa-pss-{scheme.salt_length}"
    kinds = {EcdsaScheme: "ecdsa", DsaScheme: "dsa"}
    return f"{scheme.hash}-{kinds.get(type(scheme), 'rsa')}"


def _public_key(certificate: Certificate) -> CertificateKey | str:
    try:
        return certificate.public_key
    except UnsupportedFeature:
        return "unsupported"
    except MalformedData:
        return "malformed"


def _key(certificate: Certificate) -> str:
    key = _public_key(certificate)
    return key if isinstance(key, str) else describe_key(key)


def _curve(certificate: Certificate) -> Writing:
    key = _public_key(certificate)
    if not isinstance(key, EcPublicKey):
        return "none"
    return "explicit" if key.explicit else "named"


def _printable(text: str) -> str:
    return "".join(filter(str.isprintable, text))[:8]
