# SPDX-License-Identifier: Apache-2.0
"""A reference implementation of the C core on ``cryptography`` and plain Python: slow, straightforward, written from the standards.

It shares nothing with ``native/`` but the type of its refusals; the tests compare the two.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.cmac import CMAC

from chipid._native import NativeError, Secret

KEY_SIZE = {"3DES": 16, "AES-128": 16, "AES-192": 24, "AES-256": 32}
BLOCK_SIZE = {"3DES": 8, "AES-128": 16, "AES-192": 16, "AES-256": 16}
CIPHERS = tuple(KEY_SIZE)


class Refused(Exception):
    """What the core calls a NativeError; the argument is its code."""

    @property
    def code(self) -> str:
        return str(self.args[0])


def answer(function: Callable[..., object], *args: object) -> object:
    """What *function* answers: its result as bytes or value, or the code of its refusal in angle brackets."""
    try:
        result = function(*args)
    except (Refused, NativeError) as error:
        return f"<{error.code}>"
    return bytes(result) if isinstance(result, Secret) else result


# TLV --------------------------------------------------------------------------------------------------------------
def tlv_read(data: bytes, offset: int, end: int) -> tuple[int, int, int, int]:
    """BER-TLV, by recursion into indefinite lengths."""
    if not 0 <= offset <= end <= len(data):
        raise Refused("tlv-truncated")
    tag, start, stop, after = _element(data[:end], offset, 1)
    if tag == 0:
        raise Refused("tlv-tag")
    return tag, start, stop, after


def _element(data: bytes, offset: int, depth: int) -> tuple[int, int, int, int]:
    octets = iter(range(offset, len(data)))

    def octet() -> int:
        for index in octets:
            return data[index]
        raise Refused("tlv-truncated")

    first = tag = octet()
    count = 1
    while tag & 0x1F == 0x1F if count == 1 else tag & 0x80:
        if count == 4:
            raise Refused("tlv-tag")
        following = octet()
        if count == 1 and following == 0x80:
            raise Refused("tlv-tag")
        tag, count = tag << 8 | following, count + 1
    length = octet()
    at = offset + count + 1
    if tag == 0:
        if length:
            raise Refused("tlv-tag")
        return 0, at, at, at
    if length == 0x80:
        return _indefinite(data, tag, first, at, depth)
    if length & 0x80:
        size = length & 0x7F
        if size > 4:
            raise Refused("tlv-length")
        length = 0
        for _ in range(size):
            length = length << 8 | octet()
        at += size
    if at + length > len(data):
        raise Refused("tlv-truncated")
    return tag, at, at + length, at + length


def _indefinite(data: bytes, tag: int, first: int, at: int, depth: int) -> tuple[int, int, int, int]:
    if not first & 0x20:
        raise Refused("tlv-length")
    if depth > 32:
        raise Refused("tlv-depth")
    inner = at
    while True:
        inner_tag, _, _, after = _element(data, inner, depth + 1)
        if inner_tag == 0:
            return tag, at, inner, after
        inner = after


# Keys, MACs, ciphers ----------------------------------------------------------------------------------------------
def with_odd_parity(key: bytes) -> bytes:
    return bytes(octet & 0xFE | (octet >> 1).bit_count() % 2 ^ 1 for octet in key)


def kdf(cipher: str, secret: bytes, counter: int, nonce: bytes = b"") -> bytes:
    """ICAO 9303-11 §9.7.1."""
    message = secret + nonce + counter.to_bytes(4, "big")
    digest = hashlib.sha1(message) if cipher in ("3DES", "AES-128") else hashlib.sha256(message)
    key = digest.digest()[: KEY_SIZE[cipher]]
    return with_odd_parity(key) if cipher == "3DES" else key


def _algorithm(cipher: str, key: bytes) -> TripleDES | AES:
    return TripleDES(key + key[:8]) if cipher == "3DES" else AES(key)


def cbc_encrypt(cipher: str, key: bytes, iv: bytes, data: bytes) -> bytes:
    context = Cipher(_algorithm(cipher, key), modes.CBC(iv)).encryptor()
    return context.update(data) + context.finalize()


def cbc_decrypt(cipher: str, key: bytes, iv: bytes, data: bytes) -> bytes:
    context = Cipher(_algorithm(cipher, key), modes.CBC(iv)).decryptor()
    return context.update(data) + context.finalize()


def pad(data: bytes, block: int) -> bytes:
    """ISO 9797-1 padding method 2."""
    return data + b"\x80" + bytes(-(len(data) + 1) % block)


def unpad(data: bytes, block: int) -> bytes:
    stripped = data.rstrip(b"\x00")
    if not stripped.endswith(b"\x80") or len(data) - len(stripped) >= block:
        raise Refused("sm-padding")
    return stripped[:-1]


def retail_mac(key: bytes, data: bytes, padded: bool = True) -> bytes:
    """ISO 9797-1 MAC algorithm 3, block by block."""

    def des(part: bytes, block: bytes, encrypt: bool) -> bytes:
        context = Cipher(TripleDES(part * 3), modes.ECB())
        run = context.encryptor() if encrypt else context.decryptor()
        return run.update(block)

    left, right, chain = key[:8], key[8:], bytes(8)
    message = pad(data, 8) if padded else data
    for at in range(0, len(message), 8):
        chain = des(left, bytes(a ^ b for a, b in zip(chain, message[at : at + 8], strict=True)), True)
    return des(left, des(right, chain, False), True)


def cmac(key: bytes, data: bytes) -> bytes:
    context = CMAC(AES(key))
    context.update(data)
    return context.finalize()


# APDUs ------------------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Command:
    header: bytes
    data: bytes = b""
    le: bytes = b""
    """The octets of the Le field: none, one (short), two (extended)."""
    extended: bool = False

    def to_bytes(self) -> bytes:
        if self.extended:
            body = len(self.data).to_bytes(2, "big") + self.data if self.data else b""
            body += self.le
            return self.header + (b"\x00" + body if body else b"")
        return self.header + (bytes((len(self.data),)) + self.data if self.data else b"") + self.le

    @classmethod
    def from_bytes(cls, raw: bytes) -> Command:
        """The seven cases of ISO 7816-4 §5.2, told apart by length alone."""
        header, body = raw[:4], raw[4:]
        if len(header) < 4:
            raise Refused("sm-malformed")
        if len(body) < 2:
            return cls(header, le=body)
        if body[0]:
            lc = body[0]
            if len(body) in (1 + lc, 2 + lc):
                return cls(header, body[1 : 1 + lc], body[1 + lc :])
        elif len(body) == 3:
            return cls(header, le=body[1:], extended=True)
        elif len(body) > 3:
            lc = int.from_bytes(body[1:3], "big")
            if lc and len(body) in (3 + lc, 5 + lc):
                return cls(header, body[3 : 3 + lc], body[3 + lc :], extended=True)
        raise Refused("sm-malformed")


def tlv(tag: int, value: bytes) -> bytes:
    if len(value) < 0x80:
        return bytes((tag, len(value))) + value
    length = len(value).to_bytes((len(value).bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + value


# Secure messaging -------------------------------------------------------------------------------------------------
class SecureMessaging:
    """ICAO 9303-11 §9.8, both ends."""

    def __init__(self, cipher: str, ks_enc: bytes, ks_mac: bytes, ssc: bytes) -> None:
        self.cipher, self.ks_enc, self.ks_mac = cipher, ks_enc, ks_mac
        self.block = BLOCK_SIZE[cipher]
        self.counter = int.from_bytes(ssc, "big")
        self.odd: bool | None = None

    @property
    def ssc(self) -> bytes:
        return self.counter.to_bytes(self.block, "big")

    def _iv(self) -> bytes:
        if self.cipher == "3DES":
            return bytes(8)
        return Cipher(AES(self.ks_enc), modes.ECB()).encryptor().update(self.ssc)

    def cryptogram(self, data: bytes, odd: bool) -> bytes:
        """DO87, or DO85 for an odd INS; nothing for no data."""
        if not data:
            return b""
        ciphertext = cbc_encrypt(self.cipher, self.ks_enc, self._iv(), pad(data, self.block))
        return tlv(0x85, ciphertext) if odd else tlv(0x87, b"\x01" + ciphertext)

    def mac(self, header: bytes, objects: bytes) -> bytes:
        message = (
            self.ssc + (pad(header, self.block) if header else b"") + (pad(objects, self.block) if objects else b"")
        )
        if self.cipher == "3DES":
            return retail_mac(self.ks_mac, message, padded=False)
        return cmac(self.ks_mac, message)[:8]

    def protect_command(self, raw: bytes) -> bytes:
        plain = Command.from_bytes(raw)
        if plain.header[0] & 0x6C:
            raise Refused("sm-malformed")
        header = bytes((plain.header[0] | 0x0C,)) + plain.header[1:]
        self.counter += 1
        self.odd = bool(header[1] & 1)
        objects = self.cryptogram(plain.data, self.odd) + (tlv(0x97, plain.le) if plain.le else b"")
        body = objects + tlv(0x8E, self.mac(header, objects))
        extended = plain.extended or len(body) > 255
        return Command(header, body, bytes(2 if extended else 1), extended).to_bytes()

    def protect_response(self, raw: bytes) -> bytes:
        data, sw = raw[:-2], raw[-2:]
        self.counter += 1
        objects = self.cryptogram(data, bool(self.odd)) + tlv(0x99, sw)
        return objects + tlv(0x8E, self.mac(b"", objects)) + sw

    def unprotect_command(self, raw: bytes) -> bytes:
        self.counter += 1
        outer = Command.from_bytes(raw)
        cla = outer.header[0]
        if not cla & 0x0C:
            raise Refused("sm-plaintext")
        if cla & 0x6C != 0x0C or outer.le != bytes(2 if outer.extended else 1):
            raise Refused("sm-malformed")
        objects = _Objects.parse(outer.data, 0x97, (1, 2), self.block)
        if objects.mac is None:
            raise Refused("sm-mac-missing")
        odd = bool(outer.header[1] & 1)
        if objects.ciphertext is not None and objects.tlv_form != odd:
            raise Refused("sm-malformed")
        if self.mac(outer.header, objects.covered) != objects.mac:
            raise Refused("sm-mac")
        data = self._decrypt(objects)
        self.odd = odd
        le = objects.middle or b""
        extended = len(le) == 2 or len(data) > 255
        if extended and len(le) == 1:
            le = (le[0] or 256).to_bytes(2, "big")
        return Command(bytes((cla & 0xF3,)) + outer.header[1:], data, le, extended).to_bytes()

    def unprotect_response(self, raw: bytes) -> bytes:
        self.counter += 1
        if len(raw) < 2:
            raise Refused("sm-malformed")
        body, sw = raw[:-2], raw[-2:]
        if not body:
            raise Refused("sm-plaintext")
        objects = _Objects.parse(body, 0x99, (2,), self.block)
        if objects.mac is None:
            raise Refused("sm-mac-missing")
        if objects.middle is None:
            raise Refused("sm-status-missing")
        if objects.tlv_form and self.odd is False:
            raise Refused("sm-malformed")
        if self.mac(b"", objects.covered) != objects.mac:
            raise Refused("sm-mac")
        if objects.middle != sw:
            raise Refused("sm-status-differs")
        return self._decrypt(objects) + sw

    def _decrypt(self, objects: _Objects) -> bytes:
        if objects.ciphertext is None:
            return b""
        return unpad(cbc_decrypt(self.cipher, self.ks_enc, self._iv(), objects.ciphertext), self.block)


@dataclass
class _Objects:
    covered: bytes = b""
    ciphertext: bytes | None = None
    tlv_form: bool = False
    middle: bytes | None = None
    mac: bytes | None = None

    @classmethod
    def parse(cls, body: bytes, middle_tag: int, middle_sizes: tuple[int, ...], block: int) -> _Objects:
        found, at, order = cls(), 0, [0x87, middle_tag, 0x8E]
        while at < len(body):
            try:
                tag, start, stop, after = tlv_read(body, at, len(body))
            except Refused:
                raise Refused("sm-malformed") from None
            value, form = body[start:stop], 0x87 if tag == 0x85 else tag
            if form not in order:
                raise Refused("sm-malformed")
            order = order[order.index(form) + 1 :]
            if form == 0x87:
                found._set_cryptogram(tag, value, block)
            elif tag == middle_tag:
                found.middle = value
                if len(value) not in middle_sizes:
                    raise Refused("sm-malformed")
            else:
                found.covered, found.mac = body[:at], value
                if len(value) != 8:
                    raise Refused("sm-malformed")
            at = after
        return found

    def _set_cryptogram(self, tag: int, value: bytes, block: int) -> None:
        self.tlv_form = tag == 0x85
        if not self.tlv_form:
            if value[:1] != b"\x01":
                raise Refused("sm-malformed")
            value = value[1:]
        if not value or len(value) % block:
            raise Refused("sm-malformed")
        self.ciphertext = value
