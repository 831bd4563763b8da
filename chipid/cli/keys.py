# SPDX-License-Identifier: Apache-2.0
"""What opens a card, and where a command gets it: never from its arguments, which every user of the machine can read.

Nothing given: the terminal is asked, unseen, for any of the five kinds, which are told apart by their shape. Otherwise each kind
comes from a file, or, where ``--keys-from-env`` asks for it, from an environment variable.
"""

from __future__ import annotations

import getpass
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, TypeVar

import click

from chipid.cli.usage import Misuse
from chipid.errors import ChipIdError

if TYPE_CHECKING:
    from chipid.profiles.access_keys import AccessKeys

SIZE_LIMIT = 4096
"""Octets of a file with a key: a QR code holds no more."""

_Command = TypeVar("_Command", bound=Callable[..., Any])


@dataclass(frozen=True)
class KeyKind:
    """A kind of key. :ivar name: of its options; :ivar looks_like: whether a text has its shape."""

    name: str
    meaning: str
    looks_like: Callable[[str], bool]

    @property
    def variable(self) -> str:
        """Its environment variable."""
        return f"CHIPID_{self.name.upper()}"

    @property
    def parameter(self) -> str:
        """Its option, as click passes it on."""
        return f"{self.name}_file"


def _has_digits(count: int) -> Callable[[str], bool]:
    return lambda text: re.fullmatch(rf"[0-9]{{{count}}}", re.sub(r"[\s.-]", "", text)) is not None


KINDS = (
    KeyKind("number", "the 12-digit number on the card", _has_digits(12)),
    KeyKind("can", "the 6-digit card access number", _has_digits(6)),
    KeyKind("mrz", "the machine readable zone, 2 or 3 lines", lambda text: "<" in text and "|" not in text),
    KeyKind(
        "document",
        "document number, birth and expiry date (YYMMDD)",
        lambda text: re.fullmatch(r"[^<|\s]+\s+\S+\s+\S+", text) is not None,
    ),
    KeyKind("qr", "the text of the QR code", lambda text: "|" in text),
)


def key_options(command: _Command) -> _Command:
    """The options of a command that opens a card."""
    for kind in reversed(KINDS):
        command = click.option(
            f"--{kind.name}-file",
            kind.parameter,
            type=click.Path(exists=True, dir_okay=False, allow_dash=True),
            metavar="FILE",
            help=f"Open the card with {kind.meaning}, from FILE (- is standard input).",
        )(command)
    variables = ", ".join(kind.variable for kind in KINDS)
    return click.option("--keys-from-env", is_flag=True, help=f"Open the card with what the environment holds: {variables}.")(
        command
    )


def keys_given(options: Mapping[str, Any]) -> bool:
    """Whether a key option stands in the command line."""
    return bool(options["keys_from_env"]) or any(options[kind.parameter] is not None for kind in KINDS)


def access_keys(options: Mapping[str, Any], today: date) -> AccessKeys:
    """The keys that the options name, or that the terminal is asked for.

    :param today: for what depends on the holder's age.
    :raises Misuse: there is none, or one that cannot be; no message tells what was given.
    """
    found = list(_given(options))
    if not found and keys_given(options):
        variables = ", ".join(kind.variable for kind in KINDS)
        raise Misuse(f"none of these environment variables is set: {variables}")
    if not found:
        found = [_asked()]
    from chipid.profiles.access_keys import AccessKeys  # noqa: PLC0415

    try:
        keys = [_keys_of(kind, text, today) for kind, text in found]
    except ChipIdError as problem:
        raise Misuse(str(problem), problem.hint) from None
    return AccessKeys(tuple(password for candidate in keys for password in candidate.passwords))


def _given(options: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    files = [kind for kind in KINDS if options[kind.parameter] is not None]
    if sum(options[kind.parameter] == "-" for kind in files) > 1:
        raise Misuse("standard input can hold one key alone")
    for kind in files:
        yield kind.name, _read(kind, options[kind.parameter])
    if options["keys_from_env"]:
        for kind in KINDS:
            if text := os.environ.get(kind.variable, "").strip():
                yield kind.name, text


def _read(kind: KeyKind, name: str) -> str:
    with click.open_file(name, "rb") as file:
        raw = file.read(SIZE_LIMIT + 1)
    if len(raw) > SIZE_LIMIT:
        raise Misuse(f"--{kind.name}-file: more than {SIZE_LIMIT} octets")
    try:
        text = str(raw, "utf-8-sig").strip()
    except UnicodeDecodeError:
        raise Misuse(f"--{kind.name}-file: not a text in UTF-8") from None
    if not text:
        raise Misuse(f"--{kind.name}-file: there is nothing in it")
    return text


def _asked() -> tuple[str, str]:
    """One key of any kind from the terminal, unseen; a scanner that types does as well."""
    if not _has_terminal():
        hint = "Give --number-file FILE (- is standard input), or another key. See --help."
        raise Misuse("nothing to open the card with, and no terminal to ask on", hint)
    text = _ask("Number on the card (or CAN, QR text, MRZ line 1): ")
    for kind in KINDS:
        if kind.looks_like(text):
            return kind.name, _rest_of_mrz(text) if kind.name == "mrz" else text
    raise Misuse(f"that is none of: {'; '.join(kind.meaning for kind in KINDS)}")


def _rest_of_mrz(first: str) -> str:
    """All lines: three of 30 characters, or two of 36 or 44; some scanners send them as one."""
    lines = [first]
    while len(lines) < (3 if len(first) <= 30 else 2) and len(first) < 72:
        lines.append(_ask(f"MRZ line {len(lines) + 1}: "))
    return "\n".join(lines)


def _ask(prompt: str) -> str:
    """getpass asks on the terminal itself: stdout stays clean, and nothing is echoed."""
    try:
        return getpass.getpass(prompt).strip()
    except EOFError:
        raise click.Abort from None


def _has_terminal() -> bool:
    if sys.stdin is not None and sys.stdin.isatty():
        return True
    if os.name != "posix":
        return False
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True


def _keys_of(kind: str, text: str, today: date) -> AccessKeys:
    from chipid.profiles.access_keys import AccessKeys  # noqa: PLC0415

    if kind == "qr":
        return AccessKeys.from_qr(text, today)
    if kind == "document":
        parts = text.split()
        if len(parts) != 3:
            raise Misuse("a document needs three things: its number, the birth date and the expiry date")
        return AccessKeys.from_fields(*parts)
    if kind == "mrz":
        return AccessKeys.from_mrz(text)
    return AccessKeys.from_number(text) if kind == "number" else AccessKeys.from_can(text)
