# SPDX-License-Identifier: Apache-2.0
"""Every combination of secure messaging, both ways, with the protected forms read by their data objects (ICAO 9303-11 §9.8).

Cipher × odd or even INS × length of the data × Le × form of the length fields, in a session that goes on from one to the next.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from random import Random

import pytest
from matrix import CIPHERS

from chipid._native import NativeError
from chipid.iso7816.apdu import CommandAPDU, ResponseAPDU
from chipid.iso7816.secure_messaging import SecureMessaging
from chipid.iso7816.tlv import TlvCursor, build_tlv

BLOCK = {"3DES": 8, "AES-128": 16, "AES-192": 16, "AES-256": 16}
KEY_SIZE = {"3DES": 16, "AES-128": 16, "AES-192": 24, "AES-256": 32}
EVEN, ODD = 0xB0, 0xB1
# Without data, less than a block, a whole block, what is short only without protection, and long.
DATA = (0, 5, 16, 240, 255, 300)
LE = {"none": (None,), "short": (1, 256), "extended": (257, 65536)}


@dataclass(frozen=True)
class Combination:
    """:ivar extended: the command asks for the extended form though it does not need it."""

    cipher: str
    ins: int
    data: int
    le: int | None
    extended: bool

    def __str__(self) -> str:
        form = "extended" if self.extended else "as needed"
        return f"SM-{self.cipher}-{'odd' if self.ins & 1 else 'even'}-data {self.data}-Le {self.le}-{form}"

    @property
    def command(self) -> CommandAPDU:
        data = Random(str(self)).randbytes(self.data)
        return CommandAPDU(0x00, self.ins, 0x81, 0x04, data, self.le, extended=self.extended)

    @property
    def response(self) -> ResponseAPDU:
        """As much data as Le allows, up to a file's block."""
        return ResponseAPDU(Random(f"chip {self}").randbytes(min(self.le or 0, 0x3F0)), 0x9000)

    def session(self) -> SecureMessaging:
        random = Random(self.cipher).randbytes
        size = KEY_SIZE[self.cipher]
        return SecureMessaging(self.cipher, random(size), random(size), bytes(BLOCK[self.cipher] - 1) + b"\xfe")


COMBINATIONS = [
    Combination(cipher, ins, data, le, extended)
    for cipher in CIPHERS
    for ins in (EVEN, ODD)
    for data in DATA
    for les in LE.values()
    for le in les
    for extended in (False, True)
    if not extended or (data <= 255 and (le or 0) <= 256 and (data or le))
]


def padded_size(cipher: str, size: int) -> int:
    """Padding method 2 adds at least one octet (ISO/IEC 9797-1)."""
    return size + BLOCK[cipher] - size % BLOCK[cipher]


def objects(octets: bytes) -> dict[int, bytes]:
    """In their order, each once."""
    found = [(tlv.tag, tlv.value) for tlv in TlvCursor(octets)]
    assert len(dict(found)) == len(found)
    return dict(found)


def assert_command(combination: Combination, raw: bytes) -> None:
    """§9.8.4: the header with its class, the cryptogram in 87 or 85, the protected Le, the MAC; Le for all that is protected."""
    plain, wire = combination.command, CommandAPDU.from_bytes(raw)
    assert (wire.cla, wire.ins, wire.p1, wire.p2) == (0x0C, plain.ins, plain.p1, plain.p2)
    found = objects(wire.data)
    cryptogram = 0x85 if combination.ins & 1 else 0x87
    expected = [cryptogram] * bool(plain.data) + [0x97] * (plain.le is not None) + [0x8E]
    assert list(found) == expected
    if plain.data:
        indicator = b"" if combination.ins & 1 else b"\x01"
        assert found[cryptogram].startswith(indicator)
        assert len(found[cryptogram]) == len(indicator) + padded_size(combination.cipher, len(plain.data))
        assert plain.data not in raw or len(plain.data) < 8
    if plain.le is not None:
        assert found[0x97] == (plain.le % 65536).to_bytes(2, "big") if plain.is_extended else bytes((plain.le % 256,))
    assert len(found[0x8E]) == 8
    assert wire.le == (65536 if wire.is_extended else 256)
    assert wire.is_extended or len(wire.data) <= 255


def assert_response(combination: Combination, raw: bytes) -> None:
    """§9.8.4: the cryptogram, the protected status, the MAC."""
    plain, wire = combination.response, ResponseAPDU.from_bytes(raw)
    found = objects(wire.data)
    cryptogram = 0x85 if combination.ins & 1 else 0x87
    assert list(found) == [cryptogram] * bool(plain.data) + [0x99, 0x8E]
    assert found[0x99] == wire.sw.to_bytes(2, "big") == b"\x90\x00"
    if plain.data:
        assert len(found[cryptogram]) == (not combination.ins & 1) + padded_size(combination.cipher, len(plain.data))


@pytest.mark.combinations("Secure messaging")
@pytest.mark.parametrize("combination", COMBINATIONS, ids=str)
def test_combination(combination: Combination) -> None:
    ours, theirs = combination.session(), combination.session()
    plain = combination.command
    for _ in range(2):  # the counter passes the end of its last octet
        protected = ours.protect_command(plain.to_bytes())
        assert_command(combination, protected)
        received = CommandAPDU.from_bytes(theirs.unprotect_command(protected))
        assert (received.cla, received.ins, received.p1, received.p2) == (0x00, plain.ins, plain.p1, plain.p2)
        assert (received.data, received.le) == (plain.data, plain.le)
        answer = theirs.protect_response(combination.response.to_bytes())
        assert_response(combination, answer)
        assert ours.unprotect_response(answer) == combination.response.to_bytes()
    assert ours.ssc == theirs.ssc == (0x102).to_bytes(BLOCK[combination.cipher], "big")


@pytest.mark.parametrize("sw", [0x6282, 0x63C2, 0x6A82, 0x6982])
@pytest.mark.parametrize("ins", [EVEN, ODD])
@pytest.mark.parametrize("cipher", CIPHERS)
def test_other_status_words_are_protected_too(cipher: str, ins: int, sw: int) -> None:
    combination = Combination(cipher, ins, 0, 256, extended=False)
    ours, theirs = combination.session(), combination.session()
    theirs.unprotect_command(ours.protect_command(combination.command.to_bytes()))
    response = ResponseAPDU(b"the end" if sw == 0x6282 else b"", sw)
    protected = theirs.protect_response(response.to_bytes())
    assert objects(protected[:-2])[0x99] == sw.to_bytes(2, "big")
    assert ours.unprotect_response(protected) == response.to_bytes()


@pytest.mark.parametrize("ins", [EVEN, ODD])
@pytest.mark.parametrize("cipher", CIPHERS)
def test_a_chained_command_keeps_its_bit(cipher: str, ins: int) -> None:
    combination = Combination(cipher, ins, 5, None, extended=False)
    ours, theirs = combination.session(), combination.session()
    plain = CommandAPDU(0x10, ins, 0x00, 0xBE, b"chain").to_bytes()
    protected = ours.protect_command(plain)
    assert protected[0] == 0x1C
    assert theirs.unprotect_command(protected) == plain


@pytest.mark.parametrize("ins", [EVEN, ODD])
@pytest.mark.parametrize("cipher", CIPHERS)
def test_what_the_mac_covers(cipher: str, ins: int) -> None:
    """Each data object, and the header, in turn."""
    combination = Combination(cipher, ins, 16, 256, extended=False)
    wire = CommandAPDU.from_bytes(combination.session().protect_command(combination.command.to_bytes()))
    found = objects(wire.data)
    altered = [CommandAPDU(0x0C, wire.ins, wire.p1 ^ 1, wire.p2, wire.data, wire.le)]
    for tag in found:
        changed = {**found, tag: found[tag][:-1] + bytes((found[tag][-1] ^ 1,))}
        data = b"".join(build_tlv(each, value) for each, value in changed.items())
        altered.append(CommandAPDU(0x0C, wire.ins, wire.p1, wire.p2, data, wire.le))
    assert len(altered) == 4
    for command in altered:
        with pytest.raises(NativeError) as caught:
            combination.session().unprotect_command(command.to_bytes())
        assert caught.value.code == "sm-mac"


def test_the_counts() -> None:
    """4 ciphers, two kinds of INS; 6 lengths with 5 values of Le, and the 14 short ones again in the extended form."""
    assert len(COMBINATIONS) == 4 * 2 * (6 * 5 + 5 * 3 - 1) == 352
    assert Counter(combination.cipher for combination in COMBINATIONS) == dict.fromkeys(CIPHERS, 88)
    assert len({str(combination) for combination in COMBINATIONS}) == len(COMBINATIONS)
