# SPDX-License-Identifier: Apache-2.0
"""Extended Access Control of version 2 on a whole chip: PACE, Terminal Authentication, and then Chip Authentication, in the master
file (BSI TR-03110-2 §2.4, -3 §B.2, §B.3, §B.14; TR-03105-3.3 neighbours of units ISO7816_I to L)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from eac_chip import (
    CVCA,
    SELECT_APPLICATION,
    EacTerminal,
    general_authenticate,
    image,
    is_checking_error,
    is_refusal,
    plan,
    set_at,
    set_at_terminal,
    set_kat,
)

from chipid.crypto.domain import EcDomain, KeyPair, generate_key_pair
from chipid.crypto.random import system_random
from chipid.evidence import Result, TerminalAuthenticationRecord
from chipid.iso7816.apdu import CommandAPDU
from chipid.iso7816.dialogue import run as drive
from chipid.iso7816.file_ids import FileId
from chipid.iso7816.secure_messaging import secured
from chipid.iso7816.tlv import build_tlv, parse_tlv
from chipid.pki.cv_authorisation import HolderAuthorisation, TerminalType
from chipid.pki.cv_public_key import OIDS
from chipid.pki.cvc import CvCertificate
from chipid.protocols.chip_auth import chip_authentication_v2, evaluate_chip_authentication
from chipid.protocols.object_identifiers import oid_octets
from chipid.protocols.password import PasswordKind
from chipid.protocols.terminal_auth import compress, terminal_authentication

DG3, DG4 = FileId.DG3, FileId.DG4
CHAT = HolderAuthorisation(TerminalType.INSPECTION_SYSTEM, b"\x03").build()
HEAD = "00 B0 9C 00 01"
"""EF.CardAccess: what is always there in the master file."""


@pytest.fixture
def t() -> EacTerminal:
    return EacTerminal(image("version 2")).pace(chat=CHAT)


def own_key(t: EacTerminal, key_id: int = 1) -> KeyPair:
    return generate_key_pair(t.key(key_id, 2).domain, system_random)


def prove(t: EacTerminal, key_id: int, own: KeyPair, rights: tuple[int, int] = (0x83, 0x03)) -> TerminalAuthenticationRecord:
    """Terminal Authentication, announcing *own*."""
    assert t.run is not None
    dv, terminal = plan().terminal(*rights)
    references = [each.decode() for each in t.run.certification_authority_references] or [CVCA]
    announced = compress(t.key(key_id, 2).domain, own.public)
    record = t.within(terminal_authentication(terminal.credentials(dv), references, t.id_ic, announced, version=2))
    assert isinstance(record, TerminalAuthenticationRecord)
    return record


def prove_chip(t: EacTerminal, key_id: int, own: KeyPair) -> EacTerminal:
    """Chip Authentication; the chip's token is right, and the new keys answer."""
    run = t.within(chip_authentication_v2(t.key(key_id, 2), own))
    assert run.session is not None
    seen = []
    t.session = run.session

    def first():
        return (yield CommandAPDU(0, 0xB0, 0x9C, 0, le=1))

    drive(secured(first(), run.session, lambda *both: seen.append(both)), t.card)
    assert evaluate_chip_authentication(t.infos(2), run.confirmed_by(*seen[0])).ok is True
    return t


def opened(t: EacTerminal) -> tuple[bool, bool]:
    """DG3 and DG4, in the application."""
    assert t.secure(SELECT_APPLICATION) == (b"", 0x9000)
    found = t.reads(DG3), t.reads(DG4)
    assert t.secure("00 A4 00 0C") == (b"", 0x9000)
    return found


@pytest.mark.parametrize("key_id", [1, 2])
@pytest.mark.parametrize("kind", [PasswordKind.CAN, PasswordKind.MRZ])
def test_the_whole_of_it(key_id: int, kind: PasswordKind) -> None:
    t = EacTerminal(image("version 2")).pace(kind, chat=CHAT)
    old, own = t.session, own_key(t, key_id)
    assert prove(t, key_id, own).result is Result.DONE
    prove_chip(t, key_id, own)
    assert opened(t) == (True, True)
    t.assert_dead(old)


@pytest.mark.parametrize(("verifier", "terminal"), [(0x83, 0x01), (0x83, 0x02), (0x81, 0x03), (0x82, 0x01), (0x43, 0x03)])
def test_rights_are_anded(t: EacTerminal, verifier: int, terminal: int) -> None:
    own = own_key(t)
    assert prove(t, 1, own, (verifier, terminal)).result is Result.DONE
    granted = verifier & terminal
    assert opened(prove_chip(t, 1, own)) == (bool(granted & 1), bool(granted & 2))


def test_no_rights_before_chip_authentication(t: EacTerminal) -> None:
    """9303-11-7.1.3-1: the session of PACE is that of whoever carries the terminal's messages, and gives it nothing."""
    own = own_key(t)
    assert prove(t, 1, own).result is Result.DONE
    assert opened(t) == (False, False)
    prove_chip(t, 1, own)
    assert opened(t) == (True, True)


def test_no_rights_where_chip_authentication_fails(t: EacTerminal) -> None:
    own = own_key(t)
    assert prove(t, 1, own).result is Result.DONE
    assert t.secure(set_at(t.key(1, 2))) == (b"", 0x9000)
    assert t.secure(general_authenticate(own_key(t).public)) == (b"", 0x6300)
    assert t.secure(HEAD)[1] == 0x9000
    assert opened(t) == (False, False)


def test_rights_and_session_end_with_another_pace(t: EacTerminal) -> None:
    own = own_key(t)
    prove(t, 1, own)
    prove_chip(t, 1, own)
    assert opened(t) == (True, True)
    t.pace(PasswordKind.MRZ, inside=True, chat=CHAT)
    assert opened(t) == (False, False)
    assert t.secure(set_at(t.key(1, 2))) == (b"", 0x6982)
    own = own_key(t)
    assert prove(t, 1, own).result is Result.DONE
    assert opened(t) == (False, False)  # the Chip Authentication of the session before counts for nothing here
    prove_chip(t, 1, own)
    assert opened(t) == (True, True)


# Chip Authentication -----------------------------------------------------------------------------------------------


def test_chip_authentication_comes_second(t: EacTerminal) -> None:
    """Before Terminal Authentication, and after one that failed, it is refused."""
    own = own_key(t)
    assert t.secure(set_at(t.key(1, 2))) == (b"", 0x6982)
    assert t.secure(general_authenticate(own.public)) == (b"", 0x6985)
    t.id_ic = bytes(32)
    assert prove(t, 1, own).result is Result.FAILED
    assert t.secure(set_at(t.key(1, 2))) == (b"", 0x6982)
    assert t.secure(HEAD)[1] == 0x9000


def test_the_announced_key_alone(t: EacTerminal) -> None:
    """Another key is refused, one of the other group too; the announced one is taken afterwards."""
    own = own_key(t)
    prove(t, 1, own)
    for key_id, other in ((1, own_key(t)), (2, own_key(t, 2))):
        assert t.secure(set_at(t.key(key_id, 2))) == (b"", 0x9000)
        assert t.secure(general_authenticate(other.public)) == (b"", 0x6300)
    prime = int.from_bytes(EcDomain.named("brainpoolP256r1").parameters[0], "big")
    negative = own.public[:33] + (prime - int.from_bytes(own.public[33:], "big")).to_bytes(32, "big")
    assert t.secure(set_at(t.key(1, 2))) == (b"", 0x9000)
    assert t.secure(general_authenticate(own.public[:-1])) == (b"", 0x6A80)
    # −K has the same x: compressed it is the announced key, and gives the same secret. It opens nothing to others.
    assert t.secure(set_at(t.key(1, 2))) == (b"", 0x9000)
    assert t.secure(general_authenticate(negative))[1] == 0x9000


def test_the_answer_of_chip_authentication(t: EacTerminal) -> None:
    """81 the nonce, 82 the token; the nonce is fresh, so that one announced key gives other keys each time."""
    own = own_key(t)
    prove(t, 1, own)
    nonces = set()
    for _ in range(3):
        assert t.secure(set_at(t.key(1, 2))) == (b"", 0x9000)
        data, sw = t.secure(general_authenticate(own.public))
        assert sw == 0x9000
        objects = parse_tlv(data, 0x7C).children()
        nonces.add(objects.expect(0x81).value)
        assert len(objects.expect(0x82).value) == 8
        objects.finish()
        t = EacTerminal(image("version 2")).pace(chat=CHAT)
        own = own_key(t)
        prove(t, 1, own)
    assert len(nonces) == 3
    assert {len(nonce) for nonce in nonces} == {8}


@pytest.mark.parametrize("key", ["07", "00", "0001"])
def test_a_wrong_key_reference(t: EacTerminal, key: str) -> None:
    prove(t, 1, own_key(t))
    assert t.secure(set_at(t.key(1, 2), key=bytes.fromhex(key))) == (b"", 0x6A88)
    assert t.secure(HEAD)[1] == 0x9000


def test_set_kat_is_not_of_this_version(t: EacTerminal) -> None:
    own = own_key(t)
    prove(t, 1, own)
    data = build_tlv(0x91, own.public) + build_tlv(0x84, b"\1")
    assert t.secure(CommandAPDU(0, 0x22, 0x41, 0xA6, data)) == (b"", 0x6A88)


def test_set_kat_is_no_way_round_terminal_authentication() -> None:
    """A key for 3DES of version 2 is agreed on by MSE:Set AT alone, and in its turn."""
    key = {"version": 2, "key_id": 5, "cipher": "3DES", "parameter_id": 13}
    t = EacTerminal(image("version 2", chip_authentication=key)).pace(chat=CHAT)
    own = own_key(t, 5)
    assert t.secure(set_kat(t.key(5, 2), own.public)) == (b"", 0x6A88)
    assert t.secure(HEAD)[1] == 0x9000
    assert prove(t, 5, own).result is Result.DONE
    assert t.secure(set_kat(t.key(5, 2), own.public)) == (b"", 0x6A88)
    assert opened(prove_chip(t, 5, own)) == (True, True)


@pytest.mark.parametrize("point", ["04" + "00" * 64, "04" + "11" * 64, "00", "02" + "11" * 32])
def test_a_key_that_is_none(t: EacTerminal, point: str) -> None:
    prove(t, 1, own_key(t))
    assert t.secure(set_at(t.key(1, 2))) == (b"", 0x9000)
    data, sw = t.secure(general_authenticate(bytes.fromhex(point)))
    assert data == b""
    assert is_refusal(sw)
    assert t.secure(HEAD)[1] == 0x9000


# Terminal Authentication -------------------------------------------------------------------------------------------


def shown(t: EacTerminal) -> str:
    dv, terminal = plan().terminal()
    t.show(dv, terminal)
    return terminal.reference


def template(t: EacTerminal, name: str, **changes: bytes) -> list[bytes]:
    mechanism = oid_octets(CvCertificate.parse(plan().terminal()[1].raw).public_key.oid)
    values = {"80": mechanism, "83": name.encode(), "91": compress(t.key(1, 2).domain, own_key(t).public)} | changes
    return [build_tlv(int(tag, 16), value) for tag, value in values.items()]


def test_set_at_names_mechanism_and_key(t: EacTerminal) -> None:
    """§B.14.1: all three objects, in any order; without one of them, or with another mechanism, it is refused."""
    name = shown(t)

    def sw(*objects: bytes) -> int:
        return t.secure(CommandAPDU(0, 0x22, 0x81, 0xA4, b"".join(objects)))[1]

    whole = template(t, name)
    assert sw(*whole) == sw(*reversed(whole)) == 0x9000
    for missing in range(3):
        assert sw(*(each for n, each in enumerate(whole) if n != missing)) == 0x6A80
    assert sw(*whole, whole[0]) == sw(*whole, build_tlv(0x84, b"\1")) == 0x6A80
    assert sw(*template(t, name, **{"80": oid_octets(OIDS["id-TA-ECDSA-SHA-512"])})) == 0x6A80
    assert sw(*template(t, name[:-1] + "9")) == 0x6A88
    assert t.secure(set_at_terminal(name)) == (b"", 0x6A80)


def test_a_second_one_in_the_session(t: EacTerminal) -> None:
    """9303-11-7.1.3-2, in this version."""
    own = own_key(t)
    assert prove(t, 1, own).result is Result.DONE
    again = prove(t, 1, own_key(t))
    assert (again.result, again.sw) == (Result.FAILED, 0x6982)
    prove_chip(t, 1, own)
    last = prove(t, 1, own_key(t))
    assert (last.result, last.sw) == (Result.FAILED, 0x6982)
    assert opened(t) == (True, True)


def test_a_failed_one_may_be_tried_again(t: EacTerminal) -> None:
    own, right = own_key(t), t.id_ic
    t.id_ic = b"C012345682"
    assert prove(t, 1, own).sw == 0x6300
    t.id_ic = right
    assert prove(t, 1, own).result is Result.DONE


def test_version_1_is_not_spoken(t: EacTerminal) -> None:
    assert t.secure(SELECT_APPLICATION) == (b"", 0x9000)
    assert FileId.DG14 not in t.image.files or is_checking_error(t.secure(set_at(t.key(1, 2)))[1])
    assert is_checking_error(t.secure(CommandAPDU(0, 0x22, 0x41, 0xA6, build_tlv(0x91, own_key(t).public)))[1])
    assert opened(t) == (False, False)


def test_a_chip_of_version_1_does_not_take_the_template_of_version_2() -> None:
    t = EacTerminal(image("curves")).open().chip_authentication()
    dv, terminal = plan().terminal()
    t.show(dv, terminal)
    whole = build_tlv(0x80, oid_octets(OIDS["id-TA-ECDSA-SHA-256"])) + build_tlv(0x83, terminal.reference.encode())
    assert t.secure(CommandAPDU(0, 0x22, 0x81, 0xA4, whole)) == (b"", 0x6A80)


def test_no_trust_no_terminal() -> None:
    t = EacTerminal(replace(image("version 2"), trust_points=())).pace(chat=CHAT)
    assert prove(t, 1, own_key(t)).result is Result.FAILED
    assert t.secure(set_at(t.key(1, 2))) == (b"", 0x6982)
