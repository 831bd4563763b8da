# SPDX-License-Identifier: Apache-2.0
"""Project Wycheproof's and Botan's cases: what they call invalid is refused, what they call valid is accepted."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from curves import CURVES

from chipid import _native
from chipid._native import EcDomain, NativeError
from chipid.crypto.signature import EcdsaScheme, Pkcs1Scheme, PssScheme, Scheme, verify
from chipid.crypto.spki import parse_public_key
from chipid.errors import ChipIdError

pytestmark = pytest.mark.real_data

HASHES: dict[str, _native.Hash] = {
    "SHA-1": "sha1", "SHA-224": "sha224", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512",
}  # fmt: skip
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


def _signatures(real_data: Path, pattern: str, scheme_of: Callable[[dict[str, Any]], Scheme]) -> int:
    valid = 0
    for group, case in _cases(real_data, pattern):
        der = group.get("publicKeyDer") or group["publicKeyAsn"]
        key = parse_public_key(bytes.fromhex(der))
        accepted = verify(key, scheme_of(group), bytes.fromhex(case["msg"]), bytes.fromhex(case["sig"]))
        _judge(group, case, accepted)
        valid += accepted
    return valid


def test_ecdsa(real_data: Path) -> None:
    def scheme(group: dict[str, Any]) -> Scheme:
        return EcdsaScheme(HASHES[group["sha"]], plain=group["type"] == "EcdsaP1363Verify")

    assert _signatures(real_data, "ecdsa_*.json", scheme) > 2500


def test_rsa_pkcs1(real_data: Path) -> None:
    assert _signatures(real_data, "rsa_signature_*.json", lambda group: Pkcs1Scheme(HASHES[group["sha"]])) > 20


def test_rsa_pss(real_data: Path) -> None:
    def scheme(group: dict[str, Any]) -> Scheme:
        return PssScheme(HASHES[group["sha"]], HASHES[group["mgfSha"]], group["sLen"])

    assert _signatures(real_data, "rsa_pss_*.json", scheme) > 300


# Botan ------------------------------------------------------------------------------------------------------------
def _blocks(real_data: Path, name: str) -> Iterator[tuple[str, dict[str, str]]]:
    """(section, fields) of each block of a .vec file; a field stays until it is given again."""
    section, fields = "", dict[str, str]()
    for line in [*(real_data / "09_crypto" / "botan" / name).read_text(encoding="utf-8").splitlines(), ""]:
        if line.startswith("["):
            section = line.strip("[]")
        elif " =" in line and not line.startswith("#"):
            key, _, value = line.partition("=")
            fields[key.strip()] = value.strip()
        elif not line and fields:
            yield section, fields
            fields = {}


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
