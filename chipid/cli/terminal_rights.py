# SPDX-License-Identifier: Apache-2.0
"""The rights of the terminal, to fingerprints and irises: its certificates and its key, and what became of them on a card."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import click

from chipid.cli import secrets
from chipid.cli.keys import standard_input_taken
from chipid.cli.messages import hint, warning
from chipid.cli.options import with_options
from chipid.cli.usage import Misuse
from chipid.errors import AccessDenied, ChipIdError

if TYPE_CHECKING:
    from chipid.evidence import Evidence, TerminalAuthenticationRecord
    from chipid.pki.cv_credentials import TerminalCredentials
    from chipid.signers import FileSigner, Pkcs11Signer

_Command = TypeVar("_Command", bound=Callable[..., Any])
_OPTIONS = (
    click.option(
        "--terminal-cert",
        "terminal_certs",
        multiple=True,
        type=click.Path(exists=True),
        metavar="PATH",
        help="CV certificates that lead to the terminal's own, a file or a folder; may be repeated.",
    ),
    click.option(
        "--terminal-key",
        metavar="KEY",
        help="The terminal's private key, a file or a pkcs11: URI. With it DG3 and DG4 are read, unless --files says otherwise.",
    ),
    click.option(
        "--terminal-secret-file",
        type=secrets.SecretFile(),
        metavar="FILE",
        help="The key file's password or the token's PIN (- is standard input); asked for otherwise, where there is one.",
    ),
)
OPTION_NAMES = frozenset({"terminal_certs", "terminal_key", "terminal_secret_file"})


def terminal_options(command: _Command) -> _Command:
    """The options of a command that may prove the terminal's rights."""
    return with_options(command, _OPTIONS)


@contextlib.contextmanager
def terminal_credentials(options: Mapping[str, Any]) -> Iterator[TerminalCredentials | None]:
    """What the terminal proves its rights with, ``None`` where it has none; the key is forgotten at the end.

    All of it is looked at before a card is.

    :raises Misuse: a part is missing, or is not what it should be: to be mended by whoever called the command, whatever it is.
    """
    key = options["terminal_key"]
    if key is None:
        if options["terminal_certs"] or options["terminal_secret_file"]:
            raise Misuse("a terminal has rights with its key alone", "Give --terminal-key FILE, or a pkcs11: URI.")
        yield None
        return
    if not options["terminal_certs"]:
        raise Misuse("the terminal's key proves nothing without certificates", "Give --terminal-cert PATH with it.")
    from chipid.pki.cv_credentials import TerminalCredentials  # noqa: PLC0415

    with _of_the_terminal(), contextlib.ExitStack() as stack:
        signer = _signer(key, options)
        stack.callback(signer.close)
        credentials = TerminalCredentials.load(options["terminal_certs"], signer)
        kept = stack.pop_all()
    for reason in dict.fromkeys(credentials.passed_over):
        warning(f"a certificate of --terminal-cert is left out: {reason}")
    if not credentials.has_own:
        warning("none of the terminal certificates in --terminal-cert is for the key in --terminal-key")
    with kept:
        yield credentials


@contextlib.contextmanager
def _of_the_terminal() -> Iterator[None]:
    """A wrong password here is no refusal of the card, and a broken certificate no damage of its files."""
    try:
        yield
    except ChipIdError as problem:
        raise Misuse(f"the terminal's credentials: {problem}", problem.hint) from None


def _signer(key: str, options: Mapping[str, Any]) -> FileSigner | Pkcs11Signer:
    from chipid.signers import FileSigner, open_signer  # noqa: PLC0415

    given = _given_secret(options)
    try:
        signer = open_signer(key, given)
    except AccessDenied as problem:
        if given is not None or type(problem) is not AccessDenied:  # its subclasses say that a secret was wrong
            raise
        if not secrets.has_terminal():
            raise Misuse(f"the terminal's credentials: {problem}", "Give --terminal-secret-file FILE.") from None
        signer = open_signer(key, secrets.ask("Password or PIN of the terminal's key: "))
    if isinstance(signer, FileSigner) and signer.readable_by_others:
        warning("other users of this machine may read the terminal's key: chmod 600 its file")
    return signer


def _given_secret(options: Mapping[str, Any]) -> str | None:
    name = options["terminal_secret_file"]
    if name is None:
        return None
    if name == "-" and standard_input_taken(options):
        raise Misuse("standard input can hold one secret alone")
    return secrets.read_secret(name, "--terminal-secret-file")


# What became of them -----------------------------------------------------------------------------------------------


def tell_rights(evidence: Evidence) -> bool:
    """Say on stderr which rights the terminal did not get and why; whether it got all that it had use for."""
    record = evidence.terminal_authentication
    if record is None:
        return True
    from chipid.evidence import Result  # noqa: PLC0415

    refused = _refused_groups(evidence)
    if record.result is Result.DONE and not refused:
        return True
    if record.result is Result.DONE:
        granted = " and ".join(record.rights) or "nothing"
        warning(f"Terminal Authentication: the chip granted {granted}, and refused {' and '.join(refused)}")
    else:
        warning(f"Terminal Authentication {_failure(record)}")
    for foreseen in record.foreseen:
        hint(f"{foreseen} ({_explained(foreseen)})")
    return False


def _failure(record: TerminalAuthenticationRecord) -> str:
    where = f" at {record.refused}" if record.refused is not None else ""
    if record.reason == "ta-no-chain" and record.trust_point is not None:
        where = f" from {record.trust_point}"
    status = f", the chip answered {record.sw:04X}" if record.sw is not None else ""
    return f"{record.result.value}: {record.reason}{where}{status} ({_explained(record.reason or '')})"


def _explained(code: str) -> str:
    """What a code says, in words; *code* may stand behind the holder that it is about."""
    from chipid.report.terminal_authentication import explain_refusal  # noqa: PLC0415

    return explain_refusal(code.rpartition(": ")[2])


def _refused_groups(evidence: Evidence) -> list[str]:
    from chipid.pki.cv_authorisation import PROTECTED_FILES  # noqa: PLC0415

    failures = ((file, evidence.failures.get(file)) for file in PROTECTED_FILES)
    return [file.label for file, failure in failures if failure is not None and failure.refused]
