# SPDX-License-Identifier: Apache-2.0
"""A reader at its desk: an issuer that it trusts, chips with every protocol, a terminal with rights, and chips that answer PACE in
another way than they should."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from typing import Any

from issuer import AT, CAN, issue_passport, signer, trust

import chipid
from chipid.crypto import asn1
from chipid.crypto.signature import PublicKey, Scheme
from chipid.crypto.signer import Signer
from chipid.emulator import attacks
from chipid.emulator.exchange import Exchange
from chipid.emulator.faults import Fault
from chipid.emulator.icc import EmulatedCard
from chipid.errors import MalformedData
from chipid.iso7816.apdu import CommandAPDU, ResponseAPDU
from chipid.iso7816.dialogue import Channel
from chipid.iso7816.file_ids import LDS1_AID, FileId
from chipid.iso7816.instructions import INS
from chipid.iso7816.tlv import build_tlv, parse_tlv
from chipid.issuing.card_image import CardImage
from chipid.issuing.cv_pki import CvProfile, TestCvca
from chipid.issuing.pki import DocumentSigner, TestCsca
from chipid.lds.card_access import CardAccess
from chipid.lds.card_security import CardSecurity
from chipid.lds.dg14 import Dg14
from chipid.lds.security_infos import SecurityInfo, SecurityInfos
from chipid.pki.cms import SignedData
from chipid.pki.cv_credentials import TerminalCredentials
from chipid.profiles.access_keys import AccessKeys
from chipid.protocols.password import Password, PasswordKind
from chipid.verification.verdict import CheckName, Outcome

GM = {"mapping": "GM", "cipher": "AES-128", "parameter_id": 13}
IM = {**GM, "mapping": "IM"}
CAM = {**GM, "mapping": "CAM"}
GM_OID, IM_OID, CAM_OID = "0.4.0.127.0.7.2.2.4.2.2", "0.4.0.127.0.7.2.2.4.4.2", "0.4.0.127.0.7.2.2.4.6.2"
CA_1 = {"key_id": 1, "cipher": "AES-128", "parameter_id": 13}
CA_2 = {**CA_1, "version": 2}
POLICIES = (chipid.Policy.counter(), chipid.Policy.strict())
Change = Callable[[ResponseAPDU], ResponseAPDU]
Infos = Sequence[SecurityInfo]


# The issuer ----------------------------------------------------------------------------------------------------------


@cache
def cvca() -> TestCvca:
    return TestCvca.create(profile=CvProfile(AT.date() - timedelta(days=30)))


def credentials(*data_groups: int) -> TerminalCredentials:
    profile = CvProfile(AT.date() - timedelta(days=20), data_groups=data_groups or (3, 4))
    verifier = cvca().issue_verifier(profile=profile)
    return verifier.issue_terminal(profile=profile).credentials(verifier)


def issue(**changes: Any) -> CardImage:
    """An invented citizen's passport with PACE, Chip Authentication and fingerprints; *changes* in what is described."""
    entries = {
        "fingerprints": True,
        "pace": GM,
        "chip_authentication": CA_1,
        "active_authentication": None,
        "terminal_authentication": {},
        **changes,
    }
    return issue_passport(entries, *([] if entries["terminal_authentication"] is None else [cvca().raw]))


def version_2(**changes: Any) -> CardImage:
    """The passport with Extended Access Control of version 2."""
    return issue(**{"chip_authentication": CA_2, "terminal_authentication": {"version": 2}, **changes})


def clone(image: CardImage) -> CardImage:
    """Its files, with a key of the forger's own."""
    return attacks.with_foreign_chip_authentication_key(image)


def stranger(country: str = "VN") -> DocumentSigner:
    """A document signer whom the reader does not trust."""
    return TestCsca.create(country=country, at=AT - timedelta(days=900)).issue_document_signer(at=AT - timedelta(days=800))


def with_card_access(image: CardImage, change: Callable[[Infos], Infos]) -> CardImage:
    """EF.CardAccess, which nobody signs, says something else."""
    infos = CardAccess.parse(image.files[FileId.CARD_ACCESS]).infos.infos
    return _with(image, FileId.CARD_ACCESS, CardAccess(SecurityInfos.of(change(infos))).build())


def with_card_security(
    image: CardImage, change: Callable[[Infos], Infos] = lambda infos: infos, by: DocumentSigner | None = None
) -> CardImage:
    """EF.CardSecurity says something else, and *by* signs it: the issuer where ``None``."""
    signed = SignedData.parse(CardSecurity.parse(image.files[FileId.CARD_SECURITY]).cms)
    infos = SecurityInfos.of(change(SecurityInfos.parse(signed.content or b"").infos))
    return _with(image, FileId.CARD_SECURITY, (by or signer()).sign_card_security(infos))


def with_dg14(image: CardImage, change: Callable[[Infos], Infos]) -> CardImage:
    """DG14 says something else, and the issuer signs that."""
    infos = SecurityInfos.of(change(Dg14.parse(image.files[FileId.DG14]).infos.infos))
    changed = _with(image, FileId.DG14, Dg14(infos).build())
    groups = {file.data_group: raw for file, raw in changed.files.items() if file.data_group is not None}
    return _with(changed, FileId.SOD, signer().sign_sod(groups))


def _with(image: CardImage, file: FileId, content: bytes) -> CardImage:
    return replace(image, files={**image.files, file: content})


# The reader ----------------------------------------------------------------------------------------------------------


def can_keys(can: str = CAN) -> AccessKeys:
    return AccessKeys.from_can(can)


def pin_keys(*passwords: str) -> AccessKeys:
    """``pin:…`` and ``can:…``, in this order."""
    pairs = [text.partition(":") for text in passwords]
    return AccessKeys(tuple(Password.from_text(PasswordKind[kind.upper()], value) for kind, _, value in pairs))


def read(chip: CardImage | Channel, *faults: Fault, keys: AccessKeys | None = None, **options: Any) -> chipid.Evidence:
    channel = EmulatedCard(chip, faults=faults) if isinstance(chip, CardImage) else chip
    options = {"plan": chipid.ReadingPlan.everything(), **options}
    return chipid.read(keys or can_keys(), channel=channel, at=AT, **options)


def judge(evidence: chipid.Evidence, policy: chipid.Policy | None = None) -> chipid.Verdict:
    return chipid.verify(evidence, trust=trust(), at=AT, policy=policy)


def said(evidence: chipid.Evidence, name: CheckName) -> tuple[Outcome, str]:
    check = judge(evidence).check(name)
    return check.outcome, check.reason


def assert_accepted(evidence: chipid.Evidence) -> None:
    for policy in POLICIES:
        verdict = judge(evidence, policy)
        assert verdict.accepted, (policy.name, verdict.reasons)


def assert_rejected(evidence: chipid.Evidence, reason: str) -> None:
    for policy in POLICIES:
        verdict = judge(evidence, policy)
        assert verdict.decision is chipid.Decision.REJECTED, (policy.name, verdict.decision, verdict.reasons)
        assert reason in verdict.reasons, verdict.reasons


def assert_not_accepted(evidence: chipid.Evidence) -> None:
    for policy in POLICIES:
        assert not judge(evidence, policy).accepted, policy.name


class Silent:
    """A terminal's key that remembers what it was asked to sign."""

    def __init__(self, real: Signer) -> None:
        self.real = real
        self.signed: list[bytes] = []

    @property
    def public_key(self) -> PublicKey:
        return self.real.public_key

    def sign(self, scheme: Scheme, message: bytes) -> bytes:
        self.signed.append(message)
        return self.real.sign(scheme, message)


def watched(*data_groups: int) -> tuple[TerminalCredentials, Silent]:
    """A terminal with these rights, and its key to look at."""
    complete = credentials(*data_groups)
    spy = Silent(complete.signer)
    return replace(complete, signer=spy), spy


# Chips that answer otherwise -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PaceAnswers(Fault):
    """The answer to one step of PACE is another.

    :ivar step: 0 is MSE:Set AT, 1 to 4 are nonce, mapping, key agreement and token.
    """

    step: int
    change: Change

    def after(self, exchange: Exchange) -> ResponseAPDU:
        return self.change(exchange.response) if pace_step(exchange.command) == self.step else exchange.response


@dataclass(frozen=True)
class AgreementAnswers(Fault):
    """The answer to Chip Authentication's key agreement is another."""

    change: Change

    def after(self, exchange: Exchange) -> ResponseAPDU:
        agreed = exchange.command.ins == INS.GENERAL_AUTHENTICATE and exchange.protected and exchange.response.ok
        return self.change(exchange.response) if agreed else exchange.response


@dataclass(frozen=True)
class Heard(Fault):
    """A chip as it should be, whose plain commands can be looked at afterwards."""

    commands: list[CommandAPDU]

    def after(self, exchange: Exchange) -> ResponseAPDU:
        self.commands.append(exchange.command)
        return exchange.response


@dataclass(frozen=True)
class Answers(Fault):
    """*answer* to each command with *ins*, or whatever the chip would say where it gives ``None``."""

    ins: int
    answer: Callable[[CommandAPDU], ResponseAPDU | None]

    def instead(self, exchange: Exchange) -> ResponseAPDU | None:
        return self.answer(exchange.command) if exchange.command.ins == self.ins else None


class Relay:
    """A forger's chip: it passes on to a genuine one until *left* says so, loses that session, and answers the next by itself."""

    def __init__(self, genuine: Channel, fake: Channel, leaves: Callable[[int, CommandAPDU], bool]) -> None:
        self._chips = [genuine, fake]
        self._leaves = leaves
        self._number = 0

    def transmit(self, command: bytes) -> bytes:
        self._number += 1
        if len(self._chips) == 2 and self._leaves(self._number, CommandAPDU.from_bytes(command)):
            del self._chips[0]
            return b"\x69\x88"
        return self._chips[0].transmit(command)


def after_reading(number: int) -> Callable[[int, CommandAPDU], bool]:
    """When the forger of a ``Relay`` leaves the genuine chip: at that command."""
    return lambda count, _command: count == number


def no_application(left: list[int]) -> Answers:
    """SELECT of the application is refused so many times."""

    def refuse(command: CommandAPDU) -> ResponseAPDU | None:
        return ResponseAPDU(b"", 0x6F00) if command.data == LDS1_AID and left and left.pop() else None

    return Answers(INS.SELECT, refuse)


def pace_step(command: CommandAPDU) -> int | None:
    if command.ins == INS.MANAGE_SECURITY_ENVIRONMENT and (command.p1, command.p2) == (0xC1, 0xA4):
        return 0
    if command.ins != INS.GENERAL_AUTHENTICATE:
        return None
    try:
        tag = parse_tlv(command.data, 0x7C).children().peek()
    except MalformedData:
        return None
    return {None: 1, 0x81: 2, 0x83: 3, 0x85: 4}.get(tag)


def status(sw: int) -> Change:
    return lambda _response: ResponseAPDU(b"", sw)


def objects(*pairs: tuple[int, bytes]) -> Change:
    """These data objects instead of the chip's."""
    return lambda _response: ResponseAPDU(build_tlv(0x7C, *(build_tlv(tag, value) for tag, value in pairs)), 0x9000)


def values(response: ResponseAPDU) -> dict[int, bytes]:
    return {tlv.tag: tlv.value for tlv in parse_tlv(response.data, 0x7C).children()}


def retagged(old: int, new: int) -> Change:
    def change(response: ResponseAPDU) -> ResponseAPDU:
        return objects(*((new if tag == old else tag, value) for tag, value in values(response).items()))(response)

    return change


def with_value(tag: int, make: Callable[[bytes], bytes | None]) -> Change:
    """The object *tag* with another value, or without it."""

    def change(response: ResponseAPDU) -> ResponseAPDU:
        changed = {**values(response), tag: make(values(response).get(tag, b""))}
        return objects(*((tag, value) for tag, value in changed.items() if value is not None))(response)

    return change


def explicit_dh(oid: str, *numbers: int) -> bytes:
    """An AlgorithmIdentifier of a finite field with any numbers at all."""
    return asn1.sequence(asn1.oid(oid), asn1.sequence(*map(asn1.integer, numbers)))
