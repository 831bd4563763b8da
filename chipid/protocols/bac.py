# SPDX-License-Identifier: Apache-2.0
"""Basic Access Control (ICAO 9303-11 §4.3): the terminal's dialogue and the chip's responder."""

from __future__ import annotations

from chipid._native import Secret
from chipid.crypto.cipher import cbc_decrypt, cbc_encrypt, zero_iv
from chipid.crypto.kdf import SessionKeys, derive_session_keys
from chipid.crypto.mac import MAC_SIZE, equal, mac
from chipid.crypto.random import RandomSource
from chipid.errors import CardMisbehaved, PasswordBlocked, StatusError, UnsupportedFeature, WrongPassword
from chipid.iso7816.apdu import CommandAPDU
from chipid.iso7816.dialogue import Dialogue
from chipid.iso7816.instructions import INS
from chipid.iso7816.secure_messaging import SecureMessaging, open_session
from chipid.iso7816.status import SW, attempts_left
from chipid.protocols.password import Password

NONCE_SIZE = 8
KEY_SIZE = 16
PLAINTEXT_SIZE = 2 * NONCE_SIZE + KEY_SIZE
CRYPTOGRAM_SIZE = PLAINTEXT_SIZE + MAC_SIZE

# A PACE-only chip answers one of these (quirks: 6A88 is no verdict on the key).
_NOT_OFFERED = frozenset({SW.REFERENCE_NOT_FOUND, SW.FUNCTION_NOT_SUPPORTED, SW.WRONG_INS, SW.WRONG_CLA})
# The standard fixes no status word for a wrong key; these are what chips answer to one.
_WRONG_KEY = frozenset({SW.AUTHENTICATION_FAILED, SW.SECURITY_STATUS, SW.SM_OBJECT_INCORRECT, SW.WRONG_DATA})


# Terminal --------------------------------------------------------------------------------------------------------


def bac(password: Password, random: RandomSource) -> Dialogue[SecureMessaging]:
    """Open the eMRTD application, already selected, with the MRZ (ICAO 9303-11 §4.3.1).

    :param password: of kind MRZ.
    :returns: the 3DES session.
    :raises WrongPassword: the chip refuses our cryptogram.
    :raises PasswordBlocked: the chip takes no more tries.
    :raises UnsupportedFeature: the chip does not offer BAC.
    :raises StatusError: another status word.
    :raises CardMisbehaved: the chip's proof is wrong. A chip that has accepted our cryptogram knows both keys, so this is no wrong
        password: the chip is broken, or it is none.
    """
    keys = password.bac_keys()
    # 1. RND.IC
    response = yield CommandAPDU(0x00, INS.GET_CHALLENGE, 0x00, 0x00, le=NONCE_SIZE)
    _demand_offered(response.sw, "GET CHALLENGE")
    rnd_ic = response.data
    if len(rnd_ic) != NONCE_SIZE:
        raise CardMisbehaved(f"BAC: the chip's challenge has {len(rnd_ic)} octets instead of {NONCE_SIZE}")
    # 2. S = RND.IFD ‖ RND.IC ‖ K.IFD, encrypted and MACed; both of ours are fresh in every run
    rnd_ifd, k_ifd = random(NONCE_SIZE), random(KEY_SIZE)
    cryptogram = _protect(keys, rnd_ifd + rnd_ic + k_ifd)
    response = yield CommandAPDU(0x00, INS.EXTERNAL_AUTHENTICATE, 0x00, 0x00, cryptogram, le=CRYPTOGRAM_SIZE)
    _demand_accepted(response.sw)
    # 3. R = RND.IC ‖ RND.IFD ‖ K.IC: MAC first, then both nonces
    plain = _unprotect(keys, response.data)
    if plain is None:
        raise CardMisbehaved("BAC: the chip's cryptogram has a wrong length or a wrong MAC")
    if not equal(plain[: 2 * NONCE_SIZE], rnd_ic + rnd_ifd):
        raise CardMisbehaved("BAC: the chip's cryptogram does not answer our challenge")
    # 4. Session keys and counter
    return _open(k_ifd, plain[2 * NONCE_SIZE :], rnd_ic, rnd_ifd)


def _demand_offered(sw: int, command: str) -> None:
    if sw in _NOT_OFFERED:
        raise UnsupportedFeature(f"this chip does not offer Basic Access Control (it answers {command} with {sw:04X})")
    if sw != SW.OK:
        raise StatusError(sw, f"BAC, {command}")


def _demand_accepted(sw: int) -> None:
    if sw in _WRONG_KEY or attempts_left(sw) is not None:
        raise WrongPassword(f"Basic Access Control: the chip does not accept this MRZ ({sw:04X})", attempts_left=attempts_left(sw))
    if sw == SW.AUTHENTICATION_BLOCKED:
        raise PasswordBlocked("Basic Access Control: the chip takes no more tries (6983)")
    _demand_offered(sw, "EXTERNAL AUTHENTICATE")


# Chip ------------------------------------------------------------------------------------------------------------


class BacChip:
    """The chip's end of BAC.

    :ivar sw: the status word of the last EXTERNAL AUTHENTICATE.
    """

    def __init__(self, password: Password, random: RandomSource) -> None:
        self._keys = password.bac_keys()
        self._random = random
        self._rnd_ic: bytes | None = None
        self.sw: int = SW.OK

    def get_challenge(self) -> bytes:
        """RND.IC, 8 octets, drawn anew each time; it serves for one attempt."""
        self._rnd_ic = self._random(NONCE_SIZE)
        return self._rnd_ic

    def reset(self) -> None:
        """Forget an outstanding challenge."""
        self._rnd_ic = None

    def external_authenticate(self, data: bytes) -> tuple[bytes, SecureMessaging] | None:
        """E.IC ‖ M.IC and the session, or ``None`` with the refusal in :attr:`sw`; the challenge is used up either way."""
        rnd_ic, self._rnd_ic = self._rnd_ic, None
        if rnd_ic is None:
            self.sw = SW.CONDITIONS_NOT_SATISFIED
            return None
        if len(data) != CRYPTOGRAM_SIZE:
            self.sw = SW.WRONG_LENGTH
            return None
        plain = _unprotect(self._keys, data)
        if plain is None or not equal(plain[NONCE_SIZE : 2 * NONCE_SIZE], rnd_ic):
            self.sw = SW.AUTHENTICATION_FAILED
            return None
        rnd_ifd, k_ifd, k_ic = plain[:NONCE_SIZE], plain[2 * NONCE_SIZE :], self._random(KEY_SIZE)
        self.sw = SW.OK
        return _protect(self._keys, rnd_ic + rnd_ifd + k_ic), _open(k_ifd, k_ic, rnd_ic, rnd_ifd)


# Both ------------------------------------------------------------------------------------------------------------


def _protect(keys: SessionKeys, plain: bytes) -> bytes:
    """E ‖ M: 3DES-CBC without padding and with a zero IV, then the MAC of the cryptogram (ICAO 9303-11 §4.3.3)."""
    encrypted = cbc_encrypt(keys.cipher, keys.ks_enc, zero_iv(keys.cipher), plain)
    return encrypted + mac(keys.cipher, keys.ks_mac, encrypted)


def _unprotect(keys: SessionKeys, data: bytes) -> bytes | None:
    """The plaintext of E ‖ M, ``None`` for another length or a wrong MAC."""
    encrypted, checksum = data[:PLAINTEXT_SIZE], data[PLAINTEXT_SIZE:]
    if len(data) != CRYPTOGRAM_SIZE or not equal(mac(keys.cipher, keys.ks_mac, encrypted), checksum):
        return None
    return cbc_decrypt(keys.cipher, keys.ks_enc, zero_iv(keys.cipher), encrypted)


def _open(k_ifd: bytes, k_ic: bytes, rnd_ic: bytes, rnd_ifd: bytes) -> SecureMessaging:
    """KS from K.IFD xor K.IC; SSC = last four octets of RND.IC ‖ last four of RND.IFD (ICAO 9303-11 §9.8.6.3)."""
    seed = Secret(bytes(a ^ b for a, b in zip(k_ifd, k_ic, strict=True)))
    return open_session(derive_session_keys("3DES", seed), rnd_ic[-4:] + rnd_ifd[-4:])
