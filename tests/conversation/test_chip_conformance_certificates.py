# SPDX-License-Identifier: Apache-2.0
"""Certificates, date and trust points on a whole chip (BSI TR-03105-3.2 units ISO7816_J, _M and _N; ICAO 9303-11 §7.1.4, §7.1.5).

What each certificate is refused for, rule by rule, stands in ``unit/test_cvc_chain``; here it comes through secure messaging: the
answer is protected, the session outlives it, and nothing of what was refused stays.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from eac_chip import (
    CVCA,
    EFFECTIVE,
    EXPIRY,
    PROBE,
    SELECT_APPLICATION,
    EacTerminal,
    bare,
    image,
    is_refusal,
    plan,
    set_at_terminal,
)

from chipid.crypto.domain import generate_key_pair
from chipid.crypto.random import system_random
from chipid.iso7816.apdu import CommandAPDU
from chipid.iso7816.file_ids import FileId
from chipid.iso7816.tlv import build_tlv
from chipid.issuing.cv_defects import CONTENT_DEFECTS, WIRE_DEFECTS, out_of_range
from chipid.issuing.cv_keys import CvKeyOptions
from chipid.issuing.cv_pki import CvHolder, CvProfile
from chipid.lds.cvca import CvcaReferences
from chipid.pki.cv_authorisation import HolderAuthorisation, Role
from chipid.pki.cvc import CvCertificate
from chipid.protocols.terminal_auth import ChipTrust
from chipid.protocols.terminal_auth import trust as trust_module

DG3, DG4 = FileId.DG3, FileId.DG4
LATE = date(2026, 4, 30)
PKIS = ["brainpoolP256r1", "rsa-1536"]


# Unit J: certificates --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", PKIS)
def test_a_right_chain(way: str, kind: str) -> None:
    """ISO7816_J_1, ISO7816_K_1a, ISO7816_K_1b: the chip is known by its document number after BAC, by its PACE key after PACE."""
    t = EacTerminal(image("curves", kind)).open(way).chip_authentication()
    dv, terminal = plan(kind).terminal()
    assert t.is_closed()
    t.show(dv, terminal)
    assert t.is_closed()
    assert t.authenticate(terminal) == 0x9000
    assert t.reads(DG3)
    assert t.reads(DG4)


@pytest.mark.parametrize("defect", WIRE_DEFECTS)
@pytest.mark.parametrize("kind", PKIS)
def test_a_certificate_that_is_damaged(way: str, kind: str, defect: str) -> None:
    """ISO7816_J_3, ISO7816_J_4, ISO7816_J_5, ISO7816_J_17, ISO7816_J_18, ISO7816_J_27, ISO7816_J_28, ISO7816_J_30,
    9303-11-7.1.5.2-1: a protected refusal, no date from it, and no key to certify the terminal with."""
    t = EacTerminal(image("curves", kind)).open(way).chip_authentication()
    cvca = plan(kind).cvca
    late = cvca.issue_verifier("DETESTDVDE00012", profile=CvProfile(LATE))
    assert t.dst(CVCA) == 0x9000
    assert is_refusal(t.pso(WIRE_DEFECTS[defect](bare(late))))
    assert t.dst("DETESTDVDE00012") == 0x6A88
    assert is_refusal(t.pso(bare(plan(kind).terminal()[1])))
    assert t.is_alive()
    assert t.card.applet.memory.trust is not None
    assert t.card.applet.memory.trust.state.today == EFFECTIVE


@pytest.mark.parametrize("defect", sorted({*CONTENT_DEFECTS} - {"key-without-modulus", "key-without-exponent"}))
def test_a_certificate_of_wrong_content(t: EacTerminal, defect: str) -> None:
    """ISO7816_J_6, ISO7816_J_8, ISO7816_J_9, ISO7816_J_20, ISO7816_J_23, ISO7816_J_24, ISO7816_J_36, ISO7816_J_37, ISO7816_J_38,
    ISO7816_J_41, and those without and with the other dates: signed as it is, refused all the same."""
    amended = plan().cvca.issue_verifier("DETESTDVDE00012", profile=CvProfile(LATE, amend=CONTENT_DEFECTS[defect]))
    assert t.dst(CVCA) == 0x9000
    raw = amended.raw[4:] if amended.raw[2] == 0x81 else amended.raw[5:]
    assert is_refusal(t.pso(raw))
    assert t.dst("DETESTDVDE00012") == 0x6A88
    assert t.is_alive()


@pytest.mark.parametrize("kind", PKIS)
def test_numbers_out_of_range(way: str, kind: str) -> None:
    """ISO7816_J_32, ISO7816_J_33, ISO7816_J_34."""
    t = EacTerminal(image("curves", kind)).open(way).chip_authentication()
    cvca = plan(kind).cvca
    late = cvca.issue_verifier("DETESTDVDE00012", profile=CvProfile(LATE))
    for defect in out_of_range(cvca.key.public_key).values():
        assert t.dst(CVCA) == 0x9000
        assert t.pso(defect(bare(late))) == 0x6300
        assert t.is_alive()


def test_an_unknown_authority(t: EacTerminal, holders: tuple[CvHolder, CvHolder]) -> None:
    """ISO7816_J_2, ISO7816_J_25, 9303-11-7.1.5.1-1."""
    assert t.dst("DETESTCVCA00002") == 0x6A88
    assert is_refusal(t.pso(bare(holders[0])))
    assert t.dst(holders[0].reference) == 0x6A88
    assert is_refusal(t.pso(bare(holders[1])))
    assert t.is_alive()


KNOWN = build_tlv(0x83, CVCA.encode())


@pytest.mark.parametrize(
    "data",
    [build_tlv(0x83, b"DETESTCVCA00002"), b"", b"\x83\0", b"\x83\x0f", b"\x84" + KNOWN[1:], KNOWN * 2, KNOWN + b"\0", KNOWN[:-1]],
    ids=["unknown", "nothing", "no name", "no value", "another tag", "twice", "an octet more", "an octet less"],
)
def test_a_refused_selection_deselects_the_authority(t: EacTerminal, holders: tuple[CvHolder, CvHolder], data: bytes) -> None:
    assert t.dst(CVCA) == 0x9000
    assert is_refusal(t.secure(CommandAPDU(0x00, 0x22, 0x81, 0xB6, data))[1])
    assert t.pso(bare(holders[0])) == 0x6985
    assert t.is_alive()


def test_a_refused_certificate_does_not_stand_in_the_right_ones_way(t: EacTerminal, holders: tuple[CvHolder, CvHolder]) -> None:
    """After ISO7816_J_3, without another selection."""
    assert t.dst(CVCA) == 0x9000
    assert is_refusal(t.pso(WIRE_DEFECTS["signature-altered"](bare(holders[0]))))
    assert t.pso(bare(holders[0])) == 0x9000
    assert t.show(holders[1]).authenticate(holders[1]) == 0x9000


def test_no_authority_selected(t: EacTerminal, holders: tuple[CvHolder, CvHolder]) -> None:
    """ISO7816_J_35."""
    assert t.pso(bare(holders[0])) == 0x6985
    assert t.is_alive()


def test_dates_the_wrong_way_round(t: EacTerminal) -> None:
    """ISO7816_J_21."""
    dv = plan().cvca.issue_verifier("DETESTDVDE00013", profile=CvProfile(date(2026, 3, 11), EFFECTIVE))
    assert t.dst(CVCA) == 0x9000
    assert t.pso(bare(dv)) == 0x6300


@pytest.mark.parametrize("foreign", [False, True], ids=["domestic", "foreign"])
def test_roles(t: EacTerminal, foreign: bool) -> None:
    """ISO7816_J_43, ISO7816_J_44, ISO7816_J_45, ISO7816_J_46, ISO7816_J_47, ISO7816_J_48, ISO7816_J_49, ISO7816_J_50 and
    J_51 to J_53, their neighbours: who may certify whom (9303-11 §7.1.4.3.6)."""
    profile = CvProfile(EFFECTIVE)
    cvca = plan().cvca
    dv = cvca.issue_verifier("DETESTDVDE00010", profile=profile, foreign=foreign)
    terminal = dv.issue_terminal("DETESTISDE00010", profile=profile)
    public = CvCertificate.parse(dv.raw).public_key

    def certified(issuer: CvHolder, role: Role) -> bytes:
        rights = HolderAuthorisation.inspection_system(role, 3, 4)
        key = CvCertificate.parse(cvca.raw).public_key if role is Role.CVCA else public
        raw = issuer.certify("DETESTDVDE00110", key, rights, CvProfile(EFFECTIVE, EXPIRY))
        return CvCertificate.parse(raw).bare

    assert t.dst(CVCA) == 0x9000
    assert t.pso(certified(cvca, Role.TERMINAL)) == 0x6300
    t.show(dv, terminal)
    for issuer in (dv, terminal):
        for role in (Role.CVCA, Role.DOMESTIC_DV, Role.FOREIGN_DV):
            assert t.dst(issuer.reference) == 0x9000
            assert t.pso(certified(issuer, role)) == 0x6300
    assert t.dst(terminal.reference) == 0x9000
    assert t.pso(certified(terminal, Role.TERMINAL)) == 0x6300
    assert t.authenticate(terminal) == 0x9000


def test_a_shorter_key(way: str) -> None:
    """ISO7816_J_55, and its neighbours: the terminal's key shorter; both as long."""
    t = EacTerminal(image("curves", "rsa-1536")).open(way).chip_authentication()
    cvca = plan("rsa-1536").cvca
    short = CvKeyOptions("rsa-1024")
    dv = cvca.issue_verifier("DETESTDVDE00014", profile=CvProfile(EFFECTIVE), key=short)
    assert t.dst(CVCA) == 0x9000
    assert t.pso(bare(dv)) == 0x6300
    good = cvca.issue_verifier("DETESTDVDE00014", profile=CvProfile(EFFECTIVE))
    t.show(good)
    assert t.dst(good.reference) == 0x9000
    assert t.pso(bare(good.issue_terminal("DETESTISDE00014", profile=CvProfile(EFFECTIVE), key=short))) == 0x6300


def test_imported_keys_are_gone_after_a_reset(known: EacTerminal, way: str, holders: tuple[CvHolder, CvHolder]) -> None:
    """ISO7816_J_22, 9303-11-7.1.4.3.7-2."""
    known.open(way).chip_authentication()
    assert known.dst(holders[0].reference) == 0x6A88
    assert is_refusal(known.pso(bare(holders[1])))
    assert known.secure(set_at_terminal(holders[1].reference)) == (b"", 0x6A88)


def test_imported_keys_are_gone_with_the_session(t: EacTerminal, holders: tuple[CvHolder, CvHolder]) -> None:
    """Without a reset: another access control is another session."""
    t.show(*holders)
    t.plain(SELECT_APPLICATION)
    t.open("PACE").chip_authentication()
    assert t.dst(holders[0].reference) == 0x6A88


def test_a_temporary_key_takes_no_permanent_ones_place(t: EacTerminal, holders: tuple[CvHolder, CvHolder]) -> None:
    """9303-11-7.1.4.3.7-3."""
    impostor = plan().cvca.issue_verifier(CVCA, profile=CvProfile(EFFECTIVE))
    assert t.dst(CVCA) == 0x9000
    assert t.pso(bare(impostor)) == 0x6300
    t.show(*holders)
    assert t.authenticate(holders[1]) == 0x9000


# Units M, N: date and trust points ---------------------------------------------------------------------------------


def verifier(effective: date, expiration: date, name: str = "DETESTDVDE00006", foreign: bool = False) -> CvHolder:
    return plan().cvca.issue_verifier(name, profile=CvProfile(effective, expiration), foreign=foreign)


def test_a_verifier_sets_the_date(t: EacTerminal, way: str) -> None:
    """ISO7816_M_2, 9303-11-7.1.4.3.3-1, 9303-11-7.1.4.3.3-4: for good."""
    t.show(verifier(date(2026, 4, 11), date(2026, 5, 10)))
    for _ in range(2):
        t.open(way).chip_authentication()
        assert t.dst(CVCA) == 0x9000
        assert t.pso(bare(verifier(EFFECTIVE, date(2026, 4, 10)))) == 0x6300


@pytest.mark.parametrize("foreign", [False, True], ids=["domestic: M_1", "foreign: ISO7816_J_11"])
def test_a_terminal_sets_the_date_if_it_is_domestic(t: EacTerminal, way: str, foreign: bool) -> None:
    """9303-11-7.1.4.3.3-3, 9303-11-7.1.4.3.3-4."""
    dv = plan().cvca.issue_verifier("DETESTDVDE00006", profile=CvProfile(EFFECTIVE), foreign=foreign)
    later = dv.issue_terminal("DETESTISDE00006", profile=CvProfile(date(2026, 3, 24), date(2026, 4, 10)))
    earlier = dv.issue_terminal("DETESTISDE00006", profile=CvProfile(EFFECTIVE, date(2026, 3, 23)))
    t.show(dv, later)
    t.open(way).chip_authentication().show(dv)
    assert t.dst(dv.reference) == 0x9000
    assert t.pso(bare(earlier)) == (0x9000 if foreign else 0x6300)


def test_a_life_of_links(t: EacTerminal, way: str) -> None:
    """ISO7816_M_3, ISO7816_M_4, ISO7816_M_5, ISO7816_M_6, ISO7816_N_1, 9303-11-7.1.4.3.4-1, 9303-11-7.1.4.3.4-3."""
    first = plan().cvca

    def ef_cvca() -> bytes:
        assert t.secure("00 A4 02 0C 02 01 1C") == (b"", 0x9000)
        content, sw = t.secure("00 B0 00 00 24")
        assert (len(content), sw) == (36, 0x9000)
        assert t.secure("00 B0 00 24 01") == (b"", 0x6B00)
        return content

    def again() -> None:
        t.open(way).chip_authentication()

    # M_3: the first link, over a power cycle, and the date that passes the old one's end
    second = first.issue_link("DETEST_LINKDE007", profile=CvProfile(date(2027, 3, 9), date(2027, 5, 10)))
    t.show(second)
    again()
    assert ef_cvca() == CvcaReferences(("DETEST_LINKDE007", CVCA)).build()
    old_dv = verifier(EFFECTIVE, EXPIRY, "DETESTDVDE007")
    t.show(old_dv)
    again()
    t.show(second.issue_verifier("DETESTDVDE007", profile=CvProfile(date(2027, 3, 11), date(2027, 4, 10))))
    again()
    assert t.dst(CVCA) == 0x9000
    assert t.pso(bare(old_dv)) == 0x6300
    # M_4: two links in one session
    third = second.issue_link("DETEST_LINKDE008", profile=CvProfile(date(2027, 4, 10), date(2027, 7, 10)))
    fourth = third.issue_link("DETESTCADE009", profile=CvProfile(date(2027, 6, 10), date(2027, 9, 10)))
    t.show(third, fourth, fourth.issue_verifier("DETESTDVDE009", profile=CvProfile(date(2027, 6, 10), date(2027, 7, 10))))
    assert ef_cvca() == CvcaReferences(("DETESTCADE009", "DETEST_LINKDE008")).build()
    assert t.dst(CVCA) == t.dst("DETEST_LINKDE007") == 0x6A88
    # M_5: the linked key certifies no terminal
    fifth = fourth.issue_link("DETESTCADE011", profile=CvProfile(date(2027, 8, 10), date(2027, 11, 10)))
    t.show(fifth)
    profile = CvProfile(date(2027, 8, 10), date(2027, 9, 10))
    public = CvCertificate.parse(old_dv.raw).public_key
    rights = HolderAuthorisation.inspection_system(Role.TERMINAL, 3, 4)
    assert t.dst("DETESTCADE011") == 0x9000
    assert t.pso(CvCertificate.parse(fifth.certify("DETESTISDE011", public, rights, profile)).bare) == 0x6300
    # M_6
    again()
    assert ef_cvca() == CvcaReferences(("DETESTCADE011", "DETESTCADE009")).build()
    # N_1: another mechanism
    pss = CvKeyOptions("rsa-1536", "id-TA-RSA-PSS-SHA-256")
    sixth = fifth.issue_link("DETESTCADE013", profile=CvProfile(date(2027, 10, 10), date(2028, 1, 10)), key=pss)
    dv = sixth.issue_verifier("DETESTDVDE013", profile=CvProfile(date(2027, 10, 10)))
    terminal = dv.issue_terminal("DETESTISDE013", profile=CvProfile(date(2027, 10, 10)))
    t.show(sixth, dv, terminal)
    assert t.authenticate(terminal) == 0x9000
    assert t.reads(DG3)
    # and back again
    again()
    profile = CvProfile(date(2027, 12, 10), date(2028, 3, 10))
    seventh = sixth.issue_link("DETESTCADE014", profile=profile, key=CvKeyOptions("brainpoolP256r1"))
    dv = seventh.issue_verifier("DETESTDVDE014", profile=profile)
    terminal = dv.issue_terminal("DETESTISDE014", profile=profile)
    t.show(seventh, dv, terminal)
    assert t.authenticate(terminal) == 0x9000
    assert t.reads(DG3)


def test_power_lost_while_a_link_is_imported(t: EacTerminal, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """9303-11-7.1.4.3.4-2: at whatever point the chip stops, date and trust points are both the old ones or both the new ones."""

    class PowerLost(BaseException):
        pass

    link = plan().cvca.issue_link("DETESTCVCA00002", profile=CvProfile(LATE, date(2027, 9, 10)))
    trust = t.card.applet.memory.trust
    assert trust is not None
    old = trust.state

    def lost(*_arguments: object, **_options: object) -> None:
        raise PowerLost

    for name in ("refusal", "is_accurate", "replace", "_ordered"):
        assert t.dst(CVCA) == 0x9000
        with monkeypatch.context() as patch:
            patch.setattr(trust_module, name, lost)
            with pytest.raises(PowerLost):
                t.pso(bare(link))
        assert trust.state is old
        t.open(way).chip_authentication()
        assert t.secure("00 B0 9C 00 24")[0] == CvcaReferences((CVCA,)).build()
    t.show(link)
    assert (trust.state.today, trust.references) == (LATE, ("DETESTCVCA00002", CVCA))


def test_the_memory_of_one_chip_is_its_own() -> None:
    """Two chips of one image: what one has learnt, the other has not."""
    one, other = EacTerminal().open(), EacTerminal().open()
    one.show(verifier(date(2026, 4, 11), date(2026, 5, 10)))
    assert other.dst(CVCA) == 0x9000
    assert other.pso(bare(verifier(EFFECTIVE, date(2026, 4, 10)))) == 0x9000
    assert isinstance(other.card.applet.memory.trust, ChipTrust)


def test_a_chip_that_trusts_nobody(way: str) -> None:
    t = EacTerminal(replace(image(), trust_points=())).open(way).chip_authentication()
    assert t.dst(CVCA) == 0x6A88
    assert is_refusal(t.pso(bare(plan().terminal()[0])))
    assert t.secure("00 B0 9C 00 24") == (b"", 0x6A82)
    assert t.secure(PROBE)[1] == 0x9000
    assert t.is_closed()
    agreed = generate_key_pair(t.key(2).domain, system_random)
    t.chip_authentication(2, agreed)
    assert t.is_closed()
