# SPDX-License-Identifier: Apache-2.0
"""Building SignedData by the profile of ICAO 9303-10 §4.6.2.2."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from chipid.crypto import asn1
from chipid.crypto.algorithms import build_algorithm_identifier, build_hash_identifier
from chipid.issuing.signing_keys import SigningKey
from chipid.pki.certificate import Certificate
from chipid.pki.cms import CONTENT_TYPE, MESSAGE_DIGEST, SIGNED_DATA, SIGNING_TIME

LDS_SECURITY_OBJECT: Final = "2.23.136.1.1.1"


@dataclass(frozen=True)
class SignatureOptions:
    """What Doc 9303 leaves to the issuer.

    :ivar by_key_identifier: name the signer by its key's identifier instead of issuer and serial number.
    :ivar include_certificate: put the signer's certificate into the object, as Doc 9303 wants since its seventh edition.
    :ivar signing_time: a signed attribute, ``None`` for none.
    :ivar other_certificates: more of them, DER, as a list carries its signer's CSCA (ICAO 9303-12 §9.1).
    """

    by_key_identifier: bool = False
    include_certificate: bool = True
    signing_time: datetime | None = None
    other_certificates: tuple[bytes, ...] = ()


def build_signed_data(
    content_type: str,
    content: bytes,
    certificate: Certificate,
    key: SigningKey,
    options: SignatureOptions,
    *,
    co_signers: Iterable[tuple[Certificate, SigningKey]] = (),
) -> bytes:
    """A ContentInfo with *content* signed by *key*: SignedData version 3, contentType and messageDigest as signed attributes.

    :param co_signers: who signs it too, which Doc 9303 does not foresee.
    """
    signers = ((certificate, key), *co_signers)
    signed_data = asn1.sequence(
        asn1.integer(3),
        asn1.set_of(*{build_hash_identifier(each.scheme.hash) for _, each in signers}),
        asn1.sequence(asn1.oid(content_type), asn1.encode(0xA0, asn1.octet_string(content))),
        _certificates([each for each, _ in signers], options),
        asn1.set_of(*(_signer_info(content_type, content, *signer, options) for signer in signers)),
    )
    return asn1.sequence(asn1.oid(SIGNED_DATA), asn1.encode(0xA0, signed_data))


def _signer_info(content_type: str, content: bytes, certificate: Certificate, key: SigningKey, options: SignatureOptions) -> bytes:
    attributes = _signed_attributes(content_type, content, key, options)
    return asn1.sequence(
        asn1.integer(3 if options.by_key_identifier else 1),
        _signer_identifier(certificate, options),
        build_hash_identifier(key.scheme.hash),
        # Signed as a SET, stored under the field's own tag (RFC 5652 §5.4).
        asn1.encode(0xA0, asn1.parse(attributes, asn1.SET).value),
        build_algorithm_identifier(key.scheme),
        asn1.octet_string(key.sign(attributes)),
    )


def _certificates(signers: Iterable[Certificate], options: SignatureOptions) -> bytes:
    """``certificates``, absent where there are none; a SET OF under its own tag."""
    included = [certificate.raw for certificate in signers] if options.include_certificate else []
    listed = sorted((*included, *options.other_certificates))
    return asn1.encode(0xA0, *listed) if listed else b""


def _signed_attributes(content_type: str, content: bytes, key: SigningKey, options: SignatureOptions) -> bytes:
    digest = hashlib.new(key.scheme.hash, content, usedforsecurity=False).digest()
    values = {CONTENT_TYPE: asn1.oid(content_type), MESSAGE_DIGEST: asn1.octet_string(digest)}
    if options.signing_time is not None:
        values[SIGNING_TIME] = asn1.time(options.signing_time)
    return asn1.set_of(*(asn1.sequence(asn1.oid(oid), asn1.set_of(value)) for oid, value in values.items()))


def _signer_identifier(certificate: Certificate, options: SignatureOptions) -> bytes:
    if options.by_key_identifier and certificate.subject_key_id is not None:
        return asn1.encode(0x80, certificate.subject_key_id)
    return asn1.sequence(certificate.issuer.raw, asn1.encode(asn1.INTEGER, certificate.serial_octets))
