# SPDX-License-Identifier: Apache-2.0
"""The chip's commands at their edges: what they select and read, and what they answer where something is missing or too long
(ICAO 9303-10 §3.6, 9303-11 §4, §6).

The plans' cases stand in ``test_chip_conformance_*``, on a chip with Extended Access Control.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from chipid.crypto.domain import EcDomain
from chipid.crypto.random import system_random
from chipid.emulator.applet import State
from chipid.emulator.attacks import without_file
from chipid.errors import UnsupportedFeature
from chipid.iso7816.file_ids import FileId
from chipid.iso7816.tlv import build_tlv
from chipid.lds.dg14 import Dg14
from chipid.lds.dg15 import Dg15
from chipid.lds.security_infos import ID_AA, ActiveAuthenticationInfo, SecurityInfos
from chipid.protocols.active_auth import active_authentication, evaluate_active_authentication
from chipid.protocols.object_identifiers import ID_ECDSA_PLAIN_SIGNATURES

AID = "A0000002471001"
SELECT_APPLICATION = "00 A4 04 0C 07" + AID
READ_DG1 = "00 B0 81 00 01"
PACE_OID = "04007F00070202040202"
SET_AT_PACE = f"00 22 C1 A4 0F 80 0A {PACE_OID} 83 01 02"
UNPROTECTED_6982 = (b"", 0x6982)
P256 = EcDomain.named("brainpoolP256r1")


def is_checking_error(sw: int) -> bool:
    return 0x6700 <= sw <= 0x6FFF


def general_authenticate(value: bytes, tag: int, cla: str) -> str:
    data = build_tlv(0x7C, build_tlv(tag, value))
    return f"{cla} 86 00 00 {len(data):02X} {data.hex()} 00"


# Before access control (9303-11 §4.2, §4.4.2) ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "command",
    [
        "00 B0 81 00 01",
        "00 B0 9D 00 01",
        "00 B0 9E 00 01",
        "00 A4 02 0C 02 01 01",
        "00 A4 02 0C 02 01 0D",
        "00 B0 00 00 01",
        "00 B1 00 01 03 54 01 00 00",
        "00 B1 01 01 03 54 01 00 00",
        "00 B1 00 00 03 54 01 00 00",
    ],
)
def test_nothing_of_the_application_opens_before_access_control(terminal, command: str) -> None:
    """9303-11-4.4.2-1 … -5: 6982, also for a file that is absent."""
    t = terminal()
    assert t.plain(SELECT_APPLICATION) == (b"", 0x9000)
    assert t.plain(command) == UNPROTECTED_6982


def test_selecting(terminal) -> None:
    """9303-10-3.6.1.1-1, 3.6.1.2-2."""
    t = terminal()
    assert t.plain("00 A4 00 0C 02 3F 00") == t.plain("00 A4 00 0C") == t.plain("00 A4 00 00") == (b"", 0x9000)
    assert t.plain("00 A4 04 0C 07 A0 00 00 02 47 10 7F") == (b"", 0x6A82)
    assert t.plain("00 A4 04 00 07" + AID + "00") == (bytes.fromhex("6F098407" + AID), 0x9000)
    assert t.plain("00 A4 01 0C 02 01 1C")[1] == 0x6A86
    assert t.plain("00 A4 02 04 02 01 1C")[1] == 0x6A86
    assert t.plain("00 A4 04 0C")[1] == 0x6A82
    assert t.plain("10 A4 00 0C")[1] == 0x6884
    assert t.plain("01 A4 00 0C")[1] == t.plain("04 A4 00 0C")[1] == 0x6E00


def test_master_file_after_the_application(terminal) -> None:
    t = terminal()
    t.plain(SELECT_APPLICATION)
    assert t.plain("00 B0 9C 00 01") == UNPROTECTED_6982
    t.plain("00 A4 00 0C 02 3F 00")
    assert t.plain("00 B0 9C 00 01") == (b"\x31", 0x9000)


# Basic Access Control (9303-11 §4.3) -------------------------------------------------------------------------------


def test_a_chip_may_offer_no_bac(terminal, chip_image) -> None:
    t = terminal(image=replace(chip_image, mrz_information=None))
    t.plain(SELECT_APPLICATION)
    assert t.plain("00 84 00 00 08") == (b"", 0x6A88)
    t = terminal(image=replace(chip_image, bac=False))
    with pytest.raises(UnsupportedFeature, match="Basic Access Control"):
        t.bac()
    assert t.pace_and_select().secure(READ_DG1)[1] == 0x9000


def test_challenge_wants_eight_octets_in_the_application(terminal) -> None:
    t = terminal()
    assert t.plain("00 84 00 00 08") == (b"", 0x6985)
    t.plain(SELECT_APPLICATION)
    assert t.plain("00 84 00 00") == t.plain("00 84 00 00 04") == (b"", 0x6700)
    assert t.plain("00 84 00 01 08") == (b"", 0x6A86)


# PACE (9303-11 §4.4) -----------------------------------------------------------------------------------------------


def test_pace_works_from_within_the_application(terminal) -> None:
    t = terminal()
    t.plain(SELECT_APPLICATION)
    t.pace()
    assert t.secure(READ_DG1) == (b"\x61", 0x9000)


def test_pace_steps_keep_their_order(terminal) -> None:
    """9303-11-4.4.4.2-1, -2."""
    t = terminal()
    nonce = "10 86 00 00 02 7C 00 00"
    assert t.plain(nonce) == (b"", 0x6985)
    t.plain(SET_AT_PACE)
    assert t.plain(general_authenticate(P256.generator, 0x83, "10"))[1] == 0x6A80
    assert t.card.applet.state is State.PLAIN
    assert t.plain(nonce) == (b"", 0x6985)
    t.plain(SET_AT_PACE)
    t.plain(nonce)
    t.plain("00 B0 9C 00 01")  # anything else voids the run
    assert t.plain(general_authenticate(P256.generator, 0x81, "10")) == (b"", 0x6985)


# Inside a session --------------------------------------------------------------------------------------------------


def test_files_by_both_identifiers(terminal, way: str) -> None:
    """9303-10-3.5.1-1, 3.6.3-1, 3.6.3.2-2, 9303-11-4.2-8."""
    t = terminal().open(way)
    image = t.card.image
    for file in (FileId.COM, FileId.SOD, FileId.DG1, FileId.DG2, FileId.DG14, FileId.DG15):
        assert t.secure(f"00 A4 02 0C 02 {file.fid:04X}") == (b"", 0x9000)
        assert t.secure("00 B0 00 00 04") == (image.files[file][:4], 0x9000)
        assert t.secure(f"00 B0 {0x80 | file.sfi:02X} 00 04") == (image.files[file][:4], 0x9000)
        assert t.secure("00 B0 00 01 04") == (image.files[file][1:5], 0x9000)


def test_selecting_the_application_anew_leaves_no_file_selected(terminal, way: str) -> None:
    t = terminal().open(way)
    assert t.secure(READ_DG1)[1] == 0x9000
    assert t.secure(SELECT_APPLICATION) == (b"", 0x9000)
    assert t.secure("00 B0 00 00 01") == (b"", 0x6986)


def test_a_protected_file_is_refused_whether_the_image_holds_it_or_not(terminal, way: str, chip_image) -> None:
    t = terminal(image=without_file(chip_image, FileId.DG3)).open(way)
    assert t.secure("00 B0 83 00 01") == t.secure("00 A4 02 0C 02 01 03") == (b"", 0x6982)


@pytest.mark.parametrize(
    ("command", "sw"),
    [
        ("00 B0 00 00 01", 0x6986),
        ("00 A4 02 0C 01 01", 0x6700),
        ("00 A4 02 0C 03 01 01 01", 0x6700),
        ("00 B0 81 00", 0x6700),
        ("00 B0 A1 00 01", 0x6A86),
        ("00 B0 80 00 01", 0x6A86),
        ("00 B0 81 00 01 00 01", 0x6700),
        ("00 C0 00 00 00", 0x6D00),
        ("00 D6 81 00 01 00", 0x6D00),
        ("00 E0 00 00 02 62 00", 0x6D00),
        ("00 84 00 00 08", 0x6985),
        ("00 82 00 00 08 0000000000000000", 0x6985),
        ("00 86 00 00 02 7C 00 00", 0x6985),
        ("00 22 41 B6 03 83 01 00", 0x6A86),
        ("00 88 00 01 08 0000000000000001 00", 0x6A86),
    ],
)
def test_an_ordinary_error_is_protected_and_the_session_lives(terminal, way: str, command: str, sw: int) -> None:
    """9303-10-3.6.3.1-1, 3.6.2-2, 4.5.1-1; 9303-11-9.8.3-4, -5."""
    t = terminal().open(way)
    assert t.secure(command) == (b"", sw)
    assert t.secure(READ_DG1) == (b"\x61", 0x9000)


def test_odd_read_binary(terminal, way: str) -> None:
    """9303-10-3.6.6-2, -3, 9303-11-9.8.4-2."""
    t = terminal().open(way)
    dg1 = t.card.image.files[FileId.DG1]
    expected = (build_tlv(0x53, dg1[:6]), 0x9000)
    assert t.secure("00 B1 00 01 03 54 01 00 08") == expected
    assert t.secure("00 B1 00 00 03 54 01 00 08") == expected
    assert t.secure("00 B1 01 01 03 54 01 00 08") == expected
    assert t.secure("00 B1 00 01 05 54 03 00 00 01 06") == (build_tlv(0x53, dg1[1:5]), 0x9000)
    for wrong in ("03 51 01 00 08", "00", "02 54 00 08", "06 54 01 00 54 01 00 08", "07 54 05 0000000000 08"):
        assert is_checking_error(t.secure("00 B1 00 01" + wrong)[1])
    assert t.wire("00 B1 00 01 03 54 01 00 08")[0][0] == 0x85


def test_beyond_32_kilobytes(terminal, way: str) -> None:
    t = terminal().open(way)
    dg2 = t.card.image.files[FileId.DG2]
    assert t.secure("00 B0 82 00 01")[1] == 0x9000
    assert t.secure("00 B0 7F FF 04") == (dg2[0x7FFF:0x8003], 0x9000)
    assert t.secure("00 B1 00 00 04 54 02 80 00 20") == (build_tlv(0x53, dg2[0x8000:0x801E]), 0x9000)
    end = len(dg2).to_bytes(3, "big").hex()
    assert t.secure(f"00 B1 00 00 05 54 03 {end} 20") == (b"", 0x6B00)


def test_the_end_of_a_file(terminal, way: str) -> None:
    """9303-10-3.6.3.1-2, -3."""
    t = terminal().open(way)
    dg1 = t.card.image.files[FileId.DG1]
    t.secure(READ_DG1)
    assert t.secure(f"00 B0 00 {len(dg1) - 4:02X} 10") == (dg1[-4:], 0x6282)
    assert t.secure(f"00 B0 00 {len(dg1) - 4:02X} 04") == (dg1[-4:], 0x9000)
    assert t.secure(f"00 B0 00 {len(dg1):02X} 01") == (b"", 0x6B00)
    assert t.secure("00 B0 7F FF 01") == (b"", 0x6B00)
    assert t.secure("00 B0 81 00 00") == (dg1, 0x9000)


def test_short_answers_hold_what_fits(terminal, way: str) -> None:
    t = terminal().open(way)
    most = 231 if way == "BAC" else 223
    assert len(t.secure("00 B0 82 00 00")[0]) == most
    assert len(t.wire("00 B0 82 00 00")[0]) <= 256


def test_extended_answers(terminal, way: str) -> None:
    t = terminal().open(way)
    dg2 = t.card.image.files[FileId.DG2]
    assert t.secure("00 B0 82 00 00 00 00") == (dg2, 0x9000)
    assert t.secure("00 B0 82 00 00 10 00") == (dg2[:4096], 0x9000)


# Chip Authentication (9303-11 §6.2, ISO7816_I, ISO7816_II) ---------------------------------------------------------


def test_a_chip_without_chip_authentication(terminal, chip_image) -> None:
    t = terminal(image=replace(chip_image, chip_authentication_keys={})).bac()
    assert t.secure("00 22 41 A4 0F 80 0A 04007F00070202030202 84 01 01") == (b"", 0x6A88)
    set_kat = build_tlv(0x91, P256.generator) + bytes.fromhex("84 01 01")
    assert t.secure(f"00 22 41 A6 {len(set_kat):02X} {set_kat.hex()}") == (b"", 0x6A88)


# Active Authentication (9303-11 §6.1) ------------------------------------------------------------------------------


def test_active_authentication_is_refused(terminal, way: str, chip_image) -> None:
    """9303-11-6.1.2.1-1."""
    t = terminal()
    t.plain(SELECT_APPLICATION)
    assert t.plain("00 88 00 00 08 0000000000000001 00") == UNPROTECTED_6982
    t.open(way)
    assert t.secure("00 88 00 00 07 00000000000001 00") == (b"", 0x6700)
    assert t.secure("00 88 00 00 09 000000000000000001 00") == (b"", 0x6700)
    assert t.secure("00 88 00 00 08 0000000000000001") == (b"", 0x6700)
    assert t.secure("00 88 00 00 00 00 07 00000000000001 00 00") == (b"", 0x6700)
    assert t.secure("00 88 00 00 00 00 08 0000000000000001 00 80") == (b"", 0x6700)  # Le shorter than the signature
    without_key = terminal(image=replace(chip_image, active_authentication_key=None)).open(way)
    assert without_key.secure("00 88 00 00 08 0000000000000001 00") == (b"", 0x6A88)


def test_a_long_signature_needs_an_extended_le(terminal, way: str) -> None:
    t = terminal().open(way)
    assert t.secure("00 88 00 00 08 0000000000000001 00") == (b"", 0x6700)
    data, sw = t.secure("00 88 00 00 00 00 08 0000000000000001 00 00")
    assert (len(data), sw) == (256, 0x9000)


@pytest.mark.parametrize(("arc", "hash_name"), [(2, "sha224"), (3, "sha256"), (4, "sha384")])
def test_an_ecdsa_chip_hashes_as_dg14_declares(terminal, chip_image, arc: int, hash_name: str) -> None:
    """9303-11-6.1.2.3-1: r ‖ s, each as long as the order."""
    key = ec.generate_private_key(ec.BrainpoolP384R1())
    pkcs8 = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    info = ActiveAuthenticationInfo(ID_AA, 1, f"{ID_ECDSA_PLAIN_SIGNATURES}.{arc}")
    infos = SecurityInfos.of([info])
    files = {**chip_image.files, FileId.DG14: Dg14(infos).build(), FileId.DG15: Dg15(spki).build()}
    t = terminal(image=replace(chip_image, files=files, active_authentication_key=pkcs8)).bac()
    transcript = t.within(active_authentication(system_random))
    assert len(transcript.response) == 96
    finding = evaluate_active_authentication(spki, infos, transcript)
    assert finding.ok is True
    assert hash_name in finding.detail
