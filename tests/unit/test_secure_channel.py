# SPDX-License-Identifier: Apache-2.0
"""Secure messaging as a layer: what lies below knows nothing of it, and no response gets through that fails its protection
(ICAO 9303-11 §9.8)."""

from __future__ import annotations

import pytest

from chipid.crypto.kdf import derive_session_keys
from chipid.errors import CardRemoved, ReaderError, SecureMessagingError, TransmitFailed
from chipid.iso7816.apdu import CommandAPDU, ResponseAPDU
from chipid.iso7816.dialogue import Dialogue, run
from chipid.iso7816.secure_messaging import open_session, protected, secured

CIPHERS = ["3DES", "AES-128", "AES-192", "AES-256"]
READ = CommandAPDU(0x00, 0xB0, 0x81, 0x00, le=4)
SELECT = CommandAPDU(0x00, 0xA4, 0x02, 0x0C, b"\x01\x1e")


def session(cipher="AES-128", seed=b"\x01" * 32):
    return open_session(derive_session_keys(cipher, seed))


def read_twice() -> Dialogue[list[ResponseAPDU]]:
    return [(yield SELECT), (yield READ)]


class Chip:
    """Answers under *sm*; *tamper* changes what travels."""

    def __init__(self, sm, tamper=lambda raw: raw) -> None:
        self.sm = sm
        self.tamper = tamper
        self.plain: list[bytes] = []

    def transmit(self, raw: bytes) -> bytes:
        self.plain.append(self.sm.unprotect_command(raw))
        data = b"" if self.plain[-1][1] == 0xA4 else bytes.fromhex("615B5F1F")
        return self.tamper(self.sm.protect_response(data + b"\x90\x00"))


@pytest.mark.parametrize("cipher", CIPHERS)
def test_the_dialogue_knows_nothing_of_it(cipher):
    ours, chip = session(cipher), Chip(session(cipher))
    responses = run(secured(read_twice(), ours), chip)
    assert responses == [ResponseAPDU(b"", 0x9000), ResponseAPDU(bytes.fromhex("615B5F1F"), 0x9000)]
    assert chip.plain == [SELECT.to_bytes(), READ.to_bytes()]
    assert int.from_bytes(ours.ssc, "big") == 4


def test_where_the_counter_starts():
    keys = derive_session_keys("3DES", b"\x01" * 16)
    assert open_session(keys).ssc == bytes(8)
    assert open_session(keys, b"\x88\x70\x22\x12\x0c\x06\xc2\x26").ssc.hex().upper() == "887022120C06C226"
    assert session("AES-256").ssc == bytes(16)


def test_an_observer_sees_what_travels():
    seen = []
    run(secured(read_twice(), session(), lambda *exchange: seen.append(exchange)), Chip(session()))
    assert [command.cla for command, _ in seen] == [0x0C, 0x0C]
    assert all(response.data[-10:-8] == b"\x8e\x08" for _, response in seen)


def test_an_observer_sees_the_response_that_fails():
    seen = []
    with pytest.raises(SecureMessagingError):
        run(secured(read_twice(), session(), lambda *exchange: seen.append(exchange)), Chip(session(), lambda _raw: b"\x69\x88"))
    assert [response for _, response in seen] == [ResponseAPDU(b"", 0x6988)]


def flipped(raw: bytes, position: int) -> bytes:
    return raw[:position] + bytes((raw[position] ^ 1,)) + raw[position + 1 :]


@pytest.mark.parametrize(
    ("tamper", "code"),
    [
        (lambda raw: b"\x69\x82", "sm-plaintext"),
        (lambda raw: b"\x90\x00", "sm-plaintext"),
        (lambda raw: flipped(raw, len(raw) - 3), "sm-mac"),
        (lambda raw: flipped(raw, 3), "sm-mac"),
        (lambda raw: raw[:-12] + raw[-2:], "sm-mac-missing"),
        (lambda raw: raw[:-2] + b"\x6a\x82", "sm-status-differs"),
        (lambda raw: bytes.fromhex("615B5F1F9000"), "sm-malformed"),
        (lambda raw: raw[4:], "sm-status-missing"),
    ],
    ids=["6982", "9000", "mac", "status", "no-mac", "other-status", "plain-data", "no-status"],
)
def test_a_response_that_fails_its_protection(tamper, code):
    ours = session()
    with pytest.raises(SecureMessagingError) as caught:
        run(secured(read_twice(), ours), Chip(session(), tamper))
    assert caught.value.code == code
    assert caught.value.hint is not None
    assert ours.closed is (code != "sm-plaintext")


def test_a_naked_status_word_is_named_and_leaves_the_session_open():
    """Some chips count such a command, others do not: the procedure may try either counter."""
    ours = session()
    with pytest.raises(SecureMessagingError, match="6700"):
        run(protected(READ, ours), Chip(session(), lambda _raw: b"\x67\x00"))
    assert not ours.closed


def test_a_repeated_response():
    answers = []

    def repeat(raw):
        answers.append(raw)
        return answers[0]

    def read_read() -> Dialogue[None]:
        yield READ
        yield READ

    with pytest.raises(SecureMessagingError) as caught:
        run(secured(read_read(), session()), Chip(session(), repeat))
    assert (caught.value.code, len(answers)) == ("sm-mac", 2)


def test_another_session():
    with pytest.raises(SecureMessagingError):
        run(secured(read_twice(), session()), _Foreign())


class _Foreign:
    def transmit(self, _raw: bytes) -> bytes:
        return session(seed=b"\x02" * 32).protect_response(b"\x90\x00")


def test_a_destroyed_session_says_so():
    ours = session()
    ours.close()
    with pytest.raises(SecureMessagingError) as caught:
        run(secured(read_twice(), ours), Chip(session()))
    assert caught.value.code == "sm-closed"


def test_a_dialogue_may_catch_the_failure():
    def careful() -> Dialogue[str]:
        try:
            yield READ
        except SecureMessagingError as error:
            return error.code
        return "none"

    assert run(secured(careful(), session()), Chip(session(), lambda _raw: b"\x69\x88")) == "sm-plaintext"


def test_errors_of_the_wire_pass_through():
    class Lost:
        def transmit(self, _raw: bytes) -> bytes:
            raise CardRemoved("gone")

    with pytest.raises(CardRemoved):
        run(secured(read_twice(), session()), Lost())


def test_a_lost_transmission_reaches_the_dialogue():
    class Once(Chip):
        lost = False

        def transmit(self, raw: bytes) -> bytes:
            if not self.lost:
                self.lost = True
                raise TransmitFailed("lost")
            return super().transmit(raw)

    def again() -> Dialogue[str]:
        try:
            yield READ
        except ReaderError:
            return "seen"
        return "not seen"

    assert run(secured(again(), session()), Once(session())) == "seen"


def test_closing_the_layer_closes_what_it_wraps():
    closed = []

    def guarded() -> Dialogue[None]:
        try:
            yield READ
        finally:
            closed.append(True)

    inner = guarded()  # held, so that nothing but the layer closes it
    layer = secured(inner, session())
    next(layer)
    layer.close()
    assert closed == [True]


def test_nothing_of_the_keys_shows():
    keys = derive_session_keys("AES-128", b"\x01" * 32)
    shown = repr(keys) + repr(open_session(keys))
    assert bytes(keys.ks_enc).hex() not in shown.lower()
    assert bytes(keys.ks_mac).hex() not in shown.lower()
