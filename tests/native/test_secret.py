# SPDX-License-Identifier: Apache-2.0
"""Secrets: they do what bytes do where that is safe, and nothing that shows them."""

from __future__ import annotations

import copy
import ctypes
import gc
import hashlib
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipid._native import DhDomain, EcDomain, Secret, SecureMessaging, integrated_random, kdf

TELLING = b"a secret that must not show"


@given(st.binary(max_size=100))
def test_octets_go_in_and_come_out(octets: bytes) -> None:
    secret = Secret(octets)
    assert bytes(secret) == octets
    assert len(secret) == len(octets)
    assert bytes(memoryview(secret)) == octets
    assert hashlib.sha256(secret).digest() == hashlib.sha256(octets).digest()


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_equality(left: bytes, right: bytes) -> None:
    assert (Secret(left) == Secret(right)) is (left == right)
    assert (Secret(left) != Secret(right)) is (left != right)
    assert (Secret(left) == right) is (left == right)
    assert (Secret(left) == bytearray(right)) is (left == right)
    assert Secret(left) == Secret(left)


@pytest.mark.parametrize("other", ["text", 5, None, object(), []])
def test_what_is_no_buffer_is_not_equal(other: object) -> None:
    assert Secret(b"") != other
    assert not Secret(b"") == other  # noqa: SIM201


def test_secrets_have_no_order_and_no_hash() -> None:
    with pytest.raises(TypeError):
        hash(Secret(TELLING))
    with pytest.raises(TypeError):
        Secret(b"a") < Secret(b"b")  # type: ignore[operator]  # noqa: B015


def test_nothing_shows_a_secret() -> None:
    secret = Secret(TELLING)
    session = SecureMessaging("AES-128", TELLING[:16], TELLING[:16], bytes(16))
    assert repr(secret) == f"<Secret of {len(TELLING)} octets>"
    for shown in (repr(secret), str(secret), f"{secret}", repr([secret]), repr(session), str(session)):
        assert "secret that" not in shown
        assert TELLING.hex() not in shown
    assert repr(session) == "<SecureMessaging AES-128>"
    assert not hasattr(secret, "__dict__")


@pytest.mark.parametrize(
    "kept",
    [
        Secret(TELLING),
        SecureMessaging("AES-128", bytes(16), bytes(16), bytes(16)),
        EcDomain.named("secp256r1"),
        DhDomain.standardised(0),
    ],
    ids=lambda kept: type(kept).__name__,
)
def test_nothing_writes_a_secret_out(kept: object) -> None:
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError):
            pickle.dumps(kept, protocol)
    with pytest.raises(TypeError):
        copy.copy(kept)
    with pytest.raises(TypeError):
        copy.deepcopy(kept)


def test_views_cannot_write() -> None:
    view = memoryview(Secret(TELLING))
    assert view.readonly
    with pytest.raises(TypeError):
        view[0] = 0


def test_a_view_keeps_its_secret_alive() -> None:
    view = memoryview(Secret(TELLING))
    gc.collect()
    assert bytes(view) == TELLING


def test_the_octets_are_copied() -> None:
    source = bytearray(TELLING)
    secret = Secret(source)
    source[:] = bytes(len(source))
    assert bytes(secret) == TELLING


@pytest.mark.parametrize("make", [lambda: Secret(TELLING * 100), lambda: Secret(TELLING)])
def test_memory_is_wiped(make: object) -> None:
    """Looks at the memory after the object has gone: the allocator's own marks may stand there, the secret does not."""
    assert callable(make)
    secret = make()
    size = len(secret)
    view = memoryview(secret)
    pointer = _address_of(view)
    assert ctypes.string_at(pointer, size) == bytes(secret)
    view.release()
    del secret, view
    left = ctypes.string_at(pointer, size)
    assert TELLING[:8] not in left
    assert TELLING[-8:] not in left


def _address_of(view: memoryview) -> int:
    class Buffer(ctypes.Structure):
        _fields_ = [
            ("buf", ctypes.c_void_p), ("obj", ctypes.py_object), ("len", ctypes.c_ssize_t), ("itemsize", ctypes.c_ssize_t),
            ("readonly", ctypes.c_int), ("ndim", ctypes.c_int), ("format", ctypes.c_char_p), ("shape", ctypes.c_void_p),
            ("strides", ctypes.c_void_p), ("suboffsets", ctypes.c_void_p), ("internal", ctypes.c_void_p),
        ]  # fmt: skip

    raw = Buffer()
    ctypes.pythonapi.PyObject_GetBuffer(ctypes.py_object(view), ctypes.byref(raw), 0)
    address = raw.buf
    ctypes.pythonapi.PyBuffer_Release(ctypes.byref(raw))
    assert isinstance(address, int)
    return address


def test_results_that_are_secret() -> None:
    domain = EcDomain.named("brainpoolP256r1")
    assert isinstance(domain.agree(b"\x05", domain.generator), Secret)
    assert isinstance(kdf("3DES", TELLING, 1), Secret)
    group = DhDomain.standardised(0)
    assert isinstance(group.agree(b"\x05", group.generator), Secret)
    assert isinstance(integrated_random("AES-128", bytes(16), bytes(16), group.parameters[0]), Secret)


def test_an_empty_secret() -> None:
    assert bytes(Secret(b"")) == b""
    assert Secret(b"") == Secret(b"")
    assert len(Secret(Secret(b""))) == 0
