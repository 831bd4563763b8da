# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from chipid.errors import LdsError, TlvError
from chipid.iso7816.tlv import build_tlv
from chipid.lds.dg1 import Dg1
from chipid.lds.mrz import Mrz, MrzFormat

MRZS = {
    MrzFormat.TD1: "IDVNM0990123459001099012345<<09909173M3909171VNM<<<<<<<<<<<0NGUYEN<<VAN<AN<<<<<<<<<<<<<<<<",
    MrzFormat.TD2: "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<D231458907UTO7408122F1204159<<<<<<<6",
    MrzFormat.TD3: "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<L898902C36UTO7408122F1204159ZE184226B<<<<<10",
}
TD1 = MRZS[MrzFormat.TD1].encode()


def dg1(mrz: bytes) -> bytes:
    return build_tlv(0x61, build_tlv(0x5F1F, mrz))


@pytest.mark.parametrize("mrz_format", MRZS)
def test_dg1(mrz_format: MrzFormat) -> None:
    raw = dg1(MRZS[mrz_format].encode())
    parsed = Dg1.parse(raw)
    assert parsed.mrz.format is mrz_format
    assert parsed.build() == raw
    assert Dg1(Mrz.parse(MRZS[mrz_format])) == parsed
    assert repr(parsed) == f"Dg1(mrz=<Mrz {mrz_format.name}>)"


def test_what_is_odd_in_the_zone_is_odd_in_the_file() -> None:
    assert Dg1.parse(dg1(TD1)).deviations == ()
    assert Dg1.parse(dg1(TD1.replace(b"IDVNM", b"XDVNM"))).deviations == ("document-code",)


def test_wrong_check_digits_stay_as_they_are() -> None:
    raw = dg1(TD1.replace(b"9909173", b"9909174"))
    parsed = Dg1.parse(raw)
    assert parsed.mrz.check_digit_errors == ("birth_date", "composite")
    assert parsed.build() == raw


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        dg1(TD1)[:-1],
        dg1(TD1) + b"\x00",
        b"\x62" + dg1(TD1)[1:],  # BSI TR-03105-5.1 LDS_B_05
        b"\x61\x5c" + dg1(TD1)[2:],  # LDS_B_06
        b"\x61\x5e" + dg1(TD1)[2:],  # LDS_B_07
        build_tlv(0x61),
        build_tlv(0x61, build_tlv(0x5F1E, TD1)),
        build_tlv(0x61, build_tlv(0x5F1F, TD1), build_tlv(0x5F1F, TD1)),
    ],
)
def test_damage(raw: bytes) -> None:
    with pytest.raises(TlvError):
        Dg1.parse(raw)


@pytest.mark.parametrize(
    "mrz",
    [
        b"",
        TD1[:-1],
        TD1 + b"<",
        TD1[:30] + b"\n" + TD1[30:],
        b" " + TD1,
        TD1.lower(),
        TD1[:-1] + b"\x00",
        TD1[:-1] + b"\xcb",
        TD1[:-1] + b"\x85",
    ],
)
def test_other_characters_and_lengths(mrz: bytes) -> None:
    with pytest.raises(LdsError) as error:
        Dg1.parse(dg1(mrz))
    assert error.value.path == (0x61, 0x5F1F)
    assert error.value.offset is not None
    assert "NGUYEN" not in str(error.value)


def test_a_wrong_character_is_placed_in_the_file() -> None:
    with pytest.raises(LdsError, match=r"character 3 in line 2 .* in 61/5F1F at offset 37$") as error:
        Dg1.parse(dg1(TD1.replace(b"9909173M", b"99O9173M")))
    assert error.value.offset == 5 + 32


@pytest.mark.parametrize("width", [44, 36])
def test_no_chip_has_a_visa(width: int) -> None:
    visa = ("V<UTOERIKSSON<<ANNA".ljust(width, "<") + "L8988901C4XXX4009078F9612109").ljust(2 * width, "<")
    with pytest.raises(LdsError, match="visa") as error:
        Dg1.parse(dg1(visa.encode()))
    assert (error.value.offset, error.value.path) == (5, (0x61, 0x5F1F))
    with pytest.raises(LdsError, match="visa"):
        Dg1(Mrz.parse(visa))
