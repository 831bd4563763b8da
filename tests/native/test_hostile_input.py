# SPDX-License-Identifier: Apache-2.0
"""Every door of the core, knocked at with the wrong things: TypeError for a wrong type, NativeError for a wrong value."""

from __future__ import annotations

import array
import contextlib
import ssl
import sys
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipid import _native
from chipid._native import DhDomain, EcDomain, NativeError, Secret, SecureMessaging

KEY, IV, CURVE = bytes(16), bytes(16), EcDomain.named("secp256r1")
G = CURVE.generator
GROUP = DhDomain.standardised(0)
Y = GROUP.public_key(b"\x05")
N = b"\xff" * 128
SESSION = SecureMessaging("AES-128", KEY, KEY, IV)


class Call:
    """A function with arguments that it takes."""

    def __init__(self, function: Callable[..., Any], *arguments: object) -> None:
        self.function, self.arguments = function, arguments

    def __repr__(self) -> str:
        return getattr(self.function, "__name__", str(self.function))

    def with_argument(self, index: int, value: object) -> Any:
        arguments = [*self.arguments]
        arguments[index] = value
        return self.function(*arguments)

    @property
    def buffers(self) -> list[int]:
        return [index for index, value in enumerate(self.arguments) if isinstance(value, bytes)]


CALLS = [
    Call(_native.equal, b"a", b"b"),
    Call(_native.tlv_read, b"\x04\x00", 0, 2),
    Call(_native.kdf, "AES-128", b"secret", 1, b"nonce"),
    Call(_native.retail_mac, KEY, b"data", True),
    Call(_native.cmac, KEY, b"data"),
    Call(_native.cbc_encrypt, "AES-128", KEY, IV, IV),
    Call(_native.cbc_decrypt, "AES-128", KEY, IV, IV),
    Call(_native.ecdsa_verify, CURVE, G, bytes(32), b"\x01", b"\x01"),
    Call(_native.rsa_verify_pkcs1, N, b"\x03", "sha1", bytes(20), bytes(128)),
    Call(_native.rsa_verify_pss, N, b"\x03", "sha1", "sha1", 20, bytes(20), bytes(128)),
    Call(_native.rsa_recover, N, b"\x03", bytes(128)),
    Call(Secret, b"octets"),
    Call(SecureMessaging, "AES-128", KEY, KEY, IV),
    Call(EcDomain.named, "secp256r1"),
    Call(EcDomain.explicit, *CURVE.parameters[:5], b"\x01"),
    Call(CURVE.check_point, G),
    Call(CURVE.public_key, b"\x05"),
    Call(CURVE.agree, b"\x05", G),
    Call(CURVE.agree_point, b"\x05", G),
    Call(CURVE.map_generic, b"\x05", G),
    Call(CURVE.map_integrated, b"\x05" * 48),
    Call(_native.ecdsa_sign, CURVE, b"\x05", bytes(32)),
    Call(_native.integrated_random, "AES-128", KEY, IV, b"\x0b" * 32),
    Call(DhDomain.standardised, 0),
    Call(DhDomain.explicit, *GROUP.parameters),
    Call(GROUP.check_element, Y),
    Call(GROUP.public_key, b"\x05"),
    Call(GROUP.agree, b"\x05", Y),
    Call(GROUP.agree_element, b"\x05", Y),
    Call(GROUP.map_generic, b"\x05", Y),
    Call(GROUP.map_integrated, b"\x05" * 144),
    Call(SESSION.protect_command, b"\x00\xb0\x00\x00"),
    Call(SESSION.protect_response, b"\x90\x00"),
]
EVERY_CALL = pytest.mark.parametrize("call", CALLS, ids=repr)


@EVERY_CALL
def test_the_good_call(call: Call) -> None:
    call.function(*call.arguments)


@EVERY_CALL
@pytest.mark.parametrize("value", [object(), 1.5, [1], {}, (), ..., 3 + 4j], ids=lambda value: type(value).__name__)
def test_wrong_types(call: Call, value: object) -> None:
    for index, good in enumerate(call.arguments):
        if isinstance(good, bool):
            continue  # anything is true or false
        with pytest.raises(TypeError):
            call.with_argument(index, value)


@EVERY_CALL
def test_text_is_no_octets(call: Call) -> None:
    for index in call.buffers:
        with pytest.raises(TypeError):
            call.with_argument(index, "text")
        if (call.function, index) not in ((EcDomain.explicit, 5), (DhDomain.explicit, 2)):
            with pytest.raises(TypeError):
                call.with_argument(index, None)


@EVERY_CALL
def test_octets_are_no_text(call: Call) -> None:
    for index, good in enumerate(call.arguments):
        if isinstance(good, str):
            for value in (b"AES-128", 5, None):
                with pytest.raises(TypeError):
                    call.with_argument(index, value)


@EVERY_CALL
def test_wrong_counts(call: Call) -> None:
    most, least = len(call.arguments), len(call.arguments) - (call.function in (_native.kdf, _native.retail_mac))
    for count in range(most + 3):
        if not least <= count <= most:
            with pytest.raises(TypeError):
                call.function(*(call.arguments * 2 + (b"",) * 3)[:count])


@EVERY_CALL
def test_no_keywords(call: Call) -> None:
    with pytest.raises(TypeError):
        call.function(*call.arguments, data=b"")
    with pytest.raises(TypeError):
        call.function(*call.arguments[:-1], data=call.arguments[-1])


@EVERY_CALL
def test_any_contiguous_buffer_will_do(call: Call) -> None:
    wanted = _comparable(call.function(*call.arguments))
    if call.function in (SESSION.protect_command, SESSION.protect_response, _native.ecdsa_sign):
        wanted = None  # each message has its own counter, each signature its own random number
    for index in call.buffers:
        good = call.arguments[index]
        assert isinstance(good, bytes)
        for buffer in (
            bytearray(good),
            memoryview(good),
            Secret(good),
            array.array("B", good),
            memoryview(b"?" + good)[1:],
        ):
            answer = _comparable(call.with_argument(index, buffer))
            assert wanted is None or answer == wanted


def _comparable(answer: object) -> object:
    if isinstance(answer, Secret):
        return bytes(answer)
    return answer.parameters if isinstance(answer, EcDomain | DhDomain) else repr(answer)


@EVERY_CALL
def test_gaps_in_a_buffer_are_refused(call: Call) -> None:
    for index in call.buffers:
        good = call.arguments[index]
        assert isinstance(good, bytes)
        if len(good) > 1:
            with pytest.raises(BufferError):
                call.with_argument(index, memoryview(good + good)[::2])


@EVERY_CALL
def test_no_reference_is_lost(call: Call) -> None:
    """Buffers are given back on each way out: a bytearray that is still pinned cannot be resized."""
    for index in call.buffers:
        good = call.arguments[index]
        assert isinstance(good, bytes)
        for octets in (good, good[:-1], good + b"\x00", b""):
            buffer = bytearray(octets)
            count = sys.getrefcount(buffer)
            with contextlib.suppress(NativeError):
                call.with_argument(index, buffer)
            buffer.append(0)
            assert sys.getrefcount(buffer) == count


@EVERY_CALL
@given(data=st.data())
def test_any_octets_anywhere(call: Call, data: st.DataObject) -> None:
    """NativeError with a known code, or an answer; nothing else."""
    refusals = []
    for index in call.buffers:
        octets = data.draw(st.binary(max_size=200))
        try:
            call.with_argument(index, octets)
        except NativeError as error:
            refusals.append(error)
    assert all(isinstance(error.offset, int) and str(error).startswith(error.code) for error in refusals)
    assert {error.code for error in refusals} <= {
        "length", "tlv-truncated", "tlv-tag", "tlv-length", "tlv-depth", "cipher-key", "cipher-iv", "cipher-block",
        "kdf-secret", "hash-length", "sm-malformed", "sm-length", "sm-ssc", "ec-unknown-curve", "ec-point",
        "ec-infinity", "ec-private", "ec-integrated", "dh-parameters", "dh-element", "dh-private", "rsa-key", "rsa-range",
    }  # fmt: skip


@pytest.mark.parametrize("number", [2**31, 2**32, 2**63 - 1, 2**63, 2**64, 2**200])
def test_numbers_beyond_any_size(number: int) -> None:
    for offset, end in ((number, 2), (0, number), (-number, 2), (0, -number), (number, number)):
        with pytest.raises(NativeError, match="tlv-truncated"):
            _native.tlv_read(b"\x04\x00", offset, end)
    for counter in (-number, number * 2 if number < 2**32 else number):
        with pytest.raises(NativeError, match="kdf-counter"):
            _native.kdf("3DES", b"secret", counter)


def test_a_truth_value_that_fails() -> None:
    class Undecided:
        def __bool__(self) -> bool:
            raise LookupError("neither")

    with pytest.raises(LookupError):
        _native.retail_mac(KEY, b"", Undecided())  # type: ignore[arg-type]


def test_a_domain_is_no_lookalike() -> None:
    class Domain:
        name = "secp256r1"

    for value in (Domain(), EcDomain, GROUP, "secp256r1", None):
        with pytest.raises(TypeError, match="EcDomain"):
            _native.ecdsa_verify(value, G, bytes(32), b"\x01", b"\x01")  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="EcDomain"):
            _native.ecdsa_sign(value, b"\x05", bytes(32))  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", [EcDomain, DhDomain, Secret, SecureMessaging])
def test_types_are_final_and_immutable(kind: type) -> None:
    with pytest.raises(TypeError):
        type("Mine", (kind,), {})
    with pytest.raises(TypeError):
        kind.extra = 1  # type: ignore[attr-defined]


def test_domains_are_not_made_by_hand() -> None:
    with pytest.raises(TypeError, match=r"EcDomain\.named"):
        EcDomain()
    with pytest.raises(TypeError, match=r"DhDomain\.standardised"):
        DhDomain()
    for kind in (EcDomain, DhDomain, Secret, SecureMessaging):
        with pytest.raises(TypeError):
            object.__new__(kind)


def test_the_error_itself() -> None:
    assert issubclass(NativeError, Exception)
    assert (NativeError.code, NativeError.offset) == ("", -1)
    with pytest.raises(NativeError) as caught:
        _native.tlv_read(b"\x00\x04\x05", 1, 3)
    assert (caught.value.code, caught.value.offset, str(caught.value)) == (
        "tlv-truncated",
        1,
        "tlv-truncated at offset 1",
    )
    with pytest.raises(NativeError) as caught:
        _native.cmac(b"", b"")
    assert (caught.value.code, caught.value.offset, str(caught.value)) == ("cipher-key", -1, "cipher-key")


def test_errors_of_libcrypto_stay_inside() -> None:
    """Python's own ssl may share the thread's error queue with us: a refusal must leave it as it was."""
    for _ in range(3):
        with pytest.raises(NativeError):
            CURVE.check_point(b"\x04" + bytes(64))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    first, second = ssl.MemoryBIO(), ssl.MemoryBIO()
    with pytest.raises(ssl.SSLWantReadError):
        context.wrap_bio(first, second, server_hostname="localhost").do_handshake()
