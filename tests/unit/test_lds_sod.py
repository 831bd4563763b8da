# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from chipid.errors import LdsError, MalformedData, TlvError, UnsupportedFeature
from chipid.iso7816.tlv import build_tlv, parse_tlv
from chipid.lds.sod import EfSod, LDSSecurityObject

CONTENT = bytes.fromhex("3003020105")
GROUPS = {1: b"one", 2: b"two", 14: b"fourteen"}
SHA256 = bytes.fromhex("0609608648016503040201")
NULL = b"\x05\x00"
DIGEST = bytes(32)


def entry(number: int, value: bytes = DIGEST) -> bytes:
    return build_tlv(0x30, build_tlv(0x02, bytes((number,))), build_tlv(0x04, value))


def security_object(
    version: int = 0, entries: tuple[bytes, ...] = (entry(1), entry(2)), *more: bytes, algorithm: bytes = SHA256
) -> bytes:
    return build_tlv(0x30, build_tlv(0x02, bytes((version,))), build_tlv(0x30, algorithm), build_tlv(0x30, *entries), *more)


VERSION_INFO = build_tlv(0x30, build_tlv(0x13, b"0108"), build_tlv(0x13, b"040000"))


def test_ef_sod() -> None:
    raw = build_tlv(0x77, CONTENT)
    sod = EfSod.parse(raw)
    assert sod.cms == CONTENT
    assert not sod.indefinite_length
    assert sod.build() == raw
    assert CONTENT.hex() not in repr(sod)


@pytest.mark.parametrize("raw", ["778030030201050000", "77073080020105 0000", "77803080020105 00000000"])
def test_indefinite_lengths_are_read_and_flagged(raw: str) -> None:
    sod = EfSod.parse(bytes.fromhex(raw))
    assert sod.indefinite_length
    assert sod.cms in (CONTENT, bytes.fromhex("30800201050000"))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        CONTENT,
        build_tlv(0x77),
        build_tlv(0x77, b"\x31" + CONTENT[1:]),
        build_tlv(0x77, CONTENT, CONTENT),
        build_tlv(0x77, CONTENT, b"\x00"),
        build_tlv(0x77, CONTENT) + b"\x00",
        build_tlv(0x77, CONTENT)[:-1],
        bytes.fromhex("7780300302010500"),
    ],
)
def test_ef_sod_damage(raw: bytes) -> None:
    with pytest.raises(TlvError):
        EfSod.parse(raw)


def test_hashes_of_data_groups() -> None:
    made = LDSSecurityObject.over(GROUPS, "sha384")
    assert made.version == 0
    assert made.hashes == {number: hashlib.sha384(raw).digest() for number, raw in GROUPS.items()}
    parsed = LDSSecurityObject.parse(made.build())
    assert parsed == made
    assert parsed.deviations == ()
    assert not [digest for digest in made.hashes.values() if digest.hex() in repr(made) or repr(digest) in repr(made)]


def test_version_1_says_which_lds() -> None:
    made = LDSSecurityObject.over(GROUPS, lds_version="0108", unicode_version="040000")
    assert (made.version, made.hash_algorithm) == (1, "sha256")
    parsed = LDSSecurityObject.parse(made.build())
    assert (parsed.lds_version, parsed.unicode_version, parsed.deviations) == ("0108", "040000", ())
    assert made.build().endswith(VERSION_INFO)


@pytest.mark.parametrize(
    ("raw", "deviations"),
    [
        (security_object(), ()),
        (security_object(1, (entry(1), entry(2)), VERSION_INFO), ()),
        (security_object(0, (entry(1), entry(2)), VERSION_INFO), ("version-info",)),
        (security_object(1), ("version-info",)),  # BSI TR-03105-5.1 LDS_H_88
        (security_object(2, (entry(1), entry(2)), VERSION_INFO), ("version",)),
        (security_object(entries=(entry(1),)), ("hash-count",)),
        (security_object(entries=()), ("hash-count",)),
        (security_object(algorithm=SHA256 + NULL), ("hash-parameters",)),
        (security_object(1, (entry(1), entry(2)), VERSION_INFO, b"\x04\x00"), ("unknown-object",)),
    ],
)
def test_deviations_are_kept_and_shown(raw: bytes, deviations: tuple[str, ...]) -> None:
    parsed = LDSSecurityObject.parse(raw)
    assert parsed.deviations == deviations
    if parsed.hashes:
        assert parsed.build() == raw


def test_a_hash_of_another_length_is_kept_for_comparison_and_never_built() -> None:
    parsed = LDSSecurityObject.parse(security_object(entries=(entry(1, b"\x00" * 20), entry(2))))
    assert parsed.hashes[1] == b"\x00" * 20
    assert parsed.deviations == ("hash-length",)
    with pytest.raises(LdsError, match="32 octets"):
        parsed.build()


@pytest.mark.parametrize(
    "entries",
    [
        (entry(1), entry(0)),
        (entry(1), entry(17)),
        (entry(1), entry(0xFF)),
        (entry(1), entry(1)),
        (entry(1), entry(1, b"\x01" * 32)),
        (entry(1), entry(2, b"")),
        (entry(1), entry(2, bytes(65))),
        (entry(1), b"\x31" + entry(2)[1:]),
        (entry(1), build_tlv(0x30, entry(2)[2:], b"\x05\x00")),
        (entry(1), build_tlv(0x30, b"\x02\x01\x02")),
        (entry(1), build_tlv(0x30, b"\x02\x00", build_tlv(0x04, DIGEST))),
        (entry(1), build_tlv(0x30, build_tlv(0x02, b"\x02" * 9), build_tlv(0x04, DIGEST))),
    ],
)
def test_a_damaged_list_of_hashes(entries: tuple[bytes, ...]) -> None:
    with pytest.raises(MalformedData):
        LDSSecurityObject.parse(security_object(entries=entries))


def test_sixteen_hashes_are_the_most() -> None:
    assert len(LDSSecurityObject.parse(security_object(entries=tuple(entry(n) for n in range(1, 17)))).hashes) == 16


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x31" + security_object()[1:],
        security_object() + b"\x00",
        security_object()[:-1],
        build_tlv(0x30, parse_tlv(security_object()).value[3:]),
        security_object(algorithm=SHA256 + b"\x30\x00"),
        security_object(algorithm=SHA256 + NULL + NULL),
        security_object(algorithm=b"\x06\x00"),
        security_object(algorithm=b"\x06\x01\x80"),
        security_object(algorithm=b"\x06\x02\x80\x01"),
        security_object(1, (entry(1),), build_tlv(0x30, build_tlv(0x13, b"0108"))),
        security_object(1, (entry(1),), build_tlv(0x30, build_tlv(0x13, b"01\n8"), build_tlv(0x13, b"040000"))),
        security_object(1, (entry(1),), build_tlv(0x30, build_tlv(0x13, b"0" * 65), build_tlv(0x13, b"040000"))),
        security_object(1, (entry(1),), build_tlv(0x30, VERSION_INFO[2:], b"\x05\x00")),
        security_object(1, (entry(1),), VERSION_INFO, b"\x04"),
    ],
)
def test_a_damaged_security_object(raw: bytes) -> None:
    with pytest.raises(TlvError):
        LDSSecurityObject.parse(raw)


def test_another_hash_algorithm_is_unsupported() -> None:
    md5 = bytes.fromhex("06082A864886F70D0205")
    with pytest.raises(UnsupportedFeature):
        LDSSecurityObject.parse(security_object(algorithm=md5))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"hashes": {}}, "at least of one"),
        ({"hashes": {0: DIGEST}}, "1 to 16"),
        ({"hashes": {17: DIGEST}}, "1 to 16"),
        ({"hashes": {1: b""}}, "32 octets"),
        ({"lds_version": "0108"}, "stand together"),
        ({"lds_version": "0108", "unicode_version": "04_0"}, "PrintableString"),
    ],
)
def test_what_cannot_be_built(change: dict[str, object], message: str) -> None:
    with pytest.raises(LdsError, match=message):
        replace(LDSSecurityObject.over(GROUPS), **change).build()


def test_more_than_a_chip_is_read_for_is_refused() -> None:
    with pytest.raises(LdsError, match="octets"):
        EfSod.parse(build_tlv(0x77, build_tlv(0x30, bytes(512 * 1024))))
