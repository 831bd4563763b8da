# SPDX-License-Identifier: Apache-2.0
"""Types of the C core (``native/include/chipid_core.h``).

Buffers may be anything with the buffer protocol, :class:`Secret` included; integers are big-endian octets. Every failure is a
:class:`NativeError`; the doors in ``chipid.crypto`` and ``chipid.iso7816`` turn it into the errors of ``chipid.errors``.
"""

from typing import Final, Literal, TypeAlias, final

from typing_extensions import Buffer

Cipher: TypeAlias = Literal["3DES", "AES-128", "AES-192", "AES-256"]
Hash: TypeAlias = Literal["sha1", "sha224", "sha256", "sha384", "sha512"]

OPENSSL_VERSION: Final[str]

class NativeError(Exception):
    """A refusal of the C core.

    :ivar code: stable, lower-case, e.g. ``tlv-truncated``, ``sm-mac``, ``ec-point``; ``offset``: octets from the start, -1
    where none.

    Beside the codes that the functions name: ``cipher-unknown`` and ``hash-unknown`` for a name that :data:`Cipher` or :data:`Hash`
    has not, ``length`` for an input beyond what the core takes, ``argument`` for a number that means nothing, ``crypto`` where
    libcrypto fails for no reason of the caller's. A wrong type is a ``TypeError``, a buffer with gaps a ``BufferError``.
    """

    code: str
    offset: int

@final
class Secret:
    """Octets that are wiped when the object goes; equality is constant-time; ``repr`` shows the length alone."""

    def __new__(cls, data: Buffer, /) -> Secret: ...
    def __len__(self) -> int: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __buffer__(self, flags: int, /) -> memoryview: ...

def equal(a: Buffer, b: Buffer, /) -> bool:
    """Constant-time comparison."""

# TLV -------------------------------------------------------------------------------------------------------------
def tlv_read(data: Buffer, offset: int, end: int, /) -> tuple[int, int, int, int]:
    """(tag, value_start, value_end, next_offset) of the BER-TLV at *offset*, wholly inside ``data[offset:end]``.

    Tags of up to 4 octets, lengths of up to 4, the indefinite length (nesting at most 32) included. Codes: ``tlv-truncated``,
    ``tlv-tag``, ``tlv-length``, ``tlv-depth``; the error's offset is where the element at fault begins."""

# Keys, MACs, ciphers ---------------------------------------------------------------------------------------------
def kdf(cipher: Cipher, secret: Buffer, counter: int, nonce: Buffer = b"", /) -> Secret:
    """ICAO 9303-11 §9.7.1; 3DES keys come parity-adjusted, 16 octets.

    Codes: ``kdf-secret`` (an empty one), ``kdf-counter`` (unless 1 … 2³²-1)."""

def retail_mac(key: Buffer, data: Buffer, pad: bool = True, /) -> bytes:
    """ISO 9797-1 MAC algorithm 3, DES, 8 octets; padding method 2 when *pad*, otherwise whole blocks are required.

    Codes: ``cipher-key``, ``cipher-block``."""

def cmac(key: Buffer, data: Buffer, /) -> bytes:
    """AES-CMAC (NIST SP 800-38B), 16 octets. Code: ``cipher-key``."""

def cbc_encrypt(cipher: Cipher, key: Buffer, iv: Buffer, data: Buffer, /) -> bytes: ...
def cbc_decrypt(cipher: Cipher, key: Buffer, iv: Buffer, data: Buffer, /) -> bytes:
    """Whole blocks, no padding; an AES *iv* of 16, a 3DES one of 8 octets. Codes: ``cipher-key``, ``cipher-iv``,
    ``cipher-block``."""

# Secure messaging ------------------------------------------------------------------------------------------------
@final
class SecureMessaging:
    """One session (ICAO 9303-11 §9.8), role-free. Keys are copied, and wiped with the object or on its first failure.

    Each ``protect``/``unprotect`` increments the SSC first. After a failed ``unprotect_…`` the keys are wiped and every later call
    fails with ``sm-closed``; a response that is a bare status word (``sm-plaintext``) alone leaves the session open. Codes:
    ``sm-mac``, ``sm-mac-missing``, ``sm-status-missing``, ``sm-status-differs``, ``sm-plaintext`` (a response without any
    secure-messaging object, a command without the bits in its class), ``sm-padding``, ``sm-malformed``, ``sm-length``,
    ``sm-closed``, ``sm-ssc`` (of a wrong size, or it would start again at zero).

    The bare status word has used up one SSC value: save ``ssc`` before, then set it or not, or :meth:`close`. A message that
    ``protect_…`` cannot take (``sm-malformed``, ``sm-length``) leaves session and SSC as they were.

    ``unprotect_command`` gives the plain command back with extended length fields only where its data or Le needs them. The INS of
    the last command decides between DO85 (odd) and DO87 (even) in a response; after an odd one DO87 is taken too.

    Several threads may use one session; each message is whole.
    """

    def __new__(cls, cipher: Cipher, ks_enc: Buffer, ks_mac: Buffer, ssc: Buffer, /) -> SecureMessaging: ...
    ssc: bytes  # 8 octets for 3DES, 16 for AES; may be set while open (docs/quirks.md 9: an unprotected error may or may not count)
    @property
    def cipher(self) -> Cipher: ...
    @property
    def closed(self) -> bool: ...
    def protect_command(self, apdu: Buffer, /) -> bytes: ...
    def unprotect_command(self, apdu: Buffer, /) -> bytes: ...
    def protect_response(self, response: Buffer, /) -> bytes: ...
    def unprotect_response(self, response: Buffer, /) -> bytes: ...
    def close(self) -> None: ...

# Elliptic curves -------------------------------------------------------------------------------------------------
@final
class EcDomain:
    """A prime-field group: a curve we know, possibly with a mapped generator (ICAO 9303-11 §4.4.3.3.1)."""

    @classmethod
    def named(cls, name: str, /) -> EcDomain:
        """SECG/brainpool name: ``secp192r1 secp224r1 secp256r1 secp384r1 secp521r1 brainpoolP160r1 … brainpoolP512r1``
        (r1 only)."""
    @classmethod
    def explicit(cls, p: Buffer, a: Buffer, b: Buffer, g: Buffer, n: Buffer, h: Buffer | None, /) -> EcDomain:
        """The known curve with exactly these parameters (g a point, compressed or not; h optional), else ``ec-unknown-curve``."""
    @property
    def name(self) -> str: ...
    @property
    def mapped(self) -> bool: ...
    @property
    def field_size(self) -> int: ...  # octets
    @property
    def order(self) -> bytes: ...
    @property
    def generator(self) -> bytes: ...  # uncompressed
    @property
    def parameters(self) -> tuple[bytes, bytes, bytes, bytes, bytes, int]: ...  # p, a, b, G uncompressed, n, h
    def check_point(self, point: Buffer, /) -> bytes:
        """The point, uncompressed. Codes: ``ec-point`` (not on the curve, wrong length or form), ``ec-infinity``."""
    def public_key(self, private: Buffer, /) -> bytes:
        """private·G, uncompressed. ``ec-private`` unless 1 ≤ private < n."""
    def agree(self, private: Buffer, peer: Buffer, /) -> Secret:
        """x-coordinate of private·peer, ``field_size`` octets; the peer is validated."""
    def agree_point(self, private: Buffer, peer: Buffer, /) -> bytes:
        """private·peer as an uncompressed point (H of the generic mapping)."""
    def map_generic(self, nonce: Buffer, h: Buffer, /) -> EcDomain:
        """The same curve with generator nonce·G + H. ``ec-infinity`` where that is no generator, ``ec-mapped`` where G was mapped
        already, ``length`` unless the nonce has 1–66 octets."""

# Signatures ------------------------------------------------------------------------------------------------------
# A wrong signature, r or s out of range and any length included, is False. Errors speak of the key and the digest: ``ec-point``,
# ``ec-infinity``, ``ec-mapped``, ``rsa-key`` (unless n is odd, of 1024–8192 bits, and e odd, 3 … 2⁶⁴-1), ``hash-length``.
def ecdsa_verify(domain: EcDomain, public_point: Buffer, digest: Buffer, r: Buffer, s: Buffer, /) -> bool: ...
def rsa_verify_pkcs1(n: Buffer, e: Buffer, hash: Hash, digest: Buffer, signature: Buffer, /) -> bool: ...
def rsa_verify_pss(
    n: Buffer, e: Buffer, hash: Hash, mgf_hash: Hash, salt_length: int, digest: Buffer, signature: Buffer, /
) -> bool: ...
def rsa_recover(n: Buffer, e: Buffer, signature: Buffer, /) -> bytes:
    """signature^e mod n, fixed at the modulus' length. ``rsa-range`` unless signature < n, ``rsa-key`` for an unusable key."""
