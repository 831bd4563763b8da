# SPDX-License-Identifier: Apache-2.0
"""What the matrices of combinations share: every group of the standard and one of an issuer's own, keys in them, equal sessions."""

from __future__ import annotations

from functools import cache
from random import Random

from chipid.crypto import asn1
from chipid.crypto.agreement_key import DhPublicKey, build_agreement_key, build_domain
from chipid.crypto.domain import DH_PARAMETER_IDS, EC_PARAMETER_IDS, DhDomain, Domain, EcDomain, KeyPair, generate_key_pair
from chipid.crypto.domain import standardised_domain as _standardised
from chipid.crypto.signature import EcPublicKey
from chipid.iso7816.secure_messaging import SecureMessaging

CIPHERS = ("3DES", "AES-128", "AES-192", "AES-256")
GROUPS = (*DH_PARAMETER_IDS, *EC_PARAMETER_IDS)
"""ICAO 9303-11 §9.5.1."""
OWN_GROUP, PKCS3_GROUP = 99, 98
"""Stand for the group below, which has no number: with its order (ANSI X9.42), and without (PKCS#3)."""

# Found with random.Random: the first prime of 224 bits, then the first prime of 1024 bits that is 1 modulo twice that one.
_P = int(
    "F8032890FB12FEDD4D5D6BF3A535E66ED9185D518B1B50B3FA9C88B20CD27C13AD2A317EAA422164DA28E0A5C1FEF2CD"
    "C53B856B2DC47AD8702CD61DE9CADDD39A9549815189AF9113C29E29C2BF46A84E709C8E92F63AE6A356E456DC162818"
    "7DF9EFA71011D305E9AD45F97E013392A260A5ABD4D3E33A829521A096C4687F",
    16,
)
_Q = int("BC1119072BDE37ADC436020DB95010E93A4984B748CC79E475C0FB29", 16)


@cache
def group(number: int) -> Domain:
    if number in (OWN_GROUP, PKCS3_GROUP):
        generator = pow(2, (_P - 1) // _Q, _P)
        return DhDomain.explicit(_octets(_P), _octets(generator), _octets(_Q) if number == OWN_GROUP else None)
    domain = _standardised(number)
    assert domain is not None
    return domain


def group_name(number: int) -> str:
    return group(number).name + (" of PKCS3" if number == PKCS3_GROUP else "")


def is_curve(number: int) -> bool:
    return isinstance(group(number), EcDomain)


@cache
def key_pair(number: int, name: str = "chip") -> KeyPair:
    """One key for each *name* in the group of that number."""
    return generate_key_pair(group(number), Random(f"{name} {number}").randbytes)


def private_key(number: int, name: str = "chip") -> bytes:
    """PKCS#8, the group spelt out."""
    domain, private = group(number), bytes(key_pair(number, name).private)
    if isinstance(domain, EcDomain):
        key = asn1.sequence(asn1.integer(1), asn1.octet_string(private))
    else:
        key = asn1.integer(int.from_bytes(private, "big"))
    return asn1.sequence(asn1.integer(0), build_domain(domain), asn1.octet_string(key))


def public_key(number: int, name: str = "chip", *, explicit: bool = False) -> bytes:
    """SubjectPublicKeyInfo, the group by its number or spelt out."""
    domain, public = group(number), key_pair(number, name).public
    key = EcPublicKey(domain, public) if isinstance(domain, EcDomain) else DhPublicKey(domain, public)
    return build_agreement_key(key, None if explicit or number not in GROUPS else number)


def assert_same_session(ours: SecureMessaging, theirs: SecureMessaging) -> None:
    """Both ways, with data: keys do not come out of a session."""
    command, response = bytes.fromhex("00B0810004"), bytes.fromhex("615B5F1F9000")
    assert ours.cipher == theirs.cipher
    assert ours.ssc == theirs.ssc
    assert theirs.unprotect_command(ours.protect_command(command)) == command
    assert ours.unprotect_response(theirs.protect_response(response)) == response


def _octets(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")
