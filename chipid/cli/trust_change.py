# SPDX-License-Identifier: Apache-2.0
"""``chipid trust export``, ``expire`` and ``remove``: what comes out of a trust store."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import click

from chipid.cli.judging import point_in_time
from chipid.cli.messages import note
from chipid.cli.output import emit, force_option, json_option, output_path, require_distinct
from chipid.cli.trust_store import choosing_options, chosen, object_of, opened_store, store_option
from chipid.cli.usage import Misuse

if TYPE_CHECKING:
    from chipid.trust.database import TrustDatabase
    from chipid.trust.objects import StoredObject
    from chipid.trust.provenance import Import

_IMPORTS_HINT = "chipid trust list --imports shows them."


@click.command("export")
@click.argument("target")
@choosing_options
@store_option
@json_option
@force_option
def export(target: str, country: str | None, kind: str | None, store: Path, as_json: bool, force: bool) -> None:
    """Write what the store holds to TARGET: PEM, a ZIP where its name ends in .zip, or files in a folder.

    A folder is one that is there, or a name that ends in a slash: it is made then.

    In a folder or a ZIP each object is a file of its own, as it was imported. A bare list that nobody signed is left out of PEM.
    """
    from chipid.trust.exporting import export_folder, export_pem, export_zip  # noqa: PLC0415
    from chipid.trust.placing import write_placed  # noqa: PLC0415

    require_distinct(str(store), target)
    path = Path(target)
    folder = path.is_dir() or target.endswith("/")
    if not path.is_dir():
        output_path(target.rstrip("/") or target, force=force and not folder)
    with opened_store(store) as database:
        objects = tuple(chosen(database, country, kind))
        if not objects:
            raise Misuse("the trust store holds nothing of that kind to export")
        if folder:
            with _written(path):
                path.mkdir(exist_ok=True)
                export_folder(objects, path, replace=force)
        else:
            with _written(path):
                write_placed(path, (export_zip if path.suffix.lower() == ".zip" else export_pem)(objects), replace=force)
        _tell(store, "exported", objects, as_json=as_json, target=path)


@contextlib.contextmanager
def _written(target: Path) -> Iterator[None]:
    """What cannot be written is told; a name in the folder, which was not typed, with its fingerprint."""
    try:
        yield
    except OSError as problem:
        name = str(problem.filename or target)
        exists = isinstance(problem, FileExistsError)
        text = f"{name} exists already" if exists else f"{name}: {problem.strerror or type(problem).__name__}"
        own = text.removeprefix(str(target))
        raise Misuse(text, "--force overwrites it." if exists else None, own="" if own == text else own) from None


@click.command("expire")
@click.option("--at", metavar="TIME", help="What is out of date at this time (ISO 8601, UTC unless it says otherwise), not now.")
@click.option("--dry-run", is_flag=True, help="Tell what would be removed, and remove nothing.")
@store_option
@json_option
def expire(at: str | None, dry_run: bool, store: Path, as_json: bool) -> None:
    """Remove what is out of date: certificates that expired, and revocation lists that a newer good one replaces.

    Verdicts change by it: of a card whose CSCA or document signer expired, an expired certificate is known to be the reason
    (csca-expired, rejected), and one that was removed is nobody's (no-trust-anchor, inconclusive). Judging a day in the past
    (verify --at) needs what was in date then. Each line says whether it is expired or superseded; --dry-run removes nothing.
    """
    from chipid.trust.upkeep import expire as remove_outdated  # noqa: PLC0415
    from chipid.trust.upkeep import outdated  # noqa: PLC0415

    moment = point_in_time(at) or datetime.now(UTC)
    with opened_store(store, writable=not dry_run) as database:
        found = outdated(database, moment) if dry_run else remove_outdated(database, moment)
        reasons = {each.stored.fingerprint: each.reason for each in found}
        _tell(store, "expired", (each.stored for each in found), as_json=as_json, applied=not dry_run, reasons=reasons)


@click.command("remove")
@click.argument("fingerprints", nargs=-1, metavar="[FINGERPRINT...]")
@click.option("--import", "numbers", type=int, multiple=True, metavar="N", help="Take back this import; may be repeated.")
@click.option("--source", "sources", multiple=True, metavar="NAME", help="Take back all of this file or folder; may be repeated.")
@store_option
@json_option
def remove(fingerprints: tuple[str, ...], numbers: tuple[int, ...], sources: tuple[str, ...], store: Path, as_json: bool) -> None:
    """Remove the objects with these fingerprints, or none where one of them is not there; or take back whole imports.

    Of an import that is taken back, what another import brought as well stays. `chipid trust list --imports` shows the numbers and
    names. A list that is removed by its fingerprint leaves the certificates that it brought. The next import of a file that holds
    an object brings it back.
    """
    whole = bool(numbers or sources)
    if whole == bool(fingerprints):
        raise Misuse("remove takes fingerprints, or else --import or --source")
    with opened_store(store, writable=True) as database:
        if whole:
            _take_back(database, store, numbers, sources, as_json=as_json)
        else:
            _remove_objects(database, store, fingerprints, as_json=as_json)


def _take_back(database: TrustDatabase, store: Path, numbers: Iterable[int], sources: Iterable[str], *, as_json: bool) -> None:
    from chipid.trust.upkeep import imports_of, remove_imports  # noqa: PLC0415

    chosen_numbers = list(numbers)
    for source in sources:
        found = imports_of(database, source)
        if not found:
            raise Misuse(f"nothing was imported from {source}", _IMPORTS_HINT)
        chosen_numbers += [each.id for each in found]
    try:
        undone = remove_imports(database, dict.fromkeys(chosen_numbers))
    except KeyError as problem:
        raise Misuse(str(problem.args[0]), _IMPORTS_HINT) from None
    _tell(store, "removed", undone.removed, as_json=as_json, kept=undone.kept)


def _remove_objects(database: TrustDatabase, store: Path, fingerprints: Iterable[str], *, as_json: bool) -> None:
    with database.transaction():
        found = {each.id: each for each in (object_of(database, fingerprint) for fingerprint in fingerprints)}
        brought = {made.id: made for each in found.values() for made in _imports_of_list(database, each)}
        for each in found.values():
            database.remove(each)
    for made in brought.values():
        if stays := database.count_of_import(made.id):
            note(f"what {made.source} brought stays ({stays} objects): chipid trust remove --import {made.id} takes it back")
    _tell(store, "removed", found.values(), as_json=as_json)


def _imports_of_list(database: TrustDatabase, stored: StoredObject) -> Iterator[Import]:
    """Those in which *stored* is the list that brought the rest."""
    return (each.imported for each in database.origins(stored) if each.imported.sha256 == stored.fingerprint)


def _tell(
    store: Path, action: str, objects: Iterable[StoredObject], *, as_json: bool, applied: bool = True, target: Path | None = None,
    kept: Iterable[StoredObject] = (), reasons: Mapping[str, str] = MappingProxyType({}),
) -> None:  # fmt: skip
    from chipid.report.trust import change_report  # noqa: PLC0415
    from chipid.report.trust_text import trust_change_text  # noqa: PLC0415

    now = datetime.now(UTC)
    report = change_report(store, action, objects, now, applied=applied, target=target, kept=kept, reasons=reasons)
    emit(report, trust_change_text, as_json=as_json)
