# SPDX-License-Identifier: Apache-2.0
"""Whether a transcript of Chip Authentication proves that the chip holds the key in DG14 (ICAO 9303-11 §6.2.1, §6.2.2).

It proves it to whoever made the challenge: the terminal that drew the ephemeral key, and a server that trusts that terminal's word.
Whoever holds the transcript could have computed the chip's side from it.
"""

from __future__ import annotations

from chipid._native import NativeError, Secret, SecureMessaging
from chipid.crypto.domain import KeyPair
from chipid.crypto.kdf import SessionKeys, derive_session_keys
from chipid.crypto.mac import equal
from chipid.evidence import ChipAuthenticationTranscript
from chipid.iso7816.secure_messaging import open_session
from chipid.iso7816.status import SW
from chipid.lds.security_infos import SecurityInfos
from chipid.protocols.chip_auth.selection import (
    VERSION_2,
    ChipAuthenticationChoice,
    chip_authentication_choices,
    select_chip_authentication,
)
from chipid.protocols.chip_auth.token import authentication_token
from chipid.protocols.finding import Finding
from chipid.protocols.key_agreement import shared_secret, strength

_UNPROTECTED = frozenset({"sm-plaintext", "sm-mac-missing", "sm-status-missing"})


def evaluate_chip_authentication(infos: SecurityInfos, transcript: ChipAuthenticationTranscript) -> Finding:
    """Derive the session anew and check the first exchange under it, and in version 2 the chip's token.

    :param infos: DG14, which passive authentication has to vouch for; for version 2 EF.CardSecurity, likewise.
    :raises UnsupportedFeature: the chip offers what chipid does not speak, and nothing else.
    :raises MalformedData: the chip's key is none.
    """
    # 1. The key and the protocol are the document's
    choice = _choice(infos, transcript)
    if choice is None:
        return Finding(False, "ca-not-in-dg14", "The document does not offer the key and protocol that the transcript names.")
    # 2. The chip agreed
    if transcript.sw != SW.OK:
        return Finding(False, "ca-refused", f"The chip refused the key agreement ({transcript.sw:04X}).")
    # 3. The public key that was sent is ours
    own = _own_key(choice, transcript)
    if own is None:
        return Finding(False, "ca-transcript-inconsistent", "The terminal's key pair in the transcript is none.")
    keys = derive_session_keys(choice.cipher, shared_secret(choice.domain, own, choice.public_key), transcript.nonce)
    # 4. Version 2: the chip's token was made with the new keys
    if choice.version == VERSION_2 and not _is_token(choice, keys, transcript):
        return Finding(False, "ca-wrong-token", "The chip's token was not made with the key in EF.CardSecurity.")
    # 5. The command under the new keys is ours
    session = open_session(keys)
    if not _is_ours(session, transcript.command):
        return Finding(False, "ca-transcript-inconsistent", "The recorded command was not made under the new keys.")
    # 6. The chip's answer is, too
    return _answered(session, transcript.response) or _proven(choice, weaker=_is_weaker(infos, choice))


def _choice(infos: SecurityInfos, transcript: ChipAuthenticationTranscript) -> ChipAuthenticationChoice | None:
    select_chip_authentication(infos, transcript.version)  # says why where nothing at all can be used
    for choice in chip_authentication_choices(infos, transcript.version):
        if (choice.oid, choice.key_id) == (transcript.oid, transcript.key_id):
            return choice
    return None


def _is_token(choice: ChipAuthenticationChoice, keys: SessionKeys, transcript: ChipAuthenticationTranscript) -> bool:
    return bool(transcript.nonce) and equal(transcript.token, authentication_token(choice, keys, transcript.public_key))


def _own_key(choice: ChipAuthenticationChoice, transcript: ChipAuthenticationTranscript) -> KeyPair | None:
    private = Secret(transcript.private_key)
    try:
        public = choice.domain.public_key(private)
    except NativeError:
        return None
    return KeyPair(private, public) if equal(public, transcript.public_key) else None


def _is_ours(session: SecureMessaging, command: bytes) -> bool:
    try:
        session.unprotect_command(command)
    except NativeError:
        return False
    return True


def _answered(session: SecureMessaging, response: bytes) -> Finding | None:
    """What is wrong with the answer, ``None`` where it is good."""
    if not response:
        return Finding(None, "ca-not-confirmed", "No answer came under the new keys.")
    try:
        session.unprotect_response(response)
    except NativeError as error:
        if error.code in _UNPROTECTED:
            return Finding(False, "ca-unprotected", "The chip did not answer under the new keys.")
        return Finding(False, "ca-wrong-keys", "The chip's answer was not made under the new keys.")
    return None


def _is_weaker(infos: SecurityInfos, choice: ChipAuthenticationChoice) -> bool:
    """Whether the document offers a stronger way: EF.CardAccess, from which version 2 is chosen, may have been stripped of it."""
    strongest = select_chip_authentication(infos, choice.version)
    ours = strength(choice.cipher, choice.domain)
    return strongest is not None and ours < strength(strongest.cipher, strongest.domain)


def _proven(choice: ChipAuthenticationChoice, *, weaker: bool) -> Finding:
    detail = f"The chip holds the private key ({choice.domain.name}, {choice.cipher}, version {choice.version})."
    deviations = {"ca-not-strongest": weaker, "ca-protocol-undeclared": not choice.declared}
    return Finding.success(detail, (reason for reason, holds in deviations.items() if holds))
