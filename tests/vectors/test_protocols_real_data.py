# SPDX-License-Identifier: Apache-2.0
"""What published EF.CardAccess and DG14 files of real and specimen documents make the terminal choose."""

from __future__ import annotations

from pathlib import Path

import pytest

from chipid.errors import UnsupportedFeature
from chipid.lds.card_access import CardAccess
from chipid.lds.dg14 import Dg14
from chipid.protocols.chip_auth import select_chip_authentication
from chipid.protocols.general_authenticate import reference
from chipid.protocols.pace import select_pace

pytestmark = pytest.mark.real_data

GM_AES_128 = "0.4.0.127.0.7.2.2.4.2.2"
CAM_AES_128 = "0.4.0.127.0.7.2.2.4.6.2"
WITHOUT_STANDARDISED_PACE = {"card_access_gmrtd_6943fe54.bin", "ef_cardaccess_old_testcard.bin"}


def test_pace(real_data: Path):
    """Chip Authentication Mapping goes before the generic one of the same strength; version 1 of PACE is passed over."""
    files = sorted((real_data / "05_lds" / "card_access").glob("*.bin"))
    assert len(files) >= 15
    for file in files:
        infos = CardAccess.parse(file.read_bytes()).infos
        choice = select_pace(infos)
        if file.name in WITHOUT_STANDARDISED_PACE:
            assert choice is None, file.name
        else:
            assert choice is not None, file.name
            expected = CAM_AES_128 if CAM_AES_128 in {info.oid for info in infos.pace} else GM_AES_128
            assert (choice.info.oid, choice.info.parameter_id) == (expected, 13), file.name


@pytest.mark.parametrize(
    ("name", "cipher", "key_id"),
    [
        ("dg14_gmrtd_0bdf42c0.bin", "AES-128", 195),
        ("dg14_gmrtd_56139d69.bin", "3DES", None),
        ("dg14_gmrtd_aff8c921.bin", "AES-128", None),
    ],
)
def test_chip_authentication(real_data: Path, name, cipher, key_id):
    choice = select_chip_authentication(Dg14.parse((real_data / "05_lds" / "dg14" / name).read_bytes()).infos)
    assert choice is not None
    assert (choice.cipher, choice.key_id, choice.domain.name, choice.declared) == (cipher, key_id, "brainpoolP256r1", True)
    assert key_id is None or reference(key_id) == b"\xc3"


def test_chip_authentication_in_a_finite_field(real_data: Path):
    """The standard's own sample: parameters in the form of PKCS#3, without the order."""
    choice = select_chip_authentication(Dg14.parse((real_data / "05_lds/dg14/spec_sample_encoded_dg14.bin").read_bytes()).infos)
    assert choice is not None
    assert (choice.cipher, choice.domain.name, choice.domain.order) == ("3DES", "modp1024", b"")


def test_chip_authentication_that_is_not_spoken(real_data: Path):
    """Version 16 of the protocol."""
    with pytest.raises(UnsupportedFeature):
        select_chip_authentication(Dg14.parse((real_data / "05_lds/dg14/dg14_pymrtd_91269369.bin").read_bytes()).infos)
