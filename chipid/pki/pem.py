# SPDX-License-Identifier: Apache-2.0
"""The textual encoding of certificates, revocation lists and CMS objects (RFC 7468)."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Collection, Iterator

from chipid.errors import CertificateError

_BEGIN = b"-----BEGIN "
_BEGIN_LINE = re.compile(_BEGIN + rb"([A-Z0-9 ]{1,32})-----")
_BLOCK = re.compile(_BEGIN + rb"([A-Z0-9 ]{1,32})-----([A-Za-z0-9+/=\s]*)-----END \1-----")


def is_pem(raw: bytes) -> bool:
    """Whether *raw* is text of this kind: DER begins with an element, and holds such a line by no accident."""
    return _BEGIN in raw


def read_pem(raw: bytes, labels: Collection[str]) -> tuple[bytes, ...]:
    """The octets of each block whose label is one of *labels*, e.g. ``X509 CRL``; text around the blocks is skipped.

    :raises CertificateError: there is none, or one of them is damaged.
    """
    begins = sum(raw.count(_BEGIN + label.encode("ascii") + b"-----") for label in labels)
    blocks = [body for label, body in _BLOCK.findall(raw) if label.decode("ascii") in labels]
    if not begins:
        raise CertificateError(f"PEM without {' or '.join(sorted(labels))}")
    if len(blocks) != begins:
        raise CertificateError("PEM with a damaged block")
    return tuple(map(_decode, blocks))


def read_pem_blocks(raw: bytes) -> Iterator[tuple[str, bytes | None]]:
    """The label and the octets of each block, in their order; ``None`` instead of the octets of one that is damaged."""
    for begin in _BEGIN_LINE.finditer(raw):
        block = _BLOCK.match(raw, begin.start())
        try:
            octets = None if block is None else _decode(block[2])
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
