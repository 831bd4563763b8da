# SPDX-License-Identifier: Apache-2.0
"""The BSI's worked example of Terminal Authentication version 2, octet by octet, at the terminal and at the chip.

Its document verifier and terminal are authentication terminals by type, the CVCA certificate beside them is an inspection system's:
a chip with that certificate as its trust point refuses the chain, and the example's chip has a trust point of the other type.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from chipid._native import Secret
from chipid.crypto.domain import EcDomain
from chipid.crypto.private_key import EcPrivateKey, parse_private_key
from chipid.crypto.random import RandomSource
from chipid.crypto.signature import EcPublicKey, Scheme
from chipid.evidence import Result
from chipid.iso7816.apdu import CommandAPDU
from chipid.iso7816.dialogue import run
from chipid.iso7816.status import SW
from chipid.iso7816.tlv import build_tlv
from chipid.pki.cv_authorisation import HolderAuthorisation, Role, TerminalType
from chipid.pki.cv_chain import TrustedKey
from chipid.pki.cv_credentials import TerminalCredentials
from chipid.pki.cvc import CvCertificate
from chipid.protocols.chip_signature import ecdsa
from chipid.protocols.terminal_auth import ChipTrust, TerminalAuthenticationChip, compress, terminal_authentication
from chipid.protocols.terminal_auth.signed_data import signed_data

TODAY = date(2010, 9, 30)
DOMAIN = EcDomain.named("brainpoolP256r1")


@pytest.fixture(scope="module")
def vector(fixtures: Path) -> dict[str, Any]:
    return json.loads((fixtures / "vectors" / "terminal_authentication_v2.json").read_text())


@pytest.fixture
def certificates(vector) -> dict[str, CvCertificate]:
    return {name: CvCertificate.parse(bytes.fromhex(raw)) for name, raw in vector["certificates"].items()}


@pytest.fixture
def id_ic(vector) -> bytes:
    return compress(DOMAIN, bytes.fromhex(vector["chip_pace_public_key"]))


@pytest.fixture
def terminal_key(vector) -> bytes:
    return compress(DOMAIN, bytes.fromhex(vector["terminal_ephemeral_public_key"]))


@pytest.fixture
def trust(certificates) -> ChipTrust:
    """The example's trust point, of the type of its chain."""
    rights = HolderAuthorisation(TerminalType.AUTHENTICATION_TERMINAL, bytes.fromhex("FFFFFFFFFF"))
    return ChipTrust([replace(TrustedKey.trust_point(certificates["cvca"]), authorisation=rights)], TODAY)


class ExampleSigner:
    """The example's key, with the ephemeral scalar that its signature gives away to who knows the key."""

    def __init__(self, vector: dict[str, Any]) -> None:
        key = parse_private_key(bytes.fromhex(vector["terminal_private_key"]))
        assert isinstance(key, EcPrivateKey)
        self._key = key
        signature, message = bytes.fromhex(vector["signature"]), bytes.fromhex(vector["signed_data"])
        n, d = (int.from_bytes(bytes(octets), "big") for octets in (key.domain.order, key.scalar))
        r, s = (int.from_bytes(half, "big") for half in (signature[:64], signature[64:]))
        e = int.from_bytes(hashlib.sha512(message).digest(), "big")
        self._ephemeral = ((e + r * d) * pow(s, -1, n) % n).to_bytes(64, "big")

    @property
    def public_key(self) -> EcPublicKey:
        return EcPublicKey(self._key.domain, self._key.public)

    def sign(self, scheme: Scheme, message: bytes) -> bytes:
        random: RandomSource = lambda _size: self._ephemeral  # noqa: E731
        r, s = ecdsa(self._key, hashlib.new(scheme.hash, message).digest(), random)
        return r.to_bytes(64, "big") + s.to_bytes(64, "big")


class Wire:
    """The chip behind plain commands."""

    def __init__(self, chip: TerminalAuthenticationChip) -> None:
        self.chip = chip
        self.commands: list[CommandAPDU] = []

    def transmit(self, raw: bytes) -> bytes:
        command = CommandAPDU.from_bytes(raw)
        self.commands.append(command)
        data = b""
        match command.ins, command.p2:
            case 0x22, 0xB6:
                sw = self.chip.set_dst(command.data)
            case 0x22, 0xA4:
                sw = self.chip.set_at(command.data)
            case 0x2A, _:
                sw = self.chip.verify_certificate(command.data)
            case 0x84, _:
                data, sw = self.chip.get_challenge(command.le)
            case _:
                sw = self.chip.external_authenticate(command.data)
        return data + sw.to_bytes(2, "big")


def test_certificates(certificates):
    cvca, verifier, terminal = (certificates[name] for name in ("cvca", "document_verifier", "terminal"))
    key = cvca.public_key.resolve()
    assert key.domain.name == "brainpoolP512r1"
    assert [each.is_signed_by(key) for each in (cvca, verifier)] == [True, True]
    assert terminal.is_signed_by(verifier.public_key.resolve(key.domain))
    assert [each.holder for each in (cvca, verifier, terminal)] == ["DECVCAAT00001", "DETESTDVDE019", "DETESTATDE019"]
    roles = [each.authorisation.role for each in (cvca, verifier, terminal)]
    assert roles == [Role.CVCA, Role.DOMESTIC_DV, Role.TERMINAL]
    assert terminal.authorisation.octets == bytes.fromhex("0000000110")
    assert (cvca.effective, cvca.expiration) == (date(2010, 9, 30), date(2011, 9, 25))
    assert (terminal.effective, terminal.expiration) == (date(2010, 9, 30), date(2010, 10, 30))


def test_signed_data(vector, id_ic, terminal_key):
    assert signed_data(id_ic, bytes.fromhex(vector["challenge"]), terminal_key).hex().upper() == vector["signed_data"]


def test_whole_dialogue(vector, certificates, id_ic, terminal_key, trust):
    """Every command of the terminal, and the chip's consent: the published signature out of the published values."""
    signer = ExampleSigner(vector)
    assert bytes(Secret(signer.public_key.point)) == certificates["terminal"].public_key.point
    credentials = TerminalCredentials(tuple(certificates.values()), signer)
    chip = TerminalAuthenticationChip(trust, id_ic, lambda size: bytes.fromhex(vector["challenge"]), version=2)
    wire = Wire(chip)
    record = run(terminal_authentication(credentials, trust.references, id_ic, terminal_key, version=2), wire)
    assert record.result is Result.DONE
    assert record.certificates == ("DETESTDVDE019", "DETESTATDE019")
    verifier, terminal = certificates["document_verifier"], certificates["terminal"]
    assert [each.data for each in wire.commands] == [
        build_tlv(0x83, b"DECVCAAT00001"),
        verifier.bare,
        build_tlv(0x83, b"DETESTDVDE019"),
        terminal.bare,
        bytes.fromhex("800A04007F00070202020205") + build_tlv(0x83, b"DETESTATDE019") + build_tlv(0x91, terminal_key),
        b"",
        bytes.fromhex(vector["signature"]),
    ]
    assert chip.rights.octets == bytes.fromhex("0000000110")
    assert chip.terminal_key == terminal_key


def test_the_chip_alone(vector, certificates, id_ic, terminal_key, trust):
    """Against the published signature, with and without one bit changed."""
    for altered in (0, 1):
        chip = TerminalAuthenticationChip(trust, id_ic, lambda size: bytes.fromhex(vector["challenge"]), version=2)
        for name, issuer in (("document_verifier", "DECVCAAT00001"), ("terminal", "DETESTDVDE019")):
            assert chip.set_dst(build_tlv(0x83, issuer.encode())) == SW.OK
            assert chip.verify_certificate(certificates[name].bare) == SW.OK
        mechanism = build_tlv(0x80, bytes.fromhex("04007F00070202020205"))
        assert chip.set_at(mechanism + build_tlv(0x83, b"DETESTATDE019") + build_tlv(0x91, terminal_key)) == SW.OK
        assert chip.get_challenge(8) == (bytes.fromhex(vector["challenge"]), SW.OK)
        signature = bytearray.fromhex(vector["signature"])
        signature[-1] ^= altered
        assert chip.external_authenticate(bytes(signature)) == (SW.AUTHENTICATION_FAILED if altered else SW.OK)


def test_the_chain_as_printed_is_of_two_types(certificates):
    trust = ChipTrust([certificates["cvca"]], TODAY)
    point = trust.trust_point("DECVCAAT00001")
    assert trust.refusal(certificates["document_verifier"], point) == "cv-terminal-type"
