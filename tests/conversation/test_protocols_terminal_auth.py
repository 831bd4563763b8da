# SPDX-License-Identifier: Apache-2.0
"""Terminal Authentication: our terminal against our chip, every mechanism in both versions, and all that either end refuses."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date, timedelta
from functools import cache
from typing import ClassVar

import pytest
from cryptography.hazmat.primitives.serialization import load_der_private_key

from chipid.crypto.domain import EcDomain, generate_key_pair
from chipid.crypto.random import system_random
from chipid.crypto.signature import PublicKey, Scheme
from chipid.crypto.spki import CURVE_OIDS
from chipid.errors import MalformedData, UnsupportedFeature
from chipid.evidence import Result, TerminalAuthenticationRecord
from chipid.iso7816.apdu import CommandAPDU, ResponseAPDU
from chipid.iso7816.dialogue import run
from chipid.iso7816.status import SW
from chipid.iso7816.tlv import TlvCursor, build_tlv
from chipid.issuing import cv_keys
from chipid.issuing.cv_keys import CvKeyOptions, TestCvKey
from chipid.issuing.cv_pki import DEFAULT_KEY, CvProfile, TestCvca, TestTerminal
from chipid.pki.cv_authorisation import HolderAuthorisation, TerminalType
from chipid.pki.cv_credentials import TerminalCredentials
from chipid.pki.cv_public_key import OIDS
from chipid.protocols.terminal_auth import (
    REASONS,
    ChipTrust,
    TerminalAuthenticationChip,
    compress,
    document_identifier,
    terminal_authentication,
)
from chipid.protocols.terminal_auth.signed_data import signed_data

DAY = date(2026, 1, 10)
ONE = timedelta(days=1)
PROFILE = CvProfile(DAY, DAY + 30 * ONE)
ID_IC = document_identifier("C01X00T47")
DOMAIN = EcDomain.named("brainpoolP256r1")
TERMINAL_KEY = compress(DOMAIN, generate_key_pair(DOMAIN, system_random).public)
AUXILIARY = build_tlv(0x67, build_tlv(0x73, bytes.fromhex("060904007F000703010401"), build_tlv(0x53, b"20260110")))

CURVES = list(CURVE_OIDS.values())
EC_MECHANISMS = [name for name in OIDS if "ECDSA" in name]
RSA_MECHANISMS = [name for name in OIDS if "RSA" in name]

Answer = Callable[[CommandAPDU, ResponseAPDU], ResponseAPDU]


class Chip:
    """A wire to the responder; *lie* may put another answer in the place of the chip's."""

    def __init__(self, responder: TerminalAuthenticationChip, lie: Answer | None = None) -> None:
        self.responder, self.lie = responder, lie
        self.commands: list[CommandAPDU] = []

    def transmit(self, raw: bytes) -> bytes:
        command = CommandAPDU.from_bytes(raw)
        self.commands.append(command)
        response = self.answer(command)
        return (self.lie(command, response) if self.lie else response).to_bytes()

    def answer(self, command: CommandAPDU) -> ResponseAPDU:
        responder, header = self.responder, (command.cla, command.ins, command.p1, command.p2)
        if header == (0x00, 0x84, 0x00, 0x00):
            data, sw = responder.get_challenge(command.le)
            return ResponseAPDU(data, sw)
        handlers = {
            (0x00, 0x22, 0x81, 0xB6): responder.set_dst,
            (0x00, 0x2A, 0x00, 0xBE): responder.verify_certificate,
            (0x00, 0x22, 0x81, 0xA4): responder.set_at,
            (0x00, 0x82, 0x00, 0x00): responder.external_authenticate,
        }
        return ResponseAPDU(b"", handlers[header](command.data))


class Scene:
    """A PKI, a chip that trusts it, and a terminal that has its rights from it."""

    def __init__(self, key: CvKeyOptions = DEFAULT_KEY, version: int = 1, profile: CvProfile = PROFILE) -> None:
        self.version = version
        self.cvca = TestCvca.create(profile=CvProfile(DAY), key=key)
        self.verifier = self.cvca.issue_verifier(profile=PROFILE)
        self.terminal = self.verifier.issue_terminal(profile=profile)
        self.trust = ChipTrust([self.cvca.certificate], DAY)
        self.chip = self.session()

    def session(self) -> TerminalAuthenticationChip:
        chip = TerminalAuthenticationChip(self.trust, ID_IC, system_random, version=self.version)
        if self.version == 1:
            chip.bind(TERMINAL_KEY)
        return chip

    @property
    def credentials(self) -> TerminalCredentials:
        return self.terminal.credentials(self.verifier, self.cvca)

    def run(self, lie: Answer | None = None, **options) -> TerminalAuthenticationRecord:
        wire = Chip(self.chip, lie)
        arguments = {"id_ic": ID_IC, "terminal_key": TERMINAL_KEY, "version": self.version, **options}
        credentials = arguments.pop("credentials", self.credentials)
        references = arguments.pop("references", self.trust.references)
        record = run(terminal_authentication(credentials, references, **arguments), wire)
        self.commands = wire.commands
        return record


def answering(ins: int, response: ResponseAPDU) -> Answer:
    """A chip that answers so to that instruction, and honestly to all others."""
    return lambda command, honest: response if command.ins == ins else honest


def refusing(ins: int, p2: int, sw: int = SW.CONDITIONS_NOT_SATISFIED) -> Answer:
    return lambda command, honest: ResponseAPDU(b"", sw) if (command.ins, command.p2) == (ins, p2) else honest


loaded = cache(load_der_private_key)
"""libcrypto tests the primes each time that it loads an RSA key."""


@cache
def three_keys(kind: str) -> tuple[TestCvKey, ...]:
    return tuple(TestCvKey.generate(kind) for _ in range(3))


# The matrix ------------------------------------------------------------------------------------------------------


@pytest.mark.combinations("Terminal Authentication")
@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("curve", CURVES)
@pytest.mark.parametrize("mechanism", EC_MECHANISMS)
def test_ecdsa(mechanism, curve, version):
    scene = Scene(CvKeyOptions(curve, mechanism), version)
    record = scene.run()
    assert record == TerminalAuthenticationRecord(
        version,
        Result.DONE,
        trust_point="DETESTCVCA00001",
        certificates=("DETESTDVDE00001", "DETESTISDE00001"),
        rights=("DG3", "DG4"),
    )
    assert scene.chip.data_groups == ("DG3", "DG4")


@pytest.mark.combinations("Terminal Authentication")
@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("bits", [1280, 2048, 3072])
@pytest.mark.parametrize("mechanism", RSA_MECHANISMS)
def test_rsa(mechanism, bits, version, monkeypatch):
    # Long keys take seconds to make: three of each length, for authority, verifier and terminal, serve every mechanism.
    keys = iter(three_keys(f"rsa-{bits}"))
    monkeypatch.setattr(TestCvKey, "generate", lambda _kind, _random: next(keys))
    monkeypatch.setattr(cv_keys, "load_der_private_key", loaded)
    scene = Scene(CvKeyOptions(f"rsa-{bits}", mechanism), version)
    assert scene.run().result is Result.DONE
    assert scene.chip.data_groups == ("DG3", "DG4")


# The commands ----------------------------------------------------------------------------------------------------


def test_the_commands_of_version_1():
    """ICAO 9303-11 §7.1.5, in its order, each object in its place."""
    scene = Scene()
    scene.run()
    verifier, terminal = scene.verifier.certificate, scene.terminal.certificate
    expected = [
        (0x22, 0x81, 0xB6, build_tlv(0x83, b"DETESTCVCA00001")),
        (0x2A, 0x00, 0xBE, verifier.bare),
        (0x22, 0x81, 0xB6, build_tlv(0x83, b"DETESTDVDE00001")),
        (0x2A, 0x00, 0xBE, terminal.bare),
        (0x22, 0x81, 0xA4, build_tlv(0x83, b"DETESTISDE00001")),
        (0x84, 0x00, 0x00, b""),
    ]
    assert [(each.ins, each.p1, each.p2, each.data) for each in scene.commands[:-1]] == expected
    assert [each.le for each in scene.commands] == [None] * 5 + [8, None]
    assert (scene.commands[-1].ins, len(scene.commands[-1].data)) == (0x82, 64)


def test_set_at_of_version_2():
    """BSI TR-03110-3 §B.14.1: 80, 83, 67, 91."""
    scene = Scene(version=2)
    assert scene.run(auxiliary_data=AUXILIARY).result is Result.DONE
    objects = list(TlvCursor(scene.commands[4].data))
    assert [each.tag for each in objects] == [0x80, 0x83, 0x67, 0x91]
    assert objects[0].value == bytes.fromhex("04007F00070202020203")
    assert objects[1].value == b"DETESTISDE00001"
    assert objects[2].raw == AUXILIARY
    assert objects[3].value == TERMINAL_KEY
    assert scene.chip.auxiliary_data == AUXILIARY
    assert scene.chip.terminal_key == TERMINAL_KEY


def test_long_certificates_take_extended_length():
    scene = Scene(CvKeyOptions("rsa-2048"))
    scene.run()
    assert [each.is_extended for each in scene.commands] == [False, True, False, True, False, False, True]


def test_what_is_signed():
    """ID_IC ‖ r_IC ‖ Comp(PK_IFD), and the auxiliary data in version 2 (§7.1.2, TR-03110-3 §B.3)."""
    assert signed_data(b"id", b"r" * 8, b"key") == b"idrrrrrrrrkey"
    assert signed_data(b"id", b"r" * 8, b"key", b"aux") == b"idrrrrrrrrkeyaux"
    scene = Scene(version=2)
    challenge = []
    scene.run(lambda command, honest: challenge.append(honest.data) or honest, auxiliary_data=AUXILIARY)
    message = ID_IC + challenge[5] + TERMINAL_KEY + AUXILIARY
    assert scene.terminal.certificate.public_key.resolve(DOMAIN).verify(message, scene.commands[-1].data)


def test_compression():
    point = generate_key_pair(DOMAIN, system_random).public
    assert compress(DOMAIN, point) == point[1:33]
    for other in (point[1:], point + b"\0", b"\2" + point[1:33], b"\5" + point[1:]):
        with pytest.raises(MalformedData):
            compress(DOMAIN, other)


def test_compression_in_a_finite_field():
    from chipid.crypto.domain import standardised_domain

    domain = standardised_domain(0)
    public = generate_key_pair(domain, system_random).public
    assert compress(domain, public) == hashlib.sha1(public).digest()


def test_a_coordinate_with_leading_zeros_keeps_its_length():
    """§7.1.4.2.3: fixed length."""
    assert compress(DOMAIN, b"\4" + bytes(31) + b"\1" + bytes(32)) == bytes(31) + b"\1"


@pytest.mark.parametrize(
    ("number", "identifier"), [("C01X00T47", b"C01X00T478"), ("L898902C", b"L898902C<3"), ("L898902C<", b"L898902C<3")]
)
def test_the_document_number_with_its_check_digit(number, identifier):
    assert document_identifier(number) == identifier


def test_a_document_number_that_is_none():
    with pytest.raises(MalformedData):
        document_identifier("C01x00T47")


# Rights ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("authority", [(), (3,), (4,), (3, 4)])
@pytest.mark.parametrize("verifier", [(), (3,), (4,), (3, 4)])
@pytest.mark.parametrize("terminal", [(), (3,), (4,), (3, 4)])
def test_rights_are_those_that_all_three_grant(authority, verifier, terminal):
    """ICAO 9303-11 §7.1.4.3.6."""
    scene = Scene()
    scene.cvca = TestCvca.create(profile=CvProfile(DAY, data_groups=authority))
    scene.verifier = scene.cvca.issue_verifier(profile=CvProfile(DAY, data_groups=verifier))
    scene.terminal = scene.verifier.issue_terminal(profile=CvProfile(DAY, data_groups=terminal))
    scene.trust = ChipTrust([scene.cvca.certificate], DAY)
    scene.chip = scene.session()
    record = scene.run()
    granted = tuple(f"DG{number}" for number in (3, 4) if number in authority and number in verifier and number in terminal)
    assert record.result is Result.DONE
    assert record.rights == scene.chip.data_groups == granted


def test_reserved_bits_mean_nothing():
    rights = HolderAuthorisation(TerminalType.INSPECTION_SYSTEM, b"\x3d")
    scene = Scene(profile=CvProfile(DAY, authorisation=rights))
    assert scene.run().rights == scene.chip.data_groups == ("DG3",)


def test_no_rights_before_the_signature():
    scene = Scene()
    scene.run(refusing(0x82, 0x00))
    assert scene.session().data_groups == ()
    fresh = scene.session()
    scene.chip = fresh
    assert scene.run(answering(0x84, ResponseAPDU(bytes(8), SW.OK))).reason == "ta-signature-refused"
    assert fresh.data_groups == ()
    assert fresh.rights is None


# Links and dates -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("key", [CvKeyOptions(), CvKeyOptions("rsa-2048", "id-TA-RSA-PSS-SHA-256"), CvKeyOptions("secp521r1")])
def test_a_link_on_the_way(version, key):
    """The mechanism may change at a link, and the whole chain then uses the new one."""
    scene = Scene(version=version)
    link = scene.cvca.issue_link("DETESTCVCA00002", profile=CvProfile(DAY + ONE), key=key)
    verifier = link.issue_verifier(profile=PROFILE)
    terminal = verifier.issue_terminal(profile=PROFILE)
    record = scene.run(credentials=terminal.credentials(link, verifier))
    assert record.result is Result.DONE
    assert record.trust_point == "DETESTCVCA00001"
    assert record.certificates == ("DETESTCVCA00002", "DETESTDVDE00001", "DETESTISDE00001")
    assert scene.trust.references == ("DETESTCVCA00002", "DETESTCVCA00001")
    assert scene.trust.state.today == DAY + ONE
    # The next session needs no link, and the terminal shows none.
    scene.chip = scene.session()
    record = scene.run(credentials=terminal.credentials(link, verifier))
    assert (record.trust_point, len(record.certificates)) == ("DETESTCVCA00002", 2)


def test_two_links_on_the_way():
    scene = Scene()
    second = scene.cvca.issue_link("DETESTCVCA00002", profile=CvProfile(DAY + ONE))
    third = second.issue_link("DETESTCVCA00003", profile=CvProfile(DAY + 2 * ONE))
    verifier = third.issue_verifier(profile=PROFILE)
    record = scene.run(credentials=verifier.issue_terminal(profile=PROFILE).credentials(third, second, verifier))
    assert record.result is Result.DONE
    assert len(record.certificates) == 4
    assert scene.trust.references == ("DETESTCVCA00003", "DETESTCVCA00002")


def test_a_broken_link_is_refused_with_its_name():
    scene = Scene()
    stranger = TestCvca.create(profile=CvProfile(DAY))
    link = stranger.issue_link("DETESTCVCA00002", profile=CvProfile(DAY))
    verifier = link.issue_verifier(profile=PROFILE)
    before = scene.trust.state
    record = scene.run(credentials=verifier.issue_terminal(profile=PROFILE).credentials(link, verifier))
    assert (record.result, record.reason, record.refused) == (Result.FAILED, "ta-certificate-refused", "DETESTCVCA00002")
    assert record.sw == SW.AUTHENTICATION_FAILED
    assert scene.chip.refused == "cv-signature"
    assert scene.trust.state is before


def test_an_expired_verifier_is_refused_with_its_name():
    """The chip's date comes from certificates that it has seen: another verifier's, in this case."""
    scene = Scene()
    chip = Chip(scene.chip)
    later = scene.cvca.issue_verifier("DETESTDVDE00002", profile=CvProfile(DAY + 31 * ONE))
    for ins, p1, p2, data in ((0x22, 0x81, 0xB6, build_tlv(0x83, b"DETESTCVCA00001")), (0x2A, 0x00, 0xBE, later.certificate.bare)):
        assert ResponseAPDU.from_bytes(chip.transmit(CommandAPDU(0, ins, p1, p2, data).to_bytes())).ok
    record = scene.run()
    assert (record.reason, record.refused) == ("ta-certificate-refused", "DETESTDVDE00001")
    assert scene.chip.refused == "cv-expired"
    assert record.rights == ()


@pytest.mark.parametrize("foreign", [False, True])
def test_only_a_domestic_terminal_sets_the_date(foreign):
    scene = Scene()
    scene.verifier = scene.cvca.issue_verifier(profile=PROFILE, foreign=foreign)
    scene.terminal = scene.verifier.issue_terminal(profile=CvProfile(DAY + 5 * ONE))
    assert scene.run().result is Result.DONE
    assert scene.trust.state.today == (DAY if foreign else DAY + 5 * ONE)


# What the terminal records ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("references", [(), ("DETESTCVCA00002",)])
def test_no_chain(references):
    scene = Scene()
    record = scene.run(references=references)
    expected = ("ta-no-chain", references[0]) if references else ("ta-no-authority", None)
    assert (record.result, record.reason, record.trust_point) == (Result.FAILED, *expected)
    assert scene.commands == []


@pytest.mark.parametrize(
    ("lie", "reason", "refused"),
    [
        (refusing(0x22, 0xB6), "ta-authority-refused", "DETESTDVDE00001"),
        (refusing(0x2A, 0xBE), "ta-certificate-refused", "DETESTDVDE00001"),
        (refusing(0x22, 0xA4), "ta-terminal-refused", "DETESTISDE00001"),
        (refusing(0x84, 0x00), "ta-challenge-refused", None),
        (refusing(0x82, 0x00), "ta-signature-refused", None),
    ],
)
def test_a_refusal_is_recorded_and_nothing_more_is_sent(lie, reason, refused):
    scene = Scene()
    record = scene.run(lie)
    assert (record.result, record.reason, record.refused) == (Result.FAILED, reason, refused)
    assert record.sw == SW.CONDITIONS_NOT_SATISFIED
    assert (record.trust_point, record.certificates) == ("DETESTCVCA00001", ("DETESTDVDE00001", "DETESTISDE00001"))
    assert record.rights == ()
    assert [lie(command, ResponseAPDU(b"", SW.OK)).ok for command in scene.commands] == [True] * (len(scene.commands) - 1) + [False]
    assert reason in REASONS


@pytest.mark.parametrize("size", [0, 7, 9, 16])
def test_a_challenge_of_another_length_is_not_signed(size):
    scene = Scene()
    record = scene.run(answering(0x84, ResponseAPDU(bytes(size), SW.OK)))
    assert (record.result, record.reason, record.sw) == (Result.FAILED, "ta-challenge-malformed", SW.OK)
    assert [each.ins for each in scene.commands].count(0x82) == 0


class SilentSigner:
    """A security module that has been unplugged."""

    def __init__(self, public_key: PublicKey) -> None:
        self.public_key = public_key

    def sign(self, scheme: Scheme, message: bytes) -> bytes:
        raise UnsupportedFeature("the module is gone")


def test_a_signer_that_fails_is_recorded():
    scene = Scene()
    credentials = TerminalCredentials(scene.credentials.certificates, SilentSigner(scene.terminal.key.public_key))
    record = scene.run(credentials=credentials)
    assert (record.result, record.reason) == (Result.FAILED, "ta-signer-failed")


def test_the_terminals_date_chooses():
    """A chain in force before one that lasts longer and has not begun."""
    scene = Scene()
    later = CvProfile(DAY + 10 * ONE, DAY + 90 * ONE)
    successor = scene.cvca.issue_verifier("DETESTDVDE00002", profile=later)
    own = scene.terminal.certificate
    again = successor.certify(own.holder, own.public_key, own.authorisation, later)
    credentials = TerminalCredentials.parse([successor.raw, again, scene.verifier.raw, scene.terminal.raw], scene.terminal.key)
    assert scene.run(credentials=credentials, at=DAY).certificates[0] == "DETESTDVDE00001"


def test_the_wanted_data_groups_choose():
    scene = Scene()
    own = scene.terminal.certificate
    longer = scene.verifier.certify(
        "DETESTISDE00002",
        own.public_key,
        HolderAuthorisation(TerminalType.INSPECTION_SYSTEM, b"\0"),
        CvProfile(DAY, DAY + 60 * ONE),
    )
    credentials = TerminalCredentials.parse([scene.verifier.raw, longer, scene.terminal.raw], scene.terminal.key)
    assert scene.run(credentials=credentials, at=DAY, data_groups=("DG3",)).rights == ("DG3", "DG4")


def test_every_reason_is_explained():
    assert all(code.startswith("ta-") and text.endswith(".") for code, text in REASONS.items())


# What the chip refuses -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("field", ["id_ic", "terminal_key", "auxiliary_data"])
def test_a_signature_over_anything_else(version, field):
    """Each part of what is signed, changed on the terminal's side alone."""
    scene = Scene(version=version)
    other = {"id_ic": document_identifier("C01X00T48"), "terminal_key": TERMINAL_KEY[::-1], "auxiliary_data": AUXILIARY}[field]
    if version == 2 and field != "id_ic":
        # What the terminal announces is what the chip checks: a man in the middle changes the announcement.
        replaced = {"terminal_key": (0x91, TERMINAL_KEY), "auxiliary_data": (0x67, AUXILIARY[2:])}[field]
        relayed = Relay(scene, *replaced)
        arguments = {"terminal_key": other} if field == "terminal_key" else {}
        record = run(
            terminal_authentication(
                scene.credentials, scene.trust.references, ID_IC, **{"terminal_key": TERMINAL_KEY, "version": 2, **arguments}
            ),
            relayed,
        )
    else:
        record = scene.run(**{field: other})
    assert (record.reason, record.sw) == ("ta-signature-refused", SW.AUTHENTICATION_FAILED)
    assert scene.chip.data_groups == ()


class Relay(Chip):
    """Puts one object of its own into MSE:Set AT."""

    def __init__(self, scene: Scene, tag: int, value: bytes) -> None:
        super().__init__(scene.chip)
        self.tag, self.value = tag, value

    def transmit(self, raw: bytes) -> bytes:
        command = CommandAPDU.from_bytes(raw)
        if (command.ins, command.p2) == (0x22, 0xA4):
            objects = {each.tag: each.raw for each in TlvCursor(command.data)} | {self.tag: build_tlv(self.tag, self.value)}
            raw = CommandAPDU(0, 0x22, 0x81, 0xA4, b"".join(objects.values())).to_bytes()
        return super().transmit(raw)


def test_without_chip_authentication():
    """§7.1.3: version 1 needs a key that Chip Authentication or PACE-CAM has authenticated."""
    scene = Scene()
    scene.chip = TerminalAuthenticationChip(scene.trust, ID_IC, system_random)
    record = scene.run()
    assert (record.reason, record.sw) == ("ta-signature-refused", SW.SECURITY_STATUS)
    assert scene.chip.data_groups == ()


@pytest.mark.parametrize("version", [1, 2])
def test_once_in_a_session(version):
    scene = Scene(version=version)
    assert scene.run().result is Result.DONE
    record = scene.run()
    assert (record.reason, record.sw) == ("ta-terminal-refused", SW.SECURITY_STATUS)
    assert scene.chip.external_authenticate(bytes(64)) == SW.SECURITY_STATUS
    assert scene.chip.data_groups == ("DG3", "DG4")


def test_another_chip_authentication_ends_the_rights():
    """§7.1.3: they are bound to the key of the channel; and it is still the same session."""
    scene = Scene()
    scene.run()
    scene.chip.bind(TERMINAL_KEY[::-1])
    assert scene.chip.data_groups == ()
    assert scene.run(terminal_key=TERMINAL_KEY[::-1]).sw == SW.SECURITY_STATUS


def test_a_challenge_does_not_outlive_its_channel():
    scene = Scene()
    scene.run(lambda command, honest: scene.chip.bind(TERMINAL_KEY) or honest if command.ins == 0x84 else honest)
    assert scene.chip.data_groups == ()


def test_a_failure_leaves_the_next_try_free():
    scene = Scene()
    assert scene.run(id_ic=b"other").reason == "ta-signature-refused"
    assert scene.chip.data_groups == ()
    assert scene.run().result is Result.DONE


class TestSetAtOfVersion2:
    @pytest.fixture
    def scene(self) -> Scene:
        scene = Scene(version=2)
        scene.run(refusing(0x82, 0x00))
        scene.chip = scene.session()
        scene.run(refusing(0x22, 0xA4))
        return scene

    GOOD: ClassVar = {
        0x80: bytes.fromhex("04007F00070202020203"),
        0x83: b"DETESTISDE00001",
        0x67: AUXILIARY[2:],
        0x91: TERMINAL_KEY,
    }

    def data(self, changes: dict[int, bytes | None]) -> bytes:
        objects = {**self.GOOD, **changes}
        return b"".join(build_tlv(tag, value) for tag, value in objects.items() if value is not None)

    def test_in_any_order(self, scene):
        for tags in (list(self.GOOD), list(self.GOOD)[::-1]):
            assert scene.chip.set_at(b"".join(build_tlv(tag, self.GOOD[tag]) for tag in tags)) == SW.OK

    @pytest.mark.parametrize(
        ("changes", "sw"),
        [
            ({}, SW.OK),
            ({0x67: None}, SW.OK),
            ({0x80: None}, SW.WRONG_DATA),
            ({0x83: None}, SW.WRONG_DATA),
            ({0x91: None}, SW.WRONG_DATA),
            ({0x84: b"\1"}, SW.WRONG_DATA),
            ({0x80: bytes.fromhex("04007F00070202020204")}, SW.WRONG_DATA),
            ({0x80: bytes.fromhex("04007F00070202020102")}, SW.WRONG_DATA),
            ({0x91: bytes(129)}, SW.WRONG_DATA),
            ({0x83: b"DETESTISDE00002"}, SW.REFERENCE_NOT_FOUND),
            ({0x83: b"DETESTDVDE00001"}, SW.REFERENCE_NOT_FOUND),
            ({0x83: b"DETESTCVCA00001"}, SW.REFERENCE_NOT_FOUND),
            ({0x83: b"\0"}, SW.REFERENCE_NOT_FOUND),
            ({0x67: b""}, SW.OK),
            ({0x67: build_tlv(0x06, b"\1")}, SW.WRONG_DATA),
            ({0x67: build_tlv(0x30, build_tlv(0x06, b"\1"), build_tlv(0x53, b""))}, SW.WRONG_DATA),
            ({0x67: build_tlv(0x73, build_tlv(0x53, b""))}, SW.WRONG_DATA),
            ({0x67: build_tlv(0x73, build_tlv(0x06, b"\1"))}, SW.WRONG_DATA),
            ({0x67: build_tlv(0x73, build_tlv(0x06, b"\1"), build_tlv(0x53, b""), b"\0\0")}, SW.WRONG_DATA),
            ({0x67: build_tlv(0x73, build_tlv(0x06, b"\1"), build_tlv(0x53, bytes(1024)))}, SW.WRONG_DATA),
            ({0x67: b"\x73"}, SW.WRONG_DATA),
        ],
    )
    def test_objects(self, scene, changes, sw):
        assert scene.chip.set_at(self.data(changes)) == sw
        assert scene.chip.get_challenge(8)[1] == SW.OK
        assert scene.chip.external_authenticate(bytes(64)) == (
            SW.AUTHENTICATION_FAILED if sw == SW.OK else SW.CONDITIONS_NOT_SATISFIED
        )

    def test_twice_the_same(self, scene):
        assert scene.chip.set_at(self.data({}) + build_tlv(0x91, TERMINAL_KEY)) == SW.WRONG_DATA

    def test_auxiliary_data_in_another_encoding(self, scene):
        raw = b"\x67\x81" + AUXILIARY[1:]
        assert scene.chip.set_at(self.data({0x67: None}) + raw) == SW.WRONG_DATA

    def test_octets_that_are_no_objects(self, scene):
        assert scene.chip.set_at(b"\x80\x05\x00") == SW.WRONG_DATA

    def test_version_1_knows_none_of_these(self):
        scene = Scene()
        scene.run(refusing(0x22, 0xA4))
        assert scene.chip.set_at(self.data({})) == SW.WRONG_DATA
        assert scene.chip.set_at(build_tlv(0x83, b"DETESTISDE00001")) == SW.OK


def test_names_of_two_kinds_do_not_meet():
    """A terminal that bears its verifier's name: as issuer the verifier is found, as terminal the terminal."""
    scene = Scene()
    scene.terminal = scene.verifier.issue_terminal(scene.verifier.reference, profile=PROFILE)
    assert isinstance(scene.terminal, TestTerminal)
    verifier, terminal = scene.verifier.certificate, scene.terminal.certificate
    chip = scene.chip
    assert chip.set_dst(build_tlv(0x83, b"DETESTCVCA00001")) == SW.OK
    assert chip.verify_certificate(verifier.bare) == SW.OK
    for _ in range(2):
        assert chip.set_dst(build_tlv(0x83, b"DETESTDVDE00001")) == SW.OK
        assert chip.verify_certificate(terminal.bare) == SW.OK
    assert chip.set_at(build_tlv(0x83, b"DETESTDVDE00001")) == SW.OK
