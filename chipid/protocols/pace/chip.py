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
from chipid.crypto.domain import EcDomain, generate_key_pair
from chipid.crypto.kdf import SessionKeys, derive_session_keys
from chipid.crypto.mac import equal
from chipid.crypto.random import RandomSource
from chipid.errors import MalformedData, UnsupportedFeature
from chipid.iso7816.secure_messaging import SecureMessaging, open_session
from chipid.iso7816.status import SW
from chipid.iso7816.tlv import Tlv, TlvCursor, build_tlv
from chipid.lds.security_infos import PaceInfo, SecurityInfos
from chipid.protocols.general_authenticate import (
    CRYPTOGRAPHIC_MECHANISM,
    DYNAMIC_AUTHENTICATION_DATA,
    HOLDER_AUTHORISATION,
    KEY_REFERENCE,
    PASSWORD_REFERENCE,
    dynamic_authentication_data,
    reference,
)
from chipid.protocols.key_agreement import shared_secret
from chipid.protocols.object_identifiers import ID_ROLES, oid_octets
from chipid.protocols.pace import token
from chipid.protocols.pace.mapping import GenericMapping
from chipid.protocols.pace.selection import suite_and_domain
from chipid.protocols.pace.suite import SUITES, Suite
from chipid.protocols.password import Password, PasswordKind

# Which passwords a terminal of a type may use (BSI TR-03110-3 §A.1.1); inspection systems have the MRZ and the CAN.
_TERMINAL_PASSWORDS: dict[bytes, frozenset[PasswordKind]] = {
    oid_octets(f"{ID_ROLES}.1"): frozenset({PasswordKind.MRZ, PasswordKind.CAN}),
    oid_octets(f"{ID_ROLES}.2"): frozenset({PasswordKind.CAN, PasswordKind.PIN}),
    oid_octets(f"{ID_ROLES}.3"): frozenset({PasswordKind.CAN, PasswordKind.PIN, PasswordKind.PUK}),
}


class _Refused(Exception):
    def __init__(self, sw: SW) -> None:
        super().__init__(f"{sw:04X}")
        self.sw = sw


class PaceChip:
    """One run of PACE at the chip.

    :param infos: the chip's EF.CardAccess.
    :param passwords: the passwords that the chip knows.
    :ivar session: secure messaging on the new keys, once the run is done.
    """

    def __init__(self, infos: SecurityInfos, passwords: Mapping[PasswordKind, Password], random: RandomSource) -> None:
        self._infos = infos
        self._passwords = passwords
        self._random = random
        self._step: _Step | None = None
        self.session: SecureMessaging | None = None

    def set_at(self, data: bytes) -> int:
        """MSE:Set AT (§4.4.4.1): the choice of protocol, password and parameters; the status word is the answer."""
        self._step, self.session = None, None
        try:
            self._step = _NonceStep(self._choice(TlvCursor(data)))
        except _Refused as refused:
            return refused.sw
        except (MalformedData, UnsupportedFeature):
            return SW.WRONG_DATA
        return SW.OK

    def general_authenticate(self, data: bytes, last: bool) -> tuple[bytes, int]:
        """One step (§4.4.4.2); *last* is False under CLA 10. Returns the response's data and status word."""
        step, self._step, self.session = self._step, None, None
        try:
            if step is None:
                raise _Refused(SW.CONDITIONS_NOT_SATISFIED)
            if last is not isinstance(step, _AuthenticationStep):
                raise _Refused(SW.WRONG_DATA if last else SW.LAST_COMMAND_EXPECTED)
            answer, following = step.answer(_request(data, step.request), self._random)
        except _Refused as refused:
            return b"", refused.sw
        except MalformedData:
            return b"", SW.WRONG_DATA
        if isinstance(following, SecureMessaging):
            self.session = following
        else:
            self._step = following
        return build_tlv(DYNAMIC_AUTHENTICATION_DATA, build_tlv(step.response, answer)), SW.OK

    def _choice(self, objects: TlvCursor) -> _Choice:
        mechanism = objects.expect(CRYPTOGRAPHIC_MECHANISM).value
        kind = _password_kind(objects.expect(PASSWORD_REFERENCE).value)
        parameters = objects.optional(KEY_REFERENCE)
        terminal = objects.optional(HOLDER_AUTHORISATION)
        objects.finish()
        if terminal is not None:
            _check_terminal(terminal, kind)
        suite, domain = suite_and_domain(self._info(mechanism, parameters))
        if kind not in self._passwords:
            raise _Refused(SW.REFERENCE_NOT_FOUND)
        return _Choice(suite, domain, self._passwords[kind])

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

    suite: Suite
    domain: EcDomain
    password: Password


@dataclass(frozen=True)
class _NonceStep:
    """§4.4.5.1."""

    choice: _Choice
    request: ClassVar[int | None] = None
    response: ClassVar[int] = 0x80

    def answer(self, _request: bytes, random: RandomSource) -> tuple[bytes, _MappingStep]:
        nonce = random(token.NONCE_SIZE)
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
        mapping = GenericMapping(self.choice.domain, self.nonce, random)
        return mapping.data, _AgreementStep(self.choice.suite, mapping.mapped(request), mapping.data)


@dataclass(frozen=True)
class _AgreementStep:
    """§4.4.5.3."""

    suite: Suite
    mapped: EcDomain
    mapping_key: bytes = field(repr=False)
    request: ClassVar[int | None] = 0x83
    response: ClassVar[int] = 0x84

    def answer(self, request: bytes, random: RandomSource) -> tuple[bytes, _AuthenticationStep]:
        own = generate_key_pair(self.mapped, random)
        # §4.4.1: a terminal that sends a key of the chip's back has none of its own.
        if equal(request, own.public) or equal(request, self.mapping_key):
            raise _Refused(SW.WRONG_DATA)
        keys = derive_session_keys(self.suite.cipher, shared_secret(self.mapped, own, request))
        return own.public, _AuthenticationStep(self.suite, keys, own.public, request)


@dataclass(frozen=True)
class _AuthenticationStep:
    """§4.4.5.4: the chip speaks only after the terminal has proved that it knows the password."""

    suite: Suite
    keys: SessionKeys = field(repr=False)
    own: bytes = field(repr=False)
    peer: bytes = field(repr=False)
    request: ClassVar[int | None] = 0x85
    response: ClassVar[int] = 0x86

    def answer(self, request: bytes, _random: RandomSource) -> tuple[bytes, SecureMessaging]:
        if not equal(request, token.authentication_token(self.suite, self.keys, self.own)):
            raise _Refused(SW.AUTHENTICATION_FAILED)
        return token.authentication_token(self.suite, self.keys, self.peer), open_session(self.keys)


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
    objects = chat.children()
    terminal_type = objects.expect(0x06).value
    objects.expect(0x53)
    objects.finish()
    if kind not in _TERMINAL_PASSWORDS.get(terminal_type, frozenset()):
        raise _Refused(SW.WRONG_DATA)
