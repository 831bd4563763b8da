# SPDX-License-Identifier: Apache-2.0
"""Key derivation, MACs and ciphers against the reference implementation."""

from __future__ import annotations

import oracle
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipid import _native
from chipid._native import NativeError, Secret

CIPHERS = st.sampled_from(oracle.CIPHERS)
DES_KEYS = st.binary(min_size=16, max_size=16)
AES_KEYS = st.sampled_from((16, 24, 32)).flatmap(lambda size: st.binary(min_size=size, max_size=size))
# The MACs hold 512 octets back: lengths around that are where they could go wrong.
MESSAGES = st.binary(max_size=64) | st.sampled_from((495, 496, 497, 504, 511, 512, 513, 520, 528, 1024, 1025)).map(
    lambda size: bytes(index * 73 & 0xFF for index in range(size))
)


@given(CIPHERS, st.binary(min_size=1, max_size=80), st.integers(1, 2**32 - 1), st.binary(max_size=20))
def test_kdf(cipher: _native.Cipher, secret: bytes, counter: int, nonce: bytes) -> None:
    key = _native.kdf(cipher, secret, counter, nonce)
    assert isinstance(key, Secret)
    assert bytes(key) == oracle.kdf(cipher, secret, counter, nonce)


@given(CIPHERS, st.binary(min_size=1, max_size=40))
def test_kdf_without_nonce_and_of_a_secret(cipher: _native.Cipher, secret: bytes) -> None:
    assert _native.kdf(cipher, Secret(secret), 3) == oracle.kdf(cipher, secret, 3)


@given(st.binary(min_size=1, max_size=40), st.integers(1, 3))
def test_des_keys_have_odd_parity(secret: bytes, counter: int) -> None:
    assert all(octet.bit_count() % 2 == 1 for octet in bytes(_native.kdf("3DES", secret, counter)))


@pytest.mark.parametrize("counter", [0, -1, 2**32, 2**80, -(2**80)])
def test_kdf_refuses_what_is_no_counter(counter: int) -> None:
    with pytest.raises(NativeError, match="kdf-counter"):
        _native.kdf("AES-128", b"secret", counter)


def test_kdf_refuses_a_key_made_of_nothing() -> None:
    with pytest.raises(NativeError, match="kdf-secret"):
        _native.kdf("AES-128", b"", 1, b"nonce")


@given(DES_KEYS, MESSAGES)
def test_retail_mac(key: bytes, message: bytes) -> None:
    assert _native.retail_mac(key, message) == oracle.retail_mac(key, message)


@given(DES_KEYS, MESSAGES)
def test_retail_mac_without_padding(key: bytes, message: bytes) -> None:
    if message and len(message) % 8 == 0:
        assert _native.retail_mac(key, message, False) == oracle.retail_mac(key, message, padded=False)
    else:
        assert oracle.answer(_native.retail_mac, key, message, False) == "<cipher-block>"


@given(AES_KEYS, MESSAGES)
def test_cmac(key: bytes, message: bytes) -> None:
    assert _native.cmac(key, message) == oracle.cmac(key, message)


@given(CIPHERS, st.data())
def test_cbc(cipher: _native.Cipher, data: st.DataObject) -> None:
    block, key_size = oracle.BLOCK_SIZE[cipher], oracle.KEY_SIZE[cipher]
    key = data.draw(st.binary(min_size=key_size, max_size=key_size))
    iv = data.draw(st.binary(min_size=block, max_size=block))
    plain = data.draw(st.binary(max_size=80))
    plain = plain[: len(plain) // block * block]
    ciphertext = _native.cbc_encrypt(cipher, key, iv, plain)
    assert ciphertext == oracle.cbc_encrypt(cipher, key, iv, plain)
    assert _native.cbc_decrypt(cipher, key, iv, ciphertext) == plain
    assert _native.cbc_decrypt(cipher, key, iv, plain) == oracle.cbc_decrypt(cipher, key, iv, plain)


@given(CIPHERS, st.integers(0, 40), st.integers(0, 20), st.integers(0, 40))
def test_cbc_takes_exact_sizes_alone(cipher: _native.Cipher, key_size: int, iv_size: int, size: int) -> None:
    if key_size != oracle.KEY_SIZE[cipher]:
        wanted: object = "<cipher-key>"
    elif iv_size != oracle.BLOCK_SIZE[cipher]:
        wanted = "<cipher-iv>"
    elif size % oracle.BLOCK_SIZE[cipher]:
        wanted = "<cipher-block>"
    else:
        wanted = oracle.cbc_encrypt(cipher, bytes(key_size), bytes(iv_size), bytes(size))
    assert oracle.answer(_native.cbc_encrypt, cipher, bytes(key_size), bytes(iv_size), bytes(size)) == wanted
    if isinstance(wanted, str):
        assert oracle.answer(_native.cbc_decrypt, cipher, bytes(key_size), bytes(iv_size), bytes(size)) == wanted


@pytest.mark.parametrize("size", [size for size in range(40) if size not in (16, 24, 32)])
def test_macs_take_exact_keys_alone(size: int) -> None:
    assert oracle.answer(_native.cmac, bytes(size), b"") == "<cipher-key>"
    assert oracle.answer(_native.retail_mac, bytes(size), b"") == "<cipher-key>"


@pytest.mark.parametrize("size", [24, 32])
def test_retail_mac_takes_two_key_des_alone(size: int) -> None:
    assert oracle.answer(_native.retail_mac, bytes(size), b"") == "<cipher-key>"


@pytest.mark.parametrize("name", ["", "aes-128", "AES-128\0", "AES-128 ", "DES", "AES128", "\ud800", "AES-512"])
def test_unknown_ciphers(name: str) -> None:
    cipher: _native.Cipher = name  # type: ignore[assignment]
    for call in (
        lambda: _native.kdf(cipher, b"secret", 1),
        lambda: _native.cbc_encrypt(cipher, bytes(16), bytes(16), b""),
        lambda: _native.cbc_decrypt(cipher, bytes(16), bytes(16), b""),
        lambda: _native.SecureMessaging(cipher, bytes(16), bytes(16), bytes(16)),
    ):
        with pytest.raises(NativeError, match="cipher-unknown"):
            call()


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_equal(left: bytes, right: bytes) -> None:
    assert _native.equal(left, right) is (left == right)
    assert _native.equal(left, bytearray(left)) is True
