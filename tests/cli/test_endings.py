# SPDX-License-Identifier: Apache-2.0
"""Every way to end: exit codes, messages, and no traceback."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from chipid import errors
from chipid.cli.exit_codes import ExitCode, of_decision, of_error
from chipid.cli.failures import run
from chipid.cli.progress import fraction, progress_bar
from chipid.cli.root import COMMANDS
from chipid.inspection.progress import Progress
from chipid.verification.verdict import Decision

CODES = {
    "ACCEPTED": 0,
    "REJECTED": 1,
    "USAGE": 2,
    "NO_CARD": 3,
    "ACCESS_REFUSED": 4,
    "INCONCLUSIVE": 5,
    "MALFORMED": 6,
    "INTERNAL": 70,
    "INTERRUPTED": 130,
}
ERRORS = {
    errors.NoReader("x"): 3,
    errors.NoCard("x"): 3,
    errors.CardRemoved("x"): 3,
    errors.TransmitFailed("x"): 3,
    errors.WrongPassword("x"): 4,
    errors.PasswordBlocked("x"): 4,
    errors.NotAuthorised("x"): 4,
    errors.StatusError(0x6F00, "x"): 5,
    errors.SecureMessagingError("x"): 5,
    errors.CardMisbehaved("x"): 5,
    errors.TlvError("x", offset=3, path=(0x60,)): 6,
    errors.LdsError("x"): 6,
    errors.CertificateError("x"): 6,
    errors.UnsupportedFeature("x"): 5,
    errors.NotInstalled("x", "qr"): 2,
    errors.TrustStoreError("x"): 2,
    errors.ChipIdError("x"): 70,
}


@pytest.fixture
def command_that_raises(monkeypatch: pytest.MonkeyPatch):
    """``chipid readers`` does nothing but raise."""

    def install(error: BaseException) -> None:
        def reader_states() -> None:
            raise error

        monkeypatch.setattr("chipid.readers.pcsc.reader_states", reader_states)

    return install


def test_the_numbers_never_change() -> None:
    assert {code.name: code.value for code in ExitCode} == CODES


@pytest.mark.parametrize("decision", Decision)
def test_each_decision_has_a_code(decision: Decision) -> None:
    assert of_decision(decision.value) == {"accepted": 0, "rejected": 1, "inconclusive": 5}[decision.value]


@pytest.mark.parametrize(("error", "code"), ERRORS.items(), ids=lambda value: type(value).__name__)
def test_each_error_has_a_code_and_a_message(cli, command_that_raises, error: errors.ChipIdError, code: int) -> None:
    assert of_error(error) == code
    command_that_raises(error)
    result = cli("readers")
    assert (result.code, result.out) == (code, "")
    hint = f"chipid: hint: {error.hint}\n" if error.hint else ""
    assert result.err == f"chipid: error: {error}\n{hint}"


def test_every_error_of_the_tree_is_here() -> None:
    def leaves(kind: type[errors.ChipIdError]) -> Iterator[type[errors.ChipIdError]]:
        below = [child for child in kind.__subclasses__() if child.__module__ == "chipid.errors"]
        yield from [leaf for child in below for leaf in leaves(child)] or [kind]

    assert set(leaves(errors.ChipIdError)) <= {type(error) for error in ERRORS}


def test_an_internal_error_tells_kind_and_place_and_not_its_message(cli, command_that_raises) -> None:
    command_that_raises(ValueError("invalid literal: 'NGUYEN'"))
    result = cli("readers")
    assert (result.code, result.out) == (70, "")
    assert result.err.startswith("chipid: error: internal error: ValueError in chipid/cli/readers.py:")
    assert "CHIPID_DEBUG=1" in result.err
    assert "NGUYEN" not in result.err
    assert "Traceback" not in result.err


@pytest.mark.parametrize(
    ("library", "extra"),
    [("smartcard", "pcsc"), ("zxingcpp", "qr"), ("wsq", "wsq"), ("pkcs11", "hsm")],
)
def test_a_missing_extra_is_2_whichever_it_is(
    cli, desk, chipid_citizen, monkeypatch: pytest.MonkeyPatch, library: str, extra: str
) -> None:
    description = {**chipid_citizen, "portrait": "none"}
    if extra == "wsq":
        description["fingerprints"] = {"format": "wsq"}
    desk.path("citizen.json").write_text(json.dumps(description))
    issue = ("issue", desk.path("citizen.json"), "--out", desk.path("new"), "--trust-out", desk.path("new.pem"))
    token = ("--terminal-key", "pkcs11:token=t?module-path=/module.so", "--terminal-cert", desk.trust)
    arguments = {
        "pcsc": ("readers",),
        "qr": (*issue, "--qr-out", desk.path("qr.png")),
        "wsq": issue,
        "hsm": ("dump", "--card", desk.card, "--number-file", desk.number, "--terminal-secret-file", desk.number, *token),
    }[extra]
    monkeypatch.setitem(sys.modules, library, None)
    result = cli(*arguments)
    assert (result.code, result.out) == (2, "")
    assert f"pip install '.[{extra}]'" in result.err


def test_a_panic_is_internal(cli, command_that_raises) -> None:
    """What cryptography raises where Rust gives up is derived from BaseException alone."""

    class PanicException(BaseException):
        pass

    command_that_raises(PanicException("called `unwrap()` on NGUYEN"))
    result = cli("readers")
    assert (result.code, result.out) == (70, "")
    assert result.err.startswith("chipid: error: internal error: PanicException in chipid/cli/readers.py:")
    assert "NGUYEN" not in result.err
    assert "Traceback" not in result.err


def test_debugging_shows_where(cli, command_that_raises, monkeypatch: pytest.MonkeyPatch) -> None:
    command_that_raises(ValueError("x"))
    monkeypatch.setenv("CHIPID_DEBUG", "1")
    result = cli("readers")
    assert result.code == 70
    assert "Traceback (most recent call last)" in result.err


def test_an_error_outside_our_code_has_no_place(cli, monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(click.Command):
        def main(self, *args: object, **more: object) -> None:  # type: ignore[override]
            raise ZeroDivisionError

    assert run(Broken("x"), []) == 70


def test_a_file_that_cannot_be_read_is_2(cli, command_that_raises) -> None:
    command_that_raises(PermissionError(13, "Permission denied", "somewhere"))
    result = cli("readers")
    assert result.code == 2
    assert result.err == "chipid: error: somewhere: Permission denied\n"


@pytest.mark.parametrize("secret", ["099012345678", "x:?pin-value=123456", "x:?pin-value=1234", "?PIN-VALUE=ab%63"])
def test_a_secret_taken_for_a_file_is_not_shown(cli, command_that_raises, secret: str) -> None:
    command_that_raises(FileNotFoundError(2, "No such file or directory", f"/there/{secret}"))
    result = cli("readers")
    assert result.code == 2
    assert "[hidden]: No such file or directory" in result.err
    assert not any(digits in result.err for digits in ("1234", "ab%63"))


def test_an_error_of_the_system_without_a_file_is_internal(cli, command_that_raises) -> None:
    command_that_raises(OSError(28, "No space left on device"))
    assert cli("readers").code == 70


def test_interruption_is_130(cli, command_that_raises) -> None:
    command_that_raises(KeyboardInterrupt())
    result = cli("readers")
    assert result.code == 130
    assert result.err.lstrip() == "chipid: error: interrupted\n"


@pytest.mark.parametrize("arguments", [["nonsense"], ["dump", "--nonsense"], ["verify", "a", "b"], ["readers", "x"], ["emulate"]])
def test_a_wrong_command_line_is_2(cli, arguments: list[str]) -> None:
    result = cli(*arguments)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("chipid: error: ")
    assert "chipid: hint: See: chipid" in result.err


def test_a_variable_with_a_wrong_value_is_named(cli, desk, evidence_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in (desk.path("nothing"), desk.number):
        monkeypatch.setenv("CHIPID_TRUST", str(path))
        result = cli("verify", evidence_file)
        assert (result.code, result.out) == (2, "")
        assert "error: CHIPID_TRUST: " in result.err


@pytest.mark.parametrize("by_option", [True, False])
def test_a_reader_that_is_not_there_is_told_with_where_its_name_stands(
    cli, desk, on_reader, monkeypatch: pytest.MonkeyPatch, by_option: bool
) -> None:
    on_reader(errors.NoReader("no reader is called 'Lectern'", hint="Attached: Other."))
    monkeypatch.setenv("CHIPID_READER", "Lectern")
    result = cli("dump", "--number-file", desk.number, *(("--reader", "Lectern") if by_option else ()))
    assert result.code == 3
    assert f"error: {'--reader' if by_option else 'CHIPID_READER'}: no reader is called" in result.err
    assert "Attached: Other." in result.err


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], ["--version"]])
def test_help_and_version_are_results(cli, arguments: list[str]) -> None:
    result = cli(*arguments)
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith(("Usage: chipid", "chipid 0."))


def test_no_command_at_all_is_2_and_shows_what_there_is(cli) -> None:
    result = cli()
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith("Usage: chipid")
    assert "\n  verify " in result.err
    assert "u{a}" not in result.err


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_help(cli, command: str) -> None:
    result = cli(command, "--help")
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith(f"Usage: chipid {command} ")


def test_what_the_terminal_cannot_encode_is_spelled_out(desk) -> None:
    process = subprocess.run(
        [sys.executable, "-m", "chipid.cli", "dump", "--card", desk.card, "--number-file", desk.number, "--show-personal"],
        env={**os.environ, "PYTHONIOENCODING": "latin-1"},
        capture_output=True,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    assert b"Nguy\\u1ec5n V\\u0103n An" in process.stdout


# The process -----------------------------------------------------------------------------------------------------


def chipid(*arguments: object, **more) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "chipid.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, **more)


def test_the_process_ends_with_the_code(tmp_path: Path) -> None:
    assert chipid("--version").returncode == 0
    assert chipid("inspect", tmp_path / "nothing").returncode == 2
    (tmp_path / "file").write_bytes(b"\x60\x05")
    assert chipid("inspect", tmp_path / "file").returncode == 6


def test_help_loads_nothing_heavy() -> None:
    heavy = {
        "asn1crypto",
        "cbor2",
        "chipid._native",
        "chipid.api",
        "chipid.report.text",
        "cryptography",
        "msgspec",
        "PIL",
        "rich",
        "smartcard",
        "socket",
    }
    code = (
        "import sys, atexit; from chipid.cli import main;"
        f"atexit.register(lambda: print('LOADED', sorted({heavy!r} & set(sys.modules)), file=sys.stderr)); main(['--help'])"
    )
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert process.returncode == 0
    assert process.stderr == "LOADED []\n"


def test_output_that_nobody_reads_is_no_verdict(desk, evidence_file: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "chipid.cli", "verify", str(evidence_file), "--trust", str(desk.trust)]
    process = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, text=True, check=False)
    os.close(write)
    assert process.returncode == 70
    assert process.stderr == "chipid: error: the output was closed before the result was written\n"


def test_help_that_nobody_reads_is_no_verdict() -> None:
    read, write = os.pipe()
    os.close(read)
    process = subprocess.run([sys.executable, "-m", "chipid.cli", "--help"], stdout=write, stderr=subprocess.PIPE, check=False)
    os.close(write)
    assert process.returncode == 70


def test_shells_can_complete() -> None:
    words = {"_CHIPID_COMPLETE": "bash_complete", "COMP_WORDS": "chipid ver", "COMP_CWORD": "1"}
    process = chipid(env={**os.environ, **words})
    assert (process.returncode, process.stdout.strip()) == (0, "plain,verify")


def test_an_interrupted_process_ends_with_130(desk) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        command = [sys.executable, "-m", "chipid.cli", "emulate", str(desk.card), "--port", str(listener.getsockname()[1])]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        connection, _ = listener.accept()
        with connection:
            connection.sendall(b"\x00\x01\x04")
            assert connection.recv(2)  # the card answers: it is being served
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert out == ""
    assert err.strip() == "chipid: error: interrupted"


# Progress --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("progress", "expected"),
    [
        (Progress("EF.COM", 0, 0, 0, 8), 0.0),
        (Progress("DG2", 500, 1000, 4, 8), 4.5 / 8),
        (Progress("DG2", 2000, 1000, 4, 8), 5 / 8),
        (Progress("DG15", 10, 10, 8, 8), 1.0),
        (Progress("DG15", 10, 10, 9, 0), 1.0),
    ],
)
def test_progress_is_a_share_of_the_whole(progress: Progress, expected: float) -> None:
    assert fraction(progress) == pytest.approx(expected)


def test_there_is_no_bar_where_nobody_looks(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_bar() as observe:
        assert observe is None
    assert capsys.readouterr() == ("", "")


def test_the_bar_is_on_the_terminal_and_not_in_the_result(cli, desk) -> None:
    result = cli("dump", "--card", desk.card, "--number-file", desk.number, "--json", terminal=True)
    assert result.code == 0
    assert result.report.schema == "chipid-report"
    assert "\x1b[" in result.err or "DG" in result.err
