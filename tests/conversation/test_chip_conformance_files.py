# SPDX-License-Identifier: Apache-2.0
"""Which file opens when, on a whole chip (BSI TR-03105-3.2 units ISO7816_H and _O; ICAO 9303-10 §3.11, 9303-11 §4.2, §7.1.3).

Beside the listed cases stand their neighbours: the other file, the other form of the command, the other state.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
from eac_chip import CVCA, EFFECTIVE, EXPIRY, PROBE, SELECT_APPLICATION, EacTerminal, image, is_checking_error, plan

from chipid.iso7816.file_ids import FileId
from chipid.iso7816.tlv import build_tlv
from chipid.issuing.cv_pki import CvProfile
from chipid.lds.cvca import CvcaReferences

DG3, DG4 = FileId.DG3, FileId.DG4


def ways_to_read(file: FileId) -> dict[str, tuple[str, ...]]:
    """The four ways, each the commands that lead to the first octet."""
    return {
        "select": (f"00 A4 02 0C 02 {file.fid:04X}", "00 B0 00 00 01"),
        "short identifier": (f"00 B0 {0x80 | file.sfi:02X} 00 01",),
        "odd, short identifier": (f"00 B1 00 {file.sfi:02X} 03 54 01 00 07",),
        "odd, file identifier": (f"00 B1 {file.fid:04X} 03 54 01 00 07",),
    }


CLOSED = {
    "ISO7816_H_1": (DG3, "select"),
    "ISO7816_H_2": (DG4, "select"),
    "ISO7816_H_3": (DG3, "short identifier"),
    "DG4 by short identifier": (DG4, "short identifier"),
    "DG3, odd, by short identifier": (DG3, "odd, short identifier"),
    "ISO7816_H_6": (DG4, "odd, short identifier"),
    "ISO7816_H_11": (DG3, "odd, file identifier"),
    "DG4, odd, by file identifier": (DG4, "odd, file identifier"),
}


@pytest.mark.parametrize("case", CLOSED)
@pytest.mark.parametrize("chip_authentication", [True, False], ids=["CA", "no CA"])
def test_a_protected_group_before_terminal_authentication(case: str, way: str, chip_authentication: bool) -> None:
    """The answer is a checking error, protected, and the session goes on."""
    t = EacTerminal().open(way)
    if chip_authentication:
        t.chip_authentication()
    file, form = CLOSED[case]
    first, *then = (t.secure(command) for command in ways_to_read(file)[form])
    assert first == (b"", 0x6982)
    # Where SELECT is refused, the file that was current before stays so: what is read is not the protected one.
    assert all(data != t.image.files[file][:1] for data, _ in then)
    assert t.is_alive()


@pytest.mark.parametrize("form", ways_to_read(DG3))
@pytest.mark.parametrize("file", [DG3, DG4], ids=["DG3", "DG4"])
def test_a_protected_group_after_terminal_authentication(file: FileId, form: str, way: str) -> None:
    """9303-11-7.1.4.3.6-1, the part where all grant: each of the forms that were refused opens the file now."""
    t = EacTerminal().open(way).chip_authentication().with_rights()
    *first, last = ways_to_read(file)[form]
    assert all(t.secure(command) == (b"", 0x9000) for command in first)
    data, sw = t.secure(last)
    content = t.image.files[file]
    assert (data, sw) == (build_tlv(0x53, content[:5]) if "odd" in form else content[:1], 0x9000)


BEFORE = {
    "ISO7816_H_7": "select",
    "ISO7816_H_8": "short identifier",
    "ISO7816_H_9": "odd, short identifier",
    "EF.CVCA, odd, by file identifier": "odd, file identifier",
}


@pytest.mark.parametrize("case", BEFORE)
def test_ef_cvca_before_access_control(case: str) -> None:
    t = EacTerminal()
    assert t.plain(SELECT_APPLICATION) == (b"", 0x9000)
    for command in ways_to_read(FileId.CVCA)[BEFORE[case]]:
        assert t.plain(command) == (b"", 0x6982)


@pytest.mark.parametrize("chip_authentication", [True, False], ids=["CA", "no CA"])
def test_ef_cvca_in_a_session(way: str, chip_authentication: bool) -> None:
    """ISO7816_H_13, ISO7816_H_14, ISO7816_H_15, ISO7816_H_16: 36 octets, in each form; ISO7816_M_6: and none beyond."""
    t = EacTerminal().open(way)
    if chip_authentication:
        t.chip_authentication()
    content = CvcaReferences((CVCA,)).build()
    assert len(content) == 36
    assert t.secure("00 A4 02 0C 02 01 1C") == (b"", 0x9000)
    assert t.secure("00 B0 00 00 24") == (content, 0x9000)
    assert t.secure("00 B0 9C 00 24") == (content, 0x9000)
    assert t.secure("00 B1 00 1C 03 54 01 00 26") == (build_tlv(0x53, content), 0x9000)
    assert t.secure("00 B1 01 1C 03 54 01 00 26") == (build_tlv(0x53, content), 0x9000)
    assert t.secure("00 B0 00 24 01") == (b"", 0x6B00)
    assert t.secure("00 B0 9C 24 01") == (b"", 0x6B00)


def test_ef_cvca_and_ef_card_access_share_their_identifiers(way: str) -> None:
    """011C and 1C are EF.CardAccess in the master file and EF.CVCA in the application."""
    t = EacTerminal().open(way)
    assert t.secure("00 B0 9C 00 01")[0] == b"\x42"
    t.secure("00 A4 00 0C")
    assert t.secure("00 B0 9C 00 01")[0] == b"\x31"


@pytest.mark.parametrize("form", ways_to_read(FileId.CARD_SECURITY))
def test_ef_card_security_before_and_after_access_control(form: str) -> None:
    """ISO7816_O_56: none without PACE, however it is asked for; with PACE under secure messaging alone."""
    t = EacTerminal(image("mapped"))
    for command in ways_to_read(FileId.CARD_SECURITY)[form]:
        assert is_checking_error(t.plain(command)[1])
    t.pace()
    *_, (data, sw) = [t.secure(command) for command in ways_to_read(FileId.CARD_SECURITY)[form]]
    assert sw == 0x9000
    assert data


def test_ef_card_security_after_chip_authentication_mapping() -> None:
    """ISO7816_O_57: a plain READ BINARY gives nothing, and ends the session of the mapping."""
    t = EacTerminal(image("mapped")).pace()
    assert t.run is not None
    assert t.run.chip_authentication is not None
    assert t.secure("00 B0 9D 00 01") == (b"\x30", 0x9000)
    assert t.plain("00 B0 9D 00 01") == (b"", 0x6982)
    t.assert_dead()


def test_ef_card_security_is_closed_to_bac() -> None:
    t = EacTerminal(image("mapped")).bac()
    t.secure("00 A4 00 0C 02 3F 00")
    assert t.secure("00 B0 9D 00 01") == (b"", 0x6982)


@pytest.mark.parametrize("file", ["DG1", "DG2", "DG14", "DG15", "EF.SOD", "EF.COM"])
def test_the_other_files_need_no_rights(file: str, way: str) -> None:
    """9303-11-4.2-8."""
    files = {**image().files, FileId.DG2: build_tlv(0x75, bytes(40))}
    t = EacTerminal(replace(image(), files=files)).open(way)
    assert t.reads(FileId.from_label(file))


@pytest.mark.parametrize("file", [FileId.DG7, FileId.DG13])
def test_a_group_of_the_issuers_choice_opens_to_any_terminal_that_proved_itself(file: FileId) -> None:
    """The right is DG3's and DG4's alone; for others the issuer may demand Terminal Authentication as such."""
    protected = replace(
        image(), files={**image().files, file: build_tlv(file.tag or 0, bytes(9))}, access_protected=frozenset({DG3, DG4, file})
    )
    t = EacTerminal(protected).open().chip_authentication()
    assert not t.reads(file)
    t.with_rights(0x80, 0x00)
    assert (t.reads(file), t.reads(DG3), t.reads(DG4)) == (True, False, False)


def test_a_selected_file_closes_with_the_right_that_opened_it() -> None:
    """9303-11-7.1.3-1: a second Chip Authentication takes the rights away, also from the file that is current."""
    t = EacTerminal().open().chip_authentication().with_rights()
    assert t.secure("00 A4 02 0C 02 01 03") == (b"", 0x9000)
    assert t.secure("00 B0 00 00 01")[1] == 0x9000
    agreed = t.agree(3)
    t.session = agreed.session
    assert t.secure("00 B0 00 00 01") == (b"", 0x6982)
    assert t.secure("00 B1 00 00 03 54 01 00 07") == (b"", 0x6982)
    assert not t.reads(DG3)
    assert t.is_alive()


def test_another_application_has_no_rights_to_give() -> None:
    """9303-11-7.1.3-6: travel records, with no right on them, cannot be selected."""
    t = EacTerminal().open().chip_authentication().with_rights()
    for aid in ("A0000002472001", "A0000002472002", "A0000002472003"):
        assert t.secure(f"00 A4 04 0C 07 {aid}") == (b"", 0x6A82)
    assert t.reads(DG3)


@pytest.mark.parametrize("form", ways_to_read(FileId.CARD_ACCESS))
def test_ef_card_access_opens_to_everyone(form: str) -> None:
    """9303-11-4.2-1; and it does not open to writing."""
    t = EacTerminal()
    *first, last = ways_to_read(FileId.CARD_ACCESS)[form]
    assert all(t.plain(command) == (b"", 0x9000) for command in first)
    data, sw = t.plain(last)
    assert sw == 0x9000
    assert t.image.files[FileId.CARD_ACCESS][:1] in (data[:1], data[2:3])
    assert is_checking_error(t.plain("00 D6 9C 00 01 00")[1])


@pytest.mark.parametrize("first", [SELECT_APPLICATION, "00 A4 00 0C", "00 B0 9C 00 01", "00 84 00 00 08"])
def test_nothing_plain_opens_a_group(first: str) -> None:
    """9303-11-4.2-10, 9303-11-4.3.2-3, 9303-11-4.3.2-4, 9303-11-4.4.2-1, 9303-11-4.4.2-2, 9303-11-4.4.2-3, 9303-11-4.4.2-5."""
    t = EacTerminal()
    t.plain(first)
    t.plain(SELECT_APPLICATION)
    for file in image().files:
        if not file.in_mf:
            for command in (command for form in ways_to_read(file).values() for command in form):
                assert t.plain(command) == (b"", 0x6982)


def test_after_an_aborted_session_nothing_is_selected(way: str) -> None:
    """9303-11-4.3.2-2, 9303-11-4.3.2-5."""
    t = EacTerminal().open(way)
    assert t.secure("00 A4 02 0C 02 01 01") == (b"", 0x9000)
    assert t.plain("00 A4 02 0C 02 01 02") == (b"", 0x6982)
    data, sw = t.plain("00 B0 00 00 01")
    assert data == b""
    assert sw in (0x6982, 0x6986)
    t.assert_dead()


def test_ef_cvca_follows_the_trust_points_over_a_reset() -> None:
    """9303-11-7.1.4.3.2-1, 9303-11-7.1.4.3.2-2: the new name first, both in force."""
    cvca = plan().cvca
    link = cvca.issue_link("DETESTCVCA00002", profile=CvProfile(EFFECTIVE, EXPIRY))
    t = EacTerminal().open().chip_authentication().show(link)
    assert t.secure("00 B0 9C 00 24") == (CvcaReferences(("DETESTCVCA00002", CVCA)).build(), 0x9000)
    t.open("BAC").chip_authentication()
    assert t.secure("00 B0 9C 00 24")[0] == CvcaReferences(("DETESTCVCA00002", CVCA)).build()
    old = cvca.issue_verifier("DETESTDVDE00001", profile=CvProfile(EFFECTIVE))
    new = link.issue_verifier("DETESTDVDE00002", profile=CvProfile(EFFECTIVE))
    t.show(old).show(new)
    assert t.secure(PROBE)[1] == 0x9000
