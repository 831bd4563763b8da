# SPDX-License-Identifier: Apache-2.0
"""Each check of secure messaging, shown to be needed: a message that fails it alone is refused, and the session ends."""

from __future__ import annotations

from collections.abc import Callable

import oracle
import pytest

from chipid._native import NativeError, SecureMessaging

CIPHERS = pytest.mark.parametrize("cipher", oracle.CIPHERS)
SW = b"\x90\x00"
DATA = b"\x60\x14\x5f\x01\x04"


def _session(cipher: str, ssc: int = 0) -> SecureMessaging:
    key = bytes(range(oracle.KEY_SIZE[cipher]))
    return SecureMessaging(cipher, key, key[::-1], ssc.to_bytes(oracle.BLOCK_SIZE[cipher], "big"))  # type: ignore[arg-type]


def _maker(cipher: str, ssc: int = 1) -> oracle.SecureMessaging:
    """The oracle with the session's keys, its counter already at the message's value."""
    key = bytes(range(oracle.KEY_SIZE[cipher]))
    return oracle.SecureMessaging(cipher, key, key[::-1], ssc.to_bytes(oracle.BLOCK_SIZE[cipher], "big"))


def _sealed(maker: oracle.SecureMessaging, objects: bytes) -> bytes:
    return objects + oracle.tlv(0x8E, maker.mac(b"", objects)) + SW


def _refused(session: SecureMessaging, message: bytes, code: str) -> None:
    with pytest.raises(NativeError) as caught:
        session.unprotect_response(message)
    assert (caught.value.code, caught.value.offset) == (code, -1)
    assert session.closed
    with pytest.raises(NativeError, match="sm-closed"):
        session.protect_command(b"\x00\xb0\x00\x00\x00")


@CIPHERS
def test_the_good_message(cipher: str) -> None:
    maker = _maker(cipher)
    message = _sealed(maker, maker.cryptogram(DATA, odd=False) + oracle.tlv(0x99, SW))
    assert _session(cipher).unprotect_response(message) == DATA + SW


@CIPHERS
def test_no_bit_of_a_response_may_change(cipher: str) -> None:
    maker = _maker(cipher)
    message = _sealed(maker, maker.cryptogram(DATA, odd=False) + oracle.tlv(0x99, SW))
    for bit in range(8 * len(message)):
        altered = bytearray(message)
        altered[bit // 8] ^= 1 << bit % 8
        session = _session(cipher)
        with pytest.raises(NativeError):
            session.unprotect_response(bytes(altered))
        assert session.closed


@CIPHERS
def test_no_bit_of_a_command_may_change(cipher: str) -> None:
    message = _session(cipher).protect_command(b"\x00\xa4\x02\x0c\x02\x01\x1e\x00")
    for bit in range(8 * len(message)):
        altered = bytearray(message)
        altered[bit // 8] ^= 1 << bit % 8
        session = _session(cipher)
        with pytest.raises(NativeError):
            session.unprotect_command(bytes(altered))
        assert session.closed


@CIPHERS
@pytest.mark.parametrize(
    ("build", "code"),
    [
        (lambda do87, do99, _: do87 + do99 + SW, "sm-mac-missing"),
        (lambda do87, _, seal: seal(do87), "sm-status-missing"),
        (lambda _do87, _do99, seal: seal(b""), "sm-status-missing"),
        (lambda do87, do99, seal: seal(do99 + do87), "sm-malformed"),
        (lambda do87, do99, seal: seal(do87 + do87 + do99), "sm-malformed"),
        (lambda do87, do99, seal: seal(do87 + do99 + do99), "sm-malformed"),
        (lambda do87, do99, seal: seal(do87 + do99)[:-2] + do99 + SW, "sm-malformed"),
        (lambda do87, do99, seal: seal(do87 + do99)[:-2] + seal(do87 + do99)[-12:], "sm-malformed"),
        (lambda do87, do99, seal: seal(do87 + do99)[-12:-2] + do87 + do99 + SW, "sm-malformed"),
        (lambda do87, do99, seal: seal(b"\x81\x01\x00" + do99), "sm-malformed"),
        (lambda do87, do99, seal: seal(do87 + b"\x97\x01\x00" + do99), "sm-malformed"),
        (lambda do87, do99, seal: seal(b"\x87\x80\x00\x00" + do99), "sm-malformed"),
        (lambda do87, do99, seal: seal(do87[:2] + b"\x02" + do87[3:] + do99), "sm-malformed"),
        (lambda do87, do99, seal: seal(oracle.tlv(0x87, do87[2:-1]) + do99), "sm-malformed"),
        (lambda do87, do99, seal: seal(oracle.tlv(0x87, b"\x01") + do99), "sm-malformed"),
        (lambda do87, do99, seal: seal(oracle.tlv(0x87, b"") + do99), "sm-malformed"),
        (lambda do87, _, seal: seal(do87 + b"\x99\x02\x6a\x82"), "sm-status-differs"),
        (lambda do87, _, seal: seal(do87 + b"\x99\x03\x90\x00\x00"), "sm-malformed"),
        (lambda do87, do99, seal: seal(do87 + do99)[:-1], "sm-malformed"),
        (lambda do87, do99, seal: b"\x00" + seal(do87 + do99), "sm-malformed"),
        (lambda do87, do99, _: do87 + do99 + b"\x8e\x04" + bytes(4) + SW, "sm-malformed"),
        (lambda do87, do99, _: do87 + do99 + b"\x8e\x08" + bytes(8) + SW, "sm-mac"),
        (lambda _do87, _do99, _seal: DATA + SW, "sm-malformed"),
        (lambda _do87, _do99, _seal: b"", "sm-malformed"),
        (lambda _do87, _do99, _seal: b"\x90", "sm-malformed"),
    ],
)
def test_objects(cipher: str, build: Callable[[bytes, bytes, Callable[[bytes], bytes]], bytes], code: str) -> None:
    maker = _maker(cipher)
    do87, do99 = maker.cryptogram(DATA, odd=False), oracle.tlv(0x99, SW)
    _refused(_session(cipher), build(do87, do99, lambda objects: _sealed(maker, objects)), code)


@CIPHERS
@pytest.mark.parametrize("counter", [0, 2, 3])
def test_another_counter(cipher: str, counter: int) -> None:
    maker = _maker(cipher, counter)
    _refused(_session(cipher), _sealed(maker, maker.cryptogram(DATA, odd=False) + oracle.tlv(0x99, SW)), "sm-mac")


@CIPHERS
def test_a_response_is_not_taken_twice(cipher: str) -> None:
    maker, session = _maker(cipher), _session(cipher)
    message = _sealed(maker, oracle.tlv(0x99, SW))
    assert session.unprotect_response(message) == SW
    _refused(session, message, "sm-mac")


@CIPHERS
@pytest.mark.parametrize(
    "plain", [b"\x80" * 15 + b"\x00", b"\x00", b"\xff", b"\x80\x00\x01", b"\x01\x80\x00\x00\x80\x80"]
)
def test_padding_behind_a_right_mac(cipher: str, plain: bytes) -> None:
    maker, session = _maker(cipher), _session(cipher)
    padded = plain.rjust(2 * maker.block, b"\x55")
    ciphertext = oracle.cbc_encrypt(cipher, maker.ks_enc, maker._iv(), padded)
    message = _sealed(maker, oracle.tlv(0x87, b"\x01" + ciphertext) + oracle.tlv(0x99, SW))
    if padded.rstrip(b"\x00").endswith(b"\x80"):
        assert session.unprotect_response(message) == padded.rstrip(b"\x00")[:-1] + SW
    else:
        _refused(session, message, "sm-padding")


@CIPHERS
def test_a_block_of_zeros_is_no_padding(cipher: str) -> None:
    maker = _maker(cipher)
    padded = b"\x80" + bytes(2 * maker.block - 1)
    ciphertext = oracle.cbc_encrypt(cipher, maker.ks_enc, maker._iv(), padded)
    message = _sealed(maker, oracle.tlv(0x87, b"\x01" + ciphertext) + oracle.tlv(0x99, SW))
    _refused(_session(cipher), message, "sm-padding")


@CIPHERS
@pytest.mark.parametrize(
    ("ins", "tag", "good"), [(0xB0, 0x87, True), (0xB0, 0x85, False), (0xB1, 0x85, True), (0xB1, 0x87, True)]
)
def test_the_cryptogram_follows_the_instruction(cipher: str, ins: int, tag: int, good: bool) -> None:
    maker, session = _maker(cipher, 2), _session(cipher)
    session.protect_command(bytes((0x00, ins, 0x00, 0x00, 0x00)))
    message = _sealed(maker, maker.cryptogram(DATA, odd=tag == 0x85) + oracle.tlv(0x99, SW))
    if good:
        assert session.unprotect_response(message) == DATA + SW
    else:
        _refused(session, message, "sm-malformed")


@CIPHERS
def test_a_protected_error_is_an_answer(cipher: str) -> None:
    maker, session = _maker(cipher), _session(cipher)
    objects = oracle.tlv(0x99, b"\x6a\x82")
    assert session.unprotect_response(_sealed(maker, objects)[:-2] + b"\x6a\x82") == b"\x6a\x82"
    assert not session.closed


@CIPHERS
def test_a_naked_status_leaves_the_session_to_the_caller(cipher: str) -> None:
    """docs/quirks.md 9: some chips have counted the command that they refuse, some have not."""
    session = _session(cipher)
    session.protect_command(b"\x00\xb0\x00\x00\x00")
    before = session.ssc
    with pytest.raises(NativeError, match="sm-plaintext"):
        session.unprotect_response(b"\x67\x00")
    assert not session.closed
    assert int.from_bytes(session.ssc, "big") == int.from_bytes(before, "big") + 1
    session.ssc = before
    assert session.ssc == before
    maker = _maker(cipher, 2)
    assert session.unprotect_response(_sealed(maker, oracle.tlv(0x99, SW))) == SW


@CIPHERS
@pytest.mark.parametrize("command", ["0010203008", "00A4020C02011E"])
def test_a_naked_command_ends_the_chips_session(cipher: str, command: str) -> None:
    session = _session(cipher)
    with pytest.raises(NativeError, match="sm-plaintext"):
        session.unprotect_command(bytes.fromhex(command))
    assert session.closed


@CIPHERS
@pytest.mark.parametrize("cla", [0x04, 0x08, 0x4C, 0x2C, 0x6C, 0xFF])
def test_other_classes_of_command(cipher: str, cla: int) -> None:
    wire = bytearray(_session(cipher).protect_command(b"\x00\xb0\x00\x00\x00"))
    wire[0] = cla
    session = _session(cipher)
    with pytest.raises(NativeError, match="sm-malformed"):
        session.unprotect_command(bytes(wire))
    assert session.closed


@CIPHERS
@pytest.mark.parametrize("le", [b"", b"\x01", b"\xff", b"\x00\x00"])
def test_the_outer_le(cipher: str, le: bytes) -> None:
    wire = _session(cipher).protect_command(b"\x00\xb0\x00\x00\x00")
    session = _session(cipher)
    with pytest.raises(NativeError, match="sm-malformed"):
        session.unprotect_command(wire[:-1] + le)
    assert session.closed


@CIPHERS
@pytest.mark.parametrize(
    ("le", "plain_le"), [(b"\x00", b"\x01\x00"), (b"\x10", b"\x00\x10"), (b"\x00\x00", b"\x00\x00")]
)
def test_a_short_le_beside_long_data(cipher: str, le: bytes, plain_le: bytes) -> None:
    """No terminal of ours makes it, others may: DO97 of one octet where the plain command must be extended."""
    maker = _maker(cipher)
    header, data = b"\x0c\xd6\x00\x00", bytes(300)
    objects = maker.cryptogram(data, odd=False) + oracle.tlv(0x97, le)
    body = objects + oracle.tlv(0x8E, maker.mac(header, objects))
    wire = oracle.Command(header, body, b"\x00\x00", extended=True).to_bytes()
    assert _session(cipher).unprotect_command(wire) == b"\x00\xd6\x00\x00\x00\x01\x2c" + data + plain_le


@CIPHERS
def test_the_counter_never_starts_again(cipher: str) -> None:
    size = oracle.BLOCK_SIZE[cipher]
    for name in ("protect_command", "unprotect_command", "protect_response", "unprotect_response"):
        session = _session(cipher)
        session.ssc = b"\xff" * size
        with pytest.raises(NativeError, match="sm-ssc"):
            getattr(session, name)(b"\x00\xb0\x00\x00\x00")
        assert session.closed


@CIPHERS
def test_closed_by_hand(cipher: str) -> None:
    session = _session(cipher)
    assert not session.closed
    session.close()
    session.close()
    assert session.closed
    for name in ("protect_command", "unprotect_command", "protect_response", "unprotect_response"):
        with pytest.raises(NativeError, match="sm-closed"):
            getattr(session, name)(b"\x90\x00")
    with pytest.raises(NativeError, match="sm-closed"):
        session.ssc = bytes(oracle.BLOCK_SIZE[cipher])


def test_attributes_that_cannot_be_written() -> None:
    session = _session("AES-128")
    for name in ("cipher", "closed", "other"):
        with pytest.raises(AttributeError):
            setattr(session, name, "3DES")
    for name in ("ssc", "cipher", "closed"):
        with pytest.raises((AttributeError, TypeError)):
            delattr(session, name)
    assert session.ssc == bytes(16)


@CIPHERS
def test_sizes_of_keys_and_counter(cipher: str) -> None:
    key, ssc = bytes(oracle.KEY_SIZE[cipher]), bytes(oracle.BLOCK_SIZE[cipher])
    for arguments, code in [
        ((key[:-1], key, ssc), "cipher-key"),
        ((key, key + b"\x00", ssc), "cipher-key"),
        ((key, key, ssc[:-1]), "sm-ssc"),
        ((key, key, ssc + b"\x00"), "sm-ssc"),
    ]:
        with pytest.raises(NativeError, match=code):
            SecureMessaging(cipher, *arguments)  # type: ignore[arg-type]
    session = SecureMessaging(cipher, key, key, ssc)  # type: ignore[arg-type]
    assert (session.cipher, session.ssc) == (cipher, ssc)
    with pytest.raises(NativeError, match="sm-ssc"):
        session.ssc = ssc + b"\x00"
