# SPDX-License-Identifier: Apache-2.0
"""PACE step by step on a whole chip (BSI TR-03105-3.3 unit EAC2_ISO7816_H; ICAO 9303-11 §4.2, §4.4).

The plan repeats its cases for every suite that a chip has: each mapping, on curves and in finite fields.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from eac_chip import (
    CHIPS,
    CVCA,
    EFFECTIVE,
    PROBE,
    EacTerminal,
    general_authenticate,
    image,
    is_checking_error,
    is_refusal,
    plan,
    set_at_pace,
)

from chipid.crypto.domain import DhDomain, EcDomain, generate_key_pair
from chipid.crypto.kdf import derive_session_keys
from chipid.crypto.private_key import EcPrivateKey, parse_private_key
from chipid.crypto.random import system_random
from chipid.errors import SecureMessagingError
from chipid.iso7816.apdu import CommandAPDU
from chipid.iso7816.file_ids import FileId
from chipid.iso7816.secure_messaging import open_session
from chipid.iso7816.tlv import build_tlv, parse_tlv
from chipid.issuing.cv_pki import CvProfile
from chipid.pki.cv_authorisation import HolderAuthorisation, TerminalType
from chipid.protocols.key_agreement import shared_secret
from chipid.protocols.pace import PaceChoice, token
from chipid.protocols.pace.mapping import terminal_mapping
from chipid.protocols.pace.suite import MappingKind
from chipid.protocols.password import Password, PasswordKind

MRZ, CAN, PIN, PUK = PasswordKind.MRZ, PasswordKind.CAN, PasswordKind.PIN, PasswordKind.PUK
SUITES = [(name, number) for name in CHIPS for number in range(len(EacTerminal(image(name)).pace_choices()))]
CHATS = {
    "id-IS": HolderAuthorisation(TerminalType.INSPECTION_SYSTEM, b"\x03").build(),
    "id-AT": HolderAuthorisation(TerminalType.AUTHENTICATION_TERMINAL, bytes.fromhex("3F7FFFFFFF")).build(),
    "id-ST": HolderAuthorisation(TerminalType.SIGNATURE_TERMINAL, b"\x03").build(),
}
STEPS = ("nonce", "map", "agree", "authenticate")


class Steps:
    """One run of PACE at the terminal, step by step; ``send`` carries the commands, plain or protected."""

    def __init__(self, t: EacTerminal, choice: PaceChoice, kind: PasswordKind, password: Password | None = None) -> None:
        self.t, self.choice, self.kind = t, choice, kind
        self.suite, self.domain = choice.suite, choice.domain
        self.password = password or t.password(kind)
        self.send: Callable[[CommandAPDU], tuple[bytes, int]] = t.plain

    def set_at(self, *objects: bytes) -> int:
        data, sw = self.send(set_at_pace(self.choice, self.kind, *objects))
        assert data == b""
        return sw

    def nonce(self) -> None:
        self.encrypted = self._value(CommandAPDU(0x10, 0x86, 0, 0, bytes.fromhex("7C00"), 256), 0x80)
        assert token.is_nonce_size(self.suite, len(self.encrypted))
        secret = token.decrypt_nonce(self.suite, self.password, self.encrypted)
        self.mapping = terminal_mapping(self.suite, self.domain, secret, system_random)

    def map(self) -> None:
        self.chip_mapping_data = self._value(general_authenticate(self.mapping.data, 0x81, 0x10), 0x82)
        self.mapped = self.mapping.mapped(self.chip_mapping_data)

    def agree(self) -> None:
        self.own = generate_key_pair(self.mapped, system_random)
        self.peer = self._value(general_authenticate(self.own.public, 0x83, 0x10), 0x84)
        self.keys = derive_session_keys(self.suite.cipher, shared_secret(self.mapped, self.own, self.peer))

    def token(self) -> bytes:
        return token.authentication_token(self.suite, self.mapped, self.keys, self.peer)

    def authenticate(self) -> None:
        self.answer, sw = self.send(general_authenticate(self.token(), 0x85))
        assert sw == 0x9000
        objects = {each.tag: each.value for each in parse_tlv(self.answer, 0x7C).children()}
        assert objects[0x86] == token.authentication_token(self.suite, self.mapped, self.keys, self.own.public)
        self.objects = objects
        self.session = open_session(self.keys)

    def until(self, step: str) -> Steps:
        """The steps before *step*, after MSE:Set AT."""
        assert self.set_at() == 0x9000
        for each in STEPS[: STEPS.index(step)]:
            getattr(self, each)()
        return self

    def is_void(self) -> bool:
        """None of the later steps is taken any more."""
        rest = [general_authenticate(bytes(8), tag, 0x10) for tag in (0x81, 0x83)] + [general_authenticate(bytes(8), 0x85)]
        return all(is_checking_error(self.send(command)[1]) for command in rest)

    def _value(self, command: CommandAPDU, tag: int) -> bytes:
        data, sw = self.send(command)
        assert sw == 0x9000
        objects = parse_tlv(data, 0x7C).children()
        value = objects.expect(tag).value
        objects.finish()
        return value


def steps(name: str = "curves", number: int = 0, kind: PasswordKind = CAN) -> Steps:
    t = EacTerminal(image(name))
    return Steps(t, t.pace_choices()[number], kind)


@pytest.fixture(params=SUITES, ids=[f"{name}-{number}" for name, number in SUITES])
def suite(request: pytest.FixtureRequest) -> Steps:
    return steps(*request.param)


# What works ------------------------------------------------------------------------------------------------------


PASSWORDS = {
    "EAC2_ISO7816_H_1": ("curves", CAN),
    "H_2": ("version 2", PIN),
    "EAC2_ISO7816_H_3": ("version 2", PUK),
    "MRZ": ("curves", MRZ),
}


@pytest.mark.parametrize("case", PASSWORDS)
def test_each_password(case: str) -> None:
    """9303-11-4.2-5, 9303-11-4.2-6; without a CHAT, none of the authorities is named."""
    name, kind = PASSWORDS[case]
    p = steps(name, kind=kind).until("authenticate")
    p.authenticate()
    assert p.objects.keys() == {0x86}
    assert p.t.secure("00 B0 9C 00 01", p.session) == (b"\x31", 0x9000)


def test_every_suite(suite: Steps) -> None:
    """EAC2_ISO7816_H_1, 9303-11-4.2-7, 9303-11-4.4.5-2, 9303-11-4.4.5.2.2-1: 82 is empty for IM, and 8A there for CAM alone."""
    suite.until("authenticate")
    assert (suite.chip_mapping_data == b"") is (suite.suite.mapping is MappingKind.INTEGRATED)
    suite.authenticate()
    assert (0x8A in suite.objects) is (suite.suite.mapping is MappingKind.CHIP_AUTHENTICATION)
    assert suite.t.secure("00 B0 9C 00 01", suite.session) == (b"\x31", 0x9000)
    assert suite.t.secure("00 B0 9E 00 01", suite.session) == (b"", 0x6A82)


ALLOWED = {
    "EAC2_ISO7816_H_4a": ("id-IS", MRZ),
    "EAC2_ISO7816_H_4b": ("id-IS", CAN),
    "EAC2_ISO7816_H_4c": ("id-AT", CAN),
    "EAC2_ISO7816_H_4d": ("id-AT", PIN),
    "EAC2_ISO7816_H_4e": ("id-ST", CAN),
    "EAC2_ISO7816_H_4f": ("id-ST", PIN),
    "EAC2_ISO7816_H_4g": ("id-ST", PUK),
}


@pytest.mark.parametrize("case", ALLOWED)
def test_a_terminal_that_announces_itself(case: str) -> None:
    """9303-11-4.4.5-1: the authorities are named, and secure messaging works."""
    role, kind = ALLOWED[case]
    p = steps("version 2", kind=kind)
    assert p.set_at(CHATS[role]) == 0x9000
    for step in STEPS:
        getattr(p, step)()
    assert p.objects.keys() == {0x86, 0x87}
    assert p.objects[0x87] == CVCA.encode()
    assert p.t.secure("00 B0 9C 00 01", p.session)[1] == 0x9000


def test_both_authorities_are_named_the_recent_one_first() -> None:
    """9303-11-4.4.5-1, after a link."""
    t = EacTerminal().open().chip_authentication()
    t.show(plan().cvca.issue_link("DETESTCVCA00002", profile=CvProfile(EFFECTIVE)))
    t.pace(chat=CHATS["id-IS"])
    assert t.run is not None
    assert t.run.certification_authority_references == (b"DETESTCVCA00002", CVCA.encode())


REFUSED = {
    "EAC2_ISO7816_H_5a": ("id-IS", PIN),
    "EAC2_ISO7816_H_5b": ("id-IS", PUK),
    "EAC2_ISO7816_H_5c": ("id-AT", MRZ),
    "EAC2_ISO7816_H_5d": ("id-AT", PUK),
    "EAC2_ISO7816_H_5e": ("id-ST", MRZ),
}


@pytest.mark.parametrize("case", REFUSED)
@pytest.mark.parametrize("chip", ["curves", "version 2"])
def test_a_terminal_with_a_password_that_is_not_its_own(case: str, chip: str) -> None:
    """Whether the chip has the password or not."""
    role, kind = REFUSED[case]
    t = EacTerminal(image(chip))
    assert t.plain(set_at_pace(t.pace_choices()[0], kind, CHATS[role])) == (b"", 0x6A80)
    assert t.plain("10 86 00 00 02 7C 00 00") == (b"", 0x6985)


# MSE:Set AT --------------------------------------------------------------------------------------------------------


def test_set_at(suite: Steps) -> None:
    """9303-11-4.4.4.1-1, 9303-11-4.4.4.1-4."""
    assert suite.set_at() == 0x9000
    wrong = replace(suite.choice, info=replace(suite.choice.info, parameter_id=31))
    assert suite.t.plain(set_at_pace(wrong, CAN)) == (b"", 0x6A88)
    assert suite.t.plain("10 86 00 00 02 7C 00 00") == (b"", 0x6985)


@pytest.mark.parametrize("kind", [PIN, PUK])
def test_a_password_that_the_chip_does_not_have(kind: PasswordKind) -> None:
    """9303-11-4.4.4.1-3."""
    p = steps(kind=CAN)
    p.kind = kind
    assert p.set_at() == 0x6A88
    without = EacTerminal(replace(image(), can=None))
    assert without.plain(set_at_pace(p.choice, CAN)) == (b"", 0x6A88)
    assert without.plain(set_at_pace(p.choice, MRZ)) == (b"", 0x9000)


@pytest.mark.parametrize(
    "data",
    [
        "",
        "800A04007F00070202040202",
        "830102",
        "830102800A04007F00070202040202",
        "800A04007F000702020402FF830102",
        "800A04007F00070202040202830102830102",
        "800A04007F00070202040202830102840100840100",
        "800A04007F00070202040202830102FF",
        "800A04007F00070202040202830200028401",
        "800A04007F0007020204020283010284010D7F4C00",
        "800A04007F0007020204020283010284010D7F4C0A0608040074000102030405",
        "8000830102",
    ],
)
def test_set_at_of_other_data(data: str) -> None:
    """9303-11-4.4.4.1-2 and its neighbours: the object missing, doubled, in another order, cut short; a CHAT that is none."""
    t = EacTerminal()
    answer, sw = t.plain(CommandAPDU(0, 0x22, 0xC1, 0xA4, bytes.fromhex(data)))
    assert answer == b""
    assert is_checking_error(sw)
    assert t.plain("10 86 00 00 02 7C 00 00") == (b"", 0x6985)


@pytest.mark.parametrize("reference", ["00", "05", "06", "FF", "0002", ""])
def test_other_password_references(reference: str) -> None:
    t = EacTerminal()
    data = bytes.fromhex("800A04007F00070202040202") + build_tlv(0x83, bytes.fromhex(reference))
    assert t.plain(CommandAPDU(0, 0x22, 0xC1, 0xA4, data)) == (b"", 0x6A88)


# The steps -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", STEPS)
def test_a_step_that_is_left_out(suite: Steps, step: str) -> None:
    """9303-11-4.4.4.2-1, 9303-11-4.4.4.2-2: each later request in place of the one that is due."""
    for tag, last in ((0x81, False), (0x83, False), (0x85, True)):
        suite.until(step)
        if STEPS.index(step) != (tag - 0x7F) // 2:
            data, sw = suite.send(general_authenticate(bytes(8), tag, 0x00 if last else 0x10))
            assert data == b""
            assert is_refusal(sw)
            assert suite.is_void()


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(
    "between", ["00 B0 9C 00 01", "00 A4 00 0C", "00 84 00 00 08", "00 C0 00 00", "80 86 00 00 02 7C 00 00", "0C B0 9C 00 00"]
)
def test_a_command_between(step: str, between: str) -> None:
    p = steps().until(step)
    p.t.plain(between)
    assert p.is_void()
    assert p.until("authenticate").t.card.applet.session is None
    p.authenticate()


@pytest.mark.parametrize("step", STEPS)
def test_a_step_with_the_wrong_place_in_the_chain(suite: Steps, step: str) -> None:
    suite.until(step)
    commands = {
        "nonce": CommandAPDU(0x00, 0x86, 0, 0, bytes.fromhex("7C00"), 256),
        "map": lambda: general_authenticate(suite.mapping.data, 0x81),
        "agree": lambda: general_authenticate(generate_key_pair(suite.mapped, system_random).public, 0x83),
        "authenticate": lambda: general_authenticate(suite.token(), 0x85, 0x10),
    }
    command = commands[step]
    data, sw = suite.send(command if isinstance(command, CommandAPDU) else command())
    assert data == b""
    assert is_checking_error(sw)
    assert suite.is_void()
    assert suite.t.card.applet.session is None


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("data", ["", "7C", "7C028100", "7D00", "7C0281", "7C06810104830104", "30028100", "7C0381010400"])
def test_a_step_with_other_data(step: str, data: str) -> None:
    p = steps().until(step)
    cla = 0x00 if step == "authenticate" else 0x10
    answer, sw = p.send(CommandAPDU(cla, 0x86, 0, 0, bytes.fromhex(data), 256))
    assert answer == b""
    assert is_refusal(sw)
    assert p.is_void()


def bad_values(p: Steps) -> list[bytes]:
    """Public keys that are none of the group."""
    domain = p.domain
    if isinstance(domain, DhDomain):
        prime = int.from_bytes(domain.parameters[0], "big")
        return [value.to_bytes(domain.size + 1, "big").lstrip(b"\0") or b"\0" for value in (0, 1, prime - 1, prime, prime + 1)]
    assert isinstance(domain, EcDomain)
    good = domain.generator
    other = EcDomain.named("brainpoolP192r1").generator
    size = domain.field_size
    compressed = [bytes((form,)) + good[1 : 1 + size] for form in (2, 3)]
    return [good[:-1] + bytes((good[-1] ^ 1,)), b"\x04" + bytes(2 * size), b"\0", b"", other, *compressed, good[:-1], good + b"\0"]


# The integrated mapping's data are no public key, but a nonce of the terminal's.
INTEGRATED = [each for each in SUITES if steps(*each).suite.mapping is MappingKind.INTEGRATED]
KEYS = [(*each, step) for each in SUITES for step in ("map", "agree") if step == "agree" or each not in INTEGRATED]


@pytest.mark.parametrize(("name", "number", "step"), KEYS)
def test_a_key_that_is_none(name: str, number: int, step: str) -> None:
    """EAC2_ISO7816_H_33 (and at the mapping), 9303-11-4.4.4.2-4, 9303-11-4.4.4.2-5, 9303-11-4.4.3.2-1."""
    suite = steps(name, number)
    for value in bad_values(suite):
        suite.until(step)
        data, sw = suite.send(general_authenticate(value, 0x81 if step == "map" else 0x83, 0x10))
        assert data == b""
        assert is_refusal(sw)
        assert suite.is_void()


@pytest.mark.parametrize(("name", "number"), INTEGRATED)
def test_the_terminals_nonce_of_another_length(name: str, number: int) -> None:
    """9303-11-4.4.3.3-3."""
    suite = steps(name, number)
    size = len(suite.until("map").mapping.data)
    for other in (0, 1, size - 1, size + 1, 2 * size, 8):
        suite.until("map")
        data, sw = suite.send(general_authenticate(bytes(other), 0x81, 0x10))
        assert data == b""
        assert is_refusal(sw)


@pytest.mark.parametrize("number", [0, 1])
def test_the_chips_key_sent_back(number: int) -> None:
    """9303-11-4.4.1-1: the chip's key of the mapping comes back as the terminal's key of the agreement."""
    p = steps("mapped", number).until("agree")
    assert p.send(general_authenticate(p.chip_mapping_data, 0x83, 0x10)) == (b"", 0x6A80)
    assert p.is_void()


WRONG_TOKENS: dict[str, tuple[str | None, PasswordKind]] = {
    "EAC2_ISO7816_H_6a": ("id-IS", MRZ),
    "EAC2_ISO7816_H_6b": ("id-IS", CAN),
    "EAC2_ISO7816_H_6c": ("id-AT", CAN),
    "EAC2_ISO7816_H_6d": ("id-AT", PIN),
    "EAC2_ISO7816_H_6e": ("id-ST", CAN),
    "EAC2_ISO7816_H_6f": ("id-ST", PIN),
    "H_6g": ("id-ST", PUK),
    "no CHAT": (None, CAN),
}


@pytest.mark.parametrize("case", WRONG_TOKENS)
@pytest.mark.parametrize("change", [lambda t: t[:-1] + bytes((t[-1] ^ 1,)), lambda t: t[:-1], lambda t: t + b"\0", lambda t: b""])
def test_a_wrong_token(case: str, change: Callable[[bytes], bytes]) -> None:
    """9303-11-4.4.3.4-2: no session starts, and the run is over."""
    role, kind = WRONG_TOKENS[case]
    p = steps("version 2", kind=kind)
    assert p.set_at(*([CHATS[role]] if role else [])) == 0x9000
    for step in STEPS[:3]:
        getattr(p, step)()
    data, sw = p.send(general_authenticate(change(p.token()), 0x85))
    assert data == b""
    assert sw == (0x63C2 if kind is PIN else 0x6300)
    with pytest.raises(SecureMessagingError):
        p.t.secure(PROBE, open_session(p.keys))
    assert p.is_void()


def test_a_wrong_password_shows_at_the_token_alone(suite: Steps) -> None:
    suite.password = Password.from_text(CAN, "000000")
    data, sw = suite.until("authenticate").send(general_authenticate(suite.token(), 0x85))
    assert (data, sw) == (b"", 0x6300)


def test_nonces_are_fresh(suite: Steps) -> None:
    """9303-11-4.4.3.3-2."""
    nonces = {suite.until("map").encrypted for _ in range(4)}
    suite.t.reset()
    nonces.add(suite.until("map").encrypted)
    assert len(nonces) == 5


# The chip's own numbers --------------------------------------------------------------------------------------------


class Drawn:
    """A random source that gives *value* the first time that as many octets are asked for."""

    def __init__(self, value: bytes) -> None:
        self.value: bytes | None = value

    def __call__(self, size: int) -> bytes:
        value = self.value
        if value is not None and len(value) == size:
            self.value = None
            return value
        return system_random(size)


def test_a_point_keeps_its_leading_zeros() -> None:
    """9303-11-9.4.1-2: the chip draws a mapping key whose x begins with zeros."""
    domain = EcDomain.named("brainpoolP256r1")
    pair = next(p for p in iter(lambda: generate_key_pair(domain, system_random), None) if p.public[1] == 0)
    t = EacTerminal(random=Drawn(bytes(pair.private)))
    p = Steps(t, t.pace_choices()[0], CAN).until("agree")
    assert p.chip_mapping_data == pair.public
    assert len(p.chip_mapping_data) == 65
    p.agree()
    p.authenticate()


def test_the_mappings_proof_keeps_its_leading_zeros() -> None:
    """9303-11-4.4.3.5.1-1, 9303-11-4.4.5.6-1: CA = SK.IC⁻¹ · SK.map mod n, as long as the order, here with leading zeros."""
    key = parse_private_key(image("mapped").chip_authentication_keys[12])
    assert isinstance(key, EcPrivateKey)
    domain = EcDomain.named("secp256r1")
    order = int.from_bytes(domain.order, "big")
    proof = 0x00ABCDEF
    drawn = proof * int.from_bytes(key.scalar, "big") % order
    t = EacTerminal(image("mapped"), random=Drawn(drawn.to_bytes(32, "big")))
    t.pace(choice=t.pace_choices()[0])
    assert t.run is not None
    transcript = t.run.chip_authentication
    assert transcript is not None
    assert transcript.data == proof.to_bytes(32, "big")
    static = domain.public_key(key.scalar)
    assert domain.agree_point(proof.to_bytes(32, "big"), static) == transcript.mapping_key


# Where PACE is run -------------------------------------------------------------------------------------------------


def test_from_within_the_application_and_inside_a_session() -> None:
    t = EacTerminal()
    t.plain("00 A4 04 0C 07 A0000002471001")
    p = Steps(t, t.pace_choices()[0], CAN).until("authenticate")
    p.authenticate()
    assert t.secure(PROBE, p.session)[1] == 0x9000
    t.session = p.session
    inner = Steps(t, t.pace_choices()[0], MRZ)
    inner.send = t.secure
    inner.until("authenticate")
    inner.authenticate()
    assert t.secure(PROBE, inner.session)[1] == 0x9000
    t.assert_dead(p.session)


@pytest.mark.parametrize("step", STEPS)
def test_a_plain_step_inside_a_session(step: str) -> None:
    """It ends the session and the run."""
    t = EacTerminal().open()
    p = Steps(t, t.pace_choices()[0], MRZ)
    p.send = t.secure
    p.until(step)
    assert t.plain(general_authenticate(bytes(8), 0x81, 0x10)) == (b"", 0x6985)
    t.assert_dead()
    p.send = t.plain
    assert p.is_void()


@pytest.mark.parametrize("step", STEPS)
def test_a_void_run_leaves_the_session_in_which_it_ran(step: str) -> None:
    t = EacTerminal().open()
    p = Steps(t, t.pace_choices()[0], MRZ)
    p.send = t.secure
    p.until(step)
    data, sw = t.secure(general_authenticate(bytes(8), 0x87, 0x10))
    assert data == b""
    assert is_checking_error(sw)
    assert p.is_void()
    assert t.is_alive()


def test_a_chip_without_pace() -> None:
    files = {file: raw for file, raw in image().files.items() if file is not FileId.CARD_ACCESS}
    t = EacTerminal(replace(image(), files=files))
    assert t.plain(set_at_pace(EacTerminal().pace_choices()[0], CAN)) == (b"", 0x6A81)
    assert t.plain("10 86 00 00 02 7C 00 00") == (b"", 0x6985)
