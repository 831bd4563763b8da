# SPDX-License-Identifier: Apache-2.0
"""One certificate by an ECDSA key in other octets, as good as the ones that its issuer made."""

from __future__ import annotations

from collections.abc import Mapping

from chipid.crypto import asn1

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def variants(der: bytes) -> Mapping[str, bytes]:
    """*der*, a certificate signed on P-256, written otherwise by anybody."""
    fields = asn1.parse(der, asn1.SEQUENCE).children()
    tbs, algorithm, signature = fields.read().raw, fields.read().raw, fields.read().bits()
    numbers = asn1.parse(signature, asn1.SEQUENCE).children()
    r, s = numbers.read().integer(), numbers.read().integer()
    other = asn1.sequence(asn1.integer(r), asn1.integer(P256_ORDER - s))
    plain = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    named = asn1.sequence(asn1.oid("1.2.840.10045.4.3.4"))
    return {
        "n-s": asn1.sequence(tbs, algorithm, asn1.bit_string(other)),
        "plain": asn1.sequence(tbs, algorithm, asn1.bit_string(plain)),
        "outer-algorithm": asn1.sequence(tbs, named, asn1.bit_string(signature)),
        "all": asn1.sequence(tbs, named, asn1.bit_string(plain[:32] + (P256_ORDER - s).to_bytes(32, "big"))),
        "long-length": b"\x30\x83\x00" + der[2:4] + der[4:],
    }
