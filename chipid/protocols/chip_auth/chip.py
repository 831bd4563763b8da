# SPDX-License-Identifier: Apache-2.0
"""The chip's end of Chip Authentication (ICAO 9303-11 §6.2.4)."""

from __future__ import annotations

from collections.abc import Mapping

from chipid.crypto.domain import KeyPair
from chipid.crypto.kdf import derive_session_keys
from chipid.errors import MalformedData
from chipid.iso7816.secure_messaging import SecureMessaging, open_session
from chipid.iso7816.status import SW
from chipid.iso7816.tlv import Tlv, TlvCursor, build_tlv
from chipid.lds.security_infos import SecurityInfos
from chipid.protocols.chip_auth.selection import ChipAuthenticationChoice, chip_authentication_choices
from chipid.protocols.general_authenticate import (
    CRYPTOGRAPHIC_MECHANISM,
    DYNAMIC_AUTHENTICATION_DATA,
    EPHEMERAL_PUBLIC_KEY,
    KEY_REFERENCE,
    only_object,
    reference,
)
from chipid.protocols.key_agreement import shared_secret
from chipid.protocols.private_key import EcPrivateKey, parse_private_key


class ChipAuthenticationChip:
    """Key agreement with the chip's static keys. A refusal leaves the session of access control as it was.

    :param infos: the chip's DG14.
    :param keys: PKCS#8 private keys by key id; they need not belong to DG14's public keys, as in a clone.
    :ivar session: secure messaging on the new keys after a success. It starts after the response to that command, which still
        travels under the old keys (§9.8.2).
    :raises MalformedData: a key is none.
    :raises UnsupportedFeature: a key is on no curve that chipid knows.
    """

    def __init__(self, infos: SecurityInfos, keys: Mapping[int | None, bytes]) -> None:
        self._choices = chip_authentication_choices(infos)
        self._keys = {key_id: parse_private_key(key) for key_id, key in keys.items()}
        self._chosen: ChipAuthenticationChoice | None = None
        self.session: SecureMessaging | None = None

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

    def general_authenticate(self, data: bytes) -> tuple[bytes, int]:
        """GENERAL AUTHENTICATE (§6.2.4.2) with the terminal's ephemeral key; each MSE:Set AT serves for one."""
        choice, self._chosen, self.session = self._chosen, None, None
        if choice is None:
            return b"", SW.CONDITIONS_NOT_SATISFIED
        try:
            sw = self._agree(choice, only_object(data, 0x80))
        except MalformedData:
            sw = SW.WRONG_DATA
        return (build_tlv(DYNAMIC_AUTHENTICATION_DATA) if sw == SW.OK else b""), sw

    def _agree(self, choice: ChipAuthenticationChoice, public_key: bytes) -> int:
        key = self._keys.get(choice.key_id)
        if not isinstance(key, EcPrivateKey):
            return SW.REFERENCE_NOT_FOUND
        own = KeyPair(key.scalar, key.public)
        self.session = open_session(derive_session_keys(choice.cipher, shared_secret(key.domain, own, public_key)))
        return SW.OK


def _by_reference(candidates: list[ChipAuthenticationChoice], key_reference: Tlv | None) -> ChipAuthenticationChoice | None:
    """The choice that 84 names; it may be left out where there is no other (§6.2.4.1)."""
    if key_reference is None:
        return candidates[0] if len(candidates) == 1 else None
    for choice in candidates:
        if choice.key_id is not None and reference(choice.key_id) == key_reference.value:
            return choice
    return None
