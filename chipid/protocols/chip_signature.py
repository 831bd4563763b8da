# SPDX-License-Identifier: Apache-2.0
"""How the emulated chip signs: with randomness that can be given, so that published examples can be replayed.

The arithmetic is Python's, on keys that protect no one: never use it where a key is worth stealing.
"""

from __future__ import annotations

from chipid.crypto.domain import generate_key_pair
from chipid.crypto.private_key import EcPrivateKey, RsaPrivateKey
from chipid.crypto.random import RandomSource


def private_operation(key: RsaPrivateKey, value: int) -> int:
    """value^d mod n."""
    m_p, m_q = pow(value, key.d_p, key.p), pow(value, key.d_q, key.q)
    return m_q + (m_p - m_q) * key.q_inverse % key.p * key.q


def ecdsa(key: EcPrivateKey, digest: bytes, random: RandomSource) -> tuple[int, int]:
    """r and s over *digest* (BSI TR-03111 §4.2.1)."""
    n = int.from_bytes(key.domain.order, "big")
    e = int.from_bytes(digest, "big") >> max(0, 8 * len(digest) - n.bit_length())
    d = int.from_bytes(key.scalar, "big")
    while True:
        ephemeral = generate_key_pair(key.domain, random)
        r = int.from_bytes(ephemeral.public[1 : 1 + key.domain.field_size], "big") % n
        s = pow(int.from_bytes(ephemeral.private, "big"), -1, n) * (e + r * d) % n
        if r and s:
            return r, s
