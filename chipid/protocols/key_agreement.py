# SPDX-License-Identifier: Apache-2.0
"""Elliptic-curve Diffie-Hellman between chip and terminal (ICAO 9303-11 §9.6), with every received key validated first.

A refused key is :class:`chipid.errors.MalformedData` on both ends: the terminal lets it out, the chip turns it into a status word.
"""

from __future__ import annotations

from chipid._native import Cipher, NativeError, Secret
from chipid.crypto.domain import EcDomain, KeyPair
from chipid.errors import MalformedData

UNCOMPRESSED = 0x04
CIPHER_BITS: dict[Cipher, int] = {"3DES": 112, "AES-128": 128, "AES-192": 192, "AES-256": 256}


def checked_public_key(domain: EcDomain, point: bytes) -> bytes:
    """A public key received from the other end, if it is a point of *domain* in the one encoding that Doc 9303 allows.

    :param point: ``04 ‖ x ‖ y``, both coordinates at full length (ICAO 9303-11 §9.4.4, BSI TR-03111 §3.2.1).
    :raises MalformedData: another form or length, not on the curve, or the point at infinity.
    """
    if len(point) != 1 + 2 * domain.field_size or point[0] != UNCOMPRESSED:
        raise MalformedData("a public key is not an uncompressed point of the agreed group")
    try:
        return domain.check_point(point)
    except NativeError as error:
        raise MalformedData(f"a public key is not a point of the agreed group ({error.code})") from None


def shared_secret(domain: EcDomain, own: KeyPair, peer: bytes) -> Secret:
    """K = KA(own private key, *peer*): the x-coordinate at full length (ICAO 9303-11 §9.6, BSI TR-03111 §4.3.1).

    :raises MalformedData: *peer* is no key of *domain*.
    """
    point = checked_public_key(domain, peer)
    try:
        return domain.agree(own.private, point)
    except NativeError as error:
        raise MalformedData(f"the key agreement has no result ({error.code})") from None


def shared_point(domain: EcDomain, own: KeyPair, peer: bytes) -> Secret:
    """As :func:`shared_secret`, the whole point, uncompressed: H of the generic mapping.

    :raises MalformedData: *peer* is no key of *domain*.
    """
    point = checked_public_key(domain, peer)
    try:
        return Secret(domain.agree_point(own.private, point))
    except NativeError as error:
        raise MalformedData(f"the key agreement has no result ({error.code})") from None


def strength(cipher_bits: int, domain: EcDomain) -> tuple[int, int, int]:
    """A key for sorting: the weaker of cipher and curve first, then each of them, in bits of security."""
    curve_bits = int.from_bytes(domain.order, "big").bit_length() // 2
    return min(cipher_bits, curve_bits), cipher_bits, curve_bits
