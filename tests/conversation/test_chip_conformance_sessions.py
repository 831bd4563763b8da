# SPDX-License-Identifier: Apache-2.0
"""Basic Access Control step by step, Active Authentication, and secure messaging with and without rights, on a whole chip
(ICAO 9303-11 §4.3, §6.1, §9.8)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.serialization import load_der_private_key
from eac_chip import CHIP, PROBE, SELECT_APPLICATION, EacTerminal, image, is_checking_error
from issuer import issue_passport

from chipid.crypto.cipher import cbc_decrypt, cbc_encrypt, zero_iv
from chipid.crypto.mac import mac
from chipid.iso7816.apdu import CommandAPDU
from chipid.iso7816.file_ids import FileId
from chipid.iso7816.tlv import TlvCursor, build_tlv
from chipid.lds.dg15 import Dg15
from chipid.protocols.active_auth import active_authentication, evaluate_active_authentication
from chipid.protocols.password import Password

# Basic Access Control ----------------------------------------------------------------------------------------------


class Bac:
    """BAC's two commands, each as one likes it."""

    def __init__(self, password: Password | None = None) -> None:
        self.t = EacTerminal()
        self.keys = (password or self.t.mrz).bac_keys()
        self.t.plain(SELECT_APPLICATION)
        self.rnd_ifd, self.k_ifd = bytes(range(8)), bytes(range(16, 32))

    def challenge(self) -> bytes:
        data, sw = self.t.plain("00 84 00 00 08")
        assert (len(data), sw) == (8, 0x9000)
        return data

    def cryptogram(self, rnd_ic: bytes) -> bytes:
        encrypted = cbc_encrypt("3DES", self.keys.ks_enc, zero_iv("3DES"), self.rnd_ifd + rnd_ic + self.k_ifd)
        return encrypted + mac("3DES", self.keys.ks_mac, encrypted)

    def authenticate(self, data: bytes) -> tuple[bytes, int]:
        return self.t.plain(CommandAPDU(0, 0x82, 0, 0, data, 40))

    def is_refused(self, data: bytes) -> bool:
        answer, sw = self.authenticate(data)
        return answer == b"" and sw != 0x9000 and self.t.card.applet.session is None


def test_the_chips_cryptogram() -> None:
    """9303-11-4.3.1-3, 9303-11-4.3.3.2-1, 9303-11-9.7.1.1-1."""
    b = Bac()
    rnd_ic = b.challenge()
    answer, sw = b.authenticate(b.cryptogram(rnd_ic))
    assert (len(answer), sw) == (40, 0x9000)
    assert mac("3DES", b.keys.ks_mac, answer[:32]) == answer[32:]
    plain = cbc_decrypt("3DES", b.keys.ks_enc, zero_iv("3DES"), answer[:32])
    assert plain[:16] == rnd_ic + b.rnd_ifd
    assert plain[16:] != b.k_ifd


@pytest.mark.parametrize("bit", [0, 7, 31 * 8, 32 * 8, 39 * 8 + 7])
def test_a_wrong_cryptogram(bit: int) -> None:
    """9303-11-4.3.1-4: in the encrypted part or in the MAC; and 9303-11-4.3.1-7: the right one comes too late."""
    b = Bac()
    right = b.cryptogram(b.challenge())
    wrong = bytearray(right)
    wrong[bit // 8] ^= 1 << bit % 8
    assert b.authenticate(bytes(wrong)) == (b"", 0x6300)
    assert b.authenticate(right) == (b"", 0x6985)
    assert b.t.card.applet.session is None
    assert b.authenticate(b.cryptogram(b.challenge()))[1] == 0x9000


def test_another_challenge() -> None:
    """9303-11-4.3.1-5, 9303-11-4.3.1-2: under a right MAC, a challenge of our own or of the time before."""
    b = Bac()
    first, second = b.challenge(), b.challenge()
    assert first != second
    assert b.is_refused(b.cryptogram(first))
    b.challenge()
    assert b.is_refused(b.cryptogram(bytes(8)))
    assert b.is_refused(b.cryptogram(second))


def test_another_documents_keys() -> None:
    """9303-11-4.3.1-8."""
    b = Bac(Password.from_mrz_information("L898902C<369080619406236"))
    assert b.is_refused(b.cryptogram(b.challenge()))


@pytest.mark.parametrize("size", [0, 1, 32, 39, 41, 48, 80])
def test_another_length(size: int) -> None:
    """9303-11-4.3.4.2-1."""
    b = Bac()
    right = b.cryptogram(b.challenge())
    assert b.authenticate((right + right)[:size]) == (b"", 0x6700)
    assert b.t.card.applet.session is None


@pytest.mark.parametrize("between", ["00 B0 81 00 01", "00 A4 00 0C", SELECT_APPLICATION, "00 C0 00 00", "0C 84 00 00 08"])
def test_a_command_between(between: str) -> None:
    b = Bac()
    right = b.cryptogram(b.challenge())
    b.t.plain(between)
    assert b.is_refused(right)


def test_the_challenge_is_gone_with_the_field() -> None:
    b = Bac()
    right = b.cryptogram(b.challenge())
    b.t.reset()
    b.t.plain(SELECT_APPLICATION)
    assert b.is_refused(right)


# Active Authentication ---------------------------------------------------------------------------------------------


def rsa_chip(bits: int, hash_name: str | None) -> EacTerminal:
    key = {"bits": bits} | ({"hash": hash_name} if hash_name else {})
    return EacTerminal(issue_passport({**CHIP, "active_authentication": key, "chip_authentication": None}))


TRAILERS = {"sha1": "bc", "sha224": "38cc", "sha256": "34cc", "sha384": "36cc", "sha512": "35cc"}


@pytest.mark.parametrize("hash_name", TRAILERS)
def test_an_rsa_signature(hash_name: str) -> None:
    """9303-11-6.1.2.2-1, 9303-11-6.1.2.2-2, 9303-11-6.1.2.2-4, 9303-11-6.1.1-1: header, trailer, fresh M1, the modulus' length."""
    t = rsa_chip(1536, hash_name).bac()
    assert t.image.active_authentication_key is not None
    numbers = load_der_private_key(t.image.active_authentication_key, None).public_key().public_numbers()
    recovered = set()
    for _ in range(2):
        signature, sw = t.secure("00 88 00 00 08 0102030405060708 00")
        assert (len(signature), sw) == (192, 0x9000)
        opened = pow(int.from_bytes(signature, "big"), numbers.e, numbers.n).to_bytes(192, "big")
        assert opened[0] == 0x6A
        assert opened.hex().endswith(TRAILERS[hash_name])
        recovered.add(opened)
    assert len(recovered) == 2
    assert t.is_alive()


def test_an_ecdsa_signature(way: str) -> None:
    """9303-11-6.1.2.3-1: r ‖ s, and the same inside the new session of Chip Authentication."""
    t = EacTerminal().open(way)
    for _ in range(2):
        transcript = t.within(active_authentication(bytes(range(8))))
        assert len(transcript.response) == 64
        spki = Dg15.parse(t.image.files[FileId.DG15]).spki
        assert evaluate_active_authentication(spki, t.infos(), transcript).ok is True
        t.chip_authentication()


@pytest.mark.parametrize("size", [0, 1, 7, 9, 16])
def test_a_nonce_of_another_length(way: str, size: int) -> None:
    """9303-11-6.1.2.1-1."""
    t = EacTerminal().open(way)
    assert t.secure(CommandAPDU(0, 0x88, 0, 0, bytes(size), 256)) == (b"", 0x6700)
    assert t.is_alive()


# Secure messaging --------------------------------------------------------------------------------------------------


SESSIONS = ("access control", "CA 3DES", "CA AES-128", "CA AES-256")
"""Of Chip Authentication by the numbers of its keys."""


@pytest.fixture(params=SESSIONS)
def t(request: pytest.FixtureRequest, way: str) -> EacTerminal:
    """Each kind of session that a chip may have; all but the first with rights."""
    t = EacTerminal().open(way)
    if request.param != SESSIONS[0]:
        t.chip_authentication(SESSIONS.index(request.param)).with_rights()
    return t


def objects_of(data: bytes) -> list[tuple[int, bytes]]:
    return [(each.tag, each.value) for each in TlvCursor(data)]


def wire(t: EacTerminal, command: str) -> bytes:
    assert t.session is not None
    return t.session.protect_command(bytes.fromhex(command))


def test_the_cryptograms_tag_follows_the_instruction(t: EacTerminal) -> None:
    """9303-11-9.8.4-2: 87 for even instructions, 85 for odd ones, in command and answer; 9303-11-9.8.7.1-1: and it decrypts."""
    command = wire(t, "00 B1 00 01 03 54 01 00 08")
    assert command[5] == 0x85
    data, sw = t.raw(command)
    assert t.session is not None
    assert [tag for tag, _ in objects_of(data)] == [0x85, 0x99, 0x8E]
    content = t.image.files[FileId.DG1]
    assert t.session.unprotect_response(data + sw.to_bytes(2, "big")) == build_tlv(0x53, content[:6]) + b"\x90\x00"
    data, sw = t.raw(wire(t, "00 B0 81 00 08"))
    tag, value = objects_of(data)[0]
    assert (tag, value[:1]) == (0x87, b"\x01")
    assert t.session.unprotect_response(data + sw.to_bytes(2, "big")) == content[:8] + b"\x90\x00"


def test_an_answer_without_data(t: EacTerminal) -> None:
    """9303-11-9.8.4-5."""
    data, sw = t.raw(wire(t, "00 A4 02 0C 02 01 01"))
    assert sw == 0x9000
    assert [(tag, len(value)) for tag, value in objects_of(data)] == [(0x99, 2), (0x8E, 8)]


@pytest.mark.parametrize(
    ("command", "sw"),
    [
        ("00 B0 8D 00 01", 0x6A82),
        ("00 B0 85 00 01", 0x6A82),
        ("00 A4 02 0C 02 01 7F", 0x6A82),
        ("00 C0 00 00 00", 0x6D00),
        ("00 B0 9F 00 01", 0x6A86),
        ("00 A4 05 0C 02 01 01", 0x6A86),
        ("00 22 41 B6 03 83 01 00", 0x6A86),
        ("00 22 41 A4", 0x6A80),
        ("00 2A 00 AE 01 00", 0x6A86),
        ("00 82 00 01 01 00", 0x6A86),
        ("00 2C 03 03", 0x6A88),
        ("10 B0 81 00 01", 0x6884),
        ("00 B0 7F FF 01", 0x6B00),
    ],
)
def test_an_ordinary_error(t: EacTerminal, command: str, sw: int) -> None:
    """9303-11-9.8.3-4, 9303-11-9.8.3-5: protected, and the session goes on, with its rights."""
    rights = t.card.applet.rights
    assert t.is_alive()
    assert t.secure(command) == (b"", sw)
    assert t.is_alive()
    assert t.card.applet.rights is rights


def tampered(t: EacTerminal) -> dict[str, bytes]:
    """The probe with something wrong about it, its MAC right for what it says or not."""
    good = wire(t, "00 B0 81 00 01")
    body = good[5:-1]
    return {
        "MAC": good[:-2] + bytes((good[-2] ^ 1,)) + good[-1:],
        "P1": good[:2] + bytes((good[2] ^ 1,)) + good[3:],
        "INS": good[:1] + b"\xb1" + good[2:],
        "Le": good[:7] + bytes((good[7] ^ 2,)) + good[8:],
        "CLA 1C": b"\x1c" + good[1:],
        "no 8E": good[:4] + b"\x03" + body[:3] + b"\x00",
        "no object": good[:4] + b"\x00",
        "8E first": good[:5] + body[3:] + body[:3] + good[-1:],
        "97 twice": good[:4] + bytes((len(body) + 3,)) + body[:3] + body + good[-1:],
        "an object too many": good[:4] + bytes((len(body) + 3,)) + body + b"\x80\x01\x00" + good[-1:],
        "8E of 4 octets": good[:4] + bytes((len(body) - 4,)) + body[:3] + b"\x8e\x04" + body[5:9] + good[-1:],
        "truncated": good[:4] + bytes((len(body) - 1,)) + body[:-1] + good[-1:],
    }


TAMPERED = list(tampered(EacTerminal().open()))


@pytest.mark.parametrize("case", TAMPERED)
def test_a_wrong_protection_ends_session_and_rights(t: EacTerminal, way: str, case: str) -> None:
    """9303-11-9.8.3-2, 9303-11-9.8.4-1, 9303-11-9.8.4-4, 9303-11-9.8.5-1: a status without secure messaging, and nothing more."""
    data, sw = t.raw(tampered(t)[case])
    assert data == b""
    assert sw in (0x6987, 0x6988)
    assert t.card.applet.session is None
    assert t.card.applet.rights is None
    t.assert_dead()
    t.open(way)
    assert t.is_closed()


def test_a_command_comes_once_and_in_order(t: EacTerminal) -> None:
    """9303-11-9.8.7.3-1: the counter runs on; a command again, or one left out, is wrong."""
    good = wire(t, PROBE)
    assert t.raw(good)[1] == 0x9000
    assert t.raw(good) == (b"", 0x6988)
    t.assert_dead()


def test_a_command_that_was_left_out(t: EacTerminal) -> None:
    wire(t, PROBE)
    assert t.raw(wire(t, PROBE)) == (b"", 0x6988)
    t.assert_dead()


@pytest.mark.parametrize("le", ["00", "01", "08", "5F", "00 00 00", "00 00 08", "00 01 00"])
def test_each_form_of_le(t: EacTerminal, le: str) -> None:
    """97 of one octet or two; all-zero asks for whatever there is."""
    content = t.image.files[FileId.DG1]
    wanted = int(le.replace(" ", ""), 16)
    data, sw = t.secure(f"00 B0 81 00 {le}")
    assert data == (content[:wanted] if wanted else content)
    assert sw == (0x6282 if wanted > len(content) else 0x9000)
    assert t.secure("00 B0 81 00") == (b"", 0x6700)
    assert t.is_alive()


def test_any_plain_command_ends_it(t: EacTerminal, way: str) -> None:
    """9303-11-9.8.3-3, 9303-11-9.8.3-6, 9303-11-9.8.3-7."""
    session = t.card.applet.session
    data, sw = t.plain("00 B0 81 00 00")
    assert (data, sw) == (b"", 0x6982)
    assert session is not None
    assert session.closed
    t.assert_dead()
    assert t.open(way).is_alive()
    assert t.is_closed()


def test_taking_the_power_away_ends_it(t: EacTerminal) -> None:
    """9303-11-9.8.5-2."""
    old = t.session
    t.reset()
    t.assert_dead(old)
    t.plain(SELECT_APPLICATION)
    assert t.plain(PROBE) == (b"", 0x6982)


@pytest.mark.parametrize("raw", ["", "0C", "0CB081", "0CB0810005", "0CB08100000000", "00" * 5 + "FF"])
def test_what_is_no_command_ends_it(t: EacTerminal, raw: str) -> None:
    data, sw = t.raw(bytes.fromhex(raw))
    assert data == b""
    assert is_checking_error(sw)
    t.assert_dead()


def test_a_chip_without_active_authentication() -> None:
    t = EacTerminal(replace(image(), active_authentication_key=None)).open()
    assert t.secure("00 88 00 00 08 0102030405060708 00") == (b"", 0x6A88)
