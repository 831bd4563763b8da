# SPDX-License-Identifier: Apache-2.0
"""A chip without a public key infrastructure behind it, and a terminal that says one command at a time."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from chipid.crypto.random import system_random
from chipid.emulator.faults import Fault
from chipid.emulator.icc import EmulatedCard
from chipid.emulator.link import Link
from chipid.iso7816.apdu import CommandAPDU, ResponseAPDU
from chipid.iso7816.dialogue import Dialogue, run
from chipid.iso7816.file_ids import FileId
from chipid.iso7816.secure_messaging import SecureMessaging, secured
from chipid.iso7816.tlv import build_tlv
from chipid.issuing.card_image import CardImage
from chipid.issuing.cv_pki import CvHolder
from chipid.lds.card_access import CardAccess
from chipid.lds.dg14 import Dg14
from chipid.lds.dg15 import Dg15
from chipid.lds.security_infos import ChipAuthenticationInfo, ChipAuthenticationPublicKeyInfo, SecurityInfos
from chipid.protocols.bac import bac
from chipid.protocols.chip_auth import ChipAuthenticationRun, chip_authentication
from chipid.protocols.pace import pace, select_pace
from chipid.protocols.password import Password, PasswordKind

# What the tests share stands beside them, as in eac_chip.py with the chip of Extended Access Control and its terminal.
sys.path.insert(0, str(Path(__file__).parent))

from eac_chip import EacTerminal, plan

# The invented citizen's MRZ information and CAN, and the EF.CardAccess that is publicly known of the CCCD.
MRZ_INFORMATION = "099012345999091733909171"
CAN = "012345"
CARD_ACCESS = bytes.fromhex(
    "3134300D060804007F0007020202020101300F060A04007F000702020302020201013012060A04007F0007020204020202010202010D"
)
CA_3DES, CA_AES = "0.4.0.127.0.7.2.2.3.2.1", "0.4.0.127.0.7.2.2.3.2.2"
CA_PUBLIC_KEY = "0.4.0.127.0.7.2.2.1.2"
SELECT_APPLICATION = "00 A4 04 0C 07 A0000002471001"


@dataclass(frozen=True)
class ChipKeys:
    active_authentication: bytes
    active_authentication_spki: bytes
    chip_authentication: bytes
    chip_authentication_spki: bytes


@pytest.fixture(scope="session")
def chip_keys() -> ChipKeys:
    aa, ca = rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.BrainpoolP256R1())
    pkcs8 = (Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    spki = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return ChipKeys(
        aa.private_bytes(*pkcs8), aa.public_key().public_bytes(*spki), ca.private_bytes(*pkcs8), ca.public_key().public_bytes(*spki)
    )


@pytest.fixture(scope="session")
def chip_image(chip_keys: ChipKeys) -> CardImage:
    """A CCCD in shape: PACE, BAC, AA, two kinds of CA, DG3 behind Terminal Authentication, a DG2 beyond 32 kB."""
    dg14 = SecurityInfos.of(
        [
            ChipAuthenticationInfo(CA_3DES, 1, 1),
            ChipAuthenticationInfo(CA_AES, 1, 1),
            ChipAuthenticationPublicKeyInfo(CA_PUBLIC_KEY, chip_keys.chip_authentication_spki, 1),
        ]
    )
    return CardImage(
        files={
            FileId.CARD_ACCESS: CARD_ACCESS,
            FileId.CARD_SECURITY: build_tlv(0x30, bytes(40)),
            FileId.COM: build_tlv(0x60, bytes(20)),
            FileId.SOD: build_tlv(0x77, bytes(1500)),
            FileId.DG1: build_tlv(0x61, bytes(93)),
            FileId.DG2: build_tlv(0x75, bytes(range(251)) * 150),
            FileId.DG3: build_tlv(0x63, bytes(300)),
            FileId.DG14: Dg14(dg14).build(),
            FileId.DG15: Dg15(chip_keys.active_authentication_spki).build(),
        },
        mrz_information=MRZ_INFORMATION,
        can=CAN,
        active_authentication_key=chip_keys.active_authentication,
        chip_authentication_keys={1: chip_keys.chip_authentication},
        access_protected=frozenset({FileId.DG3}),
        atr=b"",
    )


class Terminal:
    """Says one command at a time, plain or in the session that it has opened; each is hexadecimal."""

    def __init__(self, card: EmulatedCard) -> None:
        self.card = card
        self.session: SecureMessaging | None = None

    def plain(self, command: str) -> tuple[bytes, int]:
        response = ResponseAPDU.from_bytes(self.card.transmit(bytes.fromhex(command)))
        return response.data, response.sw

    def secure(self, command: str, session: SecureMessaging | None = None) -> tuple[bytes, int]:
        """Raises SecureMessagingError for an answer that is not protected."""
        answer = self.within(_one(CommandAPDU.from_bytes(bytes.fromhex(command))), session)
        return answer.data, answer.sw

    def within(self, dialogue: Dialogue, session: SecureMessaging | None = None):
        session = session or self.session
        assert session is not None
        return run(secured(dialogue, session), self.card)

    def wire(self, command: str, session: SecureMessaging | None = None) -> tuple[bytes, int]:
        """Protect a command and show the answer as it travels."""
        session = session or self.session
        assert session is not None
        raw = bytes.fromhex(command)
        return self.plain((session.protect_command(raw)).hex())

    def bac(self, mrz_information: str = MRZ_INFORMATION) -> Terminal:
        assert self.plain(SELECT_APPLICATION)[1] == 0x9000
        self.session = run(bac(Password.from_mrz_information(mrz_information), system_random), self.card)
        return self

    def pace(self, password: Password | None = None) -> Terminal:
        choice = select_pace(CardAccess.parse(CARD_ACCESS).infos)
        assert choice is not None
        password = password or Password.from_text(PasswordKind.CAN, CAN)
        self.session = run(pace(choice, password, system_random), self.card).session
        return self

    def pace_and_select(self) -> Terminal:
        self.pace()
        assert self.secure(SELECT_APPLICATION)[1] == 0x9000
        return self

    def open(self, way: str) -> Terminal:
        return self.bac() if way == "BAC" else self.pace_and_select()

    def chip_authentication(self) -> ChipAuthenticationRun:
        infos = Dg14.parse(self.card.image.files[FileId.DG14]).infos
        return self.within(chip_authentication(infos, system_random))


def _one(command: CommandAPDU) -> Dialogue[ResponseAPDU]:
    return (yield command)


@pytest.fixture(scope="session")
def terminal(chip_image: CardImage) -> Callable[..., Terminal]:
    """``terminal(*faults, image=…, link=…)`` gives a terminal before a freshly powered card."""

    def make(*faults: Fault, image: CardImage = chip_image, link: Link | None = None) -> Terminal:
        return Terminal(EmulatedCard(image, faults=faults, link=link))

    return make


@pytest.fixture(params=["BAC", "PACE"])
def way(request: pytest.FixtureRequest) -> str:
    """How the session was opened: the plans run these cases over both."""
    return request.param


@pytest.fixture
def t(way: str) -> EacTerminal:
    """Chip Authentication is done, Terminal Authentication not."""
    return EacTerminal().open(way).chip_authentication()


@pytest.fixture
def holders() -> tuple[CvHolder, CvHolder]:
    """DV_CERT_1 and IS_CERT_1 of the plan."""
    return plan().terminal()


@pytest.fixture
def known(t: EacTerminal, holders: tuple[CvHolder, CvHolder]) -> EacTerminal:
    """The chip has accepted the terminal's certificate."""
    return t.show(*holders)
