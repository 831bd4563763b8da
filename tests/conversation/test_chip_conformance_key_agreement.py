# SPDX-License-Identifier: Apache-2.0
"""Chip Authentication on a whole chip (BSI TR-03105-3.2 units ISO7816_I and ISO7816_II; ICAO 9303-11 §6.2, §9.8.2).

Each case runs over BAC and over PACE, on curves and in finite fields. An own key is drawn until it is as the case wants it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from eac_chip import (
    PROBE,
    SELECT_APPLICATION,
    EacTerminal,
    general_authenticate,
    image,
    is_checking_error,
    is_refusal,
    new_session,
    set_at,
    set_kat,
)

from chipid._native import NativeError
from chipid.crypto.domain import DhDomain, Domain, EcDomain, KeyPair, generate_key_pair
from chipid.crypto.random import system_random
from chipid.errors import SecureMessagingError
from chipid.iso7816.apdu import CommandAPDU
from chipid.iso7816.secure_messaging import SecureMessaging
from chipid.iso7816.tlv import build_tlv
from chipid.protocols.chip_auth import ChipAuthenticationChoice

Demand = Callable[[KeyPair], bool]
KAT, AT = 1, 2
"""The chips' key for 3DES, by MSE:Set KAT; and the one for AES, by MSE:Set AT and GENERAL AUTHENTICATE."""


@pytest.fixture(params=["curves", "fields"])
def chip(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def t(chip: str, way: str) -> EacTerminal:
    return EacTerminal(image(chip)).open(way)


def own_key(domain: Domain, demand: Demand = lambda _pair: True) -> KeyPair:
    return next(pair for pair in iter(lambda: generate_key_pair(domain, system_random), None) if demand(pair))


def send(t: EacTerminal, choice: ChipAuthenticationChoice, public: bytes) -> tuple[bytes, int]:
    """The key in the command that goes with the chip's key."""
    if choice.cipher == "3DES":
        return t.secure(set_kat(choice, public))
    assert t.secure(set_at(choice)) == (b"", 0x9000)
    return t.secure(general_authenticate(public))


def assert_no_new_keys(t: EacTerminal, session: SecureMessaging) -> None:
    """What would be the new session answers nothing; that ends the one that there was."""
    t.assert_dead(session)


# What works ------------------------------------------------------------------------------------------------------


def test_set_kat(t: EacTerminal) -> None:
    """ISO7816_I_1, ISO7816_I_2: the answer under the old keys, what follows under the new ones, and the old ones dead."""
    old, chips = t.session, t.card.applet.session
    agreed = t.agree(KAT)
    assert (agreed.answer.data, agreed.answer.sw) == (b"", 0x9000)
    assert chips is not None
    assert chips.closed
    t.session = agreed.session
    assert t.is_alive()
    t.assert_dead(old)
    t.assert_dead(agreed.session)  # an attempt with wrong keys has ended the new session, too


def test_set_at_and_general_authenticate(t: EacTerminal) -> None:
    """ISO7816_II_2, 9303-11-6.2.4-2, 9303-11-6.2.2-1, 9303-11-9.8.2-2, 9303-11-9.8.6.3-2, 9303-11-9.8.7.3-1."""
    old = t.session
    agreed = t.agree(AT)
    assert (agreed.answer.data, agreed.answer.sw) == (bytes.fromhex("7C00"), 0x9000)
    t.session = agreed.session
    assert t.is_alive()
    t.assert_dead(old)


def test_3des_by_set_at_too(t: EacTerminal) -> None:
    """§6.2.4: the commands of AES serve for 3DES as well, beside MSE:Set KAT; a key for AES has no MSE:Set KAT."""
    choice, old = t.key(KAT), t.session
    own = own_key(choice.domain)
    assert t.secure(set_at(choice)) == (b"", 0x9000)
    assert t.secure(general_authenticate(own.public)) == (bytes.fromhex("7C00"), 0x9000)
    t.session = new_session(choice, own)
    assert t.is_alive()
    t.assert_dead(old)
    t.open("PACE")
    assert t.secure(set_kat(t.key(AT), own_key(t.key(AT).domain).public)) == (b"", 0x6A88)
    assert t.is_alive()


def test_the_old_keys_alone(t: EacTerminal, way: str) -> None:
    """ISO7816_I_2, ISO7816_II_2, without a command under the new ones before."""
    for key_id in (KAT, AT):
        t.open(way)
        old = t.session
        assert t.agree(key_id).answer.sw == 0x9000
        t.assert_dead(old)


def test_the_answer_does_not_come_under_the_new_keys(t: EacTerminal, way: str) -> None:
    """9303-11-9.8.2-2."""
    for key_id in (KAT, AT):
        t.open(way)
        choice = t.key(key_id)
        own = own_key(choice.domain)
        assert t.session is not None
        if key_id == AT:
            t.secure(set_at(choice))
        last = set_kat(choice, own.public) if key_id == KAT else general_authenticate(own.public)
        answer = t.card.transmit(t.session.protect_command(last.to_bytes()))
        new = new_session(choice, own)
        new.protect_command(bytes.fromhex("00B0810000"))
        with pytest.raises(NativeError):
            new.unprotect_response(answer)
        assert t.session.unprotect_response(answer)[-2:] == b"\x90\x00"


BORDERLINE: dict[str, Demand] = {
    "ISO7816_I_10, 9303-11-7.1.4.2.3-1: x begins with zeros": lambda pair: pair.public[1] == 0,
    "ISO7816_I_11, ISO7816_II_10: x with its top bit set": lambda pair: pair.public[1] & 0x80 != 0,
    "ISO7816_II_11: y begins with zeros": lambda pair: pair.public[1 + (len(pair.public) - 1) // 2] == 0,
    "ISO7816_II_12: y with its top bit set": lambda pair: pair.public[1 + (len(pair.public) - 1) // 2] & 0x80 != 0,
}


@pytest.mark.parametrize("key_id", [KAT, AT], ids=["Set KAT", "Set AT"])
@pytest.mark.parametrize("case", BORDERLINE)
def test_a_borderline_point(way: str, case: str, key_id: int) -> None:
    """All four with both commands; and the terminal proves its rights with that key."""
    t = EacTerminal().open(way)
    own = own_key(t.key(key_id).domain, BORDERLINE[case])
    t.chip_authentication(key_id, own).with_rights()


@pytest.mark.parametrize("key_id", [KAT, AT], ids=["Set KAT", "Set AT"])
@pytest.mark.parametrize(
    "demand",
    [lambda pair, size: len(pair.public) < size, lambda pair, size: len(pair.public) == size and pair.public[0] & 0x80],
    ids=["short", "top bit set"],
)
def test_a_borderline_number(way: str, key_id: int, demand: Callable[[KeyPair, int], bool]) -> None:
    """In a finite field: a public value that is short, and one with its top bit set. 9303-11-7.1.4.1.3-1: SHA-1 of it."""
    t = EacTerminal(image("fields")).open(way)
    domain = t.key(key_id).domain
    assert isinstance(domain, DhDomain)
    own = own_key(domain, lambda pair: bool(demand(pair, domain.size)))
    t.chip_authentication(key_id, own).with_rights()


@pytest.mark.parametrize("key_id", [1, 2, 3])
def test_each_key_by_its_number(way: str, key_id: int) -> None:
    t = EacTerminal().open(way)
    t.chip_authentication(key_id)
    assert t.session is not None
    assert t.session.cipher == ("3DES", "AES-128", "AES-256")[key_id - 1]


def test_one_key_after_the_other() -> None:
    """Chip Authentication may come again: each time the keys before are dead."""
    t = EacTerminal().open()
    for key_id in (2, 3, 1, 2, 1):
        old = t.session
        t.chip_authentication(key_id)
        assert t.card.applet.session is not None
        assert old is not t.session
    t.assert_dead(old)


# What does not ---------------------------------------------------------------------------------------------------


def bad_keys(choice: ChipAuthenticationChoice) -> dict[str, bytes]:
    """Public keys that are none of the group, by case."""
    domain = choice.domain
    if isinstance(domain, EcDomain):
        size, good = domain.field_size, domain.generator
        return {
            "ISO7816_I_3, ISO7816_II_3: another size": EcDomain.named("brainpoolP224r1").generator,
            "ISO7816_I_16, ISO7816_II_15: off the curve": good[:-1] + bytes((good[-1] ^ 1,)),
            "ISO7816_II_8: (0, 0)": b"\x04" + bytes(2 * size),
            "infinity": b"\x00",
            "compressed": b"\x02" + good[1 : 1 + size],
            "hybrid": b"\x06" + good[1:],
            "x as large as p": b"\x04" + domain.parameters[0] + good[1 + size :],
            "of another curve of that size": EcDomain.named("brainpoolP256r1" if size != 32 else "secp256r1").generator
            if choice.key_id != KAT
            else EcDomain.named("brainpoolP256r1").generator,
            "cut short": good[:-1],
            "with an octet too many": good + b"\0",
            "empty": b"",
        }
    p = int.from_bytes(domain.parameters[0], "big")

    def number(value: int) -> bytes:
        return value.to_bytes(domain.size + 1, "big").lstrip(b"\0") or b"\0"

    return {
        "ISO7816_I_15, ISO7816_II_14: above the prime": number(p + 1),
        "the prime": number(p),
        "p - 1": number(p - 1),
        "0": b"\0",
        "1": b"\1",
        "outside the subgroup": number(next(v for v in range(2, 100) if pow(v, int.from_bytes(domain.order, "big"), p) != 1)),
        "empty": b"",
        "longer than the prime": bytes(1) + number(p + 1) + bytes(5),
    }


BAD = [(chip, name) for chip, key in (("curves", AT), ("fields", AT)) for name in bad_keys(EacTerminal(image(chip)).key(key))]


@pytest.mark.parametrize("key_id", [KAT, AT], ids=["Set KAT", "Set AT"])
@pytest.mark.parametrize(("kind", "case"), BAD, ids=[name for _, name in BAD])
def test_a_key_that_is_none(way: str, kind: str, case: str, key_id: int) -> None:
    """9303-11-6.2.4.1-1, 9303-11-6.2.4.2-2: refused under the old keys, which live on; and the next attempt succeeds."""
    t = EacTerminal(image(kind)).open(way)
    choice = t.key(key_id)
    data, sw = send(t, choice, bad_keys(choice)[case])
    assert data == b""
    assert is_refusal(sw)
    assert t.is_alive()
    t.chip_authentication(key_id)


@pytest.mark.parametrize("reference", ["07", "00", "0001", "010001", "FF", "81", "00" * 20])
def test_a_wrong_key_reference(t: EacTerminal, reference: str) -> None:
    """ISO7816_I_14, ISO7816_II_13; the number is an unsigned integer without leading zeros."""
    key = bytes.fromhex(reference)
    choice = t.key(KAT)
    assert t.secure(set_kat(choice, own_key(choice.domain).public, key=key)) == (b"", 0x6A88)
    assert t.is_alive()
    assert t.secure(set_at(t.key(AT), key=key)) == (b"", 0x6A88)
    assert t.secure(general_authenticate(own_key(t.key(AT).domain).public)) == (b"", 0x6985)
    assert t.is_alive()


def test_another_protocols_key(t: EacTerminal) -> None:
    """A reference that names a key, but not one for that protocol: as good as none."""
    choice = t.key(KAT)
    assert t.secure(set_kat(choice, own_key(choice.domain).public, key=bytes((AT,)))) == (b"", 0x6A88)
    assert t.secure(set_at(t.key(AT), key=bytes((KAT,)))) == (b"", 0x6A88)
    assert t.is_alive()


def test_several_keys_have_to_be_named() -> None:
    """§6.2.4.1: 84 may be left out where there is one key; where its protocol leaves one, that is meant."""
    t = EacTerminal().open()
    choice = t.key(AT)
    assert t.secure(CommandAPDU(0, 0x22, 0x41, 0xA4, build_tlv(0x80, choice.oid_value))) == (b"", 0x9000)
    own = own_key(choice.domain)
    assert t.secure(general_authenticate(own.public)) == (bytes.fromhex("7C00"), 0x9000)
    t.session = new_session(choice, own)
    assert t.is_alive()


def test_two_keys_of_one_protocol_have_to_be_named() -> None:
    """Without 84 neither is meant; with it, each is its own."""
    keys = [{"key_id": 1, "cipher": "AES-128", "parameter_id": 13}, {"key_id": 2, "cipher": "AES-128", "parameter_id": 12}]
    t = EacTerminal(image(chip_authentication=keys)).open()
    unnamed = CommandAPDU(0, 0x22, 0x41, 0xA4, build_tlv(0x80, t.key(1).oid_value))
    assert t.secure(unnamed) == (b"", 0x6A88)
    assert t.secure(general_authenticate(own_key(t.key(1).domain).public)) == (b"", 0x6985)
    for key_id in (1, 2, 1):
        t.chip_authentication(key_id)


@pytest.mark.parametrize("tag", [0x93, 0x80, 0x90, 0x86, 0x7F49])
def test_set_kat_with_another_tag(t: EacTerminal, tag: int) -> None:
    """ISO7816_I_7."""
    choice = t.key(KAT)
    data, sw = t.secure(set_kat(choice, own_key(choice.domain).public, tag))
    assert data == b""
    assert is_checking_error(sw)
    assert t.is_alive()


@pytest.mark.parametrize("tag", [0x81, 0x82, 0x83, 0x85, 0x91])
def test_general_authenticate_with_another_tag(t: EacTerminal, tag: int) -> None:
    """ISO7816_II_7."""
    choice = t.key(AT)
    assert t.secure(set_at(choice)) == (b"", 0x9000)
    data, sw = t.secure(general_authenticate(own_key(choice.domain).public, tag))
    assert data == b""
    assert is_checking_error(sw)
    assert t.is_alive()


@pytest.mark.parametrize(
    "data", ["", "7C00", "7C028000", "7C0480020405", "800104", "7D03800104", "7C06800104810104", "7C8000", "30", "7C"]
)
def test_general_authenticate_with_other_data(t: EacTerminal, data: str) -> None:
    assert t.secure(set_at(t.key(AT))) == (b"", 0x9000)
    answer, sw = t.secure(CommandAPDU(0, 0x86, 0, 0, bytes.fromhex(data), 256))
    assert answer == b""
    assert is_refusal(sw)
    assert t.is_alive()


@pytest.mark.parametrize("data", ["", "91", "9100", "840101", "91018001", "8401019100", "FFFF", "9101048401019100"])
def test_set_kat_with_other_data(t: EacTerminal, data: str) -> None:
    answer, sw = t.secure(CommandAPDU(0, 0x22, 0x41, 0xA6, bytes.fromhex(data)))
    assert answer == b""
    assert is_checking_error(sw)
    assert t.is_alive()


@pytest.mark.parametrize(
    "oid", ["", "04007F000702020302", "04007F00070202030209", "04007F00070202040202", "0603", "04007F0007020203020200"]
)
def test_set_at_with_another_protocol(t: EacTerminal, oid: str) -> None:
    data = build_tlv(0x80, bytes.fromhex(oid)) + build_tlv(0x84, bytes((AT,)))
    assert t.secure(CommandAPDU(0, 0x22, 0x41, 0xA4, data)) == (b"", 0x6A80)
    assert t.is_alive()


def test_each_set_at_serves_once(t: EacTerminal) -> None:
    """GENERAL AUTHENTICATE without one before it, after a refusal, and a second time."""
    choice = t.key(AT)
    public = own_key(choice.domain).public
    assert t.secure(general_authenticate(public)) == (b"", 0x6985)
    assert t.secure(set_at(choice)) == (b"", 0x9000)
    assert is_refusal(t.secure(general_authenticate(b"\x04"))[1])
    assert t.secure(general_authenticate(public)) == (b"", 0x6985)
    t.chip_authentication(AT)
    assert t.secure(general_authenticate(public)) == (b"", 0x6985)
    assert t.is_alive()


@pytest.mark.parametrize(
    "between", [PROBE, "00 A4 00 0C", "00 C0 00 00 00", "00 88 00 00 08 0000000000000001 00", SELECT_APPLICATION]
)
def test_a_command_between_voids_the_choice(t: EacTerminal, between: str) -> None:
    choice = t.key(AT)
    assert t.secure(set_at(choice)) == (b"", 0x9000)
    t.secure(between)
    assert t.secure(general_authenticate(own_key(choice.domain).public)) == (b"", 0x6985)


def test_a_second_choice_replaces_the_first() -> None:
    t = EacTerminal().open()
    assert t.secure(set_at(t.key(2))) == t.secure(set_at(t.key(3))) == (b"", 0x9000)
    assert is_refusal(t.secure(general_authenticate(own_key(t.key(2).domain).public))[1])
    t.secure(set_at(t.key(2)))
    t.secure(set_at(t.key(3)))
    own = own_key(t.key(3).domain)
    assert t.secure(general_authenticate(own.public))[1] == 0x9000


def test_a_refused_choice_voids_the_one_before() -> None:
    t = EacTerminal().open()
    assert t.secure(set_at(t.key(2))) == (b"", 0x9000)
    assert t.secure(set_at(t.key(2), key=b"\x07")) == (b"", 0x6A88)
    assert t.secure(general_authenticate(own_key(t.key(2).domain).public)) == (b"", 0x6985)


def test_chaining_is_not_for_chip_authentication(t: EacTerminal) -> None:
    choice = t.key(AT)
    own = own_key(choice.domain)
    assert t.secure(set_at(choice)) == (b"", 0x9000)
    assert is_checking_error(t.secure(general_authenticate(own.public, cla=0x10))[1])
    assert t.secure(replace(set_at(choice), cla=0x10))[1] == 0x6884
    assert t.secure(replace(set_kat(t.key(KAT), own_key(t.key(KAT).domain).public), cla=0x10))[1] == 0x6884
    assert t.is_alive()


# Without protection ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key_id", [KAT, AT], ids=["ISO7816_I_4", "ISO7816_II_4"])
def test_without_access_control(chip: str, key_id: int) -> None:
    """Refused, and no new keys are there."""
    t = EacTerminal(image(chip))
    assert t.plain(SELECT_APPLICATION)[1] == 0x9000
    choice = t.key(key_id)
    own = own_key(choice.domain)
    if key_id == KAT:
        assert t.plain(set_kat(choice, own.public)) == (b"", 0x6982)
    else:
        assert t.plain(set_at(choice)) == (b"", 0x6982)
        assert t.plain(general_authenticate(own.public)) == (b"", 0x6985)
    assert_no_new_keys(t, new_session(choice, own))


def test_a_plain_set_kat_in_a_session(t: EacTerminal) -> None:
    """ISO7816_I_5."""
    choice, old = t.key(KAT), t.session
    own = own_key(choice.domain)
    data, sw = t.plain(set_kat(choice, own.public))
    assert data == b""
    assert is_checking_error(sw)
    assert_no_new_keys(t, new_session(choice, own))
    t.assert_dead(old)


@pytest.mark.parametrize("plain_set_at", [True, False], ids=["both", "the second"])
def test_a_plain_general_authenticate_in_a_session(t: EacTerminal, plain_set_at: bool) -> None:
    """ISO7816_II_5, and its neighbour whose MSE:Set AT was protected."""
    choice, old = t.key(AT), t.session
    own = own_key(choice.domain)
    if plain_set_at:
        assert is_checking_error(t.plain(set_at(choice))[1])
    else:
        assert t.secure(set_at(choice)) == (b"", 0x9000)
    assert is_checking_error(t.plain(general_authenticate(own.public))[1])
    assert_no_new_keys(t, new_session(choice, own))
    t.assert_dead(old)


@pytest.mark.parametrize("cla", [0x8C, 0x80, 0x9C, 0x04, 0x08, 0x1C, 0x0D, 0xFF])
@pytest.mark.parametrize("key_id", [KAT, AT], ids=["ISO7816_I_6", "class 8C on General Authenticate"])
def test_another_class(t: EacTerminal, key_id: int, cla: int) -> None:
    """The protected command under another class octet: refused, no new keys, and as its protection is wrong, no old ones."""
    choice, old = t.key(key_id), t.session
    own = own_key(choice.domain)
    assert old is not None
    if key_id == AT:
        assert t.secure(set_at(choice)) == (b"", 0x9000)
    command = set_kat(choice, own.public) if key_id == KAT else general_authenticate(own.public)
    wire = old.protect_command(command.to_bytes())
    data, sw = t.raw(bytes((cla,)) + wire[1:])
    assert data == b""
    assert is_checking_error(sw)
    assert_no_new_keys(t, new_session(choice, own))
    with pytest.raises(SecureMessagingError):
        t.secure(PROBE, old)
