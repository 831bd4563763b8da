# SPDX-License-Identifier: Apache-2.0
"""The operator's trust store: where it lies, and what commands ask of it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from chipid.cli.options import with_options
from chipid.cli.usage import Misuse
from chipid.errors import ChipIdError

if TYPE_CHECKING:
    from chipid.trust.database import TrustDatabase
    from chipid.trust.objects import StoredObject

VARIABLE = "CHIPID_TRUST_STORE"
KINDS = ("csca", "link", "document-signer", "list-signer", "crl", "master-list", "deviation-list", "defect-list")
"""Of certificates their role."""

_Command = TypeVar("_Command", bound=Callable[..., Any])


def default_store() -> Path:
    """``CHIPID_TRUST_STORE``, or ``chipid/trust.db`` among the user's data (XDG Base Directory Specification)."""
    if named := os.environ.get(VARIABLE):
        return Path(named)
    base = Path(os.environ.get("XDG_DATA_HOME", ""))
    # A relative path is to be ignored (§2).
    return (base if base.is_absolute() else Path.home() / ".local" / "share") / "chipid" / "trust.db"


def store_option(command: _Command) -> _Command:
    """``--store``, as a :class:`pathlib.Path`."""
    option = click.option(
        "--store",
        type=click.Path(path_type=Path),
        envvar=VARIABLE,
        default=default_store,
        metavar="FILE",
        help="The trust store; $XDG_DATA_HOME/chipid/trust.db, or ~/.local/share/chipid/trust.db, otherwise.",
    )
    return with_options(command, (option,))


def _capitals(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    if value is None:
        return None
    if len(value) != 2 or not (value.isascii() and value.isalpha()):
        raise click.BadParameter(f"{value!r} is no country: write two letters, as in VN.")
    return value.upper()


def choosing_options(command: _Command) -> _Command:
    """``--country`` and ``--kind``, for :func:`chosen`."""
    kind = click.option("--kind", type=click.Choice(KINDS), help="Those of one kind alone.")
    country = click.option("--country", metavar="XX", callback=_capitals, help="Those of one country alone, two letters.")
    return with_options(command, (country, kind))


def chosen(database: TrustDatabase, country: str | None, kind: str | None) -> Iterator[StoredObject]:
    """The objects of *country* and *kind*, all where they are ``None``."""
    for stored in database.objects(country=country):
        if kind in (None, stored.index.role or stored.kind):
            yield stored


@contextlib.contextmanager
def opened_store(store: Path, *, writable: bool = False) -> Iterator[TrustDatabase]:
    """The operator's trust store, open.

    :raises Misuse: there is none, or it cannot be used: the operator's own file is no data of a card.
    """
    from chipid.trust.database import TrustDatabase  # noqa: PLC0415

    if not store.exists():
        raise Misuse(f"there is no trust store {store}", "chipid trust import makes one.")
    with mended_by_the_operator(store), TrustDatabase.open(store, writable=writable) as database:
        yield database


@contextlib.contextmanager
def mended_by_the_operator(store: Path) -> Iterator[None]:
    """Errors of the trust store come out as misuse: behind its name, which was typed, nothing was."""
    try:
        yield
    except ChipIdError as problem:
        own = str(problem).removeprefix(str(store))
        raise Misuse(str(problem), problem.hint, own="" if own == str(problem) else own) from None


def object_of(database: TrustDatabase, fingerprint: str) -> StoredObject:
    """The one object whose fingerprint begins so.

    :raises Misuse: there is none, there are several, or it is no fingerprint.
    """
    try:
        found = database.find(fingerprint)
    except ValueError as problem:
        raise Misuse(str(problem)) from None
    if not found:
        raise Misuse("the trust store has no object with that fingerprint", "chipid trust list shows the fingerprints.")
    if len(found) > 1:
        raise Misuse(f"{len(found)} objects have fingerprints that begin so", "Give more digits.")
    return found[0]
