# SPDX-License-Identifier: Apache-2.0
"""``chipid issue`` and ``chipid emulate``."""

from __future__ import annotations

import json
import socket
import stat
import threading
from datetime import date
from pathlib import Path

import pytest

import chipid
from chipid.emulator.vpcd import Ending
from chipid.issuing.card_image import CardImage
from chipid.issuing.cv_pki import CvProfile, TestCvca
from chipid.issuing.pki_faults import PKI_FAULTS
from chipid.report.schema import IssueReport


@pytest.fixture
def description(tmp_path: Path, chipid_citizen) -> Path:
    path = tmp_path / "citizen.json"
    # Smaller keys than a CCCD's: making them is not what is tested here.
    path.write_text(json.dumps({**chipid_citizen, "portrait": "none"}))
    return path


def test_a_card_that_is_issued_can_be_read_and_is_accepted(cli, desk, description: Path, tmp_path: Path) -> None:
    card, anchor = tmp_path / "new.image", tmp_path / "new.pem"
    issued = cli("issue", description, "--out", card, "--trust-out", anchor, "--json")
    assert (issued.code, issued.err) == (0, "")
    report = issued.report
    assert isinstance(report, IssueReport)
    assert report.card == str(card)
    assert {file.name for file in report.files} >= {"EF.SOD", "DG1", "DG13", "DG14", "DG15"}
    assert stat.S_IMODE(card.stat().st_mode) == 0o600
    assert cli("dump", "--card", card, "--number-file", desk.number, "--verify", "--trust", anchor).code == 0
    assert cli("dump", "--card", card, "--number-file", desk.number, "--verify", "--trust", desk.trust).code != 0


def test_a_csca_can_be_kept_and_used_again(cli, desk, description: Path, tmp_path: Path) -> None:
    first, second, anchor, csca = (tmp_path / name for name in ("1", "2", "anchor.pem", "csca.key"))
    assert cli("issue", description, "--out", first, "--trust-out", anchor, "--csca-out", csca).code == 0
    assert stat.S_IMODE(csca.stat().st_mode) == 0o600
    assert b"PRIVATE KEY" not in anchor.read_bytes()
    assert cli("issue", description, "--out", second, "--csca", csca).code == 0
    for card in (first, second):
        assert cli("dump", "--card", card, "--number-file", desk.number, "--verify", "--trust", anchor).code == 0


def test_nothing_is_overwritten_without_force(cli, description: Path, tmp_path: Path) -> None:
    (tmp_path / "card").write_text("kept")
    arguments = ("issue", description, "--out", tmp_path / "card", "--trust-out", tmp_path / "anchor")
    result = cli(*arguments)
    assert result.code == 2
    assert (tmp_path / "card").read_text() == "kept"
    assert not (tmp_path / "anchor").exists()
    assert cli(*arguments, "--force").code == 0


def test_a_card_that_nobody_could_verify_is_not_made(cli, description: Path, tmp_path: Path) -> None:
    result = cli("issue", description, "--out", tmp_path / "card")
    assert result.code == 2
    assert "--trust-out" in result.err


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no JSON"),
        ("{", "no JSON"),
        ("[]", "no JSON object"),
        ("[" * 100_000, "no JSON"),
        ('{"document": "cccd"}', "description"),
        ('{"number": 12}', "description"),
        ('{"can": "123456", "name": "A", "can": "123457"}', "description: can stands there twice"),
        ('{"pace": {"cipher": "3DES", "cipher": "3DES"}}', "description: cipher stands there twice"),
        ('{"number": "099012345678", "name": "A B", "birth": "2399", "issued": "2399-12-31"}', "later than the day of signing"),
    ],
)
def test_a_wrong_description_is_6_and_named(cli, tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "citizen.json").write_text(text)
    result = cli("issue", tmp_path / "citizen.json", "--out", tmp_path / "card", "--trust-out", tmp_path / "anchor")
    assert result.code == 6
    assert f"error: {tmp_path / 'citizen.json'}: " in result.err
    assert message in result.err
    assert not (tmp_path / "card").exists()


def test_a_description_in_another_encoding_is_told_which_it_must_be(cli, tmp_path: Path) -> None:
    (tmp_path / "citizen.json").write_bytes('{"name": "Nguy\u1ec5n"}'.encode("cp1258", "replace") + b"\xff")
    result = cli("issue", tmp_path / "citizen.json", "--out", tmp_path / "card", "--trust-out", tmp_path / "anchor")
    assert result.code == 6
    assert "hint: Save it as UTF-8." in result.err


def test_a_csca_without_its_key_is_2(cli, desk, description: Path, tmp_path: Path) -> None:
    result = cli("issue", description, "--out", tmp_path / "card", "--csca", desk.trust)
    assert result.code == 2
    assert f"error: --csca: {desk.trust}: a private key and one certificate" in result.err
    assert "--csca-out" in result.err
    assert not (tmp_path / "card").exists()


# A PKI with a fault ------------------------------------------------------------------------------------------------


def test_a_card_of_a_pki_with_a_fault(cli, desk, description: Path, tmp_path: Path) -> None:
    card, trust = tmp_path / "card", tmp_path / "trust"
    for fault in ("link-loop", "dsc-expired"):
        assert cli("issue", description, "--out", card, "--trust-out", trust, "--pki-fault", fault, "--force").code == 0
    assert sorted(file.name for file in trust.iterdir()) == ["certificate-1.cer", "revocation-list-1.crl"]
    judged = cli("dump", "--card", card, "--number-file", desk.number, "--verify", "--trust", trust, "--json")
    assert "dsc-expired" in judged.report.verdict.reasons
    assert cli("issue", description, "--out", card, "--trust-out", trust, "--pki-fault", "dsc-expired").code == 2


@pytest.mark.parametrize("options", [(), ("--pki-fault", "crl-stale")])
@pytest.mark.parametrize(("state", "country"), [("AUT", "AT"), ("D", "DE"), ("UTO", "VN")])
def test_a_pki_is_of_the_state_that_the_description_names(
    cli, options: tuple[str, ...], state: str, country: str, tmp_path: Path
) -> None:
    described, trust = tmp_path / "passport.json", tmp_path / "trust"
    passport = {"document": "passport", "state": state, "number": "X1234567", "surname": "Muster", "birth": "1974-08-12"}
    described.write_text(json.dumps({**passport, "nationality": state, "expiry": "2032-04-15", "portrait": "none"}))
    assert cli("issue", described, "--out", tmp_path / "card", "--trust-out", trust, *options).code == 0
    (csca,) = chipid.TrustStore.load(trust).certificates
    assert csca.subject.country == country


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--pki-fault", "dsc-expird", "--trust-out", "trust"), "hint: The nearest are dsc-expired, "),
        (("--pki-fault", "nonsense", "--trust-out", "trust"), "--list-pki-faults` lists all"),
        (("--pki-fault", "dsc-expired", "--trust-out", "trust", "--csca-out", "csca"), "makes a CSCA of its own"),
        (("--pki-fault", "dsc-expired"), "nobody could verify"),
    ],
)
def test_a_fault_that_cannot_be_had_is_2(cli, description: Path, tmp_path: Path, options: tuple[str, ...], message: str) -> None:
    result = cli("issue", description, "--out", tmp_path / "card", *options)
    assert result.code == 2
    assert message in result.err
    assert not (tmp_path / "card").exists()


def test_the_faults_of_a_pki_are_listed(cli) -> None:
    listed = cli("issue", "--list-pki-faults")
    assert listed.code == 0
    assert [line.split()[0] for line in listed.out.splitlines()] == sorted(PKI_FAULTS)


# Terminal Authentication -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def authorities(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Files with the certificates of an authority and of the one before it."""
    profile = CvProfile(date(2026, 1, 1), date(2028, 12, 31))
    older = TestCvca.create("DETESTCVCA00001", profile=profile)
    newer = older.issue_link("DETESTCVCA00002", profile=profile)
    folder = tmp_path_factory.mktemp("authorities")
    paths = folder / "newer.cvcert", folder / "older.cvcert"
    for path, holder in zip(paths, (newer, older), strict=True):
        path.write_bytes(holder.raw)
    return paths


def test_a_chip_trusts_the_authorities_that_are_given(cli, description: Path, authorities, tmp_path: Path) -> None:
    card, anchor = tmp_path / "card", tmp_path / "anchor.pem"
    options = ("--cvca", authorities[0], "--cvca", authorities[1], "--at", "2026-03-04T05:06:07+00:00")
    assert cli("issue", description, "--out", card, "--trust-out", anchor, *options).code == 0
    image = CardImage.load(card)
    assert image.trust_points == tuple(path.read_bytes() for path in authorities)
    assert image.chip_date == date(2026, 3, 4)


def test_both_authorities_in_one_file_and_a_chip_date(cli, description: Path, authorities, tmp_path: Path) -> None:
    card, both = tmp_path / "card", tmp_path / "both.cvcert"
    both.write_bytes(b"".join(path.read_bytes() for path in authorities))
    options = ("--cvca", both, "--chip-date", "2027-12-24", "--at", "2026-03-04T05:06:07+00:00")
    assert cli("issue", description, "--out", card, "--trust-out", tmp_path / "anchor.pem", *options).code == 0
    image = CardImage.load(card)
    assert (len(image.trust_points), image.chip_date) == (2, date(2027, 12, 24))


def test_without_authorities_the_chip_has_none_and_no_date(cli, description: Path, tmp_path: Path) -> None:
    assert cli("issue", description, "--out", tmp_path / "card", "--trust-out", tmp_path / "anchor.pem").code == 0
    image = CardImage.load(tmp_path / "card")
    assert (image.trust_points, image.chip_date) == ((), None)


@pytest.mark.parametrize("day", ["2026-02-30", "24/11/2026", ""])
def test_a_chip_date_that_is_none_is_2(cli, description: Path, authorities, tmp_path: Path, day: str) -> None:
    options = ("--cvca", authorities[0], "--chip-date", day)
    assert cli("issue", description, "--out", tmp_path / "card", "--trust-out", tmp_path / "anchor.pem", *options).code == 2


def test_a_chip_date_without_an_authority_is_2(cli, description: Path, tmp_path: Path) -> None:
    arguments = ("issue", description, "--out", tmp_path / "card", "--trust-out", tmp_path / "anchor.pem")
    result = cli(*arguments, "--chip-date", "2026-11-24")
    assert result.code == 2
    assert "--cvca" in result.err


def test_more_authorities_than_a_chip_trusts_are_2(cli, description: Path, authorities, tmp_path: Path) -> None:
    arguments = ("issue", description, "--out", tmp_path / "card", "--trust-out", tmp_path / "anchor.pem")
    third = tmp_path / "third.cvcert"
    third.write_bytes(authorities[0].read_bytes())
    result = cli(*arguments, "--cvca", authorities[0], "--cvca", authorities[1], "--cvca", third)
    assert (result.code, result.out) == (2, "")
    assert "at most 2 authorities" in result.err
    assert not (tmp_path / "card").exists()


def test_a_day_is_written_in_one_way(cli, description: Path, tmp_path: Path) -> None:
    arguments = ("issue", description, "--out", tmp_path / "card", "--trust-out", tmp_path / "anchor.pem")
    result = cli(*arguments, "--chip-date", "24-11-2026")
    assert result.code == 2
    assert "write YYYY-MM-DD" in result.err


def test_an_authority_is_never_overwritten(cli, description: Path, authorities, tmp_path: Path) -> None:
    before = authorities[0].read_bytes()
    arguments = ("issue", description, "--out", authorities[0], "--trust-out", tmp_path / "anchor.pem")
    assert cli(*arguments, "--cvca", authorities[0], "--force").code == 2
    assert authorities[0].read_bytes() == before


@pytest.fixture
def no_authorities(desk, authorities, tmp_path: Path) -> dict[str, Path]:
    paths = {name: tmp_path / name for name in ("key", "terminal", "three", "huge")}
    profile = CvProfile(date(2026, 1, 1), date(2028, 12, 31))
    authority = TestCvca.create("DETESTCVCA00003", profile=profile)
    terminal = authority.issue_verifier(profile=profile).issue_terminal(profile=profile)
    terminal.save(tmp_path)
    paths["key"].write_bytes((tmp_path / f"{terminal.reference}.pem").read_bytes())
    paths["terminal"].write_bytes(terminal.raw)
    paths["three"].write_bytes(authorities[0].read_bytes() * 3)
    paths["huge"].write_bytes(bytes(16 * 1024 + 1))
    return {"anchor": desk.trust, **paths}


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("anchor", "is no certificate of an authority"),
        ("key", "is no certificate of an authority"),
        ("terminal", "is no certificate of an authority"),
        ("huge", "more than 16384 octets"),
        ("three", "at most 2"),
    ],
)
def test_what_is_no_authority_is_2(
    cli, description: Path, no_authorities: dict[str, Path], tmp_path: Path, name: str, told: str
) -> None:
    arguments = ("issue", description, "--out", tmp_path / "card", "--trust-out", tmp_path / "anchor.pem")
    result = cli(*arguments, "--cvca", no_authorities[name])
    assert (result.code, result.out) == (2, "")
    assert told in result.err
    assert "--cvca" in result.err
    if name != "three":
        assert f"--cvca: {no_authorities[name]} " in result.err
        assert "hint: Give the certificate of a CVCA" in result.err
    assert not (tmp_path / "card").exists()


# Emulating -------------------------------------------------------------------------------------------------------


class VirtualReader:
    """The reader's end of vpcd: asks a card that comes for its ATR, sends commands, and goes."""

    def __init__(self, *messages: bytes) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.answers: list[bytes] = []
        self._messages = messages
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        with self._listener, self._listener.accept()[0] as connection, connection.makefile("rb") as stream:
            for message in self._messages:
                connection.sendall(len(message).to_bytes(2, "big") + message)
                head = stream.read(2)
                if len(head) < 2:
                    return
                self.answers.append(stream.read(int.from_bytes(head, "big")))

    def join(self) -> None:
        self._thread.join(20)
        assert not self._thread.is_alive()


SELECT = bytes.fromhex("00A4040C07A0000002471001")


def test_an_emulated_card_answers_and_a_service_that_goes_is_3(cli, desk) -> None:
    reader = VirtualReader(b"\x04", SELECT)
    result = cli("emulate", desk.card, "--port", reader.port)
    reader.join()
    assert reader.answers[0][:1] == b"\x3b"
    assert reader.answers[1] == b"\x90\x00"
    assert (result.code, result.out) == (3, "")
    assert "let the card go" in result.err


def test_a_card_can_be_pulled(cli, desk) -> None:
    reader = VirtualReader(SELECT, SELECT, SELECT)
    result = cli("emulate", desk.card, "--port", reader.port, "--pull-after", "2")
    reader.join()
    assert reader.answers == [b"\x90\x00"] * 2
    assert (result.code, result.err) == (0, "")


def test_a_card_can_have_faults(cli, desk) -> None:
    reader = VirtualReader(SELECT)
    cli("emulate", desk.card, "--port", reader.port, "--fault", "raw-answer:octets=6F42")
    reader.join()
    assert reader.answers == [b"\x6f\x42"]


def test_who_tries_passwords_out_has_to_wait(cli, desk, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []

    def serve(card, *_: object, **__: object) -> Ending:
        for number in ("000000000001", "000000000002", "000000000003", "000000000004"):
            with pytest.raises(chipid.WrongPassword):
                chipid.read(chipid.AccessKeys.from_number(number), channel=card)
            card.reset()
        return Ending.STOPPED

    monkeypatch.setattr("chipid.emulator.vpcd.serve", serve)
    monkeypatch.setattr("time.sleep", waited.append)
    assert cli("emulate", desk.card).code == 0
    assert [seconds for seconds in waited if seconds] == [0.1, 0.2]


def test_no_virtual_reader_is_3(cli, desk) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    result = cli("emulate", desk.card, "--port", port)
    assert result.code == 3
    assert "vsmartcard-vpcd" in result.err


@pytest.mark.parametrize("arguments", [("--slot", "2"), ("--port", "0"), ("--pull-after", "-1"), ("--fault", "no-such-thing")])
def test_wrong_options_are_2(cli, desk, arguments) -> None:
    assert cli("emulate", desk.card, *arguments).code == 2


def test_what_is_no_card_image_is_6(cli, desk) -> None:
    assert cli("emulate", desk.trust).code == 6
    assert CardImage.load(desk.card).can == "345678"
