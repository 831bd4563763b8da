# SPDX-License-Identifier: Apache-2.0
"""What can be wrong with a card verifiable certificate, by name: the variants that BSI TR-03105-3.2 has a chip refuse.

A *content* defect is signed over: give it to :attr:`chipid.issuing.cv_pki.CvProfile.amend`. A *wire* defect is done to body and
signature as PSO:Verify Certificate carries them.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Final

from chipid.crypto import asn1
from chipid.crypto.signature import EcPublicKey, PublicKey, RsaPublicKey
from chipid.iso7816.tlv import TlvCursor, build_tlv, encode_length, parse_tlv
from chipid.pki.cv_authorisation import DISCRETIONARY_DATA, HOLDER_AUTHORISATION, ID_ROLES
from chipid.pki.cv_public_key import PUBLIC_KEY
from chipid.pki.cvc import CERTIFICATE_BODY, EFFECTIVE_DATE, EXPIRATION_DATE, SIGNATURE, date_octets

Objects = dict[int, bytes]
ContentDefect = Callable[[Objects], Objects]
WireDefect = Callable[[bytes], bytes]

NOT_BCD: Final = bytes.fromhex("0A0B0C0D0E0F")
_OTHER_OID: Final = "0.4.0.127.0.7.2.2.9.9"
_POINT, _MODULUS, _EXPONENT, _UNKNOWN = 0x86, 0x81, 0x82, 0x77


def without(tag: int) -> ContentDefect:
    """The body without one of its data objects."""
    return lambda objects: {each: value for each, value in objects.items() if each != tag}


def with_value(tag: int, value: bytes) -> ContentDefect:
    """The body with another value in one of its data objects."""
    return lambda objects: {**objects, tag: build_tlv(tag, value)}


def day_32(tag: int, month: date) -> ContentDefect:
    """A date on the 32nd of a month; *tag* is that of the effective or of the expiration date."""
    return with_value(tag, date_octets(month)[:4] + b"\3\2")


def authorisation_of(oid: str) -> ContentDefect:
    """The holder authorisation under another object identifier."""

    def amend(objects: Objects) -> Objects:
        octets = next(each.value for each in parse_tlv(objects[HOLDER_AUTHORISATION]).children() if each.tag == DISCRETIONARY_DATA)
        template = build_tlv(HOLDER_AUTHORISATION, asn1.oid(oid), build_tlv(DISCRETIONARY_DATA, octets))
        return {**objects, HOLDER_AUTHORISATION: template}

    return amend


def _key(change: Callable[[dict[int, bytes]], dict[int, bytes]]) -> ContentDefect:
    """The body with the data objects of its public key changed."""

    def amend(objects: Objects) -> Objects:
        parts = {each.tag: each.raw for each in parse_tlv(objects[PUBLIC_KEY]).children()}
        return {**objects, PUBLIC_KEY: build_tlv(PUBLIC_KEY, *change(parts).values())}

    return amend


CONTENT_DEFECTS: Final[dict[str, ContentDefect]] = {
    "no-authorisation": without(HOLDER_AUTHORISATION),
    "no-effective-date": without(EFFECTIVE_DATE),
    "no-expiration-date": without(EXPIRATION_DATE),
    "effective-date-not-bcd": with_value(EFFECTIVE_DATE, NOT_BCD),
    "expiration-date-not-bcd": with_value(EXPIRATION_DATE, NOT_BCD),
    "other-terminal-type": authorisation_of(f"{ID_ROLES}.2"),
    "unknown-mechanism": _key(lambda parts: {**parts, asn1.OBJECT_IDENTIFIER: asn1.oid(_OTHER_OID)}),
    "key-without-mechanism": _key(without(asn1.OBJECT_IDENTIFIER)),
    "key-without-point": _key(without(_POINT)),
    "key-without-modulus": _key(without(_MODULUS)),
    "key-without-exponent": _key(without(_EXPONENT)),
    "key-with-unknown-object": _key(lambda parts: {**parts, _UNKNOWN: build_tlv(_UNKNOWN, b"\0")}),
}
"""DV_CERT_1a–1e, 1i, 1j and 12h–12m of the plan; :func:`day_32` makes 1f and 1g."""


def _parts(bare: bytes) -> tuple[bytes, bytes]:
    """The values of body and signature."""
    cursor = TlvCursor(bare)
    return cursor.expect(CERTIFICATE_BODY).value, cursor.expect(SIGNATURE).value


def _presented(body: bytes, signature: bytes, *, body_tag: int = CERTIFICATE_BODY, signature_tag: int = SIGNATURE) -> bytes:
    return build_tlv(body_tag, body) + build_tlv(signature_tag, signature)


def _wrong_length(tag: int, value: bytes) -> bytes:
    return tag.to_bytes(2, "big") + encode_length(len(value) + 1) + value


def _altered(octets: bytes) -> bytes:
    return octets[:-1] + bytes(((octets[-1] + 1) % 256,))


def _on_parts(change: Callable[[bytes, bytes], bytes]) -> WireDefect:
    return lambda bare: change(*_parts(bare))


WIRE_DEFECTS: Final[dict[str, WireDefect]] = {
    "no-signature": _on_parts(lambda body, _: build_tlv(CERTIFICATE_BODY, body)),
    "no-body": _on_parts(lambda _, signature: build_tlv(SIGNATURE, signature)),
    "signature-first": _on_parts(lambda body, signature: build_tlv(SIGNATURE, signature) + build_tlv(CERTIFICATE_BODY, body)),
    "body-tag": _on_parts(lambda body, signature: _presented(body, signature, body_tag=0x7F4F)),
    "signature-tag": _on_parts(lambda body, signature: _presented(body, signature, signature_tag=0x5F38)),
    "body-length": _on_parts(lambda body, signature: _wrong_length(CERTIFICATE_BODY, body) + build_tlv(SIGNATURE, signature)),
    "signature-length": _on_parts(lambda body, signature: build_tlv(CERTIFICATE_BODY, body) + _wrong_length(SIGNATURE, signature)),
    "signature-altered": _on_parts(lambda body, signature: _presented(body, _altered(signature))),
    "signature-cut": _on_parts(lambda body, signature: _presented(body, signature[:-1])),
}
"""DV_CERT_12b–12g of the plan, and what its cases J_3 to J_5 do by hand."""


def out_of_range(key: PublicKey) -> dict[str, WireDefect]:
    """Signatures whose numbers are out of range under the issuer's *key*: DV_CERT_12o (RSA), 12p and 12q (ECDSA)."""
    if isinstance(key, RsaPublicKey):
        size = (key.bits + 7) // 8
        return {"signature-above-modulus": _on_parts(lambda body, _: _presented(body, (key.n + 1).to_bytes(size, "big")))}
    return _zeros(key)


def _zeros(key: EcPublicKey) -> dict[str, WireDefect]:
    size = len(key.domain.order)
    return {
        "r-zero": _on_parts(lambda body, signature: _presented(body, bytes(size) + signature[size:])),
        "s-zero": _on_parts(lambda body, signature: _presented(body, signature[:size] + bytes(size))),
    }
