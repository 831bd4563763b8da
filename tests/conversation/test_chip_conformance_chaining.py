# SPDX-License-Identifier: Apache-2.0
"""Command chaining on a whole chip, and extended length (ISO 7816-4 §5.3.3, ICAO 9303-11 §9.3): long commands in short pieces, each
protected by itself."""

from __future__ import annotations

from dataclasses import replace

import pytest
from eac_chip import CVCA, PROBE, SELECT_APPLICATION, EacTerminal, bare, image, is_checking_error, plan, set_dst

from chipid.emulator.link import Link
from chipid.iso7816.apdu import CommandAPDU
from chipid.iso7816.atr import Atr
from chipid.iso7816.chaining import CHAIN_LIMIT, PIECE_SIZE, chained
from chipid.iso7816.file_ids import FileId
from chipid.pki.cvc import CvCertificate
from chipid.protocols.terminal_auth import terminal_authentication

RSA = "rsa-1536"
CHAINS = Link(extended_length=False, command_chaining=True)
PSO = (0x2A, 0x00, 0xBE)


@pytest.fixture
def t(way: str) -> EacTerminal:
    return EacTerminal(image("curves", RSA), link=CHAINS).open(way).chip_authentication()


def pieces(data: bytes, size: int = PIECE_SIZE) -> list[CommandAPDU]:
    """PSO:Verify Certificate in pieces."""
    parts = [data[start : start + size] for start in range(0, len(data), size)]
    return [CommandAPDU(0x10, *PSO, part) for part in parts[:-1]] + [CommandAPDU(0x00, *PSO, parts[-1])]


def certificate() -> bytes:
    return bare(plan(RSA).terminal()[0])


def test_terminal_authentication_in_pieces(t: EacTerminal) -> None:
    """Certificates of RSA keys do not fit into a short command; the rights come all the same."""
    dv, terminal = plan(RSA).terminal()
    dialogue = terminal_authentication(terminal.credentials(dv), [CVCA], t.id_ic, t.terminal_key)
    record = t.within(chained(dialogue))
    assert record.reason is None
    assert t.reads(FileId.DG3)
    assert t.reads(FileId.DG4)


@pytest.mark.parametrize("size", [1, 100, 200, PIECE_SIZE])
def test_pieces_of_any_size(t: EacTerminal, size: int) -> None:
    assert t.secure(set_dst(CVCA)) == (b"", 0x9000)
    assert {t.secure(piece) for piece in pieces(certificate(), size)} == {(b"", 0x9000)}
    assert t.dst(plan(RSA).terminal()[0].reference) == 0x9000


@pytest.mark.parametrize("between", [PROBE, "00 84 00 00 08", "10 2A 00 AE 01 00", "00 A4 00 0C"])
def test_another_command_within_a_chain(t: EacTerminal, between: str) -> None:
    """6883, protected; what had come of the chain is forgotten, and the session lives."""
    assert t.secure(set_dst(CVCA)) == (b"", 0x9000)
    first, *rest = pieces(certificate())
    assert t.secure(first) == (b"", 0x9000)
    assert t.secure(between) == (b"", 0x6883)
    assert is_checking_error(t.secure(rest[-1])[1])
    assert t.is_alive()
    assert t.dst(plan(RSA).terminal()[0].reference) == 0x6A88


def test_a_chain_ends_with_its_session(t: EacTerminal, way: str) -> None:
    """Pieces of a session that is gone are not in the next one's command, however the old one ended."""
    first, *rest = pieces(certificate())

    def plain_command() -> None:
        data, sw = t.plain(SELECT_APPLICATION)  # answered as without a session, and not as within a chain
        assert (data, sw) == (b"", 0x9000)

    def wrong_mac() -> None:
        assert t.session is not None
        wire = t.session.protect_command(rest[-1].to_bytes())
        assert t.raw(wire[:-2] + bytes((wire[-2] ^ 1,)) + wire[-1:]) == (b"", 0x6988)
        assert t.plain(SELECT_APPLICATION) == (b"", 0x9000)

    for end in (plain_command, wrong_mac, t.card.reset, t.card.withdraw):
        assert t.secure(set_dst(CVCA)) == (b"", 0x9000)
        assert t.secure(first) == (b"", 0x9000)
        end()
        t.open(way).chip_authentication()
        assert t.secure(set_dst(CVCA)) == (b"", 0x9000)
        assert t.secure(rest[-1])[1] == 0x6A80  # a certificate's tail is none


def test_a_chain_over_chip_authentication(t: EacTerminal) -> None:
    """New keys are a new session: a chain does not reach over them."""
    assert t.secure(pieces(certificate())[0]) == (b"", 0x9000)
    assert t.secure("10 22 41 A4 01 00") == (b"", 0x6883)
    assert t.secure(pieces(certificate())[0]) == (b"", 0x9000)
    assert t.secure(CommandAPDU(0, 0x86, 0, 0, bytes.fromhex("7C00"), 256))[1] == 0x6985  # chains of steps are another thing
    t.chip_authentication(3)
    assert t.is_alive()


def test_a_plain_piece_ends_the_session(t: EacTerminal) -> None:
    first, *rest = pieces(certificate())
    assert t.secure(first) == (b"", 0x9000)
    t.plain(replace(rest[0], cla=0x10))
    t.assert_dead()


def test_a_chain_without_end_is_bounded(t: EacTerminal) -> None:
    piece = CommandAPDU(0x10, *PSO, bytes(PIECE_SIZE))
    answers = [t.secure(piece) for _ in range(2 + CHAIN_LIMIT // PIECE_SIZE)]
    assert (b"", 0x6700) in answers
    t.secure(replace(piece, cla=0x00))
    assert t.is_alive()


def test_a_chain_that_ends_in_an_unknown_command(t: EacTerminal) -> None:
    assert t.secure("10 C0 00 00 01 00") == (b"", 0x9000)
    assert t.secure("00 C0 00 00 01 00") == (b"", 0x6D00)
    assert t.is_alive()


def test_a_chip_that_takes_neither(way: str) -> None:
    """6700, naked, to extended length; 6884, protected, to a piece. The session outlives both."""
    t = EacTerminal(image("curves", RSA), link=Link(extended_length=False)).open(way).chip_authentication()
    assert t.secure(set_dst(CVCA)) == (b"", 0x9000)
    assert t.secure(pieces(certificate())[0]) == (b"", 0x6884)
    assert t.plain(CommandAPDU(0x0C, *PSO, bytes(300))) == (b"", 0x6700)
    assert t.is_alive()


@pytest.mark.parametrize("way_of_length", ["extended", "chained"])
def test_bac_and_pace_steps_in_pieces_or_extended(way_of_length: str) -> None:
    """Chaining in plain, and extended length fields around short data."""
    link = CHAINS if way_of_length == "chained" else Link()
    t = EacTerminal(link=link)
    assert t.plain(SELECT_APPLICATION)[1] == 0x9000
    assert t.plain("00 84 00 00 08")[1] == 0x9000
    if way_of_length == "chained":
        assert t.plain("10 82 00 00 14" + "00" * 20) == (b"", 0x9000)
        assert t.plain("00 82 00 00 14" + "00" * 20 + "28") == (b"", 0x6300)
    else:
        assert t.plain("00 82 00 00 00 00 28" + "00" * 40 + "00 28") == (b"", 0x6300)


def test_a_chain_that_is_broken_off_voids_the_run() -> None:
    """As any other command does between a challenge and its answer."""
    t = EacTerminal(link=CHAINS)
    for between in ("10 C0 00 00 01 00", "10 82 00 01 01 00"):
        t.plain(SELECT_APPLICATION)
        assert t.plain("00 84 00 00 08")[1] == 0x9000
        assert t.plain(between) == (b"", 0x9000)
        assert t.plain("00 82 00 00 28" + "00" * 40 + "28") == (b"", 0x6883)
        assert t.plain("00 82 00 00 28" + "00" * 40 + "28") == (b"", 0x6985)


def test_a_chain_outside_a_session_ends_with_the_power() -> None:
    t = EacTerminal(link=CHAINS)
    assert t.plain("10 C0 00 00 01 00") == (b"", 0x9000)
    assert t.plain("00 A4 00 0C") == (b"", 0x6883)
    assert t.plain("10 C0 00 00 01 00") == (b"", 0x9000)
    t.reset()
    assert t.plain("00 A4 00 0C") == (b"", 0x9000)


@pytest.mark.parametrize("extended", [True, False])
@pytest.mark.parametrize("chaining", [True, False])
def test_the_answer_to_reset_says_what_the_chip_takes(extended: bool, chaining: bool) -> None:
    """9303-11-9.3.1.1-1."""
    card = EacTerminal(link=Link(extended_length=extended, command_chaining=chaining)).card
    capabilities = Atr.parse(card.atr).capabilities
    assert capabilities.extended_length is extended
    assert capabilities.command_chaining is chaining


def test_an_extended_command_under_secure_messaging(way: str) -> None:
    """The certificate in one command, its data beyond 255 octets; then a short one."""
    t = EacTerminal(image("curves", RSA)).open(way).chip_authentication()
    dv, terminal = plan(RSA).terminal()
    assert len(CvCertificate.parse(terminal.raw).bare) > 255
    t.show(dv, terminal)
    assert t.authenticate(terminal) == 0x9000
    assert t.reads(FileId.DG3)
