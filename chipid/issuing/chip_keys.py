# SPDX-License-Identifier: Apache-2.0
"""The static keys of a test chip: Active Authentication (RSA) and Chip Authentication (EC)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from chipid.crypto.domain import generate_key_pair
from chipid.crypto.random import RandomSource
from chipid.crypto.signature import EcPublicKey
from chipid.crypto.spki import EC_PUBLIC_KEY, build_ec_parameters, build_spki
from chipid.iso7816.tlv import build_tlv
from chipid.lds.der import OCTET_STRING, SEQUENCE, build_integer, build_oid
from chipid.lds.security_infos import ChipAuthenticationPublicKeyInfo
from chipid.protocols.object_identifiers import ID_PK_ECDH
from chipid.protocols.pace.domain_parameters import standardised_domain

RSA_EXPONENT = 65537


@dataclass(frozen=True)
class ChipKeys:
    """Private keys as PKCS#8, and what DG14 and DG15 publish of them; ``None`` and empty where the chip has none."""

    active_authentication: bytes | None = field(default=None, repr=False)
    active_authentication_spki: bytes | None = None
    chip_authentication: Mapping[int | None, bytes] = field(default_factory=dict, repr=False)
    chip_authentication_info: ChipAuthenticationPublicKeyInfo | None = None


def make_chip_keys(*, rsa_bits: int | None, parameter_id: int | None, random: RandomSource) -> ChipKeys:
    """New keys.

    :param rsa_bits: of the Active Authentication key; ``None`` for a chip without.
    :param parameter_id: standardised curve of the Chip Authentication key (ICAO 9303-11 §9.5.1); ``None`` for a chip without.
    """
    active, active_spki = _rsa_key(rsa_bits) if rsa_bits is not None else (None, None)
    domain = standardised_domain(parameter_id)
    if domain is None:
        return ChipKeys(active, active_spki)
    pair = generate_key_pair(domain, random)
    inner = build_tlv(SEQUENCE, build_integer(1), build_tlv(OCTET_STRING, bytes(pair.private)))
    algorithm = build_tlv(SEQUENCE, build_oid(EC_PUBLIC_KEY), build_ec_parameters(domain, explicit=False))
    pkcs8 = build_tlv(SEQUENCE, build_integer(0), algorithm, build_tlv(OCTET_STRING, inner))
    # Chips spell the parameters out, as ICAO 9303-11 §9.6 asks for.
    spki = build_spki(EcPublicKey(domain, pair.public, explicit=True))
    return ChipKeys(active, active_spki, {None: pkcs8}, ChipAuthenticationPublicKeyInfo(ID_PK_ECDH, spki))


def _rsa_key(bits: int) -> tuple[bytes, bytes]:
    key = rsa.generate_private_key(public_exponent=RSA_EXPONENT, key_size=bits)
    private = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return private, key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
