# SPDX-License-Identifier: Apache-2.0
"""Verifying a signature the way real issuers make them, and telling where they depart from the standards.

What is tolerated changes how the same numbers are written, never which key must have made them: a PKCS#1 DigestInfo without NULL
(the ICAO master list of September 2023), ECDSA as r ‖ s where DER belongs or the other way round.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Final

from chipid.crypto import asn1, rsa
from chipid.crypto.algorithms import build_hash_identifier, names_no_hash, scheme_from_algorithm_identifier
from chipid.crypto.signature import (
    CertificateKey,
    DsaPublicKey,
    DsaScheme,
    EcdsaScheme,
    EcPublicKey,
    Hash,
    Pkcs1Scheme,
    PssScheme,
    RsaPublicKey,
    Scheme,
    verify_digest,
)
from chipid.errors import MalformedData

RSA_BITS_MIN, EC_BITS_MIN, DSA_Q_BITS_MIN = 2048, 224, 224
"""Below these a document signer's key is too short (ICAO 9303-12 §4.1.6); DSA's p is as long as an RSA modulus."""

_SCHEMES_OF: Final[dict[type[CertificateKey], tuple[type[Scheme], ...]]] = {
    RsaPublicKey: (Pkcs1Scheme, PssScheme),
    EcPublicKey: (EcdsaScheme,),
    DsaPublicKey: (DsaScheme,),
}


@dataclass(frozen=True)
class SignatureFinding:
    """Whether the key made the signature, and what was odd about it (stable codes)."""

    valid: bool
    deviations: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.valid


def verify_signature(
    key: CertificateKey, algorithm: bytes, message: bytes, signature: bytes, digest_hint: Hash | None = None
) -> SignatureFinding:
    """Whether *key* made *signature* over *message* by *algorithm*, an AlgorithmIdentifier in DER.

    :param digest_hint: the hash where *algorithm* names none (RFC 5652 SignerInfo).
    :raises MalformedData: *algorithm* is malformed.
    :raises UnsupportedFeature: algorithm or key is beyond chipid.
    """
    scheme = scheme_from_algorithm_identifier(algorithm, digest_hint)
    if not isinstance(scheme, _SCHEMES_OF[type(key)]):
        return SignatureFinding(False)
    valid, deviations = _verify(key, scheme, message, signature)
    named = scheme.hash
    if not valid and digest_hint not in (None, named) and not isinstance(scheme, PssScheme):
        # RFC 5652 §5.4 hashes with the digestAlgorithm; one issuer names that there, and another hash in the signatureAlgorithm.
        other = replace(scheme, hash=digest_hint)
        found = _verify(key, other, message, signature)
        if found[0]:
            (valid, deviations), scheme = found, other
    noted = {
        "signature-hash-differs": valid and scheme.hash != named,
        "digest-algorithm-differs": valid and digest_hint not in (None, scheme.hash),
        "signature-algorithm-without-hash": not isinstance(scheme, Pkcs1Scheme) and names_no_hash(algorithm),
        "key-restriction": isinstance(key, RsaPublicKey) and not key.permits(scheme),
        "sha1-signature": scheme.hash == "sha1",
        "short-key": _is_short(key),
        "algorithm-parameters": _has_odd_parameters(algorithm, scheme),
    }
    return SignatureFinding(valid, (*deviations, *(code for code, applies in noted.items() if applies)))


def _is_short(key: CertificateKey) -> bool:
    if isinstance(key, EcPublicKey):
        return key.bits < EC_BITS_MIN
    return key.bits < RSA_BITS_MIN or (isinstance(key, DsaPublicKey) and key.q.bit_length() < DSA_Q_BITS_MIN)


def _verify(key: CertificateKey, scheme: Scheme, message: bytes, signature: bytes) -> tuple[bool, tuple[str, ...]]:
    digest = hashlib.new(scheme.hash, message).digest()
    if verify_digest(key, scheme, digest, signature):
        return True, ()
    if isinstance(scheme, EcdsaScheme) and isinstance(key, EcPublicKey):
        if verify_digest(key, replace(scheme, plain=not scheme.plain), digest, signature):
            return True, ("ecdsa-signature-encoding",)
        return False, ("ecdsa-other-curve",) if _is_beyond(key, signature) else ()
    if isinstance(scheme, Pkcs1Scheme) and isinstance(key, RsaPublicKey) and _is_without_null(key, scheme, digest, signature):
        return True, ("pkcs1-digest-info",)
    return False, ()


def _has_odd_parameters(algorithm: bytes, scheme: Scheme) -> bool:
    """PKCS#1 identifiers have NULL for parameters, those of ECDSA nothing (RFC 4055 §5, RFC 5758 §3.2)."""
    identifier = asn1.Reader(algorithm).sequence()
    identifier.read()
    return not isinstance(scheme, PssScheme) and identifier.at_end is isinstance(scheme, Pkcs1Scheme)


def _is_without_null(key: RsaPublicKey, scheme: Pkcs1Scheme, digest: bytes, signature: bytes) -> bool:
    """RSASSA-PKCS1-v1_5 whose DigestInfo leaves out the NULL; compared whole, so that nothing can hide in it (RFC 8017 §9.2)."""
    size = (key.bits + 7) // 8
    info = asn1.sequence(build_hash_identifier(scheme.hash), asn1.octet_string(digest))
    if len(signature) != size or size < len(info) + 11:
        return False
    expected = b"\x00\x01" + b"\xff" * (size - 3 - len(info)) + b"\x00" + info
    return rsa.recover(key.n, key.e, signature) == expected


def _is_beyond(key: EcPublicKey, signature: bytes) -> bool:
    """Whether r or s is not below the group's order: then it was made on another curve than the key names (seen in Lithuania)."""
    try:
        pair = asn1.parse(signature, asn1.SEQUENCE).children()
        numbers = (pair.expect(asn1.INTEGER).integer(), pair.expect(asn1.INTEGER).integer())
    except MalformedData:
        return False
    return max(numbers) >= int.from_bytes(key.domain.order, "big")
