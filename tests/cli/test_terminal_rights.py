# SPDX-License-Identifier: Apache-2.0
"""The terminal's rights in the command line: where they come from, and what is said where they do not hold."""

from __future__ import annotations

import getpass
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from chipid.issuing.cv_pki import CvProfile, TestCvca
from chipid.issuing.personalisation import personalise
from chipid.signers import FileSigner

TODAY = datetime.now(UTC).date()
YESTERDAY = TODAY - timedelta(days=1)
PASSWORD = "correct horse"
MODULES = [Path("/usr/lib/softhsm/libsofthsm2.so"), *Path("/usr/lib").glob("*/softhsm/libsofthsm2.so")]


class Terminal:
    """A folder with certificates, and the terminal's key beside it."""

    def __init__(self, folder: Path, curve: str = "secp256r1") -> None:
        from chipid.issuing.cv_keys import CvKeyOptions

        profile = CvProfile(YESTERDAY)
        self.cvca = TestCvca.create(profile=profile, key=CvKeyOptions(curve))
        self.dv = self.cvca.issue_verifier(profile=profile)
        self.holder = self.dv.issue_terminal(profile=profile)
        self.certificates = folder / "certificates"
        self.certificates.mkdir()
        for each in (self.cvca, self.dv, self.holder):
            (self.certificates / f"{each.reference}.cvcert").write_bytes(each.raw)
        self.key = folder / "terminal.pem"
        self.key.write_bytes(self.holder.key.to_pem())
        self.key.chmod(0o600)
        self.locked = folder / "locked.pem"
        private = load_pem_private_key(self.holder.key.to_pem(), None)
        encryption = BestAvailableEncryption(PASSWORD.encode())
        self.locked.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption))
        self.locked.chmod(0o600)

    def options(self, key: object = None) -> tuple[object, ...]:
        return "--terminal-cert", self.certificates, "--terminal-key", key or self.key


@pytest.fixture(scope="module")
def terminal(tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    return Terminal(tmp_path_factory.mktemp("terminal"))


@pytest.fixture
def eac_card(desk, terminal: Terminal, chipid_issuer: Any, chipid_citizen: dict[str, Any]) -> Path:
    description = {**chipid_citizen, "portrait": "none", "terminal_authentication": {"version": 1}, "iris": True}
    image = personalise(description, chipid_issuer.signer, trust_points=[terminal.cvca.raw], chip_date=YESTERDAY)
    return desk.lay(image, "eac.image")


@pytest.fixture
def dump(cli, desk, eac_card: Path):
    def run(*arguments: object, **more: Any):
        return cli("dump", "--json", "--card", eac_card, "--number-file", desk.number, *arguments, **more)

    return run


def read(result: Any) -> set[str]:
    return {file["name"] for file in result.json["files"] if file["state"] == "read"}


def test_a_certificate_that_is_left_out_is_told(dump, terminal: Terminal, tmp_path: Path) -> None:
    request = tmp_path / "request.cvcert"
    request.write_bytes(b"\x67\x00")
    result = dump("--terminal-cert", request, *terminal.options())
    assert result.code == 0
    assert "a certificate of --terminal-cert is left out: " in result.err
    assert {"DG3", "DG4"} <= read(result)


# What is read ------------------------------------------------------------------------------------------------------------


def test_with_rights_fingerprints_and_irises_are_read(dump, terminal: Terminal) -> None:
    result = dump(*terminal.options())
    assert (result.code, result.err) == (0, "")
    assert {"DG1", "DG3", "DG4"} <= read(result)


@pytest.mark.parametrize("files", ["identity", "portrait"])
def test_less_can_be_asked_for(dump, terminal: Terminal, files: str) -> None:
    result = dump(*terminal.options(), "--files", files)
    assert (result.code, result.err) == (0, "")
    assert not {"DG3", "DG4"} & read(result)


def test_biometrics_can_be_asked_for_without_rights(dump) -> None:
    result = dump("--files", "biometrics")
    states = {file["name"]: file["state"] for file in result.json["files"]}
    assert (states["DG3"], states["DG4"]) == ("refused", "refused")
    assert (result.code, result.err) == (0, "")


def test_single_certificate_files_do_as_well(dump, terminal: Terminal) -> None:
    files = [part for path in sorted(terminal.certificates.iterdir()) for part in ("--terminal-cert", path)]
    assert "DG3" in read(dump(*files, "--terminal-key", terminal.key))


def test_keys_beside_the_certificates_are_no_certificates(dump, terminal: Terminal, tmp_path: Path) -> None:
    folder = tmp_path / "together"
    folder.mkdir()
    for holder in (terminal.cvca, terminal.dv, terminal.holder):
        holder.save(folder)
    options = ("--terminal-cert", folder, "--terminal-key", folder / f"{terminal.holder.reference}.pem")
    assert "DG3" in read(dump(*options))


# The secret of the key ---------------------------------------------------------------------------------------------------


def test_an_encrypted_key_with_its_password_in_a_file(dump, terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(PASSWORD + "\n")
    result = dump(*terminal.options(terminal.locked), "--terminal-secret-file", tmp_path / "secret")
    assert (result.code, result.err) == (0, "")
    assert "DG3" in read(result)


def test_an_encrypted_key_with_its_password_on_standard_input(dump, terminal: Terminal) -> None:
    options = ("--terminal-secret-file", "-")
    assert "DG3" in read(dump(*terminal.options(terminal.locked), *options, stdin=f"{PASSWORD}\n".encode()))


def test_the_password_is_asked_for(dump, terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    prompts: list[str] = []

    def answer(prompt: str) -> str:
        prompts.append(prompt)
        return PASSWORD

    monkeypatch.setattr("chipid.cli.secrets.has_terminal", lambda: True)
    monkeypatch.setattr(getpass, "getpass", answer)
    assert "DG3" in read(dump(*terminal.options(terminal.locked)))
    assert prompts == ["Password or PIN of the terminal's key: "]


def test_a_key_in_the_clear_asks_for_nothing(dump, terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chipid.cli.secrets.has_terminal", lambda: True)
    monkeypatch.setattr(getpass, "getpass", pytest.fail)
    assert dump(*terminal.options()).code == 0


def test_without_a_terminal_to_ask_on_it_is_2(dump, terminal: Terminal) -> None:
    result = dump(*terminal.options(terminal.locked))
    assert (result.code, result.out) == (2, "")
    assert "--terminal-secret-file" in result.err


def test_a_wrong_password_is_2_and_no_refusal_of_the_card(dump, terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("wrong horse")
    result = dump(*terminal.options(terminal.locked), "--terminal-secret-file", tmp_path / "secret")
    assert (result.code, result.out) == (2, "")
    assert "password is another" in result.err
    assert "horse" not in result.err


def test_standard_input_holds_one_secret(cli, eac_card: Path, terminal: Terminal) -> None:
    options = (*terminal.options(terminal.locked), "--terminal-secret-file", "-")
    result = cli("dump", "--card", eac_card, "--number-file", "-", *options, stdin=b"099012345678")
    assert result.code == 2
    assert "one secret alone" in result.err


@pytest.mark.skipif(not hasattr(Path, "chmod"), reason="modes are POSIX's")
def test_a_key_that_others_may_read_is_warned_of(dump, terminal: Terminal, tmp_path: Path) -> None:
    key = tmp_path / "open.pem"
    key.write_bytes(terminal.key.read_bytes())
    key.chmod(0o644)
    result = dump(*terminal.options(key))
    assert result.code == 0
    assert "chipid: warning: other users of this machine may read the terminal's key" in result.err


@pytest.mark.parametrize("broken", [False, True])
def test_the_key_is_forgotten_in_the_end(
    dump, terminal: Terminal, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, broken: bool
) -> None:
    closed: list[object] = []

    def close(signer: FileSigner) -> None:
        closed.append(signer)

    monkeypatch.setattr(FileSigner, "close", close)
    (tmp_path / "broken").write_bytes(b"no certificate")
    certificates = tmp_path / "broken" if broken else terminal.certificates
    assert dump("--terminal-cert", certificates, "--terminal-key", terminal.key).code == (2 if broken else 0)
    assert len(closed) == 1


# What is wrong -----------------------------------------------------------------------------------------------------------


def test_a_key_without_certificates_is_2(dump, terminal: Terminal) -> None:
    result = dump("--terminal-key", terminal.key)
    assert result.code == 2
    assert "--terminal-cert" in result.err


@pytest.mark.parametrize("option", ["--terminal-cert", "--terminal-secret-file"])
def test_what_goes_with_a_key_alone_is_2(dump, terminal: Terminal, option: str) -> None:
    path = terminal.certificates if option == "--terminal-cert" else terminal.key
    result = dump(option, path)
    assert result.code == 2
    assert "--terminal-key" in result.err


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("key", b"no key"),
        ("key", b""),
        ("certificate", b"no certificate"),
        ("certificate", b"\x7f\x21\x02\x05\x00"),
        ("folder", b""),
    ],
)
def test_broken_credentials_are_2_before_a_card_is_looked_at(
    dump, terminal: Terminal, tmp_path: Path, name: str, content: bytes
) -> None:
    key, certificates = terminal.key, terminal.certificates
    if name == "key":
        key = tmp_path / "broken.pem"
        key.write_bytes(content)
    else:
        certificates = tmp_path / "broken"
        certificates.mkdir()
        if name == "certificate":
            certificates = certificates / "broken.cvcert"
            certificates.write_bytes(content)
    result = dump("--terminal-cert", certificates, "--terminal-key", key)
    assert (result.code, result.out) == (2, "")
    assert "chipid: error: the terminal's credentials: " in result.err


def test_a_certificate_file_has_a_limit(dump, terminal: Terminal, tmp_path: Path) -> None:
    huge = tmp_path / "huge"
    huge.write_bytes(b"\x7f\x21" + bytes(64 * 1024))
    result = dump("--terminal-cert", huge, "--terminal-key", terminal.key)
    assert result.code == 2
    assert "more than 65536 octets" in result.err


def test_a_key_that_is_not_there_is_2(dump, terminal: Terminal, tmp_path: Path) -> None:
    assert dump(*terminal.options(tmp_path / "nothing")).code == 2


@pytest.mark.parametrize("uri", ["pkcs11:", "pkcs11:token=x", "pkcs11:object=x?pin-value=271828&module-path=/x"])
def test_a_wrong_uri_is_2_and_its_pin_not_repeated(dump, terminal: Terminal, uri: str) -> None:
    result = dump(*terminal.options(uri))
    assert (result.code, result.out) == (2, "")
    assert "271828" not in result.err


def test_a_chip_that_asks_for_no_rights_is_told(cli, desk, terminal: Terminal, chipid_issue) -> None:
    card = desk.lay(chipid_issue(terminal_authentication=None, fingerprints=False))
    result = cli("dump", "--json", "--card", card, "--number-file", desk.number, *terminal.options())
    assert result.code == 5
    assert "Terminal Authentication not-offered: ta-not-offered" in result.err


def test_a_strangers_key_has_no_chain(dump, terminal: Terminal, tmp_path: Path) -> None:
    stranger = Terminal(tmp_path)
    result = dump("--terminal-cert", terminal.certificates, "--terminal-key", stranger.key)
    assert result.code == 5
    assert "ta-no-chain from DETESTCVCA" in result.err
    assert "none of the terminal certificates in --terminal-cert is for the key" in result.err
    assert result.json["terminal_authentication"]["reason"] == "ta-no-chain"


def test_the_text_tells_rights_or_reason(cli, desk, eac_card: Path, terminal: Terminal, tmp_path: Path) -> None:
    arguments = ("dump", "--card", eac_card, "--number-file", desk.number)
    granted = cli(*arguments, *terminal.options()).out
    assert "Terminal Authentication, version 1\n  result   done\n" in granted
    assert "  chain    DETESTCVCA00001 > DETESTDVDE00001 > DETESTISDE00001\n  granted  DG3, DG4\n" in granted
    refused = cli(*arguments, "--terminal-cert", terminal.certificates, "--terminal-key", Terminal(tmp_path).key).out
    assert "  result  failed: ta-no-chain\n" in refused


# A token -----------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory, terminal: Terminal) -> Iterator[str]:
    """The terminal's key in a token of SoftHSM; its URI."""
    pytest.importorskip("pkcs11", reason="python-pkcs11 is not installed: pip install '.[hsm]'")
    module = next((path for path in MODULES if path.is_file()), None)
    if module is None:
        pytest.skip("no SoftHSM 2: apt-get install softhsm2")
    folder = tmp_path_factory.mktemp("softhsm")
    (folder / "tokens").mkdir()
    configuration = folder / "softhsm2.conf"
    configuration.write_text(f"directories.tokendir = {folder}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n")
    key = folder / "key.pem"
    key.write_bytes(terminal.holder.key.to_pem())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOFTHSM2_CONF", str(configuration))
        label = ["--label", "Terminal", "--pin", "271828"]
        subprocess.run(
            ["softhsm2-util", "--init-token", "--free", "--so-pin", "31415926", *label], check=True, capture_output=True
        )
        imported = ["--import", str(key), "--token", "Terminal", "--label", "terminal", "--id", "01", "--pin", "271828"]
        subprocess.run(["softhsm2-util", *imported], check=True, capture_output=True)
        yield f"pkcs11:token=Terminal;object=terminal?module-path={module}"


@pytest.mark.hsm
def test_a_key_in_a_token(desk, eac_card: Path, terminal: Terminal, token: str, tmp_path: Path) -> None:
    """In processes of their own, since SoftHSM reads once in each where its tokens are."""
    (tmp_path / "pin").write_text("271828\n")
    (tmp_path / "wrong").write_text("000000\n")
    for secret, code, told in (("pin", 0, ""), ("wrong", 2, "the terminal's credentials: PKCS#11")):
        command = [*_COMMAND, "--card", eac_card, "--number-file", desk.number, *terminal.options(token)]
        command += ["--terminal-secret-file", tmp_path / secret]
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stderr
        assert told in done.stderr
        assert "271828" not in done.stdout + done.stderr
        assert ("granted  DG3, DG4" in done.stdout) is (code == 0)


_COMMAND = [sys.executable, "-m", "chipid.cli", "dump"]
