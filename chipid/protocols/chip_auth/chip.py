# SPDX-License-Identifier: Apache-2.0
"""The chip's end of Chip Authentication (ICAO 9303-11 §6.2.4; version 2: BSI TR-03110-3 §B.2)."""

from __future__ import annotations

from collections.abc import Mapping

from chipid.crypto.domain import Domain
from chipid.crypto.kdf import derive_session_keys
from chipid.crypto.mac import equal
from chipid.crypto.private_key import key_pair_of, parse_private_key
from chipid.crypto.random import RandomSource, system_random
from chipid.errors import MalformedData
from chipid.iso7816.secure_messaging import SecureMessaging, open_session
from chipid.iso7816.status import SW
from chipid.iso7816.tlv import Tlv, TlvCursor, build_tlv
from chipid.lds.security_infos import SecurityInfos
from chipid.protocols.chip_auth.selection import VERSION_1, VERSION_2, ChipAuthenticationChoice, chip_authentication_choices
from chipid.protocols.chip_auth.token import authentication_token
from chipid.protocols.general_authenticate import (
    CRYPTOGRAPHIC_MECHANISM,
    DYNAMIC_AUTHENTICATION_DATA,
    EPHEMERAL_PUBLIC_KEY,
    KEY_REFERENCE,
    only_object,
    reference,
)
from chipid.protocols.key_agreement import checked_public_key, shared_secret
from chipid.protocols.terminal_auth.signed_data import compress

NONCE_SIZE = 8


class ChipAuthenticationChip:
    """Key agreement with the chip's static keys. A refusal leaves the session of access control as it was.

    :param infos: the chip's DG14, or its EF.CardSecurity for version 2.
    :param keys: PKCS#8 private keys by key id; they need not belong to the published public keys, as in a clone.
    :ivar session: secure messaging on the new keys after a success. It starts after the response to that command, which still
        travels under the old keys (§9.8.2). :ivar terminal_key: the terminal's ephemeral public key, and :ivar domain: its group,
        after a success: Terminal Authentication version 1 binds to it.
    :raises MalformedData: a key is none.
    :raises UnsupportedFeature: a key is in no group that chipid knows.
    """

    def __init__(
        self,
        infos: SecurityInfos,
        keys: Mapping[int | None, bytes],
        *,
        version: int = VERSION_1,
        random: RandomSource = system_random,
    ) -> None:
        self._choices = chip_authentication_choices(infos, version)
        self._keys = {key_id: parse_private_key(key) for key_id, key in keys.items()}
        self._version = version
        self._random = random
        self._chosen: ChipAuthenticationChoice | None = None
        self._token = b""
        self.session: SecureMessaging | None = None
        self.terminal_key = b""
        self.domain: Domain | None = None

    def set_kat(self, data: bytes) -> int:
        """MSE:Set KAT (§6.2.4.1), for 3DES alone; the status word is the answer."""
        self._chosen, self.session = None, None
        try:
            objects = TlvCursor(data)
            public_key = objects.expect(EPHEMERAL_PUBLIC_KEY).value
            key_reference = objects.optional(KEY_REFERENCE)
            objects.finish()
            candidates = [choice for choice in self._choices if choice.cipher == "3DES"]
            choice = _by_reference(candidates, key_reference)
            return SW.REFERENCE_NOT_FOUND if choice is None else self._agree(choice, public_key)
        except MalformedData:
            return SW.WRONG_DATA

    def set_at(self, data: bytes) -> int:
        """MSE:Set AT (§6.2.4.2): the choice of protocol and key; the status word is the answer."""
        self._chosen, self.session = None, None
        try:
            objects = TlvCursor(data)
            mechanism = objects.expect(CRYPTOGRAPHIC_MECHANISM).value
            key_reference = objects.optional(KEY_REFERENCE)
            objects.finish()
        except MalformedData:
            return SW.WRONG_DATA
        candidates = [choice for choice in self._choices if choice.oid_value == mechanism]
        if not candidates:
            return SW.WRONG_DATA
        self._chosen = _by_reference(candidates, key_reference)
        return SW.OK if self._chosen is not None else SW.REFERENCE_NOT_FOUND

    def general_authenticate(self, data: bytes, announced: bytes | None = None) -> tuple[bytes, int]:
        """GENERAL AUTHENTICATE (§6.2.4.2) with the terminal's ephemeral key; each MSE:Set AT serves for one.

        :param announced: in version 2, the key that Terminal Authentication announced, compressed; another one is refused.
        """
        choice, self._chosen, self.session = self._chosen, None, None
        if choice is None:
            return b"", SW.CONDITIONS_NOT_SATISFIED
        try:
            public_key = only_object(data, 0x80)
            if announced is not None:
                compressed = compress(choice.domain, checked_public_key(choice.domain, public_key))
                if not equal(compressed, announced):
                    return b"", SW.AUTHENTICATION_FAILED
            nonce = self._random(NONCE_SIZE) if self._version == VERSION_2 else b""
            sw = self._agree(choice, public_key, nonce)
        except MalformedData:
            sw = SW.WRONG_DATA
        if sw != SW.OK:
            return b"", sw
        objects = [build_tlv(0x81, nonce), build_tlv(0x82, self._token)] if nonce else []
        return build_tlv(DYNAMIC_AUTHENTICATION_DATA, *objects), SW.OK

    def _agree(self, choice: ChipAuthenticationChoice, public_key: bytes, nonce: bytes = b"") -> int:
        key = self._keys.get(choice.key_id)
        own = key_pair_of(key, choice.domain) if key is not None else None
        if own is None:
            return SW.REFERENCE_NOT_FOUND
        keys = derive_session_keys(choice.cipher, shared_secret(choice.domain, own, public_key), nonce)
        self.session, self.terminal_key, self.domain = open_session(keys), public_key, choice.domain
        self._token = authentication_token(choice, keys, public_key) if nonce else b""
        return SW.OK


def _by_reference(candidates: list[ChipAuthenticationChoice], key_reference: Tlv | None) -> ChipAuthenticationChoice | None:
    """The choice that 84 names; it may be left out where there is no other (§6.2.4.1)."""
    if key_reference is None:
        return candidates[0] if len(candidates) == 1 else None
    for choice in candidates:
        if choice.key_id is not None and reference(choice.key_id) == key_reference.value:
            return choice
    return None
