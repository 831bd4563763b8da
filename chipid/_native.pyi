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
    """A curve's group: a curve we know, possibly with a mapped generator (ICAO 9303-11 §4.4.3.3)."""

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
    def map_integrated(self, random_octets: Buffer, /) -> EcDomain:
        """The same curve with generator f_G(R mod p), R the number of the *random_octets* (ICAO 9303-11 §4.4.3.3.2 and Appendix B).

        R is as secret as the nonce it was made of: no branch and no address depends on it. Codes: ``ec-integrated`` for a curve
        that has no point encoding (``secp224r1``, p ≡ 1 mod 4) and for R ≡ 0, ±1, where the encoding is not defined;
        ``ec-mapped``; ``length`` unless there are 1 … ``field_size`` + 64 octets."""

# Finite fields ---------------------------------------------------------------------------------------------------
@final
class DhDomain:
    """A subgroup of GF(p), possibly with a mapped generator (ICAO 9303-11 §4.4.3.3, §9.4–9.6; RFC 2631).

    Numbers go out without leading zeros (ICAO 9303-11 §9.4.1), save those of :meth:`agree`.
    """

    @classmethod
    def standardised(cls, parameter_id: int, /) -> DhDomain:
        """ICAO 9303-11 §9.5.1: 0 is the 1024-bit MODP group with a 160-bit order, 1 and 2 the 2048-bit ones with 224 and 256 bits
        (RFC 5114 §2.1–2.3). ``dh-parameters`` for any other number."""
    @classmethod
    def explicit(cls, p: Buffer, g: Buffer, q: Buffer | None, /) -> DhDomain:
        """The group that g generates, its parameters checked, whoever chose them; those of a standardised group are that group.

        ``dh-parameters`` unless p is a prime of 1024–4096 bits, 1 < g < p-1 and, where given, q a prime of at least 160 bits and
        the order of g. Without q (PKCS#3) the order is (p-1)/2 where p is a safe prime and g a square; else it stays unknown. The
        checks cost a tenth of a second for 2048 bits, one or two seconds for 4096."""
    @property
    def name(self) -> str: ...  # modp1024-160, modp2048-224, modp2048-256; otherwise modp<bits>
    @property
    def mapped(self) -> bool: ...
    @property
    def size(self) -> int: ...  # octets of p
    @property
    def order(self) -> bytes: ...  # q; empty where unknown
    @property
    def generator(self) -> bytes: ...
    @property
    def parameters(self) -> tuple[bytes, bytes, bytes]: ...  # p, generator, q
    def check_element(self, value: Buffer, /) -> bytes:
        """The element. ``dh-element`` unless 1 < y < p-1 and, where q is known, y^q = 1 (RFC 2631 §2.1.5), or for more than
        ``size`` octets."""
    def public_key(self, private: Buffer, /) -> bytes:
        """generator^private. ``dh-private`` unless 1 ≤ private < q, or < p-1 where q is unknown."""
    def agree(self, private: Buffer, peer: Buffer, /) -> Secret:
        """peer^private, ``size`` octets (RFC 2631 §2.1.2: leading zeros kept); the peer is checked as in :meth:`check_element`, and
        ``dh-element`` is also for a result of 1 or p-1."""
    def agree_element(self, private: Buffer, peer: Buffer, /) -> bytes:
        """The same without leading zeros (h of the generic mapping)."""
    def map_generic(self, nonce: Buffer, h: Buffer, /) -> DhDomain:
        """The same group with generator g^nonce·h (ICAO 9303-11 §4.4.3.3.1). ``dh-element`` where h is none of the group's, or the
        result no generator, ``dh-mapped`` where g was mapped already, ``length`` unless the nonce has 1–66 octets."""
    def map_integrated(self, random_octets: Buffer, /) -> DhDomain:
        """The same group with generator R^((p-1)/q), R the number of the *random_octets* (ICAO 9303-11 §4.4.3.3.2).

        ``dh-element`` where that is no generator, ``dh-mapped``, ``dh-parameters`` where q is unknown, ``length`` unless there are
        1 … ``size`` + 64 octets."""

def integrated_random(cipher: Cipher, nonce_s: Buffer, nonce_t: Buffer, modulus: Buffer, /) -> Secret:
    """R(s, t) of the integrated mapping (ICAO 9303-11 §4.4.3.3.2), not yet reduced.

    It has the least multiple of l bits that is 64 more than the *modulus* has, which is the p of the curve or group. ``length``
    unless s has l bits (128 for 3DES and AES-128, 256 for AES-192 and AES-256), t the cipher's key length, and the modulus 1–512
    octets and is not 0."""

# Signatures ------------------------------------------------------------------------------------------------------
# A wrong signature, r or s out of range and any length included, is False. Errors speak of the key and the digest: ``ec-point``,
# ``ec-infinity``, ``ec-mapped``, ``rsa-key`` (unless n is odd, of 1024–8192 bits, and e odd, 3 … 2⁶⁴-1), ``hash-length``.
def ecdsa_sign(domain: EcDomain, private: Buffer, digest: Buffer, /) -> bytes:
    """r ‖ s, each as long as the order (BSI TR-03111 §5.2.1), with randomness and constant-time code of libcrypto's own.

    Codes: ``ec-private`` unless 1 ≤ private < n, ``ec-mapped``, ``hash-length`` unless the digest has 1–64 octets."""

def ecdsa_verify(domain: EcDomain, public_point: Buffer, digest: Buffer, r: Buffer, s: Buffer, /) -> bool: ...
def rsa_verify_pkcs1(n: Buffer, e: Buffer, hash: Hash, digest: Buffer, signature: Buffer, /) -> bool: ...
def rsa_verify_pss(
    n: Buffer, e: Buffer, hash: Hash, mgf_hash: Hash, salt_length: int, digest: Buffer, signature: Buffer, /
) -> bool: ...
def rsa_recover(n: Buffer, e: Buffer, signature: Buffer, /) -> bytes:
    """signature^e mod n, fixed at the modulus' length. ``rsa-range`` unless signature < n, ``rsa-key`` for an unusable key."""
