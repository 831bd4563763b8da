# SPDX-License-Identifier: Apache-2.0
"""Diffie-Hellman between chip and terminal, on curves and in finite fields (ICAO 9303-11 §9.6), with every received key validated
first.

A refused key is :class:`chipid.errors.MalformedData` on both ends: the terminal lets it out, the chip turns it into a status word.
"""

from __future__ import annotations

from chipid._native import Cipher, NativeError, Secret
from chipid.crypto.domain import Domain, EcDomain, KeyPair, bits_of_security
from chipid.errors import MalformedData
from chipid.iso7816.tlv import build_tlv
from chipid.pki.cv_public_key import PUBLIC_KEY
from chipid.protocols.object_identifiers import oid_object

UNCOMPRESSED = 0x04
CIPHER_BITS: dict[Cipher, int] = {"3DES": 112, "AES-128": 128, "AES-192": 192, "AES-256": 256}

EC_POINT, DH_VALUE = 0x86, 0x84


def checked_public_key(domain: Domain, public: bytes) -> bytes:
    """A public key received from the other end, if it is one of *domain*.

    :param public: a point as ``04 ‖ x ‖ y``, both coordinates at full length, the one encoding that Doc 9303 allows (ICAO 9303-11
        §9.4.4, BSI TR-03111 §3.2.1); or a number (§9.4.1), given back without leading zeros.
    :raises MalformedData: another form or length; not on the curve, or the point at infinity; no element of the subgroup, or 1.
    """
    if not isinstance(domain, EcDomain):
        try:
            return domain.check_element(public)
        except NativeError as error:
            raise MalformedData(f"a public key is not an element of the agreed group ({error.code})") from None
    if len(public) != 1 + 2 * domain.field_size or public[0] != UNCOMPRESSED:
        raise MalformedData("a public key is not an uncompressed point of the agreed group")
    try:
        return domain.check_point(public)
    except NativeError as error:
        raise MalformedData(f"a public key is not a point of the agreed group ({error.code})") from None


def shared_secret(domain: Domain, own: KeyPair, peer: bytes) -> Secret:
    """K = KA(own private key, *peer*): the x-coordinate, or the number, at full length (ICAO 9303-11 §9.6, BSI TR-03111 §4.3.1,
    PKCS#3).

    :raises MalformedData: *peer* is no key of *domain*.
    """
    public = checked_public_key(domain, peer)
    try:
        return domain.agree(own.private, public)
    except NativeError as error:
        raise MalformedData(f"the key agreement has no result ({error.code})") from None


def shared_element(domain: Domain, own: KeyPair, peer: bytes) -> Secret:
    """As :func:`shared_secret`, the whole element, as a public key is written: H of the generic mapping.

    :raises MalformedData: *peer* is no key of *domain*.
    """
    public = checked_public_key(domain, peer)
    try:
        if isinstance(domain, EcDomain):
            return Secret(domain.agree_point(own.private, public))
        return Secret(domain.agree_element(own.private, public))
    except NativeError as error:
        raise MalformedData(f"the key agreement has no result ({error.code})") from None


def public_key_object(oid: str, domain: Domain, public: bytes) -> bytes:
    """The data object 7F49 over which authentication tokens are made: the protocol and the key (ICAO 9303-11 §9.4.5)."""
    return build_tlv(PUBLIC_KEY, oid_object(oid), build_tlv(EC_POINT if isinstance(domain, EcDomain) else DH_VALUE, public))


def strength(cipher: Cipher, domain: Domain) -> tuple[int, int, int]:
    """A key for sorting: the weaker of cipher and group first, then each of them, in bits of security."""
    cipher_bits, group_bits = CIPHER_BITS[cipher], bits_of_security(domain)
    return min(cipher_bits, group_bits), cipher_bits, group_bits
