# SPDX-License-Identifier: Apache-2.0
"""The terminal's end of PACE (ICAO 9303-11 §4.4.1, §4.4.4)."""

from __future__ import annotations

from dataclasses import dataclass, field

from chipid._native import Secret
from chipid.crypto.domain import EcDomain, KeyPair, generate_key_pair
from chipid.crypto.kdf import derive_session_keys
from chipid.crypto.mac import MAC_SIZE, equal
from chipid.crypto.random import RandomSource
from chipid.errors import CardMisbehaved, PasswordBlocked, StatusError, WrongPassword
from chipid.iso7816.apdu import CommandAPDU, ResponseAPDU
from chipid.iso7816.dialogue import Dialogue
from chipid.iso7816.secure_messaging import SecureMessaging, open_session
from chipid.iso7816.status import SW, attempts_left
from chipid.iso7816.tlv import build_tlv
from chipid.lds.security_infos import PaceInfo
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
from chipid.protocols.key_agreement import shared_secret
from chipid.protocols.pace import token
from chipid.protocols.pace.mapping import GenericMapping
from chipid.protocols.pace.selection import suite_and_domain
from chipid.protocols.pace.suite import Suite
from chipid.protocols.password import Password

# What chips answer to a wrong token besides 63Cx: 6300 is the standard's word for it (ICAO 9303-11 §4.4.4.2).
_WRONG_TOKEN = frozenset({SW.AUTHENTICATION_FAILED, SW.SECURITY_STATUS, SW.SM_OBJECT_INCORRECT})


@dataclass(frozen=True)
class PaceRun:
    """PACE has succeeded.

    :ivar session: secure messaging on the new keys, counter zero.
    :ivar info: the PACEInfo that was used.
    :ivar chip_mapping_key: the chip's public key of step 2, which Chip Authentication Mapping is checked against.
    :ivar certification_authority_references: data objects 87 and 88, for Terminal Authentication; unauthenticated.
    """

    session: SecureMessaging = field(repr=False)
    info: PaceInfo
    chip_mapping_key: bytes = field(repr=False)
    certification_authority_references: tuple[bytes, ...] = ()


def pace(info: PaceInfo, password: Password, random: RandomSource, *, name_parameters: bool = False) -> Dialogue[PaceRun]:
    """Establish a session with *password*.

    :param info: what to run, from EF.CardAccess (see :func:`select_pace`).
    :param name_parameters: send the domain parameters' number (data object 84): required where the chip has several PACEInfos.
    :raises WrongPassword: the chip refuses our token, or its own is wrong. Chips were seen to answer a wrong CAN in either way; in
        the second case the chip may just as well be a forgery, which this password would not open: no session comes to be.
    :raises PasswordBlocked: the chip takes no more tries with this password.
    :raises StatusError: another status word; ``6A80``, ``6A87`` and ``6A88`` may ask for *name_parameters*.
    :raises MalformedData: an answer is no such data object, or holds no public key of the group.
    :raises CardMisbehaved: the chip broke the protocol.
    :raises UnsupportedFeature: *info* names what chipid does not speak.
    """
    suite, domain = suite_and_domain(info)
    # 0. MSE:Set AT (§4.4.4.1)
    _check_set_at((yield _set_at(info, suite, password, name_parameters)).sw)
    # 1. Encrypted nonce (§4.4.5.1)
    nonce = _nonce(suite, password, (yield general_authenticate(last=False)))
    # 2. Map nonce (§4.4.5.2)
    mapping = GenericMapping(domain, nonce, random)
    response = yield general_authenticate(build_tlv(0x81, mapping.data), last=False)
    chip_mapping_key = only_object(_demand(response, 2), 0x82)
    mapped = mapping.mapped(chip_mapping_key)
    # 3. Perform key agreement (§4.4.5.3)
    own = generate_key_pair(mapped, random)
    response = yield general_authenticate(build_tlv(0x83, own.public), last=False)
    peer = only_object(_demand(response, 3), 0x84)
    keys = derive_session_keys(suite.cipher, _agree(mapped, own, peer))
    # 4. Mutual authentication (§4.4.5.4)
    response = yield general_authenticate(build_tlv(0x85, token.authentication_token(suite, keys, peer)))
    _check_token_accepted(response.sw)
    references = _check_token(response.data, token.authentication_token(suite, keys, own.public))
    return PaceRun(open_session(keys), info, chip_mapping_key, references)


def _set_at(info: PaceInfo, suite: Suite, password: Password, name_parameters: bool) -> CommandAPDU:
    objects = [
        build_tlv(CRYPTOGRAPHIC_MECHANISM, suite.oid_value),
        build_tlv(PASSWORD_REFERENCE, bytes((password.kind,))),
    ]
    if name_parameters and info.parameter_id is not None:
        objects.append(build_tlv(KEY_REFERENCE, reference(info.parameter_id)))
    return set_security_environment(0xC1, 0xA4, *objects)


def _check_set_at(sw: int) -> None:
    """63Cx is a warning here: so many tries are left (BSI TR-03110-3 §B.11.1)."""
    left = attempts_left(sw)
    if left == 0 or sw == SW.AUTHENTICATION_BLOCKED:
        raise PasswordBlocked(f"PACE: the chip has blocked this password ({sw:04X})")
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


def _agree(mapped: EcDomain, own: KeyPair, peer: bytes) -> Secret:
    # §4.4.1: "check that the public keys differ": an echo would make the chip's token a copy of ours.
    if equal(peer, own.public):
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


def _check_token(data: bytes, expected: bytes) -> tuple[bytes, ...]:
    """T.IC, and with it one or two certification authority references (§4.4.5); 8A belongs to CAM alone."""
    objects = dynamic_authentication_data(data)
    received = objects.expect(0x86).value
    references = [found.value for found in (objects.optional(0x87), objects.optional(0x88)) if found is not None]
    objects.finish()
    if len(received) != MAC_SIZE:
        raise CardMisbehaved(f"PACE: the chip's token has {len(received)} octets instead of {MAC_SIZE}")
    if not equal(received, expected):
        raise WrongPassword(
            "PACE: the chip's authentication token is wrong: it does not know this password",
            hint="Compare the number, or the MRZ fields, with the card; if they are right, do not trust this card.",
        )
    return tuple(references)
