# SPDX-License-Identifier: Apache-2.0
"""DSA, verification alone (FIPS 186-4 §4): ICAO 9303-12 §4.1.6.2 allows it, and no issuer has been seen to use it.

Everything here is public, so plain arithmetic on numbers will do; the sizes that are taken bound its work.
"""

from __future__ import annotations

from chipid.errors import MalformedData, UnsupportedFeature

__all__ = ["check_key", "verify"]

P_BITS_MIN, P_BITS_MAX = 1024, 4096
Q_BITS = (160, 224, 256)


def check_key(p: int, q: int, g: int, y: int) -> None:
    """Whether *y* is a public key of the group that *p*, *q* and *g* make (FIPS 186-4 §4.1, SP 800-89 §5.3.1).

    That *p* and *q* are prime is for the authority to have seen to: it signed the key.

    :raises MalformedData: *g* or *y* generates no subgroup of order *q*; 1 would verify whatever anybody signs.
    :raises UnsupportedFeature: sizes that FIPS 186-4 §4.2 does not know.
    """
    if not P_BITS_MIN <= p.bit_length() <= P_BITS_MAX or q.bit_length() not in Q_BITS:
        raise UnsupportedFeature(f"DSA with p of {p.bit_length()} and q of {q.bit_length()} bits")
    if not 0 < q < p or not p & q & 1 or any(not 1 < each < p or pow(each, q, p) != 1 for each in (g, y)):
        raise MalformedData("a DSA key whose generator or public value is not of order q")


def verify(p: int, q: int, g: int, y: int, digest: bytes, r: int, s: int) -> bool:
    """Whether (*r*, *s*) is a signature over *digest* (FIPS 186-4 §4.7), of which as many bits count as *q* has."""
    if not (0 < r < q and 0 < s < q):
        return False
    number = int.from_bytes(digest, "big") >> max(0, 8 * len(digest) - q.bit_length())
    w = pow(s, -1, q)
    return pow(g, number * w % q, p) * pow(y, r * w % q, p) % p % q == r
