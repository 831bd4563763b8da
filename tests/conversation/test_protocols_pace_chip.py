# SPDX-License-Identifier: Apache-2.0
"""The chip's end of PACE against terminals that do not keep to it (ICAO 9303-11 §4.4.4; BSI TR-03105-3.3 unit EAC2_ISO7816_H)."""

from __future__ import annotations

from random import Random

import pytest

from chipid._native import Secret
from chipid.crypto.domain import EcDomain, generate_key_pair
from chipid.crypto.kdf import derive_session_keys
from chipid.iso7816.tlv import build_tlv, parse_tlv
from chipid.lds.security_infos import PaceInfo, SecurityInfos
from chipid.protocols.key_agreement import shared_secret
from chipid.protocols.pace import PaceChip, PaceSecrets
from chipid.protocols.pace.mapping import GenericMapping
from chipid.protocols.pace.suite import SUITES
from chipid.protocols.pace.token import authentication_token, decrypt_nonce
from chipid.protocols.password import Password, PasswordKind

OID = "0.4.0.127.0.7.2.2.4.2.2"
SUITE = SUITES[OID]
CAN = Password.from_text(PasswordKind.CAN, "012345")
MRZ = Password.from_mrz_information("099012345999091733909171")
CURVE = EcDomain.named("brainpoolP256r1")
MECHANISM = build_tlv(0x80, SUITE.oid_value)
BY_CAN = build_tlv(0x83, b"\x02")
SET_AT = MECHANISM + BY_CAN
CHECKING_ERRORS = range(0x6700, 0x7000)


def make(infos=((2, 13),), passwords=None) -> PaceChip:
    known = {PasswordKind.CAN: CAN, PasswordKind.MRZ: MRZ} if passwords is None else passwords
    return PaceChip(SecurityInfos.of(PaceInfo(OID, *info) for info in infos), PaceSecrets(known), Random(5).randbytes)


@pytest.fixture
def chip() -> PaceChip:
    return make()


class Terminal:
    """The four steps one by one, so that any of them can be done wrong."""

    def __init__(self, chip: PaceChip) -> None:
        self.chip = chip
        self.random = Random(6).randbytes
        assert chip.set_at(SET_AT) == 0x9000

    def send(self, *objects: bytes, last: bool = False) -> tuple[bytes, int]:
        return self.chip.general_authenticate(build_tlv(0x7C, *objects), last)

    def value(self, *objects: bytes, last: bool = False) -> bytes:
        data, sw = self.send(*objects, last=last)
        assert sw == 0x9000
        return parse_tlv(data, 0x7C).children().read().value

    def nonce(self) -> None:
        self.encrypted = self.value()
        self.mapping = GenericMapping(CURVE, decrypt_nonce(SUITE, CAN, self.encrypted), self.random)

    def map(self) -> None:
        self.chip_mapping_key = self.value(build_tlv(0x81, self.mapping.data))
        self.mapped = self.mapping.mapped(self.chip_mapping_key)
        self.own = generate_key_pair(self.mapped, self.random)

    def agree(self) -> None:
        self.peer = self.value(build_tlv(0x83, self.own.public))
        self.keys = derive_session_keys(SUITE.cipher, shared_secret(self.mapped, self.own, self.peer))
        self.token = authentication_token(SUITE, self.mapped, self.keys, self.peer)

    def authenticate(self) -> bytes:
        return self.value(build_tlv(0x85, self.token), last=True)


STEPS = ("nonce", "map", "agree", "authenticate")


def advanced(chip: PaceChip, steps: int) -> Terminal:
    terminal = Terminal(chip)
    for name in STEPS[:steps]:
        getattr(terminal, name)()
    return terminal


def assert_void(chip: PaceChip) -> None:
    """Nothing is left of the run: not even a correct next step helps."""
    assert chip.session is None
    for last in (False, True):
        assert chip.general_authenticate(bytes.fromhex("7C00"), last) == (b"", 0x6985)


def test_the_run_succeeds(chip):
    terminal = advanced(chip, 3)
    assert chip.session is None
    assert terminal.authenticate() == authentication_token(SUITE, terminal.mapped, terminal.keys, terminal.own.public)
    assert chip.session is not None
    assert chip.session.ssc == bytes(16)


def test_a_session_is_gone_with_the_next_set_at(chip):
    advanced(chip, 4)
    assert chip.set_at(SET_AT) == 0x9000
    assert chip.session is None


def test_a_finished_run_takes_no_more_steps(chip):
    terminal = advanced(chip, 4)
    assert terminal.send(build_tlv(0x85, terminal.token), last=True) == (b"", 0x6985)


# MSE:Set AT ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "sw"),
    [
        (MECHANISM + BY_CAN, 0x9000),
        (MECHANISM + build_tlv(0x83, b"\x01"), 0x9000),
        (MECHANISM + BY_CAN + bytes.fromhex("84010D"), 0x9000),
        (build_tlv(0x80, bytes.fromhex("04007F00070202040203")) + BY_CAN, 0x6A80),
        (build_tlv(0x80, b"") + BY_CAN, 0x6A80),
        (MECHANISM, 0x6A80),
        (BY_CAN, 0x6A80),
        (BY_CAN + MECHANISM, 0x6A80),
        (b"", 0x6A80),
        (MECHANISM + MECHANISM + BY_CAN, 0x6A80),
        (SET_AT + bytes.fromhex("850100"), 0x6A80),
        (SET_AT + b"\x00", 0x6A80),
        (SET_AT[:-1], 0x6A80),
        (MECHANISM + build_tlv(0x83, b"\x03"), 0x6A88),
        (MECHANISM + build_tlv(0x83, b"\x05"), 0x6A88),
        (MECHANISM + build_tlv(0x83, b"\x00"), 0x6A88),
        (MECHANISM + build_tlv(0x83, b"\x00\x02"), 0x6A88),
        (MECHANISM + build_tlv(0x83, b""), 0x6A88),
        (SET_AT + bytes.fromhex("84011F"), 0x6A88),
        (SET_AT + bytes.fromhex("8402000D"), 0x6A88),
        (SET_AT + bytes.fromhex("8400"), 0x6A88),
    ],
)
def test_set_at(chip, data, sw):
    assert chip.set_at(data) == sw
    if sw != 0x9000:
        assert_void(chip)


def test_set_at_without_a_can_on_the_chip():
    chip = make(passwords={PasswordKind.MRZ: MRZ})
    assert chip.set_at(SET_AT) == 0x6A88
    assert chip.set_at(MECHANISM + build_tlv(0x83, b"\x01")) == 0x9000


def test_several_parameter_sets_have_to_be_named():
    chip = make(infos=((2, 12), (2, 13)))
    assert chip.set_at(SET_AT) == 0x6A80
    assert chip.set_at(SET_AT + bytes.fromhex("84010C")) == 0x9000
    assert chip.set_at(SET_AT + bytes.fromhex("84010E")) == 0x6A88


def test_a_parameter_set_that_the_chip_names_and_does_not_have():
    assert make(infos=((2, 20),)).set_at(SET_AT) == 0x6A80


def chat(role: int) -> bytes:
    return build_tlv(0x7F4C, build_tlv(0x06, bytes.fromhex("04007F000703010200")[:-1] + bytes((role,))), b"\x53\x01\x03")


@pytest.mark.parametrize(
    ("role", "kind", "sw"),
    [
        (1, 1, 0x9000),
        (1, 2, 0x9000),
        (1, 3, 0x6A80),
        (1, 4, 0x6A80),
        (2, 1, 0x6A80),
        (2, 4, 0x6A80),
        (3, 1, 0x6A80),
        (9, 2, 0x6A80),
    ],
)
def test_a_terminal_type_and_its_passwords(chip, role, kind, sw):
    """EAC2_ISO7816_H_4, H_5: announced rights are accepted with the passwords of that terminal type."""
    assert chip.set_at(MECHANISM + build_tlv(0x83, bytes((kind,))) + chat(role)) == sw


@pytest.mark.parametrize(
    "value",
    [
        "",
        "0609",
        "53010306080400",
        "06080400" + "7F0007030102",
        "0608" + "04007F000703010201",
        "060904007F000703010201530103" + "5400",
        "060904007F00070301020153020303",
    ],
)
def test_a_malformed_terminal_type(chip, value):
    assert chip.set_at(SET_AT + build_tlv(0x7F4C, bytes.fromhex(value))) == 0x6A80


# The steps -------------------------------------------------------------------------------------------------------


def test_a_step_without_set_at(chip):
    assert chip.general_authenticate(bytes.fromhex("7C00"), False) == (b"", 0x6985)


def test_nonces_differ(chip):
    assert advanced(chip, 1).encrypted != advanced(chip, 1).encrypted


REQUESTS = (None, 0x81, 0x83, 0x85)


@pytest.mark.parametrize(
    ("done", "tag"),
    [(done, tag) for done in range(4) for tag in (0x80, 0x81, 0x83, 0x85, 0x91) if tag != REQUESTS[done]],
)
def test_steps_out_of_order(done, tag):
    terminal = advanced(make(), done)
    data, sw = terminal.send(build_tlv(tag, CURVE.generator), last=done == 3)
    assert (data, sw) == (b"", 0x6A80)
    assert_void(terminal.chip)


@pytest.mark.parametrize(("done", "sw"), [(0, 0x6A80), (1, 0x6A80), (2, 0x6A80), (3, 0x6883)])
def test_wrong_chaining(chip, done, sw):
    """The first three commands carry CLA 10, the last one 00 (§4.4.4.3)."""
    terminal = advanced(chip, done)
    right = [(), (build_tlv(0x81, CURVE.generator),), (build_tlv(0x83, CURVE.generator),), (build_tlv(0x85, bytes(8)),)][done]
    assert terminal.send(*right, last=done != 3) == (b"", sw)
    assert_void(chip)


@pytest.mark.parametrize("done", [1, 2, 3])
@pytest.mark.parametrize(
    "change",
    [
        lambda data: b"",
        lambda data: data[2:],
        lambda data: data[:-1],
        lambda data: data + b"\x00",
        lambda data: build_tlv(0x7C, data),
    ],
    ids=["empty", "no-7C", "cut", "longer", "7C-twice"],
)
def test_malformed_requests(chip, done, change):
    terminal = advanced(chip, done)
    tag, value = [(0x81, CURVE.generator), (0x83, CURVE.generator), (0x85, bytes(8))][done - 1]
    data = change(build_tlv(0x7C, build_tlv(tag, value)))
    assert chip.general_authenticate(data, done == 3) == (b"", 0x6A80)
    assert_void(terminal.chip)


def test_step_1_takes_no_object(chip):
    assert Terminal(chip).send(build_tlv(0x80, bytes(16))) == (b"", 0x6A80)
    assert_void(chip)


BAD_POINTS = {
    "off-curve": CURVE.generator[:-1] + bytes((CURVE.generator[-1] ^ 1,)),
    "compressed": b"\x02" + CURVE.generator[1:33],
    "zeros": b"\x04" + bytes(64),
    "infinity": b"\x00",
    "other-size": EcDomain.named("secp384r1").generator,
    "other-curve": EcDomain.named("secp256r1").generator,
    "empty": b"",
}


@pytest.mark.parametrize("point", list(BAD_POINTS))
@pytest.mark.parametrize(("done", "tag"), [(1, 0x81), (2, 0x83)])
def test_bad_points(chip, done, tag, point):
    terminal = advanced(chip, done)
    assert terminal.send(build_tlv(tag, BAD_POINTS[point])) == (b"", 0x6A80)
    assert_void(chip)


def test_the_chips_own_mapping_key_sent_back(chip):
    terminal = advanced(chip, 2)
    assert terminal.send(build_tlv(0x83, terminal.chip_mapping_key)) == (b"", 0x6A80)
    assert_void(chip)


def test_the_chips_coming_agreement_key_sent_ahead():
    """A terminal that could foresee the chip's randomness still gets nowhere with the chip's own key."""
    foreseen = advanced(make(), 3).peer
    terminal = advanced(make(), 2)
    assert terminal.send(build_tlv(0x83, foreseen)) == (b"", 0x6A80)
    assert_void(terminal.chip)


def test_the_chips_coming_mapping_key_sent_ahead():
    foreseen = advanced(make(), 2).chip_mapping_key
    terminal = advanced(make(), 1)
    assert terminal.send(build_tlv(0x81, foreseen)) == (b"", 0x6A80)
    assert_void(terminal.chip)


@pytest.mark.parametrize("change", [lambda t: bytes(8), lambda t: t[:-1], lambda t: t + b"\0", lambda t: b"", lambda t: t[::-1]])
def test_a_wrong_token(chip, change):
    terminal = advanced(chip, 3)
    assert terminal.send(build_tlv(0x85, change(terminal.token)), last=True) == (b"", 0x6300)
    assert_void(chip)


def test_the_chips_own_token_is_not_the_terminals(chip):
    terminal = advanced(chip, 3)
    reflected = authentication_token(SUITE, terminal.mapped, terminal.keys, terminal.own.public)
    assert terminal.send(build_tlv(0x85, reflected), last=True) == (b"", 0x6300)


def test_a_token_of_another_run(chip):
    """A recorded terminal gets nowhere: nonce and keys are drawn anew."""
    recorded = advanced(chip, 4).token
    terminal = advanced(chip, 3)
    assert terminal.token != recorded
    assert terminal.send(build_tlv(0x85, recorded), last=True) == (b"", 0x6300)


def test_a_wrong_password_shows_at_the_token_alone(chip):
    terminal = advanced(chip, 1)
    terminal.mapping = GenericMapping(CURVE, Secret(bytes(16)), terminal.random)
    terminal.map()
    terminal.agree()
    assert terminal.send(build_tlv(0x85, terminal.token), last=True) == (b"", 0x6300)
    assert_void(chip)
