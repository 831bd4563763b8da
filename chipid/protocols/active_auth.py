# SPDX-License-Identifier: Apache-2.0
"""Active Authentication (ICAO 9303-11 §6.1): the terminal's dialogue, the evaluation of its transcript, the chip's responder."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from chipid._native import Cipher, Hash
from chipid.crypto import asn1, rsa
from chipid.crypto.algorithms import SCHEMES
from chipid.crypto.mac import equal
from chipid.crypto.private_key import DhPrivateKey, EcPrivateKey, RsaPrivateKey, parse_private_key
from chipid.crypto.random import RandomSource, system_random
from chipid.crypto.signature import EcdsaScheme, EcPublicKey, RsaPublicKey, verify
from chipid.crypto.spki import parse_public_key
from chipid.errors import MalformedData, UnsupportedFeature
from chipid.evidence import ActiveAuthenticationTranscript
from chipid.iso7816.apdu import EXTENDED_LE_MAX, SHORT_LE_MAX, CommandAPDU
from chipid.iso7816.dialogue import Dialogue
from chipid.iso7816.instructions import INS
from chipid.iso7816.status import SW
from chipid.lds.security_infos import SecurityInfos
from chipid.pki.signatures import EC_BITS_MIN, RSA_BITS_MIN
from chipid.protocols import iso9796_2
from chipid.protocols.chip_signature import ecdsa, private_operation
from chipid.protocols.finding import Finding

CHALLENGE_SIZE = 8

ECDSA_HASHES: dict[str, Hash] = {oid: scheme.hash for oid, scheme in SCHEMES.items() if isinstance(scheme, EcdsaScheme)}
"""Signature algorithms of ActiveAuthenticationInfo: ICAO 9303-11 §9.2.4's, and ANSI X9.62's, which it does not provide for."""

_WITHOUT_DG14: tuple[Hash, ...] = ("sha256", "sha384", "sha512", "sha224", "sha1")
# 256 octets less what stands around the cryptogram: 87 81 xx 01, 99 02 xx xx, 8E 08 and the MAC (ICAO 9303-11 §9.8.5).
_SHORT_CRYPTOGRAM_MAX = 256 - 4 - 4 - 10
# The answer did not fit the command's Le, or the reader's buffer: nothing about the chip.
_LENGTH_STATUS = (SW.WRONG_LENGTH, 0x6C00, 0x6100)


# Terminal --------------------------------------------------------------------------------------------------------


def active_authentication(
    challenge: bytes | RandomSource,
    *,
    source: str | None = None,
    extended: bool = False,
    signature_size: int | None = None,
) -> Dialogue[ActiveAuthenticationTranscript]:
    """Let the chip sign a challenge, inside the session (ICAO 9303-11 §6.1.1).

    :param challenge: RND.IFD, 8 octets, or where to draw them from.
    :param source: what the transcript says of its origin; ``random`` for a drawn one, ``given`` for octets by default.
    :param extended: ask with an extended Le: :func:`needs_extended_le`.
    :param signature_size: how long the answer will be, in octets. Where it comes shorter, the other form of Le is tried: some chips
        need the extended one, others must not have it.
    :raises MalformedData: the challenge has not 8 octets, or is all zeros: a chip's answer to that can be had beforehand.
    """
    drawn = not isinstance(challenge, bytes)
    rnd_ifd = challenge if isinstance(challenge, bytes) else challenge(CHALLENGE_SIZE)
    if len(rnd_ifd) != CHALLENGE_SIZE or not any(rnd_ifd):
        raise MalformedData(f"the challenge of Active Authentication is {CHALLENGE_SIZE} octets, not all of them zero")
    response = yield _internal_authenticate(rnd_ifd, extended)
    if signature_size is not None and len(response.data) < signature_size:
        other = yield _internal_authenticate(rnd_ifd, not extended)
        response = other if len(other.data) > len(response.data) else response
    origin = source or ("random" if drawn else "given")
    return ActiveAuthenticationTranscript(rnd_ifd, response.data, response.sw, origin)


def needs_extended_le(signature_size: int, cipher: Cipher) -> bool:
    """Whether the answer, protected, is longer than a short response (ICAO 9303-11 §6.1.4).

    :param signature_size: octets of the signature; 224 are too many under AES and not yet under 3DES.
    :param cipher: the session's.
    """
    block = 8 if cipher == "3DES" else 16
    return (signature_size // block + 1) * block > _SHORT_CRYPTOGRAM_MAX


def _internal_authenticate(rnd_ifd: bytes, extended: bool) -> CommandAPDU:
    le = EXTENDED_LE_MAX if extended else SHORT_LE_MAX
    return CommandAPDU(0x00, INS.INTERNAL_AUTHENTICATE, 0x00, 0x00, rnd_ifd, le, extended)


# Evaluation ------------------------------------------------------------------------------------------------------


def evaluate_active_authentication(
    spki: bytes,
    infos: SecurityInfos | None,
    transcript: ActiveAuthenticationTranscript,
    *,
    challenge: bytes | None = None,
) -> Finding:
    """Whether the chip holds the private key to DG15 (ICAO 9303-11 §6.1.2, §6.1.4).

    :param spki: DG15's SubjectPublicKeyInfo, which passive authentication has to vouch for.
    :param infos: DG14, which names an EC key's hash function.
    :param challenge: the 8 octets that a server had given to be signed, so that the answer is of now and for it; ``None`` where it
        gave none.
    :raises MalformedData: *spki* holds no key.
    :raises UnsupportedFeature: it holds a key that cannot be used.
    """
    # 1. The challenge is the one that was demanded
    if challenge is not None and not equal(challenge, transcript.challenge):
        return Finding(False, "aa-challenge-differs", "The chip's answer is not to the challenge that was given.")
    # 2. The challenge could not be foreseen
    if len(transcript.challenge) != CHALLENGE_SIZE or not any(transcript.challenge):
        return Finding(None, "aa-challenge", "The challenge is no random one: the answer may have been recorded.")
    # 3. There is an answer
    problem = _answer_missing(transcript)
    if problem is not None:
        return problem
    # 4. It is DG15's key's
    key = parse_public_key(spki)
    if isinstance(key, RsaPublicKey):
        return _evaluate_rsa(key, transcript)
    return _evaluate_ecdsa(key, infos, transcript)


def _answer_missing(transcript: ActiveAuthenticationTranscript) -> Finding | None:
    sw = transcript.sw
    if sw in _LENGTH_STATUS or sw & 0xFF00 in _LENGTH_STATUS or (sw == SW.OK and not transcript.response):
        return Finding(None, "aa-no-answer", f"The chip's answer did not come through ({sw:04X}).")
    if sw != SW.OK:
        return Finding(False, "aa-refused", f"The chip refused Active Authentication ({sw:04X}).")
    return None


def _evaluate_rsa(key: RsaPublicKey, transcript: ActiveAuthenticationTranscript) -> Finding:
    """ISO 9796-2 scheme 1 (§6.1.2.2)."""
    signature, size = transcript.response, key.bits // 8
    if key.bits % 8:
        raise UnsupportedFeature(f"Active Authentication with an RSA modulus of {key.bits} bits")
    if len(signature) < size:
        return Finding(None, "aa-answer-short", f"The answer has {len(signature)} octets instead of {size}.")
    if len(signature) > size or int.from_bytes(signature, "big") >= key.n:
        return Finding(False, "aa-length", "The answer is longer than a signature of the key in DG15.")
    recovered = rsa.recover(key.n, key.e, signature)
    if recovered is None:
        raise UnsupportedFeature("the RSA key in DG15 cannot be used")
    opened = iso9796_2.open_representative(_representative(key, recovered), transcript.challenge)
    if opened.hash is None:
        return Finding(False, opened.reason or "aa-trailer", "The answer is no signature by the key in DG15.")
    deviations = {"aa-short-key": key.bits < RSA_BITS_MIN, "aa-sha1": opened.hash == "sha1"}
    detail = f"The chip holds the private key (RSA-{key.bits}, {opened.hash})."
    return Finding.success(detail, (reason for reason, holds in deviations.items() if holds))


def _representative(key: RsaPublicKey, recovered: bytes) -> bytes:
    """F, or n - F where the chip gave the smaller of s and n - s (ISO 9796-2 Annex B.4; Annex B.6 does not)."""
    if recovered[-1] & 0x0F == iso9796_2.LAST_NIBBLE:
        return recovered
    return (key.n - int.from_bytes(recovered, "big")).to_bytes(len(recovered), "big")


def _evaluate_ecdsa(key: EcPublicKey, infos: SecurityInfos | None, transcript: ActiveAuthenticationTranscript) -> Finding:
    """ECDSA over RND.IFD (§6.1.2.3), as r ‖ s or, against the standard, in DER."""
    declared = [info.signature_algorithm for info in infos.active_authentication] if infos is not None else []
    hashes = tuple(ECDSA_HASHES[oid] for oid in declared if oid in ECDSA_HASHES) if declared else _WITHOUT_DG14
    if not hashes:
        return Finding(False, "aa-algorithm-unknown", "DG14 names a signature algorithm that is none for ECDSA.")
    for scheme in _schemes(hashes):
        if verify(key, scheme, transcript.challenge, transcript.response):
            return _ecdsa_finding(key, scheme, bool(declared))
    return Finding(False, "aa-signature", "The answer is no signature by the key in DG15.")


def _schemes(hashes: tuple[Hash, ...]) -> Iterator[EcdsaScheme]:
    for plain in (True, False):
        yield from (EcdsaScheme(hash_name, plain) for hash_name in hashes)


def _ecdsa_finding(key: EcPublicKey, scheme: EcdsaScheme, declared: bool) -> Finding:
    deviations = {
        "aa-short-key": key.bits < EC_BITS_MIN,
        "aa-sha1": scheme.hash == "sha1",
        "aa-algorithm-undeclared": not declared,
        "aa-hash-too-long": 8 * hashlib.new(scheme.hash).digest_size > key.bits,
        "aa-der": not scheme.plain,
    }
    form = "r‖s" if scheme.plain else "DER"
    detail = f"The chip holds the private key ({key.domain.name}, {scheme.hash}, {form})."
    return Finding.success(detail, (reason for reason, holds in deviations.items() if holds))


# Chip ------------------------------------------------------------------------------------------------------------


class ActiveAuthenticationChip:
    """The chip's end: signs what the terminal sends.

    :param private_key_pkcs8: RSA or EC.
    :param hash_name: :func:`default_hash` of the key where ``None``.
    :param plain: ECDSA signatures as r ‖ s, otherwise in DER.
    :param smaller: RSA signatures as the smaller of s and n - s (ISO 9796-2 Annex B.4), otherwise as s (B.6).
    :raises MalformedData: the key is none.
    :raises UnsupportedFeature: another kind of key, or an RSA modulus that is no whole number of octets or too short for the hash.
    """

    def __init__(
        self,
        private_key_pkcs8: bytes,
        random: RandomSource = system_random,
        *,
        hash_name: Hash | None = None,
        plain: bool = True,
        smaller: bool = False,
    ) -> None:
        key = parse_private_key(private_key_pkcs8)
        if isinstance(key, DhPrivateKey):
            raise UnsupportedFeature("Active Authentication with a key that cannot sign")
        self._key = key
        self._random = random
        self._hash = hash_name or default_hash(self._key)
        self._plain = plain
        self._smaller = smaller
        if isinstance(self._key, RsaPrivateKey):
            room = iso9796_2.m1_size(self._key.size, self._hash)
            if self._key.n.bit_length() % 8 or room < 1:
                raise UnsupportedFeature("an RSA key that Active Authentication cannot be made with")

    def internal_authenticate(self, challenge: bytes) -> bytes:
        """The signature over *challenge*, 8 octets, with a fresh M1 where it is RSA (§6.1.2.2)."""
        if isinstance(self._key, RsaPrivateKey):
            return self._sign_rsa(self._key, challenge)
        return self._sign_ecdsa(self._key, challenge)

    def _sign_rsa(self, key: RsaPrivateKey, challenge: bytes) -> bytes:
        m1 = self._random(iso9796_2.m1_size(key.size, self._hash))
        f = iso9796_2.build_representative(m1, challenge, self._hash)
        s = private_operation(key, int.from_bytes(f, "big"))
        return (min(s, key.n - s) if self._smaller else s).to_bytes(key.size, "big")

    def _sign_ecdsa(self, key: EcPrivateKey, challenge: bytes) -> bytes:
        r, s = ecdsa(key, hashlib.new(self._hash, challenge).digest(), self._random)
        if not self._plain:
            return asn1.sequence(asn1.integer(r), asn1.integer(s))
        size = len(key.domain.order)
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")


def default_hash(key: RsaPrivateKey | EcPrivateKey) -> Hash:
    """SHA-256 for RSA; for ECDSA the longest hash that is not longer than the key (§6.1.2.3)."""
    if isinstance(key, RsaPrivateKey):
        return "sha256"
    fitting: list[Hash] = [
        hash_name
        for hash_name in ("sha224", "sha256", "sha384", "sha512")
        if hashlib.new(hash_name).digest_size <= key.domain.field_size
    ]
    return fitting[-1] if fitting else "sha1"
