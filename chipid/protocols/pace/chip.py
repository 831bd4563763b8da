# SPDX-License-Identifier: Apache-2.0
"""The chip's end of PACE (ICAO 9303-11 §4.4.1, §4.4.4).

====================  =======  ======  ===================
the chip waits for    request  answer  then it waits for
====================  =======  ======  ===================
MSE:Set AT            80 83    –       the nonce's request
the nonce's request   –        80      mapping data
mapping data          81       82      key agreement
key agreement         83       84      authentication
authentication        85       86      –, the session is open
====================  =======  ======  ===================

Anything else, and anything wrong, voids the run: it begins anew with MSE:Set AT and another nonce.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from chipid._native import Secret
from chipid.crypto.domain import Domain, KeyPair, generate_key_pair
from chipid.crypto.kdf import SessionKeys, derive_session_keys
from chipid.crypto.mac import equal
from chipid.crypto.private_key import EcPrivateKey, PrivateKey
from chipid.crypto.random import RandomSource
from chipid.errors import MalformedData, UnsupportedFeature
from chipid.iso7816.secure_messaging import SecureMessaging, open_session
from chipid.iso7816.status import SW
from chipid.iso7816.tlv import Tlv, TlvCursor, build_tlv
from chipid.lds.security_infos import PaceInfo, SecurityInfos
from chipid.pki.cv_authorisation import HOLDER_AUTHORISATION, HolderAuthorisation, TerminalType
from chipid.protocols.general_authenticate import (
    CRYPTOGRAPHIC_MECHANISM,
    DYNAMIC_AUTHENTICATION_DATA,
    KEY_REFERENCE,
    PASSWORD_REFERENCE,
    dynamic_authentication_data,
    reference,
)
from chipid.protocols.key_agreement import shared_secret
from chipid.protocols.pace import token
from chipid.protocols.pace.chip_authentication_mapping import chip_authentication_data, encrypt_chip_authentication_data
from chipid.protocols.pace.mapping import chip_mapping
from chipid.protocols.pace.retry_counter import RetryCounter
from chipid.protocols.pace.selection import PaceChoice, pace_choice
from chipid.protocols.pace.suite import SUITES, MappingKind, Suite
from chipid.protocols.password import Password, PasswordKind

# Which passwords a terminal of a type may use (BSI TR-03110-3 §A.1.1); inspection systems have the MRZ and the CAN.
_TERMINAL_PASSWORDS: dict[TerminalType, frozenset[PasswordKind]] = {
    TerminalType.INSPECTION_SYSTEM: frozenset({PasswordKind.MRZ, PasswordKind.CAN}),
    TerminalType.AUTHENTICATION_TERMINAL: frozenset({PasswordKind.CAN, PasswordKind.PIN}),
    TerminalType.SIGNATURE_TERMINAL: frozenset({PasswordKind.CAN, PasswordKind.PIN, PasswordKind.PUK}),
}


class _Refused(Exception):
    def __init__(self, sw: int) -> None:
        super().__init__(f"{sw:04X}")
        self.sw = sw


@dataclass(frozen=True)
class PaceSecrets:
    """What the chip knows.

    :ivar passwords: the passwords that open it; ``counters``: of those that it blocks.
    :ivar static_keys: for Chip Authentication Mapping, by the number of the domain parameters.
    :ivar authority_references: named to a terminal that announces Terminal Authentication, the most recent first.
    """

    passwords: Mapping[PasswordKind, Password]
    counters: Mapping[PasswordKind, RetryCounter] = field(default_factory=dict)
    static_keys: Mapping[int | None, PrivateKey] = field(default_factory=dict)
    authority_references: tuple[bytes, ...] = ()


class PaceChip:
    """One run of PACE at the chip.

    :param infos: the chip's EF.CardAccess.
    :param resumed: the run lies inside a session that the CAN has opened, so that a suspended PIN gets its last try.
    :ivar session: secure messaging on the new keys, once the run is done. Then Terminal Authentication binds to :ivar choice:,
        :ivar key:, the chip's ephemeral public key of step 3, and :ivar terminal_key:. :ivar kind: the password that was used.
    :ivar proved_chip: Chip Authentication Mapping was run.
    """

    def __init__(self, infos: SecurityInfos, secrets: PaceSecrets, random: RandomSource, *, resumed: bool = False) -> None:
        self._infos = infos
        self._secrets = secrets
        self._random = random
        self._resumed = resumed
        self._step: _Step | None = None
        self.kind: PasswordKind | None = None
        self.session: SecureMessaging | None = None
        self.choice: PaceChoice | None = None
        self.key = self.terminal_key = b""
        self.proved_chip = False

    def set_at(self, data: bytes) -> int:
        """MSE:Set AT (§4.4.4.1): the choice of protocol, password and parameters; the status word is the answer.

        ``63Cx`` is a warning, and the run goes on (BSI TR-03110-3 §B.11.1).
        """
        self._step, self.session = None, None
        try:
            choice = self._choice(TlvCursor(data))
        except _Refused as refused:
            return refused.sw
        except (MalformedData, UnsupportedFeature):
            return SW.WRONG_DATA
        self._step, self.kind = _NonceStep(choice), choice.kind
        counter = self._secrets.counters.get(choice.kind)
        return SW.OK if counter is None or counter.warning is None else counter.warning

    def general_authenticate(self, data: bytes, last: bool) -> tuple[bytes, int]:
        """One step (§4.4.4.2); *last* is False under CLA 10. Returns the response's data and status word."""
        step, self._step, self.session = self._step, None, None
        try:
            if step is None:
                raise _Refused(SW.CONDITIONS_NOT_SATISFIED)
            self._demand_usable()
            if last is not isinstance(step, _AuthenticationStep):
                raise _Refused(SW.WRONG_DATA if last else SW.LAST_COMMAND_EXPECTED)
            answer = self._answer(step, _request(data, step.request))
        except _Refused as refused:
            return b"", refused.sw
        except MalformedData:
            return b"", SW.WRONG_DATA
        return build_tlv(DYNAMIC_AUTHENTICATION_DATA, answer), SW.OK

    def _answer(self, step: _Step, request: bytes) -> bytes:
        if not isinstance(step, _AuthenticationStep):
            answer, self._step = step.answer(request, self._random)
            return build_tlv(step.response, answer)
        counter = self._secrets.counters.get(step.choice.kind)
        if not step.accepts(request):
            raise _Refused(self._count(counter))
        if counter is not None:
            counter.reset()
        self.session, self.choice = open_session(step.keys), step.choice.pace
        self.key, self.terminal_key, self.proved_chip = step.own, step.peer, step.choice.static_key is not None
        return step.answer()

    def _demand_usable(self) -> None:
        counter = self._secrets.counters.get(self.kind) if self.kind is not None else None
        if counter is not None and counter.blocked:
            raise _Refused(SW.AUTHENTICATION_BLOCKED)
        if counter is not None and counter.suspended and not self._resumed:
            raise _Refused(SW.CONDITIONS_NOT_SATISFIED)

    @staticmethod
    def _count(counter: RetryCounter | None) -> int:
        if counter is None:
            return SW.AUTHENTICATION_FAILED
        counter.failed()
        return 0x63C0 | counter.left

    def _choice(self, objects: TlvCursor) -> _Choice:
        mechanism = objects.expect(CRYPTOGRAPHIC_MECHANISM).value
        kind = _password_kind(objects.expect(PASSWORD_REFERENCE).value)
        parameters = objects.optional(KEY_REFERENCE)
        terminal = objects.optional(HOLDER_AUTHORISATION)
        objects.finish()
        if terminal is not None:
            _check_terminal(terminal, kind)
        choice = pace_choice(self._infos, self._info(mechanism, parameters))
        if kind not in self._secrets.passwords:
            raise _Refused(SW.REFERENCE_NOT_FOUND)
        references = self._secrets.authority_references if terminal is not None else ()
        return _Choice(choice, kind, self._secrets.passwords[kind], self._static_key(choice), references)

    def _static_key(self, choice: PaceChoice) -> EcPrivateKey | None:
        if choice.suite.mapping is not MappingKind.CHIP_AUTHENTICATION:
            return None
        key = self._secrets.static_keys.get(choice.info.parameter_id)
        if not isinstance(key, EcPrivateKey):
            raise _Refused(SW.REFERENCE_NOT_FOUND)
        return key

    def _info(self, mechanism: bytes, parameters: Tlv | None) -> PaceInfo:
        """The PACEInfo that is meant: 84 may be left out only where nothing is left to choose."""
        offered = [info for info in self._infos.pace if info.oid in SUITES and SUITES[info.oid].oid_value == mechanism]
        if not offered or (parameters is None and len(offered) > 1):
            raise _Refused(SW.WRONG_DATA)
        if parameters is None:
            return offered[0]
        for info in offered:
            if info.parameter_id is not None and reference(info.parameter_id) == parameters.value:
                return info
        raise _Refused(SW.REFERENCE_NOT_FOUND)


@dataclass(frozen=True)
class _Choice:
    """What MSE:Set AT has chosen."""

    pace: PaceChoice
    kind: PasswordKind
    password: Password
    static_key: EcPrivateKey | None
    authority_references: tuple[bytes, ...]

    @property
    def suite(self) -> Suite:
        return self.pace.suite


@dataclass(frozen=True)
class _NonceStep:
    """§4.4.5.1."""

    choice: _Choice
    request: ClassVar[int | None] = None
    response: ClassVar[int] = 0x80

    def answer(self, _request: bytes, random: RandomSource) -> tuple[bytes, _MappingStep]:
        nonce = random(token.nonce_size(self.choice.suite))
        encrypted = token.encrypt_nonce(self.choice.suite, self.choice.password, nonce)
        return encrypted, _MappingStep(self.choice, Secret(nonce))


@dataclass(frozen=True)
class _MappingStep:
    """§4.4.5.2."""

    choice: _Choice
    nonce: Secret = field(repr=False)
    request: ClassVar[int | None] = 0x81
    response: ClassVar[int] = 0x82

    def answer(self, request: bytes, random: RandomSource) -> tuple[bytes, _AgreementStep]:
        mapping = chip_mapping(self.choice.suite, self.choice.pace.domain, self.nonce, random)
        return mapping.data, _AgreementStep(self.choice, mapping.mapped(request), mapping.data, mapping.key_pair)


@dataclass(frozen=True)
class _AgreementStep:
    """§4.4.5.3."""

    choice: _Choice
    mapped: Domain
    mapping_data: bytes = field(repr=False)
    mapping_key: KeyPair | None = field(repr=False)
    request: ClassVar[int | None] = 0x83
    response: ClassVar[int] = 0x84

    def answer(self, request: bytes, random: RandomSource) -> tuple[bytes, _AuthenticationStep]:
        own = generate_key_pair(self.mapped, random)
        # §4.4.1: a terminal that sends a key of the chip's back has none of its own.
        if equal(request, own.public) or equal(request, self.mapping_data):
            raise _Refused(SW.WRONG_DATA)
        keys = derive_session_keys(self.choice.suite.cipher, shared_secret(self.mapped, own, request))
        return own.public, _AuthenticationStep(self.choice, self.mapped, self.mapping_key, keys, own.public, request)


@dataclass(frozen=True)
class _AuthenticationStep:
    """§4.4.5.4: the chip speaks only after the terminal has proved that it knows the password."""

    choice: _Choice
    mapped: Domain
    mapping_key: KeyPair | None = field(repr=False)
    keys: SessionKeys = field(repr=False)
    own: bytes = field(repr=False)
    peer: bytes = field(repr=False)
    request: ClassVar[int | None] = 0x85

    def accepts(self, request: bytes) -> bool:
        return equal(request, token.authentication_token(self.choice.suite, self.mapped, self.keys, self.own))

    def answer(self) -> bytes:
        """The token, the authorities that the chip knows, and in Chip Authentication Mapping its proof (§4.4.5)."""
        objects = [build_tlv(0x86, token.authentication_token(self.choice.suite, self.mapped, self.keys, self.peer))]
        objects += [build_tlv(tag, name) for tag, name in zip((0x87, 0x88), self.choice.authority_references, strict=False)]
        if self.choice.static_key is not None and self.mapping_key is not None:
            proof = chip_authentication_data(self.choice.static_key, int.from_bytes(self.mapping_key.private, "big"))
            objects.append(build_tlv(0x8A, encrypt_chip_authentication_data(self.keys, proof)))
        return b"".join(objects)


_Step = _NonceStep | _MappingStep | _AgreementStep | _AuthenticationStep


def _request(data: bytes, tag: int | None) -> bytes:
    """The one object of the step; none at all in step 1."""
    objects = dynamic_authentication_data(data)
    value = objects.expect(tag).value if tag is not None else b""
    objects.finish()
    return value


def _password_kind(value: bytes) -> PasswordKind:
    try:
        return PasswordKind(int.from_bytes(value, "big") if len(value) == 1 else 0)
    except ValueError:
        raise _Refused(SW.REFERENCE_NOT_FOUND) from None


def _check_terminal(chat: Tlv, kind: PasswordKind) -> None:
    """A CHAT announces Terminal Authentication; its terminal type must be allowed the password."""
    try:
        terminal_type = HolderAuthorisation.parse(chat).terminal_type
    except UnsupportedFeature:
        raise _Refused(SW.WRONG_DATA) from None
    if kind not in _TERMINAL_PASSWORDS[terminal_type]:
        raise _Refused(SW.WRONG_DATA)
