# SPDX-License-Identifier: Apache-2.0
"""What opens a card, and where a command gets it: never from its arguments, which every user of the machine can read.

Nothing given: the terminal is asked, unseen, for any of the kinds that are told apart by their shape. A PIN looks like a CAN and
has few tries: it is never guessed, but asked for by name. Otherwise each kind comes from a file, or, where ``--keys-from-env``
asks for it, from an environment variable.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, TypeVar

import click

from chipid.cli import qr_image, secrets
from chipid.cli.usage import Misuse
from chipid.errors import ChipIdError, MalformedData

if TYPE_CHECKING:
    from chipid.profiles.access_keys import AccessKeys

_Command = TypeVar("_Command", bound=Callable[..., Any])


@dataclass(frozen=True)
class KeyKind:
    """A kind of key.

    :ivar name: of its options. :ivar looks_like: whether a text has its shape; ``None`` where no shape tells it from another, so
        that there is an option by which it is asked for.
    """

    name: str
    meaning: str
    looks_like: Callable[[str], bool] | None

    @property
    def variable(self) -> str:
        """Its environment variable."""
        return f"CHIPID_{self.name.upper()}"

    @property
    def option(self) -> str:
        """The option that names a file with it."""
        return f"--{self.name}-file"

    @property
    def parameter(self) -> str:
        """That option, as click passes it on."""
        return f"{self.name}_file"

    @property
    def asked(self) -> str:
        """The option that has it asked for, as click passes it on."""
        return f"ask_{self.name}"


def _has_digits(count: int) -> Callable[[str], bool]:
    return lambda text: re.fullmatch(rf"[0-9]{{{count}}}", re.sub(r"[\s.-]", "", text)) is not None


KINDS = (
    KeyKind("pin", "the PIN that the holder knows", None),
    KeyKind("puk", "the PUK, which unblocks the PIN", None),
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
            kind.option,
            kind.parameter,
            type=click.Path(exists=True, dir_okay=False, allow_dash=True) if kind.looks_like else secrets.SecretFile(),
            metavar="FILE",
            help=f"Open the card with {kind.meaning}, from FILE (- is standard input).",
        )(command)
        if kind.looks_like is None:
            option = click.option(f"--{kind.name}", kind.asked, is_flag=True, help=f"Ask on the terminal for {kind.meaning}.")
            command = option(command)
    command = click.option(
        qr_image.OPTION,
        type=click.Path(exists=True, dir_okay=False, allow_dash=True),
        metavar="FILE",
        help="Open the card with its QR code in a picture, from FILE (- is standard input): JPEG, PNG or JPEG 2000.",
    )(command)
    variables = ", ".join(kind.variable for kind in KINDS)
    return click.option("--keys-from-env", is_flag=True, help=f"Open the card with what the environment holds: {variables}.")(
        command
    )


def keys_given(options: Mapping[str, Any]) -> bool:
    """Whether a key option stands in the command line."""
    given = (options[kind.parameter] is not None or options.get(kind.asked) for kind in KINDS)
    return bool(options["keys_from_env"]) or options["qr_image"] is not None or any(given)


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

    keys = [_made(key, today) for key in found]
    return AccessKeys(tuple(password for candidate in keys for password in candidate.passwords))


def standard_input_taken(options: Mapping[str, Any]) -> bool:
    """Whether a key comes from standard input."""
    return "-" in _file_names(options)


def _file_names(options: Mapping[str, Any]) -> list[str | None]:
    return [options["qr_image"], *(options[kind.parameter] for kind in KINDS)]


@dataclass(frozen=True, repr=False)
class _Found:
    """A key as it was given.

    :ivar kind: the name of its kind. :ivar source: the option or the environment variable that it stands in, empty where it was
        asked for.
    """

    kind: str
    text: str
    source: str = ""


def _made(key: _Found, today: date) -> AccessKeys:
    try:
        return _keys_of(key.kind, key.text, today)
    except ChipIdError as problem:
        raise Misuse(f"{key.source}: {problem}" if key.source else str(problem), problem.hint) from None


def _given(options: Mapping[str, Any]) -> Iterator[_Found]:
    if _file_names(options).count("-") > 1:
        raise Misuse("standard input can hold one key alone")
    for kind in KINDS:
        if options[kind.parameter] is not None:
            yield _Found(kind.name, secrets.read_secret(options[kind.parameter], kind.option).strip(), kind.option)
        if options.get(kind.asked):
            yield _Found(kind.name, _asked_by_name(kind))
    if options["qr_image"] is not None:
        yield _Found("qr", qr_image.card_code(options["qr_image"]), qr_image.OPTION)
    if options["keys_from_env"]:
        for kind in KINDS:
            if text := os.environ.get(kind.variable, "").strip():
                yield _Found(kind.name, text, kind.variable)


def _asked_by_name(kind: KeyKind) -> str:
    if not secrets.has_terminal():
        raise Misuse(f"there is no terminal to ask for the {kind.name.upper()} on", f"Give {kind.option} FILE.")
    return secrets.ask(f"{kind.name.upper()}: ").strip()


def _asked() -> _Found:
    """One key of any kind with a shape of its own from the terminal, unseen; a scanner that types does as well."""
    if not secrets.has_terminal():
        hint = "Give --number-file FILE (- is standard input), or another key. See --help."
        raise Misuse("nothing to open the card with, and no terminal to ask on", hint)
    with secrets.unseen() as ask:
        text = ask("Number on the card (or CAN, QR text, MRZ line 1): ").strip()
        for kind in KINDS:
            if kind.looks_like is not None and kind.looks_like(text):
                return _Found(kind.name, _whole_zone(text, ask) if kind.name == "mrz" else text)
    raise Misuse(f"that is none of: {'; '.join(kind.meaning for kind in KINDS if kind.looks_like is not None)}")


def _whole_zone(first: str, ask: Callable[[str], str]) -> str:
    """All lines: three of 30 characters, or two of 36 or 44; some scanners send them as one."""
    lines = [first]
    while len(lines) < (3 if len(first) <= 30 else 2) and len(first) < 72:
        lines.append(ask(f"MRZ line {len(lines) + 1}: ").strip())
    return "\n".join(lines)


def _keys_of(kind: str, text: str, today: date) -> AccessKeys:
    from chipid.profiles.access_keys import AccessKeys  # noqa: PLC0415

    if kind == "qr":
        return AccessKeys.from_qr(text, today)
    if kind == "document":
        parts = text.split()
        if len(parts) != 3:
            raise MalformedData("a document needs three things: its number, the birth date and the expiry date")
        return AccessKeys.from_fields(*parts)
    return _OF_ONE_TEXT[kind](AccessKeys, text)


_OF_ONE_TEXT: dict[str, Callable[[type[AccessKeys], str], AccessKeys]] = {
    "pin": lambda keys, text: keys.from_pin(text),
    "puk": lambda keys, text: keys.from_puk(text),
    "number": lambda keys, text: keys.from_number(text),
    "can": lambda keys, text: keys.from_can(text),
    "mrz": lambda keys, text: keys.from_mrz(text),
}
