# SPDX-License-Identifier: Apache-2.0
"""The terminal's end of PACE (ICAO 9303-11 §4.4.1, §4.4.4)."""

from __future__ import annotations

from dataclasses import dataclass, field

from chipid._native import Secret
from chipid.crypto.domain import Domain, KeyPair, generate_key_pair
from chipid.crypto.kdf import SessionKeys, derive_session_keys
from chipid.crypto.mac import MAC_SIZE, equal
from chipid.crypto.random import RandomSource
from chipid.errors import CardMisbehaved, PasswordBlocked, StatusError, WrongPassword
from chipid.evidence import ChipAuthenticationMappingTranscript
from chipid.iso7816.apdu import CommandAPDU, ResponseAPDU
from chipid.iso7816.dialogue import Dialogue
from chipid.iso7816.secure_messaging import SecureMessaging, open_session
from chipid.iso7816.status import SW, attempts_left
from chipid.iso7816.tlv import build_tlv
from chipid.protocols.general_authenticate import (
    CRYPTOGRAPHIC_MECHANISM,
    KEY_REFERENCE,
    PASSWORD_REFERENCE,
    dynamic_authentication_data,
    general_authenticate,
    only_object,
    reference,
    set_security_environment,
)
from chipid.protocols.key_agreement import checked_public_key, shared_secret
from chipid.protocols.pace import token
from chipid.protocols.pace.chip_authentication_mapping import decrypt_chip_authentication_data
from chipid.protocols.pace.mapping import terminal_mapping
from chipid.protocols.pace.selection import PaceChoice
from chipid.protocols.pace.suite import MappingKind, Suite
from chipid.protocols.password import Password, PasswordKind

# What chips answer to a wrong token besides 63Cx: 6300 is the standard's word for it (ICAO 9303-11 §4.4.4.2).
_WRONG_TOKEN = frozenset({SW.AUTHENTICATION_FAILED, SW.SECURITY_STATUS, SW.SM_OBJECT_INCORRECT})
_SUSPENDED = 1
"""Tries left at which a PIN answers no more before the CAN has been given (BSI TR-03110-2 §3.5.1)."""


@dataclass(frozen=True)
class PaceRun:
    """PACE has succeeded.

    :ivar session: secure messaging on the new keys, counter zero.
    :ivar choice: what was run, and with which *password*.
    :ivar chip_key: the chip's ephemeral public key of step 3, by which Terminal Authentication knows this chip; ``terminal_key``:
        ours, to which it binds after Chip Authentication Mapping.
    :ivar certification_authority_references: data objects 87 and 88, for Terminal Authentication; unauthenticated.
    :ivar chip_authentication: the record of Chip Authentication Mapping, to be checked against EF.CardSecurity; ``None`` in the
        other mappings.
    """

    session: SecureMessaging = field(repr=False)
    choice: PaceChoice
    password: PasswordKind
    chip_key: bytes = field(repr=False)
    terminal_key: bytes = field(repr=False)
    certification_authority_references: tuple[bytes, ...] = ()
    chip_authentication: ChipAuthenticationMappingTranscript | None = None


def pace(
    choice: PaceChoice,
    password: Password,
    random: RandomSource,
    *,
    name_parameters: bool = False,
    holder_authorisation: bytes = b"",
    resumed: bool = False,
) -> Dialogue[PaceRun]:
    """Establish a session with *password*.

    :param choice: what to run, from EF.CardAccess (see :func:`select_pace`).
    :param name_parameters: send the domain parameters' number (data object 84): required where the chip has several PACEInfos.
    :param holder_authorisation: the data object 7F4C that announces Terminal Authentication; the chip then names the authorities
        that it knows (§4.4.4.1).
    :param resumed: this runs inside a session that the CAN has opened, so that a suspended PIN gets its last try.
    :raises WrongPassword: the chip refuses our token, or its own is wrong. Chips were seen to answer a wrong CAN in either way; in
        the second case the chip may just as well be a forgery, which this password would not open: no session comes to be.
    :raises PasswordBlocked: the chip takes no more tries with this password, or has suspended it.
    :raises StatusError: another status word; ``6A80``, ``6A87`` and ``6A88`` may ask for *name_parameters*.
    :raises MalformedData: an answer is no such data object, or holds no public key of the group.
    :raises CardMisbehaved: the chip broke the protocol.
    """
    suite, domain = choice.suite, choice.domain
    # 0. MSE:Set AT (§4.4.4.1)
    _check_set_at((yield _set_at(choice, password, name_parameters, holder_authorisation)).sw, password, resumed)
    # 1. Encrypted nonce (§4.4.5.1)
    nonce = _nonce(suite, password, (yield general_authenticate(last=False)))
    # 2. Map nonce (§4.4.5.2)
    mapping = terminal_mapping(suite, domain, nonce, random)
    response = yield general_authenticate(build_tlv(0x81, mapping.data), last=False)
    chip_mapping_data = _mapping_data(suite, _demand(response, 2))
    mapped = mapping.mapped(chip_mapping_data)
    # 3. Perform key agreement (§4.4.5.3)
    own = generate_key_pair(mapped, random)
    response = yield general_authenticate(build_tlv(0x83, own.public), last=False)
    peer = only_object(_demand(response, 3), 0x84)
    keys = derive_session_keys(suite.cipher, _agree(mapped, own, peer))
    # 4. Mutual authentication (§4.4.5.4)
    response = yield general_authenticate(build_tlv(0x85, token.authentication_token(suite, mapped, keys, peer)))
    _check_token_accepted(response.sw)
    answer = _check_token(suite, response.data, token.authentication_token(suite, mapped, keys, own.public))
    transcript = _transcript(choice, chip_mapping_data, answer.chip_authentication_data, keys)
    return PaceRun(open_session(keys), choice, password.kind, peer, own.public, answer.references, transcript)


def _set_at(choice: PaceChoice, password: Password, name_parameters: bool, holder_authorisation: bytes) -> CommandAPDU:
    objects = [
        build_tlv(CRYPTOGRAPHIC_MECHANISM, choice.suite.oid_value),
        build_tlv(PASSWORD_REFERENCE, bytes((password.kind,))),
    ]
    if name_parameters and choice.info.parameter_id is not None:
        objects.append(build_tlv(KEY_REFERENCE, reference(choice.info.parameter_id)))
    return set_security_environment(0xC1, 0xA4, *objects, holder_authorisation)


def _check_set_at(sw: int, password: Password, resumed: bool) -> None:
    """63Cx is a warning here: so many tries are left (BSI TR-03110-3 §B.11.1)."""
    left = attempts_left(sw)
    if left == 0 or sw == SW.AUTHENTICATION_BLOCKED:
        hint = "Unblock it with the PUK." if password.kind is PasswordKind.PIN else None
        raise PasswordBlocked(f"PACE: the chip has blocked this password ({sw:04X})", hint=hint)
    if left == _SUSPENDED and password.kind is PasswordKind.PIN and not resumed:
        raise PasswordBlocked(
            "PACE: the chip has suspended the PIN, of which one try is left (63C1)",
            suspended=True,
            hint="Give the CAN with the PIN: the chip takes the last try after the CAN.",
        )
    if sw != SW.OK and left is None:
        raise StatusError(sw, "PACE, MSE:Set AT")


def _demand(response: ResponseAPDU, step: int) -> bytes:
    if not response.ok:
        raise StatusError(response.sw, f"PACE, step {step}")
    return response.data


def _nonce(suite: Suite, password: Password, response: ResponseAPDU) -> Secret:
    encrypted = only_object(_demand(response, 1), 0x80)
    if not token.is_nonce_size(suite, len(encrypted)):
        raise CardMisbehaved(f"PACE: the encrypted nonce has {len(encrypted)} octets, no whole number of blocks")
    return token.decrypt_nonce(suite, password, encrypted)


def _mapping_data(suite: Suite, data: bytes) -> bytes:
    """Data object 82. In the integrated mapping it is empty (§4.4.5.2.2), and says nothing where it is left out."""
    objects = dynamic_authentication_data(data)
    if suite.mapping is MappingKind.INTEGRATED and objects.at_end:
        return b""
    value = objects.expect(0x82).value
    objects.finish()
    return value


def _agree(mapped: Domain, own: KeyPair, peer: bytes) -> Secret:
    # §4.4.1: "check that the public keys differ": an echo would make the chip's token a copy of ours.
    if equal(checked_public_key(mapped, peer), own.public):
        raise CardMisbehaved("PACE: the chip sent the terminal's own public key back")
    return shared_secret(mapped, own, peer)


def _check_token_accepted(sw: int) -> None:
    left = attempts_left(sw)
    if left is not None or sw in _WRONG_TOKEN:
        raise WrongPassword(f"PACE: the chip does not accept this password ({sw:04X})", attempts_left=left)
    if sw == SW.AUTHENTICATION_BLOCKED:
        raise PasswordBlocked("PACE: the chip has blocked this password (6983)")
    if sw != SW.OK:
        raise StatusError(sw, "PACE, step 4")


@dataclass(frozen=True)
class _Answer:
    references: tuple[bytes, ...]
    chip_authentication_data: bytes | None


def _check_token(suite: Suite, data: bytes, expected: bytes) -> _Answer:
    """T.IC, with it up to two certification authority references, and 8A in Chip Authentication Mapping alone (§4.4.5)."""
    objects = dynamic_authentication_data(data)
    received = objects.expect(0x86).value
    references = [found.value for found in (objects.optional(0x87), objects.optional(0x88)) if found is not None]
    proof = objects.optional(0x8A) if suite.mapping is MappingKind.CHIP_AUTHENTICATION else None
    objects.finish()
    if len(received) != MAC_SIZE:
        raise CardMisbehaved(f"PACE: the chip's token has {len(received)} octets instead of {MAC_SIZE}")
    if not equal(received, expected):
        raise WrongPassword(
            "PACE: the chip's authentication token is wrong: it does not know this password",
            hint="Compare the number, or the MRZ fields, with the card; if they are right, do not trust this card.",
        )
    return _Answer(tuple(references), None if proof is None else proof.value)


def _transcript(
    choice: PaceChoice, mapping_key: bytes, encrypted: bytes | None, keys: SessionKeys
) -> ChipAuthenticationMappingTranscript | None:
    """What Chip Authentication Mapping left behind; a proof that is missing or cannot be decrypted is recorded as empty."""
    if choice.suite.mapping is not MappingKind.CHIP_AUTHENTICATION:
        return None
    data = decrypt_chip_authentication_data(keys, encrypted) if encrypted else b""
    return ChipAuthenticationMappingTranscript(choice.info.oid, choice.info.parameter_id, mapping_key, encrypted or b"", data)
