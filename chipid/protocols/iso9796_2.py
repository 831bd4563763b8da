# SPDX-License-Identifier: Apache-2.0
"""Message representatives of ISO 9796-2 digital signature scheme 1 with partial recovery, as Active Authentication uses them
(ICAO 9303-11 §6.1.2.2, Appendix F).

::

    F = 6A ‖ M1 ‖ H(M1 ‖ M2) ‖ trailer        trailer: BC for SHA-1, xx CC for the others

M1 fills what the other parts leave of the modulus; M2 is the terminal's challenge.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from chipid._native import Hash
from chipid.crypto.mac import equal

HEADER = 0x6A
"""01 for the scheme, 1 for partial recovery, and the padding's border nibble A at once: M1 has no room to spare."""
HEADER_TOTAL_RECOVERY = 0x4A

_SHA1_TRAILER = b"\xbc"
TRAILERS: dict[Hash, bytes] = {
    "sha1": _SHA1_TRAILER,
    "sha224": b"\x38\xcc",
    "sha256": b"\x34\xcc",
    "sha384": b"\x36\xcc",
    "sha512": b"\x35\xcc",
}
"""Hash identifiers of ISO 10118-3. 33 CC would be SHA-1 too: Doc 9303 has BC for it and nothing else."""

LAST_NIBBLE = 0x0C
"""Every representative ends in C: 12 modulo 16 tells it from n minus it (ISO 9796-2 Annex B.4, B.6)."""


@dataclass(frozen=True)
class Opened:
    """What a representative turned out to be.

    :ivar hash: the trailer's hash function where everything fits.
    :ivar reason: a stable code for what does not, otherwise ``None``.
    """

    hash: Hash | None = None
    reason: str | None = None


def m1_size(modulus_size: int, hash_name: Hash) -> int:
    """Octets of M1 in a representative of *modulus_size* octets; less than 0 where the hash does not fit."""
    return modulus_size - 1 - hashlib.new(hash_name).digest_size - len(TRAILERS[hash_name])


def build_representative(m1: bytes, m2: bytes, hash_name: Hash) -> bytes:
    """F for a message whose recoverable part *m1* has :func:`m1_size` octets."""
    return bytes((HEADER,)) + m1 + hashlib.new(hash_name, m1 + m2).digest() + TRAILERS[hash_name]


def open_representative(f: bytes, m2: bytes) -> Opened:
    """Check header, trailer and hash of *f*, which is as long as the modulus."""
    # 1. The trailer names the hash function
    hash_name = _hash_of(f)
    if hash_name is None:
        return Opened(reason="aa-trailer")
    # 2. The header says that there is a part to recover, and that it fills its place
    if f[0] != HEADER:
        return Opened(reason="aa-total-recovery" if f[0] == HEADER_TOTAL_RECOVERY else "aa-header")
    # 3. M1, and the hash over it and what we sent
    end = 1 + m1_size(len(f), hash_name)
    if end < 1:
        return Opened(reason="aa-trailer")
    digest = f[end : len(f) - len(TRAILERS[hash_name])]
    if not equal(hashlib.new(hash_name, f[1:end] + m2).digest(), digest):
        return Opened(reason="aa-hash")
    return Opened(hash=hash_name)


def _hash_of(f: bytes) -> Hash | None:
    for hash_name, trailer in TRAILERS.items():
        if len(f) > len(trailer) and f.endswith(trailer):
            return hash_name
    return None
