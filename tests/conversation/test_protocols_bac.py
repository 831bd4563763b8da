# SPDX-License-Identifier: Apache-2.0
"""Basic Access Control: the terminal against the chip, and either against a peer that does not keep to it (ICAO 9303-11 §4.3)."""

from __future__ import annotations

from random import Random

import pytest

from chipid.crypto.cipher import cbc_encrypt, zero_iv
from chipid.crypto.mac import mac
from chipid.errors import CardMisbehaved, PasswordBlocked, StatusError, UnsupportedFeature, WrongPassword
from chipid.iso7816.apdu import CommandAPDU, ResponseAPDU
from chipid.iso7816.dialogue import run
from chipid.protocols.bac import BacChip, bac
from chipid.protocols.password import Password, PasswordKind

MRZ = Password.from_mrz_information("099012345999091733909171")
OTHER_MRZ = Password.from_mrz_information("099012346299091733909171")


class BacWire:
    """A chip with BAC; *tamper* sees each command and may change the answer to it."""

    def __init__(self, chip: BacChip, tamper=lambda command, response: response) -> None:
        self.chip = chip
        self.tamper = tamper
        self.session = None
        self.commands: list[CommandAPDU] = []

    def transmit(self, raw: bytes) -> bytes:
        command = CommandAPDU.from_bytes(raw)
        self.commands.append(command)
        return self.tamper(command, self.answer(command)).to_bytes()

    def answer(self, command: CommandAPDU) -> ResponseAPDU:
        if command.ins == 0x84:
            return ResponseAPDU(self.chip.get_challenge(), 0x9000)
        done = self.chip.external_authenticate(command.data)
        if done is None:
            return ResponseAPDU(b"", self.chip.sw)
        data, self.session = done
        return ResponseAPDU(data, 0x9000)


def wire(password=MRZ, seed=1, **kwargs) -> BacWire:
    return BacWire(BacChip(password, Random(seed).randbytes), **kwargs)


def terminal(channel, password=MRZ, seed=2):
    return run(bac(password, Random(seed).randbytes), channel)


def at(ins, change):
    """Change the response to the command with *ins* alone."""
    return lambda command, response: change(response) if command.ins == ins else response


def status(sw):
    return lambda _response: ResponseAPDU(b"", sw)


def test_both_ends_agree():
    channel = wire()
    ours = terminal(channel)
    theirs = channel.session
    assert ours.ssc == theirs.ssc
    command, response = bytes.fromhex("00B0810004"), bytes.fromhex("615B5F1F9000")
    assert theirs.unprotect_command(ours.protect_command(command)) == command
    assert ours.unprotect_response(theirs.protect_response(response)) == response


def test_commands_are_those_of_the_standard():
    channel = wire()
    terminal(channel)
    challenge, authentication = channel.commands
    assert challenge.to_bytes().hex() == "0084000008"
    assert authentication.to_bytes()[:5].hex() == "0082000028"
    assert (len(authentication.data), authentication.le) == (40, 40)


def test_the_terminals_values_are_fresh_in_every_run():
    random = Random(3).randbytes
    channel = wire()
    for _ in range(2):
        run(bac(MRZ, random), channel)
    first, second = (command.data for command in channel.commands if command.ins == 0x82)
    assert first != second


def test_bac_takes_the_mrz_alone():
    with pytest.raises(ValueError, match="CAN"):
        terminal(wire(), password=Password.from_text(PasswordKind.CAN, "012345"))


# The terminal refuses --------------------------------------------------------------------------------------------


def test_another_mrz():
    channel = wire(OTHER_MRZ)
    with pytest.raises(WrongPassword) as caught:
        terminal(channel)
    assert caught.value.attempts_left is None
    assert channel.session is None


@pytest.mark.parametrize("sw", [0x6300, 0x6982, 0x6988, 0x6A80])
def test_status_words_for_a_wrong_key(sw):
    with pytest.raises(WrongPassword):
        terminal(wire(tamper=at(0x82, status(sw))))


def test_a_retry_counter_is_passed_on():
    with pytest.raises(WrongPassword) as caught:
        terminal(wire(tamper=at(0x82, status(0x63C3))))
    assert caught.value.attempts_left == 3


def test_a_blocked_chip():
    with pytest.raises(PasswordBlocked):
        terminal(wire(tamper=at(0x82, status(0x6983))))


@pytest.mark.parametrize("ins", [0x84, 0x82])
@pytest.mark.parametrize("sw", [0x6A88, 0x6D00, 0x6E00, 0x6A81])
def test_a_chip_without_bac(ins, sw):
    with pytest.raises(UnsupportedFeature, match="does not offer"):
        terminal(wire(tamper=at(ins, status(sw))))


@pytest.mark.parametrize(("ins", "sw"), [(0x84, 0x6985), (0x84, 0x6300), (0x82, 0x6700), (0x82, 0x6F00)])
def test_any_other_status_word(ins, sw):
    with pytest.raises(StatusError) as caught:
        terminal(wire(tamper=at(ins, status(sw))))
    assert caught.value.sw == sw


@pytest.mark.parametrize("size", [0, 7, 9, 16])
def test_a_challenge_of_another_length(size):
    with pytest.raises(CardMisbehaved, match="challenge"):
        terminal(wire(tamper=at(0x84, lambda _: ResponseAPDU(bytes(size), 0x9000))))


@pytest.mark.parametrize("position", [0, 15, 16, 31, 32, 39])
def test_a_tampered_cryptogram(position):
    def flip(response):
        data = bytearray(response.data)
        data[position] ^= 0x01
        return ResponseAPDU(bytes(data), 0x9000)

    with pytest.raises(CardMisbehaved, match="MAC"):
        terminal(wire(tamper=at(0x82, flip)))


@pytest.mark.parametrize("change", [lambda data: b"", lambda data: data[:-1], lambda data: data + b"\0", lambda data: data[:32]])
def test_a_cryptogram_of_another_length(change):
    with pytest.raises(CardMisbehaved, match="length"):
        terminal(wire(tamper=at(0x82, lambda response: ResponseAPDU(change(response.data), 0x9000))))


@pytest.mark.parametrize("part", ["rnd_ic", "rnd_ifd"])
def test_a_sound_cryptogram_over_other_nonces(part):
    """Only who knows the keys can make it: the nonces are what shows a replay."""
    keys = MRZ.bac_keys()

    class Replaying(BacWire):
        def answer(self, command):
            if command.ins == 0x84:
                return super().answer(command)
            plain = b"\x01" * 8 + self.rnd_ifd(command) if part == "rnd_ic" else self.challenge + b"\x02" * 8
            encrypted = cbc_encrypt("3DES", keys.ks_enc, zero_iv("3DES"), plain + bytes(16))
            return ResponseAPDU(encrypted + mac("3DES", keys.ks_mac, encrypted), 0x9000)

        def rnd_ifd(self, _command):
            return Random(2).randbytes(8)

        challenge = Random(1).randbytes(8)

    with pytest.raises(CardMisbehaved, match="challenge"):
        terminal(Replaying(BacChip(MRZ, Random(1).randbytes)))


# The chip refuses ------------------------------------------------------------------------------------------------


def cryptogram(rnd_ic: bytes, password=MRZ, rnd_ifd=b"\x01" * 8) -> bytes:
    keys = password.bac_keys()
    encrypted = cbc_encrypt("3DES", keys.ks_enc, zero_iv("3DES"), rnd_ifd + rnd_ic + bytes(16))
    return encrypted + mac("3DES", keys.ks_mac, encrypted)


@pytest.fixture
def chip() -> BacChip:
    return BacChip(MRZ, Random(7).randbytes)


def test_the_chip_accepts_the_right_cryptogram(chip):
    assert chip.external_authenticate(cryptogram(chip.get_challenge())) is not None
    assert chip.sw == 0x9000


def test_the_chips_challenges_differ(chip):
    assert len({chip.get_challenge() for _ in range(8)}) == 8


def test_without_a_challenge(chip):
    assert chip.external_authenticate(cryptogram(bytes(8))) is None
    assert chip.sw == 0x6985


def test_a_challenge_serves_once_after_a_success(chip):
    rnd_ic = chip.get_challenge()
    assert chip.external_authenticate(cryptogram(rnd_ic)) is not None
    assert chip.external_authenticate(cryptogram(rnd_ic)) is None


def test_a_challenge_serves_once_after_a_failure(chip):
    rnd_ic = chip.get_challenge()
    assert chip.external_authenticate(cryptogram(rnd_ic, OTHER_MRZ)) is None
    assert chip.sw == 0x6300
    assert chip.external_authenticate(cryptogram(rnd_ic)) is None


def test_a_forgotten_challenge(chip):
    rnd_ic = chip.get_challenge()
    chip.reset()
    assert chip.external_authenticate(cryptogram(rnd_ic)) is None


def test_a_cryptogram_over_another_challenge(chip):
    first = chip.get_challenge()
    chip.get_challenge()
    assert chip.external_authenticate(cryptogram(first)) is None
    assert chip.sw == 0x6300


@pytest.mark.parametrize("position", [0, 31, 32, 39])
def test_the_chip_checks_the_mac(chip, position):
    data = bytearray(cryptogram(chip.get_challenge()))
    data[position] ^= 0x80
    assert chip.external_authenticate(bytes(data)) is None
    assert chip.sw == 0x6300


@pytest.mark.parametrize("size", [0, 8, 39, 41])
def test_the_chip_checks_the_length(chip, size):
    data = (cryptogram(chip.get_challenge()) + bytes(8))[:size]
    assert chip.external_authenticate(data) is None
    assert chip.sw == 0x6700
