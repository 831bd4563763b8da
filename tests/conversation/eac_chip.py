# SPDX-License-Identifier: Apache-2.0
"""A chip with Extended Access Control, terminals with and without rights on it, and the commands of the plans one by one.

The plans: BSI TR-03105-3.2 (units ISO7816_H to N), TR-03105-3.3 (unit EAC2_ISO7816_H), ICAO Doc 9303-11 as a list of cases.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any

import pytest
from issuer import PIN, PUK, issue_passport

from chipid.crypto.domain import KeyPair, generate_key_pair
from chipid.crypto.kdf import derive_session_keys
from chipid.crypto.random import system_random
from chipid.emulator.icc import EmulatedCard
from chipid.errors import SecureMessagingError
from chipid.iso7816.apdu import CommandAPDU, ResponseAPDU
from chipid.iso7816.dialogue import Dialogue, run
from chipid.iso7816.file_ids import FileId
from chipid.iso7816.secure_messaging import SecureMessaging, open_session, secured
from chipid.iso7816.tlv import build_tlv
from chipid.issuing.card_image import CardImage
from chipid.issuing.cv_keys import CvKeyOptions
from chipid.issuing.cv_pki import CvHolder, CvProfile, TestCvca, TestTerminal
from chipid.lds.card_access import CardAccess
from chipid.lds.card_security import CardSecurity
from chipid.lds.dg14 import Dg14
from chipid.lds.security_infos import SecurityInfos
from chipid.pki.cms import SignedData
from chipid.pki.cv_public_key import scheme_of
from chipid.pki.cvc import CvCertificate
from chipid.protocols.bac import bac
from chipid.protocols.chip_auth import ChipAuthenticationChoice, chip_authentication_choices
from chipid.protocols.general_authenticate import reference
from chipid.protocols.key_agreement import shared_secret
from chipid.protocols.object_identifiers import oid_octets
from chipid.protocols.pace import PaceChoice, PaceRun, pace, pace_choices
from chipid.protocols.password import Password, PasswordKind
from chipid.protocols.terminal_auth import compress, document_identifier
from chipid.protocols.terminal_auth.signed_data import signed_data

EFFECTIVE, EXPIRY = date(2026, 3, 10), date(2027, 3, 10)
CVCA = "DETESTCVCA00001"
SELECT_APPLICATION = "00 A4 04 0C 07 A0000002471001"
PROBE = "00 B0 81 00 00"
"""The plans' probe of a live session."""

CHIP = {"fingerprints": True, "iris": True, "active_authentication": {"curve": "brainpoolP256r1", "hash": "sha256"}}
"""What all of the chips have."""
CHIPS: dict[str, dict[str, Any]] = {
    "curves": {
        "pace": {"mapping": "GM", "cipher": "AES-128", "parameter_id": 13},
        "chip_authentication": [
            {"key_id": 1, "cipher": "3DES", "parameter_id": 12},
            {"key_id": 2, "cipher": "AES-128", "parameter_id": 13},
            {"key_id": 3, "cipher": "AES-256", "parameter_id": 17},
        ],
    },
    "fields": {
        "pace": [
            {"mapping": "GM", "cipher": "3DES", "parameter_id": 0},
            {"mapping": "IM", "cipher": "AES-128", "parameter_id": 1},
            {"mapping": "GM", "cipher": "AES-256", "parameter_id": 2, "explicit": True},
        ],
        "chip_authentication": [
            {"key_id": 1, "cipher": "3DES", "parameter_id": 0},
            {"key_id": 2, "cipher": "AES-128", "parameter_id": 1},
        ],
    },
    "mapped": {
        "pace": [
            {"mapping": "CAM", "cipher": "AES-128", "parameter_id": 12},
            {"mapping": "GM", "cipher": "AES-128", "parameter_id": 12},
            {"mapping": "IM", "cipher": "AES-256", "parameter_id": 13},
        ],
        "chip_authentication": {"key_id": 1, "cipher": "AES-128", "parameter_id": 13},
    },
    "version 2": {
        "bac": False,
        "pin": PIN,
        "puk": PUK,
        "active_authentication": None,
        "pace": {"mapping": "GM", "cipher": "AES-128", "parameter_id": 13},
        "chip_authentication": [
            {"version": 2, "key_id": 1, "cipher": "AES-128", "parameter_id": 13},
            {"version": 2, "key_id": 2, "cipher": "AES-256", "parameter_id": 16},
        ],
        "terminal_authentication": {"version": 2},
    },
}


def is_checking_error(sw: int) -> bool:
    """SW1 67 to 6F, as the plans mean it."""
    return 0x6700 <= sw <= 0x6FFF


def is_refusal(sw: int) -> bool:
    """A checking error, or 6300."""
    return sw == 0x6300 or is_checking_error(sw)


@dataclass
class Plan:
    """The authority that the chips trust, and those that it certifies."""

    options: CvKeyOptions
    cvca: TestCvca
    holders: dict[str, CvHolder] = field(default_factory=dict)

    def terminal(self, verifier: int = 0x83, terminal: int = 0x03, effective: date = EFFECTIVE) -> tuple[CvHolder, TestTerminal]:
        """A document verifier and a terminal with these octets of rights; the same each time."""
        name = f"{verifier:02X}{terminal:02X}{effective:%m%d}"
        if name not in self.holders:
            groups = [tuple(g for g, bit in ((3, 1), (4, 2)) if octet & bit) for octet in (verifier, terminal)]
            dv_profile = CvProfile(EFFECTIVE, date(2026, 9, 30), data_groups=groups[0])
            dv = self.cvca.issue_verifier(f"DETESTDV{name}", profile=dv_profile, foreign=not verifier & 0x80)
            profile = CvProfile(effective, date(2026, 9, 30), data_groups=groups[1])
            self.holders["dv" + name], self.holders[name] = dv, dv.issue_terminal(f"DETESTIS{name}", profile=profile)
        terminal_holder = self.holders[name]
        assert isinstance(terminal_holder, TestTerminal)
        return self.holders["dv" + name], terminal_holder


def plan(kind: str = "brainpoolP256r1") -> Plan:
    """The PKI with keys of that kind; the same each time."""
    return _plan(kind)


@cache
def _plan(kind: str) -> Plan:
    options = CvKeyOptions(kind)
    return Plan(options, TestCvca.create(CVCA, profile=CvProfile(EFFECTIVE, EXPIRY), key=options))


def image(name: str = "curves", cv_kind: str = "brainpoolP256r1", **changes: Any) -> CardImage:
    """The chip of that name, which trusts the plan's authority; *changes* in what is described."""
    return issue_passport({**CHIP, **CHIPS[name], **changes}, plan(cv_kind).cvca.raw, chip_date=EFFECTIVE)


@dataclass(frozen=True)
class Agreed:
    """A key agreement with the chip, as far as the terminal knows.

    :ivar session: on the keys that would be new.
    """

    choice: ChipAuthenticationChoice
    own: KeyPair
    session: SecureMessaging
    answer: ResponseAPDU


class EacTerminal:
    """Says one command at a time to one chip, plain or in its session."""

    def __init__(self, card_image: CardImage | None = None, **options: Any) -> None:
        self.image = card_image or image()
        self.card = EmulatedCard(self.image, **options)
        self.session: SecureMessaging | None = None
        self.id_ic = b""
        self.terminal_key = b""
        self.run: PaceRun | None = None

    # Commands ----------------------------------------------------------------------------------------------------

    def plain(self, command: str | CommandAPDU) -> tuple[bytes, int]:
        """One command without protection."""
        response = ResponseAPDU.from_bytes(self.card.transmit(_command(command).to_bytes()))
        return response.data, response.sw

    def secure(self, command: str | CommandAPDU, session: SecureMessaging | None = None) -> tuple[bytes, int]:
        """One command in the session, whose answer is protected too, or else ``SecureMessagingError``."""
        answer: ResponseAPDU = self.within(_one(_command(command)), session)
        return answer.data, answer.sw

    def within(self, dialogue: Dialogue[Any], session: SecureMessaging | None = None) -> Any:
        """A dialogue in the session."""
        chosen = session or self.session
        assert chosen is not None
        return run(secured(dialogue, chosen), self.card)

    def is_alive(self) -> bool:
        """The plans' probe."""
        return self.secure(PROBE)[1] == 0x9000

    def assert_dead(self, session: SecureMessaging | None = None) -> None:
        """The keys answer nothing: a checking error comes, unprotected."""
        chosen = session or self.session
        assert chosen is not None
        with pytest.raises(SecureMessagingError) as caught:
            self.secure(PROBE, chosen)
        assert caught.value.code == "sm-plaintext"

    def raw(self, command: bytes) -> tuple[bytes, int]:
        """Octets as they travel."""
        response = ResponseAPDU.from_bytes(self.card.transmit(command))
        return response.data, response.sw

    # Access control ----------------------------------------------------------------------------------------------

    @property
    def mrz(self) -> Password:
        """The chip's zone."""
        assert self.image.mrz_information is not None
        return Password.from_mrz_information(self.image.mrz_information)

    def password(self, kind: PasswordKind) -> Password:
        """The chip's own password of that kind, as it was personalised."""
        texts = {PasswordKind.CAN: self.image.can, PasswordKind.PIN: self.image.pin, PasswordKind.PUK: self.image.puk}
        return self.mrz if kind is PasswordKind.MRZ else Password.from_text(kind, texts[kind] or "")

    def bac(self) -> EacTerminal:
        """Basic Access Control from power-up."""
        self.reset()
        self.plain(SELECT_APPLICATION)
        self.session = run(bac(self.mrz, system_random), self.card)
        assert self.image.mrz_information is not None
        self.id_ic = document_identifier(self.image.mrz_information[:9])
        return self

    def pace(
        self,
        password: Password | PasswordKind = PasswordKind.CAN,
        *,
        choice: PaceChoice | None = None,
        chat: bytes = b"",
        inside: bool = False,
        resumed: bool = False,
    ) -> EacTerminal:
        """PACE, from power-up or *inside* the session."""
        chosen = choice or self.pace_choices()[0]
        known = self.password(password) if isinstance(password, PasswordKind) else password
        named = len(self.pace_choices()) > 1
        dialogue = pace(chosen, known, system_random, name_parameters=named, holder_authorisation=chat, resumed=resumed)
        if not inside:
            self.reset()
        self.run = self.within(dialogue) if inside else run(dialogue, self.card)
        assert self.run is not None
        self.session, self.id_ic = self.run.session, compress(chosen.domain, self.run.chip_key)
        if self.run.chip_authentication is not None:
            self.terminal_key = compress(chosen.domain, self.run.terminal_key)
        return self

    def pace_choices(self) -> list[PaceChoice]:
        """What EF.CardAccess offers."""
        return pace_choices(CardAccess.parse(self.image.files[FileId.CARD_ACCESS]).infos)

    def open(self, way: str = "PACE") -> EacTerminal:
        """Into the application, by BAC or by PACE."""
        if way == "BAC":
            return self.bac()
        self.pace()
        assert self.secure(SELECT_APPLICATION) == (b"", 0x9000)
        return self

    def reset(self) -> EacTerminal:
        """Power off and on."""
        self.card.reset()
        self.session, self.id_ic, self.terminal_key, self.run = None, b"", b"", None
        return self

    # Chip Authentication -----------------------------------------------------------------------------------------

    def infos(self, version: int = 1) -> SecurityInfos:
        """Where the chip publishes its keys."""
        if version == 1:
            return Dg14.parse(self.image.files[FileId.DG14]).infos
        signed = SignedData.parse(CardSecurity.parse(self.image.files[FileId.CARD_SECURITY]).cms)
        return SecurityInfos.parse(signed.content or b"")

    def key(self, key_id: int, version: int = 1) -> ChipAuthenticationChoice:
        """The chip's key of that number."""
        return next(c for c in chip_authentication_choices(self.infos(version), version) if c.key_id == key_id)

    def agree(self, key_id: int = 2, own: KeyPair | None = None) -> Agreed:
        """MSE:Set KAT where the key is for 3DES, otherwise MSE:Set AT and GENERAL AUTHENTICATE, in the session."""
        choice = self.key(key_id)
        own = own or generate_key_pair(choice.domain, system_random)
        if choice.cipher == "3DES":
            answer = ResponseAPDU(*self.secure(set_kat(choice, own.public)))
        else:
            assert self.secure(set_at(choice)) == (b"", 0x9000)
            answer = ResponseAPDU(*self.secure(general_authenticate(own.public)))
        return Agreed(choice, own, new_session(choice, own), answer)

    def chip_authentication(self, key_id: int = 2, own: KeyPair | None = None) -> EacTerminal:
        """On to the new keys; Terminal Authentication may follow."""
        agreed = self.agree(key_id, own)
        assert agreed.answer.sw == 0x9000
        self.session = agreed.session
        self.terminal_key = compress(agreed.choice.domain, agreed.own.public)
        assert self.secure(PROBE)[1] == 0x9000
        return self

    # Terminal Authentication -------------------------------------------------------------------------------------

    def dst(self, name: str) -> int:
        """MSE:Set DST."""
        return self.secure(set_dst(name))[1]

    def pso(self, bare: bytes) -> int:
        """PSO:Verify Certificate."""
        return self.secure(verify_certificate(bare))[1]

    def show(self, *holders: CvHolder) -> EacTerminal:
        """Each certificate under its issuer, and each accepted."""
        for holder in holders:
            certificate = CvCertificate.parse(holder.raw)
            assert self.dst(certificate.authority) == 0x9000
            assert self.pso(certificate.bare) == 0x9000
        return self

    def challenge(self) -> bytes:
        """GET CHALLENGE."""
        data, sw = self.secure("00 84 00 00 08")
        assert (len(data), sw) == (8, 0x9000)
        return data

    def sign(self, holder: CvHolder, challenge: bytes) -> CommandAPDU:
        """EXTERNAL AUTHENTICATE with the holder's signature."""
        message = signed_data(self.id_ic, challenge, self.terminal_key)
        return CommandAPDU(0x00, 0x82, 0x00, 0x00, holder.key.sign(scheme_of(holder.oid, holder.key.public_key), message))

    def authenticate(self, terminal: CvHolder) -> int:
        """From MSE:Set AT to EXTERNAL AUTHENTICATE."""
        assert self.secure(set_at_terminal(terminal.reference)) == (b"", 0x9000)
        return self.secure(self.sign(terminal, self.challenge()))[1]

    def with_rights(self, verifier: int = 0x83, terminal: int = 0x03) -> EacTerminal:
        """The whole of Terminal Authentication, with the plan's terminal of these rights."""
        dv, holder = plan().terminal(verifier, terminal)
        self.show(dv, holder)
        assert self.authenticate(holder) == 0x9000
        return self

    def reads(self, file: FileId) -> bool:
        """Whether the file opens; if not, it is by a checking error."""
        data, sw = self.secure(f"00 B0 {0x80 | file.sfi:02X} 00 01")
        assert (sw == 0x9000 and data == self.image.files[file][:1]) or (is_checking_error(sw) and not data)
        return sw == 0x9000

    def is_closed(self) -> bool:
        """Whether neither of the protected groups opens."""
        return not self.reads(FileId.DG3) and not self.reads(FileId.DG4)


def bare(holder: CvHolder) -> bytes:
    """Body and signature, as PSO:Verify Certificate carries them."""
    return CvCertificate.parse(holder.raw).bare


def set_kat(choice: ChipAuthenticationChoice, public: bytes, tag: int = 0x91, key: bytes | None = None) -> CommandAPDU:
    """MSE:Set KAT (ICAO 9303-11 §6.2.4.1)."""
    return CommandAPDU(0x00, 0x22, 0x41, 0xA6, build_tlv(tag, public) + build_tlv(0x84, key or reference(choice.key_id or 0)))


def set_at(choice: ChipAuthenticationChoice, key: bytes | None = None) -> CommandAPDU:
    """MSE:Set AT (§6.2.4.2)."""
    data = build_tlv(0x80, choice.oid_value) + build_tlv(0x84, key or reference(choice.key_id or 0))
    return CommandAPDU(0x00, 0x22, 0x41, 0xA4, data)


def general_authenticate(public: bytes, tag: int = 0x80, cla: int = 0x00) -> CommandAPDU:
    """GENERAL AUTHENTICATE with one object."""
    return CommandAPDU(cla, 0x86, 0x00, 0x00, build_tlv(0x7C, build_tlv(tag, public)), 256)


def new_session(choice: ChipAuthenticationChoice, own: KeyPair) -> SecureMessaging:
    """What the terminal derives, whether the chip has agreed or not."""
    return open_session(derive_session_keys(choice.cipher, shared_secret(choice.domain, own, choice.public_key)))


def set_dst(name: str) -> CommandAPDU:
    """MSE:Set DST (§7.1.5.1)."""
    return CommandAPDU(0x00, 0x22, 0x81, 0xB6, build_tlv(0x83, name.encode()))


def verify_certificate(bare: bytes) -> CommandAPDU:
    """PSO:Verify Certificate (§7.1.5.2)."""
    return CommandAPDU(0x00, 0x2A, 0x00, 0xBE, bare)


def set_at_terminal(name: str) -> CommandAPDU:
    """MSE:Set AT (§7.1.5.3)."""
    return CommandAPDU(0x00, 0x22, 0x81, 0xA4, build_tlv(0x83, name.encode()))


def set_at_pace(choice: PaceChoice, kind: int, *objects: bytes) -> CommandAPDU:
    """MSE:Set AT for PACE (§4.4.4.1), its parameters named."""
    parameters = build_tlv(0x84, reference(choice.info.parameter_id or 0))
    data = [build_tlv(0x80, oid_octets(choice.info.oid)), build_tlv(0x83, bytes((kind,))), parameters, *objects]
    return CommandAPDU(0x00, 0x22, 0xC1, 0xA4, b"".join(data))


def _command(command: str | CommandAPDU) -> CommandAPDU:
    return command if isinstance(command, CommandAPDU) else CommandAPDU.from_bytes(bytes.fromhex(command))


def _one(command: CommandAPDU) -> Dialogue[ResponseAPDU]:
    return (yield command)
