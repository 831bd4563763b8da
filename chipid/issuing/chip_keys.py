# SPDX-License-Identifier: Apache-2.0
"""The static keys of a test chip: Active Authentication (RSA, ECDSA), Chip Authentication and its mapping (EC, Diffie-Hellman)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from chipid.crypto.agreement_key import AgreementKey, DhPublicKey
from chipid.crypto.domain import EcDomain, generate_key_pair, standardised_domain
from chipid.crypto.private_key import build_private_key
from chipid.crypto.random import RandomSource
from chipid.crypto.signature import EcPublicKey
from chipid.crypto.spki import build_spki
from chipid.errors import UnsupportedFeature

RSA_EXPONENT = 65537


@dataclass(frozen=True)
class ChipKeys:
    """Private keys as PKCS#8, and their public halves; ``None`` and empty where the chip has none.

    :ivar active_authentication_spki: the SubjectPublicKeyInfo for DG15.
    :ivar chip_authentication: by key identifier; ``chip_authentication_public`` likewise.
    """

    active_authentication: bytes | None = field(default=None, repr=False)
    active_authentication_spki: bytes | None = None
    chip_authentication: Mapping[int | None, bytes] = field(default_factory=dict, repr=False)
    chip_authentication_public: Mapping[int | None, AgreementKey] = field(default_factory=dict)


def make_chip_keys(*, active: int | str | None, groups: Mapping[int | None, int], random: RandomSource) -> ChipKeys:
    """New keys.

    :param active: of Active Authentication: an RSA modulus' bits, or a curve's name; ``None`` for a chip without.
    :param groups: of the keys of Chip Authentication, in each version and in PACE's mapping: the number of the standardised group
        (ICAO 9303-11 §9.5.1) by key identifier.
    :param random: for all but RSA keys, which come from the system.
    :raises UnsupportedFeature: a group that does not exist.
    """
    active_key, active_spki = (None, None) if active is None else _signing_key(active, random)
    private: dict[int | None, bytes] = {}
    public: dict[int | None, AgreementKey] = {}
    for key_id, group_id in groups.items():
        private[key_id], public[key_id] = _agreement_key(group_id, random)
    return ChipKeys(active_key, active_spki, private, public)


def _signing_key(kind: int | str, random: RandomSource) -> tuple[bytes, bytes]:
    """A private key, and its SubjectPublicKeyInfo."""
    if isinstance(kind, int):
        return _rsa_key(kind)
    domain = EcDomain.named(kind)
    pair = generate_key_pair(domain, random)
    # Chips spell the parameters out, as ICAO 9303-12 §4.1.6.3 asks for.
    return build_private_key(domain, pair.private), build_spki(EcPublicKey(domain, pair.public, explicit=True))


def _agreement_key(group_id: int, random: RandomSource) -> tuple[bytes, AgreementKey]:
    domain = standardised_domain(group_id)
    if domain is None:
        raise UnsupportedFeature(f"standardised domain parameters {group_id}")
    pair = generate_key_pair(domain, random)
    public = EcPublicKey(domain, pair.public) if isinstance(domain, EcDomain) else DhPublicKey(domain, pair.public)
    return build_private_key(domain, pair.private), public


def _rsa_key(bits: int) -> tuple[bytes, bytes]:
    key = rsa.generate_private_key(public_exponent=RSA_EXPONENT, key_size=bits)
    private = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return private, key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
