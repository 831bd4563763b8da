# SPDX-License-Identifier: Apache-2.0
"""What ICAO Doc 9303-10, -11 and BSI TR-03105 part 3.2 demand of a chip; each test names the clause or the case."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from chipid.crypto.domain import EcDomain, generate_key_pair
from chipid.crypto.random import system_random
from chipid.crypto.spki import parse_public_key
from chipid.emulator.applet import State
from chipid.emulator.attacks import without_file
from chipid.errors import SecureMessagingError, UnsupportedFeature, WrongPassword
from chipid.iso7816.apdu import CommandAPDU
from chipid.iso7816.dialogue import run as drive
from chipid.iso7816.file_ids import FileId
from chipid.iso7816.secure_messaging import protected
from chipid.iso7816.tlv import build_tlv
from chipid.lds.dg14 import Dg14
from chipid.lds.dg15 import Dg15
from chipid.lds.security_infos import ID_AA, ActiveAuthenticationInfo, SecurityInfos
from chipid.protocols.active_auth import active_authentication, evaluate_active_authentication
from chipid.protocols.chip_auth import evaluate_chip_authentication
from chipid.protocols.object_identifiers import ID_ECDSA_PLAIN_SIGNATURES
from chipid.protocols.password import Password, PasswordKind

AID = "A0000002471001"
SELECT_APPLICATION = "00 A4 04 0C 07" + AID
READ_DG1 = "00 B0 81 00 01"
PACE_OID = "04007F00070202040202"
CA_OID = "04007F00070202030202"
SET_AT_PACE = f"00 22 C1 A4 0F 80 0A {PACE_OID} 83 01 02"
UNPROTECTED_6982 = (b"", 0x6982)
P256 = EcDomain.named("brainpoolP256r1")


def is_checking_error(sw: int) -> bool:
    return 0x6700 <= sw <= 0x6FFF


def set_kat(public_key: bytes, tag: int = 0x91, reference: str = "84 01 01") -> str:
    data = build_tlv(tag, public_key) + bytes.fromhex(reference)
    return f"00 22 41 A6 {len(data):02X} {data.hex()}"


def set_at_ca(reference: str = "84 01 01") -> str:
    data = bytes.fromhex(f"80 0A {CA_OID} {reference}")
    return f"00 22 41 A4 {len(data):02X} {data.hex()}"


def general_authenticate(value: bytes, tag: int = 0x80, cla: str = "00") -> str:
    data = build_tlv(0x7C, build_tlv(tag, value))
    return f"{cla} 86 00 00 {len(data):02X} {data.hex()} 00"


def assert_dead(terminal, session=None) -> None:
    """9303-11 §9.8.3: a session that has ended answers nothing under its keys."""
    with pytest.raises(SecureMessagingError) as caught:
        terminal.secure(READ_DG1, session)
    assert caught.value.code == "sm-plaintext"


# Before access control (9303-11 §4.2, §4.4.2) ----------------------------------------------------------------------


def test_card_access_is_readable_before_access_control(terminal) -> None:
    """9303-11-4.2-1, 9303-10-3.11.3-1."""
    t = terminal()
    card_access = t.card.image.files[FileId.CARD_ACCESS]
    assert t.plain("00 B0 9C 00 00") == (card_access, 0x9000)
    assert t.plain("00 A4 02 0C 02 01 1C") == (b"", 0x9000)
    assert t.plain("00 B0 00 00 00") == (card_access, 0x9000)
    assert is_checking_error(t.plain("00 D6 9C 00 01 00")[1])


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


def test_card_security_opens_after_pace_alone(terminal) -> None:
    """9303-10-3.11.4-1."""
    t = terminal()
    assert t.plain("00 B0 9D 00 01") == UNPROTECTED_6982
    t.pace()
    assert t.secure("00 B0 9D 00 01") == (b"\x30", 0x9000)
    t = terminal().bac()
    t.secure("00 A4 00 0C")
    assert t.secure("00 B0 9D 00 01")[1] == 0x6982


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


def test_challenges_are_fresh(terminal) -> None:
    """9303-11-4.3.1-2."""
    t = terminal()
    t.plain(SELECT_APPLICATION)
    challenges = {t.plain("00 84 00 00 08"), t.plain("00 84 00 00 08")}
    t.card.reset()
    t.plain(SELECT_APPLICATION)
    challenges.add(t.plain("00 84 00 00 08"))
    assert len(challenges) == 3
    assert {sw for _, sw in challenges} == {0x9000}


def test_bac_with_another_mrz_is_refused(terminal) -> None:
    """9303-11-4.3.1-8."""
    t = terminal()
    with pytest.raises(WrongPassword):
        t.bac("099012346399091733909171")
    assert t.card.applet.session is None


@pytest.mark.parametrize("size", [0, 1, 39, 41])
def test_external_authenticate_of_another_length(terminal, size: int) -> None:
    """9303-11-4.3.4.2-1."""
    t = terminal()
    t.plain(SELECT_APPLICATION)
    t.plain("00 84 00 00 08")
    lc = f"{size:02X}" if size else ""
    assert t.plain(f"00 82 00 00 {lc} {'00' * size} 28") == (b"", 0x6700)


def test_a_challenge_serves_once(terminal) -> None:
    """9303-11-4.3.1-7: after a wrong cryptogram there is no challenge left, nor after any other command."""
    t = terminal()
    t.plain(SELECT_APPLICATION)
    external_authenticate = "00 82 00 00 28" + "00" * 40 + "28"
    assert t.plain(external_authenticate) == (b"", 0x6985)
    t.plain("00 84 00 00 08")
    assert t.plain(external_authenticate) == (b"", 0x6300)
    assert t.plain(external_authenticate) == (b"", 0x6985)
    t.plain("00 84 00 00 08")
    t.plain(READ_DG1)
    assert t.plain(external_authenticate) == (b"", 0x6985)


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


@pytest.mark.parametrize("kind", [PasswordKind.MRZ, PasswordKind.CAN])
def test_pace_opens_with_mrz_and_can(terminal, kind: PasswordKind) -> None:
    """9303-11-4.2-5, -6, -7."""
    information = "099012345999091733909171"
    password = Password.from_mrz_information(information) if kind is PasswordKind.MRZ else None
    t = terminal().pace(password)
    assert t.secure("00 B0 9E 00 01")[1] == 0x6A82  # no EF.DIR in this master file
    assert t.secure(SELECT_APPLICATION) == (b"", 0x9000)
    assert t.secure(READ_DG1) == (b"\x61", 0x9000)


def test_pace_works_from_within_the_application(terminal) -> None:
    t = terminal()
    t.plain(SELECT_APPLICATION)
    t.pace()
    assert t.secure(READ_DG1) == (b"\x61", 0x9000)


def test_pace_with_a_wrong_can(terminal) -> None:
    """9303-11-4.4.3.4-2, EAC2_ISO7816_H_6."""
    t = terminal()
    with pytest.raises(WrongPassword):
        t.pace(Password.from_text(PasswordKind.CAN, "543210"))
    assert t.card.applet.session is None
    assert t.plain("10 86 00 00 02 7C 00 00")[1] == 0x6985
    t.pace_and_select()
    assert t.secure(READ_DG1)[1] == 0x9000


def test_set_at(terminal, chip_image) -> None:
    """9303-11-4.4.4.1-1 … -4, EAC2_ISO7816_H_5."""
    t = terminal()
    assert t.plain(SET_AT_PACE) == (b"", 0x9000)
    assert t.plain(SET_AT_PACE.replace("A4 0F", "A4 12") + "84 01 0D") == (b"", 0x9000)
    assert t.plain(SET_AT_PACE.replace("A4 0F", "A4 12") + "84 01 1F") == (b"", 0x6A88)
    assert t.plain("00 22 C1 A4 0F 80 0A 04007F000702020402FF 83 01 01") == (b"", 0x6A80)
    without_can = terminal(image=replace(chip_image, can=None))
    assert without_can.plain(SET_AT_PACE) == (b"", 0x6A88)
    without_pace = terminal(image=without_file(chip_image, FileId.CARD_ACCESS))
    assert without_pace.plain(SET_AT_PACE) == (b"", 0x6A81)
    assert t.plain("00 22 41 B6 03 83 01 00") == (b"", 0x6A86)


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


@pytest.mark.parametrize("point", ["04" + "00" * 64, "02" + "11" * 32, "04" + "11" * 64, "", "04" + "11" * 48])
def test_pace_mapping_with_no_point(terminal, point: str) -> None:
    """9303-11-4.4.3.2-1, 4.4.4.2-4."""
    t = terminal()
    t.plain(SET_AT_PACE)
    t.plain("10 86 00 00 02 7C 00 00")
    data, sw = t.plain(general_authenticate(bytes.fromhex(point), 0x81, "10"))
    assert data == b""
    assert sw == 0x6300 or is_checking_error(sw)


def test_nonces_differ(terminal) -> None:
    """9303-11-4.4.3.3-2."""
    t = terminal()
    nonces = set()
    for _ in range(3):
        t.plain(SET_AT_PACE)
        nonces.add(t.plain("10 86 00 00 02 7C 00 00")[0])
    assert len(nonces) == 3


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


def test_absent_and_protected_files(terminal, way: str) -> None:
    """9303-10-3.6.2-1, 3.6.3.2-3, ISO7816_H_1, _H_3, _H_11."""
    t = terminal().open(way)
    assert t.secure("00 A4 02 0C 02 01 7F") == (b"", 0x6A82)
    assert t.secure("00 B0 8D 00 01") == (b"", 0x6A82)
    assert t.secure("00 A4 02 0C 02 01 03") == (b"", 0x6982)
    assert t.secure("00 B0 83 00 01") == (b"", 0x6982)
    assert t.secure("00 B1 00 03 03 54 01 00 07") == t.secure("00 B1 01 03 03 54 01 00 07") == (b"", 0x6982)
    assert t.secure("00 B0 00 00 01") == (b"", 0x6986)  # nothing of all that has opened


def test_pace_inside_a_session_only_after_pace(terminal, way: str) -> None:
    """TR-03105-3.2 ISO7816_L_14 … 16: BAC and PACE do not mix; the CAN's session may become the PIN's."""
    t = terminal().open(way)
    assert t.secure(SET_AT_PACE) == (b"", 0x9000 if way == "PACE" else 0x6985)
    assert t.secure(READ_DG1)[1] == 0x9000


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


def test_an_answer_without_data_has_status_and_mac_alone(terminal, way: str) -> None:
    """9303-11-9.8.4-5."""
    data, sw = terminal().open(way).wire("00 A4 02 0C 02 01 01")
    assert (data[:4].hex(), data[4:6].hex(), len(data), sw) == ("99029000", "8e08", 14, 0x9000)


# The end of a session (9303-11 §9.8.3) -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command", [READ_DG1, "00 A4 02 0C 02 01 01", "00 A4 00 0C", "00 84 00 00 08", SELECT_APPLICATION, "00 C0 00 00"]
)
def test_a_plain_command_ends_the_session(terminal, way: str, command: str) -> None:
    """9303-11-4.3.2-2, 4.2-10, 9.8.3-3, -6."""
    t = terminal().open(way)
    chips = t.card.applet.session
    data, sw = t.plain(command)
    assert chips.closed
    if command in (READ_DG1, "00 A4 02 0C 02 01 01"):
        assert (data, sw) == UNPROTECTED_6982
    assert_dead(t)
    assert t.plain("00 B0 00 00 01")[0] == b""
    t.card.transmit(bytes.fromhex("00A4000C023F00"))
    assert terminal_reopens(t, way)


def terminal_reopens(t, way: str) -> bool:
    return t.open(way).secure(READ_DG1) == (b"\x61", 0x9000)


@pytest.mark.parametrize(
    ("mutation", "sw"),
    [
        (lambda wire: wire[:-3] + bytes([wire[-3] ^ 1]) + wire[-2:], 0x6988),  # MAC
        (lambda wire: wire[:2] + bytes([wire[2] ^ 1]) + wire[3:], 0x6988),  # header
        (lambda wire: bytes([wire[0] | 0x10]) + wire[1:], 0x6988),  # CLA
        (lambda wire: bytes.fromhex("0CB0810003970101 00"), 0x6987),  # no 8E
        (lambda wire: wire[:5] + wire[8:18] + wire[5:8] + wire[18:], 0x6988),  # 8E before 97
        (lambda wire: bytes.fromhex("0CB0810000"), 0x6987),  # no object at all
    ],
)
def test_a_wrong_protection_ends_the_session(terminal, way: str, mutation, sw: int) -> None:
    """9303-11-9.8.3-2, 9.8.4-1, -4, 9.8.5-1."""
    t = terminal().open(way)
    wire = t.session.protect_command(bytes.fromhex("00B0810001"))
    assert t.plain(mutation(wire).hex()) == (b"", sw)
    assert_dead(t)


def test_a_replayed_command_ends_the_session(terminal, way: str) -> None:
    t = terminal().open(way)
    wire = t.session.protect_command(bytes.fromhex("00B0810001"))
    assert t.plain(wire.hex())[1] == 0x9000
    assert t.plain(wire.hex()) == (b"", 0x6988)
    assert_dead(t)


def test_class_8c_is_no_secure_messaging(terminal, way: str) -> None:
    """9303-11-9.8.4-4, ISO7816_I_6."""
    t = terminal().open(way)
    wire = t.session.protect_command(bytes.fromhex("00B0810001"))
    assert t.plain((b"\x8c" + wire[1:]).hex()) == (b"", 0x6E00)
    assert_dead(t)


def test_power_ends_the_session(terminal, way: str) -> None:
    """9303-11-9.8.5-2."""
    t = terminal().open(way)
    t.card.reset()
    assert_dead(t)
    assert t.plain("00 B0 9C 00 01") == (b"\x31", 0x9000)  # back in the master file


def test_an_old_session_is_dead_after_a_new_one(terminal) -> None:
    t = terminal().bac()
    old = t.session
    t.bac()
    assert t.secure(READ_DG1)[1] == 0x9000
    assert_dead(t, old)


# Chip Authentication (9303-11 §6.2, ISO7816_I, ISO7816_II) ---------------------------------------------------------


def test_chip_authentication_proves_the_chip(terminal, way: str) -> None:
    """9303-11-6.2.2-1, ISO7816_II_2."""
    t = terminal().open(way)
    old = t.session
    run = t.chip_authentication()
    seen = []
    answer = drive(protected(CommandAPDU(0, 0xB0, 0x81, 0, le=1), run.session, lambda *both: seen.append(both)), t.card)
    assert (answer.data, answer.sw) == (b"\x61", 0x9000)
    infos = Dg14.parse(t.card.image.files[FileId.DG14]).infos
    assert evaluate_chip_authentication(infos, run.confirmed_by(*seen[0])).ok is True
    t.session = run.session
    assert t.secure(READ_DG1) == (b"\x61", 0x9000)
    assert_dead(t, old)


def test_set_kat(terminal, way: str) -> None:
    """ISO7816_I_1, _I_2: the answer comes under the old keys, then they are dead."""
    t = terminal().open(way)
    old = t.card.applet.session
    assert t.secure(set_kat(generate_key_pair(P256, system_random).public)) == (b"", 0x9000)
    assert old.closed
    assert t.card.applet.session is not old
    assert_dead(t)


@pytest.mark.parametrize(
    ("command", "sw"),
    [
        (set_kat(EcDomain.named("brainpoolP224r1").generator), None),  # I_3: another size
        (set_kat(b"\x04" + bytes(64)), None),
        (set_kat(b"\x04" + b"\x11" * 64), None),  # I_16: off the curve
        (set_kat(P256.generator, 0x93), None),  # I_7: another tag
        (set_kat(P256.generator, reference="84 01 07"), None),  # I_14: no such key
        (set_at_ca("84 01 07"), None),  # II_13
    ],
)
def test_a_refused_key_agreement_leaves_the_old_session(terminal, way: str, command: str, sw: int | None) -> None:
    t = terminal().open(way)
    _, sw = t.secure(command)
    assert sw == 0x6300 or is_checking_error(sw)
    assert t.secure(READ_DG1) == (b"\x61", 0x9000)


@pytest.mark.parametrize(
    "command",
    [
        general_authenticate(EcDomain.named("brainpoolP224r1").generator),  # II_3
        general_authenticate(b"\x04" + bytes(64)),  # II_8
        general_authenticate(b"\x04" + b"\x11" * 64),  # II_15
        general_authenticate(P256.generator, 0x81),  # II_7
        general_authenticate(P256.generator, cla="10"),
    ],
)
def test_a_refused_general_authenticate_leaves_the_old_session(terminal, way: str, command: str) -> None:
    t = terminal().open(way)
    assert t.secure(set_at_ca()) == (b"", 0x9000)
    data, sw = t.secure(command)
    assert data == b""
    assert sw == 0x6300 or is_checking_error(sw)
    assert t.secure(READ_DG1) == (b"\x61", 0x9000)


def test_another_command_voids_set_at(terminal) -> None:
    t = terminal().bac()
    assert t.secure(set_at_ca())[1] == 0x9000
    assert t.secure(READ_DG1)[1] == 0x9000
    assert t.secure(general_authenticate(P256.generator)) == (b"", 0x6985)


def test_chip_authentication_needs_a_session(terminal) -> None:
    """ISO7816_I_4, _II_4."""
    t = terminal()
    t.plain(SELECT_APPLICATION)
    assert t.plain(set_kat(P256.generator)) == UNPROTECTED_6982
    assert t.plain(set_at_ca()) == UNPROTECTED_6982
    assert t.plain(general_authenticate(P256.generator)) == (b"", 0x6985)


def test_a_plain_key_agreement_ends_the_session(terminal, way: str) -> None:
    """ISO7816_I_5, _II_5."""
    for command in (set_kat(P256.generator), set_at_ca()):
        t = terminal().open(way)
        assert is_checking_error(t.plain(command)[1])
        assert_dead(t)


def test_a_chip_without_chip_authentication(terminal, chip_image) -> None:
    t = terminal(image=replace(chip_image, chip_authentication_keys={})).bac()
    assert t.secure(set_at_ca()) == t.secure(set_kat(P256.generator)) == (b"", 0x6A88)


# Active Authentication (9303-11 §6.1) ------------------------------------------------------------------------------


def test_active_authentication(terminal, way: str, chip_keys) -> None:
    """9303-11-6.1.1-1, 6.1.2.2-1, -4."""
    t = terminal().open(way)
    answers = {t.within(active_authentication(bytes(7) + b"\x01", extended=True)) for _ in range(2)}
    assert len({answer.response for answer in answers}) == 2
    for answer in answers:
        assert evaluate_active_authentication(chip_keys.active_authentication_spki, None, answer).ok is True


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


def test_dg15_holds_the_key(terminal, chip_keys) -> None:
    raw = terminal().card.image.files[FileId.DG15]
    assert parse_public_key(Dg15.parse(raw).spki) == parse_public_key(chip_keys.active_authentication_spki)
