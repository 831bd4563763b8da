# SPDX-License-Identifier: Apache-2.0
"""The terminal's end of Chip Authentication (ICAO 9303-11 §6.2.2, §6.2.4; version 2: BSI TR-03110-2 §3.4, -3 §B.2)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from chipid.crypto.domain import Domain, KeyPair, generate_key_pair
from chipid.crypto.kdf import derive_session_keys
from chipid.crypto.mac import MAC_SIZE
from chipid.crypto.random import RandomSource
from chipid.errors import MalformedData
from chipid.evidence import ChipAuthenticationTranscript
from chipid.iso7816.apdu import CommandAPDU, ResponseAPDU
from chipid.iso7816.dialogue import Dialogue
from chipid.iso7816.secure_messaging import SecureMessaging, open_session
from chipid.iso7816.status import SW
from chipid.iso7816.tlv import build_tlv
from chipid.lds.security_infos import SecurityInfos
from chipid.protocols.chip_auth.selection import ChipAuthenticationChoice, select_chip_authentication
from chipid.protocols.general_authenticate import (
    CRYPTOGRAPHIC_MECHANISM,
    EPHEMERAL_PUBLIC_KEY,
    KEY_REFERENCE,
    dynamic_authentication_data,
    general_authenticate,
    reference,
    set_security_environment,
)
from chipid.protocols.key_agreement import shared_secret

NONCE_SIZE_MAX = 32
"""Octets of the chip's nonce in version 2; it has eight (BSI TR-03110-3 §B.2.2)."""


@dataclass(frozen=True)
class ChipAuthenticationRun:
    """The key agreement is over; whether the chip is genuine shows in the next exchange.

    :ivar session: secure messaging on the new keys, counter zero; ``None`` where the chip refused.
    :ivar transcript: without an exchange yet, see :meth:`confirmed_by`.
    :ivar domain: the group, in which Terminal Authentication compresses our public key.
    :ivar response_as_specified: the chip answered the key agreement as §6.2.4 says. It proves nothing, so a deviation does not end
        the protocol.
    """

    session: SecureMessaging | None = field(repr=False)
    transcript: ChipAuthenticationTranscript
    domain: Domain
    response_as_specified: bool = True

    def confirmed_by(self, command: CommandAPDU, response: ResponseAPDU | None) -> ChipAuthenticationTranscript:
        """The transcript with the first exchange under the new keys, as it travelled; ``None`` where no answer came."""
        answer = response.to_bytes() if response is not None else b""
        return replace(self.transcript, command=command.to_bytes(), response=answer)


def chip_authentication(
    infos: SecurityInfos, random: RandomSource, *, set_kat: bool = True
) -> Dialogue[ChipAuthenticationRun | None]:
    """Agree on new keys with the chip's static key. To be run inside the session that access control has opened.

    3DES goes by MSE:Set KAT, and where the chip refuses that, as AES always does, by MSE:Set AT and GENERAL AUTHENTICATE; the old
    session outlives a refusal (§6.2.4.1).

    :param infos: DG14.
    :param set_kat: False to leave MSE:Set KAT out.
    :returns: ``None`` where DG14 offers no Chip Authentication.
    :raises UnsupportedFeature: DG14 offers what chipid does not speak, and nothing else.
    :raises MalformedData: DG14's key is none.
    """
    choice = select_chip_authentication(infos)
    if choice is None:
        return None
    own = generate_key_pair(choice.domain, random)
    sw, regular = SW.FUNCTION_NOT_SUPPORTED.value, True
    if set_kat and choice.cipher == "3DES":
        sw, regular = yield from _by_set_kat(choice, own)
    if sw != SW.OK:
        sw, answer = yield from _by_general_authenticate(choice, own)
        regular = _is_empty(answer) if sw == SW.OK else True
    session = _new_session(choice, own) if sw == SW.OK else None
    return ChipAuthenticationRun(session, _transcript(choice, own, sw), choice.domain, regular)


def chip_authentication_v2(choice: ChipAuthenticationChoice, own: KeyPair) -> Dialogue[ChipAuthenticationRun]:
    """Chip Authentication version 2, after Terminal Authentication: the chip adds a nonce, and its token proves it at once.

    :param choice: from EF.CardSecurity, which has to be verified apart.
    :param own: the ephemeral key pair that Terminal Authentication has announced.
    :returns: without a session where the chip refused, or gave no nonce and token; whether the token is right is for
        :func:`evaluate_chip_authentication` to say, and for the first exchange to show.
    """
    sw, answer = yield from _by_general_authenticate(choice, own)
    nonce, token = _nonce_and_token(answer) if sw == SW.OK else (b"", b"")
    session = _new_session(choice, own, nonce) if token else None
    transcript = replace(_transcript(choice, own, sw), version=choice.version, nonce=nonce, token=token)
    return ChipAuthenticationRun(session, transcript, choice.domain, sw != SW.OK or bool(token))


def _new_session(choice: ChipAuthenticationChoice, own: KeyPair, nonce: bytes = b"") -> SecureMessaging:
    return open_session(derive_session_keys(choice.cipher, shared_secret(choice.domain, own, choice.public_key), nonce))


def _nonce_and_token(data: bytes) -> tuple[bytes, bytes]:
    """Data objects 81 and 82; both empty where they are not there, or cannot be what they should."""
    try:
        objects = dynamic_authentication_data(data)
        nonce, token = objects.expect(0x81).value, objects.expect(0x82).value
        objects.finish()
    except MalformedData:
        return b"", b""
    return (nonce, token) if nonce and len(nonce) <= NONCE_SIZE_MAX and len(token) == MAC_SIZE else (b"", b"")


def _by_set_kat(choice: ChipAuthenticationChoice, own: KeyPair) -> Dialogue[tuple[int, bool]]:
    """§6.2.4.1: one command, for 3DES alone."""
    objects = [build_tlv(EPHEMERAL_PUBLIC_KEY, own.public), *_key_reference(choice)]
    response = yield set_security_environment(0x41, 0xA6, *objects)
    return response.sw, not response.data


def _by_general_authenticate(choice: ChipAuthenticationChoice, own: KeyPair) -> Dialogue[tuple[int, bytes]]:
    """§6.2.4.2."""
    objects = [build_tlv(CRYPTOGRAPHIC_MECHANISM, choice.oid_value), *_key_reference(choice)]
    response = yield set_security_environment(0x41, 0xA4, *objects)
    if not response.ok:
        return response.sw, b""
    response = yield general_authenticate(build_tlv(0x80, own.public))
    return response.sw, response.data


def _key_reference(choice: ChipAuthenticationChoice) -> list[bytes]:
    return [] if choice.key_id is None else [build_tlv(KEY_REFERENCE, reference(choice.key_id))]


def _is_empty(data: bytes) -> bool:
    try:
        return dynamic_authentication_data(data).at_end
    except MalformedData:
        return False


def _transcript(choice: ChipAuthenticationChoice, own: KeyPair, sw: int) -> ChipAuthenticationTranscript:
    return ChipAuthenticationTranscript(choice.oid, choice.key_id, bytes(own.private), own.public, b"", b"", sw)
