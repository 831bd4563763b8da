# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace

import pytest

from chipid.errors import LdsError, MalformedData, TlvError
from chipid.iso7816.tlv import build_tlv
from chipid.lds.com import EfCom

# EF.COM as a CCCD lists its data groups.
CCCD = bytes.fromhex("60185F0104303130375F36063034303030305C066175636D6F6E")
VERSIONS = bytes.fromhex("5F0104303130375F3606303430303030")


def test_cccd() -> None:
    com = EfCom.parse(CCCD)
    assert com == EfCom("0107", "040000", (0x61, 0x75, 0x63, 0x6D, 0x6F, 0x6E))
    assert com.data_groups == (1, 2, 3, 13, 15, 14)
    assert com.build() == CCCD
    assert com.deviations == ()
    assert EfCom.of_data_groups((1, 2, 3, 13, 15, 14)).build() == CCCD


def test_unknown_tags_and_objects_are_kept() -> None:
    raw = build_tlv(0x60, VERSIONS, build_tlv(0x5C, bytes.fromhex("615F1F7F8102002A6175")), build_tlv(0x53, b"x"))
    com = EfCom.parse(raw)
    assert com.tags == (0x61, 0x5F1F, 0x7F8102, 0x00, 0x2A, 0x61, 0x75)
    assert com.data_groups == (1, 2)
    assert com.unknown == (build_tlv(0x53, b"x"),)
    assert com.deviations == ("unknown-object",)
    assert com.build() == raw


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        CCCD[:-1],
        CCCD + b"\x00",
        b"\x61" + CCCD[1:],
        b"\x60\x17" + CCCD[2:],  # BSI TR-03105-5.1 LDS_A_02
        b"\x60\x19" + CCCD[2:],  # LDS_A_03
        build_tlv(0x60, VERSIONS[7:], bytes.fromhex("5C026175")),  # LDS_A_05
        build_tlv(0x60, VERSIONS[:7], bytes.fromhex("5C026175")),  # LDS_A_07
        build_tlv(0x60, VERSIONS),  # LDS_A_09
        build_tlv(0x60, VERSIONS[7:], VERSIONS[:7], bytes.fromhex("5C026175")),
        build_tlv(0x60, VERSIONS, bytes.fromhex("5C0261755C02")),
        build_tlv(0x60, VERSIONS, bytes.fromhex("5C02617F")),
        build_tlv(0x60, VERSIONS, bytes.fromhex("5C047F818181")),
    ],
)
def test_damage(raw: bytes) -> None:
    with pytest.raises(TlvError):
        EfCom.parse(raw)


@pytest.mark.parametrize(("version", "deviations"), [("0106", ("lds-version",)), ("0107", ()), ("0108", ())])
def test_the_versions_of_the_standard(version: str, deviations: tuple[str, ...]) -> None:
    assert replace(EfCom.parse(CCCD), lds_version=version).deviations == deviations


@pytest.mark.parametrize("version", [b"01.7", b"107", b"01070", "0\u00b207".encode("latin-1"), b""])
def test_a_version_is_in_digits(version: bytes) -> None:
    with pytest.raises(LdsError, match="4 digits") as error:
        EfCom.parse(build_tlv(0x60, build_tlv(0x5F01, version), VERSIONS[7:], bytes.fromhex("5C026175")))
    assert error.value.path == (0x60, 0x5F01)
    with pytest.raises(LdsError):
        replace(EfCom.parse(CCCD), lds_version=version.decode("latin-1")).build()
    with pytest.raises(LdsError):
        replace(EfCom.parse(CCCD), unicode_version=version.decode("latin-1")).build()


def test_a_tag_list_is_bounded() -> None:
    EfCom.parse(build_tlv(0x60, VERSIONS, build_tlv(0x5C, b"\x61" * 64)))
    with pytest.raises(LdsError, match="64"):
        EfCom.parse(build_tlv(0x60, VERSIONS, build_tlv(0x5C, b"\x61" * 65)))


@pytest.mark.parametrize("number", [0, 17, -1])
def test_data_groups_are_from_1_to_16(number: int) -> None:
    with pytest.raises(MalformedData, match="1 to 16"):
        EfCom.of_data_groups((1, number))
