# SPDX-License-Identifier: Apache-2.0
"""What a file is, by its octets alone; a suffix tells only whether what cannot be recognised was meant to be something."""

from __future__ import annotations

from typing import Final, Literal

from chipid.crypto import asn1
from chipid.errors import MalformedData
from chipid.pki.cms import SIGNED_DATA
from chipid.pki.crl import seems_revocation_list
from chipid.pki.defect_list import DEFECT_LIST
from chipid.pki.deviation_list import DEVIATION_LIST
from chipid.pki.master_list import CSCA_MASTER_LIST
from chipid.pki.pem import is_pem, seems_ldif
from chipid.trust.objects import Kind
from chipid.trust.schema import MAGIC

Container = Literal["pem", "ldif", "zip", "store"]

_SIGNED_KINDS: Final = {
    CSCA_MASTER_LIST: Kind.MASTER_LIST, DEVIATION_LIST: Kind.DEVIATION_LIST, DEFECT_LIST: Kind.DEFECT_LIST,
}  # fmt: skip
_ZIP_BEGINNINGS: Final = (b"PK\x03\x04", b"PK\x05\x06")


def container_of(raw: bytes) -> Container | None:
    """What *raw* holds several objects as, ``None`` for one object, or nothing that is known."""
    if raw.startswith(MAGIC):
        return "store"
    if raw.startswith(_ZIP_BEGINNINGS):
        return "zip"
    if raw[:1] == b"\x30":
        return None
    if seems_ldif(raw):
        return "ldif"
    return "pem" if is_pem(raw) else None


def kind_of(raw: bytes) -> Kind | None:
    """What one object in BER or DER is, by its outermost elements; ``None`` for what is none of them."""
    try:
        fields = asn1.Reader(raw).sequence()  # what stands behind it is for the object's own reader to refuse
        first = fields.read()
        if first.tag == asn1.OBJECT_IDENTIFIER:
            return _signed_kind(first.oid(), fields)
        if first.tag == asn1.INTEGER:
            return Kind.MASTER_LIST if fields.peek() == asn1.SET else None
        if seems_revocation_list(raw):
            return Kind.REVOCATION_LIST
        return Kind.CERTIFICATE if first.tag == asn1.SEQUENCE and _seems_certificate(first.children()) else None
    except MalformedData:
        return None


def seems_meant(raw: bytes, name: str) -> bool:
    """Whether a file that cannot be recognised was meant to be: it begins as DER does, or is called like such a file."""
    return raw[:1] == b"\x30" or name.lower().endswith(_SUFFIXES)


_SUFFIXES: Final = (".cer", ".cert", ".crt", ".crl", ".der", ".ldif", ".ml", ".p7b", ".p7m", ".p7s", ".pem")


def _signed_kind(content_info: str, fields: asn1.Reader) -> Kind | None:
    if content_info != SIGNED_DATA:
        return None
    signed = fields.expect(0xA0).only_child(asn1.SEQUENCE).children()
    signed.expect(asn1.INTEGER)
    signed.expect(asn1.SET)
    return _SIGNED_KINDS.get(signed.sequence().expect(asn1.OBJECT_IDENTIFIER).oid())


def _seems_certificate(fields: asn1.Reader) -> bool:
    """Whether a version is there, or a serial number and what follows it up to the validity (RFC 5280 §4.1)."""
    if fields.optional(0xA0) is not None:
        return True
    numbered = fields.optional(asn1.INTEGER) is not None
    fields.sequence(), fields.sequence()  # the algorithm and the issuer
    return numbered and fields.peek() == asn1.SEQUENCE
