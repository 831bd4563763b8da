# SPDX-License-Identifier: Apache-2.0
"""``chipid trust import``."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chipid.cli.exit_codes import ExitCode
from chipid.cli.messages import hint, info, note, warning
from chipid.cli.output import emit, json_option
from chipid.cli.trust_store import default_store, mended_by_the_operator, opened_store, store_option
from chipid.cli.usage import Misuse
from chipid.errors import MalformedData

if TYPE_CHECKING:
    from chipid.report.trust_schema import TrustImportReport, TrustProblem
    from chipid.trust.database import TrustDatabase

_UNMATCHED = "pin-unmatched"
_PIN_HINT = "--pin takes a certificate file, or a SHA-256 in hexadecimal of a certificate or of a list's file."


@click.command("import")
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--pin",
    "pins",
    multiple=True,
    metavar="PIN",
    help="Trust this as well: a certificate, by its file or its SHA-256, or a list's file by its SHA-256; may be repeated.",
)
@click.option("--strict", is_flag=True, help="Change nothing where anything is refused.")
@click.option("--replace", is_flag=True, help="Withdraw what a newer master list of the same state does not hold any more.")
@store_option
@json_option
def import_(sources: tuple[Path, ...], pins: tuple[str, ...], strict: bool, replace: bool, store: Path, as_json: bool) -> ExitCode:
    """Import SOURCE...: certificates, revocation lists, master, deviation and defect lists, LDIF, folders and ZIPs of these.

    A certificate file that you name, or that is in a folder that you name, is trusted by that act. Of a list its signer must be one
    whom a CSCA in the store certified, or whom you pin. All of it goes in at once; what is refused is told on stderr, and exit code
    1 tells that something was.
    """
    from chipid.report.trust import import_report  # noqa: PLC0415
    from chipid.report.trust_text import trust_import_text  # noqa: PLC0415
    from chipid.trust.importing import import_paths  # noqa: PLC0415

    pinned = {pin: _pinned(pin) for pin in pins}
    info(f"importing {', '.join(map(str, sources))}")
    now = datetime.now(UTC)
    with _store_to_fill(store) as database:
        digests = [digest for several in pinned.values() for digest in several]
        done = import_paths(database, sources, at=now, pins=digests, strict=strict, replace=replace)
    report = import_report(store, done, now)
    _tell(report, pinned)
    emit(report, trust_import_text, as_json=as_json)
    return ExitCode.REJECTED if report.refused else ExitCode.ACCEPTED


def _pinned(pin: str) -> Sequence[str]:
    from chipid.trust.pins import read_pin  # noqa: PLC0415

    try:
        return sorted(read_pin(pin))
    except MalformedData as problem:
        raise Misuse(f"--pin: {problem}", _PIN_HINT) from None
    except OSError as problem:
        raise Misuse(f"--pin: {pin} is no SHA-256, and no file that can be read: {problem.strerror}", _PIN_HINT) from None


@contextlib.contextmanager
def _store_to_fill(store: Path) -> Iterator[TrustDatabase]:
    """The store, made where there is none; one that stays empty is never there."""
    if store.exists():
        with opened_store(store, writable=True) as database:
            yield database
        return
    if store == default_store():
        store.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    elif not store.parent.is_dir():
        raise Misuse(f"the folder {store.parent} does not exist")
    from chipid.trust.database import TrustDatabase  # noqa: PLC0415

    try:
        with mended_by_the_operator(store), TrustDatabase.filling(store) as database:
            yield database
    except FileExistsError as problem:
        if problem.filename != str(store):
            raise
        advice = "Import once more, and it goes into that store; a link that leads nowhere has to be taken away."
        raise Misuse(f"{store} is there by now, and nothing was imported", advice) from None


def _tell(report: TrustImportReport, pins: Mapping[str, Sequence[str]]) -> None:
    """What was refused, a line each, and what to do about it; what else is to be told, a line for each kind."""
    from chipid.trust.import_report import remedy  # noqa: PLC0415

    for refused in report.refused:
        warning(f"{refused.place}: {refused.code}: {refused.text}")
    remedies = {refused.code: remedy(refused.code) for refused in report.refused}
    for reason, advice in remedies.items():
        if advice is not None:
            hint(f"{reason}: {advice}")
    _tell_pins(report, pins)
    notes = sorted((each for each in report.notes if each.code != _UNMATCHED), key=_code)
    for code, told in groupby(notes, key=_code):
        first, *others = told
        more = f" (and {len(others)} more: --json lists them)" if others else ""
        note(f"{first.place}: {code}: {first.text}{more}")
    if not (report.added or report.known or report.withdrawn or report.refused):
        warning("nothing that a trust store keeps was found there")


def _tell_pins(report: TrustImportReport, pins: Mapping[str, Sequence[str]]) -> None:
    """A pin's file is one pin: that of its certificates some are of no use here is nothing to be told."""
    unmatched = {each.place: each.text for each in report.notes if each.code == _UNMATCHED}
    for pin, digests in pins.items():
        if unmatched.keys() >= set(digests):
            warning(f"--pin {pin}: {unmatched[digests[0]]}")


def _code(problem: TrustProblem) -> str:
    return problem.code
