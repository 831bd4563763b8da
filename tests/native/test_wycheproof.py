# SPDX-License-Identifier: Apache-2.0
"""Project Wycheproof's and Botan's cases: what they call invalid is refused, what they call valid is accepted."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from curves import CURVES

from chipid import _native
from chipid._native import EcDomain, NativeError
from chipid.crypto import asn1
from chipid.crypto.algorithms import OID_OF_HASH, build_algorithm_identifier, scheme_from_algorithm_identifier
from chipid.crypto.signature import EcdsaScheme, EcPublicKey, Pkcs1Scheme, RsaPublicKey, Scheme, verify, verify_digest
from chipid.crypto.spki import (
    CURVE_OIDS,
    EC_PUBLIC_KEY,
    build_spki,
    parse_certificate_key,
    parse_ec_parameters,
    parse_public_key,
)
from chipid.errors import ChipIdError, UnsupportedFeature
from chipid.pki.signatures import SignatureFinding, verify_signature

pytestmark = pytest.mark.real_data

# The same keys without a cofactor are called invalid once and acceptable once; Ukraine's certificates have none.
OURS_TO_CHOOSE = {"NoCofactor"}


def _cases(folder: Path, pattern: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    files = sorted((folder / "09_crypto" / "wycheproof").glob(pattern))
    assert files
    for file in files:
        for group in json.loads(file.read_text(encoding="utf-8"))["testGroups"]:
            for case in group["tests"]:
                yield {"file": file.name, **group}, case


def _judge(group: dict[str, Any], case: dict[str, Any], accepted: bool) -> None:
    where = f"{group['file']} {case['tcId']} {case['comment']} {case['flags']}"
    if case["result"] == "acceptable" or OURS_TO_CHOOSE.intersection(case["flags"]):
        return
    assert accepted is (case["result"] == "valid"), where


def test_cmac(real_data: Path) -> None:
    count = 0
    for group, case in _cases(real_data, "aes_cmac_test.json"):
        key, message, tag = (bytes.fromhex(case[name]) for name in ("key", "msg", "tag"))
        try:
            accepted = _native.equal(_native.cmac(key, message)[: group["tagSize"] // 8], tag)
        except NativeError:
            accepted = False
        _judge(group, case, accepted)
        count += 1
    assert count == 311


def _shared(case: dict[str, Any], group: dict[str, Any]) -> bytes | None:
    public, private = bytes.fromhex(case["public"]), bytes.fromhex(case["private"])
    try:
        if group["encoding"] == "ecpoint":
            domain, point = EcDomain.named(group["curve"]), public
        else:
            key = parse_public_key(public)
            domain, point = key.domain, key.point  # type: ignore[union-attr]
        if domain.name != group["curve"]:
            return None
        return bytes(domain.agree(private, point))
    except (NativeError, ChipIdError):
        return None


def test_ecdh(real_data: Path) -> None:
    valid = 0
    for group, case in _cases(real_data, "ecdh_*.json"):
        shared = _shared(case, group)
        _judge(group, case, shared is not None)
        if shared is not None and case["result"] != "invalid":
            assert shared == bytes.fromhex(case["shared"]), (group["file"], case["tcId"])
            valid += 1
    assert valid > 2500


# Signatures -------------------------------------------------------------------------------------------------------
CLAIMED_HASHES: dict[str, _native.Hash] = {
    "SHA-1": "sha1", "SHA-224": "sha224", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512",
}  # fmt: skip
OTHER_HASHES = {f"SHA3-{bits}": f"2.16.840.1.101.3.4.2.{arc}" for arc, bits in enumerate((224, 256, 384, 512), 7)}
SCHEMES: dict[str, Callable[[_native.Hash], Scheme]] = {
    "EcdsaVerify": EcdsaScheme,
    "EcdsaP1363Verify": partial(EcdsaScheme, plain=True),
    "RsassaPkcs1Verify": Pkcs1Scheme,
    "RsassaPkcs1Generate": Pkcs1Scheme,
}

# What Project Wycheproof leaves to the implementation: whether we accept it, and what we then tell.
ACCEPTABLE: dict[str, tuple[bool, frozenset[str]]] = {
    "SmallModulus": (True, frozenset({"short-key"})),  # RSA-1024 and RSA-1536 are in the PKD
    "WeakHash": (True, frozenset({"sha1-signature"})),  # so is SHA-1
    "SmallPublicKey": (True, frozenset()),  # e = 3: one key in ten of those with RSA
    "MissingNull": (True, frozenset({"pkcs1-digest-info"})),  # ICAO's master list of September 2023 is signed so
    "MissingZero": (False, frozenset()),  # a DER INTEGER that lacks its sign octet: nobody has been seen to sign so
}
TOLERANCES = {"ecdsa-signature-encoding", "pkcs1-digest-info", "signature-hash-differs"}


def _algorithm(group: dict[str, Any]) -> bytes:
    """The AlgorithmIdentifier of a group of cases."""
    if not group["type"].startswith("RsassaPss"):
        return build_algorithm_identifier(SCHEMES[group["type"]](CLAIMED_HASHES[group["sha"]]))
    oids = [OTHER_HASHES.get(name) or OID_OF_HASH[CLAIMED_HASHES[name]] for name in (group["sha"], group["mgfSha"])]
    digest, mask = (asn1.sequence(asn1.oid(oid), asn1.null()) for oid in oids)
    mgf1 = asn1.sequence(asn1.oid("1.2.840.113549.1.1.8"), mask)
    fields = (asn1.encode(0xA0, digest), asn1.encode(0xA1, mgf1), asn1.encode(0xA2, asn1.integer(group["sLen"])))
    return asn1.sequence(asn1.oid("1.2.840.113549.1.1.10"), asn1.sequence(*fields))


def _finding(spki: bytes, algorithm: bytes, case: dict[str, Any]) -> SignatureFinding | None:
    """What passive authentication would find; ``None`` where the algorithm is not one that chipid claims."""
    message, signature = bytes.fromhex(case["msg"]), bytes.fromhex(case["sig"])
    try:
        key, scheme = parse_certificate_key(spki), scheme_from_algorithm_identifier(algorithm)
    except UnsupportedFeature:
        return None
    finding = verify_signature(key, algorithm, message, signature)
    # Where nothing is tolerated, the plain door says the same.
    assert verify(key, scheme, message, signature) is (finding.valid and TOLERANCES.isdisjoint(finding.deviations))
    return finding


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("ecdsa_*.json", {"valid": 2881, "invalid": 2777}),
        ("rsa_pkcs1_*_sig_gen_test.json", {"valid": 24, "acceptable": 67}),
        ("rsa_signature_*.json", {"valid": 23, "acceptable": 3, "invalid": 750}),
        ("rsa_pss_*.json", {"valid": 493, "invalid": 269}),
    ],
)
def test_signatures(real_data: Path, pattern: str, expected: dict[str, int]) -> None:
    """By SubjectPublicKeyInfo and AlgorithmIdentifier, as certificates and CMS have them; no tolerance rescues an invalid one."""
    judged = Counter[str]()
    for group, case in _cases(real_data, pattern):
        finding = _finding(bytes.fromhex(group.get("publicKeyDer") or group["keyDer"]), _algorithm(group), case)
        where = f"{group['file']} {case['tcId']} {case['comment']} {case['flags']}"
        assert finding is not None, where
        accepted, told = case["result"] == "valid", frozenset[str]()
        if case["result"] == "acceptable":
            choices = [ACCEPTABLE[flag] for flag in case["flags"]]
            accepted, told = all(choice for choice, _ in choices), frozenset().union(*(codes for _, codes in choices))
        assert finding.valid is accepted, where
        assert told <= set(finding.deviations), where
        assert TOLERANCES.isdisjoint(set(finding.deviations) - told), where
        judged[case["result"]] += 1
    assert judged == expected


# Botan ------------------------------------------------------------------------------------------------------------
def _blocks(real_data: Path, name: str, stay: tuple[str, ...] = ()) -> Iterator[tuple[str, dict[str, str]]]:
    """(section, fields) of each block of a .vec file; the fields *stay* until they are given again."""
    section, fields = "", dict[str, str]()
    for line in [*(real_data / "09_crypto" / "botan" / name).read_text(encoding="utf-8").splitlines(), ""]:
        if line.startswith("["):
            section = line.strip("[]")
        elif " =" in line and not line.startswith("#"):
            key, _, value = line.partition("=")
            fields[key.strip()] = value.strip()
        elif not line and fields:
            yield section, fields
            fields = {key: value for key, value in fields.items() if key in stay}


def test_botan_macs(real_data: Path) -> None:
    aes = [block for section, block in _blocks(real_data, "cmac.vec") if "AES" in section]
    assert len(aes) > 10
    for block in aes:
        assert (
            _native.cmac(bytes.fromhex(block["Key"]), bytes.fromhex(block["In"])).hex().upper() == block["Out"].upper()
        )
    x919 = [block for _, block in _blocks(real_data, "x919_mac.vec") if len(block["Key"]) == 32]
    assert len(x919) == 4
    for block in x919:
        message = bytes.fromhex(block["In"])
        message += bytes(-len(message) % 8)  # padding method 1
        assert _native.retail_mac(bytes.fromhex(block["Key"]), message, False).hex().upper() == block["Out"].upper()


def test_botan_multiples_of_the_generator(real_data: Path) -> None:
    seen = set()
    for section, block in _blocks(real_data, "ecc_base_point_mul.vec"):
        name = section.replace("brainpool", "brainpoolP")
        if name not in CURVES:
            continue
        domain, number = EcDomain.named(name), int(block["k"], 0 if block["k"].startswith("0x") else 16)
        if 0 < number < CURVES[name].n:
            point = bytes.fromhex(block["P"].removeprefix("0x"))
            assert domain.public_key(number.to_bytes(domain.field_size, "big")) == domain.check_point(point)
            seen.add(name)
    assert len(seen) > 6


BOTAN_CURVES = {
    # The curve's object identifier, where it is none that chipid claims.
    "secp256k1": "1.3.132.0.10", "secp160k1": "1.3.132.0.9", "secp160r1": "1.3.132.0.8", "secp160r2": "1.3.132.0.30",
    "secp224k1": "1.3.132.0.32", "x962_p239v1": "1.2.840.10045.3.1.4", "x962_p239v2": "1.2.840.10045.3.1.5",
    "frp256v1": "1.2.250.1.223.101.256.1",
}  # fmt: skip


def test_botan_ecdsa(real_data: Path) -> None:
    """Signatures over digests, as r ‖ s; the cases that came of wrong reductions are among them."""
    judged = Counter[object]()
    for _, block in _blocks(real_data, "ecdsa_verify.vec"):
        group = block["Group"]
        if group in BOTAN_CURVES:
            parameters = asn1.oid(BOTAN_CURVES[group])
            with pytest.raises(UnsupportedFeature, match="curve"):
                parse_public_key(asn1.sequence(asn1.sequence(asn1.oid(EC_PUBLIC_KEY), parameters), asn1.bit_string(b"\4")))
            judged["unsupported"] += 1
            continue
        domain = EcDomain.named(group)
        x, y = (int(block[name], 0).to_bytes(domain.field_size, "big") for name in ("Px", "Py"))
        key, digest, signature = EcPublicKey(domain, b"\4" + x + y), bytes.fromhex(block["Msg"]), bytes.fromhex(block["Signature"])
        valid = block.get("Valid", "1") == "1"
        if len(digest) > 64:
            with pytest.raises(UnsupportedFeature):  # longer than any hash
                verify_digest(key, EcdsaScheme("sha512", plain=True), digest, signature)
            judged["too long"] += 1
            continue
        assert verify_digest(key, EcdsaScheme("sha256", plain=True), digest, signature) is valid
        judged[valid] += 1
    assert judged == {True: 14, "too long": 2, "unsupported": 15}


def test_botan_explicit_parameters(real_data: Path) -> None:
    """Private keys in PKCS#8: the curve is known by its parameters, and the public key lies on it."""
    known = Counter[bool]()
    for section, block in _blocks(real_data, "ecdsa_explicit.vec"):
        fields = asn1.Reader(bytes.fromhex(block["Key"])).sequence()
        fields.expect(asn1.INTEGER)
        algorithm = fields.sequence()
        assert algorithm.expect(asn1.OBJECT_IDENTIFIER).oid() == EC_PUBLIC_KEY
        parameters = algorithm.read().raw
        name = section.replace("brainpool", "brainpoolP")
        known[name in CURVE_OIDS.values()] += 1
        if name not in CURVE_OIDS.values():
            with pytest.raises(UnsupportedFeature, match="no known curve"):
                parse_ec_parameters(parameters)
            continue
        domain, explicit = parse_ec_parameters(parameters)
        assert (domain.name, explicit) == (name, True)
        private = asn1.Reader(fields.octet_string()).sequence()
        private.expect(asn1.INTEGER)
        scalar = private.octet_string()
        public = private.expect(0xA1).only_child(asn1.BIT_STRING).bits()
        assert domain.public_key(scalar) == domain.check_point(public)
    assert known == {True: 10, False: 3}


def test_botan_pss(real_data: Path) -> None:
    """SHA-2 with salts of all lengths; SHA-3 is not claimed."""
    judged = Counter[bool]()
    for _, block in _blocks(real_data, "rsa_pss.vec", ("E", "P", "Q", "Hash")):
        if "Signature" not in block:
            continue  # a key on its own
        n = int(block["P"], 0) * int(block["Q"], 0)
        name = re.sub(r"SHA-3\((\d+)\)", r"SHA3-\1", block["Hash"])
        salt = len(bytes.fromhex(block.get("Nonce", "")))
        algorithm = _algorithm({"type": "RsassaPssVerify", "sha": name, "mgfSha": name, "sLen": salt})
        spki = build_spki(RsaPublicKey(n, int(block["E"], 0)))
        case = {"msg": block["Msg"], "sig": block["Signature"]}
        finding = _finding(spki, algorithm, case)
        assert (finding is not None) is (name in CLAIMED_HASHES), block["Hash"]
        if finding is not None:
            assert (finding.valid, set(finding.deviations) <= {"short-key"}) == (True, True)
            assert not _finding(spki, algorithm, {**case, "msg": block["Msg"] + "00"})
        judged[finding is not None] += 1
    assert judged == {True: 80, False: 8}
