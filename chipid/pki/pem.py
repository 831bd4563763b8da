# SPDX-License-Identifier: Apache-2.0
"""The textual encoding of certificates, revocation lists and CMS objects (RFC 7468)."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Collection, Iterator

from chipid.errors import CertificateError

_BEGIN = b"-----BEGIN "
_BEGIN_LINE = re.compile(rb"^(?:\xef\xbb\xbf)?" + _BEGIN + rb"([A-Z0-9 ]{1,32})-----", re.MULTILINE)
_BODY = re.compile(rb"([A-Za-z0-9+/=\s]*)-----END ([A-Z0-9 ]{1,32})-----")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_FIRST_LINE = re.compile(rb"^[^#\s][^\r\n]{0,7}", re.MULTILINE)
"""The beginning of a line that is neither empty, nor a comment, nor the continuation of one."""


def is_pem(raw: bytes) -> bool:
    """Whether *raw* is text of this kind: a block begins at the start of a line.

    What is LDIF is none: a certificate in it, or in a comment of it, is nobody's.
    """
    return _BEGIN in raw and not seems_ldif(raw) and _BEGIN_LINE.search(raw) is not None


def seems_ldif(raw: bytes) -> bool:
    """Whether the first line that is no comment, however far down it is, begins an LDIF file (RFC 2849)."""
    first = _FIRST_LINE.search(raw.removeprefix(_BYTE_ORDER_MARK))
    return first is not None and first[0].lower().startswith((b"dn:", b"version:"))


def read_pem(raw: bytes, labels: Collection[str]) -> tuple[bytes, ...]:
    """The octets of each block whose label is one of *labels*, e.g. ``X509 CRL``; text around the blocks is skipped.

    :raises CertificateError: there is none, or one of them is damaged.
    """
    blocks = [octets for label, octets in read_pem_blocks(raw) if label in labels]
    if not blocks:
        raise CertificateError(f"PEM without {' or '.join(sorted(labels))}")
    whole = tuple(octets for octets in blocks if octets is not None)
    if len(whole) != len(blocks):
        raise CertificateError("PEM with a damaged block")
    return whole


def read_pem_blocks(raw: bytes) -> Iterator[tuple[str, bytes | None]]:
    """The label and the octets of each block, in their order; ``None`` instead of the octets of one that is damaged."""
    for begin in _BEGIN_LINE.finditer(raw):
        body = _BODY.match(raw, begin.end())
        try:
            octets = _decode(body[1]) if body is not None and body[2] == begin[1] else None
        except CertificateError:
            octets = None
        yield begin[1].decode("ascii"), octets


def write_block(label: str, octets: bytes) -> bytes:
    """One block, in lines of 64 characters."""
    text = base64.b64encode(octets).decode("ascii")
    lines = (text[start : start + 64] for start in range(0, len(text), 64))
    return "\n".join((f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", "")).encode("ascii")


def _decode(body: bytes) -> bytes:
    try:
        return base64.b64decode(b"".join(body.split()), validate=True)
    except binascii.Error:
        raise CertificateError("PEM with a damaged block") from None
