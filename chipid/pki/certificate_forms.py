# SPDX-License-Identifier: Apache-2.0
"""One certificate in several octets: what its issuer did not sign of it, and anybody can write otherwise.

Issuer and serial number, and the key, stand in what was signed. A hash of all octets covers more: the outer algorithm identifier,
which repeats the inner one (RFC 5280 §4.1.1.2), and the signature, which is as good with n - s in the place of s (ECDSA), and plain
where DER is expected. Whoever is named by such a hash is looked up by all of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

from chipid.crypto import asn1
from chipid.crypto.signature import EcPublicKey
from chipid.errors import MalformedData, UnsupportedFeature
from chipid.pki.certificate import Certificate


def certificate_digests(certificate: Certificate, issuer: Certificate | None, algorithms: Iterable[str]) -> frozenset[bytes]:
    """The hashes by each of *algorithms* of *certificate* as it stands, and as its issuer may have made it.

    :param issuer: whose key signed it, ``None`` where nobody is known to have: the signature is taken as it stands then.
    """
    forms = frozenset((certificate.raw, *_forms(certificate, issuer)))
    return frozenset(hashlib.new(name, form, usedforsecurity=False).digest() for name in algorithms for form in forms)


def _forms(certificate: Certificate, issuer: Certificate | None) -> Iterator[bytes]:
    for signature in (certificate.signature, *_signatures(certificate, issuer)):
        for algorithm in (certificate.tbs_algorithm, certificate.algorithm):
            yield asn1.sequence(certificate.tbs, algorithm, asn1.bit_string(signature))


def _signatures(certificate: Certificate, issuer: Certificate | None) -> Iterator[bytes]:
    try:
        key = None if issuer is None else issuer.public_key
        if not isinstance(key, EcPublicKey):
            return
        size, order = (key.bits + 7) // 8, int.from_bytes(key.domain.order, "big")
        r, s = _numbers(certificate.signature, size)
    except (MalformedData, UnsupportedFeature):
        return
    if not (0 < r < order and 0 < s < order):
        return
    for each in (s, order - s):
        yield asn1.sequence(asn1.integer(r), asn1.integer(each))
        yield r.to_bytes(size, "big") + each.to_bytes(size, "big")


def _numbers(signature: bytes, size: int) -> tuple[int, int]:
    """r and s, in DER or plain (BSI TR-03111 §5.2); raises :class:`chipid.errors.MalformedData`."""
    if len(signature) == 2 * size:
        return int.from_bytes(signature[:size], "big"), int.from_bytes(signature[size:], "big")
    fields = asn1.parse(signature, asn1.SEQUENCE).children()
    return fields.expect(asn1.INTEGER).integer(), fields.expect(asn1.INTEGER).integer()
