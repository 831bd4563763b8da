# SPDX-License-Identifier: Apache-2.0
"""PACE with generic mapping: the terminal against the chip, and the terminal against chips that do not keep to it
(ICAO 9303-11 §4.4; BSI TR-03105-5.1 unit ISO7816_G)."""

from __future__ import annotations

from random import Random

import pytest
from pace_wire import PaceWire, answers, at, untouched, value_of

from chipid.crypto.domain import EC_PARAMETER_IDS, EcDomain
from chipid.errors import (
    CardMisbehaved,
    MalformedData,
    PasswordBlocked,
    StatusError,
    TlvError,
    UnsupportedFeature,
    WrongPassword,
)
from chipid.iso7816.apdu import ResponseAPDU
from chipid.iso7816.dialogue import run
from chipid.iso7816.tlv import TlvCursor, build_tlv, parse_tlv
from chipid.lds.security_infos import PaceInfo, SecurityInfos
from chipid.protocols.pace import PaceSecrets, pace, pace_choice, select_pace
from chipid.protocols.password import Password, PasswordKind

GM = "0.4.0.127.0.7.2.2.4.2"
PASSWORDS = {
    PasswordKind.MRZ: Password.from_mrz_information("099012345999091733909171"),
    PasswordKind.CAN: Password.from_text(PasswordKind.CAN, "012345"),
}
CAN = PASSWORDS[PasswordKind.CAN]
INFO = PaceInfo(f"{GM}.2", 2, 13)
CHOICE = pace_choice(SecurityInfos.of([INFO]), INFO)
CURVE = EcDomain.named("brainpoolP256r1")
TERMINAL_SEED, CHIP_SEED = 11, 5


def chip_with(infos=(INFO,), tamper=untouched) -> PaceWire:
    return PaceWire(infos, PaceSecrets(PASSWORDS), Random(CHIP_SEED).randbytes, tamper)


def terminal(channel, info=INFO, password=CAN, *, name_parameters=False):
    choice = pace_choice(SecurityInfos.of([info]), info)
    return run(pace(choice, password, Random(TERMINAL_SEED).randbytes, name_parameters=name_parameters), channel)


def status(sw):
    return lambda _response: ResponseAPDU(b"", sw)


# Agreement -------------------------------------------------------------------------------------------------------


def test_every_curve_of_the_standard_is_there():
    assert list(EC_PARAMETER_IDS) == list(range(8, 19))
    bits = [int.from_bytes(EcDomain.named(name).order, "big").bit_length() for name in EC_PARAMETER_IDS.values()]
    assert bits == [192, 192, 224, 224, 256, 256, 320, 384, 384, 512, 521]


def test_commands_are_those_of_the_standard():
    channel = chip_with()
    terminal(channel)
    assert [command.cla for command in channel.commands] == [0x00, 0x10, 0x10, 0x10, 0x00]
    assert channel.commands[0].to_bytes().hex().upper() == "0022C1A40F800A04007F00070202040202830102"
    assert channel.commands[1].to_bytes().hex().upper() == "10860000027C0000"
    assert [command.le for command in channel.commands] == [None, 256, 256, 256, 256]


def test_parameters_are_named_when_asked():
    channel = chip_with([PaceInfo(f"{GM}.2", 2, 12), INFO])
    terminal(channel, name_parameters=True)
    assert [tlv.tag for tlv in TlvCursor(channel.commands[0].data)] == [0x80, 0x83, 0x84]
    assert channel.commands[0].data.endswith(bytes.fromhex("84010D"))


def test_unnamed_parameters_where_there_is_a_choice():
    """The status word comes out, so that the procedure can try again with data object 84."""
    with pytest.raises(StatusError) as caught:
        terminal(chip_with([PaceInfo(f"{GM}.2", 2, 12), INFO]))
    assert caught.value.sw == 0x6A80


def test_two_runs_have_nothing_in_common():
    channel, random = chip_with(), Random(3).randbytes
    for _ in range(2):
        run(pace(CHOICE, CAN, random), channel)
    steps = [command.data for command in channel.commands if command.ins == 0x86 and len(command.data) > 2]
    assert len(set(steps)) == 6


def test_authority_references_are_kept():
    def add(response):
        token = build_tlv(0x86, value_of(response.data))
        return answers(token, build_tlv(0x87, b"XXCVCA00002"), build_tlv(0x88, b"XXCVCA00001"))(response)

    result = terminal(chip_with(tamper=at(4, add)))
    assert result.certification_authority_references == (b"XXCVCA00002", b"XXCVCA00001")


# Wrong password --------------------------------------------------------------------------------------------------


def test_a_wrong_can():
    channel = chip_with()
    with pytest.raises(WrongPassword) as caught:
        terminal(channel, password=Password.from_text(PasswordKind.CAN, "012346"))
    assert caught.value.attempts_left is None
    assert "01234" not in str(caught.value)
    assert channel.chip.session is None


def test_an_altered_nonce_ends_like_a_wrong_password():
    def flip(response):
        nonce = bytearray(value_of(response.data))
        nonce[0] ^= 1
        return answers(build_tlv(0x80, bytes(nonce)))(response)

    with pytest.raises(WrongPassword):
        terminal(chip_with(tamper=at(1, flip)))


@pytest.mark.parametrize(("sw", "left"), [(0x6300, None), (0x6982, None), (0x6988, None), (0x63C2, 2), (0x63C0, 0)])
def test_status_words_for_a_wrong_token(sw, left):
    with pytest.raises(WrongPassword) as caught:
        terminal(chip_with(tamper=at(4, status(sw))))
    assert caught.value.attempts_left == left


def test_a_wrong_token_of_the_chip():
    """Chips answer so to a wrong CAN; a chip that knows no password at all cannot do better."""
    with pytest.raises(WrongPassword, match="token is wrong") as caught:
        terminal(chip_with(tamper=at(4, answers(build_tlv(0x86, bytes(8))))))
    assert caught.value.hint is not None
    assert "do not trust" in caught.value.hint


def test_the_terminals_own_token_sent_back():
    channel = chip_with()
    channel.tamper = at(4, lambda _response: ResponseAPDU(build_tlv(0x7C, build_tlv(0x86, channel.commands[4].data[4:])), 0x9000))
    with pytest.raises(WrongPassword):
        terminal(channel)


@pytest.mark.parametrize(("step", "sw"), [(0, 0x63C0), (0, 0x6983), (4, 0x6983)])
def test_a_blocked_password(step, sw):
    with pytest.raises(PasswordBlocked):
        terminal(chip_with(tamper=at(step, status(sw))))


def test_set_at_may_warn_of_few_tries():
    assert terminal(chip_with(tamper=at(0, status(0x63C2)))).session is not None


# The chip answers with an error ----------------------------------------------------------------------------------


@pytest.mark.parametrize("step", range(5))
@pytest.mark.parametrize("sw", [0x6A80, 0x6A87, 0x6A88, 0x6F00, 0x6283])
def test_any_other_status_word(step, sw):
    channel = chip_with(tamper=at(step, status(sw)))
    with pytest.raises(StatusError) as caught:
        terminal(channel)
    assert caught.value.sw == sw
    assert len(channel.commands) == step + 1


@pytest.mark.parametrize("step", [1, 2, 3])
def test_6300_before_the_token_says_nothing_about_the_password(step):
    with pytest.raises(StatusError):
        terminal(chip_with(tamper=at(step, status(0x6300))))


# The chip answers with the wrong data ----------------------------------------------------------------------------


@pytest.mark.parametrize("step", [1, 2, 3, 4])
@pytest.mark.parametrize(
    "change",
    [
        lambda data: b"",
        lambda data: b"\x7c\x00",
        lambda data: data[2:],
        lambda data: b"\x7d" + data[1:],
        lambda data: data[:2] + bytes((data[2] | 0x10,)) + data[3:],
        lambda data: data[:-1],
        lambda data: data + b"\x00",
        lambda data: build_tlv(0x7C, parse_tlv(data).value, b"\x8a\x01\x00"),
        lambda data: build_tlv(0x7C, parse_tlv(data).value, parse_tlv(data).value),
        lambda data: build_tlv(0x7C, b"\x8f\x01\x00", parse_tlv(data).value),
    ],
    ids=["empty", "no-object", "no-7C", "other-7C", "other-tag", "cut", "longer", "8A", "twice", "foreign-first"],
)
def test_wrong_data_objects(step, change):
    with pytest.raises(TlvError):
        terminal(chip_with(tamper=at(step, lambda response: ResponseAPDU(change(response.data), response.sw))))


@pytest.mark.parametrize("size", [0, 1, 15, 17, 24, 80, 128])
def test_a_nonce_of_no_whole_blocks(size):
    with pytest.raises(CardMisbehaved, match="nonce"):
        terminal(chip_with(tamper=at(1, answers(build_tlv(0x80, bytes(size))))))


def other_forms(point: bytes) -> dict[str, bytes]:
    x, y = point[1:33], point[33:]
    return {
        "off-curve": point[:-1] + bytes((point[-1] ^ 1,)),
        "compressed": bytes((2 + (y[-1] & 1),)) + x,
        "hybrid": bytes((6 + (y[-1] & 1),)) + x + y,
        "infinity": b"\x00",
        "zeros": b"\x04" + bytes(64),
        "no-prefix": x + y,
        "longer": point + b"\x00",
        "shorter": point[:-1],
        "other-size": EcDomain.named("secp384r1").generator,
        "other-curve": EcDomain.named("secp256r1").generator,
        "empty": b"",
    }


@pytest.mark.parametrize(("step", "tag"), [(2, 0x82), (3, 0x84)])
@pytest.mark.parametrize("form", list(other_forms(CURVE.generator)))
def test_a_public_key_that_is_none(step, tag, form):
    def change(response):
        return answers(build_tlv(tag, other_forms(value_of(response.data))[form]))(response)

    with pytest.raises(MalformedData):
        terminal(chip_with(tamper=at(step, change)))


@pytest.mark.parametrize(("step", "tag"), [(2, 0x82), (3, 0x84)])
def test_the_terminals_own_key_sent_back(step, tag):
    channel = chip_with()
    channel.tamper = at(step, lambda response: answers(build_tlv(tag, channel.commands[step].data[4:]))(response))  # noqa: PLW0108
    with pytest.raises((CardMisbehaved, MalformedData), match="back"):
        terminal(channel)


def test_a_nonce_that_maps_to_infinity():
    """A chip that knew the terminal's mapping key could choose H = -s·G."""
    nonce, n = Random(5).randbytes(16), int.from_bytes(CURVE.order, "big")
    terminal_private = int.from_bytes(Random(TERMINAL_SEED).randbytes(32), "big")
    scalar = -int.from_bytes(nonce, "big") * pow(terminal_private, -1, n) % n
    point = CURVE.public_key(scalar.to_bytes(32, "big"))
    with pytest.raises(MalformedData, match="maps to no generator"):
        terminal(chip_with(tamper=at(2, answers(build_tlv(0x82, point)))))


@pytest.mark.parametrize("size", [0, 7, 9, 16])
def test_a_token_of_another_length(size):
    with pytest.raises(CardMisbehaved, match="token"):
        terminal(chip_with(tamper=at(4, answers(build_tlv(0x86, bytes(size))))))


def test_answers_of_another_run():
    """A recorded chip: its answers are no answers to a terminal that draws its own keys."""
    recorded = []
    original = chip_with(tamper=lambda step, response: recorded.append(response) or response)
    terminal(original)
    with pytest.raises(WrongPassword):
        run(pace(CHOICE, CAN, Random(12).randbytes), chip_with(tamper=lambda step, _response: recorded[step]))


# Choice ----------------------------------------------------------------------------------------------------------


def choose(*infos):
    choice = select_pace(SecurityInfos.of(infos))
    return choice and choice.info


def test_the_weaker_of_cipher_and_curve_decides():
    weak_curve, weak_cipher = PaceInfo(f"{GM}.4", 2, 8), PaceInfo(f"{GM}.1", 2, 18)
    middle, strong = PaceInfo(f"{GM}.2", 2, 13), PaceInfo(f"{GM}.4", 2, 17)
    assert choose(weak_curve, weak_cipher) == weak_cipher
    assert choose(weak_curve, middle, weak_cipher) == middle
    assert choose(weak_curve, middle, strong, weak_cipher) == strong


def test_among_equals_the_chips_order_decides():
    first, second = PaceInfo(f"{GM}.2", 2, 13), PaceInfo(f"{GM}.2", 2, 12)
    assert choose(first, second) == first
    assert choose(second, first) == second


NOT_SPOKEN = [
    PaceInfo("0.4.0.127.0.7.2.2.4.1.2", 2, 13),  # DH on a curve
    PaceInfo("0.4.0.127.0.7.2.2.4.4.2", 2, 2),  # a curve's protocol in a finite field
    PaceInfo("0.4.0.127.0.7.2.2.4.4.2", 2, 10),  # integrated, on the one curve without a point encoding
    PaceInfo("0.4.0.127.0.7.2.2.4.6.1", 2, 13),  # chip authentication mapping with 3DES
    PaceInfo("0.4.0.127.0.7.2.2.4.5.2", 2, 13),  # no such mapping
    PaceInfo(f"{GM}.5", 2, 13),  # no such cipher
    PaceInfo(f"{GM}.2", 1, 13),  # another version
    PaceInfo(f"{GM}.2", 2, None),
    *(PaceInfo(f"{GM}.2", 2, number) for number in (-1, 0, 1, 2, 3, 7, 19, 20, 31, 32, 255)),
]


@pytest.mark.parametrize("info", NOT_SPOKEN, ids=lambda info: f"{info.oid[18:]}-v{info.version}-{info.parameter_id}")
def test_what_is_not_spoken_is_passed_over(info):
    assert choose(info) is None
    assert choose(info, INFO, info) == INFO
    with pytest.raises(UnsupportedFeature):
        terminal(chip_with([info]), info)


def test_no_pace_at_all():
    assert choose() is None
