# SPDX-License-Identifier: Apache-2.0
"""Chip Authentication Mapping: the chip proves its static key within PACE (ICAO 9303-11 §4.4.3.5, §4.4.5.6).

The chip's mapping key pair is (SK_map, PK_map), its static one (SK_IC, PK_IC). It sends CA_IC = SK_IC⁻¹ · SK_map mod n under the
new keys, and the terminal finds that PK_map = CA_IC · PK_IC. PK_IC stands in EF.CardSecurity, which is signed.
"""

from __future__ import annotations

from chipid._native import NativeError
from chipid.crypto import asn1
from chipid.crypto.agreement_key import DH_KEY_AGREEMENT, DH_PUBLIC_NUMBER, parse_agreement_key
from chipid.crypto.cipher import BLOCK_SIZE, cbc_decrypt, cbc_encrypt, zero_iv
from chipid.crypto.domain import EcDomain
from chipid.crypto.kdf import SessionKeys
from chipid.crypto.mac import equal
from chipid.crypto.private_key import EcPrivateKey
from chipid.crypto.signature import EcPublicKey
from chipid.errors import MalformedData, UnsupportedFeature
from chipid.evidence import ChipAuthenticationMappingTranscript
from chipid.lds.security_infos import SecurityInfos
from chipid.protocols.finding import Finding
from chipid.protocols.pace.selection import pace_choice
from chipid.protocols.pace.suite import SUITES, MappingKind

KEYS_MAX = 8
"""Keys of EF.CardSecurity that are looked at for one proof."""
_PADDING = 0x80


def encrypt_chip_authentication_data(keys: SessionKeys, data: bytes) -> bytes:
    """Data object 8A: CBC under KS_Enc with IV = E(KS_Enc, −1), padding method 2 (§4.4.3.5.1)."""
    block = BLOCK_SIZE[keys.cipher]
    padded = data + bytes((_PADDING,)) + bytes(-(len(data) + 1) % block)
    return cbc_encrypt(keys.cipher, keys.ks_enc, _iv(keys), padded)


def decrypt_chip_authentication_data(keys: SessionKeys, encrypted: bytes) -> bytes:
    """CA_IC from data object 8A; empty where it is no such cryptogram."""
    if len(encrypted) % BLOCK_SIZE[keys.cipher]:
        return b""
    padded = cbc_decrypt(keys.cipher, keys.ks_enc, _iv(keys), encrypted)
    data = padded.rstrip(b"\0")
    well_padded = data[-1:] == bytes((_PADDING,)) and len(padded) - len(data) < BLOCK_SIZE[keys.cipher]
    return data[:-1] if well_padded else b""


def chip_authentication_data(static: EcPrivateKey, mapping_private: int) -> bytes:
    """CA_IC, as long as the order, leading zeros kept (§4.4.5.6): the chip's end."""
    n = int.from_bytes(static.domain.order, "big")
    value = pow(int.from_bytes(static.scalar, "big"), -1, n) * mapping_private % n
    return value.to_bytes(len(static.domain.order), "big")


def evaluate_chip_authentication_mapping(  # one answer a step
    infos: SecurityInfos, transcript: ChipAuthenticationMappingTranscript
) -> Finding:
    """Whether the chip holds the private key to its static key in EF.CardSecurity (§4.4.3.5.2).

    :param infos: of EF.CardSecurity, whose signature has to be verified apart.
    :raises UnsupportedFeature: the group is one that chipid does not know.
    :raises MalformedData: the static key is none.
    """
    # 1. The chip sent a proof
    if not transcript.encrypted:
        return Finding(False, "cam-data-missing", "The chip sent no proof (8A) in PACE with Chip Authentication Mapping.")
    # 2. EF.CardSecurity offers this protocol, and holds a key for it
    domain = _offered_domain(infos, transcript)
    if domain is None:
        return Finding(False, "cam-not-in-card-security", "EF.CardSecurity does not offer the PACE that was run.")
    key = _static_key(infos, transcript.parameter_id, domain)
    if key is None:
        return Finding(False, "cam-key-missing", "EF.CardSecurity holds no key for Chip Authentication Mapping.")
    # 3. PK_map = CA_IC · PK_IC
    try:
        product = domain.agree_point(transcript.data, key.point)
    except NativeError:
        return Finding(False, "cam-data-malformed", "The chip's proof (8A) is no cryptogram of a number of the group.")
    if len(transcript.data) != len(domain.order) or not equal(product, transcript.mapping_key):
        return Finding(False, "cam-wrong-key", "The chip does not hold the private key that belongs to EF.CardSecurity.")
    return Finding.success(f"The chip holds the private key ({domain.name}).")


def _offered_domain(infos: SecurityInfos, transcript: ChipAuthenticationMappingTranscript) -> EcDomain | None:
    suite = SUITES.get(transcript.oid)
    if suite is None or suite.mapping is not MappingKind.CHIP_AUTHENTICATION:
        return None
    for info in infos.pace:
        if (info.oid, info.parameter_id) == (transcript.oid, transcript.parameter_id):
            domain = pace_choice(infos, info).domain
            return domain if isinstance(domain, EcDomain) else None
    return None


def _static_key(infos: SecurityInfos, parameter_id: int | None, domain: EcDomain) -> EcPublicKey | None:
    """By key id, which is the parameter id (§9.2.1), and group; one without an id where there is no other of the group."""
    named_first = sorted(infos.chip_authentication_public_keys, key=lambda info: info.key_id != parameter_id)
    others: list[tuple[int | None, EcPublicKey]] = []
    problem: MalformedData | UnsupportedFeature | None = None
    for info in named_first[:KEYS_MAX]:
        try:
            key = _key_of_group(info.spki, domain)
        except (MalformedData, UnsupportedFeature) as error:
            problem = error
            continue
        if key is not None and info.key_id == parameter_id:
            return key
        if key is not None:
            others.append((info.key_id, key))
    if len(others) == 1 and others[0][0] is None:
        return others[0][1]
    if not others and problem is not None:
        raise problem
    return None


def _key_of_group(spki: bytes, domain: EcDomain) -> EcPublicKey | None:
    """A key in *domain*; ``None`` for another's. One in a finite field is not parsed, which would cost a second or more."""
    algorithm = asn1.parse(spki, asn1.SEQUENCE).children().sequence()
    if algorithm.expect(asn1.OBJECT_IDENTIFIER).oid() in (DH_PUBLIC_NUMBER, DH_KEY_AGREEMENT):
        return None
    key = parse_agreement_key(spki)
    return key if isinstance(key, EcPublicKey) and key.domain.name == domain.name else None


def _iv(keys: SessionKeys) -> bytes:
    return cbc_encrypt(keys.cipher, keys.ks_enc, zero_iv(keys.cipher), b"\xff" * BLOCK_SIZE[keys.cipher])
