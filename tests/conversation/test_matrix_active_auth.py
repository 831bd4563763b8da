# SPDX-License-Identifier: Apache-2.0
"""Every combination of Active Authentication, as a conversation inside a session (ICAO 9303-11 §6.1).

The wire gives no more than the command's Le asks for, protected: the terminal has to ask for long answers in the extended form.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from functools import cache
from random import Random

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa as rsa_keys

from chipid.crypto import asn1
from chipid.crypto.domain import EcDomain
from chipid.crypto.private_key import RsaPrivateKey, parse_private_key
from chipid.crypto.signature import EcPublicKey, RsaPublicKey
from chipid.crypto.spki import CURVE_OIDS, build_ec_parameters, build_spki
from chipid.iso7816.apdu import CommandAPDU, ResponseAPDU
from chipid.iso7816.dialogue import run
from chipid.iso7816.secure_messaging import SecureMessaging, secured
from chipid.lds.security_infos import ActiveAuthenticationInfo, SecurityInfos
from chipid.protocols.active_auth import (
    ActiveAuthenticationChip,
    active_authentication,
    evaluate_active_authentication,
    needs_extended_le,
)
from chipid.protocols.finding import Finding

RSA_BITS = (1024, 1280, 1536, 1792, 2048, 2560, 3072, 3584, 4096)
HASHES = ("sha1", "sha224", "sha256", "sha384", "sha512")
SIZES = {name: hashlib.new(name).digest_size for name in HASHES}
FIELD_SIZES = {name: EcDomain.named(name).field_size for name in CURVE_OIDS.values()}


@dataclass(frozen=True)
class Combination:
    """:ivar form: ``s`` or ``min(s, n-s)`` for RSA, ``plain`` or ``DER`` for ECDSA."""

    family: str
    key: int | str
    hash: str
    form: str

    def __str__(self) -> str:
        return f"{self.family}-{self.key}-{self.hash}-{self.form}"


COMBINATIONS = [
    Combination("AA-RSA", bits, hash_name, form) for bits in RSA_BITS for hash_name in HASHES for form in ("s", "min(s, n-s)")
] + [Combination("AA-ECDSA", curve, hash_name, form) for curve in FIELD_SIZES for hash_name in HASHES for form in ("plain", "DER")]


@cache
def rsa_pkcs8(bits: int) -> bytes:
    key = rsa_keys.generate_private_key(public_exponent=65537, key_size=bits)
    return key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


@cache
def ec_pkcs8(curve: str) -> bytes:
    domain = EcDomain.named(curve)
    scalar = Random(curve).randrange(1, int.from_bytes(domain.order, "big")).to_bytes(len(domain.order), "big")
    algorithm = asn1.sequence(asn1.oid("1.2.840.10045.2.1"), build_ec_parameters(domain, explicit=True))
    return asn1.sequence(asn1.integer(0), algorithm, asn1.octet_string(asn1.sequence(asn1.integer(1), asn1.octet_string(scalar))))


def public_half(pkcs8: bytes) -> RsaPublicKey | EcPublicKey:
    key = parse_private_key(pkcs8)
    return RsaPublicKey(key.n, key.e) if isinstance(key, RsaPrivateKey) else EcPublicKey(key.domain, key.public, explicit=True)


class SessionWire:
    """The chip behind secure messaging, with Le obeyed: 256 octets of protected answer, unless the extended form asks for more."""

    def __init__(self, chip: ActiveAuthenticationChip, session: SecureMessaging) -> None:
        self._chip, self._session = chip, session
        self.extended: list[bool] = []

    def transmit(self, raw: bytes) -> bytes:
        command = CommandAPDU.from_bytes(self._session.unprotect_command(raw))
        outer = CommandAPDU.from_bytes(raw)
        assert (command.ins, command.p1, command.p2, len(command.data)) == (0x88, 0, 0, 8)
        self.extended.append(outer.extended)
        answer = self._chip.internal_authenticate(command.data)
        protected = self._session.protect_response(ResponseAPDU(answer, 0x9000).to_bytes())
        if len(protected) - 2 <= (outer.le or 0):
            return protected
        pytest.fail("the terminal asked for less than the answer")


def converse(combination: Combination) -> Finding:
    rsa = combination.family == "AA-RSA"
    pkcs8 = rsa_pkcs8(int(combination.key)) if rsa else ec_pkcs8(str(combination.key))
    chip = ActiveAuthenticationChip(
        pkcs8,
        Random(str(combination)).randbytes,
        hash_name=combination.hash,
        plain=combination.form == "plain",
        smaller=combination.form == "min(s, n-s)",
    )
    key, keys = public_half(pkcs8), (b"\x01" * 16, b"\x02" * 16, bytes(16))
    wire = SessionWire(chip, SecureMessaging("AES-128", *keys))
    size = key.bits // 8 if rsa else None
    long = size is not None and needs_extended_le(size, "AES-128")
    dialogue = active_authentication(Random(9).randbytes, extended=long, signature_size=size)
    transcript = run(secured(dialogue, SecureMessaging("AES-128", *keys)), wire)
    assert wire.extended == [long]
    infos = None if rsa else declared(combination.hash)
    return evaluate_active_authentication(build_spki(key), infos, transcript, challenge=Random(9).randbytes(8))


def declared(hash_name: str) -> SecurityInfos:
    oid = f"0.4.0.127.0.7.1.1.4.1.{HASHES.index(hash_name) + 1}"
    return SecurityInfos.of([ActiveAuthenticationInfo("2.23.136.1.1.5", 1, oid)])


def deviations(combination: Combination) -> set[str]:
    """What departs from the standards, from the combination alone."""
    if combination.family == "AA-RSA":
        found = {"aa-short-key": int(combination.key) < 2048}
    else:
        size = FIELD_SIZES[str(combination.key)]
        found = {
            "aa-short-key": size < 28,
            "aa-hash-too-long": SIZES[combination.hash] > size,
            "aa-der": combination.form == "DER",
        }
    return {reason for reason, holds in (found | {"aa-sha1": combination.hash == "sha1"}).items() if holds}


@pytest.mark.combinations("Active Authentication")
@pytest.mark.parametrize("combination", COMBINATIONS, ids=str)
def test_combination(combination: Combination) -> None:
    finding = converse(combination)
    expected = deviations(combination)
    assert finding.ok is True
    assert set(finding.deviations) == expected
    assert finding.reason in (expected or {"ok"})
    assert combination.hash in finding.detail


def test_the_counts() -> None:
    assert Counter(combination.family for combination in COMBINATIONS) == {"AA-RSA": 90, "AA-ECDSA": 120}
    assert len(set(COMBINATIONS)) == len(COMBINATIONS)
